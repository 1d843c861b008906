/* SPDX-License-Identifier: ISC */
#include "addrs.h"

#include "unit.h"

#include <arpa/inet.h>

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static bool put(struct addrs *a, const char *text, enum addrs_origin origin, uint64_t now_ms)
{
	struct in6_addr x = addr(text);

	return addrs_put(a, &x, origin, now_ms);
}

static void fails(struct addrs *a, const char *text, uint64_t now_ms)
{
	struct in6_addr x = addr(text);

	addrs_failed(a, &x, now_ms, 1);
}

static bool has(const struct addrs *a, const char *text)
{
	struct in6_addr x = addr(text);

	return addrs_find(a, &x) != NULL;
}

static void assert_next(const struct addrs *a, uint64_t now_ms, const char *text)
{
	struct in6_addr x = addr(text);
	uint64_t wait_ms = 1;
	const struct in6_addr *next = addrs_next(a, now_ms, false, &wait_ms);

	ck_assert_ptr_nonnull(next);
	ck_assert(IN6_ARE_ADDR_EQUAL(next, &x));
	ck_assert_uint_eq(wait_ms, 0);
}

START_TEST(takes_only_addresses_a_device_can_have)
{
	static const struct {
		const char *text;
		bool usable;
	} cases[] = {{"fd00::1", true},         {"2001:db8::1", true}, {"::1", true},
		     {"fe80::1", false},        {"ff02::1", false},    {"::", false},
		     {"::ffff:10.0.0.1", false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct in6_addr a = addr(cases[i].text);
		ck_assert_msg(addrs_usable(&a) == cases[i].usable, "%s", cases[i].text);
	}
}
END_TEST

START_TEST(tries_the_one_heard_last_first)
{
	struct addrs a = {0};
	uint64_t wait_ms;

	ck_assert_ptr_null(addrs_next(&a, 0, false, &wait_ms));
	ck_assert_uint_eq(wait_ms, UINT64_MAX);
	put(&a, "fd00::1", ADDRS_HEARD, 10);
	put(&a, "fd00::2", ADDRS_HEARD, 20);
	assert_next(&a, 30, "fd00::2");
	put(&a, "fd00::1", ADDRS_HEARD, 30);
	ck_assert_uint_eq(a.n, 2);
	assert_next(&a, 30, "fd00::1");
}
END_TEST

/* Returns the time until an address may be tried. */
static uint64_t assert_waits(const struct addrs *a, uint64_t now_ms)
{
	uint64_t wait_ms = 0;

	ck_assert_ptr_null(addrs_next(a, now_ms, false, &wait_ms));
	ck_assert_uint_gt(wait_ms, 0);
	return wait_ms;
}

START_TEST(addresses_take_turns_after_failures)
{
	struct addrs a = {0};
	uint64_t now_ms = 100, wait_ms;

	put(&a, "fd00::1", ADDRS_HEARD, 10);
	put(&a, "fd00::2", ADDRS_HEARD, 20);
	fails(&a, "fd00::2", now_ms);
	wait_ms = assert_waits(&a, now_ms); /* the other one is not tried at once either */
	ck_assert_uint_ge(wait_ms, 1000);
	ck_assert_uint_lt(wait_ms, 1250);
	now_ms += wait_ms;
	fails(&a, "fd00::2", now_ms);
	wait_ms = assert_waits(&a, now_ms);
	ck_assert_uint_ge(wait_ms, 2000);
	ck_assert_uint_lt(wait_ms, 2500);
	assert_next(&a, now_ms + wait_ms, "fd00::1"); /* failed less */
	fails(&a, "fd00::9", 0);                      /* not one of them */
	addrs_retry_now(&a);
	assert_next(&a, now_ms, "fd00::2");
	ck_assert_uint_eq(a.failures, 1); /* that was no success */
}
END_TEST

/* Somebody makes up an address each second. */
START_TEST(new_addresses_do_not_have_it_tried_without_end)
{
	struct addrs a = {0};
	char text[INET6_ADDRSTRLEN];
	unsigned tries = 0, least_s = 9;

	for (unsigned s = 0; s < 3600; s++) {
		const struct in6_addr *next;
		uint64_t wait_ms;
		snprintf(text, sizeof(text), "fd00::bad:%x", s);
		put(&a, text, ADDRS_HEARD, s * 1000);
		next = addrs_next(&a, s * 1000, false, &wait_ms);
		if (!next)
			continue;
		tries++;
		addrs_failed(&a, next, s * 1000, 1);
		if (addrs_next(&a, s * 1000, false, &wait_ms) || wait_ms < 1000)
			least_s = 0;
	}
	ck_assert_uint_ne(least_s, 0); /* never at once */
	ck_assert_uint_ge(tries, 60);
	ck_assert_uint_le(tries, 130); /* twice a minute, and some at first */
}
END_TEST

START_TEST(new_address_ends_a_long_wait_soon)
{
	struct addrs a = {0};

	put(&a, "fd00::1", ADDRS_HEARD, 0);
	for (int i = 0; i < 9; i++)
		fails(&a, "fd00::1", 100);
	ck_assert_uint_ge(assert_waits(&a, 100), 60000);
	put(&a, "fd00::1", ADDRS_HEARD, 200); /* known, and backs off */
	ck_assert_uint_ge(assert_waits(&a, 200), 59900);
	put(&a, "fd00::2", ADDRS_HEARD, 300);
	ck_assert_uint_eq(assert_waits(&a, 300), 1000);
	assert_next(&a, 1300, "fd00::2");
	fails(&a, "fd00::2", 1300);
	put(&a, "fd00::3", ADDRS_HEARD, 2000); /* once a minute */
	ck_assert_uint_ge(assert_waits(&a, 2000), 59000);
}
END_TEST

/* Which time it is tried first tells who began. */
static void assert_known_takes_turns(bool known_first)
{
	struct addrs a = {0};
	struct in6_addr one = addr("fd00::1");
	const struct in6_addr *next;
	uint64_t now_ms = 1, wait_ms;

	put(&a, "fd00::1", ADDRS_HEARD, 0);
	addrs_proved(&a, &one);
	for (unsigned i = 1; i <= 20; i++) {
		char text[INET6_ADDRSTRLEN];
		snprintf(text, sizeof(text), "fd00::bad:%x", i);
		put(&a, text, ADDRS_HEARD, now_ms);
		next = addrs_next(&a, now_ms, known_first, &wait_ms);
		ck_assert_ptr_nonnull(next);
		ck_assert_int_eq(IN6_ARE_ADDR_EQUAL(next, &one), i % 2 == known_first);
		addrs_failed(&a, next, now_ms, 1);
		now_ms += 80000;
	}
}

START_TEST(best_known_is_tried_every_other_time)
{
	assert_known_takes_turns(false);
	assert_known_takes_turns(true);
}
END_TEST

START_TEST(success_ends_the_back_off)
{
	struct addrs a = {0};
	struct in6_addr one = addr("fd00::1"), two = addr("fd00::2");

	put(&a, "fd00::1", ADDRS_HEARD, 10);
	put(&a, "fd00::2", ADDRS_HEARD, 20);
	for (int i = 0; i < 9; i++)
		fails(&a, "fd00::1", 0);
	ck_assert_uint_ge(addrs_find(&a, &one)->next_ms, ADDRS_BACKOFF_CAP_MS);
	ck_assert_uint_lt(addrs_find(&a, &one)->next_ms, ADDRS_BACKOFF_CAP_MS * 5 / 4);
	addrs_proved(&a, &one);
	ck_assert_uint_eq(addrs_find(&a, &one)->next_ms, 0);
	ck_assert_int_eq(addrs_find(&a, &one)->origin, ADDRS_PROVEN);
	addrs_proved(&a, &two); /* one is proven, not both */
	ck_assert_int_eq(addrs_find(&a, &two)->origin, ADDRS_PROVEN);
	ck_assert_int_eq(addrs_find(&a, &one)->origin, ADDRS_HEARD);
}
END_TEST

START_TEST(makes_room_by_the_one_that_failed_most)
{
	struct addrs a = {0};

	put(&a, "fd00::1", ADDRS_HEARD, 10);
	put(&a, "fd00::2", ADDRS_HEARD, 20);
	put(&a, "fd00::3", ADDRS_HEARD, 30);
	put(&a, "fd00::4", ADDRS_HEARD, 40);
	fails(&a, "fd00::3", 50);
	ck_assert(put(&a, "fd00::5", ADDRS_HEARD, 60));
	ck_assert(!has(&a, "fd00::3"));
	ck_assert(put(&a, "fd00::6", ADDRS_HEARD, 70)); /* none failed: the oldest */
	ck_assert(!has(&a, "fd00::1"));
	ck_assert_uint_eq(a.n, ADDRS_MAX);
}
END_TEST

START_TEST(never_displaces_what_is_better_known)
{
	struct addrs a = {0};
	struct in6_addr one = addr("fd00::1"), two = addr("fd00::2");
	char text[INET6_ADDRSTRLEN];

	put(&a, "fd00::1", ADDRS_HEARD, 1);
	addrs_proved(&a, &one);
	put(&a, "fd00::2", ADDRS_CONFIGURED, 1);
	for (int i = 0; i < 9; i++) {
		fails(&a, "fd00::1", 1);
		fails(&a, "fd00::2", 1);
	}
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "fd00::bad:%x", i);
		ck_assert(put(&a, text, ADDRS_HEARD, 100 + i));
	}
	ck_assert(has(&a, "fd00::1"));
	ck_assert(has(&a, "fd00::2"));
	ck_assert_uint_eq(a.n, ADDRS_MAX);
	put(&a, "fd00::2", ADDRS_HEARD, 5000); /* hearing it does not make it less */
	ck_assert_int_eq(addrs_find(&a, &two)->origin, ADDRS_CONFIGURED);
	addrs_forget_configured(&a);
	ck_assert_int_eq(addrs_find(&a, &two)->origin, ADDRS_HEARD);
	ck_assert(put(&a, "fd00::7", ADDRS_HEARD, 6000));
	ck_assert(!has(&a, "fd00::2"));
}
END_TEST

