/* SPDX-License-Identifier: ISC */
#include "link/policy_dev.h"

#include "link/policy_short.h"
#include "link/policy_sync.h"

#include <errno.h>
#include <string.h>

/* Frames of one sender under one key that the kernel has counted and the bootstrap layer has not
 * seen yet, at once: a handful, were there many processors. */
#define IN_BETWEEN 16

/* Genuine frames of one sender that can have come while the programs were away, until somebody
 * looked: more than the radio carries in a second. */
#define UNJUDGED 1024

#define MAX_LIST 512 /* devices looked at; more of somebody else's are found next time */

/* In key identifier mode 3 a key is its source's alone. */
static bool may_send(const struct eui64 *eui, const struct link_key *k)
{
	return k->mode == LLSEC_INDEX || eui64_equal(&k->source, eui);
}

/* The lowest counter that is acceptable from this sender under this key. */
static int authenticated_next(struct policy *p, const struct eui64 *eui,
			      const struct llsec_key_id *id, uint32_t *next)
{
	const struct bslayer_key_entry key = {
		.mode = (uint8_t)id->mode, .index = id->index, .source = id->source};

	return bslayer_get_counter(p->bsl, eui, &key, next);
}

static int add_key(struct policy *p, const struct eui64 *eui, const struct llsec_key_id *id)
{
	struct llsec_devkey dk = {.eui = *eui, .id = *id};
	int err = authenticated_next(p, eui, id, &dk.frame_counter);

	return err ? err : llsec_add_devkey(p->llsec, &dk);
}

/* Frames of the sender under this key are refused in between; they are few microseconds. */
static int replace_key(struct policy *p, const struct llsec_devkey *have)
{
	int err = llsec_del_devkey(p->llsec, &have->eui, &have->id);

	return err ? err : add_key(p, &have->eui, &have->id);
}

static int add_device(struct policy *p, const struct eui64 *eui)
{
	const struct policy_neighbour *n = policy_wanted_neighbour(p, eui);
	const struct llsec_dev dev = {.eui = *eui,
				      .pan_id = n ? n->pan_id : 0,
				      .short_addr = n ? n->short_addr : LLSEC_NO_SHORT};

	return llsec_add_dev(p->llsec, &dev);
}

static void sync_device(struct policy_pass *pass, const struct llsec_dev *have)
{
	struct policy *p = pass->p;
	const struct policy_neighbour *want = policy_wanted_neighbour(p, &have->eui);
	int err;

	if (!want) {
		policy_pass_repaired(pass, POLICY_DRIFT_DEVICE, &have->eui,
				     llsec_del_dev(p->llsec, &have->eui), "is no neighbour");
	} else if (have->exempt || have->key_mode != LLSEC_DEV_RESTRICT ||
		   !policy_short_is(want, have->pan_id, have->short_addr)) {
		err = llsec_del_dev(p->llsec, &have->eui);
		policy_pass_repaired(pass, POLICY_DRIFT_DEVICE, &have->eui,
				     err ? err : policy_dev_add(p, &have->eui),
				     "exempt %d, key mode %u, short address 0x%04x", have->exempt,
				     have->key_mode, have->short_addr);
	}
}

void policy_dev_sync(struct policy_pass *pass)
{
	struct llsec_dev have[MAX_LIST];
	struct policy *p = pass->p;
	bool seen[POLICY_MAX_NEIGHBOURS] = {false};
	size_t n;
	int err = llsec_list_devs(p->llsec, have, MAX_LIST, &n);

	if (err != -ENOBUFS && policy_pass_unreadable(pass, err, llsec_error(p->llsec)))
		return;
	for (size_t i = 0; i < n && i < MAX_LIST; i++) {
		const struct policy_neighbour *want = policy_wanted_neighbour(p, &have[i].eui);

		if (want)
			seen[want - p->neighbour] = true;
		sync_device(pass, &have[i]);
	}
	for (size_t i = 0; i < p->n_neighbours; i++) {
		const struct eui64 *eui = &p->neighbour[i].eui;

		if (!seen[i])
			policy_pass_repaired(pass, POLICY_DRIFT_DEVICE, eui, policy_dev_add(p, eui),
					     "was missing");
	}
}

/* Is the kernel's counter one that a genuine frame cannot have left there? A little ahead it is
 * also while a frame is on its way; then it is only once that state was seen before, and nothing of
 * the sender was authenticated since. */
static bool is_forged(struct policy_pass *pass, uint32_t counter, uint32_t next, uint32_t *ahead)
{
	bool stands_still = *ahead == next + 1;

	*ahead = 0;
	if (counter <= next)
		return false;
	if (counter - next > IN_BETWEEN || stands_still)
		return true;
	*ahead = next + 1;
	pass->p->look_again = true;
	return false;
}

