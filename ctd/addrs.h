/* SPDX-License-Identifier: ISC */
/* addrs: the few addresses at which a device may be reached. Anybody can send a Bootstrap Request
 * in the name of another device, so no address is believed before a handshake succeeded at it: at
 * most four are kept, each with a back-off of its own, the one heard last is tried first, and an
 * address that was authenticated or configured is never displaced by one that merely was heard. The
 * device as a whole backs off too: who makes up an address for each request must not have it tried
 * without end. */
#ifndef KMP_CTD_ADDRS_H
#define KMP_CTD_ADDRS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRS_MAX            4
#define ADDRS_BACKOFF_MS     1000 /* after the first failure, then doubled */
#define ADDRS_BACKOFF_CAP_MS 60000

enum addrs_origin {
	ADDRS_HEARD,      /* source of a request: unproven */
	ADDRS_PROVEN,     /* the last one that worked: it answered over an authenticated session */
	ADDRS_CONFIGURED, /* from the configuration file */
};

struct addrs_entry {
	struct in6_addr addr;
	enum addrs_origin origin;
	uint64_t heard_ms; /* when it was heard last, loop's clock */
	uint64_t next_ms;  /* not to be tried before */
	uint32_t failures; /* since it last worked */
};

struct addrs {
	struct addrs_entry entry[ADDRS_MAX];
	size_t n;
	uint32_t failures; /* at any of them, since one last worked */
	uint64_t next_ms;  /* none is to be tried before */
	uint64_t hurry_ms; /* hearing of an address does not shorten that before */
	bool known_failed; /* last, and not one that merely was heard */
};

/* Whether a device can have this address: global or unique local unicast (section 5.3.1 of the
 * draft: the source of a JSR is not link-local), or loopback. */
bool addrs_usable(const struct in6_addr *addr);

const struct addrs_entry *addrs_find(const struct addrs *a, const struct in6_addr *addr);

/* `addr` was heard at `now_ms`, or is put there with another origin. If all places are taken, the
 * heard address that failed most often (then the one heard longest ago) makes room. Returns false
 * if none can. A device that backs off and is heard at an address that does not is tried after
 * ADDRS_BACKOFF_MS, but that only once within ADDRS_BACKOFF_CAP_MS. */
bool addrs_put(struct addrs *a, const struct in6_addr *addr, enum addrs_origin origin,
	       uint64_t now_ms);

/* The address to try now: of those not backing off the one heard last, or after every other failure
 * the one that failed least. What is known better than by being heard takes turns with these after
 * a failure, so that no flood of made-up addresses keeps the true one from being tried;
 * `known_first` has it begin. NULL if there is none; then *wait_ms is the time until there is
 * (UINT64_MAX: never). */
const struct in6_addr *addrs_next(const struct addrs *a, uint64_t now_ms, bool known_first,
				  uint64_t *wait_ms);

/* An attempt at `addr` failed: it and the device back off, doubled each time, with jitter from
 * `seed` (backoff_seed()). */
void addrs_failed(struct addrs *a, const struct in6_addr *addr, uint64_t now_ms, uint64_t seed);

/* It was authenticated at `addr`: that becomes the proven address, alone; whether it works is not
 * known yet, so its failures still count. */
void addrs_reached(struct addrs *a, const struct in6_addr *addr);

/* The device answered over an authenticated session with `addr`: it becomes the proven address,
 * alone, and neither backs off. */
void addrs_proved(struct addrs *a, const struct in6_addr *addr);

/* The configuration is read again: what it gave before is as good as heard. */
void addrs_forget_configured(struct addrs *a);

/* All back-offs are over and begin again: something changed that may make attempts succeed. Who
 * failed before is still in doubt. */
void addrs_retry_now(struct addrs *a);

#endif
