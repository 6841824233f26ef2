/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What firmware says of the machine, under arbitrary bytes: ACPI's tables, with
 * right signatures and checksums so that their contents are looked at, and PCI
 * configuration space, with capabilities, bridges and BARs that say anything.
 */
#include <stdlib.h>

#include "drivers/acpi.h"
#include "drivers/pci.h"
#include "tests/fuzz/fuzz.h"
#include "tests/host/host.h"
#include "tests/host/irq.h"
#include "tests/host/pci_model.h"

#define MEMORY_START 0xe0000u
#define MEMORY_LEN   0x20000u
#define RSDP_AT	     0xf0000u
#define TABLES_MAX   12u
#define PIECES_MAX   2048u

/* ---- ACPI --------------------------------------------------------------- */

struct memory {
	uint8_t bytes[MEMORY_LEN];
	uint32_t free; /* physical */
	void *piece[PIECES_MAX];
	unsigned int piece_count;
};

/* Each piece exactly as long as was asked for, for ASan. */
static const void *
memory_map(void *ctx, uint64_t phys, size_t len)
{
	struct memory *m = ctx;
	void *copy;

	if (phys < MEMORY_START || phys >= MEMORY_START + MEMORY_LEN ||
	    len > MEMORY_START + MEMORY_LEN - phys)
		return NULL;
	assert(m->piece_count < PIECES_MAX);
	copy = malloc(len);
	assert(copy);
	memcpy(copy, m->bytes + (phys - MEMORY_START), len);
	m->piece[m->piece_count++] = copy;
	return copy;
}

static uint8_t *
at(struct memory *m, uint32_t phys)
{
	return m->bytes + (phys - MEMORY_START);
}

static void
put(struct memory *m, uint32_t phys, uint64_t value, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		at(m, phys)[i] = (uint8_t)(value >> 8 * i);
}

static void
sum(struct memory *m, uint32_t phys, uint32_t len, uint32_t where)
{
	uint8_t total = 0;

	at(m, phys)[where] = 0;
	for (uint32_t i = 0; i < len; i++)
		total = (uint8_t)(total + at(m, phys)[i]);
	at(m, phys)[where] = (uint8_t)-total;
}

/* A table with so many bytes of the input behind its header. */
static uint32_t
add_table(struct memory *m, const char *signature, const uint8_t *body,
	  size_t body_len)
{
	uint32_t phys = m->free, len = (uint32_t)(36 + body_len);

	m->free += (len + 15) & ~15u;
	memcpy(at(m, phys), signature, 4);
	put(m, phys + 4, len, 4);
	memcpy(at(m, phys + 36), body, body_len);
	sum(m, phys, len, 9);
	return phys;
}

static void
add_root(struct memory *m, bool is_xsdt, const uint32_t *tables,
	 unsigned int count)
{
	unsigned int width = is_xsdt ? 8 : 4;
	uint8_t list[TABLES_MAX * 8] = { 0 };
	uint32_t phys;

	for (unsigned int i = 0; i < count; i++)
		memcpy(list + i * width, &tables[i], 4);
	phys = add_table(m, is_xsdt ? "XSDT" : "RSDT", list, count * width);
	memcpy(at(m, RSDP_AT), "RSD PTR ", 8);
	put(m, RSDP_AT + 16, phys, 4);
	if (is_xsdt) {
		at(m, RSDP_AT)[15] = 2;
		put(m, RSDP_AT + 20, 36, 4);
		put(m, RSDP_AT + 24, phys, 8);
	}
	sum(m, RSDP_AT, 20, 8);
	if (is_xsdt)
		sum(m, RSDP_AT, 36, 32);
}

static void
check_machine(const struct acpi *acpi)
{
	const struct machine_config *machine = &acpi->machine;

	assert(machine->core_count <= PARAM_CORES_MAX);
	assert(machine->ioapic_count <= MACHINE_IOAPICS_MAX);
	assert(acpi->ecam_count <= PCI_ECAMS_MAX);
	for (unsigned int i = 0; i < acpi->ecam_count; i++)
		assert(acpi->ecam[i].bus_start <= acpi->ecam[i].bus_end);
	assert(machine->reset.space <= MACHINE_SPACE_PCI);
	assert(machine->pm1a_control.space <= MACHINE_SPACE_PCI);
}