/* There it is; that does not mean that it works. */
START_TEST(reached_is_proven_and_still_backs_off)
{
	struct addrs a = {0};
	struct in6_addr one = addr("fd00::1"), two = addr("fd00::2");

	put(&a, "fd00::1", ADDRS_HEARD, 1);
	put(&a, "fd00::2", ADDRS_HEARD, 2);
	fails(&a, "fd00::1", 10);
	addrs_reached(&a, &one);
	ck_assert_int_eq(addrs_find(&a, &one)->origin, ADDRS_PROVEN);
	ck_assert_uint_eq(addrs_find(&a, &one)->failures, 1);
	ck_assert_uint_gt(addrs_find(&a, &one)->next_ms, 10);
	addrs_reached(&a, &two);
	ck_assert_int_eq(addrs_find(&a, &one)->origin, ADDRS_HEARD);
	ck_assert_int_eq(addrs_find(&a, &two)->origin, ADDRS_PROVEN);
}
END_TEST

START_TEST(refuses_when_all_are_better_known)
{
	static const char *const texts[] = {"fd00::1", "fd00::2", "fd00::3", "fd00::4"};
	struct addrs a = {0};

	for (size_t i = 0; i < ADDRS_MAX; i++)
		put(&a, texts[i], ADDRS_CONFIGURED, 0);
	ck_assert(!put(&a, "fd00::5", ADDRS_HEARD, 1));
	ck_assert(!has(&a, "fd00::5"));
}
END_TEST

UNIT_MAIN("addrs", takes_only_addresses_a_device_can_have, tries_the_one_heard_last_first,
	  addresses_take_turns_after_failures, new_addresses_do_not_have_it_tried_without_end,
	  new_address_ends_a_long_wait_soon, best_known_is_tried_every_other_time,
	  success_ends_the_back_off, makes_room_by_the_one_that_failed_most,
	  never_displaces_what_is_better_known, reached_is_proven_and_still_backs_off,
	  refuses_when_all_are_better_known)
