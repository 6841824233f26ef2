/* SPDX-License-Identifier: BSD-2-Clause */
/* The NIC model's registers, PHY, NVM and interrupts; see nic_model.h. */
#include "tests/host/nic_model.h"

#include <arch/clock.h>

#include "tests/host/host.h"
#include "tests/host/irq.h"
#include "tests/host/mmio.h"

enum known { UNKNOWN, KNOWN_ALL, KNOWN_PCIE, KNOWN_COUNTER };

#define R(nic, name)   ((nic)->reg[REG_##name / 4])
#define BAR_BASE(slot) (0xf0000000ull + (uint64_t)(slot)*0x100000)
#define BAR_MSIX       0x80000u
#define MSIX_CAP       0xa0u
#define MSI_CAP	       0xd0u
#define AUTONEG_NS     500000000ull
#define STORM_MAX      8u
#define OTHER_CAUSES   (INT_LSC | INT_RXO)

/* ---- what regs.def knows ------------------------------------------------ */

static void
know(struct nic_model *nic, uint32_t offset, uint32_t words, enum known known)
{
	memset(&nic->known[offset / 4], known, words);
}

static void
know_registers(struct nic_model *nic)
{
#define ALL  KNOWN_ALL
#define PCIE KNOWN_PCIE
#define REG(name, offset, parts, reads, sentence, section)                     \
	know(nic, offset, 1, parts);
#define COUNTER(name, offset, sentence) know(nic, offset, 1, KNOWN_COUNTER);
#include "drivers/e1000e/regs.def"
#undef REG
#undef COUNTER
#undef ALL
#undef PCIE
	know(nic, REG_MTA, MTA_WORDS, KNOWN_ALL);
	know(nic, REG_VFTA, VFTA_WORDS, KNOWN_ALL);
	know(nic, REG_RAL, 2 * (RAR_COUNT + 1), KNOWN_ALL);
}

static void
access_check(struct nic_model *nic, uint32_t offset, const char *what)
{
	enum known known = nic->known[offset / 4];

	if (known == UNKNOWN)
		panic("nic model: %s of 0x%x, which is not in regs.def", what,
		      offset);
	if (known == KNOWN_PCIE && nic->kind == NIC_82540EM)
		panic("nic model: %s of 0x%x, which this part has not", what,
		      offset);
	if (nic->reset_ns && clock_now_ns() - nic->reset_ns < 1000)
		panic("nic model: %s of 0x%x within 1 us of reset", what,
		      offset);
	if (!(nic->pci->config[PCI_COMMAND / 4] & PCI_COMMAND_MEMORY))
		panic("nic model: %s of 0x%x while decoding is off", what,
		      offset);
}

/* ---- power-on values ---------------------------------------------------- */

static void
address_load(struct nic_model *nic)
{
	if (nic->no_addr_load)
		return;
	R(nic, RAL) = (uint32_t)nic->nvm[1] << 16 | nic->nvm[0];
	R(nic, RAH) = RAH_AV | nic->nvm[2];
}

static void
power_on(struct nic_model *nic)
{
	uint32_t status = R(nic, STATUS);

	memset(nic->reg, 0, sizeof(nic->reg));
	R(nic, STATUS) = status | STATUS_GIO_MASTER;
	R(nic, CTRL) = 0x00140241;
	R(nic, EECD) = 0x300;
	R(nic, VET) = 0x8100;
	R(nic, TIPG) = TIPG_COPPER;
	R(nic, PBA) = 0x00140014;
	R(nic, TARC0) = 0x403;
	R(nic, RXCSUM) = 0x300;
	address_load(nic);
	nic->tx_context = 0;
	nic->frame_len = nic->frame_pieces = 0;
	nic->irq_asserted = 0;
}

/* ---- interrupts --------------------------------------------------------- */

static bool
is_msix(const struct nic_model *nic)
{
	return nic->kind == NIC_82574L &&
	       nic->pci->config[MSIX_CAP / 4] & 1u << 31;
}

static bool
is_msi(const struct nic_model *nic)
{
	return nic->kind == NIC_82574L &&
	       nic->pci->config[MSI_CAP / 4] & 1u << 16;
}

static bool
arrives(struct nic_model *nic)
{
	if (nic->faults.lose_irqs > 0) {
		nic->faults.lose_irqs--;
		nic->irqs_lost++;
		return false;
	}
	nic->irqs_raised++;
	return true;
}

