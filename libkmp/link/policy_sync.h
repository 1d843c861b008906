/* SPDX-License-Identifier: ISC */
/* policy_sync: makes the kernel's state the wanted one. What policy wants (policy.c) against what
 * the tables and maps hold. */
#ifndef KMP_LINK_POLICY_SYNC_H
#define KMP_LINK_POLICY_SYNC_H

#include "link/policy.h"

struct policy_neighbour {
	struct eui64 eui;
	bool secured;
	uint16_t pan_id, short_addr; /* LLSEC_NO_SHORT: none */
};

#define POLICY_MAX_DEVKEYS (POLICY_MAX_NEIGHBOURS * POLICY_MAX_KEYS)

struct policy {
	struct llsec *llsec;
	struct bslayer *bsl;
	struct link_key key[POLICY_MAX_KEYS];
	size_t n_keys;
	struct policy_neighbour neighbour[POLICY_MAX_NEIGHBOURS];
	size_t n_neighbours;
	bool all_secured;
	bool has_limit;
	uint32_t seen;  /* highest outgoing counter that the kernel has shown */
	uint32_t limit; /* outgoing counters at or above it are not reserved */
	struct bslayer_counter_entry *counters; /* room for BSLAYER_MAX_COUNTERS */
	struct llsec_devkey *devkey;            /* room for POLICY_MAX_DEVKEYS */
	/* What was authenticated under each neighbour's keys when the kernel's counter was seen a
	 * little ahead of it, and one more; 0: it was not. By place in the lists: what another one
	 * leaves there only has a repair come sooner. */
	uint32_t ahead[POLICY_MAX_NEIGHBOURS][POLICY_MAX_KEYS];
	bool look_again; /* one is ahead */
	bool started;    /* a full pass has begun: the programs are to be ours from then on */
	bool unjudged;   /* frames may have come that the last pass could not know of as unjudged */
	bool forged_said; /* since the last full pass */
	uint64_t drifts[POLICY_N_DRIFTS];
};

struct llsec_key_id policy_key_id(const struct link_key *k);
/* NULL: not wanted. */
const struct link_key *policy_wanted_key(const struct policy *p, const struct llsec_key_id *id);
const struct policy_neighbour *policy_wanted_neighbour(const struct policy *p,
						       const struct eui64 *eui);

/* The whole state; what differed is counted and logged. Returns the number of repairs or the first
 * -errno. */
int policy_sync_all(struct policy *p);

/* After the wanted keys changed: everything that hangs on keys, as a change and not as drift. 0 or
 * the first -errno. */
int policy_sync_keys(struct policy *p);

/* After one neighbour came or changed (`present`), or went. */
int policy_sync_neighbour(struct policy *p, const struct policy_neighbour *n, bool present);

/* Counters only. As policy_sync_all(). */
int policy_sync_counters(struct policy *p);

#endif
