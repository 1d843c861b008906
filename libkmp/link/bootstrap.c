/* SPDX-License-Identifier: ISC */
#include "link/bootstrap.h"

#include "base/log.h"
#include "link/backoff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SSR_FIRST_MS  1000  /* an unanswered SSR is repeated after 1, 2, 4 .. 60 s (DESIGN) */
#define SSR_MAX_MS    60000 /* to which comes a jitter, so that the first gap is never less */
#define ANSWER_GAP_MS 1000  /* a neighbour gets no answer within a second of an SSR */
/* An SSR that comes so soon after one of ours is the answer to it. Later, the neighbour may have
 * refused ours for want of keys and now asks by itself; taking that for an answer would leave the
 * link half secured until its repetition. At worst an answer is answered once more. */
#define ROUND_TRIP_MS    250
#define LIFETIME_UNIT_MS 60000 /* section 5.3.1 */
#define REFRESH_MS       (BOOTSTRAP_SSR_LIFETIME * LIFETIME_UNIT_MS / 3)
/* A refresh leaves earlier by less than this, so that nodes keyed together fall out of step. */
#define REFRESH_JITTER_MS (REFRESH_MS / 16)

enum sent_ssr { SENT_NONE, SENT_ASKING, SENT_ANSWERING };

struct neighbour {
	struct bootstrap *b;
	struct eui64 eui;
	struct fsm link;
	struct evl_timer *ssr_due; /* repetition or refresh */
	struct evl_timer *expiry;
	uint64_t seed; /* of the jitter */
	enum sent_ssr last_sent;
	uint64_t last_sent_ms;
	uint32_t ssr_tries;
	uint64_t heard_ms, expires_ms;
};

struct bootstrap {
	struct evl *evl;
	struct eui64 own;
	struct bootstrap_ops ops;
	bool keyed;
	uint64_t refusals[BOOTSTRAP_REFUSALS];
	size_t n_neighbours;
	struct neighbour neighbours[BOOTSTRAP_MAX_NEIGHBOURS];
};

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
	evl_timer_start(n->ssr_due,
			backoff_delay_ms(n->seed, n->ssr_tries, SSR_FIRST_MS, SSR_MAX_MS));
}

static void arm_refresh(struct neighbour *n)
{
	evl_timer_start(n->ssr_due, REFRESH_MS - backoff_spread(n->seed, 0, REFRESH_JITTER_MS));
}

/* --- the registration that an SSR or the store brought --- */

static void hold(struct neighbour *n, uint16_t lifetime)
{
	uint64_t ms = (uint64_t)lifetime * LIFETIME_UNIT_MS;

	n->expires_ms = evl_now_ms(n->b->evl) + ms;
	evl_timer_start(n->expiry, ms);
}

static void release(struct neighbour *n)
{
	n->expires_ms = 0;
	evl_timer_stop(n->expiry);
	evl_timer_stop(n->ssr_due);
}

/* --- actions --- */

