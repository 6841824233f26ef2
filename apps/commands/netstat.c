/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `netstat`, in the words of net-tools 2.10: interfaces, routes, counters as
 * sentences, endpoints.
 */
#include "apps/commands/commands.h"
#include "apps/commands/counters.h"
#include "apps/commands/ip.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/fib_walk.h"
#include "net/net.h"

enum {
	NETSTAT_INTERFACES,
	NETSTAT_ROUTES,
	NETSTAT_STATISTICS,
	NETSTAT_UDP,
	NETSTAT_TCP,
	NETSTAT_ALL,
	NETSTAT_LISTEN,
	NETSTAT_NUMERIC,
	NETSTAT_PROGRAM,
	NETSTAT_TIMERS,
};

/* clang-format off */
#define OPTION(w, al, h) { .word = w, .also = al, .kind = ARG_FLAG, \
	.flags = ARG_OPTION, .help = h }
/* clang-format on */

const struct arg_spec netstat_args[] = {
	[NETSTAT_INTERFACES] = OPTION("-i", "--interfaces", "interfaces"),
	[NETSTAT_ROUTES] = OPTION("-r", "--route", "the main table"),
	[NETSTAT_STATISTICS] = OPTION("-s", "--statistics", "counters"),
	[NETSTAT_UDP] = OPTION("-u", "--udp", "UDP endpoints"),
	[NETSTAT_TCP] = OPTION("-t", "--tcp", "TCP endpoints"),
	[NETSTAT_ALL] = OPTION("-a", "--all", "listening and connected ones"),
	[NETSTAT_LISTEN] = OPTION("-l", "--listening", "listening ones only"),
	[NETSTAT_NUMERIC] =
		OPTION("-n", "--numeric", "no names, of which there are none"),
	[NETSTAT_PROGRAM] = OPTION("-p", "--programs", "whose they are"),
	[NETSTAT_TIMERS] =
		OPTION("-o", "--timers", "which timer runs, seconds left"),
	{ .kind = ARG_END },
};

static void
interface_line(struct job *job, struct netdev *dev)
{
	const struct netdev_stats *s = &dev->stats;
	bool loopback = dev->flags & NETDEV_LOOPBACK;
	char flags[8];

	if (dev->ops->update_stats != NULL)
		dev->ops->update_stats(dev);
	fmt_print(flags, sizeof(flags), "%s%s%s%s%s",
		  dev->flags & NETDEV_BROADCAST ? "B" : "", loopback ? "L" : "",
		  dev->flags & NETDEV_MULTICAST ? "M" : "",
		  netdev_is_running(dev) ? "R" : "",
		  netdev_is_up(dev) ? "U" : "");
	out_printf(job->out,
		   "%-16s%5u %8llu %6llu %6llu %-6llu %8llu %6llu %6llu "
		   "%6llu %s\n",
		   dev->name, dev->mtu, (unsigned long long)s->rx_packets,
		   (unsigned long long)s->rx_errors,
		   (unsigned long long)(s->rx_dropped + s->rx_missed_errors),
		   (unsigned long long)s->rx_fifo_errors,
		   (unsigned long long)s->tx_packets,
		   (unsigned long long)s->tx_errors,
		   (unsigned long long)s->tx_dropped,
		   (unsigned long long)s->tx_fifo_errors, flags);
}

/* Those that are up; lo comes last, as net-tools sort names. */
static enum step
interfaces_step(struct job *job)
{
	struct netdev *dev;

	if (job->position == 0)
		out_puts(job->out,
			 "Kernel Interface table\n"
			 "Iface             MTU    RX-OK RX-ERR RX-DRP "
			 "RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR "
			 "Flg\n");
	for (job->position++; job->position < PARAM_NETDEVS_MAX;
	     job->position++) {
		dev = netdev_by_index(job->net, job->position + 1);
		if (dev != NULL && netdev_is_up(dev)) {
			interface_line(job, dev);
			return STEP_MORE;
		}
	}
	if (netdev_is_up(&job->net->loopback))
		interface_line(job, &job->net->loopback);
	return job_exit(job, 0);
}

