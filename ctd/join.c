/* SPDX-License-Identifier: ISC */
#include "join.h"

#include "base/log.h"
#include "coap/coap_msg.h"
#include "link/backoff.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void plan(void *owner, void *data);
static void try(void *owner, void *data);
static void afresh(void *owner, void *data);
static void forget(void *owner, void *data);
static void put(void *owner, void *data);
static void ask(void *owner, void *data);
static void ask_soon(void *owner, void *data);
static void ask_later(void *owner, void *data);
static void drop(void *owner, void *data);
static void gone(void *owner, void *data);
static void check(void *owner, void *data);
static void refresh(void *owner, void *data);
static void recheck(void *owner, void *data);
static void rest(void *owner, void *data);
static void ended(void *owner, void *data);
static void missed(void *owner, void *data);

static const char *const state_names[JOIN_STATES] = {
	[JOIN_DENIED] = "denied",
	[JOIN_CANDIDATE] = "candidate",
	[JOIN_ADMITTED] = "admitted",
	[JOIN_CONNECTING] = "connecting",
	[JOIN_KEYING] = "keying",
	[JOIN_KEYED] = "keyed",
	[JOIN_KEYED_LOST] = "keyed (no session)",
	[JOIN_KEYED_CONNECTING] = "keyed (connecting)",
	[JOIN_JOINED] = "joined",
	[JOIN_JOINED_CONNECTING] = "joined (connecting)",
};

static const char *const event_names[JOIN_EVENTS] = {
	[JOIN_EV_CREDENTIAL] = "credential",
	[JOIN_EV_NO_CREDENTIAL] = "no credential",
	[JOIN_EV_ADMIT] = "admit",
	[JOIN_EV_JSR] = "JSR",
	[JOIN_EV_TRY] = "try",
	[JOIN_EV_START] = "start",
	[JOIN_EV_UP] = "session up",
	[JOIN_EV_LOST] = "session lost",
	[JOIN_EV_KEY_SET] = "key set taken",
	[JOIN_EV_NEWS] = "news",
	[JOIN_EV_PROOF] = "proof",
	[JOIN_EV_NO_PROOF] = "no proof yet",
	[JOIN_EV_OTHER_KEY] = "other key",
	[JOIN_EV_REFUSED] = "refused",
	[JOIN_EV_NO_ANSWER] = "no answer",
};

