/* SPDX-License-Identifier: ISC */
#include "coap/coap_sess.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RETRANSMIT_LIMIT 16
#define EXCHANGE_LIFETIME_MS 247000 /* RFC 7252 section 4.8.2 with the default parameters */
#define TOKEN_LEN            4

#define CODE_CLASS(code) ((code) >> 5)
#define EMPTY            COAP_MSG_CODE(0, 0)

/* A request of ours under way. */
struct pending {
	struct coap_sess *sess;
	bool used;
	bool acked; /* an empty ACK came: the answer follows on its own, section 5.2.2 */
	uint16_t mid;
	uint8_t token[TOKEN_LEN];
	uint8_t octets[COAP_MSG_MAX];
	size_t len;
	uint64_t timeout_ms;
	uint32_t retransmits;
	struct evl_timer *timer;
	coap_answer_fn fn;
	void *arg;
};

/* A message of the peer that was dealt with, and what it was answered with. */
struct seen {
	bool used;
	uint16_t mid;
	uint64_t at_ms;
	uint8_t *octets; /* NULL: nothing */
	size_t len;
};

struct coap_sess {
	struct evl *evl;
	struct coap_sess_config config;
	struct coap_sess_ops ops;
	struct coap_sess_stats stats;
	struct pending pending[COAP_SESS_MAX_PENDING];
	struct seen seen[COAP_SESS_MAX_SEEN];
	uint16_t next_mid;
	bool ending;
};

static void random_octets(struct coap_sess *s, void *octets, size_t len)
{
	if (s->ops.random != NULL)
		s->ops.random(s->ops.arg, octets, len);
	else if (RAND_bytes(octets, (int)len) != 1)
		abort(); /* a system without randomness must not go on talking to anybody */
}

/* Frees the slot and wipes what was sent, which may hold keys. */
static void pending_clear(struct pending *p)
{
	evl_timer_stop(p->timer);
	OPENSSL_cleanse(p->octets, sizeof(p->octets));
	p->len = 0;
	p->used = false;
}

/* The slot is free before the caller hears of it: it may send again, or free the session. */
static void pending_end(struct pending *p, int error, const struct coap_msg *answer)
{
	coap_answer_fn fn = p->fn;
	void *arg = p->arg;

	pending_clear(p);
	fn(arg, error, answer);
}

/* Retransmission with exponential back-off, section 4.2; then one more timeout of silence. */
static void on_timeout(void *arg)
{
	struct pending *p = arg;
	struct coap_sess *s = p->sess;

	if (p->acked || p->retransmits == s->config.max_retransmit) {
		pending_end(p, -ETIMEDOUT, NULL);
		return;
	}
	p->retransmits++;
	p->timeout_ms *= 2;
	s->stats.retransmitted++;
	evl_timer_start(p->timer, p->timeout_ms);
	s->ops.send(s->ops.arg, p->octets, p->len); /* what fails is as good as lost */
}

static bool pending_init(struct coap_sess *s)
{
	for (size_t i = 0; i < COAP_SESS_MAX_PENDING; i++) {
		s->pending[i].sess = s;
		s->pending[i].timer = evl_timer_new(s->evl, on_timeout, &s->pending[i]);
		if (s->pending[i].timer == NULL)
			return false;
	}
	return true;
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
	s->ops = *ops;
	random_octets(s, &s->next_mid, sizeof(s->next_mid));
	if (!pending_init(s)) {
		coap_sess_free(s);
		return NULL;
	}
	return s;
}

static void seen_clear(struct seen *e)
{
	if (e->octets != NULL)
		OPENSSL_cleanse(e->octets, e->len);
	free(e->octets);
	memset(e, 0, sizeof(*e));
}

