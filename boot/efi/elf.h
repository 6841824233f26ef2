/* SPDX-License-Identifier: BSD-2-Clause */
/* The little of ELF64 that loading our own kernel takes. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct elf_image {
	const uint8_t *file;
	/* What its segments occupy in memory, page-aligned, below 4 GiB. */
	uint64_t start, end;
	uint32_t entry; /* within [start, end) */
};

/* Checks a file and fills *image; NULL, or a sentence about what is wrong. */
const char *elf_check(struct elf_image *image, const uint8_t *file, size_t len);

/* Lays the checked image out at to, which has end - start bytes. */
void elf_place(const struct elf_image *image, uint8_t *to);
