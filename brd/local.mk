# SPDX-License-Identifier: ISC
noinst_LIBRARIES += %D%/libbrd.a
%C%_libbrd_a_SOURCES = \
	%D%/brd.c %D%/brd.h \
	%D%/brd_conf.c %D%/brd_conf.h \
	%D%/jsr_fwd.c %D%/jsr_fwd.h
sbin_PROGRAMS += brd/brd
%C%_brd_SOURCES = %D%/main.c
%C%_brd_LDADD = %D%/libbrd.a $(KMP_LIBS)
