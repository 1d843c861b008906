/* SPDX-License-Identifier: ISC */
/* What happens with a device that has joined, and what it is told. */
#include "join_world.h"

#include "coap/coap_msg.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>

#define CHANGED   COAP_MSG_CODE(2, 4)
#define CONFLICT  COAP_MSG_CODE(4, 9)
#define NOT_FOUND COAP_MSG_CODE(4, 4)

START_TEST(joined_stays_joined_when_its_session_ends)
{
	world_set_up_joined();
	join_on_lost(&w.join, "closed");
	world_assert_state(JOIN_JOINED);
	world_pass_s(3600);
	ck_assert_int_eq(w.connects, 1);
	join_news(&w.join);
	join_credential(&w.join, false);
	world_assert_state(JOIN_JOINED);
	world_tear_down();
}
END_TEST

START_TEST(joined_node_that_asks_is_checked_over_its_session)
{
	world_set_up_joined();
	world_pass_s(20);
	world_heard_from("fd00::bad");
	ck_assert_int_eq(w.gets, 2);
	ck_assert_int_eq(w.connects, 1);
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	world_assert_state(JOIN_JOINED);
	for (int i = 0; i < 9; i++) { /* forged requests cost at most one question in 10 s */
		evl_test_advance(w.evl, 1000);
		world_heard_from("fd00::bad");
	}
	ck_assert_int_eq(w.gets, 2);
	world_pass_s(1);
	ck_assert_int_eq(w.gets, 3);
	world_answer(WORLD_KEY_INDEX, BSRES_UNSECURED); /* still has the key: still joined */
	world_assert_state(JOIN_JOINED);
	world_pass_s(20);
	world_heard_from("fd00::9");
	join_on_answer(&w.join, 0, NOT_FOUND, NULL);
	world_assert_state(JOIN_JOINED);
	world_tear_down();
}
END_TEST

START_TEST(joined_node_that_asks_and_ends_its_session_is_connected_to)
{
	world_set_up_joined();
	world_heard_from("fd00::9"); /* within the spacing: the question waits */
	ck_assert_int_eq(w.gets, 1);
	join_on_lost(&w.join, "closed");
	world_assert_state(JOIN_JOINED);
	evl_test_advance(w.evl, 0);
	world_assert_state(JOIN_JOINED_CONNECTING);
	world_tear_down();
}
END_TEST

START_TEST(joined_node_that_lost_its_key_is_keyed_again)
{
	world_set_up_joined();
	world_pass_s(20);
	world_heard_from("fd00::9");
	ck_assert_int_eq(w.gets, 2);
	join_on_answer(&w.join, -ETIMEDOUT, 0, NULL); /* it was restarted */
	world_assert_state(JOIN_JOINED);
	ck_assert_int_eq(w.closes, 1);
	world_pass_s(2);
	world_assert_state(JOIN_JOINED_CONNECTING);
	ck_assert_int_eq(join_progress(&w.join), JOIN_IS_JOINED);
	world_heard_from("fd00::9");
	join_on_up(&w.join);
	world_assert_state(JOIN_JOINED);
	ck_assert_int_eq(w.gets, 3);
	world_answer(0, BSRES_UNSECURED);
	world_assert_state(JOIN_KEYING);
	join_on_told(&w.join, 0, CHANGED);
	world_assert_state(JOIN_KEYED);
	world_tear_down();
}
END_TEST

START_TEST(forged_request_does_not_take_joined_away)
{
	world_set_up_joined();
	join_on_lost(&w.join, "closed");
	world_heard_from("fd00::bad");
	world_assert_state(JOIN_JOINED_CONNECTING);
	world_assert_to("fd00::bad");
	join_on_lost(&w.join, "timeout");
	world_assert_state(JOIN_JOINED);
	world_pass_s(3600);
	ck_assert_int_eq(w.connects, 2); /* not tried again without being asked again */
	world_tear_down();
}
END_TEST

/* --- what is due --- */

START_TEST(counter_comes_before_the_key_set)
{
	world_set_up_connecting();
	w.floor_due = true;
	join_on_up(&w.join);
	ck_assert_int_eq(w.told, DUE_COUNTER);
	join_on_told(&w.join, 0, CHANGED);
	world_assert_state(JOIN_KEYING);
	ck_assert_int_eq(w.told, DUE_KEYS);
	ck_assert_int_eq(w.puts, 2);
	join_on_told(&w.join, 0, CHANGED);
	world_assert_state(JOIN_KEYED);
	world_tear_down();

	/* One that will not take it gets no keys. */
	world_set_up_connecting();
	w.floor_due = true;
	join_on_up(&w.join);
	join_on_told(&w.join, 0, COAP_MSG_CODE(4, 0));
	world_assert_state(JOIN_ADMITTED);
	world_assert_reason("frame counter refused: it answered 4.00");
	ck_assert_int_eq(w.puts, 1);
	world_tear_down();
}
END_TEST

