# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# checks.sh: what run() in the guest and verify() on the host have in common: lib.sh and host.sh
# document these functions. Results are lines in LAB_OUT/checks, which become result.json.

# lab_record ok|FAIL WHAT [DETAIL]
lab_record() {
	local detail=${3:-}
	detail=${detail//[$'\t\n\r']/ }
	printf '%s\t%s\t%s\n' "$1" "$2" "${detail:0:400}" >>"$LAB_OUT/checks"
	printf '  %-4s %s%s\n' "$1" "$2" "${detail:+ (${detail:0:200})}"
}

check() {
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then
		lab_record ok "$what"
	else
		lab_record FAIL "$what" "$* -> ${output:-no output}"
	fi
}

refuse() {
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then
		lab_record FAIL "$what" "$* succeeded: $output"
	else
		lab_record ok "$what"
	fi
}

eui() { printf '02:00:00:00:00:00:00:%02x\n' "$1"; }
eui_hex() { printf '02000000000000%02x\n' "$1"; }
linklocal() { printf 'fe80::%x\n' "$1"; }
