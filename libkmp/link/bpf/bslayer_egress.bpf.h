/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer_egress: how a frame leaves wpanN: secured, in clear or not at all
 * (draft-kumar-6lo-selective-bootstrap section 5.3.3). On a node with keys the kernel has put an
 * auxiliary security header into every frame and encrypts after this; a frame for a link that is
 * not secured has the header taken out again. Whatever cannot be made to leave as it must is
 * dropped. */
#ifndef KMP_LINK_BPF_BSLAYER_EGRESS_H
#define KMP_LINK_BPF_BSLAYER_EGRESS_H

#include "bslayer_mac.bpf.h"

#define FRAME_MAX_LEN 127
#define ERANGE        34 /* the kernel's, asm-generic/errno-base.h */

/* What lowpan egress decided about the packet that it handed down last on this CPU. 6LoWPAN sends
 * all its fragments before it returns, on the same CPU with bottom halves off, but without the
 * packet's mark; they are recognised by the datagram size that each of them carries. */
struct egress_note {
	__u32 size; /* octets of the IPv6 packet */
	__u32 mark; /* LINK_MARK_TX_* */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct egress_note);
} egress_notes SEC(".maps");

static __noinline int egress_drop(struct __sk_buff *skb, const struct mac *m, __u32 reason)
{
	struct bslayer_event e;

	count(reason);
	if (refused_due()) {
		e = mac_event(skb, m, m->dst.eui, BSLAYER_EV_REFUSED, reason);
		event_send(&e);
	}
	return TC_ACT_SHOT;
}

/* One from the budget. The event asks user space for more: once when it runs low, and once a second
 * when it is spent. */
static __always_inline bool egress_budget(struct __sk_buff *skb, const struct bslayer_config *c,
					  const struct mac *m)
{
	__u32 zero = 0;
	__s64 *left = bpf_map_lookup_elem(&budget, &zero), before;
	struct bslayer_event e = mac_event(skb, m, 0, BSLAYER_EV_BUDGET, BSLAYER_N_TX_BUDGET);

	if (!left)
		return false;
	before = __sync_fetch_and_add(left, -1);
	if (before == c->budget_low && before > 0)
		event_send(&e);
	if (before > 0)
		return true;
	__sync_fetch_and_add(left, 1);
	if (bucket_take(BUCKET_BUDGET, 1, 1))
		event_send(&e);
	return false;
}

static __noinline int egress_secured(struct __sk_buff *skb, const struct bslayer_config *c,
				     const struct mac *m)
{
	struct bslayer_key k = mac_key(m);

	if (!m->secured)
		return egress_drop(skb, m, BSLAYER_N_TX_NO_HEADER);
	if (!(c->levels & ~BSLAYER_LEVELS_NO_MIC & 1 << m->level))
		return egress_drop(skb, m, BSLAYER_N_TX_LEVEL);
	if (!bpf_map_lookup_elem(&keys, &k))
		return egress_drop(skb, m, BSLAYER_N_TX_KEY);
	if (!egress_budget(skb, c, m)) {
		count(BSLAYER_N_TX_BUDGET);
		return TC_ACT_SHOT;
	}
	count(BSLAYER_N_TX_SECURED);
	return TC_ACT_UNSPEC;
}

/* Trim the end, then move the payload down over the header: if the first fails, nothing has
 * changed. Here and below the buffers are set first, because the verifiers of older Linux 6.1 do
 * not let a helper fill a part, of variable length, of octets that are not. */
static __noinline int egress_strip_shift(struct __sk_buff *skb, const struct mac *m)
{
	__u8 payload[128] = {0};
	__u64 len;

	if (skb->len <= m->payload || skb->len > FRAME_MAX_LEN)
		return -1;
	len = skb->len - m->payload - 1;
	asm volatile("%0 &= 127" : "+r"(len)); /* the bounds, where the verifier sees them */
	len++;
	if (bpf_skb_load_bytes(skb, m->payload, payload, len))
		return -1;
	if (bpf_skb_change_tail(skb, m->aux + len, 0))
		return -1;
	return bpf_skb_store_bytes(skb, m->aux, payload, len, 0);
}

/* The kernel refuses to trim into what it takes for the transport header, which header compression
 * has left pointing too far: at the payload of UDP datagrams of less than 6 octets, such as an
 * empty CoAP message. Then the packet is made longer, the first octets of the payload are put in
 * place of the auxiliary header, the kernel closes the gap behind the MAC header that they leave,
 * and the end can be trimmed, since all pointers have moved. */
