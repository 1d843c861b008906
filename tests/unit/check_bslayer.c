/* SPDX-License-Identifier: ISC */
/* Runs the programs of the bootstrap layer in the kernel on frames made by hand
 * (BPF_PROG_TEST_RUN). Where the kernel does not let us load programs, all of it is skipped.
 *
 * This node is 0200000000000001, its neighbours are ..02 and ..03, in PAN 0xabcd. */
#include "base/buf.h"
#include "link/bslayer.h"
#include "unit.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <string.h>

#define SKIP 77 /* automake's word for a test that could not be made */

/* data, intra-PAN, version 0, long addresses | sequence 01 | PAN abcd | to ..01 | from ..02 */
#define CLEAR_2_TO_1 "41cc01cdab01000000000000020200000000000002"
#define CLEAR_1_TO_2 "41cc01cdab02000000000000020100000000000002"
/* the same secured: security bit, version 1; the auxiliary header follows */
#define SECURED_2_TO_1 "49dc01cdab01000000000000020200000000000002"
#define SECURED_1_TO_2 "49dc01cdab02000000000000020100000000000002"
#define SECURED_1_TO_3 "49dc01cdab03000000000000020100000000000002"
#define CLEAR_1_TO_3   "41cc01cdab03000000000000020100000000000002"
/* broadcast: short destination ffff */
#define SECURED_1_TO_ALL "49d801cdabffff0100000000000002"
#define CLEAR_1_TO_ALL   "41c801cdabffff0100000000000002"
/* key mode 1, level 5 | frame counter 7 | key index 1 */
#define AUX_5_COUNTER_7 "0d0700000001"
#define AUX_5_COUNTER_8 "0d0800000001"
#define PAYLOAD         "7a33aabbccddeeff" /* IPHC and what follows */
#define FRAG1_600       "c2580001f0"       /* FRAG1, datagram size 600, tag 1 */
#define FRAGN_600       "e25800010c"       /* FRAGN of the same */

static struct bslayer *bsl;

struct run {
	int verdict; /* TC_ACT_* */
	uint32_t mark;
	uint8_t out[2048];
	size_t len;
};

static struct eui64 node(uint8_t last)
{
	return (struct eui64){{2, 0, 0, 0, 0, 0, 0, last}};
}

static struct run run_octets(enum bslayer_program p, const uint8_t *in, size_t len, uint32_t mark)
{
	struct __sk_buff ctx = {.mark = mark};
	struct run r = {.verdict = 0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = (__u32)len,
		    .data_out = r.out, .data_size_out = sizeof(r.out), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .ctx_out = &ctx, .ctx_size_out = sizeof(ctx));

	ck_assert_int_eq(bpf_prog_test_run_opts(bslayer_program_fd(bsl, p), &opts), 0);
	r.verdict = (int)opts.retval;
	r.mark = ctx.mark;
	r.len = opts.data_size_out;
	return r;
}

static struct run run_hex(enum bslayer_program p, const char *hex, uint32_t mark)
{
	size_t len = strlen(hex) / 2;
	uint8_t in[2048];

	ck_assert_int_eq(buf_from_hex(hex, in, len), 0);
	return run_octets(p, in, len, mark);
}

static uint64_t counted(enum bslayer_count n)
{
	uint64_t counts[BSLAYER_N_COUNTS];

	ck_assert_int_eq(bslayer_read_counts(bsl, counts), 0);
	return counts[n];
}

static void expect_passed(enum bslayer_program p, const char *hex, uint32_t mark_in,
			  uint32_t mark_out)
{
	struct run r = run_hex(p, hex, mark_in);

	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	if (p == BSLAYER_WPAN_INGRESS && mark_out == LINK_MARK_RX_SECURED)
		ck_assert_uint_eq(r.mark & LINK_MARK_SENDER_MASK, LINK_MARK_RX_SENDER);
	else
		ck_assert_uint_eq(r.mark, mark_out);
}

static void expect_dropped(enum bslayer_program p, const char *hex, uint32_t mark,
			   enum bslayer_count why)
{
	uint64_t before = counted(why);
	struct run r = run_hex(p, hex, mark);

	ck_assert_int_eq(r.verdict, TC_ACT_SHOT);
	ck_assert_msg(counted(why) == before + 1, "%s is not counted as %s", hex,
		      bslayer_count_name(why));
}

/* What leaves must be `expected`. */
static void expect_sent(const char *hex, uint32_t mark, const char *expected)
{
	struct run r = run_hex(BSLAYER_WPAN_EGRESS, hex, mark);
	char text[sizeof(r.out)];

	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	ck_assert_uint_eq(r.mark, 0);
	ck_assert_str_eq(buf_to_hex(r.out, r.len < 512 ? r.len : 512, text), expected);
}

static void link_is(uint8_t last, bool secured)
{
	struct eui64 eui = node(last);

	ck_assert_int_eq(bslayer_set_neighbour(bsl, &eui, secured, NULL), 0);
}

static const struct bslayer_key_entry key1 = {.mode = 1, .index = 1};

