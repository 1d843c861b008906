/* SPDX-License-Identifier: ISC */
/* roster: all devices that ctd may let in, each with its join machine: who is admitted, whose turn
 * it is, the border router before all others, and what of it is durable. No sockets: a transport
 * carries out what the machines want. */
#ifndef KMP_CTD_ROSTER_H
#define KMP_CTD_ROSTER_H

#include "base/store.h"
#include "ctd_conf.h"
#include "join.h"
#include "nodes.h"

struct member {
	struct join join;
	const struct ctd_device *device; /* its section of the configuration, or NULL */
	bool admitted;
	enum join_progress progress;
	int64_t since_s;  /* UNIX time of its last change */
	struct node node; /* what is durable once admitted */
};

struct roster;

/* `conf` (until roster_configure() gives another) and `st` are borrowed; `key_index` is that of the
 * network key. Loads the admitted devices from `st` and adds the configured ones, without acting.
 * Returns 0 and *r, or -errno. */
int roster_new(struct roster **r, struct evl *evl, struct store *st, const struct ctd_conf *conf,
	       uint8_t key_index, const struct join_transport *transport);
void roster_free(struct roster *r);

/* Act: resume those who were on their way, contact border routers that have an address. */
void roster_start(struct roster *r);

/* The configuration was read again: new devices can be admitted, removed ones no more. */
int roster_configure(struct roster *r, const struct ctd_conf *conf);

/* Is `eui` configured or admitted? */
bool roster_knows(const struct roster *r, const struct eui64 *eui);

/* `eui` asked to be let in from `src`. With `admission = listed` that admits a configured one. */
void roster_heard(struct roster *r, const struct eui64 *eui, const struct in6_addr *src);

/* Admit `eui`, durably before anything else happens. Returns 0; -EALREADY if it was admitted
 * before; -ENOKEY if there is no credential for it; or -errno of the store; with a sentence in
 * `why`. */
int roster_admit(struct roster *r, const struct eui64 *eui, char *why, size_t why_len);

/* Call `fn` for all that happens from now on, one line each: changes of a device's state or its
 * reason, admissions, what it took or refused. `eui` is NULL for what concerns the whole mesh. One
 * listener; NULL: none. It must not call back into what changes anything. */
typedef void (*roster_event_fn)(void *arg, const struct eui64 *eui, const char *text);
void roster_on_event(struct roster *r, roster_event_fn fn, void *arg);

const struct member *roster_find(const struct roster *r, const struct eui64 *eui);
size_t roster_count(const struct roster *r);
/* The i-th, sorted by EUI-64. */
const struct member *roster_at(const struct roster *r, size_t i);

#endif
