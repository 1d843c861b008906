/* SPDX-License-Identifier: ISC */
#include "keys/fcounter.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define BLOCK   FCOUNTER_BLOCK
#define QUARTER (BLOCK / 4)
#define NAME    "frame_counter" /* in the store; also what an operator would look for */

static struct store *store;
static struct fcounter fc;

static void open_store(void)
{
	const char *const migrations[] = {fcounter_migration};
	char why[256] = "";
	int err = store_open(&store, "state", "fc", migrations, 1, why, sizeof(why));
	ck_assert_msg(err == 0, "%s", why);
}

/* A store whose limit is at `limit`. */
static void store_at(uint32_t limit)
{
	unit_enter_dir();
	open_store();
	if (limit > 0)
		ck_assert_int_eq(store_raise(store, NAME, limit), 0);
}

static void ck_start(bool enabled, uint32_t kernel, uint32_t next, uint32_t limit)
{
	ck_assert_int_eq(fcounter_start(&fc, store, enabled, kernel), 0);
	ck_assert_uint_eq(fc.next, next);
	ck_assert_uint_eq(fc.limit, limit);
	ck_assert_uint_eq(store_reserved(store, NAME), limit);
	ck_assert_uint_eq(fcounter_budget(&fc), limit - next);
}

START_TEST(first_start)
{
	store_at(0);
	ck_start(false, 0, 0, BLOCK);
	store_close(store);
}
END_TEST

START_TEST(reboot_starts_at_the_limit)
{
	store_at(0);
	ck_start(false, 0, 0, BLOCK);
	store_close(store);
	open_store();
	ck_start(false, 0, BLOCK, 2 * BLOCK);
	store_close(store);
	open_store();
	ck_start(false, 0, 2 * BLOCK, 3 * BLOCK);
	store_close(store);
}
END_TEST

START_TEST(restarted_daemon_goes_on)
{
	store_at(3 * BLOCK);
	ck_start(true, 2 * BLOCK, 2 * BLOCK, 3 * BLOCK); /* first value of the block */
	ck_start(true, 2 * BLOCK + 5, 2 * BLOCK + 5, 3 * BLOCK);
	/* Less than a quarter left: a whole block from there. */
	ck_start(true, 3 * BLOCK - 1, 3 * BLOCK - 1, 4 * BLOCK - 1);
	store_close(store);
}
END_TEST

START_TEST(counter_outside_the_last_block)
{
	store_at(3 * BLOCK);
	ck_start(true, 2 * BLOCK - 1, 3 * BLOCK, 4 * BLOCK);
	ck_start(true, 0, 4 * BLOCK, 5 * BLOCK);
	ck_start(true, 5 * BLOCK, 5 * BLOCK, 6 * BLOCK); /* all of the block is used */
	store_close(store);
}
END_TEST

START_TEST(counter_without_security)
{
	/* Inside the block, but not known to have been left there by us. */
	store_at(3 * BLOCK);
	ck_start(false, 2 * BLOCK + 5, 3 * BLOCK, 4 * BLOCK);
	store_close(store);
}
END_TEST

START_TEST(never_below_the_kernel)
{
	store_at(BLOCK);
	ck_start(true, 5 * BLOCK + 7, 5 * BLOCK + 7, 6 * BLOCK + 7);
	ck_start(false, 9 * BLOCK, 9 * BLOCK, 10 * BLOCK);
	store_close(store);
}
END_TEST

START_TEST(next_block_below_a_quarter)
{
	store_at(0);
	ck_start(false, 0, 0, BLOCK);
	ck_assert_int_eq(fcounter_advance(&fc, BLOCK - QUARTER), 0);
	ck_assert_uint_eq(fc.limit, BLOCK);
	ck_assert_uint_eq(fcounter_budget(&fc), QUARTER);
	ck_assert_int_eq(fcounter_advance(&fc, BLOCK - QUARTER + 1), 1);
	ck_assert_uint_eq(fc.limit, 2 * BLOCK - QUARTER + 1);
	ck_assert_uint_eq(store_reserved(store, NAME), 2 * BLOCK - QUARTER + 1);
	ck_assert_int_eq(fcounter_advance(&fc, BLOCK - QUARTER + 2), 0);
	/* A value from before changes nothing. */
	ck_assert_int_eq(fcounter_advance(&fc, 1), 0);
	ck_assert_uint_eq(fc.next, BLOCK - QUARTER + 2);
	store_close(store);
}
END_TEST

