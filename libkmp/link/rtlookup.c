/* SPDX-License-Identifier: ISC */
#include "link/rtlookup.h"

#include "link/nlxfer.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stddef.h>

#define ADDR_BITS 128

/* A VRF is asked for by naming it as the interface to leave by. NULL without memory. */
static struct nl_msg *request(unsigned int vrf, const struct in6_addr *dst)
{
	const struct rtmsg route = {.rtm_family = AF_INET6, .rtm_dst_len = ADDR_BITS};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, 0);

	if (!msg || nlmsg_append(msg, (void *)&route, sizeof(route), NLMSG_ALIGNTO) ||
	    nla_put(msg, RTA_DST, sizeof(*dst), dst) || (vrf && nla_put_u32(msg, RTA_OIF, vrf))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* Of several next hops the kernel has chosen one. */
static void on_route(struct nlmsghdr *answer, void *arg)
{
	struct nlattr *attr[RTA_MAX + 1];
	const struct rtmsg *route = nlmsg_data(answer);
	unsigned int *ifindex = arg;

	if (answer->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(answer, (int)sizeof(*route), attr, RTA_MAX, NULL))
		return;
	if (route->rtm_type == RTN_UNICAST && attr[RTA_OIF] &&
	    nla_len(attr[RTA_OIF]) == sizeof(uint32_t))
		*ifindex = nla_get_u32(attr[RTA_OIF]);
}

/* Does the error say that there is no way? Beside "no route" those of the types unreachable,
 * prohibit and blackhole, in this order (ip6_rt_type_to_error() in the kernel's net/ipv6/route.c).
 */
static bool no_way(int err)
{
	static const int errors[] = {-ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (err == errors[i])
			return true;
	return false;
}

int rtlookup(unsigned int vrf, const struct in6_addr *dst, unsigned int *ifindex)
{
	struct nl_sock *sock = nlxfer_connect(NETLINK_ROUTE);
	int err;

	*ifindex = 0;
	if (!sock)
		return -EIO;
	err = nlxfer(sock, request(vrf, dst), on_route, ifindex);
	nl_socket_free(sock);
	return no_way(err) ? 0 : err;
}
