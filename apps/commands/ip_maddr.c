/* SPDX-License-Identifier: BSD-2-Clause */
/* `ip maddr`: the link-layer groups an interface has joined. */
#include "apps/commands/ip.h"

#include "lib/port.h"
#include "net/net.h"

enum { SHOW_DEV };

/* clang-format off */
static const struct arg_spec show_args[] = {
	[SHOW_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_POSITIONAL | ARG_ONCE, .help = "only this interface" },
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
	emit_array_end(&show->emit, "");
	emit_object_end(&show->emit);
	return STEP_MORE;
}

const struct command ip_maddr_commands[] = {
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows the link-layer groups that interfaces have joined",
	  .flags = COMMAND_DEFAULT,
	  .args = show_args,
	  .start = show_start,
	  .step = show_step },
	{ .name = NULL },
};
