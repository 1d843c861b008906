/* SPDX-License-Identifier: ISC */
/* neightab: who is a neighbour by the kernel's own IPv6 neighbour table: those that it has just
 * reached, and those that were configured. The latter matter to nodes that never hear each other in
 * clear: the kernel takes secured frames only from senders that it was told. */
#ifndef KMP_LINK_NEIGHTAB_H
#define KMP_LINK_NEIGHTAB_H

#include "base/eui64.h"

/* Call `fn` for the EUI-64 of each entry on the 6LoWPAN interface `ifindex` that is reachable or
 * permanent, once an entry. Returns 0 or -errno. */
int neightab_each(unsigned int ifindex, void (*fn)(void *arg, const struct eui64 *eui), void *arg);

#endif
