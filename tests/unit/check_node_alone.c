/* SPDX-License-Identifier: ISC */
/* When a node takes it that no neighbour understands it any more, and what ends that. Links, kernel
 * and receive counters are played; the store is real. */
#include "node/node_priv.h"
#include "node/node_store.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define ALONE_AFTER_S 80
#define HALF_MS       (ALONE_AFTER_S * 1000 / 2)
#define STEP_MS       (ALONE_AFTER_S * 1000 / 8)

static struct node_conf conf;
static struct node node;
static bool keyed, linked, closed;
static uint64_t answers; /* SSRs of neighbours */
static unsigned int probes, given_up, asked, settled;

uint64_t bootstrap_accepted(const struct bootstrap *b)
{
	(void)b;
	return answers;
}

bool node_keyed(const struct node *n)
{
	(void)n;
	return keyed;
}

bool node_asks(const struct node *n)
{
	return !keyed || n->alone;
}

bool bootstrap_get(const struct bootstrap *b, size_t i, struct bootstrap_neighbour *nb)
{
	(void)b;
	*nb = (struct bootstrap_neighbour){.state = linked ? LINK_SECURED : LINK_SSR_SENT};
	return i == 0;
}

void bootstrap_probe(struct bootstrap *b)
{
	(void)b;
	probes++;
}

void bootstrap_set_alone(struct bootstrap *b)
{
	(void)b;
	given_up++;
	linked = false;
}

int policy_set_all_secured(struct policy *p, bool all_secured)
{
	(void)p;
	closed = all_secured;
	return 0;
}

static void on_asking(void *arg, bool asking)
{
	(void)arg;
	asked += asking;
	settled += !asking;
}

/* The daemon starts on what is in the store. */
static void start(void)
{
	char why[NODE_WHY_LEN] = "";

	memset(&node, 0, sizeof(node));
	conf.alone_after_s = ALONE_AFTER_S;
	node.conf = &conf;
	node.evl = evl_new_test();
	node.ops.on_asking = on_asking;
	ck_assert_msg(node_store_open(&node.store, "state", why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(node_store_get_closed(node.store, &node.all_secured, &node.n), 0);
	ck_assert_int_eq(node_alone_open(&node), 0);
	ck_assert_int_eq(node_alone_serve(&node), 0);
	probes = given_up = asked = settled = 0;
}

static void stop(void)
{
	node_alone_close(&node);
	store_close(node.store);
	evl_free(node.evl);
}

/* Closed under number 7, with a link. */
static void start_closed(void)
{
	struct store *st;
	char why[NODE_WHY_LEN] = "";

	unit_enter_dir();
	ck_assert_int_eq(node_store_open(&st, "state", why, sizeof(why)), 0);
	ck_assert_int_eq(node_store_put_closed(st, true, 7), 0);
	store_close(st);
	keyed = linked = closed = true;
	start();
}

START_TEST(asks_its_neighbours_before_it_gives_up)
{
	start_closed();
	evl_test_advance(node.evl, HALF_MS - 1);
	ck_assert_uint_eq(probes, 0);
	evl_test_advance(node.evl, HALF_MS);
	ck_assert_uint_eq(probes, 4);
	ck_assert(!node.alone && node.all_secured && closed);
	ck_assert_uint_eq(asked, 0);
	evl_test_advance(node.evl, 1);
	ck_assert(node.alone && !node.all_secured && !closed);
	ck_assert_uint_eq(node.n, 6);
	ck_assert_uint_eq(given_up, 1);
	ck_assert_uint_eq(asked, 1);
	/* once */
	evl_test_advance(node.evl, 10 * HALF_MS);
	ck_assert_uint_eq(given_up, 1);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(probes, 4);
	stop();
}
END_TEST

START_TEST(an_answer_in_time_is_enough)
{
	start_closed();
	for (int i = 0; i < 10; i++) {
		evl_test_advance(node.evl, 2 * HALF_MS - STEP_MS);
		answers++;
	}
	ck_assert_uint_eq(probes, 31);
	ck_assert(!node.alone && node.all_secured);
	stop();
}
END_TEST

START_TEST(a_closed_node_without_links_is_cut_off)
{
	start_closed();
	linked = false;
	evl_test_advance(node.evl, 2 * HALF_MS);
	ck_assert(node.alone && !node.all_secured);
	stop();
}
END_TEST

START_TEST(who_waits_for_the_keys_of_others_or_its_own_is_not_alone)
{
	start_closed();
	linked = node.all_secured = false;
	evl_test_advance(node.evl, 10 * HALF_MS);
	node.all_secured = true;
	linked = true;
	keyed = false;
	evl_test_advance(node.evl, 10 * HALF_MS);
	ck_assert_uint_eq(probes + given_up + asked, 0);
	ck_assert(node.all_secured);
	stop();
}
END_TEST

START_TEST(it_is_never_where_it_is_not_wanted)
{
	start_closed();
	node_alone_close(&node);
	node.listen = NULL;
	conf.alone_after_s = 0;
	ck_assert_int_eq(node_alone_serve(&node), 0);
	evl_test_advance(node.evl, 1000 * HALF_MS);
	ck_assert_uint_eq(probes + given_up, 0);
	stop();
}
END_TEST

START_TEST(it_outlives_a_restart_and_ends_by_a_link)
{
	start_closed();
	evl_test_advance(node.evl, 2 * HALF_MS);
	ck_assert(node.alone);
	stop();
	start();
	ck_assert(node.alone && !node.all_secured);
	ck_assert_uint_eq(node.n, 6);
	linked = true;
	node_alone_end(&node, "a link");
	ck_assert_uint_eq(settled, 1);
	ck_assert(!node.alone);
	node_alone_end(&node, "another link");
	ck_assert_uint_eq(settled, 1);
	stop();
	linked = false; /* or the link alone would speak against it */
	start();
	ck_assert(!node.alone);
	stop();
}
END_TEST

/* Killed between the store's two halves: it says that it is alone, and has a link. */
START_TEST(a_link_in_the_store_speaks_against_it)
{
	start_closed();
	evl_test_advance(node.evl, 2 * HALF_MS);
	stop();
	linked = true;
	start();
	ck_assert(!node.alone);
	evl_test_advance(node.evl, 2 * HALF_MS);
	ck_assert(node.alone);
	stop();
}
END_TEST

START_TEST(a_store_that_fails_leaves_all_as_it_is)
{
	start_closed();
	ck_assert_int_eq(store_run(node.store,
				   "CREATE TRIGGER full BEFORE INSERT ON value BEGIN"
				   " SELECT RAISE(ABORT, 'full'); END",
				   ""),
			 0);
	evl_test_advance(node.evl, 2 * HALF_MS);
	ck_assert(!node.alone && node.all_secured && closed);
	ck_assert_uint_eq(given_up + asked, 0);
	ck_assert_int_eq(store_run(node.store, "DROP TRIGGER full", ""), 0);
	evl_test_advance(node.evl, STEP_MS);
	ck_assert(node.alone);
	stop();
}
END_TEST

UNIT_MAIN("node_alone", asks_its_neighbours_before_it_gives_up, an_answer_in_time_is_enough,
	  a_closed_node_without_links_is_cut_off,
	  who_waits_for_the_keys_of_others_or_its_own_is_not_alone,
	  it_is_never_where_it_is_not_wanted, it_outlives_a_restart_and_ends_by_a_link,
	  a_link_in_the_store_speaks_against_it, a_store_that_fails_leaves_all_as_it_is)
