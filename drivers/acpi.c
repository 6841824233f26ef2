/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parses ACPI's tables into struct acpi [ACPI 5.2]. Bytes come through the
 * caller's window on memory, are parsed where they lie, once, and never kept.
 * Each parser gets a table whose length is inside that window and whose
 * checksum is right, and still believes no field of it. No state.
 */
#include "drivers/acpi.h"

#include <stdbool.h>

#define RSDP_LEN	  20u
#define RSDP_LEN_REV2	  36u
#define RSDP_STEP	  16u
#define BIOS_START	  0xe0000u
#define BIOS_END	  0x100000u
#define EBDA_SEGMENT_ADDR 0x40eu /* BIOS data area: real-mode segment */
#define EBDA_START	  0x80000u
#define EBDA_END	  0xa0000u
#define EBDA_SEARCH_LEN	  1024u

#define HEADER_LEN	36u
#define TABLE_LEN_MAX	(4u << 20) /* the largest DSDTs have some 100 KiB */
#define TABLE_COUNT_MAX 256u

#define MADT_ENTRIES	    44u
#define MADT_LAPIC	    0u
#define MADT_IOAPIC	    1u
#define MADT_OVERRIDE	    2u
#define MADT_X2APIC	    9u
#define MADT_CORE_ENABLED   1u
#define MADT_FLAG_POLARITY  0x3u
#define MADT_POLARITY_LOW   0x3u
#define MADT_FLAG_TRIGGER   0xcu
#define MADT_TRIGGER_LEVEL  0xcu
#define X2APIC_ID_BROADCAST 0xffffffffu
#define LAPIC_ID_BROADCAST  0xffu

#define FADT_DSDT	    40u
#define FADT_SMI_CMD	    48u
#define FADT_ACPI_ENABLE    52u
#define FADT_PM1A_CONTROL   64u
#define FADT_PM1B_CONTROL   68u
#define FADT_PM_TIMER	    76u
#define FADT_CENTURY	    108u
#define FADT_FLAGS	    112u
#define FADT_RESET_REG	    116u
#define FADT_RESET_VALUE    128u
#define FADT_X_DSDT	    140u
#define FADT_X_PM1A_CONTROL 172u
#define FADT_X_PM1B_CONTROL 184u
#define FADT_X_PM_TIMER	    208u
#define FADT_SLEEP_CONTROL  244u
#define FADT_FLAG_RESET	    (1u << 10)
#define FADT_FLAG_REDUCED   (1u << 20)
#define CMOS_LEN	    128u

#define GAS_LEN	       12u
#define GAS_ADDR       4u
#define GAS_SPACE_MEM  0u
#define GAS_SPACE_IO   1u
#define GAS_SPACE_PCI  2u
#define PORT_LAST      0xffffu
#define HPET_GAS       40u
#define MCFG_ENTRIES   44u
#define MCFG_ENTRY_LEN 16u
#define MCFG_BUS_LEN   (1u << 20)

/* AML, just enough to read a package of constants [ACPI 20.2]. */
#define AML_ZERO    0x00u
#define AML_ONE	    0x01u
#define AML_NAME    0x08u
#define AML_BYTE    0x0au
#define AML_WORD    0x0bu
#define AML_DWORD   0x0cu
#define AML_PACKAGE 0x12u
#define AML_ROOT    0x5cu
#define AML_ONES    0xffu

