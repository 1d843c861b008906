/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include "unit.h"

#include <string.h>

static const struct command watch_ctd = {"ctd", "watch", .way = COMMAND_WATCH,
					 .show = show_nodes_live};
static const struct command watch_jnd = {"jnd", "watch", .way = COMMAND_WATCH, .show = show_links};
static char text[8192];

#define NODE(eui, state, links, reason)                                                            \
	"{\"eui\":\"" eui "\",\"name\":\"lamp\",\"state\":\"" state "\",\"since_s\":3,"            \
	"\"links_secured\":" links ",\"links_total\":2,\"reason\":\"" reason "\"}"
#define NODES(...) "{\"nodes\":[" __VA_ARGS__ "]}"
#define MESH                                                                                       \
	"{\"all_secured\":true,\"key_index\":2,\"done\":1,\"total\":2,\"rekey\":null,\"behind\":[" \
	"{\"eui\":\"0200000000000002\",\"name\":\"lamp\",\"due\":\"close\",\"reason\":\"no "       \
	"answer\"}]}"

static struct watch_view view(const char *head, const char *list)
{
	struct watch_view v = {head ? cJSON_Parse(head) : NULL, list ? cJSON_Parse(list) : NULL};

	ck_assert(!head || v.head);
	ck_assert(!list || v.list);
	return v;
}

static const char *changes(struct watch_view before, struct watch_view now)
{
	FILE *out = fmemopen(memset(text, 0, sizeof(text)), sizeof(text), "w");

	watch_changes(&before, &now, "12:00:00", out);
	fclose(out);
	cJSON_Delete(before.head);
	cJSON_Delete(before.list);
	cJSON_Delete(now.head);
	cJSON_Delete(now.list);
	return text;
}

static const char *picture(const struct command *c, struct watch_view v, size_t rows,
			   size_t columns)
{
	const struct kmpctl_request req = {.command = c};
	char *drawn = watch_picture(&req, &v, rows, columns);

	ck_assert_ptr_nonnull(drawn);
	snprintf(text, sizeof(text), "%s", drawn);
	free(drawn);
	cJSON_Delete(v.head);
	cJSON_Delete(v.list);
	return text;
}

START_TEST(changes_are_lines)
{
	const char *a = NODES(NODE("0200000000000002", "admitted", "0",
				   "asks") "," NODE("0200000000000003", "joined", "1", "proved"));
	const char *b = NODES(NODE("0200000000000002", "keyed", "0", "key set taken") "," NODE(
		"0200000000000003", "joined", "1", "proved"));

	ck_assert_str_eq(changes(view(NULL, NULL), view(NULL, a)),
			 "12:00:00 0200000000000002 lamp: admitted, links 0/2: asks\n"
			 "12:00:00 0200000000000003 lamp: joined, links 1/2: proved\n");
	ck_assert_str_eq(changes(view(NULL, a), view(NULL, b)),
			 "12:00:00 0200000000000002 lamp: keyed, links 0/2: key set taken\n");
	ck_assert_str_eq(changes(view(NULL, b), view(NULL, b)), "");
	ck_assert_str_eq(changes(view(NULL, b), view(MESH, NODES())),
			 "12:00:00 mesh closed, key 2, 1 of 2 up to date\n"
			 "12:00:00 0200000000000002 lamp: gone\n"
			 "12:00:00 0200000000000003 lamp: gone\n");
	ck_assert_str_eq(changes(view(MESH, b), view(NULL, NULL)), ""); /* told elsewhere */
}
END_TEST

START_TEST(links_are_watched_too)
{
	const char *was = "{\"links\":[{\"eui\":\"0200000000000002\",\"state\":\"idle\","
			  "\"heard_s\":1}]}";
	const char *is = "{\"links\":[{\"eui\":\"0200000000000002\",\"state\":\"secured\","
			 "\"heard_s\":2}]}";

	ck_assert_str_eq(changes(view(NULL, was), view(NULL, is)),
			 "12:00:00 0200000000000002: secured\n");
	ck_assert_str_eq(picture(&watch_jnd,
				 view("{\"eui\":\"0200000000000001\",\"state\":\"keyed\","
				      "\"key_index\":3,\"all_secured\":false}",
				      is),
				 24, 80),
			 "0200000000000001: keyed, key 3, open\n"
			 "NEIGHBOUR         STATE    HEARD  SSR TRIES  EXPIRES\n"
			 "0200000000000002  secured     2s          0        -\n");
}
END_TEST

START_TEST(picture_fits_the_terminal)
{
	const char *nodes = NODES(NODE("0200000000000002", "admitted", "0", "asks") "," NODE(
		"0200000000000003", "joined", "1", "proved"));
	const char *last = NODES(NODE("0200000000000003", "joined", "1", "proved") "," NODE(
		"0200000000000004", "admitted", "0", "asks"));

	/* Who is to be seen to comes first, who is well takes a line. */
	ck_assert_str_eq(picture(&watch_ctd, view(NULL, last), 24, 80),
			 "EUI-64            STATE     SINCE  LINKS  SESSION  NAME\n"
			 "0200000000000004  admitted     3s    0/2           lamp\n"
			 "    asks\n"
			 "0200000000000003  joined       3s    1/2           lamp\n");
	ck_assert_str_eq(picture(&watch_ctd, view(MESH, nodes), 24, 80),
			 "mesh closed, key 2, 1 of 2 up to date\n"
			 "  behind: 0200000000000002 lamp: close no answer\n"
			 "EUI-64            STATE     SINCE  LINKS  SESSION  NAME\n"
			 "0200000000000002  admitted     3s    0/2           lamp\n"
			 "    asks\n"
			 "0200000000000003  joined       3s    1/2           lamp\n");
	ck_assert_str_eq(picture(&watch_ctd, view(MESH, nodes), 4, 20), "mesh closed, key 2,~\n"
									"  behind: 020000000~\n"
									"EUI-64            S~\n"
									".. 3 more lines\n");
	ck_assert_str_eq(picture(&watch_ctd, view(NULL, NULL), 24, 80), "ctd does not answer\n");
}
END_TEST

UNIT_MAIN("watch", changes_are_lines, links_are_watched_too, picture_fits_the_terminal)
