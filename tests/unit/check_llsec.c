/* SPDX-License-Identifier: ISC */
#include "link/llsec.h"
#include "unit.h"

static const struct eui64 one = {{2, 0, 0, 0, 0, 0, 0, 1}}, two = {{2, 0, 0, 0, 0, 0, 0, 2}};

START_TEST(key_ids_are_compared_by_what_their_mode_uses)
{
	struct llsec_key_id a = {.mode = LLSEC_INDEX, .index = 1, .source = one}, b = a;

	b.source = two; /* means nothing in mode 1 */
	ck_assert(llsec_key_id_equal(&a, &b));
	b.index = 2;
	ck_assert(!llsec_key_id_equal(&a, &b));
	a.mode = b.mode = LLSEC_INDEX_EXTENDED;
	b.index = 1;
	ck_assert(!llsec_key_id_equal(&a, &b));
	b.source = one;
	ck_assert(llsec_key_id_equal(&a, &b));
	b.mode = LLSEC_INDEX;
	ck_assert(!llsec_key_id_equal(&a, &b));
	a.mode = b.mode = LLSEC_INDEX_SHORT;
	b.source_short = 7;
	ck_assert(!llsec_key_id_equal(&a, &b));
	a.mode = b.mode = LLSEC_IMPLICIT;
	ck_assert(llsec_key_id_equal(&a, &b));
	b.device = two;
	ck_assert(!llsec_key_id_equal(&a, &b));
}
END_TEST

START_TEST(key_ids_are_told)
{
	struct llsec_key_id id = {.mode = LLSEC_INDEX, .index = 3, .source = one};
	char text[LLSEC_KEY_ID_TEXT];

	ck_assert_str_eq(llsec_key_id_format(&id, text), "mode 1 index 3");
	id.mode = LLSEC_INDEX_EXTENDED;
	ck_assert_str_eq(llsec_key_id_format(&id, text), "mode 3 index 3 source 0200000000000001");
	id.mode = LLSEC_INDEX_SHORT;
	id.source_short = 0xabcd0002;
	ck_assert_str_eq(llsec_key_id_format(&id, text), "mode 2 index 3 source abcd0002");
	id.mode = LLSEC_IMPLICIT;
	id.pan_id = 0xabcd;
	id.device = two;
	ck_assert_str_eq(llsec_key_id_format(&id, text),
			 "mode 0 PAN 0xabcd device 0200000000000002");
}
END_TEST

UNIT_MAIN("llsec", key_ids_are_compared_by_what_their_mode_uses, key_ids_are_told)
