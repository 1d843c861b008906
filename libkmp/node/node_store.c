/* SPDX-License-Identifier: ISC */
#include "node/node_store.h"

#include "keys/fcounter.h"
#include "keys/keyset_store.h"

#include <errno.h>
#include <string.h>

static const char tables[] =
	"CREATE TABLE neighbour(eui BLOB PRIMARY KEY);"
	"CREATE TABLE rx(eui BLOB, mode INTEGER, idx INTEGER, source BLOB, next INTEGER NOT NULL,"
	" PRIMARY KEY(eui, mode, idx, source));";

static const char ct[] = "CREATE TABLE ct(key_hash BLOB NOT NULL);";

#define NO_SHORT (-1)
static const char short_addresses[] =
	"ALTER TABLE neighbour ADD COLUMN short INTEGER NOT NULL DEFAULT -1;";

static const char known_neighbours[] =
	"ALTER TABLE neighbour ADD COLUMN secured INTEGER NOT NULL DEFAULT 1;";

static const char rx_keys[] = "CREATE TABLE rx_key(mode INTEGER, idx INTEGER, source BLOB,"
			      " hash BLOB NOT NULL, PRIMARY KEY(mode, idx, source));";

int node_store_open(struct store **st, const char *state_dir, char *why, size_t why_len)
{
	const char *const migrations[] = {keyset_store_migration, tables, fcounter_migration,
					  short_addresses,        ct,     rx_keys,
					  known_neighbours};

	return store_open(st, state_dir, "node", migrations,
			  sizeof(migrations) / sizeof(migrations[0]), why, why_len);
}

int node_store_put_neighbour(struct store *st, const struct eui64 *eui, bool secured)
{
	return store_run(st,
			 "INSERT INTO neighbour(eui, secured) VALUES(?1, ?2)"
			 " ON CONFLICT(eui) DO UPDATE SET secured=excluded.secured"
			 " WHERE secured<>excluded.secured",
			 "bi", eui->b, sizeof(eui->b), (int64_t)secured);
}

int node_store_drop_neighbour(struct store *st, const struct eui64 *eui)
{
	return store_run(st, "DELETE FROM neighbour WHERE eui=?", "b", eui->b, sizeof(eui->b));
}

int node_store_set_short(struct store *st, const struct eui64 *eui, const uint16_t *short_addr)
{
	return store_run(st, "UPDATE neighbour SET short=? WHERE eui=?", "ib",
			 short_addr ? (int64_t)*short_addr : NO_SHORT, eui->b, sizeof(eui->b));
}

/* End a transaction: commit it if `rc` is 0, else roll it back. Returns the first error. */
static int finish(struct store *st, int rc)
{
	if (!rc)
		return store_commit(st);
	store_rollback(st);
	return rc;
}

int node_store_put_neighbours(struct store *st, const struct node_store_neighbour *nb, size_t n)
{
	int rc = store_begin(st);

	if (rc)
		return rc;
	rc = store_run(st, "DELETE FROM neighbour", "");
	for (size_t i = 0; i < n && !rc; i++)
		rc = store_run(st, "INSERT INTO neighbour(eui, secured, short) VALUES(?,?,?)",
			       "bii", nb[i].eui.b, sizeof(nb[i].eui.b), (int64_t)nb[i].secured,
			       nb[i].has_short ? (int64_t)nb[i].short_addr : NO_SHORT);
	return finish(st, rc);
}

struct each_neighbour {
	node_store_neighbour_fn fn;
	void *arg;
};

static int on_neighbour_row(const struct store_row *row, void *arg)
{
	const struct each_neighbour *each = arg;
	int64_t short_addr = store_col_int(row, 2);
	struct node_store_neighbour nb = {.secured = store_col_int(row, 1) != 0,
					  .has_short = short_addr != NO_SHORT,
					  .short_addr = (uint16_t)short_addr};

	if (store_col_blob(row, 0, nb.eui.b, sizeof(nb.eui.b)) == sizeof(nb.eui.b))
		each->fn(each->arg, &nb);
	return 0;
}

int node_store_each_neighbour(struct store *st, node_store_neighbour_fn fn, void *arg)
{
	struct each_neighbour each = {fn, arg};

	return store_query(st, on_neighbour_row, &each, "SELECT eui, secured, short FROM neighbour",
			   "");
}

static int put_closed(struct store *st, bool all_secured, uint32_t n)
{
	int rc = store_put_int(st, "all_secured", all_secured);

	return rc ? rc : store_put_int(st, "n", n);
}

int node_store_put_closed(struct store *st, bool all_secured, uint32_t n)
{
	int rc = store_begin(st);

	return rc ? rc : finish(st, put_closed(st, all_secured, n));
}

