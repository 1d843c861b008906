/* SPDX-License-Identifier: ISC */
/* table: rows under titles for a terminal, at most TABLE_WIDTH columns wide; a row may have a note,
 * printed indented below it. What does not fit is cut, in the one column that may be, and in
 * notes. Text comes from devices' names and daemons: control characters are replaced. */
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
 * columns printed. Takes each character of UTF-8 for one column. */
size_t table_print_cut(const char *text, size_t width, FILE *out);

#endif
