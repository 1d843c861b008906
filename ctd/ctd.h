/* SPDX-License-Identifier: ISC */
/* ctd: the commissioning tool (CT of draft-kumar-6lo-selective-bootstrap): holds the network key,
 * hears who wants in, and keys those who are admitted. This module opens everything and ties it
 * together; who may do what is in roster.h, what happens with one device in join.h. */
#ifndef KMP_CTD_CTD_H
#define KMP_CTD_CTD_H

#include "base/evl.h"
#include "ctd_conf.h"
#include "link/bsreq_sock.h"

struct ctd;

/* Open the durable state, the DTLS endpoint and the control socket, and go on where the last run
 * ended. `evl` and `conf` (until ctd_reload() gives another) are borrowed. Returns 0 and *c, or
 * -errno with a sentence in `why`. */
int ctd_new(struct ctd **c, struct evl *evl, const struct ctd_conf *conf, char *why,
	    size_t why_len);
void ctd_free(struct ctd *c);

/* Hear Bootstrap Requests: opens the raw ICMPv6 socket (CAP_NET_RAW). Returns 0, or -errno with a
 * sentence in `why`. */
int ctd_listen(struct ctd *c, char *why, size_t why_len);
/* A Bootstrap Request arrived (bsreq_fn, arg is the struct ctd): what ctd_listen() wires up, and
 * tests call. */
void ctd_on_request(const struct bsreq_packet *p, void *arg);

/* From now on `conf` counts: devices, admission and max-joins. What is open stays as it is. */
void ctd_reload(struct ctd *c, const struct ctd_conf *conf);

/* The whole daemon, until a signal ends it. Returns its exit status. */
int ctd_main(int argc, char **argv);

#endif
