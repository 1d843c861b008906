# shellcheck shell=bash disable=SC2154 # pan, channel: set in lib.sh
# SPDX-License-Identifier: ISC
# link.sh: functions for the scenarios of the link room, which drive linktool instead of a daemon.
#
#   link_up I...               brings nodes up with the bootstrap layer, addresses and routes
#   tool I COMMAND...          linktool on wpanI
#   count I NAME               prints how often node I counted that
#   counts_up I NAME COMMAND...   succeeds if node I counts NAME more often within 5 s after COMMAND
#   datagram FROM TO PORT OCTETS [MARK]   sends one; prints what TO got within $patience ms (5000), such as
#                              "20 secured" (twice: two lines). TO `all`: ff02::1, "2: .." and "3: .."

LINKTOOL=$LAB_BUILD/tests/lab/linktool
patience=5000

tool() {
	local i=$1
	shift
	"$LINKTOOL" "wpan$i" "$@"
}

link_up() {
	local i
	for i; do
		tool "$i" up "lowpan$i" "$pan" 0 "$channel" 0xffff "v$i"
		tool "$i" set icmp-type 200
		tool "$i" set dtls-port 5684
		tool "$i" set coap-rate 5
	done
	routes_set "$@"
}

count() { tool "$1" counts "$2"; }

counts_up() {
	local i=$1 name=$2 before
	shift 2
	before=$(count "$i" "$name")
	"$@"
	lab_poll 5 count_above "$i" "$name" "$before"
}

count_above() { [ "$(count "$1" "$2")" -gt "$3" ]; }

datagram() {
	local from=$1 to=$2 port=$3 address=ff02::1 i file receivers=() pids=()
	shift 3
	if [ "$to" = all ]; then
		for i in 1 2 3; do [ "$i" = "$from" ] || receivers+=("$i"); done
	else
		receivers=("$to")
		address=$(linklocal "$to")
	fi
	for i in "${receivers[@]}"; do
		file=$LAB_RUN_DIR/datagram.$i
		rm -f "$file" # else the last one's "ready" is read
		"$LINKTOOL" "lowpan$i" receive "$port" "$patience" >"$file" &
		pids+=($!)
		lab_poll 5 grep -q ready "$file"
	done
	"$LINKTOOL" "lowpan$from" send "$address" "$port" "$@"
	wait "${pids[@]}"
	for i in "${receivers[@]}"; do
		[ "$to" != all ] || echo "$i:"
		tail -n +2 "$LAB_RUN_DIR/datagram.$i"
	done
}