/* What came while the programs were away is used up: put back, it could be replayed. */
static bool use_up(struct policy_pass *pass, const struct llsec_devkey *have, uint32_t next)
{
	const struct bslayer_counter_entry c = {.eui = have->eui,
						.key = {.mode = (uint8_t)have->id.mode,
							.index = have->id.index,
							.source = have->id.source},
						.next = have->frame_counter};

	return have->frame_counter > next && have->frame_counter - next <= UNJUDGED &&
	       !bslayer_raise_counter(pass->p->bsl, &c);
}

/* Programs are asked for only where something is wrong: that is more work than all the rest. Before
 * the first full pass they are not this process's at all, and who started it knows. */
static bool is_blind(struct policy_pass *pass)
{
	if (pass->p->started)
		policy_pass_programs(pass);
	return pass->blind;
}

static void sync_counter(struct policy_pass *pass, const struct llsec_devkey *have, uint32_t *ahead)
{
	struct policy *p = pass->p;
	char text[LLSEC_KEY_ID_TEXT];
	uint32_t next;
	int err = authenticated_next(p, &have->eui, &have->id, &next);

	if (policy_pass_unreadable(pass, err, bslayer_error(p->bsl)))
		return;
	/* How many they are does not matter: of those, too, nobody saw one on its way. */
	if (pass->blind && use_up(pass, have, next))
		*ahead = 0;
	else if (is_forged(pass, have->frame_counter, next, ahead) &&
		 !(is_blind(pass) && use_up(pass, have, next)))
		policy_pass_repaired(pass, POLICY_DRIFT_DEV_COUNTER, &have->eui,
				     replace_key(p, have), "%s was at %u, authenticated %u",
				     llsec_key_id_format(&have->id, text), have->frame_counter,
				     next);
}

static void remove_key(struct policy_pass *pass, const struct llsec_devkey *have)
{
	char text[LLSEC_KEY_ID_TEXT];

	policy_pass_repaired(pass, POLICY_DRIFT_DEVICE_KEY, &have->eui,
			     llsec_del_devkey(pass->p->llsec, &have->eui, &have->id), "%s is none",
			     llsec_key_id_format(&have->id, text));
}

/* An entry that is not in the list: the kernel says so itself if it is there all the same. */
static void add_missing_key(struct policy_pass *pass, const struct eui64 *eui,
			    const struct link_key *k)
{
	struct llsec_key_id id = policy_key_id(k);
	char text[LLSEC_KEY_ID_TEXT];
	int err = add_key(pass->p, eui, &id);

	if (err != -EEXIST)
		policy_pass_repaired(pass, POLICY_DRIFT_DEVICE_KEY, eui, err, "%s was missing",
				     llsec_key_id_format(&id, text));
}

/* The kernel's counters were listed before the authenticated ones are read: a frame in between is
 * no drift. */
void policy_dev_sync_keys(struct policy_pass *pass)
{
	struct policy *p = pass->p;
	bool seen[POLICY_MAX_NEIGHBOURS][POLICY_MAX_KEYS] = {{false}};
	size_t n;
	int err = llsec_list_devkeys(p->llsec, p->devkey, POLICY_MAX_DEVKEYS, &n);

	p->look_again = false;
	if (err != -ENOBUFS && policy_pass_unreadable(pass, err, llsec_error(p->llsec))) {
		policy_pass_cut_off(pass);
		return;
	}
	for (size_t i = 0; i < n && i < POLICY_MAX_DEVKEYS; i++) {
		const struct llsec_devkey *have = &p->devkey[i];
		const struct policy_neighbour *nb = policy_wanted_neighbour(p, &have->eui);
		const struct link_key *key = policy_wanted_key(p, &have->id);

		if (!nb || !key || !may_send(&nb->eui, key)) {
			remove_key(pass, have);
			continue;
		}
		seen[nb - p->neighbour][key - p->key] = true;
		sync_counter(pass, have, &p->ahead[nb - p->neighbour][key - p->key]);
	}
	for (size_t i = 0; i < p->n_neighbours; i++) {
		for (size_t j = 0; j < p->n_keys; j++) {
			if (!seen[i][j] && may_send(&p->neighbour[i].eui, &p->key[j]))
				add_missing_key(pass, &p->neighbour[i].eui, &p->key[j]);
		}
	}
}

int policy_dev_add(struct policy *p, const struct eui64 *eui)
{
	int err = add_device(p, eui);

	for (size_t i = 0; i < p->n_keys && (!err || err == -EEXIST); i++) {
		struct llsec_key_id id = policy_key_id(&p->key[i]);

		if (may_send(eui, &p->key[i]))
			err = add_key(p, eui, &id);
	}
	return err == -EEXIST ? 0 : err;
}

int policy_dev_del(struct policy *p, const struct eui64 *eui)
{
	int err = llsec_del_dev(p->llsec, eui);

	return err == -ENOENT ? 0 : err;
}