/* A node with key 1 and a budget. */
static void keyed_node(void)
{
	ck_assert_int_eq(bslayer_add_key(bsl, &key1), 0);
	ck_assert_int_eq(bslayer_set_keyed(bsl, true), 0);
	bslayer_set_budget(bsl, 100);
}

START_TEST(ingress_condition_2_passes_clear_frames_and_overwrites_the_mark)
{
	expect_passed(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, LINK_MARK_RX_SECURED,
		      LINK_MARK_RX_UNSECURED);
	link_is(2, false);
	expect_passed(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, LINK_MARK_TX_SECURED,
		      LINK_MARK_RX_UNSECURED);
}
END_TEST

START_TEST(ingress_condition_1_refuses_clear_frames_of_a_secured_link)
{
	keyed_node();
	link_is(2, true);
	expect_dropped(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0, BSLAYER_N_RX_LINK_SECURED);
	/* the copy of a broadcast for neighbours without keys: refused, but no sign of an attack */
	expect_dropped(BSLAYER_WPAN_INGRESS, "41c801cdabffff0200000000000002" PAYLOAD, 0,
		       BSLAYER_N_RX_LINK_BROADCAST);
	expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
		      LINK_MARK_RX_SECURED);
}
END_TEST

START_TEST(ingress_condition_2_passes_secured_frames_only_to_a_node_with_keys)
{
	link_is(2, false);
	expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
		       BSLAYER_N_RX_NOT_KEYED);
	keyed_node();
	expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
		      LINK_MARK_RX_SECURED);
}
END_TEST

START_TEST(ingress_condition_3_refuses_all_clear_frames)
{
	keyed_node();
	link_is(2, false);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	expect_dropped(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0, BSLAYER_N_RX_ALL_SECURED);
	expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
		      LINK_MARK_RX_SECURED);
}
END_TEST

START_TEST(ingress_takes_levels_5_6_7_only)
{
	keyed_node();
	link_is(2, true);
	for (unsigned int level = 0; level < 8; level++) {
		char hex[128];

		/* key mode 1, this level | frame counter 16 + level | key index 1 */
		snprintf(hex, sizeof(hex), SECURED_2_TO_1 "%02x%02x00000001" PAYLOAD, 8 | level,
			 16 + level);
		if (level >= 5)
			expect_passed(BSLAYER_WPAN_INGRESS, hex, 0, LINK_MARK_RX_SECURED);
		else
			expect_dropped(BSLAYER_WPAN_INGRESS, hex, 0, BSLAYER_N_RX_LEVEL);
	}
}
END_TEST

START_TEST(ingress_never_takes_levels_without_mic)
{
	const struct bslayer_settings all = {.levels = 0xff};

	keyed_node();
	ck_assert_int_eq(bslayer_set_settings(bsl, &all), 0);
	expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "080700000001" PAYLOAD, 0,
		       BSLAYER_N_RX_LEVEL);
	expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0c0700000001" PAYLOAD, 0,
		       BSLAYER_N_RX_LEVEL);
	expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "090700000001" PAYLOAD, 0,
		      LINK_MARK_RX_SECURED);
}
END_TEST

START_TEST(ingress_refuses_replays)
{
	const char *seven = SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD;
	struct bslayer_counter_entry c = {.eui = node(2), .key = key1, .next = 1000}, list[4];

	keyed_node();
	expect_passed(BSLAYER_WPAN_INGRESS, seven, 0, LINK_MARK_RX_SECURED);
	expect_dropped(BSLAYER_WPAN_INGRESS, seven, 0, BSLAYER_N_RX_REPLAY);
	expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_8 PAYLOAD, 0,
		      LINK_MARK_RX_SECURED);
	expect_dropped(BSLAYER_WPAN_INGRESS, seven, 0, BSLAYER_N_RX_REPLAY);
	ck_assert_int_eq(bslayer_list_counters(bsl, list, 4), 1);
	ck_assert(eui64_equal(&list[0].eui, &c.eui));
	ck_assert_uint_eq(list[0].next, 9);
	ck_assert_uint_eq(list[0].key.index, 1);
	/* restored after a restart: counter 999 (e7 03) is used, 1000 (e8 03) is not */
	ck_assert_int_eq(bslayer_raise_counter(bsl, &c), 0);
	expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0de703000001" PAYLOAD, 0,
		       BSLAYER_N_RX_REPLAY);
	c.next = 5; /* never lowers */
	ck_assert_int_eq(bslayer_raise_counter(bsl, &c), 0);
	expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_8 PAYLOAD, 0,
		       BSLAYER_N_RX_REPLAY);
	expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0de803000001" PAYLOAD, 0,
		      LINK_MARK_RX_SECURED);
	/* the last counter there is passes once */
	expect_passed(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0dffffffff01" PAYLOAD, 0,
		      LINK_MARK_RX_SECURED);
	expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0dffffffff01" PAYLOAD, 0,
		       BSLAYER_N_RX_REPLAY);
}
END_TEST

