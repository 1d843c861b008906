# SPDX-License-Identifier: ISC
noinst_PROGRAMS += %D%/fuzz_dtls
%C%_fuzz_dtls_SOURCES = %D%/fuzz_dtls.c
%C%_fuzz_dtls_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_dtls_LDADD = $(KMP_LIBS)
