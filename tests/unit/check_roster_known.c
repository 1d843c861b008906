/* SPDX-License-Identifier: ISC */
/* What is known of a device's frame counter, and of who has to forget it, must outlive time and
 * crashes: else a nonce is used twice, or a node is never heard again. */
#include "roster_world.h"

#include "base/clock.h"
#include "keys/fcounter.h"
#include "unit.h"

#include <string.h>

#define LINE     4
#define WHILE_MS 3000
#define HOUR_S   3600

static void set_up(void)
{
	world_set_up(LINE, CTD_SELECTED, 4);
	world_join_line(LINE);
}

static void lose_state(int n)
{
	keyset_clear(&w.sim[n].keys);
	w.sim[n].fc = FCOUNTER_BLOCK;
}

static void report(int n, uint32_t fc)
{
	w.sim[n].fc = fc;
	join_check(world_join(n));
	world_pass_ms(WHILE_MS);
}

/* What the tool knows is `s` seconds old from now on: no clock is set, the store is. */
static void grow_old(int s)
{
	char sql[64];

	world_pass_ms(WHILE_MS);
	snprintf(sql, sizeof(sql), "UPDATE node SET fc_s = fc_s - %d", s);
	ck_assert_int_eq(store_run(w.store, sql, ""), 0);
	world_restart();
}

START_TEST(old_report_counts_for_what_may_have_been_sent_since)
{
	set_up();
	report(3, 7U << 20);
	grow_old(HOUR_S);
	lose_state(3);
	join_check(world_join(3));
	world_pass_ms(WHILE_MS);
	ck_assert_uint_eq(world_active_index(3), 1);
	ck_assert_uint_ge(w.sim[3].fc, (8U << 20) + HOUR_S * 1000U);
	world_tear_down();
}
END_TEST

START_TEST(report_that_does_not_change_is_renewed)
{
	set_up();
	report(3, 7U << 20);
	grow_old(2 * HOUR_S);
	ck_assert_int_lt(world_member(3)->node.fc_s, clock_wall_s() - HOUR_S);
	report(3, 7U << 20);
	ck_assert_int_ge(world_member(3)->node.fc_s, clock_wall_s() - 60);
	world_tear_down();
}
END_TEST

