/* SPDX-License-Identifier: ISC */
#include "keys/bsres_msg.h"

#include "keys/repr.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

/* open, n 3, counter 1048576, key index 1, request came in secured, two links of which one is
 * secured */
static const struct bsres_state state = {
	.all_secured = false,
	.n = 3,
	.fc = 1048576,
	.index = 1,
	.mark = BSRES_SECURED,
	.link = {{.eui = {{2, 0, 0, 0, 0, 0, 0, 1}}, .secured = true},
		 {.eui = {{2, 0, 0, 0, 0, 0, 0, 2}}, .secured = false}},
	.n_links = 2,
};

static const char state_json[] =
	"{\"all_secured\":false,\"n\":3,\"fc\":1048576,\"links\":["
	"{\"eui\":\"0200000000000001\",\"secured\":true},"
	"{\"eui\":\"0200000000000002\",\"secured\":false}],\"index\":1,\"mark\":2}";

/* {1: false, 2: 3, 3: 1048576, 4: [{1: h'0200000000000001', 2: true},
 *  {1: h'0200000000000002', 2: false}], 5: 1, 6: 2} */
static const uint8_t state_cbor[] = {
	0xa6, 0x01, 0xf4, 0x02, 0x03, 0x03, 0x1a, 0x00, 0x10, 0x00, 0x00, 0x04, 0x82, 0xa2, 0x01,
	0x48, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0xf5, 0xa2, 0x01, 0x48, 0x02,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0xf4, 0x05, 0x01, 0x06, 0x02,
};

/* close as number 4, forget one node */
static const struct bsres_change change = {
	.has_all_secured = true,
	.all_secured = true,
	.n = 4,
	.forget = {{{2, 0, 0, 0, 0, 0, 0, 9}}},
	.n_forget = 1,
};

static const char change_json[] =
	"{\"all_secured\":true,\"n\":4,\"forget\":[\"0200000000000009\"]}";

/* {1: true, 2: 4, 7: [h'0200000000000009']} */
static const uint8_t change_cbor[] = {0xa3, 0x01, 0xf5, 0x02, 0x04, 0x07, 0x81, 0x48,
				      0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09};

#define LEN(text) (sizeof(text) - 1)

static int parse_state(int format, const void *octets, size_t len, struct bsres_state *s)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	memcpy(copy, octets, len);
	int err = bsres_state_parse(format, copy, len, s);
	free(copy);
	return err;
}

static int parse_change(int format, const void *octets, size_t len, struct bsres_change *c)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	memcpy(copy, octets, len);
	int err = bsres_change_parse(format, copy, len, c);
	free(copy);
	return err;
}

START_TEST(state_is_read)
{
	struct bsres_state s;
	ck_assert_int_eq(parse_state(KEYS_FORMAT_JSON, state_json, LEN(state_json), &s), 0);
	ck_assert_mem_eq(&s, &state, sizeof(s));
	ck_assert_int_eq(parse_state(KEYS_FORMAT_CBOR, state_cbor, sizeof(state_cbor), &s), 0);
	ck_assert_mem_eq(&s, &state, sizeof(s));
	ck_assert_int_eq(parse_state(0, state_cbor, sizeof(state_cbor), &s), -ENOTSUP);
}
END_TEST

START_TEST(state_is_written)
{
	uint8_t out[512];
	ck_assert_int_eq(bsres_state_build(KEYS_FORMAT_JSON, &state, out, sizeof(out)),
			 (int)LEN(state_json));
	ck_assert_mem_eq(out, state_json, LEN(state_json));
	ck_assert_int_eq(bsres_state_build(KEYS_FORMAT_CBOR, &state, out, sizeof(out)),
			 (int)sizeof(state_cbor));
	ck_assert_mem_eq(out, state_cbor, sizeof(state_cbor));
	for (size_t cap = 0; cap < sizeof(state_cbor); cap++)
		ck_assert_int_eq(bsres_state_build(KEYS_FORMAT_CBOR, &state, out, cap), -ENOBUFS);
	ck_assert_int_eq(bsres_state_build(0, &state, out, sizeof(out)), -ENOTSUP);
}
END_TEST

START_TEST(change_is_read)
{
	struct bsres_change c;
	ck_assert_int_eq(parse_change(KEYS_FORMAT_JSON, change_json, LEN(change_json), &c), 0);
	ck_assert_mem_eq(&c, &change, sizeof(c));
	ck_assert_int_eq(parse_change(KEYS_FORMAT_CBOR, change_cbor, sizeof(change_cbor), &c), 0);
	ck_assert_mem_eq(&c, &change, sizeof(c));
	ck_assert_int_eq(parse_change(40, change_cbor, sizeof(change_cbor), &c), -ENOTSUP);
}
END_TEST

