/* SPDX-License-Identifier: ISC */
/* A server's handshakes under way, when strangers with as many addresses as they like want all of
 * its places. Their datagrams are handed to the endpoint, with cookies that are good. */
#include "dtls/dtls_msg.h"
#include "dtls_world.h"

#include <arpa/inet.h>
#include <string.h>

#define PLACES       8
#define MANY         1000
#define MAX_ATTEMPTS 500
#define AT_COOKIE    61 /* of a ClientHello that names no session, RFC 6347 section 4.2.1 */
#define AT_MSG_TYPE  13
#define CLIENT_KEY   16 /* handshake type, RFC 5246 section 7.4 */

static struct side client, server;
static struct relay relay;
static struct relay_log captured[MAX_LOG];
/* Of a handshake that came up: its ClientHello with cookie, and what follows ServerHelloDone. */
static struct relay_log hello, finish;

static void open_all(struct dtls_config c)
{
	c.max_half_open = PLACES;
	c.ifname = "lo"; /* so that answers to strangers go nowhere */
	world_begin();
	side_open(&server, &c, true);
	c.ifname = NULL;
	c.first_timeout_ms = 400;
	side_open(&client, &c, false);
	relay_open(&relay, dtls_endpoint_port(server.ep));
	relay.log = captured;
}

static void close_all(void)
{
	relay_close(&relay);
	side_close(&client);
	side_close(&server);
	world_end();
}

static void capture_handshake(void)
{
	open_all(world_config());
	side_connect(&client, relay_port(&relay));
	AWAIT(client.ups && server.ups);
	hello = *relay_cookie_hello(&relay);
	for (unsigned int i = 0; i < relay.seen; i++)
		if (captured[i].from_client && captured[i].b[AT_MSG_TYPE] == CLIENT_KEY)
			finish = captured[i];
	ck_assert_uint_gt(finish.len, 0);
	close_all();
}

/* A peer nobody knows; `prefix` "::" is that of the honest client. */
static struct sockaddr_in6 stranger(const char *prefix, uint32_t n)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(4000)};

	ck_assert_int_eq(inet_pton(AF_INET6, prefix, &a.sin6_addr), 1);
	a.sin6_addr.s6_addr32[3] = htonl(n + 2);
	return a;
}

static void input(const struct sockaddr_in6 *from, const uint8_t *data, size_t len)
{
	const struct dtls_datagram datagram = {
		.data = data, .len = len, .path = {.peer = *from, .local = in6addr_loopback}};

	dtls_input(server.ep, &datagram);
}

/* The stranger's ClientHello, with the cookie that it was told. */
static void say_hello(const struct sockaddr_in6 *from)
{
	struct relay_log mine = hello;

	ck_assert_int_eq(
		dtls_cookie_make(&server.ep->cookie, evl_now_ms(loop), from, mine.b + AT_COOKIE),
		0);
	input(from, mine.b, mine.len);
}

/* And a ClientKeyExchange, which anybody can send who has heard one: `whole` with a Finished, which
 * cannot be right. */
static void say_key(const struct sockaddr_in6 *from, bool whole)
{
	size_t len = 0;

	for (int record = 0; record < 2; record++)
		len += DTLS_RECORD_HEADER_LEN +
		       (size_t)(finish.b[len + 11] << 8 | finish.b[len + 12]);
	ck_assert_uint_lt(len, finish.len);
	input(from, finish.b, whole ? finish.len : len);
}

static void crowd(const char *prefix, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < from + n; i++) {
		struct sockaddr_in6 a = stranger(prefix, i);
		say_hello(&a);
	}
}

/* The honest client has a handshake under way, in a place of its own. */
static void honest_half_open(void)
{
	relay.until_cookie = true;
	side_connect(&client, relay_port(&relay));
	unsigned int before = side_stats(&server).half_open;
	AWAIT(relay.drop_from == 0 &&
	      side_stats(&server).half_open >= (before < PLACES ? before + 1 : PLACES));
}

static void honest_goes_on(void)
{
	relay.drop_from = UINT32_MAX;
	AWAIT(client.ups && server.ups);
	ck_assert_uint_eq(client.ends, 0);
}

static bool has_place(const struct sockaddr_in6 *peer)
{
	const struct dtls_session *s = dtls_table_find(&server.ep->table, peer);

	return s && s->state == DTLS_SESSION_HANDSHAKE;
}

START_TEST(others_fill_all_places_but_one)
{
	capture_handshake();
	open_all(world_config());
	honest_half_open();
	crowd("::", 0, PLACES - 1);
	ck_assert_uint_eq(side_stats(&server).half_open, PLACES);
	ck_assert_uint_eq(side_stats(&server).half_open_places, PLACES);
	ck_assert_uint_eq(side_stats(&server).evicted, 0);
	honest_goes_on();
	close_all();
}
END_TEST

