/* SPDX-License-Identifier: ISC */
#include "join.h"

#include "coap/coap_msg.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define KEY_INDEX 7
#define CHANGED   COAP_MSG_CODE(2, 4)
#define CONFLICT  COAP_MSG_CODE(4, 9)
#define CONTENT   COAP_MSG_CODE(2, 5)
#define NOT_FOUND COAP_MSG_CODE(4, 4)

static const struct eui64 eui = {{0x02, 0, 0, 0, 0, 0, 0, 0x09}};

/* A machine with a transport that only notes what is wanted of it. */
struct world {
	struct evl *evl;
	struct join_transport transport;
	struct join_owner owner;
	struct join join;
	int connects, closes, puts, gets; /* wanted so far */
	int changes, taken, refused, missed;
	enum due_kind due;                       /* what it is to be told once it is keyed */
	bool floor_due;                          /* and before */
	enum due_kind told;                      /* wanted last */
	int connect_error, put_error, get_error; /* what they return */
	const char *gate;
	struct in6_addr to; /* of the last connect */
};

static struct world w;

static int connect_noted(void *arg, struct join *j, const struct in6_addr *addr)
{
	ck_assert_ptr_eq(arg, &w);
	ck_assert_ptr_eq(j, &w.join);
	w.connects++;
	w.to = *addr;
	return w.connect_error;
}

static void close_noted(void *arg, struct join *j)
{
	(void)arg;
	(void)j;
	w.closes++;
}

static int tell_noted(void *arg, struct join *j, const struct due *due)
{
	(void)arg;
	(void)j;
	w.told = due->kind;
	w.puts++;
	return w.put_error;
}

static int get_noted(void *arg, struct join *j)
{
	(void)arg;
	(void)j;
	w.gets++;
	return w.get_error;
}

static const char *gate_now(void *arg, const struct join *j)
{
	(void)arg;
	(void)j;
	return w.gate;
}

static bool next_due(void *arg, const struct join *j, struct due *due)
{
	(void)arg;
	if (join_state(j) == JOIN_KEYING)
		due->kind = w.floor_due ? DUE_COUNTER : DUE_KEYS;
	else
		due->kind = w.due;
	return due->kind != DUE_NOTHING;
}

static void on_taken(void *arg, struct join *j, const struct due *due)
{
	(void)arg;
	(void)j;
	ck_assert_int_eq(due->kind, w.told);
	w.taken++;
	if (due->kind == DUE_COUNTER)
		w.floor_due = false;
	else
		w.due = DUE_NOTHING;
}

static void on_refused(void *arg, struct join *j, const struct due *due)
{
	(void)arg;
	(void)j;
	(void)due;
	w.refused++;
}

static bool on_answer(void *arg, struct join *j)
{
	(void)arg;
	return j->answer.index == KEY_INDEX;
}

static void on_missed(void *arg, struct join *j)
{
	(void)arg;
	(void)j;
	w.missed++;
}

static void on_change(void *arg, struct join *j)
{
	(void)arg;
	(void)j;
	w.changes++;
}

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static void set_up(enum join_state state)
{
	w = (struct world){.evl = evl_new_test()};
	ck_assert_ptr_nonnull(w.evl);
	w.transport =
		(struct join_transport){connect_noted, close_noted, tell_noted, get_noted, &w};
	w.owner = (struct join_owner){.gate = gate_now,
				      .next_due = next_due,
				      .on_taken = on_taken,
				      .on_refused = on_refused,
				      .on_answer = on_answer,
				      .on_missed = on_missed,
				      .on_change = on_change,
				      .arg = &w};
	ck_assert_int_eq(join_init(&w.join, w.evl, &eui, state, &w.transport, &w.owner), 0);
}

static void tear_down(void)
{
	join_fini(&w.join);
	evl_free(w.evl);
}

static void heard_from(const char *text)
{
	struct in6_addr a = addr(text);

	join_heard(&w.join, &a);
	evl_test_advance(w.evl, 0);
}

static void pass_s(uint64_t s)
{
	evl_test_advance(w.evl, s * 1000);
}

static void assert_state(enum join_state state)
{
	ck_assert_int_eq(join_state(&w.join), state);
}

static void assert_reason(const char *part)
{
	ck_assert_msg(strstr(w.join.reason, part), "reason '%s' lacks '%s'", w.join.reason, part);
}

static void assert_to(const char *text)
{
	struct in6_addr a = addr(text);

	ck_assert(IN6_ARE_ADDR_EQUAL(&w.to, &a));
}

