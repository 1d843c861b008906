/* SPDX-License-Identifier: ISC */
/* linktool_udp: datagrams over a 6LoWPAN link, sent with a mark and received with the one that the
 * bootstrap layer gave them. */
#include "linktool.h"

#include "link/bpf/bslayer_maps.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A UDP socket on the 6LoWPAN link. */
static int udp_socket(const char *ifname, uint16_t port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname, (socklen_t)strlen(ifname)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVMARK, &on, sizeof(on)) ||
	    (port && bind(fd, (struct sockaddr *)&any, sizeof(any)))) {
		perror("linktool: socket");
		exit(1);
	}
	return fd;
}

/* LOWPAN send ADDRESS PORT OCTETS [MARK] */
int linktool_send(const char *ifname, int argc, char **arg)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_scope_id = if_nametoindex(ifname)};
	static uint8_t octets[1280];
	uint32_t mark;
	size_t len;
	int fd;

	if (argc < 3 || inet_pton(AF_INET6, arg[0], &to.sin6_addr) != 1)
		return linktool_usage();
	to.sin6_port = htons((uint16_t)linktool_number(arg[1]));
	len = linktool_number(arg[2]);
	mark = arg[3] ? (uint32_t)linktool_number(arg[3]) : 0;
	fd = udp_socket(ifname, 0);
	if (len > sizeof(octets) ||
	    (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark))) ||
	    sendto(fd, octets, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("linktool: send");
		return 1;
	}
	close(fd);
	return 0;
}

static const char *mark_of(struct msghdr *m)
{
	uint32_t mark = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_MARK)
			memcpy(&mark, CMSG_DATA(c), sizeof(mark));
	}
	return mark == LINK_MARK_RX_SECURED     ? "secured"
	       : mark == LINK_MARK_RX_UNSECURED ? "unsecured"
						: "unmarked";
}

/* LOWPAN receive PORT MILLISECONDS: one line a datagram, its length and mark; "ready" at first.
 * After the first one the others must come soon. */
int linktool_receive(const char *ifname, int argc, char **arg)
{
	uint8_t octets[1280], control[64];
	struct iovec iov = {octets, sizeof(octets)};
	struct pollfd p = {.events = POLLIN};
	int wait_ms;

	if (argc < 2)
		return linktool_usage();
	wait_ms = (int)linktool_number(arg[1]);
	p.fd = udp_socket(ifname, (uint16_t)linktool_number(arg[0]));
	puts("ready");
	fflush(stdout);
	while (poll(&p, 1, wait_ms) == 1) {
		struct msghdr m = {.msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(p.fd, &m, 0);

		if (n >= 0)
			printf("%zd %s\n", n, mark_of(&m));
		wait_ms = 200;
	}
	close(p.fd);
	return 0;
}
