/* SPDX-License-Identifier: ISC */
/* The bootstrap layer at the 6LoWPAN link: neighbour discovery. */
#include "bslayer_world.h"

#include <string.h>

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
		nd_tells_only_bound_short_addresses,
		nd_in_the_name_of_a_secured_neighbour_is_refused,
		nd_in_the_name_of_this_node_is_refused,
		nd_of_a_border_router_has_many_options,
		nd_that_cannot_be_read_is_refused,
		strangers_with_short_addresses_are_heard,
	};

	return world_main(tests, sizeof(tests) / sizeof(tests[0]));
}
