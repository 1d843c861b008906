/* SPDX-License-Identifier: ISC */
/* The lowest bit of the first octet chooses JSON or CBOR, the rest is the body of a PUT. What is
 * accepted must survive being written and read again, and no request may break a set's rules. */
#include "keys/keyset_msg.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(int holds)
{
	if (!holds)
		abort();
}

static int build(int format, const struct keyset *ks, uint8_t out[REPR_MAX_LEN])
{
	return keyset_msg_build(format, ks, true, out, REPR_MAX_LEN);
}

/* Both formats carry the same. */
static void both_ways(const struct keyset *ks)
{
	uint8_t first[REPR_MAX_LEN], second[REPR_MAX_LEN];
	struct keyset again;
	int json_len = build(KEYS_FORMAT_JSON, ks, first);
	require(json_len > 0);
	require(keyset_msg_parse(KEYS_FORMAT_JSON, first, (size_t)json_len, &again) == 0);
	int len = build(KEYS_FORMAT_CBOR, ks, first);
	require(len > 0 && build(KEYS_FORMAT_CBOR, &again, second) == len);
	require(memcmp(first, second, (size_t)len) == 0);
	require(keyset_msg_parse(KEYS_FORMAT_CBOR, first, (size_t)len, &again) == 0);
	require(again.n == ks->n);
}

static void check_rules(const struct keyset *ks)
{
	size_t active = 0;
	require(ks->n <= KEYSET_MAX);
	for (size_t i = 0; i < ks->n; i++) {
		const struct key_entry *e = &ks->entry[i];
		require(i == 0 || ks->entry[i - 1].number < e->number);
		require(e->index != 0 && e->level >= 5 && e->level <= 7);
		require(e->key.len == (e->state == KEY_RETIRED ? KEYSET_HASH_LEN : KEYSET_KEY_LEN));
		active += e->state == KEY_ACTIVE && eui64_is_zero(&e->peer);
	}
	require(active <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct key_entry held = {.number = 1,
					      .key = {.b = {1}, .len = KEYSET_KEY_LEN},
					      .index = 1,
					      .mode = 1,
					      .level = 5,
					      .state = KEY_ACTIVE};
	struct keyset ks = {.n = 0}, req;

	if (len == 0)
		return 0;
	int format = data[0] & 1 ? KEYS_FORMAT_CBOR : KEYS_FORMAT_JSON;
	if (keyset_msg_parse(format, data + 1, len - 1, &req) < 0) {
		require(req.n == 0);
		return 0;
	}
	both_ways(&req);
	keyset_set(&ks, &held);
	keyset_add(&ks, &req);
	check_rules(&ks);
	keyset_replace(&ks, &req);
	check_rules(&ks);
	return 0;
}
