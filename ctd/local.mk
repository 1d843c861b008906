# SPDX-License-Identifier: ISC
noinst_LIBRARIES += %D%/libctd.a
%C%_libctd_a_SOURCES = \
	%D%/addrs.c %D%/addrs.h \
	%D%/candidates.c %D%/candidates.h \
	%D%/ctd.c %D%/ctd.h \
	%D%/ctd_conf.c %D%/ctd_conf.h \
	%D%/ctd_ctl.c %D%/ctd_ctl.h \
	%D%/ctd_store.c %D%/ctd_store.h \
	%D%/join.c %D%/join.h \
	%D%/join_driver.c %D%/join_driver.h \
	%D%/netkey.c %D%/netkey.h \
	%D%/nodes.c %D%/nodes.h \
	%D%/roster.c %D%/roster.h

sbin_PROGRAMS += %D%/ctd
%C%_ctd_SOURCES = %D%/main.c
%C%_ctd_LDADD = %D%/libctd.a $(KMP_LIBS)
