/* SPDX-License-Identifier: ISC */
/* node_cred: the credentials of a mesh node, and how it knows its commissioning tool (DESIGN,
 * Credentials): by a pre-shared key, by the tool's key, by a certificate under `ct-anchor`, or, a
 * factory-new node with `ct-auth = first`, whoever comes first, from then on by its key. */
#ifndef KMP_NODE_NODE_CRED_H
#define KMP_NODE_NODE_CRED_H

#include "node/node_conf.h"

/* Read what `conf` refers to into conf->psk, conf->auth and conf->ct_pin, and check that it goes
 * together. `path` is the file, for messages. Returns 0; or -errno with lines "FILE:LINE: text" in
 * `why`. */
int node_cred_load(struct node_conf *conf, const char *path, char *why, size_t why_len);
/* Wipe what that read, after any return of it. */
void node_cred_wipe(struct node_conf *conf);

/* May the commissioning tool command a node with `conf` whose public key has the SHA-256
 * `key_hash`? `anchored`: its certificate is under ct-anchor. `pin`: the hash of the first tool,
 * NULL if there was none yet. `keyed`: the node has keys already, so is not factory-new. Returns
 * NULL, or why not. */
const char *node_cred_check_ct(const struct node_conf *conf, const uint8_t *key_hash, bool anchored,
			       const uint8_t *pin, bool keyed);

#endif