START_TEST(what_the_owner_holds_back_does_not_leave)
{
	world_set_up_connecting();
	w.hold = "";
	join_on_up(&w.join);
	world_assert_state(JOIN_KEYING);
	world_assert_reason("authenticated");
	ck_assert_int_eq(w.puts, 0);
	ck_assert(!join_busy(&w.join)); /* others may go on meanwhile */
	world_heard_from("fd00::9");
	join_on_told(&w.join, 0, CHANGED); /* there is nothing to answer to */
	world_assert_state(JOIN_KEYING);
	w.hold = "no room";
	join_release(&w.join);
	world_assert_reason("no room");
	ck_assert_int_eq(w.holds, 2);
	ck_assert_int_eq(w.puts, 0);
	w.hold = NULL;
	join_release(&w.join);
	ck_assert(join_busy(&w.join));
	ck_assert_int_eq(w.puts, 1);
	join_release(&w.join); /* once */
	ck_assert_int_eq(w.puts, 1);
	join_on_told(&w.join, 0, CHANGED);
	world_assert_state(JOIN_KEYED);
	world_tear_down();
}
END_TEST

START_TEST(held_back_ends_with_the_session)
{
	world_set_up_connecting();
	w.hold = "";
	join_on_up(&w.join);
	join_on_lost(&w.join, "closed");
	world_assert_state(JOIN_ADMITTED);
	ck_assert(!join_busy(&w.join));
	w.hold = NULL;
	join_release(&w.join);
	ck_assert_int_eq(w.puts, 0);
	world_tear_down();
}
END_TEST

/* What is told when it is released is what is due then. */
START_TEST(held_back_from_a_member_may_be_due_no_more)
{
	world_set_up_joined();
	w.due = DUE_KEYS;
	w.hold = "";
	join_due(&w.join);
	ck_assert(w.join.held);
	ck_assert_int_eq(w.puts, 1);
	world_pass_s(20);
	join_check(&w.join);
	ck_assert_int_eq(w.gets, 1); /* nothing else meanwhile */
	w.due = DUE_CLOSE;
	join_release(&w.join);
	ck_assert_int_eq(w.told, DUE_CLOSE);
	join_on_told(&w.join, 0, CHANGED);
	w.due = DUE_KEYS;
	join_due(&w.join);
	w.due = DUE_NOTHING;
	join_release(&w.join);
	ck_assert(!join_busy(&w.join));
	ck_assert_int_eq(w.gets, 2); /* it is asked how it is */
	world_tear_down();
}
END_TEST

START_TEST(due_is_told_over_the_session_one_at_a_time)
{
	world_set_up_joined();
	w.due = DUE_CLOSE;
	join_due(&w.join);
	ck_assert_int_eq(w.told, DUE_CLOSE);
	ck_assert(join_busy(&w.join)); /* counts against max-joins */
	int puts = w.puts, gets = w.gets;
	join_due(&w.join);
	join_check(&w.join);
	world_heard_from("fd00::9");
	world_pass_s(20);
	ck_assert_int_eq(w.puts, puts); /* nothing else while it has not answered */
	ck_assert_int_eq(w.gets, gets);
	join_on_told(&w.join, 0, CHANGED);
	world_assert_state(JOIN_JOINED);
	world_assert_reason("command to close taken");
	ck_assert(!join_busy(&w.join));
	world_pass_s(3600);
	ck_assert_int_eq(w.puts, puts);
	world_tear_down();
}
END_TEST

START_TEST(due_waits_for_the_answer_to_a_question)
{
	world_set_up_joined();
	join_check(&w.join);
	ck_assert_int_eq(w.gets, 2);
	w.due = DUE_FORGET;
	join_due(&w.join);
	ck_assert_int_eq(w.puts, 1);
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	ck_assert_int_eq(w.puts, 2);
	ck_assert_int_eq(w.told, DUE_FORGET);
	world_tear_down();
}
END_TEST

START_TEST(other_key_set_is_followed_by_a_question)
{
	world_set_up_joined();
	w.due = DUE_KEYS;
	join_due(&w.join);
	join_on_told(&w.join, 0, CHANGED);
	world_assert_state(JOIN_JOINED); /* it is a member all the time */
	ck_assert_int_eq(w.gets, 2);
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	world_assert_reason("proved");
	world_pass_s(3600);
	ck_assert_int_eq(w.gets, 2);
	world_tear_down();
}
END_TEST