/* Section 5.3.4: a node that has set its keys sends an SSR to its neighbours. */
static void act_ask(void *owner, void *data)
{
	struct neighbour *n = owner;
	(void)data;

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

static void act_refresh(void *owner, void *data)
{
	struct neighbour *n = owner;
	(void)data;

	n->ssr_tries++;
	if (send_ssr(n, SENT_ASKING))
		arm_refresh(n);
	else
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
};

const struct fsm_desc link_machine = {
	.topic = "bootstrap",
	.rows = link_rows,
	.n_rows = sizeof(link_rows) / sizeof(link_rows[0]),
	.state_names = state_names,
	.event_names = event_names,
};

/* A neighbour that is not secured while this node has keys is asked. */
static void ask_if_keyed(struct neighbour *n, const char *reason)
{
	if (n->b->keyed)
		fsm_event(&n->link, LINK_EV_KEYED, NULL, reason);
}

static void on_ssr_due(void *arg)
{
	struct neighbour *n = arg;

	fsm_event(&n->link, LINK_EV_SSR_DUE, NULL,
		  n->link.state == LINK_SECURED ? "a third of the lifetime is over" : "no answer");
}

static void on_expiry(void *arg)
{
	struct neighbour *n = arg;

	fsm_event(&n->link, LINK_EV_EXPIRED, NULL, "registration lifetime is over");
	ask_if_keyed(n, "its registration expired");
}

/* --- the list of neighbours --- */

static struct neighbour *find(struct bootstrap *b, const struct eui64 *eui)
{
	for (size_t i = 0; i < b->n_neighbours; i++)
		if (eui64_equal(&b->neighbours[i].eui, eui))
			return &b->neighbours[i];
	return NULL;
}

/* The unsecured neighbour heard longest ago, or NULL if all are secured. */
static struct neighbour *find_displaceable(struct bootstrap *b)
{
	struct neighbour *oldest = NULL;

	for (size_t i = 0; i < b->n_neighbours; i++) {
		struct neighbour *n = &b->neighbours[i];
		if (n->link.state != LINK_SECURED && (!oldest || n->heard_ms < oldest->heard_ms))
			oldest = n;
	}
	return oldest;
}

static void drop(struct neighbour *n)
{
	log_info("bootstrap", &n->eui, "dropped: the list is full and it was heard longest ago");
	release(n);
	n->b->ops.on_neighbour(n->b->ops.arg, &n->eui, false);
}

/* A slot at the end of the list, with its timers. Returns 0 or -errno. */
static int grow(struct bootstrap *b, struct neighbour **slot)
{
	struct neighbour *n = &b->neighbours[b->n_neighbours];

	if (!n->ssr_due)
		n->ssr_due = evl_timer_new(b->evl, on_ssr_due, n);
	if (!n->expiry)
		n->expiry = evl_timer_new(b->evl, on_expiry, n);
	if (!n->ssr_due || !n->expiry)
		return -ENOMEM;
	b->n_neighbours++;
	*slot = n;
	return 0;
}

static int free_slot(struct bootstrap *b, struct neighbour **slot)
{
	if (b->n_neighbours < BOOTSTRAP_MAX_NEIGHBOURS)
		return grow(b, slot);
	*slot = find_displaceable(b);
	if (!*slot)
		return -ENOSPC;
	drop(*slot);
	return 0;
}

/* Enter a neighbour that is not in the list, in state LINK_IDLE. Returns 0 or -errno. */
static int learn(struct bootstrap *b, const struct eui64 *eui, struct neighbour **learned)
{
	struct neighbour *n;
	int r;

	if (eui64_is_zero(eui) || eui64_equal(eui, &b->own))
		return -EINVAL;
	r = free_slot(b, &n);
	if (r < 0)
		return r;
	*n = (struct neighbour){
		.b = b,
		.eui = *eui,
		.ssr_due = n->ssr_due,
		.expiry = n->expiry,
		.seed = backoff_seed(&b->own, eui),
		.heard_ms = evl_now_ms(b->evl),
	};
	fsm_init(&n->link, &link_machine, n, &n->eui, LINK_IDLE);
	b->ops.on_neighbour(b->ops.arg, &n->eui, true);
	*learned = n;
	return 0;
}

/* --- events from outside --- */

struct bootstrap *bootstrap_new(struct evl *evl, const struct eui64 *own,
				const struct bootstrap_ops *ops)
{
	struct bootstrap *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->evl = evl;
	b->own = *own;
	b->ops = *ops;
	return b;
}

void bootstrap_free(struct bootstrap *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < BOOTSTRAP_MAX_NEIGHBOURS; i++) {
		evl_timer_free(b->neighbours[i].ssr_due);
		evl_timer_free(b->neighbours[i].expiry);
	}
	free(b);
}

int bootstrap_heard(struct bootstrap *b, const struct eui64 *eui)
{
	struct neighbour *n = find(b, eui);
	int r;

	if (n) {
		n->heard_ms = evl_now_ms(b->evl);
		return 0;
	}
	r = learn(b, eui, &n);
	if (r == 0)
		ask_if_keyed(n, "heard");
	return r;
}

int bootstrap_restore(struct bootstrap *b, const struct eui64 *eui, bool secured)
{
	struct neighbour *n;
	int r;

	if (find(b, eui))
		return -EEXIST;
	r = learn(b, eui, &n);
	if (r < 0)
		return r;
	if (secured)
		fsm_event(&n->link, LINK_EV_RESTORED, NULL, "stored as secured");
	ask_if_keyed(n, "restored");
	return 0;
}

