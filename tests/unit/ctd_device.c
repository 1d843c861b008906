/* SPDX-License-Identifier: ISC */
#include "ctd_device.h"

#include "coap/coap_res.h"
#include "keys/keyset_msg.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void put_keys(void *arg, struct coap_res_call *call)
{
	struct ctd_device_sim *d = arg;
	struct keyset request;
	uint8_t code = d->refuse;

	d->puts++;
	if (!code) {
		ck_assert_int_eq(keyset_msg_parse(call->request->content_format,
						  call->request->payload,
						  call->request->payload_len, &request),
				 0);
		ck_assert_int_eq(keyset_replace(&d->keys, &request), KEYSET_OK);
		code = COAP_MSG_CODE(2, 4);
	}
	coap_res_reply(call, code, -1, 0);
}

static void get_state(void *arg, struct coap_res_call *call)
{
	struct ctd_device_sim *d = arg;
	const struct key_entry *active = keyset_active(&d->keys);
	const struct bsres_state s = {
		.all_secured = d->all_secured,
		.n = d->n,
		.fc = d->fc,
		.index = active ? active->index : 0,
		.mark = d->mark,
		.link = {{{{2, 0, 0, 0, 0, 0, 0, 1}}, true}, {{{2, 0, 0, 0, 0, 0, 0, 3}}, false}},
		.n_links = 2};
	int len = bsres_state_build(KEYS_FORMAT_CBOR, &s, call->payload, call->payload_cap);

	d->gets++;
	ck_assert_int_eq(call->request->accept, KEYS_FORMAT_CBOR);
	ck_assert_int_gt(len, 0);
	coap_res_reply(call, COAP_MSG_CODE(2, 5), KEYS_FORMAT_CBOR, (size_t)len);
}

static uint8_t close_or_open(struct ctd_device_sim *d, const struct bsres_change *c)
{
	if (c->n < d->n || (c->n == d->n && c->all_secured != d->all_secured))
		return COAP_MSG_CODE(4, 9);
	d->n = c->n;
	d->all_secured = c->all_secured;
	return COAP_MSG_CODE(2, 4);
}

static void put_change(void *arg, struct coap_res_call *call)
{
	struct ctd_device_sim *d = arg;
	struct bsres_change c;
	uint8_t code = COAP_MSG_CODE(2, 4);

	d->changes++;
	ck_assert_int_eq(bsres_change_parse(call->request->content_format, call->request->payload,
					    call->request->payload_len, &c),
			 0);
	if (c.has_fc && c.fc > d->fc)
		d->fc = c.fc;
	if (c.has_all_secured)
		code = close_or_open(d, &c);
	for (size_t i = 0; i < c.n_forget; i++)
		d->forgot[d->n_forgot++ % CTD_DEVICE_FORGOT] = c.forget[i];
	coap_res_reply(call, code, -1, 0);
}

static const struct coap_res resources[] = {
	{.path = "coap-key2", .rt = "core.ky", .ct = "256 60", .put = put_keys},
	{.path = "bootstrap", .rt = "core.bs", .ct = "256 60", .get = get_state, .put = put_change},
};

static void serve(void *arg, const struct coap_msg *request, struct coap_msg *answer,
		  uint8_t *payload, size_t cap)
{
	coap_res_serve(resources, 2, arg, NULL, request, answer, payload, cap);
}

static int send_octets(void *arg, const uint8_t *octets, size_t len)
{
	struct ctd_device_sim *d = arg;

	return d->session ? dtls_send(d->session, octets, len) : -ENOTCONN;
}

static int psk_of(void *arg, const char *identity, struct secret *key)
{
	struct ctd_device_sim *d = arg;

	if (strcmp(identity, d->identity) != 0)
		return -ENOENT;
	*key = d->psk;
	return 0;
}

static void on_up(void *arg, struct dtls_session *s)
{
	static const struct coap_sess_config config = {.ack_timeout_ms = 2000, .max_retransmit = 3};
	struct ctd_device_sim *d = arg;
	const struct coap_sess_ops ops = {.send = send_octets, .serve = serve, .arg = d};

	coap_sess_free(d->coap);
	d->coap = coap_sess_new(d->evl, &config, &ops);
	d->session = s;
	d->sessions++;
}

static void on_data(void *arg, struct dtls_session *s, const uint8_t *data, size_t len)
{
	struct ctd_device_sim *d = arg;

	if (s == d->session && !d->deaf)
		coap_sess_input(d->coap, data, len);
}

static void on_end(void *arg, struct dtls_session *s, enum dtls_end end)
{
	struct ctd_device_sim *d = arg;

	(void)end;
	if (s == d->session)
		d->session = NULL;
}

void ctd_device_sim_start(struct ctd_device_sim *d, struct evl *evl, uint16_t port,
			  const char *identity, const char *psk_hex)
{
	const struct dtls_callbacks cb = {
		.psk_of = psk_of, .on_up = on_up, .on_data = on_data, .on_end = on_end, .arg = d};
	const struct dtls_config config = {.local = in6addr_loopback,
					   .port = port,
					   .link_mtu = 1280,
					   .first_timeout_ms = 1000,
					   .handshake_timeout_ms = 20000,
					   .max_half_open = 4,
					   .max_sessions = 8};

	*d = (struct ctd_device_sim){.evl = evl, .mark = BSRES_UNSECURED};
	snprintf(d->identity, sizeof(d->identity), "%s", identity);
	ck_assert_int_eq(secret_from_hex(&d->psk, psk_hex), 0);
	ck_assert_int_eq(dtls_endpoint_new(&d->endpoint, evl, &config, &cb), 0);
}

uint16_t ctd_device_sim_port(const struct ctd_device_sim *d)
{
	return dtls_endpoint_port(d->endpoint);
}

void ctd_device_sim_stop(struct ctd_device_sim *d)
{
	coap_sess_free(d->coap);
	dtls_endpoint_free(d->endpoint);
	memset(d, 0, sizeof(*d));
}
