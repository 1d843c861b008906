/* SPDX-License-Identifier: ISC */
#include "base/ctl.h"

#include "base/log.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH "run/ctl.socket"

static int calls; /* of any command */

/* "echo": the arguments joined, with a space after each. */
static int on_echo(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	char text[CTL_MAX_LINE] = "";
	const cJSON *item;
	(void)why;
	ck_assert_ptr_eq(arg, &calls);
	calls++;
	cJSON_ArrayForEach (item, args) {
		size_t len = strlen(text);
		snprintf(text + len, sizeof(text) - len, "%s ", item->valuestring);
	}
	ck_assert_ptr_nonnull(cJSON_AddStringToObject(result, "text", text));
	return 0;
}

static int on_refuse(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	(void)arg, (void)result;
	calls++;
	if (cJSON_GetArraySize(args) > 0)
		snprintf(why, CTL_WHY_LEN, "no: %s", cJSON_GetArrayItem(args, 0)->valuestring);
	return -EPERM;
}

/* "big N": N octets. */
static int on_big(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	size_t len = strtoul(cJSON_GetArrayItem(args, 0)->valuestring, NULL, 10);
	char *text = malloc(len + 1);
	(void)arg, (void)why;
	calls++;
	ck_assert_ptr_nonnull(text);
	memset(text, 'b', len);
	text[len] = '\0';
	ck_assert_ptr_nonnull(cJSON_AddStringToObject(result, "text", text));
	free(text);
	return 0;
}

