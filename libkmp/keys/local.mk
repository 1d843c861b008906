# SPDX-License-Identifier: ISC
libkmp_libkmp_a_SOURCES += \
	%D%/bsres_msg.c %D%/bsres_msg.h \
	%D%/fcounter.c %D%/fcounter.h \
	%D%/keyset.c %D%/keyset.h \
	%D%/keyset_msg.c %D%/keyset_msg.h \
	%D%/keyset_store.c %D%/keyset_store.h \
	%D%/repr_reader.c %D%/repr_writer.c %D%/repr.h
