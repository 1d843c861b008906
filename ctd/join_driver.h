/* SPDX-License-Identifier: ISC */
/* join_driver: what the join machines want, done: DTLS as client to a device under its
 * credential (draft-kumar-6lo-selective-bootstrap section 5.4), and over it PUT /coap-key2 (section
 * 6), PUT /bootstrap and GET /bootstrap, all in CBOR. */
#ifndef KMP_CTD_JOIN_DRIVER_H
#define KMP_CTD_JOIN_DRIVER_H

#include "dtls/dtls.h"
#include "join.h"
#include "keys/keyset.h"

/* CoAP's transmission parameters (RFC 7252 section 4.8) for several hops of slow radio. */
#define JOIN_DRIVER_ACK_TIMEOUT_MS 2000
#define JOIN_DRIVER_MAX_RETRANSMIT 3

struct join_driver_config {
	struct dtls_config dtls;
	uint16_t device_port;      /* where devices listen */
	const struct keyset *keys; /* what each gets; borrowed */
	/* The credential of a device, copied into *cred, which the driver wipes. Returns 0, or
	 * -ENOKEY if there is none; asked at each handshake. */
	int (*cred_of)(void *arg, const struct eui64 *eui, struct dtls_cred *cred);
	void *arg;
};

struct join_driver;

/* Open the endpoint. Returns 0 and *d, or -errno. */
int join_driver_new(struct join_driver **d, struct evl *evl,
		    const struct join_driver_config *config);
/* Authenticate with `auth`, held, from the next handshake on. Returns 0 or -errno. */
int join_driver_set_auth(struct join_driver *d, struct dtls_auth *auth);
/* After the last join_fini() of a machine that uses it. */
void join_driver_free(struct join_driver *d);

const struct join_transport *join_driver_transport(const struct join_driver *d);
void join_driver_stats(const struct join_driver *d, struct dtls_stats *stats);

#endif
