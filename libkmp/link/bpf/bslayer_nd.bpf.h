/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer_nd: what neighbour discovery (RFC 4861) may tell the kernel. It believes who says where
 * an address is, and of which short address (RFC 4944 section 8), and gives up an address of its
 * own for which somebody else speaks (RFC 4862 section 5.4.5); so nobody may say unsecured where
 * this node or a neighbour with a secured link is, and nobody but a neighbour itself, secured, that
 * it has the short address which is bound to it. Other short addresses are hidden from the kernel,
 * which then sends to the EUI-64. */
#ifndef KMP_LINK_BPF_BSLAYER_ND_H
#define KMP_LINK_BPF_BSLAYER_ND_H

#include "bslayer_ip.bpf.h"

#define ND_TARGET      8  /* offset of the target in NA and Redirect */
#define ND_MAX_OPTIONS 24 /* a border router's RA: prefixes, contexts (RFC 6775), DNS, routes */
/* Link-layer address options, RFC 4861 section 4.6.1, and their length in units of 8 octets. */
#define ND_SOURCE_LL   1
#define ND_TARGET_LL   2
#define ND_SHORT_UNITS 1
#define ND_LONG_UNITS  2
#define ND_NO_SHORT    0xffff

#define IID_LEN 8

/* Eight octets in the order of the Internet, in that of the maps. */
static __always_inline __u64 eui_from_net(const __u8 *octets)
{
	__u8 air[IID_LEN];
	__u64 out;

#pragma unroll
	for (int i = 0; i < IID_LEN; i++)
		air[i] = octets[IID_LEN - 1 - i];
	__builtin_memcpy(&out, air, sizeof(out));
	return out;
}

/* Whose short address is that, two octets in the order of the Internet? 0: nobody's. */
static __always_inline __u64 short_eui(const struct bslayer_config *c, const __u8 *octets)
{
	__u8 air[2] = {octets[1], octets[0]};
	struct bslayer_short s = {.pan_id = c->pan_id};
	const __u64 *eui;

	__builtin_memcpy(&s.short_addr, air, sizeof(air));
	if (s.short_addr == c->short_addr)
		return c->eui;
	eui = bpf_map_lookup_elem(&shorts, &s);
	return eui ? *eui : 0;
}

/* Is it made of a short address (RFC 4944 section 6): PAN id or zeroes, 00ff:fe00, address? Linux
 * gives itself link-local addresses with both. */
static __always_inline bool iid_is_short(const struct bslayer_config *c, const __u8 *iid)
{
	__u8 pan[2];

	if (iid[2] || iid[3] != 0xff || iid[4] != 0xfe || iid[5])
		return false;
	__builtin_memcpy(pan, &c->pan_id, sizeof(pan)); /* lower octet first */
	return (!iid[0] && !iid[1]) || (iid[0] == (pan[1] & ~2) && iid[1] == pan[0]);
}

/* The EUI-64 of an interface identifier (RFC 4944 section 6), 0 for one of a short address that is
 * bound to nobody. */
static __always_inline __u64 iid_eui(const struct bslayer_config *c, __u8 *iid)
{
	if (iid_is_short(c, iid))
		return short_eui(c, iid + 6);
	iid[0] ^= 2; /* universal/local bit */
	return eui_from_net(iid);
}

/* The address at `at` in the packet: why nobody may claim it unsecured, or 0. */
static __noinline int nd_protected(struct __sk_buff *skb, const struct bslayer_config *c, __u32 at)
{
	const struct bslayer_neighbour *n;
	__u8 iid[IID_LEN];
	__u64 eui;

	if (!c || ip_load(skb, at + IID_LEN, iid, sizeof(iid)))
		return 0;
	eui = iid_eui(c, iid);
	if (eui && eui == c->eui)
		return BSLAYER_N_IP_ND_OWN;
	n = bpf_map_lookup_elem(&neighbours, &eui);
	return n && n->secured ? BSLAYER_N_IP_ND_FORGED : 0;
}

