# SPDX-License-Identifier: ISC
noinst_PROGRAMS += %D%/fuzz_coap_msg
%C%_fuzz_coap_msg_SOURCES = %D%/fuzz_coap_msg.c
%C%_fuzz_coap_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_coap_msg_LDADD = $(KMP_LIBS)
noinst_PROGRAMS += %D%/fuzz_coap_sess
%C%_fuzz_coap_sess_SOURCES = %D%/fuzz_coap_sess.c
%C%_fuzz_coap_sess_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_coap_sess_LDADD = $(KMP_LIBS)
