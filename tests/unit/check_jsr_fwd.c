/* SPDX-License-Identifier: ISC */
#include "jsr_fwd.h"

#include "link/backoff.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static struct evl *evl;
static struct jsr_fwd *f;

/* Tokens without end, for tests of what else limits. */
static struct jsr_fwd_conf plenty(void)
{
	return (struct jsr_fwd_conf){.rate_per_min = 60000,
				     .burst = 60000,
				     .again_per_min = 60000,
				     .again_burst = 60000};
}

static void setup(struct jsr_fwd_conf conf)
{
	evl = evl_new_test();
	evl_test_advance(evl, 1000);
	f = jsr_fwd_new(evl, &conf);
	ck_assert_ptr_nonnull(f);
}

static void teardown(void)
{
	jsr_fwd_free(f);
	evl_free(evl);
}

static struct eui64 device(unsigned int n)
{
	return (struct eui64){{0x02, 0, 0, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n}};
}

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

/* The address of a device in the mesh prefix 2001:db8::/64. */
static struct in6_addr own_addr(unsigned int n)
{
	struct in6_addr a = addr("2001:db8::");
	struct eui64 eui = device(n);

	eui64_to_iid(&eui, &a.s6_addr[8]);
	return a;
}

/* The same in the n-th of many prefixes. */
static struct in6_addr own_addr_in(unsigned int prefix, unsigned int n)
{
	struct in6_addr a = own_addr(n);

	a.s6_addr[5] = (uint8_t)prefix;
	return a;
}

static struct in6_addr other_addr(unsigned int n)
{
	struct in6_addr a = addr("2001:db8::");

	a.s6_addr[14] = (uint8_t)(n >> 8);
	a.s6_addr[15] = (uint8_t)n;
	return a;
}

static void expect_from(enum jsr_fwd_verdict verdict, unsigned int n, struct in6_addr src)
{
	struct bsreq req = {.code = BSREQ_JSR, .lifetime = 0, .eui = device(n)};
	uint64_t before[JSR_FWD_VERDICTS];
	enum jsr_fwd_verdict got;

	for (int i = 0; i < JSR_FWD_VERDICTS; i++)
		before[i] = jsr_fwd_count(f, (enum jsr_fwd_verdict)i);
	got = jsr_fwd_judge(f, &req, &src);
	ck_assert_str_eq(jsr_fwd_verdict_name(got), jsr_fwd_verdict_name(verdict));
	for (int i = 0; i < JSR_FWD_VERDICTS; i++)
		ck_assert_uint_eq(jsr_fwd_count(f, (enum jsr_fwd_verdict)i),
				  before[i] + (i == (int)verdict));
}

static void expect(enum jsr_fwd_verdict verdict, unsigned int n)
{
	expect_from(verdict, n, own_addr(n));
}

static void admit(unsigned int n)
{
	struct eui64 eui = device(n);

	ck_assert_int_eq(jsr_fwd_admit(f, &eui), 0);
}

static void dismiss(unsigned int n)
{
	struct eui64 eui = device(n);

	jsr_fwd_dismiss(f, &eui);
}

/* --- sources --- */

START_TEST(sources_must_be_of_the_mesh)
{
	struct jsr_fwd_conf conf = jsr_fwd_default;

	conf.prefix = addr("2001:db8::");
	conf.prefix_len = 64;
	setup(conf);
	expect_from(JSR_FWD_SRC_MULTICAST, 1, addr("ff02::1"));
	expect_from(JSR_FWD_SRC_MULTICAST, 1, addr("ff0e::1"));
	expect_from(JSR_FWD_SRC_LINK_LOCAL, 1, addr("fe80::1"));
	expect_from(JSR_FWD_SRC_LINK_LOCAL, 1, addr("febf::1"));
	expect_from(JSR_FWD_SRC_UNUSABLE, 1, addr("::"));
	expect_from(JSR_FWD_SRC_UNUSABLE, 1, addr("::1"));
	expect_from(JSR_FWD_SRC_UNUSABLE, 1, addr("::ffff:192.0.2.1"));
	expect_from(JSR_FWD_SRC_OUTSIDE, 1, addr("2001:db8:0:1::1"));
	expect_from(JSR_FWD_SRC_OUTSIDE, 1, addr("3001:db8::1"));
	expect_from(JSR_FWD_FORWARD, 1, addr("2001:db8::1"));
	teardown();
}
END_TEST

