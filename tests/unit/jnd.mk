# SPDX-License-Identifier: ISC
check_PROGRAMS += %D%/check_jsr_send
%C%_check_jsr_send_SOURCES = %D%/check_jsr_send.c
%C%_check_jsr_send_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/jnd
%C%_check_jsr_send_LDADD = jnd/libjnd.a $(LDADD)
