/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "ctd_ctl_priv.h"
#include "explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void add_rekey(const struct roster *r, cJSON *result)
{
	const struct mesh *mesh = roster_mesh(r);
	int64_t left_s = mesh->deadline_s - clock_wall_s();
	cJSON *o;

	if (mesh->phase == MESH_STEADY) {
		cJSON_AddNullToObject(result, "rekey");
		return;
	}
	o = cJSON_AddObjectToObject(result, "rekey");
	cJSON_AddStringToObject(o, "phase", mesh_phase_name(mesh->phase));
	cJSON_AddNumberToObject(o, "index", mesh->key_index);
	cJSON_AddStringToObject(o, "reason", mesh->reason);
	if (mesh->deadline_s == 0)
		cJSON_AddNullToObject(o, "deadline_s");
	else
		cJSON_AddNumberToObject(o, "deadline_s", left_s > 0 ? (double)left_s : 0);
	cJSON_AddBoolToObject(o, "out_of_reach", roster_rekey_waits(r));
}

static cJSON *add_entry(cJSON *list, const struct member *m)
{
	cJSON *o = cJSON_CreateObject();

	ctd_ctl_add_eui(o, &m->join.eui);
	cJSON_AddStringToObject(o, "name", ctd_ctl_name(m));
	cJSON_AddItemToArray(list, o);
	return o;
}

static void add_reason(cJSON *o, const struct member *m, bool held_back)
{
	char reason[JOIN_REASON_LEN + 32];

	snprintf(reason, sizeof(reason), "%s%s", held_back ? "told once it has proved: " : "",
		 m->join.reason);
	cJSON_AddStringToObject(o, "reason", reason);
}

static void add_behind(const struct roster *r, cJSON *result)
{
	cJSON *behind = cJSON_AddArrayToObject(result, "behind");
	cJSON *left = cJSON_AddArrayToObject(result, "left_behind");
	size_t done = 0, total = 0;

	for (size_t i = 0; i < roster_count(r); i++) {
		const struct member *m = roster_at(r, i);
		enum due_kind due = roster_lacks(r, m);
		if (m->admitted && m->node.left_behind)
			add_entry(left, m);
		if (!roster_takes_part(m))
			continue;
		total++;
		done += due == DUE_NOTHING;
		if (due == DUE_NOTHING)
			continue;
		cJSON *o = add_entry(behind, m);
		cJSON_AddStringToObject(o, "due", due_name(due));
		bool held_back = due != roster_due(r, m);
		cJSON_AddBoolToObject(o, "held_back", held_back);
		add_reason(o, m, held_back);
	}
	cJSON_AddNumberToObject(result, "done", (double)done);
	cJSON_AddNumberToObject(result, "total", (double)total);
}

static void add_mesh(const struct ctd_ctl *c, cJSON *result)
{
	const struct mesh *mesh = roster_mesh(c->roster);
	const struct key_entry *key = keyset_active(&mesh->keys);
	eui64_text text;

	cJSON_AddBoolToObject(result, "all_secured", mesh->all_secured);
	cJSON_AddNumberToObject(result, "n", mesh->n);
	if (eui64_is_zero(&mesh->near))
		cJSON_AddNullToObject(result, "near");
	else
		cJSON_AddStringToObject(result, "near", eui64_format(&mesh->near, text));
	cJSON_AddNumberToObject(result, "key_index", key ? key->index : 0);
	add_rekey(c->roster, result);
	add_behind(c->roster, result);
	explain_mesh(c, result);
}

int ctd_ctl_mesh(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	(void)args;
	(void)why;
	add_mesh(arg, result);
	return 0;
}

/* Every command answers with what the mesh is then. */
static int answer(const struct ctd_ctl *c, int error, cJSON *result)
{
	if (error == 0)
		add_mesh(c, result);
	return error;
}

int ctd_ctl_close(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;

	(void)args;
	return answer(c, roster_close(c->roster, why, CTL_WHY_LEN), result);
}

int ctd_ctl_open(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;
	struct eui64 near;
	bool only_near = cJSON_GetArraySize(args) > 0;
	int error = only_near ? ctd_ctl_eui(args, &near, why) : 0;

	if (error == 0)
		error = roster_open(c->roster, only_near ? &near : NULL, why, CTL_WHY_LEN);
	return answer(c, error, result);
}

int ctd_ctl_rekey(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;
	const char *how = cJSON_GetStringValue(cJSON_GetArrayItem(args, 0));
	int error;

	if (cJSON_GetArraySize(args) == 0) {
		error = roster_rekey(c->roster, why, CTL_WHY_LEN);
	} else if (how && strcmp(how, "force") == 0) {
		error = roster_rekey_force(c->roster, why, CTL_WHY_LEN);
	} else {
		snprintf(why, CTL_WHY_LEN, "nothing but `force` can follow `rekey`");
		error = -EINVAL;
	}
	return answer(c, error, result);
}

static void add_device(const struct ctd_ctl *c, const struct eui64 *eui, cJSON *result)
{
	ctd_ctl_add_eui(result, eui);
	cJSON_AddStringToObject(result, "name", ctd_ctl_name(roster_find(c->roster, eui)));
}

int ctd_ctl_deny(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;
	struct eui64 eui;
	int error = ctd_ctl_eui(args, &eui, why);

	if (error == 0)
		error = roster_deny(c->roster, &eui, why, CTL_WHY_LEN);
	if (error == 0)
		add_device(c, &eui, result);
	return answer(c, error, result);
}

/* Does a re-key because of `eui` follow the one that is under way? */
static bool is_due_for(const struct mesh *mesh, const struct eui64 *eui)
{
	eui64_text text;

	return strstr(mesh->again, eui64_format(eui, text)) != NULL;
}

int ctd_ctl_evict(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;
	const struct mesh *mesh = roster_mesh(c->roster);
	struct eui64 eui;
	int error = ctd_ctl_eui(args, &eui, why);
	uint32_t version;

	if (error < 0)
		return error;
	version = mesh->key_version;
	error = roster_evict(c->roster, &eui, why, CTL_WHY_LEN);
	if (error < 0)
		return error;
	add_device(c, &eui, result);
	cJSON_AddBoolToObject(result, "rekeyed",
			      mesh->key_version != version || is_due_for(mesh, &eui));
	add_mesh(c, result);
	return 0;
}
