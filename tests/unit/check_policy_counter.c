/* SPDX-License-Identifier: ISC */
/* policy's counters over a played kernel: none goes back, in or out, and none is used up in vain.
 */
#include "policy_world.h"
#include "unit.h"

#include <errno.h>

START_TEST(a_sender_may_start_again_under_a_new_key)
{
	world_node();
	ck_assert(policy_kernel_receive(&A, 1, 0xF0000000, true));
	world_set_keys(1, 2);
	ck_assert(policy_kernel_receive(&A, 2, 0, true));
	ck_assert(policy_kernel_receive(&A, 1, 0xF0000001, true));
	ck_assert(!policy_kernel_receive(&A, 1, 7, true)); /* not under the old one */
	ck_assert(!policy_kernel_receive(&A, 2, 0, true)); /* a replay */
	ck_assert_int_eq(world_check(), 0);
	/* The old key goes, and its entries with it. */
	world_set_keys(2, 0);
	ck_assert_ptr_null(policy_kernel_devkey(&A, 1));
	ck_assert(policy_kernel_receive(&A, 2, 1, true));
	policy_free(policy);
}
END_TEST

START_TEST(counters_are_restored_with_devices)
{
	const struct bslayer_counter_entry c = {
		.eui = A, .key = {.mode = 1, .index = 1}, .next = 77};

	world_setup();
	ck_assert_int_eq(policy_raise_counter(policy, &c), 0);
	world_set_keys(1, 0);
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

	world_setup();
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(policy_raise_counter(policy, &old[i]), 0);
	ck_assert_int_eq(policy_forget_counters(policy, &old[0].key), 0);
	ck_assert_uint_eq(K->n_counters, 2);
	world_set_keys(1, 2);
	ck_assert_int_eq(policy_set_neighbour(policy, &A, true), 0);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 1)->frame_counter, 0);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 2)->frame_counter, 79);
	policy_free(policy);
}
END_TEST

START_TEST(a_forged_counter_is_put_back)
{
	world_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	ck_assert(policy_kernel_receive(&B, 1, 9, true));
	ck_assert(!policy_kernel_receive(&A, 1, 0xFFFFFFFE, false));
	ck_assert(!policy_kernel_receive(&A, 1, 6, true));
	ck_assert_int_eq(world_check(), 1);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEV_COUNTER), 1);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 1)->frame_counter, 6);
	ck_assert_uint_eq(policy_kernel_devkey(&B, 1)->frame_counter, 10);
	ck_assert(policy_kernel_receive(&A, 1, 6, true));
	ck_assert_int_eq(world_check(), 0);
	/* It counts also when it is found on the way. */
	ck_assert(!policy_kernel_receive(&A, 1, 1000, false));
	world_set_keys(1, 2);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEV_COUNTER), 2);
	policy_free(policy);
}
END_TEST

/* Somebody took the programs away: what came meanwhile is used up. */
START_TEST(what_nobody_judged_cannot_come_again)
{
	world_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	K->attached = false;
	policy_kernel_devkey(&A, 1)->frame_counter = 46; /* 6 to 45 came */
	ck_assert_int_eq(world_check(), 1);
	ck_assert(K->attached);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_PROGRAM), 1);
	ck_assert(!policy_kernel_receive(&A, 1, 45, true));
	ck_assert_int_eq(world_check(), 0);
	ck_assert(policy_kernel_receive(&A, 1, 46, true));
	/* so many cannot have come: forged, which must not keep the sender out */
	K->attached = false;
	policy_kernel_devkey(&A, 1)->frame_counter = 5000;
	ck_assert_int_eq(world_check(), 2);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEV_COUNTER), 1);
	ck_assert(policy_kernel_receive(&A, 1, 47, true));
	policy_free(policy);
}
END_TEST

/* However few they are: nobody saw them on their way. */
START_TEST(a_few_that_nobody_judged_cannot_come_again)
{
	world_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	K->attached = false;
	policy_kernel_devkey(&A, 1)->frame_counter = 11; /* 6 to 10 came */
	ck_assert_int_eq(policy_reconcile(policy), 1);
	ck_assert(K->attached);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(world_check(), 0);
	ck_assert(!policy_kernel_receive(&A, 1, 10, true));
	ck_assert(policy_kernel_receive(&A, 1, 11, true));
	/* those of B are a few, and looked at before it is found out by those of A */
	ck_assert(policy_kernel_receive(&B, 1, 5, true));
	K->attached = false;
	policy_kernel_devkey(&A, 1)->frame_counter = 60;
	policy_kernel_devkey(&B, 1)->frame_counter = 8;
	K->devkey[2] = K->devkey[0];
	K->devkey[0] = *policy_kernel_devkey(&B, 1);
	K->devkey[1] = K->devkey[2];
	ck_assert_int_eq(world_check(), 1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(world_check(), 0);
	ck_assert(!policy_kernel_receive(&A, 1, 59, true));
	ck_assert(!policy_kernel_receive(&B, 1, 7, true));
	policy_free(policy);
}
END_TEST

/* A daemon after the one of world_node(), whose programs are not attached yet. */
static void start_again(bool unjudged)
{
	policy_free(policy);
	ck_assert_int_eq(policy_new(&policy, NULL, NULL), 0);
	if (unjudged)
		policy_set_unjudged(policy);
	K->attached = false;
	ck_assert_int_eq(policy_set_counter(policy, 100, 10000), 0);
	ck_assert_int_eq(policy_set_neighbour(policy, &A, true), 0);
	world_set_keys(1, 0);
	ck_assert(!K->attached);
	K->attached = true;
}

/* The programs of the daemon before judge until they are replaced. */
START_TEST(a_forged_counter_is_put_back_at_the_start)
{
	world_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	ck_assert(!policy_kernel_receive(&A, 1, 1005, false));
	start_again(false);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 1)->frame_counter, 6);
	ck_assert_int_ge(policy_reconcile(policy), 0);
	ck_assert(policy_kernel_receive(&A, 1, 6, true));
	policy_free(policy);
}
END_TEST

