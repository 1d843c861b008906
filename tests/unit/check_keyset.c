/* SPDX-License-Identifier: ISC */
#include "keys/keyset.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define KEY(n)                                                                                     \
	{                                                                                          \
		.b = {(n), 0x55, (n)}, .len = KEYSET_KEY_LEN                                       \
	}
/* SHA-256 of KEY(1), computed by sha256sum */
static const uint8_t hash_of_key_1[KEYSET_HASH_LEN] = {
	0xdc, 0x5f, 0x76, 0x15, 0x6b, 0xc9, 0xf1, 0x25, 0x80, 0x82, 0xf1,
	0x1d, 0x65, 0x4c, 0x50, 0x16, 0x70, 0xe1, 0x95, 0x6f, 0xb2, 0xb4,
	0xa3, 0xc5, 0x55, 0x04, 0x43, 0x49, 0x4e, 0xbb, 0x73, 0x46,
};

static const struct eui64 node_a = {{2, 0, 0, 0, 0, 0, 0, 0xa}};
static const struct eui64 node_b = {{2, 0, 0, 0, 0, 0, 0, 0xb}};

/* A network key: mode 1, its number and its octets follow from the index. */
static struct key_entry net(uint8_t index, enum key_state state)
{
	return (struct key_entry){.number = index,
				  .key = KEY(index),
				  .index = index,
				  .mode = 1,
				  .level = 5,
				  .state = state};
}

static struct key_entry pair(uint16_t number, uint8_t index, struct eui64 peer, enum key_state st)
{
	return (struct key_entry){.number = number,
				  .key = KEY(index),
				  .index = index,
				  .mode = 3,
				  .level = 6,
				  .source = node_a,
				  .state = st,
				  .peer = peer};
}

static struct keyset set_of(size_t n, const struct key_entry *entries)
{
	struct keyset ks = {.n = 0};
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(keyset_insert(&ks, &entries[i]), 0);
	return ks;
}

static struct keyset one(struct key_entry e)
{
	return set_of(1, &e);
}

/* Apply `req` and expect a refusal that changes nothing. */
static void refuse_add(struct keyset *ks, const struct keyset *req, enum keyset_result why)
{
	struct keyset before = *ks;
	ck_assert_int_eq(keyset_add(ks, req), why);
	ck_assert_mem_eq(ks, &before, sizeof(before));
}

static void ck_state(const struct keyset *ks, uint16_t number, enum key_state state)
{
	const struct key_entry *e = keyset_find(ks, number);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->state, state);
}

START_TEST(insert_sorts_by_number)
{
	struct key_entry e[] = {net(7, KEY_STAGED), net(1, KEY_STAGED), net(3, KEY_STAGED)};
	struct keyset ks = set_of(3, e);
	ck_assert_uint_eq(ks.entry[0].number, 1);
	ck_assert_uint_eq(ks.entry[1].number, 3);
	ck_assert_uint_eq(ks.entry[2].number, 7);
	ck_assert_int_eq(keyset_insert(&ks, &e[1]), -EEXIST);
	ck_assert_ptr_null(keyset_find(&ks, 2));
}
END_TEST

START_TEST(first_set_is_taken)
{
	struct key_entry e[] = {net(1, KEY_ACTIVE), net(2, KEY_STAGED)};
	struct keyset ks = {.n = 0}, req = set_of(2, e);
	ck_assert_int_eq(keyset_replace(&ks, &req), KEYSET_OK);
	ck_assert_uint_eq(ks.n, 2);
	ck_assert_uint_eq(keyset_active(&ks)->index, 1);
	ck_assert(secret_equal(&keyset_active(&ks)->key, &e[0].key));
	/* The same again, as a retried request, changes nothing. */
	ck_assert_int_eq(keyset_replace(&ks, &req), KEYSET_OK);
	ck_assert_mem_eq(&ks, &req, sizeof(ks));
}
END_TEST

