/* SPDX-License-Identifier: ISC */
#include "base/credfile.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static char why[256], text[16];
static size_t len;

static void make_file(const char *path, const char *content, mode_t mode)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	fputs(content, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static int load(const char *path, bool is_private, size_t cap)
{
	why[0] = '\0';
	return credfile_read(path, is_private, text, cap, &len, why, sizeof(why));
}

START_TEST(reads_what_fits)
{
	unit_enter_dir();
	make_file("f", "12345678", 0600);
	ck_assert_int_eq(load("./f", true, 9), 0);
	ck_assert_int_eq(load("./f", true, 8), 0);
	ck_assert_uint_eq(len, 8);
	ck_assert_mem_eq(text, "12345678", 8);
	ck_assert_int_eq(load("./f", true, 7), -EFBIG);
	ck_assert_str_eq(why, "./f: File too large");
	make_file("empty", "", 0600);
	ck_assert_int_eq(load("./empty", true, 8), 0);
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(only_secrets_are_hidden_from_others)
{
	unit_enter_dir();
	make_file("f", "x", 0644);
	ck_assert_int_eq(load("./f", false, 8), 0);
	ck_assert_int_eq(load("./f", true, 8), -EACCES);
	ck_assert_ptr_nonnull(strstr(why, "chmod 600 ./f"));
	ck_assert_int_eq(load(".", false, 8), -EINVAL);
	ck_assert_int_eq(load("./none", false, 8), -ENOENT);
}
END_TEST

START_TEST(credentials_of_systemd_come_first)
{
	unit_enter_dir();
	ck_assert_int_eq(mkdir("creds", 0700), 0);
	make_file("f", "here", 0600);
	make_file("creds/f", "there", 0440); /* as systemd grants it: an ACL's mask */
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", "creds", 1), 0);
	ck_assert_int_eq(load("f", true, 8), 0);
	ck_assert_uint_eq(len, strlen("there"));
	ck_assert_int_eq(load("./f", true, 8), 0);
	ck_assert_uint_eq(len, strlen("here"));
}
END_TEST

UNIT_MAIN("credfile", reads_what_fits, only_secrets_are_hidden_from_others,
	  credentials_of_systemd_come_first)
