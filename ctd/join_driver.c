/* SPDX-License-Identifier: ISC */
#include "join_driver.h"

#include "coap/coap_sess.h"
#include "keys/keyset_msg.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYSET_PATH    "coap-key2"
#define BOOTSTRAP_PATH "bootstrap"

struct join_driver {
	struct evl *evl;
	struct join_driver_config config;
	struct dtls_endpoint *endpoint;
	struct join_transport transport;
};

/* A handshake or session; lives as long as it. */
struct peer {
	struct join *join;
	struct dtls_session *session;
	struct coap_sess *coap; /* NULL until the handshake is done */
	bool ending;            /* outcomes of requests do not matter any more */
};

static void peer_free(struct peer *p)
{
	p->ending = true;
	p->join->link = NULL;
	coap_sess_free(p->coap);
	free(p);
}

/* --- requests --- */

static void on_told(void *arg, int error, const struct coap_msg *answer)
{
	struct peer *p = arg;

	if (!p->ending)
		join_on_told(p->join, error, answer ? answer->code : 0);
}

static void on_answer(void *arg, int error, const struct coap_msg *answer)
{
	struct peer *p = arg;
	struct bsres_state state;
	bool usable = answer && answer->code == COAP_MSG_CODE(2, 5) &&
		      bsres_state_parse(answer->content_format, answer->payload,
					answer->payload_len, &state) == 0;

	if (!p->ending)
		join_on_answer(p->join, error, answer ? answer->code : 0, usable ? &state : NULL);
}

/* The body of the PUT that tells `due`, in CBOR. Returns its length or -errno. */
static int build(const struct join_driver *d, const struct due *due, uint8_t *octets, size_t cap)
{
	if (due->kind == DUE_KEYS)
		return keyset_msg_build(KEYS_FORMAT_CBOR, d->config.keys, true, octets, cap);
	return bsres_change_build(KEYS_FORMAT_CBOR, &due->change, octets, cap);
}

static int tell(void *arg, struct join *j, const struct due *due)
{
	struct join_driver *d = arg;
	struct peer *p = j->link;
	uint8_t octets[COAP_SESS_BODY_MAX];
	struct coap_msg request = {.code = COAP_MSG_PUT,
				   .path = BOOTSTRAP_PATH,
				   .content_format = KEYS_FORMAT_CBOR,
				   .accept = -1,
				   .payload = octets};
	int r;

	if (!p || !p->coap)
		return -ENOTCONN;
	if (due->kind == DUE_KEYS)
		snprintf(request.path, sizeof(request.path), "%s", KEYSET_PATH);
	r = build(d, due, octets, sizeof(octets));
	if (r >= 0) {
		request.payload_len = (size_t)r;
		r = coap_sess_request(p->coap, &request, on_told, p);
	}
	OPENSSL_cleanse(octets, sizeof(octets));
	return r;
}

static int get(void *arg, struct join *j)
{
	const struct coap_msg request = {.code = COAP_MSG_GET,
					 .path = BOOTSTRAP_PATH,
					 .content_format = -1,
					 .accept = KEYS_FORMAT_CBOR};
	struct peer *p = j->link;

	(void)arg;
	if (!p || !p->coap)
		return -ENOTCONN;
	return coap_sess_request(p->coap, &request, on_answer, p);
}

/* --- sessions --- */

static int send_datagram(void *arg, const uint8_t *octets, size_t len)
{
	struct peer *p = arg;

	return p->ending ? -ENOTCONN : dtls_send(p->session, octets, len);
}

static void on_up(void *arg, struct dtls_session *s)
{
	const struct coap_sess_config config = {
		JOIN_DRIVER_ACK_TIMEOUT_MS, JOIN_DRIVER_MAX_RETRANSMIT, dtls_session_max_data(s)};
	struct join_driver *d = arg;
	struct peer *p = dtls_session_user(s);
	const struct coap_sess_ops ops = {.send = send_datagram, .arg = p};
	struct join *j = p->join;

	p->coap = coap_sess_new(d->evl, &config, &ops);
	if (p->coap) {
		join_on_up(j);
		return;
	}
	dtls_session_close(s);
	peer_free(p);
	join_on_lost(j, "no memory");
}

static void on_data(void *arg, struct dtls_session *s, const uint8_t *data, size_t len)
{
	struct peer *p = dtls_session_user(s);

	(void)arg;
	coap_sess_input(p->coap, data, len);
}

static void on_end(void *arg, struct dtls_session *s, enum dtls_end end)
{
	struct peer *p = dtls_session_user(s);
	struct join *j = p->join;

	(void)arg, (void)end;
	peer_free(p);
	join_on_lost(j, dtls_session_reason(s));
}

static void close_peer(void *arg, struct join *j)
{
	struct peer *p = j->link;

	(void)arg;
	if (!p)
		return;
	dtls_session_close(p->session);
	peer_free(p);
}

static int connect_under_credential(struct join_driver *d, struct peer *p, const struct eui64 *eui,
				    const struct sockaddr_in6 *to)
{
	struct dtls_cred cred;
	int r = d->config.cred_of(d->config.arg, eui, &cred);

	if (r == 0)
		r = dtls_connect(&p->session, d->endpoint, to, &cred);
	OPENSSL_cleanse(&cred, sizeof(cred));
	return r;
}

static int connect_peer(void *arg, struct join *j, const struct in6_addr *addr)
{
	struct join_driver *d = arg;
	const struct sockaddr_in6 to = {.sin6_family = AF_INET6,
					.sin6_addr = *addr,
					.sin6_port = htons(d->config.device_port)};
	struct peer *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	r = connect_under_credential(d, p, &j->eui, &to);
	if (r < 0) {
		free(p);
		return r;
	}
	p->join = j;
	j->link = p;
	dtls_session_set_user(p->session, p);
	return 0;
}

int join_driver_new(struct join_driver **d, struct evl *evl,
		    const struct join_driver_config *config)
{
	struct join_driver *new = calloc(1, sizeof(*new));
	const struct dtls_callbacks cb = {
		.on_up = on_up, .on_data = on_data, .on_end = on_end, .arg = new};
	int r;

	if (!new)
		return -ENOMEM;
	new->evl = evl;
	new->config = *config;
	new->transport = (struct join_transport){
		.connect = connect_peer, .close = close_peer, .tell = tell, .get = get, .arg = new};
	r = dtls_endpoint_new(&new->endpoint, evl, &config->dtls, &cb);
	if (r < 0) {
		free(new);
		return r;
	}
	*d = new;
	return 0;
}

int join_driver_set_auth(struct join_driver *d, struct dtls_auth *auth)
{
	return dtls_endpoint_set_auth(d->endpoint, auth);
}

void join_driver_free(struct join_driver *d)
{
	if (!d)
		return;
	dtls_endpoint_free(d->endpoint);
	free(d);
}

const struct join_transport *join_driver_transport(const struct join_driver *d)
{
	return &d->transport;
}

void join_driver_stats(const struct join_driver *d, struct dtls_stats *stats)
{
	dtls_endpoint_stats(d->endpoint, stats);
}
