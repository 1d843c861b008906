/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_cert.h"

#include "base/buf.h"
#include "dtls/dtls_auth.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* DER tags and lengths, X.690 section 8. */
#define TAG_OCTET_STRING 0x04
#define TAG_OID          0x06
#define TAG_SEQUENCE     0x30
#define MAX_SHORT_LEN    0x7f

#define ID_ON_HARDWARE_MODULE_NAME "1.3.6.1.5.5.7.8.4" /* RFC 4108 section 5 */
#define OID_TEXT_LEN               32
#define AUTH_LEVEL                 2 /* at least 112 bits of security */

/* --- names --- */

/* A DER element with `tag` and a length below 128. */
static struct buf_reader element(struct buf_reader *r, uint8_t tag)
{
	uint8_t found = buf_get_u8(r), len = buf_get_u8(r);

	if (found != tag || len > MAX_SHORT_LEN)
		buf_skip(r, SIZE_MAX); /* no reader has that much: fails it */
	return buf_sub(r, len);
}

bool dtls_cert_hw_module(const uint8_t *der, size_t len, struct eui64 *eui)
{
	struct buf_reader r;

	buf_reader_init(&r, der, len);
	struct buf_reader sequence = element(&r, TAG_SEQUENCE);
	struct buf_reader type = element(&sequence, TAG_OID);
	struct buf_reader serial = element(&sequence, TAG_OCTET_STRING);
	buf_get(&serial, eui->b, sizeof(eui->b));
	return buf_done(&r) && buf_done(&sequence) && buf_left(&type) > 0 && buf_done(&serial);
}

struct names {
	unsigned int hw_modules, ct_uris;
	bool has_eui; /* the last hw_module is one */
	struct eui64 eui;
};

static bool is_hw_module(const OTHERNAME *name)
{
	char oid[OID_TEXT_LEN];

	OBJ_obj2txt(oid, sizeof(oid), name->type_id, 1);
	return strcmp(oid, ID_ON_HARDWARE_MODULE_NAME) == 0;
}

static void read_name(const GENERAL_NAME *name, struct names *names)
{
	static const char uri[] = DTLS_CT_URI;

	if (name->type == GEN_URI) {
		const ASN1_IA5STRING *text = name->d.uniformResourceIdentifier;
		if (ASN1_STRING_length(text) == (int)sizeof(uri) - 1 &&
		    memcmp(ASN1_STRING_get0_data(text), uri, sizeof(uri) - 1) == 0)
			names->ct_uris++;
	} else if (name->type == GEN_OTHERNAME && is_hw_module(name->d.otherName)) {
		const ASN1_TYPE *value = name->d.otherName->value;
		names->hw_modules++;
		names->has_eui =
			value->type == V_ASN1_SEQUENCE &&
			dtls_cert_hw_module(ASN1_STRING_get0_data(value->value.sequence),
					    (size_t)ASN1_STRING_length(value->value.sequence),
					    &names->eui);
	}
}

/* Returns false for a subjectAltName that is there twice or cannot be read. */
static bool read_names(const X509 *cert, struct names *names)
{
	int critical;
	GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);

	*names = (struct names){.has_eui = false};
	if (!all)
		return critical == -1; /* there is none */
	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++)
		read_name(sk_GENERAL_NAME_value(all, i), names);
	GENERAL_NAMES_free(all);
	return true;
}

const char *dtls_cert_device(const X509 *cert, struct eui64 *eui)
{
	struct names names;

	if (!read_names(cert, &names))
		return "its certificate has an unreadable subjectAltName";
	if (names.hw_modules == 0)
		return "its certificate carries no EUI-64";
	if (names.hw_modules > 1)
		return "its certificate carries more than one hardwareModuleName";
	if (!names.has_eui || eui64_is_zero(&names.eui))
		return "its certificate has a hardwareModuleName that is no EUI-64";
	if (names.ct_uris > 0)
		return "its certificate names a device and a commissioning tool";
	*eui = names.eui;
	return NULL;
}

