/* SPDX-License-Identifier: ISC */
#include "link/policy.h"

#include "link/policy_short.h"
#include "link/policy_sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int policy_new(struct policy **out, struct llsec *llsec, struct bslayer *bsl)
{
	struct policy *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (!p)
		return -ENOMEM;
	p->counters = calloc(BSLAYER_MAX_COUNTERS, sizeof(*p->counters));
	p->devkey = calloc(POLICY_MAX_DEVKEYS, sizeof(*p->devkey));
	if (!p->counters || !p->devkey) {
		policy_free(p);
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
	free(p->devkey);
	free(p);
}

void policy_set_unjudged(struct policy *p)
{
	p->unjudged = true;
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

const struct link_key *policy_wanted_key(const struct policy *p, const struct llsec_key_id *id)
{
	for (size_t i = 0; i < p->n_keys; i++) {
		struct llsec_key_id have = policy_key_id(&p->key[i]);

		if (llsec_key_id_equal(&have, id))
			return &p->key[i];
	}
	return NULL;
}

/* Where a neighbour is in the list; at its end: there is none. */
static size_t find(const struct policy *p, const struct eui64 *eui)
{
	size_t i = 0;

	while (i < p->n_neighbours && !eui64_equal(&p->neighbour[i].eui, eui))
		i++;
	return i;
}

const struct policy_neighbour *policy_wanted_neighbour(const struct policy *p,
						       const struct eui64 *eui)
{
	size_t i = find(p, eui);

	return i < p->n_neighbours ? &p->neighbour[i] : NULL;
}

int policy_set_neighbour(struct policy *p, const struct eui64 *eui, bool secured)
{
	size_t i = find(p, eui);

	if (i == POLICY_MAX_NEIGHBOURS)
		return -ENOSPC;
	if (i == p->n_neighbours)
		p->neighbour[p->n_neighbours++] =
			(struct policy_neighbour){.eui = *eui, .short_addr = LLSEC_NO_SHORT};
	p->neighbour[i].secured = secured;
	return policy_sync_neighbour(p, &p->neighbour[i], true);
}

int policy_del_neighbour(struct policy *p, const struct eui64 *eui)
{
	size_t i = find(p, eui);
	struct policy_neighbour gone;

	if (i == p->n_neighbours)
		return -ENOENT;
	gone = p->neighbour[i];
	p->neighbour[i] = p->neighbour[--p->n_neighbours];
	return policy_sync_neighbour(p, &gone, false);
}

int policy_set_short(struct policy *p, const struct eui64 *eui, uint16_t pan_id,
		     const uint16_t *short_addr)
{
	size_t i = find(p, eui);

	if (i == p->n_neighbours)
		return -ENOENT;
	p->neighbour[i].pan_id = pan_id;
	p->neighbour[i].short_addr = short_addr ? *short_addr : LLSEC_NO_SHORT;
	return policy_short_apply(p);
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

static bool same_key(const struct bslayer_key_entry *a, const struct bslayer_key_entry *b)
{
	return a->mode == b->mode && a->index == b->index && eui64_equal(&a->source, &b->source);
}

int policy_forget_counters(struct policy *p, const struct bslayer_key_entry *key)
{
	int err = 0, n = bslayer_list_counters(p->bsl, p->counters, BSLAYER_MAX_COUNTERS);

	for (int i = 0; i < n && !err; i++)
		if (same_key(&p->counters[i].key, key))
			err = bslayer_del_counter(p->bsl, &p->counters[i].eui, key);
	return n < 0 ? n : err;
}

int policy_reconcile(struct policy *p)
{
	return policy_sync_all(p);
}

int policy_check_counters(struct policy *p, bool *again)
{
	int rc = policy_sync_counters(p);

	*again = p->look_again;
	return rc;
}

uint64_t policy_drifts(const struct policy *p, enum policy_drift d)
{
	return p->drifts[d];
}

const char *policy_drift_name(enum policy_drift d)
{
	static const char *const names[POLICY_N_DRIFTS] = {[POLICY_DRIFT_PROGRAM] = "program",
							   [POLICY_DRIFT_CONFIG] = "config",
							   [POLICY_DRIFT_NEIGHBOUR] = "neighbour",
							   [POLICY_DRIFT_SHORT] = "short-address",
							   [POLICY_DRIFT_MAP_KEY] = "map-key",
							   [POLICY_DRIFT_KEY] = "key",
							   [POLICY_DRIFT_DEVICE] = "device",
							   [POLICY_DRIFT_DEVICE_KEY] = "device-key",
							   [POLICY_DRIFT_DEV_COUNTER] =
								   "device-counter",
							   [POLICY_DRIFT_LEVEL] = "level",
							   [POLICY_DRIFT_PARAMS] = "params",
							   [POLICY_DRIFT_COUNTER] = "counter",
							   [POLICY_DRIFT_BUDGET] = "budget"};

	return names[d];
}
