# shellcheck shell=bash disable=SC2154 # pan, channel: set in lib.sh
# SPDX-License-Identifier: ISC
# mesh.sh: a whole system for scenarios that commission one: ctd on the backbone host `ct`, brd on
# the first node, jnd on the others, each with a fresh pre-shared key. Read after lib.sh. Processes
# are what takes time in the lab's machine, so the shell does what it can by itself.
#
#   mesh_build "NODE.."...     lines of nodes, such as "1 2 3" "1 4", with `ct` on the backbone of the first
#                              node: made and declared, not started
#   mesh_declare NODE...       writes credentials and configurations: brd on the first node, jnd on the
#                              others, ctd (all of them known to it). Daemons: ctd, brd, jnd2, ..
#     variables before it:  ADMISSION selected|listed   UNKNOWN="NODE.." that ctd does not know
#                           WRONG_PSK="NODE.." that ctd knows by another key
#     A credential /state/pskN that is there already, as after a power cut, is kept.
#   mesh_credential NODE       prints the lines of its configuration about its credential,
#   mesh_known_by NODE         and the one by which ctd knows it; mesh_ct_credential: ctd's own. Redefined
#                              by pki.sh
#   mesh_device NODE           prints the section for a node in ctd's configuration
#   mesh_start NODE...         starts the daemons of these nodes, and ctd, all at once
#   name_of NODE               its daemon
#   kmp NAME COMMAND [ARG..]   kmpctl on a daemon; the result as JSON
#   kmp_text NAME COMMAND [ARG..]   the same for people
#   says NAME COMMAND REGEX    does that JSON (one line) match?
#   of_node JSON NODE          prints the object about a node in it
#   node_is NODE STATE [REASON]   is that its state at ctd, for a reason that matches?
#   asks NODE                  has ctd heard its request?
#   admit NODE                 by kmpctl
#   commission NODE...         waits for each one's JSR, admits it, waits until all have joined
#   linked A B                 does each of the two say that the link is secured?
#   all_linked "A B"...        waits until each of these links is
#   drops NODE REASON          prints the bootstrap layer's counter of that name (0 if absent)
#   frame_counter NODE         prints the counter that its next secured frame gets
#   status_number NODE NAME    prints a number in its status, 0 if it is absent
#   refusal NODE REASON WHAT COMMAND...   runs COMMAND, which sends a frame to NODE; that must count
#                              it as refused for REASON
#   kernel_says [ERROR]        prints how many frames the kernel's link security refused (with that
#                              error), before the bootstrap layer could see them
#   kernel_refusal ERROR WHAT COMMAND...   runs COMMAND, which sends a frame that the kernel must refuse
#                              with that error number
#   coap_psk NODE..            before mesh_build: a pre-shared key that can be given to libcoap's client, as text
#   coap_put NODE RESOURCE JSON   does what ctd does, by that client from `ct`; the answer must be 2.04
#   mesh_watch, mesh_watch_end  from now on prints ctd's table of nodes whenever it changes
#   mesh_key [INDEX]           keeps the network key with that index (1) in LAB_OUT/key, or keyINDEX for
#                              another, in hex, as the kernel of the first node holds it; for `inject -k`
#                              and for verify()

: "${ADMISSION:=selected}" "${UNKNOWN:=}" "${WRONG_PSK:=}"
MESH_BR=

name_of() { if [ "$1" = "$MESH_BR" ]; then echo brd; else echo "jnd$1"; fi; }

# in_list WORD LIST
in_list() { [[ " $2 " == *" $1 "* ]]; }

# mesh_psk FILE: 32 hex digits, of random UUIDs
mesh_psk() {
	local uuid
	[ ! -e "$1" ] || return 0
	read -r uuid </proc/sys/kernel/random/uuid
	(umask 077 && echo "${uuid//-/}" >"$1")
}

mesh_node_conf() { # NODE: what brd and jnd have in common
	local name
	name=$(name_of "$1")
	echo "interface = wpan$1
lowpan-interface = lowpan$1
vrf = v$1
pan-id = $pan
channel = $channel
$(mesh_credential "$1")
state-dir = /state/$name/state
socket = /run/lab/$name.sock
dtls-timeout = 2000"
}

