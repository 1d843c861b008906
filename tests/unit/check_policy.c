/* SPDX-License-Identifier: ISC */
/* policy over a kernel that is played by policy_kernel: what it refuses, what it installs, what it
 * repairs, and that no counter goes back. On real interfaces: the lab's scenario link-policy. */
#include "link/policy.h"

#include "policy_kernel.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define K (&policy_kernel)

static const struct eui64 A = {{2, 0, 0, 0, 0, 0, 0, 1}}, B = {{2, 0, 0, 0, 0, 0, 0, 2}};
static struct policy *policy;

static struct link_key key(uint8_t mode, uint8_t index, uint8_t level)
{
	struct link_key k = {.mode = mode, .index = index, .level = level};

	memset(k.key.b, index, LLSEC_KEY_LEN);
	k.key.len = LLSEC_KEY_LEN;
	return k;
}

static void setup(void)
{
	policy_kernel_reset();
	ck_assert_int_eq(policy_new(&policy, NULL, NULL), 0);
}

static int set(const struct link_key *keys, size_t n)
{
	int err;

	setup();
	err = policy_set_keys(policy, keys, n);
	policy_free(policy);
	return err;
}

/* A node with counter, two neighbours and key `active`, and `staged` unless 0. */
static void set_keys(uint8_t active, uint8_t staged)
{
	struct link_key k[2] = {key(1, active, 5), key(1, staged, 5)};

	k[0].active = true;
	ck_assert_int_eq(policy_set_keys(policy, k, staged ? 2 : 1), 0);
}

static void setup_node(void)
{
	setup();
	ck_assert_int_eq(policy_set_counter(policy, 100, 10000), 0);
	ck_assert_int_eq(policy_set_neighbour(policy, &A, true), 0);
	ck_assert_int_eq(policy_set_neighbour(policy, &B, false), 0);
	set_keys(1, 0);
	ck_assert_int_eq(policy_reconcile(policy), 0);
}

START_TEST(refuses_keys_that_cannot_be_installed)
{
	static const uint8_t bad[][3] = {/* mode, index, level */
					 {0, 1, 5}, {2, 1, 5}, {4, 1, 5}, {1, 0, 5},
					 {1, 1, 0}, {1, 1, 4}, {1, 1, 8}, {3, 1, 4}};
	struct link_key k;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		k = key(bad[i][0], bad[i][1], bad[i][2]);
		ck_assert_msg(set(&k, 1) == -EINVAL, "case %zu", i);
	}
	k = key(1, 1, 5);
	k.key.len = 15;
	ck_assert_int_eq(set(&k, 1), -EINVAL);
}
END_TEST

START_TEST(refuses_two_keys_with_one_id_and_two_active_ones)
{
	struct link_key k[POLICY_MAX_KEYS + 1] = {key(1, 1, 5), key(1, 1, 6)};

	ck_assert_int_eq(set(k, 2), -EINVAL);
	k[1].index = 2;
	k[0].active = k[1].active = true;
	ck_assert_int_eq(set(k, 2), -EINVAL);
	for (size_t i = 0; i < POLICY_MAX_KEYS + 1; i++)
		k[i] = key(1, (uint8_t)(i + 1), 5);
	ck_assert_int_eq(set(k, POLICY_MAX_KEYS + 1), -EINVAL);
}
END_TEST

START_TEST(every_drift_has_a_name)
{
	for (int i = 0; i < POLICY_N_DRIFTS; i++)
		ck_assert_ptr_nonnull(policy_drift_name((enum policy_drift)i));
}
END_TEST

static bool again;

static int check(void)
{
	return policy_check_counters(policy, &again);
}

