/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI: configuration space, the devices found in it, their registers and their
 * interrupts. Firmware has numbered the buses and placed the BARs; this finds
 * what is there and changes as little as a driver needs [HARDWARE 3.2].
 *
 * struct pci is the one instance of a machine and belongs to set-up code on the
 * boot core. Everything a device's configuration space says is untrusted: list
 * pointers may form rings, bus numbers may lead in circles.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/irq.h>

#include "lib/fmt.h"
#include "lib/port.h"

#define PCI_DEVICES_MAX	 64u
#define PCI_BARS	 6u
#define PCI_VECTORS_MAX	 8u /* interrupts of one device */
#define PCI_DEPTH_MAX	 8u /* bridges above a device */
#define PCI_CONFIG_LEN	 256u
#define PCI_EXTENDED_LEN 4096u

struct pci_address {
	uint16_t segment;
	uint8_t bus, slot, function;
};

/*
 * How configuration space is reached. Accesses are of aligned dwords; offset is
 * below config_len. Reads of what is not there give all ones.
 */
struct pci_access {
	uint32_t (*read)(struct pci_access *access, struct pci_address at,
			 uint32_t offset);
	void (*write)(struct pci_access *access, struct pci_address at,
		      uint32_t offset, uint32_t value);
	uint32_t config_len; /* PCI_CONFIG_LEN or PCI_EXTENDED_LEN */
	uint16_t segment;
	uint8_t bus_start, bus_end;
};

/* One window of memory-mapped configuration space, as ACPI's MCFG lists it. */
struct pci_ecam {
	uint64_t base; /* of bus 0 of the segment */
	uint16_t segment;
	uint8_t bus_start, bus_end;
};

#define PCI_ECAMS_MAX 4u

struct pci_ecam_access {
	struct pci_access access;
	uint64_t base;
	uint8_t *bus[256]; /* mapped on first use; NULL: not yet */
};

/* What the operator forbids (kernel command line, pci=nomsi,nomsix,nointx). */
struct pci_options {
	bool no_msix, no_msi, no_intx;
};

enum pci_irq_mode { PCI_IRQ_NONE, PCI_IRQ_INTX, PCI_IRQ_MSI, PCI_IRQ_MSIX };

/* What runs when a device interrupts. name outlives it. */
struct pci_vector {
	const char *name;
	irq_handler *handler;
	void *arg;
};

struct pci_bar {
	uint64_t base; /* as the device decodes it; 0: not placed */
	uint64_t len;  /* bytes */
	bool is_io, is_64bit, is_prefetchable;
};

struct pci;

struct pci_device {
	struct pci *pci;
	struct pci_access *access;
	struct pci_device *bridge; /* upstream; NULL on a root bus */
	struct pci_address at;
	uint16_t vendor, device, subsystem_vendor, subsystem;
	uint32_t class_code; /* class << 16 | subclass << 8 | interface */
	uint8_t revision;
	uint8_t header_type; /* 0 device, 1 bridge, 2 CardBus */
	uint8_t irq_pin;     /* 1..4 = INTA..INTD; 0: none */
	uint8_t irq_line;    /* what firmware wrote; 255: unknown */

	const char *driver;    /* bound driver; NULL: none */
	const char *interface; /* name of its network interface, or NULL */
	void *priv;	       /* the driver's */

	/* As firmware or pci_place() set them up, for pci_restore(). */
	struct pci_bar bar_kept[PCI_BARS];
	bool is_kept;
	bool left; /* the bus; what comes into its slot takes its place */

	enum pci_irq_mode irq_mode;
	unsigned int irq_count;
	struct irq *irq[PCI_VECTORS_MAX];
	uint8_t *msix_table;
};

struct pci {
	struct pci_options options;
	struct pci_access ports; /* CF8/CFC */
	struct pci_ecam_access ecam[PCI_ECAMS_MAX];
	unsigned int ecam_count;
	struct pci_device device[PCI_DEVICES_MAX];
	unsigned int device_count;
	unsigned int excess_count;   /* found, but no room to remember */
	uint32_t bus_seen[256 / 32]; /* of the segment being walked */
};

/*
 * Finds every device: through the windows of ecam, else (none given, or none
 * of them shows a device) through ports CF8/CFC. options may be NULL.
 */