START_TEST(change_is_written)
{
	struct bsres_change none = {.has_all_secured = false};
	uint8_t out[512];
	ck_assert_int_eq(bsres_change_build(KEYS_FORMAT_JSON, &change, out, sizeof(out)),
			 (int)LEN(change_json));
	ck_assert_mem_eq(out, change_json, LEN(change_json));
	ck_assert_int_eq(bsres_change_build(KEYS_FORMAT_CBOR, &change, out, sizeof(out)),
			 (int)sizeof(change_cbor));
	ck_assert_mem_eq(out, change_cbor, sizeof(change_cbor));
	ck_assert_int_eq(bsres_change_build(KEYS_FORMAT_JSON, &none, out, sizeof(out)), 2);
	ck_assert_mem_eq(out, "{}", 2);
	for (size_t cap = 0; cap < sizeof(change_cbor); cap++)
		ck_assert_int_eq(bsres_change_build(KEYS_FORMAT_CBOR, &change, out, cap), -ENOBUFS);
}
END_TEST

START_TEST(counter_to_raise_to)
{
	static const char json[] = "{\"fc\":4026531840}";
	static const uint8_t cbor[] = {0xa1, 0x03, 0x1a, 0xf0, 0x00, 0x00, 0x00}; /* {3: .. } */
	const struct bsres_change raise = {.has_fc = true, .fc = 0xF0000000};
	struct bsres_change c, all = change;
	uint8_t out[512];
	ck_assert_int_eq(parse_change(KEYS_FORMAT_JSON, json, LEN(json), &c), 0);
	ck_assert_mem_eq(&c, &raise, sizeof(c));
	ck_assert_int_eq(parse_change(KEYS_FORMAT_CBOR, cbor, sizeof(cbor), &c), 0);
	ck_assert_mem_eq(&c, &raise, sizeof(c));
	ck_assert_int_eq(bsres_change_build(KEYS_FORMAT_CBOR, &raise, out, sizeof(out)),
			 (int)sizeof(cbor));
	ck_assert_mem_eq(out, cbor, sizeof(cbor));
	ck_assert_int_eq(bsres_change_build(KEYS_FORMAT_JSON, &raise, out, sizeof(out)),
			 (int)LEN(json));
	ck_assert_mem_eq(out, json, LEN(json));
	/* together with the rest of it */
	all.has_fc = true;
	all.fc = 7;
	int len = bsres_change_build(KEYS_FORMAT_CBOR, &all, out, sizeof(out));
	ck_assert_int_eq(parse_change(KEYS_FORMAT_CBOR, out, (size_t)len, &c), 0);
	ck_assert_mem_eq(&c, &all, sizeof(c));
}
END_TEST

START_TEST(truncations)
{
	struct bsres_state s;
	struct bsres_change c;
	for (size_t len = 0; len < sizeof(state_cbor); len++)
		ck_assert_int_eq(parse_state(KEYS_FORMAT_CBOR, state_cbor, len, &s), -EINVAL);
	for (size_t len = 0; len < LEN(state_json); len++)
		ck_assert_int_eq(parse_state(KEYS_FORMAT_JSON, state_json, len, &s), -EINVAL);
	for (size_t len = 0; len < sizeof(change_cbor); len++)
		ck_assert_int_eq(parse_change(KEYS_FORMAT_CBOR, change_cbor, len, &c), -EINVAL);
	for (size_t len = 0; len < LEN(change_json); len++)
		ck_assert_int_eq(parse_change(KEYS_FORMAT_JSON, change_json, len, &c), -EINVAL);
}
END_TEST

/* A flipped bit of a change is an error or another change, never the same one. */
START_TEST(flipped_bits)
{
	for (size_t bit = 0; bit < 8 * sizeof(change_cbor); bit++) {
		uint8_t octets[sizeof(change_cbor)];
		struct bsres_change c;
		memcpy(octets, change_cbor, sizeof(octets));
		octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (parse_change(KEYS_FORMAT_CBOR, octets, sizeof(octets), &c) == 0)
			ck_assert_mem_ne(&c, &change, sizeof(c));
	}
	for (size_t bit = 0; bit < 8 * sizeof(state_cbor); bit++) {
		uint8_t octets[sizeof(state_cbor)];
		struct bsres_state s;
		memcpy(octets, state_cbor, sizeof(octets));
		octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (parse_state(KEYS_FORMAT_CBOR, octets, sizeof(octets), &s) == 0)
			ck_assert_mem_ne(&s, &state, sizeof(s));
	}
}
END_TEST

START_TEST(state_tolerates_what_it_does_not_know)
{
	static const char text[] = "{\"all_secured\":true,\"n\":0,\"fc\":0,\"links\":[{\"x\":1,"
				   "\"eui\":\"0200000000000001\",\"secured\":true}],\"index\":0,"
				   "\"mark\":0,\"later\":[1,2],\"more\":{}}";
	struct bsres_state s;
	ck_assert_int_eq(parse_state(KEYS_FORMAT_JSON, text, LEN(text), &s), 0);
	ck_assert_uint_eq(s.n_links, 1);
	ck_assert(s.all_secured);
}
END_TEST

