/* SPDX-License-Identifier: ISC */
/* The outgoing frame counter of a node over a kernel that is played here: it sends whenever it may,
 * and every nonce (key, counter) that it uses is noted. Whatever dies at whatever step, none may
 * come twice. */
#include "node/node_priv.h"
#include "node/node_store.h"
#include "unit.h"

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#define DUE   FCOUNTER_REKEY_DUE
#define BLOCK FCOUNTER_BLOCK
#define SLACK 512 /* frames that may be in the queue, as in link/policy_counter.c */

static struct node node;

static struct {
	bool enabled, held;
	uint8_t key; /* its octets */
	uint32_t counter;
	int64_t budget;
} kernel;

static struct nonce {
	uint8_t key;
	uint32_t counter;
} nonces[4096];
static size_t n_nonces;

static jmp_buf dead;
static int steps_left;      /* until the daemon dies; -1: never */
static unsigned int worlds; /* each has a store of its own */
static bool look_again;
static uint64_t forged;
static int restart_fails, set_fails, drifts, checks, looked_for_lost;

/* A few frames, as many as the kernel lets out. */
static void send_frames(void)
{
	for (int i = 0; i < 3 && kernel.enabled && kernel.budget > 0; i++) {
		const struct nonce n = {kernel.key, kernel.counter};

		for (size_t j = 0; j < n_nonces; j++)
			ck_assert_msg(nonces[j].key != n.key || nonces[j].counter != n.counter,
				      "counter %u twice under key %u", n.counter, n.key);
		ck_assert_uint_lt(n_nonces, sizeof(nonces) / sizeof(nonces[0]));
		ck_assert_uint_lt(n.counter, FCOUNTER_END);
		nonces[n_nonces++] = n;
		kernel.counter++;
		kernel.budget--;
	}
}

static void step(void)
{
	send_frames();
	if (steps_left >= 0 && steps_left-- == 0)
		longjmp(dead, 1);
}

int llsec_get_params(struct llsec *h, struct llsec_params *p)
{
	(void)h;
	step();
	*p = (struct llsec_params){.enabled = kernel.enabled, .frame_counter = kernel.counter};
	return 0;
}

const char *llsec_error(const struct llsec *h)
{
	(void)h;
	return "";
}

int policy_set_counter(struct policy *p, uint32_t floor, uint32_t limit)
{
	(void)p;
	step();
	if (set_fails > 0) {
		set_fails--;
		return -ETIMEDOUT;
	}
	kernel.budget = 0;
	step();
	if (kernel.counter < floor)
		kernel.counter = floor;
	step();
	kernel.held = false;
	kernel.budget = (int64_t)limit - kernel.counter - (kernel.enabled ? SLACK : 0);
	step();
	return 0;
}

int policy_extend_counter(struct policy *p, uint32_t limit)
{
	(void)p;
	step();
	kernel.budget = (int64_t)limit - kernel.counter;
	return 0;
}

int policy_counter(struct policy *p, uint32_t *next)
{
	(void)p;
	step();
	*next = kernel.counter;
	return 0;
}

void policy_hold_counter(struct policy *p)
{
	(void)p;
	step();
	kernel.held = true;
	kernel.budget = 0;
	step();
}

int policy_restart_counter(struct policy *p)
{
	(void)p;
	step();
	ck_assert(kernel.held);
	if (restart_fails-- > 0)
		return -EAGAIN;
	kernel.counter = 0;
	step();
	return 0;
}

int policy_check_counters(struct policy *p, bool *again)
{
	(void)p;
	checks++;
	*again = look_again;
	forged += (uint64_t)drifts;
	return drifts;
}

int policy_give_back(struct policy *p, int64_t low)
{
	(void)p;
	ck_assert_int_eq(low, BLOCK / 4);
	looked_for_lost++;
	return looked_for_lost % 2 ? -EAGAIN : 1;
}

uint64_t policy_drifts(const struct policy *p, enum policy_drift d)
{
	(void)p;
	ck_assert_int_eq(d, POLICY_DRIFT_DEV_COUNTER);
	return forged;
}