void bootstrap_set_keyed(struct bootstrap *b, bool keyed)
{
	int event = keyed ? LINK_EV_KEYED : LINK_EV_UNKEYED;

	if (keyed && b->keyed)
		return;
	b->keyed = keyed;
	for (size_t i = 0; i < b->n_neighbours; i++)
		fsm_event(&b->neighbours[i].link, event, NULL, NULL);
}

static bool refuse(struct bootstrap *b, const struct bsreq *req, enum bootstrap_refusal why)
{
	b->refusals[why]++;
	log_debug("bootstrap", &req->eui, "SSR refused: %s", bootstrap_refusal_name(why));
	return false;
}

/* Why an SSR is not even looked up: section 5.3.4, and what DESIGN asks to agree. The MAC source
 * is compared at lowpan ingress, which has dropped an SSR of another node. BOOTSTRAP_REFUSALS:
 * nothing speaks against it. */
static enum bootstrap_refusal find_fault(const struct bootstrap *b, const struct bsreq *req,
					 const struct in6_addr *src, bool secured)
{
	struct in6_addr expected = eui64_link_local(&req->eui);

	if (!b->keyed)
		return BOOTSTRAP_NOT_KEYED;
	if (!secured)
		return BOOTSTRAP_NOT_SECURED;
	if (!IN6_IS_ADDR_LINKLOCAL(src))
		return BOOTSTRAP_NOT_LINK_LOCAL;
	if (!IN6_ARE_ADDR_EQUAL(src, &expected) || eui64_equal(&req->eui, &b->own))
		return BOOTSTRAP_EUI_MISMATCH;
	return BOOTSTRAP_REFUSALS;
}

bool bootstrap_on_ssr(struct bootstrap *b, const struct bsreq *req, const struct in6_addr *src,
		      bool secured)
{
	enum bootstrap_refusal fault = find_fault(b, req, src, secured);
	uint16_t lifetime = req->lifetime;
	struct neighbour *n;

	if (fault != BOOTSTRAP_REFUSALS)
		return refuse(b, req, fault);
	n = find(b, &req->eui);
	if (!n && learn(b, &req->eui, &n) < 0)
		return refuse(b, req, BOOTSTRAP_TABLE_FULL);
	n->heard_ms = evl_now_ms(b->evl);
	if (lifetime == 0)
		return fsm_event(&n->link, LINK_EV_WITHDRAWN, NULL, "lifetime 0");
	if (sent_lately(n, SENT_ANSWERING, ANSWER_GAP_MS))
		return refuse(b, req, BOOTSTRAP_TOO_SOON);
	return fsm_event(&n->link, LINK_EV_SSR, &lifetime, NULL);
}

int bootstrap_forget(struct bootstrap *b, const struct eui64 *eui)
{
	struct neighbour *n = find(b, eui);

	if (!n)
		return -ENOENT;
	if (fsm_event(&n->link, LINK_EV_FORGOTTEN, NULL, "as the CT asked"))
		ask_if_keyed(n, "forgotten");
	return 0;
}

/* --- what is known --- */

bool bootstrap_get(const struct bootstrap *b, size_t i, struct bootstrap_neighbour *out)
{
	const struct neighbour *n;

	if (i >= b->n_neighbours)
		return false;
	n = &b->neighbours[i];
	*out = (struct bootstrap_neighbour){
		.eui = n->eui,
		.state = (enum link_state)n->link.state,
		.ssr_tries = n->ssr_tries,
		.heard_ms = n->heard_ms,
		.expires_ms = n->expires_ms,
	};
	return true;
}

uint64_t bootstrap_refusals(const struct bootstrap *b, enum bootstrap_refusal why)
{
	return b->refusals[why];
}

const char *bootstrap_refusal_name(enum bootstrap_refusal why)
{
	static const char *const names[BOOTSTRAP_REFUSALS] = {
		[BOOTSTRAP_NOT_KEYED] = "not-keyed",
		[BOOTSTRAP_NOT_SECURED] = "not-secured",
		[BOOTSTRAP_EUI_MISMATCH] = "eui-mismatch",
		[BOOTSTRAP_NOT_LINK_LOCAL] = "not-link-local",
		[BOOTSTRAP_TABLE_FULL] = "table-full",
		[BOOTSTRAP_TOO_SOON] = "too-soon",
	};
	return names[why];
}

const char *link_state_name(enum link_state s)
{
	return state_names[s];
}
