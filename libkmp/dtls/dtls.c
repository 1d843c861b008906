/* SPDX-License-Identifier: ISC */
#include "dtls/dtls.h"

#include "dtls/dtls_msg.h"
#include "dtls/dtls_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINK_MTU       1280
#define MAX_BURST          64    /* datagrams read before the loop serves others */
#define COOKIE_LIFETIME_MS 60000 /* at least; handshakes that take longer make it longer */

void dtls_enter(struct dtls_endpoint *ep)
{
	ep->depth++;
}

void dtls_leave(struct dtls_endpoint *ep)
{
	if (--ep->depth > 0)
		return;
	while (!LIST_EMPTY(&ep->dead)) {
		struct dtls_session *s = LIST_FIRST(&ep->dead);
		LIST_REMOVE(s, link);
		dtls_sess_free(s);
	}
}

/* --- datagrams in --- */

/* Must the peer show first that it receives at its address, RFC 6347 section 4.2.1? In any case if
 * we answer with public keys, which makes an amplifier; and one whose address has something to
 * lose: a handshake under way, or a session. */
static bool cookie_wanted(const struct dtls_endpoint *ep, const struct dtls_session *known,
			  const struct sockaddr_in6 *peer)
{
	return known || ep->cb.check_ct || ep->stats.half_open >= ep->config.cookie_load ||
	       dtls_half_knows(ep, peer);
}

/* The session for a ClientHello with a good cookie: the listener, which gets a successor. NULL
 * without a good cookie, or memory: as if the datagram were lost. */
static struct dtls_session *take_listener(struct dtls_endpoint *ep,
					  const struct dtls_datagram *datagram)
{
	struct dtls_session *s = ep->listener, *next;

	if (!dtls_sess_listen(s, datagram) || !(next = dtls_sess_new(ep, ep->server, true)))
		return NULL;
	ep->listener = next;
	return s;
}

/* A ClientHello that begins a handshake, from a stranger or from a peer with the session `known`.
 */
static void on_client_hello(struct dtls_endpoint *ep, struct dtls_session *known,
			    const struct dtls_datagram *datagram)
{
	bool cookie = cookie_wanted(ep, known, &datagram->path.peer);
	struct dtls_session *s =
		cookie ? take_listener(ep, datagram) : dtls_sess_new(ep, ep->server, true);

	if (!s)
		return;
	/* A handshake under way with the same peer makes room for this one: it shows that the
	 * peer has given that up. */
	struct dtls_session *stale =
		known && known->state == DTLS_SESSION_UP ? known->successor : known;
	if (stale)
		dtls_sess_end(stale, DTLS_END_REPLACED);
	else
		dtls_half_make_room(ep, &datagram->path.peer);
	/* In on_end the owner may have closed the other session or connected anew. */
	known = dtls_table_find(&ep->table, &datagram->path.peer);
	bool full = !known && ep->table.n >= ep->config.max_sessions;
	ep->stats.refused_full += full;
	if (full || (known && known->state != DTLS_SESSION_UP))
		dtls_sess_free(s);
	else
		dtls_sess_accept(s, known, cookie ? NULL : datagram);
}

/* The session of `known`'s peer that a datagram without ClientHello is for. */
static struct dtls_session *addressee(struct dtls_session *known,
				      const struct dtls_datagram *datagram)
{
	if (known->successor && dtls_msg_is_handshake(datagram->data, datagram->len))
		return known->successor;
	return known;
}

static void dispatch(struct dtls_endpoint *ep, const struct dtls_datagram *datagram)
{
	struct dtls_session *known = dtls_table_find(&ep->table, &datagram->path.peer);
	uint8_t random[DTLS_RANDOM_LEN];

	if (!dtls_msg_client_hello(datagram->data, datagram->len, random)) {
		if (known)
			dtls_sess_input(addressee(known, datagram), datagram);
		else
			ep->stats.dropped++;
		return;
	}
	struct dtls_session *newest = known && known->successor ? known->successor : known;
	bool under_way = newest && newest->state == DTLS_SESSION_HANDSHAKE;
	if (newest && dtls_sess_began_with(newest, random)) {
		if (under_way) /* its flight was lost: OpenSSL sends it again */
			dtls_sess_input(newest, datagram);
	} else if (ep->listener && !(under_way && !newest->server)) {
		on_client_hello(ep, known, datagram);
	} else {
		ep->stats.dropped++;
	}
}

void dtls_input(struct dtls_endpoint *ep, const struct dtls_datagram *datagram)
{
	/* To OpenSSL an empty datagram would be the end of the stream. */
	if (datagram->len < DTLS_RECORD_HEADER_LEN) {
		ep->stats.dropped++;
		return;
	}
	dtls_enter(ep);
	dispatch(ep, datagram);
	dtls_leave(ep);
}

static void on_readable(int fd, void *arg)
{
	struct dtls_endpoint *ep = arg;

	for (int i = 0; i < MAX_BURST; i++) {
		struct dtls_datagram datagram;
		int r = dtls_sock_recv(fd, ep->datagram, sizeof(ep->datagram), &datagram);
		if (r == -EAGAIN)
			break;
		if (r == 0)
			dtls_input(ep, &datagram);
		else if (r == -EMSGSIZE || r == -EBADMSG)
			ep->stats.dropped++;
	}
}

/* --- endpoints --- */

static bool is_server(const struct dtls_callbacks *cb)
{
	return cb->psk_of || cb->check_ct;
}

