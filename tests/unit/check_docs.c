/* SPDX-License-Identifier: ISC */
/* What can be set and asked is told: every option of a configuration stands in its manual page and
 * in the example that is installed, every command and option of kmpctl in its page. */
#include "brd/brd_conf.h"
#include "ctd/ctd_conf.h"
#include "jnd/jnd_conf.h"
#include "kmpctl/command.h"
#include "unit.h"

#include <ctype.h>
#include <glob.h>
#include <string.h>

static char text[65536];

static void read_text(const char *name)
{
	char path[512];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), KMP_SRCDIR "/%s", name);
	f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s", path);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	fclose(f);
	ck_assert_uint_lt(len, sizeof(text) - 1);
}

static bool is_part(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/* Does `word` stand, whole, in the `len` characters at `line`? */
static bool has_word(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(&line[i], word, n) == 0 && (i == 0 || !is_part(line[i - 1])) &&
		    (i + n == len || !is_part(line[i + n])))
			return true;
	return false;
}

/* Is there an item of the manual page in `text` that begins with `macro` and has `word` before "="?
 */
static bool describes(const char *macro, const char *word)
{
	size_t n = strlen(macro);

	for (const char *at = text; (at = strstr(at, macro)); at += n)
		if (has_word(at + n, strcspn(at + n, "=\n"), word))
			return true;
	return false;
}

/* Is there a line of the example in `text` that sets `name`, commented or not? */
static bool sets(const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + strspn(line, "# \t");
		if (strncmp(at, name, n) == 0 && at[n + strspn(at + n, " ")] == '=')
			return true;
	}
	return false;
}

static void assert_told(const struct conf_opt *opts, size_t n, const char *page,
			const char *example)
{
	ck_assert_uint_gt(n, 0);
	read_text(page);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(describes(".It Ic ", opts[i].name), "%s: %s", page, opts[i].name);
	read_text(example);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(sets(opts[i].name), "%s: %s", example, opts[i].name);
}

START_TEST(options_of_configurations)
{
	static const struct {
		const struct conf_spec *spec;
		const char *page, *example;
	} confs[] = {{&ctd_conf_spec, "man/ctd.conf.5", "etc/ctd.conf"},
		     {&brd_conf_spec, "man/brd.conf.5", "etc/brd.conf"},
		     {&jnd_conf_spec, "man/jnd.conf.5", "etc/jnd.conf"}};

	for (size_t i = 0; i < sizeof(confs) / sizeof(confs[0]); i++) {
		const struct conf_spec *s = confs[i].spec;
		assert_told(s->opts, s->n_opts, confs[i].page, confs[i].example);
		for (size_t k = 0; k < s->n_sections; k++)
			assert_told(s->sections[k].opts, s->sections[k].n_opts, confs[i].page,
				    confs[i].example);
	}
}
END_TEST

static const struct conf_opt *find(const struct conf_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->n_opts; i++)
		if (strcmp(spec->opts[i].name, name) == 0)
			return &spec->opts[i];
	ck_abort_msg("no %s", name);
}

/* What must be the same in the whole network can be. */
START_TEST(shared_options_have_the_same_bounds)
{
	static const char *const names[] = {"icmp-type", "link-mtu"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct conf_opt *ctd = find(&ctd_conf_spec, names[i]);
		const struct conf_opt *jnd = find(&jnd_conf_spec, names[i]);
		ck_assert_uint_eq(ctd->min, jnd->min);
		ck_assert_uint_eq(ctd->max, jnd->max);
		ck_assert_str_eq(ctd->def, jnd->def);
	}
}
END_TEST

/* Is `message` part of a file of these? */
static bool is_said(const char *message, const char *pattern)
{
	char path[512];
	glob_t files;
	bool said = false;

	snprintf(path, sizeof(path), KMP_SRCDIR "/%s", pattern);
	ck_assert_int_eq(glob(path, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc && !said; i++) {
		read_text(files.gl_pathv[i] + strlen(KMP_SRCDIR "/"));
		said = strstr(text, message) != NULL;
	}
	globfree(&files);
	return said;
}

START_TEST(messages_of_ctd_are_quoted_as_they_are)
{
	static char page[sizeof(text)];
	char *rest, *line, *quoted;
	int n = 0;

	read_text("man/ctd.8");
	rest = strstr(strcpy(page, text), ".Sh DIAGNOSTICS");
	ck_assert_ptr_nonnull(rest);
	*strstr(rest, ".Sh SEE ALSO") = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, ".It ", 4) != 0)
			continue;
		strsep(&line, "\"");
		for (; (quoted = strsep(&line, "\"")); strsep(&line, "\"")) {
			const char *file = "ctd.db "; /* %s in the message */
			size_t skip = strncmp(quoted, file, strlen(file)) ? 0 : strlen(file);
			ck_assert_msg(is_said(quoted + skip, "ctd/*.c") ||
					      is_said(quoted + skip, "libkmp/base/*.c"),
				      "nobody says '%s'", quoted);
			n++;
		}
	}
	ck_assert_int_ge(n, 5);
}
END_TEST

/* The help is made of the tables of commands and options. */
START_TEST(commands_of_kmpctl)
{
	char help[8192] = "", first[64], second[64];
	FILE *out = fmemopen(help, sizeof(help), "w");
	int commands = 0, options = 0;

	ck_assert_ptr_nonnull(out);
	command_print_help(out);
	fclose(out);
	read_text("man/kmpctl.8");
	for (char *line = help, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (sscanf(line, "  %63s %63s", first, second) != 2 || line[0] != ' ')
			continue;
		if (strncmp(second, "--", 2) == 0) {
			ck_assert_msg(describes(".It Fl ", second + 1), "%s", second);
			options++;
		} else if (first[0] != '-' && strlen(first) == 3 && line[2] != ' ') {
			ck_assert_msg(describes(".It Cm ", second), "%s %s", first, second);
			commands++;
		}
	}
	ck_assert_int_ge(commands, 20);
	ck_assert_int_ge(options, 8);
}
END_TEST

UNIT_MAIN("docs", options_of_configurations, messages_of_ctd_are_quoted_as_they_are,
	  shared_options_have_the_same_bounds, commands_of_kmpctl)
