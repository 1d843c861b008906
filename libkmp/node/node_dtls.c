/* SPDX-License-Identifier: ISC */
#include "node/node_priv.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC "dtls"
/* A stranger can have as many places as he finds addresses; a CT's handshake survives at least half
 * as many of his before it answers. Each holds some 40 KiB. */
#define MAX_HALF_OPEN  32
#define COOKIE_LOAD    (MAX_HALF_OPEN / 4) /* handshakes under way that are no longer normal */
#define MAX_SESSIONS   (NODE_MAX_SESSIONS + MAX_HALF_OPEN)
#define FAILURE_GAP_MS 10000 /* between two lines about handshakes that failed */
#define ACK_TIMEOUT_MS                                                                             \
	4000 /* ACK_TIMEOUT (RFC 7252 section 4.8), doubled for a multi-hop radio                  \
	      */

/* A CT names the device it wants by the device's own EUI-64 (DESIGN, Credentials). */
static int psk_of(void *arg, const char *identity, struct secret *key)
{
	const struct node *node = arg;
	eui64_text own;

	if (strcmp(identity, eui64_format(&node->iface.eui, own)))
		return -ENOENT;
	*key = node->conf->psk;
	return 0;
}

static int send_record(void *arg, const uint8_t *octets, size_t len)
{
	struct node_session *s = arg;

	return dtls_send(s->dtls, octets, len);
}

static void serve(void *arg, const struct coap_msg *request, struct coap_msg *answer,
		  uint8_t *payload, size_t cap)
{
	struct node_session *s = arg;

	if (node_ct_obey(s->node, s->dtls, request->code != COAP_MSG_GET))
		node_res_serve(s->node, s->dtls, request, answer, payload, cap);
	else
		answer->code = COAP_MSG_CODE(4, 3);
}

static void session_free(struct node_session *s)
{
	coap_sess_free(s->coap);
	free(s);
}

/* A free place, made by closing the oldest session if there is none. */
static size_t place_for_session(struct node *node)
{
	size_t oldest = 0;

	for (size_t i = 0; i < NODE_MAX_SESSIONS; i++) {
		if (!node->session[i])
			return i;
		if (node->session[i]->since_ms < node->session[oldest]->since_ms)
			oldest = i;
	}
	dtls_session_close(node->session[oldest]->dtls);
	session_free(node->session[oldest]);
	node->session[oldest] = NULL;
	return oldest;
}

static void on_up(void *arg, struct dtls_session *dtls)
{
	const struct coap_sess_config config = {.ack_timeout_ms = ACK_TIMEOUT_MS,
						.max_retransmit = 4,
						.max_message = dtls_session_max_data(dtls)};
	struct node *node = arg;
	struct node_session *s = calloc(1, sizeof(*s));
	struct coap_sess_ops ops = {.send = send_record, .serve = serve, .arg = s};

	if (s)
		s->coap = coap_sess_new(node->evl, &config, &ops);
	if (!s || !s->coap) {
		free(s);
		dtls_session_close(dtls);
		return;
	}
	s->node = node;
	s->dtls = dtls;
	s->since_ms = evl_now_ms(node->evl);
	dtls_session_set_user(dtls, s);
	node->session[place_for_session(node)] = s;
	log_info(TOPIC, &node->iface.eui, "session with the commissioning tool is up");
	if (node->ops.on_ct)
		node->ops.on_ct(node->ops.arg, true);
}

static void on_data(void *arg, struct dtls_session *dtls, const uint8_t *data, size_t len)
{
	struct node_session *s = dtls_session_user(dtls);

	(void)arg;
	if (s)
		coap_sess_input(s->coap, data, len);
}

/* What strangers can have written is counted (`status`), and told now and then. */
static enum log_level failure_level(struct node *node)
{
	uint64_t now_ms = evl_now_ms(node->evl);

	if (now_ms < node->next_failure_ms)
		return LOG_LVL_DEBUG;
	node->next_failure_ms = now_ms + FAILURE_GAP_MS;
	return LOG_LVL_INFO;
}

static void on_end(void *arg, struct dtls_session *dtls, enum dtls_end end)
{
	struct node *node = arg;
	struct node_session *s = dtls_session_user(dtls);
	size_t left = 0;

	(void)end;
	log_line(s ? LOG_LVL_INFO : failure_level(node), TOPIC, &node->iface.eui, "%s: %s",
		 s ? "session is over" : "handshake failed", dtls_session_reason(dtls));
	if (!s)
		return;
	for (size_t i = 0; i < NODE_MAX_SESSIONS; i++) {
		if (node->session[i] == s)
			node->session[i] = NULL;
		left += node->session[i] != NULL;
	}
	session_free(s);
	if (!left && node->ops.on_ct)
		node->ops.on_ct(node->ops.arg, false);
}

static const char *serve_on(const struct node *node, bool mesh_only)
{
	if (mesh_only)
		return node->iface.lowpan;
	return node->conf->vrf[0] ? node->conf->vrf : NULL;
}

int node_dtls_open(struct node *node, bool mesh_only, char why[NODE_WHY_LEN])
{
	const char *on = serve_on(node, mesh_only);
	const struct dtls_config config = {
		.port = (uint16_t)node->conf->port,
		.ifname = on,
		.link_mtu = node->conf->link_mtu,
		.first_timeout_ms = node->conf->dtls_timeout_ms,
		.handshake_timeout_ms = node->conf->handshake_timeout_s * 1000,
		.max_half_open = MAX_HALF_OPEN,
		.cookie_load = node->conf->dtls_cookie == NODE_COOKIE_LOAD ? COOKIE_LOAD : 0,
		.max_sessions = MAX_SESSIONS,
		.auth = node->conf->auth,
	};
	const struct dtls_callbacks cb = {.psk_of = node->conf->psk.len ? psk_of : NULL,
					  .check_ct = node->conf->auth ? node_ct_check : NULL,
					  .on_up = on_up,
					  .on_data = on_data,
					  .on_end = on_end,
					  .arg = node};
	int rc = dtls_endpoint_new(&node->endpoint, node->evl, &config, &cb);

	if (rc)
		snprintf(why, NODE_WHY_LEN, "cannot serve DTLS on UDP port %u%s%s: %s",
			 node->conf->port, on ? " of " : "", on ? on : "", strerror(-rc));
	return rc;
}

void node_dtls_hang_up(struct node *node)
{
	for (size_t i = 0; i < NODE_MAX_SESSIONS; i++)
		if (node->session[i]) {
			dtls_session_close(node->session[i]->dtls);
			session_free(node->session[i]);
			node->session[i] = NULL;
		}
	if (node->ops.on_ct)
		node->ops.on_ct(node->ops.arg, false);
}

void node_dtls_close(struct node *node)
{
	for (size_t i = 0; i < NODE_MAX_SESSIONS; i++)
		if (node->session[i]) {
			session_free(node->session[i]);
			node->session[i] = NULL;
		}
	dtls_endpoint_free(node->endpoint);
	node->endpoint = NULL;
}
