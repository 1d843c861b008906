/* SPDX-License-Identifier: ISC */
/* ctl: the control protocol between kmpctl and a daemon: a UNIX stream socket (0600), one JSON
 * object a line. Request {"v":1,"cmd":"admit","args":["0200000000000002"]}; answer
 * {"v":1,"ok":true,"result":{..}} or {"v":1,"ok":false,"error":"one line"}. Requests are at most
 * CTL_MAX_LINE octets, clients at most CTL_MAX_CLIENTS; a client that sends rubbish gets an error
 * and is closed. Requests of one client are served in turn: the next is read when the answer to the
 * last was taken; one that takes no answer or sends no request for CTL_IDLE_MS is closed. */
#ifndef KMP_BASE_CTL_H
#define KMP_BASE_CTL_H

#include "base/evl.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define CTL_VERSION     1
#define CTL_MAX_LINE    4096          /* a request without its newline */
#define CTL_MAX_ANSWER  (4 * 1048576) /* with its newline; a longer result becomes an error */
#define CTL_MAX_CLIENTS 16
#define CTL_WHY_LEN     256
#define CTL_IDLE_MS     10000

/* Serve one command. `args` is an array of strings; fill `result` (an object). Returns 0, or
 * negative with one line in `why`. */
typedef int (*ctl_fn)(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN]);

struct ctl_command {
	const char *name;
	int min_args, max_args;
	ctl_fn fn;
};

struct ctl_server;

/* Listen at `path` (a stale socket is replaced; its directory is made 0750 if its parent is there);
 * `commands` must stay. Returns 0 and *srv or -errno; -EADDRINUSE if a daemon answers there,
 * -EEXIST if something else than a socket is there; -EINVAL for "". */
int ctl_server_new(struct ctl_server **srv, struct evl *evl, const char *path,
		   const struct ctl_command *commands, size_t n_commands, void *arg);
/* What to do about an error of that, to be put after its text. */
const char *ctl_server_hint(int error);
void ctl_server_free(struct ctl_server *srv);

/* The answer to one line of `len` octets without its newline (heap, caller frees; ends in '\n';
 * NULL without memory). What the server does with a line, without a socket: tests and the fuzz
 * target call it. */
char *ctl_answer(const struct ctl_command *commands, size_t n_commands, void *arg, const char *line,
		 size_t len);

/* Client: send a command and wait at most `timeout_ms` for the answer, in *result (caller deletes).
 * Returns 0; -ENOENT, -ECONNREFUSED and so on if no daemon answers, -ETIMEDOUT; -EMSGSIZE for a
 * request above CTL_MAX_LINE; -EPROTO for rubbish or an answer of another version; -EREMOTEIO if
 * the daemon refused (its line in `why`); `why` is filled on every error. */
int ctl_call(const char *path, const char *cmd, const char *const *args, size_t n_args,
	     int timeout_ms, cJSON **result, char why[CTL_WHY_LEN]);

#endif
