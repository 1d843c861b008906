# SPDX-License-Identifier: ISC
# What scripts/bench measures with; built by it, not by "make" or "make check".
EXTRA_PROGRAMS += %D%/devices
%C%_devices_SOURCES = %D%/devices.c %D%/crowd.h
%C%_devices_LDADD = $(KMP_LIBS)
EXTRA_PROGRAMS += %D%/dtls_client
%C%_dtls_client_SOURCES = %D%/dtls_client.c %D%/crowd.h
%C%_dtls_client_LDADD = $(KMP_LIBS)
if HAVE_COAP_TLS
EXTRA_PROGRAMS += %D%/coap_client
%C%_coap_client_SOURCES = %D%/coap_client.c %D%/crowd.h
%C%_coap_client_CFLAGS = $(AM_CFLAGS) $(COAP_TLS_CFLAGS)
%C%_coap_client_LDADD = libkmp/libkmp.a $(COAP_TLS_LIBS) $(OPENSSL_LIBS) $(CBOR_LIBS) $(CJSON_LIBS)
endif
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += scripts/bench %D%/lib.sh %D%/one-hop \
	%D%/air %D%/join-time %D%/joins %D%/memory
