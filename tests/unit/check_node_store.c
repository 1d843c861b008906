/* SPDX-License-Identifier: ISC */
#include "node/node_store.h"
#include "unit.h"

#include <string.h>

static const struct eui64 A = {{2, 0, 0, 0, 0, 0, 0, 1}}, B = {{2, 0, 0, 0, 0, 0, 0, 2}};

static struct store *open_store(void)
{
	struct store *st = NULL;
	char why[256] = "";

	ck_assert_msg(node_store_open(&st, "state", why, sizeof(why)) == 0, "%s", why);
	return st;
}

struct seen {
	struct eui64 eui[8];
	bool secured[8];
	long short_addr[8]; /* -1: none */
	struct node_store_rx rx[8];
	size_t n;
};

static void on_neighbour(void *arg, const struct node_store_neighbour *nb)
{
	struct seen *seen = arg;

	seen->secured[seen->n] = nb->secured;
	seen->short_addr[seen->n] = nb->has_short ? nb->short_addr : -1;
	seen->eui[seen->n++] = nb->eui;
}

static void on_rx(void *arg, const struct node_store_rx *rx)
{
	struct seen *seen = arg;

	seen->rx[seen->n++] = *rx;
}

START_TEST(neighbours_survive_reopening)
{
	struct seen seen = {.n = 0};

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(node_store_put_neighbour(st, &A, true), 0);
	ck_assert_int_eq(node_store_put_neighbour(st, &A, true), 0);
	ck_assert_int_eq(node_store_put_neighbour(st, &B, true), 0);
	ck_assert_int_eq(node_store_put_neighbour(st, &B, false), 0);
	ck_assert_int_eq(node_store_drop_neighbour(st, &A), 0);
	store_close(st);
	st = open_store();
	ck_assert_int_eq(node_store_each_neighbour(st, on_neighbour, &seen), 0);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert(eui64_equal(&seen.eui[0], &B));
	ck_assert(!seen.secured[0]);
	/* all of them at once, after some could not be stored */
	const struct node_store_neighbour all = {
		.eui = A, .secured = true, .has_short = true, .short_addr = 7};
	ck_assert_int_eq(node_store_put_neighbours(st, &all, 1), 0);
	seen.n = 0;
	ck_assert_int_eq(node_store_each_neighbour(st, on_neighbour, &seen), 0);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert(eui64_equal(&seen.eui[0], &A));
	ck_assert_int_eq(seen.short_addr[0], 7);
	ck_assert(seen.secured[0]);
	store_close(st);
}
END_TEST

START_TEST(short_addresses_go_with_neighbours)
{
	static const uint16_t zero = 0, other = 0x1234;
	struct seen seen = {.n = 0};

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(node_store_set_short(st, &A, &other), 0); /* of nobody */
	ck_assert_int_eq(node_store_put_neighbour(st, &A, true), 0);
	ck_assert_int_eq(node_store_put_neighbour(st, &B, true), 0);
	ck_assert_int_eq(node_store_set_short(st, &A, &zero), 0);
	ck_assert_int_eq(node_store_put_neighbour(st, &A, false), 0);
	ck_assert_int_eq(node_store_put_neighbour(st, &A, true), 0); /* secured again: it stays */
	ck_assert_int_eq(node_store_set_short(st, &B, &other), 0);
	ck_assert_int_eq(node_store_set_short(st, &B, NULL), 0);
	store_close(st);
	st = open_store();
	ck_assert_int_eq(node_store_each_neighbour(st, on_neighbour, &seen), 0);
	ck_assert_uint_eq(seen.n, 2);
	for (size_t i = 0; i < seen.n; i++)
		ck_assert_int_eq(seen.short_addr[i], eui64_equal(&seen.eui[i], &A) ? 0 : -1);
	store_close(st);
}
END_TEST

START_TEST(closed_survives_reopening)
{
	bool all_secured = true;
	uint32_t n = 7;

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(node_store_get_closed(st, &all_secured, &n), 0);
	ck_assert(!all_secured);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(node_store_put_closed(st, true, UINT32_MAX), 0);
	store_close(st);
	st = open_store();
	ck_assert_int_eq(node_store_get_closed(st, &all_secured, &n), 0);
	ck_assert(all_secured);
	ck_assert_uint_eq(n, UINT32_MAX);
	/* what cannot be read is not taken for open */
	ck_assert_int_eq(store_run(st, "ALTER TABLE value RENAME TO gone", ""), 0);
	ck_assert_int_lt(node_store_get_closed(st, &all_secured, &n), 0);
	store_close(st);
}
END_TEST

