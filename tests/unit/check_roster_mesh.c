/* SPDX-License-Identifier: ISC */
/* A whole mesh of simulated devices in a line: what the operator wants of it, told to each, over
 * whatever happens meanwhile. */
#include "roster_world.h"

#include "keys/fcounter.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define LINE     4
#define MINUTE   60000U
#define WHILE_MS 5000 /* enough for everybody to be told everything */

static void set_up(void)
{
	world_set_up(LINE, CTD_SELECTED, 2);
	world_join_line(LINE);
}

static int deny(int n)
{
	struct eui64 e = world_eui(n);

	return roster_deny(w.roster, &e, w.why, sizeof(w.why));
}

static int open_near(int n)
{
	struct eui64 e = world_eui(n);

	return roster_open(w.roster, &e, w.why, sizeof(w.why));
}

static void assert_secured(const char *wanted)
{
	char is[LINE + 1] = "";

	for (int i = 1; i <= LINE; i++)
		is[i - 1] = w.sim[i].secured ? 'c' : 'o';
	ck_assert_str_eq(is, wanted);
}

static void assert_nothing_due(void)
{
	for (int i = 1; i <= LINE; i++)
		ck_assert_str_eq(due_name(roster_due(w.roster, world_member(i))), "");
}

/* Keys in use, not retired. */
static size_t keys_of(int n)
{
	size_t in_use = 0;

	for (size_t i = 0; i < w.sim[n].keys.n; i++)
		in_use += w.sim[n].keys.entry[i].state != KEY_RETIRED;
	return in_use;
}

static bool understands(int to, uint8_t index)
{
	const struct key_entry *e = keyset_find(&w.sim[to].keys, index);

	return e && e->state != KEY_RETIRED;
}

/* Whatever one of `1..n` sends, all the others can read. */
static void assert_all_understand(int n)
{
	for (int from = 1; from <= n; from++)
		for (int to = 1; to <= n; to++)
			ck_assert_msg(understands(to, world_active_index(from)),
				      "%d has no key %u of %d", to, world_active_index(from), from);
}

static void assert_rekeyed(int n, uint8_t index)
{
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_uint_eq(w.mesh.key_index, index);
	for (int i = 1; i <= n; i++) {
		ck_assert_uint_eq(world_active_index(i), index);
		ck_assert_uint_eq(keys_of(i), 1);
		ck_assert_uint_eq(world_member(i)->node.key_index, index);
	}
}

/* --- closing and opening --- */

START_TEST(close_and_open_reach_everybody)
{
	set_up();
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	world_serve();
	assert_secured("cccc");
	assert_nothing_due();
	ck_assert_int_eq(roster_open(w.roster, NULL, w.why, sizeof(w.why)), 0);
	world_serve();
	assert_secured("oooo");
	for (int i = 1; i <= LINE; i++)
		ck_assert_uint_eq(w.sim[i].n, 2);
	world_tear_down();
}
END_TEST

START_TEST(who_does_not_answer_is_behind_and_told_later)
{
	set_up();
	w.sim[3].deaf = true;
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	world_serve();
	assert_secured("ccoc");
	ck_assert_str_eq(due_name(roster_due(w.roster, world_member(3))), "close");
	join_on_told(world_join(3), -ETIMEDOUT, 0);
	ck_assert_ptr_nonnull(strstr(world_join(3)->reason, "no answer to the command to close"));
	world_restart();
	world_pass_ms(10 * MINUTE);
	assert_secured("ccoc");
	w.sim[3].deaf = false;
	world_pass_ms(2 * MINUTE);
	assert_secured("cccc");
	assert_nothing_due();
	world_tear_down();
}
END_TEST

