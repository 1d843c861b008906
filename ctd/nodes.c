/* SPDX-License-Identifier: ISC */
#include "nodes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {"admitted", "keyed", "joined"};

int nodes_put(struct store *st, const struct node *n)
{
	return store_run(st,
			 "INSERT OR REPLACE INTO node"
			 " (eui, name, state, addr, key_index, admitted_s, since_s, reason)"
			 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			 "bttbiiit", n->eui.b, sizeof(n->eui.b), n->name, state_names[n->state],
			 n->addr.s6_addr, sizeof(n->addr.s6_addr), (int64_t)n->key_index,
			 n->admitted_s, n->since_s, n->reason);
}

static int state_of(const char *name, enum node_state *state)
{
	for (size_t i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++)
		if (strcmp(name, state_names[i]) == 0) {
			*state = (enum node_state)i;
			return 0;
		}
	return -EUCLEAN;
}

struct each {
	nodes_fn fn;
	void *arg;
};

static int on_row(const struct store_row *row, void *arg)
{
	const struct each *each = arg;
	struct node n = {.admitted_s = store_col_int(row, 5), .since_s = store_col_int(row, 6)};

	if (store_col_blob(row, 0, n.eui.b, sizeof(n.eui.b)) != sizeof(n.eui.b) ||
	    store_col_blob(row, 3, n.addr.s6_addr, sizeof(n.addr.s6_addr)) !=
		    sizeof(n.addr.s6_addr) ||
	    state_of(store_col_text(row, 2), &n.state) < 0)
		return -EUCLEAN;
	snprintf(n.name, sizeof(n.name), "%s", store_col_text(row, 1));
	n.key_index = (uint8_t)store_col_int(row, 4);
	snprintf(n.reason, sizeof(n.reason), "%s", store_col_text(row, 7));
	return each->fn(&n, each->arg);
}

int nodes_each(struct store *st, nodes_fn fn, void *arg)
{
	struct each each = {fn, arg};

	return store_query(st, on_row, &each,
			   "SELECT eui, name, state, addr, key_index, admitted_s, since_s, reason"
			   " FROM node ORDER BY eui",
			   "");
}