START_TEST(receive_counters_are_replaced_as_a_whole)
{
	const struct node_store_rx first[] = {
		{.eui = A, .mode = 1, .index = 1, .next = 5},
		{.eui = B, .mode = 3, .index = 2, .source = A, .next = 9}};
	const struct node_store_rx later[] = {
		{.eui = B, .mode = 3, .index = 2, .source = A, .next = UINT32_MAX}};
	struct seen seen = {.n = 0};

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(node_store_put_rx(st, first, 2), 0);
	ck_assert_int_eq(node_store_put_rx(st, later, 1), 0);
	ck_assert_int_eq(node_store_each_rx(st, on_rx, &seen), 0);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert(eui64_equal(&seen.rx[0].eui, &B));
	ck_assert(eui64_equal(&seen.rx[0].source, &A));
	ck_assert_uint_eq(seen.rx[0].mode, 3);
	ck_assert_uint_eq(seen.rx[0].index, 2);
	ck_assert_uint_eq(seen.rx[0].next, UINT32_MAX);
	store_close(st);
}
END_TEST

START_TEST(the_first_ct_survives_reopening)
{
	static const uint8_t one[NODE_STORE_HASH_LEN] = {1}, two[NODE_STORE_HASH_LEN] = {2};
	uint8_t read[NODE_STORE_HASH_LEN];

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(node_store_get_ct(st, read), 0);
	ck_assert_int_eq(node_store_put_ct(st, one), 0);
	ck_assert_int_eq(node_store_put_ct(st, two), 0);
	store_close(st);
	st = open_store();
	ck_assert_int_eq(node_store_get_ct(st, read), 1);
	ck_assert_mem_eq(read, two, sizeof(two));
	ck_assert_int_eq(node_store_drop_ct(st), 0);
	ck_assert_int_eq(node_store_get_ct(st, read), 0);
	store_close(st);
}
END_TEST

START_TEST(counters_go_with_the_key_that_their_id_stood_for)
{
	const struct node_store_rx rx[] = {
		{.eui = A, .mode = 1, .index = 1, .next = 5},
		{.eui = A, .mode = 1, .index = 2, .next = 6},
		{.eui = A, .mode = 3, .index = 1, .source = B, .next = 7}};
	uint8_t first[NODE_STORE_HASH_LEN] = {1}, second[NODE_STORE_HASH_LEN] = {2};
	uint8_t found[NODE_STORE_HASH_LEN];
	struct seen seen = {.n = 0};

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(node_store_put_rx(st, rx, 3), 0);
	ck_assert_int_eq(node_store_get_rx_key(st, &rx[0], found), 0);
	/* nothing was known of it, then it is the same again */
	ck_assert_int_eq(node_store_put_rx_key(st, &rx[0], first), 0);
	ck_assert_int_eq(node_store_put_rx_key(st, &rx[0], first), 0);
	ck_assert_int_eq(node_store_each_rx(st, on_rx, &seen), 0);
	ck_assert_uint_eq(seen.n, 3);
	ck_assert_int_eq(node_store_put_rx_key(st, &rx[0], second), 0);
	store_close(st);
	st = open_store();
	ck_assert_int_eq(node_store_get_rx_key(st, &rx[0], found), 1);
	ck_assert_mem_eq(found, second, sizeof(found));
	seen.n = 0;
	ck_assert_int_eq(node_store_each_rx(st, on_rx, &seen), 0);
	ck_assert_uint_eq(seen.n, 2);
	for (size_t i = 0; i < seen.n; i++)
		ck_assert_uint_gt(seen.rx[i].next, 5);
	store_close(st);
}
END_TEST

UNIT_MAIN("node_store", neighbours_survive_reopening, short_addresses_go_with_neighbours,
	  closed_survives_reopening, receive_counters_are_replaced_as_a_whole,
	  the_first_ct_survives_reopening, counters_go_with_the_key_that_their_id_stood_for)
