/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Loss on the air, for tests only: hwsim delivers every frame. Sits at the ingress of a node's
 * wpanN below the bootstrap layer (tc pref 1) and drops frames at random. The map gives, by
 * interface, the chances out of 2^32; the lab sets a unicast's to p^4, because a real MAC
 * sends it up to four times. It counts what was offered and what of that it dropped, so that a
 * scenario can prove the share. */
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

struct loss {
	__u32 unicast, broadcast; /* chances */
	__u64 broadcasts, broadcasts_lost, unicasts, unicasts_lost;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32); /* interface index */
	__type(value, struct loss);
} loss SEC(".maps");

/* Not by pkt_type: to a node without a short address the kernel says that a broadcast is for it.
 * Frame control, sequence number, PAN, destination: IEEE 802.15.4-2006, 7.2.1. */
static __always_inline int is_broadcast(struct __sk_buff *skb)
{
	__u8 head[7];

	if (bpf_skb_load_bytes(skb, 0, head, sizeof(head)) < 0)
		return 0;
	return (head[1] & 0x0c) == 0x08 && head[5] == 0xff && head[6] == 0xff;
}

static __always_inline int draw(__u32 chance, __u64 *offered, __u64 *lost)
{
	__sync_fetch_and_add(offered, 1);
	if (bpf_get_prandom_u32() >= chance)
		return TC_ACT_UNSPEC; /* on to the next program */
	__sync_fetch_and_add(lost, 1);
	return TC_ACT_SHOT;
}

SEC("tc")
int lose(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct loss *l = bpf_map_lookup_elem(&loss, &ifindex);

	/* What the MAC would not take anyway is nobody's loss. */
	if (l == NULL || skb->pkt_type == PACKET_OTHERHOST)
		return TC_ACT_UNSPEC;
	if (is_broadcast(skb))
		return draw(l->broadcast, &l->broadcasts, &l->broadcasts_lost);
	return draw(l->unicast, &l->unicasts, &l->unicasts_lost);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
