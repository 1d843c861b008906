/* SPDX-License-Identifier: ISC */
#include "roster_priv.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- members --- */

static const struct eui64 *eui_at(const void *arg, size_t i)
{
	const struct roster *r = arg;

	return &r->member[i]->join.eui;
}

static size_t place_of(const struct roster *r, const struct eui64 *eui)
{
	return eui64_place(eui, r->n, eui_at, r);
}

struct member *roster_member(const struct roster *r, const struct eui64 *eui)
{
	size_t at = place_of(r, eui);

	return at < r->n && eui64_equal(&r->member[at]->join.eui, eui) ? r->member[at] : NULL;
}

static int make_room(struct roster *r)
{
	size_t cap = r->cap ? r->cap * 2 : 16;
	struct member **member;

	if (r->n < r->cap)
		return 0;
	member = realloc(r->member, cap * sizeof(*member));
	if (!member)
		return -ENOMEM;
	r->member = member;
	r->cap = cap;
	return 0;
}

struct member *roster_add(struct roster *r, const struct eui64 *eui, enum join_state state)
{
	struct member *m;
	size_t at = place_of(r, eui);

	if (make_room(r) < 0)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	if (join_init(&m->join, r->evl, eui, state, r->transport, &r->owner) < 0) {
		free(m);
		return NULL;
	}
	m->progress = join_progress(&m->join);
	m->since_s = clock_wall_s();
	m->node.eui = *eui;
	memmove(&r->member[at + 1], &r->member[at], (r->n - at) * sizeof(*r->member));
	r->member[at] = m;
	r->n++;
	return m;
}

struct member *roster_member_of(const struct join *j)
{
	return (struct member *)((char *)(uintptr_t)j - offsetof(struct member, join));
}

bool roster_is_router(const struct member *m)
{
	return m->device && m->device->role == CTD_BORDER_ROUTER;
}

void roster_say(const struct roster *r, const struct eui64 *eui, const char *text)
{
	if (r->on_event && text[0])
		r->on_event(r->on_event_arg, eui, text);
}

/* --- configuration --- */

static int configure_device(struct roster *r, const struct ctd_device *d)
{
	struct member *m = roster_member(r, &d->eui);

	if (!m)
		m = roster_add(r, &d->eui, JOIN_CANDIDATE);
	if (!m)
		return -ENOMEM;
	m->device = d;
	m->join.border_router = d->role == CTD_BORDER_ROUTER;
	addrs_forget_configured(&m->join.addrs);
	if (!IN6_IS_ADDR_UNSPECIFIED(&d->address))
		addrs_put(&m->join.addrs, &d->address, ADDRS_CONFIGURED, evl_now_ms(r->evl));
	return 0;
}

static int configure_all(struct roster *r, const struct ctd_conf *conf)
{
	int error = 0;

	r->conf = conf;
	for (size_t i = 0; i < r->n; i++)
		r->member[i]->device = NULL;
	for (size_t i = 0; i < conf->n_devices && error == 0; i++)
		error = configure_device(r, &conf->device[i]);
	for (size_t i = 0; i < r->n; i++)
		roster_count_member(r, r->member[i]);
	return error;
}

/* Tell the machine of `m` whether its credential is there. */
static void tell_credential(struct member *m)
{
	bool was_denied = join_state(&m->join) == JOIN_DENIED;
	bool present = m->device && !m->node.denied;

	join_credential(&m->join, present);
	if (was_denied && present && m->admitted)
		join_admit(&m->join, "admitted before");
}

/* Who is neither configured nor admitted nor denied is a stranger again. */
static void prune(struct roster *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct member *m = r->member[i];
		if (m->device || m->admitted || m->node.denied) {
			r->member[kept++] = m;
			continue;
		}
		roster_forget_member(r, m);
		join_fini(&m->join);
		free(m);
	}
	r->n = kept;
}

int roster_configure(struct roster *r, const struct ctd_conf *conf)
{
	int error = configure_all(r, conf);

	prune(r);
	for (size_t i = 0; i < r->n; i++)
		tell_credential(r->member[i]);
	roster_start(r);
	return error;
}

static int open_timers(struct roster *r)
{
	r->dispatch = evl_timer_new(r->evl, roster_on_dispatch, r);
	r->check = evl_timer_new(r->evl, roster_on_check, r);
	r->turn = evl_timer_new(r->evl, roster_on_turn, r);
	r->look = evl_timer_new(r->evl, roster_on_look, r);
	return r->dispatch && r->check && r->turn && r->look ? 0 : -ENOMEM;
}

int roster_new(struct roster **r, struct evl *evl, struct store *st, const struct ctd_conf *conf,
	       struct mesh *mesh, const struct join_transport *transport)
{
	struct roster *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return -ENOMEM;
	new->evl = evl;
	new->store = st;
	new->mesh = mesh;
	new->transport = transport;
	new->owner = (struct join_owner){.gate = roster_gate,
					 .next_due = roster_next_due,
					 .hold = roster_hold,
					 .on_taken = roster_on_taken,
					 .on_refused = roster_on_refused,
					 .on_answer = roster_on_answer,
					 .on_missed = roster_on_missed,
					 .on_change = roster_on_change,
					 .arg = new};
	TAILQ_INIT(&new->unproved);
	for (size_t i = 0; i < ROSTER_LINES; i++)
		new->line[i].end = &new->line[i].first;
	error = open_timers(new);
	if (error == 0)
		error = roster_load(new);
	if (error == 0)
		error = configure_all(new, conf);
	if (error < 0) {
		roster_free(new);
		return error;
	}
	*r = new;
	return 0;
}

