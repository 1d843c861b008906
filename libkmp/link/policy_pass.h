/* SPDX-License-Identifier: ISC */
/* policy_pass: one pass over the kernel's state: what differs from the wanted state and is repaired
 * is counted by kind and logged; what cannot be read or repaired makes the pass fail, and the rest
 * is tried all the same. */
#ifndef KMP_LINK_POLICY_PASS_H
#define KMP_LINK_POLICY_PASS_H

#include "link/policy.h"

struct policy_pass {
	struct policy *p;
	bool is_change; /* made for a wanted change: what differs is no drift and is not counted,
			   but for the counters of senders */
	bool looked;    /* whether the programs are attached */
	bool blind;     /* they were not, now or lately: frames came that they have not judged */
	int repairs, err;
};

/* The first pass after one that found the programs away is blind as well: that one had read some
 * counters before they were attached again. */
struct policy_pass policy_pass_begin(struct policy *p, bool is_change);
/* The pass ends before it could look at senders' counters: the next one is as blind. */
void policy_pass_cut_off(struct policy_pass *pass);

/* Have the programs attached, asked for once a pass. */
void policy_pass_programs(struct policy_pass *pass);

/* Something differs and has been (err 0) or could not be repaired. */
void policy_pass_repaired(struct policy_pass *pass, enum policy_drift kind, const struct eui64 *eui,
			  int err, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A list could not be read (err < 0): nothing can be said about it. Returns true if so. */
bool policy_pass_unreadable(struct policy_pass *pass, int err, const char *why);

#endif
