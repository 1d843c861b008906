/* SPDX-License-Identifier: ISC */
/* command: the table of all commands: which daemon has them, what they take, how their result is
 * shown. */
#ifndef KMP_KMPCTL_COMMAND_H
#define KMP_KMPCTL_COMMAND_H

#include "base/eui64.h"
#include "show.h"

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_MAX_ARGS 2

enum command_arg {
	COMMAND_NO_ARG,
	COMMAND_DEVICE,   /* EUI64 or what stands for it */
	COMMAND_ANY_TEXT, /* may be left out */
};

/* Options that not every command takes, as bits. */
enum command_opt {
	COMMAND_WAIT = 1,  /* --wait SECONDS */
	COMMAND_NEAR = 2,  /* --near EUI64 */
	COMMAND_FORCE = 4, /* --force */
	COMMAND_YES = 8,   /* --yes */
};

enum command_way {
	COMMAND_ASK,    /* one request, one result */
	COMMAND_FOLLOW, /* the same, then `mesh` until every node has answered */
	COMMAND_WATCH,  /* again and again */
};

struct command {
	const char *daemon, *name;
	enum command_arg arg;
	unsigned opts; /* of enum command_opt */
	enum command_way way;
	show_fn show;
	const char *help;
	show_fn head;         /* COMMAND_FOLLOW: shown at once, before the rest; may be NULL */
	const char *question; /* asked on a terminal before it is done; %s is the device */
};

/* The command, or NULL with what is wrong in `err`; `name` may be NULL. */
const struct command *command_find(const char *daemon, const char *name, FILE *err);

/* "usage: kmpctl ctd admit EUI64" */
void command_print_usage(const struct command *c, FILE *out);
/* All of them. */
void command_print_help(FILE *out);

#endif
