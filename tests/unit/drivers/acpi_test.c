/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables, sound and hostile, in a small fake of physical memory. Each test
 * builds its tables, breaks something, and looks at the value that comes out;
 * ASan watches every byte that is read.
 */
#include "tests/host/test.h"

#include "drivers/acpi.h"
#include "tests/host/host.h"

#define MEMORY_START 0xe0000u
#define MEMORY_LEN   0x20000u
#define RSDP_AT	     0xf0000u

/*
 * Each piece that the parser maps is copied to the heap, exactly as long as it
 * asked for: reading one byte more is an error that ASan sees.
 */
static uint8_t memory[MEMORY_LEN];
static uint32_t next_free;
static void *copies[1024];
static unsigned int copy_count;

static const void *
memory_map(void *ctx, uint64_t phys, size_t len)
{
	void *copy;

	if (phys < MEMORY_START || phys >= MEMORY_START + MEMORY_LEN ||
	    len > MEMORY_START + MEMORY_LEN - phys)
		return NULL;
	assert_true(copy_count < array_len(copies));
	copy = malloc(len);
	memcpy(copy, memory + (phys - MEMORY_START), len);
	copies[copy_count++] = copy;
	return copy;
}

static const struct acpi_memory window = { memory_map, NULL };

static int
setup(void **state)
{
	memset(memory, 0, sizeof(memory));
	next_free = MEMORY_START + 0x100;
	return 0;
}

static int
teardown(void **state)
{
	while (copy_count > 0)
		free(copies[--copy_count]);
	return 0;
}

static uint8_t *
at(uint64_t phys)
{
	return memory + (phys - MEMORY_START);
}

static void
put(uint64_t phys, uint64_t value, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		at(phys)[i] = (uint8_t)(value >> 8 * i);
}

static void
fix_checksum(uint64_t phys, uint32_t len, uint32_t where)
{
	uint8_t sum = 0;

	at(phys)[where] = 0;
	for (uint32_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + at(phys)[i]);
	at(phys)[where] = (uint8_t)-sum;
}

/* A table of len bytes, zero but for its header; finish() makes it sound. */
static uint64_t
table(const char *signature, uint32_t len)
{
	uint64_t phys = next_free;

	next_free += (len + 15) & ~15u;
	memcpy(at(phys), signature, 4);
	put(phys + 4, len, 4);
	return phys;
}

static uint64_t
finish(uint64_t phys)
{
	uint32_t len;

	memcpy(&len, at(phys + 4), 4);
	fix_checksum(phys, len, 9);
	return phys;
}

/* An RSDP, and the RSDT (width 4) or XSDT (8) with these tables. */
static void
root(unsigned int width, const uint64_t *tables, unsigned int count)
{
	uint64_t list = table(width == 8 ? "XSDT" : "RSDT", 36 + count * width);

	for (unsigned int i = 0; i < count; i++)
		put(list + 36 + i * width, tables[i], width);
	finish(list);
	memcpy(at(RSDP_AT), "RSD PTR ", 8);
	if (width == 8) {
		at(RSDP_AT)[15] = 2;
		put(RSDP_AT + 20, 36, 4);
		put(RSDP_AT + 24, list, 8);
	} else {
		put(RSDP_AT + 16, list, 4);
	}
	fix_checksum(RSDP_AT, 20, 8);
	if (width == 8)
		fix_checksum(RSDP_AT, 36, 32);
}

static void
root_one(uint64_t one)
{
	root(4, &one, 1);
}

static struct acpi
read_all(enum status want)
{
	struct acpi acpi;

	/* Whatever is not set is seen. */
	memset(&acpi, 0xee, sizeof(acpi));
	assert_int_equal(acpi_read(&acpi, &window, RSDP_AT), want);
	return acpi;
}

