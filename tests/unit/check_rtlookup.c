/* SPDX-License-Identifier: ISC */
/* Real routes, in a network namespace of the test's own; the VRF is the lab's to try (scenario
 * spoofed-sources). */
#include "link/rtlookup.h"
#include "unit.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/resource.h>

/* The interface by which `text` is reached, 0: none. */
static unsigned int way_to(const char *text)
{
	struct in6_addr dst;
	unsigned int ifindex = 4711;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &dst), 1);
	ck_assert_int_eq(rtlookup(0, &dst, &ifindex), 0);
	return ifindex;
}

START_TEST(routes_say_where)
{
	unsigned int d0, d1;

	if (unshare(CLONE_NEWNET) ||
	    system("ip link set lo up && ip link add d0 type bridge && ip link set d0 up && "
		   "ip link add d1 type bridge && ip link set d1 up")) {
		printf("SKIPPED: no network namespace of its own, or no bridge\n");
		return;
	}
	d0 = if_nametoindex("d0");
	d1 = if_nametoindex("d1");
	ck_assert_uint_eq(way_to("fd00:6::2"), 0);
	ck_assert_int_eq(system("ip -6 addr add fd00:6::1/64 dev d0 nodad && "
				"ip -6 route add fd00:6::7/128 via fe80::2 dev d1 && "
				"ip -6 route add default via fe80::3 dev d1"),
			 0);
	ck_assert_uint_eq(way_to("fd00:6::2"), d0);
	ck_assert_uint_eq(way_to("fd00:6::7"), d1); /* the longest prefix */
	ck_assert_uint_eq(way_to("2001:db8:1::2"), d1);
	ck_assert_uint_eq(way_to("fd00:6::1"), 0); /* our own */
	ck_assert_uint_eq(way_to("::1"), 0);
	ck_assert_int_eq(system("ip -6 route add unreachable fd01::/64 && "
				"ip -6 route add prohibit fd02::/64 && "
				"ip -6 route add blackhole fd03::/64"),
			 0);
	ck_assert_uint_eq(way_to("fd01::1"), 0);
	ck_assert_uint_eq(way_to("fd02::1"), 0);
	ck_assert_uint_eq(way_to("fd03::1"), 0);
}
END_TEST

/* Without a descriptor for the question nothing is known: that is no "no". */
START_TEST(not_told_is_an_error)
{
	const struct in6_addr dst = {{{0xfd}}};
	struct rlimit before, none;
	unsigned int ifindex = 4711;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_lt(rtlookup(0, &dst, &ifindex), 0);
	ck_assert_uint_eq(ifindex, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

UNIT_MAIN("rtlookup", routes_say_where, not_told_is_an_error)
