# SPDX-License-Identifier: ISC
check_PROGRAMS += %D%/check_dtls
%C%_check_dtls_SOURCES = %D%/check_dtls.c %D%/dtls_ends.c %D%/dtls_ends.h %D%/dtls_world.c %D%/dtls_world.h
check_PROGRAMS += %D%/check_dtls_cookie
%C%_check_dtls_cookie_SOURCES = %D%/check_dtls_cookie.c
check_PROGRAMS += %D%/check_dtls_hostile
%C%_check_dtls_hostile_SOURCES = %D%/check_dtls_hostile.c %D%/dtls_world.c %D%/dtls_world.h
check_PROGRAMS += %D%/check_dtls_msg
%C%_check_dtls_msg_SOURCES = %D%/check_dtls_msg.c
check_PROGRAMS += %D%/check_dtls_cred
%C%_check_dtls_cred_SOURCES = %D%/check_dtls_cred.c %D%/dtls_pair.c %D%/dtls_pair.h %D%/dtls_pki.c %D%/dtls_pki.h \
	%D%/dtls_world.c %D%/dtls_world.h
check_PROGRAMS += %D%/check_dtls_cert
%C%_check_dtls_cert_SOURCES = %D%/check_dtls_cert.c %D%/dtls_pair.c %D%/dtls_pair.h %D%/dtls_pki.c %D%/dtls_pki.h \
	%D%/dtls_world.c %D%/dtls_world.h
check_PROGRAMS += %D%/check_dtls_half
%C%_check_dtls_half_SOURCES = %D%/check_dtls_half.c %D%/dtls_world.c %D%/dtls_world.h
check_PROGRAMS += %D%/check_dtls_net
%C%_check_dtls_net_SOURCES = %D%/check_dtls_net.c %D%/dtls_ends.c %D%/dtls_ends.h %D%/dtls_world.c %D%/dtls_world.h