static void answer(uint8_t index, enum bsres_mark mark)
{
	const struct bsres_state s = {.index = index, .mark = mark, .n_links = 1};

	join_on_answer(&w.join, 0, CONTENT, &s);
}

/* A node that was admitted and heard, its handshake under way. */
static void set_up_connecting(void)
{
	set_up(JOIN_ADMITTED);
	heard_from("fd00::9");
	assert_state(JOIN_CONNECTING);
}

static void set_up_keyed(void)
{
	set_up_connecting();
	join_on_up(&w.join);
	assert_state(JOIN_KEYING);
	join_on_told(&w.join, 0, CHANGED);
	assert_state(JOIN_KEYED);
}

static void set_up_joined(void)
{
	set_up_keyed();
	pass_s(2);
	answer(KEY_INDEX, BSRES_SECURED);
	assert_state(JOIN_JOINED);
}

START_TEST(joins_from_first_request_to_proof)
{
	set_up(JOIN_CANDIDATE);
	heard_from("fd00::9");
	assert_state(JOIN_CANDIDATE);
	ck_assert_int_eq(w.connects, 0); /* never before it is admitted */
	join_admit(&w.join, "admitted by the operator");
	assert_state(JOIN_ADMITTED);
	assert_reason("operator");
	evl_test_advance(w.evl, 0);
	assert_state(JOIN_CONNECTING);
	assert_to("fd00::9");
	ck_assert(join_busy(&w.join));
	ck_assert_int_eq(w.puts, 0);
	join_on_up(&w.join);
	assert_state(JOIN_KEYING);
	ck_assert_int_eq(w.puts, 1);
	ck_assert(join_busy(&w.join));
	join_on_told(&w.join, 0, CHANGED);
	assert_state(JOIN_KEYED);
	ck_assert(!join_busy(&w.join));
	pass_s(2);
	ck_assert_int_eq(w.gets, 1);
	answer(KEY_INDEX, BSRES_SECURED);
	assert_state(JOIN_JOINED);
	assert_reason("proved");
	ck_assert_int_eq(w.closes, 0); /* the session stays open */
	pass_s(3600);
	ck_assert_int_eq(w.gets, 1); /* nothing more to do */
	ck_assert_int_eq(w.connects, 1);
	tear_down();
}
END_TEST

START_TEST(admitted_before_heard_waits_for_a_request)
{
	set_up(JOIN_CANDIDATE);
	join_admit(&w.join, "admitted by the operator");
	pass_s(3600);
	assert_state(JOIN_ADMITTED);
	assert_reason("waiting for a request");
	ck_assert_int_eq(w.connects, 0);
	heard_from("fd00::9");
	assert_state(JOIN_CONNECTING);
	tear_down();
}
END_TEST

START_TEST(denied_without_credential)
{
	set_up(JOIN_DENIED);
	heard_from("fd00::9");
	join_admit(&w.join, "admitted by the operator");
	pass_s(100);
	assert_state(JOIN_DENIED);
	ck_assert_int_eq(w.connects, 0);
	ck_assert_str_eq(w.join.reason, ""); /* what was refused gave no reason */
	ck_assert_int_eq(w.changes, 0);
	join_credential(&w.join, true);
	assert_state(JOIN_CANDIDATE);
	join_credential(&w.join, false);
	assert_state(JOIN_DENIED);
	assert_reason("configuration");
	tear_down();
}
END_TEST

START_TEST(credential_taken_away_ends_a_join_under_way)
{
	static const enum join_state at[] = {JOIN_ADMITTED, JOIN_CONNECTING, JOIN_KEYING};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		set_up(JOIN_ADMITTED);
		if (at[i] != JOIN_ADMITTED)
			heard_from("fd00::9");
		if (at[i] == JOIN_KEYING)
			join_on_up(&w.join);
		assert_state(at[i]);
		join_credential(&w.join, false);
		assert_state(JOIN_DENIED);
		ck_assert_int_eq(w.closes, 1);
		pass_s(3600);
		ck_assert_int_eq(w.connects, at[i] != JOIN_ADMITTED);
		tear_down();
	}
	/* Who has the key has it: only an eviction would change that. */
	set_up_keyed();
	join_credential(&w.join, false);
	assert_state(JOIN_KEYED);
	tear_down();
}
END_TEST

