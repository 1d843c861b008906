/* SPDX-License-Identifier: ISC */
#include "nodes.h"

#include "ctd_store.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static struct store *open_store(void)
{
	struct store *st;
	char why[256];

	ck_assert_msg(ctd_store_open(&st, "state", why, sizeof(why)) == 0, "%s", why);
	return st;
}

struct seen {
	struct node node[4];
	size_t n;
};

static int on_node(const struct node *n, void *arg)
{
	struct seen *s = arg;

	ck_assert_uint_lt(s->n, 4);
	s->node[s->n++] = *n;
	return 0;
}

static struct node example(uint8_t last, enum node_state state)
{
	struct node n = {.eui = {{2, 0, 0, 0, 0, 0, 0, last}},
			 .name = "lamp 4, stairs",
			 .state = state,
			 .key_index = 1,
			 .denied = state == NODE_ADMITTED,
			 .left_behind = state == NODE_KEYED,
			 .key_version = 7,
			 .fc = 0xfffffff0,
			 .fc_index = 255,
			 .fc_s = 1795000200,
			 .secured = state == NODE_KEYED,
			 .want_secured = state != NODE_KEYED,
			 .n = UINT32_MAX,
			 .want_n = 8,
			 .link = {{{1}}, {{2}}},
			 .n_links = 2,
			 .forget = {{{3}}, {{4}}, {{5}}},
			 .n_forget = state == NODE_JOINED ? 3 : 0,
			 .admitted_s = 1795000000,
			 .since_s = 1795000100,
			 .reason = "no proof yet"};

	ck_assert_int_eq(inet_pton(AF_INET6, "fd00::9", &n.addr), 1);
	return n;
}

static void assert_same(const struct node *a, const struct node *b)
{
	ck_assert(eui64_equal(&a->eui, &b->eui));
	ck_assert_str_eq(a->name, b->name);
	ck_assert_int_eq(a->state, b->state);
	ck_assert(IN6_ARE_ADDR_EQUAL(&a->addr, &b->addr));
	ck_assert_uint_eq(a->key_index, b->key_index);
	ck_assert_int_eq(a->admitted_s, b->admitted_s);
	ck_assert_int_eq(a->since_s, b->since_s);
	ck_assert_str_eq(a->reason, b->reason);
	ck_assert_int_eq(a->denied, b->denied);
	ck_assert_int_eq(a->left_behind, b->left_behind);
	ck_assert_uint_eq(a->key_version, b->key_version);
	ck_assert_uint_eq(a->fc, b->fc);
	ck_assert_uint_eq(a->fc_index, b->fc_index);
	ck_assert_int_eq(a->fc_s, b->fc_s);
	ck_assert_int_eq(a->secured, b->secured);
	ck_assert_int_eq(a->want_secured, b->want_secured);
	ck_assert_uint_eq(a->n, b->n);
	ck_assert_uint_eq(a->want_n, b->want_n);
	ck_assert_uint_eq(a->n_links, b->n_links);
	for (size_t i = 0; i < a->n_links; i++)
		ck_assert(eui64_equal(&a->link[i], &b->link[i]));
	ck_assert_uint_eq(a->n_forget, b->n_forget);
	for (size_t i = 0; i < a->n_forget; i++)
		ck_assert(eui64_equal(&a->forget[i], &b->forget[i]));
}

START_TEST(come_back_as_they_were)
{
	struct node two = example(2, NODE_JOINED), one = example(1, NODE_KEYED),
		    three = example(3, NODE_ADMITTED);
	struct seen seen = {.n = 0};

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(nodes_put(st, &two), 0);
	ck_assert_int_eq(nodes_put(st, &one), 0);
	three.addr = in6addr_any;
	for (size_t i = 0; i < NODES_MAX_LINKS; i++)
		three.link[i] = two.eui;
	three.n_links = NODES_MAX_LINKS;
	ck_assert_int_eq(nodes_put(st, &three), 0);
	store_close(st);

	st = open_store();
	ck_assert_int_eq(nodes_each(st, on_node, &seen), 0);
	ck_assert_uint_eq(seen.n, 3);
	assert_same(&seen.node[0], &one);
	assert_same(&seen.node[1], &two);
	assert_same(&seen.node[2], &three);
	store_close(st);
}
END_TEST

START_TEST(putting_again_replaces)
{
	struct node n = example(1, NODE_ADMITTED);
	struct seen seen = {.n = 0};

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(nodes_put(st, &n), 0);
	n.state = NODE_JOINED;
	snprintf(n.reason, sizeof(n.reason), "proved");
	ck_assert_int_eq(nodes_put(st, &n), 0);
	ck_assert_int_eq(nodes_each(st, on_node, &seen), 0);
	ck_assert_uint_eq(seen.n, 1);
	assert_same(&seen.node[0], &n);
	store_close(st);
}
END_TEST

static int stop(const struct node *n, void *arg)
{
	(void)n;
	++*(int *)arg;
	return 42;
}

START_TEST(caller_can_stop)
{
	struct node one = example(1, NODE_ADMITTED), two = example(2, NODE_ADMITTED);
	int calls = 0;

	unit_enter_dir();
	struct store *st = open_store();
	nodes_put(st, &one);
	nodes_put(st, &two);
	ck_assert_int_eq(nodes_each(st, stop, &calls), 42);
	ck_assert_int_eq(calls, 1);
	store_close(st);
}
END_TEST

#define INSERT                                                                                     \
	"INSERT INTO node (eui, name, state, addr, key_index, admitted_s, since_s, reason) "       \
	"VALUES "

START_TEST(store_takes_only_whole_rows)
{
	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_lt(
		store_run(st, INSERT "(x'02', '', 'joined', zeroblob(16), 0, 0, 0, '')", ""), 0);
	ck_assert_int_lt(
		store_run(st, INSERT "(zeroblob(8), '', 'lost', zeroblob(16), 0, 0, 0, '')", ""),
		0);
	ck_assert_int_eq(
		store_run(st, INSERT "(zeroblob(8), '', 'keyed', zeroblob(16), 0, 0, 0, '')", ""),
		0);
	/* Lists of whole EUI-64s. */
	struct seen seen = {.n = 0};
	ck_assert_int_eq(store_run(st, "UPDATE node SET links = x'0102030405060708090a'", ""), 0);
	ck_assert_int_eq(nodes_each(st, on_node, &seen), -EUCLEAN);
	store_close(st);
}
END_TEST

UNIT_MAIN("nodes", come_back_as_they_were, putting_again_replaces, caller_can_stop,
	  store_takes_only_whole_rows)
