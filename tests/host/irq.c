/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt vectors of the hosted port: a table, and models that ring in it. */
#include "tests/host/irq.h"

#include <arch/irq.h>

#include "lib/port.h"

#define VECTORS	     64u
#define VECTOR_FIRST 0x30u
#define MSI_ADDR     0xfee00000u

struct irq {
	const char *name;
	irq_handler *handler; /* NULL: the vector is free */
	void *arg;
	uint64_t count;
	bool is_msi;
	uint32_t gsi;
	enum irq_trigger trigger;
};

static struct irq vectors[VECTORS];
static unsigned int refuse_count;

static struct irq *
vector_take(const char *name, irq_handler *handler, void *arg)
{
	unsigned int i;

	assert(handler != NULL);
	if (refuse_count > 0) {
		refuse_count--;
		return NULL;
	}
	for (i = 0; i < VECTORS; i++) {
		if (vectors[i].handler != NULL)
			continue;
		vectors[i] = (struct irq){
			.name = name,
			.handler = handler,
			.arg = arg,
		};
		return &vectors[i];
	}
	return NULL;
}

static void
vector_fire(struct irq *irq)
{
	irq->count++;
	irq->handler(irq->arg);
}

struct irq *
irq_alloc_msi(const char *name, irq_handler *handler, void *arg,
	      struct irq_msi_message *message)
{
	struct irq *irq = vector_take(name, handler, arg);

	if (irq == NULL)
		return NULL;
	irq->is_msi = true;
	message->addr = MSI_ADDR;
	message->data = VECTOR_FIRST + (uint32_t)(irq - vectors);
	return irq;
}

struct irq *
irq_alloc_gsi(const char *name, uint32_t gsi, enum irq_trigger trigger,
	      irq_handler *handler, void *arg)
{
	struct irq *irq;
	unsigned int i;

	for (i = 0; i < VECTORS; i++)
		if (vectors[i].handler != NULL && !vectors[i].is_msi &&
		    vectors[i].gsi == gsi && vectors[i].trigger != trigger)
			return NULL;
	irq = vector_take(name, handler, arg);
	if (irq == NULL)
		return NULL;
	irq->gsi = gsi;
	irq->trigger = trigger;
	return irq;
}

/* As on a PC whose firmware says nothing else: the timer is on pin 2. */
uint32_t
irq_isa_gsi(uint8_t isa_irq)
{
	return isa_irq == 0 ? 2 : isa_irq;
}

void
irq_free(struct irq *irq)
{
	if (irq == NULL)
		return;
	assert(irq->handler != NULL);
	memset(irq, 0, sizeof(*irq));
}

void
irq_for_each(void (*visit)(void *ctx, const struct irq_info *info), void *ctx)
{
	struct irq_info info;
	unsigned int i;

	for (i = 0; i < VECTORS; i++) {
		if (vectors[i].handler == NULL)
			continue;
		info = (struct irq_info){
			.vector = VECTOR_FIRST + i,
			.chip = "PCI-MSI",
			.name = vectors[i].name,
			.count = vectors[i].count,
		};
		if (!vectors[i].is_msi) {
			info.vector = vectors[i].gsi;
			info.chip = "IO-APIC";
		}
		visit(ctx, &info);
	}
}

bool
host_irq_msi(uint64_t addr, uint32_t data)
{
	struct irq *irq;

	if (addr != MSI_ADDR || data - VECTOR_FIRST >= VECTORS)
		return false;
	irq = &vectors[data - VECTOR_FIRST];
	if (irq->handler == NULL || !irq->is_msi)
		return false;
	vector_fire(irq);
	return true;
}

bool
host_irq_gsi(uint32_t gsi)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < VECTORS; i++) {
		if (vectors[i].handler == NULL || vectors[i].is_msi ||
		    vectors[i].gsi != gsi)
			continue;
		vector_fire(&vectors[i]);
		found = true;
	}
	return found;
}

unsigned int
host_irq_used(void)
{
	unsigned int i, used = 0;

	for (i = 0; i < VECTORS; i++)
		used += vectors[i].handler != NULL;
	return used;
}

uint64_t
host_irq_count(const struct irq *irq)
{
	return irq->count;
}

void
host_irq_exhaust(unsigned int n)
{
	refuse_count = n;
}
