/* SPDX-License-Identifier: ISC */
#include "netkey.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int on_row(const struct store_row *row, void *arg)
{
	struct key_entry e = {.number = (uint16_t)store_col_int(row, 0),
			      .index = (uint8_t)store_col_int(row, 1),
			      .mode = (uint8_t)store_col_int(row, 2),
			      .level = (uint8_t)store_col_int(row, 3)};
	int r = -EUCLEAN;

	e.key.len = store_col_blob(row, 4, e.key.b, KEYSET_KEY_LEN);
	e.state = strcmp(store_col_text(row, 5), "active") == 0 ? KEY_ACTIVE : KEY_STAGED;
	if (e.key.len == KEYSET_KEY_LEN)
		r = keyset_insert(arg, &e);
	secret_clear(&e.key);
	return r;
}

int netkey_load(struct keyset *ks, struct store *st)
{
	struct keyset loaded = {.n = 0};
	int r = store_query(st, on_row, &loaded,
			    "SELECT number, idx, mode, level, key, state FROM netkey", "");

	if (r == 0)
		*ks = loaded;
	keyset_clear(&loaded);
	return r;
}

static int make(struct store *st, uint8_t index, const char *state)
{
	struct secret key;
	int r = secret_random(&key, KEYSET_KEY_LEN);

	if (r == 0)
		r = store_run(st,
			      "INSERT INTO netkey (number, idx, mode, level, key, made_s, state)"
			      " VALUES (?, ?, ?, ?, ?, ?, ?)",
			      "iiiibit", (int64_t)index, (int64_t)index, (int64_t)NETKEY_MODE,
			      (int64_t)NETKEY_LEVEL, key.b, key.len, (int64_t)time(NULL), state);
	secret_clear(&key);
	return r;
}

int netkey_open(struct keyset *ks, struct store *st, char *why, size_t why_len)
{
	int r;

	keyset_clear(ks);
	r = netkey_load(ks, st);
	if (r == 0 && ks->n == 0) {
		r = make(st, NETKEY_INDEX, "active");
		if (r == 0) {
			log_info("netkey", NULL, "made the network key, index %d", NETKEY_INDEX);
			r = netkey_load(ks, st); /* what is used is what was stored */
		}
	}
	if (r == 0 && !keyset_active(ks))
		r = -EUCLEAN;
	if (r < 0) {
		keyset_clear(ks);
		snprintf(why, why_len, "the network key can neither be read nor made: %s",
			 strerror(-r));
	}
	return r;
}

uint8_t netkey_next_index(const struct keyset *ks, uint8_t last)
{
	do
		last = last == UINT8_MAX ? 1 : (uint8_t)(last + 1);
	while (keyset_find(ks, last));
	return last;
}

int netkey_stage(struct store *st, uint8_t index)
{
	return make(st, index, "staged");
}

int netkey_activate(struct store *st, uint8_t index)
{
	return store_run(
		st, "UPDATE netkey SET state = CASE idx WHEN ? THEN 'active' ELSE 'staged' END",
		"i", (int64_t)index);
}

int netkey_retire(struct store *st)
{
	return store_run(st, "DELETE FROM netkey WHERE state <> 'active'", "");
}
