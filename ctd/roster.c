/* SPDX-License-Identifier: ISC */
#include "roster.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct roster {
	struct evl *evl;
	struct store *store;
	const struct ctd_conf *conf;
	uint8_t key_index;
	const struct join_transport *transport;
	struct join_owner owner;
	struct member **member; /* sorted by EUI-64 */
	size_t n, cap;
	size_t busy;                /* handshakes and PUTs under way */
	bool router_pending;        /* a border router is configured and not keyed */
	size_t turn;                /* whose turn is next when some wait */
	struct evl_timer *dispatch; /* lets those who wait try again */
	roster_event_fn on_event;   /* NULL: nobody listens */
	void *on_event_arg;
};

/* --- members --- */

static int64_t wall_s(void)
{
	return (int64_t)time(NULL);
}

/* The place of `eui`, or where it belongs. */
static size_t place_of(const struct roster *r, const struct eui64 *eui)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (memcmp(r->member[mid]->join.eui.b, eui->b, sizeof(eui->b)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct member *find(const struct roster *r, const struct eui64 *eui)
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

static struct member *add(struct roster *r, const struct eui64 *eui, enum join_state state)
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
	m->join.key_index = r->key_index;
	m->progress = join_progress(&m->join);
	m->since_s = wall_s();
	m->node.eui = *eui;
	memmove(&r->member[at + 1], &r->member[at], (r->n - at) * sizeof(*r->member));
	r->member[at] = m;
	r->n++;
	return m;
}

static struct member *member_of(struct join *j)
{
	return (struct member *)((char *)j - offsetof(struct member, join));
}

static bool is_router(const struct member *m)
{
	return m->device && m->device->role == CTD_BORDER_ROUTER;
}

/* --- what is durable --- */

static const enum join_state resumed[] = {
	[NODE_ADMITTED] = JOIN_ADMITTED,
	[NODE_KEYED] = JOIN_KEYED_LOST,
	[NODE_JOINED] = JOIN_JOINED,
};

static enum node_state durable_state(const struct join *j)
{
	switch (join_progress(j)) {
	case JOIN_IS_KEYED:
		return NODE_KEYED;
	case JOIN_IS_JOINED:
		return NODE_JOINED;
	case JOIN_IS_DENIED:
	case JOIN_IS_CANDIDATE:
	case JOIN_IS_ADMITTED:
	case JOIN_IS_CONNECTING:
	case JOIN_IS_KEYING:
	case JOIN_PROGRESSES:
		break;
	}
	return NODE_ADMITTED;
}

static int on_stored(const struct node *n, void *arg)
{
	struct roster *r = arg;
	struct member *m = add(r, &n->eui, resumed[n->state]);

	if (!m)
		return -ENOMEM;
	m->admitted = true;
	m->node = *n;
	m->since_s = n->since_s;
	snprintf(m->join.reason, sizeof(m->join.reason), "%s", n->reason);
	if (!IN6_IS_ADDR_UNSPECIFIED(&n->addr)) {
		addrs_put(&m->join.addrs, &n->addr,
			  n->state == NODE_ADMITTED ? ADDRS_HEARD : ADDRS_PROVEN,
			  evl_now_ms(r->evl));
		m->join.peer = n->addr;
	}
	return 0;
}

/* Where to begin after a restart: the proven or else the configured address, else where the last
 * attempt was. Not what was merely heard: then every forged request would cost a write. */
static struct in6_addr best_addr(const struct join *j)
{
	struct in6_addr addr = j->peer;
	enum addrs_origin best = ADDRS_HEARD;

	for (size_t i = 0; i < j->addrs.n; i++) {
		const struct addrs_entry *e = &j->addrs.entry[i];
		if (e->origin == ADDRS_PROVEN ||
		    (e->origin == ADDRS_CONFIGURED && best == ADDRS_HEARD)) {
			addr = e->addr;
			best = e->origin;
		}
	}
	return addr;
}

/* Store what changed; a store that cannot take it is reported, and the join goes on: the worst that
 * a restart then does is a handshake too many. */
static void save(struct roster *r, struct member *m)
{
	struct node n = m->node;
	enum node_state state = durable_state(&m->join);
	int error;

	/* What passes is not worth a write. */
	if (!m->admitted || ((join_busy(&m->join) || m->join.waiting) && state == n.state))
		return;
	if (state != n.state)
		n.since_s = wall_s();
	n.state = state;
	n.addr = best_addr(&m->join);
	n.key_index = state == NODE_ADMITTED ? 0 : r->key_index;
	snprintf(n.reason, sizeof(n.reason), "%s", m->join.reason);
	snprintf(n.name, sizeof(n.name), "%.*s", (int)sizeof(n.name) - 1,
		 m->device ? m->device->name : m->node.name);
	if (memcmp(&n, &m->node, sizeof(n)) == 0)
		return;
	m->node = n;
	error = nodes_put(r->store, &n);
	if (error < 0)
		log_error("roster", &n.eui, "cannot store its state: %s", strerror(-error));
}

/* --- turns --- */

/* Count afresh who is busy, and whether a border router has to come first. */
static void survey(struct roster *r)
{
	r->busy = 0;
	r->router_pending = false;
	for (size_t i = 0; i < r->n; i++) {
		const struct member *m = r->member[i];
		r->busy += join_busy(&m->join);
		if (is_router(m) && join_progress(&m->join) < JOIN_IS_KEYED)
			r->router_pending = true;
	}
}

static const char *gate(void *arg, const struct join *j)
{
	struct roster *r = arg;
	const struct member *m = member_of((struct join *)j);

	if (!m->device)
		return "waiting for its credential: not in the configuration";
	if (r->router_pending && !is_router(m))
		return "waiting for border router";
	if (r->busy >= r->conf->max_joins)
		return "waiting for its turn";
	return NULL;
}

/* Let those who wait try again, each in turn. */
static void on_dispatch(void *arg)
{
	struct roster *r = arg;
	size_t n = r->n, first = r->turn;

	for (size_t i = 0; i < n; i++) {
		size_t at = (first + i) % n;
		if (!r->member[at]->join.waiting)
			continue;
		join_try(&r->member[at]->join);
		if (!r->member[at]->join.waiting)
			r->turn = at + 1;
	}
}

static bool told_of(const struct join *j, const struct eui64 *eui)
{
	for (size_t i = 0; i < j->answer.n_links; i++)
		if (eui64_equal(&j->answer.link[i].eui, eui))
			return true;
	return false;
}

static bool concerns(const struct member *from, const struct member *to)
{
	enum join_progress progress = join_progress(&to->join);

	return progress == JOIN_IS_KEYED ||
	       (progress == JOIN_IS_JOINED && from->progress == JOIN_IS_JOINED &&
		told_of(&from->join, &to->join.eui));
}

/* The links of the others may have become secured by what this one got: those who still have to
 * prove theirs, and those whom this one, joined, calls its neighbours. */
static void spread_news(struct roster *r, const struct member *from)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->member[i] != from && concerns(from, r->member[i]))
			join_news(&r->member[i]->join);
}

