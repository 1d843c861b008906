/* SPDX-License-Identifier: ISC */
#include "policy_kernel.h"

#include "link/txqueue.h"

#include <errno.h>
#include <string.h>

#define K (&policy_kernel)

struct policy_kernel policy_kernel;

void policy_kernel_reset(void)
{
	memset(K, 0, sizeof(*K));
	K->attached = true;
	K->config.levels = BSLAYER_LEVELS_DEFAULT;
	K->config.wpan_ifindex = 7;
}

void policy_kernel_pay(void)
{
	if (K->budget > 0) {
		K->budget--;
		K->queued++;
	}
}

void policy_kernel_encrypt(void)
{
	if (K->queued == 0)
		return;
	K->queued--;
	if (K->params.enabled)
		K->params.frame_counter++;
}

void policy_kernel_drop(void)
{
	if (K->queued > 0)
		K->queued--;
}

/* --- arrays --- */

#define REMOVE(array, n, i) ((array)[i] = (array)[--(n)])

/* --- llsec --- */

const char *llsec_error(const struct llsec *h)
{
	(void)h;
	return "netlink fails";
}

int llsec_get_params(struct llsec *h, struct llsec_params *p)
{
	(void)h;
	if (K->fail)
		return K->fail;
	*p = K->params;
	if (K->on_get)
		K->on_get();
	return 0;
}

int llsec_set_params(struct llsec *h, const struct llsec_params *p, unsigned int what)
{
	(void)h;
	if (K->fail)
		return K->fail;
	K->sets++;
	K->last_set_before = K->params.frame_counter;
	if (what & LLSEC_SET_ENABLED) {
		K->params.enabled = p->enabled;
		K->deaf |= p->enabled && (!K->config.keyed || K->n_map_keys == 0);
	}
	if (what & LLSEC_SET_LEVEL)
		K->params.level = p->level;
	if (what & LLSEC_SET_KEY)
		K->params.key = p->key;
	if (what & LLSEC_SET_COUNTER)
		K->params.frame_counter = p->frame_counter;
	return 0;
}

static size_t key_at(const struct llsec_key_id *id)
{
	size_t i = 0;

	while (i < K->n_keys && !llsec_key_id_equal(&K->key[i].id, id))
		i++;
	return i;
}

int llsec_add_key(struct llsec *h, const struct llsec_key_id *id, const struct secret *key)
{
	(void)h;
	if (K->fail)
		return K->fail;
	if (key_at(id) < K->n_keys)
		return -EEXIST;
	K->key[K->n_keys++] = (struct llsec_key){.id = *id, .key = *key};
	return 0;
}

int llsec_del_key(struct llsec *h, const struct llsec_key_id *id)
{
	size_t i = key_at(id);

	(void)h;
	if (i == K->n_keys)
		return -ENOENT;
	REMOVE(K->key, K->n_keys, i);
	return 0;
}

static int list(void *out, const void *from, size_t size, size_t max, size_t have, size_t *n)
{
	*n = 0;
	if (K->fail)
		return K->fail;
	memcpy(out, from, size * (have < max ? have : max));
	*n = have;
	return have > max ? -ENOBUFS : 0;
}

int llsec_list_keys(struct llsec *h, struct llsec_key *out, size_t max, size_t *n)
{
	(void)h;
	return list(out, K->key, sizeof(*out), max, K->n_keys, n);
}

static size_t dev_at(const struct eui64 *eui)
{
	size_t i = 0;

	while (i < K->n_devs && !eui64_equal(&K->dev[i].eui, eui))
		i++;
	return i;
}

int llsec_add_dev(struct llsec *h, const struct llsec_dev *dev)
{
	(void)h;
	if (dev_at(&dev->eui) < K->n_devs)
		return -EEXIST;
	K->dev[K->n_devs] = *dev;
	K->dev[K->n_devs++].key_mode = LLSEC_DEV_RESTRICT;
	return 0;
}

/* A device's entries for keys go with it. */
int llsec_del_dev(struct llsec *h, const struct eui64 *eui)
{
	size_t i = dev_at(eui);

	(void)h;
	if (i == K->n_devs)
		return -ENOENT;
	REMOVE(K->dev, K->n_devs, i);
	for (size_t j = K->n_devkeys; j-- > 0;) {
		if (eui64_equal(&K->devkey[j].eui, eui))
			REMOVE(K->devkey, K->n_devkeys, j);
	}
	return 0;
}

int llsec_list_devs(struct llsec *h, struct llsec_dev *out, size_t max, size_t *n)
{
	(void)h;
	return list(out, K->dev, sizeof(*out), max, K->n_devs, n);
}

static size_t devkey_at(const struct eui64 *eui, const struct llsec_key_id *id)
{
	size_t i = 0;

	while (i < K->n_devkeys &&
	       !(eui64_equal(&K->devkey[i].eui, eui) && llsec_key_id_equal(&K->devkey[i].id, id)))
		i++;
	return i;
}

