/* SPDX-License-Identifier: ISC */
/* nlxfer: one netlink request with its answers, and the kernel's own errno (libnl maps several to
 * one of its codes). */
#ifndef KMP_LINK_NLXFER_H
#define KMP_LINK_NLXFER_H

#include <netlink/netlink.h>

/* Send `msg`, which is wiped and freed in any case, and wait for the kernel's acknowledgement. Each
 * answer goes to `on_valid` (NULL: none expected), which returns NL_OK or NL_SKIP. Returns 0 or
 * -errno; -EIO if netlink itself failed, -ENOMEM for a NULL `msg`. */
int nlxfer(struct nl_sock *sock, struct nl_msg *msg, nl_recvmsg_msg_cb_t on_valid, void *arg);

/* A socket on the generic netlink family `name`, its number in *family. Returns NULL, with *family
 * the -errno: -ENOENT if the kernel does not have the family. */
struct nl_sock *nlxfer_open(const char *name, int *family);

#endif