static void say(const struct roster *r, const struct eui64 *eui, const char *text)
{
	if (r->on_event && text[0])
		r->on_event(r->on_event_arg, eui, text);
}

static void on_change(void *arg, struct join *j)
{
	struct roster *r = arg;
	struct member *m = member_of(j);
	enum join_progress before = m->progress;
	size_t was_busy = r->busy;
	bool was_pending = r->router_pending;

	m->progress = join_progress(j);
	if (m->progress != before)
		m->since_s = wall_s();
	say(r, &j->eui, j->reason);
	save(r, m);
	survey(r);
	if (r->busy < was_busy || (was_pending && !r->router_pending))
		evl_timer_start(r->dispatch, 0);
	if (m->progress != before && m->progress >= JOIN_IS_KEYED)
		spread_news(r, m);
}

/* --- configuration --- */

static int configure_device(struct roster *r, const struct ctd_device *d)
{
	struct member *m = find(r, &d->eui);

	if (!m)
		m = add(r, &d->eui, JOIN_CANDIDATE);
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
	survey(r);
	return error;
}

/* Tell the machine of `m` whether its credential is there. */
static void tell_credential(struct member *m)
{
	bool was_denied = join_state(&m->join) == JOIN_DENIED;

	join_credential(&m->join, m->device != NULL);
	if (was_denied && m->device && m->admitted)
		join_admit(&m->join, "admitted before");
}

