/* SPDX-License-Identifier: ISC */
/* The kernel is played by a second socket in a process of its own (NETLINK_USERSOCK): it answers as
 * a script of steps says. */
#include "link/nlxfer.h"
#include "unit.h"

#include <errno.h>
#include <netlink/msg.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER 0x20 /* a message type of nobody */

static struct nl_sock *sock;
static int kernel;
static pid_t child;
static uint32_t port; /* of the process under test */
static unsigned int answers;
static uint8_t last;

static void answer(uint32_t seq, uint16_t type, int flags, int32_t value)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = port};
	struct {
		struct nlmsghdr hdr;
		int32_t value;
	} m = {.hdr = {.nlmsg_len = sizeof(m),
		       .nlmsg_type = type,
		       .nlmsg_flags = (uint16_t)flags,
		       .nlmsg_seq = seq},
	       .value = value};

	if (sendto(kernel, &m, sizeof(m), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		_exit(1);
}

static uint32_t request(void)
{
	struct nlmsghdr hdr;

	if (recv(kernel, &hdr, sizeof(hdr), MSG_TRUNC) < (ssize_t)sizeof(hdr))
		_exit(1);
	return hdr.nlmsg_seq;
}

/* Sockets for both, and the kernel's process. */
static void begin(void (*script)(void))
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK};
	const struct timeval wait = {.tv_usec = 100000};
	socklen_t len = sizeof(name);

	kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);
	ck_assert_int_ge(kernel, 0);
	ck_assert_int_eq(bind(kernel, (struct sockaddr *)&name, sizeof(name)), 0);
	ck_assert_int_eq(getsockname(kernel, (struct sockaddr *)&name, &len), 0);
	sock = nlxfer_connect(NETLINK_USERSOCK);
	ck_assert_ptr_nonnull(sock);
	nl_socket_set_peer_port(sock, name.nl_pid);
	port = nl_socket_get_local_port(sock);
	ck_assert_int_eq(
		setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)),
		0);
	answers = 0;
	child = fork();
	if (child == 0) {
		script();
		_exit(0);
	}
}

static void end(void)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	nl_socket_free(sock);
	close(kernel);
}

static void on_answer(struct nlmsghdr *hdr, void *arg)
{
	(void)arg;
	answers++;
	last = *(uint8_t *)nlmsg_data(hdr);
}

static int ask(void)
{
	return nlxfer(sock, nlmsg_alloc_simple(ANSWER, 0), on_answer, NULL);
}

static void acknowledged(void)
{
	uint32_t seq = request();

	answer(seq, ANSWER, 0, 7);
	answer(seq, NLMSG_ERROR, 0, 0);
	seq = request();
	answer(seq, NLMSG_ERROR, 0, -EEXIST);
	seq = request();
	answer(seq, ANSWER, NLM_F_MULTI, 1);
	answer(seq, ANSWER, NLM_F_MULTI, 2);
	answer(seq, NLMSG_DONE, NLM_F_MULTI, 0);
	seq = request();
	answer(seq, NLMSG_DONE, NLM_F_MULTI, -EMSGSIZE);
}

START_TEST(answers_and_errors)
{
	begin(acknowledged);
	ck_assert_int_eq(ask(), 0);
	ck_assert_uint_eq(answers, 1);
	ck_assert_uint_eq(last, 7);
	ck_assert_int_eq(ask(), -EEXIST);
	ck_assert_uint_eq(answers, 1);
	ck_assert_int_eq(ask(), 0);
	ck_assert_uint_eq(answers, 3);
	ck_assert_uint_eq(last, 2);
	ck_assert_int_eq(ask(), -EMSGSIZE);
	ck_assert_int_eq(nlxfer(sock, NULL, NULL, NULL), -ENOMEM);
	end();
}
END_TEST

/* The first request is answered only when the second is there, and before it. */
static void late(void)
{
	uint32_t first = request(), second = request();

	answer(first, ANSWER, 0, 1);
	answer(first, NLMSG_ERROR, 0, -EPERM);
	answer(second, ANSWER, 0, 2);
	answer(second, NLMSG_ERROR, 0, 0);
}

START_TEST(late_answers_are_of_no_other_request)
{
	begin(late);
	ck_assert_int_eq(ask(), -ETIMEDOUT);
	ck_assert_uint_eq(answers, 0);
	ck_assert_int_eq(ask(), 0);
	ck_assert_uint_eq(answers, 1);
	ck_assert_uint_eq(last, 2);
	end();
}
END_TEST

/* An acknowledgement with the right number, from a socket that was not asked. */
static void impostor(void)
{
	uint32_t seq = request();

	close(kernel);
	kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);
	answer(seq, ANSWER, 0, 1);
	answer(seq, NLMSG_ERROR, 0, 0);
}

START_TEST(strangers_are_not_heard)
{
	begin(impostor);
	ck_assert_int_eq(ask(), -ETIMEDOUT);
	ck_assert_uint_eq(answers, 0);
	end();
}
END_TEST

UNIT_MAIN("nlxfer", answers_and_errors, late_answers_are_of_no_other_request,
	  strangers_are_not_heard)
