# SPDX-License-Identifier: ISC
# Commented examples, one a daemon; what is in /etc is the operator's.
exampledir = $(docdir)/examples
dist_example_DATA = \
	%D%/brd.conf \
	%D%/ctd.conf \
	%D%/jnd.conf \
	%D%/manifest.csv

install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/wpan-kmp"
