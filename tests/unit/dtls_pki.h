/* SPDX-License-Identifier: ISC */
/* dtls_pki: keys and certificates for tests, made while they run, so that none expires in the tree:
 * whatever a peer could come with, good or bad. */
#ifndef KMP_TESTS_DTLS_PKI_H
#define KMP_TESTS_DTLS_PKI_H

#include "dtls/dtls_priv.h"

#include "unit.h"

struct pki { /* a key and its certificate */
	EVP_PKEY *key;
	X509 *cert;
};

/* The hardwareModuleName of device N, 1 to 3, for `san`; 0200000000000001 and so on. */
#define PKI_DEVICE(n) "otherName:1.3.6.1.5.5.7.8.4;SEQ:hw" #n
#define PKI_SHORT     "otherName:1.3.6.1.5.5.7.8.4;SEQ:short" /* a serial number of 7 octets */
#define PKI_CT        "URI:" DTLS_CT_URI

struct pki_spec {
	const struct pki *issuer;        /* NULL: self-signed */
	const char *san;                 /* subjectAltName, or NULL */
	const char *key_usage, *purpose; /* keyUsage, extendedKeyUsage, or NULL */
	const char *comment;             /* nsComment, or NULL */
	const char *group;               /* of the key; NULL: P-256, "RSA": that */
	bool ca;
	long from_s, to_s; /* validity from now; both 0: from an hour ago for two hours */
};

void pki_make(struct pki *p, const struct pki_spec *spec);
/* A self-signed CA. */
void pki_make_ca(struct pki *p);
void pki_free(struct pki *p);

/* Write PEM files, the key's mode being 0600. The list of certificates ends with NULL. */
void pki_write_key(const struct pki *p, const char *path);
void pki_write_certs(const char *path, const struct pki *const *list);

/* What dtls_auth_load() makes of files with `own` and the CA `anchor` (NULL: none). The certificate
 * is left out if `raw`. */
struct dtls_auth *pki_auth(enum dtls_role role, const struct pki *own, const struct pki *anchor,
			   bool raw);
/* ... and `own` then replaced by whatever, which loading would refuse; `between` (NULL-terminated,
 * or NULL) is sent after it. */
struct dtls_auth *pki_auth_any(enum dtls_role role, const struct pki *own,
			       const struct pki *const *between, const struct pki *anchor);

/* Make a directory the working directory that has all that a site needs: dev.key and dev.pem of
 * device 1, ct.key and ct.pem of a tool, their CAs dev-ca.pem and ct-ca.pem, both-ca.pem with the
 * two, and a pre-shared key, psk. */
void pki_enter_site(void);

#endif
