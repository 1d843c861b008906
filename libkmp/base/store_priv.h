/* SPDX-License-Identifier: ISC */
/* store_priv: what the files of the store share: its use (store.c) and its opening (store_open.c),
 * which makes the file, checks it and brings its schema up to date. */
#ifndef KMP_BASE_STORE_PRIV_H
#define KMP_BASE_STORE_PRIV_H

#include "base/store.h"
#include "base/store_stmt.h"

struct store {
	sqlite3 *db;
	struct store_stmts stmts;
};

/* SQLite's result code as -errno; 0 for SQLITE_OK, SQLITE_ROW and SQLITE_DONE. */
int store_error_of(int code);
/* For store_query(): the first column of a row into the int64_t `arg`. Returns 0. */
int store_on_first_int(const struct store_row *row, void *arg);

#endif
