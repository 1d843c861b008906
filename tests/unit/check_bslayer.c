/* SPDX-License-Identifier: ISC */
/* The bootstrap layer at the 802.15.4 interface: frames that come in. And its maps. */
#include "bslayer_world.h"

#include "base/buf.h"

#include <errno.h>
#include <string.h>
#include <time.h>

START_TEST(ingress_condition_2_passes_clear_frames_and_overwrites_the_mark)
{
	world_expect_passed(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, LINK_MARK_RX_SECURED,
			    LINK_MARK_RX_UNSECURED);
	world_link(2, false);
	world_expect_passed(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, LINK_MARK_TX_SECURED,
			    LINK_MARK_RX_UNSECURED);
}
END_TEST

START_TEST(ingress_condition_1_refuses_clear_frames_of_a_secured_link)
{
	world_keyed();
	world_link(2, true);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0,
			     BSLAYER_N_RX_LINK_SECURED);
	/* the copy of a broadcast for neighbours without keys: refused, but no sign of an attack */
	world_expect_dropped(BSLAYER_WPAN_INGRESS, "41c801cdabffff0200000000000002" PAYLOAD, 0,
			     BSLAYER_N_RX_LINK_BROADCAST);
	world_expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
			    LINK_MARK_RX_SECURED);
}
END_TEST

START_TEST(ingress_condition_2_passes_secured_frames_only_to_a_node_with_keys)
{
	world_link(2, false);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
			     BSLAYER_N_RX_NOT_KEYED);
	world_keyed();
	world_expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
			    LINK_MARK_RX_SECURED);
}
END_TEST

START_TEST(ingress_condition_3_refuses_all_clear_frames)
{
	world_keyed();
	world_link(2, false);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0,
			     BSLAYER_N_RX_ALL_SECURED);
	world_expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
			    LINK_MARK_RX_SECURED);
}
END_TEST

START_TEST(ingress_takes_levels_5_6_7_only)
{
	world_keyed();
	world_link(2, true);
	for (unsigned int level = 0; level < 8; level++) {
		char hex[128];

		/* key mode 1, this level | frame counter 16 + level | key index 1 */
		snprintf(hex, sizeof(hex), SECURED_2_TO_1 "%02x%02x00000001" PAYLOAD, 8 | level,
			 16 + level);
		if (level >= 5)
			world_expect_passed(BSLAYER_WPAN_INGRESS, hex, 0, LINK_MARK_RX_SECURED);
		else
			world_expect_dropped(BSLAYER_WPAN_INGRESS, hex, 0, BSLAYER_N_RX_LEVEL);
	}
}
END_TEST

START_TEST(ingress_never_takes_levels_without_mic)
{
	const struct bslayer_settings all = {.levels = 0xff};

	world_keyed();
	ck_assert_int_eq(bslayer_set_settings(bsl, &all), 0);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "080700000001" PAYLOAD, 0,
			     BSLAYER_N_RX_LEVEL);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0c0700000001" PAYLOAD, 0,
			     BSLAYER_N_RX_LEVEL);
	world_expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "090700000001" PAYLOAD, 0,
			    LINK_MARK_RX_SECURED);
}
END_TEST

