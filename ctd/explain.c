/* SPDX-License-Identifier: ISC */
#include "explain.h"

#include "advice.h"
#include "ctd_ctl_priv.h"
#include "timeline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What is known of the device; pointers but the first and the last may be NULL. */
struct subject {
	const struct ctd_ctl *c;
	const struct member *member;
	const struct ctd_device *device;
	const struct candidate *candidate;
	struct timeline_event failure; /* the last one; its text is "" if there was none */
	cJSON *events;
};

static void add_text(cJSON *o, const char *name, const char *text)
{
	cJSON_AddStringToObject(o, name, text);
}

static const char *credential_of(const struct subject *s)
{
	static const char *const names[DTLS_CRED_KINDS] = {
		[DTLS_CRED_PSK] = "psk",
		[DTLS_CRED_RPK] = "public-key",
		[DTLS_CRED_CERT] = "certificate",
	};

	return s->device ? names[s->device->credential] : "none";
}

static const char *origin_of(const struct subject *s)
{
	if (!s->device)
		return "none";
	return s->device->manifest_line ? "manifest" : "configuration";
}

static void add_identity(const struct subject *s, const struct eui64 *eui, cJSON *o)
{
	ctd_ctl_add_eui(o, eui);
	add_text(o, "name", ctd_ctl_name(s->member));
	add_text(o, "place", s->device ? s->device->place : "");
	ctd_ctl_add_role(o, s->member);
	add_text(o, "origin", origin_of(s));
	add_text(o, "credential", credential_of(s));
}

/* While it is being tried again, or waits for that, what to do depends on why it failed before. */
static const char *reason_to_act_on(const struct subject *s, enum join_progress progress)
{
	const char *reason = ctd_ctl_reason(s->member);
	bool trying = progress == JOIN_IS_CONNECTING || progress == JOIN_IS_KEYING ||
		      strstr(reason, "handshake with") || strstr(reason, "waiting for its turn");

	return trying && s->failure.text[0] ? s->failure.text : reason;
}

static void add_state(const struct subject *s, cJSON *o)
{
	enum join_progress progress = s->member ? join_progress(&s->member->join) : JOIN_IS_DENIED;
	const struct advice_case c = {.progress = progress,
				      .credential = s->device != NULL,
				      .admitted = s->member && s->member->admitted,
				      .denied = s->member && s->member->node.denied,
				      .heard = s->candidate != NULL,
				      .left_behind = s->member && s->member->node.left_behind,
				      .closed = roster_mesh(s->c->roster)->all_secured,
				      .reason = reason_to_act_on(s, progress)};

	add_text(o, "state", join_progress_name(progress));
	add_text(o, "reason", ctd_ctl_reason(s->member));
	add_text(o, "advice", advice_for(&c));
	cJSON_AddBoolToObject(o, "admitted", c.admitted);
	cJSON_AddBoolToObject(o, "left_behind", c.left_behind);
}

/* --- what it is in the network --- */

static void add_link(const struct subject *s, const struct bsres_link *link, cJSON *list)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddItemToArray(list, o);
	ctd_ctl_add_eui(o, &link->eui);
	add_text(o, "name", ctd_ctl_name(roster_find(s->c->roster, &link->eui)));
	cJSON_AddBoolToObject(o, "secured", link->secured);
}

static void add_network(const struct subject *s, cJSON *o)
{
	const struct member *m = s->member;
	const struct join *j = &m->join;
	cJSON *links;

	ctd_ctl_add_since(o, m);
	ctd_ctl_add_session(o, m);
	ctd_ctl_add_told(o, s->c->roster, m);
	links = cJSON_AddArrayToObject(o, "links");
	for (size_t i = 0; j->answered && i < j->answer.n_links; i++)
		add_link(s, &j->answer.link[i], links);
}

static void add_requests(const struct subject *s, cJSON *o)
{
	const struct candidate *e = s->candidate;
	cJSON *requests = cJSON_AddObjectToObject(o, "requests");

	ctd_ctl_add_number(requests, "count", e ? e->count : 0);
	ctd_ctl_add_heard(requests, e, evl_now_ms(s->c->evl));
}

static bool tells_failure(const char *text)
{
	return strstr(text, "failed") || strstr(text, "refused") || strstr(text, "no answer to") ||
	       strstr(text, "not used");
}

static bool tells_success(const char *text)
{
	return strstr(text, "key set taken") || strncmp(text, "proved", strlen("proved")) == 0;
}

/* A failure counts until the device has got further. */
static void note_failure(struct subject *s, const struct timeline_event *e)
{
	if (s->failure.text[0] && e->last_s < s->failure.last_s)
		return;
	if (tells_failure(e->text))
		s->failure = *e;
	else if (tells_success(e->text))
		s->failure.text[0] = '\0';
}

static void add_event(const struct timeline_event *e, void *arg)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddItemToArray(arg, o);
	ctd_ctl_add_number(o, "time", (uint64_t)e->first_s);
	ctd_ctl_add_number(o, "last", (uint64_t)e->last_s);
	ctd_ctl_add_number(o, "count", e->count);
	add_text(o, "state", e->state);
	add_text(o, "text", e->text);
}

static void on_event(const struct timeline_event *e, void *arg)
{
	struct subject *s = arg;

	note_failure(s, e);
	add_event(e, s->events);
}

int explain(const struct ctd_ctl *c, const struct eui64 *eui, cJSON *result, char why[CTL_WHY_LEN])
{
	struct subject s = {.c = c,
			    .member = roster_find(c->roster, eui),
			    .candidate = candidates_find(c->candidates, eui),
			    .events = cJSON_CreateArray()};
	int error = timeline_each(c->timeline, eui, on_event, &s);
	eui64_text text;

	if (error < 0) {
		snprintf(why, CTL_WHY_LEN, "the timeline cannot be read: %s", strerror(-error));
	} else if (!s.member && !s.candidate && cJSON_GetArraySize(s.events) == 0) {
		snprintf(why, CTL_WHY_LEN,
			 "nothing is known of %s: it is not configured, and has not asked since "
			 "ctd was started",
			 eui64_format(eui, text));
		error = -ENOENT;
	}
	if (error < 0) {
		cJSON_Delete(s.events);
		return error;
	}
	s.device = s.member ? s.member->device : NULL;
	add_identity(&s, eui, result);
	add_state(&s, result);
	if (s.member && s.member->admitted)
		add_network(&s, result);
	add_requests(&s, result);
	cJSON_AddItemToObject(result, "timeline", s.events);
	return 0;
}

void explain_mesh(const struct ctd_ctl *c, cJSON *result)
{
	timeline_each(c->timeline, &timeline_mesh, add_event,
		      cJSON_AddArrayToObject(result, "timeline"));
}
