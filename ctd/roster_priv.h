/* SPDX-License-Identifier: ISC */
/* roster_priv: the one structure that the roster*.c files share, and what they call of each other.
 */
#ifndef KMP_CTD_ROSTER_PRIV_H
#define KMP_CTD_ROSTER_PRIV_H

#include "roster.h"

#define ROSTER_FLUSH_MS 100  /* changes of devices are stored together, at most that late */
#define ROSTER_AGAIN_MS 5000 /* until a store that failed is tried again */
/* Least time between two re-keys that nobody ordered, and between two because of the same device,
 * which takes weeks to use up a counter: one that lies must not have us re-key for ever. */
#define ROSTER_REKEY_SPACING_MS 3600000
#define ROSTER_REKEY_EACH_MS    86400000

/* How many that are no neighbours of it are told that a node was keyed or joined: each is then
 * asked for its proof, over all hops. */
#define ROSTER_NEWS_MS    250 /* one in that time */
#define ROSTER_NEWS_BURST 16  /* after silence */

#define ROSTER_LOOK_MS  1000   /* how often it is looked how a re-key comes on */
#define ROSTER_TRY_MS   10000  /* a try as long as that, or as the deadline, had its chance */
#define ROSTER_GRACE_MS 900000 /* and all of them together no longer */

/* A border router that has been silent for that long does not answer any more: in an eviction for
 * half of its deadline, within bounds. It is asked twice in that time. */
#define ROSTER_SILENCE_MS     60000
#define ROSTER_SILENCE_MIN_MS 3000
#define ROSTER_SILENCE_MAX_MS 10000
#define ROSTER_ASK_AT_ONCE    4 /* of the others, where there is none */

/* Who waits for a turn, who came first is first. */
struct roster_queue {
	struct member *first, **end;
	size_t n;
};

/* In this order they get their turns. */
enum roster_line {
	ROSTER_TELLS,    /* to be told something over a session: needs no handshake */
	ROSTER_HOPEFUL,  /* to be connected to */
	ROSTER_DOUBTFUL, /* the same, join_doubtful() */
	ROSTER_BLOCKED,  /* no turn would help: wait for a border router or a credential */
	ROSTER_LINES
};

/* What a person has to do if the store fails; see advice.c. */
#define ROSTER_NOT_STORED                                                                          \
	"no key is sent, its state cannot be stored: make room on the disk of the state directory"

/* Why a re-key leaves nobody behind. */
#define ROSTER_OUT_OF_REACH                                                                        \
	"nobody is left behind while no border router answers, by which the others are told"

/* Are those there by whom others are reached, and told so far that they can be? */
struct roster_reach {
	uint32_t version;  /* of the key set that this is about */
	uint64_t since_ms; /* one has taken it, and answered since then; 0: none does */
	uint64_t asked_ms; /* last */
	size_t ask_next;   /* who is next, where there is no border router */
};

struct roster {
	struct evl *evl;
	struct store *store;
	const struct ctd_conf *conf;
	struct mesh *mesh;
	const struct join_transport *transport;
	struct join_owner owner;
	struct member **member; /* sorted by EUI-64 */
	size_t n, cap;

	size_t handshakes;      /* turns under way that began with one */
	size_t tells;           /* PUTs under way over sessions of before */
	size_t routers_pending; /* border routers configured and not keyed */
	size_t routers_in;      /* and those that are */
	size_t doubtful;        /* those of the handshakes that join_doubtful() */
	struct roster_queue line[ROSTER_LINES];
	const struct member *served;                /* whose turn it is just now */
	TAILQ_HEAD(unproved_list, member) unproved; /* who was told the news last is last */
	uint64_t news_ms;           /* until then those that were told are paid for */
	struct evl_timer *dispatch; /* lets those who wait try again */
	struct evl_timer *check;    /* when the next joined device is looked after */
	size_t check_at;            /* which */
	uint64_t round_ms;          /* when that round began */

	struct member *dirty;   /* to be stored */
	struct evl_timer *turn; /* store them, and see how far the mesh has come */
	uint64_t turn_ms;       /* when, if it is set */
	int store_error;        /* of the last time that anything was stored; 0: none */
	bool holding;           /* key sets are held back until that is done */
	bool poke;              /* something may be due that was not */
	bool rekey_due;         /* the counter of the device `rekey_for` nears its end */
	struct eui64 rekey_for;
	uint64_t rekey_ms;       /* when that had the mesh re-keyed last; 0: never */
	struct evl_timer *look;  /* runs during a re-key */
	uint64_t until_ms;       /* its deadline, if it has one */
	uint64_t grace_since_ms; /* reach.since_ms of the time for who was not tried yet; 0: none */
	uint64_t grace_ms;       /* until then at most */
	uint32_t waiting_version; /* of the key set whose deadline waits for a border router */
	struct roster_reach reach;

