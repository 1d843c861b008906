/* SPDX-License-Identifier: ISC */
/* bslayer_world: what the tests of the bootstrap layer's programs share: the programs, run in the
 * kernel on frames and packets made by hand (BPF_PROG_TEST_RUN).
 *
 * This node is 0200000000000001, its neighbours are ..02 and ..03, in PAN 0xabcd. */
#ifndef KMP_TESTS_BSLAYER_WORLD_H
#define KMP_TESTS_BSLAYER_WORLD_H

#include "link/bslayer.h"
#include "unit.h"

#include <linux/pkt_cls.h>

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

/* BPF_PROG_TEST_RUN takes the first 14 octets for a link-layer header, which stays in front as that
 * of an uncompressed packet does. */
#define TEST_RUN_HEADER_LEN 14
#define IP_ICMP             40

/* The layer under test, without keys and neighbours at first. */
extern struct bslayer *bsl;

struct world_run {
	int verdict; /* TC_ACT_* */
	uint32_t mark;
	uint8_t out[2048];
	size_t len;
};

/* The test program's main(): a new layer for each test. Where the kernel does not let us load
 * programs, all of it is skipped. */
int world_main(const TTest *const *tests, size_t n);

struct eui64 world_node(uint8_t last);
extern const struct bslayer_key_entry world_key1; /* mode 1, index 1 */
/* Give this node key 1 and a budget of 100. */
void world_keyed(void);
/* Make that node a neighbour, its link secured or not. */
void world_link(uint8_t last, bool secured);

/* Run a program on octets that came with a mark. */
struct world_run world_run_octets(enum bslayer_program p, const uint8_t *in, size_t len,
				  uint32_t mark);
struct world_run world_run(enum bslayer_program p, const char *hex, uint32_t mark);
uint64_t world_counted(enum bslayer_count n);

/* A frame in hexadecimal must be handed on with that mark; be dropped and counted; leave as
 * `expected`. */
void world_expect_passed(enum bslayer_program p, const char *hex, uint32_t mark_in,
			 uint32_t mark_out);
void world_expect_dropped(enum bslayer_program p, const char *hex, uint32_t mark,
			  enum bslayer_count why);
void world_expect_sent(const char *hex, uint32_t mark, const char *expected);

/* An IPv6 packet from fe80::2 to fe80::1 with this next header and what follows, at least `len`
 * octets. Returns its length. */
size_t world_packet(uint8_t out[1280], uint8_t next, const char *rest, size_t len);
/* Run a program of the 6LoWPAN link on a packet. */
struct world_run world_run_packet(enum bslayer_program p, const uint8_t *in, size_t len,
				  uint32_t mark);
/* The mark of a secured frame of that node, whose counter must not have been 7 yet. */
uint32_t world_sender_mark(uint8_t last);

#endif
