/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interface as iproute2 prints it. Attributes that this stack has none of
 * (GSO limits, address generation) are left out, as iproute2 leaves out what a
 * kernel does not send.
 */
#include "apps/commands/ip_link.h"

#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

void
link_show_init(struct job *job, struct link_show *show)
{
	ip_emit(job, &show->emit);
	show->brief = ip_option(job, IP_BRIEF);
	show->stats = job->option[IP_STATS].count;
	show->details = job->option[IP_DETAILS].count;
	show->human = ip_option(job, IP_HUMAN) || ip_option(job, IP_IEC);
	show->iec = ip_option(job, IP_IEC);
	show->family = ip_family(job);
}

struct netdev *
link_next(struct job *job, struct link_show *show)
{
	struct netdev *dev;

	while (job->position < PARAM_NETDEVS_MAX) {
		dev = netdev_by_index(job->net, ++job->position);
		if (dev == NULL || (show->dev != NULL && show->dev != dev) ||
		    (show->up_only && !netdev_is_up(dev)))
			continue;
		return dev;
	}
	return NULL;
}

/* Shell patterns with * and ?. */
bool
glob_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = text;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
is_loopback(const struct netdev *dev)
{
	return dev->flags & NETDEV_LOOPBACK;
}

/* <BROADCAST,MULTICAST,UP,LOWER_UP> */
static void
emit_flags(struct link_show *show, const struct netdev *dev)
{
	struct emit *emit = &show->emit;
	bool up = netdev_is_up(dev), first = true;
	const struct {
		bool set;
		const char *name;
	} flag[] = {
		{ up && !dev->carrier, "NO-CARRIER" },
		{ dev->flags & NETDEV_LOOPBACK, "LOOPBACK" },
		{ dev->flags & NETDEV_BROADCAST, "BROADCAST" },
		{ dev->flags & NETDEV_MULTICAST, "MULTICAST" },
		{ (dev->flags & NETDEV_NOARP) && !is_loopback(dev), "NOARP" },
		{ dev->flags & NETDEV_ALLMULTI, "ALLMULTI" },
		{ dev->flags & NETDEV_PROMISC, "PROMISC" },
		{ up, "UP" },
		{ up && dev->carrier, "LOWER_UP" },
	};

	emit_array(emit, "flags", "<");
	for (unsigned int i = 0; i < array_len(flag); i++) {
		if (!flag[i].set)
			continue;
		emit_string(emit, "", first ? "" : ",", flag[i].name, "");
		first = false;
	}
	emit_array_end(emit, "> ");
}

/* [RFC2863 3.1.14], as Linux words it. */
static const char *
operstate(const struct netdev *dev)
{
	if (!netdev_is_up(dev))
		return "DOWN";
	if (dev->flags & NETDEV_LOOPBACK)
		return "UNKNOWN";
	return dev->carrier ? "UP" : "DOWN";
}

static enum colour
state_colour(const char *state)
{
	return strcmp(state, "UP") == 0	    ? COLOUR_UP
	       : strcmp(state, "DOWN") == 0 ? COLOUR_DOWN
					    : COLOUR_NONE;
}

/* What a queueing discipline would be called that does what we do. */
static const char *
qdisc(const struct netdev *dev)
{
	return is_loopback(dev) ? "noqueue" : "pfifo_fast";
}

static void
emit_first_line(struct link_show *show, const struct netdev *dev)
{
	struct emit *emit = &show->emit;
	const char *state = operstate(dev);

	emit_number(emit, "ifindex", "", dev->ifindex, ": ");
	emit_coloured(emit, COLOUR_IFNAME, "ifname", "", dev->name, ": ");
	emit_flags(show, dev);
	emit_number(emit, "mtu", "mtu ", dev->mtu, " ");
	emit_string(emit, "qdisc", "qdisc ", qdisc(dev), " ");
	emit_coloured(emit, state_colour(state), "operstate", "state ", state,
		      " ");
	if (show->links)
		emit_string(emit, "linkmode", "mode ", "DEFAULT", " ");
	emit_string(emit, "group", "group ", "default", " ");
	if ((dev->txqlen > 0 || is_loopback(dev)) && !show->events)
		emit_number(emit, "txqlen", "qlen ",
			    is_loopback(dev) ? 1000 : dev->txqlen, "");
}

static void
emit_second_line(struct link_show *show, const struct netdev *dev)
{
	static const uint8_t all_ones[ETH_ADDR_LEN] = { 0xff, 0xff, 0xff,
							0xff, 0xff, 0xff };
	static const uint8_t zeros[ETH_ADDR_LEN];
	struct emit *emit = &show->emit;

	emit_break(emit);
	emit_string(emit, "link_type", "    link/",
		    is_loopback(dev) ? "loopback" : "ether", " ");
	emit_mac(emit, "address", "", dev->addr, "");
	emit_mac(emit, "broadcast", " brd ",
		 is_loopback(dev) ? zeros : all_ones, "");
}

