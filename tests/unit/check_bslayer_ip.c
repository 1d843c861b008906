/* SPDX-License-Identifier: ISC */
/* The bootstrap layer at the 6LoWPAN link: whole packets, and neighbour discovery in them. */
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

/* From fe80::2 to fe80::1: NS for fe80::1, its source link-layer address 0200000000000002 and, in
 * another option, the short address 0x1234. */
#define ND_NS   "8700000000000000fe800000000000000000000000000001"
#define ND_NA_2 "8800000000000000fe800000000000000000000000000002"
#define ND_NA_3 "8800000000000000fe800000000000000000000000000003"
/* Redirect: to fe80::3, for what goes to fe80::9 */
#define ND_REDIRECT_3                                                                              \
	"8900000000000000fe800000000000000000000000000003fe800000000000000000000000000009"
#define LL_LONG_2 "01020200000000000002000000000000"
#define LL_SHORT  "0101123400000000"
#define LL_HIDDEN "0101ffff00000000"

/* How many short addresses were hidden; *verdict, if not NULL, gets what became of the packet. */
static uint64_t hidden_in(const char *nd, uint32_t mark, int *verdict)
{
	uint64_t before = world_counted(BSLAYER_N_IP_ND_SHORT);
	uint8_t octets[1280];
	size_t len = world_packet(octets, 58, nd, 0);
	struct world_run r = world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, mark);

	if (verdict)
		*verdict = r.verdict;
	else
		ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	return world_counted(BSLAYER_N_IP_ND_SHORT) - before;
}

START_TEST(nd_tells_only_bound_short_addresses)
{
	const struct bslayer_settings self = {
		.eui = world_node(1), .pan_id = 0xabcd, .icmp_type = 200};
	struct eui64 two = world_node(2);
	uint8_t octets[1280], expected[1280];
	size_t len = world_packet(octets, 58, ND_NS LL_LONG_2 LL_SHORT, 0);
	uint32_t mark2, mark3;
	struct world_run r;

	world_keyed();
	ck_assert_int_eq(bslayer_set_settings(bsl, &self), 0);
	mark2 = world_sender_mark(2);
	mark3 = world_sender_mark(3);
	ck_assert_uint_eq(hidden_in(ND_NS LL_LONG_2 LL_SHORT, LINK_MARK_RX_UNSECURED, NULL), 1);
	ck_assert_uint_eq(hidden_in(ND_NS LL_SHORT LL_SHORT, LINK_MARK_RX_UNSECURED, NULL), 2);
	ck_assert_uint_eq(hidden_in(ND_NS LL_LONG_2, LINK_MARK_RX_UNSECURED, NULL), 0);
	ck_assert_uint_eq(hidden_in(ND_NS LL_SHORT, mark2, NULL), 1); /* secured, not bound */
	ck_assert_int_eq(bslayer_set_short(bsl, 0xabcd, 0x1234, &two), 0);
	ck_assert_uint_eq(hidden_in(ND_NS LL_SHORT, mark2, NULL), 0);
	ck_assert_uint_eq(hidden_in(ND_NS LL_SHORT, mark3, NULL), 1); /* another's */
	ck_assert_uint_eq(hidden_in(ND_NS LL_SHORT, LINK_MARK_RX_UNSECURED, NULL), 1);
	/* the octets, and that the checksum still fits: it grows by what the address shrinks */
	octets[IP_ICMP + 2] = 0x20;
	r = world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, LINK_MARK_RX_UNSECURED);
	world_packet(expected, 58, ND_NS LL_LONG_2 LL_HIDDEN, 0);
	expected[IP_ICMP + 2] = 0x32; /* 0x2000 + 0x1234 - 0xffff, ones' complement */
	expected[IP_ICMP + 3] = 0x34;
	ck_assert_mem_eq(r.out + TEST_RUN_HEADER_LEN, expected, len);
}
END_TEST

START_TEST(nd_in_the_name_of_a_secured_neighbour_is_refused)
{
	const struct bslayer_settings self = {
		.eui = world_node(1), .pan_id = 0xabcd, .icmp_type = 200};
	uint64_t before = world_counted(BSLAYER_N_IP_ND_FORGED);
	struct eui64 three = world_node(3);
	int verdict;

	world_keyed();
	ck_assert_int_eq(bslayer_set_settings(bsl, &self), 0);
	hidden_in(ND_NS LL_LONG_2, LINK_MARK_RX_UNSECURED, NULL);
	world_link(3, true);
	hidden_in(ND_NA_2 LL_LONG_2, LINK_MARK_RX_UNSECURED, NULL);
	hidden_in(ND_NA_3 LL_LONG_2, LINK_MARK_RX_UNSECURED, &verdict); /* where 3 is, says 2 */
	ck_assert_int_eq(verdict, TC_ACT_SHOT);
	hidden_in(ND_REDIRECT_3, LINK_MARK_RX_UNSECURED, &verdict);
	ck_assert_int_eq(verdict, TC_ACT_SHOT);
	world_link(2, true);
	hidden_in(ND_NS LL_LONG_2, LINK_MARK_RX_UNSECURED, &verdict); /* from 2 */
	ck_assert_int_eq(verdict, TC_ACT_SHOT);
	/* by its short address, with the PAN id (its universal/local bit cleared) and without */
	ck_assert_int_eq(bslayer_set_short(bsl, 0xabcd, 0x1234, &three), 0);
	hidden_in("8800000000000000fe80000000000000a9cd00fffe001234", LINK_MARK_RX_UNSECURED,
		  &verdict);
	ck_assert_int_eq(verdict, TC_ACT_SHOT);
	hidden_in("8800000000000000fe80000000000000000000fffe001234", LINK_MARK_RX_UNSECURED,
		  &verdict);
	ck_assert_int_eq(verdict, TC_ACT_SHOT);
	ck_assert_uint_eq(world_counted(BSLAYER_N_IP_ND_FORGED), before + 5);
	hidden_in(ND_NA_3 LL_LONG_2, world_sender_mark(2), NULL); /* secured: a member says so */
}
END_TEST

