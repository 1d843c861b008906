/* SPDX-License-Identifier: ISC */
/* nl802154_proto: the numbers of the kernel's generic netlink family "nl802154" that nl802154 uses.
 * The kernel keeps them stable but does not export them (include/net/nl802154.h there). */
#ifndef KMP_LINK_NL802154_PROTO_H
#define KMP_LINK_NL802154_PROTO_H

#define NL802154_FAMILY  "nl802154"
#define NL802154_VERSION 1

enum nl802154_cmd {
	NL802154_CMD_GET_PHY = 1,
	NL802154_CMD_GET_INTERFACE = 5,
	NL802154_CMD_SET_CHANNEL = 9,
	NL802154_CMD_SET_PAN_ID = 10,
	NL802154_CMD_SET_SHORT_ADDR = 11
};

enum nl802154_attr {
	NL802154_ATTR_PHY = 1,            /* u32 */
	NL802154_ATTR_IFINDEX = 3,        /* u32 */
	NL802154_ATTR_PAGE = 7,           /* u8 */
	NL802154_ATTR_CHANNEL = 8,        /* u8 */
	NL802154_ATTR_PAN_ID = 9,         /* u16, little-endian */
	NL802154_ATTR_SHORT_ADDR = 10,    /* u16, little-endian */
	NL802154_ATTR_EXTENDED_ADDR = 23, /* u64, little-endian */
	NL802154_ATTR_MAX = 23
};

#endif