int llsec_add_devkey(struct llsec *h, const struct llsec_devkey *dk)
{
	(void)h;
	if (dev_at(&dk->eui) == K->n_devs)
		return -ENOENT;
	if (devkey_at(&dk->eui, &dk->id) < K->n_devkeys)
		return -EEXIST;
	K->devkey[K->n_devkeys++] = *dk;
	return 0;
}

int llsec_del_devkey(struct llsec *h, const struct eui64 *eui, const struct llsec_key_id *id)
{
	size_t i = devkey_at(eui, id);

	(void)h;
	if (i == K->n_devkeys)
		return -ENOENT;
	REMOVE(K->devkey, K->n_devkeys, i);
	return 0;
}

int llsec_list_devkeys(struct llsec *h, struct llsec_devkey *out, size_t max, size_t *n)
{
	(void)h;
	return list(out, K->devkey, sizeof(*out), max, K->n_devkeys, n);
}

int llsec_add_seclevel(struct llsec *h, uint8_t levels)
{
	(void)h;
	K->level[K->n_levels++] =
		(struct llsec_seclevel){.levels = levels, .frame_type = 1, .override = true};
	return 0;
}

int llsec_del_seclevel(struct llsec *h, const struct llsec_seclevel *sl)
{
	(void)h;
	for (size_t i = 0; i < K->n_levels; i++) {
		if (K->level[i].levels == sl->levels && K->level[i].override == sl->override) {
			REMOVE(K->level, K->n_levels, i);
			return 0;
		}
	}
	return -ENOENT;
}

int llsec_list_seclevels(struct llsec *h, struct llsec_seclevel *out, size_t max, size_t *n)
{
	(void)h;
	return list(out, K->level, sizeof(*out), max, K->n_levels, n);
}

/* --- bslayer --- */

const char *bslayer_error(const struct bslayer *b)
{
	(void)b;
	return "bpf fails";
}

int bslayer_attached(struct bslayer *b)
{
	(void)b;
	return K->attached;
}

int bslayer_attach(struct bslayer *b)
{
	(void)b;
	if (K->attach_fail)
		return K->attach_fail;
	K->attached = true;
	return 0;
}

int bslayer_get_config(struct bslayer *b, struct bslayer_config *c)
{
	(void)b;
	*c = K->config;
	return 0;
}

int bslayer_set_keyed(struct bslayer *b, bool keyed)
{
	(void)b;
	K->config.keyed = keyed;
	return 0;
}

int bslayer_set_all_secured(struct bslayer *b, bool all_secured)
{
	(void)b;
	K->config.all_secured = all_secured;
	return 0;
}

static size_t neighbour_at(const struct eui64 *eui)
{
	size_t i = 0;

	while (i < K->n_neighbours && !eui64_equal(&K->neighbour[i].eui, eui))
		i++;
	return i;
}

int bslayer_set_neighbour(struct bslayer *b, const struct eui64 *eui, bool secured)
{
	size_t i = neighbour_at(eui);

	(void)b;
	K->neighbour[i] = (struct bslayer_neighbour_entry){.eui = *eui, .secured = secured};
	K->n_neighbours += i == K->n_neighbours;
	return 0;
}

int bslayer_del_neighbour(struct bslayer *b, const struct eui64 *eui)
{
	size_t i = neighbour_at(eui);

	(void)b;
	if (i == K->n_neighbours)
		return -ENOENT;
	REMOVE(K->neighbour, K->n_neighbours, i);
	return 0;
}

int bslayer_list_neighbours(struct bslayer *b, struct bslayer_neighbour_entry *out, size_t max)
{
	size_t n;

	(void)b;
	list(out, K->neighbour, sizeof(*out), max, K->n_neighbours, &n);
	return (int)n;
}

static size_t short_at(uint16_t pan_id, uint16_t short_addr)
{
	size_t i = 0;

	while (i < K->n_shorts &&
	       (K->shorts[i].pan_id != pan_id || K->shorts[i].short_addr != short_addr))
		i++;
	return i;
}

int bslayer_set_short(struct bslayer *b, uint16_t pan_id, uint16_t short_addr,
		      const struct eui64 *eui)
{
	size_t i = short_at(pan_id, short_addr);

	(void)b;
	K->shorts[i] = (struct bslayer_short_entry){
		.eui = *eui, .pan_id = pan_id, .short_addr = short_addr};
	K->n_shorts += i == K->n_shorts;
	return 0;
}

int bslayer_del_short(struct bslayer *b, uint16_t pan_id, uint16_t short_addr)
{
	size_t i = short_at(pan_id, short_addr);

	(void)b;
	if (i == K->n_shorts)
		return -ENOENT;
	REMOVE(K->shorts, K->n_shorts, i);
	return 0;
}

