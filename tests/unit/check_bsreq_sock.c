/* SPDX-License-Identifier: ISC */
/* Real raw sockets over the loopback interface of a network namespace that each test makes for
 * itself, in a user namespace where it need not be root. Skipped where that is not permitted. */
#include "link/bsreq_sock.h"

#include "link/bpf/bslayer_maps.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED  77 /* Automake's exit status */
#define LO_INDEX 1  /* of lo in every network namespace */

#define OWN     "2001:db8::1" /* addresses of lo */
#define OTHER   "2001:db8::2"
#define NEAR    "fe80::11:22ff:fe33:4455"
#define FOREIGN "2001:db8:1::99" /* no address of this host */

static struct evl *evl;
static struct bsreq_sock *sock;
static struct bsreq_packet got[300];
static size_t n_got;

static const struct bsreq jsr = {.code = BSREQ_JSR, .eui = {{0x02, 0, 0, 0, 0, 0, 0, 0x07}}};
static const struct bsreq ssr = {
	.code = BSREQ_SSR, .lifetime = 1440, .eui = {{0x02, 0, 0, 0, 0, 0, 0, 0x07}}};

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static void on_packet(const struct bsreq_packet *p, void *arg)
{
	ck_assert_ptr_eq(arg, got);
	ck_assert_uint_lt(n_got, sizeof(got) / sizeof(got[0]));
	got[n_got++] = *p;
}

/* Wait at most two seconds for `n` packets in all, then see that no more come. */
static void expect_packets(size_t n)
{
	for (int i = 0; i < 200 && n_got < n; i++) {
		evl_test_poll(evl);
		if (n_got < n)
			usleep(10000);
	}
	evl_test_poll(evl);
	ck_assert_uint_eq(n_got, n);
}

/* --- the namespace --- */

static bool enter_namespace(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 || unshare(CLONE_NEWNET) == 0;
}

/* The kernel finishes an address a moment later; only then it can be bound to. */
static void add_address(int fd, const char *text, uint32_t prefix_len)
{
	struct {
		struct in6_addr addr;
		uint32_t prefix_len;
		int ifindex;
	} request = {addr(text), prefix_len, LO_INDEX}; /* struct in6_ifreq of linux/ipv6.h */
	struct sockaddr_in6 own = {
		.sin6_family = AF_INET6, .sin6_addr = request.addr, .sin6_scope_id = LO_INDEX};
	int probe = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6), r = -1;

	ck_assert_msg(ioctl(fd, SIOCSIFADDR, &request) == 0, "%s: %s", text, strerror(errno));
	for (int i = 0; i < 200 && r < 0; i++) {
		r = bind(probe, (struct sockaddr *)&own, sizeof(own));
		if (r < 0)
			usleep(10000);
	}
	ck_assert_msg(r == 0, "%s: %s", text, strerror(errno));
	close(probe);
}

static void bring_lo_up(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	add_address(fd, OWN, 128);
	add_address(fd, OTHER, 128);
	add_address(fd, NEAR, 64);
	close(fd);
}

static void setup(const char *ifname)
{
	ck_assert(enter_namespace());
	bring_lo_up();
	n_got = 0;
	evl = evl_new_test();
	ck_assert_int_eq(bsreq_sock_new(&sock, evl, ifname, BSREQ_TYPE_DEFAULT, on_packet, got), 0);
}

static void teardown(void)
{
	bsreq_sock_free(sock);
	evl_free(evl);
}

/* --- sending and receiving --- */

static int send_text(const struct bsreq *req, const char *src, const char *dst, unsigned ifindex)
{
	struct in6_addr from = src ? addr(src) : in6addr_any, to = addr(dst);

	return bsreq_sock_send(sock, req, src ? &from : NULL, &to, ifindex);
}

static void expect_packet(const struct bsreq_packet *p, const struct bsreq *req, const char *src,
			  const char *dst, uint32_t mark)
{
	char text[INET6_ADDRSTRLEN];

	ck_assert_int_eq(p->req.code, req->code);
	ck_assert_uint_eq(p->req.lifetime, req->lifetime);
	ck_assert(eui64_equal(&p->req.eui, &req->eui));
	ck_assert_str_eq(inet_ntop(AF_INET6, &p->src, text, sizeof(text)), src);
	ck_assert_str_eq(inet_ntop(AF_INET6, &p->dst, text, sizeof(text)), dst);
	ck_assert_uint_eq(p->ifindex, LO_INDEX);
	ck_assert_uint_eq(p->mark, mark);
}

