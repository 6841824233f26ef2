/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of drivers: a new one is one more line here. */

#include "drivers/drivers.h"

#include "drivers/e1000e/e1000e.h"

const struct driver *const drivers[] = {
	&e1000e_driver,
	NULL,
};

static const struct driver *
driver_find(const struct pci_device *dev)
{
	for (unsigned int i = 0; drivers[i]; i++)
		for (const struct pci_id *id = drivers[i]->ids; id->vendor;
		     id++)
			if (id->vendor == dev->vendor &&
			    id->device == dev->device)
				return drivers[i];
	return NULL;
}

static bool
device_probe(struct pci_device *dev, struct net *net, struct pages *pages)
{
	const struct driver *driver = driver_find(dev);
	enum status status;
	char at[16];

	if (!driver)
		return false;
	pci_keep(dev);
	status = driver->probe(dev, net, pages);
	if (status == OK) {
		dev->driver = driver->name;
		return true;
	}
	pci_address_print(dev->at, at, sizeof(at));
	log_err("pci %s: %s failed (%d), device left alone", at, driver->name,
		(int)status);
	return false;
}

unsigned int
drivers_probe(struct pci *pci, struct net *net, struct pages *pages)
{
	struct pci_device *dev = NULL;
	unsigned int count = 0;

	while ((dev = pci_next(pci, dev)))
		count += device_probe(dev, net, pages);
	return count;
}

void
drivers_remove(struct pci_device *dev)
{
	const struct driver *driver = dev->driver ? driver_find(dev) : NULL;

	if (!driver)
		return;
	driver->remove(dev);
	dev->driver = NULL;
	dev->interface = NULL;
	dev->priv = NULL;
}

/* One that is there and bound, as it should be, costs a register read. */
static void
device_sweep(struct pci_device *dev, struct net *net, struct pages *pages)
{
	const struct driver *driver = dev->driver ? driver_find(dev) : NULL;

	if (driver && driver->is_gone(dev)) {
		if (pci_restore(dev) && driver->revive(dev))
			return;
		drivers_remove(dev);
		dev->left = true;
	} else if (dev->left && (pci_restore(dev) || pci_renew(dev))) {
		/* Once: a device that fails its probe is left alone. */
		dev->left = false;
		device_probe(dev, net, pages);
	} else if (!driver && !dev->left) {
		dev->left = !pci_is_there(dev);
	}
}

/* Somebody pressed the button at a slot. */
static void
slot_release(struct pci *pci, struct pci_device *bridge)
{
	for (unsigned int i = 0; i < pci->device_count; i++) {
		struct pci_device *dev = &pci->device[i];

		if (dev->bridge != bridge)
			continue;
		drivers_remove(dev);
		dev->left = true;
	}
	pci_slot_off(bridge);
}

void
drivers_sweep(struct pci *pci, struct net *net, struct pages *pages)
{
	struct pci_device *dev = NULL;

	pci_eject_wanted(pci);
	while ((dev = pci_next(pci, dev))) {
		if (pci_slot_release(dev))
			slot_release(pci, dev);
		device_sweep(dev, net, pages);
	}
	while ((dev = pci_find_new(pci)))
		device_probe(dev, net, pages);
}
