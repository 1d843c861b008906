/* SPDX-License-Identifier: ISC */
/* dtls_auth: what an endpoint authenticates with beside pre-shared keys: its own P-256 key, with or
 * without a certificate, and the anchors that its peers' certificates must be under (DESIGN,
 * Credentials). Read from PEM files, shared by reference. */
#ifndef KMP_DTLS_DTLS_AUTH_H
#define KMP_DTLS_DTLS_AUTH_H

#include "base/eui64.h"
#include "dtls/dtls_cred.h"

#include <stdbool.h>
#include <stddef.h>

enum dtls_role {              /* ours; the peer has the other one */
		 DTLS_DEVICE, /* the server; its certificate carries its EUI-64 */
		 DTLS_CT,     /* the client; its certificate has DTLS_CT_URI in subjectAltName */
};

#define DTLS_CT_URI "urn:wpan-kmp:ct"

struct dtls_auth_files { /* of PEM; "" for none */
	const char *private_key;
	const char *certificate; /* ours, then those between it and the anchor of our peers */
	const char *anchor;      /* CAs of the peers */
};

struct dtls_auth;

/* The option that names the peers' anchors: "ct-anchor" on a device, "device-anchor" on a CT. */
const char *dtls_auth_anchor_option(enum dtls_role role);

/* Read and check `files`: private_key is needed, and it alone makes a raw public key. Refused are
 * keys other than P-256, a certificate that is not of this key or does not fit `role`, an anchor
 * that is no CA, and a certificate of our own that is under the peers' anchor, as then any peer
 * could pose as us. Returns 0 and *auth; or -errno with *option, the option to blame, and a
 * sentence in `why`. */
int dtls_auth_load(struct dtls_auth **auth, enum dtls_role role,
		   const struct dtls_auth_files *files, const char **option, char *why,
		   size_t why_len);
/* Share it; each dtls_auth_hold() wants a dtls_auth_free(), the last of which wipes the key. NULL
 * is allowed. */
struct dtls_auth *dtls_auth_hold(struct dtls_auth *auth);
void dtls_auth_free(struct dtls_auth *auth);

/* SHA-256 of our SubjectPublicKeyInfo, by which peers may know us. */
const uint8_t *dtls_auth_key_hash(const struct dtls_auth *auth);
/* Can it be used as `kind`, one of RPK and CERT? */
bool dtls_auth_has(const struct dtls_auth *auth, enum dtls_cred_kind kind);
/* Are there anchors? Without, no peer is authenticated by its certificate's issuer. */
bool dtls_auth_has_anchor(const struct dtls_auth *auth);
/* The EUI-64 in our certificate: a device with a certificate only. */
const struct eui64 *dtls_auth_eui(const struct dtls_auth *auth);

#endif
