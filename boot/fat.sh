#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fat.sh IMAGE LOADER: a FAT file system with the EFI loader on it. A floppy's
# geometry, which all firmware knows; the serial number is fixed, the dates are
# those of SOURCE_DATE_EPOCH, which mtools honours.
set -eu
image=$1 loader=$2

rm -f "$image"
export TZ=UTC
mformat -C -i "$image" -f 1440 -N 46614c64 -v FAIRLEAD ::
mmd -i "$image" ::/EFI ::/EFI/BOOT
mcopy -i "$image" "$loader" ::/EFI/BOOT/BOOTX64.EFI
