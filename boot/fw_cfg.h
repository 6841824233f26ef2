/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's firmware configuration device: named pieces of data that the command
 * line gives to the guest (`-fw_cfg name=opt/...,file=...`), on every boot
 * path. Through its I/O ports, before other cores run; there is no lock.
 */
#pragma once

#include <stddef.h>

#include "lib/port.h"

/* Where our configuration is, if there is one. */
#define FW_CFG_CONFIG "opt/org.fairlead/config"

/*
 * Copies the item called name into bytes and sets *len. ERR_NODEV: this is no
 * QEMU; ERR_NOENT: no such item; ERR_MSGSIZE: it does not fit into size,
 * nothing was copied but *len tells how long it is; ERR_IO: its directory is
 * nonsense.
 */
enum status fw_cfg_read(const char *name, void *bytes, size_t size,
			size_t *len) must_use;
