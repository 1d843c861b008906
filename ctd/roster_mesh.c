/* SPDX-License-Identifier: ISC */
#include "base/log.h"
#include "roster_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static __attribute__((format(printf, 2, 3))) void announce(const struct roster *r, const char *fmt,
							   ...)
{
	char line[192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_info("mesh", NULL, "%s", line);
	roster_say(r, NULL, line);
}

static int not_stored(int error, char *why, size_t why_len)
{
	snprintf(why, why_len, "it cannot be stored: %s", strerror(-error));
	return error;
}

/* Something became due: tell those whom it concerns, as soon as this call is over. */
static void poke(struct roster *r)
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
		return not_stored(error, why, why_len);
	concerned = want(w);
	announce(r, "%s%s%s, sequence number %u: %zu nodes are told", w->secured ? "close" : "open",
		 near ? " near " : "", near ? eui64_format(near, text) : "", r->mesh->n, concerned);
	poke(r);
	return 0;
}

static int need_joined(const struct roster *r, char *why, size_t why_len)
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
	int error = need_joined(r, why, why_len);

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
	int error = need_joined(r, why, why_len);

	if (error == 0 && near && !r->mesh->all_secured) {
		snprintf(why, why_len, "the mesh is open");
		error = -EALREADY;
	}
	if (error == 0 && near)
		error = need_near(&w, near, why, why_len);
	if (error == 0)
		error = set_closed(&w, near != NULL, why, why_len);
	/* Who was left behind is refused by its neighbours until they forget it. */
	if (error == 0 && near && w.near->node.left_behind)
		roster_starts_over(r, w.near);
	return error;
}

/* --- re-key --- */

static bool is_behind(const struct roster *r, const struct member *m)
{
	return roster_takes_part(m) && m->node.key_version < r->mesh->key_version;
}

static int store_left_behind(void *arg, const struct mesh *next)
{
	struct roster *r = arg;
	int error = 0;

	for (size_t i = 0; i < r->n && error == 0; i++) {
		struct node n = r->member[i]->node;
		if (!is_behind(r, r->member[i]))
			continue;
		n.left_behind = true;
		error = nodes_put(next->store, &n);
	}
	return error;
}

static void leave_behind(struct roster *r, uint32_t version)
{
	for (size_t i = 0; i < r->n; i++) {
		struct member *m = r->member[i];
		if (!roster_takes_part(m) || m->node.key_version >= version)
			continue;
		m->node.left_behind = true;
		log_warn("mesh", &m->join.eui, "left behind by the re-key");
		roster_say(r, &m->join.eui, "left behind by the re-key: it did not answer");
	}
}

static void set_deadline(struct roster *r)
{
	int64_t left_s = r->mesh->deadline_s - roster_wall_s(), most_s = r->conf->evict_deadline_s;

	if (r->mesh->deadline_s == 0) {
		evl_timer_stop(r->until);
		return;
	}
	/* The clock on the wall may have been set. */
	left_s = left_s < 0 ? 0 : left_s > most_s ? most_s : left_s;
	evl_timer_start(r->until, (uint64_t)left_s * 1000);
}

static int64_t deadline_from_now(const struct roster *r)
{
	return roster_wall_s() + r->conf->evict_deadline_s;
}

/* Go on to the phase that `event` leads to. `deadline_s` counts if a re-key starts with it; later
 * phases have one if the first had. */
static int step(struct roster *r, enum mesh_event event, const char *reason, int64_t deadline_s,
		mesh_also_fn also, void *arg)
{
	uint32_t version = r->mesh->key_version;
	enum mesh_phase next;
	bool leave;
	int error = mesh_next_phase(r->mesh->phase, event, &next, &leave);
	uint8_t index;

	if (error < 0)
		return error;
	if (event == MESH_EV_DEADLINE && next != MESH_STEADY)
		deadline_s = deadline_from_now(r);
	if (next == MESH_STEADY)
		deadline_s = 0;
	error = mesh_enter(r->mesh, next, reason, deadline_s, leave ? store_left_behind : also,
			   leave ? r : arg);
	if (error < 0)
		return error;
	if (leave)
		leave_behind(r, version);
	index = r->mesh->key_index;
	if (next == MESH_STEADY)
		announce(r, "re-key done: key index %u", index);
	else
		announce(r, "re-key to key index %u, phase %s: %s", index, mesh_phase_name(next),
			 r->mesh->reason);
	set_deadline(r);
	poke(r);
	return 0;
}

/* Has everybody who takes part the key set of this phase? A device that is being sent an older one
 * might take it after all. */
static bool all_taken(const struct roster *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct member *m = r->member[i];
		const struct join *j = &m->join;
		if (is_behind(r, m) ||
		    (!m->node.left_behind && j->telling && j->due.kind == DUE_KEYS &&
		     j->due.version < r->mesh->key_version))
			return false;
	}
	return true;
}

