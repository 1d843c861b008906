/* SPDX-License-Identifier: ISC */
#include "link/bsreq_sock.h"

#include "base/log.h"
#include "link/bpf/bslayer_maps.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SO_RCVMARK
#define SO_RCVMARK 75 /* Linux 5.19 */
#endif

#define MAX_BATCH 32 /* packets read before other descriptors get their turn */

struct bsreq_sock {
	int fd;         /* the kernel makes the IPv6 header and the checksum */
	int forward_fd; /* we make both */
	uint8_t icmp_type;
	struct evl_fd *watch;
	bsreq_fn fn;
	void *arg;
	uint64_t malformed;
};

/* --- opening --- */

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int open_raw(int protocol)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	return fd < 0 ? -errno : fd;
}

static int bind_to_device(int fd, const char *ifname)
{
	size_t len = strlen(ifname);

	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname, (socklen_t)len) < 0 ? -errno : 0;
}

static int let_pass(int fd, uint8_t icmp_type)
{
	struct icmp6_filter filter;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(icmp_type, &filter);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0)
		return -errno;
	return 0;
}

/* The filter comes first: until it is there the socket takes every ICMPv6 message. */
static int set_up(int fd, const char *ifname, uint8_t icmp_type)
{
	int r = let_pass(fd, icmp_type);

	if (r == 0)
		r = set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	if (r == 0)
		r = set_int(fd, SOL_SOCKET, SO_RCVMARK, 1);
	if (r == 0)
		r = set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, BSREQ_HOP_LIMIT);
	if (r == 0 && ifname)
		r = bind_to_device(fd, ifname);
	return r;
}

/* The name of the VRF that an interface is in, false if it is in none. */
static bool vrf_of(struct nl_sock *nl, const char *ifname, char vrf[IFNAMSIZ])
{
	struct rtnl_link *link = NULL, *master = NULL;
	bool found = false;

	if (rtnl_link_get_kernel(nl, 0, ifname, &link) == 0 && rtnl_link_get_master(link) > 0 &&
	    rtnl_link_get_kernel(nl, rtnl_link_get_master(link), NULL, &master) == 0) {
		const char *type = rtnl_link_get_type(master);
		found = type && strcmp(type, "vrf") == 0;
		if (found)
			snprintf(vrf, IFNAMSIZ, "%s", rtnl_link_get_name(master));
	}
	rtnl_link_put(master);
	rtnl_link_put(link);
	return found;
}

/* What is forwarded leaves by another interface than the mesh's, but by the routes of its VRF. */
static int bind_to_vrf_of(int fd, const char *ifname)
{
	struct nl_sock *nl = nl_socket_alloc();
	char vrf[IFNAMSIZ];
	int r = 0;

	if (!nl)
		return -ENOMEM;
	if (nl_connect(nl, NETLINK_ROUTE) < 0)
		r = -EIO;
	else if (vrf_of(nl, ifname, vrf))
		r = bind_to_device(fd, vrf);
	nl_socket_free(nl);
	return r;
}

static int open_forward(const char *ifname)
{
	int fd = open_raw(IPPROTO_RAW), r;

	if (fd < 0)
		return fd;
	r = set_int(fd, IPPROTO_IPV6, IPV6_HDRINCL, 1);
	if (r == 0 && ifname)
		r = bind_to_vrf_of(fd, ifname);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* --- receiving --- */

/* Take interface, destination and mark from what the kernel says beside the octets. */
static bool read_control(struct msghdr *msg, struct bsreq_packet *p)
{
	bool found = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			p->dst = info.ipi6_addr;
			p->ifindex = info.ipi6_ifindex;
			found = true;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_MARK) {
			memcpy(&p->mark, CMSG_DATA(c), sizeof(p->mark));
		}
	}
	return found;
}

/* Read and hand on one packet; false once there is none. */
static bool read_packet(struct bsreq_sock *s)
{
	uint8_t octets[BSREQ_MAX_LEN];
	struct iovec iov = {.iov_base = octets, .iov_len = sizeof(octets)};
	_Alignas(struct cmsghdr) uint8_t
		control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t))];
	struct sockaddr_in6 from;
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct bsreq_packet p = {.mark = 0};
	ssize_t len = recvmsg(s->fd, &msg, 0);

	if (len < 0)
		return false;
	if (msg.msg_namelen != sizeof(from) || !read_control(&msg, &p) ||
	    bsreq_parse(s->icmp_type, octets, (size_t)len, &p.req) < 0) {
		s->malformed++;
		log_debug("bsreq", NULL, "malformed message of %zd octets", len);
		return true;
	}
	p.src = from.sin6_addr;
	s->fn(&p, s->arg);
	return true;
}

