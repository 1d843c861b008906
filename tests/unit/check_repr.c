/* SPDX-License-Identifier: ISC */
#include "keys/repr.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct repr_field fields[] = {{"one", 1}, {"two", 2}};

static struct repr_reader open_json(const char *text)
{
	struct repr_reader r;
	ck_assert_int_eq(
		repr_reader_open(&r, KEYS_FORMAT_JSON, (const uint8_t *)text, strlen(text)), 0);
	return r;
}

static struct repr_reader open_cbor(const void *octets, size_t len)
{
	struct repr_reader r;
	ck_assert_int_eq(repr_reader_open(&r, KEYS_FORMAT_CBOR, octets, len), 0);
	return r;
}

/* The value of the only item, up to `max`; or the error. */
static int64_t uint_in(struct repr_reader r, uint32_t max)
{
	uint32_t n = 0;
	int err = repr_uint(&r.root, max, &n);
	repr_reader_close(&r);
	return err < 0 ? err : (int64_t)n;
}

#define CBOR(text) open_cbor(text, sizeof(text) - 1)

START_TEST(integers)
{
	ck_assert_int_eq(uint_in(open_json("0"), UINT32_MAX), 0);
	ck_assert_int_eq(uint_in(open_json(" 4294967295 "), UINT32_MAX), UINT32_MAX);
	ck_assert_int_eq(uint_in(open_json("4294967296"), UINT32_MAX), -EINVAL);
	ck_assert_int_eq(uint_in(open_json("7"), 7), 7);
	ck_assert_int_eq(uint_in(open_json("8"), 7), -EINVAL);
	ck_assert_int_eq(uint_in(open_json("7.5"), UINT32_MAX), -EINVAL);
	ck_assert_int_eq(uint_in(open_json("-1"), UINT32_MAX), -EINVAL);
	ck_assert_int_eq(uint_in(open_json("1e999"), UINT32_MAX), -EINVAL);
	ck_assert_int_eq(uint_in(open_json("true"), UINT32_MAX), -EINVAL);
	ck_assert_int_eq(uint_in(open_json("\"1\""), UINT32_MAX), -EINVAL);
	ck_assert_int_eq(uint_in(CBOR("\x17"), UINT32_MAX), 23);
	ck_assert_int_eq(uint_in(CBOR("\x18\xff"), UINT32_MAX), 255);
	ck_assert_int_eq(uint_in(CBOR("\x19\x01\x00"), UINT32_MAX), 256);
	ck_assert_int_eq(uint_in(CBOR("\x1a\xff\xff\xff\xff"), UINT32_MAX), UINT32_MAX);
	ck_assert_int_eq(uint_in(CBOR("\x1b\0\0\0\0\0\0\0\x07"), 7), 7);
	ck_assert_int_eq(uint_in(CBOR("\x1b\0\0\0\1\0\0\0\0"), UINT32_MAX), -EINVAL);
	ck_assert_int_eq(uint_in(CBOR("\x08"), 7), -EINVAL);
	ck_assert_int_eq(uint_in(CBOR("\xf5"), UINT32_MAX), -EINVAL);
	ck_assert_int_eq(uint_in(CBOR("\x41\x01"), UINT32_MAX), -EINVAL);
}
END_TEST

START_TEST(booleans)
{
	struct repr_reader r = open_json("[true,false,1,null]");
	struct repr_iter it;
	struct repr_value v;
	bool b = false;
	ck_assert_int_eq(repr_array(&r.root, 4, &it), 0);
	ck_assert_int_eq(repr_next_item(&it, &v), 1);
	ck_assert(repr_bool(&v, &b) == 0 && b);
	repr_next_item(&it, &v);
	ck_assert(repr_bool(&v, &b) == 0 && !b);
	repr_next_item(&it, &v);
	ck_assert_int_eq(repr_bool(&v, &b), -EINVAL);
	repr_next_item(&it, &v);
	ck_assert_int_eq(repr_bool(&v, &b), -EINVAL);
	ck_assert_int_eq(repr_next_item(&it, &v), 0);
	repr_reader_close(&r);
	r = CBOR("\xf5");
	ck_assert(repr_bool(&r.root, &b) == 0 && b);
	r = CBOR("\x01");
	ck_assert_int_eq(repr_bool(&r.root, &b), -EINVAL);
}
END_TEST

