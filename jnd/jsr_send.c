/* SPDX-License-Identifier: ISC */
#include "jsr_send.h"

#include "base/log.h"
#include "link/backoff.h"

#include <stdlib.h>
#include <string.h>

struct jsr_send {
	struct fsm fsm;
	struct eui64 own;
	jsr_send_fn fn;
	void *arg;
	struct evl_timer *due;
	uint64_t seed; /* of the jitter */
	uint32_t tries;
	uint32_t unsent; /* so many since the last that left */
};

/* --- actions --- */

static void act_wait(void *owner, void *data)
{
	struct jsr_send *s = owner;
	(void)data;

	evl_timer_start(s->due, backoff_delay_ms(s->seed, s->tries + s->unsent, JSR_SEND_FIRST_MS,
						 JSR_SEND_MAX_MS));
}

static void act_ask(void *owner, void *data)
{
	struct jsr_send *s = owner;
	int r = s->fn(s->arg, s->tries + 1);

	if (r < 0) {
		s->unsent++;
		log_warn("jsr", &s->own, "JSR not sent: %s", strerror(-r));
	} else {
		s->unsent = 0;
		s->tries++;
	}
	act_wait(owner, data);
}

static void act_be_patient(void *owner, void *data)
{
	struct jsr_send *s = owner;
	(void)data;

	evl_timer_start(s->due, JSR_SEND_PATIENCE_MS);
}

static void act_stop(void *owner, void *data)
{
	struct jsr_send *s = owner;
	(void)data;

	s->tries = s->unsent = 0;
	evl_timer_stop(s->due);
}

/* --- the machine --- */

static const struct fsm_row rows[] = {
	{JSR_SEND_IDLE, JSR_SEND_EV_START, JSR_SEND_ASKING, act_ask},

	{JSR_SEND_ASKING, JSR_SEND_EV_STOP, JSR_SEND_IDLE, act_stop},
	{JSR_SEND_ASKING, JSR_SEND_EV_DUE, FSM_SAME, act_ask},
	{JSR_SEND_ASKING, JSR_SEND_EV_WAY, FSM_SAME, act_ask},
	{JSR_SEND_ASKING, JSR_SEND_EV_HANDSHAKE, JSR_SEND_ANSWERED, act_be_patient},

	{JSR_SEND_ANSWERED, JSR_SEND_EV_STOP, JSR_SEND_IDLE, act_stop},
	{JSR_SEND_ANSWERED, JSR_SEND_EV_DUE, JSR_SEND_ASKING, act_ask},
	{JSR_SEND_ANSWERED, JSR_SEND_EV_SESSION_END, JSR_SEND_ASKING, act_wait},
};

static const char *const state_names[JSR_SEND_STATES] = {
	[JSR_SEND_IDLE] = "idle",
	[JSR_SEND_ASKING] = "asking",
	[JSR_SEND_ANSWERED] = "answered",
};

static const char *const event_names[JSR_SEND_EVENTS] = {
	[JSR_SEND_EV_START] = "start",
	[JSR_SEND_EV_STOP] = "stop",
	[JSR_SEND_EV_DUE] = "due",
	[JSR_SEND_EV_WAY] = "way",
	[JSR_SEND_EV_HANDSHAKE] = "handshake",
	[JSR_SEND_EV_SESSION_END] = "session-end",
};

const struct fsm_desc jsr_send_machine = {
	.topic = "jsr",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
	.state_names = state_names,
	.event_names = event_names,
};

static void on_due(void *arg)
{
	struct jsr_send *s = arg;

	fsm_event(&s->fsm, JSR_SEND_EV_DUE, NULL, "no answer, no keys");
}

/* --- life and events --- */

struct jsr_send *jsr_send_new(struct evl *evl, const struct eui64 *own, jsr_send_fn fn, void *arg)
{
	struct jsr_send *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct jsr_send){.own = *own, .fn = fn, .arg = arg, .seed = backoff_seed(own, NULL)};
	fsm_init(&s->fsm, &jsr_send_machine, s, &s->own, JSR_SEND_IDLE);
	s->due = evl_timer_new(evl, on_due, s);
	if (!s->due) {
		free(s);
		return NULL;
	}
	return s;
}

void jsr_send_free(struct jsr_send *s)
{
	if (!s)
		return;
	evl_timer_free(s->due);
	free(s);
}

void jsr_send_start(struct jsr_send *s)
{
	fsm_event(&s->fsm, JSR_SEND_EV_START, NULL, NULL);
}

void jsr_send_stop(struct jsr_send *s)
{
	fsm_event(&s->fsm, JSR_SEND_EV_STOP, NULL, NULL);
}

void jsr_send_on_routes(struct jsr_send *s)
{
	if (s->unsent > 0)
		fsm_event(&s->fsm, JSR_SEND_EV_WAY, NULL, "addresses or routes have changed");
}

void jsr_send_on_handshake(struct jsr_send *s)
{
	fsm_event(&s->fsm, JSR_SEND_EV_HANDSHAKE, NULL, NULL);
}

void jsr_send_on_session_end(struct jsr_send *s)
{
	fsm_event(&s->fsm, JSR_SEND_EV_SESSION_END, NULL, NULL);
}

enum jsr_send_state jsr_send_state(const struct jsr_send *s)
{
	return (enum jsr_send_state)s->fsm.state;
}

const char *jsr_send_state_name(enum jsr_send_state state)
{
	return state_names[state];
}

uint32_t jsr_send_tries(const struct jsr_send *s)
{
	return s->tries;
}
