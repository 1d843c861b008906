# SPDX-License-Identifier: ISC
noinst_PROGRAMS += %D%/fuzz_manifest
%C%_fuzz_manifest_SOURCES = %D%/fuzz_manifest.c
%C%_fuzz_manifest_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/ctd
%C%_fuzz_manifest_LDFLAGS = $(FUZZFLAGS)
%C%_fuzz_manifest_LDADD = ctd/libctd.a $(LDADD)
