/* SPDX-License-Identifier: ISC */
#include "roster_world.h"

#include "coap/coap_msg.h"
#include "ctd_store.h"
#include "unit.h"

#include <string.h>

#define STEP_MS 100

struct world w;

/* --- the transport --- */

static int number(const struct join *j)
{
	return j->eui.b[7];
}

static int on_connect(void *arg, struct join *j, const struct in6_addr *addr)
{
	(void)arg;
	(void)addr;
	w.connects[number(j)]++;
	w.pending[number(j)] = WORLD_CONNECT;
	return 0;
}

static void on_close(void *arg, struct join *j)
{
	(void)arg;
	w.pending[number(j)] = WORLD_NOTHING;
}

static int on_tell(void *arg, struct join *j, const struct due *due)
{
	(void)arg;
	w.puts[number(j)]++;
	w.told[number(j)] = *due;
	w.pending[number(j)] = WORLD_TELL;
	return 0;
}

static int on_get(void *arg, struct join *j)
{
	(void)arg;
	w.gets[number(j)]++;
	w.pending[number(j)] = WORLD_GET;
	return 0;
}

/* --- the roster --- */

struct eui64 world_eui(int n)
{
	return (struct eui64){{2, 0, 0, 0, 0, 0, 0, (uint8_t)n}};
}

struct in6_addr world_addr(int n)
{
	struct in6_addr a = {.s6_addr = {0xfd}};

	a.s6_addr[15] = (uint8_t)n;
	return a;
}

void world_set_up(size_t n_devices, enum ctd_admission admission, uint32_t max_joins)
{
	unit_enter_dir();
	w = (struct world){.evl = evl_new_test()};
	w.transport = (struct join_transport){on_connect, on_close, on_tell, on_get, &w};
	for (int i = 0; i < WORLD_DEVICES; i++) {
		w.device[i].eui = world_eui(i + 1);
		snprintf(w.device[i].name, sizeof(w.device[i].name), "lamp %d", i + 1);
	}
	w.conf.device = w.device;
	w.conf.n_devices = n_devices;
	w.conf.admission = (int)admission;
	w.conf.max_joins = max_joins;
	w.conf.evict_deadline_s = 60;
	w.conf.handshake_timeout_s = 60;
}

void world_make_router(void)
{
	w.device[0].role = CTD_BORDER_ROUTER;
	w.device[0].address = world_addr(1);
}

