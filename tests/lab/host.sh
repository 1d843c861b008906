# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# host.sh: the functions for verify(), which looks at the capture of a scenario on the host, by
# tshark and not by our own code. This head is the manual.
#
# The air is LAB_OUT/air.pcap: every frame of every radio once, with FCS (link type 195). In all
# functions a node is its number, `all` as a destination is broadcast, and FROM and TO are names that
# run() gave to mark: only frames between them count (default: the whole scenario).
#
#   check, refuse              as in lib.sh
#   eui, eui_hex, linklocal    as in lib.sh
#   air_key HEX INDEX          tshark may decrypt with this key; call it first, for every key
#   air_short SHORT NODE       that node also sends from this short address (a number), and counts as itself
#   air_secured A B [FROM [TO]]   every data frame from A to B has the security bit, a level with MIC, and
#                              decrypts to 6LoWPAN; fails if there is none
#   air_clear A B [FROM [TO]]  every one is in clear; fails if there is none
#   air_silent A B [FROM [TO]] there is none
#   air_nonces_unique          no sender used a frame counter twice under one key (the same frame
#                              again, as an attacker replays it, and what `inject` sent do not count)
#   air_counters_rise A        the frame counter of node A never went back or stood still (the same
#                              exceptions)
#   air_all_secured ROGUE FROM   so is every data frame of the air from FROM on, but those of node ROGUE
#   air_sessions TO            prints for each node that the tool spoke DTLS with before TO, separated by tabs:
#                              EUI-64, and of that session hops, frames and octets (without FCS) on all hops
#   air_span FROM TO           prints the seconds between two marks
#   air_has FILTER             there is a frame that matches a display filter
#   air_count FILTER           prints how many there are
#   air_fields FILTER FIELD... prints fields of those that match, separated by tabs
#   link A B                   a display filter: from A to B
#   after NAME, before NAME    a display filter: from a mark on, up to it
#   air_table                  prints all data frames, one a line: number, time, source,
#                              destination, secured (1/0), level, key index, key source, frame counter, MIC, opens
#                              (1: in clear or decrypted), octets without FCS, protocols

# shellcheck source=tests/lab/checks.sh
. "$LAB_SRC/tests/lab/checks.sh"

AIR=$LAB_OUT/air.pcap
AIR_KEYS=()
AIR_SHORTS=() # SHORT=EUI-64

# air_collect: the captures of all boots become air.pcap. tcpdump gives Linux cooked frames, because
# libpcap does not know monitor interfaces: 16 octets too many in front.
air_collect() {
	local raw parts=()
	for raw in "$LAB_OUT"/air.*.raw; do
		[ -s "$raw" ] || continue
		# a power cut may leave half a record at the end: editcap says so and keeps the rest
		editcap -F pcap -L -C 16 -T wpan "$raw" "$raw.pcap" 2>/dev/null
		parts+=("$raw.pcap")
	done
	[ ${#parts[@]} -gt 0 ] || return 0
	mergecap -F pcap -w "$AIR" "${parts[@]}"
	rm -f "$LAB_OUT"/air.*.raw "${parts[@]}"
}

air_key() {
	AIR_KEYS+=(-o "uat:ieee802154_keys:\"$1\",\"$2\",\"No hash\"")
	rm -f "$LAB_OUT/.table"
}

air_short() {
	local short lab_pan=${pan:-0xabcd}
	printf -v short %04x "$1"
	AIR_KEYS+=(-o "uat:802154_addresses:\"$short\",\"${lab_pan#0x}\",$(eui_hex "$2")")
	AIR_SHORTS+=("$short=$(eui_hex "$2")")
	rm -f "$LAB_OUT/.table"
}

air_tshark() {
	tshark -n -r "$AIR" ${AIR_KEYS[@]+"${AIR_KEYS[@]}"} "$@" 2> >(grep -v '^Running as user' >&2)
}

air_fields() {
	local filter=$1 field fields=()
	shift
	for field; do fields+=(-e "$field"); done
	air_tshark -Y "$filter" -T fields -E occurrence=f "${fields[@]}"
}

air_count() { air_fields "$1" frame.number | wc -l; }

air_has() { [ "$(air_count "$1")" -gt 0 ]; }

link() {
	case $2 in
	all) echo "(wpan.src64 == $(eui "$1") and wpan.dst16 == 0xffff)" ;;
	*) echo "(wpan.src64 == $(eui "$1") and wpan.dst64 == $(eui "$2"))" ;;
	esac
}

# air_mark NAME: its time
air_mark() {
	awk -v name="$1" '$2 == name { print $1; found = 1 } END { exit !found }' "$LAB_OUT/marks" ||
		echo "no mark $1" >&2
}

after() { echo "(frame.time_epoch >= $(air_mark "$1"))"; }
before() { echo "(frame.time_epoch < $(air_mark "$1"))"; }

