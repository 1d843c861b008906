/* SPDX-License-Identifier: ISC */
#include "node/node_priv.h"

#include "base/log.h"
#include "keys/keyset_store.h"
#include "node/node_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC       "link"
#define BUDGET_LOW  (FCOUNTER_BLOCK / 4)
#define ANNOUNCE_MS 50
#define RETRY_MS    1000
#define COAP_RATE   2 /* unsecured look-ups per second */
#define COAP_BURST  10

static int send_ssr(void *arg, const struct eui64 *eui, uint16_t lifetime)
{
	struct node *node = arg;
	const struct bsreq req = {.code = BSREQ_SSR,
				  .lifetime = lifetime,
				  .eui = node->iface.eui,
				  .has_short = iface_has_short(&node->iface),
				  .short_addr = node->iface.short_addr};
	/* of the two link-local addresses of a node with a short address, that of the EUI-64 */
	struct in6_addr dst = eui64_link_local(eui), src = eui64_link_local(&node->iface.eui);
	int rc;

	if (!node->sock) /* restoring: the interfaces are not up yet, the repeat sends it */
		return -ENETDOWN;
	/* Whoever is heard is sent an SSR, strangers too; all neighbours would have to hear the
	 * solicitations for them, in clear and secured. */
	rc = neightab_add(node->iface.lowpan_index, eui);
	if (rc)
		log_debug(TOPIC, eui, "not entered in the neighbour table: %s", strerror(-rc));
	return bsreq_sock_send(node->sock, &req, &src, &dst, node->iface.lowpan_index);
}

/* Only neighbours with keys are durable: what strangers send must not wear the disk. They stay when
 * their link does not: the kernel takes no frame of a sender that it does not know, not even the
 * SSR of one that comes back. */
static void on_link(void *arg, const struct eui64 *eui, bool secured)
{
	struct node *node = arg;
	int rc = policy_set_neighbour(node->policy, eui, secured);

	if (rc)
		log_error(TOPIC, eui,
			  "link not %s in the kernel: %s; the next reconcile tries again",
			  secured ? "secured" : "opened", strerror(-rc));
	rc = node_store_put_neighbour(node->store, eui, secured);
	if (rc) {
		node->links_unsaved = true;
		log_error(TOPIC, eui, "link state not stored: %s; tried again", strerror(-rc));
	}
	if (secured)
		node_alone_end(node, "a link is secured");
	if (node->ops.on_link)
		node->ops.on_link(node->ops.arg, eui, secured);
}

static void on_neighbour(void *arg, const struct eui64 *eui, bool present)
{
	struct node *node = arg;
	int rc = present ? policy_set_neighbour(node->policy, eui, false)
			 : policy_del_neighbour(node->policy, eui);

	if (rc)
		log_error(TOPIC, eui, "neighbour not %s in the kernel: %s",
			  present ? "installed" : "removed", strerror(-rc));
	if (!present && node_store_drop_neighbour(node->store, eui))
		node->links_unsaved = true;
}

static void on_short(void *arg, const struct eui64 *eui, const uint16_t *short_addr)
{
	struct node *node = arg;
	int rc = policy_set_short(node->policy, eui, node->iface.pan_id, short_addr);

	if (rc)
		log_error(TOPIC, eui,
			  "short address not %s in the kernel: %s; the next reconcile tries again",
			  short_addr ? "bound" : "released", strerror(-rc));
	rc = node_store_set_short(node->store, eui, short_addr);
	if (rc) {
		node->links_unsaved = true;
		log_error(TOPIC, eui, "short address not stored: %s; tried again", strerror(-rc));
	}
}

static void on_notice(const struct bslayer_notice *notice, void *arg)
{
	struct node *node = arg;

	switch (notice->type) {
	case BSLAYER_EV_HEARD:
		bootstrap_heard(node->bootstrap, &notice->eui);
		break;
	case BSLAYER_EV_REFUSED:
		log_debug(TOPIC, &notice->eui, "refused: %s, %u octets, level %u, counter %u",
			  bslayer_count_name(notice->reason), notice->len, notice->level,
			  notice->counter);
		break;
	case BSLAYER_EV_BUDGET:
		node_counter_top_up(node);
		break;
	}
}

static void on_bsreq(const struct bsreq_packet *p, void *arg)
{
	struct node *node = arg;

	if (p->req.code == BSREQ_SSR)
		bootstrap_on_ssr(node->bootstrap, &p->req, &p->src,
				 p->mark == LINK_MARK_RX_SECURED);
	else if (node->ops.on_jsr)
		node->ops.on_jsr(node->ops.arg, p);
}

