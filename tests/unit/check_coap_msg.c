/* SPDX-License-Identifier: ISC */
#include "coap/coap_msg.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

/* CON PUT, message id 0x1234, token aa bb, Uri-Path coap-key2, Uri-Path 3, Content-Format 60,
 * Uri-Query a=1, Uri-Query b, Accept 256, payload "key" */
static const struct coap_msg put = {
	.type = COAP_MSG_CON,
	.code = COAP_MSG_PUT,
	.mid = 0x1234,
	.token = {0xaa, 0xbb},
	.token_len = 2,
	.path = "coap-key2/3",
	.query = "a=1&b",
	.content_format = 60,
	.accept = 256,
	.payload = (const uint8_t *)"key",
	.payload_len = 3,
};

static const uint8_t put_octets[] = {
	0x42, 0x03, 0x12, 0x34, 0xaa, 0xbb, /* version 1, CON, token length 2; 0.03; mid; token */
	0xb9, 'c',  'o',  'a',  'p',  '-',  'k', 'e', 'y', '2', /* 11 */
	0x01, '3',                                              /* 11 */
	0x11, 0x3c,                                             /* 12 */
	0x33, 'a',  '=',  '1',                                  /* 15 */
	0x01, 'b',                                              /* 15 */
	0x22, 0x01, 0x00,                                       /* 17 */
	0xff, 'k',  'e',  'y',
};

/* ACK 2.04, message id 0x1234, token aa bb */
static const uint8_t changed_octets[] = {0x62, 0x44, 0x12, 0x34, 0xaa, 0xbb};

/* Parse a copy on the heap of exactly that length, so that the sanitizer sees every octet too far.
 * The payload is not looked at afterwards. */
static int parse(const uint8_t *octets, size_t len, struct coap_msg *m)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	memcpy(copy, octets, len);
	int err = coap_msg_parse(copy, len, m);
	if (m->payload_len > 0)
		ck_assert(m->payload == copy + len - m->payload_len);
	m->payload = NULL;
	free(copy);
	return err;
}

/* Header and token of a CON with `code`, then `rest`. */
static int parse_with(uint8_t code, const char *rest, size_t rest_len, struct coap_msg *m)
{
	uint8_t octets[64] = {0x41, code, 0x00, 0x07, 0xee};
	ck_assert_uint_le(rest_len, sizeof(octets) - 5);
	memcpy(octets + 5, rest, rest_len);
	return parse(octets, 5 + rest_len, m);
}

#define PARSE(code, rest, m) parse_with(code, rest, sizeof(rest) - 1, m)

START_TEST(request_is_read)
{
	struct coap_msg m;
	ck_assert_int_eq(coap_msg_parse(put_octets, sizeof(put_octets), &m), 0);
	ck_assert_int_eq(m.type, COAP_MSG_CON);
	ck_assert_uint_eq(m.code, COAP_MSG_PUT);
	ck_assert_uint_eq(m.mid, 0x1234);
	ck_assert_uint_eq(m.token_len, 2);
	ck_assert_mem_eq(m.token, put.token, 8);
	ck_assert_str_eq(m.path, "coap-key2/3");
	ck_assert_str_eq(m.query, "a=1&b");
	ck_assert_int_eq(m.content_format, 60);
	ck_assert_int_eq(m.accept, 256);
	ck_assert_uint_eq(m.payload_len, 3);
	ck_assert_mem_eq(m.payload, "key", 3);
}
END_TEST

START_TEST(request_is_written)
{
	uint8_t out[64];
	ck_assert_int_eq(coap_msg_build(&put, out, sizeof(out)), (int)sizeof(put_octets));
	ck_assert_mem_eq(out, put_octets, sizeof(put_octets));
	for (size_t cap = 0; cap < sizeof(put_octets); cap++)
		ck_assert_int_eq(coap_msg_build(&put, out, cap), -ENOBUFS);
}
END_TEST

