/* SPDX-License-Identifier: ISC */
/* dtls_world: what the tests of dtls/ play with: endpoints on ::1 that note what their callbacks
 * tell, and a relay between two of them that counts, keeps, drops and marks datagrams. Real sockets
 * on a loop with a clock of its own, which OpenSSL's timers obey, too: a millisecond of it passes
 * only when a step of waiting found nothing to do, so that a busy machine makes tests slow but
 * makes no timer early. Waiting is for something to become true, with a bound. */
#ifndef KMP_TESTS_DTLS_WORLD_H
#define KMP_TESTS_DTLS_WORLD_H

#include "dtls/dtls_priv.h"

#include "unit.h"

#include <stdbool.h>

#define WAIT_MS  10000 /* longer than anything takes */
#define IDENTITY "0200000000000001"
#define MAX_LOG  64

extern struct evl *loop;

/* An endpoint and what happened to it. */
struct side {
	struct dtls_endpoint *ep;
	struct secret key; /* server: of IDENTITY, at first world_key() */
	struct dtls_callbacks cb;
	struct dtls_session *session; /* the last that came up, or that connect_to() made */
	unsigned int ups, records, ends;
	enum dtls_end end;                        /* the last */
	char identity[DTLS_MAX_IDENTITY_LEN + 1]; /* server: whose key was asked for last */
	uint8_t data[DTLS_MAX_DATAGRAM];          /* the last record */
	size_t len;
	uint32_t mark;
	char reason[DTLS_REASON_LEN]; /* of the last end */
	/* Server: what check_ct() answers, and what it was told last. */
	const char *ct_fault;
	uint8_t ct_hash[DTLS_KEY_HASH_LEN];
	bool ct_anchored;
	unsigned int ct_checks;
	/* Called from the callbacks, after the above is noted; NULL: nothing. */
	void (*then_up)(struct side *side, struct dtls_session *s);
	void (*then_data)(struct side *side, struct dtls_session *s);
	void (*then_end)(struct side *side, struct dtls_session *s);
	void (*then_psk)(struct side *side);
};

/* Opens the loop; the end of it asserts that nothing is left. */
void world_begin(void);
void world_end(void);

/* Timers short enough for tests: first_timeout 40 ms, handshake_timeout 5 s; MTU 1280, 4 handshakes
 * under way, 1100 sessions. */
struct dtls_config world_config(void);
/* Open; a server knows IDENTITY, and with config->auth any CT. NULL config: world_config(). */
void side_open(struct side *side, const struct dtls_config *config, bool server);
void side_close(struct side *side);
struct dtls_stats side_stats(const struct side *side);

const struct secret *world_key(void);
/* By pre-shared key; not NUL-terminated if `identity` is too long. */
struct dtls_cred world_cred(const char *identity, const struct secret *key);
/* What this process has of the memory, in KiB. */
long world_resident_kib(void);
/* ::1 and `port`. */
struct sockaddr_in6 world_addr(uint16_t port);
/* Begin a handshake with whatever listens at ::1 port, as IDENTITY under world_key(). */
void side_connect(struct side *side, uint16_t port);
/* ... or under another name or key. */
void side_connect_as(struct side *side, uint16_t port, const char *identity,
		     const struct secret *key);

/* Send a record over from's session, and wait until it is the last that the other one got. */
void side_say(struct side *from, struct side *to, const char *text);

struct relay_log {
	bool from_client;
	size_t len;
	uint8_t b[DTLS_MAX_DATAGRAM];
};

struct relay {
	int fd;
	struct evl_fd *watch;
	struct sockaddr_in6 server, client; /* the client: who sent last and is not the server */
	unsigned int seen;                  /* datagrams that arrived, either way */
	uint64_t drop;                      /* bit n: the nth datagram (from 0) is dropped */
	unsigned int drop_from;             /* and all from the nth on */
	bool until_cookie;                  /* and all after the next ClientHello with a cookie */
	bool drop_finish;                   /* and the server's last flight, once */
	size_t largest;
	struct relay_log *log; /* MAX_LOG entries for the first ones, or NULL */
	void (*on_way)(void);  /* what happens while a datagram is on its way, or NULL */
};

void relay_open(struct relay *r, uint16_t server_port);
void relay_close(struct relay *r);
uint16_t relay_port(const struct relay *r);
/* The first ClientHello with a cookie in the log; there must be one. */
const struct relay_log *relay_cookie_hello(const struct relay *r);
/* Send as the server's peer. */
void relay_inject(struct relay *r, const void *data, size_t len);

/* Serve what is there; then a millisecond passes. */
void world_step(void);
void world_pass_ms(uint64_t ms);
#define AWAIT(condition)                                                                           \
	for (uint64_t await_end = evl_now_ms(loop) + WAIT_MS; !(condition); world_step())          \
	ck_assert_msg(evl_now_ms(loop) < await_end, "waited in vain for " #condition)

#endif
