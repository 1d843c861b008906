# SPDX-License-Identifier: ISC
noinst_LIBRARIES += %D%/libkmpctl.a
%C%_libkmpctl_a_SOURCES = \
	%D%/kmpctl.c %D%/kmpctl.h \
	%D%/show.c %D%/show.h \
	%D%/table.c %D%/table.h

bin_PROGRAMS += %D%/kmpctl
%C%_kmpctl_SOURCES = %D%/main.c
%C%_kmpctl_LDADD = %D%/libkmpctl.a $(KMP_LIBS)
