/* SPDX-License-Identifier: ISC */
#include "mesh.h"

#include "ctd_store.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static struct store *st;
static struct mesh mesh;

static void open_mesh(void)
{
	char why[256];

	ck_assert_msg(ctd_store_open(&st, "state", why, sizeof(why)) == 0, "%s", why);
	ck_assert_msg(mesh_open(&mesh, st, why, sizeof(why)) == 0, "%s", why);
}

static void close_mesh(void)
{
	mesh_close(&mesh);
	store_close(st);
}

/* What follows looks at what is stored. */
static void reopen(void)
{
	close_mesh();
	open_mesh();
}

static void assert_key(uint8_t index, enum key_state state)
{
	const struct key_entry *e = keyset_find(&mesh.keys, index);

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->state, state);
}

START_TEST(begins_open_with_one_key)
{
	unit_enter_dir();
	open_mesh();
	ck_assert(!mesh.all_secured);
	ck_assert_uint_eq(mesh.n, 0);
	ck_assert(eui64_is_zero(&mesh.near));
	ck_assert_uint_eq(mesh.key_version, 1);
	ck_assert_int_eq(mesh.phase, MESH_STEADY);
	assert_key(1, KEY_ACTIVE);
	close_mesh();
}
END_TEST

START_TEST(each_phase_is_durable_with_its_keys)
{
	unit_enter_dir();
	open_mesh();
	ck_assert_int_eq(mesh_enter(&mesh, MESH_STAGE, "it is time", 77, NULL, NULL), 0);
	for (int i = 0; i < 2; i++, reopen()) {
		ck_assert_int_eq(mesh.phase, MESH_STAGE);
		ck_assert_uint_eq(mesh.key_version, 2);
		ck_assert_str_eq(mesh.reason, "it is time");
		ck_assert_int_eq(mesh.deadline_s, 77);
		ck_assert_uint_eq(mesh.keys.n, 2);
		assert_key(1, KEY_ACTIVE);
		assert_key(2, KEY_STAGED);
	}
	struct secret key = keyset_find(&mesh.keys, 2)->key;
	ck_assert_int_eq(mesh_enter(&mesh, MESH_ACTIVATE, mesh.reason, 0, NULL, NULL), 0);
	for (int i = 0; i < 2; i++, reopen()) {
		ck_assert_int_eq(mesh.phase, MESH_ACTIVATE);
		ck_assert_uint_eq(mesh.key_version, 3);
		assert_key(1, KEY_STAGED);
		assert_key(2, KEY_ACTIVE);
		ck_assert(secret_equal(&keyset_find(&mesh.keys, 2)->key, &key));
	}
	ck_assert_int_eq(mesh_enter(&mesh, MESH_RETIRE, mesh.reason, 0, NULL, NULL), 0);
	for (int i = 0; i < 2; i++, reopen()) {
		ck_assert_int_eq(mesh.phase, MESH_RETIRE);
		ck_assert_uint_eq(mesh.key_version, 4);
		ck_assert_uint_eq(mesh.keys.n, 1);
		assert_key(2, KEY_ACTIVE);
	}
	ck_assert_int_eq(mesh_enter(&mesh, MESH_STEADY, mesh.reason, 0, NULL, NULL), 0);
	for (int i = 0; i < 2; i++, reopen()) {
		ck_assert_int_eq(mesh.phase, MESH_STEADY);
		ck_assert_uint_eq(mesh.key_version, 4); /* nothing new to be told */
		ck_assert_str_eq(mesh.reason, "");
	}
	close_mesh();
}
END_TEST

/* At the deadline of an eviction the old key goes at once. */
START_TEST(staged_key_can_become_the_only_one)
{
	unit_enter_dir();
	open_mesh();
	ck_assert_int_eq(mesh_enter(&mesh, MESH_STAGE, "eviction", 1, NULL, NULL), 0);
	ck_assert_int_eq(mesh_enter(&mesh, MESH_RETIRE, mesh.reason, 2, NULL, NULL), 0);
	reopen();
	ck_assert_uint_eq(mesh.keys.n, 1);
	assert_key(2, KEY_ACTIVE);
	close_mesh();
}
END_TEST

