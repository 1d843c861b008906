/* SPDX-License-Identifier: ISC */
#include "link/backoff.h"

#include "unit.h"

#include <stdbool.h>

static struct eui64 device(uint8_t n)
{
	return (struct eui64){{0x02, 0, 0, 0, 0, 0, 0, n}};
}

static const uint32_t plain_ms[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};

static void check_delays(uint64_t seed)
{
	for (uint32_t tries = 1; tries <= sizeof(plain_ms) / sizeof(plain_ms[0]); tries++) {
		uint32_t delay = backoff_delay_ms(seed, tries, 1000, 60000);
		ck_assert_uint_ge(delay, plain_ms[tries - 1]);
		ck_assert_uint_lt(delay, plain_ms[tries - 1] + plain_ms[tries - 1] / 4);
	}
	ck_assert_uint_ge(backoff_delay_ms(seed, UINT32_MAX, 1000, 60000), 60000);
	ck_assert_uint_lt(backoff_delay_ms(seed, UINT32_MAX, 1000, 60000), 75000);
	ck_assert_uint_ge(backoff_delay_ms(seed, 40, 1, UINT32_MAX / 2), UINT32_MAX / 2);
}

START_TEST(doubles_up_to_the_bound)
{
	struct eui64 a = device(1);

	for (uint8_t n = 2; n < 20; n++) {
		struct eui64 b = device(n);
		check_delays(backoff_seed(&a, &b));
	}
}
END_TEST

START_TEST(is_the_same_each_time)
{
	struct eui64 a = device(1), b = device(2);

	ck_assert_uint_eq(backoff_seed(&a, &b), backoff_seed(&a, &b));
	ck_assert_uint_ne(backoff_seed(&a, &b), backoff_seed(&b, &a));
	ck_assert_uint_ne(backoff_seed(&a, NULL), backoff_seed(&b, NULL));
	ck_assert_uint_eq(backoff_delay_ms(7, 3, 1000, 60000), backoff_delay_ms(7, 3, 1000, 60000));
}
END_TEST

/* Nodes with consecutive EUI-64s, as from one factory, fill all tenths of the range. */
START_TEST(spreads_nodes_of_one_batch)
{
	unsigned int hits[10] = {0};

	for (unsigned int n = 0; n < 200; n++) {
		struct eui64 own = device((uint8_t)n);
		uint32_t at = backoff_spread(backoff_seed(&own, NULL), 1, 1000);
		ck_assert_uint_lt(at, 1000);
		hits[at / 100]++;
	}
	for (unsigned int tenth = 0; tenth < 10; tenth++) {
		ck_assert_uint_ge(hits[tenth], 8);
		ck_assert_uint_le(hits[tenth], 40);
	}
	ck_assert_uint_eq(backoff_spread(1, 1, 0), 0);
	ck_assert_uint_eq(backoff_spread(1, 1, 1), 0);
}
END_TEST

/* Two nodes do not stay in step from one try to the next. */
START_TEST(changes_from_try_to_try)
{
	struct eui64 a = device(1);
	uint64_t seed = backoff_seed(&a, NULL);
	bool differs = false;

	for (uint32_t tries = 8; tries < 12; tries++)
		differs |= backoff_delay_ms(seed, tries, 1000, 60000) !=
			   backoff_delay_ms(seed, tries + 1, 1000, 60000);
	ck_assert(differs);
}
END_TEST

UNIT_MAIN("backoff", doubles_up_to_the_bound, is_the_same_each_time, spreads_nodes_of_one_batch,
	  changes_from_try_to_try)
