/* SPDX-License-Identifier: ISC */
#include "dtls_ends.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 1000

START_TEST(carries_data_both_ways)
{
	ends_open();
	side_connect(&client, dtls_endpoint_port(server.ep));
	ck_assert_int_eq(dtls_send(client.session, (const uint8_t *)"x", 1), -ENOTCONN);
	AWAIT(client.ups && server.ups);
	ck_assert_str_eq(server.identity, IDENTITY);
	ck_assert_uint_eq(ntohs(server.session->path.peer.sin6_port),
			  dtls_endpoint_port(client.ep));
	ck_assert_ptr_null(dtls_session_user(server.session));
	dtls_session_set_user(server.session, &server);
	ck_assert_ptr_eq(dtls_session_user(server.session), &server);
	ck_assert_str_eq(SSL_get_cipher_name(client.session->ssl), "PSK-AES128-CCM8");
	ck_assert_int_eq(SSL_version(client.session->ssl), DTLS1_2_VERSION);

	side_say(&client, &server, "hello");
	side_say(&server, &client, "and hello to you");
	ck_assert_int_eq(dtls_send(client.session, NULL, 0), -EINVAL);
	/* What was decrypted is for the owner to keep, or not. */
	for (size_t i = 0; i < sizeof(server.ep->record); i++)
		ck_assert_uint_eq(server.ep->record[i] | client.ep->record[i], 0);
	ck_assert(SSL_get_options(server.session->ssl) & SSL_OP_CLEANSE_PLAINTEXT);

	struct dtls_stats stats = side_stats(&server);
	ck_assert_uint_eq(stats.handshakes, 1);
	ck_assert_uint_eq(stats.sessions, 1);
	ck_assert_uint_eq(stats.half_open, 0);
	ck_assert_uint_eq(stats.failed, 0);
	ck_assert_uint_eq(stats.records_in, 1);
	ck_assert_uint_eq(stats.records_out, 1);
	ends_close();
}
END_TEST

START_TEST(one_session_a_peer)
{
	ends_open();
	ends_up(dtls_endpoint_port(server.ep));
	struct sockaddr_in6 peer = world_addr(dtls_endpoint_port(server.ep));
	struct dtls_session *s;
	ck_assert_int_eq(ends_connect(&s, client.ep, &peer, IDENTITY, world_key()), -EADDRINUSE);
	ends_close();
}
END_TEST

START_TEST(either_side_may_close)
{
	ends_open();
	ends_up(dtls_endpoint_port(server.ep));
	dtls_session_close(client.session);
	AWAIT(server.ends);
	ck_assert_int_eq(server.end, DTLS_END_CLOSED);
	ck_assert_uint_eq(client.ends, 0); /* its own doing */

	ends_up(dtls_endpoint_port(server.ep));
	dtls_session_close(server.session);
	AWAIT(client.ends);
	ck_assert_int_eq(client.end, DTLS_END_CLOSED);
	ck_assert_uint_eq(side_stats(&client).sessions, 0);
	ck_assert_uint_eq(side_stats(&server).sessions, 0);
	ends_close();
}
END_TEST

START_TEST(endpoint_free_says_goodbye)
{
	ends_open();
	ends_up(dtls_endpoint_port(server.ep));
	side_close(&client);
	AWAIT(server.ends);
	ck_assert_int_eq(server.end, DTLS_END_CLOSED);
	ck_assert_uint_eq(client.ends, 0);
	side_close(&server);
	world_end();
}
END_TEST

START_TEST(keys_of_16_to_64_octets)
{
	static const size_t lens[] = {16, 17, 48, 63, 64};

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		ends_open();
		ck_assert_int_eq(secret_random(&server.key, lens[i]), 0);
		side_connect_as(&client, dtls_endpoint_port(server.ep), IDENTITY, &server.key);
		AWAIT(client.ups && server.ups);
		ends_close();
	}
}
END_TEST

