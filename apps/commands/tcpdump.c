/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `tcpdump`: frames as they pass (net/capture/capture.h), in words on the
 * console, or as a pcap stream to whoever connects to a port. A job: the tap
 * wakes it, it prints while there is room; what the ring cannot hold meanwhile
 * is counted as dropped. The stream waits for TCP in the same way.
 */
#include "apps/box.h"
#include "apps/commands/commands.h"
#include "apps/commands/ip.h"
#include "apps/commands/tool.h"
#include "apps/platform.h"
#include "lib/date.h"
#include "lib/port.h"
#include "lib/str.h"
#include "lib/timer.h"
#include "net/capture/capture.h"
#include "net/capture/show.h"
#include "net/net.h"

enum {
	DUMP_DEV,
	DUMP_COUNT,
	DUMP_ETHERNET,
	DUMP_LOUD,
	DUMP_HEX,
	DUMP_ASCII,
	DUMP_QUICK,
	DUMP_ABSOLUTE,
	DUMP_TIME,
	DUMP_SNAP,
	DUMP_DIRECTION,
	DUMP_NOT_PROMISCUOUS,
	DUMP_WRITE,
	DUMP_DEVICES,
	DUMP_IGNORED,
	DUMP_EXPRESSION,
};

/* clang-format off */
#define FLAG(w, h) { .word = w, .kind = ARG_FLAG, .flags = ARG_OPTION, \
	.help = h }
const struct arg_spec tcpdump_args[] = {
	[DUMP_DEV] = { .word = "-i", .also = "--interface", .kind = ARG_TEXT,
		.flags = ARG_OPTION, .what = "DEVICE",
		.help = "of this interface; any: of all; else the first that is up" },
	[DUMP_COUNT] = { .word = "-c", .kind = ARG_NUMBER, .flags = ARG_OPTION,
		.what = "COUNT", .min = 1, .max = ~0u, .help = "end after so many" },
	[DUMP_ETHERNET] = FLAG("-e", "with the Ethernet header"),
	[DUMP_LOUD] = FLAG("-v", "with the IP header and checksums; twice: more"),
	[DUMP_HEX] = FLAG("-x", "with the bytes; twice: the Ethernet header's too"),
	[DUMP_ASCII] = FLAG("-X", "the same, and as characters"),
	[DUMP_QUICK] = FLAG("-q", "less of TCP"),
	[DUMP_ABSOLUTE] = FLAG("-S", "TCP's numbers as they are, not from the beginning"),
	[DUMP_TIME] = FLAG("-t", "once: no time; then seconds since 1970, since the line before, date and time, since the first"),
	[DUMP_SNAP] = { .word = "-s", .kind = ARG_NUMBER, .flags = ARG_OPTION,
		.what = "BYTES", .max = 262144, .help = "keep so much of a frame; 0: all" },
	[DUMP_DIRECTION] = { .word = "-Q", .kind = ARG_TEXT, .flags = ARG_OPTION,
		.what = "in|out|inout", .help = "only what comes in, or goes out" },
	[DUMP_NOT_PROMISCUOUS] = FLAG("-p", "only what is meant for this box"),
	[DUMP_WRITE] = { .word = "-w", .kind = ARG_TEXT, .flags = ARG_OPTION,
		.what = "tcp:PORT", .help = "as pcap, to whoever connects to this port" },
	[DUMP_DEVICES] = FLAG("-D", "which interfaces there are"),
	[DUMP_IGNORED] = { .word = "-n", .also = "-l|-U|-K", .kind = ARG_FLAG,
		.flags = ARG_OPTION | ARG_HIDDEN, .help = "it is so anyway" },
	[DUMP_EXPRESSION] = { .word = "", .kind = ARG_TEXT, .what = "EXPRESSION",
		.flags = ARG_POSITIONAL | ARG_MANY,
		.help = "which frames, e.g. icmp or tcp port 80" },
	{ .kind = ARG_END },
};
/* clang-format on */

#define SNAP_DEFAULT   262144u
#define SNAP_TEXT      192u  /* headers, and the ones that ICMP errors quote */
#define SNAP_DUMP      1600u /* what a step has room for */
#define FRAMES_A_STEP  8u    /* lines, when nothing is dumped */
#define EXPRESSION_LEN 512u

