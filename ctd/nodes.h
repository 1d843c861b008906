/* SPDX-License-Identifier: ISC */
/* nodes: the durable table of the devices that were admitted or denied: how far each came, where it
 * was reached, why it is where it is, what it took last and what it is still to be told. */
#ifndef KMP_CTD_NODES_H
#define KMP_CTD_NODES_H

#include "base/eui64.h"
#include "base/store.h"

#include <netinet/in.h>

#define NODES_NAME_LEN   64
#define NODES_REASON_LEN 128
#define NODES_MAX_LINKS  64
#define NODES_MAX_FORGET 64

enum node_state { NODE_ADMITTED, NODE_KEYED, NODE_JOINED };

struct node {
	struct eui64 eui;
	char name[NODES_NAME_LEN]; /* as configured last */
	enum node_state state;
	bool denied;                   /* by the operator, whatever the state was */
	bool left_behind;              /* a re-key went on without it */
	struct in6_addr addr;          /* where it was reached or tried last; :: nowhere */
	int64_t admitted_s, since_s;   /* UNIX times: of admission (0: never), of this state */
	char reason[NODES_REASON_LEN]; /* of the last change */

	uint32_t key_version; /* of the key set that it took last; 0: holds none */
	uint8_t key_index;    /* active in that; 0: none */

	/* Below `fc` it may have used every frame counter under the key `fc_index`, as known at the
	 * UNIX time `fc_s`; 0: never keyed. Survives its being keyed again. */
	uint32_t fc;
	uint8_t fc_index;
	int64_t fc_s;

	bool secured, want_secured; /* ALL_SECURED as it said or took last, and as it should be */
	uint32_t n, want_n;         /* and the sequence numbers of that */

	struct eui64 link[NODES_MAX_LINKS]; /* neighbours it named last */
	size_t n_links;
	struct eui64 forget[NODES_MAX_FORGET]; /* neighbours it has to forget, oldest first */
	size_t n_forget;
};

/* Insert or replace. Durable when it returns 0, within a transaction when that is committed; else
 * -errno. */
int nodes_put(struct store *st, const struct node *n);

/* Call `fn` for each; a non-zero return ends it and is returned. -EUCLEAN if a row is not what
 * nodes_put() writes. */
typedef int (*nodes_fn)(const struct node *n, void *arg);
int nodes_each(struct store *st, nodes_fn fn, void *arg);

#endif
