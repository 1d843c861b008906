/* SPDX-License-Identifier: ISC */
/* bsres_msg: the representations of the resource /bootstrap (rt="core.bs") in JSON and CBOR. A GET
 * answers with the node's bootstrap state; a PUT closes or opens it, or raises the frame counter.
 * JSON names and CBOR integers: all_secured 1, n 2, fc 3, links 4, index 5, mark 6, forget 7; a
 * link is {eui 1, secured 2}. */
#ifndef KMP_KEYS_BSRES_MSG_H
#define KMP_KEYS_BSRES_MSG_H

#include "base/eui64.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BSRES_MAX_LINKS  64
#define BSRES_MAX_FORGET 64

/* How the request that is answered came in: what the proof of joining rests on (DESIGN, Join). */
enum bsres_mark { BSRES_WIRED, BSRES_UNSECURED, BSRES_SECURED };

struct bsres_link {
	struct eui64 eui;
	bool secured;
};

struct bsres_state {
	bool all_secured;
	uint32_t n;    /* sequence number of the last close or open */
	uint32_t fc;   /* outgoing frame counter: all below may have been used */
	uint8_t index; /* active key index, 0: none */
	enum bsres_mark mark;
	struct bsres_link link[BSRES_MAX_LINKS];
	size_t n_links;
};

struct bsres_change { /* body of a PUT; absent members leave things as they are */
	bool has_all_secured, all_secured;
	uint32_t n; /* required with all_secured */
	bool has_fc;
	uint32_t fc; /* the outgoing frame counter is to be this or higher */
	struct eui64 forget[BSRES_MAX_FORGET];
	size_t n_forget;
};

/* Formats as in keyset_msg. A change with a member we do not know is refused as a whole; of a state
 * they are skipped. Parse: 0, -EINVAL, -ENOTSUP. Build: length, -ENOBUFS, -ENOTSUP. */
int bsres_state_parse(int format, const uint8_t *octets, size_t len, struct bsres_state *s);
int bsres_state_build(int format, const struct bsres_state *s, uint8_t *out, size_t cap);
int bsres_change_parse(int format, const uint8_t *octets, size_t len, struct bsres_change *c);
int bsres_change_build(int format, const struct bsres_change *c, uint8_t *out, size_t cap);

#endif
