/* SPDX-License-Identifier: ISC */
/* dtls_cookie: the stateless cookie by which a client shows that it receives at its address (RFC
 * 6347 section 4.2.1): a MAC over address, port and interface under a secret that changes. */
#ifndef KMP_DTLS_DTLS_COOKIE_H
#define KMP_DTLS_DTLS_COOKIE_H

#include "base/secret.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define DTLS_COOKIE_LEN 16

struct dtls_cookie {
	struct secret current, previous;
	uint64_t since_ms, lifetime_ms;
};

/* A cookie is good for at least `lifetime_ms` and at most twice that. Returns 0 or -EIO. */
int dtls_cookie_init(struct dtls_cookie *c, uint64_t now_ms, uint64_t lifetime_ms);
void dtls_cookie_fini(struct dtls_cookie *c);

/* Returns 0 or -EIO (no randomness for a new secret, or no MAC). */
int dtls_cookie_make(struct dtls_cookie *c, uint64_t now_ms, const struct sockaddr_in6 *peer,
		     uint8_t cookie[DTLS_COOKIE_LEN]);
bool dtls_cookie_check(struct dtls_cookie *c, uint64_t now_ms, const struct sockaddr_in6 *peer,
		       const uint8_t *cookie, size_t len);

#endif
