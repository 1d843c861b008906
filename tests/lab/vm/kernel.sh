# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# kernel.sh: fetches one of Debian's own kernels, unpacks it under $LAB_CACHE/kernel (never
# installed) and packs the small initramfs that boots it. Sourced by scripts/lab on the host.
#
#   kernel_prepare VERSION    VERSION is 6.1, 6.12 or stock (what linux-image-amd64 depends on)
#                             sets KERNEL_DIR; in it: image, initrd, release, tree/lib/modules/RELEASE
#
# A second call finds everything in place and takes no time. Once a day it asks apt for a newer kernel, and
# goes on with the one it has if there is none or no network. A kernel lies in a directory of its own name,
# to which VERSION is a link, so that a machine that runs meanwhile keeps its modules.

# What the guest needs before it sees the host's root file system; everything else is loaded by
# modprobe from the unpacked tree.
KERNEL_BOOT_MODULES=(virtio_pci 9p 9pnet_virtio overlay)

# Trees of the package that no scenario uses are left out: 40 MB on disk instead of 400.
KERNEL_TREES=(
	'./boot/vmlinuz-*' './lib/modules/*/modules.*'
	'./lib/modules/*/kernel/arch/*' './lib/modules/*/kernel/crypto/*'
	'./lib/modules/*/kernel/fs/*' './lib/modules/*/kernel/lib/*'
	'./lib/modules/*/kernel/net/*' './lib/modules/*/kernel/mm/*'
	'./lib/modules/*/kernel/drivers/block/*' './lib/modules/*/kernel/drivers/virtio/*'
	'./lib/modules/*/kernel/drivers/char/*' './lib/modules/*/kernel/drivers/crypto/*'
	'./lib/modules/*/kernel/drivers/net/*.ko*' './lib/modules/*/kernel/drivers/net/ieee802154/*'
)

# kernel_package VERSION: the package that holds the kernel, found through the meta packages
# (linux-image-6.12-amd64 exists on Debian 12, linux-image-amd64 on both).
kernel_package() {
	local version=$1 pattern package
	case $version in
	stock) pattern='linux-image-[0-9]' ;;
	*) pattern="linux-image-${version//./\\.}\\." ;;
	esac
	package=$(apt-cache depends --important "linux-image-$version-amd64" linux-image-amd64 2>/dev/null |
		sed -n "s/^ *Depends: \\($pattern.*\\)/\\1/p" | head -n 1)
	# Not the release's own kernel: the newest that the archive still has.
	[ -n "$package" ] || package=$(apt-cache pkgnames linux-image- |
		grep -E "^$pattern.*-amd64\$" | grep -v -e -unsigned -e -cloud -e -rt | sort -V | tail -n 1)
	[ -n "$package" ] || return 1
	echo "$package"
}

