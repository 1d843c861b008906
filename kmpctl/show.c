/* SPDX-License-Identifier: ISC */
#include "show.h"

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

static const char *text_of(const cJSON *o, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));

	return text ? text : "";
}

static double number_of(const cJSON *o, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, name);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static const char *duration_of(const cJSON *o, const char *name, char text[SHOW_DURATION_LEN])
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, name);

	return show_duration(cJSON_IsNumber(item) ? item->valuedouble : -1, text);
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

typedef int (*row_fn)(struct table *t, const cJSON *item);

/* The array `name` of `result` as a table, a row an item, or the line `none`. */
static int show_list(const cJSON *result, const char *name, const struct table_col *cols,
		     size_t n_cols, row_fn fn, const char *none, FILE *out)
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
	cJSON_ArrayForEach (item, list) {
		if (r == 0)
			r = fn(t, item);
	}
	if (r == 0)
		table_print(t, out);
	table_free(t);
	return r;
}

/* "ADDRESS, ADDRESS: REASON" */
static void candidate_note(const cJSON *item, char note[TABLE_NOTE_LEN])
{
	const cJSON *address;
	size_t used = 0;

	cJSON_ArrayForEach (address, cJSON_GetObjectItemCaseSensitive(item, "addresses")) {
		if (cJSON_IsString(address) && used < TABLE_NOTE_LEN / 2)
			used += (size_t)snprintf(note + used, TABLE_NOTE_LEN - used, "%s%.46s",
						 used ? ", " : "", address->valuestring);
	}
	snprintf(note + used, TABLE_NOTE_LEN - used, "%s%.200s", used ? ": " : "",
		 text_of(item, "reason"));
}

static int candidate_row(struct table *t, const cJSON *item)
{
	char first[SHOW_DURATION_LEN], last[SHOW_DURATION_LEN], requests[24];
	char note[TABLE_NOTE_LEN];
	const char *const cells[] = {text_of(item, "eui"),
				     text_of(item, "state"),
				     duration_of(item, "last_heard_s", last),
				     duration_of(item, "first_heard_s", first),
				     requests,
				     text_of(item, "name")};

	snprintf(requests, sizeof(requests), "%.0f", number_of(item, "requests"));
	candidate_note(item, note);
	return table_add(t, cells, note);
}

int show_candidates(const cJSON *result, FILE *out)
{
	static const struct table_col cols[] = {
		{.title = "EUI-64"},
		{.title = "STATE"},
		{.title = "HEARD", .right = true},
		{.title = "FIRST", .right = true},
		{.title = "REQUESTS", .right = true},
		{.title = "NAME", .elastic = true},
	};

	return show_list(result, "candidates", cols, sizeof(cols) / sizeof(cols[0]), candidate_row,
			 "nobody has asked to be let in", out);
}

static int node_row(struct table *t, const cJSON *item)
{
	char since[SHOW_DURATION_LEN], links[48], note[TABLE_NOTE_LEN];
	const char *address = text_of(item, "address");
	const char *const cells[] = {text_of(item, "eui"),
				     text_of(item, "state"),
				     duration_of(item, "since_s", since),
				     links,
				     text_of(item, "session"),
				     text_of(item, "name")};

	snprintf(links, sizeof(links), "%.0f/%.0f", number_of(item, "links_secured"),
		 number_of(item, "links_total"));
	snprintf(note, sizeof(note), "%.46s%s%.200s", address, *address ? ": " : "",
		 text_of(item, "reason"));
	return table_add(t, cells, note);
}

int show_nodes(const cJSON *result, FILE *out)
{
	static const struct table_col cols[] = {
		{.title = "EUI-64"},
		{.title = "STATE"},
		{.title = "SINCE", .right = true},
		{.title = "LINKS", .right = true},
		{.title = "SESSION"},
		{.title = "NAME", .elastic = true},
	};

	return show_list(result, "nodes", cols, sizeof(cols) / sizeof(cols[0]), node_row,
			 "no node has been admitted", out);
}

static int link_row(struct table *t, const cJSON *item)
{
	char heard[SHOW_DURATION_LEN], expires[SHOW_DURATION_LEN], tries[24];
	const char *const cells[] = {text_of(item, "eui"), text_of(item, "state"),
				     duration_of(item, "heard_s", heard), tries,
				     duration_of(item, "expires_s", expires)};

	snprintf(tries, sizeof(tries), "%.0f", number_of(item, "ssr_tries"));
	return table_add(t, cells, NULL);
}

int show_links(const cJSON *result, FILE *out)
{
	static const struct table_col cols[] = {
		{.title = "NEIGHBOUR"},
		{.title = "STATE"},
		{.title = "HEARD", .right = true},
		{.title = "SSR TRIES", .right = true},
		{.title = "EXPIRES", .right = true},
	};

	return show_list(result, "links", cols, sizeof(cols) / sizeof(cols[0]), link_row,
			 "no neighbours", out);
}

int show_admitted(const cJSON *result, FILE *out)
{
	bool before = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(result, "admitted_before"));

	table_print_cut(text_of(result, "eui"), TABLE_WIDTH, out);
	fprintf(out, before ? " was admitted before, is now " : ": ");
	table_print_cut(text_of(result, "state"), TABLE_WIDTH, out);
	fprintf(out, " (");
	table_print_cut(text_of(result, "reason"), TABLE_WIDTH, out);
	fprintf(out, ")\n");
	return 0;
}
