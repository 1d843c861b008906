/* SPDX-License-Identifier: ISC */
#include "keys/keyset_msg.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define KEY                                                                                        \
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e,  \
		0x0f

/* 1: key 00..0f, index 1, mode 1, level 5, active;
 * 300: index 129, mode 3, level 6, source 020000000000000a, staged, peer 020000000000000b */
static const struct keyset expected = {
	.entry = {{.number = 1,
		   .key = {.b = {KEY}, .len = 16},
		   .index = 1,
		   .mode = 1,
		   .level = 5,
		   .state = KEY_ACTIVE},
		  {.number = 300,
		   .index = 129,
		   .mode = 3,
		   .level = 6,
		   .source = {{2, 0, 0, 0, 0, 0, 0, 0xa}},
		   .state = KEY_STAGED,
		   .peer = {{2, 0, 0, 0, 0, 0, 0, 0xb}}}},
	.n = 2,
};

static const char json[] =
	"{\"1\":{\"k\":\"000102030405060708090a0b0c0d0e0f\",\"i\":1,\"m\":1,\"l\":5,\"t\":1},"
	"\"300\":{\"i\":129,\"m\":3,\"l\":6,\"s\":\"020000000000000a\",\"t\":0,"
	"\"p\":\"020000000000000b\"}}";

/* {1: {1: h'00..0f', 2: 1, 3: 1, 4: 5, 6: 1},
 *  300: {2: 129, 3: 3, 4: 6, 5: h'020000000000000a', 6: 0, 7: h'020000000000000b'}} */
static const uint8_t cbor[] = {
	0xa2, 0x01, 0xa5, 0x01, 0x50, KEY,  0x02, 0x01, 0x03, 0x01, 0x04, 0x05,
	0x06, 0x01, 0x19, 0x01, 0x2c, 0xa6, 0x02, 0x18, 0x81, 0x03, 0x03, 0x04,
	0x06, 0x05, 0x48, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x06,
	0x00, 0x07, 0x48, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0b,
};

static const uint8_t *const json_octets = (const uint8_t *)json;
#define JSON_LEN (sizeof(json) - 1)

/* Parse a copy on the heap of exactly that length, so that the sanitizer sees every octet too far.
 */
static int parse(int format, const void *octets, size_t len, struct keyset *ks)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	memcpy(copy, octets, len);
	int err = keyset_msg_parse(format, copy, len, ks);
	free(copy);
	return err;
}

static void ck_empty(const struct keyset *ks)
{
	struct keyset zero;
	memset(&zero, 0, sizeof(zero));
	ck_assert_mem_eq(ks, &zero, sizeof(zero));
}

static int parse_json(const char *text)
{
	struct keyset ks;
	int err = parse(KEYS_FORMAT_JSON, text, strlen(text), &ks);
	if (err < 0)
		ck_empty(&ks);
	return err;
}

START_TEST(json_is_read)
{
	struct keyset ks;
	ck_assert_int_eq(parse(KEYS_FORMAT_JSON, json, JSON_LEN, &ks), 0);
	ck_assert_mem_eq(&ks, &expected, sizeof(ks));
}
END_TEST

START_TEST(cbor_is_read)
{
	struct keyset ks;
	ck_assert_int_eq(parse(KEYS_FORMAT_CBOR, cbor, sizeof(cbor), &ks), 0);
	ck_assert_mem_eq(&ks, &expected, sizeof(ks));
}
END_TEST

START_TEST(json_is_written)
{
	uint8_t out[512];
	int len = keyset_msg_build(KEYS_FORMAT_JSON, &expected, true, out, sizeof(out));
	ck_assert_int_eq(len, (int)JSON_LEN);
	ck_assert_mem_eq(out, json, JSON_LEN);
}
END_TEST

START_TEST(cbor_is_written)
{
	uint8_t out[512];
	int len = keyset_msg_build(KEYS_FORMAT_CBOR, &expected, true, out, sizeof(out));
	ck_assert_int_eq(len, (int)sizeof(cbor));
	ck_assert_mem_eq(out, cbor, sizeof(cbor));
}
END_TEST