START_TEST(failed_handshakes_back_off_up_to_a_minute)
{
	static const unsigned least_s[] = {1, 2, 4, 8, 16, 32, 60, 60};

	set_up_connecting();
	for (size_t i = 0; i < sizeof(least_s) / sizeof(least_s[0]); i++) {
		int before = w.connects;
		join_on_lost(&w.join, "no answer");
		assert_state(JOIN_ADMITTED);
		assert_reason("handshake failed: no answer");
		evl_test_advance(w.evl, least_s[i] * 1000 - 1);
		ck_assert_int_eq(w.connects, before);
		evl_test_advance(w.evl, least_s[i] * 250 + 1);
		ck_assert_int_eq(w.connects, before + 1);
		assert_state(JOIN_CONNECTING);
	}
	tear_down();
}
END_TEST

START_TEST(handshake_that_cannot_start_backs_off)
{
	set_up(JOIN_ADMITTED);
	w.connect_error = -ENETUNREACH;
	heard_from("fd00::9");
	assert_state(JOIN_ADMITTED);
	ck_assert_int_eq(w.connects, 1);
	evl_test_advance(w.evl, 999);
	ck_assert_int_eq(w.connects, 1);
	w.connect_error = 0;
	pass_s(1);
	ck_assert_int_eq(w.connects, 2);
	assert_state(JOIN_CONNECTING);
	tear_down();
}
END_TEST

START_TEST(gate_holds_it_back_until_told_to_try)
{
	set_up(JOIN_ADMITTED);
	w.gate = "waiting for border router";
	heard_from("fd00::9");
	pass_s(3600);
	assert_state(JOIN_ADMITTED);
	assert_reason("waiting for border router");
	ck_assert(w.join.waiting);
	ck_assert_int_eq(w.connects, 0);
	w.gate = NULL;
	join_try(&w.join);
	assert_state(JOIN_CONNECTING);
	ck_assert(!w.join.waiting);
	tear_down();
}
END_TEST

START_TEST(forged_address_does_not_starve_the_true_one)
{
	set_up_connecting();
	join_on_lost(&w.join, "no answer");
	heard_from("fd00::bad"); /* newest, not backing off: tried first */
	assert_state(JOIN_CONNECTING);
	assert_to("fd00::bad");
	pass_s(2);
	join_on_lost(&w.join, "no answer");
	evl_test_advance(w.evl, 0); /* back to the other, whose back-off is over */
	assert_state(JOIN_CONNECTING);
	assert_to("fd00::9");
	join_on_up(&w.join);
	join_on_told(&w.join, 0, CHANGED);
	assert_state(JOIN_KEYED);
	tear_down();
}
END_TEST

START_TEST(request_changes_nothing_while_one_is_served)
{
	set_up_connecting();
	heard_from("fd00::bad");
	assert_state(JOIN_CONNECTING);
	ck_assert_int_eq(w.connects, 1);
	join_on_up(&w.join);
	heard_from("fd00::bad");
	assert_state(JOIN_KEYING);
	ck_assert_int_eq(w.connects, 1);
	ck_assert_int_eq(w.closes, 0);
	tear_down();
}
END_TEST

START_TEST(refused_key_set_is_a_failure_with_its_reason)
{
	set_up_connecting();
	join_on_up(&w.join);
	join_on_told(&w.join, 0, CONFLICT);
	assert_state(JOIN_ADMITTED);
	assert_reason("key set refused: it answered 4.09");
	ck_assert_int_eq(w.closes, 1);
	/* and again, ever more slowly, although each handshake succeeds */
	evl_test_advance(w.evl, 1250);
	assert_state(JOIN_CONNECTING);
	join_on_up(&w.join);
	join_on_told(&w.join, 0, CONFLICT);
	evl_test_advance(w.evl, 1999);
	assert_state(JOIN_ADMITTED);
	pass_s(1);
	assert_state(JOIN_CONNECTING);
	tear_down();
}
END_TEST

START_TEST(key_set_without_answer_begins_again)
{
	set_up_connecting();
	join_on_up(&w.join);
	join_on_told(&w.join, -ETIMEDOUT, 0);
	assert_state(JOIN_ADMITTED);
	assert_reason("no answer to the key set");
	ck_assert_int_eq(w.closes, 1);
	tear_down();

	set_up_connecting();
	w.put_error = -ENOBUFS;
	join_on_up(&w.join);
	assert_state(JOIN_ADMITTED);
	assert_reason("cannot send the key set");
	tear_down();

	set_up_connecting();
	join_on_up(&w.join);
	join_on_lost(&w.join, "closed");
	assert_state(JOIN_ADMITTED);
	assert_reason("session ended: closed");
	ck_assert_int_eq(w.closes, 0); /* it is gone already */
	tear_down();
}
END_TEST

