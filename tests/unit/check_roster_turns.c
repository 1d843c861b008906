/* SPDX-License-Identifier: ISC */
/* Whose turn it is when many want one: a border router that is not there, requests in the names of
 * others, and a large mesh that has to be told before a deadline. */
#include "roster_world.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define STEP_MS    100
#define MINUTE     60000U
#define TIMEOUT_MS MINUTE /* of a handshake that nobody answers */

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
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	world_pass_ms(1000);
	for (int n = 1; n <= 4; n++)
		ck_assert(w.sim[n].secured);
	ck_assert_int_eq(roster_rekey(w.roster, w.why, sizeof(w.why)), 0);
	world_pass_ms(1000);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_int_eq(world_evict(3), 0);
	world_pass_ms(2 * MINUTE);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_uint_eq(world_active_index(1), 3);
	ck_assert_uint_eq(world_active_index(2), 3);
	ck_assert_uint_eq(world_active_index(4), 3);
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
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
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
			ck_assert_int_eq(world_evict(5), 0);
	}
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	for (int n = 1; n <= 10; n++) {
		ck_assert(!world_member(n)->node.left_behind);
		ck_assert_uint_eq(world_active_index(n), n == 5 ? 1 : 2);
	}
	world_tear_down();
}
END_TEST

START_TEST(more_turns_after_a_reload_are_used)
{
	set_up_flood(6, 1, 6);
	w.conf.max_joins = 1;
	ask_in_names_of(1, 6, false);
	step();
	ck_assert_int_eq(w.connects[1] + w.connects[2] + w.connects[3], 1);
	w.conf.max_joins = 3;
	ck_assert_int_eq(roster_configure(w.roster, &w.conf), 0);
	step();
	ck_assert_int_eq(w.connects[1] + w.connects[2] + w.connects[3], 3);
	world_tear_down();
}
END_TEST

/* Who comes by itself in the moment in which a turn becomes free goes behind those who wait. */
START_TEST(free_turn_is_for_who_waits)
{
	const struct eui64 three = world_eui(3);
	const struct in6_addr addr = world_addr(3);

	world_set_up(3, CTD_LISTED, 1);
	world_open();
	roster_start(w.roster);
	world_heard(1);
	world_heard(2);
	roster_heard(w.roster, &three, &addr);
	join_on_lost(world_join(1), "no answer");
	evl_test_advance(w.evl, 0);
	ck_assert_int_eq(w.connects[2], 1);
	ck_assert_int_eq(w.connects[3], 0);
	world_tear_down();
}
END_TEST

/* --- a large mesh and a deadline --- */

#define MESH 200

static uint64_t asked_ms[WORLD_DEVICES + 1]; /* 0: nothing is wanted of it */

static bool is_forged(const struct in6_addr *addr)
{
	return addr->s6_addr[1] == 0xbb;
}

/* Each takes its time; who is deaf, or not where it is looked for, lets what is asked time out. */
static void answer_in(int n, uint64_t handshake_ms, uint64_t request_ms)
{
	bool connect = w.pending[n] == WORLD_CONNECT;
	bool lost = w.sim[n].deaf || (connect && is_forged(&world_join(n)->peer));
	uint64_t takes_ms = lost ? TIMEOUT_MS : connect ? handshake_ms : request_ms;

	if (w.pending[n] == WORLD_NOTHING) {
		asked_ms[n] = 0;
		return;
	}
	if (asked_ms[n] == 0)
		asked_ms[n] = evl_now_ms(w.evl);
	if (evl_now_ms(w.evl) - asked_ms[n] < takes_ms)
		return;
	asked_ms[n] = 0;
	if (!lost) {
		world_answer(n);
		return;
	}
	w.pending[n] = WORLD_NOTHING;
	join_on_lost(world_join(n), "no answer");
}

static void pass_slowly(uint64_t ms, uint64_t handshake_ms, uint64_t request_ms)
{
	for (uint64_t t = 0; t < ms; t += STEP_MS) {
		evl_test_advance(w.evl, STEP_MS);
		for (int n = 1; n <= MESH; n++)
			answer_in(n, handshake_ms, request_ms);
	}
}

static unsigned count_left_behind(void)
{
	unsigned left = 0;

	for (int n = 1; n <= MESH; n++)
		left += world_member(n)->node.left_behind;
	return left;
}

