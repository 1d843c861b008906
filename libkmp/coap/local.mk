# SPDX-License-Identifier: ISC
libkmp_libkmp_a_SOURCES += \
	%D%/coap_block.c %D%/coap_block.h \
	%D%/coap_msg.c %D%/coap_msg.h \
	%D%/coap_pending.c \
	%D%/coap_res.c %D%/coap_res.h \
	%D%/coap_seen.c %D%/coap_seen.h \
	%D%/coap_sess.c %D%/coap_sess.h %D%/coap_sess_priv.h \
	%D%/coap_xfer.c %D%/coap_xfer.h
