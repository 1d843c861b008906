/* SPDX-License-Identifier: ISC */
#include "base/log.h"
#include "roster_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- loading --- */

static const enum join_state resumed[] = {
	[NODE_ADMITTED] = JOIN_ADMITTED,
	[NODE_KEYED] = JOIN_KEYED_LOST,
	[NODE_JOINED] = JOIN_JOINED,
};

static int on_stored(const struct node *n, void *arg)
{
	struct roster *r = arg;
	struct member *m = roster_add(r, &n->eui, n->denied ? JOIN_DENIED : resumed[n->state]);

	if (!m)
		return -ENOMEM;
	m->admitted = !n->denied;
	m->node = *n;
	m->since_s = n->since_s;
	snprintf(m->join.reason, sizeof(m->join.reason), "%s", n->reason);
	if (!IN6_IS_ADDR_UNSPECIFIED(&n->addr)) {
		addrs_put(&m->join.addrs, &n->addr,
			  n->state == NODE_ADMITTED ? ADDRS_HEARD : ADDRS_PROVEN,
			  evl_now_ms(r->evl));
		m->join.peer = n->addr;
	}
	return 0;
}

int roster_load(struct roster *r)
{
	return nodes_each(r->store, on_stored, r);
}

/* --- storing --- */

static enum node_state durable_state(const struct join *j)
{
	switch (join_progress(j)) {
	case JOIN_IS_KEYED:
		return NODE_KEYED;
	case JOIN_IS_JOINED:
		return NODE_JOINED;
	case JOIN_IS_DENIED:
	case JOIN_IS_CANDIDATE:
	case JOIN_IS_ADMITTED:
	case JOIN_IS_CONNECTING:
	case JOIN_IS_KEYING:
	case JOIN_PROGRESSES:
		break;
	}
	return NODE_ADMITTED;
}

/* Where to begin after a restart: the proven or else the configured address, else where the last
 * attempt was. Not what was merely heard: then every forged request would cost a write. */
static struct in6_addr best_addr(const struct join *j)
{
	struct in6_addr addr = j->peer;
	enum addrs_origin best = ADDRS_HEARD;

	for (size_t i = 0; i < j->addrs.n; i++) {
		const struct addrs_entry *e = &j->addrs.entry[i];
		if (e->origin == ADDRS_PROVEN ||
		    (e->origin == ADDRS_CONFIGURED && best == ADDRS_HEARD)) {
			addr = e->addr;
			best = e->origin;
		}
	}
	return addr;
}

void roster_mark(struct roster *r, struct member *m)
{
	if (!m->dirty) {
		m->dirty = true;
		m->next_dirty = r->dirty;
		r->dirty = m;
	}
	roster_turn_in(r, ROSTER_FLUSH_MS);
}

/* What passes is not worth a write. Where a device without keys is tried is: should it take them in
 * the very moment in which the tool dies, then it asks for nothing any more. */
static bool is_passing(const struct member *m, enum node_state state, const struct in6_addr *addr)
{
	return state == m->node.state && (join_busy(&m->join) || m->join.waiting) &&
	       (state != NODE_ADMITTED || IN6_ARE_ADDR_EQUAL(addr, &m->node.addr));
}

void roster_save(struct roster *r, struct member *m)
{
	struct node n = m->node;
	enum node_state state = durable_state(&m->join);

	n.addr = best_addr(&m->join);
	if (!m->admitted || is_passing(m, state, &n.addr))
		return;
	if (state != n.state)
		n.since_s = roster_wall_s();
	n.state = state;
	if (state == NODE_ADMITTED)
		n.key_version = n.key_index = 0;
	snprintf(n.reason, sizeof(n.reason), "%s", m->join.reason);
	snprintf(n.name, sizeof(n.name), "%.*s", (int)sizeof(n.name) - 1,
		 m->device ? m->device->name : m->node.name);
	if (memcmp(&n, &m->node, sizeof(n)) == 0)
		return;
	m->node = n;
	roster_mark(r, m);
}

static int put_all(struct roster *r)
{
	int error = store_begin(r->store);

	if (error < 0)
		return error;
	for (const struct member *m = r->dirty; m && error == 0; m = m->next_dirty)
		error = nodes_put(r->store, &m->node);
	if (error == 0)
		return store_commit(r->store);
	store_rollback(r->store);
	return error;
}

/* A store that cannot take it is reported, and the joins go on: the worst that a restart then does
 * is to tell a device again what it took. What must be durable before it is acted upon (admission,
 * keys, close and open) does not go this way. */
void roster_flush(struct roster *r)
{
	int error = r->dirty ? put_all(r) : 0;

	if (error < 0) {
		log_error("roster", NULL, "cannot store the state of devices, tried again: %s",
			  strerror(-error));
		roster_turn_in(r, ROSTER_AGAIN_MS);
		return;
	}
	while (r->dirty) {
		struct member *m = r->dirty;
		r->dirty = m->next_dirty;
		m->dirty = false;
	}
}

/* --- turns --- */

void roster_turn_in(struct roster *r, uint64_t ms)
{
	if (evl_timer_running(r->turn) && (r->turn_soon || ms > 0))
		return;
	r->turn_soon = ms == 0;
	evl_timer_start(r->turn, ms);
}

void roster_on_turn(void *arg)
{
	struct roster *r = arg;

	r->turn_soon = false;
	roster_flush(r);
	roster_review(r);
	if (!r->poke)
		return;
	r->poke = false;
	for (size_t i = 0; i < r->n; i++)
		if (roster_due(r, r->member[i]) != DUE_NOTHING)
			join_due(&r->member[i]->join);
}
