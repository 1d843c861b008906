/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_msg.h"
#include "dtls/dtls_priv.h"

#include <openssl/rand.h>
#include <string.h>

/* A source is an address, whatever its ports. An honest one has a handshake under way, and one
 * more when it starts over from another port. */
#define MAX_PER_SOURCE 2

enum half_class {              /* by what the peer has shown, in the order in which it counts */
		  HALF_FAILED, /* a Finished that could not be opened */
		  HALF_OPEN,   /* that it receives at its address */
		  HALF_SEALED, /* a ClientKeyExchange that was accepted */
		  HALF_CLASSES
};

static enum half_class class_of(const struct dtls_session *s)
{
	if (s->key_failed)
		return HALF_FAILED;
	return s->peer_sealed ? HALF_SEALED : HALF_OPEN;
}

static bool same_source(const struct dtls_session *s, const struct sockaddr_in6 *peer)
{
	return IN6_ARE_ADDR_EQUAL(&s->path.peer.sin6_addr, &peer->sin6_addr) &&
	       s->path.peer.sin6_scope_id == peer->sin6_scope_id;
}

/* On the same link, as far as its address tells: what one stranger can make up as he likes. */
static bool same_prefix(const struct dtls_session *s, const struct sockaddr_in6 *peer)
{
	return memcmp(&s->path.peer.sin6_addr, &peer->sin6_addr, 8) == 0 &&
	       s->path.peer.sin6_scope_id == peer->sin6_scope_id;
}

/* --- the list, oldest first --- */

void dtls_half_add(struct dtls_session *s)
{
	TAILQ_INSERT_TAIL(&s->ep->half, s, half_link);
	s->ep->stats.half_open++;
}

void dtls_half_remove(struct dtls_session *s)
{
	TAILQ_REMOVE(&s->ep->half, s, half_link);
	s->ep->stats.half_open--;
}

bool dtls_half_knows(const struct dtls_endpoint *ep, const struct sockaddr_in6 *peer)
{
	const struct dtls_session *s;

	TAILQ_FOREACH (s, &ep->half, half_link)
		if (same_source(s, peer))
			return true;
	return false;
}

/* --- who gives way --- */

static unsigned int prefix_count(const struct dtls_endpoint *ep, const struct sockaddr_in6 *peer)
{
	const struct dtls_session *s;
	unsigned int n = 0;

	TAILQ_FOREACH (s, &ep->half, half_link)
		n += same_prefix(s, peer);
	return n;
}

/* One that shares the prefix with most others, the newcomer counted: who comes from elsewhere is
 * not displaced by a crowd, and a crowd displaces itself. */
static const struct sockaddr_in6 *largest_crowd(const struct dtls_endpoint *ep,
						const struct sockaddr_in6 *newcomer)
{
	const struct sockaddr_in6 *found = newcomer;
	unsigned int most = prefix_count(ep, newcomer) + 1;
	const struct dtls_session *s;

	TAILQ_FOREACH (s, &ep->half, half_link) {
		unsigned int n = prefix_count(ep, &s->path.peer);

		if (n > most) {
			most = n;
			found = &s->path.peer;
		}
	}
	return found;
}

/* The class of this crowd that gives way. Of those who can only wait for a ClientKeyExchange and
 * those who sent one (which proves nothing yet: the identity is no secret) the larger does, so that
 * neither kind keeps the other out; an honest peer is in the former for one round trip, and then
 * up. */
static enum half_class class_that_yields(const unsigned int n[HALF_CLASSES])
{
	if (n[HALF_FAILED] > 0)
		return HALF_FAILED;
	return n[HALF_OPEN] > n[HALF_SEALED] ? HALF_OPEN : HALF_SEALED;
}

/* Any one of the older half: who answers before half of the places changed hands is safe, and who
 * is slower than that still has a chance, which he had not if the very oldest went. NULL if nobody
 * is left there. */
static struct dtls_session *one_of(const struct dtls_endpoint *ep, const struct sockaddr_in6 *crowd)
{
	unsigned int n[HALF_CLASSES] = {0};
	struct dtls_session *s;
	uint32_t random;

	TAILQ_FOREACH (s, &ep->half, half_link)
		n[class_of(s)] += same_prefix(s, crowd);
	enum half_class class = class_that_yields(n);
	if (n[class] == 0 || RAND_bytes((unsigned char *)&random, sizeof(random)) != 1)
		return NULL;
	uint32_t nth = random % ((n[class] + 1) / 2);
	TAILQ_FOREACH (s, &ep->half, half_link)
		if (class_of(s) == class && same_prefix(s, crowd) && nth-- == 0)
			break;
	return s;
}

/* Its peer may be honest: a word, so that it starts over now and not after its own time-out. */
static void give_way(struct dtls_session *s)
{
	uint8_t alert[DTLS_ALERT_LEN];

	s->ep->stats.evicted++;
	dtls_msg_build_alert(alert, DTLS_ALERT_INTERNAL_ERROR);
	dtls_sock_send(s->ep->fd, &s->path, alert, sizeof(alert));
	dtls_sess_end(s, s->key_failed ? DTLS_END_AUTH : DTLS_END_CROWDED);
}

static struct dtls_session *beyond_its_share(const struct dtls_endpoint *ep,
					     const struct sockaddr_in6 *newcomer)
{
	struct dtls_session *s, *oldest = NULL;
	unsigned int n = 0;

	TAILQ_FOREACH (s, &ep->half, half_link)
		if (same_source(s, newcomer) && n++ == 0)
			oldest = s;
	return n >= MAX_PER_SOURCE ? oldest : NULL;
}

void dtls_half_make_room(struct dtls_endpoint *ep, const struct sockaddr_in6 *newcomer)
{
	struct dtls_session *victim = beyond_its_share(ep, newcomer);

	if (!victim && ep->stats.half_open >= ep->config.max_half_open) {
		const struct sockaddr_in6 *crowd = largest_crowd(ep, newcomer);

		victim = one_of(ep, crowd);
		if (!victim) /* all from somewhere else, each */
			victim = TAILQ_FIRST(&ep->half);
	}
	if (victim)
		give_way(victim);
}