/* Who is neither configured nor admitted is a stranger again. */
static void prune(struct roster *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct member *m = r->member[i];
		if (m->device || m->admitted) {
			r->member[kept++] = m;
			continue;
		}
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

int roster_new(struct roster **r, struct evl *evl, struct store *st, const struct ctd_conf *conf,
	       uint8_t key_index, const struct join_transport *transport)
{
	struct roster *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (!new)
		return -ENOMEM;
	new->evl = evl;
	new->store = st;
	new->key_index = key_index;
	new->transport = transport;
	new->owner = (struct join_owner){.gate = gate, .on_change = on_change, .arg = new};
	new->dispatch = evl_timer_new(evl, on_dispatch, new);
	if (new->dispatch)
		error = nodes_each(st, on_stored, new);
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
	for (size_t i = 0; i < r->n; i++) {
		join_fini(&r->member[i]->join);
		free(r->member[i]);
	}
	evl_timer_free(r->dispatch);
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
	} else if (!m->admitted && is_router(m)) {
		if (roster_admit(r, &m->join.eui, why, sizeof(why)) < 0)
			log_error("roster", &m->join.eui, "%s", why);
	} else if (m->admitted && join_state(&m->join) != JOIN_JOINED) {
		join_try(&m->join);
	}
}

void roster_start(struct roster *r)
{
	for (size_t i = 0; i < r->n; i++)
		start(r, r->member[i]);
}

/* --- requests and the operator --- */

bool roster_knows(const struct roster *r, const struct eui64 *eui)
{
	const struct member *m = find(r, eui);

	return m && (m->device || m->admitted);
}

static int admit(struct roster *r, struct member *m, const char *reason, char *why, size_t why_len)
{
	struct node n = {.eui = m->join.eui, .state = NODE_ADMITTED};
	int error;

	n.admitted_s = n.since_s = wall_s();
	snprintf(n.name, sizeof(n.name), "%.*s", (int)sizeof(n.name) - 1, m->device->name);
	snprintf(n.reason, sizeof(n.reason), "%s", reason);
	error = nodes_put(r->store, &n);
	if (error < 0) {
		snprintf(why, why_len, "the admission cannot be stored: %s", strerror(-error));
		return error;
	}
	m->node = n;
	m->admitted = true;
	join_admit(&m->join, reason);
	return 0;
}

void roster_heard(struct roster *r, const struct eui64 *eui, const struct in6_addr *src)
{
	struct member *m = find(r, eui);
	char why[256];

	if (!m)
		return;
	join_heard(&m->join, src);
	if (m->admitted || !m->device || r->conf->admission != CTD_LISTED)
		return;
	if (admit(r, m, "listed in the configuration", why, sizeof(why)) < 0)
		log_error("roster", eui, "%s", why);
}

int roster_admit(struct roster *r, const struct eui64 *eui, char *why, size_t why_len)
{
	struct member *m = find(r, eui);
	eui64_text text;

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
		return -EALREADY;
	}
	return admit(r, m,
		     is_router(m) ? "configured as border router" : "admitted by the operator", why,
		     why_len);
}

void roster_on_event(struct roster *r, roster_event_fn fn, void *arg)
{
	r->on_event = fn;
	r->on_event_arg = arg;
}

const struct member *roster_find(const struct roster *r, const struct eui64 *eui)
{
	return find(r, eui);
}

size_t roster_count(const struct roster *r)
{
	return r->n;
}

const struct member *roster_at(const struct roster *r, size_t i)
{
	return i < r->n ? r->member[i] : NULL;
}