static bool
route_visit(void *ctx, const struct route *route)
{
	struct job *job = ctx;
	const struct nexthop *hop =
		route->nexthop_count > 0 ? &route->nexthop[0] : NULL;
	char dst[16], gateway[16] = "0.0.0.0", mask[16], flags[8];
	uint32_t bits =
		route->prefix_len == 0 ? 0 : ~0u << (32 - route->prefix_len);
	bool reject = route->type == ROUTE_UNREACHABLE ||
		      route->type == ROUTE_PROHIBIT;

	fmt_print(dst, sizeof(dst), "%pI4", &route->dst);
	fmt_print(mask, sizeof(mask), "%pI4", &bits);
	if (hop != NULL)
		fmt_print(gateway, sizeof(gateway), "%pI4", &hop->gateway);
	if (reject)
		str_copy(gateway, "-", sizeof(gateway));
	fmt_print(flags, sizeof(flags), "%s%s%s", reject ? "!" : "U",
		  hop != NULL && hop->gateway != 0 ? "G" : "",
		  route->prefix_len == 32 ? "H" : "");
	out_printf(job->out, "%-15s %-15s %-15s %-6s", dst, gateway, mask,
		   flags);
	if (reject)
		out_puts(job->out, "     - -          - ");
	else
		out_printf(job->out, "%5u %-5u %6u ", route->advmss, 0u, 0u);
	out_printf(job->out, "%s\n",
		   hop != NULL && hop->dev != NULL ? hop->dev->name
		   : reject			   ? "-"
						   : "*");
	return true;
}

static enum step
routes_step(struct job *job)
{
	struct fib_place *place = job_state(job, struct fib_place);

	if (job->position++ == 0)
		out_puts(
			job->out,
			"Kernel IP routing table\n"
			"Destination     Gateway         Genmask         Flags "
			"  MSS Window  irtt Iface\n");
	return fib_walk(job->net, TABLE_MAIN, place, 16, route_visit, job)
		       ? STEP_MORE
		       : STEP_DONE;
}

struct sentence {
	uint64_t value;
	const char *text;
	bool always; /* also when it is 0 */
};

static void
sentences(struct out *out, const struct sentence *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (list[i].always || list[i].value != 0)
			out_printf(out, "    %llu %s\n",
				   (unsigned long long)list[i].value,
				   list[i].text);
	}
}

static void
ip_sentences(struct job *job)
{
	const struct ipv4_stats *s = &job->net->ipv4_stats;
	const struct sentence list[] = {
		{ s->in_receives, "total packets received", true },
		{ s->in_hdr_errors, "with invalid headers", false },
		{ s->in_addr_errors, "with invalid addresses", false },
		{ s->forw_datagrams, "forwarded", true },
		{ s->in_unknown_protos, "with unknown protocol", false },
		{ s->in_discards, "incoming packets discarded", true },
		{ s->in_delivers, "incoming packets delivered", true },
		{ s->out_requests, "requests sent out", true },
		{ s->out_discards, "outgoing packets dropped", false },
		{ s->out_no_routes, "dropped because of missing route", false },
		{ s->reasm_timeout, "fragments dropped after timeout", false },
		{ s->reasm_reqds, "reassemblies required", false },
		{ s->reasm_oks, "packets reassembled ok", false },
		{ s->reasm_fails, "packet reassemblies failed", false },
		{ s->frag_oks, "fragments received ok", false },
		{ s->frag_fails, "fragments failed", false },
		{ s->frag_creates, "fragments created", false },
		{ s->mss_clamped, "segment sizes lowered in SYNs", false },
	};

	out_printf(job->out, "Ip:\n    Forwarding: %u\n",
		   job->net->ipv4_param.ip_forward ? 1 : 2);
	sentences(job->out, list, array_len(list));
}

static void
icmp_histogram(struct out *out, const char *title, const uint64_t *type)
{
	static const struct {
		uint8_t type;
		const char *name;
	} name[] = {
		{ 3, "destination unreachable" },
		{ 11, "timeout in transit" },
		{ 12, "wrong parameters" },
		{ 4, "source quenches" },
		{ 5, "redirects" },
		{ 8, "echo requests" },
		{ 0, "echo replies" },
		{ 13, "timestamp request" },
		{ 14, "timestamp reply" },
	};

	out_printf(out, "    %s histogram:\n", title);
	for (unsigned int i = 0; i < array_len(name); i++) {
		if (type[name[i].type] != 0)
			out_printf(out, "        %s: %llu\n", name[i].name,
				   (unsigned long long)type[name[i].type]);
	}
}

