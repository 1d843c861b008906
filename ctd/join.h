/* SPDX-License-Identifier: ISC */
/* join: the commissioning tool's side of one device joining the secured mesh
 * (draft-kumar-6lo-selective-bootstrap sections 5.3.2, 5.4 and 6): admitted, DTLS to an address it
 * was heard at, the key set put, and `joined` only after proof, which is an answer that came over
 * the DTLS session to a request the device received under the new layer-2 key; and from then on
 * telling it what is due: other keys, closing and opening, neighbours to forget. A table-driven
 * machine without sockets: it acts through the operations of a transport and an owner.
 *
 * join.c feeds events, join_table.c has the table, join_acts.c its actions. */
#ifndef KMP_CTD_JOIN_H
#define KMP_CTD_JOIN_H

#include "addrs.h"
#include "base/evl.h"
#include "base/fsm.h"
#include "due.h"
#include "keys/bsres_msg.h"

#define JOIN_REASON_LEN       128
#define JOIN_ASK_MS           400  /* first GET /bootstrap after the key set, then doubled */
#define JOIN_REFUSED_MS       1000 /* wait after a refusal, then doubled */
#define JOIN_ASK_CAP_MS       30000
#define JOIN_ASK_SPACING_MS   1000  /* least time between two of them */
#define JOIN_CHECK_SPACING_MS 10000 /* the same for a joined device, whose JSRs may be forged */

enum join_state {
	JOIN_DENIED,            /* no credential: never connected to */
	JOIN_CANDIDATE,         /* may be admitted */
	JOIN_ADMITTED,          /* waits for an address, its turn or the end of a back-off */
	JOIN_CONNECTING,        /* DTLS handshake */
	JOIN_KEYING,            /* PUT of the key set, and of what has to come before it */
	JOIN_KEYED,             /* holds the key set; proof asked for over the session */
	JOIN_KEYED_LOST,        /* the same, but the session is gone: waits to connect again */
	JOIN_KEYED_CONNECTING,  /* the same, handshake under way */
	JOIN_JOINED,            /* proved */
	JOIN_JOINED_CONNECTING, /* the same, handshake under way: it asked again, or something is
				 * due, or it is time to look after it */
	JOIN_STATES
};

/* What the operator is shown and what is durable: the progress, without the session. */
enum join_progress {
	JOIN_IS_DENIED,
	JOIN_IS_CANDIDATE,
	JOIN_IS_ADMITTED,
	JOIN_IS_CONNECTING,
	JOIN_IS_KEYING,
	JOIN_IS_KEYED,
	JOIN_IS_JOINED,
	JOIN_PROGRESSES
};
/* "denied", "candidate", "admitted", ... */
const char *join_progress_name(enum join_progress progress);

enum join_event {
	JOIN_EV_CREDENTIAL,    /* the configuration has its credential (again, or a new one) */
	JOIN_EV_NO_CREDENTIAL, /* and no longer */
	JOIN_EV_ADMIT,
	JOIN_EV_JSR,       /* it asked to be let in */
	JOIN_EV_TRY,       /* a back-off ended, or what it waited for may be over */
	JOIN_EV_START,     /* a handshake started */
	JOIN_EV_UP,        /* the handshake succeeded */
	JOIN_EV_LOST,      /* it failed, or the session ended */
	JOIN_EV_KEY_SET,   /* the key set was taken that makes it a member */
	JOIN_EV_TAKEN,     /* it took something else that was due */
	JOIN_EV_NOT_TAKEN, /* it refused what was due */
	JOIN_EV_DUE,       /* something is due */
	JOIN_EV_RELEASE,   /* what was held back may leave now */
	JOIN_EV_CHECK,     /* time to look after it */
	JOIN_EV_DENY,      /* the operator denies it */
	JOIN_EV_NEWS,      /* another node was keyed or joined */
	JOIN_EV_PROOF,     /* it answered to a request that came in secured */
	JOIN_EV_NO_PROOF,  /* it answered, but the request came in unsecured */
	JOIN_EV_OTHER_KEY, /* it answered that another key or none is active */
	JOIN_EV_NOT_USED,  /* the same once more: it was given keys since, and proved nothing */
	JOIN_EV_REFUSED,   /* it answered to GET with an error */
	JOIN_EV_NO_ANSWER, /* it did not answer */
	JOIN_EVENTS
};

struct join;

/* What carries out the actions. */
struct join_transport {
	/* Start a handshake with `addr`; the outcome comes by join_on_up() or join_on_lost(), never
	 * from within. Returns 0 or -errno. */
	int (*connect)(void *arg, struct join *j, const struct in6_addr *addr);
	/* End the handshake or session, if there is one; neither join_on_lost() nor the outcome of
	 * a request comes after it. */
	void (*close)(void *arg, struct join *j);
	/* Tell it `due`, or send GET /bootstrap; one at a time; the outcome comes by join_on_told()
	 * or join_on_answer(), never from within. Return 0 or -errno. */
	int (*tell)(void *arg, struct join *j, const struct due *due);
	int (*get)(void *arg, struct join *j);
	void *arg;
};

