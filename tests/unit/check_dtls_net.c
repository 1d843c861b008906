/* SPDX-License-Identifier: ISC */
/* Sessions and the network below them: addresses, marks, the link MTU, and a network that says no.
 */
#include "dtls_ends.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_STRANGERS 600

START_TEST(keeps_to_the_link_mtu)
{
	world_begin();
	struct dtls_config c = world_config();
	c.link_mtu = 300;
	side_open(&server, &c, true);
	side_open(&client, &c, false);
	relay_open(&relay, dtls_endpoint_port(server.ep));
	ends_up(relay_port(&relay));

	/* 300 - 40 (IPv6) - 8 (UDP) - 13 (record) - 8 (explicit nonce) - 8 (MAC) */
	static uint8_t data[224];
	ck_assert_int_eq(dtls_send(client.session, data, 224), -EMSGSIZE);
	ck_assert_int_eq(dtls_send(client.session, data, 223), 0);
	ck_assert_int_eq(dtls_send(server.session, data, 223), 0);
	AWAIT(client.records && server.records);
	ck_assert_uint_eq(client.len, 223);
	ck_assert_uint_eq(server.len, 223);
	ck_assert_uint_eq(relay.largest, 300 - 48);
	relay_close(&relay);
	ends_close();
}
END_TEST

START_TEST(tells_the_mark_of_a_record)
{
	ends_open();
	relay_open(&relay, dtls_endpoint_port(server.ep));
	ends_up(relay_port(&relay));
	side_say(&client, &server, "clear");
	ck_assert_uint_eq(server.mark, 0);
	uint32_t mark = 0x51;
	if (setsockopt(relay.fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0) {
		side_say(&client, &server, "secured"); /* lo carries the mark across */
		ck_assert_uint_eq(server.mark, 0x51);
	} else {
		printf("marks not tested: %s\n", strerror(errno));
	}
	relay_close(&relay);
	ends_close();
}
END_TEST

START_TEST(answers_from_the_address_asked)
{
	if (unshare(CLONE_NEWNET) != 0 ||
	    system("ip link set lo up && ip addr add fd00::1/128 dev lo nodad && "
		   "ip addr add fd00::2/128 dev lo nodad") != 0) {
		printf("addresses not tested: no network namespace\n");
		return;
	}
	world_begin();
	struct dtls_config c = world_config();
	c.local = in6addr_any;
	c.ifname = "lo";
	side_open(&server, &c, true);
	side_open(&client, NULL, false); /* from ::1 */
	struct sockaddr_in6 peer = world_addr(dtls_endpoint_port(server.ep));
	ck_assert_int_eq(inet_pton(AF_INET6, "fd00::2", &peer.sin6_addr), 1);
	ck_assert_int_eq(ends_connect(&client.session, client.ep, &peer, IDENTITY, world_key()), 0);
	AWAIT(client.ups && server.ups);
	side_say(&server, &client, "from fd00::2, where you asked");
	ends_close();
}
END_TEST

/* --- a network that says no --- */

/* What the kernel says of fd00::2, from 1: `route` leads there. */
static const struct {
	const char *route;
	int error;
} obstacles[] = {
	{"unreachable fd00::2", EHOSTUNREACH},
	{"prohibit fd00::2", EACCES},
	{"throw fd00::2", ENETUNREACH},
	{"local fd00::2 dev lo mtu 128", EMSGSIZE},
};

static void run_command(const char *format, const char *arg)
{
	char command[256];

	snprintf(command, sizeof(command), format, arg);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static void obstruct(size_t i)
{
	struct sockaddr_in6 to = world_addr(9);
	static const uint8_t octets[200];
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	run_command("ip -6 route add %s table 50", obstacles[i].route);
	run_command("ip -6 rule add pref 10 to fd00::2 lookup %s", "50");
	run_command("ip -6 rule add pref 11 to fd00::2 unreachable%s", "");
	ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on)), 0);
	ck_assert_int_eq(inet_pton(AF_INET6, "fd00::2", &to.sin6_addr), 1);
	ck_assert_int_lt(sendto(fd, octets, sizeof(octets), 0, (struct sockaddr *)&to, sizeof(to)),
			 0);
	ck_assert_int_eq(errno, obstacles[i].error);
	close(fd);
}

static void clear_the_way(void)
{
	run_command("ip -6 rule del pref 10%s", "");
	run_command("ip -6 rule del pref 11%s", "");
	run_command("ip -6 route flush table 50%s", "");
}

