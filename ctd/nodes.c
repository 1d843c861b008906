/* SPDX-License-Identifier: ISC */
#include "nodes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {"admitted", "keyed", "joined"};

#define COLUMNS                                                                                    \
	"eui, name, state, denied, left_behind, addr, admitted_s, since_s, reason,"                \
	" key_version, key_index, fc, fc_index, fc_s,"                                             \
	" secured, want_secured, n, want_n, links, forget"

int nodes_put(struct store *st, const struct node *n)
{
	return store_run(st,
			 "INSERT OR REPLACE INTO node (" COLUMNS ") VALUES"
			 " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			 "bttiibiitiiiiiiiiibb", n->eui.b, sizeof(n->eui.b), n->name,
			 state_names[n->state], (int64_t)n->denied, (int64_t)n->left_behind,
			 n->addr.s6_addr, sizeof(n->addr.s6_addr), n->admitted_s, n->since_s,
			 n->reason, (int64_t)n->key_version, (int64_t)n->key_index, (int64_t)n->fc,
			 (int64_t)n->fc_index, n->fc_s, (int64_t)n->secured,
			 (int64_t)n->want_secured, (int64_t)n->n, (int64_t)n->want_n, n->link,
			 n->n_links * sizeof(n->link[0]), n->forget,
			 n->n_forget * sizeof(n->forget[0]));
}

static int get_state(const char *name, enum node_state *state)
{
	for (size_t i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++)
		if (strcmp(name, state_names[i]) == 0) {
			*state = (enum node_state)i;
			return 0;
		}
	return -EUCLEAN;
}

/* A column of exactly `len` octets. */
static int get_octets(const struct store_row *row, int col, void *to, size_t len)
{
	return store_col_blob(row, col, to, len) == len ? 0 : -EUCLEAN;
}

/* A column of up to `max` EUI-64s. */
static int get_euis(const struct store_row *row, int col, struct eui64 *list, size_t max, size_t *n)
{
	size_t len = store_col_blob(row, col, list, max * sizeof(*list));

	*n = len / sizeof(*list);
	return len % sizeof(*list) == 0 && *n <= max ? 0 : -EUCLEAN;
}

static void get_numbers(const struct store_row *row, struct node *n)
{
	n->denied = store_col_int(row, 3) != 0;
	n->left_behind = store_col_int(row, 4) != 0;
	n->admitted_s = store_col_int(row, 6);
	n->since_s = store_col_int(row, 7);
	n->key_version = (uint32_t)store_col_int(row, 9);
	n->key_index = (uint8_t)store_col_int(row, 10);
	n->fc = (uint32_t)store_col_int(row, 11);
	n->fc_index = (uint8_t)store_col_int(row, 12);
	n->fc_s = store_col_int(row, 13);
	n->secured = store_col_int(row, 14) != 0;
	n->want_secured = store_col_int(row, 15) != 0;
	n->n = (uint32_t)store_col_int(row, 16);
	n->want_n = (uint32_t)store_col_int(row, 17);
}

struct each {
	nodes_fn fn;
	void *arg;
};

static int on_row(const struct store_row *row, void *arg)
{
	const struct each *each = arg;
	struct node n = {.n_links = 0};

	if (get_octets(row, 0, n.eui.b, sizeof(n.eui.b)) < 0 ||
	    get_state(store_col_text(row, 2), &n.state) < 0 ||
	    get_octets(row, 5, n.addr.s6_addr, sizeof(n.addr.s6_addr)) < 0 ||
	    get_euis(row, 18, n.link, NODES_MAX_LINKS, &n.n_links) < 0 ||
	    get_euis(row, 19, n.forget, NODES_MAX_FORGET, &n.n_forget) < 0)
		return -EUCLEAN;
	snprintf(n.name, sizeof(n.name), "%s", store_col_text(row, 1));
	snprintf(n.reason, sizeof(n.reason), "%s", store_col_text(row, 8));
	get_numbers(row, &n);
	return each->fn(&n, each->arg);
}

int nodes_each(struct store *st, nodes_fn fn, void *arg)
{
	struct each each = {fn, arg};

	return store_query(st, on_row, &each, "SELECT " COLUMNS " FROM node ORDER BY eui", "");
}