START_TEST(due_without_session_is_told_after_a_handshake)
{
	world_set_up_joined();
	join_on_lost(&w.join, "closed");
	w.due = DUE_KEYS;
	join_due(&w.join);
	evl_test_advance(w.evl, 0);
	world_assert_state(JOIN_JOINED_CONNECTING);
	for (int i = 0; i < 12; i++) { /* for as long as it takes */
		join_on_lost(&w.join, "timeout");
		world_assert_state(JOIN_JOINED);
		world_pass_s(80);
		world_assert_state(JOIN_JOINED_CONNECTING);
	}
	ck_assert_int_eq(w.missed, 12);
	join_on_up(&w.join);
	ck_assert_int_eq(w.puts, 1); /* it may have lost its state: how it is comes first */
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	ck_assert_int_eq(w.told, DUE_KEYS);
	ck_assert_int_eq(w.puts, 2);
	world_tear_down();
}
END_TEST

/* However slowly it is answered, it keeps nobody waiting; with something due the turn goes on. */
START_TEST(question_needs_no_turn)
{
	for (int due = 0; due < 2; due++) {
		world_set_up_joined();
		join_on_lost(&w.join, "closed");
		world_heard_from("fd00::9");
		ck_assert(join_busy(&w.join));
		w.due = due ? DUE_CLOSE : DUE_NOTHING;
		join_on_up(&w.join);
		ck_assert_int_eq(w.gets, 2);
		ck_assert(join_busy(&w.join) == due);
		world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
		ck_assert_int_eq(w.puts, 1 + due);
		world_tear_down();
	}
}
END_TEST

/* Who shakes hands and then answers nothing is in doubt until it does. */
START_TEST(handshake_alone_dispels_no_doubt)
{
	world_set_up_connecting();
	join_on_lost(&w.join, "timeout");
	ck_assert(join_doubtful(&w.join));
	world_pass_s(2);
	join_on_up(&w.join);
	world_assert_state(JOIN_KEYING);
	ck_assert(join_doubtful(&w.join));
	join_on_told(&w.join, 0, CHANGED);
	ck_assert(!join_doubtful(&w.join));
	world_tear_down();
}
END_TEST

/* Somebody makes up an address of its each second, and no handshake with them ends well. */
START_TEST(forged_addresses_do_not_keep_due_from_being_told)
{
	struct in6_addr true_one = world_addr("fd00::9");
	char text[INET6_ADDRSTRLEN];
	unsigned forged = 0, honest = 0;

	world_set_up_joined();
	join_on_lost(&w.join, "closed");
	w.due = DUE_KEYS;
	for (unsigned i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "fd00::bad:%x", i);
		world_heard_from(text);
		world_pass_s(1);
		if (join_state(&w.join) != JOIN_JOINED_CONNECTING)
			continue;
		if (IN6_ARE_ADDR_EQUAL(&w.to, &true_one))
			honest++;
		else
			forged++;
		join_on_lost(&w.join, "timeout");
		ck_assert_uint_ge(honest, forged);
	}
	ck_assert_uint_ge(honest, 5);
	world_tear_down();
}
END_TEST

START_TEST(due_that_is_not_answered_is_told_again)
{
	world_set_up_joined();
	w.due = DUE_CLOSE;
	join_due(&w.join);
	join_on_told(&w.join, -ETIMEDOUT, 0);
	world_assert_state(JOIN_JOINED);
	world_assert_reason("no answer to the command to close");
	ck_assert_int_eq(w.closes, 1);
	world_pass_s(2);
	world_assert_state(JOIN_JOINED_CONNECTING);
	join_on_up(&w.join);
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	ck_assert_int_eq(w.puts, 3);
	join_on_lost(&w.join, "closed"); /* no answer, and no session */
	world_pass_s(2);
	world_assert_state(JOIN_JOINED_CONNECTING);
	world_tear_down();

	world_set_up_joined();
	w.put_error = -ENOBUFS;
	w.due = DUE_CLOSE;
	join_due(&w.join);
	world_assert_reason("cannot send the command to close");
	ck_assert(!join_busy(&w.join));
	world_tear_down();
}
END_TEST

START_TEST(refused_due_is_asked_about_ever_more_slowly_and_told_again)
{
	static const unsigned least_s[] = {1, 2, 4, 8, 16, 32, 60, 60};

	world_set_up_joined();
	w.due = DUE_CLOSE;
	join_due(&w.join);
	for (size_t i = 0; i < sizeof(least_s) / sizeof(least_s[0]); i++) {
		int puts = w.puts, gets = w.gets;
		join_on_told(&w.join, 0, CONFLICT);
		world_assert_state(JOIN_JOINED);
		world_assert_reason("command to close refused: it answered 4.09");
		evl_test_advance(w.evl, least_s[i] * 1000 - 1);
		ck_assert_int_eq(w.gets, gets);
		join_due(&w.join); /* the back-off stands */
		ck_assert_int_eq(w.puts, puts);
		evl_test_advance(w.evl, least_s[i] * 250 + 1);
		ck_assert_int_eq(w.gets, gets + 1);
		world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
		ck_assert_int_eq(w.puts, puts + 1);
	}
	ck_assert_int_eq(w.refused, 8);
	ck_assert_int_eq(w.closes, 0);
	world_tear_down();
}
END_TEST