START_TEST(unsecured_answer_is_no_proof_and_asked_again)
{
	static const unsigned least_s[] = {1, 2, 4, 8, 16, 30, 30};

	set_up_keyed();
	pass_s(2);
	ck_assert_int_eq(w.gets, 1);
	for (size_t i = 0; i < sizeof(least_s) / sizeof(least_s[0]); i++) {
		int before = w.gets;
		answer(KEY_INDEX, BSRES_UNSECURED);
		assert_state(JOIN_KEYED);
		assert_reason("unsecured");
		evl_test_advance(w.evl, least_s[i] * 1000 - 1);
		ck_assert_int_eq(w.gets, before);
		evl_test_advance(w.evl, least_s[i] * 250 + 1);
		ck_assert_int_eq(w.gets, before + 1);
	}
	tear_down();
}
END_TEST

START_TEST(news_has_it_asked_at_once_but_not_in_a_storm)
{
	set_up_keyed();
	for (int i = 0; i < 5; i++) {
		pass_s(40);
		answer(KEY_INDEX, BSRES_UNSECURED);
	}
	int before = w.gets;
	pass_s(2); /* past the spacing, far from the end of the back-off */
	for (int i = 0; i < 100; i++)
		join_news(&w.join);
	evl_test_advance(w.evl, 0);
	ck_assert_int_eq(w.gets, before + 1);
	join_news(&w.join); /* while it is being asked */
	evl_test_advance(w.evl, 0);
	answer(KEY_INDEX, BSRES_UNSECURED);
	join_news(&w.join);
	evl_test_advance(w.evl, 999);
	ck_assert_int_eq(w.gets, before + 1);
	evl_test_advance(w.evl, 1);
	ck_assert_int_eq(w.gets, before + 2);
	tear_down();
}
END_TEST

START_TEST(wired_proof_counts_for_border_routers_only)
{
	set_up_keyed();
	pass_s(2);
	answer(KEY_INDEX, BSRES_WIRED);
	assert_state(JOIN_KEYED);
	tear_down();

	set_up_keyed();
	w.join.border_router = true;
	pass_s(2);
	answer(KEY_INDEX, BSRES_WIRED);
	assert_state(JOIN_JOINED);
	assert_reason("by wire");
	tear_down();

	set_up_keyed();
	w.join.border_router = true;
	pass_s(2);
	answer(KEY_INDEX, BSRES_UNSECURED);
	assert_state(JOIN_KEYED);
	tear_down();
}
END_TEST

START_TEST(other_key_is_never_proof)
{
	static const uint8_t index[] = {0, KEY_INDEX + 1};
	static const char *const reason[] = {"no key is active", "another key is active"};

	for (size_t i = 0; i < 2; i++) {
		set_up_keyed();
		pass_s(2);
		answer(index[i], BSRES_SECURED);
		assert_state(JOIN_KEYING);
		assert_reason(reason[i]);
		ck_assert_int_eq(w.puts, 2);
		tear_down();
	}
}
END_TEST

START_TEST(unusable_answer_is_asked_again)
{
	set_up_keyed();
	pass_s(2);
	join_on_answer(&w.join, 0, NOT_FOUND, NULL);
	assert_state(JOIN_KEYED);
	assert_reason("4.04");
	ck_assert_int_eq(w.gets, 1);
	pass_s(2);
	ck_assert_int_eq(w.gets, 2);
	tear_down();
}
END_TEST

START_TEST(keyed_node_that_is_lost_stays_keyed_and_is_found_again)
{
	set_up_keyed();
	pass_s(2);
	join_on_answer(&w.join, -ETIMEDOUT, 0, NULL);
	assert_state(JOIN_KEYED_LOST);
	ck_assert_int_eq(join_progress(&w.join), JOIN_IS_KEYED);
	assert_reason("no answer to the request for proof");
	ck_assert_int_eq(w.closes, 1);
	pass_s(2);
	assert_state(JOIN_KEYED_CONNECTING);
	ck_assert_int_eq(join_progress(&w.join), JOIN_IS_KEYED);
	ck_assert(join_busy(&w.join));
	join_on_lost(&w.join, "timeout");
	assert_state(JOIN_KEYED_LOST);
	heard_from("fd00::10"); /* it has another address now */
	assert_state(JOIN_KEYED_CONNECTING);
	assert_to("fd00::10");
	heard_from("fd00::10");
	join_on_up(&w.join);
	assert_state(JOIN_KEYED);
	ck_assert_int_eq(w.gets, 2); /* the proof, not the key set again */
	ck_assert_int_eq(w.puts, 1);
	join_on_lost(&w.join, "closed");
	assert_state(JOIN_KEYED_LOST);
	join_news(&w.join); /* its way may be secured now: no back-off */
	evl_test_advance(w.evl, 0);
	assert_state(JOIN_KEYED_CONNECTING);
	tear_down();
}
END_TEST

