/* SPDX-License-Identifier: ISC */
/* policy: the wanted state of link security of one interface (keys, neighbours with their link
 * states, ALL_SECURED, outgoing frame counter), kept in user space and reconciled with what the
 * kernel has (llsec tables, maps of the bootstrap layer): at start, on every change and whenever
 * policy_reconcile() is called. What differs is repaired, counted by kind and logged.
 *
 * Order when keys come: bootstrap layer first, then llsec's keys, devices and levels, then the
 * parameters that have frames leave secured; the reverse when they go. So no frame leaves under an
 * old counter, and none is accepted in clear on a secured link. */
#ifndef KMP_LINK_POLICY_H
#define KMP_LINK_POLICY_H

#include "base/eui64.h"
#include "base/secret.h"
#include "link/bslayer.h"
#include "link/llsec.h"

#include <stddef.h>

#define POLICY_MAX_KEYS       32
#define POLICY_MAX_NEIGHBOURS 64

/* A layer-2 key. `active`: also used to send; the network model has one such key (mode 1, level 5).
 */
struct link_key {
	uint8_t index, mode, level;
	struct eui64 source; /* mode 3; zero in mode 1 */
	struct secret key;   /* 16 octets */
	bool active;
};

struct policy;

/* Both handles stay the caller's and must outlive the policy. Nothing is changed yet; what the maps
 * hold already (a daemon that was killed) counts as drift unless it is wanted again before the
 * first reconcile. */
int policy_new(struct policy **p, struct llsec *llsec, struct bslayer *bsl);
void policy_free(struct policy *p);
/* Before the first keys: senders' frames may have come to the kernel that no program judged on
 * these maps. What its counters are ahead by is used up then. Without this call they were judged:
 * programs that were attached before are asked for only from the first policy_reconcile() on. */
void policy_set_unjudged(struct policy *p);

/* The outgoing frame counter, before the first keys and whenever it is to be raised: nothing below
 * `floor` may be used any more, and nothing at or above `limit` may be used yet (both from the
 * store: reserved block). The kernel's own counter wins where it is higher than `floor`. Frames may
 * be leaving meanwhile. Returns 0, or -errno: then all is as before. */
int policy_set_counter(struct policy *p, uint32_t floor, uint32_t limit);
/* The next block is durable: frames up to below `limit` may leave. */
int policy_extend_counter(struct policy *p, uint32_t limit);
/* Frames that were lost on their way to the radio (a full queue) were paid from the budget and
 * never counted. If less than `low` is left of it, wait a little for the queue to run empty and
 * give them back. Returns 1 if there were some, 0 if not, or -errno; -EAGAIN if the queue does not
 * run empty: everything is as it was. */
int policy_give_back(struct policy *p, int64_t low);
/* The counter of the next outgoing frame, from the kernel. 0 or -errno. */
int policy_counter(struct policy *p, uint32_t *next);

/* The counter starts again at 0, for a key that this node never sent under. First hold: from then
 * on nothing leaves secured. Then the key set with the new key active. Then restart, which waits a
 * little until all that was secured for another key has left: 0 or -errno, -EAGAIN if that takes
 * longer (tried again, everything as it was). Then policy_set_counter(), and frames leave again. */
void policy_hold_counter(struct policy *p);
int policy_restart_counter(struct policy *p);

/* Replace the key set (n = 0: the node has no keys: everything in clear, secured frames refused).
 * -EINVAL for a mode other than 1 or 3, a level without MIC, a key that is not 16 octets, index 0,
 * two keys with one id, or more than one active. Octets are copied. Applied at once. */
int policy_set_keys(struct policy *p, const struct link_key *keys, size_t n);

/* A neighbour is there, its link secured or not. -ENOSPC beyond POLICY_MAX_NEIGHBOURS. Applied at
 * once. */
int policy_set_neighbour(struct policy *p, const struct eui64 *eui, bool secured);
int policy_del_neighbour(struct policy *p, const struct eui64 *eui);

/* That neighbour also sends from `*short_addr` in `pan_id` (NULL: from its EUI-64 only). -ENOENT if
 * it is none; goes with it. No other neighbour may have it. Applied at once. */
int policy_set_short(struct policy *p, const struct eui64 *eui, uint16_t pan_id,
		     const uint16_t *short_addr);

int policy_set_all_secured(struct policy *p, bool all_secured);

/* Received counters: restore before the interface goes up, list for storing. */
int policy_raise_counter(struct policy *p, const struct bslayer_counter_entry *c);
int policy_list_counters(struct policy *p, struct bslayer_counter_entry *out, size_t max);
/* All senders' counters under this key id: from now on it stands for another key, which is to be
 * set next. 0 or -errno. */
int policy_forget_counters(struct policy *p, const struct bslayer_key_entry *key);

/* Compare all of the kernel's state with the wanted one and repair. Returns the number of repairs
 * (0: all was well), or -errno of the first repair that failed; the rest is tried all the same. */
int policy_reconcile(struct policy *p);

/* The same for the counters alone, which is little work: those of the senders, which a stranger can
 * push in the kernel by a forged frame and so have the sender's own refused, and the outgoing one.
 * To be called often, and again soon after *again was set: something may be wrong. */
int policy_check_counters(struct policy *p, bool *again);

/* Kinds of drift, counted since policy_new(). */
enum policy_drift {
	POLICY_DRIFT_PROGRAM,     /* a program was not attached */
	POLICY_DRIFT_CONFIG,      /* keyed or ALL_SECURED differed in the map */
	POLICY_DRIFT_NEIGHBOUR,   /* the map's neighbours */
	POLICY_DRIFT_SHORT,       /* the map's short addresses */
	POLICY_DRIFT_MAP_KEY,     /* the map's keys */
	POLICY_DRIFT_KEY,         /* llsec keys */
	POLICY_DRIFT_DEVICE,      /* llsec devices */
	POLICY_DRIFT_DEVICE_KEY,  /* the keys that a device may send under */
	POLICY_DRIFT_DEV_COUNTER, /* a forged frame pushed a sender's counter under a key */
	POLICY_DRIFT_LEVEL,       /* llsec levels */
	POLICY_DRIFT_PARAMS,      /* enabled, outgoing key or level */
	POLICY_DRIFT_COUNTER,     /* outgoing frame counter below its floor */
	POLICY_DRIFT_BUDGET,      /* budget larger than what is reserved */
	POLICY_N_DRIFTS
};
uint64_t policy_drifts(const struct policy *p, enum policy_drift d);
const char *policy_drift_name(enum policy_drift d);

#endif
