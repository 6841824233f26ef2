/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots whose cards come and go while the machine runs: letting go what the
 * operator wants out, switching on what was put in, finding it and giving its
 * BARs addresses, which for cards that were there at power-on firmware did.
 *
 * Two ways to ask for a card: the attention button of a PCIe slot [PCIe 6.7],
 * which QEMU has too if its ACPI hot plug is off, and QEMU's registers for ACPI
 * hot plug, which exist for firmware's byte code; we know where they are
 * instead. Everything is looked at some times a second; no interrupt tells.
 */

#include <arch/io.h>

#include "drivers/pci.h"

/* QEMU's ACPI hot plug: from its port on, 32 bits each [PCIHP]. */
#define ACPI_440FX  0xae00u
#define ACPI_Q35    0x0cc0u
#define ACPI_DOWN   0x04u /* a bit a slot: wanted out */
#define ACPI_EJECT  0x08u /* a bit written: let it go */
#define ACPI_SELECT 0x10u /* which of the buses that have slots */

/* In PCI_CAP_EXPRESS, two registers to a dword [PCIe 7.5.3.9 to 11]. */
#define EXPRESS_SLOT	    (1u << 24)
#define SLOT_CAP	    0x14u
#define SLOT_CAP_BUTTON	    (1u << 0)
#define SLOT_CAP_POWER	    (1u << 1)
#define SLOT_CAP_HOT_PLUG   (1u << 6)
#define SLOT_CONTROL	    0x18u /* status in the upper half, ones clear */
#define SLOT_LAMP_MASK	    (3u << 8)
#define SLOT_LAMP_ON	    (1u << 8)
#define SLOT_LAMP_OFF	    (3u << 8)
#define SLOT_POWER_OFF	    (1u << 10)
#define SLOT_STATUS_PRESSED (1u << 16)
#define SLOT_STATUS_CHANGED (1u << 19) /* presence */
#define SLOT_STATUS_DONE    (1u << 20) /* a command */
#define SLOT_STATUS_PRESENT (1u << 22)

#define WINDOW_MASK 0xfff0u
#define WINDOW_LEN  0x100000ull /* of the last unit of a window */
/* Where QEMU's PC with an i440FX has room for cards on its first bus: above
 * any RAM, below the interrupt controllers. */
#define ROOT_FIRST 0xe0000000ull
#define ROOT_END   0xfec00000ull

#define PIIX3	    0x7000u /* the 440FX's router of interrupts */
#define PIIX3_ROUTE 0x60u   /* a byte for each of four wires [PIIX3 2.2] */
#define PIIX3_OFF   0x80u

/* ---- QEMU's ACPI hot plug ------------------------------------------------ */

void
pci_eject_wanted(struct pci *pci)
{
	enum pci_machine machine = pci_machine(pci);
	uint16_t port = machine == PCI_MACHINE_Q35 ? ACPI_Q35 : ACPI_440FX;
	uint32_t buses = 1, down;

	if (machine == PCI_MACHINE_OTHER)
		return;
	for (unsigned int i = 0; i < pci->device_count; i++)
		buses += pci->device[i].header_type == PCI_HEADER_BRIDGE;
	for (uint32_t bus = 0; bus < buses; bus++) {
		port_out32(port + ACPI_SELECT, bus);
		down = port_in32(port + ACPI_DOWN);
		if (down == UINT32_MAX) /* it is off */
			return;
		for (; down; down &= down - 1)
			port_out32(port + ACPI_EJECT, down & -down);
	}
}

/* ---- PCIe slots ---------------------------------------------------------- */

/* Offset of the capability of a bridge with such a slot; 0: it has none. */
static uint32_t
slot_find(const struct pci_device *bridge)
{
	const uint32_t need =
		SLOT_CAP_BUTTON | SLOT_CAP_POWER | SLOT_CAP_HOT_PLUG;
	uint32_t cap, type;

	if (bridge->header_type != PCI_HEADER_BRIDGE)
		return 0;
	cap = pci_cap_find(bridge, PCI_CAP_EXPRESS);
	if (!cap || !(pci_read32(bridge, cap) & EXPRESS_SLOT))
		return 0;
	type = PCI_EXPRESS_TYPE(pci_read32(bridge, cap));
	if (type != PCI_EXPRESS_ROOT_PORT && type != PCI_EXPRESS_DOWN_PORT)
		return 0;
	return (pci_read32(bridge, cap + SLOT_CAP) & need) == need ? cap : 0;
}

