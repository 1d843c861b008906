/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer: the bootstrap layer between layers 2 and 3 (draft-kumar-6lo-selective-bootstrap section
 * 5.3) as four programs at tc clsact, direct action. A frame that may pass is handed on to the next
 * filter of its hook (TC_ACT_UNSPEC), so that others can be there too. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include "bslayer_egress.bpf.h"
#include "bslayer_ingress.bpf.h"
#include "bslayer_ip_in.bpf.h"

SEC("tc")
int bslayer_wpan_in(struct __sk_buff *skb)
{
	return ingress(skb);
}

SEC("tc")
int bslayer_wpan_out(struct __sk_buff *skb)
{
	return egress(skb);
}

SEC("tc")
int bslayer_lowpan_in(struct __sk_buff *skb)
{
	return ip_ingress(skb);
}

/* Decides whether the packet may be seen in clear, and leaves the answer for wpan egress. A mark
 * from before, such as a forwarded packet's ingress mark, means nothing here; only a socket's wish
 * to send secured does. */
SEC("tc")
int bslayer_lowpan_out(struct __sk_buff *skb)
{
	const struct bslayer_config *c = config_get();
	__u32 zero = 0, class, mark = LINK_MARK_TX_KEYED;
	struct egress_note note;

	if (!c)
		return TC_ACT_SHOT;
	class = ip_class(skb, c);
	if (skb->mark == LINK_MARK_TX_SECURED)
		mark = LINK_MARK_TX_SECURED;
	else if (class == BSLAYER_N_IP_OPEN || class == BSLAYER_N_IP_RATE)
		mark = LINK_MARK_TX_OPEN;
	skb->mark = mark;
	note.size = ip_len(skb);
	note.mark = mark;
	bpf_map_update_elem(&egress_notes, &zero, &note, BPF_ANY);
	return TC_ACT_UNSPEC;
}

/* The kernel lets only programs under the GPL use some of its helpers. */
char _license[] SEC("license") = "Dual BSD/GPL";
