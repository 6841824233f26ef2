/* SPDX-License-Identifier: BSD-2-Clause */
/* `ip link`: shows interfaces and changes what they are set to. */
#include "apps/commands/ip_link.h"

#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

/* ---- show --------------------------------------------------------------- */

enum { SHOW_DEV, SHOW_UP, SHOW_TYPE, SHOW_GROUP, SHOW_MASTER, SHOW_NOMASTER };

static const struct arg_name groups[] = { { "default", 0 }, { NULL, 0 } };

/* clang-format off */
static const struct arg_spec show_args[] = {
	[SHOW_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_POSITIONAL | ARG_ONCE, .help = "only this interface" },
	[SHOW_UP] = { .word = "up", .kind = ARG_FLAG,
		.help = "only those that are up" },
	[SHOW_TYPE] = { .word = "type", .kind = ARG_TEXT, .what = "TYPE",
		.help = "only those of a type: there are none but plain ports" },
	[SHOW_GROUP] = { .word = "group", .kind = ARG_NAME, .names = groups,
		.what = "GROUP", .help = "only those of a group: default",
		.max = 0xffffffff, .wrong = "Invalid \"group\" value\n" },
	[SHOW_MASTER] = { .word = "master", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_HIDDEN, .help = "only those of a bridge: there are none" },
	[SHOW_NOMASTER] = { .word = "nomaster", .kind = ARG_FLAG,
		.flags = ARG_HIDDEN, .help = "only those of no bridge: all" },
	{ .kind = ARG_END },
};
/* clang-format on */

static enum step
show_start(struct job *job)
{
	struct link_show *show = job_state(job, struct link_show);
	const struct arg *arg = job->arg;

	link_show_init(job, show);
	show->links = true;
	show->up_only = arg[SHOW_UP].count > 0;
	if (arg[SHOW_DEV].count > 0) {
		show->dev = netdev_lookup(job->net, arg[SHOW_DEV].text);
		if (show->dev == NULL) {
			out_printf(job->err, "Device \"%s\" does not exist.\n",
				   arg[SHOW_DEV].text);
			return job_exit(job, 1);
		}
	}
	/* No interface here has a type, a master or another group. */
	if (arg[SHOW_TYPE].count > 0 || arg[SHOW_MASTER].count > 0 ||
	    arg[SHOW_GROUP].number != 0)
		job->position = PARAM_NETDEVS_MAX;
	emit_begin(&show->emit);
	return STEP_MORE;
}

static enum step
show_step(struct job *job)
{
	struct link_show *show = job_state(job, struct link_show);
	struct netdev *dev = link_next(job, show);

	if (dev == NULL) {
		emit_end(&show->emit);
		return job_exit(job, 0);
	}
	if (dev->ops->update_stats != NULL)
		dev->ops->update_stats(dev);
	emit_object(&show->emit, NULL);
	if (show->brief) {
		link_emit_brief(show, dev, true);
	} else {
		link_emit(show, dev);
		if (show->stats > 0) {
			emit_break(&show->emit);
			link_emit_stats(show, dev);
		}
	}
	emit_line(&show->emit);
	emit_object_end(&show->emit);
	return STEP_MORE;
}

/* ---- set ---------------------------------------------------------------- */

enum {
	SET_UP,
	SET_DOWN,
	SET_NAME,
	SET_MTU,
	SET_ADDRESS,
	SET_BROADCAST,
	SET_QLEN,
	SET_PROMISC,
	SET_ALLMULTI,
	SET_MULTICAST,
	SET_ARP,
	SET_DYNAMIC,
	SET_TRAILERS,
	SET_CARRIER,
	SET_ALIAS,
	SET_MASTER,
	SET_NOMASTER,
	SET_NETNS,
	SET_GROUP,
	SET_INDEX,
	SET_TYPE,
	SET_VF,
	SET_DEV,
};

/* clang-format off */
#define REFUSED(w, k, f, h) { .word = w, .kind = k, \
	.flags = ARG_HIDDEN | (f), .help = h }
