/* SPDX-License-Identifier: ISC */
#include "jsr_send.h"

#include "link/backoff.h"

#include "unit.h"

#include <errno.h>

static const struct eui64 own = {{0x02, 0, 0, 0, 0, 0, 0, 0x05}};
static struct evl *evl;
static struct jsr_send *s;
static unsigned int sent;
static int send_result;

static int on_send(void *arg, uint32_t tries)
{
	ck_assert_ptr_eq(arg, &sent);
	sent++;
	ck_assert_uint_eq(tries, jsr_send_tries(s) + 1);
	return send_result;
}

static void setup(void)
{
	sent = 0;
	send_result = 0;
	evl = evl_new_test();
	s = jsr_send_new(evl, &own, on_send, &sent);
	ck_assert_ptr_nonnull(s);
}

static void teardown(void)
{
	jsr_send_free(s);
	evl_free(evl);
}

static uint32_t delay_ms(uint32_t tries)
{
	return backoff_delay_ms(backoff_seed(&own, NULL), tries, 2000, 60000);
}

/* Nothing until `ms` from now, then one JSR. */
static void expect_jsr_in(uint32_t ms)
{
	unsigned int before = sent;

	evl_test_advance(evl, ms - 1);
	ck_assert_uint_eq(sent, before);
	evl_test_advance(evl, 1);
	ck_assert_uint_eq(sent, before + 1);
}

static void expect_silence(void)
{
	unsigned int before = sent;

	evl_test_advance(evl, 3600000);
	ck_assert_uint_eq(sent, before);
}

/* --- the machine as a table --- */

#define REFUSED (-2)

/* Every pair of state and event, decided here by hand. */
static const int expected[JSR_SEND_STATES][JSR_SEND_EVENTS] = {
	[JSR_SEND_IDLE] =
		{
			[JSR_SEND_EV_START] = JSR_SEND_ASKING,
			[JSR_SEND_EV_STOP] = REFUSED,
			[JSR_SEND_EV_DUE] = REFUSED,         /* the timer does not run */
			[JSR_SEND_EV_WAY] = REFUSED,         /* nothing to send */
			[JSR_SEND_EV_HANDSHAKE] = REFUSED,   /* of a node that has keys */
			[JSR_SEND_EV_SESSION_END] = REFUSED, /* likewise */
		},
	[JSR_SEND_ASKING] =
		{
			[JSR_SEND_EV_START] = REFUSED, /* goes on already */
			[JSR_SEND_EV_STOP] = JSR_SEND_IDLE,
			[JSR_SEND_EV_DUE] = JSR_SEND_ASKING,
			[JSR_SEND_EV_WAY] = JSR_SEND_ASKING,
			[JSR_SEND_EV_HANDSHAKE] = JSR_SEND_ANSWERED,
			[JSR_SEND_EV_SESSION_END] = REFUSED, /* of one that was given up */
		},
	[JSR_SEND_ANSWERED] =
		{
			[JSR_SEND_EV_START] = REFUSED,
			[JSR_SEND_EV_STOP] = JSR_SEND_IDLE,
			[JSR_SEND_EV_DUE] = JSR_SEND_ASKING,
			[JSR_SEND_EV_WAY] = REFUSED,
			[JSR_SEND_EV_HANDSHAKE] = REFUSED, /* does not buy more patience */
			[JSR_SEND_EV_SESSION_END] = JSR_SEND_ASKING,
		},
};

static int next_by_table(int state, int event)
{
	int next = REFUSED, n = 0;

	for (size_t i = 0; i < jsr_send_machine.n_rows; i++) {
		const struct fsm_row *row = &jsr_send_machine.rows[i];
		if (row->state != state || row->event != event)
			continue;
		next = row->next == FSM_SAME ? state : row->next;
		n++;
	}
	ck_assert_int_le(n, 1);
	return next;
}

START_TEST(table_decides_every_pair)
{
	size_t rows = 0;

	for (int state = 0; state < JSR_SEND_STATES; state++) {
		for (int event = 0; event < JSR_SEND_EVENTS; event++) {
			ck_assert_ptr_nonnull(jsr_send_machine.event_names[event]);
			ck_assert_msg(next_by_table(state, event) == expected[state][event],
				      "%s on %s", jsr_send_machine.state_names[state],
				      jsr_send_machine.event_names[event]);
			rows += expected[state][event] != REFUSED;
		}
	}
	ck_assert_uint_eq(jsr_send_machine.n_rows, rows);
}
END_TEST

/* --- each row through the interface --- */

