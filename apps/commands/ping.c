/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ping` in iputils' words. A job in virtual time: it sends when it is due,
 * sleeps otherwise, and is woken by what the ICMP layer hears; the answers are
 * noted there and printed here, so that nothing is printed inside a poll.
 */
#include "apps/commands/ip.h"
#include "apps/commands/commands.h"
#include "apps/commands/tool.h"
#include "lib/port.h"
#include "lib/str.h"
#include "lib/timer.h"
#include "net/ipv4/addr.h"
#include "net/net.h"

enum {
	PING_COUNT,
	PING_INTERVAL,
	PING_SIZE,
	PING_TTL,
	PING_TIMEOUT,
	PING_DEADLINE,
	PING_SOURCE,
	PING_TOS,
	PING_MTU,
	PING_QUIET,
	PING_BROADCAST,
	PING_NUMERIC,
	PING_FLOOD,
	PING_DST,
};

/* clang-format off */
#define OPTION(w, k, wh, h) .word = w, .kind = k, .flags = ARG_OPTION, \
	.what = wh, .help = h
const struct arg_spec ping_args[] = {
	[PING_COUNT] = { OPTION("-c", ARG_NUMBER, "COUNT", "stop after so many replies"),
		.min = 1, .max = 0x7fffffffffffffff },
	[PING_INTERVAL] = { OPTION("-i", ARG_TEXT, "SECONDS", "between two requests; 1 unless told") },
	[PING_SIZE] = { OPTION("-s", ARG_NUMBER, "BYTES", "of data; 56 unless told"), .max = 65507 },
	[PING_TTL] = { OPTION("-t", ARG_NUMBER, "HOPS", "how far it may go"), .max = 255 },
	[PING_TIMEOUT] = { OPTION("-W", ARG_TEXT, "SECONDS", "to wait for the last reply; 10 unless told") },
	[PING_DEADLINE] = { OPTION("-w", ARG_TEXT, "SECONDS", "to end at the latest") },
	[PING_SOURCE] = { OPTION("-I", ARG_TEXT, "DEVICE|ADDR", "leave there, or with that source") },
	[PING_TOS] = { OPTION("-Q", ARG_NUMBER, "TOS", "type of service"), .max = 255 },
	[PING_MTU] = { OPTION("-M", ARG_TEXT, "do|dont|want", "do: do not fragment") },
	[PING_QUIET] = { OPTION("-q", ARG_FLAG, NULL, "the summary only") },
	[PING_BROADCAST] = { OPTION("-b", ARG_FLAG, NULL, "to a broadcast address, too") },
	[PING_NUMERIC] = { .word = "-n", .also = "-4", .kind = ARG_FLAG,
		.flags = ARG_OPTION | ARG_HIDDEN, .help = "no names, of which there are none" },
	[PING_FLOOD] = { .word = "-f", .also = "-A|-R", .kind = ARG_FLAG,
		.flags = ARG_OPTION | ARG_HIDDEN, .help = "refused" },
	[PING_DST] = { .word = "", .kind = ARG_TEXT, .what = "ADDR",
		.flags = ARG_POSITIONAL | ARG_REQUIRED, .help = "whom to ask" },
	{ .kind = ARG_END },
};
/* clang-format on */

#define EVENTS_MAX   8u	 /* answers between two steps; more are counted */
#define SENT_MAX     96u /* requests whose time is remembered */
#define INTERVAL_MIN (2 * NS_PER_S / 1000)
#define LINGER_NS    (10 * NS_PER_S)

struct ping_event {
	uint32_t from, info, data_len;
	uint16_t seq;
	uint8_t ttl, type, code;
	bool is_error, duplicate, timed;
	uint64_t rtt_ns;
};

struct ping_job {
	struct icmp_listener listener;
	struct job *job;
	struct icmp_ping request;
	bool listening;
	uint64_t count, interval_ns, linger_ns, deadline_ns;
	uint64_t start_ns, last_ns, due_ns;
	uint64_t sent, received, errors, duplicates, lost_events;
	uint64_t rtt_min, rtt_max, rtt_sum, rtt_count;
	uint64_t rtt_square_sum; /* in units of (1024 ns)^2 */
	struct ping_event event[EVENTS_MAX];
	uint32_t event_count;
	struct ping_sent {
		uint64_t when_ns;
		uint16_t seq;
		bool used, answered;
	} sent_at[SENT_MAX];
};

/* ---- what is heard ------------------------------------------------------ */

static struct ping_event *
new_event(struct ping_job *ping, uint32_t from, uint16_t seq)
{
	struct ping_event *event = &ping->event[ping->event_count];

	job_wake(ping->job);
	if (ping->event_count == EVENTS_MAX) {
		ping->lost_events++;
		return NULL;
	}
	ping->event_count++;
	*event = (struct ping_event){ .from = from, .seq = seq };
	return event;
}

static void
heard_reply(struct icmp_listener *listener, uint32_t from, uint8_t ttl,
	    uint16_t seq, uint32_t data_len)
{
	struct ping_job *ping =
		container_of(listener, struct ping_job, listener);
	struct ping_sent *sent = &ping->sent_at[seq % SENT_MAX];
	bool known = sent->used && sent->seq == seq;
	bool duplicate = known && sent->answered;
	uint64_t rtt = ping->job->net->now_ns - sent->when_ns, unit;
	struct ping_event *event;

	if (duplicate)
		ping->duplicates++;
	else
		ping->received++;
	if (known && !duplicate && ping->request.data_len >= 16) {
		unit = rtt / 1024;
		ping->rtt_min =
			ping->rtt_count == 0 ? rtt : min_of(ping->rtt_min, rtt);
		ping->rtt_max = max_of(ping->rtt_max, rtt);
		ping->rtt_sum += rtt;
		ping->rtt_square_sum += unit * unit;
		ping->rtt_count++;
	}
	sent->answered = true;
	event = new_event(ping, from, seq);
	if (event == NULL)
		return;
	event->ttl = ttl;
	event->data_len = data_len;
	event->duplicate = duplicate;
	event->timed = known;
	event->rtt_ns = rtt;
}

static void
heard_error(struct icmp_listener *listener, uint32_t from, uint16_t seq,
	    uint8_t type, uint8_t code, uint32_t info)
{
	struct ping_job *ping =
		container_of(listener, struct ping_job, listener);
	struct ping_event *event = new_event(ping, from, seq);

	ping->errors++;
	if (event == NULL)
		return;
	event->is_error = true;
	event->type = type;
	event->code = code;
	event->info = info;
}

/* ---- what is said ------------------------------------------------------- */

static void
show_unreachable(struct out *out, const struct ping_event *event)
{
	static const char *const text[] = {
		"Destination Net Unreachable",
		"Destination Host Unreachable",
		"Destination Protocol Unreachable",
		"Destination Port Unreachable",
		"Frag needed and DF set",
		"Source Route Failed",
		"Destination Net Unknown",
		"Destination Host Unknown",
		"Source Host Isolated",
		"Destination Net Prohibited",
		"Destination Host Prohibited",
		"Destination Net Unreachable for Type of Service",
		"Destination Host Unreachable for Type of Service",
		"Packet filtered",
		"Precedence Violation",
		"Precedence Cutoff",
	};

	if (event->code == 4)
		out_printf(out, "Frag needed and DF set (mtu = %u)\n",
			   event->info);
	else if (event->code < array_len(text))
		out_printf(out, "%s\n", text[event->code]);
	else
		out_printf(out, "Dest Unreachable, Bad Code: %d\n",
			   event->code);
}

static void
show_event(struct job *job, const struct ping_event *event)
{
	char time[24];

	if (job->arg[PING_QUIET].count > 0)
		return;
	if (event->is_error) {
		out_printf(job->out, "From %pI4 icmp_seq=%u ", &event->from,
			   event->seq);
		if (event->type == 3)
			show_unreachable(job->out, event);
		else if (event->type == 11)
			out_puts(job->out,
				 event->code == 0
					 ? "Time to live exceeded\n"
					 : "Frag reassembly time exceeded\n");
		else if (event->type == 12)
			out_printf(job->out,
				   "Parameter problem: pointer = "
				   "%u\n",
				   event->info);
		else
			out_printf(job->out, "Bad ICMP type: %u\n",
				   event->type);
		return;
	}
	out_printf(job->out, "%u bytes from %pI4: icmp_seq=%u ttl=%u",
		   event->data_len + 8, &event->from, event->seq, event->ttl);
	if (event->timed && event->data_len >= 16) {
		milliseconds_text(event->rtt_ns, time, sizeof(time));
		out_printf(job->out, " time=%s ms", time);
	}
	out_puts(job->out, event->duplicate ? " (DUP!)\n" : "\n");
}

static void
show_rtt(struct out *out, const struct ping_job *ping)
{
	uint64_t average = ping->rtt_sum / ping->rtt_count;
	uint64_t unit = average / 1024;
	uint64_t mean_square = ping->rtt_square_sum / ping->rtt_count;
	uint64_t variance = mean_square - min_of(mean_square, unit * unit);

	out_puts(out, "rtt min/avg/max/mdev = ");
	microseconds_show(out, ping->rtt_min);
	out_puts(out, "/");
	microseconds_show(out, average);
	out_puts(out, "/");
	microseconds_show(out, ping->rtt_max);
	out_puts(out, "/");
	microseconds_show(out, square_root(variance) * 1024);
	out_puts(out, " ms\n");
}

static enum step
finish(struct job *job, struct ping_job *ping)
{
	uint64_t lost = ping->sent - min_of(ping->sent, ping->received);

	out_printf(job->out, "\n--- %s ping statistics ---\n",
		   job->arg[PING_DST].text);
	out_printf(job->out, "%llu packets transmitted, %llu received, ",
		   (unsigned long long)ping->sent,
		   (unsigned long long)ping->received);
	if (ping->duplicates > 0)
		out_printf(job->out, "+%llu duplicates, ",
			   (unsigned long long)ping->duplicates);
	if (ping->errors > 0)
		out_printf(job->out, "+%llu errors, ",
			   (unsigned long long)ping->errors);
	percent_show(job->out, lost, ping->sent);
	out_printf(job->out, "%% packet loss, time %llums\n",
		   (unsigned long long)((ping->last_ns - ping->start_ns) /
					1000000));
	if (ping->rtt_count > 0)
		show_rtt(job->out, ping);
	else
		out_puts(job->out, "\n");
	/* With a deadline all replies must have come in time. */
	return job_exit(job, ping->received == 0 ||
				     (ping->deadline_ns != TIMER_NEVER &&
				      ping->count > 0 &&
				      ping->received < ping->count));
}

/* ---- arguments ---------------------------------------------------------- */

static enum step
refuse(struct job *job, int status, const char *text)
{
	out_printf(job->err, "ping: %s\n", text);
	return job_exit(job, status);
}

static enum step
parse_source(struct job *job, struct ping_job *ping)
{
	const struct arg *arg = &job->arg[PING_SOURCE];
	struct netdev *dev;

	if (arg->count == 0)
		return STEP_MORE;
	if (str_ipv4(arg->text, &ping->request.src)) {
		if (addr_find(job->net, ping->request.src) == NULL)
			return refuse(job, 2,
				      "bind: Cannot assign requested address");
		return STEP_MORE;
	}
	dev = netdev_lookup(job->net, arg->text);
	if (dev == NULL) {
		out_printf(job->err,
			   "ping: SO_BINDTODEVICE %s: No such device\n",
			   arg->text);
		return job_exit(job, 2);
	}
	ping->request.out = dev->ifindex;
	return STEP_MORE;
}

static bool
parse_time(struct job *job, unsigned int index, uint64_t *ns)
{
	if (job->arg[index].count == 0 ||
	    seconds_parse(job->arg[index].text, ns))
		return true;
	out_printf(job->err, "ping: invalid argument: '%s'\n",
		   job->arg[index].text);
	job->error.spec = &ping_args[index];
	job->status = 1;
	return false;
}

static enum step
parse(struct job *job, struct ping_job *ping)
{
	const struct arg *arg = job->arg;
	uint64_t deadline_ns = 0;

	ping->interval_ns = NS_PER_S;
	ping->linger_ns = LINGER_NS;
	ping->deadline_ns = TIMER_NEVER;
	if (!parse_time(job, PING_INTERVAL, &ping->interval_ns) ||
	    !parse_time(job, PING_TIMEOUT, &ping->linger_ns) ||
	    !parse_time(job, PING_DEADLINE, &deadline_ns))
		return STEP_DONE;
	if (arg[PING_DEADLINE].count > 0)
		ping->deadline_ns = job->now_ns + deadline_ns;
	if (ping->interval_ns < INTERVAL_MIN)
		return refuse(job, 2, "cannot flood, minimal interval is 2 ms");
	if (arg[PING_FLOOD].count > 0)
		return refuse(job, 2, "-f, -A and -R are not supported");
	if (arg[PING_MTU].count > 0) {
		if (!args_names("do|dont|want", arg[PING_MTU].text, false)) {
			out_printf(job->err, "ping: invalid -M argument: %s\n",
				   arg[PING_MTU].text);
			return job_exit(job, 2);
		}
		ping->request.df =
			strcmp(arg[PING_MTU].text, "do") == 0	  ? DF_ALWAYS
			: strcmp(arg[PING_MTU].text, "dont") == 0 ? DF_NEVER
								  : DF_IF_WHOLE;
	}
	if (arg[PING_TTL].count > 0 && arg[PING_TTL].number == 0)
		return refuse(job, 2,
			      "cannot set unicast time-to-live: "
			      "Invalid argument");
	if (arg[PING_DST].count == 0)
		return refuse(job, 1,
			      "usage error: Destination address "
			      "required");
	if (!str_ipv4(arg[PING_DST].text, &ping->request.dst)) {
		out_printf(job->err, "ping: %s: Name or service not known\n",
			   arg[PING_DST].text);
		return job_exit(job, 2);
	}
	ping->count = arg[PING_COUNT].number;
	ping->request.data_len =
		arg[PING_SIZE].count > 0 ? (uint16_t)arg[PING_SIZE].number : 56;
	ping->request.ttl = (uint8_t)arg[PING_TTL].number;
	ping->request.tos = (uint8_t)arg[PING_TOS].number;
	return parse_source(job, ping);
}

#define ASKS_FOR_B                                                             \
	"Do you want to ping broadcast? Then -b. If not, check your local "    \
	"firewall rules"

/* Is there a way, and is it to one station? */
static enum step
check_way(struct job *job, struct ping_job *ping)
{
	struct flow flow = {
		.dst = ping->request.dst,
		.src = ping->request.src,
		.proto = IPPROTO_ICMP,
		.out = ping->request.out,
	};
	const struct route *route = fib_find(job->net, &flow);

	if (route != NULL && route->type == ROUTE_BROADCAST &&
	    job->arg[PING_BROADCAST].count == 0)
		return refuse(job, 2, ASKS_FOR_B);
	if (route == NULL && ping->request.out == 0)
		return refuse(job, 2, "connect: Network is unreachable");
	if (route == NULL)
		return STEP_MORE;
	switch (route->type) {
	case ROUTE_BLACKHOLE:
		return refuse(job, 2, "connect: Invalid argument");
	case ROUTE_UNREACHABLE:
		return refuse(job, 2, "connect: No route to host");
	case ROUTE_PROHIBIT: /* all that ping makes of EACCES */
		return refuse(job, 2, ASKS_FOR_B);
	default: return STEP_MORE;
	}
}

static void
show_title(struct job *job, const struct ping_job *ping)
{
	const struct icmp_ping *request = &ping->request;
	struct netdev *dev = netdev_by_index(job->net, request->out);
	uint32_t src = request->src;

	out_printf(job->out, "PING %s (%pI4)", job->arg[PING_DST].text,
		   &request->dst);
	if (dev != NULL)
		src = addr_select(dev, request->dst, SCOPE_LINK);
	if (dev != NULL || src != 0)
		out_printf(job->out, " from %pI4 %s:", &src,
			   dev != NULL ? dev->name : "");
	out_printf(job->out, " %u(%u) bytes of data.\n", request->data_len,
		   request->data_len + 28u);
}

enum step
ping_start(struct job *job)
{
	struct ping_job *ping = job_state(job, struct ping_job);

	if (parse(job, ping) == STEP_DONE || check_way(job, ping) == STEP_DONE)
		return STEP_DONE;
	show_title(job, ping);
	ping->job = job;
	ping->request.id = (uint16_t)random_u32(&job->net->random);
	ping->listener.id = ping->request.id;
	ping->listener.reply = heard_reply;
	ping->listener.error = heard_error;
	icmp_listen(job->net, &ping->listener);
	ping->listening = true;
	ping->start_ns = ping->last_ns = ping->due_ns = job->now_ns;
	return STEP_MORE;
}

/* ---- running ------------------------------------------------------------ */

static void
show_send_error(struct job *job, struct ping_job *ping, enum status status)
{
	struct ipv4_out how = { .dst = ping->request.dst,
				.src = ping->request.src,
				.out = ping->request.out };
	uint32_t src, mtu = 0;

	ping->errors++;
	if (job->arg[PING_QUIET].count > 0)
		return;
	if (status == ERR_MSGSIZE &&
	    ipv4_route_info(job->net, &how, &src, &mtu) == OK)
		out_printf(job->err,
			   "ping: local error: message too long, mtu=%u\n",
			   mtu);
	else
		out_printf(job->err, "ping: sendmsg: %s\n",
			   status == ERR_NOMEM ? "No buffer space available"
					       : status_text(status));
}

static void
send_one(struct job *job, struct ping_job *ping)
{
	struct ping_sent *sent;
	enum status status;

	ping->request.seq++;
	sent = &ping->sent_at[ping->request.seq % SENT_MAX];
	*sent = (struct ping_sent){ .when_ns = job->net->now_ns,
				    .seq = ping->request.seq,
				    .used = true };
	ping->sent++;
	ping->last_ns = job->now_ns;
	ping->due_ns += ping->interval_ns;
	/* After a long pause there is nothing to catch up with. */
	if (ping->due_ns <= job->now_ns)
		ping->due_ns = job->now_ns + ping->interval_ns;
	status = icmp_ping_send(job->net, &ping->request);
	if (status != OK)
		show_send_error(job, ping, status);
}

/* When the last reply may still come. */
static uint64_t
last_call_ns(const struct ping_job *ping)
{
	if (ping->received > 0)
		return ping->last_ns +
		       max_of(2 * ping->rtt_max, ping->interval_ns);
	return ping->last_ns + ping->linger_ns;
}

enum step
ping_step(struct job *job)
{
	struct ping_job *ping = job_state(job, struct ping_job);
	bool all_sent;

	for (uint32_t i = 0; i < ping->event_count; i++)
		show_event(job, &ping->event[i]);
	ping->event_count = 0;
	if (job->interrupted || job->now_ns >= ping->deadline_ns ||
	    (ping->count > 0 && ping->received + ping->errors >= ping->count))
		return finish(job, ping);
	all_sent = ping->count > 0 && ping->sent >= ping->count;
	if (!all_sent && job->now_ns >= ping->due_ns)
		send_one(job, ping);
	all_sent = ping->count > 0 && ping->sent >= ping->count;
	if (all_sent && job->now_ns >= last_call_ns(ping))
		return finish(job, ping);
	job->wake_ns = min_of(ping->deadline_ns,
			      all_sent ? last_call_ns(ping) : ping->due_ns);
	/* What could not be sent needs no waiting for. */
	if (all_sent && ping->received + ping->errors >= ping->count)
		job->wake_ns = 0;
	return STEP_WAIT;
}

void
ping_end(struct job *job)
{
	struct ping_job *ping = job_state(job, struct ping_job);

	if (ping->listening)
		icmp_unlisten(&ping->listener);
}
