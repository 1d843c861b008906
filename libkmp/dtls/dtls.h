/* SPDX-License-Identifier: ISC */
/* dtls: DTLS 1.2 endpoints over OpenSSL (RFC 6347), client and server on one UDP socket each, on
 * the event loop. Two suites, PSK-AES128-CCM8 (RFC 6655) and ECDHE-ECDSA-AES128-CCM8 (RFC 7251)
 * with certificates or raw public keys (RFC 7250), mutual authentication in all; cookies, bounded
 * half-open handshakes, timers fit for slow multi-hop radio, tickets off, no renegotiation.
 * Datagrams are read by this module with their control messages, so that a session can tell which
 * mark the bootstrap layer gave the last record. */
#ifndef KMP_DTLS_DTLS_H
#define KMP_DTLS_DTLS_H

#include "base/evl.h"
#include "dtls/dtls_auth.h"
#include "dtls/dtls_cred.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define DTLS_PORT_DEFAULT   5684 /* coaps, RFC 7252 section 12.7 */
#define DTLS_MAX_DATAGRAM   1280
#define DTLS_MIN_LINK_MTU   256   /* OpenSSL's floor */
#define DTLS_MAX_TIMEOUT_MS 60000 /* between two retransmissions, RFC 6347 section 4.2.4.1 */

struct dtls_endpoint;
struct dtls_session;

enum dtls_end {                  /* why a session ended; the reasons that logs and `explain` show */
		DTLS_END_CLOSED, /* by the peer's close_notify */
		DTLS_END_LOCAL,  /* dtls_session_close() */
		DTLS_END_TIMEOUT,  /* no answer within handshake_timeout_ms */
		DTLS_END_AUTH,     /* the peer does not have the expected key or identity */
		DTLS_END_PROTOCOL, /* any other fatal alert or failure */
		DTLS_END_REPLACED, /* server: the same peer made a new handshake that completed, or,
				      while this one was under way, began another */
		DTLS_END_CROWDED,  /* server: other handshakes wanted its place */
};
const char *dtls_end_name(enum dtls_end end);

/* Any of these may call dtls_connect(), dtls_send() and dtls_session_close(), the latter also on
 * the session that it is about; none may free the endpoint. */
struct dtls_callbacks {
	/* Server: the key of `identity` (PSK identity, NUL-terminated text). Return 0 and *key, or
	 * -ENOENT: the handshake then fails just as with a wrong key, and so it does for a key
	 * shorter than DTLS_MIN_PSK_LEN. NULL: no server. */
	int (*psk_of)(void *arg, const char *identity, struct secret *key);
	/* Server with config.auth: may the commissioning tool whose public key has this SHA-256
	 * command us? `anchored`: its certificate is under the anchor; else it is a raw public key,
	 * or there is no anchor. Return NULL, or why not in words that last. That it has the key is
	 * proved later, by on_up. NULL: no public keys. */
	const char *(*check_ct)(void *arg, const uint8_t key_hash[DTLS_KEY_HASH_LEN],
				bool anchored);
	/* The handshake is complete and both sides are authenticated. */
	void (*on_up)(void *arg, struct dtls_session *s);
	/* One decrypted application record. */
	void (*on_data)(void *arg, struct dtls_session *s, const uint8_t *data, size_t len);
	/* The session is over and freed after this call. Not called for dtls_session_close(). Also
	 * called for a server's handshake that failed, of which on_up never told (its user is
	 * NULL). */
	void (*on_end)(void *arg, struct dtls_session *s, enum dtls_end end);
	void *arg;
};

struct dtls_config {
	struct in6_addr local;     /* :: for any */
	uint16_t port;             /* 0: any (clients) */
	const char *ifname;        /* SO_BINDTODEVICE, or NULL */
	uint32_t link_mtu;         /* largest IPv6 packet sent, DTLS_MIN_LINK_MTU..1280 */
	uint32_t first_timeout_ms; /* first retransmission (RFC 6347 section 4.2.4.1), then doubled
				      up to DTLS_MAX_TIMEOUT_MS */
	uint32_t handshake_timeout_ms; /* give up; a peer that has not answered our first flight is
					  given up after 7 * first_timeout_ms, if that is less */
	uint32_t max_half_open; /* server: handshakes under way at once. One more ends another: of
				   the same source if it has two, else an older one of those that
				   look most alike */
	uint32_t cookie_load;   /* server: from how many handshakes under way on a stranger is
				   asked for a cookie; 0, and with check_ct: always. Without a
				   cookie a handshake is a round trip shorter, and anybody can have
				   us answer to an address that is not his own */
	uint32_t max_sessions;  /* peers at once, handshakes included */
	struct dtls_auth *auth; /* held by the endpoint; NULL: pre-shared keys only */
};

