/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "roster_priv.h"

#include <string.h>

/* --- whose turn it is --- */

/* Nobody new is reached before a border router is in. One that is in is enough: another that is
 * switched off holds up neither the members nor those to come. */
static bool lacks_router(const struct roster *r, const struct member *m)
{
	return r->routers_pending > 0 && r->routers_in == 0 && !roster_is_router(m) &&
	       join_progress(&m->join) < JOIN_IS_KEYED;
}

static const char *blocked(const struct roster *r, const struct member *m)
{
	if (!m->device)
		return "waiting for its credential: not in the configuration";
	if (r->store_error < 0 && join_progress(&m->join) < JOIN_IS_KEYED)
		return ROSTER_NOT_STORED;
	return lacks_router(r, m) ? "waiting for border router" : NULL;
}

static enum roster_line line_of(const struct member *m)
{
	if (m->join.up)
		return ROSTER_TELLS;
	return join_doubtful(&m->join) ? ROSTER_DOUBTFUL : ROSTER_HOPEFUL;
}

/* Devices that do not answer hold a turn for the whole of a timeout, again and again: they get half
 * of the turns at most, or a row of lamps that is switched off would keep all others waiting. */
static bool doubtful_full(const struct roster *r)
{
	uint32_t most = r->conf->max_joins > 1 ? r->conf->max_joins / 2 : 1;

	return r->doubtful >= most;
}

/* A handshake may take a minute to fail, and takes nothing from those who have a session. */
static bool is_full(const struct roster *r, enum roster_line line)
{
	if (line == ROSTER_TELLS)
		return r->tells >= r->conf->max_joins;
	return r->handshakes >= r->conf->max_joins || (line == ROSTER_DOUBTFUL && doubtful_full(r));
}

/* Who comes by itself when a turn has become free must not take it from those who wait for it: else
 * four devices that fail and begin again at once had all turns for ever. */
static bool others_first(const struct roster *r, const struct member *m, enum roster_line line)
{
	const struct roster_queue *q = &r->line[line];

	if (m == r->served)
		return false;
	if (line == ROSTER_DOUBTFUL && r->line[ROSTER_HOPEFUL].n > 0)
		return true;
	return q->n > 0 && q->first != m;
}

const char *roster_gate(void *arg, const struct join *j)
{
	const struct roster *r = arg;
	const struct member *m = roster_member_of(j);
	enum roster_line line = line_of(m);
	const char *why = blocked(r, m);

	if (why)
		return why;
	return is_full(r, line) || others_first(r, m, line) ? "waiting for its turn" : NULL;
}

static void enqueue(struct roster *r, struct member *m)
{
	struct roster_queue *q = &r->line[blocked(r, m) ? ROSTER_BLOCKED : line_of(m)];

	m->queue = q;
	m->next_waiting = NULL;
	*q->end = m;
	q->end = &m->next_waiting;
	q->n++;
}

static void dequeue(struct member *m)
{
	struct roster_queue *q = m->queue;
	struct member **at = &q->first;

	while (*at != m)
		at = &(*at)->next_waiting;
	*at = m->next_waiting;
	if (q->end == &m->next_waiting)
		q->end = at;
	m->queue = NULL;
	q->n--;
}

/* Let the first of `q` try, past those who are in line behind it if it is `served`. */
static void try_first(struct roster *r, struct roster_queue *q, bool served)
{
	struct member *m = q->first;

	dequeue(m);
	r->served = served ? m : NULL;
	if (m->join.waiting && (served || !blocked(r, m)))
		join_try(&m->join);
	r->served = NULL;
	if (m->join.waiting && !m->queue)
		enqueue(r, m);
}

/* Let those who wait try again, each in turn: who fails later goes behind the others. */
void roster_on_dispatch(void *arg)
{
	struct roster *r = arg;

	for (size_t n = r->line[ROSTER_BLOCKED].n; n > 0 && r->line[ROSTER_BLOCKED].n > 0; n--)
		try_first(r, &r->line[ROSTER_BLOCKED], false);
	for (enum roster_line line = ROSTER_TELLS; line < ROSTER_BLOCKED; line++)
		for (size_t n = r->line[line].n; n > 0 && r->line[line].n > 0 && !is_full(r, line);
		     n--)
			try_first(r, &r->line[line], true);
}

/* --- what changes with one of them --- */

static void list_unproved(struct roster *r, struct member *m, bool keyed)
{
	if (keyed == m->unproved)
		return;
	m->unproved = keyed;
	if (keyed)
		TAILQ_INSERT_HEAD(&r->unproved, m, next_unproved);
	else
		TAILQ_REMOVE(&r->unproved, m, next_unproved);
}

static struct member_count count_of(const struct member *m)
{
	bool router = roster_is_router(m), in = join_progress(&m->join) >= JOIN_IS_KEYED;
	bool busy = join_busy(&m->join), handshake = busy && m->join.turn;

	return (struct member_count){.handshake = handshake,
				     .tell = busy && !handshake,
				     .doubtful = handshake && join_doubtful(&m->join),
				     .router_pending =
					     router && !in && join_state(&m->join) != JOIN_DENIED,
				     .router_in = router && in};
}

