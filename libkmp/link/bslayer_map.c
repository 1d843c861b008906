/* SPDX-License-Identifier: ISC */
/* bslayer_map: reads and writes the maps of the bootstrap layer. */
#include "link/bslayer.h"
#include "link/bslayer_impl.h"

#include <bpf/bpf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

__u64 bslayer_eui_to_map(const struct eui64 *eui)
{
	uint8_t air[8];
	__u64 out;

	eui64_to_air(eui, air);
	memcpy(&out, air, sizeof(out));
	return out;
}

struct eui64 bslayer_eui_from_map(__u64 eui)
{
	uint8_t air[8];

	memcpy(air, &eui, sizeof(air));
	return eui64_from_air(air);
}

static int update(struct bslayer *b, enum bslayer_map map, const void *key, const void *value,
		  const char *what)
{
	if (bpf_map_update_elem(bslayer_map_fd(b, map), key, value, BPF_ANY))
		return bslayer_fail(b, -errno, what);
	return 0;
}

static int delete (struct bslayer *b, enum bslayer_map map, const void *key, const char *what)
{
	if (bpf_map_delete_elem(bslayer_map_fd(b, map), key))
		return bslayer_fail(b, -errno, what);
	return 0;
}

int bslayer_get_config(struct bslayer *b, struct bslayer_config *c)
{
	__u32 zero = 0;

	if (bpf_map_lookup_elem(bslayer_map_fd(b, BSLAYER_MAP_CONFIG), &zero, c))
		return bslayer_fail(b, -errno, "reading the configuration");
	return 0;
}

static int set_config(struct bslayer *b, const struct bslayer_config *c)
{
	__u32 zero = 0;

	return update(b, BSLAYER_MAP_CONFIG, &zero, c, "writing the configuration");
}

int bslayer_set_settings(struct bslayer *b, const struct bslayer_settings *s)
{
	struct bslayer_config c;
	int err = bslayer_get_config(b, &c);

	if (err)
		return err;
	c.levels = s->levels ? s->levels : BSLAYER_LEVELS_DEFAULT;
	c.icmp_type = s->icmp_type;
	c.routing_protocol = s->routing_protocol;
	c.routing_port = s->routing_port;
	c.dtls_port = s->dtls_port;
	c.coap_rate = s->coap_rate;
	c.coap_burst = s->coap_burst;
	c.budget_low = s->budget_low;
	c.pan_id = htole16(s->pan_id);
	c.short_addr = htole16(s->short_addr);
	c.eui = bslayer_eui_to_map(&s->eui);
	return set_config(b, &c);
}

int bslayer_set_keyed(struct bslayer *b, bool keyed)
{
	struct bslayer_config c;
	int err = bslayer_get_config(b, &c);

	if (err)
		return err;
	c.keyed = keyed;
	return set_config(b, &c);
}

int bslayer_set_all_secured(struct bslayer *b, bool all_secured)
{
	struct bslayer_config c;
	int err = bslayer_get_config(b, &c);

	if (err)
		return err;
	c.all_secured = all_secured;
	return set_config(b, &c);
}

int bslayer_note_attached(struct bslayer *b)
{
	struct bslayer_config c;
	int err = bslayer_get_config(b, &c);

	if (err || c.attached)
		return err;
	c.attached = true;
	return set_config(b, &c);
}

/* Walk over a hash map; `fn` sees each element. Returns 0 or -errno. */
static int walk(struct bslayer *b, enum bslayer_map map, void *key, void *next_key, size_t key_len,
		void *value, void (*fn)(void *arg), void *arg)
{
	int fd = bslayer_map_fd(b, map);
	void *prev = NULL;

	while (!bpf_map_get_next_key(fd, prev, next_key)) {
		memcpy(key, next_key, key_len);
		prev = key;
		if (!bpf_map_lookup_elem(fd, key, value))
			fn(arg);
	}
	return errno == ENOENT ? 0 : bslayer_fail(b, -errno, "walking over a map");
}

struct neighbour_walk {
	__u64 key, next;
	struct bslayer_neighbour value;
	struct bslayer_neighbour_entry *out;
	size_t max, n;
	__u32 unsecured;
};

static void on_neighbour(void *arg)
{
	struct neighbour_walk *w = arg;

	if (!w->value.secured)
		w->unsecured++;
	if (w->n >= w->max)
		return;
	w->out[w->n++] = (struct bslayer_neighbour_entry){.eui = bslayer_eui_from_map(w->key),
							  .secured = w->value.secured};
}