struct tcpdump_job {
	struct job *job;
	struct capture *capture;
	struct capture_style style;
	struct capture_flows flows;
	uint64_t shown, count;
	uint64_t first_ns, last_ns; /* of frames shown */
	bool any;
	/* The stream. */
	struct sock *listener, *sock;
	uint32_t sent; /* bytes of the frame that goes out, its header's too */
	bool started, lost_peer;
};

static void
wake(void *ctx)
{
	job_wake(ctx);
}

/* ---- pcap --------------------------------------------------------------- */

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snap_len, link_type;
};

struct pcap_record {
	uint32_t seconds, microseconds, have, len;
};

#define PCAP_MAGIC	 0xa1b2c3d4u
#define PCAP_LINK_EN10MB 1u

/* What came before the reader is none of its business. */
static void
forget(struct tcpdump_job *dump)
{
	while (capture_first(dump->capture) != NULL)
		capture_next(dump->capture);
	dump->capture->received = dump->capture->lost = 0;
}

static void
stream_established(struct sock *sock)
{
	struct tcpdump_job *dump = sock->ctx;

	if (dump->sock != NULL)
		return tcp_abort(sock); /* one reader */
	forget(dump);
	dump->sock = sock;
	dump->capture->own_local = sock->local;
	dump->capture->own_remote = sock->remote;
	job_wake(dump->job);
}

static void
stream_changed(struct sock *sock)
{
	struct tcpdump_job *dump = sock->ctx;

	if (dump->sock == sock)
		job_wake(dump->job);
}

static void
stream_closed(struct sock *sock, enum status why)
{
	struct tcpdump_job *dump = sock->ctx;

	if (dump->sock != sock)
		return;
	dump->sock = NULL;
	dump->lost_peer = true;
	job_wake(dump->job);
}

static const struct sock_ops stream_ops = {
	.established = stream_established,
	.readable = stream_changed,
	.writable = stream_changed,
	.closed = stream_closed,
};

/* Nanoseconds since 1970, or since boot if nobody knows. */
static uint64_t
wall_ns(const struct job *job, uint64_t ns)
{
	const struct platform *platform = job->box->platform;

	return ns + (platform->boot_epoch_s != NULL
			     ? platform->boot_epoch_s() * NS_PER_S
			     : 0);
}

/* Goes on with a piece of len bytes that begins at `from` of the frame. */
static bool
stream_piece(struct tcpdump_job *dump, const void *bytes, uint32_t from,
	     uint32_t len)
{
	uint32_t done;

	if (dump->sent >= from + len)
		return true;
	done = dump->sent - from;
	dump->sent +=
		(uint32_t)tcp_write(dump->sock, (const uint8_t *)bytes + done,
				    len - done);
	return dump->sent == from + len;
}

static bool
stream_frame(struct tcpdump_job *dump, const struct captured *frame)
{
	uint64_t ns = wall_ns(dump->job, frame->time_ns);
	const struct pcap_record record = {
		.seconds = (uint32_t)(ns / NS_PER_S),
		.microseconds = (uint32_t)(ns % NS_PER_S / 1000),
		.have = frame->have,
		.len = frame->len,
	};

	return stream_piece(dump, &record, 0, sizeof(record)) &&
	       stream_piece(dump, frame->bytes, sizeof(record), frame->have);
}

static bool
stream_start(struct tcpdump_job *dump)
{
	const struct pcap_header header = {
		.magic = PCAP_MAGIC,
		.major = 2,
		.minor = 4,
		.snap_len = SNAP_DEFAULT,
		.link_type = PCAP_LINK_EN10MB,
	};

	if (!dump->started && !stream_piece(dump, &header, 0, sizeof(header)))
		return false;
	if (!dump->started)
		dump->sent = 0;
	dump->started = true;
	return true;
}

/* ---- in words ----------------------------------------------------------- */

