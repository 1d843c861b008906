/* SPDX-License-Identifier: ISC */
#include "jsr_fwd.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_UNITS 60000u /* milliseconds of a minute, see struct bucket */
#define MAX_DEVICES (JSR_FWD_MAX_ADMITTED + JSR_FWD_MAX_STRANGERS)

/* An address with the interface identifier made from the EUI-64 has a place of its own. */
#define OWN_SOURCE   0
#define FIRST_SOURCE 1

struct source {
	struct in6_addr addr;
	uint32_t forwarded; /* JSRs since it was quiet; 0: this place is free */
	uint64_t last_ms;   /* when the last of them was forwarded */
};

struct device {
	enum { UNUSED, STRANGER, ADMITTED } kind;
	struct eui64 eui;
	uint64_t last_ms; /* when a JSR of it was forwarded last */
	/* when an address of it may displace another one again */
	uint64_t next_displace_ms;
	struct source sources[JSR_FWD_MAX_SOURCES];
};

/* `rate_per_min` units flow in a millisecond. */
struct bucket {
	uint32_t rate_per_min;
	uint64_t full, units, filled_ms;
};

/* A newcomer that was refused because there was no token, or an address because its device had no
 * place. It outlives a stranger's entry, and so does its back-off. */
struct note {
	struct eui64 eui;
	struct in6_addr addr;
	uint32_t forwarded;
	uint64_t last_ms; /* when it was forwarded last, or noted */
};

struct jsr_fwd {
	struct evl *evl;
	struct jsr_fwd_conf conf;
	struct bucket newcomers, again;
	uint64_t counts[JSR_FWD_VERDICTS];
	size_t n_admitted, n_strangers;
	struct device devices[MAX_DEVICES];
	size_t n_notes, next_note; /* the oldest is overwritten */
	struct note notes[JSR_FWD_MAX_NOTES];
};

const struct jsr_fwd_conf jsr_fwd_default = {
	.rate_per_min = 120,
	.burst = 20,
	.reserve = 5,
	.again_per_min = 6000,
	.again_burst = 100,
};

static struct bucket full_bucket(uint32_t rate_per_min, uint32_t burst, uint64_t now_ms)
{
	uint64_t full = (uint64_t)burst * TOKEN_UNITS;

	return (struct bucket){rate_per_min, full, full, now_ms};
}

struct jsr_fwd *jsr_fwd_new(struct evl *evl, const struct jsr_fwd_conf *conf)
{
	struct jsr_fwd *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->evl = evl;
	f->conf = *conf;
	f->newcomers = full_bucket(conf->rate_per_min, conf->burst, evl_now_ms(evl));
	f->again = full_bucket(conf->again_per_min, conf->again_burst, evl_now_ms(evl));
	return f;
}

void jsr_fwd_free(struct jsr_fwd *f)
{
	free(f);
}

/* --- back-off --- */

/* The least time after the last of `forwarded` JSRs. */
static uint32_t gap_ms(uint32_t forwarded)
{
	uint32_t gap = JSR_FWD_FIRST_GAP_MS;

	for (uint32_t i = 1; i < forwarded && gap < JSR_FWD_MAX_GAP_MS; i++)
		gap *= 2;
	return gap < JSR_FWD_MAX_GAP_MS ? gap : JSR_FWD_MAX_GAP_MS;
}

/* --- buckets --- */

static void fill_bucket(struct bucket *b, uint64_t now_ms)
{
	uint64_t elapsed = now_ms - b->filled_ms;

	b->filled_ms = now_ms;
	/* Compared as times, so that no product can overflow. */
	if (elapsed > (b->full - b->units) / b->rate_per_min)
		b->units = b->full;
	else
		b->units += elapsed * b->rate_per_min;
}

/* Is there a token, beside `kept` of them? */
static bool has_token(struct bucket *b, uint32_t kept, uint64_t now_ms)
{
	fill_bucket(b, now_ms);
	return b->units >= ((uint64_t)kept + 1) * TOKEN_UNITS;
}