static int walk_neighbours(struct bslayer *b, struct neighbour_walk *w)
{
	return walk(b, BSLAYER_MAP_NEIGHBOURS, &w->key, &w->next, sizeof(w->key), &w->value,
		    on_neighbour, w);
}

int bslayer_list_neighbours(struct bslayer *b, struct bslayer_neighbour_entry *out, size_t max)
{
	struct neighbour_walk w = {.out = out, .max = max};
	int err = walk_neighbours(b, &w);

	return err ? err : (int)w.n;
}

/* Broadcasts go out twice while there are neighbours with links that are not secured. */
static int recount_unsecured(struct bslayer *b)
{
	struct neighbour_walk w = {.max = 0};
	struct bslayer_config c;
	int err = walk_neighbours(b, &w);

	if (!err)
		err = bslayer_get_config(b, &c);
	if (err || c.unsecured == w.unsecured)
		return err;
	c.unsecured = w.unsecured;
	return set_config(b, &c);
}

int bslayer_set_neighbour(struct bslayer *b, const struct eui64 *eui, bool secured)
{
	struct bslayer_neighbour n = {.secured = secured};
	__u64 key = bslayer_eui_to_map(eui);
	int err = update(b, BSLAYER_MAP_NEIGHBOURS, &key, &n, "setting a neighbour");

	return err ? err : recount_unsecured(b);
}

int bslayer_del_neighbour(struct bslayer *b, const struct eui64 *eui)
{
	__u64 key = bslayer_eui_to_map(eui);
	int err = delete (b, BSLAYER_MAP_NEIGHBOURS, &key, "removing a neighbour");

	return err ? err : recount_unsecured(b);
}

static struct bslayer_short to_short(uint16_t pan_id, uint16_t short_addr)
{
	return (struct bslayer_short){.pan_id = htole16(pan_id), .short_addr = htole16(short_addr)};
}

int bslayer_set_short(struct bslayer *b, uint16_t pan_id, uint16_t short_addr,
		      const struct eui64 *eui)
{
	struct bslayer_short key = to_short(pan_id, short_addr);
	__u64 value = bslayer_eui_to_map(eui);

	return update(b, BSLAYER_MAP_SHORTS, &key, &value, "setting a short address");
}

int bslayer_del_short(struct bslayer *b, uint16_t pan_id, uint16_t short_addr)
{
	struct bslayer_short key = to_short(pan_id, short_addr);

	return delete (b, BSLAYER_MAP_SHORTS, &key, "removing a short address");
}

struct short_walk {
	struct bslayer_short key, next;
	__u64 value;
	struct bslayer_short_entry *out;
	size_t max, n;
};

static void on_short(void *arg)
{
	struct short_walk *w = arg;

	if (w->n < w->max)
		w->out[w->n++] =
			(struct bslayer_short_entry){.eui = bslayer_eui_from_map(w->value),
						     .pan_id = le16toh(w->key.pan_id),
						     .short_addr = le16toh(w->key.short_addr)};
}

int bslayer_list_shorts(struct bslayer *b, struct bslayer_short_entry *out, size_t max)
{
	struct short_walk w = {.out = out, .max = max};
	int err =
		walk(b, BSLAYER_MAP_SHORTS, &w.key, &w.next, sizeof(w.key), &w.value, on_short, &w);

	return err ? err : (int)w.n;
}

static struct bslayer_key key_to_map(const struct bslayer_key_entry *k)
{
	return (struct bslayer_key){.mode = k->mode,
				    .index = k->index,
				    .source = k->mode == 3 ? bslayer_eui_to_map(&k->source) : 0};
}

static struct bslayer_key_entry key_from_map(const struct bslayer_key *k)
{
	return (struct bslayer_key_entry){
		.mode = k->mode, .index = k->index, .source = bslayer_eui_from_map(k->source)};
}

int bslayer_add_key(struct bslayer *b, const struct bslayer_key_entry *k)
{
	struct bslayer_key key = key_to_map(k);
	__u8 installed = 1;

	return update(b, BSLAYER_MAP_KEYS, &key, &installed, "adding a key");
}

int bslayer_del_key(struct bslayer *b, const struct bslayer_key_entry *k)
{
	struct bslayer_key key = key_to_map(k);

	return delete (b, BSLAYER_MAP_KEYS, &key, "removing a key");
}

struct key_walk {
	struct bslayer_key key, next;
	__u8 value;
	struct bslayer_key_entry *out;
	size_t max, n;
};

static void on_key(void *arg)
{
	struct key_walk *w = arg;

	if (w->n < w->max)
		w->out[w->n++] = key_from_map(&w->key);
}

