/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct eui64 eui = {{0x02, 0, 0, 0, 0, 0, 0, 0x0a}};

static char last[4096];
static unsigned int n_lines;
static void on_line(enum log_level level, const char *topic, const struct eui64 *about,
		    const char *text)
{
	(void)level, (void)topic, (void)about;
	n_lines++;
	snprintf(last, sizeof(last), "%s", text);
}

/* Standard error goes to a pipe from here on; returns its reading end. */
static int capture_stderr(void)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	return ends[0];
}

START_TEST(writes_one_line_with_level_topic_and_device)
{
	char line[256] = "", rest[200];
	long long seconds;
	int millis;
	int fd = capture_stderr();
	log_open("test", LOG_LVL_INFO, false);
	log_info("join", &eui, "admitted by %s", "operator");
	ck_assert_int_gt(read(fd, line, sizeof(line) - 1), 0);
	ck_assert_int_eq(sscanf(line, "%lld.%3d %199[^\n]", &seconds, &millis, rest), 3);
	ck_assert_int_gt(seconds, 1700000000);
	ck_assert_str_eq(rest, "INFO join 020000000000000a admitted by operator");
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);

	memset(line, 0, sizeof(line));
	log_error("store", NULL, "disk full");
	ck_assert_int_gt(read(fd, line, sizeof(line) - 1), 0);
	ck_assert_ptr_nonnull(strstr(line, " ERROR store disk full\n"));
}
END_TEST

START_TEST(levels_filter)
{
	log_set_sink(on_line);
	log_debug("t", NULL, "not by default");
	ck_assert_uint_eq(n_lines, 0);
	log_info("t", NULL, "by default");
	ck_assert_uint_eq(n_lines, 1);
	log_set_level(LOG_LVL_ERROR);
	log_warn("t", NULL, "no");
	ck_assert_uint_eq(n_lines, 1);
	log_error("t", NULL, "yes");
	ck_assert_uint_eq(n_lines, 2);
	log_set_level(LOG_LVL_DEBUG);
	log_debug("t", NULL, "yes");
	ck_assert_uint_eq(n_lines, 3);
}
END_TEST

START_TEST(hostile_text_stays_on_one_line)
{
	log_set_sink(on_line);
	log_info("t", NULL, "id '%s'", "a\nERROR fake\r\t\x1b[2J\x7f\x80\xff\\");
	ck_assert_str_eq(last, "id 'a\\x0aERROR fake\\x0d\\x09\\x1b[2J\\x7f\\x80\\xff\\\\'");
}
END_TEST

START_TEST(long_text_is_cut_and_says_so)
{
	char text[3000];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_set_sink(on_line);
	log_info("t", NULL, "%s", text);
	ck_assert_uint_eq(strlen(last), 1023);
	ck_assert_str_eq(last + 1019, "x...");

	/* Escaping makes it longer than it came. */
	memset(text, '\n', 1000);
	text[1000] = '\0';
	log_info("t", NULL, "%s", text);
	ck_assert_uint_le(strlen(last), 1023);
	ck_assert_ptr_nonnull(strstr(last, "\\x0a..."));
	ck_assert_ptr_null(strchr(last, '\n'));
}
END_TEST

START_TEST(errno_survives)
{
	int fd = capture_stderr();
	close(fd);
	close(STDERR_FILENO);
	errno = ENOSPC;
	log_error("t", NULL, "nobody reads this");
	ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

UNIT_MAIN("log", writes_one_line_with_level_topic_and_device, levels_filter,
	  hostile_text_stays_on_one_line, long_text_is_cut_and_says_so, errno_survives)
