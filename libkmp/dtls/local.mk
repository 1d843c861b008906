# SPDX-License-Identifier: ISC
libkmp_libkmp_a_SOURCES += %D%/dtls.c %D%/dtls.h %D%/dtls_priv.h \
	%D%/dtls_auth.c %D%/dtls_auth.h %D%/dtls_bio.c %D%/dtls_cert.c %D%/dtls_cert.h \
	%D%/dtls_cookie.c %D%/dtls_cookie.h %D%/dtls_cred.h %D%/dtls_ctx.c %D%/dtls_half.c %D%/dtls_msg.c %D%/dtls_msg.h \
	%D%/dtls_psk.c %D%/dtls_reason.c %D%/dtls_rpk.c \
	%D%/dtls_sess.c %D%/dtls_sock.c %D%/dtls_sock.h %D%/dtls_table.c %D%/dtls_table.h %D%/dtls_verify.c