START_TEST(request_for_proof_that_cannot_be_sent_ends_the_session)
{
	set_up_keyed();
	w.get_error = -ENOTCONN;
	pass_s(2);
	assert_state(JOIN_KEYED_LOST);
	assert_reason("cannot send the request for proof");
	ck_assert_int_eq(w.closes, 1);
	tear_down();
}
END_TEST

START_TEST(keyed_node_that_asks_is_asked)
{
	set_up_keyed();
	for (int i = 0; i < 5; i++) {
		pass_s(40);
		answer(KEY_INDEX, BSRES_UNSECURED);
	}
	int before = w.gets;
	pass_s(2);
	heard_from("fd00::bad");
	ck_assert_int_eq(w.gets, before + 1);
	ck_assert_int_eq(w.connects, 1); /* its session lives: its address does not change */
	ck_assert_int_eq(w.closes, 0);
	tear_down();
}
END_TEST

START_TEST(resumed_after_restart)
{
	struct in6_addr a = addr("fd00::9");

	set_up(JOIN_KEYED_LOST);
	addrs_put(&w.join.addrs, &a, ADDRS_PROVEN, 0);
	join_try(&w.join);
	assert_state(JOIN_KEYED_CONNECTING);
	join_on_up(&w.join);
	ck_assert_int_eq(w.gets, 1);
	answer(0, BSRES_UNSECURED); /* it lost its keys meanwhile */
	assert_state(JOIN_KEYING);
	tear_down();

	set_up(JOIN_ADMITTED);
	addrs_put(&w.join.addrs, &a, ADDRS_PROVEN, 0);
	join_try(&w.join);
	assert_state(JOIN_CONNECTING);
	tear_down();
}
END_TEST

START_TEST(joined_stays_joined_when_its_session_ends)
{
	set_up_joined();
	join_on_lost(&w.join, "closed");
	assert_state(JOIN_JOINED);
	pass_s(3600);
	ck_assert_int_eq(w.connects, 1);
	join_news(&w.join);
	join_credential(&w.join, false);
	assert_state(JOIN_JOINED);
	tear_down();
}
END_TEST

START_TEST(joined_node_that_asks_is_checked_over_its_session)
{
	set_up_joined();
	pass_s(20);
	heard_from("fd00::bad");
	ck_assert_int_eq(w.gets, 2);
	ck_assert_int_eq(w.connects, 1);
	answer(KEY_INDEX, BSRES_SECURED);
	assert_state(JOIN_JOINED);
	for (int i = 0; i < 9; i++) { /* forged requests cost at most one question in 10 s */
		evl_test_advance(w.evl, 1000);
		heard_from("fd00::bad");
	}
	ck_assert_int_eq(w.gets, 2);
	pass_s(1);
	ck_assert_int_eq(w.gets, 3);
	answer(KEY_INDEX, BSRES_UNSECURED); /* still has the key: still joined */
	assert_state(JOIN_JOINED);
	pass_s(20);
	heard_from("fd00::9");
	join_on_answer(&w.join, 0, NOT_FOUND, NULL);
	assert_state(JOIN_JOINED);
	tear_down();
}
END_TEST

START_TEST(joined_node_that_asks_and_ends_its_session_is_connected_to)
{
	set_up_joined();
	heard_from("fd00::9"); /* within the spacing: the question waits */
	ck_assert_int_eq(w.gets, 1);
	join_on_lost(&w.join, "closed");
	assert_state(JOIN_JOINED);
	evl_test_advance(w.evl, 0);
	assert_state(JOIN_JOINED_CONNECTING);
	tear_down();
}
END_TEST

START_TEST(joined_node_that_lost_its_key_is_keyed_again)
{
	set_up_joined();
	pass_s(20);
	heard_from("fd00::9");
	ck_assert_int_eq(w.gets, 2);
	join_on_answer(&w.join, -ETIMEDOUT, 0, NULL); /* it was restarted */
	assert_state(JOIN_JOINED);
	ck_assert_int_eq(w.closes, 1);
	pass_s(2);
	assert_state(JOIN_JOINED_CONNECTING);
	ck_assert_int_eq(join_progress(&w.join), JOIN_IS_JOINED);
	heard_from("fd00::9");
	join_on_up(&w.join);
	assert_state(JOIN_JOINED);
	ck_assert_int_eq(w.gets, 3);
	answer(0, BSRES_UNSECURED);
	assert_state(JOIN_KEYING);
	join_on_told(&w.join, 0, CHANGED);
	assert_state(JOIN_KEYED);
	tear_down();
}
END_TEST

