/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors: sixteen bytes that driver and device pass to each other in
 * memory, in three receive and three transmit shapes [82574 7.1, 7.2]
 * [HARDWARE 1.7, 1.8]. Pure functions from and to numbers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * addr: where the bytes are (what the device writes back over it in receive
 * descriptors, a checksum or a hash, is not used). info: the rest, in one word,
 * so that one load sees "done" together with what it guards, and one store
 * re-arms the whole.
 */
struct e1000e_desc {
	uint64_t addr;
	uint64_t info;
};

_Static_assert(sizeof(struct e1000e_desc) == 16, "the device's size");

/*
 * Where a receive format keeps things in info. good: what the bits under
 * judged are when the frame is whole, one descriptor long and without error.
 */
struct e1000e_rx_format {
	uint64_t done, eop, errors;
	uint64_t csum_seen;   /* any: a transport checksum was verified */
	uint64_t csum_bad;    /* any: it, or the verdict, is worth nothing */
	uint64_t csum_failed; /* any: the checksum was wrong */
	unsigned int len_shift;
};

/* Extended write-back: status and errors, length, VLAN [82574 7.1.5]. */
#define RX_EXT_DD    (1ull << 0)
#define RX_EXT_EOP   (1ull << 1)
#define RX_EXT_IXSM  (1ull << 2)
#define RX_EXT_UDPCS (1ull << 4)
#define RX_EXT_TCPCS (1ull << 5)
#define RX_EXT_CE    (1ull << 24)
#define RX_EXT_SE    (1ull << 25)
#define RX_EXT_SEQ   (1ull << 26)
#define RX_EXT_CXE   (1ull << 28)
#define RX_EXT_TCPE  (1ull << 29)
#define RX_EXT_IPE   (1ull << 30)
#define RX_EXT_RXE   (1ull << 31)

static const struct e1000e_rx_format e1000e_rx_extended = {
	.done = RX_EXT_DD,
	.eop = RX_EXT_EOP,
	.errors = RX_EXT_CE | RX_EXT_SE | RX_EXT_SEQ | RX_EXT_CXE | RX_EXT_RXE,
	.csum_seen = RX_EXT_UDPCS | RX_EXT_TCPCS,
	.csum_bad = RX_EXT_IXSM | RX_EXT_TCPE | RX_EXT_IPE,
	.csum_failed = RX_EXT_TCPE | RX_EXT_IPE,
	.len_shift = 32,
};

/* Legacy write-back: length, checksum, status, errors, VLAN. */
#define RX_OLD_DD    (1ull << 32)
#define RX_OLD_EOP   (1ull << 33)
#define RX_OLD_IXSM  (1ull << 34)
#define RX_OLD_TCPCS (1ull << 37)
#define RX_OLD_CE    (1ull << 40)
#define RX_OLD_SE    (1ull << 41)
#define RX_OLD_SEQ   (1ull << 42)
#define RX_OLD_CXE   (1ull << 44)
#define RX_OLD_TCPE  (1ull << 45)
#define RX_OLD_IPE   (1ull << 46)
#define RX_OLD_RXE   (1ull << 47)

static const struct e1000e_rx_format e1000e_rx_legacy = {
	.done = RX_OLD_DD,
	.eop = RX_OLD_EOP,
	.errors = RX_OLD_CE | RX_OLD_SE | RX_OLD_SEQ | RX_OLD_CXE | RX_OLD_RXE,
	.csum_seen = RX_OLD_TCPCS,
	.csum_bad = RX_OLD_IXSM | RX_OLD_TCPE | RX_OLD_IPE,
	.csum_failed = RX_OLD_TCPE | RX_OLD_IPE,
	.len_shift = 0,
};

/* ---- transmit: command and length low, status and options high ---------- */

#define TX_EOP	   (1ull << 24) /* last descriptor of the frame */
#define TX_IFCS	   (1ull << 25) /* the device appends the CRC */
#define TX_RS	   (1ull << 27) /* write DD back when done */
#define TX_DEXT	   (1ull << 29)
#define TX_DATA	   (1ull << 20) /* DTYP 1 */
#define TX_DD	   (1ull << 32)
#define TX_TXSM	   (1ull << 41) /* fill in the transport checksum */
#define TX_CTX_TCP (1ull << 24)
#define TX_CSUM	   (TX_DEXT | TX_DATA | TX_TXSM)

/* A piece of a frame without any offload: the legacy shape, every part's. */
static inline uint64_t
e1000e_tx_info(uint32_t len, uint64_t flags)
{
	return len | TX_IFCS | flags;
}

/* Where TCP has its checksum; the device wants to know whether it is TCP. */
#define TX_TCP_CSUM_OFFSET 16u

/*
 * Where the transport header of the frames that follow lies: its offset from
 * the frame's first byte, and from it that of the checksum field, which holds
 * the pseudo header's sum; summed to the frame's end. What it says of the
 * network header matters only where that one's checksum is asked for too. QEMU
 * ignores all of it, silicon does not [HARDWARE 0.19].
 */
static inline struct e1000e_desc
e1000e_tx_context(uint32_t transport, uint32_t csum_offset)
{
	uint64_t fields = transport | (transport + csum_offset) << 8;

	return (struct e1000e_desc){
		.addr = fields << 32,
		.info = TX_DEXT |
			(csum_offset == TX_TCP_CSUM_OFFSET ? TX_CTX_TCP : 0),
	};
}
