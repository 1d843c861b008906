/* SPDX-License-Identifier: ISC */
/* ifwatch: looks after the interface that ctd is bound to. The kernel binds sockets to an index:
 * when the interface goes and is made again under its name (an adapter on USB, a bridge, a VLAN),
 * they stay deaf. */
#ifndef KMP_CTD_IFWATCH_H
#define KMP_CTD_IFWATCH_H

#include "base/evl.h"

#define IFWATCH_MS 5000 /* how often it is looked at */

struct ifwatch;

/* Watch the interface `name`, which has to be there. While it is gone that is logged once; if it is
 * there again with another index, `on_replaced` is called, once. Returns 0 and *w, -ENODEV or
 * -ENOMEM. */
int ifwatch_new(struct ifwatch **w, struct evl *evl, const char *name,
		void (*on_replaced)(void *arg), void *arg);
void ifwatch_free(struct ifwatch *w);

#endif
