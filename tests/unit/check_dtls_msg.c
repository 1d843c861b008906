/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_msg.h"

#include "unit.h"

#include <string.h>

/* The beginning of a ClientHello: all that is looked at. */
static const uint8_t hello[] = {
	22,                                      /* handshake */
	0xfe, 0xff,                              /* DTLS 1.0, as RFC 6347 section 4.2.1 has it */
	0,    0,    0,    0,   0,   0,   0,   7, /* epoch 0, sequence number 7 */
	0,    46,                                /* length */
	1,    0,    0,    34,  0,   1,   0,   0,   0,   0,   0, /* ClientHello, length, message 1,
								   offset 0 */
	34,   0xfe, 0xfd,                                       /* fragment length, DTLS 1.2 */
	'a',  'b',  'c',  'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p',
	'q',  'r',  's',  't', 'u', 'v', 'w', 'x', 'y', 'z', '1', '2', '3', '4', '5', '6',
};

/* A ChangeCipherSpec and the Finished of epoch 1, sealed, in one datagram. */
static const uint8_t finished[] = {
	20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 1,          /* epoch 0 */
	22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 9, 9, 9, 9, /* epoch 1 */
};

static const uint8_t data[] = {23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2, 9, 9};

START_TEST(finds_the_random_of_a_client_hello)
{
	uint8_t random[DTLS_RANDOM_LEN];

	ck_assert(dtls_msg_client_hello(hello, sizeof(hello), random));
	ck_assert_mem_eq(random, "abcdefghijklmnopqrstuvwxyz123456", DTLS_RANDOM_LEN);
	ck_assert(!dtls_msg_client_hello(finished, sizeof(finished), random));
	ck_assert(!dtls_msg_client_hello(data, sizeof(data), random));
	for (size_t len = 0; len < sizeof(hello); len++)
		ck_assert(!dtls_msg_client_hello(hello, len, random));
}
END_TEST

START_TEST(every_octet_it_looks_at_counts)
{
	static const size_t looked_at[] = {0, 1, 3, 4, 12, 13, 19, 20, 21};
	uint8_t b[sizeof(hello)], random[DTLS_RANDOM_LEN];

	for (size_t i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++) {
		memcpy(b, hello, sizeof(b));
		b[looked_at[i]] ^= 0x40;
		ck_assert_msg(!dtls_msg_client_hello(b, sizeof(b), random), "octet %zu",
			      looked_at[i]);
	}
	memcpy(b, hello, sizeof(b));
	b[24] = 33; /* a fragment that ends before the random does */
	ck_assert(!dtls_msg_client_hello(b, sizeof(b), random));
}
END_TEST

START_TEST(tells_handshakes_from_data)
{
	ck_assert(dtls_msg_is_handshake(hello, sizeof(hello)));
	ck_assert(dtls_msg_is_handshake(finished, sizeof(finished)));
	ck_assert(dtls_msg_is_handshake(finished + 14, sizeof(finished) - 14));
	ck_assert(!dtls_msg_is_handshake(data, sizeof(data)));
	ck_assert(!dtls_msg_is_handshake(data, 0));

	ck_assert(!dtls_msg_has_sealed_handshake(hello, sizeof(hello)));
	ck_assert(dtls_msg_has_sealed_handshake(finished, sizeof(finished)));
	ck_assert(!dtls_msg_has_sealed_handshake(finished, sizeof(finished) - 1));
	ck_assert(!dtls_msg_has_sealed_handshake(data, sizeof(data)));
}
END_TEST

START_TEST(builds_an_alert)
{
	static const uint8_t decrypt_error[DTLS_ALERT_LEN] = {
		21,   0xfe, 0xfd,                         /* alert, DTLS 1.2 */
		0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, /* epoch 0, */
		0xff, 0,    2,    2,    51,               /* the last number, fatal */
	};
	uint8_t b[DTLS_ALERT_LEN];

	dtls_msg_build_alert(b, DTLS_ALERT_DECRYPT_ERROR);
	ck_assert_mem_eq(b, decrypt_error, sizeof(b));
}
END_TEST

UNIT_MAIN("dtls_msg", finds_the_random_of_a_client_hello, every_octet_it_looks_at_counts,
	  tells_handshakes_from_data, builds_an_alert)
