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

unsigned int
drivers_probe(struct pci *pci, struct net *net, struct pages *pages)
{
	const struct driver *driver;
	struct pci_device *dev = NULL;
	unsigned int count = 0;
	enum status status;
	char at[16];

	while ((dev = pci_next(pci, dev))) {
		driver = driver_find(dev);
		if (!driver)
			continue;
		status = driver->probe(dev, net, pages);
		if (status == OK) {
			dev->driver = driver->name;
			count++;
			continue;
		}
		pci_address_print(dev->at, at, sizeof(at));
		log_err("pci %s: %s failed (%d), device left alone", at,
			driver->name, (int)status);
	}
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

void
drivers_sweep(struct pci *pci)
{
	struct pci_device *dev = NULL;
	const struct driver *driver;

	while ((dev = pci_next(pci, dev))) {
		driver = dev->driver ? driver_find(dev) : NULL;
		if (driver && driver->is_gone(dev))
			drivers_remove(dev);
	}
}
