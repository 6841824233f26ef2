/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One port of the e1000e driver: its state, and what its files offer each
 * other.
 *
 *	e1000e.c	the device: probe, reset, start in the datasheet's order
 *	port.c		the interface: netdev_ops, interrupts
 *	ring.c		the hot path: descriptors to packets and back
 *	watchdog.c	what is done when the device misbehaves
 *	inject.c	what makes it misbehave, on request
 *	phy.c filter.c stats.c show.c	link, addresses, counters, dumps
 *
 * A port belongs to the core that polls it. Interrupt handlers touch only
 * irq_count, link_event and registers.
 *
 * ABSENT -> probe -> DOWN -> open -> UP -> (restart -> UP) -> stop -> DOWN;
 * from anywhere to GONE when the device leaves the bus [HARDWARE B].
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/cpu.h>
#include <arch/io.h>

#include "drivers/e1000e/desc.h"
#include "drivers/e1000e/regs.h"
#include "drivers/pci.h"
#include "lib/pages.h"
#include "net/netdev.h"

#define RING_COUNT_MIN	   64u
#define RING_COUNT_MAX	   4096u
#define RING_COUNT_DEFAULT 256u
#define RX_FILL_MIN	   16u /* buffers without which a port won't open */
/* A packet of most segments, its context, and the gap before the tail. */
#define TX_ROOM_MIN   (NETDEV_SEGMENTS_MAX + 1u + 2u)
#define RX_TELL_BATCH 32u /* a tail write costs microseconds in QEMU */
/* Turns after which a device that had no descriptor left at their end is
 * overloaded, and not given a burst. */
#define RX_SHORT_TURNS 8u
#define FRAME_LEN_MIN  17u /* shorter confuses padding [HARDWARE 1.8] */
#define MTU_MIN	       68u
#define MTU_DEFAULT    1500u
#define MTU_JUMBO      9216u
/* Ethernet header, one VLAN tag; the device strips the CRC. */
#define FRAME_OVERHEAD (ETH_HEADER_LEN + 4u)
#define FCS_LEN	       4u

/* ---- parts -------------------------------------------------------------- */

enum e1000e_trait {
	TRAIT_PCIE = 1u << 0, /* extended receive descriptors, PCIe registers */
	TRAIT_MSIX = 1u << 1,
	TRAIT_JUMBO = 1u << 2,
	TRAIT_SMALL_EERD = 1u
			   << 3, /* NVM read register of the 82540's layout */
};

enum e1000e_quirk_bit {
#define QUIRK(name, sentence, source) QUIRK_BIT_##name,
#include "drivers/e1000e/quirks.def"
#undef QUIRK
	QUIRK_COUNT,
};

enum e1000e_quirk {
#define QUIRK(name, sentence, source) QUIRK_##name = 1u << QUIRK_BIT_##name,
#include "drivers/e1000e/quirks.def"
#undef QUIRK
};

#define QUIRKS_82573                                                           \
	(QUIRK_NO_ASPM | QUIRK_CTRL_BITS | QUIRK_MDIO_OWNER |                  \
	 QUIRK_IPV6_EXT_HANG | QUIRK_DESC_PREFETCH)
#define QUIRKS_82574                                                           \
	(QUIRK_NO_ASPM | QUIRK_GCR_BITS | QUIRK_ACK_DIS | QUIRK_TXDCTL_EQUAL | \
	 QUIRK_CTRL_BITS | QUIRK_MDIO_OWNER | QUIRK_NO_AUPDEN |                \
	 QUIRK_PHY_HANG | QUIRK_DOWNSHIFT | QUIRK_DESC_PREFETCH |              \
	 QUIRK_PACKET_OF_DEATH)

struct e1000e_family {
	uint16_t device;
	const char *name;
	uint32_t traits, quirks;
	uint8_t rx_fifo_kb, fifo_kb;
};

extern const struct e1000e_family e1000e_families[];

/* ---- rings -------------------------------------------------------------- */

/*
 * A ring of either direction. The counts run free; masked they are indices.
 * cons <= told <= prod: [cons, told) is the device's, [told, prod) is filled
 * but the device has not heard of it, everything else is empty. A receive ring
 * is full but for holes that an empty pool left: prod = cons + size.
 */