/* Open an endpoint that accepts handshakes as server (`cb->psk_of` or `cb->check_ct` set) and can
 * connect as client.
 * Returns 0; -EINVAL for a config out of range or missing callbacks; -errno. */
int dtls_endpoint_new(struct dtls_endpoint **ep, struct evl *evl, const struct dtls_config *config,
		      const struct dtls_callbacks *cb);
/* Ends all sessions with close_notify, without callbacks, and wipes them. NULL is allowed. */
void dtls_endpoint_free(struct dtls_endpoint *ep);
/* For handshakes to come, replace config->auth. Returns 0; -EINVAL for a server; -ENOMEM, all being
 * as before. */
int dtls_endpoint_set_auth(struct dtls_endpoint *ep, struct dtls_auth *auth);
/* The UDP port bound, of use where config->port was 0. */
uint16_t dtls_endpoint_port(const struct dtls_endpoint *ep);

/* Start a handshake as client with `peer` (link-locals: sin6_scope_id is the interface, not 0),
 * which must prove to be the one that `cred` (copied) tells. The outcome comes by on_up or on_end,
 * later. A server that keeps silent about a wrong key, as
 * RFC 6347 section 4.1.2.7 allows, shows as DTLS_END_TIMEOUT; this module's own tells.
 * Returns 0 and *s; -EADDRINUSE if a session with that address exists; -ENOKEY if the
 * endpoint has no credential of its own of that kind; -ENOSPC; -EINVAL; -errno. */
int dtls_connect(struct dtls_session **s, struct dtls_endpoint *ep, const struct sockaddr_in6 *peer,
		 const struct dtls_cred *cred);

/* Send one record. Returns 0; -ENOTCONN before on_up; -EMSGSIZE above what the MTU takes; -EINVAL
 * for none; -errno. Soft network errors are swallowed: the layer above retransmits. */
int dtls_send(struct dtls_session *s, const uint8_t *data, size_t len);
/* Sends close_notify (if up) and frees, once no callback is under way. */
void dtls_session_close(struct dtls_session *s);

/* Anything of the caller's, NULL at first. */
void dtls_session_set_user(struct dtls_session *s, void *user);
void *dtls_session_user(const struct dtls_session *s);
/* SHA-256 of the peer's SubjectPublicKeyInfo; NULL under a pre-shared key. */
const uint8_t *dtls_session_key_hash(const struct dtls_session *s);
/* A sentence about why it ended, for the operator: more than dtls_end_name() says where more is
 * known. In on_end only. */
const char *dtls_session_reason(const struct dtls_session *s);
/* The skb mark of the datagram that the last on_data record came in (SO_RCVMARK), 0 if none, or if
 * the record overtook the end of the handshake. */
uint32_t dtls_session_mark(const struct dtls_session *s);

/* Octets of the largest record that dtls_send() takes. */
size_t dtls_session_max_data(const struct dtls_session *s);

struct dtls_stats {
	uint64_t handshakes;   /* completed */
	uint64_t failed;       /* not completed, for whatever reason but dtls_session_close() */
	uint64_t refused_full; /* servers: handshakes refused by max_sessions */
	uint64_t evicted;      /* servers: handshakes that gave way to another */
	uint64_t dropped;      /* datagrams in that belong to no session, or are no DTLS */
	uint64_t records_in, records_out; /* of application data */
	uint32_t sessions;                /* up now */
	uint32_t half_open;               /* servers' handshakes under way now */
	uint32_t half_open_places;        /* and at most */
};
void dtls_endpoint_stats(const struct dtls_endpoint *ep, struct dtls_stats *stats);

#endif
