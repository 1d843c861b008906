# SPDX-License-Identifier: ISC
# A unit costs a line in each list.
EXTRA_DIST += \
	%D%/brd.service.in \
	%D%/ctd.service.in \
	%D%/jnd.service.in
UNITS = \
	%D%/brd.service \
	%D%/ctd.service \
	%D%/jnd.service
if WITH_SYSTEMD
systemdsystemunit_DATA = $(UNITS)
endif
CLEANFILES += $(UNITS)

$(UNITS): %D%/%.service: $(srcdir)/%D%/%.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	sed -e 's|@sbindir[@]|$(sbindir)|g' -e 's|/etc/wpan-kmp|$(sysconfdir)/wpan-kmp|g' $< >$@.new && mv $@.new $@
