/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "base/log.h"
#include "roster_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- phases --- */

static int store_left_behind(void *arg, const struct mesh *next)
{
	struct roster *r = arg;
	int error = 0;

	for (size_t i = 0; i < r->n && error == 0; i++) {
		struct node n = r->member[i]->node;
		if (!roster_is_behind(r, r->member[i]))
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

static int64_t deadline_from_now(const struct roster *r)
{
	return clock_wall_s() + r->conf->evict_deadline_s;
}

/* The neighbours of an evicted device forget it once its key is gone: before, their exchange of
 * SSRs under that key would secure the link again at once. Each is told its key set first. */
static void forget_evicted(struct roster *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct member *m = r->member[i];
		if (!m->node.denied || m->node.fc_index == 0 ||
		    keyset_find(&r->mesh->keys, m->node.fc_index))
			continue;
		roster_starts_over(r, m);
		m->node.fc_index = 0;
		m->node.n_links = 0;
		roster_mark(r, m);
	}
}

/* Go on to the phase that `event` leads to. `deadline`: it has to end without those who do not
 * answer; later phases too then. */
static int step(struct roster *r, enum mesh_event event, const char *reason, bool deadline,
		mesh_also_fn also, void *arg)
{
	uint32_t version = r->mesh->key_version;
	enum mesh_phase next;
	bool leave;
	int error = mesh_next_phase(r->mesh->phase, event, &next, &leave);
	uint8_t index;

	if (error < 0)
		return error;
	error = mesh_enter(r->mesh, next, reason,
			   deadline && next != MESH_STEADY ? deadline_from_now(r) : 0,
			   leave ? store_left_behind : also, leave ? r : arg);
	if (error < 0)
		return error;
	if (leave)
		leave_behind(r, version);
	if (event == MESH_EV_START) /* whatever for: all counters begin anew */
		r->rekey_due = false;
	index = r->mesh->key_index;
	if (next == MESH_STEADY)
		roster_announce(r, "re-key done: key index %u", index);
	else
		roster_announce(r, "re-key to key index %u, phase %s: %s", index,
				mesh_phase_name(next), r->mesh->reason);
	forget_evicted(r);
	roster_watch_phase(r);
	roster_poke(r);
	return 0;
}

/* Has everybody who takes part the key set of this phase? A device that is being sent an older one
 * might take it after all. */
static bool all_taken(const struct roster *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct member *m = r->member[i];
		const struct join *j = &m->join;
		if (roster_is_behind(r, m) ||
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
	eui64_text text;
	int error;

	if (r->mesh->again[0]) {
		snprintf(reason, sizeof(reason), "%s", r->mesh->again);
		return step(r, MESH_EV_START, reason, true, NULL, NULL);
	}
	if (!r->rekey_due)
		return 0;
	snprintf(reason, sizeof(reason), "the frame counter of %s nears its end",
		 eui64_format(&r->rekey_for, text));
	error = step(r, MESH_EV_START, reason, false, NULL, NULL);
	if (error == 0)
		r->rekey_ms = evl_now_ms(r->evl);
	return error;
}

/* It cannot have sent that many frames: it is broken, or lies. */
static void refuse_rekey(struct roster *r, struct member *m)
{
	static const char text[] = "its frame counter is said to near its end again within a day: "
				   "no re-key for that, evict it if that goes on";

	if (m->rekey_refused)
		return;
	m->rekey_refused = true;
	log_warn("mesh", &m->join.eui, "%s", text);
	roster_say(r, &m->join.eui, text);
}

static bool is_within(const struct roster *r, uint64_t then_ms, uint64_t spacing_ms)
{
	return then_ms > 0 && evl_now_ms(r->evl) - then_ms < spacing_ms;
}

void roster_rekey_by_itself(struct roster *r, struct member *m)
{
	if (r->mesh->phase != MESH_STEADY || r->rekey_due)
		return;
	if (is_within(r, m->rekey_ms, ROSTER_REKEY_EACH_MS)) {
		refuse_rekey(r, m);
		return;
	}
	if (is_within(r, r->rekey_ms, ROSTER_REKEY_SPACING_MS))
		return;
	r->rekey_due = true;
	r->rekey_for = m->join.eui;
	m->rekey_ms = evl_now_ms(r->evl);
	m->rekey_refused = false;
	roster_say(r, &m->join.eui, "its frame counter nears its end: the network is re-keyed");
	roster_turn_in(r, 0);
}

void roster_review(struct roster *r)
{
	int error = 0;

	roster_note_reached(r);
	if (r->mesh->phase == MESH_STEADY)
		error = start_due(r);
	else if (all_taken(r))
		error = step(r, MESH_EV_TAKEN, r->mesh->reason, r->mesh->deadline_s > 0, NULL,
			     NULL);
	if (error < 0) {
		log_error("mesh", NULL, "the re-key cannot go on, tried again: %s",
			  strerror(-error));
		roster_turn_in(r, ROSTER_AGAIN_MS);
	}
}

int roster_end_phase(struct roster *r)
{
	return step(r, MESH_EV_DEADLINE, r->mesh->reason, true, NULL, NULL);
}

void roster_resume(struct roster *r)
{
	forget_evicted(r);
	roster_watch_phase(r);
	roster_poke(r);
}

int roster_rekey(struct roster *r, char *why, size_t why_len)
{
	int error = roster_need_joined(r, why, why_len);

	if (error < 0)
		return error;
	if (r->mesh->phase != MESH_STEADY) {
		snprintf(why, why_len,
			 "a re-key is under way (%s): wait for it, or go on without those who do "
			 "not answer by `rekey --force`",
			 mesh_phase_name(r->mesh->phase));
		return -EBUSY;
	}
	error = step(r, MESH_EV_START, "ordered by the operator", false, NULL, NULL);
	return error < 0 ? roster_not_stored(error, why, why_len) : 0;
}

int roster_rekey_force(struct roster *r, char *why, size_t why_len)
{
	int error;

	if (roster_out_of_reach(r)) {
		snprintf(why, why_len, "%s: look at it by \"kmpctl ctd mesh\"",
			 ROSTER_OUT_OF_REACH);
		return -EBUSY;
	}
	error = step(r, MESH_EV_FORCE, r->mesh->reason, r->mesh->deadline_s > 0, NULL, NULL);
	if (error == -EPERM)
		snprintf(why, why_len, "no re-key is under way");
	else if (error < 0)
		roster_not_stored(error, why, why_len);
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
	denied->since_s = clock_wall_s();
	snprintf(denied->reason, sizeof(denied->reason), "%s", reason);
	return m;
}

static void make_denied(struct roster *r, struct member *m, const struct node *denied)
{
	m->node = *denied;
	m->admitted = false;
	join_deny(&m->join, denied->reason);
	roster_turn_in(r, 0);
}

int roster_deny(struct roster *r, const struct eui64 *eui, char *why, size_t why_len)
{
	struct node denied;
	struct member *m = to_deny(r, eui, &denied, "denied by the operator");
	int error = m ? nodes_put(r->store, &denied) : -ENOMEM;

	if (error < 0)
		return roster_not_stored(error, why, why_len);
	make_denied(r, m, &denied);
	return 0;
}

static bool is_way_in(const struct member *m)
{
	return roster_is_router(m) && roster_takes_part(m);
}

/* Without `router`, would nobody be reached any more to be given another key? */
static int need_another_way_in(const struct roster *r, const struct member *router, char *why,
			       size_t why_len)
{
	size_t others = 0;

	if (!router || !is_way_in(router))
		return 0;
	for (size_t i = 0; i < r->n; i++) {
		if (r->member[i] == router || !roster_takes_part(r->member[i]))
			continue;
		if (is_way_in(r->member[i]))
			return 0;
		others++;
	}
	if (others == 0)
		return 0;
	snprintf(why, why_len,
		 "it is the only border router, by which the other %zu nodes get the new key: put "
		 "another one in first",
		 others);
	return -EBUSY;
}

int roster_evict(struct roster *r, const struct eui64 *eui, char *why, size_t why_len)
{
	char reason[MESH_REASON_LEN];
	struct node denied;
	struct member *m = roster_member(r, eui);
	eui64_text text;
	int error;

	if (!m) {
		snprintf(why, why_len,
			 "no device %s is known, so nobody is evicted: \"kmpctl ctd lookup\" lists "
			 "those that are, \"kmpctl ctd deny\" keeps any other out",
			 eui64_format(eui, text));
		return -ENOENT;
	}
	error = need_another_way_in(r, m, why, why_len);
	if (error < 0)
		return error;
	m = to_deny(r, eui, &denied, "evicted by the operator");
	if (!m)
		return roster_not_stored(-ENOMEM, why, why_len);
	snprintf(reason, sizeof(reason), "eviction of %s", eui64_format(eui, text));
	if (m->node.fc_index == 0 && join_progress(&m->join) < JOIN_IS_KEYED)
		error = nodes_put(r->store, &denied); /* was never sent a key */
	else if (r->mesh->phase == MESH_STEADY)
		error = step(r, MESH_EV_START, reason, true, store_denied, &denied);
	else /* it may hold the new key too */
		error = mesh_rekey_again(r->mesh, reason, deadline_from_now(r), store_denied,
					 &denied);
	if (error < 0)
		return roster_not_stored(error, why, why_len);
	make_denied(r, m, &denied);
	roster_watch_phase(r);
	return 0;
}