START_TEST(bad_entries_are_refused)
{
	struct key_entry good = net(1, KEY_ACTIVE), e[12];
	for (size_t i = 0; i < 12; i++)
		e[i] = good;
	e[0].index = 0;
	e[1].mode = 0;
	e[2].mode = 2;
	e[3].mode = 3;        /* without a source */
	e[4].source = node_a; /* which mode 1 does not have */
	e[5].level = 4;       /* encrypted without MIC */
	e[6].level = 0;
	e[7].level = 8;
	e[8].key.len = 15;
	e[9].key.len = 17;
	e[10].key.len = 0; /* not held */
	e[11].state = (enum key_state)3;
	for (size_t i = 0; i < 12; i++) {
		struct keyset ks = {.n = 0}, req = one(e[i]);
		refuse_add(&ks, &req, KEYSET_BAD);
		ck_assert_int_eq(keyset_replace(&ks, &req), KEYSET_BAD);
		ck_assert_int_eq(keyset_set(&ks, &e[i]), KEYSET_BAD);
	}
	struct keyset ks = {.n = 0}, req = one(good);
	ck_assert_int_eq(keyset_add(&ks, &req), KEYSET_CREATED);
}
END_TEST

START_TEST(contradictions_in_a_request_are_refused)
{
	struct key_entry two_active[] = {net(1, KEY_ACTIVE), net(2, KEY_ACTIVE)};
	struct key_entry same_index[] = {net(1, KEY_ACTIVE), net(1, KEY_STAGED)};
	struct keyset ks = {.n = 0}, req = set_of(2, two_active);
	refuse_add(&ks, &req, KEYSET_BAD);
	same_index[1].number = 2;
	req = set_of(2, same_index);
	refuse_add(&ks, &req, KEYSET_BAD);
	/* insert() keeps numbers apart; a request made otherwise is looked at as well. */
	req.n = 2;
	req.entry[0] = req.entry[1] = net(1, KEY_STAGED);
	req.entry[1].index = 2;
	refuse_add(&ks, &req, KEYSET_BAD);
}
END_TEST

START_TEST(one_active_key_a_scope)
{
	struct key_entry e[] = {net(1, KEY_ACTIVE), pair(100, 130, node_b, KEY_ACTIVE)};
	struct keyset ks = {.n = 0}, req = set_of(2, e);
	ck_assert_int_eq(keyset_add(&ks, &req), KEYSET_CREATED);
	/* Another network key takes over, the pairwise one stays. */
	struct key_entry next = net(2, KEY_ACTIVE);
	ck_assert_int_eq(keyset_set(&ks, &next), KEYSET_CREATED);
	ck_state(&ks, 1, KEY_STAGED);
	ck_state(&ks, 2, KEY_ACTIVE);
	ck_state(&ks, 100, KEY_ACTIVE);
	ck_assert_uint_eq(keyset_active(&ks)->number, 2);
	/* And back. */
	next = net(1, KEY_ACTIVE);
	ck_assert_int_eq(keyset_set(&ks, &next), KEYSET_OK);
	ck_state(&ks, 1, KEY_ACTIVE);
	ck_state(&ks, 2, KEY_STAGED);
}
END_TEST

START_TEST(no_octets_mean_the_key_held)
{
	struct keyset ks = one(net(1, KEY_STAGED));
	struct key_entry e = net(1, KEY_ACTIVE);
	secret_clear(&e.key);
	ck_assert_int_eq(keyset_set(&ks, &e), KEYSET_OK);
	ck_state(&ks, 1, KEY_ACTIVE);
	struct secret key = KEY(1);
	ck_assert(secret_equal(&keyset_find(&ks, 1)->key, &key));
}
END_TEST

