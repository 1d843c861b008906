/* SPDX-License-Identifier: ISC */
/* coap_client: what a commissioning tool made of libcoap alone would do for the crowd of devices.c:
 *a DTLS handshake with each, PUT /coap-key2, the session closed once that is answered; as many at
 * once as ctd's default. The measure that ctd is held against: it keeps nothing, logs nothing and
 * asks for no proof.
 *
 *	coap_client N PORT PSK-HEX
 *
 * Prints the seconds of CPU time that it took, process start and set-up apart. */
#include "crowd.h"
#include "keys/keyset_msg.h"

#include <coap3/coap.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 4 /* max-joins of ctd.conf(5) */
#define WAIT_MS 1000
#ifndef LOG_ERR /* libcoap 4.3.1 calls it so */
#define LOG_ERR COAP_LOG_ERR
#endif

struct client {
	coap_context_t *context;
	struct secret psk;
	const char *pki; /* directory of certificates, or NULL */
	uint16_t port;
	uint8_t body[256];
	size_t body_len;
	bool keep;
	size_t n, n_begun, n_done, n_failed;
};

/* The key set that ctd puts: one network key. */
static int build_body(struct client *c)
{
	struct keyset ks = {
		.entry = {{.number = 1, .index = 1, .mode = 1, .level = 5, .state = KEY_ACTIVE}},
		.n = 1};
	int len;

	if (secret_random(&ks.entry[0].key, KEYSET_KEY_LEN) < 0)
		return -1;
	len = keyset_msg_build(KEYS_FORMAT_CBOR, &ks, true, c->body, sizeof(c->body));
	c->body_len = len < 0 ? 0 : (size_t)len;
	return len < 0 ? -1 : 0;
}

static coap_address_t address(const struct client *c, size_t i)
{
	coap_address_t a;

	coap_address_init(&a);
	a.size = sizeof(a.addr.sin6);
	a.addr.sin6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_addr = crowd_addr(i), .sin6_port = htons(c->port)};
	return a;
}

static coap_session_t *open_psk(const struct client *c, size_t i)
{
	const coap_address_t peer = address(c, i);
	const struct eui64 eui = crowd_eui(i);
	eui64_text identity;
	coap_dtls_cpsk_t cpsk = {.version = COAP_DTLS_CPSK_SETUP_VERSION};

	cpsk.psk_info.identity.s = (const uint8_t *)eui64_format(&eui, identity);
	cpsk.psk_info.identity.length = EUI64_TEXT_LEN;
	cpsk.psk_info.key.s = c->psk.b;
	cpsk.psk_info.key.length = c->psk.len;
	return coap_new_client_session_psk2(c->context, NULL, &peer, COAP_PROTO_DTLS, &cpsk);
}

/* The device's certificate is checked against its CA; its EUI-64, which ctd looks at, is not. */
static coap_session_t *open_pki(const struct client *c, size_t i)
{
	const coap_address_t peer = address(c, i);
	char ca[PATH_MAX], certificate[PATH_MAX], key[PATH_MAX];
	coap_dtls_pki_t pki = {.version = COAP_DTLS_PKI_SETUP_VERSION,
			       .verify_peer_cert = 1,
			       .check_common_ca = 1,
			       .cert_chain_validation = 1,
			       .cert_chain_verify_depth = 2};

	snprintf(ca, sizeof(ca), "%s/devices.pem", c->pki);
	snprintf(certificate, sizeof(certificate), "%s/tool.pem", c->pki);
	snprintf(key, sizeof(key), "%s/tool.key", c->pki);
	pki.pki_key.key_type = COAP_PKI_KEY_PEM;
	pki.pki_key.key.pem.ca_file = ca;
	pki.pki_key.key.pem.public_cert = certificate;
	pki.pki_key.key.pem.private_key = key;
	return coap_new_client_session_pki(c->context, NULL, &peer, COAP_PROTO_DTLS, &pki);
}

/* Connect to device `i`; libcoap sends the request when the handshake is done. */
static int put_keys(struct client *c, size_t i)
{
	static const uint8_t path[] = "coap-key2", cbor[] = {KEYS_FORMAT_CBOR};
	coap_session_t *session = c->pki ? open_pki(c, i) : open_psk(c, i);
	coap_pdu_t *pdu;
	uint8_t token[8];
	size_t token_len;

	if (!session)
		return -1;
	pdu = coap_new_pdu(COAP_MESSAGE_CON, COAP_REQUEST_CODE_PUT, session);
	coap_session_new_token(session, &token_len, token);
	if (!pdu || !coap_add_token(pdu, token_len, token) ||
	    !coap_add_option(pdu, COAP_OPTION_URI_PATH, sizeof(path) - 1, path) ||
	    !coap_add_option(pdu, COAP_OPTION_CONTENT_FORMAT, sizeof(cbor), cbor) ||
	    !coap_add_data(pdu, c->body_len, c->body) ||
	    coap_send(session, pdu) == COAP_INVALID_MID) {
		coap_session_release(session);
		return -1;
	}
	return 0;
}

static coap_response_t on_response(coap_session_t *session, const coap_pdu_t *sent,
				   const coap_pdu_t *received, const coap_mid_t mid)
{
	struct client *c = coap_get_app_data(coap_session_get_context(session));

	(void)sent, (void)mid;
	if (coap_pdu_get_code(received) == COAP_RESPONSE_CODE_CHANGED)
		c->n_done++;
	else
		c->n_failed++;
	if (!c->keep)
		coap_session_release(session);
	return COAP_RESPONSE_OK;
}

static void on_nack(coap_session_t *session, const coap_pdu_t *sent,
		    const coap_nack_reason_t reason, const coap_mid_t mid)
{
	struct client *c = coap_get_app_data(coap_session_get_context(session));

	(void)sent, (void)reason, (void)mid;
	c->n_failed++;
}

/* Returns 0 when all have taken their keys. */
static int commission_all(struct client *c)
{
	while (c->n_done < c->n) {
		while (c->n_begun < c->n && c->n_begun - c->n_done < AT_ONCE)
			if (put_keys(c, c->n_begun++) < 0)
				return -1;
		if (c->n_failed > 0 || coap_io_process(c->context, WAIT_MS) < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct client c = {.n = argc == 5 ? strtoul(argv[1], NULL, 10) : 0};
	double begun;
	int r;

	if (c.n > 0 && strchr(argv[3], '/'))
		c.pki = argv[3];
	if (c.n == 0 || c.n > CROWD_MAX || (!c.pki && secret_from_hex(&c.psk, argv[3]) < 0) ||
	    build_body(&c) < 0) {
		fputs("usage: coap_client N PORT PSK-HEX|DIRECTORY keep|close\n", stderr);
		return 2;
	}
	c.port = (uint16_t)strtoul(argv[2], NULL, 10);
	c.keep = strcmp(argv[4], "keep") == 0;
	coap_startup();
	coap_set_log_level(LOG_ERR);
	c.context = coap_new_context(NULL);
	if (!c.context)
		return 1;
	coap_set_app_data(c.context, &c);
	coap_register_response_handler(c.context, on_response);
	coap_register_nack_handler(c.context, on_nack);
	begun = crowd_cpu_s();
	r = commission_all(&c);
	if (r == 0)
		printf("%.6f\n", crowd_cpu_s() - begun);
	else
		fprintf(stderr, "coap_client: %zu of %zu done\n", c.n_done, c.n);
	coap_free_context(c.context);
	coap_cleanup();
	return r < 0;
}
