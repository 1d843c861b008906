/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "base/log.h"
#include "keys/fcounter.h"
#include "roster_priv.h"

#include <stdio.h>
#include <string.h>

#define FORGET_AT_ONCE 8     /* nodes in one message, which is to fit few frames */
#define COUNTER_STEP   65536 /* what is known of a counter is stored in steps of it */
#define COUNTER_AGE_S  3600  /* or when it is that old */
#define FRAMES_A_S     1000  /* more than a radio of 250 kbit/s can send in a second */

/* --- what is due --- */

bool roster_takes_part(const struct member *m)
{
	return m->admitted && !m->node.left_behind && m->node.key_version > 0 &&
	       join_progress(&m->join) >= JOIN_IS_KEYED;
}

/* Is it, or was it told last, what it is to be? One that has not proved that it is in was told
 * nothing. */
static bool is_as_wanted(const struct member *m)
{
	const struct node *n = &m->node;

	return n->secured == n->want_secured &&
	       (n->n >= n->want_n || join_progress(&m->join) != JOIN_IS_JOINED);
}

enum due_kind roster_lacks(const struct roster *r, const struct member *m)
{
	const struct node *n = &m->node;

	if (!m->admitted || join_progress(&m->join) < JOIN_IS_KEYED)
		return DUE_NOTHING;
	if (n->key_version < r->mesh->key_version)
		return DUE_KEYS;
	if (n->n_forget > 0)
		return DUE_FORGET;
	if (is_as_wanted(m))
		return DUE_NOTHING;
	return n->want_secured ? DUE_CLOSE : DUE_OPEN;
}

/* Closed only once it has proved that it is in: it could not be reached any more. */
enum due_kind roster_due(const struct roster *r, const struct member *m)
{
	enum due_kind lacks = roster_lacks(r, m);
	bool switches = lacks == DUE_CLOSE || lacks == DUE_OPEN;

	return switches && join_progress(&m->join) != JOIN_IS_JOINED ? DUE_NOTHING : lacks;
}

/* What it may have used of its counter under a key that is still in use. Reports are some minutes
 * old at most while there is contact; for the time since then the radio's speed is the bound. */
static uint32_t counter_floor(const struct roster *r, const struct node *n)
{
	int64_t age_s = clock_wall_s() - n->fc_s;
	uint64_t floor = (uint64_t)n->fc + FCOUNTER_BLOCK;

	if (n->fc_index == 0 || !keyset_find(&r->mesh->keys, n->fc_index))
		return 0;
	if (age_s > 0)
		floor += (uint64_t)age_s * FRAMES_A_S;
	return floor < FCOUNTER_REKEY_DUE ? (uint32_t)floor : FCOUNTER_REKEY_DUE;
}

/* To be keyed (again): first its counter, in case it lost that with the keys (DESIGN, bootstrap
 * layer: outgoing frame counter). */
static enum due_kind due_for_keying(const struct roster *r, const struct member *m)
{
	return !m->floor_told && counter_floor(r, &m->node) > 0 ? DUE_COUNTER : DUE_KEYS;
}

static void fill(const struct roster *r, const struct node *n, struct due *due)
{
	struct bsres_change *c = &due->change;

	memset(c, 0, sizeof(*c));
	switch (due->kind) {
	case DUE_COUNTER:
		c->has_fc = true;
		c->fc = counter_floor(r, n);
		break;
	case DUE_KEYS:
		due->version = r->mesh->key_version;
		break;
	case DUE_FORGET:
		c->n_forget = n->n_forget < FORGET_AT_ONCE ? n->n_forget : FORGET_AT_ONCE;
		memcpy(c->forget, n->forget, c->n_forget * sizeof(c->forget[0]));
		break;
	case DUE_CLOSE:
	case DUE_OPEN:
		c->has_all_secured = true;
		c->all_secured = n->want_secured;
		c->n = n->want_n;
		break;
	case DUE_NOTHING:
	case DUE_KINDS:
		break;
	}
}

