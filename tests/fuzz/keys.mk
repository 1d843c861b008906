# SPDX-License-Identifier: ISC
noinst_PROGRAMS += %D%/fuzz_bsres_msg
%C%_fuzz_bsres_msg_SOURCES = %D%/fuzz_bsres_msg.c
%C%_fuzz_bsres_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_bsres_msg_LDADD = $(KMP_LIBS)
noinst_PROGRAMS += %D%/fuzz_keyset_msg
%C%_fuzz_keyset_msg_SOURCES = %D%/fuzz_keyset_msg.c
%C%_fuzz_keyset_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_keyset_msg_LDADD = $(KMP_LIBS)
