/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding PCI devices, and the parts of their configuration that drivers need:
 * capabilities, BARs, power, link power management, error status [PCI 6]
 * [HARDWARE 3]. Nothing is numbered or placed anew; firmware did that.
 */

#include "drivers/pci.h"

#include <arch/clock.h>
#include <arch/vm.h>

#include "lib/str.h"

#define HEADER_TYPE_MASK 0x7fu
#define HEADER_MULTI	 0x80u
#define CAPS_MAX	 48u /* 192 bytes of four each: more is a ring */
#define EXT_CAPS_MAX	 480u

#define BAR_IO	      0x1u
#define BAR_TYPE_MASK 0x6u
#define BAR_TYPE_64   0x4u
#define BAR_PREFETCH  0x8u

#define POWER_CONTROL	  4u
#define POWER_STATE_MASK  0x3u
#define POWER_PME_STATUS  0x8000u
#define POWER_D3_DELAY_US 10000u

#define LINK_CONTROL	 0x10u
#define LINK_ASPM_MASK	 0x3u
#define EXPRESS_ENDPOINT 0u
#define EXPRESS_LEGACY	 1u

#define AER_UNCORRECTABLE 0x04u
#define AER_CORRECTABLE	  0x10u

/* ---- configuration space of one device ---------------------------------- */

uint32_t
pci_read32(const struct pci_device *dev, uint32_t offset)
{
	if (offset >= dev->access->config_len)
		return UINT32_MAX;
	return dev->access->read(dev->access, dev->at, offset & ~3u);
}

void
pci_write32(const struct pci_device *dev, uint32_t offset, uint32_t value)
{
	if (offset < dev->access->config_len)
		dev->access->write(dev->access, dev->at, offset & ~3u, value);
}

uint16_t
pci_read16(const struct pci_device *dev, uint32_t offset)
{
	return (uint16_t)(pci_read32(dev, offset) >> (offset & 2u) * 8);
}

uint8_t
pci_read8(const struct pci_device *dev, uint32_t offset)
{
	return (uint8_t)(pci_read32(dev, offset) >> (offset & 3u) * 8);
}

/* Zeros in the status half change nothing: its bits clear by writing ones. */
void
pci_command(const struct pci_device *dev, uint32_t clear, uint32_t set)
{
	uint32_t command = pci_read16(dev, PCI_COMMAND);

	pci_write32(dev, PCI_COMMAND, (command & ~clear) | set);
}

uint32_t
pci_cap_find(const struct pci_device *dev, uint8_t id)
{
	uint32_t offset, header;

	if (!(pci_read32(dev, PCI_COMMAND) & PCI_STATUS_CAPS))
		return 0;
	offset = pci_read8(dev, PCI_CAP_POINTER) & 0xfcu;
	for (unsigned int i = 0; i < CAPS_MAX && offset >= 0x40; i++) {
		header = pci_read32(dev, offset);
		if ((uint8_t)header == id)
			return offset;
		offset = header >> 8 & 0xfcu;
	}
	return 0;
}

uint32_t
pci_ext_cap_find(const struct pci_device *dev, uint16_t id)
{
	uint32_t offset = PCI_CONFIG_LEN, header;

	for (unsigned int i = 0; i < EXT_CAPS_MAX; i++) {
		header = pci_read32(dev, offset);
		if (header == 0 || header == UINT32_MAX)
			return 0;
		if ((uint16_t)header == id)
			return offset;
		offset = header >> 20 & 0xffcu;
		if (offset < PCI_CONFIG_LEN)
			return 0;
	}
	return 0;
}

/* ---- the walk ----------------------------------------------------------- */

static void scan_bus(struct pci *pci, struct pci_access *access, uint8_t bus,
		     struct pci_device *bridge, unsigned int depth);

void
pci_identify(struct pci_device *dev)
{
	uint32_t word;

	*dev = (struct pci_device){ .pci = dev->pci,
				    .access = dev->access,
				    .bridge = dev->bridge,
				    .at = dev->at };
	word = pci_read32(dev, PCI_ID);
	dev->vendor = (uint16_t)word;
	dev->device = (uint16_t)(word >> 16);
	word = pci_read32(dev, PCI_CLASS);
	dev->class_code = word >> 8;
	dev->revision = (uint8_t)word;
	dev->header_type = pci_read8(dev, PCI_HEADER + 2) & HEADER_TYPE_MASK;
	word = pci_read32(dev, PCI_INTERRUPT);
	dev->irq_line = (uint8_t)word;
	dev->irq_pin = (uint8_t)(word >> 8);
	if (dev->irq_pin > 4)
		dev->irq_pin = 0;
	if (dev->header_type == 0) {
		word = pci_read32(dev, PCI_SUBSYSTEM);
		dev->subsystem_vendor = (uint16_t)word;
		dev->subsystem = (uint16_t)(word >> 16);
	}
}

