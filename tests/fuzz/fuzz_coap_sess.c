/* SPDX-License-Identifier: ISC */
/* A session under a script: octet 0 starts a GET, 1 lets time pass, 2 starts a PUT that takes
 * several blocks, any other n is the length of a datagram that follows; its id and token, where it
 * says 0xff, are those of the last request. Every request must end exactly once, what the session
 * sends must be CoAP that fits the link, and a body that is served must be whole and bounded. */
#include "coap/coap_sess.h"

#include "base/buf.h"
#include "coap/coap_res.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX_MESSAGE 128 /* so that blocks are of 64 octets, within the reach of a fuzzer */
#define BODY_LEN    200

static uint8_t body[BODY_LEN];
static struct coap_msg last_request;
static int started, ended;

static void require(int holds)
{
	if (!holds)
		abort();
}

static int on_send(void *arg, const uint8_t *octets, size_t len)
{
	struct coap_msg m;

	(void)arg;
	require(len <= MAX_MESSAGE && coap_msg_parse(octets, len, &m) == 0);
	if (m.code == COAP_MSG_GET || m.code == COAP_MSG_PUT)
		last_request = m;
	return 0;
}

static void get_it(void *arg, struct coap_res_call *call)
{
	(void)arg;
	require(call->payload_cap >= BODY_LEN);
	memset(call->payload, 'x', BODY_LEN);
	/* a/3 is short, a takes several blocks */
	coap_res_reply(call, COAP_MSG_CODE(2, 5), 60, call->rest[0] ? 3 : BODY_LEN);
}

static void put_it(void *arg, struct coap_res_call *call)
{
	(void)arg;
	require(call->request->payload_len <= COAP_SESS_BODY_MAX && !call->request->block1.set);
	for (size_t i = 0; i < call->request->payload_len; i++) /* for the sanitizer */
		body[0] ^= call->request->payload[i];
	coap_res_reply(call, COAP_MSG_CODE(2, 4), -1, 0);
}

static void on_serve(void *arg, const struct coap_msg *request, struct coap_msg *answer,
		     uint8_t *payload_buf, size_t cap)
{
	static const struct coap_res table[] = {{.path = "a",
						 .rt = "core.a b",
						 .ct = "60 256",
						 .subpaths = true,
						 .get = get_it,
						 .put = put_it}};

	coap_res_serve(table, 1, NULL, arg, request, answer, payload_buf, cap);
}

static void on_random(void *arg, uint8_t *octets, size_t len)
{
	static uint8_t value;

	(void)arg;
	memset(octets, value++, len);
}

static void on_answer(void *arg, int error, const struct coap_msg *answer)
{
	(void)arg;
	require((error == 0) == (answer != NULL));
	ended++;
}

static void request(struct coap_sess *s, uint8_t method, size_t len)
{
	struct coap_msg m = {.code = method,
			     .path = "a",
			     .content_format = len > 0 ? 60 : -1,
			     .accept = -1,
			     .payload = body,
			     .payload_len = len};

	if (coap_sess_request(s, &m, on_answer, NULL) == 0)
		started++;
}

/* Let the fuzzer answer without guessing. */
static void input(struct coap_sess *s, const uint8_t *octets, size_t len)
{
	uint8_t copy[UINT8_MAX];

	memcpy(copy, octets, len);
	if (len >= 4 && copy[2] == 0xff) {
		copy[2] = (uint8_t)(last_request.mid >> 8);
		copy[3] = (uint8_t)last_request.mid;
	}
	if (len >= 5 && copy[4] == 0xff)
		copy[4] = last_request.token[0];
	coap_sess_input(s, copy, len);
}

static void play(struct evl *evl, struct coap_sess *s, const uint8_t *data, size_t len)
{
	struct buf_reader r;

	buf_reader_init(&r, data, len);
	while (buf_left(&r) > 0) {
		uint8_t op = buf_get_u8(&r);
		if (op == 0) {
			request(s, COAP_MSG_GET, 0);
		} else if (op == 2) {
			request(s, COAP_MSG_PUT, BODY_LEN);
		} else if (op == 1) {
			evl_test_advance(evl, 1000);
		} else {
			size_t n = op < buf_left(&r) ? op : buf_left(&r);
			input(s, buf_take(&r, n), n);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct coap_sess_config config = {
		.ack_timeout_ms = 2000, .max_retransmit = 2, .max_message = MAX_MESSAGE};
	static const struct coap_sess_ops ops = {
		.send = on_send, .serve = on_serve, .random = on_random};
	struct evl *evl = evl_new_test();
	struct coap_sess *s = coap_sess_new(evl, &config, &ops);

	started = ended = 0;
	play(evl, s, data, len);
	coap_sess_free(s);
	require(started == ended);
	evl_free(evl);
	return 0;
}