/* --- notes --- */

static struct note *find_note(struct jsr_fwd *f, const struct eui64 *eui,
			      const struct in6_addr *addr)
{
	for (size_t i = 0; i < f->n_notes; i++)
		if (eui64_equal(&f->notes[i].eui, eui) &&
		    IN6_ARE_ADDR_EQUAL(&f->notes[i].addr, addr))
			return &f->notes[i];
	return NULL;
}

static void make_note(struct jsr_fwd *f, const struct eui64 *eui, const struct in6_addr *addr,
		      uint64_t now_ms)
{
	f->notes[f->next_note] = (struct note){.eui = *eui, .addr = *addr, .last_ms = now_ms};
	f->next_note = (f->next_note + 1) % JSR_FWD_MAX_NOTES;
	if (f->n_notes < JSR_FWD_MAX_NOTES)
		f->n_notes++;
}

/* The note of one that has come again in due time. NULL for others; who is new is noted. */
static struct note *due_note(struct jsr_fwd *f, const struct eui64 *eui,
			     const struct in6_addr *addr, uint64_t now_ms)
{
	struct note *note = find_note(f, eui, addr);

	if (!note)
		make_note(f, eui, addr, now_ms);
	else if (now_ms - note->last_ms >= gap_ms(note->forwarded))
		return note;
	return NULL;
}

/* --- devices --- */

static struct device *find_device(struct jsr_fwd *f, const struct eui64 *eui)
{
	for (size_t i = 0; i < MAX_DEVICES; i++)
		if (f->devices[i].kind != UNUSED && eui64_equal(&f->devices[i].eui, eui))
			return &f->devices[i];
	return NULL;
}

static void drop_device(struct jsr_fwd *f, struct device *d)
{
	if (d->kind == ADMITTED)
		f->n_admitted--;
	else
		f->n_strangers--;
	*d = (struct device){.kind = UNUSED};
}

static void drop_quietest_stranger(struct jsr_fwd *f)
{
	struct device *quietest = NULL;

	for (size_t i = 0; i < MAX_DEVICES; i++) {
		struct device *d = &f->devices[i];
		if (d->kind == STRANGER && (!quietest || d->last_ms < quietest->last_ms))
			quietest = d;
	}
	drop_device(f, quietest);
}

/* An unused entry. There is one as long as neither kind has more than its share. */
static struct device *unused_device(struct jsr_fwd *f)
{
	size_t i = 0;

	while (f->devices[i].kind != UNUSED)
		i++;
	return &f->devices[i];
}

static struct device *add_stranger(struct jsr_fwd *f, const struct eui64 *eui)
{
	struct device *d;

	if (f->n_strangers == JSR_FWD_MAX_STRANGERS)
		drop_quietest_stranger(f);
	d = unused_device(f);
	*d = (struct device){.kind = STRANGER, .eui = *eui};
	f->n_strangers++;
	return d;
}

int jsr_fwd_admit(struct jsr_fwd *f, const struct eui64 *eui)
{
	struct device *d = find_device(f, eui);

	if (d && d->kind == ADMITTED)
		return 0;
	if (f->n_admitted == JSR_FWD_MAX_ADMITTED)
		return -ENOSPC;
	if (d) {
		f->n_strangers--;
	} else {
		d = unused_device(f);
		d->eui = *eui;
	}
	d->kind = ADMITTED;
	f->n_admitted++;
	return 0;
}

void jsr_fwd_dismiss(struct jsr_fwd *f, const struct eui64 *eui)
{
	struct device *d = find_device(f, eui);

	if (d && d->kind == ADMITTED)
		drop_device(f, d);
}

/* --- sources --- */

static bool in_prefix(const struct in6_addr *addr, const struct jsr_fwd_conf *conf)
{
	size_t octets = conf->prefix_len / 8;
	unsigned int bits = conf->prefix_len % 8;

	if (memcmp(addr, &conf->prefix, octets) != 0)
		return false;
	return bits == 0 ||
	       (addr->s6_addr[octets] ^ conf->prefix.s6_addr[octets]) >> (8 - bits) == 0;
}

