/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_priv.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#define CIPHER_SUITE "PSK-AES128-CCM8" /* RFC 6655: TLS_PSK_WITH_AES_128_CCM_8, 0xC0A8 */

bool dtls_ctx_identity_ok(const char *identity)
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
static void key_of(struct dtls_session *s, const char *identity, struct secret *key)
{
	const struct dtls_callbacks *cb = &s->ep->cb;

	if (dtls_ctx_identity_ok(identity)) {
		strcpy(s->identity, identity); /* just measured */
		if (cb->psk_of(cb->arg, identity, key) == 0 && key->len >= DTLS_MIN_PSK_LEN)
			return;
	}
	if (secret_random(key, SECRET_MAX_LEN) != 0)
		key->len = 0;
}

static unsigned int server_psk(SSL *ssl, const char *identity, unsigned char *psk, unsigned int cap)
{
	struct secret key = {.len = 0};
	unsigned int len = 0;

	if (identity)
		key_of(SSL_get_app_data(ssl), identity, &key);
	if (key.len <= cap) {
		memcpy(psk, key.b, key.len);
		len = (unsigned int)key.len;
	}
	secret_clear(&key);
	return len; /* 0 ends the handshake: no randomness */
}

static unsigned int client_psk(SSL *ssl, const char *hint, char *identity,
			       unsigned int identity_cap, unsigned char *psk, unsigned int psk_cap)
{
	const struct dtls_session *s = SSL_get_app_data(ssl);
	size_t identity_len = strlen(s->identity);

	(void)hint; /* RFC 4279 section 5.2: ignored unless a profile says what it means */
	if (identity_len >= identity_cap || s->key.len > psk_cap)
		return 0;
	memcpy(identity, s->identity, identity_len + 1);
	memcpy(psk, s->key.b, s->key.len);
	return (unsigned int)s->key.len;
}

static int make_cookie(SSL *ssl, unsigned char *cookie, unsigned int *len)
{
	struct dtls_session *s = SSL_get_app_data(ssl);

	*len = DTLS_COOKIE_LEN;
	return dtls_cookie_make(&s->ep->cookie, evl_now_ms(s->ep->evl), &s->path.peer, cookie) == 0;
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned int len)
{
	struct dtls_session *s = SSL_get_app_data(ssl);

	return dtls_cookie_check(&s->ep->cookie, evl_now_ms(s->ep->evl), &s->path.peer, cookie,
				 len);
}

/* The suite has an 8-octet MAC, which OpenSSL 3.5 allows at security level 0 only. That level holds
 * for this context alone, which offers and accepts nothing but this suite. */
static bool set_algorithms(SSL_CTX *ctx)
{
	SSL_CTX_set_security_level(ctx, 0);
	return SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) &&
	       SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) &&
	       SSL_CTX_set_cipher_list(ctx, CIPHER_SUITE) &&
	       /* Of no use with a PSK; one entry each keeps the ClientHello small. */
	       SSL_CTX_set1_groups_list(ctx, "P-256") &&
	       SSL_CTX_set1_sigalgs_list(ctx, "ECDSA+SHA256");
}

SSL_CTX *dtls_ctx_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_method());

	if (!ctx || !set_algorithms(ctx)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	/* A ticket would cost 666 octets on the air. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU |
					 SSL_OP_NO_COMPRESSION | SSL_OP_COOKIE_EXCHANGE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_psk_server_callback(ctx, server_psk);
	SSL_CTX_set_psk_client_callback(ctx, client_psk);
	SSL_CTX_set_cookie_generate_cb(ctx, make_cookie);
	SSL_CTX_set_cookie_verify_cb(ctx, check_cookie);
	return ctx;
}
