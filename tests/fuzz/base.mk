# SPDX-License-Identifier: ISC
noinst_PROGRAMS += %D%/fuzz_conf
%C%_fuzz_conf_SOURCES = %D%/fuzz_conf.c
%C%_fuzz_conf_LDFLAGS = $(FUZZFLAGS)
noinst_PROGRAMS += %D%/fuzz_ctl
%C%_fuzz_ctl_SOURCES = %D%/fuzz_ctl.c
%C%_fuzz_ctl_LDFLAGS = $(FUZZFLAGS)