START_TEST(forged_request_does_not_take_joined_away)
{
	set_up_joined();
	join_on_lost(&w.join, "closed");
	heard_from("fd00::bad");
	assert_state(JOIN_JOINED_CONNECTING);
	assert_to("fd00::bad");
	join_on_lost(&w.join, "timeout");
	assert_state(JOIN_JOINED);
	pass_s(3600);
	ck_assert_int_eq(w.connects, 2); /* not tried again without being asked again */
	tear_down();
}
END_TEST

START_TEST(every_state_refuses_what_has_no_meaning_in_it)
{
	/* Late outcomes of a transport that is closed, and commands that come too late. */
	set_up(JOIN_CANDIDATE);
	join_on_up(&w.join);
	join_on_lost(&w.join, "late");
	join_on_told(&w.join, 0, CHANGED);
	answer(KEY_INDEX, BSRES_SECURED);
	join_news(&w.join);
	join_due(&w.join);
	join_check(&w.join);
	join_try(&w.join);
	assert_state(JOIN_CANDIDATE);
	ck_assert_uint_eq(w.join.fsm.refused, 7);
	ck_assert_int_eq(w.changes, 0);
	tear_down();

	set_up_joined();
	uint64_t refused = w.join.fsm.refused;
	int taken = w.taken;
	join_on_told(&w.join, 0, CHANGED); /* told nothing: an answer of before */
	ck_assert_int_eq(w.taken, taken);
	join_admit(&w.join, "again");
	assert_state(JOIN_JOINED);
	ck_assert_uint_eq(w.join.fsm.refused, refused + 1);
	tear_down();
}
END_TEST

/* --- what is due --- */

START_TEST(counter_comes_before_the_key_set)
{
	set_up_connecting();
	w.floor_due = true;
	join_on_up(&w.join);
	ck_assert_int_eq(w.told, DUE_COUNTER);
	join_on_told(&w.join, 0, CHANGED);
	assert_state(JOIN_KEYING);
	ck_assert_int_eq(w.told, DUE_KEYS);
	ck_assert_int_eq(w.puts, 2);
	join_on_told(&w.join, 0, CHANGED);
	assert_state(JOIN_KEYED);
	tear_down();

	/* One that will not take it gets no keys. */
	set_up_connecting();
	w.floor_due = true;
	join_on_up(&w.join);
	join_on_told(&w.join, 0, COAP_MSG_CODE(4, 0));
	assert_state(JOIN_ADMITTED);
	assert_reason("frame counter refused: it answered 4.00");
	ck_assert_int_eq(w.puts, 1);
	tear_down();
}
END_TEST

START_TEST(due_is_told_over_the_session_one_at_a_time)
{
	set_up_joined();
	w.due = DUE_CLOSE;
	join_due(&w.join);
	ck_assert_int_eq(w.told, DUE_CLOSE);
	ck_assert(join_busy(&w.join)); /* counts against max-joins */
	int puts = w.puts, gets = w.gets;
	join_due(&w.join);
	join_check(&w.join);
	heard_from("fd00::9");
	pass_s(20);
	ck_assert_int_eq(w.puts, puts); /* nothing else while it has not answered */
	ck_assert_int_eq(w.gets, gets);
	join_on_told(&w.join, 0, CHANGED);
	assert_state(JOIN_JOINED);
	assert_reason("command to close taken");
	ck_assert(!join_busy(&w.join));
	pass_s(3600);
	ck_assert_int_eq(w.puts, puts);
	tear_down();
}
END_TEST

START_TEST(due_waits_for_the_answer_to_a_question)
{
	set_up_joined();
	join_check(&w.join);
	ck_assert_int_eq(w.gets, 2);
	w.due = DUE_FORGET;
	join_due(&w.join);
	ck_assert_int_eq(w.puts, 1);
	answer(KEY_INDEX, BSRES_SECURED);
	ck_assert_int_eq(w.puts, 2);
	ck_assert_int_eq(w.told, DUE_FORGET);
	tear_down();
}
END_TEST

START_TEST(other_key_set_is_followed_by_a_question)
{
	set_up_joined();
	w.due = DUE_KEYS;
	join_due(&w.join);
	join_on_told(&w.join, 0, CHANGED);
	assert_state(JOIN_JOINED); /* it is a member all the time */
	ck_assert_int_eq(w.gets, 2);
	answer(KEY_INDEX, BSRES_SECURED);
	assert_reason("proved");
	pass_s(3600);
	ck_assert_int_eq(w.gets, 2);
	tear_down();
}
END_TEST