/* Seconds until the re-key is done, `most_s` if it is not. */
static uint64_t rekey_slowly(uint64_t most_s, uint64_t handshake_ms, uint64_t request_ms)
{
	uint64_t s = 0;

	for (; s < most_s && w.mesh.phase != MESH_STEADY; s++)
		pass_slowly(1000, handshake_ms, request_ms);
	return s;
}

/* All have joined, and the tool has been restarted: there are no sessions. */
static void set_up_mesh_without_sessions(void)
{
	world_set_up(MESH, CTD_SELECTED, 4);
	world_join_line(MESH);
	world_close();
	world_open();
	roster_start(w.roster);
}

static void assert_nobody_left_behind(uint64_t handshake_ms, uint64_t request_ms)
{
	set_up_mesh_without_sessions();
	ck_assert_int_eq(world_evict(100), 0);
	ck_assert_uint_lt(rekey_slowly(600, handshake_ms, request_ms), 600);
	ck_assert_uint_eq(count_left_behind(), 0);
	for (int n = 1; n <= MESH; n++)
		ck_assert_uint_eq(world_active_index(n), n == 100 ? 1 : 2);
	world_tear_down();
}

START_TEST(eviction_after_a_restart_leaves_nobody_behind)
{
	assert_nobody_left_behind(1500, 300);
}
END_TEST

START_TEST(eviction_in_a_slow_mesh_leaves_nobody_behind)
{
	assert_nobody_left_behind(3000, 500);
}
END_TEST

/* Who is there is told in time; who is not gets one try, and no more time than that. */
START_TEST(eviction_leaves_behind_who_is_not_there)
{
	set_up_mesh_without_sessions();
	be_not_there(181, 200);
	ck_assert_int_eq(world_evict(100), 0);
	ck_assert_uint_lt(rekey_slowly(1200, 1500, 300), 600);
	ck_assert_uint_eq(count_left_behind(), 20);
	for (int n = 1; n <= MESH; n++)
		ck_assert(world_member(n)->node.left_behind == (n > 180));
	world_tear_down();
}
END_TEST

/* Who was told at once and did not answer had its try. */
START_TEST(short_deadline_is_kept)
{
	world_set_up(4, CTD_SELECTED, 4);
	world_join_line(4);
	w.conf.evict_deadline_s = 5;
	w.sim[4].deaf = true;
	ck_assert_int_eq(world_evict(2), 0);
	world_pass_ms(5000 + 2000); /* after it the border router is asked once more */
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert(world_member(4)->node.left_behind);
	world_tear_down();
}
END_TEST

/* Half of the mesh is switched off: the key of the evicted one is retired all the same. */
START_TEST(eviction_is_done_however_many_are_not_there)
{
	set_up_mesh_without_sessions();
	be_not_there(51, 200);
	ck_assert_int_eq(world_evict(10), 0);
	ck_assert_uint_le(rekey_slowly(3600, 1500, 300), 60 + 900 + 120);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_uint_eq(world_active_index(1), 2);
	world_tear_down();
}
END_TEST

/* Somebody asks in the names of all members, before and while they are looked for. */
START_TEST(eviction_under_a_flood_leaves_nobody_behind)
{
	set_up_mesh_without_sessions();
	for (unsigned s = 0; s < 600 && (s <= 10 || w.mesh.phase != MESH_STEADY); s++) {
		ask_in_names_of(1, MESH, true);
		if (s == 10)
			ck_assert_int_eq(world_evict(100), 0);
		pass_slowly(1000, 1500, 300);
	}
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_uint_eq(count_left_behind(), 0);
	for (int n = 1; n <= MESH; n++)
		ck_assert_uint_eq(world_active_index(n), n == 100 ? 1 : 2);
	world_tear_down();
}
END_TEST

/* With sessions the deadline is what it says: everybody is told at once. */
START_TEST(eviction_with_sessions_is_done_by_its_deadline)
{
	world_set_up(MESH, CTD_SELECTED, 4);
	world_join_line(MESH);
	be_not_there(196, 200);
	ck_assert_int_eq(world_evict(100), 0);
	pass_slowly(60000, 1500, 300);
	for (int n = 1; n < 196; n++)
		ck_assert_uint_ge(world_member(n)->node.key_version, n == 100 ? 0 : 2);
	ck_assert_uint_le(rekey_slowly(3600, 1500, 300), 130);
	ck_assert_uint_eq(count_left_behind(), 5);
	world_tear_down();
}
END_TEST