START_TEST(ingress_refuses_replays)
{
	const char *seven = SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD;
	struct bslayer_counter_entry c = {.eui = world_node(2), .key = world_key1, .next = 1000},
				     list[4];

	world_keyed();
	world_expect_passed(BSLAYER_WPAN_INGRESS, seven, 0, LINK_MARK_RX_SECURED);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, seven, 0, BSLAYER_N_RX_REPLAY);
	world_expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_8 PAYLOAD, 0,
			    LINK_MARK_RX_SECURED);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, seven, 0, BSLAYER_N_RX_REPLAY);
	ck_assert_int_eq(bslayer_list_counters(bsl, list, 4), 1);
	ck_assert(eui64_equal(&list[0].eui, &c.eui));
	ck_assert_uint_eq(list[0].next, 9);
	ck_assert_uint_eq(list[0].key.index, 1);
	/* restored after a restart: counter 999 (e7 03) is used, 1000 (e8 03) is not */
	ck_assert_int_eq(bslayer_raise_counter(bsl, &c), 0);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0de703000001" PAYLOAD, 0,
			     BSLAYER_N_RX_REPLAY);
	c.next = 5; /* never lowers */
	ck_assert_int_eq(bslayer_raise_counter(bsl, &c), 0);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_8 PAYLOAD, 0,
			     BSLAYER_N_RX_REPLAY);
	world_expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0de803000001" PAYLOAD, 0,
			    LINK_MARK_RX_SECURED);
	/* the last counter there is passes once */
	world_expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0dffffffff01" PAYLOAD, 0,
			    LINK_MARK_RX_SECURED);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0dffffffff01" PAYLOAD, 0,
			     BSLAYER_N_RX_REPLAY);
}
END_TEST

START_TEST(ingress_binds_the_key_to_the_sender)
{
	struct bslayer_key_entry own = {.mode = 3, .index = 1, .source = world_node(2)},
				 other = {.mode = 3, .index = 1, .source = world_node(3)};

	world_keyed();
	ck_assert_int_eq(bslayer_add_key(bsl, &own), 0);
	ck_assert_int_eq(bslayer_add_key(bsl, &other), 0);
	/* mode 3, level 5 | counter 7 | source | index 1 */
	world_expect_passed(BSLAYER_WPAN_INGRESS,
			    SECURED_2_TO_1 "1d07000000"
					   "0200000000000002"
					   "01" PAYLOAD,
			    0, LINK_MARK_RX_SECURED);
	world_expect_dropped(BSLAYER_WPAN_INGRESS,
			     SECURED_2_TO_1 "1d08000000"
					    "0300000000000002"
					    "01" PAYLOAD,
			     0, BSLAYER_N_RX_KEY_SOURCE);
	/* index 2 is not installed; modes 0 and 2 are not ours */
	world_expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0d0700000002" PAYLOAD, 0,
			     BSLAYER_N_RX_KEY_INDEX);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0507000000" PAYLOAD, 0,
			     BSLAYER_N_RX_KEY_MODE);
	world_expect_dropped(BSLAYER_WPAN_INGRESS,
			     SECURED_2_TO_1 "1507000000"
					    "cdab0200"
					    "01" PAYLOAD,
			     0, BSLAYER_N_RX_KEY_MODE);
}
END_TEST

START_TEST(ingress_knows_a_neighbour_by_its_short_address)
{
	/* data, intra-PAN, long destination, short source 0x0002 */
	const char *clear = "418c01cdab01000000000000020200" PAYLOAD;
	const char *secured = "499c01cdab01000000000000020200" AUX_5_COUNTER_7 PAYLOAD;
	/* not intra-PAN: the source's PAN 0x1111 is written out */
	const char *foreign = "018c01cdab010000000000000211110200" PAYLOAD;
	struct eui64 eui = world_node(2);

	world_keyed();
	world_link(2, true);
	world_expect_passed(BSLAYER_WPAN_INGRESS, clear, 0, LINK_MARK_RX_STRANGER);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, secured, 0, BSLAYER_N_RX_UNKNOWN_SENDER);
	ck_assert_int_eq(bslayer_set_short(bsl, 0xabcd, 2, &eui), 0);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, clear, 0, BSLAYER_N_RX_LINK_SECURED);
	world_expect_passed(BSLAYER_WPAN_INGRESS, foreign, 0, LINK_MARK_RX_STRANGER);
	ck_assert_int_eq(bslayer_set_short(bsl, 0x1111, 2, &eui), 0);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, foreign, 0, BSLAYER_N_RX_LINK_SECURED);
	world_expect_passed(BSLAYER_WPAN_INGRESS, secured, 0, LINK_MARK_RX_SECURED);
	/* condition 2, and 3 */
	world_link(2, false);
	world_expect_passed(BSLAYER_WPAN_INGRESS, clear, 0, LINK_MARK_RX_UNSECURED);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, clear, 0, BSLAYER_N_RX_ALL_SECURED);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, false), 0);
	/* one counter, however the sender writes its address */
	world_expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
			     BSLAYER_N_RX_REPLAY);
	ck_assert_int_eq(bslayer_del_short(bsl, 0xabcd, 2), 0);
	world_expect_passed(BSLAYER_WPAN_INGRESS, clear, 0, LINK_MARK_RX_STRANGER);
}
END_TEST

