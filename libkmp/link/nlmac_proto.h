/* SPDX-License-Identifier: ISC */
/* nlmac_proto: the numbers of the kernel's generic netlink family "802.15.4 MAC" that llsec uses.
 * The kernel does not export them (include/linux/nl802154.h there is not part of its user-space
 * headers); they have not changed since Linux 3.16 and new ones are only appended. */
#ifndef KMP_LINK_NLMAC_PROTO_H
#define KMP_LINK_NLMAC_PROTO_H

#define NLMAC_FAMILY  "802.15.4 MAC"
#define NLMAC_VERSION 1

enum nlmac_cmd {
	NLMAC_CMD_GET_PARAMS = 36,
	NLMAC_CMD_SET_PARAMS,
	NLMAC_CMD_LIST_KEY,
	NLMAC_CMD_ADD_KEY,
	NLMAC_CMD_DEL_KEY,
	NLMAC_CMD_LIST_DEV,
	NLMAC_CMD_ADD_DEV,
	NLMAC_CMD_DEL_DEV,
	NLMAC_CMD_LIST_DEVKEY,
	NLMAC_CMD_ADD_DEVKEY,
	NLMAC_CMD_DEL_DEVKEY,
	NLMAC_CMD_LIST_SECLEVEL,
	NLMAC_CMD_ADD_SECLEVEL,
	NLMAC_CMD_DEL_SECLEVEL,
};

enum nlmac_attr {
	NLMAC_ATTR_DEV_NAME = 1,   /* string */
	NLMAC_ATTR_SHORT_ADDR = 4, /* u16, host order */
	NLMAC_ATTR_HW_ADDR = 5,    /* 8 octets, canonical order */
	NLMAC_ATTR_PAN_ID = 6,     /* u16, host order */

	NLMAC_ATTR_ENABLED = 41,        /* u8, and so on to KEY_MODE */
	NLMAC_ATTR_SECLEVEL,            /* outgoing level */
	NLMAC_ATTR_KEY_MODE,            /* of a key id */
	NLMAC_ATTR_KEY_SOURCE_SHORT,    /* u32, host order */
	NLMAC_ATTR_KEY_SOURCE_EXTENDED, /* 8 octets, canonical order */
	NLMAC_ATTR_KEY_ID,              /* u8: key index */
	NLMAC_ATTR_FRAME_COUNTER,       /* u32, host order */
	NLMAC_ATTR_KEY_BYTES,           /* 16 octets */
	NLMAC_ATTR_KEY_FRAME_TYPES,     /* u8: bit set of frame types */
	NLMAC_ATTR_KEY_COMMANDS,        /* bit set of 256 commands */
	NLMAC_ATTR_FRAME_TYPE,          /* u8 */
	NLMAC_ATTR_COMMAND,             /* u8 */
	NLMAC_ATTR_SECLEVELS,           /* u8: bit set of levels */
	NLMAC_ATTR_DEV_OVERRIDE,        /* u8: of a level; of a device the same means "exempt" */
	NLMAC_ATTR_DEV_KEY_MODE,        /* u8: 0 one counter a device, 1 only under the keys that
					   ADD_DEVKEY named, 2 those are recorded */
	NLMAC_ATTR_MAX = 56
};

#define NLMAC_FRAME_DATA 1 /* frame type, IEEE 802.15.4 table 79 */

#endif
