/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding devices, and the parts of their configuration that drivers use. */
#include "tests/host/test.h"

#include "drivers/pci.h"
#include "tests/host/host.h"
#include "tests/host/mmio.h"
#include "tests/host/pci_model.h"

#define ECAM_BASE 0xb0000000u

static struct pci pci;
static struct pci_model model;

static int
setup(void **state)
{
	memset(&pci, 0, sizeof(pci));
	pci_model_init(&model);
	return 0;
}

static int
teardown(void **state)
{
	pci_model_fini(&model);
	return 0;
}

static struct pci_device *
find(uint8_t bus, uint8_t slot, uint8_t function)
{
	for (unsigned int i = 0; i < pci.device_count; i++)
		if (pci.device[i].at.bus == bus &&
		    pci.device[i].at.slot == slot &&
		    pci.device[i].at.function == function)
			return &pci.device[i];
	return NULL;
}

static struct pci_model_function *
add_nic(uint8_t bus, uint8_t slot)
{
	return pci_model_add(&model, bus, slot, 0, 0x8086, 0x10d3, 0x0200);
}

/* ---- the walk ----------------------------------------------------------- */

static void
scan_reads_the_header(void **state)
{
	struct pci_model_function *f = add_nic(0, 2);
	struct pci_device *dev;

	f->config[PCI_CLASS / 4] |= 0x05; /* revision */
	f->config[PCI_SUBSYSTEM / 4] = 0x11001af4;
	f->config[PCI_INTERRUPT / 4] = 0x010b;
	pci_scan(&pci, &model.access);
	assert_int_equal(pci.device_count, 1);
	dev = &pci.device[0];
	assert_int_equal(dev->vendor, 0x8086);
	assert_int_equal(dev->device, 0x10d3);
	assert_int_equal(dev->class_code, 0x020000);
	assert_int_equal(dev->revision, 5);
	assert_int_equal(dev->subsystem_vendor, 0x1af4);
	assert_int_equal(dev->subsystem, 0x1100);
	assert_int_equal(dev->irq_pin, 1);
	assert_int_equal(dev->irq_line, 11);
	assert_null(dev->bridge);
}

static void
scan_follows_bridges(void **state)
{
	pci_model_add_bridge(&model, 0, 1, 1, 3);
	pci_model_add_bridge(&model, 1, 0, 2, 3);
	pci_model_add_bridge(&model, 2, 4, 3, 3);
	add_nic(3, 9);
	pci_scan(&pci, &model.access);
	assert_int_equal(pci.device_count, 4);
	assert_non_null(find(3, 9, 0));
	assert_ptr_equal(find(3, 9, 0)->bridge, find(2, 4, 0));
	assert_ptr_equal(find(2, 4, 0)->bridge, find(1, 0, 0));
	assert_null(find(0, 1, 0)->bridge);
}

static void
scan_survives_bridges_in_a_circle(void **state)
{
	pci_model_add_bridge(&model, 0, 1, 1, 255);
	pci_model_add_bridge(&model, 1, 0, 2, 255);
	pci_model_add_bridge(&model, 2, 0, 1, 255); /* back up */
	pci_model_add_bridge(&model, 1, 1, 2, 255); /* a second way down */
	pci_model_add_bridge(&model, 0, 2, 0, 0);   /* to itself */
	add_nic(2, 3);
	pci_scan(&pci, &model.access);
	assert_int_equal(pci.device_count, 6);
	assert_non_null(find(2, 3, 0));
}

static void
scan_depth_is_bounded(void **state)
{
	for (uint8_t bus = 0; bus < 12; bus++)
		pci_model_add_bridge(&model, bus, 0, (uint8_t)(bus + 1), 255);
	pci_scan(&pci, &model.access);
	assert_int_equal(pci.device_count, PCI_DEPTH_MAX + 1);
}