static void save_links(struct node *node)
{
	struct node_store_neighbour known[POLICY_MAX_NEIGHBOURS];
	struct bootstrap_neighbour nb;
	size_t n = 0;

	for (size_t i = 0; bootstrap_get(node->bootstrap, i, &nb); i++) {
		if (nb.proven && n < POLICY_MAX_NEIGHBOURS)
			known[n++] =
				(struct node_store_neighbour){.eui = nb.eui,
							      .secured = nb.state == LINK_SECURED,
							      .has_short = nb.has_short,
							      .short_addr = nb.short_addr};
	}
	if (!node_store_put_neighbours(node->store, known, n))
		node->links_unsaved = false;
}

static void restore_neighbour(void *arg, const struct node_store_neighbour *nb)
{
	struct node *node = arg;

	bootstrap_restore(node->bootstrap, &nb->eui, nb->secured,
			  nb->has_short ? &nb->short_addr : NULL);
}

static void on_kernel_neighbour(void *arg, const struct eui64 *eui)
{
	struct node *node = arg;

	bootstrap_heard(node->bootstrap, eui);
}

static void on_tick(void *arg)
{
	struct node *node = arg;
	int rc = node_iface_check(node);

	if (rc) {
		evl_fail(node->evl, rc);
		return;
	}
	if (node->keys_pending)
		node_link_apply_keys(node);
	policy_reconcile(node->policy); /* which counts and logs what it finds */
	node_counter_top_up(node);
	rc = neightab_each(node->iface.lowpan_index, on_kernel_neighbour, node);
	if (rc)
		log_warn(TOPIC, &node->iface.eui, "cannot read the neighbour table: %s",
			 strerror(-rc));
	node_rx_store(node);
	if (node->links_unsaved)
		save_links(node);
	evl_timer_start(node->tick, node->keys_pending ? RETRY_MS : NODE_TICK_MS);
}

/* SSRs go out a little after the keys came in: the answer to the CT must be on its way before
 * neighbours refuse what this node still sends in clear. */
static void on_announce(void *arg)
{
	struct node *node = arg;

	bootstrap_set_keyed(node->bootstrap, node_keyed(node));
}

int node_link_check_keys(const struct keyset *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->entry[i].state == KEY_ACTIVE && !eui64_is_zero(&set->entry[i].peer))
			return -ENOTSUP;
	return 0;
}

int node_link_apply_keys(struct node *node)
{
	struct link_key keys[POLICY_MAX_KEYS] = {{.index = 0}};
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < node->keys.n && n < POLICY_MAX_KEYS; i++) {
		const struct key_entry *e = &node->keys.entry[i];

		if (e->state == KEY_RETIRED)
			continue;
		keys[n++] = (struct link_key){.index = e->index,
					      .mode = e->mode,
					      .level = e->level,
					      .source = e->source,
					      .key = e->key,
					      .active = e->state == KEY_ACTIVE};
	}
	rc = node_counter_activate(node);
	if (!rc)
		rc = node_rx_match_keys(node);
	if (!rc)
		rc = policy_set_keys(node->policy, keys, n);
	if (!rc)
		rc = node_counter_switch(node);
	for (size_t i = 0; i < n; i++)
		secret_clear(&keys[i].key);
	node->keys_pending = rc != 0;
	if (rc) {
		log_error(TOPIC, &node->iface.eui, "keys not installed: %s; tried again",
			  strerror(-rc));
		if (node->tick)
			evl_timer_start(node->tick, RETRY_MS);
		return rc;
	}
	evl_timer_start(node->announce, ANNOUNCE_MS);
	if (node->ops.on_asking)
		node->ops.on_asking(node->ops.arg, node_asks(node));
	return 0;
}

/* "udp:PORT" or "ip:NUMBER", already checked by node_conf_check(). */
static void routing_settings(const char *routing, struct bslayer_settings *s)
{
	if (!strncmp(routing, "udp:", 4))
		s->routing_port = (uint16_t)strtoul(routing + 4, NULL, 10);
	else if (!strncmp(routing, "ip:", 3))
		s->routing_protocol = (uint8_t)strtoul(routing + 3, NULL, 10);
}

/* Can frames have come that no program judged on the maps that there are now? The programs of the
 * daemon before stay attached on theirs, unless somebody took them away: they are still away then.
 * That they are not this one's says nothing. */
static bool was_unjudged(struct node *node, enum bslayer_start start)
{
	return start != BSLAYER_REUSED || bslayer_in_place(node->bslayer) != 1;
}

static int layer_load(struct node *node, bool *unjudged, char why[NODE_WHY_LEN])
{
	static const char *const how[] = {
		[BSLAYER_FRESH] = "starts",
		[BSLAYER_REUSED] = "goes on where it was",
		[BSLAYER_REPLACED] =
			"starts anew: its state was of other interfaces or another version",
	};
	enum bslayer_start start;
	int rc = bslayer_new(&node->bslayer, node->iface.wpan, node->iface.wpan_index,
			     node->iface.lowpan_index, &start);

	if (rc) {
		snprintf(why, NODE_WHY_LEN,
			 "cannot load the bootstrap layer on %s: %s (needs CAP_BPF, CAP_PERFMON, "
			 "CAP_NET_ADMIN and a bpf file system at /sys/fs/bpf)",
			 node->iface.wpan, strerror(-rc));
		return rc;
	}
	log_info(TOPIC, &node->iface.eui, "bootstrap layer on %s and %s %s", node->iface.wpan,
		 node->iface.lowpan, how[start]);
	*unjudged = was_unjudged(node, start);
	return 0;
}