static __noinline int egress_strip_tiny(struct __sk_buff *skb, const struct mac *m)
{
	__u32 len = skb->len, aux_len = m->payload - m->aux;
	__u8 first[6];

	if (aux_len != sizeof(first) || len > FRAME_MAX_LEN)
		return -1;
	if (bpf_skb_change_tail(skb, m->payload + 40 + sizeof(first), 0) ||
	    bpf_skb_load_bytes(skb, m->payload, first, sizeof(first)) ||
	    bpf_skb_store_bytes(skb, m->aux, first, sizeof(first), 0) ||
	    bpf_skb_adjust_room(skb, -(__s32)sizeof(first), BPF_ADJ_ROOM_MAC, 0))
		return -1;
	return bpf_skb_change_tail(skb, len - sizeof(first), 0);
}

static __always_inline int egress_strip(struct __sk_buff *skb, const struct mac *m)
{
	__u32 fc = m->fc & ~(FC_SECURED | FC_VERSION_MASK);
	__u8 octets[2] = {fc & 0xff, fc >> 8};

	if (egress_strip_shift(skb, m) && egress_strip_tiny(skb, m))
		return -1;
	return bpf_skb_store_bytes(skb, 0, octets, sizeof(octets), 0);
}

static __always_inline int egress_clear(struct __sk_buff *skb, const struct bslayer_config *c,
					const struct mac *m, bool open)
{
	if (c->all_secured)
		return egress_drop(skb, m, BSLAYER_N_TX_ALL_SECURED);
	if (!open)
		return egress_drop(skb, m, BSLAYER_N_TX_NOT_OPEN);
	if (m->secured) {
		if (egress_strip(skb, m))
			return egress_drop(skb, m, BSLAYER_N_TX_STRIP);
		count(BSLAYER_N_TX_STRIPPED);
	}
	count(BSLAYER_N_TX_CLEAR);
	return TC_ACT_UNSPEC;
}

/* The kernel does not clone what has no MAC header in front of its network header, and 6LoWPAN
 * makes first fragments like that. Put an octet in front, which moves the MAC header, and the frame
 * where that octet is. */
static __noinline int egress_part_headers(struct __sk_buff *skb)
{
	__u8 frame[128] = {0};
	__u64 len = skb->len - 1;

	if (skb->len < 2 || skb->len > FRAME_MAX_LEN)
		return -1;
	asm volatile("%0 &= 127" : "+r"(len)); /* the bounds, where the verifier sees them */
	len++;
	if (bpf_skb_change_head(skb, 1, 0) || bpf_skb_load_bytes(skb, 1, frame, len) ||
	    bpf_skb_store_bytes(skb, 0, frame, len, 0))
		return -1;
	return bpf_skb_change_tail(skb, len, 0);
}

/* Write this node's EUI-64 in place of its short address, from which the kernel sends everything
 * once there is one. An SSR binds the one to the other, so it must leave from the EUI-64: only that
 * can the neighbour verify before it knows the short address. */
#define SHORT_TO_LONG 6 /* octets that the header grows by */

static __noinline int egress_from_eui(struct __sk_buff *skb, const struct bslayer_config *c,
				      const struct mac *m)
{
	__u8 rest[128] = {0}, octets[2];
	__u32 fc = m->fc | (__u32)ADDR_LONG << 14;
	__u64 eui = c->eui, len;

	if (!eui || skb->len <= m->aux || skb->len > FRAME_MAX_LEN - SHORT_TO_LONG)
		return -1;
	len = skb->len - m->aux - 1;
	asm volatile("%0 &= 127" : "+r"(len)); /* the bounds, where the verifier sees them */
	len++;
	octets[0] = fc & 0xff;
	octets[1] = fc >> 8;
	if (bpf_skb_load_bytes(skb, m->aux, rest, len) ||
	    bpf_skb_change_tail(skb, skb->len + SHORT_TO_LONG, 0) ||
	    bpf_skb_store_bytes(skb, 0, octets, sizeof(octets), 0) ||
	    bpf_skb_store_bytes(skb, m->aux - 2, &eui, sizeof(eui), 0))
		return -1;
	return bpf_skb_store_bytes(skb, m->aux + SHORT_TO_LONG, rest, len, 0);
}

