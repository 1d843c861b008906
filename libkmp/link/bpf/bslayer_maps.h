/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer_maps: what the bootstrap layer's BPF programs and user space share: packet marks, layouts
 * of the maps, counters and events. An EUI-64 is a __u64 whose octets lie in the order of the air
 * (least significant first), as they are loaded from a frame; user space converts with
 * eui64_to_air(). */
#ifndef KMP_LINK_BPF_BSLAYER_MAPS_H
#define KMP_LINK_BPF_BSLAYER_MAPS_H

#include <linux/types.h>

/* Marks. Ingress of wpanN overwrites the mark of whatever it passes up, and that of its 6LoWPAN
 * link leaves one of LINK_MARK_RX_SECURED and LINK_MARK_RX_UNSECURED. Egress values are never
 * ingress values: a forwarded packet keeps its ingress mark and must not be taken for a locally
 * marked one. Egress clears the mark before a frame leaves. */
#define LINK_MARK_RX_SECURED 0x154e0001u /* came in secured and authenticated */
#define LINK_MARK_RX_SENDER                                                                        \
	0x154d0000u /* wpan to lowpan ingress: secured; the rest stands for the MAC source */
#define LINK_MARK_SENDER_MASK  0xffff0000u
#define LINK_MARK_RX_UNSECURED 0x154e0002u /* came in clear */
#define LINK_MARK_RX_STRANGER                                                                      \
	0x154e0003u /* wpan to lowpan ingress: in clear, from a short address that is nobody's */
#define LINK_MARK_TX_SECURED 0x154f0001u /* SO_MARK of a socket: must leave secured (SSR) */
#define LINK_MARK_TX_OPEN    0x154f0002u /* lowpan egress to wpan egress: may leave in clear */
#define LINK_MARK_TX_KEYED   0x154f0003u /* lowpan egress to wpan egress: only secured */
#define LINK_MARK_TX_CLONE   0x154f0004u /* secured copy of a broadcast that goes out twice */

#define BSLAYER_MAX_NEIGHBOURS 256
#define BSLAYER_MAX_KEYS       64
#define BSLAYER_MAX_COUNTERS   2048

#define BSLAYER_LAYOUT                                                                             \
	8 /* raised with any change of a map, so that old pinned maps are not reused */

#define BSLAYER_LEVELS_DEFAULT 0xe0 /* security levels 5, 6, 7 (IEEE 802.15.4 table 95) */
#define BSLAYER_LEVELS_NO_MIC  0x11 /* levels 0 and 4 have no MIC: they never count as secured */
#define BSLAYER_MODES_DEFAULT  0x0a /* key identifier modes 1 and 3 */

/* Map "config", one element. Ports in host order; 0 where there is none. */
struct bslayer_config {
	__u32 layout; /* BSLAYER_LAYOUT */
	__u32 wpan_ifindex, lowpan_ifindex;
	__u32 unsecured; /* neighbours whose link is not secured: do broadcasts also go out in
			    clear? */
	__u8 keyed;      /* this node has keys */
	__u8 all_secured;
	__u8 levels; /* bit n: level n is allowed */
	__u8 modes;  /* bit n: key identifier mode n is allowed */
	__u8 icmp_type;
	__u8 routing_protocol; /* IP protocol number of the routing protocol */
	__u16 routing_port;    /* its UDP port */
	__u16 dtls_port;       /* of the join */
	__u16 coap_rate;       /* unsecured CoAP look-ups let in per second ... */
	__u16 coap_burst;      /* ... and at once */
	__u16 pan_id;          /* of this node, as on the air */
	__u32 budget_low;      /* BSLAYER_EV_BUDGET when the budget falls to this */
	__u16 short_addr;      /* of this node, as on the air */
	__u8 attached;         /* all programs were, on these maps */
	__u8 pad;
	__u64 eui; /* of this node */
};

/* Map "neighbours", by EUI-64. Absent: unknown, its link is not secured. */
struct bslayer_neighbour {
	__u8 secured;
};

/* Map "shorts", to EUI-64. Both as on the air (little-endian). */
struct bslayer_short {
	__u16 pan_id, short_addr;
};

/* Map "keys" (set of installed keys): an entry is what a frame's auxiliary header may name. */
struct bslayer_key {
	__u64 source; /* mode 3, else 0 */
	__u8 mode, index;
	__u8 pad[6];
};

/* Map "counters", to the lowest frame counter that is still acceptable (__u64: last + 1). */
struct bslayer_sender {
	__u64 eui;
	struct bslayer_key key;
};

/* Reasons, counted one by one in the per-CPU map "counts". X(suffix, name): the name is what
 * status output and tests show. */
