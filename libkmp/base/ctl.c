/* SPDX-License-Identifier: ISC */
#include "base/ctl.h"

#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TOPIC           "ctl"
#define ACCEPT_PAUSE_MS 1000 /* when the system has no descriptor or memory left for a client */

struct client {
	LIST_ENTRY(client) link;
	struct ctl_server *srv;
	int fd;
	struct evl_fd *io;
	struct evl_timer *idle;
	char in[CTL_MAX_LINE + 1]; /* one line with its newline */
	size_t in_len;
	char *out; /* the answer under way, or NULL: nothing is read meanwhile */
	size_t out_len, out_pos;
	bool closing; /* after the answer */
};

struct ctl_server {
	struct evl *evl;
	const struct ctl_command *commands;
	size_t n_commands;
	void *arg;
	struct sockaddr_un addr;
	int fd;
	struct evl_fd *io;
	struct evl_timer *pause;
	LIST_HEAD(, client) clients;
	size_t n_clients;
};

/* --- one request, one answer --- */

/* The request in a line, or NULL if it is no JSON. cJSON 1.7.15 reads beyond the end of text that
 * is not terminated (CVE-2023-53154), hence the copy with its NUL. */
static cJSON *parse_line(const char *line, size_t len)
{
	char text[CTL_MAX_LINE + 1];

	if (len > CTL_MAX_LINE || memchr(line, '\0', len))
		return NULL;
	if (len > 0)
		memcpy(text, line, len);
	text[len] = '\0';
	return cJSON_ParseWithLengthOpts(text, len + 1, NULL, true);
}

/* Is `args` an array of nothing but strings? */
static bool all_strings(const cJSON *args)
{
	const cJSON *item;

	if (!cJSON_IsArray(args))
		return false;
	cJSON_ArrayForEach (item, args) {
		if (!cJSON_IsString(item))
			return false;
	}
	return true;
}

/* What is wrong with a request whatever its command; NULL if nothing is. */
static const char *find_rubbish(const cJSON *request)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(request, "v");
	const cJSON *args = cJSON_GetObjectItemCaseSensitive(request, "args");

	if (!cJSON_IsObject(request))
		return "a request is one JSON object on one line";
	if (!cJSON_IsNumber(version))
		return "a request has a version \"v\"";
	if (version->valuedouble != CTL_VERSION)
		return "this version of the protocol is not spoken here";
	if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(request, "cmd")))
		return "a request has a command \"cmd\"";
	if (args && !all_strings(args))
		return "\"args\" is an array of strings";
	return NULL;
}

/* Run a sound request. Returns 0, or negative with a line in `why`. */
static int run_command(const struct ctl_command *commands, size_t n_commands, void *arg,
		       cJSON *request, cJSON *result, char why[CTL_WHY_LEN])
{
	const char *name = cJSON_GetObjectItemCaseSensitive(request, "cmd")->valuestring;
	const cJSON *args = cJSON_GetObjectItemCaseSensitive(request, "args");

	if (!args)
		args = cJSON_AddArrayToObject(request, "args");
	int n_args = cJSON_GetArraySize(args);
	for (size_t i = 0; i < n_commands; i++) {
		const struct ctl_command *c = &commands[i];
		if (strcmp(c->name, name) != 0)
			continue;
		if (n_args < c->min_args || n_args > c->max_args) {
			snprintf(why, CTL_WHY_LEN, "%s takes %d to %d arguments, not %d", name,
				 c->min_args, c->max_args, n_args);
			return -EINVAL;
		}
		return c->fn(arg, args, result, why);
	}
	snprintf(why, CTL_WHY_LEN, "no such command: %s", name);
	return -ENOENT;
}

/* The line {"v":1,"ok":true,"result":{..}}, or with `why` instead of a result. */
static char *print_answer(cJSON *result, const char *why)
{
	cJSON *answer = cJSON_CreateObject();
	char *text = NULL, *line = NULL;

	if (cJSON_AddNumberToObject(answer, "v", CTL_VERSION) &&
	    cJSON_AddBoolToObject(answer, "ok", result != NULL) &&
	    (result ? cJSON_AddItemReferenceToObject(answer, "result", result)
		    : cJSON_AddStringToObject(answer, "error", why) != NULL))
		text = cJSON_PrintUnformatted(answer);
	cJSON_Delete(answer);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	cJSON_free(text);
	return line;
}

