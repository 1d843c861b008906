/* SPDX-License-Identifier: ISC */
/* Nobody is left behind by a re-key while those are away by whom the others are told; and what is
 * done once they are back. */
#include "keys/fcounter.h"
#include "roster_world.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define LINE 6 /* 1 is the border router, 6 is evicted */

static void set_up(void)
{
	world_set_up(LINE, CTD_SELECTED, 4);
	world_join_line(LINE);
	w.conf.evict_deadline_s = 5;
}

/* The way to the border router, or the router itself, is away for longer than the deadline. */
static void be_away(int first, int last, bool away)
{
	for (int n = first; n <= last; n++) {
		w.sim[n].deaf = away;
		if (away && world_join(n)->up)
			join_on_lost(world_join(n), "no answer");
	}
}

static void fail_pending(void)
{
	for (int n = 1; n <= LINE; n++)
		if (w.sim[n].deaf && w.pending[n] == WORLD_CONNECT) {
			w.pending[n] = WORLD_NOTHING;
			join_on_lost(world_join(n), "no answer");
		}
}

static void pass_in_vain_s(unsigned s)
{
	for (; s > 0; s--) {
		world_pass_ms(1000);
		fail_pending();
	}
}

/* Until all have the new key, and not longer. */
static void pass_stage(void)
{
	while (w.mesh.phase == MESH_STAGE) {
		if (!world_serve_one())
			evl_test_advance(w.evl, 1);
		fail_pending();
	}
}

START_TEST(eviction_waits_for_a_border_router)
{
	set_up();
	be_away(1, 6, true);
	ck_assert_int_eq(world_evict(6), 0);
	pass_in_vain_s(600);
	ck_assert_int_eq(w.mesh.phase, MESH_STAGE);
	ck_assert_int_eq(roster_rekey_force(w.roster, w.why, sizeof(w.why)), -EBUSY);
	ck_assert_ptr_nonnull(strstr(w.why, "border router"));
	for (int n = 1; n <= 5; n++)
		ck_assert(!world_member(n)->node.left_behind);
	be_away(1, 4, false); /* and all that were tried in vain get another try, at once */
	for (int s = 0; s < 70 && w.mesh.phase == MESH_STAGE; s++)
		pass_in_vain_s(1);
	pass_in_vain_s(10);
	for (int n = 1; n <= 4; n++)
		ck_assert_uint_eq(world_active_index(n), 2);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert(world_member(5)->node.left_behind);
	world_tear_down();
}
END_TEST

static void assert_left_behind(int first, int last, bool left)
{
	for (int n = first; n <= last; n++)
		ck_assert(world_member(n)->node.left_behind == left);
}

/* All are back: the re-key is done within two minutes, and by all of them. */
static void assert_done_when_back(uint8_t index)
{
	be_away(1, LINE - 1, false);
	for (int s = 0; s < 120 && w.mesh.phase != MESH_STEADY; s++)
		pass_in_vain_s(1);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	assert_left_behind(1, LINE - 1, false);
	for (int n = 1; n < LINE; n++)
		ck_assert_uint_eq(world_active_index(n), index);
}

/* It alone has the new key staged: without the old one it would understand nobody. */
static void evict_and_lose_router_after(unsigned seconds)
{
	set_up();
	be_away(2, LINE, true);
	ck_assert_int_eq(world_evict(LINE), 0);
	pass_in_vain_s(seconds);
	ck_assert_uint_eq(world_member(1)->node.key_version, w.mesh.key_version);
	be_away(1, 1, true);
	pass_in_vain_s(600);
	ck_assert_int_eq(w.mesh.phase, MESH_STAGE);
	ck_assert_int_eq(roster_rekey_force(w.roster, w.why, sizeof(w.why)), -EBUSY);
	assert_left_behind(1, LINE, false);
	assert_done_when_back(2);
	world_tear_down();
}

START_TEST(router_answers_and_then_is_away)
{
	evict_and_lose_router_after(1);
}
END_TEST

START_TEST(router_is_away_just_before_the_deadline)
{
	evict_and_lose_router_after(4);
}
END_TEST

/* Nor if nothing says that its session has ended. */
START_TEST(router_answers_and_then_is_silent)
{
	set_up();
	be_away(2, LINE, true);
	ck_assert_int_eq(world_evict(LINE), 0);
	pass_in_vain_s(1);
	w.sim[1].deaf = true;
	pass_in_vain_s(60);
	ck_assert_int_eq(w.mesh.phase, MESH_STAGE);
	assert_left_behind(1, LINE, false);
	assert_done_when_back(2);
	world_tear_down();
}
END_TEST

/* All send under the old key still. */
START_TEST(router_is_away_while_the_new_key_becomes_active)
{
	set_up();
	ck_assert_int_eq(world_evict(LINE), 0);
	pass_stage();
	be_away(1, LINE, true);
	pass_in_vain_s(600);
	ck_assert_int_eq(w.mesh.phase, MESH_ACTIVATE);
	assert_left_behind(1, LINE, false);
	assert_done_when_back(2);
	world_tear_down();
}
END_TEST

