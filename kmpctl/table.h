/* SPDX-License-Identifier: ISC */
/* table: rows under titles for a terminal, at most TABLE_WIDTH columns wide; a row may have a note,
 * printed indented below it. What does not fit is cut, in the one column that may be, and in
 * notes. Text comes from devices' names and daemons: what steers a terminal, or is not UTF-8, is
 * shown as '?'. Columns are counted as wcwidth(3) has it: see table_set_locale(). */
#ifndef KMP_KMPCTL_TABLE_H
#define KMP_KMPCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_WIDTH    80
#define TABLE_MAX_COLS 8
#define TABLE_CELL_LEN 128 /* octets of a cell with its NUL; longer ones are cut */
#define TABLE_NOTE_LEN 512

struct table_col {
	const char *title;
	bool right;   /* aligned */
	bool elastic; /* cut if the row is too wide */
};

struct table;

/* A table without rows; `cols` (up to TABLE_MAX_COLS) is borrowed. NULL without memory. */
struct table *table_new(const struct table_col *cols, size_t n_cols);
void table_free(struct table *t);

/* Append a row of as many cells as there are columns; `note` may be NULL. Returns 0 or -ENOMEM. */
int table_add(struct table *t, const char *const *cells, const char *note);

void table_print(const struct table *t, FILE *out);

/* Print at most `width` columns of `text`, harmless, the last one '~' if it was cut. Returns the
 * columns printed. */
size_t table_print_cut(const char *text, size_t width, FILE *out);

/* The columns of `text`, shown so. */
size_t table_columns(const char *text);
/* Of its first character: the columns, and *octets. `text` is not empty. */
size_t table_next(const char *text, size_t *octets);

/* Have the C library know the characters of UTF-8, whatever the locale. Without it each takes one
 * column. */
void table_set_locale(void);

#endif