START_TEST(due_without_session_is_told_after_a_handshake)
{
	set_up_joined();
	join_on_lost(&w.join, "closed");
	w.due = DUE_KEYS;
	join_due(&w.join);
	evl_test_advance(w.evl, 0);
	assert_state(JOIN_JOINED_CONNECTING);
	for (int i = 0; i < 12; i++) { /* for as long as it takes */
		join_on_lost(&w.join, "timeout");
		assert_state(JOIN_JOINED);
		pass_s(80);
		assert_state(JOIN_JOINED_CONNECTING);
	}
	ck_assert_int_eq(w.missed, 12);
	join_on_up(&w.join);
	ck_assert_int_eq(w.puts, 1); /* it may have lost its state: how it is comes first */
	answer(KEY_INDEX, BSRES_SECURED);
	ck_assert_int_eq(w.told, DUE_KEYS);
	ck_assert_int_eq(w.puts, 2);
	tear_down();
}
END_TEST

START_TEST(due_that_is_not_answered_is_told_again)
{
	set_up_joined();
	w.due = DUE_CLOSE;
	join_due(&w.join);
	join_on_told(&w.join, -ETIMEDOUT, 0);
	assert_state(JOIN_JOINED);
	assert_reason("no answer to the command to close");
	ck_assert_int_eq(w.closes, 1);
	pass_s(2);
	assert_state(JOIN_JOINED_CONNECTING);
	join_on_up(&w.join);
	answer(KEY_INDEX, BSRES_SECURED);
	ck_assert_int_eq(w.puts, 3);
	join_on_lost(&w.join, "closed"); /* no answer, and no session */
	pass_s(2);
	assert_state(JOIN_JOINED_CONNECTING);
	tear_down();

	set_up_joined();
	w.put_error = -ENOBUFS;
	w.due = DUE_CLOSE;
	join_due(&w.join);
	assert_reason("cannot send the command to close");
	ck_assert(!join_busy(&w.join));
	tear_down();
}
END_TEST

START_TEST(refused_due_is_asked_about_ever_more_slowly_and_told_again)
{
	static const unsigned least_s[] = {1, 2, 4, 8, 16, 32, 60, 60};

	set_up_joined();
	w.due = DUE_CLOSE;
	join_due(&w.join);
	for (size_t i = 0; i < sizeof(least_s) / sizeof(least_s[0]); i++) {
		int puts = w.puts, gets = w.gets;
		join_on_told(&w.join, 0, CONFLICT);
		assert_state(JOIN_JOINED);
		assert_reason("command to close refused: it answered 4.09");
		evl_test_advance(w.evl, least_s[i] * 1000 - 1);
		ck_assert_int_eq(w.gets, gets);
		join_due(&w.join); /* the back-off stands */
		ck_assert_int_eq(w.puts, puts);
		evl_test_advance(w.evl, least_s[i] * 250 + 1);
		ck_assert_int_eq(w.gets, gets + 1);
		answer(KEY_INDEX, BSRES_SECURED);
		ck_assert_int_eq(w.puts, puts + 1);
	}
	ck_assert_int_eq(w.refused, 8);
	ck_assert_int_eq(w.closes, 0);
	tear_down();
}
END_TEST

START_TEST(keyed_node_is_told_too_and_asked_between)
{
	set_up_keyed();
	w.due = DUE_KEYS;
	join_due(&w.join);
	ck_assert_int_eq(w.puts, 2);
	join_on_told(&w.join, 0, CONFLICT);
	assert_state(JOIN_KEYED);
	pass_s(2);
	ck_assert_int_eq(w.gets, 1); /* it can still prove itself */
	answer(KEY_INDEX, BSRES_UNSECURED);
	ck_assert_int_eq(w.puts, 3);
	join_on_told(&w.join, 0, CHANGED);
	assert_state(JOIN_KEYED);
	pass_s(3);
	ck_assert_int_eq(w.gets, 2);
	answer(KEY_INDEX, BSRES_SECURED);
	assert_state(JOIN_JOINED);
	tear_down();
}
END_TEST

