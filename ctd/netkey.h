/* SPDX-License-Identifier: ISC */
/* netkey: the layer-2 key of the whole PAN (DESIGN, layer-2 key model `network`): made by the
 * system's generator at the first start, durable before anybody gets it, and never shown. */
#ifndef KMP_CTD_NETKEY_H
#define KMP_CTD_NETKEY_H

#include "base/store.h"
#include "keys/keyset.h"

#define NETKEY_NUMBER 1 /* entry number in every node's key set */
#define NETKEY_INDEX  1
#define NETKEY_MODE   1 /* key identifier mode: key index alone */
#define NETKEY_LEVEL  5 /* encryption and a MIC of 4 octets, IEEE 802.15.4 table 95 */

/* Load the key from `st`, or make and store it. *ks is the set that every node gets: this one
 * entry, active. keyset_clear() wipes it. Returns 0, or -errno with a sentence in `why`. */
int netkey_open(struct keyset *ks, struct store *st, char *why, size_t why_len);

#endif
