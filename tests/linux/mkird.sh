#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mkird.sh MODULES OUT.gz INIT PROGRAM... - the reference guest's initramfs:
# busybox, its e1000e module, INIT, and programs, in the root, with the libraries
# that they need.
set -e
modules=$1 out=$(readlink -f "$2") init=$3
shift 3
d=$(mktemp -d)
trap 'rm -r "$d"' EXIT
mkdir -p "$d/bin" "$d/proc" "$d/sys" "$d/dev"
cp /bin/busybox "$d/bin/"
cp "$modules/kernel/drivers/net/ethernet/intel/e1000e/e1000e.ko" "$d/"
cp "$init" "$d/init"
chmod +x "$d/init"
for program in "$@"; do
	cp -L "$program" "$d/"
	# A static program has none.
	ldd "$program" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$d${library%/*}"
		cp -L "$library" "$d$library"
	done
done
(cd "$d" && find . | cpio -o -H newc --quiet | gzip -9) > "$out"
