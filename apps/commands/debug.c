/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only somebody asks who looks for a fault: the flight recorders of the
 * interfaces, and faults made on purpose. Both belong to the drivers; this
 * shows them, a port a step, and passes orders on.
 */

#include "apps/commands/commands.h"
#include "apps/commands/debug.h"
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
		    (device->count > 0 && strcmp(dev->name, device->text) != 0))
			continue;
		dev->ops->show_faults(dev, job->out);
		return STEP_MORE;
	}
	return job_exit(job, 0);
}

/* ---- inject ------------------------------------------------------------- */

enum { INJECT_DEVICE, INJECT_FAULT };

static const struct arg_spec inject_args[] = {
	[INJECT_DEVICE] = { .word = "",
			    .kind = ARG_NETDEV,
			    .what = "DEVICE",
			    .flags = ARG_POSITIONAL,
			    .help = "which is to suffer" },
	[INJECT_FAULT] = { .word = "",
			   .kind = ARG_TEXT,
			   .what = "FAULT",
			   .flags = ARG_POSITIONAL,
			   .help = "what it is to suffer; without it: the "
				   "list" },
	{ .kind = ARG_END },
};

static void
faults_list(struct job *job, const struct netdev *dev)
{
	const char *name, *help;

	for (unsigned int i = 0; (name = dev->ops->fault_name(i, &help)); i++)
		out_printf(job->out, "%-14s %s\n", name, help);
}

static enum step
inject_start(struct job *job)
{
	const struct arg *device = &job->arg[INJECT_DEVICE];
	const struct arg *fault = &job->arg[INJECT_FAULT];
	const char *name, *help;
	struct netdev *dev;

	if (device->count == 0) {
		out_puts(job->err, "debug inject: which device?\n");
		return job_exit(job, 1);
	}
	dev = netdev_find(job->net, device->text);
	if (!dev || !dev->ops->inject) {
		out_printf(job->err,
			   dev ? "%s: its driver cannot cause faults\n"
			       : "Cannot find device \"%s\"\n",
			   device->text);
		return job_exit(job, 1);
	}
	if (fault->count == 0) {
		faults_list(job, dev);
		return job_exit(job, 0);
	}
	for (unsigned int i = 0; (name = dev->ops->fault_name(i, &help)); i++) {
		if (strcmp(name, fault->text) != 0)
			continue;
		if (dev->ops->inject(dev, i) == OK)
			return job_exit(job, 0);
		out_printf(job->err, "%s: it is down\n", dev->name);
		return job_exit(job, 2);
	}
	out_printf(job->err, "debug inject: no fault \"%s\"; there are:\n",
		   fault->text);
	faults_list(job, dev);
	return job_exit(job, 1);
}

const struct command debug_commands[] = {
	{ .name = "inject",
	  .summary = "makes a port's device misbehave, to see it heal",
	  .text = "The driver is not told: it has to find out and put it right "
		  "within a second. Traffic is disturbed; nothing needs to be "
		  "undone.",
	  .args = inject_args,
	  .start = inject_start },
	{ .name = "last-hang",
	  .summary = "shows the last events of a port's rings around a fault",
	  .text = "Each port keeps its last 64 events; they are frozen when "
		  "the "
		  "driver finds a fault and heals it.",
	  .room = FAULTS_ROOM,
	  .args = hang_args,
	  .start = hang_start,
	  .step = hang_step },
	{ .name = "route-flap",
	  .summary = "changes 256 routes inside a prefix again and again",
	  .text = "As a routing protocol does when a peer is lost and found "
		  "without end. Routes that are there are left alone; none is "
		  "left at the end.",
	  .flags = COMMAND_WAITS,
	  .args = route_flap_args,
	  .start = route_flap_start,
	  .step = route_flap_step },
	{ .name = NULL },
};