START_TEST(ingress_binds_the_key_to_the_sender)
{
	struct bslayer_key_entry own = {.mode = 3, .index = 1, .source = node(2)},
				 other = {.mode = 3, .index = 1, .source = node(3)};
	struct eui64 eui = node(2), source = node(3);

	keyed_node();
	ck_assert_int_eq(bslayer_add_key(bsl, &own), 0);
	ck_assert_int_eq(bslayer_add_key(bsl, &other), 0);
	/* mode 3, level 5 | counter 7 | source | index 1 */
	expect_passed(BSLAYER_WPAN_INGRESS,
		      SECURED_2_TO_1 "1d07000000"
				     "0200000000000002"
				     "01" PAYLOAD,
		      0, LINK_MARK_RX_SECURED);
	expect_dropped(BSLAYER_WPAN_INGRESS,
		       SECURED_2_TO_1 "1d08000000"
				      "0300000000000002"
				      "01" PAYLOAD,
		       0, BSLAYER_N_RX_KEY_SOURCE);
	ck_assert_int_eq(bslayer_set_neighbour(bsl, &eui, true, &source), 0);
	expect_passed(BSLAYER_WPAN_INGRESS,
		      SECURED_2_TO_1 "1d08000000"
				     "0300000000000002"
				     "01" PAYLOAD,
		      0, LINK_MARK_RX_SECURED);
	/* index 2 is not installed; modes 0 and 2 are not ours */
	expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0d0700000002" PAYLOAD, 0,
		       BSLAYER_N_RX_KEY_INDEX);
	expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 "0507000000" PAYLOAD, 0,
		       BSLAYER_N_RX_KEY_MODE);
	expect_dropped(BSLAYER_WPAN_INGRESS,
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
	struct eui64 eui = node(2);

	keyed_node();
	link_is(2, true);
	expect_passed(BSLAYER_WPAN_INGRESS, clear, 0, LINK_MARK_RX_STRANGER);
	expect_dropped(BSLAYER_WPAN_INGRESS, secured, 0, BSLAYER_N_RX_UNKNOWN_SENDER);
	ck_assert_int_eq(bslayer_set_short(bsl, 0xabcd, 2, &eui), 0);
	expect_dropped(BSLAYER_WPAN_INGRESS, clear, 0, BSLAYER_N_RX_LINK_SECURED);
	expect_passed(BSLAYER_WPAN_INGRESS, foreign, 0, LINK_MARK_RX_STRANGER);
	ck_assert_int_eq(bslayer_set_short(bsl, 0x1111, 2, &eui), 0);
	expect_dropped(BSLAYER_WPAN_INGRESS, foreign, 0, BSLAYER_N_RX_LINK_SECURED);
	expect_passed(BSLAYER_WPAN_INGRESS, secured, 0, LINK_MARK_RX_SECURED);
	/* condition 2, and 3 */
	link_is(2, false);
	expect_passed(BSLAYER_WPAN_INGRESS, clear, 0, LINK_MARK_RX_UNSECURED);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	expect_dropped(BSLAYER_WPAN_INGRESS, clear, 0, BSLAYER_N_RX_ALL_SECURED);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, false), 0);
	/* one counter, however the sender writes its address */
	expect_dropped(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0,
		       BSLAYER_N_RX_REPLAY);
	ck_assert_int_eq(bslayer_del_short(bsl, 0xabcd, 2), 0);
	expect_passed(BSLAYER_WPAN_INGRESS, clear, 0, LINK_MARK_RX_STRANGER);
}
END_TEST

START_TEST(ingress_refuses_what_it_cannot_read)
{
	uint8_t frame[64];
	const char *hex = SECURED_2_TO_1 AUX_5_COUNTER_7;
	size_t len = strlen(hex) / 2;

	keyed_node();
	ck_assert_int_eq(buf_from_hex(hex, frame, len), 0);
	for (size_t n = 14; n < len; n++) /* 14: the least that the kernel's test run takes */
		ck_assert_int_eq(run_octets(BSLAYER_WPAN_INGRESS, frame, n, 0).verdict,
				 TC_ACT_SHOT);
	ck_assert_uint_eq(counted(BSLAYER_N_RX_MALFORMED), len - 14);
	/* frame version 2 (802.15.4-2015), version 3 */
	expect_dropped(BSLAYER_WPAN_INGRESS, "41ec01cdab01000000000000020200000000000002" PAYLOAD,
		       0, BSLAYER_N_RX_MALFORMED);
	expect_dropped(BSLAYER_WPAN_INGRESS, "41fc01cdab01000000000000020200000000000002" PAYLOAD,
		       0, BSLAYER_N_RX_MALFORMED);
	/* address mode 1 is reserved */
	expect_dropped(BSLAYER_WPAN_INGRESS, "41c401cdab01000000000000020200000000000002" PAYLOAD,
		       0, BSLAYER_N_RX_MALFORMED);
	/* a MAC command; no destination; no source */
	expect_dropped(BSLAYER_WPAN_INGRESS, "43cc01cdab01000000000000020200000000000002" PAYLOAD,
		       0, BSLAYER_N_RX_NOT_DATA);
	expect_dropped(BSLAYER_WPAN_INGRESS, "01c001cdab0200000000000002" PAYLOAD, 0,
		       BSLAYER_N_RX_NO_ADDRESS);
	expect_dropped(BSLAYER_WPAN_INGRESS, "010c01cdab0100000000000002" PAYLOAD, 0,
		       BSLAYER_N_RX_NO_ADDRESS);
}
END_TEST

