/* SPDX-License-Identifier: ISC */
/* Handshakes under certificates and raw public keys, and all that must make them fail. */
#include "dtls_pki.h"
#include "dtls_world.h"

#include "dtls/dtls_cert.h"

#include <errno.h>
#include <string.h>

#define MANY 100

static struct side client, server;
static struct relay relay;
static struct pki device_ca, ct_ca, device, ct; /* as they should be */

static void begin(void)
{
	const struct pki_spec device_spec = {.issuer = &device_ca, .san = PKI_DEVICE(1)};
	const struct pki_spec ct_spec = {.issuer = &ct_ca, .san = PKI_CT};

	unit_enter_dir();
	world_begin();
	pki_make_ca(&device_ca);
	pki_make_ca(&ct_ca);
	pki_make(&device, &device_spec);
	pki_make(&ct, &ct_spec);
}

static void end(void)
{
	pki_free(&ct);
	pki_free(&device);
	pki_free(&ct_ca);
	pki_free(&device_ca);
	world_end();
}

/* Open both sides, which take the references. */
static void open_sides(struct dtls_config config, struct dtls_auth *device_auth,
		       struct dtls_auth *ct_auth)
{
	config.auth = device_auth;
	side_open(&server, &config, true);
	config.auth = ct_auth;
	side_open(&client, &config, false);
	dtls_auth_free(device_auth);
	dtls_auth_free(ct_auth);
}

static void open_good(void)
{
	open_sides(world_config(), pki_auth(DTLS_DEVICE, &device, &ct_ca, false),
		   pki_auth(DTLS_CT, &ct, &device_ca, false));
}

static void close_sides(void)
{
	side_close(&client);
	side_close(&server);
}

static struct dtls_cred by_cert(void)
{
	return (struct dtls_cred){.kind = DTLS_CRED_CERT, .identity = IDENTITY};
}

static struct dtls_cred by_key(const struct pki *peer)
{
	struct dtls_cred cred = {.kind = DTLS_CRED_RPK, .identity = IDENTITY};

	ck_assert_int_eq(dtls_cert_key_hash(peer->key, cred.key_hash), 0);
	return cred;
}

static void connect_to(uint16_t port, const struct dtls_cred *cred)
{
	struct sockaddr_in6 peer = world_addr(port);

	ck_assert_int_eq(dtls_connect(&client.session, client.ep, &peer, cred), 0);
}

static void assert_talks(void)
{
	ck_assert_int_eq(dtls_send(client.session, (const uint8_t *)"ping", 4), 0);
	AWAIT(server.records);
	ck_assert_int_eq(dtls_send(server.session, (const uint8_t *)"pong", 4), 0);
	AWAIT(client.records);
	ck_assert_mem_eq(server.data, "ping", 4);
	ck_assert_mem_eq(client.data, "pong", 4);
}

static void assert_comes_up(const struct dtls_cred *cred)
{
	connect_to(dtls_endpoint_port(server.ep), cred);
	AWAIT((client.ups && server.ups) || client.ends || server.ends);
	ck_assert_msg(client.ends + server.ends == 0, "client: %s; server: %s", client.reason,
		      server.reason);
	assert_talks();
}

/* The handshake must fail at both ends; `client_says` and `server_says` are parts of the reasons.
 */
static void assert_fails(const struct dtls_cred *cred, const char *client_says,
			 const char *server_says)
{
	connect_to(dtls_endpoint_port(server.ep), cred);
	AWAIT(client.ends && server.ends);
	ck_assert_uint_eq(client.ups + server.ups, 0);
	ck_assert_msg(strstr(client.reason, client_says) != NULL, "client: '%s' lacks '%s'",
		      client.reason, client_says);
	ck_assert_msg(strstr(server.reason, server_says) != NULL, "server: '%s' lacks '%s'",
		      server.reason, server_says);
	ck_assert_uint_eq(side_stats(&server).half_open, 0);
}

/* --- certificates --- */