bool roster_next_due(void *arg, const struct join *j, struct due *due)
{
	const struct roster *r = arg;
	const struct member *m = roster_member_of(j);

	due->kind = join_state(j) == JOIN_KEYING ? due_for_keying(r, m) : roster_due(r, m);
	/* Who was left behind is not looked for; if it is there, it is told. */
	if (m->node.left_behind && !j->up)
		due->kind = DUE_NOTHING;
	fill(r, &m->node, due);
	return due->kind != DUE_NOTHING;
}

/* --- what it took --- */

static uint32_t in_steps(uint32_t fc)
{
	return fc > UINT32_MAX - COUNTER_STEP
		       ? UINT32_MAX
		       : (fc + COUNTER_STEP - 1) / COUNTER_STEP * COUNTER_STEP;
}

static void know_counter(struct node *n, uint32_t fc)
{
	n->fc = in_steps(fc);
	n->fc_s = clock_wall_s();
}

static void keep_counter(struct member *m)
{
	const struct node *n = &m->node;

	if (m->before_kept || n->fc_index == 0)
		return;
	m->before = (struct roster_counter){n->fc, n->fc_s};
	m->before_kept = true;
}

/* It did not go on from what it was told: its counter is not driven to its end by keys that it
 * refuses again and again. That it was sent them stays known: it may lie. */
static void restore_counter(struct member *m)
{
	struct node *n = &m->node;

	if (!m->before_kept)
		return;
	n->fc = m->before.fc;
	n->fc_s = m->before.s;
}

/* Under a fresh key its counter may start again or go on: it will say. Until then what was known of
 * it grows old. */
void roster_counter_of(struct member *m, uint8_t index)
{
	struct node *n = &m->node;

	keep_counter(m);
	m->floor_told = true; /* there is none under this key yet */
	m->fc_old = true;
	if (n->fc_index == 0)
		know_counter(n, n->fc);
	if (n->fc < FCOUNTER_BLOCK)
		n->fc = FCOUNTER_BLOCK;
	n->fc_index = index;
}

static void took_keys(const struct roster *r, struct node *n, uint32_t version)
{
	n->key_version = version;
	n->key_index = keyset_active(&r->mesh->keys)->index;
	n->left_behind = false;
}

static void drop_forgotten(struct node *n, const struct bsres_change *told)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->n_forget; i++) {
		bool was_told = false;
		for (size_t k = 0; k < told->n_forget; k++)
			was_told |= eui64_equal(&told->forget[k], &n->forget[i]);
		if (!was_told)
			n->forget[kept++] = n->forget[i];
	}
	n->n_forget = kept;
}

void roster_on_taken(void *arg, struct join *j, const struct due *due)
{
	struct roster *r = arg;
	struct member *m = roster_member_of(j);
	struct node *n = &m->node;

	switch (due->kind) {
	case DUE_COUNTER:
		keep_counter(m);
		m->floor_told = true;
		know_counter(n, due->change.fc);
		break;
	case DUE_KEYS:
		took_keys(r, n, due->version);
		if (r->mesh->phase != MESH_STEADY)
			roster_turn_in(r, 0);
		break;
	case DUE_FORGET:
		drop_forgotten(n, &due->change);
		break;
	case DUE_CLOSE:
	case DUE_OPEN:
		n->secured = due->change.all_secured;
		n->n = due->change.n;
		break;
	case DUE_NOTHING:
	case DUE_KINDS:
		break;
	}
	roster_mark(r, m);
}

void roster_on_refused(void *arg, struct join *j, const struct due *due, uint8_t code)
{
	struct roster *r = arg;
	struct member *m = roster_member_of(j);

	/* It holds on to those neighbours; the registration lifetime will free them. Keys that it
	 * answers with a client error it does not send under; after a server error (RFC 7252
	 * section 5.9.3) it might. What it refuses else is told again once it was asked how it is.
	 */
	if (due->kind == DUE_FORGET)
		drop_forgotten(&m->node, &due->change);
	else if (due->kind == DUE_KEYS && code >> 5 == 4)
		restore_counter(m);
	else
		return;
	roster_mark(r, m);
}

/* --- what it answered --- */

static bool has_link(const struct node *n, const struct eui64 *eui)
{
	for (size_t i = 0; i < n->n_links; i++)
		if (eui64_equal(&n->link[i], eui))
			return true;
	return false;
}