static void
icmp_sentences(struct job *job)
{
	const struct icmp_stats *s = &job->net->icmp_stats;

	out_printf(job->out,
		   "Icmp:\n    %llu ICMP messages received\n"
		   "    %llu input ICMP message failed\n",
		   (unsigned long long)s->in_msgs,
		   (unsigned long long)s->in_errors);
	icmp_histogram(job->out, "ICMP input", s->in_type);
	out_printf(job->out,
		   "    %llu ICMP messages sent\n"
		   "    %llu ICMP messages failed\n",
		   (unsigned long long)s->out_msgs,
		   (unsigned long long)s->out_errors);
	icmp_histogram(job->out, "ICMP output", s->out_type);
}

static void
icmp_msg_lines(struct job *job)
{
	struct counters c;

	counters_get(job->net, COUNTERS_ICMP_MSG, &c);
	if (c.count > 0)
		out_puts(job->out, "IcmpMsg:\n");
	for (uint32_t i = 0; i < c.count; i++)
		out_printf(job->out, "        %s: %llu\n", c.counter[i].name,
			   (unsigned long long)c.counter[i].value);
}

static void
tcp_sentences(struct job *job)
{
	out_puts(job->out, "Tcp:\n");
	counters_tell(job->net, COUNTERS_TCP, job->out);
}

static void
udp_sentences(struct job *job)
{
	const struct udp_stats *s = &job->net->udp.stats;
	const struct sentence list[] = {
		{ s->in_datagrams, "packets received", true },
		{ s->no_ports, "packets to unknown port received", true },
		{ s->in_errors, "packet receive errors", true },
		{ s->out_datagrams, "packets sent", true },
		{ s->rcvbuf_errors, "receive buffer errors", true },
		{ s->sndbuf_errors, "send buffer errors", true },
	};

	out_puts(job->out, "Udp:\n");
	sentences(job->out, list, array_len(list));
	if (s->in_csum_errors != 0)
		out_printf(job->out, "    InCsumErrors: %llu\n",
			   (unsigned long long)s->in_csum_errors);
}

/* With -t or -u only what is said of these. */
static enum step
statistics_step(struct job *job)
{
	bool tcp = job->arg[NETSTAT_TCP].count > 0;
	bool udp = job->arg[NETSTAT_UDP].count > 0, all = !tcp && !udp;

	switch (job->position++) {
	case 0:
		if (all)
			ip_sentences(job);
		return STEP_MORE;
	case 1:
		if (all) {
			icmp_sentences(job);
			icmp_msg_lines(job);
		}
		return STEP_MORE;
	case 2:
		if (tcp || all)
			tcp_sentences(job);
		return STEP_MORE;
	case 3:
		if (udp || all)
			udp_sentences(job);
		return STEP_MORE;
	case 4:
		if (tcp || all) {
			out_puts(job->out, "TcpExt:\n");
			counters_tell(job->net, COUNTERS_TCP_EXT, job->out);
		}
		return STEP_MORE;
	default:
		out_puts(job->out, "IpExt:\n");
		counters_tell(job->net, COUNTERS_IP_EXT, job->out);
		return job_exit(job, 0);
	}
}

/* ---- endpoints ---------------------------------------------------------- */

struct endpoints {
	uint32_t tcp_place;
	bool titled, tcp_done;
};

struct end {
	const char *proto, *state, *owner;
	const struct sock_addr *local, *remote;
	uint32_t recv_q, send_q;
	bool listens;
	/* Of the timer. */
	const char *timer;
	uint64_t due_ns;
	uint32_t retries, probes;
};

