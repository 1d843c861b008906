/* SPDX-License-Identifier: ISC */
#include "keys/keyset.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

static bool same_key_id(const struct key_entry *a, const struct key_entry *b)
{
	return a->mode == b->mode && a->index == b->index && eui64_equal(&a->source, &b->source);
}

static bool same_scope(const struct key_entry *a, const struct key_entry *b)
{
	return eui64_equal(&a->peer, &b->peer);
}

static struct key_entry *by_number(struct keyset *ks, uint16_t number)
{
	for (size_t i = 0; i < ks->n; i++)
		if (ks->entry[i].number == number)
			return &ks->entry[i];
	return NULL;
}

static struct key_entry *by_key_id(struct keyset *ks, const struct key_entry *like)
{
	for (size_t i = 0; i < ks->n; i++)
		if (same_key_id(&ks->entry[i], like))
			return &ks->entry[i];
	return NULL;
}

const struct key_entry *keyset_find(const struct keyset *ks, uint16_t number)
{
	for (size_t i = 0; i < ks->n; i++)
		if (ks->entry[i].number == number)
			return &ks->entry[i];
	return NULL;
}

const struct key_entry *keyset_active(const struct keyset *ks)
{
	for (size_t i = 0; i < ks->n; i++)
		if (ks->entry[i].state == KEY_ACTIVE && eui64_is_zero(&ks->entry[i].peer))
			return &ks->entry[i];
	return NULL;
}

void keyset_clear(struct keyset *ks)
{
	OPENSSL_cleanse(ks, sizeof(*ks));
}

int keyset_insert(struct keyset *ks, const struct key_entry *entry)
{
	size_t at = 0;

	while (at < ks->n && ks->entry[at].number < entry->number)
		at++;
	if (at < ks->n && ks->entry[at].number == entry->number)
		return -EEXIST;
	if (ks->n == KEYSET_MAX)
		return -ENOSPC;
	memmove(&ks->entry[at + 1], &ks->entry[at], (ks->n - at) * sizeof(*entry));
	ks->entry[at] = *entry;
	ks->n++;
	return 0;
}

static void remove_entry(struct keyset *ks, struct key_entry *e)
{
	size_t at = (size_t)(e - ks->entry);

	memmove(e, e + 1, (ks->n - at - 1) * sizeof(*e));
	ks->n--;
	OPENSSL_cleanse(&ks->entry[ks->n], sizeof(*e));
}

/* An entry of a request, on its own. */
static bool entry_valid(const struct key_entry *e)
{
	bool has_source = !eui64_is_zero(&e->source);

	return e->index != 0 && ((e->mode == 1 && !has_source) || (e->mode == 3 && has_source)) &&
	       e->level >= 5 && e->level <= 7 && e->state <= KEY_RETIRED &&
	       (e->key.len == 0 || e->key.len == KEYSET_KEY_LEN);
}

static bool pair_valid(const struct key_entry *a, const struct key_entry *b)
{
	bool both_active = a->state == KEY_ACTIVE && b->state == KEY_ACTIVE;

	return a->number != b->number && !same_key_id(a, b) && !(both_active && same_scope(a, b));
}

static bool request_valid(const struct keyset *req)
{
	for (size_t i = 0; i < req->n; i++) {
		if (!entry_valid(&req->entry[i]))
			return false;
		for (size_t j = 0; j < i; j++)
			if (!pair_valid(&req->entry[i], &req->entry[j]))
				return false;
	}
	return true;
}

static void hash_key(const struct secret *key, struct secret *hash)
{
	SHA256(key->b, key->len, hash->b);
	hash->len = KEYSET_HASH_LEN;
}

/* The key goes, its hash stays. */
static void retire(const struct keyset *ks, struct key_entry *e)
{
	struct secret hash = {.len = 0};
	uint32_t last = 0;

	for (size_t i = 0; i < ks->n; i++)
		if (ks->entry[i].retirement > last)
			last = ks->entry[i].retirement;
	hash_key(&e->key, &hash);
	secret_clear(&e->key);
	e->key = hash;
	e->state = KEY_RETIRED;
	e->retirement = last + 1;
}

/* Make room by forgetting the key retired first, unless the request is about it. */
static bool make_room(struct keyset *ks, const struct keyset *req)
{
	struct key_entry *oldest = NULL;

	if (ks->n < KEYSET_MAX)
		return true;
	for (size_t i = 0; i < ks->n; i++) {
		struct key_entry *e = &ks->entry[i];

		if (e->state == KEY_RETIRED && keyset_find(req, e->number) == NULL &&
		    (oldest == NULL || e->retirement < oldest->retirement))
			oldest = e;
	}
	if (oldest == NULL)
		return false;
	remove_entry(ks, oldest);
	return true;
}

static void demote_others(struct keyset *ks, const struct key_entry *active)
{
	for (size_t i = 0; i < ks->n; i++) {
		struct key_entry *e = &ks->entry[i];

		if (e != active && e->state == KEY_ACTIVE && same_scope(e, active))
			e->state = KEY_STAGED;
	}
}

