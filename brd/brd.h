/* SPDX-License-Identifier: ISC */
/* brd: the border router: itself commissioned like any node, and first; passes the Join Secure
 * Requests of the mesh on to the commissioning tool, policed, with their source addresses kept. */
#ifndef BRD_BRD_H
#define BRD_BRD_H

#include "base/daemon.h"

extern const struct daemon_desc brd_desc;

#endif