START_TEST(index_never_changes_its_octets)
{
	struct keyset ks = one(net(1, KEY_ACTIVE));
	struct keyset req = one(net(1, KEY_ACTIVE));
	req.entry[0].key.b[15] ^= 1;
	refuse_add(&ks, &req, KEYSET_CONFLICT);
	ck_assert_int_eq(keyset_replace(&ks, &req), KEYSET_CONFLICT);
	/* Nor under another number, not even with the right octets. */
	req = one(net(1, KEY_ACTIVE));
	req.entry[0].number = 9;
	refuse_add(&ks, &req, KEYSET_CONFLICT);
	/* Nor does a number change its key. */
	req = one(net(2, KEY_STAGED));
	req.entry[0].number = 1;
	refuse_add(&ks, &req, KEYSET_CONFLICT);
	ck_assert_int_eq(keyset_replace(&ks, &req), KEYSET_CONFLICT);
}
END_TEST

START_TEST(retired_key_leaves_its_hash)
{
	struct key_entry e[] = {net(1, KEY_STAGED), net(2, KEY_ACTIVE)};
	struct keyset ks = set_of(2, e);
	struct key_entry gone = net(1, KEY_RETIRED);
	secret_clear(&gone.key);
	ck_assert_int_eq(keyset_set(&ks, &gone), KEYSET_OK);
	ck_state(&ks, 1, KEY_RETIRED);
	ck_assert_uint_eq(keyset_find(&ks, 1)->key.len, KEYSET_HASH_LEN);
	ck_assert_mem_eq(keyset_find(&ks, 1)->key.b, hash_of_key_1, KEYSET_HASH_LEN);
	/* Retiring it again is what a retried request does. */
	ck_assert_int_eq(keyset_set(&ks, &gone), KEYSET_OK);
	gone = net(1, KEY_RETIRED);
	ck_assert_int_eq(keyset_set(&ks, &gone), KEYSET_OK);
	gone.key.b[0] ^= 1;
	ck_assert_int_eq(keyset_set(&ks, &gone), KEYSET_CONFLICT);
}
END_TEST

START_TEST(retired_key_never_returns)
{
	struct keyset ks = one(net(1, KEY_ACTIVE));
	ck_assert_int_eq(keyset_delete(&ks, 1), KEYSET_OK);
	ck_assert_ptr_null(keyset_active(&ks));
	struct keyset req = one(net(1, KEY_STAGED));
	refuse_add(&ks, &req, KEYSET_CONFLICT);
	ck_assert_int_eq(keyset_replace(&ks, &req), KEYSET_CONFLICT);
	secret_clear(&req.entry[0].key);
	refuse_add(&ks, &req, KEYSET_CONFLICT);
	/* Neither under another index. */
	req = one(net(2, KEY_STAGED));
	req.entry[0].key = (struct secret)KEY(1);
	refuse_add(&ks, &req, KEYSET_CONFLICT);
	req.entry[0].key = (struct secret)KEY(2);
	ck_assert_int_eq(keyset_add(&ks, &req), KEYSET_CREATED);
	/* Nor when one request retires it and brings it back. */
	struct key_entry both[] = {net(2, KEY_RETIRED), net(3, KEY_ACTIVE)};
	both[1].key = (struct secret)KEY(2);
	req = set_of(2, both);
	refuse_add(&ks, &req, KEYSET_CONFLICT);
}
END_TEST

START_TEST(replace_retires_what_is_absent)
{
	struct key_entry e[] = {net(1, KEY_ACTIVE), net(2, KEY_STAGED)};
	struct keyset ks = set_of(2, e), req = one(net(2, KEY_ACTIVE));
	ck_assert_int_eq(keyset_replace(&ks, &req), KEYSET_OK);
	ck_state(&ks, 1, KEY_RETIRED);
	ck_assert_uint_eq(keyset_active(&ks)->index, 2);
	req.n = 0;
	ck_assert_int_eq(keyset_replace(&ks, &req), KEYSET_OK);
	ck_assert_ptr_null(keyset_active(&ks));
}
END_TEST

