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

static bool any_leads_in(const struct roster *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (leads_in(r->member[i]))
			return true;
	return false;
}

/* Has it taken the key set of this phase, and are others reached by it? Without border routers that
 * may be anybody. */
static bool is_way(const struct roster *r, const struct member *m, bool routers)
{
	return roster_takes_part(m) && !roster_is_behind(r, m) && (!routers || leads_in(m));
}

/* When one of them answered last; 0: never, or there is none. */
static uint64_t heard_last_ms(const struct roster *r)
{
	bool routers = any_leads_in(r);
	uint64_t last_ms = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct member *m = r->member[i];
		if (is_way(r, m, routers) && m->join.heard && m->join.heard_ms > last_ms)
			last_ms = m->join.heard_ms;
	}
	return last_ms;
}

bool roster_reached_since(const struct roster *r, uint64_t then_ms)
{
	uint64_t last_ms = heard_last_ms(r);

	return last_ms > 0 && last_ms >= then_ms;
}

static uint64_t silence_ms(const struct roster *r)
{
	uint64_t half_ms = (uint64_t)r->conf->evict_deadline_s * 1000 / 2;

	if (r->mesh->deadline_s == 0)
		return ROSTER_SILENCE_MS;
	if (half_ms < ROSTER_SILENCE_MIN_MS)
		return ROSTER_SILENCE_MIN_MS;
	return half_ms < ROSTER_SILENCE_MAX_MS ? half_ms : ROSTER_SILENCE_MAX_MS;
}

static bool reached_lately(const struct roster *r)
{
	uint64_t now_ms = evl_now_ms(r->evl), may_ms = silence_ms(r);

	return roster_reached_since(r, now_ms > may_ms ? now_ms - may_ms : 0);
}

/* A border router is not left to its back-off: once it is back that would cost a minute of an
 * eviction. */
static void ask(const struct roster *r, struct member *m)
{
	if (!m->join.up && roster_is_router(m)) {
		addrs_retry_now(&m->join.addrs);
		join_try(&m->join);
	} else if (!roster_is_behind(r, m)) {
		join_check(&m->join);
	}
}

/* All border routers, those to be told yet too. Without one anybody will do: the next few in turn,
 * not the whole mesh. */
void roster_ask_reach(struct roster *r)
{
	bool routers = any_leads_in(r);
	size_t asked = 0;

	r->reach.asked_ms = evl_now_ms(r->evl);
	for (size_t i = 0; i < r->n && (routers || asked < ROSTER_ASK_AT_ONCE); i++) {
		struct member *m = r->member[r->reach.ask_next++ % r->n];
		if (routers ? !leads_in(m) : !is_way(r, m, false))
			continue;
		ask(r, m);
		asked++;
	}
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

static bool is_known(const struct roster *r)
{
	return r->reach.version == r->mesh->key_version && r->reach.since_ms > 0;
}

void roster_note_reached(struct roster *r)
{
	if (r->mesh->phase == MESH_STEADY || is_known(r) || !reached_lately(r))
		return;
	r->reach.version = r->mesh->key_version;
	r->reach.since_ms = evl_now_ms(r->evl);
	for (size_t i = 0; i < r->n; i++)
		if (roster_is_behind(r, r->member[i]))
			try_afresh(r, r->member[i]);
}

void roster_watch_reach(struct roster *r)
{
	if (!reached_lately(r))
		r->reach.since_ms = 0;
	roster_note_reached(r);
	if (evl_now_ms(r->evl) - r->reach.asked_ms >= silence_ms(r) / 2)
		roster_ask_reach(r);
}

static bool any_behind(const struct roster *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (roster_is_behind(r, r->member[i]))
			return true;
	return false;
}

bool roster_out_of_reach(const struct roster *r)
{
	return r->mesh->phase != MESH_STEADY && !is_known(r) && any_behind(r);
}

bool roster_rekey_waits(const struct roster *r)
{
	/* 0 stands for no deadline, which is always over. */
	return r->mesh->deadline_s <= clock_wall_s() && roster_out_of_reach(r);
}