static void open_store(void)
{
	char why[256] = "";

	char dir[32];

	snprintf(dir, sizeof(dir), "state%u", worlds);
	ck_assert_msg(node_store_open(&node.store, dir, why, sizeof(why)) == 0, "%s", why);
}

static void setup(void)
{
	if (worlds++ == 0)
		unit_enter_dir();
	memset(&node, 0, sizeof(node));
	memset(&kernel, 0, sizeof(kernel));
	n_nonces = 0;
	steps_left = -1;
	restart_fails = set_fails = drifts = checks = 0;
	node.evl = evl_new_test();
	open_store();
}

static void teardown(void)
{
	node_counter_close(&node);
	store_close(node.store);
	keyset_clear(&node.keys);
	evl_free(node.evl);
}

static void take_keys(uint8_t active, uint8_t staged)
{
	keyset_clear(&node.keys);
	for (int i = 0; i < 2; i++) {
		uint8_t octet = i == 0 ? active : staged;
		struct key_entry e = {.number = octet,
				      .index = octet,
				      .mode = 1,
				      .level = 5,
				      .state = i == 0 ? KEY_ACTIVE : KEY_STAGED,
				      .key = {.len = KEYSET_KEY_LEN}};

		memset(e.key.b, octet, KEYSET_KEY_LEN);
		if (octet)
			ck_assert_int_eq(keyset_insert(&node.keys, &e), 0);
	}
}

/* What node_link_apply_keys() does with them. */
static int apply(void)
{
	const struct key_entry *active = keyset_active(&node.keys);
	int rc = node_counter_activate(&node);

	if (rc)
		return rc;
	step();
	kernel.enabled = true;
	kernel.key = active->index;
	step();
	return node_counter_switch(&node);
}

static void start(void)
{
	char why[NODE_WHY_LEN];

	ck_assert_int_eq(node_counter_open(&node, why), 0);
}

/* The daemon is gone; with `power_cut` the kernel's state as well. */
static void come_back(bool power_cut)
{
	store_close(node.store);
	if (power_cut)
		memset(&kernel, 0, sizeof(kernel));
	send_frames();
	open_store();
}

/* Sends under key 1 with the counter where a re-key is due. */
static void near_the_end(void)
{
	setup();
	ck_assert_int_eq(store_raise(node.store, "frame_counter", DUE), 0);
	start();
	take_keys(1, 0);
	ck_assert_int_eq(apply(), 0);
	send_frames();
	ck_assert_uint_gt(kernel.counter, DUE);
}

static void ck_restarted(void)
{
	send_frames();
	ck_assert(!node.fcounter.restarting);
	ck_assert_uint_eq(kernel.key, 2);
	ck_assert_int_gt(kernel.budget, 0);
	ck_assert_uint_lt(kernel.counter, 4 * BLOCK);
	ck_assert_int_le(kernel.counter + kernel.budget, node.fcounter.limit);
}

START_TEST(a_new_key_starts_again_at_0)
{
	near_the_end();
	take_keys(2, 1);
	ck_assert_int_eq(apply(), 0);
	ck_restarted();
	ck_assert_uint_lt(kernel.counter, BLOCK);
	ck_assert_uint_eq(node_counter_limit(&node), BLOCK);
	/* The old one goes on above what it was used with, and the new one with it. */
	take_keys(1, 2);
	ck_assert_int_eq(apply(), 0);
	send_frames();
	ck_assert_uint_gt(kernel.counter, DUE);
	take_keys(2, 1);
	ck_assert_int_eq(apply(), 0);
	send_frames();
	teardown();
}
END_TEST

/* Where the daemon dies: a step that does not exist ends the walk. Returns false then. */
static bool dies_at(int at, bool power_cut, bool twice)
{
	volatile int deaths = 0;

	near_the_end();
	take_keys(2, 1);
	steps_left = at;
	if (setjmp(dead) != 0) {
		deaths++;
		come_back(power_cut);
		steps_left = twice && deaths == 1 ? at : -1;
		start();
	}
	ck_assert_int_eq(apply(), 0);
	steps_left = -1;
	ck_restarted();
	teardown();
	return deaths > 0;
}

START_TEST(it_may_die_at_every_step)
{
	for (int how = 0; how < 4; how++) {
		int at = 0;

		while (dies_at(at, how & 1, how & 2))
			at++;
		ck_assert_int_ge(at, 10);
	}
}
END_TEST

