# SPDX-License-Identifier: ISC
dist_man_MANS += \
	%D%/brd.8 \
	%D%/brd.conf.5 \
	%D%/ctd-manifest.5 \
	%D%/ctd.8 \
	%D%/ctd.conf.5 \
	%D%/jnd.8 \
	%D%/jnd.conf.5 \
	%D%/kmpctl.8