static void
expect_plain_pc(const struct acpi *acpi)
{
	assert_int_equal(acpi->machine.core_count, 0);
	assert_int_equal(acpi->machine.ioapic_count, 1);
	assert_int_equal(acpi->machine.ioapic[0].addr, 0xfec00000);
	assert_int_equal(acpi->machine.isa_irq[4].gsi, 4);
	assert_int_equal(acpi->machine.pm_timer_port, 0);
	assert_false(acpi->machine.has_s5);
	assert_int_equal(acpi->machine.reset.space, MACHINE_SPACE_NONE);
	assert_int_equal(acpi->ecam_count, 0);
}

/* ---- RSDP and the list -------------------------------------------------- */

static void
no_rsdp_is_a_plain_pc(void **state)
{
	struct acpi acpi = read_all(ERR_IO);

	expect_plain_pc(&acpi);
	assert_int_equal(acpi_read(&acpi, &window, 0), ERR_NOENT);
	expect_plain_pc(&acpi);
	assert_int_equal(acpi_read(&acpi, &window, 0xfffffff0), ERR_IO);
	expect_plain_pc(&acpi);
}

static void
rsdp_is_searched_for_in_the_bios(void **state)
{
	struct acpi acpi;
	uint64_t hpet = table("HPET", 56);

	put(hpet + 44, 0xfed00000, 8);
	root_one(finish(hpet));
	assert_int_equal(acpi_read(&acpi, &window, 0), OK);
	assert_int_equal(acpi.machine.hpet_addr, 0xfed00000);
}

static void
rsdp_with_a_wrong_checksum_is_none(void **state)
{
	struct acpi acpi;

	root_one(finish(table("HPET", 56)));
	at(RSDP_AT)[8]++;
	acpi = read_all(ERR_IO);
	expect_plain_pc(&acpi);
}

static void
xsdt_goes_before_rsdt(void **state)
{
	uint64_t good = table("HPET", 56);
	struct acpi acpi;

	put(good + 44, 0x1234560000, 8);
	finish(good);
	root(8, &good, 1);
	acpi = read_all(OK);
	assert_int_equal(acpi.machine.hpet_addr, 0x1234560000);
}

static void
broken_xsdt_leaves_the_rsdt(void **state)
{
	uint64_t hpet = table("HPET", 56), rsdt = table("RSDT", 40);
	uint64_t xsdt;
	struct acpi acpi;

	put(hpet + 44, 0xfed00000, 8);
	finish(hpet);
	put(rsdt + 36, hpet, 4);
	finish(rsdt);
	root(8, &hpet, 1);
	memcpy(&xsdt, at(RSDP_AT + 24), 8);
	at(xsdt)[9]++;
	put(RSDP_AT + 16, rsdt, 4);
	fix_checksum(RSDP_AT, 20, 8);
	fix_checksum(RSDP_AT, 36, 32);
	acpi = read_all(OK);
	assert_int_equal(acpi.machine.hpet_addr, 0xfed00000);
}

static void
list_of_nonsense_is_skipped(void **state)
{
	uint64_t hpet = table("HPET", 56), bad = table("HPET", 56);
	uint64_t lists[6];
	struct acpi acpi;

	put(hpet + 44, 0xfed00000, 8);
	finish(hpet);
	put(bad + 44, 0xbad00000, 8);
	finish(bad);
	at(bad)[9]++;
	lists[0] = 0;				  /* nowhere */
	lists[1] = 0xffffffff;			  /* outside of memory */
	lists[2] = MEMORY_START + MEMORY_LEN - 8; /* header is cut off */
	lists[3] = bad;
	lists[4] = RSDP_AT; /* no table at all */
	lists[5] = hpet;
	root(4, lists, 6);
	acpi = read_all(OK);
	assert_int_equal(acpi.machine.hpet_addr, 0xfed00000);
}

static void
list_that_contains_itself_ends(void **state)
{
	uint64_t lists[1] = { 0 };
	struct acpi acpi;
	uint32_t list;

	root(4, lists, 1);
	memcpy(&list, at(RSDP_AT + 16), 4);
	put(list + 36, list, 4);
	finish(list);
	acpi = read_all(OK);
	expect_plain_pc(&acpi);
}