/* JSR_FWD_FORWARD if nothing speaks against the address. */
static enum jsr_fwd_verdict judge_source(const struct jsr_fwd *f, const struct in6_addr *src)
{
	if (IN6_IS_ADDR_MULTICAST(src))
		return JSR_FWD_SRC_MULTICAST;
	if (IN6_IS_ADDR_LINKLOCAL(src))
		return JSR_FWD_SRC_LINK_LOCAL;
	if (IN6_IS_ADDR_UNSPECIFIED(src) || IN6_IS_ADDR_LOOPBACK(src) || IN6_IS_ADDR_V4MAPPED(src))
		return JSR_FWD_SRC_UNUSABLE;
	if (!in_prefix(src, &f->conf))
		return JSR_FWD_SRC_OUTSIDE;
	return JSR_FWD_FORWARD;
}

static bool is_free(const struct source *s, uint64_t now_ms)
{
	return s->forwarded == 0 || now_ms - s->last_ms >= JSR_FWD_QUIET_MS;
}

static bool made_from(const struct in6_addr *addr, const struct eui64 *eui)
{
	uint8_t iid[8];

	eui64_to_iid(eui, iid);
	return memcmp(&addr->s6_addr[8], iid, sizeof(iid)) == 0;
}

/* The first of the places that `addr` may have. */
static size_t first_place(const struct device *d, const struct in6_addr *addr)
{
	return made_from(addr, &d->eui) ? OWN_SOURCE : FIRST_SOURCE;
}

/* The place of `addr` among the sources of a device: the one it has, or a free one, cleared. NULL
 * if there is none. */
static struct source *find_source(struct device *d, const struct in6_addr *addr, uint64_t now_ms)
{
	struct source *place = NULL;

	for (size_t i = first_place(d, addr); i < JSR_FWD_MAX_SOURCES; i++) {
		struct source *s = &d->sources[i];
		if (is_free(s, now_ms))
			place = place ? place : s;
		else if (IN6_ARE_ADDR_EQUAL(&s->addr, addr))
			return s;
	}
	if (place)
		*place = (struct source){.addr = *addr};
	return place;
}

/* Of those that have a place which `addr` may have, the one of which least was forwarded, then the
 * one quiet longest. */
static struct source *least_source(struct device *d, const struct in6_addr *addr)
{
	struct source *least = &d->sources[first_place(d, addr)];

	for (struct source *s = least + 1; s < &d->sources[JSR_FWD_MAX_SOURCES]; s++)
		if (s->forwarded < least->forwarded ||
		    (s->forwarded == least->forwarded && s->last_ms < least->last_ms))
			least = s;
	return least;
}

/* The place of another one, cleared, for an address that has none. */
static struct source *displace_source(struct device *d, const struct in6_addr *addr,
				      uint64_t now_ms)
{
	struct source *s = least_source(d, addr);

	*s = (struct source){.addr = *addr};
	d->next_displace_ms = now_ms + JSR_FWD_DISPLACE_MS;
	return s;
}

static bool must_wait(const struct source *s, uint64_t now_ms)
{
	return s->forwarded > 0 && now_ms - s->last_ms < gap_ms(s->forwarded);
}

/* --- the verdict --- */

/* What lets a JSR pass: a token of this bucket (NULL: there is none), and the note by which it got
 * it, if it did. */
struct pass {
	struct bucket *from;
	struct note *note;
};

/* The pass of who was refused before and is due. */
static struct pass find_noted_pass(struct jsr_fwd *f, const struct eui64 *eui,
				   const struct in6_addr *src, uint64_t now_ms)
{
	struct note *note = due_note(f, eui, src, now_ms);

	if (note && has_token(&f->again, 0, now_ms))
		return (struct pass){&f->again, note};
	return (struct pass){NULL, NULL};
}

