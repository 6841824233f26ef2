/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ethtool -d: every register of regs.def that may be looked at, in its shape.
 */
#include "tests/host/test.h"

#include "tests/host/nic_rig.h"

static char text[16384];

static const char *
dump(enum nic_kind kind)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .kind = kind });
	struct netdev *dev = rig->port[0].dev;
	struct out_buf buf;
	uint64_t rx;

	rig->port[0].model.reg[REG_ICR / 4] = INT_RXO;
	rx = rig->port[0].model.reg[REG_GPRC / 4] = 5;
	out_buf_init(&buf, text, sizeof(text));
	dev->ops->show_registers(dev, &buf.out);
	assert_int_equal(buf.cut_len, 0);
	/* Looking changed nothing. */
	assert_int_equal(rig->port[0].model.reg[REG_ICR / 4], INT_RXO);
	assert_int_equal(rig->port[0].model.reg[REG_GPRC / 4], rx);
	nic_rig_free(rig);
	return text;
}

static void
dump_is_ethtool_s(void **state)
{
	static const char *const lines[] = {
		"MAC Registers\n-------------\n0x00000: CTRL (Device control "
		"register)  0x",
		"      Set link up:                       1\n",
		"      Receive flow control:              disabled\n",
		"0x00008: STATUS (Device status register) 0x",
		"      Duplex:                            full\n",
		"      Link speed:                        1000Mb/s\n",
		"0x00100: RCTL (Receive control register) 0x04008002\n",
		"      Receiver:                          enabled\n",
		"      Broadcast accept mode:             accept\n",
		"      Receive buffer size:               2048\n",
		"0x02808: RDLEN (Receive desc length)     0x00001000\n",
		"0x00400: TCTL (Transmit ctrl register)   0x0103F0FA\n",
		"      Transmitter:                       enabled\n",
		"NO_ASPM: PCIe links that sleep (L0s, L1) hang",
		"DESC_PREFETCH: fetching or reporting descriptors in bursts",
		"PACKET_OF_DEATH: with some boards' management image",
		"0x000E4: IVAR (MSI-X vector of each cause) 0x000A0908\n",
	};

	dump(NIC_82574L);
	for (size_t i = 0; i < array_len(lines); i++) {
		if (!strstr(text, lines[i]))
			print_error("missing: %s", lines[i]);
		assert_non_null(strstr(text, lines[i]));
	}
	assert_null(strstr(text, "ICR ("));
}

static void
dump_of_a_legacy_part_has_its_registers_alone(void **state)
{
	dump(NIC_82540EM);
	assert_non_null(strstr(text, "RCTL ("));
	assert_null(strstr(text, "IVAR ("));
	assert_null(strstr(text, "NO_ASPM"));
	assert_null(strstr(text, "PACKET_OF_DEATH"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dump_is_ethtool_s),
		cmocka_unit_test(dump_of_a_legacy_part_has_its_registers_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