#define BSLAYER_COUNTS(X)                                                                          \
	X(RX_SECURED, "rx-secured")                                                                \
	X(RX_UNSECURED, "rx-unsecured")                                                            \
	X(RX_OTHER_HOST, "rx-drop-other-host")                                                     \
	X(RX_MALFORMED, "rx-drop-malformed")                                                       \
	X(RX_NOT_DATA, "rx-drop-not-data")                                                         \
	X(RX_NO_ADDRESS, "rx-drop-no-address")                                                     \
	X(RX_LINK_SECURED, "rx-drop-clear-on-secured-link") /* condition 1 */                      \
	X(RX_LINK_BROADCAST,                                                                       \
	  "rx-drop-clear-broadcast-on-secured-link")   /* the copy for others, see egress */       \
	X(RX_ALL_SECURED, "rx-drop-all-secured")       /* condition 3 */                           \
	X(RX_NOT_KEYED, "rx-drop-not-keyed")           /* condition 2, secured to keyless */       \
	X(RX_UNKNOWN_SENDER, "rx-drop-unknown-sender") /* secured, from no neighbour */            \
	X(RX_LEVEL, "rx-drop-level")                                                               \
	X(RX_KEY_MODE, "rx-drop-key-mode")                                                         \
	X(RX_KEY_SOURCE, "rx-drop-key-source")                                                     \
	X(RX_KEY_INDEX, "rx-drop-key-index")                                                       \
	X(RX_REPLAY, "rx-drop-replay")                                                             \
	X(RX_COUNTERS_FULL, "rx-drop-counters-full")                                               \
	X(RX_OWN_ADDRESS, "rx-drop-own-address")     /* from this node, as it says */              \
	X(RX_FRAGMENT_RATE, "rx-drop-fragment-rate") /* clear, would fill the reassembly */        \
	X(TX_SECURED, "tx-secured")                                                                \
	X(TX_CLEAR, "tx-clear")                                                                    \
	X(TX_STRIPPED, "tx-stripped")                                                              \
	X(TX_BROADCAST_TWICE, "tx-broadcast-twice")                                                \
	X(TX_MALFORMED, "tx-drop-malformed")                                                       \
	X(TX_NOT_DATA, "tx-drop-not-data")                                                         \
	X(TX_ALL_SECURED, "tx-drop-all-secured")                                                   \
	X(TX_NOT_OPEN, "tx-drop-not-open")     /* must not leave in clear */                       \
	X(TX_NO_HEADER, "tx-drop-no-header")   /* should be secured; no auxiliary header */        \
	X(TX_NOT_KEYED, "tx-drop-not-keyed")   /* auxiliary header, but no keys wanted */          \
	X(TX_LEVEL, "tx-drop-level")           /* would leave without MIC */                       \
	X(TX_KEY, "tx-drop-key")               /* under a key that is not installed */             \
	X(TX_FRAGMENT, "tx-drop-ssr-fragment") /* LINK_MARK_TX_SECURED does not fit one frame */   \
	X(TX_SHORT, "tx-drop-unknown-short-address") /* of nobody that is known */                 \
	X(TX_STRIP, "tx-drop-strip")                 /* could not be rewritten */                  \
	X(TX_CLONE, "tx-clone-failed")                                                             \
	X(TX_BUDGET, "tx-drop-budget")                                                             \
	X(IP_OPEN, "ip-unsecured")                                                                 \
	X(IP_MALFORMED, "ip-drop-malformed")                                                       \
	X(IP_EXTENSION, "ip-drop-extension-header")                                                \
	X(IP_ICMP_TYPE, "ip-drop-icmp-type")                                                       \
	X(IP_RESOURCE, "ip-drop-coap-resource")    /* CoAP, but no look-up */                      \
	X(IP_SSR_SENDER, "ip-drop-ssr-of-another") /* not from the MAC source it speaks for */     \
	X(IP_ND_FORGED, "ip-drop-nd-of-secured-neighbour") /* unsecured, in its name */            \
	X(IP_ND_OWN, "ip-drop-nd-of-this-node")            /* the same */                          \
	X(IP_ND_SHORT, "ip-short-address-hidden")          /* in ND, of nobody that is known */    \
	X(IP_PORT, "ip-drop-port")                                                                 \
	X(IP_PROTOCOL, "ip-drop-protocol")                                                         \
	X(IP_RATE, "ip-drop-rate")                                                                 \
	X(EVENTS_LOST, "events-lost")

enum bslayer_count {
#define X(suffix, name) BSLAYER_N_##suffix,
	BSLAYER_COUNTS(X)
#undef X
		BSLAYER_N_COUNTS
};

enum bslayer_event_type {
	BSLAYER_EV_HEARD = 1, /* a frame of a source that is no neighbour */
	BSLAYER_EV_REFUSED,   /* a frame or packet was refused; `reason` says why */
	BSLAYER_EV_BUDGET     /* the outgoing counter's budget is low or spent */
};

/* Ring buffer "events". */
struct bslayer_event {
	__u64 eui;     /* the neighbour meant; 0 if the frame does not tell */
	__u32 type;    /* enum bslayer_event_type */
	__u32 reason;  /* enum bslayer_count */
	__u32 counter; /* frame counter of a secured frame */
	__u16 len;     /* octets of the frame or packet */
	__u8 secured, level, key_mode, key_index;
	__u8 pad[6];
};

#endif
