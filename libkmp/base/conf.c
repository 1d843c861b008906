/* SPDX-License-Identifier: ISC */
#include "base/conf.h"

#include "base/conf_value.h"

#include <assert.h>
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_LEN (1 << 20)
/* To libconfuse the end of the file closes what is open, so that a file of which the last part is
 * missing would be good: this, behind it, is only found where nothing is open. */
#define AFTER_ALL "KMP-AFTER-ALL"
#define SEEN      (1 << 30) /* our flag in an option of libconfuse's, which uses the low bits */

/* One conf_load(). libconfuse's callbacks carry no pointer of ours, so they find it in `current`.
 */
struct load {
	const struct conf_spec *spec;
	const char *path;
	cfg_t *root;
	char *why;
	size_t why_len, why_used;
	bool failed;
	int last_line; /* before AFTER_ALL */
};
static struct load *current;

/* --- errors --- */

__attribute__((format(printf, 2, 3))) static void add_error(struct load *load, const char *fmt, ...)
{
	va_list args;

	load->failed = true;
	if (load->why_used >= load->why_len)
		return;
	char *end = load->why + load->why_used;
	size_t left = load->why_len - load->why_used;
	int separator = snprintf(end, left, "%s", load->why_used ? "\n" : "");
	if ((size_t)separator >= left)
		return;
	va_start(args, fmt);
	int len = vsnprintf(end + separator, left - (size_t)separator, fmt, args);
	va_end(args);
	if (len > 0)
		load->why_used += (size_t)(separator + len);
}

/* What libconfuse itself finds wrong: syntax, unknown keys, repeated titles. */
__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *fmt,
							   va_list args)
{
	char text[CONF_REASON_LEN];

	vsnprintf(text, sizeof(text), fmt, args);
	add_error(current, "%s:%d: %s", current->path,
		  cfg->line < current->last_line ? cfg->line : current->last_line, text);
}

static const struct conf_opt *find_opt(const struct conf_opt *opts, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(opts[i].name, name) == 0)
			return &opts[i];
	}
	return NULL;
}

/* --- reading the file --- */

/* libconfuse read a value: say here what is wrong with it, where the line is still known. It is
 * handed on as text in any case, so that the reading goes on to the next error. */
static int on_value(cfg_t *cfg, cfg_opt_t *confuse_opt, const char *text, void *result)
{
	const struct conf_spec *spec = current->spec;
	const struct conf_opt *opt = NULL;
	char reason[CONF_REASON_LEN];
	union conf_value value;

	if (cfg == current->root)
		opt = find_opt(spec->opts, spec->n_opts, confuse_opt->name);
	for (size_t i = 0; cfg != current->root && i < spec->n_sections; i++) {
		const struct conf_section *section = &spec->sections[i];
		if (strcmp(section->name, cfg_name(cfg)) == 0)
			opt = find_opt(section->opts, section->n_opts, confuse_opt->name);
	}
	assert(opt);
	if (confuse_opt->flags & SEEN)
		add_error(current, "%s:%d: %s is given twice", current->path, cfg->line, opt->name);
	else if (conf_value_parse(opt, text, &value, reason) < 0)
		add_error(current, "%s:%d: %s = \"%.*s\": %s", current->path, cfg->line, opt->name,
			  CONF_TEXT_LEN, text, reason);
	confuse_opt->flags |= SEEN;
	*(const char **)result = text;
	return 0;
}

/* libconfuse's table for `n` options, AFTER_ALL, and room for `more` and the end. */
static cfg_opt_t *confuse_table(const struct conf_opt *opts, size_t n, size_t more)
{
	cfg_opt_t *table = calloc(n + more + 2, sizeof(*table));

	for (size_t i = 0; table && i < n; i++)
		table[i] = (cfg_opt_t){
			.name = opts[i].name,
			.type = CFGT_STR,
			.flags = CFGF_NODEFAULT,
			.parsecb = on_value,
		};
	if (table)
		table[n + more] =
			(cfg_opt_t){.name = AFTER_ALL, .type = CFGT_STR, .flags = CFGF_NODEFAULT};
	return table;
}

/* The whole parser; NULL without memory. */
static cfg_t *new_parser(const struct conf_spec *spec)
{
	cfg_opt_t *table = confuse_table(spec->opts, spec->n_opts, spec->n_sections);
	cfg_t *cfg = NULL;
	size_t made = 0;

	for (; table && made < spec->n_sections; made++) {
		const struct conf_section *section = &spec->sections[made];
		cfg_opt_t *subtable = confuse_table(section->opts, section->n_opts, 0);
		if (!subtable)
			break;
		table[spec->n_opts + made] = (cfg_opt_t){
			.name = section->name,
			.type = CFGT_SEC,
			.flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES,
			.subopts = subtable,
		};
	}
	if (table && made == spec->n_sections)
		cfg = cfg_init(table, CFGF_NONE); /* copies the table */
	for (size_t i = 0; table && i < made; i++)
		free(table[spec->n_opts + i].subopts);
	free(table);
	return cfg;
}