void pci_init(struct pci *pci, const struct pci_ecam *ecam,
	      unsigned int ecam_count, const struct pci_options *options);

/* Parses the value of pci= ("nomsix,nointx"); unknown words are logged. */
void pci_options_parse(struct pci_options *options, const char *text);

/* Walks the buses that access reaches from its first on; adds to device[]. */
void pci_scan(struct pci *pci, struct pci_access *access);

/* Which of QEMU's PCs this is, of whose wiring something was measured. */
enum pci_machine { PCI_MACHINE_OTHER, PCI_MACHINE_440FX, PCI_MACHINE_Q35 };
enum pci_machine pci_machine(const struct pci *pci);

/* The device that follows in order of address; after NULL: the first one. */
struct pci_device *pci_next(struct pci *pci, const struct pci_device *after);

/*
 * One more device, which answers at that address below bridge; NULL if there is
 * no room (counted). pci_identify() reads anew who it is, for what has taken
 * the place of one that left.
 */
struct pci_device *pci_device_add(struct pci *pci, struct pci_access *access,
				  struct pci_address at,
				  struct pci_device *bridge);
void pci_identify(struct pci_device *dev);

/* The accesses themselves. */
void pci_ports_open(struct pci_access *access);
void pci_ecam_open(struct pci_ecam_access *ecam, const struct pci_ecam *window);

/* ---- configuration space of one device ---------------------------------- */

/* offset is of an aligned dword. Beyond the reachable space: all ones. */
uint32_t pci_read32(const struct pci_device *dev, uint32_t offset);
void pci_write32(const struct pci_device *dev, uint32_t offset, uint32_t value);
uint16_t pci_read16(const struct pci_device *dev, uint32_t offset);
uint8_t pci_read8(const struct pci_device *dev, uint32_t offset);

/* Registers of the common header, and the bits used [PCI 6.1]. */
#define PCI_ID		     0x00u
#define PCI_COMMAND	     0x04u /* status in the upper half */
#define PCI_COMMAND_IO	     0x0001u
#define PCI_COMMAND_MEMORY   0x0002u
#define PCI_COMMAND_MASTER   0x0004u
#define PCI_COMMAND_INTX_OFF 0x0400u
#define PCI_STATUS_CAPS	     (1u << 20)
#define PCI_CLASS	     0x08u
#define PCI_HEADER	     0x0cu
#define PCI_BAR0	     0x10u
#define PCI_BUSES	     0x18u /* bridges: primary, secondary, ... */
#define PCI_MEMORY_WINDOW    0x20u /* bridges: base, limit */
#define PCI_PREFETCH_WINDOW  0x24u /* bridges: the same for prefetchable */
#define PCI_SUBSYSTEM	     0x2cu
#define PCI_CAP_POINTER	     0x34u
#define PCI_INTERRUPT	     0x3cu

#define PCI_CAP_POWER	0x01u
#define PCI_CAP_MSI	0x05u
#define PCI_CAP_EXPRESS 0x10u
#define PCI_CAP_MSIX	0x11u
#define PCI_EXT_CAP_AER 0x0001u

#define PCI_HEADER_BRIDGE 1u

/* Of the first dword of PCI_CAP_EXPRESS: what the device is [PCIe 7.5.3.2]. */
#define PCI_EXPRESS_TYPE(cap) ((cap) >> 20 & 0xfu)
#define PCI_EXPRESS_ROOT_PORT 4u
#define PCI_EXPRESS_DOWN_PORT 6u

/* Offset of a capability, 0 if the device has none of that kind. */
uint32_t pci_cap_find(const struct pci_device *dev, uint8_t id);
uint32_t pci_ext_cap_find(const struct pci_device *dev, uint16_t id);

/* Clears and sets bits of the command register, never touching the status. */
void pci_command(const struct pci_device *dev, uint32_t clear, uint32_t set);

/* ---- what a driver asks for --------------------------------------------- */

/* BARs that its kind of header has, implemented or not. */
unsigned int pci_bar_count(const struct pci_device *dev);

/*
 * Sizes a BAR; the device answers no access meanwhile, so nobody may be using
 * it. ERR_RANGE: no such BAR; ERR_NOENT: not implemented, or upper half of the
 * one before it; ERR_IO: bits that no BAR has.
 */
enum status pci_bar(const struct pci_device *dev, unsigned int index,
		    struct pci_bar *bar) must_use;