START_TEST(counter_under_a_fresh_key_may_start_again)
{
	set_up();
	report(3, 77U << 20);
	ck_assert_uint_eq(world_member(3)->node.fc, 77U << 20);
	w.sim[3].fc = 3U << 20;
	ck_assert_int_eq(world_rekey(), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_uint_eq(world_active_index(3), 2);
	ck_assert_uint_eq(world_member(3)->node.fc, 3U << 20);
	report(3, 2U << 20); /* under the same key it does not go back */
	ck_assert_uint_eq(world_member(3)->node.fc, 3U << 20);
	world_tear_down();
}
END_TEST

/* The tool is killed in the very moment in which it learns that a node starts over, which by then
 * has keys enough not to ask again. */
START_TEST(who_has_to_forget_is_known_after_a_crash)
{
	const struct eui64 three = world_eui(3);

	set_up();
	lose_state(3);
	join_check(world_join(3));
	while (w.pending[3] != WORLD_GET)
		ck_assert(world_serve_one());
	world_answer(3);
	w.sim[3].deaf = true;
	world_restart();
	world_pass_ms(WHILE_MS);
	ck_assert(eui64_equal(&w.sim[2].forgot[0], &three));
	ck_assert(eui64_equal(&w.sim[4].forgot[0], &three));
	world_tear_down();
}
END_TEST

/* Either of two neighbours may be the only one that knows of the other. */
START_TEST(neighbours_forget_whoever_named_whom)
{
	const struct eui64 three = world_eui(3);

	set_up();
	w.sim[2].n_links = 0;
	w.sim[3].n_links = 1; /* 2 */
	w.sim[4].n_links = 1; /* 3 */
	for (int n = 2; n <= LINE; n++)
		report(n, 7U << 20);
	lose_state(3);
	join_check(world_join(3));
	world_pass_ms(WHILE_MS);
	ck_assert(eui64_equal(&w.sim[2].forgot[0], &three));
	ck_assert(eui64_equal(&w.sim[4].forgot[0], &three));
	ck_assert_uint_eq(w.sim[1].n_forgot, 0);
	world_tear_down();
}
END_TEST

/* The clock on the wall was set back, as by a power cut: an eviction still ends. */
START_TEST(deadline_is_not_further_than_it_can_be)
{
	set_up();
	w.sim[4].deaf = true;
	ck_assert_int_eq(world_evict(2), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(
		store_run(w.store, "UPDATE mesh SET deadline_s = deadline_s + 1000000", ""), 0);
	world_restart();
	world_pass_ms(62000);
	ck_assert(world_member(4)->node.left_behind);
	world_tear_down();
}
END_TEST

START_TEST(who_is_evicted_has_nothing_to_forget)
{
	set_up();
	w.sim[2].deaf = true;
	lose_state(3);
	join_check(world_join(3));
	world_pass_ms(WHILE_MS);
	ck_assert_uint_eq(world_member(2)->node.n_forget, 1);
	ck_assert_int_eq(world_evict(2), 0);
	ck_assert_uint_eq(world_member(2)->node.n_forget, 0);
	world_tear_down();
}
END_TEST

/* Somebody asks in the name of a node that is in: where that was tried last is not where it is. */
START_TEST(forged_address_is_not_where_it_is_looked_for_after_a_crash)
{
	const struct eui64 three = world_eui(3);
	const struct in6_addr forged = world_addr(99), true_one = world_addr(3);

	set_up();
	join_on_lost(world_join(3), "closed");
	roster_heard(w.roster, &three, &forged);
	evl_test_advance(w.evl, 0);
	ck_assert(IN6_ARE_ADDR_EQUAL(&world_join(3)->peer, &forged));
	w.pending[3] = WORLD_NOTHING;
	join_on_lost(world_join(3), "no answer");
	evl_test_advance(w.evl, 100); /* it is stored */
	world_restart();
	ck_assert(IN6_ARE_ADDR_EQUAL(&world_member(3)->node.addr, &true_one));
	world_tear_down();
}
END_TEST

/* A whole floor of lamps around one node comes back without their state. */
START_TEST(many_are_forgotten_a_few_at_once)
{
	enum { CROWD = 20 };
	size_t most = 0;

	world_set_up(CROWD, CTD_SELECTED, 4);
	for (int n = 3; n <= CROWD; n++)
		w.sim[n].link[w.sim[n].n_links++] = world_eui(2);
	world_join_line(CROWD);
	w.sim[2].deaf = true;
	for (int n = 3; n <= CROWD; n++) {
		lose_state(n);
		join_check(world_join(n));
	}
	world_pass_ms(WHILE_MS);
	w.sim[2].deaf = false;
	while (world_serve_one())
		if (w.told[2].kind == DUE_FORGET && w.told[2].change.n_forget > most)
			most = w.told[2].change.n_forget;
	ck_assert_uint_eq(w.sim[2].n_forgot, CROWD - 2);
	ck_assert_uint_eq(most, 8);
	world_tear_down();
}
END_TEST

/* Those that are switched off are looked after one at a time: the turns are for others. */
START_TEST(who_is_not_there_is_looked_after_in_one_turn)
{
	set_up();
	world_restart();
	world_pass_ms(1000);
	for (int n = 2; n <= LINE; n++)
		w.sim[n].deaf = true;
	for (int s = 0; s < 50; s++) {
		int connecting = 0;
		world_pass_ms(1000);
		for (int n = 2; n <= LINE; n++)
			connecting += w.pending[n] == WORLD_CONNECT;
		ck_assert_int_le(connecting, 1);
	}
	ck_assert_int_eq(w.connects[2] + w.connects[3] + w.connects[4], LINE - 1 + 1);
	world_tear_down();
}
END_TEST

UNIT_MAIN("roster_known", old_report_counts_for_what_may_have_been_sent_since,
	  report_that_does_not_change_is_renewed, counter_under_a_fresh_key_may_start_again,
	  who_has_to_forget_is_known_after_a_crash, many_are_forgotten_a_few_at_once,
	  neighbours_forget_whoever_named_whom, deadline_is_not_further_than_it_can_be,
	  who_is_evicted_has_nothing_to_forget,
	  forged_address_is_not_where_it_is_looked_for_after_a_crash,
	  who_is_not_there_is_looked_after_in_one_turn)