START_TEST(answer_both_ways)
{
	struct coap_msg m;
	uint8_t out[16];
	ck_assert_int_eq(coap_msg_parse(changed_octets, sizeof(changed_octets), &m), 0);
	ck_assert_int_eq(m.type, COAP_MSG_ACK);
	ck_assert_str_eq(coap_msg_code_name(m.code), "2.04 Changed");
	ck_assert_int_eq(m.content_format, -1);
	ck_assert_int_eq(m.accept, -1);
	ck_assert_uint_eq(m.payload_len, 0);
	ck_assert_int_eq(coap_msg_build(&m, out, sizeof(out)), (int)sizeof(changed_octets));
	ck_assert_mem_eq(out, changed_octets, sizeof(changed_octets));
}
END_TEST

START_TEST(blocks_both_ways)
{
	/* ACK 2.05, ETag 01 02, Block2 2/1/64, Block1 0/0/1024, Size1 4096 */
	static const uint8_t octets[] = {0x60, 0x45, 0x00, 0x07, 0x42, 0x01, 0x02, 0xd1,
					 0x06, 0x2a, 0x41, 0x06, 0xd2, 0x14, 0x10, 0x00};
	struct coap_msg m;
	uint8_t out[32];

	ck_assert_int_eq(parse(octets, sizeof(octets), &m), 0);
	ck_assert_uint_eq(m.etag_len, 2);
	ck_assert_mem_eq(m.etag, "\x01\x02\0", 3);
	ck_assert(m.block2.set && m.block2.more);
	ck_assert_uint_eq(m.block2.num, 2);
	ck_assert_uint_eq(m.block2.szx, 2);
	ck_assert(m.block1.set && !m.block1.more);
	ck_assert_uint_eq(m.block1.num, 0);
	ck_assert_uint_eq(m.block1.szx, 6);
	ck_assert_uint_eq(m.size1, 4096);
	ck_assert_int_eq(coap_msg_build(&m, out, sizeof(out)), (int)sizeof(octets));
	ck_assert_mem_eq(out, octets, sizeof(octets));
	/* the largest number, and the empty value: 0/0/16 */
	ck_assert_int_eq(PARSE(1, "\xd3\x0a\xff\xff\xff", &m), 0);
	ck_assert_uint_eq(m.block2.num, 0xfffff);
	ck_assert_uint_eq(m.block2.szx, 7);
	ck_assert_int_eq(PARSE(1, "\xd0\x0a", &m), 0);
	ck_assert(m.block2.set && !m.block2.more && m.block2.num == 0 && m.block2.szx == 0);
	/* an ETag of a request is elective: nothing to us */
	ck_assert_int_eq(PARSE(1, "\x41\x01", &m), 0);
	ck_assert_uint_eq(m.etag_len, 0);
	m.etag_len = 9;
	ck_assert_int_eq(coap_msg_build(&m, out, sizeof(out)), -ENOBUFS);
}
END_TEST

START_TEST(formats_of_any_length)
{
	static const struct {
		int format;
		size_t len;
	} formats[] = {{0, 0}, {1, 1}, {255, 1}, {256, 2}, {65535, 2}};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct coap_msg m = {.code = COAP_MSG_CODE(2, 5), .accept = -1}, again;
		uint8_t out[16];
		m.content_format = formats[i].format;
		int len = coap_msg_build(&m, out, sizeof(out));
		ck_assert_int_eq(len, 5 + (int)formats[i].len);
		ck_assert_int_eq(parse(out, (size_t)len, &again), 0);
		ck_assert_int_eq(again.content_format, formats[i].format);
	}
}
END_TEST

START_TEST(empty_segments_stay)
{
	static const char *const paths[] = {"/a", "a//b", "a/", "//"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct coap_msg m = put, again;
		uint8_t out[64];
		strcpy(m.path, paths[i]);
		int len = coap_msg_build(&m, out, sizeof(out));
		ck_assert_int_eq(parse(out, (size_t)len, &again), 0);
		ck_assert_str_eq(again.path, paths[i]);
	}
}
END_TEST

