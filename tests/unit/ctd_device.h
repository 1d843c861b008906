/* SPDX-License-Identifier: ISC */
/* ctd_device: a device that waits to be commissioned, for tests of ctd: a DTLS server at ::1 with
 * /coap-key2 and /bootstrap, made of libkmp's own parts. There is no radio: the test says what mark
 * requests bear and what it answers. */
#ifndef KMP_TESTS_CTD_DEVICE_H
#define KMP_TESTS_CTD_DEVICE_H

#include "coap/coap_sess.h"
#include "dtls/dtls.h"
#include "keys/bsres_msg.h"
#include "keys/keyset.h"

#define CTD_DEVICE_FORGOT 8

struct ctd_device_sim {
	struct evl *evl;
	struct dtls_endpoint *endpoint;
	struct coap_sess *coap; /* of the newest session */
	struct dtls_session *session;
	struct secret psk;
	char identity[64]; /* it answers to */
	struct keyset keys;
	enum bsres_mark mark; /* that requests bear */
	uint8_t refuse;       /* answer PUT with this code; 0: take the keys */
	bool deaf;            /* drop what comes */
	bool all_secured;
	uint32_t n, fc;
	struct eui64 forgot[CTD_DEVICE_FORGOT];
	size_t n_forgot;
	int sessions, puts, gets, changes; /* changes: PUTs of /bootstrap */
};

/* Start at ::1 and `port` (0: any). */
void ctd_device_sim_start(struct ctd_device_sim *d, struct evl *evl, uint16_t port,
			  const char *identity, const char *psk_hex);
uint16_t ctd_device_sim_port(const struct ctd_device_sim *d);
/* Ends its sessions; what it knew is lost. */
void ctd_device_sim_stop(struct ctd_device_sim *d);

#endif
