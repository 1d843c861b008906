/* SPDX-License-Identifier: ISC */
#include "link/neightab.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/rtnl.h>
#include <netlink/socket.h>
#include <string.h>

struct each {
	unsigned int ifindex;
	void (*fn)(void *arg, const struct eui64 *eui);
	void *arg;
};

static int on_entry(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *head = nlmsg_hdr(msg);
	struct nlattr *attr[NDA_MAX + 1];
	const struct each *each = arg;
	const struct ndmsg *entry;
	struct eui64 eui;

	if (head->nlmsg_type != RTM_NEWNEIGH ||
	    nlmsg_parse(nlmsg_hdr(msg), (int)sizeof(*entry), attr, NDA_MAX, NULL))
		return NL_SKIP;
	entry = nlmsg_data(head);
	if (entry->ndm_ifindex != (int)each->ifindex ||
	    !(entry->ndm_state & (NUD_REACHABLE | NUD_PERMANENT)) || !attr[NDA_LLADDR] ||
	    nla_len(attr[NDA_LLADDR]) != sizeof(eui.b))
		return NL_SKIP;
	memcpy(eui.b, nla_data(attr[NDA_LLADDR]), sizeof(eui.b));
	each->fn(each->arg, &eui);
	return NL_OK;
}

int neightab_each(unsigned int ifindex, void (*fn)(void *arg, const struct eui64 *eui), void *arg)
{
	struct each each = {ifindex, fn, arg};
	struct nl_sock *sock = nl_socket_alloc();
	int err = 0;

	if (!sock)
		return -ENOMEM;
	if (nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_entry, &each) ||
	    nl_connect(sock, NETLINK_ROUTE) ||
	    nl_rtgen_request(sock, RTM_GETNEIGH, AF_INET6, NLM_F_DUMP) < 0 ||
	    nl_recvmsgs_default(sock) < 0)
		err = -EIO;
	nl_socket_free(sock);
	return err;
}

/* The kernel's errno, of those that matter here, in libnl's words. */
static int add_error(int nl_error)
{
	switch (-nl_error) {
	case 0:
	case NLE_EXIST:
		return 0;
	case NLE_PERM:
		return -EPERM;
	case NLE_INVAL:
		return -EINVAL;
	case NLE_NODEV:
	case NLE_OBJ_NOTFOUND:
		return -ENODEV;
	}
	return -EIO;
}

int neightab_add(unsigned int ifindex, const struct eui64 *eui)
{
	struct in6_addr addr = eui64_link_local(eui);
	struct nl_addr *dst = nl_addr_build(AF_INET6, &addr, sizeof(addr));
	struct nl_addr *lladdr = nl_addr_build(AF_LLC, eui->b, sizeof(eui->b));
	struct rtnl_neigh *entry = rtnl_neigh_alloc();
	struct nl_sock *sock = nl_socket_alloc();
	int err = -ENOMEM;

	if (dst && lladdr && entry && sock) {
		rtnl_neigh_set_ifindex(entry, (int)ifindex);
		rtnl_neigh_set_dst(entry, dst);
		rtnl_neigh_set_lladdr(entry, lladdr);
		rtnl_neigh_set_state(entry, NUD_REACHABLE);
		err = nl_connect(sock, NETLINK_ROUTE);
		err = add_error(err ? err : rtnl_neigh_add(sock, entry, NLM_F_CREATE | NLM_F_EXCL));
	}
	nl_socket_free(sock);
	rtnl_neigh_put(entry);
	nl_addr_put(lladdr);
	nl_addr_put(dst);
	return err;
}