int node_store_put_alone(struct store *st, bool all_secured, uint32_t n)
{
	int rc = store_begin(st);

	if (rc)
		return rc;
	rc = put_closed(st, all_secured, n);
	if (!rc)
		rc = store_put_int(st, "alone", true);
	return finish(st, rc);
}

int node_store_drop_alone(struct store *st)
{
	return store_put_int(st, "alone", false);
}

int node_store_get_alone(struct store *st, bool *alone)
{
	int64_t value = 0;
	int rc = store_get_int(st, "alone", &value);

	*alone = value != 0;
	return rc;
}

int node_store_get_closed(struct store *st, bool *all_secured, uint32_t *n)
{
	int64_t closed = 0, number = 0;
	int rc = store_get_int(st, "all_secured", &closed);

	if (!rc)
		rc = store_get_int(st, "n", &number);
	if (rc)
		return rc;
	*all_secured = closed != 0;
	*n = (uint32_t)number;
	return 0;
}

int node_store_put_ct(struct store *st, const uint8_t key_hash[NODE_STORE_HASH_LEN])
{
	int rc = store_begin(st);

	if (rc)
		return rc;
	rc = node_store_drop_ct(st);
	if (!rc)
		rc = store_run(st, "INSERT INTO ct VALUES(?)", "b", key_hash,
			       (size_t)NODE_STORE_HASH_LEN);
	return finish(st, rc);
}

int node_store_drop_ct(struct store *st)
{
	return store_run(st, "DELETE FROM ct", "");
}

static int on_hash_row(const struct store_row *row, void *arg)
{
	return store_col_blob(row, 0, arg, NODE_STORE_HASH_LEN) == NODE_STORE_HASH_LEN ? 1
										       : -EUCLEAN;
}

int node_store_get_ct(struct store *st, uint8_t key_hash[NODE_STORE_HASH_LEN])
{
	return store_query(st, on_hash_row, key_hash, "SELECT key_hash FROM ct", "");
}

int node_store_put_rx(struct store *st, const struct node_store_rx *rx, size_t n)
{
	int rc = store_begin(st);

	if (rc)
		return rc;
	rc = store_run(st, "DELETE FROM rx", "");
	for (size_t i = 0; i < n && !rc; i++)
		rc = store_run(st, "INSERT INTO rx VALUES(?,?,?,?,?)", "biibi", rx[i].eui.b,
			       sizeof(rx[i].eui.b), (int64_t)rx[i].mode, (int64_t)rx[i].index,
			       rx[i].source.b, sizeof(rx[i].source.b), (int64_t)rx[i].next);
	return finish(st, rc);
}

struct each_rx {
	node_store_rx_fn fn;
	void *arg;
};

static int on_rx_row(const struct store_row *row, void *arg)
{
	const struct each_rx *each = arg;
	struct node_store_rx rx = {.mode = (uint8_t)store_col_int(row, 1),
				   .index = (uint8_t)store_col_int(row, 2),
				   .next = (uint32_t)store_col_int(row, 4)};

	store_col_blob(row, 0, rx.eui.b, sizeof(rx.eui.b));
	store_col_blob(row, 3, rx.source.b, sizeof(rx.source.b));
	each->fn(each->arg, &rx);
	return 0;
}

int node_store_each_rx(struct store *st, node_store_rx_fn fn, void *arg)
{
	struct each_rx each = {fn, arg};

	return store_query(st, on_rx_row, &each, "SELECT eui, mode, idx, source, next FROM rx", "");
}

#define OF_ID "mode=?1 AND idx=?2 AND source=?3"

int node_store_get_rx_key(struct store *st, const struct node_store_rx *id,
			  uint8_t hash[NODE_STORE_HASH_LEN])
{
	return store_query(st, on_hash_row, hash, "SELECT hash FROM rx_key WHERE " OF_ID, "iib",
			   (int64_t)id->mode, (int64_t)id->index, id->source.b,
			   sizeof(id->source.b));
}

int node_store_put_rx_key(struct store *st, const struct node_store_rx *id,
			  const uint8_t hash[NODE_STORE_HASH_LEN])
{
	static const char *const statements[] = {
		"DELETE FROM rx WHERE " OF_ID " AND EXISTS(SELECT 1 FROM rx_key WHERE " OF_ID
		" AND hash<>?4)",
		"INSERT INTO rx_key VALUES(?1,?2,?3,?4)"
		" ON CONFLICT(mode, idx, source) DO UPDATE SET hash=excluded.hash"};
	int rc = store_begin(st);

	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]) && !rc; i++)
		rc = store_run(st, statements[i], "iibb", (int64_t)id->mode, (int64_t)id->index,
			       id->source.b, sizeof(id->source.b), hash,
			       (size_t)NODE_STORE_HASH_LEN);
	return finish(st, rc);
}