START_TEST(what_is_wanted_is_installed)
{
	setup_node();
	ck_assert(K->params.enabled && K->config.keyed);
	ck_assert_uint_eq(K->params.level, 5);
	ck_assert_uint_eq(K->params.frame_counter, 100);
	ck_assert_int_eq(K->budget, 10000 - 100);
	ck_assert_uint_eq(K->n_keys, 1);
	ck_assert_uint_eq(K->n_map_keys, 1);
	ck_assert_uint_eq(K->n_devs, 2);
	ck_assert_uint_eq(K->n_devkeys, 2);
	ck_assert_uint_eq(K->n_levels, 1);
	ck_assert(K->level[0].override);
	ck_assert(!K->deaf); /* the bootstrap layer came first */
	ck_assert_int_eq(policy_del_neighbour(policy, &B), 0);
	ck_assert_uint_eq(K->n_devs, 1);
	ck_assert_uint_eq(K->n_devkeys, 1);
	ck_assert_int_eq(policy_set_keys(policy, NULL, 0), 0);
	ck_assert(!K->params.enabled && !K->config.keyed);
	ck_assert_uint_eq(K->n_keys, 0);
	ck_assert_uint_eq(K->n_devkeys, 0);
	policy_free(policy);
}
END_TEST

START_TEST(a_sender_may_start_again_under_a_new_key)
{
	setup_node();
	ck_assert(policy_kernel_receive(&A, 1, 0xF0000000, true));
	set_keys(1, 2);
	ck_assert(policy_kernel_receive(&A, 2, 0, true));
	ck_assert(policy_kernel_receive(&A, 1, 0xF0000001, true));
	ck_assert(!policy_kernel_receive(&A, 1, 7, true)); /* not under the old one */
	ck_assert(!policy_kernel_receive(&A, 2, 0, true)); /* a replay */
	ck_assert_int_eq(check(), 0);
	/* The old key goes, and its entries with it. */
	set_keys(2, 0);
	ck_assert_ptr_null(policy_kernel_devkey(&A, 1));
	ck_assert(policy_kernel_receive(&A, 2, 1, true));
	policy_free(policy);
}
END_TEST

START_TEST(a_key_of_a_source_is_for_that_source)
{
	struct link_key k = key(3, 1, 6);

	k.source = A;
	setup();
	ck_assert_int_eq(policy_set_neighbour(policy, &A, true), 0);
	ck_assert_int_eq(policy_set_keys(policy, &k, 1), 0);
	ck_assert_int_eq(policy_set_neighbour(policy, &B, true), 0);
	ck_assert_uint_eq(K->n_devkeys, 1);
	ck_assert(eui64_equal(&K->devkey[0].eui, &A));
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

START_TEST(counters_are_restored_with_devices)
{
	const struct bslayer_counter_entry c = {
		.eui = A, .key = {.mode = 1, .index = 1}, .next = 77};

	setup();
	ck_assert_int_eq(policy_raise_counter(policy, &c), 0);
	set_keys(1, 0);
	ck_assert_int_eq(policy_set_neighbour(policy, &A, true), 0);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 1)->frame_counter, 77);
	policy_free(policy);
}
END_TEST

START_TEST(counters_of_a_key_id_are_forgotten)
{
	const struct bslayer_counter_entry old[] = {
		{.eui = A, .key = {.mode = 1, .index = 1}, .next = 77},
		{.eui = B, .key = {.mode = 1, .index = 1}, .next = 78},
		{.eui = A, .key = {.mode = 1, .index = 2}, .next = 79},
		{.eui = A, .key = {.mode = 3, .index = 1, .source = A}, .next = 80}};

	setup();
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(policy_raise_counter(policy, &old[i]), 0);
	ck_assert_int_eq(policy_forget_counters(policy, &old[0].key), 0);
	ck_assert_uint_eq(K->n_counters, 2);
	set_keys(1, 2);
	ck_assert_int_eq(policy_set_neighbour(policy, &A, true), 0);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 1)->frame_counter, 0);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 2)->frame_counter, 79);
	policy_free(policy);
}
END_TEST

