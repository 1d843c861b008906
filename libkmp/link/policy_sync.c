/* SPDX-License-Identifier: ISC */
#include "link/policy_sync.h"

#include "link/policy_counter.h"
#include "link/policy_dev.h"
#include "link/policy_short.h"

#include <errno.h>
#include <string.h>

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

static void sync_keyed(struct policy_pass *pass)
{
	struct policy *p = pass->p;
	struct bslayer_config c;

	if (policy_pass_unreadable(pass, bslayer_get_config(p->bsl, &c), bslayer_error(p->bsl)))
		return;
	if (c.keyed != keyed(p))
		policy_pass_repaired(pass, POLICY_DRIFT_CONFIG, NULL,
				     bslayer_set_keyed(p->bsl, keyed(p)), "keyed was %u", c.keyed);
}

static void sync_all_secured(struct policy_pass *pass)
{
	struct policy *p = pass->p;
	struct bslayer_config c;

	if (policy_pass_unreadable(pass, bslayer_get_config(p->bsl, &c), bslayer_error(p->bsl)))
		return;
	if (c.all_secured != p->all_secured)
		policy_pass_repaired(pass, POLICY_DRIFT_CONFIG, NULL,
				     bslayer_set_all_secured(p->bsl, p->all_secured),
				     "all_secured was %u", c.all_secured);
}

