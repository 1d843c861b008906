# SPDX-License-Identifier: ISC
# What scenarios need beside the daemons: the injectors of frames and of JSRs, linktool and the program that loses them.
noinst_PROGRAMS += %D%/inject
%C%_inject_SOURCES = %D%/inject.c
%C%_inject_LDADD = $(OPENSSL_LIBS)

noinst_PROGRAMS += %D%/jsrs
%C%_jsrs_SOURCES = %D%/jsrs.c

noinst_PROGRAMS += %D%/linktool
%C%_linktool_SOURCES = %D%/linktool.c %D%/linktool.h %D%/linktool_udp.c
%C%_linktool_LDADD = $(KMP_LIBS)

noinst_DATA += %D%/loss.bpf.o
CLEANFILES += %D%/loss.bpf.o
%D%/loss.bpf.o: %D%/loss.bpf.c
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(BPF_CLANG) -target bpf -O2 -g -Wall -Werror $(BPF_CPPFLAGS) -c $(srcdir)/%D%/loss.bpf.c -o $@

# The scenario bslayer-unit runs them.
if HAVE_CHECK
noinst_DATA += tests/unit/check_bslayer$(EXEEXT) tests/unit/check_bslayer_egress$(EXEEXT) tests/unit/check_bslayer_ip$(EXEEXT) \
	tests/unit/check_bslayer_nd$(EXEEXT)
endif

EXTRA_DIST += \
	scripts/build \
	scripts/check \
	scripts/debian13 \
	scripts/demo \
	scripts/lab \
	scripts/setup \
	%D%/backbone-loss \
	%D%/between-unsecured \
	%D%/brd-kill9 \
	%D%/bslayer-unit \
	%D%/checks.sh \
	%D%/close-open \
	%D%/coap-client \
	%D%/counter-restore \
	%D%/counter-switch \
	%D%/credentials \
	%D%/ct-restart \
	%D%/ct-store-full \
	%D%/demo \
	%D%/evict \
	%D%/evict-outage \
	%D%/factory-new \
	%D%/forged-counter \
	%D%/forged-names \
	%D%/guest/air.sh \
	%D%/guest/daemons.sh \
	%D%/guest/init \
	%D%/guest/nodes.sh \
	%D%/guest/pid1 \
	%D%/guest/routes.sh \
	%D%/guest/scenario \
	%D%/guest/shellrc \
	%D%/guest/wait.sh \
	%D%/host.sh \
	%D%/impostor-ct \
	%D%/join-behind-unsecured \
	%D%/jsr-flood \
	%D%/left-behind \
	%D%/lib.sh \
	%D%/link-frames \
	%D%/link-policy \
	%D%/link-short %D%/strangers \
	%D%/link.sh \
	%D%/loss-10 \
	%D%/loss-30 \
	%D%/loss.bpf.c \
	%D%/loss.sh \
	%D%/manifest \
	%D%/mesh.sh \
	%D%/order \
	%D%/panic-frame \
	%D%/pki.sh \
	%D%/power-cut \
	%D%/reboot \
	%D%/refused-frames \
	%D%/rekey \
	%D%/short-address \
	%D%/spoofed-sources \
	%D%/starts-over \
	%D%/store-full \
	%D%/stranger-dtls \
	%D%/three-nodes \
	%D%/unknown-device \
	%D%/vm/kernel.sh \
	%D%/vm/machine.sh \
	%D%/vm/verify \
	%D%/wrong-psk