START_TEST(moved_behind_our_back)
{
	store_at(0);
	ck_start(false, 0, 0, BLOCK);
	ck_assert_int_eq(fcounter_advance(&fc, 7 * BLOCK), 1);
	ck_assert_uint_eq(fc.limit, 8 * BLOCK);
	ck_assert_uint_eq(store_reserved(store, NAME), 8 * BLOCK);
	store_close(store);
}
END_TEST

START_TEST(raised_by_the_commissioning_tool)
{
	store_at(0);
	ck_start(false, 0, 0, BLOCK);
	ck_assert_int_eq(fcounter_raise(&fc, 0), 0);
	/* Within what is reserved nothing has to be stored, ... */
	ck_assert_int_eq(fcounter_raise(&fc, 5), 1);
	ck_assert_uint_eq(fc.next, 5);
	ck_assert_uint_eq(fc.limit, BLOCK);
	ck_assert_int_eq(fcounter_raise(&fc, 4), 0);
	ck_assert_uint_eq(fc.next, 5);
	/* ... near its end and beyond a whole block more is there at once. */
	ck_assert_int_eq(fcounter_raise(&fc, BLOCK - QUARTER + 1), 1);
	ck_assert_uint_eq(fc.limit, 2 * BLOCK - QUARTER + 1);
	ck_assert_int_eq(fcounter_raise(&fc, 7 * BLOCK), 1);
	ck_assert_uint_eq(fc.next, 7 * BLOCK);
	ck_assert_uint_eq(fc.limit, 8 * BLOCK);
	ck_assert_uint_eq(store_reserved(store, NAME), 8 * BLOCK);
	/* It is durable: kill -9 and a reboot go on above. */
	store_close(store);
	open_store();
	ck_start(false, 0, 8 * BLOCK, 9 * BLOCK);
	/* As high as a node may be without new keys, and no higher. */
	ck_assert_int_eq(fcounter_raise(&fc, 0xF0000000), 1);
	ck_assert_uint_eq(fc.limit, 0xF0000000 + BLOCK);
	ck_assert_int_eq(fcounter_raise(&fc, 0xF0000001), -ERANGE);
	ck_assert_uint_eq(fc.next, 0xF0000000);
	store_close(store);
}
END_TEST

START_TEST(rekey_falls_due)
{
	/* By what is reserved, which is what the commissioning tool is told. */
	store_at(0xF0000000 - 2 * BLOCK);
	ck_start(false, 0, 0xF0000000 - 2 * BLOCK, 0xF0000000 - BLOCK);
	ck_assert_int_eq(fcounter_advance(&fc, 0xF0000000 - BLOCK - QUARTER), 0);
	ck_assert(!fcounter_rekey_due(&fc));
	ck_assert_int_eq(fcounter_advance(&fc, 0xF0000000 - BLOCK), 1);
	ck_assert_uint_eq(fc.limit, 0xF0000000);
	ck_assert(fcounter_rekey_due(&fc));
	store_close(store);
}
END_TEST

START_TEST(the_end)
{
	/* The last block is shorter, and there is none after it. */
	store_at(0xFFF00000);
	ck_start(false, 0, 0xFFF00000, 0xFFFFFFFE);
	ck_assert_int_eq(fcounter_advance(&fc, 0xFFFFFFF0), 0);
	ck_assert_uint_eq(fcounter_budget(&fc), 14);
	ck_assert_int_eq(fcounter_advance(&fc, 0xFFFFFFFD), 0);
	ck_assert_uint_eq(fcounter_budget(&fc), 1);
	ck_assert_int_eq(fcounter_advance(&fc, 0xFFFFFFFE), 0);
	ck_assert_uint_eq(fcounter_budget(&fc), 0);
	/* With security enabled it goes on to the end, ... */
	ck_start(true, 0xFFFFFFFD, 0xFFFFFFFD, 0xFFFFFFFE);
	/* ... and what starts there can receive, and send once it has a new key. */
	ck_start(true, 0xFFFFFFFE, 0xFFFFFFFE, 0xFFFFFFFE);
	ck_start(true, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFE);
	ck_start(false, 0, 0xFFFFFFFE, 0xFFFFFFFE);
	store_close(store);
}
END_TEST

