/* SPDX-License-Identifier: ISC */
#include "keys/keyset_store.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

const char keyset_store_migration[] = "CREATE TABLE key_entry ("
				      " number INTEGER PRIMARY KEY,"
				      " key BLOB NOT NULL," /* the hash of a retired one */
				      " key_index INTEGER NOT NULL,"
				      " mode INTEGER NOT NULL,"
				      " level INTEGER NOT NULL,"
				      " source BLOB NOT NULL,"
				      " state INTEGER NOT NULL,"
				      " peer BLOB NOT NULL,"
				      " retirement INTEGER NOT NULL) STRICT;";

/* The columns in the order of this query. */
#define SELECT                                                                                     \
	"SELECT number, key, key_index, mode, level, source, state, peer, retirement"              \
	" FROM key_entry ORDER BY number"
#define INSERT                                                                                     \
	"INSERT INTO key_entry (number, key, key_index, mode, level, source, state, peer,"         \
	" retirement) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* An integer column within its bounds; clears *ok otherwise. */
static uint32_t col_uint(const struct store_row *row, int col, uint32_t min, uint32_t max, bool *ok)
{
	int64_t v = store_col_int(row, col);

	if (v < min || v > max)
		*ok = false;
	return (uint32_t)v;
}

static void col_eui(const struct store_row *row, int col, struct eui64 *eui, bool *ok)
{
	if (store_col_blob(row, col, eui->b, sizeof(eui->b)) != sizeof(eui->b))
		*ok = false;
}

static bool read_entry(const struct store_row *row, struct key_entry *e)
{
	bool ok = true;

	memset(e, 0, sizeof(*e));
	e->number = (uint16_t)col_uint(row, 0, 0, UINT16_MAX, &ok);
	e->key.len = store_col_blob(row, 1, e->key.b, sizeof(e->key.b));
	e->index = (uint8_t)col_uint(row, 2, 1, UINT8_MAX, &ok);
	e->mode = (uint8_t)col_uint(row, 3, 1, 3, &ok);
	e->level = (uint8_t)col_uint(row, 4, 5, 7, &ok);
	col_eui(row, 5, &e->source, &ok);
	e->state = (enum key_state)col_uint(row, 6, KEY_STAGED, KEY_RETIRED, &ok);
	col_eui(row, 7, &e->peer, &ok);
	e->retirement = col_uint(row, 8, 0, UINT32_MAX, &ok);
	return ok && e->key.len == (e->state == KEY_RETIRED ? KEYSET_HASH_LEN : KEYSET_KEY_LEN);
}

static int on_row(const struct store_row *row, void *arg)
{
	struct key_entry e;
	bool ok = read_entry(row, &e) && keyset_insert(arg, &e) == 0;

	OPENSSL_cleanse(&e, sizeof(e));
	return ok ? 0 : -EUCLEAN;
}

int keyset_store_load(struct store *st, struct keyset *ks)
{
	int err;

	keyset_clear(ks);
	err = store_query(st, on_row, ks, SELECT, "");
	if (err != 0)
		keyset_clear(ks);
	return err;
}

static int insert(struct store *st, const struct key_entry *e)
{
	return store_run(st, INSERT, "ibiiibibi", (int64_t)e->number, e->key.b, e->key.len,
			 (int64_t)e->index, (int64_t)e->mode, (int64_t)e->level, e->source.b,
			 sizeof(e->source.b), (int64_t)e->state, e->peer.b, sizeof(e->peer.b),
			 (int64_t)e->retirement);
}

int keyset_store_save(struct store *st, const struct keyset *ks)
{
	int err = store_begin(st);

	if (err < 0)
		return err;
	err = store_run(st, "DELETE FROM key_entry", "");
	for (size_t i = 0; err == 0 && i < ks->n; i++)
		err = insert(st, &ks->entry[i]);
	if (err == 0)
		err = store_commit(st);
	if (err < 0)
		store_rollback(st);
	return err;
}