/* Whatever went into an error, it is one line of printable ASCII on the operator's terminal. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

static char *print_error(char why[CTL_WHY_LEN])
{
	make_printable(why);
	return print_answer(NULL, why[0] ? why : "failed");
}

/* ctl_answer(), also telling whether the line was no request at all. */
static char *answer_line(const struct ctl_command *commands, size_t n_commands, void *arg,
			 const char *line, size_t len, bool *rubbish)
{
	char why[CTL_WHY_LEN] = "";
	cJSON *request = parse_line(line, len);
	const char *wrong = find_rubbish(request);
	cJSON *result = cJSON_CreateObject();
	char *answer;

	*rubbish = wrong != NULL;
	if (wrong)
		snprintf(why, sizeof(why), "%s", wrong);
	if (!wrong && result && run_command(commands, n_commands, arg, request, result, why) == 0)
		answer = print_answer(result, NULL);
	else
		answer = print_error(why);
	cJSON_Delete(result);
	cJSON_Delete(request);
	if (answer && strlen(answer) > CTL_MAX_ANSWER) {
		free(answer);
		answer = print_answer(NULL, "the answer is too long");
	}
	return answer;
}

char *ctl_answer(const struct ctl_command *commands, size_t n_commands, void *arg, const char *line,
		 size_t len)
{
	bool rubbish;

	return answer_line(commands, n_commands, arg, line, len, &rubbish);
}

/* --- clients --- */

static void on_client_readable(int fd, void *arg);
static void on_client_writable(int fd, void *arg);

static void client_free(struct client *c)
{
	LIST_REMOVE(c, link);
	c->srv->n_clients--;
	evl_fd_free(c->io);
	evl_timer_free(c->idle);
	close(c->fd);
	free(c->out);
	free(c);
}

static void on_idle(void *arg)
{
	client_free(arg);
}

/* Take a line (with its newline, if it has one) from the input and prepare the answer. */
static void take_line(struct client *c, size_t len, size_t taken)
{
	const struct ctl_server *srv = c->srv;
	bool rubbish;

	c->out = answer_line(srv->commands, srv->n_commands, srv->arg, c->in, len, &rubbish);
	c->out_len = c->out ? strlen(c->out) : 0;
	c->out_pos = 0;
	c->closing = rubbish || !c->out;
	c->in_len -= taken;
	memmove(c->in, c->in + taken, c->in_len);
	evl_timer_start(c->idle, CTL_IDLE_MS);
}

/* Send what the socket takes. Returns 0 when the answer is out, -EAGAIN, or another -errno. */
static int send_answer(struct client *c)
{
	while (c->out_pos < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_pos, c->out_len - c->out_pos,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EINTR)
			return errno == EWOULDBLOCK ? -EAGAIN : -errno;
		if (n > 0)
			c->out_pos += (size_t)n;
	}
	free(c->out);
	c->out = NULL;
	evl_timer_start(c->idle, CTL_IDLE_MS);
	return 0;
}

/* Answer the lines that are there, one after the other, until the client must read or write.
 * Returns 0, or negative if the client is to be closed. */
static int serve_lines(struct client *c)
{
	for (;;) {
		if (c->out) {
			int r = send_answer(c);
			if (r < 0)
				return r == -EAGAIN ? 0 : r;
		}
		if (c->closing)
			return -EPROTO;
		const char *newline = memchr(c->in, '\n', c->in_len);
		if (newline)
			take_line(c, (size_t)(newline - c->in), (size_t)(newline - c->in) + 1);
		else if (c->in_len == sizeof(c->in))
			take_line(c, c->in_len, c->in_len); /* too long: refused as rubbish */
		else
			return 0;
	}
}

/* Serve, and then wait for the one thing that can happen next. */
static void serve(struct client *c)
{
	int r = serve_lines(c);

	if (r == 0)
		r = evl_fd_on_readable(c->io, c->out ? NULL : on_client_readable);
	if (r == 0)
		r = evl_fd_on_writable(c->io, c->out ? on_client_writable : NULL);
	if (r < 0)
		client_free(c);
}

static void on_client_writable(int fd, void *arg)
{
	(void)fd;
	serve(arg);
}

static void on_client_readable(int fd, void *arg)
{
	struct client *c = arg;
	ssize_t n = recv(fd, c->in + c->in_len, sizeof(c->in) - c->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_free(c);
		return;
	}
	c->in_len += (size_t)n;
	serve(c);
}

/* A client on `fd`, which it owns from here on; NULL without memory. */
static struct client *client_new(struct ctl_server *srv, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return NULL;
	}
	c->srv = srv;
	c->fd = fd;
	LIST_INSERT_HEAD(&srv->clients, c, link);
	srv->n_clients++;
	c->io = evl_fd_new(srv->evl, fd, on_client_readable, c);
	c->idle = evl_timer_new(srv->evl, on_idle, c);
	if (!c->io || !c->idle) {
		client_free(c);
		return NULL;
	}
	evl_timer_start(c->idle, CTL_IDLE_MS);
	return c;
}

/* --- server --- */

