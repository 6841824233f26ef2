/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drivers of this image, as a list, and giving each PCI device to the one
 * that knows it.
 */
#pragma once

#include <stdint.h>

#include "drivers/pci.h"
#include "lib/pages.h"
#include "lib/port.h"

struct net;

struct pci_id {
	uint16_t vendor, device;
};

struct driver {
	const char *name;
	const struct pci_id *ids; /* ends with vendor 0 */
	/*
	 * Takes the device into service and registers its interface with net;
	 * memory comes from pages. On failure everything is as before.
	 */
	enum status (*probe)(struct pci_device *dev, struct net *net,
			     struct pages *pages);
	/* Undoes probe(). */
	void (*remove)(struct pci_device *dev);
	/* Has the device left the bus? */
	bool (*is_gone)(const struct pci_device *dev);
	/* It answers again, reset or not: into service; false: it cannot. */
	bool (*revive)(struct pci_device *dev);
};

extern const struct driver *const drivers[]; /* ends with NULL */

/*
 * Probes every device that a driver knows, in order of address, so that eth0 is
 * the first. A device that fails is logged and left; returns how many work.
 */
unsigned int drivers_probe(struct pci *pci, struct net *net,
			   struct pages *pages);

/* Takes a device out of service: its interface is unregistered. */
void drivers_remove(struct pci_device *dev);

/*
 * Some times a second: revives devices that only did not answer for a while,
 * removes those that have left the bus or are wanted out, and takes into
 * service what is put into a slot: as a new interface, of the first name that
 * is free.
 */
void drivers_sweep(struct pci *pci, struct net *net, struct pages *pages);
