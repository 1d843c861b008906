/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer_ip: what a whole IPv6 packet may be that came in, or leaves, unsecured: what a node needs
 * that has no keys yet, and routing (draft-kumar-6lo-selective-bootstrap sections 3 and 8). */
#ifndef KMP_LINK_BPF_BSLAYER_IP_H
#define KMP_LINK_BPF_BSLAYER_IP_H

#include "bslayer_coap.bpf.h"
#include "bslayer_state.bpf.h"

#include <bpf/bpf_endian.h>
#include <linux/in.h>

#define IP_HEADER_LEN     40
#define IP_SOURCE         8 /* offset */
#define IP_PROTO_HOPOPTS  0
#define IP_PROTO_UDP      17
#define IP_PROTO_ROUTING  43
#define IP_PROTO_FRAGMENT 44
#define IP_PROTO_AH       51
#define IP_PROTO_ICMPV6   58
#define IP_PROTO_DSTOPTS  60

#define ICMP_RS       133 /* RFC 4861 section 4 */
#define ICMP_RA       134
#define ICMP_NS       135
#define ICMP_NA       136
#define ICMP_REDIRECT 137

#define BOOTSTRAP_REQUEST_SSR 2 /* code, draft-kumar-6lo-selective-bootstrap section 5.3.1 */

#define PORT_DNS  53
#define PORT_PANA 716
#define PORT_MDNS 5353
#define PORT_COAP 5683

#define UDP_HEADER_LEN 8

/* Where the answer to a request from an ephemeral port goes: within Linux's range, so that a
 * well-known source port does not open every service of the receiver. */
#define PORT_EPHEMERAL_FIRST 32768
#define PORT_EPHEMERAL_LAST  60999

/* Octets of the whole packet, which is the datagram_size of its fragments. */
static __always_inline __u32 ip_len(struct __sk_buff *skb)
{
	__be16 payload_len = 0;

	ip_load(skb, 4, &payload_len, sizeof(payload_len));
	return IP_HEADER_LEN + bpf_ntohs(payload_len);
}

static __always_inline bool icmp_is_nd(__u8 type)
{
	return type >= ICMP_RS && type <= ICMP_REDIRECT;
}

/* The following say BSLAYER_N_IP_OPEN; BSLAYER_N_IP_RATE for a look-up, of which only so many a
 * second may come in; or why the packet may not be unsecured. */
static __always_inline __u32 ip_class_icmp(struct __sk_buff *skb, const struct bslayer_config *c,
					   __u32 at)
{
	__u8 type;

	if (ip_load(skb, at, &type, 1))
		return BSLAYER_N_IP_MALFORMED;
	if (icmp_is_nd(type) && at != IP_HEADER_LEN)
		return BSLAYER_N_IP_EXTENSION;
	if ((type >= 1 && type <= 4) ||   /* errors, RFC 4443 */
	    icmp_is_nd(type) ||           /* neighbour discovery, RFC 4861 */
	    type == 155 ||                /* RPL, RFC 6550 */
	    type == 157 || type == 158 || /* duplicate address request, RFC 6775 */
	    type == c->icmp_type)
		return BSLAYER_N_IP_OPEN;
	return BSLAYER_N_IP_ICMP_TYPE;
}

static __always_inline bool ip_port_open(const struct bslayer_config *c, __u16 port)
{
	return port == PORT_DNS || port == PORT_MDNS || port == PORT_PANA ||
	       (c->dtls_port && port == c->dtls_port) ||
	       (c->routing_port && port == c->routing_port);
}

static __always_inline __u32 ip_class_udp(struct __sk_buff *skb, const struct bslayer_config *c,
					  __u32 at)
{
	__be16 ports[2];
	__u16 src, dst;

	if (ip_load(skb, at, ports, sizeof(ports)))
		return BSLAYER_N_IP_MALFORMED;
	src = bpf_ntohs(ports[0]);
	dst = bpf_ntohs(ports[1]);
	if (ip_port_open(c, dst))
		return BSLAYER_N_IP_OPEN;
	at += UDP_HEADER_LEN;
	if (dst == PORT_COAP)
		return coap_is_lookup(skb, at) ? BSLAYER_N_IP_RATE : BSLAYER_N_IP_RESOURCE;
	if (dst < PORT_EPHEMERAL_FIRST || dst > PORT_EPHEMERAL_LAST)
		return BSLAYER_N_IP_PORT;
	if (ip_port_open(c, src))
		return BSLAYER_N_IP_OPEN;
	if (src != PORT_COAP)
		return BSLAYER_N_IP_PORT;
	return coap_is_answer(skb, at) ? BSLAYER_N_IP_RATE : BSLAYER_N_IP_RESOURCE;
}

static __always_inline bool ip_is_extension(__u8 next)
{
	return next == IP_PROTO_HOPOPTS || next == IP_PROTO_ROUTING || next == IP_PROTO_FRAGMENT ||
	       next == IP_PROTO_AH || next == IP_PROTO_DSTOPTS;
}

/* A hop-by-hop header may come first (RPL's option, router alert); no other extension header may be
 * there: a fragment hides its ports, a routing header its destination. */
static __always_inline __u32 ip_class(struct __sk_buff *skb, const struct bslayer_config *c)
{
	__u8 version, next, hop[2];
	__u32 at = IP_HEADER_LEN;

	if (ip_load(skb, 0, &version, 1) || version >> 4 != 6 || ip_load(skb, 6, &next, 1))
		return BSLAYER_N_IP_MALFORMED;
	if (next == IP_PROTO_HOPOPTS) {
		if (ip_load(skb, at, hop, 2))
			return BSLAYER_N_IP_MALFORMED;
		next = hop[0];
		at += (hop[1] + 1) * 8;
	}
	if (ip_is_extension(next))
		return BSLAYER_N_IP_EXTENSION;
	if (next == IP_PROTO_ICMPV6)
		return ip_class_icmp(skb, c, at);
	if (next == IP_PROTO_UDP)
		return ip_class_udp(skb, c, at);
	if (c->routing_protocol && next == c->routing_protocol)
		return BSLAYER_N_IP_OPEN;
	return BSLAYER_N_IP_PROTOCOL;
}

#endif
