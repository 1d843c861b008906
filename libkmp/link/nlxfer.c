/* SPDX-License-Identifier: ISC */
#include "link/nlxfer.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <string.h>

struct state {
	bool over;
	int err;
};

static int on_done(struct nl_msg *msg, void *arg)
{
	(void)msg;
	((struct state *)arg)->over = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *addr, struct nlmsgerr *e, void *arg)
{
	struct state *st = arg;

	(void)addr;
	st->err = e->error;
	st->over = true;
	return NL_STOP;
}

static int exchange(struct nl_sock *sock, struct nl_msg *msg, struct nl_cb *cb, struct state *st)
{
	int rc = nl_send_auto(sock, msg);

	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_done, st);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_done, st);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, st);
	while (!st->over && rc >= 0)
		rc = nl_recvmsgs(sock, cb);
	return rc < 0 && !st->err ? -EIO : st->err;
}

/* The message may hold a key, which must not stay in freed memory. */
static void wipe(struct nl_msg *msg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	explicit_bzero(nlmsg_data(hdr), (size_t)nlmsg_datalen(hdr));
	nlmsg_free(msg);
}

int nlxfer(struct nl_sock *sock, struct nl_msg *msg, nl_recvmsg_msg_cb_t on_valid, void *arg)
{
	struct nl_cb *cb = msg ? nl_cb_alloc(NL_CB_DEFAULT) : NULL;
	struct state st = {0};
	int err = -ENOMEM;

	if (cb) {
		if (on_valid)
			nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, arg);
		err = exchange(sock, msg, cb, &st);
	}
	nl_cb_put(cb);
	if (msg)
		wipe(msg);
	return err;
}

struct nl_sock *nlxfer_open(const char *name, int *family)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (!sock || genl_connect(sock)) {
		nl_socket_free(sock);
		*family = -ENOMEM;
		return NULL;
	}
	*family = genl_ctrl_resolve(sock, name);
	if (*family >= 0)
		return sock;
	nl_socket_free(sock);
	*family = -ENOENT;
	return NULL;
}