static const struct fsm_row rows[] = {
	{JOIN_DENIED, JOIN_EV_CREDENTIAL, JOIN_CANDIDATE, NULL},

	{JOIN_CANDIDATE, JOIN_EV_NO_CREDENTIAL, JOIN_DENIED, NULL},
	{JOIN_CANDIDATE, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_CANDIDATE, JOIN_EV_ADMIT, JOIN_ADMITTED, plan},

	{JOIN_ADMITTED, JOIN_EV_CREDENTIAL, FSM_SAME, afresh},
	{JOIN_ADMITTED, JOIN_EV_NO_CREDENTIAL, JOIN_DENIED, forget},
	{JOIN_ADMITTED, JOIN_EV_JSR, FSM_SAME, plan},
	{JOIN_ADMITTED, JOIN_EV_TRY, FSM_SAME, try},
	{JOIN_ADMITTED, JOIN_EV_START, JOIN_CONNECTING, NULL},

	{JOIN_CONNECTING, JOIN_EV_NO_CREDENTIAL, JOIN_DENIED, forget},
	{JOIN_CONNECTING, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_CONNECTING, JOIN_EV_UP, JOIN_KEYING, put},
	{JOIN_CONNECTING, JOIN_EV_LOST, JOIN_ADMITTED, gone},

	{JOIN_KEYING, JOIN_EV_NO_CREDENTIAL, JOIN_DENIED, forget},
	{JOIN_KEYING, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_KEYING, JOIN_EV_KEY_SET, JOIN_KEYED, ask_later},
	{JOIN_KEYING, JOIN_EV_REFUSED, JOIN_ADMITTED, drop},
	{JOIN_KEYING, JOIN_EV_NO_ANSWER, JOIN_ADMITTED, drop},
	{JOIN_KEYING, JOIN_EV_LOST, JOIN_ADMITTED, gone},

	{JOIN_KEYED, JOIN_EV_JSR, FSM_SAME, ask_soon},
	{JOIN_KEYED, JOIN_EV_NEWS, FSM_SAME, ask_soon},
	{JOIN_KEYED, JOIN_EV_TRY, FSM_SAME, ask},
	{JOIN_KEYED, JOIN_EV_PROOF, JOIN_JOINED, rest},
	{JOIN_KEYED, JOIN_EV_NO_PROOF, FSM_SAME, ask_later},
	{JOIN_KEYED, JOIN_EV_REFUSED, FSM_SAME, ask_later},
	{JOIN_KEYED, JOIN_EV_OTHER_KEY, JOIN_KEYING, put},
	{JOIN_KEYED, JOIN_EV_NO_ANSWER, JOIN_KEYED_LOST, drop},
	{JOIN_KEYED, JOIN_EV_LOST, JOIN_KEYED_LOST, gone},

	{JOIN_KEYED_LOST, JOIN_EV_CREDENTIAL, FSM_SAME, afresh},
	{JOIN_KEYED_LOST, JOIN_EV_JSR, FSM_SAME, plan},
	{JOIN_KEYED_LOST, JOIN_EV_NEWS, FSM_SAME, afresh},
	{JOIN_KEYED_LOST, JOIN_EV_TRY, FSM_SAME, try},
	{JOIN_KEYED_LOST, JOIN_EV_START, JOIN_KEYED_CONNECTING, NULL},

	{JOIN_KEYED_CONNECTING, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_KEYED_CONNECTING, JOIN_EV_UP, JOIN_KEYED, ask},
	{JOIN_KEYED_CONNECTING, JOIN_EV_LOST, JOIN_KEYED_LOST, gone},

	/* A joined device has no reason to ask; if one does in its name, find out over the session,
	 * or by a handshake. Nothing that is not authenticated takes `joined` away. */
	{JOIN_JOINED, JOIN_EV_JSR, FSM_SAME, check},
	{JOIN_JOINED, JOIN_EV_NEWS, FSM_SAME, refresh},
	{JOIN_JOINED, JOIN_EV_TRY, FSM_SAME, recheck},
	{JOIN_JOINED, JOIN_EV_START, JOIN_JOINED_CONNECTING, NULL},
	{JOIN_JOINED, JOIN_EV_PROOF, FSM_SAME, rest},
	{JOIN_JOINED, JOIN_EV_NO_PROOF, FSM_SAME, rest},
	{JOIN_JOINED, JOIN_EV_REFUSED, FSM_SAME, rest},
	{JOIN_JOINED, JOIN_EV_OTHER_KEY, JOIN_KEYING, put},
	{JOIN_JOINED, JOIN_EV_NO_ANSWER, FSM_SAME, drop},
	{JOIN_JOINED, JOIN_EV_LOST, FSM_SAME, ended},

	{JOIN_JOINED_CONNECTING, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_JOINED_CONNECTING, JOIN_EV_UP, JOIN_JOINED, ask},
	{JOIN_JOINED_CONNECTING, JOIN_EV_LOST, JOIN_JOINED, missed},
};

static const struct fsm_desc machine = {
	.topic = "join",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
	.state_names = state_names,
	.event_names = event_names,
};

static const enum join_progress progress_of[JOIN_STATES] = {
	[JOIN_DENIED] = JOIN_IS_DENIED,     [JOIN_CANDIDATE] = JOIN_IS_CANDIDATE,
	[JOIN_ADMITTED] = JOIN_IS_ADMITTED, [JOIN_CONNECTING] = JOIN_IS_CONNECTING,
	[JOIN_KEYING] = JOIN_IS_KEYING,     [JOIN_KEYED] = JOIN_IS_KEYED,
	[JOIN_KEYED_LOST] = JOIN_IS_KEYED,  [JOIN_KEYED_CONNECTING] = JOIN_IS_KEYED,
	[JOIN_JOINED] = JOIN_IS_JOINED,     [JOIN_JOINED_CONNECTING] = JOIN_IS_JOINED,
};

