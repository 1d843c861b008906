# SPDX-License-Identifier: ISC
libkmp_libkmp_a_SOURCES += \
	%D%/buf.c %D%/buf.h \
	%D%/clock.c %D%/clock.h \
	%D%/conf.c %D%/conf.h %D%/conf_cmdline.c %D%/conf_value.c %D%/conf_value.h \
	%D%/credfile.c %D%/credfile.h \
	%D%/ctl.c %D%/ctl.h %D%/ctl_call.c \
	%D%/daemon.c %D%/daemon.h \
	%D%/eui64.c %D%/eui64.h \
	%D%/evl.c %D%/evl.h \
	%D%/fsm.c %D%/fsm.h \
	%D%/log.c %D%/log.h \
	%D%/secret.c %D%/secret.h \
	%D%/store.c %D%/store.h %D%/store_open.c %D%/store_priv.h \
	%D%/store_stmt.c %D%/store_stmt.h \
	%D%/utf8.c %D%/utf8.h
