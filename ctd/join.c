/* SPDX-License-Identifier: ISC */
#include "join.h"

#include "coap/coap_msg.h"
#include "join_priv.h"
#include "link/backoff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	return !j->held && (j->turn || j->telling);
}

bool join_doubtful(const struct join *j)
{
	return j->addrs.failures > 0;
}

/* --- feeding events --- */

/* The reason is in place before the action runs, which may feed a further event with its own. */
void join_set_reason(struct join *j, const char *text)
{
	if (text)
		snprintf(j->reason, sizeof(j->reason), "%s", text);
}

void join_feed(struct join *j, enum join_event event, const char *reason)
{
	char before[JOIN_REASON_LEN];

	memcpy(before, j->reason, sizeof(before));
	join_set_reason(j, reason);
	if (fsm_event(&j->fsm, (int)event, NULL, reason))
		j->owner->on_change(j->owner->arg, j);
	else
		memcpy(j->reason, before, sizeof(before));
}

static void on_timer(void *arg)
{
	join_try(arg);
}

/* --- the module's functions --- */

int join_init(struct join *j, struct evl *evl, const struct eui64 *eui, enum join_state state,
	      const struct join_transport *transport, const struct join_owner *owner)
{
	*j = (struct join){.eui = *eui, .evl = evl, .transport = transport, .owner = owner};
	j->seed = backoff_seed(eui, NULL);
	j->heard_ms = evl_now_ms(evl);
	j->timer = evl_timer_new(evl, on_timer, j);
	if (!j->timer)
		return -ENOMEM;
	fsm_init(&j->fsm, &join_machine, j, &j->eui, (int)state);
	return 0;
}

void join_fini(struct join *j)
{
	join_act_forget(j, NULL);
	evl_timer_free(j->timer);
	j->timer = NULL;
}

void join_credential(struct join *j, bool present)
{
	join_feed(j, present ? JOIN_EV_CREDENTIAL : JOIN_EV_NO_CREDENTIAL,
		  present ? NULL : "not in the configuration any more");
}

void join_admit(struct join *j, const char *why)
{
	join_feed(j, JOIN_EV_ADMIT, why);
}

void join_heard(struct join *j, const struct in6_addr *src)
{
	/* With four addresses that all are better known there is nothing to learn from a fifth. */
	addrs_put(&j->addrs, src, ADDRS_HEARD, evl_now_ms(j->evl));
	join_feed(j, JOIN_EV_JSR, NULL);
}

void join_news(struct join *j)
{
	join_feed(j, JOIN_EV_NEWS, NULL);
}

void join_due(struct join *j)
{
	join_feed(j, JOIN_EV_DUE, NULL);
}

void join_release(struct join *j)
{
	if (j->held)
		join_feed(j, JOIN_EV_RELEASE, NULL);
}

void join_check(struct join *j)
{
	join_feed(j, JOIN_EV_CHECK, NULL);
}

void join_deny(struct join *j, const char *why)
{
	join_feed(j, JOIN_EV_DENY, why);
}

void join_try(struct join *j)
{
	join_feed(j, JOIN_EV_TRY, NULL);
}

void join_on_up(struct join *j)
{
	j->up = true;
	join_feed(j, JOIN_EV_UP, "authenticated");
}

void join_on_lost(struct join *j, const char *why)
{
	char reason[JOIN_REASON_LEN];

	snprintf(reason, sizeof(reason), "%s: %s", j->up ? "session ended" : "handshake failed",
		 why);
	join_feed(j, JOIN_EV_LOST, reason);
}

/* There is an answer over the authenticated session, whatever it says. */
static void note_heard(struct join *j)
{
	j->heard = true;
	j->heard_ms = evl_now_ms(j->evl);
}

static void no_answer(struct join *j, const char *what, int error)
{
	char reason[JOIN_REASON_LEN];

	snprintf(reason, sizeof(reason), "no answer to the %s: %s", what, strerror(-error));
	join_feed(j, JOIN_EV_NO_ANSWER, reason);
}