/* One answer to duplicate address detection (RFC 4862 section 5.4) takes an address away for good.
 */
START_TEST(nd_in_the_name_of_this_node_is_refused)
{
	const struct bslayer_settings self = {
		.eui = world_node(1), .pan_id = 0xabcd, .short_addr = 5, .icmp_type = 200};
	static const char *const claims[] = {
		"8800000000000000fe800000000000000000000000000001", /* NA */
		"880000000000000020010db8000000000000000000000001", /* any prefix */
		"8800000000000000fe80000000000000000000fffe000005", /* by the short address */
		"8800000000000000fe80000000000000a9cd00fffe000005",
	};
	uint64_t before = world_counted(BSLAYER_N_IP_ND_OWN);
	uint8_t octets[1280];
	int verdict;
	size_t len;

	ck_assert_int_eq(bslayer_set_settings(bsl, &self), 0);
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		hidden_in(claims[i], LINK_MARK_RX_UNSECURED, &verdict);
		ck_assert_msg(verdict == TC_ACT_SHOT, "case %zu", i);
	}
	/* who asks where it is may; who asks from nowhere wants it; nobody asks from it */
	hidden_in(ND_NS, LINK_MARK_RX_UNSECURED, NULL);
	len = world_packet(octets, 58, ND_NS, 0);
	memset(octets + 8, 0, 16);
	ck_assert_int_eq(
		world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, LINK_MARK_RX_UNSECURED)
			.verdict,
		TC_ACT_SHOT);
	memcpy(octets + 8, octets + 24, 16); /* the destination, fe80::1 */
	ck_assert_int_eq(
		world_run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, LINK_MARK_RX_UNSECURED)
			.verdict,
		TC_ACT_SHOT);
	ck_assert_uint_eq(world_counted(BSLAYER_N_IP_ND_OWN), before + 6);
	hidden_in(ND_NA_3, LINK_MARK_RX_UNSECURED, NULL);
}
END_TEST

#define OPTIONS_4 "0501000000000000050100000000000005010000000000000501000000000000"

/* As many as are looked at, the last of them a short address, which is hidden. */
START_TEST(nd_of_a_border_router_has_many_options)
{
	const char *most = ND_NS OPTIONS_4 OPTIONS_4 OPTIONS_4 OPTIONS_4 OPTIONS_4
		"050100000000000005010000000000000501000000000000" LL_SHORT;

	ck_assert_uint_eq(hidden_in(most, LINK_MARK_RX_UNSECURED, NULL), 1);
	ck_assert_uint_eq(hidden_in(most, LINK_MARK_RX_SENDER | 7, NULL), 1);
}
END_TEST

/* Options of length 0, beyond the end, more than are looked at. */
START_TEST(nd_that_cannot_be_read_is_refused)
{
	static const char *const bad[] = {
		ND_NS "0100123400000000",
		ND_NS "0102020000000000",
		ND_NS "01",
		ND_NS OPTIONS_4 OPTIONS_4 OPTIONS_4 OPTIONS_4 OPTIONS_4 OPTIONS_4 LL_SHORT,
	};
	uint64_t before = world_counted(BSLAYER_N_IP_MALFORMED);
	int verdict;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hidden_in(bad[i], LINK_MARK_RX_UNSECURED, &verdict);
		ck_assert_msg(verdict == TC_ACT_SHOT, "case %zu", i);
		ck_assert_uint_eq(world_counted(BSLAYER_N_IP_MALFORMED), before + i + 1);
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

static struct bslayer_notice heard[4];
static unsigned int n_heard;

static void on_heard(const struct bslayer_notice *n, void *arg)
{
	(void)arg;
	if (n->type == BSLAYER_EV_HEARD && n_heard < 4)
		heard[n_heard++] = *n;
}

/* Who sends from a short address that nobody is bound to names itself in its packets. */
START_TEST(strangers_with_short_addresses_are_heard)
{
	struct eui64 two = world_node(2);

	n_heard = 0;
	ck_assert_int_eq(bslayer_watch(bsl, NULL, on_heard, NULL), 0);
	for (int i = 0; i < 5; i++)
		hidden_in(ND_NS LL_LONG_2, LINK_MARK_RX_STRANGER, NULL);
	hidden_in(ND_NA_3, LINK_MARK_RX_UNSECURED, NULL); /* wpan ingress has told already */
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_heard, 1);
	ck_assert(eui64_equal(&heard[0].eui, &two));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lowpan_ingress_takes_only_what_may_be_unsecured,
		lowpan_ingress_refuses_an_ssr_of_another,
		lowpan_ingress_limits_look_ups,
		lowpan_egress_says_what_may_leave_in_clear,
		nd_tells_only_bound_short_addresses,
		nd_in_the_name_of_a_secured_neighbour_is_refused,
		nd_in_the_name_of_this_node_is_refused,
		nd_of_a_border_router_has_many_options,
		nd_that_cannot_be_read_is_refused,
		fragments_are_sent_as_their_packet_may_be,
		strangers_with_short_addresses_are_heard,
	};

	return world_main(tests, sizeof(tests) / sizeof(tests[0]));
}