START_TEST(prefixes_of_any_length)
{
	struct jsr_fwd_conf conf = plenty();

	conf.prefix = addr("2001:db8:a800::");
	conf.prefix_len = 37; /* 10101... */
	setup(conf);
	expect_from(JSR_FWD_FORWARD, 1, addr("2001:db8:afff::1"));
	expect_from(JSR_FWD_SRC_OUTSIDE, 2, addr("2001:db8:b000::1"));
	expect_from(JSR_FWD_SRC_OUTSIDE, 2, addr("2001:db9:a800::1"));
	teardown();

	conf.prefix = addr("2001:db8::7");
	conf.prefix_len = 128;
	setup(conf);
	expect_from(JSR_FWD_FORWARD, 1, addr("2001:db8::7"));
	expect_from(JSR_FWD_SRC_OUTSIDE, 2, addr("2001:db8::6"));
	teardown();

	setup(plenty()); /* none configured */
	expect_from(JSR_FWD_FORWARD, 1, addr("fd00::1"));
	teardown();
}
END_TEST

static unsigned int asked;

/* Only 2001:db8::/64 is routed into the mesh. */
static bool by_mesh(void *arg, const struct in6_addr *src)
{
	struct in6_addr mesh = addr("2001:db8::");

	ck_assert_ptr_eq(arg, &asked);
	asked++;
	return memcmp(src, &mesh, 8) == 0;
}

START_TEST(sources_must_be_reached_by_the_mesh)
{
	struct jsr_fwd_conf conf = {.rate_per_min = 1,
				    .burst = 2,
				    .again_per_min = 60,
				    .again_burst = 1,
				    .by_mesh = by_mesh,
				    .arg = &asked};

	setup(conf);
	for (unsigned int i = 1; i <= 4; i++)
		expect_from(JSR_FWD_SRC_NOT_BY_MESH, 7, own_addr_in(i, 7));
	expect_from(JSR_FWD_SRC_LINK_LOCAL, 7, addr("fe80::7"));
	ck_assert_uint_eq(asked, 4);
	expect(JSR_FWD_FORWARD, 7); /* they took no place, and no token .. */
	expect(JSR_FWD_TOO_SOON, 7);
	ck_assert_uint_eq(asked, 5);
	expect(JSR_FWD_FORWARD, 8);
	expect(JSR_FWD_BUSY, 9);
	expect_from(JSR_FWD_BUSY, 9, own_addr_in(1, 9));
	ck_assert_uint_eq(asked, 6);
	evl_test_advance(evl, JSR_FWD_FIRST_GAP_MS);
	expect_from(JSR_FWD_SRC_NOT_BY_MESH, 9, own_addr_in(1, 9));
	expect(JSR_FWD_FORWARD, 9); /* .. not of those who come again either .. */
	for (unsigned int i = 1; i <= 3; i++) {
		evl_test_advance(evl, 1000);
		expect_from(JSR_FWD_FORWARD, 9, other_addr(i));
	}
	expect_from(JSR_FWD_MANY_SOURCES, 9, addr("fd00::1"));
	evl_test_advance(evl, JSR_FWD_FIRST_GAP_MS);
	expect_from(JSR_FWD_SRC_NOT_BY_MESH, 9, addr("fd00::1"));
	for (unsigned int i = 1; i <= 3; i++) {
		expect_from(JSR_FWD_FORWARD, 9, other_addr(i)); /* .. and displaced nobody */
		evl_test_advance(evl, 1000);
	}
	teardown();
}
END_TEST

/* --- back-off --- */

START_TEST(gaps_double_and_end_with_quiet)
{
	static const uint32_t gap_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};

	setup(plenty());
	expect(JSR_FWD_FORWARD, 1);
	for (size_t i = 0; i < sizeof(gap_ms) / sizeof(gap_ms[0]); i++) {
		expect(JSR_FWD_TOO_SOON, 1);
		evl_test_advance(evl, gap_ms[i] - 1);
		expect(JSR_FWD_TOO_SOON, 1); /* does not lengthen the gap */
		expect(JSR_FWD_FORWARD, 2000 + (unsigned int)i);
		evl_test_advance(evl, 1);
		expect(JSR_FWD_FORWARD, 1);
	}
	evl_test_advance(evl, JSR_FWD_QUIET_MS);
	expect(JSR_FWD_FORWARD, 1);
	evl_test_advance(evl, 1000);
	expect(JSR_FWD_FORWARD, 1);
	evl_test_advance(evl, 1000);
	expect(JSR_FWD_TOO_SOON, 1);
	teardown();
}
END_TEST

