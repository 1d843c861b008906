/* SPDX-License-Identifier: ISC */
/* dtls_sock: an endpoint's unconnected UDP socket: datagrams with where they came from and to, and
 * with the mark of the bootstrap layer. */
#ifndef KMP_DTLS_DTLS_SOCK_H
#define KMP_DTLS_DTLS_SOCK_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* The two ends of a session. peer.sin6_scope_id is the interface of a link-local peer and else 0:
 * packets to the others leave as the routes say. local is :: where the kernel is to choose. */
struct dtls_path {
	struct sockaddr_in6 peer;
	struct in6_addr local;
};

struct dtls_datagram {
	const uint8_t *data;
	size_t len;
	struct dtls_path path;
	uint32_t mark; /* SO_RCVMARK; 0 if the kernel tells none */
};

/* A non-blocking socket bound to `local`, `port` (0: any) and, unless NULL, device `ifname`.
 * Returns the descriptor or -errno. */
int dtls_sock_open(const struct in6_addr *local, uint16_t port, const char *ifname);

/* Read one datagram into `buf` of `cap` octets. Returns 0; -EAGAIN if there is none; -EMSGSIZE or
 * -EBADMSG for one that is too long or that was not sent to a unicast address of ours (it is
 * consumed); -errno. */
int dtls_sock_recv(int fd, uint8_t *buf, size_t cap, struct dtls_datagram *datagram);

/* Send from path->local to path->peer. Returns 0 or -errno; 0 also for errors that are no more than
 * a lost packet: no route or neighbour at the moment, a path that is too narrow or closed, no room.
 */
int dtls_sock_send(int fd, const struct dtls_path *path, const uint8_t *data, size_t len);

#endif
