/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which frames the device lets through: its own address, broadcast, the joined
 * groups, or everything [82574 10.2.5.1, 10.2.5.23] [HARDWARE 1.6]. The first
 * groups get exact entries; those beyond share a hash table, whose false hits
 * the stack sorts out.
 */

#include "drivers/e1000e/port.h"

void
e1000e_filter_addr(struct e1000e_port *port, unsigned int entry,
		   const uint8_t *addr)
{
	uint32_t low = 0, high = 0;

	if (addr) {
		low = addr[0] | (uint32_t)addr[1] << 8 |
		      (uint32_t)addr[2] << 16 | (uint32_t)addr[3] << 24;
		high = addr[4] | (uint32_t)addr[5] << 8 | RAH_AV;
	}
	/* Never valid while half of it is old. */
	reg_write(port, REG_RAH + entry * RAR_STRIDE, 0);
	reg_write(port, REG_RAL + entry * RAR_STRIDE, low);
	reg_write(port, REG_RAH + entry * RAR_STRIDE, high);
}

uint32_t
e1000e_filter_hash(const uint8_t *addr)
{
	return ((uint32_t)addr[5] << 8 | addr[4]) >> 4 & 0xfffu;
}

uint32_t
e1000e_rctl(const struct e1000e_port *port)
{
	const struct netdev *dev = &port->dev;
	/* Without SECRC some emulations deliver the CRC as a descriptor of its
	 * own [HARDWARE 0.15b]; FLXBUF is left 0 for VMware [HARDWARE 1.6]. */
	uint32_t rctl = RCTL_EN | RCTL_BAM | RCTL_BSIZE_2048 | RCTL_SECRC;

	if (port->mtu > MTU_DEFAULT)
		rctl |= RCTL_LPE;
	if (dev->promiscuity)
		rctl |= RCTL_UPE | RCTL_MPE;
	if (dev->allmulti)
		rctl |= RCTL_MPE;
	return rctl;
}

void
e1000e_filter_apply(struct e1000e_port *port)
{
	struct netdev_multicast *group;
	uint32_t mta[MTA_WORDS] = { 0 }, hash;
	unsigned int entry = 1;

	list_for_each(group, &port->dev.multicast, link) {
		if (entry < RAR_COUNT) {
			e1000e_filter_addr(port, entry++, group->addr);
			continue;
		}
		hash = e1000e_filter_hash(group->addr);
		mta[hash / 32] |= 1u << hash % 32;
	}
	while (entry < RAR_COUNT)
		e1000e_filter_addr(port, entry++, NULL);
	for (unsigned int i = 0; i < MTA_WORDS; i++) {
		if (mta[i] == port->mta[i])
			continue;
		reg_write(port, REG_MTA + 4 * i, mta[i]);
		port->mta[i] = mta[i];
	}
	/* QEMU's e1000 is deaf for a second after each write [HARDWARE 2.3]. */
	if (e1000e_rctl(port) == port->rctl)
		return;
	port->rctl = e1000e_rctl(port);
	reg_write(port, REG_RCTL, port->rctl);
}