mesh_credential() { echo "psk-file = /state/psk$1"; }

mesh_known_by() {
	local psk=/state/psk$1
	if in_list "$1" "$WRONG_PSK"; then
		psk=/state/wrong$1
		mesh_psk "$psk"
	fi
	echo "psk-file = $psk"
}

mesh_ct_credential() { :; }

mesh_device() {
	printf 'device "%s" {\n\tname = "node %d"\n\t%s\n' "$(eui_hex "$1")" "$1" "$(mesh_known_by "$1")"
	[ "$1" != "$MESH_BR" ] || printf '\trole = border-router\n\taddress = fd00:b::%x\n' "$1"
	echo "}"
}

mesh_ctd_conf() {
	local i
	echo "state-dir = /state/ctd/state
socket = /run/lab/ctd.sock
admission = $ADMISSION
dtls-timeout = 2000
handshake-timeout = 30
$(mesh_ct_credential)"
	for i; do
		in_list "$i" "$UNKNOWN" || mesh_device "$i"
	done
}

mesh_declare() {
	local i
	MESH_BR=$1
	for i; do mesh_psk "/state/psk$i"; done
	mesh_ctd_conf "$@" | daemon ctd ctd ct
	{ mesh_node_conf "$1" && echo "ct-address = $(addr ct)"; } | daemon brd brd "$1"
	shift
	for i; do
		{ mesh_node_conf "$i" && echo "border-router = $(addr "$MESH_BR")"; } |
			daemon "jnd$i" jnd "$i"
	done
}

mesh_build() {
	local line i nodes=()
	for line; do
		for i in $line; do in_list "$i" "${nodes[*]}" || nodes+=("$i"); done
	done
	node_add "${nodes[@]}"
	# shellcheck disable=SC2086 # a line is a list of nodes
	for line; do edge_add $line; done
	border_add "${nodes[0]}"
	host_add ct
	mesh_declare "${nodes[@]}"
}

mesh_start() {
	local i names=()
	for i; do names+=("$(name_of "$i")"); done
	daemon_runs ctd || names+=(ctd)
	daemon_start "${names[@]}"
}

kmp_text() {
	local name=$1
	shift
	"$LAB_BUILD/kmpctl/kmpctl" -s "/run/lab/$name.sock" "${name%%[0-9]*}" "$@"
}

kmp() { kmp_text "$1" --json "${@:2}"; }

says() { [[ $(kmp "$1" "$2") =~ $3 ]]; }