START_TEST(delete_retires)
{
	struct keyset ks = one(net(1, KEY_ACTIVE));
	ck_assert_int_eq(keyset_delete(&ks, 2), KEYSET_NOT_FOUND);
	ck_assert_int_eq(keyset_delete(&ks, 1), KEYSET_OK);
	struct keyset after = ks;
	ck_assert_int_eq(keyset_delete(&ks, 1), KEYSET_OK);
	ck_assert_mem_eq(&ks, &after, sizeof(ks));
}
END_TEST

START_TEST(full_of_live_keys)
{
	struct keyset ks = {.n = 0};
	for (uint8_t i = 1; i <= KEYSET_MAX; i++) {
		struct key_entry e = net(i, KEY_STAGED);
		ck_assert_int_eq(keyset_set(&ks, &e), KEYSET_CREATED);
	}
	struct keyset req = one(net(200, KEY_STAGED));
	refuse_add(&ks, &req, KEYSET_FULL);
	/* Replacing has room, by retiring. */
	ck_assert_int_eq(keyset_replace(&ks, &req), KEYSET_OK);
	ck_assert_uint_eq(ks.n, KEYSET_MAX);
	ck_state(&ks, 200, KEY_STAGED);
}
END_TEST

START_TEST(oldest_retired_gives_way)
{
	struct keyset ks = {.n = 0};
	for (uint8_t i = 1; i <= KEYSET_MAX; i++) {
		struct key_entry e = net(i, KEY_STAGED);
		ck_assert_int_eq(keyset_set(&ks, &e), KEYSET_CREATED);
	}
	keyset_delete(&ks, 20);
	keyset_delete(&ks, 5);
	keyset_delete(&ks, 6);
	struct key_entry e = net(100, KEY_STAGED);
	ck_assert_int_eq(keyset_set(&ks, &e), KEYSET_CREATED);
	ck_assert_ptr_null(keyset_find(&ks, 20));
	/* A request about the oldest keeps it: the next one goes. */
	struct key_entry about[] = {net(5, KEY_RETIRED), net(101, KEY_ACTIVE)};
	struct keyset req = set_of(2, about);
	ck_assert_int_eq(keyset_add(&ks, &req), KEYSET_CREATED);
	ck_state(&ks, 5, KEY_RETIRED);
	ck_assert_ptr_null(keyset_find(&ks, 6));
}
END_TEST

/* The index of a network key comes round after 255 re-keys. */
START_TEST(a_thousand_rekeys)
{
	struct keyset ks = {.n = 0};
	for (uint16_t n = 1; n <= 1000; n++) {
		struct key_entry e = net((uint8_t)((n - 1) % 255 + 1), KEY_STAGED);
		e.key.b[5] = (uint8_t)(n >> 8);
		e.key.b[6] = (uint8_t)n;
		ck_assert_int_eq(keyset_set(&ks, &e), KEYSET_CREATED);
		e.state = KEY_ACTIVE;
		ck_assert_int_eq(keyset_set(&ks, &e), KEYSET_OK);
		if (n > 1)
			ck_assert_int_eq(keyset_delete(&ks, (uint16_t)((n - 2) % 255 + 1)),
					 KEYSET_OK);
		ck_assert_uint_eq(keyset_active(&ks)->index, e.index);
	}
}
END_TEST

START_TEST(clear_wipes)
{
	struct keyset ks = one(net(1, KEY_ACTIVE)), zero;
	memset(&zero, 0, sizeof(zero));
	keyset_clear(&ks);
	ck_assert_mem_eq(&ks, &zero, sizeof(ks));
}
END_TEST

UNIT_MAIN("keyset", insert_sorts_by_number, first_set_is_taken, bad_entries_are_refused,
	  contradictions_in_a_request_are_refused, one_active_key_a_scope,
	  no_octets_mean_the_key_held, index_never_changes_its_octets, retired_key_leaves_its_hash,
	  retired_key_never_returns, replace_retires_what_is_absent, delete_retires,
	  full_of_live_keys, oldest_retired_gives_way, a_thousand_rekeys, clear_wipes)
