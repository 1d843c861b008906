/* SPDX-License-Identifier: ISC */
/* node_daemon: what brd and jnd hand to daemon_main() alike, for configurations that begin with a
 * struct node_conf: `conf` points to one of those. See struct daemon_desc. */
#ifndef KMP_NODE_NODE_DAEMON_H
#define KMP_NODE_NODE_DAEMON_H

#include "base/daemon.h"

/* The files that the configuration refers to, read and wiped: see node_cred_load(). */
int node_daemon_complete(void *conf, const char *path, char *why, size_t why_len);
void node_daemon_wipe(void *conf);
enum log_level node_daemon_level(const void *conf);

#endif
