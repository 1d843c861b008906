/* SPDX-License-Identifier: ISC */
/* kmpctl: the command line of the three daemons: one request over a daemon's control socket, its
 * result as a table or as JSON. */
#ifndef KMP_KMPCTL_KMPCTL_H
#define KMP_KMPCTL_KMPCTL_H

#include "show.h"

#include <limits.h>
#include <stdbool.h>

enum kmpctl_exit { KMPCTL_DONE, KMPCTL_FAILED, KMPCTL_USAGE };

struct kmpctl_request {
	const char *daemon, *command;
	char socket[PATH_MAX];
	const char *const *args;
	size_t n_args;
	bool json;
	show_fn show;
};

/* Read the command line. Returns KMPCTL_DONE with *req to be sent (req->command NULL: help or
 * version was printed to `out`), or KMPCTL_USAGE with what is wrong in `err`. */
enum kmpctl_exit kmpctl_parse(int argc, char **argv, struct kmpctl_request *req, FILE *out,
			      FILE *err);

/* Send `req` and print its result to `out`, or why there is none to `err`. */
enum kmpctl_exit kmpctl_run(const struct kmpctl_request *req, FILE *out, FILE *err);

int kmpctl_main(int argc, char **argv);

#endif
