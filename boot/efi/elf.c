/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the kernel as an ELF64 file [ELF], embedded in the loader, to the kernel
 * as it lies in memory: every PT_LOAD segment at its physical address, zeros
 * behind its bytes. Nothing is relocated.
 */
#include "boot/efi/elf.h"
#include "boot/loader.h"
#include "lib/port.h"

#define EHDR_LEN    64
#define PHDR_LEN    56
#define PT_LOAD	    1
#define EM_X86_64   62
#define ADDRESS_END (1ull << 32)

struct segment {
	uint64_t offset, file_len; /* in the file */
	uint64_t start, len;	   /* in memory */
};

/* Program header i; false if it is none to load. */
static bool
segment_read(const uint8_t *file, unsigned int i, struct segment *segment)
{
	const uint8_t *at =
		file + boot_get64(file + 32) + (uint64_t)i * PHDR_LEN;

	segment->offset = boot_get64(at + 8);
	segment->start = boot_get64(at + 24);
	segment->file_len = boot_get64(at + 32);
	segment->len = boot_get64(at + 40);
	return boot_get32(at) == PT_LOAD && segment->len > 0;
}

static const char *
segment_check(const struct segment *segment, size_t len)
{
	if (segment->offset > len || segment->file_len > len - segment->offset)
		return "a segment lies outside of the file";
	if (segment->file_len > segment->len)
		return "a segment is shorter than its bytes";
	if (segment->start >= ADDRESS_END ||
	    segment->len > ADDRESS_END - segment->start)
		return "a segment lies above 4 GiB";
	return NULL;
}

static const char *
header_check(const uint8_t *file, size_t len)
{
	/* 64-bit, little-endian, version 1. */
	static const uint8_t magic[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	uint64_t phoff;

	if (len < EHDR_LEN || memcmp(file, magic, sizeof(magic)) != 0 ||
	    boot_get16(file + 18) != EM_X86_64)
		return "no ELF file for x86-64";
	phoff = boot_get64(file + 32);
	if (boot_get16(file + 54) != PHDR_LEN || phoff > len ||
	    (size_t)boot_get16(file + 56) * PHDR_LEN > len - phoff)
		return "the program headers lie outside of the file";
	return NULL;
}

const char *
elf_check(struct elf_image *image, const uint8_t *file, size_t len)
{
	const char *wrong = header_check(file, len);
	uint64_t start = ADDRESS_END, end = 0, entry;
	struct segment segment;
	unsigned int i;

	if (wrong)
		return wrong;
	for (i = 0; i < boot_get16(file + 56); i++) {
		if (!segment_read(file, i, &segment))
			continue;
		wrong = segment_check(&segment, len);
		if (wrong)
			return wrong;
		start = min_of(start, segment.start);
		end = max_of(end, segment.start + segment.len);
	}
	entry = boot_get64(file + 24);
	if (entry < start || entry >= end)
		return "the entry point lies outside of the segments";
	image->file = file;
	image->start = start & ~4095ull;
	image->end = (end + 4095) & ~4095ull;
	image->entry = entry;
	return NULL;
}

void
elf_place(const struct elf_image *image, uint8_t *to)
{
	struct segment segment;
	unsigned int i;

	memset(to, 0, image->end - image->start);
	for (i = 0; i < boot_get16(image->file + 56); i++) {
		if (segment_read(image->file, i, &segment))
			memcpy(to + (segment.start - image->start),
			       image->file + segment.offset, segment.file_len);
	}
}
