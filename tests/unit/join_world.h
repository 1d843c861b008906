/* SPDX-License-Identifier: ISC */
/* join_world: one join machine on the test clock, with a transport and an owner that only note what
 * is wanted of them and answer as the test says. */
#ifndef KMP_TESTS_JOIN_WORLD_H
#define KMP_TESTS_JOIN_WORLD_H

#include "join.h"

#define WORLD_KEY_INDEX 7 /* of the key that it is given */

struct join_world {
	struct evl *evl;
	struct join_transport transport;
	struct join_owner owner;
	struct join join;
	int connects, closes, puts, gets; /* wanted so far */
	int changes, taken, refused, missed;
	enum due_kind due;                       /* what it is to be told once it is keyed */
	bool floor_due;                          /* and before */
	enum due_kind told;                      /* wanted last */
	int connect_error, put_error, get_error; /* what they return */
	const char *gate;
	const char *hold;   /* why keys are held back; NULL: they are not */
	int holds;          /* asked so far */
	struct in6_addr to; /* of the last connect */
};

extern struct join_world w;

void world_set_up(enum join_state state);
/* A node that was admitted and heard, its handshake under way; the same, once it has the key set,
 * and once it has joined. */
void world_set_up_connecting(void);
void world_set_up_keyed(void);
void world_set_up_joined(void);
void world_tear_down(void);

void world_heard_from(const char *text);
void world_pass_s(uint64_t s);
/* It answers to GET. */
void world_answer(uint8_t index, enum bsres_mark mark);
struct in6_addr world_addr(const char *text);

void world_assert_state(enum join_state state);
/* The reason has this part. */
void world_assert_reason(const char *part);
/* The last handshake went there. */
void world_assert_to(const char *text);

#endif
