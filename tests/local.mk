# SPDX-License-Identifier: ISC
# A unit test costs two lines in its room's fragment; it links LDADD of the top Makefile.am:
#	check_PROGRAMS += %D%/check_x
#	%C%_check_x_SOURCES = %D%/check_x.c
EXTRA_DIST += %D%/unit/unit.h
if HAVE_CHECK
include tests/unit/base.mk
include tests/unit/link.mk
include tests/unit/dtls.mk
include tests/unit/coap.mk
include tests/unit/keys.mk
include tests/unit/node.mk
include tests/unit/ctd.mk
include tests/unit/brd.mk
include tests/unit/jnd.mk
include tests/unit/kmpctl.mk
endif
# A fuzz target costs three lines, and a seed corpus in tests/fuzz/corpus/x/:
#	noinst_PROGRAMS += %D%/fuzz_x
#	%C%_fuzz_x_SOURCES = %D%/fuzz_x.c
#	%C%_fuzz_x_LDFLAGS = $(FUZZFLAGS)
EXTRA_DIST += %D%/fuzz/corpus
if ENABLE_FUZZERS
FUZZFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
include tests/fuzz/base.mk
include tests/fuzz/link.mk
include tests/fuzz/dtls.mk
include tests/fuzz/keys.mk
include tests/fuzz/coap.mk
include tests/fuzz/ctd.mk
endif
include tests/lab/local.mk
include tests/bench/local.mk