/* The sender of jnd: now, then after 2, 4 .. 60 s with jitter, and restarted after any of them. */
START_TEST(honest_nodes_are_never_refused)
{
	setup(jsr_fwd_default);
	for (unsigned int n = 1; n < 40; n++) {
		struct eui64 eui = device(n);
		expect(JSR_FWD_FORWARD, n);
		for (uint32_t tries = 1; tries < 30; tries++) {
			evl_test_advance(evl, backoff_delay_ms(backoff_seed(&eui, NULL), tries,
							       2000, 60000));
			expect(JSR_FWD_FORWARD, n);
		}
	}
	teardown();
}
END_TEST

/* --- addresses of one EUI-64 --- */

START_TEST(four_addresses_an_eui)
{
	setup(plenty());
	for (unsigned int i = 1; i <= 3; i++)
		expect_from(JSR_FWD_FORWARD, 7, other_addr(i));
	/* The last place is for the address made from the EUI-64: a spoofer cannot keep its owner
	 * out. */
	expect_from(JSR_FWD_MANY_SOURCES, 7, other_addr(4));
	expect_from(JSR_FWD_FORWARD, 7, own_addr(7));
	expect_from(JSR_FWD_MANY_SOURCES, 7, other_addr(4));
	expect_from(JSR_FWD_MANY_SOURCES, 7, own_addr(8));
	/* Each has a back-off of its own. */
	evl_test_advance(evl, 1000);
	expect_from(JSR_FWD_FORWARD, 7, other_addr(2));
	evl_test_advance(evl, 1000);
	expect_from(JSR_FWD_TOO_SOON, 7, other_addr(2));
	expect_from(JSR_FWD_FORWARD, 7, other_addr(3));
	expect_from(JSR_FWD_FORWARD, 7, own_addr(7));
	/* Another EUI-64 may have the same addresses. */
	expect_from(JSR_FWD_FORWARD, 8, other_addr(2));
	/* A quiet address gives way: 1, not heard again. */
	evl_test_advance(evl, JSR_FWD_QUIET_MS - 2000);
	expect_from(JSR_FWD_FORWARD, 7, other_addr(5));
	expect_from(JSR_FWD_MANY_SOURCES, 7, other_addr(1));
	teardown();
}
END_TEST

/* All that is spoofed under the EUI-64 of device 7: each `times` times, as soon as it may. */
static void spoof_seven(const struct in6_addr *spoofed, unsigned int n, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++) {
		for (unsigned int k = 0; k < n; k++)
			expect_from(JSR_FWD_FORWARD, 7, spoofed[k]);
		evl_test_advance(evl, (uint64_t)JSR_FWD_FIRST_GAP_MS << i);
	}
}

/* Device 7 asks from `src`, where no place is left for it, with the schedule of jnd. */
static void seven_is_refused_once(struct in6_addr src)
{
	struct eui64 eui = device(7);

	expect_from(JSR_FWD_MANY_SOURCES, 7, src);
	for (uint32_t tries = 1; tries < 10; tries++) {
		evl_test_advance(evl,
				 backoff_delay_ms(backoff_seed(&eui, NULL), tries, 2000, 60000));
		expect_from(JSR_FWD_FORWARD, 7, src);
	}
}

/* Where several prefixes are routed into the mesh, a spoofer finds more than one address with the
 * interface identifier of the device. */
START_TEST(four_prefixes_keep_nobody_out)
{
	const struct in6_addr spoofed[] = {own_addr_in(1, 7), own_addr_in(2, 7), own_addr_in(3, 7),
					   own_addr_in(4, 7)};

	for (unsigned int times = 1; times <= 5; times++) {
		setup(plenty());
		spoof_seven(spoofed, 4, times);
		seven_is_refused_once(own_addr(7));
		teardown();
	}
}
END_TEST

START_TEST(three_addresses_keep_no_other_out)
{
	const struct in6_addr spoofed[] = {other_addr(1), other_addr(2), other_addr(3)};

	for (unsigned int times = 1; times <= 5; times++) {
		setup(plenty());
		spoof_seven(spoofed, 3, times);
		seven_is_refused_once(other_addr(4));
		expect(JSR_FWD_FORWARD, 7); /* not from the place that is its owner's */
		teardown();
	}
}
END_TEST

