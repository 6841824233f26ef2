/* SPDX-License-Identifier: BSD-2-Clause */
/* A fake PCI hierarchy; see pci_model.h. */
#include "tests/host/pci_model.h"

#include <stdlib.h>

#include "tests/host/mmio.h"

static struct pci_model_function *
find(struct pci_model *model, struct pci_address at)
{
	for (unsigned int i = 0; i < model->function_count; i++) {
		struct pci_model_function *f = model->function[i];

		if (f->at.bus == at.bus && f->at.slot == at.slot &&
		    f->at.function == at.function && !f->absent)
			return f;
	}
	return NULL;
}

/* ---- slots --------------------------------------------------------------- */

#define SLOT_CONTROL   0x18u
#define SLOT_LAMP_OFF  (3u << 8)
#define SLOT_POWER_OFF (1u << 10)
#define SLOT_PRESSED   (1u << 16)
#define SLOT_CHANGED   (1u << 19)
#define SLOT_PRESENT   (1u << 22)

static struct pci_model_function *
slot_content(struct pci_model *model, const struct pci_model_function *bridge)
{
	uint8_t bus = (uint8_t)(bridge->config[PCI_BUSES / 4] >> 8);

	for (unsigned int i = 0; i < model->function_count; i++)
		if (model->function[i]->at.bus == bus)
			return model->function[i];
	return NULL;
}

/* Switching power and lamp off lets a card go; power lets it answer. */
static void
slot_follow(struct pci_model *model, struct pci_model_function *bridge,
	    uint32_t old)
{
	uint32_t *word = &bridge->config[(bridge->slot_cap + SLOT_CONTROL) / 4];
	struct pci_model_function *f = slot_content(model, bridge);
	bool is_off = *word & SLOT_POWER_OFF;

	if (!f || !(*word & SLOT_PRESENT))
		return;
	f->absent = is_off;
	if (is_off && (*word & SLOT_LAMP_OFF) == SLOT_LAMP_OFF &&
	    (*word ^ old) & (SLOT_POWER_OFF | SLOT_LAMP_OFF)) {
		*word &= ~SLOT_PRESENT;
		*word |= SLOT_CHANGED;
	}
}

void
pci_model_slot(struct pci_model *model, struct pci_model_function *bridge,
	       uint8_t offset)
{
	struct pci_model_function *f = slot_content(model, bridge);
	bool is_filled = f && !f->absent;

	/* A root port with a slot; button, power, hot plug. */
	pci_model_cap(bridge, offset, PCI_CAP_EXPRESS, 1u << 8 | 4u << 4 | 2);
	bridge->config[(offset + 0x14) / 4] = 1u << 0 | 1u << 1 | 1u << 6;
	bridge->config[(offset + SLOT_CONTROL) / 4] =
		is_filled ? SLOT_PRESENT : SLOT_POWER_OFF | SLOT_LAMP_OFF;
	bridge->writable[(offset + SLOT_CONTROL) / 4] = 0x1fff;
	bridge->clears[(offset + SLOT_CONTROL) / 4] = 0x1f0000;
	bridge->slot_cap = offset;
}

void
pci_model_slot_press(struct pci_model_function *bridge)
{
	bridge->config[(bridge->slot_cap + SLOT_CONTROL) / 4] |= SLOT_PRESSED;
}

void
pci_model_slot_put(struct pci_model *model, struct pci_model_function *bridge,
		   struct pci_model_function *f)
{
	bridge->config[(bridge->slot_cap + SLOT_CONTROL) / 4] |=
		SLOT_PRESSED | SLOT_CHANGED | SLOT_PRESENT;
	f->absent = true;
	slot_follow(model, bridge,
		    bridge->config[(bridge->slot_cap + SLOT_CONTROL) / 4]);
}

