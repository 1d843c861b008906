/* SPDX-License-Identifier: ISC */
/* nl802154: the settings of an 802.15.4 interface (PAN id, short address, page and channel) by the
 * kernel's generic netlink family "nl802154". */
#ifndef KMP_LINK_NL802154_H
#define KMP_LINK_NL802154_H

#include "base/eui64.h"

struct nl802154;

struct nl802154_info {
	uint32_t phy;
	struct eui64 eui;
	uint16_t pan_id, short_addr;
	uint8_t page, channel;
};

/* A socket on the family. 0, or -ENOENT if the kernel lacks it. */
int nl802154_new(struct nl802154 **h);
void nl802154_free(struct nl802154 *h);

/* All take the index of the wpan interface and return 0 or -errno; setting PAN id or short address
 * is -EBUSY while the interface is up. */
int nl802154_get(struct nl802154 *h, unsigned int ifindex, struct nl802154_info *info);
int nl802154_set_pan_id(struct nl802154 *h, unsigned int ifindex, uint16_t pan_id);
int nl802154_set_short_addr(struct nl802154 *h, unsigned int ifindex, uint16_t short_addr);
/* Of the radio `phy` (struct nl802154_info), for all its interfaces. */
int nl802154_set_channel(struct nl802154 *h, uint32_t phy, uint8_t page, uint8_t channel);

#endif
