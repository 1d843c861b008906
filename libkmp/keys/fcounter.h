/* SPDX-License-Identifier: ISC */
/* fcounter: the outgoing frame counter of the radio, kept from ever going back: a value used twice
 * under one key repeats a CCM nonce (IEEE 802.15.4 section 9.3.2). Blocks of it are reserved in the
 * store before their first value is used; whoever sends stays below the limit.
 *
 * One counter serves all keys. Near its end the commissioning tool hands out a key that was never
 * sent under, and with that it starts again at 0: an epoch of the counter, with reserved blocks of
 * its own. In which epoch a key was last sent under is durable before its first frame, so that one
 * that returns goes on above all it was ever used with. Keys are known by their SHA-256. */
#ifndef KMP_KEYS_FCOUNTER_H
#define KMP_KEYS_FCOUNTER_H

#include "base/store.h"
#include "keys/keyset.h"

#include <stdbool.h>
#include <stdint.h>

#define FCOUNTER_BLOCK     (1U << 20)
#define FCOUNTER_REKEY_DUE 0xF0000000U /* from here on a re-key is due */
#define FCOUNTER_END       0xFFFFFFFEU /* no frame is sent under this value or above */
#define FCOUNTER_NAME_LEN  32

struct fcounter {
	struct store *store;
	uint32_t epoch;
	char name[FCOUNTER_NAME_LEN]; /* of this epoch's limit in the store */
	uint32_t next;                /* as last known: no value from here on was used */
	uint32_t limit;               /* durable: values below may be used */
	bool restarting; /* the epoch is durable, and the kernel still counts in the one before */
};

/* The table of this module: one of the migrations given to store_open(). */
extern const char fcounter_migration[];

/* After a start of the daemon: set f->next to the value to go on from and reserve what follows.
 * `kernel_next` is the kernel's counter, the next value it would use; `kernel_enabled` whether it
 * has security enabled. With security enabled and the counter in the block reserved last, it was
 * this node that left it there, and it is continued; else the reserved limit is the first value
 * that surely was not used. Never below the kernel's counter, unless an epoch began that has not
 * come to the kernel yet: then f->restarting is set and f->next is that epoch's.
 * Returns 0, also at FCOUNTER_END, with nothing left to use; or the -errno of the store: then
 * nothing may be sent. */
int fcounter_start(struct fcounter *f, struct store *store, bool kernel_enabled,
		   uint32_t kernel_next);

/* The counter has come to `next`: reserve the next block when less than a quarter of one is left.
 * While restarting, nothing is done. Returns 1 if f->limit was raised, 0 if there was no need or
 * nothing is left, or the -errno of the store (the limit stays, and is asked for again next
 * time). */
int fcounter_advance(struct fcounter *f, uint32_t next);

/* Go on from `floor` or above: the node may have lost what it once stored, and the commissioning
 * tool knows what it has used. What is reserved then is durable. Returns 1 if f->next was raised, 0
 * if it is there already, -ERANGE past FCOUNTER_REKEY_DUE, or the -errno of the store (nothing is
 * changed). */
int fcounter_raise(struct fcounter *f, uint32_t floor);

/* The active key of `keys` is about to be sent under. Returns 0 if the counter goes on as it is, 1
 * if f->next was raised above what the key was used with, or begins an epoch (f->restarting): then
 * the kernel must not send until its counter is f->next. Or the -errno of the store: then the key
 * must not be used; f->next may have been raised all the same, which the next call does not tell
 * again, so compare it with the kernel's.
 *
 * An epoch begins where a re-key is due and the key was never sent under. Of the keys that are
 * there when the first one becomes active that is not known: an earlier life of this node, whose
 * store is lost, may have used them. */
int fcounter_activate(struct fcounter *f, const struct keyset *keys);

/* The kernel counts in the new epoch, and nothing more can leave in the one before. Must be durable
 * before the first frame. 0 or -errno. */
int fcounter_restarted(struct fcounter *f);

/* How many frames may still be sent. */
uint32_t fcounter_budget(const struct fcounter *f);

/* True once the reserved limit nears the counter's end, and only a fresh key lets it start again.
 */
bool fcounter_rekey_due(const struct fcounter *f);

#endif
