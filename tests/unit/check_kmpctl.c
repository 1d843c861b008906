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
#include <time.h>

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

/* Of words that may be empty. */
static void refuse_argv(char **args, const char *part)
{
	int argc = 0;

	while (args[argc])
		argc++;
	open_files();
	ck_assert_int_eq(kmpctl_parse(argc, args, &req, out, err), KMPCTL_USAGE);
	close_files();
	ck_assert_msg(strstr(err_text, part), "'%s' lacks '%s'", err_text, part);
}

START_TEST(commands_and_their_default_sockets)
{
	ck_assert_int_eq(parse("ctd nodes"), KMPCTL_DONE);
	ck_assert_str_eq(req.command->daemon, "ctd");
	ck_assert_str_eq(req.command->name, "nodes");
	ck_assert_str_eq(req.socket, KMP_RUNDIR "/ctd.sock");
	ck_assert(!req.json);
	ck_assert_uint_eq(req.n_args, 0);
	ck_assert(req.command->show == show_nodes);
	ck_assert_int_eq(parse("jnd links"), KMPCTL_DONE);
	ck_assert_str_eq(req.socket, KMP_RUNDIR "/jnd.sock");
	ck_assert_int_eq(parse("brd status"), KMPCTL_DONE);
	ck_assert_str_eq(req.socket, KMP_RUNDIR "/brd.sock");
}
END_TEST

START_TEST(both_kinds_of_node_can_be_reset)
{
	static const char *const daemons[] = {"brd", "jnd"};
	char line[32];

	for (size_t i = 0; i < 2; i++) {
		snprintf(line, sizeof(line), "%s reset --yes", daemons[i]);
		ck_assert_msg(parse(line) == KMPCTL_DONE, "%s", err_text);
		ck_assert_str_eq(req.command->daemon, daemons[i]);
		ck_assert_ptr_nonnull(req.command->question);
		ck_assert(req.yes);
	}
	refuse("ctd reset", "ctd has no command 'reset'");
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
		ck_assert_str_eq(req.command->name, "admit");
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
	refuse("ctd nodes --force", "usage: kmpctl ctd nodes");
	refuse("ctd admit 02 --near 03", "usage: kmpctl ctd admit EUI64");
	refuse("ctd evict", "usage: kmpctl ctd evict EUI64 [--wait SECONDS] [--yes]");
	refuse_argv((char *[]){"kmpctl", "ctd", "evict", "", NULL}, "the EUI64 is empty");
	refuse_argv((char *[]){"kmpctl", "ctd", "open", "--near", "", NULL}, "the EUI64 is empty");
	refuse("ctd close --wait soon", "--wait takes seconds");
	refuse("ctd close --wait -1", "--wait takes seconds");
	refuse("ctd close --wait 100000", "--wait takes seconds");
	refuse("--json ctd watch", "for programs there is kmpctl --json ctd nodes");
	refuse("--json jnd watch", "for programs there is kmpctl --json jnd links");
	refuse("--loud ctd nodes", "usage: kmpctl");
	refuse("ctd nodes -s", "usage: kmpctl");
}
END_TEST

START_TEST(options_of_commands)
{
	ck_assert_int_eq(parse("ctd open --near 02:00:00:00:00:00:00:09 -w 0"), KMPCTL_DONE);
	ck_assert_uint_eq(req.n_args, 1);
	ck_assert_str_eq(req.args[0], "02:00:00:00:00:00:00:09");
	ck_assert_uint_eq(req.wait_s, 0);
	ck_assert_int_eq(parse("ctd rekey --force"), KMPCTL_DONE);
	ck_assert_uint_eq(req.n_args, 1);
	ck_assert_str_eq(req.args[0], "force");
	ck_assert_uint_eq(req.wait_s, 60);
	ck_assert_int_eq(parse("ctd rekey"), KMPCTL_DONE);
	ck_assert_uint_eq(req.n_args, 0);
	ck_assert_int_eq(parse("-y ctd evict 02"), KMPCTL_DONE);
	ck_assert(req.yes);
}
END_TEST

START_TEST(help_and_version_need_no_daemon)
{
	ck_assert_int_eq(parse("-h"), KMPCTL_DONE);
	ck_assert_ptr_null(req.command);
	ck_assert_ptr_nonnull(strstr(out_text, "ctd admit      EUI64 "));
	for (char *rest = out_text, *line; (line = strsep(&rest, "\n"));)
		ck_assert_msg(strlen(line) <= 80, "'%s' is wider than a terminal", line);
	ck_assert_int_eq(parse("--version"), KMPCTL_DONE);
	ck_assert_ptr_nonnull(strstr(out_text, "kmpctl "));
}
END_TEST

