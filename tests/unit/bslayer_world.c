/* SPDX-License-Identifier: ISC */
#include "bslayer_world.h"

#include "base/buf.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <string.h>

#define SKIP 77 /* automake's word for a test that could not be made */

struct bslayer *bsl;

struct eui64 world_node(uint8_t last)
{
	return (struct eui64){{2, 0, 0, 0, 0, 0, 0, last}};
}

struct world_run world_run_octets(enum bslayer_program p, const uint8_t *in, size_t len,
				  uint32_t mark)
{
	struct __sk_buff ctx = {.mark = mark};
	struct world_run r = {.verdict = 0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = (__u32)len,
		    .data_out = r.out, .data_size_out = sizeof(r.out), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .ctx_out = &ctx, .ctx_size_out = sizeof(ctx));

	ck_assert_int_eq(bpf_prog_test_run_opts(bslayer_program_fd(bsl, p), &opts), 0);
	r.verdict = (int)opts.retval;
	r.mark = ctx.mark;
	r.len = opts.data_size_out;
	return r;
}

struct world_run world_run(enum bslayer_program p, const char *hex, uint32_t mark)
{
	size_t len = strlen(hex) / 2;
	uint8_t in[2048];

	ck_assert_int_eq(buf_from_hex(hex, in, len), 0);
	return world_run_octets(p, in, len, mark);
}

uint64_t world_counted(enum bslayer_count n)
{
	uint64_t counts[BSLAYER_N_COUNTS];

	ck_assert_int_eq(bslayer_read_counts(bsl, counts), 0);
	return counts[n];
}

void world_expect_passed(enum bslayer_program p, const char *hex, uint32_t mark_in,
			 uint32_t mark_out)
{
	struct world_run r = world_run(p, hex, mark_in);

	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	if (p == BSLAYER_WPAN_INGRESS && mark_out == LINK_MARK_RX_SECURED)
		ck_assert_uint_eq(r.mark & LINK_MARK_SENDER_MASK, LINK_MARK_RX_SENDER);
	else
		ck_assert_uint_eq(r.mark, mark_out);
}

void world_expect_dropped(enum bslayer_program p, const char *hex, uint32_t mark,
			  enum bslayer_count why)
{
	uint64_t before = world_counted(why);
	struct world_run r = world_run(p, hex, mark);

	ck_assert_int_eq(r.verdict, TC_ACT_SHOT);
	ck_assert_msg(world_counted(why) == before + 1, "%s is not counted as %s", hex,
		      bslayer_count_name(why));
}

/* What leaves must be `expected`. */
void world_expect_sent(const char *hex, uint32_t mark, const char *expected)
{
	struct world_run r = world_run(BSLAYER_WPAN_EGRESS, hex, mark);
	char text[sizeof(r.out)];

	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	ck_assert_uint_eq(r.mark, 0);
	ck_assert_str_eq(buf_to_hex(r.out, r.len < 512 ? r.len : 512, text), expected);
}

void world_link(uint8_t last, bool secured)
{
	struct eui64 eui = world_node(last);

	ck_assert_int_eq(bslayer_set_neighbour(bsl, &eui, secured), 0);
}

const struct bslayer_key_entry world_key1 = {.mode = 1, .index = 1};

/* A node with key 1 and a budget. */
void world_keyed(void)
{
	ck_assert_int_eq(bslayer_add_key(bsl, &world_key1), 0);
	ck_assert_int_eq(bslayer_set_keyed(bsl, true), 0);
	bslayer_set_budget(bsl, 100);
}

/* An IPv6 packet from fe80::2 to fe80::1 with this next header and what follows. */
size_t world_packet(uint8_t out[1280], uint8_t next, const char *rest, size_t len)
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

struct world_run world_run_packet(enum bslayer_program p, const uint8_t *in, size_t len,
				  uint32_t mark)
{
	uint8_t octets[TEST_RUN_HEADER_LEN + 1280] = {0};

	memcpy(octets + TEST_RUN_HEADER_LEN, in, len);
	return world_run_octets(p, octets, TEST_RUN_HEADER_LEN + len, mark);
}

uint32_t world_sender_mark(uint8_t last)
{
	char hex[128];
	struct world_run r;

	/* a secured frame of that node, with a counter that has not been yet */
	snprintf(hex, sizeof(hex),
		 "49dc01cdab0100000000000002%02x00000000000002" AUX_5_COUNTER_7 PAYLOAD, last);
	r = world_run(BSLAYER_WPAN_INGRESS, hex, 0);
	ck_assert_int_eq(r.verdict, TC_ACT_UNSPEC);
	return r.mark;
}

int world_main(const TTest *const *tests, size_t n)
{
	int status = EXIT_SUCCESS;
	cpu_set_t one;

	/* What lowpan egress leaves for wpan egress is per CPU. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (size_t i = 0; i < n && status == EXIT_SUCCESS; i++) {
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
