/* SPDX-License-Identifier: ISC */
#include "coap/coap_block.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define MIN_BLOCK_BITS 4
#define ETAG_LEN       4 /* of a hash: two bodies of a peer that is not hostile to itself differ */
#define MARKER_LEN     1 /* before a payload, RFC 7252 section 3 */

#define CONTINUE   COAP_MSG_CODE(2, 31)
#define CONTENT    COAP_MSG_CODE(2, 5)
#define BAD        COAP_MSG_CODE(4, 0)
#define INCOMPLETE COAP_MSG_CODE(4, 8)
#define TOO_LARGE  COAP_MSG_CODE(4, 13)
#define INTERNAL   COAP_MSG_CODE(5, 0)

size_t coap_block_size(uint8_t szx)
{
	return (size_t)1 << (szx + MIN_BLOCK_BITS);
}

int coap_block_szx(size_t head_len, size_t max_message, uint8_t szx)
{
	for (int s = szx < COAP_BLOCK_SZX_MAX ? szx : COAP_BLOCK_SZX_MAX; s >= 0; s--)
		if (head_len + MARKER_LEN + coap_block_size((uint8_t)s) <= max_message)
			return s;
	return -EMSGSIZE;
}

int coap_block_head_len(const struct coap_msg *m)
{
	struct coap_msg head = *m;
	uint8_t octets[COAP_MSG_MAX];

	head.payload_len = 0;
	return coap_msg_build(&head, octets, sizeof(octets));
}

/* --- a body that arrives --- */

int coap_block_append(struct coap_block_body *body, const struct coap_msg_block *block,
		      const uint8_t *octets, size_t len)
{
	size_t size = coap_block_size(block->szx);

	if (block->szx > COAP_BLOCK_SZX_MAX || len > size || (block->more && len < size))
		return -EBADMSG;
	if (block->num > COAP_BLOCK_BODY_MAX / size || block->num * size != body->len)
		return -ESTALE;
	if (body->len + len > COAP_BLOCK_BODY_MAX)
		return -EMSGSIZE;
	if (!body->octets && !(body->octets = malloc(COAP_BLOCK_BODY_MAX)))
		return -ENOMEM;
	if (len > 0)
		memcpy(body->octets + body->len, octets, len);
	body->len += len;
	return 0;
}

void coap_block_clear(struct coap_block_body *body)
{
	if (body->octets)
		OPENSSL_cleanse(body->octets, body->len);
	free(body->octets);
	*body = (struct coap_block_body){.len = 0};
}

/* --- Block1, the server's side --- */

/* Is `m` a further block of the same request, section 2.5? */
static bool continues(const struct coap_block_rx *rx, const struct coap_msg *m)
{
	const struct coap_msg *head = &rx->head;

	return rx->under_way && m->code == head->code && strcmp(m->path, head->path) == 0 &&
	       strcmp(m->query, head->query) == 0 && m->content_format == head->content_format &&
	       m->accept == head->accept;
}

static uint8_t code_of(int error)
{
	switch (error) {
	case 0:
		return 0;
	case -EBADMSG:
		return BAD;
	case -ESTALE:
		return INCOMPLETE;
	case -EMSGSIZE:
		return TOO_LARGE;
	default: /* errno values; -ENOMEM is left */
		return INTERNAL;
	}
}

static uint8_t take(struct coap_block_rx *rx, const struct coap_msg *request)
{
	if (request->block1.num > 0 && !continues(rx, request))
		return INCOMPLETE;
	if (request->block1.num == 0) {
		coap_block_rx_clear(rx);
		rx->under_way = true;
		rx->head = *request;
		rx->head.payload = NULL; /* in octets that do not stay */
	}
	if (request->size1 > COAP_BLOCK_BODY_MAX)
		return TOO_LARGE;
	return code_of(coap_block_append(&rx->body, &request->block1, request->payload,
					 request->payload_len));
}

uint8_t coap_block_rx_take(struct coap_block_rx *rx, const struct coap_msg *request)
{
	uint8_t code = take(rx, request);

	if (code != 0)
		coap_block_rx_clear(rx);
	else if (request->block1.more)
		code = CONTINUE;
	return code;
}

void coap_block_rx_clear(struct coap_block_rx *rx)
{
	coap_block_clear(&rx->body);
	*rx = (struct coap_block_rx){.under_way = false};
}

/* --- Block2, the server's side --- */

static bool set_etag(struct coap_msg *answer)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(answer->payload, answer->payload_len, digest, NULL, EVP_sha256(), NULL))
		return false;
	memcpy(answer->etag, digest, ETAG_LEN);
	answer->etag_len = ETAG_LEN;
	return true;
}

/* Leave of the body the block at `offset`, in blocks that fit. */
static uint8_t cut(struct coap_msg *answer, size_t offset, uint8_t szx_wanted, size_t max_message)
{
	/* The longest option value, to measure with. */
	answer->block2 = (struct coap_msg_block){.set = true, .num = UINT32_C(0xfffff)};
	if (!set_etag(answer))
		return INTERNAL;
	int head_len = coap_block_head_len(answer);
	int szx =
		head_len < 0 ? head_len : coap_block_szx((size_t)head_len, max_message, szx_wanted);
	if (szx < 0)
		return INTERNAL;

	size_t size = coap_block_size((uint8_t)szx), left = answer->payload_len - offset;
	answer->block2 = (struct coap_msg_block){.set = true,
						 .num = (uint32_t)(offset / size),
						 .more = left > size,
						 .szx = (uint8_t)szx};
	answer->payload += offset;
	answer->payload_len = left > size ? size : left;
	return 0;
}

uint8_t coap_block_slice(struct coap_msg *answer, const struct coap_msg *request,
			 size_t max_message)
{
	const struct coap_msg_block *asked = &request->block2;
	int head_len = coap_block_head_len(answer);
	bool fits =
		head_len >= 0 && (size_t)head_len + MARKER_LEN + answer->payload_len <= max_message;
	bool may_cut = answer->code == CONTENT && request->code == COAP_MSG_GET &&
		       answer->payload_len <= COAP_BLOCK_BODY_MAX;

	if (asked->set && asked->szx > COAP_BLOCK_SZX_MAX)
		return BAD;
	if (!may_cut || (fits && !asked->set))
		return fits ? 0 : INTERNAL;
	size_t offset = asked->set ? asked->num * coap_block_size(asked->szx) : 0;
	if (offset > 0 && offset >= answer->payload_len)
		return BAD;
	return cut(answer, offset, asked->set ? asked->szx : COAP_BLOCK_SZX_MAX, max_message);
}
