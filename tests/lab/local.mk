# SPDX-License-Identifier: ISC
# What scenarios need beside the daemons: the injector of frames, linktool and the program that loses them.
noinst_PROGRAMS += %D%/inject
%C%_inject_SOURCES = %D%/inject.c
%C%_inject_LDADD = $(OPENSSL_LIBS)

noinst_PROGRAMS += %D%/linktool
%C%_linktool_SOURCES = %D%/linktool.c
%C%_linktool_LDADD = $(KMP_LIBS)

noinst_DATA += %D%/loss.bpf.o
CLEANFILES += %D%/loss.bpf.o
%D%/loss.bpf.o: %D%/loss.bpf.c
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(BPF_CLANG) -target bpf -O2 -g -Wall -Werror $(BPF_CPPFLAGS) -c $(srcdir)/%D%/loss.bpf.c -o $@

# The scenario bslayer-unit runs it.
if HAVE_CHECK
noinst_DATA += tests/unit/check_bslayer$(EXEEXT)
endif

EXTRA_DIST += scripts/build scripts/check scripts/demo scripts/lab scripts/setup \
	%D%/checks.sh %D%/host.sh %D%/lib.sh %D%/loss.bpf.c \
	%D%/guest/air.sh %D%/guest/daemons.sh %D%/guest/init %D%/guest/nodes.sh %D%/guest/pid1 \
	%D%/guest/routes.sh %D%/guest/scenario %D%/guest/shellrc %D%/guest/wait.sh \
	%D%/vm/kernel.sh %D%/vm/machine.sh %D%/vm/verify \
	%D%/mesh.sh %D%/link.sh \
	%D%/three-nodes %D%/demo %D%/link-frames %D%/link-policy %D%/bslayer-unit %D%/short-address %D%/factory-new %D%/link-short \
	%D%/join-behind-unsecured %D%/wrong-psk %D%/unknown-device %D%/refused-frames \
	%D%/panic-frame %D%/brd-kill9 %D%/reboot %D%/loss %D%/rekey %D%/close-open %D%/starts-over %D%/evict %D%/counter-restore %D%/counter-switch %D%/forged-counter %D%/store-full %D%/coap-client
