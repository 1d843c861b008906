/* SPDX-License-Identifier: ISC */
/* bootstrap_impl: what the two halves of bootstrap share: the list of neighbours (bootstrap.c) and
 * the machine of one link (bootstrap_link.c). */
#ifndef KMP_LINK_BOOTSTRAP_IMPL_H
#define KMP_LINK_BOOTSTRAP_IMPL_H

#include "link/bootstrap.h"

enum sent_ssr { SENT_NONE, SENT_ASKING, SENT_ANSWERING };

struct neighbour {
	struct bootstrap *b;
	bool used;
	struct eui64 eui;
	bool has_short;
	uint16_t short_addr;
	struct fsm link;
	struct evl_timer *ssr_due; /* repetition or refresh */
	struct evl_timer *expiry;  /* of the registration, or of what is known of it if unsecured */
	uint64_t seed;             /* of the jitter */
	enum sent_ssr last_sent;
	uint64_t last_sent_ms;
	uint32_t ssr_tries;
	uint64_t heard_ms, expires_ms;
	bool proven; /* its link was secured once */
};

struct bootstrap {
	struct evl *evl;
	struct eui64 own;
	bool has_short;
	uint16_t short_addr;
	struct bootstrap_ops ops;
	bool keyed;
	bool full; /* of neighbours with secured links, which was said */
	uint64_t accepted, refusals[BOOTSTRAP_REFUSALS]; /* SSRs */
	uint64_t asked_until_ms; /* the token bucket: when all SSRs so far are paid for */
	struct neighbour neighbours[BOOTSTRAP_MAX_NEIGHBOURS];
};

/* Ask a neighbour that is not secured, if this node has keys. */
void bootstrap_link_ask(struct neighbour *n, const char *reason);

/* Did it get an answer so lately that another would be too soon? */
bool bootstrap_link_answered(const struct neighbour *n);

#endif
