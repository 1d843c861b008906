/* SPDX-License-Identifier: ISC */
#include "base/conf.h"

#include "base/eui64.h"

#include <arpa/inet.h>
#include <assert.h>
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FILE_MAX_LEN (1 << 20)
#define SEEN         (1 << 30) /* our flag in an option of libconfuse's, which uses the low bits */
#define REASON_LEN   (CONF_TEXT_LEN + 256)

/* Any typed value: what is being read is tried out in one before it is stored. */
union value {
	bool boolean;
	uint32_t uint;
	char text[CONF_TEXT_LEN];
	struct eui64 eui;
	struct in6_addr addr;
	int choice;
};

/* One conf_load(). libconfuse's callbacks carry no pointer of ours, so they find it in `current`.
 */
struct load {
	const struct conf_spec *spec;
	const char *path;
	cfg_t *root;
	char *why;
	size_t why_len, why_used;
	bool failed;
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
	char text[REASON_LEN];

	vsnprintf(text, sizeof(text), fmt, args);
	add_error(current, "%s:%d: %s", current->path, cfg->line, text);
}

/* --- values --- */

static int parse_bool(const char *text, bool *value)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {{"yes", true}, {"true", true},   {"on", true},
		     {"no", false}, {"false", false}, {"off", false}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i].text) == 0) {
			*value = words[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

/* Decimal digits, or 0x and hex digits: no sign, no octal, nothing around them. */
static int parse_uint(const char *text, uint32_t *value)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	const char *digits = hex ? text + 2 : text;
	size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (n == 0 || digits[n] != '\0')
		return -EINVAL;
	/* What is too long for it becomes the largest there is. */
	unsigned long long number = strtoull(digits, NULL, hex ? 16 : 10);
	if (number > UINT32_MAX)
		return -EINVAL;
	*value = (uint32_t)number;
	return 0;
}

static int parse_choice(const struct conf_opt *opt, const char *text, int *value)
{
	for (int i = 0; opt->choices[i]; i++) {
		if (strcmp(text, opt->choices[i]) == 0) {
			*value = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* "one of a, b, c" into `reason`. */
static void list_choices(const struct conf_opt *opt, char reason[REASON_LEN])
{
	int used = snprintf(reason, REASON_LEN, "not one of");

	for (size_t i = 0; opt->choices[i] && used > 0 && used < REASON_LEN; i++)
		used += snprintf(reason + used, REASON_LEN - (size_t)used, "%s %s", i ? "," : "",
				 opt->choices[i]);
}

static int parse_text(const char *text, char value[CONF_TEXT_LEN])
{
	size_t len = strlen(text);

	if (len >= CONF_TEXT_LEN)
		return -EINVAL;
	memcpy(value, text, len + 1);
	return 0;
}

static int parse_uint_within(const struct conf_opt *opt, const char *text, uint32_t *value)
{
	uint32_t max = opt->max ? opt->max : UINT32_MAX;

	return parse_uint(text, value) < 0 || *value < opt->min || *value > max ? -EINVAL : 0;
}

/* Read `text` as `opt` wants it. Returns 0, or -EINVAL with what was wanted in `reason`. */
static int parse_value(const struct conf_opt *opt, const char *text, union value *value,
		       char reason[REASON_LEN])
{
	int r = -EINVAL;

	switch (opt->type) {
	case CONF_BOOL:
		r = parse_bool(text, &value->boolean);
		snprintf(reason, REASON_LEN, "neither yes nor no");
		break;
	case CONF_UINT:
		r = parse_uint_within(opt, text, &value->uint);
		snprintf(reason, REASON_LEN, "not a number from %u to %u", opt->min,
			 opt->max ? opt->max : UINT32_MAX);
		break;
	case CONF_TEXT:
		r = parse_text(text, value->text);
		snprintf(reason, REASON_LEN, "longer than %d characters", CONF_TEXT_LEN - 1);
		break;
	case CONF_EUI64:
		r = eui64_parse(text, &value->eui);
		snprintf(reason, REASON_LEN, "not an EUI-64 (16 hex digits)");
		break;
	case CONF_ADDR:
		r = inet_pton(AF_INET6, text, &value->addr) == 1 ? 0 : -EINVAL;
		snprintf(reason, REASON_LEN, "not an IPv6 address");
		break;
	case CONF_CHOICE:
		r = parse_choice(opt, text, &value->choice);
		list_choices(opt, reason);
		break;
	}
	return r;
}

static size_t value_size(enum conf_type type)
{
	switch (type) {
	case CONF_BOOL:
		return sizeof(bool);
	case CONF_UINT:
		return sizeof(uint32_t);
	case CONF_TEXT:
		return CONF_TEXT_LEN;
	case CONF_EUI64:
		return sizeof(struct eui64);
	case CONF_ADDR:
		return sizeof(struct in6_addr);
	case CONF_CHOICE:
		return sizeof(int);
	}
	return 0;
}

/* Read `text` into the field of `opt` in the structure (or element) `base`. */
static int store_value(const struct conf_opt *opt, const char *text, void *base,
		       char reason[REASON_LEN])
{
	union value value;

	memset(&value, 0, sizeof(value));
	int r = parse_value(opt, text, &value, reason);
	if (r == 0)
		memcpy((char *)base + opt->offset, &value, value_size(opt->type));
	return r;
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
	char reason[REASON_LEN];
	union value value;

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
	else if (parse_value(opt, text, &value, reason) < 0)
		add_error(current, "%s:%d: %s = \"%.*s\": %s", current->path, cfg->line, opt->name,
			  CONF_TEXT_LEN, text, reason);
	confuse_opt->flags |= SEEN;
	*(const char **)result = text;
	return 0;
}

/* libconfuse's table for `n` options and room for `more` and the end. */
static cfg_opt_t *confuse_table(const struct conf_opt *opts, size_t n, size_t more)
{
	cfg_opt_t *table = calloc(n + more + 1, sizeof(*table));

	for (size_t i = 0; table && i < n; i++)
		table[i] = (cfg_opt_t){
			.name = opts[i].name,
			.type = CFGT_STR,
			.flags = CFGF_NODEFAULT,
			.parsecb = on_value,
		};
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

/* The text of a file; it is read whole and parsed from memory, because libconfuse's scanner ends
 * the process when reading fails. */
static int read_text(const char *path, char **text)
{
	FILE *file = fopen(path, "re");
	int r = 0;

	*text = NULL;
	if (!file)
		return -errno;
	*text = malloc(FILE_MAX_LEN + 1);
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
		(*text)[len] = '\0';
	fclose(file);
	return r;
}

static int parse_file(struct load *load)
{
	char *text;
	int r = read_text(load->path, &text);

	if (r < 0) {
		add_error(load, "%s: %s", load->path, strerror(-r));
	} else {
		current = load;
		/* libconfuse says nothing of some errors, such as an empty key. */
		if (cfg_parse_buf(load->root, text) != CFG_SUCCESS && !load->failed)
			add_error(load, "%s:%d: syntax error", load->path, load->root->line);
		current = NULL;
	}
	free(text);
	return r;
}

/* --- filling the structure --- */

static void set_defaults(const struct conf_opt *opts, size_t n, void *base)
{
	char reason[REASON_LEN];

	for (size_t i = 0; i < n; i++) {
		int r = opts[i].def ? store_value(&opts[i], opts[i].def, base, reason) : 0;
		assert(r == 0); /* or the option refuses its own default */
	}
}

/* Copy out what `cfg` holds; all of it has been through on_value(). */
static void fill(const struct conf_opt *opts, size_t n, cfg_t *cfg, void *base)
{
	char reason[REASON_LEN];

	set_defaults(opts, n, base);
	for (size_t i = 0; i < n; i++) {
		const char *text = cfg_getstr(cfg, opts[i].name);
		if (text)
			store_value(&opts[i], text, base, reason);
	}
}

/* Fill one element of an array from its section. */
static void fill_section(struct load *load, const struct conf_section *section, cfg_t *cfg,
			 char *elem)
{
	const char *title = cfg_title(cfg);

	fill(section->opts, section->n_opts, cfg, elem);
	if (parse_text(title, elem + section->title_offset) < 0)
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
	char reason[REASON_LEN];

	for (size_t i = 0; i < spec->n_opts; i++) {
		if (strlen(spec->opts[i].name) == name_len &&
		    memcmp(spec->opts[i].name, override, name_len) == 0)
			opt = &spec->opts[i];
	}
	if (!equals)
		add_error(load, "-o %s: not KEY=VALUE", override);
	else if (!opt)
		add_error(load, "-o %.*s: no such option", (int)name_len, override);
	else if (store_value(opt, equals + 1, dst, reason) < 0)
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
		memset((char *)dst + spec->opts[i].offset, 0, value_size(spec->opts[i].type));
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

/* --- command line --- */

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
