/* SPDX-License-Identifier: ISC */
/* dtls_cert: what a certificate (RFC 5280) says about its holder, and whether it holds. A device's
 * has its EUI-64 as IEEE 802.1AR has it: in subjectAltName exactly one otherName of type
 * id-on-hardwareModuleName (RFC 4108 section 5) with a hwSerialNum of 8 octets, hwType being the
 * manufacturer's. A commissioning tool's has the URI DTLS_CT_URI there, and no hardwareModuleName
 * at all. Certificates are the network's: nothing in them is believed before it is checked. */
#ifndef KMP_DTLS_DTLS_CERT_H
#define KMP_DTLS_DTLS_CERT_H

#include "base/eui64.h"
#include "dtls/dtls_cred.h"

#include <openssl/x509.h>
#include <stdbool.h>

#define DTLS_CERT_MAX_BETWEEN 2    /* CAs between a certificate and its anchor */
#define DTLS_CERT_MAX_LIST    4096 /* octets of a Certificate message: three of these certificates */

/* Is it a device's? Returns NULL and *eui, or why it is not ("its certificate ..."). */
const char *dtls_cert_device(const X509 *cert, struct eui64 *eui);
/* Is it a commissioning tool's? Returns NULL, or why it is not. */
const char *dtls_cert_ct(const X509 *cert);

/* The elements of a hardwareModuleName in DER: returns true and the 8 octets of hwSerialNum. */
bool dtls_cert_hw_module(const uint8_t *der, size_t len, struct eui64 *eui);

/* Is this a key of the one curve that is used, P-256? */
bool dtls_cert_is_p256(const EVP_PKEY *key);
/* SHA-256 of its SubjectPublicKeyInfo (RFC 7250 section 3). Returns 0 or -EIO. */
int dtls_cert_key_hash(const EVP_PKEY *key, uint8_t hash[DTLS_KEY_HASH_LEN]);
int dtls_cert_hash(const X509 *cert, uint8_t hash[DTLS_KEY_HASH_LEN]);

/* Verify the certificate in `ctx`, whose store has the anchors: signatures (ECDSA with SHA-256,
 * P-256 all the way), times unless `ignore_times`, CAs, key usages, and the depth of the chain. The
 * purpose (extended key usage) is the one set in `ctx`. Returns 0 or an X509_V_ERR_*, which is set
 * in `ctx` too. */
int dtls_cert_verify(X509_STORE_CTX *ctx, bool ignore_times);
/* What an error of dtls_cert_verify() says about the peer: "its certificate ..." */
void dtls_cert_error_text(int error, const char *anchor_option, char *text, size_t text_len);

#endif
