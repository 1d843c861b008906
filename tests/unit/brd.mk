# SPDX-License-Identifier: ISC
check_PROGRAMS += %D%/check_jsr_fwd
%C%_check_jsr_fwd_SOURCES = %D%/check_jsr_fwd.c
%C%_check_jsr_fwd_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/brd
%C%_check_jsr_fwd_LDADD = brd/libbrd.a $(LDADD)
