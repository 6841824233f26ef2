/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of devices: from a message (MSI, MSI-X) or an IOAPIC pin to a
 * vector of the boot core, and from there to the handlers that drivers gave.
 * State: the handlers, their counts, the vectors taken. The tables change only
 * with interrupts masked.
 */
#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/irq.h>
#include <arch/machine.h>

#include "arch/x86/apic.h"
#include "arch/x86/ioapic.h"
#include "arch/x86/irq_private.h"

#define VECTOR_COUNT	   256u
#define IRQ_MAX		   (VECTOR_DEVICE_LAST - VECTOR_DEVICE_FIRST + 1)
#define IRQ_NO_GSI	   UINT32_MAX
#define ISA_IRQ_8259_SLAVE 2u

/* Master and slave 8259 [82C59A]. */
#define PIC1_COMMAND  0x20u
#define PIC1_DATA     0x21u
#define PIC2_COMMAND  0xa0u
#define PIC2_DATA     0xa1u
#define PIC_ICW1_INIT 0x11u
#define PIC_ICW4_8086 0x01u
#define PIC_MASK_ALL  0xffu

/* The message's address and data [SDM 3 10.11]. */
#define MSI_ADDR	 0xfee00000u
#define MSI_DEST_SHIFT	 12
#define APIC_ID_8BIT_MAX 254u /* 255 is everybody */

struct irq {
	const char *name;
	irq_handler *handler; /* NULL: this slot is free */
	void *arg;
	struct irq *next; /* another one on the same vector */
	uint64_t count;
	uint32_t gsi; /* IRQ_NO_GSI: a message */
	uint8_t vector;
	bool is_level;
};

static struct irq slot[IRQ_MAX];
static struct irq *first[VECTOR_COUNT];
static uint64_t timer_count, error_count, spurious_count, legacy_count,
	unexpected_count;
static const struct machine_config *machine;
static bool has_apic;

static void
pic_silence(void)
{
	port_out8(PIC1_COMMAND, PIC_ICW1_INIT);
	port_out8(PIC2_COMMAND, PIC_ICW1_INIT);
	port_out8(PIC1_DATA, VECTOR_8259);
	port_out8(PIC2_DATA, VECTOR_8259 + 8);
	port_out8(PIC1_DATA, 1u << ISA_IRQ_8259_SLAVE);
	port_out8(PIC2_DATA, ISA_IRQ_8259_SLAVE);
	port_out8(PIC1_DATA, PIC_ICW4_8086);
	port_out8(PIC2_DATA, PIC_ICW4_8086);
	port_out8(PIC1_DATA, PIC_MASK_ALL);
	port_out8(PIC2_DATA, PIC_MASK_ALL);
}

void
irq_init(const struct machine_config *config)
{
	machine = config;
	pic_silence();
	has_apic = apic_init();
	if (!has_apic) {
		log_err("irq: this processor has no local APIC; devices are "
			"polled");
		return;
	}
	ioapic_init(config);
}

void
irq_dispatch(unsigned int vector)
{
	if (vector >= VECTOR_DEVICE_FIRST && vector <= VECTOR_DEVICE_LAST) {
		if (!first[vector])
			unexpected_count++;
		for (struct irq *irq = first[vector]; irq; irq = irq->next) {
			irq->count++;
			irq->handler(irq->arg);
		}
		apic_eoi();
	} else if (vector == VECTOR_TIMER) {
		timer_count++;
		apic_eoi();
	} else if (vector == VECTOR_SPURIOUS) {
		/* Nothing is in service: an EOI would end another one. */
		spurious_count++;
	} else if (vector >= VECTOR_8259 && vector < VECTOR_8259 + 16) {
		legacy_count++;
	} else if (vector == VECTOR_APIC_ERROR) {
		error_count++;
		apic_error();
		apic_eoi();
	} else {
		unexpected_count++;
		apic_eoi();
	}
}

static struct irq *
slot_take(void)
{
	for (unsigned int i = 0; i < IRQ_MAX; i++)
		if (!slot[i].handler)
			return &slot[i];
	return NULL;
}

static unsigned int
vector_take(void)
{
	for (unsigned int v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++)
		if (!first[v])
			return v;
	return 0;
}

