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

UNIT_MAIN("neightab", other_addresses_than_eui64s_are_no_neighbours)