const char *dtls_cert_ct(const X509 *cert)
{
	struct names names;

	if (!read_names(cert, &names))
		return "its certificate has an unreadable subjectAltName";
	if (names.hw_modules > 0)
		return "its certificate is a device's, not a commissioning tool's";
	if (names.ct_uris == 0)
		return "its certificate is not a commissioning tool's (no URI " DTLS_CT_URI ")";
	return NULL;
}

/* --- keys --- */

bool dtls_cert_is_p256(const EVP_PKEY *key)
{
	char group[32];

	return key && EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

/* Takes `der` over. */
static int hash_der(unsigned char *der, int len, uint8_t hash[DTLS_KEY_HASH_LEN])
{
	bool done = len > 0 && EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return done ? 0 : -EIO;
}

int dtls_cert_key_hash(const EVP_PKEY *key, uint8_t hash[DTLS_KEY_HASH_LEN])
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	return hash_der(der, len, hash);
}

/* As it stands in the certificate: OpenSSL 3.0 takes long to encode a key. */
int dtls_cert_hash(const X509 *cert, uint8_t hash[DTLS_KEY_HASH_LEN])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	return hash_der(der, len, hash);
}

/* --- chains --- */

/* RFC 5280 section 4.2.1.3: who signs a handshake needs digitalSignature, if usages are told. */
static int check_leaf(X509 *leaf)
{
	if (X509_check_ca(leaf) > 0)
		return X509_V_ERR_CERT_REJECTED;
	if (!(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
		return X509_V_ERR_INVALID_PURPOSE;
	return X509_V_OK;
}

/* One curve and one signature all the way; how the anchor itself is signed does not matter. */
static int check_chain(const STACK_OF(X509) * chain)
{
	int n = sk_X509_num(chain);

	for (int i = 0; i < n; i++) {
		const X509 *cert = sk_X509_value(chain, i);
		if (!dtls_cert_is_p256(X509_get0_pubkey(cert)))
			return X509_V_ERR_EE_KEY_TOO_SMALL;
		if (i < n - 1 && X509_get_signature_nid(cert) != NID_ecdsa_with_SHA256)
			return X509_V_ERR_CA_MD_TOO_WEAK;
	}
	return check_leaf(sk_X509_value(chain, 0));
}

int dtls_cert_verify(X509_STORE_CTX *ctx, bool ignore_times)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	int error;

	X509_VERIFY_PARAM_set_depth(param, DTLS_CERT_MAX_BETWEEN);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	/* An anchor need not be a root. */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
						   (ignore_times ? X509_V_FLAG_NO_CHECK_TIME : 0));
	if (X509_verify_cert(ctx) == 1) {
		error = check_chain(X509_STORE_CTX_get0_chain(ctx));
	} else {
		error = X509_STORE_CTX_get_error(ctx);
		if (error == X509_V_OK)
			error = X509_V_ERR_UNSPECIFIED;
	}
	X509_STORE_CTX_set_error(ctx, error);
	return error;
}

void dtls_cert_error_text(int error, const char *anchor_option, char *text, size_t text_len)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		snprintf(text, text_len, "its certificate is not under %s", anchor_option);
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		snprintf(text, text_len, "its certificate, or one above it, has expired");
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		snprintf(text, text_len,
			 "its certificate is not valid yet: check the clocks of both");
		break;
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		snprintf(text, text_len, "its certificate has more than %d CAs below %s",
			 DTLS_CERT_MAX_BETWEEN, anchor_option);
		break;
	case X509_V_ERR_CERT_REJECTED:
		snprintf(text, text_len, "its certificate is a CA's");
		break;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		snprintf(text, text_len,
			 "its certificate, or one above it, is not P-256 with ECDSA and SHA-256");
		break;
	default: /* OpenSSL's errors */
		snprintf(text, text_len, "its certificate: %s",
			 X509_verify_cert_error_string(error));
	}
}
