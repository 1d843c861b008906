/* SPDX-License-Identifier: ISC */
/* roster_world: a roster with a store, on the test clock, whose transport only notes what is wanted
 * of it. A test answers by hand, or has the devices of a simulated mesh do it. */
#ifndef KMP_TESTS_ROSTER_WORLD_H
#define KMP_TESTS_ROSTER_WORLD_H

#include "roster.h"

#define WORLD_DEVICES 200 /* number 1 may be a border router */

enum world_pending { WORLD_NOTHING, WORLD_CONNECT, WORLD_TELL, WORLD_GET };

/* A device, as world_serve() has it answer. */
struct world_device {
	bool deaf;
	bool unsecured; /* it is reached over links that are not secured */
	bool no_key;    /* it takes keys, and none becomes active */
	struct keyset keys;
	bool secured;
	uint32_t n, fc;
	uint8_t refuse;      /* a code to answer PUT with; 0: take it */
	uint8_t refuse_keys; /* only that of keys */
	struct eui64 link[4];
	size_t n_links;
	struct eui64 forgot[4]; /* last */
	size_t n_forgot;
	uint8_t forgot_under; /* index of the key that was active then */
};

struct world {
	struct evl *evl;
	struct store *store;
	struct ctd_conf conf;
	struct ctd_device device[WORLD_DEVICES];
	struct join_transport transport;
	struct mesh mesh;
	struct roster *roster;
	/* By number, from 1: */
	int connects[WORLD_DEVICES + 1], puts[WORLD_DEVICES + 1], gets[WORLD_DEVICES + 1];
	enum world_pending pending[WORLD_DEVICES + 1];
	struct due told[WORLD_DEVICES + 1]; /* last */
	struct world_device sim[WORLD_DEVICES + 1];
	char why[256]; /* the roster's sentence when it refused last */
};

extern struct world w;

/* Enter an empty directory and configure the first `n_devices`; no roster is open. */
void world_set_up(size_t n_devices, enum ctd_admission admission, uint32_t max_joins);
void world_tear_down(void);
void world_make_router(void);

void world_open(void);
void world_close(void);
/* The same, but what is not stored is lost. */
void world_crash(void);
/* That, and what a start does. */
void world_restart(void);

/* From now on nothing can be stored of devices; and there is room again. */
void world_fill_disk(void);
void world_make_room(void);

struct eui64 world_eui(int n);
struct in6_addr world_addr(int n);
const struct member *world_member(int n);
struct join *world_join(int n);

int world_admit(int n);
void world_heard(int n);
/* What the operator orders. 0 or -errno. */
int world_evict(int n);
int world_rekey(void);
/* Of the key that device `n` sends under; 0 if it has none. */
uint8_t world_active_index(int n);

/* Have device `n` do what was asked of it, deaf or not. */
void world_answer(int n);
/* Let device `n` ask and be admitted, and answer until a key set is on its way to it. */
void world_begin_keying(int n);
/* It takes that, and its answer is lost: it will never be heard again. */
void world_take_silently(int n);

/* Have one simulated device answer, or what is held back leave; false if nothing is wanted of those
 * that are not deaf. */
bool world_serve_one(void);
/* Have the simulated devices, those that are not deaf, answer until nothing is wanted any more. */
void world_serve(void);
/* The same for `ms` of the clock. */
void world_pass_ms(uint64_t ms);
/* A line of `n` simulated devices, each with links to the next, the first a border router: open the
 * roster and have all of them join. */
void world_join_line(int n);

#endif
