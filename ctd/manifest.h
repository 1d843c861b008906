/* SPDX-License-Identifier: ISC */
/* manifest: the list of the devices of a building, as it comes from whoever makes or buys them: see
 * ctd-manifest(5). CSV as RFC 4180 has it, with a header line:
 *
 *	EUI-64,CREDENTIAL,name,place
 *	02:00:00:00:00:00:00:04,psk:000102030405060708090a0b0c0d0e0f,lamp 4,"stairs, 2nd floor"
 *
 * A credential is `psk:` with 16 to 64 octets in hex, `sha256:` with the SHA-256 of the device's
 * SubjectPublicKeyInfo, or `certificate`. */
#ifndef KMP_CTD_MANIFEST_H
#define KMP_CTD_MANIFEST_H

#include "dtls/dtls_cred.h"

#include <stddef.h>

#define MANIFEST_MAX_DEVICES 4096
#define MANIFEST_MAX_LEN     (2 * 1048576) /* of the file, in octets */
#define MANIFEST_TEXT_LEN    64            /* of a name or a place with its NUL */
#define MANIFEST_MAX_ERRORS  20            /* told; the others are counted */

struct manifest_device {
	struct eui64 eui;
	unsigned line; /* where it is in the file */
	enum dtls_cred_kind credential;
	struct secret psk;
	uint8_t key_hash[DTLS_KEY_HASH_LEN];
	char name[MANIFEST_TEXT_LEN], place[MANIFEST_TEXT_LEN];
};

struct manifest {
	struct manifest_device *device; /* in the order of the file */
	size_t n;
};

/* Parse `len` octets of `text`; `path` is for messages. Returns 0; -EINVAL with all that is wrong
 * in `why`, lines "FILE:LINE: text"; or -ENOMEM. After any return manifest_clear() is safe. */
int manifest_parse(struct manifest *m, const char *text, size_t len, const char *path, char *why,
		   size_t why_len);

/* The same for a file, which nobody but its owner may read, or a systemd credential of that name.
 * Returns also the errors of reading it, with a sentence in `why`. */
int manifest_load(struct manifest *m, const char *path, char *why, size_t why_len);

/* What is wrong with a name or a place, here or in ctd.conf, to be put after a colon; NULL:
 * nothing. It is at most 63 octets of UTF-8 that may be shown on a terminal. */
const char *manifest_check_text(const char *text);

/* Wipe and free. */
void manifest_clear(struct manifest *m);

#endif