/* The command went out and the tool died: whether it was taken or not, the next one counts. */
START_TEST(command_that_was_not_answered_is_overtaken)
{
	for (int taken = 0; taken < 2; taken++) {
		if (taken == 0)
			set_up();
		ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
		for (int i = 0; i < taken * 3; i++)
			world_serve_one();
		world_crash();
		world_open();
		ck_assert_int_eq(roster_open(w.roster, NULL, w.why, sizeof(w.why)), 0);
		roster_start(w.roster);
		world_pass_ms(WHILE_MS);
		assert_secured("oooo");
		assert_nothing_due();
	}
	world_tear_down();
}
END_TEST

START_TEST(open_near_opens_the_neighbours_and_nobody_else)
{
	set_up();
	ck_assert_int_eq(open_near(3), -EALREADY); /* nothing is closed */
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	world_serve();
	ck_assert_int_eq(open_near(4), 0);
	world_serve();
	assert_secured("ccoo");
	ck_assert(w.mesh.all_secured);
	world_restart();
	world_pass_ms(MINUTE);
	assert_secured("ccoo");
	ck_assert_int_eq(open_near(6), -ENOENT); /* nobody has heard of it */
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	world_serve();
	assert_secured("cccc");
	world_tear_down();
}
END_TEST

START_TEST(newcomer_in_a_closed_mesh_is_closed_once_it_has_joined)
{
	world_set_up(LINE, CTD_SELECTED, 2);
	world_join_line(LINE - 1);
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	world_serve();
	world_heard(4);
	ck_assert_int_eq(world_admit(4), 0);
	while (join_progress(world_join(4)) < JOIN_IS_JOINED) {
		ck_assert(!w.sim[4].secured);
		world_pass_ms(100);
	}
	world_serve();
	assert_secured("cccc");
	world_tear_down();
}
END_TEST

/* A number that another tool gave, or this one before its state was set back. */
START_TEST(higher_number_at_a_node_is_overtaken)
{
	set_up();
	w.sim[2].n = 500;
	w.sim[2].secured = true;
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	ck_assert_int_eq(roster_open(w.roster, NULL, w.why, sizeof(w.why)), 0);
	world_pass_ms(MINUTE);
	assert_secured("oooo");
	ck_assert_uint_eq(w.sim[2].n, 501);
	ck_assert_uint_eq(w.mesh.n, 2); /* that is between the two */
	assert_nothing_due();
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	world_serve();
	assert_secured("cccc");
	ck_assert_uint_eq(w.sim[2].n, 502);
	w.sim[3].n = UINT32_MAX; /* it will not be moved any more: the others are */
	w.sim[3].secured = true;
	ck_assert_int_eq(roster_open(w.roster, NULL, w.why, sizeof(w.why)), 0);
	world_pass_ms(MINUTE);
	assert_secured("ooco");
	ck_assert_str_eq(due_name(roster_due(w.roster, world_member(3))), "open");
	world_tear_down();
}
END_TEST

START_TEST(commands_need_somebody_to_tell)
{
	world_set_up(LINE, CTD_SELECTED, 2);
	world_open();
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), -ENOENT);
	ck_assert_str_eq(w.why, "no node has joined");
	ck_assert_int_eq(roster_open(w.roster, NULL, w.why, sizeof(w.why)), -ENOENT);
	ck_assert_int_eq(world_rekey(), -ENOENT);
	ck_assert_int_eq(roster_rekey_force(w.roster, w.why, sizeof(w.why)), -EPERM);
	ck_assert_str_eq(w.why, "no re-key is under way");
	world_tear_down();
}
END_TEST

/* --- re-key --- */

