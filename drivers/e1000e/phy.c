/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PHY behind the MDIC register, and the link [82574 10.2.2.7] [HARDWARE
 * 1.5]. A link that is up is left alone: negotiating anew costs half a second
 * in QEMU and seconds on a wire. Nothing here waits for a link.
 */

#include "drivers/e1000e/port.h"

#include <arch/clock.h>

#define MDIC_WAIT_US 96000u /* 1920 tries of 50 us, as Linux allows */
#define OWN_TRIES    10u
#define OWN_STEP_US  2000u
#define HANG_ERRORS  0xffffu
#define HANG_IDLE    0xffu

/* ---- registers ---------------------------------------------------------- */

void
e1000e_phy_own(struct e1000e_port *port)
{
	if (!e1000e_needs(port, QUIRK_MDIO_OWNER))
		return;
	for (unsigned int i = 0; i < OWN_TRIES; i++) {
		reg_update(port, REG_EXTCNF, 0, EXTCNF_MDIO_SW);
		if (reg_read(port, REG_EXTCNF) & EXTCNF_MDIO_SW)
			return;
		clock_delay_us(OWN_STEP_US);
	}
	log_warn("%s: firmware keeps the PHY bus", port->dev.bus_info);
}

void
e1000e_phy_disown(struct e1000e_port *port)
{
	if (e1000e_needs(port, QUIRK_MDIO_OWNER))
		reg_update(port, REG_EXTCNF, EXTCNF_MDIO_SW, 0);
}

static enum status
mdic(struct e1000e_port *port, uint32_t reg, uint32_t command, uint32_t *answer)
{
	enum status status = OK;

	e1000e_phy_own(port);
	reg_write(port, REG_MDIC, command | MDIC_PHY | reg << MDIC_REG_SHIFT);
	if (!e1000e_wait(port, REG_MDIC, MDIC_READY, MDIC_READY, MDIC_WAIT_US))
		status = ERR_TIMEOUT;
	*answer = reg_read(port, REG_MDIC);
	if (status == OK && (*answer & MDIC_ERROR || MDIC_REG(*answer) != reg))
		status = ERR_IO;
	e1000e_phy_disown(port);
	return status;
}

enum status
e1000e_phy_read(struct e1000e_port *port, uint32_t reg, uint16_t *value)
{
	uint32_t answer;
	enum status status = mdic(port, reg, MDIC_READ, &answer);

	*value = status == OK ? (uint16_t)answer : 0;
	return status;
}

enum status
e1000e_phy_write(struct e1000e_port *port, uint32_t reg, uint16_t value)
{
	uint32_t answer;

	return mdic(port, reg, MDIC_WRITE | value, &answer);
}

/* ---- link --------------------------------------------------------------- */

/* Off, committed, on: only then does downshift count [HARDWARE 1.15]. */
static enum status
downshift_enable(struct e1000e_port *port)
{
	uint16_t specific, control;
	enum status status;

	status = e1000e_phy_read(port, PHY_BM_SPECIFIC, &specific);
	if (status == OK)
		status = e1000e_phy_read(port, PHY_BMCR, &control);
	if (status == OK)
		status = e1000e_phy_write(port, PHY_BM_SPECIFIC,
					  (uint16_t)(specific & ~BM_DOWNSHIFT));
	if (status == OK)
		status = e1000e_phy_write(port, PHY_BMCR,
					  (uint16_t)(control | BMCR_RESET));
	if (status == OK)
		status = e1000e_phy_write(port, PHY_BM_SPECIFIC,
					  (uint16_t)(specific | BM_DOWNSHIFT));
	return status;
}

/* Offers every speed and no pause frames, then negotiates. */
static enum status
negotiate(struct e1000e_port *port)
{
	uint16_t control, offer;
	enum status status;

	if (e1000e_needs(port, QUIRK_DOWNSHIFT)) {
		status = downshift_enable(port);
		if (status != OK)
			return status;
	}
	status = e1000e_phy_read(port, PHY_ADVERTISE, &offer);
	if (status == OK)
		status = e1000e_phy_write(port, PHY_ADVERTISE,
					  (uint16_t)(offer & ~ADVERTISE_PAUSE));
	if (status == OK)
		status = e1000e_phy_read(port, PHY_BMCR, &control);
	if (status != OK)
		return status;
	control &= (uint16_t)~BMCR_POWER_DOWN;
	control |= BMCR_AUTONEG | BMCR_RESTART;
	return e1000e_phy_write(port, PHY_BMCR, control);
}

void
e1000e_link_start(struct e1000e_port *port)
{
	enum status status;

	reg_update(port, REG_CTRL, CTRL_FRCSPD | CTRL_FRCDPX, CTRL_SLU);
	if (reg_read(port, REG_STATUS) & STATUS_LU)
		return;
	status = negotiate(port);
	if (status != OK)
		log_warn("%s: the PHY does not answer (%d)", port->dev.bus_info,
			 (int)status);
}

void
e1000e_link_check(struct e1000e_port *port, uint32_t status)
{
	static const uint32_t mbps[] = { 10, 100, 1000, 1000 };
	struct netdev *dev = &port->dev;
	struct netdev_link link = { .autoneg = true };

	if (status == STATUS_GONE)
		return;
	if (status & STATUS_LU) {
		link.carrier = true;
		link.speed_mbps = mbps[STATUS_SPEED(status)];
		link.duplex = status & STATUS_FD ? DUPLEX_FULL : DUPLEX_HALF;
	}
	if (link.carrier == dev->carrier &&
	    link.speed_mbps == dev->speed_mbps && link.duplex == dev->duplex)
		return;
	e1000e_record(port, EVENT_LINK, status, 0);
	if (link.carrier)
		log_info("%s: link is up, %u Mb/s, %s duplex", dev->name,
			 link.speed_mbps,
			 link.duplex == DUPLEX_FULL ? "full" : "half");
	else
		log_info("%s: link is down", dev->name);
	netdev_set_link(dev, &link);
}

/* Every error counter at its end: no wire does that, a hung PHY does. */
bool
e1000e_phy_hangs(struct e1000e_port *port)
{
	uint16_t errors, status_1000t;

	if (e1000e_phy_read(port, PHY_BM_RX_ERRORS, &errors) != OK ||
	    errors != HANG_ERRORS)
		return false;
	return e1000e_phy_read(port, PHY_1000T_STATUS, &status_1000t) == OK &&
	       (status_1000t & 0xff) == HANG_IDLE;
}