/* A set of two keys of index 1 and 2, made of these octets (0: there is none). */
static struct keyset keys_of(uint8_t active, uint8_t staged)
{
	struct keyset ks = {.n = 0};

	for (int i = 0; i < 2; i++) {
		uint8_t octet = i == 0 ? active : staged;
		struct key_entry e = {.number = octet,
				      .index = octet,
				      .mode = 1,
				      .level = 5,
				      .state = i == 0 ? KEY_ACTIVE : KEY_STAGED,
				      .key = {.len = KEYSET_KEY_LEN}};

		memset(e.key.b, octet, KEYSET_KEY_LEN);
		if (octet != 0)
			ck_assert_int_eq(keyset_insert(&ks, &e), 0);
	}
	return ks;
}

static int activate(uint8_t active, uint8_t staged)
{
	struct keyset ks = keys_of(active, staged);
	int rc = fcounter_activate(&fc, &ks);

	keyset_clear(&ks);
	return rc;
}

static void restart_under(uint8_t active, uint8_t staged)
{
	ck_assert_int_eq(activate(active, staged), 1);
	ck_assert(fc.restarting);
	ck_assert_uint_eq(fc.next, 0);
	ck_assert_uint_eq(fc.limit, BLOCK);
	ck_assert_int_eq(fcounter_restarted(&fc), 0);
	ck_assert(!fc.restarting);
}

START_TEST(a_key_change_before_it_is_due_changes_nothing)
{
	store_at(0);
	ck_start(false, 0, 0, BLOCK);
	ck_assert_int_eq(activate(0, 0), 0); /* no key at all */
	ck_assert_int_eq(activate(1, 0), 0);
	ck_assert_int_eq(activate(2, 1), 0);
	ck_assert_int_eq(activate(1, 2), 0);
	ck_assert_uint_eq(fc.next, 0);
	ck_assert_uint_eq(fc.limit, BLOCK);
	ck_assert_uint_eq(fc.epoch, 0);
	store_close(store);
}
END_TEST

START_TEST(a_new_key_starts_at_0_where_it_is_due)
{
	store_at(0xF0000000);
	ck_start(false, 0, 0xF0000000, 0xF0000000 + BLOCK);
	ck_assert_int_eq(activate(1, 0), 0); /* a first key may have been used in another life */
	restart_under(2, 1);
	ck_assert_int_eq(activate(2, 1), 0);
	ck_assert_int_eq(fcounter_advance(&fc, 100), 0);
	ck_assert_uint_eq(fc.next, 100);
	store_close(store);
	/* It is the new epoch that comes back after kill -9 and after a power cut. */
	open_store();
	ck_assert_int_eq(fcounter_start(&fc, store, true, 100), 0);
	ck_assert_uint_eq(fc.next, 100);
	ck_assert_uint_eq(fc.limit, BLOCK);
	ck_assert_int_eq(fcounter_start(&fc, store, false, 0), 0);
	ck_assert_uint_eq(fc.next, BLOCK);
	ck_assert_uint_eq(fc.limit, 2 * BLOCK);
	store_close(store);
}
END_TEST

START_TEST(staged_keys_of_the_first_life_are_not_new)
{
	store_at(0xF0000000);
	ck_start(false, 0, 0xF0000000, 0xF0000000 + BLOCK);
	ck_assert_int_eq(activate(1, 2), 0);
	ck_assert_int_eq(activate(2, 1), 0);
	ck_assert_uint_eq(fc.epoch, 0);
	restart_under(3, 2);
	store_close(store);
}
END_TEST

START_TEST(an_old_key_goes_on_above_what_it_was_used_with)
{
	store_at(0xF0000000);
	ck_start(false, 0, 0xF0000000, 0xF0000000 + BLOCK);
	ck_assert_int_eq(activate(1, 0), 0);
	restart_under(2, 1);
	ck_assert_int_eq(fcounter_advance(&fc, 5), 0);
	ck_assert_int_eq(activate(1, 2), 1);
	ck_assert(!fc.restarting);
	ck_assert_uint_eq(fc.next, 0xF0000000 + BLOCK);
	ck_assert_uint_eq(fc.limit, 0xF0000000 + 2 * BLOCK);
	/* It was used in this epoch now, whose limit is above. */
	restart_under(3, 1);
	ck_assert_int_eq(activate(1, 3), 1);
	ck_assert_uint_eq(fc.next, 0xF0000000 + 2 * BLOCK);
	/* As was the other one, below the limit of the epoch that it was last used in. */
	restart_under(4, 2);
	ck_assert_int_eq(activate(2, 4), 1);
	ck_assert_uint_eq(fc.next, 0xF0000000 + 2 * BLOCK);
	store_close(store);
}
END_TEST