/* Who solicits from no address is about to take the target for its own (RFC 4862 section 5.4.3). */
static __always_inline bool nd_claims_target(struct __sk_buff *skb, __u8 type)
{
	__u64 source[2] = {1};

	if (type == ICMP_NA || type == ICMP_REDIRECT)
		return true;
	return type == ICMP_NS && !ip_load(skb, IP_SOURCE, source, sizeof(source)) && !source[0] &&
	       !source[1];
}

/* Is it an unsecured claim about this node, or a neighbour whose link is secured? Returns the
 * reason, or 0. */
static __always_inline __u32 nd_forged(struct __sk_buff *skb, const struct bslayer_config *c,
				       __u8 type)
{
	__u32 why = nd_protected(skb, c, IP_SOURCE);

	if (!why && nd_claims_target(skb, type))
		why = nd_protected(skb, c, IP_HEADER_LEN + ND_TARGET);
	return why;
}

/* Hide the short address in the option at `at`. Where the buffer begins in front of the IPv6 header
 * (see ip_load), writing needs to know by how much; the packet's length tells, and whether it told
 * the truth is looked at afterwards. Returns 0 or -1. */
static __noinline int nd_hide(struct __sk_buff *skb, __u32 at)
{
	__u32 front = skb->len - ip_len(skb);
	__u16 none = ND_NO_SHORT, was = 0, is = 0;

	if (ip_load(skb, at + 2, &was, sizeof(was)) ||
	    bpf_l4_csum_replace(skb, front + IP_HEADER_LEN + 2, was, none, sizeof(none)) ||
	    bpf_skb_store_bytes(skb, front + at + 2, &none, sizeof(none), 0) ||
	    ip_load(skb, at + 2, &is, sizeof(is)) || is != none)
		return -1;
	count(BSLAYER_N_IP_ND_SHORT);
	return 0;
}

/* May the sender of this packet say that it has this short address? */
static __always_inline bool nd_short_is_bound(struct __sk_buff *skb, const struct bslayer_config *c,
					      const __u8 *option)
{
	__u64 eui = short_eui(c, option + 2);

	return eui && sender_mark(eui) == skb->mark;
}

static __always_inline __u32 nd_options_at(__u8 type)
{
	switch (type) {
	case ICMP_RS:
		return IP_HEADER_LEN + 8;
	case ICMP_RA:
		return IP_HEADER_LEN + 16;
	case ICMP_REDIRECT:
		return IP_HEADER_LEN + 40;
	}
	return IP_HEADER_LEN + 24;
}

/* Look at the options. Returns 0, or -1 if they cannot be read. `*eui` gets the EUI-64 that a
 * source link-layer address option names. Not static: so the verifier walks through the loop once
 * for all who call it, which takes a slow machine long enough. */
__noinline int nd_options(struct __sk_buff *skb, __u8 type, __u64 *eui)
{
	const struct bslayer_config *c = config_get();
	__u32 at = nd_options_at(type), end = ip_len(skb);
	__u8 option[2 + IID_LEN] = {0};

	if (!c || !eui)
		return -1;
	for (int i = 0; i < ND_MAX_OPTIONS && at < end; i++) {
		bool is_ll;

		if (ip_load(skb, at, option, 8) || !option[1])
			return -1;
		is_ll = option[0] == ND_SOURCE_LL || option[0] == ND_TARGET_LL;
		if (is_ll && option[1] == ND_SHORT_UNITS && !nd_short_is_bound(skb, c, option) &&
		    nd_hide(skb, at))
			return -1;
		if (option[0] == ND_SOURCE_LL && option[1] == ND_LONG_UNITS &&
		    !ip_load(skb, at + 2, option + 2, IID_LEN))
			*eui = eui_from_net(option + 2);
		at += option[1] * 8;
	}
	return at == end ? 0 : -1;
}

#endif
