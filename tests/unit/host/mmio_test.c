/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/mmio.c: accesses reach the model that claimed them, or panic. */
#include "tests/host/test.h"

#include <arch/io.h>
#include <arch/vm.h>

#include "tests/host/host.h"
#include "tests/host/mmio.h"

#define BAR 0xfebc0000u

struct model {
	uint32_t offset, value, len, reads, writes;
};

static uint32_t
read32(void *ctx, uint32_t offset)
{
	struct model *model = ctx;

	model->offset = offset;
	model->reads++;
	return model->value;
}

static void
write32(void *ctx, uint32_t offset, uint32_t value)
{
	struct model *model = ctx;

	model->offset = offset;
	model->value = value;
	model->writes++;
}

static uint32_t
read_port(void *ctx, uint16_t offset, unsigned int len)
{
	struct model *model = ctx;

	model->len = len;
	return read32(ctx, offset);
}

static void
write_port(void *ctx, uint16_t offset, unsigned int len, uint32_t value)
{
	struct model *model = ctx;

	model->len = len;
	write32(ctx, offset, value);
}

static const struct mmio_ops mmio_ops = { read32, write32 };
static const struct ioport_ops port_ops = { read_port, write_port };

static void
test_registers(void **state)
{
	uint8_t *bar = vm_map_mmio(BAR, 0x20000);
	struct model a = { 0 }, b = { 0 };
	struct mmio_counts before = *mmio_counts();

	mmio_claim(BAR, 0x20000, &mmio_ops, &a);
	mmio_claim(BAR + 0x20000, 0x1000, &mmio_ops, &b);
	mmio_write32(bar + 0x3818, 7);
	assert_int_equal(a.offset, 0x3818);
	assert_int_equal(a.value, 7);
	assert_int_equal(mmio_read32(bar + 0x1fffc), 7);
	assert_int_equal(a.offset, 0x1fffc);
	assert_int_equal(mmio_read32(bar + 0x20000), 0);
	assert_int_equal(b.reads, 1);
	assert_int_equal(b.offset, 0);
	assert_int_equal(mmio_counts()->reads - before.reads, 2);
	assert_int_equal(mmio_counts()->writes - before.writes, 1);
	mmio_release(&a);
	mmio_release(&b);
}

static void
test_ports(void **state)
{
	struct model uart = { 0 }, memory = { 0 };

	ioport_claim(0x3f8, 8, &port_ops, &uart);
	/* Ports and memory are two spaces. */
	mmio_claim(0x3f8, 8, &mmio_ops, &memory);
	port_out8(0x3f8, 0x41);
	assert_int_equal(uart.value, 0x41);
	assert_int_equal(uart.len, 1);
	port_out16(0x3fa, 0x1234);
	assert_int_equal(uart.offset, 2);
	assert_int_equal(uart.len, 2);
	port_out32(0x3fc, 0x12345678);
	assert_int_equal(uart.len, 4);
	assert_int_equal(port_in32(0x3f8), 0x12345678);
	assert_int_equal(port_in16(0x3f8), 0x5678);
	assert_int_equal(port_in8(0x3ff), 0x78);
	assert_int_equal(uart.offset, 7);
	assert_int_equal(memory.reads + memory.writes, 0);
	mmio_release(&uart);
	mmio_release(&memory);
}

static void
test_unclaimed_accesses_panic(void **state)
{
	uint8_t *bar = vm_map_mmio(BAR, 0x1000);
	struct model model = { 0 };

	mmio_claim(BAR, 0x1000, &mmio_ops, &model);
	if (host_expect_panic() == 0) {
		mmio_read32(bar + 0x1000);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "which no model claimed"));
	if (host_expect_panic() == 0) {
		mmio_write32(bar - 4, 1);
		host_no_panic();
	}
	if (host_expect_panic() == 0) {
		mmio_read32(bar + 2);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "unaligned"));
	if (host_expect_panic() == 0) {
		port_in8(0x60);
		host_no_panic();
	}
	mmio_release(&model);
	if (host_expect_panic() == 0) {
		mmio_read32(bar);
		host_no_panic();
	}
	assert_int_equal(model.reads + model.writes, 0);
}

static void
test_overlapping_claims_panic(void **state)
{
	static const struct {
		uint64_t addr, len;
	} cases[] = {
		{ BAR, 0x1000 },	  { BAR + 0xfff, 1 },	{ BAR - 1, 2 },
		{ BAR - 0x1000, 0x3000 }, { BAR + 0x10, 0x10 },
	};
	struct model model = { 0 };
	volatile size_t i;

	mmio_claim(BAR, 0x1000, &mmio_ops, &model);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (host_expect_panic() == 0) {
			mmio_claim(cases[i].addr, cases[i].len, &mmio_ops,
				   &model);
			host_no_panic();
		}
		assert_non_null(strstr(host_panic_text(), "claimed already"));
	}
	mmio_claim(BAR - 1, 1, &mmio_ops, &model);
	mmio_claim(BAR + 0x1000, 1, &mmio_ops, &model);
	mmio_release(&model);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_unclaimed_accesses_panic),
		cmocka_unit_test(test_overlapping_claims_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
