# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: ISC
# loss.sh: what loss-10 and loss-30 have in common: a line of four nodes joins while each of them loses
# a share of the frames that it should hear. SHARE is set before.
#
# What is lost of the join is looked at first, before anything else is sent. It is few: the nodes are offered
# about a hundred and fifty unicasts, which are lost with p^4, and a handful of broadcasts. So broadcasts
# follow, as many as prove of each node that it loses that share and no other.

LOSS_LINKS=("1 2" "2 3" "3 4")
LOSS_ENOUGH=400 # broadcasts
LOSS=()         # by node: what loss_count printed

loss_run() {
	local i
	mesh_build "1 2 3 4"
	mesh_start 1 2 3 4
	loss_set "$SHARE" 1 2 3 4
	commission 4 2 3
	all_linked "${LOSS_LINKS[@]}"
	loss_take "joining"
	check "what was lost of the join is that share" loss_fits 1 2 3 4
	loss_broadcast 2 3
	loss_take "after broadcasts"
	for i in 1 2 3 4; do
		check "node $i was offered enough to tell its share" loss_tells "$i"
		check "and that is what it lost" loss_fits "$i"
	done
	check "all together, too" loss_fits 1 2 3 4
	loss_set 0 1 2 3 4
	wait_for 10 "without loss, every ping over three hops is answered" reaches ct 4
	mesh_key
}

# loss_take WHEN: reads and tells the counts of all nodes
loss_take() {
	local i
	for i in 1 2 3 4; do
		LOSS[i]=$(loss_count "$i")
		# shellcheck disable=SC2086 # four numbers
		say "$(printf '%s, node %d lost %d of %d broadcasts, %d of %d unicasts' "$1" "$i" ${LOSS[i]})"
	done
}

# loss_broadcast NODE...: each broadcasts to its neighbours, all at once. A ping of this size is 14 frames,
# which takes a tenth of the time of 14 pings; nobody answers, which would take more.
loss_broadcast() {
	local i pid pids=() ignore=/proc/sys/net/ipv6/icmp/echo_ignore_multicast
	echo 1 >"$ignore"
	for i; do
		on "$i" ping -6 -c 32 -s 1200 -i 0.005 -W 1 -I "lowpan$i" ff02::1 >/dev/null 2>&1 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || true; done # its status is about answers
	echo 0 >"$ignore"
}

loss_tells() {
	local lost offered
	read -r lost offered _ <<<"${LOSS[$1]}"
	echo "$lost of $offered broadcasts"
	[ "$offered" -ge "$LOSS_ENOUGH" ]
}

# loss_fits NODE...: if each frame is lost with SHARE, and with SHARE^4 a unicast: is what these nodes lost
# together, not less and not more, as likely as one in a million? Of 400 broadcasts that are 15 to 71 at 10 %
# and 78 to 165 at 30 %; at 1 %, 15 are as unlikely as one in fifty thousand.
loss_fits() {
	local i
	for i; do echo "${LOSS[i]}"; done | awk -v share="$SHARE" '
		# the binomial distribution, term by term
		function at_most(lost, offered, p,   k, term, sum) {
			term = offered * log(1 - p)
			for (k = 0; k <= lost; k++) {
				if (k > 0) term += log((offered - k + 1) / k * p / (1 - p))
				sum += exp(term)
			}
			return sum
		}
		function fits(what, lost, offered, p) {
			print lost " of " offered " " what
			return at_most(lost, offered, p) > 1e-6 && 1 - at_most(lost - 1, offered, p) > 1e-6
		}
		{ for (i = 1; i <= 4; i++) sum[i] += $i }
		END { exit !(fits("broadcasts", sum[1], sum[2], share) && fits("unicasts", sum[3], sum[4], share ^ 4)) }'
}

loss_verify() {
	air_key "$(<"$LAB_OUT/key")" 1
	check "no nonce was used twice" air_nonces_unique
}
