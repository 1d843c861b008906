/* SPDX-License-Identifier: ISC */
/* kmpctl: the command line of the three daemons: a request over a daemon's control socket, its
 * result as a table or as JSON. What the words of the command line mean is in command.h. */
#ifndef KMP_KMPCTL_KMPCTL_H
#define KMP_KMPCTL_KMPCTL_H

#include "base/ctl.h"
#include "command.h"

#include <limits.h>

enum kmpctl_exit { KMPCTL_DONE, KMPCTL_FAILED, KMPCTL_USAGE };

struct kmpctl_request {
	const struct command *command; /* NULL: there is nothing to do */
	char socket[PATH_MAX];
	const char *args[COMMAND_MAX_ARGS];
	size_t n_args;
	bool json;
	bool yes;         /* do not ask whether this is meant */
	unsigned wait_s;  /* how long to wait until all nodes have answered; 0: not at all */
	eui64_text named; /* the device of args[0], once it is looked up */
};

/* Read the command line. Returns KMPCTL_DONE with *req to be run (req->command NULL: help or
 * version was printed to `out`), or KMPCTL_USAGE with what is wrong in `err`. */
enum kmpctl_exit kmpctl_parse(int argc, char **argv, struct kmpctl_request *req, FILE *out,
			      FILE *err);

/* Do what `req` wants: print its result to `out`, or why there is none to `err`. A question, if
 * there is one to ask, goes to `err`, its answer comes from `in`. */
enum kmpctl_exit kmpctl_run(struct kmpctl_request *req, FILE *in, FILE *out, FILE *err);

/* Send `command` and wait for its result, which the caller deletes. Returns 0, or the -errno of
 * ctl_call(), with `why`. */
int kmpctl_ask(const struct kmpctl_request *req, const char *command, const char *const *args,
	       size_t n_args, cJSON **result, char why[CTL_WHY_LEN]);

/* One line about an error of kmpctl_ask() that helps. */
void kmpctl_complain(const struct kmpctl_request *req, int error, const char *why, FILE *err);

/* Print `result` as the request wants it. Returns KMPCTL_DONE or KMPCTL_FAILED. */
enum kmpctl_exit kmpctl_print(const struct kmpctl_request *req, const cJSON *result, FILE *out,
			      FILE *err);

int kmpctl_main(int argc, char **argv);

#endif