static enum keyset_result create(struct keyset *ks, const struct key_entry *e,
				 const struct keyset *req)
{
	struct key_entry *made;

	if (e->key.len == 0)
		return KEYSET_BAD;
	if (!make_room(ks, req))
		return KEYSET_FULL;
	keyset_insert(ks, e);
	made = by_number(ks, e->number);
	made->retirement = 0;
	if (e->state == KEY_RETIRED)
		retire(ks, made);
	else if (e->state == KEY_ACTIVE)
		demote_others(ks, made);
	return KEYSET_CREATED;
}

/* A key that is retired can only be retired again. */
static enum keyset_result confirm_retired(const struct key_entry *held, const struct key_entry *e)
{
	struct secret hash = {.len = 0};
	bool same = e->key.len == 0;

	if (!same) {
		hash_key(&e->key, &hash);
		same = secret_equal(&hash, &held->key);
	}
	return same && e->state == KEY_RETIRED ? KEYSET_OK : KEYSET_CONFLICT;
}

static enum keyset_result change(struct keyset *ks, struct key_entry *held,
				 const struct key_entry *e)
{
	if (held->number != e->number)
		return KEYSET_CONFLICT;
	if (held->state == KEY_RETIRED)
		return confirm_retired(held, e);
	if (e->key.len > 0 && !secret_equal(&e->key, &held->key))
		return KEYSET_CONFLICT;
	held->level = e->level;
	held->peer = e->peer;
	held->state = e->state;
	if (held->state == KEY_RETIRED)
		retire(ks, held);
	else if (held->state == KEY_ACTIVE)
		demote_others(ks, held);
	return KEYSET_OK;
}

static enum keyset_result apply_entry(struct keyset *ks, const struct key_entry *e,
				      const struct keyset *req)
{
	struct key_entry *held = by_key_id(ks, e);

	if (held != NULL)
		return change(ks, held, e);
	return by_number(ks, e->number) != NULL ? KEYSET_CONFLICT : create(ks, e, req);
}

static bool is_retired_key(const struct keyset *ks, const struct secret *hash)
{
	for (size_t i = 0; i < ks->n; i++)
		if (ks->entry[i].state == KEY_RETIRED && secret_equal(&ks->entry[i].key, hash))
			return true;
	return false;
}

/* True if a key in use is, under another index, one that was retired. */
static bool retired_returns(const struct keyset *ks)
{
	struct secret hash = {.len = 0};

	for (size_t i = 0; i < ks->n; i++) {
		if (ks->entry[i].state == KEY_RETIRED)
			continue;
		hash_key(&ks->entry[i].key, &hash);
		if (is_retired_key(ks, &hash))
			return true;
	}
	return false;
}

/* Apply every entry of `req` to the scratch copy `ks`. */
static enum keyset_result apply_all(struct keyset *ks, const struct keyset *req)
{
	enum keyset_result result = KEYSET_OK;

	for (size_t i = 0; i < req->n; i++) {
		enum keyset_result r = apply_entry(ks, &req->entry[i], req);

		if (r == KEYSET_CREATED)
			result = KEYSET_CREATED;
		else if (r != KEYSET_OK)
			return r;
	}
	return retired_returns(ks) ? KEYSET_CONFLICT : result;
}

static void retire_absent(struct keyset *ks, const struct keyset *req)
{
	for (size_t i = 0; i < ks->n; i++)
		if (ks->entry[i].state != KEY_RETIRED &&
		    keyset_find(req, ks->entry[i].number) == NULL)
			retire(ks, &ks->entry[i]);
}

static enum keyset_result apply(struct keyset *ks, const struct keyset *req, bool replace)
{
	struct keyset next;
	enum keyset_result result;

	if (!request_valid(req))
		return KEYSET_BAD;
	next = *ks;
	if (replace)
		retire_absent(&next, req);
	result = apply_all(&next, req);
	if (result == KEYSET_OK || result == KEYSET_CREATED)
		*ks = next;
	keyset_clear(&next);
	return result;
}

enum keyset_result keyset_replace(struct keyset *ks, const struct keyset *with)
{
	enum keyset_result result = apply(ks, with, true);

	return result == KEYSET_CREATED ? KEYSET_OK : result; /* the resource was there before */
}

enum keyset_result keyset_add(struct keyset *ks, const struct keyset *more)
{
	return apply(ks, more, false);
}

enum keyset_result keyset_set(struct keyset *ks, const struct key_entry *entry)
{
	struct keyset req = {.n = 1};
	enum keyset_result result;

	req.entry[0] = *entry;
	result = apply(ks, &req, false);
	keyset_clear(&req);
	return result;
}

enum keyset_result keyset_delete(struct keyset *ks, uint16_t number)
{
	struct key_entry *e = by_number(ks, number);

	if (e == NULL)
		return KEYSET_NOT_FOUND;
	if (e->state != KEY_RETIRED)
		retire(ks, e);
	return KEYSET_OK;
}
