/* SPDX-License-Identifier: ISC */
/* Raw public keys (RFC 7250), which OpenSSL has from 3.2 on. */
#include "dtls/dtls_priv.h"

#include <errno.h>
#include <openssl/opensslv.h>
#include <openssl/x509_vfy.h>

#if OPENSSL_VERSION_NUMBER >= 0x30200000L

bool dtls_rpk_supported(void)
{
	return true;
}

/* Certificate types (RFC 7250 section 3), the preferred one first. */
static int set_types(SSL_CTX *ctx, const uint8_t *ours, size_t n_ours, const uint8_t *theirs,
		     size_t n_theirs, bool server)
{
	return SSL_CTX_set1_server_cert_type(ctx, server ? ours : theirs,
					     server ? n_ours : n_theirs) &&
			       SSL_CTX_set1_client_cert_type(ctx, server ? theirs : ours,
							     server ? n_theirs : n_ours)
		       ? 0
		       : -EIO;
}

int dtls_rpk_set_client(SSL_CTX *ctx)
{
	static const uint8_t rpk[] = {TLSEXT_cert_type_rpk};

	return set_types(ctx, rpk, sizeof(rpk), rpk, sizeof(rpk), false);
}

int dtls_rpk_set_server(SSL_CTX *ctx, bool have_certificate)
{
	static const uint8_t both[] = {TLSEXT_cert_type_rpk, TLSEXT_cert_type_x509};

	/* Which of the two the CT has is for the endpoint's owner to judge. */
	return set_types(ctx, both, have_certificate ? 2 : 1, both, 2, true);
}

const EVP_PKEY *dtls_rpk_of(X509_STORE_CTX *ctx)
{
	return X509_STORE_CTX_get0_rpk(ctx);
}

#else

bool dtls_rpk_supported(void)
{
	return false;
}

int dtls_rpk_set_client(SSL_CTX *ctx)
{
	(void)ctx;
	return -EOPNOTSUPP;
}

int dtls_rpk_set_server(SSL_CTX *ctx, bool have_certificate)
{
	(void)ctx;
	return have_certificate ? 0 : -EOPNOTSUPP;
}

const EVP_PKEY *dtls_rpk_of(X509_STORE_CTX *ctx)
{
	(void)ctx;
	return NULL;
}

#endif
