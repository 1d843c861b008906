/* SPDX-License-Identifier: ISC */
/* unit: the main function that all unit test programs share. A program is one module's tests:
 *
 *	START_TEST(reads_integers) { ... }
 *	END_TEST
 *	UNIT_MAIN("buf", reads_integers, ...)
 *
 * Each test runs in a process of its own; a test that is not listed does not compile. */
#ifndef KMP_TESTS_UNIT_H
#define KMP_TESTS_UNIT_H

#include <check.h>
#include <ftw.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT_TIMEOUT_S                                                                             \
	60 /* a bound on what hangs, wide enough for sanitizers on a busy machine                  \
	    */

static inline int unit_run(const char *name, const TTest *const *tests, size_t n_tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	tcase_set_timeout(tcase, UNIT_TIMEOUT_S);
	for (size_t i = 0; i < n_tests; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
	srunner_free(runner);
	return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static char unit_dir[] = "/tmp/kmp-unit.XXXXXX";

static inline int unit_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void unit_leave_dir(void)
{
	if (chdir("/") == 0)
		nftw(unit_dir, unit_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Make an empty directory the test's working directory, and remove it with all in it at its end;
 * what a failed test leaves stays for a look. */
static inline void unit_enter_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(unit_dir));
	ck_assert_int_eq(atexit(unit_leave_dir), 0);
	ck_assert_int_eq(chdir(unit_dir), 0);
}

#define UNIT_MAIN(name, ...)                                                                       \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *const tests[] = {__VA_ARGS__};                                        \
		return unit_run(name, tests, sizeof(tests) / sizeof(tests[0]));                    \
	}

#endif