START_TEST(writing_is_bounded)
{
	uint8_t out[512];
	for (size_t cap = 0; cap < sizeof(cbor); cap++)
		ck_assert_int_eq(keyset_msg_build(KEYS_FORMAT_CBOR, &expected, true, out, cap),
				 -ENOBUFS);
	for (size_t cap = 0; cap < JSON_LEN; cap++)
		ck_assert_int_eq(keyset_msg_build(KEYS_FORMAT_JSON, &expected, true, out, cap),
				 -ENOBUFS);
}
END_TEST

START_TEST(keys_are_kept_back)
{
	static const char shown[] = "{\"1\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1}}";
	struct keyset ks = expected;
	uint8_t out[512];
	ks.n = 1;
	int len = keyset_msg_build(KEYS_FORMAT_JSON, &ks, false, out, sizeof(out));
	ck_assert_int_eq(len, (int)strlen(shown));
	ck_assert_mem_eq(out, shown, strlen(shown));
	len = keyset_msg_build(KEYS_FORMAT_CBOR, &ks, false, out, sizeof(out));
	ck_assert_ptr_null(memmem(out, (size_t)len, expected.entry[0].key.b, 4));
	/* The hash of a retired key is nobody's business. */
	ks.entry[0].state = KEY_RETIRED;
	ks.entry[0].key.len = KEYSET_HASH_LEN;
	len = keyset_msg_build(KEYS_FORMAT_CBOR, &ks, true, out, sizeof(out));
	ck_assert_ptr_null(memmem(out, (size_t)len, expected.entry[0].key.b, 4));
}
END_TEST

/* The first in CBOR, the second in JSON, as they are in the whole set. */
START_TEST(entry_alone)
{
	static const char second[] =
		"{\"i\":129,\"m\":3,\"l\":6,\"s\":\"020000000000000a\",\"t\":0,"
		"\"p\":\"020000000000000b\"}";
	struct key_entry e;

	ck_assert_int_eq(keyset_msg_parse_entry(KEYS_FORMAT_CBOR, cbor + 2, 27, 1, &e), 0);
	ck_assert_mem_eq(&e, &expected.entry[0], sizeof(e));
	ck_assert_int_eq(keyset_msg_parse_entry(KEYS_FORMAT_CBOR, cbor + 2, 26, 1, &e), -EINVAL);
	ck_assert_uint_eq(e.key.len, 0);
	ck_assert_int_eq(keyset_msg_parse_entry(KEYS_FORMAT_JSON, (const uint8_t *)second,
						sizeof(second) - 1, 300, &e),
			 0);
	ck_assert_mem_eq(&e, &expected.entry[1], sizeof(e));
}
END_TEST

START_TEST(other_formats)
{
	struct keyset ks;
	struct key_entry e;
	uint8_t out[8];
	ck_assert_int_eq(keyset_msg_parse(50, json_octets, JSON_LEN, &ks), -ENOTSUP);
	ck_assert_int_eq(keyset_msg_parse(-1, json_octets, JSON_LEN, &ks), -ENOTSUP);
	ck_assert_int_eq(keyset_msg_parse_entry(0, json_octets, JSON_LEN, 1, &e), -ENOTSUP);
	ck_assert_int_eq(keyset_msg_build(0, &expected, true, out, sizeof(out)), -ENOTSUP);
}
END_TEST

/* Property: no beginning of a body is a body. */
START_TEST(truncations)
{
	struct keyset ks;
	for (size_t len = 0; len < JSON_LEN; len++) {
		ck_assert_int_eq(parse(KEYS_FORMAT_JSON, json, len, &ks), -EINVAL);
		ck_empty(&ks);
	}
	for (size_t len = 0; len < sizeof(cbor); len++) {
		ck_assert_int_eq(parse(KEYS_FORMAT_CBOR, cbor, len, &ks), -EINVAL);
		ck_empty(&ks);
	}
}
END_TEST

