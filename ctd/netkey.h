/* SPDX-License-Identifier: ISC */
/* netkey: the layer-2 key of the whole PAN (DESIGN, layer-2 key model `network`): made by the
 * system's generator, durable before anybody gets it, and never shown. In a re-key there are two of
 * them, the one active, the other staged. */
#ifndef KMP_CTD_NETKEY_H
#define KMP_CTD_NETKEY_H

#include "base/store.h"
#include "keys/keyset.h"

#define NETKEY_INDEX 1 /* of the first; later ones count on to 255, then again from 1 */
#define NETKEY_MODE  1 /* key identifier mode: key index alone */
#define NETKEY_LEVEL 5 /* encryption and a MIC of 4 octets, IEEE 802.15.4 table 95 */

/* Load the keys from `st`, or make and store the first. *ks is the set that every node gets; the
 * number of an entry is its key index. keyset_clear() wipes it. Returns 0, or -errno with a
 * sentence in `why`. */
int netkey_open(struct keyset *ks, struct store *st, char *why, size_t why_len);

/* The same without making one; *ks stays as it is unless 0 is returned. */
int netkey_load(struct keyset *ks, struct store *st);

/* The index after `last` that `ks` does not have. */
uint8_t netkey_next_index(const struct keyset *ks, uint8_t last);

/* Change what is stored; part of the caller's transaction. Return 0 or -errno. */
int netkey_stage(struct store *st, uint8_t index);    /* make a further key, staged */
int netkey_activate(struct store *st, uint8_t index); /* that one active, the others staged */
int netkey_retire(struct store *st);                  /* delete all but the active one */

#endif
