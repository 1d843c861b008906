# SPDX-License-Identifier: ISC
check_PROGRAMS += %D%/check_node_alone %D%/check_node_conf %D%/check_node_counter %D%/check_node_link %D%/check_node_res %D%/check_node_rx \
	%D%/check_node_store
%C%_check_node_alone_SOURCES = %D%/check_node_alone.c
%C%_check_node_conf_SOURCES = %D%/check_node_conf.c
%C%_check_node_conf_CPPFLAGS = $(AM_CPPFLAGS) -DETC_DIR='"$(abs_top_srcdir)/etc"'
%C%_check_node_conf_LDADD = brd/libbrd.a jnd/libjnd.a $(LDADD)
%C%_check_node_counter_SOURCES = %D%/check_node_counter.c
%C%_check_node_link_SOURCES = %D%/check_node_link.c %D%/policy_kernel.c %D%/policy_kernel.h
%C%_check_node_res_SOURCES = %D%/check_node_res.c
%C%_check_node_rx_SOURCES = %D%/check_node_rx.c
%C%_check_node_store_SOURCES = %D%/check_node_store.c
check_PROGRAMS += %D%/check_node
%C%_check_node_SOURCES = %D%/check_node.c
check_PROGRAMS += %D%/check_node_iface
%C%_check_node_iface_SOURCES = %D%/check_node_iface.c
check_PROGRAMS += %D%/check_node_cred
%C%_check_node_cred_SOURCES = %D%/check_node_cred.c %D%/dtls_pki.c %D%/dtls_pki.h
%C%_check_node_cred_LDADD = jnd/libjnd.a $(LDADD)
check_PROGRAMS += %D%/check_node_ct
%C%_check_node_ct_SOURCES = %D%/check_node_ct.c %D%/dtls_pki.c %D%/dtls_pki.h