static void
fuzz_acpi(struct input *in)
{
	static const char signatures[][5] = { "APIC", "FACP", "HPET", "MCFG",
					      "DSDT", "FACP", "APIC", "XXXX" };
	struct memory *m = calloc(1, sizeof(*m));
	const struct acpi_memory window = { memory_map, m };
	uint32_t tables[TABLES_MAX], phys;
	static struct acpi acpi;
	unsigned int count = 0;
	uint8_t how = take(in), what;
	const uint8_t *body;
	size_t len;

	m->free = MEMORY_START + 0x100;
	/* The DSDT is found through the FADT: it comes first. */
	while (left(in) > 0 && count < TABLES_MAX) {
		what = take(in);
		body = take_bytes(in, take(in), &len);
		phys = add_table(m, signatures[what & 7], body, len);
		tables[count++] = phys;
		if (!memcmp(signatures[what & 7], "FACP", 4) && len >= 8 &&
		    what & 8) {
			put(m, phys + 40, tables[0], 4);
			sum(m, phys, (uint32_t)(36 + len), 9);
		}
	}
	add_root(m, how & 1, tables, count);
	/* And a blemish somewhere. */
	if (how & 2)
		at(m, MEMORY_START + how * 64u)[how >> 2] ^= how;
	(void)acpi_read(&acpi, &window, how & 4 ? RSDP_AT : 0);
	check_machine(&acpi);
	while (m->piece_count > 0)
		free(m->piece[--m->piece_count]);
	free(m);
}

/* ---- PCI ---------------------------------------------------------------- */

/* Few dwords of configuration space, some of them writable. */
static void
fill_function(struct pci_model_function *f, struct input *in)
{
	unsigned int count = take(in) % 32;

	while (count-- > 0) {
		uint8_t index = take(in);
		uint32_t value = (uint32_t)take16(in) << 16 | take16(in);

		if (index == 0)
			continue;
		f->config[index & 63] = value;
		if (index & 0x40)
			f->writable[index & 63] = value ^ (uint32_t)-16;
		if (index & 0x80)
			f->config[64 + (index & 63)] = value;
	}
}

static void
ignore(void *arg)
{
}

static void
write_nothing(struct out *out, const char *text, size_t len)
{
}

/* All that a driver does with a device before it knows it. */
static void
use_device(struct pci_device *dev, struct input *in)
{
	const struct pci_vector vectors[] = { { "a", ignore, NULL },
					      { "b", ignore, NULL } };
	struct pci_errors errors;
	struct pci_bar bar;

	for (unsigned int id = 0; id < 24; id++)
		assert(pci_cap_find(dev, (uint8_t)id) < PCI_CONFIG_LEN - 3);
	for (uint16_t id = 0; id < 8; id++)
		assert(pci_ext_cap_find(dev, id) < PCI_EXTENDED_LEN);
	pci_keep(dev);
	for (unsigned int i = 0; i <= PCI_BARS; i++)
		if (pci_bar(dev, i, &bar) == OK)
			assert(bar.len > 0 && (bar.len & (bar.len - 1)) == 0);
	pci_power_on(dev);
	(void)pci_aspm_disable(dev);
	(void)pci_errors_take(dev, &errors);
	if (pci_msi_enable(dev, vectors) == OK)
		pci_irq_disable(dev);
	if (take(in) & 1 && pci_intx_enable(dev, vectors) == OK)
		pci_irq_disable(dev);
	(void)pci_restore(dev);
}

static void
fuzz_pci(struct input *in)
{
	static struct pci pci;
	struct out out = { write_nothing };
	struct pci_model model;
	unsigned int seen = 0;

	memset(&pci, 0, sizeof(pci));
	pci_model_init(&model);
	while (left(in) > 0 && model.function_count < 12) {
		uint8_t where = take(in);
		struct pci_model_function *f;

		/* On one of few buses; bridges lead to any. */
		if (where & 1)
			f = pci_model_add_bridge(&model, where >> 1 & 3,
						 where >> 3, take(in) & 7,
						 take(in));
		else
			f = pci_model_add(&model, where >> 1 & 3, where >> 3,
					  take(in) & 7, 0x8086, 0x10d3, 0x0200);
		fill_function(f, in);
	}
	pci_scan(&pci, &model.access);
	assert(pci.device_count <= PCI_DEVICES_MAX);
	for (struct pci_device *dev = pci_next(&pci, NULL); dev;
	     dev = pci_next(&pci, dev)) {
		use_device(dev, in);
		seen++;
	}
	assert(seen <= pci.device_count);
	pci_show(&pci, &out, PCI_SHOW_NUMBERS | PCI_SHOW_DRIVER, NULL);
	assert(host_irq_used() == 0);
	pci_model_fini(&model);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };

	if (take(&in) & 1)
		fuzz_pci(&in);
	else
		fuzz_acpi(&in);
	return 0;
}
