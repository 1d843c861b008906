/* SPDX-License-Identifier: ISC */
/* bootstrap_link: the machine of one link (section 5.3.4): when SSRs leave, and what they change.
 */
#include "base/log.h"
#include "link/backoff.h"
#include "link/bootstrap_impl.h"

#include <string.h>

#define SSR_FIRST_MS 1000  /* an unanswered SSR is repeated after 1, 2, 4 .. 60 s (DESIGN) */
#define SSR_MAX_MS   60000 /* to which comes a jitter, so that the first gap is never less */
/* Who has not answered these has no keys, and will ask when it gets them: from then on the gaps
 * grow further. */
#define SSR_KEEN_TRIES 8
#define SSR_IDLE_MS    (15 * 60 * 1000)
#define ANSWER_GAP_MS  1000 /* a neighbour gets no answer within a second of an SSR */
/* An SSR that comes so soon after one of ours is the answer to it. Later, the neighbour may have
 * refused ours for want of keys and now asks by itself; taking that for an answer would leave the
 * link half secured until its repetition. At worst an answer is answered once more. */
#define ROUND_TRIP_MS    250
#define LIFETIME_UNIT_MS 60000 /* section 5.3.1 */
#define REFRESH_MS       (BOOTSTRAP_SSR_LIFETIME * LIFETIME_UNIT_MS / 3)
/* A refresh leaves earlier by less than this, so that nodes keyed together fall out of step. */
#define REFRESH_JITTER_MS (REFRESH_MS / 16)

/* --- sending --- */

static bool sent_lately(const struct neighbour *n, enum sent_ssr kind, uint64_t ms)
{
	return n->last_sent == kind && evl_now_ms(n->b->evl) - n->last_sent_ms < ms;
}

static bool send_ssr(struct neighbour *n, enum sent_ssr kind)
{
	int r = n->b->ops.send_ssr(n->b->ops.arg, &n->eui, BOOTSTRAP_SSR_LIFETIME);

	if (r < 0) {
		log_warn("bootstrap", &n->eui, "SSR not sent: %s", strerror(-r));
		return false;
	}
	n->last_sent = kind;
	n->last_sent_ms = evl_now_ms(n->b->evl);
	return true;
}

static void arm_repetition(struct neighbour *n)
{
	uint32_t max_ms = n->ssr_tries <= SSR_KEEN_TRIES ? SSR_MAX_MS : SSR_IDLE_MS;

	evl_timer_start(n->ssr_due, backoff_delay_ms(n->seed, n->ssr_tries, SSR_FIRST_MS, max_ms));
}

/* May an SSR go to a neighbour that is not secured? Each costs the neighbourhood address resolution
 * too, and strangers without keys are heard under as many addresses as they like. */
static bool may_ask(struct bootstrap *b)
{
	uint64_t now = evl_now_ms(b->evl);

	if (b->asked_until_ms < now)
		b->asked_until_ms = now;
	if (b->asked_until_ms - now > (BOOTSTRAP_ASK_BURST - 1) * BOOTSTRAP_ASK_GAP_MS)
		return false;
	b->asked_until_ms += BOOTSTRAP_ASK_GAP_MS;
	return true;
}

static void arm_refresh(struct neighbour *n)
{
	evl_timer_start(n->ssr_due, REFRESH_MS - backoff_spread(n->seed, 0, REFRESH_JITTER_MS));
}

/* --- the registration that an SSR or the store brought --- */

static void hold(struct neighbour *n, uint16_t lifetime)
{
	uint64_t ms = (uint64_t)lifetime * LIFETIME_UNIT_MS;

	n->proven = true;
	n->expires_ms = evl_now_ms(n->b->evl) + ms;
	evl_timer_start(n->expiry, ms);
}

static void release(struct neighbour *n)
{
	n->expires_ms = 0;
	evl_timer_start(n->expiry, BOOTSTRAP_AGE_MS);
	evl_timer_stop(n->ssr_due);
}

/* --- actions --- */

/* Section 5.3.4: a node that has set its keys sends an SSR to its neighbours. */
static void act_ask(void *owner, void *data)
{
	struct neighbour *n = owner;
	(void)data;

	if (!may_ask(n->b)) {
		evl_timer_start(n->ssr_due, SSR_FIRST_MS);
		return;
	}
	n->ssr_tries++;
	send_ssr(n, SENT_ASKING);
	arm_repetition(n);
}

static void act_ask_later(void *owner, void *data)
{
	struct neighbour *n = owner;
	(void)data;

	n->ssr_tries = 0;
	arm_repetition(n);
}

static void act_stop_asking(void *owner, void *data)
{
	struct neighbour *n = owner;
	(void)data;

	n->ssr_tries = 0;
	evl_timer_stop(n->ssr_due);
}

/* Section 5.3.4: the receiving node sends an SSR back. One that cannot be sent is tried again like
 * one that got no answer; the neighbour goes on asking as well. */
