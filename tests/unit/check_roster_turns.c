/* SPDX-License-Identifier: ISC */
/* Whose turn it is when many want one: a border router that is not there, requests in the names of
 * others, and a large mesh that has to be told before a deadline. */
#include "roster_world.h"

#include "unit.h"

#define MINUTE 60000U

static char why[256];

static int evict(int n)
{
	struct eui64 e = world_eui(n);

	return roster_evict(w.roster, &e, why, sizeof(why));
}

static void assert_active(int n, uint8_t index)
{
	const struct key_entry *e = keyset_active(&w.sim[n].keys);

	ck_assert_uint_eq(e ? e->index : 0, index);
}

/* --- border routers --- */

/* A line of four that has joined, and a second border router in the configuration that does not
 * answer. */
static void set_up_deaf_router(void)
{
	world_set_up(4, CTD_SELECTED, 2);
	world_join_line(4);
	w.sim[5].deaf = true;
	w.device[4].role = CTD_BORDER_ROUTER;
	w.device[4].address = world_addr(5);
	w.conf.n_devices = 6;
	ck_assert_int_eq(roster_configure(w.roster, &w.conf), 0);
	world_pass_ms(5000);
	ck_assert_int_gt(w.connects[5], 0);
}

START_TEST(router_that_is_not_there_holds_up_no_member)
{
	set_up_deaf_router();
	ck_assert_int_eq(roster_close(w.roster, why, sizeof(why)), 0);
	world_pass_ms(1000);
	for (int n = 1; n <= 4; n++)
		ck_assert(w.sim[n].secured);
	ck_assert_int_eq(roster_rekey(w.roster, why, sizeof(why)), 0);
	world_pass_ms(1000);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_int_eq(evict(3), 0);
	world_pass_ms(2 * MINUTE);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	assert_active(1, 3);
	assert_active(2, 3);
	assert_active(4, 3);
	for (int n = 1; n <= 4; n++)
		ck_assert(!world_member(n)->node.left_behind);
	world_tear_down();
}
END_TEST

START_TEST(router_that_is_not_there_holds_up_no_newcomer)
{
	set_up_deaf_router();
	world_heard(6);
	ck_assert_int_eq(world_admit(6), 0);
	world_pass_ms(5000);
	ck_assert_int_eq(join_progress(world_join(6)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

/* Without sessions, as after a restart. */
START_TEST(router_that_is_not_there_holds_up_no_member_without_session)
{
	set_up_deaf_router();
	world_close();
	world_open();
	ck_assert_int_eq(roster_close(w.roster, why, sizeof(why)), 0);
	roster_start(w.roster);
	world_pass_ms(5000);
	for (int n = 1; n <= 4; n++)
		ck_assert(w.sim[n].secured);
	world_tear_down();
}
END_TEST

UNIT_MAIN("roster_turns", router_that_is_not_there_holds_up_no_member,
	  router_that_is_not_there_holds_up_no_newcomer,
	  router_that_is_not_there_holds_up_no_member_without_session)