int bslayer_list_shorts(struct bslayer *b, struct bslayer_short_entry *out, size_t max)
{
	size_t n;

	(void)b;
	list(out, K->shorts, sizeof(*out), max, K->n_shorts, &n);
	return (int)n;
}

static bool same_key(const struct bslayer_key_entry *a, const struct bslayer_key_entry *b)
{
	return a->mode == b->mode && a->index == b->index && eui64_equal(&a->source, &b->source);
}

static size_t map_key_at(const struct bslayer_key_entry *k)
{
	size_t i = 0;

	while (i < K->n_map_keys && !same_key(&K->map_key[i], k))
		i++;
	return i;
}

int bslayer_add_key(struct bslayer *b, const struct bslayer_key_entry *k)
{
	size_t i = map_key_at(k);

	(void)b;
	K->map_key[i] = *k;
	K->n_map_keys += i == K->n_map_keys;
	return 0;
}

int bslayer_del_key(struct bslayer *b, const struct bslayer_key_entry *k)
{
	size_t i = map_key_at(k);

	(void)b;
	if (i == K->n_map_keys)
		return -ENOENT;
	REMOVE(K->map_key, K->n_map_keys, i);
	return 0;
}

int bslayer_list_keys(struct bslayer *b, struct bslayer_key_entry *out, size_t max)
{
	size_t n;

	(void)b;
	list(out, K->map_key, sizeof(*out), max, K->n_map_keys, &n);
	return (int)n;
}

static size_t counter_at(const struct eui64 *eui, const struct bslayer_key_entry *k)
{
	size_t i = 0;

	while (i < K->n_counters &&
	       !(eui64_equal(&K->counter[i].eui, eui) && same_key(&K->counter[i].key, k)))
		i++;
	return i;
}

int bslayer_raise_counter(struct bslayer *b, const struct bslayer_counter_entry *c)
{
	size_t i = counter_at(&c->eui, &c->key);

	(void)b;
	if (i < K->n_counters && K->counter[i].next >= c->next)
		return 0;
	K->counter[i] = *c;
	K->n_counters += i == K->n_counters;
	return 0;
}

int bslayer_get_counter(struct bslayer *b, const struct eui64 *eui,
			const struct bslayer_key_entry *key, uint32_t *next)
{
	size_t i = counter_at(eui, key);

	(void)b;
	*next = i < K->n_counters ? K->counter[i].next : 0;
	return 0;
}

int bslayer_del_counter(struct bslayer *b, const struct eui64 *eui,
			const struct bslayer_key_entry *key)
{
	size_t i = counter_at(eui, key);

	(void)b;
	if (i == K->n_counters)
		return -ENOENT;
	REMOVE(K->counter, K->n_counters, i);
	return 0;
}

int bslayer_list_counters(struct bslayer *b, struct bslayer_counter_entry *out, size_t max)
{
	size_t n;

	(void)b;
	list(out, K->counter, sizeof(*out), max, K->n_counters, &n);
	return (int)n;
}

int64_t bslayer_budget(const struct bslayer *b)
{
	(void)b;
	return K->budget;
}

int64_t bslayer_set_budget(struct bslayer *b, int64_t frames)
{
	int64_t before = K->budget;

	(void)b;
	K->budget = frames;
	return before;
}

int64_t bslayer_add_budget(struct bslayer *b, int64_t frames)
{
	(void)b;
	return K->budget += frames;
}

/* --- the air --- */

int txqueue_len(unsigned int ifindex)
{
	int waiting = (int)K->txqueue;

	if (ifindex != K->config.wpan_ifindex)
		return -ENODEV;
	while (K->queued > 0 && !K->txqueue_hides)
		policy_kernel_encrypt();
	K->txqueue = 0;
	return waiting;
}

struct llsec_devkey *policy_kernel_devkey(const struct eui64 *eui, uint8_t index)
{
	const struct llsec_key_id id = {.mode = LLSEC_INDEX, .index = index};
	size_t i = devkey_at(eui, &id);

	return i < K->n_devkeys ? &K->devkey[i] : NULL;
}

bool policy_kernel_receive(const struct eui64 *eui, uint8_t index, uint32_t counter, bool genuine)
{
	struct bslayer_counter_entry c = {
		.eui = *eui, .key = {.mode = LLSEC_INDEX, .index = index}, .next = counter + 1};
	struct llsec_devkey *dk = policy_kernel_devkey(eui, index);
	uint32_t next;

	if (!dk || counter < dk->frame_counter)
		return false;
	dk->frame_counter = counter + 1;
	bslayer_get_counter(NULL, eui, &c.key, &next);
	if (!genuine || counter < next)
		return false;
	bslayer_raise_counter(NULL, &c);
	return true;
}
