/* SPDX-License-Identifier: ISC */
#include "base/secret.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char why[256];

static void make_file(const char *name, const char *text, size_t len, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static int from_text(struct secret *s, const char *text)
{
	make_file("psk", text, strlen(text), 0600);
	return secret_from_file(s, "./psk", 2, 64, why, sizeof(why));
}

START_TEST(set_copies_within_bounds)
{
	uint8_t octets[SECRET_MAX_LEN + 1];
	struct secret s;
	memset(octets, 0x5a, sizeof(octets));
	ck_assert_int_eq(secret_set(&s, octets, SECRET_MAX_LEN), 0);
	ck_assert_uint_eq(s.len, SECRET_MAX_LEN);
	ck_assert_mem_eq(s.b, octets, SECRET_MAX_LEN);
	ck_assert_int_eq(secret_set(&s, octets, SECRET_MAX_LEN + 1), -EMSGSIZE);
	ck_assert_uint_eq(s.len, 0);
	ck_assert_int_eq(secret_set(&s, NULL, 0), 0);
}
END_TEST

START_TEST(clear_wipes)
{
	static const struct secret empty;
	struct secret s;
	ck_assert_int_eq(secret_random(&s, 32), 0);
	secret_clear(&s);
	ck_assert_mem_eq(&s, &empty, sizeof(s));
}
END_TEST

START_TEST(random_differs)
{
	struct secret a, b;
	ck_assert_int_eq(secret_random(&a, 16), 0);
	ck_assert_int_eq(secret_random(&b, 16), 0);
	ck_assert_uint_eq(a.len, 16);
	ck_assert(!secret_equal(&a, &b));
	ck_assert_int_eq(secret_random(&a, SECRET_MAX_LEN + 1), -EMSGSIZE);
}
END_TEST

START_TEST(equality_takes_length_and_contents)
{
	struct secret a, b;
	secret_set(&a, "0123456789abcdef", 16);
	secret_set(&b, "0123456789abcdef", 16);
	ck_assert(secret_equal(&a, &b));
	b.b[15] ^= 1;
	ck_assert(!secret_equal(&a, &b));
	secret_set(&b, "0123456789abcde", 15);
	ck_assert(!secret_equal(&a, &b));
	ck_assert(secret_equal_octets("abc", "abd", 2));
	ck_assert(!secret_equal_octets("abc", "abd", 3));
}
END_TEST

START_TEST(hex_text)
{
	char text[2 * SECRET_MAX_LEN + 3];
	struct secret s;
	ck_assert_int_eq(secret_from_hex(&s, "00fF"), 0);
	ck_assert_uint_eq(s.len, 2);
	ck_assert_mem_eq(s.b, "\x00\xff", 2);
	ck_assert_int_eq(secret_from_hex(&s, ""), -EINVAL);
	ck_assert_int_eq(secret_from_hex(&s, "00f"), -EINVAL);
	ck_assert_int_eq(secret_from_hex(&s, "00fg"), -EINVAL);
	ck_assert_uint_eq(s.len, 0);
	memset(text, 'a', sizeof(text));
	text[2 * SECRET_MAX_LEN] = '\0';
	ck_assert_int_eq(secret_from_hex(&s, text), 0);
	ck_assert_uint_eq(s.len, SECRET_MAX_LEN);
	text[2 * SECRET_MAX_LEN] = 'a';
	text[2 * SECRET_MAX_LEN + 2] = '\0';
	ck_assert_int_eq(secret_from_hex(&s, text), -EMSGSIZE);
}
END_TEST

START_TEST(file_of_hex)
{
	struct secret s;
	unit_enter_dir();
	ck_assert_int_eq(from_text(&s, "00112233445566778899aabbccddeeff\n"), 0);
	ck_assert_uint_eq(s.len, 16);
	ck_assert_int_eq(from_text(&s, "0011"), 0);
	ck_assert_uint_eq(s.len, 2);
}
END_TEST

START_TEST(file_of_anything_else)
{
	static const char *const wrong[] = {"",      "\n",       "0011\n\n", "0011 \n",
					    " 0011", "0011\r\n", "0x0011",   "hello world!"};
	char text[300];
	struct secret s;
	unit_enter_dir();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_msg(from_text(&s, wrong[i]) == -EINVAL, "'%s'", wrong[i]);
		ck_assert_uint_eq(s.len, 0);
		ck_assert_str_eq(why,
				 "./psk does not hold hex digits of 1 to 64 octets, two an octet");
	}
	memset(text, '0', sizeof(text));
	text[130] = '\0';
	ck_assert_int_eq(from_text(&s, text), -EINVAL);
	make_file("psk", "0011\0junk", 9, 0600);
	ck_assert_int_eq(secret_from_file(&s, "./psk", 2, 64, why, sizeof(why)), -EINVAL);
}
END_TEST

