/* SPDX-License-Identifier: ISC */
/* store: durable state in one SQLite file per daemon (state directory 0700, file 0600, WAL,
 * synchronous FULL), with a versioned schema. What a call has stored is on the disk when it
 * returns 0. A corrupt, newer or unwritable store is an error, never a fresh start; one that
 * another process has open is refused. */
#ifndef KMP_BASE_STORE_H
#define KMP_BASE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct store_row;

/* Open (or create) DIR/NAME.db and bring its schema up to date: migrations[i] is the SQL that leads
 * from version i to i+1 (any number of statements), each run in one transaction. The tables `value`
 * and `counter` of this module are added by itself. DIR is made if its parent is there; one that
 * group or others may write to is refused. Returns 0 and *st; -EACCES, -ENOSPC, -EUCLEAN (corrupt),
 * -EPROTO (made by a newer version), -EBUSY (another process has it), or other -errno, with a
 * sentence in `why`. */
int store_open(struct store **st, const char *dir, const char *name, const char *const *migrations,
	       size_t n_migrations, char *why, size_t why_len);
void store_close(struct store *st);

/* Run one statement with values bound in order by `fmt`: 'i' int64_t, 't' const char * (NULL binds
 * NULL), 'b' const void *, size_t. Returns 0 or -errno: -ENOSPC for a full disk, -EUCLEAN for a
 * damaged file, -EIO otherwise; a failure is logged. */
int store_run(struct store *st, const char *sql, const char *fmt, ...);

/* The same for a query; `fn` is called for each row and stops the query by returning non-zero,
 * which is then returned. */
typedef int (*store_row_fn)(const struct store_row *row, void *arg);
int store_query(struct store *st, store_row_fn fn, void *arg, const char *sql, const char *fmt,
		...);
int64_t store_col_int(const struct store_row *row, int col);
/* "" for NULL; valid during the callback. */
const char *store_col_text(const struct store_row *row, int col);
/* Copies at most `cap` octets; returns the column's length. */
size_t store_col_blob(const struct store_row *row, int col, void *dst, size_t cap);

/* Transactions for changes that belong together. Return 0 or -errno; after a failed commit nothing
 * of the transaction is left. */
int store_begin(struct store *st);
int store_commit(struct store *st);
void store_rollback(struct store *st);

/* Single named integers. store_get_int() leaves *value as it is if none was ever put. Return 0 or
 * -errno. */
int store_put_int(struct store *st, const char *name, int64_t value);
int store_get_int(struct store *st, const char *name, int64_t *value);

/* Counters stored ahead: everything below the reserved limit may have been used. store_raise()
 * lifts it to at least `floor`, before any of it may be used: 0 or -errno, -EOVERFLOW past
 * INT64_MAX. Not within a transaction: it would not be durable on return. store_reserved() tells
 * the limit (0 if there never was one, UINT64_MAX if it cannot be read). */
uint64_t store_reserved(struct store *st, const char *name);
int store_raise(struct store *st, const char *name, uint64_t floor);

#endif
