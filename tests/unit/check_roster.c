/* SPDX-License-Identifier: ISC */
#include "roster_world.h"

#include "coap/coap_msg.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define KEY_INDEX 1
static void assert_progress(int n, enum join_progress progress)
{
	ck_assert_str_eq(join_progress_name(join_progress(world_join(n))),
			 join_progress_name(progress));
}

static void assert_reason(int n, const char *part)
{
	ck_assert_msg(strstr(world_join(n)->reason, part), "reason '%s' lacks '%s'",
		      world_join(n)->reason, part);
}

static void keyed(int n)
{
	join_on_up(world_join(n));
	evl_test_advance(w.evl, ROSTER_KEYS_MS); /* that it gets keys is stored */
	join_on_told(world_join(n), 0, COAP_MSG_CODE(2, 4));
	evl_test_advance(w.evl, 0);
	assert_progress(n, JOIN_IS_KEYED);
}

static void answer(int n, enum bsres_mark mark)
{
	const struct bsres_state s = {.index = KEY_INDEX, .mark = mark};

	join_on_answer(world_join(n), 0, COAP_MSG_CODE(2, 5), &s);
	evl_test_advance(w.evl, 0);
}

START_TEST(selected_admits_only_whom_the_operator_names)
{
	world_set_up(2, CTD_SELECTED, 4);
	world_open();
	roster_start(w.roster);
	world_heard(1);
	world_heard(2);
	assert_progress(1, JOIN_IS_CANDIDATE);
	ck_assert_int_eq(w.connects[1] + w.connects[2], 0);
	ck_assert_int_eq(world_admit(2), 0);
	assert_progress(2, JOIN_IS_CONNECTING);
	assert_progress(1, JOIN_IS_CANDIDATE);
	ck_assert_int_eq(world_admit(2), -EALREADY);
	world_tear_down();
}
END_TEST

START_TEST(listed_admits_the_configured_when_they_ask)
{
	world_set_up(2, CTD_LISTED, 4);
	world_open();
	roster_start(w.roster);
	assert_progress(1, JOIN_IS_CANDIDATE); /* not before it asks */
	world_heard(1);
	assert_progress(1, JOIN_IS_CONNECTING);
	world_heard(3); /* not configured */
	struct eui64 three = world_eui(3);
	ck_assert_ptr_null(roster_find(w.roster, &three));
	ck_assert_uint_eq(roster_count(w.roster), 2);
	world_tear_down();
}
END_TEST

START_TEST(without_credential_nobody_is_admitted)
{
	struct eui64 three = world_eui(3);
	char why[256];

	world_set_up(2, CTD_SELECTED, 4);
	world_open();
	ck_assert_int_eq(roster_admit(w.roster, &three, why, sizeof(why)), -ENOKEY);
	ck_assert_ptr_nonnull(strstr(why, "no credential for 0200000000000003"));
	ck_assert(!roster_knows(w.roster, &three));
	world_tear_down();
}
END_TEST

START_TEST(admission_is_durable_or_refused)
{
	world_set_up(1, CTD_SELECTED, 4);
	world_open();
	world_fill_disk();
	world_heard(1);
	ck_assert_int_lt(world_admit(1), 0);
	assert_progress(1, JOIN_IS_CANDIDATE);
	ck_assert_int_eq(w.connects[1], 0);
	world_tear_down();
}
END_TEST

START_TEST(at_most_max_joins_at_once_and_each_gets_its_turn)
{
	world_set_up(6, CTD_LISTED, 2);
	world_open();
	roster_start(w.roster);
	for (int n = 1; n <= 6; n++)
		world_heard(n);
	assert_progress(2, JOIN_IS_CONNECTING);
	assert_progress(3, JOIN_IS_ADMITTED);
	assert_reason(3, "waiting for its turn");
	keyed(1); /* who is keyed makes room */
	assert_progress(3, JOIN_IS_CONNECTING);
	assert_progress(4, JOIN_IS_ADMITTED);
	join_on_lost(world_join(2), "timeout"); /* who fails goes behind the others */
	evl_test_advance(w.evl, 0);
	assert_progress(4, JOIN_IS_CONNECTING);
	join_on_lost(world_join(3), "timeout");
	evl_test_advance(w.evl, 0);
	assert_progress(5, JOIN_IS_CONNECTING);
	evl_test_advance(w.evl, 3000); /* 2 and 3 want again, 6 has not had its turn */
	assert_reason(2, "waiting for its turn");
	join_on_lost(world_join(4), "timeout");
	evl_test_advance(w.evl, 0);
	assert_progress(6, JOIN_IS_CONNECTING);
	join_on_lost(world_join(5), "timeout");
	evl_test_advance(w.evl, 0);
	assert_progress(2, JOIN_IS_CONNECTING);
	world_tear_down();
}
END_TEST

