/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"

#include "unit.h"

#include <string.h>

static void is_point(const char *text, size_t len, uint32_t wanted)
{
	uint32_t c = 0;

	ck_assert_uint_eq(utf8_next(text, &c), len);
	ck_assert_uint_eq(c, wanted);
}

START_TEST(characters_of_each_length)
{
	is_point("a\xc3\xa4", 1, 'a');
	is_point("\xc2\x80", 2, 0x80);
	is_point("\xdf\xbf", 2, 0x7ff);
	is_point("\xe0\xa0\x80", 3, 0x800);
	is_point("\xe6\xbc\xa2", 3, 0x6f22);
	is_point("\xef\xbf\xbd", 3, 0xfffd);
	is_point("\xf0\x90\x80\x80", 4, 0x10000);
	is_point("\xf4\x8f\xbf\xbf", 4, 0x10ffff);
}
END_TEST

START_TEST(no_characters)
{
	static const char *const wrong[] = {
		"\x80",  /* the middle of one */
		"\xe4",  /* Latin-1 at the end */
		"\xe4r", /* and before a letter */
		"\xc3",  /* cut */
		"\xe6\xbc",
		"\xf0\x9f\x98",
		"\xc0\x80", /* longer than need be */
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80", /* half of a pair of UTF-16 */
		"\xed\xbf\xbf",
		"\xf4\x90\x80\x80", /* beyond the last */
		"\xf8\x88\x80\x80\x80",
		"\xff",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		is_point(wrong[i], 1, UTF8_NONE);
		ck_assert_ptr_nonnull(utf8_check(wrong[i]));
		ck_assert_ptr_nonnull(strstr(utf8_check(wrong[i]), "iconv -f latin1 -t utf8"));
	}
	ck_assert(!utf8_is_harmless(UTF8_NONE));
}
END_TEST

START_TEST(what_terminals_obey_is_found)
{
	static const char *const controls[] = {"\x01",     "a\x1b[2J",     "\n",
					       "\x7f",     "\xc2\x80",     "\xc2\x9b[",
					       "\xc2\x9f", "\xe2\x80\xa8", "\xe2\x80\xa9"};
	static const char *const orders[] = {"\xe2\x80\xaa", "x\xe2\x80\xae", "\xe2\x81\xa6",
					     "\xe2\x81\xa9"};

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		ck_assert_ptr_nonnull(utf8_check(controls[i]));
		ck_assert_ptr_nonnull(strstr(utf8_check(controls[i]), "control character"));
	}
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		ck_assert_ptr_nonnull(utf8_check(orders[i]));
		ck_assert_ptr_nonnull(strstr(utf8_check(orders[i]), "another order"));
	}
	ck_assert_ptr_null(utf8_check(""));
	ck_assert_ptr_null(utf8_check("B\xc3\xbcro 4, \xe6\xbc\xa2, \xf0\x9f\x92\xa1 \xc2\xa0"));
	ck_assert_ptr_null(
		utf8_check("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa")); /* around those */
}
END_TEST

START_TEST(cuts_are_between_characters)
{
	char text[6];

	ck_assert_uint_eq(utf8_cut("lamp", 4), 4);
	ck_assert_uint_eq(utf8_cut("lamps", 4), 4);
	ck_assert_uint_eq(utf8_cut("B\xc3\xbc", 2), 1);
	ck_assert_uint_eq(utf8_cut("B\xc3\xbc", 3), 3);
	ck_assert_uint_eq(utf8_cut("\xf0\x9f\x92\xa1", 3), 0);
	ck_assert_uint_eq(utf8_cut("", 0), 0);
	utf8_copy(text, sizeof(text), "la\xe6\xbc\xa2mp");
	ck_assert_str_eq(text, "la\xe6\xbc\xa2");
	utf8_copy(text, sizeof(text), "lam\xe6\xbc\xa2");
	ck_assert_str_eq(text, "lam");
	snprintf(text, sizeof(text), "%.*s", UTF8_CUT("\xc3\xa4\xc3\xb6", 3));
	ck_assert_str_eq(text, "\xc3\xa4");
}
END_TEST

UNIT_MAIN("utf8", characters_of_each_length, no_characters, what_terminals_obey_is_found,
	  cuts_are_between_characters)
