/* SPDX-License-Identifier: ISC */
/* timeline: what happened to each device, and when: the durable log behind `kmpctl ctd explain`.
 * Of a device the last TIMELINE_EVENTS events are kept. An event that repeats one of the last few
 * in the same state (a join request, a handshake that fails again) is folded into it with a count,
 * so that a device that fails for days does not push out how it began. Writes are gathered: what is
 * new reaches the disk within a second, a mere repetition within a minute. Only devices that are
 * configured or were admitted belong here, so that no stranger costs a write or a place. */
#ifndef KMP_CTD_TIMELINE_H
#define KMP_CTD_TIMELINE_H

#include "base/eui64.h"
#include "base/evl.h"
#include "base/store.h"

#include <stddef.h>

#define TIMELINE_EVENTS    64   /* kept of a device; the oldest goes */
#define TIMELINE_DEVICES   8192 /* kept; the one that nothing happened to for longest goes */
#define TIMELINE_FOLD      4    /* how far back a repetition is looked for */
#define TIMELINE_STATE_LEN 16
#define TIMELINE_TEXT_LEN  144
#define TIMELINE_NEW_MS    1000
#define TIMELINE_AGAIN_MS  60000

struct timeline_event {
	int64_t first_s, last_s; /* UNIX times: of the first and the last of those folded */
	uint32_t count;
	char state[TIMELINE_STATE_LEN]; /* of the device after it */
	char text[TIMELINE_TEXT_LEN];
};

/* Stands for the mesh as a whole. */
extern const struct eui64 timeline_mesh;

struct timeline;

/* The log in `st` (borrowed, with the tables of ctd_store). Returns 0 and *t, or -errno. */
int timeline_new(struct timeline **t, struct evl *evl, struct store *st);
/* Writes what is not written yet. */
void timeline_free(struct timeline *t);

/* `text` happened to `eui`, which is now in `state`. What cannot be stored is lost and logged. */
void timeline_add(struct timeline *t, const struct eui64 *eui, const char *state, const char *text);

/* Write now what is not written yet. Returns 0 or -errno; then it is tried again later. */
int timeline_flush(struct timeline *t);

/* Call `fn` for each event of `eui`, oldest first. Returns 0 or -errno. */
typedef void (*timeline_fn)(const struct timeline_event *e, void *arg);
int timeline_each(struct timeline *t, const struct eui64 *eui, timeline_fn fn, void *arg);

#endif
