/* SPDX-License-Identifier: ISC */
#include "kmpctl.h"

#include "base/ctl.h"
#include "table.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000

struct command {
	const char *daemon, *name;
	const char *arg; /* its one argument, or NULL */
	show_fn show;
	const char *help;
};

static const struct command commands[] = {
	{"ctd", "status", NULL, show_status, "how the commissioning tool is doing"},
	{"ctd", "candidates", NULL, show_candidates, "devices that asked to be let in"},
	{"ctd", "admit", "EUI64", show_admitted, "let a device in"},
	{"ctd", "nodes", NULL, show_nodes, "devices let in, and how far each is"},
	{"brd", "status", NULL, show_status, "how the border router is doing"},
	{"brd", "links", NULL, show_links, "its neighbours and which links are secured"},
	{"jnd", "status", NULL, show_status, "how the mesh node is doing"},
	{"jnd", "links", NULL, show_links, "its neighbours and which links are secured"},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char usage_line[] = "usage: kmpctl [-s SOCKET] [--json] ctd|brd|jnd COMMAND [EUI64]\n";

static void print_help(FILE *out)
{
	fputs(usage_line, out);
	for (size_t i = 0; i < N_COMMANDS; i++) {
		const struct command *c = &commands[i];
		fprintf(out, "  %s %-10s %-5s  %s\n", c->daemon, c->name, c->arg ? c->arg : "",
			c->help);
	}
	fputs("  -s, --socket PATH   the daemon's control socket\n"
	      "  -j, --json          print the result as one line of JSON\n"
	      "  -h, --help          print this\n"
	      "  -V, --version       print the version\n",
	      out);
}

/* The options, wherever they are among the words. Returns false if one is wrong; *done if no
 * request is wanted. */
static bool parse_options(int argc, char **argv, struct kmpctl_request *req, const char **socket,
			  bool *done, FILE *out)
{
	static const struct option options[] = {{"socket", required_argument, NULL, 's'},
						{"json", no_argument, NULL, 'j'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{NULL, 0, NULL, 0}};
	int c;

	optind = 0; /* glibc: begin anew */
	while ((c = getopt_long(argc, argv, "s:jhV", options, NULL)) != -1) {
		if (c == 's') {
			*socket = optarg;
		} else if (c == 'j') {
			req->json = true;
		} else if (c == 'h' || c == 'V') {
			*done = true;
			if (c == 'h')
				print_help(out);
			else
				fprintf(out, "kmpctl %s\n", PACKAGE_VERSION);
			return true;
		} else {
			return false;
		}
	}
	return true;
}

static const struct command *find_command(const char *daemon, const char *name, FILE *err)
{
	bool known = false;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].daemon, daemon) != 0)
			continue;
		known = true;
		if (name && strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	if (!known)
		fprintf(err, "kmpctl: no daemon '%s': it is one of ctd, brd, jnd\n", daemon);
	else if (!name)
		fprintf(err, "kmpctl: which command for %s? kmpctl -h lists them\n", daemon);
	else
		fprintf(err, "kmpctl: %s has no command '%s': kmpctl -h lists them\n", daemon,
			name);
	return NULL;
}

static bool set_socket(struct kmpctl_request *req, const char *socket, FILE *err)
{
	int n = socket ? snprintf(req->socket, sizeof(req->socket), "%s", socket)
		       : snprintf(req->socket, sizeof(req->socket), KMP_RUNDIR "/%s.sock",
				  req->daemon);

	if (n > 0 && (size_t)n < sizeof(req->socket))
		return true;
	fprintf(err, "kmpctl: that is no path of a socket\n");
	return false;
}

static bool set_command(struct kmpctl_request *req, char **words, size_t n, FILE *err)
{
	const struct command *c = find_command(words[0], n > 1 ? words[1] : NULL, err);

	if (!c)
		return false;
	req->args = (const char *const *)words + 2;
	req->n_args = n - 2;
	if (req->n_args != (c->arg ? 1 : 0)) {
		fprintf(err, "kmpctl: usage: kmpctl %s %s%s%s\n", c->daemon, c->name,
			c->arg ? " " : "", c->arg ? c->arg : "");
		return false;
	}
	req->daemon = c->daemon;
	req->command = c->name;
	req->show = c->show;
	return true;
}

enum kmpctl_exit kmpctl_parse(int argc, char **argv, struct kmpctl_request *req, FILE *out,
			      FILE *err)
{
	const char *socket = NULL;
	bool done = false;

	*req = (struct kmpctl_request){.command = NULL};
	if (!parse_options(argc, argv, req, &socket, &done, out)) {
		fputs(usage_line, err);
		return KMPCTL_USAGE;
	}
	if (done)
		return KMPCTL_DONE;
	if (optind >= argc) {
		print_help(err);
		return KMPCTL_USAGE;
	}
	if (!set_command(req, argv + optind, (size_t)(argc - optind), err) ||
	    !set_socket(req, socket, err)) {
		req->command = NULL;
		return KMPCTL_USAGE;
	}
	return KMPCTL_DONE;
}

/* One line that helps, for each way not to get an answer. */
static void explain(const struct kmpctl_request *req, int error, const char *why, FILE *err)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		fprintf(err,
			"kmpctl: %s does not run (nobody answers at %s): start it, or name its "
			"socket with -s\n",
			req->daemon, req->socket);
		break;
	case -EACCES:
	case -EPERM:
		fprintf(err, "kmpctl: not permitted to use %s: run kmpctl as root\n", req->socket);
		break;
	case -ETIMEDOUT:
		fprintf(err, "kmpctl: %s does not answer\n", req->daemon);
		break;
	default:
		fputs("kmpctl: ", err);
		table_print_cut(why, CTL_WHY_LEN, err);
		fputc('\n', err);
	}
}

static int print(const struct kmpctl_request *req, const cJSON *result, FILE *out)
{
	char *text;

	if (!req->json)
		return req->show(result, out);
	text = cJSON_PrintUnformatted(result);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	cJSON_free(text);
	return 0;
}

enum kmpctl_exit kmpctl_run(const struct kmpctl_request *req, FILE *out, FILE *err)
{
	char why[CTL_WHY_LEN] = "";
	cJSON *result = NULL;
	int r = ctl_call(req->socket, req->command, req->args, req->n_args, TIMEOUT_MS, &result,
			 why);

	if (r < 0) {
		explain(req, r, why, err);
		return KMPCTL_FAILED;
	}
	r = print(req, result, out);
	cJSON_Delete(result);
	if (r == 0 && fflush(out) == 0)
		return KMPCTL_DONE;
	fprintf(err, "kmpctl: cannot print the result: %s\n", strerror(r < 0 ? -r : errno));
	return KMPCTL_FAILED;
}

int kmpctl_main(int argc, char **argv)
{
	struct kmpctl_request req;
	enum kmpctl_exit end = kmpctl_parse(argc, argv, &req, stdout, stderr);

	if (end == KMPCTL_DONE && req.command)
		end = kmpctl_run(&req, stdout, stderr);
	return (int)end;
}
