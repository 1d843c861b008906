/* SPDX-License-Identifier: ISC */
/* dtls_pair: a device and a commissioning tool with all that they need to authenticate each other
 * by public keys, and what tests of that have in common. */
#ifndef KMP_TESTS_DTLS_PAIR_H
#define KMP_TESTS_DTLS_PAIR_H

#include "dtls_pki.h"
#include "dtls_world.h"

struct pair {
	struct side client, server; /* tool, device */
	struct relay relay;
	struct pki device_ca, ct_ca, device, ct; /* as they should be; device 1 */
};
extern struct pair pair;

/* A directory, a loop, and the keys and certificates. */
void pair_begin(void);
void pair_end(void);
/* Open both sides, which take over the references. */
void pair_open(struct dtls_config config, struct dtls_auth *device_auth, struct dtls_auth *ct_auth);
/* The same with all as it should be. */
void pair_open_good(void);
void pair_close(void);

/* Device 1 by its certificate. */
struct dtls_cred pair_by_cert(void);
/* Begin a handshake with whatever listens at ::1 port. */
void pair_connect(uint16_t port, const struct dtls_cred *cred);
/* A record each way. */
void pair_talks(void);
/* A handshake without relay succeeds. */
void pair_comes_up(const struct dtls_cred *cred);
/* It fails at both ends; `client_says` and `server_says` are parts of the reasons. */
void pair_fails(const struct dtls_cred *cred, const char *client_says, const char *server_says);

#endif