static void refused(struct join *j, uint8_t code)
{
	char reason[JOIN_REASON_LEN];

	if (code >> 5 == 2)
		snprintf(reason, sizeof(reason), "what it answers to how it is cannot be read");
	else
		snprintf(reason, sizeof(reason), "no usable bootstrap state: it answered %s",
			 coap_msg_code_name(code));
	join_feed(j, JOIN_EV_REFUSED, reason);
}

/* It answers. Who takes keys and does not use them does not get over its back-off by that: else it
 * would be keyed again without end. */
static void note_works(struct join *j)
{
	if (j->unused > 1)
		addrs_reached(&j->addrs, &j->peer);
	else
		addrs_proved(&j->addrs, &j->peer);
}

/* Taking the key set is what makes a device a member; a member that takes anything stays what it
 * is. */
static void taken(struct join *j)
{
	char reason[JOIN_REASON_LEN];
	bool now_keyed = j->due.kind == DUE_KEYS && join_state(j) == JOIN_KEYING;

	j->refusals = 0;
	j->ask_first = false;
	j->fresh_keys |= j->due.kind == DUE_KEYS;
	if (now_keyed)
		j->asked = 0; /* what was asked of it as a member before does not slow the proof */
	if (j->due.kind == DUE_COUNTER) /* which only comes before what matters */
		addrs_reached(&j->addrs, &j->peer);
	else
		note_works(j);
	j->owner->on_taken(j->owner->arg, j, &j->due);
	snprintf(reason, sizeof(reason), "%s taken%s", due_text(j->due.kind),
		 now_keyed ? "; no proof of a secured link yet" : "");
	join_feed(j, now_keyed ? JOIN_EV_KEY_SET : JOIN_EV_TAKEN, reason);
}

static void not_taken(struct join *j, uint8_t code)
{
	char reason[JOIN_REASON_LEN];

	j->owner->on_refused(j->owner->arg, j, &j->due, code);
	snprintf(reason, sizeof(reason), "%s refused: it answered %s", due_text(j->due.kind),
		 coap_msg_code_name(code));
	join_feed(j, JOIN_EV_NOT_TAKEN, reason);
}

void join_on_told(struct join *j, int error, uint8_t code)
{
	if (!j->telling || j->held)
		return;
	j->telling = false;
	if (!error)
		note_heard(j);
	if (error)
		no_answer(j, due_text(j->due.kind), error);
	else if (code == COAP_MSG_CODE(2, 4) || code == COAP_MSG_CODE(2, 1))
		taken(j);
	else
		not_taken(j, code);
}

/* What the answer proves (DESIGN, Join): the device uses our key, and the request reached it under
 * that key. A border router that is reached over a wire cannot see it secured, and has no need to:
 * it is enough that the key is active. */
static enum join_event verdict(const struct join *j, bool ours, const char **why)
{
	static const char *const lost[2][2] = {
		{"no key is active", "another key is active"},
		{"keys taken and not used: no key is active",
		 "keys taken and not used: another key is active"},
	};

	if (!ours) {
		*why = lost[j->unused > 0][j->answer.index > 0];
		return j->unused > 0 ? JOIN_EV_NOT_USED : JOIN_EV_OTHER_KEY;
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

static void answered(struct join *j, const struct bsres_state *state)
{
	enum join_event event;
	const char *why;
	bool ours;

	j->answer = *state;
	j->answered = true;
	ours = j->owner->on_answer(j->owner->arg, j);
	j->fresh_keys = false;
	event = verdict(j, ours, &why);
	if (event == JOIN_EV_PROOF)
		j->unused = 0;
	else
		j->unused += !ours;
	note_works(j);
	join_feed(j, event, why);
}

void join_on_answer(struct join *j, int error, uint8_t code, const struct bsres_state *state)
{
	j->asking = false;
	if (!error)
		note_heard(j);
	if (!error && state) {
		answered(j, state);
		return;
	}
	j->fresh_keys = false;
	if (error)
		no_answer(j, "request for proof", error);
	else
		refused(j, code);
}