static bool config_ok(const struct dtls_config *c, const struct dtls_callbacks *cb)
{
	return cb->on_up && cb->on_data && cb->on_end && c->link_mtu >= DTLS_MIN_LINK_MTU &&
	       c->link_mtu <= MAX_LINK_MTU && c->first_timeout_ms > 0 &&
	       c->first_timeout_ms <= DTLS_MAX_TIMEOUT_MS && c->handshake_timeout_ms > 0 &&
	       c->max_sessions > 0 && (!cb->check_ct || c->auth) &&
	       (!is_server(cb) || c->max_half_open > 0);
}

static void free_clients(SSL_CTX *client[DTLS_CRED_KINDS])
{
	for (enum dtls_cred_kind kind = 0; kind < DTLS_CRED_KINDS; kind++)
		SSL_CTX_free(client[kind]);
}

/* Contexts for the kinds that `auth` allows. */
static int new_clients(const struct dtls_auth *auth, SSL_CTX *client[DTLS_CRED_KINDS])
{
	for (enum dtls_cred_kind kind = 0; kind < DTLS_CRED_KINDS; kind++) {
		client[kind] = NULL;
		if (kind != DTLS_CRED_PSK && !(auth && dtls_auth_has(auth, kind)))
			continue;
		client[kind] = dtls_ctx_client(auth, kind);
		if (!client[kind]) {
			while (kind > 0)
				SSL_CTX_free(client[--kind]);
			return -ENOMEM;
		}
	}
	return 0;
}

static int set_up_contexts(struct dtls_endpoint *ep)
{
	SSL_CTX *client[DTLS_CRED_KINDS];
	int r = new_clients(ep->auth, client);

	if (r != 0)
		return r;
	memcpy(ep->client, client, sizeof(client));
	if (!is_server(&ep->cb))
		return 0;
	ep->server = dtls_ctx_server(ep->cb.check_ct ? ep->auth : NULL, ep->cb.psk_of != NULL);
	return ep->server ? 0 : -ENOMEM;
}

static int set_up(struct dtls_endpoint *ep)
{
	uint64_t cookie_ms = ep->config.handshake_timeout_ms > COOKIE_LIFETIME_MS
				     ? ep->config.handshake_timeout_ms
				     : COOKIE_LIFETIME_MS;
	int r = dtls_cookie_init(&ep->cookie, evl_now_ms(ep->evl), cookie_ms);

	if (r == 0)
		r = dtls_table_init(&ep->table, ep->config.max_sessions);
	if (r != 0)
		return r;
	ep->bio_method = dtls_bio_method_new();
	if (!ep->bio_method)
		return -ENOMEM;
	r = set_up_contexts(ep);
	if (r != 0)
		return r;
	if (ep->server && !(ep->listener = dtls_sess_new(ep, ep->server, true)))
		return -ENOMEM;
	ep->fd = dtls_sock_open(&ep->config.local, ep->config.port, ep->config.ifname);
	if (ep->fd < 0)
		return ep->fd;
	ep->watch = evl_fd_new(ep->evl, ep->fd, on_readable, ep);
	return ep->watch ? 0 : -ENOMEM;
}

int dtls_endpoint_new(struct dtls_endpoint **ep, struct evl *evl, const struct dtls_config *config,
		      const struct dtls_callbacks *cb)
{
	if (!config_ok(config, cb))
		return -EINVAL;
	struct dtls_endpoint *e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	*e = (struct dtls_endpoint){.evl = evl, .config = *config, .cb = *cb, .fd = -1};
	e->auth = dtls_auth_hold(config->auth);
	LIST_INIT(&e->dead);
	TAILQ_INIT(&e->half);
	int r = set_up(e);
	if (r != 0) {
		dtls_endpoint_free(e);
		return r;
	}
	e->config.ifname = NULL; /* the caller's, not needed again */
	*ep = e;
	return 0;
}

void dtls_endpoint_free(struct dtls_endpoint *ep)
{
	struct dtls_session *s;

	if (!ep)
		return;
	while (ep->table.n > 0 && (s = dtls_table_first(&ep->table)))
		dtls_session_close(s);
	dtls_table_fini(&ep->table);
	dtls_sess_free(ep->listener);
	SSL_CTX_free(ep->server);
	free_clients(ep->client);
	dtls_auth_free(ep->auth);
	BIO_meth_free(ep->bio_method);
	evl_fd_free(ep->watch);
	if (ep->fd >= 0)
		close(ep->fd);
	dtls_cookie_fini(&ep->cookie);
	OPENSSL_cleanse(ep, sizeof(*ep)); /* datagrams and records */
	free(ep);
}

int dtls_endpoint_set_auth(struct dtls_endpoint *ep, struct dtls_auth *auth)
{
	SSL_CTX *client[DTLS_CRED_KINDS];
	int r = ep->server ? -EINVAL : new_clients(auth, client);

	if (r != 0)
		return r;
	free_clients(ep->client);
	memcpy(ep->client, client, sizeof(client));
	dtls_auth_free(ep->auth);
	ep->auth = dtls_auth_hold(auth);
	return 0;
}

uint16_t dtls_endpoint_port(const struct dtls_endpoint *ep)
{
	struct sockaddr_in6 a = {.sin6_port = 0};
	socklen_t len = sizeof(a);

	return getsockname(ep->fd, (struct sockaddr *)&a, &len) == 0 ? ntohs(a.sin6_port) : 0;
}

void dtls_endpoint_stats(const struct dtls_endpoint *ep, struct dtls_stats *stats)
{
	*stats = ep->stats;
	stats->half_open_places = is_server(&ep->cb) ? ep->config.max_half_open : 0;
}