	roster_event_fn on_event; /* NULL: nobody listens */
	void *on_event_arg;
};

/* roster.c */
struct member *roster_member(const struct roster *r, const struct eui64 *eui);
struct member *roster_member_of(const struct join *j);
struct member *roster_add(struct roster *r, const struct eui64 *eui, enum join_state state);
bool roster_is_router(const struct member *m);
void roster_say(const struct roster *r, const struct eui64 *eui, const char *text);

/* roster_turns.c: join_owner's `gate` and `on_change`. */
const char *roster_gate(void *arg, const struct join *j);
void roster_on_change(void *arg, struct join *j);
/* Count `m` afresh: its state, or what it is configured as, may have changed. */
void roster_count_member(struct roster *r, struct member *m);
void roster_forget_member(struct roster *r, struct member *m);
void roster_on_dispatch(void *arg);
void roster_on_check(void *arg);

/* roster_dues.c: join_owner's functions of these names. */
bool roster_next_due(void *arg, const struct join *j, struct due *due);
void roster_on_taken(void *arg, struct join *j, const struct due *due);
void roster_on_refused(void *arg, struct join *j, const struct due *due, uint8_t code);
const char *roster_hold(void *arg, struct join *j, const struct due *due);
bool roster_on_answer(void *arg, struct join *j);
void roster_on_missed(void *arg, struct join *j);
/* `m` may use its counter under the key `index` from now on. */
void roster_counter_of(struct member *m, uint8_t index);
/* `m` starts over: its neighbours have to forget it. */
void roster_starts_over(struct roster *r, const struct member *m);
/* Does either of the two call the other its neighbour? */
bool roster_neighbours(const struct member *a, const struct member *b);

/* A sequence number that is `n`, or else the next that moves `node`. */
uint32_t roster_number_above(uint32_t n, const struct node *node);

/* roster_mesh.c: */
/* Log and tell the listener what happens to the whole mesh. */
void roster_announce(const struct roster *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Write the sentence for what could not be stored. Returns `error`. */
int roster_not_stored(int error, char *why, size_t why_len);
/* Something became due: tell those whom it concerns, as soon as the present call is over. */
void roster_poke(struct roster *r);
/* 0, or -ENOENT with a sentence: nobody has joined. */
int roster_need_joined(const struct roster *r, char *why, size_t why_len);

/* roster_rekey.c: go on with a re-key if it can; the frame counter of `m` nears its end; the
 * deadline of a re-key came, and nobody is waited for any more; act after a start. */
void roster_review(struct roster *r);
void roster_rekey_by_itself(struct roster *r, struct member *m);
int roster_end_phase(struct roster *r);
void roster_resume(struct roster *r);

/* roster_deadline.c: a phase has begun, or its deadline changed; how does it come on? */
void roster_watch_phase(struct roster *r);
void roster_on_look(void *arg);

/* roster_reach.c: takes part and has not taken the key set of this phase. */
bool roster_is_behind(const struct roster *r, const struct member *m);
/* See whether one has taken it by whom others are reached. From then on who does not answer has
 * itself to blame: all are tried, those that failed before too. */
void roster_note_reached(struct roster *r);
/* See whether such a one still answers, and ask it. */
void roster_watch_reach(struct roster *r);
/* Has one answered at or after `then_ms`? */
bool roster_reached_since(const struct roster *r, uint64_t then_ms);
/* Ask them. */
void roster_ask_reach(struct roster *r);
/* Some are behind, and none of those answers: then nobody is left behind. It could not have been
 * told, and those who come to be reached would be cut off from the rest. */
bool roster_out_of_reach(const struct roster *r);

/* roster_store.c */
int roster_load(struct roster *r);
/* `m` has to be stored; soon, with others. */
void roster_mark(struct roster *r, struct member *m);
/* Bring m->node up to date with its machine, and mark it if that changed it. */
void roster_save(struct roster *r, struct member *m);
/* Store all that is marked. */
void roster_flush(struct roster *r);
void roster_on_turn(void *arg);
/* Have the turn come within `ms`. */
void roster_turn_in(struct roster *r, uint64_t ms);

#endif
