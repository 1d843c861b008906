/* SPDX-License-Identifier: ISC */
#include "mesh.h"

#include "netkey.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const phase_names[MESH_PHASES] = {"none", "stage", "activate", "retire"};

const char *mesh_phase_name(enum mesh_phase phase)
{
	return phase_names[phase];
}

/* --- what is durable --- */

static int on_row(const struct store_row *row, void *arg)
{
	struct mesh *m = arg;
	size_t phase = 0;

	while (phase < MESH_PHASES && strcmp(phase_names[phase], store_col_text(row, 5)) != 0)
		phase++;
	if (phase == MESH_PHASES)
		return -EUCLEAN;
	m->phase = (enum mesh_phase)phase;
	m->all_secured = store_col_int(row, 0) != 0;
	m->n = (uint32_t)store_col_int(row, 1);
	store_col_blob(row, 2, m->near.b, sizeof(m->near.b));
	m->key_version = (uint32_t)store_col_int(row, 3);
	m->key_index = (uint8_t)store_col_int(row, 4);
	snprintf(m->reason, sizeof(m->reason), "%s", store_col_text(row, 6));
	m->deadline_s = store_col_int(row, 7);
	snprintf(m->again, sizeof(m->again), "%s", store_col_text(row, 8));
	return 0;
}

int mesh_open(struct mesh *m, struct store *st, char *why, size_t why_len)
{
	int r;

	*m = (struct mesh){.store = st};
	r = netkey_open(&m->keys, st, why, why_len);
	if (r < 0)
		return r;
	r = store_query(st, on_row, m,
			"SELECT all_secured, n, near, key_version, key_index, phase, reason,"
			" deadline_s, again FROM mesh",
			"");
	if (r == 0 && m->key_version == 0)
		r = -EUCLEAN;
	if (r < 0) {
		mesh_close(m);
		snprintf(why, why_len, "the state of the mesh cannot be read: %s", strerror(-r));
	}
	return r;
}

void mesh_close(struct mesh *m)
{
	keyset_clear(&m->keys);
}

static int put(const struct mesh *m)
{
	return store_run(m->store,
			 "UPDATE mesh SET all_secured = ?, n = ?, near = ?, key_version = ?,"
			 " key_index = ?, phase = ?, reason = ?, deadline_s = ?, again = ?",
			 "iibiittit", (int64_t)m->all_secured, (int64_t)m->n, m->near.b,
			 eui64_is_zero(&m->near) ? (size_t)0 : sizeof(m->near.b),
			 (int64_t)m->key_version, (int64_t)m->key_index, phase_names[m->phase],
			 m->reason, m->deadline_s, m->again);
}

/* --- changes --- */

/* What a phase does to the stored keys. */
static int change_keys(struct mesh *next)
{
	switch (next->phase) {
	case MESH_STAGE:
		return netkey_stage(next->store, next->key_index);
	case MESH_ACTIVATE:
		return netkey_activate(next->store, next->key_index);
	case MESH_RETIRE: {
		int r = netkey_activate(next->store, next->key_index);
		return r == 0 ? netkey_retire(next->store) : r;
	}
	case MESH_STEADY:
	case MESH_PHASES:
		break;
	}
	return 0;
}

/* Store `next`, and what belongs to it, as one. */
static int commit(struct mesh *m, struct mesh *next, bool keys, mesh_also_fn also, void *arg)
{
	int r = store_begin(m->store);

	if (r < 0)
		return r;
	r = put(next);
	if (r == 0 && keys)
		r = change_keys(next);
	if (r == 0 && keys)
		r = netkey_load(&next->keys, m->store);
	if (r == 0 && also)
		r = also(arg, next);
	if (r == 0)
		r = store_commit(m->store);
	else
		store_rollback(m->store);
	if (r == 0)
		*m = *next;
	keyset_clear(&next->keys);
	return r;
}

static void set_text(char to[MESH_REASON_LEN], const char *text)
{
	snprintf(to, MESH_REASON_LEN, "%s", text);
}

int mesh_enter(struct mesh *m, enum mesh_phase next, const char *reason, int64_t deadline_s,
	       mesh_also_fn also, void *arg)
{
	struct mesh then = *m;

	then.phase = next;
	then.deadline_s = deadline_s;
	set_text(then.reason, next == MESH_STEADY ? "" : reason);
	if (next == MESH_STAGE) {
		then.key_index = netkey_next_index(&m->keys, m->key_index);
		then.again[0] = '\0';
	}
	if (next != MESH_STEADY)
		then.key_version++;
	return commit(m, &then, next != MESH_STEADY, also, arg);
}

int mesh_rekey_again(struct mesh *m, const char *reason, int64_t deadline_s, mesh_also_fn also,
		     void *arg)
{
	struct mesh then = *m;

	set_text(then.again, reason);
	then.deadline_s = deadline_s;
	return commit(m, &then, false, also, arg);
}

int mesh_set_closed(struct mesh *m, bool all_secured, const struct eui64 *near, mesh_also_fn also,
		    void *arg)
{
	struct mesh then = *m;

	if (m->n == UINT32_MAX)
		return -EOVERFLOW;
	then.n++;
	then.near = near ? *near : (struct eui64){.b = {0}};
	then.all_secured = all_secured;
	return commit(m, &then, false, also, arg);
}

/* --- the phases of a re-key --- */

static const struct {
	enum mesh_phase phase;
	enum mesh_event event;
	enum mesh_phase next;
	bool leave;
} steps[] = {
	{MESH_STEADY, MESH_EV_START, MESH_STAGE, false},

	{MESH_STAGE, MESH_EV_TAKEN, MESH_ACTIVATE, false},
	{MESH_STAGE, MESH_EV_FORCE, MESH_ACTIVATE, true},
	/* Who holds the new key staged is not heard by those who have retired the old one: even at
	 * the deadline all have it active first. */
	{MESH_STAGE, MESH_EV_DEADLINE, MESH_ACTIVATE, true},

	{MESH_ACTIVATE, MESH_EV_TAKEN, MESH_RETIRE, false},
	{MESH_ACTIVATE, MESH_EV_FORCE, MESH_RETIRE, true},
	{MESH_ACTIVATE, MESH_EV_DEADLINE, MESH_RETIRE, false},

	{MESH_RETIRE, MESH_EV_TAKEN, MESH_STEADY, false},
	{MESH_RETIRE, MESH_EV_FORCE, MESH_STEADY, true},
	{MESH_RETIRE, MESH_EV_DEADLINE, MESH_STEADY, true},
};

int mesh_next_phase(enum mesh_phase phase, enum mesh_event event, enum mesh_phase *next,
		    bool *leave)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].phase == phase && steps[i].event == event) {
			*next = steps[i].next;
			*leave = steps[i].leave;
			return 0;
		}
	return -EPERM;
}
