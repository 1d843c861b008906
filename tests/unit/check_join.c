/* SPDX-License-Identifier: ISC */
#include "join_world.h"

#include "coap/coap_msg.h"
#include "unit.h"

#include <errno.h>

#define CHANGED   COAP_MSG_CODE(2, 4)
#define CONFLICT  COAP_MSG_CODE(4, 9)
#define NOT_FOUND COAP_MSG_CODE(4, 4)

START_TEST(joins_from_first_request_to_proof)
{
	world_set_up(JOIN_CANDIDATE);
	world_heard_from("fd00::9");
	world_assert_state(JOIN_CANDIDATE);
	ck_assert_int_eq(w.connects, 0); /* never before it is admitted */
	join_admit(&w.join, "admitted by the operator");
	world_assert_state(JOIN_ADMITTED);
	world_assert_reason("operator");
	evl_test_advance(w.evl, 0);
	world_assert_state(JOIN_CONNECTING);
	world_assert_to("fd00::9");
	ck_assert(join_busy(&w.join));
	ck_assert_int_eq(w.puts, 0);
	join_on_up(&w.join);
	world_assert_state(JOIN_KEYING);
	ck_assert_int_eq(w.puts, 1);
	ck_assert(join_busy(&w.join));
	join_on_told(&w.join, 0, CHANGED);
	world_assert_state(JOIN_KEYED);
	ck_assert(!join_busy(&w.join));
	world_pass_s(2);
	ck_assert_int_eq(w.gets, 1);
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	world_assert_state(JOIN_JOINED);
	world_assert_reason("proved");
	ck_assert_int_eq(w.closes, 0); /* the session stays open */
	world_pass_s(3600);
	ck_assert_int_eq(w.gets, 1); /* nothing more to do */
	ck_assert_int_eq(w.connects, 1);
	world_tear_down();
}
END_TEST

START_TEST(admitted_before_heard_waits_for_a_request)
{
	world_set_up(JOIN_CANDIDATE);
	join_admit(&w.join, "admitted by the operator");
	world_pass_s(3600);
	world_assert_state(JOIN_ADMITTED);
	world_assert_reason("waiting for a request");
	ck_assert_int_eq(w.connects, 0);
	world_heard_from("fd00::9");
	world_assert_state(JOIN_CONNECTING);
	world_tear_down();
}
END_TEST

START_TEST(denied_without_credential)
{
	world_set_up(JOIN_DENIED);
	world_heard_from("fd00::9");
	join_admit(&w.join, "admitted by the operator");
	world_pass_s(100);
	world_assert_state(JOIN_DENIED);
	ck_assert_int_eq(w.connects, 0);
	ck_assert_str_eq(w.join.reason, ""); /* what was refused gave no reason */
	ck_assert_int_eq(w.changes, 0);
	join_credential(&w.join, true);
	world_assert_state(JOIN_CANDIDATE);
	join_credential(&w.join, false);
	world_assert_state(JOIN_DENIED);
	world_assert_reason("configuration");
	world_tear_down();
}
END_TEST

START_TEST(credential_taken_away_ends_a_join_under_way)
{
	static const enum join_state at[] = {JOIN_ADMITTED, JOIN_CONNECTING, JOIN_KEYING};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		world_set_up(JOIN_ADMITTED);
		if (at[i] != JOIN_ADMITTED)
			world_heard_from("fd00::9");
		if (at[i] == JOIN_KEYING)
			join_on_up(&w.join);
		world_assert_state(at[i]);
		join_credential(&w.join, false);
		world_assert_state(JOIN_DENIED);
		ck_assert_int_eq(w.closes, 1);
		world_pass_s(3600);
		ck_assert_int_eq(w.connects, at[i] != JOIN_ADMITTED);
		world_tear_down();
	}
	/* Who has the key has it: only an eviction would change that. */
	world_set_up_keyed();
	join_credential(&w.join, false);
	world_assert_state(JOIN_KEYED);
	world_tear_down();
}
END_TEST