static void
show_clock(struct out *out, uint64_t ns)
{
	uint64_t s = ns / NS_PER_S;

	out_printf(out, "%02u:%02u:%02u.%06u ", (unsigned int)(s / 3600 % 24),
		   (unsigned int)(s / 60 % 60), (unsigned int)(s % 60),
		   (unsigned int)(ns % NS_PER_S / 1000));
}

static void
show_when(struct tcpdump_job *dump, uint64_t time_ns)
{
	struct out *out = dump->job->out;
	uint64_t ns = wall_ns(dump->job, time_ns);
	uint32_t year, month, day;

	switch (dump->job->arg[DUMP_TIME].count) {
	case 0: return show_clock(out, ns);
	case 1: return;
	case 2:
		out_printf(out, "%llu.%06u ",
			   (unsigned long long)(ns / NS_PER_S),
			   (unsigned int)(ns % NS_PER_S / 1000));
		return;
	case 4:
		date_civil(ns / NS_PER_S / 86400, &year, &month, &day);
		out_printf(out, "%04u-%02u-%02u ", year, month, day);
		return show_clock(out, ns);
	default: break;
	}
	out_puts(out, " ");
	show_clock(out, time_ns - (dump->job->arg[DUMP_TIME].count == 3
					   ? dump->last_ns
					   : dump->first_ns));
}

static void
show_where(struct tcpdump_job *dump, const struct captured *frame)
{
	static const uint8_t broadcast[6] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};
	const struct netdev *dev =
		netdev_by_index(dump->job->net, frame->ifindex);
	const char *how = "In";

	if (frame->outgoing)
		how = "Out";
	else if (frame->have >= 6 && memcmp(frame->bytes, broadcast, 6) == 0)
		how = "B";
	else if (frame->have >= 6 && (frame->bytes[0] & 1))
		how = "M";
	else if (dev != NULL && frame->have >= 6 &&
		 memcmp(frame->bytes, dev->addr, 6) != 0)
		how = "P";
	out_printf(dump->job->out, "%-5s %-3s ", dev != NULL ? dev->name : "?",
		   how);
}

static void
show_frame(struct tcpdump_job *dump, const struct captured *frame)
{
	if (dump->shown == 0)
		dump->first_ns = dump->last_ns = frame->time_ns;
	show_when(dump, frame->time_ns);
	if (dump->any)
		show_where(dump, frame);
	capture_show(dump->job->out, &dump->style, &dump->flows, frame->bytes,
		     frame->have, frame->len);
	dump->last_ns = frame->time_ns;
}

/* ---- beginning ---------------------------------------------------------- */

static enum step
refuse(struct job *job, const char *text, const char *about)
{
	out_printf(job->err, "tcpdump: %s%s\n", about, text);
	return job_exit(job, 1);
}

static enum step
show_devices(struct job *job)
{
	unsigned int n = 0;

	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		const struct netdev *dev = job->net->netdev[i];

		if (dev == NULL)
			continue;
		out_printf(job->out, "%u.%s [%s%s]\n", ++n, dev->name,
			   !netdev_is_up(dev) ? "Down"
			   : dev->carrier     ? "Up, Running"
					      : "Up",
			   dev->flags & NETDEV_LOOPBACK ? ", Loopback" : "");
	}
	out_printf(job->out,
		   "%u.any (Pseudo-device that captures on all interfaces) "
		   "[Up, Running]\n",
		   ++n);
	return job_exit(job, 0);
}

/* The first that is up and no loopback, as Linux's. */
static const struct netdev *
default_device(struct net *net)
{
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++)
		if (net->netdev[i] != NULL && netdev_is_up(net->netdev[i]) &&
		    !(net->netdev[i]->flags & NETDEV_LOOPBACK))
			return net->netdev[i];
	return &net->loopback;
}

/* The words of the expression with blanks between; they are the last ones. */
static bool
expression(struct job *job, char *text, size_t size)
{
	const struct arg *arg = &job->arg[DUMP_EXPRESSION];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < arg->count; i++) {
		const char *word = job->word[arg->word + 1 - arg->count + i];

		len += fmt_print(text + len, size - len, "%s%s",
				 i > 0 ? " " : "", word);
		if (len >= size)
			return false;
	}
	return true;
}

