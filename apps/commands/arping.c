/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `arping` in iputils' words: requests by ARP, and who answers. Answers are
 * heard as tcpdump hears them (net/capture/capture.h), so that the table of
 * neighbours neither helps nor learns.
 */
#include "apps/commands/commands.h"
#include "apps/commands/ip.h"
#include "apps/commands/tool.h"
#include "lib/port.h"
#include "lib/str.h"
#include "lib/timer.h"
#include "net/arp.h"
#include "net/capture/capture.h"
#include "net/ipv4/addr.h"
#include "net/net.h"

enum {
	ARPING_DEV,
	ARPING_COUNT,
	ARPING_TIMEOUT,
	ARPING_INTERVAL,
	ARPING_SOURCE,
	ARPING_FIRST,
	ARPING_QUIET,
	ARPING_BROADCAST,
	ARPING_DUPLICATE,
	ARPING_UNSOLICITED,
	ARPING_ANSWER,
	ARPING_DST,
};

/* clang-format off */
#define FLAG(w, h) { .word = w, .kind = ARG_FLAG, .flags = ARG_OPTION, \
	.help = h }
const struct arg_spec arping_args[] = {
	[ARPING_DEV] = { .word = "-I", .kind = ARG_TEXT, .flags = ARG_OPTION,
		.what = "DEVICE", .help = "by this interface; else by the one on whose link it is" },
	[ARPING_COUNT] = { .word = "-c", .kind = ARG_NUMBER, .flags = ARG_OPTION,
		.what = "COUNT", .min = 1, .max = ~0u, .help = "so many requests" },
	[ARPING_TIMEOUT] = { .word = "-w", .kind = ARG_TEXT, .flags = ARG_OPTION,
		.what = "SECONDS", .help = "end after so long" },
	[ARPING_INTERVAL] = { .word = "-i", .kind = ARG_TEXT, .flags = ARG_OPTION,
		.what = "SECONDS", .help = "between requests; 1 unless told" },
	[ARPING_SOURCE] = { .word = "-s", .kind = ARG_ADDR, .flags = ARG_OPTION,
		.what = "ADDR", .help = "the address to ask from" },
	[ARPING_FIRST] = FLAG("-f", "end with the first answer"),
	[ARPING_QUIET] = FLAG("-q", "say nothing"),
	[ARPING_BROADCAST] = FLAG("-b", "ask all, even when it is known who answers"),
	[ARPING_DUPLICATE] = FLAG("-D", "has anybody this address? fails if so"),
	[ARPING_UNSOLICITED] = FLAG("-U", "tell all that an address of ours is here"),
	[ARPING_ANSWER] = FLAG("-A", "the same, as answers"),
	[ARPING_DST] = { .word = "", .kind = ARG_TEXT, .what = "ADDR",
		.flags = ARG_POSITIONAL | ARG_REQUIRED, .help = "whose" },
	{ .kind = ARG_END },
};
/* clang-format on */

/* Offsets in a frame with ARP for IPv4. */
#define AT_OP	  21u
#define AT_LLADDR 22u
#define AT_SENDER 28u
#define FRAME_LEN 42u

struct arping_job {
	struct capture *capture;
	uint32_t dst, src;
	uint8_t ifindex;
	bool tells; /* -U, -A: nobody is asked */
	bool known; /* lladdr answered */
	uint8_t lladdr[6];
	uint64_t interval_ns, end_ns, next_ns, sent_ns;
	uint64_t count, sent, broadcasts, received;
};

static void
wake(void *ctx)
{
	job_wake(ctx);
}

/* ---- beginning ---------------------------------------------------------- */

static enum step
refuse(struct job *job, const char *before, const char *name, const char *text)
{
	out_printf(job->err, "%s%s%s\n", before, name, text);
	return job_exit(job, 2);
}