START_TEST(keyed_node_is_told_too_and_asked_between)
{
	world_set_up_keyed();
	w.due = DUE_KEYS;
	join_due(&w.join);
	ck_assert_int_eq(w.puts, 2);
	join_on_told(&w.join, 0, CONFLICT);
	world_assert_state(JOIN_KEYED);
	world_pass_s(2);
	ck_assert_int_eq(w.gets, 1); /* it can still prove itself */
	world_answer(WORLD_KEY_INDEX, BSRES_UNSECURED);
	ck_assert_int_eq(w.puts, 3);
	join_on_told(&w.join, 0, CHANGED);
	world_assert_state(JOIN_KEYED);
	world_pass_s(3);
	ck_assert_int_eq(w.gets, 2);
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	world_assert_state(JOIN_JOINED);
	world_tear_down();
}
END_TEST

START_TEST(due_waits_for_its_turn)
{
	world_set_up_joined();
	w.gate = "waiting for its turn";
	w.due = DUE_CLOSE;
	join_due(&w.join);
	ck_assert_int_eq(w.puts, 1);
	ck_assert(w.join.waiting);
	w.gate = NULL;
	join_try(&w.join);
	ck_assert(!w.join.waiting);
	ck_assert_int_eq(w.told, DUE_CLOSE);
	world_tear_down();

	/* Taken back before its turn came. */
	world_set_up_joined();
	w.gate = "waiting for its turn";
	w.due = DUE_CLOSE;
	join_due(&w.join);
	w.gate = NULL;
	w.due = DUE_NOTHING;
	join_try(&w.join);
	ck_assert_int_eq(w.puts, 1);
	ck_assert(!w.join.waiting);
	world_tear_down();
}
END_TEST

START_TEST(joined_node_is_looked_after)
{
	world_set_up_joined();
	join_check(&w.join);
	ck_assert_int_eq(w.gets, 2);
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	join_on_lost(&w.join, "closed");
	join_check(&w.join);
	evl_test_advance(w.evl, 0);
	world_assert_state(JOIN_JOINED_CONNECTING);
	join_on_lost(&w.join, "timeout");
	world_assert_state(JOIN_JOINED);
	ck_assert_int_eq(w.missed, 1);
	world_assert_reason("handshake failed: timeout");
	world_pass_s(3600);
	ck_assert_int_eq(w.connects, 2); /* until the next time */
	world_tear_down();
}
END_TEST

START_TEST(denied_from_any_state)
{
	world_set_up(JOIN_CANDIDATE);
	join_deny(&w.join, "denied by the operator");
	world_assert_state(JOIN_DENIED);
	world_heard_from("fd00::9");
	join_credential(&w.join, true);
	world_assert_state(JOIN_CANDIDATE);
	world_tear_down();

	world_set_up_connecting();
	join_deny(&w.join, "denied by the operator");
	world_assert_state(JOIN_DENIED);
	world_assert_reason("denied by the operator");
	ck_assert_int_eq(w.closes, 1);
	world_tear_down();

	world_set_up_joined();
	w.due = DUE_CLOSE;
	join_due(&w.join);
	join_deny(&w.join, "evicted by the operator");
	world_assert_state(JOIN_DENIED);
	ck_assert_int_eq(w.closes, 1);
	ck_assert(!join_busy(&w.join));
	world_heard_from("fd00::9");
	join_due(&w.join);
	join_check(&w.join);
	world_pass_s(3600);
	ck_assert_int_eq(w.connects, 1);
	world_tear_down();
}
END_TEST

UNIT_MAIN("join_dues", what_the_owner_holds_back_does_not_leave, held_back_ends_with_the_session,
	  held_back_from_a_member_may_be_due_no_more, joined_stays_joined_when_its_session_ends,
	  joined_node_that_asks_is_checked_over_its_session,
	  joined_node_that_asks_and_ends_its_session_is_connected_to,
	  joined_node_that_lost_its_key_is_keyed_again, forged_request_does_not_take_joined_away,
	  counter_comes_before_the_key_set, due_is_told_over_the_session_one_at_a_time,
	  due_waits_for_the_answer_to_a_question, other_key_set_is_followed_by_a_question,
	  due_without_session_is_told_after_a_handshake, question_needs_no_turn,
	  handshake_alone_dispels_no_doubt, forged_addresses_do_not_keep_due_from_being_told,
	  due_that_is_not_answered_is_told_again,
	  refused_due_is_asked_about_ever_more_slowly_and_told_again,
	  keyed_node_is_told_too_and_asked_between, due_waits_for_its_turn,
	  joined_node_is_looked_after, denied_from_any_state)
