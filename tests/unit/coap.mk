# SPDX-License-Identifier: ISC
check_PROGRAMS += %D%/check_coap_msg
%C%_check_coap_msg_SOURCES = %D%/check_coap_msg.c
check_PROGRAMS += %D%/check_coap_res
%C%_check_coap_res_SOURCES = %D%/check_coap_res.c
check_PROGRAMS += %D%/check_coap_sess
%C%_check_coap_sess_SOURCES = %D%/check_coap_sess.c
