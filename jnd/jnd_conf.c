/* SPDX-License-Identifier: ISC */
#include "jnd_conf.h"

#include <errno.h>
#include <stdio.h>

/* Of which it asks its neighbours every eighth. */
#define MIN_ALONE_AFTER_S 8

static const struct conf_opt opts[] = {
	NODE_CONF_OPTS("jnd"),
	{.name = "ct-address", .type = CONF_ADDR, .offset = offsetof(struct jnd_conf, ct_address)},
	{.name = "border-router",
	 .type = CONF_ADDR,
	 .offset = offsetof(struct jnd_conf, border_router)},
	{.name = "alone-after",
	 .type = CONF_UINT,
	 .offset = offsetof(struct jnd_conf, node.alone_after_s),
	 .def = "3600",
	 .max = 30 * 86400},
};

const struct conf_spec jnd_conf_spec = {.opts = opts, .n_opts = sizeof(opts) / sizeof(opts[0])};

int jnd_conf_check(const struct jnd_conf *conf, char *why, size_t why_len)
{
	if (IN6_IS_ADDR_UNSPECIFIED(jnd_conf_jsr_destination(conf))) {
		snprintf(
			why, why_len,
			"set ct-address or border-router: without one the node cannot ask to join");
		return -EINVAL;
	}
	if (conf->node.alone_after_s > 0 && conf->node.alone_after_s < MIN_ALONE_AFTER_S) {
		snprintf(why, why_len, "alone-after = %u: must be 0 (never) or %d seconds or more",
			 conf->node.alone_after_s, MIN_ALONE_AFTER_S);
		return -EINVAL;
	}
	if (node_conf_check_address("ct-address", &conf->ct_address, why, why_len) ||
	    node_conf_check_address("border-router", &conf->border_router, why, why_len))
		return -EINVAL;
	return node_conf_check(&conf->node, why, why_len);
}

const struct in6_addr *jnd_conf_jsr_destination(const struct jnd_conf *conf)
{
	return IN6_IS_ADDR_UNSPECIFIED(&conf->ct_address) ? &conf->border_router
							  : &conf->ct_address;
}
