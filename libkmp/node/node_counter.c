/* SPDX-License-Identifier: ISC */
#include "node/node_priv.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TOPIC "counter"

/* How often the counters in the kernel are compared. A stranger's forged frame holds up a link
 * until then; where one was found, more are to be expected. */
#define GUARD_MS       1000
#define GUARD_QUICK_MS 100
#define GUARD_CALM_MS  10000 /* without any, until the check is slow again */

static void tell_shortage(struct node *node)
{
	const struct fcounter *f = &node->fcounter;
	bool due = fcounter_rekey_due(f), end = f->next >= FCOUNTER_END;

	if (due && !node->rekey_said)
		log_warn(TOPIC, &node->iface.eui, "frame counter %u: re-key the network", f->next);
	if (end && !node->end_said)
		log_error(
			TOPIC, &node->iface.eui,
			"the frame counter is used up: nothing leaves secured until there is a new "
			"key");
	node->rekey_said = due;
	node->end_said = end;
}

/* From here on nothing leaves until the counter was handed over. */
static void hold(struct node *node)
{
	node->counter_held = true;
	policy_hold_counter(node->policy);
}

/* Have the kernel go on from f->next. */
static int hand_over(struct node *node)
{
	const struct fcounter *f = &node->fcounter;
	int rc = policy_set_counter(node->policy, f->next, f->limit);

	if (!rc)
		node->counter_held = false;
	return rc;
}

/* The same if that is still to be done: f->next follows the kernel's counter, so that only a raise
 * which has failed half-way leaves the kernel behind. */
static int catch_up(struct node *node)
{
	uint32_t next;
	int rc = policy_counter(node->policy, &next);

	if (rc || (next >= node->fcounter.next && !node->counter_held))
		return rc;
	return hand_over(node);
}

int node_counter_open(struct node *node, char why[NODE_WHY_LEN])
{
	struct fcounter *f = &node->fcounter;
	struct llsec_params params;
	int rc = llsec_get_params(node->llsec, &params);

	if (rc) {
		snprintf(why, NODE_WHY_LEN, "%s", llsec_error(node->llsec));
		return rc;
	}
	rc = fcounter_start(f, node->store, params.enabled, params.frame_counter);
	if (rc) {
		snprintf(why, NODE_WHY_LEN, "no frame counter can be reserved: %s", strerror(-rc));
		return rc;
	}
	log_info(TOPIC, &node->iface.eui, "goes on from %u, reserved up to %u", f->next, f->limit);
	tell_shortage(node);
	if (!f->restarting)
		return hand_over(node);
	hold(node);
	return 0;
}

void node_counter_top_up(struct node *node)
{
	struct fcounter *f = &node->fcounter;
	uint32_t next;
	int rc = f->restarting ? 0 : catch_up(node);

	if (!rc)
		rc = policy_counter(node->policy, &next);
	if (rc) {
		log_error(TOPIC, &node->iface.eui, "%s", llsec_error(node->llsec));
		return;
	}
	rc = fcounter_advance(f, next);
	if (rc < 0) {
		log_error(
			TOPIC, &node->iface.eui,
			"no further frame counters can be stored: %s; ending, and the kernel sends "
			"no more than %u secured frames",
			strerror(-rc), fcounter_budget(f));
		evl_fail(node->evl, rc);
		return;
	}
	if (rc == 1) {
		log_info(TOPIC, &node->iface.eui, "reserved up to %u", f->limit);
		policy_extend_counter(node->policy, f->limit);
	}
	tell_shortage(node);
}

int node_counter_raise(struct node *node, uint32_t floor)
{
	struct fcounter *f = &node->fcounter;
	uint32_t next;
	int rc = policy_counter(node->policy, &next);

	if (!rc && next >= floor && !f->restarting)
		return 0;
	if (!rc)
		rc = fcounter_raise(f, floor);
	if (rc >= 0)
		rc = f->restarting ? 0 : hand_over(node);
	if (rc)
		log_error(TOPIC, &node->iface.eui, "frame counter not raised to %u: %s", floor,
			  strerror(-rc));
	else
		log_info(TOPIC, &node->iface.eui,
			 "raised to %u by the commissioning tool, reserved up to %u", f->next,
			 f->limit);
	return rc;
}

int node_counter_activate(struct node *node)
{
	struct fcounter *f = &node->fcounter;
	int rc = fcounter_activate(f, &node->keys);

	if (rc < 0)
		return rc;
	if (!f->restarting)
		return catch_up(node);
	hold(node);
	return 0;
}

int node_counter_switch(struct node *node)
{
	struct fcounter *f = &node->fcounter;
	int rc;

	if (!f->restarting)
		return 0;
	rc = policy_restart_counter(node->policy);
	if (!rc)
		rc = fcounter_restarted(f);
	if (!rc)
		rc = hand_over(node);
	if (rc)
		return rc;
	log_info(TOPIC, &node->iface.eui,
		 "starts again at %u under a key that was never sent under, reserved up to %u",
		 f->next, f->limit);
	tell_shortage(node);
	return 0;
}

uint32_t node_counter_limit(const struct node *node)
{
	return node->fcounter.limit;
}

/* A reconcile finds moved counters, too. */
static void set_guard(struct node *node)
{
	uint64_t now = evl_now_ms(node->evl);
	uint64_t moved = policy_drifts(node->policy, POLICY_DRIFT_DEV_COUNTER);
	bool was_quick = node->guard_quick_ms != 0;

	if (moved != node->guard_seen)
		node->guard_quick_ms = now + GUARD_CALM_MS;
	else if (now >= node->guard_quick_ms)
		node->guard_quick_ms = 0;
	node->guard_seen = moved;
	if (node->guard_quick_ms != 0 && !was_quick)
		log_warn(TOPIC, &node->iface.eui,
			 "a neighbour's counter was moved, as by a forged frame: checked every %d "
			 "ms now",
			 GUARD_QUICK_MS);
	else if (node->guard_quick_ms == 0 && was_quick)
		log_info(TOPIC, &node->iface.eui, "counters are left alone again");
}

/* What was paid for and never left must not keep the node silent in the end. */
static void give_back(struct node *node)
{
	int rc = policy_give_back(node->policy, FCOUNTER_BLOCK / 4);

	if (rc > 0)
		log_info(TOPIC, &node->iface.eui,
			 "frames were lost on the way to the radio: their counters are free again");
	else if (rc == -EAGAIN)
		log_debug(TOPIC, &node->iface.eui,
			  "frames are lost on the way to the radio, and its queue does not run "
			  "empty");
	else if (rc < 0)
		log_error(TOPIC, &node->iface.eui, "%s", llsec_error(node->llsec));
}

static void on_guard(void *arg)
{
	struct node *node = arg;
	bool again;

	policy_check_counters(node->policy, &again); /* which counts and logs what it finds */
	give_back(node);
	set_guard(node);
	again |= node->guard_quick_ms != 0;
	evl_timer_start(node->guard, again ? GUARD_QUICK_MS : GUARD_MS);
}

int node_counter_serve(struct node *node)
{
	node->guard = evl_timer_new(node->evl, on_guard, node);
	if (!node->guard)
		return -ENOMEM;
	evl_timer_start(node->guard, GUARD_MS);
	return 0;
}

void node_counter_close(struct node *node)
{
	evl_timer_free(node->guard);
}
