/* SPDX-License-Identifier: ISC */
#include "base/log.h"
#include "join_priv.h"
#include "link/backoff.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- connecting --- */

static uint64_t now(const struct join *j)
{
	return evl_now_ms(j->evl);
}

/* Try as soon as an address may be tried; without any, a request will tell one. */
void join_act_plan(void *owner, void *data)
{
	struct join *j = owner;
	uint64_t wait_ms;

	(void)data;
	addrs_next(&j->addrs, now(j), false, &wait_ms);
	if (wait_ms != UINT64_MAX) {
		evl_timer_start(j->timer, wait_ms);
		return;
	}
	evl_timer_stop(j->timer);
	join_set_reason(j, "waiting for a request from it: no address known");
}

/* What made attempts fail may be over: do not wait for back-offs. */
void join_act_afresh(void *owner, void *data)
{
	struct join *j = owner;

	addrs_retry_now(&j->addrs);
	join_act_plan(j, data);
}

static void start(struct join *j, const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN], reason[JOIN_REASON_LEN];
	int r;

	j->peer = *addr;
	inet_ntop(AF_INET6, &j->peer, text, sizeof(text));
	r = j->transport->connect(j->transport->arg, j, &j->peer);
	if (r == 0) {
		j->turn = true;
		snprintf(reason, sizeof(reason), "handshake with %s", text);
		join_feed(j, JOIN_EV_START, reason);
		return;
	}
	log_warn("join", &j->eui, "cannot start a handshake with %s: %s", text, strerror(-r));
	addrs_failed(&j->addrs, &j->peer, now(j), j->seed);
	join_act_plan(j, NULL);
}

static void wait_for(struct join *j, const char *why)
{
	if (!j->waiting || strcmp(j->reason, why) != 0)
		log_info("join", &j->eui, "%s", why);
	j->waiting = true;
	join_set_reason(j, why);
}

void join_act_try(void *owner, void *data)
{
	struct join *j = owner;
	uint64_t wait_ms;
	struct due due;
	/* Who asks may have moved, or somebody else asks; who is looked for is where it was. */
	bool wanted = j->owner->next_due(j->owner->arg, j, &due);
	const struct in6_addr *addr = addrs_next(&j->addrs, now(j), wanted, &wait_ms);
	const char *why = addr ? j->owner->gate(j->owner->arg, j) : NULL;

	if (why) {
		wait_for(j, why);
		return;
	}
	j->waiting = false;
	if (addr)
		start(j, addr);
	else
		join_act_plan(j, data);
}

/* There is no session any more. */
static void ended(struct join *j)
{
	j->waiting = j->asking = j->telling = j->held = j->up = j->turn = j->fresh_keys = false;
}

/* Leave nothing open, ask nothing, wait for nothing. */
void join_act_forget(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	evl_timer_stop(j->timer);
	ended(j);
	j->transport->close(j->transport->arg, j);
}

/* The handshake or session ended by itself: the address backs off. */
void join_act_gone(void *owner, void *data)
{
	struct join *j = owner;

	ended(j);
	addrs_failed(&j->addrs, &j->peer, now(j), j->seed);
	j->owner->on_missed(j->owner->arg, j);
	join_act_plan(j, data);
}

/* The device did not answer, or not as it should, or does not use what it takes: end the session
 * and begin again. */
void join_act_drop(void *owner, void *data)
{
	struct join *j = owner;

	j->transport->close(j->transport->arg, j);
	join_act_gone(j, data);
}

/* --- over the session --- */

static void send_failed(struct join *j, const char *what, int error)
{
	char reason[JOIN_REASON_LEN];

	snprintf(reason, sizeof(reason), "cannot send the %s: %s", what, strerror(-error));
	join_feed(j, JOIN_EV_NO_ANSWER, reason);
}

/* Held back: it has not been told anything. */
static void hold(struct join *j, const char *why)
{
	j->held = true;
	if (!why[0])
		return;
	if (strcmp(j->reason, why) != 0)
		log_warn("join", &j->eui, "%s", why);
	join_set_reason(j, why);
}

static void tell(struct join *j)
{
	const char *why;
	int r;

	evl_timer_stop(j->timer);
	j->waiting = j->held = false;
	j->telling = true;
	why = j->owner->hold(j->owner->arg, j, &j->due);
	if (why) {
		hold(j, why);
		return;
	}
	r = j->transport->tell(j->transport->arg, j, &j->due);
	if (r < 0)
		send_failed(j, due_text(j->due.kind), r);
}

/* What makes a member is told without asking whether it may: the handshake was allowed for it. */
void join_act_tell(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	if (j->owner->next_due(j->owner->arg, j, &j->due))
		tell(j);
}

/* What is due may be another thing by now. */
void join_act_release(void *owner, void *data)
{
	struct join *j = owner;

	j->held = j->telling = false;
	if (j->owner->next_due(j->owner->arg, j, &j->due))
		tell(j);
	else
		join_act_ask(j, data);
}

/* Tell what is due, if anything is, as soon as it may be told: in the turn of the handshake, or in
 * one of its own. Returns whether anything is. */
