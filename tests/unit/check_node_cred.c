/* SPDX-License-Identifier: ISC */
/* The credentials of a node: which settings go together, and whom it then obeys. */
#include "dtls_pki.h"

#include "jnd/jnd_conf.h"
#include "node/node_cred.h"

#include <errno.h>
#include <string.h>

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct jnd_conf conf;
static char why[1024];

static void write_text(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(name, mode), 0);
}

static int load(const char *text)
{
	write_text("jnd.conf", text, 0644);
	why[0] = '\0';
	ck_assert_msg(conf_load(&jnd_conf_spec, "jnd.conf", NULL, 0, &conf, why, sizeof(why)) == 0,
		      "%s", why);
	return node_cred_load(&conf.node, "jnd.conf", why, sizeof(why));
}

static void clear(void)
{
	node_cred_wipe(&conf.node);
	conf_clear(&jnd_conf_spec, &conf);
}

#define CERT_CONF "private-key = ./dev.key\ncertificate = ./dev.pem\n"

START_TEST(psk_is_the_default)
{
	pki_enter_site();
	ck_assert_int_eq(load(""), 0);
	ck_assert_uint_eq(conf.node.psk.len, 16);
	ck_assert_ptr_null(conf.node.auth);
	clear();
	ck_assert_uint_eq(conf.node.psk.len, 0);
}
END_TEST

START_TEST(certificates_replace_it_or_join_it)
{
	pki_enter_site();
	ck_assert_msg(load(CERT_CONF "ct-anchor = ./ct-ca.pem\n") == 0, "%s", why);
	ck_assert_uint_eq(conf.node.psk.len, 0);
	ck_assert(dtls_auth_has(conf.node.auth, DTLS_CRED_CERT));
	ck_assert(dtls_auth_has_anchor(conf.node.auth));
	ck_assert_uint_eq(dtls_auth_eui(conf.node.auth)->b[7], 1);
	clear();
	ck_assert_msg(load(CERT_CONF "psk-file = ./psk\nct-key-hash = " HASH "\n") == 0, "%s", why);
	ck_assert_uint_eq(conf.node.psk.len, 16);
	ck_assert(conf.node.ct_pinned);
	ck_assert_uint_eq(conf.node.ct_pin[1], 0x11);
	clear();
	ck_assert_msg(load(CERT_CONF "ct-auth = first\n") == 0, "%s", why);
	clear();
}
END_TEST

START_TEST(raw_public_keys_need_openssl_3_2)
{
	pki_enter_site();
	int r = load("# a comment\nprivate-key = ./dev.key\nct-key-hash = " HASH "\n");
	if (dtls_rpk_supported()) {
		ck_assert_msg(r == 0, "%s", why);
		ck_assert(dtls_auth_has(conf.node.auth, DTLS_CRED_RPK));
		ck_assert(!dtls_auth_has(conf.node.auth, DTLS_CRED_CERT));
	} else {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_msg(strstr(why, "jnd.conf:2: private-key: a raw public key needs OpenSSL "
					  "3.2 or later") == why,
			      "%s", why);
	}
	clear();
}
END_TEST

