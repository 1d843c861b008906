/* SPDX-License-Identifier: ISC */
/* neightab: the kernel's own IPv6 neighbour table. */
#ifndef KMP_LINK_NEIGHTAB_H
#define KMP_LINK_NEIGHTAB_H

#include "base/eui64.h"

/* Who was configured as a neighbour there, which matters to nodes that never hear each other in
 * clear: the kernel takes secured frames only from senders that it was told. What the kernel has
 * learned says nothing more than that a frame was heard, or that neightab_add() was called.
 *
 * Call `fn` for the EUI-64 of each permanent entry on the 6LoWPAN interface `ifindex`, once an
 * entry. Returns 0 or -errno. */
int neightab_each(unsigned int ifindex, void (*fn)(void *arg, const struct eui64 *eui), void *arg);

/* Tell the kernel where the link-local address of this EUI-64 is (RFC 4944 section 7), which it
 * would ask everybody else. An entry that knows an answer stays as it is. Returns 0 or
 * -errno. */
int neightab_add(unsigned int ifindex, const struct eui64 *eui);

#endif
