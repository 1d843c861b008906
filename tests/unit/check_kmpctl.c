/* SPDX-License-Identifier: ISC */
#include "kmpctl.h"

#include "base/ctl.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define MAX_ARGS 12

static char out_text[16384], err_text[4096];
static FILE *out, *err;
static char words[512], *argv[MAX_ARGS + 1];
static struct kmpctl_request req;

static void open_files(void)
{
	memset(out_text, 0, sizeof(out_text));
	memset(err_text, 0, sizeof(err_text));
	out = fmemopen(out_text, sizeof(out_text), "w");
	err = fmemopen(err_text, sizeof(err_text), "w");
	ck_assert_ptr_nonnull(out);
	ck_assert_ptr_nonnull(err);
}

static void close_files(void)
{
	fclose(out);
	fclose(err);
}

/* Parse a command line of words separated by blanks. */
static enum kmpctl_exit parse(const char *line)
{
	char *rest = words;
	int argc = 0;

	snprintf(words, sizeof(words), "kmpctl %s", line);
	while (argc < MAX_ARGS && (argv[argc] = strsep(&rest, " ")))
		if (*argv[argc])
			argc++;
	argv[argc] = NULL;
	open_files();
	enum kmpctl_exit end = kmpctl_parse(argc, argv, &req, out, err);
	close_files();
	return end;
}

static void refuse(const char *line, const char *part)
{
	ck_assert_int_eq(parse(line), KMPCTL_USAGE);
	ck_assert_ptr_null(req.command);
	ck_assert_msg(strstr(err_text, part), "'%s' lacks '%s'", err_text, part);
	ck_assert_str_eq(out_text, "");
}

START_TEST(commands_and_their_default_sockets)
{
	ck_assert_int_eq(parse("ctd nodes"), KMPCTL_DONE);
	ck_assert_str_eq(req.daemon, "ctd");
	ck_assert_str_eq(req.command, "nodes");
	ck_assert_str_eq(req.socket, KMP_RUNDIR "/ctd.sock");
	ck_assert(!req.json);
	ck_assert_uint_eq(req.n_args, 0);
	ck_assert(req.show == show_nodes);
	ck_assert_int_eq(parse("jnd links"), KMPCTL_DONE);
	ck_assert_str_eq(req.socket, KMP_RUNDIR "/jnd.sock");
	ck_assert_int_eq(parse("brd status"), KMPCTL_DONE);
	ck_assert_str_eq(req.socket, KMP_RUNDIR "/brd.sock");
}
END_TEST

START_TEST(options_stand_anywhere)
{
	static const char *const lines[] = {"-s /x/y.sock --json ctd admit 0200000000000002",
					    "ctd admit 0200000000000002 --json --socket /x/y.sock"};

	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(parse(lines[i]), KMPCTL_DONE);
		ck_assert_str_eq(req.socket, "/x/y.sock");
		ck_assert(req.json);
		ck_assert_str_eq(req.command, "admit");
		ck_assert_uint_eq(req.n_args, 1);
		ck_assert_str_eq(req.args[0], "0200000000000002");
	}
}
END_TEST

START_TEST(wrong_command_lines_are_usage_errors)
{
	refuse("", "usage: kmpctl");
	refuse("radiusd status", "no daemon 'radiusd'");
	refuse("ctd", "which command for ctd");
	refuse("ctd links", "ctd has no command 'links'");
	refuse("jnd admit 0200000000000002", "jnd has no command 'admit'");
	refuse("ctd admit", "usage: kmpctl ctd admit EUI64");
	refuse("ctd admit one two", "usage: kmpctl ctd admit EUI64");
	refuse("ctd nodes all", "usage: kmpctl ctd nodes");
	refuse("--loud ctd nodes", "usage: kmpctl");
	refuse("ctd nodes -s", "usage: kmpctl");
}
END_TEST

START_TEST(help_and_version_need_no_daemon)
{
	ck_assert_int_eq(parse("-h"), KMPCTL_DONE);
	ck_assert_ptr_null(req.command);
	ck_assert_ptr_nonnull(strstr(out_text, "ctd admit      EUI64"));
	ck_assert_int_eq(parse("--version"), KMPCTL_DONE);
	ck_assert_ptr_nonnull(strstr(out_text, "kmpctl "));
}
END_TEST

static enum kmpctl_exit run(const char *line)
{
	ck_assert_int_eq(parse(line), KMPCTL_DONE);
	open_files();
	enum kmpctl_exit end = kmpctl_run(&req, out, err);
	close_files();
	return end;
}

START_TEST(daemon_that_does_not_run_is_told)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "dead.sock"};

	unit_enter_dir();
	ck_assert_int_eq(run("-s none.sock ctd status"), KMPCTL_FAILED);
	ck_assert_ptr_nonnull(strstr(err_text, "ctd does not run"));
	ck_assert_ptr_nonnull(strstr(err_text, "none.sock"));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0); /* what is left of one that was killed */
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	ck_assert_int_eq(run("-s dead.sock jnd status"), KMPCTL_FAILED);
	ck_assert_ptr_nonnull(strstr(err_text, "jnd does not run"));
	ck_assert_str_eq(out_text, "");
}
END_TEST

/* --- against a daemon --- */

static int nodes(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	(void)arg;
	(void)args;
	(void)why;
	cJSON_AddArrayToObject(result, "nodes");
	return 0;
}

static int admit(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	(void)arg;
	(void)result;
	snprintf(why, CTL_WHY_LEN, "no credential for %s",
		 cJSON_GetStringValue(cJSON_GetArrayItem(args, 0)));
	return -ENOKEY;
}

static void on_term(int signum, void *arg)
{
	(void)signum;
	evl_stop(arg);
}

/* A daemon in a process of its own, which has opened its socket when this returns. */
static pid_t start_daemon(void)
{
	static const struct ctl_command commands[] = {{"nodes", 0, 0, nodes},
						      {"admit", 1, 1, admit}};
	struct ctl_server *srv;
	int ready[2];
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	pid_t pid = check_fork();
	if (pid == 0) {
		struct evl *evl = evl_new();
		if (!evl || evl_signal(evl, SIGTERM, on_term, evl) < 0 ||
		    ctl_server_new(&srv, evl, "d.sock", commands, 2, NULL) < 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		evl_run(evl);
		ctl_server_free(srv);
		evl_free(evl);
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

START_TEST(results_refusals_and_json)
{
	unit_enter_dir();
	pid_t pid = start_daemon();

	ck_assert_int_eq(run("-s d.sock ctd nodes"), KMPCTL_DONE);
	ck_assert_str_eq(out_text, "no node has been admitted\n");
	ck_assert_int_eq(run("-s d.sock --json ctd nodes"), KMPCTL_DONE);
	ck_assert_str_eq(out_text, "{\"nodes\":[]}\n");
	ck_assert_int_eq(run("-s d.sock ctd admit 0200000000000002"), KMPCTL_FAILED);
	ck_assert_str_eq(out_text, "");
	ck_assert_str_eq(err_text, "kmpctl: no credential for 0200000000000002\n");
	ck_assert_int_eq(run("-s d.sock jnd links"), KMPCTL_FAILED); /* not this daemon's */
	kill(pid, SIGTERM);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

UNIT_MAIN("kmpctl", commands_and_their_default_sockets, options_stand_anywhere,
	  wrong_command_lines_are_usage_errors, help_and_version_need_no_daemon,
	  daemon_that_does_not_run_is_told, results_refusals_and_json)
