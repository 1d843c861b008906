/* SPDX-License-Identifier: ISC */
#include "dtls_pki.h"

#include <openssl/conf.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#define HOUR_S 3600

static const char sections[] = "[hw1]\ntype=OID:1.3.6.1.4.1.32473.1\n"
			       "serial=FORMAT:HEX,OCT:0200000000000001\n"
			       "[hw2]\ntype=OID:1.3.6.1.4.1.32473.1\n"
			       "serial=FORMAT:HEX,OCT:0200000000000002\n"
			       "[hw3]\ntype=OID:1.3.6.1.4.1.32473.1\n"
			       "serial=FORMAT:HEX,OCT:0200000000000003\n"
			       "[short]\ntype=OID:1.3.6.1.4.1.32473.1\n"
			       "serial=FORMAT:HEX,OCT:02000000000001\n";

static EVP_PKEY *make_key(const char *group)
{
	if (group && strcmp(group, "RSA") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", group ? group : "P-256");
}

static void add_extension(X509 *cert, X509V3_CTX *ctx, CONF *conf, const char *name,
			  const char *value)
{
	if (!value)
		return;
	X509_EXTENSION *ext = X509V3_EXT_nconf(conf, ctx, name, value);
	ck_assert_msg(ext && X509_add_ext(cert, ext, -1), "%s = %s", name, value);
	X509_EXTENSION_free(ext);
}

static void add_extensions(X509 *cert, const struct pki_spec *spec)
{
	CONF *conf = NCONF_new(NULL);
	BIO *text = BIO_new_mem_buf(sections, -1);
	X509V3_CTX ctx;
	long line;

	ck_assert(NCONF_load_bio(conf, text, &line) == 1);
	X509V3_set_ctx(&ctx, spec->issuer ? spec->issuer->cert : cert, cert, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	add_extension(cert, &ctx, conf, "basicConstraints", spec->ca ? "critical,CA:TRUE" : NULL);
	add_extension(cert, &ctx, conf, "subjectAltName", spec->san);
	add_extension(cert, &ctx, conf, "keyUsage", spec->key_usage);
	add_extension(cert, &ctx, conf, "extendedKeyUsage", spec->purpose);
	add_extension(cert, &ctx, conf, "nsComment", spec->comment);
	BIO_free(text);
	NCONF_free(conf);
}

void pki_make(struct pki *p, const struct pki_spec *spec)
{
	static long serial;
	const struct pki *issuer = spec->issuer ? spec->issuer : p;
	bool times = spec->from_s != 0 || spec->to_s != 0;
	char name[32];

	p->key = make_key(spec->group);
	p->cert = X509_new();
	ck_assert(p->key && p->cert);
	X509_set_version(p->cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(p->cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(p->cert), times ? spec->from_s : -HOUR_S);
	X509_gmtime_adj(X509_getm_notAfter(p->cert), times ? spec->to_s : HOUR_S);
	snprintf(name, sizeof(name), "test %ld", serial);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(p->cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(p->cert, X509_get_subject_name(issuer->cert));
	X509_set_pubkey(p->cert, p->key);
	add_extensions(p->cert, spec);
	ck_assert_int_gt(X509_sign(p->cert, issuer->key, EVP_sha256()), 0);
}

void pki_make_ca(struct pki *p)
{
	const struct pki_spec spec = {.ca = true, .key_usage = "critical,keyCertSign"};

	pki_make(p, &spec);
}

void pki_free(struct pki *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
	*p = (struct pki){.key = NULL};
}

void pki_write_key(const struct pki *p, const char *path)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(PEM_write_PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

void pki_write_certs(const char *path, const struct pki *const *list)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	for (; *list; list++)
		ck_assert_int_eq(PEM_write_X509(f, (*list)->cert), 1);
	fclose(f);
}

struct dtls_auth *pki_auth(enum dtls_role role, const struct pki *own, const struct pki *anchor,
			   bool raw)
{
	const struct pki *const owns[] = {own, NULL}, *const anchors[] = {anchor, NULL};
	const struct dtls_auth_files files = {.private_key = "./own.key",
					      .certificate = raw ? "" : "./own.pem",
					      .anchor = anchor ? "./anchor.pem" : ""};
	struct dtls_auth *auth = NULL;
	const char *option;
	char why[256];

	pki_write_key(own, "own.key");
	pki_write_certs("own.pem", owns);
	if (anchor)
		pki_write_certs("anchor.pem", anchors);
	int r = dtls_auth_load(&auth, role, &files, &option, why, sizeof(why));
	ck_assert_msg(r == 0, "%s: %s", option, why);
	return auth;
}

struct dtls_auth *pki_auth_any(enum dtls_role role, const struct pki *own,
			       const struct pki *const *between, const struct pki *anchor)
{
	struct pki ca, good;
	struct pki_spec spec = {.issuer = &ca, .san = role == DTLS_CT ? PKI_CT : PKI_DEVICE(1)};

	pki_make_ca(&ca);
	pki_make(&good, &spec);
	struct dtls_auth *auth = pki_auth(role, &good, anchor, false);
	X509_free(auth->cert);
	EVP_PKEY_free(auth->key);
	X509_up_ref(own->cert);
	EVP_PKEY_up_ref(own->key);
	auth->cert = own->cert;
	auth->key = own->key;
	for (; between && *between; between++) {
		X509_up_ref((*between)->cert);
		ck_assert_int_gt(sk_X509_push(auth->chain, (*between)->cert), 0);
	}
	pki_free(&good);
	pki_free(&ca);
	return auth;
}

static void write_psk(void)
{
	FILE *f = fopen("psk", "we");

	ck_assert_ptr_nonnull(f);
	fputs("000102030405060708090a0b0c0d0e0f\n", f);
	fclose(f);
	ck_assert_int_eq(chmod("psk", 0600), 0);
}

void pki_enter_site(void)
{
	struct pki device_ca, ct_ca, device, ct;
	const struct pki_spec device_spec = {.issuer = &device_ca, .san = PKI_DEVICE(1)};
	const struct pki_spec ct_spec = {.issuer = &ct_ca, .san = PKI_CT};

	unit_enter_dir();
	write_psk();
	pki_make_ca(&device_ca);
	pki_make_ca(&ct_ca);
	pki_make(&device, &device_spec);
	pki_make(&ct, &ct_spec);
	pki_write_key(&device, "dev.key");
	pki_write_key(&ct, "ct.key");
	pki_write_certs("dev.pem", (const struct pki *const[]){&device, NULL});
	pki_write_certs("ct.pem", (const struct pki *const[]){&ct, NULL});
	pki_write_certs("dev-ca.pem", (const struct pki *const[]){&device_ca, NULL});
	pki_write_certs("ct-ca.pem", (const struct pki *const[]){&ct_ca, NULL});
	pki_write_certs("both-ca.pem", (const struct pki *const[]){&ct_ca, &device_ca, NULL});
	pki_free(&device);
	pki_free(&ct);
	pki_free(&device_ca);
	pki_free(&ct_ca);
}