/* In the handshake and in the session. */
static void survive_obstacle(size_t i)
{
	struct dtls_config c = world_config();
	static const uint8_t big[200];
	int on = 1;

	world_begin();
	c.local = in6addr_any;
	side_open(&server, &c, true);
	side_open(&client, NULL, false); /* from ::1 */
	ck_assert_int_eq(setsockopt(client.ep->fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on)),
			 0);
	struct sockaddr_in6 peer = world_addr(dtls_endpoint_port(server.ep));
	ck_assert_int_eq(inet_pton(AF_INET6, "fd00::2", &peer.sin6_addr), 1);
	obstruct(i);
	ck_assert_int_eq(ends_connect(&client.session, client.ep, &peer, IDENTITY, world_key()), 0);
	world_pass_ms(100); /* three times in vain */
	ck_assert_uint_eq(client.ends + client.ups, 0);
	clear_the_way();
	AWAIT(client.ups && server.ups);

	obstruct(i);
	ck_assert_int_eq(dtls_send(client.session, big, sizeof(big)), 0);
	world_pass_ms(5);
	ck_assert_uint_eq(server.records + client.ends, 0);
	clear_the_way();
	side_say(&client, &server, "the way is free again");
	side_say(&server, &client, "so it is");
	ends_close();
}

START_TEST(survives_a_network_that_says_no)
{
	if (unshare(CLONE_NEWNET) != 0 ||
	    system("ip link set lo up && ip addr add fd00::2/128 dev lo nodad && "
		   "ip -6 rule add pref 100 lookup local && ip -6 rule del pref 0") != 0) {
		printf("obstacles not tested: no network namespace\n");
		return;
	}
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++)
		survive_obstacle(i);
}
END_TEST

/* ClientHellos from addresses that nobody has: the answers wait for neighbour discovery, which must
 * not hold up those to others. */
START_TEST(serves_others_while_strangers_are_looked_for)
{
	static struct relay_log captured[MAX_LOG];
	struct dtls_config c = world_config();

	if (unshare(CLONE_NEWNET) != 0 ||
	    system("ip link set lo up && ip link add v0 type veth peer name v1 && "
		   "ip link set v0 up && ip link set v1 up && "
		   "ip addr add fd01::1/64 dev v0 nodad") != 0) {
		printf("answers to nobody not tested: no network namespace\n");
		return;
	}
	world_begin();
	c.local = in6addr_any;
	side_open(&server, &c, true);
	side_open(&client, NULL, false);
	relay_open(&relay, dtls_endpoint_port(server.ep));
	relay.log = captured;
	ends_up(relay_port(&relay));
	unsigned int seen = relay.seen;
	for (uint32_t i = 0; i < N_STRANGERS; i++) {
		struct dtls_datagram hello = {.data = captured[0].b, .len = captured[0].len};
		hello.path.peer = world_addr(9);
		ck_assert_int_eq(inet_pton(AF_INET6, "fd01::2", &hello.path.peer.sin6_addr), 1);
		hello.path.peer.sin6_addr.s6_addr32[2] = htonl(i + 1);
		dtls_input(server.ep, &hello);
	}
	dtls_session_close(client.session);
	ends_up(relay_port(&relay));
	/* Nothing twice; and close_notify, there and back. */
	ck_assert_uint_eq(relay.seen, 2 * seen + 2);
	relay_close(&relay);
	ends_close();
}
END_TEST

/* Nobody listens yet: the kernel answers that the port is unreachable. */
START_TEST(survives_a_peer_that_is_not_there_yet)
{
	struct dtls_config c = world_config();

	world_begin();
	side_open(&server, NULL, true);
	c.port = dtls_endpoint_port(server.ep);
	side_close(&server);
	side_open(&client, NULL, false);
	side_connect(&client, c.port);
	world_pass_ms(100);
	ck_assert_uint_eq(client.ends, 0);
	side_open(&server, &c, true);
	AWAIT(client.ups && server.ups);
	ends_close();
}
END_TEST

UNIT_MAIN("dtls_net", keeps_to_the_link_mtu, tells_the_mark_of_a_record,
	  answers_from_the_address_asked, survives_a_network_that_says_no,
	  serves_others_while_strangers_are_looked_for, survives_a_peer_that_is_not_there_yet)
