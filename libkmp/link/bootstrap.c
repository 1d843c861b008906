/* SPDX-License-Identifier: ISC */
#include "link/bootstrap.h"

#include "base/log.h"
#include "link/backoff.h"
#include "link/bootstrap_impl.h"

#include <errno.h>
#include <stdlib.h>

/* --- timers --- */

static void on_ssr_due(void *arg)
{
	struct neighbour *n = arg;

	fsm_event(&n->link, LINK_EV_SSR_DUE, NULL,
		  n->link.state == LINK_SECURED ? "a third of the lifetime is over" : "no answer");
}

static void drop(struct neighbour *n, const char *why)
{
	log_line(n->link.quiet ? LOG_LVL_DEBUG : LOG_LVL_INFO, "bootstrap", &n->eui, "dropped: %s",
		 why);
	evl_timer_stop(n->ssr_due);
	evl_timer_stop(n->expiry);
	n->used = n->b->full = false;
	n->b->ops.on_neighbour(n->b->ops.arg, &n->eui, false);
}

/* What is known of a neighbour that never had a secured link is only that it was heard. One that
 * had stays while there is room: the kernel hears its SSR only while it is a sender there. */
static void age(struct neighbour *n)
{
	uint64_t silent_ms = evl_now_ms(n->b->evl) - n->heard_ms;

	if (silent_ms < BOOTSTRAP_AGE_MS)
		evl_timer_start(n->expiry, BOOTSTRAP_AGE_MS - silent_ms);
	else
		drop(n, "not heard any more");
}

static void on_expiry(void *arg)
{
	struct neighbour *n = arg;

	if (n->link.state == LINK_SECURED) {
		fsm_event(&n->link, LINK_EV_EXPIRED, NULL, "registration lifetime is over");
		bootstrap_link_ask(n, "its registration expired");
	} else if (!n->proven) {
		age(n);
	}
}

/* --- the list of neighbours --- */

static struct neighbour *find(struct bootstrap *b, const struct eui64 *eui)
{
	for (size_t i = 0; i < BOOTSTRAP_MAX_NEIGHBOURS; i++)
		if (b->neighbours[i].used && eui64_equal(&b->neighbours[i].eui, eui))
			return &b->neighbours[i];
	return NULL;
}

/* The neighbour to which a short address is bound. */
static struct neighbour *find_short(struct bootstrap *b, uint16_t short_addr)
{
	for (size_t i = 0; i < BOOTSTRAP_MAX_NEIGHBOURS; i++) {
		struct neighbour *n = &b->neighbours[i];

		if (n->used && n->has_short && n->short_addr == short_addr)
			return n;
	}
	return NULL;
}

/* Who never proved to have keys goes first, then who was heard longest ago. */
static bool goes_before(const struct neighbour *a, const struct neighbour *b)
{
	return a->proven != b->proven ? b->proven : a->heard_ms < b->heard_ms;
}

/* The unsecured neighbour that a new one displaces, or NULL if all are secured. */
static struct neighbour *find_displaceable(struct bootstrap *b)
{
	struct neighbour *oldest = NULL;

	for (size_t i = 0; i < BOOTSTRAP_MAX_NEIGHBOURS; i++) {
		struct neighbour *n = &b->neighbours[i];

		if (n->link.state != LINK_SECURED && (!oldest || goes_before(n, oldest)))
			oldest = n;
	}
	return oldest;
}

/* A slot that is or has become free, with its timers. Returns 0 or -errno. */
static int free_slot(struct bootstrap *b, struct neighbour **slot)
{
	struct neighbour *n = NULL;

	for (size_t i = 0; i < BOOTSTRAP_MAX_NEIGHBOURS && !n; i++)
		if (!b->neighbours[i].used)
			n = &b->neighbours[i];
	if (!n) {
		n = find_displaceable(b);
		if (!n)
			return -ENOSPC;
		drop(n, "the list is full and it was heard longest ago");
	}
	if (!n->ssr_due)
		n->ssr_due = evl_timer_new(b->evl, on_ssr_due, n);
	if (!n->expiry)
		n->expiry = evl_timer_new(b->evl, on_expiry, n);
	*slot = n;
	return n->ssr_due && n->expiry ? 0 : -ENOMEM;
}