START_TEST(refuses_bad_arguments)
{
	ends_open();
	struct sockaddr_in6 peer = world_addr(dtls_endpoint_port(server.ep));
	struct dtls_session *s;
	struct secret key;
	ck_assert_int_eq(secret_random(&key, DTLS_MIN_PSK_LEN - 1), 0);
	ck_assert_int_eq(ends_connect(&s, client.ep, &peer, IDENTITY, &key), -EINVAL);
	ck_assert_int_eq(ends_connect(&s, client.ep, &peer, "", world_key()), -EINVAL);
	ck_assert_int_eq(ends_connect(&s, client.ep, &peer, "a b", world_key()), -EINVAL);
	char longest[DTLS_MAX_IDENTITY_LEN + 2];
	memset(longest, 'a', sizeof(longest));
	longest[DTLS_MAX_IDENTITY_LEN + 1] = '\0';
	ck_assert_int_eq(ends_connect(&s, client.ep, &peer, longest, world_key()), -EINVAL);
	longest[DTLS_MAX_IDENTITY_LEN] = '\0';
	ck_assert_int_eq(ends_connect(&s, client.ep, &peer, longest, world_key()), 0);

	peer.sin6_port = 0;
	ck_assert_int_eq(ends_connect(&s, client.ep, &peer, IDENTITY, world_key()), -EINVAL);
	peer.sin6_port = htons(1);
	peer.sin6_addr.s6_addr[0] = 0xfe; /* link-local, but on which interface? */
	peer.sin6_addr.s6_addr[1] = 0x80;
	ck_assert_int_eq(ends_connect(&s, client.ep, &peer, IDENTITY, world_key()), -EINVAL);

	struct dtls_endpoint *ep;
	struct dtls_config c = world_config();
	c.link_mtu = DTLS_MIN_LINK_MTU - 1;
	ck_assert_int_eq(dtls_endpoint_new(&ep, loop, &c, &client.cb), -EINVAL);
	c = world_config();
	c.port = dtls_endpoint_port(server.ep);
	ck_assert_int_eq(dtls_endpoint_new(&ep, loop, &c, &client.cb), -EADDRINUSE);
	c = world_config();
	c.ifname = "no-such-if";
	ck_assert_int_eq(dtls_endpoint_new(&ep, loop, &c, &client.cb), -ENODEV);
	ends_close();
}
END_TEST

START_TEST(max_sessions_bounds_the_client)
{
	world_begin();
	struct dtls_config c = world_config();
	c.max_sessions = 1;
	side_open(&client, &c, false);
	side_connect(&client, 9);
	struct sockaddr_in6 other = world_addr(10);
	struct dtls_session *s;
	ck_assert_int_eq(ends_connect(&s, client.ep, &other, IDENTITY, world_key()), -ENOSPC);
	side_close(&client);
	world_end();
}
END_TEST

/* A client whose handshake may take `most_ms` gives up `peer_port` after `want_ms`. */
static void gives_up(uint32_t most_ms, uint64_t want_ms, uint16_t peer_port)
{
	struct dtls_config c = world_config();

	c.handshake_timeout_ms = most_ms;
	side_open(&client, &c, false);
	uint64_t begin_ms = evl_now_ms(loop);
	side_connect(&client, peer_port);
	AWAIT(client.ends);
	uint64_t took_ms = evl_now_ms(loop) - begin_ms;
	ck_assert_int_eq(client.end, DTLS_END_TIMEOUT);
	ck_assert_uint_ge(took_ms, want_ms);
	ck_assert_uint_le(took_ms, want_ms + 2);
	ck_assert_uint_eq(side_stats(&client).failed, 1);
	side_close(&client);
}

START_TEST(silence_ends_in_timeout)
{
	world_begin();
	relay_open(&relay, 9);
	relay.drop_from = 0;
	gives_up(500, 7 * 40, relay_port(&relay));
	ck_assert_uint_eq(relay.seen, 3); /* at 0, 40 and 120 ms */
	gives_up(100, 100, relay_port(&relay));
	relay_close(&relay);
	world_end();
}
END_TEST

