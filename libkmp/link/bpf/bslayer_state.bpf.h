/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* bslayer_state: the maps of the bootstrap layer, and counting, rate limits and events on them. */
#ifndef KMP_LINK_BPF_BSLAYER_STATE_H
#define KMP_LINK_BPF_BSLAYER_STATE_H

#include "bslayer_maps.h"

#define NS_PER_S 1000000000ULL

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bslayer_config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BSLAYER_MAX_NEIGHBOURS);
	__type(key, __u64);
	__type(value, struct bslayer_neighbour);
} neighbours SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BSLAYER_MAX_NEIGHBOURS);
	__type(key, struct bslayer_short);
	__type(value, __u64);
} shorts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BSLAYER_MAX_KEYS);
	__type(key, struct bslayer_key);
	__type(value, __u8);
} keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BSLAYER_MAX_COUNTERS);
	__type(key, struct bslayer_sender);
	__type(value, __u64);
} counters SEC(".maps");

/* Secured frames that may still leave. Mapped into user space, which adds to it atomically. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __s64);
} budget SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BSLAYER_N_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

/* When a source was last reported as heard. Strangers fill it, so it forgets. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u64);
} heard SEC(".maps");

enum bucket_id {
	BUCKET_HEARD,
	BUCKET_KNOWN,
	BUCKET_REFUSED,
	BUCKET_BUDGET,
	BUCKET_COAP,
	BUCKET_FRAGMENTS,
	BUCKETS
};

struct bucket {
	struct bpf_spin_lock lock;
	__u32 pad;
	__u64 stamp_ns, credit_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BUCKETS);
	__type(key, __u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

static __always_inline const struct bslayer_config *config_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&config, &zero);
}

static __always_inline void count(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&counts, &which);

	if (n)
		(*n)++; /* per CPU, bottom halves are off */
}

/* Take one of `rate` a second, at most `burst` at once. */
static __always_inline bool bucket_take(__u32 which, __u32 rate, __u32 burst)
{
	struct bucket *b = bpf_map_lookup_elem(&buckets, &which);
	__u64 now = bpf_ktime_get_ns(), step, cap;
	bool taken = false;

	if (!b || !rate)
		return false;
	step = NS_PER_S / rate;
	cap = step * burst;
	bpf_spin_lock(&b->lock);
	if (now > b->stamp_ns) {
		b->credit_ns += now - b->stamp_ns;
		b->stamp_ns = now;
	}
	if (b->credit_ns > cap)
		b->credit_ns = cap;
	if (b->credit_ns >= step) {
		b->credit_ns -= step;
		taken = true;
	}
	bpf_spin_unlock(&b->lock);
	return taken;
}

static __always_inline void event_send(const struct bslayer_event *e)
{
	if (bpf_ringbuf_output(&events, (void *)e, sizeof(*e), 0))
		count(BSLAYER_N_EVENTS_LOST);
}

/* Report a source at most once in this time: one that user space does not know, and one that it
 * lists without a secured link, which it drops when it is not heard any more. */
#define HEARD_STRANGER_NS NS_PER_S
#define HEARD_KNOWN_NS    (10 * NS_PER_S)

/* True if `eui` was not reported lately and the total leaves room. Strangers cannot take that of
 * those who are known. */
static __always_inline bool heard_due(__u64 eui, bool known)
{
	__u64 now = bpf_ktime_get_ns(), *last = bpf_map_lookup_elem(&heard, &eui);

	if (last && now - *last < (known ? HEARD_KNOWN_NS : HEARD_STRANGER_NS))
		return false;
	if (!(known ? bucket_take(BUCKET_KNOWN, 16, 32) : bucket_take(BUCKET_HEARD, 16, 32)))
		return false;
	bpf_map_update_elem(&heard, &eui, &now, BPF_ANY);
	return true;
}

static __always_inline bool refused_due(void)
{
	return bucket_take(BUCKET_REFUSED, 10, 20);
}

/* A secured packet's MAC source in 16 bits, by which lowpan ingress, which does not see it any
 * more, can tell whether a packet speaks for another node. Not against forgers: who has the key can
 * use any source. */
static __always_inline __u32 sender_mark(__u64 eui)
{
	return LINK_MARK_RX_SENDER | (__u32)(eui * 0x9e3779b97f4a7c15ULL >> 48);
}

#endif
