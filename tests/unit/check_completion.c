/* SPDX-License-Identifier: ISC */
/* The completion of bash, as bash runs it: the words so far in COMP_WORDS, the reply in COMPREPLY.
 * The kmpctl that it asks is ours for its help, and a stand-in where a daemon would answer. */
#include "unit.h"

#include <string.h>

static char told[4096];

static void set_up(void)
{
	FILE *f;

	unit_enter_dir();
	f = fopen("kmpctl", "we");
	ck_assert_ptr_nonnull(f);
	fputs("#!/bin/sh\n"
	      "case \"$*\" in\n"
	      "'ctd lookup') echo 'EUI-64 NAME'; echo '0200000000000002 lamp 2'\n"
	      "	echo '0200000000000003 lamp 3' ;;\n"
	      "'-s x.sock ctd lookup') echo EUI-64; echo 0300000000000004 ;;\n"
	      "*) exec " KMP_BUILDDIR "/kmpctl/kmpctl \"$@\" ;;\n"
	      "esac\n",
	      f);
	fclose(f);
	ck_assert_int_eq(chmod("kmpctl", 0755), 0);
}

/* The reply to a line, its words separated by blanks; the last one is completed. */
static const char *completed(const char *words, int n)
{
	char command[1024];
	size_t len;
	FILE *f;

	snprintf(command, sizeof(command),
		 "PATH=$PWD:$PATH bash -c 'set -u; . " KMP_SRCDIR "/completions/kmpctl; "
		 "complete -p kmpctl >/dev/null || exit; COMP_WORDS=(%s); COMP_CWORD=%d; _kmpctl; "
		 "echo ${COMPREPLY[*]}' 2>&1",
		 words, n - 1);
	f = popen(command, "re");
	ck_assert_ptr_nonnull(f);
	len = fread(told, 1, sizeof(told) - 1, f);
	told[len] = '\0';
	ck_assert_int_eq(pclose(f), 0);
	return told;
}

START_TEST(daemons_and_commands)
{
	set_up();
	ck_assert_str_eq(completed("kmpctl \"\"", 2), "ctd brd jnd\n");
	ck_assert_str_eq(completed("kmpctl j", 2), "jnd\n");
	ck_assert_str_eq(completed("kmpctl brd \"\"", 3), "status watch links reset\n");
	ck_assert_str_eq(completed("kmpctl --json ctd e", 4), "explain evict\n");
	ck_assert_str_eq(completed("kmpctl radiusd \"\"", 3), "\n");
}
END_TEST

START_TEST(devices_from_the_daemon)
{
	set_up();
	ck_assert_str_eq(completed("kmpctl ctd admit \"\"", 4),
			 "0200000000000002 0200000000000003\n");
	ck_assert_str_eq(completed("kmpctl ctd explain 0200000000000003", 4), "0200000000000003\n");
	ck_assert_str_eq(completed("kmpctl ctd open --near 02", 5),
			 "0200000000000002 0200000000000003\n");
	ck_assert_str_eq(completed("kmpctl -s x.sock ctd evict \"\"", 6), "0300000000000004\n");
	ck_assert_str_eq(completed("kmpctl ctd nodes \"\"", 4), "\n");
	ck_assert_str_eq(completed("kmpctl ctd close --wait \"\"", 5), "\n");
}
END_TEST

START_TEST(options)
{
	set_up();
	ck_assert_str_eq(completed("kmpctl ctd close --w", 4), "--wait\n");
	ck_assert_ptr_nonnull(strstr(completed("kmpctl -", 2), "--json --wait --near"));
	ck_assert_str_eq(completed("kmpctl -s kmp", 3), "kmpctl\n"); /* a file */
}
END_TEST

UNIT_MAIN("completion", daemons_and_commands, devices_from_the_daemon, options)