const char *join_progress_name(enum join_progress progress)
{
	static const char *const names[JOIN_PROGRESSES] = {
		"denied", "candidate", "admitted", "connecting", "keying", "keyed", "joined",
	};

	return names[progress];
}

enum join_state join_state(const struct join *j)
{
	return (enum join_state)j->fsm.state;
}

enum join_progress join_progress(const struct join *j)
{
	return progress_of[j->fsm.state];
}

bool join_busy(const struct join *j)
{
	switch (join_state(j)) {
	case JOIN_CONNECTING:
	case JOIN_KEYING:
	case JOIN_KEYED_CONNECTING:
	case JOIN_JOINED_CONNECTING:
		return true;
	case JOIN_DENIED:
	case JOIN_CANDIDATE:
	case JOIN_ADMITTED:
	case JOIN_KEYED:
	case JOIN_KEYED_LOST:
	case JOIN_JOINED:
	case JOIN_STATES:
		break;
	}
	return false;
}

/* --- feeding events --- */

/* The reason is in place before the action runs, which may feed a further event with its own. */
static void set_reason(struct join *j, const char *text)
{
	if (text)
		snprintf(j->reason, sizeof(j->reason), "%s", text);
}

static void feed(struct join *j, enum join_event event, const char *reason)
{
	char before[JOIN_REASON_LEN];

	memcpy(before, j->reason, sizeof(before));
	set_reason(j, reason);
	if (fsm_event(&j->fsm, (int)event, NULL, reason))
		j->owner->on_change(j->owner->arg, j);
	else
		memcpy(j->reason, before, sizeof(before));
}

static void on_timer(void *arg)
{
	join_try(arg);
}

/* --- actions: connecting --- */

static uint64_t now(const struct join *j)
{
	return evl_now_ms(j->evl);
}

/* Try as soon as an address may be tried; without any, a request will tell one. */
static void plan(void *owner, void *data)
{
	struct join *j = owner;
	uint64_t wait_ms;

	(void)data;
	addrs_next(&j->addrs, now(j), &wait_ms);
	if (wait_ms != UINT64_MAX) {
		evl_timer_start(j->timer, wait_ms);
		return;
	}
	evl_timer_stop(j->timer);
	set_reason(j, "waiting for a request from it: no address known");
}

/* What made attempts fail may be over: do not wait for back-offs. */
static void afresh(void *owner, void *data)
{
	struct join *j = owner;

	addrs_retry_now(&j->addrs);
	plan(j, data);
}

static void start(struct join *j, const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN], reason[JOIN_REASON_LEN];
	int r;

	j->peer = *addr;
	inet_ntop(AF_INET6, &j->peer, text, sizeof(text));
	r = j->transport->connect(j->transport->arg, j, &j->peer);
	if (r == 0) {
		snprintf(reason, sizeof(reason), "handshake with %s", text);
		feed(j, JOIN_EV_START, reason);
		return;
	}
	log_warn("join", &j->eui, "cannot start a handshake with %s: %s", text, strerror(-r));
	addrs_failed(&j->addrs, &j->peer, now(j), j->seed);
	plan(j, NULL);
}

static void wait_for(struct join *j, const char *why)
{
	if (!j->waiting || strcmp(j->reason, why) != 0)
		log_info("join", &j->eui, "%s", why);
	j->waiting = true;
	set_reason(j, why);
}

static void try(void *owner, void *data)
{
	struct join *j = owner;
	uint64_t wait_ms;
	const struct in6_addr *addr = addrs_next(&j->addrs, now(j), &wait_ms);
	const char *why = addr ? j->owner->gate(j->owner->arg, j) : NULL;

	if (why) {
		wait_for(j, why);
		return;
	}
	j->waiting = false;
	if (addr)
		start(j, addr);
	else
		plan(j, data);
}

