/* SPDX-License-Identifier: ISC */
/* candidates: who asked to be let in, by Join Secure Requests
 * (draft-kumar-6lo-selective-bootstrap section 5.3.1). Anybody can send those, in any device's
 * name, so everything here is bounded: a limit for each device and source address, one for each
 * device, a bucket for all that are known and another for all strangers, and a table in which
 * strangers displace only strangers. */
#ifndef KMP_CTD_CANDIDATES_H
#define KMP_CTD_CANDIDATES_H

#include "addrs.h"
#include "base/eui64.h"

#define CANDIDATES_MAX_STRANGERS 256
#define CANDIDATES_MAX_KNOWN     4096

#define CANDIDATES_EACH_MS                                                                         \
	1000 /* least time between requests of a device from one address, and                      \
		between new addresses of a device */
/* Requests a second, and at once, that pass the two buckets. */
#define CANDIDATES_KNOWN_RATE     50
#define CANDIDATES_KNOWN_BURST    200
#define CANDIDATES_STRANGER_RATE  10
#define CANDIDATES_STRANGER_BURST 50

struct candidate {
	struct eui64 eui;
	bool known; /* configured or admitted */
	struct addrs addrs;
	uint64_t first_ms, last_ms; /* loop's clock */
	uint64_t new_addr_ms;       /* when the last new address was taken */
	uint64_t count;             /* of requests taken */
};

enum candidates_result {
	CANDIDATES_TAKEN,
	CANDIDATES_SOURCE,  /* a source address that no device can have */
	CANDIDATES_EACH,    /* too soon after this device's last */
	CANDIDATES_ALL,     /* too many of all devices */
	CANDIDATES_NO_ROOM, /* more known devices than the table holds, or no memory */
	CANDIDATES_RESULTS
};

struct candidates;

/* An empty table, or NULL without memory. */
struct candidates *candidates_new(void);
void candidates_free(struct candidates *c);

/* A request of `eui` arrived from `src` at `now_ms`; `known` if it is configured or admitted.
 * Counts each result. */
enum candidates_result candidates_heard(struct candidates *c, const struct eui64 *eui, bool known,
					const struct in6_addr *src, uint64_t now_ms);
uint64_t candidates_counted(const struct candidates *c, enum candidates_result result);

/* `eui` became known, or a stranger: entries are judged by it from now on. */
void candidates_set_known(struct candidates *c, const struct eui64 *eui, bool known);

const struct candidate *candidates_find(const struct candidates *c, const struct eui64 *eui);
size_t candidates_count(const struct candidates *c);
/* The i-th entry, in no order; valid until the table changes. */
const struct candidate *candidates_at(const struct candidates *c, size_t i);

#endif
