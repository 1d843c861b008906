/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_auth.h"
#include "dtls/dtls_cert.h"
#include "dtls/dtls_priv.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#define PSK_SUITE   "PSK-AES128-CCM8"         /* RFC 6655: TLS_PSK_WITH_AES_128_CCM_8, 0xC0A8 */
#define ECDHE_SUITE "ECDHE-ECDSA-AES128-CCM8" /* RFC 7251, 0xC0AE; RFC 7252 section 9 has both */

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

/* The suites have an 8-octet MAC, which OpenSSL 3.5 allows at security level 0 only. That level
 * holds for this context alone, which offers and accepts nothing but `suites`; the strength of
 * certificates is looked at by dtls_cert_verify(). */
static bool set_algorithms(SSL_CTX *ctx, const char *suites)
{
	SSL_CTX_set_security_level(ctx, 0);
	return SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) &&
	       SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) &&
	       SSL_CTX_set_cipher_list(ctx, suites) &&
	       /* One entry each keeps the ClientHello small. */
	       SSL_CTX_set1_groups_list(ctx, "P-256") &&
	       SSL_CTX_set1_sigalgs_list(ctx, "ECDSA+SHA256");
}

static SSL_CTX *new_ctx(const char *suites)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_method());

	if (!ctx || !set_algorithms(ctx, suites)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	/* A ticket would cost 666 octets on the air; encrypt-then-MAC 4, and is nothing to CCM.
	 * OpenSSL would leave keys that came in its buffers, also when it frees them. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU |
					 SSL_OP_NO_COMPRESSION | SSL_OP_COOKIE_EXCHANGE |
					 SSL_OP_NO_ENCRYPT_THEN_MAC | SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* No record is longer than a datagram: smaller buffers. */
	SSL_CTX_set_max_send_fragment(ctx, DTLS_MAX_DATAGRAM);
	SSL_CTX_set_cookie_generate_cb(ctx, make_cookie);
	SSL_CTX_set_cookie_verify_cb(ctx, check_cookie);
	return ctx;
}

/* Our key, with the certificate if `with_certificate`, and what the peer's is checked by. */
static int set_auth(SSL_CTX *ctx, const struct dtls_auth *auth, bool with_certificate)
{
	if (with_certificate && (SSL_CTX_use_certificate(ctx, auth->cert) != 1 ||
				 SSL_CTX_set1_chain(ctx, auth->chain) != 1))
		return -EIO;
	if (SSL_CTX_use_PrivateKey(ctx, auth->key) != 1)
		return -EIO;
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN); /* send what the operator gave, no more */
	SSL_CTX_set1_cert_store(ctx, auth->store);
	SSL_CTX_set_max_cert_list(ctx, DTLS_CERT_MAX_LIST);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, dtls_verify_peer, NULL);
	return 0;
}

/* `ctx`, or NULL and no context if `r` is an error. */
static SSL_CTX *finish(SSL_CTX *ctx, int r)
{
	ERR_clear_error();
	if (r == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

SSL_CTX *dtls_ctx_client(const struct dtls_auth *auth, enum dtls_cred_kind kind)
{
	SSL_CTX *ctx = new_ctx(kind == DTLS_CRED_PSK ? PSK_SUITE : ECDHE_SUITE);
	int r = 0;

	if (!ctx)
		return NULL;
	if (kind == DTLS_CRED_PSK)
		SSL_CTX_set_psk_client_callback(ctx, dtls_psk_client);
	else
		r = set_auth(ctx, auth, kind == DTLS_CRED_CERT);
	if (r == 0 && kind == DTLS_CRED_RPK)
		r = dtls_rpk_set_client(ctx);
	return finish(ctx, r);
}

SSL_CTX *dtls_ctx_server(const struct dtls_auth *auth, bool psk)
{
	SSL_CTX *ctx = new_ctx(!auth ? PSK_SUITE : psk ? PSK_SUITE ":" ECDHE_SUITE : ECDHE_SUITE);
	int r = 0;

	if (!ctx)
		return NULL;
	if (psk)
		SSL_CTX_set_psk_server_callback(ctx, dtls_psk_server);
	if (auth)
		r = set_auth(ctx, auth, auth->cert != NULL);
	if (auth && r == 0)
		r = dtls_rpk_set_server(ctx, auth->cert != NULL);
	return finish(ctx, r);
}
