/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosted twin of arch/x86/include/arch/io.h: register accesses reach whatever
 * model has claimed the address (tests/host/mmio.h).
 */
#pragma once

#include <stdint.h>

uint32_t mmio_read32(const volatile void *addr);
void mmio_write32(volatile void *addr, uint32_t value);

uint8_t port_in8(uint16_t port);
uint16_t port_in16(uint16_t port);
uint32_t port_in32(uint16_t port);
void port_out8(uint16_t port, uint8_t v);
void port_out16(uint16_t port, uint16_t v);
void port_out32(uint16_t port, uint32_t v);

static inline void
dma_rmb(void)
{
	__asm__ volatile("" : : : "memory");
}

static inline void
dma_wmb(void)
{
	__asm__ volatile("" : : : "memory");
}

static inline uint64_t
dma_addr(const volatile void *ptr)
{
	return (uintptr_t)ptr;
}