static void on_readable(int fd, void *arg)
{
	struct bsreq_sock *s = arg;
	(void)fd;

	for (unsigned int i = 0; i < MAX_BATCH && read_packet(s); i++)
		;
}

/* --- sending --- */

static void put_control(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (void *)((uint8_t *)msg->msg_control + msg->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

int bsreq_sock_send(struct bsreq_sock *s, const struct bsreq *req, const struct in6_addr *src,
		    const struct in6_addr *dst, unsigned int ifindex)
{
	static const uint32_t mark = LINK_MARK_TX_SECURED;
	uint8_t octets[BSREQ_MAX_LEN];
	_Alignas(struct cmsghdr)
		uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(mark))] =
			{0};
	struct in6_pktinfo info = {.ipi6_addr = src ? *src : in6addr_any, .ipi6_ifindex = ifindex};
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = *dst};
	struct iovec iov = {.iov_base = octets};
	struct msghdr msg = {.msg_name = &to,
			     .msg_namelen = sizeof(to),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control};

	iov.iov_len = bsreq_build(s->icmp_type, req, octets);
	/* The interface goes here, never into sin6_scope_id, which in a VRF is the VRF's. */
	if (src || ifindex > 0)
		put_control(&msg, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	if (req->code == BSREQ_SSR)
		put_control(&msg, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	return sendmsg(s->fd, &msg, 0) < 0 ? -errno : 0;
}

/* --- forwarding --- */

struct forwarded {
	struct ip6_hdr ip;
	uint8_t icmp[BSREQ_MAX_LEN]; /* a JSR: the first BSREQ_LEN */
};

static uint32_t sum_words(uint32_t sum, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)octets[i] << 8 | octets[i + 1];
	return sum;
}

/* RFC 4443 section 2.3, over the pseudo-header of RFC 8200 section 8.1. All lengths are even. */
static uint16_t checksum(const struct forwarded *packet)
{
	uint32_t sum = BSREQ_LEN + IPPROTO_ICMPV6;

	sum = sum_words(sum, packet->ip.ip6_src.s6_addr, sizeof(packet->ip.ip6_src));
	sum = sum_words(sum, packet->ip.ip6_dst.s6_addr, sizeof(packet->ip.ip6_dst));
	sum = sum_words(sum, packet->icmp, BSREQ_LEN);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

int bsreq_sock_forward(struct bsreq_sock *s, const struct bsreq *req, const struct in6_addr *src,
		       const struct in6_addr *dst)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = *dst};
	struct forwarded packet = {
		.ip = {.ip6_flow = htonl(6u << 28), /* version */
		       .ip6_plen = htons(BSREQ_LEN),
		       .ip6_nxt = IPPROTO_ICMPV6,
		       .ip6_hlim = BSREQ_HOP_LIMIT,
		       .ip6_src = *src,
		       .ip6_dst = *dst},
	};
	uint16_t sum;

	bsreq_build(s->icmp_type, req, packet.icmp);
	/* The kernel leaves it alone in a packet with a header of its own, and receivers drop a
	 * wrong one silently. */
	sum = checksum(&packet);
	packet.icmp[2] = (uint8_t)(sum >> 8);
	packet.icmp[3] = (uint8_t)sum;
	if (sendto(s->forward_fd, &packet, sizeof(packet.ip) + BSREQ_LEN, 0, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		return -errno;
	return 0;
}

/* --- life --- */

int bsreq_sock_new(struct bsreq_sock **out, struct evl *evl, const char *ifname, uint8_t icmp_type,
		   bsreq_fn fn, void *arg)
{
	struct bsreq_sock *s = malloc(sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct bsreq_sock){.forward_fd = -1, .icmp_type = icmp_type, .fn = fn, .arg = arg};
	r = s->fd = open_raw(IPPROTO_ICMPV6);
	if (r >= 0)
		r = set_up(s->fd, ifname, icmp_type);
	if (r >= 0)
		r = s->forward_fd = open_forward(ifname);
	if (r >= 0) {
		s->watch = evl_fd_new(evl, s->fd, on_readable, s);
		r = s->watch ? 0 : -ENOMEM;
	}
	if (r < 0) {
		bsreq_sock_free(s);
		return r;
	}
	*out = s;
	return 0;
}

void bsreq_sock_free(struct bsreq_sock *s)
{
	if (!s)
		return;
	evl_fd_free(s->watch);
	if (s->forward_fd >= 0)
		close(s->forward_fd);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

uint64_t bsreq_sock_malformed(const struct bsreq_sock *s)
{
	return s->malformed;
}