static bool
parse_times(struct job *job, struct arping_job *arping)
{
	const struct arg *arg = job->arg;
	uint64_t timeout_ns = 0;

	arping->interval_ns = NS_PER_S;
	arping->end_ns = TIMER_NEVER;
	if ((arg[ARPING_INTERVAL].count > 0 &&
	     (!seconds_parse(arg[ARPING_INTERVAL].text, &arping->interval_ns) ||
	      arping->interval_ns == 0)) ||
	    (arg[ARPING_TIMEOUT].count > 0 &&
	     (!seconds_parse(arg[ARPING_TIMEOUT].text, &timeout_ns) ||
	      timeout_ns == 0))) {
		refuse(job, "arping: ", "invalid argument: ",
		       arg[ARPING_INTERVAL].count > 0
			       ? arg[ARPING_INTERVAL].text
			       : arg[ARPING_TIMEOUT].text);
		return false;
	}
	if (timeout_ns > 0)
		arping->end_ns = job->now_ns + timeout_ns;
	return true;
}

/* The interface asked for, or the one on whose link dst is. */
static struct netdev *
choose_device(struct job *job, uint32_t dst)
{
	const struct arg *arg = &job->arg[ARPING_DEV];
	struct net *net = job->net;
	struct netdev *dev;

	if (arg->count > 0) {
		dev = netdev_lookup(net, arg->text);
		if (dev == NULL)
			refuse(job, "arping: Device ", arg->text,
			       " not available.");
		return dev;
	}
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		dev = net->netdev[i];
		if (dev != NULL && netdev_is_up(dev) &&
		    !(dev->flags & NETDEV_LOOPBACK) && addr_on_link(dev, dst))
			return dev;
	}
	refuse(job, "arping: ",
	       "Suitable device could not be determined. Please, use option "
	       "-I.",
	       "");
	return NULL;
}

static bool
choose_source(struct job *job, struct arping_job *arping, struct netdev *dev)
{
	const struct arg *arg = job->arg;

	if (arg[ARPING_SOURCE].count > 0)
		arping->src = arg[ARPING_SOURCE].addr;
	else if (arping->tells)
		arping->src = arping->dst;
	else if (arg[ARPING_DUPLICATE].count == 0)
		arping->src = arp_source(dev, arping->dst, NULL);
	if (arping->src == 0 || addr_find(job->net, arping->src) != NULL)
		return true;
	refuse(job, "arping: ", "bind: ", "Cannot assign requested address");
	return false;
}

static enum step
begin(struct job *job, struct arping_job *arping, struct netdev *dev)
{
	const struct capture_config config = {
		.ifindex = dev->ifindex,
		.direction = CAPTURE_IN,
		.snap_len = FRAME_LEN,
		.wake = wake,
		.ctx = job,
	};
	struct capture_filter filter;
	struct capture_error error;
	char expression[48];
	enum status status;

	fmt_print(expression, sizeof(expression), "arp src host %pI4",
		  &arping->dst);
	if (!capture_filter_parse(&filter, expression, &error))
		return refuse(job, "arping: ", "", error.text);
	status = capture_start(job->net, &config, &filter, &arping->capture);
	if (status != OK)
		return refuse(job, "arping: ", "", status_text(status));
	arping->ifindex = dev->ifindex;
	arping->next_ns = job->now_ns;
	if (job->arg[ARPING_QUIET].count == 0)
		out_printf(job->out, "ARPING %pI4 from %pI4 %s\n", &arping->dst,
			   &arping->src, dev->name);
	return STEP_MORE;
}

enum step
arping_start(struct job *job)
{
	struct arping_job *arping = job_state(job, struct arping_job);
	const struct arg *arg = job->arg;
	struct netdev *dev;

	if (arg[ARPING_DST].count == 0)
		return job_exit(job, job->command->style->usage(job));
	if (!str_ipv4(arg[ARPING_DST].text, &arping->dst))
		return refuse(job, "arping: ", arg[ARPING_DST].text,
			      ": Name or service not known");
	arping->tells = arg[ARPING_UNSOLICITED].count > 0 ||
			arg[ARPING_ANSWER].count > 0;
	arping->count = arg[ARPING_COUNT].number;
	if (!parse_times(job, arping))
		return STEP_DONE;
	dev = choose_device(job, arping->dst);
	if (dev == NULL)
		return STEP_DONE;
	if (!netdev_is_up(dev))
		return refuse(job, "Interface \"", dev->name, "\" is down");
	if (dev->flags & (NETDEV_LOOPBACK | NETDEV_NOARP))
		return refuse(job, "Interface \"", dev->name,
			      "\" is not ARPable");
	if (!choose_source(job, arping, dev))
		return STEP_DONE;
	return begin(job, arping, dev);
}

