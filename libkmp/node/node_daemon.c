/* SPDX-License-Identifier: ISC */
#include "node/node_daemon.h"

#include "node/node_cred.h"

int node_daemon_complete(void *conf, const char *path, char *why, size_t why_len)
{
	return node_cred_load(conf, path, why, why_len);
}

void node_daemon_wipe(void *conf)
{
	node_cred_wipe(conf);
}

enum log_level node_daemon_level(const void *conf)
{
	return (enum log_level)((const struct node_conf *)conf)->log_level;
}