START_TEST(jsr_goes_from_node_to_ct)
{
	setup(NULL);
	ck_assert_int_eq(send_text(&jsr, OWN, OTHER, 0), 0);
	ck_assert_int_eq(send_text(&jsr, NULL, OTHER, LO_INDEX), 0);
	expect_packets(2);
	expect_packet(&got[0], &jsr, OWN, OTHER, 0);
	expect_packet(&got[1], &jsr, OTHER, OTHER, 0); /* the kernel's choice of a source */
	ck_assert_uint_eq(bsreq_sock_malformed(sock), 0);
	teardown();
}
END_TEST

/* Over lo the mark that egress would see arrives as that of the packet. */
START_TEST(ssr_is_marked_to_leave_secured)
{
	setup("lo");
	ck_assert_int_eq(send_text(&ssr, NEAR, NEAR, LO_INDEX), 0);
	ck_assert_int_eq(send_text(&jsr, NEAR, NEAR, LO_INDEX), 0);
	ck_assert_int_eq(send_text(&ssr, NULL, NEAR, LO_INDEX), 0);
	expect_packets(3);
	expect_packet(&got[0], &ssr, NEAR, NEAR, LINK_MARK_TX_SECURED);
	expect_packet(&got[1], &jsr, NEAR, NEAR,
		      0); /* the mark was that packet's, not the socket's */
	expect_packet(&got[2], &ssr, NEAR, NEAR, LINK_MARK_TX_SECURED);
	teardown();
}
END_TEST

START_TEST(forwarding_keeps_the_source)
{
	struct in6_addr from, to = addr(OTHER);
	struct bsreq other = jsr;
	char src[INET6_ADDRSTRLEN];

	setup("lo");
	/* Various sums: each is verified by the kernel, which drops what is wrong. */
	for (unsigned int i = 0; i < 256; i++) {
		snprintf(src, sizeof(src), "2001:db8:1:%x::%x", i * 256 + 1, 0xffff - i);
		from = addr(src);
		other.eui.b[4] = (uint8_t)i;
		other.lifetime = (uint16_t)(i * 255);
		ck_assert_int_eq(bsreq_sock_forward(sock, &other, &from, &to), 0);
		expect_packets(i + 1);
		expect_packet(&got[i], &other, src, OTHER, 0);
	}
	/* What bsreq_sock_send() cannot do. */
	ck_assert_int_lt(send_text(&jsr, FOREIGN, OTHER, 0), 0);
	teardown();
}
END_TEST

/* A plain socket that sees whole packets. */
static int open_witness(int protocol)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, protocol), on = 1;
	struct timeval limit = {.tv_sec = 2};

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	return fd;
}

/* Receive one message into `octets`; returns its hop limit. */
static int witness(int fd, uint8_t *octets, size_t cap, size_t *len)
{
	struct iovec iov = {.iov_base = octets, .iov_len = cap};
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &msg, 0);
	struct cmsghdr *c;
	int hops;

	ck_assert_int_gt(n, 0);
	*len = (size_t)n;
	c = CMSG_FIRSTHDR(&msg);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(c->cmsg_type, IPV6_HOPLIMIT);
	memcpy(&hops, CMSG_DATA(c), sizeof(hops));
	return hops;
}

/* Section 5.3.1: figure 3 with a checksum, hop limit MULTIHOP_HOPLIMIT. */
START_TEST(octets_and_hop_limit_are_as_specified)
{
	struct in6_addr from = addr(FOREIGN), to = addr(OTHER);
	uint8_t octets[64], expected[BSREQ_MAX_LEN];
	size_t len;
	int fd;

	setup(NULL);
	fd = open_witness(IPPROTO_ICMPV6);
	for (int forwarded = 0; forwarded < 2; forwarded++) {
		if (forwarded)
			ck_assert_int_eq(bsreq_sock_forward(sock, &jsr, &from, &to), 0);
		else
			ck_assert_int_eq(send_text(&jsr, OWN, OTHER, 0), 0);
		ck_assert_int_eq(witness(fd, octets, sizeof(octets), &len), 64);
		ck_assert_uint_eq(len, BSREQ_LEN);
		ck_assert(octets[2] != 0 || octets[3] != 0);
		bsreq_build(BSREQ_TYPE_DEFAULT, &jsr, expected);
		memcpy(&expected[2], &octets[2], 2);
		ck_assert_mem_eq(octets, expected, BSREQ_LEN);
	}
	close(fd);
	teardown();
}
END_TEST

/* --- what others send --- */

static void inject(int fd, const void *octets, size_t len)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = addr(OTHER)};

	ck_assert_int_eq(sendto(fd, octets, len, 0, (struct sockaddr *)&to, sizeof(to)),
			 (ssize_t)len);
}