START_TEST(something_after_the_end)
{
	struct keyset ks;
	uint8_t longer[sizeof(cbor) + 1] = {0};
	memcpy(longer, cbor, sizeof(cbor));
	ck_assert_int_eq(parse(KEYS_FORMAT_CBOR, longer, sizeof(longer), &ks), -EINVAL);
	ck_assert_int_eq(parse(KEYS_FORMAT_JSON, json, JSON_LEN + 1, &ks), -EINVAL);
	ck_assert_int_eq(parse_json("{}{}"), -EINVAL);
	ck_assert_int_eq(parse_json("{} \n\t\r"), 0);
	ck_assert_int_eq(parse_json("{}\v"), -EINVAL);
}
END_TEST

/* Every flipped bit either makes it invalid, with nothing kept, or another set that is written as
 * it was read. */
START_TEST(flipped_bits)
{
	size_t changed = 0;
	for (size_t bit = 0; bit < 8 * sizeof(cbor); bit++) {
		uint8_t octets[sizeof(cbor)], out[2 * sizeof(cbor)];
		struct keyset ks;
		memcpy(octets, cbor, sizeof(cbor));
		octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (parse(KEYS_FORMAT_CBOR, octets, sizeof(octets), &ks) < 0) {
			ck_empty(&ks);
			continue;
		}
		ck_assert_mem_ne(&ks, &expected, sizeof(ks));
		int len = keyset_msg_build(KEYS_FORMAT_CBOR, &ks, true, out, sizeof(out));
		struct keyset again;
		ck_assert_int_gt(len, 0);
		ck_assert_int_eq(parse(KEYS_FORMAT_CBOR, out, (size_t)len, &again), 0);
		ck_assert_mem_eq(&again, &ks, sizeof(ks));
		changed++;
	}
	ck_assert_uint_ge(changed, 2 * 8 * 16); /* at least the key's and half of the names' bits */
}
END_TEST

