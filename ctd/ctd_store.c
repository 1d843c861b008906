/* SPDX-License-Identifier: ISC */
#include "ctd_store.h"

/* One entry a version of the schema, never changed once released. */
static const char *const migrations[] = {
	"CREATE TABLE node ("
	" eui BLOB PRIMARY KEY CHECK (length(eui) = 8),"
	" name TEXT NOT NULL,"
	" state TEXT NOT NULL CHECK (state IN ('admitted', 'keyed', 'joined')),"
	" addr BLOB NOT NULL CHECK (length(addr) = 16)," /* :: none yet */
	" key_index INTEGER NOT NULL,"                   /* 0: none yet */
	" admitted_s INTEGER NOT NULL,"                  /* UNIX time */
	" since_s INTEGER NOT NULL,"
	" reason TEXT NOT NULL"
	") WITHOUT ROWID;"
	"CREATE TABLE netkey ("
	" number INTEGER PRIMARY KEY," /* of the entry in the key set */
	" idx INTEGER NOT NULL CHECK (idx BETWEEN 1 AND 255),"
	" mode INTEGER NOT NULL,"
	" level INTEGER NOT NULL,"
	" key BLOB NOT NULL CHECK (length(key) = 16),"
	" made_s INTEGER NOT NULL"
	");",
};

int ctd_store_open(struct store **st, const char *dir, char *why, size_t why_len)
{
	return store_open(st, dir, "ctd", migrations, sizeof(migrations) / sizeof(migrations[0]),
			  why, why_len);
}