/* The deadline of the phase before is over then: the next one has its own. */
START_TEST(who_is_slow_has_the_new_key_active_before_the_old_one_goes)
{
	set_up();
	w.conf.evict_deadline_s = 60;
	be_away(1, LINE, true);
	ck_assert_int_eq(world_evict(LINE), 0);
	pass_in_vain_s(120);
	w.mesh.deadline_s = 1; /* the wall clock of a test stands still */
	be_away(1, LINE - 1, false);
	pass_stage();
	ck_assert_int_eq(w.mesh.phase, MESH_ACTIVATE);
	w.sim[5].deaf = true;
	pass_in_vain_s(40);
	ck_assert_int_eq(w.mesh.phase, MESH_ACTIVATE);
	assert_done_when_back(2);
	world_tear_down();
}
END_TEST

START_TEST(tool_that_starts_asks_the_router_first)
{
	set_up();
	be_away(2, LINE, true);
	ck_assert_int_eq(world_evict(LINE), 0);
	pass_in_vain_s(1);
	be_away(1, 1, true);
	world_restart();
	pass_in_vain_s(600);
	ck_assert_int_eq(w.mesh.phase, MESH_STAGE);
	assert_left_behind(1, LINE, false);
	assert_done_when_back(2);
	world_tear_down();
}
END_TEST

START_TEST(force_needs_a_router_that_answers)
{
	set_up();
	be_away(5, 5, true);
	ck_assert_int_eq(world_rekey(), 0);
	pass_in_vain_s(300);
	be_away(1, 1, true);
	pass_in_vain_s(70);
	ck_assert_int_eq(roster_rekey_force(w.roster, w.why, sizeof(w.why)), -EBUSY);
	ck_assert(roster_rekey_waits(w.roster)); /* which is where that points to */
	be_away(1, 1, false);
	pass_in_vain_s(70);
	ck_assert(!roster_rekey_waits(w.roster));
	ck_assert_int_eq(roster_rekey_force(w.roster, w.why, sizeof(w.why)), 0);
	assert_left_behind(5, 5, true);
	world_tear_down();
}
END_TEST

/* Its addresses have backed off to a minute by then. */
START_TEST(router_that_is_back_is_found_within_seconds)
{
	set_up();
	be_away(1, LINE, true);
	ck_assert_int_eq(world_evict(LINE), 0);
	pass_in_vain_s(600);
	w.mesh.deadline_s = 1; /* the wall clock of a test stands still */
	ck_assert(roster_rekey_waits(w.roster));
	be_away(1, 1, false);
	pass_in_vain_s(6);
	ck_assert(!roster_rekey_waits(w.roster));
	world_tear_down();
}
END_TEST

/* Without a border router anybody will do, and one that does not answer is not all. */
START_TEST(without_routers_some_are_asked)
{
	enum { MANY = 2 * LINE };
	int gets = 0;

	world_set_up(MANY, CTD_SELECTED, 4);
	world_join_line(MANY);
	w.device[0].role = CTD_NODE;
	ck_assert_int_eq(roster_configure(w.roster, &w.conf), 0);
	be_away(5, 5, true);
	ck_assert_int_eq(world_evict(MANY), 0);
	pass_in_vain_s(5);
	be_away(4, 4, true);
	for (int n = 1; n < MANY; n++)
		gets -= w.gets[n];
	pass_in_vain_s(50);
	for (int n = 1; n < MANY; n++)
		gets += w.gets[n];
	ck_assert_int_ge(gets, 30); /* four in five seconds */
	ck_assert_int_le(gets, 44);
	pass_in_vain_s(180);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	assert_left_behind(5, 5, true);
	assert_left_behind(1, 3, false);
	world_tear_down();
}
END_TEST

/* --- a re-key that cannot be stored --- */

static void counter_rekey_is_not_stored(void)
{
	set_up();
	w.sim[3].fc = FCOUNTER_REKEY_DUE;
	join_check(world_join(3));
	evl_test_advance(w.evl, 0);
	ck_assert_int_eq(store_run(w.store,
				   "CREATE TRIGGER stuck BEFORE UPDATE ON mesh "
				   "BEGIN SELECT RAISE(ABORT, 'full'); END",
				   ""),
			 0);
	world_answer(3);
	evl_test_advance(w.evl, 200);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_int_eq(store_run(w.store, "DROP TRIGGER stuck", ""), 0);
}

static void assert_rekeyed_once(void)
{
	world_pass_ms(60000);
	ck_assert_uint_eq(w.mesh.key_version, 4); /* three phases */
	ck_assert_uint_eq(world_active_index(3), 2);
	world_tear_down();
}

START_TEST(rekey_for_a_counter_that_is_not_stored_is_tried_again)
{
	counter_rekey_is_not_stored();
	assert_rekeyed_once();
}
END_TEST

START_TEST(rekey_of_the_operator_meanwhile_is_enough)
{
	counter_rekey_is_not_stored();
	ck_assert_int_eq(world_rekey(), 0);
	assert_rekeyed_once();
}
END_TEST

UNIT_MAIN("roster_reach", eviction_waits_for_a_border_router, router_answers_and_then_is_away,
	  router_is_away_just_before_the_deadline, router_answers_and_then_is_silent,
	  router_is_away_while_the_new_key_becomes_active,
	  who_is_slow_has_the_new_key_active_before_the_old_one_goes,
	  tool_that_starts_asks_the_router_first, force_needs_a_router_that_answers,
	  router_that_is_back_is_found_within_seconds, without_routers_some_are_asked,
	  rekey_for_a_counter_that_is_not_stored_is_tried_again,
	  rekey_of_the_operator_meanwhile_is_enough)
