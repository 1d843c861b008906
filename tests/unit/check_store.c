/* SPDX-License-Identifier: ISC */
#include "base/store.h"

#include "base/log.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DB "state/test.db"

static const char *const migrations[] = {
	"CREATE TABLE node(eui BLOB PRIMARY KEY, name TEXT); CREATE INDEX by_name ON node(name);",
	"ALTER TABLE node ADD COLUMN seen INTEGER NOT NULL DEFAULT 7;",
};
static char why[512];

static int open_version(struct store **st, size_t n)
{
	why[0] = '\0';
	return store_open(st, "state", "test", migrations, n, why, sizeof(why));
}

/* The store in a fresh directory. */
static struct store *fresh(void)
{
	struct store *st;
	unit_enter_dir();
	ck_assert_msg(open_version(&st, 2) == 0, "%s", why);
	return st;
}

static struct store *reopen(struct store *st)
{
	store_close(st);
	ck_assert_msg(open_version(&st, 2) == 0, "%s", why);
	return st;
}

/* Write octets into the closed store's file, or cut it (len 0). */
static void damage(off_t at, const void *octets, size_t len)
{
	int fd = open(DB, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	if (len == 0)
		ck_assert_int_eq(ftruncate(fd, at), 0);
	ck_assert_int_eq(pwrite(fd, octets, len, at), (ssize_t)len);
	close(fd);
}

static int on_int(const struct store_row *row, void *arg)
{
	*(int64_t *)arg = store_col_int(row, 0);
	return 0;
}

static int64_t count_nodes(struct store *st)
{
	int64_t n = -1;
	ck_assert_int_eq(store_query(st, on_int, &n, "SELECT count(*) FROM node", ""), 0);
	return n;
}

static int add_node(struct store *st, uint8_t id)
{
	return store_run(st, "INSERT INTO node(eui, name) VALUES(?,?)", "bt", &id, (size_t)1, "x");
}

START_TEST(makes_private_files)
{
	struct store *st = fresh();
	struct stat s;
	umask(0);
	ck_assert_int_eq(add_node(st, 1), 0);
	ck_assert_int_eq(stat("state", &s), 0);
	ck_assert_uint_eq(s.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(DB, &s), 0);
	ck_assert_uint_eq(s.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(DB "-wal", &s), 0);
	ck_assert_uint_eq(s.st_mode & 07777, 0600);
	ck_assert_int_ne(stat(DB ".new", &s), 0);
	ck_assert_int_eq(chmod(DB, 0644), 0);
	st = reopen(st);
	ck_assert_int_eq(stat(DB, &s), 0);
	ck_assert_uint_eq(s.st_mode & 07777, 0600);
	store_close(st);
	store_close(NULL);
}
END_TEST

static int on_node(const struct store_row *row, void *arg)
{
	uint8_t eui[4] = {0};
	(*(int *)arg)++;
	ck_assert_uint_eq(store_col_blob(row, 0, eui, 2), 3);
	ck_assert_mem_eq(eui, "\x01\x00\x00\x00", 4);
	ck_assert_str_eq(store_col_text(row, 1), "hall");
	ck_assert_str_eq(store_col_text(row, 2), "");
	ck_assert_int_eq(store_col_int(row, 3), INT64_MIN);
	return 0;
}

START_TEST(binds_and_reads_all_types)
{
	struct store *st = fresh();
	int rows = 0;
	ck_assert_int_eq(store_run(st, "INSERT INTO node VALUES(?,?,?)", "bti", "\x01\x00\x03",
				   (size_t)3, "hall", INT64_MIN),
			 0);
	st = reopen(st);
	ck_assert_int_eq(
		store_query(st, on_node, &rows,
			    "SELECT eui, name, NULLIF(name, ?), seen FROM node WHERE eui=?", "tb",
			    "hall", "\x01\x00\x03", (size_t)3),
		0);
	ck_assert_int_eq(rows, 1);
	ck_assert_int_eq(store_query(st, on_node, &rows, "SELECT 1 FROM node WHERE name=?", "t",
				     (const char *)NULL),
			 0);
	ck_assert_int_eq(rows, 1);
	store_close(st);
}
END_TEST

static int on_stop(const struct store_row *row, void *arg)
{
	(void)row;
	(*(int *)arg)++;
	return 77;
}

START_TEST(a_row_can_stop_the_query)
{
	struct store *st = fresh();
	int rows = 0;
	ck_assert_int_eq(add_node(st, 1), 0);
	ck_assert_int_eq(add_node(st, 2), 0);
	ck_assert_int_eq(store_query(st, on_stop, &rows, "SELECT eui FROM node", ""), 77);
	ck_assert_int_eq(rows, 1);
	ck_assert_int_eq(count_nodes(st), 2);
	store_close(st);
}
END_TEST

/* For each row the same query again, with another value, to the depth of *arg. */
static int on_nested(const struct store_row *row, void *arg)
{
	struct {
		struct store *st;
		int depth, rows;
	} *nest = arg;

	(void)row;
	nest->rows++;
	if (--nest->depth <= 0)
		return 0;
	return store_query(nest->st, on_nested, nest, "SELECT eui FROM node WHERE seen < ?", "i",
			   (int64_t)(100 + nest->depth));
}

START_TEST(a_statement_within_itself)
{
	struct store *st = fresh();
	struct {
		struct store *st;
		int depth, rows;
	} nest = {st, 40, 0}; /* deeper than statements are kept */

	ck_assert_int_eq(add_node(st, 1), 0);
	for (int i = 0; i < 2; i++) {
		nest.depth = 40;
		ck_assert_int_eq(store_query(st, on_nested, &nest,
					     "SELECT eui FROM node WHERE seen < ?", "i",
					     (int64_t)100),
				 0);
	}
	ck_assert_int_eq(nest.rows, 2 * 40);
	store_close(st);
}
END_TEST

START_TEST(a_statement_again_has_no_values_left)
{
	struct store *st = fresh();
	char sql[64];

	/* More texts than are kept, each twice, with another value each time. */
	for (int64_t round = 0; round < 2; round++)
		for (int i = 0; i < 40; i++) {
			snprintf(sql, sizeof(sql), "INSERT INTO node(eui, seen) VALUES(?, %d)", i);
			const int64_t eui = i + 100 * round;
			ck_assert_int_eq(store_run(st, sql, "i", eui), 0);
		}
	ck_assert_int_eq(count_nodes(st), 80);
	st = reopen(st);
	ck_assert_int_eq(count_nodes(st), 80);
	store_close(st);
}
END_TEST

START_TEST(failures_are_errors)
{
	struct store *st = fresh();
	ck_assert_int_eq(add_node(st, 1), 0);
	ck_assert_int_eq(add_node(st, 1), -EIO); /* the primary key is taken */
	ck_assert_int_eq(store_run(st, "no sql", ""), -EIO);
	ck_assert_int_eq(count_nodes(st), 1);
	store_close(st);
}
END_TEST

START_TEST(transactions_are_whole)
{
	struct store *st = fresh();
	ck_assert_int_eq(store_begin(st), 0);
	ck_assert_int_eq(add_node(st, 1), 0);
	ck_assert_int_eq(add_node(st, 2), 0);
	store_rollback(st);
	store_rollback(st);
	ck_assert_int_eq(count_nodes(st), 0);
	ck_assert_int_eq(store_commit(st), -EIO); /* of none */
	ck_assert_int_eq(store_begin(st), 0);
	ck_assert_int_eq(add_node(st, 1), 0);
	ck_assert_int_eq(store_commit(st), 0);
	ck_assert_int_eq(store_begin(st), 0);
	ck_assert_int_eq(add_node(st, 2), 0);
	st = reopen(st); /* closed within a transaction */
	ck_assert_int_eq(count_nodes(st), 1);
	store_close(st);
}
END_TEST

START_TEST(migrates_step_by_step)
{
	struct store *st;
	int64_t seen = 0;
	unit_enter_dir();
	ck_assert_int_eq(open_version(&st, 0), 0);
	ck_assert_int_eq(add_node(st, 1), -EIO); /* no such table yet */
	store_close(st);
	ck_assert_int_eq(open_version(&st, 1), 0);
	ck_assert_int_eq(add_node(st, 1), 0);
	st = reopen(st);
	ck_assert_int_eq(store_query(st, on_int, &seen, "SELECT seen FROM node", ""), 0);
	ck_assert_int_eq(seen, 7);
	store_close(st);
}
END_TEST

START_TEST(a_failed_migration_changes_nothing)
{
	static const char *const broken[] = {"CREATE TABLE node(eui BLOB); CREATE TABLE oops"};
	struct store *st;
	unit_enter_dir();
	ck_assert_int_eq(store_open(&st, "state", "test", broken, 1, why, sizeof(why)), -EIO);
	ck_assert_ptr_null(st);
	ck_assert_ptr_nonnull(strstr(why, "cannot bring the schema from 0 to 1"));
	ck_assert_int_eq(open_version(&st, 2), 0);
	ck_assert_int_eq(count_nodes(st), 0);
	store_close(st);
}
END_TEST

START_TEST(a_failed_migration_keeps_those_before_it)
{
	const char *const broken[] = {migrations[0], "no sql"};
	struct store *st;
	int64_t columns = 0;
	unit_enter_dir();
	ck_assert_int_eq(store_open(&st, "state", "test", broken, 2, why, sizeof(why)), -EIO);
	ck_assert_int_eq(open_version(&st, 2), 0);
	ck_assert_int_eq(store_query(st, on_int, &columns,
				     "SELECT count(*) FROM pragma_table_info('node')", ""),
			 0);
	ck_assert_int_eq(columns, 3);
	store_close(st);
}
END_TEST

START_TEST(refuses_a_newer_version)
{
	struct store *st = fresh();
	ck_assert_int_eq(add_node(st, 1), 0);
	store_close(st);
	ck_assert_int_eq(open_version(&st, 1), -EPROTO);
	ck_assert_ptr_null(st);
	ck_assert_str_eq(why, DB " has schema 2, this program knows 1: made by a newer version: "
				 "run that, or restore an older backup");
	ck_assert_int_eq(open_version(&st, 2), 0);
	ck_assert_int_eq(count_nodes(st), 1);
	store_close(st);
}
END_TEST

/* The store does not open, and nothing was made in its place. */
static void is_corrupt(void)
{
	struct stat before, after;
	struct store *st;
	ck_assert_int_eq(stat(DB, &before), 0);
	ck_assert_int_eq(open_version(&st, 2), -EUCLEAN);
	ck_assert_ptr_null(st);
	ck_assert_msg(strncmp(why, DB " is corrupt: ", strlen(DB " is corrupt: ")) == 0, "%s", why);
	ck_assert_int_eq(stat(DB, &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
}

START_TEST(refuses_an_empty_file)
{
	store_close(fresh());
	damage(0, NULL, 0);
	is_corrupt();
}
END_TEST

START_TEST(refuses_a_cut_file)
{
	store_close(fresh());
	damage(8192, NULL, 0);
	is_corrupt();
}
END_TEST

START_TEST(refuses_a_file_that_is_no_database)
{
	store_close(fresh());
	damage(0, "not what SQLite writes", 22);
	is_corrupt();
}
END_TEST

/* A page of a table, in the middle of the file, is overwritten. */
START_TEST(refuses_a_damaged_page)
{
	struct store *st = fresh();
	uint8_t rubbish[4096];
	struct stat s;
	for (int i = 0; i < 100; i++) {
		char name[200];
		snprintf(name, sizeof(name), "%0199d", i);
		ck_assert_int_eq(
			store_run(st, "INSERT INTO node VALUES(randomblob(8),?,1)", "t", name), 0);
	}
	store_close(st);
	ck_assert_int_eq(stat(DB, &s), 0);
	ck_assert_int_ge(s.st_size, 8 * 4096);
	memset(rubbish, 0xa5, sizeof(rubbish));
	damage(s.st_size / 2 / 4096 * 4096, rubbish, sizeof(rubbish));
	is_corrupt();
}
END_TEST

START_TEST(refuses_a_log_without_its_file)
{
	struct store *st = fresh();
	store_close(st);
	ck_assert_int_eq(rename(DB, DB "-wal"), 0);
	ck_assert_int_eq(open_version(&st, 2), -EUCLEAN);
	ck_assert_str_eq(why, DB " is missing, but " DB "-wal is there: "
				 "restore a backup; it is never begun anew by itself");
}
END_TEST

START_TEST(refuses_places_that_are_not_safe)
{
	struct store *st;
	unit_enter_dir();
	ck_assert_int_eq(mkdir("state", 0700), 0);
	ck_assert_int_eq(chmod("state", 0770), 0);
	ck_assert_int_eq(open_version(&st, 2), -EACCES);
	ck_assert_str_eq(why, "state: mode 0770 lets others write: chmod 700 state");
	ck_assert_int_eq(chmod("state", 0700), 0);
	ck_assert_int_eq(symlink("/dev/null", DB), 0);
	ck_assert_int_eq(open_version(&st, 2), -EUCLEAN);
	ck_assert_str_eq(
		why,
		DB " is not a regular file: restore a backup; it is never begun anew by itself");
	ck_assert_int_eq(store_open(&st, "none/state", "test", NULL, 0, why, sizeof(why)), -ENOENT);
	ck_assert_str_eq(why, "none/state: No such file or directory: make the directory above it, "
			      "or change state-dir");
	ck_assert_int_eq(store_open(&st, "/dev/null", "test", NULL, 0, why, sizeof(why)), -ENOTDIR);
}
END_TEST

START_TEST(what_a_crash_left_while_making_it_is_replaced)
{
	struct store *st;
	unit_enter_dir();
	ck_assert_int_eq(mkdir("state", 0700), 0);
	for (int i = 0; i < 2; i++) {
		int fd = open(i ? DB ".new-wal" : DB ".new", O_WRONLY | O_CREAT, 0600);
		ck_assert_int_eq(write(fd, "left over", 9), 9);
		close(fd);
	}
	ck_assert_msg(open_version(&st, 2) == 0, "%s", why);
	store_close(st);
}
END_TEST

/* Run `fn` in another process; its exit status. */
static int elsewhere(int (*fn)(void))
{
	int status;
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(fn());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int open_elsewhere(void)
{
	struct store *st;
	int r = open_version(&st, 2);
	if (r == -EBUSY && strncmp(why, DB " is in use by another process: ",
				   strlen(DB " is in use by another process: ")) == 0)
		return EBUSY;
	return r == 0 ? 0 : 1;
}

START_TEST(two_processes_cannot_share)
{
	struct store *st = fresh();
	ck_assert_int_eq(elsewhere(open_elsewhere), EBUSY);
	ck_assert_int_eq(add_node(st, 1), 0);
	ck_assert_int_eq(elsewhere(open_elsewhere), EBUSY);
	store_close(st);
	ck_assert_int_eq(elsewhere(open_elsewhere), 0);
}
END_TEST

START_TEST(full_is_an_error_and_loses_nothing)
{
	struct store *st = fresh();
	int r = 0;
	uint8_t n = 0;
	ck_assert_int_eq(store_run(st, "PRAGMA max_page_count=20", ""), 0);
	while (r == 0 && n < 200) {
		r = store_run(st, "INSERT INTO node VALUES(randomblob(1000),?,1)", "t", "x");
		n = (uint8_t)(n + (r == 0));
	}
	ck_assert_int_eq(r, -ENOSPC);
	ck_assert_uint_gt(n, 5);
	ck_assert_int_eq(count_nodes(st), n);
	ck_assert_int_eq(store_begin(st), 0);
	ck_assert_int_eq(store_run(st, "INSERT INTO node VALUES(randomblob(5000),NULL,1)", ""),
			 -ENOSPC);
	store_rollback(st);
	st = reopen(st);
	ck_assert_int_eq(count_nodes(st), n);
	store_close(st);
}
END_TEST

static bool write_proc(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return written;
}

/* A mount namespace in which we are root, with a small disk; not every builder may have one. */
static bool enter_namespace(void)
{
	char uid_map[64], gid_map[64];
	snprintf(uid_map, sizeof(uid_map), "0 %u 1", (unsigned int)getuid());
	snprintf(gid_map, sizeof(gid_map), "0 %u 1", (unsigned int)getgid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       write_proc("/proc/self/setgroups", "deny") &&
	       write_proc("/proc/self/uid_map", uid_map) &&
	       write_proc("/proc/self/gid_map", gid_map) &&
	       mount("tmpfs", "small", "tmpfs", 0, "size=256k,mode=0700") == 0;
}

/* On a real file system without room: returns which step went wrong, 0 for none. */
static int fill_small_disk(void)
{
	struct store *st;
	uint64_t limit = 0;
	int r = 0;

	if (!enter_namespace())
		return 77;
	if (store_open(&st, "small", "test", migrations, 2, why, sizeof(why)) < 0)
		return 1;
	for (int i = 0; r == 0 && i < 1000; i++)
		r = store_raise(st, "fc", limit += 10);
	limit -= 10;
	if (r != -ENOSPC || limit == 0)
		return 2;
	if (store_reserved(st, "fc") != limit)
		return 3;
	store_close(st);
	/* The log may not even fit back into the file, but what was promised is still known. */
	if (store_open(&st, "small", "test", migrations, 2, why, sizeof(why)) < 0)
		return 4;
	r = store_reserved(st, "fc") == limit ? 0 : 5;
	store_close(st);
	return r;
}

START_TEST(a_full_disk)
{
	unit_enter_dir();
	ck_assert_int_eq(mkdir("small", 0700), 0);
	int status = elsewhere(fill_small_disk);
	if (status == 77)
		fprintf(stderr, "a_full_disk: not run, no mount namespace here\n");
	else
		ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(named_integers)
{
	struct store *st = fresh();
	int64_t n = -5, m = -5;
	ck_assert_int_eq(store_get_int(st, "n", &n), 0);
	ck_assert_int_eq(n, -5);
	ck_assert_int_eq(store_put_int(st, "n", 3), 0);
	ck_assert_int_eq(store_put_int(st, "n", INT64_MAX), 0);
	ck_assert_int_eq(store_put_int(st, "m", 1), 0);
	st = reopen(st);
	ck_assert_int_eq(store_get_int(st, "n", &n), 0);
	ck_assert_int_eq(store_get_int(st, "m", &m), 0);
	ck_assert_int_eq(n, INT64_MAX);
	ck_assert_int_eq(m, 1);
	ck_assert_int_eq(store_run(st, "ALTER TABLE value RENAME TO gone", ""), 0);
	ck_assert_int_lt(store_get_int(st, "n", &n), 0);
	store_close(st);
}
END_TEST

START_TEST(counters_are_stored_ahead_and_only_rise)
{
	struct store *st = fresh();
	ck_assert_uint_eq(store_reserved(st, "fc"), 0);
	ck_assert_int_eq(store_raise(st, "fc", 500), 0);
	st = reopen(st);
	ck_assert_uint_eq(store_reserved(st, "fc"), 500);
	ck_assert_int_eq(store_raise(st, "fc", 400), 0);
	ck_assert_uint_eq(store_reserved(st, "fc"), 500);
	ck_assert_int_eq(store_raise(st, "fc", UINT64_MAX), -EOVERFLOW);
	ck_assert_int_eq(store_raise(st, "fc", (uint64_t)INT64_MAX), 0);
	ck_assert_uint_eq(store_reserved(st, "fc"), (uint64_t)INT64_MAX);
	ck_assert_uint_eq(store_reserved(st, "other"), 0);
	store_close(st);
}
END_TEST

START_TEST(a_counter_that_cannot_be_read_counts_as_used)
{
	struct store *st = fresh();
	ck_assert_int_eq(store_run(st, "DROP TABLE counter", ""), 0);
	ck_assert_uint_eq(store_reserved(st, "fc"), UINT64_MAX);
	store_close(st);
}
END_TEST

/* Reserve and report each limit until killed; a change that is not committed is always under way.
 */
static void reserve_for_ever(int report)
{
	struct store *st;
	uint64_t limit;

	if (open_version(&st, 2) < 0)
		_exit(1);
	limit = store_reserved(st, "fc");
	for (;;) {
		if (store_raise(st, "fc", limit += 10) < 0 ||
		    write(report, &limit, sizeof(limit)) != sizeof(limit) || store_begin(st) < 0 ||
		    store_run(st, "INSERT INTO node VALUES(?,?,1)", "bt", &limit, sizeof(limit),
			      "half") < 0)
			_exit(1);
		store_rollback(st);
	}
}

START_TEST(kill_minus_9_loses_nothing_committed)
{
	uint64_t reported = 0;
	struct store *st = fresh();
	store_close(st);
	for (unsigned int round = 1; round <= 8; round++) {
		int ends[2], status;
		ck_assert_int_eq(pipe(ends), 0);
		pid_t pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			reserve_for_ever(ends[1]);
		close(ends[1]);
		for (unsigned int i = 0; i < 3 * round; i++)
			ck_assert_int_eq(read(ends[0], &reported, sizeof(reported)),
					 sizeof(reported));
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		while (read(ends[0], &reported, sizeof(reported)) == sizeof(reported))
			continue;
		close(ends[0]);
		ck_assert_msg(open_version(&st, 2) == 0, "%s", why);
		/* One more may be stored that there was no time to report. */
		ck_assert_uint_ge(store_reserved(st, "fc"), reported);
		ck_assert_uint_le(store_reserved(st, "fc"), reported + 10);
		ck_assert_int_eq(count_nodes(st), 0);
		store_close(st);
	}
	ck_assert_uint_gt(reported, 100);
}
END_TEST

UNIT_MAIN("store", makes_private_files, binds_and_reads_all_types, a_row_can_stop_the_query,
	  a_statement_within_itself, a_statement_again_has_no_values_left, failures_are_errors,
	  transactions_are_whole, migrates_step_by_step, a_failed_migration_changes_nothing,
	  a_failed_migration_keeps_those_before_it, refuses_a_newer_version, refuses_an_empty_file,
	  refuses_a_cut_file, refuses_a_file_that_is_no_database, refuses_a_damaged_page,
	  refuses_a_log_without_its_file, refuses_places_that_are_not_safe,
	  what_a_crash_left_while_making_it_is_replaced, two_processes_cannot_share,
	  full_is_an_error_and_loses_nothing, a_full_disk, named_integers,
	  counters_are_stored_ahead_and_only_rise, a_counter_that_cannot_be_read_counts_as_used,
	  kill_minus_9_loses_nothing_committed)
