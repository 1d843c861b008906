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
#define IP_PROTO_HOPOPTS  0
#define IP_PROTO_UDP      17
#define IP_PROTO_ROUTING  43
#define IP_PROTO_FRAGMENT 44
#define IP_PROTO_AH       51
#define IP_PROTO_ICMPV6   58
#define IP_PROTO_DSTOPTS  60

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

/* The following say BSLAYER_N_IP_OPEN; BSLAYER_N_IP_RATE for a look-up, of which only so many a
 * second may come in; or why the packet may not be unsecured. */
static __always_inline __u32 ip_class_icmp(struct __sk_buff *skb, const struct bslayer_config *c,
					   __u32 at)
{
	__u8 type;

	if (ip_load(skb, at, &type, 1))
		return BSLAYER_N_IP_MALFORMED;
	if ((type >= 1 && type <= 4) ||     /* errors, RFC 4443 */
	    (type >= 133 && type <= 137) || /* neighbour discovery, RFC 4861 */
	    type == 155 ||                  /* RPL, RFC 6550 */
	    type == 157 || type == 158 ||   /* duplicate address request, RFC 6775 */
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

/* The EUI-64 of a link-local source, else 0: a reassembled packet does not have its frames'
 * source any more. */
static __always_inline __u64 ip_source_eui(struct __sk_buff *skb)
{
	__u8 src[16], eui[8];
	__u64 out;

	if (ip_load(skb, 8, src, sizeof(src)) || src[0] != 0xfe || src[1] != 0x80)
		return 0;
	for (int i = 0; i < 8; i++)
		eui[i] = src[15 - i];
	eui[7] ^= 2;
	__builtin_memcpy(&out, eui, 8);
	return out;
}

/* An SSR must come from the MAC source that it speaks for (DESIGN, Bootstrap Request). It is one
 * frame, without extension headers, from a link-local source. */
static __always_inline bool ip_is_foreign_ssr(struct __sk_buff *skb, const struct bslayer_config *c)
{
	__u8 next, icmp[2];

	if (ip_load(skb, 6, &next, 1) || next != IP_PROTO_ICMPV6 ||
	    ip_load(skb, IP_HEADER_LEN, icmp, sizeof(icmp)))
		return false;
	return icmp[0] == c->icmp_type && icmp[1] == BOOTSTRAP_REQUEST_SSR &&
	       sender_mark(ip_source_eui(skb)) != skb->mark;
}

static __always_inline int ip_ingress_secured(struct __sk_buff *skb, const struct bslayer_config *c)
{
	if (ip_is_foreign_ssr(skb, c)) {
		count(BSLAYER_N_IP_SSR_SENDER);
		return TC_ACT_SHOT;
	}
	skb->mark = LINK_MARK_RX_SECURED;
	return TC_ACT_UNSPEC;
}

static __always_inline int ip_ingress(struct __sk_buff *skb)
{
	const struct bslayer_config *c = config_get();
	__u32 class;

	if (!c)
		return TC_ACT_SHOT;
	/* Multicast of this node itself comes by here too, and is none of the radio's. */
	if (skb->pkt_type == PACKET_LOOPBACK)
		return TC_ACT_UNSPEC;
	if ((skb->mark & LINK_MARK_SENDER_MASK) == LINK_MARK_RX_SENDER)
		return ip_ingress_secured(skb, c);
	skb->mark = LINK_MARK_RX_UNSECURED;
	class = ip_class(skb, c);
	if (class == BSLAYER_N_IP_RATE && bucket_take(BUCKET_COAP, c->coap_rate, c->coap_burst))
		class = BSLAYER_N_IP_OPEN;
	count(class);
	if (class == BSLAYER_N_IP_OPEN)
		return TC_ACT_UNSPEC;
	if (refused_due()) {
		struct bslayer_event e = {.eui = ip_source_eui(skb),
					  .type = BSLAYER_EV_REFUSED,
					  .reason = class,
					  .len = skb->len};

		event_send(&e);
	}
	return TC_ACT_SHOT;
}

#endif