/* Once, as strangers are as many as somebody likes; but it may be one of the mesh. */
static void say_full(struct bootstrap *b, const struct eui64 *eui)
{
	if (!b->full)
		log_warn("bootstrap", eui,
			 "is not taken for a neighbour: %d have secured links, which is as many as "
			 "there is room for",
			 BOOTSTRAP_MAX_NEIGHBOURS);
	b->full = true;
}

/* Enter a neighbour that is not in the list, in state LINK_IDLE. Returns 0 or -errno. */
static int learn(struct bootstrap *b, const struct eui64 *eui, bool secured,
		 struct neighbour **learned)
{
	struct neighbour *n;
	int r;

	if (eui64_is_zero(eui) || eui64_equal(eui, &b->own))
		return -EINVAL;
	r = free_slot(b, &n);
	if (r == -ENOSPC)
		say_full(b, eui);
	if (r < 0)
		return r;
	*n = (struct neighbour){
		.b = b,
		.used = true,
		.eui = *eui,
		.ssr_due = n->ssr_due,
		.expiry = n->expiry,
		.seed = backoff_seed(&b->own, eui),
		.heard_ms = evl_now_ms(b->evl),
	};
	fsm_init(&n->link, &link_machine, n, &n->eui, LINK_IDLE);
	n->link.quiet = true; /* who is only heard can be anybody, and as many as he likes */
	evl_timer_start(n->expiry, BOOTSTRAP_AGE_MS);
	/* A link that is secured is told as that alone (on_link), and is never anything else to
	 * the kernel, which has it as secured when a daemon starts again. */
	if (!secured)
		b->ops.on_neighbour(b->ops.arg, &n->eui, true);
	*learned = n;
	return 0;
}

/* --- short addresses --- */

static void unbind(struct neighbour *n)
{
	if (!n->has_short)
		return;
	n->has_short = false;
	n->b->ops.on_short(n->b->ops.arg, &n->eui, NULL);
}

static void bind_short(struct neighbour *n, uint16_t short_addr)
{
	struct neighbour *holder = find_short(n->b, short_addr);

	if (holder == n)
		return;
	if (holder)
		unbind(holder);
	n->has_short = true;
	n->short_addr = short_addr;
	log_info("bootstrap", &n->eui, "has the short address 0x%04x", short_addr);
	n->b->ops.on_short(n->b->ops.arg, &n->eui, &n->short_addr);
}

/* Is that the address of this node, or of another one that has proved to be there? */
static bool short_is_taken(struct bootstrap *b, const struct bsreq *req)
{
	const struct neighbour *holder = find_short(b, req->short_addr);

	if (!req->has_short)
		return false;
	return (b->has_short && b->short_addr == req->short_addr) ||
	       (holder && holder->link.state == LINK_SECURED &&
		!eui64_equal(&holder->eui, &req->eui));
}

/* --- events from outside --- */

struct bootstrap *bootstrap_new(struct evl *evl, const struct eui64 *own, const uint16_t *own_short,
				const struct bootstrap_ops *ops)
{
	struct bootstrap *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->evl = evl;
	b->own = *own;
	b->has_short = own_short != NULL;
	b->short_addr = own_short ? *own_short : 0;
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
	r = learn(b, eui, false, &n);
	if (r == 0)
		bootstrap_link_ask(n, "heard");
	return r;
}

