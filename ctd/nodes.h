/* SPDX-License-Identifier: ISC */
/* nodes: the durable table of the devices that were admitted: how far each came, where it was
 * reached, and why it is where it is. */
#ifndef KMP_CTD_NODES_H
#define KMP_CTD_NODES_H

#include "base/eui64.h"
#include "base/store.h"

#include <netinet/in.h>

#define NODES_NAME_LEN   64
#define NODES_REASON_LEN 128

enum node_state { NODE_ADMITTED, NODE_KEYED, NODE_JOINED };

struct node {
	struct eui64 eui;
	char name[NODES_NAME_LEN]; /* as configured last */
	enum node_state state;
	struct in6_addr addr;          /* where it was reached or tried last; :: nowhere */
	uint8_t key_index;             /* that it holds; 0: none */
	int64_t admitted_s, since_s;   /* UNIX times: of admission, of this state */
	char reason[NODES_REASON_LEN]; /* of the last change */
};

/* Insert or replace. Durable when it returns 0; else -errno. */
int nodes_put(struct store *st, const struct node *n);

/* Call `fn` for each; a non-zero return ends it and is returned. -EUCLEAN if a row is not what
 * nodes_put() writes. */
typedef int (*nodes_fn)(const struct node *n, void *arg);
int nodes_each(struct store *st, nodes_fn fn, void *arg);

#endif