START_TEST(due_waits_for_its_turn)
{
	set_up_joined();
	w.gate = "waiting for its turn";
	w.due = DUE_CLOSE;
	join_due(&w.join);
	ck_assert_int_eq(w.puts, 1);
	ck_assert(w.join.waiting);
	w.gate = NULL;
	join_try(&w.join);
	ck_assert(!w.join.waiting);
	ck_assert_int_eq(w.told, DUE_CLOSE);
	tear_down();

	/* Taken back before its turn came. */
	set_up_joined();
	w.gate = "waiting for its turn";
	w.due = DUE_CLOSE;
	join_due(&w.join);
	w.gate = NULL;
	w.due = DUE_NOTHING;
	join_try(&w.join);
	ck_assert_int_eq(w.puts, 1);
	ck_assert(!w.join.waiting);
	tear_down();
}
END_TEST

START_TEST(joined_node_is_looked_after)
{
	set_up_joined();
	join_check(&w.join);
	ck_assert_int_eq(w.gets, 2);
	answer(KEY_INDEX, BSRES_SECURED);
	join_on_lost(&w.join, "closed");
	join_check(&w.join);
	evl_test_advance(w.evl, 0);
	assert_state(JOIN_JOINED_CONNECTING);
	join_on_lost(&w.join, "timeout");
	assert_state(JOIN_JOINED);
	ck_assert_int_eq(w.missed, 1);
	assert_reason("handshake failed: timeout");
	pass_s(3600);
	ck_assert_int_eq(w.connects, 2); /* until the next time */
	tear_down();
}
END_TEST

START_TEST(denied_from_any_state)
{
	set_up(JOIN_CANDIDATE);
	join_deny(&w.join, "denied by the operator");
	assert_state(JOIN_DENIED);
	heard_from("fd00::9");
	join_credential(&w.join, true);
	assert_state(JOIN_CANDIDATE);
	tear_down();

	set_up_connecting();
	join_deny(&w.join, "denied by the operator");
	assert_state(JOIN_DENIED);
	assert_reason("denied by the operator");
	ck_assert_int_eq(w.closes, 1);
	tear_down();

	set_up_joined();
	w.due = DUE_CLOSE;
	join_due(&w.join);
	join_deny(&w.join, "evicted by the operator");
	assert_state(JOIN_DENIED);
	ck_assert_int_eq(w.closes, 1);
	ck_assert(!join_busy(&w.join));
	heard_from("fd00::9");
	join_due(&w.join);
	join_check(&w.join);
	pass_s(3600);
	ck_assert_int_eq(w.connects, 1);
	tear_down();
}
END_TEST

START_TEST(progress_has_names)
{
	static const char *const names[] = {"denied", "candidate", "admitted", "connecting",
					    "keying", "keyed",     "joined"};

	for (int p = 0; p < JOIN_PROGRESSES; p++)
		ck_assert_str_eq(join_progress_name((enum join_progress)p), names[p]);
}
END_TEST

UNIT_MAIN("join", joins_from_first_request_to_proof, admitted_before_heard_waits_for_a_request,
	  denied_without_credential, credential_taken_away_ends_a_join_under_way,
	  failed_handshakes_back_off_up_to_a_minute, handshake_that_cannot_start_backs_off,
	  gate_holds_it_back_until_told_to_try, forged_address_does_not_starve_the_true_one,
	  request_changes_nothing_while_one_is_served, refused_key_set_is_a_failure_with_its_reason,
	  key_set_without_answer_begins_again, unsecured_answer_is_no_proof_and_asked_again,
	  news_has_it_asked_at_once_but_not_in_a_storm, wired_proof_counts_for_border_routers_only,
	  other_key_is_never_proof, unusable_answer_is_asked_again,
	  keyed_node_that_is_lost_stays_keyed_and_is_found_again,
	  request_for_proof_that_cannot_be_sent_ends_the_session, keyed_node_that_asks_is_asked,
	  resumed_after_restart, joined_stays_joined_when_its_session_ends,
	  joined_node_that_asks_is_checked_over_its_session,
	  joined_node_that_asks_and_ends_its_session_is_connected_to,
	  joined_node_that_lost_its_key_is_keyed_again, forged_request_does_not_take_joined_away,
	  every_state_refuses_what_has_no_meaning_in_it, counter_comes_before_the_key_set,
	  due_is_told_over_the_session_one_at_a_time, due_waits_for_the_answer_to_a_question,
	  other_key_set_is_followed_by_a_question, due_without_session_is_told_after_a_handshake,
	  due_that_is_not_answered_is_told_again,
	  refused_due_is_asked_about_ever_more_slowly_and_told_again,
	  keyed_node_is_told_too_and_asked_between, due_waits_for_its_turn,
	  joined_node_is_looked_after, denied_from_any_state, progress_has_names)
