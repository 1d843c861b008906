/* SPDX-License-Identifier: ISC */
#include "show.h"

#include "table.h"
#include "unit.h"

#include <string.h>

static char text[16384];

static const char *explained(const char *json)
{
	cJSON *result = cJSON_Parse(json);
	FILE *out = fmemopen(memset(text, 0, sizeof(text)), sizeof(text), "w");

	ck_assert_ptr_nonnull(result);
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	ck_assert_int_eq(show_explained(result, out), 0);
	fclose(out);
	cJSON_Delete(result);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
		ck_assert_msg(end - line <= TABLE_WIDTH, "'%.*s' is too wide", (int)(end - line),
			      line);
	return text;
}

#define LAMP                                                                                       \
	"{\"eui\":\"0200000000000004\",\"name\":\"lamp "                                           \
	"4\",\"place\":\"stairs\",\"role\":\"node\","                                              \
	"\"origin\":\"manifest\",\"credential\":\"psk\",\"state\":\"admitted\",\"since_s\":180,"   \
	"\"reason\":\"handshake failed: wrong key or identity\",\"advice\":\"wrong key: compare "  \
	"the credential on its label with the one configured\",\"address\":\"fd00:6::4\","         \
	"\"session\":\"none\",\"key_index\":0,\"answered_s\":300,\"fc\":17,\"links\":[{\"eui\":"   \
	"\"0200000000000002\","                                                                    \
	"\"name\":\"lamp 2\",\"secured\":true},{\"eui\":\"0200000000000003\",\"name\":\"\","       \
	"\"secured\":false}],\"requests\":{\"count\":12,\"first_heard_s\":3600,"                   \
	"\"last_heard_s\":2,\"addresses\":[\"fd00:6::4\"]},\"timeline\":[{\"time\":1795348803,"    \
	"\"last\":1795348984,\"count\":12,\"state\":\"candidate\",\"text\":\"asks to be let "      \
	"in\"},"                                                                                   \
	"{\"time\":1795348804,\"last\":1795435204,\"count\":2,\"state\":\"admitted\",\"text\":"    \
	"\"handshake failed: wrong key or identity\"},{\"time\":1795348805,\"last\":1795348805,"   \
	"\"count\":1,\"state\":\"keyed\",\"text\":\"key set taken\"}]}"

START_TEST(everything_about_a_device)
{
	/* Line by line: Check cannot tell a difference that is longer than it likes. */
	static const char wanted[] =
		"device:   0200000000000004  lamp 4 (stairs)\n"
		"          node, credential psk, origin manifest\n"
		"state:    admitted for 3m: handshake failed: wrong key or identity\n"
		"do:       wrong key: compare the credential on its label with the one configured\n"
		"address:  fd00:6::4, session none, key 0, frame counter 17\n"
		"answered: 5m ago\n"
		"asked:    12 times, first 1h ago, last 2s ago, from fd00:6::4\n"
		"links:    0200000000000002  secured      lamp 2\n"
		"          0200000000000003  not secured\n"
		"\n"
		"2026-11-22 12:00:03  candidate: asks to be let in (12 times, last 12:03:04)\n"
		"2026-11-22 12:00:04  admitted: handshake failed: wrong key or identity (2 times,\n"
		"                     last 2026-11-23 12:00:04)\n"
		"2026-11-22 12:00:05  keyed: key set taken\n";
	const char *w = wanted;

	for (const char *line = explained(LAMP), *end; (end = strchr(line, '\n')); line = end + 1) {
		size_t len = (size_t)(end - line) + 1;
		ck_assert_msg(strncmp(line, w, len) == 0, "'%.*s' is not '%.*s'", (int)len, line,
			      (int)len, w);
		w += len;
	}
	ck_assert_str_eq(w, "");
}
END_TEST

START_TEST(stranger)
{
	ck_assert_str_eq(
		explained("{\"eui\":\"0200000000000009\",\"name\":\"\",\"role\":\"node\","
			  "\"origin\":\"none\",\"credential\":\"none\",\"state\":\"denied\","
			  "\"reason\":\"no credential\",\"advice\":\"add it\",\"requests\":"
			  "{\"count\":0,\"addresses\":[]},\"timeline\":[]}"),
		"device:   0200000000000009\n"
		"          node, credential none, origin none\n"
		"state:    denied: no credential\n"
		"do:       add it\n"
		"asked:    not since ctd was started\n");
}
END_TEST

START_TEST(long_words_are_broken)
{
	char json[512], word[161];

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	snprintf(json, sizeof(json), "{\"eui\":\"0200000000000009\",\"advice\":\"%s\"}", word);
	ck_assert_ptr_nonnull(strstr(explained(json), "xx\n          xx"));
	ck_assert_uint_eq(strspn(strstr(text, "do:") + 10, "x\n "), 160 + 2 * 10 + 3);
}
END_TEST

UNIT_MAIN("show_explain", everything_about_a_device, stranger, long_words_are_broken)