/* A re-key that has to follow the one that is done. */
static int start_due(struct roster *r)
{
	char reason[MESH_REASON_LEN];

	if (r->mesh->again[0]) {
		snprintf(reason, sizeof(reason), "%s", r->mesh->again);
		return step(r, MESH_EV_START, reason, deadline_from_now(r), NULL, NULL);
	}
	if (r->rekey_due) {
		r->rekey_due = false;
		r->rekey_ms = evl_now_ms(r->evl);
		return step(r, MESH_EV_START, "a frame counter nears its end", 0, NULL, NULL);
	}
	return 0;
}

void roster_rekey_by_itself(struct roster *r)
{
	uint64_t since_ms = evl_now_ms(r->evl) - r->rekey_ms;

	if (r->mesh->phase != MESH_STEADY ||
	    (r->rekey_ms > 0 && since_ms < ROSTER_REKEY_SPACING_MS))
		return;
	r->rekey_due = true;
	roster_turn_in(r, 0);
}

void roster_review(struct roster *r)
{
	int error = 0;

	if (r->mesh->phase == MESH_STEADY)
		error = start_due(r);
	else if (all_taken(r))
		error = step(r, MESH_EV_TAKEN, r->mesh->reason, r->mesh->deadline_s, NULL, NULL);
	if (error < 0) {
		log_error("mesh", NULL, "the re-key cannot go on, tried again: %s",
			  strerror(-error));
		roster_turn_in(r, ROSTER_AGAIN_MS);
	}
}

void roster_on_deadline(void *arg)
{
	struct roster *r = arg;
	int error = step(r, MESH_EV_DEADLINE, r->mesh->reason, 0, NULL, NULL);

	if (error < 0 && error != -EPERM)
		evl_timer_start(r->until, ROSTER_AGAIN_MS);
}

void roster_resume(struct roster *r)
{
	set_deadline(r);
	poke(r);
}

int roster_rekey(struct roster *r, char *why, size_t why_len)
{
	int error = need_joined(r, why, why_len);

	if (error < 0)
		return error;
	if (r->mesh->phase != MESH_STEADY) {
		snprintf(why, why_len,
			 "a re-key is under way (%s): wait for it, or go on without those who do "
			 "not answer by `rekey --force`",
			 mesh_phase_name(r->mesh->phase));
		return -EBUSY;
	}
	error = step(r, MESH_EV_START, "ordered by the operator", 0, NULL, NULL);
	return error < 0 ? not_stored(error, why, why_len) : 0;
}

int roster_rekey_force(struct roster *r, char *why, size_t why_len)
{
	int error = step(r, MESH_EV_FORCE, r->mesh->reason, r->mesh->deadline_s, NULL, NULL);

	if (error == -EPERM)
		snprintf(why, why_len, "no re-key is under way");
	else if (error < 0)
		not_stored(error, why, why_len);
	return error;
}

/* --- against one device --- */

static int store_denied(void *arg, const struct mesh *next)
{
	struct node n = *(const struct node *)arg;

	return nodes_put(next->store, &n);
}

static struct member *to_deny(struct roster *r, const struct eui64 *eui, struct node *denied,
			      const char *reason)
{
	struct member *m = roster_member(r, eui);

	if (!m)
		m = roster_add(r, eui, JOIN_DENIED);
	if (!m)
		return NULL;
	*denied = m->node;
	denied->denied = true;
	denied->key_version = denied->key_index = 0;
	denied->n_forget = 0;
	denied->left_behind = false;
	denied->state = NODE_ADMITTED;
	denied->since_s = roster_wall_s();
	snprintf(denied->reason, sizeof(denied->reason), "%s", reason);
	return m;
}

static void make_denied(struct roster *r, struct member *m, const struct node *denied)
{
	m->node = *denied;
	m->admitted = false;
	join_deny(&m->join, denied->reason);
	if (denied->fc_index > 0)
		roster_starts_over(r, m); /* it held keys: its links are to be secured no more */
	roster_turn_in(r, 0);
}

int roster_deny(struct roster *r, const struct eui64 *eui, char *why, size_t why_len)
{
	struct node denied;
	struct member *m = to_deny(r, eui, &denied, "denied by the operator");
	int error = m ? nodes_put(r->store, &denied) : -ENOMEM;

	if (error < 0)
		return not_stored(error, why, why_len);
	make_denied(r, m, &denied);
	return 0;
}

int roster_evict(struct roster *r, const struct eui64 *eui, char *why, size_t why_len)
{
	char reason[MESH_REASON_LEN];
	struct node denied;
	struct member *m = to_deny(r, eui, &denied, "evicted by the operator");
	eui64_text text;
	int error;

	if (!m)
		return not_stored(-ENOMEM, why, why_len);
	snprintf(reason, sizeof(reason), "eviction of %s", eui64_format(eui, text));
	if (m->node.fc_index == 0 && join_progress(&m->join) < JOIN_IS_KEYING)
		error = nodes_put(r->store, &denied); /* never held a key */
	else if (r->mesh->phase == MESH_STEADY)
		error = step(r, MESH_EV_START, reason, deadline_from_now(r), store_denied, &denied);
	else /* it may hold the new key too */
		error = mesh_rekey_again(r->mesh, reason, deadline_from_now(r), store_denied,
					 &denied);
	if (error < 0)
		return not_stored(error, why, why_len);
	make_denied(r, m, &denied);
	set_deadline(r);
	return 0;
}
