/* SPDX-License-Identifier: ISC */
#include "link/nl802154.h"

#include "link/nl802154_proto.h"
#include "link/nlxfer.h"

#include <endian.h>
#include <errno.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

struct nl802154 {
	struct nl_sock *sock;
	int family;
};

int nl802154_new(struct nl802154 **out)
{
	struct nl802154 *h = calloc(1, sizeof(*h));
	int err;

	*out = NULL;
	if (!h)
		return -ENOMEM;
	h->sock = nlxfer_open(NL802154_FAMILY, &h->family);
	if (!h->sock) {
		err = h->family;
		free(h);
		return err;
	}
	*out = h;
	return 0;
}

void nl802154_free(struct nl802154 *h)
{
	if (!h)
		return;
	nl_socket_free(h->sock);
	free(h);
}

static struct nl_msg *request(struct nl802154 *h, enum nl802154_cmd cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg)
		genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, h->family, 0, 0, (uint8_t)cmd,
			    NL802154_VERSION);
	return msg;
}

static const struct nla_policy answer_policy[NL802154_ATTR_MAX + 1] = {
	[NL802154_ATTR_PHY] = {.type = NLA_U32},
	[NL802154_ATTR_IFINDEX] = {.type = NLA_U32},
	[NL802154_ATTR_PAGE] = {.type = NLA_U8},
	[NL802154_ATTR_CHANNEL] = {.type = NLA_U8},
	[NL802154_ATTR_PAN_ID] = {.type = NLA_U16},
	[NL802154_ATTR_SHORT_ADDR] = {.type = NLA_U16},
	[NL802154_ATTR_EXTENDED_ADDR] = {.minlen = 8, .maxlen = 8},
};

static void on_interface(struct nlmsghdr *answer, void *arg)
{
	struct nlattr *attr[NL802154_ATTR_MAX + 1];
	struct nl802154_info *info = arg;

	if (genlmsg_parse(answer, 0, attr, NL802154_ATTR_MAX, answer_policy))
		return;
	if (attr[NL802154_ATTR_PHY])
		info->phy = nla_get_u32(attr[NL802154_ATTR_PHY]);
	if (attr[NL802154_ATTR_PAN_ID])
		info->pan_id = le16toh(nla_get_u16(attr[NL802154_ATTR_PAN_ID]));
	if (attr[NL802154_ATTR_SHORT_ADDR])
		info->short_addr = le16toh(nla_get_u16(attr[NL802154_ATTR_SHORT_ADDR]));
	if (attr[NL802154_ATTR_EXTENDED_ADDR])
		info->eui = eui64_from_air(nla_data(attr[NL802154_ATTR_EXTENDED_ADDR]));
}

static void on_phy(struct nlmsghdr *answer, void *arg)
{
	struct nlattr *attr[NL802154_ATTR_MAX + 1];
	struct nl802154_info *info = arg;

	if (genlmsg_parse(answer, 0, attr, NL802154_ATTR_MAX, answer_policy))
		return;
	if (attr[NL802154_ATTR_PAGE])
		info->page = nla_get_u8(attr[NL802154_ATTR_PAGE]);
	if (attr[NL802154_ATTR_CHANNEL])
		info->channel = nla_get_u8(attr[NL802154_ATTR_CHANNEL]);
}

int nl802154_get(struct nl802154 *h, unsigned int ifindex, struct nl802154_info *info)
{
	struct nl_msg *msg = request(h, NL802154_CMD_GET_INTERFACE);
	int err;

	memset(info, 0, sizeof(*info));
	if (msg)
		nla_put_u32(msg, NL802154_ATTR_IFINDEX, ifindex);
	err = nlxfer(h->sock, msg, on_interface, info);
	if (err)
		return err;
	msg = request(h, NL802154_CMD_GET_PHY);
	if (msg)
		nla_put_u32(msg, NL802154_ATTR_PHY, info->phy);
	return nlxfer(h->sock, msg, on_phy, info);
}

static int set_u16(struct nl802154 *h, enum nl802154_cmd cmd, enum nl802154_attr attr,
		   unsigned int ifindex, uint16_t value)
{
	struct nl_msg *msg = request(h, cmd);

	if (msg) {
		nla_put_u32(msg, NL802154_ATTR_IFINDEX, ifindex);
		nla_put_u16(msg, (int)attr, htole16(value));
	}
	return nlxfer(h->sock, msg, NULL, NULL);
}

int nl802154_set_pan_id(struct nl802154 *h, unsigned int ifindex, uint16_t pan_id)
{
	return set_u16(h, NL802154_CMD_SET_PAN_ID, NL802154_ATTR_PAN_ID, ifindex, pan_id);
}

int nl802154_set_short_addr(struct nl802154 *h, unsigned int ifindex, uint16_t short_addr)
{
	return set_u16(h, NL802154_CMD_SET_SHORT_ADDR, NL802154_ATTR_SHORT_ADDR, ifindex,
		       short_addr);
}

int nl802154_set_channel(struct nl802154 *h, uint32_t phy, uint8_t page, uint8_t channel)
{
	struct nl_msg *msg = request(h, NL802154_CMD_SET_CHANNEL);

	if (msg) {
		nla_put_u32(msg, NL802154_ATTR_PHY, phy);
		nla_put_u8(msg, NL802154_ATTR_PAGE, page);
		nla_put_u8(msg, NL802154_ATTR_CHANNEL, channel);
	}
	return nlxfer(h->sock, msg, NULL, NULL);
}