/* ---- asking and hearing ------------------------------------------------- */

static void
ask(struct job *job, struct arping_job *arping)
{
	struct netdev *dev = netdev_by_index(job->net, arping->ifindex);
	bool known = arping->known && job->arg[ARPING_BROADCAST].count == 0;

	if (dev == NULL)
		return;
	if (job->arg[ARPING_ANSWER].count > 0)
		arp_claim(dev, arping->dst);
	else
		arp_request(dev, arping->dst, arping->src,
			    known ? arping->lladdr : NULL);
	arping->sent_ns = job->now_ns;
	arping->sent++;
	arping->broadcasts += !known;
	arping->next_ns = job->now_ns + arping->interval_ns;
}

static void
hear(struct job *job, struct arping_job *arping, const struct captured *frame)
{
	const uint8_t *bytes = frame->bytes, *mac = bytes + AT_LLADDR;

	if (frame->have < FRAME_LEN)
		return;
	memcpy(arping->lladdr, mac, sizeof(arping->lladdr));
	arping->known = true;
	arping->received++;
	if (job->arg[ARPING_QUIET].count > 0)
		return;
	out_printf(job->out,
		   "%s %s from %pI4 [%02X:%02X:%02X:%02X:%02X:%02X]  ",
		   bytes[0] & 1 ? "Broadcast" : "Unicast",
		   bytes[AT_OP] == 2 ? "reply" : "request", &arping->dst,
		   mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	microseconds_show(job->out, frame->time_ns - min_of(frame->time_ns,
							    arping->sent_ns));
	out_puts(job->out, "ms\n");
}

static enum step
finish(struct job *job, const struct arping_job *arping)
{
	bool heard = arping->received > 0;

	if (job->arg[ARPING_QUIET].count == 0)
		out_printf(job->out,
			   "Sent %llu probes (%llu broadcast(s))\n"
			   "Received %llu response(s)\n",
			   (unsigned long long)arping->sent,
			   (unsigned long long)arping->broadcasts,
			   (unsigned long long)arping->received);
	if (job->arg[ARPING_DUPLICATE].count > 0)
		return job_exit(job, heard ? 1 : 0);
	return job_exit(job, heard || arping->tells ? 0 : 1);
}

/* Has enough been asked and heard? */
static bool
is_over(const struct job *job, const struct arping_job *arping)
{
	bool last = arping->count > 0 && arping->sent == arping->count;

	if (job->interrupted || arping->capture->gone)
		return true;
	if (arping->received > 0 && (job->arg[ARPING_FIRST].count > 0 ||
				     job->arg[ARPING_DUPLICATE].count > 0))
		return true;
	if (last && (arping->received >= arping->sent ||
		     job->now_ns >= arping->next_ns))
		return true;
	return job->now_ns >= arping->end_ns && arping->sent > 0;
}

enum step
arping_step(struct job *job)
{
	struct arping_job *arping = job_state(job, struct arping_job);
	const struct captured *frame;

	for (unsigned int i = 0; i < 16; i++) {
		frame = capture_first(arping->capture);
		if (frame == NULL)
			break;
		hear(job, arping, frame);
		capture_next(arping->capture);
	}
	if (job->now_ns >= arping->next_ns &&
	    (arping->count == 0 || arping->sent < arping->count) &&
	    (arping->received == 0 || job->arg[ARPING_FIRST].count == 0))
		ask(job, arping);
	if (is_over(job, arping))
		return finish(job, arping);
	job->wake_ns = min_of(arping->next_ns, arping->end_ns);
	return capture_first(arping->capture) != NULL ? STEP_MORE : STEP_WAIT;
}

void
arping_end(struct job *job)
{
	struct arping_job *arping = job_state(job, struct arping_job);

	if (arping->capture != NULL)
		capture_stop(arping->capture);
}