/* Zeros in the status half clear nothing. */
static void
slot_command(const struct pci_device *bridge, uint32_t cap, uint32_t clear,
	     uint32_t set)
{
	uint32_t control = pci_read16(bridge, cap + SLOT_CONTROL);

	pci_write32(bridge, cap + SLOT_CONTROL,
		    (control & ~clear) | set | SLOT_STATUS_DONE);
}

/*
 * The button means "out" where there is power and a card, else "in"
 * [PCIe 6.7.1.5]. The five seconds in which a second press takes the first one
 * back are left out: who asks a machine by its monitor means it.
 */
bool
pci_slot_release(const struct pci_device *bridge)
{
	uint32_t cap = slot_find(bridge), state;

	state = cap ? pci_read32(bridge, cap + SLOT_CONTROL) : 0;
	if (state == UINT32_MAX ||
	    !(state & (SLOT_STATUS_PRESSED | SLOT_STATUS_CHANGED)))
		return false;
	pci_write32(bridge, cap + SLOT_CONTROL,
		    (state & 0xffffu) | SLOT_STATUS_PRESSED |
			    SLOT_STATUS_CHANGED);
	if (!(state & SLOT_STATUS_PRESENT))
		return false;
	if (!(state & SLOT_POWER_OFF))
		return state & SLOT_STATUS_PRESSED;
	slot_command(bridge, cap, SLOT_POWER_OFF | SLOT_LAMP_MASK,
		     SLOT_LAMP_ON);
	return false;
}

void
pci_slot_off(const struct pci_device *bridge)
{
	uint32_t cap = slot_find(bridge);

	if (cap)
		slot_command(bridge, cap, SLOT_LAMP_MASK,
			     SLOT_POWER_OFF | SLOT_LAMP_OFF);
}

/* ---- room for BARs ------------------------------------------------------- */

static uint64_t
window_start(uint32_t window)
{
	return (uint64_t)(window & WINDOW_MASK) << 16;
}

static uint64_t
window_end(uint32_t window)
{
	return window_start(window >> 16) + WINDOW_LEN;
}

/* If [start, start+len) meets this one, where to go on; else start. */
static uint64_t
step_over(uint64_t start, uint64_t len, uint64_t from, uint64_t end)
{
	return from < end && start < end && from < start + len ? end : start;
}

/* The same for all that dev decodes or leads to. */
static uint64_t
step_over_device(uint64_t start, uint64_t len, const struct pci_device *dev)
{
	static const uint32_t windows[] = { PCI_MEMORY_WINDOW,
					    PCI_PREFETCH_WINDOW };
	struct pci_bar bar;
	uint32_t window;

	if (dev->header_type == PCI_HEADER_BRIDGE)
		for (unsigned int i = 0; i < array_len(windows); i++) {
			window = pci_read32(dev, windows[i]);
			start = step_over(start, len, window_start(window),
					  window_end(window));
		}
	for (unsigned int i = 0; i < pci_bar_count(dev); i++) {
		/* Who has no driver is not in use, so it may be sized. */
		if (dev->is_kept)
			bar = dev->bar_kept[i];
		else if (pci_bar(dev, i, &bar) != OK)
			continue;
		if (!bar.is_io)
			start = step_over(start, len, bar.base,
					  bar.base + bar.len);
	}
	return start;
}

/*
 * The first room of len bytes on dev's bus beside what is there, what left but
 * may come back, and dev's own BARs that are placed already. 0: there is none.
 */
static uint64_t
room_find(const struct pci_device *dev, uint64_t len,
	  const struct pci_bar *placed)
{
	const struct pci *pci = dev->pci;
	uint64_t at = ROOT_FIRST, end = ROOT_END, before;
	uint32_t window;

	if (dev->bridge) {
		window = pci_read32(dev->bridge, PCI_MEMORY_WINDOW);
		at = window_start(window);
		end = window_end(window);
	}
	do {
		at = (at + len - 1) & ~(len - 1);
		before = at;
		for (unsigned int i = 0; i < PCI_BARS; i++)
			at = step_over(at, len, placed[i].base,
				       placed[i].base + placed[i].len);
		for (unsigned int i = 0; i < pci->device_count; i++) {
			const struct pci_device *other = &pci->device[i];

			if (other != dev && other->bridge == dev->bridge &&
			    (other->is_kept || pci_is_there(other)))
				at = step_over_device(at, len, other);
		}
		if (at >= end || end - at < len)
			return 0;
	} while (at != before);
	return at;
}