#define SWITCH(w, h) { .word = w, .kind = ARG_ON_OFF, .what = "on|off", \
	.help = h }
static const struct arg_spec set_args[] = {
	[SET_UP] = { .word = "up", .kind = ARG_FLAG, .help = "switch it on" },
	[SET_DOWN] = { .word = "down", .kind = ARG_FLAG,
		.help = "switch it off; its routes and neighbours go" },
	[SET_NAME] = { .word = "name", .kind = ARG_TEXT, .flags = ARG_ONCE,
		.what = "NAME", .help = "a new name, at most 15 bytes" },
	[SET_MTU] = { .word = "mtu", .kind = ARG_NUMBER, .max = 0xffffffff,
		.flags = ARG_ONCE, .what = "BYTES",
		.help = "the largest packet it takes",
		.wrong = "Invalid \"mtu\" value\n" },
	[SET_ADDRESS] = { .word = "address", .kind = ARG_TEXT,
		.flags = ARG_ABBREV, .what = "MAC", .help = "its own address" },
	[SET_BROADCAST] = { .word = "broadcast", .also = "brd", .kind = ARG_TEXT,
		.flags = ARG_ABBREV | ARG_HIDDEN,
		.help = "refused: Ethernet's is ff:ff:ff:ff:ff:ff" },
	[SET_QLEN] = { .word = "txqueuelen", .also = "qlen|txqlen",
		.kind = ARG_NUMBER, .max = 1000000, .what = "PACKETS",
		.flags = ARG_ONCE | ARG_ABBREV,
		.help = "packets that may wait for a full ring",
		.wrong = "Invalid \"txqueuelen\" value\n" },
	[SET_PROMISC] = SWITCH("promisc", "receive frames for other stations, too"),
	[SET_ALLMULTI] = SWITCH("allmulticast", "receive every multicast frame"),
	[SET_MULTICAST] = SWITCH("multicast", "is it capable of multicast?"),
	[SET_ARP] = SWITCH("arp", "resolve neighbours by ARP"),
	[SET_DYNAMIC] = REFUSED("dynamic", ARG_ON_OFF, ARG_ABBREV, "refused"),
	[SET_TRAILERS] = REFUSED("trailers", ARG_ON_OFF, 0, "refused"),
	[SET_CARRIER] = REFUSED("carrier", ARG_ON_OFF, 0, "refused: the wire says"),
	[SET_ALIAS] = { .word = "alias", .also = "ifalias", .kind = ARG_TEXT,
		.flags = ARG_ABBREV, .what = "TEXT",
		.help = "a remark for people, at most 63 bytes" },
	[SET_MASTER] = REFUSED("master", ARG_NETDEV, ARG_ABBREV, "refused: no bridges"),
	[SET_NOMASTER] = REFUSED("nomaster", ARG_FLAG, ARG_ABBREV, "no effect"),
	[SET_NETNS] = REFUSED("netns", ARG_TEXT, ARG_ABBREV, "refused: one stack"),
	[SET_GROUP] = { .word = "group", .kind = ARG_NAME, .names = groups,
		.flags = ARG_HIDDEN, .max = 0, .help = "default is the only one",
		.wrong = "Invalid \"group\" value\n" },
	[SET_INDEX] = REFUSED("index", ARG_TEXT, 0, "refused"),
	[SET_TYPE] = REFUSED("type", ARG_REST, ARG_ABBREV, "refused: plain ports only"),
	[SET_VF] = REFUSED("vf", ARG_REST, 0, "refused: no virtual functions"),
	[SET_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_POSITIONAL | ARG_ONCE | ARG_REQUIRED,
		.help = "the interface" },
	{ .kind = ARG_END },
};
/* clang-format on */