START_TEST(who_gives_way_is_told)
{
	capture_handshake();
	open_all(world_config());
	honest_half_open();
	relay.drop_from = UINT32_MAX;
	uint64_t now_ms = evl_now_ms(loop);
	crowd("::", 0, 40 * PLACES); /* it survives that once in 10^34 times */
	ck_assert_uint_eq(side_stats(&server).half_open, PLACES);
	ck_assert_uint_eq(side_stats(&server).evicted, 39 * PLACES + 1);
	ck_assert_int_eq(server.end, DTLS_END_CROWDED);
	AWAIT(client.ends);
	ck_assert_int_eq(client.end, DTLS_END_PROTOCOL);
	ck_assert_uint_lt(evl_now_ms(loop) - now_ms, 50); /* its own time-out would be 5 s */
	side_connect(&client, relay_port(&relay));
	AWAIT(client.ups && server.ups);
	close_all();
}
END_TEST

START_TEST(the_younger_half_is_safe)
{
	struct sockaddr_in6 young;

	capture_handshake();
	open_all(world_config());
	crowd("::", 0, PLACES);
	for (uint32_t i = 0; i < 50; i++) {
		young = stranger("::", 1000 + i);
		say_hello(&young);
		crowd("::", 2000 + i * PLACES, PLACES / 2 - 1);
		ck_assert(has_place(&young));
	}
	close_all();
}
END_TEST

START_TEST(a_crowd_from_elsewhere_displaces_itself)
{
	capture_handshake();
	open_all(world_config());
	honest_half_open();
	crowd("fe80::", 0, MANY);
	ck_assert_uint_eq(side_stats(&server).half_open, PLACES);
	ck_assert_uint_eq(side_stats(&server).evicted, MANY - (PLACES - 1));
	honest_goes_on();
	close_all();
}
END_TEST

START_TEST(who_comes_late_finds_a_place)
{
	static const char *const prefixes[] = {"fe80::", "::"};

	capture_handshake();
	for (int i = 0; i < 2; i++) {
		open_all(world_config());
		crowd(prefixes[i], 0, MANY);
		ck_assert_uint_eq(side_stats(&server).half_open, PLACES);
		side_connect(&client, relay_port(&relay));
		AWAIT(client.ups && server.ups);
		ck_assert_uint_eq(client.ends, 0);
		close_all();
	}
}
END_TEST

static uint32_t flood_n, flood_from;

static void flood(void)
{
	crowd("::", flood_from, flood_n);
	flood_from += flood_n;
}

/* A flood that does not end, from the client's own prefix: `n` handshakes while a datagram is on
 * its way. Returns the attempt that came through. */
static unsigned int attempts_under_flood(uint32_t n)
{
	unsigned int attempts = 0;

	open_all(world_config());
	flood_n = n;
	flood_from = PLACES;
	crowd("::", 0, PLACES);
	relay.on_way = flood;
	while (!client.ups && attempts < MAX_ATTEMPTS) {
		unsigned int ends = client.ends;
		side_connect(&client, relay_port(&relay));
		attempts++;
		AWAIT(client.ups || client.ends > ends);
	}
	printf("%u places, %u strangers a datagram: attempt %u came through\n", PLACES, n,
	       attempts);
	ck_assert_uint_gt(client.ups, 0);
	close_all();
	return attempts;
}

START_TEST(an_honest_client_completes_under_flood)
{
	capture_handshake();
	/* While the client answers, two datagrams are on their way: one there, one back. */
	ck_assert_uint_eq(attempts_under_flood(PLACES / 2 / 2 - 1), 1);
	ck_assert_uint_le(attempts_under_flood(PLACES / 2), MAX_ATTEMPTS);
	ck_assert_uint_le(attempts_under_flood(PLACES), MAX_ATTEMPTS);
}
END_TEST

START_TEST(client_key_exchanges_keep_nobody_out)
{
	capture_handshake();
	open_all(world_config());
	for (uint32_t i = 0; i < 2 * PLACES; i++) {
		struct sockaddr_in6 a = stranger("::", i);
		say_hello(&a);
		say_key(&a, false);
		ck_assert(dtls_table_find(&server.ep->table, &a)->peer_sealed);
	}
	ck_assert_uint_eq(side_stats(&server).half_open, PLACES);
	honest_half_open();
	/* Half of the places are for those who have not sent one yet. */
	crowd("::", 100, PLACES / 2 - 1);
	for (uint32_t i = 200; i < 200 + PLACES; i++) {
		struct sockaddr_in6 old = stranger("::", 200), a = stranger("::", i);
		if (i > 200)
			say_key(&old, false);
		say_hello(&a);
		say_key(&a, false);
	}
	honest_goes_on();
	close_all();
}
END_TEST

START_TEST(who_failed_goes_first)
{
	struct sockaddr_in6 old = stranger("::", 0), failed = stranger("::", 1);

	capture_handshake();
	open_all(world_config());
	say_hello(&old);
	say_hello(&failed);
	say_key(&failed, true);
	ck_assert(dtls_table_find(&server.ep->table, &failed)->key_failed);
	crowd("::", 2, PLACES - 2);
	ck_assert_uint_eq(side_stats(&server).half_open, PLACES);
	crowd("::", 100, 1);
	ck_assert(has_place(&old));
	ck_assert(!has_place(&failed));
	close_all();
}
END_TEST

