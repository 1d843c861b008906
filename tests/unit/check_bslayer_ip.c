/* SPDX-License-Identifier: ISC */
/* The bootstrap layer at the 6LoWPAN link: whole packets. */
#include "bslayer_world.h"

#include "base/buf.h"

#include <string.h>

struct ip_case {
	uint8_t next;
	const char *rest;
	enum bslayer_count class;
};

/* Settings: icmp-type 200, routing IP protocol 89 and UDP port 698, DTLS port 5684. */
#define WELL_KNOWN_CORE "bb2e77656c6c2d6b6e6f776e04636f7265" /* Uri-Path, twice */

static const struct ip_case ip_cases[] = {
	{58, "0100000000000000", BSLAYER_N_IP_OPEN},      /* destination unreachable */
	{58, "0400000000000000", BSLAYER_N_IP_OPEN},      /* parameter problem */
	{58, "0500000000000000", BSLAYER_N_IP_ICMP_TYPE}, /* unassigned */
	{58, "8000000000000000", BSLAYER_N_IP_ICMP_TYPE}, /* echo request */
	{58, "8100000000000000", BSLAYER_N_IP_ICMP_TYPE}, /* echo reply */
	{58, "8400000000000000", BSLAYER_N_IP_ICMP_TYPE}, /* MLD done */
	{58, "8500000000000000", BSLAYER_N_IP_OPEN},      /* router solicitation */
	/* redirect */
	{58,
	 "8900000000000000"
	 "fe800000000000000000000000000009fe80000000000000000000000000000a",
	 BSLAYER_N_IP_OPEN},
	{58, "8a00000000000000", BSLAYER_N_IP_ICMP_TYPE}, /* router renumbering */
	{58, "9b00000000000000", BSLAYER_N_IP_OPEN},      /* RPL */
	{58, "9c00000000000000", BSLAYER_N_IP_ICMP_TYPE},
	{58, "9d00000000000000", BSLAYER_N_IP_OPEN}, /* DAR */
	{58, "9e00000000000000", BSLAYER_N_IP_OPEN}, /* DAC */
	{58, "c801000000000000", BSLAYER_N_IP_OPEN}, /* Bootstrap Request */
	{58, "c901000000000000", BSLAYER_N_IP_ICMP_TYPE},
	{17, "c35000350008ffff", BSLAYER_N_IP_OPEN}, /* 50000 to DNS */
	{17, "0035c3500008ffff", BSLAYER_N_IP_OPEN}, /* and back */
	/* CON GET .well-known/core, from 50000 and from 53 */
	{17,
	 "c350163300080000"
	 "40011234" WELL_KNOWN_CORE,
	 BSLAYER_N_IP_RATE},
	{17,
	 "0035163300080000"
	 "40011234" WELL_KNOWN_CORE,
	 BSLAYER_N_IP_RATE},
	/* with a token, Uri-Host "a" and Uri-Query "rt=x" */
	{17,
	 "c350163300080000"
	 "42011234abcd"
	 "3161"
	 "8b2e77656c6c2d6b6e6f776e04636f7265"
	 "4472743d78",
	 BSLAYER_N_IP_RATE},
	/* NON GET rd-lookup/ep */
	{17,
	 "c350163300080000"
	 "50011234"
	 "b972642d6c6f6f6b7570"
	 "026570",
	 BSLAYER_N_IP_RATE},
	/* PUT, POST; GET of light, of .well-known/x, of .well-known/core/x, of nothing; truncated;
	   version 2 */
	{17,
	 "c350163300080000"
	 "40031234" WELL_KNOWN_CORE,
	 BSLAYER_N_IP_RESOURCE},
	{17,
	 "c350163300080000"
	 "40021234" WELL_KNOWN_CORE,
	 BSLAYER_N_IP_RESOURCE},
	{17,
	 "c350163300080000"
	 "40011234"
	 "b56c69676874",
	 BSLAYER_N_IP_RESOURCE},
	{17,
	 "c350163300080000"
	 "40011234"
	 "bb2e77656c6c2d6b6e6f776e0178",
	 BSLAYER_N_IP_RESOURCE},
	{17,
	 "c350163300080000"
	 "40011234" WELL_KNOWN_CORE "0178",
	 BSLAYER_N_IP_RESOURCE},
	{17,
	 "c350163300080000"
	 "40011234",
	 BSLAYER_N_IP_RESOURCE},
	{17,
	 "c350163300080000"
	 "40011234"
	 "bb2e7765",
	 BSLAYER_N_IP_RESOURCE},
	{17,
	 "c350163300080000"
	 "49011234" WELL_KNOWN_CORE,
	 BSLAYER_N_IP_RESOURCE},
	{17,
	 "c350163300080000"
	 "80011234" WELL_KNOWN_CORE,
	 BSLAYER_N_IP_RESOURCE},
	{17, "c350163300080000", BSLAYER_N_IP_RESOURCE},
	/* answers to 50000: 2.05, empty; but no request */
	{17,
	 "1633c35000080000"
	 "60451234",
	 BSLAYER_N_IP_RATE},
	{17,
	 "1633c35000080000"
	 "60001234",
	 BSLAYER_N_IP_RATE},
	{17,
	 "1633c35000080000"
	 "40031234",
	 BSLAYER_N_IP_RESOURCE},
	{17, "0035f0b000080000", BSLAYER_N_IP_PORT}, /* from 53 to 61616: 6LoWPAN's own ports */
	{17, "003517700008ffff", BSLAYER_N_IP_PORT}, /* from 53 to port 6000: no way in */
	{17, "14e914e90008ffff", BSLAYER_N_IP_OPEN}, /* mDNS */
	{17, "02cc02cc0008ffff", BSLAYER_N_IP_OPEN}, /* PANA */
	{17, "c35016340008ffff", BSLAYER_N_IP_OPEN}, /* 50000 to DTLS 5684 */
	{17, "1634c3500008ffff", BSLAYER_N_IP_OPEN}, /* and back */
	{17, "c35002ba0008ffff", BSLAYER_N_IP_OPEN}, /* routing, 698 */
	{17, "c35017700008ffff", BSLAYER_N_IP_PORT}, /* an application */
	{17, "1770c3500008ffff", BSLAYER_N_IP_PORT},
	{17, "c350", BSLAYER_N_IP_MALFORMED},
	{89, "0000000000000000", BSLAYER_N_IP_OPEN}, /* routing */
	{6, "0000000000000000", BSLAYER_N_IP_PROTOCOL},
	{41, "6000000000000000", BSLAYER_N_IP_PROTOCOL},
	/* neighbour discovery has no extension header */
	{0,
	 "3a00630400000000"
	 "8500000000000000",
	 BSLAYER_N_IP_EXTENSION},
	/* hop-by-hop (next, length 0, RPL option 63) before RPL, echo, a second extension header */
	{0,
	 "3a00630400000000"
	 "9b00000000000000",
	 BSLAYER_N_IP_OPEN},
	{0,
	 "3a00630400000000"
	 "8000000000000000",
	 BSLAYER_N_IP_ICMP_TYPE},
	{0,
	 "3a01630400000000"
	 "0000000000000000"
	 "9b00000000000000",
	 BSLAYER_N_IP_OPEN},
	{0,
	 "0000630400000000"
	 "9b00000000000000",
	 BSLAYER_N_IP_EXTENSION},
	{0,
	 "2c00630400000000"
	 "9b00000000000000",
	 BSLAYER_N_IP_EXTENSION},
	{0,
	 "3aff630400000000"
	 "9b00000000000000",
	 BSLAYER_N_IP_MALFORMED}, /* beyond the end */
	{44,
	 "1100000000000000"
	 "c350163400080000",
	 BSLAYER_N_IP_EXTENSION}, /* fragment */
	{43,
	 "1100000000000000"
	 "c350163400080000",
	 BSLAYER_N_IP_EXTENSION}, /* routing header */
	{60,
	 "1100000000000000"
	 "c350163400080000",
	 BSLAYER_N_IP_EXTENSION},
	{51,
	 "1100000000000000"
	 "c350163400080000",
	 BSLAYER_N_IP_EXTENSION},
};

