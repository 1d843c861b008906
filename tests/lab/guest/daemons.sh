# shellcheck shell=bash disable=SC2154 # pan, channel, vrf_exec: set in lib.sh
# SPDX-License-Identifier: ISC
# daemons.sh: daemons: start, stop and what became of them, part of lib.sh.

lab_program() { # lab_program NAME: its path
	case $1 in
	*/*) echo "$1" ;;
	*) echo "$LAB_BUILD/$1/$1" ;;
	esac
}

daemon() {
	local dir=$LAB_RUN_DIR/daemon/$1 program conf
	program=$(lab_program "$2")
	if [ ! -x "$program" ]; then
		lab_record FAIL "$program is built" "make it first"
		lab_abort
	fi
	mkdir -p "$dir" "/state/$1"
	echo "$program" >"$dir/program"
	echo "$3" >"$dir/place"
	conf=$(</dev/stdin)
	echo "$conf" >"/state/$1/$1.conf"
	echo "$conf" >"$LAB_OUT/$1.conf"
}

secret_file() { (umask 077 && cat >"$1"); }

# lab_launch NAME: in the background, until the daemon ends; then its exit status is in `status`
lab_launch() {
	local dir=$LAB_RUN_DIR/daemon/$1 place ENTER
	place=$(<"$dir/place")
	lab_enter "$place"
	! lab_is_node "$place" || [ "$vrf_exec" = yes ] || ENTER=()
	trap : TERM # only the daemon is told to end
	exec 2>/dev/null # no job messages
	# shellcheck disable=SC2016 # expands in the inner shell, which becomes the daemon
	setsid -w "${ENTER[@]}" bash -c 'echo $$ >"$0"; exec "$@"' "$dir/pid" \
		"$(<"$dir/program")" -f "/state/$1/$1.conf" -d </dev/null >>"$LAB_OUT/$1.log" 2>&1
	echo $? >"$dir/status"
}

# All at once, as on a mesh that gets power: starting a process is what takes the time.
daemon_start() {
	local name place nodes=()
	for name; do
		daemon_runs "$name" || lab_begin_daemon "$name"
	done
	for name; do
		lab_poll 60 test -s "$LAB_RUN_DIR/daemon/$name/pid"
		place=$(<"$LAB_RUN_DIR/daemon/$name/place")
		lab_is_node "$place" || continue
		lab_daemon_up "$name" "$place"
		nodes+=("$place")
	done
	[ ${#nodes[@]} -eq 0 ] || routes_set "${nodes[@]}"
}

lab_begin_daemon() { # lab_begin_daemon NAME
	local dir=$LAB_RUN_DIR/daemon/$1 starts=0 now
	[ ! -e "$dir/starts" ] || starts=$(<"$dir/starts")
	echo $((++starts)) >"$dir/starts"
	printf -v now '%(%T)T' -1
	echo "=== lab: start $starts, boot $LAB_BOOT, $now" >>"$LAB_OUT/$1.log"
	rm -f "$dir/status" "$dir/pid" "$dir/ended"
	(set +eE; trap - ERR EXIT; lab_launch "$1") &
}

# lab_daemon_up NAME I: waits until the daemon has brought its interface up
lab_daemon_up() {
	lab_poll 90 eval "lab_lowpan_up $2 || [ -e $LAB_RUN_DIR/daemon/$1/status ]" || true
	if ! lab_lowpan_up "$2"; then
		lab_record FAIL "$1 brings lowpan$2 up in v$2" "see $1.log"
		lab_abort
	fi
}

daemon_runs() { [ -e "$LAB_RUN_DIR/daemon/$1/starts" ] && [ ! -e "$LAB_RUN_DIR/daemon/$1/status" ]; }

lab_signal() { kill "-$1" "$(<"$LAB_RUN_DIR/daemon/$2/pid")"; }

# lab_ended NAME WANTED: the daemon's end, which the lab asked for
lab_ended() {
	local dir=$LAB_RUN_DIR/daemon/$1 status
	if ! lab_poll 10 test -e "$dir/status"; then
		lab_record FAIL "$1 ends on SIGTERM" "still there after 10 s"
		lab_signal KILL "$1"
		lab_poll 5 test -e "$dir/status" || true
	fi
	status=$(cat "$dir/status")
	[ "$status" = "$2" ] || lab_record FAIL "$1 ends cleanly" "exit status $status"
	echo asked >"$dir/ended"
}

daemon_ended() { lab_ended "$1" "$2"; }

daemon_stop() {
	local name running=()
	for name; do
		! daemon_runs "$name" || running+=("$name")
	done
	for name in ${running[@]+"${running[@]}"}; do lab_signal TERM "$name"; done
	for name in ${running[@]+"${running[@]}"}; do lab_ended "$name" 0; done
}

daemon_kill() {
	local name
	for name; do
		lab_signal KILL "$name"
		lab_ended "$name" 137
	done
}

daemon_restart() {
	daemon_stop "$@"
	daemon_start "$@"
}

daemon_reload() {
	local name
	for name; do lab_signal HUP "$name"; done
}

log_has() { grep -qE -e "$2" "$LAB_OUT/$1.log"; }

# lab_daemons_end: at the end of a scenario: all must still run, and end cleanly
lab_daemons_end() {
	local dir name names=()
	for dir in "$LAB_RUN_DIR"/daemon/*; do
		[ -e "$dir/starts" ] || continue
		name=${dir##*/}
		if [ -e "$dir/status" ] && [ ! -e "$dir/ended" ]; then
			lab_record FAIL "$name runs until the end" "exit status $(<"$dir/status")"
		fi
		names+=("$name")
	done
	[ ${#names[@]} -gt 0 ] || return 0
	daemon_stop "${names[@]}"
	for name in "${names[@]}"; do
		if grep -qE 'Sanitizer:|runtime error:' "$LAB_OUT/$name.log"; then
			lab_record FAIL "$name has no sanitizer report" "see $name.log"
		fi
	done
}
