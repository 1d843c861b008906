/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_priv.h"

#include "base/log.h"
#include "dtls/dtls_msg.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- made and freed --- */

/* RFC 6347 section 4.2.4.1: doubled up to 60 s. OpenSSL hands in the last interval, at first 0. */
static unsigned int next_timeout(SSL *ssl, unsigned int last_us)
{
	const struct dtls_session *s = SSL_get_app_data(ssl);

	if (last_us == 0)
		return s->ep->config.first_timeout_ms * 1000;
	return last_us < DTLS_MAX_TIMEOUT_MS * 1000 / 2 ? last_us * 2 : DTLS_MAX_TIMEOUT_MS * 1000;
}

/* Sees every message in and out. (SSL_get_state() would tell as much, but its values differ between
 * OpenSSL 3.0 and 3.5, which are the same library to the linker.) */
static void on_message(int is_out, int version, int type, const void *msg, size_t len, SSL *ssl,
		       void *arg)
{
	(void)version, (void)msg, (void)len, (void)arg;

	if (!is_out && type == SSL3_RT_CHANGE_CIPHER_SPEC)
		((struct dtls_session *)SSL_get_app_data(ssl))->peer_sealed = true;
}

static int set_up_ssl(struct dtls_session *s, SSL_CTX *ctx)
{
	s->ssl = SSL_new(ctx);
	if (!s->ssl || !SSL_set_app_data(s->ssl, s) || dtls_bio_attach(s) != 0)
		return -ENOMEM;
	if (!DTLS_set_link_mtu(s->ssl, (long)s->ep->config.link_mtu))
		return -EINVAL;
	DTLS_set_timer_cb(s->ssl, next_timeout);
	SSL_set_msg_callback(s->ssl, on_message);
	if (s->server)
		SSL_set_accept_state(s->ssl);
	else
		SSL_set_connect_state(s->ssl);
	return 0;
}

static void on_timer(void *arg);

struct dtls_session *dtls_sess_new(struct dtls_endpoint *ep, SSL_CTX *ctx, bool server)
{
	struct dtls_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->ep = ep;
	s->server = server;
	s->state = server ? DTLS_SESSION_LISTENING : DTLS_SESSION_HANDSHAKE;
	s->timer = evl_timer_new(ep->evl, on_timer, s);
	if (s->timer && set_up_ssl(s, ctx) == 0)
		return s;
	dtls_sess_free(s);
	return NULL;
}

