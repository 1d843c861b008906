/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_cookie.h"

#include "unit.h"

#include <string.h>

#define LIFETIME_MS 60000

static struct dtls_cookie jar;
static struct sockaddr_in6 peer;
static uint8_t cookie[DTLS_COOKIE_LEN];

static void begin(void)
{
	peer = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(1234)};
	peer.sin6_addr.s6_addr[0] = 0xfe;
	peer.sin6_addr.s6_addr[1] = 0x80;
	peer.sin6_scope_id = 3;
	ck_assert_int_eq(dtls_cookie_init(&jar, 1000, LIFETIME_MS), 0);
	ck_assert_int_eq(dtls_cookie_make(&jar, 1000, &peer, cookie), 0);
}

static bool good(uint64_t now_ms)
{
	return dtls_cookie_check(&jar, now_ms, &peer, cookie, sizeof(cookie));
}

START_TEST(is_good_for_its_peer_only)
{
	begin();
	ck_assert(good(1000));
	peer.sin6_port = htons(1235);
	ck_assert(!good(1000));
	peer.sin6_port = htons(1234);
	peer.sin6_scope_id = 4;
	ck_assert(!good(1000));
	peer.sin6_scope_id = 3;
	peer.sin6_addr.s6_addr[15] ^= 1;
	ck_assert(!good(1000));
	peer.sin6_addr.s6_addr[15] ^= 1;
	ck_assert(good(1000));
	dtls_cookie_fini(&jar);
}
END_TEST

START_TEST(any_flipped_bit_spoils_it)
{
	begin();
	for (size_t bit = 0; bit < 8 * sizeof(cookie); bit++) {
		cookie[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert(!good(1000));
		cookie[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	ck_assert(!dtls_cookie_check(&jar, 1000, &peer, cookie, sizeof(cookie) - 1));
	ck_assert(!dtls_cookie_check(&jar, 1000, &peer, cookie, 0));
	ck_assert(good(1000));
	dtls_cookie_fini(&jar);
}
END_TEST

START_TEST(lives_one_to_two_lifetimes)
{
	begin(); /* made with the secret: lives longest */
	ck_assert(good(1000 + LIFETIME_MS - 1));
	ck_assert(good(1000 + LIFETIME_MS)); /* by the secret before */
	ck_assert(good(1000 + 2 * LIFETIME_MS - 1));
	ck_assert(!good(1000 + 2 * LIFETIME_MS));
	dtls_cookie_fini(&jar);
}
END_TEST

START_TEST(dies_in_a_long_silence)
{
	begin();
	ck_assert(!good(1000 + 2 * LIFETIME_MS));
	dtls_cookie_fini(&jar);
}
END_TEST

UNIT_MAIN("dtls_cookie", is_good_for_its_peer_only, any_flipped_bit_spoils_it,
	  lives_one_to_two_lifetimes, dies_in_a_long_silence)