START_TEST(a_source_has_two_places)
{
	struct sockaddr_in6 a = stranger("fe80::", 0), other = stranger("fe80::", 1);

	capture_handshake();
	open_all(world_config());
	say_hello(&other);
	for (uint16_t port = 1; port <= 5; port++) {
		a.sin6_port = htons(port);
		say_hello(&a);
	}
	ck_assert_uint_eq(side_stats(&server).half_open, 3);
	ck_assert_uint_eq(side_stats(&server).evicted, 3);
	ck_assert(has_place(&other) && has_place(&a));
	a.sin6_port = htons(3);
	ck_assert(!has_place(&a));
	close_all();
}
END_TEST

START_TEST(the_first_flight_is_not_waited_for_long)
{
	struct sockaddr_in6 silent = stranger("::", 0), sealed = stranger("::", 1);
	struct dtls_config c = world_config();

	c.first_timeout_ms = 40;
	c.handshake_timeout_ms = 500;
	capture_handshake();
	open_all(c);
	say_hello(&silent);
	say_hello(&sealed);
	say_key(&sealed, false);
	world_pass_ms(278);
	ck_assert(has_place(&silent));
	world_pass_ms(4);
	ck_assert(!has_place(&silent) && has_place(&sealed));
	ck_assert_int_eq(server.end, DTLS_END_TIMEOUT);
	world_pass_ms(216);
	ck_assert(has_place(&sealed));
	world_pass_ms(4);
	ck_assert_uint_eq(side_stats(&server).half_open, 0);
	close_all();
}
END_TEST

/* --- cookies on load --- */

START_TEST(no_cookie_without_load)
{
	struct dtls_config c = world_config();

	c.cookie_load = 2;
	capture_handshake();
	open_all(c);
	side_connect(&client, relay_port(&relay));
	AWAIT(client.ups && server.ups);
	ck_assert_uint_eq(relay.seen, 4); /* >hello <hello >finished <finished */
	ck_assert_uint_eq(side_stats(&server).half_open, 0);
	close_all();

	open_all(c);
	crowd("fe80::", 0, 2);
	side_connect(&client, relay_port(&relay));
	AWAIT(client.ups && server.ups);
	ck_assert_uint_eq(relay.seen, 6);
	close_all();
}
END_TEST

/* The hello as it was before the cookie: from an address, perhaps not the sender's own. */
static void say_bare_hello(const struct sockaddr_in6 *from)
{
	uint8_t b[DTLS_MAX_DATAGRAM];
	size_t len = hello.len - DTLS_COOKIE_LEN;

	memcpy(b, hello.b, AT_COOKIE);
	memcpy(b + AT_COOKIE, hello.b + AT_COOKIE + DTLS_COOKIE_LEN, len - AT_COOKIE);
	b[AT_COOKIE - 1] = 0;
	b[12] = (uint8_t)(b[12] - DTLS_COOKIE_LEN); /* length of the record */
	b[16] = (uint8_t)(b[16] - DTLS_COOKIE_LEN); /* of the message, */
	b[24] = (uint8_t)(b[24] - DTLS_COOKIE_LEN); /* of its fragment */
	b[27] ^= 1;                                 /* another random */
	input(from, b, len);
}

START_TEST(nobody_is_displaced_without_a_cookie)
{
	struct dtls_config c = world_config();
	struct sockaddr_in6 a, other_port;

	c.cookie_load = PLACES;
	capture_handshake();
	open_all(c);
	a = stranger("::", 0);
	say_bare_hello(&a);
	ck_assert(has_place(&a)); /* so such a hello does begin a handshake */
	const struct dtls_session *s = dtls_table_find(&server.ep->table, &a);
	other_port = a;
	other_port.sin6_port = htons(1);
	hello.b[28] ^= 1;
	say_bare_hello(&a);
	say_bare_hello(&other_port);
	ck_assert_ptr_eq(dtls_table_find(&server.ep->table, &a), s);
	ck_assert_uint_eq(side_stats(&server).half_open, 1);
	/* nor a session */
	side_connect(&client, relay_port(&relay));
	AWAIT(client.ups && server.ups);
	struct sockaddr_in6 up = server.session->path.peer;
	say_bare_hello(&up);
	ck_assert_ptr_null(server.session->successor);
	ck_assert_uint_eq(side_stats(&server).half_open, 1);
	close_all();
}
END_TEST

UNIT_MAIN("dtls_half", others_fill_all_places_but_one, who_gives_way_is_told,
	  the_younger_half_is_safe, a_crowd_from_elsewhere_displaces_itself,
	  who_comes_late_finds_a_place, an_honest_client_completes_under_flood,
	  client_key_exchanges_keep_nobody_out, who_failed_goes_first, a_source_has_two_places,
	  the_first_flight_is_not_waited_for_long, no_cookie_without_load,
	  nobody_is_displaced_without_a_cookie)