/* What is due is told in the turn of the handshake, not after those of all others. */
START_TEST(due_is_told_right_after_the_handshake)
{
	set_up_mesh_without_sessions();
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	pass_slowly(10000, 1500, 300);
	unsigned closed = 0;
	for (int n = 1; n <= MESH; n++)
		closed += w.sim[n].secured;
	ck_assert_uint_ge(closed, 12);
	world_tear_down();
}
END_TEST

/* As many joined nodes as there are turns shake hands and keep their answers to themselves. */
START_TEST(who_is_only_asked_keeps_nobody_waiting)
{
	world_set_up(6, CTD_LISTED, 4);
	world_join_line(5);
	world_restart();
	world_serve();
	for (int n = 2; n <= 5; n++) {
		world_heard(n);
		ck_assert_int_eq(w.pending[n], WORLD_CONNECT);
		world_answer(n);
		ck_assert_int_eq(w.pending[n], WORLD_GET);
		w.sim[n].deaf = true;
	}
	world_heard(6);
	world_pass_ms(2000);
	ck_assert_int_eq(join_progress(world_join(6)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

/* --- news --- */

/* Most of a large mesh has keys and no proof yet: what one join costs does not grow with them. */
START_TEST(join_does_not_have_all_others_asked)
{
	int before = 0, after = 0;

	world_set_up(MESH, CTD_LISTED, 4);
	for (int n = 1; n <= MESH; n++)
		w.sim[n].unsecured = n <= MESH - 10;
	world_open();
	roster_start(w.roster);
	for (int n = 1; n <= MESH - 10; n++)
		world_heard(n);
	world_pass_ms(600000); /* all are asked each half a minute by now */
	for (int n = 1; n <= MESH; n++)
		before += w.gets[n];
	for (int n = MESH - 9; n <= MESH; n++) {
		world_heard(n);
		world_pass_ms(3000);
		ck_assert_int_eq(join_progress(world_join(n)), JOIN_IS_JOINED);
	}
	for (int n = 1; n <= MESH; n++)
		after += w.gets[n];
	/* Without news once or twice in that time; after it some times in short order. */
	ck_assert_int_le(after - before, 3 * MESH + 3 * (16 + 30 * 4));
	ck_assert_int_ge(after - before, MESH + 16 + 30 * 4);
	world_tear_down();
}
END_TEST

/* Whoever else there is, a neighbour is asked. */
START_TEST(neighbours_of_who_was_keyed_are_asked_at_once)
{
	world_set_up(MESH, CTD_LISTED, 4);
	for (int n = 1; n < MESH; n++)
		w.sim[n].unsecured = true;
	w.sim[100].link[w.sim[100].n_links++] = world_eui(MESH);
	world_open();
	roster_start(w.roster);
	for (int n = 1; n < MESH; n++)
		world_heard(n);
	world_pass_ms(600000);
	w.sim[100].unsecured = false; /* by what its neighbour gets now */
	world_heard(MESH);
	world_pass_ms(2000);
	ck_assert_int_eq(join_progress(world_join(100)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

UNIT_MAIN("roster_turns", router_that_is_not_there_holds_up_no_member,
	  router_that_is_not_there_holds_up_no_newcomer,
	  router_that_is_not_there_holds_up_no_member_without_session,
	  flood_in_many_names_starves_nobody, flood_from_fixed_addresses_starves_nobody,
	  flood_of_names_in_doubt_holds_up_no_newcomer, crowd_joins_behind_as_many_forgers_as_turns,
	  who_failed_once_gets_its_turn_among_forgers, flood_leaves_nobody_behind,
	  more_turns_after_a_reload_are_used, free_turn_is_for_who_waits,
	  eviction_after_a_restart_leaves_nobody_behind,
	  eviction_in_a_slow_mesh_leaves_nobody_behind, eviction_leaves_behind_who_is_not_there,
	  short_deadline_is_kept, eviction_is_done_however_many_are_not_there,
	  eviction_under_a_flood_leaves_nobody_behind,
	  eviction_with_sessions_is_done_by_its_deadline, due_is_told_right_after_the_handshake,
	  who_is_only_asked_keeps_nobody_waiting, join_does_not_have_all_others_asked,
	  neighbours_of_who_was_keyed_are_asked_at_once)
