/* SPDX-License-Identifier: ISC */
/* coap_sess_priv: what the files of a session share: the session itself (coap_sess.c: what comes
 * in, and what is served), its own messages under way (coap_pending.c) and its own requests, whose
 * bodies may take several messages (coap_xfer.c). */
#ifndef KMP_COAP_COAP_SESS_PRIV_H
#define KMP_COAP_COAP_SESS_PRIV_H

#include "coap/coap_block.h"
#include "coap/coap_seen.h"
#include "coap/coap_sess.h"

#include <sys/queue.h>

/* It tells our few requests under way apart; strangers cannot answer them over DTLS, so it need not
 * be hard to guess (RFC 7252 section 5.3.1), and every octet goes over the air twice. */
#define COAP_SESS_TOKEN_LEN 1

#define CODE_CLASS(code) ((code) >> 5)
#define EMPTY            COAP_MSG_CODE(0, 0)

/* A confirmable message of ours under way. */
struct coap_pending {
	LIST_ENTRY(coap_pending) link;
	struct coap_sess *sess;
	struct evl_timer *timer;
	coap_answer_fn fn;
	void *arg;
	uint64_t timeout_ms;
	uint32_t retransmits;
	bool acked; /* an empty ACK came: the answer follows on its own, RFC 7252 section 5.2.2 */
	uint16_t mid;
	uint8_t token[COAP_SESS_TOKEN_LEN];
	size_t len;
	uint8_t octets[]; /* as sent; wiped when it is over, they may hold keys */
};

struct coap_sess {
	struct evl *evl;
	struct coap_sess_config config;
	struct coap_sess_ops ops;
	struct coap_sess_stats stats;
	LIST_HEAD(, coap_pending) pending;
	size_t n_pending;
	struct coap_seen seen;
	struct coap_block_rx rx;
	struct evl_timer *rx_timer; /* of rx, while it is under way; NULL before the first */
	uint16_t next_mid;
	uint16_t next_spread; /* of the next first timeout */
	uint8_t next_token;
	bool ending;
};

/* --- coap_pending.c --- */

/* Send `m` confirmable: one message. Returns as coap_sess_request() does. */
int coap_pending_send(struct coap_sess *s, const struct coap_msg *m, coap_answer_fn fn, void *arg);
/* MAX_TRANSMIT_WAIT (section 4.8.2), the time a peer may take: to acknowledge a message, and again
 * for a separate answer. */
uint64_t coap_pending_wait_ms(const struct coap_sess *s);
/* The one that `m` answers by its token; by message id; the one sent with `arg`; or NULL. */
struct coap_pending *coap_pending_by_token(struct coap_sess *s, const struct coap_msg *m);
struct coap_pending *coap_pending_by_mid(struct coap_sess *s, uint16_t mid);
struct coap_pending *coap_pending_of(struct coap_sess *s, const void *arg);
/* An empty ACK came: wait for the answer. */
void coap_pending_acked(struct coap_pending *p);
/* It is over: freed, then its owner is told. */
void coap_pending_end(struct coap_pending *p, int error, const struct coap_msg *answer);

#endif
