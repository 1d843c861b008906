# SPDX-License-Identifier: ISC
noinst_LIBRARIES += %D%/libctd.a
%C%_libctd_a_SOURCES = \
	%D%/addrs.c %D%/addrs.h \
	%D%/advice.c %D%/advice.h \
	%D%/candidates.c %D%/candidates.h \
	%D%/csv.c %D%/csv.h \
	%D%/ctd.c %D%/ctd.h \
	%D%/ctd_conf.c %D%/ctd_conf.h %D%/ctd_cred.c %D%/ctd_cred.h \
	%D%/ctd_ctl.c %D%/ctd_ctl.h %D%/ctd_ctl_add.c \
	%D%/ctd_ctl_mesh.c %D%/ctd_ctl_priv.h \
	%D%/ctd_store.c %D%/ctd_store.h \
	%D%/due.c %D%/due.h \
	%D%/explain.c %D%/explain.h \
	%D%/ifwatch.c %D%/ifwatch.h \
	%D%/join.c %D%/join.h \
	%D%/join_acts.c %D%/join_table.c %D%/join_priv.h \
	%D%/join_driver.c %D%/join_driver.h \
	%D%/lookup.c %D%/lookup.h \
	%D%/manifest.c %D%/manifest.h \
	%D%/mesh.c %D%/mesh.h \
	%D%/netkey.c %D%/netkey.h \
	%D%/nodes.c %D%/nodes.h \
	%D%/roster.c %D%/roster.h \
	%D%/roster_deadline.c %D%/roster_dues.c %D%/roster_mesh.c %D%/roster_priv.h \
	%D%/roster_reach.c %D%/roster_rekey.c \
	%D%/roster_store.c %D%/roster_turns.c \
	%D%/timeline.c %D%/timeline.h

sbin_PROGRAMS += %D%/ctd
%C%_ctd_SOURCES = %D%/main.c
%C%_ctd_LDADD = %D%/libctd.a $(KMP_LIBS)
