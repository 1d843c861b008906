/* SPDX-License-Identifier: ISC */
/* dtls_msg: the few octets of DTLS 1.2 records (RFC 6347 section 4.1) that must be looked at before
 * OpenSSL sees them: which of a peer's handshakes a datagram is for. */
#ifndef KMP_DTLS_DTLS_MSG_H
#define KMP_DTLS_DTLS_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTLS_RECORD_HEADER_LEN 13
#define DTLS_RANDOM_LEN        32
#define DTLS_ALERT_LEN         (DTLS_RECORD_HEADER_LEN + 2) /* in clear */

enum dtls_alert { /* RFC 5246 section 7.2.2, RFC 4279 section 6 */
		  DTLS_ALERT_BAD_RECORD_MAC = 20,
		  DTLS_ALERT_ACCESS_DENIED = 49,
		  DTLS_ALERT_DECRYPT_ERROR = 51,
		  DTLS_ALERT_INTERNAL_ERROR = 80,
		  DTLS_ALERT_UNKNOWN_PSK_IDENTITY = 115,
};

/* True if the datagram begins with a ClientHello in clear, whose first fragment holds the random,
 * which is copied out. */
bool dtls_msg_client_hello(const uint8_t *data, size_t len, uint8_t random[DTLS_RANDOM_LEN]);

/* True if the datagram begins as part of a handshake that is under way: anything in clear, or a
 * sealed handshake message (a Finished). */
bool dtls_msg_is_handshake(const uint8_t *data, size_t len);

/* True if some record of the datagram is a sealed handshake message. */
bool dtls_msg_has_sealed_handshake(const uint8_t *data, size_t len);

/* A fatal alert in clear, with the last sequence number there is: whatever was sent before it, it
 * is new to the receiver's replay window (RFC 6347 section 4.1.2.6). */
void dtls_msg_build_alert(uint8_t out[DTLS_ALERT_LEN], enum dtls_alert alert);

#endif
