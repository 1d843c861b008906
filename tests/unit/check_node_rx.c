/* SPDX-License-Identifier: ISC */
/* The receive counters of a node over a bootstrap layer that is played here by a list. */
#include "node/node_priv.h"
#include "node/node_store.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct eui64 A = {{2, 0, 0, 0, 0, 0, 0, 1}};

static struct node node;
static struct bslayer_counter_entry map[16];
static size_t n_map;
static int raise_error, forget_error;

static bool same_id(const struct bslayer_key_entry *a, const struct bslayer_key_entry *b)
{
	return a->mode == b->mode && a->index == b->index;
}

int policy_raise_counter(struct policy *p, const struct bslayer_counter_entry *c)
{
	(void)p;
	if (!raise_error)
		map[n_map++] = *c;
	return raise_error;
}

int policy_list_counters(struct policy *p, struct bslayer_counter_entry *out, size_t max)
{
	(void)p;
	ck_assert_uint_le(n_map, max);
	memcpy(out, map, n_map * sizeof(map[0]));
	return (int)n_map;
}

int policy_forget_counters(struct policy *p, const struct bslayer_key_entry *key)
{
	size_t kept = 0;

	(void)p;
	if (forget_error)
		return forget_error;
	for (size_t i = 0; i < n_map; i++)
		if (!same_id(&map[i].key, key))
			map[kept++] = map[i];
	n_map = kept;
	return 0;
}

static void open_store(void)
{
	char why[256] = "";

	ck_assert_msg(node_store_open(&node.store, "state", why, sizeof(why)) == 0, "%s", why);
}

/* The daemon again; after a power cut the maps are empty. */
static void come_back(void)
{
	store_close(node.store);
	memset(&node, 0, sizeof(node));
	n_map = 0;
	open_store();
}

static void heard(uint8_t index, uint32_t next)
{
	map[n_map++] = (struct bslayer_counter_entry){
		.eui = A, .key = {.mode = 1, .index = index}, .next = next};
}

/* The one key of the node has this index and these octets. */
static int take_key(uint8_t index, uint8_t octet)
{
	struct key_entry e = {.number = index,
			      .index = index,
			      .mode = 1,
			      .level = 5,
			      .state = KEY_ACTIVE,
			      .key = {.len = KEYSET_KEY_LEN}};

	memset(e.key.b, octet, KEYSET_KEY_LEN);
	keyset_clear(&node.keys);
	ck_assert_int_eq(keyset_insert(&node.keys, &e), 0);
	return node_rx_match_keys(&node);
}

static void setup(void)
{
	unit_enter_dir();
	open_store();
	ck_assert_int_eq(node_rx_restore(&node), 0);
}

START_TEST(counters_stay_with_their_key)
{
	setup();
	ck_assert_int_eq(take_key(1, 0xaa), 0);
	heard(1, 500);
	heard(2, 600);
	node_rx_store(&node);
	ck_assert_int_eq(take_key(2, 0xbb), 0); /* without a key before: it may be this one's */
	ck_assert_int_eq(take_key(1, 0xaa), 0);
	ck_assert_uint_eq(n_map, 2);
	come_back();
	ck_assert_int_eq(node_rx_restore(&node), 0);
	ck_assert_int_eq(take_key(1, 0xaa), 0);
	ck_assert_uint_eq(n_map, 2);
	store_close(node.store);
}
END_TEST

/* Who lost its counter begins again in a new network, whose first key has the index of the old. */
START_TEST(another_key_under_the_same_id_begins_anew)
{
	setup();
	ck_assert_int_eq(take_key(1, 0xaa), 0);
	heard(1, 500);
	heard(2, 600);
	node_rx_store(&node);
	ck_assert_int_eq(take_key(1, 0xbb), 0);
	ck_assert_uint_eq(n_map, 1);
	ck_assert_uint_eq(map[0].key.index, 2);
	come_back(); /* before it was stored again */
	ck_assert_int_eq(node_rx_restore(&node), 0);
	ck_assert_uint_eq(n_map, 1);
	ck_assert_uint_eq(map[0].key.index, 2);
	store_close(node.store);
}
END_TEST

START_TEST(what_failed_is_done_again)
{
	setup();
	ck_assert_int_eq(take_key(1, 0xaa), 0);
	heard(1, 500);
	forget_error = -EIO;
	ck_assert_int_eq(take_key(1, 0xbb), -EIO);
	forget_error = 0;
	ck_assert_int_eq(store_run(node.store,
				   "CREATE TRIGGER refuse BEFORE UPDATE ON rx_key BEGIN"
				   " SELECT RAISE(ABORT, 'no'); END",
				   ""),
			 0);
	ck_assert_int_lt(take_key(1, 0xbb), 0);
	ck_assert_int_eq(store_run(node.store, "DROP TRIGGER refuse", ""), 0);
	heard(1, 501);
	ck_assert_int_eq(take_key(1, 0xbb), 0);
	ck_assert_uint_eq(n_map, 0);
	store_close(node.store);
}
END_TEST

START_TEST(what_was_not_restored_is_not_written_over)
{
	setup();
	heard(1, 500);
	node_rx_store(&node);
	come_back();
	raise_error = -ENOSPC;
	ck_assert_int_eq(node_rx_restore(&node), -ENOSPC);
	heard(2, 7);
	node_rx_store(&node);
	come_back();
	raise_error = 0;
	ck_assert_int_eq(node_rx_restore(&node), 0);
	ck_assert_uint_eq(n_map, 1);
	ck_assert_uint_eq(map[0].next, 500);
	store_close(node.store);
}
END_TEST

UNIT_MAIN("node_rx", counters_stay_with_their_key, another_key_under_the_same_id_begins_anew,
	  what_failed_is_done_again, what_was_not_restored_is_not_written_over)