int bslayer_list_keys(struct bslayer *b, struct bslayer_key_entry *out, size_t max)
{
	struct key_walk w = {.out = out, .max = max};
	int err = walk(b, BSLAYER_MAP_KEYS, &w.key, &w.next, sizeof(w.key), &w.value, on_key, &w);

	return err ? err : (int)w.n;
}

static struct bslayer_sender to_sender(const struct eui64 *eui, const struct bslayer_key_entry *k)
{
	return (struct bslayer_sender){.eui = bslayer_eui_to_map(eui), .key = key_to_map(k)};
}

int bslayer_raise_counter(struct bslayer *b, const struct bslayer_counter_entry *c)
{
	struct bslayer_sender key = to_sender(&c->eui, &c->key);
	__u64 now = 0, next = c->next;

	if (!bpf_map_lookup_elem(bslayer_map_fd(b, BSLAYER_MAP_COUNTERS), &key, &now) &&
	    now >= next)
		return 0;
	return update(b, BSLAYER_MAP_COUNTERS, &key, &next, "raising a counter");
}

static uint32_t counter_from_map(__u64 next)
{
	return next > UINT32_MAX ? UINT32_MAX : (uint32_t)next;
}

int bslayer_get_counter(struct bslayer *b, const struct eui64 *eui,
			const struct bslayer_key_entry *k, uint32_t *next)
{
	struct bslayer_sender key = to_sender(eui, k);
	__u64 value = 0;

	*next = 0;
	if (bpf_map_lookup_elem(bslayer_map_fd(b, BSLAYER_MAP_COUNTERS), &key, &value) &&
	    errno != ENOENT)
		return bslayer_fail(b, -errno, "reading a counter");
	*next = counter_from_map(value);
	return 0;
}

int bslayer_del_counter(struct bslayer *b, const struct eui64 *eui,
			const struct bslayer_key_entry *k)
{
	struct bslayer_sender key = to_sender(eui, k);

	return delete (b, BSLAYER_MAP_COUNTERS, &key, "removing a counter");
}

struct counter_walk {
	struct bslayer_sender key, next;
	__u64 value;
	struct bslayer_counter_entry *out;
	size_t max, n;
};

static void on_counter(void *arg)
{
	struct counter_walk *w = arg;

	if (w->n >= w->max)
		return;
	w->out[w->n++] = (struct bslayer_counter_entry){.eui = bslayer_eui_from_map(w->key.eui),
							.key = key_from_map(&w->key.key),
							.next = counter_from_map(w->value)};
}

int bslayer_list_counters(struct bslayer *b, struct bslayer_counter_entry *out, size_t max)
{
	struct counter_walk w = {.out = out, .max = max};
	int err = walk(b, BSLAYER_MAP_COUNTERS, &w.key, &w.next, sizeof(w.key), &w.value,
		       on_counter, &w);

	return err ? err : (int)w.n;
}

int64_t bslayer_budget(const struct bslayer *b)
{
	return __atomic_load_n(b->budget, __ATOMIC_SEQ_CST);
}

int64_t bslayer_set_budget(struct bslayer *b, int64_t frames)
{
	return __atomic_exchange_n(b->budget, frames, __ATOMIC_SEQ_CST);
}

int64_t bslayer_add_budget(struct bslayer *b, int64_t frames)
{
	return __atomic_add_fetch(b->budget, frames, __ATOMIC_SEQ_CST);
}

int bslayer_read_counts(struct bslayer *b, uint64_t counts[BSLAYER_N_COUNTS])
{
	int cpus = libbpf_num_possible_cpus();
	__u64 *value = cpus > 0 ? calloc((size_t)cpus, sizeof(*value)) : NULL;
	int err = value ? 0 : -ENOMEM;

	for (__u32 n = 0; n < BSLAYER_N_COUNTS && !err; n++) {
		counts[n] = 0;
		if (bpf_map_lookup_elem(bslayer_map_fd(b, BSLAYER_MAP_COUNTS), &n, value))
			err = bslayer_fail(b, -errno, "reading the counts");
		for (int cpu = 0; cpu < cpus && !err; cpu++)
			counts[n] += value[cpu];
	}
	free(value);
	return err;
}

static const char *const count_names[BSLAYER_N_COUNTS] = {
#define X(suffix, name) [BSLAYER_N_##suffix] = (name),
	BSLAYER_COUNTS(X)
#undef X
};

const char *bslayer_count_name(enum bslayer_count n)
{
	return (size_t)n < BSLAYER_N_COUNTS ? count_names[n] : "unknown";
}