static void recount(struct roster *r, struct member *m, struct member_count now)
{
	const struct member_count was = m->counted;

	r->handshakes += (size_t)now.handshake - (size_t)was.handshake;
	r->tells += (size_t)now.tell - (size_t)was.tell;
	r->doubtful += (size_t)now.doubtful - (size_t)was.doubtful;
	r->routers_pending += (size_t)now.router_pending - (size_t)was.router_pending;
	r->routers_in += (size_t)now.router_in - (size_t)was.router_in;
	m->counted = now;
	if (now.handshake < was.handshake || now.tell < was.tell || now.doubtful < was.doubtful ||
	    now.router_pending < was.router_pending)
		evl_timer_start(r->dispatch, 0);
}

/* Its first turn since there is this version of the key set. One that had
 * begun before counts once it is told that version. */
static void note_try(struct roster *r, struct member *m, bool began)
{
	const struct join *j = &m->join;
	uint32_t version = r->mesh->key_version;
	bool told = j->telling && !j->held && j->due.kind == DUE_KEYS && j->due.version == version;

	if (m->tried_version == version || !(began || told))
		return;
	m->tried_version = version;
	m->tried_ms = evl_now_ms(r->evl);
}

void roster_count_member(struct roster *r, struct member *m)
{
	bool was_busy = m->counted.handshake || m->counted.tell;

	recount(r, m, count_of(m));
	note_try(r, m, !was_busy && join_busy(&m->join));
	list_unproved(r, m, join_progress(&m->join) == JOIN_IS_KEYED);
	if (m->queue && !m->join.waiting)
		dequeue(m);
	else if (!m->queue && m->join.waiting)
		enqueue(r, m);
	if (m->queue == &r->line[ROSTER_BLOCKED] && !blocked(r, m))
		evl_timer_start(r->dispatch, 0);
}

void roster_forget_member(struct roster *r, struct member *m)
{
	if (m->queue)
		dequeue(m);
	list_unproved(r, m, false);
	recount(r, m, (struct member_count){false});
	for (struct member **at = &r->dirty; *at; at = &(*at)->next_dirty)
		if (*at == m) {
			*at = m->next_dirty;
			break;
		}
}

/* May one more be told that is no neighbour of the node that the news is about? */
static bool take_news(struct roster *r)
{
	uint64_t now_ms = evl_now_ms(r->evl), burst_ms = ROSTER_NEWS_BURST * ROSTER_NEWS_MS;

	if (r->news_ms > now_ms + burst_ms - ROSTER_NEWS_MS)
		return false;
	r->news_ms = (r->news_ms > now_ms ? r->news_ms : now_ms) + ROSTER_NEWS_MS;
	return true;
}

/* The way to those who still have to prove themselves may have become secured by what this one got:
 * its neighbours are told, and of the others some in turn. They find out by themselves too, if
 * later. */
static void tell_unproved(struct roster *r, const struct member *from)
{
	struct member *m, *last = TAILQ_LAST(&r->unproved, unproved_list);

	TAILQ_FOREACH (m, &r->unproved, next_unproved)
		if (m != from && roster_neighbours(m, from))
			join_news(&m->join);
	while (last && take_news(r)) {
		m = TAILQ_FIRST(&r->unproved);
		TAILQ_REMOVE(&r->unproved, m, next_unproved);
		TAILQ_INSERT_TAIL(&r->unproved, m, next_unproved);
		if (m != from)
			join_news(&m->join);
		if (m == last)
			break;
	}
}

/* And the links that the joined ones told of are old, once one of their neighbours has joined. */
static void spread_news(struct roster *r, const struct member *from)
{
	const struct bsres_state *told = &from->join.answer;

	tell_unproved(r, from);
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

	m->progress = join_progress(j);
	if (m->progress != before)
		m->since_s = clock_wall_s();
	if (m->progress != JOIN_IS_KEYING)
		m->floor_told = m->before_kept = false;
	if (m->progress != before || strcmp(m->said, j->reason) != 0)
		say_reason(r, m);
	roster_save(r, m);
	roster_count_member(r, m);
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

/* One that is not reached holds no more than one turn. */
static bool last_is_open(const struct roster *r)
{
	const struct join *j = r->check_at > 0 ? &r->member[r->check_at - 1]->join : NULL;

	return j && (j->waiting || join_state(j) == JOIN_JOINED_CONNECTING);
}

static uint64_t check_spacing_ms(const struct roster *r)
{
	uint64_t even = ROSTER_CHECK_MS / r->n;

	return even < ROSTER_CHECK_SPACING_MS ? even : ROSTER_CHECK_SPACING_MS;
}

/* One after the other, spread over the time of a round; then all again. What was joined may have
 * lost its state, or left, without anybody being told. */
void roster_on_check(void *arg)
{
	struct roster *r = arg;
	uint64_t spent;

	if (r->check_at > r->n)
		r->check_at = r->n;
	if (r->check_at == 0)
		r->round_ms = evl_now_ms(r->evl);
	if (last_is_open(r)) {
		evl_timer_start(r->check, check_spacing_ms(r));
		return;
	}
	while (r->check_at < r->n && !to_check(r->member[r->check_at]))
		r->check_at++;
	if (r->check_at < r->n) {
		join_check(&r->member[r->check_at++]->join);
		evl_timer_start(r->check, check_spacing_ms(r));
		return;
	}
	r->check_at = 0;
	spent = evl_now_ms(r->evl) - r->round_ms;
	evl_timer_start(r->check, spent < ROSTER_CHECK_MS ? ROSTER_CHECK_MS - spent : 0);
}
