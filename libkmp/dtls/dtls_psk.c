/* SPDX-License-Identifier: ISC */
/* Pre-shared keys (RFC 4279): OpenSSL asks for them here. */
#include "dtls/dtls_priv.h"

#include <string.h>

bool dtls_psk_identity_ok(const char *identity)
{
	size_t len = strnlen(identity, DTLS_MAX_IDENTITY_LEN + 1);

	if (len == 0 || len > DTLS_MAX_IDENTITY_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (identity[i] < '!' || identity[i] > '~')
			return false;
	return true;
}

/* RFC 4279 section 2: the handshake goes on with a key that nobody has, so that an unknown identity
 * cannot be told from a wrong key. */
static void key_of(const struct dtls_session *s, const char *identity, struct secret *key)
{
	const struct dtls_callbacks *cb = &s->ep->cb;

	if (dtls_psk_identity_ok(identity) && cb->psk_of(cb->arg, identity, key) == 0 &&
	    key->len >= DTLS_MIN_PSK_LEN)
		return;
	if (secret_random(key, SECRET_MAX_LEN) != 0)
		key->len = 0;
}

unsigned int dtls_psk_server(SSL *ssl, const char *identity, unsigned char *psk, unsigned int cap)
{
	struct dtls_session *s = SSL_get_app_data(ssl);
	struct secret key = {.len = 0};
	unsigned int len = 0;

	s->psk = true;
	if (identity)
		key_of(s, identity, &key);
	if (key.len <= cap) {
		memcpy(psk, key.b, key.len);
		len = (unsigned int)key.len;
	}
	secret_clear(&key);
	return len; /* 0 ends the handshake: no randomness */
}

unsigned int dtls_psk_client(SSL *ssl, const char *hint, char *identity, unsigned int identity_cap,
			     unsigned char *psk, unsigned int psk_cap)
{
	const struct dtls_session *s = SSL_get_app_data(ssl);
	size_t identity_len = strlen(s->cred.identity);

	(void)hint; /* RFC 4279 section 5.2: ignored unless a profile says what it means */
	if (identity_len >= identity_cap || s->cred.psk.len > psk_cap)
		return 0;
	memcpy(identity, s->cred.identity, identity_len + 1);
	memcpy(psk, s->cred.psk.b, s->cred.psk.len);
	return (unsigned int)s->cred.psk.len;
}