/* What passes must be `expected`. */
static void expect_passed_as(const char *hex, const char *expected)
{
	struct run r = run_hex(BSLAYER_WPAN_INGRESS, hex, 0);
	char text[sizeof(r.out)];

	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	ck_assert_str_eq(buf_to_hex(r.out, r.len < 512 ? r.len : 512, text), expected);
}

/* The upper bit of the tag parts them for the kernel's reassembly, also those of before the link
 * was secured. */
START_TEST(ingress_does_not_mix_clear_and_secured_fragments)
{
	keyed_node();
	link_is(2, false);
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

START_TEST(egress_without_keys_is_in_clear_unless_all_secured)
{
	expect_sent(CLEAR_1_TO_2 PAYLOAD, LINK_MARK_RX_SECURED, CLEAR_1_TO_2 PAYLOAD);
	expect_dropped(BSLAYER_WPAN_EGRESS, CLEAR_1_TO_2 PAYLOAD, LINK_MARK_TX_SECURED,
		       BSLAYER_N_TX_NO_HEADER);
	expect_dropped(BSLAYER_WPAN_EGRESS, SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD, 0,
		       BSLAYER_N_TX_NOT_KEYED);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	expect_dropped(BSLAYER_WPAN_EGRESS, CLEAR_1_TO_2 PAYLOAD, LINK_MARK_TX_OPEN,
		       BSLAYER_N_TX_ALL_SECURED);
	/* unreadable, or no data: closed too */
	expect_dropped(BSLAYER_WPAN_EGRESS, "41ec01cdab02000000000000020100" PAYLOAD, 0,
		       BSLAYER_N_TX_MALFORMED);
	expect_dropped(BSLAYER_WPAN_EGRESS, "43cc01cdab02000000000000020100000000000002" PAYLOAD, 0,
		       BSLAYER_N_TX_NOT_DATA);
}
END_TEST

/* From short address 0x0001 of this node. */
START_TEST(egress_sends_an_ssr_from_the_eui64)
{
	const struct bslayer_settings self = {.eui = node(1), .pan_id = 0xabcd};
	/* data, intra-PAN, long (short) destination, short source */
	const char *to_long = "499c01cdab02000000000000020100" AUX_5_COUNTER_7 PAYLOAD;
	const char *to_short = "499801cdab02000100" AUX_5_COUNTER_7 PAYLOAD;
	char hex[400] = "499c01cdab02000000000000020100" AUX_5_COUNTER_7;

	keyed_node();
	ck_assert_int_eq(bslayer_set_settings(bsl, &self), 0);
	link_is(2, false);
	expect_sent(to_long, LINK_MARK_TX_SECURED, SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD);
	expect_sent(to_short, LINK_MARK_TX_SECURED,
		    "49d801cdab02000100000000000002" AUX_5_COUNTER_7 PAYLOAD);
	/* nothing else: it is the kernel's choice */
	link_is(2, true);
	expect_sent(to_long, LINK_MARK_TX_OPEN, to_long);
	memset(hex + strlen(hex), 'a', 2 * (122 - 21)); /* would not fit any more */
	expect_dropped(BSLAYER_WPAN_EGRESS, hex, LINK_MARK_TX_SECURED, BSLAYER_N_TX_STRIP);
}
END_TEST

START_TEST(egress_knows_a_neighbour_by_its_short_address)
{
	struct eui64 eui = node(2);
	const char *secured = "49d801cdab02000100000000000002" AUX_5_COUNTER_7 PAYLOAD;

	keyed_node();
	expect_dropped(BSLAYER_WPAN_EGRESS, secured, LINK_MARK_TX_OPEN, BSLAYER_N_TX_SHORT);
	ck_assert_int_eq(bslayer_set_short(bsl, 0xabcd, 2, &eui), 0);
	link_is(2, true);
	expect_sent(secured, LINK_MARK_TX_OPEN, secured);
	link_is(2, false);
	expect_sent(secured, LINK_MARK_TX_OPEN, "41c801cdab02000100000000000002" PAYLOAD);
	expect_dropped(BSLAYER_WPAN_EGRESS, secured, LINK_MARK_TX_KEYED, BSLAYER_N_TX_NOT_OPEN);
}
END_TEST

START_TEST(egress_to_a_secured_link_leaves_secured)
{
	keyed_node();
	link_is(2, true);
	expect_sent(SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD, LINK_MARK_TX_OPEN,
		    SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD);
	expect_sent(SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD, 0,
		    SECURED_1_TO_2 AUX_5_COUNTER_7 PAYLOAD);
	ck_assert_int_eq(bslayer_budget(bsl), 98);
	/* the kernel built no header; level 0, which it would send in clear; an unknown key */
	expect_dropped(BSLAYER_WPAN_EGRESS, CLEAR_1_TO_2 PAYLOAD, LINK_MARK_TX_OPEN,
		       BSLAYER_N_TX_NO_HEADER);
	expect_dropped(BSLAYER_WPAN_EGRESS, SECURED_1_TO_2 "080700000001" PAYLOAD,
		       LINK_MARK_TX_OPEN, BSLAYER_N_TX_LEVEL);
	expect_dropped(BSLAYER_WPAN_EGRESS, SECURED_1_TO_2 "0d0700000009" PAYLOAD,
		       LINK_MARK_TX_OPEN, BSLAYER_N_TX_KEY);
	ck_assert_int_eq(bslayer_budget(bsl), 98);
}
END_TEST

START_TEST(egress_to_an_unsecured_link_is_stripped_at_every_size)
{
	char payload[2 * 94 + 1] = "", in[256], out[256];

	keyed_node();
	link_is(3, false);
	for (size_t n = 1; n <= 94; n++) { /* octets; 94 with header and MIC fill a frame */
		snprintf(payload + 2 * (n - 1), 3, "%02x", (unsigned int)n);
		snprintf(in, sizeof(in), "%s%s%s", SECURED_1_TO_3, AUX_5_COUNTER_7, payload);
		snprintf(out, sizeof(out), "%s%s", CLEAR_1_TO_3, payload);
		expect_sent(in, LINK_MARK_TX_OPEN, out);
	}
	ck_assert_uint_eq(counted(BSLAYER_N_TX_STRIPPED), 94);
	ck_assert_int_eq(bslayer_budget(bsl), 100);
}
END_TEST

START_TEST(egress_sends_in_clear_only_what_is_open)
{
	const char *frame = SECURED_1_TO_3 AUX_5_COUNTER_7 PAYLOAD;
	static const uint32_t not_open[] = {0, LINK_MARK_TX_KEYED, LINK_MARK_RX_SECURED,
					    LINK_MARK_RX_UNSECURED, 12345};

	keyed_node();
	for (size_t i = 0; i < sizeof(not_open) / sizeof(not_open[0]); i++)
		expect_dropped(BSLAYER_WPAN_EGRESS, frame, not_open[i], BSLAYER_N_TX_NOT_OPEN);
	expect_sent(frame, LINK_MARK_TX_OPEN, CLEAR_1_TO_3 PAYLOAD);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	expect_dropped(BSLAYER_WPAN_EGRESS, frame, LINK_MARK_TX_OPEN, BSLAYER_N_TX_ALL_SECURED);
}
END_TEST

START_TEST(egress_mark_secures_one_frame_whatever_the_link)
{
	const char *frame = SECURED_1_TO_3 AUX_5_COUNTER_7 PAYLOAD;

	keyed_node();
	link_is(3, false);
	expect_sent(frame, LINK_MARK_TX_SECURED, frame);
	expect_sent(frame, LINK_MARK_TX_CLONE, frame);
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	expect_sent(frame, LINK_MARK_TX_SECURED, frame);
}
END_TEST

START_TEST(egress_broadcast_goes_twice_in_a_mixed_neighbourhood_only)
{
	const char *frame = SECURED_1_TO_ALL AUX_5_COUNTER_7 PAYLOAD;

	keyed_node();
	link_is(2, true);
	expect_sent(frame, LINK_MARK_TX_OPEN, frame);
	link_is(3, false);
	expect_sent(frame, LINK_MARK_TX_OPEN, CLEAR_1_TO_ALL PAYLOAD);
	ck_assert_uint_eq(counted(BSLAYER_N_TX_BROADCAST_TWICE) + counted(BSLAYER_N_TX_CLONE), 1);
	expect_sent(frame, LINK_MARK_TX_KEYED, frame); /* not open: once, secured */
	ck_assert_int_eq(bslayer_set_all_secured(bsl, true), 0);
	expect_sent(frame, LINK_MARK_TX_OPEN, frame);
	ck_assert_uint_eq(counted(BSLAYER_N_TX_BROADCAST_TWICE) + counted(BSLAYER_N_TX_CLONE), 1);
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

	keyed_node();
	link_is(2, true);
	ck_assert_int_eq(bslayer_set_settings(bsl, &settings), 0);
	ck_assert_int_eq(bslayer_watch(bsl, NULL, on_event, NULL), 0);
	bslayer_set_budget(bsl, 3);
	for (int i = 0; i < 3; i++)
		expect_sent(frame, 0, frame);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_budget_events, 1); /* low */
	for (int i = 0; i < 3; i++)
		expect_dropped(BSLAYER_WPAN_EGRESS, frame, 0, BSLAYER_N_TX_BUDGET);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_budget_events, 2); /* spent: once a second */
	ck_assert_int_eq(bslayer_budget(bsl), 0);
	ck_assert_int_eq(bslayer_add_budget(bsl, 1), 1);
	expect_sent(frame, 0, frame);
	expect_dropped(BSLAYER_WPAN_EGRESS, frame, 0, BSLAYER_N_TX_BUDGET);
}
END_TEST