START_TEST(failed_handshakes_back_off_up_to_a_minute)
{
	static const unsigned least_s[] = {1, 2, 4, 8, 16, 32, 60, 60};

	world_set_up_connecting();
	for (size_t i = 0; i < sizeof(least_s) / sizeof(least_s[0]); i++) {
		int before = w.connects;
		join_on_lost(&w.join, "no answer");
		world_assert_state(JOIN_ADMITTED);
		world_assert_reason("handshake failed: no answer");
		evl_test_advance(w.evl, least_s[i] * 1000 - 1);
		ck_assert_int_eq(w.connects, before);
		evl_test_advance(w.evl, least_s[i] * 250 + 1);
		ck_assert_int_eq(w.connects, before + 1);
		world_assert_state(JOIN_CONNECTING);
	}
	world_tear_down();
}
END_TEST

START_TEST(handshake_that_cannot_start_backs_off)
{
	world_set_up(JOIN_ADMITTED);
	w.connect_error = -ENETUNREACH;
	world_heard_from("fd00::9");
	world_assert_state(JOIN_ADMITTED);
	ck_assert_int_eq(w.connects, 1);
	evl_test_advance(w.evl, 999);
	ck_assert_int_eq(w.connects, 1);
	w.connect_error = 0;
	world_pass_s(1);
	ck_assert_int_eq(w.connects, 2);
	world_assert_state(JOIN_CONNECTING);
	world_tear_down();
}
END_TEST

START_TEST(gate_holds_it_back_until_told_to_try)
{
	world_set_up(JOIN_ADMITTED);
	w.gate = "waiting for border router";
	world_heard_from("fd00::9");
	world_pass_s(3600);
	world_assert_state(JOIN_ADMITTED);
	world_assert_reason("waiting for border router");
	ck_assert(w.join.waiting);
	ck_assert_int_eq(w.connects, 0);
	w.gate = NULL;
	join_try(&w.join);
	world_assert_state(JOIN_CONNECTING);
	ck_assert(!w.join.waiting);
	world_tear_down();
}
END_TEST

START_TEST(forged_address_does_not_starve_the_true_one)
{
	world_set_up_connecting();
	join_on_lost(&w.join, "no answer");
	world_heard_from("fd00::bad"); /* newest: tried first, but not at once after a failure */
	world_assert_state(JOIN_ADMITTED);
	world_pass_s(2);
	world_assert_state(JOIN_CONNECTING);
	world_assert_to("fd00::bad");
	world_pass_s(2);
	join_on_lost(&w.join, "no answer");
	world_heard_from("fd00::9"); /* it asks again: back to it */
	world_pass_s(3);
	world_assert_state(JOIN_CONNECTING);
	world_assert_to("fd00::9");
	join_on_up(&w.join);
	join_on_told(&w.join, 0, CHANGED);
	world_assert_state(JOIN_KEYED);
	world_tear_down();
}
END_TEST

START_TEST(request_changes_nothing_while_one_is_served)
{
	world_set_up_connecting();
	world_heard_from("fd00::bad");
	world_assert_state(JOIN_CONNECTING);
	ck_assert_int_eq(w.connects, 1);
	join_on_up(&w.join);
	world_heard_from("fd00::bad");
	world_assert_state(JOIN_KEYING);
	ck_assert_int_eq(w.connects, 1);
	ck_assert_int_eq(w.closes, 0);
	world_tear_down();
}
END_TEST

START_TEST(refused_key_set_is_a_failure_with_its_reason)
{
	world_set_up_connecting();
	join_on_up(&w.join);
	join_on_told(&w.join, 0, CONFLICT);
	world_assert_state(JOIN_ADMITTED);
	world_assert_reason("key set refused: it answered 4.09");
	ck_assert_int_eq(w.closes, 1);
	/* and again, ever more slowly, although each handshake succeeds */
	evl_test_advance(w.evl, 1250);
	world_assert_state(JOIN_CONNECTING);
	join_on_up(&w.join);
	join_on_told(&w.join, 0, CONFLICT);
	evl_test_advance(w.evl, 1999);
	world_assert_state(JOIN_ADMITTED);
	world_pass_s(1);
	world_assert_state(JOIN_CONNECTING);
	world_tear_down();
}
END_TEST

