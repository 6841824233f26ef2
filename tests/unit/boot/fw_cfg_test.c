/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/fw_cfg.c against a model of QEMU's device. */
#include "boot/fw_cfg.h"

#include "tests/host/mmio.h"
#include "tests/host/test.h"

#include "lib/port.h"

struct model {
	const char *signature;
	uint32_t file_count; /* as the directory says */
	struct {
		const char *name, *text;
		uint32_t size;
	} file[3];
	uint16_t selected;
	uint32_t offset;
};

/* Byte at offset of the directory: u32 count, then records of 64 bytes. */
static uint8_t
directory_byte(const struct model *model, uint32_t offset)
{
	uint32_t i = (offset - 4) / 64, at = (offset - 4) % 64;

	if (offset < 4)
		return model->file_count >> (24 - 8 * offset);
	if (i >= array_len(model->file) || !model->file[i].name)
		return 0;
	if (at < 4)
		return model->file[i].size >> (24 - 8 * at);
	if (at < 6) /* selectors from 0x20 on, big-endian */
		return at == 4 ? 0 : 0x20 + i;
	if (at < 8)
		return 0;
	return at - 8 < strlen(model->file[i].name)
		       ? model->file[i].name[at - 8]
		       : 0;
}

static uint32_t
model_read(void *ctx, uint16_t port, unsigned int len)
{
	struct model *model = ctx;
	uint32_t offset = model->offset++;

	assert_int_equal(port, 1);
	assert_int_equal(len, 1);
	if (!model->signature)
		return 0xff;
	if (model->selected == 0)
		return offset < 4 ? model->signature[offset] : 0;
	if (model->selected == 0x19)
		return directory_byte(model, offset);
	assert_in_range(model->selected, 0x20, 0x22);
	return model->file[model->selected - 0x20].text[offset];
}

static void
model_write(void *ctx, uint16_t port, unsigned int len, uint32_t value)
{
	struct model *model = ctx;

	assert_int_equal(port, 0);
	assert_int_equal(len, 2);
	model->selected = value;
	model->offset = 0;
}

static const struct ioport_ops model_ops = { model_read, model_write };

static enum status
read_config(struct model *model, char *text, size_t size, size_t *len)
{
	enum status status;

	ioport_claim(0x510, 2, &model_ops, model);
	status = fw_cfg_read(FW_CFG_CONFIG, text, size, len);
	mmio_release(model);
	return status;
}

static const struct model good = {
	.signature = "QEMU",
	.file_count = 3,
	.file = {
		{ "etc/acpi/rsdp", "xxxx", 4 },
		{ FW_CFG_CONFIG "2", "yyyy", 4 },
		{ FW_CFG_CONFIG, "ip link\n", 8 },
	},
};

static void
test_the_item_is_read(void **state)
{
	struct model model = good;
	char text[8];
	size_t len = 0;

	assert_int_equal(read_config(&model, text, sizeof(text), &len), OK);
	assert_int_equal(len, 8);
	assert_memory_equal(text, "ip link\n", 8);
}

static void
test_other_machines_have_no_such_device(void **state)
{
	struct model none = { 0 }, other = good;
	char text[8];
	size_t len = 0;

	other.signature = "QEMV";
	assert_int_equal(read_config(&none, text, sizeof(text), &len),
			 ERR_NODEV);
	assert_int_equal(read_config(&other, text, sizeof(text), &len),
			 ERR_NODEV);
}

static void
test_no_such_item(void **state)
{
	struct model model = good;
	char text[8];
	size_t len = 0;

	model.file_count = 2;
	assert_int_equal(read_config(&model, text, sizeof(text), &len),
			 ERR_NOENT);
	model.file_count = 0;
	assert_int_equal(read_config(&model, text, sizeof(text), &len),
			 ERR_NOENT);
}

static void
test_too_big_an_item_is_left_alone(void **state)
{
	struct model model = good;
	char text[8] = "before";
	size_t len = 0;

	assert_int_equal(read_config(&model, text, 7, &len), ERR_MSGSIZE);
	assert_int_equal(len, 8);
	assert_string_equal(text, "before");
	model.file[2].size = UINT32_MAX;
	assert_int_equal(read_config(&model, text, sizeof(text), &len),
			 ERR_MSGSIZE);
	assert_int_equal(len, UINT32_MAX);
}

static void
test_an_absurd_directory_is_not_walked(void **state)
{
	struct model model = good;
	char text[8];
	size_t len = 0;

	model.file_count = UINT32_MAX;
	assert_int_equal(read_config(&model, text, sizeof(text), &len), ERR_IO);
	/* No terminator in any name: 56 bytes are compared, no more. */
	model = good;
	model.file[2].name = FW_CFG_CONFIG "........................"
					   "................";
	assert_int_equal(read_config(&model, text, sizeof(text), &len),
			 ERR_NOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_item_is_read),
		cmocka_unit_test(test_other_machines_have_no_such_device),
		cmocka_unit_test(test_no_such_item),
		cmocka_unit_test(test_too_big_an_item_is_left_alone),
		cmocka_unit_test(test_an_absurd_directory_is_not_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