static enum kmpctl_exit run(const char *line)
{
	ck_assert_int_eq(parse(line), KMPCTL_DONE);
	open_files();
	FILE *in = fmemopen("y\n", 2, "r");
	enum kmpctl_exit end = kmpctl_run(&req, in, out, err);
	fclose(in);
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

static bool prove_first; /* who has not answered is told only once it has proved that it is in */

static void add_device(cJSON *list, const char *eui, const char *name, const char *due)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "eui", eui);
	cJSON_AddStringToObject(o, "name", name);
	if (due) {
		cJSON_AddStringToObject(o, "due", due);
		cJSON_AddBoolToObject(o, "held_back", prove_first);
	}
	cJSON_AddItemToArray(list, o);
}

/* Two devices end in 2, one of them is the lamp. */
static int lookup(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(args, 0));
	cJSON *list = cJSON_AddArrayToObject(result, "devices");

	(void)arg;
	(void)why;
	if (strcmp(text, "lamp") == 0 || strcmp(text, "2") == 0)
		add_device(list, "0200000000000002", "lamp", NULL);
	if (strcmp(text, "2") == 0)
		add_device(list, "0200000000000012", "", NULL);
	return 0;
}

static int phases; /* of a re-key that are still to come, one ends at each question */

static void add_mesh(cJSON *result, int total, int done)
{
	cJSON *list;

	cJSON_AddBoolToObject(result, "all_secured", true);
	cJSON_AddNumberToObject(result, "n", 7);
	cJSON_AddNumberToObject(result, "key_index", 1);
	if (phases > 0) {
		phases--;
		done = total - prove_first; /* of one phase: the next begins */
		cJSON *rekey = cJSON_AddObjectToObject(result, "rekey");
		cJSON_AddStringToObject(rekey, "phase", "stage");
		cJSON_AddNumberToObject(rekey, "index", 2);
		cJSON_AddStringToObject(rekey, "reason", "eviction of 0200000000000002");
	} else {
		cJSON_AddNullToObject(result, "rekey");
	}
	list = cJSON_AddArrayToObject(result, "behind");
	for (int i = done; i < total; i++)
		add_device(list, i ? "0200000000000003" : "0200000000000002", "lamp", "close");
	cJSON_AddNumberToObject(result, "done", done);
	cJSON_AddNumberToObject(result, "total", total);
}

/* Of two nodes one more has answered at each question; -1: one of them never does. */
static int n_asked;

static int mesh(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	(void)arg, (void)args, (void)why;
	if (phases == 0 && n_asked >= 0 && n_asked < 2)
		n_asked++;
	add_mesh(result, 2, n_asked < 0 ? 1 : n_asked);
	return 0;
}

static int close_mesh(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	(void)arg, (void)args, (void)why;
	n_asked = 0;
	add_mesh(result, 2, 0);
	return 0;
}

/* As `mesh` after it: nobody ever answers. */
static int open_mesh(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	(void)arg, (void)args, (void)why;
	n_asked = -1;
	add_mesh(result, 2, 1);
	return 0;
}

/* The daemon is restarted after it has answered to `rekey`. */
#define AWAY_MS 1200
static struct evl *daemon_evl;
static struct evl_timer *restart_timer;
static bool restarting;

static void on_restart(void *arg)
{
	(void)arg;
	restarting = true;
	evl_stop(daemon_evl);
}

static int rekey_mesh(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	evl_timer_start(restart_timer, 100);
	return close_mesh(arg, args, result, why);
}

static int evict(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	cJSON_AddStringToObject(result, "eui", cJSON_GetStringValue(cJSON_GetArrayItem(args, 0)));
	cJSON_AddStringToObject(result, "name", "lamp");
	cJSON_AddBoolToObject(result, "rekeyed", true);
	phases = 2;
	return close_mesh(arg, args, result, why);
}

static void on_term(int signum, void *arg)
{
	(void)signum;
	evl_stop(arg);
}

