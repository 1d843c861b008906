/* SPDX-License-Identifier: ISC */
/* store_stmt: the compiled statements of a store, kept by their text: compiling one costs more than
 * running it. Only the store uses it. */
#ifndef KMP_BASE_STORE_STMT_H
#define KMP_BASE_STORE_STMT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#define STORE_STMTS 16 /* kept; beyond that the one compiled first makes room */

struct store_stmts {
	struct {
		sqlite3_stmt *stmt;
		bool taken; /* in use: a callback may run the same text again */
	} entry[STORE_STMTS];
	size_t next; /* place of the next one compiled */
};

/* A statement for `sql`, which is a single one, with nothing bound. Returns SQLite's code and
 * *stmt, to be given back. */
int store_stmts_take(struct store_stmts *s, sqlite3 *db, const char *sql, sqlite3_stmt **stmt);
/* It is done with: what is bound to it is let go. NULL is allowed. */
void store_stmts_give(struct store_stmts *s, sqlite3_stmt *stmt);
/* Before the database is closed; all must have been given back. */
void store_stmts_clear(struct store_stmts *s);

#endif
