/* SPDX-License-Identifier: ISC */
#include "follow.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "table.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define POLL_MS   500
#define MAX_SHOWN 8 /* of those who are behind */
#define LINE_LEN  512

static const cJSON *behind(const cJSON *mesh)
{
	return cJSON_GetObjectItemCaseSensitive(mesh, "behind");
}

/* Who has to prove itself first may take for ever, and is told what it was not told then: no reason
 * to wait, unless just that was ordered. */
static bool is_waited_for(const struct kmpctl_request *req, const cJSON *item)
{
	return !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "held_back")) ||
	       strcmp(show_text(item, "due"), req->command->name) == 0;
}

static bool any_waited_for(const struct kmpctl_request *req, const cJSON *mesh)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, behind(mesh))
		if (is_waited_for(req, item))
			return true;
	return false;
}

static bool is_over(const struct kmpctl_request *req, const cJSON *mesh)
{
	return !any_waited_for(req, mesh) &&
	       !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(mesh, "rekey"));
}

/* "0200000000000004 (lamp 4)", .. */
static void append_who(const struct kmpctl_request *req, const cJSON *mesh, char *line, size_t size)
{
	size_t used = strlen(line);
	const cJSON *item;
	int n = 0;

	cJSON_ArrayForEach (item, behind(mesh)) {
		const char *name = show_text(item, "name");
		if (!is_waited_for(req, item))
			continue;
		if (n++ == MAX_SHOWN || used >= size - 1) {
			snprintf(line + used, size - used, ", ..");
			return;
		}
		snprintf(line + used, size - used, "%s%.16s%s%.*s%s", n > 1 ? ", " : " ",
			 show_text(item, "eui"), *name ? " (" : "", UTF8_CUT(name, 40),
			 *name ? ")" : "");
		used = strlen(line);
	}
}

static void describe(const struct kmpctl_request *req, const cJSON *mesh, char line[LINE_LEN])
{
	const cJSON *rekey = cJSON_GetObjectItemCaseSensitive(mesh, "rekey");

	line[0] = '\0';
	if (cJSON_IsObject(rekey))
		snprintf(line, LINE_LEN, "key %.0f, %.16s: ", show_number(rekey, "index"),
			 show_text(rekey, "phase"));
	snprintf(line + strlen(line), LINE_LEN - strlen(line), "%.0f of %.0f have answered",
		 show_number(mesh, "done"), show_number(mesh, "total"));
	if (any_waited_for(req, mesh)) {
		snprintf(line + strlen(line), LINE_LEN - strlen(line), ", waiting for");
		append_who(req, mesh, line, LINE_LEN);
	}
}

/* A line whenever it is another one. JSON is for programs, which want the result only. */
static void tell_progress(const struct kmpctl_request *req, const cJSON *mesh, char last[LINE_LEN],
			  FILE *out)
{
	char line[LINE_LEN];

	describe(req, mesh, line);
	if (req->json || strcmp(line, last) == 0)
		return;
	memcpy(last, line, LINE_LEN);
	show_wrapped(line, 0, out);
	fflush(out);
}

static void pause_ms(uint64_t ms)
{
	struct timespec ts = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	nanosleep(&ts, NULL);
}

static void complain_late(const struct kmpctl_request *req, const cJSON *mesh, FILE *err)
{
	char line[LINE_LEN] = "";

	append_who(req, mesh, line, sizeof(line));
	fprintf(err, "kmpctl: not all have answered after %u s:", req->wait_s);
	table_print_cut(line, LINE_LEN, err);
	fputs("; ctd goes on: kmpctl ctd mesh\n", err);
}

/* A daemon that is being restarted answers again soon, and goes on with what it was told. */
static bool is_away(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED || error == -ECONNRESET ||
	       error == -EPIPE || error == -ETIMEDOUT;
}

/* What only the first answer tells stays in the result. */
static void keep_members(cJSON *from, cJSON *to)
{
	for (cJSON *m = from->child, *next; m; m = next) {
		next = m->next;
		if (!cJSON_GetObjectItemCaseSensitive(to, m->string))
			cJSON_AddItemToObject(to, m->string, cJSON_DetachItemViaPointer(from, m));
	}
}

enum kmpctl_exit follow(const struct kmpctl_request *req, cJSON **result, FILE *out, FILE *err)
{
	uint64_t end_ms = clock_steady_ms() + (uint64_t)req->wait_s * 1000;
	char why[CTL_WHY_LEN] = "", last[LINE_LEN] = "";
	enum kmpctl_exit end;
	int r = 0;

	if (req->command->head && !req->json)
		req->command->head(*result, out);
	while (req->wait_s > 0 && !is_over(req, *result) && clock_steady_ms() < end_ms) {
		cJSON *mesh = NULL;

		tell_progress(req, *result, last, out);
		pause_ms(POLL_MS);
		r = kmpctl_ask(req, "mesh", NULL, 0, &mesh, why);
		if (r < 0 && !is_away(r))
			break;
		if (r < 0)
			continue;
		keep_members(*result, mesh);
		cJSON_Delete(*result);
		*result = mesh;
	}
	if (r < 0) {
		kmpctl_complain(req, r, why, err);
		return KMPCTL_FAILED;
	}
	end = kmpctl_print(req, *result, out, err);
	if (req->wait_s == 0 || is_over(req, *result))
		return end;
	complain_late(req, *result, err);
	return KMPCTL_FAILED;
}
