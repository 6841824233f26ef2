/* SPDX-License-Identifier: BSD-2-Clause */
/* The NIC model's rings and filters; see nic_model.h. */
#include "tests/host/nic_model.h"

#include "lib/port.h"

#define R(nic, name)	 ((nic)->reg[REG_##name / 4])
#define FRAME_LEN_PADDED 60u
#define FRAME_LEN_SHORT	 1522u /* limit without LPE */
#define TX_PIECES_MAX	 64u
#define TARC_ENABLE	 (1u << 10)
#define RFCTL_EXTENDED(nic)                                                    \
	((nic)->kind == NIC_82574L && R(nic, RFCTL) & RFCTL_EXTEN)

struct e1000e_desc *
nic_model_desc(struct nic_model *nic, unsigned int ring, uint32_t index)
{
	uint64_t base = ring == 0
				? (uint64_t)R(nic, RDBAH) << 32 | R(nic, RDBAL)
				: (uint64_t)R(nic, TDBAH) << 32 | R(nic, TDBAL);

	return (struct e1000e_desc *)(uintptr_t)base + index;
}

void
nic_dma_check_rings(const struct nic_model *nic)
{
	uint32_t rdlen = R(nic, RDLEN), tdlen = R(nic, TDLEN);

	if (rdlen % 128 || tdlen % 128)
		panic("nic model: ring lengths %u, %u", rdlen, tdlen);
	if (R(nic, RDBAL) % 16 || R(nic, TDBAL) % 16)
		panic("nic model: a ring is not aligned");
	if (R(nic, RCTL) & RCTL_EN && rdlen == 0)
		panic("nic model: receiving without a ring");
	if (R(nic, RCTL) & RCTL_EN && R(nic, RDT) >= rdlen / 16)
		panic("nic model: RDT %u of %u", R(nic, RDT), rdlen / 16);
	if (R(nic, TCTL) & TCTL_EN && R(nic, TDT) >= tdlen / 16)
		panic("nic model: TDT %u of %u", R(nic, TDT), tdlen / 16);
}

static bool
may_dma(const struct nic_model *nic)
{
	return !nic->faults.gone && R(nic, STATUS) & STATUS_LU &&
	       nic->pci->config[PCI_COMMAND / 4] & PCI_COMMAND_MASTER &&
	       R(nic, STATUS) & STATUS_GIO_MASTER;
}

/* ---- sending ------------------------------------------------------------ */