struct pci_device *
pci_device_add(struct pci *pci, struct pci_access *access,
	       struct pci_address at, struct pci_device *bridge)
{
	struct pci_device *dev;

	if (pci->device_count == PCI_DEVICES_MAX) {
		pci->excess_count++;
		return NULL;
	}
	dev = &pci->device[pci->device_count++];
	*dev = (struct pci_device){
		.pci = pci, .access = access, .bridge = bridge, .at = at
	};
	pci_identify(dev);
	return dev;
}

/* Follows a bridge downwards; a bus already seen would be walked in circles. */
static void
scan_bridge(struct pci *pci, struct pci_device *bridge, unsigned int depth)
{
	uint8_t secondary = pci_read8(bridge, PCI_BUSES + 1);

	if (secondary <= bridge->at.bus || depth == PCI_DEPTH_MAX ||
	    secondary > bridge->access->bus_end)
		return;
	scan_bus(pci, bridge->access, secondary, bridge, depth + 1);
}

static void
scan_function(struct pci *pci, struct pci_access *access, struct pci_address at,
	      struct pci_device *bridge, unsigned int depth)
{
	struct pci_device *dev = pci_device_add(pci, access, at, bridge);

	if (dev && dev->header_type == PCI_HEADER_BRIDGE)
		scan_bridge(pci, dev, depth);
}

static void
scan_bus(struct pci *pci, struct pci_access *access, uint8_t bus,
	 struct pci_device *bridge, unsigned int depth)
{
	struct pci_address at = { .segment = access->segment, .bus = bus };
	unsigned int functions;
	uint32_t header;

	if (pci->bus_seen[bus / 32] & 1u << bus % 32)
		return;
	pci->bus_seen[bus / 32] |= 1u << bus % 32;
	for (at.slot = 0; at.slot < 32; at.slot++) {
		at.function = 0;
		if ((uint16_t)access->read(access, at, PCI_ID) == 0xffff)
			continue;
		header = access->read(access, at, PCI_HEADER) >> 16;
		functions = header & HEADER_MULTI ? 8 : 1;
		for (; at.function < functions; at.function++)
			if ((uint16_t)access->read(access, at, PCI_ID) !=
			    0xffff)
				scan_function(pci, access, at, bridge, depth);
	}
}

void
pci_scan(struct pci *pci, struct pci_access *access)
{
	memset(pci->bus_seen, 0, sizeof(pci->bus_seen));
	scan_bus(pci, access, access->bus_start, NULL, 0);
}

static uint32_t
address_key(const struct pci_device *dev)
{
	return (uint32_t)dev->at.segment << 16 | (uint32_t)dev->at.bus << 8 |
	       (uint32_t)dev->at.slot << 3 | dev->at.function;
}

/* The walk goes down a bridge where it meets it; people count addresses. */
struct pci_device *
pci_next(struct pci *pci, const struct pci_device *after)
{
	struct pci_device *dev, *next = NULL;

	for (unsigned int i = 0; i < pci->device_count; i++) {
		dev = &pci->device[i];
		if (after && address_key(dev) <= address_key(after))
			continue;
		if (!next || address_key(dev) < address_key(next))
			next = dev;
	}
	return next;
}

void
pci_init(struct pci *pci, const struct pci_ecam *ecam, unsigned int ecam_count,
	 const struct pci_options *options)
{
	memset(pci, 0, sizeof(*pci));
	if (options)
		pci->options = *options;
	for (unsigned int i = 0; i < min_of(ecam_count, PCI_ECAMS_MAX); i++) {
		pci_ecam_open(&pci->ecam[i], &ecam[i]);
		pci_scan(pci, &pci->ecam[i].access);
		pci->ecam_count++;
	}
	if (pci->device_count == 0) {
		pci_ports_open(&pci->ports);
		pci_scan(pci, &pci->ports);
	}
	log_info("pci: %u functions, configuration space by %s",
		 pci->device_count, pci->ports.read ? "ports CF8/CFC" : "ECAM");
	if (pci->excess_count > 0)
		log_warn("pci: %u further functions ignored: room for %u",
			 pci->excess_count, PCI_DEVICES_MAX);
}