START_TEST(segments_that_do_not_fit)
{
	struct coap_msg m;
	uint8_t octets[5 + 2 + COAP_MSG_PATH_LEN] = {0x41, COAP_MSG_GET, 0, 7, 0xee, 0xbd};
	memset(octets + 7, 'a', COAP_MSG_PATH_LEN);
	octets[6] = COAP_MSG_PATH_LEN - 1 - 13;
	ck_assert_int_eq(parse(octets, sizeof(octets) - 1, &m), 0);
	ck_assert_uint_eq(strlen(m.path), COAP_MSG_PATH_LEN - 1);
	octets[6]++;
	ck_assert_int_eq(parse(octets, sizeof(octets), &m), -EPROTO);
	/* The same for the query. */
	octets[5] = 0xdd;
	octets[6] = 2;
	octets[7] = COAP_MSG_QUERY_LEN - 1 - 13;
	ck_assert_int_eq(parse(octets, 8 + COAP_MSG_QUERY_LEN - 1, &m), 0);
	ck_assert_uint_eq(strlen(m.query), COAP_MSG_QUERY_LEN - 1);
	/* Text that would pass for other segments. */
	ck_assert_int_eq(PARSE(COAP_MSG_GET,
			       "\xb3"
			       "a/b",
			       &m),
			 -EPROTO);
	ck_assert_int_eq(PARSE(COAP_MSG_GET,
			       "\xb3"
			       "a\0b",
			       &m),
			 -EPROTO);
	ck_assert_int_eq(PARSE(COAP_MSG_GET,
			       "\xd3\x02"
			       "a&b",
			       &m),
			 -EPROTO);
	ck_assert_int_eq(PARSE(COAP_MSG_GET,
			       "\xd3\x02"
			       "a/b",
			       &m),
			 0);
}
END_TEST

START_TEST(truncations)
{
	struct coap_msg m;
	size_t options_end = sizeof(put_octets) - 4;
	/* What ends at the end of an option is a message; everything else is not. */
	static const size_t boundaries[] = {6, 16, 18, 20, 24, 26, 29};
	size_t next = 0;
	for (size_t len = 0; len <= options_end; len++) {
		bool whole = len == boundaries[next];
		ck_assert_int_eq(parse(put_octets, len, &m), whole ? 0 : -EBADMSG);
		next += whole;
	}
	ck_assert_uint_eq(next, 7);
	ck_assert_int_eq(parse(put_octets, options_end + 1, &m), -EBADMSG); /* marker, nothing */
	ck_assert_int_eq(parse(put_octets, options_end + 2, &m), 0);
}
END_TEST

