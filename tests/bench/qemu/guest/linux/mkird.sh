#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mkird.sh MODULES BUILT OUT.gz - the reference guest's initramfs: busybox, its
# e1000e module, and the programs that were built.
set -e
here=$(dirname "$(readlink -f "$0")")
mods=$1 built=$2 out=$(readlink -f "$3")
d=$(mktemp -d)
trap 'rm -r "$d"' EXIT
mkdir -p "$d/bin" "$d/proc" "$d/sys" "$d/dev"
cp /bin/busybox "$d/bin/"
cp "$mods/kernel/drivers/net/ethernet/intel/e1000e/e1000e.ko" "$d/"
cp "$here/init" "$built/tcpd" "$built/ethgro" "$d/"
chmod +x "$d/init"
(cd "$d" && find . | cpio -o -H newc --quiet | gzip -9) > "$out"