/* The text of a file, and AFTER_ALL; it is read whole and parsed from memory, because libconfuse's
 * scanner ends the process when reading fails. */
static int read_text(const char *path, char **text)
{
	FILE *file = fopen(path, "re");
	int r = 0;

	*text = NULL;
	if (!file)
		return -errno;
	*text = malloc(FILE_MAX_LEN + sizeof("\n" AFTER_ALL " = 1\n"));
	if (!*text) {
		fclose(file);
		return -ENOMEM;
	}
	size_t len = fread(*text, 1, FILE_MAX_LEN + 1, file);
	if (ferror(file))
		r = -errno;
	else if (len > FILE_MAX_LEN)
		r = -EFBIG;
	else if (memchr(*text, '\0', len))
		r = -EILSEQ;
	else
		strcpy(*text + len, "\n" AFTER_ALL " = 1\n");
	fclose(file);
	return r;
}

/* What to do about it. */
static const char *read_hint(int error)
{
	switch (error) {
	case -ENOENT:
		return ": make it from the example in " KMP_EXAMPLEDIR ", or name another by -f";
	case -EACCES:
		return ": run as root, or name another by -f";
	case -EILSEQ:
		return ": there is a NUL in it: it is no text, or in UTF-16";
	default: /* of errno */
		return "";
	}
}

static int count_lines(const char *text)
{
	int lines = 0;

	while ((text = strchr(text, '\n')) && text[1]) {
		lines++;
		text++;
	}
	return lines;
}

static int parse_file(struct load *load)
{
	char *text;
	int r = read_text(load->path, &text);

	if (r < 0) {
		add_error(load, "%s: %s%s", load->path, strerror(-r), read_hint(r));
	} else {
		current = load;
		load->last_line = count_lines(text);
		/* libconfuse says nothing of some errors, such as an empty key. */
		if (cfg_parse_buf(load->root, text) != CFG_SUCCESS && !load->failed)
			add_error(load, "%s:%d: syntax error", load->path, load->root->line);
		if (!load->failed && !cfg_getstr(load->root, AFTER_ALL))
			add_error(load,
				  "%s: ends within a section, a comment or a text: is the last "
				  "part of it "
				  "missing?",
				  load->path);
		current = NULL;
	}
	free(text);
	return r;
}

/* --- filling the structure --- */

static void set_defaults(const struct conf_opt *opts, size_t n, void *base)
{
	char reason[CONF_REASON_LEN];

	for (size_t i = 0; i < n; i++) {
		int r = opts[i].def ? conf_value_store(&opts[i], opts[i].def, base, reason) : 0;
		assert(r == 0); /* or the option refuses its own default */
	}
}

/* Copy out what `cfg` holds; all of it has been through on_value(). */
static void fill(const struct conf_opt *opts, size_t n, cfg_t *cfg, void *base)
{
	char reason[CONF_REASON_LEN];

	set_defaults(opts, n, base);
	for (size_t i = 0; i < n; i++) {
		const char *text = cfg_getstr(cfg, opts[i].name);
		if (text)
			conf_value_store(&opts[i], text, base, reason);
	}
}

/* Fill one element of an array from its section. */
static void fill_section(struct load *load, const struct conf_section *section, cfg_t *cfg,
			 char *elem)
{
	const char *title = cfg_title(cfg);

	fill(section->opts, section->n_opts, cfg, elem);
	if (conf_value_text(title, elem + section->title_offset) < 0)
		add_error(load, "%s:%d: the title of section %s is longer than %d characters",
			  load->path, cfg->line, section->name, CONF_TEXT_LEN - 1);
	for (size_t i = 0; i < section->n_opts; i++) {
		if (section->opts[i].required && !cfg_getstr(cfg, section->opts[i].name))
			add_error(load, "%s:%d: section %s \"%.*s\" lacks %s", load->path,
				  cfg->line, section->name, CONF_TEXT_LEN, title,
				  section->opts[i].name);
	}
}