static void
scan_takes_functions_only_of_multifunction_devices(void **state)
{
	struct pci_model_function *f = add_nic(0, 3);

	pci_model_add(&model, 0, 3, 5, 0x8086, 0x2922, 0x0106);
	pci_scan(&pci, &model.access);
	assert_int_equal(pci.device_count, 1);

	memset(&pci, 0, sizeof(pci));
	f->config[PCI_HEADER / 4] |= 0x80u << 16;
	pci_scan(&pci, &model.access);
	assert_int_equal(pci.device_count, 2);
	assert_non_null(find(0, 3, 5));
}

static void
scan_counts_what_it_cannot_remember(void **state)
{
	for (unsigned int i = 0; i < 70; i++) {
		if (i % 32 == 0 && i / 32)
			pci_model_add_bridge(&model, 0, (uint8_t)(i / 32 - 1),
					     (uint8_t)(i / 32), 255);
		if (i / 32 || i > 1)
			add_nic((uint8_t)(i / 32), i % 32);
	}
	pci_scan(&pci, &model.access);
	assert_int_equal(pci.device_count, PCI_DEVICES_MAX);
	assert_int_equal(pci.excess_count,
			 model.function_count - PCI_DEVICES_MAX);
}

static void
next_goes_by_address(void **state)
{
	struct pci_device *dev;

	pci_model_add_bridge(&model, 0, 1, 1, 1);
	add_nic(1, 0);
	add_nic(0, 2);
	pci_scan(&pci, &model.access);
	/* Found in the order 0:1, 1:0, 0:2. */
	assert_int_equal(pci.device[1].at.bus, 1);
	dev = pci_next(&pci, NULL);
	assert_ptr_equal(dev, find(0, 1, 0));
	dev = pci_next(&pci, dev);
	assert_ptr_equal(dev, find(0, 2, 0));
	dev = pci_next(&pci, dev);
	assert_ptr_equal(dev, find(1, 0, 0));
	assert_null(pci_next(&pci, dev));
}

/* ---- the two accesses --------------------------------------------------- */

static void
init_without_windows_uses_the_ports(void **state)
{
	add_nic(0, 2);
	pci_model_claim_ports(&model);
	pci_init(&pci, NULL, 0, NULL);
	assert_int_equal(pci.device_count, 1);
	assert_int_equal(pci_read32(&pci.device[0], PCI_ID), 0x10d38086);
	/* Extended space cannot be reached this way. */
	assert_int_equal(pci_read32(&pci.device[0], 0x100), UINT32_MAX);
	pci_command(&pci.device[0], 0, PCI_COMMAND_MASTER);
	assert_int_equal(model.function[0]->config[PCI_COMMAND / 4],
			 PCI_COMMAND_MASTER);
}

static void
init_prefers_the_window(void **state)
{
	struct pci_ecam window = { ECAM_BASE, 0, 0, 255 };

	add_nic(0, 2)->config[0x100 / 4] = 0x14010001;
	pci_model_claim_ecam(&model, ECAM_BASE);
	pci_init(&pci, &window, 1, NULL);
	assert_int_equal(pci.device_count, 1);
	assert_int_equal(pci_ext_cap_find(&pci.device[0], PCI_EXT_CAP_AER),
			 0x100);
}

static void
init_falls_back_if_the_window_is_empty(void **state)
{
	struct pci_ecam window = { 0xc0000000u, 0, 0, 255 };
	struct pci_model empty;

	pci_model_init(&empty);
	pci_model_claim_ecam(&empty, window.base);
	add_nic(0, 2);
	pci_model_claim_ports(&model);
	pci_init(&pci, &window, 1, NULL);
	assert_int_equal(pci.device_count, 1);
	pci_model_fini(&empty);
}

/* The window's base counts from bus 0 although it starts at bus 4. */
static void
window_may_start_late(void **state)
{
	struct pci_ecam window = { ECAM_BASE, 0, 4, 7 };

	add_nic(4, 1);
	pci_model_add_bridge(&model, 4, 2, 8, 8);
	add_nic(8, 0); /* beyond the end */
	pci_model_claim_ecam(&model, ECAM_BASE);
	pci_init(&pci, &window, 1, NULL);
	assert_int_equal(pci.device_count, 2);
	assert_non_null(find(4, 1, 0));
}