START_TEST(who_does_not_answer_holds_half_of_the_turns_at_most)
{
	int connecting = 0;

	world_set_up(6, CTD_LISTED, 4);
	world_open();
	for (int n = 1; n <= 4; n++) {
		world_heard(n);
		assert_progress(n, JOIN_IS_CONNECTING);
		join_on_lost(world_join(n), "timeout");
	}
	evl_test_advance(w.evl, 3000);
	for (int n = 1; n <= 4; n++)
		connecting += join_progress(world_join(n)) == JOIN_IS_CONNECTING;
	ck_assert_int_eq(connecting, 2);
	world_heard(5);
	world_heard(6);
	assert_progress(5, JOIN_IS_CONNECTING);
	assert_progress(6, JOIN_IS_CONNECTING);
	for (int n = 1; n <= 4; n++) /* one answers after all: another gets its turn */
		if (join_progress(world_join(n)) == JOIN_IS_CONNECTING) {
			keyed(n);
			break;
		}
	connecting = 0;
	for (int n = 1; n <= 4; n++)
		connecting += join_progress(world_join(n)) == JOIN_IS_CONNECTING;
	ck_assert_int_eq(connecting, 2);
	world_tear_down();
}
END_TEST

START_TEST(border_router_comes_first)
{
	world_set_up(3, CTD_SELECTED, 4);
	world_make_router();
	world_open();
	world_heard(2);
	ck_assert_int_eq(world_admit(2), 0);
	assert_reason(2, "waiting for border router");
	roster_start(w.roster);
	evl_test_advance(w.evl, 0);
	assert_progress(1, JOIN_IS_CONNECTING); /* without a request, without the operator */
	assert_progress(2, JOIN_IS_ADMITTED);
	join_on_lost(world_join(1), "timeout");
	evl_test_advance(w.evl, 2000);
	assert_progress(2, JOIN_IS_ADMITTED);
	assert_progress(1, JOIN_IS_CONNECTING);
	keyed(1);
	assert_progress(2, JOIN_IS_CONNECTING);
	evl_test_advance(w.evl, 2000);
	answer(1, BSRES_WIRED);
	assert_progress(1, JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

START_TEST(news_reaches_all_that_are_keyed)
{
	world_set_up(3, CTD_LISTED, 4);
	world_open();
	world_heard(1);
	keyed(1);
	for (int i = 0; i < 5; i++) {
		evl_test_advance(w.evl, 40000);
		answer(1, BSRES_UNSECURED);
	}
	evl_test_advance(w.evl, 2000);
	int before = w.gets[1];
	world_heard(2);
	keyed(2); /* 1 may have a secured link now */
	ck_assert_int_eq(w.gets[1], before + 1);
	answer(1, BSRES_SECURED);
	assert_progress(1, JOIN_IS_JOINED);
	evl_test_advance(w.evl, 0);
	ck_assert_int_eq(w.gets[2], 1); /* and 2, now that 1 has joined */
	world_tear_down();
}
END_TEST

/* What a joined node said of its links is old once one of its neighbours has joined. */
START_TEST(neighbours_of_who_joined_are_asked_again)
{
	const struct bsres_state state = {.index = KEY_INDEX,
					  .mark = BSRES_SECURED,
					  .link = {{.eui = world_eui(1), .secured = true}},
					  .n_links = 1};
	int before[4];

	world_set_up(3, CTD_LISTED, 4);
	world_open();
	for (int n = 1; n <= 3; n++) {
		world_heard(n);
		keyed(n);
		if (n < 3)
			answer(n, BSRES_SECURED);
	}
	evl_test_advance(w.evl, 60000);
	for (int n = 1; n <= 3; n++)
		before[n] = w.gets[n];
	join_on_answer(world_join(3), 0, COAP_MSG_CODE(2, 5), &state); /* 3 has a link with 1 */
	evl_test_advance(w.evl, 60000);
	assert_progress(3, JOIN_IS_JOINED);
	ck_assert_int_eq(w.gets[1], before[1] + 1);
	ck_assert_int_eq(w.gets[2], before[2]);
	world_tear_down();
}
END_TEST

START_TEST(restart_goes_on_where_it_was)
{
	world_set_up(4, CTD_SELECTED, 4);
	world_open();
	for (int n = 1; n <= 3; n++) {
		world_heard(n);
		ck_assert_int_eq(world_admit(n), 0);
	}
	world_heard(4);
	keyed(2);
	keyed(3);
	evl_test_advance(w.evl, 2000);
	answer(3, BSRES_SECURED);
	world_close();

	memset(w.connects, 0, sizeof(w.connects));
	world_open();
	assert_progress(1, JOIN_IS_ADMITTED);
	assert_progress(2, JOIN_IS_KEYED);
	assert_progress(3, JOIN_IS_JOINED);
	assert_progress(4, JOIN_IS_CANDIDATE);
	assert_reason(3, "proved");
	ck_assert_int_eq(world_member(3)->node.key_index, KEY_INDEX);
	roster_start(w.roster);
	evl_test_advance(w.evl, 0);
	ck_assert_int_eq(w.connects[1], 1); /* where it was tried last */
	ck_assert_int_eq(w.connects[2], 1); /* resumed without one */
	ck_assert_int_eq(w.connects[3], 0); /* nothing to do */
	join_on_up(world_join(2));
	answer(2, BSRES_SECURED);
	assert_progress(2, JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

/* A device that takes its keys just when the tool dies does not ask again. */
START_TEST(a_tool_that_died_knows_where_it_tried)
{
	world_set_up(2, CTD_LISTED, 1);
	world_open();
	world_heard(1);
	world_heard(2); /* waits for its turn: was tried nowhere */
	evl_test_advance(w.evl, 1000);
	assert_progress(1, JOIN_IS_CONNECTING);
	world_crash();
	memset(w.connects, 0, sizeof(w.connects));
	world_open();
	roster_start(w.roster);
	evl_test_advance(w.evl, 0);
	assert_progress(1, JOIN_IS_CONNECTING);
	ck_assert_int_eq(w.connects[1], 1);
	join_on_lost(world_join(1), "timeout");
	evl_test_advance(w.evl, 0);
	ck_assert_int_eq(w.connects[2], 0); /* its request tells the address */
	world_tear_down();
}
END_TEST

START_TEST(restart_tries_again_where_it_failed)
{
	world_set_up(1, CTD_LISTED, 4);
	world_open();
	world_heard(1);
	join_on_lost(world_join(1), "timeout");
	world_close();
	world_open();
	assert_reason(1, "handshake failed: timeout");
	roster_start(w.roster);
	evl_test_advance(w.evl, 0);
	assert_progress(1, JOIN_IS_CONNECTING);
	ck_assert_int_eq(w.connects[1], 2);
	world_tear_down();
}
END_TEST

START_TEST(removed_device_is_not_admitted_anew)
{
	struct eui64 one = world_eui(1);

	world_set_up(3, CTD_SELECTED, 4);
	world_open();
	world_heard(2);
	world_heard(3);
	world_admit(1);
	world_admit(2);
	world_admit(3);
	keyed(3);
	struct ctd_conf less = w.conf;
	less.n_devices = 0;
	ck_assert_int_eq(roster_configure(w.roster, &less), 0);
	assert_progress(1, JOIN_IS_DENIED);
	assert_progress(2, JOIN_IS_DENIED);
	assert_progress(3, JOIN_IS_KEYED); /* it has the key already */
	ck_assert(roster_knows(w.roster, &one));
	ck_assert_int_eq(world_admit(1), -ENOKEY);
	world_heard(1);
	assert_progress(1, JOIN_IS_DENIED);
	join_on_lost(world_join(3), "closed");
	evl_test_advance(w.evl, 5000);
	assert_reason(3, "not in the configuration");
	ck_assert_int_eq(w.connects[3], 1);
	/* back again: what was admitted is */
	ck_assert_int_eq(roster_configure(w.roster, &w.conf), 0);
	evl_test_advance(w.evl, 0);
	assert_progress(1, JOIN_IS_CONNECTING);
	assert_progress(2, JOIN_IS_CONNECTING);
	ck_assert_int_eq(w.connects[3], 2);
	world_tear_down();
}
END_TEST

START_TEST(removed_before_restart_is_denied_after_it)
{
	world_set_up(1, CTD_SELECTED, 4);
	world_open();
	world_heard(1);
	world_admit(1);
	world_close();
	w.conf.n_devices = 0;
	world_open();
	roster_start(w.roster);
	assert_progress(1, JOIN_IS_DENIED);
	world_heard(1);
	evl_test_advance(w.evl, 60000);
	ck_assert_int_eq(w.connects[1], 1); /* the one before */
	world_tear_down();
}
END_TEST

START_TEST(new_device_is_usable_after_reload_and_strangers_are_forgotten)
{
	struct eui64 three = world_eui(3);

	world_set_up(2, CTD_SELECTED, 4);
	world_open();
	struct ctd_conf more = w.conf;
	more.n_devices = 3;
	ck_assert_int_eq(roster_configure(w.roster, &more), 0);
	world_heard(3);
	ck_assert_int_eq(world_admit(3), 0);
	assert_progress(3, JOIN_IS_CONNECTING);
	ck_assert_int_eq(roster_configure(w.roster, &w.conf), 0);
	assert_progress(3, JOIN_IS_DENIED); /* admitted: remembered */
	more.n_devices = 1;
	ck_assert_int_eq(roster_configure(w.roster, &more), 0);
	struct eui64 two = world_eui(2);
	ck_assert(!roster_knows(w.roster, &two));
	ck_assert(roster_knows(w.roster, &three));
	ck_assert_uint_eq(roster_count(w.roster), 2);
	world_tear_down();
}
END_TEST

static char told[1024];

static void on_event(void *arg, const struct eui64 *eui, const char *text)
{
	size_t used = strlen(told);

	ck_assert_ptr_eq(arg, &w);
	snprintf(told + used, sizeof(told) - used, "%d %s\n", eui ? eui->b[7] : 0, text);
}

START_TEST(listener_hears_of_every_change_with_its_reason)
{
	static const char *const parts[] = {"2 admitted by the operator\n",
					    "2 handshake with fd00::2\n", "2 authenticated\n",
					    "2 key set taken", "2 proved"};
	const char *at = told;

	world_set_up(2, CTD_SELECTED, 4);
	world_open();
	roster_on_event(w.roster, on_event, &w);
	world_heard(2);
	world_admit(2);
	keyed(2);
	evl_test_advance(w.evl, 2000);
	answer(2, BSRES_SECURED);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		at = strstr(at, parts[i]);
		ck_assert_msg(at != NULL, "no '%s' in its place in: %s", parts[i], told);
		ck_assert_ptr_null(strstr(at + 1, parts[i])); /* once each */
	}
	roster_on_event(w.roster, NULL, NULL);
	told[0] = '\0';
	join_on_lost(world_join(2), "closed");
	ck_assert_str_eq(told, "");
	world_tear_down();
}
END_TEST

UNIT_MAIN("roster", listener_hears_of_every_change_with_its_reason,
	  selected_admits_only_whom_the_operator_names, listed_admits_the_configured_when_they_ask,
	  without_credential_nobody_is_admitted, admission_is_durable_or_refused,
	  at_most_max_joins_at_once_and_each_gets_its_turn,
	  who_does_not_answer_holds_half_of_the_turns_at_most, border_router_comes_first,
	  news_reaches_all_that_are_keyed, neighbours_of_who_joined_are_asked_again,
	  restart_goes_on_where_it_was, a_tool_that_died_knows_where_it_tried,
	  restart_tries_again_where_it_failed, removed_device_is_not_admitted_anew,
	  removed_before_restart_is_denied_after_it,
	  new_device_is_usable_after_reload_and_strangers_are_forgotten)
