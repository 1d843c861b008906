# SPDX-License-Identifier: ISC
libkmp_libkmp_a_SOURCES += \
	%D%/backoff.c %D%/backoff.h \
	%D%/bootstrap.c %D%/bootstrap.h %D%/bootstrap_impl.h %D%/bootstrap_link.c \
	%D%/bslayer.c %D%/bslayer.h %D%/bslayer_impl.h \
	%D%/bslayer_event.c \
	%D%/bslayer_log.c \
	%D%/bslayer_map.c \
	%D%/bsreq_msg.c %D%/bsreq_msg.h \
	%D%/bsreq_sock.c %D%/bsreq_sock.h \
	%D%/iface.c %D%/iface.h \
	%D%/llsec.c %D%/llsec.h %D%/llsec_key_id.c \
	%D%/neightab.c %D%/neightab.h \
	%D%/nl802154.c %D%/nl802154.h %D%/nl802154_proto.h \
	%D%/nlmac_proto.h \
	%D%/nlxfer.c %D%/nlxfer.h \
	%D%/pindir.c %D%/pindir.h \
	%D%/policy.c %D%/policy.h %D%/policy_sync.c %D%/policy_sync.h \
	%D%/policy_counter.c %D%/policy_counter.h \
	%D%/policy_dev.c %D%/policy_dev.h \
	%D%/policy_pass.c %D%/policy_pass.h \
	%D%/policy_short.c %D%/policy_short.h \
	%D%/rtlookup.c %D%/rtlookup.h \
	%D%/rtwatch.c %D%/rtwatch.h \
	%D%/txqueue.c %D%/txqueue.h \
	%D%/bpf/bslayer_maps.h

# The BPF object and its skeleton. The generated header does not survive -Wconversion: it lies alone in
# a directory of system headers.
BSLAYER_BPF_FILES = \
	%D%/bpf/bslayer.bpf.c \
	%D%/bpf/bslayer_coap.bpf.h \
	%D%/bpf/bslayer_egress.bpf.h \
	%D%/bpf/bslayer_ingress.bpf.h \
	%D%/bpf/bslayer_ip.bpf.h \
	%D%/bpf/bslayer_ip_in.bpf.h \
	%D%/bpf/bslayer_mac.bpf.h \
	%D%/bpf/bslayer_nd.bpf.h \
	%D%/bpf/bslayer_state.bpf.h \
	%D%/bpf/bslayer_maps.h
EXTRA_DIST += $(BSLAYER_BPF_FILES)
BUILT_SOURCES += %D%/bpf/skel/bslayer.skel.h
CLEANFILES += %D%/bpf/skel/bslayer.skel.h %D%/bpf/bslayer.bpf.o
AM_CPPFLAGS += -isystem $(top_builddir)/libkmp/link/bpf/skel
%D%/bslayer.$(OBJEXT): %D%/bpf/skel/bslayer.skel.h

%D%/bpf/bslayer.bpf.o: $(BSLAYER_BPF_FILES)
	$(AM_V_at)$(MKDIR_P) %D%/bpf
	$(AM_V_GEN)$(BPF_CLANG) -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Werror $(BPF_CPPFLAGS) \
		-c $(srcdir)/%D%/bpf/bslayer.bpf.c -o $@.full && \
		$(BPFTOOL) gen object $@ $@.full && rm -f $@.full

%D%/bpf/skel/bslayer.skel.h: %D%/bpf/bslayer.bpf.o
	$(AM_V_at)$(MKDIR_P) %D%/bpf/skel
	$(AM_V_GEN)$(BPFTOOL) gen skeleton %D%/bpf/bslayer.bpf.o name bslayer_bpf >$@.new && mv $@.new $@