START_TEST(the_address_least_forwarded_gives_way)
{
	setup(plenty());
	for (unsigned int i = 1; i <= 3; i++) {
		expect_from(JSR_FWD_FORWARD, 7, other_addr(i));
		evl_test_advance(evl, 500);
	}
	expect_from(JSR_FWD_FORWARD, 7, other_addr(1));
	expect_from(JSR_FWD_MANY_SOURCES, 7, other_addr(4));
	evl_test_advance(evl, JSR_FWD_FIRST_GAP_MS - 1);
	expect_from(JSR_FWD_MANY_SOURCES, 7, other_addr(4));
	evl_test_advance(evl, 1);
	expect_from(JSR_FWD_FORWARD, 7, other_addr(4)); /* instead of 2 */
	expect_from(JSR_FWD_TOO_SOON, 7, other_addr(4));
	expect_from(JSR_FWD_FORWARD, 7, other_addr(3));
	/* The next one not before some time has passed. */
	expect_from(JSR_FWD_MANY_SOURCES, 7, other_addr(2));
	evl_test_advance(evl, JSR_FWD_DISPLACE_MS - 1);
	expect_from(JSR_FWD_MANY_SOURCES, 7, other_addr(2));
	evl_test_advance(evl, 1);
	expect_from(JSR_FWD_FORWARD, 7, other_addr(2)); /* instead of 4 */
	expect_from(JSR_FWD_MANY_SOURCES, 7, other_addr(4));
	expect_from(JSR_FWD_FORWARD, 7, other_addr(1));
	expect_from(JSR_FWD_FORWARD, 7, other_addr(3));
	teardown();
}
END_TEST

/* However many addresses are spoofed, and come again: the CT sees few of them. */
START_TEST(few_addresses_of_an_eui_are_forwarded)
{
	struct bsreq req = {.code = BSREQ_JSR, .eui = device(7)};
	bool heard[400] = {false};
	unsigned int n = 0;

	setup(jsr_fwd_default);
	for (unsigned int tick = 0; tick < 100 * 200; tick++) { /* 100 s, each every 2 s */
		struct in6_addr src = other_addr(1000 + tick % 400);
		evl_test_advance(evl, 5);
		if (jsr_fwd_judge(f, &req, &src) == JSR_FWD_FORWARD)
			heard[tick % 400] = true;
	}
	for (unsigned int i = 0; i < 400; i++)
		n += heard[i];
	ck_assert_uint_ge(n, 3 + 9); /* three at once, then one in ten seconds */
	ck_assert_uint_le(n, 3 + 10);
	expect(JSR_FWD_FORWARD, 7);
	teardown();
}
END_TEST

/* --- the bucket --- */

START_TEST(bucket_limits_all_strangers)
{
	unsigned int n = 1;

	setup(jsr_fwd_default); /* burst 20, of which 5 are kept; 2 a second */
	for (; n <= 15; n++)
		expect(JSR_FWD_FORWARD, n);
	expect(JSR_FWD_BUSY, n);
	expect(JSR_FWD_TOO_SOON, 1); /* costs nothing */
	evl_test_advance(evl, 499);
	expect(JSR_FWD_BUSY, n);
	evl_test_advance(evl, 1);
	expect(JSR_FWD_FORWARD, n++);
	expect(JSR_FWD_BUSY, n);
	/* Over ten minutes of flood, 2 a second and no more. */
	for (unsigned int ms = 0; ms < 600000; ms += 50) {
		struct bsreq req = {.code = BSREQ_JSR, .eui = device(1000 + ms / 50)};
		struct in6_addr src = own_addr(1000 + ms / 50);
		evl_test_advance(evl, 50);
		jsr_fwd_judge(f, &req, &src);
	}
	ck_assert_uint_eq(jsr_fwd_count(f, JSR_FWD_FORWARD), 16 + 1200);
	/* A long rest fills it, not more. */
	evl_test_advance(evl, 1ull << 60);
	for (n = 20000; n < 20015; n++)
		expect(JSR_FWD_FORWARD, n);
	expect(JSR_FWD_BUSY, n);
	teardown();
}
END_TEST

/* --- floods --- */

/* A JSR that is judged without expectations; from the address of its own EUI-64. */
static enum jsr_fwd_verdict ask(struct eui64 eui)
{
	struct bsreq req = {.code = BSREQ_JSR, .eui = eui};
	struct in6_addr src = addr("2001:db8::");

