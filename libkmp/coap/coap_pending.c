/* SPDX-License-Identifier: ISC */
#include "coap/coap_sess_priv.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static void pending_free(struct coap_pending *p)
{
	evl_timer_free(p->timer);
	OPENSSL_cleanse(p->octets, p->len);
	free(p);
}

/* The place is free before the owner hears of it: he may send again, or free the session. */
void coap_pending_end(struct coap_pending *p, int error, const struct coap_msg *answer)
{
	coap_answer_fn fn = p->fn;
	void *arg = p->arg;

	LIST_REMOVE(p, link);
	p->sess->n_pending--;
	pending_free(p);
	fn(arg, error, answer);
}

/* Retransmission with exponential back-off, section 4.2; then one more timeout of silence. */
static void on_timeout(void *arg)
{
	struct coap_pending *p = arg;
	struct coap_sess *s = p->sess;

	if (p->acked || p->retransmits == s->config.max_retransmit) {
		coap_pending_end(p, -ETIMEDOUT, NULL);
		return;
	}
	p->retransmits++;
	p->timeout_ms *= 2;
	s->stats.retransmitted++;
	evl_timer_start(p->timer, p->timeout_ms);
	s->ops.send(s->ops.arg, p->octets, p->len); /* what fails is as good as lost */
}

uint64_t coap_pending_wait_ms(const struct coap_sess *s)
{
	return s->config.ack_timeout_ms * ((2ULL << s->config.max_retransmit) - 1) * 3 / 2;
}

void coap_pending_acked(struct coap_pending *p)
{
	p->acked = true;
	OPENSSL_cleanse(p->octets, p->len);
	evl_timer_start(p->timer, coap_pending_wait_ms(p->sess));
}

struct coap_pending *coap_pending_by_token(struct coap_sess *s, const struct coap_msg *m)
{
	struct coap_pending *p;

	LIST_FOREACH (p, &s->pending, link)
		if (m->token_len == sizeof(p->token) &&
		    memcmp(p->token, m->token, sizeof(p->token)) == 0)
			return p;
	return NULL;
}

struct coap_pending *coap_pending_by_mid(struct coap_sess *s, uint16_t mid)
{
	struct coap_pending *p;

	LIST_FOREACH (p, &s->pending, link)
		if (p->mid == mid)
			return p;
	return NULL;
}

struct coap_pending *coap_pending_of(struct coap_sess *s, const void *arg)
{
	struct coap_pending *p;

	LIST_FOREACH (p, &s->pending, link)
		if (p->arg == arg)
			return p;
	return NULL;
}

/* A token that no other message under way has. */
static void choose_token(struct coap_sess *s, struct coap_msg *m)
{
	m->token_len = COAP_SESS_TOKEN_LEN;
	do
		m->token[0] = s->next_token++;
	while (coap_pending_by_token(s, m) != NULL);
}

/* ACK_TIMEOUT times something between 1 and ACK_RANDOM_FACTOR = 1.5, section 4.2. Sessions begin
 * with different numbers; within one a linear congruential generator spreads them. */
static uint64_t first_timeout_ms(struct coap_sess *s)
{
	uint16_t r = s->next_spread;

	s->next_spread = (uint16_t)(r * 25173u + 13849u);
	return s->config.ack_timeout_ms + (uint64_t)s->config.ack_timeout_ms * r / UINT16_MAX / 2;
}

/* With these octets in it, not sent. NULL without memory. */
static struct coap_pending *pending_new(struct coap_sess *s, const struct coap_msg *m,
					const uint8_t *octets, size_t len)
{
	struct coap_pending *p = calloc(1, sizeof(*p) + len);

	if (!p)
		return NULL;
	p->sess = s;
	p->mid = m->mid;
	memcpy(p->token, m->token, sizeof(p->token));
	p->len = len;
	memcpy(p->octets, octets, len);
	p->timer = evl_timer_new(s->evl, on_timeout, p);
	if (p->timer)
		return p;
	pending_free(p);
	return NULL;
}

static int send_octets(struct coap_sess *s, const struct coap_msg *m, const uint8_t *octets,
		       size_t len, coap_answer_fn fn, void *arg)
{
	struct coap_pending *p = pending_new(s, m, octets, len);

	if (!p)
		return -ENOMEM;
	int r = s->ops.send(s->ops.arg, p->octets, p->len);
	if (r < 0) {
		pending_free(p);
		return r;
	}
	p->fn = fn;
	p->arg = arg;
	p->timeout_ms = first_timeout_ms(s);
	LIST_INSERT_HEAD(&s->pending, p, link);
	s->n_pending++;
	evl_timer_start(p->timer, p->timeout_ms);
	return 0;
}

int coap_pending_send(struct coap_sess *s, const struct coap_msg *msg, coap_answer_fn fn, void *arg)
{
	struct coap_msg m = *msg;
	uint8_t octets[COAP_MSG_MAX];

	if (s->ending || s->n_pending == COAP_SESS_MAX_PENDING)
		return s->ending ? -ECONNRESET : -EBUSY;
	m.type = COAP_MSG_CON;
	m.mid = s->next_mid++;
	choose_token(s, &m);
	int r = coap_msg_build(&m, octets, s->config.max_message);
	if (r >= 0)
		r = send_octets(s, &m, octets, (size_t)r, fn, arg);
	OPENSSL_cleanse(octets, sizeof(octets));
	return r;
}
