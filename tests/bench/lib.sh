# shellcheck shell=bash disable=SC2034,SC2153 # variables of others
# SPDX-License-Identifier: ISC
# lib.sh: what the benchmarks share. A benchmark is an executable file of tests/bench that sources this; its
# head is "# NAME: what it measures." It prints what it finds, and its figures by figure.
#
#   figure NAME VALUE UNIT OP TARGET   note a figure; OP is ">=" or "<="
#   median VALUE...                    of an odd or even number of values
#   calc EXPRESSION                    by awk
#   programs NAME...                   make what local.mk has
#   lab SCENARIO                       run one of tests/lab, or a path; its output goes to a log
#
# Commissioning on the loopback, in a network namespace of its own (no privileges needed where users may
# make namespaces):
#   in_namespace "$0" "$@"             go on inside one that has the addresses of the crowd
#   credential psk|ecdhe               which one ctd, the devices and libcoap have from now on; CREDENTIAL is
#                                      what their programs are told
#   pki_make N                         certificates for the latter, once
#   at_level_0 COMMAND...            run a program of OpenSSL 3.5 that does not set the level itself, which CCM_8
#                                      needs
#   crowd_start N quiet|ask            start N devices (devices.c); CROWD is their process
#   crowd_wait WORD                    until they print it
#   crowd_stop
#   ctd_start N                        start ctd with N devices configured, all of them listed; CTD is its
#                                      process
#   ctd_cpu                            its CPU time so far, in ns
#   ctd_joined                         how many it says have joined
#   ctd_stop

BENCH_BUILD=$BENCH_SRC/build
BENCH_NAME=${0##*/}
BENCH_DIR=$BENCH_OUT/$BENCH_NAME
BENCH_PORT=5684
BENCH_PSK=000102030405060708090a0b0c0d0e0f
PKI=$BENCH_OUT/pki
ROUNDS=${BENCH_ROUNDS:-5}

die() {
	echo "$BENCH_NAME: $*" >&2
	exit 1
}

figure() {
	local word=short
	if [ "$(calc "$2 $4 $5")" = 1 ]; then word=ok; fi
	echo "$1 $2 $3 target $4 $5 $word" >>"$BENCH_OUT/$BENCH_NAME.figures"
}

calc() { awk "BEGIN { OFMT = \"%.2f\"; CONVFMT = \"%.2f\"; print($1) + 0 }"; }

median() {
	printf '%s\n' "$@" | sort -g | awk '
		{ value[NR] = $1 }
		END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

programs() {
	local name
	for name; do
		make -C "$BENCH_BUILD" "tests/bench/$name" >"$BENCH_OUT/make.log" 2>&1 || {
			tail -n 5 "$BENCH_OUT/make.log" >&2
			die "cannot build tests/bench/$name (scripts/setup installs what it needs)"
		}
	done
}

lab() {
	"$BENCH_SRC/scripts/lab" run "$1" >"$BENCH_OUT/$BENCH_NAME.log" 2>&1 </dev/null && return
	tail -n 20 "$BENCH_OUT/$BENCH_NAME.log" >&2
	die "scripts/lab run $1 failed"
}

in_namespace() {
	if [ -z "${BENCH_INSIDE-}" ]; then
		local how=-rn
		[ "$(id -u)" != 0 ] || how=-n # in a chroot root makes no user namespace
		BENCH_INSIDE=1 exec unshare $how "$@" || die "cannot make a network namespace"
	fi
	ip link set lo up
	# Not as addresses of lo: the kernel would look at all of them to choose the source of a datagram.
	ip -6 route add local fd00:be::/64 dev lo
	echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind
	trap 'ctd_stop; crowd_stop' EXIT
	rm -rf "$BENCH_DIR"
	mkdir -p "$BENCH_DIR"
}

# ---- credentials ----

credential() {
	case $1 in
	psk) CREDENTIAL=$BENCH_PSK ;;
	ecdhe) CREDENTIAL=$PKI ;;
	esac
}

at_level_0() {
	printf '%s\n' 'openssl_conf = conf' '[conf]' 'ssl_conf = ssl' '[ssl]' 'system_default = ciphers' \
		'[ciphers]' 'CipherString = DEFAULT@SECLEVEL=0' >"$BENCH_DIR/openssl.cnf"
	OPENSSL_CONF=$BENCH_DIR/openssl.cnf "$@"
}