void
pci_options_parse(struct pci_options *options, const char *text)
{
	static const struct {
		const char *word;
		bool msix, msi, intx;
	} words[] = {
		{ "nomsix", true, false, false },
		{ "nomsi", true, true, false }, /* Linux's: both kinds */
		{ "nointx", false, false, true },
	};
	size_t len;
	unsigned int i;

	for (; *text != '\0'; text += len + (text[len] == ',')) {
		const char *comma = strchr(text, ',');

		len = comma ? (size_t)(comma - text) : strlen(text);
		for (i = 0; i < array_len(words); i++)
			if (strlen(words[i].word) == len &&
			    !strncmp(text, words[i].word, len))
				break;
		if (i == array_len(words)) {
			log_warn("pci: unknown option %.*s", (int)len, text);
			continue;
		}
		options->no_msix |= words[i].msix;
		options->no_msi |= words[i].msi;
		options->no_intx |= words[i].intx;
	}
}

/* ---- BARs --------------------------------------------------------------- */

unsigned int
pci_bar_count(const struct pci_device *dev)
{
	return dev->header_type == 0		       ? PCI_BARS
	       : dev->header_type == PCI_HEADER_BRIDGE ? 2
						       : 0;
}

/*
 * The bits of a BAR that stick when all are set, with the old value put back.
 */
static uint32_t
bar_probe(const struct pci_device *dev, uint32_t offset, uint32_t old)
{
	uint32_t sticky;

	pci_write32(dev, offset, UINT32_MAX);
	sticky = pci_read32(dev, offset);
	pci_write32(dev, offset, old);
	return sticky;
}

/* True if the BAR before this one is 64 bits wide and this its upper half. */
static bool
bar_is_upper_half(const struct pci_device *dev, unsigned int index)
{
	bool upper = false;
	uint32_t value;

	for (unsigned int i = 0; i < index; i++) {
		value = pci_read32(dev, PCI_BAR0 + i * 4);
		upper = !upper && !(value & BAR_IO) &&
			(value & BAR_TYPE_MASK) == BAR_TYPE_64;
	}
	return upper;
}

/* [PCI 6.2.5.1]; decoding is off so that no address is answered twice. */
enum status
pci_bar(const struct pci_device *dev, unsigned int index, struct pci_bar *bar)
{
	uint32_t offset = PCI_BAR0 + index * 4, low, high = 0;
	uint32_t command = pci_read16(dev, PCI_COMMAND);
	uint64_t mask;

	*bar = (struct pci_bar){ 0 };
	if (index >= pci_bar_count(dev))
		return ERR_RANGE;
	if (bar_is_upper_half(dev, index))
		return ERR_NOENT;
	pci_command(dev, PCI_COMMAND_IO | PCI_COMMAND_MEMORY, 0);
	low = pci_read32(dev, offset);
	mask = bar_probe(dev, offset, low);
	bar->is_io = low & BAR_IO;
	bar->is_64bit = !bar->is_io && (low & BAR_TYPE_MASK) == BAR_TYPE_64 &&
			index + 1 < pci_bar_count(dev);
	bar->is_prefetchable = !bar->is_io && low & BAR_PREFETCH;
	if (bar->is_64bit) {
		high = pci_read32(dev, offset + 4);
		mask |= (uint64_t)bar_probe(dev, offset + 4, high) << 32;
	} else if (mask != 0) {
		mask |= 0xffffffff00000000u;
	}
	pci_write32(dev, PCI_COMMAND, command);
	if (bar->is_io)
		mask |= 0xffff0000u; /* a device may decode 16 bits of ports */
	mask &= bar->is_io ? ~(uint64_t)0x3 : ~(uint64_t)0xf;
	if (bar->is_64bit ? mask == 0 : (uint32_t)mask == 0)
		return ERR_NOENT;
	bar->len = ~mask + 1;
	if (bar->len & (bar->len - 1))
		return ERR_IO;
	bar->base = ((uint64_t)high << 32 | low) & mask;
	return OK;
}

void *
pci_bar_map(const struct pci_device *dev, unsigned int index, uint64_t min_len)
{
	const char *why = "no page tables";
	struct pci_bar bar;
	char at[16];
	void *regs;

	if (pci_bar(dev, index, &bar) != OK || bar.is_io)
		why = "it is no memory BAR";
	else if (bar.len < min_len)
		why = "it is too short";
	else if (bar.base == 0)
		why = "firmware did not place it";
	/* No more of it than is used, however long it says that it is. */
	else if ((regs = vm_map_mmio(bar.base, min_len)) != NULL) {
		pci_command(dev, 0, PCI_COMMAND_MEMORY);
		return regs;
	}
	pci_address_print(dev->at, at, sizeof(at));
	log_err("pci %s: BAR %u cannot be used: %s", at, index, why);
	return NULL;
}