/* An IPv6 packet from fe80::2 to fe80::1 with this next header and what follows. */
static size_t packet(uint8_t out[1280], uint8_t next, const char *rest, size_t len)
{
	size_t n = strlen(rest) / 2;

	memset(out, 0, 1280);
	out[0] = 0x60;
	out[6] = next;
	out[7] = 64;
	out[8] = out[24] = 0xfe;
	out[9] = out[25] = 0x80;
	out[23] = 2;
	out[39] = 1;
	ck_assert_int_eq(buf_from_hex(rest, out + 40, n), 0);
	if (len < 40 + n)
		len = 40 + n;
	out[4] = (uint8_t)((len - 40) >> 8);
	out[5] = (uint8_t)(len - 40);
	return len;
}

/* BPF_PROG_TEST_RUN takes the first 14 octets for a link-layer header, which stays in front as that
 * of an uncompressed packet does. */
#define TEST_RUN_HEADER_LEN 14
#define IP_ICMP             40

static struct run run_packet(enum bslayer_program p, const uint8_t *in, size_t len, uint32_t mark)
{
	uint8_t octets[TEST_RUN_HEADER_LEN + 1280] = {0};

	memcpy(octets + TEST_RUN_HEADER_LEN, in, len);
	return run_octets(p, octets, TEST_RUN_HEADER_LEN + len, mark);
}

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
		size_t len = packet(octets, c->next, c->rest, 0);
		uint64_t before = counted(c->class);
		struct run r = run_packet(BSLAYER_LOWPAN_INGRESS, octets, len,
					  i % 2 ? LINK_MARK_RX_UNSECURED : LINK_MARK_TX_SECURED);
		bool open = c->class == BSLAYER_N_IP_OPEN;

		ck_assert_msg(r.verdict == (open ? TC_ACT_UNSPEC : TC_ACT_SHOT), "case %zu", i);
		ck_assert_msg(counted(c->class) == before + 1, "case %zu is not %s", i,
			      bslayer_count_name(c->class));
		ck_assert_uint_eq(r.mark, LINK_MARK_RX_UNSECURED);
		/* what came secured may be anything */
		r = run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, LINK_MARK_RX_SENDER | 7);
		ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
		ck_assert_uint_eq(r.mark, LINK_MARK_RX_SECURED);
	}
}
END_TEST

