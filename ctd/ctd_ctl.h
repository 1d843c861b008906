/* SPDX-License-Identifier: ISC */
/* ctd_ctl: the commands of `kmpctl ctd`. The members of their results are a stable interface,
 * documented in kmpctl(8). */
#ifndef KMP_CTD_CTD_CTL_H
#define KMP_CTD_CTD_CTL_H

#include "base/ctl.h"
#include "candidates.h"
#include "join_driver.h"
#include "link/bsreq_sock.h"
#include "roster.h"
#include "timeline.h"

/* What the commands look at, their `arg`. */
struct ctd_ctl {
	struct evl *evl;
	const struct ctd_conf *conf;
	struct roster *roster;
	struct candidates *candidates;
	struct join_driver *driver;
	struct timeline *timeline;
	const struct bsreq_sock *requests; /* NULL: not listening */
	uint64_t started_ms;
};

extern const struct ctl_command ctd_ctl_commands[];
extern const size_t ctd_ctl_n_commands;

#endif
