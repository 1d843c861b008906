/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer_mac: reads the MAC header of a frame (IEEE 802.15.4-2006 section 7.2, auxiliary security
 * header 7.6.2), with the addresses resolved to EUI-64. It must read what the kernel reads, which
 * decrypts by its own parser (net/ieee802154/header_ops.c): like that one it takes the frame
 * versions 0 and 1 as one format, and refuses the later ones, which that one misreads. */
#ifndef KMP_LINK_BPF_BSLAYER_MAC_H
#define KMP_LINK_BPF_BSLAYER_MAC_H

#include "bslayer_state.bpf.h"

#include <bpf/bpf_endian.h>

#define FC_TYPE(fc)     ((fc)&7)
#define FC_TYPE_DATA    1
#define FC_SECURED      0x0008
#define FC_INTRA_PAN    0x0040
#define FC_DST_MODE(fc) ((fc) >> 10 & 3)
#define FC_VERSION(fc)  ((fc) >> 12 & 3)
#define FC_VERSION_MASK 0x3000
#define FC_SRC_MODE(fc) ((fc) >> 14 & 3)

#define ADDR_NONE      0
#define ADDR_SHORT     2
#define ADDR_LONG      3
#define ADDR_BROADCAST 0xffff

/* 6LoWPAN dispatch of a fragment, FRAG1 11000xxx or FRAGN 11100xxx (RFC 4944 section 5.3). */
#define DISPATCH_IS_FRAGMENT(d) (((d)&0xd8) == 0xc0)

struct mac_addr {
	__u64 eui; /* 0: unknown (short address without entry, or none) */
	__u16 pan_id;
	__u16 short_addr; /* ADDR_SHORT */
	__u32 mode;
};

struct mac {
	struct mac_addr dst, src;
	__u64 key_source;
	__u32 fc;
	__u32 counter;
	__u32 aux;     /* offset of the auxiliary security header, or of the payload without one */
	__u32 payload; /* offset */
	__u8 secured, level, key_mode, key_index;
};

/* Both of these return the offset behind what they read, negative if it is not there. */
static __always_inline int mac_addr_read(struct __sk_buff *skb, int at, __u32 mode,
					 struct mac_addr *a)
{
	struct bslayer_short s;
	__u64 *eui;

	a->mode = mode;
	if (mode == ADDR_NONE)
		return at;
	if (mode == ADDR_LONG)
		return bpf_skb_load_bytes(skb, at, &a->eui, 8) ? -1 : at + 8;
	if (mode != ADDR_SHORT || bpf_skb_load_bytes(skb, at, &a->short_addr, 2))
		return -1;
	s.pan_id = a->pan_id;
	s.short_addr = a->short_addr;
	eui = bpf_map_lookup_elem(&shorts, &s);
	if (eui)
		a->eui = *eui;
	return at + 2;
}

static __always_inline int mac_pan_read(struct __sk_buff *skb, int at, __u16 *pan_id)
{
	return bpf_skb_load_bytes(skb, at, pan_id, 2) ? -1 : at + 2;
}

static __always_inline int mac_aux_read(struct __sk_buff *skb, struct mac *m)
{
	__u8 control, fixed[5];
	int at = m->aux;

	if (bpf_skb_load_bytes(skb, at, fixed, 5))
		return -1;
	control = fixed[0];
	m->level = control & 7;
	m->key_mode = control >> 3 & 3;
	m->counter = fixed[1] | fixed[2] << 8 | fixed[3] << 16 | (__u32)fixed[4] << 24;
	at += 5;
	if (m->key_mode == 0)
		return at;
	if (m->key_mode == 2)
		at += 4;
	if (m->key_mode == 3) {
		if (bpf_skb_load_bytes(skb, at, &m->key_source, 8))
			return -1;
		at += 8;
	}
	return bpf_skb_load_bytes(skb, at, &m->key_index, 1) ? -1 : at + 1;
}

/* Read the header. Returns 0 or -1. */
static __always_inline int mac_read(struct __sk_buff *skb, struct mac *m)
{
	__u8 fc[2];
	int at = 3;

	__builtin_memset(m, 0, sizeof(*m));
	if (bpf_skb_load_bytes(skb, 0, fc, 2))
		return -1;
	m->fc = fc[0] | fc[1] << 8;
	if (FC_VERSION(m->fc) > 1)
		return -1;
	if (FC_DST_MODE(m->fc) != ADDR_NONE)
		at = mac_pan_read(skb, at, &m->dst.pan_id);
	if (at > 0)
		at = mac_addr_read(skb, at, FC_DST_MODE(m->fc), &m->dst);
	if (at > 0 && FC_SRC_MODE(m->fc) != ADDR_NONE) {
		m->src.pan_id = m->dst.pan_id;
		if (!(m->fc & FC_INTRA_PAN))
			at = mac_pan_read(skb, at, &m->src.pan_id);
	}
	if (at > 0)
		at = mac_addr_read(skb, at, FC_SRC_MODE(m->fc), &m->src);
	if (at < 0)
		return -1;
	m->aux = at;
	m->secured = !!(m->fc & FC_SECURED);
	if (m->secured)
		at = mac_aux_read(skb, m);
	if (at < 0)
		return -1;
	m->payload = at;
	return 0;
}

static __always_inline bool mac_is_broadcast(const struct mac *m)
{
	return m->dst.mode == ADDR_SHORT && m->dst.short_addr == ADDR_BROADCAST;
}

/* Is the payload a 6LoWPAN fragment? Then its datagram size and tag (RFC 4944 section 5.3). */
static __always_inline bool mac_fragment(struct __sk_buff *skb, const struct mac *m, __u16 *size,
					 __u16 *tag)
{
	__u8 d[4];

	if (bpf_skb_load_bytes(skb, m->payload, d, sizeof(d)) || !DISPATCH_IS_FRAGMENT(d[0]))
		return false;
	*size = (d[0] & 7) << 8 | d[1];
	*tag = d[2] << 8 | d[3];
	return true;
}

static __always_inline struct bslayer_key mac_key(const struct mac *m)
{
	struct bslayer_key k = {
		.source = m->key_source, .mode = m->key_mode, .index = m->key_index};

	return k;
}

static __always_inline struct bslayer_event mac_event(struct __sk_buff *skb, const struct mac *m,
						      __u64 eui, __u32 type, __u32 reason)
{
	struct bslayer_event e = {.eui = eui,
				  .type = type,
				  .reason = reason,
				  .counter = m->counter,
				  .len = skb->len,
				  .secured = m->secured,
				  .level = m->level,
				  .key_mode = m->key_mode,
				  .key_index = m->key_index};

	return e;
}

#endif