# kernel_unpack DEB DIR
kernel_unpack() {
	local deb=$1 dir=$2 release patterns=() tree
	for tree in "${KERNEL_TREES[@]}"; do # Debian 13 has /usr/lib/modules in the package
		patterns+=("$tree" "${tree/#.\/lib/./usr/lib}")
	done
	mkdir -p "$dir/tree" || return 1
	# tar complains about the patterns of the other release, which match nothing
	dpkg-deb --fsys-tarfile "$deb" |
		tar -x -C "$dir/tree" --no-same-owner --wildcards "${patterns[@]}" 2>"$dir/tar.log" || true
	[ -d "$dir/tree/lib" ] || ln -s usr/lib "$dir/tree/lib"
	mv "$dir"/tree/boot/vmlinuz-* "$dir/vmlinuz" || return 1
	kernel_uncompress "$dir"
	release=$(basename "$dir"/tree/lib/modules/*)
	echo "$release" >"$dir/release"
	# the lists still name what was left out: depmod warns, and drops it
	depmod -b "$dir/tree" "$release" 2>>"$dir/tar.log"
	[ -n "$(find -L "$dir/tree/lib" -name 'mac802154_hwsim.ko*')" ]
}

# kernel_uncompress DIR: vmlinuz becomes image, the ELF kernel inside, because decompressing it in the
# guest takes seconds under TCG. QEMU starts it through its PVH entry. Offsets: Documentation/arch/x86/
# boot.rst, setup_sects, payload_offset and payload_length.
kernel_uncompress() {
	local dir=$1 sectors offset length tool
	field() { od -An "-tu$2" -j "$1" -N "$2" "$dir/vmlinuz" | tr -d ' '; }
	sectors=$(field $((0x1f1)) 1)
	offset=$(field $((0x248)) 4)
	length=$(field $((0x24c)) 4)
	for tool in 'xz --single-stream' zstd gzip; do # the payload ends in its length: an error to some
		tail -c +$(((sectors + 1) * 512 + offset + 1)) "$dir/vmlinuz" | head -c "$length" |
			$tool -qdc >"$dir/image" 2>/dev/null
		[ "$(head -c 4 "$dir/image")" != $'\x7fELF' ] || return 0
	done
	cp "$dir/vmlinuz" "$dir/image" # slower, but boots
}

# kernel_initramfs DIR: busybox, the boot modules in the order of their dependencies, and init.
# Not compressed: under TCG unpacking costs more than reading.
kernel_initramfs() {
	local dir=$1 release root file name module
	release=$(<"$dir/release")
	root=$(mktemp -d "$dir/initrd.XXXXXX")
	mkdir -p "$root"/{bin,modules,proc,sys,dev,host,rw,newroot}
	cp "$(command -v busybox)" "$root/bin/busybox"
	install -m 755 "$LAB_SRC/tests/lab/guest/init" "$root/init"
	for module in "${KERNEL_BOOT_MODULES[@]}"; do
		modprobe -d "$dir/tree" -S "$release" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		name=$(basename "$file")
		case $name in
		*.xz) xz -dc "$file" >"$root/modules/${name%.xz}" ;;
		*.zst) zstd -qdc "$file" >"$root/modules/${name%.zst}" ;;
		*) cp "$file" "$root/modules/$name" ;;
		esac
		echo "${name%.ko*}.ko" >>"$root/modules/order"
	done
	(cd "$root" && find . | cpio --quiet -o -H newc --owner 0:0) >"$dir/initrd.new" &&
		mv "$dir/initrd.new" "$dir/initrd"
	rm -r "$root"
}

# kernel_warn PACKAGE DIR: where apt does not know the security archive it may have nothing newer than a
# kernel that refuses layer-2 keys (see llsec.c)
kernel_warn() {
	local version first
	version=$(apt-cache show --no-all-versions "$1" | sed -n 's/^Version: //p')
	case $version in
	6.1.*) first=6.1.178 ;;
	6.12.*) first=6.12.97 ;;
	*) return ;;
	esac
	! dpkg --compare-versions "$version" lt $first ||
		echo "lab: Linux $version refuses layer-2 keys, $first is the first that does not: most" \
			"scenarios will fail. Give apt Debian's security archive and remove $2" >&2
}

# kernel_fetch PACKAGE DIR: downloads and unpacks into DIR, all or nothing
kernel_fetch() {
	local package=$1 dir=$2 work
	kernel_warn "$package" "$dir"
	echo "lab: fetching $package (kept in $dir)"
	work=$(mktemp -d "$LAB_CACHE/kernel/fetch.XXXXXX")
	chmod 755 "$work"
	if (cd "$work" && apt-get -q download "$package") >"$work/log" 2>&1 &&
		kernel_unpack "$work"/*.deb "$work"; then
		rm "$work"/*.deb
		mv "$work" "$dir"
	else
		cat "$work/log" >&2
		rm -r "$work"
		echo "lab: cannot fetch $package" >&2
		return 1
	fi
}

# kernel_find VERSION: the newest VERSION that apt knows is in the cache, and linked, afterwards
kernel_find() {
	local version=$1 package name short
	package=$(kernel_package "$version") || {
		echo "lab: apt knows no Linux $version kernel (apt-get update?)" >&2
		return 1
	}
	name=${package#linux-image-}_$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')
	short=$(sed -E 's/^([0-9]+\.[0-9]+).*/\1/' <<<"$name")
	[ -d "$LAB_CACHE/kernel/$name" ] || kernel_fetch "$package" "$LAB_CACHE/kernel/$name" || return 1
	kernel_link "$name" "$short"
	[ "$version" = "$short" ] || kernel_link "$short" "$version"
}

kernel_link() { # kernel_link TO NAME
	[ -L "$LAB_CACHE/kernel/$2" ] || rm -rf "$LAB_CACHE/kernel/$2"
	ln -sfn "$1" "$LAB_CACHE/kernel/$2"
}

# kernel_refresh VERSION: a newer one if apt has it, at most once a day
kernel_refresh() {
	local asked=$LAB_CACHE/kernel/.asked.$1 dir
	[ -z "$(find "$asked" -mtime -1 2>/dev/null)" ] || return 0
	touch "$asked"
	[ "$(id -u)" != 0 ] || timeout 60 apt-get -q update -o Acquire::http::Timeout=10 \
		-o Acquire::Retries=0 >/dev/null 2>&1 || true
	kernel_find "$1" || echo "lab: going on with Linux $(<"$KERNEL_DIR/release")" >&2
	for dir in "$LAB_CACHE"/kernel/*_*; do # what nothing has led to for a day
		[ "$dir" -ef "$KERNEL_DIR" ] || kernel_is_linked "$dir" || [ -z "$(find "$dir" -maxdepth 0 -mtime +0)" ] ||
			rm -rf "$dir"
	done
}

kernel_is_linked() {
	local link
	for link in "$LAB_CACHE"/kernel/*; do
		[ ! -L "$link" ] || [ ! "$link" -ef "$1" ] || return 0
	done
	return 1
}

kernel_prepare() {
	local version=$1 lock
	KERNEL_DIR=$LAB_CACHE/kernel/$version
	mkdir -p "$LAB_CACHE/kernel"
	exec {lock}>"$LAB_CACHE/kernel/lock" # two runs at once: the second waits for the first
	flock "$lock"
	if [ -d "$KERNEL_DIR" ]; then
		kernel_refresh "$version"
	else
		kernel_find "$version" || return 1
	fi
	if [ ! "$KERNEL_DIR/initrd" -nt "$LAB_SRC/tests/lab/guest/init" ]; then
		kernel_initramfs "$KERNEL_DIR" || return 1
	fi
	exec {lock}>&-
}
