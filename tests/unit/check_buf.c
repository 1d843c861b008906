/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const uint8_t octets[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
				 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};

START_TEST(reads_integers_in_network_order)
{
	struct buf_reader r;
	buf_reader_init(&r, octets, sizeof(octets));
	ck_assert_uint_eq(buf_get_u8(&r), 0x01);
	ck_assert_uint_eq(buf_get_u16(&r), 0x0203);
	ck_assert_uint_eq(buf_get_u16(&r), 0x0405);
	ck_assert(!buf_done(&r));
	buf_skip(&r, 8);
	ck_assert_uint_eq(buf_get_u16(&r), 0x0e0f);
	ck_assert(buf_ok(&r));
	ck_assert(buf_done(&r));
}
END_TEST

START_TEST(failure_sticks)
{
	struct buf_reader r;
	buf_reader_init(&r, octets, 3);
	ck_assert_ptr_null(buf_take(&r, 4));
	ck_assert(!buf_ok(&r));
	ck_assert_uint_eq(buf_left(&r), 0);
	/* Three octets are there, but nothing is read after the first failure. */
	ck_assert_uint_eq(buf_get_u8(&r), 0);
	ck_assert_ptr_null(buf_take(&r, 1));
	ck_assert(!buf_done(&r));
}
END_TEST

START_TEST(get_zeroes_what_is_not_there)
{
	uint8_t dst[4] = {9, 9, 9, 9};
	struct buf_reader r;
	buf_reader_init(&r, octets, 4);
	buf_get(&r, dst, 4);
	ck_assert_mem_eq(dst, octets, 4);
	buf_get(&r, dst, 4);
	ck_assert_mem_eq(dst, "\0\0\0\0", 4);
	ck_assert(!buf_ok(&r));
}
END_TEST

START_TEST(sub_reader_is_bounded)
{
	struct buf_reader r, sub;
	buf_reader_init(&r, octets, 6);
	buf_skip(&r, 1);
	sub = buf_sub(&r, 2);
	ck_assert_uint_eq(buf_get_u16(&sub), 0x0203);
	ck_assert(buf_done(&sub));
	buf_get_u8(&sub);
	ck_assert(!buf_ok(&sub));
	ck_assert(buf_ok(&r));
	ck_assert_uint_eq(buf_left(&r), 3);

	sub = buf_sub(&r, 4);
	ck_assert(!buf_ok(&sub));
	ck_assert(!buf_ok(&r));
	sub = buf_sub(&r, 0);
	ck_assert(!buf_ok(&sub));
}
END_TEST

START_TEST(huge_lengths_do_not_wrap)
{
	struct buf_reader r;
	buf_reader_init(&r, octets, sizeof(octets));
	buf_skip(&r, 1);
	ck_assert_ptr_null(buf_take(&r, SIZE_MAX));
	ck_assert(!buf_ok(&r));

	uint8_t room[4];
	struct buf_writer w;
	buf_writer_init(&w, room, sizeof(room));
	buf_put_u8(&w, 1);
	buf_put(&w, octets, SIZE_MAX);
	ck_assert(!buf_written(&w));
	ck_assert_uint_eq(w.len, 1);
}
END_TEST

START_TEST(empty_is_done)
{
	struct buf_reader r;
	buf_reader_init(&r, NULL, 0);
	ck_assert(buf_done(&r));
	ck_assert_ptr_nonnull(buf_take(&r, 0));
	buf_get(&r, NULL, 0);
	ck_assert(buf_done(&r));
	buf_get_u8(&r);
	ck_assert(!buf_ok(&r));
}
END_TEST

START_TEST(writes_what_it_reads)
{
	uint8_t room[15];
	struct buf_writer w;
	buf_writer_init(&w, room, sizeof(room));
	buf_put_u8(&w, 0x01);
	buf_put_u16(&w, 0x0203);
	buf_put_u32(&w, 0x04050607);
	buf_put_u64(&w, 0x08090a0b0c0d0e0f);
	buf_put(&w, NULL, 0);
	ck_assert(buf_written(&w));
	ck_assert_uint_eq(w.len, sizeof(octets));
	ck_assert_mem_eq(room, octets, sizeof(octets));
}
END_TEST

START_TEST(writer_never_passes_its_end)
{
	uint8_t room[4] = {0, 0, 0, 0xee};
	struct buf_writer w;
	buf_writer_init(&w, room, 3);
	buf_put_u16(&w, 0x0102);
	buf_put_u16(&w, 0x0304);
	ck_assert(!buf_written(&w));
	/* One octet would fit, but the writer has failed. */
	buf_put_u8(&w, 5);
	ck_assert_uint_eq(w.len, 2);
	ck_assert_mem_eq(room, "\x01\x02\x00\xee", 4);
}
END_TEST

START_TEST(hex_both_ways)
{
	uint8_t dst[3];
	char text[7];
	ck_assert_int_eq(buf_from_hex("00aBfF", dst, 3), 0);
	ck_assert_mem_eq(dst, "\x00\xab\xff", 3);
	ck_assert_str_eq(buf_to_hex(dst, 3, text), "00abff");
	ck_assert_int_eq(buf_from_hex("", dst, 0), 0);
	ck_assert_str_eq(buf_to_hex(dst, 0, text), "");
}
END_TEST

START_TEST(hex_refuses_anything_else)
{
	static const char *const wrong[] = {"",       "00ab",   "00abf",  "00abff0", "00abff00",
					    "00abfg", " 0abff", "0x0abf", "00:bff",  "00ab f"};
	uint8_t dst[3];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(buf_from_hex(wrong[i], dst, 3) == -EINVAL, "'%s'", wrong[i]);
}
END_TEST

UNIT_MAIN("buf", reads_integers_in_network_order, failure_sticks, get_zeroes_what_is_not_there,
	  sub_reader_is_bounded, huge_lengths_do_not_wrap, empty_is_done, writes_what_it_reads,
	  writer_never_passes_its_end, hex_both_ways, hex_refuses_anything_else)