static void
options_are_words(void **state)
{
	struct pci_options options = { 0 };
	unsigned int warnings = host_log_count[LOG_WARN];

	pci_options_parse(&options, "nomsix");
	assert_true(options.no_msix && !options.no_msi && !options.no_intx);
	pci_options_parse(&options, "nointx,nomsi");
	assert_true(options.no_msix && options.no_msi && options.no_intx);
	assert_int_equal(host_log_count[LOG_WARN], warnings);
	pci_options_parse(&options, "noms,,nomsixx");
	assert_int_equal(host_log_count[LOG_WARN], warnings + 3);
}

/* ---- configuration of one device ---------------------------------------- */

static struct pci_device *
scan_one(struct pci_model_function **f)
{
	*f = add_nic(0, 2);
	pci_scan(&pci, &model.access);
	return &pci.device[0];
}

static void
command_leaves_the_status_alone(void **state)
{
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);

	f->config[PCI_COMMAND / 4] = 0xf0100006; /* errors pending */
	pci_command(dev, PCI_COMMAND_MEMORY, PCI_COMMAND_INTX_OFF);
	assert_int_equal(f->config[PCI_COMMAND / 4], 0xf0100404);
}

static void
capabilities_are_found(void **state)
{
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);

	assert_int_equal(pci_cap_find(dev, PCI_CAP_MSI), 0);
	pci_model_cap(f, 0xc8, PCI_CAP_POWER, 0);
	pci_model_cap(f, 0xd0, PCI_CAP_MSI, 0);
	pci_model_cap(f, 0xa0, PCI_CAP_MSIX, 4);
	assert_int_equal(pci_cap_find(dev, PCI_CAP_MSI), 0xd0);
	assert_int_equal(pci_cap_find(dev, PCI_CAP_MSIX), 0xa0);
	assert_int_equal(pci_cap_find(dev, PCI_CAP_EXPRESS), 0);
	/* The bit that says there is a list. */
	f->config[PCI_COMMAND / 4] &= ~PCI_STATUS_CAPS;
	assert_int_equal(pci_cap_find(dev, PCI_CAP_MSI), 0);
}

static void
capability_rings_end(void **state)
{
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);

	pci_model_cap(f, 0x40, PCI_CAP_POWER, 0);
	pci_model_cap(f, 0x50, PCI_CAP_MSI, 0);
	f->config[0x50 / 4] |= 0x4000; /* back to the first */
	assert_int_equal(pci_cap_find(dev, PCI_CAP_MSIX), 0);
	f->config[0x50 / 4] = 0x1005; /* into the header */
	assert_int_equal(pci_cap_find(dev, PCI_CAP_MSIX), 0);
	f->config[0x100 / 4] = 0x10010003; /* extended: to itself */
	assert_int_equal(pci_ext_cap_find(dev, PCI_EXT_CAP_AER), 0);
	f->config[0x100 / 4] = 0x0ff10003; /* extended: into the header */
	assert_int_equal(pci_ext_cap_find(dev, PCI_EXT_CAP_AER), 0);
}

struct bar_case {
	const char *what;
	uint32_t flags;
	uint64_t base, len;
	bool is_io, is_64bit, is_prefetchable;
};

