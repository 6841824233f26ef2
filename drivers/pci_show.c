/* SPDX-License-Identifier: BSD-2-Clause */
/* lspci: the devices as Debian's tool prints them, names from pci_names.def. */

#include "drivers/pci.h"

/* One of the three is the key: class, vendor, or vendor and device. */
struct name {
	uint32_t key;
	const char *text;
};

static const struct name class_names[] = {
#define CLASS(code, text) { code, text },
#define VENDOR(id, text)
#define DEVICE(vendor, id, text)
#include "drivers/pci_names.def"
#undef CLASS
#undef VENDOR
#undef DEVICE
};

static const struct name vendor_names[] = {
#define CLASS(code, text)
#define VENDOR(id, text) { id, text },
#define DEVICE(vendor, id, text)
#include "drivers/pci_names.def"
#undef CLASS
#undef VENDOR
#undef DEVICE
};

static const struct name device_names[] = {
#define CLASS(code, text)
#define VENDOR(id, text)
#define DEVICE(vendor, id, text) { (uint32_t)(vendor) << 16 | (id), text },
#include "drivers/pci_names.def"
#undef CLASS
#undef VENDOR
#undef DEVICE
};

static const char *
name_find(const struct name *names, size_t count, uint32_t key)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].key == key)
			return names[i].text;
	return NULL;
}

void
pci_address_print(struct pci_address at, char *text, size_t size)
{
	fmt_print(text, size, "%04x:%02x:%02x.%x", at.segment, at.bus, at.slot,
		  at.function);
}

static void
class_show(const struct pci_device *dev, struct out *out, unsigned int flags)
{
	uint32_t class = dev->class_code >> 8;
	const char *name =
		name_find(class_names, array_len(class_names), class);
	bool numbers = flags & PCI_SHOW_NUMBERS;

	out_puts(out, name ? name : "Class");
	if (numbers)
		out_printf(out, " [%04x]", class);
	else if (!name)
		out_printf(out, " %04x", class);
}

/* "Intel Corporation 82574L ..."; "Device 1234:5678" if nothing is known. */
static void
device_show(const struct pci_device *dev, struct out *out, unsigned int flags)
{
	const char *vendor =
		name_find(vendor_names, array_len(vendor_names), dev->vendor);
	const char *name = name_find(device_names, array_len(device_names),
				     (uint32_t)dev->vendor << 16 | dev->device);
	bool numbers = flags & PCI_SHOW_NUMBERS;

	if (vendor && name)
		out_printf(out, "%s %s", vendor, name);
	else if (vendor && numbers)
		out_printf(out, "%s Device", vendor);
	else if (vendor)
		out_printf(out, "%s Device %04x", vendor, dev->device);
	else if (numbers)
		out_puts(out, "Device");
	else
		out_printf(out, "Device %04x:%04x", dev->vendor, dev->device);
	if (numbers)
		out_printf(out, " [%04x:%04x]", dev->vendor, dev->device);
	if (dev->revision)
		out_printf(out, " (rev %02x)", dev->revision);
}

static void
line_show(const struct pci_device *dev, struct out *out, unsigned int flags)
{
	if (dev->at.segment)
		out_printf(out, "%04x:", dev->at.segment);
	out_printf(out, "%02x:%02x.%x ", dev->at.bus, dev->at.slot,
		   dev->at.function);
	class_show(dev, out, flags);
	out_puts(out, ": ");
	device_show(dev, out, flags);
	out_puts(out, "\n");
	if (!(flags & PCI_SHOW_DRIVER) || !dev->driver)
		return;
	out_printf(out, "\tKernel driver in use: %s\n", dev->driver);
	if (dev->interface)
		out_printf(out, "\tNetwork interface: %s\n", dev->interface);
}

/* As far as slot goes from the right: "02.0", "00:02.0", "0000:00:02.0". */
static bool
is_at(const struct pci_device *dev, const char *slot)
{
	size_t len = strlen(slot), all;
	char text[16];

	pci_address_print(dev->at, text, sizeof(text));
	all = strlen(text);
	return len <= all && !strcmp(text + all - len, slot);
}

void
pci_show(struct pci *pci, struct out *out, unsigned int flags, const char *slot)
{
	struct pci_device *dev = NULL;

	while ((dev = pci_next(pci, dev)))
		if (!dev->left && (!slot || is_at(dev, slot)))
			line_show(dev, out, flags);
}