static const struct ctl_command commands[] = {
	{"echo", 0, 3, on_echo},
	{"refuse", 0, 1, on_refuse},
	{"big", 1, 1, on_big},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void answers_octets(const char *line, size_t len, const char *wanted)
{
	char *answer = ctl_answer(commands, N_COMMANDS, &calls, line, len);
	ck_assert_ptr_nonnull(answer);
	ck_assert_str_eq(answer, wanted);
	free(answer);
}

static void answers(const char *line, const char *wanted)
{
	answers_octets(line, strlen(line), wanted);
}

#define OK(text)    "{\"v\":1,\"ok\":true,\"result\":{\"text\":\"" text "\"}}\n"
#define ERROR(text) "{\"v\":1,\"ok\":false,\"error\":\"" text "\"}\n"
#define ECHO        "{\"v\":1,\"cmd\":\"echo\",\"args\":[\"a\",\"b\"]}"

START_TEST(answers_a_request)
{
	answers(ECHO, OK("a b "));
	answers(" { \"args\" : [\"a\\u00e9\"] , \"v\" : 1.0 , \"cmd\" : \"echo\" } \r",
		OK("a\u00e9 "));
	answers("{\"v\":1,\"cmd\":\"echo\"}", OK(""));
	answers("{\"v\":1,\"cmd\":\"echo\",\"more\":{}}", OK(""));
	ck_assert_int_eq(calls, 4);
}
END_TEST

START_TEST(answers_a_refusal)
{
	answers("{\"v\":1,\"cmd\":\"refuse\",\"args\":[\"why not\"]}", ERROR("no: why not"));
	answers("{\"v\":1,\"cmd\":\"refuse\"}", ERROR("failed"));
	/* What a client sent comes back to an operator's terminal only as printable ASCII. */
	answers("{\"v\":1,\"cmd\":\"refuse\",\"args\":[\"\\u001b[2J\\n\\u00e9\"]}",
		ERROR("no: ?[2J???"));
}
END_TEST

START_TEST(refuses_wrong_commands)
{
	answers("{\"v\":1,\"cmd\":\"ech\"}", ERROR("no such command: ech"));
	answers("{\"v\":1,\"cmd\":\"\"}", ERROR("no such command: "));
	answers("{\"v\":1,\"cmd\":\"echo\",\"args\":[\"1\",\"2\",\"3\",\"4\"]}",
		ERROR("echo takes 0 to 3 arguments, not 4"));
	answers("{\"v\":1,\"cmd\":\"big\"}", ERROR("big takes 1 to 1 arguments, not 0"));
	ck_assert_int_eq(calls, 0);
}
END_TEST

START_TEST(refuses_rubbish)
{
	static const char not_json[] = ERROR("a request is one JSON object on one line");
	static const char bad_args[] = ERROR("\\\"args\\\" is an array of strings");
	answers("", not_json);
	answers("hello", not_json);
	answers("[1]", not_json);
	answers("\"cmd\"", not_json);
	answers(ECHO ECHO, not_json);
	answers("{\"v\":1,\"cmd\":\"echo\"", not_json);
	answers_octets(ECHO "\0", sizeof(ECHO), not_json);
	answers("{}", ERROR("a request has a version \\\"v\\\""));
	answers("{\"v\":\"1\"}", ERROR("a request has a version \\\"v\\\""));
	answers("{\"v\":2,\"cmd\":\"echo\"}",
		ERROR("this version of the protocol is not spoken here"));
	answers("{\"v\":1}", ERROR("a request has a command \\\"cmd\\\""));
	answers("{\"v\":1,\"cmd\":5}", ERROR("a request has a command \\\"cmd\\\""));
	answers("{\"v\":1,\"cmd\":\"echo\",\"args\":\"a\"}", bad_args);
	answers("{\"v\":1,\"cmd\":\"echo\",\"args\":[1]}", bad_args);
	answers("{\"v\":1,\"cmd\":\"echo\",\"args\":{\"a\":\"b\"}}", bad_args);
	answers("{\"v\":1,\"cmd\":\"echo\",\"args\":null}", bad_args);
	ck_assert_int_eq(calls, 0);
}
END_TEST

START_TEST(bounds_the_line_and_the_answer)
{
	char line[CTL_MAX_LINE + 2];
	memset(line, ' ', sizeof(line));
	memcpy(line, ECHO, strlen(ECHO));
	answers_octets(line, CTL_MAX_LINE, OK("a b "));
	answers_octets(line, CTL_MAX_LINE + 1, ERROR("a request is one JSON object on one line"));
	memset(line, '[', CTL_MAX_LINE);
	answers_octets(line, CTL_MAX_LINE, ERROR("a request is one JSON object on one line"));
	answers("{\"v\":1,\"cmd\":\"big\",\"args\":[\"4194304\"]}",
		ERROR("the answer is too long"));
}
END_TEST

/* --- the server, on a test loop --- */

static struct evl *loop;
static struct ctl_server *srv;

static void serve(void)
{
	unit_enter_dir();
	loop = evl_new_test();
	ck_assert_int_eq(ctl_server_new(&srv, loop, PATH, commands, N_COMMANDS, &calls), 0);
}

static void stop(void)
{
	ctl_server_free(srv);
	evl_free(loop);
	ck_assert_int_ne(access(PATH, F_OK), 0);
}

static void poll_often(void)
{
	for (int i = 0; i < 50; i++)
		evl_test_poll(loop);
}

static int connect_client(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void send_text(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	poll_often();
}

/* What there is to read is just this. */
static void receives(int fd, const char *wanted)
{
	char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
	ck_assert_msg(n >= 0, "nothing to read, wanted %s", wanted);
	text[n] = '\0';
	ck_assert_str_eq(text, wanted);
}

static void receives_nothing(int fd)
{
	char octet;
	ck_assert_int_eq(recv(fd, &octet, 1, 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

static void is_closed(int fd)
{
	char octet;
	ssize_t n = recv(fd, &octet, 1, 0);
	ck_assert(n == 0 || (n < 0 && errno == ECONNRESET));
	close(fd);
}

START_TEST(serves_requests_in_turn)
{
	serve();
	int fd = connect_client();
	send_text(fd, ECHO "\n");
	receives(fd, OK("a b "));
	send_text(fd, ECHO "\n{\"v\":1,\"cmd\":\"no\"}\n" ECHO);
	receives(fd, OK("a b ") ERROR("no such command: no"));
	receives_nothing(fd);
	for (const char *c = "\n{\"v\":1,\"cmd\":\"echo\"}\n"; *c; c++)
		send_text(fd, (const char[]){*c, '\0'});
	receives(fd, OK("a b ") OK(""));
	close(fd);
	stop();
}
END_TEST

START_TEST(half_closed_clients_get_their_answer)
{
	serve();
	int fd = connect_client();
	ck_assert_int_gt(send(fd, ECHO "\n", strlen(ECHO "\n"), 0), 0);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	poll_often();
	receives(fd, OK("a b "));
	is_closed(fd);
	stop();
}
END_TEST

START_TEST(rubbish_is_answered_and_closed)
{
	serve();
	int fd = connect_client(), other = connect_client();
	send_text(fd, "GET / HTTP/1.0\n" ECHO "\n");
	receives(fd, ERROR("a request is one JSON object on one line"));
	is_closed(fd);
	ck_assert_int_eq(calls, 0);
	send_text(other, ECHO "\n");
	receives(other, OK("a b "));
	close(other);
	stop();
}
END_TEST

START_TEST(endless_lines_are_closed)
{
	char text[CTL_MAX_LINE + 2];
	memset(text, 'x', sizeof(text));
	text[CTL_MAX_LINE] = '\0';
	serve();
	int fd = connect_client();
	send_text(fd, text);
	receives_nothing(fd);
	send_text(fd, "x");
	receives(fd, ERROR("a request is one JSON object on one line"));
	is_closed(fd);
	stop();
}
END_TEST

START_TEST(clients_are_bounded)
{
	int fds[CTL_MAX_CLIENTS];
	serve();
	for (int i = 0; i < CTL_MAX_CLIENTS; i++) {
		fds[i] = connect_client();
		poll_often();
	}
	int fd = connect_client();
	poll_often();
	receives(fd, ERROR("too many clients at once: end one of them, such as a kmpctl that "
			   "watches or waits, and try again"));
	is_closed(fd);
	close(fds[0]);
	poll_often();
	fds[0] = connect_client();
	send_text(fds[0], ECHO "\n");
	receives(fds[0], OK("a b "));
	/* The others are closed when they stay idle. */
	evl_test_advance(loop, CTL_IDLE_MS - 1);
	send_text(fds[1], ECHO "\n");
	receives(fds[1], OK("a b "));
	evl_test_advance(loop, 1);
	receives_nothing(fds[1]);
	for (int i = 2; i < CTL_MAX_CLIENTS; i++)
		is_closed(fds[i]);
	stop();
	is_closed(fds[1]);
}
END_TEST

#define TEN(text) text text text text text text text text text text

START_TEST(slow_readers_hold_up_only_themselves)
{
	static char text[1 << 20];
	size_t len = 0;
	serve();
	int fd = connect_client(), other = connect_client();
	send_text(fd, "{\"v\":1,\"cmd\":\"big\",\"args\":[\"1000000\"]}\n");
	ck_assert_int_eq(calls, 1);
	/* More than the server has room for; not served while the answer is not taken. */
	for (int i = 0; i < 30; i++)
		send_text(fd, TEN(ECHO "\n"));
	ck_assert_int_eq(calls, 1);
	send_text(other, ECHO "\n");
	receives(other, OK("a b "));
	ck_assert_int_eq(calls, 2);
	for (int i = 0; i < 500; i++) {
		ssize_t n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
		poll_often();
	}
	ck_assert_int_eq(calls, 302);
	ck_assert_uint_eq(len, 1000000 + strlen(OK("")) + 300 * strlen(OK("a b ")));
	close(fd);
	close(other);
	stop();
}
END_TEST

START_TEST(who_never_reads_is_closed)
{
	serve();
	int fd = connect_client();
	send_text(fd, "{\"v\":1,\"cmd\":\"big\",\"args\":[\"4000000\"]}\n");
	evl_test_advance(loop, CTL_IDLE_MS);
	static char text[4000000];
	size_t len = 0;
	ssize_t n;
	while ((n = recv(fd, text, sizeof(text), 0)) > 0)
		len += (size_t)n;
	ck_assert_int_eq(n, 0);
	ck_assert_uint_lt(len, 4000000);
	close(fd);
	stop();
}
END_TEST

START_TEST(a_client_that_hangs_up_is_forgotten)
{
	serve();
	for (int i = 0; i < 3 * CTL_MAX_CLIENTS; i++) {
		int fd = connect_client();
		send_text(fd, "{\"v\":1,\"cmd\":\"big\",\"args\":[\"1000000\"]}\n");
		close(fd); /* with the answer under way */
		poll_often();
	}
	ck_assert_int_eq(calls, 3 * CTL_MAX_CLIENTS);
	stop();
}
END_TEST

START_TEST(the_socket_is_private_and_replaces_a_stale_one)
{
	struct ctl_server *second;
	struct stat st;
	umask(0);
	serve();
	ck_assert_int_eq(stat("run", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0750);
	ck_assert_int_eq(stat(PATH, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(ctl_server_new(&second, loop, PATH, commands, N_COMMANDS, &calls),
			 -EADDRINUSE);
	ck_assert_ptr_null(second);
	ck_assert_int_eq(access(PATH, F_OK), 0);
	stop();

	/* A daemon that was killed leaves its socket. */
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	loop = evl_new_test();
	ck_assert_int_eq(ctl_server_new(&srv, loop, PATH, commands, N_COMMANDS, &calls), 0);
	fd = connect_client();
	send_text(fd, ECHO "\n");
	receives(fd, OK("a b "));
	close(fd);
	stop();
}
END_TEST

START_TEST(places_that_are_refused)
{
	char path[200];
	unit_enter_dir();
	loop = evl_new_test();
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(ctl_server_new(&srv, loop, path, commands, N_COMMANDS, &calls),
			 -ENAMETOOLONG);
	ck_assert_int_eq(ctl_server_new(&srv, loop, "", commands, N_COMMANDS, &calls), -EINVAL);
	ck_assert_ptr_nonnull(strstr(ctl_server_hint(-ENOENT), "make its directory"));
	ck_assert_int_eq(ctl_server_new(&srv, loop, "a/b/c", commands, N_COMMANDS, &calls),
			 -ENOENT);
	close(open("file", O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(ctl_server_new(&srv, loop, "file", commands, N_COMMANDS, &calls), -EEXIST);
	ck_assert_int_eq(access("file", F_OK), 0);
	ck_assert_ptr_null(srv);
	ctl_server_free(NULL);
	evl_free(loop);
}
END_TEST

/* --- the client --- */

static char why[CTL_WHY_LEN];

static void on_child_done(int signum, void *arg)
{
	(void)signum, (void)arg;
	evl_stop(loop);
}

/* A real loop serves until the child has ended; its exit status. */
static int served_child(int (*fn)(void))
{
	int status;
	unit_enter_dir();
	loop = evl_new();
	ck_assert_int_eq(evl_signal(loop, SIGCHLD, on_child_done, NULL), 0);
	ck_assert_int_eq(ctl_server_new(&srv, loop, PATH, commands, N_COMMANDS, &calls), 0);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(fn());
	ck_assert_int_eq(evl_run(loop), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	stop();
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int call_all(void)
{
	static const char *const args[] = {"1", "two words"}, *const big[] = {"3000000"};
	static char huge[CTL_MAX_LINE];
	const char *const huge_args[] = {huge};
	cJSON *result;

	if (ctl_call(PATH, "echo", args, 2, 5000, &result, why) != 0 ||
	    strcmp(cJSON_GetObjectItem(result, "text")->valuestring, "1 two words ") != 0)
		return 1;
	cJSON_Delete(result);
	if (ctl_call(PATH, "big", big, 1, 5000, &result, why) != 0 ||
	    strlen(cJSON_GetObjectItem(result, "text")->valuestring) != 3000000)
		return 2;
	cJSON_Delete(result);
	if (ctl_call(PATH, "refuse", args, 1, 5000, &result, why) != -EREMOTEIO || result ||
	    strcmp(why, "no: 1") != 0)
		return 3;
	memset(huge, 'h', sizeof(huge) - 1);
	if (ctl_call(PATH, "echo", huge_args, 1, 5000, &result, why) != -EMSGSIZE || result)
		return 4;
	return 0;
}

START_TEST(calls_and_gets_results)
{
	ck_assert_int_eq(served_child(call_all), 0);
	ck_assert_int_eq(calls, 3);
}
END_TEST

START_TEST(nobody_answers)
{
	cJSON *result = (cJSON *)&calls;
	unit_enter_dir();
	ck_assert_int_eq(ctl_call("none", "echo", NULL, 0, 100, &result, why), -ENOENT);
	ck_assert_str_eq(why, "no answer at none: No such file or directory");
	ck_assert_ptr_null(result);

	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "silent"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(ctl_call("silent", "echo", NULL, 0, 100, &result, why), -ECONNREFUSED);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(ctl_call("silent", "echo", NULL, 0, 50, &result, why), -ETIMEDOUT);
	ck_assert_int_eq(ctl_call("silent", "echo", NULL, 0, 50, &result, why), -ETIMEDOUT);
	/* By now the queue of connections is full. */
	ck_assert_int_eq(ctl_call("silent", "echo", NULL, 0, 50, &result, why), -ETIMEDOUT);
	ck_assert_str_eq(why, "no answer at silent: Connection timed out");
	close(fd);
}
END_TEST

/* Call a server that answers with `text` and hangs up. */
static int call_with_answer(const char *text, cJSON **result)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "fake"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), status;
	unlink("fake");
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char line[CTL_MAX_LINE];
		int client = accept(fd, NULL, NULL);
		bool sent = recv(client, line, sizeof(line), 0) > 0 &&
			    send(client, text, strlen(text), 0) == (ssize_t)strlen(text);
		_exit(sent ? 0 : 1);
	}
	int r = ctl_call("fake", "echo", NULL, 0, 5000, result, why);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(fd);
	return r;
}

START_TEST(answers_that_are_no_answers)
{
	static const struct {
		const char *answer;
		int r;
		const char *why;
	} cases[] = {
		{"", -ECONNRESET, "no answer at fake: Connection reset by peer"},
		{"{\"v\":1,\"ok\":true,\"result\":{}}", -ECONNRESET,
		 "no answer at fake: Connection reset by peer"},
		{"hello\n", -EPROTO, "what answers is no daemon of wpan-kmp"},
		{"{\"v\":1}\n", -EPROTO, "what answers is no daemon of wpan-kmp"},
		{"{\"v\":3,\"ok\":true,\"result\":{}}\n", -EPROTO,
		 "the daemon speaks version 3 of the protocol, not 1"},
		{"{\"v\":1,\"ok\":true}\n", -EPROTO, "the daemon's answer has no result"},
		{"{\"v\":1,\"ok\":true,\"result\":[]}\n", -EPROTO,
		 "the daemon's answer has no result"},
		{"{\"v\":1,\"ok\":false,\"error\":\"busy\"}\n", -EREMOTEIO, "busy"},
		{"{\"v\":1,\"ok\":true,\"result\":{}}\nmore", 0, NULL},
	};
	cJSON *result;
	unit_enter_dir();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = call_with_answer(cases[i].answer, &result);
		ck_assert_msg(r == cases[i].r, "%s: %d", cases[i].answer, r);
		ck_assert((result != NULL) == (r == 0));
		if (cases[i].why)
			ck_assert_str_eq(why, cases[i].why);
		cJSON_Delete(result);
	}
}
END_TEST

UNIT_MAIN("ctl", answers_a_request, answers_a_refusal, refuses_wrong_commands, refuses_rubbish,
	  bounds_the_line_and_the_answer, serves_requests_in_turn,
	  half_closed_clients_get_their_answer, rubbish_is_answered_and_closed,
	  endless_lines_are_closed, clients_are_bounded, slow_readers_hold_up_only_themselves,
	  who_never_reads_is_closed, a_client_that_hangs_up_is_forgotten,
	  the_socket_is_private_and_replaces_a_stale_one, places_that_are_refused,
	  calls_and_gets_results, nobody_answers, answers_that_are_no_answers)