static void
vector_fire(struct nic_model *nic, unsigned int vector)
{
	const uint32_t *entry = &nic->msix_table[vector * 4];

	if (nic->pci->config[MSIX_CAP / 4] & 1u << 30 || entry[3] & 1) {
		nic->irq_pending |= 1u << vector;
		return;
	}
	nic->irq_pending &= ~(1u << vector);
	if (!arrives(nic))
		return;
	if (!host_irq_msi((uint64_t)entry[1] << 32 | entry[0], entry[2]))
		panic("nic model: MSI-X vector %u has no handler", vector);
}

void
nic_model_spurious(struct nic_model *nic, unsigned int vector)
{
	vector_fire(nic, vector);
}

/* A cause in EIAC clears and masks itself as it fires [HARDWARE 1.11]. */
static void
msix_update(struct nic_model *nic)
{
	static const struct {
		uint32_t cause;
		unsigned int shift;
	} causes[] = {
		{ INT_RXQ0, 0 },
		{ INT_TXQ0, 8 },
		{ INT_OTHER, 16 },
	};
	uint32_t live, field;

	for (unsigned int i = 0; i < array_len(causes); i++) {
		live = R(nic, ICR) & R(nic, IMS) & causes[i].cause;
		if (!live) {
			nic->irq_asserted &= ~causes[i].cause;
			continue;
		}
		field = R(nic, IVAR) >> causes[i].shift & 0xf;
		if (nic->irq_asserted & live || !(field & IVAR_VALID))
			continue;
		nic->irq_asserted |= live;
		if (R(nic, EIAC) & live) {
			R(nic, ICR) &= ~live;
			R(nic, IMS) &= ~live;
			nic->irq_asserted &= ~live;
		}
		vector_fire(nic, field & 7);
	}
}

static void
line_update(struct nic_model *nic)
{
	const uint32_t *msi = &nic->pci->config[MSI_CAP / 4];
	unsigned int storm = 0;

	while (R(nic, ICR) & R(nic, IMS)) {
		if (is_msi(nic) && nic->irq_asserted)
			return;
		nic->irq_asserted = 1;
		if (storm++ == STORM_MAX)
			panic("nic model: interrupt storm, ICR 0x%x IMS 0x%x",
			      R(nic, ICR), R(nic, IMS));
		if (!arrives(nic))
			return;
		if (is_msi(nic)) {
			if (!host_irq_msi((uint64_t)msi[2] << 32 | msi[1],
					  msi[3]))
				panic("nic model: MSI has no handler");
		} else if (nic->pci->config[PCI_COMMAND / 4] &
				   PCI_COMMAND_INTX_OFF ||
			   !host_irq_gsi(nic->gsi)) {
			return;
		}
	}
	nic->irq_asserted = 0;
}

static void
irq_update(struct nic_model *nic)
{
	if (is_msix(nic))
		msix_update(nic);
	else
		line_update(nic);
}

void
nic_model_cause(struct nic_model *nic, uint32_t causes)
{
	if (causes & OTHER_CAUSES)
		causes |= INT_OTHER;
	R(nic, ICR) |= causes;
	irq_update(nic);
}

static uint32_t
icr_read(struct nic_model *nic)
{
	uint32_t icr = R(nic, ICR);

	if (icr & R(nic, IMS))
		icr |= INT_ASSERTED;
	if (R(nic, IMS) == 0 || !is_msix(nic) || nic->icr_clears) {
		R(nic, ICR) = 0;
		nic->irq_asserted = 0;
	}
	return icr;
}

static void
icr_clear(struct nic_model *nic, uint32_t causes)
{
	if (causes & INT_OTHER)
		causes |= OTHER_CAUSES;
	R(nic, ICR) &= ~causes;
	irq_update(nic);
}

/* ---- PHY, NVM ----------------------------------------------------------- */

#define PHY_KNOWN 0x003ff | 1u << 10 | 1u << 15 | 1u << 16 | 1u << 17 | 1u << 21

