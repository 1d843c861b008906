/* SPDX-License-Identifier: ISC */
#include "link/rtwatch.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>

struct rtwatch {
	struct nl_sock *sock;
	struct evl_fd *readable;
	struct evl_timer *burst;
	void (*fn)(void *arg);
	void *arg;
};

static int on_message(struct nl_msg *msg, void *arg)
{
	struct rtwatch *w = arg;

	(void)msg;
	if (!evl_timer_running(w->burst))
		evl_timer_start(w->burst, RTWATCH_BURST_MS);
	return NL_OK;
}

/* An overrun means that there were more changes than fit: that is a change. */
static void on_readable(int fd, void *arg)
{
	struct rtwatch *w = arg;

	(void)fd;
	if (nl_recvmsgs_default(w->sock) < 0)
		on_message(NULL, w);
}

static void on_burst(void *arg)
{
	struct rtwatch *w = arg;

	w->fn(w->arg);
}

static int open_socket(struct rtwatch *w)
{
	w->sock = nl_socket_alloc();
	if (!w->sock)
		return -ENOMEM;
	nl_socket_disable_seq_check(w->sock);
	if (nl_socket_modify_cb(w->sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, w) ||
	    nl_connect(w->sock, NETLINK_ROUTE) || nl_socket_set_nonblocking(w->sock) ||
	    nl_socket_add_memberships(w->sock, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE, 0))
		return -EIO;
	return 0;
}

int rtwatch_new(struct rtwatch **out, struct evl *evl, void (*fn)(void *arg), void *arg)
{
	struct rtwatch *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return -ENOMEM;
	w->fn = fn;
	w->arg = arg;
	w->burst = evl_timer_new(evl, on_burst, w);
	rc = w->burst ? open_socket(w) : -ENOMEM;
	if (!rc) {
		w->readable = evl_fd_new(evl, nl_socket_get_fd(w->sock), on_readable, w);
		rc = w->readable ? 0 : -ENOMEM;
	}
	if (rc) {
		rtwatch_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

void rtwatch_free(struct rtwatch *w)
{
	if (!w)
		return;
	evl_fd_free(w->readable);
	evl_timer_free(w->burst);
	nl_socket_free(w->sock);
	free(w);
}
