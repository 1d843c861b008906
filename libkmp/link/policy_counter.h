/* SPDX-License-Identifier: ISC */
/* policy_counter: the outgoing frame counter of the kernel, below it what is reserved in the store,
 * and the budget of the bootstrap layer that keeps it so. */
#ifndef KMP_LINK_POLICY_COUNTER_H
#define KMP_LINK_POLICY_COUNTER_H

#include "link/policy_pass.h"

/* What has left, or was paid for and may be leaving, is below this. */
uint32_t policy_counter_floor(const struct policy *p);

/* Counter and budget: neither back nor beyond what is reserved. */
void policy_counter_sync(struct policy_pass *pass);

#endif
