/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_auth.h"

#include "base/credfile.h"
#include "dtls/dtls_cert.h"
#include "dtls/dtls_priv.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/opensslv.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_LEN 32768
#define MAX_ANCHORS  16

/* While loading: what is being read, and where complaints go. */
struct load {
	struct dtls_auth *auth;
	enum dtls_role role;
	const struct dtls_auth_files *files;
	const char *option;
	char *why;
	size_t why_len;
};

__attribute__((format(printf, 3, 4))) static int refuse(struct load *load, const char *option,
							const char *fmt, ...)
{
	va_list args;

	load->option = option;
	va_start(args, fmt);
	vsnprintf(load->why, load->why_len, fmt, args);
	va_end(args);
	return -EINVAL;
}

const char *dtls_auth_anchor_option(enum dtls_role role)
{
	return role == DTLS_DEVICE ? "ct-anchor" : "device-anchor";
}

/* --- files --- */

typedef int (*parse_fn)(struct load *load, const char *path, BIO *pem);

static int read_file(struct load *load, const char *option, const char *path, bool is_private,
		     parse_fn parse)
{
	uint8_t *octets = malloc(MAX_FILE_LEN);
	size_t len = 0;
	int r;

	if (!octets)
		return -ENOMEM;
	load->option = option;
	r = credfile_read(path, is_private, octets, MAX_FILE_LEN, &len, load->why, load->why_len);
	if (r == 0) {
		BIO *pem = BIO_new_mem_buf(octets, (int)len);
		r = pem ? parse(load, path, pem) : -ENOMEM;
		BIO_free(pem);
	}
	OPENSSL_cleanse(octets, MAX_FILE_LEN);
	free(octets);
	ERR_clear_error();
	return r;
}

/* OpenSSL would ask the terminal for a pass phrase. */
static int no_pass_phrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

static int parse_key(struct load *load, const char *path, BIO *pem)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, no_pass_phrase, NULL);

	load->auth->key = key;
	if (!key)
		return refuse(load, load->option,
			      "%s holds no private key in PEM without pass phrase", path);
	if (!dtls_cert_is_p256(key))
		return refuse(load, load->option, "%s: not a P-256 key", path);
	return dtls_cert_key_hash(key, load->auth->key_hash);
}

/* All certificates of a file, at most `max`. */
static int parse_certs(struct load *load, const char *path, BIO *pem, STACK_OF(X509) * to, int max)
{
	X509 *cert;

	while ((cert = PEM_read_bio_X509(pem, NULL, no_pass_phrase, NULL))) {
		if (sk_X509_num(to) == max || !sk_X509_push(to, cert)) {
			X509_free(cert);
			return refuse(load, load->option, "%s holds more than %d certificates",
				      path, max);
		}
		if (!dtls_cert_is_p256(X509_get0_pubkey(cert)))
			return refuse(load, load->option,
				      "%s: the key of certificate %d is not P-256", path,
				      sk_X509_num(to));
	}
	if (sk_X509_num(to) == 0)
		return refuse(load, load->option, "%s holds no certificate in PEM", path);
	return 0;
}

static int parse_chain(struct load *load, const char *path, BIO *pem)
{
	struct dtls_auth *auth = load->auth;
	int r = parse_certs(load, path, pem, auth->chain, 1 + DTLS_CERT_MAX_BETWEEN);

	if (r < 0)
		return r;
	auth->cert = sk_X509_shift(auth->chain);
	if (X509_check_private_key(auth->cert, auth->key) != 1)
		return refuse(load, load->option, "%s: the first certificate is not of private-key",
			      path);
	return 0;
}

static int parse_anchors(struct load *load, const char *path, BIO *pem)
{
	struct dtls_auth *auth = load->auth;
	int r = parse_certs(load, path, pem, auth->anchors, MAX_ANCHORS);

	for (int i = 0; r == 0 && i < sk_X509_num(auth->anchors); i++) {
		X509 *anchor = sk_X509_value(auth->anchors, i);
		if (X509_check_ca(anchor) == 0)
			return refuse(load, load->option, "%s: certificate %d is not a CA's", path,
				      i + 1);
		if (!X509_STORE_add_cert(auth->store, anchor))
			return -ENOMEM;
	}
	return r;
}

/* --- what they must be --- */

/* Does our own certificate say what our role needs? */
static int check_role(struct load *load)
{
	struct dtls_auth *auth = load->auth;
	const char *fault = load->role == DTLS_DEVICE ? dtls_cert_device(auth->cert, &auth->eui)
						      : dtls_cert_ct(auth->cert);

	/* Sentences about peers begin with "its certificate". */
	return fault ? refuse(load, "certificate", "%s: %s", load->files->certificate,
			      fault + strlen("its "))
		     : 0;
}

