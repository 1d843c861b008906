/* SPDX-License-Identifier: ISC */
/* bslayer: the kernel half of the bootstrap layer (draft-kumar-6lo-selective-bootstrap section
 * 5.3.3): loads the BPF programs at ingress and egress of wpanN and of its 6LoWPAN link, and
 * changes and reads their maps. Programs and maps outlive the process (pinned in
 * the directory of pindir): a daemon that was killed finds links, counters and budget as they were.
 * Needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN. Functions return 0 or -errno unless they say
 * otherwise; bslayer_error() then tells what was tried. */
#ifndef KMP_LINK_BSLAYER_H
#define KMP_LINK_BSLAYER_H

#include "base/eui64.h"
#include "base/evl.h"
#include "link/bpf/bslayer_maps.h"

#include <stddef.h>

enum bslayer_start {
	BSLAYER_FRESH,   /* there was no state */
	BSLAYER_REUSED,  /* the pinned state is of these interfaces and goes on */
	BSLAYER_REPLACED /* there was state, of other interfaces or another version: gone */
};

struct bslayer;

/* Open and load for the interfaces `wpan` (with its index) and `lowpan_index`. `wpan` NULL: nothing
 * is pinned and nothing can be attached (tests run the programs by hand). *start (may be NULL)
 * tells what was found. -EPERM without the capabilities. */
int bslayer_new(struct bslayer **b, const char *wpan, unsigned int wpan_index,
		unsigned int lowpan_index, enum bslayer_start *start);
/* The same without programs, which take longest: to look at maps and change them, as the scenarios'
 * tool does. Nothing can be attached. */
int bslayer_new_maps(struct bslayer **b, const char *wpan, unsigned int wpan_index,
		     unsigned int lowpan_index, enum bslayer_start *start);
/* Programs stay attached, maps stay pinned. */
void bslayer_free(struct bslayer *b);
const char *bslayer_error(const struct bslayer *b);

/* Attach all four programs (tc clsact, cls_bpf, priority BSLAYER_PRIORITY). Replaces its own,
 * leaves other filters alone: the programs hand on to the filter after them. */
#define BSLAYER_PRIORITY 100
int bslayer_attach(struct bslayer *b);
/* True if all four programs of this object are attached now (0/1), or -errno. */
int bslayer_attached(struct bslayer *b);
/* True if all four were attached on these maps, by this process or one before, and there is still a
 * program in each of their places (0/1), or -errno. */
int bslayer_in_place(struct bslayer *b);

/* The part of the configuration that comes from outside. */
struct bslayer_settings {
	struct eui64 eui;         /* of this node, from which SSRs leave */
	uint16_t pan_id;          /* of this node: short addresses in it are looked up */
	uint16_t short_addr;      /* of this node, 0xfffe: none */
	uint8_t levels;           /* bit n: level n counts as secured; 0 means the default */
	uint8_t icmp_type;        /* of Bootstrap Requests */
	uint8_t routing_protocol; /* IP protocol number, 0: none */
	uint16_t routing_port;    /* UDP port, 0: none */
	uint16_t dtls_port;       /* of the join, 0: none */
	uint16_t coap_rate;       /* unsecured look-ups per second ... */
	uint16_t coap_burst;      /* ... and at once */
	uint32_t budget_low;      /* event when so many secured frames are left */
};
int bslayer_set_settings(struct bslayer *b, const struct bslayer_settings *s);
/* Whether this node has keys, and ALL_SECURED. */
int bslayer_set_keyed(struct bslayer *b, bool keyed);
int bslayer_set_all_secured(struct bslayer *b, bool all_secured);
int bslayer_get_config(struct bslayer *b, struct bslayer_config *c);