START_TEST(certificates_authenticate_both)
{
	struct dtls_cred cred;
	uint8_t hash[DTLS_KEY_HASH_LEN];

	begin();
	open_good();
	cred = by_cert();
	assert_comes_up(&cred);
	ck_assert_str_eq(SSL_get_cipher_name(client.session->ssl), "ECDHE-ECDSA-AES128-CCM8");
	ck_assert_str_eq(client.identity, IDENTITY);
	ck_assert_str_eq(server.identity, "");
	ck_assert_uint_eq(server.ct_checks, 1);
	ck_assert(server.ct_anchored);
	ck_assert_int_eq(dtls_cert_key_hash(ct.key, hash), 0);
	ck_assert_mem_eq(server.ct_hash, hash, sizeof(hash));
	ck_assert_mem_eq(dtls_session_key_hash(server.session), hash, sizeof(hash));
	ck_assert_int_eq(dtls_cert_key_hash(device.key, hash), 0);
	ck_assert_mem_eq(dtls_session_key_hash(client.session), hash, sizeof(hash));
	close_sides();
	end();
}
END_TEST

START_TEST(a_server_takes_every_kind_it_has)
{
	struct dtls_cred cred;

	begin();
	open_good();
	side_connect(&client, dtls_endpoint_port(server.ep));
	AWAIT(client.ups && server.ups);
	ck_assert_str_eq(SSL_get_cipher_name(client.session->ssl), "PSK-AES128-CCM8");
	ck_assert_ptr_null(dtls_session_key_hash(server.session));
	ck_assert_uint_eq(server.ct_checks, 0);
	cred = by_cert();
	dtls_session_close(client.session);
	AWAIT(server.ends == 1);
	connect_to(dtls_endpoint_port(server.ep), &cred);
	AWAIT(client.ups == 2 && server.ups == 2);
	close_sides();
	end();
}
END_TEST

START_TEST(what_one_has_not_cannot_be_used)
{
	struct dtls_cred cred = by_cert();
	struct sockaddr_in6 peer = world_addr(9);
	struct dtls_config config = world_config();

	begin();
	side_open(&server, NULL, true); /* pre-shared keys only */
	side_open(&client, NULL, false);
	ck_assert_int_eq(dtls_connect(&client.session, client.ep, &peer, &cred), -ENOKEY);
	side_close(&client);
	config.auth = pki_auth(DTLS_CT, &ct, &device_ca, false);
	side_open(&client, &config, false);
	dtls_auth_free(config.auth);
	assert_fails(&cred, "it has no credential of this kind",
		     "it has no credential of our kind");
	close_sides();
	end();
}
END_TEST

START_TEST(long_certificates_fit_small_packets)
{
	struct dtls_config config = world_config();
	struct dtls_cred cred = by_cert();

	begin();
	config.link_mtu = DTLS_MIN_LINK_MTU;
	open_sides(config, pki_auth(DTLS_DEVICE, &device, &ct_ca, false),
		   pki_auth(DTLS_CT, &ct, &device_ca, false));
	relay_open(&relay, dtls_endpoint_port(server.ep));
	connect_to(relay_port(&relay), &cred);
	AWAIT(client.ups && server.ups);
	ck_assert_uint_le(relay.largest, DTLS_MIN_LINK_MTU - 48);
	ck_assert_uint_gt(relay.seen, 9); /* flights of several datagrams */
	assert_talks();
	relay_close(&relay);
	close_sides();
	end();
}
END_TEST

START_TEST(any_datagram_may_get_lost)
{
	struct dtls_config config = world_config();
	struct dtls_cred cred = by_cert();
	unsigned int total = 1;

	begin();
	config.link_mtu = 512;
	for (unsigned int lost = 0; lost <= total; lost++) {
		open_sides(config, pki_auth(DTLS_DEVICE, &device, &ct_ca, false),
			   pki_auth(DTLS_CT, &ct, &device_ca, false));
		relay_open(&relay, dtls_endpoint_port(server.ep));
		relay.drop = lost > 0 ? UINT64_C(1) << (lost - 1) : 0;
		connect_to(relay_port(&relay), &cred);
		AWAIT(client.ups && server.ups);
		if (lost == 0)
			total = relay.seen;
		assert_talks();
		relay_close(&relay);
		close_sides();
	}
	ck_assert_uint_ge(total, 8);
	end();
}
END_TEST