START_TEST(ingress_refuses_frames_in_its_own_name)
{
	const struct bslayer_settings self = {
		.eui = world_node(1), .pan_id = 0xabcd, .short_addr = 5};
	struct eui64 two = world_node(2);
	/* from ..01; from short address 5; from that of PAN 0x1111 */
	const char *own = "41cc01cdab01000000000000020100000000000002" PAYLOAD;
	const char *own_short = "418c01cdab01000000000000020500" PAYLOAD;
	const char *foreign = "018c01cdab010000000000000211110500" PAYLOAD;

	ck_assert_int_eq(bslayer_set_settings(bsl, &self), 0);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, own, 0, BSLAYER_N_RX_OWN_ADDRESS);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, own_short, 0, BSLAYER_N_RX_OWN_ADDRESS);
	world_expect_passed(BSLAYER_WPAN_INGRESS, foreign, 0, LINK_MARK_RX_STRANGER);
	world_expect_passed(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0, LINK_MARK_RX_UNSECURED);
	ck_assert_int_eq(bslayer_set_short(bsl, 0xabcd, 2, &two), 0);
	world_expect_passed(BSLAYER_WPAN_INGRESS, "418c01cdab01000000000000020200" PAYLOAD, 0,
			    LINK_MARK_RX_UNSECURED);
}
END_TEST

START_TEST(ingress_refuses_what_it_cannot_read)
{
	uint8_t frame[64];
	const char *hex = SECURED_2_TO_1 AUX_5_COUNTER_7;
	size_t len = strlen(hex) / 2;

	world_keyed();
	ck_assert_int_eq(buf_from_hex(hex, frame, len), 0);
	for (size_t n = 14; n < len; n++) /* 14: the least that the kernel's test run takes */
		ck_assert_int_eq(world_run_octets(BSLAYER_WPAN_INGRESS, frame, n, 0).verdict,
				 TC_ACT_SHOT);
	ck_assert_uint_eq(world_counted(BSLAYER_N_RX_MALFORMED), len - 14);
	/* frame version 2 (802.15.4-2015), version 3 */
	world_expect_dropped(BSLAYER_WPAN_INGRESS,
			     "41ec01cdab01000000000000020200000000000002" PAYLOAD, 0,
			     BSLAYER_N_RX_MALFORMED);
	world_expect_dropped(BSLAYER_WPAN_INGRESS,
			     "41fc01cdab01000000000000020200000000000002" PAYLOAD, 0,
			     BSLAYER_N_RX_MALFORMED);
	/* address mode 1 is reserved */
	world_expect_dropped(BSLAYER_WPAN_INGRESS,
			     "41c401cdab01000000000000020200000000000002" PAYLOAD, 0,
			     BSLAYER_N_RX_MALFORMED);
	/* a MAC command; no destination; no source */
	world_expect_dropped(BSLAYER_WPAN_INGRESS,
			     "43cc01cdab01000000000000020200000000000002" PAYLOAD, 0,
			     BSLAYER_N_RX_NOT_DATA);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, "01c001cdab0200000000000002" PAYLOAD, 0,
			     BSLAYER_N_RX_NO_ADDRESS);
	world_expect_dropped(BSLAYER_WPAN_INGRESS, "010c01cdab0100000000000002" PAYLOAD, 0,
			     BSLAYER_N_RX_NO_ADDRESS);
}
END_TEST

