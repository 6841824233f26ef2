/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/efi/iso9660.c: a small volume, and damaged ones. */
#include "boot/efi/iso9660.h"

#include "tests/host/test.h"

#include "lib/port.h"

#define SECTORS	  32u
#define ROOT_LBA  18u
#define BOOT_LBA  20u
#define LONG_NAME "fairlead.conf"

struct volume {
	uint8_t bytes[SECTORS][ISO9660_SECTOR];
	uint8_t sector[ISO9660_SECTOR];
	unsigned int read_count;
};

static bool
volume_read(void *ctx, uint32_t lba)
{
	struct volume *volume = ctx;

	volume->read_count++;
	if (lba >= SECTORS)
		return false;
	memcpy(volume->sector, volume->bytes[lba], ISO9660_SECTOR);
	return true;
}

static void
put32(uint8_t *at, uint32_t v)
{
	memcpy(at, &v, sizeof(v));
}

/* Writes a record and returns its length. long_name: the Rock Ridge one. */
static size_t
put_record(uint8_t *at, uint32_t lba, uint32_t len, bool is_dir,
	   const char *name, size_t name_len, const char *long_name)
{
	size_t used = (33 + name_len + 1) & ~1ul;

	put32(at + 2, lba);
	put32(at + 10, len);
	at[25] = is_dir ? 2 : 0;
	at[32] = name_len;
	memcpy(at + 33, name, name_len);
	if (long_name) {
		/* Behind another entry, as there are several. */
		memcpy(at + used, "PX\x06\x01..", 6);
		memcpy(at + used + 6, "NM\x00\x01\x00", 5);
		at[used + 8] = 5 + strlen(long_name);
		memcpy(at + used + 11, long_name, strlen(long_name));
		used += 11 + strlen(long_name);
	}
	used = (used + 1) & ~1ul;
	at[0] = used;
	return used;
}

static void
put_volume(struct volume *volume)
{
	uint8_t *at = volume->bytes[16];

	memset(volume, 0, sizeof(*volume));
	memcpy(at,
	       "\x01"
	       "CD001\x01",
	       7);
	put_record(at + 156, ROOT_LBA, 2 * ISO9660_SECTOR, true, "", 1, NULL);
	/* The root fills one sector and goes on in the next. */
	at = volume->bytes[ROOT_LBA];
	at += put_record(at, ROOT_LBA, 4096, true, "", 1, NULL);
	at += put_record(at, ROOT_LBA, 4096, true, "\1", 1, NULL);
	at += put_record(at, 30, 5, false, "A.;1", 4, NULL);
	at = volume->bytes[ROOT_LBA + 1];
	put_record(at, BOOT_LBA, ISO9660_SECTOR, true, "BOOT", 4, "boot");
	at = volume->bytes[BOOT_LBA];
	at += put_record(at, 25, 7, false, "FAIRLEAD.CON;1", 14, LONG_NAME);
	at += put_record(at, 26, 8, false, "FAIRLEAD.ELF;1", 14, NULL);
}

static bool
find(struct volume *volume, const char *path, struct iso9660_file *file)
{
	const struct iso9660 iso = { volume_read, volume, volume->sector };

	volume->read_count = 0;
	return iso9660_find(&iso, path, file);
}

static void
test_files_are_found(void **state)
{
	struct volume *volume = malloc(sizeof(*volume));
	struct iso9660_file file = { 0 };

	put_volume(volume);
	assert_true(find(volume, "boot/fairlead.conf", &file));
	assert_int_equal(file.lba, 25);
	assert_int_equal(file.len, 7);
	assert_true(find(volume, "BOOT/fairlead.elf", &file));
	assert_int_equal(file.lba, 26);
	assert_true(find(volume, "a.", &file));
	assert_int_equal(file.lba, 30);
	free(volume);
}

static void
test_other_names_are_not(void **state)
{
	static const char *const paths[] = {
		"boot",
		"fairlead.conf",
		"boot/fairlead",
		"boot/fairlead.conf2",
		"boot/fairlead.con",
		"a./b",
		"boot/",
		"",
		"/boot/fairlead.conf",
	};
	struct volume *volume = malloc(sizeof(*volume));
	struct iso9660_file file;
	unsigned int i;

	put_volume(volume);
	for (i = 0; i < array_len(paths); i++)
		assert_false(find(volume, paths[i], &file));
	free(volume);
}

static void
test_no_volume_and_no_disk(void **state)
{
	struct volume *volume = calloc(1, sizeof(*volume));
	struct iso9660_file file;

	assert_false(find(volume, "boot/fairlead.conf", &file));
	put_volume(volume);
	put32(volume->bytes[16] + 156 + 2, SECTORS);
	assert_false(find(volume, "boot/fairlead.conf", &file));
	free(volume);
}

static void
test_an_endless_directory_is_given_up(void **state)
{
	struct volume *volume = calloc(1, sizeof(*volume));
	struct iso9660_file file;
	uint32_t at;

	put_volume(volume);
	/* A sector full of the shortest records, again and again. */
	for (at = 0; at + 34 <= ISO9660_SECTOR; at += 34)
		put_record(volume->bytes[0] + at, 0, 0, true, "X", 1, NULL);
	put32(volume->bytes[16] + 156 + 2, 0);
	put32(volume->bytes[16] + 156 + 10, UINT32_MAX);
	assert_false(find(volume, "there is no such name", &file));
	assert_in_range(volume->read_count, 30, 100);
	free(volume);
}

static void
test_random_damage_is_survived(void **state)
{
	struct random random = test_random();
	struct volume *volume = malloc(sizeof(*volume));
	static const uint32_t lbas[] = { 16, ROOT_LBA, ROOT_LBA + 1, BOOT_LBA };
	struct iso9660_file file;
	unsigned int round;

	for (round = 0; round < 5000; round++) {
		unsigned int hits = 1 + random_below(&random, 16);

		put_volume(volume);
		while (hits-- > 0) {
			uint32_t lba = lbas[random_below(&random, 4)];
			uint32_t at = random_below(&random, 256);

			/* Also records that end at the sector's last byte. */
			if (random_below(&random, 2))
				at = ISO9660_SECTOR - 1 - at;
			volume->bytes[lba][at] = random_u32(&random);
		}
		find(volume, "boot/fairlead.conf", &file);
		assert_in_range(volume->read_count, 1, 200);
	}
	free(volume);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_are_found),
		cmocka_unit_test(test_other_names_are_not),
		cmocka_unit_test(test_no_volume_and_no_disk),
		cmocka_unit_test(test_an_endless_directory_is_given_up),
		cmocka_unit_test(test_random_damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