static bool
parse_filter(struct job *job, struct capture_filter *filter)
{
	char text[EXPRESSION_LEN];
	struct capture_error error;

	if (!expression(job, text, sizeof(text))) {
		refuse(job, "can't parse filter expression: it is too long",
		       "");
		return false;
	}
	if (capture_filter_parse(filter, text, &error))
		return true;
	out_printf(job->err,
		   "tcpdump: can't parse filter expression: syntax error\n"
		   "  %s\n  %*s^ %s\n",
		   text, (int)error.at, "", error.text);
	job->status = 1;
	return false;
}

static bool
parse_direction(struct job *job, enum capture_direction *direction)
{
	const char *text = job->arg[DUMP_DIRECTION].text;

	if (text == NULL || strcmp(text, "inout") == 0)
		*direction = CAPTURE_BOTH;
	else if (strcmp(text, "in") == 0)
		*direction = CAPTURE_IN;
	else if (strcmp(text, "out") == 0)
		*direction = CAPTURE_OUT;
	else {
		out_printf(job->err,
			   "tcpdump: unknown capture direction `%s'\n", text);
		job->status = 1;
		return false;
	}
	return true;
}

/* -w tcp:PORT. */
static bool
listen(struct job *job, struct tcpdump_job *dump)
{
	const char *text = job->arg[DUMP_WRITE].text;
	struct sock_addr local = { 0 };
	enum status status = ERR_INVAL;
	uint32_t port = 0;

	if (text == NULL)
		return true;
	if (!str_starts(text, "tcp:") || !str_u32(text + 4, &port) ||
	    port == 0 || port > 65535) {
		refuse(job, ": no files here; -w tcp:PORT waits for a reader",
		       text);
		return false;
	}
	local.port = (uint16_t)port;
	dump->listener = tcp_listen(job->net, &local, 1, &stream_ops, dump,
				    "tcpdump", &status);
	if (dump->listener == NULL)
		refuse(job, status_text(status), "-w: ");
	return dump->listener != NULL;
}

static uint32_t
snap_len(const struct job *job)
{
	const struct arg *arg = job->arg;
	uint32_t asked = arg[DUMP_SNAP].number > 0
				 ? (uint32_t)arg[DUMP_SNAP].number
				 : SNAP_DEFAULT;

	if (arg[DUMP_WRITE].count > 0)
		return asked;
	return min_of(asked, arg[DUMP_HEX].count > 0 ||
					     arg[DUMP_ASCII].count > 0 ||
					     arg[DUMP_LOUD].count > 0
				     ? SNAP_DUMP
				     : SNAP_TEXT);
}

static void
show_title(struct job *job, const char *dev)
{
	if (job->arg[DUMP_LOUD].count == 0 && job->arg[DUMP_WRITE].count == 0)
		out_puts(job->err, "tcpdump: verbose output suppressed, use "
				   "-v[v]... for full protocol decode\n");
	else
		out_puts(job->err, "tcpdump: ");
	out_printf(job->err,
		   "listening on %s, link-type EN10MB (Ethernet), snapshot "
		   "length %u bytes\n",
		   dev,
		   job->arg[DUMP_SNAP].number > 0
			   ? (uint32_t)job->arg[DUMP_SNAP].number
			   : SNAP_DEFAULT);
}

static enum step
begin(struct job *job, struct tcpdump_job *dump, const struct netdev *dev)
{
	struct capture_config config = {
		.ifindex = dev != NULL ? dev->ifindex : 0,
		.promiscuous = dev != NULL &&
			       job->arg[DUMP_NOT_PROMISCUOUS].count == 0,
		.snap_len = snap_len(job),
		.wake = wake,
		.ctx = job,
	};
	struct capture_filter filter;
	enum status status;

	if (!parse_direction(job, &config.direction) ||
	    !parse_filter(job, &filter) || !listen(job, dump))
		return STEP_DONE;
	status = capture_start(job->net, &config, &filter, &dump->capture);
	if (status != OK)
		return refuse(job, status_text(status), "");
	show_title(job, dev != NULL ? dev->name : "any");
	job->wake_ns = TIMER_NEVER;
	return STEP_WAIT;
}