static void
bars_are_sized(void **state)
{
	static const struct bar_case cases[] = {
		{ "registers", 0x0, 0xfebc0000, 0x20000, false, false, false },
		{ "smallest", 0x0, 0xfebf0000, 16, false, false, false },
		{ "2 GiB", 0x8, 0x80000000, 0x80000000, false, false, true },
		{ "ports", 0x1, 0xc060, 32, true, false, false },
		{ "64-bit", 0x4, 0xe000000000, 0x4000, false, true, false },
		{ "64-bit prefetch", 0xc, 0xe100000000, 0x100000000, false,
		  true, true },
		{ "unplaced", 0x4, 0, 0x4000, false, true, false },
	};
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);
	struct pci_bar bar;

	for (size_t i = 0; i < array_len(cases); i++) {
		const struct bar_case *c = &cases[i];

		memset(&f->config[PCI_BAR0 / 4], 0, 24);
		memset(&f->writable[PCI_BAR0 / 4], 0, 24);
		pci_model_bar(f, 2, c->base, c->len, c->flags);
		f->config[PCI_COMMAND / 4] = 0x0007;
		print_message("%s\n", c->what);
		assert_int_equal(pci_bar(dev, 2, &bar), OK);
		assert_int_equal(bar.base, c->base);
		assert_int_equal(bar.len, c->len);
		assert_int_equal(bar.is_io, c->is_io);
		assert_int_equal(bar.is_64bit, c->is_64bit);
		assert_int_equal(bar.is_prefetchable, c->is_prefetchable);
		/* Everything is as it was. */
		assert_int_equal(f->config[PCI_COMMAND / 4], 0x0007);
		assert_int_equal(f->config[PCI_BAR0 / 4 + 2],
				 (uint32_t)c->base | c->flags);
		assert_int_equal(f->config[PCI_BAR0 / 4 + 3], c->base >> 32);
	}
	assert_int_equal(model.decode_on_writes, 0);
}

static void
bars_that_are_none(void **state)
{
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);
	struct pci_bar bar;

	pci_model_bar(f, 0, 0xe000000000, 0x4000, 0x4);
	assert_int_equal(pci_bar(dev, 1, &bar), ERR_NOENT); /* upper half */
	assert_int_equal(pci_bar(dev, 2, &bar), ERR_NOENT);
	assert_int_equal(pci_bar(dev, 6, &bar), ERR_RANGE);
	dev->header_type = 1;
	assert_int_equal(pci_bar(dev, 2, &bar), ERR_RANGE);
}

/* Sticky bits between those that are not: no length fits that. */
static void
bar_with_a_hole_is_nonsense(void **state)
{
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);
	struct pci_bar bar;

	pci_model_bar(f, 0, 0xfebc0000, 0x20000, 0);
	f->writable[PCI_BAR0 / 4] = 0xff0f0000;
	assert_int_equal(pci_bar(dev, 0, &bar), ERR_IO);
	assert_null(pci_bar_map(dev, 0, 1));
}

static void
bar_map_wants_a_placed_memory_bar(void **state)
{
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);

	pci_model_bar(f, 0, 0xfebc0000, 0x20000, 0);
	pci_model_bar(f, 1, 0xc000, 32, 1);
	pci_model_bar(f, 2, 0, 0x1000, 0);
	assert_ptr_equal(pci_bar_map(dev, 0, 0x20000), (void *)0xfebc0000);
	assert_true(f->config[PCI_COMMAND / 4] & PCI_COMMAND_MEMORY);
	assert_null(pci_bar_map(dev, 0, 0x20001));
	assert_null(pci_bar_map(dev, 1, 1));
	assert_null(pci_bar_map(dev, 2, 1));
	assert_null(pci_bar_map(dev, 3, 1));
}

/* ---- power, link, errors ------------------------------------------------ */

static void
power_on_keeps_the_bars(void **state)
{
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);
	uint64_t before = host_clock_ns;

	pci_power_on(dev); /* no capability: nothing to do */
	pci_model_cap(f, 0xc8, PCI_CAP_POWER, 0);
	f->writable[0xcc / 4] = 0x0103;
	f->clears[0xcc / 4] = 0x8000;
	pci_power_on(dev); /* awake already */
	assert_int_equal(host_clock_ns, before);

	pci_model_bar(f, 0, 0xfebc0000, 0x20000, 0);
	f->config[PCI_COMMAND / 4] |= 0x0006;
	f->config[0xcc / 4] = 0x8103; /* D3, PME enabled and pending */
	pci_power_on(dev);
	assert_int_equal(f->config[0xcc / 4], 0x8100);
	assert_int_equal(f->config[PCI_BAR0 / 4], 0xfebc0000);
	assert_int_equal(f->config[PCI_COMMAND / 4] & 0xffff, 0x0006);
	assert_true(host_clock_ns - before >= 10000000);
}