/* Its ServerHello arrives, and nothing after that. */
START_TEST(who_has_answered_is_given_more_time)
{
	world_begin();
	side_open(&server, NULL, true);
	relay_open(&relay, dtls_endpoint_port(server.ep));
	relay.drop_from = 2;
	gives_up(500, 500, relay_port(&relay));
	relay_close(&relay);
	side_close(&server);
	world_end();
}
END_TEST

START_TEST(any_datagram_may_get_lost)
{
	unsigned int total = 1; /* datagrams of a handshake without loss, known after the first */

	for (unsigned int lost = 0; lost <= total; lost++) {
		ends_open();
		relay_open(&relay, dtls_endpoint_port(server.ep));
		relay.drop = lost > 0 ? UINT64_C(1) << (lost - 1) : 0;
		side_connect(&client, relay_port(&relay));
		AWAIT(client.ups && server.ups);
		if (lost == 0)
			total = relay.seen;
		else
			ck_assert_uint_gt(relay.seen, total);
		side_say(&client, &server, "still there");
		side_say(&server, &client, "so am I");
		ck_assert_uint_eq(client.ends + server.ends, 0);
		relay_close(&relay);
		ends_close();
	}
	ck_assert_uint_ge(total, 6); /* two ClientHellos, cookie, three flights */
}
END_TEST

static void greet(struct side *side, struct dtls_session *s)
{
	(void)side;
	ck_assert_int_eq(dtls_send(s, (const uint8_t *)"early", 5), 0);
}

START_TEST(a_record_may_overtake_the_handshake)
{
	uint32_t mark = 0x51;

	ends_open();
	relay_open(&relay, dtls_endpoint_port(server.ep));
	(void)!setsockopt(relay.fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	relay.drop_finish = true; /* >hello <cookie >hello <hello >finished <finished <early */
	server.then_up = greet;
	side_connect(&client, relay_port(&relay));
	AWAIT(client.records);
	ck_assert_uint_eq(client.ups, 1);
	ck_assert_uint_eq(client.len, 5);
	ck_assert_mem_eq(client.data, "early", 5);
	ck_assert_uint_eq(client.mark, 0); /* nobody knows it any more */
	relay_close(&relay);
	ends_close();
}
END_TEST

/* --- callbacks that end sessions --- */

static struct dtls_session *other;

static void close_it(struct side *side, struct dtls_session *s)
{
	(void)side;
	dtls_session_close(s);
}

static void close_other(struct side *side, struct dtls_session *s)
{
	(void)side, (void)s;
	if (other)
		dtls_session_close(other);
	other = NULL;
}

static void psk_close_other(struct side *side)
{
	close_other(side, NULL);
}

static void connect_again(struct side *side, struct dtls_session *s)
{
	struct sockaddr_in6 peer = s->path.peer;

	dtls_session_close(s); /* already over: nothing to do */
	ck_assert_int_eq(ends_connect(&side->session, side->ep, &peer, IDENTITY, world_key()), 0);
}

START_TEST(close_in_on_up)
{
	ends_open();
	server.then_up = close_it;
	side_connect(&client, dtls_endpoint_port(server.ep));
	AWAIT(server.ups && client.ends);
	ck_assert_int_eq(client.end, DTLS_END_CLOSED);
	ck_assert_uint_eq(server.ends, 0);
	ck_assert_uint_eq(server.ep->table.n, 0);
	ends_close();
}
END_TEST

START_TEST(close_in_on_data)
{
	ends_open();
	ends_up(dtls_endpoint_port(server.ep));
	server.then_data = close_it;
	side_say(&client, &server, "go away");
	AWAIT(client.ends);
	ck_assert_int_eq(client.end, DTLS_END_CLOSED);
	ck_assert_uint_eq(server.ep->table.n, 0);
	ends_close();
}
END_TEST

START_TEST(close_another_in_on_data_and_psk_of)
{
	struct side second;

	ends_open();
	side_open(&second, NULL, false);
	ends_up(dtls_endpoint_port(server.ep));
	other = server.session;
	side_connect(&second, dtls_endpoint_port(server.ep));
	AWAIT(second.ups && server.ups == 2);
	server.then_data = close_other;
	side_say(&second, &server, "close the other one");
	AWAIT(client.ends);
	ck_assert_uint_eq(side_stats(&server).sessions, 1);

	other = server.session;
	server.then_psk = psk_close_other;
	ends_up(dtls_endpoint_port(server.ep));
	AWAIT(second.ends);
	ck_assert_uint_eq(side_stats(&server).sessions, 1);
	side_close(&second);
	ends_close();
}
END_TEST

START_TEST(connect_in_on_end)
{
	ends_open();
	ends_up(dtls_endpoint_port(server.ep));
	client.then_end = connect_again;
	dtls_session_close(server.session);
	AWAIT(client.ups == 2 && server.ups == 2);
	side_say(&client, &server, "again");
	ends_close();
}
END_TEST

/* --- other implementations, other orders of magnitude --- */

/* openssl s_client on a pipe that feeds its input. Returns its pid. */
static pid_t start_s_client(uint16_t port, int *to)
{
	int fds[2];
	char at[32];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	snprintf(at, sizeof(at), "[::1]:%u", port);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (dup2(fds[0], 0) >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0)
			execlp("openssl", "openssl", "s_client", "-dtls1_2", "-connect", at,
			       "-psk_identity", IDENTITY, "-psk",
			       "30313233343536373839616263646566", "-cipher",
			       "PSK-AES128-CCM8:@SECLEVEL=0", "-quiet", (char *)NULL);
		_exit(127);
	}
	close(fds[0]);
	*to = fds[1];
	return pid;
}