	eui64_to_iid(&eui, &src.s6_addr[8]);
	return jsr_fwd_judge(f, &req, &src);
}

/* 200 JSRs a second, each in the name of another device. */
static void made_up(uint64_t tick)
{
	struct eui64 eui = {{0x0a}};

	memcpy(&eui.b[1], &tick, 6);
	ask(eui);
}

/* The same 1500 devices over and over, 7.5 s a round: they get into the back-off. */
static void repeated(uint64_t tick)
{
	ask((struct eui64){
		{0x0c, 0, 0, 0, 0, 0, (uint8_t)(tick % 1500 >> 8), (uint8_t)(tick % 1500)}});
}

/* Twenty nodes with the schedule of jnd begin to ask in the middle of a flood; returns when the
 * last of them was forwarded, in ms. A JSR of the flood comes every 5 ms. */
#define HONEST 20
static uint64_t last_honest_ms(void (*flood)(uint64_t tick))
{
	uint64_t due_ms[HONEST] = {0}, tick = 0;
	uint32_t tries[HONEST] = {0}, forwarded = 0;

	for (; tick < 60 * 200; tick++) { /* both buckets are empty then */
		evl_test_advance(evl, 5);
		flood(tick);
	}
	for (uint64_t ms = 0; ms < 120000; ms += 5) {
		evl_test_advance(evl, 5);
		flood(tick++);
		for (unsigned int n = 0; n < HONEST; n++) {
			struct eui64 eui = device(n);
			if (due_ms[n] > ms)
				continue;
			if (ask(eui) == JSR_FWD_FORWARD) {
				due_ms[n] = UINT64_MAX;
				if (++forwarded == HONEST)
					return ms;
			} else {
				due_ms[n] = ms + backoff_delay_ms(backoff_seed(&eui, NULL),
								  ++tries[n], 2000, 60000);
			}
		}
	}
	return UINT64_MAX;
}

START_TEST(a_flood_of_devices_starves_nobody)
{
	setup(jsr_fwd_default);
	ck_assert_uint_le(last_honest_ms(made_up), 4000);
	teardown();
}
END_TEST

START_TEST(a_flood_of_the_same_devices_starves_nobody)
{
	setup(jsr_fwd_default);
	ck_assert_uint_le(last_honest_ms(repeated), 10000);
	teardown();
}
END_TEST

START_TEST(who_comes_again_has_tokens)
{
	struct jsr_fwd_conf conf = {
		.rate_per_min = 1, .burst = 1, .again_per_min = 60, .again_burst = 2};

	setup(conf);
	expect(JSR_FWD_FORWARD, 1);
	for (unsigned int n = 2; n <= 4; n++)
		expect(JSR_FWD_BUSY, n);
	evl_test_advance(evl, JSR_FWD_FIRST_GAP_MS - 1);
	expect(JSR_FWD_BUSY, 2); /* too soon; and that does not make it later */
	evl_test_advance(evl, 1);
	expect_from(JSR_FWD_BUSY, 2, other_addr(99)); /* nobody has heard of that one */
	expect(JSR_FWD_FORWARD, 2);
	expect(JSR_FWD_FORWARD, 1);
	expect(JSR_FWD_BUSY, 3); /* that bucket is empty as well */
	evl_test_advance(evl, 1000);
	expect(JSR_FWD_FORWARD, 3);
	expect(JSR_FWD_BUSY, 4);
	teardown();
}
END_TEST

START_TEST(the_oldest_note_is_forgotten_first)
{
	struct jsr_fwd_conf conf = plenty();

	conf.rate_per_min = conf.burst = 1;
	setup(conf);
	expect(JSR_FWD_FORWARD, 60000);
	for (unsigned int n = 0; n <= JSR_FWD_MAX_NOTES; n++)
		expect(JSR_FWD_BUSY, n);
	evl_test_advance(evl, JSR_FWD_FIRST_GAP_MS);
	expect(JSR_FWD_FORWARD, 1);
	expect(JSR_FWD_FORWARD, JSR_FWD_MAX_NOTES);
	expect(JSR_FWD_BUSY, 0);
	teardown();
}
END_TEST

/* --- admitted devices --- */