START_TEST(asks_at_once_and_then_ever_less)
{
	static const uint32_t plain_ms[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};

	setup();
	expect_silence();
	jsr_send_start(s);
	ck_assert_uint_eq(sent, 1);
	for (uint32_t tries = 1; tries <= 7; tries++) {
		ck_assert_uint_ge(delay_ms(tries), plain_ms[tries - 1]);
		ck_assert_uint_le(delay_ms(tries), plain_ms[tries - 1] * 5 / 4);
		expect_jsr_in(delay_ms(tries));
	}
	jsr_send_start(s); /* changes nothing */
	ck_assert_uint_eq(sent, 8);
	expect_jsr_in(delay_ms(8));
	teardown();
}
END_TEST

START_TEST(handshake_answers_and_keys_end_it)
{
	setup();
	jsr_send_start(s);
	evl_test_advance(evl, 1000);
	jsr_send_on_handshake(s);
	ck_assert_int_eq(jsr_send_state(s), JSR_SEND_ANSWERED);
	evl_test_advance(evl, JSR_SEND_PATIENCE_MS - 1);
	ck_assert_uint_eq(sent, 1);
	jsr_send_stop(s); /* the key set came */
	ck_assert_int_eq(jsr_send_state(s), JSR_SEND_IDLE);
	ck_assert_uint_eq(jsr_send_tries(s), 0);
	jsr_send_on_session_end(s); /* no matter any more */
	jsr_send_on_handshake(s);
	ck_assert_int_eq(jsr_send_state(s), JSR_SEND_IDLE);
	expect_silence();
	teardown();
}
END_TEST

/* A wrong credential: each session fails at once, and the node keeps to its back-off. */
START_TEST(failed_sessions_do_not_quicken_it)
{
	setup();
	jsr_send_start(s);
	for (uint32_t tries = 1; tries <= 8; tries++) {
		evl_test_advance(evl, 100);
		jsr_send_on_handshake(s);
		evl_test_advance(evl, 500);
		jsr_send_on_session_end(s);
		ck_assert_int_eq(jsr_send_state(s), JSR_SEND_ASKING);
		jsr_send_on_session_end(s);
		expect_jsr_in(delay_ms(tries));
	}
	teardown();
}
END_TEST

/* Handshakes that lead nowhere, repeated to keep the node silent. */
START_TEST(patience_ends)
{
	setup();
	jsr_send_start(s);
	jsr_send_on_handshake(s);
	evl_test_advance(evl, JSR_SEND_PATIENCE_MS / 2);
	jsr_send_on_handshake(s);
	expect_jsr_in(JSR_SEND_PATIENCE_MS / 2);
	ck_assert_int_eq(jsr_send_state(s), JSR_SEND_ASKING);
	expect_jsr_in(delay_ms(2));
	teardown();
}
END_TEST

START_TEST(stops_and_starts_over)
{
	setup();
	jsr_send_stop(s);
	jsr_send_start(s);
	expect_jsr_in(delay_ms(1));
	expect_jsr_in(delay_ms(2));
	jsr_send_stop(s);
	expect_silence();
	jsr_send_start(s); /* its keys were taken away */
	ck_assert_uint_eq(sent, 4);
	ck_assert_uint_eq(jsr_send_tries(s), 1);
	expect_jsr_in(delay_ms(1));
	teardown();
}
END_TEST

START_TEST(what_cannot_be_sent_is_repeated)
{
	setup();
	send_result = -ENETUNREACH;
	jsr_send_start(s);
	ck_assert_uint_eq(sent, 1);
	expect_jsr_in(delay_ms(1));
	ck_assert_uint_eq(jsr_send_tries(s), 0);
	send_result = 0;
	expect_jsr_in(delay_ms(2));
	/* none has left before */
	ck_assert_uint_eq(jsr_send_tries(s), 1);
	expect_jsr_in(delay_ms(1));
	teardown();
}
END_TEST

/* A node that had no route asks as soon as it has one; one that is only unanswered does not. */
START_TEST(a_new_route_sends_what_could_not_be_sent)
{
	setup();
	send_result = -ENETUNREACH;
	jsr_send_start(s);
	ck_assert_uint_eq(sent, 1);
	send_result = 0;
	jsr_send_on_routes(s);
	ck_assert_uint_eq(sent, 2);
	jsr_send_on_routes(s);
	ck_assert_uint_eq(sent, 2);
	expect_jsr_in(delay_ms(1));
	teardown();
}
END_TEST

START_TEST(states_have_names)
{
	ck_assert_str_eq(jsr_send_state_name(JSR_SEND_IDLE), "idle");
	ck_assert_str_eq(jsr_send_state_name(JSR_SEND_ASKING), "asking");
	ck_assert_str_eq(jsr_send_state_name(JSR_SEND_ANSWERED), "answered");
}
END_TEST

UNIT_MAIN("jsr_send", table_decides_every_pair, asks_at_once_and_then_ever_less,
	  handshake_answers_and_keys_end_it, failed_sessions_do_not_quicken_it, patience_ends,
	  stops_and_starts_over, what_cannot_be_sent_is_repeated,
	  a_new_route_sends_what_could_not_be_sent, states_have_names)