void dtls_sess_free(struct dtls_session *s)
{
	if (!s)
		return;
	evl_timer_free(s->timer);
	SSL_free(s->ssl);
	OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

/* --- the end --- */

/* Take it out of the table; whoever waits behind it moves up. */
static void unlink_peer(struct dtls_session *s)
{
	if (s->predecessor) {
		s->predecessor->successor = NULL;
		s->predecessor = NULL;
		return;
	}
	dtls_table_remove(&s->ep->table, s);
	if (s->successor) {
		dtls_table_insert(&s->ep->table, s->successor);
		s->successor->predecessor = NULL;
		s->successor = NULL;
	}
}

static void bury(struct dtls_session *s, enum dtls_end end)
{
	struct dtls_endpoint *ep = s->ep;

	/* After a fatal error, and to a peer that has forgotten this session, there is nothing to
	 * say. */
	if (s->state == DTLS_SESSION_UP && (end == DTLS_END_LOCAL || end == DTLS_END_CLOSED)) {
		ERR_clear_error();
		SSL_alloc_buffers(s->ssl);
		SSL_shutdown(s->ssl);
	}
	if (s->state == DTLS_SESSION_UP)
		ep->stats.sessions--;
	else if (s->server)
		dtls_half_remove(s);
	s->state = DTLS_SESSION_ENDED;
	s->input = NULL;
	evl_timer_stop(s->timer);
	unlink_peer(s);
	LIST_INSERT_HEAD(&ep->dead, s, link);
}

void dtls_sess_end(struct dtls_session *s, enum dtls_end end)
{
	struct dtls_endpoint *ep = s->ep;

	if (s->state == DTLS_SESSION_HANDSHAKE)
		ep->stats.failed++;
	if (!s->reason[0])
		snprintf(s->reason, sizeof(s->reason), "%s", dtls_end_name(end));
	bury(s, end);
	ep->cb.on_end(ep->cb.arg, s, end);
}

void dtls_session_close(struct dtls_session *s)
{
	struct dtls_endpoint *ep = s->ep;

	if (s->state == DTLS_SESSION_ENDED)
		return;
	dtls_enter(ep);
	bury(s, DTLS_END_LOCAL);
	dtls_leave(ep);
}

/* --- the handshake --- */

/* Our first flight is sent three times and waited for each time, 1 + 2 + 4 first timeouts: who has
 * not answered then is not there, and must not hold a place for the time that a slow handshake may
 * take. */
#define FIRST_FLIGHT_TIMEOUTS 7

static void begin(struct dtls_session *s)
{
	const struct dtls_config *c = &s->ep->config;
	uint64_t first_flight_ms = (uint64_t)c->first_timeout_ms * FIRST_FLIGHT_TIMEOUTS;
	uint64_t whole_ms = c->handshake_timeout_ms;

	s->began_ms = evl_now_ms(s->ep->evl);
	s->deadline_ms = s->began_ms + (first_flight_ms < whole_ms ? first_flight_ms : whole_ms);
}

/* The peer has answered our first flight: a server's with a ClientKeyExchange that was accepted, a
 * client's with anything. */
static void note_answer(struct dtls_session *s)
{
	s->deadline_ms = s->began_ms + s->ep->config.handshake_timeout_ms;
}

/* OpenSSL drops a Finished that it cannot open, as RFC 6347 section 4.1.2.7 has it, so that a wrong
 * key would look like a lost packet. The peer did send a Finished and the handshake still waits for
 * it: remember why it failed, and tell a client, as RFC 4279 section 2 has it. The session stays
 * until its deadline: datagrams are easily forged, and the alert may get lost. With public keys a
 * Finished that cannot be opened yet has overtaken another message: a wrong key fails before. */
static void check_finished(struct dtls_session *s, const struct dtls_datagram *datagram)
{
	if (!s->psk || !s->peer_sealed ||
	    !dtls_msg_has_sealed_handshake(datagram->data, datagram->len))
		return;
	s->key_failed = true;
	if (s->server) {
		uint8_t alert[DTLS_ALERT_LEN];
		dtls_msg_build_alert(alert, DTLS_ALERT_DECRYPT_ERROR);
		s->send_error = dtls_sock_send(s->ep->fd, &s->path, alert, sizeof(alert));
	}
}

/* A client has shown a pre-shared key, or a certificate or raw public key that dtls_verify_peer()
 * saw: its owner takes a session without the latter for one with the former. OpenSSL sees to it;
 * this is for the day on which it is not told to. */
static bool client_is_known(const struct dtls_session *s)
{
	return s->psk || s->cred.kind != DTLS_CRED_PSK;
}

/* Both sides have proved the key: now an older session with the same peer goes. */
static void come_up(struct dtls_session *s)
{
	struct dtls_endpoint *ep = s->ep;
	struct dtls_session *old = s->predecessor;

	if (s->server && !client_is_known(s)) {
		dtls_sess_end(s, DTLS_END_AUTH);
		return;
	}
	s->state = DTLS_SESSION_UP;
	/* Application data fills a datagram to its last octet, see dtls_bio.c. */
	SSL_set_mtu(s->ssl, (long)ep->config.link_mtu - DTLS_IPV6_UDP_LEN);
	secret_clear(&s->cred.psk);
	if (s->server)
		dtls_half_remove(s);
	ep->stats.sessions++;
	ep->stats.handshakes++;
	if (old)
		dtls_sess_end(old, DTLS_END_REPLACED);
	ep->cb.on_up(ep->cb.arg, s);
}

static void shake_hands(struct dtls_session *s, const struct dtls_datagram *datagram)
{
	bool was_sealed = s->peer_sealed;

	ERR_clear_error();
	int r = SSL_do_handshake(s->ssl);
	if (s->server && s->peer_sealed && !was_sealed)
		note_answer(s);
	if (r == 1) {
		come_up(s);
		return;
	}
	int ssl_error = SSL_get_error(s->ssl, r);
	if (ssl_error != SSL_ERROR_WANT_READ && ssl_error != SSL_ERROR_WANT_WRITE)
		dtls_sess_end(s, dtls_reason_find(s, ssl_error));
	else if (datagram)
		check_finished(s, datagram);
}

/* Wait for the next retransmission or the deadline, whichever is first. OpenSSL's own timer runs on
 * the wall clock: if that is set back, the deadline still holds. */
static void arm(struct dtls_session *s)
{
	if (s->state != DTLS_SESSION_HANDSHAKE) {
		evl_timer_stop(s->timer);
		return;
	}
	uint64_t now_ms = evl_now_ms(s->ep->evl);
	uint64_t wait_ms = s->deadline_ms > now_ms ? s->deadline_ms - now_ms : 0;
	struct timeval tv;
	if (DTLSv1_get_timeout(s->ssl, &tv)) {
		uint64_t dtls_ms = (uint64_t)tv.tv_sec * 1000 + (uint64_t)tv.tv_usec / 1000 + 1;
		if (dtls_ms < wait_ms)
			wait_ms = dtls_ms;
	}
	evl_timer_start(s->timer, wait_ms);
}

static void on_timer(void *arg)
{
	struct dtls_session *s = arg;
	struct dtls_endpoint *ep = s->ep;

	dtls_enter(ep);
	ERR_clear_error();
	if (evl_now_ms(ep->evl) >= s->deadline_ms || DTLSv1_handle_timeout(s->ssl) < 0)
		dtls_sess_end(s, s->key_failed ? DTLS_END_AUTH : DTLS_END_TIMEOUT);
	else
		arm(s);
	dtls_leave(ep);
}

bool dtls_sess_listen(struct dtls_session *s, const struct dtls_datagram *datagram)
{
	BIO_ADDR *unused = BIO_ADDR_new(); /* the address of dgram BIOs; ours have s->path */

	if (!unused)
		return false;
	s->path = datagram->path;
	s->input = datagram;
	ERR_clear_error();
	int r = DTLSv1_listen(s->ssl, unused);
	s->input = NULL;
	BIO_ADDR_free(unused);
	return r > 0;
}

void dtls_sess_accept(struct dtls_session *s, struct dtls_session *predecessor,
		      const struct dtls_datagram *hello)
{
	struct dtls_endpoint *ep = s->ep;

	if (hello) {
		SSL_clear_options(s->ssl, SSL_OP_COOKIE_EXCHANGE);
		s->path = hello->path;
		s->input = hello;
	}
	s->state = DTLS_SESSION_HANDSHAKE;
	begin(s);
	dtls_half_add(s);
	s->predecessor = predecessor;
	if (predecessor)
		predecessor->successor = s;
	else
		dtls_table_insert(&ep->table, s);
	shake_hands(s, NULL);
	s->input = NULL;
	arm(s);
}

static int start_client(struct dtls_session *s)
{
	struct dtls_endpoint *ep = s->ep;

	begin(s);
	ERR_clear_error();
	int r = SSL_do_handshake(s->ssl); /* sends the ClientHello */
	if (r == 1 || SSL_get_error(s->ssl, r) != SSL_ERROR_WANT_READ)
		return -EIO;
	dtls_table_insert(&ep->table, s);
	arm(s);
	return 0;
}

static bool cred_ok(const struct dtls_cred *cred)
{
	return dtls_psk_identity_ok(cred->identity) &&
	       (cred->kind != DTLS_CRED_PSK ||
		(cred->psk.len >= DTLS_MIN_PSK_LEN && cred->psk.len <= SECRET_MAX_LEN));
}

int dtls_connect(struct dtls_session **s, struct dtls_endpoint *ep, const struct sockaddr_in6 *peer,
		 const struct dtls_cred *cred)
{
	struct dtls_path path = {.peer = {.sin6_family = AF_INET6,
					  .sin6_addr = peer->sin6_addr,
					  .sin6_port = peer->sin6_port}};

	if (IN6_IS_ADDR_LINKLOCAL(&peer->sin6_addr)) {
		path.peer.sin6_scope_id = peer->sin6_scope_id;
		if (path.peer.sin6_scope_id == 0)
			return -EINVAL;
	}
	if (!cred_ok(cred) || peer->sin6_port == 0)
		return -EINVAL;
	if (!ep->client[cred->kind])
		return -ENOKEY;
	if (dtls_table_find(&ep->table, &path.peer))
		return -EADDRINUSE;
	if (ep->table.n >= ep->config.max_sessions)
		return -ENOSPC;

	struct dtls_session *client = dtls_sess_new(ep, ep->client[cred->kind], false);
	if (!client)
		return -ENOMEM;
	client->path = path;
	client->cred = *cred;
	client->psk = cred->kind == DTLS_CRED_PSK;
	int r = start_client(client);
	if (r != 0) {
		dtls_sess_free(client);
		return r;
	}
	*s = client;
	return 0;
}

/* --- data --- */

static void read_records(struct dtls_session *s, uint32_t mark)
{
	struct dtls_endpoint *ep = s->ep;

	while (s->state == DTLS_SESSION_UP) {
		ERR_clear_error();
		int n = SSL_read(s->ssl, ep->record, sizeof(ep->record));
		if (n > 0) {
			ep->stats.records_in++;
			s->mark = mark;
			ep->cb.on_data(ep->cb.arg, s, ep->record, (size_t)n);
			OPENSSL_cleanse(ep->record, (size_t)n); /* may have held keys */
			continue;
		}
		int ssl_error = SSL_get_error(s->ssl, n);
		if (ssl_error == SSL_ERROR_WANT_READ || ssl_error == SSL_ERROR_WANT_WRITE)
			break;
		dtls_sess_end(s, dtls_reason_find(s, ssl_error));
	}
}

void dtls_sess_input(struct dtls_session *s, const struct dtls_datagram *datagram)
{
	/* Records that overtook the end of the handshake were kept by OpenSSL without their mark.
	 */
	uint32_t mark = s->state == DTLS_SESSION_UP ? datagram->mark : 0;

	s->input = datagram;
	if (s->state == DTLS_SESSION_HANDSHAKE) {
		if (!s->server)
			note_answer(s);
		shake_hands(s, datagram);
	}
	if (s->state == DTLS_SESSION_UP)
		read_records(s, mark);
	s->input = NULL;
	if (s->state == DTLS_SESSION_UP)
		SSL_free_buffers(s->ssl); /* a third of what an idle session would hold */
	if (s->state != DTLS_SESSION_ENDED)
		arm(s);
}

int dtls_send(struct dtls_session *s, const uint8_t *data, size_t len)
{
	if (s->state != DTLS_SESSION_UP)
		return -ENOTCONN;
	if (len == 0)
		return -EINVAL;
	if (len > dtls_session_max_data(s))
		return -EMSGSIZE;
	ERR_clear_error();
	s->send_error = 0;
	SSL_alloc_buffers(s->ssl);
	int n = SSL_write(s->ssl, data, (int)len);
	SSL_free_buffers(s->ssl); /* unless there is more to read */
	if (n <= 0)
		return -EIO;
	s->ep->stats.records_out++;
	return s->send_error;
}

/* --- what is known of it --- */

bool dtls_sess_began_with(const struct dtls_session *s, const uint8_t *random)
{
	uint8_t own[DTLS_RANDOM_LEN];

	return s->server && SSL_get_client_random(s->ssl, own, sizeof(own)) == sizeof(own) &&
	       memcmp(own, random, sizeof(own)) == 0;
}

void dtls_session_set_user(struct dtls_session *s, void *user)
{
	s->user = user;
}

void *dtls_session_user(const struct dtls_session *s)
{
	return s->user;
}

const uint8_t *dtls_session_key_hash(const struct dtls_session *s)
{
	return s->cred.kind == DTLS_CRED_PSK ? NULL : s->key_hash;
}

const char *dtls_session_reason(const struct dtls_session *s)
{
	return s->reason;
}

size_t dtls_session_max_data(const struct dtls_session *s)
{
	return DTLS_get_data_mtu(s->ssl);
}

uint32_t dtls_session_mark(const struct dtls_session *s)
{
	return s->mark;
}