START_TEST(key_set_without_answer_begins_again)
{
	world_set_up_connecting();
	join_on_up(&w.join);
	join_on_told(&w.join, -ETIMEDOUT, 0);
	world_assert_state(JOIN_ADMITTED);
	world_assert_reason("no answer to the key set");
	ck_assert_int_eq(w.closes, 1);
	world_tear_down();

	world_set_up_connecting();
	w.put_error = -ENOBUFS;
	join_on_up(&w.join);
	world_assert_state(JOIN_ADMITTED);
	world_assert_reason("cannot send the key set");
	world_tear_down();

	world_set_up_connecting();
	join_on_up(&w.join);
	join_on_lost(&w.join, "closed");
	world_assert_state(JOIN_ADMITTED);
	world_assert_reason("session ended: closed");
	ck_assert_int_eq(w.closes, 0); /* it is gone already */
	world_tear_down();
}
END_TEST

START_TEST(unsecured_answer_is_no_proof_and_asked_again)
{
	static const unsigned least_ms[] = {800, 1600, 3200, 6400, 12800, 25600, 30000};

	world_set_up_keyed();
	evl_test_advance(w.evl, 399);
	ck_assert_int_eq(w.gets, 0);
	evl_test_advance(w.evl, 101);
	ck_assert_int_eq(w.gets, 1);
	for (size_t i = 0; i < sizeof(least_ms) / sizeof(least_ms[0]); i++) {
		int before = w.gets;
		world_answer(WORLD_KEY_INDEX, BSRES_UNSECURED);
		world_assert_state(JOIN_KEYED);
		world_assert_reason("unsecured");
		evl_test_advance(w.evl, least_ms[i] - 1);
		ck_assert_int_eq(w.gets, before);
		evl_test_advance(w.evl, least_ms[i] / 4 + 1);
		ck_assert_int_eq(w.gets, before + 1);
	}
	world_tear_down();
}
END_TEST

START_TEST(who_is_keyed_again_is_asked_at_once)
{
	world_set_up_keyed();
	for (int i = 0; i < 8; i++) { /* far into the back-off */
		world_pass_s(40);
		world_answer(WORLD_KEY_INDEX, BSRES_UNSECURED);
	}
	world_pass_s(40);
	world_answer(0, BSRES_UNSECURED); /* it was reset */
	world_assert_state(JOIN_KEYING);
	join_on_told(&w.join, 0, COAP_MSG_CODE(2, 4));
	world_assert_state(JOIN_KEYED);
	int before = w.gets;
	world_pass_s(2);
	ck_assert_int_eq(w.gets, before + 1);
	world_tear_down();
}
END_TEST

START_TEST(news_has_it_asked_at_once_but_not_in_a_storm)
{
	world_set_up_keyed();
	for (int i = 0; i < 5; i++) {
		world_pass_s(40);
		world_answer(WORLD_KEY_INDEX, BSRES_UNSECURED);
	}
	int before = w.gets;
	world_pass_s(2); /* past the spacing, far from the end of the back-off */
	for (int i = 0; i < 100; i++)
		join_news(&w.join);
	evl_test_advance(w.evl, 0);
	ck_assert_int_eq(w.gets, before + 1);
	join_news(&w.join); /* while it is being asked */
	evl_test_advance(w.evl, 0);
	world_answer(WORLD_KEY_INDEX, BSRES_UNSECURED);
	join_news(&w.join);
	evl_test_advance(w.evl, 999);
	ck_assert_int_eq(w.gets, before + 1);
	evl_test_advance(w.evl, 1);
	ck_assert_int_eq(w.gets, before + 2);
	world_tear_down();
}
END_TEST

START_TEST(wired_proof_counts_for_border_routers_only)
{
	world_set_up_keyed();
	world_pass_s(2);
	world_answer(WORLD_KEY_INDEX, BSRES_WIRED);
	world_assert_state(JOIN_KEYED);
	world_tear_down();

	world_set_up_keyed();
	w.join.border_router = true;
	world_pass_s(2);
	world_answer(WORLD_KEY_INDEX, BSRES_WIRED);
	world_assert_state(JOIN_JOINED);
	world_assert_reason("by wire");
	world_tear_down();

	world_set_up_keyed();
	w.join.border_router = true;
	world_pass_s(2);
	world_answer(WORLD_KEY_INDEX, BSRES_UNSECURED);
	world_assert_state(JOIN_KEYED);
	world_tear_down();
}
END_TEST