START_TEST(a_forged_counter_is_put_back)
{
	setup_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	ck_assert(policy_kernel_receive(&B, 1, 9, true));
	ck_assert(!policy_kernel_receive(&A, 1, 0xFFFFFFFE, false));
	ck_assert(!policy_kernel_receive(&A, 1, 6, true));
	ck_assert_int_eq(check(), 1);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEV_COUNTER), 1);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 1)->frame_counter, 6);
	ck_assert_uint_eq(policy_kernel_devkey(&B, 1)->frame_counter, 10);
	ck_assert(policy_kernel_receive(&A, 1, 6, true));
	ck_assert_int_eq(check(), 0);
	/* It counts also when it is found on the way. */
	ck_assert(!policy_kernel_receive(&A, 1, 1000, false));
	set_keys(1, 2);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEV_COUNTER), 2);
	policy_free(policy);
}
END_TEST

/* Somebody took the programs away: what came meanwhile is used up. */
START_TEST(what_nobody_judged_cannot_come_again)
{
	setup_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	K->attached = false;
	policy_kernel_devkey(&A, 1)->frame_counter = 46; /* 6 to 45 came */
	ck_assert_int_eq(check(), 1);
	ck_assert(K->attached);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_PROGRAM), 1);
	ck_assert(!policy_kernel_receive(&A, 1, 45, true));
	ck_assert_int_eq(check(), 0);
	ck_assert(policy_kernel_receive(&A, 1, 46, true));
	/* so many cannot have come: forged, which must not keep the sender out */
	K->attached = false;
	policy_kernel_devkey(&A, 1)->frame_counter = 5000;
	ck_assert_int_eq(check(), 2);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEV_COUNTER), 1);
	ck_assert(policy_kernel_receive(&A, 1, 47, true));
	policy_free(policy);
}
END_TEST

/* The kernel has counted a frame that the bootstrap layer has not seen yet. */
START_TEST(a_frame_on_its_way_is_no_drift)
{
	setup_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	policy_kernel_devkey(&A, 1)->frame_counter = 7;
	ck_assert_int_eq(check(), 0);
	ck_assert(again);
	/* it has come through, and the next one is under way */
	policy_kernel_devkey(&A, 1)->frame_counter = 7;
	ck_assert(policy_kernel_receive(&A, 1, 7, true));
	policy_kernel_devkey(&A, 1)->frame_counter = 9;
	ck_assert_int_eq(check(), 0);
	ck_assert(again);
	/* nothing came: that is a forged one, which keeps the sender's own out */
	ck_assert_int_eq(check(), 1);
	ck_assert(!again);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 1)->frame_counter, 8);
	ck_assert_int_eq(check(), 0);
	policy_free(policy);
}
END_TEST

START_TEST(drift_of_devices_is_repaired)
{
	const struct llsec_dev stranger = {.eui = {{9}}};
	const struct llsec_devkey other = {.eui = A, .id = {.mode = LLSEC_INDEX, .index = 9}};

	setup_node();
	K->dev[0].exempt = true;
	ck_assert_int_eq(policy_reconcile(policy), 1);
	ck_assert(!K->dev[0].exempt && !K->dev[1].exempt);
	K->dev[1].key_mode = 0;
	ck_assert_int_eq(policy_reconcile(policy), 1);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEVICE), 2);
	llsec_add_dev(NULL, &stranger);
	llsec_add_devkey(NULL, &other);
	llsec_del_devkey(NULL, &B, &(struct llsec_key_id){.mode = LLSEC_INDEX, .index = 1});
	ck_assert_int_eq(policy_reconcile(policy), 3);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEVICE_KEY), 2);
	ck_assert_uint_eq(K->n_devs, 2);
	ck_assert_uint_eq(K->n_devkeys, 2);
	llsec_del_dev(NULL, &A);
	ck_assert_int_eq(policy_reconcile(policy), 1);
	ck_assert_uint_eq(K->n_devkeys, 2);
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

