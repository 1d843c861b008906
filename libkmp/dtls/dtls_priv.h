/* SPDX-License-Identifier: ISC */
/* dtls_priv: what the files of this room share: the endpoint (dtls.c), its sessions (dtls_sess.c)
 * and their OpenSSL side (dtls_ctx.c, dtls_bio.c). Only this room, its tests and its fuzz target
 * include it.
 *
 * A session of a server starts as the endpoint's listener, of which there is one: it answers
 * ClientHellos with cookies and keeps nothing of them. When a cookie comes back it turns into the
 * session of that peer, and a new listener takes its place. Where the peer already has a session
 * that is up, the new one waits as its successor until its handshake is complete (RFC 6347 section
 * 4.2.8). */
#ifndef KMP_DTLS_DTLS_PRIV_H
#define KMP_DTLS_DTLS_PRIV_H

#include "dtls/dtls.h"
#include "dtls/dtls_cookie.h"
#include "dtls/dtls_sock.h"
#include "dtls/dtls_table.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/queue.h>

#define DTLS_REASON_LEN 96

enum dtls_session_state {
	DTLS_SESSION_LISTENING, /* the endpoint's listener: no peer */
	DTLS_SESSION_HANDSHAKE,
	DTLS_SESSION_UP,
	DTLS_SESSION_ENDED, /* on the list of the dead until no callback is under way */
};

struct dtls_session {
	LIST_ENTRY(dtls_session) link; /* in the table, or among the dead */
	struct dtls_endpoint *ep;
	enum dtls_session_state state;
	bool server;
	bool peer_sealed; /* its ChangeCipherSpec has arrived: next comes its Finished */
	bool key_failed;  /* ... which could not be opened */
	SSL *ssl;
	struct dtls_path path;
	const struct dtls_datagram *input; /* that the SSL has not read yet, or NULL */
	int send_error;                    /* of the last datagram, 0 or -errno */
	struct dtls_session *successor, *predecessor;
	struct evl_timer *timer;
	uint64_t deadline_ms; /* of the handshake */
	struct secret key;    /* client: until the handshake is complete */
	char identity[DTLS_MAX_IDENTITY_LEN + 1];
	char reason[DTLS_REASON_LEN]; /* why it ended */
	uint32_t mark;
	void *user;
};

struct dtls_endpoint {
	struct evl *evl;
	struct dtls_config config;
	struct dtls_callbacks cb;
	int fd;
	struct evl_fd *watch;
	SSL_CTX *ctx;
	BIO_METHOD *bio_method;
	struct dtls_cookie cookie;
	struct dtls_session *listener; /* NULL: no server */
	struct dtls_table table;
	struct dtls_session_list dead;
	unsigned int depth; /* of dtls_enter() */
	struct dtls_stats stats;
	uint8_t datagram[DTLS_MAX_DATAGRAM];
	uint8_t record[DTLS_MAX_DATAGRAM];
};

/* --- dtls.c --- */

/* Around whatever may call back: sessions that end in between are freed at the outermost leave. */
void dtls_enter(struct dtls_endpoint *ep);
void dtls_leave(struct dtls_endpoint *ep);
/* A datagram has arrived: find its session, or treat it as a stranger's. */
void dtls_input(struct dtls_endpoint *ep, const struct dtls_datagram *datagram);

/* --- dtls_sess.c --- */

/* A session without a peer: LISTENING for servers, HANDSHAKE (not begun) for clients. NULL without
 * memory. */
struct dtls_session *dtls_sess_new(struct dtls_endpoint *ep, bool server);
void dtls_sess_free(struct dtls_session *s);
/* Offer a ClientHello to the listener; true if its cookie is good: the listener is that peer's now,
 * for dtls_sess_accept(), or for the next call if the peer is to be refused. */
bool dtls_sess_listen(struct dtls_session *s, const struct dtls_datagram *datagram);
/* Go on with the handshake after dtls_sess_listen(). */
void dtls_sess_accept(struct dtls_session *s, struct dtls_session *predecessor);
/* A datagram for this session. */
void dtls_sess_input(struct dtls_session *s, const struct dtls_datagram *datagram);
/* End it and tell the owner. */
void dtls_sess_end(struct dtls_session *s, enum dtls_end end);
/* True if `random` is that of the ClientHello which began this session of a server. */
bool dtls_sess_began_with(const struct dtls_session *s, const uint8_t *random);

/* --- dtls_ctx.c --- */

/* The context of both roles: what is offered and accepted, PSK and cookie callbacks. */
SSL_CTX *dtls_ctx_new(void);
/* True for text that can be an identity: 1..DTLS_MAX_IDENTITY_LEN printable characters. */
bool dtls_ctx_identity_ok(const char *identity);

/* --- dtls_bio.c --- */

/* How an SSL reads s->input and sends to s->path. */
BIO_METHOD *dtls_bio_method_new(void);
/* Give s->ssl its BIO. Returns 0 or -ENOMEM. */
int dtls_bio_attach(struct dtls_session *s);

#endif