/* An endpoint (type 0) behind a root port (type 4), both with ASPM on. */
static void
aspm_goes_off_at_both_ends(void **state)
{
	struct pci_model_function *port, *nic;

	port = pci_model_add_bridge(&model, 0, 1, 1, 1);
	nic = add_nic(1, 0);
	pci_model_cap(port, 0x54, PCI_CAP_EXPRESS, 0x0042);
	pci_model_cap(nic, 0xe0, PCI_CAP_EXPRESS, 0x0002);
	port->config[0x64 / 4] = nic->config[0xf0 / 4] = 0x30110043;
	port->writable[0x64 / 4] = nic->writable[0xf0 / 4] = 0x0fff;
	port->clears[0x64 / 4] = nic->clears[0xf0 / 4] = 0xc0000000;
	pci_scan(&pci, &model.access);
	assert_true(pci_aspm_disable(find(1, 0, 0)));
	assert_int_equal(nic->config[0xf0 / 4], 0x30110040);
	assert_int_equal(port->config[0x64 / 4], 0x30110040);
	assert_false(pci_aspm_disable(find(1, 0, 0)));
}

static void
aspm_of_an_integrated_device_is_none(void **state)
{
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);

	pci_model_cap(f, 0xe0, PCI_CAP_EXPRESS, 0x0092); /* type 9 */
	f->config[0xf0 / 4] = 3;
	f->writable[0xf0 / 4] = 3;
	assert_false(pci_aspm_disable(dev));
	assert_int_equal(f->config[0xf0 / 4], 3);
}

static void
errors_are_taken_once(void **state)
{
	struct pci_model_function *f;
	struct pci_device *dev = scan_one(&f);
	struct pci_errors errors;

	assert_false(pci_errors_take(dev, &errors));
	f->config[0x100 / 4] = 0x14000003; /* something else first */
	f->config[0x140 / 4] = 0x00010001;
	f->config[0x144 / 4] = 0x00100000;
	f->config[0x150 / 4] = 0x00000041;
	f->clears[0x144 / 4] = f->clears[0x150 / 4] = UINT32_MAX;
	assert_true(pci_errors_take(dev, &errors));
	assert_int_equal(errors.uncorrectable, 0x00100000);
	assert_int_equal(errors.correctable, 0x41);
	assert_true(pci_errors_take(dev, &errors));
	assert_int_equal(errors.uncorrectable | errors.correctable, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scan_reads_the_header),
		TEST(scan_follows_bridges),
		TEST(scan_survives_bridges_in_a_circle),
		TEST(scan_depth_is_bounded),
		TEST(scan_takes_functions_only_of_multifunction_devices),
		TEST(scan_counts_what_it_cannot_remember),
		TEST(next_goes_by_address),
		TEST(init_without_windows_uses_the_ports),
		TEST(init_prefers_the_window),
		TEST(init_falls_back_if_the_window_is_empty),
		TEST(window_may_start_late),
		TEST(options_are_words),
		TEST(command_leaves_the_status_alone),
		TEST(capabilities_are_found),
		TEST(capability_rings_end),
		TEST(bars_are_sized),
		TEST(bars_that_are_none),
		TEST(bar_with_a_hole_is_nonsense),
		TEST(bar_map_wants_a_placed_memory_bar),
		TEST(power_on_keeps_the_bars),
		TEST(aspm_goes_off_at_both_ends),
		TEST(aspm_of_an_integrated_device_is_none),
		TEST(errors_are_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
