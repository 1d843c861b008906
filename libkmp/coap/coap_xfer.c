/* SPDX-License-Identifier: ISC */
#include "coap/coap_xfer.h"

#include "coap/coap_sess_priv.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RESTARTS 2

#define CONTENT    COAP_MSG_CODE(2, 5)
#define CONTINUE   COAP_MSG_CODE(2, 31)
#define INCOMPLETE COAP_MSG_CODE(4, 8)
#define TOO_LARGE  COAP_MSG_CODE(4, 13)

enum xfer_state {
	XFER_SENDING,  /* the request, whole or the next block of its body */
	XFER_FETCHING, /* a further block of the answer's body */
};

enum xfer_event {                   /* what an answer is */
		  XFER_EV_WHOLE,    /* an answer in one message, errors included */
		  XFER_EV_CONTINUE, /* the peer has this block of ours */
		  XFER_EV_SMALLER,  /* the peer wants smaller blocks, from the start */
		  XFER_EV_LOST,     /* the peer does not have the blocks before this one */
		  XFER_EV_MORE,     /* a block of the answer that is not its last */
		  XFER_EV_LAST,     /* the last */
		  XFER_EV_CHANGED,  /* a block of another representation */
		  XFER_EV_BROKEN,   /* against RFC 7959 */
};

struct xfer {
	struct coap_sess *sess;
	struct evl_timer *deadline; /* of the whole */
	enum xfer_state state;
	unsigned int restarts;
	coap_answer_fn fn;
	void *arg;
	struct coap_msg req; /* payload: our copy of the body if it goes in blocks, else NULL */
	struct coap_msg_block block1; /* under way */
	size_t sent;                  /* octets of the body, with the block under way */
	struct coap_block_body body;  /* of the answer */
	uint8_t etag[sizeof(((struct coap_msg *)0)->etag)];
	size_t etag_len;
};

static void xfer_free(struct xfer *x)
{
	evl_timer_free(x->deadline);
	if (x->req.payload) {
		OPENSSL_cleanse((void *)(uintptr_t)x->req.payload, x->req.payload_len);
		free((void *)(uintptr_t)x->req.payload);
	}
	coap_block_clear(&x->body);
	free(x);
}

/* The last that this does: the owner may free the session. A body in blocks is handed over as if it
 * had come whole. */
static void end(struct xfer *x, int error, const struct coap_msg *answer)
{
	struct coap_msg whole;

	if (answer) {
		whole = *answer;
		whole.block1 = whole.block2 = (struct coap_msg_block){.set = false};
		if (x->body.octets) {
			whole.payload = x->body.octets;
			whole.payload_len = x->body.len;
		}
	}
	x->fn(x->arg, error, answer ? &whole : NULL);
	xfer_free(x);
}

/* --- what goes out --- */

static void on_answer(void *arg, int error, const struct coap_msg *answer);

/* The block of our body from x->sent on. */
static int send_block(struct xfer *x)
{
	size_t size = coap_block_size(x->block1.szx), left = x->req.payload_len - x->sent;
	struct coap_msg m = x->req;

	x->block1.set = true;
	x->block1.num = (uint32_t)(x->sent / size);
	x->block1.more = left > size;
	m.block1 = x->block1;
	m.size1 = x->sent == 0 ? (uint32_t)x->req.payload_len : 0;
	m.payload += x->sent;
	m.payload_len = left > size ? size : left;
	x->sent += m.payload_len;
	return coap_pending_send(x->sess, &m, on_answer, x);
}

/* The block of the answer's body that follows what is there, of the size that the peer gave us. */
static int fetch_block(struct xfer *x, uint8_t szx)
{
	struct coap_msg m = x->req;

	m.block2 = (struct coap_msg_block){
		.set = true, .num = (uint32_t)(x->body.len / coap_block_size(szx)), .szx = szx};
	return coap_pending_send(x->sess, &m, on_answer, x);
}

static int restart(struct xfer *x)
{
	if (x->restarts++ == MAX_RESTARTS)
		return -ESTALE;
	coap_block_clear(&x->body);
	x->sent = 0;
	return 0;
}

/* --- what comes in --- */

static enum xfer_event classify_block2(const struct xfer *x, const struct coap_msg *a)
{
	if (x->req.code != COAP_MSG_GET)
		return XFER_EV_BROKEN;
	if (x->body.len > 0 &&
	    (a->etag_len != x->etag_len || memcmp(a->etag, x->etag, sizeof(a->etag)) != 0))
		return XFER_EV_CHANGED;
	return a->block2.more ? XFER_EV_MORE : XFER_EV_LAST;
}

static enum xfer_event classify(const struct xfer *x, const struct coap_msg *a)
{
	bool first = x->block1.set && x->block1.num == 0;
	bool later = x->block1.set && x->block1.num > 0;

	if (a->code == CONTINUE)
		return x->block1.more && a->block1.set && a->block1.num == x->block1.num &&
				       a->block1.szx <= COAP_BLOCK_SZX_MAX
			       ? XFER_EV_CONTINUE
			       : XFER_EV_BROKEN;
	if (a->code == TOO_LARGE && first && a->block1.set && a->block1.szx < x->block1.szx)
		return XFER_EV_SMALLER;
	if (a->code == INCOMPLETE && later)
		return XFER_EV_LOST;
	if (a->code == CONTENT && a->block2.set)
		return classify_block2(x, a);
	return XFER_EV_WHOLE;
}

