/* SPDX-License-Identifier: ISC */
#include "candidates.h"

#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

static struct candidates *c;
static uint64_t now_ms;

static struct eui64 eui(uint32_t n)
{
	struct eui64 e = {{0x02}};

	e.b[4] = (uint8_t)(n >> 24);
	e.b[5] = (uint8_t)(n >> 16);
	e.b[6] = (uint8_t)(n >> 8);
	e.b[7] = (uint8_t)n;
	return e;
}

static enum candidates_result heard(uint32_t n, bool known, const char *from)
{
	struct eui64 e = eui(n);
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, from, &a), 1);
	return candidates_heard(c, &e, known, &a, now_ms);
}

static const struct candidate *find(uint32_t n)
{
	struct eui64 e = eui(n);

	return candidates_find(c, &e);
}

static void set_up(void)
{
	c = candidates_new();
	ck_assert_ptr_nonnull(c);
	now_ms = 5000;
}

START_TEST(remembers_who_asked_from_where_and_how_often)
{
	set_up();
	ck_assert_int_eq(heard(1, true, "fd00::1"), CANDIDATES_TAKEN);
	now_ms = 7000;
	ck_assert_int_eq(heard(1, true, "fd00::1"), CANDIDATES_TAKEN);
	now_ms = 9000;
	ck_assert_int_eq(heard(1, true, "fd00::2"), CANDIDATES_TAKEN);
	ck_assert_uint_eq(candidates_count(c), 1);
	const struct candidate *e = find(1);
	ck_assert_ptr_eq(e, candidates_at(c, 0));
	ck_assert_uint_eq(e->first_ms, 5000);
	ck_assert_uint_eq(e->last_ms, 9000);
	ck_assert_uint_eq(e->count, 3);
	ck_assert_uint_eq(e->addrs.n, 2);
	ck_assert_ptr_null(find(2));
	ck_assert_ptr_null(candidates_at(c, 1));
	candidates_free(c);
}
END_TEST

START_TEST(refuses_sources_no_device_can_have)
{
	set_up();
	ck_assert_int_eq(heard(1, true, "fe80::1"), CANDIDATES_SOURCE);
	ck_assert_int_eq(heard(1, true, "ff02::1"), CANDIDATES_SOURCE);
	ck_assert_int_eq(heard(1, true, "::"), CANDIDATES_SOURCE);
	ck_assert_uint_eq(candidates_counted(c, CANDIDATES_SOURCE), 3);
	ck_assert_uint_eq(candidates_count(c), 0);
	candidates_free(c);
}
END_TEST

START_TEST(limits_each_device_and_address)
{
	set_up();
	ck_assert_int_eq(heard(1, true, "fd00::1"), CANDIDATES_TAKEN);
	now_ms += CANDIDATES_EACH_MS - 1;
	ck_assert_int_eq(heard(1, true, "fd00::1"), CANDIDATES_EACH);
	ck_assert_int_eq(heard(1, true, "fd00::2"), CANDIDATES_EACH); /* a new address too */
	ck_assert_int_eq(heard(2, true, "fd00::1"), CANDIDATES_TAKEN);
	now_ms += 1;
	ck_assert_int_eq(heard(1, true, "fd00::2"), CANDIDATES_TAKEN);
	ck_assert_int_eq(heard(1, true, "fd00::1"), CANDIDATES_TAKEN); /* on its own account */
	ck_assert_uint_eq(candidates_counted(c, CANDIDATES_EACH), 2);
	candidates_free(c);
}
END_TEST

START_TEST(keeps_four_addresses_a_device)
{
	char from[INET6_ADDRSTRLEN];

	set_up();
	for (unsigned i = 0; i < 100; i++) {
		snprintf(from, sizeof(from), "fd00::%x", i + 1);
		now_ms += CANDIDATES_EACH_MS;
		ck_assert_int_eq(heard(1, true, from), CANDIDATES_TAKEN);
	}
	ck_assert_uint_eq(find(1)->addrs.n, ADDRS_MAX);
	candidates_free(c);
}
END_TEST

START_TEST(flood_of_strangers_leaves_room_for_the_known)
{
	set_up();
	uint32_t taken = 0;
	for (uint32_t i = 0; i < 100000; i++)
		taken += heard(1000 + i, false, "fd00::bad") == CANDIDATES_TAKEN;
	ck_assert_uint_eq(taken, CANDIDATES_STRANGER_BURST);
	ck_assert_int_eq(heard(1, true, "fd00::1"), CANDIDATES_TAKEN);
	now_ms += 1000;
	for (uint32_t i = 0; i < 1000; i++)
		taken += heard(200000 + i, false, "fd00::bad") == CANDIDATES_TAKEN;
	ck_assert_uint_eq(taken, CANDIDATES_STRANGER_BURST + CANDIDATES_STRANGER_RATE);
	ck_assert_uint_eq(candidates_counted(c, CANDIDATES_ALL), 101000 - taken);
	candidates_free(c);
}
END_TEST

