/* SPDX-License-Identifier: ISC */
#include "show.h"

#include "table.h"

static int link_row(struct table *t, const cJSON *item)
{
	char heard[SHOW_DURATION_LEN], expires[SHOW_DURATION_LEN], tries[24];
	const char *const cells[] = {show_text(item, "eui"), show_text(item, "state"),
				     show_seconds(item, "heard_s", heard), tries,
				     show_seconds(item, "expires_s", expires)};

	snprintf(tries, sizeof(tries), "%.0f", show_number(item, "ssr_tries"));
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

int show_reset(const cJSON *result, FILE *out)
{
	(void)result;
	fputs("reset: it is factory-new and waits for its commissioning tool\n", out);
	return 0;
}
