/* SPDX-License-Identifier: ISC */
#include "base/store_stmt.h"

#include <assert.h>
#include <string.h>

/* Keep `stmt`, in use, in place of an idle one; if all are in use it is not kept. */
static void keep(struct store_stmts *s, sqlite3_stmt *stmt)
{
	for (size_t i = 0; i < STORE_STMTS; i++) {
		size_t at = (s->next + i) % STORE_STMTS;
		if (s->entry[at].taken)
			continue;
		sqlite3_finalize(s->entry[at].stmt);
		s->entry[at].stmt = stmt;
		s->entry[at].taken = true;
		s->next = at + 1;
		return;
	}
}

int store_stmts_take(struct store_stmts *s, sqlite3 *db, const char *sql, sqlite3_stmt **stmt)
{
	const char *tail;
	int code;

	for (size_t i = 0; i < STORE_STMTS; i++) {
		if (!s->entry[i].stmt || s->entry[i].taken ||
		    strcmp(sqlite3_sql(s->entry[i].stmt), sql) != 0)
			continue;
		s->entry[i].taken = true;
		*stmt = s->entry[i].stmt;
		return SQLITE_OK;
	}
	*stmt = NULL;
	code = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, &tail);
	if (code != SQLITE_OK)
		return code;
	assert(*tail == '\0'); /* one statement; more would silently not be run */
	keep(s, *stmt);
	return SQLITE_OK;
}

void store_stmts_give(struct store_stmts *s, sqlite3_stmt *stmt)
{
	for (size_t i = 0; stmt && i < STORE_STMTS; i++) {
		if (s->entry[i].stmt != stmt)
			continue;
		sqlite3_reset(stmt); /* returns once more how the run went */
		sqlite3_clear_bindings(stmt);
		s->entry[i].taken = false;
		return;
	}
	sqlite3_finalize(stmt);
}

void store_stmts_clear(struct store_stmts *s)
{
	for (size_t i = 0; i < STORE_STMTS; i++)
		sqlite3_finalize(s->entry[i].stmt);
	memset(s, 0, sizeof(*s));
}
