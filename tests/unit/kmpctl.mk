# SPDX-License-Identifier: ISC
check_PROGRAMS += %D%/check_table
%C%_check_table_SOURCES = %D%/check_table.c
%C%_check_table_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/kmpctl
%C%_check_table_LDADD = kmpctl/libkmpctl.a $(LDADD)
check_PROGRAMS += %D%/check_show
%C%_check_show_SOURCES = %D%/check_show.c
%C%_check_show_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/kmpctl
%C%_check_show_LDADD = kmpctl/libkmpctl.a $(LDADD)
check_PROGRAMS += %D%/check_kmpctl
%C%_check_kmpctl_SOURCES = %D%/check_kmpctl.c
%C%_check_kmpctl_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/kmpctl
%C%_check_kmpctl_LDADD = kmpctl/libkmpctl.a $(LDADD)
check_PROGRAMS += %D%/check_show_explain
%C%_check_show_explain_SOURCES = %D%/check_show_explain.c
%C%_check_show_explain_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/kmpctl
%C%_check_show_explain_LDADD = kmpctl/libkmpctl.a $(LDADD)
check_PROGRAMS += %D%/check_watch
%C%_check_watch_SOURCES = %D%/check_watch.c
%C%_check_watch_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/kmpctl
%C%_check_watch_LDADD = kmpctl/libkmpctl.a $(LDADD)
check_PROGRAMS += %D%/check_completion
%C%_check_completion_SOURCES = %D%/check_completion.c
%C%_check_completion_CPPFLAGS = $(AM_CPPFLAGS) -DKMP_SRCDIR='"$(abs_top_srcdir)"' \
	-DKMP_BUILDDIR='"$(abs_top_builddir)"'
check_PROGRAMS += %D%/check_docs
%C%_check_docs_SOURCES = %D%/check_docs.c
%C%_check_docs_CPPFLAGS = $(AM_CPPFLAGS) -DKMP_SRCDIR='"$(abs_top_srcdir)"'
%C%_check_docs_LDADD = ctd/libctd.a brd/libbrd.a jnd/libjnd.a kmpctl/libkmpctl.a $(LDADD)
