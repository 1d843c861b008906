/* SPDX-License-Identifier: ISC */
#include "link/policy_sync.h"

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_LIST 512 /* table entries looked at; more of somebody else's are found next time */

/* One pass. A pass for a wanted change is not drift: nothing is counted or logged. */
struct sync {
	struct policy *p;
	bool is_change;
	int repairs, err;
};

/* Something differs and has been (err 0) or could not be repaired. */
static void repaired(struct sync *s, enum policy_drift kind, const struct eui64 *eui, int err,
		     const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void repaired(struct sync *s, enum policy_drift kind, const struct eui64 *eui, int err,
		     const char *fmt, ...)
{
	char text[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (err && !s->err)
		s->err = err;
	if (err)
		log_error("policy", eui, "%s: %s; cannot repair: %s", policy_drift_name(kind), text,
			  strerror(-err));
	if (s->is_change || err)
		return;
	s->repairs++;
	s->p->drifts[kind]++;
	log_warn("policy", eui, "drift of %s repaired: %s", policy_drift_name(kind), text);
}

/* A list could not be read: nothing can be said about it. Returns true if so. */
static bool unreadable(struct sync *s, int err, const char *why)
{
	if (err >= 0)
		return false;
	log_error("policy", NULL, "cannot compare: %s", why);
	if (!s->err)
		s->err = err;
	return true;
}

static bool keyed(const struct policy *p)
{
	return p->n_keys > 0;
}

static const struct link_key *active_key(const struct policy *p)
{
	for (size_t i = 0; i < p->n_keys; i++) {
		if (p->key[i].active)
			return &p->key[i];
	}
	return NULL;
}

static const struct link_key *wanted_key(const struct policy *p, const struct llsec_key_id *id)
{
	for (size_t i = 0; i < p->n_keys; i++) {
		struct llsec_key_id have = policy_key_id(&p->key[i]);

		if (llsec_key_id_equal(&have, id))
			return &p->key[i];
	}
	return NULL;
}

static const struct policy_neighbour *wanted_neighbour(const struct policy *p,
						       const struct eui64 *eui)
{
	for (size_t i = 0; i < p->n_neighbours; i++) {
		if (eui64_equal(&p->neighbour[i].eui, eui))
			return &p->neighbour[i];
	}
	return NULL;
}

static void sync_programs(struct sync *s)
{
	int is = bslayer_attached(s->p->bsl);

	if (unreadable(s, is, bslayer_error(s->p->bsl)) || is)
		return;
	repaired(s, POLICY_DRIFT_PROGRAM, NULL, bslayer_attach(s->p->bsl), "not attached");
}

static void sync_keyed(struct sync *s)
{
	struct policy *p = s->p;
	struct bslayer_config c;

	if (unreadable(s, bslayer_get_config(p->bsl, &c), bslayer_error(p->bsl)))
		return;
	if (c.keyed != keyed(p))
		repaired(s, POLICY_DRIFT_CONFIG, NULL, bslayer_set_keyed(p->bsl, keyed(p)),
			 "keyed was %u", c.keyed);
}

static void sync_all_secured(struct sync *s)
{
	struct policy *p = s->p;
	struct bslayer_config c;

	if (unreadable(s, bslayer_get_config(p->bsl, &c), bslayer_error(p->bsl)))
		return;
	if (c.all_secured != p->all_secured)
		repaired(s, POLICY_DRIFT_CONFIG, NULL,
			 bslayer_set_all_secured(p->bsl, p->all_secured), "all_secured was %u",
			 c.all_secured);
}

static void sync_neighbours(struct sync *s)
{
	struct bslayer_neighbour_entry have[BSLAYER_MAX_NEIGHBOURS];
	const struct policy_neighbour *want;
	struct policy *p = s->p;
	int n = bslayer_list_neighbours(p->bsl, have, BSLAYER_MAX_NEIGHBOURS);
	bool seen[POLICY_MAX_NEIGHBOURS] = {false};

	if (unreadable(s, n, bslayer_error(p->bsl)))
		return;
	for (int i = 0; i < n; i++) {
		want = wanted_neighbour(p, &have[i].eui);
		if (!want) {
			repaired(s, POLICY_DRIFT_NEIGHBOUR, &have[i].eui,
				 bslayer_del_neighbour(p->bsl, &have[i].eui), "is none");
			continue;
		}
		seen[want - p->neighbour] = true;
		if (want->secured != have[i].secured || !eui64_is_zero(&have[i].key_source))
			repaired(s, POLICY_DRIFT_NEIGHBOUR, &want->eui,
				 bslayer_set_neighbour(p->bsl, &want->eui, want->secured, NULL),
				 "link was %s", have[i].secured ? "secured" : "not secured");
	}
	for (size_t i = 0; i < p->n_neighbours; i++) {
		want = &p->neighbour[i];
		if (!seen[i])
			repaired(s, POLICY_DRIFT_NEIGHBOUR, &want->eui,
				 bslayer_set_neighbour(p->bsl, &want->eui, want->secured, NULL),
				 "was missing");
	}
}

/* Is that what the neighbour has? */
static bool is_short_of(const struct policy_neighbour *n, uint16_t pan_id, uint16_t short_addr)
{
	return n->short_addr == short_addr &&
	       (n->short_addr == LLSEC_NO_SHORT || n->pan_id == pan_id);
}

/* First those that are nobody's or somebody else's, since each is only there once. */
static void sync_shorts(struct sync *s)
{
	struct bslayer_short_entry have[BSLAYER_MAX_NEIGHBOURS];
	struct policy *p = s->p;
	int n = bslayer_list_shorts(p->bsl, have, BSLAYER_MAX_NEIGHBOURS);
	bool seen[POLICY_MAX_NEIGHBOURS] = {false};

	if (unreadable(s, n, bslayer_error(p->bsl)))
		return;
	for (int i = 0; i < n; i++) {
		const struct policy_neighbour *want = wanted_neighbour(p, &have[i].eui);

		if (want && is_short_of(want, have[i].pan_id, have[i].short_addr))
			seen[want - p->neighbour] = true;
		else
			repaired(s, POLICY_DRIFT_SHORT, &have[i].eui,
				 bslayer_del_short(p->bsl, have[i].pan_id, have[i].short_addr),
				 "0x%04x is not its own", have[i].short_addr);
	}
	for (size_t i = 0; i < p->n_neighbours; i++) {
		const struct policy_neighbour *want = &p->neighbour[i];

		if (!seen[i] && want->short_addr != LLSEC_NO_SHORT)
			repaired(s, POLICY_DRIFT_SHORT, &want->eui,
				 bslayer_set_short(p->bsl, want->pan_id, want->short_addr,
						   &want->eui),
				 "0x%04x was missing", want->short_addr);
	}
}

static struct bslayer_key_entry map_key(const struct link_key *k)
{
	struct bslayer_key_entry e = {.mode = k->mode, .index = k->index};

	if (k->mode == LLSEC_INDEX_EXTENDED)
		e.source = k->source;
	return e;
}

static struct llsec_key_id map_key_id(const struct bslayer_key_entry *e)
{
	return (struct llsec_key_id){.mode = e->mode, .index = e->index, .source = e->source};
}

static void sync_map_keys(struct sync *s, bool removing)
{
	struct bslayer_key_entry have[BSLAYER_MAX_KEYS];
	struct policy *p = s->p;
	int n = bslayer_list_keys(p->bsl, have, BSLAYER_MAX_KEYS);
	bool seen[POLICY_MAX_KEYS] = {false};

	if (unreadable(s, n, bslayer_error(p->bsl)))
		return;
	for (int i = 0; i < n; i++) {
		struct llsec_key_id id = map_key_id(&have[i]);
		const struct link_key *want = wanted_key(p, &id);

		if (want)
			seen[want - p->key] = true;
		else if (removing)
			repaired(s, POLICY_DRIFT_MAP_KEY, NULL, bslayer_del_key(p->bsl, &have[i]),
				 "index %u is none", have[i].index);
	}
	for (size_t i = 0; i < p->n_keys && !removing; i++) {
		struct bslayer_key_entry e = map_key(&p->key[i]);

		if (!seen[i])
			repaired(s, POLICY_DRIFT_MAP_KEY, NULL, bslayer_add_key(p->bsl, &e),
				 "index %u was missing", e.index);
	}
}

static void clear_list(struct llsec_key *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		secret_clear(&list[i].key);
}

/* A key with other octets is replaced at once; there is no use in keeping it. */
static void add_llsec_keys(struct sync *s, const struct llsec_key *have, size_t n)
{
	struct policy *p = s->p;

	for (size_t i = 0; i < p->n_keys; i++) {
		struct llsec_key_id id = policy_key_id(&p->key[i]);
		char text[LLSEC_KEY_ID_TEXT];
		bool other = false;
		size_t j = 0;

		while (j < n && !llsec_key_id_equal(&have[j].id, &id))
			j++;
		if (j < n) {
			other = !secret_equal(&have[j].key, &p->key[i].key);
			if (!other)
				continue;
			llsec_del_key(p->llsec, &id);
		}
		repaired(s, POLICY_DRIFT_KEY, NULL, llsec_add_key(p->llsec, &id, &p->key[i].key),
			 "%s %s", llsec_key_id_format(&id, text),
			 other ? "had other octets" : "was missing");
	}
}

static void remove_llsec_keys(struct sync *s, const struct llsec_key *have, size_t n)
{
	char text[LLSEC_KEY_ID_TEXT];

	for (size_t i = 0; i < n; i++) {
		if (!wanted_key(s->p, &have[i].id))
			repaired(s, POLICY_DRIFT_KEY, NULL, llsec_del_key(s->p->llsec, &have[i].id),
				 "%s is none", llsec_key_id_format(&have[i].id, text));
	}
}

static void sync_llsec_keys(struct sync *s, bool removing)
{
	struct llsec_key have[BSLAYER_MAX_KEYS];
	size_t n;
	int err = llsec_list_keys(s->p->llsec, have, BSLAYER_MAX_KEYS, &n);

	if (n > BSLAYER_MAX_KEYS)
		n = BSLAYER_MAX_KEYS;
	if ((err == -ENOBUFS ? false : unreadable(s, err, llsec_error(s->p->llsec)))) {
		clear_list(have, n);
		return;
	}
	if (removing)
		remove_llsec_keys(s, have, n);
	else
		add_llsec_keys(s, have, n);
	clear_list(have, n);
}

/* Only one level entry, with the override (llsec.h says why); ours first, so that there is never
 * none. */
static void sync_levels(struct sync *s)
{
	struct llsec_seclevel have[16];
	struct bslayer_config c;
	struct policy *p = s->p;
	bool found = false;
	size_t n;

	if (unreadable(s, bslayer_get_config(p->bsl, &c), bslayer_error(p->bsl)) ||
	    unreadable(s, llsec_list_seclevels(p->llsec, have, 16, &n), llsec_error(p->llsec)))
		return;
	for (size_t i = 0; i < n; i++)
		found |= have[i].override && have[i].levels == c.levels && have[i].frame_type == 1;
	if (!found)
		repaired(s, POLICY_DRIFT_LEVEL, NULL, llsec_add_seclevel(p->llsec, c.levels),
			 "levels 0x%02x were missing", c.levels);
	for (size_t i = 0; i < n; i++) {
		if (have[i].override && have[i].levels == c.levels && have[i].frame_type == 1)
			continue;
		repaired(s, POLICY_DRIFT_LEVEL, NULL, llsec_del_seclevel(p->llsec, &have[i]),
			 "levels 0x%02x of frame type %u%s are none", have[i].levels,
			 have[i].frame_type, have[i].override ? "" : " without override");
	}
}

/* The lowest counter that is acceptable from `eui`: the highest authenticated one under any key and
 * one more, since a sender has one counter for all its keys. */
static uint32_t authenticated_next(const struct policy *p, const struct eui64 *eui, int n)
{
	uint32_t next = 0;

	for (int i = 0; i < n; i++) {
		if (eui64_equal(&p->counters[i].eui, eui) && p->counters[i].next > next)
			next = p->counters[i].next;
	}
	return next;
}

static int add_device(struct policy *p, const struct eui64 *eui, uint32_t next)
{
	const struct policy_neighbour *n = wanted_neighbour(p, eui);
	const struct llsec_dev dev = {.eui = *eui,
				      .pan_id = n ? n->pan_id : 0,
				      .short_addr = n ? n->short_addr : LLSEC_NO_SHORT,
				      .frame_counter = next};

	return llsec_add_dev(p->llsec, &dev);
}

static int replace_device(struct policy *p, const struct eui64 *eui, uint32_t next)
{
	int err = llsec_del_dev(p->llsec, eui);

	return err ? err : add_device(p, eui, next);
}

/* A device that is there. The kernel moves its counter before it has verified the frame; only what
 * the bootstrap layer saw authenticated is true. */
static void sync_device(struct sync *s, const struct llsec_dev *have, int n_counters)
{
	struct policy *p = s->p;
	uint32_t next = authenticated_next(p, &have->eui, n_counters);
	const struct policy_neighbour *want = wanted_neighbour(p, &have->eui);

	if (!want)
		repaired(s, POLICY_DRIFT_DEVICE, &have->eui, llsec_del_dev(p->llsec, &have->eui),
			 "is no neighbour");
	else if (have->exempt || have->key_mode != 0)
		repaired(s, POLICY_DRIFT_DEVICE, &have->eui, replace_device(p, &have->eui, next),
			 "exempt %d, key mode %u", have->exempt, have->key_mode);
	else if (!is_short_of(want, have->pan_id, have->short_addr))
		repaired(s, POLICY_DRIFT_DEVICE, &have->eui, replace_device(p, &have->eui, next),
			 "short address 0x%04x", have->short_addr);
	else if (have->frame_counter > next)
		repaired(s, POLICY_DRIFT_DEV_COUNTER, &have->eui,
			 replace_device(p, &have->eui, next), "was at %u, authenticated %u",
			 have->frame_counter, next);
}

/* Kernel's counters first, then the authenticated ones: a frame in between is no drift. */
static void sync_devices(struct sync *s)
{
	struct llsec_dev have[MAX_LIST];
	struct policy *p = s->p;
	bool seen[POLICY_MAX_NEIGHBOURS] = {false};
	size_t n;
	int n_counters;

	if (unreadable(s, llsec_list_devs(p->llsec, have, MAX_LIST, &n), llsec_error(p->llsec)))
		return;
	n_counters = bslayer_list_counters(p->bsl, p->counters, BSLAYER_MAX_COUNTERS);
	if (unreadable(s, n_counters, bslayer_error(p->bsl)))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct policy_neighbour *want = wanted_neighbour(p, &have[i].eui);

		if (want)
			seen[want - p->neighbour] = true;
		sync_device(s, &have[i], n_counters);
	}
	for (size_t i = 0; i < p->n_neighbours; i++) {
		const struct eui64 *eui = &p->neighbour[i].eui;

		if (!seen[i])
			repaired(s, POLICY_DRIFT_DEVICE, eui,
				 add_device(p, eui, authenticated_next(p, eui, n_counters)),
				 "was missing");
	}
}

/* What has left cannot be more than what was taken from the reserved block. */
static uint32_t counter_floor(const struct policy *p)
{
	int64_t left = bslayer_budget(p->bsl);

	return p->has_limit && left >= 0 && left <= p->limit ? (uint32_t)(p->limit - left) : 0;
}

/* Enabled with any key: a staged one receives. Sending needs an active one; without, level 0 has
 * the kernel build no auxiliary header, and the bootstrap layer drops what should have had one. */
static struct llsec_params wanted_params(const struct policy *p)
{
	const struct link_key *active = active_key(p);
	struct llsec_params w = {.enabled = keyed(p)};

	if (active) {
		w.level = active->level;
		w.key = policy_key_id(active);
	}
	return w;
}

static void sync_params(struct sync *s)
{
	struct policy *p = s->p;
	struct llsec_params have, want = wanted_params(p);
	unsigned int what = 0;

	if (unreadable(s, llsec_get_params(p->llsec, &have), llsec_error(p->llsec)))
		return;
	if (have.enabled != want.enabled)
		what |= LLSEC_SET_ENABLED;
	if (have.level != want.level)
		what |= LLSEC_SET_LEVEL;
	if (active_key(p) && !llsec_key_id_equal(&have.key, &want.key))
		what |= LLSEC_SET_KEY;
	if (!what)
		return;
	/* Nothing of it alone: the counter must be there with the first secured frame. */
	want.frame_counter = counter_floor(p);
	if (want.enabled && have.frame_counter < want.frame_counter)
		what |= LLSEC_SET_COUNTER;
	repaired(s, POLICY_DRIFT_PARAMS, NULL, llsec_set_params(p->llsec, &want, what),
		 "enabled %d level %u", have.enabled, have.level);
}

int policy_sync_counter(struct policy *p, uint32_t floor, uint32_t *next, bool *enabled)
{
	struct llsec_params params;
	int err = llsec_get_params(p->llsec, &params);

	if (err)
		return err;
	if (params.frame_counter < floor) {
		params.frame_counter = floor;
		err = llsec_set_params(p->llsec, &params, LLSEC_SET_ENABLED | LLSEC_SET_COUNTER);
	}
	*next = params.frame_counter;
	*enabled = params.enabled;
	if (!err)
		p->seen = params.frame_counter;
	return err;
}

/* The kernel's counter is read first: what leaves in between makes the sum smaller. Frames that are
 * lost on the way to the radio make it smaller too; but a counter never goes back. */
static void sync_counter(struct sync *s)
{
	struct policy *p = s->p;
	struct llsec_params have;
	int64_t excess;
	uint32_t next;
	bool enabled;

	if (!p->has_limit)
		return;
	if (unreadable(s, llsec_get_params(p->llsec, &have), llsec_error(p->llsec)))
		return;
	excess = (int64_t)have.frame_counter + bslayer_budget(p->bsl) - p->limit;
	if (excess > 0) {
		bslayer_add_budget(p->bsl, -excess);
		repaired(s, POLICY_DRIFT_BUDGET, NULL, 0, "%lld too large", (long long)excess);
	}
	if (have.frame_counter < p->seen)
		repaired(s, POLICY_DRIFT_COUNTER, NULL,
			 policy_sync_counter(p, counter_floor(p), &next, &enabled),
			 "was %u after %u", have.frame_counter, p->seen);
	else
		p->seen = have.frame_counter;
}

/* Counters of keys that are gone are kept against their return, while there is room. */
static void drop_old_counters(struct sync *s)
{
	struct policy *p = s->p;
	int n = bslayer_list_counters(p->bsl, p->counters, BSLAYER_MAX_COUNTERS);

	if (n < BSLAYER_MAX_COUNTERS / 2)
		return;
	for (int i = 0; i < n; i++) {
		struct llsec_key_id id = map_key_id(&p->counters[i].key);

		if (!wanted_key(p, &id))
			bslayer_del_counter(p->bsl, &p->counters[i].eui, &p->counters[i].key);
	}
}

/* The order that policy.h promises. */
static void sync_keys(struct sync *s)
{
	sync_map_keys(s, false);
	if (keyed(s->p))
		sync_keyed(s);
	sync_llsec_keys(s, false);
	sync_levels(s);
	sync_params(s);
	sync_llsec_keys(s, true);
	sync_map_keys(s, true);
	if (!keyed(s->p))
		sync_keyed(s);
}

int policy_sync_keys(struct policy *p)
{
	struct sync s = {.p = p, .is_change = true};

	sync_keys(&s);
	return s.err;
}

int policy_sync_all(struct policy *p)
{
	struct sync s = {.p = p};

	sync_programs(&s);
	if (s.err) /* without the programs, keys would have frames accepted that nobody judges */
		return s.err;
	sync_all_secured(&s);
	sync_neighbours(&s);
	sync_shorts(&s);
	sync_devices(&s);
	sync_counter(&s);
	sync_keys(&s);
	drop_old_counters(&s);
	return s.err ? s.err : s.repairs;
}

int policy_sync_neighbour(struct policy *p, const struct policy_neighbour *n, bool present)
{
	int dev_err, err, n_counters;

	if (!present) {
		if (n->short_addr != LLSEC_NO_SHORT)
			bslayer_del_short(p->bsl, n->pan_id, n->short_addr);
		err = bslayer_del_neighbour(p->bsl, &n->eui);
		dev_err = llsec_del_dev(p->llsec, &n->eui);
		err = err == -ENOENT ? 0 : err;
		return err || dev_err == -ENOENT ? err : dev_err;
	}
	err = bslayer_set_neighbour(p->bsl, &n->eui, n->secured, NULL);
	if (err)
		return err;
	n_counters = bslayer_list_counters(p->bsl, p->counters, BSLAYER_MAX_COUNTERS);
	dev_err = add_device(p, &n->eui, authenticated_next(p, &n->eui, n_counters));
	return dev_err == -EEXIST ? 0 : dev_err;
}

/* Both tables, each as far as it differs. */
int policy_sync_shorts(struct policy *p)
{
	struct sync s = {.p = p, .is_change = true};

	sync_shorts(&s);
	sync_devices(&s);
	return s.err;
}
