# SPDX-License-Identifier: ISC
noinst_LIBRARIES += %D%/libkmpctl.a
%C%_libkmpctl_a_SOURCES = \
	%D%/command.c %D%/command.h \
	%D%/device.c %D%/device.h \
	%D%/follow.c %D%/follow.h \
	%D%/kmpctl.c %D%/kmpctl.h \
	%D%/show.c %D%/show.h \
	%D%/show_ctd.c \
	%D%/show_explain.c \
	%D%/show_node.c \
	%D%/table.c %D%/table.h \
	%D%/watch.c %D%/watch.h

bin_PROGRAMS += %D%/kmpctl
%C%_kmpctl_SOURCES = %D%/main.c
%C%_kmpctl_LDADD = %D%/libkmpctl.a $(KMP_LIBS)
