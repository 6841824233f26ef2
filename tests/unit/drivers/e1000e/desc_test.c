/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors against words seen on hardware and in QEMU [HARDWARE A]. */
#include "tests/host/test.h"

#include "drivers/e1000e/desc.h"
#include "lib/port.h"

struct tx_case {
	const char *what;
	uint64_t info;
	uint32_t lower, upper;
};

static void
tx_words(void **state)
{
	const struct tx_case cases[] = {
		{ "legacy, 60 bytes, EOP|IFCS|RS",
		  e1000e_tx_info(60, TX_EOP | TX_RS), 0x0b00003c, 0 },
		{ "data, 142 bytes, last, checksum",
		  e1000e_tx_info(142, TX_CSUM | TX_EOP | TX_RS), 0x2b10008e,
		  0x200 },
		{ "data, 60 bytes, not last, checksum",
		  e1000e_tx_info(60, TX_CSUM), 0x2210003c, 0x200 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		print_message("%s\n", cases[i].what);
		assert_int_equal((uint32_t)cases[i].info, cases[i].lower);
		assert_int_equal(cases[i].info >> 32, cases[i].upper);
	}
	/* Done: bit 0 of the upper word. */
	assert_int_equal(TX_DD >> 32, 1);
}

struct context_case {
	const char *what;
	uint32_t transport, csum_offset;
	uint32_t d1, d2; /* as in the table, without its IPv4 fields */
};

static void
tx_contexts(void **state)
{
	static const struct context_case cases[] = {
		{ "UDP over IPv4", 34, 6, 0x00002822, 0x20000000 },
		{ "TCP over IPv4", 34, 16, 0x00003222, 0x21000000 },
		{ "TCP over IPv6", 54, 16, 0x00004636, 0x21000000 },
		{ "TCP over IPv4, VLAN tag", 38, 16, 0x00003626, 0x21000000 },
	};
	struct e1000e_desc desc;

	for (size_t i = 0; i < array_len(cases); i++) {
		print_message("%s\n", cases[i].what);
		desc = e1000e_tx_context(cases[i].transport,
					 cases[i].csum_offset);
		assert_int_equal((uint32_t)desc.addr, 0);
		assert_int_equal(desc.addr >> 32, cases[i].d1);
		assert_int_equal((uint32_t)desc.info, cases[i].d2);
		assert_int_equal(desc.info >> 32, 0);
	}
}

enum verdict { UNKNOWN, GOOD, BAD };

struct rx_case {
	const char *what;
	const struct e1000e_rx_format *format;
	uint64_t info;
	uint32_t len;
	enum verdict verdict;
};

#define EXTENDED(w2, vlan, len)                                                \
	((uint64_t)(vlan) << 48 | (uint64_t)(len) << 32 | (w2))
#define LEGACY(status, errors, len)                                            \
	((uint64_t)(errors) << 40 | (uint64_t)(status) << 32 | (len))

static enum verdict
verdict(const struct e1000e_rx_format *f, uint64_t info)
{
	if (info & f->csum_failed)
		return BAD;
	return info & f->csum_seen && !(info & f->csum_bad) ? GOOD : UNKNOWN;
}

static void
rx_write_backs(void **state)
{
	static const struct e1000e_rx_format *ext = &e1000e_rx_extended,
					     *old = &e1000e_rx_legacy;
	const struct rx_case cases[] = {
		{ "UDP good", ext, EXTENDED(0x00020273, 0, 142), 142, GOOD },
		{ "UDP bad", ext, EXTENDED(0x20020273, 0, 142), 142, BAD },
		{ "bad IP", ext, EXTENDED(0x40020273, 0, 142), 142, BAD },
		{ "TCP good", ext, EXTENDED(0x00028263, 0, 154), 154, GOOD },
		{ "fragment", ext, EXTENDED(0x00028243, 0, 154), 154, UNKNOWN },
		{ "ARP", ext, EXTENDED(0x00000003, 0, 60), 60, UNKNOWN },
		{ "VLAN", ext, EXTENDED(0x0002027b, 0x6005, 142), 142, GOOD },
		{ "hash, TCP", ext, EXTENDED(0x00028063, 0, 74), 74, GOOD },
		{ "hash, UDP", ext, EXTENDED(0x00020073, 0, 62), 62, GOOD },
		{ "legacy good", old, LEGACY(0x73, 0, 142), 142, GOOD },
		{ "legacy bad IP", old, LEGACY(0x43, 0x40, 142), 142, BAD },
		{ "82540EM", old, LEGACY(0x07, 0, 98), 98, UNKNOWN },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		const struct rx_case *c = &cases[i];

		print_message("%s\n", c->what);
		assert_true(c->info & c->format->done);
		assert_true(c->info & c->format->eop);
		assert_false(c->info & c->format->errors);
		assert_int_equal((uint16_t)(c->info >> c->format->len_shift),
				 c->len);
		assert_int_equal(verdict(c->format, c->info), c->verdict);
	}
}

/* Bits 24, 25, 26, 28, 31 [HARDWARE 1.7]; checksums are no frame errors. */
static void
rx_error_masks(void **state)
{
	assert_int_equal(e1000e_rx_extended.errors, 0x97000000);
	assert_int_equal(e1000e_rx_legacy.errors >> 40, 0x97);
	assert_int_equal(e1000e_rx_extended.csum_failed, 0x60000000);
	assert_int_equal(e1000e_rx_legacy.csum_failed >> 40, 0x60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tx_words),
		cmocka_unit_test(tx_contexts),
		cmocka_unit_test(rx_write_backs),
		cmocka_unit_test(rx_error_masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