struct e1000e_ring {
	volatile struct e1000e_desc *desc;
	struct skb **skb; /* of each descriptor; tx: at the last of one */
	/* tx: at the first descriptor of what one tail write handed over, the
	 * count behind its last, which alone asks to be reported done. */
	uint32_t *batch_end;
	uint32_t mask;	     /* size - 1 */
	uint32_t prod;	     /* next to fill */
	uint32_t told;	     /* as the tail register has it */
	uint32_t cons;	     /* next to inspect */
	volatile void *tail; /* register */
	void *block;	     /* the memory of all three arrays */
	unsigned int order;
};

/* A frame that takes several descriptors, while its end has not come. */
enum rx_chain { RX_CHAIN_NONE, RX_CHAIN_OPEN, RX_CHAIN_DISCARD };

/* ---- flight recorder ---------------------------------------------------- */

#define EVENTS_MAX 64u

enum e1000e_event {
	EVENT_NONE,
	EVENT_RX,      /* a poll took packets: count, cons */
	EVENT_RX_TELL, /* RDT written: tail, posted */
	EVENT_TX_TELL, /* TDT written: tail, outstanding */
	EVENT_TX_DONE, /* descriptors reported done: count, cons */
	EVENT_TX_STOP, /* no room: prod, cons */
	EVENT_TX_WAKE,
	EVENT_NOMEM,	/* no buffer for the receive ring: posted */
	EVENT_LOST_IRQ, /* work lay there and nobody came */
	EVENT_LINK,	/* STATUS */
	EVENT_FLUSH,	/* asked for write-back: TDH */
	EVENT_RESTART,	/* reason */
};

struct e1000e_event_record {
	uint64_t cycles; /* cpu_cycles() then */
	uint32_t a, b;
	enum e1000e_event event;
};

enum e1000e_fault {
	FAULT_NONE,
	FAULT_TX_HANG,
	FAULT_TX_NO_LINK,
	FAULT_RX_STALL,
	FAULT_RX_MISSED,
	FAULT_RX_CORRUPT,
	FAULT_CONFIG_LOST,
	FAULT_PHY_HANG,
	FAULT_GONE,
};

/* What was known when it happened. */
struct e1000e_fault_record {
	enum e1000e_fault fault;
	uint64_t cycles; /* cpu_cycles() then */
	uint32_t status, tdh, tdt, rdh, rdt;
	uint32_t tx_prod, tx_told, tx_cons, rx_prod, rx_told, rx_cons;
	struct e1000e_desc tx_desc, rx_desc; /* at cons */
	uint32_t event_count;
	struct e1000e_event_record event[EVENTS_MAX];
};

/* What the watchdog saw at its last tick. */
struct e1000e_watch {
	uint64_t now_ns;
	uint32_t tx_cons;
	uint64_t tx_since_ns; /* sent descriptors make no progress since */
	uint64_t rx_length_errors;
	bool tx_flushed;	 /* asked for write-back in vain */
	uint64_t polls;		 /* napi.poll_count */
	uint64_t lost_irqs_seen; /* interrupts when one was last lost */
	unsigned int lost_irqs;	 /* lost, with none arriving in between */
	uint64_t slow_due_ns;	 /* next slow turn: counters, PHY */
	uint64_t slow_missed;	 /* frames missed, at the last slow turn */
	uint32_t slow_rx_cons;
	unsigned int phy_hangs; /* in a row */
};

/* ---- port --------------------------------------------------------------- */

/* What only this driver can count. */
struct e1000e_soft_stats {
	uint64_t rx_packets, rx_tells, tx_packets, tx_tells; /* of the queues */
	uint64_t rx_csum_good, rx_csum_errors, alloc_failed, rx_errors,
		rx_length_errors, tx_timeouts, restarts, lost_irqs, empty_polls;
};

/* Interrupt vectors of a port, in MSI-X mode. */
enum e1000e_vector { VECTOR_RX, VECTOR_TX, VECTOR_OTHER, VECTORS };

#define VECTOR_NAME_MAX (NETDEV_NAME_MAX + 8)

struct e1000e_port {
	/* Hot. */
	struct netdev dev;
	struct napi napi;
	volatile uint8_t *regs;
	struct e1000e_ring rx, tx;
	uint32_t (*rx_poll)(struct e1000e_port *port, uint32_t budget);
	uint32_t rx_short; /* turns that ended without one for the device */
	struct skb *chain; /* the frame being put together */
	enum rx_chain chain_state;
	bool polling;		       /* no interrupt works: poll for ever */
	volatile bool link_event;      /* an interrupt told of the link */
	struct e1000e_desc tx_context; /* what the device has; 0: none */
	struct e1000e_soft_stats soft;