/* From node 2 in all layers, or in the name of node 2 by another node. */
START_TEST(lowpan_ingress_refuses_an_ssr_of_another)
{
	uint8_t octets[1280];
	size_t len = packet(octets, 58, "c802000000000000", 0);
	uint64_t before = counted(BSLAYER_N_IP_SSR_SENDER);
	struct run frame, r;

	keyed_node();
	ck_assert_int_eq(bslayer_set_settings(bsl, &ip_settings), 0);
	link_is(2, true);
	frame = run_hex(BSLAYER_WPAN_INGRESS, SECURED_2_TO_1 AUX_5_COUNTER_7 PAYLOAD, 0);
	r = run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, frame.mark);
	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	ck_assert_uint_eq(r.mark, LINK_MARK_RX_SECURED);
	octets[23] = 3;
	r = run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, frame.mark);
	ck_assert_int_eq(r.verdict, TC_ACT_SHOT);
	ck_assert_uint_eq(counted(BSLAYER_N_IP_SSR_SENDER), before + 1);
	octets[41] = 1; /* a JSR may be somebody else's: it is forwarded */
	r = run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, frame.mark);
	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
}
END_TEST

START_TEST(lowpan_ingress_limits_look_ups)
{
	struct bslayer_settings settings = ip_settings;
	uint8_t octets[1280];
	size_t len = packet(octets, 17,
			    "c350163300080000"
			    "40011234" WELL_KNOWN_CORE,
			    0);
	int passed = 0;

	settings.coap_rate = 1;
	settings.coap_burst = 3;
	ck_assert_int_eq(bslayer_set_settings(bsl, &settings), 0);
	for (int i = 0; i < 20; i++)
		passed +=
			run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, 0).verdict == TC_ACT_UNSPEC;
	ck_assert_int_ge(passed, 3);
	ck_assert_int_le(passed, 4); /* a second may pass meanwhile */
}
END_TEST

START_TEST(lowpan_egress_says_what_may_leave_in_clear)
{
	uint8_t octets[1280];

	ck_assert_int_eq(bslayer_set_settings(bsl, &ip_settings), 0);
	for (size_t i = 0; i < N_IP_CASES; i++) {
		const struct ip_case *c = &ip_cases[i];
		size_t len = packet(octets, c->next, c->rest, 0);
		bool open = c->class == BSLAYER_N_IP_OPEN || c->class == BSLAYER_N_IP_RATE;
		struct run r = run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, LINK_MARK_RX_SECURED);

		ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
		ck_assert_uint_eq(r.mark, open ? LINK_MARK_TX_OPEN : LINK_MARK_TX_KEYED);
		r = run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, LINK_MARK_TX_SECURED);
		ck_assert_uint_eq(r.mark, LINK_MARK_TX_SECURED);
	}
}
END_TEST

/* From fe80::2 to fe80::1: NS for fe80::1, its source link-layer address 0200000000000002 and, in
 * another option, the short address 0x1234. */
#define ND_NS     "8700000000000000fe800000000000000000000000000001"
#define ND_NA_2   "8800000000000000fe800000000000000000000000000002"
#define ND_NA_3   "8800000000000000fe800000000000000000000000000003"
#define LL_LONG_2 "01020200000000000002000000000000"
#define LL_SHORT  "0101123400000000"
#define LL_HIDDEN "0101ffff00000000"