static void act_answer(void *owner, void *data)
{
	struct neighbour *n = owner;
	const uint16_t *lifetime = data;

	hold(n, *lifetime);
	n->ssr_tries = 0;
	if (sent_lately(n, SENT_ASKING, ROUND_TRIP_MS) || send_ssr(n, SENT_ANSWERING))
		arm_refresh(n);
	else
		arm_repetition(n);
}

/* .. consecutively, it sets the link of that neighbour to secured. */
static void act_answer_and_secure(void *owner, void *data)
{
	struct neighbour *n = owner;

	act_answer(owner, data);
	n->b->ops.on_link(n->b->ops.arg, &n->eui, true);
}

static void act_restore(void *owner, void *data)
{
	struct neighbour *n = owner;
	(void)data;

	hold(n, BOOTSTRAP_SSR_LIFETIME);
	n->b->ops.on_link(n->b->ops.arg, &n->eui, true);
}

/* How old our registration with a restored neighbour is, nobody knows. */
static void act_refresh_soon(void *owner, void *data)
{
	struct neighbour *n = owner;
	(void)data;

	evl_timer_start(n->ssr_due, backoff_spread(n->seed, 0, BOOTSTRAP_RESTORED_REFRESH_MS));
}

/* Until it is answered: a neighbour that does not know us any more is deaf to us. */
static void act_refresh(void *owner, void *data)
{
	struct neighbour *n = owner;
	(void)data;

	n->ssr_tries++;
	send_ssr(n, SENT_ASKING);
	arm_repetition(n);
}

static void act_unsecure(void *owner, void *data)
{
	struct neighbour *n = owner;
	(void)data;

	release(n);
	n->ssr_tries = 0;
	n->b->ops.on_link(n->b->ops.arg, &n->eui, false);
}

static void act_unsecure_and_ask_later(void *owner, void *data)
{
	act_unsecure(owner, data);
	act_ask_later(owner, data);
}

/* --- the machine --- */

static const struct fsm_row link_rows[] = {
	{LINK_IDLE, LINK_EV_KEYED, LINK_SSR_SENT, act_ask},
	{LINK_IDLE, LINK_EV_RESTORED, LINK_SECURED, act_restore},
	{LINK_IDLE, LINK_EV_SSR, LINK_SECURED, act_answer_and_secure},
	{LINK_IDLE, LINK_EV_WITHDRAWN, LINK_SSR_SENT, act_ask_later},

	{LINK_SSR_SENT, LINK_EV_UNKEYED, LINK_IDLE, act_stop_asking},
	{LINK_SSR_SENT, LINK_EV_SSR, LINK_SECURED, act_answer_and_secure},
	{LINK_SSR_SENT, LINK_EV_WITHDRAWN, FSM_SAME, NULL},
	{LINK_SSR_SENT, LINK_EV_SSR_DUE, FSM_SAME, act_ask},

	{LINK_SECURED, LINK_EV_KEYED, FSM_SAME, act_refresh_soon},
	{LINK_SECURED, LINK_EV_UNKEYED, LINK_IDLE, act_unsecure},
	{LINK_SECURED, LINK_EV_SSR, FSM_SAME, act_answer},
	{LINK_SECURED, LINK_EV_WITHDRAWN, LINK_SSR_SENT, act_unsecure_and_ask_later},
	{LINK_SECURED, LINK_EV_SSR_DUE, FSM_SAME, act_refresh},
	{LINK_SECURED, LINK_EV_EXPIRED, LINK_IDLE, act_unsecure},
	{LINK_SECURED, LINK_EV_FORGOTTEN, LINK_IDLE, act_unsecure},
	{LINK_SECURED, LINK_EV_ALONE, LINK_SSR_SENT, act_unsecure_and_ask_later},
};

static const char *const state_names[LINK_STATES] = {
	[LINK_IDLE] = "idle",
	[LINK_SSR_SENT] = "ssr-sent",
	[LINK_SECURED] = "secured",
};

static const char *const event_names[LINK_EVENTS] = {
	[LINK_EV_KEYED] = "keyed",         [LINK_EV_UNKEYED] = "unkeyed",
	[LINK_EV_RESTORED] = "restored",   [LINK_EV_SSR] = "ssr",
	[LINK_EV_WITHDRAWN] = "withdrawn", [LINK_EV_SSR_DUE] = "ssr-due",
	[LINK_EV_EXPIRED] = "expired",     [LINK_EV_FORGOTTEN] = "forgotten",
	[LINK_EV_ALONE] = "alone",
};

const struct fsm_desc link_machine = {
	.topic = "bootstrap",
	.rows = link_rows,
	.n_rows = sizeof(link_rows) / sizeof(link_rows[0]),
	.state_names = state_names,
	.event_names = event_names,
};

void bootstrap_link_ask(struct neighbour *n, const char *reason)
{
	if (n->b->keyed)
		fsm_event(&n->link, LINK_EV_KEYED, NULL, reason);
}

bool bootstrap_link_answered(const struct neighbour *n)
{
	return sent_lately(n, SENT_ANSWERING, ANSWER_GAP_MS);
}

const char *link_state_name(enum link_state s)
{
	return state_names[s];
}