/* The daemon, until it is to end or to be restarted. */
static void serve(int ready)
{
	static const struct ctl_command commands[] = {
		{"nodes", 0, 0, nodes},      {"admit", 1, 1, admit},      {"lookup", 0, 1, lookup},
		{"mesh", 0, 0, mesh},        {"close", 0, 0, close_mesh}, {"open", 0, 1, open_mesh},
		{"rekey", 0, 1, rekey_mesh}, {"evict", 1, 1, evict},
	};
	const struct timespec away = {AWAY_MS / 1000, AWAY_MS % 1000 * 1000000L};
	struct ctl_server *srv;

	if (restarting)
		nanosleep(&away, NULL);
	restarting = false;
	daemon_evl = evl_new();
	restart_timer = daemon_evl ? evl_timer_new(daemon_evl, on_restart, NULL) : NULL;
	if (!restart_timer || evl_signal(daemon_evl, SIGTERM, on_term, daemon_evl) < 0 ||
	    ctl_server_new(&srv, daemon_evl, "d.sock", commands,
			   sizeof(commands) / sizeof(commands[0]), NULL) < 0 ||
	    (ready >= 0 && write(ready, "", 1) != 1))
		_exit(1);
	evl_run(daemon_evl);
	ctl_server_free(srv);
	evl_timer_free(restart_timer);
	evl_free(daemon_evl);
}