static int layer_open(struct node *node, bool *unjudged, char why[NODE_WHY_LEN])
{
	struct bslayer_settings settings = {.eui = node->iface.eui,
					    .pan_id = node->iface.pan_id,
					    .short_addr = node->iface.short_addr,
					    .icmp_type = (uint8_t)node->conf->icmp_type,
					    .dtls_port = (uint16_t)node->conf->port,
					    .coap_rate = COAP_RATE,
					    .coap_burst = COAP_BURST,
					    .budget_low = BUDGET_LOW};
	int rc = layer_load(node, unjudged, why);

	if (rc)
		return rc;
	routing_settings(node->conf->routing, &settings);
	rc = bslayer_set_settings(node->bslayer, &settings);
	if (rc)
		snprintf(why, NODE_WHY_LEN, "%s", bslayer_error(node->bslayer));
	return rc;
}

/* Everything that was durable, into the kernel, before a frame can come or go. */
static int restore(struct node *node, char why[NODE_WHY_LEN])
{
	int rc = node_store_get_closed(node->store, &node->all_secured, &node->n);

	if (!rc)
		rc = policy_set_all_secured(node->policy, node->all_secured);
	if (!rc)
		rc = node_counter_open(node, why);
	if (!rc)
		rc = node_rx_restore(node);
	if (!rc)
		rc = node_store_each_neighbour(node->store, restore_neighbour, node);
	if (!rc)
		rc = node_alone_open(node);
	if (!rc)
		rc = keyset_store_load(node->store, &node->keys);
	if (!rc)
		rc = node_link_apply_keys(node);
	if (rc && !why[0])
		snprintf(why, NODE_WHY_LEN, "cannot restore the state of %s: %s", node->iface.wpan,
			 strerror(-rc));
	return rc;
}

int node_link_open(struct node *node, char why[NODE_WHY_LEN])
{
	const struct bootstrap_ops ops = {.send_ssr = send_ssr,
					  .on_link = on_link,
					  .on_neighbour = on_neighbour,
					  .on_short = on_short,
					  .arg = node};
	bool unjudged;
	int rc = llsec_new(&node->llsec, node->iface.wpan);

	if (rc) {
		snprintf(why, NODE_WHY_LEN, "no link security on %s: %s (%s)", node->iface.wpan,
			 strerror(-rc),
			 rc == -EOPNOTSUPP ? "Linux 6.1.178, 6.12.97 or newer takes keys"
					   : "modprobe ieee802154");
		return rc;
	}
	rc = layer_open(node, &unjudged, why);
	if (rc)
		return rc;
	node->bootstrap =
		bootstrap_new(node->evl, &node->iface.eui,
			      iface_has_short(&node->iface) ? &node->iface.short_addr : NULL, &ops);
	node->announce = evl_timer_new(node->evl, on_announce, node);
	rc = policy_new(&node->policy, node->llsec, node->bslayer);
	if (rc || !node->bootstrap || !node->announce)
		return -ENOMEM;
	if (unjudged)
		policy_set_unjudged(node->policy);
	rc = restore(node, why);
	if (rc)
		return rc;
	rc = bslayer_attach(node->bslayer);
	if (rc)
		snprintf(why, NODE_WHY_LEN, "%s", bslayer_error(node->bslayer));
	return rc;
}

int node_link_serve(struct node *node, char why[NODE_WHY_LEN])
{
	int rc = bsreq_sock_new(&node->sock, node->evl, node->iface.lowpan,
				(uint8_t)node->conf->icmp_type, on_bsreq, node);

	if (rc) {
		snprintf(why, NODE_WHY_LEN, "cannot open the ICMPv6 socket on %s: %s",
			 node->iface.lowpan, strerror(-rc));
		return rc;
	}
	rc = bslayer_watch(node->bslayer, node->evl, on_notice, node);
	if (rc) {
		snprintf(why, NODE_WHY_LEN, "%s", bslayer_error(node->bslayer));
		return rc;
	}
	node->tick = evl_timer_new(node->evl, on_tick, node);
	if (!node->tick)
		return -ENOMEM;
	on_tick(node);
	return node_counter_serve(node);
}

void node_link_close(struct node *node)
{
	if (node->policy && node->store)
		node_rx_store(node);
	node_counter_close(node);
	evl_timer_free(node->tick);
	evl_timer_free(node->announce);
	bsreq_sock_free(node->sock);
	bootstrap_free(node->bootstrap);
	policy_free(node->policy);
	bslayer_free(node->bslayer);
	llsec_free(node->llsec);
}