START_TEST(octets_of_a_known_length)
{
	uint8_t got[3];
	struct repr_reader r = CBOR("\x43\x0a\x0b\x0c");
	ck_assert_int_eq(repr_octets(&r.root, got, 3), 0);
	ck_assert_mem_eq(got, "\x0a\x0b\x0c", 3);
	ck_assert_int_eq(repr_octets(&r.root, got, 2), -EINVAL);
	r = open_json("\"0a0b0C\"");
	memset(got, 0, 3);
	ck_assert_int_eq(repr_octets(&r.root, got, 3), 0);
	ck_assert_mem_eq(got, "\x0a\x0b\x0c", 3);
	ck_assert_int_eq(repr_octets(&r.root, got, 2), -EINVAL);
	repr_reader_close(&r);
	/* CBOR text is not octets: there is none in our representations. */
	ck_assert_int_eq(repr_reader_open(&r, KEYS_FORMAT_CBOR, (const uint8_t *)"\x61x", 2),
			 -EINVAL);
}
END_TEST

/* {"two":[1,[2]], "x":{"one":1}, "one":5}: members in any order, unknown ones passed by whole */
static void ck_members(struct repr_reader *r)
{
	struct repr_iter it;
	struct repr_value v;
	size_t field;
	uint32_t n;
	ck_assert_int_eq(repr_map(&r->root, 2, &it), -EINVAL);
	ck_assert_int_eq(repr_array(&r->root, 9, &it), -EINVAL);
	ck_assert_int_eq(repr_map(&r->root, 3, &it), 0);
	ck_assert_int_eq(repr_next_field(&it, fields, 2, &field, &v), 1);
	ck_assert_uint_eq(field, 1);
	struct repr_iter inner;
	ck_assert_int_eq(repr_array(&v, 2, &inner), 0);
	ck_assert_int_eq(repr_next_field(&it, fields, 2, &field, &v), 1);
	ck_assert_uint_eq(field, 2);
	ck_assert_int_eq(repr_next_field(&it, fields, 2, &field, &v), 1);
	ck_assert_uint_eq(field, 0);
	ck_assert(repr_uint(&v, 9, &n) == 0 && n == 5);
	ck_assert_int_eq(repr_next_field(&it, fields, 2, &field, &v), 0);
	/* The inner array was not disturbed. */
	ck_assert_int_eq(repr_next_item(&inner, &v), 1);
	ck_assert(repr_uint(&v, 9, &n) == 0 && n == 1);
	ck_assert_int_eq(repr_next_item(&inner, &v), 1);
	ck_assert_int_eq(repr_array(&v, 1, &it), 0);
	ck_assert_int_eq(repr_next_item(&inner, &v), 0);
	repr_reader_close(r);
}

START_TEST(members)
{
	struct repr_reader r = open_json("{\"two\":[1,[2]], \"x\":{\"one\":1}, \"one\":5}");
	ck_members(&r);
	r = CBOR("\xa3\x02\x82\x01\x81\x02\x03\xa1\x01\x01\x01\x05");
	ck_members(&r);
}
END_TEST

START_TEST(written_as_read)
{
	static const char json[] = "{\"one\":[],\"two\":[true,{},\"00ff\"],\"300\":4294967295}";
	static const uint8_t cbor[] = {0xa3, 0x01, 0x80, 0x02, 0x83, 0xf5, 0xa0, 0x42, 0x00,
				       0xff, 0x19, 0x01, 0x2c, 0x1a, 0xff, 0xff, 0xff, 0xff};
	static const int formats[] = {KEYS_FORMAT_JSON, KEYS_FORMAT_CBOR};
	for (int i = 0; i < 2; i++) {
		struct repr_writer w;
		uint8_t out[64];
		ck_assert_int_eq(repr_writer_init(&w, formats[i], out, sizeof(out)), 0);
		repr_put_map(&w, 3);
		repr_put_field(&w, &fields[0]);
		repr_put_array(&w, 0);
		repr_put_array_end(&w);
		repr_put_field(&w, &fields[1]);
		repr_put_array(&w, 3);
		repr_put_bool(&w, true);
		repr_put_map(&w, 0);
		repr_put_map_end(&w);
		repr_put_octets(&w, "\x00\xff", 2);
		repr_put_array_end(&w);
		repr_put_numbered(&w, 300);
		repr_put_uint(&w, UINT32_MAX);
		repr_put_map_end(&w);
		size_t len = i == 0 ? sizeof(json) - 1 : sizeof(cbor);
		ck_assert_int_eq(repr_writer_finish(&w), (int)len);
		ck_assert_mem_eq(out, i == 0 ? (const void *)json : cbor, len);
	}
}
END_TEST

UNIT_MAIN("repr", integers, booleans, octets_of_a_known_length, members, written_as_read)