/* What passes must be `expected`. */
static void expect_passed_as(const char *hex, const char *expected)
{
	struct world_run r = world_run(BSLAYER_WPAN_INGRESS, hex, 0);
	char text[sizeof(r.out)];

	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	ck_assert_str_eq(buf_to_hex(r.out, r.len < 512 ? r.len : 512, text), expected);
}

/* The upper bit of the tag parts them for the kernel's reassembly, also those of before the link
 * was secured. */
START_TEST(ingress_does_not_mix_clear_and_secured_fragments)
{
	world_keyed();
	world_link(2, false);
	expect_passed_as(SECURED_2_TO_1 AUX_5_COUNTER_7 FRAG1_600 PAYLOAD,
			 SECURED_2_TO_1 AUX_5_COUNTER_7 FRAG1_600 PAYLOAD);
	expect_passed_as(CLEAR_2_TO_1 FRAGN_600 PAYLOAD, CLEAR_2_TO_1 "e25880010c" PAYLOAD);
	expect_passed_as(CLEAR_2_TO_1 "e25880010c" PAYLOAD, CLEAR_2_TO_1 "e25880010c" PAYLOAD);
	expect_passed_as(SECURED_2_TO_1 "0d0800000001"
					"e258ff010c" PAYLOAD,
			 SECURED_2_TO_1 "0d0800000001"
					"e2587f010c" PAYLOAD);
	/* no fragment */
	expect_passed_as(CLEAR_2_TO_1 PAYLOAD, CLEAR_2_TO_1 PAYLOAD);
}
END_TEST

/* As the programs count them, begun ones too. */
static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Each opens a queue in the kernel's reassembly, also one that is not the first of its packet. */
START_TEST(ingress_limits_clear_fragments)
{
	const char *frag1 = CLEAR_2_TO_1 FRAG1_600 PAYLOAD;
	const char *fragn = CLEAR_2_TO_1 FRAGN_600 PAYLOAD;
	time_t begun = seconds();
	int passed = 0;

	world_keyed();
	world_link(2, false);
	for (int i = 0; i < 1000; i++)
		passed += world_run(BSLAYER_WPAN_INGRESS, i % 2 ? frag1 : fragn, 0).verdict ==
			  TC_ACT_UNSPEC;
	ck_assert_int_ge(passed, 128);
	ck_assert_int_le(passed, 128 + 32 * (seconds() - begun + 1));
	ck_assert_uint_eq(world_counted(BSLAYER_N_RX_FRAGMENT_RATE), 1000 - (unsigned int)passed);
	/* whole packets, and what is secured, do not wait for that */
	world_expect_passed(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0, LINK_MARK_RX_UNSECURED);
	world_expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 FRAG1_600 PAYLOAD,
			    0, LINK_MARK_RX_SECURED);
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

START_TEST(strangers_are_heard_once_a_second)
{
	struct eui64 two = world_node(2);

	ck_assert_int_eq(bslayer_watch(bsl, NULL, on_heard, NULL), 0);
	for (int i = 0; i < 5; i++)
		world_run(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_heard, 1);
	ck_assert(eui64_equal(&heard[0].eui, &two));
	ck_assert(!heard[0].secured);
	ck_assert_uint_eq(heard[0].len, strlen(CLEAR_2_TO_1 PAYLOAD) / 2);
}
END_TEST

START_TEST(listed_neighbours_are_heard_until_secured)
{
	struct eui64 two = world_node(2);

	n_heard = 0;
	world_keyed();
	world_link(2, false);
	ck_assert_int_eq(bslayer_watch(bsl, NULL, on_heard, NULL), 0);
	for (int i = 0; i < 5; i++)
		world_run(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_heard, 1);
	ck_assert(eui64_equal(&heard[0].eui, &two));
	world_link(3, true);
	world_sender_mark(3);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_heard, 1);
}
END_TEST

