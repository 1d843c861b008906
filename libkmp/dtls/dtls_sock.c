/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_sock.h"

#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_RCVMARK
#define SO_RCVMARK 75 /* Linux 5.19; not in the C library's headers of Debian 12 */
#endif

/* Answers to strangers at addresses that nobody has wait in the socket's buffer until neighbour
 * discovery gives up (3 s): room for as many of them as the kernel's table has neighbours (1024).
 */
#define SEND_BUFFER_LEN (1 << 20)

static void widen_send_buffer(int fd)
{
	int len = SEND_BUFFER_LEN;

	/* Without CAP_NET_ADMIN as much as the system allows everybody. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &len, sizeof(len)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &len, sizeof(len)) < 0)
		log_debug("dtls", NULL, "send buffer not widened: %s", strerror(errno));
}

static int set_options(int fd, const char *ifname)
{
	int on = 1;

	widen_send_buffer(fd);

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0)
		return -errno;
	if (ifname &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname, (socklen_t)strlen(ifname)) < 0)
		return -errno;
	/* Missing in old kernels, refused without CAP_NET_ADMIN or CAP_NET_RAW: then no datagram
	 * has a mark, so none passes as secured. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVMARK, &on, sizeof(on)) < 0)
		log_debug("dtls", NULL, "no marks on received packets: %s", strerror(errno));
	return 0;
}

int dtls_sock_open(const struct in6_addr *local, uint16_t port, const char *ifname)
{
	struct sockaddr_in6 a = {
		.sin6_family = AF_INET6, .sin6_addr = *local, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	int r = set_options(fd, ifname);
	if (r == 0 && bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* The control messages of a datagram: where it arrived, and its mark. */
static bool read_control(struct msghdr *msg, struct in6_pktinfo *to, uint32_t *mark)
{
	bool have_to = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO &&
		    c->cmsg_len == CMSG_LEN(sizeof(*to))) {
			memcpy(to, CMSG_DATA(c), sizeof(*to));
			have_to = true;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_MARK &&
			   c->cmsg_len == CMSG_LEN(sizeof(*mark))) {
			memcpy(mark, CMSG_DATA(c), sizeof(*mark));
		}
	}
	return have_to;
}

int dtls_sock_recv(int fd, uint8_t *buf, size_t cap, struct dtls_datagram *datagram)
{
	union {
		struct cmsghdr align;
		uint8_t b[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t))];
	} control;
	struct sockaddr_in6 from;
	struct iovec iov = {.iov_base = buf, .iov_len = cap};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.b,
			     .msg_controllen = sizeof(control.b)};
	struct in6_pktinfo to;
	ssize_t n = recvmsg(fd, &msg, 0);

	if (n < 0)
		return -errno;
	if (msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	*datagram = (struct dtls_datagram){.data = buf, .len = (size_t)n};
	if (msg.msg_namelen != sizeof(from) || from.sin6_family != AF_INET6 ||
	    !read_control(&msg, &to, &datagram->mark) || IN6_IS_ADDR_MULTICAST(&to.ipi6_addr))
		return -EBADMSG;
	/* The interface comes from IPV6_PKTINFO: from.sin6_scope_id is the VRF's in a VRF. */
	datagram->path.peer = (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_addr = from.sin6_addr, .sin6_port = from.sin6_port};
	if (IN6_IS_ADDR_LINKLOCAL(&from.sin6_addr))
		datagram->path.peer.sin6_scope_id = to.ipi6_ifindex;
	datagram->path.local = to.ipi6_addr;
	return 0;
}

/* Errors that the network gets over by itself: no room, nobody there, no way there, or one that is
 * too narrow or closed at the moment. */
static bool is_soft(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == ECONNREFUSED ||
	       error == EHOSTUNREACH || error == ENETUNREACH || error == ENETDOWN ||
	       error == EMSGSIZE || error == EACCES || error == EPERM;
}

int dtls_sock_send(int fd, const struct dtls_path *path, const uint8_t *data, size_t len)
{
	union {
		struct cmsghdr align;
		uint8_t b[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = {.b = {0}};
	struct in6_pktinfo from = {.ipi6_addr = path->local,
				   .ipi6_ifindex = path->peer.sin6_scope_id};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
	struct msghdr msg = {.msg_name = (void *)(uintptr_t)&path->peer,
			     .msg_namelen = sizeof(path->peer),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.b,
			     .msg_controllen = sizeof(control.b)};

	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(c), &from, sizeof(from));

	if (sendmsg(fd, &msg, MSG_DONTWAIT) >= 0 || is_soft(errno))
		return 0;
	return -errno;
}
