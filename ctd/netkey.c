/* SPDX-License-Identifier: ISC */
#include "netkey.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* One row is one entry; there is one. */
static int on_row(const struct store_row *row, void *arg)
{
	struct keyset *ks = arg;
	struct key_entry *e = &ks->entry[0];

	e->number = (uint16_t)store_col_int(row, 0);
	e->index = (uint8_t)store_col_int(row, 1);
	e->mode = (uint8_t)store_col_int(row, 2);
	e->level = (uint8_t)store_col_int(row, 3);
	e->key.len = store_col_blob(row, 4, e->key.b, KEYSET_KEY_LEN);
	e->state = KEY_ACTIVE;
	ks->n = 1;
	return e->key.len == KEYSET_KEY_LEN ? 0 : -EUCLEAN;
}

static int load(struct keyset *ks, struct store *st)
{
	keyset_clear(ks);
	return store_query(st, on_row, ks,
			   "SELECT number, idx, mode, level, key FROM netkey WHERE number = ?", "i",
			   (int64_t)NETKEY_NUMBER);
}

static int make(struct store *st)
{
	struct secret key;
	int r = secret_random(&key, KEYSET_KEY_LEN);

	if (r == 0)
		r = store_run(st,
			      "INSERT INTO netkey (number, idx, mode, level, key, made_s)"
			      " VALUES (?, ?, ?, ?, ?, ?)",
			      "iiiibi", (int64_t)NETKEY_NUMBER, (int64_t)NETKEY_INDEX,
			      (int64_t)NETKEY_MODE, (int64_t)NETKEY_LEVEL, key.b, key.len,
			      (int64_t)time(NULL));
	secret_clear(&key);
	return r;
}

int netkey_open(struct keyset *ks, struct store *st, char *why, size_t why_len)
{
	int r = load(ks, st);

	if (r == 0 && ks->n == 0) {
		r = make(st);
		if (r == 0) {
			log_info("netkey", NULL, "made the network key, index %d", NETKEY_INDEX);
			r = load(ks, st); /* what is used is what was stored */
		}
	}
	if (r == 0 && ks->n == 0)
		r = -EIO;
	if (r < 0) {
		keyset_clear(ks);
		snprintf(why, why_len, "the network key can neither be read nor made: %s",
			 strerror(-r));
	}
	return r;
}
