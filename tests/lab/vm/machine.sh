# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# machine.sh: the virtual machine. Sourced by scripts/lab on the host.
#
#   machine_accel           sets ACCEL: KVM where a guest really starts with it, else TCG
#   machine_start RUN       boots KERNEL_DIR with the plan in RUN/; events arrive on descriptor EVENTS
#   machine_stop            ends it hard
#   machine_shell RUN       the same in the foreground, on this terminal

# Without these the guest spends most of its boot on things that no scenario looks at: mitigations and
# self-tests cost under TCG, expedited RCU makes network interfaces come and go fast.
MACHINE_APPEND="console=ttyS0 quiet panic=-1 oops=panic mitigations=off nokaslr audit=0 apparmor=0
 cryptomgr.notests no_timer_check tsc=reliable rcupdate.rcu_expedited=1 random.trust_cpu=on
 net.ifnames=0 i8042.noaux i8042.nokbd nowatchdog"

# machine_command RUN: sets MACHINE, all but the second serial line, which carries the events. The
# console's file is appended to, because take_console empties it.
machine_command() {
	local run=$1 share=security_model=none,multidevs=remap
	MACHINE=(
		qemu-system-x86_64 -accel "$ACCEL" -cpu "$MACHINE_CPU" -smp 2 -m 1024
		-nodefaults -no-user-config -display none -no-reboot -nic none
		-kernel "$KERNEL_DIR/image" -initrd "$KERNEL_DIR/initrd"
		-virtfs "local,path=/,mount_tag=host,readonly=on,$share"
		-virtfs "local,path=$LAB_OUT_ROOT,mount_tag=out,$share"
		-drive "file=$run/state.img,format=raw,if=virtio,cache=unsafe"
		-chardev "file,id=console,path=$run/console.log,append=on" -serial chardev:console
		-append "${MACHINE_APPEND//$'\n'/} lab.src=$LAB_SRC lab.out=$LAB_OUT_ROOT lab.run=$run \
lab.modules=$(realpath "$KERNEL_DIR"/tree/lib/modules/*)"
	)
}

# machine_probe: a tiny guest that only says that it lives
machine_probe() {
	timeout 15 qemu-system-x86_64 -accel kvm -cpu max -m 256 -nodefaults -display none -no-reboot \
		-kernel "$KERNEL_DIR/image" -initrd "$KERNEL_DIR/initrd" -append "panic=-1 lab.probe" \
		-serial null -serial stdio 2>/dev/null </dev/null | grep -q '@probe ok'
}

machine_accel() {
	local answer=$LAB_CACHE/accel boot
	boot=$(</proc/sys/kernel/random/boot_id) # the answer holds until this host boots again
	if [ "$(cut -d' ' -f1 "$answer" 2>/dev/null)" != "$boot" ]; then
		if [ -w /dev/kvm ] && machine_probe; then ACCEL=kvm; else ACCEL=tcg; fi
		echo "$boot $ACCEL" >"$answer"
	fi
	ACCEL=${LAB_ACCEL:-$(cut -d' ' -f2 "$answer")}
	case $ACCEL in
	tcg)
		ACCEL=tcg,thread=multi
		MACHINE_CPU=max,la57=off # page tables of five levels only cost
		;;
	*) MACHINE_CPU=max ;;
	esac
}

# machine_state RUN: the durable disk, unless a power cut left one
machine_state() {
	[ -e "$1/state.img" ] && return
	truncate -s 256M "$1/state.img"
	mkfs.ext4 -q "$1/state.img"
}

machine_start() {
	local run=$1
	machine_state "$run"
	machine_command "$run"
	rm -f "$run/events"
	mkfifo "$run/events"
	: >"$run/console.log"
	"${MACHINE[@]}" -serial stdio </dev/null >"$run/events" 2>"$run/qemu.log" &
	MACHINE_PID=$!
	exec {EVENTS}<"$run/events"
}

machine_stop() {
	kill -KILL "$MACHINE_PID" 2>/dev/null
	wait "$MACHINE_PID" 2>/dev/null
	exec {EVENTS}<&-
}

machine_shell() {
	local run=$1
	machine_state "$run"
	machine_command "$run"
	[ ! -t 0 ] || stty raw -echo
	"${MACHINE[@]}" -chardev stdio,id=terminal,signal=off -serial chardev:terminal
	[ ! -t 0 ] || stty sane
}