air_table() {
	[ -e "$LAB_OUT/.table" ] || air_fields 'wpan.frame_type == 1' frame.number frame.time_epoch \
		wpan.src64 wpan.src16 wpan.dst64 wpan.dst16 wpan.security wpan.aux_sec.sec_level \
		wpan.aux_sec.key_index wpan.aux_sec.key_source.bytes wpan.aux_sec.frame_counter wpan.mic \
		wpan.decrypt_error frame.len frame.protocols | awk -F '\t' -v OFS='\t' -v shorts="${AIR_SHORTS[*]-}" '
		BEGIN {
			n = split(shorts, list, "[ =]")
			for (i = 1; i < n; i += 2)
				holder[list[i]] = list[i + 1]
		}
		function address(eui, short) {
			gsub(":", "", eui)
			sub("0x", "", short)
			return eui != "" ? eui : (short in holder) ? holder[short] : short
		}
		{ # "0x05" is a level; what a hexadecimal string is as a number, awks do not agree about
			opens = $13 == "" && $15 ~ /6lowpan/
			print $1, $2, address($3, $4), address($5, $6), $7 ~ /1|True/ ? 1 : 0,
				substr($8, length($8)) + 0, $9, $10, $11, $12, opens, $14 - 2, $15
		}' >"$LAB_OUT/.table"
	cat "$LAB_OUT/.table"
}

# air_between A B [FROM [TO]]: the rows of the table
air_between() {
	local dst=ffff from=0 to=9999999999
	[ "$2" = all ] || dst=$(eui_hex "$2")
	[ $# -lt 3 ] || from=$(air_mark "$3")
	[ $# -lt 4 ] || to=$(air_mark "$4")
	air_table | awk -F '\t' -v src="$(eui_hex "$1")" -v dst="$dst" -v from="$from" -v to="$to" \
		'$3 == src && $4 == dst && $2 >= from && $2 < to'
}

# air_every CONDITION A B [FROM [TO]]: an awk condition holds for every frame, and there are some
air_every() {
	local condition=$1
	shift
	air_between "$@" | awk -F '\t' "
		!($condition) { print \"frame \" \$1 \": \" \$13 \" level \" \$6; bad++ }
		END { if (!NR) print \"no frame at all\"; exit bad || !NR }"
}

# shellcheck disable=SC2016 # $1.. are columns of awk
# Levels 0 and 4 have no MIC: they never count as secured.
air_secured() { air_every '$5 == 1 && $6 % 4 != 0 && $11 == 1' "$@"; }
# shellcheck disable=SC2016
air_clear() { air_every '$5 == 0' "$@"; }

# shellcheck disable=SC2016
air_all_secured() {
	air_table | awk -F '\t' -v rogue="$(eui_hex "$1")" -v from="$(air_mark "$2")" '
		$2 < from || $3 == rogue { next }
		!($5 == 1 && $6 % 4 != 0 && $11 == 1) { print "frame " $1 ": " $13; bad++ }
		{ count++ }
		END { if (!count) print "no frame at all"; exit bad || !count }'
}

# What carries a datagram is its own frame or the fragments that tshark puts it together from.
air_datagrams() {
	air_tshark -Y "udp.port == 5684 and $(before "$1")" -T fields -E occurrence=a -e frame.number \
		-e ipv6.src -e ipv6.dst -e wpan.src64 -e wpan.dst64 -e 6lowpan.fragment
}

air_sessions() {
	air_datagrams "$1" | awk -F '\t' '
		FILENAME != "-" { octets[$1] = $12; next } # air_table
		{
			node = $2 ~ /^fd00:6::/ ? $2 : $3
			sub(/.*:/, "", node)
			if ($3 ~ /^fd00:6::/ && !((node, $4, $5) in way)) {
				way[node, $4, $5]
				hops[node]++
			}
			n = split($6 == "" ? $1 : $6, part, ",")
			frames[node] += n
			for (i = 1; i <= n; i++) sum[node] += octets[part[i]]
		}
		END { for (node in hops)
			printf "02000000000000%s\t%d\t%d\t%d\n", length(node) < 2 ? "0" node : node,
				hops[node], frames[node], sum[node] }' <(air_table) -
}

air_span() { awk -v from="$(air_mark "$1")" -v to="$(air_mark "$2")" 'BEGIN { printf "%.1f\n", to - from }'; }

air_silent() { ! air_between "$@" | grep .; }

# air_genuine: the rows of secured frames, without those that `inject` sent
air_genuine() {
	air_table | awk -F '\t' -v injected="$LAB_OUT/injected" '
		BEGIN {
			while ((getline line <injected) > 0) {
				split(line, word, " ")
				forged[word[1], word[2]]
			}
		}
		$5 == 1 && !(($3, $9) in forged)'
}

air_nonces_unique() {
	air_genuine | awk -F '\t' '
		{
			nonce = $3 " counter " $9 " key index " $7 " source " $8
			frame = $10 " " $12
		}
		(nonce in seen) && seen[nonce] != frame { print "frame " $1 ": again " nonce; bad++ }
		{ seen[nonce] = frame }
		END { if (!NR) print "no secured frame"; exit bad || !NR }'
}

air_counters_rise() {
	air_genuine | awk -F '\t' -v src="$(eui_hex "$1")" '
		$3 != src { next }
		count && $9 <= last && !($9 in seen && seen[$9] == $10) { print "frame " $1 ": " $9 " after " last; bad++ }
		{ count++; last = $9; seen[$9] = $10 }
		END { if (!count) print "no secured frame"; exit bad || !count }'
}
