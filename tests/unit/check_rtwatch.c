/* SPDX-License-Identifier: ISC */
/* Real addresses and routes, in a network namespace of the test's own. */
#include "link/rtwatch.h"
#include "unit.h"

#include <sched.h>

#define WAIT_MS 5000

static struct evl *evl;
static unsigned int told;

static void on_change(void *arg)
{
	(void)arg;
	told++;
	evl_stop(evl);
}

static void on_bound(void *arg)
{
	(void)arg;
	evl_stop(evl);
}

START_TEST(a_burst_of_changes_is_told_once)
{
	struct rtwatch *w;
	struct evl_timer *bound;

	if (unshare(CLONE_NEWNET)) {
		printf("SKIPPED: no network namespace of its own\n");
		return;
	}
	evl = evl_new();
	bound = evl_timer_new(evl, on_bound, NULL);
	ck_assert_int_eq(rtwatch_new(&w, evl, on_change, NULL), 0);
	ck_assert_int_eq(system("ip link set lo up && ip addr add fd00::1/128 dev lo nodad && "
				"ip -6 route add fd01::/64 dev lo"),
			 0);
	evl_timer_start(bound, WAIT_MS);
	evl_run(evl);
	ck_assert_uint_eq(told, 1);
	ck_assert_int_eq(system("ip -6 route del fd01::/64 dev lo"), 0);
	evl_run(evl);
	ck_assert_uint_eq(told, 2);
	rtwatch_free(w);
	evl_timer_free(bound);
	evl_free(evl);
}
END_TEST

UNIT_MAIN("rtwatch", a_burst_of_changes_is_told_once)