/* Leave nothing open, ask nothing, wait for nothing. */
static void forget(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	evl_timer_stop(j->timer);
	j->waiting = j->asking = j->up = false;
	j->transport->close(j->transport->arg, j);
}

/* The handshake or session ended by itself: the address backs off. */
static void gone(void *owner, void *data)
{
	struct join *j = owner;

	j->asking = j->up = false;
	addrs_failed(&j->addrs, &j->peer, now(j), j->seed);
	plan(j, data);
}

/* The device did not answer, or not as it should: end the session and begin again. */
static void drop(void *owner, void *data)
{
	struct join *j = owner;

	j->transport->close(j->transport->arg, j);
	gone(j, data);
}

/* --- actions: over the session --- */

static void send_failed(struct join *j, const char *what, int error)
{
	char reason[JOIN_REASON_LEN];

	snprintf(reason, sizeof(reason), "cannot send %s: %s", what, strerror(-error));
	feed(j, JOIN_EV_NO_ANSWER, reason);
}

static void put(void *owner, void *data)
{
	struct join *j = owner;
	int r;

	(void)data;
	evl_timer_stop(j->timer);
	r = j->transport->put(j->transport->arg, j);
	if (r < 0)
		send_failed(j, "the key set", r);
}

static void ask(void *owner, void *data)
{
	struct join *j = owner;
	int r;

	(void)data;
	evl_timer_stop(j->timer);
	if (j->asking)
		return;
	j->asking = true;
	j->asked++;
	j->asked_ms = now(j);
	r = j->transport->get(j->transport->arg, j);
	if (r < 0)
		send_failed(j, "the request for proof", r);
}

/* Ask, but not within `spacing_ms` of the last time, however many reasons there are. */
static void ask_within(struct join *j, uint64_t spacing_ms)
{
	uint64_t since_ms = now(j) - j->asked_ms;

	if (j->asking)
		return;
	evl_timer_start(j->timer, since_ms < spacing_ms ? spacing_ms - since_ms : 0);
}

/* There is news: at once, and the back-off begins again. */
static void ask_soon(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	j->asked = 0;
	ask_within(j, JOIN_ASK_SPACING_MS);
}

static void ask_later(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	evl_timer_start(j->timer, backoff_delay_ms(j->seed, j->asked ? j->asked : 1, JOIN_ASK_MS,
						   JOIN_ASK_CAP_MS));
}

/* --- actions: joined --- */

/* A joined device asked to be let in, or somebody in its name: ask it over the session if there is
 * one, else by a handshake. */
static void check(void *owner, void *data)
{
	struct join *j = owner;

	if (j->up)
		ask_within(j, JOIN_CHECK_SPACING_MS);
	else
		plan(j, data);
}

/* A neighbour has joined: the links that this one told of have changed. Not worth a handshake. */
static void refresh(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	if (j->up)
		ask_within(j, JOIN_ASK_SPACING_MS);
}

static void recheck(void *owner, void *data)
{
	struct join *j = owner;

	if (j->up)
		ask(j, data);
	else
		try(j, data);
}

/* Nothing more to do until the device asks. */
static void rest(void *owner, void *data)
{
	struct join *j = owner;

	(void)data;
	evl_timer_stop(j->timer);
}

/* Without a session a question that is open can only be answered by a handshake. */
static void ended(void *owner, void *data)
{
	struct join *j = owner;
	bool open_question = j->asking || evl_timer_running(j->timer);

	j->asking = j->up = false;
	if (open_question)
		plan(j, data);
}

/* If it is the device itself that asks, it will again; if not, nothing is lost. */
static void missed(void *owner, void *data)
{
	struct join *j = owner;

	addrs_failed(&j->addrs, &j->peer, now(j), j->seed);
	rest(j, data);
}

/* --- the module's functions --- */