/* Fills a slot and puts it on the vector; the device is not yet told. */
static struct irq *
irq_add(const char *name, unsigned int vector, irq_handler *handler, void *arg)
{
	struct irq *irq = slot_take();
	uint64_t flags;

	if (!irq || vector == 0)
		return NULL;
	flags = cpu_irq_save();
	*irq = (struct irq){
		.name = name,
		.handler = handler,
		.arg = arg,
		.next = first[vector],
		.gsi = IRQ_NO_GSI,
		.vector = (uint8_t)vector,
	};
	first[vector] = irq;
	cpu_irq_restore(flags);
	return irq;
}

struct irq *
irq_alloc_msi(const char *name, irq_handler *handler, void *arg,
	      struct irq_msi_message *message)
{
	struct irq *irq;

	/* The message has eight bits for the core that it goes to. */
	if (!has_apic || apic_id() > APIC_ID_8BIT_MAX)
		return NULL;
	irq = irq_add(name, vector_take(), handler, arg);
	if (!irq)
		return NULL;
	message->addr = MSI_ADDR | (uint64_t)apic_id() << MSI_DEST_SHIFT;
	message->data = irq->vector;
	return irq;
}

static struct irq *
gsi_holder(uint32_t gsi)
{
	for (unsigned int i = 0; i < IRQ_MAX; i++)
		if (slot[i].handler && slot[i].gsi == gsi)
			return &slot[i];
	return NULL;
}

uint32_t
irq_isa_gsi(uint8_t isa_irq)
{
	if (!machine || isa_irq >= MACHINE_ISA_IRQS)
		return isa_irq;
	return machine->isa_irq[isa_irq].gsi;
}

/* The MADT knows how a line is wired; else the bus that it came from. */
static void
gsi_mode(uint32_t gsi, enum irq_trigger trigger, bool *is_level,
	 bool *is_active_low)
{
	*is_level = *is_active_low = trigger == IRQ_LEVEL_LOW;
	for (unsigned int i = 0; i < MACHINE_ISA_IRQS; i++) {
		const struct machine_isa_irq *isa = &machine->isa_irq[i];

		if (!isa->is_overridden || isa->gsi != gsi)
			continue;
		*is_level = isa->is_level;
		*is_active_low = isa->is_active_low;
	}
}

struct irq *
irq_alloc_gsi(const char *name, uint32_t gsi, enum irq_trigger trigger,
	      irq_handler *handler, void *arg)
{
	struct irq *irq, *holder = gsi_holder(gsi);
	bool is_level, is_active_low;

	if (!has_apic || apic_id() > APIC_ID_8BIT_MAX)
		return NULL;
	gsi_mode(gsi, trigger, &is_level, &is_active_low);
	/* An edge cannot be shared: a second one hides in the first. */
	if (holder && (!is_level || !holder->is_level))
		return NULL;
	irq = irq_add(name, holder ? holder->vector : vector_take(), handler,
		      arg);
	if (!irq)
		return NULL;
	irq->gsi = gsi;
	irq->is_level = is_level;
	if (!holder && !ioapic_route(gsi, irq->vector, (uint8_t)apic_id(),
				     is_level, is_active_low)) {
		irq_free(irq);
		return NULL;
	}
	return irq;
}

void
irq_free(struct irq *irq)
{
	struct irq **link;
	uint64_t flags;

	if (!irq)
		return;
	flags = cpu_irq_save();
	for (link = &first[irq->vector]; *link != irq; link = &(*link)->next)
		assert(*link);
	*link = irq->next;
	if (!first[irq->vector] && irq->gsi != IRQ_NO_GSI)
		ioapic_mask(irq->gsi);
	irq->handler = NULL;
	cpu_irq_restore(flags);
}

void
irq_for_each(void (*visit)(void *ctx, const struct irq_info *info), void *ctx)
{
	const struct irq_info own[] = {
		{ VECTOR_TIMER, "LAPIC", "timer", timer_count },
		{ VECTOR_APIC_ERROR, "LAPIC", "error", error_count },
		{ VECTOR_SPURIOUS, "LAPIC", "spurious", spurious_count },
		{ VECTOR_8259, "8259", "spurious", legacy_count },
		{ 0, "LAPIC", "unexpected", unexpected_count },
	};

	for (unsigned int i = 0; i < IRQ_MAX; i++) {
		const struct irq *irq = &slot[i];
		bool is_message = irq->gsi == IRQ_NO_GSI;
		struct irq_info info = {
			is_message ? irq->vector : irq->gsi,
			is_message ? "PCI-MSI" : "IO-APIC",
			irq->name,
			irq->count,
		};

		if (irq->handler)
			visit(ctx, &info);
	}
	for (unsigned int i = 0; i < array_len(own); i++)
		visit(ctx, &own[i]);
}