static void sync_neighbours(struct policy_pass *pass)
{
	struct bslayer_neighbour_entry have[BSLAYER_MAX_NEIGHBOURS];
	const struct policy_neighbour *want;
	struct policy *p = pass->p;
	int n = bslayer_list_neighbours(p->bsl, have, BSLAYER_MAX_NEIGHBOURS);
	bool seen[POLICY_MAX_NEIGHBOURS] = {false};

	if (policy_pass_unreadable(pass, n, bslayer_error(p->bsl)))
		return;
	for (int i = 0; i < n; i++) {
		want = policy_wanted_neighbour(p, &have[i].eui);
		if (!want) {
			policy_pass_repaired(pass, POLICY_DRIFT_NEIGHBOUR, &have[i].eui,
					     bslayer_del_neighbour(p->bsl, &have[i].eui),
					     "is none");
			continue;
		}
		seen[want - p->neighbour] = true;
		if (want->secured != have[i].secured)
			policy_pass_repaired(
				pass, POLICY_DRIFT_NEIGHBOUR, &want->eui,
				bslayer_set_neighbour(p->bsl, &want->eui, want->secured),
				"link was %s", have[i].secured ? "secured" : "not secured");
	}
	for (size_t i = 0; i < p->n_neighbours; i++) {
		want = &p->neighbour[i];
		if (!seen[i])
			policy_pass_repaired(
				pass, POLICY_DRIFT_NEIGHBOUR, &want->eui,
				bslayer_set_neighbour(p->bsl, &want->eui, want->secured),
				"was missing");
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

static void sync_map_keys(struct policy_pass *pass, bool removing)
{
	struct bslayer_key_entry have[BSLAYER_MAX_KEYS];
	struct policy *p = pass->p;
	int n = bslayer_list_keys(p->bsl, have, BSLAYER_MAX_KEYS);
	bool seen[POLICY_MAX_KEYS] = {false};

	if (policy_pass_unreadable(pass, n, bslayer_error(p->bsl)))
		return;
	for (int i = 0; i < n; i++) {
		struct llsec_key_id id = map_key_id(&have[i]);
		const struct link_key *want = policy_wanted_key(p, &id);

		if (want)
			seen[want - p->key] = true;
		else if (removing)
			policy_pass_repaired(pass, POLICY_DRIFT_MAP_KEY, NULL,
					     bslayer_del_key(p->bsl, &have[i]), "index %u is none",
					     have[i].index);
	}
	for (size_t i = 0; i < p->n_keys && !removing; i++) {
		struct bslayer_key_entry e = map_key(&p->key[i]);

		if (!seen[i])
			policy_pass_repaired(pass, POLICY_DRIFT_MAP_KEY, NULL,
					     bslayer_add_key(p->bsl, &e), "index %u was missing",
					     e.index);
	}
}

static void clear_list(struct llsec_key *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		secret_clear(&list[i].key);
}

/* A key with other octets is replaced at once; there is no use in keeping it. */
static void add_llsec_keys(struct policy_pass *pass, const struct llsec_key *have, size_t n)
{
	struct policy *p = pass->p;

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
		policy_pass_repaired(pass, POLICY_DRIFT_KEY, NULL,
				     llsec_add_key(p->llsec, &id, &p->key[i].key), "%s %s",
				     llsec_key_id_format(&id, text),
				     other ? "had other octets" : "was missing");
	}
}

static void remove_llsec_keys(struct policy_pass *pass, const struct llsec_key *have, size_t n)
{
	char text[LLSEC_KEY_ID_TEXT];

	for (size_t i = 0; i < n; i++) {
		if (!policy_wanted_key(pass->p, &have[i].id))
			policy_pass_repaired(pass, POLICY_DRIFT_KEY, NULL,
					     llsec_del_key(pass->p->llsec, &have[i].id),
					     "%s is none", llsec_key_id_format(&have[i].id, text));
	}
}

static void sync_llsec_keys(struct policy_pass *pass, bool removing)
{
	struct llsec_key have[BSLAYER_MAX_KEYS] = {{.id = {.mode = 0}}};
	size_t n;
	int err = llsec_list_keys(pass->p->llsec, have, BSLAYER_MAX_KEYS, &n);

	if (n > BSLAYER_MAX_KEYS)
		n = BSLAYER_MAX_KEYS;
	if (err != -ENOBUFS && policy_pass_unreadable(pass, err, llsec_error(pass->p->llsec)))
		n = 0;
	else if (removing)
		remove_llsec_keys(pass, have, n);
	else
		add_llsec_keys(pass, have, n);
	clear_list(have, BSLAYER_MAX_KEYS);
}

/* Only one level entry, with the override (llsec.h says why); ours first, so that there is never
 * none. */
static void sync_levels(struct policy_pass *pass)
{
	struct llsec_seclevel have[16];
	struct bslayer_config c;
	struct policy *p = pass->p;
	bool found = false;
	size_t n;

	if (policy_pass_unreadable(pass, bslayer_get_config(p->bsl, &c), bslayer_error(p->bsl)) ||
	    policy_pass_unreadable(pass, llsec_list_seclevels(p->llsec, have, 16, &n),
				   llsec_error(p->llsec)))
		return;
	for (size_t i = 0; i < n; i++)
		found |= have[i].override && have[i].levels == c.levels && have[i].frame_type == 1;
	if (!found)
		policy_pass_repaired(pass, POLICY_DRIFT_LEVEL, NULL,
				     llsec_add_seclevel(p->llsec, c.levels),
				     "levels 0x%02x were missing", c.levels);
	for (size_t i = 0; i < n; i++) {
		if (have[i].override && have[i].levels == c.levels && have[i].frame_type == 1)
			continue;
		policy_pass_repaired(
			pass, POLICY_DRIFT_LEVEL, NULL, llsec_del_seclevel(p->llsec, &have[i]),
			"levels 0x%02x of frame type %u%s are none", have[i].levels,
			have[i].frame_type, have[i].override ? "" : " without override");
	}
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

static void sync_params(struct policy_pass *pass)
{
	struct policy *p = pass->p;
	struct llsec_params have, want = wanted_params(p);
	unsigned int what = 0;

	if (policy_pass_unreadable(pass, llsec_get_params(p->llsec, &have), llsec_error(p->llsec)))
		return;
	if (have.enabled != want.enabled)
		what |= LLSEC_SET_ENABLED;
	if (have.level != want.level)
		what |= LLSEC_SET_LEVEL;
	if (active_key(p) && !llsec_key_id_equal(&have.key, &want.key))
		what |= LLSEC_SET_KEY;
	if (!what)
		return;
	/* The counter must be there with the first secured frame. While frames are leaving it must
	 * not be written: it may pass what was read. */
	want.frame_counter = policy_counter_floor(p);
	if (want.enabled && !have.enabled && have.frame_counter < want.frame_counter)
		what |= LLSEC_SET_COUNTER;
	policy_pass_repaired(pass, POLICY_DRIFT_PARAMS, NULL,
			     llsec_set_params(p->llsec, &want, what), "enabled %d level %u",
			     have.enabled, have.level);
}

/* Counters of keys that are gone are kept against their return, while there is room. */
static void drop_old_counters(struct policy_pass *pass)
{
	struct policy *p = pass->p;
	int n = bslayer_list_counters(p->bsl, p->counters, BSLAYER_MAX_COUNTERS);

	if (n < BSLAYER_MAX_COUNTERS / 2)
		return;
	for (int i = 0; i < n; i++) {
		struct llsec_key_id id = map_key_id(&p->counters[i].key);

		if (!policy_wanted_key(p, &id))
			bslayer_del_counter(p->bsl, &p->counters[i].eui, &p->counters[i].key);
	}
}

/* The order that policy.h promises. */
static void sync_keys(struct policy_pass *pass)
{
	sync_map_keys(pass, false);
	if (keyed(pass->p))
		sync_keyed(pass);
	sync_llsec_keys(pass, false);
	policy_dev_sync_keys(pass);
	sync_levels(pass);
	sync_params(pass);
	sync_llsec_keys(pass, true);
	sync_map_keys(pass, true);
	if (!keyed(pass->p))
		sync_keyed(pass);
}

int policy_sync_keys(struct policy *p)
{
	struct policy_pass pass = policy_pass_begin(p, true);

	sync_keys(&pass);
	return pass.err;
}

int policy_sync_all(struct policy *p)
{
	struct policy_pass pass;

	p->started = true;
	p->forged_said = false;
	pass = policy_pass_begin(p, false);
	policy_pass_programs(&pass);
	if (pass.err) { /* without the programs, keys would have frames accepted unjudged */
		policy_pass_cut_off(&pass);
		return pass.err;
	}
	sync_all_secured(&pass);
	sync_neighbours(&pass);
	policy_short_sync(&pass);
	policy_dev_sync(&pass);
	policy_counter_sync(&pass);
	sync_keys(&pass);
	drop_old_counters(&pass);
	return pass.err ? pass.err : pass.repairs;
}

int policy_sync_counters(struct policy *p)
{
	struct policy_pass pass = policy_pass_begin(p, false);

	policy_dev_sync_keys(&pass);
	policy_counter_sync(&pass);
	return pass.err ? pass.err : pass.repairs;
}

int policy_sync_neighbour(struct policy *p, const struct policy_neighbour *n, bool present)
{
	int dev_err, err;

	if (present) {
		err = bslayer_set_neighbour(p->bsl, &n->eui, n->secured);
		return err ? err : policy_dev_add(p, &n->eui);
	}
	if (n->short_addr != LLSEC_NO_SHORT)
		bslayer_del_short(p->bsl, n->pan_id, n->short_addr);
	err = bslayer_del_neighbour(p->bsl, &n->eui);
	dev_err = policy_dev_del(p, &n->eui);
	return err && err != -ENOENT ? err : dev_err;
}
