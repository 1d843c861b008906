/* SPDX-License-Identifier: ISC */
/* The bootstrap layer at the 802.15.4 interface: frames that leave. */
#include "bslayer_world.h"

#include <string.h>

START_TEST(egress_without_keys_is_in_clear_unless_all_secured)
{
	world_expect_sent(CLEAR_1_TO_2 PAYLOAD, LINK_MARK_RX_SECURED, CLEAR_1_TO_2 PAYLOAD);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, CLEAR_1_TO_2 PAYLOAD, LINK_MARK_TX_SECURED,
			     BSLAYER_N_TX_NO_HEADER);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD, 0,
			     BSLAYER_N_TX_NOT_KEYED);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, CLEAR_1_TO_2 PAYLOAD, LINK_MARK_TX_OPEN,
			     BSLAYER_N_TX_ALL_SECURED);
	/* unreadable, or no data: closed too */
	world_expect_dropped(BSLAYER_WPAN_EGRESS, "41ec01cdab02000000000000020100" PAYLOAD, 0,
			     BSLAYER_N_TX_MALFORMED);
	world_expect_dropped(BSLAYER_WPAN_EGRESS,
			     "43cc01cdab02000000000000020100000000000002" PAYLOAD, 0,
			     BSLAYER_N_TX_NOT_DATA);
}
END_TEST

/* From short address 0x0001 of this node. */
START_TEST(egress_sends_an_ssr_from_the_eui64)
{
	const struct bslayer_settings self = {.eui = world_node(1), .pan_id = 0xabcd};
	/* data, intra-PAN, long (short) destination, short source */
	const char *to_long = "499c01cdab02000000000000020100" AUX_5_COUNTER_7 PAYLOAD;
	const char *to_short = "499801cdab02000100" AUX_5_COUNTER_7 PAYLOAD;
	char hex[400] = "499c01cdab02000000000000020100" AUX_5_COUNTER_7;

	world_keyed();
	ck_assert_int_eq(bslayer_set_settings(bsl, &self), 0);
	world_link(2, false);
	world_expect_sent(to_long, LINK_MARK_TX_SECURED, SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD);
	world_expect_sent(to_short, LINK_MARK_TX_SECURED,
			  "49d801cdab02000100000000000002" AUX_5_COUNTER_7 PAYLOAD);
	/* nothing else: it is the kernel's choice */
	world_link(2, true);
	world_expect_sent(to_long, LINK_MARK_TX_OPEN, to_long);
	memset(hex + strlen(hex), 'a', 2 * (122 - 21)); /* would not fit any more */
	world_expect_dropped(BSLAYER_WPAN_EGRESS, hex, LINK_MARK_TX_SECURED, BSLAYER_N_TX_STRIP);
}
END_TEST

START_TEST(egress_knows_a_neighbour_by_its_short_address)
{
	struct eui64 eui = world_node(2);
	const char *secured = "49d801cdab02000100000000000002" AUX_5_COUNTER_7 PAYLOAD;

	world_keyed();
	world_expect_dropped(BSLAYER_WPAN_EGRESS, secured, LINK_MARK_TX_OPEN, BSLAYER_N_TX_SHORT);
	ck_assert_int_eq(bslayer_set_short(bsl, 0xabcd, 2, &eui), 0);
	world_link(2, true);
	world_expect_sent(secured, LINK_MARK_TX_OPEN, secured);
	world_link(2, false);
	world_expect_sent(secured, LINK_MARK_TX_OPEN, "41c801cdab02000100000000000002" PAYLOAD);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, secured, LINK_MARK_TX_KEYED,
			     BSLAYER_N_TX_NOT_OPEN);
}
END_TEST

START_TEST(egress_to_a_secured_link_leaves_secured)
{
	world_keyed();
	world_link(2, true);
	world_expect_sent(SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD, LINK_MARK_TX_OPEN,
			  SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD);
	world_expect_sent(SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD, 0,
			  SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD);
	ck_assert_int_eq(bslayer_budget(bsl), 98);
	/* the kernel built no header; level 0, which it would send in clear; an unknown key */
	world_expect_dropped(BSLAYER_WPAN_EGRESS, CLEAR_1_TO_2 PAYLOAD, LINK_MARK_TX_OPEN,
			     BSLAYER_N_TX_NO_HEADER);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, SECURED_1_TO_2 "080700000001" PAYLOAD,
			     LINK_MARK_TX_OPEN, BSLAYER_N_TX_LEVEL);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, SECURED_1_TO_2 "0d0700000009" PAYLOAD,
			     LINK_MARK_TX_OPEN, BSLAYER_N_TX_KEY);
	ck_assert_int_eq(bslayer_budget(bsl), 98);
}
END_TEST

