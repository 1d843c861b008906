/* SPDX-License-Identifier: ISC */
/* policy_dev: the senders that the kernel accepts secured frames from, each with an entry for every
 * key it may send under (device key mode "restrict"): so a sender has a receive counter for each
 * key and may start its counter again under a new one.
 *
 * The kernel moves such a counter before it has verified the frame (net/mac802154/llsec.c), so that
 * a forged frame can push it; the counters of the bootstrap layer, which sees authenticated frames
 * alone, are the true ones. */
#ifndef KMP_LINK_POLICY_DEV_H
#define KMP_LINK_POLICY_DEV_H

#include "link/policy_pass.h"

/* The devices: all neighbours and no others. */
void policy_dev_sync(struct policy_pass *pass);

/* Their entries for keys, with their counters. The keys must be there. */
void policy_dev_sync_keys(struct policy_pass *pass);

/* One device with its entries for keys. Return 0, also if it is there (or gone) already, or
 * -errno. */
int policy_dev_add(struct policy *p, const struct eui64 *eui);
int policy_dev_del(struct policy *p, const struct eui64 *eui);

#endif
