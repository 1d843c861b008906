/* SPDX-License-Identifier: ISC */
#include "coap/coap_sess.h"

#include "coap/coap_sess_priv.h"
#include "coap/coap_xfer.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RETRANSMIT_LIMIT 16

_Static_assert(COAP_SESS_BODY_MAX == COAP_BLOCK_BODY_MAX, "one bound on bodies");
_Static_assert(COAP_MSG_MAX <= COAP_SEEN_MAX_OCTETS, "any answer can be kept");

static void random_octets(struct coap_sess *s, void *octets, size_t len)
{
	if (s->ops.random != NULL)
		s->ops.random(s->ops.arg, octets, len);
	else if (RAND_bytes(octets, (int)len) != 1)
		abort(); /* a system without randomness must not go on talking to anybody */
}

/* The rest of a body never came. */
static void on_rx_timeout(void *arg)
{
	struct coap_sess *s = arg;

	s->stats.abandoned++;
	coap_block_rx_clear(&s->rx);
}

struct coap_sess *coap_sess_new(struct evl *evl, const struct coap_sess_config *config,
				const struct coap_sess_ops *ops)
{
	struct coap_sess *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->evl = evl;
	s->config = *config;
	if (s->config.max_retransmit > MAX_RETRANSMIT_LIMIT)
		s->config.max_retransmit = MAX_RETRANSMIT_LIMIT;
	if (s->config.max_message == 0 || s->config.max_message > COAP_MSG_MAX)
		s->config.max_message = COAP_MSG_MAX;
	s->ops = *ops;
	LIST_INIT(&s->pending);
	uint16_t first[2];
	random_octets(s, first, sizeof(first));
	s->next_mid = first[0];
	s->next_spread = first[1];
	return s;
}

