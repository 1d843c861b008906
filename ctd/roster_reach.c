/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "roster_priv.h"

bool roster_is_behind(const struct roster *r, const struct member *m)
{
	return roster_takes_part(m) && m->node.key_version < r->mesh->key_version;
}

/* Was it one by which others are reached? Also if it just has to be keyed again. */
static bool leads_in(const struct member *m)
{
	return roster_is_router(m) && m->admitted && !m->node.left_behind && m->node.fc_index > 0;
}

/* Has one of those by whom others are reached taken the key set of this phase? Without border
 * routers, anybody at all? */
static bool is_reached(const struct roster *r)
{
	bool routers = false, router = false, anybody = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct member *m = r->member[i];
		bool taken = roster_takes_part(m) && !roster_is_behind(r, m);
		anybody |= taken;
		routers |= leads_in(m);
		router |= leads_in(m) && taken;
	}
	return routers ? router : anybody;
}

/* A try that began long before counts for nothing: what it sent is lost, and its next attempt may
 * be far. */
static void try_afresh(const struct roster *r, struct member *m)
{
	uint64_t now_ms = evl_now_ms(r->evl);

	if (join_busy(&m->join) && now_ms - m->tried_ms < ROSTER_TRY_MS)
		m->tried_ms = now_ms;
	else
		m->tried_version = 0;
	if (m->join.up)
		return;
	addrs_retry_now(&m->join.addrs);
	join_try(&m->join);
}

void roster_note_reached(struct roster *r)
{
	if (r->mesh->phase == MESH_STEADY || r->reached_version == r->mesh->key_version ||
	    !is_reached(r))
		return;
	r->reached_version = r->mesh->key_version;
	for (size_t i = 0; i < r->n; i++)
		if (roster_is_behind(r, r->member[i]))
			try_afresh(r, r->member[i]);
}

bool roster_out_of_reach(const struct roster *r)
{
	if (r->mesh->phase == MESH_STEADY || r->reached_version == r->mesh->key_version)
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (roster_is_behind(r, r->member[i]))
			return true;
	return false;
}

bool roster_rekey_waits(const struct roster *r)
{
	return r->mesh->deadline_s > 0 && r->mesh->deadline_s <= clock_wall_s() &&
	       roster_out_of_reach(r);
}
