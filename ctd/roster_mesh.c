/* SPDX-License-Identifier: ISC */
#include "base/log.h"
#include "roster_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void roster_announce(const struct roster *r, const char *fmt, ...)
{
	char line[192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_info("mesh", NULL, "%s", line);
	roster_say(r, NULL, line);
}

int roster_not_stored(int error, char *why, size_t why_len)
{
	snprintf(why, why_len, "it cannot be stored: %s", strerror(-error));
	return error;
}

void roster_poke(struct roster *r)
{
	r->poke = true;
	roster_turn_in(r, 0);
}

/* --- closing and opening --- */

/* Whom a change concerns, and what they are to be. */
struct wanted {
	struct roster *r;
	const struct member *near; /* NULL: all */
	bool secured;
};

static bool concerns(const struct wanted *w, const struct member *m)
{
	return m->admitted && (!w->near || m == w->near || roster_neighbours(m, w->near));
}

static int store_wanted(void *arg, const struct mesh *next)
{
	const struct wanted *w = arg;
	int error = 0;

	for (size_t i = 0; i < w->r->n && error == 0; i++) {
		struct node n = w->r->member[i]->node;
		if (!concerns(w, w->r->member[i]))
			continue;
		n.want_secured = w->secured;
		n.want_n = roster_number_above(next->n, &n);
		error = nodes_put(next->store, &n);
	}
	return error;
}

static size_t want(struct wanted *w)
{
	size_t concerned = 0;

	for (size_t i = 0; i < w->r->n; i++) {
		struct member *m = w->r->member[i];
		if (!concerns(w, m))
			continue;
		m->node.want_secured = w->secured;
		m->node.want_n = roster_number_above(w->r->mesh->n, &m->node);
		concerned += roster_takes_part(m);
	}
	return concerned;
}

static int set_closed(struct wanted *w, bool all_secured, char *why, size_t why_len)
{
	struct roster *r = w->r;
	const struct eui64 *near = w->near ? &w->near->join.eui : NULL;
	size_t concerned;
	int error = mesh_set_closed(r->mesh, all_secured, near, store_wanted, w);
	eui64_text text = "";

	if (error < 0)
		return roster_not_stored(error, why, why_len);
	concerned = want(w);
	roster_announce(r, "%s%s%s, sequence number %u: %zu nodes are told",
			w->secured ? "close" : "open", near ? " near " : "",
			near ? eui64_format(near, text) : "", r->mesh->n, concerned);
	roster_poke(r);
	return 0;
}

int roster_need_joined(const struct roster *r, char *why, size_t why_len)
{
	for (size_t i = 0; i < r->n; i++)
		if (roster_takes_part(r->member[i]) &&
		    join_progress(&r->member[i]->join) == JOIN_IS_JOINED)
			return 0;
	snprintf(why, why_len, "no node has joined");
	return -ENOENT;
}

int roster_close(struct roster *r, char *why, size_t why_len)
{
	struct wanted w = {.r = r, .secured = true};
	int error = roster_need_joined(r, why, why_len);

	return error < 0 ? error : set_closed(&w, true, why, why_len);
}

static int need_near(struct wanted *w, const struct eui64 *near, char *why, size_t why_len)
{
	const struct roster *r = w->r;
	eui64_text text;

	w->near = roster_member(r, near);
	for (size_t i = 0; w->near && i < r->n; i++)
		if (r->member[i] != w->near && r->member[i]->admitted &&
		    roster_neighbours(r->member[i], w->near))
			return 0;
	snprintf(why, why_len,
		 "no neighbour of %s is known: name a joined node that is next to it, or open the "
		 "whole mesh",
		 eui64_format(near, text));
	return -ENOENT;
}

int roster_open(struct roster *r, const struct eui64 *near, char *why, size_t why_len)
{
	struct wanted w = {.r = r, .secured = false};
	const struct member *m = near ? roster_member(r, near) : NULL;
	bool is_open = near && !r->mesh->all_secured, behind = m && m->node.left_behind;
	int error = roster_need_joined(r, why, why_len);

	if (error == 0 && is_open && !behind) {
		snprintf(why, why_len, "the mesh is open");
		error = -EALREADY;
	}
	if (error == 0 && near)
		error = need_near(&w, near, why, why_len);
	if (error == 0 && !is_open)
		error = set_closed(&w, near != NULL, why, why_len);
	/* Who was left behind is refused by its neighbours until they forget it. */
	if (error == 0 && behind)
		roster_starts_over(r, m);
	return error;
}
