/* SPDX-License-Identifier: ISC */
/* coap_msg: CoAP messages (RFC 7252 section 3) as octets: libcoap's codec behind bounds of our own,
 * with just the options that our resources use. */
#ifndef KMP_COAP_COAP_MSG_H
#define KMP_COAP_COAP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COAP_MSG_MAX       1152 /* octets, RFC 7252 section 4.6 */
#define COAP_MSG_PATH_LEN  64   /* Uri-Path segments joined by '/', with NUL */
#define COAP_MSG_QUERY_LEN 64

enum coap_msg_type { COAP_MSG_CON, COAP_MSG_NON, COAP_MSG_ACK, COAP_MSG_RST };
/* c.dd as in RFC 7252 table 7 */
#define COAP_MSG_CODE(c, dd) ((uint8_t)((c) << 5 | (dd)))
enum coap_msg_method { COAP_MSG_GET = 1, COAP_MSG_POST, COAP_MSG_PUT, COAP_MSG_DELETE };

/* Value of a Block option, RFC 7959 section 2.2. */
struct coap_msg_block {
	bool set;
	uint32_t num; /* below 2^20 */
	bool more;
	uint8_t szx; /* a block has 2^(szx + 4) octets; 7 is reserved, but can be read */
};

struct coap_msg {
	enum coap_msg_type type;
	uint8_t code;
	uint16_t mid;
	uint8_t token[8];
	size_t token_len;
	char path[COAP_MSG_PATH_LEN];   /* requests: ".well-known/core", no leading '/' */
	char query[COAP_MSG_QUERY_LEN]; /* requests: "rt=core.ky", '&' between */
	int content_format;             /* -1: none */
	int accept;                     /* -1: none */
	struct coap_msg_block block1;   /* of the request's body */
	struct coap_msg_block block2;   /* of the answer's body */
	uint32_t size1;                 /* octets of the request's whole body; 0: not said */
	uint8_t etag[8];                /* answers */
	size_t etag_len;                /* 0: none */
	const uint8_t *payload;         /* parse: into the octets given; build: caller's */
	size_t payload_len;
};

/* Read one message. Returns 0; -EBADMSG if malformed (RFC 7252 section 3: silently ignored, or RST
 * to a CON); -EPROTO if well-formed with an unknown critical option or a path or query that does
 * not fit (4.02 to a request); header fields are filled in both of the latter cases if four octets
 * were there. */
int coap_msg_parse(const uint8_t *octets, size_t len, struct coap_msg *m);

/* Write `m`. Returns the length or -ENOBUFS. */
int coap_msg_build(const struct coap_msg *m, uint8_t *out, size_t cap);

const char *coap_msg_code_name(uint8_t code); /* "2.04 Changed" */

#endif