START_TEST(indexes_go_round_and_never_meet)
{
	unit_enter_dir();
	open_mesh();
	for (int i = 0; i < 300; i++) {
		uint8_t before = mesh.key_index;
		ck_assert_int_eq(mesh_enter(&mesh, MESH_STAGE, "", 0, NULL, NULL), 0);
		ck_assert_uint_eq(mesh.key_index, before == 255 ? 1 : before + 1);
		ck_assert_uint_eq(mesh.keys.n, 2);
		ck_assert_int_eq(mesh_enter(&mesh, MESH_RETIRE, "", 0, NULL, NULL), 0);
		ck_assert_int_eq(mesh_enter(&mesh, MESH_STEADY, "", 0, NULL, NULL), 0);
	}
	close_mesh();
}
END_TEST

static int refuse(void *arg, const struct mesh *next)
{
	(void)arg;
	(void)next;
	return -EIO;
}

static int note(void *arg, const struct mesh *next)
{
	*(uint32_t *)arg = next->n;
	return 0;
}

START_TEST(nothing_changes_if_any_part_fails)
{
	struct mesh before;

	unit_enter_dir();
	open_mesh();
	before = mesh;
	ck_assert_int_eq(mesh_enter(&mesh, MESH_STAGE, "x", 0, refuse, NULL), -EIO);
	ck_assert_int_eq(mesh_set_closed(&mesh, true, NULL, refuse, NULL), -EIO);
	ck_assert_int_eq(mesh_rekey_again(&mesh, "x", 9, refuse, NULL), -EIO);
	ck_assert_mem_eq(&before, &mesh, sizeof(mesh));
	ck_assert_int_eq(store_run(st,
				   "CREATE TRIGGER full BEFORE INSERT ON netkey "
				   "BEGIN SELECT RAISE(ABORT, 'full'); END",
				   ""),
			 0);
	ck_assert_int_lt(mesh_enter(&mesh, MESH_STAGE, "x", 0, NULL, NULL), 0);
	ck_assert_mem_eq(&before, &mesh, sizeof(mesh));
	reopen();
	ck_assert_int_eq(mesh.phase, MESH_STEADY);
	ck_assert_uint_eq(mesh.keys.n, 1);
	ck_assert_uint_eq(mesh.n, 0);
	close_mesh();
}
END_TEST

START_TEST(closing_and_opening_are_numbered)
{
	const struct eui64 lamp = {{2, 0, 0, 0, 0, 0, 0, 9}};
	uint32_t told = 0;

	unit_enter_dir();
	open_mesh();
	ck_assert_int_eq(mesh_set_closed(&mesh, true, NULL, note, &told), 0);
	ck_assert_uint_eq(told, 1);
	reopen();
	ck_assert(mesh.all_secured);
	ck_assert_uint_eq(mesh.n, 1);
	ck_assert_int_eq(mesh_set_closed(&mesh, true, &lamp, note, &told), 0);
	ck_assert_uint_eq(told, 2);
	reopen();
	ck_assert(eui64_equal(&mesh.near, &lamp));
	ck_assert_int_eq(mesh_set_closed(&mesh, false, NULL, note, &told), 0);
	reopen();
	ck_assert(!mesh.all_secured);
	ck_assert(eui64_is_zero(&mesh.near));
	ck_assert_uint_eq(mesh.n, 3);
	ck_assert_int_eq(store_run(st, "UPDATE mesh SET n = 4294967295", ""), 0);
	reopen();
	ck_assert_int_eq(mesh_set_closed(&mesh, true, NULL, note, &told), -EOVERFLOW);
	close_mesh();
}
END_TEST

