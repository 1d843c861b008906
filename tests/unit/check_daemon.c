/* SPDX-License-Identifier: ISC */
#include "base/daemon.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* A daemon whose whole work is to write into the file "trace" what happens to it. */
struct conf {
	uint32_t number;
};

static const struct conf_opt opts[] = {{.name = "number",
					.type = CONF_UINT,
					.offset = offsetof(struct conf, number),
					.required = true}};
static const struct conf_spec spec = {.opts = opts, .n_opts = 1};
static const unsigned int caps[] = {CAP_NET_ADMIN, CAP_NET_RAW};

static void note(const char *word, uint32_t number)
{
	FILE *file = fopen("trace", "a");
	fprintf(file, "%s %u\n", word, number);
	fclose(file);
}

static int check(const void *conf, char *why, size_t why_len)
{
	if (((const struct conf *)conf)->number != 13)
		return 0;
	snprintf(why, why_len, "13 is unlucky");
	return -EINVAL;
}

static enum log_level log_level(const void *conf)
{
	(void)conf;
	return LOG_LVL_INFO;
}

static int start(struct evl *evl, const void *conf, void **state, char *why, size_t why_len)
{
	uint32_t number = ((const struct conf *)conf)->number;
	(void)evl;
	note("start", number);
	*state = (void *)(uintptr_t)conf;
	if (number != 14)
		return 0;
	snprintf(why, why_len, "14 does not start");
	return -ENODEV;
}

/* What was let go of is known to the system: the effective capabilities, as it prints them. */
static void note_caps(void)
{
	unsigned long long set = 0;
	char line[256];
	FILE *file = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "CapEff: %llx", &set) == 1)
			note("caps", (uint32_t)set);
	}
	fclose(file);
}

static void reload(void *state, const void *conf)
{
	(void)state;
	note("reload", ((const struct conf *)conf)->number);
	note_caps();
}

static void stop(void *state)
{
	(void)state;
	note("stop", 0);
}

static const struct daemon_desc desc = {
	.name = "tested",
	.default_file = "conf",
	.spec = &spec,
	.conf_size = sizeof(struct conf),
	.check = check,
	.log_level = log_level,
	.start = start,
	.reload = reload,
	.stop = stop,
	.caps = caps,
	.n_caps = 2,
};

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static const char *read_text(const char *name)
{
	static char text[4096];
	FILE *file = fopen(name, "r");
	size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	if (file)
		fclose(file);
	text[len] = '\0';
	return text;
}

/* Run the daemon with one argument (or NULL) in a child whose output goes to the file "out". */
static pid_t spawn(char *argument)
{
	char *argv[] = {"tested", argument, NULL};
	fflush(NULL);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		int status = daemon_main(&desc, argument ? 2 : 1, argv);
		fflush(NULL);
		_exit(status);
	}
	return pid;
}

static int status_of(pid_t pid)
{
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Where the daemon reports to as to systemd; each message is a datagram. */
static int listen_as_systemd(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "notify"};
	char path[128];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	snprintf(path, sizeof(path), "%s/notify", unit_dir);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", path, 1), 0);
	ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
	return fd;
}

#ifdef HAVE_SYSTEMD
static void systemd_gets(int fd, const char *wanted)
{
	char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	ck_assert_str_eq(text, wanted);
}

/* Wait, for the test's time at most, until the file "trace" or "out" holds the words. */
static void wait_for(const char *name, const char *words)
{
	while (!strstr(read_text(name), words))
		usleep(1000);
}

START_TEST(lives_reloads_and_ends)
{
	char wanted[256];
	unit_enter_dir();
	int fd = listen_as_systemd();
	ck_assert_int_eq(setenv("WATCHDOG_USEC", "20000", 1), 0);
	write_text("conf", "number = 7");
	pid_t pid = spawn(NULL);
	systemd_gets(fd, "READY=1");
	systemd_gets(fd, "WATCHDOG=1");
	systemd_gets(fd, "WATCHDOG=1");
	systemd_gets(fd, "WATCHDOG=1");

	write_text("conf", "number = 13");
	ck_assert_int_eq(kill(pid, SIGHUP), 0);
	wait_for("out", "ERROR daemon configuration kept as it was, conf has errors:\n");
	wait_for("out", "ERROR daemon conf: 13 is unlucky\n");
	write_text("conf", "number = 8");
	ck_assert_int_eq(kill(pid, SIGHUP), 0);
	wait_for("out", "INFO daemon configuration conf read again\n");
	ck_assert_int_eq(kill(pid, SIGPIPE), 0);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(status_of(pid), 0);

	/* As root the daemon keeps what it named; anybody else has nothing to lose. */
	unsigned int kept = geteuid() == 0 ? 1U << CAP_NET_ADMIN | 1U << CAP_NET_RAW : 0;
	snprintf(wanted, sizeof(wanted), "start 7\nreload 8\ncaps %u\nstop 0\n", kept);
	ck_assert_str_eq(read_text("trace"), wanted);
}
END_TEST
#endif

START_TEST(checks_the_configuration_only)
{
	unit_enter_dir();
	write_text("conf", "number = 7");
	ck_assert_int_eq(status_of(spawn("-n")), 0);
	ck_assert_str_eq(read_text("out"), "tested: conf is good\n");
	write_text("conf", "numbr = 7");
	ck_assert_int_eq(status_of(spawn("-n")), EX_CONFIG);
	ck_assert_str_eq(read_text("out"), "tested: conf:1: no such option 'numbr'\n");
	write_text("conf", "number = 13");
	ck_assert_int_eq(status_of(spawn(NULL)), EX_CONFIG);
	ck_assert_str_eq(read_text("out"), "tested: conf: 13 is unlucky\n");
	ck_assert_str_eq(read_text("trace"), "");
}
END_TEST

START_TEST(ends_if_it_cannot_start)
{
	unit_enter_dir();
	listen_as_systemd();
	write_text("conf", "number = 14");
	ck_assert_int_eq(status_of(spawn(NULL)), 1);
	ck_assert_ptr_nonnull(strstr(read_text("out"), "ERROR daemon ended: 14 does not start\n"));
	ck_assert_str_eq(read_text("trace"), "start 14\n");
}
END_TEST

UNIT_MAIN("daemon",
#ifdef HAVE_SYSTEMD
	  lives_reloads_and_ends,
#endif
	  checks_the_configuration_only, ends_if_it_cannot_start)