START_TEST(talks_to_openssl_s_client)
{
	if (system("openssl version >/dev/null 2>&1") != 0) {
		printf("s_client not tested: no openssl program\n");
		return;
	}
	world_begin();
	side_open(&server, NULL, true);
	int to;
	pid_t pid = start_s_client(dtls_endpoint_port(server.ep), &to);
	AWAIT(server.ups);
	ck_assert_int_eq(write(to, "from s_client\n", 14), 14);
	AWAIT(server.records);
	ck_assert_uint_eq(server.len, 14);
	ck_assert_mem_eq(server.data, "from s_client\n", 14);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(to);
	side_close(&server);
	world_end();
}
END_TEST

START_TEST(a_thousand_sessions)
{
	static struct relay relays[MANY]; /* a peer of its own each */
	struct rlimit limit = {.rlim_cur = MANY + 64, .rlim_max = MANY + 64};

	if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
		printf("a thousand sessions not tested: %s\n", strerror(errno));
		return;
	}
	ends_open();
	for (int i = 0; i < MANY; i++)
		relay_open(&relays[i], dtls_endpoint_port(server.ep));
	long before = world_resident_kib();
	for (unsigned int i = 0; i < MANY; i++) {
		side_connect(&client, relay_port(&relays[i]));
		AWAIT(client.ups == i + 1 && server.ups == i + 1);
	}
	long after = world_resident_kib();
	ck_assert_uint_eq(side_stats(&server).sessions, MANY);
	ck_assert_uint_eq(side_stats(&client).sessions, MANY);
	side_say(&client, &server, "the last of many");
	printf("%d sessions at both ends: %ld KiB a session\n", MANY,
	       (after - before) / (2 * MANY));
	for (int i = 0; i < MANY; i++)
		relay_close(&relays[i]);
	ends_close();
}
END_TEST

UNIT_MAIN("dtls", carries_data_both_ways, one_session_a_peer, either_side_may_close,
	  endpoint_free_says_goodbye, keys_of_16_to_64_octets, refuses_bad_arguments,
	  max_sessions_bounds_the_client, silence_ends_in_timeout,
	  who_has_answered_is_given_more_time, any_datagram_may_get_lost,
	  a_record_may_overtake_the_handshake, close_in_on_up, close_in_on_data,
	  close_another_in_on_data_and_psk_of, connect_in_on_end, talks_to_openssl_s_client,
	  a_thousand_sessions)
