/* SPDX-License-Identifier: ISC */
/* dtls_ends: a client and a server that share a pre-shared key, and what tests of their sessions
 * have in common. */
#ifndef KMP_TESTS_DTLS_ENDS_H
#define KMP_TESTS_DTLS_ENDS_H

#include "dtls_world.h"

extern struct side client, server;
extern struct relay relay; /* between them, where a test opens it */

/* The loop and both sides. */
void ends_open(void);
void ends_close(void);
/* What dtls_connect() says to a handshake of `ep` with `peer`. */
int ends_connect(struct dtls_session **s, struct dtls_endpoint *ep, const struct sockaddr_in6 *peer,
		 const char *identity, const struct secret *key);
/* A handshake with whatever listens at ::1 port, until both sides say that it is done. */
void ends_up(uint16_t port);

#endif
