/* SPDX-License-Identifier: ISC */
#include "link/neightab.h"

#include "link/nlxfer.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>

struct each {
	unsigned int ifindex;
	void (*fn)(void *arg, const struct eui64 *eui);
	void *arg;
};

static void on_entry(struct nlmsghdr *answer, void *arg)
{
	struct nlattr *attr[NDA_MAX + 1];
	const struct each *each = arg;
	const struct ndmsg *entry = nlmsg_data(answer);
	struct eui64 eui;

	if (answer->nlmsg_type != RTM_NEWNEIGH ||
	    nlmsg_parse(answer, (int)sizeof(*entry), attr, NDA_MAX, NULL))
		return;
	if (entry->ndm_ifindex != (int)each->ifindex || !(entry->ndm_state & NUD_PERMANENT) ||
	    !attr[NDA_LLADDR] || nla_len(attr[NDA_LLADDR]) != sizeof(eui.b))
		return;
	memcpy(eui.b, nla_data(attr[NDA_LLADDR]), sizeof(eui.b));
	each->fn(each->arg, &eui);
}

int neightab_each(unsigned int ifindex, void (*fn)(void *arg, const struct eui64 *eui), void *arg)
{
	const struct ndmsg all = {.ndm_family = AF_INET6};
	struct each each = {ifindex, fn, arg};
	struct nl_sock *sock = nlxfer_connect(NETLINK_ROUTE);
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETNEIGH, NLM_F_DUMP);
	int err = -ENOMEM;

	if (sock && msg && !nlmsg_append(msg, (void *)&all, sizeof(all), NLMSG_ALIGNTO))
		err = nlxfer(sock, msg, on_entry, &each);
	else
		nlmsg_free(msg);
	nl_socket_free(sock);
	return err;
}

/* A request about the link-local address of `eui`, NULL without memory. */
static struct nl_msg *request(int type, int flags, unsigned int ifindex, uint16_t state,
			      const struct eui64 *eui)
{
	const struct in6_addr addr = eui64_link_local(eui);
	const struct ndmsg entry = {
		.ndm_family = AF_INET6, .ndm_ifindex = (int)ifindex, .ndm_state = state};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (!msg || nlmsg_append(msg, (void *)&entry, sizeof(entry), NLMSG_ALIGNTO) ||
	    nla_put(msg, NDA_DST, sizeof(addr), &addr) ||
	    (state && nla_put(msg, NDA_LLADDR, sizeof(eui->b), eui->b))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static void on_state(struct nlmsghdr *answer, void *arg)
{
	uint16_t *state = arg;

	if (nlmsg_datalen(answer) >= (int)sizeof(struct ndmsg))
		*state = ((const struct ndmsg *)nlmsg_data(answer))->ndm_state;
}

int neightab_add(unsigned int ifindex, const struct eui64 *eui)
{
	struct nl_sock *sock = nlxfer_connect(NETLINK_ROUTE);
	uint16_t state = NUD_NONE;
	int err = sock ? 0 : -EIO;

	if (!err)
		err = nlxfer(sock, request(RTM_GETNEIGH, 0, ifindex, 0, eui), on_state, &state);
	if (err == -ENOENT)
		err = 0;
	if (!err && !(state & ~(NUD_INCOMPLETE | NUD_FAILED)))
		err = nlxfer(sock,
			     request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifindex,
				     NUD_REACHABLE, eui),
			     NULL, NULL);
	nl_socket_free(sock);
	return err;
}
