# SPDX-License-Identifier: ISC
libkmp_libkmp_a_SOURCES += \
	%D%/coap_msg.c %D%/coap_msg.h \
	%D%/coap_res.c %D%/coap_res.h \
	%D%/coap_sess.c %D%/coap_sess.h
