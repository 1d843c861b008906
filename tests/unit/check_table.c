/* SPDX-License-Identifier: ISC */
#include "table.h"

#include "unit.h"

#include <string.h>

static const struct table_col cols[] = {
	{.title = "EUI-64"}, {.title = "N", .right = true}, {.title = "NAME", .elastic = true}};

static char text[8192];

static struct table *new_table(void)
{
	struct table *t = table_new(cols, 3);

	ck_assert_ptr_nonnull(t);
	return t;
}

static void add(struct table *t, const char *eui, const char *n, const char *name, const char *note)
{
	const char *const cells[] = {eui, n, name};

	ck_assert_int_eq(table_add(t, cells, note), 0);
}

static const char *printed(struct table *t)
{
	FILE *out = fmemopen(memset(text, 0, sizeof(text)), sizeof(text), "w");

	ck_assert_ptr_nonnull(out);
	table_print(t, out);
	fclose(out);
	table_free(t);
	return text;
}

static const char *cut(const char *what, size_t width, size_t expected)
{
	FILE *out = fmemopen(memset(text, 0, sizeof(text)), sizeof(text), "w");

	ck_assert_uint_eq(table_print_cut(what, width, out), expected);
	fclose(out);
	return text;
}

START_TEST(columns_are_aligned)
{
	struct table *t = new_table();

	add(t, "0200000000000001", "1", "a", NULL);
	add(t, "02", "234", "lamp", "and more");
	ck_assert_str_eq(printed(t), "EUI-64              N  NAME\n"
				     "0200000000000001    1  a\n"
				     "02                234  lamp\n"
				     "    and more\n");
}
END_TEST

START_TEST(no_line_is_wider_than_a_terminal)
{
	struct table *t = new_table();
	char wide[TABLE_CELL_LEN], note[TABLE_NOTE_LEN];

	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	memset(note, 'y', sizeof(note) - 1);
	note[sizeof(note) - 1] = '\0';
	add(t, "0200000000000001", "1", wide, note);
	char *rest = strdup(printed(t)), *line, *all = rest;
	size_t lines = 0;
	while ((line = strsep(&rest, "\n")) && *line) {
		ck_assert_uint_le(strlen(line), TABLE_WIDTH);
		if (lines++ > 0) {
			ck_assert_uint_eq(strlen(line), TABLE_WIDTH);
			ck_assert_int_eq(line[TABLE_WIDTH - 1], '~');
		}
	}
	ck_assert_uint_eq(lines, 3);
	free(all);
}
END_TEST

START_TEST(cut_text_ends_in_a_mark)
{
	ck_assert_str_eq(cut("lamp", 4, 4), "lamp");
	ck_assert_str_eq(cut("lamps", 4, 4), "lam~");
	ck_assert_str_eq(cut("lamps", 1, 1), "~");
	ck_assert_str_eq(cut("lamps", 0, 0), "");
}
END_TEST

START_TEST(terminals_are_safe_from_names)
{
	ck_assert_str_eq(cut("a\033[2Jb\n\x7f", 80, 8), "a?[2Jb??");
}
END_TEST

START_TEST(letters_beyond_ascii_take_one_column)
{
	struct table *t = new_table();

	ck_assert_str_eq(cut("B\xc3\xbcro", 4, 4), "B\xc3\xbcro");
	ck_assert_str_eq(cut("B\xc3\xbcros", 3, 3), "B\xc3\xbc~");
	add(t, "\xc3\xa4\xc3\xb6", "1", "x", NULL);
	ck_assert_str_eq(printed(t), "EUI-64  N  NAME\n"
				     "\xc3\xa4\xc3\xb6      1  x\n");
}
END_TEST

/* Ideographs take two columns, accents of their own none. */
START_TEST(columns_are_those_of_the_terminal)
{
	struct table *t = new_table();
	char wide[TABLE_CELL_LEN] = "";

	table_set_locale();
	ck_assert_uint_eq(table_columns("\xe6\xbc\xa2\xe5\xad\x97"), 4);
	ck_assert_uint_eq(table_columns("e\xcc\x81"), 1);
	ck_assert_str_eq(cut("\xe6\xbc\xa2\xe5\xad\x97", 4, 4), "\xe6\xbc\xa2\xe5\xad\x97");
	ck_assert_str_eq(cut("\xe6\xbc\xa2\xe5\xad\x97", 3, 3), "\xe6\xbc\xa2~");
	ck_assert_str_eq(cut("\xe6\xbc\xa2\xe5\xad\x97", 2, 1), "~");
	for (int i = 0; i < 42; i++)
		strcat(wide, "\xe6\xbc\xa2");
	add(t, "\xe6\xbc\xa2", "1", "x", NULL);
	add(t, "0200000000000001", "2", wide, NULL);
	char *rest = strdup(printed(t)), *all = rest, *line = strsep(&rest, "\n");
	line = strsep(&rest, "\n");
	ck_assert_str_eq(line, "\xe6\xbc\xa2                1  x");
	line = strsep(&rest, "\n");
	ck_assert_uint_eq(table_columns(line), TABLE_WIDTH);
	ck_assert_int_eq(line[strlen(line) - 1], '~');
	free(all);
}
END_TEST

START_TEST(what_is_no_harmless_text_is_not_printed)
{
	ck_assert_str_eq(cut("a\xc2\x9b"
			     "2J\xe2\x80\xae.",
			     80, 6),
			 "a?2J?.");
	ck_assert_str_eq(cut("T\xfcr\xe6\xbc", 80, 5), "T?r??");
}
END_TEST

START_TEST(cells_and_notes_are_cut_between_characters)
{
	struct table *t = new_table();
	char name[TABLE_CELL_LEN + 8], note[TABLE_NOTE_LEN + 8];

	memset(name, 'x', sizeof(name));
	strcpy(name + TABLE_CELL_LEN - 2, "\xc3\xa4"); /* does not fit */
	memset(note, '\0', sizeof(note));
	add(t, "", "", name, note);
	ck_assert_ptr_null(strchr(printed(t), '?'));
}
END_TEST

UNIT_MAIN("table", columns_are_aligned, no_line_is_wider_than_a_terminal, cut_text_ends_in_a_mark,
	  terminals_are_safe_from_names, letters_beyond_ascii_take_one_column,
	  columns_are_those_of_the_terminal, what_is_no_harmless_text_is_not_printed,
	  cells_and_notes_are_cut_between_characters)
