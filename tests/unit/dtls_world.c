/* SPDX-License-Identifier: ISC */
#include "dtls_world.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CHANGE_CIPHER_SPEC 20 /* content types, RFC 5246 section 6.2.1 */
#define HANDSHAKE          22

/* Of a ClientHello that is alone in its record and names no session to resume: RFC 6347
 * sections 4.1, 4.2.1 and 4.2.2. */
#define AT_HANDSHAKE_TYPE 13
#define AT_COOKIE_LEN     60
#define CLIENT_HELLO      1

#define EPOCH_S 1700000000 /* the wall clock when the loop's is 0 */

struct evl *loop;

/* In place of the C library's: OpenSSL's retransmission timers run on it. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	uint64_t now_ms = loop ? evl_now_ms(loop) : 0;

	(void)zone;
	*now = (struct timeval){.tv_sec = EPOCH_S + (time_t)(now_ms / 1000),
				.tv_usec = (suseconds_t)(now_ms % 1000 * 1000)};
	return 0;
}

void world_begin(void)
{
	loop = evl_new_test();
	ck_assert_ptr_nonnull(loop);
}

void world_end(void)
{
	evl_free(loop); /* asserts that no timer and no descriptor is left */
	loop = NULL;
}

void world_step(void)
{
	evl_test_poll(loop);
	/* The kernel, and other programs, may still be at work for us. */
	poll(NULL, 0, 1);
	evl_test_advance(loop, 1);
}

/* --- endpoints --- */

const struct secret *world_key(void)
{
	static struct secret key;

	if (key.len == 0)
		ck_assert_int_eq(secret_set(&key, "0123456789abcdef", 16), 0);
	return &key;
}

static int psk_of(void *arg, const char *identity, struct secret *key)
{
	struct side *side = arg;

	snprintf(side->identity, sizeof(side->identity), "%s", identity);
	if (side->then_psk)
		side->then_psk(side);
	if (strcmp(identity, IDENTITY) != 0)
		return -ENOENT;
	*key = side->key;
	return 0;
}

static const char *check_ct(void *arg, const uint8_t key_hash[DTLS_KEY_HASH_LEN], bool anchored)
{
	struct side *side = arg;

	side->ct_checks++;
	side->ct_anchored = anchored;
	memcpy(side->ct_hash, key_hash, DTLS_KEY_HASH_LEN);
	return side->ct_fault;
}

static void on_up(void *arg, struct dtls_session *s)
{
	struct side *side = arg;

	side->ups++;
	side->session = s;
	if (side->then_up)
		side->then_up(side, s);
}

static void on_data(void *arg, struct dtls_session *s, const uint8_t *data, size_t len)
{
	struct side *side = arg;

	ck_assert_uint_le(len, sizeof(side->data));
	side->records++;
	memcpy(side->data, data, len);
	side->len = len;
	side->mark = dtls_session_mark(s);
	if (side->then_data)
		side->then_data(side, s);
}

static void on_end(void *arg, struct dtls_session *s, enum dtls_end end)
{
	struct side *side = arg;

	side->ends++;
	side->end = end;
	snprintf(side->reason, sizeof(side->reason), "%s", dtls_session_reason(s));
	if (side->session == s)
		side->session = NULL;
	if (side->then_end)
		side->then_end(side, s);
}

struct dtls_config world_config(void)
{
	return (struct dtls_config){
		.local = in6addr_loopback,
		.link_mtu = 1280,
		.first_timeout_ms = 40,
		.handshake_timeout_ms = 5000,
		.max_half_open = 4,
		.max_sessions = 1100,
	};
}

void side_open(struct side *side, const struct dtls_config *config, bool server)
{
	struct dtls_config defaults = world_config();

	memset(side, 0, sizeof(*side));
	side->key = *world_key();
	side->cb = (struct dtls_callbacks){.psk_of = server ? psk_of : NULL,
					   .check_ct = server && config && config->auth ? check_ct
											: NULL,
					   .on_up = on_up,
					   .on_data = on_data,
					   .on_end = on_end,
					   .arg = side};
	ck_assert_int_eq(dtls_endpoint_new(&side->ep, loop, config ? config : &defaults, &side->cb),
			 0);
}

void side_close(struct side *side)
{
	dtls_endpoint_free(side->ep);
	side->ep = NULL;
}

struct dtls_stats side_stats(const struct side *side)
{
	struct dtls_stats stats;

	dtls_endpoint_stats(side->ep, &stats);
	return stats;
}

void world_pass_ms(uint64_t ms)
{
	for (uint64_t end_ms = evl_now_ms(loop) + ms; evl_now_ms(loop) < end_ms;)
		world_step();
}

struct sockaddr_in6 world_addr(uint16_t port)
{
	return (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback, .sin6_port = htons(port)};
}

