/* SPDX-License-Identifier: ISC */
/* A line from a client of the control socket: whatever it is, the answer is one line of JSON with
 * the version and an outcome. */
#include "base/ctl.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int on_echo(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	(void)arg, (void)why;
	cJSON_AddItemToObject(result, "args", cJSON_Duplicate(args, true));
	return 0;
}

static int on_refuse(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	(void)arg, (void)result;
	strncpy(why, cJSON_GetArrayItem(args, 0)->valuestring, CTL_WHY_LEN - 1);
	return -1;
}

static const struct ctl_command commands[] = {{"echo", 0, 3, on_echo}, {"refuse", 1, 1, on_refuse}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *answer = ctl_answer(commands, 2, NULL, (const char *)data, len);
	assert(answer && strchr(answer, '\n') == answer + strlen(answer) - 1);
	cJSON *json = cJSON_Parse(answer);
	const cJSON *ok = cJSON_GetObjectItemCaseSensitive(json, "ok");
	assert(cJSON_GetObjectItemCaseSensitive(json, "v")->valueint == CTL_VERSION);
	assert(cJSON_HasObjectItem(json, cJSON_IsTrue(ok) ? "result" : "error"));
	cJSON_Delete(json);
	free(answer);
	return 0;
}