/* Neighbours, and whether the link with each is secured. */
int bslayer_set_neighbour(struct bslayer *b, const struct eui64 *eui, bool secured);
/* -ENOENT if it is not there; its counters stay. */
int bslayer_del_neighbour(struct bslayer *b, const struct eui64 *eui);
struct bslayer_neighbour_entry {
	struct eui64 eui;
	bool secured;
};
/* Lists: up to `max` into `out`. Return how many, or -errno. */
int bslayer_list_neighbours(struct bslayer *b, struct bslayer_neighbour_entry *out, size_t max);

/* Short addresses. Host order. */
int bslayer_set_short(struct bslayer *b, uint16_t pan_id, uint16_t short_addr,
		      const struct eui64 *eui);
int bslayer_del_short(struct bslayer *b, uint16_t pan_id, uint16_t short_addr);
struct bslayer_short_entry {
	struct eui64 eui;
	uint16_t pan_id, short_addr;
};
int bslayer_list_shorts(struct bslayer *b, struct bslayer_short_entry *out, size_t max);

/* The keys that frames may name. `source` zero in mode 1. */
struct bslayer_key_entry {
	uint8_t mode, index;
	struct eui64 source;
};
int bslayer_add_key(struct bslayer *b, const struct bslayer_key_entry *k);
int bslayer_del_key(struct bslayer *b, const struct bslayer_key_entry *k);
int bslayer_list_keys(struct bslayer *b, struct bslayer_key_entry *out, size_t max);

/* Frame counters of senders: `next` is the lowest acceptable one (last authenticated + 1). */
struct bslayer_counter_entry {
	struct eui64 eui;
	struct bslayer_key_entry key;
	uint32_t next;
};
/* Never lowers: a counter that has moved on stays. To restore what was stored, before the interface
 * is up: a frame that comes at the same moment may be forgotten. */
int bslayer_raise_counter(struct bslayer *b, const struct bslayer_counter_entry *c);
/* *next is 0 if there is none. */
int bslayer_get_counter(struct bslayer *b, const struct eui64 *eui,
			const struct bslayer_key_entry *key, uint32_t *next);
int bslayer_del_counter(struct bslayer *b, const struct eui64 *eui,
			const struct bslayer_key_entry *key);
int bslayer_list_counters(struct bslayer *b, struct bslayer_counter_entry *out, size_t max);

/* Budget: secured frames that may still leave. Changes are atomic against the programs. */
int64_t bslayer_budget(const struct bslayer *b);
/* Returns what was there before. */
int64_t bslayer_set_budget(struct bslayer *b, int64_t frames);
/* Returns what is there after adding. */
int64_t bslayer_add_budget(struct bslayer *b, int64_t frames);

/* Reasons counted since the maps were made; sums over the CPUs. The name is such as
 * "rx-drop-replay". */
int bslayer_read_counts(struct bslayer *b, uint64_t counts[BSLAYER_N_COUNTS]);
const char *bslayer_count_name(enum bslayer_count n);

/* Events, with the EUI-64 in canonical order. */
struct bslayer_notice {
	enum bslayer_event_type type;
	enum bslayer_count reason; /* BSLAYER_EV_REFUSED */
	struct eui64 eui;          /* zero if unknown */
	uint32_t counter;
	uint16_t len;
	bool secured;
	uint8_t level, key_mode, key_index;
};
typedef void (*bslayer_fn)(const struct bslayer_notice *n, void *arg);
/* Call `fn` for each event from now on. One watcher; NULL ends it. */
int bslayer_watch(struct bslayer *b, struct evl *evl, bslayer_fn fn, void *arg);
/* Serve the events that wait now, by the watcher's `fn`. Returns how many. */
int bslayer_poll(struct bslayer *b);

enum bslayer_program {
	BSLAYER_WPAN_INGRESS,
	BSLAYER_WPAN_EGRESS,
	BSLAYER_LOWPAN_INGRESS,
	BSLAYER_LOWPAN_EGRESS,
	BSLAYER_N_PROGRAMS
};
/* The descriptor of a loaded program, for BPF_PROG_TEST_RUN; owned by `b`. */
int bslayer_program_fd(const struct bslayer *b, enum bslayer_program p);

#endif