/* Without the programs, keys would have frames accepted that nobody judges. */
START_TEST(no_keys_without_programs)
{
	setup_node();
	K->attached = false;
	K->attach_fail = -EPERM;
	K->n_keys = 0;
	K->params.enabled = false;
	ck_assert_int_eq(policy_reconcile(policy), -EPERM);
	ck_assert_uint_eq(K->n_keys, 0);
	ck_assert(!K->params.enabled);
	K->attach_fail = 0;
	ck_assert_int_gt(policy_reconcile(policy), 0);
	ck_assert_uint_eq(K->n_keys, 1);
	ck_assert(K->params.enabled);
	policy_free(policy);
}
END_TEST

/* Counters of a key that is gone are kept against its return until there are too many. */
START_TEST(counters_of_keys_that_are_gone_make_room)
{
	struct bslayer_counter_entry c = {.eui = {{3}}, .key = {.mode = 1, .index = 9}, .next = 7};
	uint32_t next;

	setup_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	for (unsigned int i = 0; i < BSLAYER_MAX_COUNTERS / 2 - 2; i++) {
		c.eui.b[6] = (uint8_t)(i >> 8);
		c.eui.b[7] = (uint8_t)i;
		ck_assert_int_eq(policy_raise_counter(policy, &c), 0);
	}
	ck_assert_int_eq(policy_reconcile(policy), 0);
	ck_assert_uint_eq(K->n_counters, BSLAYER_MAX_COUNTERS / 2 - 1);
	c.eui.b[1] = 1;
	ck_assert_int_eq(policy_raise_counter(policy, &c), 0);
	ck_assert_int_eq(policy_reconcile(policy), 0);
	ck_assert_uint_eq(K->n_counters, 1);
	c.key.index = 1;
	ck_assert_int_eq(bslayer_get_counter(NULL, &A, &c.key, &next), 0);
	ck_assert_uint_eq(next, 6);
	policy_free(policy);
}
END_TEST

static const struct llsec_dev *device_of(const struct eui64 *eui)
{
	for (size_t i = 0; i < K->n_devs; i++)
		if (eui64_equal(&K->dev[i].eui, eui))
			return &K->dev[i];
	ck_abort_msg("no such device");
}

/* In the map and in the device, which keeps its keys. */
START_TEST(a_short_address_goes_with_its_holder)
{
	static const uint16_t five = 5;
	const struct eui64 nobody = {{9}};

	setup_node();
	ck_assert_int_eq(policy_set_short(policy, &nobody, 0xabcd, &five), -ENOENT);
	ck_assert_int_eq(policy_set_short(policy, &A, 0xabcd, &five), 0);
	ck_assert_uint_eq(K->n_shorts, 1);
	ck_assert(eui64_equal(&K->shorts[0].eui, &A));
	ck_assert_uint_eq(K->shorts[0].short_addr, 5);
	ck_assert_uint_eq(device_of(&A)->short_addr, 5);
	ck_assert_uint_eq(device_of(&A)->pan_id, 0xabcd);
	ck_assert_uint_eq(device_of(&B)->short_addr, LLSEC_NO_SHORT);
	ck_assert_uint_eq(K->n_devkeys, 2);
	ck_assert_int_eq(policy_set_neighbour(policy, &A, false),
			 0); /* its link is another matter */
	ck_assert_int_eq(policy_reconcile(policy), 0);
	ck_assert_uint_eq(K->n_shorts, 1);
	ck_assert_int_eq(policy_set_short(policy, &A, 0xabcd, NULL), 0);
	ck_assert_uint_eq(K->n_shorts, 0);
	ck_assert_uint_eq(device_of(&A)->short_addr, LLSEC_NO_SHORT);
	ck_assert_int_eq(policy_set_short(policy, &B, 0xabcd, &five), 0);
	ck_assert_int_eq(policy_del_neighbour(policy, &B), 0);
	ck_assert_uint_eq(K->n_shorts, 0);
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

START_TEST(drift_of_short_addresses_is_repaired)
{
	static const uint16_t five = 5;

	setup_node();
	ck_assert_int_eq(policy_set_short(policy, &A, 0xabcd, &five), 0);
	bslayer_set_short(NULL, 0xabcd, 5, &B); /* redirected */
	bslayer_set_short(NULL, 0xabcd, 6, &B);
	ck_assert_int_eq(policy_reconcile(policy), 3);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_SHORT), 3);
	ck_assert_uint_eq(K->n_shorts, 1);
	ck_assert(eui64_equal(&K->shorts[0].eui, &A));
	for (size_t i = 0; i < K->n_devs; i++)
		K->dev[i].short_addr = LLSEC_NO_SHORT;
	ck_assert_int_eq(policy_reconcile(policy), 1);
	ck_assert_uint_eq(device_of(&A)->short_addr, 5);
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