#define N_IP_CASES (sizeof(ip_cases) / sizeof(ip_cases[0]))

static const struct bslayer_settings ip_settings = {.icmp_type = 200,
						    .routing_protocol = 89,
						    .routing_port = 698,
						    .dtls_port = 5684,
						    .coap_rate = 0,
						    .coap_burst = 0};

START_TEST(lowpan_ingress_takes_only_what_may_be_unsecured)
{
	uint8_t octets[1280];

	ck_assert_int_eq(bslayer_set_settings(bsl, &ip_settings), 0);
	for (size_t i = 0; i < N_IP_CASES; i++) {
		const struct ip_case *c = &ip_cases[i];
		size_t len = world_packet(octets, c->next, c->rest, 0);
		uint64_t before = world_counted(c->class);
		struct world_run r =
			world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len,
					 i % 2 ? LINK_MARK_RX_UNSECURED : LINK_MARK_TX_SECURED);
		bool open = c->class == BSLAYER_N_IP_OPEN;

		ck_assert_msg(r.verdict == (open ? TC_ACT_UNSPEC : TC_ACT_SHOT), "case %zu", i);
		ck_assert_msg(world_counted(c->class) == before + 1, "case %zu is not %s", i,
			      bslayer_count_name(c->class));
		ck_assert_uint_eq(r.mark, LINK_MARK_RX_UNSECURED);
		/* what came secured may be anything */
		r = world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, LINK_MARK_RX_SENDER | 7);
		ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
		ck_assert_uint_eq(r.mark, LINK_MARK_RX_SECURED);
	}
}
END_TEST

