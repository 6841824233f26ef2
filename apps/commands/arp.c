/* SPDX-License-Identifier: BSD-2-Clause */
/* `arp`: the neighbours in net-tools' words. */
#include "apps/commands/commands.h"
#include "apps/commands/ip.h"
#include "apps/commands/ip_neigh.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/addr.h"
#include "net/net.h"

enum {
	ARP_NUMERIC,
	ARP_ALL,
	ARP_LINUX,
	ARP_VERBOSE,
	ARP_DEV,
	ARP_SET,
	ARP_DELETE,
	ARP_HOST,
	ARP_LLADDR,
};

/* clang-format off */
const struct arg_spec arp_args[] = {
	[ARP_NUMERIC] = { .word = "-n", .also = "--numeric", .kind = ARG_FLAG,
		.flags = ARG_OPTION, .help = "no names, of which there are none" },
	[ARP_ALL] = { .word = "-a", .kind = ARG_FLAG, .flags = ARG_OPTION,
		.help = "one sentence an entry" },
	[ARP_LINUX] = { .word = "-e", .kind = ARG_FLAG, .flags = ARG_OPTION | ARG_HIDDEN,
		.help = "columns, as without it" },
	[ARP_VERBOSE] = { .word = "-v", .also = "--verbose", .kind = ARG_FLAG,
		.flags = ARG_OPTION, .help = "and how many there are" },
	[ARP_DEV] = { .word = "-i", .also = "--device", .kind = ARG_NETDEV,
		.flags = ARG_OPTION, .what = "DEVICE", .help = "only on this interface" },
	[ARP_SET] = { .word = "-s", .also = "--set", .kind = ARG_FLAG,
		.flags = ARG_OPTION, .help = "add a permanent entry: ADDR MAC" },
	[ARP_DELETE] = { .word = "-d", .also = "--delete", .kind = ARG_FLAG,
		.flags = ARG_OPTION, .help = "delete the entry of ADDR" },
	[ARP_HOST] = { .word = "", .kind = ARG_TEXT, .what = "ADDR",
		.flags = ARG_POSITIONAL, .help = "the neighbour" },
	[ARP_LLADDR] = { .word = "", .kind = ARG_TEXT, .what = "MAC",
		.flags = ARG_POSITIONAL, .help = "its link-layer address" },
	{ .kind = ARG_END },
};
/* clang-format on */

struct arp_show {
	struct neigh_walk walk;
	struct netdev *dev;
	uint32_t addr, count;
};

static const char *
neigh_arp_flags(const struct neigh *neigh)
{
	if (neigh->state == NEIGH_PERMANENT)
		return "CM";
	return neigh_has_lladdr(neigh) ? "C" : "";
}

/* Which interface reaches addr directly; NULL. */
static struct netdev *
netdev_towards(struct net *net, uint32_t addr)
{
	struct netdev *dev;

	for (uint32_t i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		dev = netdev_by_index(net, i);
		if (dev != NULL && dev != &net->loopback &&
		    addr_on_link(dev, addr))
			return dev;
	}
	return NULL;
}

static enum step
refuse(struct job *job, const char *text)
{
	out_printf(job->err, "arp: %s\n", text);
	return job_exit(job, 255);
}

static enum step
arp_delete(struct job *job, struct netdev *dev, uint32_t addr)
{
	if (dev != NULL && neigh_delete(job->net, dev, addr) == OK)
		return job_exit(job, 0);
	out_printf(job->out, "No ARP entry for %pI4\n", &addr);
	return job_exit(job, 255);
}

static enum step
arp_set(struct job *job, struct netdev *dev, uint32_t addr)
{
	const struct arg *arg = job->arg;
	uint8_t lladdr[ETH_ADDR_LEN];
	enum status status;

	if (arg[ARP_LLADDR].count == 0)
		return refuse(job, "need hardware address");
	if (!str_mac(arg[ARP_LLADDR].text, lladdr))
		return refuse(job, "invalid hardware address");
	if (dev == NULL) {
		out_printf(job->err, "SIOCSARP: %s\n",
			   arg[ARP_DEV].count > 0 ? "No such device"
						  : "Network is unreachable");
		return job_exit(job, 255);
	}
	status = neigh_set(job->net, dev, addr, lladdr, NEIGH_PERMANENT, true,
			   false);
	if (status == OK)
		return job_exit(job, 0);
	out_printf(job->err, "SIOCSARP: %s\n", status_text(status));
	return job_exit(job, 255);
}