START_TEST(file_out_of_bounds)
{
	struct secret s;
	unit_enter_dir();
	make_file("psk", "001122\n", 7, 0600);
	ck_assert_int_eq(secret_from_file(&s, "./psk", 16, 64, why, sizeof(why)), -EINVAL);
	ck_assert_str_eq(why, "./psk holds 3 octets, needed are 16 to 64");
	ck_assert_uint_eq(s.len, 0);
	ck_assert_int_eq(secret_from_file(&s, "./psk", 1, 2, why, sizeof(why)), -EINVAL);
	ck_assert_int_eq(secret_from_file(&s, "./psk", 3, 3, why, sizeof(why)), 0);
}
END_TEST

START_TEST(file_that_others_can_read)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0666};
	struct secret s;
	unit_enter_dir();
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		make_file("psk", "001122\n", 7, modes[i]);
		ck_assert_int_eq(secret_from_file(&s, "./psk", 1, 64, why, sizeof(why)), -EACCES);
		ck_assert_ptr_nonnull(strstr(why, "chmod 600 ./psk"));
		ck_assert_uint_eq(s.len, 0);
	}
	make_file("psk", "001122\n", 7, 0400);
	ck_assert_int_eq(secret_from_file(&s, "./psk", 1, 64, why, sizeof(why)), 0);
}
END_TEST

START_TEST(file_that_is_none)
{
	struct secret s;
	unit_enter_dir();
	make_file("other", "", 0, 0600);
	ck_assert_int_eq(secret_from_file(&s, "./none", 1, 64, why, sizeof(why)), -ENOENT);
	ck_assert_str_eq(why, "./none: No such file or directory");
	ck_assert_int_eq(mkfifo("fifo", 0600), 0); /* must not block */
	ck_assert_int_eq(secret_from_file(&s, "./fifo", 1, 64, why, sizeof(why)), -EINVAL);
	ck_assert_int_eq(secret_from_file(&s, ".", 1, 64, why, sizeof(why)), -EINVAL);
	ck_assert_str_eq(why, ". is not a regular file");
}
END_TEST

START_TEST(credentials_of_systemd_come_first)
{
	struct secret s;
	unit_enter_dir();
	make_file("psk", "aaaa\n", 5, 0600);
	ck_assert_int_eq(mkdir("creds", 0700), 0);
	make_file("creds/psk", "bbbb\n", 5, 0440); /* as systemd grants it: an ACL's mask */
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", "creds", 1), 0);
	ck_assert_int_eq(secret_from_file(&s, "psk", 1, 64, why, sizeof(why)), 0);
	ck_assert_mem_eq(s.b, "\xbb\xbb", 2);
	/* A path is a path; a name that is no credential is a path too. */
	ck_assert_int_eq(secret_from_file(&s, "./psk", 1, 64, why, sizeof(why)), 0);
	ck_assert_mem_eq(s.b, "\xaa\xaa", 2);
	ck_assert_int_eq(unlink("creds/psk"), 0);
	ck_assert_int_eq(secret_from_file(&s, "psk", 1, 64, why, sizeof(why)), 0);
	ck_assert_mem_eq(s.b, "\xaa\xaa", 2);
}
END_TEST

UNIT_MAIN("secret", set_copies_within_bounds, clear_wipes, random_differs,
	  equality_takes_length_and_contents, hex_text, file_of_hex, file_of_anything_else,
	  file_out_of_bounds, file_that_others_can_read, file_that_is_none,
	  credentials_of_systemd_come_first)
