/* SPDX-License-Identifier: ISC */
/* Handshakes under certificates, which devices a tool must refuse, and which tools a device. */
#include "dtls_pair.h"

#include "dtls/dtls_cert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- certificates --- */

START_TEST(certificates_authenticate_both)
{
	struct dtls_cred cred;
	uint8_t hash[DTLS_KEY_HASH_LEN];

	pair_begin();
	pair_open_good();
	cred = pair_by_cert();
	pair_comes_up(&cred);
	ck_assert_str_eq(SSL_get_cipher_name(pair.client.session->ssl), "ECDHE-ECDSA-AES128-CCM8");
	ck_assert_str_eq(pair.server.identity, "");
	ck_assert_uint_eq(pair.server.ct_checks, 1);
	ck_assert(pair.server.ct_anchored);
	ck_assert_int_eq(dtls_cert_key_hash(pair.ct.key, hash), 0);
	ck_assert_mem_eq(pair.server.ct_hash, hash, sizeof(hash));
	ck_assert_mem_eq(dtls_session_key_hash(pair.server.session), hash, sizeof(hash));
	ck_assert_int_eq(dtls_cert_key_hash(pair.device.key, hash), 0);
	ck_assert_mem_eq(dtls_session_key_hash(pair.client.session), hash, sizeof(hash));
	pair_close();
	pair_end();
}
END_TEST

START_TEST(a_client_without_certificate_is_nobody)
{
	struct dtls_cred cred = pair_by_cert();

	pair_begin();
	pair_open_good();
	pair_connect(dtls_endpoint_port(pair.server.ep), &cred);
	SSL_certs_clear(pair.client.session->ssl);
	AWAIT(pair.server.ends || pair.server.ups);
	ck_assert_uint_eq(pair.server.ups, 0);
	pair_close();
	pair_end();
}
END_TEST

/* It would answer a stranger's address with its certificate. */
START_TEST(with_certificates_a_cookie_is_always_asked_for)
{
	struct dtls_config c = world_config();
	struct dtls_cred cred = pair_by_cert();

	pair_begin();
	c.cookie_load = 2;
	pair_open(c, pki_auth_any(DTLS_DEVICE, &pair.device, NULL, &pair.ct_ca),
		  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
	relay_open(&pair.relay, dtls_endpoint_port(pair.server.ep));
	pair.relay.log = calloc(MAX_LOG, sizeof(*pair.relay.log));
	pair_connect(relay_port(&pair.relay), &cred);
	AWAIT(pair.server.ups && pair.client.ups);
	relay_cookie_hello(&pair.relay);
	free(pair.relay.log);
	relay_close(&pair.relay);
	pair_close();
	pair_end();
}
END_TEST

START_TEST(a_server_takes_every_kind_it_has)
{
	struct dtls_cred cred;

	pair_begin();
	pair_open_good();
	side_connect(&pair.client, dtls_endpoint_port(pair.server.ep));
	AWAIT(pair.client.ups && pair.server.ups);
	ck_assert_str_eq(SSL_get_cipher_name(pair.client.session->ssl), "PSK-AES128-CCM8");
	ck_assert_ptr_null(dtls_session_key_hash(pair.server.session));
	ck_assert_uint_eq(pair.server.ct_checks, 0);
	cred = pair_by_cert();
	dtls_session_close(pair.client.session);
	AWAIT(pair.server.ends == 1);
	pair_connect(dtls_endpoint_port(pair.server.ep), &cred);
	AWAIT(pair.client.ups == 2 && pair.server.ups == 2);
	pair_close();
	pair_end();
}
END_TEST

START_TEST(what_one_has_not_cannot_be_used)
{
	struct dtls_cred cred = pair_by_cert();
	struct sockaddr_in6 peer = world_addr(9);
	struct dtls_config config = world_config();

	pair_begin();
	side_open(&pair.server, NULL, true); /* pre-shared keys only */
	side_open(&pair.client, NULL, false);
	ck_assert_int_eq(dtls_connect(&pair.client.session, pair.client.ep, &peer, &cred), -ENOKEY);
	side_close(&pair.client);
	config.auth = pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false);
	side_open(&pair.client, &config, false);
	dtls_auth_free(config.auth);
	pair_fails(&cred, "it has no credential of this kind", "it has no credential of our kind");
	pair_close();
	pair_end();
}
END_TEST

