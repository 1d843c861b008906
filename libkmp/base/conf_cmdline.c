/* SPDX-License-Identifier: ISC */
/* conf_cmdline: the command line that the daemons share. */
#include "base/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void print_usage(FILE *to)
{
	fprintf(to,
		"usage: %s [-f FILE] [-o KEY=VALUE]... [-n] [-d] [-V] [-h]\n"
		"  -f FILE       configuration file\n"
		"  -o KEY=VALUE  set an option, whatever the file says\n"
		"  -n            check the configuration and end\n"
		"  -d            log at debug to standard error\n"
		"  -V            print the version and end\n"
		"  -h            print this and end\n",
		program_invocation_short_name);
}

static void add_override(struct conf_cmdline *cl, const char *override)
{
	if (cl->n_overrides == CONF_MAX_OVERRIDES) {
		fprintf(stderr, "%s: more than %d options -o\n", program_invocation_short_name,
			CONF_MAX_OVERRIDES);
		exit(2);
	}
	cl->overrides[cl->n_overrides++] = override;
}

void conf_cmdline_parse(int argc, char **argv, const char *default_file, struct conf_cmdline *cl)
{
	int letter;

	*cl = (struct conf_cmdline){.file = default_file};
	while ((letter = getopt(argc, argv, "f:o:ndVh")) != -1) {
		switch (letter) {
		case 'f':
			cl->file = optarg;
			break;
		case 'o':
			add_override(cl, optarg);
			break;
		case 'n':
			cl->check_only = true;
			break;
		case 'd':
			cl->debug = true;
			break;
		case 'V':
			printf("%s (%s) %s\n", program_invocation_short_name, PACKAGE_NAME,
			       PACKAGE_VERSION);
			exit(0);
		case 'h':
			print_usage(stdout);
			exit(0);
		default:
			print_usage(stderr);
			exit(2);
		}
	}
	if (optind < argc) {
		print_usage(stderr);
		exit(2);
	}
}