int join_init(struct join *j, struct evl *evl, const struct eui64 *eui, enum join_state state,
	      const struct join_transport *transport, const struct join_owner *owner)
{
	*j = (struct join){.eui = *eui, .evl = evl, .transport = transport, .owner = owner};
	j->seed = backoff_seed(eui, NULL);
	j->timer = evl_timer_new(evl, on_timer, j);
	if (!j->timer)
		return -ENOMEM;
	fsm_init(&j->fsm, &machine, j, &j->eui, (int)state);
	return 0;
}

void join_fini(struct join *j)
{
	forget(j, NULL);
	evl_timer_free(j->timer);
	j->timer = NULL;
}

void join_credential(struct join *j, bool present)
{
	feed(j, present ? JOIN_EV_CREDENTIAL : JOIN_EV_NO_CREDENTIAL,
	     present ? NULL : "not in the configuration any more");
}

void join_admit(struct join *j, const char *why)
{
	feed(j, JOIN_EV_ADMIT, why);
}

void join_heard(struct join *j, const struct in6_addr *src)
{
	/* With four addresses that all are better known there is nothing to learn from a fifth. */
	addrs_put(&j->addrs, src, ADDRS_HEARD, now(j));
	feed(j, JOIN_EV_JSR, NULL);
}

void join_news(struct join *j)
{
	feed(j, JOIN_EV_NEWS, NULL);
}

void join_try(struct join *j)
{
	feed(j, JOIN_EV_TRY, NULL);
}

void join_on_up(struct join *j)
{
	j->up = true;
	feed(j, JOIN_EV_UP, "authenticated");
}

void join_on_lost(struct join *j, const char *why)
{
	char reason[JOIN_REASON_LEN];

	snprintf(reason, sizeof(reason), "%s: %s", j->up ? "session ended" : "handshake failed",
		 why);
	feed(j, JOIN_EV_LOST, reason);
}

static void no_answer(struct join *j, const char *what, int error)
{
	char reason[JOIN_REASON_LEN];

	snprintf(reason, sizeof(reason), "no answer to %s: %s", what, strerror(-error));
	feed(j, JOIN_EV_NO_ANSWER, reason);
}

static void refused(struct join *j, const char *what, uint8_t code)
{
	char reason[JOIN_REASON_LEN];

	snprintf(reason, sizeof(reason), "%s: it answered %s", what, coap_msg_code_name(code));
	feed(j, JOIN_EV_REFUSED, reason);
}

void join_on_put(struct join *j, int error, uint8_t code)
{
	if (error) {
		no_answer(j, "the key set", error);
	} else if (code == COAP_MSG_CODE(2, 4) || code == COAP_MSG_CODE(2, 1)) {
		addrs_proved(&j->addrs, &j->peer);
		feed(j, JOIN_EV_KEY_SET, "key set taken; no proof of a secured link yet");
	} else {
		refused(j, "key set refused", code);
	}
}

/* What the answer proves (DESIGN, Join): the device uses our key, and the request reached it under
 * that key. A border router that is reached over a wire cannot see it secured, and has no need to:
 * it is enough that the key is active. */
static enum join_event verdict(const struct join *j, const char **why)
{
	if (j->answer.index != j->key_index) {
		*why = j->answer.index ? "another key is active" : "no key is active";
		return JOIN_EV_OTHER_KEY;
	}
	if (j->answer.mark == BSRES_SECURED) {
		*why = "proved: reached under the layer-2 key";
		return JOIN_EV_PROOF;
	}
	if (j->answer.mark == BSRES_WIRED && j->border_router) {
		*why = "proved: reached by wire, its key is active";
		return JOIN_EV_PROOF;
	}
	*why = "no proof yet: reached over an unsecured link";
	return JOIN_EV_NO_PROOF;
}

void join_on_answer(struct join *j, int error, uint8_t code, const struct bsres_state *state)
{
	enum join_event event;
	const char *why;

	j->asking = false;
	if (error) {
		no_answer(j, "the request for proof", error);
	} else if (!state) {
		refused(j, "no usable bootstrap state", code);
	} else {
		addrs_proved(&j->addrs, &j->peer);
		j->answer = *state;
		j->answered = true;
		event = verdict(j, &why);
		feed(j, event, why);
	}
}