/* Gives the memory BARs addresses; ports are for nobody here. */
static bool
place(struct pci_device *dev)
{
	struct pci_bar bar, placed[PCI_BARS] = { 0 };
	char at[16];

	pci_command(dev, PCI_COMMAND_IO | PCI_COMMAND_MEMORY, 0);
	for (unsigned int i = 0; i < pci_bar_count(dev); i++) {
		if (pci_bar(dev, i, &bar) != OK || bar.is_io)
			continue;
		bar.base = bar.len < ROOT_END ? room_find(dev, bar.len, placed)
					      : 0;
		if (bar.base == 0) {
			pci_address_print(dev->at, at, sizeof(at));
			log_err("pci %s: no room for %llu bytes of BAR %u", at,
				(unsigned long long)bar.len, i);
			return false;
		}
		placed[i] = bar;
		pci_write32(dev, PCI_BAR0 + i * 4, (uint32_t)bar.base);
		if (bar.is_64bit)
			pci_write32(dev, PCI_BAR0 + i * 4 + 4, 0);
	}
	pci_keep(dev);
	return true;
}

/* What firmware writes into the configuration of cards that it finds. */
static void
irq_line_find(struct pci_device *dev)
{
	const struct pci *pci = dev->pci;
	uint32_t wire = dev->irq_pin + dev->at.slot + 2u;
	uint8_t route;

	if (dev->bridge || !dev->irq_pin)
		return;
	for (unsigned int i = 0; i < pci->device_count; i++) {
		if (pci->device[i].device != PIIX3)
			continue;
		route = pci_read8(&pci->device[i], PIIX3_ROUTE + wire % 4);
		dev->irq_line = route & PIIX3_OFF ? 255 : route & 15;
	}
}

static void
take_in(struct pci_device *dev)
{
	char at[16];

	pci_address_print(dev->at, at, sizeof(at));
	log_info("pci %s: %04x:%04x was put in", at, dev->vendor, dev->device);
	if (dev->header_type == 0 && place(dev))
		irq_line_find(dev);
}

/* ---- what is new --------------------------------------------------------- */

static bool
is_known(const struct pci *pci, const struct pci_access *access,
	 struct pci_address at)
{
	for (unsigned int i = 0; i < pci->device_count; i++) {
		const struct pci_device *dev = &pci->device[i];

		if (dev->access == access && dev->at.bus == at.bus &&
		    dev->at.slot == at.slot && dev->at.function == at.function)
			return true;
	}
	return false;
}

static bool
answers(struct pci_access *access, struct pci_address at)
{
	return (uint16_t)access->read(access, at, PCI_ID) != 0xffff;
}

/* The first function on a bus that nobody knows. */
static struct pci_device *
bus_find_new(struct pci *pci, struct pci_access *access, uint8_t bus,
	     struct pci_device *bridge, uint8_t slots)
{
	struct pci_address at = { .segment = access->segment, .bus = bus };
	uint8_t functions;

	for (at.slot = 0; at.slot < slots; at.slot++) {
		at.function = 0;
		if (!answers(access, at))
			continue;
		functions =
			access->read(access, at, PCI_HEADER) & 1u << 23 ? 8 : 1;
		for (; at.function < functions; at.function++)
			if (!is_known(pci, access, at) && answers(access, at))
				return pci_device_add(pci, access, at, bridge);
	}
	return NULL;
}

/* Below a bridge; a PCIe port leads to one slot. */
static struct pci_device *
below_find_new(struct pci *pci, struct pci_device *bridge)
{
	uint8_t bus = pci_read8(bridge, PCI_BUSES + 1);
	uint32_t cap;

	if (bridge->left || bus <= bridge->at.bus ||
	    bus > bridge->access->bus_end || !pci_is_there(bridge))
		return NULL;
	cap = pci_cap_find(bridge, PCI_CAP_EXPRESS);
	return bus_find_new(pci, bridge->access, bus, bridge, cap ? 1 : 32);
}

struct pci_device *
pci_find_new(struct pci *pci)
{
	struct pci_device *found = NULL;

	if (pci->device_count == PCI_DEVICES_MAX)
		return NULL;
	/* Only there do cards come and go on the first bus itself. */
	if (pci_machine(pci) == PCI_MACHINE_440FX)
		found = bus_find_new(pci, pci->device[0].access, 0, NULL, 32);
	for (unsigned int i = 0; i < pci->device_count && !found; i++)
		if (pci->device[i].header_type == PCI_HEADER_BRIDGE)
			found = below_find_new(pci, &pci->device[i]);
	if (found)
		take_in(found);
	return found;
}

bool
pci_renew(struct pci_device *dev)
{
	if (!answers(dev->access, dev->at))
		return false;
	pci_identify(dev);
	take_in(dev);
	return true;
}