static bool tell_due(struct join *j)
{
	const char *why;

	if (!j->owner->next_due(j->owner->arg, j, &j->due)) {
		j->waiting = j->turn = false;
		return false;
	}
	why = j->turn ? NULL : j->owner->gate(j->owner->arg, j);
	if (why)
		wait_for(j, why);
	else
		tell(j);
	return true;
}

void join_act_ask(void *owner, void *data)
{
	struct join *j = owner;
	struct due due;
	int r;

	(void)data;
	if (j->asking || j->telling)
		return;
	evl_timer_stop(j->timer);
	if (!j->owner->next_due(j->owner->arg, j, &due))
		j->turn = false; /* a question needs none */
	j->ask_first = false;
	j->asking = true;
	j->asked++;
	j->asked_ms = now(j);
	r = j->transport->get(j->transport->arg, j);
	if (r < 0)
		send_failed(j, "request for proof", r);
}

/* Ask, but not within `spacing_ms` of the last time, however many reasons there are. */
static void ask_within(struct join *j, uint64_t spacing_ms)
{
	uint64_t since_ms = now(j) - j->asked_ms;

	if (j->asking || j->telling)
		return;
	evl_timer_start(j->timer, since_ms < spacing_ms ? spacing_ms - since_ms : 0);
}

/* There is news: at once, and the back-off begins again. */
void join_act_ask_soon(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	j->asked = 0;
	ask_within(j, JOIN_ASK_SPACING_MS);
}

/* Two SSRs over a hop, after which there is proof, take a tenth to a quarter of a second. */
void join_act_ask_later(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	j->turn = false;
	evl_timer_start(j->timer,
			backoff_delay_ms(j->seed, j->asked + 1, JOIN_ASK_MS, JOIN_ASK_CAP_MS));
}

/* Its turn, or time to ask: what is due comes first, unless it was refused. */
void join_act_speak(void *owner, void *data)
{
	struct join *j = owner;

	if (j->asking || j->telling)
		return;
	if (j->ask_first || !tell_due(j))
		join_act_ask(j, data);
}

/* Something is due: now if there is a session and nothing else is under way there; if there is
 * none, by a handshake. After a refusal the back-off stands. */
void join_act_serve(void *owner, void *data)
{
	struct join *j = owner;

	if (!j->up) {
		if (!j->waiting && !evl_timer_running(j->timer))
			join_act_plan(j, data);
	} else if (!j->asking && !j->telling && !j->ask_first) {
		tell_due(j);
	}
}

/* Go on with a keyed one: what is due, else ask for proof. */
void join_act_proceed(void *owner, void *data)
{
	struct join *j = owner;

	if (!tell_due(j))
		join_act_ask_later(j, data);
}

/* It refused what was due: ask how it is, ever more slowly, then tell it again. */
void join_act_retry(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	j->refusals++;
	j->ask_first = true;
	j->turn = false;
	evl_timer_start(j->timer, backoff_delay_ms(j->seed, j->refusals, JOIN_REFUSED_MS,
						   ADDRS_BACKOFF_CAP_MS));
}

/* --- joined --- */

/* A joined device asked to be let in, or somebody in its name: ask it over the session if there is
 * one, else by a handshake. */
void join_act_check(void *owner, void *data)
{
	struct join *j = owner;

	if (j->up)
		ask_within(j, JOIN_CHECK_SPACING_MS);
	else
		join_act_plan(j, data);
}

/* A neighbour has joined: the links that this one told of have changed. Not worth a handshake. */
void join_act_refresh(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	if (j->up)
		ask_within(j, JOIN_ASK_SPACING_MS);
}

void join_act_recheck(void *owner, void *data)
{
	struct join *j = owner;

	if (j->up)
		join_act_speak(j, data);
	else
		join_act_try(j, data);
}

/* Time to look after it. */
void join_act_look(void *owner, void *data)
{
	struct join *j = owner;

	if (j->up)
		join_act_ask(j, data);
	else if (!j->waiting && !evl_timer_running(j->timer))
		join_act_plan(j, data);
}

/* Go on with what is due. After the key set: is it used? Else nothing is to be done until the
 * device asks, or something is due. */
void join_act_settle(void *owner, void *data)
{
	struct join *j = owner;

	if (tell_due(j))
		return;
	if (j->fresh_keys)
		join_act_ask(j, data);
	else
		evl_timer_stop(j->timer);
}

/* Without a session a question that is open can only be answered by a handshake. */
void join_act_ended(void *owner, void *data)
{
	struct join *j = owner;
	bool open_question = j->asking || j->telling || j->waiting || evl_timer_running(j->timer);
	struct due due;

	ended(j);
	if (open_question || j->owner->next_due(j->owner->arg, j, &due))
		join_act_plan(j, data);
}

/* If it is the device itself that asks, it will again; if not, nothing is lost. What is due is
 * tried until it is told. */
void join_act_missed(void *owner, void *data)
{
	struct join *j = owner;
	struct due due;

	ended(j);
	addrs_failed(&j->addrs, &j->peer, now(j), j->seed);
	j->owner->on_missed(j->owner->arg, j);
	if (j->owner->next_due(j->owner->arg, j, &due))
		join_act_plan(j, data);
	else
		evl_timer_stop(j->timer);
}
