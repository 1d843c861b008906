/* SPDX-License-Identifier: ISC */
/* conf: configuration files (libconfuse's syntax: `key = value`, `section "title" { ... }`) read
 * into a structure by a table of typed options. An unknown key, a value out of bounds or a missing
 * required option is an error with file and line. */
#ifndef KMP_BASE_CONF_H
#define KMP_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_TEXT_LEN 256 /* longest text value with its NUL */

enum conf_type {
	CONF_BOOL,   /* bool; yes, no, true, false, on, off */
	CONF_UINT,   /* uint32_t; decimal or 0x, within min..max */
	CONF_TEXT,   /* char[CONF_TEXT_LEN]; "" if absent */
	CONF_EUI64,  /* struct eui64; zero if absent */
	CONF_ADDR,   /* struct in6_addr, literal IPv6; :: if absent */
	CONF_CHOICE, /* int: index into choices */
};

struct conf_opt {
	const char *name;
	enum conf_type type;
	size_t offset;   /* of the field in the structure */
	const char *def; /* default as text; NULL: absent */
	bool required;
	uint32_t min, max;          /* CONF_UINT; max 0: no bound. CONF_TEXT: least octets */
	const char *const *choices; /* CONF_CHOICE: NULL-terminated */
};

/* Repeated sections `name "title" { options }`, kept in an array in the structure. */
struct conf_section {
	const char *name;
	const struct conf_opt *opts;
	size_t n_opts;
	size_t elem_size;    /* of one element */
	size_t title_offset; /* in the element: char[CONF_TEXT_LEN] */
	size_t array_offset; /* in the structure: pointer to the elements (heap) */
	size_t count_offset; /* in the structure: size_t */
	size_t max;          /* most sections allowed */
};

struct conf_spec {
	const struct conf_opt *opts;
	size_t n_opts;
	const struct conf_section *sections;
	size_t n_sections;
};

/* Read `path` into the fields of `dst` (zeroed by the callee), then apply `overrides` ("key=value",
 * top level only). Returns 0; -EINVAL with the errors in `why` as lines "FILE:LINE: text" (or "-o
 * KEY: text", or "FILE: text" for what is missing); or the -errno of reading, with a line in `why`
 * too. An error of syntax, which an unknown key is, ends the reading: what comes after it is not
 * looked at. After any return conf_clear() is safe. Not reentrant. */
int conf_load(const struct conf_spec *spec, const char *path, const char *const *overrides,
	      size_t n_overrides, void *dst, char *why, size_t why_len);

/* The line of the file `path` that sets the top-level option `name`, for messages about what it
 * refers to; 0 if none does. */
unsigned int conf_option_line(const char *path, const char *name);

/* Frees the arrays of sections and zeroes the fields of `dst`. */
void conf_clear(const struct conf_spec *spec, void *dst);

/* The command line that the daemons share: -f FILE, -o KEY=VALUE, -n, -d, -V, -h. */
#define CONF_MAX_OVERRIDES 32
struct conf_cmdline {
	const char *file;
	const char *overrides[CONF_MAX_OVERRIDES];
	size_t n_overrides;
	bool check_only, debug;
};

/* Parse argv; prints version or usage and exits 0 for -V and -h, prints usage and exits 2 if wrong.
 */
void conf_cmdline_parse(int argc, char **argv, const char *default_file, struct conf_cmdline *cl);

#endif