/* A table whose bytes may be read, all len of them. */
struct table {
	const uint8_t *bytes;
	size_t len;
};

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t
get32(const uint8_t *at)
{
	return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static uint64_t
get64(const uint8_t *at)
{
	return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static bool
is_signed(const uint8_t *bytes, const char *signature)
{
	return memcmp(bytes, signature, strlen(signature)) == 0;
}

static bool
sums_to_zero(const uint8_t *bytes, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

/* Does field [offset, offset+len) exist? Old tables end before new fields. */
static bool
has_field(const struct table *table, size_t offset, size_t len)
{
	return offset <= table->len && len <= table->len - offset;
}

/* A whole, sound table; false (and a line in the log) otherwise. */
static bool
table_open(struct table *table, const struct acpi_memory *memory, uint64_t phys)
{
	const uint8_t *header;
	uint32_t len;

	if (phys == 0)
		return false;
	header = memory->map(memory->ctx, phys, HEADER_LEN);
	if (!header) {
		log_warn("acpi: table at 0x%llx is outside of memory",
			 (unsigned long long)phys);
		return false;
	}
	len = get32(header + 4);
	if (len < HEADER_LEN || len > TABLE_LEN_MAX) {
		log_warn("acpi: table %.4s has an impossible length, %u",
			 (const char *)header, len);
		return false;
	}
	table->bytes = memory->map(memory->ctx, phys, len);
	table->len = len;
	if (!table->bytes || !sums_to_zero(table->bytes, len)) {
		log_warn("acpi: table %.4s %s, ignored", (const char *)header,
			 table->bytes ? "has a wrong checksum"
				      : "ends outside of memory");
		return false;
	}
	return true;
}

/* ---- RSDP --------------------------------------------------------------- */

static bool
is_rsdp(const uint8_t *bytes)
{
	return is_signed(bytes, "RSD PTR ") && sums_to_zero(bytes, RSDP_LEN);
}

static uint64_t
rsdp_search(const struct acpi_memory *memory, uint64_t start, size_t len)
{
	const uint8_t *bytes = memory->map(memory->ctx, start, len);

	for (size_t i = 0; bytes && i + RSDP_LEN <= len; i += RSDP_STEP)
		if (is_rsdp(bytes + i))
			return start + i;
	return 0;
}

/* [ACPI 5.2.5.1]: the first KiB of the EBDA, then the BIOS's own area. */
static uint64_t
rsdp_find(const struct acpi_memory *memory)
{
	const uint8_t *segment = memory->map(memory->ctx, EBDA_SEGMENT_ADDR, 2);
	uint64_t ebda = segment ? (uint64_t)get16(segment) << 4 : 0, found = 0;

	if (ebda >= EBDA_START && ebda <= EBDA_END - EBDA_SEARCH_LEN)
		found = rsdp_search(memory, ebda, EBDA_SEARCH_LEN);
	if (!found)
		found = rsdp_search(memory, BIOS_START, BIOS_END - BIOS_START);
	return found;
}

/*
 * The list of tables: the XSDT where there is a sound one, else the RSDT.
 * *width: bytes of an entry.
 */
static bool
rsdp_follow(const struct acpi_memory *memory, uint64_t rsdp, struct table *list,
	    unsigned int *width)
{
	const uint8_t *bytes = memory->map(memory->ctx, rsdp, RSDP_LEN);
	const uint8_t *more;

	if (!bytes || !is_rsdp(bytes)) {
		log_warn("acpi: no RSDP at 0x%llx", (unsigned long long)rsdp);
		return false;
	}
	*width = 8;
	more = bytes[15] >= 2 ? memory->map(memory->ctx, rsdp, RSDP_LEN_REV2)
			      : NULL;
	if (more && sums_to_zero(more, RSDP_LEN_REV2) &&
	    table_open(list, memory, get64(more + 24)) &&
	    is_signed(list->bytes, "XSDT"))
		return true;
	*width = 4;
	return table_open(list, memory, get32(bytes + 16)) &&
	       is_signed(list->bytes, "RSDT");
}

/* ---- MADT: cores and interrupt controllers ------------------------------ */

static void
core_add(struct machine_config *machine, uint32_t apic_id)
{
	/* Some firmware lists a core as LAPIC and as x2APIC. */
	for (unsigned int i = 0; i < machine->core_count; i++)
		if (machine->apic_id[i] == apic_id)
			return;
	if (machine->core_count < PARAM_CORES_MAX)
		machine->apic_id[machine->core_count++] = apic_id;
	else
		machine->core_excess_count++;
}

static void
madt_ioapic(struct machine_config *machine, const uint8_t *entry)
{
	if (machine->ioapic_count == MACHINE_IOAPICS_MAX) {
		log_warn("acpi: more than %u IOAPICs", MACHINE_IOAPICS_MAX);
		return;
	}
	machine->ioapic[machine->ioapic_count++] = (struct machine_ioapic){
		.addr = get32(entry + 4),
		.gsi_base = get32(entry + 8),
	};
}

/* [ACPI 5.2.12.5]; "conforms to the bus" is edge, active high for ISA. */
static void
madt_override(struct machine_config *machine, const uint8_t *entry)
{
	uint8_t bus = entry[2], irq = entry[3];
	uint16_t flags = get16(entry + 8);

	if (bus != 0 || irq >= MACHINE_ISA_IRQS)
		return;
	machine->isa_irq[irq] = (struct machine_isa_irq){
		.gsi = get32(entry + 4),
		.is_overridden = true,
		.is_level = (flags & MADT_FLAG_TRIGGER) == MADT_TRIGGER_LEVEL,
		.is_active_low =
			(flags & MADT_FLAG_POLARITY) == MADT_POLARITY_LOW,
	};
}

static void
madt_entry(struct machine_config *machine, const uint8_t *entry, uint8_t len)
{
	switch (entry[0]) {
	case MADT_LAPIC:
		if (len >= 8 && entry[3] != LAPIC_ID_BROADCAST &&
		    get32(entry + 4) & MADT_CORE_ENABLED)
			core_add(machine, entry[3]);
		break;
	case MADT_IOAPIC:
		if (len >= 12)
			madt_ioapic(machine, entry);
		break;
	case MADT_OVERRIDE:
		if (len >= 10)
			madt_override(machine, entry);
		break;
	case MADT_X2APIC:
		if (len >= 16 && get32(entry + 4) != X2APIC_ID_BROADCAST &&
		    get32(entry + 8) & MADT_CORE_ENABLED)
			core_add(machine, get32(entry + 4));
		break;
	default: break;
	}
}

static void
madt_parse(struct acpi *acpi, const struct table *table)
{
	struct machine_config *machine = &acpi->machine;
	size_t at = MADT_ENTRIES;

	machine->ioapic_count = 0;
	while (has_field(table, at, 2)) {
		uint8_t len = table->bytes[at + 1];

		if (len < 2 || !has_field(table, at, len)) {
			log_warn("acpi: MADT entry at %zu has length %u", at,
				 len);
			return;
		}
		madt_entry(machine, table->bytes + at, len);
		at += len;
	}
}

/* ---- FADT: clocks and power --------------------------------------------- */

/* A generic address structure [ACPI 5.2.3.2]; NONE if it cannot be used. */
static struct machine_register
gas_parse(const struct table *table, size_t offset)
{
	struct machine_register reg = { MACHINE_SPACE_NONE, 0 };
	uint64_t addr;

	if (!has_field(table, offset, GAS_LEN))
		return reg;
	addr = get64(table->bytes + offset + GAS_ADDR);
	if (addr == 0)
		return reg;
	switch (table->bytes[offset]) {
	case GAS_SPACE_MEM: reg.space = MACHINE_SPACE_MEMORY; break;
	case GAS_SPACE_IO:
		if (addr <= PORT_LAST)
			reg.space = MACHINE_SPACE_IO;
		break;
	case GAS_SPACE_PCI: reg.space = MACHINE_SPACE_PCI; break;
	default: break;
	}
	reg.addr = addr;
	return reg;
}

/* A register that old tables give as a port and new ones as a GAS as well. */
static struct machine_register
register_parse(const struct table *table, size_t old, size_t extended)
{
	struct machine_register reg = gas_parse(table, extended);
	uint32_t port;

	if (reg.space != MACHINE_SPACE_NONE || !has_field(table, old, 4))
		return reg;
	port = get32(table->bytes + old);
	if (port == 0 || port > PORT_LAST)
		return reg;
	return (struct machine_register){ MACHINE_SPACE_IO, port };
}

static uint64_t
fadt_dsdt(const struct table *table)
{
	uint64_t addr = 0;

	if (has_field(table, FADT_X_DSDT, 8))
		addr = get64(table->bytes + FADT_X_DSDT);
	if (addr == 0 && has_field(table, FADT_DSDT, 4))
		addr = get32(table->bytes + FADT_DSDT);
	return addr;
}

static void
fadt_clocks(struct machine_config *machine, const struct table *table)
{
	struct machine_register timer =
		register_parse(table, FADT_PM_TIMER, FADT_X_PM_TIMER);

	if (timer.space == MACHINE_SPACE_IO)
		machine->pm_timer_port = (uint16_t)timer.addr;
	if (has_field(table, FADT_CENTURY, 1) &&
	    table->bytes[FADT_CENTURY] < CMOS_LEN)
		machine->rtc_century = table->bytes[FADT_CENTURY];
}

static void
fadt_power(struct machine_config *machine, const struct table *table,
	   uint32_t flags)
{
	if (flags & FADT_FLAG_REDUCED) {
		machine->sleep_control = gas_parse(table, FADT_SLEEP_CONTROL);
		return;
	}
	machine->pm1a_control =
		register_parse(table, FADT_PM1A_CONTROL, FADT_X_PM1A_CONTROL);
	machine->pm1b_control =
		register_parse(table, FADT_PM1B_CONTROL, FADT_X_PM1B_CONTROL);
	if (has_field(table, FADT_ACPI_ENABLE, 1) &&
	    get32(table->bytes + FADT_SMI_CMD) <= PORT_LAST) {
		machine->smi_command_port =
			(uint16_t)get32(table->bytes + FADT_SMI_CMD);
		machine->acpi_enable = table->bytes[FADT_ACPI_ENABLE];
	}
}

static void
fadt_parse(struct acpi *acpi, const struct table *table)
{
	struct machine_config *machine = &acpi->machine;
	uint32_t flags = 0;

	if (has_field(table, FADT_FLAGS, 4))
		flags = get32(table->bytes + FADT_FLAGS);
	fadt_clocks(machine, table);
	fadt_power(machine, table, flags);
	/* On QEMU's pc the table is older than this register. */
	if (flags & FADT_FLAG_RESET && has_field(table, FADT_RESET_VALUE, 1)) {
		machine->reset = gas_parse(table, FADT_RESET_REG);
		machine->reset_value = table->bytes[FADT_RESET_VALUE];
	}
}

/* ---- \_S5 in the DSDT: the values that mean "off" ----------------------- */

/* One constant integer at *at; false if it is anything else. */
static bool
aml_integer(const struct table *table, size_t *at, uint32_t *value)
{
	static const uint8_t width[] = {
		[AML_BYTE] = 1,
		[AML_WORD] = 2,
		[AML_DWORD] = 4,
	};
	uint8_t op;

	if (!has_field(table, *at, 1))
		return false;
	op = table->bytes[(*at)++];
	if (op == AML_ZERO || op == AML_ONE || op == AML_ONES) {
		*value = op;
		return true;
	}
	if (op >= array_len(width) || width[op] == 0 ||
	    !has_field(table, *at, width[op]))
		return false;
	*value = 0;
	for (unsigned int i = 0; i < width[op]; i++)
		*value |= (uint32_t)table->bytes[*at + i] << 8 * i;
	*at += width[op];
	return true;
}

/* PackageOp, PkgLength (of 1 to 4 bytes), element count, elements. */
static bool
s5_package(struct machine_config *machine, const struct table *table, size_t at)
{
	uint32_t a, b;
	uint8_t count;

	if (!has_field(table, at, 2) || table->bytes[at] != AML_PACKAGE)
		return false;
	at += 2 + (table->bytes[at + 1] >> 6);
	if (!has_field(table, at, 1))
		return false;
	count = table->bytes[at++];
	if (count < 1 || !aml_integer(table, &at, &a))
		return false;
	/* A single one holds both [ACPI 7.4.2]. */
	b = a >> 8;
	if (count > 1 && !aml_integer(table, &at, &b))
		return false;
	machine->has_s5 = true;
	machine->s5_type_a = a & 7;
	machine->s5_type_b = b & 7;
	return true;
}

/* Looks for Name (_S5_, Package ...), the only form that firmware uses. */
static void
s5_search(struct acpi *acpi, const struct table *table)
{
	const uint8_t *bytes = table->bytes;

	if (acpi->machine.has_s5)
		return;
	for (size_t i = HEADER_LEN + 1; has_field(table, i, 4); i++) {
		bool is_name =
			bytes[i - 1] == AML_NAME ||
			(bytes[i - 1] == AML_ROOT && bytes[i - 2] == AML_NAME);

		if (is_name && is_signed(bytes + i, "_S5_") &&
		    s5_package(&acpi->machine, table, i + 4))
			return;
	}
}

/* ---- HPET and MCFG ------------------------------------------------------ */

static void
hpet_parse(struct acpi *acpi, const struct table *table)
{
	struct machine_register reg = gas_parse(table, HPET_GAS);

	if (reg.space == MACHINE_SPACE_MEMORY)
		acpi->machine.hpet_addr = reg.addr;
}

static void
mcfg_parse(struct acpi *acpi, const struct table *table)
{
	for (size_t at = MCFG_ENTRIES; has_field(table, at, MCFG_ENTRY_LEN);
	     at += MCFG_ENTRY_LEN) {
		const uint8_t *entry = table->bytes + at;
		struct pci_ecam ecam = {
			.base = get64(entry),
			.segment = get16(entry + 8),
			.bus_start = entry[10],
			.bus_end = entry[11],
		};

		if (ecam.base == 0 || ecam.base % MCFG_BUS_LEN ||
		    ecam.bus_start > ecam.bus_end) {
			log_warn("acpi: MCFG window at 0x%llx makes no sense",
				 (unsigned long long)ecam.base);
			continue;
		}
		if (acpi->ecam_count == PCI_ECAMS_MAX) {
			log_warn("acpi: more than %u MCFG windows",
				 PCI_ECAMS_MAX);
			return;
		}
		acpi->ecam[acpi->ecam_count++] = ecam;
	}
}

/* ---- All of them -------------------------------------------------------- */

enum { SEEN_MADT = 1, SEEN_FADT = 2, SEEN_HPET = 4, SEEN_MCFG = 8 };

/* The first of each kind counts; further ones are a mistake of the firmware. */
static bool
is_first(unsigned int *seen, unsigned int kind)
{
	bool first = !(*seen & kind);

	*seen |= kind;
	return first;
}

static void
table_parse(struct acpi *acpi, const struct acpi_memory *memory,
	    const struct table *table, unsigned int *seen)
{
	struct table dsdt;

	if (is_signed(table->bytes, "APIC") && is_first(seen, SEEN_MADT)) {
		madt_parse(acpi, table);
	} else if (is_signed(table->bytes, "FACP") &&
		   is_first(seen, SEEN_FADT)) {
		fadt_parse(acpi, table);
		if (table_open(&dsdt, memory, fadt_dsdt(table)) &&
		    is_signed(dsdt.bytes, "DSDT"))
			s5_search(acpi, &dsdt);
	} else if (is_signed(table->bytes, "HPET") &&
		   is_first(seen, SEEN_HPET)) {
		hpet_parse(acpi, table);
	} else if (is_signed(table->bytes, "MCFG") &&
		   is_first(seen, SEEN_MCFG)) {
		mcfg_parse(acpi, table);
	} else if (is_signed(table->bytes, "SSDT")) {
		s5_search(acpi, table);
	}
}

enum status
acpi_read(struct acpi *acpi, const struct acpi_memory *memory, uint64_t rsdp)
{
	struct table list, table;
	unsigned int width, seen = 0;
	size_t count;

	*acpi = (struct acpi){ 0 };
	machine_default(&acpi->machine);
	if (rsdp == 0)
		rsdp = rsdp_find(memory);
	if (rsdp == 0)
		return ERR_NOENT;
	if (!rsdp_follow(memory, rsdp, &list, &width))
		return ERR_IO;
	count = min_of((list.len - HEADER_LEN) / width,
		       (size_t)TABLE_COUNT_MAX);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *entry = list.bytes + HEADER_LEN + i * width;

		if (table_open(&table, memory,
			       width == 8 ? get64(entry) : get32(entry)))
			table_parse(acpi, memory, &table, &seen);
	}
	return OK;
}
