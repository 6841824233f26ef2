/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds a file on an ISO 9660 volume, because UEFI firmware cannot, and a user
 * may have put his configuration there. Pure: sectors come from a callback.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISO9660_SECTOR 2048u

struct iso9660 {
	/* Reads sector lba of the volume into sector[]; false if it fails. */
	bool (*read)(void *ctx, uint32_t lba);
	void *ctx;
	uint8_t *sector; /* ISO9660_SECTOR bytes, overwritten by each read */
};

struct iso9660_file {
	uint32_t lba; /* of its first sector; the rest follows */
	uint32_t len; /* bytes */
};

/*
 * path: names separated by '/', without a leading one; upper and lower case are
 * the same, the version (";1") is not part of a name. false: no such file, no
 * such volume, or nonsense on it.
 */
bool iso9660_find(const struct iso9660 *iso, const char *path,
		  struct iso9660_file *file);
