/* SPDX-License-Identifier: ISC */
/* A real neighbour table, in a network namespace of the test's own. A bridge's link-layer addresses
 * are of 6 octets; those of 8 only 6LoWPAN has (tests/lab/short-address). */
#include "link/neightab.h"
#include "unit.h"

#include <net/if.h>
#include <sched.h>

static unsigned int told;

static void on_neighbour(void *arg, const struct eui64 *eui)
{
	(void)arg;
	(void)eui;
	told++;
}

START_TEST(other_addresses_than_eui64s_are_no_neighbours)
{
	static const struct eui64 eui = {{2, 0, 0, 0, 0, 0, 0, 1}};

	if (unshare(CLONE_NEWNET) ||
	    system("ip link add d0 type bridge && ip link set d0 up && "
		   "ip -6 neigh add fe80::1 lladdr 02:00:00:00:00:01 dev d0 nud permanent")) {
		printf("SKIPPED: no network namespace of its own, or no bridge\n");
		return;
	}
	ck_assert_int_eq(neightab_each(if_nametoindex("d0"), on_neighbour, NULL), 0);
	ck_assert_int_eq(neightab_each(if_nametoindex("lo"), on_neighbour, NULL), 0);
	ck_assert_uint_eq(told, 0);
	ck_assert_int_eq(neightab_add(if_nametoindex("d0"), &eui), 0); /* is there already */
	ck_assert_int_eq(neightab_add(if_nametoindex("lo"), &eui), 0);
	ck_assert_int_lt(neightab_add(12345, &eui), 0); /* no such interface */
}
END_TEST

/* Is that in what `ip` says about fe80::2 on d0? */
static bool says(const char *text)
{
	char command[160];

	snprintf(command, sizeof(command), "ip -6 neigh show fe80::2 dev d0 nud all | grep -q %s",
		 text);
	return system(command) == 0;
}

START_TEST(what_is_not_known_is_told)
{
	static const struct eui64 two = {{2, 0, 0, 0, 0, 0, 0, 2}};
	unsigned int d0;

	if (unshare(CLONE_NEWNET) || system("ip link add d0 type bridge && ip link set d0 up")) {
		printf("SKIPPED: no network namespace of its own, or no bridge\n");
		return;
	}
	d0 = if_nametoindex("d0");
	ck_assert_int_eq(neightab_add(d0, &two), 0);
	ck_assert(says("REACHABLE"));
	ck_assert_int_eq(
		system("ip -6 neigh replace fe80::2 lladdr 02:00:00:00:00:01 dev d0 nud stale"), 0);
	ck_assert_int_eq(neightab_add(d0, &two), 0);
	ck_assert(says("STALE"));
	ck_assert_int_eq(
		system("ip -6 neigh replace fe80::2 lladdr 02:00:00:00:00:01 dev d0 nud permanent"),
		0);
	ck_assert_int_eq(neightab_add(d0, &two), 0);
	ck_assert(says("PERMANENT"));
	ck_assert_int_eq(system("ip -6 neigh change fe80::2 dev d0 nud failed"), 0);
	ck_assert(says("FAILED"));
	ck_assert_int_eq(neightab_add(d0, &two), 0);
	ck_assert(says("REACHABLE"));
}
END_TEST

UNIT_MAIN("neightab", other_addresses_than_eui64s_are_no_neighbours, what_is_not_known_is_told)
