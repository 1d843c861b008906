/* SPDX-License-Identifier: ISC */
#include "dtls_pair.h"

#include <string.h>

struct pair pair;

void pair_begin(void)
{
	const struct pki_spec device_spec = {.issuer = &pair.device_ca, .san = PKI_DEVICE(1)};
	const struct pki_spec ct_spec = {.issuer = &pair.ct_ca, .san = PKI_CT};

	unit_enter_dir();
	world_begin();
	pki_make_ca(&pair.device_ca);
	pki_make_ca(&pair.ct_ca);
	pki_make(&pair.device, &device_spec);
	pki_make(&pair.ct, &ct_spec);
}

void pair_end(void)
{
	pki_free(&pair.ct);
	pki_free(&pair.device);
	pki_free(&pair.ct_ca);
	pki_free(&pair.device_ca);
	world_end();
}

/* Open both sides, which take the references. */
void pair_open(struct dtls_config config, struct dtls_auth *device_auth, struct dtls_auth *ct_auth)
{
	config.auth = device_auth;
	side_open(&pair.server, &config, true);
	config.auth = ct_auth;
	side_open(&pair.client, &config, false);
	dtls_auth_free(device_auth);
	dtls_auth_free(ct_auth);
}

void pair_open_good(void)
{
	pair_open(world_config(), pki_auth(DTLS_DEVICE, &pair.device, &pair.ct_ca, false),
		  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
}

void pair_close(void)
{
	side_close(&pair.client);
	side_close(&pair.server);
}

struct dtls_cred pair_by_cert(void)
{
	return (struct dtls_cred){.kind = DTLS_CRED_CERT, .identity = IDENTITY};
}

void pair_connect(uint16_t port, const struct dtls_cred *cred)
{
	struct sockaddr_in6 peer = world_addr(port);

	ck_assert_int_eq(dtls_connect(&pair.client.session, pair.client.ep, &peer, cred), 0);
}

void pair_talks(void)
{
	ck_assert_int_eq(dtls_send(pair.client.session, (const uint8_t *)"ping", 4), 0);
	AWAIT(pair.server.records);
	ck_assert_int_eq(dtls_send(pair.server.session, (const uint8_t *)"pong", 4), 0);
	AWAIT(pair.client.records);
	ck_assert_mem_eq(pair.server.data, "ping", 4);
	ck_assert_mem_eq(pair.client.data, "pong", 4);
}

void pair_comes_up(const struct dtls_cred *cred)
{
	pair_connect(dtls_endpoint_port(pair.server.ep), cred);
	AWAIT((pair.client.ups && pair.server.ups) || pair.client.ends || pair.server.ends);
	ck_assert_msg(pair.client.ends + pair.server.ends == 0, "client: %s; server: %s",
		      pair.client.reason, pair.server.reason);
	pair_talks();
}

/* The handshake must fail at both ends; `client_says` and `server_says` are parts of the reasons.
 */
void pair_fails(const struct dtls_cred *cred, const char *client_says, const char *server_says)
{
	pair_connect(dtls_endpoint_port(pair.server.ep), cred);
	AWAIT(pair.client.ends && pair.server.ends);
	ck_assert_uint_eq(pair.client.ups + pair.server.ups, 0);
	ck_assert_msg(strstr(pair.client.reason, client_says) != NULL, "client: '%s' lacks '%s'",
		      pair.client.reason, client_says);
	ck_assert_msg(strstr(pair.server.reason, server_says) != NULL, "server: '%s' lacks '%s'",
		      pair.server.reason, server_says);
	ck_assert_uint_eq(side_stats(&pair.server).half_open, 0);
}