static uint32_t
slots_read(void *ctx, uint16_t offset, unsigned int len)
{
	struct pci_model *model = ctx;

	assert(len == 4);
	if (model->slots_off)
		return UINT32_MAX;
	if (offset != 4 || model->slots_selected >= PCI_MODEL_SLOT_BUSES)
		return 0;
	return model->slots[model->slots_selected].down;
}

/* Of the bits written, the lowest counts. */
static void
slots_write(void *ctx, uint16_t offset, unsigned int len, uint32_t value)
{
	struct pci_model *model = ctx;
	uint32_t slot = (uint32_t)__builtin_ctz(value | 1u << 31);

	assert(len == 4 && (offset == 8 || offset == 16));
	if (model->slots_off)
		return;
	if (offset == 16) {
		model->slots_selected = value;
		return;
	}
	assert(model->slots_selected < PCI_MODEL_SLOT_BUSES);
	model->slots[model->slots_selected].down &= ~(1u << slot);
	for (unsigned int i = 0; i < model->function_count; i++) {
		struct pci_model_function *f = model->function[i];

		if (f->at.bus == model->slots[model->slots_selected].bus &&
		    f->at.slot == slot)
			f->absent = true;
	}
}

void
pci_model_claim_slots(struct pci_model *model, uint16_t first)
{
	static const struct ioport_ops ops = { slots_read, slots_write };

	ioport_claim(first, 24, &ops, model);
}

/* ---- configuration space ------------------------------------------------- */

static uint32_t
config_read(struct pci_access *access, struct pci_address at, uint32_t offset)
{
	struct pci_model *model =
		container_of(access, struct pci_model, access);
	struct pci_model_function *f = find(model, at);

	assert(offset % 4 == 0 && offset < PCI_EXTENDED_LEN);
	return f ? f->config[offset / 4] : UINT32_MAX;
}

static void
config_write(struct pci_access *access, struct pci_address at, uint32_t offset,
	     uint32_t value)
{
	struct pci_model *model =
		container_of(access, struct pci_model, access);
	struct pci_model_function *f = find(model, at);
	uint32_t *word, writable, clears, old;

	assert(offset % 4 == 0 && offset < PCI_EXTENDED_LEN);
	if (!f)
		return;
	if (offset >= PCI_BAR0 && offset < PCI_BAR0 + 4 * PCI_BARS) {
		if (f->config[PCI_COMMAND / 4] &
		    (PCI_COMMAND_IO | PCI_COMMAND_MEMORY))
			model->decode_on_writes++;
		else
			model->decode_off_writes++;
	}
	word = &f->config[offset / 4];
	old = *word;
	writable = f->writable[offset / 4];
	clears = f->clears[offset / 4];
	*word = (*word & ~writable) | (value & writable);
	*word &= ~(value & clears);
	if (f->slot_cap && offset == f->slot_cap + SLOT_CONTROL)
		slot_follow(model, f, old);
}

void
pci_model_init(struct pci_model *model)
{
	*model = (struct pci_model){
		.access = {
			.read = config_read,
			.write = config_write,
			.config_len = PCI_EXTENDED_LEN,
			.bus_end = 255,
		},
	};
}

void
pci_model_fini(struct pci_model *model)
{
	mmio_release(model);
	for (unsigned int i = 0; i < model->function_count; i++)
		free(model->function[i]);
}

struct pci_model_function *
pci_model_add(struct pci_model *model, uint8_t bus, uint8_t slot,
	      uint8_t function, uint16_t vendor, uint16_t device,
	      uint16_t class_code)
{
	struct pci_model_function *f = calloc(1, sizeof(*f));

	assert(f && model->function_count < PCI_MODEL_FUNCTIONS_MAX);
	f->at = (struct pci_address){ 0, bus, slot, function };
	f->config[PCI_ID / 4] = (uint32_t)device << 16 | vendor;
	f->config[PCI_CLASS / 4] = (uint32_t)class_code << 16;
	f->writable[PCI_COMMAND / 4] = 0x0547;
	f->clears[PCI_COMMAND / 4] = 0xf9000000;
	f->writable[PCI_INTERRUPT / 4] = 0xff;
	model->function[model->function_count++] = f;
	return f;
}

