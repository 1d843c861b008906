/* SPDX-License-Identifier: ISC */
#include "link/iface.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static char why[IFACE_WHY_LEN];

/* Any directory does: the lock is the same as in a bpf file system. */
static int claim(const char *wpan)
{
	why[0] = '\0';
	return iface_claim(".", wpan, why);
}

START_TEST(an_interface_has_one_owner)
{
	int first, other;

	unit_enter_dir();
	first = claim("unit-test0");
	ck_assert_int_ge(first, 0);
	ck_assert_int_eq(claim("unit-test0"), -EBUSY);
	ck_assert_str_eq(why, "another brd or jnd has unit-test0");
	other = claim("unit-test01");
	ck_assert_int_ge(other, 0);
	close(other);
	close(first);
	first = claim("unit-test0");
	ck_assert_int_ge(first, 0);
	ck_assert(fcntl(first, F_GETFD) & FD_CLOEXEC);
	close(first);
}
END_TEST

START_TEST(a_claim_ends_with_its_process)
{
	int ready[2], status;
	char octet;
	pid_t pid;

	unit_enter_dir();
	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (claim("unit-test0") < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	ck_assert_int_eq(read(ready[0], &octet, 1), 1);
	ck_assert_int_eq(claim("unit-test0"), -EBUSY);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_ge(claim("unit-test0"), 0);
}
END_TEST

START_TEST(nobody_else_can_come_first)
{
	struct stat st;

	unit_enter_dir();
	umask(0);
	ck_assert_int_ge(claim("unit-test0"), 0);
	ck_assert_int_eq(stat("wpan-kmp", &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(stat("wpan-kmp/unit-test0", &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(chmod("wpan-kmp", 0701), 0);
	ck_assert_int_eq(claim("unit-test1"), -EPERM);
	ck_assert_ptr_nonnull(strstr(why, "./wpan-kmp/unit-test1: "));
	ck_assert_ptr_nonnull(strstr(why, "needs root"));
	ck_assert_int_eq(rename("wpan-kmp", "ours"), 0);
	ck_assert_int_eq(chmod("ours", 0700), 0);
	ck_assert_int_eq(symlink("ours", "wpan-kmp"), 0);
	ck_assert_int_eq(claim("unit-test1"), -EPERM);
}
END_TEST

START_TEST(without_a_bpf_file_system_it_says_so)
{
	unit_enter_dir();
	ck_assert_int_eq(iface_claim("absent", "unit-test0", why), -ENODEV);
	ck_assert_str_eq(why, "no bpf file system is mounted at absent");
}
END_TEST

UNIT_MAIN("iface", an_interface_has_one_owner, a_claim_ends_with_its_process,
	  nobody_else_can_come_first, without_a_bpf_file_system_it_says_so)
