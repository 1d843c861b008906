# SPDX-License-Identifier: ISC
noinst_LIBRARIES += %D%/libjnd.a
%C%_libjnd_a_SOURCES = \
	%D%/jnd.c %D%/jnd.h \
	%D%/jnd_conf.c %D%/jnd_conf.h \
	%D%/jsr_send.c %D%/jsr_send.h
sbin_PROGRAMS += jnd/jnd
%C%_jnd_SOURCES = %D%/main.c
%C%_jnd_LDADD = %D%/libjnd.a $(KMP_LIBS)
