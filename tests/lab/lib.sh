# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# lib.sh: the functions that a lab scenario is made of. This head is the manual.
#
# A SCENARIO is one file with variables, run(), and if it looks at the air verify(); nothing else
# is done at its top level, because host and guest both read it.
#
#   # three-nodes: a line of three plain kernel nodes; the far end answers.
#   timeout=60                  bound in seconds (default 120)
#   fresh_boot=yes              must not share its machine with other scenarios (default no)
#   channel=11 pan=0x1234       of the air (default 13 and 0xabcd)
#   vrf_exec=no                 daemons on nodes are started outside `ip vrf exec` (default yes)
#   run() { ... }               in the guest, as root, under `set -eu -o pipefail`
#   boot1() boot2() ...         instead of run(): what happens before and after each power_cut
#   verify() { ... }            afterwards on the host, on the capture: see host.sh
#
# A command that fails ends the scenario and fails it; so does a scenario that checked nothing, a
# kernel warning, a daemon that ended by itself or not cleanly, and a sanitizer's report in a log.
#
# THE WORLD. Node I (1-254) is a hwsim radio wpanI, a VRF vI (table 1000+I) and, once it is up,
# lowpanI. Daemons bring wpanI and lowpanI up themselves and put lowpanI into the VRF; without a
# daemon node_plain does. Backbone hosts are network name spaces. No DAD, no router advertisements.
# Addresses and routes are static, along shortest paths, both ways, also to and from the hosts.
#   EUI-64 of node I       02:00:00:00:00:00:00:II         (II = I in hexadecimal)
#   link-local             fe80::II
#   mesh                   fd00:6::/64, node fd00:6::II    on lowpanI
#   backbone               fd00:b::/64, node fd00:b::II    on bbI (border nodes), hosts from fd00:b::100
# /state is a durable ext4 file system, empty at first, that survives power_cut.
#
# VARIABLES  LAB_OUT result directory   LAB_BUILD build tree   LAB_SRC source tree   LAB_BOOT 1, 2, ..
#
# TOPOLOGY
#   node_add I...              radios with their EUI-64s, and VRFs; nothing is up yet
#   node_plain I...            brings nodes up in clear, without a daemon, with addresses and routes
#   edge_add A B [C...]        A hears B and B hears C ..: a line of links, both ways
#   edge_cut A B               the link breaks now (routes stay as they are)
#   edge_heal A B              and is back
#   node_off I...              nodes lose their power, and their kernels all they knew; only /state is left.
#                              Kill their daemons first
#   node_on I...               and have it again, with the links that they had
#   border_add I               node I gets an interface bbI on the backbone, in its VRF
#   border_remove I            bbI vanishes
#   backbone_cut I             its cable is out now
#   backbone_heal I            and in again
#   host_add NAME...           backbone hosts
#   routes_set [I...]          sets addresses and routes again (default: every node that is up)
#   loss_set SHARE I...        node I loses this share of frames (0.3; 0 ends it): a broadcast
#                              with p, a unicast with p^4, as after three MAC retries. Counts from 0 again
#   delay_set MS I...          what node I sends leaves so much later (0 ends it)
#   loss_count I               prints four numbers: how many broadcasts node I has lost so, of how many,
#                              and how many unicasts of how many
# NAMES
#   eui I                      02:00:00:00:00:00:00:01
#   eui_hex I                  0200000000000001
#   linklocal I                fe80::1
#   addr I|HOST                fd00:6::1, fd00:b::100
#   on I|HOST COMMAND...       runs a command (not a function) as that node or host
# DAEMONS (every one with its state directory /state/NAME, configuration in it, log in LAB_OUT/NAME.log)
#   daemon NAME PROGRAM I|HOST <<END   declares; stdin is the configuration. PROGRAM is ctd, brd, jnd
#                              of the build tree or a path; it is started as PROGRAM -f FILE -d
#   daemon_start NAME...       on a node: returns when lowpanI is up, with addresses and routes set
#   daemon_stop NAME...        SIGTERM; must end with status 0 within 10 s
#   daemon_kill NAME...        kill -9
#   daemon_ended NAME STATUS   it ends by itself, as it should, with that exit status
#   daemon_restart NAME...     stop and start
#   daemon_reload NAME...      SIGHUP
#   daemon_runs NAME           does it run?
#   log_has NAME REGEX         has the log of NAME a line that matches?
#   secret_file FILE           writes stdin to FILE, readable only for its owner
# CHECKS
#   check WHAT COMMAND...      counts; a failure is noted and the scenario goes on
#   refuse WHAT COMMAND...     the same, for a command that must fail; WHAT says what holds then:
#                              refuse "its ping is not answered" reaches 9 7
#   wait_for SECONDS WHAT COMMAND...   polls until COMMAND succeeds; counts; if it never does, the
#                              scenario ends there
#   reaches FROM TO [COUNT]    every one of COUNT (3) pings is answered
#   ping_begin FROM TO [GAP]   pings in the background, every GAP (0.2) seconds
#   ping_end FROM TO           ends that; sets PING_SENT and PING_LOST
#   say TEXT                   a line of progress
#   mark NAME                  notes the time, for verify() (boot1, boot2 .. are set by the lab)
# THE AIR (all frames of all radios are in LAB_OUT/air.pcap)
#   stranger_add NAME I...     a radio without a stack, within reach of these nodes
#   inject NAME HEX [OPTION..] sends a frame from it, written without FCS; `inject -h` has the
#                              options: -k KEY seals it under a key
#   frame_header A B [LEVEL COUNTER INDEX [SOURCE]]   prints the header of a data frame from A to B in
#                              hexadecimal; secured, under the key with that INDEX, if there is a LEVEL;
#                              of node SOURCE, in key identifier mode 3, if there is one (else mode 1)
#   frame_icmp A B HEX         prints a payload for it: this ICMPv6 message, whose checksum is to be filled in,
#                              between link-local addresses; B may be `all`
#   frame_echo A B             the same for an echo request
#   replay NAME A B            sends again the last secured frame that A sent to B (B may be `all`)
# POWER
#   power_cut                  stops the machine without any sync; boots again, on the same /state

# shellcheck source=tests/lab/checks.sh
. "$LAB_SRC/tests/lab/checks.sh"

# shellcheck disable=SC2034 # used by the parts
LAB_RUN_DIR=/run/lab # what exists in this scenario: radio/ host/ daemon/ graph
: "${pan:=0xabcd}" "${channel:=13}" "${vrf_exec:=yes}"

for LAB_PART in wait nodes routes daemons air; do
	# shellcheck source=/dev/null
	. "$LAB_SRC/tests/lab/guest/$LAB_PART.sh"
done
