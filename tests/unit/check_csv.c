/* SPDX-License-Identifier: ISC */
#include "csv.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static char told[4096];

/* All records as "LINE:field|field", errors as "LINE!reason", one a line. */
static const char *records(const char *text, size_t len)
{
	struct csv csv;
	struct csv_record r;
	const char *why = NULL;
	size_t used = 0;
	int found;

	csv_init(&csv, text, len);
	told[0] = '\0';
	while ((found = csv_next(&csv, &r, &why)) != 0) {
		used += (size_t)snprintf(told + used, sizeof(told) - used, "%u%s%s", r.line,
					 found < 0 ? "!" : ":", found < 0 ? why : "");
		for (size_t i = 0; found > 0 && i < r.n && i < CSV_MAX_FIELDS; i++)
			used += (size_t)snprintf(told + used, sizeof(told) - used, "%s%s",
						 i ? "|" : "", r.field[i]);
		used += (size_t)snprintf(told + used, sizeof(told) - used, "\n");
	}
	return told;
}

#define RECORDS(text) records(text, sizeof(text) - 1)

START_TEST(bare_fields)
{
	ck_assert_str_eq(RECORDS(""), "");
	ck_assert_str_eq(RECORDS("a,b\nc,d\n"), "1:a|b\n2:c|d\n");
	ck_assert_str_eq(RECORDS("a,b\r\nc,d"), "1:a|b\n2:c|d\n");
	ck_assert_str_eq(RECORDS("a,b\r"), "1:a|b\n"); /* cut within the last line's end */
	ck_assert_str_eq(RECORDS(",\n"), "1:|\n");
	ck_assert_str_eq(RECORDS("a, b \n"), "1:a| b \n"); /* RFC 4180: spaces are part of it */
	ck_assert_str_eq(RECORDS("\xef\xbb\xbf"
				 "a,b\n"),
			 "1:a|b\n");
}
END_TEST

START_TEST(quoted_fields)
{
	ck_assert_str_eq(RECORDS("\"a,b\",\"c\"\"d\",\"\"\n"), "1:a,b|c\"d|\n");
	ck_assert_str_eq(RECORDS("\"a\r\nb\",c\nd\n"), "1:a\r\nb|c\n3:d\n");
	ck_assert_str_eq(RECORDS("\"a\""), "1:a\n");
}
END_TEST

START_TEST(comments_and_empty_lines_are_skipped)
{
	ck_assert_str_eq(RECORDS("# \"x\n\na\n\r\n#b\nc,#d\n"), "3:a\n6:c|#d\n");
}
END_TEST

START_TEST(what_is_no_csv_is_told_by_line)
{
	ck_assert_str_eq(RECORDS("a\n\"b\nc"), "1:a\n2!a quote is not closed\n");
	ck_assert_str_eq(RECORDS("\"a\"b,c\nd\n"), "1!text after a closing quote\n2:d\n");
	ck_assert_str_eq(RECORDS("a\"b\nc\n"),
			 "1!a quote within a field that does not begin with one\n2:c\n");
	ck_assert_str_eq(RECORDS("a\0b\nc\n"), "1!a NUL in a field\n2:c\n");
}
END_TEST

START_TEST(lengths_are_bounded)
{
	static char text[2 * CSV_FIELD_LEN];

	memset(text, 'a', CSV_FIELD_LEN - 1);
	ck_assert_uint_eq(strlen(records(text, CSV_FIELD_LEN - 1)), CSV_FIELD_LEN - 1 + 3);
	text[CSV_FIELD_LEN - 1] = 'a';
	ck_assert_str_eq(records(text, CSV_FIELD_LEN), "1!a field is too long\n");
	memset(text, ',', sizeof(text)); /* more fields than are kept */
	ck_assert_str_eq(records(text, sizeof(text)), "1:|||||||\n");
}
END_TEST

UNIT_MAIN("csv", bare_fields, quoted_fields, comments_and_empty_lines_are_skipped,
	  what_is_no_csv_is_told_by_line, lengths_are_bounded)
