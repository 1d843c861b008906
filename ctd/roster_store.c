/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
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
			  n->state == NODE_ADMITTED && n->fc_index == 0 ? ADDRS_HEARD
									: ADDRS_PROVEN,
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

/* Where to begin after a restart: where there is a session; else the proven or else the configured
 * address, else where the last attempt was. Not what was merely heard: then every forged request
 * would cost a write. */
static struct in6_addr best_addr(const struct join *j)
{
	struct in6_addr addr = j->peer;
	enum addrs_origin best = ADDRS_HEARD;

	for (size_t i = 0; i < j->addrs.n && !j->up; i++) {
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
	roster_turn_in(r, r->store_error < 0 ? ROSTER_AGAIN_MS : ROSTER_FLUSH_MS);
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
		n.since_s = clock_wall_s();
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

/* Say so once, and let those who wait go on when it is over. */
static void note_error(struct roster *r, int error)
{
	int before = r->store_error;

	r->store_error = error;
	if (error < 0 && before == 0) {
		log_error("roster", NULL,
			  "cannot store the state of devices: %s: nobody gets keys until it can: "
			  "make room on the disk of the state directory",
			  strerror(-error));
		roster_say(r, NULL, "the state of devices cannot be stored: nobody gets keys");
	} else if (error == 0 && before < 0) {
		roster_announce(r, "the state of devices can be stored again");
		evl_timer_start(r->dispatch, 0);
	}
}

/* Who holds keys already is told what is due all the same: the worst that a restart then does is to
 * tell it again. What has to be durable first waits: admission, close and open for their own write,
 * a key set in roster_hold() for this one. */
void roster_flush(struct roster *r)
{
	int error = r->dirty ? put_all(r) : 0;

	note_error(r, error);
	if (error < 0) {
		roster_turn_in(r, ROSTER_AGAIN_MS);
		return;
	}
	while (r->dirty) {
		struct member *m = r->dirty;
		r->dirty = m->next_dirty;
		m->dirty = false;
	}
}

/* --- keys only to whom they are known to have been sent --- */

/* It may use the key that is active from now on, and is reached where it is reached now. */
static void note_keys(struct roster *r, struct member *m)
{
	uint8_t index = keyset_active(&r->mesh->keys)->index;
	const struct in6_addr *peer = &m->join.peer;
	struct node *n = &m->node;

	if (!addrs_find(&m->join.addrs, peer)) /* driven out meanwhile */
		addrs_put(&m->join.addrs, peer, ADDRS_HEARD, evl_now_ms(r->evl));
	addrs_reached(&m->join.addrs, peer);
	if (n->fc_index == index && IN6_ARE_ADDR_EQUAL(&n->addr, peer))
		return;
	n->addr = *peer;
	if (n->fc_index != index)
		roster_counter_of(m, index);
	roster_mark(r, m);
}

/* Else a device could hold a key of which nothing is known after a crash: it asks for nothing any
 * more, an eviction would leave it in, and its counter could go back. All that come to be keyed
 * within a moment share a write. */
const char *roster_hold(void *arg, struct join *j, const struct due *due)
{
	struct roster *r = arg;
	struct member *m = roster_member_of(j);

	if (due->kind != DUE_KEYS)
		return NULL;
	note_keys(r, m);
	if (!m->dirty)
		return NULL;
	r->holding = true;
	if (r->store_error < 0)
		return ROSTER_NOT_STORED;
	roster_turn_in(r, ROSTER_KEYS_MS);
	return "";
}

/* It is stored, or will have to be tried again. */
static void release(struct roster *r)
{
	if (!r->holding)
		return;
	r->holding = false;
	for (size_t i = 0; i < r->n; i++)
		join_release(&r->member[i]->join);
}

/* --- turns --- */

void roster_turn_in(struct roster *r, uint64_t ms)
{
	uint64_t at_ms = evl_now_ms(r->evl) + ms;

	if (evl_timer_running(r->turn) && r->turn_ms <= at_ms)
		return;
	r->turn_ms = at_ms;
	evl_timer_start(r->turn, ms);
}

void roster_on_turn(void *arg)
{
	struct roster *r = arg;

	roster_flush(r);
	release(r);
	roster_review(r);
	if (!r->poke)
		return;
	r->poke = false;
	for (size_t i = 0; i < r->n; i++)
		if (roster_due(r, r->member[i]) != DUE_NOTHING)
			join_due(&r->member[i]->join);
}
