#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What loaders insist on, checked at build time instead of at a silent boot
# [HARDWARE E]: size, where the headers lie, no segment both written and run.
set -eu
elf=$1
fail() {
	echo "$elf: $*" >&2
	exit 1
}

len=$(wc -c <"$elf")
[ "$len" -lt 786432 ] || fail "$len bytes are more than 768 KiB"

segments=$(LC_ALL=C readelf -lW "$elf")
echo "$segments" | grep -q 'RWE' && fail 'a segment is writable and executable'
echo "$segments" | awk '$1 == "NOTE" && $NF == "0x4" { ok = 1 }
	END { exit !ok }' || fail 'no PT_NOTE of alignment 4 (PVH)'

# The Multiboot2 magic, 8-aligned, in the first 32 KiB.
head -c 32768 "$elf" | od -An -v -tx4 -w8 | awk '$1 == "e85250d6" { ok = 1 }
	END { exit !ok }' || fail 'no Multiboot2 header in the first 32 KiB'
