/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer_ingress: which frames wpanN passes up (draft-kumar-6lo-selective-bootstrap section 5.3.3,
 * conditions 1 to 3), and as what they are marked. The kernel has decrypted and verified a secured
 * frame by now, but with the sender's key of its own choice, any level and, around forged frames,
 * any counter; these are checked here. */
#ifndef KMP_LINK_BPF_BSLAYER_INGRESS_H
#define KMP_LINK_BPF_BSLAYER_INGRESS_H

#include "bslayer_mac.bpf.h"

/* The frame counter must be above the last authenticated one of this sender under this key. */
static __always_inline __u32 ingress_replay(const struct mac *m)
{
	struct bslayer_sender s = {.eui = m->src.eui, .key = mac_key(m)};
	__u64 next = (__u64)m->counter + 1, seen, *c = bpf_map_lookup_elem(&counters, &s);

	if (!c) {
		if (bpf_map_update_elem(&counters, &s, &next, BPF_NOEXIST))
			return BSLAYER_N_RX_COUNTERS_FULL;
		return BSLAYER_N_RX_SECURED;
	}
	seen = *(volatile __u64 *)c;
	if (m->counter < seen || __sync_val_compare_and_swap(c, seen, next) != seen)
		return BSLAYER_N_RX_REPLAY;
	return BSLAYER_N_RX_SECURED;
}

/* A secured frame: is it secured as this node asks for, with a key that its sender may use? */
static __always_inline __u32 ingress_secured(const struct bslayer_config *c, const struct mac *m)
{
	struct bslayer_key k = mac_key(m);

	if (!c->keyed)
		return BSLAYER_N_RX_NOT_KEYED;
	if (!m->src.eui)
		return BSLAYER_N_RX_UNKNOWN_SENDER;
	if (!(c->levels & ~BSLAYER_LEVELS_NO_MIC & 1 << m->level))
		return BSLAYER_N_RX_LEVEL;
	if (!(c->modes & 1 << m->key_mode))
		return BSLAYER_N_RX_KEY_MODE;
	if (m->key_mode == 3 && m->key_source != m->src.eui)
		return BSLAYER_N_RX_KEY_SOURCE;
	if (!bpf_map_lookup_elem(&keys, &k))
		return BSLAYER_N_RX_KEY_INDEX;
	return ingress_replay(m);
}

/* Is it this node's own? Nobody else sends from that. */
static __always_inline bool ingress_is_own(const struct bslayer_config *c, const struct mac_addr *a)
{
	if (a->mode == ADDR_SHORT)
		return a->pan_id == c->pan_id && a->short_addr == c->short_addr;
	return a->eui == c->eui;
}

/* The fate of a frame: RX_SECURED or RX_UNSECURED, or why it is dropped. */
static __always_inline __u32 ingress_fate(const struct bslayer_config *c, const struct mac *m,
					  const struct bslayer_neighbour *n)
{
	if (FC_TYPE(m->fc) != FC_TYPE_DATA)
		return BSLAYER_N_RX_NOT_DATA;
	if (m->dst.mode == ADDR_NONE || m->src.mode == ADDR_NONE)
		return BSLAYER_N_RX_NO_ADDRESS;
	if (ingress_is_own(c, &m->src))
		return BSLAYER_N_RX_OWN_ADDRESS;
	if (m->secured)
		return ingress_secured(c, m);
	if (c->all_secured)
		return BSLAYER_N_RX_ALL_SECURED; /* condition 3 */
	if (n && n->secured)                     /* condition 1 */
		return mac_is_broadcast(m) ? BSLAYER_N_RX_LINK_BROADCAST
					   : BSLAYER_N_RX_LINK_SECURED;
	return BSLAYER_N_RX_UNSECURED; /* condition 2 */
}

/* The kernel reassembles fragments by source, size and tag, and the packet gets the mark of one of
 * them. Were secured and clear ones put together, anybody could put clear fragments under a secured
 * mark, also ones that wait since before the link was secured. So the upper bit of the tag tells
 * one from the other: nothing has to be remembered, and nothing can be made to be forgotten. */