static void
impossible_lengths_are_refused(void **state)
{
	static const uint32_t lens[] = { 0, 1, 35, 0x10000000, 0xffffffff };

	for (size_t i = 0; i < array_len(lens); i++) {
		uint64_t hpet = table("HPET", 56);
		struct acpi acpi;

		put(hpet + 44, 0xfed00000, 8);
		put(hpet + 4, lens[i], 4);
		root_one(hpet);
		acpi = read_all(OK);
		expect_plain_pc(&acpi);
	}
}

/* ---- MADT --------------------------------------------------------------- */

static uint64_t
madt(const uint8_t *entries, uint32_t len)
{
	uint64_t phys = table("APIC", 44 + len);

	memcpy(at(phys + 44), entries, len);
	return finish(phys);
}

static void
madt_lists_cores_and_controllers(void **state)
{
	static const uint8_t entries[] = {
		0,    8,  0,	0,  1,	  0, 0,	   0, /* core 0 */
		0,    8,  1,	3,  1,	  0, 0,	   0, /* core 3 */
		0,    8,  2,	5,  0,	  0, 0,	   0, /* disabled */
		0,    8,  2,	6,  2,	  0, 0,	   0, /* only online-capable */
		9,    16, 0,	0,  0x2c, 1, 0,	   0, /* x2APIC 300 */
		1,    0,  0,	0,  9,	  0, 0,	   0, /* ... enabled */
		9,    16, 0,	0,  3,	  0, 0,	   0, /* core 3 once more */
		1,    0,  0,	0,  9,	  0, 0,	   0, /* ... */
		1,    12, 7,	0,  0,	  0, 0xc0, 0xfe, /* IOAPIC */
		0,    0,  0,	0,			 /* ... from GSI 0 */
		1,    12, 8,	0,  0,	  0, 0xc1, 0xfe, /* and another one */
		24,   0,  0,	0,			 /* ... from GSI 24 */
		2,    10, 0,	0,  2,	  0, 0,	   0,
		0,    0, /* timer to GSI 2, conforms */
		2,    10, 0,	9,  20,	  0, 0,	   0,
		15,   0, /* IRQ 9 level, low */
		2,    10, 0,	10, 10,	  0, 0,	   0,
		13,   0, /* IRQ 10 level, high */
		2,    10, 1,	4,  99,	  0, 0,	   0,
		15,   0, /* not on ISA */
		2,    10, 0,	16, 99,	  0, 0,	   0,
		15,   0,		     /* no ISA interrupt */
		4,    6,  0xff, 0,  0,	  1, /* NMI: not needed */
		0x7f, 2,		     /* unknown */
	};
	struct acpi acpi;
	const struct machine_config *m = &acpi.machine;

	root_one(madt(entries, sizeof(entries)));
	acpi = read_all(OK);
	assert_int_equal(m->core_count, 3);
	assert_int_equal(m->apic_id[0], 0);
	assert_int_equal(m->apic_id[1], 3);
	assert_int_equal(m->apic_id[2], 300);
	assert_int_equal(m->ioapic_count, 2);
	assert_int_equal(m->ioapic[1].addr, 0xfec10000);
	assert_int_equal(m->ioapic[1].gsi_base, 24);
	assert_int_equal(m->isa_irq[0].gsi, 2);
	assert_false(m->isa_irq[0].is_level);
	assert_false(m->isa_irq[0].is_active_low);
	assert_int_equal(m->isa_irq[9].gsi, 20);
	assert_true(m->isa_irq[9].is_overridden);
	assert_true(m->isa_irq[9].is_level);
	assert_true(m->isa_irq[9].is_active_low);
	assert_true(m->isa_irq[10].is_level);
	assert_false(m->isa_irq[10].is_active_low);
	assert_int_equal(m->isa_irq[4].gsi, 4);
	assert_false(m->isa_irq[4].is_overridden);
}

