/* SPDX-License-Identifier: ISC */
/* What the commissioning tool orders is durable before it happens: keys, close and open, reset. The
 * kernel's side is played and looks into the store, which is real. */
#include "keys/keyset_store.h"
#include "node/node_priv.h"
#include "node/node_store.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static struct node node;
static char trace[128];      /* what was done, in order */
static uint8_t applied;      /* index of the active key that was in the store then, 0: none */
static bool closed_in_store; /* ALL_SECURED there, when the kernel was told */
static int unusable, ct_fails;
static const char *fails = ""; /* which step of the start */

static void note(const char *what)
{
	strncat(trace, what, sizeof(trace) - strlen(trace) - 1);
}

/* --- played --- */

int node_link_check_keys(const struct keyset *set)
{
	(void)set;
	return unusable;
}

int node_link_apply_keys(struct node *n)
{
	struct keyset stored;
	const struct key_entry *active;

	ck_assert_int_eq(keyset_store_load(n->store, &stored), 0);
	active = keyset_active(&stored);
	applied = active ? active->index : 0;
	keyset_clear(&stored);
	note("keys ");
	return 0;
}

int policy_set_all_secured(struct policy *p, bool all_secured)
{
	uint32_t n;

	(void)p;
	ck_assert_int_eq(node_store_get_closed(node.store, &closed_in_store, &n), 0);
	ck_assert_int_eq(closed_in_store, all_secured);
	note(all_secured ? "close " : "open ");
	return 0;
}

void node_alone_end(struct node *n, const char *reason)
{
	(void)n, (void)reason;
	note("heard ");
}

void node_dtls_hang_up(struct node *n)
{
	(void)n;
	note("hang-up ");
}

int node_ct_forget(struct node *n)
{
	(void)n;
	note("ct ");
	return ct_fails;
}

static unsigned int stored_neighbours;

static void on_neighbour(void *arg, const struct node_store_neighbour *nb)
{
	(void)arg, (void)nb;
	stored_neighbours++;
}

void bootstrap_set_keyed(struct bootstrap *b, bool keyed)
{
	(void)b;
	note(keyed ? "keyed " : "links ");
}

void bootstrap_clear(struct bootstrap *b)
{
	(void)b;
	stored_neighbours = 0;
	ck_assert_int_eq(node_store_each_neighbour(node.store, on_neighbour, NULL), 0);
	ck_assert_uint_eq(stored_neighbours, 0);
	note("neighbours ");
}

#define PLAYED(name, args, unused, what)                                                           \
	int name args                                                                              \
	{                                                                                          \
		unused;                                                                            \
		note(what " ");                                                                    \
		return strcmp(fails, what) == 0 ? -EIO : 0;                                        \
	}
#define ENDED(name, what)                                                                          \
	void name(struct node *n)                                                                  \
	{                                                                                          \
		(void)n;                                                                           \
		note(what " ");                                                                    \
	}

PLAYED(node_iface_own, (struct node * n, char why[NODE_WHY_LEN]), (void)n; (void)why, "own")
PLAYED(node_iface_open, (struct node * n, char why[NODE_WHY_LEN]), (void)n; (void)why, "iface")
PLAYED(node_ct_open, (struct node * n, char why[NODE_WHY_LEN]), (void)n; (void)why, "ct")
PLAYED(node_link_open, (struct node * n, char why[NODE_WHY_LEN]), (void)n; (void)why, "link")
PLAYED(iface_up, (struct iface_state * s, char why[IFACE_WHY_LEN]), (void)s; (void)why, "up")
PLAYED(node_link_serve, (struct node * n, char why[NODE_WHY_LEN]), (void)n; (void)why, "serve")
PLAYED(node_alone_serve, (struct node * n), (void)n, "listen")
PLAYED(node_dtls_open, (struct node * n, bool mesh_only, char why[NODE_WHY_LEN]), (void)n;
       (void)mesh_only; (void)why, "dtls")
PLAYED(node_ctl_open, (struct node * n, char why[NODE_WHY_LEN]), (void)n; (void)why, "ctl")
ENDED(node_dtls_close, "-dtls")
ENDED(node_alone_close, "-listen")
ENDED(node_link_close, "-link")

/* --- the world --- */

static struct keyset key_set(uint8_t index)
{
	struct keyset set = {.n = 0};
	const struct key_entry e = {.number = index,
				    .index = index,
				    .mode = 1,
				    .level = 5,
				    .state = KEY_ACTIVE,
				    .key = {.b = {index}, .len = KEYSET_KEY_LEN}};

	ck_assert_int_eq(keyset_insert(&set, &e), 0);
	return set;
}

static void start(void)
{
	char why[NODE_WHY_LEN] = "";

	unit_enter_dir();
	memset(&node, 0, sizeof(node));
	ck_assert_msg(node_store_open(&node.store, "state", why, sizeof(why)) == 0, "%s", why);
	trace[0] = '\0';
	applied = 0;
	unusable = ct_fails = 0;
}

static void stop(void)
{
	store_close(node.store);
	keyset_clear(&node.keys);
}

/* From now on the disk is full, so to say. */
static void fill_up(const char *table)
{
	char sql[160];

	snprintf(sql, sizeof(sql),
		 "CREATE TRIGGER full BEFORE INSERT ON %s BEGIN SELECT RAISE(ABORT, 'full'); END",
		 table);
	ck_assert_int_eq(store_run(node.store, sql, ""), 0);
}

