/* SPDX-License-Identifier: ISC */
/* coap_sess: CoAP over one connection: confirmable requests with retransmission, deduplication of
 * what comes in, matching of answers to requests (RFC 7252 section 4), and bodies that need several
 * messages, in blocks (RFC 7959), both ways. No sockets: it is given datagrams and a function that
 * sends them. */
#ifndef KMP_COAP_COAP_SESS_H
#define KMP_COAP_COAP_SESS_H

#include "base/evl.h"
#include "coap/coap_msg.h"

#define COAP_SESS_MAX_PENDING 4      /* own requests under way; NSTART is left to the caller */
#define COAP_SESS_BODY_MAX    4096   /* octets of a body, either way */
#define COAP_SESS_BLOCK_MS    247000 /* a body that arrives is given up after such a silence */

struct coap_sess;

struct coap_sess_config {
	uint32_t ack_timeout_ms; /* ACK_TIMEOUT, RFC 7252 section 4.8 */
	uint32_t max_retransmit; /* MAX_RETRANSMIT, at most 16 */
	size_t max_message;      /* octets of a message that we send, at most and by default (0)
				    COAP_MSG_MAX: bodies that do not fit go in blocks that do */
};

/* Outcome of a request: `answer`, with its body whole, or NULL if none came. Errors: -ETIMEDOUT;
 * -ECONNRESET for a reset or the end of the session; of bodies in blocks also -EBADMSG against RFC
 * 7959, -EMSGSIZE above COAP_SESS_BODY_MAX, -ESTALE if it changed too often to be read, or what
 * send said. It may start requests and free the session. */
typedef void (*coap_answer_fn)(void *arg, int error, const struct coap_msg *answer);

/* None of these but coap_answer_fn may free the session. */
struct coap_sess_ops {
	int (*send)(void *arg, const uint8_t *octets, size_t len); /* 0 or -errno */
	/* Serve a request, which has its body whole: fill code, content_format, payload (cap octets
	 * at payload_buf) of `answer`. NULL: requests are answered 4.04. Called once a message, so
	 * once a block for an answer to a GET that needs several; a duplicate gets the same answer
	 * again. */
	void (*serve)(void *arg, const struct coap_msg *request, struct coap_msg *answer,
		      uint8_t *payload_buf, size_t cap);
	/* Fill `octets` at random: the first message id, the spread of timeouts. NULL: the system's
	 * generator (tests have their own). */
	void (*random)(void *arg, uint8_t *octets, size_t len);
	void *arg;
};

struct coap_sess_stats {
	uint64_t malformed;     /* not CoAP, or against RFC 7252 sections 3 and 4 */
	uint64_t unmatched;     /* an answer, acknowledgement or reset that belongs to nothing */
	uint64_t bad_options;   /* critical options that we do not take */
	uint64_t duplicates;    /* recognised and not served again */
	uint64_t retransmitted; /* by us */
	uint64_t abandoned;     /* bodies that never became whole */
};

/* A session on `evl`; `config` and `ops` are copied. NULL without memory. */
struct coap_sess *coap_sess_new(struct evl *evl, const struct coap_sess_config *config,
				const struct coap_sess_ops *ops);
/* Pending requests end with -ECONNRESET; what was kept is wiped. NULL is allowed. */
void coap_sess_free(struct coap_sess *s);
/* One datagram arrived. */
void coap_sess_input(struct coap_sess *s, const uint8_t *octets, size_t len);
/* Send `req` confirmable (type, mid, token and blocks are chosen here). Returns 0, -EBUSY with too
 * many pending, -ENOBUFS for options that do not fit, -EMSGSIZE for a body above
 * COAP_SESS_BODY_MAX, -ENOMEM, -ECONNRESET while the session is being freed, or what send said.
 * `fn` is called exactly once if 0 is returned, never before this returns. */
int coap_sess_request(struct coap_sess *s, const struct coap_msg *req, coap_answer_fn fn,
		      void *arg);
const struct coap_sess_stats *coap_sess_stats(const struct coap_sess *s);

#endif
