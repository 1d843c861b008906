/* SPDX-License-Identifier: ISC */
/* nlxfer: one netlink request with its answers, and the kernel's own errno (libnl maps several to
 * one of its codes). Never waits for ever, takes no answer of an earlier request for one of this,
 * and leaves nothing of what came in memory: it may have been a key. */
#ifndef KMP_LINK_NLXFER_H
#define KMP_LINK_NLXFER_H

#include <netlink/netlink.h>

/* The kernel answers before the request returns; whoever waits longer waits in vain. */
#define NLXFER_WAIT_MS 2000

typedef void (*nlxfer_fn)(struct nlmsghdr *answer, void *arg);

/* Send `msg`, which is wiped and freed in any case, and wait for the kernel's acknowledgement. Each
 * answer goes to `on_answer` (NULL: none expected), valid during the call. Returns 0 or -errno;
 * -ETIMEDOUT without an answer, -EIO for one that is none, -ENOMEM for a NULL `msg`. After any
 * failure the socket serves the next request as if nothing had been. */
int nlxfer(struct nl_sock *sock, struct nl_msg *msg, nlxfer_fn on_answer, void *arg);

/* A connected socket of a netlink protocol (NETLINK_ROUTE ..), or NULL. Free with
 * nl_socket_free(). */
struct nl_sock *nlxfer_connect(int protocol);

/* A socket on the generic netlink family `name`, its number in *family. Returns NULL, with *family
 * the -errno: -ENOENT if the kernel does not have the family. */
struct nl_sock *nlxfer_open(const char *name, int *family);

#endif
