/* SPDX-License-Identifier: ISC */
#include "link/nlxfer.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define BUF_LEN   32768 /* of a dump the kernel sends no more at once (netlink_dump) */
#define MAX_STALE 1024  /* parts of an old dump that are thrown away */

struct exchange {
	uint32_t seq;
	nlxfer_fn on_answer;
	void *arg;
	bool over;
	int err;
};

/* The error in an acknowledgement, or at the end of a dump. */
static int error_of(struct nlmsghdr *hdr)
{
	int err;

	if (nlmsg_datalen(hdr) < (int)sizeof(err))
		return hdr->nlmsg_type == NLMSG_DONE ? 0 : -EIO;
	memcpy(&err, nlmsg_data(hdr), sizeof(err));
	return err > 0 ? -EIO : err;
}

static void take(struct exchange *x, struct nlmsghdr *hdr, int left)
{
	for (; nlmsg_ok(hdr, left) && !x->over; hdr = nlmsg_next(hdr, &left)) {
		if (hdr->nlmsg_seq != x->seq)
			continue; /* came too late for the request that it answers */
		if (hdr->nlmsg_type == NLMSG_ERROR || hdr->nlmsg_type == NLMSG_DONE) {
			x->err = error_of(hdr);
			x->over = true;
		} else if (hdr->nlmsg_type >= NLMSG_MIN_TYPE && x->on_answer) {
			x->on_answer(hdr, x->arg);
		}
	}
}

/* One datagram of the kernel (or whoever the socket's peer is) into `buf`. Returns its length, 0
 * for one of somebody else, or -errno. */
static ssize_t receive(struct nl_sock *sock, void *buf, int flags)
{
	struct sockaddr_nl from = {.nl_family = AF_NETLINK};
	socklen_t from_len = sizeof(from);
	ssize_t n;

	do
		n = recvfrom(nl_socket_get_fd(sock), buf, BUF_LEN, flags | MSG_TRUNC,
			     (struct sockaddr *)&from, &from_len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (n > BUF_LEN)
		return -EMSGSIZE;
	return from.nl_pid == nl_socket_get_peer_port(sock) ? n : 0;
}

/* What is left of a request that was given up: late answers, and a dump that goes on with each part
 * that is taken, while which the kernel begins no other. */
static void drain(struct nl_sock *sock, void *buf)
{
	ssize_t n = 0;

	for (int i = 0; i < MAX_STALE && n != -ETIMEDOUT; i++) {
		n = receive(sock, buf, MSG_DONTWAIT);
		if (n > 0)
			explicit_bzero(buf, (size_t)n);
	}
}

static int exchange(struct nl_sock *sock, struct nl_msg *msg, struct exchange *x)
{
	_Alignas(struct nlmsghdr) uint8_t buf[BUF_LEN];
	ssize_t n;

	drain(sock, buf);
	if (nl_send_auto(sock, msg) < 0)
		return -EIO;
	x->seq = nlmsg_hdr(msg)->nlmsg_seq;
	while (!x->over) {
		n = receive(sock, buf, 0);
		if (n < 0)
			return (int)n;
		take(x, (struct nlmsghdr *)buf, (int)n);
		explicit_bzero(buf, (size_t)n);
	}
	return x->err;
}

/* The message may hold a key, which must not stay in freed memory. */
static void wipe(struct nl_msg *msg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	explicit_bzero(nlmsg_data(hdr), (size_t)nlmsg_datalen(hdr));
	nlmsg_free(msg);
}

int nlxfer(struct nl_sock *sock, struct nl_msg *msg, nlxfer_fn on_answer, void *arg)
{
	struct exchange x = {.on_answer = on_answer, .arg = arg};
	int err;

	if (!msg)
		return -ENOMEM;
	err = exchange(sock, msg, &x);
	wipe(msg);
	return err;
}

struct nl_sock *nlxfer_connect(int protocol)
{
	const struct timeval wait = {.tv_sec = NLXFER_WAIT_MS / 1000,
				     .tv_usec = NLXFER_WAIT_MS % 1000 * 1000};
	struct nl_sock *sock = nl_socket_alloc();

	if (sock && !nl_connect(sock, protocol) &&
	    !setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait))) {
		/* libnl does not see what nlxfer() receives, and would miss its numbers */
		nl_socket_disable_seq_check(sock);
		return sock;
	}
	nl_socket_free(sock);
	return NULL;
}

struct nl_sock *nlxfer_open(const char *name, int *family)
{
	struct nl_sock *sock = nlxfer_connect(NETLINK_GENERIC);

	if (!sock) {
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