START_TEST(headers_that_are_none)
{
	static const struct {
		int err;
		size_t len;
		uint8_t octets[16];
	} headers[] = {
		{0, 4, {0x40, 0x00, 0, 7}},             /* empty, a ping */
		{0, 4, {0x70, 0x00, 0, 7}},             /* reset */
		{-EPROTONOSUPPORT, 4, {0x00, 1, 0, 7}}, /* versions 0, 2, 3 */
		{-EPROTONOSUPPORT, 4, {0x80, 1, 0, 7}},
		{-EPROTONOSUPPORT, 4, {0xc0, 1, 0, 7}},
		{-EBADMSG, 5, {0x41, 0x00, 0, 7, 1}}, /* empty with a token */
		{-EBADMSG, 6, {0x40, 0x00, 0, 7, 0xff, 1}},
		{-EBADMSG, 4, {0x40, 0x20, 0, 7}}, /* reserved classes 1, 3, 6, 7 */
		{-EBADMSG, 4, {0x40, 0x61, 0, 7}},
		{-EBADMSG, 4, {0x40, 0xc1, 0, 7}},
		{-EBADMSG, 4, {0x40, 0xff, 0, 7}},
		{0, 12, {0x48, 0x01, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8}},
		{-EBADMSG, 13, {0x49, 0x01, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9}}, /* token of 9 */
		{-EBADMSG, 13, {0x4f, 0x01, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{-EBADMSG, 5, {0x42, 0x01, 0, 7, 1}}, /* half a token */
	};
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct coap_msg m;
		ck_assert_int_eq(parse(headers[i].octets, headers[i].len, &m), headers[i].err);
		ck_assert_uint_eq(m.mid, 7);
	}
}
END_TEST

START_TEST(options_that_are_none)
{
	struct coap_msg m;
	ck_assert_int_eq(PARSE(1, "\xf0", &m), -EBADMSG); /* reserved nibbles */
	ck_assert_int_eq(PARSE(1, "\x0f", &m), -EBADMSG);
	ck_assert_int_eq(PARSE(1, "\xd0", &m), -EBADMSG); /* extension missing */
	ck_assert_int_eq(PARSE(1, "\xe0\x01", &m), -EBADMSG);
	ck_assert_int_eq(PARSE(1, "\xbd", &m), -EBADMSG);
	ck_assert_int_eq(PARSE(1, "\xbe\x01", &m), -EBADMSG);
	ck_assert_int_eq(PARSE(1,
			       "\xb2"
			       "a",
			       &m),
			 -EBADMSG); /* value missing */
	ck_assert_int_eq(PARSE(1,
			       "\xbe\xff\xff"
			       "a",
			       &m),
			 -EBADMSG);
	/* Option number 65535 is the last, also when reached by steps. */
	ck_assert_int_eq(PARSE(1, "\xe0\xfe\xf1", &m), 0); /* 65534 */
	ck_assert_int_eq(PARSE(1, "\xe0\xfe\xf2", &m), -EPROTO);
	ck_assert_int_eq(PARSE(1, "\xe0\xfe\xf3", &m), -EBADMSG);
	ck_assert_int_eq(PARSE(1, "\xe0\xff\xff", &m), -EBADMSG);
	ck_assert_int_eq(PARSE(1, "\xe0\xfe\xf1\x20", &m), -EBADMSG);
}
END_TEST

/* RFC 7252 section 5.4.1: unknown, out of place, too long or too many. */
START_TEST(critical_options)
{
	struct coap_msg m;
	ck_assert_int_eq(PARSE(1,
			       "\x11"
			       "e",
			       &m),
			 -EPROTO);         /* If-Match (1) */
	ck_assert_uint_eq(m.token_len, 1); /* for the 4.02 */
	ck_assert_uint_eq(m.token[0], 0xee);
	ck_assert_int_eq(PARSE(1,
			       "\x34"
			       "host",
			       &m),
			 0);                             /* Uri-Host (3) */
	ck_assert_int_eq(PARSE(1, "\x30", &m), -EPROTO); /* of length 0 */
	ck_assert_int_eq(PARSE(1,
			       "\x34"
			       "host\x04"
			       "host",
			       &m),
			 -EPROTO);
	ck_assert_int_eq(PARSE(1, "\x50", &m), -EPROTO);   /* If-None-Match (5) */
	ck_assert_int_eq(PARSE(1, "\x72\x16\x33", &m), 0); /* Uri-Port (7) */
	ck_assert_int_eq(PARSE(1, "\x73\x00\x16\x33", &m), -EPROTO);
	ck_assert_int_eq(PARSE(1, "\xd1\x04\x3c", &m), 0); /* Accept (17) */
	ck_assert_int_eq(PARSE(1, "\xd3\x04\x00\x00\x3c", &m), -EPROTO);
	ck_assert_int_eq(PARSE(1, "\xd1\x04\x3c\x01\x3c", &m), -EPROTO);
	ck_assert_int_eq(PARSE(1, "\xd1\x0a\x06", &m), 0); /* Block2 (23) */
	ck_assert_int_eq(PARSE(1, "\xd1\x0a\x06\x01\x06", &m), -EPROTO);
	ck_assert_int_eq(PARSE(1, "\xd4\x0a\x00\x00\x00\x06", &m), -EPROTO);
	ck_assert_int_eq(PARSE(1, "\xd1\x0e\x06", &m), 0); /* Block1 (27) */
	ck_assert_int_eq(PARSE(1, "\xd1\x0e\x06\x01\x06", &m), -EPROTO);
	ck_assert_int_eq(PARSE(1,
			       "\xd1\x16"
			       "p",
			       &m),
			 -EPROTO); /* Proxy-Uri (35) */
	ck_assert_int_eq(PARSE(0x45,
			       "\xb1"
			       "a",
			       &m),
			 -EPROTO); /* Uri-Path in an answer */
	ck_assert_int_eq(PARSE(0x45, "\xd1\x04\x3c", &m), -EPROTO);
	ck_assert_int_eq(PARSE(0x45, "\xc1\x3c", &m), 0);
	/* Malformed goes before unknown. */
	ck_assert_int_eq(PARSE(1,
			       "\x11"
			       "e\xf0",
			       &m),
			 -EBADMSG);
	ck_assert_int_eq(PARSE(1,
			       "\x11"
			       "e\xff",
			       &m),
			 -EBADMSG);
}
END_TEST

START_TEST(elective_options_are_ignored)
{
	struct coap_msg m;
	ck_assert_int_eq(PARSE(1,
			       "\x41"
			       "e",
			       &m),
			 0);                                /* ETag (4) */
	ck_assert_int_eq(PARSE(1, "\x60", &m), 0);          /* Observe (6) */
	ck_assert_int_eq(PARSE(1, "\xe1\x01\x01x", &m), 0); /* 526: unknown, even */
	/* Content-Format too long, or a second time: as if it were not there. */
	ck_assert_int_eq(PARSE(3, "\xc3\x00\x00\x3c", &m), 0);
	ck_assert_int_eq(m.content_format, -1);
	ck_assert_int_eq(PARSE(3, "\xc1\x3c\x01\x28", &m), 0);
	ck_assert_int_eq(m.content_format, 60);
}
END_TEST

START_TEST(size_is_bounded)
{
	uint8_t octets[COAP_MSG_MAX + 1] = {0x40, 0x45, 0, 7, 0xff}, out[COAP_MSG_MAX + 8];
	struct coap_msg m = {.code = 0x45, .content_format = -1, .accept = -1};
	ck_assert_int_eq(coap_msg_parse(octets, COAP_MSG_MAX, &m), 0);
	ck_assert_uint_eq(m.payload_len, COAP_MSG_MAX - 5);
	ck_assert_int_eq(coap_msg_build(&m, out, sizeof(out)), COAP_MSG_MAX);
	m.payload_len++;
	ck_assert_int_eq(coap_msg_build(&m, out, sizeof(out)), -ENOBUFS);
	ck_assert_int_eq(coap_msg_parse(octets, COAP_MSG_MAX + 1, &m), -EBADMSG);
	m.token_len = 9;
	ck_assert_int_eq(coap_msg_build(&m, out, sizeof(out)), -ENOBUFS);
}
END_TEST

/* A flipped bit is an error or another message: no bit is ignored. */
START_TEST(flipped_bits)
{
	for (size_t bit = 0; bit < 8 * sizeof(put_octets); bit++) {
		uint8_t octets[sizeof(put_octets)], out[2 * sizeof(put_octets)];
		struct coap_msg m;
		memcpy(octets, put_octets, sizeof(octets));
		octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (coap_msg_parse(octets, sizeof(octets), &m) < 0)
			continue;
		int len = coap_msg_build(&m, out, sizeof(out));
		ck_assert_int_gt(len, 0);
		ck_assert(len != (int)sizeof(put_octets) ||
			  memcmp(out, put_octets, sizeof(put_octets)) != 0);
	}
}
END_TEST

START_TEST(names_of_codes)
{
	ck_assert_str_eq(coap_msg_code_name(COAP_MSG_CODE(4, 9)), "4.09 Conflict");
	ck_assert_str_eq(coap_msg_code_name(COAP_MSG_GET), "0.01 GET");
	ck_assert_str_eq(coap_msg_code_name(0xff), "unknown code");
}
END_TEST

UNIT_MAIN("coap_msg", request_is_read, request_is_written, answer_both_ways, blocks_both_ways,
	  formats_of_any_length, empty_segments_stay, segments_that_do_not_fit, truncations,
	  headers_that_are_none, options_that_are_none, critical_options,
	  elective_options_are_ignored, size_is_bounded, flipped_bits, names_of_codes)
