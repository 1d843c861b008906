/* SPDX-License-Identifier: ISC */
#include "show.h"

#include "unit.h"

#include <string.h>

static char text[16384];

static const char *shown(show_fn show, const char *json)
{
	cJSON *result = cJSON_Parse(json);
	FILE *out = fmemopen(memset(text, 0, sizeof(text)), sizeof(text), "w");

	ck_assert_ptr_nonnull(result);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(show(result, out), 0);
	fclose(out);
	cJSON_Delete(result);
	return text;
}

START_TEST(durations_have_one_unit)
{
	static const struct {
		double s;
		const char *text;
	} cases[] = {{0, "0s"},      {59, "59s"},   {60, "1m"},      {3599, "59m"}, {3600, "1h"},
		     {86399, "23h"}, {86400, "1d"}, {1e9, "11574d"}, {-1, "-"},     {1e300, "-"}};
	char buf[SHOW_DURATION_LEN];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(show_duration(cases[i].s, buf), cases[i].text);
}
END_TEST

START_TEST(status_shows_whatever_there_is)
{
	ck_assert_str_eq(shown(show_status,
			       "{\"eui\":\"0200000000000001\",\"all_secured\":false,\"n\":3,"
			       "\"uptime_s\":120,\"later\":null,"
			       "\"counters\":{\"unsecured from secured\":4,\"x\":0},"
			       "\"list\":[\"a\",2]}"),
			 "eui: 0200000000000001\n"
			 "all_secured: no\n"
			 "n: 3\n"
			 "uptime: 2m\n"
			 "later: -\n"
			 "counters:\n"
			 "  unsecured from secured: 4\n"
			 "  x: 0\n"
			 "list: a 2\n");
}
END_TEST

START_TEST(status_is_bounded_and_harmless)
{
	ck_assert_str_eq(shown(show_status, "{\"a\":\"\\u001b[2J\"}"), "a: ?[2J\n");
	ck_assert_str_eq(shown(show_status, "{\"\\u001b[2J\":1}"), "?[2J: 1\n");
	ck_assert_str_eq(shown(show_status, "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}"),
			 "a:\n  b:\n    c:\n      d:\n");
}
END_TEST

START_TEST(nodes_as_a_table)
{
	ck_assert_str_eq(
		shown(show_nodes,
		      "{\"nodes\":[{\"eui\":\"0200000000000001\",\"name\":\"border router\","
		      "\"state\":\"joined\",\"since_s\":125,\"silent_s\":7199,"
		      "\"address\":\"fd00:1::1\","
		      "\"session\":\"up\",\"links_secured\":2,\"links_total\":3,"
		      "\"reason\":\"proved: reached by wire\"},"
		      "{\"eui\":\"0200000000000002\",\"name\":\"\",\"state\":\"admitted\","
		      "\"since_s\":4,\"silent_s\":7200,\"due\":\"close\",\"left_behind\":true,"
		      "\"address\":\"\","
		      "\"session\":\"none\",\"links_secured\":0,"
		      "\"links_total\":0,\"reason\":\"waiting for border router\"},"
		      "{\"eui\":\"0200000000000003\",\"state\":\"keyed\",\"silent_s\":7200,"
		      "\"session\":\"none\",\"reason\":\"no proof yet\"}]}"),
		"EUI-64            STATE     SINCE  LINKS  SESSION  NAME\n"
		"0200000000000001  joined       2m    2/3  up       border router\n"
		"    fd00:1::1: proved: reached by wire\n"
		"0200000000000002  admitted     4s    0/0  none\n"
		"    left behind; due: close; waiting for border router\n"
		"0200000000000003  keyed         -    0/0  none\n"
		"    silent for 2h; no proof yet\n");
	ck_assert_str_eq(shown(show_nodes, "{\"nodes\":[]}"), "no node has been admitted\n");
}
END_TEST