of_node() {
	[[ $1 =~ \{\"eui\":\"$(eui_hex "$2")\"[^}]*\} ]] || return
	echo "${BASH_REMATCH[0]}"
}

node_is() {
	local node
	node=$(of_node "$(kmp ctd nodes)" "$1") || return
	echo "$node" # for who waits in vain
	[[ $node == *\"state\":\"$2\"* && $node =~ \"reason\":\"[^\"]*${3:-} ]]
}

asks() { of_node "$(kmp ctd candidates)" "$1"; }

admit() { kmp ctd admit "$(eui_hex "$1")"; }

commission() {
	local i
	for i; do
		wait_for 30 "node $i asks to join" asks "$i"
		check "node $i is admitted" admit "$i"
	done
	for i; do wait_for 60 "node $i has joined" node_is "$i" joined; done
}

# half_linked A B: does A say so?
half_linked() {
	local link
	link=$(of_node "$(kmp "$(name_of "$1")" links)" "$2") || return
	echo "$link"
	[[ $link == *\"state\":\"secured\"* ]]
}

linked() { half_linked "$1" "$2" && half_linked "$2" "$1"; }

all_linked() {
	local pair
	for pair; do
		# shellcheck disable=SC2086 # two nodes
		wait_for 30 "link $pair is secured at both ends" linked $pair
	done
}

status_number() {
	local status
	status=$(kmp "$(name_of "$1")" status)
	if [[ $status =~ \"$2\":([0-9]+) ]]; then echo "${BASH_REMATCH[1]}"; else echo 0; fi
}

drops() { status_number "$@"; }
frame_counter() { status_number "$1" fc; }

drops_above() { [ "$(drops "$1" "$2")" -gt "$3" ]; }

refusal() {
	local node=$1 reason=$2 what=$3 before
	shift 3
	before=$(drops "$node" "$reason")
	"$@"
	wait_for 5 "$what: $reason" drops_above "$node" "$reason" "$before"
}

kernel_says() {
	echo 'func ieee802154_subif_frame +p' >/sys/kernel/debug/dynamic_debug/control
	dmesg | grep -c "decryption failed: ${1:-}" || true
}

kernel_says_more() { [ "$(kernel_says "$1")" -gt "$2" ]; }

kernel_refusal() {
	local error=$1 what=$2 before
	shift 2
	before=$(kernel_says "$error")
	"$@"
	wait_for 5 "$what: refused by the kernel, error $error" kernel_says_more "$error" "$before"
}

coap_psk() {
	local i
	for i; do printf 'psk-of-node-%d-as-text' "$i" | od -An -v -tx1 | tr -d ' \n' | secret_file "/state/psk$i"; done
}

# OpenSSL from 3.2 on offers CCM_8 at security level 0 only.
coap_put() {
	local to
	to=$(addr "$1")
	[ "$1" != "$MESH_BR" ] || printf -v to 'fd00:b::%x' "$1"
	printf '%s\n' 'openssl_conf = all' '[all]' 'ssl_conf = ssl' '[ssl]' 'system_default = ciphers' \
		'[ciphers]' 'CipherString = DEFAULT@SECLEVEL=0' >"$LAB_RUN_DIR/openssl.cnf"
	on ct env OPENSSL_CONF="$LAB_RUN_DIR/openssl.cnf" coap-client-openssl -v 6 -m put -u "$(eui_hex "$1")" \
		-k "psk-of-node-$1-as-text" -t 256 -B 20 -e "$3" "coaps://[$to]/$2" >"$LAB_RUN_DIR/coap_put" 2>&1
	grep -F 2.04 "$LAB_RUN_DIR/coap_put" || { tail -n 5 "$LAB_RUN_DIR/coap_put" && return 1; }
}

# mesh_table JSON: ctd's nodes, for people, in less than 80 columns: a line that wraps could not be drawn over
mesh_table() {
	jq -r '.nodes[] | [.name, .state, "\(.links_secured)/\(.links_total)",
			(if .state == "joined" then "\(.admitted_s - .since_s) s" else "" end), .reason] | @tsv' <<<"$1" |
		awk -F '\t' -v at="at $((($(lab_now_ms) - MESH_BEGUN) / 1000)) s" '
			BEGIN { printf "|+ %-8s %-10s %-6s %-6s %s\n", at, "state", "links", "after", "reason" }
			{ printf "|  %-8s %-10s %-6s %-6s %s\n", $1, $2, $3, $4, length($5) <= 37 ? $5 : substr($5, 1, 35) ".." }'
}

# Processes are slow here: only a change, other than of times, is made a table of.
mesh_watch_loop() {
	local nodes change table last=''
	shopt -s extglob
	while sleep 0.3; do
		nodes=$(kmp ctd nodes 2>/dev/null) || continue
		change=${nodes//_s\":+([0-9])/}
		[ "$change" != "$last" ] || continue
		table=$(mesh_table "$nodes")
		echo "$table" # at once: others print as well
		last=$change
	done
}

mesh_watch() {
	MESH_BEGUN=$(lab_now_ms)
	mesh_watch_loop &
	MESH_WATCH=$!
}

mesh_watch_end() {
	kill "$MESH_WATCH"
	wait "$MESH_WATCH" || true
}

mesh_key() {
	local index=${1:-1}
	"$LAB_BUILD/tests/lab/linktool" "wpan$MESH_BR" llsec list |
		awk -v index_="$index" '/^key mode 1 index / && $5 == index_ { print $NF }' >"$LAB_OUT/key${1:-}"
}