/* How many short addresses were hidden; *verdict, if not NULL, gets what became of the packet. */
static uint64_t hidden_in(const char *nd, uint32_t mark, int *verdict)
{
	uint64_t before = counted(BSLAYER_N_IP_ND_SHORT);
	uint8_t octets[1280];
	size_t len = packet(octets, 58, nd, 0);
	struct run r = run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, mark);

	if (verdict)
		*verdict = r.verdict;
	else
		ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	return counted(BSLAYER_N_IP_ND_SHORT) - before;
}

static uint32_t mark_of_sender(uint8_t last)
{
	char hex[128];
	struct run r;

	/* a secured frame of that node, with a counter that has not been yet */
	snprintf(hex, sizeof(hex),
		 "49dc01cdab0100000000000002%02x00000000000002" AUX_5_COUNTER_7 PAYLOAD, last);
	r = run_hex(BSLAYER_WPAN_INGRESS, hex, 0);
	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	return r.mark;
}

START_TEST(nd_tells_only_bound_short_addresses)
{
	const struct bslayer_settings self = {.eui = node(1), .pan_id = 0xabcd, .icmp_type = 200};
	struct eui64 two = node(2);
	uint8_t octets[1280], expected[1280];
	size_t len = packet(octets, 58, ND_NS LL_LONG_2 LL_SHORT, 0);
	uint32_t mark2, mark3;
	struct run r;

	keyed_node();
	ck_assert_int_eq(bslayer_set_settings(bsl, &self), 0);
	mark2 = mark_of_sender(2);
	mark3 = mark_of_sender(3);
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
	r = run_packet(BSLAYER_LOWPAN_INGRESS, octets, len, LINK_MARK_RX_UNSECURED);
	packet(expected, 58, ND_NS LL_LONG_2 LL_HIDDEN, 0);
	expected[IP_ICMP + 2] = 0x32; /* 0x2000 + 0x1234 - 0xffff, ones' complement */
	expected[IP_ICMP + 3] = 0x34;
	ck_assert_mem_eq(r.out + TEST_RUN_HEADER_LEN, expected, len);
}
END_TEST

START_TEST(nd_in_the_name_of_a_secured_neighbour_is_refused)
{
	const struct bslayer_settings self = {.eui = node(1), .pan_id = 0xabcd, .icmp_type = 200};
	uint64_t before = counted(BSLAYER_N_IP_ND_FORGED);
	struct eui64 three = node(3);
	int verdict;

	keyed_node();
	ck_assert_int_eq(bslayer_set_settings(bsl, &self), 0);
	hidden_in(ND_NS LL_LONG_2, LINK_MARK_RX_UNSECURED, NULL);
	link_is(3, true);
	hidden_in(ND_NA_2 LL_LONG_2, LINK_MARK_RX_UNSECURED, NULL);
	hidden_in(ND_NA_3 LL_LONG_2, LINK_MARK_RX_UNSECURED, &verdict); /* where 3 is, says 2 */
	ck_assert_int_eq(verdict, TC_ACT_SHOT);
	link_is(2, true);
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
	ck_assert_uint_eq(counted(BSLAYER_N_IP_ND_FORGED), before + 4);
	hidden_in(ND_NA_3 LL_LONG_2, mark_of_sender(2), NULL); /* secured: a member says so */
}
END_TEST

/* Options of length 0, beyond the end, more than are looked at. */
START_TEST(nd_that_cannot_be_read_is_refused)
{
	static const char *const bad[] = {
		ND_NS "0100123400000000",
		ND_NS "0102020000000000",
		ND_NS "01",
		ND_NS "0501000000000000050100000000000005010000000000000501000000000000"
		      "0501000000000000050100000000000005010000000000000501000000000000" LL_SHORT,
	};
	uint64_t before = counted(BSLAYER_N_IP_MALFORMED);
	int verdict;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hidden_in(bad[i], LINK_MARK_RX_UNSECURED, &verdict);
		ck_assert_msg(verdict == TC_ACT_SHOT, "case %zu", i);
		ck_assert_uint_eq(counted(BSLAYER_N_IP_MALFORMED), before + i + 1);
	}
}
END_TEST

