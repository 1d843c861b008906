/* SPDX-License-Identifier: ISC */
/* roster: all devices that ctd may let in, each with its join machine: who is admitted or denied,
 * whose turn it is, the border router before all others, what each is still to be told, and how far
 * the whole mesh has come with it; and what of it is durable. No sockets: a transport carries out
 * what the machines want.
 *
 * roster.c keeps the members, roster_turns.c their turns, roster_dues.c what is due to each,
 * roster_mesh.c and roster_rekey.c what the operator wants of all, roster_reach.c whether any of
 * them can be told, roster_deadline.c how long they are waited for, roster_store.c what is
 * durable. */
#ifndef KMP_CTD_ROSTER_H
#define KMP_CTD_ROSTER_H

#include "base/store.h"
#include "ctd_conf.h"
#include "join.h"
#include "mesh.h"
#include "nodes.h"

#include <sys/queue.h>

#define ROSTER_KEYS_MS          5      /* a key set waits that long to be stored with others */
#define ROSTER_CHECK_MS         600000 /* joined devices are looked after once in that time */
#define ROSTER_CHECK_SPACING_MS 2000   /* and at start not faster than one in that */

struct roster_queue;

/* What a member adds to the counts of struct roster. */
struct member_count {
	bool handshake, tell, doubtful, router_pending, router_in;
};

/* Of struct node: what is known of a device's frame counter. */
struct roster_counter {
	uint32_t fc;
	int64_t s;
};

struct member {
	struct join join;
	const struct ctd_device *device; /* its section of the configuration, or NULL */
	bool admitted;
	enum join_progress progress;
	int64_t since_s;  /* UNIX time of its last change */
	struct node node; /* what is durable once admitted or denied */

	/* Of the roster's files alone: */
	struct member_count counted;
	char said[JOIN_REASON_LEN];   /* to the listener last */
	bool again;                   /* admitted again: if it does not answer, it starts over */
	bool floor_told;              /* since it is keyed anew */
	struct roster_counter before; /* while it is keyed: what was known of its counter first */
	bool before_kept;
	bool fc_old;       /* node.fc is of the key before */
	uint64_t rekey_ms; /* when its counter had the mesh re-keyed last, loop's clock; 0: never */
	bool rekey_refused;     /* and since, it wanted to once more */
	uint32_t tried_version; /* of the mesh's key set when it last had a first turn */
	uint64_t tried_ms;      /* and when that began, loop's clock */
	bool dirty;
	struct member *next_dirty;
	struct roster_queue *queue; /* in which it waits for its turn, or NULL */
	struct member *next_waiting;
	bool unproved; /* it is keyed and not proved, and in the list of those */
	TAILQ_ENTRY(member) next_unproved;
};

struct roster;

/* `conf` (until roster_configure() gives another), `st` and `mesh` are borrowed; the roster changes
 * the mesh. Loads the known devices from `st` and adds the configured ones, without acting. Returns
 * 0 and *r, or -errno. */
int roster_new(struct roster **r, struct evl *evl, struct store *st, const struct ctd_conf *conf,
	       struct mesh *mesh, const struct join_transport *transport);
/* Stores what is not stored yet. */
void roster_free(struct roster *r);

/* Act: resume those who were on their way, contact border routers that have an address, go on with
 * a re-key. */
void roster_start(struct roster *r);

/* The configuration was read again: new devices can be admitted, removed ones no more. */
int roster_configure(struct roster *r, const struct ctd_conf *conf);

/* Is `eui` configured or admitted? */
bool roster_knows(const struct roster *r, const struct eui64 *eui);

/* `eui` asked to be let in from `src`. That admits it if ctd_conf_admits() it. */
void roster_heard(struct roster *r, const struct eui64 *eui, const struct in6_addr *src);

/* Admit `eui`, durably before anything else happens. Returns 0; -EALREADY if it was admitted
 * before: then it is looked after, and if it does not answer, it is taken for one that came back
 * factory-new: its neighbours forget it, so that it can ask (DESIGN, Close/open); -ENOKEY if there
 * is no credential for it; or -errno of the store; with a sentence in `why`. */
int roster_admit(struct roster *r, const struct eui64 *eui, char *why, size_t why_len);

/* What the operator wants of the whole mesh or against one device. It is durable when they return
 * 0, and then told to each, for as long as it takes; else -errno, with a sentence in `why`. */

/* ALL_SECURED everywhere (section 5.3.3 of the draft). */
int roster_close(struct roster *r, char *why, size_t why_len);
/* Open everywhere, or only `near` (NULL: everywhere) and its neighbours; these also forget it if it
 * was left behind, which is then all that an open mesh does: else -EALREADY. */
int roster_open(struct roster *r, const struct eui64 *near, char *why, size_t why_len);
/* Re-key, or go on without those who do not answer: they are left behind. -EBUSY as long as that
 * could only be because no border router answers (without any: nobody). */
int roster_rekey(struct roster *r, char *why, size_t why_len);
int roster_rekey_force(struct roster *r, char *why, size_t why_len);
/* Never connect to `eui` again; roster_admit() takes it back. */
int roster_deny(struct roster *r, const struct eui64 *eui, char *why, size_t why_len);
/* The same, and re-key if it may hold a key, without whom has not answered within `evict-deadline`;
 * who could not be tried until then gets one try. -ENOENT for a device that is neither configured
 * nor admitted nor denied; -EBUSY for the only border router while there are other nodes, which it
 * would cut off. */
int roster_evict(struct roster *r, const struct eui64 *eui, char *why, size_t why_len);

const struct mesh *roster_mesh(const struct roster *r);
/* 0, or the -errno why the state of devices cannot be stored at present: then no device is given
 * keys that it may not have yet. */
int roster_store_error(const struct roster *r);
/* Does a re-key wait for a border router (without any: for somebody)? Where it has a deadline, only
 * from then on. */
bool roster_rekey_waits(const struct roster *r);
/* What `m` does not have yet of what all are to have; and what of that it is to be told next: one
 * that has not proved that it is in is not closed before. */
enum due_kind roster_lacks(const struct roster *r, const struct member *m);
enum due_kind roster_due(const struct roster *r, const struct member *m);
/* Does it take part: holds keys, and is not left behind? */
bool roster_takes_part(const struct member *m);

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
