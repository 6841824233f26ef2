/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ethtool`: what is between a driver and its device, in the words and columns
 * of ethtool 6.1. What a driver does not offer is "not supported".
 */
#include "apps/commands/commands.h"
#include "apps/commands/ip.h"
#include "apps/box.h"
#include "apps/platform.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

static int
refuse(struct job *job, const struct args_error *error)
{
	const char *option = job->word_count > 1 ? job->word[1] : "";

	if (option[0] == '-' && error->problem == ARGS_STRAY &&
	    job->command->args[0].kind == ARG_NETDEV &&
	    job->command->args[1].kind != ARG_END)
		out_printf(job->err, "ethtool (%s): unknown parameter '%s'\n",
			   option, error->text);
	else if (error->problem == ARGS_MISSING && error->spec != NULL)
		out_printf(job->err,
			   "ethtool (%s): no value for parameter '%s'\n",
			   option, error->spec->word);
	else if (error->problem == ARGS_WRONG || error->problem == ARGS_RANGE)
		out_printf(job->err,
			   "ethtool (%s): invalid value '%s' for parameter "
			   "'%s'\n",
			   option, error->text, error->spec->word);
	else
		out_puts(job->err, "ethtool: bad command line argument(s)\n"
				   "For more information run ethtool -h\n");
	return 1;
}

static int
usage(struct job *job)
{
	struct args_error none = { .problem = ARGS_NONE };

	return refuse(job, &none);
}

const struct command_style ethtool_style = {
	.refuse = refuse,
	.usage = usage,
};

/* How old commands fail: "Cannot get driver information: No such device". */
static enum step
cannot(struct job *job, const char *what, const char *why, int status)
{
	out_printf(job->err, "%s: %s\n", what, why);
	return job_exit(job, status);
}

static enum step
unsupported(struct job *job, int status)
{
	out_puts(job->err, "netlink error: Operation not supported\n");
	return job_exit(job, status);
}

/* The interface that the first argument names. NULL: it was refused. */
static struct netdev *
device(struct job *job, int status)
{
	struct netdev *dev;

	if (job->arg[0].count == 0) {
		job->status = usage(job);
		return NULL;
	}
	dev = netdev_lookup(job->net, job->arg[0].text);
	if (dev != NULL)
		return dev;
	if (status != 0)
		out_puts(job->err,
			 "netlink error: no device matches name (offset 24)\n"
			 "netlink error: No such device\n");
	job->status = status;
	return NULL;
}

/* clang-format off */
#define DEVICE { .word = "", .kind = ARG_NETDEV, .what = "DEVICE", \
	.flags = ARG_POSITIONAL | ARG_REQUIRED, .help = "the interface" }
static const struct arg_spec device_args[] = {
	DEVICE,
	{ .kind = ARG_END },
};
/* clang-format on */

/* ---- ethtool DEVICE ----------------------------------------------------- */

static void
show_modes(struct out *out, const char *title, bool copper)
{
	out_printf(out, "\t%s link modes:  %s\n", title,
		   copper ? " 10baseT/Half 10baseT/Full" : " Not reported");
	if (copper)
		out_puts(out, "\t                        100baseT/Half "
			      "100baseT/Full\n"
			      "\t                        1000baseT/Full\n");
}

static void
show_speed(struct out *out, const struct netdev *dev)
{
	static const char *const duplex[] = { "Unknown! (255)", "Half",
					      "Full" };
	bool up = netdev_is_running(dev);

	if (up && dev->speed_mbps != 0)
		out_printf(out, "\tSpeed: %uMb/s\n", dev->speed_mbps);
	else
		out_puts(out, "\tSpeed: Unknown!\n");
	out_printf(out, "\tDuplex: %s\n",
		   duplex[up ? dev->duplex : DUPLEX_UNKNOWN]);
	out_printf(out, "\tAuto-negotiation: %s\n",
		   dev->autoneg ? "on" : "off");
}

static enum step
settings_start(struct job *job)
{
	struct netdev *dev =
		job->arg[0].count == 0
			? NULL
			: netdev_lookup(job->net, job->arg[0].text);
	struct out *out = job->out;
	bool copper;

	if (job->arg[0].count == 0)
		return job_exit(job, usage(job));
	if (dev == NULL) {
		/* Once for each of the five things it asks about. */
		for (unsigned int i = 0; i < 5; i++)
			out_puts(job->err, "netlink error: no device matches "
					   "name (offset 24)\n"
					   "netlink error: No such device\n");
		out_puts(out, "No data available\n");
		return job_exit(job, 75);
	}
	out_printf(out, "Settings for %s:\n", dev->name);
	if (dev == &job->net->loopback) {
		out_puts(out, "\tLink detected: yes\n");
		return job_exit(job, 0);
	}
	copper = dev->autoneg;
	out_printf(out, "\tSupported ports: [ %s ]\n", copper ? "TP" : "");
	show_modes(out, "Supported", copper);
	out_printf(out,
		   "\tSupported pause frame use: No\n"
		   "\tSupports auto-negotiation: %s\n"
		   "\tSupported FEC modes: Not reported\n",
		   copper ? "Yes" : "No");
	show_modes(out, "Advertised", copper);
	out_printf(out,
		   "\tAdvertised pause frame use: No\n"
		   "\tAdvertised auto-negotiation: %s\n"
		   "\tAdvertised FEC modes: Not reported\n",
		   copper ? "Yes" : "No");
	show_speed(out, dev);
	out_puts(out, "\tPort: Twisted Pair\n");
	out_printf(out, "\tLink detected: %s\n", dev->carrier ? "yes" : "no");
	return job_exit(job, 0);
}

/* ---- -i, -P, -S, -d ----------------------------------------------------- */

static const char *
yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static enum step
driver_start(struct job *job)
{
	struct netdev *dev = device(job, 0);

	if (dev == NULL)
		return job->arg[0].count == 0
			       ? STEP_DONE
			       : cannot(job, "Cannot get driver information",
					"No such device", 71);
	if (dev == &job->net->loopback)
		return cannot(job, "Cannot get driver information",
			      "Operation not supported", 71);
	out_printf(job->out,
		   "driver: %s\nversion: %s\nfirmware-version: \n"
		   "expansion-rom-version: \nbus-info: %s\n"
		   "supports-statistics: %s\nsupports-test: no\n"
		   "supports-eeprom-access: no\nsupports-register-dump: %s\n"
		   "supports-priv-flags: no\n",
		   dev->driver, job->box->platform->version, dev->bus_info,
		   yes_no(dev->ops->stat_count != NULL),
		   yes_no(dev->ops->show_registers != NULL));
	return job_exit(job, 0);
}

static enum step
permanent_start(struct job *job)
{
	static const uint8_t unset[ETH_ADDR_LEN];
	struct netdev *dev = device(job, 0);

	if (dev == NULL && job->arg[0].count > 0) {
		out_puts(job->err, "netlink error: No such device\n");
		return job_exit(job, 1);
	}
	if (dev == NULL)
		return STEP_DONE;
	if (memcmp(dev->permanent_addr, unset, ETH_ADDR_LEN) == 0)
		out_puts(job->out, "Permanent address: not set\n");
	else
		out_printf(job->out, "Permanent address: %pM\n",
			   dev->permanent_addr);
	return job_exit(job, 0);
}

static enum step
statistics_start(struct job *job)
{
	struct netdev *dev = device(job, 0);

	if (dev == NULL)
		return job->arg[0].count == 0
			       ? STEP_DONE
			       : cannot(job,
					"Cannot get stats strings information",
					"No such device", 96);
	if (dev->ops->stat_count == NULL || dev->ops->stat_count(dev) == 0) {
		out_puts(job->err, "no stats available\n");
		return job_exit(job, 94);
	}
	if (dev->ops->update_stats != NULL)
		dev->ops->update_stats(dev);
	out_puts(job->out, "NIC statistics:\n");
	return STEP_MORE;
}

/* Some lines at a time; the device may leave in between. */
static enum step
statistics_step(struct job *job)
{
	struct netdev *dev = netdev_lookup(job->net, job->arg[0].text);

	for (unsigned int i = 0; i < 32; i++, job->position++) {
		if (dev == NULL || job->position >= dev->ops->stat_count(dev))
			return job_exit(job, 0);
		out_printf(job->out, "     %s: %llu\n",
			   dev->ops->stat_name(dev, job->position),
			   (unsigned long long)
				   dev->ops->stat_value(dev, job->position));
	}
	return STEP_MORE;
}

static enum step
registers_step(struct job *job)
{
	struct netdev *dev = device(job, 0);

	if (dev == NULL)
		return job->arg[0].count == 0
			       ? STEP_DONE
			       : cannot(job, "Cannot get driver information",
					"No such device", 72);
	if (dev->ops->show_registers == NULL)
		return cannot(job, "Cannot get register dump",
			      "Operation not supported", 74);
	dev->ops->show_registers(dev, job->out);
	return job_exit(job, 0);
}

/* A first step without output: the registers need the room of a step. */
static enum step
registers_start(struct job *job)
{
	return STEP_MORE;
}

/* ---- -g, -G ------------------------------------------------------------- */

static enum step
rings_start(struct job *job)
{
	struct netdev_rings rings = { 0 };
	struct netdev *dev = device(job, 1);

	if (dev == NULL)
		return STEP_DONE;
	if (dev->ops->get_rings == NULL)
		return unsupported(job, 1);
	dev->ops->get_rings(dev, &rings);
	out_printf(job->out,
		   "Ring parameters for %s:\n"
		   "Pre-set maximums:\n"
		   "RX:\t\t%u\nRX Mini:\tn/a\nRX Jumbo:\tn/a\nTX:\t\t%u\n"
		   "Current hardware settings:\n"
		   "RX:\t\t%u\nRX Mini:\tn/a\nRX Jumbo:\tn/a\nTX:\t\t%u\n"
		   "RX Buf Len:\t\tn/a\nCQE Size:\t\tn/a\nTX Push:\toff\n"
		   "TCP data split:\tn/a\n",
		   dev->name, rings.rx_count_max, rings.tx_count_max,
		   rings.rx_count, rings.tx_count);
	return job_exit(job, 0);
}

enum { RINGS_DEV, RINGS_RX, RINGS_TX, RINGS_MINI, RINGS_JUMBO };

/* clang-format off */
static const struct arg_spec set_rings_args[] = {
	[RINGS_DEV] = DEVICE,
	[RINGS_RX] = { .word = "rx", .kind = ARG_NUMBER, .max = 0xffffffff,
		.what = "N", .help = "descriptors of the receive ring" },
	[RINGS_TX] = { .word = "tx", .kind = ARG_NUMBER, .max = 0xffffffff,
		.what = "N", .help = "descriptors of the transmit ring" },
	[RINGS_MINI] = { .word = "rx-mini", .kind = ARG_NUMBER, .max = 0xffffffff,
		.flags = ARG_HIDDEN, .help = "refused" },
	[RINGS_JUMBO] = { .word = "rx-jumbo", .kind = ARG_NUMBER, .max = 0xffffffff,
		.flags = ARG_HIDDEN, .help = "refused" },
	{ .kind = ARG_END },
};
/* clang-format on */

static enum step
set_rings_start(struct job *job)
{
	struct netdev *dev = device(job, 81);
	const struct arg *arg = job->arg;
	struct netdev_rings rings;
	uint64_t rx, tx;
	enum status status;

	if (dev == NULL)
		return STEP_DONE;
	if (dev->ops->get_rings == NULL || dev->ops->set_rings == NULL)
		return unsupported(job, 81);
	dev->ops->get_rings(dev, &rings);
	rx = arg[RINGS_RX].count > 0 ? arg[RINGS_RX].number : rings.rx_count;
	tx = arg[RINGS_TX].count > 0 ? arg[RINGS_TX].number : rings.tx_count;
	if (rx > rings.rx_count_max || tx > rings.tx_count_max ||
	    arg[RINGS_MINI].count > 0 || arg[RINGS_JUMBO].count > 0) {
		out_puts(job->err,
			 "netlink error: requested ring size exceeds maximum "
			 "(offset 36)\nnetlink error: Invalid argument\n");
		return job_exit(job, 81);
	}
	if (rx == rings.rx_count && tx == rings.tx_count)
		return job_exit(job, 0);
	status = dev->ops->set_rings(dev, (uint32_t)rx, (uint32_t)tx);
	if (status == OK)
		return job_exit(job, 0);
	out_printf(job->err, "netlink error: %s\n",
		   status_text(status == ERR_RANGE ? ERR_INVAL : status));
	return job_exit(job, 81);
}

/* ---- -c, -C ------------------------------------------------------------- */

static enum step
coalesce_start(struct job *job)
{
	struct netdev *dev = device(job, 1);

	if (dev == NULL)
		return STEP_DONE;
	if (dev->ops->get_coalesce_us == NULL)
		return unsupported(job, 1);
	out_printf(job->out,
		   "Coalesce parameters for %s:\n"
		   "Adaptive RX: n/a  TX: n/a\n"
		   "stats-block-usecs: n/a\nsample-interval: n/a\n"
		   "pkt-rate-low: n/a\npkt-rate-high: n/a\n\n"
		   "rx-usecs: %u\nrx-frames: n/a\nrx-usecs-irq: n/a\n"
		   "rx-frames-irq: n/a\n\n"
		   "tx-usecs: n/a\ntx-frames: n/a\ntx-usecs-irq: n/a\n"
		   "tx-frames-irq: n/a\n\n"
		   "rx-usecs-low: n/a\nrx-frame-low: n/a\ntx-usecs-low: n/a\n"
		   "tx-frame-low: n/a\n\n"
		   "rx-usecs-high: n/a\nrx-frame-high: n/a\n"
		   "tx-usecs-high: n/a\ntx-frame-high: n/a\n\n"
		   "CQE mode RX: n/a  TX: n/a\n\n",
		   dev->name, dev->ops->get_coalesce_us(dev));
	return job_exit(job, 0);
}

enum { COALESCE_DEV, COALESCE_RX, COALESCE_OTHER };

/* clang-format off */
static const struct arg_spec set_coalesce_args[] = {
	[COALESCE_DEV] = DEVICE,
	[COALESCE_RX] = { .word = "rx-usecs", .kind = ARG_NUMBER, .max = 0xffffffff,
		.what = "N", .help = "microseconds between two receive interrupts" },
	[COALESCE_OTHER] = { .word = "adaptive-rx", .kind = ARG_TEXT,
		.flags = ARG_HIDDEN, .help = "refused",
		.also = "adaptive-tx|rx-frames|tx-usecs|tx-frames|rx-usecs-irq|"
			"rx-frames-irq|tx-usecs-irq|tx-frames-irq|"
			"stats-block-usecs|sample-interval" },
	{ .kind = ARG_END },
};
/* clang-format on */

static enum step
set_coalesce_start(struct job *job)
{
	struct netdev *dev = device(job, 1);
	const struct arg *arg = job->arg;
	enum status status;

	if (dev == NULL)
		return STEP_DONE;
	if (dev->ops->set_coalesce_us == NULL)
		return unsupported(job, 1);
	if (arg[COALESCE_OTHER].count > 0) {
		out_puts(job->err,
			 "netlink error: cannot modify an unsupported "
			 "parameter (offset 36)\n"
			 "netlink error: Invalid argument\n");
		return job_exit(job, 1);
	}
	if (arg[COALESCE_RX].count == 0)
		return job_exit(job, 0);
	status = dev->ops->set_coalesce_us(dev,
					   (uint32_t)arg[COALESCE_RX].number);
	if (status == OK)
		return job_exit(job, 0);
	out_printf(job->err, "netlink error: %s\n",
		   status_text(status == ERR_RANGE ? ERR_INVAL : status));
	return job_exit(job, 1);
}

/* ---- -k ----------------------------------------------------------------- */

/*
 * Everything is done in software here: what a device could do and this stack
 * does not ask of it is off, and fixed.
 */
static enum step
features_start(struct job *job)
{
	struct netdev *dev = device(job, 1);

	if (dev == NULL)
		return STEP_DONE;
	out_printf(job->out,
		   "Features for %s:\n"
		   "rx-checksumming: off [fixed]\n"
		   "tx-checksumming: off\n"
		   "\ttx-checksum-ipv4: off [fixed]\n"
		   "\ttx-checksum-ip-generic: off [fixed]\n"
		   "scatter-gather: on\n"
		   "\ttx-scatter-gather: on [fixed]\n"
		   "tcp-segmentation-offload: off\n"
		   "\ttx-tcp-segmentation: off [fixed]\n"
		   "generic-segmentation-offload: off [fixed]\n"
		   "generic-receive-offload: off [fixed]\n"
		   "rx-vlan-offload: off [fixed]\n"
		   "tx-vlan-offload: off [fixed]\n"
		   "receive-hashing: off [fixed]\n"
		   "rx-vlan-filter: off [fixed]\n",
		   dev->name);
	return job_exit(job, 0);
}

/* ---- what no driver here has -------------------------------------------- */

static enum step
netlink_none_start(struct job *job)
{
	return device(job, 1) == NULL ? STEP_DONE : unsupported(job, 1);
}

static enum step
flows_none_start(struct job *job)
{
	return cannot(job, "Cannot get RX ring count",
		      "Operation not supported", 1);
}

static enum step
tool_version_start(struct job *job)
{
	out_printf(job->out, "ethtool version 6.1 (fairlead %s)\n",
		   job->box->platform->version);
	return job_exit(job, 0);
}

static const struct arg_spec any_args[] = {
	DEVICE,
	{ .word = "",
	  .kind = ARG_TEXT,
	  .flags = ARG_POSITIONAL | ARG_MANY | ARG_HIDDEN },
	{ .kind = ARG_END },
};

const struct command ethtool_commands[] = {
	{ .name = "",
	  .summary = "speed, duplex and link",
	  .flags = COMMAND_ELSE,
	  .args = device_args,
	  .start = settings_start },
	{ .name = "-i",
	  .also = "--driver",
	  .summary = "which driver, where on the bus",
	  .args = device_args,
	  .start = driver_start },
	{ .name = "-S",
	  .also = "--statistics",
	  .summary = "every counter of the device and its driver",
	  .args = device_args,
	  .start = statistics_start,
	  .step = statistics_step },
	{ .name = "-g",
	  .also = "--show-ring",
	  .summary = "sizes of the descriptor rings",
	  .args = device_args,
	  .start = rings_start },
	{ .name = "-G",
	  .also = "--set-ring",
	  .summary = "changes them; the device is reopened",
	  .args = set_rings_args,
	  .start = set_rings_start },
	{ .name = "-c",
	  .also = "--show-coalesce",
	  .summary = "how interrupts are spaced",
	  .args = device_args,
	  .start = coalesce_start },
	{ .name = "-C",
	  .also = "--coalesce",
	  .summary = "changes it",
	  .args = set_coalesce_args,
	  .start = set_coalesce_start },
	{ .name = "-d",
	  .also = "--register-dump",
	  .summary = "the device's registers by name",
	  .room = 24576,
	  .args = device_args,
	  .start = registers_start,
	  .step = registers_step },
	{ .name = "-P",
	  .also = "--show-permaddr",
	  .summary = "the address in the device's ROM",
	  .args = device_args,
	  .start = permanent_start },
	{ .name = "-k",
	  .also = "--show-features|--show-offload",
	  .summary = "what the device does for the stack",
	  .args = device_args,
	  .start = features_start },
	{ .name = "-a",
	  .also = "-A|-l|-L|-s|-K|-e|-m|--show-eee|--show-pause|--pause|"
		  "--show-channels|--set-channels|--change|--features",
	  .summary = "refused: not supported",
	  .flags = COMMAND_HIDDEN,
	  .args = any_args,
	  .start = netlink_none_start },
	{ .name = "-x",
	  .also = "-X|-n|-N|--show-rxfh|--show-rxfh-indir|--rxfh",
	  .summary = "refused: not supported",
	  .flags = COMMAND_HIDDEN,
	  .args = any_args,
	  .start = flows_none_start },
	{ .name = "--version",
	  .summary = "the version",
	  .flags = COMMAND_HIDDEN,
	  .start = tool_version_start },
	{ .name = NULL },
};
