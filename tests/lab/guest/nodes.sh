# shellcheck shell=bash disable=SC2154 # pan, channel, vrf_exec: set in lib.sh
# SPDX-License-Identifier: ISC
# nodes.sh: nodes, links and the backbone, part of lib.sh.

lab_is_node() { [[ $1 =~ ^[0-9]+$ ]]; }

addr() {
	if lab_is_node "$1"; then
		printf 'fd00:6::%x\n' "$1"
	else
		cat "$LAB_RUN_DIR/host/$1"
	fi
}

# lab_enter I|HOST: sets ENTER, what stands before a command that runs there
lab_enter() {
	if lab_is_node "$1"; then
		ENTER=(ip vrf exec "v$1")
	else
		ENTER=(ip netns exec "$1")
	fi
}

on() {
	local ENTER
	lab_enter "$1"
	shift
	"${ENTER[@]}" "$@"
}

# lab_radio NAME: a hwsim radio, known as NAME; sets LAB_PHY. Its interface is wpan0 until renamed.
lab_radio() {
	local id
	id=$(wpan-hwsim add)
	id=${id//[^0-9]/}
	echo "$id" >"$LAB_RUN_DIR/radio/$1"
	LAB_PHY=phy$id
	[ "$1" = air ] || wpan-hwsim edge add "$id" "$(<"$LAB_RUN_DIR/radio/air")" >/dev/null
}

# lab_monitor NAME: a radio whose only interface, NAME, hears everything and sends raw frames
lab_monitor() {
	lab_radio "$1"
	iwpan dev wpan0 del
	iwpan phy "$LAB_PHY" interface add "$1" type monitor
	[ "$channel" = 13 ] || iwpan phy "$LAB_PHY" set channel 0 "$channel"
	ip link set "$1" up
}

node_add() {
	local i
	for i; do
		lab_radio "$i"
		ip -batch - <<-END
			link set wpan0 name wpan$i
			link set wpan$i address $(eui "$i")
			link add v$i type vrf table $((1000 + i))
			link set v$i up
		END
		# what the node has no route to must not be looked up in the main table
		ip -6 route add unreachable default metric 4278198272 table $((1000 + i))
	done
}

node_plain() {
	local i
	for i; do
		iwpan dev "wpan$i" set pan_id "$pan"
		[ "$channel" = 13 ] ||
			iwpan phy "phy$(<"$LAB_RUN_DIR/radio/$i")" set channel 0 "$channel"
		ip -batch - <<-END
			link add link wpan$i name lowpan$i type lowpan
			link set lowpan$i master v$i
			link set wpan$i up
			link set lowpan$i up
		END
	done
	routes_set "$@"
}

# lab_edge add|del A B: both directions (an edge of hwsim has one)
lab_edge() {
	local a b
	a=$(<"$LAB_RUN_DIR/radio/$2")
	b=$(<"$LAB_RUN_DIR/radio/$3")
	wpan-hwsim edge "$1" "$a" "$b" >/dev/null
	wpan-hwsim edge "$1" "$b" "$a" >/dev/null
}

edge_add() {
	while [ $# -gt 1 ]; do
		lab_edge add "$1" "$2"
		echo "edge $1 $2" >>"$LAB_RUN_DIR/graph"
		shift
	done
}

edge_cut() { lab_edge del "$1" "$2"; }
edge_heal() { lab_edge add "$1" "$2"; }

node_off() {
	local i
	for i; do
		wpan-hwsim del "$(<"$LAB_RUN_DIR/radio/$i")" >/dev/null
		ip link del "v$i"
		ip -6 route flush table $((1000 + i))
		rm -rf "/sys/fs/bpf/wpan-kmp/wpan$i"
	done
}

node_on() {
	local i a b
	node_add "$@"
	while read -r _ a b; do
		[[ " $* " != *" $a "* && " $* " != *" $b "* ]] || lab_edge add "$a" "$b"
	done < <(grep '^edge' "$LAB_RUN_DIR/graph")
	for i; do
		[ ! -e "/sys/class/net/bb$i" ] || lab_border_up "$i"
	done
}

# lab_backbone: the switch, in a name space of its own
lab_backbone() {
	[ -e /run/netns/backbone ] && return
	ip netns add backbone
	ip -n backbone link add bb type bridge
	ip -n backbone link set bb up
}

# lab_plug IFACE: IFACE is created, its other end is in the switch
lab_plug() {
	lab_backbone
	ip link add "$1" type veth peer name "to-$1" netns backbone
	ip -n backbone link set "to-$1" master bb up
}

# lab_border_up I: bbI in the VRF of node I, which takes its addresses away at that moment
lab_border_up() {
	ip link set "bb$1" master "v$1" up
	ip addr replace "$(printf 'fd00:b::%x/64' "$1")" dev "bb$1"
}

border_add() {
	lab_plug "bb$1"
	lab_border_up "$1"
	grep -qx "border $1" "$LAB_RUN_DIR/graph" || echo "border $1" >>"$LAB_RUN_DIR/graph"
	lab_host_routes
}

border_remove() { ip link del "bb$1"; }
backbone_cut() { ip -n backbone link set "to-bb$1" down; }
backbone_heal() { ip -n backbone link set "to-bb$1" up; }

host_add() {
	local name count
	for name; do
		count=$(find "$LAB_RUN_DIR/host" -type f | wc -l)
		printf 'fd00:b::%x\n' $((256 + count)) >"$LAB_RUN_DIR/host/$name"
		ip netns add "$name"
		lab_plug "host$count"
		ip link set "host$count" netns "$name" name eth0
		ip -n "$name" -batch - <<-END
			link set lo up
			link set eth0 up
			addr add $(addr "$name")/64 dev eth0
		END
	done
	lab_host_routes
}

# lab_host_routes: hosts reach the mesh through the first border node
lab_host_routes() {
	local border file
	border=$(awk '$1 == "border" { print $2; exit }' "$LAB_RUN_DIR/graph")
	[ -n "$border" ] || return 0
	for file in "$LAB_RUN_DIR"/host/*; do
		[ ! -e "$file" ] || ip -n "${file##*/}" route replace fd00:6::/64 \
			via "$(printf 'fd00:b::%x' "$border")"
	done
}

# lab_clean: after a scenario whose processes are gone, the machine is as it was after boot
lab_clean() {
	local file
	for file in "$LAB_RUN_DIR"/radio/*; do
		[ ! -e "$file" ] || wpan-hwsim del "$(<"$file")" >/dev/null
	done
	for file in "$LAB_RUN_DIR"/radio/[0-9]*; do
		[ -e "$file" ] || continue
		ip link del "v${file##*/}"
		ip -6 route flush table $((1000 + ${file##*/})) # what is not bound to a device stays
	done
	for file in /run/netns/*; do
		[ ! -e "$file" ] || ip netns del "${file##*/}"
	done
	find /sys/fs/bpf -mindepth 1 -delete
	find /state -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +
	rm -rf "$LAB_RUN_DIR"
}
