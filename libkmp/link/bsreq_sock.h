/* SPDX-License-Identifier: ISC */
/* bsreq_sock: the raw ICMPv6 socket for Bootstrap Requests. Tells for each packet the interface,
 * both addresses and the mark that the bootstrap layer gave it (secured or not), and sends SSRs
 * with the egress mark that has them leave secured whatever the link state is. */
#ifndef KMP_LINK_BSREQ_SOCK_H
#define KMP_LINK_BSREQ_SOCK_H

#include "base/evl.h"
#include "link/bsreq_msg.h"

#include <netinet/in.h>

struct bsreq_sock;

struct bsreq_packet {
	struct bsreq req;
	struct in6_addr src, dst;
	unsigned int ifindex; /* interface it came in on */
	uint32_t mark; /* LINK_MARK_* of link/bpf/bslayer_maps.h, or 0 on interfaces without it */
};

typedef void (*bsreq_fn)(const struct bsreq_packet *p, void *arg);

/* Open (CAP_NET_RAW). `ifname` binds it to one interface (needed inside a VRF); NULL: all.
 * Malformed messages are counted, not passed; `fn` must not free the socket. Returns 0 and *s or
 * -errno. */
int bsreq_sock_new(struct bsreq_sock **s, struct evl *evl, const char *ifname, uint8_t icmp_type,
		   bsreq_fn fn, void *arg);
void bsreq_sock_free(struct bsreq_sock *s);
uint64_t bsreq_sock_malformed(const struct bsreq_sock *s);

/* Send to `dst` through `ifindex` (0: by route), hop limit 64, from `src` (NULL: the kernel
 * chooses). An SSR carries the egress mark LINK_MARK_TX_SECURED. Returns 0 or -errno. */
int bsreq_sock_send(struct bsreq_sock *s, const struct bsreq *req, const struct in6_addr *src,
		    const struct in6_addr *dst, unsigned int ifindex);

/* Forward a JSR: the same, but with the foreign source address kept (IPV6_HDRINCL), and by the
 * node's routes whatever interface the socket is bound to (those of the VRF if that is in one). */
int bsreq_sock_forward(struct bsreq_sock *s, const struct bsreq *req, const struct in6_addr *src,
		       const struct in6_addr *dst);

#endif