START_TEST(json_that_is_not_a_set)
{
	static const char *const wrong[] = {
		"[]",
		"1",
		"null",
		"\"\"",
		"{\"1\":1}",
		"{\"1\":{}}",
		"{\"a\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"01\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"-1\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"65536\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"4294967297\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":256,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":-1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":1.5,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":1e99,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":\"1\",\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":1,\"m\":4,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":1,\"m\":1,\"l\":8,\"t\":1}}",
		"{\"1\":{\"i\":1,\"m\":1,\"l\":5,\"t\":3}}",
		"{\"1\":{\"i\":1,\"m\":1,\"l\":5}}",
		"{\"1\":{\"i\":1,\"m\":1,\"t\":1}}",
		"{\"1\":{\"i\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":1,\"i\":1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1,\"x\":1}}",
		"{\"1\":{\"k\":\"00\",\"i\":1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"k\":1,\"i\":1,\"m\":1,\"l\":5,\"t\":1}}",
		"{\"1\":{\"i\":1,\"m\":3,\"l\":5,\"s\":\"0200000000000001ff\",\"t\":1}}",
		"{\"1\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1},\"1\":{\"i\":2,\"m\":1,\"l\":5,\"t\":0}}",
	};
	ck_assert_int_eq(parse_json("{\"1\":{\"i\":1,\"m\":1,\"l\":5,\"t\":1}}"), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(parse_json(wrong[i]) == -EINVAL, "%s", wrong[i]);
}
END_TEST

START_TEST(cbor_that_is_not_a_set)
{
	static const struct {
		const char *what;
		size_t len;
		uint8_t octets[24];
	} wrong[] = {
		{"array", 1, {0x80}},
		{"null", 1, {0xf6}},
		{"indefinite map", 2, {0xbf, 0xff}},
		{"tagged map", 2, {0xc1, 0xa0}},
		{"entry is a number", 3, {0xa1, 0x01, 0x01}},
		{"entry without members", 3, {0xa1, 0x01, 0xa0}},
		{"text for a number", 12, {0xa1, 0x61, 0x31, 0xa4, 2, 1, 3, 1, 4, 5, 6, 1}},
		{"number 65536", 15, {0xa1, 0x1a, 0, 1, 0, 0, 0xa4, 2, 1, 3, 1, 4, 5, 6, 1}},
		{"no state, one unknown", 11, {0xa1, 1, 0xa4, 2, 1, 3, 1, 4, 5, 8, 1}},
		{"index twice", 13, {0xa1, 1, 0xa5, 2, 1, 2, 1, 3, 1, 4, 5, 6, 1}},
		{"negative index", 11, {0xa1, 1, 0xa4, 2, 0x20, 3, 1, 4, 5, 6, 1}},
		{"2^32 members", 6, {0xba, 0xff, 0xff, 0xff, 0xff, 0}},
		{"2^64 members", 9, {0xbb, 255, 255, 255, 255, 255, 255, 255, 255}},
		{"2^64 octets", 9, {0x5b, 255, 255, 255, 255, 255, 255, 255, 255}},
		{"nested arrays", 12, {0x9b, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x81, 0x81, 0x80}},
	};
	static const uint8_t right[] = {0xa1, 1, 0xa4, 2, 1, 3, 1, 4, 5, 6, 1};
	struct keyset ks;
	ck_assert_int_eq(parse(KEYS_FORMAT_CBOR, right, sizeof(right), &ks), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(parse(KEYS_FORMAT_CBOR, wrong[i].octets, wrong[i].len, &ks) ==
				      -EINVAL,
			      "%s", wrong[i].what);
}
END_TEST

START_TEST(as_many_as_a_node_holds)
{
	struct keyset ks = {.n = KEYSET_MAX}, again;
	uint8_t out[REPR_MAX_LEN];
	for (uint16_t i = 0; i < KEYSET_MAX; i++) {
		ks.entry[i] = expected.entry[1];
		ks.entry[i].number = (uint16_t)(UINT16_MAX - KEYSET_MAX + 1 + i);
		ks.entry[i].key = expected.entry[0].key;
	}
	int len = keyset_msg_build(KEYS_FORMAT_JSON, &ks, true, out, sizeof(out));
	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(parse(KEYS_FORMAT_JSON, out, (size_t)len, &again), 0);
	ck_assert_mem_eq(&again, &ks, sizeof(ks));
	len = keyset_msg_build(KEYS_FORMAT_CBOR, &ks, true, out, sizeof(out));
	ck_assert_int_eq(parse(KEYS_FORMAT_CBOR, out, (size_t)len, &again), 0);
	ck_assert_mem_eq(&again, &ks, sizeof(ks));
	/* One more: {33 members}. The first octets of the map say how many. */
	ck_assert_mem_eq(out, "\xb8\x20", 2);
	out[1] = KEYSET_MAX + 1;
	memcpy(out + len, "\x00\xa4\x02\x01\x03\x01\x04\x05\x06\x01", 10);
	ck_assert_int_eq(parse(KEYS_FORMAT_CBOR, out, (size_t)len + 10, &again), -EINVAL);
	ck_empty(&again);
}
END_TEST

START_TEST(too_long)
{
	char text[REPR_MAX_LEN + 2];
	memset(text, ' ', sizeof(text));
	memcpy(text, "{}", 2);
	text[REPR_MAX_LEN] = '\0';
	ck_assert_int_eq(parse_json(text), 0);
	text[REPR_MAX_LEN] = ' ';
	text[REPR_MAX_LEN + 1] = '\0';
	ck_assert_int_eq(parse_json(text), -EINVAL);
	/* The deepest nesting that fits. */
	memset(text, '[', REPR_MAX_LEN);
	text[REPR_MAX_LEN] = '\0';
	ck_assert_int_eq(parse_json(text), -EINVAL);
}
END_TEST

UNIT_MAIN("keyset_msg", json_is_read, cbor_is_read, json_is_written, cbor_is_written,
	  writing_is_bounded, keys_are_kept_back, entry_alone, other_formats, truncations,
	  something_after_the_end, flipped_bits, json_that_is_not_a_set, cbor_that_is_not_a_set,
	  as_many_as_a_node_holds, too_long)
