/* SPDX-License-Identifier: ISC */
#include "candidates.h"

#include <stdlib.h>
#include <string.h>

#define MS_A_TOKEN(rate) (1000 / (rate))

/* Tokens in milliseconds: one request costs `cost_ms` of the time that has passed. */
struct bucket {
	uint64_t cost_ms, cap_ms;
	uint64_t level_ms, filled_ms;
};

struct candidates {
	struct candidate *entry;
	uint32_t *by_eui; /* places of the entries, sorted by EUI-64 */
	size_t n, cap;
	size_t strangers;
	struct bucket known, stranger;
	uint64_t counted[CANDIDATES_RESULTS];
};

static struct bucket full_bucket(uint64_t rate, uint64_t burst)
{
	uint64_t cost = MS_A_TOKEN(rate);

	return (struct bucket){.cost_ms = cost, .cap_ms = cost * burst, .level_ms = cost * burst};
}

static bool bucket_take(struct bucket *b, uint64_t now_ms)
{
	uint64_t level = b->level_ms + (now_ms - b->filled_ms);

	b->filled_ms = now_ms;
	b->level_ms = level < b->cap_ms ? level : b->cap_ms;
	if (b->level_ms < b->cost_ms)
		return false;
	b->level_ms -= b->cost_ms;
	return true;
}

struct candidates *candidates_new(void)
{
	struct candidates *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->known = full_bucket(CANDIDATES_KNOWN_RATE, CANDIDATES_KNOWN_BURST);
	c->stranger = full_bucket(CANDIDATES_STRANGER_RATE, CANDIDATES_STRANGER_BURST);
	return c;
}

void candidates_free(struct candidates *c)
{
	if (!c)
		return;
	free(c->by_eui);
	free(c->entry);
	free(c);
}

/* In their order: a flood of requests looks up thousands a second. */
static const struct eui64 *eui_at(const void *arg, size_t i)
{
	const struct candidates *c = arg;

	return &c->entry[c->by_eui[i]].eui;
}

static size_t rank_of(const struct candidates *c, const struct eui64 *eui)
{
	return eui64_place(eui, c->n, eui_at, c);
}

static struct candidate *find(const struct candidates *c, const struct eui64 *eui)
{
	size_t rank = rank_of(c, eui);
	struct candidate *e = rank < c->n ? &c->entry[c->by_eui[rank]] : NULL;

	return e && eui64_equal(&e->eui, eui) ? e : NULL;
}

const struct candidate *candidates_find(const struct candidates *c, const struct eui64 *eui)
{
	return find(c, eui);
}

static int make_room(struct candidates *c)
{
	size_t cap = c->cap ? c->cap * 2 : 16;
	struct candidate *entry;
	uint32_t *by_eui;

	if (c->n < c->cap)
		return 0;
	entry = realloc(c->entry, cap * sizeof(*entry));
	if (!entry)
		return -1;
	c->entry = entry;
	by_eui = realloc(c->by_eui, cap * sizeof(*by_eui));
	if (!by_eui)
		return -1;
	c->by_eui = by_eui;
	c->cap = cap;
	return 0;
}

/* Put the entry at `place`, that of `eui` from now on, into the order of `n` others. */
static void rank_in(struct candidates *c, size_t place, const struct eui64 *eui)
{
	size_t rank = rank_of(c, eui);

	memmove(&c->by_eui[rank + 1], &c->by_eui[rank], (c->n - rank) * sizeof(c->by_eui[0]));
	c->by_eui[rank] = (uint32_t)place;
	c->n++;
}

static void rank_out(struct candidates *c, const struct candidate *e)
{
	size_t rank = rank_of(c, &e->eui);

	c->n--;
	memmove(&c->by_eui[rank], &c->by_eui[rank + 1], (c->n - rank) * sizeof(c->by_eui[0]));
}

static size_t oldest_stranger(const struct candidates *c)
{
	size_t oldest = c->n;

	for (size_t i = 0; i < c->n; i++)
		if (!c->entry[i].known &&
		    (oldest == c->n || c->entry[i].last_ms < c->entry[oldest].last_ms))
			oldest = i;
	return oldest;
}

/* A place for a stranger: a free one, else that of the stranger heard longest ago. */
static int stranger_place(struct candidates *c, size_t *place)
{
	if (c->strangers >= CANDIDATES_MAX_STRANGERS) {
		*place = oldest_stranger(c);
		rank_out(c, &c->entry[*place]);
		return 0;
	}
	if (make_room(c) < 0)
		return -1;
	*place = c->n;
	c->strangers++;
	return 0;
}

static int known_place(struct candidates *c, size_t *place)
{
	if (c->n - c->strangers >= CANDIDATES_MAX_KNOWN || make_room(c) < 0)
		return -1;
	*place = c->n;
	return 0;
}

static struct candidate *new_entry(struct candidates *c, const struct eui64 *eui, bool known,
				   uint64_t now_ms)
{
	size_t place;

	if ((known ? known_place(c, &place) : stranger_place(c, &place)) < 0)
		return NULL;
	rank_in(c, place, eui);
	c->entry[place] = (struct candidate){.eui = *eui, .known = known, .first_ms = now_ms};
	return &c->entry[place];
}

/* Too soon after this device's last from that address, or after its last new address? */
static bool too_soon(const struct candidate *e, const struct in6_addr *src, uint64_t now_ms)
{
	const struct addrs_entry *a = addrs_find(&e->addrs, src);

	return now_ms - (a ? a->heard_ms : e->new_addr_ms) < CANDIDATES_EACH_MS;
}

static void set_known(struct candidates *c, struct candidate *e, bool known)
{
	if (e->known == known)
		return;
	e->known = known;
	if (known)
		c->strangers--;
	else
		c->strangers++;
}

static enum candidates_result take(struct candidates *c, const struct eui64 *eui, bool known,
				   const struct in6_addr *src, uint64_t now_ms)
{
	struct candidate *e = find(c, eui);

	if (!addrs_usable(src))
		return CANDIDATES_SOURCE;
	if (e && too_soon(e, src, now_ms))
		return CANDIDATES_EACH;
	if (!bucket_take(known ? &c->known : &c->stranger, now_ms))
		return CANDIDATES_ALL;
	if (!e && !(e = new_entry(c, eui, known, now_ms)))
		return CANDIDATES_NO_ROOM;
	set_known(c, e, known);
	if (!addrs_find(&e->addrs, src))
		e->new_addr_ms = now_ms;
	/* Only heard addresses here: there is always room. */
	addrs_put(&e->addrs, src, ADDRS_HEARD, now_ms);
	e->last_ms = now_ms;
	e->count++;
	return CANDIDATES_TAKEN;
}

enum candidates_result candidates_heard(struct candidates *c, const struct eui64 *eui, bool known,
					const struct in6_addr *src, uint64_t now_ms)
{
	enum candidates_result result = take(c, eui, known, src, now_ms);

	c->counted[result]++;
	return result;
}

uint64_t candidates_counted(const struct candidates *c, enum candidates_result result)
{
	return c->counted[result];
}

void candidates_set_known(struct candidates *c, const struct eui64 *eui, bool known)
{
	struct candidate *e = find(c, eui);

	if (e)
		set_known(c, e, known);
}

size_t candidates_count(const struct candidates *c)
{
	return c->n;
}

const struct candidate *candidates_at(const struct candidates *c, size_t i)
{
	return i < c->n ? &c->entry[i] : NULL;
}
