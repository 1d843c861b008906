/* SPDX-License-Identifier: ISC */
/* mesh: what the whole mesh is to be, durably: its keys, closed or open, and how far a re-key has
 * come. What one device is to be told of it is in roster_dues.c.
 *
 * A re-key of the network key (DESIGN, key resource): everybody gets the new key staged (receives
 * under it), then active (sends under it; the former is staged), then the former is retired. Each
 * phase is a version of the key set, durable before anybody hears of it, and ends when everybody
 * has taken that version; so at any time whoever sends is understood by all, and the order in which
 * they are told does not matter. */
#ifndef KMP_CTD_MESH_H
#define KMP_CTD_MESH_H

#include "base/eui64.h"
#include "base/store.h"
#include "keys/keyset.h"

#define MESH_REASON_LEN 96

enum mesh_phase { MESH_STEADY, MESH_STAGE, MESH_ACTIVATE, MESH_RETIRE, MESH_PHASES };

enum mesh_event {
	MESH_EV_START,    /* of a re-key */
	MESH_EV_TAKEN,    /* everybody took the key set of this phase */
	MESH_EV_FORCE,    /* the operator will not wait */
	MESH_EV_DEADLINE, /* of an eviction */
	MESH_EVENTS
};

struct mesh {
	struct store *store;
	struct keyset keys;   /* what everybody gets */
	uint32_t key_version; /* of that, from 1 */
	uint8_t key_index;    /* given out last: the newest key's */
	bool all_secured;
	uint32_t n;        /* sequence number of the last close or open */
	struct eui64 near; /* of the last open --near since a close; zero: none */
	enum mesh_phase phase;
	char reason[MESH_REASON_LEN]; /* of the re-key under way */
	int64_t deadline_s;           /* UNIX time at which this phase ends in any case; 0: none */
	char again[MESH_REASON_LEN];  /* reason of the re-key that has to follow; "": none */
};

/* Load from `st` (borrowed), making the first network key. Returns 0, or -errno with a sentence in
 * `why`. */
int mesh_open(struct mesh *m, struct store *st, char *why, size_t why_len);
/* Wipe the keys. */
void mesh_close(struct mesh *m);

/* "none", "stage", "activate", "retire": part of a stable interface (kmpctl(8)). */
const char *mesh_phase_name(enum mesh_phase phase);

/* The next phase on `event`; *leave: those who have not taken the present one are left behind.
 * Returns -EPERM where that event has no meaning. */
int mesh_next_phase(enum mesh_phase phase, enum mesh_event event, enum mesh_phase *next,
		    bool *leave);

/* Each of the following changes what is stored and then `m`, within a transaction of its own that
 * `also` (NULL: nothing) takes part in; if any of it fails, nothing has changed. 0 or -errno. */
typedef int (*mesh_also_fn)(void *arg, const struct mesh *next);

/* Enter the phase `next` (mesh_next_phase()); the key set changes with it. `reason` and
 * `deadline_s` count for the re-key from then on. */
int mesh_enter(struct mesh *m, enum mesh_phase next, const char *reason, int64_t deadline_s,
	       mesh_also_fn also, void *arg);
/* While a re-key is under way: another has to follow, and this one gets a deadline. */
int mesh_rekey_again(struct mesh *m, const char *reason, int64_t deadline_s, mesh_also_fn also,
		     void *arg);
/* Close or open, under the next sequence number. `near`: not all, but what is near that node (NULL:
 * all); `also` says whom. -EOVERFLOW after the last number. */
int mesh_set_closed(struct mesh *m, bool all_secured, const struct eui64 *near, mesh_also_fn also,
		    void *arg);

#endif