START_TEST(cas_between_are_sent_along)
{
	const struct pki_spec between_spec = {.issuer = &device_ca, .ca = true};
	struct pki between, below;
	struct dtls_cred cred = by_cert();

	begin();
	pki_make(&between, &between_spec);
	const struct pki_spec spec = {.issuer = &between, .san = PKI_DEVICE(1)};
	pki_make(&below, &spec);
	const struct pki *const chain[] = {&between, NULL};
	open_sides(world_config(), pki_auth_any(DTLS_DEVICE, &below, chain, &ct_ca),
		   pki_auth(DTLS_CT, &ct, &device_ca, false));
	assert_comes_up(&cred);
	close_sides();

	/* Without them the chain ends nowhere; with one of them as anchor it is complete. */
	open_sides(world_config(), pki_auth_any(DTLS_DEVICE, &below, NULL, &ct_ca),
		   pki_auth(DTLS_CT, &ct, &device_ca, false));
	assert_fails(&cred, "not under device-anchor", "not under its ct-anchor");
	close_sides();
	open_sides(world_config(), pki_auth_any(DTLS_DEVICE, &below, NULL, &ct_ca),
		   pki_auth(DTLS_CT, &ct, &between, false));
	assert_comes_up(&cred);
	close_sides();
	pki_free(&below);
	pki_free(&between);
	end();
}
END_TEST

/* --- devices that a CT must refuse --- */

static void refuse_device(const struct pki_spec *spec, const char *client_says)
{
	const struct dtls_cred cred = by_cert();
	struct pki p;

	pki_make(&p, spec);
	open_sides(world_config(), pki_auth_any(DTLS_DEVICE, &p, NULL, &ct_ca),
		   pki_auth(DTLS_CT, &ct, &device_ca, false));
	assert_fails(&cred, client_says, "it refused our certificate");
	close_sides();
	pki_free(&p);
}