/*
 * Maps the first min_len bytes of a memory BAR that has as many and turns its
 * decoding on.
 * NULL (logged) if there is none, firmware did not place it, or no page tables.
 */
void *pci_bar_map(const struct pci_device *dev, unsigned int index,
		  uint64_t min_len) must_use;

/* Remembers the BARs as they are, before a driver takes the device: it decodes
 * nothing for a moment. */
void pci_keep(struct pci_device *dev);

/*
 * For a device that was reset, or put back into its slot: BARs as kept, memory
 * decoding on. False if what answers there now is another device, or nothing.
 */
bool pci_restore(const struct pci_device *dev) must_use;

/* Does the device that we know answer at its address? */
bool pci_is_there(const struct pci_device *dev);

/* Brings it to D0, keeping its BARs, if firmware left it asleep [PCIPM 5.4]. */
void pci_power_on(const struct pci_device *dev);

/*
 * Keeps the link to this device out of L0s and L1, at both ends. True if there
 * is a link and it was changed.
 */
bool pci_aspm_disable(const struct pci_device *dev);

/* Reads and clears the error status; false if the device cannot report. */
struct pci_errors {
	uint32_t uncorrectable, correctable;
};
bool pci_errors_take(const struct pci_device *dev, struct pci_errors *errors);

/* ---- slots whose cards come and go (pci_slots.c) ------------------------ */

/*
 * All of these are asked some times a second; they cost some dozen accesses.
 *
 * QEMU's ACPI hot plug (device_del on pc, and on q35 as it comes): lets go what
 * the operator wants out. To us the card has then just left.
 */
void pci_eject_wanted(struct pci *pci);

/*
 * A bridge with a slot [PCIe 6.7]: heeds its attention button. True if what is
 * in it is to be taken out of service, and then pci_slot_off() called; a slot
 * that something was put into is switched on.
 */
bool pci_slot_release(const struct pci_device *bridge) must_use;
void pci_slot_off(const struct pci_device *bridge);

/*
 * One device that nobody knew, with its BARs placed where there is room; NULL:
 * there is no other.
 */
struct pci_device *pci_find_new(struct pci *pci);

/* The same for one in the place of dev, which left; false: nothing is there. */
bool pci_renew(struct pci_device *dev) must_use;

/* ---- interrupts (pci_irq.c) --------------------------------------------- */

/*
 * Routes count interrupts of the device to handlers, one MSI-X vector each.
 * The device's own masks decide when they may fire, so they should all be set
 * now. ERR_UNSUPPORTED: no MSI-X, too few vectors, or forbidden by option;
 * ERR_NOMEM: no interrupt vectors left; nothing is changed then.
 */
enum status pci_msix_enable(struct pci_device *dev,
			    const struct pci_vector *vector,
			    unsigned int count) must_use;

/* One message for everything. Errors as above. */
enum status pci_msi_enable(struct pci_device *dev,
			   const struct pci_vector *vector) must_use;

/*
 * The shared level interrupt. ERR_UNSUPPORTED too where its route is known only
 * to ACPI byte code (any real machine: use MSI, or poll) [HARDWARE 3.4].
 */
enum status pci_intx_enable(struct pci_device *dev,
			    const struct pci_vector *vector) must_use;

/* Ends whatever of the three is on; harmless if none is. */
void pci_irq_disable(struct pci_device *dev);

/* Holds back, or lets go, one MSI-X vector; what came meanwhile fires once. */
void pci_msix_mask(const struct pci_device *dev, unsigned int index);
void pci_msix_unmask(const struct pci_device *dev, unsigned int index);

/* Holds back, or lets go, all MSI-X vectors of the device. */
void pci_msix_mask_all(const struct pci_device *dev, bool masked);

/* ---- for people (pci_show.c) -------------------------------------------- */

#define PCI_SHOW_NUMBERS 0x1u /* lspci -nn */
#define PCI_SHOW_DRIVER	 0x2u /* lspci -k */

/*
 * Lines as Debian's lspci prints them, in order of address; of all devices, or
 * of the one at slot ("00:02.0").
 */
void pci_show(struct pci *pci, struct out *out, unsigned int flags,
	      const char *slot);

/* "0000:00:02.0" into at least 13 bytes. */
void pci_address_print(struct pci_address at, char *text, size_t size);
