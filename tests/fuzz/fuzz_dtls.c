/* SPDX-License-Identifier: ISC */
/* Datagrams from peers into a server's endpoint. The input is a sequence of: one octet, below 0x80
 * the peer of the datagram that follows, whose length is two octets; else the low bits are half
 * seconds to wait. A peer has a port by its low two bits, and another address and prefix by 0x20;
 * 0x40 in the first octet: cookies are asked for on load only. Cookies are under a known secret, so
 * that the seeds, which are recorded handshakes, get past them; neither a key nor a nonce that was
 * signed is known, so that nobody ever gets up. The server takes pre-shared keys and certificates,
 * of which any anchor's would do. */
#include "base/buf.h"
#include "dtls/dtls_priv.h"

#include <stdlib.h>
#include <string.h>

#define WAIT         0x80
#define WAIT_UNIT_MS 500
#define ON_LOAD      0x40
#define ELSEWHERE    0x20
#define FIRST_PORT   7000
#define MAX_SESSIONS 3 /* fewer than there are peers */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(int holds)
{
	if (!holds)
		abort();
}

static int psk_of(void *arg, const char *identity, struct secret *key)
{
	(void)arg;
	require(dtls_psk_identity_ok(identity));
	return secret_random(key, 16);
}

static const char *check_ct(void *arg, const uint8_t key_hash[DTLS_KEY_HASH_LEN], bool anchored)
{
	(void)arg, (void)key_hash;
	require(!anchored); /* who has that key? */
	return NULL;
}

/* A key and a CA of its own, new in each process: nothing in the seeds depends on them. */
static struct dtls_auth *make_auth(void)
{
	struct dtls_auth *auth = calloc(1, sizeof(*auth));

	require(auth != NULL);
	auth->refs = 1;
	auth->role = DTLS_DEVICE;
	auth->key = EVP_EC_gen("P-256");
	auth->cert = X509_new();
	auth->chain = sk_X509_new_null();
	auth->anchors = sk_X509_new_null();
	auth->store = X509_STORE_new();
	require(auth->key && auth->cert && auth->chain && auth->anchors && auth->store);
	require(X509_gmtime_adj(X509_getm_notBefore(auth->cert), -60) &&
		X509_gmtime_adj(X509_getm_notAfter(auth->cert), 86400) &&
		X509_set_pubkey(auth->cert, auth->key) &&
		X509_sign(auth->cert, auth->key, EVP_sha256()) &&
		sk_X509_push(auth->anchors, auth->cert) && X509_up_ref(auth->cert) &&
		X509_STORE_add_cert(auth->store, auth->cert));
	return auth;
}

static void on_up(void *arg, struct dtls_session *s)
{
	(void)arg, (void)s;
	abort();
}

static void on_data(void *arg, struct dtls_session *s, const uint8_t *data, size_t len)
{
	(void)arg, (void)s, (void)data, (void)len;
	abort();
}

static void on_end(void *arg, struct dtls_session *s, enum dtls_end end)
{
	(void)s;
	require(dtls_end_name(end) != NULL);
	++*(uint64_t *)arg;
}

static struct dtls_endpoint *open_server(struct evl *evl, uint64_t *ends, bool on_load)
{
	static const uint8_t known[32];
	static struct dtls_auth *auth;
	struct dtls_config config = {
		.local = IN6ADDR_LOOPBACK_INIT,
		.link_mtu = 1280,
		.first_timeout_ms = 1000,
		.handshake_timeout_ms = 5000,
		.max_half_open = 2,
		.cookie_load = on_load ? 1 : 0,
		.max_sessions = MAX_SESSIONS,
	};
	const struct dtls_callbacks cb = {.psk_of = psk_of,
					  .check_ct = check_ct,
					  .on_up = on_up,
					  .on_data = on_data,
					  .on_end = on_end,
					  .arg = ends};
	struct dtls_endpoint *ep = NULL;

	if (!auth)
		auth = make_auth();
	config.auth = auth;

	require(dtls_endpoint_new(&ep, evl, &config, &cb) == 0);
	require(secret_set(&ep->cookie.current, known, sizeof(known)) == 0);
	return ep;
}

static void feed(struct dtls_endpoint *ep, unsigned int peer, const uint8_t *octets, size_t len)
{
	struct dtls_datagram datagram = {.data = octets, .len = len};

	datagram.path.peer =
		(struct sockaddr_in6){.sin6_family = AF_INET6,
				      .sin6_addr = in6addr_loopback,
				      .sin6_port = htons((uint16_t)(FIRST_PORT + (peer & 3)))};
	if (peer & ELSEWHERE)
		datagram.path.peer.sin6_addr.s6_addr[0] = 0xfd;
	datagram.path.local = in6addr_loopback;
	dtls_input(ep, &datagram);
}

static void play(struct dtls_endpoint *ep, struct evl *evl, struct buf_reader *r)
{
	while (buf_left(r) > 0) {
		uint8_t op = buf_get_u8(r);
		if (op & WAIT) {
			evl_test_advance(evl, (uint64_t)(op & ~WAIT) * WAIT_UNIT_MS);
			continue;
		}
		size_t len = buf_get_u16(r);
		const uint8_t *octets = buf_take(r, len);
		if (!octets || len > DTLS_MAX_DATAGRAM)
			return;
		memcpy(ep->datagram, octets, len);
		feed(ep, op, ep->datagram, len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t ends = 0;
	struct evl *evl = evl_new_test();
	struct dtls_endpoint *ep = open_server(evl, &ends, len > 0 && (data[0] & ON_LOAD) != 0);
	struct buf_reader r;
	struct dtls_stats stats;

	buf_reader_init(&r, data, len);
	play(ep, evl, &r);
	dtls_endpoint_stats(ep, &stats);
	require(stats.sessions == 0 && stats.handshakes == 0);
	require(stats.half_open <= 2 && stats.half_open == ep->table.n);
	require(stats.failed == ends);
	dtls_endpoint_free(ep);
	evl_free(evl);
	return 0;
}
