# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# wait.sh: progress, bounded waits and pings, part of lib.sh.

say() { echo "       $*"; }

mark() { echo "$EPOCHREALTIME $1" >>"$LAB_OUT/marks"; }

lab_now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# lab_poll SECONDS COMMAND...: sets LAB_OUTPUT to what the last try printed
lab_poll() {
	local end=$(($(lab_now_ms) + $1 * 1000))
	shift
	until LAB_OUTPUT=$("$@" 2>&1); do
		[ "$(lab_now_ms)" -lt "$end" ] || return 1
		sleep 0.05
	done
}

wait_for() {
	local bound=$1 what=$2 start
	start=$(lab_now_ms)
	shift 2
	if lab_poll "$bound" "$@"; then
		lab_record ok "$what" "after $(($(lab_now_ms) - start)) ms"
	else
		lab_record FAIL "$what" "$(lab_where): not within $bound s; last: ${LAB_OUTPUT:-no output}"
		lab_abort
	fi
}

# lab_abort: the scenario cannot go on, and why is already recorded
lab_abort() {
	trap - ERR
	exit 1
}

reaches() {
	on "$1" ping -6 -q -c "${3:-3}" -i 0.2 -W 2 "$(addr "$2")" | grep -q ' 0% packet loss'
}

ping_begin() {
	local file=$LAB_RUN_DIR/ping.$1.$2 ENTER
	lab_enter "$1"
	"${ENTER[@]}" ping -6 -i "${3:-0.2}" -W 2 "$(addr "$2")" >"$file" 2>&1 &
	echo $! >"$file.pid"
}

ping_end() {
	local file=$LAB_RUN_DIR/ping.$1.$2 received
	sleep 0.5 # the last answers
	kill -INT "$(<"$file.pid")"
	lab_poll 5 grep -q 'packets transmitted' "$file"
	read -r PING_SENT received < <(sed -n \
		's/^\([0-9]*\) packets transmitted, \([0-9]*\) .*/\1 \2/p' "$file")
	# shellcheck disable=SC2034 # for the scenario
	PING_LOST=$((PING_SENT - received))
}
