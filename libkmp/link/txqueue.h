/* SPDX-License-Identifier: ISC */
/* txqueue: the frames that wait in an interface's queues (traffic control) to be sent. */
#ifndef KMP_LINK_TXQUEUE_H
#define KMP_LINK_TXQUEUE_H

/* How many wait at the interface with this index, by rtnetlink, or -errno. */
int txqueue_len(unsigned int ifindex);

#endif
