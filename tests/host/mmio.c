/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry behind the hosted <arch/io.h>; see mmio.h. */
#include "tests/host/mmio.h"

#include <arch/io.h>

#include "lib/port.h"

#define CLAIMS_MAX 128u

struct claim {
	uint64_t first, len;
	const struct mmio_ops *mmio;
	const struct ioport_ops *port; /* one of the two is set */
	void *ctx;
};

static struct claim claims[CLAIMS_MAX];
static unsigned int claim_count;
static struct mmio_counts counts;

const struct mmio_counts *
mmio_counts(void)
{
	return &counts;
}

static struct claim *
find(uint64_t addr, bool is_port)
{
	unsigned int i;

	for (i = 0; i < claim_count; i++)
		if ((claims[i].port != NULL) == is_port &&
		    addr >= claims[i].first &&
		    addr - claims[i].first < claims[i].len)
			return &claims[i];
	return NULL;
}

static void
add(const struct claim *claim)
{
	bool is_port = claim->port != NULL;
	unsigned int i;

	assert(claim->len > 0);
	if (claim_count == CLAIMS_MAX)
		panic("mmio: more than %u claims", CLAIMS_MAX);
	for (i = 0; i < claim_count; i++)
		if ((claims[i].port != NULL) == is_port &&
		    claim->first - claims[i].first < claims[i].len)
			panic("mmio: 0x%llx is claimed already",
			      (unsigned long long)claim->first);
		else if ((claims[i].port != NULL) == is_port &&
			 claims[i].first - claim->first < claim->len)
			panic("mmio: 0x%llx is claimed already",
			      (unsigned long long)claims[i].first);
	claims[claim_count++] = *claim;
}

void
mmio_claim(uint64_t addr, uint64_t len, const struct mmio_ops *ops, void *ctx)
{
	add(&(struct claim){
		.first = addr, .len = len, .mmio = ops, .ctx = ctx });
}

void
ioport_claim(uint16_t first, uint16_t count, const struct ioport_ops *ops,
	     void *ctx)
{
	add(&(struct claim){
		.first = first, .len = count, .port = ops, .ctx = ctx });
}

void
mmio_release(void *ctx)
{
	unsigned int i = 0;

	while (i < claim_count) {
		if (claims[i].ctx == ctx)
			claims[i] = claims[--claim_count];
		else
			i++;
	}
}

static struct claim *
find_mmio(const volatile void *addr, const char *what)
{
	struct claim *claim = find((uintptr_t)addr, false);

	if (claim == NULL)
		panic("mmio: %s of %p, which no model claimed", what,
		      (const void *)(uintptr_t)addr);
	if ((uintptr_t)addr % 4 != 0)
		panic("mmio: unaligned %s of %p", what,
		      (const void *)(uintptr_t)addr);
	return claim;
}

uint32_t
mmio_read32(const volatile void *addr)
{
	struct claim *claim = find_mmio(addr, "read");

	counts.reads++;
	return claim->mmio->read32(claim->ctx,
				   (uint32_t)((uintptr_t)addr - claim->first));
}

void
mmio_write32(volatile void *addr, uint32_t value)
{
	struct claim *claim = find_mmio(addr, "write");

	counts.writes++;
	claim->mmio->write32(claim->ctx,
			     (uint32_t)((uintptr_t)addr - claim->first), value);
}

static uint32_t
port_read(uint16_t port, unsigned int len)
{
	struct claim *claim = find(port, true);

	if (claim == NULL)
		panic("mmio: in of port 0x%x, which no model claimed", port);
	counts.port_reads++;
	return claim->port->read(claim->ctx, (uint16_t)(port - claim->first),
				 len);
}

static void
port_write(uint16_t port, unsigned int len, uint32_t value)
{
	struct claim *claim = find(port, true);

	if (claim == NULL)
		panic("mmio: out to port 0x%x, which no model claimed", port);
	counts.port_writes++;
	claim->port->write(claim->ctx, (uint16_t)(port - claim->first), len,
			   value);
}

uint8_t
port_in8(uint16_t port)
{
	return (uint8_t)port_read(port, 1);
}

uint16_t
port_in16(uint16_t port)
{
	return (uint16_t)port_read(port, 2);
}

uint32_t
port_in32(uint16_t port)
{
	return port_read(port, 4);
}

void
port_out8(uint16_t port, uint8_t v)
{
	port_write(port, 1, v);
}

void
port_out16(uint16_t port, uint16_t v)
{
	port_write(port, 2, v);
}

void
port_out32(uint16_t port, uint32_t v)
{
	port_write(port, 4, v);
}
