/* SPDX-License-Identifier: ISC */
#include "node/node_priv.h"

#include "base/log.h"
#include "link/pindir.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define TOPIC "iface"

int node_iface_own(struct node *node, char why[NODE_WHY_LEN])
{
	node->claim = iface_claim(PINDIR_FS, node->conf->interface, why);
	return node->claim >= 0 ? 0 : node->claim;
}

static struct iface_want want_of(const struct node_conf *conf)
{
	struct iface_want want = {.pan_id = (uint16_t)conf->pan_id,
				  .short_addr = (uint16_t)conf->short_addr,
				  .page = (uint8_t)conf->page,
				  .channel = (uint8_t)conf->channel};

	snprintf(want.wpan, sizeof(want.wpan), "%.*s", IFNAMSIZ - 1, conf->interface);
	snprintf(want.lowpan, sizeof(want.lowpan), "%.*s", IFNAMSIZ - 1, conf->lowpan_interface);
	snprintf(want.vrf, sizeof(want.vrf), "%.*s", IFNAMSIZ - 1, conf->vrf);
	return want;
}

int node_iface_open(struct node *node, char why[NODE_WHY_LEN])
{
	const struct node_conf *conf = node->conf;
	struct iface_want want = want_of(conf);
	int changed = 0, rc;

	if (!conf->manage_interface) {
		rc = iface_read(conf->interface, &node->iface, why);
		if (!rc && !node->iface.lowpan_index) {
			snprintf(why, NODE_WHY_LEN,
				 "%s has no 6LoWPAN link: create one or set manage-interface = yes",
				 conf->interface);
			rc = -ENODEV;
		}
		return rc;
	}
	rc = iface_configure(&want, &node->iface, &changed, why);
	if (!rc)
		log_info(TOPIC, &node->iface.eui, "%s and %s configured, %d settings changed",
			 node->iface.wpan, node->iface.lowpan, changed);
	return rc;
}

/* What is not as it was when the node started, for a log; NULL: all is. */
static const char *differs(const struct iface_state *was, const struct iface_state *now)
{
	if (now->pan_id != was->pan_id)
		return "its PAN id was changed";
	if (now->short_addr != was->short_addr && (iface_has_short(was) || iface_has_short(now)))
		return "its short address was changed";
	if (now->page != was->page || now->channel != was->channel)
		return "its channel was changed";
	if (now->master_index != was->master_index)
		return "its 6LoWPAN link changed its VRF";
	if (!now->wpan_up || !now->lowpan_up)
		return "it is down";
	return NULL;
}

/* The sockets are bound to the VRF that was there at the start, and no other one is for them, be it
 * of the same name. While there is none in its place, there is nothing to start again with. */
static bool is_vrf_another(const struct node *node, const struct iface_state *now)
{
	const struct node_conf *conf = node->conf;
	unsigned int was = node->iface.master_index, is;
	bool ours = conf->manage_interface && conf->vrf[0];
	char name[IF_NAMESIZE];

	is = ours ? if_nametoindex(conf->vrf) : now->master_index;
	return was && is && is != was && (ours || !if_indextoname(was, name));
}

/* As at the start: nothing can come in before the bootstrap layer is known to be there. Keys,
 * devices and the frame counter survive in the kernel while the interface is down. */
static int repair(struct node *node, char why[NODE_WHY_LEN])
{
	struct iface_want want = want_of(node->conf);
	struct iface_state now;
	int changed, rc = iface_configure(&want, &now, &changed, why);

	if (rc)
		return rc;
	rc = policy_reconcile(node->policy);
	if (rc < 0) {
		snprintf(why, NODE_WHY_LEN, "its link security is not as it must be: %s",
			 strerror(-rc));
		return rc;
	}
	rc = iface_up(&now, why);
	if (!rc && differs(&node->iface, &now)) {
		snprintf(why, NODE_WHY_LEN, "its configuration does not ask for more");
		rc = -ENOTSUP;
	}
	return rc;
}

/* Log what is wrong, once, and repair it if it is ours. */
static void look_at(struct node *node, const char *what)
{
	char why[NODE_WHY_LEN] = "set manage-interface, or put it back";
	bool news = what && what != node->iface_differs;

	if (!what && node->iface_differs)
		log_info(TOPIC, &node->iface.eui, "%s: all is as it was again", node->iface.wpan);
	node->iface_differs = what;
	if (!what)
		return;
	if (node->conf->manage_interface && !repair(node, why)) {
		log_warn(TOPIC, &node->iface.eui, "%s: %s; repaired", node->iface.wpan, what);
		node->iface_repairs++;
		node->iface_differs = NULL;
	} else if (news) {
		log_error(TOPIC, &node->iface.eui, "%s: %s and stays so: %s", node->iface.wpan,
			  what, why);
	}
}

int node_iface_check(struct node *node)
{
	struct iface_state now = {.wpan_index = 0};
	char why[NODE_WHY_LEN] = "";
	int rc = iface_read(node->conf->interface, &now, why);

	if (rc && rc != -ENODEV) {
		log_warn(TOPIC, &node->iface.eui, "%s", why);
		return 0;
	}
	if (rc || now.wpan_index != node->iface.wpan_index ||
	    now.lowpan_index != node->iface.lowpan_index ||
	    !eui64_equal(&now.eui, &node->iface.eui)) {
		log_error(TOPIC, &node->iface.eui,
			  "%s or %s is gone, was made anew or has another address: ending, to be "
			  "started again",
			  node->iface.wpan, node->iface.lowpan);
		return -ENODEV;
	}
	if (is_vrf_another(node, &now)) {
		log_error(TOPIC, &node->iface.eui,
			  "the VRF of %s was made anew: ending, to be started again",
			  node->iface.lowpan);
		return -ENODEV;
	}
	look_at(node, differs(&node->iface, &now));
	return 0;
}
