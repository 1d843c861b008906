# SPDX-License-Identifier: ISC
check_PROGRAMS += %D%/check_backoff %D%/check_bootstrap %D%/check_bslayer %D%/check_bslayer_egress %D%/check_bslayer_ip %D%/check_bslayer_nd %D%/check_bsreq_msg %D%/check_bsreq_sock \
	%D%/check_iface %D%/check_llsec %D%/check_neightab %D%/check_nlxfer %D%/check_policy %D%/check_policy_counter %D%/check_rtlookup %D%/check_rtwatch
%C%_check_backoff_SOURCES = %D%/check_backoff.c
%C%_check_bootstrap_SOURCES = %D%/check_bootstrap.c
%C%_check_bslayer_SOURCES = %D%/check_bslayer.c %D%/bslayer_world.c %D%/bslayer_world.h
%C%_check_bslayer_egress_SOURCES = %D%/check_bslayer_egress.c %D%/bslayer_world.c %D%/bslayer_world.h
%C%_check_bslayer_ip_SOURCES = %D%/check_bslayer_ip.c %D%/bslayer_world.c %D%/bslayer_world.h
%C%_check_bslayer_nd_SOURCES = %D%/check_bslayer_nd.c %D%/bslayer_world.c %D%/bslayer_world.h
%C%_check_bsreq_msg_SOURCES = %D%/check_bsreq_msg.c
%C%_check_bsreq_sock_SOURCES = %D%/check_bsreq_sock.c
%C%_check_iface_SOURCES = %D%/check_iface.c
%C%_check_llsec_SOURCES = %D%/check_llsec.c
%C%_check_neightab_SOURCES = %D%/check_neightab.c
%C%_check_nlxfer_SOURCES = %D%/check_nlxfer.c
%C%_check_policy_SOURCES = %D%/check_policy.c %D%/policy_kernel.c %D%/policy_kernel.h %D%/policy_world.c %D%/policy_world.h
%C%_check_policy_counter_SOURCES = %D%/check_policy_counter.c %D%/policy_kernel.c %D%/policy_kernel.h %D%/policy_world.c \
	%D%/policy_world.h
%C%_check_rtlookup_SOURCES = %D%/check_rtlookup.c
%C%_check_rtwatch_SOURCES = %D%/check_rtwatch.c
