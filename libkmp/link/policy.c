/* SPDX-License-Identifier: ISC */
#include "link/policy.h"

#include "link/policy_sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Frames that may wait in the queue of wpanN, already paid from the budget and not yet counted by
 * the kernel (tx_queue_len 300 and what is on the way). */
#define QUEUE_SLACK 512

int policy_new(struct policy **out, struct llsec *llsec, struct bslayer *bsl)
{
	struct policy *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (!p)
		return -ENOMEM;
	p->counters = calloc(BSLAYER_MAX_COUNTERS, sizeof(*p->counters));
	if (!p->counters) {
		free(p);
		return -ENOMEM;
	}
	p->llsec = llsec;
	p->bsl = bsl;
	*out = p;
	return 0;
}

static void clear_keys(struct policy *p)
{
	for (size_t i = 0; i < p->n_keys; i++)
		secret_clear(&p->key[i].key);
	p->n_keys = 0;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	clear_keys(p);
	free(p->counters);
	free(p);
}

struct llsec_key_id policy_key_id(const struct link_key *k)
{
	struct llsec_key_id id = {.mode = k->mode, .index = k->index};

	if (id.mode == LLSEC_INDEX_EXTENDED)
		id.source = k->source;
	return id;
}

/* Is key `i` one that can be installed, with an id of its own? */
static bool key_valid(const struct link_key *keys, size_t i)
{
	const struct link_key *k = &keys[i];
	struct llsec_key_id id = policy_key_id(k), other;

	if ((k->mode != LLSEC_INDEX && k->mode != LLSEC_INDEX_EXTENDED) || k->index == 0 ||
	    k->level > 7 || (BSLAYER_LEVELS_NO_MIC & 1 << k->level) || k->key.len != LLSEC_KEY_LEN)
		return false;
	for (size_t j = 0; j < i; j++) {
		other = policy_key_id(&keys[j]);
		if (llsec_key_id_equal(&id, &other) || (k->active && keys[j].active))
			return false;
	}
	return true;
}

int policy_set_keys(struct policy *p, const struct link_key *keys, size_t n)
{
	if (n > POLICY_MAX_KEYS)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (!key_valid(keys, i))
			return -EINVAL;
	}
	clear_keys(p);
	if (n)
		memcpy(p->key, keys, n * sizeof(*keys));
	p->n_keys = n;
	return policy_sync_keys(p);
}

static struct policy_neighbour *find(struct policy *p, const struct eui64 *eui)
{
	for (size_t i = 0; i < p->n_neighbours; i++) {
		if (eui64_equal(&p->neighbour[i].eui, eui))
			return &p->neighbour[i];
	}
	return NULL;
}

int policy_set_neighbour(struct policy *p, const struct eui64 *eui, bool secured)
{
	struct policy_neighbour *n = find(p, eui);

	if (!n) {
		if (p->n_neighbours == POLICY_MAX_NEIGHBOURS)
			return -ENOSPC;
		n = &p->neighbour[p->n_neighbours++];
		n->eui = *eui;
		n->short_addr = LLSEC_NO_SHORT;
	}
	n->secured = secured;
	return policy_sync_neighbour(p, n, true);
}

int policy_del_neighbour(struct policy *p, const struct eui64 *eui)
{
	struct policy_neighbour *n = find(p, eui), gone;

	if (!n)
		return -ENOENT;
	gone = *n;
	*n = p->neighbour[--p->n_neighbours];
	return policy_sync_neighbour(p, &gone, false);
}

int policy_set_short(struct policy *p, const struct eui64 *eui, uint16_t pan_id,
		     const uint16_t *short_addr)
{
	struct policy_neighbour *n = find(p, eui);

	if (!n)
		return -ENOENT;
	n->pan_id = pan_id;
	n->short_addr = short_addr ? *short_addr : LLSEC_NO_SHORT;
	return policy_sync_shorts(p);
}

int policy_set_all_secured(struct policy *p, bool all_secured)
{
	p->all_secured = all_secured;
	return bslayer_set_all_secured(p->bsl, all_secured);
}

int policy_raise_counter(struct policy *p, const struct bslayer_counter_entry *c)
{
	return bslayer_raise_counter(p->bsl, c);
}

int policy_list_counters(struct policy *p, struct bslayer_counter_entry *out, size_t max)
{
	return bslayer_list_counters(p->bsl, out, max);
}

/* The kernel's counter can only be read and then written, while frames may be leaving. So the
 * budget is taken away first: then no more can leave than what was paid for, and a counter that is
 * not below that is no step back whatever is on its way in between. At the start what is in the map
 * belongs to a daemon before this one, whose block lies below `floor` or has the counter in it. */
int policy_set_counter(struct policy *p, uint32_t floor, uint32_t limit)
{
	int64_t left = bslayer_set_budget(p->bsl, 0);
	uint32_t next;
	bool enabled;
	int err;

	if (p->has_limit && left <= p->limit && (int64_t)floor < p->limit - left)
		floor = (uint32_t)(p->limit - left);
	err = policy_sync_counter(p, floor, &next, &enabled);
	if (err) {
		bslayer_add_budget(p->bsl, left);
		return err;
	}
	left = (int64_t)limit - next - (enabled ? QUEUE_SLACK : 0);
	p->limit = limit;
	p->has_limit = true;
	bslayer_set_budget(p->bsl, left > 0 ? left : 0);
	return 0;
}

int policy_extend_counter(struct policy *p, uint32_t limit)
{
	if (!p->has_limit || limit < p->limit)
		return -EINVAL;
	bslayer_add_budget(p->bsl, (int64_t)limit - p->limit);
	p->limit = limit;
	return 0;
}

int policy_counter(struct policy *p, uint32_t *next)
{
	struct llsec_params params;
	int err = llsec_get_params(p->llsec, &params);

	*next = params.frame_counter;
	return err;
}

int64_t policy_counter_left(const struct policy *p)
{
	return bslayer_budget(p->bsl);
}

int policy_reconcile(struct policy *p)
{
	return policy_sync_all(p);
}

uint64_t policy_drifts(const struct policy *p, enum policy_drift d)
{
	return p->drifts[d];
}

const char *policy_drift_name(enum policy_drift d)
{
	static const char *const names[POLICY_N_DRIFTS] = {
		[POLICY_DRIFT_PROGRAM] = "program",
		[POLICY_DRIFT_CONFIG] = "config",
		[POLICY_DRIFT_NEIGHBOUR] = "neighbour",
		[POLICY_DRIFT_SHORT] = "short-address",
		[POLICY_DRIFT_MAP_KEY] = "map-key",
		[POLICY_DRIFT_KEY] = "key",
		[POLICY_DRIFT_DEVICE] = "device",
		[POLICY_DRIFT_DEV_COUNTER] = "device-counter",
		[POLICY_DRIFT_LEVEL] = "level",
		[POLICY_DRIFT_PARAMS] = "params",
		[POLICY_DRIFT_COUNTER] = "counter",
		[POLICY_DRIFT_BUDGET] = "budget"};

	return names[d];
}
