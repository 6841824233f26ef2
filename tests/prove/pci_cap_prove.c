/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 50 */
/* Configuration space that says anything, and something else each time: the
 * walks through the capabilities end, and what they find is an aligned place in
 * that space. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "drivers/pci.c"

static uint32_t
read_anything(struct pci_access *access, struct pci_address at, uint32_t offset)
{
	prove(offset % 4 == 0 && offset < PCI_EXTENDED_LEN);
	return nondet_u32();
}

int
main(void)
{
	struct pci_access access = { .read = read_anything,
				     .config_len = PCI_EXTENDED_LEN };
	struct pci_device dev = { .access = &access };
	uint32_t at;

	at = pci_cap_find(&dev, nondet_u8());
	prove(at == 0 || (at >= 0x40 && at < PCI_CONFIG_LEN && at % 4 == 0));
	return 0;
}
