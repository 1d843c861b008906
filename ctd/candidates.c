/* SPDX-License-Identifier: ISC */
#include "candidates.h"

#include <stdlib.h>

#define MS_A_TOKEN(rate) (1000 / (rate))

/* Tokens in milliseconds: one request costs `cost_ms` of the time that has passed. */
struct bucket {
	uint64_t cost_ms, cap_ms;
	uint64_t level_ms, filled_ms;
};

struct candidates {
	struct candidate *entry;
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
	free(c->entry);
	free(c);
}

static struct candidate *find(const struct candidates *c, const struct eui64 *eui)
{
	for (size_t i = 0; i < c->n; i++)
		if (eui64_equal(&c->entry[i].eui, eui))
			return &c->entry[i];
	return NULL;
}

const struct candidate *candidates_find(const struct candidates *c, const struct eui64 *eui)
{
	return find(c, eui);
}

static struct candidate *grow(struct candidates *c)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 16;
		struct candidate *entry = realloc(c->entry, cap * sizeof(*entry));
		if (!entry)
			return NULL;
		c->entry = entry;
		c->cap = cap;
	}
	return &c->entry[c->n++];
}

/* The place of a stranger: a free one, else that of the stranger heard longest ago. */
static struct candidate *stranger_place(struct candidates *c)
{
	struct candidate *oldest = NULL;

	if (c->strangers < CANDIDATES_MAX_STRANGERS) {
		struct candidate *e = grow(c);
		c->strangers += e != NULL;
		return e;
	}
	for (size_t i = 0; i < c->n; i++)
		if (!c->entry[i].known && (!oldest || c->entry[i].last_ms < oldest->last_ms))
			oldest = &c->entry[i];
	return oldest;
}

static struct candidate *new_entry(struct candidates *c, const struct eui64 *eui, bool known,
				   uint64_t now_ms)
{
	struct candidate *e = NULL;

	if (!known)
		e = stranger_place(c);
	else if (c->n - c->strangers < CANDIDATES_MAX_KNOWN)
		e = grow(c);
	if (e)
		*e = (struct candidate){.eui = *eui, .known = known, .first_ms = now_ms};
	return e;
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
