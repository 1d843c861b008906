/* SPDX-License-Identifier: ISC */
#include "base/log.h"
#include "base/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOPIC          "store"
#define APPLICATION_ID 0x6b6d7073 /* "kmps": tells a store from any other, or emptied, database */

/* Where a store that is being opened writes its sentence for the operator. */
struct why {
	char *text;
	size_t len;
};

__attribute__((format(printf, 3, 4))) static int fail(int error, const struct why *why,
						      const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why->text, why->len, fmt, args);
	va_end(args);
	return error;
}

static int get_pragma(struct store *st, const char *sql, int64_t *value)
{
	*value = 0;
	return store_query(st, store_on_first_int, value, sql, "");
}

/* Run statements that are constants of ours, as one transaction that ends by setting the number of
 * the schema. */
static int run_migration(struct store *st, const char *sql, size_t version)
{
	char set_version[64];
	int r = store_begin(st);

	if (r < 0)
		return r;
	snprintf(set_version, sizeof(set_version), "PRAGMA user_version=%zu", version);
	int code = sqlite3_exec(st->db, sql, NULL, NULL, NULL);
	if (code != SQLITE_OK) {
		log_error(TOPIC, NULL, "schema %zu: %s", version, sqlite3_errmsg(st->db));
		r = store_error_of(code);
	}
	if (r == 0)
		r = store_run(st, set_version, "");
	if (r == 0)
		return store_commit(st);
	store_rollback(st);
	return r;
}

/* Say why SQLite refused the file. */
static int explain(int r, const struct store *st, const char *path, const struct why *why)
{
	const char *text = st->db ? sqlite3_errmsg(st->db) : strerror(-r);

	if (r == -EBUSY)
		return fail(r, why, "%s is in use by another process", path);
	if (r == -EUCLEAN)
		return fail(r, why, "%s is corrupt: %s", path, text);
	return fail(r, why, "%s: %s", path, text);
}

static int run_all(struct store *st, const char *const *statements, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = store_run(st, statements[i], "");
	return r;
}

/* Take the file for this process alone and have every commit reach the disk. The exclusive lock
 * also keeps the index of the WAL in memory, where SQLite needs no shared mapping of a file. */
static int take(struct store *st)
{
	static const char *const statements[] = {
		"PRAGMA journal_mode=WAL",
		"PRAGMA synchronous=FULL",
		"PRAGMA secure_delete=ON", /* keys that were removed are to be gone */
		"PRAGMA trusted_schema=OFF",
		"PRAGMA cell_size_check=ON",
		/* A write transaction, even an empty one, takes the lock for good. */
		"BEGIN IMMEDIATE",
		"COMMIT",
	};
	return run_all(st, statements, sizeof(statements) / sizeof(statements[0]));
}

/* Open the file, which exists unless `create`; nothing is written yet. */
static int open_file(struct store *st, const char *path, bool create, const struct why *why)
{
	static const char *const statement = "PRAGMA locking_mode=EXCLUSIVE";
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int code = sqlite3_open_v2(path, &st->db, flags | (create ? SQLITE_OPEN_CREATE : 0), NULL);
	int r = code == SQLITE_OK ? run_all(st, &statement, 1) : store_error_of(code);

	return r < 0 ? explain(r, st, path, why) : 0;
}

static int on_check_row(const struct store_row *row, void *arg)
{
	const struct why *why = arg;

	if (strcmp(store_col_text(row, 0), "ok") == 0)
		return 0;
	fail(-EUCLEAN, why, "%s", store_col_text(row, 0));
	for (char *c = why->text; *c; c++)
		if (*c == '\n')
			*c = ' '; /* one sentence, one line */
	return -EUCLEAN;
}

/* Take a file that exists; refuse what is damaged or was not made by store_open(). */
static int check_and_take(struct store *st, const char *path, const struct why *why)
{
	char found[256] = "";
	struct why detail = {found, sizeof(found)};
	int64_t id;
	int r = get_pragma(st, "PRAGMA application_id", &id);

	if (r == 0 && id != APPLICATION_ID)
		return fail(-EUCLEAN, why, "%s is corrupt: empty, or no store of wpan-kmp", path);
	if (r == 0)
		r = take(st);
	if (r == 0)
		r = store_query(st, on_check_row, &detail, "PRAGMA quick_check(1)", "");
	if (r < 0 && found[0])
		return fail(r, why, "%s is corrupt: %s", path, found);
	return r < 0 ? explain(r, st, path, why) : 0;
}

/* Bring the schema from its version up to `n`. */
static int migrate(struct store *st, const char *path, const char *const *migrations, size_t n,
		   const struct why *why)
{
	int64_t version;
	int r = get_pragma(st, "PRAGMA user_version", &version);

	if (r == 0 && (version < 0 || (uint64_t)version > n))
		return fail(-EPROTO, why,
			    "%s has schema %lld, this program knows %zu: made by a newer version",
			    path, (long long)version, n);
	for (size_t i = (size_t)version; r == 0 && i < n; i++)
		r = run_migration(st, migrations[i], i + 1);
	if (r < 0)
		return fail(r, why, "%s: cannot bring the schema from %lld to %zu: %s", path,
			    (long long)version, n, strerror(-r));
	return 0;
}