START_TEST(rekey_goes_through_its_phases_and_nobody_is_deaf_to_another)
{
	set_up();
	ck_assert_int_eq(world_rekey(), 0);
	ck_assert_int_eq(world_rekey(), -EBUSY);
	while (world_serve_one())
		assert_all_understand(LINE);
	assert_rekeyed(LINE, 2);
	for (int i = 1; i <= LINE; i++)
		ck_assert_int_eq(join_progress(world_join(i)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

START_TEST(rekey_is_finished_wherever_the_tool_died)
{
	int steps, served;
	uint8_t index = 1;

	set_up();
	for (steps = 0;; steps++) {
		ck_assert_int_eq(world_rekey(), 0);
		index++;
		for (served = 0; served < steps && world_serve_one(); served++)
			assert_all_understand(LINE);
		if (w.mesh.phase == MESH_STEADY)
			break;
		world_restart();
		for (int i = 0; i < 50; i++) {
			evl_test_advance(w.evl, 100);
			while (world_serve_one())
				assert_all_understand(LINE);
		}
		assert_rekeyed(LINE, index);
	}
	ck_assert_int_gt(steps, 3 * LINE - 1); /* everybody, in each of three phases */
	world_tear_down();
}
END_TEST

START_TEST(phase_waits_for_who_does_not_answer)
{
	set_up();
	w.sim[4].deaf = true;
	ck_assert_int_eq(world_rekey(), 0);
	world_pass_ms(10 * MINUTE);
	ck_assert_int_eq(w.mesh.phase, MESH_STAGE);
	ck_assert_str_eq(due_name(roster_due(w.roster, world_member(4))), "keys");
	ck_assert_uint_eq(world_active_index(1), 1);
	w.sim[4].deaf = false;
	join_on_told(world_join(4), -ETIMEDOUT, 0);
	world_pass_ms(2 * MINUTE);
	assert_rekeyed(LINE, 2);
	world_tear_down();
}
END_TEST

START_TEST(force_leaves_behind_and_who_comes_back_is_told)
{
	set_up();
	w.sim[4].deaf = true;
	ck_assert_int_eq(world_rekey(), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(roster_rekey_force(w.roster, w.why, sizeof(w.why)), 0);
	world_pass_ms(WHILE_MS);
	assert_rekeyed(LINE - 1, 2);
	ck_assert(world_member(4)->node.left_behind);
	ck_assert(!roster_takes_part(world_member(4)));
	world_restart();
	ck_assert(world_member(4)->node.left_behind);
	ck_assert_int_eq(world_rekey(), 0); /* it does not hold up another one */
	world_pass_ms(WHILE_MS);
	assert_rekeyed(LINE - 1, 3);
	/* The mesh is open: its neighbour forgets it, and that is all. */
	ck_assert_int_eq(open_near(4), 0);
	ck_assert(eui64_equal(&world_member(3)->node.forget[0], &world_join(4)->eui));
	world_pass_ms(WHILE_MS);
	ck_assert_uint_eq(world_member(3)->node.n_forget, 0);
	ck_assert(!w.mesh.all_secured);
	w.sim[4].deaf = false;
	world_heard(4);
	world_pass_ms(2 * MINUTE);
	ck_assert(!world_member(4)->node.left_behind);
	assert_rekeyed(LINE, 3);
	world_tear_down();
}
END_TEST

START_TEST(newcomer_in_the_middle_gets_what_the_others_have)
{
	world_set_up(LINE, CTD_SELECTED, 2);
	world_join_line(LINE - 1);
	w.sim[3].deaf = true;
	ck_assert_int_eq(world_rekey(), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(w.mesh.phase, MESH_STAGE);
	world_heard(4);
	ck_assert_int_eq(world_admit(4), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(join_progress(world_join(4)), JOIN_IS_JOINED);
	ck_assert_uint_eq(keys_of(4), 2);
	ck_assert_uint_eq(world_active_index(4), 1);
	w.sim[3].deaf = false;
	while (world_serve_one())
		assert_all_understand(LINE);
	assert_rekeyed(LINE, 2);
	world_tear_down();
}
END_TEST

/* A key set of before is on its way while everybody else has the next one already. */
START_TEST(key_set_under_way_holds_up_the_phase)
{
	world_set_up(LINE, CTD_SELECTED, 2);
	world_join_line(LINE - 1);
	world_heard(4);
	ck_assert_int_eq(world_admit(4), 0);
	while (w.pending[4] != WORLD_TELL)
		world_serve_one();
	w.sim[4].deaf = true;
	keyset_replace(&w.sim[4].keys, &w.mesh.keys); /* it has it, the answer is lost */
	ck_assert_int_eq(world_rekey(), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(w.mesh.phase, MESH_STAGE);
	w.sim[4].deaf = false;
	while (world_serve_one())
		;
	world_pass_ms(WHILE_MS);
	assert_rekeyed(LINE, 2);
	world_tear_down();
}
END_TEST

START_TEST(counter_near_its_end_has_the_mesh_rekeyed)
{
	set_up();
	w.sim[3].fc = FCOUNTER_REKEY_DUE;
	join_check(world_join(3));
	world_serve_one();
	w.sim[3].fc = 1U << 20; /* which fresh keys let start again */
	world_pass_ms(WHILE_MS);
	assert_rekeyed(LINE, 2);
	w.sim[2].fc = UINT32_MAX; /* that one lies: not oftener than once an hour */
	world_pass_ms(30 * MINUTE);
	assert_rekeyed(LINE, 2);
	world_pass_ms(41 * MINUTE);
	assert_rekeyed(LINE, 3);
	world_tear_down();
}
END_TEST

static int named, announced, refused;

static void on_event(void *arg, const struct eui64 *eui, const char *text)
{
	const struct eui64 three = world_eui(3);

	(void)arg;
	named += eui && eui64_equal(eui, &three) && strstr(text, "the network is re-keyed");
	announced += !eui && strstr(text, "stage: the frame counter of 0200000000000003");
	refused += eui && eui64_equal(eui, &three) && strstr(text, "evict it");
}

/* One that always says so, whatever the key, costs a re-key a day, and is named. */
START_TEST(counter_that_is_always_at_its_end_is_not_believed)
{
	set_up();
	named = announced = refused = 0;
	roster_on_event(w.roster, on_event, NULL);
	w.sim[3].fc = UINT32_MAX;
	world_pass_ms(20 * 60 * MINUTE);
	assert_rekeyed(LINE, 2);
	ck_assert_int_eq(named, 1);
	ck_assert_int_eq(announced, 1);
	ck_assert_int_eq(refused, 1);
	world_pass_ms(5 * 60 * MINUTE);
	assert_rekeyed(LINE, 3);
	world_tear_down();
}
END_TEST

/* --- evict and deny --- */

START_TEST(evicted_device_never_gets_the_new_key)
{
	struct eui64 three = world_eui(3);

	set_up();
	ck_assert_int_eq(world_evict(3), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_uint_eq(world_active_index(3), 1);
	for (int i = 1; i <= LINE; i++)
		if (i != 3)
			ck_assert_uint_eq(world_active_index(i), 2);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert(eui64_equal(&w.sim[2].forgot[0], &three));
	ck_assert(eui64_equal(&w.sim[4].forgot[0], &three));
	ck_assert_uint_eq(w.sim[1].n_forgot, 0);
	ck_assert_uint_eq(w.sim[2].forgot_under, 2); /* under the old one they would meet again */
	ck_assert_uint_eq(w.sim[4].forgot_under, 2);
	ck_assert_uint_eq(w.sim[2].n_forgot, 1);
	int connects = w.connects[3];
	world_heard(3);
	world_restart();
	world_heard(3);
	world_pass_ms(20 * MINUTE);
	ck_assert_uint_eq(w.sim[2].n_forgot, 1); /* that once */
	ck_assert_int_eq(w.connects[3], connects);
	ck_assert_str_eq(join_progress_name(join_progress(world_join(3))), "denied");
	ck_assert_str_eq(world_join(3)->reason, "evicted by the operator");
	world_tear_down();
}
END_TEST

START_TEST(only_border_router_is_not_evicted)
{
	set_up();
	ck_assert_int_eq(world_evict(1), -EBUSY);
	ck_assert_ptr_nonnull(strstr(w.why, "other 3 nodes"));
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_int_eq(join_progress(world_join(1)), JOIN_IS_JOINED);
	w.device[3].role = CTD_BORDER_ROUTER; /* another way in */
	ck_assert_int_eq(world_evict(1), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_uint_eq(world_active_index(3), 2);
	ck_assert_uint_eq(world_active_index(1), 1);
	ck_assert_int_eq(world_evict(4), -EBUSY);
	ck_assert_int_eq(world_evict(3), 0);
	ck_assert_int_eq(world_evict(2), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(world_evict(4), 0); /* nobody else is left */
	world_tear_down();
}
END_TEST

START_TEST(eviction_does_not_wait_beyond_its_deadline)
{
	set_up();
	w.sim[4].deaf = true;
	ck_assert_int_eq(world_evict(2), 0);
	world_pass_ms(MINUTE - 1000);
	ck_assert_int_eq(w.mesh.phase, MESH_STAGE);
	ck_assert_uint_eq(world_active_index(1), 1);
	world_pass_ms(2000);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_uint_eq(world_active_index(1), 2);
	ck_assert_uint_eq(keys_of(1), 1);
	ck_assert_uint_eq(world_active_index(3), 2);
	ck_assert(world_member(4)->node.left_behind);
	world_tear_down();
}
END_TEST

START_TEST(deadline_is_kept_over_a_restart)
{
	set_up();
	w.sim[4].deaf = true;
	ck_assert_int_eq(world_evict(2), 0);
	world_pass_ms(WHILE_MS);
	world_restart();
	world_pass_ms(MINUTE + 1000); /* the wall clock of a test stands still */
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_uint_eq(world_active_index(1), 2);
	ck_assert(world_member(4)->node.left_behind);
	world_tear_down();
}
END_TEST

/* It may have the new key by then. */
START_TEST(eviction_during_a_rekey_takes_another_one)
{
	set_up();
	w.sim[4].deaf = true;
	ck_assert_int_eq(world_rekey(), 0);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(world_evict(3), 0);
	w.sim[4].deaf = false;
	join_on_told(world_join(4), -ETIMEDOUT, 0);
	world_restart();
	world_pass_ms(MINUTE);
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_uint_eq(world_active_index(1), 3);
	ck_assert_uint_eq(world_active_index(4), 3);
	ck_assert_uint_eq(world_active_index(3), 1);
	world_tear_down();
}
END_TEST

START_TEST(denied_device_can_be_admitted_again)
{
	set_up();
	uint32_t fc = world_member(4)->node.fc;
	ck_assert_int_eq(deny(4), 0);
	world_serve();
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY); /* the key that it has stays good */
	ck_assert_uint_eq(w.sim[3].n_forgot, 0);
	ck_assert_str_eq(join_progress_name(join_progress(world_join(4))), "denied");
	world_restart();
	ck_assert_int_eq(world_admit(4), 0);
	world_heard(4);
	w.told[4].kind = DUE_NOTHING;
	while (w.told[4].kind == DUE_NOTHING)
		ck_assert(world_serve_one());
	ck_assert_int_eq(w.told[4].kind, DUE_COUNTER); /* it might have lost its state meanwhile */
	ck_assert_uint_ge(w.told[4].change.fc, fc + FCOUNTER_BLOCK);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(join_progress(world_join(4)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

START_TEST(stranger_can_be_denied_before_it_is_configured)
{
	set_up();
	ck_assert_int_eq(deny(5), 0);
	world_restart();
	struct ctd_conf more = w.conf;
	more.n_devices = 5;
	more.admission = CTD_LISTED;
	ck_assert_int_eq(roster_configure(w.roster, &more), 0);
	world_heard(5);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(w.connects[5], 0);
	ck_assert_int_eq(world_evict(5), 0); /* never had a key: nobody has to be re-keyed */
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	world_tear_down();
}
END_TEST

/* More likely a slip than a stranger: the device that is meant would stay in. */
START_TEST(stranger_cannot_be_evicted)
{
	struct eui64 six = world_eui(6);

	set_up();
	ck_assert_int_eq(world_evict(6), -ENOENT);
	ck_assert_ptr_nonnull(strstr(w.why, "no device 0200000000000006 is known"));
	ck_assert_ptr_nonnull(strstr(w.why, "kmpctl ctd deny"));
	ck_assert_ptr_null(roster_find(w.roster, &six));
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	world_tear_down();
}
END_TEST

/* --- devices that lost their state --- */

static void lose_state(int n)
{
	struct world_device *d = &w.sim[n];

	keyset_clear(&d->keys);
	d->secured = false;
	d->n = 0;
	d->fc = FCOUNTER_BLOCK;
}

START_TEST(node_that_lost_its_state_gets_its_counter_before_its_keys)
{
	struct eui64 three = world_eui(3);

	set_up();
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	world_serve();
	w.sim[3].fc = 7U << 20;
	join_check(world_join(3));
	world_pass_ms(100);
	world_restart();
	lose_state(3);
	world_pass_ms(MINUTE);
	ck_assert_int_eq(join_progress(world_join(3)), JOIN_IS_JOINED);
	ck_assert_uint_eq(world_active_index(3), 1);
	ck_assert_uint_ge(w.sim[3].fc, 8U << 20);
	assert_secured("cccc"); /* closed again as well */
	ck_assert(eui64_equal(&w.sim[2].forgot[0], &three));
	ck_assert(eui64_equal(&w.sim[4].forgot[0], &three));
	ck_assert_uint_eq(w.sim[1].n_forgot, 0);
	assert_nothing_due();
	world_tear_down();
}
END_TEST

START_TEST(counter_that_is_refused_means_no_keys)
{
	set_up();
	lose_state(3);
	w.sim[3].refuse = 0x80;
	join_check(world_join(3));
	world_pass_ms(WHILE_MS);
	ck_assert_uint_eq(world_active_index(3), 0);
	ck_assert_int_eq(join_progress(world_join(3)), JOIN_IS_ADMITTED);
	w.sim[3].refuse = 0;
	world_pass_ms(MINUTE);
	ck_assert_uint_eq(world_active_index(3), 1);
	world_tear_down();
}
END_TEST

/* Its neighbours refuse it, so that it can be neither heard nor reached: the operator knows. */
START_TEST(admitted_again_and_not_reached_is_forgotten_by_its_neighbours)
{
	struct eui64 four = world_eui(4);

	set_up();
	lose_state(4);
	w.sim[4].deaf = true;
	ck_assert_int_eq(world_admit(4), -EALREADY);
	world_serve();
	ck_assert_uint_eq(w.sim[3].n_forgot, 0); /* it may just be slow */
	join_on_answer(world_join(4), -ETIMEDOUT, 0, NULL);
	world_serve();
	ck_assert_uint_eq(w.sim[3].n_forgot, 1);
	ck_assert(eui64_equal(&w.sim[3].forgot[0], &four));
	w.sim[4].deaf = false;
	world_heard(4);
	world_pass_ms(MINUTE);
	ck_assert_uint_eq(world_active_index(4), 1);
	world_tear_down();
}
END_TEST

START_TEST(admitted_again_and_well_is_let_alone)
{
	set_up();
	ck_assert_int_eq(world_admit(4), -EALREADY);
	world_pass_ms(MINUTE);
	ck_assert_uint_eq(w.sim[3].n_forgot, 0);
	ck_assert_int_eq(join_progress(world_join(4)), JOIN_IS_JOINED);
	ck_assert_int_eq(w.puts[4], 1);
	world_tear_down();
}
END_TEST

/* One that takes its keys and uses none costs its neighbours one message, and the store little. */
START_TEST(who_uses_no_key_does_not_drag_its_neighbours_in)
{
	world_set_up(5, CTD_SELECTED, 4);
	world_join_line(5);
	w.sim[3].no_key = true;
	join_check(world_join(3));
	world_pass_ms(600000);
	ck_assert_int_ge(w.puts[3],
			 2 * 10); /* counter and keys, at most once a minute in the end */
	ck_assert_int_le(w.puts[3], 2 * 20);
	ck_assert_uint_le(w.sim[3].fc, 21U << 20);
	ck_assert_uint_eq(w.sim[2].n_forgot, 1);
	ck_assert_uint_eq(w.sim[4].n_forgot, 1);
	ck_assert_int_lt(join_progress(world_join(3)), JOIN_IS_KEYED);
	w.sim[3].no_key = false; /* repaired */
	world_pass_ms(70000);
	ck_assert_int_eq(join_progress(world_join(3)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

START_TEST(forgetting_is_not_forgotten_over_a_restart)
{
	set_up();
	w.sim[2].deaf = w.sim[4].deaf = true;
	lose_state(3);
	join_check(world_join(3));
	while (world_serve_one())
		;
	ck_assert_uint_eq(world_active_index(3), 1);
	world_restart();
	w.sim[2].deaf = w.sim[4].deaf = false;
	world_pass_ms(WHILE_MS);
	ck_assert_uint_eq(w.sim[2].n_forgot, 1);
	ck_assert_uint_eq(w.sim[4].n_forgot, 1);
	assert_nothing_due();
	world_tear_down();
}
END_TEST

START_TEST(refused_forgetting_does_not_hold_up_the_rest)
{
	set_up();
	w.sim[2].refuse = 0x80;
	lose_state(3);
	join_check(world_join(3));
	world_serve();
	w.sim[2].refuse = 0;
	ck_assert_int_eq(roster_close(w.roster, w.why, sizeof(w.why)), 0);
	world_pass_ms(WHILE_MS);
	assert_secured("cccc");
	assert_nothing_due();
	world_tear_down();
}
END_TEST

START_TEST(everybody_is_looked_after_in_turn)
{
	int before[LINE + 1];

	set_up();
	world_pass_ms(10 * MINUTE);
	memcpy(before, w.gets, sizeof(before));
	lose_state(1); /* nobody says so */
	world_pass_ms(11 * MINUTE);
	for (int i = 1; i <= LINE; i++) {
		ck_assert_int_ge(w.gets[i], before[i] + 1);
		ck_assert_int_le(w.gets[i], before[i] + 6);
	}
	ck_assert_uint_eq(world_active_index(1), 1);
	ck_assert_int_eq(join_progress(world_join(1)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

UNIT_MAIN("roster_mesh", close_and_open_reach_everybody,
	  who_does_not_answer_is_behind_and_told_later, command_that_was_not_answered_is_overtaken,
	  open_near_opens_the_neighbours_and_nobody_else,
	  newcomer_in_a_closed_mesh_is_closed_once_it_has_joined,
	  higher_number_at_a_node_is_overtaken, commands_need_somebody_to_tell,
	  rekey_goes_through_its_phases_and_nobody_is_deaf_to_another,
	  rekey_is_finished_wherever_the_tool_died, phase_waits_for_who_does_not_answer,
	  force_leaves_behind_and_who_comes_back_is_told,
	  newcomer_in_the_middle_gets_what_the_others_have, key_set_under_way_holds_up_the_phase,
	  counter_near_its_end_has_the_mesh_rekeyed,
	  counter_that_is_always_at_its_end_is_not_believed, evicted_device_never_gets_the_new_key,
	  only_border_router_is_not_evicted, eviction_does_not_wait_beyond_its_deadline,
	  deadline_is_kept_over_a_restart, eviction_during_a_rekey_takes_another_one,
	  denied_device_can_be_admitted_again, stranger_can_be_denied_before_it_is_configured,
	  stranger_cannot_be_evicted, node_that_lost_its_state_gets_its_counter_before_its_keys,
	  counter_that_is_refused_means_no_keys,
	  admitted_again_and_not_reached_is_forgotten_by_its_neighbours,
	  admitted_again_and_well_is_let_alone, who_uses_no_key_does_not_drag_its_neighbours_in,
	  forgetting_is_not_forgotten_over_a_restart, refused_forgetting_does_not_hold_up_the_rest,
	  everybody_is_looked_after_in_turn)
