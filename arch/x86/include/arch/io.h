/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device access: memory-mapped registers, x86 ports, DMA addresses and the
 * barriers between descriptor memory and registers. tests/host/include/arch has
 * the hosted twin of this header, whose accesses reach register-level models.
 */
#pragma once

#include <stdint.h>

/* 32-bit register access; addr is mapped uncached (see vm_map_mmio). */
static inline uint32_t
mmio_read32(const volatile void *addr)
{
	return *(const volatile uint32_t *)addr;
}

static inline void
mmio_write32(volatile void *addr, uint32_t value)
{
	*(volatile uint32_t *)addr = value;
}

static inline uint8_t
port_in8(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint16_t
port_in16(uint16_t port)
{
	uint16_t v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint32_t
port_in32(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void
port_out8(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void
port_out16(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void
port_out32(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

/*
 * Orders a read of a descriptor's "done" flag before reads of the fields that
 * the flag guards. x86 keeps loads in order, so only the compiler is told.
 */
static inline void
dma_rmb(void)
{
	__asm__ volatile("" : : : "memory");
}

/*
 * Orders descriptor stores before the doorbell store that hands them to the
 * device. x86 keeps stores in order and the doorbell is uncached.
 */
static inline void
dma_wmb(void)
{
	__asm__ volatile("" : : : "memory");
}

/* What a device is told to read or write this memory: we map one to one. */
static inline uint64_t
dma_addr(const volatile void *ptr)
{
	return (uintptr_t)ptr;
}
