/* SPDX-License-Identifier: ISC */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-journal.h>
#endif

#define TEXT_LEN 1024 /* of one line's text with its NUL; what is longer ends in "..." */
#define LINE_LEN (TEXT_LEN + 128)

static struct {
	const char *program;
	enum log_level max;
	bool to_journal;
	log_sink_fn sink;
} state = {.program = "wpan-kmp", .max = LOG_LVL_INFO};

static const struct {
	const char *name;
	int priority; /* syslog(3) */
} levels[] = {
	[LOG_LVL_ERROR] = {"ERROR", 3},
	[LOG_LVL_WARN] = {"WARN", 4},
	[LOG_LVL_INFO] = {"INFO", 6},
	[LOG_LVL_DEBUG] = {"DEBUG", 7},
};

void log_open(const char *program, enum log_level max, bool to_journal)
{
	state.program = program;
	state.max = max;
	state.to_journal = to_journal;
}

void log_set_level(enum log_level max)
{
	state.max = max;
}

void log_set_sink(log_sink_fn fn)
{
	state.sink = fn;
}

/* Copy `raw` so that whatever came in from the network stays on one line and steers no terminal:
 * all but printable ASCII becomes \xHH, and a backslash doubles. */
static void escape(const char *raw, char text[TEXT_LEN])
{
	size_t len = 0;
	for (; *raw; raw++) {
		unsigned char c = (unsigned char)*raw;
		char piece[5] = {(char)c};
		if (c >= ' ' && c <= '~' && c != '\\' && len + 1 + sizeof("...") <= TEXT_LEN) {
			text[len++] = (char)c;
			continue;
		}
		if (c == '\\')
			snprintf(piece, sizeof(piece), "\\\\");
		else if (c < ' ' || c > '~')
			snprintf(piece, sizeof(piece), "\\x%02x", c);
		size_t piece_len = strlen(piece);
		if (len + piece_len + sizeof("...") > TEXT_LEN) {
			memcpy(text + len, "...", sizeof("..."));
			return;
		}
		memcpy(text + len, piece, piece_len);
		len += piece_len;
	}
	text[len] = '\0';
}

static void write_stderr(enum log_level level, const char *topic, const char *eui, const char *text)
{
	char line[LINE_LEN];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	int len = snprintf(line, sizeof(line), "%lld.%03ld %s %s %s%s%s\n", (long long)now.tv_sec,
			   now.tv_nsec / 1000000, levels[level].name, topic, eui, *eui ? " " : "",
			   text);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(line)) {
		len = sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	/* One write, so that lines of processes that share the descriptor do not mix. There is
	 * nobody to tell if it fails. */
	ssize_t written = write(STDERR_FILENO, line, (size_t)len);
	(void)written;
}

static bool write_journal(enum log_level level, const char *topic, const char *eui,
			  const char *text)
{
#ifdef HAVE_SYSTEMD
	return sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", levels[level].priority,
			       "SYSLOG_IDENTIFIER=%s", state.program, "KMP_TOPIC=%s", topic,
			       /* A NULL format ends the list: no field without a device. */
			       *eui ? "KMP_EUI64=%s" : NULL, eui, NULL) == 0;
#else
	(void)level, (void)topic, (void)eui, (void)text;
	return false;
#endif
}

void log_line(enum log_level level, const char *topic, const struct eui64 *eui, const char *fmt,
	      ...)
{
	if (level > state.max)
		return;

	int saved_errno = errno;
	char raw[TEXT_LEN], text[TEXT_LEN];
	eui64_text eui_text = "";
	va_list args;

	va_start(args, fmt);
	int len = vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	if (len < 0)
		snprintf(raw, sizeof(raw), "(a line that cannot be formatted)");
	escape(raw, text);
	if (len >= TEXT_LEN)
		memcpy(text + TEXT_LEN - sizeof("..."), "...", sizeof("..."));
	if (eui)
		eui64_format(eui, eui_text);
	if (state.sink)
		state.sink(level, topic, eui, text);
	else if (!state.to_journal || !write_journal(level, topic, eui_text, text))
		write_stderr(level, topic, eui_text, text);
	errno = saved_errno;
}