START_TEST(another_rekey_waits_for_the_first)
{
	unit_enter_dir();
	open_mesh();
	ck_assert_int_eq(mesh_enter(&mesh, MESH_STAGE, "first", 0, NULL, NULL), 0);
	ck_assert_int_eq(mesh_rekey_again(&mesh, "second", 99, NULL, NULL), 0);
	reopen();
	ck_assert_str_eq(mesh.again, "second");
	ck_assert_str_eq(mesh.reason, "first");
	ck_assert_int_eq(mesh.deadline_s, 99);
	ck_assert_int_eq(mesh_enter(&mesh, MESH_STEADY, "", 0, NULL, NULL), 0);
	ck_assert_str_eq(mesh.again, "second");
	ck_assert_int_eq(mesh_enter(&mesh, MESH_STAGE, mesh.again, 0, NULL, NULL), 0);
	ck_assert_str_eq(mesh.again, "");
	ck_assert_str_eq(mesh.reason, "second");
	close_mesh();
}
END_TEST

/* The whole table: what is not in it has no meaning. */
START_TEST(phases_follow_each_other)
{
	static const struct {
		enum mesh_phase phase;
		enum mesh_event event;
		int next; /* negative: -EPERM */
		bool leave;
	} all[] = {
		{MESH_STEADY, MESH_EV_START, MESH_STAGE, false},
		{MESH_STEADY, MESH_EV_TAKEN, -1, false},
		{MESH_STEADY, MESH_EV_FORCE, -1, false},
		{MESH_STEADY, MESH_EV_DEADLINE, -1, false},
		{MESH_STAGE, MESH_EV_START, -1, false},
		{MESH_STAGE, MESH_EV_TAKEN, MESH_ACTIVATE, false},
		{MESH_STAGE, MESH_EV_FORCE, MESH_ACTIVATE, true},
		{MESH_STAGE, MESH_EV_DEADLINE, MESH_ACTIVATE, true},
		{MESH_ACTIVATE, MESH_EV_START, -1, false},
		{MESH_ACTIVATE, MESH_EV_TAKEN, MESH_RETIRE, false},
		{MESH_ACTIVATE, MESH_EV_FORCE, MESH_RETIRE, true},
		{MESH_ACTIVATE, MESH_EV_DEADLINE, MESH_RETIRE, false},
		{MESH_RETIRE, MESH_EV_START, -1, false},
		{MESH_RETIRE, MESH_EV_TAKEN, MESH_STEADY, false},
		{MESH_RETIRE, MESH_EV_FORCE, MESH_STEADY, true},
		{MESH_RETIRE, MESH_EV_DEADLINE, MESH_STEADY, true},
	};

	ck_assert_uint_eq(sizeof(all) / sizeof(all[0]), (size_t)MESH_PHASES * (size_t)MESH_EVENTS);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		enum mesh_phase next = MESH_PHASES;
		bool leave = false;
		int r = mesh_next_phase(all[i].phase, all[i].event, &next, &leave);
		if (all[i].next < 0) {
			ck_assert_int_eq(r, -EPERM);
			continue;
		}
		ck_assert_int_eq(r, 0);
		ck_assert_int_eq((int)next, all[i].next);
		ck_assert_int_eq(leave, all[i].leave);
	}
}
END_TEST

START_TEST(damaged_state_is_refused)
{
	char why[256] = "";

	unit_enter_dir();
	open_mesh();
	ck_assert_int_eq(store_run(st, "UPDATE mesh SET key_version = 0", ""), 0);
	close_mesh();
	ck_assert_int_eq(ctd_store_open(&st, "state", why, sizeof(why)), 0);
	ck_assert_int_eq(mesh_open(&mesh, st, why, sizeof(why)), -EUCLEAN);
	ck_assert_ptr_nonnull(strstr(why, "state of the mesh"));
	store_close(st);
}
END_TEST

UNIT_MAIN("mesh", begins_open_with_one_key, each_phase_is_durable_with_its_keys,
	  staged_key_can_become_the_only_one, indexes_go_round_and_never_meet,
	  nothing_changes_if_any_part_fails, closing_and_opening_are_numbered,
	  another_rekey_waits_for_the_first, phases_follow_each_other, damaged_state_is_refused)
