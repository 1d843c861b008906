/* SPDX-License-Identifier: ISC */
#include "table.h"

#include "base/utf8.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

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
		utf8_copy(row->cell[i], sizeof(row->cell[i]), cells[i]);
	utf8_copy(row->note, sizeof(row->note), note ? note : "");
	return 0;
}

void table_set_locale(void)
{
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

size_t table_next(const char *text, size_t *octets)
{
	uint32_t c;
	int width;

	*octets = utf8_next(text, &c);
	width = utf8_is_harmless(c) ? wcwidth((wchar_t)c) : 1;
	return width < 0 ? 1 : (size_t)width; /* newer than the locale */
}

size_t table_columns(const char *text)
{
	size_t n = 0, octets;

	for (; *text; text += octets)
		n += table_next(text, &octets);
	return n;
}

static void print_char(const char *text, FILE *out)
{
	uint32_t c;
	size_t octets = utf8_next(text, &c);

	if (utf8_is_harmless(c))
		fwrite(text, 1, octets, out);
	else
		putc('?', out);
}

size_t table_print_cut(const char *text, size_t width, FILE *out)
{
	bool cut = table_columns(text) > width;
	size_t keep = cut && width > 0 ? width - 1 : width; /* room for the mark */
	size_t done = 0, octets;

	for (; *text; text += octets) {
		size_t columns = table_next(text, &octets);
		if (done + columns > keep)
			break;
		print_char(text, out);
		done += columns;
	}
	if (cut && width > 0) {
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
		width[i] = table_columns(t->cols[i].title);
		for (size_t r = 0; r < t->n; r++) {
			size_t w = table_columns(t->row[r].cell[i]);
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
	size_t columns = table_columns(text), printed = 0;

	if (col->right && columns < width)
		*due += width - columns;
	if (columns > 0) {
		fprintf(out, "%*s", (int)*due, "");
		*due = 0;
		printed = table_print_cut(text, width, out);
	}
	*due += col->right ? GAP : width - printed + GAP;
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
