/* SPDX-License-Identifier: BSD-2-Clause */
/* lspci's lines, against what Debian's lspci 3.9.0 prints for the same. */
#include "tests/host/test.h"

#include "drivers/pci.h"
#include "tests/host/pci_model.h"

static void
lines_are_those_of_lspci(void **state)
{
	static struct pci pci;
	struct pci_model model;
	struct out_buf buf;
	char text[1024];

	pci_model_init(&model);
	pci_model_add(&model, 0, 0, 0, 0x8086, 0x29c0, 0x0600);
	pci_model_add(&model, 0, 2, 0, 0x8086, 0x10d3, 0x0200);
	pci_model_add(&model, 0, 3, 0, 0x8086, 0x0001, 0x0200);
	pci_model_add(&model, 0, 31, 0, 0x8086, 0x2918, 0x0601)
		->config[PCI_CLASS / 4] |= 2;
	pci_model_add(&model, 0, 4, 0, 0xabcd, 0x1234, 0xfe12);
	pci_scan(&pci, &model.access);
	pci.device[1].driver = "e1000e";
	pci.device[1].interface = "eth0";

	out_buf_init(&buf, text, sizeof(text));
	pci_show(&pci, &buf.out, PCI_SHOW_NUMBERS, NULL);
	assert_string_equal(
		text, "00:00.0 Host bridge [0600]: Intel Corporation "
		      "82G33/G31/P35/P31 Express DRAM Controller [8086:29c0]\n"
		      "00:02.0 Ethernet controller [0200]: Intel Corporation "
		      "82574L Gigabit Network Connection [8086:10d3]\n"
		      "00:03.0 Ethernet controller [0200]: Intel Corporation "
		      "Device [8086:0001]\n"
		      "00:04.0 Class [fe12]: Device [abcd:1234]\n"
		      "00:1f.0 ISA bridge [0601]: Intel Corporation "
		      "82801IB (ICH9) LPC Interface Controller [8086:2918] "
		      "(rev 02)\n");

	out_buf_init(&buf, text, sizeof(text));
	pci_show(&pci, &buf.out, 0, "00:04.0");
	assert_string_equal(text, "00:04.0 Class fe12: Device abcd:1234\n");

	out_buf_init(&buf, text, sizeof(text));
	pci_show(&pci, &buf.out, PCI_SHOW_DRIVER, NULL);
	assert_string_equal(
		text,
		"00:00.0 Host bridge: Intel Corporation "
		"82G33/G31/P35/P31 Express DRAM Controller\n"
		"00:02.0 Ethernet controller: Intel Corporation "
		"82574L Gigabit Network Connection\n"
		"\tKernel driver in use: e1000e\n"
		"\tNetwork interface: eth0\n"
		"00:03.0 Ethernet controller: Intel Corporation Device 0001\n"
		"00:04.0 Class fe12: Device abcd:1234\n"
		"00:1f.0 ISA bridge: Intel Corporation "
		"82801IB (ICH9) LPC Interface Controller (rev 02)\n");
	pci_model_fini(&model);
}

static void
addresses_are_padded(void **state)
{
	struct pci_address at = { 0x1a, 0x03, 0x1f, 7 };
	char text[16];

	pci_address_print(at, text, sizeof(text));
	assert_string_equal(text, "001a:03:1f.7");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_those_of_lspci),
		cmocka_unit_test(addresses_are_padded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