START_TEST(candidates_as_a_table)
{
	ck_assert_str_eq(
		shown(show_candidates,
		      "{\"candidates\":[{\"eui\":\"0200000000000009\",\"name\":\"\","
		      "\"state\":\"denied\",\"credential\":false,\"reason\":\"no credential\","
		      "\"addresses\":[\"fd00::9\",\"fd00::a\"],\"first_heard_s\":3600,"
		      "\"last_heard_s\":2,\"requests\":17}]}"),
		"EUI-64            STATE   HEARD  FIRST  REQUESTS  NAME\n"
		"0200000000000009  denied     2s     1h        17\n"
		"    fd00::9, fd00::a: no credential\n");
	ck_assert_str_eq(
		shown(show_candidates,
		      "{\"candidates\":[{\"eui\":\"0200000000000008\",\"state\":\"joined\"},"
		      "{\"eui\":\"0200000000000009\",\"name\":\"lamp\",\"state\":\"candidate\","
		      "\"reason\":\"waits to be admitted\",\"first_heard_s\":3,"
		      "\"last_heard_s\":2,\"requests\":1}]}"),
		"EUI-64            STATE      HEARD  FIRST  REQUESTS  NAME\n"
		"0200000000000009  candidate     2s     3s         1  lamp\n"
		"    waits to be admitted\n"
		"1 of those who asked were let in: kmpctl ctd nodes\n");
	ck_assert_str_eq(shown(show_candidates, "{\"candidates\":[{\"eui\":\"0200000000000008\","
						"\"state\":\"joined\"}]}"),
			 "1 of those who asked were let in: kmpctl ctd nodes\n");
	ck_assert_str_eq(shown(show_candidates, "{\"candidates\":[]}"),
			 "nobody has asked to be let in\n");
}
END_TEST

START_TEST(links_as_a_table)
{
	ck_assert_str_eq(shown(show_links,
			       "{\"links\":[{\"eui\":\"0200000000000001\",\"state\":\"secured\","
			       "\"heard_s\":1,\"ssr_tries\":0,\"expires_s\":86000},"
			       "{\"eui\":\"0200000000000003\",\"state\":\"ssr-sent\","
			       "\"heard_s\":70,\"ssr_tries\":3}]}"),
			 "NEIGHBOUR         STATE     HEARD  SSR TRIES  EXPIRES\n"
			 "0200000000000001  secured      1s          0      23h\n"
			 "0200000000000003  ssr-sent     1m          3        -\n");
	ck_assert_str_eq(shown(show_links, "{\"links\":[]}"), "no neighbours\n");
}
END_TEST

START_TEST(admitted_in_one_line)
{
	ck_assert_str_eq(
		shown(show_admitted,
		      "{\"eui\":\"0200000000000002\",\"state\":\"admitted\","
		      "\"admitted_before\":false,\"reason\":\"admitted by the operator\"}"),
		"0200000000000002: admitted (admitted by the operator)\n");
	ck_assert_str_eq(shown(show_admitted, "{\"eui\":\"0200000000000002\",\"state\":\"joined\","
					      "\"admitted_before\":true,\"reason\":\"proved\"}"),
			 "0200000000000002 was admitted before, is now joined (proved)\n");
}
END_TEST

START_TEST(devices_have_places)
{
	ck_assert_str_eq(shown(show_devices, "{\"devices\":[{\"eui\":\"0200000000000002\","
					     "\"name\":\"lamp\",\"place\":\"stairs\"},"
					     "{\"eui\":\"0200000000000003\"}]}"),
			 "EUI-64            NAME\n"
			 "0200000000000002  lamp (stairs)\n"
			 "0200000000000003\n");
	ck_assert_str_eq(shown(show_denied, "{\"eui\":\"0200000000000002\",\"name\":\"lamp\"}"),
			 "0200000000000002 lamp: denied\n");
	ck_assert_str_eq(shown(show_denied, "{\"eui\":\"0200000000000002\",\"name\":\"\"}"),
			 "0200000000000002: denied\n");
}
END_TEST

START_TEST(labels_are_cut_between_characters)
{
	char label[SHOW_LABEL_LEN], json[512] = "{\"name\":\"";

	for (int i = 0; i < 40; i++)
		strcat(json, "\xc3\xa4");
	strcat(json, "\",\"place\":\"p\"}");
	cJSON *o = cJSON_Parse(json);
	ck_assert_uint_eq(strlen(show_label(o, label)), 62 + strlen(" (p)"));
	ck_assert_str_eq(label + 60, "\xc3\xa4 (p)");
	cJSON_Delete(o);
}
END_TEST

START_TEST(lines_are_wrapped_by_columns)
{
	FILE *out = fmemopen(memset(text, 0, sizeof(text)), sizeof(text), "w");
	char long_text[256] = "";

	for (int i = 0; i < 16; i++)
		strcat(long_text, "123456789 ");
	show_wrapped(long_text, 10, out);
	fclose(out);
	ck_assert_uint_eq(strcspn(text, "\n"), 69); /* seven words */
	ck_assert_ptr_eq(strstr(text, "\n          123456789 "), text + 69);
}
END_TEST

#define EVICTED "\"eui\":\"0200000000000002\",\"name\":\"lamp\",\"key_index\":3,"