/* One's complement over [TUCSS, end), stored at TUCSO [HARDWARE 1.8]. */
static void
checksum_insert(struct nic_model *nic)
{
	uint32_t start = nic->frame_csum & 0xff, sum = 0;
	uint32_t at = nic->frame_csum >> 8 & 0xff;

	if (start < 34 || at <= start || at + 2 > nic->frame_len)
		panic("nic model: checksum from %u at %u of %u", start, at,
		      nic->frame_len);
	for (uint32_t i = start; i < nic->frame_len; i++)
		sum += (uint32_t)nic->frame[i] << ((i - start) % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	nic->frame[at] = (uint8_t)(sum >> 8);
	nic->frame[at + 1] = (uint8_t)sum;
}

static void
frame_send(struct nic_model *nic)
{
	uint32_t len = nic->frame_len;

	if (len < 17)
		panic("nic model: a frame of %u bytes", len);
	if (nic->frame_csum)
		checksum_insert(nic);
	if (R(nic, TCTL) & TCTL_PSP && len < FRAME_LEN_PADDED) {
		memset(nic->frame + len, 0, FRAME_LEN_PADDED - len);
		len = FRAME_LEN_PADDED;
	}
	nic->tx_frames++;
	R(nic, GPTC)++;
	R(nic, GOTCL) += len + 4;
	if (nic->frame[0] & 1)
		R(nic, MPTC)++;
	if (nic->sent)
		nic->sent(nic->ctx, nic->frame, len);
}

static void
piece_take(struct nic_model *nic, const struct e1000e_desc *desc)
{
	bool extended = desc->info & TX_DEXT, csum = false;
	uint32_t len = desc->info & (extended ? 0xfffff : 0xffff);

	if (len == 0)
		panic("nic model: a transmit descriptor of no bytes");
	if (nic->frame_len + len > NIC_FRAME_MAX)
		panic("nic model: a frame above %u bytes", NIC_FRAME_MAX);
	if (!(desc->info & TX_IFCS))
		panic("nic model: a frame without CRC");
	if (extended)
		csum = desc->info & TX_TXSM;
	if (csum && !nic->tx_context)
		panic("nic model: a checksum, but no context was ever sent");
	/* Hardware looks at the first, QEMU at the last: all must agree. */
	if (nic->frame_pieces && csum != (nic->frame_csum != 0))
		panic("nic model: pieces of one frame disagree on offload");
	memcpy(nic->frame + nic->frame_len, (const void *)(uintptr_t)desc->addr,
	       len);
	nic->frame_len += len;
	nic->frame_csum = csum ? nic->tx_context : 0;
	if (++nic->frame_pieces > TX_PIECES_MAX)
		panic("nic model: a frame of %u pieces", nic->frame_pieces);
	if (!(desc->info & TX_EOP))
		return;
	frame_send(nic);
	nic->frame_len = nic->frame_pieces = 0;
}

static bool
is_context(const struct e1000e_desc *desc)
{
	return desc->info & TX_DEXT && !(desc->info & 0xf00000);
}

void
nic_dma_send(struct nic_model *nic)
{
	uint32_t count = R(nic, TDLEN) / 16;
	bool reported = false;
	struct e1000e_desc *desc;

	if (nic->faults.tx_hang || !(R(nic, TCTL) & TCTL_EN) ||
	    (nic->kind == NIC_82574L && !(R(nic, TARC0) & TARC_ENABLE)))
		return;
	while (R(nic, TDH) != R(nic, TDT) && may_dma(nic)) {
		desc = nic_model_desc(nic, 1, R(nic, TDH));
		if (is_context(desc))
			nic->tx_context = desc->addr >> 32;
		else
			piece_take(nic, desc);
		if (desc->info & TX_RS && !nic->faults.tx_no_report) {
			desc->info |= TX_DD;
			reported = true;
		}
		R(nic, TDH) = (R(nic, TDH) + 1) % count;
	}
	if (reported)
		nic_model_cause(nic, INT_TXDW | INT_TXQ0);
}

/* ---- receiving ---------------------------------------------------------- */

static bool
address_matches(const struct nic_model *nic, const uint8_t *addr)
{
	uint32_t low, high;

	memcpy(&low, addr, 4);
	high = addr[4] | (uint32_t)addr[5] << 8;
	for (unsigned int i = 0; i <= RAR_COUNT; i++) {
		const uint32_t *rar = &nic->reg[(REG_RAL + 8 * i) / 4];

		if (rar[1] & RAH_AV && rar[0] == low &&
		    (rar[1] & 0xffff) == high)
			return true;
	}
	return false;
}

static bool
hash_matches(const struct nic_model *nic, const uint8_t *addr)
{
	uint32_t hash = ((uint32_t)addr[5] << 8 | addr[4]) >> 4 & 0xfff;

	return nic->reg[(REG_MTA + 4 * (hash / 32)) / 4] & 1u << hash % 32;
}

static bool
filter_passes(const struct nic_model *nic, const uint8_t *addr)
{
	static const uint8_t broadcast[6] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};
	uint32_t rctl = R(nic, RCTL);

	if (!memcmp(addr, broadcast, 6))
		return rctl & RCTL_BAM;
	if (addr[0] & 1)
		return rctl & RCTL_MPE || address_matches(nic, addr) ||
		       hash_matches(nic, addr);
	return rctl & RCTL_UPE || address_matches(nic, addr);
}