/* Make the array of a repeated section. */
static int fill_sections(struct load *load, const struct conf_section *section, void *dst)
{
	size_t n = cfg_size(load->root, section->name);

	if (n > section->max)
		add_error(load, "%s: %zu sections %s, at most %zu are allowed", load->path, n,
			  section->name, section->max);
	if (n == 0 || n > section->max)
		return 0;
	char *array = calloc(n, section->elem_size);
	if (!array)
		return -ENOMEM;
	memcpy((char *)dst + section->array_offset, &array, sizeof(array));
	memcpy((char *)dst + section->count_offset, &n, sizeof(n));
	for (size_t i = 0; i < n; i++) {
		cfg_t *cfg = cfg_getnsec(load->root, section->name, (unsigned int)i);
		fill_section(load, section, cfg, array + i * section->elem_size);
	}
	return 0;
}

/* Apply "KEY=VALUE" from the command line. */
static void apply_override(struct load *load, const char *override, void *dst)
{
	const struct conf_spec *spec = load->spec;
	const char *equals = strchr(override, '=');
	size_t name_len = equals ? (size_t)(equals - override) : strlen(override);
	const struct conf_opt *opt = NULL;
	char reason[CONF_REASON_LEN];

	for (size_t i = 0; i < spec->n_opts; i++) {
		if (strlen(spec->opts[i].name) == name_len &&
		    memcmp(spec->opts[i].name, override, name_len) == 0)
			opt = &spec->opts[i];
	}
	if (!equals)
		add_error(load, "-o %s: not KEY=VALUE", override);
	else if (!opt)
		add_error(load, "-o %.*s: no such option", (int)name_len, override);
	else if (conf_value_store(opt, equals + 1, dst, reason) < 0)
		add_error(load, "-o %s: \"%s\": %s", opt->name, equals + 1, reason);
}

/* Is the option given in the file or on the command line? */
static bool is_given(const struct load *load, const char *name, const char *const *overrides,
		     size_t n_overrides)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < n_overrides; i++) {
		if (strncmp(overrides[i], name, len) == 0 && overrides[i][len] == '=')
			return true;
	}
	return cfg_getstr(load->root, name) != NULL;
}

/* Everything after the file was read without an error. */
static int fill_all(struct load *load, const char *const *overrides, size_t n_overrides, void *dst)
{
	const struct conf_spec *spec = load->spec;
	int r = 0;

	fill(spec->opts, spec->n_opts, load->root, dst);
	for (size_t i = 0; r == 0 && i < spec->n_sections; i++)
		r = fill_sections(load, &spec->sections[i], dst);
	for (size_t i = 0; i < n_overrides; i++)
		apply_override(load, overrides[i], dst);
	for (size_t i = 0; i < spec->n_opts; i++) {
		const struct conf_opt *opt = &spec->opts[i];
		if (opt->required && !is_given(load, opt->name, overrides, n_overrides))
			add_error(load, "%s: %s is missing", load->path, opt->name);
	}
	return r;
}

/* Zero what the specification names of the structure; its size is not known here. */
static void zero_fields(const struct conf_spec *spec, void *dst)
{
	for (size_t i = 0; i < spec->n_opts; i++)
		memset((char *)dst + spec->opts[i].offset, 0, conf_value_size(spec->opts[i].type));
	for (size_t i = 0; i < spec->n_sections; i++) {
		memset((char *)dst + spec->sections[i].array_offset, 0, sizeof(void *));
		memset((char *)dst + spec->sections[i].count_offset, 0, sizeof(size_t));
	}
}

int conf_load(const struct conf_spec *spec, const char *path, const char *const *overrides,
	      size_t n_overrides, void *dst, char *why, size_t why_len)
{
	struct load load = {.spec = spec, .path = path, .why = why, .why_len = why_len};
	int r;

	zero_fields(spec, dst);
	if (why_len > 0)
		why[0] = '\0';
	load.root = new_parser(spec);
	if (!load.root)
		return -ENOMEM;
	cfg_set_error_function(load.root, on_error);
	r = parse_file(&load);
	if (r == 0 && !load.failed)
		r = fill_all(&load, overrides, n_overrides, dst);
	cfg_free(load.root);
	return r == 0 && load.failed ? -EINVAL : r;
}

unsigned int conf_option_line(const char *path, const char *name)
{
	char line[1024];
	unsigned int number = 0, found = 0;
	size_t len = strlen(name);
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file)) {
		const char *text = line + strspn(line, " \t");
		number++;
		if (strncmp(text, name, len) == 0 && text[len] && strchr(" \t=", text[len]))
			found = number;
	}
	if (file)
		fclose(file);
	return found;
}

void conf_clear(const struct conf_spec *spec, void *dst)
{
	for (size_t i = 0; i < spec->n_sections; i++) {
		void *array;
		memcpy(&array, (char *)dst + spec->sections[i].array_offset, sizeof(array));
		free(array);
	}
	zero_fields(spec, dst);
}
