/* SPDX-License-Identifier: ISC */
/* coap_seen: the messages of a peer that were dealt with, and what they were answered with, so that
 * a duplicate gets the same answer and is not served again (RFC 7252 section 4.5). Bounded in
 * number and in octets: the oldest give way. */
#ifndef KMP_COAP_COAP_SEEN_H
#define KMP_COAP_COAP_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COAP_SEEN_MAX        16
#define COAP_SEEN_MAX_OCTETS 4096 /* of all answers */

struct coap_seen_entry {
	bool used;
	uint16_t mid;
	uint64_t at_ms;
	uint8_t *octets; /* NULL: nothing was answered but perhaps an acknowledgement */
	size_t len;
};

struct coap_seen {
	struct coap_seen_entry entry[COAP_SEEN_MAX];
	size_t octets; /* held in all */
};

/* The entry of a message that arrived within EXCHANGE_LIFETIME, or NULL. */
const struct coap_seen_entry *coap_seen_find(const struct coap_seen *seen, uint64_t now_ms,
					     uint16_t mid);
/* Remember `mid` and the octets (copied; 0..COAP_SEEN_MAX_OCTETS) that it was answered with. */
void coap_seen_add(struct coap_seen *seen, uint64_t now_ms, uint16_t mid, const uint8_t *octets,
		   size_t len);
/* Forget and wipe all. */
void coap_seen_clear(struct coap_seen *seen);

#endif
