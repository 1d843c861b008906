/* SPDX-License-Identifier: ISC */
/* node: a mesh node that obeys a commissioning tool, what brd and jnd have in common: it brings its
 * radio up behind the bootstrap layer, takes layer-2 keys over DTLS from its CT only, secures its
 * links by SSRs, and comes back as it was after kill -9 and power cuts. */
#ifndef KMP_NODE_NODE_H
#define KMP_NODE_NODE_H

#include "base/ctl.h"
#include "base/evl.h"
#include "link/bsreq_sock.h"
#include "node/node_conf.h"

#include <cjson/cJSON.h>

#define NODE_WHY_LEN 512

struct node;

struct node_ops {
	/* A JSR came in by the mesh (draft-kumar-6lo-selective-bootstrap section 5.3.2). */
	void (*on_jsr)(void *arg, const struct bsreq_packet *p);
	/* The CT has completed a handshake (true), or the last session with it is over (false). */
	void (*on_ct)(void *arg, bool up);
	/* Has the node to ask to be let in? Told after each change of its keys, and when it became
	 * alone or is no longer. */
	void (*on_asking)(void *arg, bool asking);
	/* A neighbour's link became secured, or is no longer. */
	void (*on_link)(void *arg, const struct eui64 *eui, bool secured);
	/* Append what the daemon has to say to the answer of `status`. */
	void (*status)(void *arg, cJSON *result);
	void *arg;
};

/* Open everything, restore what was durable, and bring the interfaces up as configured. With
 * `mesh_only` DTLS is served on the 6LoWPAN link alone, else on all interfaces (of the VRF, if
 * there is one). NULL members of `ops` are allowed. `conf` must outlive the node. Returns 0 and
 * *node, or -errno with a sentence for the operator in `why`. */
int node_new(struct node **node, struct evl *evl, const struct node_conf *conf, bool mesh_only,
	     const struct node_ops *ops, char why[NODE_WHY_LEN]);
/* Stores what is volatile and closes. The kernel keeps keys, links and programs: the node goes on
 * forwarding as secured as before while the daemon is away. */
void node_free(struct node *node);

const struct eui64 *node_eui(const struct node *node);
/* True if an active key is installed. */
bool node_keyed(const struct node *node);
/* True if it has to ask to be let in: it has no active key, or no neighbour understands it. */
bool node_asks(const struct node *node);

/* Send a JSR for this node to `dst`. Returns 0 or -errno. */
int node_send_jsr(struct node *node, const struct in6_addr *dst);

/* Forward the JSR `p` to `dst` with its source address kept. Returns 0 or -errno. */
int node_forward_jsr(struct node *node, const struct bsreq_packet *p, const struct in6_addr *dst);

/* Would this node send to `addr` out of its 6LoWPAN interface, by the routes that it has now?
 * Returns 1, 0, or -errno if the kernel does not tell. */
int node_sends_by_mesh(const struct node *node, const struct in6_addr *addr);

/* The capabilities that a running node needs (DESIGN, Durable state, secrets, privileges):
 * interfaces and traffic control, raw sockets, maps, and the verifier's permission to load
 * programs. */
#define NODE_N_CAPS 4
extern const unsigned int node_caps[NODE_N_CAPS];

#endif
