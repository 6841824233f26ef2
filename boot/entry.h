/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the kernel is entered, for entry.S, the producers and our EFI loader: in
 * 32-bit protected mode, paging and interrupts off, EAX = who calls, EBX = the
 * physical address of what he has to tell. (A PVH loader sets no EAX: its entry
 * point is another one, which does.)
 */
#pragma once

#define BOOT_MAGIC_MB2 0x36d76289 /* [MB2 3.3] */
#define BOOT_MAGIC_PVH 0x336ec578 /* also opens the start information [PVH] */
#define BOOT_MAGIC_EFI 0x46614c64 /* our own: EBX = struct efi_handoff */
