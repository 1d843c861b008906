/* SPDX-License-Identifier: ISC */
#include "base/store.h"

#include "base/log.h"
#include "base/store_priv.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>

#define TOPIC "store"

struct store_row {
	sqlite3_stmt *stmt;
};

int store_error_of(int code)
{
	switch (code & 0xff) { /* without the extension */
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

/* --- statements --- */

static int bind_values(sqlite3_stmt *stmt, const char *fmt, va_list args)
{
	int r = SQLITE_OK;

	assert(sqlite3_bind_parameter_count(stmt) == (int)strlen(fmt));
	for (int i = 1; r == SQLITE_OK && *fmt; i++, fmt++) {
		const void *blob;
		switch (*fmt) {
		case 'i':
			r = sqlite3_bind_int64(stmt, i, va_arg(args, int64_t));
			break;
		case 't':
			r = sqlite3_bind_text(stmt, i, va_arg(args, const char *), -1,
					      SQLITE_STATIC);
			break;
		case 'b':
			blob = va_arg(args, const void *);
			r = sqlite3_bind_blob64(stmt, i, blob, va_arg(args, size_t), SQLITE_STATIC);
			break;
		default:
			assert(false); /* no such letter */
		}
	}
	return r;
}

static int query(struct store *st, store_row_fn fn, void *arg, const char *sql, const char *fmt,
		 va_list args)
{
	sqlite3_stmt *stmt = NULL;
	int code = store_stmts_take(&st->stmts, st->db, sql, &stmt);
	const struct store_row row = {stmt};
	int r = 0;

	if (code == SQLITE_OK)
		code = bind_values(stmt, fmt, args);
	if (code == SQLITE_OK) {
		while (r == 0 && (code = sqlite3_step(stmt)) == SQLITE_ROW)
			r = fn ? fn(&row, arg) : 0;
	}
	if (r == 0 && store_error_of(code) < 0) {
		r = store_error_of(code);
		/* A statement's text holds no values: those are bound. */
		log_error(TOPIC, NULL, "%.40s..: %s", sql, sqlite3_errmsg(st->db));
	}
	store_stmts_give(&st->stmts, stmt);
	return r;
}

int store_run(struct store *st, const char *sql, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int r = query(st, NULL, NULL, sql, fmt, args);
	va_end(args);
	return r;
}

int store_query(struct store *st, store_row_fn fn, void *arg, const char *sql, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int r = query(st, fn, arg, sql, fmt, args);
	va_end(args);
	return r;
}

int64_t store_col_int(const struct store_row *row, int col)
{
	return sqlite3_column_int64(row->stmt, col);
}

const char *store_col_text(const struct store_row *row, int col)
{
	const char *text = (const char *)sqlite3_column_text(row->stmt, col);
	return text ? text : "";
}

size_t store_col_blob(const struct store_row *row, int col, void *dst, size_t cap)
{
	const void *blob = sqlite3_column_blob(row->stmt, col);
	size_t len = (size_t)sqlite3_column_bytes(row->stmt, col);

	if (blob && len > 0)
		memcpy(dst, blob, len < cap ? len : cap);
	return len;
}

int store_begin(struct store *st)
{
	return store_run(st, "BEGIN IMMEDIATE", "");
}

int store_commit(struct store *st)
{
	int r = store_run(st, "COMMIT", "");
	if (r < 0)
		store_rollback(st);
	return r;
}

void store_rollback(struct store *st)
{
	/* SQLite has rolled back by itself after a full disk or a failed write. */
	if (!sqlite3_get_autocommit(st->db))
		store_run(st, "ROLLBACK", "");
}

/* --- named integers and counters --- */

int store_on_first_int(const struct store_row *row, void *arg)
{
	*(int64_t *)arg = store_col_int(row, 0);
	return 0;
}

int store_put_int(struct store *st, const char *name, int64_t value)
{
	return store_run(st,
			 "INSERT INTO value(name, value) VALUES(?1, ?2)"
			 " ON CONFLICT(name) DO UPDATE SET value=excluded.value",
			 "ti", name, value);
}

int store_get_int(struct store *st, const char *name, int64_t *value)
{
	return store_query(st, store_on_first_int, value, "SELECT value FROM value WHERE name=?",
			   "t", name);
}

static int get_reserved(struct store *st, const char *name, uint64_t *reserved)
{
	int64_t value = 0;
	int r = store_query(st, store_on_first_int, &value,
			    "SELECT reserved FROM counter WHERE name=?", "t", name);

	*reserved = (uint64_t)value;
	return r;
}

static int put_reserved(struct store *st, const char *name, uint64_t reserved)
{
	/* Within a transaction it would not be durable on return. */
	assert(sqlite3_get_autocommit(st->db));
	return store_run(st,
			 "INSERT INTO counter(name, reserved) VALUES(?1, ?2)"
			 " ON CONFLICT(name) DO UPDATE SET reserved=excluded.reserved",
			 "ti", name, (int64_t)reserved);
}

uint64_t store_reserved(struct store *st, const char *name)
{
	uint64_t reserved;

	return get_reserved(st, name, &reserved) < 0 ? UINT64_MAX : reserved;
}

int store_raise(struct store *st, const char *name, uint64_t floor)
{
	uint64_t reserved;
	int r = get_reserved(st, name, &reserved);

	if (r < 0 || floor <= reserved)
		return r;
	return floor > INT64_MAX ? -EOVERFLOW : put_reserved(st, name, floor);
}
