/* SPDX-License-Identifier: ISC */
/* What ctd makes of an interface that goes and comes. The kernel is played, the clock is the
 * test's.
 */
#include "ifwatch.h"
#include "unit.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

static unsigned int index_now, replaced;

unsigned int if_nametoindex(const char *name)
{
	ck_assert_str_eq(name, "eth7");
	return index_now;
}

static void on_replaced(void *arg)
{
	(void)arg;
	replaced++;
}

static struct evl *evl;
static struct ifwatch *watch;

static void start(void)
{
	evl = evl_new_test();
	index_now = 3;
	replaced = 0;
	ck_assert_int_eq(ifwatch_new(&watch, evl, "eth7", on_replaced, NULL), 0);
}

static void stop(void)
{
	ifwatch_free(watch);
	evl_free(evl);
}

START_TEST(one_that_was_replaced_is_told_once)
{
	start();
	evl_test_advance(evl, 10 * IFWATCH_MS);
	ck_assert_uint_eq(replaced, 0);
	index_now = 0;
	evl_test_advance(evl, 10 * IFWATCH_MS);
	ck_assert_uint_eq(replaced, 0);
	index_now = 9;
	evl_test_advance(evl, IFWATCH_MS);
	ck_assert_uint_eq(replaced, 1);
	evl_test_advance(evl, 10 * IFWATCH_MS);
	ck_assert_uint_eq(replaced, 1);
	stop();
}
END_TEST

START_TEST(one_that_is_itself_again_is_not)
{
	start();
	index_now = 0;
	evl_test_advance(evl, IFWATCH_MS);
	index_now = 3;
	evl_test_advance(evl, 10 * IFWATCH_MS);
	ck_assert_uint_eq(replaced, 0);
	stop();
}
END_TEST

START_TEST(one_that_is_not_there_cannot_be_watched)
{
	evl = evl_new_test();
	index_now = 0;
	ck_assert_int_eq(ifwatch_new(&watch, evl, "eth7", on_replaced, NULL), -ENODEV);
	evl_free(evl);
}
END_TEST

UNIT_MAIN("ifwatch", one_that_was_replaced_is_told_once, one_that_is_itself_again_is_not,
	  one_that_is_not_there_cannot_be_watched)
