/* SPDX-License-Identifier: ISC */
/* What a certificate says about its holder. The input is a certificate in DER; and by itself also a
 * hardwareModuleName. Nothing is ever both a device and a commissioning tool, and nothing is under
 * an anchor where there is none. */
#include "dtls/dtls_cert.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void verify(X509 *cert)
{
	static X509_STORE *empty;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	char text[96];

	if (!empty)
		empty = X509_STORE_new();
	if (ctx && empty && X509_STORE_CTX_init(ctx, empty, cert, NULL) == 1) {
		int error = dtls_cert_verify(ctx, true);
		require(error != X509_V_OK);
		dtls_cert_error_text(error, "device-anchor", text, sizeof(text));
		require(strncmp(text, "its certificate", strlen("its certificate")) == 0);
	}
	X509_STORE_CTX_free(ctx);
}

static void identify(X509 *cert)
{
	struct eui64 eui = {.b = {0}};
	const char *no_device = dtls_cert_device(cert, &eui), *no_ct = dtls_cert_ct(cert);
	uint8_t hash[DTLS_KEY_HASH_LEN];
	EVP_PKEY *key = X509_get0_pubkey(cert);

	require(no_device || no_ct);
	require(no_device || !eui64_is_zero(&eui));
	if (dtls_cert_is_p256(key))
		require(dtls_cert_key_hash(key, hash) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const unsigned char *at = data;
	X509 *cert = d2i_X509(NULL, &at, (long)len);
	struct eui64 eui;

	if (dtls_cert_hw_module(data, len, &eui))
		require(len >= 2 + 3 + 2 + sizeof(eui.b) && len < 130 &&
			memcmp(data + len - sizeof(eui.b), eui.b, sizeof(eui.b)) == 0);
	if (cert) {
		identify(cert);
		verify(cert);
	}
	X509_free(cert);
	ERR_clear_error();
	return 0;
}
