/* SPDX-License-Identifier: ISC */
/* dtls_cred: how a client knows the device that it is about to talk to: by a pre-shared key, by its
 * raw public key (RFC 7250), or by a certificate that carries its EUI-64 (DESIGN, Credentials). */
#ifndef KMP_DTLS_DTLS_CRED_H
#define KMP_DTLS_DTLS_CRED_H

#include "base/eui64.h"
#include "base/secret.h"

#include <stdint.h>

#define DTLS_MIN_PSK_LEN      16
#define DTLS_MAX_IDENTITY_LEN 64 /* printable ASCII without blanks */
#define DTLS_KEY_HASH_LEN     32 /* SHA-256 of a SubjectPublicKeyInfo in DER */

enum dtls_cred_kind {
	DTLS_CRED_PSK,  /* PSK-AES128-CCM8 */
	DTLS_CRED_RPK,  /* ECDHE-ECDSA-AES128-CCM8 with raw public keys */
	DTLS_CRED_CERT, /* the same with certificates */
	DTLS_CRED_KINDS
};

struct dtls_cred {
	enum dtls_cred_kind kind;
	/* The device's name, NUL-terminated: an EUI-64 as 16 lower-case hex digits. PSK: the
	 * identity sent; certificate: what it must carry; raw public key: a label. */
	char identity[DTLS_MAX_IDENTITY_LEN + 1];
	struct secret psk;                   /* PSK: DTLS_MIN_PSK_LEN..SECRET_MAX_LEN octets */
	uint8_t key_hash[DTLS_KEY_HASH_LEN]; /* raw public key: of the device */
};

#endif