/* SQL conditions under which a write to the store fails. */
static const char *const failures[] = {
	"INSERT ON sent_under",
	"INSERT ON value WHEN NEW.name='frame_counter_epoch'",
	"INSERT ON value WHEN NEW.name='frame_counter_restart' AND NEW.value=1",
	"INSERT ON counter WHEN NEW.name='frame_counter.1'",
	"INSERT ON value WHEN NEW.name='frame_counter_restart' AND NEW.value=0",
};

static void store_fails(const char *on)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "CREATE TRIGGER refuse BEFORE %s BEGIN SELECT RAISE(ABORT, 'no'); END", on);
	ck_assert_int_eq(store_run(node.store, sql, ""), 0);
}

static void store_works(void)
{
	ck_assert_int_eq(store_run(node.store, "DROP TRIGGER refuse", ""), 0);
}

START_TEST(the_store_may_fail_at_every_write)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		for (int how = 0; how < 3; how++) {
			near_the_end();
			take_keys(2, 1);
			store_fails(failures[i]);
			ck_assert_int_lt(apply(), 0);
			ck_assert(kernel.key == 1 || kernel.budget == 0);
			send_frames();
			store_works();
			if (how > 0) {
				come_back(how == 2);
				start();
			}
			ck_assert_int_eq(apply(), 0);
			ck_restarted();
			teardown();
		}
	}
}
END_TEST

/* A key of the epoch before, whose counter went on in the new one. */
static void back_to_the_old_key(void)
{
	near_the_end();
	take_keys(2, 1);
	ck_assert_int_eq(apply(), 0);
	send_frames();
	take_keys(1, 2);
}

START_TEST(a_key_that_returns_is_never_used_below_its_end)
{
	back_to_the_old_key();
	set_fails = 2; /* netlink, after the raise is durable */
	ck_assert_int_eq(apply(), -ETIMEDOUT);
	ck_assert_int_eq(apply(), -ETIMEDOUT);
	ck_assert_int_eq(apply(), 0);
	send_frames();
	ck_assert_uint_gt(kernel.counter, DUE);
	teardown();
	back_to_the_old_key();
	store_fails("UPDATE ON sent_under"); /* after the raise */
	ck_assert_int_lt(apply(), 0);
	store_works();
	ck_assert_int_eq(apply(), 0);
	send_frames();
	ck_assert_uint_gt(kernel.counter, DUE);
	teardown();
}
END_TEST

START_TEST(a_restart_that_netlink_refuses_is_tried_again)
{
	near_the_end();
	take_keys(2, 1);
	set_fails = 1;
	ck_assert_int_eq(apply(), -ETIMEDOUT);
	ck_assert_int_eq(kernel.budget, 0);
	ck_assert_int_eq(apply(), 0);
	ck_restarted();
	teardown();
}
END_TEST

START_TEST(the_tick_finishes_a_raise_that_failed)
{
	setup();
	start();
	take_keys(1, 0);
	ck_assert_int_eq(apply(), 0);
	set_fails = 2;
	ck_assert_int_eq(node_counter_raise(&node, 5 * BLOCK), -ETIMEDOUT);
	node_counter_top_up(&node);
	ck_assert_uint_lt(kernel.counter, BLOCK);
	node_counter_top_up(&node);
	ck_assert_uint_ge(kernel.counter, 5 * BLOCK);
	ck_assert_int_le(kernel.counter + kernel.budget, node.fcounter.limit);
	teardown();
}
END_TEST

START_TEST(nothing_leaves_until_the_queue_has_run_empty)
{
	near_the_end();
	take_keys(2, 1);
	restart_fails = 2;
	ck_assert_int_eq(apply(), -EAGAIN);
	ck_assert_int_eq(kernel.budget, 0);
	/* Neither the tick nor the commissioning tool changes that. */
	node_counter_top_up(&node);
	ck_assert_int_eq(kernel.budget, 0);
	ck_assert_int_eq(node_counter_raise(&node, 7), 0);
	ck_assert_int_eq(kernel.budget, 0);
	ck_assert_int_eq(apply(), -EAGAIN);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_ge(kernel.counter, 7);
	ck_restarted();
	teardown();
}
END_TEST