#define TAG_CLEAR 0x80

/* What is incomplete stays in the kernel's reassembly for 60 s, and where 4 MiB wait there it puts
 * no packet together any more, secured or not. Any clear fragment, of whatever offset, can open a
 * queue, which takes 1 to 1.5 KiB; so in these 60 s strangers get 2048 of them, at most 3 MiB. */
#define FRAGMENT_RATE  32
#define FRAGMENT_BURST 128

/* A frame that may pass, which can be a fragment: its fate. */
static __always_inline __u32 ingress_fragment(struct __sk_buff *skb, const struct mac *m,
					      __u32 fate)
{
	__u16 size, tag;
	__u8 octet;

	if (!mac_fragment(skb, m, &size, &tag))
		return fate;
	if (!m->secured && !bucket_take(BUCKET_FRAGMENTS, FRAGMENT_RATE, FRAGMENT_BURST))
		return BSLAYER_N_RX_FRAGMENT_RATE;
	octet = (tag >> 8 & ~TAG_CLEAR) | (m->secured ? 0 : TAG_CLEAR);
	if (bpf_skb_store_bytes(skb, m->payload + 2, &octet, 1, 0))
		return BSLAYER_N_RX_MALFORMED;
	return fate;
}

static __always_inline __u32 ingress_mark(const struct mac *m)
{
	if (m->secured)
		return sender_mark(m->src.eui);
	return m->src.eui ? LINK_MARK_RX_UNSECURED : LINK_MARK_RX_STRANGER;
}

/* What user space must know: who is there, and who was refused. The clear copy of a broadcast is
 * everyday life in a neighbourhood where some links are secured, so it is only counted. */
static __noinline int ingress_tell(struct __sk_buff *skb, const struct mac *m,
				   const struct bslayer_neighbour *n, __u32 fate)
{
	struct bslayer_event e;

	if (m->src.eui && !(n && n->secured) && heard_due(m->src.eui, n)) {
		e = mac_event(skb, m, m->src.eui, BSLAYER_EV_HEARD, fate);
		event_send(&e);
	}
	if (fate != BSLAYER_N_RX_SECURED && fate != BSLAYER_N_RX_UNSECURED &&
	    fate != BSLAYER_N_RX_LINK_BROADCAST && refused_due()) {
		e = mac_event(skb, m, m->src.eui, BSLAYER_EV_REFUSED, fate);
		event_send(&e);
	}
	return 0;
}

static __always_inline int ingress(struct __sk_buff *skb)
{
	const struct bslayer_config *c = config_get();
	const struct bslayer_neighbour *n;
	struct mac m;
	__u32 fate;

	skb->mark = 0; /* whatever it was on the way here */
	if (!c)
		return TC_ACT_SHOT;
	if (mac_read(skb, &m)) {
		count(BSLAYER_N_RX_MALFORMED);
		return TC_ACT_SHOT;
	}
	n = bpf_map_lookup_elem(&neighbours, &m.src.eui);
	if (skb->pkt_type == PACKET_OTHERHOST) {
		/* The kernel authenticated it and moved its counter: so does ours. */
		if (m.secured)
			ingress_secured(c, &m);
		count(BSLAYER_N_RX_OTHER_HOST);
		return TC_ACT_SHOT;
	}
	fate = ingress_fate(c, &m, n);
	if (fate == BSLAYER_N_RX_SECURED || fate == BSLAYER_N_RX_UNSECURED)
		fate = ingress_fragment(skb, &m, fate);
	count(fate);
	ingress_tell(skb, &m, n, fate);
	if (fate != BSLAYER_N_RX_SECURED && fate != BSLAYER_N_RX_UNSECURED)
		return TC_ACT_SHOT;
	skb->mark = ingress_mark(&m);
	return TC_ACT_UNSPEC;
}

#endif
