/* SPDX-License-Identifier: ISC */
/* devices: a crowd of devices that want to be commissioned, in one process, for measuring a
 * commissioning tool in another. Each has an EUI-64, an address of its own and a DTLS server with
 * /coap-key2 and /bootstrap, made of libkmp's own parts. There is no radio: whatever reaches a
 * device is said to have come in secured, so that the first answer is the proof.
 *
 *	devices N PORT PSK-HEX|DIRECTORY quiet|ask
 *
 * Their credential is a pre-shared key, or what lib.sh's pki_make left in a directory.
 * Device i is 02000000000iiiii at fd00:be::iiii, port PORT. With `ask` each sends Join Secure
 * Requests to ::1 until it is spoken to (needs CAP_NET_RAW). Prints a line "ready", then "keyed"
 * when all have taken keys and "proved" when all have answered GET /bootstrap; ends with SIGTERM.
 */
#include "coap/coap_res.h"
#include "coap/coap_sess.h"
#include "crowd.h"
#include "dtls/dtls.h"
#include "keys/bsres_msg.h"
#include "keys/keyset_msg.h"
#include "link/bsreq_sock.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* ctd takes 200 requests at once and 50 a second. */
#define ASK_BURST    200
#define ASK_EVERY_MS 25

struct crowd;

struct device {
	struct crowd *crowd;
	struct eui64 eui;
	eui64_text identity;
	struct in6_addr addr;
	struct dtls_endpoint *endpoint;
	struct dtls_session *session;
	struct coap_sess *coap; /* of the session */
	struct keyset keys;
	bool proved;
};

struct crowd {
	struct evl *evl;
	struct device *device;
	size_t n, n_keyed, n_proved;
	struct secret psk;
	const char *pki; /* directory of certificates, or NULL */
	struct bsreq_sock *requests;
	struct evl_timer *timer;
	size_t turn; /* who asks next */
};

/* The one neighbour of each. */
static const struct eui64 border_router = {{2, 0, 0, 0, 0, 1, 0, 0}};

/* --- the resources --- */

static void put_keys(void *arg, struct coap_res_call *call)
{
	struct device *d = arg;
	const struct coap_msg *request = call->request;
	struct keyset with;
	bool had_keys = d->keys.n > 0;

	if (keyset_msg_parse(request->content_format, request->payload, request->payload_len,
			     &with) < 0 ||
	    keyset_replace(&d->keys, &with) != KEYSET_OK) {
		coap_res_reply(call, COAP_MSG_CODE(4, 0), -1, 0);
		return;
	}
	coap_res_reply(call, COAP_MSG_CODE(2, 4), -1, 0);
	if (!had_keys && ++d->crowd->n_keyed == d->crowd->n)
		puts("keyed");
}

static void get_state(void *arg, struct coap_res_call *call)
{
	struct device *d = arg;
	const struct key_entry *active = keyset_active(&d->keys);
	const struct bsres_state s = {.index = active ? active->index : 0,
				      .mark = BSRES_SECURED,
				      .link = {{border_router, true}},
				      .n_links = 1};
	int len = bsres_state_build(KEYS_FORMAT_CBOR, &s, call->payload, call->payload_cap);

	if (len < 0) {
		coap_res_reply(call, COAP_MSG_CODE(5, 0), -1, 0);
		return;
	}
	coap_res_reply(call, COAP_MSG_CODE(2, 5), KEYS_FORMAT_CBOR, (size_t)len);
	if (!d->proved && ++d->crowd->n_proved == d->crowd->n)
		puts("proved");
	d->proved = true;
}

static void serve(void *arg, const struct coap_msg *request, struct coap_msg *answer,
		  uint8_t *payload, size_t cap)
{
	static const struct coap_res resources[] = {
		{.path = "coap-key2", .rt = "core.ky", .ct = "256 60", .put = put_keys},
		{.path = "bootstrap", .rt = "core.bs", .ct = "256 60", .get = get_state},
	};

	coap_res_serve(resources, 2, arg, NULL, request, answer, payload, cap);
}

/* --- its session --- */

static int psk_of(void *arg, const char *identity, struct secret *key)
{
	struct device *d = arg;

	if (strcmp(identity, d->identity) != 0)
		return -ENOENT;
	*key = d->crowd->psk;
	return 0;
}

static const char *check_ct(void *arg, const uint8_t key_hash[DTLS_KEY_HASH_LEN], bool anchored)
{
	(void)arg, (void)key_hash;
	return anchored ? NULL : "no certificate under the anchor";
}

/* The certificate of device `d` from the directory. */
static int load_auth(const struct device *d, struct dtls_auth **auth)
{
	char key[PATH_MAX], certificate[PATH_MAX], anchor[PATH_MAX], why[256];
	const struct dtls_auth_files files = {key, certificate, anchor};
	const char *option;
	int r;

	snprintf(key, sizeof(key), "%s/device.key", d->crowd->pki);
	snprintf(certificate, sizeof(certificate), "%s/%s.pem", d->crowd->pki, d->identity);
	snprintf(anchor, sizeof(anchor), "%s/tools.pem", d->crowd->pki);
	r = dtls_auth_load(auth, DTLS_DEVICE, &files, &option, why, sizeof(why));
	if (r < 0)
		fprintf(stderr, "devices: %s: %s\n", option, why);
	return r;
}

