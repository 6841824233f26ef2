/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only somebody asks who looks for a fault: the flight recorders of the
 * interfaces. They belong to the drivers; this shows them, a port a step.
 */

#include "apps/commands/commands.h"
#include "net/net.h"

#define FAULTS_ROOM 12288u /* bytes of one port's recorder, in words */

static const struct arg_spec hang_args[] = {
	{ .word = "",
	  .kind = ARG_NETDEV,
	  .what = "DEVICE",
	  .flags = ARG_POSITIONAL,
	  .help = "only this interface" },
	{ .kind = ARG_END },
};

static enum step
hang_start(struct job *job)
{
	const struct arg *device = &job->arg[0];

	if (device->count == 0 || netdev_find(job->net, device->text))
		return STEP_MORE;
	out_printf(job->err, "Cannot find device \"%s\"\n", device->text);
	return job_exit(job, 1);
}

static enum step
hang_step(struct job *job)
{
	const struct arg *device = &job->arg[0];
	struct netdev *dev;

	while (++job->position <= PARAM_NETDEVS_MAX) {
		dev = netdev_by_index(job->net, (uint32_t)job->position);
		if (!dev || !dev->ops->show_faults ||
		    (device->count > 0 && strcmp(dev->name, device->text)))
			continue;
		out_printf(job->out, "%s:\n", dev->name);
		dev->ops->show_faults(dev, job->out);
		return STEP_MORE;
	}
	return job_exit(job, 0);
}

const struct command debug_commands[] = {
	{ .name = "last-hang",
	  .summary = "shows the last events of a port's rings around a fault",
	  .text = "Each port keeps its last 64 events; they are frozen when "
		  "the "
		  "driver finds a fault and heals it.",
	  .room = FAULTS_ROOM,
	  .args = hang_args,
	  .start = hang_start,
	  .step = hang_step },
	{ .name = NULL },
};