START_TEST(egress_to_an_unsecured_link_is_stripped_at_every_size)
{
	char payload[2 * 94 + 1] = "", in[256], out[256];

	world_keyed();
	world_link(3, false);
	for (size_t n = 1; n <= 94; n++) { /* octets; 94 with header and MIC fill a frame */
		snprintf(payload + 2 * (n - 1), 3, "%02x", (unsigned int)n);
		snprintf(in, sizeof(in), "%s%s%s", SECURED_1_TO_3, AUX_5_COUNTER_7, payload);
		snprintf(out, sizeof(out), "%s%s", CLEAR_1_TO_3, payload);
		world_expect_sent(in, LINK_MARK_TX_OPEN, out);
	}
	ck_assert_uint_eq(world_counted(BSLAYER_N_TX_STRIPPED), 94);
	ck_assert_int_eq(bslayer_budget(bsl), 100);
}
END_TEST

START_TEST(egress_sends_in_clear_only_what_is_open)
{
	const char *frame = SECURED_1_TO_3 AUX_5_COUNTER_7 PAYLOAD;
	static const uint32_t not_open[] = {0, LINK_MARK_TX_KEYED, LINK_MARK_RX_SECURED,
					    LINK_MARK_RX_UNSECURED, 12345};

	world_keyed();
	for (size_t i = 0; i < sizeof(not_open) / sizeof(not_open[0]); i++)
		world_expect_dropped(BSLAYER_WPAN_EGRESS, frame, not_open[i],
				     BSLAYER_N_TX_NOT_OPEN);
	world_expect_sent(frame, LINK_MARK_TX_OPEN, CLEAR_1_TO_3 PAYLOAD);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, frame, LINK_MARK_TX_OPEN,
			     BSLAYER_N_TX_ALL_SECURED);
}
END_TEST

START_TEST(egress_mark_secures_one_frame_whatever_the_link)
{
	const char *frame = SECURED_1_TO_3 AUX_5_COUNTER_7 PAYLOAD;

	world_keyed();
	world_link(3, false);
	world_expect_sent(frame, LINK_MARK_TX_SECURED, frame);
	world_expect_sent(frame, LINK_MARK_TX_CLONE, frame);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	world_expect_sent(frame, LINK_MARK_TX_SECURED, frame);
}
END_TEST

START_TEST(egress_broadcast_goes_twice_in_a_mixed_neighbourhood_only)
{
	const char *frame = SECURED_1_TO_ALL AUX_5_COUNTER_7 PAYLOAD;

	world_keyed();
	world_link(2, true);
	world_expect_sent(frame, LINK_MARK_TX_OPEN, frame);
	world_link(3, false);
	world_expect_sent(frame, LINK_MARK_TX_OPEN, CLEAR_1_TO_ALL PAYLOAD);
	ck_assert_uint_eq(
		world_counted(BSLAYER_N_TX_BROADCAST_TWICE) + world_counted(BSLAYER_N_TX_CLONE), 1);
	world_expect_sent(frame, LINK_MARK_TX_KEYED, frame); /* not open: once, secured */
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	world_expect_sent(frame, LINK_MARK_TX_OPEN, frame);
	ck_assert_uint_eq(
		world_counted(BSLAYER_N_TX_BROADCAST_TWICE) + world_counted(BSLAYER_N_TX_CLONE), 1);
}
END_TEST

static unsigned int n_budget_events;

static void on_event(const struct bslayer_notice *n, void *arg)
{
	(void)arg;
	n_budget_events += n->type == BSLAYER_EV_BUDGET;
}

START_TEST(egress_stops_at_the_end_of_the_budget)
{
	const char *frame = SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD;
	const struct bslayer_settings settings = {.budget_low = 2};

	world_keyed();
	world_link(2, true);
	ck_assert_int_eq(bslayer_set_settings(bsl, &settings), 0);
	ck_assert_int_eq(bslayer_watch(bsl, NULL, on_event, NULL), 0);
	bslayer_set_budget(bsl, 3);
	for (int i = 0; i < 3; i++)
		world_expect_sent(frame, 0, frame);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_budget_events, 1); /* low */
	for (int i = 0; i < 3; i++)
		world_expect_dropped(BSLAYER_WPAN_EGRESS, frame, 0, BSLAYER_N_TX_BUDGET);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_budget_events, 2); /* spent: once a second */
	ck_assert_int_eq(bslayer_budget(bsl), 0);
	ck_assert_int_eq(bslayer_add_budget(bsl, 1), 1);
	world_expect_sent(frame, 0, frame);
	world_expect_dropped(BSLAYER_WPAN_EGRESS, frame, 0, BSLAYER_N_TX_BUDGET);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		egress_without_keys_is_in_clear_unless_all_secured,
		egress_sends_an_ssr_from_the_eui64,
		egress_knows_a_neighbour_by_its_short_address,
		egress_to_a_secured_link_leaves_secured,
		egress_to_an_unsecured_link_is_stripped_at_every_size,
		egress_sends_in_clear_only_what_is_open,
		egress_mark_secures_one_frame_whatever_the_link,
		egress_broadcast_goes_twice_in_a_mixed_neighbourhood_only,
		egress_stops_at_the_end_of_the_budget,
	};

	return world_main(tests, sizeof(tests) / sizeof(tests[0]));
}
