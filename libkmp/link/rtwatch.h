/* SPDX-License-Identifier: ISC */
/* rtwatch: tells when the kernel's IPv6 addresses or routes have changed, so that what could not be
 * sent for want of one is tried again at once. Changes come in bursts; a burst is told once. */
#ifndef KMP_LINK_RTWATCH_H
#define KMP_LINK_RTWATCH_H

#include "base/evl.h"

#define RTWATCH_BURST_MS 100 /* changes within this time of the first are one */

struct rtwatch;

/* Watch from now on; `fn` is called on the loop. Returns 0 and *w, or -errno. */
int rtwatch_new(struct rtwatch **w, struct evl *evl, void (*fn)(void *arg), void *arg);
void rtwatch_free(struct rtwatch *w);

#endif