START_TEST(admitted_devices_have_the_last_tokens)
{
	setup(jsr_fwd_default);
	admit(500);
	admit(500);
	for (unsigned int n = 1; n <= 15; n++)
		expect(JSR_FWD_FORWARD, n);
	expect(JSR_FWD_BUSY, 16);
	expect(JSR_FWD_FORWARD, 500);
	expect(JSR_FWD_TOO_SOON, 500); /* its back-off holds as for others */
	admit(1);                      /* and stays when a stranger is named admitted */
	expect(JSR_FWD_TOO_SOON, 1);
	for (unsigned int n = 501; n < 505; n++) {
		admit(n);
		expect(JSR_FWD_FORWARD, n);
	}
	admit(505);
	expect(JSR_FWD_BUSY, 505);
	evl_test_advance(evl, 500);
	expect(JSR_FWD_BUSY, 16);
	expect(JSR_FWD_FORWARD, 505);
	dismiss(505);
	dismiss(505);
	evl_test_advance(evl, 500);
	expect(JSR_FWD_BUSY, 505);
	teardown();
}
END_TEST

/* --- the table --- */

START_TEST(strangers_displace_only_strangers)
{
	struct eui64 one_more = device(JSR_FWD_MAX_ADMITTED);

	setup(plenty());
	for (unsigned int n = 0; n < JSR_FWD_MAX_ADMITTED; n++) {
		admit(n);
		expect(JSR_FWD_FORWARD, n);
	}
	ck_assert_int_eq(jsr_fwd_admit(f, &one_more), -ENOSPC);
	for (unsigned int n = 0; n < JSR_FWD_MAX_STRANGERS; n++) {
		evl_test_advance(evl, 1);
		expect(JSR_FWD_FORWARD, 1000 + n);
	}
	for (unsigned int n = 0; n < JSR_FWD_MAX_ADMITTED; n++)
		expect(JSR_FWD_TOO_SOON, n); /* all still known */
	expect(JSR_FWD_TOO_SOON, 1000);
	expect(JSR_FWD_FORWARD, 2000); /* displaces 1000, the quietest */
	expect(JSR_FWD_TOO_SOON, 1001);
	expect(JSR_FWD_FORWARD, 1000); /* displaces 1001 */
	expect(JSR_FWD_TOO_SOON, 1002);
	for (unsigned int n = 0; n < JSR_FWD_MAX_ADMITTED; n++)
		expect(JSR_FWD_TOO_SOON, n);
	/* A place among the admitted takes none from the strangers. */
	dismiss(0);
	ck_assert_int_eq(jsr_fwd_admit(f, &one_more), 0);
	expect(JSR_FWD_FORWARD, JSR_FWD_MAX_ADMITTED);
	expect(JSR_FWD_TOO_SOON, 1002);
	teardown();
}
END_TEST

/* A refused JSR makes no device: a flood beyond the bucket does not wipe out back-offs. */
START_TEST(refused_strangers_displace_none)
{
	struct jsr_fwd_conf conf = plenty();

	conf.rate_per_min = 1;
	conf.burst = JSR_FWD_MAX_STRANGERS;
	setup(conf);
	for (unsigned int n = 0; n < JSR_FWD_MAX_STRANGERS; n++)
		expect(JSR_FWD_FORWARD, n);
	for (unsigned int n = 5000; n < 6000; n++)
		expect(JSR_FWD_BUSY, n);
	for (unsigned int n = 0; n < JSR_FWD_MAX_STRANGERS; n++)
		expect(JSR_FWD_TOO_SOON, n);
	teardown();
}
END_TEST

START_TEST(verdicts_have_names)
{
	for (int i = 0; i < JSR_FWD_VERDICTS; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(jsr_fwd_verdict_name((enum jsr_fwd_verdict)i),
					 jsr_fwd_verdict_name((enum jsr_fwd_verdict)j));
}
END_TEST

UNIT_MAIN("jsr_fwd", sources_must_be_of_the_mesh, sources_must_be_reached_by_the_mesh,
	  four_prefixes_keep_nobody_out, three_addresses_keep_no_other_out,
	  the_address_least_forwarded_gives_way, few_addresses_of_an_eui_are_forwarded,
	  prefixes_of_any_length, gaps_double_and_end_with_quiet, honest_nodes_are_never_refused,
	  four_addresses_an_eui, a_flood_of_devices_starves_nobody,
	  a_flood_of_the_same_devices_starves_nobody, who_comes_again_has_tokens,
	  the_oldest_note_is_forgotten_first, bucket_limits_all_strangers,
	  admitted_devices_have_the_last_tokens, strangers_displace_only_strangers,
	  refused_strangers_displace_none, verdicts_have_names)
