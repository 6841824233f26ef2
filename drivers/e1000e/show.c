/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ethtool -d: the registers of regs.def with their values, in the shape of
 * Debian's ethtool, in words the bits that people ask about, and which errata
 * the driver works around.
 */

#include "drivers/e1000e/port.h"

struct reg_text {
	uint32_t offset;
	const char *name, *sentence;
	bool is_pcie, has_effect;
};

#define ALL    false
#define PURE   false
#define PCIE   true
#define EFFECT true

static const struct reg_text regs[] = {
#define REG(name, offset, parts, reads, sentence, section)                     \
	{ offset, #name, sentence, parts, reads },
#define COUNTER(name, offset, sentence)
#include "drivers/e1000e/regs.def"
#undef REG
#undef COUNTER
};

/* A field of two bits or fewer, and what its values are called. */
struct field_text {
	uint32_t reg;
	uint8_t shift, width;
	const char *label;
	const char *value[4];
};

static const struct field_text fields[] = {
	{ REG_CTRL, 6, 1, "Set link up:", { "0", "1" } },
	{ REG_CTRL, 27, 1, "Receive flow control:", { "disabled", "enabled" } },
	{ REG_CTRL,
	  28,
	  1,
	  "Transmit flow control:",
	  { "disabled", "enabled" } },
	{ REG_CTRL, 30, 1, "VLAN mode:", { "disabled", "enabled" } },
	{ REG_CTRL, 5, 1, "Auto speed detect:", { "disabled", "enabled" } },
	{ REG_CTRL,
	  8,
	  2,
	  "Speed select:",
	  { "10Mb/s", "100Mb/s", "1000Mb/s", "not used" } },
	{ REG_CTRL, 11, 1, "Force speed:", { "no", "yes" } },
	{ REG_CTRL, 12, 1, "Force duplex:", { "no", "yes" } },
	{ REG_STATUS, 0, 1, "Duplex:", { "half", "full" } },
	{ REG_STATUS, 1, 1, "Link up:", { "no link config", "link config" } },
	{ REG_STATUS, 4, 1, "Transmission:", { "on", "paused" } },
	{ REG_STATUS,
	  6,
	  2,
	  "Link speed:",
	  { "10Mb/s", "100Mb/s", "1000Mb/s", "1000Mb/s" } },
	{ REG_RCTL, 1, 1, "Receiver:", { "disabled", "enabled" } },
	{ REG_RCTL, 2, 1, "Store bad packets:", { "disabled", "enabled" } },
	{ REG_RCTL, 3, 1, "Unicast promiscuous:", { "disabled", "enabled" } },
	{ REG_RCTL, 4, 1, "Multicast promiscuous:", { "disabled", "enabled" } },
	{ REG_RCTL, 5, 1, "Long packet:", { "disabled", "enabled" } },
	{ REG_RCTL,
	  8,
	  2,
	  "Descriptor minimum threshold size:",
	  { "1/2", "1/4", "1/8", "reserved" } },
	{ REG_RCTL, 15, 1, "Broadcast accept mode:", { "ignore", "accept" } },
	{ REG_RCTL, 18, 1, "VLAN filter:", { "disabled", "enabled" } },
	{ REG_RCTL,
	  16,
	  2,
	  "Receive buffer size:",
	  { "2048", "1024", "512", "256" } },
	{ REG_TCTL, 1, 1, "Transmitter:", { "disabled", "enabled" } },
	{ REG_TCTL, 3, 1, "Pad short packets:", { "disabled", "enabled" } },
	{ REG_TCTL,
	  22,
	  1,
	  "Software XOFF Transmission:",
	  { "disabled", "enabled" } },
	{ REG_TCTL,
	  24,
	  1,
	  "Re-transmit on late collision:",
	  { "disabled", "enabled" } },
};

static const struct {
	uint32_t bit;
	const char *name, *sentence;
} quirks[] = {
#define QUIRK(name, sentence, source) { QUIRK_##name, #name, sentence },
#include "drivers/e1000e/quirks.def"
#undef QUIRK
};

static void
fields_show(const struct reg_text *reg, uint32_t value, struct out *out)
{
	for (size_t i = 0; i < array_len(fields); i++) {
		const struct field_text *f = &fields[i];

		if (f->reg == reg->offset)
			out_printf(out, "      %-34s %s\n", f->label,
				   f->value[value >> f->shift &
					    ((1u << f->width) - 1)]);
	}
}

void
e1000e_show_registers(struct netdev *dev, struct out *out)
{
	const struct e1000e_port *port = dev->priv;
	char left[64];
	uint32_t value;

	out_puts(out, "MAC Registers\n-------------\n");
	for (size_t i = 0; i < array_len(regs); i++) {
		if (regs[i].has_effect ||
		    (regs[i].is_pcie && !e1000e_has(port, TRAIT_PCIE)))
			continue;
		value = reg_read(port, regs[i].offset);
		fmt_print(left, sizeof(left), "%s (%s)", regs[i].name,
			  regs[i].sentence);
		out_printf(out, "0x%05X: %-31s 0x%08X\n", regs[i].offset, left,
			   value);
		fields_show(&regs[i], value, out);
	}
	for (size_t i = 0; i < array_len(quirks); i++)
		if (port->family->quirks & quirks[i].bit)
			out_printf(out, "%s: %s\n", quirks[i].name,
				   quirks[i].sentence);
}
