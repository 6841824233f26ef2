/* SPDX-License-Identifier: BSD-2-Clause */
/* What the producers of struct boot_info have in common; see loader.h. */
#include "boot/loader.h"
#include "lib/port.h"

const void *
boot_mem_at(const struct boot_mem *mem, uint64_t phys, uint64_t len)
{
	uint64_t offset = phys - mem->start;

	if (phys < mem->start || offset > mem->len || len > mem->len - offset)
		return NULL;
	return mem->bytes + offset;
}

void
boot_set_cmdline(struct boot_info *info, const void *text, uint64_t len)
{
	const char *from = text;
	size_t n = 0;

	while (n < len && from[n] != '\0') {
		if (n == sizeof(info->cmdline) - 1) {
			boot_warn(info, "command line: too long, its end was "
					"cut off");
			break;
		}
		info->cmdline[n] = from[n];
		n++;
	}
	info->cmdline[n] = '\0';
}

void
boot_set_config(struct boot_info *info, const struct boot_mem *mem,
		uint64_t phys, uint64_t len)
{
	const void *text = boot_mem_at(mem, phys, len);

	if (!text) {
		boot_warn(info, "configuration module: not in memory we can "
				"read, ignored");
		return;
	}
	if (len <= BOOT_CONFIG_COPIED) {
		memcpy(info->config_copy, text, len);
		info->config_copy[len] = '\0';
		text = info->config_copy;
	} else if (!ranges_keep(info, phys, phys + len)) {
		boot_warn(info, "configuration module: not in free memory, "
				"ignored");
		return;
	}
	info->config = text;
	info->config_len = len;
}