START_TEST(fragments_are_sent_as_their_packet_may_be)
{
	const char *frag = SECURED_1_TO_3 AUX_5_COUNTER_7 FRAG1_600 PAYLOAD;
	uint8_t octets[1280];
	size_t len;

	keyed_node();
	link_is(3, false);
	ck_assert_int_eq(bslayer_set_settings(bsl, &ip_settings), 0);
	expect_dropped(BSLAYER_WPAN_EGRESS, frag, 0, BSLAYER_N_TX_NOT_OPEN);
	len = packet(octets, 17, "c350163400080000", 600);
	run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, 0);
	expect_sent(frag, 0, CLEAR_1_TO_3 FRAG1_600 PAYLOAD);
	expect_sent(SECURED_1_TO_3 AUX_5_COUNTER_7 FRAGN_600 PAYLOAD, 0,
		    CLEAR_1_TO_3 FRAGN_600 PAYLOAD);
	/* of another packet, of 601 octets */
	expect_dropped(BSLAYER_WPAN_EGRESS, SECURED_1_TO_3 AUX_5_COUNTER_7 "c2590001f0" PAYLOAD, 0,
		       BSLAYER_N_TX_NOT_OPEN);
	len = packet(octets, 17, "c350177000080000", 600);
	run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, 0);
	expect_dropped(BSLAYER_WPAN_EGRESS, frag, 0, BSLAYER_N_TX_NOT_OPEN);
	run_packet(BSLAYER_LOWPAN_EGRESS, octets, len, LINK_MARK_TX_SECURED);
	expect_dropped(BSLAYER_WPAN_EGRESS, frag, 0, BSLAYER_N_TX_FRAGMENT);
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
	struct eui64 two = node(2);

	ck_assert_int_eq(bslayer_watch(bsl, NULL, on_heard, NULL), 0);
	for (int i = 0; i < 5; i++)
		run_hex(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_heard, 1);
	ck_assert(eui64_equal(&heard[0].eui, &two));
	ck_assert(!heard[0].secured);
	ck_assert_uint_eq(heard[0].len, strlen(CLEAR_2_TO_1 PAYLOAD) / 2);
}
END_TEST

/* Who sends from a short address that nobody is bound to names itself in its packets. */
START_TEST(strangers_with_short_addresses_are_heard)
{
	struct eui64 two = node(2);

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

START_TEST(listed_neighbours_are_heard_until_secured)
{
	struct eui64 two = node(2);

	n_heard = 0;
	keyed_node();
	link_is(2, false);
	ck_assert_int_eq(bslayer_watch(bsl, NULL, on_heard, NULL), 0);
	for (int i = 0; i < 5; i++)
		run_hex(BSLAYER_WPAN_INGRESS, CLEAR_2_TO_1 PAYLOAD, 0);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_heard, 1);
	ck_assert(eui64_equal(&heard[0].eui, &two));
	link_is(3, true);
	mark_of_sender(3);
	bslayer_poll(bsl);
	ck_assert_uint_eq(n_heard, 1);
}
END_TEST

START_TEST(maps_give_back_what_was_put_in)
{
	struct bslayer_neighbour_entry n[4];
	struct bslayer_short_entry s[4];
	struct bslayer_key_entry k[4], three = {.mode = 3, .index = 129, .source = node(9)};
	struct eui64 two = node(2), nine = node(9);
	struct bslayer_config c;

	ck_assert_int_eq(bslayer_set_neighbour(bsl, &two, true, &nine), 0);
	ck_assert_int_eq(bslayer_list_neighbours(bsl, n, 4), 1);
	ck_assert(eui64_equal(&n[0].eui, &two) && eui64_equal(&n[0].key_source, &nine));
	ck_assert(n[0].secured);
	link_is(3, false);
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
	for (int i = 0; i < BSLAYER_N_COUNTS; i++)
		ck_assert_int_eq(bslayer_count_by_name(bslayer_count_name((enum bslayer_count)i)),
				 i);
	ck_assert_int_eq(bslayer_count_by_name("none"), -1);
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
		ingress_refuses_what_it_cannot_read,
		ingress_does_not_mix_clear_and_secured_fragments,
		egress_without_keys_is_in_clear_unless_all_secured,
		egress_sends_an_ssr_from_the_eui64,
		egress_knows_a_neighbour_by_its_short_address,
		egress_to_a_secured_link_leaves_secured,
		egress_to_an_unsecured_link_is_stripped_at_every_size,
		egress_sends_in_clear_only_what_is_open,
		egress_mark_secures_one_frame_whatever_the_link,
		egress_broadcast_goes_twice_in_a_mixed_neighbourhood_only,
		egress_stops_at_the_end_of_the_budget,
		lowpan_ingress_takes_only_what_may_be_unsecured,
		lowpan_ingress_refuses_an_ssr_of_another,
		lowpan_ingress_limits_look_ups,
		lowpan_egress_says_what_may_leave_in_clear,
		nd_tells_only_bound_short_addresses,
		nd_in_the_name_of_a_secured_neighbour_is_refused,
		nd_that_cannot_be_read_is_refused,
		fragments_are_sent_as_their_packet_may_be,
		strangers_with_short_addresses_are_heard,
		listed_neighbours_are_heard_until_secured,
		strangers_are_heard_once_a_second,
		maps_give_back_what_was_put_in,
		every_count_has_a_name_of_its_own,
	};
	int status = EXIT_SUCCESS;
	cpu_set_t one;

	/* What lowpan egress leaves for wpan egress is per CPU. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]) && status == EXIT_SUCCESS; i++) {
		int err = bslayer_new(&bsl, NULL, 0, 0, NULL);

		if (err == -EPERM) {
			printf("bslayer: skipped, bpf() is not permitted here\n");
			return SKIP;
		}
		if (err)
			return EXIT_FAILURE;
		status = unit_run("bslayer", &tests[i], 1);
		bslayer_free(bsl);
	}
	return status;
}
