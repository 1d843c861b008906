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
	"CREATE TABLE event (" /* of timeline.h */
	" eui BLOB NOT NULL CHECK (length(eui) = 8),"
	" slot INTEGER NOT NULL," /* seq modulo the events kept of a device */
	" seq INTEGER NOT NULL,"
	" first_s INTEGER NOT NULL," /* UNIX time */
	" last_s INTEGER NOT NULL,"
	" count INTEGER NOT NULL,"
	" state TEXT NOT NULL,"
	" text TEXT NOT NULL,"
	" PRIMARY KEY (eui, slot)"
	") WITHOUT ROWID;",
	"ALTER TABLE node ADD COLUMN denied INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN left_behind INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN key_version INTEGER NOT NULL DEFAULT 0;" /* 0: none taken */
	"ALTER TABLE node ADD COLUMN fc INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN fc_index INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN fc_s INTEGER NOT NULL DEFAULT 0;" /* UNIX time */
	"ALTER TABLE node ADD COLUMN secured INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN n INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN want_secured INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN want_n INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN links BLOB NOT NULL DEFAULT x'';"  /* EUI-64s */
	"ALTER TABLE node ADD COLUMN forget BLOB NOT NULL DEFAULT x'';" /* EUI-64s */
	"UPDATE node SET key_version = 1 WHERE state <> 'admitted';"
	"ALTER TABLE netkey ADD COLUMN state TEXT NOT NULL DEFAULT 'active'"
	" CHECK (state IN ('staged', 'active'));"
	"CREATE TABLE mesh ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" all_secured INTEGER NOT NULL,"
	" n INTEGER NOT NULL," /* sequence number of the last close or open */
	" near BLOB NOT NULL," /* EUI-64 of the last open --near; empty: none */
	" key_version INTEGER NOT NULL,"
	" key_index INTEGER NOT NULL," /* given out last */
	" phase TEXT NOT NULL CHECK (phase IN ('none', 'stage', 'activate', 'retire')),"
	" reason TEXT NOT NULL,"        /* of the re-key under way */
	" deadline_s INTEGER NOT NULL," /* UNIX time; 0: none */
	" again TEXT NOT NULL"          /* reason of the re-key that has to follow; empty: none */
	");"
	"INSERT INTO mesh VALUES (1, 0, 0, x'', 1, 1, 'none', '', 0, '');",
};

int ctd_store_open(struct store **st, const char *dir, char *why, size_t why_len)
{
	return store_open(st, dir, "ctd", migrations, sizeof(migrations) / sizeof(migrations[0]),
			  why, why_len);
}