START_TEST(malformed_messages_are_counted)
{
	static const struct bsreq nobody = {.code = BSREQ_SSR};
	uint8_t octets[BSREQ_LEN + 20] = {0};
	int fd;

	setup(NULL);
	fd = open_witness(IPPROTO_ICMPV6); /* the kernel fills in the checksum */
	bsreq_build(BSREQ_TYPE_DEFAULT, &jsr, octets);
	inject(fd, octets, BSREQ_LEN - 1);
	inject(fd, octets, 4);
	octets[1] = 3;
	inject(fd, octets, BSREQ_LEN);
	bsreq_build(BSREQ_TYPE_DEFAULT, &nobody, octets);
	inject(fd, octets, BSREQ_LEN);
	expect_packets(0);
	ck_assert_uint_eq(bsreq_sock_malformed(sock), 4);

	bsreq_build(201, &jsr, octets); /* another type is not for us */
	inject(fd, octets, BSREQ_LEN);
	bsreq_build(BSREQ_TYPE_DEFAULT, &jsr, octets);
	inject(fd, octets, sizeof(octets)); /* longer is allowed */
	expect_packets(1);
	ck_assert_int_eq(got[0].req.code, BSREQ_JSR);
	ck_assert_uint_eq(bsreq_sock_malformed(sock), 4);
	close(fd);
	teardown();
}
END_TEST

START_TEST(wrong_checksum_never_arrives)
{
	struct {
		struct ip6_hdr ip;
		uint8_t icmp[BSREQ_MAX_LEN];
	} packet = {.ip = {.ip6_flow = htonl(6u << 28),
			   .ip6_plen = htons(BSREQ_LEN),
			   .ip6_nxt = IPPROTO_ICMPV6,
			   .ip6_hlim = 64,
			   .ip6_src = addr(FOREIGN),
			   .ip6_dst = addr(OTHER)}};
	struct in6_addr from = addr(FOREIGN), to = addr(OTHER);
	int fd;

	setup(NULL);
	fd = open_witness(IPPROTO_RAW);
	bsreq_build(BSREQ_TYPE_DEFAULT, &jsr, packet.icmp);
	packet.icmp[2] = 0x12;
	inject(fd, &packet, sizeof(packet.ip) + BSREQ_LEN);
	ck_assert_int_eq(bsreq_sock_forward(sock, &ssr, &from, &to), 0);
	expect_packets(1);
	expect_packet(&got[0], &ssr, FOREIGN, OTHER, 0);
	ck_assert_uint_eq(bsreq_sock_malformed(sock), 0);
	close(fd);
	teardown();
}
END_TEST

START_TEST(a_full_queue_is_read_to_its_end)
{
	setup(NULL);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(send_text(&jsr, OWN, OTHER, 0), 0);
	expect_packets(100);
	teardown();
}
END_TEST

START_TEST(types_do_not_mix)
{
	struct bsreq_sock *other;

	setup(NULL);
	ck_assert_int_eq(bsreq_sock_new(&other, evl, NULL, 201, on_packet, got), 0);
	ck_assert_int_eq(send_text(&jsr, OWN, OTHER, 0), 0);
	expect_packets(1);
	bsreq_sock_free(other);
	teardown();
}
END_TEST

START_TEST(errors_are_told)
{
	struct in6_addr from = addr(FOREIGN), away = addr("2001:db8:2::1");
	struct bsreq_sock *other = NULL;

	setup(NULL);
	ck_assert_int_eq(bsreq_sock_new(&other, evl, "nosuch0", 200, on_packet, got), -ENODEV);
	ck_assert_ptr_null(other);
	ck_assert_int_eq(send_text(&jsr, NULL, "2001:db8:2::1", 0), -ENETUNREACH);
	ck_assert_int_eq(bsreq_sock_forward(sock, &jsr, &from, &away), -ENETUNREACH);
	ck_assert_int_lt(send_text(&ssr, NULL, NEAR, 4711), 0); /* no such interface */
	teardown();
}
END_TEST

/* In a process of its own: may it make namespaces with raw sockets in them? */
static bool permitted(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(enter_namespace() && socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6) >= 0 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

int main(void)
{
	const TTest *const tests[] = {jsr_goes_from_node_to_ct,
				      ssr_is_marked_to_leave_secured,
				      forwarding_keeps_the_source,
				      octets_and_hop_limit_are_as_specified,
				      malformed_messages_are_counted,
				      wrong_checksum_never_arrives,
				      a_full_queue_is_read_to_its_end,
				      types_do_not_mix,
				      errors_are_told};

	if (!permitted()) {
		puts("SKIPPED: user and network namespaces are not permitted here");
		return SKIPPED;
	}
	return unit_run("bsreq_sock", tests, sizeof(tests) / sizeof(tests[0]));
}