START_TEST(an_epoch_that_did_not_come_to_the_kernel)
{
	store_at(0xF0000000);
	ck_start(false, 0, 0xF0000000, 0xF0000000 + BLOCK);
	ck_assert_int_eq(activate(1, 0), 0);
	ck_assert_int_eq(activate(2, 1), 1);
	/* What the kernel counts meanwhile is the old epoch's. */
	ck_assert_int_eq(fcounter_advance(&fc, 0xF0000007), 0);
	ck_assert_uint_eq(fc.next, 0);
	store_close(store);
	open_store();
	ck_assert_int_eq(fcounter_start(&fc, store, true, 0xF0000009), 0);
	ck_assert(fc.restarting);
	/* a block more: it is not known that nothing left */
	ck_assert_uint_eq(fc.next, BLOCK);
	ck_assert_int_eq(activate(2, 1), 1);
	ck_assert_int_eq(fcounter_restarted(&fc), 0);
	store_close(store);
	open_store();
	ck_assert_int_eq(fcounter_start(&fc, store, true, BLOCK), 0);
	ck_assert(!fc.restarting);
	ck_assert_uint_eq(fc.next, BLOCK);
	store_close(store);
}
END_TEST

START_TEST(store_fails)
{
	store_at(0);
	ck_start(false, 0, 0, BLOCK);
	ck_assert_int_eq(store_run(store,
				   "CREATE TRIGGER refuse BEFORE UPDATE ON counter BEGIN"
				   " SELECT RAISE(ABORT, 'no'); END",
				   ""),
			 0);
	ck_assert_int_eq(store_run(store,
				   "CREATE TRIGGER refuse_too BEFORE INSERT ON counter BEGIN"
				   " SELECT RAISE(ABORT, 'no'); END",
				   ""),
			 0);
	ck_assert_int_lt(fcounter_raise(&fc, BLOCK - 1), 0);
	ck_assert_uint_eq(fc.next, 0);
	ck_assert_int_lt(fcounter_advance(&fc, BLOCK - 1), 0);
	ck_assert_uint_eq(fc.limit, BLOCK); /* nothing beyond may be used */
	ck_assert_uint_eq(fcounter_budget(&fc), 1);
	ck_assert_int_eq(store_run(store, "DROP TRIGGER refuse", ""), 0);
	ck_assert_int_eq(store_run(store, "DROP TRIGGER refuse_too", ""), 0);
	ck_assert_int_eq(fcounter_advance(&fc, BLOCK - 1), 1);
	/* A limit that cannot be read is no limit of 0. */
	ck_assert_int_eq(store_run(store, "DROP TABLE counter", ""), 0);
	ck_assert_int_lt(fcounter_start(&fc, store, true, 5), 0);
	store_close(store);
}
END_TEST

START_TEST(an_epoch_that_cannot_be_read)
{
	store_at(3 * BLOCK);
	ck_assert_int_eq(store_run(store, "ALTER TABLE value RENAME TO gone", ""), 0);
	ck_assert_int_lt(fcounter_start(&fc, store, false, 0), 0);
	store_close(store);
}
END_TEST

UNIT_MAIN("fcounter", first_start, reboot_starts_at_the_limit, restarted_daemon_goes_on,
	  counter_outside_the_last_block, counter_without_security, never_below_the_kernel,
	  next_block_below_a_quarter, moved_behind_our_back, raised_by_the_commissioning_tool,
	  rekey_falls_due, the_end, a_key_change_before_it_is_due_changes_nothing,
	  a_new_key_starts_at_0_where_it_is_due, staged_keys_of_the_first_life_are_not_new,
	  an_old_key_goes_on_above_what_it_was_used_with, an_epoch_that_did_not_come_to_the_kernel,
	  store_fails, an_epoch_that_cannot_be_read)