/* --- tests --- */

static const struct node_conf conf = {.state_dir = "state", .manage_interface = true};

static int open_node(struct node **n)
{
	const struct node_ops ops = {.arg = NULL};
	char why[NODE_WHY_LEN];
	int rc = node_new(n, NULL, &conf, true, &ops, why);

	ck_assert(rc == 0 || why[0]);
	return rc;
}

/* No frame may leave under an old counter, and none come in before the bootstrap layer is there. */
START_TEST(it_is_restored_before_the_interface_goes_up)
{
	struct node *n;

	unit_enter_dir();
	trace[0] = '\0';
	fails = "";
	ck_assert_int_eq(open_node(&n), 0);
	ck_assert_str_eq(trace, "own iface ct link up serve listen dtls ctl ");
	trace[0] = '\0';
	node_free(n);
	ck_assert_str_eq(trace, "-dtls -listen -link ");
	trace[0] = '\0';
	fails = "link";
	ck_assert_int_eq(open_node(&n), -EIO);
	ck_assert_str_eq(trace, "own iface ct link -dtls -listen -link ");
}
END_TEST

START_TEST(keys_are_stored_then_used)
{
	struct keyset set = key_set(3);

	start();
	ck_assert(!node_keyed(&node));
	ck_assert_int_eq(node_keys_replace(&node, &set), 0);
	ck_assert_str_eq(trace, "heard keys ");
	ck_assert_uint_eq(applied, 3);
	ck_assert(node_keyed(&node));
	stop();
}
END_TEST

START_TEST(keys_that_cannot_be_kept_are_not_used)
{
	struct keyset first = key_set(3), second = key_set(4);

	start();
	ck_assert_int_eq(node_keys_replace(&node, &first), 0);
	trace[0] = '\0';
	fill_up("key_entry");
	ck_assert_int_lt(node_keys_replace(&node, &second), 0);
	ck_assert_str_eq(trace, "");
	ck_assert_uint_eq(keyset_active(&node.keys)->index, 3);
	unusable = -ENOTSUP;
	ck_assert_int_eq(node_keys_replace(&node, &second), -ENOTSUP);
	ck_assert_str_eq(trace, "");
	stop();
}
END_TEST

START_TEST(a_close_is_stored_then_done)
{
	start();
	ck_assert_int_eq(node_set_all_secured(&node, true, 5), 0);
	ck_assert_str_eq(trace, "close ");
	ck_assert(node.all_secured);
	ck_assert_uint_eq(node.n, 5);
	trace[0] = '\0';
	fill_up("value");
	ck_assert_int_lt(node_set_all_secured(&node, false, 6), 0);
	ck_assert_str_eq(trace, "");
	ck_assert(node.all_secured);
	ck_assert_uint_eq(node.n, 5);
	stop();
}
END_TEST

START_TEST(a_reset_forgets_whom_it_obeys_last)
{
	const struct eui64 neighbour = {{2, 0, 0, 0, 0, 0, 0, 2}};
	struct keyset set = key_set(3);

	start();
	ck_assert_int_eq(node_keys_replace(&node, &set), 0);
	ck_assert_int_eq(node_set_all_secured(&node, true, 5), 0);
	ck_assert_int_eq(node_store_put_neighbour(node.store, &neighbour, true), 0);
	trace[0] = '\0';
	ct_fails = -ENOSPC;
	ck_assert_int_eq(node_reset(&node), -ENOSPC);
	ck_assert_str_eq(trace, "hang-up heard keys open links neighbours ct ");
	ck_assert(!node_keyed(&node) && !node.all_secured);
	ck_assert_uint_eq(node.n, 0);
	stop();
}
END_TEST

/* They are not dropped while they would be back after a restart. */
START_TEST(a_reset_keeps_neighbours_that_the_store_keeps)
{
	const struct eui64 neighbour = {{2, 0, 0, 0, 0, 0, 0, 2}};

	start();
	ck_assert_int_eq(node_store_put_neighbour(node.store, &neighbour, true), 0);
	ck_assert_int_eq(store_run(node.store,
				   "CREATE TRIGGER stuck BEFORE DELETE ON neighbour BEGIN"
				   " SELECT RAISE(ABORT, 'stuck'); END",
				   ""),
			 0);
	ck_assert_int_lt(node_reset(&node), 0);
	ck_assert_str_eq(trace, "hang-up heard keys open links ");
	stop();
}
END_TEST

START_TEST(a_reset_that_is_cut_off_leaves_it_obeying)
{
	struct keyset set = key_set(3);

	start();
	ck_assert_int_eq(node_keys_replace(&node, &set), 0);
	trace[0] = '\0';
	fill_up("value");
	ck_assert_int_lt(node_reset(&node), 0);
	ck_assert_str_eq(trace, "hang-up heard keys ");
	stop();
}
END_TEST

UNIT_MAIN("node", it_is_restored_before_the_interface_goes_up, keys_are_stored_then_used,
	  keys_that_cannot_be_kept_are_not_used, a_close_is_stored_then_done,
	  a_reset_forgets_whom_it_obeys_last, a_reset_keeps_neighbours_that_the_store_keeps,
	  a_reset_that_is_cut_off_leaves_it_obeying)