void world_open(void)
{
	char why[256];

	ck_assert_msg(ctd_store_open(&w.store, "state", why, sizeof(why)) == 0, "%s", why);
	/* No power is cut here: waiting for the disk is of no use. */
	ck_assert_int_eq(store_run(w.store, "PRAGMA synchronous = OFF", ""), 0);
	ck_assert_msg(mesh_open(&w.mesh, w.store, why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(roster_new(&w.roster, w.evl, w.store, &w.conf, &w.mesh, &w.transport), 0);
}

void world_close(void)
{
	roster_free(w.roster);
	mesh_close(&w.mesh);
	store_close(w.store);
	memset(w.pending, 0, sizeof(w.pending));
}

void world_crash(void)
{
	ck_assert_int_eq(store_run(w.store, "PRAGMA query_only = ON", ""), 0);
	world_close();
}

void world_restart(void)
{
	world_crash();
	world_open();
	roster_start(w.roster);
}

void world_fill_disk(void)
{
	ck_assert_int_eq(store_run(w.store,
				   "CREATE TRIGGER full BEFORE INSERT ON node "
				   "BEGIN SELECT RAISE(ABORT, 'full'); END",
				   ""),
			 0);
}

void world_make_room(void)
{
	ck_assert_int_eq(store_run(w.store, "DROP TRIGGER full", ""), 0);
}

void world_tear_down(void)
{
	world_close();
	evl_free(w.evl);
}

const struct member *world_member(int n)
{
	struct eui64 e = world_eui(n);
	const struct member *m = roster_find(w.roster, &e);

	ck_assert_ptr_nonnull(m);
	return m;
}

struct join *world_join(int n)
{
	return (struct join *)&world_member(n)->join;
}

int world_admit(int n)
{
	struct eui64 e = world_eui(n);
	int r = roster_admit(w.roster, &e, w.why, sizeof(w.why));

	evl_test_advance(w.evl, 0);
	return r;
}

int world_evict(int n)
{
	struct eui64 e = world_eui(n);

	return roster_evict(w.roster, &e, w.why, sizeof(w.why));
}

int world_rekey(void)
{
	return roster_rekey(w.roster, w.why, sizeof(w.why));
}

uint8_t world_active_index(int n)
{
	const struct key_entry *e = keyset_active(&w.sim[n].keys);

	return e ? e->index : 0;
}

void world_heard(int n)
{
	struct eui64 e = world_eui(n);
	struct in6_addr a = world_addr(n);

	roster_heard(w.roster, &e, &a);
	evl_test_advance(w.evl, 0);
}

/* --- the simulated mesh --- */

static void answer_get(int n)
{
	const struct world_device *d = &w.sim[n];
	const struct key_entry *active = d->no_key ? NULL : keyset_active(&d->keys);
	struct bsres_state s = {.all_secured = d->secured,
				.n = d->n,
				.fc = d->fc,
				.index = active ? active->index : 0,
				.mark = d->unsecured ? BSRES_UNSECURED
					: n == 1     ? BSRES_WIRED
						     : BSRES_SECURED,
				.n_links = d->n_links};

	for (size_t i = 0; i < d->n_links; i++)
		s.link[i] = (struct bsres_link){.eui = d->link[i], .secured = true};
	join_on_answer(world_join(n), 0, COAP_MSG_CODE(2, 5), &s);
}

static uint8_t take_change(struct world_device *d, const struct bsres_change *c)
{
	if (c->has_all_secured && (c->n < d->n || (c->n == d->n && c->all_secured != d->secured)))
		return COAP_MSG_CODE(4, 9);
	if (c->has_all_secured) {
		d->n = c->n;
		d->secured = c->all_secured;
	}
	if (c->has_fc && c->fc > d->fc)
		d->fc = c->fc;
	for (size_t i = 0; i < c->n_forget; i++)
		d->forgot[d->n_forgot++ % 4] = c->forget[i];
	if (c->n_forget > 0)
		d->forgot_under = keyset_active(&d->keys)->index;
	return COAP_MSG_CODE(2, 4);
}

static void answer_tell(int n)
{
	struct world_device *d = &w.sim[n];
	uint8_t code = w.told[n].kind == DUE_KEYS && d->refuse_keys ? d->refuse_keys : d->refuse;

	if (!code && w.told[n].kind == DUE_KEYS) {
		ck_assert_int_eq(keyset_replace(&d->keys, &w.mesh.keys), KEYSET_OK);
		code = COAP_MSG_CODE(2, 4);
	} else if (!code) {
		code = take_change(d, &w.told[n].change);
	}
	join_on_told(world_join(n), 0, code);
}

void world_answer(int n)
{
	enum world_pending pending = w.pending[n];

	w.pending[n] = WORLD_NOTHING;
	switch (pending) {
	case WORLD_CONNECT:
		join_on_up(world_join(n));
		break;
	case WORLD_TELL:
		answer_tell(n);
		break;
	case WORLD_GET:
		answer_get(n);
		break;
	case WORLD_NOTHING:
		break;
	}
}

static int next_pending(void)
{
	for (int n = 1; n <= WORLD_DEVICES; n++)
		if (w.pending[n] != WORLD_NOTHING && !w.sim[n].deaf)
			return n;
	return 0;
}

/* A key set is to be stored first. */
static bool is_held(void)
{
	for (size_t i = 0; i < roster_count(w.roster); i++)
		if (roster_at(w.roster, i)->join.held)
			return true;
	return false;
}

bool world_serve_one(void)
{
	int n;

	evl_test_advance(w.evl, 0);
	n = next_pending();
	if (n == 0 && is_held()) {
		evl_test_advance(w.evl, ROSTER_KEYS_MS);
		return true;
	}
	if (n > 0)
		world_answer(n);
	evl_test_advance(w.evl, 0);
	return n > 0;
}

void world_serve(void)
{
	while (world_serve_one())
		;
}

void world_begin_keying(int n)
{
	world_heard(n);
	ck_assert_int_eq(world_admit(n), 0);
	while (w.pending[n] != WORLD_TELL || w.told[n].kind != DUE_KEYS)
		ck_assert(world_serve_one());
}

void world_take_silently(int n)
{
	ck_assert_int_eq(w.pending[n], WORLD_TELL);
	ck_assert_int_eq(keyset_replace(&w.sim[n].keys, &w.mesh.keys), KEYSET_OK);
	w.pending[n] = WORLD_NOTHING;
	w.sim[n].deaf = true;
}

void world_pass_ms(uint64_t ms)
{
	world_serve();
	for (uint64_t t = 0; t < ms; t += STEP_MS) {
		evl_test_advance(w.evl, STEP_MS);
		world_serve();
	}
}

void world_join_line(int n)
{
	world_make_router();
	for (int i = 1; i <= n; i++) {
		struct world_device *d = &w.sim[i];
		d->fc = 1U << 20;
		if (i > 1)
			d->link[d->n_links++] = world_eui(i - 1);
		if (i < n)
			d->link[d->n_links++] = world_eui(i + 1);
	}
	world_open();
	roster_start(w.roster);
	for (int i = 2; i <= n; i++) {
		world_heard(i);
		world_admit(i);
	}
	world_pass_ms(5000);
	for (int i = 1; i <= n; i++)
		ck_assert_int_eq(join_progress(world_join(i)), JOIN_IS_JOINED);
}
