/* SPDX-License-Identifier: ISC */
#include "brd_conf.h"

#include <errno.h>

static const struct conf_opt opts[] = {
	NODE_CONF_OPTS("brd"),
	{.name = "ct-address",
	 .type = CONF_ADDR,
	 .offset = offsetof(struct brd_conf, ct_address),
	 .required = true},
	{.name = "mesh-prefix",
	 .type = CONF_ADDR,
	 .offset = offsetof(struct brd_conf, mesh_prefix)},
};

const struct conf_spec brd_conf_spec = {.opts = opts, .n_opts = sizeof(opts) / sizeof(opts[0])};

int brd_conf_check(const struct brd_conf *conf, char *why, size_t why_len)
{
	if (node_conf_check_address("ct-address", &conf->ct_address, why, why_len) ||
	    node_conf_check_address("mesh-prefix", &conf->mesh_prefix, why, why_len))
		return -EINVAL;
	return node_conf_check(&conf->node, why, why_len);
}
