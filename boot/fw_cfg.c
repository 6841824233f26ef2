/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port interface of fw_cfg [FWCFG]: a 16-bit write to the selector chooses
 * an item and rewinds it, each byte read from the data port is its next one.
 * Item 0 is a signature, item 0x19 a directory: u32 count, then per file {u32
 * size, u16 selector, u16 0, char name[56]}, all big-endian.
 */
#include <arch/io.h>

#include "boot/fw_cfg.h"
#include "lib/be.h"

#define FW_CFG_SELECTOR	 0x510
#define FW_CFG_DATA	 0x511
#define FW_CFG_SIGNATURE 0x00
#define FW_CFG_DIRECTORY 0x19
/* QEMU's selectors leave room for 16 thousand files; it has some thirty. */
#define FW_CFG_FILES_MAX 4096

struct fw_cfg_file {
	be32 size;
	be16 selector;
	be16 reserved;
	char name[56];
};

_Static_assert(sizeof(struct fw_cfg_file) == 64, "as in the directory");

static void
fw_cfg_select(uint16_t item)
{
	port_out16(FW_CFG_SELECTOR, item);
}

static void
fw_cfg_bytes(void *bytes, size_t len)
{
	uint8_t *to = bytes;
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = port_in8(FW_CFG_DATA);
}

/* Without the device the ports read as all ones. */
static bool
fw_cfg_present(void)
{
	char signature[4];

	fw_cfg_select(FW_CFG_SIGNATURE);
	fw_cfg_bytes(signature, sizeof(signature));
	return memcmp(signature, "QEMU", sizeof(signature)) == 0;
}

static enum status
fw_cfg_find(const char *name, struct fw_cfg_file *file)
{
	uint32_t i, count;
	be32 wire_count;

	fw_cfg_select(FW_CFG_DIRECTORY);
	fw_cfg_bytes(&wire_count, sizeof(wire_count));
	count = be32_get(wire_count);
	if (count > FW_CFG_FILES_MAX)
		return ERR_IO;
	for (i = 0; i < count; i++) {
		fw_cfg_bytes(file, sizeof(*file));
		/* Never past its 56 bytes, and a longer name is another. */
		if (strlen(name) < sizeof(file->name) &&
		    strncmp(name, file->name, sizeof(file->name)) == 0)
			return OK;
	}
	return ERR_NOENT;
}

enum status
fw_cfg_read(const char *name, void *bytes, size_t size, size_t *len)
{
	struct fw_cfg_file file;
	enum status status;

	if (!fw_cfg_present())
		return ERR_NODEV;
	status = fw_cfg_find(name, &file);
	if (status != OK)
		return status;
	*len = be32_get(file.size);
	if (*len > size)
		return ERR_MSGSIZE;
	fw_cfg_select(be16_get(file.selector));
	fw_cfg_bytes(bytes, *len);
	return OK;
}
