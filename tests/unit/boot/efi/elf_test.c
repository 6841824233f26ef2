/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/efi/elf.c: a well-formed kernel, and everything that is none. */
#include "boot/efi/elf.h"

#include "tests/host/test.h"

#include "lib/port.h"

#define FILE_LEN 0x2000u

struct header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program {
	uint32_t type, flags;
	uint64_t offset, virt, phys, file_len, len, align;
};

struct file {
	struct header header;
	struct program program[4];
	uint8_t rest[FILE_LEN - sizeof(struct header) -
		     4 * sizeof(struct program)];
};
_Static_assert(sizeof(struct file) == FILE_LEN, "as the loader sees it");

/* Two segments with a gap, a note, and an empty one. */
static struct file *
good_file(void)
{
	struct file *file = calloc(1, sizeof(*file));

	file->header = (struct header){
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.machine = 62,
		.entry = 0x100010,
		.phoff = sizeof(struct header),
		.phentsize = 56,
		.phnum = 4,
	};
	file->program[0] =
		(struct program){ 4,	      0,	  UINT64_MAX, 0,
				  UINT64_MAX, UINT64_MAX, UINT64_MAX, 0 };
	file->program[1] =
		(struct program){ 1, 5, 0x1000, 0, 0x100000, 0x20, 0x20, 0 };
	file->program[2] =
		(struct program){ 1, 6, 0x1020, 0, 0x101008, 4, 0x1000, 0 };
	file->program[3] =
		(struct program){ 1, 6, UINT64_MAX, 0, UINT64_MAX, 0, 0, 0 };
	memset((uint8_t *)file + 0x1000, 'a', 0x20);
	memset((uint8_t *)file + 0x1020, 'b', 4);
	return file;
}

static void
test_segments_are_laid_out(void **state)
{
	struct file *file = good_file();
	struct elf_image image;
	uint8_t *memory;
	unsigned int i;

	assert_null(elf_check(&image, (uint8_t *)file, FILE_LEN));
	assert_int_equal(image.start, 0x100000);
	assert_int_equal(image.end, 0x103000);
	assert_int_equal(image.entry, 0x100010);
	memory = malloc(image.end - image.start);
	memset(memory, 0xee, image.end - image.start);
	elf_place(&image, memory);
	for (i = 0; i < 0x3000; i++) {
		uint8_t want = i < 0x20 ? 'a' : 0;

		if (i >= 0x1008 && i < 0x100c)
			want = 'b';
		assert_int_equal(memory[i], want);
	}
	free(memory);
	free(file);
}

/* Checks a file with one field changed, in exactly as many bytes as it has. */
static void
assert_refused(const struct file *file, size_t len, const char *why)
{
	uint8_t *exact = malloc(len);
	struct elf_image image;
	const char *wrong;

	memcpy(exact, file, len);
	wrong = elf_check(&image, exact, len);
	assert_non_null(wrong);
	assert_non_null(strstr(wrong, why));
	free(exact);
}

#define assert_change_refused(field, value, why)                               \
	do {                                                                   \
		struct file *changed = good_file();                            \
                                                                               \
		changed->field = (value);                                      \
		assert_refused(changed, FILE_LEN, why);                        \
		free(changed);                                                 \
	} while (0)

static void
test_other_files_are_refused(void **state)
{
	struct file *file = good_file();

	assert_refused(file, 1, "no ELF");
	assert_refused(file, 63, "no ELF");
	assert_refused(file, 64, "program headers");
	assert_refused(file, 0x1000, "a segment lies outside");
	free(file);
	assert_change_refused(header.ident[0], 0x7e, "no ELF");
	assert_change_refused(header.ident[4], 1, "no ELF");
	assert_change_refused(header.machine, 3, "no ELF");
	assert_change_refused(header.phentsize, 32, "program headers");
	assert_change_refused(header.phoff, UINT64_MAX, "program headers");
	assert_change_refused(header.phoff, FILE_LEN - 100, "program headers");
	assert_change_refused(header.phnum, 0xffff, "program headers");
	assert_change_refused(header.phnum, 0, "entry point");
}

static void
test_bad_segments_are_refused(void **state)
{
	assert_change_refused(program[1].offset, UINT64_MAX, "outside");
	assert_change_refused(program[1].offset, FILE_LEN - 0x1f, "outside");
	assert_change_refused(program[1].file_len, UINT64_MAX, "outside");
	assert_change_refused(program[1].len, 0x1f, "shorter");
	assert_change_refused(program[2].phys, 1ull << 32, "above 4 GiB");
	assert_change_refused(program[2].phys, (1ull << 32) - 0xfff,
			      "above 4 GiB");
	assert_change_refused(program[2].len, UINT64_MAX, "above 4 GiB");
	assert_change_refused(header.entry, 0xfffff, "entry point");
	assert_change_refused(header.entry, 0x102008, "entry point");
	assert_change_refused(header.entry, UINT64_MAX, "entry point");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments_are_laid_out),
		cmocka_unit_test(test_other_files_are_refused),
		cmocka_unit_test(test_bad_segments_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
