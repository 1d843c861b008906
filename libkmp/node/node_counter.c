/* SPDX-License-Identifier: ISC */
#include "node/node_priv.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

#define TOPIC "counter"

int node_counter_open(struct node *node, char why[NODE_WHY_LEN])
{
	struct fcounter *f = &node->fcounter;
	struct llsec_params params;
	int rc = llsec_get_params(node->llsec, &params);

	if (rc) {
		snprintf(why, NODE_WHY_LEN, "%s", llsec_error(node->llsec));
		return rc;
	}
	rc = fcounter_start(f, node->store, params.enabled, params.frame_counter);
	if (rc) {
		snprintf(why, NODE_WHY_LEN, "no frame counter can be reserved: %s", strerror(-rc));
		return rc;
	}
	log_info(TOPIC, &node->iface.eui, "goes on from %u, reserved up to %u", f->next, f->limit);
	return policy_set_counter(node->policy, f->next, f->limit);
}

void node_counter_top_up(struct node *node)
{
	struct fcounter *f = &node->fcounter;
	uint32_t next;
	int rc = policy_counter(node->policy, &next);

	if (!rc)
		rc = fcounter_advance(f, next);
	if (rc == 1) {
		log_info(TOPIC, &node->iface.eui, "reserved up to %u", f->limit);
		rc = policy_extend_counter(node->policy, f->limit);
	}
	if (rc < 0)
		log_error(TOPIC, &node->iface.eui,
			  "no further frame counters reserved: %s; %u secured frames are left",
			  strerror(-rc), fcounter_budget(f));
	if (fcounter_rekey_due(f) && !node->rekey_said) {
		log_warn(TOPIC, &node->iface.eui, "frame counter %u: re-key the network", next);
		node->rekey_said = true;
	}
}

int node_counter_raise(struct node *node, uint32_t floor)
{
	struct fcounter *f = &node->fcounter;
	uint32_t next;
	int rc = policy_counter(node->policy, &next);

	if (!rc && next >= floor)
		return 0;
	if (!rc)
		rc = fcounter_raise(f, floor);
	if (rc >= 0)
		rc = policy_set_counter(node->policy, f->next, f->limit);
	if (rc)
		log_error(TOPIC, &node->iface.eui, "frame counter not raised to %u: %s", floor,
			  strerror(-rc));
	else
		log_info(TOPIC, &node->iface.eui,
			 "raised from %u to %u by the commissioning tool, reserved up to %u", next,
			 f->next, f->limit);
	return rc;
}

uint32_t node_counter_limit(const struct node *node)
{
	return node->fcounter.limit;
}
