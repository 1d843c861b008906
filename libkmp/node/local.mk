# SPDX-License-Identifier: ISC
libkmp_libkmp_a_SOURCES += \
	%D%/node.c %D%/node.h %D%/node_priv.h \
	%D%/node_alone.c \
	%D%/node_conf.c %D%/node_conf.h \
	%D%/node_cred.c %D%/node_cred.h %D%/node_ct.c \
	%D%/node_counter.c \
	%D%/node_ctl.c \
	%D%/node_daemon.c %D%/node_daemon.h \
	%D%/node_dtls.c \
	%D%/node_iface.c \
	%D%/node_link.c \
	%D%/node_res.c \
	%D%/node_rx.c \
	%D%/node_store.c %D%/node_store.h