enum step
arp_start(struct job *job)
{
	struct arp_show *show = job_state(job, struct arp_show);
	const struct arg *arg = job->arg;
	struct netdev *dev;

	if (arg[ARP_HOST].count > 0 &&
	    !str_ipv4(arg[ARP_HOST].text, &show->addr)) {
		out_printf(job->err, "%s: Host name lookup failure\n",
			   arg[ARP_HOST].text);
		return job_exit(job, 255);
	}
	dev = arg[ARP_DEV].count > 0
		      ? netdev_lookup(job->net, arg[ARP_DEV].text)
		      : netdev_towards(job->net, show->addr);
	if (arg[ARP_SET].count == 0 && arg[ARP_DELETE].count == 0) {
		show->dev = arg[ARP_DEV].count > 0 ? dev : NULL;
		return STEP_MORE;
	}
	if (arg[ARP_HOST].count == 0)
		return refuse(job, "need host name");
	return arg[ARP_SET].count > 0 ? arp_set(job, dev, show->addr)
				      : arp_delete(job, dev, show->addr);
}

static bool
selected(struct job *job, struct arp_show *show, const struct neigh *neigh)
{
	if (job->arg[ARP_DEV].count > 0 && neigh->dev != show->dev)
		return false;
	if (job->arg[ARP_HOST].count > 0 && neigh->addr != show->addr)
		return false;
	return neigh->state != NEIGH_NOARP && neigh->state != NEIGH_NONE;
}

static void
arp_line(struct job *job, struct arp_show *show, const struct neigh *neigh)
{
	char addr[16], lladdr[18] = "(incomplete)";
	bool known = neigh_has_lladdr(neigh);

	fmt_print(addr, sizeof(addr), "%pI4", &neigh->addr);
	if (known)
		fmt_print(lladdr, sizeof(lladdr), "%pM", neigh->lladdr);
	if (job->arg[ARP_ALL].count > 0) {
		out_printf(job->out, "? (%s) at %s %s%son %s\n", addr,
			   known ? lladdr : "<incomplete>",
			   known ? "[ether] " : "",
			   neigh->state == NEIGH_PERMANENT ? "PERM " : "",
			   neigh->dev->name);
		return;
	}
	if (show->count == 1)
		out_puts(job->out, "Address                  HWtype  HWaddress "
				   "          Flags Mask            Iface\n");
	out_printf(job->out, "%-24s %-8s%-20s%-22s%s\n", addr,
		   known ? "ether" : "", lladdr, neigh_arp_flags(neigh),
		   neigh->dev->name);
}

static enum step
arp_end(struct job *job, struct arp_show *show)
{
	const struct arg *arg = job->arg;
	uint32_t all = job->net->neigh.entry_count;

	if (arg[ARP_VERBOSE].count > 0)
		out_printf(job->out, "Entries: %u\tSkipped: %u\tFound: %u\n",
			   all, all - show->count, show->count);
	if (show->count == 0 && arg[ARP_HOST].count > 0)
		out_printf(job->out, "%s (%s) -- no entry\n",
			   arg[ARP_HOST].text, arg[ARP_HOST].text);
	else if (show->count == 0 && arg[ARP_DEV].count > 0)
		out_printf(job->out, "arp: in %u entries no match found.\n",
			   all);
	return job_exit(job, 0);
}

enum step
arp_step(struct job *job)
{
	struct arp_show *show = job_state(job, struct arp_show);
	struct neigh *neigh = neigh_walk_next(job->net, &show->walk);

	if (neigh != NULL && selected(job, show, neigh)) {
		show->count++;
		arp_line(job, show, neigh);
	}
	return show->walk.ended ? arp_end(job, show) : STEP_MORE;
}
