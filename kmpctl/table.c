/* SPDX-License-Identifier: ISC */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GAP    2 /* between columns */
#define INDENT 4 /* of notes */

struct row {
	char cell[TABLE_MAX_COLS][TABLE_CELL_LEN];
	char note[TABLE_NOTE_LEN];
};

struct table {
	const struct table_col *cols;
	size_t n_cols;
	struct row *row;
	size_t n, cap;
};

struct table *table_new(const struct table_col *cols, size_t n_cols)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->cols = cols;
	t->n_cols = n_cols < TABLE_MAX_COLS ? n_cols : TABLE_MAX_COLS;
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	free(t->row);
	free(t);
}

static int make_room(struct table *t)
{
	size_t cap = t->cap ? t->cap * 2 : 16;
	struct row *row;

	if (t->n < t->cap)
		return 0;
	row = realloc(t->row, cap * sizeof(*row));
	if (!row)
		return -ENOMEM;
	t->row = row;
	t->cap = cap;
	return 0;
}

int table_add(struct table *t, const char *const *cells, const char *note)
{
	struct row *row;

	if (make_room(t) < 0)
		return -ENOMEM;
	row = &t->row[t->n++];
	for (size_t i = 0; i < t->n_cols; i++)
		snprintf(row->cell[i], sizeof(row->cell[i]), "%s", cells[i]);
	snprintf(row->note, sizeof(row->note), "%s", note ? note : "");
	return 0;
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += !continues(*text);
	return n;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

size_t table_print_cut(const char *text, size_t width, FILE *out)
{
	size_t all = columns(text), keep = all <= width ? all : width, done = 0;

	if (all > width && keep > 0)
		keep--; /* room for the mark */
	for (; *text && (done < keep || continues(*text)); text++) {
		done += !continues(*text);
		putc(is_control(*text) ? '?' : *text, out);
	}
	if (all > width && width > 0) {
		putc('~', out);
		done++;
	}
	return done;
}

/* Width of each column; the elastic one gets what the others leave. */
static void measure(const struct table *t, size_t width[TABLE_MAX_COLS])
{
	size_t total = 0;

	for (size_t i = 0; i < t->n_cols; i++) {
		width[i] = columns(t->cols[i].title);
		for (size_t r = 0; r < t->n; r++) {
			size_t w = columns(t->row[r].cell[i]);
			width[i] = w > width[i] ? w : width[i];
		}
		total += width[i] + (i ? GAP : 0);
	}
	for (size_t i = 0; i < t->n_cols && total > TABLE_WIDTH; i++)
		if (t->cols[i].elastic) {
			size_t over = total - TABLE_WIDTH;
			width[i] = over < width[i] ? width[i] - over : 0;
			break;
		}
}

/* Print a cell after the blanks that are due, and note those due after it: a line ends without. */
static void print_cell(const struct table_col *col, const char *text, size_t width, size_t *due,
		       FILE *out)
{
	size_t len = columns(text), pad = len < width ? width - len : 0;

	if (col->right)
		*due += pad;
	if (len > 0) {
		fprintf(out, "%*s", (int)*due, "");
		*due = 0;
		table_print_cut(text, width, out);
	}
	*due += col->right ? GAP : pad + GAP;
}

static void print_titles(const struct table *t, const size_t *width, FILE *out)
{
	size_t due = 0;

	for (size_t i = 0; i < t->n_cols; i++)
		print_cell(&t->cols[i], t->cols[i].title, width[i], &due, out);
	putc('\n', out);
}

static void print_row(const struct table *t, const struct row *row, const size_t *width, FILE *out)
{
	size_t due = 0;

	for (size_t i = 0; i < t->n_cols; i++)
		print_cell(&t->cols[i], row->cell[i], width[i], &due, out);
	putc('\n', out);
	if (!row->note[0])
		return;
	fprintf(out, "%*s", INDENT, "");
	table_print_cut(row->note, TABLE_WIDTH - INDENT, out);
	putc('\n', out);
}

void table_print(const struct table *t, FILE *out)
{
	size_t width[TABLE_MAX_COLS];

	measure(t, width);
	print_titles(t, width, out);
	for (size_t r = 0; r < t->n; r++)
		print_row(t, &t->row[r], width, out);
}
