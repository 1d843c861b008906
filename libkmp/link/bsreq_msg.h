/* SPDX-License-Identifier: ISC */
/* bsreq_msg: the octets of the ICMPv6 Bootstrap Request, JSR and SSR
 * (draft-kumar-6lo-selective-bootstrap section 5.3.1, figure 3). */
#ifndef KMP_LINK_BSREQ_MSG_H
#define KMP_LINK_BSREQ_MSG_H

#include "base/eui64.h"

#include <stddef.h>
#include <stdint.h>

#define BSREQ_TYPE_DEFAULT                                                                         \
	200 /* private experimentation (RFC 4443 section 2.1) until one is assigned */
#define BSREQ_LEN       16 /* type code checksum status reserved lifetime EUI-64 */
#define BSREQ_MAX_LEN   24 /* an SSR of a node with a short address: an option follows */
#define BSREQ_HOP_LIMIT 64 /* MULTIHOP_HOPLIMIT, RFC 6775 section 9 */

enum bsreq_code { BSREQ_JSR = 1, BSREQ_SSR = 2 };

struct bsreq {
	enum bsreq_code code;
	uint16_t lifetime; /* registration lifetime, units of 60 s */
	struct eui64 eui;
	bool has_short; /* SSR: the sender also sends from ... */
	uint16_t short_addr;
};

/* Read an ICMPv6 message (checksum already verified by the kernel). Status and reserved octets are
 * ignored, as section 5.3.1 asks. Behind the sixteenth octet of an SSR there may be a source
 * link-layer address option with a short address (RFC 4944 section 8); else, what follows is
 * ignored.
 * Returns 0; -EINVAL if it is too short, of another type, an unknown code or a zero EUI-64. */
int bsreq_parse(uint8_t icmp_type, const void *octets, size_t len, struct bsreq *req);

/* Write the message, status and reserved zero, checksum left to the kernel. Returns its length:
 * BSREQ_LEN, or BSREQ_MAX_LEN with a short address. */
size_t bsreq_build(uint8_t icmp_type, const struct bsreq *req, uint8_t out[BSREQ_MAX_LEN]);

#endif