/* Else a crowd of strangers would have the neighbours taken for gone. */
START_TEST(strangers_do_not_keep_neighbours_from_being_heard)
{
	struct eui64 two = world_node(2);
	char hex[128];

	ck_assert_int_eq(bslayer_watch(bsl, NULL, on_heard, NULL), 0);
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(hex, sizeof(hex), "41cc01cdab0100000000000002%02x01000000000002" PAYLOAD,
			 i);
		world_run(BSLAYER_WPAN_INGRESS, hex, 0);
	}
	bslayer_poll(bsl);
	n_heard = 0;
	world_link(2, false);
	world_run(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_heard, 1);
	ck_assert(eui64_equal(&heard[0].eui, &two));
}
END_TEST

START_TEST(maps_give_back_what_was_put_in)
{
	struct bslayer_neighbour_entry n[4];
	struct bslayer_short_entry s[4];
	struct bslayer_key_entry k[4], three = {.mode = 3, .index = 129, .source = world_node(9)};
	struct eui64 two = world_node(2), nine = world_node(9);
	struct bslayer_config c;

	ck_assert_int_eq(bslayer_set_neighbour(bsl, &two, true), 0);
	ck_assert_int_eq(bslayer_list_neighbours(bsl, n, 4), 1);
	ck_assert(eui64_equal(&n[0].eui, &two));
	ck_assert(n[0].secured);
	world_link(3, false);
	ck_assert_int_eq(bslayer_get_config(bsl, &c), 0);
	ck_assert_uint_eq(c.unsecured, 1);
	ck_assert_uint_eq(c.levels, BSLAYER_LEVELS_DEFAULT);
	ck_assert_int_eq(bslayer_del_neighbour(bsl, &two), 0);
	ck_assert_int_eq(bslayer_del_neighbour(bsl, &two), -ENOENT);
	ck_assert_int_eq(bslayer_set_short(bsl, 0xabcd, 0x1234, &nine), 0);
	ck_assert_int_eq(bslayer_list_shorts(bsl, s, 4), 1);
	ck_assert(s[0].pan_id == 0xabcd && s[0].short_addr == 0x1234);
	ck_assert(eui64_equal(&s[0].eui, &nine));
	ck_assert_int_eq(bslayer_add_key(bsl, &three), 0);
	ck_assert_int_eq(bslayer_list_keys(bsl, k, 4), 1);
	ck_assert(k[0].mode == 3 && k[0].index == 129 && eui64_equal(&k[0].source, &nine));
	ck_assert_int_eq(bslayer_del_key(bsl, &three), 0);
	ck_assert_int_eq(bslayer_list_keys(bsl, k, 4), 0);
}
END_TEST

START_TEST(every_count_has_a_name_of_its_own)
{
	ck_assert_str_eq(bslayer_count_name(BSLAYER_N_COUNTS), "unknown");
	for (int i = 0; i < BSLAYER_N_COUNTS; i++) {
		for (int j = i + 1; j <= BSLAYER_N_COUNTS; j++)
			ck_assert_str_ne(bslayer_count_name((enum bslayer_count)i),
					 bslayer_count_name((enum bslayer_count)j));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		ingress_condition_2_passes_clear_frames_and_overwrites_the_mark,
		ingress_condition_1_refuses_clear_frames_of_a_secured_link,
		ingress_condition_2_passes_secured_frames_only_to_a_node_with_keys,
		ingress_condition_3_refuses_all_clear_frames,
		ingress_takes_levels_5_6_7_only,
		ingress_never_takes_levels_without_mic,
		ingress_refuses_replays,
		ingress_binds_the_key_to_the_sender,
		ingress_knows_a_neighbour_by_its_short_address,
		ingress_refuses_frames_in_its_own_name,
		ingress_refuses_what_it_cannot_read,
		ingress_does_not_mix_clear_and_secured_fragments,
		ingress_limits_clear_fragments,
		listed_neighbours_are_heard_until_secured,
		strangers_are_heard_once_a_second,
		strangers_do_not_keep_neighbours_from_being_heard,
		maps_give_back_what_was_put_in,
		every_count_has_a_name_of_its_own,
	};

	return world_main(tests, sizeof(tests) / sizeof(tests[0]));
}
