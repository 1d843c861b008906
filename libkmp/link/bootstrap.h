/* SPDX-License-Identifier: ISC */
/* bootstrap: the state of the bootstrap layer (draft-kumar-6lo-selective-bootstrap sections 5.3 and
 * 5.3.4): the neighbours with their link states, ALL_SECURED, and the exchange of SSRs, as a
 * table-driven machine a neighbour. No sockets and no kernel: it acts through callbacks, so a test
 * walks all of it. */
#ifndef KMP_LINK_BOOTSTRAP_H
#define KMP_LINK_BOOTSTRAP_H

#include "base/evl.h"
#include "base/fsm.h"
#include "link/bsreq_msg.h"

#define BOOTSTRAP_MAX_NEIGHBOURS 64
#define BOOTSTRAP_SSR_LIFETIME   1440 /* units of 60 s, refreshed at a third (DESIGN) */

/* A neighbour's link: known but the node has no keys (IDLE), SSR sent and not answered (SSR_SENT),
 * secured (SECURED). */
enum link_state { LINK_IDLE, LINK_SSR_SENT, LINK_SECURED };
#define LINK_STATES 3

/* What happens to a link. */
enum link_event {
	LINK_EV_KEYED,     /* this node has keys */
	LINK_EV_UNKEYED,   /* this node has none any more */
	LINK_EV_RESTORED,  /* was secured before a restart */
	LINK_EV_SSR,       /* an SSR was accepted */
	LINK_EV_WITHDRAWN, /* an SSR with lifetime 0 was accepted */
	LINK_EV_SSR_DUE,   /* time to repeat or to refresh our SSR */
	LINK_EV_EXPIRED,   /* the neighbour did not refresh its registration */
	LINK_EV_FORGOTTEN, /* the CT says that the neighbour starts over */
	LINK_EV_ALONE,     /* this node takes it that no neighbour understands it any more */
	LINK_EVENTS
};

/* The machine of one link; a pair of state and event without a row is refused. */
extern const struct fsm_desc link_machine;

/* Why an SSR was refused; counted each. */
enum bootstrap_refusal {
	BOOTSTRAP_NOT_KEYED,    /* section 5.3.4: receiving node is not secured */
	BOOTSTRAP_NOT_SECURED,  /* the packet came unsecured */
	BOOTSTRAP_EUI_MISMATCH, /* EUI-64, interface identifier and source do not agree */
	BOOTSTRAP_NOT_LINK_LOCAL,
	BOOTSTRAP_TABLE_FULL,
	BOOTSTRAP_TOO_SOON,    /* an SSR of this neighbour was answered within a second already */
	BOOTSTRAP_SHORT_TAKEN, /* its short address is ours, or that of another secured neighbour */
	BOOTSTRAP_REFUSALS
};

struct bootstrap_ops {
	/* Send an SSR, secured, to the link-local address of `eui`. 0 or -errno (logged, retried).
	 */
	int (*send_ssr)(void *arg, const struct eui64 *eui, uint16_t lifetime);
	/* The link of `eui`, which may not have been told before, is now secured or no longer: make
	 * the kernel do so and keep it durably, and that the neighbour is known if it is not. */
	void (*on_link)(void *arg, const struct eui64 *eui, bool secured);
	/* A neighbour was learned or dropped: install or remove it as a sender, with its short
	 * address; one that was dropped is kept no more. */
	void (*on_neighbour)(void *arg, const struct eui64 *eui, bool present);
	/* A neighbour also sends from the short address `*short_addr`, NULL: from none any more. */
	void (*on_short)(void *arg, const struct eui64 *eui, const uint16_t *short_addr);
	void *arg;
};

struct bootstrap;

/* The layer of the node with the EUI-64 `own` and the short address `*own_short` (NULL: none),
 * without keys and neighbours. `ops` is copied; its functions are called from within those below
 * and must not call back into those that change anything. NULL without memory. */
struct bootstrap *bootstrap_new(struct evl *evl, const struct eui64 *own, const uint16_t *own_short,
				const struct bootstrap_ops *ops);
void bootstrap_free(struct bootstrap *b);

