/* SPDX-License-Identifier: ISC */
/* Is the peer who it must be? OpenSSL asks here when the peer's certificate or raw public key has
 * arrived; that it holds the private key it proves itself. */
#include "dtls/dtls_auth.h"
#include "dtls/dtls_cert.h"
#include "dtls/dtls_priv.h"

#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static bool refuse(struct dtls_session *s, const char *fmt,
							 ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->reason, sizeof(s->reason), fmt, args);
	va_end(args);
	return false;
}

/* Note the hash of the peer's key, and refuse any that is not P-256: in a certificate, or (NULL) a
 * raw one. */
static bool take_key(struct dtls_session *s, const X509 *cert, const EVP_PKEY *key)
{
	if (!dtls_cert_is_p256(cert ? X509_get0_pubkey(cert) : key) ||
	    (cert ? dtls_cert_hash(cert, s->key_hash) : dtls_cert_key_hash(key, s->key_hash)) < 0)
		return refuse(s, "its key is not a P-256 key");
	return true;
}

/* Is its certificate under our anchors? A device has no clock to trust before it is in the network;
 * see dtls_auth_clock_is_unset(). */
static bool check_anchor(struct dtls_session *s, X509_STORE_CTX *ctx)
{
	const struct dtls_auth *auth = s->ep->auth;
	int error = dtls_cert_verify(ctx, s->server && dtls_auth_clock_is_unset(auth));

	if (error != X509_V_OK)
		dtls_cert_error_text(error, dtls_auth_anchor_option(auth->role), s->reason,
				     sizeof(s->reason));
	return error == X509_V_OK;
}

static bool check_device_key(struct dtls_session *s, const EVP_PKEY *key)
{
	if (s->cred.kind != DTLS_CRED_RPK)
		return refuse(s, "it sent a raw public key instead of a certificate");
	if (!take_key(s, NULL, key))
		return false;
	if (!secret_equal_octets(s->key_hash, s->cred.key_hash, sizeof(s->key_hash)))
		return refuse(s, "its public key is not the one of key-hash");
	return true;
}

static bool check_device_cert(struct dtls_session *s, X509_STORE_CTX *ctx, const X509 *cert)
{
	struct eui64 eui;
	eui64_text text;

	if (s->cred.kind != DTLS_CRED_CERT)
		return refuse(s, "it sent a certificate instead of a raw public key");
	if (!take_key(s, cert, NULL) || !check_anchor(s, ctx))
		return false;
	const char *fault = dtls_cert_device(cert, &eui);
	if (fault)
		return refuse(s, "%s", fault);
	if (strcmp(eui64_format(&eui, text), s->cred.identity) != 0)
		return refuse(s, "its certificate is for %s, not %.16s", text, s->cred.identity);
	return true;
}

static bool check_ct_cert(struct dtls_session *s, X509_STORE_CTX *ctx, const X509 *cert)
{
	const char *fault = dtls_cert_ct(cert);

	if (fault)
		return refuse(s, "%s", fault);
	return !dtls_auth_has_anchor(s->ep->auth) || check_anchor(s, ctx);
}

static bool check_ct(struct dtls_session *s, X509_STORE_CTX *ctx, const X509 *cert,
		     const EVP_PKEY *key)
{
	const struct dtls_callbacks *cb = &s->ep->cb;

	if (!take_key(s, cert, key) || (cert && !check_ct_cert(s, ctx, cert)))
		return false;
	const char *fault =
		cb->check_ct(cb->arg, s->key_hash, cert && dtls_auth_has_anchor(s->ep->auth));
	if (fault)
		return refuse(s, "%s", fault);
	s->cred.kind = cert ? DTLS_CRED_CERT : DTLS_CRED_RPK;
	return true;
}

int dtls_verify_peer(X509_STORE_CTX *ctx, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct dtls_session *s = SSL_get_app_data(ssl);
	const X509 *cert = X509_STORE_CTX_get0_cert(ctx);
	const EVP_PKEY *key = dtls_rpk_of(ctx);
	bool good = false;

	(void)arg;
	s->reason[0] = '\0';
	if (cert || key) {
		if (s->server)
			good = check_ct(s, ctx, cert, key);
		else
			good = cert ? check_device_cert(s, ctx, cert) : check_device_key(s, key);
	}
	/* What it is set to is what the peer gets to know by the alert. */
	if (good)
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
	else if (X509_STORE_CTX_get_error(ctx) == X509_V_OK)
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REJECTED);
	return good;
}