void coap_sess_free(struct coap_sess *s)
{
	if (s == NULL || s->ending)
		return;
	s->ending = true;
	for (size_t i = 0; i < COAP_SESS_MAX_PENDING; i++) {
		if (s->pending[i].used)
			pending_end(&s->pending[i], -ECONNRESET, NULL);
		evl_timer_free(s->pending[i].timer);
	}
	for (size_t i = 0; i < COAP_SESS_MAX_SEEN; i++)
		seen_clear(&s->seen[i]);
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

static struct seen *seen_find(struct coap_sess *s, uint16_t mid)
{
	uint64_t now_ms = evl_now_ms(s->evl);

	for (size_t i = 0; i < COAP_SESS_MAX_SEEN; i++) {
		struct seen *e = &s->seen[i];

		if (e->used && e->mid == mid && now_ms - e->at_ms < EXCHANGE_LIFETIME_MS)
			return e;
	}
	return NULL;
}

/* Remember `mid` and the octets it was answered with, in place of the oldest if need be. */
static void seen_add(struct coap_sess *s, uint16_t mid, const uint8_t *octets, size_t len)
{
	struct seen *slot = &s->seen[0];

	for (size_t i = 0; i < COAP_SESS_MAX_SEEN; i++) {
		struct seen *e = &s->seen[i];

		if (e->used && e->mid != mid && slot->used && e->at_ms >= slot->at_ms)
			continue;
		slot = e;
		if (!e->used || e->mid == mid)
			break;
	}
	seen_clear(slot);
	slot->used = true;
	slot->mid = mid;
	slot->at_ms = evl_now_ms(s->evl);
	if (len > 0 && (slot->octets = malloc(len)) != NULL) {
		memcpy(slot->octets, octets, len);
		slot->len = len;
	}
}

/* Build `answer` to `req` and send it; what does not fit becomes 5.00. Returns its length. */
static size_t send_answer(struct coap_sess *s, const struct coap_msg *req, struct coap_msg *answer,
			  uint8_t octets[COAP_MSG_MAX])
{
	int len;

	answer->type = req->type == COAP_MSG_CON ? COAP_MSG_ACK : COAP_MSG_NON;
	answer->mid = req->type == COAP_MSG_CON ? req->mid : s->next_mid++;
	answer->token_len = req->token_len;
	memcpy(answer->token, req->token, sizeof(answer->token));
	len = coap_msg_build(answer, octets, COAP_MSG_MAX);
	if (len < 0 || CODE_CLASS(answer->code) < 2) {
		answer->code = COAP_MSG_CODE(5, 0);
		answer->content_format = -1;
		answer->payload_len = 0;
		len = coap_msg_build(answer, octets, COAP_MSG_MAX);
	}
	s->ops.send(s->ops.arg, octets, (size_t)len);
	return (size_t)len;
}

static void init_answer(struct coap_msg *answer, uint8_t code)
{
	*answer = (struct coap_msg){.code = code, .content_format = -1, .accept = -1};
}

static void on_request(struct coap_sess *s, const struct coap_msg *req)
{
	struct coap_msg answer;
	uint8_t payload[COAP_SESS_PAYLOAD_MAX], octets[COAP_MSG_MAX];
	size_t len;

	init_answer(&answer, s->ops.serve != NULL ? EMPTY : COAP_MSG_CODE(4, 4));
	if (s->ops.serve != NULL)
		s->ops.serve(s->ops.arg, req, &answer, payload, sizeof(payload));
	len = send_answer(s, req, &answer, octets);
	seen_add(s, req->mid, octets, req->type == COAP_MSG_CON ? len : 0);
	OPENSSL_cleanse(payload, sizeof(payload));
	OPENSSL_cleanse(octets, sizeof(octets));
}

static struct pending *pending_by_token(struct coap_sess *s, const struct coap_msg *m)
{
	for (size_t i = 0; i < COAP_SESS_MAX_PENDING; i++) {
		struct pending *p = &s->pending[i];

		if (p->used && m->token_len == TOKEN_LEN &&
		    memcmp(p->token, m->token, TOKEN_LEN) == 0)
			return p;
	}
	return NULL;
}

static struct pending *pending_by_mid(struct coap_sess *s, uint16_t mid)
{
	for (size_t i = 0; i < COAP_SESS_MAX_PENDING; i++)
		if (s->pending[i].used && s->pending[i].mid == mid)
			return &s->pending[i];
	return NULL;
}

/* An answer in a message of its own, section 5.2.2. It may overtake the ACK. */
static void on_separate(struct coap_sess *s, const struct coap_msg *m)
{
	struct pending *p = pending_by_token(s, m);

	if (p == NULL) {
		s->stats.unmatched++;
		reject(s, m);
		return;
	}
	if (m->type == COAP_MSG_CON)
		send_empty(s, COAP_MSG_ACK, m->mid);
	seen_add(s, m->mid, NULL, 0);
	pending_end(p, 0, m);
}

/* The time a peer may take for a separate answer: MAX_TRANSMIT_WAIT, section 4.8.2. */
static uint64_t transmit_wait_ms(const struct coap_sess *s)
{
	return s->config.ack_timeout_ms * ((2ULL << s->config.max_retransmit) - 1) * 3 / 2;
}

static void on_ack(struct coap_sess *s, const struct coap_msg *m)
{
	struct pending *p = pending_by_mid(s, m->mid);

	if (p == NULL || p->acked || (m->code != EMPTY && p != pending_by_token(s, m))) {
		s->stats.unmatched++;
	} else if (m->code != EMPTY) {
		pending_end(p, 0, m);
	} else {
		p->acked = true;
		OPENSSL_cleanse(p->octets, sizeof(p->octets));
		evl_timer_start(p->timer, transmit_wait_ms(s));
	}
}

static void on_reset(struct coap_sess *s, const struct coap_msg *m)
{
	struct pending *p = pending_by_mid(s, m->mid);

	if (p == NULL)
		s->stats.unmatched++;
	else
		pending_end(p, -ECONNRESET, NULL);
}

/* A message sent twice: the same answer again, or the same acknowledgement, section 4.5. */
static void on_duplicate(struct coap_sess *s, const struct coap_msg *m, const struct seen *e)
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
	const struct seen *e = seen_find(s, m->mid);

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

/* A token that no other request under way has. */
static void choose_token(struct coap_sess *s, struct coap_msg *m)
{
	m->token_len = TOKEN_LEN;
	do
		random_octets(s, m->token, TOKEN_LEN);
	while (pending_by_token(s, m) != NULL);
}

/* ACK_TIMEOUT times something between 1 and ACK_RANDOM_FACTOR = 1.5, section 4.2. */
static uint64_t first_timeout_ms(struct coap_sess *s)
{
	uint16_t r;

	random_octets(s, &r, sizeof(r));
	return s->config.ack_timeout_ms + (uint64_t)s->config.ack_timeout_ms * r / UINT16_MAX / 2;
}

static struct pending *pending_free_slot(struct coap_sess *s)
{
	for (size_t i = 0; i < COAP_SESS_MAX_PENDING; i++)
		if (!s->pending[i].used)
			return &s->pending[i];
	return NULL;
}

int coap_sess_request(struct coap_sess *s, const struct coap_msg *req, coap_answer_fn fn, void *arg)
{
	struct pending *p = pending_free_slot(s);
	struct coap_msg m = *req;
	int len;

	if (s->ending || p == NULL)
		return s->ending ? -ECONNRESET : -EBUSY;
	m.type = COAP_MSG_CON;
	m.mid = s->next_mid++;
	choose_token(s, &m);
	len = coap_msg_build(&m, p->octets, sizeof(p->octets));
	if (len >= 0) {
		p->len = (size_t)len;
		len = s->ops.send(s->ops.arg, p->octets, p->len);
	}
	if (len < 0) {
		pending_clear(p);
		return len;
	}
	p->used = true;
	p->acked = false;
	p->mid = m.mid;
	memcpy(p->token, m.token, TOKEN_LEN);
	p->retransmits = 0;
	p->timeout_ms = first_timeout_ms(s);
	p->fn = fn;
	p->arg = arg;
	evl_timer_start(p->timer, p->timeout_ms);
	return 0;
}
