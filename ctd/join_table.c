/* SPDX-License-Identifier: ISC */
#include "join_priv.h"

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
	[JOIN_EV_TAKEN] = "taken",
	[JOIN_EV_NOT_TAKEN] = "not taken",
	[JOIN_EV_DUE] = "due",
	[JOIN_EV_RELEASE] = "release",
	[JOIN_EV_CHECK] = "check",
	[JOIN_EV_DENY] = "deny",
	[JOIN_EV_NEWS] = "news",
	[JOIN_EV_PROOF] = "proof",
	[JOIN_EV_NO_PROOF] = "no proof yet",
	[JOIN_EV_OTHER_KEY] = "other key",
	[JOIN_EV_NOT_USED] = "keys not used",
	[JOIN_EV_REFUSED] = "refused",
	[JOIN_EV_NO_ANSWER] = "no answer",
};

static const struct fsm_row rows[] = {
	{FSM_ANY, JOIN_EV_DENY, JOIN_DENIED, join_act_forget},

	{JOIN_DENIED, JOIN_EV_CREDENTIAL, JOIN_CANDIDATE, NULL},

	{JOIN_CANDIDATE, JOIN_EV_NO_CREDENTIAL, JOIN_DENIED, NULL},
	{JOIN_CANDIDATE, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_CANDIDATE, JOIN_EV_ADMIT, JOIN_ADMITTED, join_act_plan},

	{JOIN_ADMITTED, JOIN_EV_CREDENTIAL, FSM_SAME, join_act_afresh},
	{JOIN_ADMITTED, JOIN_EV_NO_CREDENTIAL, JOIN_DENIED, join_act_forget},
	{JOIN_ADMITTED, JOIN_EV_JSR, FSM_SAME, join_act_plan},
	{JOIN_ADMITTED, JOIN_EV_CHECK, FSM_SAME, join_act_afresh},
	{JOIN_ADMITTED, JOIN_EV_TRY, FSM_SAME, join_act_try},
	{JOIN_ADMITTED, JOIN_EV_START, JOIN_CONNECTING, NULL},

	{JOIN_CONNECTING, JOIN_EV_NO_CREDENTIAL, JOIN_DENIED, join_act_forget},
	{JOIN_CONNECTING, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_CONNECTING, JOIN_EV_UP, JOIN_KEYING, join_act_tell},
	{JOIN_CONNECTING, JOIN_EV_LOST, JOIN_ADMITTED, join_act_gone},

	{JOIN_KEYING, JOIN_EV_NO_CREDENTIAL, JOIN_DENIED, join_act_forget},
	{JOIN_KEYING, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_KEYING, JOIN_EV_RELEASE, FSM_SAME, join_act_release},
	{JOIN_KEYING, JOIN_EV_TAKEN, FSM_SAME, join_act_tell},
	{JOIN_KEYING, JOIN_EV_KEY_SET, JOIN_KEYED, join_act_proceed},
	{JOIN_KEYING, JOIN_EV_NOT_TAKEN, JOIN_ADMITTED, join_act_drop},
	{JOIN_KEYING, JOIN_EV_NO_ANSWER, JOIN_ADMITTED, join_act_drop},
	{JOIN_KEYING, JOIN_EV_LOST, JOIN_ADMITTED, join_act_gone},

	{JOIN_KEYED, JOIN_EV_JSR, FSM_SAME, join_act_ask_soon},
	{JOIN_KEYED, JOIN_EV_NEWS, FSM_SAME, join_act_ask_soon},
	{JOIN_KEYED, JOIN_EV_CHECK, FSM_SAME, join_act_ask_soon},
	{JOIN_KEYED, JOIN_EV_TRY, FSM_SAME, join_act_speak},
	{JOIN_KEYED, JOIN_EV_DUE, FSM_SAME, join_act_serve},
	{JOIN_KEYED, JOIN_EV_RELEASE, FSM_SAME, join_act_release},
	{JOIN_KEYED, JOIN_EV_TAKEN, FSM_SAME, join_act_proceed},
	{JOIN_KEYED, JOIN_EV_NOT_TAKEN, FSM_SAME, join_act_retry},
	{JOIN_KEYED, JOIN_EV_PROOF, JOIN_JOINED, join_act_settle},
	{JOIN_KEYED, JOIN_EV_NO_PROOF, FSM_SAME, join_act_proceed},
	{JOIN_KEYED, JOIN_EV_REFUSED, FSM_SAME, join_act_ask_later},
	{JOIN_KEYED, JOIN_EV_OTHER_KEY, JOIN_KEYING, join_act_tell},
	{JOIN_KEYED, JOIN_EV_NOT_USED, JOIN_ADMITTED, join_act_drop},
	{JOIN_KEYED, JOIN_EV_NO_ANSWER, JOIN_KEYED_LOST, join_act_drop},
	{JOIN_KEYED, JOIN_EV_LOST, JOIN_KEYED_LOST, join_act_gone},

	{JOIN_KEYED_LOST, JOIN_EV_CREDENTIAL, FSM_SAME, join_act_afresh},
	{JOIN_KEYED_LOST, JOIN_EV_JSR, FSM_SAME, join_act_plan},
	{JOIN_KEYED_LOST, JOIN_EV_NEWS, FSM_SAME, join_act_afresh},
	{JOIN_KEYED_LOST, JOIN_EV_CHECK, FSM_SAME, join_act_afresh},
	{JOIN_KEYED_LOST, JOIN_EV_TRY, FSM_SAME, join_act_try},
	{JOIN_KEYED_LOST, JOIN_EV_START, JOIN_KEYED_CONNECTING, NULL},

	{JOIN_KEYED_CONNECTING, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_KEYED_CONNECTING, JOIN_EV_UP, JOIN_KEYED, join_act_ask},
	{JOIN_KEYED_CONNECTING, JOIN_EV_LOST, JOIN_KEYED_LOST, join_act_gone},

	/* A joined device has no reason to ask; if one does in its name, find out over the session,
	 * or by a handshake. Nothing that is not authenticated takes `joined` away. */
	{JOIN_JOINED, JOIN_EV_JSR, FSM_SAME, join_act_check},
	{JOIN_JOINED, JOIN_EV_NEWS, FSM_SAME, join_act_refresh},
	{JOIN_JOINED, JOIN_EV_CHECK, FSM_SAME, join_act_look},
	{JOIN_JOINED, JOIN_EV_TRY, FSM_SAME, join_act_recheck},
	{JOIN_JOINED, JOIN_EV_START, JOIN_JOINED_CONNECTING, NULL},
	{JOIN_JOINED, JOIN_EV_DUE, FSM_SAME, join_act_serve},
	{JOIN_JOINED, JOIN_EV_RELEASE, FSM_SAME, join_act_release},
	{JOIN_JOINED, JOIN_EV_TAKEN, FSM_SAME, join_act_settle},
	{JOIN_JOINED, JOIN_EV_NOT_TAKEN, FSM_SAME, join_act_retry},
	{JOIN_JOINED, JOIN_EV_PROOF, FSM_SAME, join_act_settle},
	{JOIN_JOINED, JOIN_EV_NO_PROOF, FSM_SAME, join_act_settle},
	{JOIN_JOINED, JOIN_EV_REFUSED, FSM_SAME, join_act_settle},
	{JOIN_JOINED, JOIN_EV_OTHER_KEY, JOIN_KEYING, join_act_tell},
	{JOIN_JOINED, JOIN_EV_NO_ANSWER, FSM_SAME, join_act_drop},
	{JOIN_JOINED, JOIN_EV_LOST, FSM_SAME, join_act_ended},

	{JOIN_JOINED_CONNECTING, JOIN_EV_JSR, FSM_SAME, NULL},
	{JOIN_JOINED_CONNECTING, JOIN_EV_UP, JOIN_JOINED, join_act_ask},
	{JOIN_JOINED_CONNECTING, JOIN_EV_LOST, JOIN_JOINED, join_act_missed},
};

const struct fsm_desc join_machine = {
	.topic = "join",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
	.state_names = state_names,
	.event_names = event_names,
};
