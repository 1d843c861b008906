/* SPDX-License-Identifier: ISC */
#include "show.h"

#include "base/utf8.h"
#include "table.h"

#include <errno.h>
#include <string.h>

#define MAX_DEPTH 4 /* of objects in a status */

const char *show_duration(double seconds, char text[SHOW_DURATION_LEN])
{
	static const struct {
		double below, unit;
		char name;
	} steps[] = {{60, 1, 's'}, {3600, 60, 'm'}, {86400, 3600, 'h'}, {1e15, 86400, 'd'}};

	snprintf(text, SHOW_DURATION_LEN, "-");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (seconds >= 0 && seconds < steps[i].below) {
			snprintf(text, SHOW_DURATION_LEN, "%lld%c",
				 (long long)(seconds / steps[i].unit), steps[i].name);
			break;
		}
	return text;
}

/* --- members of results --- */

const char *show_text(const cJSON *o, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));

	return text ? text : "";
}

double show_number(const cJSON *o, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, name);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

const char *show_seconds(const cJSON *o, const char *name, char text[SHOW_DURATION_LEN])
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, name);

	return show_duration(cJSON_IsNumber(item) ? item->valuedouble : -1, text);
}

const char *show_label(const cJSON *o, char text[SHOW_LABEL_LEN])
{
	const char *name = show_text(o, "name"), *place = show_text(o, "place");

	snprintf(text, SHOW_LABEL_LEN, "%.*s%s%.*s%s", UTF8_CUT(name, 63), *place ? " (" : "",
		 UTF8_CUT(place, 63), *place ? ")" : "");
	return text;
}

/* --- lines --- */

/* The octets of the first line of `text`: up to `width` columns, ending with a word if it can. */
static size_t line_len(const char *text, size_t width)
{
	size_t columns = 0, at = 0, blank = 0, octets = 0;

	while (text[at]) {
		columns += table_next(text + at, &octets);
		if (text[at] == ' ' && columns <= width + 1)
			blank = at;
		if (columns > width)
			break;
		at += octets;
	}
	if (!text[at])
		return at;
	return blank > 0 ? blank : at > 0 ? at : octets;
}

void show_wrapped(const char *text, size_t indent, FILE *out)
{
	size_t width = TABLE_WIDTH - indent;
	char line[SHOW_LINE_LEN];

	for (;;) {
		size_t len = line_len(text, width), shown = len;
		while (shown > 0 && text[shown - 1] == ' ')
			shown--;
		snprintf(line, sizeof(line), "%.*s", (int)shown, text);
		table_print_cut(line, width, out);
		fputc('\n', out);
		text += len;
		text += strspn(text, " ");
		if (len == 0 || !*text)
			return;
		fprintf(out, "%*s", (int)indent, "");
	}
}

/* --- status --- */

static void show_object(const cJSON *object, int depth, FILE *out);

static void show_items(const cJSON *array, FILE *out)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, array) {
		if (cJSON_IsString(item)) {
			putc(' ', out);
			table_print_cut(item->valuestring, TABLE_WIDTH, out);
		} else if (cJSON_IsNumber(item)) {
			fprintf(out, " %.15g", item->valuedouble);
		}
	}
	putc('\n', out);
}

static bool is_seconds(const cJSON *m)
{
	size_t len = strlen(m->string);

	return cJSON_IsNumber(m) && len > 2 && strcmp(m->string + len - 2, "_s") == 0;
}

/* A unit is not part of the name where the value is shown with it. */
static void show_name(const cJSON *m, FILE *out)
{
	char name[TABLE_CELL_LEN];
	size_t len = strlen(m->string) - (is_seconds(m) ? 2 : 0);

	snprintf(name, sizeof(name), "%.*s", (int)len, m->string);
	table_print_cut(name, TABLE_WIDTH, out);
}

static void show_member(const cJSON *m, int depth, FILE *out)
{
	char duration[SHOW_DURATION_LEN];

	fprintf(out, "%*s", 2 * depth, "");
	show_name(m, out);
	putc(':', out);
	if (is_seconds(m))
		fprintf(out, " %s\n", show_duration(m->valuedouble, duration));
	else if (cJSON_IsNumber(m))
		fprintf(out, " %.15g\n", m->valuedouble);
	else if (cJSON_IsBool(m))
		fprintf(out, " %s\n", cJSON_IsTrue(m) ? "yes" : "no");
	else if (cJSON_IsArray(m))
		show_items(m, out);
	else if (cJSON_IsObject(m)) {
		putc('\n', out);
		show_object(m, depth + 1, out);
	} else {
		putc(' ', out);
		table_print_cut(cJSON_IsString(m) ? m->valuestring : "-", TABLE_WIDTH, out);
		putc('\n', out);
	}
}

static void show_object(const cJSON *object, int depth, FILE *out)
{
	const cJSON *m;

	if (depth >= MAX_DEPTH)
		return;
	cJSON_ArrayForEach (m, object) {
		show_member(m, depth, out);
	}
}

int show_status(const cJSON *result, FILE *out)
{
	show_object(result, 0, out);
	return 0;
}

/* --- lists --- */

int show_list_in_turn(const cJSON *result, const char *name, const struct table_col *cols,
		      size_t n_cols, const show_row_fn *fns, size_t n_fns, const char *none,
		      FILE *out)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(result, name), *item;
	struct table *t;
	int r = 0;

	if (cJSON_GetArraySize(list) == 0) {
		fprintf(out, "%s\n", none);
		return 0;
	}
	t = table_new(cols, n_cols);
	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < n_fns; i++)
		cJSON_ArrayForEach (item, list) {
			if (r == 0)
				r = fns[i](t, item);
		}
	if (r == 0)
		table_print(t, out);
	table_free(t);
	return r;
}

int show_list(const cJSON *result, const char *name, const struct table_col *cols, size_t n_cols,
	      show_row_fn fn, const char *none, FILE *out)
{
	return show_list_in_turn(result, name, cols, n_cols, &fn, 1, none, out);
}
