/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer_ip_in: what lowpanN passes up. wpanN has told by the mark how the packet came; from here
 * on it only says secured or unsecured. */
#ifndef KMP_LINK_BPF_BSLAYER_IP_IN_H
#define KMP_LINK_BPF_BSLAYER_IP_IN_H

#include "bslayer_nd.bpf.h"

/* The EUI-64 of a link-local source, else 0: a reassembled packet does not have its frames'
 * source any more. */
static __always_inline __u64 ip_source_eui(struct __sk_buff *skb, const struct bslayer_config *c)
{
	__u8 src[16];

	if (ip_load(skb, IP_SOURCE, src, sizeof(src)) || src[0] != 0xfe || src[1] != 0x80)
		return 0;
	return iid_eui(c, src + 8);
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
	       sender_mark(ip_source_eui(skb, c)) != skb->mark;
}

/* The type of a neighbour discovery message, else 0. */
static __always_inline __u8 ip_nd_type(struct __sk_buff *skb)
{
	__u8 next, type;

	if (ip_load(skb, 6, &next, 1) || next != IP_PROTO_ICMPV6 ||
	    ip_load(skb, IP_HEADER_LEN, &type, 1) || !icmp_is_nd(type))
		return 0;
	return type;
}

static __always_inline int ip_ingress_secured(struct __sk_buff *skb, const struct bslayer_config *c)
{
	__u8 type = ip_nd_type(skb);
	__u64 eui = 0;

	if (ip_is_foreign_ssr(skb, c)) {
		count(BSLAYER_N_IP_SSR_SENDER);
		return TC_ACT_SHOT;
	}
	if (type && nd_options(skb, type, &eui)) {
		count(BSLAYER_N_IP_MALFORMED);
		return TC_ACT_SHOT;
	}
	skb->mark = LINK_MARK_RX_SECURED;
	return TC_ACT_UNSPEC;
}

/* The fate of an unsecured packet: IP_OPEN, or why it is dropped. *eui gets who sent it, if it came
 * over one hop and says so. */
static __always_inline __u32 ip_fate(struct __sk_buff *skb, const struct bslayer_config *c,
				     __u64 *eui)
{
	__u32 class = ip_class(skb, c);
	__u8 type = ip_nd_type(skb);
	__u32 why = type ? nd_forged(skb, c, type) : 0;

	if (class == BSLAYER_N_IP_RATE && bucket_take(BUCKET_COAP, c->coap_rate, c->coap_burst))
		class = BSLAYER_N_IP_OPEN;
	if (why)
		return why;
	if (type && nd_options(skb, type, eui))
		return BSLAYER_N_IP_MALFORMED;
	if (!*eui)
		*eui = ip_source_eui(skb, c);
	return class;
}

/* Who sends from a short address is known to wpan ingress only once it is bound. Until then, what
 * it says of itself here is worth as much as the source of a clear frame: it is heard. */
static __always_inline void ip_tell(struct __sk_buff *skb, __u64 eui, bool stranger, __u32 fate)
{
	struct bslayer_event e = {.eui = eui, .reason = fate, .len = skb->len};
	const struct bslayer_neighbour *n = bpf_map_lookup_elem(&neighbours, &eui);

	if (stranger && eui && !(n && n->secured) && heard_due(eui, n)) {
		e.type = BSLAYER_EV_HEARD;
		event_send(&e);
	}
	if (fate != BSLAYER_N_IP_OPEN && refused_due()) {
		e.type = BSLAYER_EV_REFUSED;
		event_send(&e);
	}
}

static __always_inline int ip_ingress(struct __sk_buff *skb)
{
	const struct bslayer_config *c = config_get();
	__u64 eui = 0;
	bool stranger;
	__u32 fate;

	if (!c)
		return TC_ACT_SHOT;
	/* Multicast of this node itself comes by here too, and is none of the radio's. */
	if (skb->pkt_type == PACKET_LOOPBACK)
		return TC_ACT_UNSPEC;
	if ((skb->mark & LINK_MARK_SENDER_MASK) == LINK_MARK_RX_SENDER)
		return ip_ingress_secured(skb, c);
	stranger = skb->mark == LINK_MARK_RX_STRANGER;
	skb->mark = LINK_MARK_RX_UNSECURED;
	fate = ip_fate(skb, c, &eui);
	count(fate);
	ip_tell(skb, eui, stranger, fate);
	return fate == BSLAYER_N_IP_OPEN ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

#endif
