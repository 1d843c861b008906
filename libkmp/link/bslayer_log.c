/* SPDX-License-Identifier: ISC */
/* bslayer_log: what libbpf says. It explains a refused program over many lines, the verifier's,
 * which matter to somebody who debugs; the last of them that tells a reason matters to everybody.
 */
#include "base/log.h"
#include "link/bslayer_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char reason[BSLAYER_ERROR_LEN];

static bool starts_with(const char *line, const char *prefix)
{
	return strncmp(line, prefix, strlen(prefix)) == 0;
}

/* A line of the verifier is nearer to the cause than libbpf's own, of which the first is. */
static void remember(const char *line)
{
	bool libbpf = starts_with(line, "libbpf: ");

	if (starts_with(line, "processed ") || starts_with(line, "-- ") || (libbpf && reason[0]))
		return;
	snprintf(reason, sizeof(reason), "%s", line);
}

static int on_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *text, *save = NULL;

	if (level == LIBBPF_DEBUG || vasprintf(&text, fmt, args) < 0)
		return 0;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		log_debug("bslayer", NULL, "%s", line);
		if (level == LIBBPF_WARN)
			remember(line);
	}
	free(text);
	return 0;
}

void bslayer_log_start(void)
{
	reason[0] = '\0';
	libbpf_set_print(on_libbpf);
}

const char *bslayer_log_last(void)
{
	return reason[0] ? reason : "libbpf gives no reason";
}