static void
madt_entry_of_no_length_ends_it(void **state)
{
	static const uint8_t zero[] = { 0, 8, 0, 1, 1, 0, 0, 0,
					0, 0, 0, 2, 1, 0, 0, 0 };
	static const uint8_t one[] = { 0, 8, 0, 1, 1, 0, 0, 0, 0, 1 };
	static const uint8_t beyond[] = { 0, 8, 0, 1, 1, 0, 0, 0,
					  0, 9, 0, 2, 1, 0, 0, 0 };
	static const struct {
		const uint8_t *entries;
		uint32_t len;
	} cases[] = { { zero, sizeof(zero) },
		      { one, sizeof(one) },
		      { beyond, sizeof(beyond) } };

	for (size_t i = 0; i < array_len(cases); i++) {
		struct acpi acpi;
		unsigned int warned = host_log_count[LOG_WARN];

		root_one(madt(cases[i].entries, cases[i].len));
		acpi = read_all(OK);
		assert_int_equal(acpi.machine.core_count, 1);
		assert_int_equal(acpi.machine.apic_id[0], 1);
		assert_int_equal(host_log_count[LOG_WARN], warned + 1);
	}
}

static void
madt_entries_too_short_for_their_type_are_skipped(void **state)
{
	static const uint8_t entries[] = { 0, 7, 0, 1, 1, 0, 0, 1, 4, 9,
					   9, 2, 4, 0, 4, 9, 4, 1, 2, 3 };
	struct acpi acpi;

	root_one(madt(entries, sizeof(entries)));
	acpi = read_all(OK);
	assert_int_equal(acpi.machine.core_count, 0);
	assert_int_equal(acpi.machine.ioapic_count, 0);
	assert_int_equal(acpi.machine.isa_irq[4].gsi, 4);
}

static void
more_cores_than_we_know_are_counted(void **state)
{
	uint8_t entries[(PARAM_CORES_MAX + 5) * 8] = { 0 };
	struct acpi acpi;

	for (unsigned int i = 0; i < PARAM_CORES_MAX + 5; i++) {
		entries[8 * i + 1] = 8;
		entries[8 * i + 3] = (uint8_t)i;
		entries[8 * i + 4] = 1;
	}
	root_one(madt(entries, sizeof(entries)));
	acpi = read_all(OK);
	assert_int_equal(acpi.machine.core_count, PARAM_CORES_MAX);
	assert_int_equal(acpi.machine.core_excess_count, 5);
}

static void
more_ioapics_than_we_know_are_refused(void **state)
{
	uint8_t entries[(MACHINE_IOAPICS_MAX + 2) * 12] = { 0 };
	struct acpi acpi;

	for (unsigned int i = 0; i < MACHINE_IOAPICS_MAX + 2; i++) {
		entries[12 * i] = 1;
		entries[12 * i + 1] = 12;
		entries[12 * i + 5] = (uint8_t)i;
	}
	root_one(madt(entries, sizeof(entries)));
	acpi = read_all(OK);
	assert_int_equal(acpi.machine.ioapic_count, MACHINE_IOAPICS_MAX);
}

/* ---- FADT --------------------------------------------------------------- */

/* As SeaBIOS writes it for "pc": revision 1, 116 bytes. */
static uint64_t
fadt_old(uint64_t dsdt)
{
	uint64_t phys = table("FACP", 116);

	put(phys + 40, dsdt, 4);
	put(phys + 48, 0xb2, 4);
	at(phys)[52] = 0xf1;
	put(phys + 64, 0x604, 4);
	put(phys + 76, 0x608, 4);
	at(phys)[108] = 0x32;
	/* Claims a reset register, which is beyond its end. */
	put(phys + 112, 1u << 10, 4);
	return phys;
}