START_TEST(flood_in_the_name_of_the_known_is_bounded)
{
	set_up();
	uint32_t taken = 0;
	for (uint32_t i = 0; i < 10000; i++)
		taken += heard(i, true, "fd00::bad") == CANDIDATES_TAKEN;
	ck_assert_uint_eq(taken, CANDIDATES_KNOWN_BURST);
	candidates_free(c);
}
END_TEST

START_TEST(strangers_displace_only_the_oldest_stranger)
{
	set_up();
	ck_assert_int_eq(heard(1, true, "fd00::1"), CANDIDATES_TAKEN);
	ck_assert_int_eq(heard(2, false, "fd00::2"), CANDIDATES_TAKEN);
	for (uint32_t i = 0; i < CANDIDATES_MAX_STRANGERS - 1; i++) {
		now_ms += 1000;
		ck_assert_int_eq(heard(1000 + i, false, "fd00::bad"), CANDIDATES_TAKEN);
	}
	ck_assert_uint_eq(candidates_count(c), CANDIDATES_MAX_STRANGERS + 1);
	ck_assert_ptr_nonnull(find(2));
	now_ms += 1000;
	ck_assert_int_eq(heard(5000, false, "fd00::bad"), CANDIDATES_TAKEN);
	ck_assert_uint_eq(candidates_count(c), CANDIDATES_MAX_STRANGERS + 1);
	ck_assert_ptr_null(find(2)); /* heard longest ago */
	ck_assert_ptr_nonnull(find(1));
	ck_assert_ptr_nonnull(find(5000));
	candidates_free(c);
}
END_TEST

START_TEST(stranger_that_becomes_known_keeps_its_place)
{
	struct eui64 two = eui(2);

	set_up();
	ck_assert_int_eq(heard(2, false, "fd00::2"), CANDIDATES_TAKEN);
	candidates_set_known(c, &two, true);
	for (uint32_t i = 0; i < 2 * CANDIDATES_MAX_STRANGERS; i++) {
		now_ms += 1000;
		ck_assert_int_eq(heard(1000 + i, false, "fd00::bad"), CANDIDATES_TAKEN);
	}
	ck_assert_ptr_nonnull(find(2));
	ck_assert(find(2)->known);
	candidates_set_known(c, &two, false);
	now_ms += 1000;
	ck_assert_int_eq(heard(9999, false, "fd00::bad"), CANDIDATES_TAKEN);
	ck_assert_ptr_null(find(2));
	candidates_free(c);
}
END_TEST

START_TEST(table_of_the_known_is_bounded_too)
{
	set_up();
	for (uint32_t i = 0; i < CANDIDATES_MAX_KNOWN; i++) {
		now_ms += 1000;
		ck_assert_int_eq(heard(1 + i, true, "fd00::1"), CANDIDATES_TAKEN);
	}
	now_ms += 1000;
	ck_assert_int_eq(heard(5000, true, "fd00::1"), CANDIDATES_NO_ROOM);
	ck_assert_uint_eq(candidates_counted(c, CANDIDATES_NO_ROOM), 1);
	ck_assert_int_eq(heard(1, true, "fd00::1"), CANDIDATES_TAKEN);
	candidates_free(c);
}
END_TEST

/* The order by EUI-64 holds through growing and displacing, whatever order they come in. */
START_TEST(everybody_in_the_table_is_found)
{
	uint32_t n = 1;
	eui64_text a, b;

	set_up();
	for (int i = 0; i < 3000; i++) {
		n = n * 1664525 + 1013904223; /* all values, in no order */
		now_ms += 1000;
		ck_assert_int_eq(heard(n, i % 3 == 0, "fd00::1"), CANDIDATES_TAKEN);
		ck_assert_ptr_nonnull(find(n));
	}
	ck_assert_uint_eq(candidates_count(c), 1000 + CANDIDATES_MAX_STRANGERS);
	for (size_t i = 0; i < candidates_count(c); i++) {
		const struct candidate *e = candidates_at(c, i);
		const struct candidate *f = candidates_find(c, &e->eui);
		ck_assert_msg(e == f, "%s is found as %s", eui64_format(&e->eui, a),
			      f ? eui64_format(&f->eui, b) : "nobody");
	}
	candidates_free(c);
}
END_TEST

UNIT_MAIN("candidates", remembers_who_asked_from_where_and_how_often,
	  refuses_sources_no_device_can_have, limits_each_device_and_address,
	  keeps_four_addresses_a_device, flood_of_strangers_leaves_room_for_the_known,
	  flood_in_the_name_of_the_known_is_bounded, strangers_displace_only_the_oldest_stranger,
	  stranger_that_becomes_known_keeps_its_place, table_of_the_known_is_bounded_too,
	  everybody_in_the_table_is_found)
