/* SPDX-License-Identifier: ISC */
/* coap_block: bodies in blocks (RFC 7959), as octets: the size of blocks, cutting a body into them
 * and putting it together again, within bounds. No time, no sockets: the session around it keeps
 * the time-out, coap_xfer the order of a client's requests. */
#ifndef KMP_COAP_COAP_BLOCK_H
#define KMP_COAP_COAP_BLOCK_H

#include "coap/coap_msg.h"

#define COAP_BLOCK_BODY_MAX 4096 /* octets of a body, whole */
#define COAP_BLOCK_SZX_MAX  6    /* blocks of 1024 octets; 7 is reserved */

/* A body that arrives. Wiped when it is cleared: it may hold keys. */
struct coap_block_body {
	uint8_t *octets; /* NULL: nothing yet */
	size_t len;
};

/* Octets of a block, 16..1024. */
size_t coap_block_size(uint8_t szx);
/* The largest block, up to `szx`, of which a message of at most `max_message` octets has room
 * behind `head_len` octets of header and options. Returns its SZX, or -EMSGSIZE for none. */
int coap_block_szx(size_t head_len, size_t max_message, uint8_t szx);
/* Octets of `m` without its payload, or -ENOBUFS. */
int coap_block_head_len(const struct coap_msg *m);

/* Append the payload of a message with `block`. Returns 0; -EBADMSG for SZX 7 or a block that is
 * not the last and not of its size; -ESTALE if it does not continue what is there; -EMSGSIZE above
 * COAP_BLOCK_BODY_MAX; -ENOMEM. A body changes only if 0 is returned. */
int coap_block_append(struct coap_block_body *body, const struct coap_msg_block *block,
		      const uint8_t *octets, size_t len);
void coap_block_clear(struct coap_block_body *body);

/* The server's side of Block1: one request at a time, which acts when it is whole. */
struct coap_block_rx {
	bool under_way;
	struct coap_msg head; /* of the request whose body arrives */
	struct coap_block_body body;
};

/* Take a request with Block1. Returns 0: the body is whole, in rx->body; 2.31 (Continue); 4.00 for
 * what is no block; 4.08 for one that continues nothing here: another request, another offset;
 * 4.13 for a body above COAP_BLOCK_BODY_MAX, be it announced by Size1; 5.00 without memory. After a
 * code of class 4 or 5 nothing is kept (section 2.5). A first block (NUM 0) always starts anew. */
uint8_t coap_block_rx_take(struct coap_block_rx *rx, const struct coap_msg *request);
void coap_block_rx_clear(struct coap_block_rx *rx);

/* The server's side of Block2, without state: cut the body of `answer` (2.05 to a GET) down to the
 * block that `request` asks for, or to the first if the whole does not fit into `max_message`; its
 * ETag is of the body, so that a client does not mix two. Returns 0; 4.00 for SZX 7 or a block
 * beyond the end; 5.00 for a body that does not fit into one message and may not be cut. */
uint8_t coap_block_slice(struct coap_msg *answer, const struct coap_msg *request,
			 size_t max_message);

#endif
