/* SPDX-License-Identifier: ISC */
/* lookup: which devices an operator may mean who types a name, or the last digits of an EUI-64, as
 * on the device's label. */
#ifndef KMP_CTD_LOOKUP_H
#define KMP_CTD_LOOKUP_H

#include "candidates.h"
#include "roster.h"

/* Call `fn` for each device that `text` may mean: the one with this EUI-64, however it is written;
 * else those of this name; else those whose EUI-64 ends in these digits. NULL means all, "" none.
 * Devices are those that are configured, were admitted or asked to be. */
typedef void (*lookup_fn)(const struct eui64 *eui, const char *name, void *arg);
void lookup(const struct roster *r, const struct candidates *c, const char *text, lookup_fn fn,
	    void *arg);

#endif
