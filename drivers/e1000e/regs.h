/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of regs.def as constants, and the meaning of their bits
 * [82574 10.2] [HARDWARE 1.2]. Names are the datasheet's.
 */
#pragma once

#include <stdint.h>

#define E1000E_REGS_LEN 0x20000u /* BAR 0 */

enum e1000e_reg {
#define REG(name, offset, parts, reads, sentence, section) REG_##name = offset,
#define COUNTER(name, offset, sentence)			   REG_##name = offset,
#include "drivers/e1000e/regs.def"
#undef REG
#undef COUNTER
};

/* Indices of the counters, in the order of their registers. */
enum e1000e_counter {
#define REG(name, offset, parts, reads, sentence, section)
#define COUNTER(name, offset, sentence) COUNT_##name,
#include "drivers/e1000e/regs.def"
#undef REG
#undef COUNTER
	E1000E_COUNTERS,
};

#define CTRL_FD			(1u << 0)
#define CTRL_GIO_MASTER_DISABLE (1u << 2)
#define CTRL_ASDE		(1u << 5)
#define CTRL_SLU		(1u << 6)
#define CTRL_FRCSPD		(1u << 11)
#define CTRL_FRCDPX		(1u << 12)
#define CTRL_RST		(1u << 26)
#define CTRL_RFCE		(1u << 27)
#define CTRL_TFCE		(1u << 28)
#define CTRL_BIT29		(1u << 29) /* must be 0 on 82573/4/83 */
#define CTRL_VME		(1u << 30)

#define STATUS_FD	     (1u << 0)
#define STATUS_LU	     (1u << 1)
#define STATUS_TXOFF	     (1u << 4)
#define STATUS_SPEED(status) ((status) >> 6 & 3u)
#define STATUS_GIO_MASTER    (1u << 19)
#define STATUS_GONE	     UINT32_MAX /* nobody drives the bus */

#define EECD_AUTO_RD	    (1u << 9)
#define EECD_NVM_TYPE(eecd) ((eecd) >> 15 & 3u)
#define EECD_NVM_FLASH	    3u
#define EECD_AUPDEN	    (1u << 20)

#define EERD_START	      (1u << 0)
#define EERD_DONE	      (1u << 1)
#define EERD_ADDR_SHIFT	      2
#define EERD_SMALL_DONE	      (1u << 4)
#define EERD_SMALL_ADDR_SHIFT 8
#define EERD_DATA(eerd)	      ((uint16_t)((eerd) >> 16))

#define CTRL_EXT_EE_RST	  (1u << 13)
#define CTRL_EXT_BIT22	  (1u << 22) /* must be 1 on 82573/4/83 */
#define CTRL_EXT_BIT23	  (1u << 23) /* must be 0 there */
#define CTRL_EXT_EIAME	  (1u << 24)
#define CTRL_EXT_IAME	  (1u << 27)
#define CTRL_EXT_DRV_LOAD (1u << 28)
#define CTRL_EXT_PBA_CLR  (1u << 31)

#define MDIC_REG_SHIFT 16
#define MDIC_REG(mdic) ((mdic) >> 16 & 0x1fu)
#define MDIC_PHY       (1u << 21) /* address 1 */
#define MDIC_WRITE     (1u << 26)
#define MDIC_READ      (2u << 26)
#define MDIC_READY     (1u << 28)
#define MDIC_ERROR     (1u << 30)

#define VET_DEFAULT 0x8100u
#define FCAL_PAUSE  0x00c28001u
#define FCAH_PAUSE  0x00000100u
#define FCT_PAUSE   0x8808u

/* ICR, IMS, IMC */
#define INT_TXDW     (1u << 0)
#define INT_LSC	     (1u << 2)
#define INT_RXSEQ    (1u << 3)
#define INT_RXDMT0   (1u << 4)
#define INT_RXO	     (1u << 6)
#define INT_RXT0     (1u << 7)
#define INT_RXQ0     (1u << 20)
#define INT_TXQ0     (1u << 22)
#define INT_OTHER    (1u << 24)
#define INT_ASSERTED (1u << 31)
#define INT_ALL	     UINT32_MAX
#define EIAC_QUEUES  0x00f00000u

#define IVAR_VALID	   8u
#define IVAR_RXQ0(vector)  ((IVAR_VALID | (vector)) << 0)
#define IVAR_TXQ0(vector)  ((IVAR_VALID | (vector)) << 8)
#define IVAR_OTHER(vector) ((IVAR_VALID | (vector)) << 16)

#define RCTL_EN		(1u << 1)
#define RCTL_SBP	(1u << 2)
#define RCTL_UPE	(1u << 3)
#define RCTL_MPE	(1u << 4)
#define RCTL_LPE	(1u << 5)
#define RCTL_MO_MASK	(3u << 12)
#define RCTL_BAM	(1u << 15)
#define RCTL_BSIZE_2048 (0u << 16)
#define RCTL_VFE	(1u << 18)
#define RCTL_BSEX	(1u << 25)
#define RCTL_SECRC	(1u << 26)

#define TCTL_EN		      (1u << 1)
#define TCTL_PSP	      (1u << 3)
#define TCTL_CT		      (0x0fu << 4)
#define TCTL_COLD_FULL_DUPLEX (0x3fu << 12)
#define TCTL_RTLC	      (1u << 24)
#define TIPG_COPPER	      0x00602008u /* 8, 8, 6 */

#define EXTCNF_MDIO_SW (1u << 5)

#define TXDCTL_COUNT_DESC (1u << 22)
/* W 1, in descriptors: write-backs never wait [HARDWARE 1.8]. P 31, H 1: what
 * QUIRK_DESC_PREFETCH wants. */
#define TXDCTL_VALUE	0x01410000u
#define TXDCTL_PREFETCH 0x0000011fu
#define RXDCTL_VALUE	0x01010420u /* P 32, H 4, W 1 */
#define TIDV_FPD	(1u << 31)  /* write back now */

#define TARC0_ENABLE	(1u << 10)
#define TARC0_BIT26	(1u << 26)
#define TARC0_BITS30_27 (0xfu << 27)

#define RXCSUM_IPOFLD	  (1u << 8)
#define RXCSUM_TUOFLD	  (1u << 9)
#define RFCTL_ACK_DIS	  (1u << 12)
#define RFCTL_EXTEN	  (1u << 15)
#define RFCTL_IPV6_EX_DIS (3u << 16)

#define MTA_WORDS  128u
#define VFTA_WORDS 128u
#define RAR_COUNT  15u /* the 16th may be management's */
#define RAR_STRIDE 8u
#define RAH_AV	   (1u << 31)

#define GCR_BIT22      (1u << 22)
#define GCR_L1_NOT_L0S (1u << 27)
#define GCR2_BIT0      (1u << 0)

/* PHY registers [IEEE802.3 22.2.4], and the BM PHY's own. */
#define PHY_BMCR	 0u
#define PHY_BMSR	 1u
#define PHY_ID1		 2u
#define PHY_ID2		 3u
#define PHY_ADVERTISE	 4u
#define PHY_1000T_STATUS 10u
#define PHY_BM_SPECIFIC	 16u
#define PHY_BM_RX_ERRORS 21u
#define BMCR_RESET	 (1u << 15)
#define BMCR_AUTONEG	 (1u << 12)
#define BMCR_POWER_DOWN	 (1u << 11)
#define BMCR_RESTART	 (1u << 9)
#define ADVERTISE_PAUSE	 (3u << 10)
#define BM_DOWNSHIFT	 (1u << 11)