START_TEST(devices_that_are_not_who_they_should_be)
{
	struct pki other_ca;

	begin();
	pki_make_ca(&other_ca);
	const struct {
		struct pki_spec spec;
		const char *says;
	} cases[] = {
		{{.issuer = &other_ca, .san = PKI_DEVICE(1)}, "is not under device-anchor"},
		{{.issuer = &ct_ca, .san = PKI_DEVICE(1)}, "is not under device-anchor"},
		{{.san = PKI_DEVICE(1)}, "is not under device-anchor"},
		{{.issuer = &device_ca, .san = PKI_DEVICE(2)},
		 "is for 0200000000000002, not 0200000000000001"},
		{{.issuer = &device_ca}, "carries no EUI-64"},
		{{.issuer = &device_ca, .san = PKI_SHORT}, "hardwareModuleName that is no EUI-64"},
		{{.issuer = &device_ca, .san = PKI_DEVICE(1) "," PKI_DEVICE(2)},
		 "more than one hardwareModuleName"},
		{{.issuer = &device_ca, .san = PKI_DEVICE(1) "," PKI_DEVICE(1)},
		 "more than one hardwareModuleName"},
		{{.issuer = &device_ca, .san = PKI_CT}, "carries no EUI-64"},
		{{.issuer = &device_ca, .san = PKI_DEVICE(1) "," PKI_CT},
		 "names a device and a commissioning tool"},
		{{.issuer = &device_ca, .san = PKI_DEVICE(1), .from_s = -7200, .to_s = -60},
		 "has expired"},
		{{.issuer = &device_ca, .san = PKI_DEVICE(1), .from_s = 3600, .to_s = 7200},
		 "is not valid yet"},
		{{.issuer = &device_ca, .san = PKI_DEVICE(1), .ca = true}, "is a CA's"},
		{{.issuer = &device_ca, .san = PKI_DEVICE(1), .purpose = "clientAuth"}, "purpose"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refuse_device(&cases[i].spec, cases[i].says);
	pki_free(&other_ca);
	end();
}
END_TEST

START_TEST(devices_whose_cas_are_not_as_they_should_be)
{
	const struct pki_spec specs[] = {
		{.issuer = &device_ca, .ca = true, .from_s = -7200, .to_s = -60},
		{.issuer = &device_ca, .ca = true, .group = "P-384"},
		{.issuer = &device_ca, .ca = true, .group = "RSA"},
		{.issuer = &device_ca, .san = PKI_DEVICE(2)}, /* a lamp as CA */
		{.issuer = &device_ca, .ca = true, .key_usage = "digitalSignature"},
	};
	static const char *const says[] = {"has expired", "not P-256", "not P-256",
					   "its certificate", "its certificate"};
	const struct dtls_cred cred = by_cert();

	begin();
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct pki between, below;
		pki_make(&between, &specs[i]);
		const struct pki_spec spec = {.issuer = &between, .san = PKI_DEVICE(1)};
		pki_make(&below, &spec);
		const struct pki *const chain[] = {&between, NULL};
		open_sides(world_config(), pki_auth_any(DTLS_DEVICE, &below, chain, &ct_ca),
			   pki_auth(DTLS_CT, &ct, &device_ca, false));
		assert_fails(&cred, says[i], "it refused our certificate");
		close_sides();
		pki_free(&below);
		pki_free(&between);
	}
	end();
}
END_TEST

START_TEST(chains_are_bounded)
{
	const struct dtls_cred cred = by_cert();
	struct pki cas[DTLS_CERT_MAX_BETWEEN + 1], below;
	const struct pki *chain[DTLS_CERT_MAX_BETWEEN + 2] = {NULL};
	static char comment[2001];

	begin();
	for (size_t i = 0; i <= DTLS_CERT_MAX_BETWEEN; i++) {
		const struct pki_spec spec = {.issuer = i ? &cas[i - 1] : &device_ca, .ca = true};
		pki_make(&cas[i], &spec);
		chain[DTLS_CERT_MAX_BETWEEN - i] = &cas[i];
	}
	const struct pki_spec deep = {.issuer = &cas[DTLS_CERT_MAX_BETWEEN], .san = PKI_DEVICE(1)};
	pki_make(&below, &deep);
	open_sides(world_config(), pki_auth_any(DTLS_DEVICE, &below, chain, &ct_ca),
		   pki_auth(DTLS_CT, &ct, &device_ca, false));
	assert_fails(&cred, "more than 2 CAs below device-anchor", "it refused our certificate");
	close_sides();
	pki_free(&below);
	for (size_t i = 0; i <= DTLS_CERT_MAX_BETWEEN; i++)
		pki_free(&cas[i]);

	memset(comment, 'x', sizeof(comment) - 1);
	const struct pki_spec fat_ca = {.issuer = &device_ca, .ca = true, .comment = comment};
	pki_make(&cas[0], &fat_ca);
	const struct pki_spec fat = {.issuer = &cas[0], .san = PKI_DEVICE(1), .comment = comment};
	pki_make(&below, &fat);
	const struct pki *const one[] = {&cas[0], NULL};
	open_sides(world_config(), pki_auth_any(DTLS_DEVICE, &below, one, &ct_ca),
		   pki_auth(DTLS_CT, &ct, &device_ca, false));
	assert_fails(&cred, "its certificates are too long", "");
	close_sides();
	pki_free(&below);
	pki_free(&cas[0]);
	end();
}
END_TEST

/* --- commissioning tools that a device must refuse --- */

static void refuse_ct(const struct pki_spec *spec, const char *client_says, const char *server_says)
{
	const struct dtls_cred cred = by_cert();
	struct pki p;

	pki_make(&p, spec);
	open_sides(world_config(), pki_auth(DTLS_DEVICE, &device, &ct_ca, false),
		   pki_auth_any(DTLS_CT, &p, NULL, &device_ca));
	assert_fails(&cred, client_says, server_says);
	ck_assert_uint_eq(server.ct_checks, 0);
	close_sides();
	pki_free(&p);
}

START_TEST(cts_that_are_none)
{
	begin();
	const struct {
		struct pki_spec spec;
		const char *client_says, *server_says;
	} cases[] = {
		{{.issuer = &device_ca, .san = PKI_DEVICE(2)}, /* a lamp */
		 "it refused our certificate",
		 "is a device's, not a commissioning tool's"},
		{{.issuer = &ct_ca, .san = PKI_DEVICE(2)},
		 "it refused our certificate",
		 "is a device's, not a commissioning tool's"},
		{{.issuer = &ct_ca, .san = PKI_CT "," PKI_DEVICE(2)},
		 "it refused our certificate",
		 "is a device's, not a commissioning tool's"},
		{{.issuer = &ct_ca, .san = PKI_CT "," PKI_SHORT},
		 "it refused our certificate",
		 "is a device's, not a commissioning tool's"},
		{{.issuer = &device_ca, .san = PKI_CT},
		 "not under its ct-anchor",
		 "is not under ct-anchor"},
		{{.san = PKI_CT}, "not under its ct-anchor", "is not under ct-anchor"},
		{{.issuer = &ct_ca}, "it refused our certificate", "no URI urn:wpan-kmp:ct"},
		{{.issuer = &ct_ca, .san = "URI:urn:wpan-kmp:ctx"},
		 "it refused our certificate",
		 "no URI urn:wpan-kmp:ct"},
		{{.issuer = &ct_ca, .san = "DNS:urn:wpan-kmp:ct"},
		 "it refused our certificate",
		 "no URI urn:wpan-kmp:ct"},
		{{.issuer = &ct_ca, .san = PKI_CT, .from_s = -7200, .to_s = -60},
		 "it refused our certificate: expired",
		 "has expired"},
		{{.issuer = &ct_ca, .san = PKI_CT, .purpose = "serverAuth"},
		 "not one of the kind or use",
		 "purpose"},
		{{.issuer = &ct_ca, .san = PKI_CT, .key_usage = "keyAgreement"},
		 "not one of the kind or use",
		 "purpose"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refuse_ct(&cases[i].spec, cases[i].client_says, cases[i].server_says);
	end();
}
END_TEST

START_TEST(the_owner_may_refuse_a_ct)
{
	const struct dtls_cred cred = by_cert();

	begin();
	open_good();
	server.ct_fault = "not the one that it obeys";
	assert_fails(&cred, "it refused our certificate or key", "not the one that it obeys");
	ck_assert_uint_eq(server.ct_checks, 1);
	close_sides();
	end();
}
END_TEST

START_TEST(without_anchor_the_owner_judges)
{
	const struct pki_spec self = {.san = PKI_CT};
	const struct dtls_cred cred = by_cert();
	struct pki own_ct;

	begin();
	pki_make(&own_ct, &self);
	open_sides(world_config(), pki_auth(DTLS_DEVICE, &device, NULL, false),
		   pki_auth(DTLS_CT, &own_ct, &device_ca, false));
	assert_comes_up(&cred);
	ck_assert(!server.ct_anchored);
	close_sides();
	pki_free(&own_ct);
	end();
}
END_TEST

START_TEST(a_device_whose_clock_is_not_set_ignores_times)
{
	const struct pki_spec late_ca = {
		.ca = true, .from_s = 86400, .to_s = 2 * 86400}; /* as seen with a clock behind */
	struct pki ca, late_ct;
	const struct dtls_cred cred = by_cert();

	begin();
	pki_make(&ca, &late_ca);
	const struct pki_spec spec = {
		.issuer = &ca, .san = PKI_CT, .from_s = 86400, .to_s = 2 * 86400};
	pki_make(&late_ct, &spec);
	open_sides(world_config(), pki_auth(DTLS_DEVICE, &device, &ca, false),
		   pki_auth(DTLS_CT, &late_ct, &device_ca, false));
	assert_comes_up(&cred);
	close_sides();
	/* A commissioning tool has a clock. */
	const struct pki_spec late_device = {
		.issuer = &ca, .san = PKI_DEVICE(1), .from_s = 86400, .to_s = 2 * 86400};
	struct pki lamp;
	pki_make(&lamp, &late_device);
	open_sides(world_config(), pki_auth_any(DTLS_DEVICE, &lamp, NULL, &ct_ca),
		   pki_auth_any(DTLS_CT, &ct, NULL, &ca));
	assert_fails(&cred, "is not valid yet", "it refused our certificate");
	close_sides();
	pki_free(&lamp);
	pki_free(&late_ct);
	pki_free(&ca);
	end();
}
END_TEST

START_TEST(a_certificate_needs_its_key)
{
	struct dtls_config config = world_config();
	struct dtls_endpoint *ep = NULL;

	begin();
	const struct pki mixed = {.key = ct.key, .cert = device.cert};
	config.auth = pki_auth_any(DTLS_DEVICE, &mixed, NULL, &ct_ca);
	side_open(&client, NULL, false);
	ck_assert_int_eq(dtls_endpoint_new(&ep, loop, &config, &client.cb), -ENOMEM);
	side_close(&client);
	dtls_auth_free(config.auth);
	end();
}
END_TEST

/* --- raw public keys --- */

#define SKIP_WITHOUT_RPK()                                                                         \
	if (!dtls_rpk_supported()) {                                                               \
		printf("raw public keys not tested: OpenSSL is older than 3.2\n");                 \
		return;                                                                            \
	}

static void open_raw(void)
{
	open_sides(world_config(), pki_auth(DTLS_DEVICE, &device, NULL, true),
		   pki_auth(DTLS_CT, &ct, NULL, true));
}

START_TEST(raw_public_keys_authenticate_both)
{
	struct dtls_cred cred;
	uint8_t hash[DTLS_KEY_HASH_LEN];

	SKIP_WITHOUT_RPK();
	begin();
	open_raw();
	cred = by_key(&device);
	assert_comes_up(&cred);
	ck_assert_str_eq(SSL_get_cipher_name(client.session->ssl), "ECDHE-ECDSA-AES128-CCM8");
	ck_assert_ptr_null(SSL_get0_peer_certificate(client.session->ssl));
	ck_assert(!server.ct_anchored);
	ck_assert_int_eq(dtls_cert_key_hash(ct.key, hash), 0);
	ck_assert_mem_eq(server.ct_hash, hash, sizeof(hash));
	ck_assert_mem_eq(dtls_session_key_hash(server.session), hash, sizeof(hash));
	close_sides();
	end();
}
END_TEST

START_TEST(a_key_other_than_the_expected_is_refused)
{
	struct dtls_cred cred;

	SKIP_WITHOUT_RPK();
	begin();
	open_raw();
	cred = by_key(&ct);
	assert_fails(&cred, "its public key is not the one of key-hash",
		     "it refused our certificate");
	close_sides();

	open_raw();
	server.ct_fault = "not the one that it obeys";
	cred = by_key(&device);
	assert_fails(&cred, "it refused our certificate or key", "not the one that it obeys");
	close_sides();
	end();
}
END_TEST

START_TEST(keys_and_certificates_do_not_mix)
{
	struct dtls_cred cred = by_cert();

	SKIP_WITHOUT_RPK();
	begin();
	/* A certificate is asked of a device that has none. */
	open_sides(world_config(), pki_auth(DTLS_DEVICE, &device, NULL, true),
		   pki_auth(DTLS_CT, &ct, &device_ca, false));
	assert_fails(&cred, "", "");
	close_sides();
	/* One with a certificate can be known by its key all the same. */
	open_good();
	cred = by_key(&device);
	assert_comes_up(&cred);
	ck_assert(!server.ct_anchored); /* it came with its raw public key */
	close_sides();
	end();
}
END_TEST

/* --- what it costs --- */

static long resident_kib(void)
{
	long all = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%ld %ld", &all, &resident), 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

START_TEST(many_sessions)
{
	static struct relay relays[MANY];
	struct dtls_cred cred = by_cert();

	begin();
	open_good();
	for (int i = 0; i < MANY; i++)
		relay_open(&relays[i], dtls_endpoint_port(server.ep));
	long before = resident_kib();
	for (unsigned int i = 0; i < MANY; i++) {
		connect_to(relay_port(&relays[i]), &cred);
		AWAIT(client.ups == i + 1 && server.ups == i + 1);
	}
	printf("%d sessions under certificates: %ld KiB a session\n", MANY,
	       (resident_kib() - before) / (2 * MANY));
	for (int i = 0; i < MANY; i++)
		relay_close(&relays[i]);
	close_sides();
	end();
}
END_TEST

UNIT_MAIN("dtls_cred", certificates_authenticate_both, a_server_takes_every_kind_it_has,
	  what_one_has_not_cannot_be_used, long_certificates_fit_small_packets,
	  any_datagram_may_get_lost, cas_between_are_sent_along,
	  devices_that_are_not_who_they_should_be, devices_whose_cas_are_not_as_they_should_be,
	  chains_are_bounded, cts_that_are_none, the_owner_may_refuse_a_ct,
	  without_anchor_the_owner_judges, a_device_whose_clock_is_not_set_ignores_times,
	  a_certificate_needs_its_key, raw_public_keys_authenticate_both,
	  a_key_other_than_the_expected_is_refused, keys_and_certificates_do_not_mix, many_sessions)
