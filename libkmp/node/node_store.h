/* SPDX-License-Identifier: ISC */
/* node_store: what a mesh node keeps over kill -9 and power cuts beside its keys: neighbours with
 * their link states, ALL_SECURED with its sequence number, and the last authenticated frame
 * counters of others. */
#ifndef KMP_NODE_NODE_STORE_H
#define KMP_NODE_NODE_STORE_H

#include "base/eui64.h"
#include "base/store.h"

#define NODE_STORE_HASH_LEN 32

struct node_store_rx { /* the lowest acceptable counter of a sender under a key */
	struct eui64 eui;
	uint8_t mode, index;
	struct eui64 source; /* key source, mode 3 */
	uint32_t next;
};

/* Open STATE_DIR/node.db with the tables of this module and of the key set. As store_open(). */
int node_store_open(struct store **st, const char *state_dir, char *why, size_t why_len);

/* Remember a neighbour whose link is secured, or was: it stays known, so that it is heard when it
 * comes back; or drop it, which costs nothing if it is not there. Returns 0 or -errno. */
int node_store_put_neighbour(struct store *st, const struct eui64 *eui, bool secured);
int node_store_drop_neighbour(struct store *st, const struct eui64 *eui);
/* Remember its short address, NULL: none. Nothing happens if it is not there. Returns 0 or -errno.
 */
int node_store_set_short(struct store *st, const struct eui64 *eui, const uint16_t *short_addr);
struct node_store_neighbour {
	struct eui64 eui;
	bool secured, has_short;
	uint16_t short_addr;
};
/* Replace all of them by these. */
int node_store_put_neighbours(struct store *st, const struct node_store_neighbour *nb, size_t n);
typedef void (*node_store_neighbour_fn)(void *arg, const struct node_store_neighbour *nb);
int node_store_each_neighbour(struct store *st, node_store_neighbour_fn fn, void *arg);

/* ALL_SECURED and `n` in one transaction; false and 0 if never put. Return 0 or -errno: a node that
 * cannot tell whether it is closed must not come up open. */
int node_store_put_closed(struct store *st, bool all_secured, uint32_t n);
int node_store_get_closed(struct store *st, bool *all_secured, uint32_t *n);

/* Whether the node is alone (node_alone.c), together with a change of the above. Return 0 or
 * -errno.
 */
int node_store_put_alone(struct store *st, bool all_secured, uint32_t n);
int node_store_drop_alone(struct store *st);
int node_store_get_alone(struct store *st, bool *alone);

/* The SHA-256 of the public key of the commissioning tool that came first; a former one is
 * replaced. Returns 0 or -errno; get: 1 if there is one, 0 if not. */
int node_store_put_ct(struct store *st, const uint8_t key_hash[NODE_STORE_HASH_LEN]);
int node_store_drop_ct(struct store *st);
int node_store_get_ct(struct store *st, uint8_t key_hash[NODE_STORE_HASH_LEN]);

/* Replace all receive counters. Returns 0 or -errno. */
int node_store_put_rx(struct store *st, const struct node_store_rx *rx, size_t n);
typedef void (*node_store_rx_fn)(void *arg, const struct node_store_rx *rx);
int node_store_each_rx(struct store *st, node_store_rx_fn fn, void *arg);

/* The SHA-256 of the key that an id (mode, index, source of `id`) stands for. Get: 1 if there is
 * one, 0 if not; put also drops the receive counters of another key under that id. Return -errno.
 */
int node_store_get_rx_key(struct store *st, const struct node_store_rx *id,
			  uint8_t hash[NODE_STORE_HASH_LEN]);
int node_store_put_rx_key(struct store *st, const struct node_store_rx *id,
			  const uint8_t hash[NODE_STORE_HASH_LEN]);

#endif