static void
fadt_revision_1(void **state)
{
	struct acpi acpi;
	const struct machine_config *m = &acpi.machine;
	uint64_t fadt = fadt_old(0);

	/* What lies behind the table is not part of it. */
	memset(at(fadt + 116), 1, 64);
	root_one(finish(fadt));
	acpi = read_all(OK);
	assert_int_equal(m->pm1a_control.space, MACHINE_SPACE_IO);
	assert_int_equal(m->pm1a_control.addr, 0x604);
	assert_int_equal(m->pm1b_control.space, MACHINE_SPACE_NONE);
	assert_int_equal(m->pm_timer_port, 0x608);
	assert_int_equal(m->smi_command_port, 0xb2);
	assert_int_equal(m->acpi_enable, 0xf1);
	assert_int_equal(m->rtc_century, 0x32);
	assert_int_equal(m->reset.space, MACHINE_SPACE_NONE);
	assert_false(m->has_s5);
}

static void
put_gas(uint64_t phys, uint8_t space, uint64_t addr)
{
	at(phys)[0] = space;
	put(phys + 4, addr, 8);
}

static uint64_t
fadt_new(uint32_t flags)
{
	uint64_t phys = table("FACP", 276);

	put(phys + 64, 0x604, 4);
	put(phys + 112, flags, 4);
	put_gas(phys + 116, 1, 0xcf9);
	at(phys)[128] = 0x0f;
	return phys;
}

static void
fadt_reset_register(void **state)
{
	struct acpi acpi;

	root_one(finish(fadt_new(1u << 10)));
	acpi = read_all(OK);
	assert_int_equal(acpi.machine.reset.space, MACHINE_SPACE_IO);
	assert_int_equal(acpi.machine.reset.addr, 0xcf9);
	assert_int_equal(acpi.machine.reset_value, 0x0f);
	root_one(finish(fadt_new(0)));
	acpi = read_all(OK);
	assert_int_equal(acpi.machine.reset.space, MACHINE_SPACE_NONE);
}

static void
fadt_extended_registers_go_first(void **state)
{
	uint64_t fadt = fadt_new(0);
	struct acpi acpi;
	const struct machine_config *m = &acpi.machine;

	put(fadt + 68, 0x700, 4);
	put_gas(fadt + 172, 0, 0xfeb00000);
	put_gas(fadt + 208, 1, 0x808);
	root_one(finish(fadt));
	acpi = read_all(OK);
	assert_int_equal(m->pm1a_control.space, MACHINE_SPACE_MEMORY);
	assert_int_equal(m->pm1a_control.addr, 0xfeb00000);
	assert_int_equal(m->pm1b_control.addr, 0x700);
	assert_int_equal(m->pm_timer_port, 0x808);
}

static void
fadt_hardware_reduced_has_no_pm1(void **state)
{
	uint64_t fadt = fadt_new(1u << 20);
	struct acpi acpi;

	put_gas(fadt + 244, 0, 0xfea00200);
	root_one(finish(fadt));
	acpi = read_all(OK);
	assert_int_equal(acpi.machine.sleep_control.space,
			 MACHINE_SPACE_MEMORY);
	assert_int_equal(acpi.machine.sleep_control.addr, 0xfea00200);
	assert_int_equal(acpi.machine.pm1a_control.space, MACHINE_SPACE_NONE);
}

static void
fadt_registers_that_cannot_be_are_none(void **state)
{
	uint64_t fadt = fadt_new(1u << 10);
	struct acpi acpi;
	const struct machine_config *m = &acpi.machine;

	put_gas(fadt + 116, 1, 0x10cf9);    /* no such port */
	put(fadt + 64, 0x10000, 4);	    /* nor that */
	put_gas(fadt + 184, 0x7f, 0x600);   /* no such space */
	put_gas(fadt + 208, 0, 0xfeb00000); /* a timer in memory */
	put(fadt + 48, 0x12345, 4);
	at(fadt)[108] = 0x80; /* beyond the CMOS */
	root_one(finish(fadt));
	acpi = read_all(OK);
	assert_int_equal(m->reset.space, MACHINE_SPACE_NONE);
	assert_int_equal(m->pm1a_control.space, MACHINE_SPACE_NONE);
	assert_int_equal(m->pm1b_control.space, MACHINE_SPACE_NONE);
	assert_int_equal(m->pm_timer_port, 0);
	assert_int_equal(m->smi_command_port, 0);
	assert_int_equal(m->rtc_century, 0);
}