void coap_sess_free(struct coap_sess *s)
{
	if (s == NULL || s->ending)
		return;
	s->ending = true;
	while (!LIST_EMPTY(&s->pending))
		coap_pending_end(LIST_FIRST(&s->pending), -ECONNRESET, NULL);
	coap_seen_clear(&s->seen);
	coap_block_rx_clear(&s->rx);
	evl_timer_free(s->rx_timer);
	OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

const struct coap_sess_stats *coap_sess_stats(const struct coap_sess *s)
{
	return &s->stats;
}

/* An empty message: the ACK or RST to `mid`. */
static void send_empty(struct coap_sess *s, enum coap_msg_type type, uint16_t mid)
{
	struct coap_msg m = {.type = type, .mid = mid, .content_format = -1, .accept = -1};
	uint8_t octets[8];
	int len = coap_msg_build(&m, octets, sizeof(octets));

	if (len > 0)
		s->ops.send(s->ops.arg, octets, (size_t)len);
}

/* Rejecting a message, section 4.2: a reset to a confirmable one, silence to all others. */
static void reject(struct coap_sess *s, const struct coap_msg *m)
{
	if (m->type == COAP_MSG_CON)
		send_empty(s, COAP_MSG_RST, m->mid);
}

static void init_answer(struct coap_msg *answer, uint8_t code)
{
	*answer = (struct coap_msg){.code = code, .content_format = -1, .accept = -1};
}

/* Build `answer` to `req`, or its block that `req` asks for, and send it; what does not fit becomes
 * 5.00. Returns its length. */
static size_t send_answer(struct coap_sess *s, const struct coap_msg *req, struct coap_msg *answer,
			  uint8_t octets[COAP_MSG_MAX])
{
	answer->type = req->type == COAP_MSG_CON ? COAP_MSG_ACK : COAP_MSG_NON;
	answer->mid = req->type == COAP_MSG_CON ? req->mid : s->next_mid++;
	answer->token_len = req->token_len;
	memcpy(answer->token, req->token, sizeof(answer->token));
	uint8_t error = CODE_CLASS(answer->code) < 2
				? COAP_MSG_CODE(5, 0)
				: coap_block_slice(answer, req, s->config.max_message);
	if (error != 0) {
		answer->code = error;
		answer->content_format = -1;
		answer->block2 = (struct coap_msg_block){.set = false};
		answer->etag_len = answer->payload_len = 0;
	}
	int len = coap_msg_build(answer, octets, COAP_MSG_MAX); /* which fits now */
	s->ops.send(s->ops.arg, octets, (size_t)len);
	return (size_t)len;
}

/* A block of a body: 2.31 or an error, or if it was the last, the answer to the whole. */
static void take_block(struct coap_sess *s, const struct coap_msg *req, struct coap_msg *answer,
		       uint8_t *payload, size_t cap)
{
	uint8_t code = coap_block_rx_take(&s->rx, req);

	if (code == 0) {
		struct coap_msg whole = *req;
		whole.block1.set = false;
		whole.payload = s->rx.body.octets;
		whole.payload_len = s->rx.body.len;
		s->ops.serve(s->ops.arg, &whole, answer, payload, cap);
		coap_block_rx_clear(&s->rx);
	} else {
		answer->code = code;
	}
	if (CODE_CLASS(code) >= 4)
		s->stats.abandoned++;
	else
		answer->block1 = req->block1;
	if (code == COAP_MSG_CODE(4, 13))
		answer->size1 = COAP_BLOCK_BODY_MAX; /* RFC 7959 section 2.9.3 */
	if (s->rx.under_way)
		evl_timer_start(s->rx_timer, COAP_SESS_BLOCK_MS);
	else
		evl_timer_stop(s->rx_timer);
}

static void serve(struct coap_sess *s, const struct coap_msg *req, struct coap_msg *answer,
		  uint8_t *payload, size_t cap)
{
	if (s->ops.serve == NULL) {
		answer->code = COAP_MSG_CODE(4, 4);
	} else if (!req->block1.set) {
		s->ops.serve(s->ops.arg, req, answer, payload, cap);
	} else {
		if (s->rx_timer == NULL)
			s->rx_timer = evl_timer_new(s->evl, on_rx_timeout, s);
		if (s->rx_timer != NULL)
			take_block(s, req, answer, payload, cap);
		else
			answer->code = COAP_MSG_CODE(5, 0);
	}
}

static void on_request(struct coap_sess *s, const struct coap_msg *req)
{
	struct coap_msg answer;
	uint8_t payload[COAP_SESS_BODY_MAX], octets[COAP_MSG_MAX];
	size_t len;

	init_answer(&answer, EMPTY);
	serve(s, req, &answer, payload, sizeof(payload));
	len = send_answer(s, req, &answer, octets);
	coap_seen_add(&s->seen, evl_now_ms(s->evl), req->mid, octets,
		      req->type == COAP_MSG_CON ? len : 0);
	OPENSSL_cleanse(payload, sizeof(payload));
	OPENSSL_cleanse(octets, sizeof(octets));
}

/* An answer in a message of its own, section 5.2.2. It may overtake the ACK. */
static void on_separate(struct coap_sess *s, const struct coap_msg *m)
{
	struct coap_pending *p = coap_pending_by_token(s, m);

	if (p == NULL) {
		s->stats.unmatched++;
		reject(s, m);
		return;
	}
	if (m->type == COAP_MSG_CON)
		send_empty(s, COAP_MSG_ACK, m->mid);
	coap_seen_add(&s->seen, evl_now_ms(s->evl), m->mid, NULL, 0);
	coap_pending_end(p, 0, m);
}

static void on_ack(struct coap_sess *s, const struct coap_msg *m)
{
	struct coap_pending *p = coap_pending_by_mid(s, m->mid);

	if (p == NULL || p->acked || (m->code != EMPTY && p != coap_pending_by_token(s, m))) {
		s->stats.unmatched++;
	} else if (m->code != EMPTY) {
		coap_pending_end(p, 0, m);
	} else {
		coap_pending_acked(p);
	}
}

static void on_reset(struct coap_sess *s, const struct coap_msg *m)
{
	struct coap_pending *p = coap_pending_by_mid(s, m->mid);

	if (p == NULL)
		s->stats.unmatched++;
	else
		coap_pending_end(p, -ECONNRESET, NULL);
}

/* A message sent twice: the same answer again, or the same acknowledgement, section 4.5. */
static void on_duplicate(struct coap_sess *s, const struct coap_msg *m,
			 const struct coap_seen_entry *e)
{
	s->stats.duplicates++;
	if (m->type != COAP_MSG_CON)
		return;
	if (e->octets != NULL)
		s->ops.send(s->ops.arg, e->octets, e->len);
	else
		send_empty(s, COAP_MSG_ACK, m->mid);
}

/* A confirmable or non-confirmable message: request, answer, or (empty) a ping. */
static void on_message(struct coap_sess *s, const struct coap_msg *m)
{
	const struct coap_seen_entry *e = coap_seen_find(&s->seen, evl_now_ms(s->evl), m->mid);

	if (m->code == EMPTY)
		reject(s, m);
	else if (e != NULL)
		on_duplicate(s, m, e);
	else if (CODE_CLASS(m->code) == 0)
		on_request(s, m);
	else
		on_separate(s, m);
}

/* Well-formed, but a critical option is not for us: 4.02 to a confirmable request, else the message
 * is rejected, section 5.4.1. */
static void on_bad_option(struct coap_sess *s, const struct coap_msg *m)
{
	struct coap_msg answer;
	uint8_t octets[COAP_MSG_MAX];

	s->stats.bad_options++;
	init_answer(&answer, COAP_MSG_CODE(4, 2));
	if (CODE_CLASS(m->code) == 0 && m->type == COAP_MSG_CON)
		send_answer(s, m, &answer, octets);
	else
		reject(s, m);
}

/* Acknowledgements carry no requests, resets carry nothing, section 4.2. */
static bool type_fits_code(const struct coap_msg *m)
{
	switch (m->type) {
	case COAP_MSG_CON:
		return true;
	case COAP_MSG_NON:
		return m->code != EMPTY;
	case COAP_MSG_ACK:
		return m->code == EMPTY || CODE_CLASS(m->code) != 0;
	case COAP_MSG_RST:
		return m->code == EMPTY;
	}
	return false;
}

static void dispatch(struct coap_sess *s, const struct coap_msg *m)
{
	switch (m->type) {
	case COAP_MSG_CON:
	case COAP_MSG_NON:
		on_message(s, m);
		break;
	case COAP_MSG_ACK:
		on_ack(s, m);
		break;
	case COAP_MSG_RST:
		on_reset(s, m);
		break;
	}
}

void coap_sess_input(struct coap_sess *s, const uint8_t *octets, size_t len)
{
	struct coap_msg m;
	int err = coap_msg_parse(octets, len, &m);

	if (err == 0 && type_fits_code(&m)) {
		dispatch(s, &m);
	} else if (err == -EPROTO && type_fits_code(&m)) {
		on_bad_option(s, &m);
	} else {
		s->stats.malformed++;
		if (err == -EBADMSG && len >= 4)
			reject(s, &m);
	}
}

int coap_sess_request(struct coap_sess *s, const struct coap_msg *req, coap_answer_fn fn, void *arg)
{
	return coap_xfer_start(s, req, fn, arg);
}
