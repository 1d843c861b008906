/* SPDX-License-Identifier: ISC */
#include "show.h"

#include "base/eui64.h"
#include "base/utf8.h"
#include "table.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#define KEY_WIDTH  10 /* of "address:  " */
#define TIME_WIDTH 21 /* of "2026-11-22 12:00:03  " */
#define TIME_LEN   24

static void print_key(const char *key, const char *text, FILE *out)
{
	fprintf(out, "%-*s", KEY_WIDTH, key);
	show_wrapped(text, KEY_WIDTH, out);
}

static void show_identity(const cJSON *r, FILE *out)
{
	char label[SHOW_LABEL_LEN], line[SHOW_LINE_LEN];

	snprintf(line, sizeof(line), "%.16s  %s", show_text(r, "eui"), show_label(r, label));
	if (!*label)
		line[EUI64_TEXT_LEN] = '\0';
	print_key("device:", line, out);
	snprintf(line, sizeof(line), "%.32s, credential %.32s, origin %.32s", show_text(r, "role"),
		 show_text(r, "credential"), show_text(r, "origin"));
	print_key("", line, out);
}

static void show_state(const cJSON *r, FILE *out)
{
	char line[SHOW_LINE_LEN], since[SHOW_DURATION_LEN];
	const char *advice = show_text(r, "advice");
	size_t used;

	used = (size_t)snprintf(line, sizeof(line), "%.16s", show_text(r, "state"));
	if (cJSON_GetObjectItemCaseSensitive(r, "since_s"))
		used += (size_t)snprintf(line + used, sizeof(line) - used, " for %s",
					 show_seconds(r, "since_s", since));
	snprintf(line + used, sizeof(line) - used, ": %.*s", UTF8_CUT(show_text(r, "reason"), 200));
	print_key("state:", line, out);
	if (*advice)
		print_key("do:", advice, out);
}

static void show_network(const cJSON *r, FILE *out)
{
	char line[SHOW_LINE_LEN];
	char ago[SHOW_DURATION_LEN];
	const char *address = show_text(r, "address");
	size_t used;

	if (!cJSON_GetObjectItemCaseSensitive(r, "session"))
		return;
	used = (size_t)snprintf(line, sizeof(line), "%.46s, session %.16s, key %.0f",
				*address ? address : "none", show_text(r, "session"),
				show_number(r, "key_index"));
	if (cJSON_GetObjectItemCaseSensitive(r, "fc"))
		snprintf(line + used, sizeof(line) - used, ", frame counter %.0f",
			 show_number(r, "fc"));
	print_key("address:", line, out);
	if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(r, "answered_s"))) {
		snprintf(line, sizeof(line), "%s ago", show_seconds(r, "answered_s", ago));
		print_key("answered:", line, out);
	}
	if (*show_text(r, "due"))
		print_key("due:", show_text(r, "due"), out);
}

static void show_requests(const cJSON *r, FILE *out)
{
	const cJSON *requests = cJSON_GetObjectItemCaseSensitive(r, "requests"), *item;
	char line[SHOW_LINE_LEN], first[SHOW_DURATION_LEN], last[SHOW_DURATION_LEN];
	size_t used;

	if (show_number(requests, "count") < 1) {
		print_key("asked:", "not since ctd was started", out);
		return;
	}
	used = (size_t)snprintf(line, sizeof(line), "%.0f time%s, first %s ago, last %s ago, from",
				show_number(requests, "count"),
				show_number(requests, "count") > 1 ? "s" : "",
				show_seconds(requests, "first_heard_s", first),
				show_seconds(requests, "last_heard_s", last));
	cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(requests, "addresses")) {
		if (cJSON_IsString(item) && used < sizeof(line) - 64)
			used += (size_t)snprintf(line + used, sizeof(line) - used, " %.46s",
						 item->valuestring);
	}
	print_key("asked:", line, out);
}

static void show_neighbours(const cJSON *r, FILE *out)
{
	char line[SHOW_LINE_LEN];
	const char *key = "links:";
	const cJSON *item;

	cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(r, "links")) {
		bool secured = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "secured"));
		snprintf(line, sizeof(line), "%.16s  %-11s  %.*s", show_text(item, "eui"),
			 secured ? "secured" : "not secured",
			 UTF8_CUT(show_text(item, "name"), 63));
		print_key(key, line, out);
		key = "";
	}
}

/* --- the timeline --- */

static void format_time(double seconds, const char *format, char text[TIME_LEN])
{
	time_t t = seconds > 0 && seconds < 1e11 ? (time_t)seconds : 0;
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(text, TIME_LEN, format, &tm) == 0)
		snprintf(text, TIME_LEN, "-");
}

static bool same_day(double a, double b)
{
	char day[TIME_LEN], other[TIME_LEN];

	format_time(a, "%F", day);
	format_time(b, "%F", other);
	return strcmp(day, other) == 0;
}

static void show_event(const cJSON *e, FILE *out)
{
	double first = show_number(e, "time"), last = show_number(e, "last");
	char line[SHOW_LINE_LEN], time[TIME_LEN];
	size_t used;

	used = (size_t)snprintf(line, sizeof(line), "%.16s: %.*s", show_text(e, "state"),
				UTF8_CUT(show_text(e, "text"), 200));
	if (show_number(e, "count") > 1) {
		format_time(last, same_day(first, last) ? "%T" : "%F %T", time);
		snprintf(line + used, sizeof(line) - used, " (%.0f times, last %s)",
			 show_number(e, "count"), time);
	}
	format_time(first, "%F %T", time);
	fprintf(out, "%-*s", TIME_WIDTH, time);
	show_wrapped(line, TIME_WIDTH, out);
}

void show_timeline(const cJSON *result, int most, FILE *out)
{
	const cJSON *e, *timeline = cJSON_GetObjectItemCaseSensitive(result, "timeline");
	int skip = cJSON_GetArraySize(timeline) - most;

	if (cJSON_GetArraySize(timeline) > 0)
		fputc('\n', out);
	cJSON_ArrayForEach (e, timeline) {
		if (skip-- <= 0)
			show_event(e, out);
	}
}

int show_explained(const cJSON *result, FILE *out)
{
	show_identity(result, out);
	show_state(result, out);
	show_network(result, out);
	show_requests(result, out);
	show_neighbours(result, out);
	show_timeline(result, INT_MAX, out);
	return 0;
}
