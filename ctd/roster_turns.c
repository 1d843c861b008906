/* SPDX-License-Identifier: ISC */
#include "roster_priv.h"

#include <string.h>

/* --- whose turn it is --- */

const char *roster_gate(void *arg, const struct join *j)
{
	const struct roster *r = arg;
	const struct member *m = roster_member_of(j);

	if (!m->device)
		return "waiting for its credential: not in the configuration";
	if (r->routers_pending > 0 && !roster_is_router(m))
		return "waiting for border router";
	if (r->busy >= r->conf->max_joins)
		return "waiting for its turn";
	return NULL;
}

static void enqueue(struct roster *r, struct member *m)
{
	m->queued = true;
	m->next_waiting = NULL;
	*r->waiting_end = m;
	r->waiting_end = &m->next_waiting;
	r->n_waiting++;
}

static void dequeue(struct roster *r, struct member *m)
{
	struct member **at = &r->waiting;

	while (*at != m)
		at = &(*at)->next_waiting;
	*at = m->next_waiting;
	if (r->waiting_end == &m->next_waiting)
		r->waiting_end = at;
	m->queued = false;
	r->n_waiting--;
}

/* Let those who wait try again, each in turn: who fails later goes behind the others. */
void roster_on_dispatch(void *arg)
{
	struct roster *r = arg;

	for (size_t n = r->n_waiting; n > 0 && r->waiting && r->busy < r->conf->max_joins; n--) {
		struct member *m = r->waiting;
		dequeue(r, m);
		if (m->join.waiting)
			join_try(&m->join);
		if (m->join.waiting && !m->queued)
			enqueue(r, m);
	}
}

/* --- what changes with one of them --- */

static void list_unproved(struct roster *r, struct member *m, bool keyed)
{
	if (keyed == (m->unproved != NULL))
		return;
	if (keyed) {
		m->next_unproved = r->unproved;
		if (m->next_unproved)
			m->next_unproved->unproved = &m->next_unproved;
		m->unproved = &r->unproved;
		r->unproved = m;
		return;
	}
	*m->unproved = m->next_unproved;
	if (m->next_unproved)
		m->next_unproved->unproved = m->unproved;
	m->unproved = NULL;
}

void roster_count_member(struct roster *r, struct member *m)
{
	bool busy = join_busy(&m->join);
	bool pending = roster_is_router(m) && join_state(&m->join) != JOIN_DENIED &&
		       join_progress(&m->join) < JOIN_IS_KEYED;

	r->busy += (size_t)busy - (size_t)m->busy;
	r->routers_pending += (size_t)pending - (size_t)m->router_pending;
	m->busy = busy;
	m->router_pending = pending;
	list_unproved(r, m, join_progress(&m->join) == JOIN_IS_KEYED);
	if (m->queued && !m->join.waiting)
		dequeue(r, m);
	else if (!m->queued && m->join.waiting)
		enqueue(r, m);
}

void roster_forget_member(struct roster *r, struct member *m)
{
	if (m->queued)
		dequeue(r, m);
	list_unproved(r, m, false);
	r->busy -= (size_t)m->busy;
	r->routers_pending -= (size_t)m->router_pending;
	for (struct member **at = &r->dirty; *at; at = &(*at)->next_dirty)
		if (*at == m) {
			*at = m->next_dirty;
			break;
		}
}

/* The links of the others may have become secured by what this one got: those who still have to
 * prove theirs, and, once it has joined, those whom it calls its neighbours. */
static void spread_news(struct roster *r, const struct member *from)
{
	const struct bsres_state *told = &from->join.answer;

	for (struct member *m = r->unproved, *next; m; m = next) {
		next = m->next_unproved;
		if (m != from)
			join_news(&m->join);
	}
	for (size_t i = 0; from->progress == JOIN_IS_JOINED && i < told->n_links; i++) {
		struct member *m = roster_member(r, &told->link[i].eui);
		if (m && join_progress(&m->join) == JOIN_IS_JOINED)
			join_news(&m->join);
	}
}

static void say_reason(const struct roster *r, struct member *m)
{
	memcpy(m->said, m->join.reason, sizeof(m->said));
	roster_say(r, &m->join.eui, m->said);
}

void roster_on_change(void *arg, struct join *j)
{
	struct roster *r = arg;
	struct member *m = roster_member_of(j);
	enum join_progress before = m->progress;
	size_t was_busy = r->busy, was_pending = r->routers_pending;

	m->progress = join_progress(j);
	if (m->progress != before)
		m->since_s = roster_wall_s();
	if (m->progress != JOIN_IS_KEYING)
		m->floor_told = false;
	if (m->progress != before || strcmp(m->said, j->reason) != 0)
		say_reason(r, m);
	roster_save(r, m);
	roster_count_member(r, m);
	if (r->busy < was_busy || r->routers_pending < was_pending)
		evl_timer_start(r->dispatch, 0);
	if (m->progress != before && m->progress >= JOIN_IS_KEYED)
		spread_news(r, m);
	if (m->progress != before && r->mesh->phase != MESH_STEADY)
		roster_turn_in(r, 0);
}

/* --- looking after the joined ones --- */

static bool to_check(const struct member *m)
{
	return m->admitted && m->device && join_progress(&m->join) == JOIN_IS_JOINED;
}

/* One after the other, spread over the time of a round; then all again. What was joined may have
 * lost its state, or left, without anybody being told. */
void roster_on_check(void *arg)
{
	struct roster *r = arg;
	uint64_t now = evl_now_ms(r->evl), spacing, spent;

	if (r->check_at == 0)
		r->round_ms = now;
	while (r->check_at < r->n && !to_check(r->member[r->check_at]))
		r->check_at++;
	if (r->check_at < r->n) {
		join_check(&r->member[r->check_at++]->join);
		spacing = ROSTER_CHECK_MS / r->n;
		evl_timer_start(r->check, spacing < ROSTER_CHECK_SPACING_MS
						  ? spacing
						  : ROSTER_CHECK_SPACING_MS);
		return;
	}
	r->check_at = 0;
	spent = now - r->round_ms;
	evl_timer_start(r->check, spent < ROSTER_CHECK_MS ? ROSTER_CHECK_MS - spent : 0);
}