/* What leaves between reading the kernel's counter and writing it. */
static void frames_leave(void)
{
	for (int i = 0; i < 5; i++) {
		policy_kernel_pay();
		policy_kernel_encrypt();
	}
}

START_TEST(raising_never_lowers_what_left_meanwhile)
{
	setup_node();
	for (int i = 0; i < 50; i++)
		policy_kernel_pay();
	frames_leave();
	K->on_get = frames_leave;
	/* 100 + 5 have left, 50 wait: below 155 all may be used up */
	ck_assert_int_eq(policy_set_counter(policy, 106, 20000), 0);
	ck_assert_uint_eq(K->last_set_before, 110);
	ck_assert_uint_ge(K->params.frame_counter, 155);
	ck_assert_int_le(K->params.frame_counter + K->queued + K->budget, 20000);
	ck_assert_int_gt(K->budget, 10000);
	/* Nor does anything else write it while frames leave. */
	K->params.level = 6;
	K->params.frame_counter = 400;
	K->on_get = NULL;
	ck_assert_int_ge(policy_reconcile(policy), 1);
	ck_assert_uint_eq(K->params.frame_counter, 400);
	policy_free(policy);
}
END_TEST

START_TEST(netlink_fails)
{
	uint32_t next = 5;
	int64_t budget;

	setup_node();
	budget = K->budget;
	K->fail = -ETIMEDOUT;
	ck_assert_int_eq(policy_counter(policy, &next), -ETIMEDOUT);
	ck_assert_uint_eq(next, 5);
	ck_assert_int_eq(policy_set_counter(policy, 5000, 20000), -ETIMEDOUT);
	ck_assert_int_eq(K->budget, budget);
	ck_assert_int_eq(check(), -ETIMEDOUT);
	ck_assert_int_eq(policy_reconcile(policy), -ETIMEDOUT);
	K->fail = 0;
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

START_TEST(outgoing_counter_and_budget_are_watched)
{
	setup_node();
	frames_leave();
	ck_assert_int_eq(check(), 0);
	K->params.frame_counter = 3;
	ck_assert_int_eq(check(), 1);
	ck_assert_uint_ge(K->params.frame_counter, 105);
	K->budget += 50000;
	ck_assert_int_eq(check(), 1);
	ck_assert_int_le(K->params.frame_counter + K->budget, 10000);
	ck_assert_int_eq(policy_extend_counter(policy, 9999), -EINVAL);
	ck_assert_int_eq(policy_extend_counter(policy, 11000), 0);
	ck_assert_int_le(K->params.frame_counter + K->budget, 11000);
	policy_free(policy);
}
END_TEST

static void frames_are_lost(unsigned int n)
{
	while (n-- > 0) {
		policy_kernel_pay();
		policy_kernel_drop();
	}
}

START_TEST(what_was_lost_is_given_back)
{
	const uint32_t limit = 20000;

	setup_node();
	ck_assert_int_eq(policy_set_counter(policy, 100, limit), 0);
	frames_are_lost(15000);
	ck_assert_int_eq(policy_give_back(policy, 1000), 0); /* there is still enough */
	frames_are_lost(20000);
	ck_assert_int_eq(K->budget, 0);
	policy_kernel_pay();
	ck_assert_uint_eq(K->queued, 0); /* nothing leaves */
	K->fail = -ETIMEDOUT;
	ck_assert_int_eq(policy_give_back(policy, 1000), -ETIMEDOUT);
	K->fail = 0;
	ck_assert_int_eq(policy_give_back(policy, 1000), 1);
	ck_assert_int_gt(K->budget, 15000);
	ck_assert_int_le(K->params.frame_counter + K->budget, limit);
	ck_assert_int_eq(check(), 0);
	/* All is counted from here on, to the end of the block. */
	while (K->budget > 0) {
		policy_kernel_pay();
		policy_kernel_encrypt();
	}
	ck_assert_int_eq(policy_give_back(policy, 1000), 0);
	ck_assert_uint_le(K->params.frame_counter, limit);
	policy_free(policy);
}
END_TEST

START_TEST(what_waits_is_not_lost)
{
	setup_node();
	ck_assert_int_eq(policy_set_counter(policy, 100, 5000), 0);
	frames_are_lost(4000);
	for (int i = 0; i < 300; i++)
		policy_kernel_pay();
	K->txqueue = 300; /* it leaves while it is waited for */
	ck_assert_int_eq(policy_give_back(policy, 1000), 1);
	ck_assert_uint_eq(K->params.frame_counter, 400);
	ck_assert_int_le(K->params.frame_counter + K->budget, 5000);
	policy_hold_counter(policy);
	ck_assert_int_eq(policy_give_back(policy, 1000), 0); /* that is another's business */
	ck_assert_int_eq(K->budget, 0);
	policy_free(policy);
}
END_TEST

/* Some are between the queue and the radio when it is found empty. */
START_TEST(what_is_given_back_is_nobody_elses)
{
	const uint32_t limit = 20000;

	setup_node();
	ck_assert_int_eq(policy_set_counter(policy, 100, limit), 0);
	frames_are_lost(19000);
	for (int i = 0; i < 300; i++)
		policy_kernel_pay();
	K->txqueue_hides = true;
	ck_assert_int_eq(policy_give_back(policy, 1000), 1);
	ck_assert_int_le(K->params.frame_counter + K->queued + K->budget, limit);
	policy_free(policy);
}
END_TEST

START_TEST(restart_waits_for_the_queue)
{
	setup_node();
	ck_assert_int_eq(policy_restart_counter(policy), -EINVAL); /* not held */
	policy_kernel_pay();
	policy_kernel_pay();
	policy_hold_counter(policy);
	ck_assert_int_eq(K->budget, 0);
	set_keys(2, 1);
	ck_assert_int_eq(policy_reconcile(policy), 0); /* nothing of it is drift */
	ck_assert_int_eq(K->budget, 0);
	K->txqueue = 2;
	ck_assert_int_eq(policy_restart_counter(policy), 0);
	ck_assert_uint_eq(K->last_set_before, 102); /* both had left before it was written */
	ck_assert_uint_eq(K->params.frame_counter, 0);
	ck_assert_int_eq(policy_set_counter(policy, 0, 5000), 0);
	ck_assert_int_gt(K->budget, 0);
	ck_assert_int_le(K->budget, 5000);
	ck_assert_int_eq(check(), 0);
	policy_free(policy);
}
END_TEST

UNIT_MAIN("policy", refuses_keys_that_cannot_be_installed,
	  refuses_two_keys_with_one_id_and_two_active_ones, every_drift_has_a_name,
	  what_is_wanted_is_installed, a_sender_may_start_again_under_a_new_key,
	  a_key_of_a_source_is_for_that_source, counters_are_restored_with_devices,
	  counters_of_a_key_id_are_forgotten, a_forged_counter_is_put_back,
	  what_nobody_judged_cannot_come_again, a_frame_on_its_way_is_no_drift,
	  drift_of_devices_is_repaired, no_keys_without_programs,
	  counters_of_keys_that_are_gone_make_room, a_short_address_goes_with_its_holder,
	  drift_of_short_addresses_is_repaired, raising_never_lowers_what_left_meanwhile,
	  netlink_fails, outgoing_counter_and_budget_are_watched, restart_waits_for_the_queue,
	  what_was_lost_is_given_back, what_waits_is_not_lost, what_is_given_back_is_nobody_elses)
