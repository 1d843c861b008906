/* SPDX-License-Identifier: ISC */
/* policy_short: whose the short addresses are, in the map of the bootstrap layer and in the
 * kernel's devices, which verifies a frame of a short address with the EUI-64 of its holder. */
#ifndef KMP_LINK_POLICY_SHORT_H
#define KMP_LINK_POLICY_SHORT_H

#include "link/policy_pass.h"
#include "link/policy_sync.h"

/* The map: those of neighbours and no others. */
void policy_short_sync(struct policy_pass *pass);

/* Is that what the neighbour has? `short_addr` may be LLSEC_NO_SHORT. */
bool policy_short_is(const struct policy_neighbour *n, uint16_t pan_id, uint16_t short_addr);

/* After one changed, both tables. 0 or the first -errno. */
int policy_short_apply(struct policy *p);

#endif
