/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip maddr`: the groups an interface has joined. Linux's command adds those of
 * the link layer alone; here IPv4 groups, too, which applications join there.
 */
#include "apps/commands/ip.h"

#include "lib/port.h"
#include "lib/str.h"
#include "net/igmp.h"
#include "net/ipv4/mroute.h"
#include "net/net.h"

#define SHOW_ROOM 32768u /* an interface with all the groups there can be */

enum { SHOW_DEV };

/* clang-format off */
static const struct arg_spec show_args[] = {
	[SHOW_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_POSITIONAL | ARG_ONCE, .help = "only this interface" },
	{ .kind = ARG_END },
};

enum { ADD_ADDRESS, ADD_DEV };

static const struct arg_spec add_args[] = {
	[ADD_ADDRESS] = { .word = "", .kind = ARG_TEXT, .what = "ADDRESS",
		.flags = ARG_POSITIONAL | ARG_REQUIRED,
		.help = "an IPv4 group, or one of the link layer" },
	[ADD_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_REQUIRED, .help = "on this interface" },
	{ .kind = ARG_END },
};
/* clang-format on */

struct maddr_show {
	struct emit emit;
	struct netdev *dev;
};

static enum step
show_start(struct job *job)
{
	struct maddr_show *show = job_state(job, struct maddr_show);

	ip_emit(job, &show->emit);
	if (job->arg[SHOW_DEV].count > 0) {
		show->dev = netdev_lookup(job->net, job->arg[SHOW_DEV].text);
		if (show->dev == NULL)
			return ip_no_device(job, job->arg[SHOW_DEV].text);
	}
	emit_begin(&show->emit);
	return STEP_MORE;
}

static void
show_inet(struct emit *emit, const struct netdev *dev)
{
	const struct igmp_group *group;

	for (unsigned int n = 0; (group = igmp_at(dev, n)); n++) {
		emit_object(emit, NULL);
		emit_string(emit, "family", "\t", "inet", "  ");
		emit_addr(emit, "address", "", group->group, "");
		if (group->users > 1)
			emit_number(emit, "users", " users ", group->users, "");
		emit_line(emit);
		emit_object_end(emit);
	}
}

static enum step
show_step(struct job *job)
{
	struct maddr_show *show = job_state(job, struct maddr_show);
	const struct netdev_multicast *group;
	struct netdev *dev = NULL;

	while (dev == NULL && job->position < PARAM_NETDEVS_MAX) {
		dev = netdev_by_index(job->net, ++job->position);
		if (show->dev != NULL && dev != show->dev)
			dev = NULL;
	}
	if (dev == NULL) {
		emit_end(&show->emit);
		return job_exit(job, 0);
	}
	emit_object(&show->emit, NULL);
	emit_number(&show->emit, "ifindex", "", dev->ifindex, ":");
	emit_coloured(&show->emit, COLOUR_IFNAME, "ifname", "\t", dev->name,
		      "\n");
	emit_array(&show->emit, "maddr", "");
	list_for_each(group, &dev->multicast, link) {
		emit_object(&show->emit, NULL);
		emit_mac(&show->emit, "link", "\tlink  ", group->addr, "");
		if (group->users > 1)
			emit_number(&show->emit, "users", " users ",
				    group->users, "");
		emit_line(&show->emit);
		emit_object_end(&show->emit);
	}
	show_inet(&show->emit, dev);
	emit_array_end(&show->emit, "");
	emit_object_end(&show->emit);
	return STEP_MORE;
}

/* ---- add, del ----------------------------------------------------------- */

static enum step
change(struct job *job, bool is_add)
{
	const struct arg *address = &job->arg[ADD_ADDRESS];
	const struct arg *device = &job->arg[ADD_DEV];
	uint8_t lladdr[ETH_ADDR_LEN];
	struct netdev *dev;
	enum status status;
	unsigned int len;
	const char *bad;
	uint32_t group;

	if (address->count == 0 || device->count == 0) {
		out_puts(job->err, "Not enough information: an address and "
				   "\"dev\" are required.\n");
		return job_exit(job, 255);
	}
	dev = netdev_lookup(job->net, device->text);
	if (!dev)
		return ip_no_device(job, device->text);
	if (str_ipv4(address->text, &group)) {
		if (!is_add &&
		    igmp_users(dev, group) <= mroute_joins(dev, group) +
						      (group == IGMP_ALL_HOSTS))
			status = ERR_NOENT;
		else
			status = is_add ? igmp_join(dev, group)
					: igmp_leave(dev, group);
	} else if (lladdr_parse(address->text, lladdr, &bad, &len)) {
		status = !(lladdr[0] & 1) ? ERR_INVAL
			 : is_add	  ? netdev_multicast_add(dev, lladdr)
				  : netdev_multicast_remove(dev, lladdr);
	} else {
		out_printf(job->err,
			   "Error: a multicast address is expected rather "
			   "than \"%s\".\n",
			   address->text);
		return job_exit(job, 1);
	}
	return status == OK ? job_exit(job, 0)
			    : ip_answers(job, status_text(status));
}

static enum step
add_start(struct job *job)
{
	return change(job, true);
}

static enum step
del_start(struct job *job)
{
	return change(job, false);
}

const struct command ip_maddr_commands[] = {
	{ .name = "add",
	  .summary = "joins a group",
	  .args = add_args,
	  .start = add_start },
	{ .name = "delete",
	  .summary = "leaves a group",
	  .args = add_args,
	  .start = del_start },
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows the groups that interfaces have joined",
	  .flags = COMMAND_DEFAULT,
	  .room = SHOW_ROOM,
	  .args = show_args,
	  .start = show_start,
	  .step = show_step },
	{ .name = NULL },
};
