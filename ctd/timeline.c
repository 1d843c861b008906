/* SPDX-License-Identifier: ISC */
#include "timeline.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECENT 8 /* events of a device at hand: more at once have to be written at once */

/* One of the last events of a device. */
struct recent {
	struct timeline_event e;
	int64_t seq;   /* counts the events of the device; 0: no event */
	bool unstored; /* differs from what is stored */
};

struct track {
	struct eui64 eui;
	int64_t seq; /* of its last event */
	int64_t last_s;
	struct recent *recent; /* RECENT of them, by sequence number; NULL: not read yet */
	bool unstored;
};

struct timeline {
	struct evl_timer *timer; /* of the next write */
	uint64_t due_ms;         /* when it fires, if it runs */
	struct evl *evl;
	struct store *store;
	struct track **track; /* sorted by EUI-64 */
	size_t n, cap;
	bool losing; /* events are lost, which was said; until something is stored again */
};

const struct eui64 timeline_mesh; /* zero, which is no device's */

/* --- tracks --- */

static const struct eui64 *eui_at(const void *arg, size_t i)
{
	const struct timeline *t = arg;

	return &t->track[i]->eui;
}

static size_t place_of(const struct timeline *t, const struct eui64 *eui)
{
	return eui64_place(eui, t->n, eui_at, t);
}

static struct track *find(const struct timeline *t, const struct eui64 *eui)
{
	size_t at = place_of(t, eui);

	return at < t->n && eui64_equal(&t->track[at]->eui, eui) ? t->track[at] : NULL;
}

static void free_track(struct track *k)
{
	free(k->recent);
	free(k);
}

static void forget_oldest(struct timeline *t)
{
	size_t oldest = 0;

	for (size_t i = 1; i < t->n; i++)
		if (t->track[i]->last_s < t->track[oldest]->last_s)
			oldest = i;
	store_run(t->store, "DELETE FROM event WHERE eui = ?", "b", t->track[oldest]->eui.b,
		  sizeof(t->track[oldest]->eui.b));
	free_track(t->track[oldest]);
	t->n--;
	memmove(&t->track[oldest], &t->track[oldest + 1], (t->n - oldest) * sizeof(t->track[0]));
}

static int make_room(struct timeline *t)
{
	size_t cap = t->cap ? t->cap * 2 : 16;
	struct track **track;

	if (t->n == TIMELINE_DEVICES)
		forget_oldest(t);
	if (t->n < t->cap)
		return 0;
	track = realloc(t->track, cap * sizeof(*track));
	if (!track)
		return -ENOMEM;
	t->track = track;
	t->cap = cap;
	return 0;
}

static struct track *add_track(struct timeline *t, const struct eui64 *eui)
{
	struct track *k = make_room(t) == 0 ? calloc(1, sizeof(*k)) : NULL;
	size_t at = place_of(t, eui);

	if (!k)
		return NULL;
	k->eui = *eui;
	memmove(&t->track[at + 1], &t->track[at], (t->n - at) * sizeof(t->track[0]));
	t->track[at] = k;
	t->n++;
	return k;
}

static struct recent *recent_at(const struct track *k, int64_t seq)
{
	return &k->recent[seq % RECENT];
}

/* --- the store: a device's events are a ring of rows --- */

static void read_event(const struct store_row *row, struct timeline_event *e)
{
	*e = (struct timeline_event){.first_s = store_col_int(row, 1),
				     .last_s = store_col_int(row, 2),
				     .count = (uint32_t)store_col_int(row, 3)};
	snprintf(e->state, sizeof(e->state), "%s", store_col_text(row, 4));
	snprintf(e->text, sizeof(e->text), "%s", store_col_text(row, 5));
}

static int query_events(struct timeline *t, const struct eui64 *eui, store_row_fn fn, void *arg)
{
	return store_query(t->store, fn, arg,
			   "SELECT seq, first_s, last_s, count, state, text FROM event"
			   " WHERE eui = ? ORDER BY seq",
			   "b", eui->b, sizeof(eui->b));
}