/* ---- power, link, errors ------------------------------------------------ */

void
pci_keep(struct pci_device *dev)
{
	for (unsigned int i = 0; i < pci_bar_count(dev); i++)
		if (pci_bar(dev, i, &dev->bar_kept[i]) != OK)
			dev->bar_kept[i] = (struct pci_bar){ 0 };
	dev->is_kept = true;
}

bool
pci_is_there(const struct pci_device *dev)
{
	return pci_read32(dev, PCI_ID) ==
	       ((uint32_t)dev->device << 16 | dev->vendor);
}

/* The bits that say what kind of BAR it is are the device's to keep. */
static void
bar_write(const struct pci_device *dev, unsigned int index,
	  const struct pci_bar *bar)
{
	if (bar->len == 0)
		return;
	pci_write32(dev, PCI_BAR0 + index * 4, (uint32_t)bar->base);
	if (bar->is_64bit)
		pci_write32(dev, PCI_BAR0 + index * 4 + 4,
			    (uint32_t)(bar->base >> 32));
}

bool
pci_restore(const struct pci_device *dev)
{
	if (!dev->is_kept || !pci_is_there(dev))
		return false;
	pci_command(dev, PCI_COMMAND_IO | PCI_COMMAND_MEMORY, 0);
	for (unsigned int i = 0; i < pci_bar_count(dev); i++)
		bar_write(dev, i, &dev->bar_kept[i]);
	pci_command(dev, 0, PCI_COMMAND_MEMORY);
	return true;
}

void
pci_power_on(const struct pci_device *dev)
{
	uint32_t cap = pci_cap_find(dev, PCI_CAP_POWER);
	uint32_t control, command, bar[PCI_BARS];
	unsigned int i;

	if (!cap)
		return;
	control = pci_read32(dev, cap + POWER_CONTROL);
	if ((control & POWER_STATE_MASK) == 0)
		return;
	/* Leaving D3 may be a reset that forgets the BARs [PCIPM 5.4]. */
	command = pci_read16(dev, PCI_COMMAND);
	for (i = 0; i < pci_bar_count(dev); i++)
		bar[i] = pci_read32(dev, PCI_BAR0 + i * 4);
	control &= ~(POWER_STATE_MASK | POWER_PME_STATUS);
	pci_write32(dev, cap + POWER_CONTROL, control);
	clock_delay_us(POWER_D3_DELAY_US);
	for (i = 0; i < pci_bar_count(dev); i++)
		pci_write32(dev, PCI_BAR0 + i * 4, bar[i]);
	pci_write32(dev, PCI_COMMAND, command);
}

static bool
aspm_clear(const struct pci_device *dev, uint32_t cap)
{
	uint32_t control = pci_read16(dev, cap + LINK_CONTROL);

	if (!(control & LINK_ASPM_MASK))
		return false;
	pci_write32(dev, cap + LINK_CONTROL, control & ~LINK_ASPM_MASK);
	return true;
}

/* The downstream end first, so that it never sleeps alone [PCIe 5.4.1]. */
bool
pci_aspm_disable(const struct pci_device *dev)
{
	uint32_t cap = pci_cap_find(dev, PCI_CAP_EXPRESS), above, type;
	bool changed;

	if (!cap)
		return false;
	type = PCI_EXPRESS_TYPE(pci_read32(dev, cap));
	if (type != EXPRESS_ENDPOINT && type != EXPRESS_LEGACY)
		return false; /* inside the root complex: there is no link */
	changed = aspm_clear(dev, cap);
	above = dev->bridge ? pci_cap_find(dev->bridge, PCI_CAP_EXPRESS) : 0;
	if (!above)
		return changed;
	type = PCI_EXPRESS_TYPE(pci_read32(dev->bridge, above));
	if (type == PCI_EXPRESS_ROOT_PORT || type == PCI_EXPRESS_DOWN_PORT)
		changed |= aspm_clear(dev->bridge, above);
	return changed;
}

bool
pci_errors_take(const struct pci_device *dev, struct pci_errors *errors)
{
	uint32_t cap = pci_ext_cap_find(dev, PCI_EXT_CAP_AER);

	*errors = (struct pci_errors){ 0 };
	if (!cap)
		return false;
	errors->uncorrectable = pci_read32(dev, cap + AER_UNCORRECTABLE);
	errors->correctable = pci_read32(dev, cap + AER_CORRECTABLE);
	pci_write32(dev, cap + AER_UNCORRECTABLE, errors->uncorrectable);
	pci_write32(dev, cap + AER_CORRECTABLE, errors->correctable);
	return true;
}
