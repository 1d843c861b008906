/* SPDX-License-Identifier: ISC */
#include "ctd_ctl_priv.h"

#include "base/buf.h"
#include "base/clock.h"
#include "explain.h"
#include "lookup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int ctd_ctl_eui(const cJSON *args, struct eui64 *eui, char why[CTL_WHY_LEN])
{
	const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(args, 0));

	if (text && eui64_parse(text, eui) == 0 && eui64_is_device(eui))
		return 0;
	snprintf(why, CTL_WHY_LEN, "not the EUI-64 of a device: 16 hex digits are needed");
	return -EINVAL;
}

/* --- status --- */

static void add_states(const struct ctd_ctl *c, cJSON *result)
{
	uint64_t count[JOIN_PROGRESSES] = {0};
	cJSON *nodes = cJSON_AddObjectToObject(result, "nodes");

	for (size_t i = 0; i < roster_count(c->roster); i++) {
		const struct member *m = roster_at(c->roster, i);
		if (m->admitted || m->node.denied)
			count[join_progress(&m->join)]++;
	}
	for (int p = JOIN_IS_DENIED; p < JOIN_PROGRESSES; p++)
		if (p != JOIN_IS_CANDIDATE) /* nobody who was admitted is one */
			ctd_ctl_add_number(nodes, join_progress_name((enum join_progress)p),
					   count[p]);
}

static void add_requests(const struct ctd_ctl *c, cJSON *result)
{
	cJSON *o = cJSON_AddObjectToObject(result, "requests");

	cJSON_AddBoolToObject(o, "listening", c->requests != NULL);
	ctd_ctl_add_number(o, "taken", candidates_counted(c->candidates, CANDIDATES_TAKEN));
	ctd_ctl_add_number(o, "bad_source", candidates_counted(c->candidates, CANDIDATES_SOURCE));
	ctd_ctl_add_number(o, "limited_device", candidates_counted(c->candidates, CANDIDATES_EACH));
	ctd_ctl_add_number(o, "limited_all", candidates_counted(c->candidates, CANDIDATES_ALL));
	ctd_ctl_add_number(o, "no_room", candidates_counted(c->candidates, CANDIDATES_NO_ROOM));
	ctd_ctl_add_number(o, "malformed", c->requests ? bsreq_sock_malformed(c->requests) : 0);
}

/* What devices may pin us by. */
static void add_key_hash(const struct ctd_ctl *c, cJSON *result)
{
	char text[2 * DTLS_KEY_HASH_LEN + 1];

	if (c->conf->auth)
		cJSON_AddStringToObject(
			result, "key_hash",
			buf_to_hex(dtls_auth_key_hash(c->conf->auth), DTLS_KEY_HASH_LEN, text));
}

static int status(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;
	const struct key_entry *key = keyset_active(&roster_mesh(c->roster)->keys);
	int store_error = roster_store_error(c->roster);
	struct dtls_stats dtls;

	(void)args;
	(void)why;
	join_driver_stats(c->driver, &dtls);
	cJSON_AddStringToObject(result, "version", PACKAGE_VERSION);
	ctd_ctl_add_number(result, "uptime_s", (evl_now_ms(c->evl) - c->started_ms) / 1000);
	cJSON_AddStringToObject(result, "store", store_error < 0 ? strerror(-store_error) : "ok");
	cJSON_AddStringToObject(result, "admission", ctd_conf_admission_name(c->conf));
	ctd_ctl_add_number(result, "max_joins", c->conf->max_joins);
	ctd_ctl_add_number(result, "key_index", key ? key->index : 0);
	add_key_hash(c, result);
	ctd_ctl_add_number(result, "devices", c->conf->n_devices);
	ctd_ctl_add_number(result, "candidates", candidates_count(c->candidates));
	add_states(c, result);
	ctd_ctl_add_number(result, "sessions", dtls.sessions);
	ctd_ctl_add_number(result, "handshakes", dtls.handshakes);
	ctd_ctl_add_number(result, "handshakes_failed", dtls.failed);
	add_requests(c, result);
	return 0;
}

/* --- candidates --- */

static void add_candidate(const struct ctd_ctl *c, const struct candidate *e, cJSON *list)
{
	const struct member *m = roster_find(c->roster, &e->eui);
	cJSON *o = cJSON_CreateObject();

	ctd_ctl_add_eui(o, &e->eui);
	cJSON_AddStringToObject(o, "name", ctd_ctl_name(m));
	cJSON_AddStringToObject(o, "place", m && m->device ? m->device->place : "");
	cJSON_AddStringToObject(o, "state",
				join_progress_name(m ? join_progress(&m->join) : JOIN_IS_DENIED));
	cJSON_AddBoolToObject(o, "credential", m && m->device);
	cJSON_AddStringToObject(o, "reason", ctd_ctl_reason(m));
	ctd_ctl_add_heard(o, e, evl_now_ms(c->evl));
	ctd_ctl_add_number(o, "requests", e->count);
	cJSON_AddItemToArray(list, o);
}

