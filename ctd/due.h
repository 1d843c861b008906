/* SPDX-License-Identifier: ISC */
/* due: one thing that a device still has to be told, and its names. What is due to whom is decided
 * in roster_dues.c, when it is said in join.h. */
#ifndef KMP_CTD_DUE_H
#define KMP_CTD_DUE_H

#include "keys/bsres_msg.h"

enum due_kind {
	DUE_NOTHING,
	DUE_COUNTER, /* PUT /bootstrap {fc}: it may have lost its frame counter */
	DUE_KEYS,    /* PUT /coap-key2 */
	DUE_FORGET,  /* PUT /bootstrap {forget}: neighbours that start over */
	DUE_CLOSE,   /* PUT /bootstrap {all_secured, n} */
	DUE_OPEN,
	DUE_KINDS
};

struct due {
	enum due_kind kind;
	uint32_t version;           /* KEYS: of the key set */
	struct bsres_change change; /* the others: the body */
};

/* "", "counter", "keys", "forget", "close", "open": part of a stable interface (kmpctl(8)). */
const char *due_name(enum due_kind kind);
/* For reasons: "key set", "command to close", ... */
const char *due_text(enum due_kind kind);

#endif
