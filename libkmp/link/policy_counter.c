/* SPDX-License-Identifier: ISC */
#include "link/policy_counter.h"

#include "link/policy_sync.h"
#include "link/txqueue.h"

#include <errno.h>
#include <time.h>

/* Frames that may wait in the queue of wpanN, already paid from the budget and not yet counted by
 * the kernel (tx_queue_len 300 and what is on the way). */
#define QUEUE_SLACK 512

/* Below this what is missing may all be on its way. */
#define LOST_MIN (3 * QUEUE_SLACK)

/* How long to wait for the queue to run empty: at once on an idle link, else the radio's time for
 * a few dozen frames. */
#define DRAIN_STEP_MS 10
#define DRAIN_STEPS   20

uint32_t policy_counter_floor(const struct policy *p)
{
	int64_t left = bslayer_budget(p->bsl);

	return p->has_limit && left >= 0 && left <= p->limit ? (uint32_t)(p->limit - left) : 0;
}

/* Lift the kernel's counter to at least `floor`; *now gets the parameters as they are then. Nothing
 * may leave meanwhile that would pass `floor`. */
static int lift(struct policy *p, uint32_t floor, struct llsec_params *now)
{
	int err = llsec_get_params(p->llsec, now);

	if (!err && now->frame_counter < floor) {
		now->frame_counter = floor;
		err = llsec_set_params(p->llsec, now, LLSEC_SET_ENABLED | LLSEC_SET_COUNTER);
	}
	if (!err)
		p->seen = now->frame_counter;
	return err;
}

/* The kernel's counter can only be read and then written, while frames may be leaving. So the
 * budget is taken away first: then no more can leave than what was paid for, and a counter that is
 * not below that is no step back whatever is on its way in between. At the start what is in the map
 * belongs to a daemon before this one, whose block lies below `floor` or has the counter in it. */
int policy_set_counter(struct policy *p, uint32_t floor, uint32_t limit)
{
	int64_t left = bslayer_set_budget(p->bsl, 0);
	struct llsec_params now;
	int err;

	if (p->has_limit && left <= p->limit && (int64_t)floor < p->limit - left)
		floor = (uint32_t)(p->limit - left);
	err = lift(p, floor, &now);
	if (err) {
		bslayer_add_budget(p->bsl, left);
		return err;
	}
	left = (int64_t)limit - now.frame_counter - (now.enabled ? QUEUE_SLACK : 0);
	p->limit = limit;
	p->has_limit = true;
	bslayer_set_budget(p->bsl, left > 0 ? left : 0);
	return 0;
}

int policy_extend_counter(struct policy *p, uint32_t limit)
{
	if (!p->has_limit || limit < p->limit)
		return -EINVAL;
	bslayer_add_budget(p->bsl, (int64_t)limit - p->limit);
	p->limit = limit;
	return 0;
}

int policy_counter(struct policy *p, uint32_t *next)
{
	struct llsec_params params;
	int err = llsec_get_params(p->llsec, &params);

	if (!err)
		*next = params.frame_counter;
	return err;
}

void policy_hold_counter(struct policy *p)
{
	bslayer_set_budget(p->bsl, 0);
	p->has_limit = false;
}

/* Nothing is paid for any more; wait for what was. A first step at any rate: it is far longer than
 * any processor holds a frame between its header and the queue. */
static int drain(struct policy *p)
{
	const struct timespec step = {.tv_nsec = DRAIN_STEP_MS * 1000000L};
	struct bslayer_config c;
	int waiting = bslayer_get_config(p->bsl, &c);

	for (int i = 0; i < DRAIN_STEPS && waiting >= 0; i++) {
		nanosleep(&step, NULL);
		waiting = txqueue_len(c.wpan_ifindex);
		if (waiting == 0)
			return 0;
	}
	return waiting < 0 ? waiting : -EAGAIN;
}

int policy_restart_counter(struct policy *p)
{
	struct llsec_params now;
	int err = p->has_limit ? -EINVAL : drain(p);

	if (!err)
		err = llsec_get_params(p->llsec, &now);
	if (err)
		return err;
	now.frame_counter = 0;
	err = llsec_set_params(p->llsec, &now, LLSEC_SET_ENABLED | LLSEC_SET_COUNTER);
	if (!err)
		p->seen = 0;
	return err;
}

/* Frames that the budget paid and the kernel did not count: on their way, or lost. */
static int64_t uncounted(const struct policy *p, const struct llsec_params *now)
{
	return (int64_t)p->limit - now->frame_counter - bslayer_budget(p->bsl);
}

/* Once the queue is empty all that was paid for is counted or lost, and the rest of the block is
 * free. Nothing is paid meanwhile, so that none of it is given twice. */
int policy_give_back(struct policy *p, int64_t low)
{
	struct llsec_params now;
	int64_t left, lost;
	int err = p->has_limit ? llsec_get_params(p->llsec, &now) : 0;

	if (err || !p->has_limit || bslayer_budget(p->bsl) >= low || uncounted(p, &now) < LOST_MIN)
		return err;
	left = bslayer_set_budget(p->bsl, 0);
	err = drain(p);
	if (!err)
		err = llsec_get_params(p->llsec, &now);
	if (!err && now.frame_counter < p->seen)
		err = -EAGAIN; /* the next reconcile lifts it first */
	lost = (int64_t)p->limit - now.frame_counter - left - QUEUE_SLACK;
	bslayer_add_budget(p->bsl, err || lost < 0 ? left : left + lost);
	return err ? err : lost > 0;
}

/* The kernel's counter is read first: what leaves in between makes the sum smaller. Frames that are
 * lost on the way to the radio make it smaller too; but a counter never goes back. */
void policy_counter_sync(struct policy_pass *pass)
{
	struct policy *p = pass->p;
	struct llsec_params have;
	int64_t excess;

	if (!p->has_limit)
		return;
	if (policy_pass_unreadable(pass, llsec_get_params(p->llsec, &have), llsec_error(p->llsec)))
		return;
	excess = (int64_t)have.frame_counter + bslayer_budget(p->bsl) - p->limit;
	if (excess > 0) {
		bslayer_add_budget(p->bsl, -excess);
		policy_pass_repaired(pass, POLICY_DRIFT_BUDGET, NULL, 0, "%lld too large",
				     (long long)excess);
	}
	if (have.frame_counter < p->seen)
		policy_pass_repaired(pass, POLICY_DRIFT_COUNTER, NULL,
				     policy_set_counter(p, p->seen, p->limit), "was %u after %u",
				     have.frame_counter, p->seen);
	else
		p->seen = have.frame_counter;
}