START_TEST(evicted_and_what_follows)
{
	ck_assert_str_eq(shown(show_evicted, "{" EVICTED "\"rekeyed\":false,\"rekey\":null}"),
			 "0200000000000002 lamp: denied, no re-key: it holds no key\n");
	ck_assert_str_eq(shown(show_evicted, "{" EVICTED "\"rekeyed\":true,\"rekey\":{\"index\":4,"
					     "\"reason\":\"eviction of 0200000000000002\"}}"),
			 "0200000000000002 lamp: evicted, re-key to key index 4\n");
	ck_assert_str_eq(shown(show_evicted, "{" EVICTED "\"rekeyed\":true,\"rekey\":null}"),
			 "0200000000000002 lamp: evicted, re-key to key index 3\n");
	ck_assert_str_eq(shown(show_evicted, "{" EVICTED "\"rekeyed\":true,\"rekey\":{\"index\":4,"
					     "\"reason\":\"ordered by the operator\"}}"),
			 "0200000000000002 lamp: evicted, re-key follows the one under way\n");
}
END_TEST

START_TEST(mesh_with_all_that_can_be)
{
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	ck_assert_str_eq(
		shown(show_mesh,
		      "{\"all_secured\":false,\"n\":8,\"near\":\"0200000000000009\",\"key_index\":"
		      "3,"
		      "\"rekey\":{\"phase\":\"stage\",\"index\":4,\"reason\":\"evicted\","
		      "\"deadline_s\":0,\"out_of_reach\":true},\"behind\":[{\"eui\":"
		      "\"0200000000000004\","
		      "\"name\":\"lamp 4\",\"due\":\"keys\",\"reason\":\"no answer\"}],"
		      "\"left_behind\":[{\"eui\":\"0200000000000005\",\"name\":\"lamp 5\"}],"
		      "\"done\":4,\"total\":5,\"timeline\":["
		      "{\"time\":0,\"last\":0,\"count\":1,\"state\":\"mesh\",\"text\":\"a\"},"
		      "{\"time\":0,\"last\":0,\"count\":1,\"state\":\"mesh\",\"text\":\"b\"},"
		      "{\"time\":0,\"last\":0,\"count\":1,\"state\":\"mesh\",\"text\":\"c\"},"
		      "{\"time\":0,\"last\":0,\"count\":1,\"state\":\"mesh\",\"text\":\"d\"},"
		      "{\"time\":0,\"last\":0,\"count\":1,\"state\":\"mesh\",\"text\":\"e\"},"
		      "{\"time\":0,\"last\":0,\"count\":2,\"state\":\"mesh\",\"text\":\"f\"}]}"),
		"mesh: open (n 8), key 3, 4 of 5 up to date\n"
		"open near: 0200000000000009\n"
		"re-key: key 4, phase stage (evicted), 0s left\n"
		"no border router answers: the re-key waits for one\n"
		"left behind: 0200000000000005 lamp 5 (kmpctl ctd open --near it)\n"
		"BEHIND            DUE   NAME\n"
		"0200000000000004  keys  lamp 4\n"
		"    no answer\n"
		"\n"
		"1970-01-01 00:00:00  mesh: b\n"
		"1970-01-01 00:00:00  mesh: c\n"
		"1970-01-01 00:00:00  mesh: d\n"
		"1970-01-01 00:00:00  mesh: e\n"
		"1970-01-01 00:00:00  mesh: f (2 times, last 00:00:00)\n");
}
END_TEST

START_TEST(results_of_another_shape_do_no_harm)
{
	static const show_fn all[] = {show_status,    show_candidates, show_nodes,  show_links,
				      show_admitted,  show_devices,    show_denied, show_mesh,
				      show_explained, show_reset};
	static const char *const results[] = {
		"{}",
		"[]",
		"{\"nodes\":1,\"candidates\":\"x\",\"links\":{\"a\":1}}",
		"{\"nodes\":[1,null,{}],\"links\":[\"x\"]}",
		"{\"candidates\":[[],{\"addresses\":[1,{}]}]}",
		"{\"eui\":1,\"state\":[],\"reason\":{}}",
		"{\"behind\":[1,{}],\"left_behind\":[null],\"rekey\":{\"phase\":1},\"near\":2}",
		"{\"timeline\":[1,{},{\"time\":-1e300,\"count\":1e300,\"last\":1e300}]}",
		"{\"requests\":{\"count\":2,\"addresses\":[1]},\"session\":1,\"links\":[{}]}"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (size_t j = 0; j < sizeof(results) / sizeof(results[0]); j++)
			shown(all[i], results[j]);
}
END_TEST

UNIT_MAIN("show", durations_have_one_unit, status_shows_whatever_there_is,
	  status_is_bounded_and_harmless, nodes_as_a_table, candidates_as_a_table, links_as_a_table,
	  admitted_in_one_line, devices_have_places, labels_are_cut_between_characters,
	  lines_are_wrapped_by_columns, evicted_and_what_follows, mesh_with_all_that_can_be,
	  results_of_another_shape_do_no_harm)
