# SPDX-License-Identifier: ISC
noinst_PROGRAMS += %D%/fuzz_dtls
%C%_fuzz_dtls_SOURCES = %D%/fuzz_dtls.c
%C%_fuzz_dtls_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_dtls_LDADD = $(KMP_LIBS)
noinst_PROGRAMS += %D%/fuzz_dtls_cert
%C%_fuzz_dtls_cert_SOURCES = %D%/fuzz_dtls_cert.c
%C%_fuzz_dtls_cert_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_dtls_cert_LDADD = $(KMP_LIBS)
