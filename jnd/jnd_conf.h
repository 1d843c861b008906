/* SPDX-License-Identifier: ISC */
/* jnd_conf: the configuration of jnd, jnd.conf(5). */
#ifndef JND_JND_CONF_H
#define JND_JND_CONF_H

#include "node/node_conf.h"

struct jnd_conf {
	struct node_conf node; /* first: NODE_CONF_OPTS counts on it */
	struct in6_addr ct_address;
	struct in6_addr border_router; /* where JSRs go while the CT's address is not known */
};

extern const struct conf_spec jnd_conf_spec;

/* 0, or -errno with a sentence in `why`. */
int jnd_conf_check(const struct jnd_conf *conf, char *why, size_t why_len);

/* Where Join Secure Requests go (DESIGN, Bootstrap Request): the CT where known, else the 6LBR. */
const struct in6_addr *jnd_conf_jsr_destination(const struct jnd_conf *conf);

#endif
