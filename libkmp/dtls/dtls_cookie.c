/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_cookie.h"

#include "base/buf.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define COOKIE_SECRET_LEN 32
#define PEER_LEN          (16 + 2 + 4) /* address, port, interface */

int dtls_cookie_init(struct dtls_cookie *c, uint64_t now_ms, uint64_t lifetime_ms)
{
	*c = (struct dtls_cookie){.since_ms = now_ms, .lifetime_ms = lifetime_ms};
	if (secret_random(&c->current, COOKIE_SECRET_LEN) != 0 ||
	    secret_random(&c->previous, COOKIE_SECRET_LEN) != 0)
		return -EIO;
	return 0;
}

void dtls_cookie_fini(struct dtls_cookie *c)
{
	secret_clear(&c->current);
	secret_clear(&c->previous);
}

/* Change the secret if it has served its time; after a long silence the one before it, too. */
static int rotate(struct dtls_cookie *c, uint64_t now_ms)
{
	uint64_t age_ms = now_ms - c->since_ms;

	if (age_ms < c->lifetime_ms)
		return 0;
	c->previous = c->current;
	if (age_ms >= 2 * c->lifetime_ms && secret_random(&c->previous, COOKIE_SECRET_LEN) != 0)
		return -EIO;
	c->since_ms = now_ms;
	return secret_random(&c->current, COOKIE_SECRET_LEN) == 0 ? 0 : -EIO;
}

static int mac(const struct secret *key, const struct sockaddr_in6 *peer,
	       uint8_t cookie[DTLS_COOKIE_LEN])
{
	uint8_t text[PEER_LEN], digest[EVP_MAX_MD_SIZE];
	struct buf_writer w;

	buf_writer_init(&w, text, sizeof(text));
	buf_put(&w, &peer->sin6_addr, sizeof(peer->sin6_addr));
	buf_put_u16(&w, ntohs(peer->sin6_port));
	buf_put_u32(&w, peer->sin6_scope_id);
	if (!HMAC(EVP_sha256(), key->b, (int)key->len, text, w.len, digest, NULL))
		return -EIO;
	memcpy(cookie, digest, DTLS_COOKIE_LEN);
	return 0;
}

int dtls_cookie_make(struct dtls_cookie *c, uint64_t now_ms, const struct sockaddr_in6 *peer,
		     uint8_t cookie[DTLS_COOKIE_LEN])
{
	int r = rotate(c, now_ms);
	return r ? r : mac(&c->current, peer, cookie);
}

bool dtls_cookie_check(struct dtls_cookie *c, uint64_t now_ms, const struct sockaddr_in6 *peer,
		       const uint8_t *cookie, size_t len)
{
	uint8_t expected[DTLS_COOKIE_LEN];

	if (len != DTLS_COOKIE_LEN || rotate(c, now_ms) != 0)
		return false;
	if (mac(&c->current, peer, expected) == 0 &&
	    secret_equal_octets(expected, cookie, DTLS_COOKIE_LEN))
		return true;
	return mac(&c->previous, peer, expected) == 0 &&
	       secret_equal_octets(expected, cookie, DTLS_COOKIE_LEN);
}