/* From node 2 in all layers, or in the name of node 2 by another node. */
START_TEST(lowpan_ingress_refuses_an_ssr_of_another)
{
	uint8_t octets[1280];
	size_t len = world_packet(octets, 58, "c802000000000000", 0);
	uint64_t before = world_counted(BSLAYER_N_IP_SSR_SENDER);
	struct world_run frame, r;

	world_keyed();
	ck_assert_int_eq(bslayer_set_settings(bsl, &ip_settings), 0);
	world_link(2, true);
	frame = world_run(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0);
	r = world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, frame.mark);
	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	ck_assert_uint_eq(r.mark, LINK_MARK_RX_SECURED);
	octets[23] = 3;
	r = world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, frame.mark);
	ck_assert_int_eq(r.verdict, TC_ACT_SHOT);
	ck_assert_uint_eq(world_counted(BSLAYER_N_IP_SSR_SENDER), before + 1);
	octets[41] = 1; /* a JSR may be somebody else's: it is forwarded */
	r = world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, frame.mark);
	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
}
END_TEST

START_TEST(lowpan_ingress_limits_look_ups)
{
	struct bslayer_settings settings = ip_settings;
	uint8_t octets[1280];
	size_t len = world_packet(octets, 17,
				  "c350163300080000"
				  "40011234" WELL_KNOWN_CORE,
				  0);
	int passed = 0;

	settings.coap_rate = 1;
	settings.coap_burst = 3;
	ck_assert_int_eq(bslayer_set_settings(bsl, &settings), 0);
	for (int i = 0; i < 20; i++)
		passed += world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, 0).verdict ==
			  TC_ACT_UNSPEC;
	ck_assert_int_ge(passed, 3);
	ck_assert_int_le(passed, 4); /* a second may pass meanwhile */
}
END_TEST

START_TEST(lowpan_egress_says_what_may_leave_in_clear)
{
	static const uint32_t marks[] = {0, LINK_MARK_RX_SECURED, LINK_MARK_RX_UNSECURED,
					 LINK_MARK_RX_STRANGER, LINK_MARK_TX_OPEN};
	uint8_t octets[1280];

	ck_assert_int_eq(bslayer_set_settings(bsl, &ip_settings), 0);
	for (size_t i = 0; i < N_IP_CASES; i++) {
		const struct ip_case *c = &ip_cases[i];
		size_t len = world_packet(octets, c->next, c->rest, 0);
		bool open = c->class == BSLAYER_N_IP_OPEN || c->class == BSLAYER_N_IP_RATE;
		struct world_run r;

		/* that of a socket, and those that a forwarded packet has from ingress */
		for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++) {
			r = world_run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, marks[m]);
			ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
			ck_assert_uint_eq(r.mark, open ? LINK_MARK_TX_OPEN : LINK_MARK_TX_KEYED);
		}
		r = world_run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, LINK_MARK_TX_SECURED);
		ck_assert_uint_eq(r.mark, LINK_MARK_TX_SECURED);
	}
}
END_TEST

START_TEST(fragments_are_sent_as_their_packet_may_be)
{
	const char *frag = SECURED_1_TO_3 AUX_5_COUNTER_7 FRAG1_600 PAYLOAD;
	uint8_t octets[1280];
	size_t len;

	world_keyed();
	world_link(3, false);
	ck_assert_int_eq(bslayer_set_settings(bsl, &ip_settings), 0);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, frag, 0, BSLAYER_N_TX_NOT_OPEN);
	len = world_packet(octets, 17, "c350163400080000", 600);
	world_run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, 0);
	world_expect_sent(frag, 0, CLEAR_1_TO_3 FRAG1_600 PAYLOAD);
	world_expect_sent(SECURED_1_TO_3 AUX_5_COUNTER_7 FRAGN_600 PAYLOAD, 0,
			  CLEAR_1_TO_3 FRAGN_600 PAYLOAD);
	/* of another packet, of 601 octets */
	world_expect_dropped(BSLAYER_WPAN_EGRESS,
			     SECURED_1_TO_3 AUX_5_COUNTER_7 "c2590001f0" PAYLOAD, 0,
			     BSLAYER_N_TX_NOT_OPEN);
	len = world_packet(octets, 17, "c350177000080000", 600);
	world_run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, 0);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, frag, 0, BSLAYER_N_TX_NOT_OPEN);
	world_run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, LINK_MARK_TX_SECURED);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, frag, 0, BSLAYER_N_TX_FRAGMENT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lowpan_ingress_takes_only_what_may_be_unsecured,
		lowpan_ingress_refuses_an_ssr_of_another,
		lowpan_ingress_limits_look_ups,
		lowpan_egress_says_what_may_leave_in_clear,
		fragments_are_sent_as_their_packet_may_be,
	};

	return world_main(tests, sizeof(tests) / sizeof(tests[0]));
}