enum step
tcpdump_start(struct job *job)
{
	struct tcpdump_job *dump = job_state(job, struct tcpdump_job);
	const struct arg *arg = job->arg;
	const struct netdev *dev = NULL;

	dump->job = job;
	dump->count = arg[DUMP_COUNT].number;
	dump->style = (struct capture_style){
		.ethernet = arg[DUMP_ETHERNET].count > 0,
		.quick = arg[DUMP_QUICK].count > 0,
		.absolute = arg[DUMP_ABSOLUTE].count > 0,
		.loud = arg[DUMP_LOUD].count,
		.hex = max_of(arg[DUMP_HEX].count, arg[DUMP_ASCII].count),
		.ascii = arg[DUMP_ASCII].count > 0,
	};
	if (arg[DUMP_DEVICES].count > 0)
		return show_devices(job);
	dump->any = arg[DUMP_DEV].count > 0 &&
		    strcmp(arg[DUMP_DEV].text, "any") == 0;
	if (arg[DUMP_DEV].count == 0)
		dev = default_device(job->net);
	else if (!dump->any)
		dev = netdev_lookup(job->net, arg[DUMP_DEV].text);
	if (dev == NULL && !dump->any)
		return refuse(job,
			      ": No such device exists (No such device exists)",
			      arg[DUMP_DEV].text);
	return begin(job, dump, dev);
}

/* ---- running ------------------------------------------------------------ */

static void
show_count(struct out *out, uint64_t count, const char *what)
{
	out_printf(out, "%llu packet%s %s\n", (unsigned long long)count,
		   count == 1 ? "" : "s", what);
}

static enum step
finish(struct job *job, struct tcpdump_job *dump)
{
	if (job->interrupted)
		out_puts(job->err, "\n");
	if (dump->capture->gone)
		out_puts(job->err, "tcpdump: pcap_loop: The interface "
				   "disappeared\n");
	show_count(job->err, dump->shown, "captured");
	show_count(job->err, dump->capture->received, "received by filter");
	show_count(job->err, dump->capture->lost, "dropped by kernel");
	return job_exit(job, dump->capture->gone ? 1 : 0);
}

/* Takes the next frame away; false: it has to wait, or there is none. */
static bool
take(struct tcpdump_job *dump)
{
	const struct captured *frame = capture_first(dump->capture);

	if (frame == NULL)
		return false;
	if (dump->listener == NULL) {
		show_frame(dump, frame);
	} else {
		if (dump->sock == NULL || !stream_start(dump) ||
		    !stream_frame(dump, frame))
			return false;
		dump->sent = 0;
	}
	dump->shown++;
	capture_next(dump->capture);
	return true;
}

static bool
is_over(const struct tcpdump_job *dump)
{
	if (dump->job->interrupted || dump->lost_peer ||
	    (dump->sock != NULL && tcp_eof(dump->sock)))
		return true;
	if (dump->count > 0 && dump->shown == dump->count)
		return true;
	return dump->capture->gone && capture_first(dump->capture) == NULL;
}

enum step
tcpdump_step(struct job *job)
{
	struct tcpdump_job *dump = job_state(job, struct tcpdump_job);
	unsigned int most =
		dump->style.hex > 0 || dump->style.loud > 0 ? 1 : FRAMES_A_STEP;
	bool more = true;

	if (dump->sock != NULL)
		(void)stream_start(dump);
	else if (dump->listener != NULL)
		forget(dump);
	for (unsigned int i = 0; i < most && more && !is_over(dump); i++)
		more = take(dump);
	if (is_over(dump))
		return finish(job, dump);
	job->wake_ns = TIMER_NEVER;
	return more ? STEP_MORE : STEP_WAIT;
}

void
tcpdump_end(struct job *job)
{
	struct tcpdump_job *dump = job_state(job, struct tcpdump_job);

	if (dump->capture != NULL)
		capture_stop(dump->capture);
	if (dump->listener != NULL)
		tcp_close(dump->listener);
	if (dump->sock != NULL)
		tcp_close(dump->sock);
}