static int send_octets(void *arg, const uint8_t *octets, size_t len)
{
	struct device *d = arg;

	return d->session ? dtls_send(d->session, octets, len) : -ENOTCONN;
}

static void on_up(void *arg, struct dtls_session *s)
{
	static const struct coap_sess_config config = {.ack_timeout_ms = 2000, .max_retransmit = 3};
	struct device *d = arg;
	const struct coap_sess_ops ops = {.send = send_octets, .serve = serve, .arg = d};

	coap_sess_free(d->coap);
	d->coap = coap_sess_new(d->crowd->evl, &config, &ops);
	d->session = s;
}

static void on_data(void *arg, struct dtls_session *s, const uint8_t *data, size_t len)
{
	struct device *d = arg;

	if (s == d->session && d->coap)
		coap_sess_input(d->coap, data, len);
}

static void on_end(void *arg, struct dtls_session *s, enum dtls_end end)
{
	struct device *d = arg;

	(void)end;
	if (s == d->session)
		d->session = NULL;
}

static int open_device(struct crowd *c, size_t i, uint16_t port)
{
	struct device *d = &c->device[i];
	const struct dtls_callbacks cb = {.psk_of = c->pki ? NULL : psk_of,
					  .check_ct = c->pki ? check_ct : NULL,
					  .on_up = on_up,
					  .on_data = on_data,
					  .on_end = on_end,
					  .arg = d};
	struct dtls_config config = {.local = crowd_addr(i),
				     .port = port,
				     .link_mtu = 1280,
				     .first_timeout_ms = 1000,
				     .handshake_timeout_ms = 20000,
				     .max_half_open = 4,
				     .max_sessions = 4};
	int r = 0;

	d->crowd = c;
	d->eui = crowd_eui(i);
	d->addr = config.local;
	eui64_format(&d->eui, d->identity);
	if (c->pki)
		r = load_auth(d, &config.auth);
	if (r == 0)
		r = dtls_endpoint_new(&d->endpoint, c->evl, &config, &cb);
	dtls_auth_free(config.auth);
	return r;
}

/* --- Join Secure Requests --- */

static void no_request(const struct bsreq_packet *p, void *arg)
{
	(void)p, (void)arg;
}

static void ask(void *arg)
{
	struct crowd *c = arg;

	for (size_t i = 0; i < c->n; i++) {
		const struct device *d = &c->device[c->turn++ % c->n];
		const struct bsreq request = {.code = BSREQ_JSR, .eui = d->eui};
		if (d->session)
			continue;
		bsreq_sock_send(c->requests, &request, &d->addr, &in6addr_loopback, 0);
		break;
	}
	evl_timer_start(c->timer, c->turn < c->n && c->turn < ASK_BURST ? 0 : ASK_EVERY_MS);
}

static int start_asking(struct crowd *c)
{
	int r = bsreq_sock_new(&c->requests, c->evl, NULL, BSREQ_TYPE_DEFAULT, no_request, NULL);

	if (r < 0)
		return r;
	c->timer = evl_timer_new(c->evl, ask, c);
	if (!c->timer)
		return -ENOMEM;
	evl_timer_start(c->timer, 0);
	return 0;
}

/* --- the process --- */

static void on_term(int signum, void *arg)
{
	(void)signum;
	evl_stop(arg);
}

static void close_all(struct crowd *c)
{
	evl_timer_free(c->timer);
	bsreq_sock_free(c->requests);
	for (size_t i = 0; i < c->n; i++) {
		coap_sess_free(c->device[i].coap);
		dtls_endpoint_free(c->device[i].endpoint);
		keyset_clear(&c->device[i].keys);
	}
	free(c->device);
	evl_free(c->evl);
}

static int open_all(struct crowd *c, uint16_t port, bool asking)
{
	int r = 0;

	c->evl = evl_new();
	c->device = calloc(c->n, sizeof(*c->device));
	if (!c->evl || !c->device)
		return -ENOMEM;
	for (size_t i = 0; i < c->n && r == 0; i++)
		r = open_device(c, i, port);
	if (r == 0)
		r = evl_signal(c->evl, SIGTERM, on_term, c->evl);
	if (r == 0 && asking)
		r = start_asking(c);
	return r;
}

int main(int argc, char **argv)
{
	struct crowd c = {.n = argc == 5 ? strtoul(argv[1], NULL, 10) : 0};
	const struct rlimit files = {4096, 4096};
	int r;

	if (c.n > 0 && strchr(argv[3], '/'))
		c.pki = argv[3];
	if (c.n == 0 || c.n > CROWD_MAX || (!c.pki && secret_from_hex(&c.psk, argv[3]) < 0)) {
		fputs("usage: devices N PORT PSK-HEX|DIRECTORY quiet|ask\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	r = open_all(&c, (uint16_t)strtoul(argv[2], NULL, 10), strcmp(argv[4], "ask") == 0);
	if (r == 0) {
		puts("ready");
		r = evl_run(c.evl);
	}
	if (r < 0)
		fprintf(stderr, "devices: %s\n", strerror(-r));
	close_all(&c);
	return r < 0;
}