START_TEST(states_that_are_none)
{
	static const char *const wrong[] = {
		"{}",
		"[]",
		"{\"all_secured\":true,\"n\":0,\"fc\":0,\"links\":[],\"index\":0}",
		"{\"all_secured\":1,\"n\":0,\"fc\":0,\"links\":[],\"index\":0,\"mark\":0}",
		"{\"all_secured\":true,\"n\":0,\"fc\":4294967296,\"links\":[],\"index\":0,"
		"\"mark\":0}",
		"{\"all_secured\":true,\"n\":0,\"fc\":0,\"links\":{},\"index\":0,\"mark\":0}",
		"{\"all_secured\":true,\"n\":0,\"fc\":0,\"links\":[1],\"index\":0,\"mark\":0}",
		"{\"all_secured\":true,\"n\":0,\"fc\":0,\"links\":[{}],\"index\":0,\"mark\":0}",
		"{\"all_secured\":true,\"n\":0,\"fc\":0,\"links\":[],\"index\":256,\"mark\":0}",
		"{\"all_secured\":true,\"n\":0,\"fc\":0,\"links\":[],\"index\":0,\"mark\":3}",
		"{\"all_secured\":true,\"n\":0,\"n\":0,\"fc\":0,\"links\":[],\"index\":0,"
		"\"mark\":0}",
		"{\"all_secured\":true,\"n\":0,\"fc\":0,\"links\":[{\"eui\":\"0200000000000001\","
		"\"secured\":true,\"secured\":true}],\"index\":0,\"mark\":0}",
	};
	struct bsres_state s;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(parse_state(KEYS_FORMAT_JSON, wrong[i], strlen(wrong[i]), &s) ==
				      -EINVAL,
			      "%s", wrong[i]);
}
END_TEST

START_TEST(changes_that_are_none)
{
	static const char *const wrong[] = {
		"[]",
		"{\"all_secured\":true}",
		"{\"n\":1}",
		"{\"all_secured\":1,\"n\":1}",
		"{\"all_secured\":true,\"n\":-1}",
		"{\"all_secured\":true,\"n\":1,\"n\":1}",
		"{\"fc\":-1}",
		"{\"fc\":4294967296}",
		"{\"fc\":1,\"fc\":1}",
		"{\"fc\":\"1\"}",
		"{\"forget\":[1]}",
		"{\"forget\":[\"02\"]}",
		"{\"forget\":\"0200000000000001\"}",
		"{\"later\":1}",
	};
	struct bsres_change c;
	ck_assert_int_eq(parse_change(KEYS_FORMAT_JSON, "{\"forget\":[]}", 13, &c), 0);
	ck_assert(!c.has_all_secured);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(parse_change(KEYS_FORMAT_JSON, wrong[i], strlen(wrong[i]), &c) ==
				      -EINVAL,
			      "%s", wrong[i]);
}
END_TEST

START_TEST(lists_are_bounded)
{
	struct bsres_state s = state;
	struct bsres_change c = change;
	uint8_t out[4096];
	s.n_links = BSRES_MAX_LINKS;
	int len = bsres_state_build(KEYS_FORMAT_CBOR, &s, out, sizeof(out));
	ck_assert_int_gt(len, 0);
	ck_assert_int_le(len, 1024); /* what fits a CoAP message */
	ck_assert_int_eq(parse_state(KEYS_FORMAT_CBOR, out, (size_t)len, &s), 0);
	ck_assert_uint_eq(s.n_links, BSRES_MAX_LINKS);
	c.n_forget = BSRES_MAX_FORGET;
	len = bsres_change_build(KEYS_FORMAT_CBOR, &c, out, sizeof(out));
	ck_assert_int_eq(parse_change(KEYS_FORMAT_CBOR, out, (size_t)len, &c), 0);
	ck_assert_uint_eq(c.n_forget, BSRES_MAX_FORGET);
	/* One more than that: [65 items] */
	ck_assert_mem_eq(out + 5, "\x07\x98\x40", 3);
	out[7] = BSRES_MAX_FORGET + 1;
	memcpy(out + len, change_cbor + 7, 9);
	ck_assert_int_eq(parse_change(KEYS_FORMAT_CBOR, out, (size_t)len + 9, &c), -EINVAL);
}
END_TEST

UNIT_MAIN("bsres_msg", state_is_read, state_is_written, change_is_read, change_is_written,
	  counter_to_raise_to, truncations, flipped_bits, state_tolerates_what_it_does_not_know,
	  states_that_are_none, changes_that_are_none, lists_are_bounded)
