/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer_coap: which CoAP messages (RFC 7252 section 3) may be unsecured: look-ups, by which a
 * node without keys finds its commissioning tool, and their answers; no other resource
 * (draft-kumar-6lo-selective-bootstrap section 8). */
#ifndef KMP_LINK_BPF_BSLAYER_COAP_H
#define KMP_LINK_BPF_BSLAYER_COAP_H

#include "bslayer_state.bpf.h"

#define COAP_GET           1
#define COAP_URI_PATH      11
#define COAP_MAX_OPTIONS   4 /* looked at before Uri-Path: Uri-Host, Uri-Port .. */
#define COAP_PAYLOAD       0xff
#define COAP_WELL_KNOWN    ".well-known"
#define COAP_RD_LOOKUP     "rd-lookup" /* RFC 9176 section 6 */
#define COAP_HEADER_LEN    4
#define COAP_TOKEN_MAX_LEN 8

/* Octets of the packet from its IPv6 header on, which is not where the buffer begins if the packet
 * came without header compression (RFC 4944 section 5.1, dispatch 0x41): then the kernel has left
 * the MAC header in front. */
static __always_inline long ip_load(struct __sk_buff *skb, __u32 at, void *to, __u32 len)
{
	return bpf_skb_load_bytes_relative(skb, at, to, len, BPF_HDR_START_NET);
}

/* An option (RFC 7252 section 3.1): its number, where its value is and how long. */
struct coap_option {
	__u32 number, at, len;
};

/* The option after `o`, whose number is below Uri-Path's plus 13: longer deltas are not needed
 * here. What is loaded has eight octets of stack to itself: the verifier forgets what else is in
 * them, and clang 19 would keep the count of the loop around this there. */
static __always_inline bool coap_next(struct __sk_buff *skb, struct coap_option *o)
{
	__u32 at = o->at + o->len;
	__u8 octet[8] __attribute__((aligned(8)));

	if (ip_load(skb, at, octet, 1) || octet[0] == COAP_PAYLOAD || octet[0] >> 4 > 12)
		return false;
	at++;
	o->number += octet[0] >> 4;
	o->len = octet[0] & 15;
	if (o->len > 13)
		return false;
	if (o->len == 13) {
		if (ip_load(skb, at, octet, 1))
			return false;
		at++;
		o->len += octet[0];
	}
	o->at = at;
	return true;
}

/* Is the value of `o` the text `name` of `len` octets (constants, at most COAP_NAME_MAX_LEN)? */
#define COAP_NAME_MAX_LEN (sizeof(COAP_WELL_KNOWN) - 1)
static __always_inline bool coap_is(struct __sk_buff *skb, const struct coap_option *o,
				    const char *name, __u32 len)
{
	char value[COAP_NAME_MAX_LEN] = {0};

	if (o->len != len || ip_load(skb, o->at, value, len))
		return false;
#pragma unroll
	for (__u32 i = 0; i < COAP_NAME_MAX_LEN; i++)
		if (i < len && value[i] != name[i])
			return false;
	return true;
}

static __always_inline bool coap_path_is_lookup(struct __sk_buff *skb, struct coap_option *o)
{
	if (coap_is(skb, o, COAP_RD_LOOKUP, sizeof(COAP_RD_LOOKUP) - 1))
		return true;
	if (!coap_is(skb, o, COAP_WELL_KNOWN, sizeof(COAP_WELL_KNOWN) - 1) || !coap_next(skb, o) ||
	    o->number != COAP_URI_PATH || !coap_is(skb, o, "core", 4))
		return false;
	return !coap_next(skb, o) || o->number != COAP_URI_PATH;
}

/* `at` is behind the UDP header. */
static __noinline int coap_is_lookup(struct __sk_buff *skb, __u32 at)
{
	struct coap_option o = {.number = 0};
	__u8 head[2];

	if (ip_load(skb, at, head, 2) || head[0] >> 6 != 1 || (head[0] & 15) > COAP_TOKEN_MAX_LEN ||
	    head[1] != COAP_GET)
		return 0;
	o.at = at + COAP_HEADER_LEN + (head[0] & 15);
	for (int i = 0; i <= COAP_MAX_OPTIONS; i++) {
		if (!coap_next(skb, &o) || o.number > COAP_URI_PATH)
			return 0;
		if (o.number == COAP_URI_PATH)
			return coap_path_is_lookup(skb, &o);
	}
	return 0;
}

/* An answer: class 2, 4 or 5, or an empty acknowledgement or reset. */
static __noinline int coap_is_answer(struct __sk_buff *skb, __u32 at)
{
	__u8 head[2];

	if (ip_load(skb, at, head, 2) || head[0] >> 6 != 1 || (head[0] & 15) > COAP_TOKEN_MAX_LEN)
		return 0;
	return head[1] == 0 || head[1] >> 5 == 2 || head[1] >> 5 == 4 || head[1] >> 5 == 5;
}

#endif