static int put_event(struct timeline *t, const struct track *k, struct recent *r)
{
	int error =
		store_run(t->store,
			  "INSERT OR REPLACE INTO event"
			  " (eui, slot, seq, first_s, last_s, count, state, text)"
			  " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			  "biiiiitt", k->eui.b, sizeof(k->eui.b), r->seq % TIMELINE_EVENTS, r->seq,
			  r->e.first_s, r->e.last_s, (int64_t)r->e.count, r->e.state, r->e.text);

	if (error == 0)
		r->unstored = false;
	return error;
}

static int put_track(struct timeline *t, struct track *k)
{
	int error = 0;

	for (size_t i = 0; i < RECENT && error == 0; i++)
		if (k->recent[i].unstored)
			error = put_event(t, k, &k->recent[i]);
	if (error == 0)
		k->unstored = false;
	return error;
}

static int put_all(struct timeline *t)
{
	int error = 0;

	for (size_t i = 0; i < t->n && error == 0; i++)
		if (t->track[i]->unstored)
			error = put_track(t, t->track[i]);
	return error;
}

/* After a transaction that failed nothing of it is stored: all recent events are to be written. */
static void mark_unstored(struct timeline *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct track *k = t->track[i];
		for (size_t j = 0; k->recent && j < RECENT; j++)
			k->recent[j].unstored = k->recent[j].seq > 0;
		k->unstored = k->recent != NULL;
	}
}

static bool has_unstored(const struct timeline *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->track[i]->unstored)
			return true;
	return false;
}

int timeline_flush(struct timeline *t)
{
	int error;

	evl_timer_stop(t->timer);
	if (!has_unstored(t))
		return 0;
	error = store_begin(t->store);
	if (error == 0) {
		error = put_all(t);
		if (error == 0)
			error = store_commit(t->store);
		else
			store_rollback(t->store);
	}
	if (error == 0) {
		t->losing = false;
		return 0;
	}
	mark_unstored(t);
	evl_timer_start(t->timer, TIMELINE_AGAIN_MS);
	t->due_ms = evl_now_ms(t->evl) + TIMELINE_AGAIN_MS;
	return error;
}

static void on_due(void *arg)
{
	timeline_flush(arg);
}

static void write_within(struct timeline *t, uint64_t ms)
{
	uint64_t now = evl_now_ms(t->evl);

	if (evl_timer_running(t->timer) && t->due_ms <= now + ms)
		return;
	evl_timer_start(t->timer, ms);
	t->due_ms = now + ms;
}

/* --- events --- */

static int on_recent(const struct store_row *row, void *arg)
{
	struct track *k = arg;
	int64_t seq = store_col_int(row, 0);

	if (seq <= 0)
		return -EUCLEAN;
	k->seq = seq;
	recent_at(k, seq)->seq = seq;
	read_event(row, &recent_at(k, seq)->e);
	return 0;
}

/* Have the last events of `k` at hand. */
static int load_recent(struct timeline *t, struct track *k)
{
	int error;

	if (k->recent)
		return 0;
	k->recent = calloc(RECENT, sizeof(*k->recent));
	if (!k->recent)
		return -ENOMEM;
	/* Of a new device nothing is stored. */
	error = k->seq > 0 ? query_events(t, &k->eui, on_recent, k) : 0;
	if (error < 0) {
		free(k->recent);
		k->recent = NULL;
	}
	return error;
}

/* The event that one of this text repeats: none stands between them in another state, which it
 * would seem to precede. */
static struct recent *repeated(struct track *k, const char *state, const char *text)
{
	for (int64_t seq = k->seq; seq > 0 && seq > k->seq - TIMELINE_FOLD; seq--) {
		struct recent *r = recent_at(k, seq);
		if (r->seq != seq || strcmp(r->e.state, state) != 0)
			return NULL;
		if (strcmp(r->e.text, text) == 0)
			return r;
	}
	return NULL;
}

/* A place for one more event, its own predecessor there being stored. */
static struct recent *next_place(struct timeline *t, struct track *k)
{
	struct recent *r = recent_at(k, k->seq + 1);

	if (r->unstored && timeline_flush(t) < 0 && !t->losing) {
		log_error("timeline", &k->eui,
			  "events are lost: make room on the disk of the state directory");
		t->losing = true;
	}
	k->seq++;
	*r = (struct recent){.seq = k->seq};
	return r;
}

