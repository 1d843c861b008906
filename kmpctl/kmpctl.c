/* SPDX-License-Identifier: ISC */
#include "kmpctl.h"

#include "device.h"
#include "follow.h"
#include "table.h"
#include "watch.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS     10000
#define DEFAULT_WAIT_S 60
#define EVICT_WAIT_S   240 /* each of three phases may have a deadline, and tries after it */
#define MAX_WAIT_S     86400

/* --- the command line --- */

/* What the options said, before it is known whether the command takes them. */
struct options {
	const char *socket, *near, *wait;
	unsigned given; /* of enum command_opt */
	bool done;      /* help or version was printed */
};

static void print_version(FILE *out)
{
	fprintf(out, "kmpctl %s\n", PACKAGE_VERSION);
}

static bool take_option(int c, struct kmpctl_request *req, struct options *o, FILE *out)
{
	switch (c) {
	case 's':
		o->socket = optarg;
		return true;
	case 'j':
		req->json = true;
		return true;
	case 'w':
		o->wait = optarg;
		o->given |= COMMAND_WAIT;
		return true;
	case 'n':
		o->near = optarg;
		o->given |= COMMAND_NEAR;
		return true;
	case 'f':
		o->given |= COMMAND_FORCE;
		return true;
	case 'y':
		o->given |= COMMAND_YES;
		return true;
	case 'h':
	case 'V':
		(c == 'h' ? command_print_help : print_version)(out);
		o->done = true;
		return true;
	default: /* of getopt's letters */
		return false;
	}
}

/* The options, wherever they are among the words. Returns false if one is wrong. */
static bool parse_options(int argc, char **argv, struct kmpctl_request *req, struct options *o,
			  FILE *out)
{
	static const struct option options[] = {{"socket", required_argument, NULL, 's'},
						{"json", no_argument, NULL, 'j'},
						{"wait", required_argument, NULL, 'w'},
						{"near", required_argument, NULL, 'n'},
						{"force", no_argument, NULL, 'f'},
						{"yes", no_argument, NULL, 'y'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{NULL, 0, NULL, 0}};
	int c;

	optind = 0; /* glibc: begin anew */
	while (!o->done && (c = getopt_long(argc, argv, "s:jw:n:fyhV", options, NULL)) != -1)
		if (!take_option(c, req, o, out))
			return false;
	return true;
}

static bool set_socket(struct kmpctl_request *req, const char *socket, FILE *err)
{
	int n = socket ? snprintf(req->socket, sizeof(req->socket), "%s", socket)
		       : snprintf(req->socket, sizeof(req->socket), KMP_RUNDIR "/%s.sock",
				  req->command->daemon);

	if (n > 0 && (size_t)n < sizeof(req->socket))
		return true;
	fprintf(err, "kmpctl: that is no path of a socket\n");
	return false;
}

static bool set_wait(struct kmpctl_request *req, const char *text, FILE *err)
{
	char *end;
	long seconds;

	req->wait_s = strcmp(req->command->name, "evict") == 0 ? EVICT_WAIT_S : DEFAULT_WAIT_S;
	if (!text)
		return true;
	errno = 0;
	seconds = strtol(text, &end, 10);
	if (end == text || *end || errno || seconds < 0 || seconds > MAX_WAIT_S) {
		fprintf(err, "kmpctl: --wait takes seconds, 0 to %d\n", MAX_WAIT_S);
		return false;
	}
	req->wait_s = (unsigned)seconds;
	return true;
}

/* The words after the command, and those that options stand for. */
static bool set_args(struct kmpctl_request *req, char **words, size_t n, const struct options *o,
		     FILE *err)
{
	const struct command *c = req->command;
	size_t most = c->arg == COMMAND_NO_ARG ? 0 : 1, least = c->arg == COMMAND_DEVICE ? 1 : 0;

	if (c->way == COMMAND_WATCH && req->json) {
		fprintf(err,
			"kmpctl: watch is for people: for programs there is kmpctl --json %s %s\n",
			c->daemon, strcmp(c->daemon, "ctd") == 0 ? "nodes" : "links");
		return false;
	}
	if (n < least || n > most || (o->given & ~c->opts)) {
		fputs("kmpctl: ", err);
		command_print_usage(c, err);
		return false;
	}
	if ((c->arg == COMMAND_DEVICE && !*words[0]) || (o->near && !*o->near)) {
		fputs("kmpctl: the EUI64 is empty: name a device (kmpctl ctd lookup lists them)\n",
		      err);
		return false;
	}
	if (n > 0)
		req->args[req->n_args++] = words[0];
	if (o->near)
		req->args[req->n_args++] = o->near;
	if (o->given & COMMAND_FORCE)
		req->args[req->n_args++] = "force";
	req->yes = o->given & COMMAND_YES;
	return set_wait(req, o->wait, err);
}

enum kmpctl_exit kmpctl_parse(int argc, char **argv, struct kmpctl_request *req, FILE *out,
			      FILE *err)
{
	struct options o = {.done = false};
	size_t n;

	*req = (struct kmpctl_request){.command = NULL};
	if (!parse_options(argc, argv, req, &o, out)) {
		fputs("usage: kmpctl [-s SOCKET] [--json] ctd|brd|jnd COMMAND [EUI64]\n", err);
		return KMPCTL_USAGE;
	}
	if (o.done)
		return KMPCTL_DONE;
	if (optind >= argc) {
		command_print_help(err);
		return KMPCTL_USAGE;
	}
	n = (size_t)(argc - optind);
	req->command = command_find(argv[optind], n > 1 ? argv[optind + 1] : NULL, err);
	if (req->command && set_args(req, argv + optind + 2, n - 2, &o, err) &&
	    set_socket(req, o.socket, err))
		return KMPCTL_DONE;
	req->command = NULL;
	return KMPCTL_USAGE;
}

/* --- asking --- */

int kmpctl_ask(const struct kmpctl_request *req, const char *command, const char *const *args,
	       size_t n_args, cJSON **result, char why[CTL_WHY_LEN])
{
	return ctl_call(req->socket, command, args, n_args, TIMEOUT_MS, result, why);
}

void kmpctl_complain(const struct kmpctl_request *req, int error, const char *why, FILE *err)
{
	const char *daemon = req->command->daemon;

	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		fprintf(err,
			"kmpctl: %s does not run (nobody answers at %s): start it, or name its "
			"socket with -s\n",
			daemon, req->socket);
		break;
	case -EACCES:
	case -EPERM:
		fprintf(err, "kmpctl: not permitted to use %s: run kmpctl as root\n", req->socket);
		break;
	case -ETIMEDOUT:
		fprintf(err,
			"kmpctl: %s does not answer within %d s: see its log (journalctl -u %s), "
			"then "
			"restart it\n",
			daemon, TIMEOUT_MS / 1000, daemon);
		break;
	default: /* of errno */
		fputs("kmpctl: ", err);
		table_print_cut(why, CTL_WHY_LEN, err);
		fputc('\n', err);
	}
}

