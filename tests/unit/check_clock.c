/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include "unit.h"

START_TEST(steady_time_never_goes_back)
{
	uint64_t before = clock_steady_ms();

	for (int i = 0; i < 1000; i++) {
		uint64_t now = clock_steady_ms();
		ck_assert_uint_ge(now, before);
		before = now;
	}
}
END_TEST

START_TEST(what_is_still_to_come_is_no_time_ago)
{
	int64_t now_s = clock_wall_s();

	ck_assert_int_gt(now_s, 1700000000); /* 2023 */
	ck_assert_uint_eq(clock_wall_since_s(now_s + 3600), 0);
	ck_assert_uint_ge(clock_wall_since_s(now_s - 3600), 3600);
	ck_assert_uint_lt(clock_wall_since_s(now_s - 3600), 3700);
}
END_TEST

UNIT_MAIN("clock", steady_time_never_goes_back, what_is_still_to_come_is_no_time_ago)