void roster_free(struct roster *r)
{
	if (!r)
		return;
	if (r->dirty)
		roster_flush(r);
	for (size_t i = 0; i < r->n; i++) {
		join_fini(&r->member[i]->join);
		free(r->member[i]);
	}
	evl_timer_free(r->dispatch);
	evl_timer_free(r->check);
	evl_timer_free(r->turn);
	evl_timer_free(r->look);
	free(r->member);
	free(r);
}

/* Those on their way go on; a border router is admitted by being configured (DESIGN, the bootstrap
 * layer: commissioned first). */
static void start(struct roster *r, struct member *m)
{
	char why[256];

	if (!m->device) {
		tell_credential(m);
	} else if (!m->admitted && !m->node.denied && roster_is_router(m)) {
		if (roster_admit(r, &m->join.eui, why, sizeof(why)) < 0)
			log_error("roster", &m->join.eui, "%s", why);
	} else if (m->admitted && join_state(&m->join) != JOIN_JOINED) {
		join_try(&m->join);
	} else if (m->admitted && roster_is_router(m)) {
		join_check(&m->join); /* nobody else is reached if it lost its state */
	}
}

void roster_start(struct roster *r)
{
	for (size_t i = 0; i < r->n; i++)
		start(r, r->member[i]);
	roster_resume(r);
	evl_timer_start(r->dispatch, 0); /* there may be more turns than before */
	if (!evl_timer_running(r->check))
		evl_timer_start(r->check, ROSTER_CHECK_SPACING_MS);
}

/* --- requests and the operator --- */

bool roster_knows(const struct roster *r, const struct eui64 *eui)
{
	const struct member *m = roster_member(r, eui);

	return m && (m->device || m->admitted);
}

/* What it once was stays known: it may have used the key that it gets again. */
static struct node admission(const struct roster *r, const struct member *m, const char *reason)
{
	struct node n = m->node;

	n.state = NODE_ADMITTED;
	n.denied = n.left_behind = false;
	n.admitted_s = n.since_s = clock_wall_s();
	n.want_secured = r->mesh->all_secured;
	n.want_n = r->mesh->all_secured ? r->mesh->n : 0; /* a new one is open */
	n.secured = false;
	n.n = 0;
	utf8_copy(n.name, sizeof(n.name), m->device->name);
	snprintf(n.reason, sizeof(n.reason), "%s", reason);
	return n;
}

static void admit(struct roster *r, struct member *m, const struct node *n)
{
	m->node = *n;
	m->admitted = true;
	if (join_state(&m->join) == JOIN_DENIED)
		join_credential(&m->join, true);
	join_admit(&m->join, n->reason);
	if (n->fc_index > 0)
		roster_starts_over(r, m);
}

/* Stored with others, before it gets keys (roster_hold()): what is lost in a crash still asks, and
 * is admitted again. */
static void admit_listed(struct roster *r, struct member *m)
{
	const struct node n = admission(r, m,
					m->device->manifest_line ? "listed in the manifest"
								 : "listed in the configuration");

	admit(r, m, &n);
	roster_mark(r, m);
}

void roster_heard(struct roster *r, const struct eui64 *eui, const struct in6_addr *src)
{
	struct member *m = roster_member(r, eui);

	if (!m)
		return;
	join_heard(&m->join, src);
	if (!m->admitted && !m->node.denied && m->device && ctd_conf_admits(r->conf, m->device))
		admit_listed(r, m);
}

int roster_admit(struct roster *r, const struct eui64 *eui, char *why, size_t why_len)
{
	struct member *m = roster_member(r, eui);
	struct node n;
	eui64_text text;
	int error;

	eui64_format(eui, text);
	if (!m || !m->device) {
		snprintf(why, why_len,
			 "no credential for %s: add a section device \"%s\" to the configuration "
			 "and reload",
			 text, text);
		return -ENOKEY;
	}
	if (m->admitted) {
		snprintf(why, why_len, "%s was admitted before", text);
		m->again = join_progress(&m->join) >= JOIN_IS_KEYED;
		join_check(&m->join);
		return -EALREADY;
	}
	n = admission(r, m,
		      roster_is_router(m) ? "configured as border router"
					  : "admitted by the operator");
	error = nodes_put(r->store, &n);
	if (error < 0) {
		snprintf(why, why_len,
			 "the admission cannot be stored: %s: make room on the disk of the state "
			 "directory",
			 strerror(-error));
		return error;
	}
	admit(r, m, &n);
	return 0;
}

void roster_on_event(struct roster *r, roster_event_fn fn, void *arg)
{
	r->on_event = fn;
	r->on_event_arg = arg;
}

const struct mesh *roster_mesh(const struct roster *r)
{
	return r->mesh;
}

int roster_store_error(const struct roster *r)
{
	return r->store_error;
}

const struct member *roster_find(const struct roster *r, const struct eui64 *eui)
{
	return roster_member(r, eui);
}

size_t roster_count(const struct roster *r)
{
	return r->n;
}

const struct member *roster_at(const struct roster *r, size_t i)
{
	return i < r->n ? r->member[i] : NULL;
}