/* A daemon in a process of its own, which has opened its socket when this returns. */
static pid_t start_daemon(void)
{
	int ready[2];
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	pid_t pid = check_fork();
	if (pid == 0) {
		serve(ready[1]);
		while (restarting)
			serve(-1);
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

/* Until it is back. */
static void wait_for_daemon(void)
{
	const struct timespec step = {0, 50 * 1000000L};

	for (int i = 0; i < 200 && run("-s d.sock ctd nodes") != KMPCTL_DONE; i++)
		nanosleep(&step, NULL);
	ck_assert_str_eq(err_text, "");
}

static void end_daemon(pid_t pid)
{
	kill(pid, SIGTERM);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
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
	end_daemon(pid);
}
END_TEST

START_TEST(devices_by_name_or_end)
{
	unit_enter_dir();
	pid_t pid = start_daemon();

	ck_assert_int_eq(run("-s d.sock ctd admit lamp"), KMPCTL_FAILED);
	ck_assert_str_eq(err_text, "kmpctl: no credential for 0200000000000002\n");
	ck_assert_int_eq(run("-s d.sock ctd admit 02-00-00-00-00-00-00-0A"), KMPCTL_FAILED);
	ck_assert_str_eq(err_text, "kmpctl: no credential for 020000000000000a\n");
	ck_assert_int_eq(run("-s d.sock ctd admit 2"), KMPCTL_FAILED);
	ck_assert_str_eq(err_text, "kmpctl: '2' may mean 0200000000000002 (lamp), "
				   "0200000000000012: type more of the EUI-64\n");
	ck_assert_int_eq(run("-s d.sock ctd admit nobody"), KMPCTL_FAILED);
	ck_assert_ptr_nonnull(strstr(err_text, "no device has the name 'nobody'"));
	end_daemon(pid);
}
END_TEST

START_TEST(close_waits_until_all_have_answered)
{
	unit_enter_dir();
	pid_t pid = start_daemon();

	ck_assert_int_eq(run("-s d.sock ctd close"), KMPCTL_DONE);
	ck_assert_str_eq(out_text, "0 of 2 have answered, waiting for 0200000000000002 (lamp), "
				   "0200000000000003\n(lamp)\n"
				   "1 of 2 have answered, waiting for 0200000000000003 (lamp)\n"
				   "mesh: closed (n 7), key 1, 2 of 2 up to date\n"
				   "nobody is behind\n");
	ck_assert_str_eq(err_text, "");
	ck_assert_int_eq(run("-s d.sock -j ctd close"), KMPCTL_DONE);
	ck_assert_int_eq(strncmp(out_text, "{\"all_secured\":true,", 20), 0);
	ck_assert_ptr_nonnull(strstr(out_text, "\"done\":2"));
	ck_assert_ptr_eq(strchr(out_text, '\n'), out_text + strlen(out_text) - 1);
	end_daemon(pid);
}
END_TEST

START_TEST(who_is_evicted_is_told_first)
{
	unit_enter_dir();
	pid_t pid = start_daemon();

	ck_assert_int_eq(run("-s d.sock ctd evict lamp"), KMPCTL_DONE);
	ck_assert_ptr_eq(strstr(out_text, "0200000000000002 lamp: evicted, re-key to key index 2\n"
					  "key 2, stage: 2 of 2 have answered\n"
					  "1 of 2 have answered"),
			 out_text);
	ck_assert_ptr_nonnull(strstr(out_text, "2 of 2 up to date\n"));
	ck_assert_int_eq(run("-s d.sock -j ctd evict lamp"), KMPCTL_DONE);
	ck_assert_ptr_nonnull(strstr(out_text, "\"done\":2"));
	ck_assert_ptr_nonnull(strstr(out_text, "\"name\":\"lamp\",\"rekeyed\":true"));
	end_daemon(pid);
}
END_TEST

START_TEST(only_close_waits_for_who_has_to_prove_itself)
{
	unit_enter_dir();
	prove_first = true;
	pid_t pid = start_daemon();

	ck_assert_int_eq(run("-s d.sock -w 30 ctd evict lamp"), KMPCTL_DONE);
	ck_assert_ptr_nonnull(strstr(out_text, "key 2, stage: 1 of 2 have answered\n"));
	ck_assert_ptr_nonnull(strstr(out_text, "1 of 2 up to date\n"));
	ck_assert_int_eq(run("-s d.sock -w 30 ctd close"), KMPCTL_DONE);
	ck_assert_ptr_nonnull(strstr(out_text, "2 of 2 up to date\n"));
	end_daemon(pid);
}
END_TEST

START_TEST(wait_outlives_a_restart_of_the_daemon)
{
	unit_enter_dir();
	pid_t pid = start_daemon();

	ck_assert_int_eq(run("-s d.sock -w 30 ctd rekey"), KMPCTL_DONE);
	ck_assert_ptr_nonnull(strstr(out_text, "2 of 2 up to date\n"));
	ck_assert_str_eq(err_text, "");
	ck_assert_int_eq(run("-s d.sock -w 1 ctd rekey"), KMPCTL_FAILED); /* too soon */
	ck_assert_ptr_nonnull(strstr(err_text, "ctd does not run"));
	ck_assert_int_eq(run("-s d.sock -w 30 ctd close"), KMPCTL_FAILED); /* not told at all */
	wait_for_daemon();
	end_daemon(pid);
}
END_TEST

START_TEST(who_is_late_is_told)
{
	unit_enter_dir();
	pid_t pid = start_daemon();

	ck_assert_int_eq(run("-s d.sock -w 1 ctd open"), KMPCTL_FAILED);
	ck_assert_str_eq(err_text, "kmpctl: not all have answered after 1 s: 0200000000000003 "
				   "(lamp); ctd goes on: kmpctl ctd mesh\n");
	ck_assert_int_eq(run("-s d.sock -w 0 ctd open --near 2"), KMPCTL_FAILED);
	ck_assert_ptr_nonnull(strstr(err_text, "may mean"));
	ck_assert_int_eq(run("-s d.sock -w 0 ctd open --near lamp"), KMPCTL_DONE);
	ck_assert_ptr_nonnull(strstr(out_text, "BEHIND            DUE    NAME\n"
					       "0200000000000003  close  lamp\n"));
	ck_assert_str_eq(err_text, "");
	end_daemon(pid);
}
END_TEST

/* A daemon that hangs: it takes the request and does not answer. Returns its listening socket. */
static int start_hung_daemon(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "hung.sock"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

START_TEST(watch_ends_at_once_though_the_daemon_hangs)
{
	static const int signals[] = {SIGINT, SIGTERM};
	char request[512];
	int fd, status;

	unit_enter_dir();
	fd = start_hung_daemon();
	ck_assert_int_eq(parse("-s hung.sock ctd watch"), KMPCTL_DONE);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t pid = check_fork();
		if (pid == 0)
			_exit((int)kmpctl_run(&req, stdin, stdout, stderr));
		int client = accept(fd, NULL, NULL);
		ck_assert_int_gt(read(client, request, sizeof(request)), 0); /* it waits now */
		ck_assert_int_eq(kill(pid, signals[i]), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), KMPCTL_DONE); /* not after a time-out */
		close(client);
	}
	close(fd);
}
END_TEST

UNIT_MAIN("kmpctl", commands_and_their_default_sockets, both_kinds_of_node_can_be_reset,
	  options_stand_anywhere, wrong_command_lines_are_usage_errors,
	  help_and_version_need_no_daemon, daemon_that_does_not_run_is_told,
	  results_refusals_and_json, options_of_commands, devices_by_name_or_end,
	  close_waits_until_all_have_answered, watch_ends_at_once_though_the_daemon_hangs,
	  who_is_evicted_is_told_first, only_close_waits_for_who_has_to_prove_itself,
	  wait_outlives_a_restart_of_the_daemon, who_is_late_is_told)