START_TEST(raised_before_there_are_keys)
{
	setup();
	start();
	ck_assert_int_eq(node_counter_raise(&node, 5 * BLOCK), 0);
	ck_assert_uint_eq(kernel.counter, 5 * BLOCK);
	ck_assert_uint_eq(node_counter_limit(&node), 6 * BLOCK);
	ck_assert_int_eq(node_counter_raise(&node, 4 * BLOCK), 0);
	ck_assert_uint_eq(kernel.counter, 5 * BLOCK);
	ck_assert_int_eq(node_counter_raise(&node, DUE + 1), -ERANGE);
	take_keys(1, 0);
	ck_assert_int_eq(apply(), 0);
	send_frames();
	ck_assert_uint_gt(kernel.counter, 5 * BLOCK);
	come_back(true);
	start();
	ck_assert_uint_eq(kernel.counter, 6 * BLOCK);
	teardown();
}
END_TEST

START_TEST(at_the_end_it_stops_and_a_new_key_helps)
{
	setup();
	ck_assert_int_eq(store_raise(node.store, "frame_counter", FCOUNTER_END - 2), 0);
	start();
	take_keys(1, 0);
	ck_assert_int_eq(apply(), 0);
	send_frames();
	ck_assert_uint_eq(kernel.counter, FCOUNTER_END);
	node_counter_top_up(&node);
	ck_assert_int_le(kernel.budget, 0);
	come_back(true);
	start();
	ck_assert_int_eq(apply(), 0);
	ck_assert_int_le(kernel.budget, 0);
	take_keys(2, 1);
	ck_assert_int_eq(apply(), 0);
	ck_restarted();
	teardown();
}
END_TEST

START_TEST(a_store_that_fails_ends_the_daemon)
{
	setup();
	evl_free(node.evl);
	node.evl = evl_new();
	start();
	take_keys(1, 0);
	ck_assert_int_eq(apply(), 0);
	store_fails("INSERT ON counter");
	kernel.counter = BLOCK - BLOCK / 4 + 1;
	kernel.budget = 0;
	node_counter_top_up(&node);
	ck_assert_int_eq(evl_run(node.evl), -EIO);
	ck_assert_int_eq(kernel.budget, 0);
	teardown();
}
END_TEST

START_TEST(the_guard_is_quick_after_it_found_something)
{
	setup();
	ck_assert_int_eq(node_counter_serve(&node), 0);
	evl_test_advance(node.evl, 10000);
	ck_assert_int_eq(checks, 10);
	ck_assert_int_eq(looked_for_lost, 10);
	drifts = 1;
	evl_test_advance(node.evl, 1000);
	drifts = 0;
	checks = 0;
	evl_test_advance(node.evl, 1000);
	ck_assert_int_eq(checks, 10);
	evl_test_advance(node.evl, 10000);
	checks = 0;
	evl_test_advance(node.evl, 10000);
	ck_assert_int_eq(checks, 10);
	/* Whoever put it back. */
	forged++;
	evl_test_advance(node.evl, 1000);
	checks = 0;
	evl_test_advance(node.evl, 1000);
	ck_assert_int_eq(checks, 10);
	evl_test_advance(node.evl, 10000);
	/* One that may be wrong is looked at again soon, and that is all. */
	look_again = true;
	evl_test_advance(node.evl, 1000);
	look_again = false;
	checks = 0;
	evl_test_advance(node.evl, 1100);
	ck_assert_int_eq(checks, 2);
	teardown();
}
END_TEST

UNIT_MAIN("node_counter", a_new_key_starts_again_at_0, it_may_die_at_every_step,
	  a_key_that_returns_is_never_used_below_its_end,
	  a_restart_that_netlink_refuses_is_tried_again, the_tick_finishes_a_raise_that_failed,
	  the_store_may_fail_at_every_write, nothing_leaves_until_the_queue_has_run_empty,
	  raised_before_there_are_keys, at_the_end_it_stops_and_a_new_key_helps,
	  a_store_that_fails_ends_the_daemon, the_guard_is_quick_after_it_found_something)