	/* Configuration. */
	struct pci_device *pci;
	struct pages *pages;
	const struct e1000e_family *family;
	bool is_emulated;	     /* under a hypervisor: no settling times */
	bool running;		     /* rings exist, the device works on them */
	uint32_t mtu;		     /* what the device is set up for */
	uint32_t rx_count, tx_count; /* ring sizes wanted */
	uint32_t rx_usecs;	     /* ethtool -c */
	uint32_t rctl;		     /* as last written */
	uint32_t rx_causes, tx_causes, other_causes; /* IMS bits of this mode */
	char vector_name[VECTORS][VECTOR_NAME_MAX];
	volatile uint64_t irq_count[VECTORS];
	uint32_t mta[MTA_WORDS];	   /* as last written */
	uint64_t counter[E1000E_COUNTERS]; /* since probe */
	uint32_t counter_kept[2]; /* MPC, RNBC as last read, where they stay */

	struct e1000e_watch watch;
	uint64_t heal_due_ns; /* no reset for a fault before */
	uint32_t vain_resets; /* for faults, in a row, that did not help */
	uint32_t event_count; /* since probe; % EVENTS_MAX: the next */
	struct e1000e_event_record event[EVENTS_MAX];
	struct e1000e_fault_record fault;
};

static inline uint32_t
reg_read(const struct e1000e_port *port, uint32_t reg)
{
	return mmio_read32(port->regs + reg);
}

static inline void
reg_write(const struct e1000e_port *port, uint32_t reg, uint32_t value)
{
	mmio_write32(port->regs + reg, value);
}

static inline void
reg_update(const struct e1000e_port *port, uint32_t reg, uint32_t clear,
	   uint32_t set)
{
	reg_write(port, reg, (reg_read(port, reg) & ~clear) | set);
}

/* A line in the flight recorder; once or twice a poll, so it stays short. */
static inline void
e1000e_record(struct e1000e_port *port, enum e1000e_event event, uint32_t a,
	      uint32_t b)
{
	struct e1000e_event_record *record =
		&port->event[port->event_count++ % EVENTS_MAX];

	record->cycles = cpu_cycles();
	record->a = a;
	record->b = b;
	record->event = event;
}

static inline bool
e1000e_has(const struct e1000e_port *port, enum e1000e_trait trait)
{
	return port->family->traits & trait;
}

static inline bool
e1000e_needs(const struct e1000e_port *port, enum e1000e_quirk quirk)
{
	return port->family->quirks & quirk;
}

/* ---- e1000e.c: the device ----------------------------------------------- */

/* Silences it and brings it to its power-on state. ERR_NODEV: it is gone. */
enum status e1000e_reset(struct e1000e_port *port) must_use;

/* Programs everything for the rings as they are and starts both directions. */
void e1000e_start(struct e1000e_port *port);

/* Interrupts off, DMA off: what the rings hold is the driver's again. */
void e1000e_quiesce(struct e1000e_port *port);

/*
 * Has the device that answered status left the bus? All ones say so by
 * themselves; some machines read zeros where nobody answers.
 */
bool e1000e_is_gone(const struct e1000e_port *port, uint32_t status);

/* Spacing of interrupts, from rx_usecs. */
void e1000e_throttle(struct e1000e_port *port);

/* Polls until (reg & mask) == want; false after about limit_us. */
bool e1000e_wait(const struct e1000e_port *port, uint32_t reg, uint32_t mask,
		 uint32_t want, uint32_t limit_us);

/* ---- port.c: the interface ---------------------------------------------- */

extern const struct netdev_ops e1000e_ops;

/* Lets the causes of this mode through / holds all back. */
void e1000e_irq_enable(struct e1000e_port *port);
void e1000e_irq_disable(struct e1000e_port *port);

/* The poll found nothing more: sleep until the next interrupt. */
void e1000e_idle(struct e1000e_port *port);

/* The same, after something that it may have forgotten its interrupts over. */
void e1000e_revive(struct e1000e_port *port);

/* Stops, resets and starts again; outstanding packets end as RING_RESET. */
void e1000e_restart(struct e1000e_port *port);

/* ---- ring.c ------------------------------------------------------------- */

enum status e1000e_ring_alloc(struct e1000e_port *port,
			      struct e1000e_ring *ring,
			      uint32_t count) must_use;
void e1000e_ring_free(struct e1000e_port *port, struct e1000e_ring *ring);