static int list_candidates(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;
	cJSON *list = cJSON_AddArrayToObject(result, "candidates");

	(void)args;
	(void)why;
	for (size_t i = 0; i < candidates_count(c->candidates); i++)
		add_candidate(c, candidates_at(c->candidates, i), list);
	return 0;
}

/* --- nodes --- */

static void add_links(const struct join *j, cJSON *o)
{
	uint64_t secured = 0;

	for (size_t i = 0; j->answered && i < j->answer.n_links; i++)
		secured += j->answer.link[i].secured;
	ctd_ctl_add_number(o, "links_secured", secured);
	ctd_ctl_add_number(o, "links_total", j->answered ? j->answer.n_links : 0);
}

static void add_node(const struct roster *r, const struct member *m, cJSON *list)
{
	const struct join *j = &m->join;
	cJSON *o = cJSON_CreateObject();

	ctd_ctl_add_eui(o, &j->eui);
	cJSON_AddStringToObject(o, "name", ctd_ctl_name(m));
	cJSON_AddStringToObject(o, "place", m->device ? m->device->place : "");
	ctd_ctl_add_role(o, m);
	cJSON_AddStringToObject(o, "state", join_progress_name(join_progress(j)));
	ctd_ctl_add_since(o, m);
	ctd_ctl_add_number(o, "admitted_s", clock_wall_since_s(m->node.admitted_s));
	cJSON_AddStringToObject(o, "reason", j->reason);
	ctd_ctl_add_session(o, m);
	add_links(j, o);
	ctd_ctl_add_told(o, r, m);
	cJSON_AddBoolToObject(o, "left_behind", m->node.left_behind);
	cJSON_AddItemToArray(list, o);
}

static int list_nodes(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;
	cJSON *list = cJSON_AddArrayToObject(result, "nodes");

	(void)args;
	(void)why;
	for (size_t i = 0; i < roster_count(c->roster); i++)
		if (roster_at(c->roster, i)->admitted)
			add_node(c->roster, roster_at(c->roster, i), list);
	return 0;
}

/* --- one device --- */

static int explain_device(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	struct eui64 eui;
	int r = ctd_ctl_eui(args, &eui, why);

	return r < 0 ? r : explain(arg, &eui, result, why);
}

static void on_found(const struct eui64 *eui, const char *name, void *arg)
{
	cJSON *o = cJSON_CreateObject();

	ctd_ctl_add_eui(o, eui);
	cJSON_AddStringToObject(o, "name", name);
	cJSON_AddItemToArray(arg, o);
}

static int look_up(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;
	const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(args, 0));

	(void)why;
	lookup(c->roster, c->candidates, text, on_found, cJSON_AddArrayToObject(result, "devices"));
	return 0;
}

static int admit(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN])
{
	const struct ctd_ctl *c = arg;
	struct eui64 eui;
	int r = ctd_ctl_eui(args, &eui, why);

	if (r < 0)
		return r;
	r = roster_admit(c->roster, &eui, why, CTL_WHY_LEN);
	if (r < 0 && r != -EALREADY)
		return r;
	candidates_set_known(c->candidates, &eui, true);
	const struct member *m = roster_find(c->roster, &eui);
	ctd_ctl_add_eui(result, &eui);
	cJSON_AddStringToObject(result, "name", ctd_ctl_name(m));
	cJSON_AddStringToObject(result, "state", join_progress_name(join_progress(&m->join)));
	cJSON_AddBoolToObject(result, "admitted_before", r == -EALREADY);
	cJSON_AddStringToObject(result, "reason", m->join.reason);
	return 0;
}

const struct ctl_command ctd_ctl_commands[] = {
	{"status", 0, 0, status},          {"candidates", 0, 0, list_candidates},
	{"nodes", 0, 0, list_nodes},       {"admit", 1, 1, admit},
	{"deny", 1, 1, ctd_ctl_deny},      {"evict", 1, 1, ctd_ctl_evict},
	{"mesh", 0, 0, ctd_ctl_mesh},      {"close", 0, 0, ctd_ctl_close},
	{"open", 0, 1, ctd_ctl_open},      {"rekey", 0, 1, ctd_ctl_rekey},
	{"explain", 1, 1, explain_device}, {"lookup", 0, 1, look_up},
};
const size_t ctd_ctl_n_commands = sizeof(ctd_ctl_commands) / sizeof(ctd_ctl_commands[0]);
