/* SPDX-License-Identifier: ISC */
/* dtls_priv: what the files of this room share: the endpoint (dtls.c), its sessions (dtls_sess.c)
 * those of a server that are not complete (dtls_half.c), and their OpenSSL side (dtls_ctx.c,
 * dtls_bio.c, dtls_psk.c, dtls_verify.c, dtls_rpk.c). Only this room, its tests and its fuzz target
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
#include "dtls/dtls_auth.h"
#include "dtls/dtls_cookie.h"
#include "dtls/dtls_sock.h"
#include "dtls/dtls_table.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/queue.h>

#define DTLS_REASON_LEN   96
#define DTLS_IPV6_UDP_LEN (40 + 8) /* RFC 8200 section 3, RFC 768 */

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
	bool psk;         /* under a pre-shared key; servers: once the client has named it */
	bool peer_sealed; /* its ChangeCipherSpec has arrived: next comes its Finished */
	bool key_failed;  /* ... which could not be opened */
	SSL *ssl;
	struct dtls_path path;
	const struct dtls_datagram *input; /* that the SSL has not read yet, or NULL */
	int send_error;                    /* of the last datagram, 0 or -errno */
	struct dtls_session *successor, *predecessor;
	struct evl_timer *timer;
	TAILQ_ENTRY(dtls_session) half_link;
	uint64_t began_ms, deadline_ms; /* of the handshake */
	/* Client: what is expected of the peer, the PSK until the handshake is complete. Server:
	 * what the peer used, without secret. */
	struct dtls_cred cred;
	uint8_t key_hash[DTLS_KEY_HASH_LEN]; /* of the peer, not with PSK */
	char reason[DTLS_REASON_LEN];        /* why it ended */
	uint32_t mark;
	void *user;
};

struct dtls_endpoint {
	struct evl *evl;
	struct dtls_config config;
	struct dtls_callbacks cb;
	int fd;
	struct evl_fd *watch;
	struct dtls_auth *auth;           /* NULL: pre-shared keys only */
	SSL_CTX *server;                  /* NULL: no server */
	SSL_CTX *client[DTLS_CRED_KINDS]; /* NULL: not without a certificate, or key */
	BIO_METHOD *bio_method;
	struct dtls_cookie cookie;
	struct dtls_session *listener; /* NULL: no server */
	struct dtls_table table;
	struct dtls_session_list dead;
	TAILQ_HEAD(, dtls_session) half; /* servers' handshakes under way, oldest first */
	unsigned int depth;              /* of dtls_enter() */
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

/* --- dtls_half.c: the handshakes under way with strangers, bounded in number and time --- */

/* A server's handshake begins. */
void dtls_half_add(struct dtls_session *s);
/* It is complete, or over. */
void dtls_half_remove(struct dtls_session *s);
/* Does `peer`'s address (any port) have one? */
bool dtls_half_knows(const struct dtls_endpoint *ep, const struct sockaddr_in6 *peer);
/* Room for one more, with `newcomer`: if there is none, one ends. Calls on_end. */
void dtls_half_make_room(struct dtls_endpoint *ep, const struct sockaddr_in6 *newcomer);

/* --- dtls_sess.c --- */

/* A session without a peer: LISTENING for servers, HANDSHAKE (not begun) for clients. NULL without
 * memory. */
struct dtls_session *dtls_sess_new(struct dtls_endpoint *ep, SSL_CTX *ctx, bool server);
void dtls_sess_free(struct dtls_session *s);
/* Offer a ClientHello to the listener; true if its cookie is good: the listener is that peer's now,
 * for dtls_sess_accept(), or for the next call if the peer is to be refused. */
bool dtls_sess_listen(struct dtls_session *s, const struct dtls_datagram *datagram);
/* Go on with the handshake after dtls_sess_listen(); or, with a ClientHello that no cookie is asked
 * for, begin it in a new session. */
void dtls_sess_accept(struct dtls_session *s, struct dtls_session *predecessor,
		      const struct dtls_datagram *hello);
/* A datagram for this session. */
void dtls_sess_input(struct dtls_session *s, const struct dtls_datagram *datagram);
/* End it and tell the owner. */
void dtls_sess_end(struct dtls_session *s, enum dtls_end end);
/* True if `random` is that of the ClientHello which began this session of a server. */
bool dtls_sess_began_with(const struct dtls_session *s, const uint8_t *random);

/* --- dtls_auth.c --- */

struct dtls_auth {
	unsigned int refs;
	enum dtls_role role;
	EVP_PKEY *key;
	X509 *cert;             /* NULL: a raw public key */
	STACK_OF(X509) * chain; /* what is sent after it */
	STACK_OF(X509) * anchors;
	X509_STORE *store; /* of them */
	uint8_t key_hash[DTLS_KEY_HASH_LEN];
	struct eui64 eui; /* in `cert`: devices */
};

/* A device has no clock to trust before it is in the network: is it set at all? It is not if it
 * stands before the beginning of a certificate that the device was given, its own or an anchor's.
 */
bool dtls_auth_clock_is_unset(const struct dtls_auth *auth);

/* --- dtls_ctx.c --- */

/* What a client offers to a device with a credential of `kind`: one suite. `auth` is needed unless
 * that is PSK. NULL without memory, or if OpenSSL refuses. */
SSL_CTX *dtls_ctx_client(const struct dtls_auth *auth, enum dtls_cred_kind kind);
/* What a server accepts: a suite for pre-shared keys if `psk`, one for public keys if `auth`. */
SSL_CTX *dtls_ctx_server(const struct dtls_auth *auth, bool psk);

/* --- dtls_psk.c --- */

/* OpenSSL's callbacks. */
unsigned int dtls_psk_server(SSL *ssl, const char *identity, unsigned char *psk, unsigned int cap);
unsigned int dtls_psk_client(SSL *ssl, const char *hint, char *identity, unsigned int identity_cap,
			     unsigned char *psk, unsigned int psk_cap);
/* True for text that can be an identity: 1..DTLS_MAX_IDENTITY_LEN printable characters. */
bool dtls_psk_identity_ok(const char *identity);

/* --- dtls_verify.c --- */

/* OpenSSL's callback: 1 if the peer is who it must be; else 0, with why in the session's reason. */
int dtls_verify_peer(X509_STORE_CTX *ctx, void *arg);

/* --- dtls_rpk.c --- */

/* Does this OpenSSL have raw public keys? */
bool dtls_rpk_supported(void);
/* Client: raw public keys on both sides, nothing else. Returns 0, -EOPNOTSUPP or -EIO. */
int dtls_rpk_set_client(SSL_CTX *ctx);
/* Server: what the client offers, of what we have; certificates alone where raw public keys are not
 * supported. Returns 0, -EOPNOTSUPP or -EIO. */
int dtls_rpk_set_server(SSL_CTX *ctx, bool have_certificate);
/* The raw public key to verify, or NULL if it is a certificate. */
const EVP_PKEY *dtls_rpk_of(X509_STORE_CTX *ctx);

/* --- dtls_reason.c --- */

/* After SSL_get_error() said `ssl_error`, with OpenSSL's error queue: the end, and in s->reason
 * more about it if there is. */
enum dtls_end dtls_reason_find(struct dtls_session *s, int ssl_error);

/* --- dtls_bio.c --- */

/* How an SSL reads s->input and sends to s->path. */
BIO_METHOD *dtls_bio_method_new(void);
/* Give s->ssl its BIO. Returns 0 or -ENOMEM. */
int dtls_bio_attach(struct dtls_session *s);

#endif
