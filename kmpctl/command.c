/* SPDX-License-Identifier: ISC */
#include "command.h"

#include <string.h>

static const struct command commands[] = {
	{"ctd", "status", .show = show_status, .help = "how the commissioning tool is doing"},
	{"ctd", "watch", .way = COMMAND_WATCH, .show = show_nodes_live,
	 .help = "nodes, links and progress, live"},
	{"ctd", "candidates", .show = show_candidates, .help = "devices that asked to be let in"},
	{"ctd", "admit", COMMAND_DEVICE, .show = show_admitted, .help = "let a device in"},
	{"ctd", "deny", COMMAND_DEVICE, .show = show_denied,
	 .help = "let a device in no more (its key stays good: see evict)"},
	{"ctd", "nodes", .show = show_nodes, .help = "devices let in, and how far each is"},
	{"ctd", "explain", COMMAND_DEVICE, .show = show_explained,
	 .help = "all that happened to a device, and what to do"},
	{"ctd", "mesh", .show = show_mesh, .help = "open or closed, and who is behind"},
	{"ctd", "close", .opts = COMMAND_WAIT, .way = COMMAND_FOLLOW, .show = show_mesh,
	 .help = "nothing in clear any more: nobody can join"},
	{"ctd", "open", .opts = COMMAND_WAIT | COMMAND_NEAR, .way = COMMAND_FOLLOW,
	 .show = show_mesh, .help = "devices can join again"},
	{"ctd", "rekey", .opts = COMMAND_WAIT | COMMAND_FORCE, .way = COMMAND_FOLLOW,
	 .show = show_mesh, .help = "replace the network key"},
	{"ctd", "evict", COMMAND_DEVICE, COMMAND_WAIT | COMMAND_YES, COMMAND_FOLLOW, show_mesh,
	 "deny a device and replace the network key", show_evicted,
	 "Evict %s: it is denied and all others get a new network key. Go on?"},
	{"ctd", "lookup", COMMAND_ANY_TEXT, .show = show_devices,
	 .help = "devices of that name, or whose EUI-64 ends so"},
	{"brd", "status", .show = show_status, .help = "how the border router is doing"},
	{"brd", "watch", .way = COMMAND_WATCH, .show = show_links, .help = "its links, live"},
	{"brd", "links", .show = show_links, .help = "its neighbours and which links are secured"},
	{"brd", "reset", .opts = COMMAND_YES, .show = show_reset,
	 .help = "forget all keys and the commissioning tool: factory-new",
	 .question = "The border router forgets all its keys: no node is reached until it is "
		     "commissioned again. Go on?"},
	{"jnd", "status", .show = show_status, .help = "how the mesh node is doing"},
	{"jnd", "watch", .way = COMMAND_WATCH, .show = show_links, .help = "its links, live"},
	{"jnd", "links", .show = show_links, .help = "its neighbours and which links are secured"},
	{"jnd", "reset", .opts = COMMAND_YES, .show = show_reset,
	 .help = "forget all keys and the commissioning tool: factory-new",
	 .question = "The node forgets all its keys and leaves the mesh. Go on?"},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct {
	enum command_opt opt;
	const char *text;
} opts[] = {{COMMAND_NEAR, "--near EUI64"},
	    {COMMAND_FORCE, "--force"},
	    {COMMAND_WAIT, "--wait SECONDS"},
	    {COMMAND_YES, "--yes"}};

static const char *arg_text(const struct command *c)
{
	switch (c->arg) {
	case COMMAND_DEVICE:
		return "EUI64";
	case COMMAND_ANY_TEXT:
		return "[TEXT]";
	case COMMAND_NO_ARG:
		break;
	}
	return "";
}

const struct command *command_find(const char *daemon, const char *name, FILE *err)
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

void command_print_usage(const struct command *c, FILE *out)
{
	const char *arg = arg_text(c);

	fprintf(out, "usage: kmpctl %s %s%s%s", c->daemon, c->name, *arg ? " " : "", arg);
	for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		if (c->opts & opts[i].opt)
			fprintf(out, " [%s]", opts[i].text);
	fputc('\n', out);
}

void command_print_help(FILE *out)
{
	fputs("usage: kmpctl [-s SOCKET] [--json] ctd|brd|jnd COMMAND [EUI64] [OPTION..]\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++) {
		const struct command *c = &commands[i];
		fprintf(out, "  %s %-10s %-6s  %s\n", c->daemon, c->name, arg_text(c), c->help);
	}
	fputs("An EUI64 may also be a device's name or the last digits of its EUI-64.\n"
	      "  -s, --socket PATH   the daemon's control socket\n"
	      "  -j, --json          print the result as one line of JSON\n"
	      "  -w, --wait SECONDS  close, open, rekey, evict: how long to wait until every\n"
	      "                      node has answered (60; 0: not at all)\n"
	      "  -n, --near EUI64    open: only for that device's neighbours\n"
	      "  -f, --force         rekey: retire the old key though not all have the new one\n"
	      "  -y, --yes           evict, reset: do not ask\n"
	      "  -h, --help          print this\n"
	      "  -V, --version       print the version\n",
	      out);
}