/* Words that iproute2 knows and this box has nothing behind. */
static enum step
refuse_set(struct job *job)
{
	const struct arg *arg = job->arg;

	if (arg[SET_INDEX].count > 0) {
		out_puts(job->err,
			 "index can be used only when creating devices or when "
			 "moving device to another netns.\n");
		return job_exit(job, 255);
	}
	if (arg[SET_NETNS].count > 0) {
		out_printf(job->err,
			   "Error: argument \"%s\" is wrong: Invalid \"netns\" "
			   "value\n\n",
			   arg[SET_NETNS].text);
		return job_exit(job, 255);
	}
	for (unsigned int i = SET_UP; i < SET_DEV; i++) {
		if (arg[i].count > 0 && (set_args[i].flags & ARG_HIDDEN) &&
		    i != SET_GROUP && i != SET_NOMASTER)
			return ip_answers(job, "Operation not supported");
	}
	return STEP_MORE;
}

/* STEP_MORE: the address is good. */
static enum step
check_address(struct job *job, uint8_t mac[6])
{
	const char *text = job->arg[SET_ADDRESS].text, *bad;
	unsigned int len;

	if (lladdr_parse(text, mac, &bad, &len))
		return STEP_MORE;
	if (bad != NULL)
		out_printf(job->err, "\"%.*s\" is invalid lladdr.\n",
			   (int)lladdr_part_len(bad), bad);
	else
		out_printf(job->err,
			   "Invalid address length %u - must be 6 bytes\n",
			   len);
	return job_exit(job, 1);
}

static enum step
set_mtu(struct job *job, struct netdev *dev, uint64_t mtu)
{
	enum status status;

	if (mtu < dev->mtu_min)
		return ip_error(job, "mtu less than device minimum.");
	if (mtu > dev->mtu_max)
		return ip_error(job, "mtu greater than device maximum.");
	status = netdev_set_mtu(dev, (uint32_t)mtu);
	return status == OK ? STEP_MORE : ip_answers(job, status_text(status));
}

/* Everything but up and down, in the order Linux does it. */
static enum step
set_apply(struct job *job, struct netdev *dev, const uint8_t mac[6])
{
	const struct arg *arg = job->arg;
	enum status status = OK;
	enum step step;

	if (arg[SET_ADDRESS].count > 0) {
		status = netdev_set_addr(dev, mac);
		if (status == ERR_INVAL)
			return ip_answers(job, "Cannot assign requested "
					       "address");
		if (status != OK)
			return ip_answers(job, status_text(status));
	}
	if (arg[SET_MTU].count > 0) {
		step = set_mtu(job, dev, arg[SET_MTU].number);
		if (step != STEP_MORE)
			return step;
	}
	if (arg[SET_NAME].count > 0 &&
	    strcmp(dev->name, arg[SET_NAME].text) != 0)
		status = netdev_rename(dev, arg[SET_NAME].text);
	if (status != OK)
		return ip_answers(job, status_text(status));
	if (arg[SET_ALIAS].count > 0)
		netdev_set_alias(dev, arg[SET_ALIAS].text);
	if (arg[SET_QLEN].count > 0)
		netdev_set_txqlen(dev, (uint32_t)arg[SET_QLEN].number);
	if (arg[SET_MULTICAST].count > 0)
		netdev_set_flag(dev, NETDEV_MULTICAST,
				arg[SET_MULTICAST].number != 0);
	if (arg[SET_ARP].count > 0)
		netdev_set_flag(dev, NETDEV_NOARP, arg[SET_ARP].number == 0);
	if (arg[SET_PROMISC].count > 0)
		netdev_set_mode(dev, NETDEV_PROMISC,
				arg[SET_PROMISC].number != 0);
	if (arg[SET_ALLMULTI].count > 0)
		netdev_set_mode(dev, NETDEV_ALLMULTI,
				arg[SET_ALLMULTI].number != 0);
	return STEP_MORE;
}

