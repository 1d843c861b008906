/* SPDX-License-Identifier: ISC */
#include "base/eui64.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static const struct eui64 sample = {{0x02, 0x12, 0x4b, 0x00, 0x0a, 0xbc, 0xde, 0xf1}};

START_TEST(formats_and_parses)
{
	eui64_text text;
	struct eui64 eui;
	ck_assert_str_eq(eui64_format(&sample, text), "02124b000abcdef1");
	static const char *const same[] = {"02124b000abcdef1", "02124B000ABCDEF1",
					   "02:12:4b:00:0a:bc:de:f1", "02-12-4B-00-0A-BC-DE-F1"};
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		memset(&eui, 0, sizeof(eui));
		ck_assert_msg(eui64_parse(same[i], &eui) == 0, "'%s'", same[i]);
		ck_assert(eui64_equal(&eui, &sample));
	}
}
END_TEST

START_TEST(refuses_anything_else)
{
	static const char *const wrong[] = {
		"",
		"0",
		"02124b000abcdef",
		"02124b000abcdef1 ",
		"02124b000abcdef12",
		"02124b000abcdefg",
		"0x124b000abcdef1",
		"02:12:4b:00:0a:bc:de",
		"02:12:4b:00:0a:bc:de:f1:",
		"02:12:4b:00:0a:bc:de-f1",
		"02-12:4b:00:0a:bc:de:f1",
		"02.12.4b.00.0a.bc.de.f1",
		"021:24b:00:0a:bc:de:f1x",
		"02:12:4b:00:0a:bc:de:fg",
		":::::::::::::::::::::::",
	};
	struct eui64 eui = sample;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(eui64_parse(wrong[i], &eui) == -EINVAL, "'%s'", wrong[i]);
	ck_assert(eui64_equal(&eui, &sample));
}
END_TEST

START_TEST(compares)
{
	struct eui64 other = sample, zero = {{0}};
	other.b[7] ^= 1;
	ck_assert(!eui64_equal(&sample, &other));
	ck_assert(eui64_is_zero(&zero));
	zero.b[7] = 1;
	ck_assert(!eui64_is_zero(&zero));
}
END_TEST

START_TEST(none_and_all_are_no_device)
{
	struct eui64 e;

	ck_assert_int_eq(eui64_parse("0000000000000000", &e), 0);
	ck_assert(!eui64_is_device(&e));
	ck_assert_int_eq(eui64_parse("ffffffffffffffff", &e), 0);
	ck_assert(!eui64_is_device(&e));
	ck_assert_int_eq(eui64_parse("fffffffffffffffe", &e), 0);
	ck_assert(eui64_is_device(&e));
}
END_TEST

START_TEST(is_reversed_on_the_air)
{
	uint8_t air[8];
	eui64_to_air(&sample, air);
	ck_assert_mem_eq(air, "\xf1\xde\xbc\x0a\x00\x4b\x12\x02", 8);
	struct eui64 back = eui64_from_air(air);
	ck_assert(eui64_equal(&back, &sample));
}
END_TEST

/* RFC 4291 appendix A: the universal/local bit is inverted, so 02.. becomes 00... */
START_TEST(interface_identifier_inverts_one_bit)
{
	uint8_t iid[8];
	char text[INET6_ADDRSTRLEN];
	eui64_to_iid(&sample, iid);
	ck_assert_mem_eq(iid, "\x00\x12\x4b\x00\x0a\xbc\xde\xf1", 8);

	struct in6_addr addr = eui64_link_local(&sample);
	inet_ntop(AF_INET6, &addr, text, sizeof(text));
	ck_assert_str_eq(text, "fe80::12:4b00:abc:def1");
}
END_TEST

static const struct eui64 *nth(const void *arg, size_t i)
{
	return (const struct eui64 *)arg + i;
}

START_TEST(has_a_place_among_others)
{
	static const struct eui64 three[] = {{{1}}, {{3}}, {{3, 0, 0, 0, 0, 0, 0, 1}}};
	static const struct {
		struct eui64 eui;
		size_t n, place;
	} looks[] = {
		{{{3}}, 0, 0}, {{{0}}, 3, 0}, {{{1}}, 3, 0},
		{{{2}}, 3, 1}, {{{3}}, 3, 1}, {{{3, 0, 0, 0, 0, 0, 0, 1}}, 3, 2},
		{{{4}}, 3, 3}, {{{4}}, 2, 2},
	};

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		ck_assert_uint_eq(eui64_place(&looks[i].eui, looks[i].n, nth, three),
				  looks[i].place);
}
END_TEST

UNIT_MAIN("eui64", formats_and_parses, refuses_anything_else, compares, none_and_all_are_no_device,
	  is_reversed_on_the_air, has_a_place_among_others, interface_identifier_inverts_one_bit)
