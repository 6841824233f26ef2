/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/irq.c and the virtual clock keep the contracts of arch. */
#include "tests/host/test.h"

#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/irq.h>

#include "tests/host/host.h"
#include "tests/host/irq.h"

static void
count(void *arg)
{
	unsigned int *counter = arg;

	(*counter)++;
}

static void
test_a_message_runs_its_handler(void **state)
{
	struct irq_msi_message a_message, b_message;
	unsigned int a_count = 0, b_count = 0;
	struct irq *a, *b;

	a = irq_alloc_msi("a", count, &a_count, &a_message);
	b = irq_alloc_msi("b", count, &b_count, &b_message);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(host_irq_used(), 2);
	assert_true(host_irq_msi(b_message.addr, b_message.data));
	assert_int_equal(a_count, 0);
	assert_int_equal(b_count, 1);
	assert_int_equal(host_irq_count(b), 1);
	assert_false(host_irq_msi(a_message.addr + 4, a_message.data));
	assert_false(host_irq_msi(a_message.addr, b_message.data + 1));
	assert_false(host_irq_msi(a_message.addr, 0));
	irq_free(b);
	assert_false(host_irq_msi(b_message.addr, b_message.data));
	irq_free(a);
	irq_free(NULL);
	assert_int_equal(host_irq_used(), 0);
}

static void
test_a_line_is_shared(void **state)
{
	unsigned int a_count = 0, b_count = 0;
	struct irq *a, *b;

	a = irq_alloc_gsi("a", 17, IRQ_LEVEL_LOW, count, &a_count);
	b = irq_alloc_gsi("b", 17, IRQ_LEVEL_LOW, count, &b_count);
	assert_non_null(a);
	assert_non_null(b);
	assert_null(irq_alloc_gsi("c", 17, IRQ_EDGE_HIGH, count, NULL));
	assert_true(host_irq_gsi(17));
	assert_false(host_irq_gsi(18));
	assert_int_equal(a_count + b_count, 2);
	irq_free(a);
	assert_true(host_irq_gsi(17));
	assert_int_equal(a_count, 1);
	assert_int_equal(b_count, 2);
	irq_free(b);
	assert_int_equal(host_irq_used(), 0);
}

static void
test_vectors_run_out(void **state)
{
	struct irq_msi_message message;
	struct irq *irq[300];
	unsigned int n = 0, counter = 0;

	while ((irq[n] = irq_alloc_msi("x", count, &counter, &message)))
		n++;
	assert_in_range(n, 1, 256);
	while (n > 0)
		irq_free(irq[--n]);
	host_irq_exhaust(1);
	assert_null(irq_alloc_msi("x", count, &counter, &message));
	irq[0] = irq_alloc_msi("x", count, &counter, &message);
	assert_non_null(irq[0]);
	irq_free(irq[0]);
}

static void
visit(void *ctx, const struct irq_info *info)
{
	unsigned int *seen = ctx;

	if (strcmp(info->name, "msi") == 0) {
		assert_string_equal(info->chip, "PCI-MSI");
		assert_int_equal(info->count, 0);
		*seen |= 1;
	} else if (strcmp(info->name, "line") == 0) {
		assert_string_equal(info->chip, "IO-APIC");
		assert_int_equal(info->vector, 4);
		assert_int_equal(info->count, 2);
		*seen |= 2;
	}
}

static void
test_vectors_can_be_listed(void **state)
{
	struct irq_msi_message message;
	unsigned int counter = 0, seen = 0;
	struct irq *a, *b;

	a = irq_alloc_msi("msi", count, &counter, &message);
	b = irq_alloc_gsi("line", 4, IRQ_EDGE_HIGH, count, &counter);
	assert_non_null(a);
	assert_non_null(b);
	host_irq_gsi(4);
	host_irq_gsi(4);
	irq_for_each(visit, &seen);
	assert_int_equal(seen, 3);
	irq_free(a);
	irq_free(b);
}

static void
test_time_moves_when_someone_waits(void **state)
{
	uint64_t then = clock_now_ns();

	assert_true(clock_now_ns() == then);
	clock_delay_us(3);
	assert_true(clock_now_ns() == then + 3000);
	cpu_relax();
	assert_true(clock_now_ns() > then + 3000);
	clock_wake_at(then + 1000000);
	cpu_idle();
	assert_true(clock_now_ns() == then + 1000000);
	clock_wake_at(UINT64_MAX);
	cpu_idle();
	assert_true(clock_now_ns() == then + 1000000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_runs_its_handler),
		cmocka_unit_test(test_a_line_is_shared),
		cmocka_unit_test(test_vectors_run_out),
		cmocka_unit_test(test_vectors_can_be_listed),
		cmocka_unit_test(test_time_moves_when_someone_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
