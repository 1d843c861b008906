/* SPDX-License-Identifier: ISC */
#include "csv.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define END (-1) /* of the text */

static const char byte_order_mark[] = "\xef\xbb\xbf"; /* that spreadsheets put before UTF-8 */

void csv_init(struct csv *csv, const char *text, size_t len)
{
	size_t mark = sizeof(byte_order_mark) - 1;

	*csv = (struct csv){.text = text, .len = len, .line = 1};
	if (len >= mark && memcmp(text, byte_order_mark, mark) == 0)
		csv->pos = mark;
}

static int peek(const struct csv *csv)
{
	return csv->pos < csv->len ? (unsigned char)csv->text[csv->pos] : END;
}

static int take(struct csv *csv)
{
	int c = peek(csv);

	csv->pos += c != END;
	csv->line += c == '\n';
	return c;
}

static bool take_if(struct csv *csv, int wanted)
{
	if (peek(csv) != wanted)
		return false;
	take(csv);
	return true;
}

static bool at_line_end(const struct csv *csv)
{
	size_t left = csv->len - csv->pos;

	return peek(csv) == END || peek(csv) == '\n' ||
	       (left >= 2 && memcmp(&csv->text[csv->pos], "\r\n", 2) == 0) ||
	       (left == 1 && peek(csv) == '\r');
}

static void skip_line(struct csv *csv)
{
	int c;

	do
		c = take(csv);
	while (c != END && c != '\n');
}

/* --- fields --- */

/* Where a field is gathered; NULL text: it is only skipped. */
struct field {
	char *text;
	size_t len;
	const char *why;
};

static void append(struct field *f, int c)
{
	if (c == '\0')
		f->why = "a NUL in a field";
	else if (f->len == CSV_FIELD_LEN - 1)
		f->why = "a field is too long";
	else if (f->text)
		f->text[f->len++] = (char)c;
}

/* After the opening quote. */
static void read_quoted(struct csv *csv, struct field *f)
{
	for (;;) {
		int c = take(csv);
		if (c == END) {
			f->why = "a quote is not closed";
			return;
		}
		if (c == '"' && !take_if(csv, '"'))
			break;
		append(f, c);
	}
	if (peek(csv) != ',' && !at_line_end(csv))
		f->why = "text after a closing quote";
}

static void read_bare(struct csv *csv, struct field *f)
{
	while (peek(csv) != ',' && !at_line_end(csv)) {
		if (peek(csv) == '"')
			f->why = "a quote within a field that does not begin with one";
		append(f, take(csv));
	}
}

static const char *read_field(struct csv *csv, struct csv_record *r)
{
	struct field f = {.text = r->n < CSV_MAX_FIELDS ? r->field[r->n] : NULL};

	if (take_if(csv, '"'))
		read_quoted(csv, &f);
	else
		read_bare(csv, &f);
	if (f.text)
		f.text[f.len] = '\0';
	r->n++;
	return f.why;
}

int csv_next(struct csv *csv, struct csv_record *r, const char **why)
{
	while (peek(csv) == '#' || (at_line_end(csv) && peek(csv) != END))
		skip_line(csv);
	r->line = csv->line;
	r->n = 0;
	if (peek(csv) == END)
		return 0;
	do {
		*why = read_field(csv, r);
		if (*why) {
			skip_line(csv);
			return -EINVAL;
		}
	} while (take_if(csv, ','));
	skip_line(csv);
	return 1;
}
