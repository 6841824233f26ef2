/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ss` and `netstat`: endpoints, and the tables and counters that netstat shows
 * beside them. Columns of ss are as wide as their widest cell, so it looks at
 * all endpoints twice.
 */
#include "apps/commands/commands.h"
#include "apps/commands/ip.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/fib_walk.h"
#include "net/net.h"

/* ---- ss ----------------------------------------------------------------- */

enum {
	SS_UDP,
	SS_TCP,
	SS_ALL,
	SS_LISTEN,
	SS_NUMERIC,
	SS_PROCESS,
	SS_SUMMARY,
	SS_HEADER,
	SS_OTHER,
};

/* clang-format off */
#define OPTION(w, al, h) { .word = w, .also = al, .kind = ARG_FLAG, \
	.flags = ARG_OPTION, .help = h }
const struct arg_spec ss_args[] = {
	[SS_UDP] = OPTION("-u", "--udp", "UDP endpoints"),
	[SS_TCP] = OPTION("-t", "--tcp", "TCP endpoints"),
	[SS_ALL] = OPTION("-a", "--all", "listening and connected ones"),
	[SS_LISTEN] = OPTION("-l", "--listening", "listening ones only"),
	[SS_NUMERIC] = OPTION("-n", "--numeric", "no names, of which there are none"),
	[SS_PROCESS] = OPTION("-p", "--processes", "whose they are"),
	[SS_SUMMARY] = OPTION("-s", "--summary", "how many"),
	[SS_HEADER] = OPTION("-H", "--no-header", "without the title line"),
	[SS_OTHER] = { .word = "-i", .also = "-o|-m|-e|-O|-4", .kind = ARG_FLAG,
		.flags = ARG_OPTION | ARG_HIDDEN, .help = "nothing more is known of UDP" },
	{ .kind = ARG_END },
};
/* clang-format on */

enum { CELL_STATE, CELL_RECV, CELL_SEND, CELL_LOCAL, CELL_PEER, CELLS };

struct ss_job {
	int width[CELLS]; /* of the widest cell */
	int local_addr_width, local_port_width, peer_addr_width,
		peer_port_width;
	bool measured;
	bool netid; /* a column says which protocol */
};

static bool
ss_wanted(const struct job *job, const struct sock *sock)
{
	const struct arg *arg = job->arg;
	bool connected = sock->remote.addr != 0;

	if (arg[SS_ALL].count > 0)
		return true;
	return arg[SS_LISTEN].count > 0 ? !connected : connected;
}

static void
addr_text(const struct sock_addr *addr, char *text, size_t size)
{
	if (addr->addr == 0)
		str_copy(text, "0.0.0.0", size);
	else
		fmt_print(text, size, "%pI4", &addr->addr);
}

static void
port_text(const struct sock_addr *addr, char *text, size_t size)
{
	if (addr->port == 0)
		str_copy(text, "*", size);
	else
		fmt_print(text, size, "%u", addr->port);
}

static void
ss_measure(struct ss_job *ss, const struct sock *sock)
{
	char text[16];

	addr_text(&sock->local, text, sizeof(text));
	ss->local_addr_width = max_of(ss->local_addr_width, (int)strlen(text));
	port_text(&sock->local, text, sizeof(text));
	ss->local_port_width = max_of(ss->local_port_width, (int)strlen(text));
	addr_text(&sock->remote, text, sizeof(text));
	ss->peer_addr_width = max_of(ss->peer_addr_width, (int)strlen(text));
	port_text(&sock->remote, text, sizeof(text));
	ss->peer_port_width = max_of(ss->peer_port_width, (int)strlen(text));
	ss->width[CELL_STATE] =
		max_of(ss->width[CELL_STATE], sock->remote.addr != 0 ? 5 : 6);
}

static void
ss_line(struct job *job, const struct ss_job *ss, const char *netid,
	const char *state, const char *queue[2], const char *local[2],
	const char *peer[2], const char *process)
{
	if (ss->netid)
		out_printf(job->out, "%-5s ", netid);
	out_printf(job->out, "%-*s %-6s %-6s %*s:%-*s %*s:%-*s%s\n",
		   ss->width[CELL_STATE], state, queue[0], queue[1],
		   ss->local_addr_width, local[0], ss->local_port_width,
		   local[1], ss->peer_addr_width, peer[0], ss->peer_port_width,
		   peer[1], process);
}

static void
ss_show(struct job *job, struct ss_job *ss, const struct sock *sock)
{
	char local[2][16], peer[2][16], process[40] = "";
	const char *queue[2] = { "0", "0" };

	addr_text(&sock->local, local[0], sizeof(local[0]));
	port_text(&sock->local, local[1], sizeof(local[1]));
	addr_text(&sock->remote, peer[0], sizeof(peer[0]));
	port_text(&sock->remote, peer[1], sizeof(peer[1]));
	if (job->arg[SS_PROCESS].count > 0)
		fmt_print(process, sizeof(process), "    users:((\"%s\"))",
			  sock->owner);
	ss_line(job, ss, "udp", sock->remote.addr != 0 ? "ESTAB" : "UNCONN",
		queue, (const char *[2]){ local[0], local[1] },
		(const char *[2]){ peer[0], peer[1] }, process);
}

static enum step
ss_summary(struct job *job)
{
	uint32_t udp = job->net->udp.pool.used_count;

	out_printf(job->out,
		   "Total: %u\n\n"
		   "Transport Total     IP        IPv6\n"
		   "UDP\t  %-9u %-9u %-9u\n"
		   "INET\t  %-9u %-9u %-9u\n"
		   "FRAG\t  %-9u %-9u %-9u\n\n",
		   udp, udp, udp, 0u, udp, udp, 0u,
		   job->net->frag.datagram_count, job->net->frag.datagram_count,
		   0u);
	return job_exit(job, 0);
}

enum step
ss_start(struct job *job)
{
	struct ss_job *ss = job_state(job, struct ss_job);
	const struct arg *arg = job->arg;

	if (arg[SS_SUMMARY].count > 0)
		return ss_summary(job);
	if (arg[SS_TCP].count > 0) {
		/* Better no answer than an empty one. */
		out_puts(job->err, "ss: TCP endpoints are not shown yet\n");
		if (arg[SS_UDP].count == 0)
			return job_exit(job, 1);
	}
	ss->netid = (arg[SS_UDP].count > 0) == (arg[SS_TCP].count > 0);
	ss->width[CELL_STATE] = 5;
	ss->local_addr_width = 13; /* "Local Address" */
	ss->local_port_width = 4;
	ss->peer_addr_width = 12;
	ss->peer_port_width = 4;
	return STEP_MORE;
}

/* A bucket a turn: first all of them to measure, then to show. */
enum step
ss_step(struct job *job)
{
	struct ss_job *ss = job_state(job, struct ss_job);
	bool udp = job->arg[SS_UDP].count > 0 || job->arg[SS_TCP].count == 0;
	const struct sock *sock;

	for (; !ss->measured && udp && job->position < UDP_BUCKETS;
	     job->position++) {
		list_for_each(sock, &job->net->udp.bucket[job->position],
			      hash_link) {
			if (ss_wanted(job, sock))
				ss_measure(ss, sock);
		}
	}
	if (!ss->measured) {
		ss->measured = true;
		job->position = 0;
		if (job->arg[SS_HEADER].count == 0)
			ss_line(job, ss, "Netid", "State",
				(const char *[2]){ "Recv-Q", "Send-Q" },
				(const char *[2]){ "Local Address", "Port" },
				(const char *[2]){ "Peer Address", "Port" },
				"Process");
		return STEP_MORE;
	}
	if (!udp || job->position == UDP_BUCKETS)
		return job_exit(job, 0);
	list_for_each(sock, &job->net->udp.bucket[job->position], hash_link) {
		if (ss_wanted(job, sock))
			ss_show(job, ss, sock);
	}
	job->position++;
	return STEP_MORE;
}

/* ---- netstat ------------------------------------------------------------ */

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
};

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
sentences(struct out *out, const char *title, const struct sentence *list,
	  unsigned int count)
{
	out_printf(out, "%s:\n", title);
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
	};

	out_printf(job->out, "Ip:\n    Forwarding: %u\n",
		   job->net->ipv4_param.ip_forward ? 1 : 2);
	for (unsigned int i = 0; i < array_len(list); i++) {
		if (list[i].always || list[i].value != 0)
			out_printf(job->out, "    %llu %s\n",
				   (unsigned long long)list[i].value,
				   list[i].text);
	}
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

	sentences(job->out, "Udp", list, array_len(list));
	out_printf(job->out,
		   "IpExt:\n    InOctets: %llu\n"
		   "    OutOctets: %llu\n",
		   (unsigned long long)job->net->ipv4_stats.in_octets,
		   (unsigned long long)job->net->ipv4_stats.out_octets);
}

static enum step
statistics_step(struct job *job)
{
	switch (job->position++) {
	case 0: ip_sentences(job); return STEP_MORE;
	case 1: icmp_sentences(job); return STEP_MORE;
	default: udp_sentences(job); return job_exit(job, 0);
	}
}

static enum step
endpoints_step(struct job *job)
{
	bool program = job->arg[NETSTAT_PROGRAM].count > 0;
	bool udp = job->arg[NETSTAT_UDP].count > 0 ||
		   job->arg[NETSTAT_TCP].count == 0;
	const struct sock *sock;
	char local[24], peer[24], port[8];

	if (job->position == 0)
		out_printf(job->out,
			   "Active Internet connections (%s)\n"
			   "Proto Recv-Q Send-Q Local Address           "
			   "Foreign Address         State      %s\n",
			   job->arg[NETSTAT_LISTEN].count > 0 ? "only servers"
			   : job->arg[NETSTAT_ALL].count > 0
				   ? "servers and established"
				   : "w/o servers",
			   program ? " PID/Program name    " : "");
	if (!udp || job->position == UDP_BUCKETS)
		return job_exit(job, 0);
	list_for_each(sock, &job->net->udp.bucket[job->position], hash_link) {
		bool connected = sock->remote.addr != 0;

		if (job->arg[NETSTAT_ALL].count == 0 &&
		    connected == (job->arg[NETSTAT_LISTEN].count > 0))
			continue;
		port_text(&sock->local, port, sizeof(port));
		fmt_print(local, sizeof(local), "%pI4:%s", &sock->local.addr,
			  port);
		port_text(&sock->remote, port, sizeof(port));
		fmt_print(peer, sizeof(peer), "%pI4:%s", &sock->remote.addr,
			  port);
		out_printf(job->out, "%-5s %6u %6u %-23s %-23s %-11s %s\n",
			   "udp", 0u, 0u, local, peer,
			   connected ? "ESTABLISHED" : "",
			   program ? sock->owner : "");
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