static void note(struct timeline *t, struct track *k, const char *state, const char *text)
{
	struct timeline_event e = {.first_s = clock_wall_s()};
	struct recent *r;

	utf8_copy(e.state, sizeof(e.state), state);
	utf8_copy(e.text, sizeof(e.text), text);
	r = repeated(k, e.state, e.text);
	write_within(t, r ? TIMELINE_AGAIN_MS : TIMELINE_NEW_MS);
	if (!r) {
		r = next_place(t, k);
		r->e = e;
	}
	k->last_s = r->e.last_s = e.first_s;
	if (r->e.count < UINT32_MAX)
		r->e.count++;
	r->unstored = k->unstored = true;
}

void timeline_add(struct timeline *t, const struct eui64 *eui, const char *state, const char *text)
{
	struct track *k = find(t, eui);
	int error;

	if (!k)
		k = add_track(t, eui);
	error = k ? load_recent(t, k) : -ENOMEM;
	if (error == 0)
		note(t, k, state, text);
	else
		log_error("timeline", eui, "an event is lost: %s", strerror(-error));
}

/* --- reading --- */

struct ring {
	struct timeline_event e[TIMELINE_EVENTS];
	int64_t seq[TIMELINE_EVENTS]; /* 0: none */
	int64_t last;
};

static void ring_put(struct ring *ring, int64_t seq, const struct timeline_event *e)
{
	ring->e[seq % TIMELINE_EVENTS] = *e;
	ring->seq[seq % TIMELINE_EVENTS] = seq;
	if (seq > ring->last)
		ring->last = seq;
}

static int on_row(const struct store_row *row, void *arg)
{
	int64_t seq = store_col_int(row, 0);
	struct timeline_event e;

	if (seq <= 0)
		return -EUCLEAN;
	read_event(row, &e);
	ring_put(arg, seq, &e);
	return 0;
}

int timeline_each(struct timeline *t, const struct eui64 *eui, timeline_fn fn, void *arg)
{
	const struct track *k = find(t, eui);
	struct ring *ring;
	int error;

	if (!k)
		return 0;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	error = query_events(t, eui, on_row, ring);
	for (size_t i = 0; k->recent && i < RECENT; i++)
		if (k->recent[i].seq > 0)
			ring_put(ring, k->recent[i].seq, &k->recent[i].e);
	for (int64_t i = 1; i <= TIMELINE_EVENTS && error == 0; i++) {
		int64_t seq = ring->last - TIMELINE_EVENTS + i;
		if (seq > 0 && ring->seq[seq % TIMELINE_EVENTS] == seq)
			fn(&ring->e[seq % TIMELINE_EVENTS], arg);
	}
	free(ring);
	return error;
}

/* --- opening --- */

static int on_device(const struct store_row *row, void *arg)
{
	struct timeline *t = arg;
	struct eui64 eui;
	struct track *k;

	if (store_col_blob(row, 0, eui.b, sizeof(eui.b)) != sizeof(eui.b))
		return -EUCLEAN;
	k = add_track(t, &eui);
	if (!k)
		return -ENOMEM;
	k->seq = store_col_int(row, 1);
	k->last_s = store_col_int(row, 2);
	return 0;
}

int timeline_new(struct timeline **t, struct evl *evl, struct store *st)
{
	struct timeline *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (!new)
		return -ENOMEM;
	new->evl = evl;
	new->store = st;
	new->timer = evl_timer_new(evl, on_due, new);
	if (new->timer)
		error = store_query(st, on_device, new,
				    "SELECT eui, max(seq), max(last_s) FROM event GROUP BY eui",
				    "");
	if (error < 0) {
		timeline_free(new);
		return error;
	}
	*t = new;
	return 0;
}

void timeline_free(struct timeline *t)
{
	if (!t)
		return;
	if (t->timer)
		timeline_flush(t);
	for (size_t i = 0; i < t->n; i++)
		free_track(t->track[i]);
	evl_timer_free(t->timer);
	free(t->track);
	free(t);
}
