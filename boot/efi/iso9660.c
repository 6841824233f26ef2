/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ISO 9660 as far as finding a file takes [ECMA119]: sector 16 is the primary
 * volume descriptor, which holds the root's directory record; a directory is a
 * run of sectors full of records, none of which crosses a sector's end.
 *
 * A record: +0 its length, +2 u32 first sector, +10 u32 bytes, +25 flags (bit
 * 1: a directory), +32 length of the name, +33 the name. Numbers are stored
 * twice, the little-endian ones first.
 */
#include "boot/efi/iso9660.h"
#include "boot/loader.h"
#include "lib/port.h"

#define VOLUME_SECTOR	16u
#define VOLUME_ROOT	156
#define RECORD_LEN_MIN	34u
#define FLAG_DIRECTORY	0x02
#define DIR_SECTORS_MAX 64u /* 2 000 entries: ours has four */

struct record {
	struct iso9660_file file;
	bool is_dir;
	const uint8_t *name;
	uint8_t name_len;
};

/* Takes the name from the system use entries, [at, end), if it is there whole.
 */
static void
rock_ridge_name(const uint8_t *at, const uint8_t *end, struct record *record)
{
	while (end - at >= 5 && at[2] >= 5 && at[2] <= end - at) {
		if (at[0] == 'N' && at[1] == 'M' && at[4] == 0) {
			record->name = at + 5;
			record->name_len = at[2] - 5;
			return;
		}
		at += at[2];
	}
}

/* The record at sector[at]; false if none begins there that ends in time. */
static bool
record_read(const uint8_t *sector, uint32_t at, struct record *record)
{
	const uint8_t *bytes = sector + at;
	uint32_t room = ISO9660_SECTOR - at;
	uint32_t len, name_end;

	if (room < RECORD_LEN_MIN)
		return false;
	len = bytes[0];
	name_end = 33u + bytes[32];
	if (len < RECORD_LEN_MIN || len > room || name_end > len)
		return false;
	record->file.lba = boot_get32(bytes + 2);
	record->file.len = boot_get32(bytes + 10);
	record->is_dir = bytes[25] & FLAG_DIRECTORY;
	record->name_len = bytes[32];
	record->name = bytes + 33;
	/* System use begins at an even offset. */
	name_end += name_end & 1;
	if (name_end < len)
		rock_ridge_name(bytes + name_end, bytes + len, record);
	return true;
}

static uint8_t
upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

static bool
record_is(const struct record *record, const char *name, size_t len)
{
	size_t i;

	if (record->name_len < len)
		return false;
	for (i = 0; i < len; i++) {
		if (upper(record->name[i]) != upper(name[i]))
			return false;
	}
	return record->name_len == len || record->name[len] == ';';
}

/* Looks name up in the directory dir and replaces *dir by what it found. */
static bool
step_into(const struct iso9660 *iso, struct record *dir, const char *name,
	  size_t name_len)
{
	uint32_t count = dir->file.len / ISO9660_SECTOR, i, at;
	struct record record;

	if (!dir->is_dir)
		return false;
	for (i = 0; i < min_of(count, DIR_SECTORS_MAX); i++) {
		if (!iso->read(iso->ctx, dir->file.lba + i))
			return false;
		for (at = 0; record_read(iso->sector, at, &record);
		     at += iso->sector[at]) {
			if (record_is(&record, name, name_len)) {
				*dir = record;
				return true;
			}
		}
	}
	return false;
}

bool
iso9660_find(const struct iso9660 *iso, const char *path,
	     struct iso9660_file *file)
{
	static const char magic[] = { 1, 'C', 'D', '0', '0', '1', 1 };
	struct record at;

	if (!iso->read(iso->ctx, VOLUME_SECTOR) ||
	    memcmp(iso->sector, magic, sizeof(magic)) != 0 ||
	    !record_read(iso->sector, VOLUME_ROOT, &at))
		return false;
	while (*path) {
		const char *slash = strchr(path, '/');
		size_t len = slash ? (size_t)(slash - path) : strlen(path);

		if (!step_into(iso, &at, path, len))
			return false;
		path += len + (slash ? 1 : 0);
	}
	*file = at.file;
	return !at.is_dir;
}
