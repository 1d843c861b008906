/* SPDX-License-Identifier: ISC */
/* rtlookup: where the kernel would send a packet, by its IPv6 routes as they are now. It tells
 * whether an address that somebody claims for its own is one that an answer would find. */
#ifndef KMP_LINK_RTLOOKUP_H
#define KMP_LINK_RTLOOKUP_H

#include <netinet/in.h>

/* By which interface would a packet of this machine to the unicast address `dst` leave, by the
 * routes of the VRF with the index `vrf` (0: none)? Returns 0 with the interface's index in
 * *ifindex, which is 0 if it would not leave at all: there is no route, a route that refuses, or
 * the address is this machine's own. -errno if the kernel does not tell. */
int rtlookup(unsigned int vrf, const struct in6_addr *dst, unsigned int *ifindex);

#endif
