/* SPDX-License-Identifier: ISC */
/* dtls_client: what of a join is the DTLS handshake. libkmp's client, as ctd has it, shakes hands
 *with the crowd of devices.c, as many at once as ctd's default, holds the sessions and does nothing
 * else.
 *
 *	dtls_client N PORT PSK-HEX|DIRECTORY
 *
 * Prints the seconds of CPU time that it took, process start and set-up apart. */
#include "crowd.h"
#include "dtls/dtls.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 4 /* max-joins of ctd.conf(5) */

struct client {
	struct evl *evl;
	struct dtls_endpoint *endpoint;
	struct dtls_cred cred; /* of all devices, but for the identity */
	const char *pki;       /* directory of certificates, or NULL */
	uint16_t port;
	size_t n, n_begun, n_done;
};

static int connect_next(struct client *c)
{
	const struct eui64 eui = crowd_eui(c->n_begun);
	const struct sockaddr_in6 peer = {.sin6_family = AF_INET6,
					  .sin6_addr = crowd_addr(c->n_begun),
					  .sin6_port = htons(c->port)};
	struct dtls_session *s;

	c->n_begun++;
	eui64_format(&eui, c->cred.identity);
	return dtls_connect(&s, c->endpoint, &peer, &c->cred);
}

static void on_up(void *arg, struct dtls_session *s)
{
	struct client *c = arg;

	(void)s;
	if (++c->n_done == c->n)
		evl_stop(c->evl);
	else if (c->n_begun < c->n && connect_next(c) < 0)
		evl_fail(c->evl, -EIO);
}

static void on_data(void *arg, struct dtls_session *s, const uint8_t *data, size_t len)
{
	(void)arg, (void)s, (void)data, (void)len; /* nobody sends any */
}

static void on_end(void *arg, struct dtls_session *s, enum dtls_end end)
{
	struct client *c = arg;

	fprintf(stderr, "dtls_client: %s: %s\n", dtls_end_name(end), dtls_session_reason(s));
	evl_fail(c->evl, -EPROTO);
}

static int load_auth(const struct client *c, struct dtls_auth **auth)
{
	char key[PATH_MAX], certificate[PATH_MAX], anchor[PATH_MAX], why[256];
	const struct dtls_auth_files files = {key, certificate, anchor};
	const char *option;
	int r;

	snprintf(key, sizeof(key), "%s/tool.key", c->pki);
	snprintf(certificate, sizeof(certificate), "%s/tool.pem", c->pki);
	snprintf(anchor, sizeof(anchor), "%s/devices.pem", c->pki);
	r = dtls_auth_load(auth, DTLS_CT, &files, &option, why, sizeof(why));
	if (r < 0)
		fprintf(stderr, "dtls_client: %s: %s\n", option, why);
	return r;
}

static int open_endpoint(struct client *c)
{
	const struct dtls_callbacks cb = {
		.on_up = on_up, .on_data = on_data, .on_end = on_end, .arg = c};
	struct dtls_config config = {.link_mtu = 1280,
				     .first_timeout_ms = 3000,
				     .handshake_timeout_ms = 60000,
				     .max_sessions = CROWD_MAX};
	int r = 0;

	c->evl = evl_new();
	if (!c->evl)
		return -ENOMEM;
	if (c->pki)
		r = load_auth(c, &config.auth);
	if (r == 0)
		r = dtls_endpoint_new(&c->endpoint, c->evl, &config, &cb);
	dtls_auth_free(config.auth);
	return r;
}

static int shake_hands(struct client *c)
{
	double begun = crowd_cpu_s();
	int r = 0;

	while (r == 0 && c->n_begun < c->n && c->n_begun < AT_ONCE)
		r = connect_next(c);
	if (r == 0)
		r = evl_run(c->evl);
	if (r == 0)
		printf("%.6f\n", crowd_cpu_s() - begun);
	return r;
}

int main(int argc, char **argv)
{
	struct client c = {.n = argc == 4 ? strtoul(argv[1], NULL, 10) : 0};
	int r;

	if (c.n > 0 && strchr(argv[3], '/'))
		c.pki = argv[3];
	c.cred.kind = c.pki ? DTLS_CRED_CERT : DTLS_CRED_PSK;
	if (c.n == 0 || c.n > CROWD_MAX || (!c.pki && secret_from_hex(&c.cred.psk, argv[3]) < 0)) {
		fputs("usage: dtls_client N PORT PSK-HEX|DIRECTORY\n", stderr);
		return 2;
	}
	c.port = (uint16_t)strtoul(argv[2], NULL, 10);
	r = open_endpoint(&c);
	if (r == 0)
		r = shake_hands(&c);
	dtls_endpoint_free(c.endpoint);
	if (c.evl)
		evl_free(c.evl);
	return r < 0;
}