START_TEST(other_key_is_never_proof)
{
	static const uint8_t index[] = {0, WORLD_KEY_INDEX + 1};
	static const char *const reason[] = {"no key is active", "another key is active"};

	for (size_t i = 0; i < 2; i++) {
		world_set_up_keyed();
		world_pass_s(2);
		world_answer(index[i], BSRES_SECURED);
		world_assert_state(JOIN_KEYING);
		world_assert_reason(reason[i]);
		ck_assert_int_eq(w.puts, 2);
		world_tear_down();
	}
}
END_TEST

/* What it says to the request for proof, however often it is keyed. */
START_TEST(keys_that_are_not_used_are_given_ever_more_slowly)
{
	static const uint8_t index[] = {0, WORLD_KEY_INDEX + 1};
	static const char *const reason[] = {"not used: no key", "not used: another key"};

	for (size_t i = 0; i < 2; i++) {
		world_set_up_keyed();
		world_pass_s(2);
		for (int s = 0; s < 3600; s++) {
			if (join_state(&w.join) == JOIN_CONNECTING)
				join_on_up(&w.join);
			if (w.join.telling)
				join_on_told(&w.join, 0, CHANGED);
			if (w.join.asking)
				world_answer(index[i], BSRES_SECURED);
			world_pass_s(1);
		}
		ck_assert_int_le(w.puts, 1 + 6 + 60 + 20);
		ck_assert_int_ge(w.puts, 50); /* but they are */
		ck_assert(join_doubtful(&w.join));
		while (join_state(&w.join) != JOIN_ADMITTED) {
			if (w.join.asking)
				world_answer(index[i], BSRES_SECURED);
			world_pass_s(1);
		}
		world_assert_reason(reason[i]);
		world_tear_down();
	}
}
END_TEST

START_TEST(proof_ends_the_doubt_about_its_keys)
{
	world_set_up_keyed();
	for (int i = 0; i < 2; i++) {
		world_pass_s(2);
		world_answer(0, BSRES_UNSECURED);
		world_assert_state(JOIN_KEYING);
		join_on_told(&w.join, 0, CHANGED);
		world_pass_s(2);
		world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
		world_assert_state(JOIN_JOINED);
		world_pass_s(20);
		world_heard_from("fd00::9");
	}
	ck_assert_int_eq(w.connects, 1);
	world_tear_down();
}
END_TEST

START_TEST(unusable_answer_is_asked_again)
{
	world_set_up_keyed();
	world_pass_s(2);
	join_on_answer(&w.join, 0, NOT_FOUND, NULL);
	world_assert_state(JOIN_KEYED);
	world_assert_reason("4.04");
	ck_assert_int_eq(w.gets, 1);
	world_pass_s(2);
	ck_assert_int_eq(w.gets, 2);
	join_on_answer(&w.join, 0, COAP_MSG_CODE(2, 5), NULL);
	world_assert_state(JOIN_KEYED);
	world_assert_reason("cannot be read");
	world_tear_down();
}
END_TEST

START_TEST(keyed_node_that_is_lost_stays_keyed_and_is_found_again)
{
	world_set_up_keyed();
	world_pass_s(2);
	join_on_answer(&w.join, -ETIMEDOUT, 0, NULL);
	world_assert_state(JOIN_KEYED_LOST);
	ck_assert_int_eq(join_progress(&w.join), JOIN_IS_KEYED);
	world_assert_reason("no answer to the request for proof");
	ck_assert_int_eq(w.closes, 1);
	world_pass_s(2);
	world_assert_state(JOIN_KEYED_CONNECTING);
	ck_assert_int_eq(join_progress(&w.join), JOIN_IS_KEYED);
	ck_assert(join_busy(&w.join));
	join_on_lost(&w.join, "timeout");
	world_assert_state(JOIN_KEYED_LOST);
	world_heard_from("fd00::10"); /* it has another address now */
	world_pass_s(1);
	world_assert_state(JOIN_KEYED_CONNECTING);
	world_assert_to("fd00::10");
	world_heard_from("fd00::10");
	join_on_up(&w.join);
	world_assert_state(JOIN_KEYED);
	ck_assert_int_eq(w.gets, 2); /* the proof, not the key set again */
	ck_assert_int_eq(w.puts, 1);
	join_on_lost(&w.join, "closed");
	world_assert_state(JOIN_KEYED_LOST);
	join_news(&w.join); /* its way may be secured now: no back-off */
	evl_test_advance(w.evl, 0);
	world_assert_state(JOIN_KEYED_CONNECTING);
	world_tear_down();
}
END_TEST