static void
emit_details(struct link_show *show, const struct netdev *dev)
{
	struct emit *emit = &show->emit;

	emit_number(emit, "promiscuity", " promiscuity ", dev->promiscuity,
		    " ");
	emit_number(emit, "allmulti", " allmulti ", dev->allmulti, " ");
	emit_number(emit, "min_mtu", "minmtu ", dev->mtu_min, " ");
	emit_number(emit, "max_mtu", "maxmtu ", dev->mtu_max, " ");
	emit_number(emit, "num_tx_queues", "numtxqueues ", 1, " ");
	emit_number(emit, "num_rx_queues", "numrxqueues ", 1, " ");
	if (dev->bus_info[0] == '\0')
		return;
	emit_string(emit, "parentbus", "parentbus ", "pci", " ");
	emit_string(emit, "parentdev", "parentdev ", dev->bus_info, " ");
}

bool
link_emit(struct link_show *show, const struct netdev *dev)
{
	struct emit *emit = &show->emit;

	if (show->label != NULL && show->family == 0 &&
	    !glob_matches(show->label, dev->name))
		return false;
	emit_first_line(show, dev);
	if (show->family == 0 || show->links || show->details > 0)
		emit_second_line(show, dev);
	if (show->details > 0)
		emit_details(show, dev);
	if ((show->links || show->details > 0) && dev->alias[0] != '\0') {
		emit_break(emit);
		emit_string(emit, "ifalias", "    alias ", dev->alias, "");
	}
	return true;
}

void
link_emit_brief(struct link_show *show, const struct netdev *dev,
		bool with_address)
{
	struct emit *emit = &show->emit;
	const char *state = operstate(dev);
	char text[40];

	fmt_print(text, sizeof(text), "%-16s", dev->name);
	emit_coloured(emit, COLOUR_IFNAME, emit->json ? "ifname" : NULL, "",
		      emit->json ? dev->name : text, " ");
	fmt_print(text, sizeof(text), "%-14s", state);
	emit_coloured(emit, state_colour(state), "operstate", "",
		      emit->json ? state : text, " ");
	if (!with_address)
		return;
	emit_mac(emit, "address", "", dev->addr, " ");
	emit_flags(show, dev);
}

/* ---- counters ----------------------------------------------------------- */

/* 1234567 is 1.23M: three digits, as `ip -h` shows them. */
static void
human_number(char *text, size_t size, uint64_t value, bool iec)
{
	const char *prefix = "kMGTPE";
	uint64_t base = iec ? 1024 : 1000, unit = base, scale, scaled;
	unsigned int digits;

	if (value < base) {
		fmt_print(text, size, "%llu", (unsigned long long)value);
		return;
	}
	while (value / unit >= base && prefix[1] != '\0') {
		unit *= base;
		prefix++;
	}
	digits = value / unit < 10 ? 2 : value / unit < 100 ? 1 : 0;
	scale = digits == 2 ? 100 : digits == 1 ? 10 : 1;
	scaled =
		value / unit * scale + (value % unit * scale + unit / 2) / unit;
	if (digits > 0)
		fmt_print(text, size, "%llu.%0*llu%c%s",
			  (unsigned long long)(scaled / scale), (int)digits,
			  (unsigned long long)(scaled % scale), *prefix,
			  iec ? "i" : "");
	else
		fmt_print(text, size, "%llu%c%s", (unsigned long long)scaled,
			  *prefix, iec ? "i" : "");
}

#define STAT_COLUMNS 6u

struct stat_row {
	const char *title;
	const char *name[STAT_COLUMNS]; /* NULL: an empty first column */
	uint64_t value[STAT_COLUMNS];
};

static void
column_text(struct link_show *show, char *text, size_t size, uint64_t value)
{
	if (show->human)
		human_number(text, size, value, show->iec);
	else
		fmt_print(text, size, "%llu", (unsigned long long)value);
}

static void
widen(struct link_show *show, int width[STAT_COLUMNS],
      const struct stat_row *row)
{
	char text[24];

	for (unsigned int i = 0; i < STAT_COLUMNS; i++) {
		if (row->name[i] == NULL)
			continue;
		column_text(show, text, sizeof(text), row->value[i]);
		width[i] = max_of(width[i], (int)strlen(text));
	}
}

