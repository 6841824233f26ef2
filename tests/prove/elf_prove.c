/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 9 elf_check.0:4 */
/* Any file of 120 bytes as an ELF image: its segments are looked for in
 * the file alone, and what is accepted has them all within its bounds. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "boot/efi/elf.c"

int
main(void)
{
	const size_t len = 120;
	struct segment segment;
	struct elf_image image;
	uint8_t *file;

	file = any_bytes(len);
	if (elf_check(&image, file, len))
		return 0;
	prove(image.start < image.end && image.end <= 1ull << 32);
	prove(image.entry >= image.start && image.entry < image.end);
	if (!segment_read(file, 0, &segment))
		return 0;
	prove(segment.start >= image.start);
	prove(segment.start + segment.len <= image.end);
	prove(segment.offset <= len && segment.file_len <= len);
	prove(segment.file_len <= segment.len);
	return 0;
}