/* Make the tables of this module in a new file. Closing it writes the WAL back and removes it. */
static int create_tables(const char *path, const struct why *why)
{
	char sql[256];
	struct store st = {.db = NULL};
	mode_t mask = umask(077); /* the WAL takes the mode of its database */
	int r = open_file(&st, path, true, why);

	snprintf(sql, sizeof(sql),
		 "PRAGMA application_id=%d;"
		 "CREATE TABLE value(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
		 "CREATE TABLE counter(name TEXT PRIMARY KEY, reserved INTEGER NOT NULL) STRICT;",
		 APPLICATION_ID);
	if (r == 0) {
		r = take(&st);
		if (r == 0)
			r = run_migration(&st, sql, 0);
		if (r < 0)
			explain(r, &st, path, why);
	}
	umask(mask);
	store_stmts_clear(&st.stmts);
	if (sqlite3_close(st.db) != SQLITE_OK && r == 0)
		r = fail(-EIO, why, "%s cannot be closed", path);
	return r;
}

/* Rename durably within one directory. */
static int rename_within(const char *dir, const char *from, const char *to)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (rename(from, to) < 0 || fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* Make a store under another name and rename it, so that it is there whole or not at all: a file
 * that is empty or lacks its tables is then known to be corrupt. */
static int create(const char *dir, const char *path, const struct why *why)
{
	char other[PATH_MAX + 8];
	struct stat st;

	/* Its write-ahead log would be replayed into the new file. */
	snprintf(other, sizeof(other), "%s-wal", path);
	if (lstat(other, &st) == 0)
		return fail(-EUCLEAN, why, "%s is missing, but %s is there", path, other);
	snprintf(other, sizeof(other), "%s.new", path);
	if (unlink(other) < 0 && errno != ENOENT)
		return fail(-errno, why, "%s: %s", other, strerror(errno));
	int r = create_tables(other, why);
	if (r < 0)
		return r;
	r = rename_within(dir, other, path);
	return r < 0 ? fail(r, why, "%s: %s", path, strerror(-r)) : 0;
}

/* The state directory: made if need be; others may not write to it, or they could put a store of
 * theirs in the place of ours. */
static int prepare_dir(const char *dir, const struct why *why)
{
	struct stat st;

	if (mkdir(dir, 0700) == 0)
		return 0;
	if (errno != EEXIST || stat(dir, &st) < 0)
		return fail(-errno, why, "%s: %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fail(-ENOTDIR, why, "%s is not a directory", dir);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(-EACCES, why, "%s: mode %04o lets others write: chmod 700 %s", dir,
			    (unsigned int)(st.st_mode & 07777), dir);
	return 0;
}

/* The file exists as a regular one that only we can get at, or is created. */
static int prepare_file(const char *dir, const char *path, const struct why *why)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? create(dir, path, why)
				       : fail(-errno, why, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(-EUCLEAN, why, "%s is not a regular file", path);
	if ((st.st_mode & 0077) != 0 && chmod(path, 0600) < 0)
		return fail(-errno, why, "%s: %s", path, strerror(errno));
	return 0;
}

/* What to do about it, for who sees only this sentence. */
static void append_hint(int error, const struct why *why)
{
	static const struct {
		int error;
		const char *text;
	} hints[] = {
		{-ENOENT, "make the directory above it, or change state-dir"},
		{-ENOSPC, "make room on its disk"},
		{-EROFS, "have state-dir on a disk that can be written"},
		{-EBUSY, "end the other daemon, or give this one a state-dir of its own"},
		{-EUCLEAN, "restore a backup; it is never begun anew by itself"},
		{-EPROTO, "run that, or restore an older backup"},
	};
	size_t used = strlen(why->text);

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].error == error && used < why->len)
			snprintf(why->text + used, why->len - used, ": %s", hints[i].text);
}

int store_open(struct store **st, const char *dir, const char *name, const char *const *migrations,
	       size_t n_migrations, char *why_text, size_t why_len)
{
	const struct why why = {why_text, why_len};
	char path[PATH_MAX];
	int r;

	*st = NULL;
	if (snprintf(path, sizeof(path), "%s/%s.db", dir, name) >= (int)sizeof(path))
		return fail(-ENAMETOOLONG, &why, "%s: %s", dir, strerror(ENAMETOOLONG));
	struct store *opened = calloc(1, sizeof(*opened));
	if (!opened)
		return fail(-ENOMEM, &why, "%s: %s", path, strerror(ENOMEM));
	r = prepare_dir(dir, &why);
	if (r == 0)
		r = prepare_file(dir, path, &why);
	if (r == 0)
		r = open_file(opened, path, false, &why);
	if (r == 0)
		r = check_and_take(opened, path, &why);
	if (r == 0)
		r = migrate(opened, path, migrations, n_migrations, &why);
	if (r < 0) {
		append_hint(r, &why);
		store_close(opened);
		return r;
	}
	*st = opened;
	return 0;
}

void store_close(struct store *st)
{
	if (!st)
		return;
	store_stmts_clear(&st->stmts);
	sqlite3_close(st->db);
	free(st);
}