struct pci_model_function *
pci_model_add_bridge(struct pci_model *model, uint8_t bus, uint8_t slot,
		     uint8_t secondary, uint8_t subordinate)
{
	struct pci_model_function *f =
		pci_model_add(model, bus, slot, 0, 0x1b36, 0x000c, 0x0604);

	f->config[PCI_HEADER / 4] = 1u << 16;
	f->config[PCI_BUSES / 4] =
		(uint32_t)subordinate << 16 | (uint32_t)secondary << 8 | bus;
	return f;
}

void
pci_model_bar(struct pci_model_function *f, unsigned int index, uint64_t base,
	      uint64_t len, uint32_t flags)
{
	uint32_t at = PCI_BAR0 / 4 + index;
	uint64_t sticky = ~(len - 1);

	f->config[at] = (uint32_t)base | flags;
	f->writable[at] = (uint32_t)sticky & ~(flags & 1 ? 0x3u : 0xfu);
	if ((flags & 0x7) == 0x4) {
		f->config[at + 1] = (uint32_t)(base >> 32);
		f->writable[at + 1] = (uint32_t)(sticky >> 32);
	}
}

void
pci_model_cap(struct pci_model_function *f, uint8_t offset, uint8_t id,
	      uint16_t control)
{
	f->config[PCI_COMMAND / 4] |= PCI_STATUS_CAPS;
	f->config[offset / 4] = (uint32_t)control << 16 | id;
	if (f->cap_last)
		f->config[f->cap_last / 4] |= (uint32_t)offset << 8;
	else
		f->config[PCI_CAP_POINTER / 4] = offset;
	f->cap_last = offset;
}

/* ---- behind ports and memory -------------------------------------------- */

static struct pci_address
port_target(const struct pci_model *model)
{
	uint32_t address = model->port_address;

	return (struct pci_address){ 0, (uint8_t)(address >> 16),
				     address >> 11 & 31, address >> 8 & 7 };
}

static uint32_t
ports_read(void *ctx, uint16_t offset, unsigned int len)
{
	struct pci_model *model = ctx;

	assert(len == 4);
	if (offset == 0)
		return model->port_address;
	if (!(model->port_address & 1u << 31))
		return UINT32_MAX;
	return config_read(&model->access, port_target(model),
			   model->port_address & 0xfc);
}

static void
ports_write(void *ctx, uint16_t offset, unsigned int len, uint32_t value)
{
	struct pci_model *model = ctx;

	assert(len == 4);
	if (offset == 0)
		model->port_address = value;
	else if (model->port_address & 1u << 31)
		config_write(&model->access, port_target(model),
			     model->port_address & 0xfc, value);
}

void
pci_model_claim_ports(struct pci_model *model)
{
	static const struct ioport_ops ops = { ports_read, ports_write };

	ioport_claim(0xcf8, 8, &ops, model);
}

static struct pci_address
window_target(uint32_t offset)
{
	return (struct pci_address){ 0, (uint8_t)(offset >> 20),
				     offset >> 15 & 31, offset >> 12 & 7 };
}

static uint32_t
window_read(void *ctx, uint32_t offset)
{
	struct pci_model *model = ctx;

	return config_read(&model->access, window_target(offset),
			   offset & 0xffc);
}

static void
window_write(void *ctx, uint32_t offset, uint32_t value)
{
	struct pci_model *model = ctx;

	config_write(&model->access, window_target(offset), offset & 0xffc,
		     value);
}

void
pci_model_claim_ecam(struct pci_model *model, uint64_t base)
{
	static const struct mmio_ops ops = { window_read, window_write };

	model->ecam_base = base;
	mmio_claim(base, 256ull << 20, &ops, model);
}
