# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# routes.sh: static addresses and routes, part of lib.sh.

lab_lowpan_up() { # lab_lowpan_up I: is it up, and in its VRF?
	local dir=/sys/class/net/lowpan$1
	[ -e "$dir/master" ] && (($(<"$dir/flags") & 1))
}

# lab_routes: reads the graph, prints `ip -batch` lines for the nodes in the variable `nodes`.
# From every destination a breadth-first walk: a node's parent is its next hop. An address that is
# there is left alone: `addr replace` makes the kernel lose its local route in a VRF.
lab_routes() {
	awk -v nodes="$*" '
	function hop(i, d, to) {
		if (i in wanted && i != d && (i, d) in parent)
			printf "route replace %s via fe80::%x dev lowpan%d table %d\n",
				to, parent[i, d], i, 1000 + i
	}
	function walk(d,    queue, head, tail, n, k, next_node) {
		queue[tail++] = d
		parent[d, d] = d
		while (head < tail) {
			n = queue[head++]
			for (k = 0; k < degree[n]; k++) {
				next_node = peer[n, k]
				if (!((next_node, d) in parent)) {
					parent[next_node, d] = n
					queue[tail++] = next_node
				}
			}
		}
	}
	$1 ~ /^fd000006/ { has_address[$6] }
	$1 == "edge" {
		peer[$2, degree[$2]++] = $3
		peer[$3, degree[$3]++] = $2
	}
	$1 == "border" && !border { border = $2 }
	END {
		count = split(nodes, list)
		for (n = 1; n <= count; n++) {
			wanted[list[n]]
			if (!(("lowpan" list[n]) in has_address))
				printf "addr add fd00:6::%x/128 dev lowpan%d\n", list[n], list[n]
		}
		for (d in degree) {
			walk(d)
			for (i in wanted)
				hop(i, d, sprintf("fd00:6::%x", d))
		}
		if (border)
			for (i in wanted)
				hop(i, border, "fd00:b::/64")
	}' /proc/net/if_inet6 "$LAB_RUN_DIR/graph"
}

routes_set() {
	local i nodes=()
	[ $# -gt 0 ] || for i in "$LAB_RUN_DIR"/radio/[0-9]*; do
		lab_lowpan_up "${i##*/}" && set -- "$@" "${i##*/}"
	done
	for i; do nodes+=("$i"); done
	lab_routes "${nodes[@]}" | ip -6 -batch -
}