static void
mdic_write(struct nic_model *nic, uint32_t value)
{
	uint32_t reg = MDIC_REG(value);

	if (nic->kind == NIC_82574L && !(R(nic, EXTCNF) & EXTCNF_MDIO_SW))
		panic("nic model: the PHY bus is the firmware's");
	R(nic, MDIC) = value | MDIC_READY;
	if ((value >> 21 & 31) != 1 || !((PHY_KNOWN)&1u << reg)) {
		R(nic, MDIC) |= MDIC_ERROR;
		return;
	}
	if (value & MDIC_WRITE) {
		nic->phy[reg] = (uint16_t)value;
		if (reg == PHY_BMCR && value & BMCR_RESTART) {
			nic->phy[reg] &= (uint16_t)~BMCR_RESTART;
			nic->autoneg_ns = clock_now_ns() + AUTONEG_NS;
			nic_model_link(nic, false, 0);
		}
		return;
	}
	R(nic, MDIC) = (R(nic, MDIC) & 0xffff0000) | nic->phy[reg];
	if (nic->faults.phy_hang &&
	    (reg == PHY_BM_RX_ERRORS || reg == PHY_1000T_STATUS))
		R(nic, MDIC) |= 0xffff;
}

static void
eerd_write(struct nic_model *nic, uint32_t value)
{
	bool small = nic->kind == NIC_82540EM;
	uint32_t word = small ? value >> 8 & 0xff : value >> 2 & 0x3fff;

	if (!(value & EERD_START))
		return;
	R(nic, EERD) = (uint32_t)nic->nvm[word % array_len(nic->nvm)] << 16 |
		       (value & 0xfffe) | (small ? EERD_SMALL_DONE : EERD_DONE);
}

/* ---- registers ---------------------------------------------------------- */

static uint32_t
model_read(void *ctx, uint32_t offset)
{
	struct nic_model *nic = ctx;
	uint32_t value;

	if (nic->faults.gone)
		return nic->gone_value;
	access_check(nic, offset, "read");
	if (offset == REG_EECD && clock_now_ns() - nic->reset_ns >= nic->nvm_ns)
		R(nic, EECD) |= EECD_AUTO_RD;
	value = nic->reg[offset / 4];
	if (nic->known[offset / 4] == KNOWN_COUNTER &&
	    !(offset == REG_MPC && nic->mpc_keeps))
		nic->reg[offset / 4] = 0;
	if (offset == REG_ICR)
		return icr_read(nic);
	return value;
}

static void
ctrl_write(struct nic_model *nic, uint32_t value)
{
	if (value & CTRL_RST) {
		if (nic->kind == NIC_82574L &&
		    !(R(nic, EXTCNF) & EXTCNF_MDIO_SW))
			panic("nic model: reset while firmware has the PHY");
		nic->resets++;
		nic->swapped = NULL;
		if (nic->strong_reset)
			power_on(nic);
		else
			address_load(nic);
		R(nic, EECD) &= ~EECD_AUTO_RD;
		/* Not 0: that is "never". */
		nic->reset_ns = max_of(clock_now_ns(), 1ull);
		return;
	}
	R(nic, CTRL) = value;
	R(nic, STATUS) &= ~STATUS_GIO_MASTER;
	if (!(value & CTRL_GIO_MASTER_DISABLE))
		R(nic, STATUS) |= STATUS_GIO_MASTER;
}

static void
model_write(void *ctx, uint32_t offset, uint32_t value)
{
	struct nic_model *nic = ctx;

	if (nic->faults.gone)
		return;
	access_check(nic, offset, "write");
	switch (offset) {
	case REG_CTRL: return ctrl_write(nic, value);
	case REG_STATUS: return;
	case REG_ICR: return icr_clear(nic, value);
	case REG_IMS:
		R(nic, IMS) |= value & ~INT_ASSERTED;
		return irq_update(nic);
	case REG_IMC: R(nic, IMS) &= ~value; return irq_update(nic);
	case REG_MDIC: return mdic_write(nic, value);
	case REG_EERD: return eerd_write(nic, value);
	}
	nic->reg[offset / 4] = value;
	switch (offset) {
	case REG_RCTL:
	case REG_RDT: nic_dma_check_rings(nic); break;
	case REG_TCTL:
	case REG_TDT:
		nic_dma_check_rings(nic);
		if (!nic->tx_deferred)
			nic_dma_send(nic);
		break;
	}
}

static uint32_t
table_read(void *ctx, uint32_t offset)
{
	struct nic_model *nic = container_of(ctx, struct nic_model, msix_table);

	return nic->faults.gone ? nic->gone_value : nic->msix_table[offset / 4];
}

