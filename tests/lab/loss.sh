# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: ISC
# loss.sh: what loss-10 and loss-30 have in common: a line of four nodes joins while each of them loses
# a share of the frames that it should hear. SHARE is set before.

LOSS_LINKS=("1 2" "2 3" "3 4")

loss_run() {
	mesh_build "1 2 3 4"
	mesh_start 1 2 3 4
	loss_set "$SHARE" 1 2 3 4
	commission 4 2 3
	all_linked "${LOSS_LINKS[@]}"
	# a unicast is lost with p^4, as after three retries of a MAC: broadcasts make the count
	wait_for 30 "frames were lost" loss_some
	loss_set 0 1 2 3 4
	wait_for 10 "without loss, every ping over three hops is answered" reaches ct 4
	mesh_key
}

loss_some() {
	local i sum=0
	on 2 ping -6 -c 10 -i 0.1 -W 1 -I lowpan2 ff02::1 >/dev/null 2>&1 || true
	for i in 1 2 3 4; do sum=$((sum + $(loss_count $i))); done
	echo "$sum lost"
	[ "$sum" -gt 3 ]
}

loss_verify() {
	air_key "$(<"$LAB_OUT/key")" 1
	check "no nonce was used twice" air_nonces_unique
}