/* The actions return 0 or what ends the transfer: -errno. */
static int send_next(struct xfer *x, const struct coap_msg *a)
{
	if (a->block1.szx < x->block1.szx)
		x->block1.szx = a->block1.szx; /* RFC 7959 section 2.3 */
	return send_block(x);
}

static int send_smaller(struct xfer *x, const struct coap_msg *a)
{
	x->sent = 0;
	x->block1.szx = a->block1.szx;
	return send_block(x);
}

static int send_again(struct xfer *x, const struct coap_msg *a)
{
	int r = restart(x);

	(void)a;
	return r ? r : send_block(x);
}

static int append(struct xfer *x, const struct coap_msg *a)
{
	int r = coap_block_append(&x->body, &a->block2, a->payload, a->payload_len);

	x->etag_len = a->etag_len;
	memcpy(x->etag, a->etag, sizeof(x->etag));
	return r == -ESTALE ? -EBADMSG : r;
}

static int fetch_next(struct xfer *x, const struct coap_msg *a)
{
	int r = append(x, a);

	return r ? r : fetch_block(x, a->block2.szx);
}

static int fetch_again(struct xfer *x, const struct coap_msg *a)
{
	int r = restart(x);

	return r ? r : fetch_block(x, a->block2.szx & COAP_BLOCK_SZX_MAX);
}

static int finish_last(struct xfer *x, const struct coap_msg *a)
{
	int r = append(x, a);

	if (r == 0)
		end(x, 0, a);
	return r;
}

static int finish_whole(struct xfer *x, const struct coap_msg *a)
{
	coap_block_clear(&x->body);
	end(x, 0, a);
	return 0;
}

static const struct xfer_row {
	enum xfer_state state;
	enum xfer_event event;
	enum xfer_state next;
	int (*action)(struct xfer *x, const struct coap_msg *a);
} rows[] = {
	{XFER_SENDING, XFER_EV_CONTINUE, XFER_SENDING, send_next},
	{XFER_SENDING, XFER_EV_SMALLER, XFER_SENDING, send_smaller},
	{XFER_SENDING, XFER_EV_LOST, XFER_SENDING, send_again},
	{XFER_SENDING, XFER_EV_MORE, XFER_FETCHING, fetch_next},
	{XFER_SENDING, XFER_EV_LAST, XFER_SENDING, finish_last},
	{XFER_SENDING, XFER_EV_WHOLE, XFER_SENDING, finish_whole},
	{XFER_FETCHING, XFER_EV_MORE, XFER_FETCHING, fetch_next},
	{XFER_FETCHING, XFER_EV_CHANGED, XFER_FETCHING, fetch_again},
	{XFER_FETCHING, XFER_EV_LAST, XFER_FETCHING, finish_last},
	{XFER_FETCHING, XFER_EV_WHOLE, XFER_FETCHING, finish_whole},
};

static void on_answer(void *arg, int error, const struct coap_msg *answer)
{
	struct xfer *x = arg;
	enum xfer_event event = answer ? classify(x, answer) : XFER_EV_BROKEN;
	int r = error ? error : -EBADMSG;

	for (size_t i = 0; !error && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].state == x->state && rows[i].event == event) {
			x->state = rows[i].next;
			r = rows[i].action(x, answer);
			break;
		}
	if (r < 0)
		end(x, r, NULL);
}

/* A peer that gives each block in time must not keep its caller waiting for hours. */
static void on_deadline(void *arg)
{
	struct xfer *x = arg;

	coap_pending_end(coap_pending_of(x->sess, x), -ETIMEDOUT, NULL);
}

/* --- the beginning --- */

/* Our own copy of the body, and the largest blocks that fit. */
static int prepare_blocks(struct xfer *x, const struct coap_msg *req)
{
	struct coap_msg longest = *req;

	if (req->payload_len > COAP_BLOCK_BODY_MAX)
		return -EMSGSIZE;
	longest.token_len = COAP_SESS_TOKEN_LEN;
	longest.block1 = (struct coap_msg_block){.set = true, .num = UINT32_C(0xfffff)};
	longest.size1 = (uint32_t)req->payload_len;
	int r = coap_block_head_len(&longest);
	if (r >= 0)
		r = coap_block_szx((size_t)r, x->sess->config.max_message, COAP_BLOCK_SZX_MAX);
	if (r < 0)
		return r;
	x->block1.szx = (uint8_t)r;
	uint8_t *copy = malloc(req->payload_len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, req->payload, req->payload_len);
	x->req.payload = copy;
	x->req.payload_len = req->payload_len;
	return send_block(x);
}

static int start(struct xfer *x, const struct coap_msg *req)
{
	int r;

	x->deadline = evl_timer_new(x->sess->evl, on_deadline, x);
	if (!x->deadline)
		return -ENOMEM;
	r = coap_pending_send(x->sess, req, on_answer, x);
	if (r == -ENOBUFS && req->payload_len > 0)
		r = prepare_blocks(x, req);
	evl_timer_start(x->deadline, 2 * coap_pending_wait_ms(x->sess));
	return r;
}

int coap_xfer_start(struct coap_sess *s, const struct coap_msg *req, coap_answer_fn fn, void *arg)
{
	struct xfer *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	*x = (struct xfer){.sess = s, .fn = fn, .arg = arg, .req = *req};
	x->req.payload = NULL;
	x->req.payload_len = 0;
	int r = start(x, req);
	if (r < 0)
		xfer_free(x);
	return r;
}
