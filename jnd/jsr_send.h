/* SPDX-License-Identifier: ISC */
/* jsr_send: when a node without keys sends its JSR (draft-kumar-6lo-selective-bootstrap section
 * 5.3.2): once at start, then after 2, 4, 8 .. 60 s with a jitter, until the DTLS handshake of the
 * CT answers it; nothing else does. A session that ends without keys lets it go on where it was, so
 * that a node with a wrong credential does not ask faster and faster. No sockets: it acts through a
 * callback. */
#ifndef JND_JSR_SEND_H
#define JND_JSR_SEND_H

#include "base/eui64.h"
#include "base/evl.h"
#include "base/fsm.h"

#define JSR_SEND_FIRST_MS 2000
#define JSR_SEND_MAX_MS   60000
/* A handshake that brings neither keys nor the end of its session silences the node this long at
 * most: anyone can begin one. */
#define JSR_SEND_PATIENCE_MS 120000

enum jsr_send_state { JSR_SEND_IDLE, JSR_SEND_ASKING, JSR_SEND_ANSWERED };
#define JSR_SEND_STATES 3

enum jsr_send_event {
	JSR_SEND_EV_START,       /* the node has an address, a CT to ask, and no keys */
	JSR_SEND_EV_STOP,        /* it has keys, or nobody to ask */
	JSR_SEND_EV_DUE,         /* time for the next JSR */
	JSR_SEND_EV_WAY,         /* addresses or routes have changed since one could not be sent */
	JSR_SEND_EV_HANDSHAKE,   /* the CT began a DTLS handshake */
	JSR_SEND_EV_SESSION_END, /* its session failed or ended */
	JSR_SEND_EVENTS
};

/* The machine; a pair of state and event without a row is refused. */
extern const struct fsm_desc jsr_send_machine;

/* Send a JSR, the `tries`th (1..) since the start. 0 or -errno (logged, repeated with the same
 * number: one that did not leave is no reason to be slow afterwards). Must not call back. */
typedef int (*jsr_send_fn)(void *arg, uint32_t tries);

struct jsr_send;

/* Idle, for the device `own`. NULL without memory. */
struct jsr_send *jsr_send_new(struct evl *evl, const struct eui64 *own, jsr_send_fn fn, void *arg);
void jsr_send_free(struct jsr_send *s);

/* Send now and go on until answered. Nothing if it is going on already. */
void jsr_send_start(struct jsr_send *s);
/* Send no more. */
void jsr_send_stop(struct jsr_send *s);
/* The kernel's addresses or routes have changed: what could not be sent is sent now. */
void jsr_send_on_routes(struct jsr_send *s);
/* What the node's DTLS server tells; nothing while idle. */
void jsr_send_on_handshake(struct jsr_send *s);
void jsr_send_on_session_end(struct jsr_send *s);

enum jsr_send_state jsr_send_state(const struct jsr_send *s);
const char *jsr_send_state_name(enum jsr_send_state state);
/* JSRs that left since the start; 0 while idle. */
uint32_t jsr_send_tries(const struct jsr_send *s);

#endif