/* ---- \_S5 --------------------------------------------------------------- */

static struct acpi
with_dsdt(const void *aml, uint32_t len)
{
	uint64_t dsdt = table("DSDT", 36 + len);

	memcpy(at(dsdt + 36), aml, len);
	finish(dsdt);
	root_one(finish(fadt_old(dsdt)));
	return read_all(OK);
}

static void
s5_in_each_form(void **state)
{
	static const struct {
		uint8_t aml[24];
		uint32_t len;
		uint8_t a, b;
	} cases[] = {
		/* Name (_S5, Package (4) { Zero, Zero, Zero, Zero }) */
		{ "\x08_S5_\x12\x06\x04\x00\x00\x00\x00", 12, 0, 0 },
		/* bytes, and a root prefix */
		{ "\x08\\_S5_\x12\x08\x04\x0a\x05\x0a\x07\x00\x00", 15, 5, 7 },
		{ "\x08_S5_\x12\x07\x02\x01\x0a\x03", 11, 1, 3 },
		/* Ones is cut to the three bits there are */
		{ "\x08_S5_\x12\x04\x02\xff\xff", 10, 7, 7 },
		/* word and dword */
		{ "\x08_S5_\x12\x0a\x02\x0b\x05\x00\x0c\x06\x00\x00\x00", 16, 5,
		  6 },
		/* two bytes of package length */
		{ "\x08_S5_\x12\x47\x00\x02\x0a\x05\x01", 12, 5, 1 },
		/* one element holds both */
		{ "\x08_S5_\x12\x05\x01\x0b\x05\x03", 11, 5, 3 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct acpi acpi;

		acpi = with_dsdt(cases[i].aml, cases[i].len);
		if (!acpi.machine.has_s5)
			fail_msg("case %zu was not found", i);
		assert_int_equal(acpi.machine.s5_type_a, cases[i].a);
		assert_int_equal(acpi.machine.s5_type_b, cases[i].b);
	}
}

static void
s5_later_in_the_table(void **state)
{
	uint8_t aml[512];
	struct acpi acpi;

	memset(aml, 0xa3, sizeof(aml));
	memcpy(aml + 100, "_S5_", 4);		  /* a mention */
	memcpy(aml + 200, "\x08_S5_\x11\x01", 7); /* a buffer */
	memcpy(aml + 300, "\x08_S5_\x12\x06\x02\x0a\x04\x0a\x02", 12);
	acpi = with_dsdt(aml, sizeof(aml));
	assert_true(acpi.machine.has_s5);
	assert_int_equal(acpi.machine.s5_type_a, 4);
	assert_int_equal(acpi.machine.s5_type_b, 2);
}

static void
s5_cut_off_anywhere_is_none(void **state)
{
	static const uint8_t aml[] = "\x08_S5_\x12\x87\x00\x00\x02\x0b\x05\x00"
				     "\x0c\x06\x00\x00\x00";

	for (uint32_t len = 0; len < sizeof(aml) - 1; len++)
		assert_false(with_dsdt(aml, len).machine.has_s5);
	assert_true(with_dsdt(aml, sizeof(aml) - 1).machine.has_s5);
}

static void
s5_of_no_constants_is_none(void **state)
{
	static const uint8_t name[] = "\x08_S5_\x12\x08\x02"
				      "ABCDABCD";
	static const uint8_t empty[] = "\x08_S5_\x12\x02\x00\x00";
	static const uint8_t string[] = "\x08_S5_\x12\x06\x02\x0dhi\x00\x00";

	assert_false(with_dsdt(name, sizeof(name) - 1).machine.has_s5);
	assert_false(with_dsdt(empty, sizeof(empty) - 1).machine.has_s5);
	assert_false(with_dsdt(string, sizeof(string) - 1).machine.has_s5);
}

static void
s5_in_an_ssdt(void **state)
{
	static const uint8_t aml[] = "\x08_S5_\x12\x06\x02\x0a\x05\x0a\x05";
	uint64_t ssdt = table("SSDT", 36 + sizeof(aml) - 1);
	struct acpi acpi;

	memcpy(at(ssdt + 36), aml, sizeof(aml) - 1);
	root_one(finish(ssdt));
	acpi = read_all(OK);
	assert_true(acpi.machine.has_s5);
	assert_int_equal(acpi.machine.s5_type_a, 5);
}

static void
dsdt_that_is_another_table_is_ignored(void **state)
{
	static const uint8_t aml[] = "\x08_S5_\x12\x06\x02\x0a\x05\x0a\x05";
	uint64_t wrong = table("XXXX", 36 + sizeof(aml) - 1);

	memcpy(at(wrong + 36), aml, sizeof(aml) - 1);
	finish(wrong);
	root_one(finish(fadt_old(wrong)));
	assert_false(read_all(OK).machine.has_s5);
}

/* ---- HPET, MCFG --------------------------------------------------------- */

static void
hpet_must_be_in_memory(void **state)
{
	uint64_t hpet = table("HPET", 56);

	put_gas(hpet + 40, 1, 0xfed0);
	root_one(finish(hpet));
	assert_int_equal(read_all(OK).machine.hpet_addr, 0);
	/* Too short for its address. */
	hpet = table("HPET", 51);
	put_gas(hpet + 40, 0, 0xfed00000);
	root_one(finish(hpet));
	assert_int_equal(read_all(OK).machine.hpet_addr, 0);
}

static void
mcfg_windows(void **state)
{
	uint64_t mcfg = table("MCFG", 44 + 7 * 16 + 8);
	struct acpi acpi;

	/* Sense, nonsense three times, sense; the last of 8 bytes is cut. */
	static const struct {
		uint64_t base;
		uint16_t segment;
		uint8_t first, last;
	} window_of[7] = {
		{ 0xb0000000, 0, 0, 255 },   { 0, 0, 0, 255 },
		{ 0xb0010000, 0, 0, 255 },   { 0xc0000000, 0, 5, 4 },
		{ 0x4000000000, 1, 16, 16 }, { 0xd0000000, 2, 0, 0 },
		{ 0xe0000000, 3, 0, 0 },
	};

	for (unsigned int i = 0; i < 7; i++) {
		uint64_t entry = mcfg + 44 + 16 * i;

		put(entry, window_of[i].base, 8);
		put(entry + 8, window_of[i].segment, 2);
		at(entry)[10] = window_of[i].first;
		at(entry)[11] = window_of[i].last;
	}
	root_one(finish(mcfg));
	acpi = read_all(OK);
	assert_int_equal(acpi.ecam_count, PCI_ECAMS_MAX);
	assert_int_equal(acpi.ecam[0].base, 0xb0000000);
	assert_int_equal(acpi.ecam[0].bus_end, 255);
	assert_int_equal(acpi.ecam[1].base, 0x4000000000);
	assert_int_equal(acpi.ecam[1].segment, 1);
	assert_int_equal(acpi.ecam[1].bus_start, 16);
	assert_int_equal(acpi.ecam[3].base, 0xe0000000);
}

static void
second_table_of_a_kind_is_ignored(void **state)
{
	uint64_t tables[2] = { table("HPET", 56), table("HPET", 56) };

	put(tables[0] + 44, 0xfed00000, 8);
	put(tables[1] + 44, 0xfed10000, 8);
	finish(tables[0]);
	finish(tables[1]);
	root(8, tables, 2);
	assert_int_equal(read_all(OK).machine.hpet_addr, 0xfed00000);
}

/* ---- Everything broken at once ------------------------------------------ */

/*
 * A sound set of tables with bytes overwritten at random and checksums made
 * right again, so that the parsers get to see the damage. Nothing is asserted
 * but what struct acpi promises; ASan and UBSan do the rest.
 */
static void
random_damage_is_survived(void **state)
{
	static const uint8_t entries[] = {
		0,    8, 0, 0, 1, 0, 0,	 0, 1, 12, 7, 0, 0, 0,	0xc0,
		0xfe, 0, 0, 0, 0, 2, 10, 0, 9, 20, 0, 0, 0, 15, 0,
	};
	static const uint8_t aml[] = "\x08_S5_\x12\x06\x02\x0a\x05\x0a\x05";
	struct random random = test_random();
	unsigned int read_count = 0;

	for (unsigned int round = 0; round < 2000; round++) {
		uint64_t dsdt, tables[4];
		enum status status;
		struct acpi acpi;

		setup(state);
		dsdt = table("DSDT", 36 + sizeof(aml));
		memcpy(at(dsdt + 36), aml, sizeof(aml));
		finish(dsdt);
		tables[0] = madt(entries, sizeof(entries));
		tables[1] = finish(fadt_old(dsdt));
		tables[2] = finish(table("HPET", 56));
		tables[3] = finish(table("MCFG", 76));
		root(8, tables, 4);
		for (unsigned int i = random_below(&random, 8); i > 0; i--) {
			uint64_t hit = tables[random_below(&random, 4)];
			uint32_t len;

			memcpy(&len, at(hit + 4), 4);
			if (len < 36 || len > 276)
				continue;
			at(hit)[4 + random_below(&random, len - 4)] =
				(uint8_t)random_u32(&random);
			memcpy(&len, at(hit + 4), 4);
			if (len >= 36 && len <= 276)
				finish(hit);
		}
		/* A table that grew may have been let loose on the list. */
		status = acpi_read(&acpi, &window, RSDP_AT);
		assert_true(status == OK || status == ERR_IO);
		read_count += status == OK;
		assert_true(acpi.machine.core_count <= PARAM_CORES_MAX);
		assert_true(acpi.machine.ioapic_count <= MACHINE_IOAPICS_MAX);
		assert_true(acpi.ecam_count <= PCI_ECAMS_MAX);
		teardown(state);
	}
	assert_true(read_count > 1500);
}

#define acpi_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		acpi_test(no_rsdp_is_a_plain_pc),
		acpi_test(rsdp_is_searched_for_in_the_bios),
		acpi_test(rsdp_with_a_wrong_checksum_is_none),
		acpi_test(xsdt_goes_before_rsdt),
		acpi_test(broken_xsdt_leaves_the_rsdt),
		acpi_test(list_of_nonsense_is_skipped),
		acpi_test(list_that_contains_itself_ends),
		acpi_test(impossible_lengths_are_refused),
		acpi_test(madt_lists_cores_and_controllers),
		acpi_test(madt_entry_of_no_length_ends_it),
		acpi_test(madt_entries_too_short_for_their_type_are_skipped),
		acpi_test(more_cores_than_we_know_are_counted),
		acpi_test(more_ioapics_than_we_know_are_refused),
		acpi_test(fadt_revision_1),
		acpi_test(fadt_reset_register),
		acpi_test(fadt_extended_registers_go_first),
		acpi_test(fadt_hardware_reduced_has_no_pm1),
		acpi_test(fadt_registers_that_cannot_be_are_none),
		acpi_test(s5_in_each_form),
		acpi_test(s5_later_in_the_table),
		acpi_test(s5_cut_off_anywhere_is_none),
		acpi_test(s5_of_no_constants_is_none),
		acpi_test(s5_in_an_ssdt),
		acpi_test(dsdt_that_is_another_table_is_ignored),
		acpi_test(hpet_must_be_in_memory),
		acpi_test(mcfg_windows),
		acpi_test(second_table_of_a_kind_is_ignored),
		acpi_test(random_damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
