# SPDX-License-Identifier: ISC
noinst_PROGRAMS += %D%/fuzz_bsreq_msg
%C%_fuzz_bsreq_msg_SOURCES = %D%/fuzz_bsreq_msg.c
%C%_fuzz_bsreq_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_bsreq_msg_LDADD = $(KMP_LIBS)
