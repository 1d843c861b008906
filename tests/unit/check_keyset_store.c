/* SPDX-License-Identifier: ISC */
#include "keys/keyset_store.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const char *const migrations[] = {keyset_store_migration};

static struct store *open_store(void)
{
	struct store *st;
	char why[256] = "";
	int err = store_open(&st, "state", "keys", migrations, 1, why, sizeof(why));
	ck_assert_msg(err == 0, "%s", why);
	return st;
}

static struct store *reopen(struct store *st)
{
	store_close(st);
	return open_store();
}

/* Two keys, of which the first is retired. */
static struct keyset sample(void)
{
	struct keyset ks = {.n = 0};
	const struct key_entry e[] = {
		{.number = 1,
		 .key = {.b = "0123456789abcdef", .len = 16},
		 .index = 1,
		 .mode = 1,
		 .level = 5,
		 .state = KEY_ACTIVE},
		{.number = 65535,
		 .key = {.b = "fedcba9876543210", .len = 16},
		 .index = 255,
		 .mode = 3,
		 .level = 7,
		 .source = {{2, 0, 0, 0, 0, 0, 0, 0xa}},
		 .state = KEY_STAGED,
		 .peer = {{2, 0, 0, 0, 0, 0, 0, 0xb}}},
	};
	ck_assert_int_eq(keyset_set(&ks, &e[0]), KEYSET_CREATED);
	ck_assert_int_eq(keyset_set(&ks, &e[1]), KEYSET_CREATED);
	ck_assert_int_eq(keyset_delete(&ks, 1), KEYSET_OK);
	return ks;
}

static void ck_stored(struct store *st, const struct keyset *expected)
{
	struct keyset ks;
	memset(&ks, 0x55, sizeof(ks));
	ck_assert_int_eq(keyset_store_load(st, &ks), 0);
	ck_assert_mem_eq(&ks, expected, sizeof(ks));
}

START_TEST(new_node_has_no_keys)
{
	struct keyset none;
	memset(&none, 0, sizeof(none));
	unit_enter_dir();
	struct store *st = open_store();
	ck_stored(st, &none);
	store_close(st);
}
END_TEST

START_TEST(saved_set_survives)
{
	struct keyset ks = sample();
	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(keyset_store_save(st, &ks), 0);
	st = reopen(st);
	ck_stored(st, &ks);
	/* What is gone from the set is gone from the store. */
	ks.n = 1;
	memset(&ks.entry[1], 0, sizeof(ks.entry[1]));
	ck_assert_int_eq(keyset_store_save(st, &ks), 0);
	st = reopen(st);
	ck_stored(st, &ks);
	store_close(st);
}
END_TEST

START_TEST(removed_key_leaves_no_octets)
{
	struct keyset ks = sample();
	char octets[65536];
	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(keyset_store_save(st, &ks), 0);
	ck_assert_int_eq(keyset_delete(&ks, 65535), KEYSET_OK);
	ck_assert_int_eq(keyset_store_save(st, &ks), 0);
	store_close(st);
	FILE *f = fopen("state/keys.db", "r");
	ck_assert_ptr_nonnull(f);
	size_t len = fread(octets, 1, sizeof(octets), f);
	fclose(f);
	ck_assert_uint_gt(len, 0);
	ck_assert_ptr_nonnull(memmem(octets, len, ks.entry[1].key.b, KEYSET_HASH_LEN));
	ck_assert_ptr_null(memmem(octets, len, "fedcba9876543210", 16));
}
END_TEST

/* The second row of a save is refused by the database: the set saved before is still there. */
START_TEST(all_or_nothing)
{
	struct keyset ks = sample(), more = ks;
	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(keyset_store_save(st, &ks), 0);
	ck_assert_int_eq(keyset_delete(&more, 65535), KEYSET_OK);
	ck_assert_int_eq(store_run(st,
				   "CREATE TRIGGER refuse BEFORE INSERT ON key_entry WHEN"
				   " NEW.number = 65535 BEGIN SELECT RAISE(ABORT, 'no'); END",
				   ""),
			 0);
	ck_assert_int_lt(keyset_store_save(st, &more), 0);
	ck_stored(st, &ks);
	ck_assert_int_eq(store_run(st, "DROP TRIGGER refuse", ""), 0);
	ck_assert_int_eq(keyset_store_save(st, &more), 0);
	ck_stored(st, &more);
	store_close(st);
}
END_TEST

START_TEST(rows_that_are_no_entries)
{
	static const char *const damage[] = {
		"UPDATE key_entry SET number = 65536 WHERE number = 65535",
		"UPDATE key_entry SET number = -1 WHERE number = 1",
		"UPDATE key_entry SET key = x'00'",
		"UPDATE key_entry SET key = zeroblob(1000)",
		"UPDATE key_entry SET state = 0 WHERE number = 1", /* with the hash for a key */
		"UPDATE key_entry SET state = 3",
		"UPDATE key_entry SET key_index = 0",
		"UPDATE key_entry SET key_index = 257",
		"UPDATE key_entry SET mode = 0",
		"UPDATE key_entry SET level = 4",
		"UPDATE key_entry SET source = x'02'",
		"UPDATE key_entry SET peer = zeroblob(9)",
		"UPDATE key_entry SET retirement = -1",
	};
	struct keyset ks = sample(), none;
	memset(&none, 0, sizeof(none));
	unit_enter_dir();
	struct store *st = open_store();
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		struct keyset got;
		ck_assert_int_eq(keyset_store_save(st, &ks), 0);
		ck_assert_int_eq(store_run(st, damage[i], ""), 0);
		ck_assert_msg(keyset_store_load(st, &got) == -EUCLEAN, "%s", damage[i]);
		ck_assert_mem_eq(&got, &none, sizeof(got));
	}
	store_close(st);
}
END_TEST

UNIT_MAIN("keyset_store", new_node_has_no_keys, saved_set_survives, removed_key_leaves_no_octets,
	  all_or_nothing, rows_that_are_no_entries)