static void
emit_row(struct link_show *show, const int width[STAT_COLUMNS],
	 const struct stat_row *row, bool errors)
{
	struct emit *emit = &show->emit;
	int title_len = (int)strlen(row->title);
	char text[24];

	emit_text(emit, "    %s%*s", row->title, width[0] - title_len,
		  errors ? "" : row->name[0]);
	for (unsigned int i = 1; i < STAT_COLUMNS; i++)
		emit_text(emit, " %*s", width[i], row->name[i]);
	/* The place of "compressed", which nobody has counted for decades. */
	emit_text(emit, "%s", errors ? "" : "           ");
	emit_break(emit);
	if (errors)
		emit_text(emit, "%*s", width[0] + 5, "");
	else
		emit_text(emit, "    ");
	for (unsigned int i = errors ? 1 : 0; i < STAT_COLUMNS; i++) {
		column_text(show, text, sizeof(text), row->value[i]);
		emit_text(emit, "%*s ", width[i], text);
	}
}

static void
emit_json_rows(struct emit *emit, const struct netdev_stats *s, bool errors)
{
	emit_object(emit, "stats64");
	emit_object(emit, "rx");
	emit_number(emit, "bytes", NULL, s->rx_bytes, NULL);
	emit_number(emit, "packets", NULL, s->rx_packets, NULL);
	emit_number(emit, "errors", NULL, s->rx_errors, NULL);
	emit_number(emit, "dropped", NULL, s->rx_dropped, NULL);
	emit_number(emit, "over_errors", NULL, s->rx_over_errors, NULL);
	emit_number(emit, "multicast", NULL, s->multicast, NULL);
	if (errors) {
		emit_number(emit, "length_errors", NULL, s->rx_length_errors,
			    NULL);
		emit_number(emit, "crc_errors", NULL, s->rx_crc_errors, NULL);
		emit_number(emit, "frame_errors", NULL, s->rx_frame_errors,
			    NULL);
		emit_number(emit, "fifo_errors", NULL, s->rx_fifo_errors, NULL);
		emit_number(emit, "missed_errors", NULL, s->rx_missed_errors,
			    NULL);
	}
	emit_object_end(emit);
	emit_object(emit, "tx");
	emit_number(emit, "bytes", NULL, s->tx_bytes, NULL);
	emit_number(emit, "packets", NULL, s->tx_packets, NULL);
	emit_number(emit, "errors", NULL, s->tx_errors, NULL);
	emit_number(emit, "dropped", NULL, s->tx_dropped, NULL);
	emit_number(emit, "carrier_errors", NULL, s->tx_carrier_errors, NULL);
	emit_number(emit, "collisions", NULL, s->collisions, NULL);
	if (errors) {
		emit_number(emit, "aborted_errors", NULL, s->tx_aborted_errors,
			    NULL);
		emit_number(emit, "fifo_errors", NULL, s->tx_fifo_errors, NULL);
		emit_number(emit, "window_errors", NULL, s->tx_window_errors,
			    NULL);
		emit_number(emit, "heartbeat_errors", NULL,
			    s->tx_heartbeat_errors, NULL);
		emit_number(emit, "carrier_changes", NULL, s->carrier_changes,
			    NULL);
	}
	emit_object_end(emit);
	emit_object_end(emit);
}

void
link_emit_stats(struct link_show *show, const struct netdev *dev)
{
	struct emit *emit = &show->emit;
	const struct netdev_stats *s = &dev->stats;
	const struct stat_row row[] = {
		{ "RX:",
		  { "bytes", "packets", "errors", "dropped", "missed",
		    "mcast" },
		  { s->rx_bytes, s->rx_packets, s->rx_errors, s->rx_dropped,
		    s->rx_missed_errors, s->multicast } },
		{ "RX errors:",
		  { NULL, "length", "crc", "frame", "fifo", "overrun" },
		  { 0, s->rx_length_errors, s->rx_crc_errors,
		    s->rx_frame_errors, s->rx_fifo_errors,
		    s->rx_over_errors } },
		{ "TX:",
		  { "bytes", "packets", "errors", "dropped", "carrier",
		    "collsns" },
		  { s->tx_bytes, s->tx_packets, s->tx_errors, s->tx_dropped,
		    s->tx_carrier_errors, s->collisions } },
		{ "TX errors:",
		  { NULL, "aborted", "fifo", "window", "heartbt", "transns" },
		  { 0, s->tx_aborted_errors, s->tx_fifo_errors,
		    s->tx_window_errors, s->tx_heartbeat_errors,
		    s->carrier_changes } },
	};
	/* The widest word of each column: "RX errors:", "packets", ... */
	int width[STAT_COLUMNS] = { 10, 7, 6, 7, 7, 7 };
	unsigned int every = show->stats > 1 ? 1 : 2;

	if (emit->json) {
		emit_json_rows(emit, s, show->stats > 1);
		return;
	}
	for (unsigned int i = 0; i < array_len(row); i += every)
		widen(show, width, &row[i]);
	for (unsigned int i = 0; i < array_len(row); i += every) {
		if (i > 0)
			emit_break(emit);
		emit_row(show, width, &row[i], row[i].name[0] == NULL);
	}
}
