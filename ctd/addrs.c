/* SPDX-License-Identifier: ISC */
#include "addrs.h"

#include "link/backoff.h"

#include <string.h>

bool addrs_usable(const struct in6_addr *addr)
{
	return !IN6_IS_ADDR_UNSPECIFIED(addr) && !IN6_IS_ADDR_MULTICAST(addr) &&
	       !IN6_IS_ADDR_LINKLOCAL(addr) && !IN6_IS_ADDR_V4MAPPED(addr);
}

static struct addrs_entry *find(struct addrs *a, const struct in6_addr *addr)
{
	for (size_t i = 0; i < a->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&a->entry[i].addr, addr))
			return &a->entry[i];
	return NULL;
}

const struct addrs_entry *addrs_find(const struct addrs *a, const struct in6_addr *addr)
{
	for (size_t i = 0; i < a->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&a->entry[i].addr, addr))
			return &a->entry[i];
	return NULL;
}

/* Is `x` a better one to give up than `y`? */
static bool worse(const struct addrs_entry *x, const struct addrs_entry *y)
{
	if (x->failures != y->failures)
		return x->failures > y->failures;
	return x->heard_ms < y->heard_ms;
}

static struct addrs_entry *make_room(struct addrs *a)
{
	struct addrs_entry *victim = NULL;

	if (a->n < ADDRS_MAX)
		return &a->entry[a->n++];
	for (size_t i = 0; i < a->n; i++)
		if (a->entry[i].origin == ADDRS_HEARD && (!victim || worse(&a->entry[i], victim)))
			victim = &a->entry[i];
	return victim;
}

/* It may have moved, or been switched on: or somebody says so, who must not gain much by it. */
static void hurry(struct addrs *a, uint64_t now_ms)
{
	uint64_t soon_ms = now_ms + ADDRS_BACKOFF_MS;

	if (a->next_ms <= soon_ms || now_ms < a->hurry_ms)
		return;
	a->next_ms = soon_ms;
	a->hurry_ms = now_ms + ADDRS_BACKOFF_CAP_MS;
}

bool addrs_put(struct addrs *a, const struct in6_addr *addr, enum addrs_origin origin,
	       uint64_t now_ms)
{
	struct addrs_entry *e = find(a, addr);

	if (!e) {
		e = make_room(a);
		if (!e)
			return false;
		*e = (struct addrs_entry){.addr = *addr, .origin = origin};
	}
	e->heard_ms = now_ms;
	if (origin > e->origin)
		e->origin = origin;
	if (e->next_ms <= now_ms)
		hurry(a, now_ms);
	return true;
}

/* Is `x` a better one to try than `y`? */
static bool better(const struct addrs *a, const struct addrs_entry *x, const struct addrs_entry *y,
		   bool best_known)
{
	if (best_known && x->origin != y->origin)
		return x->origin > y->origin;
	if (a->failures % 2 == 0 && x->failures != y->failures)
		return x->failures < y->failures;
	return x->heard_ms > y->heard_ms;
}

const struct in6_addr *addrs_next(const struct addrs *a, uint64_t now_ms, bool known_first,
				  uint64_t *wait_ms)
{
	const struct addrs_entry *best = NULL;
	bool best_known = (known_first || a->failures > 0) && !a->known_failed;

	*wait_ms = UINT64_MAX;
	for (size_t i = 0; i < a->n; i++) {
		const struct addrs_entry *e = &a->entry[i];
		uint64_t next_ms = e->next_ms > a->next_ms ? e->next_ms : a->next_ms;
		if (next_ms > now_ms) {
			if (next_ms - now_ms < *wait_ms)
				*wait_ms = next_ms - now_ms;
		} else if (!best || better(a, e, best, best_known)) {
			best = e;
		}
	}
	if (!best)
		return NULL;
	*wait_ms = 0;
	return &best->addr;
}

static uint64_t back_off(uint64_t seed, uint32_t failures)
{
	return backoff_delay_ms(seed, failures, ADDRS_BACKOFF_MS, ADDRS_BACKOFF_CAP_MS);
}

void addrs_failed(struct addrs *a, const struct in6_addr *addr, uint64_t now_ms, uint64_t seed)
{
	struct addrs_entry *e = find(a, addr);

	a->failures++;
	a->next_ms = now_ms + back_off(seed, a->failures);
	a->known_failed = e && e->origin != ADDRS_HEARD;
	if (!e)
		return;
	e->failures++;
	e->next_ms = now_ms + back_off(seed, e->failures);
}

void addrs_reached(struct addrs *a, const struct in6_addr *addr)
{
	for (size_t i = 0; i < a->n; i++) {
		struct addrs_entry *e = &a->entry[i];
		bool this_one = IN6_ARE_ADDR_EQUAL(&e->addr, addr);
		if (e->origin == ADDRS_PROVEN && !this_one)
			e->origin = ADDRS_HEARD;
		if (e->origin == ADDRS_HEARD && this_one)
			e->origin = ADDRS_PROVEN;
	}
}

void addrs_proved(struct addrs *a, const struct in6_addr *addr)
{
	struct addrs_entry *e = find(a, addr);

	addrs_reached(a, addr);
	a->failures = 0;
	a->next_ms = a->hurry_ms = 0;
	a->known_failed = false;
	if (e) {
		e->failures = 0;
		e->next_ms = 0;
	}
}

void addrs_forget_configured(struct addrs *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->entry[i].origin == ADDRS_CONFIGURED)
			a->entry[i].origin = ADDRS_HEARD;
}

void addrs_retry_now(struct addrs *a)
{
	for (size_t i = 0; i < a->n; i++) {
		a->entry[i].failures = 0;
		a->entry[i].next_ms = 0;
	}
	a->failures = a->failures > 0;
	a->next_ms = 0;
}