/* How many descriptors a receive ring gets if wanted are asked for. */
uint32_t e1000e_rx_count(const struct e1000e_port *port, uint32_t wanted);
/* Buffers for an empty ring; ERR_NOMEM if not even RX_FILL_MIN can be had. */
enum status e1000e_rx_fill(struct e1000e_port *port) must_use;
/* Takes all buffers back; the device no longer writes. */
void e1000e_rx_clean(struct e1000e_port *port);
/* Drops everything queued; the device no longer reads. */
void e1000e_tx_clean(struct e1000e_port *port);
/* Fills holes that an empty pool left, and tells the device. */
void e1000e_rx_refill(struct e1000e_port *port);
/* The receive tail register, unconditionally. */
void e1000e_rx_tell(struct e1000e_port *port);
/* Ends packets that the device reports done. */
void e1000e_tx_reclaim(struct e1000e_port *port);
/* Wakes a stopped queue if there is room now. */
void e1000e_tx_restart(struct e1000e_port *port);

uint32_t e1000e_rx_poll_extended(struct e1000e_port *port, uint32_t budget);
uint32_t e1000e_rx_poll_legacy(struct e1000e_port *port, uint32_t budget);
uint32_t e1000e_poll(struct napi *napi, uint32_t budget);
void e1000e_xmit(struct netdev *dev, struct skb *skb);
void e1000e_flush(struct netdev *dev);

/* How this part's receive descriptors are written back. */
const struct e1000e_rx_format *e1000e_rx_format(const struct e1000e_port *port);

/* Is the next descriptor done? Looks at memory alone. */
bool e1000e_rx_waiting(const struct e1000e_port *port);

static inline uint32_t
e1000e_tx_room(const struct e1000e_ring *ring)
{
	return ring->mask + 1 - (ring->prod - ring->cons);
}

/* ---- phy.c -------------------------------------------------------------- */

/* ERR_TIMEOUT, ERR_IO as MDIC says. */
enum status e1000e_phy_read(struct e1000e_port *port, uint32_t reg,
			    uint16_t *value) must_use;
enum status e1000e_phy_write(struct e1000e_port *port, uint32_t reg,
			     uint16_t value) must_use;

/* Firmware gives the PHY bus up, or gets it back (QUIRK_MDIO_OWNER). */
void e1000e_phy_own(struct e1000e_port *port);
void e1000e_phy_disown(struct e1000e_port *port);

/* Starts what it takes to get a link; never waits for one. */
void e1000e_link_start(struct e1000e_port *port);
/* Reports the link as status (STATUS register) has it. */
void e1000e_link_check(struct e1000e_port *port, uint32_t status);
/* True if the PHY shows the pattern of QUIRK_PHY_HANG. */
bool e1000e_phy_hangs(struct e1000e_port *port);

/* ---- filter.c ----------------------------------------------------------- */

/* From dev.addr, promiscuity, allmulti and the group list to registers. */
void e1000e_filter_apply(struct e1000e_port *port);
void e1000e_filter_addr(struct e1000e_port *port, unsigned int entry,
			const uint8_t *addr);
/* Position in the 4096-bit multicast table (RCTL.MO = 0). */
uint32_t e1000e_filter_hash(const uint8_t *addr);
uint32_t e1000e_rctl(const struct e1000e_port *port);

/* ---- stats.c ------------------------------------------------------------ */

/* Adds what the device counted since the last time; into dev.stats too. */
void e1000e_stats_update(struct netdev *dev);
/* Throws away what it counted before we came. */
void e1000e_stats_clear(struct e1000e_port *port);
uint32_t e1000e_stat_count(const struct netdev *dev);
const char *e1000e_stat_name(const struct netdev *dev, uint32_t i);
uint64_t e1000e_stat_value(const struct netdev *dev, uint32_t i);

/* ---- watchdog.c --------------------------------------------------------- */

void e1000e_tick(struct netdev *dev, uint64_t now_ns);
/* Forgets what it was watching: the rings begin anew. */
void e1000e_watch_reset(struct e1000e_port *port);
void e1000e_detach(struct e1000e_port *port);

/* ---- inject.c ----------------------------------------------------------- */

const char *e1000e_fault_name(unsigned int i, const char **help);
enum status e1000e_inject(struct netdev *dev, unsigned int i);

/* ---- show.c ------------------------------------------------------------- */

void e1000e_show_registers(struct netdev *dev, struct out *out);
void e1000e_show_faults(struct netdev *dev, struct out *out);