static int print(const struct kmpctl_request *req, const cJSON *result, FILE *out)
{
	char *text;

	if (!req->json)
		return req->command->show(result, out);
	text = cJSON_PrintUnformatted(result);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	cJSON_free(text);
	return 0;
}

enum kmpctl_exit kmpctl_print(const struct kmpctl_request *req, const cJSON *result, FILE *out,
			      FILE *err)
{
	int r = print(req, result, out);

	if (r == 0 && fflush(out) == 0)
		return KMPCTL_DONE;
	fprintf(err, "kmpctl: cannot print the result: %s\n", strerror(r < 0 ? -r : errno));
	return KMPCTL_FAILED;
}

/* Is it meant? Only a person at a terminal is asked. */
static bool confirmed(const struct kmpctl_request *req, FILE *in, FILE *err)
{
	const char *device = req->n_args > 0 ? req->args[0] : "";
	char answer[16];

	if (!req->command->question || req->yes || !isatty(fileno(in)))
		return true;
	fprintf(err, req->command->question, device);
	fputs(" [y/N] ", err);
	fflush(err);
	if (fgets(answer, sizeof(answer), in) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	fputs("kmpctl: nothing done\n", err);
	return false;
}

enum kmpctl_exit kmpctl_run(struct kmpctl_request *req, FILE *in, FILE *out, FILE *err)
{
	char why[CTL_WHY_LEN] = "";
	enum kmpctl_exit end;
	cJSON *result = NULL;
	int r;

	if (req->command->way == COMMAND_WATCH)
		return watch(req, out, err);
	if ((req->command->arg == COMMAND_DEVICE || req->command->opts & COMMAND_NEAR) &&
	    req->n_args > 0 && !device_resolve(req, err))
		return KMPCTL_FAILED;
	if (!confirmed(req, in, err))
		return KMPCTL_FAILED;
	r = kmpctl_ask(req, req->command->name, req->args, req->n_args, &result, why);
	if (r < 0) {
		kmpctl_complain(req, r, why, err);
		return KMPCTL_FAILED;
	}
	if (req->command->way == COMMAND_FOLLOW)
		end = follow(req, &result, out, err);
	else
		end = kmpctl_print(req, result, out, err);
	cJSON_Delete(result);
	return end;
}

int kmpctl_main(int argc, char **argv)
{
	struct kmpctl_request req;
	enum kmpctl_exit end;

	table_set_locale();
	end = kmpctl_parse(argc, argv, &req, stdout, stderr);
	if (end == KMPCTL_DONE && req.command)
		end = kmpctl_run(&req, stdin, stdout, stderr);
	return (int)end;
}