static void
table_write(void *ctx, uint32_t offset, uint32_t value)
{
	struct nic_model *nic = container_of(ctx, struct nic_model, msix_table);
	unsigned int vector = offset / 16;

	nic->msix_table[offset / 4] = value;
	if (offset % 16 == 12 && !(value & 1) &&
	    nic->irq_pending & 1u << vector)
		vector_fire(nic, vector);
}

/* ---- the outside -------------------------------------------------------- */

static void
add_to_pci(struct nic_model *nic, struct pci_model *pci, uint8_t slot)
{
	struct pci_model_function *f;
	bool is_82574 = nic->kind == NIC_82574L;

	f = pci_model_add(pci, 0, slot, 0, 0x8086, is_82574 ? 0x10d3 : 0x100e,
			  0x0200);
	nic->pci = f;
	nic->base = BAR_BASE(slot);
	nic->gsi = 20u + slot % 4;
	f->config[PCI_INTERRUPT / 4] = 0x010b;
	pci_model_bar(f, 0, nic->base, E1000E_REGS_LEN, 0);
	if (!is_82574)
		return;
	pci_model_bar(f, 3, nic->base + BAR_MSIX, sizeof(nic->msix_table), 0);
	pci_model_cap(f, 0xc8, PCI_CAP_POWER, 0);
	f->writable[0xcc / 4] = 0x0103;
	pci_model_cap(f, MSI_CAP, PCI_CAP_MSI, 0x0080);
	f->writable[MSI_CAP / 4] = 0x00710000;
	f->writable[MSI_CAP / 4 + 1] = 0xfffffffc;
	f->writable[MSI_CAP / 4 + 2] = 0xffffffff;
	f->writable[MSI_CAP / 4 + 3] = 0x0000ffff;
	pci_model_cap(f, 0xe0, PCI_CAP_EXPRESS, 0x0091);
	pci_model_cap(f, MSIX_CAP, PCI_CAP_MSIX, 4);
	f->writable[MSIX_CAP / 4] = 0xc0000000;
	f->config[MSIX_CAP / 4 + 1] = 0x3;
}

void
nic_model_init(struct nic_model *nic, struct pci_model *pci, enum nic_kind kind,
	       uint8_t slot, const uint8_t mac[6])
{
	static const struct mmio_ops ops = { model_read, model_write };
	static const struct mmio_ops table_ops = { table_read, table_write };
	static const uint16_t phy[32] = {
		0x1140,	       0x794d,	      0x0141,	    0x0cb1,
		0x0de1,	       0x07e0,	      [9] = 0x0f00, [10] = 0x3c00,
		[15] = 0x3000, [17] = 0xac08,
	};
	uint16_t sum = 0;

	memset(nic, 0, sizeof(*nic));
	nic->kind = kind;
	nic->gone_value = UINT32_MAX;
	for (unsigned int i = 0; i < 3; i++)
		nic->nvm[i] = (uint16_t)(mac[2 * i] | mac[2 * i + 1] << 8);
	for (unsigned int i = 0; i < 63; i++)
		sum = (uint16_t)(sum + nic->nvm[i]);
	nic->nvm[63] = (uint16_t)(0xbaba - sum);
	memcpy(nic->phy, phy, sizeof(phy));
	know_registers(nic);
	add_to_pci(nic, pci, slot);
	power_on(nic);
	nic_model_link(nic, true, 1000);
	mmio_claim(nic->base, E1000E_REGS_LEN, &ops, nic);
	mmio_claim(nic->base + BAR_MSIX, sizeof(nic->msix_table), &table_ops,
		   nic->msix_table);
}

void
nic_model_fini(struct nic_model *nic)
{
	mmio_release(nic);
	mmio_release(nic->msix_table);
}

void
nic_model_link(struct nic_model *nic, bool up, uint32_t mbps)
{
	uint32_t speed = mbps >= 1000 ? 2 : mbps >= 100 ? 1 : 0;

	R(nic, STATUS) &= ~(STATUS_LU | STATUS_FD | 3u << 6);
	if (up)
		R(nic, STATUS) |= STATUS_LU | STATUS_FD | speed << 6;
	nic_model_cause(nic, INT_LSC);
}

void
nic_model_run(struct nic_model *nic)
{
	if (nic->autoneg_ns && clock_now_ns() >= nic->autoneg_ns) {
		nic->autoneg_ns = 0;
		nic->phy[PHY_BMSR] |= 1u << 5;
		nic_model_link(nic, true, 1000);
	}
	nic_dma_send(nic);
}