/* DESIGN, Credentials: devices and CTs have different anchors. */
static int check_not_under_anchor(struct load *load)
{
	struct dtls_auth *auth = load->auth;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool under = true; /* unless that is known to be wrong */

	if (ctx && X509_STORE_CTX_init(ctx, auth->store, auth->cert, auth->chain) == 1)
		under = dtls_cert_verify(ctx, true) == X509_V_OK;
	X509_STORE_CTX_free(ctx);
	if (!under)
		return 0;
	return refuse(load, dtls_auth_anchor_option(load->role),
		      "%s: our own certificate is under it, so that a peer's could pass for ours: "
		      "devices and commissioning tools need different CAs",
		      load->files->anchor);
}

static int load_all(struct load *load)
{
	const struct dtls_auth_files *f = load->files;
	const char *anchor_option = dtls_auth_anchor_option(load->role);
	int r;

	if (!f->private_key[0])
		return refuse(load, f->certificate[0] ? "certificate" : anchor_option,
			      "needs private-key as well");
	if (!f->certificate[0] && !dtls_rpk_supported())
		return refuse(load, "private-key",
			      "a raw public key needs OpenSSL 3.2 or later, this is built with " //
			      OPENSSL_VERSION_STR ": give a certificate, or use psk-file");
	r = read_file(load, "private-key", f->private_key, true, parse_key);
	if (r == 0 && f->certificate[0])
		r = read_file(load, "certificate", f->certificate, false, parse_chain);
	if (r == 0 && f->certificate[0])
		r = check_role(load);
	if (r == 0 && f->anchor[0])
		r = read_file(load, anchor_option, f->anchor, false, parse_anchors);
	if (r == 0 && f->anchor[0] && f->certificate[0])
		r = check_not_under_anchor(load);
	return r;
}

int dtls_auth_load(struct dtls_auth **auth, enum dtls_role role,
		   const struct dtls_auth_files *files, const char **option, char *why,
		   size_t why_len)
{
	struct dtls_auth *new = calloc(1, sizeof(*new));
	struct load load = {.auth = new,
			    .role = role,
			    .files = files,
			    .option = "private-key",
			    .why = why,
			    .why_len = why_len};
	int r = -ENOMEM;

	snprintf(why, why_len, "no memory");
	if (new) {
		new->refs = 1;
		new->role = role;
		new->chain = sk_X509_new_null();
		new->anchors = sk_X509_new_null();
		new->store = X509_STORE_new();
		if (new->chain &&new->anchors &&new->store)
			r = load_all(&load);
	}
	*option = load.option;
	if (r < 0)
		dtls_auth_free(new);
	else
		*auth = new;
	return r;
}

struct dtls_auth *dtls_auth_hold(struct dtls_auth *auth)
{
	if (auth)
		auth->refs++;
	return auth;
}

void dtls_auth_free(struct dtls_auth *auth)
{
	if (!auth || --auth->refs > 0)
		return;
	X509_STORE_free(auth->store);
	sk_X509_pop_free(auth->anchors, X509_free);
	sk_X509_pop_free(auth->chain, X509_free);
	X509_free(auth->cert);
	EVP_PKEY_free(auth->key);
	free(auth);
}

/* --- what is known of it --- */

const uint8_t *dtls_auth_key_hash(const struct dtls_auth *auth)
{
	return auth->key_hash;
}

bool dtls_auth_has(const struct dtls_auth *auth, enum dtls_cred_kind kind)
{
	return kind == DTLS_CRED_CERT ? auth->cert != NULL
				      : kind == DTLS_CRED_RPK && dtls_rpk_supported();
}

bool dtls_auth_has_anchor(const struct dtls_auth *auth)
{
	return sk_X509_num(auth->anchors) > 0;
}

const struct eui64 *dtls_auth_eui(const struct dtls_auth *auth)
{
	return &auth->eui;
}

static bool is_in_future(const X509 *cert)
{
	return X509_cmp_current_time(X509_get0_notBefore(cert)) > 0;
}

bool dtls_auth_clock_is_unset(const struct dtls_auth *auth)
{
	bool unset = auth->cert && is_in_future(auth->cert);

	for (int i = 0; i < sk_X509_num(auth->anchors); i++)
		unset = unset || is_in_future(sk_X509_value(auth->anchors, i));
	return unset;
}