START_TEST(what_does_not_go_together_is_refused)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"certificate = ./dev.pem\n", "private-key: needed by certificate"},
		{"ct-anchor = ./ct-ca.pem\n", "private-key: needed by"},
		{"ct-auth = first\n", "private-key: needed by"},
		{"ct-key-hash = " HASH "\n", "private-key: needed by"},
		{"private-key = ./dev.key\n", "jnd.conf:1: private-key: without a certificate"},
		{"private-key = ./dev.key\nct-anchor = ./ct-ca.pem\n", "without a certificate"},
		{CERT_CONF, "jnd.conf:2: certificate: set ct-anchor"},
		{CERT_CONF "ct-key-hash = 0011\n",
		 "jnd.conf:3: ct-key-hash: must be 64 hex digits"},
		{CERT_CONF "ct-anchor = ./absent\n",
		 "jnd.conf:3: ct-anchor: ./absent: No such file"},
		{CERT_CONF "ct-anchor = ./dev-ca.pem\n",
		 "jnd.conf:3: ct-anchor: ./dev-ca.pem: our own certificate is under it"},
		{CERT_CONF "ct-anchor = ./both-ca.pem\n", "our own certificate is under it"},
		{CERT_CONF "ct-anchor = ./ct.pem\n", "is not a CA's"},
		{CERT_CONF "ct-anchor = ./psk\n", "holds no certificate in PEM"},
		{"private-key = ./dev.key\ncertificate = ./ct.pem\nct-anchor = ./ct-ca.pem\n",
		 "jnd.conf:2: certificate: ./ct.pem: the first certificate is not of private-key"},
		{"private-key = ./dev.pem\ncertificate = ./dev.pem\nct-anchor = ./ct-ca.pem\n",
		 "jnd.conf:1: private-key: ./dev.pem: mode 0644 lets others at it"},
		{"private-key = ./psk\ncertificate = ./dev.pem\nct-anchor = ./ct-ca.pem\n",
		 "holds no private key"},
	};

	pki_enter_site();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(load(cases[i].text) < 0, "%s", cases[i].text);
		ck_assert_msg(strstr(why, cases[i].says) != NULL, "%s\n%s", cases[i].text, why);
		clear();
	}
}
END_TEST

/* --- whom it obeys --- */

static const uint8_t ours[DTLS_KEY_HASH_LEN] = {1}, others[DTLS_KEY_HASH_LEN] = {2};

static bool obeys(const struct node_conf *c, const uint8_t *hash, bool anchored, const uint8_t *pin,
		  bool keyed)
{
	return node_cred_check_ct(c, hash, anchored, pin, keyed) == NULL;
}

START_TEST(anchor_means_anchor)
{
	const struct node_conf c = {.ct_auth = NODE_CT_ANCHOR, .ct_anchor = "x"};

	ck_assert(obeys(&c, ours, true, NULL, false));
	ck_assert(obeys(&c, others, true, ours, true)); /* a former pin does not matter */
	ck_assert(!obeys(&c, ours, false, NULL, false));
	ck_assert(!obeys(&c, ours, false, ours, false));
}
END_TEST

START_TEST(a_pinned_key_means_that_key)
{
	struct node_conf c = {.ct_auth = NODE_CT_ANCHOR, .ct_pinned = true};

	memcpy(c.ct_pin, ours, sizeof(ours));
	ck_assert(obeys(&c, ours, false, NULL, true));
	ck_assert(!obeys(&c, others, false, NULL, false));
	ck_assert(!obeys(&c, others, true, others, false));
	c.ct_auth = NODE_CT_FIRST;
	ck_assert(!obeys(&c, others, true, NULL, false));
}
END_TEST

START_TEST(first_means_the_first)
{
	struct node_conf c = {.ct_auth = NODE_CT_FIRST};

	ck_assert(obeys(&c, ours, false, NULL, false));
	ck_assert(obeys(&c, others, false, NULL, false)); /* nobody has commanded it yet */
	ck_assert(obeys(&c, ours, false, ours, true));
	ck_assert(!obeys(&c, others, false, ours, true));
	ck_assert(!obeys(&c, others, true, ours, false));
	ck_assert(!obeys(&c, ours, false, NULL, true)); /* keyed under a pre-shared key */
	strcpy(c.ct_anchor, "x");
	ck_assert(!obeys(&c, ours, false, NULL, false));
	ck_assert(obeys(&c, ours, true, NULL, false));
}
END_TEST

UNIT_MAIN("node_cred", psk_is_the_default, certificates_replace_it_or_join_it,
	  raw_public_keys_need_openssl_3_2, what_does_not_go_together_is_refused,
	  anchor_means_anchor, a_pinned_key_means_that_key, first_means_the_first)