/* Or there was none, or it judged on other maps: until the first full pass. */
START_TEST(what_nobody_judged_before_the_start_cannot_come_again)
{
	world_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	policy_kernel_devkey(&A, 1)->frame_counter = 11;
	start_again(true);
	policy_kernel_devkey(&A, 1)->frame_counter = 13; /* before they were attached */
	ck_assert_int_ge(policy_reconcile(policy), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(world_check(), 0);
	ck_assert(!policy_kernel_receive(&A, 1, 12, true));
	ck_assert(policy_kernel_receive(&A, 1, 13, true));
	/* from then on they judge */
	ck_assert(!policy_kernel_receive(&A, 1, 1013, false));
	ck_assert_int_eq(world_check(), 1);
	ck_assert(policy_kernel_receive(&A, 1, 14, true));
	policy_free(policy);
}
END_TEST

/* A pass that could not look leaves it to the next. */
START_TEST(unjudged_is_not_forgotten_where_nothing_can_be_read)
{
	world_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	K->attached = false;
	policy_kernel_devkey(&A, 1)->frame_counter = 11;
	K->fail = -ETIMEDOUT;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(policy_reconcile(policy), -ETIMEDOUT);
	ck_assert(K->attached);
	K->fail = 0;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(world_check(), 0);
	ck_assert(!policy_kernel_receive(&A, 1, 10, true));
	policy_free(policy);
}
END_TEST

/* The kernel has counted a frame that the bootstrap layer has not seen yet. */
START_TEST(a_frame_on_its_way_is_no_drift)
{
	world_node();
	ck_assert(policy_kernel_receive(&A, 1, 5, true));
	policy_kernel_devkey(&A, 1)->frame_counter = 7;
	ck_assert_int_eq(world_check(), 0);
	ck_assert(world_again);
	/* it has come through, and the next one is under way */
	policy_kernel_devkey(&A, 1)->frame_counter = 7;
	ck_assert(policy_kernel_receive(&A, 1, 7, true));
	policy_kernel_devkey(&A, 1)->frame_counter = 9;
	ck_assert_int_eq(world_check(), 0);
	ck_assert(world_again);
	/* nothing came: that is a forged one, which keeps the sender's own out */
	ck_assert_int_eq(world_check(), 1);
	ck_assert(!world_again);
	ck_assert_uint_eq(policy_kernel_devkey(&A, 1)->frame_counter, 8);
	ck_assert_int_eq(world_check(), 0);
	policy_free(policy);
}
END_TEST

/* Counters of a key that is gone are kept against its return until there are too many. */
START_TEST(counters_of_keys_that_are_gone_make_room)
{
	struct bslayer_counter_entry c = {.eui = {{3}}, .key = {.mode = 1, .index = 9}, .next = 7};
	uint32_t next;

	world_node();
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
	world_node();
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

START_TEST(outgoing_counter_and_budget_are_watched)
{
	world_node();
	frames_leave();
	ck_assert_int_eq(world_check(), 0);
	K->params.frame_counter = 3;
	ck_assert_int_eq(world_check(), 1);
	ck_assert_uint_ge(K->params.frame_counter, 105);
	K->budget += 50000;
	ck_assert_int_eq(world_check(), 1);
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

	world_node();
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
	ck_assert_int_eq(world_check(), 0);
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
	world_node();
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

	world_node();
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
	world_node();
	ck_assert_int_eq(policy_restart_counter(policy), -EINVAL); /* not held */
	policy_kernel_pay();
	policy_kernel_pay();
	policy_hold_counter(policy);
	ck_assert_int_eq(K->budget, 0);
	world_set_keys(2, 1);
	ck_assert_int_eq(policy_reconcile(policy), 0); /* nothing of it is drift */
	ck_assert_int_eq(K->budget, 0);
	K->txqueue = 2;
	ck_assert_int_eq(policy_restart_counter(policy), 0);
	ck_assert_uint_eq(K->last_set_before, 102); /* both had left before it was written */
	ck_assert_uint_eq(K->params.frame_counter, 0);
	ck_assert_int_eq(policy_set_counter(policy, 0, 5000), 0);
	ck_assert_int_gt(K->budget, 0);
	ck_assert_int_le(K->budget, 5000);
	ck_assert_int_eq(world_check(), 0);
	policy_free(policy);
}
END_TEST

UNIT_MAIN("policy_counter", a_sender_may_start_again_under_a_new_key,
	  counters_are_restored_with_devices, counters_of_a_key_id_are_forgotten,
	  a_forged_counter_is_put_back, what_nobody_judged_cannot_come_again,
	  a_few_that_nobody_judged_cannot_come_again, a_forged_counter_is_put_back_at_the_start,
	  what_nobody_judged_before_the_start_cannot_come_again,
	  unjudged_is_not_forgotten_where_nothing_can_be_read, a_frame_on_its_way_is_no_drift,
	  counters_of_keys_that_are_gone_make_room, raising_never_lowers_what_left_meanwhile,
	  outgoing_counter_and_budget_are_watched, what_was_lost_is_given_back,
	  what_waits_is_not_lost, what_is_given_back_is_nobody_elses, restart_waits_for_the_queue)
