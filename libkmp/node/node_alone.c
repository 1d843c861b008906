/* SPDX-License-Identifier: ISC */
/* A node that no neighbour understands any more: it was switched off while the network key was
 * replaced and the old one taken away, or for so long that it was forgotten. It cannot tell that
 * from silence, nor from frames that it overhears, so it asks: when it has accepted no SSR for half
 * the time of `alone-after`, it sends its own to its neighbours, which each would answer. When the
 * whole of it has passed it is as before it was closed: its links count as unsecured, so that what
 * joins a device may pass in clear, and nothing else (DESIGN, bootstrap layer); and it sends JSRs.
 * Its keys stay: a neighbour that answers to them ends it. */
#include "node/node_priv.h"

#include "base/log.h"
#include "node/node_store.h"

#include <errno.h>
#include <string.h>

#define TOPIC   "node"
#define N_STEPS 8 /* of alone-after; in the second half neighbours are asked */

static bool has_secured_link(const struct node *node)
{
	struct bootstrap_neighbour nb;

	for (size_t i = 0; bootstrap_get(node->bootstrap, i, &nb); i++)
		if (nb.state == LINK_SECURED)
			return true;
	return false;
}

static void tell(const struct node *node)
{
	if (node->ops.on_asking)
		node->ops.on_asking(node->ops.arg, node_asks(node));
}

/* The number of the last close or open goes back by one, so that the commissioning tool can say it
 * again. */
static void begin(struct node *node)
{
	uint32_t n = node->n > 0 ? node->n - 1 : 0;
	int rc = node_store_put_alone(node->store, false, n);

	if (rc) {
		log_error(TOPIC, &node->iface.eui,
			  "no neighbour answers, and that cannot be stored: %s; tried again",
			  strerror(-rc));
		return;
	}
	log_warn(
		TOPIC, &node->iface.eui,
		"no neighbour has answered for %u s: open, and asks to join; if it was left behind "
		"by a re-key, \"kmpctl ctd open --near\" it lets it in",
		node->conf->alone_after_s);
	node->alone = true;
	node->all_secured = false;
	node->n = n;
	rc = policy_set_all_secured(node->policy, false);
	if (rc)
		log_error(TOPIC, &node->iface.eui,
			  "not open in the kernel: %s; the next reconcile tries again",
			  strerror(-rc));
	bootstrap_set_alone(node->bootstrap);
	tell(node);
}

void node_alone_end(struct node *node, const char *reason)
{
	int rc;

	node->silent = 0;
	if (!node->alone)
		return;
	node->alone = false;
	log_info(TOPIC, &node->iface.eui, "not alone any more: %s", reason);
	rc = node_store_drop_alone(node->store);
	if (rc) /* then it asks once more after a restart */
		log_error(TOPIC, &node->iface.eui, "cannot store that: %s", strerror(-rc));
	tell(node);
}

/* Has a neighbour answered since the last step, or is there nothing that could be missed? In an
 * open mesh the others may not have their keys yet; a closed node without a link is cut off. */
static bool is_well(struct node *node)
{
	uint64_t before = node->answers;

	node->answers = bootstrap_accepted(node->bootstrap);
	return node->answers != before || !node_keyed(node) ||
	       !(node->all_secured || has_secured_link(node));
}

static void listen_on(struct node *node)
{
	evl_timer_start(node->listen, (uint64_t)node->conf->alone_after_s * 1000 / N_STEPS);
}

static void on_step(void *arg)
{
	struct node *node = arg;

	node->silent = is_well(node) ? 0 : node->silent + 1;
	if (node->silent >= N_STEPS)
		begin(node);
	else if (node->silent >= N_STEPS / 2)
		bootstrap_probe(node->bootstrap);
	listen_on(node);
}

/* Killed before all links were dropped from the store, it finds out again. */
int node_alone_open(struct node *node)
{
	int rc = node_store_get_alone(node->store, &node->alone);

	node->alone &= !has_secured_link(node);
	return rc;
}

int node_alone_serve(struct node *node)
{
	if (node->conf->alone_after_s == 0)
		return 0;
	node->listen = evl_timer_new(node->evl, on_step, node);
	if (!node->listen)
		return -ENOMEM;
	listen_on(node);
	return 0;
}

void node_alone_close(struct node *node)
{
	evl_timer_free(node->listen);
}