/* An SSR: secured whatever the link is, in one frame. */
static __always_inline int egress_ssr(struct __sk_buff *skb, const struct bslayer_config *c,
				      const struct mac *m)
{
	__u16 size, tag;

	if (mac_fragment(skb, m, &size, &tag))
		return egress_drop(skb, m, BSLAYER_N_TX_FRAGMENT);
	if (m->src.mode == ADDR_SHORT && egress_from_eui(skb, c, m))
		return egress_drop(skb, m, BSLAYER_N_TX_STRIP);
	return egress_secured(skb, c, m);
}

/* A secured copy, which comes back here with a mark of its own. */
static __always_inline void egress_clone(struct __sk_buff *skb)
{
	int err;

	skb->mark = LINK_MARK_TX_CLONE;
	err = bpf_clone_redirect(skb, skb->ifindex, 0);
	if (err == -ERANGE && !egress_part_headers(skb))
		err = bpf_clone_redirect(skb, skb->ifindex, 0);
	skb->mark = 0;
	count(err ? BSLAYER_N_TX_CLONE : BSLAYER_N_TX_BROADCAST_TWICE);
}

/* Once, secured, unless there are neighbours that would not understand it and the packet may be
 * seen by all; then a secured copy goes first. */
static __always_inline int egress_broadcast(struct __sk_buff *skb, const struct bslayer_config *c,
					    const struct mac *m, bool open)
{
	if (c->all_secured || !c->unsecured || !open)
		return egress_secured(skb, c, m);
	if (m->secured)
		egress_clone(skb);
	return egress_clear(skb, c, m, open);
}

/* A node without keys: all in clear, except what must not be. */
static __always_inline int egress_keyless(struct __sk_buff *skb, const struct bslayer_config *c,
					  const struct mac *m, __u32 mark)
{
	if (m->secured)
		return egress_drop(skb, m, BSLAYER_N_TX_NOT_KEYED);
	if (mark == LINK_MARK_TX_SECURED || mark == LINK_MARK_TX_CLONE)
		return egress_drop(skb, m, BSLAYER_N_TX_NO_HEADER);
	return egress_clear(skb, c, m, true);
}

/* The mark that lowpan egress gave the packet of which this frame is all or a fragment. */
static __always_inline __u32 egress_packet_mark(struct __sk_buff *skb, const struct mac *m,
						__u32 mark)
{
	const struct egress_note *note;
	__u32 zero = 0;
	__u16 size, tag;

	if (!mac_fragment(skb, m, &size, &tag))
		return mark;
	note = bpf_map_lookup_elem(&egress_notes, &zero);
	return note && note->size == size ? note->mark : 0;
}

static __always_inline int egress_keyed(struct __sk_buff *skb, const struct bslayer_config *c,
					const struct mac *m, __u32 mark)
{
	const struct bslayer_neighbour *n;
	bool open;

	if (mark == LINK_MARK_TX_CLONE)
		return egress_secured(skb, c, m);
	mark = egress_packet_mark(skb, m, mark);
	if (mark == LINK_MARK_TX_SECURED)
		return egress_ssr(skb, c, m);
	open = mark == LINK_MARK_TX_OPEN;
	if (mac_is_broadcast(m))
		return egress_broadcast(skb, c, m, open);
	if (!m->dst.eui) /* a short address that the kernel has kept longer than its binding */
		return egress_drop(skb, m, BSLAYER_N_TX_SHORT);
	n = bpf_map_lookup_elem(&neighbours, &m->dst.eui);
	if (n && n->secured)
		return egress_secured(skb, c, m);
	return egress_clear(skb, c, m, open);
}

static __always_inline int egress(struct __sk_buff *skb)
{
	const struct bslayer_config *c = config_get();
	__u32 mark = skb->mark;
	struct mac m;
	bool strict;

	skb->mark = 0;
	if (!c)
		return TC_ACT_SHOT;
	strict = c->keyed || c->all_secured;
	if (mac_read(skb, &m)) {
		count(BSLAYER_N_TX_MALFORMED);
		return strict ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	}
	if (FC_TYPE(m.fc) != FC_TYPE_DATA) {
		count(BSLAYER_N_TX_NOT_DATA);
		return strict ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	}
	if (!c->keyed)
		return egress_keyless(skb, c, &m, mark);
	return egress_keyed(skb, c, &m, mark);
}

#endif
