/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "base/ctl.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_ROOM 4096 /* for an answer; doubled as it grows */

__attribute__((format(printf, 3, 4))) static int fail(int error, char why[CTL_WHY_LEN],
						      const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, CTL_WHY_LEN, fmt, args);
	va_end(args);
	return error;
}

/* The request as one line (heap); NULL without memory. */
static char *print_request(const char *cmd, const char *const *args, size_t n_args)
{
	cJSON *request = cJSON_CreateObject();
	char *text = NULL, *line = NULL;
	cJSON *array;

	if (cJSON_AddNumberToObject(request, "v", CTL_VERSION) &&
	    cJSON_AddStringToObject(request, "cmd", cmd) &&
	    (array = cJSON_AddArrayToObject(request, "args"))) {
		bool complete = true;
		for (size_t i = 0; complete && i < n_args; i++)
			complete = cJSON_AddItemToArray(array, cJSON_CreateString(args[i]));
		if (complete)
			text = cJSON_PrintUnformatted(request);
	}
	cJSON_Delete(request);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	cJSON_free(text);
	return line;
}

/* Connect to the daemon. Returns the descriptor or -errno. */
static int open_socket(const char *path, int timeout_ms)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Bounds connect() and send(). */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int r = errno == EAGAIN ? -ETIMEDOUT : -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int send_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* Wait for something to read until `deadline_ms`, and read it. Returns its length or -errno;
 * -ECONNRESET at the end of the stream. */
static ssize_t receive_some(int fd, int64_t deadline_ms, char *dst, size_t room)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left_ms = deadline_ms - (int64_t)clock_steady_ms();
		int ready = poll(&poll_fd, 1, left_ms > 0 ? (int)left_ms : 0);
		if (ready == 0)
			return -ETIMEDOUT;
		ssize_t n = ready < 0 ? -1 : recv(fd, dst, room, MSG_DONTWAIT);
		if (n == 0)
			return -ECONNRESET;
		if (n > 0)
			return n;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

/* Read one line (heap, without its newline). Returns 0 or -errno. */
static int receive_line(int fd, int64_t deadline_ms, char **line)
{
	size_t len = 0, room = FIRST_ROOM;
	char *text = malloc(room), *newline = NULL;

	while (text && !newline) {
		ssize_t n = receive_some(fd, deadline_ms, text + len, room - len);
		if (n < 0 || len + (size_t)n > CTL_MAX_ANSWER) {
			free(text);
			return n < 0 ? (int)n : -EPROTO;
		}
		newline = memchr(text + len, '\n', (size_t)n);
		len += (size_t)n;
		if (!newline && len == room) {
			char *larger = realloc(text, room *= 2);
			if (!larger)
				free(text);
			text = larger;
		}
	}
	if (!text)
		return -ENOMEM;
	*newline = '\0';
	*line = text;
	return 0;
}

static int parse_answer(const char *line, cJSON **result, char why[CTL_WHY_LEN])
{
	cJSON *answer = cJSON_Parse(line);
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(answer, "v");
	const cJSON *ok = cJSON_GetObjectItemCaseSensitive(answer, "ok");
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(answer, "error");
	int r = 0;

	if (!cJSON_IsNumber(version) || !cJSON_IsBool(ok)) {
		r = fail(-EPROTO, why, "what answers is no daemon of wpan-kmp");
	} else if (version->valuedouble != CTL_VERSION) {
		r = fail(-EPROTO, why, "the daemon speaks version %g of the protocol, not %d",
			 version->valuedouble, CTL_VERSION);
	} else if (!cJSON_IsTrue(ok)) {
		r = fail(-EREMOTEIO, why, "%s", cJSON_IsString(error) ? error->valuestring : "");
	} else {
		*result = cJSON_DetachItemFromObjectCaseSensitive(answer, "result");
		if (!cJSON_IsObject(*result)) {
			cJSON_Delete(*result);
			*result = NULL;
			r = fail(-EPROTO, why, "the daemon's answer has no result");
		}
	}
	cJSON_Delete(answer);
	return r;
}

/* Send one line and receive one, over a connection of their own. */
static int exchange(const char *path, const char *request, int timeout_ms, char **line)
{
	int64_t deadline_ms = (int64_t)clock_steady_ms() + timeout_ms;
	int fd = open_socket(path, timeout_ms);

	if (fd < 0)
		return fd;
	int r = send_all(fd, request);
	/* A server that turns clients away closes early, but has said why. */
	if (r == 0 || r == -EPIPE)
		r = receive_line(fd, deadline_ms, line);
	close(fd);
	return r;
}

int ctl_call(const char *path, const char *cmd, const char *const *args, size_t n_args,
	     int timeout_ms, cJSON **result, char why[CTL_WHY_LEN])
{
	char *request = print_request(cmd, args, n_args), *line = NULL;
	int r = 0;

	*result = NULL;
	if (!request)
		r = fail(-ENOMEM, why, "%s", strerror(ENOMEM));
	else if (strlen(request) > CTL_MAX_LINE + 1)
		r = fail(-EMSGSIZE, why, "the request is longer than %d octets", CTL_MAX_LINE);
	if (r == 0) {
		r = exchange(path, request, timeout_ms, &line);
		if (r < 0)
			fail(r, why, "no answer at %s: %s", path, strerror(-r));
	}
	if (r == 0)
		r = parse_answer(line, result, why);
	free(line);
	free(request);
	return r;
}