/* Another node was heard (bootstrap layer's event), or is configured as a neighbour. A full table
 * drops the unsecured neighbour heard longest ago; secured ones are never displaced by strangers.
 * One that never had a secured link is dropped BOOTSTRAP_AGE_MS after it was heard last. SSRs to
 * those that are not secured are bounded altogether: BOOTSTRAP_ASK_BURST at once, then one every
 * BOOTSTRAP_ASK_GAP_MS. Returns 0, -ENOSPC, -ENOMEM, or -EINVAL for the node's own EUI-64 or zero.
 */
#define BOOTSTRAP_AGE_MS     (30 * 60 * 1000)
#define BOOTSTRAP_ASK_BURST  16
#define BOOTSTRAP_ASK_GAP_MS 500
int bootstrap_heard(struct bootstrap *b, const struct eui64 *eui);

/* At start: a neighbour that was durable, whose link is or was secured, reported by on_link() if it
 * is, else by on_neighbour(), and if `short_addr` is not NULL by on_short(). A secured link stays
 * secured for a whole registration lifetime, and our SSR is refreshed within
 * BOOTSTRAP_RESTORED_REFRESH_MS of having keys. Returns as bootstrap_heard(), or -EEXIST. */
#define BOOTSTRAP_RESTORED_REFRESH_MS 5000
int bootstrap_restore(struct bootstrap *b, const struct eui64 *eui, bool secured,
		      const uint16_t *short_addr);

/* The node got its first usable key set (true) or lost it (false): SSRs go to all neighbours that
 * are not secured, or all links become unsecured. A changed key leaves links as they are. */
void bootstrap_set_keyed(struct bootstrap *b, bool keyed);

/* An SSR (req->code BSREQ_SSR) arrived from `src`, `secured` as its mark tells. Answers it and
 * secures the link for the lifetime in it, or counts a refusal. The answer is left out if we asked
 * that neighbour a moment ago (this one is then the answer to ours), and an SSR is refused if we
 * answered that neighbour within a second. Lifetime 0 asks for the secure state not to be retained
 * (as in RFC 6775 section 4.1): the link becomes unsecured, nothing is answered, and the node goes
 * on asking. A short address in it is bound to its sender, which nothing but an SSR can do: one
 * address to one neighbour at most. It is refused with the whole SSR if it is bound to another
 * whose link is secured; one whose link is not loses it. Returns true if accepted. */
bool bootstrap_on_ssr(struct bootstrap *b, const struct bsreq *req, const struct in6_addr *src,
		      bool secured);

/* Take back a neighbour's secured state (it came back factory-new). Returns 0 or -ENOENT. */
int bootstrap_forget(struct bootstrap *b, const struct eui64 *eui);

/* Drop all neighbours: what was known is of another place or mesh. Reported by on_neighbour() only,
 * for links bootstrap_set_keyed() goes before. */
void bootstrap_clear(struct bootstrap *b);

/* Send an SSR to each neighbour whose link is secured, which answers it. */
void bootstrap_probe(struct bootstrap *b);
/* Take all links for unsecured. SSRs go on, now and then: who answers one is secured again. */
void bootstrap_set_alone(struct bootstrap *b);

struct bootstrap_neighbour {
	struct eui64 eui;
	enum link_state state;
	bool proven;         /* its link is secured, or was: the kernel hears it under our keys */
	uint32_t ssr_tries;  /* SSRs of ours since the last of theirs */
	uint64_t heard_ms;   /* loop clock */
	uint64_t expires_ms; /* end of the registration; 0: not secured */
	bool has_short;
	uint16_t short_addr;
};
/* Copy neighbour `i` (0..) out; false past the end. Order is stable while none comes or goes. */
bool bootstrap_get(const struct bootstrap *b, size_t i, struct bootstrap_neighbour *n);
/* SSRs accepted so far that secured a link, or found it so. */
uint64_t bootstrap_accepted(const struct bootstrap *b);
uint64_t bootstrap_refusals(const struct bootstrap *b, enum bootstrap_refusal why);
const char *bootstrap_refusal_name(enum bootstrap_refusal why);
const char *link_state_name(enum link_state s);

#endif
