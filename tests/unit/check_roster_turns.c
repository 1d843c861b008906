/* SPDX-License-Identifier: ISC */
/* Whose turn it is when many want one: a border router that is not there, requests in the names of
 * others, and a large mesh that has to be told before a deadline. */
#include "roster_world.h"

#include "unit.h"

#include <string.h>

#define STEP_MS    100
#define MINUTE     60000U
#define TIMEOUT_MS MINUTE /* of a handshake that nobody answers */

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

/* --- requests in the names of others --- */

/* Whoever is deaf in the simulation is not there: somebody asks in its name. */
static uint64_t begun_ms[WORLD_DEVICES + 1]; /* its handshake; 0: none under way */

static void be_not_there(int first, int last)
{
	for (int n = first; n <= last; n++)
		w.sim[n].deaf = true;
}

/* From an address that nobody has, another one each time if `fresh`. */
static void ask_in_name_of(int n, bool fresh)
{
	static uint32_t requests;
	struct in6_addr from = {.s6_addr = {0xfd, 0xbb}};
	struct eui64 e = world_eui(n);
	uint32_t which = fresh ? ++requests : (uint32_t)n;

	memcpy(&from.s6_addr[12], &which, sizeof(which));
	roster_heard(w.roster, &e, &from);
}

static void ask_in_names_of(int first, int last, bool fresh)
{
	for (int n = first; n <= last; n++)
		ask_in_name_of(n, fresh);
}

static void time_out(int n, uint64_t now_ms)
{
	if (!w.sim[n].deaf || w.pending[n] != WORLD_CONNECT) {
		begun_ms[n] = 0;
	} else if (begun_ms[n] == 0) {
		begun_ms[n] = now_ms;
	} else if (now_ms - begun_ms[n] >= TIMEOUT_MS) {
		begun_ms[n] = 0;
		w.pending[n] = WORLD_NOTHING;
		join_on_lost(world_join(n), "no answer");
	}
}

static void step(void)
{
	evl_test_advance(w.evl, STEP_MS);
	for (size_t n = 1; n <= w.conf.n_devices; n++)
		time_out((int)n, evl_now_ms(w.evl));
	world_serve();
}

/* One that is there asks every 5 s, and is flooded with requests of all the others each second.
 * Returns the seconds until it has joined, or `most_s`. */
static uint64_t join_in_flood(int honest, bool fresh, uint64_t most_s)
{
	for (uint64_t s = 0; s < most_s; s++) {
		ask_in_names_of(1, honest - 1, fresh);
		if (s % 5 == 2)
			world_heard(honest);
		for (unsigned ms = 0; ms < 1000; ms += STEP_MS)
			step();
		if (join_progress(world_join(honest)) == JOIN_IS_JOINED)
			return s;
	}
	return most_s;
}

static void set_up_flood(size_t n_devices, int first, int last)
{
	world_set_up(n_devices, CTD_LISTED, 4);
	be_not_there(first, last);
	world_open();
	roster_start(w.roster);
}

/* Each name costs one turn of a minute at most, four at a time, before it is in doubt. */
START_TEST(flood_in_many_names_starves_nobody)
{
	set_up_flood(20, 1, 19);
	ck_assert_uint_le(join_in_flood(20, true, 7200), (19 / 4 + 1) * 60);
	world_tear_down();
}
END_TEST

START_TEST(flood_from_fixed_addresses_starves_nobody)
{
	set_up_flood(60, 1, 59);
	ck_assert_uint_le(join_in_flood(60, false, 7200), (59 / 4 + 1) * 60);
	world_tear_down();
}
END_TEST

/* From then on those names have half of the turns at most. */
START_TEST(flood_of_names_in_doubt_holds_up_no_newcomer)
{
	set_up_flood(20, 1, 18);
	w.sim[20].deaf = true;
	(void)join_in_flood(19, true, 7200);
	for (unsigned ms = 0; ms < 10 * MINUTE; ms += STEP_MS) {
		if (ms % 1000 == 0)
			ask_in_names_of(1, 18, true);
		step();
	}
	w.sim[20].deaf = false;
	world_heard(20);
	for (unsigned ms = 0; ms < 1000; ms += STEP_MS)
		step();
	ck_assert_int_eq(join_progress(world_join(20)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

/* As many names as there are turns, and twenty devices that ask after them. */
START_TEST(crowd_joins_behind_as_many_forgers_as_turns)
{
	set_up_flood(24, 1, 4);
	for (unsigned ms = 0; ms < MINUTE + 5000; ms += STEP_MS) {
		if (ms % 3000 == 0)
			ask_in_names_of(1, 4, true);
		for (int n = 5; ms == 6000 && n <= 24; n++)
			world_heard(n);
		step();
	}
	for (int n = 5; n <= 24; n++)
		ck_assert_int_eq(join_progress(world_join(n)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

/* Its handshake was lost once: it shares with the forgers, each in turn. */
START_TEST(who_failed_once_gets_its_turn_among_forgers)
{
	unsigned ms;

	set_up_flood(12, 1, 12);
	world_heard(12);
	for (ms = 0; ms < 3 * TIMEOUT_MS; ms += STEP_MS) {
		if (ms % 1000 == 0)
			ask_in_names_of(1, 11, true);
		step();
	}
	w.sim[12].deaf = false;
	for (ms = 0; join_progress(world_join(12)) != JOIN_IS_JOINED; ms += STEP_MS) {
		ck_assert_uint_lt(ms, (11 / 2 + 2) * TIMEOUT_MS);
		if (ms % 1000 == 0)
			ask_in_names_of(1, 11, true);
		step();
	}
	world_tear_down();
}
END_TEST

START_TEST(flood_leaves_nobody_behind)
{
	world_set_up(14, CTD_SELECTED, 4);
	world_join_line(10);
	w.conf.admission = CTD_LISTED;
	be_not_there(11, 14);
	for (unsigned ms = 0; ms < 3 * MINUTE; ms += STEP_MS) {
		if (ms % 15000 == 0)
			ask_in_names_of(11, 14, true);
		step();
		if (ms == 30000)
			ck_assert_int_eq(evict(5), 0);
	}
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	for (int n = 1; n <= 10; n++) {
		ck_assert(!world_member(n)->node.left_behind);
		assert_active(n, n == 5 ? 1 : 2);
	}
	world_tear_down();
}
END_TEST

UNIT_MAIN("roster_turns", router_that_is_not_there_holds_up_no_member,
	  router_that_is_not_there_holds_up_no_newcomer,
	  router_that_is_not_there_holds_up_no_member_without_session,
	  flood_in_many_names_starves_nobody, flood_from_fixed_addresses_starves_nobody,
	  flood_of_names_in_doubt_holds_up_no_newcomer, crowd_joins_behind_as_many_forgers_as_turns,
	  who_failed_once_gets_its_turn_among_forgers, flood_leaves_nobody_behind)
