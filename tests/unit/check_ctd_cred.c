/* SPDX-License-Identifier: ISC */
/* What devices are known by in the configuration of ctd, and ctd's own certificate. */
#include "ctd_conf.h"
#include "dtls_pki.h"

#include <errno.h>
#include <string.h>

#define HASH    "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define OWN     "private-key = ./ct.key\ncertificate = ./ct.pem\ndevice-anchor = ./dev-ca.pem\n"
#define D(x)    "device \"0200000000000001\" { " x " }\n"
#define BY_CERT D("credential = certificate")
#define BY_KEY  D("key-hash = " HASH)

static struct ctd_conf conf;
static char why[1024];

static int load(const char *text)
{
	FILE *f = fopen("ctd.conf", "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	why[0] = '\0';
	ck_assert_msg(conf_load(&ctd_conf_spec, "ctd.conf", NULL, 0, &conf, why, sizeof(why)) == 0,
		      "%s", why);
	return ctd_conf_complete(&conf, "ctd.conf", why, sizeof(why));
}

static void clear(void)
{
	ctd_conf_wipe(&conf);
	conf_clear(&ctd_conf_spec, &conf);
}

START_TEST(devices_are_known_by_one_thing)
{
	pki_enter_site();
	ck_assert_msg(load(OWN BY_CERT) == 0, "%s", why);
	ck_assert_int_eq(conf.device[0].credential, DTLS_CRED_CERT);
	clear();
	ck_assert_msg(load(OWN D("psk-file = ./psk")) == 0, "%s", why);
	ck_assert_int_eq(conf.device[0].credential, DTLS_CRED_PSK);
	clear();
	ck_assert_msg(load(OWN D("credential = psk psk-file = ./psk")) == 0, "%s", why);
	ck_assert_int_eq(conf.device[0].credential, DTLS_CRED_PSK);
	clear();
	if (dtls_rpk_supported()) {
		ck_assert_msg(load("private-key = ./ct.key\n" BY_KEY) == 0, "%s", why);
		ck_assert_int_eq(conf.device[0].credential, DTLS_CRED_RPK);
		ck_assert_uint_eq(conf.device[0].key_hash[31], 0xff);
		clear();
	}
}
END_TEST

START_TEST(what_does_not_go_together_is_refused)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{D("name = x"), "ctd.conf:1: device \"0200000000000001\": give one of psk-file"},
		{OWN D("credential = certificate psk-file = ./psk"), "give one of"},
		{OWN D("credential = certificate key-hash = " HASH), "give one of"},
		{D("psk-file = ./psk key-hash = " HASH), "give one of"},
		{OWN D("credential = key psk-file = ./psk"),
		 "ctd.conf:4: device \"0200000000000001\": credential = key does not go with "
		 "psk-file: give key-hash instead of it"},
		{OWN D("credential = psk key-hash = " HASH), "psk does not go with key-hash"},
		{OWN D("credential = key"), "give one of"},
		{BY_CERT, "needs a certificate of our own"},
		{"private-key = ./ct.key\ncertificate = ./ct.pem\n" BY_CERT,
		 "ctd.conf:3: device \"0200000000000001\": credential = certificate: needs "
		 "device-anchor"},
		{BY_KEY, "key-hash: needs a private-key of our own"},
		{OWN D("key-hash = 0011"), "key-hash: must be 64 hex digits"},
		{"certificate = ./ct.pem\n", "ctd.conf:1: certificate: needs private-key"},
		{"private-key = ./dev.key\ncertificate = ./dev.pem\n",
		 "ctd.conf:2: certificate: ./dev.pem: certificate is a device's"},
		{"private-key = ./ct.key\ncertificate = ./ct.pem\ndevice-anchor = ./ct-ca.pem\n",
		 "ctd.conf:3: device-anchor: ./ct-ca.pem: our own certificate is under it"},
	};

	pki_enter_site();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(load(cases[i].text) < 0, "%s", cases[i].text);
		ck_assert_msg(strstr(why, cases[i].says) != NULL, "%s\n%s", cases[i].text, why);
		clear();
	}
	if (!dtls_rpk_supported()) {
		ck_assert_int_lt(load(OWN BY_KEY), 0);
		ck_assert_msg(strstr(why, "raw public keys need OpenSSL 3.2 or later"), "%s", why);
		clear();
	}
}
END_TEST

START_TEST(devices_of_the_manifest_need_the_same)
{
	FILE *f;

	pki_enter_site();
	f = fopen("m.csv", "we");
	ck_assert_ptr_nonnull(f);
	fputs("EUI-64,CREDENTIAL,name,place\n0200000000000003,certificate,lamp 3,\n", f);
	fclose(f);
	ck_assert_int_eq(chmod("m.csv", 0600), 0);
	ck_assert_msg(load(OWN "manifest = m.csv\n") == 0, "%s", why);
	ck_assert_int_eq(conf.device[0].credential, DTLS_CRED_CERT);
	clear();
	ck_assert_int_lt(load("manifest = m.csv\n"), 0);
	ck_assert_str_eq(why, "m.csv:2: credential = certificate: needs a certificate of our own");
	clear();
}
END_TEST

UNIT_MAIN("ctd_cred", devices_are_known_by_one_thing, what_does_not_go_together_is_refused,
	  devices_of_the_manifest_need_the_same)
