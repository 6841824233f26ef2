/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who answers for which addresses: register-level models claim ranges of memory
 * addresses and of x86 ports, and the hosted <arch/io.h> brings them what
 * drivers read and write. Memory ranges need no memory behind them. An access
 * that nobody claimed panics. So does a read or write that crosses or misses
 * 4-byte alignment in memory ranges, which no device here promises to bear.
 */
#pragma once

#include <stdint.h>

struct mmio_ops {
	uint32_t (*read32)(void *ctx, uint32_t offset);
	void (*write32)(void *ctx, uint32_t offset, uint32_t value);
};

/* len is 1, 2 or 4: the width of the access in bytes. */
struct ioport_ops {
	uint32_t (*read)(void *ctx, uint16_t offset, unsigned int len);
	void (*write)(void *ctx, uint16_t offset, unsigned int len,
		      uint32_t value);
};

/* Claims [addr, addr+len); overlapping another claim panics. ops and ctx must
 * outlive the claim. */
void mmio_claim(uint64_t addr, uint64_t len, const struct mmio_ops *ops,
		void *ctx);
void ioport_claim(uint16_t first, uint16_t count, const struct ioport_ops *ops,
		  void *ctx);

/* Gives up every claim made with this ctx. */
void mmio_release(void *ctx);

/* Accesses since the start of the program, memory and ports, for tests that
 * count doorbells. */
struct mmio_counts {
	uint64_t reads, writes, port_reads, port_writes;
};
const struct mmio_counts *mmio_counts(void);