/* Tell one client too many so, as far as it listens. */
static void turn_away(int fd)
{
	char *line = print_answer(NULL, "too many clients at once: end one of them, such as a "
					"kmpctl that watches or waits, and try again");

	if (line && send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug(TOPIC, NULL, "a client that was turned away: %s", strerror(errno));
	free(line);
	close(fd);
}

static void on_connection(int fd, void *arg)
{
	struct ctl_server *srv = arg;
	int client_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (client_fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
		log_error(TOPIC, NULL, "cannot accept a client: %s", strerror(errno));
		evl_fd_on_readable(srv->io, NULL);
		evl_timer_start(srv->pause, ACCEPT_PAUSE_MS);
	}
	if (client_fd < 0)
		return;
	if (srv->n_clients >= CTL_MAX_CLIENTS)
		turn_away(client_fd);
	else if (!client_new(srv, client_fd))
		log_error(TOPIC, NULL, "no memory for a client");
}

static void on_pause_over(void *arg)
{
	struct ctl_server *srv = arg;

	if (evl_fd_on_readable(srv->io, on_connection) < 0)
		evl_timer_start(srv->pause, ACCEPT_PAUSE_MS);
}

/* Make the directory of `path`, if only that one is missing. */
static int make_dir(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return 0;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	if (mkdir(dir, 0750) < 0)
		return errno == EEXIST ? 0 : -errno;
	return chmod(dir, 0750) < 0 ? -errno : 0; /* whatever the umask is */
}

/* Remove the socket that a dead daemon left. */
static int remove_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	int r;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;
	close(fd);
	if (r == 0 || r == -EAGAIN) /* accepted, or somebody's queue is full */
		return -EADDRINUSE;
	if (r != -ECONNREFUSED)
		return r;
	return unlink(addr->sun_path) < 0 ? -errno : 0;
}

/* Bind and listen. The mode must be right from the start: chmod() would come too late. */
static int listen_at(struct ctl_server *srv)
{
	int r = make_dir(srv->addr.sun_path);

	if (r == 0)
		r = remove_stale(&srv->addr);
	if (r < 0)
		return r;
	srv->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (srv->fd < 0)
		return -errno;
	mode_t mask = umask(0177);
	if (bind(srv->fd, (const struct sockaddr *)&srv->addr, sizeof(srv->addr)) < 0)
		r = -errno;
	umask(mask);
	if (r == 0 && listen(srv->fd, CTL_MAX_CLIENTS) < 0)
		r = -errno;
	if (r < 0) {
		close(srv->fd); /* the path may be another's: it is left alone */
		srv->fd = -1;
	}
	return r;
}

int ctl_server_new(struct ctl_server **srv, struct evl *evl, const char *path,
		   const struct ctl_command *commands, size_t n_commands, void *arg)
{
	struct ctl_server *s = calloc(1, sizeof(*s));
	int r;

	*srv = NULL;
	if (!s)
		return -ENOMEM;
	*s = (struct ctl_server){
		.evl = evl, .commands = commands, .n_commands = n_commands, .arg = arg, .fd = -1};
	LIST_INIT(&s->clients);
	s->addr.sun_family = AF_UNIX;
	if (!*path) {
		r = -EINVAL; /* that would be an abstract one, which everybody may use */
	} else if (strlen(path) >= sizeof(s->addr.sun_path)) {
		r = -ENAMETOOLONG;
	} else {
		memcpy(s->addr.sun_path, path, strlen(path) + 1);
		r = listen_at(s);
	}
	if (r == 0) {
		s->io = evl_fd_new(evl, s->fd, on_connection, s);
		s->pause = evl_timer_new(evl, on_pause_over, s);
		r = s->io && s->pause ? 0 : -ENOMEM;
	}
	if (r < 0)
		ctl_server_free(s);
	else
		*srv = s;
	return r;
}

const char *ctl_server_hint(int error)
{
	switch (error) {
	case -EADDRINUSE:
		return ": another one runs already: end it, or give each a socket of its own";
	case -EEXIST:
		return ": something else is there: remove it, or change socket in the "
		       "configuration";
	case -ENOENT:
		return ": make its directory, or change socket in the configuration";
	case -EACCES:
	case -EPERM:
		return ": start as root, or change socket in the configuration";
	case -ENAMETOOLONG:
		return ": at most 107 octets: change socket in the configuration";
	default: /* of errno */
		return "";
	}
}

void ctl_server_free(struct ctl_server *srv)
{
	if (!srv)
		return;
	while (!LIST_EMPTY(&srv->clients))
		client_free(LIST_FIRST(&srv->clients));
	evl_fd_free(srv->io);
	evl_timer_free(srv->pause);
	if (srv->fd >= 0) {
		close(srv->fd);
		unlink(srv->addr.sun_path);
	}
	free(srv);
}