struct dtls_cred world_cred(const char *identity, const struct secret *key)
{
	struct dtls_cred cred = {.kind = DTLS_CRED_PSK, .psk = *key};

	memcpy(cred.identity, identity, strnlen(identity, sizeof(cred.identity)));
	return cred;
}

void side_connect_as(struct side *side, uint16_t port, const char *identity,
		     const struct secret *key)
{
	struct dtls_cred cred = world_cred(identity, key);
	struct sockaddr_in6 peer = world_addr(port);

	ck_assert_int_eq(dtls_connect(&side->session, side->ep, &peer, &cred), 0);
}

void side_connect(struct side *side, uint16_t port)
{
	side_connect_as(side, port, IDENTITY, world_key());
}

void side_say(struct side *from, struct side *to, const char *text)
{
	unsigned int before = to->records;

	ck_assert_int_eq(dtls_send(from->session, (const uint8_t *)text, strlen(text)), 0);
	AWAIT(to->records > before);
	ck_assert_uint_eq(to->len, strlen(text));
	ck_assert_mem_eq(to->data, text, to->len);
}

long world_resident_kib(void)
{
	long all = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%ld %ld", &all, &resident), 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* --- the relay --- */

static void forward(struct relay *r, const uint8_t *data, size_t len, bool from_client)
{
	const struct sockaddr_in6 *to = from_client ? &r->server : &r->client;

	/* ECONNREFUSED and the like are what the tests of silence want. */
	(void)!sendto(r->fd, data, len, 0, (const struct sockaddr *)to, sizeof(*to));
}

static bool is_cookie_hello(const uint8_t *data, size_t len)
{
	return len > AT_COOKIE_LEN && data[0] == HANDSHAKE &&
	       data[AT_HANDSHAKE_TYPE] == CLIENT_HELLO && data[AT_COOKIE_LEN] > 0;
}

static void relay_one(struct relay *r, const uint8_t *data, size_t len,
		      const struct sockaddr_in6 *from)
{
	bool from_client = from->sin6_port != r->server.sin6_port;
	unsigned int n = r->seen++;

	if (from_client)
		r->client = *from;
	if (len > r->largest)
		r->largest = len;
	if (r->log && n < MAX_LOG) {
		r->log[n].from_client = from_client;
		r->log[n].len = len;
		memcpy(r->log[n].b, data, len);
	}
	if (n >= r->drop_from || (n < 64 && r->drop >> n & 1))
		return;
	if (r->drop_finish && !from_client && ((const uint8_t *)data)[0] == CHANGE_CIPHER_SPEC) {
		r->drop_finish = false;
		return;
	}
	if (r->on_way)
		r->on_way();
	forward(r, data, len, from_client);
	if (r->until_cookie && from_client && is_cookie_hello(data, len)) {
		r->until_cookie = false;
		r->drop_from = 0;
	}
}

static void on_relay(int fd, void *arg)
{
	struct relay *r = arg;
	uint8_t b[DTLS_MAX_DATAGRAM];
	struct sockaddr_in6 from;
	socklen_t from_len = sizeof(from);

	ssize_t n = recvfrom(fd, b, sizeof(b), 0, (struct sockaddr *)&from, &from_len);
	if (n >= 0)
		relay_one(r, b, (size_t)n, &from);
}

void relay_open(struct relay *r, uint16_t server_port)
{
	struct sockaddr_in6 a = world_addr(0);

	memset(r, 0, sizeof(*r));
	r->server = world_addr(server_port);
	r->drop_from = UINT32_MAX;
	r->fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(r->fd, 0);
	ck_assert_int_eq(bind(r->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	r->watch = evl_fd_new(loop, r->fd, on_relay, r);
	ck_assert_ptr_nonnull(r->watch);
}

void relay_close(struct relay *r)
{
	evl_fd_free(r->watch);
	close(r->fd);
}

uint16_t relay_port(const struct relay *r)
{
	struct sockaddr_in6 a;
	socklen_t len = sizeof(a);

	ck_assert_int_eq(getsockname(r->fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin6_port);
}

const struct relay_log *relay_cookie_hello(const struct relay *r)
{
	unsigned int i = 0;

	while (i < r->seen && i < MAX_LOG && !is_cookie_hello(r->log[i].b, r->log[i].len))
		i++;
	ck_assert_uint_lt(i, MAX_LOG);
	ck_assert_uint_lt(i, r->seen);
	return &r->log[i];
}

void relay_inject(struct relay *r, const void *data, size_t len)
{
	ck_assert_int_eq(
		sendto(r->fd, data, len, 0, (struct sockaddr *)&r->server, sizeof(r->server)),
		(ssize_t)len);
}
