#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# iso.sh IMAGE MBR PATH=FILE...: a hybrid image of these files [HARDWARE 5.4].
# BIOS: El Torito on a CD, the MBR on a disk, start GRUB. UEFI: El Torito on a CD,
# the GPT on a disk, lead to the FAT file system in boot/efi.img. Dates are the
# commit's, whatever the clock says.
set -eu
image=$1 mbr=$2
shift 2
date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S00)

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
rm -f "$image"
for pair in "$@"; do
	path=$directory/${pair%%=*}
	mkdir -p "${path%/*}"
	cp "${pair#*=}" "$path"
	chmod 644 "$path"
done

log=$(xorriso -as mkisofs -r -V FAIRLEAD -iso-level 3 \
	--modification-date="$date" --set_all_file_dates "$date" \
	--gpt_disk_guid 46614c64-7269-4561-8000-000000000001 \
	-c boot/boot.cat -b boot/grub/eltorito.img -no-emul-boot \
	-boot-load-size 4 -boot-info-table --grub2-boot-info --grub2-mbr "$mbr" \
	-eltorito-alt-boot -e boot/efi.img -no-emul-boot \
	-efi-boot-part --efi-boot-image --protective-msdos-label \
	-o "$image" "$directory" 2>&1) || {
	echo "$log" >&2
	rm -f "$image"
	exit 1
}
