# shellcheck shell=bash disable=SC2154 # pan, channel, vrf_exec: set in lib.sh
# SPDX-License-Identifier: ISC
# air.sh: strangers, forged frames, loss and delay, part of lib.sh.

LAB_INJECT=$LAB_BUILD/tests/lab/inject
LAB_LOSS=$LAB_BUILD/tests/lab/loss.bpf.o

stranger_add() {
	local name=$1 i
	shift
	lab_monitor "$name"
	for i; do lab_edge add "$name" "$i"; done
}

inject() {
	local name=$1 hex=$2
	shift 2
	"$LAB_INJECT" "$@" -i "$name" "$hex" >>"$LAB_OUT/injected"
}

replay() {
	local to=ffff
	[ "$3" = all ] || to=$(eui_hex "$3")
	"$LAB_INJECT" -i "$1" -r "$LAB_OUT/air.$LAB_BOOT.raw" "$(eui_hex "$2")" "$to" >/dev/null
}

# lab_reverse HEX: octets in the order of the air, the lowest first
lab_reverse() {
	local at out=''
	for ((at = ${#1} - 2; at >= 0; at -= 2)); do out+=${1:at:2}; done
	printf '%s' "$out"
}

frame_header() {
	local control=41cc
	[ $# -le 2 ] || control=49dc
	printf '%s2a%s%s%s' "$control" "$(lab_reverse "$(printf '%04x' "$pan")")" \
		"$(lab_reverse "$(eui_hex "$2")")" "$(lab_reverse "$(eui_hex "$1")")"
	[ $# -gt 2 ] || return 0
	# security control, frame counter, key source if there is one (then mode 3, else 1), key index
	printf '%02x%s' $((${6:+16} + (8 | $3))) "$(lab_reverse "$(printf '%08x' "$4")")"
	[ -z "${6-}" ] || lab_reverse "$(eui_hex "$6")"
	printf '%02x' "$5"
}

# lab_linklocal NODE|all: its 32 digits
lab_linklocal() {
	if [ "$1" = all ]; then printf 'ff02%027x1' 0; else printf 'fe80%026x%02x' 0 "$1"; fi
}

frame_icmp() {
	local from to text at len=$((${#3} / 2)) sum=0
	from=$(lab_linklocal "$1")
	to=$(lab_linklocal "$2")
	text=$from$to$3
	for ((at = 0; at < ${#text}; at += 4)); do sum=$((sum + 16#${text:at:4})); done
	sum=$((sum + len + 58)) # pseudo-header: length, ICMPv6
	while ((sum > 65535)); do sum=$(((sum & 65535) + (sum >> 16))); done
	# dispatch 0x41: an IPv6 header follows as it is (RFC 4944, section 5.1)
	printf '4160000000%04x3aff%s%s%s%04x%s' "$len" "$from" "$to" "${3:0:4}" $((65535 - sum)) "${3:8}"
}

# identifier a11e, sequence number 1
frame_echo() { frame_icmp "$1" "$2" 80000000a11e0001; }

lab_le32() { printf '%02x %02x %02x %02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)); }
lab_ifindex() { lab_le32 "$(<"/sys/class/net/wpan$1/ifindex")"; }

# lab_loss_load: one program and one map for all nodes, below the daemon's (pref 100)
lab_loss_load() {
	[ -e /sys/fs/bpf/lab_loss ] && return
	mkdir -p /sys/fs/bpf/lab_maps
	bpftool prog load "$LAB_LOSS" /sys/fs/bpf/lab_loss type classifier pinmaps /sys/fs/bpf/lab_maps
}

loss_set() {
	local share=$1 i unicast broadcast zero=()
	shift
	lab_loss_load
	for ((i = 0; i < 32; i++)); do zero+=(00); done # four counters
	# thresholds for a random number of 32 bits
	read -r unicast broadcast < <(awk -v p="$share" \
		'BEGIN { printf "%.0f %.0f\n", p ^ 4 * 4294967295, p * 4294967295 }')
	for i; do
		tc qdisc add dev "wpan$i" clsact 2>/dev/null || true # the daemon made it
		# shellcheck disable=SC2046 # octets are words to bpftool
		bpftool map update pinned /sys/fs/bpf/lab_maps/loss key hex $(lab_ifindex "$i") \
			value hex $(lab_le32 "$unicast") $(lab_le32 "$broadcast") "${zero[@]}"
		tc filter replace dev "wpan$i" ingress pref 1 handle 1 protocol all \
			bpf da object-pinned /sys/fs/bpf/lab_loss
	done
}

loss_count() {
	# shellcheck disable=SC2046
	bpftool -j map lookup pinned /sys/fs/bpf/lab_maps/loss key hex $(lab_ifindex "$1") |
		jq -r '.formatted.value | "\(.broadcasts_lost) \(.broadcasts) \(.unicasts_lost) \(.unicasts)"'
}

delay_set() {
	local ms=$1 i
	shift
	for i; do
		if [ "$ms" = 0 ]; then
			tc qdisc del dev "wpan$i" root
		else
			tc qdisc replace dev "wpan$i" root netem delay "${ms}ms"
		fi
	done
}
