/* SPDX-License-Identifier: ISC */
#include "node/node_priv.h"

#include "base/log.h"
#include "keys/keyset_store.h"
#include "link/rtlookup.h"
#include "node/node_store.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOPIC "node"

const unsigned int node_caps[NODE_N_CAPS] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_PERFMON};

/* The order matters: what was durable is in the kernel before the interfaces go up, so that no
 * frame leaves under an old counter and none comes in that the bootstrap layer has not seen. */
static int open_all(struct node *node, bool mesh_only, char why[NODE_WHY_LEN])
{
	int rc = node_iface_own(node, why);

	if (!rc)
		rc = node_store_open(&node->store, node->conf->state_dir, why, NODE_WHY_LEN);
	if (!rc)
		rc = node_iface_open(node, why);
	if (!rc)
		rc = node_ct_open(node, why);
	if (!rc)
		rc = node_link_open(node, why);
	if (!rc && node->conf->manage_interface)
		rc = iface_up(&node->iface, why);
	if (!rc)
		rc = node_link_serve(node, why);
	if (!rc)
		rc = node_alone_serve(node);
	if (!rc)
		rc = node_dtls_open(node, mesh_only, why);
	if (!rc)
		rc = node_ctl_open(node, why);
	return rc;
}

int node_new(struct node **out, struct evl *evl, const struct node_conf *conf, bool mesh_only,
	     const struct node_ops *ops, char why[NODE_WHY_LEN])
{
	struct node *node = calloc(1, sizeof(*node));
	int rc;

	why[0] = '\0';
	if (!node)
		return -ENOMEM;
	node->evl = evl;
	node->conf = conf;
	node->ops = *ops;
	node->claim = -1;
	rc = open_all(node, mesh_only, why);
	if (rc) {
		if (!why[0])
			snprintf(why, NODE_WHY_LEN, "%s", strerror(-rc));
		node_free(node);
		return rc;
	}
	log_info(TOPIC, &node->iface.eui, "up: %s, key index %d, %s", node->iface.lowpan,
		 node_keyed(node) ? keyset_active(&node->keys)->index : 0,
		 node->all_secured ? "all secured" : "open");
	*out = node;
	return 0;
}

void node_free(struct node *node)
{
	if (!node)
		return;
	ctl_server_free(node->ctl);
	node_dtls_close(node);
	node_alone_close(node);
	node_link_close(node);
	store_close(node->store);
	if (node->claim >= 0)
		close(node->claim);
	keyset_clear(&node->keys);
	free(node);
}

const struct eui64 *node_eui(const struct node *node)
{
	return &node->iface.eui;
}

bool node_keyed(const struct node *node)
{
	return keyset_active(&node->keys) != NULL;
}

bool node_asks(const struct node *node)
{
	return !node_keyed(node) || node->alone;
}

int node_send_jsr(struct node *node, const struct in6_addr *dst)
{
	const struct bsreq req = {.code = BSREQ_JSR, .lifetime = 0, .eui = node->iface.eui};

	return bsreq_sock_send(node->sock, &req, NULL, dst, 0);
}

int node_forward_jsr(struct node *node, const struct bsreq_packet *p, const struct in6_addr *dst)
{
	return bsreq_sock_forward(node->sock, &p->req, &p->src, dst);
}

int node_sends_by_mesh(const struct node *node, const struct in6_addr *addr)
{
	unsigned int ifindex;
	int rc = rtlookup(node->iface.master_index, addr, &ifindex);

	return rc ? rc : ifindex == node->iface.lowpan_index;
}

int node_keys_replace(struct node *node, const struct keyset *keys)
{
	int rc = node_link_check_keys(keys);

	if (rc) {
		log_warn(TOPIC, &node->iface.eui,
			 "key set with an active key for one neighbour refused");
		return rc;
	}
	rc = keyset_store_save(node->store, keys);
	if (rc) {
		log_error(TOPIC, &node->iface.eui, "keys not stored, refused: %s", strerror(-rc));
		return rc;
	}
	node->keys = *keys;
	node_alone_end(node, "its keys were changed");
	log_info(TOPIC, &node->iface.eui,
		 "key set of %zu entries from the commissioning tool, active index %d", keys->n,
		 node_keyed(node) ? keyset_active(&node->keys)->index : 0);
	return node_link_apply_keys(node);
}

int node_set_all_secured(struct node *node, bool all_secured, uint32_t n)
{
	int rc = node_store_put_closed(node->store, all_secured, n);

	if (rc) {
		log_error(TOPIC, &node->iface.eui, "ALL_SECURED not stored, refused: %s",
			  strerror(-rc));
		return rc;
	}
	node->all_secured = all_secured;
	node->n = n;
	log_info(TOPIC, &node->iface.eui, "%s by the commissioning tool, sequence number %u",
		 all_secured ? "closed (ALL_SECURED)" : "opened", n);
	return policy_set_all_secured(node->policy, all_secured);
}

/* Not only their links, which end first: as known senders they would be asked for ever, wherever it
 * goes next. */
static int forget_neighbours(struct node *node)
{
	int rc;

	bootstrap_set_keyed(node->bootstrap, false);
	rc = node_store_put_neighbours(node->store, NULL, 0);
	if (rc)
		log_error(TOPIC, &node->iface.eui, "neighbours not forgotten in the store: %s",
			  strerror(-rc));
	else
		bootstrap_clear(node->bootstrap);
	return rc;
}

/* Whom it obeys goes last: a reset that was cut off can be asked for again, and until then nobody
 * else commands the node. */
int node_reset(struct node *node)
{
	const struct keyset none = {.n = 0};
	int rc;

	log_info(TOPIC, &node->iface.eui, "reset: factory-new but for the frame counter");
	node_dtls_hang_up(node);
	rc = node_keys_replace(node, &none);
	if (!rc)
		rc = node_set_all_secured(node, false, 0);
	if (!rc)
		rc = forget_neighbours(node);
	return rc ? rc : node_ct_forget(node);
}
