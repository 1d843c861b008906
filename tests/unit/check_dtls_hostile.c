/* SPDX-License-Identifier: ISC */
/* What strangers, liars and garbage get from an endpoint: nothing, and nobody else notices. */
#include "dtls/dtls_msg.h"
#include "dtls_world.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_STRANGERS 300

static struct side client, server;
static struct relay relay;
static struct relay_log captured[MAX_LOG];

static void open_all(const struct dtls_config *server_config)
{
	world_begin();
	side_open(&server, server_config, true);
	side_open(&client, NULL, false);
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

static void bring_up(void)
{
	side_connect(&client, relay_port(&relay));
	AWAIT(client.ups && server.ups);
}

/* Let a handshake through up to and with the client's second ClientHello. */
static void half_open(void)
{
	relay.until_cookie = true;
	side_connect(&client, relay_port(&relay));
	AWAIT(side_stats(&server).half_open == 1);
}

/* A socket that is nobody's session, connected to the server. */
static int stranger(void)
{
	struct sockaddr_in6 to = world_addr(dtls_endpoint_port(server.ep));
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static size_t ask(int fd, const struct relay_log *hello, uint8_t answer[DTLS_MAX_DATAGRAM])
{
	ssize_t n = -1;

	ck_assert_int_eq(send(fd, hello->b, hello->len, 0), (ssize_t)hello->len);
	AWAIT((n = recv(fd, answer, DTLS_MAX_DATAGRAM, 0)) >= 0);
	return (size_t)n;
}

/* --- wrong keys and identities --- */

static bool alike(const struct relay_log *a, const struct relay_log *b)
{
	return a->from_client == b->from_client && a->b[0] == b->b[0] && a->len == b->len;
}

/* A busy machine, or a step of its clock, has flights sent again. */
static bool repeated(unsigned int i)
{
	for (unsigned int k = 0; k < i; k++)
		if (alike(&captured[k], &captured[i]))
			return true;
	return false;
}

/* What the server said in a handshake as text, a word each datagram: first content type, length. */
static void shape(char *text, size_t size)
{
	size_t len = 0;

	for (unsigned int i = 0; i < relay.seen && i < MAX_LOG; i++)
		if (!captured[i].from_client && !repeated(i))
			len += (size_t)snprintf(text + len, len < size ? size - len : 0, "%u:%zu ",
						captured[i].b[0], captured[i].len);
}

static void fail_as(const char *identity, const struct secret *key, char *text, size_t size)
{
	struct dtls_config c = world_config();
	c.handshake_timeout_ms = 300;
	c.first_timeout_ms = 2000; /* no retransmission */
	open_all(&c);
	side_connect_as(&client, relay_port(&relay), identity, key);
	AWAIT(client.ends && server.ends);
	ck_assert_int_eq(client.end, DTLS_END_AUTH);
	ck_assert_int_eq(server.end, DTLS_END_AUTH);
	ck_assert_str_eq(server.identity, identity);
	ck_assert_uint_eq(client.ups + server.ups, 0);
	ck_assert_uint_eq(side_stats(&server).failed, 1);
	ck_assert_uint_eq(side_stats(&server).half_open, 0);
	shape(text, size);
	close_all();
}

START_TEST(wrong_key_and_unknown_identity_fail_alike)
{
	char wrong[512], unknown[512];
	struct secret key;

	ck_assert_int_eq(secret_set(&key, "0123456789abcdeF", 16), 0);
	fail_as(IDENTITY, &key, wrong, sizeof(wrong));
	fail_as("0200000000000002", world_key(), unknown, sizeof(unknown));
	ck_assert_str_eq(wrong, unknown);
}
END_TEST

START_TEST(wrong_key_shows_though_the_alert_is_lost)
{
	struct dtls_config c = world_config();
	struct secret key;

	c.first_timeout_ms = 500; /* only what is lost is sent again */
	ck_assert_int_eq(secret_set(&key, "0123456789abcdeF", 16), 0);
	open_all(&c);
	relay.drop = UINT64_C(1) << 5; /* >hello <cookie >hello <hello >finished <alert */
	side_connect_as(&client, relay_port(&relay), IDENTITY, &key);
	AWAIT(client.ends);
	ck_assert_int_eq(client.end, DTLS_END_AUTH);
	ck_assert_uint_eq(captured[5].len, DTLS_ALERT_LEN);
	close_all();
}
END_TEST

/* What servers of other makes say, in clear, instead of a ServerHello. */
START_TEST(alerts_tell_keys_from_other_failures)
{
	static const struct {
		uint8_t alert;
		enum dtls_end end;
	} cases[] = {
		{DTLS_ALERT_BAD_RECORD_MAC, DTLS_END_AUTH},
		{DTLS_ALERT_ACCESS_DENIED, DTLS_END_AUTH},
		{DTLS_ALERT_DECRYPT_ERROR, DTLS_END_AUTH},
		{DTLS_ALERT_UNKNOWN_PSK_IDENTITY, DTLS_END_AUTH},
		{40 /* handshake_failure */, DTLS_END_PROTOCOL},
		{80 /* internal_error */, DTLS_END_PROTOCOL},
	};
	uint8_t alert[DTLS_ALERT_LEN];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_all(NULL);
		relay.drop_from = 0;
		side_connect(&client, relay_port(&relay));
		AWAIT(relay.seen);
		dtls_msg_build_alert(alert, cases[i].alert);
		ck_assert_int_eq(sendto(relay.fd, alert, sizeof(alert), 0,
					(struct sockaddr *)&relay.client, sizeof(relay.client)),
				 sizeof(alert));
		AWAIT(client.ends);
		ck_assert_msg(client.end == cases[i].end, "alert %u: %s", cases[i].alert,
			      dtls_end_name(client.end));
		close_all();
	}
}
END_TEST

/* --- strangers --- */

START_TEST(strangers_leave_no_trace)
{
	uint8_t answer[DTLS_MAX_DATAGRAM];

	open_all(NULL);
	bring_up();
	const struct dtls_session *listener = server.ep->listener;
	for (int i = 0; i < N_STRANGERS; i++) {
		int fd = stranger();
		size_t n = ask(fd, &captured[0], answer);
		ck_assert_uint_lt(n, captured[0].len); /* no amplifier */
		close(fd);
	}
	ck_assert_ptr_eq(server.ep->listener, listener);
	ck_assert_uint_eq(server.ep->table.n, 1);
	ck_assert_uint_eq(side_stats(&server).half_open, 0);
	ck_assert_uint_eq(server.ends + client.ends, 0);
	close_all();
}
END_TEST

START_TEST(a_cookie_is_for_one_address)
{
	uint8_t first[DTLS_MAX_DATAGRAM], second[DTLS_MAX_DATAGRAM];

	open_all(NULL);
	bring_up();
	int fd = stranger();
	size_t first_len = ask(fd, &captured[0], first);
	size_t second_len = ask(fd, relay_cookie_hello(&relay), second);
	ck_assert_uint_eq(first_len, second_len); /* HelloVerifyRequest again */
	ck_assert_mem_eq(first + first_len - DTLS_COOKIE_LEN, second + first_len - DTLS_COOKIE_LEN,
			 DTLS_COOKIE_LEN);
	ck_assert_uint_eq(side_stats(&server).half_open, 0);
	close(fd);
	close_all();
}
END_TEST

START_TEST(a_repeated_hello_changes_nothing)
{
	open_all(NULL);
	half_open();
	const struct relay_log *hello = relay_cookie_hello(&relay);
	relay_inject(&relay, hello->b, hello->len); /* of the handshake under way */
	relay.drop_from = UINT32_MAX;
	AWAIT(client.ups && server.ups);
	relay_inject(&relay, hello->b, hello->len); /* of the session */
	side_say(&client, &server, "still me");
	ck_assert_uint_eq(side_stats(&server).half_open, 0);
	ck_assert_uint_eq(server.ends + client.ends, 0);
	close_all();
}
END_TEST

START_TEST(max_sessions_bounds_the_server)
{
	struct dtls_config c = world_config();
	struct side late;

	c.max_sessions = 1;
	open_all(&c);
	bring_up();
	side_open(&late, NULL, false);
	side_connect(&late, dtls_endpoint_port(server.ep));
	AWAIT(side_stats(&server).refused_full > 0);
	ck_assert_uint_eq(late.ups, 0);
	side_say(&client, &server, "mine stays");
	dtls_session_close(client.session);
	AWAIT(late.ups);
	side_close(&late);
	close_all();
}
END_TEST

/* --- a peer that lost its state (RFC 6347 section 4.2.8) --- */

START_TEST(a_new_handshake_replaces_the_session_when_complete)
{
	struct side reborn;

	open_all(NULL);
	bring_up();
	side_open(&reborn, NULL, false); /* to the server it has the client's address */
	relay.until_cookie = true;
	side_connect(&reborn, relay_port(&relay));
	AWAIT(side_stats(&server).half_open == 1);
	ck_assert_uint_eq(server.ends, 0);
	ck_assert_uint_eq(side_stats(&server).sessions, 1);

	struct dtls_session *old = server.session;
	relay.drop_from = UINT32_MAX;
	side_say(&client, &server, "the old session still works");
	AWAIT(reborn.ups && server.ups == 2);
	ck_assert_uint_eq(server.ends, 1);
	ck_assert_int_eq(server.end, DTLS_END_REPLACED);
	ck_assert_ptr_ne(server.session, old);
	ck_assert_uint_eq(side_stats(&server).sessions, 1);
	ck_assert_uint_eq(server.ep->table.n, 1);
	side_say(&reborn, &server, "and now the new one");
	side_say(&server, &reborn, "welcome back");
	side_close(&reborn);
	close_all();
}
END_TEST

START_TEST(a_new_handshake_that_fails_replaces_nothing)
{
	struct side liar;
	struct secret key;
	struct dtls_config c = world_config();

	c.handshake_timeout_ms = 300;
	open_all(&c);
	bring_up();
	struct dtls_session *old = server.session;
	ck_assert_int_eq(secret_set(&key, "0123456789abcdeF", 16), 0);
	side_open(&liar, NULL, false);
	side_connect_as(&liar, relay_port(&relay), IDENTITY, &key);
	AWAIT(liar.ends && server.ends);
	ck_assert_int_eq(server.end, DTLS_END_AUTH);
	ck_assert_ptr_eq(server.session, old);
	ck_assert_uint_eq(side_stats(&server).sessions, 1);
	side_say(&client, &server, "I am the one");
	side_close(&liar);
	close_all();
}
END_TEST

START_TEST(a_closed_session_makes_room_for_its_successor)
{
	struct side reborn;

	open_all(NULL);
	bring_up();
	side_open(&reborn, NULL, false);
	relay.until_cookie = true;
	side_connect(&reborn, relay_port(&relay));
	AWAIT(side_stats(&server).half_open == 1);
	dtls_session_close(server.session);
	ck_assert_uint_eq(server.ep->table.n, 1);
	relay.drop_from = UINT32_MAX;
	AWAIT(reborn.ups && server.ups == 2);
	ck_assert_uint_eq(server.ends, 0);
	side_say(&server, &reborn, "welcome back");
	side_close(&reborn);
	close_all();
}
END_TEST

START_TEST(a_second_attempt_replaces_the_first)
{
	struct dtls_config c = world_config();
	struct side reborn;

	c.first_timeout_ms =
		2000; /* no retransmission to the first that the second takes for its own */
	open_all(&c);
	half_open();
	relay.drop_from = UINT32_MAX;
	side_open(&reborn, NULL, false);
	side_close(&client); /* gives up without a word */
	side_connect(&reborn, relay_port(&relay));
	AWAIT(reborn.ups && server.ups);
	ck_assert_uint_eq(server.ends, 1);
	ck_assert_int_eq(server.end, DTLS_END_REPLACED);
	ck_assert_uint_eq(side_stats(&server).half_open, 0);
	side_say(&reborn, &server, "second try");
	side_close(&reborn);
	close_all();
}
END_TEST

/* --- garbage --- */

static uint32_t random_state;

/* xorshift32: the same garbage every time. */
static uint32_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

/* Noise, noise behind a record header, and captured datagrams with one bit flipped. */
static void inject_garbage(void)
{
	uint8_t b[DTLS_MAX_DATAGRAM];

	random_state = 0x6b6d7064;
	for (int i = 0; i < 300; i++) {
		size_t len = next_random() % 200;
		for (size_t k = 0; k < len; k++)
			b[k] = (uint8_t)next_random();
		if (i % 2 && len > 2) {
			b[0] = (uint8_t)(20 + next_random() % 4);
			b[1] = 0xfe;
			b[2] = 0xfd;
		}
		relay_inject(&relay, b, len);
		if (i % 50 == 49) /* before the socket's buffer is full */
			world_step();
	}
}

static void inject_flipped(void)
{
	random_state = 0x6b6d7064;
	for (unsigned int i = 0; i < relay.seen && i < MAX_LOG; i++)
		for (int k = 0; k < 20 && captured[i].from_client; k++) {
			uint32_t bit = next_random() % (uint32_t)(captured[i].len * 8);
			captured[i].b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			relay_inject(&relay, captured[i].b, captured[i].len);
			captured[i].b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
}

START_TEST(garbage_from_a_stranger)
{
	open_all(NULL);
	inject_garbage();
	AWAIT(side_stats(&server).dropped >= 250); /* the socket's buffer may lose some */
	ck_assert_uint_eq(server.ep->table.n, 0);
	bring_up();
	side_say(&client, &server, "clean");
	close_all();
}
END_TEST

START_TEST(garbage_from_the_address_of_a_session)
{
	uint8_t alert[DTLS_ALERT_LEN];
	static const uint8_t too_long[DTLS_MAX_DATAGRAM + 1];

	open_all(NULL);
	bring_up();
	side_say(&client, &server, "before");
	const struct dtls_session *session = server.session;
	inject_garbage();
	inject_flipped();
	dtls_msg_build_alert(alert, DTLS_ALERT_ACCESS_DENIED);
	relay_inject(&relay, alert, sizeof(alert));
	side_say(&client, &server, "after");
	uint64_t dropped = side_stats(&server).dropped;
	relay_inject(&relay, "", 0);
	relay_inject(&relay, too_long, sizeof(too_long));
	side_say(&client, &server, "and after");
	ck_assert_uint_eq(side_stats(&server).dropped, dropped + 2);
	ck_assert_ptr_eq(server.session, session); /* its successors came to nothing */
	ck_assert_uint_eq(server.ups, 1);
	ck_assert_uint_eq(client.ends, 0);
	ck_assert_uint_eq(server.records, 3);
	close_all();
}
END_TEST

START_TEST(replayed_records_are_dropped)
{
	open_all(NULL);
	bring_up();
	side_say(&client, &server, "once");
	unsigned int last = relay.seen - 1;
	ck_assert(captured[last].from_client && captured[last].b[0] == 23);
	relay_inject(&relay, captured[last].b, captured[last].len);
	side_say(&client, &server, "twice");
	ck_assert_uint_eq(server.records, 2);
	close_all();
}
END_TEST

START_TEST(garbage_during_a_handshake)
{
	open_all(NULL);
	half_open();
	inject_garbage();
	AWAIT(side_stats(&server).half_open <= 1);
	relay.drop_from = UINT32_MAX;
	AWAIT(client.ups || client.ends); /* forged handshake messages may end it, no worse */
	if (client.session)
		dtls_session_close(client.session);
	client.ups = server.ups = 0;
	bring_up();
	side_say(&client, &server, "clean");
	close_all();
}
END_TEST

UNIT_MAIN("dtls_hostile", wrong_key_and_unknown_identity_fail_alike,
	  wrong_key_shows_though_the_alert_is_lost, alerts_tell_keys_from_other_failures,
	  strangers_leave_no_trace, a_cookie_is_for_one_address, a_repeated_hello_changes_nothing,
	  max_sessions_bounds_the_server, a_new_handshake_replaces_the_session_when_complete,
	  a_new_handshake_that_fails_replaces_nothing,
	  a_closed_session_makes_room_for_its_successor, a_second_attempt_replaces_the_first,
	  garbage_from_a_stranger, garbage_from_the_address_of_a_session,
	  replayed_records_are_dropped, garbage_during_a_handshake)