# certificate NAME CA SUBJECT-ALT-NAME [KEY]: of a P-256 key of its own, or of one that is there
certificate() {
	local key=$PKI/${4:-$1}.key
	[ -e "$key" ] || (umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$key")
	printf '[req]\ndistinguished_name = dn\nx509_extensions = ext\n[dn]\n[ext]\n%s\n%s\n' "$3" \
		'[hw]' >"$PKI/req.conf"
	[ -z "${EUI-}" ] || printf 'type = OID:1.3.6.1.4.1.32473.1\nserial = FORMAT:HEX,OCT:%s\n' \
		"$EUI" >>"$PKI/req.conf"
	set -- "$1" "$2" "$key"
	[ -z "$2" ] || set -- "$@" -CA "$PKI/$2.pem" -CAkey "$PKI/$2.key"
	openssl req -x509 -new -key "$3" -days 3650 -config "$PKI/req.conf" -subj "/CN=$1" \
		-out "$PKI/$1.pem" "${@:4}" 2>"$BENCH_OUT/openssl.log" || die "openssl: $(<"$BENCH_OUT/openssl.log")"
}

pki_make() {
	local i
	[ "$(cat "$PKI/made" 2>/dev/null || echo 0)" -lt "$1" ] || return 0
	rm -rf "$PKI"
	mkdir -p "$PKI"
	certificate devices "" basicConstraints=critical,CA:TRUE
	certificate tools "" basicConstraints=critical,CA:TRUE
	certificate tool tools subjectAltName=URI:urn:wpan-kmp:ct
	for ((i = 1; i <= $1; i++)); do
		EUI=$(printf %016x $((0x0200000000000000 + i)))
		certificate "$EUI" devices 'subjectAltName=otherName:1.3.6.1.5.5.7.8.4;SEQ:hw' device
	done
	echo "$1" >"$PKI/made"
}

# ---- devices ----

CROWD=

crowd_start() {
	[ -p "$BENCH_DIR/words" ] || mkfifo "$BENCH_DIR/words"
	"$BENCH_BUILD/tests/bench/devices" "$1" $BENCH_PORT "$CREDENTIAL" "$2" >"$BENCH_DIR/words" &
	CROWD=$!
	exec {WORDS}<"$BENCH_DIR/words"
	crowd_wait ready
}

crowd_wait() {
	local word
	while read -r -t 120 -u "$WORDS" word; do
		[ "$word" != "$1" ] || return 0
	done
	die "the devices are not \"$1\" within 120 s"
}

crowd_stop() {
	[ -n "$CROWD" ] || return 0
	kill "$CROWD"
	wait "$CROWD" || true
	CROWD=
	exec {WORDS}<&-
}

# ---- ctd ----

CTD=

ctd_configure() {
	local i dir=$BENCH_DIR/ctd known='psk-file = "'$BENCH_DIR/ctd/psk'"'
	rm -rf "$dir"
	mkdir -p "$dir"
	echo $BENCH_PSK >"$dir/psk"
	chmod 600 "$dir/psk"
	{
		printf 'state-dir = "%s/state"\nsocket = "%s/sock"\n' "$dir" "$dir"
		printf 'device-port = %s\nadmission = listed\n' $BENCH_PORT
		if [ "$CREDENTIAL" = "$PKI" ]; then
			printf 'private-key = "%s/tool.key"\ncertificate = "%s/tool.pem"\n' "$PKI" "$PKI"
			printf 'device-anchor = "%s/devices.pem"\n' "$PKI"
			known='credential = certificate'
		fi
		for ((i = 1; i <= $1; i++)); do
			printf 'device "%016x" { name = "lamp %d" %s }\n' $((0x0200000000000000 + i)) "$i" "$known"
		done
	} >"$dir/ctd.conf"
}

ctd_start() {
	ctd_configure "$1"
	"$BENCH_BUILD/ctd/ctd" -f "$BENCH_DIR/ctd/ctd.conf" >"$BENCH_DIR/ctd/log" 2>&1 &
	CTD=$!
	for ((i = 0; i < 200; i++)); do
		ctd_status >/dev/null 2>&1 && return
		sleep 0.05
	done
	cat "$BENCH_DIR/ctd/log" >&2
	die "ctd does not start"
}

ctd_status() { "$BENCH_BUILD/kmpctl/kmpctl" -s "$BENCH_DIR/ctd/sock" --json ctd status; }

ctd_cpu() {
	local ns rest
	# shellcheck disable=SC2034 # rest is not wanted
	read -r ns rest <"/proc/$CTD/schedstat"
	echo "$ns"
}

ctd_joined() { ctd_status | jq '.. | .joined? // empty'; }

ctd_stop() {
	[ -n "$CTD" ] || return 0
	kill "$CTD"
	wait "$CTD" || true
	CTD=
}