bool roster_neighbours(const struct member *a, const struct member *b)
{
	return has_link(&a->node, &b->join.eui) || has_link(&b->node, &a->join.eui);
}

static void add_forget(struct roster *r, struct member *m, const struct eui64 *eui)
{
	struct node *n = &m->node;
	eui64_text text;
	char line[64];

	for (size_t i = 0; i < n->n_forget; i++)
		if (eui64_equal(&n->forget[i], eui))
			return;
	if (n->n_forget == NODES_MAX_FORGET)
		return; /* its table has no more; the registration lifetime frees the rest */
	n->forget[n->n_forget++] = *eui;
	snprintf(line, sizeof(line), "is to forget %s, which starts over", eui64_format(eui, text));
	roster_say(r, &m->join.eui, line);
	roster_mark(r, m);
	r->poke = true;
}

void roster_starts_over(struct roster *r, const struct member *m)
{
	for (size_t i = 0; i < r->n; i++) {
		struct member *other = r->member[i];
		if (other != m && roster_takes_part(other) && roster_neighbours(m, other))
			add_forget(r, other, &m->join.eui);
	}
	if (!r->poke)
		return;
	roster_flush(r); /* else a restart would forget who has to forget it */
	roster_turn_in(r, 0);
}

static void learn_links(struct node *n, const struct bsres_state *a)
{
	n->n_links = a->n_links < NODES_MAX_LINKS ? a->n_links : NODES_MAX_LINKS;
	for (size_t i = 0; i < n->n_links; i++)
		n->link[i] = a->link[i].eui;
	memset(&n->link[n->n_links], 0, (NODES_MAX_LINKS - n->n_links) * sizeof(n->link[0]));
}

static void learn_counter(struct roster *r, struct member *m, const struct bsres_state *a)
{
	struct node *n = &m->node;

	if (a->index == 0 || a->index != n->fc_index)
		return;
	if (m->fc_old || in_steps(a->fc) > n->fc || clock_wall_s() - n->fc_s > COUNTER_AGE_S)
		know_counter(n, m->fc_old || a->fc > n->fc ? a->fc : n->fc);
	m->fc_old = false;
	if (a->fc >= FCOUNTER_REKEY_DUE && a->index == keyset_active(&r->mesh->keys)->index)
		roster_rekey_by_itself(r, m);
}

uint32_t roster_number_above(uint32_t n, const struct node *node)
{
	if (node->n < n)
		return n;
	return node->n < UINT32_MAX ? node->n + 1 : UINT32_MAX;
}

/* If it has the other value under a number as high as ours (of another tool, or of this one before
 * its state was set back), only a higher one moves it. That is between the two of us: a device that
 * makes numbers up must not use up those of the mesh. */
static void learn_closed(struct node *n, const struct bsres_state *a)
{
	n->secured = a->all_secured;
	n->n = a->n;
	if (n->secured != n->want_secured)
		n->want_n = roster_number_above(n->want_n, n);
}

/* The keys that it was given last, or those it was sent and did not acknowledge. */
static bool is_ours(const struct roster *r, const struct node *n, uint8_t index)
{
	return index != 0 && n->key_version > 0 &&
	       (index == n->key_index || index == keyset_active(&r->mesh->keys)->index);
}

bool roster_on_answer(void *arg, struct join *j)
{
	struct roster *r = arg;
	struct member *m = roster_member_of(j);
	struct node before = m->node;
	const struct bsres_state *a = &j->answer;
	bool ours = is_ours(r, &m->node, a->index);

	m->again = false;
	/* What it says right after it took keys tells of no link that it had. */
	if (a->index == 0 && before.key_version > 0 && !j->fresh_keys)
		roster_starts_over(r, m);
	if (!ours)
		m->node.key_version = m->node.key_index = 0;
	learn_links(&m->node, a);
	learn_counter(r, m, a);
	learn_closed(&m->node, a);
	if (memcmp(&before, &m->node, sizeof(before)) != 0)
		roster_mark(r, m);
	return ours;
}

/* Admitted again and not reached: if it came back factory-new, its neighbours refuse it. */
void roster_on_missed(void *arg, struct join *j)
{
	struct member *m = roster_member_of(j);

	if (!m->again)
		return;
	m->again = false;
	roster_starts_over(arg, m);
}
