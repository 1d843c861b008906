/* SPDX-License-Identifier: ISC */
#include "node/node_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void add_number(cJSON *object, const char *name, uint64_t value)
{
	cJSON_AddNumberToObject(object, name, (double)value);
}

static void add_counts(struct node *node, cJSON *result)
{
	uint64_t counts[BSLAYER_N_COUNTS];
	cJSON *counters = cJSON_AddObjectToObject(result, "counters");

	if (bslayer_read_counts(node->bslayer, counts))
		return;
	for (int i = 0; i < BSLAYER_N_COUNTS; i++)
		if (counts[i])
			add_number(counters, bslayer_count_name((enum bslayer_count)i), counts[i]);
	for (int i = 0; i < BOOTSTRAP_REFUSALS; i++) {
		char name[64];
		uint64_t n = bootstrap_refusals(node->bootstrap, (enum bootstrap_refusal)i);

		snprintf(name, sizeof(name), "ssr-refused-%s",
			 bootstrap_refusal_name((enum bootstrap_refusal)i));
		if (n)
			add_number(counters, name, n);
	}
}

/* Handshakes that strangers hold open, or that were refused for want of room, keep a CT out. */
static void add_dtls(struct node *node, cJSON *result)
{
	struct dtls_stats stats;
	cJSON *dtls = cJSON_AddObjectToObject(result, "dtls");

	dtls_endpoint_stats(node->endpoint, &stats);
	add_number(dtls, "sessions", stats.sessions);
	add_number(dtls, "half_open", stats.half_open);
	add_number(dtls, "half_open_places", stats.half_open_places);
	add_number(dtls, "handshakes", stats.handshakes);
	add_number(dtls, "failed", stats.failed);
	add_number(dtls, "evicted", stats.evicted);
	add_number(dtls, "refused_full", stats.refused_full);
	add_number(dtls, "dropped", stats.dropped);
}

static void add_drifts(struct node *node, cJSON *result)
{
	cJSON *drifts = cJSON_AddObjectToObject(result, "repaired");

	if (node->iface_repairs)
		add_number(drifts, "interface", node->iface_repairs);
	for (int i = 0; i < POLICY_N_DRIFTS; i++) {
		uint64_t n = policy_drifts(node->policy, (enum policy_drift)i);

		if (n)
			add_number(drifts, policy_drift_name((enum policy_drift)i), n);
	}
}

/* From the kernel where it knows better: frame counter, parameters, counts. */
static int cmd_status(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	struct node *node = arg;
	struct llsec_params params;
	eui64_text text;
	int rc = llsec_get_params(node->llsec, &params);

	(void)args;
	if (rc) {
		snprintf(why, CTL_WHY_LEN, "%s", llsec_error(node->llsec));
		return rc;
	}
	cJSON_AddStringToObject(result, "eui", eui64_format(&node->iface.eui, text));
	cJSON_AddStringToObject(result, "state", node_keyed(node) ? "keyed" : "unkeyed");
	cJSON_AddBoolToObject(result, "alone", node->alone);
	cJSON_AddBoolToObject(result, "secured", params.enabled);
	cJSON_AddBoolToObject(result, "all_secured", node->all_secured);
	add_number(result, "n", node->n);
	add_number(result, "key_index", params.enabled ? params.key.index : 0);
	add_number(result, "fc", params.frame_counter);
	add_number(result, "fc_limit", node_counter_limit(node));
	cJSON_AddBoolToObject(result, "rekey_due", fcounter_rekey_due(&node->fcounter));
	cJSON_AddStringToObject(result, "interface", node->iface.wpan);
	cJSON_AddStringToObject(result, "lowpan_interface", node->iface.lowpan);
	if (node->iface_differs)
		cJSON_AddStringToObject(result, "interface_fault", node->iface_differs);
	node_ct_status(node, result);
	if (node->ops.status)
		node->ops.status(node->ops.arg, result);
	add_dtls(node, result);
	add_counts(node, result);
	add_drifts(node, result);
	return 0;
}

static int cmd_links(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	struct node *node = arg;
	uint64_t now = evl_now_ms(node->evl);
	cJSON *links = cJSON_AddArrayToObject(result, "links");
	struct bootstrap_neighbour nb;

	(void)args;
	(void)why;
	for (size_t i = 0; bootstrap_get(node->bootstrap, i, &nb); i++) {
		cJSON *link = cJSON_CreateObject();
		eui64_text text;

		cJSON_AddItemToArray(links, link);
		cJSON_AddStringToObject(link, "eui", eui64_format(&nb.eui, text));
		cJSON_AddStringToObject(link, "state", link_state_name(nb.state));
		add_number(link, "heard_s", (now - nb.heard_ms) / 1000);
		add_number(link, "ssr_tries", nb.ssr_tries);
		if (nb.has_short)
			add_number(link, "short_address", nb.short_addr);
		if (nb.expires_ms > now)
			add_number(link, "expires_s", (nb.expires_ms - now) / 1000);
	}
	return 0;
}

static int cmd_reset(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	int rc = node_reset(arg);

	(void)args;
	if (rc)
		snprintf(why, CTL_WHY_LEN, "not all of it is stored: %s", strerror(-rc));
	else
		cJSON_AddStringToObject(result, "state", "factory-new");
	return rc;
}

int node_ctl_open(struct node *node, char why[NODE_WHY_LEN])
{
	static const struct ctl_command commands[] = {
		{"status", 0, 0, cmd_status},
		{"links", 0, 0, cmd_links},
		{"reset", 0, 0, cmd_reset},
	};
	int rc = ctl_server_new(&node->ctl, node->evl, node->conf->socket, commands,
				sizeof(commands) / sizeof(commands[0]), node);

	if (rc)
		snprintf(why, NODE_WHY_LEN, "cannot listen on control socket %s: %s",
			 node->conf->socket, strerror(-rc));
	return rc;
}