/* Who has many of these. */
struct join_owner {
	/* May a handshake start now, or what is due be told over the session (j->up)? NULL, or the
	 * reason why it has to wait; the owner then calls join_try() when that may have changed. */
	const char *(*gate)(void *arg, const struct join *j);
	/* What it is to be told next; false: nothing. While KEYING there is always something, the
	 * key set last. */
	bool (*next_due)(void *arg, const struct join *j, struct due *due);
	/* NULL: `due` may leave. Else it is held back, for that reason ("": for a moment), and the
	 * owner calls join_release() when that may be over. */
	const char *(*hold)(void *arg, struct join *j, const struct due *due);
	/* It took `due`; it refused it by the CoAP code `code`. */
	void (*on_taken)(void *arg, struct join *j, const struct due *due);
	void (*on_refused)(void *arg, struct join *j, const struct due *due, uint8_t code);
	/* It answered to GET with j->answer; j->fresh_keys tells what it was asked after. Returns
	 * whether the key active there is one it was given. */
	bool (*on_answer)(void *arg, struct join *j);
	/* It could not be reached, or did not answer. */
	void (*on_missed)(void *arg, struct join *j);
	/* The state, its reason or the reason to wait changed. */
	void (*on_change)(void *arg, struct join *j);
	void *arg;
};

struct join {
	struct eui64 eui;
	bool border_router;
	struct fsm fsm;
	struct addrs addrs;
	struct in6_addr peer; /* of the handshake or session, else where the last one was */
	bool up;              /* there is a session */
	bool asking;          /* GET under way */
	bool telling;         /* PUT of `due` under way */
	bool held;            /* it is held back: nothing of it has left */
	bool waiting;         /* refused by the gate */
	bool turn;         /* a handshake was let through, and what is due is told in that turn */
	struct due due;    /* told last */
	uint32_t refusals; /* of what was due, since it last took something */
	bool ask_first;    /* it refused: find out how it is before telling it again */
	bool fresh_keys;   /* it took a key set over this session and was not asked since */
	uint32_t unused;   /* times that it did not use the keys it was given, since it proved to */
	uint32_t asked;    /* GETs since there was news */
	uint64_t asked_ms;
	char reason[JOIN_REASON_LEN]; /* of the last change */
	struct bsres_state answer;    /* the last one to GET /bootstrap */
	bool answered;                /* there was one */
	bool heard;                   /* it has answered to anything */
	uint64_t heard_ms;            /* when it did last; not yet: known since. Loop's clock */
	const struct join_transport *transport;
	const struct join_owner *owner;
	struct evl *evl;
	struct evl_timer *timer; /* of the next attempt, or the next GET */
	uint64_t seed;
	void *link; /* the transport's */
};

/* Set `j` up in `state`, one of DENIED, CANDIDATE, ADMITTED, KEYED_LOST, JOINED, without acting.
 * Returns 0 or -ENOMEM. */
int join_init(struct join *j, struct evl *evl, const struct eui64 *eui, enum join_state state,
	      const struct join_transport *transport, const struct join_owner *owner);
/* Closes what is open. */
void join_fini(struct join *j);

enum join_state join_state(const struct join *j);
enum join_progress join_progress(const struct join *j);
/* The turn that began with a handshake is not over (j->turn), or a PUT is under way: it counts
 * against max-joins. Not while it is asked and nothing is due, and not while it is held back: then
 * nothing of it is on the air, and the next can begin; when those who were held back go on, they
 * may be some more than that for the time of a PUT. */
bool join_busy(const struct join *j);

/* It failed since it last worked, wherever it was tried, and a handshake alone does not count as
 * work: the device may be switched off, or never have been there, or answer nothing. */
bool join_doubtful(const struct join *j);

/* Each feeds the event of its name; see the table in join_table.c. */
void join_credential(struct join *j, bool present);
void join_admit(struct join *j, const char *why);
void join_heard(struct join *j, const struct in6_addr *src);
void join_news(struct join *j);
void join_due(struct join *j);
/* Have it leave, if something is held back and the owner lets it. */
void join_release(struct join *j);
void join_check(struct join *j);
void join_deny(struct join *j, const char *why);
/* Act if there is something to do: at start, and when what it waited for may be over. */
void join_try(struct join *j);

/* From the transport. `error` is 0 or -errno, `code` the CoAP code of the answer. */
void join_on_up(struct join *j);
void join_on_lost(struct join *j, const char *why);
void join_on_told(struct join *j, int error, uint8_t code);
/* `state` is NULL unless the answer was 2.05 with a body that could be read. */
void join_on_answer(struct join *j, int error, uint8_t code, const struct bsres_state *state);

#endif
