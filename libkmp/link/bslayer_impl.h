/* SPDX-License-Identifier: ISC */
/* bslayer_impl: what the parts of bslayer share: the handle (bslayer.c), its maps (bslayer_map.c)
 * and its events (bslayer_event.c). */
#ifndef KMP_LINK_BSLAYER_IMPL_H
#define KMP_LINK_BSLAYER_IMPL_H

#include "link/bslayer.h"

#include <bpf/libbpf.h>
#include <net/if.h>

#define BSLAYER_ERROR_LEN 200

struct bslayer_bpf; /* the skeleton */

struct bslayer {
	struct bslayer_bpf *skel;
	char wpan[IFNAMSIZ]; /* "": neither pinned nor attached */
	unsigned int wpan_index, lowpan_index;
	bool maps_only;
	int64_t *budget; /* the map's element, mapped */
	struct ring_buffer *ring;
	struct evl_fd *ring_fd;
	bslayer_fn on_event;
	void *arg;
	char error[BSLAYER_ERROR_LEN];
};

enum bslayer_map {
	BSLAYER_MAP_CONFIG,
	BSLAYER_MAP_NEIGHBOURS,
	BSLAYER_MAP_SHORTS,
	BSLAYER_MAP_KEYS,
	BSLAYER_MAP_COUNTERS,
	BSLAYER_MAP_BUDGET,
	BSLAYER_MAP_COUNTS,
	BSLAYER_MAP_EVENTS
};

int bslayer_map_fd(const struct bslayer *b, enum bslayer_map map);

/* Keep "what: error text" for bslayer_error() and return `err` (negative). */
int bslayer_fail(struct bslayer *b, int err, const char *what);

/* Keep in the maps that the programs are attached on them. */
int bslayer_note_attached(struct bslayer *b);

/* The address as a map has it, and back. */
__u64 bslayer_eui_to_map(const struct eui64 *eui);
struct eui64 bslayer_eui_from_map(__u64 eui);

/* Have libbpf's lines logged (debug), and the reason of a failure kept from now on. */
void bslayer_log_start(void);
const char *bslayer_log_last(void);

/* Close the ring buffer. */
void bslayer_unwatch(struct bslayer *b);

#endif