static enum step
set_start(struct job *job)
{
	const struct arg *arg = job->arg;
	enum status status = OK;
	uint8_t mac[6];
	struct netdev *dev;
	enum step step;

	if (arg[SET_NAME].count > 0 && !netdev_name_valid(arg[SET_NAME].text)) {
		out_printf(job->err,
			   "Error: argument \"%s\" is wrong: \"name\" "
			   "not a valid ifname\n",
			   arg[SET_NAME].text);
		return job_exit(job, 255);
	}
	if (arg[SET_DEV].count == 0) {
		out_puts(job->err, "Not enough information: \"dev\" argument "
				   "is required.\n");
		return job_exit(job, 255);
	}
	dev = netdev_lookup(job->net, arg[SET_DEV].text);
	if (dev == NULL)
		return ip_no_device(job, arg[SET_DEV].text);
	if (arg[SET_ADDRESS].count > 0 && check_address(job, mac) == STEP_DONE)
		return STEP_DONE;
	if (arg[SET_ALIAS].count > 0 &&
	    strlen(arg[SET_ALIAS].text) >= sizeof(dev->alias))
		return ip_answers(job, "Invalid argument");
	step = refuse_set(job);
	if (step != STEP_MORE)
		return step;
	step = set_apply(job, dev, mac);
	if (step != STEP_MORE)
		return step;
	/* The later of the two words wins. */
	if (arg[SET_DOWN].count > 0 && arg[SET_DOWN].word > arg[SET_UP].word)
		netdev_down(dev);
	else if (arg[SET_UP].count > 0)
		status = netdev_up(dev);
	if (status != OK)
		return ip_answers(job, status_text(status));
	return job_exit(job, 0);
}

/* ---- add, delete: there is nothing to make an interface of -------------- */

enum { ADD_TYPE, ADD_LINK, ADD_NAME };

/* clang-format off */
static const struct arg_spec add_args[] = {
	[ADD_TYPE] = { .word = "type", .kind = ARG_REST, .flags = ARG_ABBREV,
		.what = "TYPE", .help = "refused: this box has its ports only" },
	[ADD_LINK] = { .word = "link", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_ABBREV, .help = "the interface below" },
	[ADD_NAME] = { .word = "name", .also = "dev", .kind = ARG_TEXT, .what = "NAME",
		.flags = ARG_POSITIONAL, .help = "its name" },
	{ .kind = ARG_END },
};

static const struct arg_spec delete_args[] = {
	{ .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_POSITIONAL | ARG_ONCE | ARG_REQUIRED,
		.help = "refused: ports cannot be deleted" },
	{ .word = "type", .kind = ARG_REST, .flags = ARG_ABBREV | ARG_HIDDEN },
	{ .kind = ARG_END },
};
/* clang-format on */

static enum step
add_start(struct job *job)
{
	if (job->arg[ADD_TYPE].count > 0)
		return ip_error(job, "Unknown device type.");
	out_puts(job->err,
		 "Not enough information: \"type\" argument is required\n");
	return job_exit(job, 1);
}

static enum step
delete_start(struct job *job)
{
	if (job->arg[0].count == 0) {
		out_puts(job->err, "Not enough information: \"dev\" argument "
				   "is required.\n");
		return job_exit(job, 255);
	}
	if (netdev_lookup(job->net, job->arg[0].text) == NULL)
		return ip_no_device(job, job->arg[0].text);
	return ip_answers(job, "Operation not supported");
}

const struct command ip_link_commands[] = {
	{ .name = "add",
	  .summary = "refused: this box has its ports only",
	  .flags = COMMAND_HIDDEN,
	  .args = add_args,
	  .start = add_start },
	{ .name = "set",
	  .also = "change",
	  .summary = "changes an interface",
	  .args = set_args,
	  .start = set_start },
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows interfaces, with -s their counters",
	  .text = "As in iproute2, `ip link s` means `set`.",
	  .flags = COMMAND_DEFAULT,
	  .args = show_args,
	  .start = show_start,
	  .step = show_step },
	{ .name = "delete",
	  .summary = "refused: ports cannot be deleted",
	  .flags = COMMAND_HIDDEN,
	  .args = delete_args,
	  .start = delete_start },
	{ .name = NULL },
};