START_TEST(long_certificates_fit_small_packets)
{
	struct dtls_config config = world_config();
	struct dtls_cred cred = pair_by_cert();

	pair_begin();
	config.link_mtu = DTLS_MIN_LINK_MTU;
	pair_open(config, pki_auth(DTLS_DEVICE, &pair.device, &pair.ct_ca, false),
		  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
	relay_open(&pair.relay, dtls_endpoint_port(pair.server.ep));
	pair_connect(relay_port(&pair.relay), &cred);
	AWAIT(pair.client.ups && pair.server.ups);
	ck_assert_uint_le(pair.relay.largest, DTLS_MIN_LINK_MTU - 48);
	ck_assert_uint_gt(pair.relay.seen, 9); /* flights of several datagrams */
	pair_talks();
	relay_close(&pair.relay);
	pair_close();
	pair_end();
}
END_TEST

START_TEST(any_datagram_may_get_lost)
{
	struct dtls_config config = world_config();
	struct dtls_cred cred = pair_by_cert();
	unsigned int total = 1;

	pair_begin();
	config.link_mtu = 512;
	for (unsigned int lost = 0; lost <= total; lost++) {
		pair_open(config, pki_auth(DTLS_DEVICE, &pair.device, &pair.ct_ca, false),
			  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
		relay_open(&pair.relay, dtls_endpoint_port(pair.server.ep));
		pair.relay.drop = lost > 0 ? UINT64_C(1) << (lost - 1) : 0;
		pair_connect(relay_port(&pair.relay), &cred);
		AWAIT(pair.client.ups && pair.server.ups);
		if (lost == 0)
			total = pair.relay.seen;
		pair_talks();
		relay_close(&pair.relay);
		pair_close();
	}
	ck_assert_uint_ge(total, 8);
	pair_end();
}
END_TEST

START_TEST(cas_between_are_sent_along)
{
	const struct pki_spec between_spec = {.issuer = &pair.device_ca, .ca = true};
	struct pki between, below;
	struct dtls_cred cred = pair_by_cert();

	pair_begin();
	pki_make(&between, &between_spec);
	const struct pki_spec spec = {.issuer = &between, .san = PKI_DEVICE(1)};
	pki_make(&below, &spec);
	const struct pki *const chain[] = {&between, NULL};
	pair_open(world_config(), pki_auth_any(DTLS_DEVICE, &below, chain, &pair.ct_ca),
		  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
	pair_comes_up(&cred);
	pair_close();

	/* Without them the chain ends nowhere; with one of them as anchor it is complete. */
	pair_open(world_config(), pki_auth_any(DTLS_DEVICE, &below, NULL, &pair.ct_ca),
		  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
	pair_fails(&cred, "not under device-anchor", "not under its ct-anchor");
	pair_close();
	pair_open(world_config(), pki_auth_any(DTLS_DEVICE, &below, NULL, &pair.ct_ca),
		  pki_auth(DTLS_CT, &pair.ct, &between, false));
	pair_comes_up(&cred);
	pair_close();
	pki_free(&below);
	pki_free(&between);
	pair_end();
}
END_TEST

/* --- devices that a CT must refuse --- */

static void refuse_device(const struct pki_spec *spec, const char *client_says)
{
	const struct dtls_cred cred = pair_by_cert();
	struct pki p;

	pki_make(&p, spec);
	pair_open(world_config(), pki_auth_any(DTLS_DEVICE, &p, NULL, &pair.ct_ca),
		  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
	pair_fails(&cred, client_says, "it refused our certificate");
	pair_close();
	pki_free(&p);
}

START_TEST(devices_that_are_not_who_they_should_be)
{
	struct pki other_ca;

	pair_begin();
	pki_make_ca(&other_ca);
	const struct {
		struct pki_spec spec;
		const char *says;
	} cases[] = {
		{{.issuer = &other_ca, .san = PKI_DEVICE(1)}, "is not under device-anchor"},
		{{.issuer = &pair.ct_ca, .san = PKI_DEVICE(1)}, "is not under device-anchor"},
		{{.san = PKI_DEVICE(1)}, "is not under device-anchor"},
		{{.issuer = &pair.device_ca, .san = PKI_DEVICE(2)},
		 "is for 0200000000000002, not 0200000000000001"},
		{{.issuer = &pair.device_ca}, "carries no EUI-64"},
		{{.issuer = &pair.device_ca, .san = PKI_SHORT},
		 "hardwareModuleName that is no EUI-64"},
		{{.issuer = &pair.device_ca, .san = PKI_DEVICE(1) "," PKI_DEVICE(2)},
		 "more than one hardwareModuleName"},
		{{.issuer = &pair.device_ca, .san = PKI_DEVICE(1) "," PKI_DEVICE(1)},
		 "more than one hardwareModuleName"},
		{{.issuer = &pair.device_ca, .san = PKI_CT}, "carries no EUI-64"},
		{{.issuer = &pair.device_ca, .san = PKI_DEVICE(1) "," PKI_CT},
		 "names a device and a commissioning tool"},
		{{.issuer = &pair.device_ca, .san = PKI_DEVICE(1), .from_s = -7200, .to_s = -60},
		 "has expired"},
		{{.issuer = &pair.device_ca, .san = PKI_DEVICE(1), .from_s = 3600, .to_s = 7200},
		 "is not valid yet"},
		{{.issuer = &pair.device_ca, .san = PKI_DEVICE(1), .ca = true}, "is a CA's"},
		{{.issuer = &pair.device_ca, .san = PKI_DEVICE(1), .purpose = "clientAuth"},
		 "purpose"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refuse_device(&cases[i].spec, cases[i].says);
	pki_free(&other_ca);
	pair_end();
}
END_TEST

START_TEST(devices_whose_cas_are_not_as_they_should_be)
{
	const struct pki_spec specs[] = {
		{.issuer = &pair.device_ca, .ca = true, .from_s = -7200, .to_s = -60},
		{.issuer = &pair.device_ca, .ca = true, .group = "P-384"},
		{.issuer = &pair.device_ca, .ca = true, .group = "RSA"},
		{.issuer = &pair.device_ca, .san = PKI_DEVICE(2)}, /* a lamp as CA */
		{.issuer = &pair.device_ca, .ca = true, .key_usage = "digitalSignature"},
	};
	static const char *const says[] = {"has expired", "not P-256", "not P-256",
					   "its certificate", "its certificate"};
	const struct dtls_cred cred = pair_by_cert();

	pair_begin();
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct pki between, below;
		pki_make(&between, &specs[i]);
		const struct pki_spec spec = {.issuer = &between, .san = PKI_DEVICE(1)};
		pki_make(&below, &spec);
		const struct pki *const chain[] = {&between, NULL};
		pair_open(world_config(), pki_auth_any(DTLS_DEVICE, &below, chain, &pair.ct_ca),
			  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
		pair_fails(&cred, says[i], "it refused our certificate");
		pair_close();
		pki_free(&below);
		pki_free(&between);
	}
	pair_end();
}
END_TEST

START_TEST(chains_are_bounded)
{
	const struct dtls_cred cred = pair_by_cert();
	struct pki cas[DTLS_CERT_MAX_BETWEEN + 1], below;
	const struct pki *chain[DTLS_CERT_MAX_BETWEEN + 2] = {NULL};
	static char comment[2001];

	pair_begin();
	for (size_t i = 0; i <= DTLS_CERT_MAX_BETWEEN; i++) {
		const struct pki_spec spec = {.issuer = i ? &cas[i - 1] : &pair.device_ca,
					      .ca = true};
		pki_make(&cas[i], &spec);
		chain[DTLS_CERT_MAX_BETWEEN - i] = &cas[i];
	}
	const struct pki_spec deep = {.issuer = &cas[DTLS_CERT_MAX_BETWEEN], .san = PKI_DEVICE(1)};
	pki_make(&below, &deep);
	pair_open(world_config(), pki_auth_any(DTLS_DEVICE, &below, chain, &pair.ct_ca),
		  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
	pair_fails(&cred, "more than 2 CAs below device-anchor", "it refused our certificate");
	pair_close();
	pki_free(&below);
	for (size_t i = 0; i <= DTLS_CERT_MAX_BETWEEN; i++)
		pki_free(&cas[i]);

	memset(comment, 'x', sizeof(comment) - 1);
	const struct pki_spec fat_ca = {.issuer = &pair.device_ca, .ca = true, .comment = comment};
	pki_make(&cas[0], &fat_ca);
	const struct pki_spec fat = {.issuer = &cas[0], .san = PKI_DEVICE(1), .comment = comment};
	pki_make(&below, &fat);
	const struct pki *const one[] = {&cas[0], NULL};
	pair_open(world_config(), pki_auth_any(DTLS_DEVICE, &below, one, &pair.ct_ca),
		  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
	pair_fails(&cred, "its certificates are too long", "");
	pair_close();
	pki_free(&below);
	pki_free(&cas[0]);
	pair_end();
}
END_TEST

/* --- commissioning tools that a device must refuse --- */

static void refuse_ct(const struct pki_spec *spec, const char *client_says, const char *server_says)
{
	const struct dtls_cred cred = pair_by_cert();
	struct pki p;

	pki_make(&p, spec);
	pair_open(world_config(), pki_auth(DTLS_DEVICE, &pair.device, &pair.ct_ca, false),
		  pki_auth_any(DTLS_CT, &p, NULL, &pair.device_ca));
	pair_fails(&cred, client_says, server_says);
	ck_assert_uint_eq(pair.server.ct_checks, 0);
	pair_close();
	pki_free(&p);
}

START_TEST(cts_that_are_none)
{
	pair_begin();
	const struct {
		struct pki_spec spec;
		const char *client_says, *server_says;
	} cases[] = {
		{{.issuer = &pair.device_ca, .san = PKI_DEVICE(2)}, /* a lamp */
		 "it refused our certificate",
		 "is a device's, not a commissioning tool's"},
		{{.issuer = &pair.ct_ca, .san = PKI_DEVICE(2)},
		 "it refused our certificate",
		 "is a device's, not a commissioning tool's"},
		{{.issuer = &pair.ct_ca, .san = PKI_CT "," PKI_DEVICE(2)},
		 "it refused our certificate",
		 "is a device's, not a commissioning tool's"},
		{{.issuer = &pair.ct_ca, .san = PKI_CT "," PKI_SHORT},
		 "it refused our certificate",
		 "is a device's, not a commissioning tool's"},
		{{.issuer = &pair.device_ca, .san = PKI_CT},
		 "not under its ct-anchor",
		 "is not under ct-anchor"},
		{{.san = PKI_CT}, "not under its ct-anchor", "is not under ct-anchor"},
		{{.issuer = &pair.ct_ca}, "it refused our certificate", "no URI urn:wpan-kmp:ct"},
		{{.issuer = &pair.ct_ca, .san = "URI:urn:wpan-kmp:ctx"},
		 "it refused our certificate",
		 "no URI urn:wpan-kmp:ct"},
		{{.issuer = &pair.ct_ca, .san = "DNS:urn:wpan-kmp:ct"},
		 "it refused our certificate",
		 "no URI urn:wpan-kmp:ct"},
		{{.issuer = &pair.ct_ca, .san = PKI_CT, .from_s = -7200, .to_s = -60},
		 "it refused our certificate: expired",
		 "has expired"},
		{{.issuer = &pair.ct_ca, .san = PKI_CT, .purpose = "serverAuth"},
		 "not one of the kind or use",
		 "purpose"},
		{{.issuer = &pair.ct_ca, .san = PKI_CT, .key_usage = "keyAgreement"},
		 "not one of the kind or use",
		 "purpose"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refuse_ct(&cases[i].spec, cases[i].client_says, cases[i].server_says);
	pair_end();
}
END_TEST

START_TEST(the_owner_may_refuse_a_ct)
{
	const struct dtls_cred cred = pair_by_cert();

	pair_begin();
	pair_open_good();
	pair.server.ct_fault = "not the one that it obeys";
	pair_fails(&cred, "it refused our certificate or key", "not the one that it obeys");
	ck_assert_uint_eq(pair.server.ct_checks, 1);
	pair_close();
	pair_end();
}
END_TEST

START_TEST(without_anchor_the_owner_judges)
{
	const struct pki_spec self = {.san = PKI_CT};
	const struct dtls_cred cred = pair_by_cert();
	struct pki own_ct;

	pair_begin();
	pki_make(&own_ct, &self);
	pair_open(world_config(), pki_auth(DTLS_DEVICE, &pair.device, NULL, false),
		  pki_auth(DTLS_CT, &own_ct, &pair.device_ca, false));
	pair_comes_up(&cred);
	ck_assert(!pair.server.ct_anchored);
	pair_close();
	pki_free(&own_ct);
	pair_end();
}
END_TEST

START_TEST(a_device_whose_clock_is_not_set_ignores_times)
{
	const struct pki_spec late_ca = {
		.ca = true, .from_s = 86400, .to_s = 2 * 86400}; /* as seen with a clock behind */
	struct pki ca, late_ct;
	const struct dtls_cred cred = pair_by_cert();

	pair_begin();
	pki_make(&ca, &late_ca);
	const struct pki_spec spec = {
		.issuer = &ca, .san = PKI_CT, .from_s = 86400, .to_s = 2 * 86400};
	pki_make(&late_ct, &spec);
	pair_open(world_config(), pki_auth(DTLS_DEVICE, &pair.device, &ca, false),
		  pki_auth(DTLS_CT, &late_ct, &pair.device_ca, false));
	pair_comes_up(&cred);
	pair_close();
	/* A commissioning tool has a clock. */
	const struct pki_spec late_device = {
		.issuer = &ca, .san = PKI_DEVICE(1), .from_s = 86400, .to_s = 2 * 86400};
	struct pki lamp;
	pki_make(&lamp, &late_device);
	pair_open(world_config(), pki_auth_any(DTLS_DEVICE, &lamp, NULL, &pair.ct_ca),
		  pki_auth_any(DTLS_CT, &pair.ct, NULL, &ca));
	pair_fails(&cred, "is not valid yet", "it refused our certificate");
	pair_close();
	pki_free(&lamp);
	pki_free(&late_ct);
	pki_free(&ca);
	pair_end();
}
END_TEST

START_TEST(a_certificate_needs_its_key)
{
	struct dtls_config config = world_config();
	struct dtls_endpoint *ep = NULL;

	pair_begin();
	const struct pki mixed = {.key = pair.ct.key, .cert = pair.device.cert};
	config.auth = pki_auth_any(DTLS_DEVICE, &mixed, NULL, &pair.ct_ca);
	side_open(&pair.client, NULL, false);
	ck_assert_int_eq(dtls_endpoint_new(&ep, loop, &config, &pair.client.cb), -ENOMEM);
	side_close(&pair.client);
	dtls_auth_free(config.auth);
	pair_end();
}
END_TEST

/* --- what is loaded --- */

START_TEST(other_keys_are_not_loaded)
{
	static const char *const groups[] = {"RSA", "P-384"};
	const struct dtls_auth_files files = {
		.private_key = "./own.key", .certificate = "./own.pem", .anchor = ""};
	struct dtls_auth *auth;
	const char *option;
	char why[256];

	unit_enter_dir();
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct pki ca, own;
		pki_make_ca(&ca);
		const struct pki_spec spec = {
			.issuer = &ca, .san = PKI_DEVICE(1), .group = groups[i]};
		pki_make(&own, &spec);
		pki_write_key(&own, "own.key");
		pki_write_certs("own.pem", (const struct pki *const[]){&own, NULL});
		ck_assert_int_eq(
			dtls_auth_load(&auth, DTLS_DEVICE, &files, &option, why, sizeof(why)),
			-EINVAL);
		ck_assert_str_eq(option, "private-key");
		ck_assert_str_eq(why, "./own.key: not a P-256 key");
		pki_free(&own);
		pki_free(&ca);
	}
}
END_TEST

START_TEST(a_client_can_be_given_others)
{
	struct sockaddr_in6 peer;
	struct dtls_cred cred = pair_by_cert();

	pair_begin();
	pair_open(world_config(), pki_auth(DTLS_DEVICE, &pair.device, &pair.ct_ca, false), NULL);
	peer = world_addr(dtls_endpoint_port(pair.server.ep));
	ck_assert_int_eq(dtls_connect(&pair.client.session, pair.client.ep, &peer, &cred), -ENOKEY);
	struct dtls_auth *auth = pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false);
	ck_assert_int_eq(dtls_endpoint_set_auth(pair.server.ep, auth), -EINVAL);
	ck_assert_int_eq(dtls_endpoint_set_auth(pair.client.ep, auth), 0);
	dtls_auth_free(auth);
	pair_comes_up(&cred);
	/* What is up stays up. */
	ck_assert_int_eq(dtls_endpoint_set_auth(pair.client.ep, NULL), 0);
	pair.client.records = pair.server.records = 0;
	pair_talks();
	pair_close();
	pair_end();
}
END_TEST

START_TEST(reads_a_hardware_module_name)
{
	static const uint8_t good[] = {0x30, 0x15, 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04,
				       0x01, 0x81, 0xfd, 0x59, 0x01, 0x04, 0x08, 0x02,
				       0,    0,    0,    0,    0,    0,    1};
	struct eui64 eui;
	uint8_t bad[sizeof(good) + 1];

	ck_assert(dtls_cert_hw_module(good, sizeof(good), &eui));
	ck_assert_mem_eq(eui.b, good + sizeof(good) - 8, 8);
	for (size_t len = 0; len < sizeof(good); len++)
		ck_assert(!dtls_cert_hw_module(good, len, &eui));
	memcpy(bad, good, sizeof(good));
	bad[sizeof(good)] = 0;
	ck_assert(!dtls_cert_hw_module(bad, sizeof(bad), &eui));
	static const size_t tags_and_lengths[] = {0, 1, 2, 3, 13, 14};
	for (size_t i = 0; i < sizeof(tags_and_lengths) / sizeof(tags_and_lengths[0]); i++)
		for (int value = 0; value < 256; value++) {
			memcpy(bad, good, sizeof(good));
			bad[tags_and_lengths[i]] = (uint8_t)value;
			ck_assert_int_eq(dtls_cert_hw_module(bad, sizeof(good), &eui),
					 value == good[tags_and_lengths[i]]);
		}
}
END_TEST

UNIT_MAIN("dtls_cert", certificates_authenticate_both, a_client_without_certificate_is_nobody,
	  with_certificates_a_cookie_is_always_asked_for, a_server_takes_every_kind_it_has,
	  what_one_has_not_cannot_be_used, long_certificates_fit_small_packets,
	  any_datagram_may_get_lost, cas_between_are_sent_along,
	  devices_that_are_not_who_they_should_be, devices_whose_cas_are_not_as_they_should_be,
	  chains_are_bounded, cts_that_are_none, the_owner_may_refuse_a_ct,
	  without_anchor_the_owner_judges, a_device_whose_clock_is_not_set_ignores_times,
	  a_certificate_needs_its_key, other_keys_are_not_loaded, a_client_can_be_given_others,
	  reads_a_hardware_module_name)