START_TEST(request_for_proof_that_cannot_be_sent_ends_the_session)
{
	world_set_up_keyed();
	w.get_error = -ENOTCONN;
	world_pass_s(1);
	world_assert_state(JOIN_KEYED_LOST);
	world_assert_reason("cannot send the request for proof");
	ck_assert_int_eq(w.closes, 1);
	world_tear_down();
}
END_TEST

START_TEST(keyed_node_that_asks_is_asked)
{
	world_set_up_keyed();
	for (int i = 0; i < 5; i++) {
		world_pass_s(40);
		world_answer(WORLD_KEY_INDEX, BSRES_UNSECURED);
	}
	int before = w.gets;
	world_pass_s(2);
	world_heard_from("fd00::bad");
	ck_assert_int_eq(w.gets, before + 1);
	ck_assert_int_eq(w.connects, 1); /* its session lives: its address does not change */
	ck_assert_int_eq(w.closes, 0);
	world_tear_down();
}
END_TEST

START_TEST(resumed_after_restart)
{
	struct in6_addr a = world_addr("fd00::9");

	world_set_up(JOIN_KEYED_LOST);
	addrs_put(&w.join.addrs, &a, ADDRS_PROVEN, 0);
	join_try(&w.join);
	world_assert_state(JOIN_KEYED_CONNECTING);
	join_on_up(&w.join);
	ck_assert_int_eq(w.gets, 1);
	world_answer(0, BSRES_UNSECURED); /* it lost its keys meanwhile */
	world_assert_state(JOIN_KEYING);
	world_tear_down();

	world_set_up(JOIN_ADMITTED);
	addrs_put(&w.join.addrs, &a, ADDRS_PROVEN, 0);
	join_try(&w.join);
	world_assert_state(JOIN_CONNECTING);
	world_tear_down();
}
END_TEST

START_TEST(every_state_refuses_what_has_no_meaning_in_it)
{
	/* Late outcomes of a transport that is closed, and commands that come too late. */
	world_set_up(JOIN_CANDIDATE);
	join_on_up(&w.join);
	join_on_lost(&w.join, "late");
	join_on_told(&w.join, 0, CHANGED);
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	join_news(&w.join);
	join_due(&w.join);
	join_check(&w.join);
	join_try(&w.join);
	world_assert_state(JOIN_CANDIDATE);
	ck_assert_uint_eq(w.join.fsm.refused, 7);
	ck_assert_int_eq(w.changes, 0);
	world_tear_down();

	world_set_up_joined();
	uint64_t refused = w.join.fsm.refused;
	int taken = w.taken;
	join_on_told(&w.join, 0, CHANGED); /* told nothing: an answer of before */
	ck_assert_int_eq(w.taken, taken);
	join_admit(&w.join, "again");
	world_assert_state(JOIN_JOINED);
	ck_assert_uint_eq(w.join.fsm.refused, refused + 1);
	world_tear_down();
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
	  who_is_keyed_again_is_asked_at_once, news_has_it_asked_at_once_but_not_in_a_storm,
	  wired_proof_counts_for_border_routers_only, other_key_is_never_proof,
	  keys_that_are_not_used_are_given_ever_more_slowly, proof_ends_the_doubt_about_its_keys,
	  unusable_answer_is_asked_again, keyed_node_that_is_lost_stays_keyed_and_is_found_again,
	  request_for_proof_that_cannot_be_sent_ends_the_session, keyed_node_that_asks_is_asked,
	  resumed_after_restart, every_state_refuses_what_has_no_meaning_in_it, progress_has_names)
