/* SPDX-License-Identifier: ISC */
/* fcounter: the outgoing frame counter of the radio, kept from ever going back: a value used twice
 * under one key repeats a CCM nonce (IEEE 802.15.4 section 9.3.2). Blocks of it are reserved in the
 * store before their first value is used; whoever sends stays below the limit. */
#ifndef KMP_KEYS_FCOUNTER_H
#define KMP_KEYS_FCOUNTER_H

#include "base/store.h"

#include <stdbool.h>
#include <stdint.h>

#define FCOUNTER_BLOCK     (1U << 20)
#define FCOUNTER_REKEY_DUE 0xF0000000U /* from here on a re-key is due */
#define FCOUNTER_END       0xFFFFFFFEU /* no frame is sent under this value or above */

struct fcounter {
	struct store *store;
	uint32_t next;  /* as last known: no value from here on was used */
	uint32_t limit; /* durable: values below may be used */
};

/* After a start of the daemon: set f->next to the value to go on from and reserve what follows.
 * `kernel_next` is the kernel's counter, the next value it would use; `kernel_enabled` whether it
 * has security enabled. With security enabled and the counter in the block reserved last, it was
 * this node that left it there, and it is continued; else the reserved limit is the first value
 * that surely was not used. Never below the kernel's counter.
 * Returns 0; -EOVERFLOW at FCOUNTER_END, or the -errno of the store: then nothing may be sent. */
int fcounter_start(struct fcounter *f, struct store *store, bool kernel_enabled,
		   uint32_t kernel_next);

/* The counter has come to `next`: reserve the next block when less than a quarter of one is left.
 * Returns 1 if f->limit was raised, 0 if there was no need, -EOVERFLOW at FCOUNTER_END, or the
 * -errno of the store (the limit stays, and is asked for again next time). */
int fcounter_advance(struct fcounter *f, uint32_t next);

/* Go on from `floor` or above: the node may have lost what it once stored, and the commissioning
 * tool knows what it has used. What is reserved then is durable. Returns 1 if f->next was raised, 0
 * if it is there already, -ERANGE past FCOUNTER_REKEY_DUE, or the -errno of the store (nothing is
 * changed). */
int fcounter_raise(struct fcounter *f, uint32_t floor);

/* How many frames may still be sent. */
uint32_t fcounter_budget(const struct fcounter *f);

/* True once the counter nears its end, and only fresh keys let it start again. */
bool fcounter_rekey_due(const struct fcounter *f);

#endif