/* `d` is NULL for a newcomer, `s` for an address without place. Such a one is noted in any case,
 * also while it is too early to displace another. */
static struct pass find_pass(struct jsr_fwd *f, const struct eui64 *eui, const struct in6_addr *src,
			     const struct device *d, const struct source *s, uint64_t now_ms)
{
	struct bucket *known = d && d->kind == ADMITTED ? &f->newcomers : &f->again;
	struct pass noted;

	if (s)
		return (struct pass){.from = has_token(known, 0, now_ms) ? known : NULL};
	if (!d && has_token(&f->newcomers, f->conf.reserve, now_ms))
		return (struct pass){.from = &f->newcomers};
	noted = find_noted_pass(f, eui, src, now_ms);
	return d && now_ms < d->next_displace_ms ? (struct pass){NULL, NULL} : noted;
}

static void use_pass(const struct pass *pass, uint64_t now_ms)
{
	pass->from->units -= TOKEN_UNITS;
	if (!pass->note)
		return;
	pass->note->forwarded++;
	pass->note->last_ms = now_ms;
}

/* A stranger gets its entry after its token, so that the table of devices cannot be turned over
 * faster than the buckets fill. */
static enum jsr_fwd_verdict judge(struct jsr_fwd *f, const struct bsreq *req,
				  const struct in6_addr *src)
{
	enum jsr_fwd_verdict verdict = judge_source(f, src);
	struct device *d = find_device(f, &req->eui);
	uint64_t now_ms = evl_now_ms(f->evl);
	struct source *s = NULL;
	struct pass pass;

	if (verdict != JSR_FWD_FORWARD)
		return verdict;
	if (d)
		s = find_source(d, src, now_ms);
	if (s && must_wait(s, now_ms))
		return JSR_FWD_TOO_SOON;
	pass = find_pass(f, &req->eui, src, d, s, now_ms);
	if (!pass.from)
		return d && !s ? JSR_FWD_MANY_SOURCES : JSR_FWD_BUSY;
	if (f->conf.by_mesh && !f->conf.by_mesh(f->conf.arg, src))
		return JSR_FWD_SRC_NOT_BY_MESH;
	use_pass(&pass, now_ms);
	if (!d) {
		d = add_stranger(f, &req->eui);
		s = find_source(d, src, now_ms);
	} else if (!s) {
		s = displace_source(d, src, now_ms);
	}
	s->forwarded++;
	s->last_ms = d->last_ms = now_ms;
	return JSR_FWD_FORWARD;
}

enum jsr_fwd_verdict jsr_fwd_judge(struct jsr_fwd *f, const struct bsreq *req,
				   const struct in6_addr *src)
{
	enum jsr_fwd_verdict verdict = judge(f, req, src);

	f->counts[verdict]++;
	log_debug("jsr", &req->eui, "%s", jsr_fwd_verdict_name(verdict));
	return verdict;
}

uint64_t jsr_fwd_count(const struct jsr_fwd *f, enum jsr_fwd_verdict verdict)
{
	return f->counts[verdict];
}

const char *jsr_fwd_verdict_name(enum jsr_fwd_verdict verdict)
{
	static const char *const names[JSR_FWD_VERDICTS] = {
		[JSR_FWD_FORWARD] = "forwarded",
		[JSR_FWD_SRC_MULTICAST] = "multicast-source",
		[JSR_FWD_SRC_LINK_LOCAL] = "link-local-source",
		[JSR_FWD_SRC_UNUSABLE] = "unusable-source",
		[JSR_FWD_SRC_OUTSIDE] = "source-outside-mesh",
		[JSR_FWD_TOO_SOON] = "too-soon",
		[JSR_FWD_MANY_SOURCES] = "many-sources",
		[JSR_FWD_BUSY] = "busy",
		[JSR_FWD_SRC_NOT_BY_MESH] = "source-not-by-mesh",
	};
	return names[verdict];
}
