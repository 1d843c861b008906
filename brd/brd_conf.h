/* SPDX-License-Identifier: ISC */
/* brd_conf: the configuration of brd, brd.conf(5). */
#ifndef BRD_BRD_CONF_H
#define BRD_BRD_CONF_H

#include "node/node_conf.h"

struct brd_conf {
	struct node_conf node;       /* first: NODE_CONF_OPTS counts on it */
	struct in6_addr ct_address;  /* where JSRs are forwarded to */
	struct in6_addr mesh_prefix; /* /64 that the sources of JSRs must be in; :: any */
};

extern const struct conf_spec brd_conf_spec;

/* 0, or -errno with a sentence in `why`. */
int brd_conf_check(const struct brd_conf *conf, char *why, size_t why_len);

#endif