static const char *
state_name(enum tcp_state state)
{
	static const char *const name[] = {
		[TCP_ESTABLISHED] = "ESTABLISHED",
		[TCP_SYN_SENT] = "SYN_SENT",
		[TCP_SYN_RECEIVED] = "SYN_RECV",
		[TCP_FIN_WAIT_1] = "FIN_WAIT1",
		[TCP_FIN_WAIT_2] = "FIN_WAIT2",
		[TCP_TIME_WAIT] = "TIME_WAIT",
		[TCP_CLOSED] = "CLOSE",
		[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_LAST_ACK] = "LAST_ACK",
		[TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING",
	};

	return name[state];
}

static void
addr_text(const struct sock_addr *addr, char *text, size_t size)
{
	if (addr->port == 0)
		fmt_print(text, size, "%pI4:*", &addr->addr);
	else
		fmt_print(text, size, "%pI4:%u", &addr->addr, addr->port);
}

static void
timer_show(struct job *job, const struct end *end)
{
	uint64_t left = 0;
	const char *name = end->timer;

	if (name == NULL || name[0] == '\0' || end->due_ns == 0)
		name = "off";
	else if (end->due_ns > job->net->now_ns)
		left = (end->due_ns - job->net->now_ns) / 10000000;
	if (strcmp(name, "persist") == 0)
		name = "probe";
	out_printf(job->out, " %s (%llu.%02llu/%u/%u)", name,
		   (unsigned long long)(left / 100),
		   (unsigned long long)(left % 100), end->retries, end->probes);
}

static void
end_show(struct job *job, const struct end *end)
{
	char local[24], remote[24];

	if (job->arg[NETSTAT_ALL].count == 0 &&
	    end->listens != (job->arg[NETSTAT_LISTEN].count > 0))
		return;
	addr_text(end->local, local, sizeof(local));
	addr_text(end->remote, remote, sizeof(remote));
	out_printf(job->out, "%-5s %6u %6u %-23s %-23s %-11s", end->proto,
		   end->recv_q, end->send_q, local, remote, end->state);
	if (job->arg[NETSTAT_PROGRAM].count > 0)
		out_printf(job->out, " %-20s", end->owner);
	if (job->arg[NETSTAT_TIMERS].count > 0)
		timer_show(job, end);
	out_puts(job->out, "\n");
}

static void
tcp_visit(void *ctx, struct sock *sock)
{
	struct tcp_info info;
	struct end end;

	tcp_get_info(sock, &info);
	end = (struct end){
		.proto = "tcp",
		.state = state_name(info.state),
		.owner = sock->owner,
		.local = &sock->local,
		.remote = &sock->remote,
		.recv_q = info.recv_q_len + info.recv_shut,
		.send_q = info.send_q_len,
		.listens = info.state == TCP_LISTEN,
		.timer = info.timer,
		.due_ns = info.timer_due_ns,
		.retries = info.retries,
		.probes = info.keep_count,
	};
	end_show(ctx, &end);
}

static void
timewait_visit(void *ctx, const struct tcp_timewait_info *tw)
{
	const struct end end = {
		.proto = "tcp",
		.state = state_name(TCP_TIME_WAIT),
		.owner = "-",
		.local = &tw->local,
		.remote = &tw->remote,
		.timer = "timewait",
		.due_ns = tw->due_ns,
	};

	end_show(ctx, &end);
}

static void
endpoints_title(struct job *job)
{
	out_printf(job->out,
		   "Active Internet connections (%s)\n"
		   "Proto Recv-Q Send-Q Local Address           "
		   "Foreign Address         State      %s%s\n",
		   job->arg[NETSTAT_ALL].count > 0 ? "servers and established"
		   : job->arg[NETSTAT_LISTEN].count > 0 ? "only servers"
							: "w/o servers",
		   job->arg[NETSTAT_PROGRAM].count > 0 ? " PID/Program name    "
						       : "",
		   job->arg[NETSTAT_TIMERS].count > 0 ? " Timer" : "");
}

/* TCP first, as net-tools have it, then UDP's buckets. */
static enum step
endpoints_step(struct job *job)
{
	static const struct tcp_visitor visitor = { tcp_visit, timewait_visit };
	struct endpoints *state = job_state(job, struct endpoints);
	bool tcp = job->arg[NETSTAT_TCP].count > 0;
	bool udp = job->arg[NETSTAT_UDP].count > 0;
	const struct sock *sock;

	if (!state->titled)
		endpoints_title(job);
	state->titled = true;
	if (!state->tcp_done) {
		state->tcp_done =
			(udp && !tcp) || !tcp_walk(job->net, &state->tcp_place,
						   16, &visitor, job);
		return STEP_MORE;
	}
	if ((tcp && !udp) || job->position == UDP_BUCKETS)
		return job_exit(job, 0);
	list_for_each(sock, &job->net->udp.bucket[job->position], hash_link) {
		const struct end end = {
			.proto = "udp",
			.state = sock->remote.addr != 0 ? "ESTABLISHED" : "",
			.owner = sock->owner,
			.local = &sock->local,
			.remote = &sock->remote,
			.listens = sock->remote.addr == 0,
		};

		end_show(job, &end);
	}
	job->position++;
	return STEP_MORE;
}

enum step
netstat_start(struct job *job)
{
	return STEP_MORE;
}

enum step
netstat_step(struct job *job)
{
	if (job->arg[NETSTAT_INTERFACES].count > 0)
		return interfaces_step(job);
	if (job->arg[NETSTAT_ROUTES].count > 0)
		return routes_step(job);
	if (job->arg[NETSTAT_STATISTICS].count > 0)
		return statistics_step(job);
	return endpoints_step(job);
}
