/* SPDX-License-Identifier: ISC */
/* node_priv: the one structure that the node_*.c files of this room share, and what they call of
 * each other. */
#ifndef KMP_NODE_NODE_PRIV_H
#define KMP_NODE_NODE_PRIV_H

#include "base/store.h"
#include "coap/coap_msg.h"
#include "coap/coap_sess.h"
#include "dtls/dtls.h"
#include "keys/fcounter.h"
#include "keys/keyset.h"
#include "link/bootstrap.h"
#include "link/bslayer.h"
#include "link/iface.h"
#include "link/llsec.h"
#include "link/neightab.h"
#include "link/policy.h"
#include "node/node.h"

#define NODE_TICK_MS      10000 /* reconcile, and store receive counters (DESIGN, bootstrap layer) */
#define NODE_MAX_SESSIONS 4     /* with the CT at once; the oldest gives way */

struct node_session {
	struct node *node;
	struct dtls_session *dtls;
	struct coap_sess *coap;
	uint64_t since_ms;
};

struct node {
	struct evl *evl;
	const struct node_conf *conf;
	struct node_ops ops;
	struct iface_state iface;
	int claim;                 /* descriptor of iface_claim(), -1: none */
	const char *iface_differs; /* what was changed behind our back and stays so; or NULL */
	uint64_t iface_repairs;
	struct store *store;
	struct llsec *llsec;
	struct bslayer *bslayer;
	struct policy *policy;
	struct bootstrap *bootstrap;
	struct bsreq_sock *sock;
	struct dtls_endpoint *endpoint;
	struct ctl_server *ctl;
	struct evl_timer *tick, *announce, *guard, *listen;
	struct fcounter fcounter;
	struct keyset keys;
	bool all_secured;
	uint32_t n; /* sequence number of the last close or open */
	bool rekey_said, end_said;
	bool counter_held;        /* nothing leaves secured until the kernel got its counter */
	uint64_t guard_quick_ms;  /* until then counters are checked more often */
	uint64_t guard_seen;      /* so many moved counters were put back until the last check */
	bool keys_pending;        /* not all of the key set is in the kernel yet */
	bool links_unsaved;       /* the store does not have all link states */
	uint64_t next_failure_ms; /* when a failed handshake is worth a line at info level again */
	bool alone;               /* no neighbour understands it any more: it asks to join */
	unsigned int silent;      /* in so many steps no neighbour was heard */
	uint64_t answers;         /* SSRs accepted until then */
	bool rx_restored;         /* what the store has of receive counters is in the kernel */
	uint64_t rx_stored_sum;   /* of the receive counters last stored: they only grow */
	bool ct_known;            /* ct-auth = first: there was one, whose key has this hash */
	uint8_t ct_pin[DTLS_KEY_HASH_LEN];
	struct node_session *session[NODE_MAX_SESSIONS];
};

/* node.c: change durable state first, then the kernel's. Return 0 or -errno; -ENOTSUP for keys that
 * this node cannot use: nothing was changed. */
int node_keys_replace(struct node *node, const struct keyset *keys);
int node_set_all_secured(struct node *node, bool all_secured, uint32_t n);
/* Factory-new: no keys, no neighbours, open, no CT. The frame counter stays where it is. */
int node_reset(struct node *node);

/* node_iface.c: the interfaces. Own them, then open; both return 0, or -errno with `why`. */
int node_iface_own(struct node *node, char why[NODE_WHY_LEN]);
int node_iface_open(struct node *node, char why[NODE_WHY_LEN]);
/* Look whether they still are as they were then, which is repaired if they are ours to manage.
 * Returns 0, or -ENODEV if they or their VRF are not the same any more. */
int node_iface_check(struct node *node);

/* node_link.c: the bootstrap layer: restore before the interfaces go up, serve after. */
int node_link_open(struct node *node, char why[NODE_WHY_LEN]);
int node_link_serve(struct node *node, char why[NODE_WHY_LEN]);
void node_link_close(struct node *node);
/* Hand the key set to the policy. */
int node_link_apply_keys(struct node *node);
/* Can this node use such a key set? It sends under one key, the network's: -ENOTSUP for an active
 * one of another scope, else 0. */
int node_link_check_keys(const struct keyset *set);

/* node_counter.c: frame counters: the outgoing one, and the watch over those that the kernel keeps.
 * Where the store fails for the outgoing one the loop ends with its error. */
int node_counter_open(struct node *node, char why[NODE_WHY_LEN]);
int node_counter_serve(struct node *node);
void node_counter_close(struct node *node);
void node_counter_top_up(struct node *node);
/* Around policy_set_keys(): make the counter fit for the active key, if need be durably and with
 * nothing leaving until the second has succeeded. Return 0 or -errno. */
int node_counter_activate(struct node *node);
int node_counter_switch(struct node *node);
/* Send under counters of `floor` or above from now on, durably. Returns 0, also if it is there
 * already, or -errno. */
int node_counter_raise(struct node *node, uint32_t floor);
/* Everything below may have been used. */
uint32_t node_counter_limit(const struct node *node);

/* node_rx.c: the receive counters. Restore before the interface goes up (0 or -errno); store what
 * has moved, which ends the loop with the store's error. */
int node_rx_restore(struct node *node);
void node_rx_store(struct node *node);
/* Before policy_set_keys(): forget the counters of a key id that stood for another key, under which
 * its senders may have begun again. 0 or -errno. */
int node_rx_match_keys(struct node *node);

/* node_alone.c: does any neighbour still understand this node? Open before the interfaces go up,
 * serve after; 0 or -errno. */
int node_alone_open(struct node *node);
int node_alone_serve(struct node *node);
void node_alone_close(struct node *node);
/* It is not alone any more: a link was secured, or there are new keys. */
void node_alone_end(struct node *node, const char *reason);

/* node_dtls.c: the sessions with the CT. */
int node_dtls_open(struct node *node, bool mesh_only, char why[NODE_WHY_LEN]);
void node_dtls_close(struct node *node);
/* Close all sessions. */
void node_dtls_hang_up(struct node *node);

/* node_ct.c: whom the node obeys: what is durable of it. Returns 0, or -errno with `why`, also if
 * the certificate is another device's. */
int node_ct_open(struct node *node, char why[NODE_WHY_LEN]);
/* The callback check_ct of dtls; `arg` is the node. */
const char *node_ct_check(void *arg, const uint8_t *key_hash, bool anchored);
/* Is a request on session `s` to be served? With ct-auth = first, the first command, a request that
 * changes something, makes its sender durably the one to obey. */
bool node_ct_obey(struct node *node, const struct dtls_session *s, bool is_command);
/* Forget the first commissioning tool. Returns 0 or -errno. */
int node_ct_forget(struct node *node);
/* Append the hashes of our key and of the CT's that is obeyed, if there are. */
void node_ct_status(const struct node *node, cJSON *result);

/* node_res.c: the resources /coap-key2 and /bootstrap; `peer` is the struct dtls_session. */
void node_res_serve(void *arg, void *peer, const struct coap_msg *request, struct coap_msg *answer,
		    uint8_t *payload, size_t cap);

/* node_ctl.c: the control socket. */
int node_ctl_open(struct node *node, char why[NODE_WHY_LEN]);

#endif