static uint32_t
buffers_free(const struct nic_model *nic)
{
	uint32_t count = R(nic, RDLEN) / 16;

	return count ? (R(nic, RDT) + count - R(nic, RDH)) % count : 0;
}

static void
report(struct nic_model *nic, struct e1000e_desc *desc, uint64_t info)
{
	uint64_t done = RFCTL_EXTENDED(nic) ? RX_EXT_DD : RX_OLD_DD;

	if (nic->faults.rx_corrupt)
		info = nic->faults.rx_corrupt(nic->faults.ctx, info);
	if (nic->faults.rx_partial)
		info &= RFCTL_EXTENDED(nic) ? ~(0xffffull << 32) : ~0xffffull;
	if (nic->faults.rx_no_report)
		info &= ~done;
	if (nic->faults.rx_swap && !nic->swapped) {
		nic->swapped = desc;
		nic->swapped_info = info;
		return;
	}
	desc->info = info;
	if (nic->swapped) {
		nic->swapped->info = nic->swapped_info;
		nic->swapped = NULL;
	}
}

/* The frame into as many buffers as it takes; they were counted before. */
static void
frame_store(struct nic_model *nic, const uint8_t *bytes, uint32_t len)
{
	uint32_t count = R(nic, RDLEN) / 16, left = len, piece;
	bool extended = RFCTL_EXTENDED(nic);
	struct e1000e_desc *desc;
	uint64_t info;

	while (left > 0) {
		desc = nic_model_desc(nic, 0, R(nic, RDH));
		piece = min_of(left, 2048u);
		memcpy((void *)(uintptr_t)desc->addr, bytes, piece);
		bytes += piece;
		left -= piece;
		info = extended ? RX_EXT_DD | (uint64_t)piece << 32
				: RX_OLD_DD | piece;
		if (left == 0) {
			info |= extended ? RX_EXT_EOP
					 : RX_OLD_EOP | RX_OLD_IXSM;
			info |= nic->rx_verdict;
		}
		/* Extended reports overwrite the address, with a checksum. */
		if (extended)
			desc->addr = 0x4d00000000ull;
		R(nic, RDH) = (R(nic, RDH) + 1) % count;
		report(nic, desc, info);
	}
}

static void
count_received(struct nic_model *nic, const uint8_t *bytes, uint32_t len)
{
	R(nic, GPRC)++;
	R(nic, GORCL) += len + 4;
	if (!(bytes[0] & 1))
		return;
	if (bytes[0] == 0xff && bytes[5] == 0xff)
		R(nic, BPRC)++;
	else
		R(nic, MPRC)++;
}

bool
nic_model_receive(struct nic_model *nic, const void *bytes, uint32_t len)
{
	uint8_t padded[FRAME_LEN_PADDED] = { 0 };
	bool long_ok = R(nic, RCTL) & RCTL_LPE;

	if (!may_dma(nic) || !(R(nic, RCTL) & RCTL_EN))
		return false;
	if (R(nic, RCTL) & (RCTL_BSEX | 3u << 16) ||
	    !(R(nic, RCTL) & RCTL_SECRC))
		panic("nic model: RCTL 0x%x is not what it is made for",
		      R(nic, RCTL));
	if (!filter_passes(nic, bytes)) {
		nic->rx_filtered++;
		return false;
	}
	if (len + 4 > (long_ok ? NIC_FRAME_MAX : FRAME_LEN_SHORT)) {
		R(nic, ROC)++;
		return false;
	}
	if (len < sizeof(padded)) {
		memcpy(padded, bytes, len);
		bytes = padded;
		len = sizeof(padded);
		R(nic, RUC)++;
	}
	if (nic->faults.rx_stall || buffers_free(nic) < (len + 2047) / 2048) {
		R(nic, MPC)++;
		nic->rx_missed++;
		return false;
	}
	count_received(nic, bytes, len);
	frame_store(nic, bytes, len);
	nic->rx_delivered++;
	nic_model_cause(nic, INT_RXT0 | INT_RXQ0);
	return true;
}