int bootstrap_restore(struct bootstrap *b, const struct eui64 *eui, bool secured,
		      const uint16_t *short_addr)
{
	struct neighbour *n;
	int r;

	if (find(b, eui))
		return -EEXIST;
	r = learn(b, eui, secured, &n);
	if (r < 0)
		return r;
	n->link.quiet = false;
	n->proven = true;
	if (secured)
		fsm_event(&n->link, LINK_EV_RESTORED, NULL, "stored as secured");
	if (short_addr)
		bind_short(n, *short_addr);
	bootstrap_link_ask(n, "restored");
	return 0;
}

void bootstrap_set_keyed(struct bootstrap *b, bool keyed)
{
	int event = keyed ? LINK_EV_KEYED : LINK_EV_UNKEYED;

	if (keyed && b->keyed)
		return;
	b->keyed = keyed;
	for (size_t i = 0; i < BOOTSTRAP_MAX_NEIGHBOURS; i++)
		if (b->neighbours[i].used)
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
static enum bootstrap_refusal find_fault(struct bootstrap *b, const struct bsreq *req,
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
	return short_is_taken(b, req) ? BOOTSTRAP_SHORT_TAKEN : BOOTSTRAP_REFUSALS;
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
	if (!n && learn(b, &req->eui, false, &n) < 0)
		return refuse(b, req, BOOTSTRAP_TABLE_FULL);
	n->heard_ms = evl_now_ms(b->evl);
	n->link.quiet = false;
	if (lifetime == 0)
		return fsm_event(&n->link, LINK_EV_WITHDRAWN, NULL, "lifetime 0");
	if (bootstrap_link_answered(n))
		return refuse(b, req, BOOTSTRAP_TOO_SOON);
	if (!fsm_event(&n->link, LINK_EV_SSR, &lifetime, NULL))
		return false;
	b->accepted++;
	if (req->has_short)
		bind_short(n, req->short_addr);
	else
		unbind(n);
	return true;
}

int bootstrap_forget(struct bootstrap *b, const struct eui64 *eui)
{
	struct neighbour *n = find(b, eui);

	if (!n)
		return -ENOENT;
	if (fsm_event(&n->link, LINK_EV_FORGOTTEN, NULL, "as the CT asked"))
		bootstrap_link_ask(n, "forgotten");
	return 0;
}

void bootstrap_clear(struct bootstrap *b)
{
	for (size_t i = 0; i < BOOTSTRAP_MAX_NEIGHBOURS; i++)
		if (b->neighbours[i].used)
			drop(&b->neighbours[i], "all are");
}

static void tell_secured(struct bootstrap *b, enum link_event event, const char *reason)
{
	for (size_t i = 0; i < BOOTSTRAP_MAX_NEIGHBOURS; i++) {
		struct neighbour *n = &b->neighbours[i];

		if (n->used && n->link.state == LINK_SECURED)
			fsm_event(&n->link, (int)event, NULL, reason);
	}
}

void bootstrap_probe(struct bootstrap *b)
{
	tell_secured(b, LINK_EV_SSR_DUE, "is it there?");
}

void bootstrap_set_alone(struct bootstrap *b)
{
	tell_secured(b, LINK_EV_ALONE, "no neighbour answers");
}

/* --- what is known --- */

bool bootstrap_get(const struct bootstrap *b, size_t i, struct bootstrap_neighbour *out)
{
	const struct neighbour *n = b->neighbours, *end = n + BOOTSTRAP_MAX_NEIGHBOURS;

	for (; n < end; n++)
		if (n->used && i-- == 0)
			break;
	if (n == end)
		return false;
	*out = (struct bootstrap_neighbour){
		.eui = n->eui,
		.state = (enum link_state)n->link.state,
		.proven = n->proven,
		.ssr_tries = n->ssr_tries,
		.heard_ms = n->heard_ms,
		.expires_ms = n->expires_ms,
		.has_short = n->has_short,
		.short_addr = n->short_addr,
	};
	return true;
}

uint64_t bootstrap_accepted(const struct bootstrap *b)
{
	return b->accepted;
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
		[BOOTSTRAP_SHORT_TAKEN] = "short-address-taken",
	};
	return names[why];
}
