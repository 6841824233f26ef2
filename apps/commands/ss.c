/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ss` in iproute2's columns, which are as wide as their widest cell: all
 * endpoints are looked at twice, a few a step, first to measure, then to show.
 * The walk goes through UDP's buckets, then TCP's listeners and buckets.
 */
#include "apps/commands/ss.h"

#include "apps/commands/commands.h"
#include "apps/shell/shell.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"
#include "net/tcp/trace.h"

enum {
	SS_UDP,
	SS_TCP,
	SS_ALL,
	SS_LISTEN,
	SS_NUMERIC,
	SS_PROCESS,
	SS_INFO,
	SS_MEMORY,
	SS_TIMER,
	SS_EXTENDED,
	SS_SUMMARY,
	SS_HEADER,
	SS_ONELINE,
	SS_KILL,
	SS_EVENTS,
	SS_OTHER,
	SS_FILTER,
};

/* clang-format off */
#define OPTION(w, al, h) { .word = w, .also = al, .kind = ARG_FLAG, \
	.flags = ARG_OPTION, .help = h }
const struct arg_spec ss_args[] = {
	[SS_UDP] = OPTION("-u", "--udp", "UDP endpoints"),
	[SS_TCP] = OPTION("-t", "--tcp", "TCP endpoints"),
	[SS_ALL] = OPTION("-a", "--all", "listening and connected ones"),
	[SS_LISTEN] = OPTION("-l", "--listening", "listening ones only"),
	[SS_NUMERIC] = OPTION("-n", "--numeric", "rates as bare numbers"),
	[SS_PROCESS] = OPTION("-p", "--processes", "whose they are"),
	[SS_INFO] = OPTION("-i", "--info", "what TCP knows: windows, times, losses"),
	[SS_MEMORY] = OPTION("-m", "--memory", "bytes in queues, and how many may be"),
	[SS_TIMER] = OPTION("-o", "--options", "which timer runs; options agreed on"),
	[SS_EXTENDED] = OPTION("-e", "--extended", "which directions are open"),
	[SS_SUMMARY] = OPTION("-s", "--summary", "how many"),
	[SS_HEADER] = OPTION("-H", "--no-header", "without the title line"),
	[SS_ONELINE] = OPTION("-O", "--oneline", "each on one line"),
	[SS_KILL] = OPTION("-K", "--kill", "reset the connections shown"),
	[SS_EVENTS] = OPTION("-E", "--events", "what happens to TCP connections, as it happens"),
	[SS_OTHER] = { .word = "-4", .also = "--ipv4|-r|--resolve", .kind = ARG_FLAG,
		.flags = ARG_OPTION | ARG_HIDDEN, .help = "nothing else is there" },
	[SS_FILTER] = { .word = "", .kind = ARG_TEXT, .what = "FILTER",
		.flags = ARG_POSITIONAL | ARG_MANY,
		.help = "state NAME, then tests: src, dst, sport, dport, joined by and, or, not" },
	{ .kind = ARG_END },
};
/* clang-format on */

#define ENDS_A_STEP 8u

enum {
	CELL_STATE,
	CELL_RECV,
	CELL_SEND,
	CELL_ADDR,
	CELL_PORT,
	CELL_PEER_ADDR,
	CELL_PEER_PORT,
	CELL_TAIL,
	CELLS
};

struct ss_job {
	int width[CELLS];
	struct ss_filter filter;
	uint16_t states; /* shown */
	uint32_t tcp_place;
	bool udp, tcp, measured, netid;
	bool pad; /* the last column, too: nobody looks who would mind */
	bool watching;
	uint64_t next_event;
};

/* ---- one endpoint ------------------------------------------------------- */

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

/* What stands behind the addresses. */
static void
tail_text(const struct job *job, const struct ss_end *end, struct out *out)
{
	const struct arg *arg = job->arg;
	bool tcp = end->sock == NULL || end->sock->proto == IPPROTO_TCP;
	bool info = arg[SS_INFO].count > 0 && tcp;

	if (arg[SS_PROCESS].count > 0 && end->sock != NULL)
		out_printf(out, " users:((\"%s\"))", end->sock->owner);
	if (arg[SS_TIMER].count > 0 && tcp)
		ss_timer_text(out, end, job->net->now_ns);
	if (arg[SS_EXTENDED].count > 0)
		ss_extended_text(out, end);
	if ((info || arg[SS_MEMORY].count > 0) && arg[SS_ONELINE].count == 0)
		out_puts(out, "\n\t");
	if (arg[SS_MEMORY].count > 0)
		ss_memory_text(out, end);
	if (info)
		ss_info_text(out, end, arg[SS_TIMER].count > 0,
			     arg[SS_NUMERIC].count > 0, job->net->now_ns);
}

struct ss_cells {
	char text[CELLS - 1][24];
};

static void
cells_text(const struct ss_end *end, struct ss_cells *cells)
{
	size_t size = sizeof(cells->text[0]);

	str_copy(cells->text[CELL_STATE], tcp_state_name(end->state), size);
	fmt_print(cells->text[CELL_RECV], size, "%llu",
		  (unsigned long long)end->recv_q);
	fmt_print(cells->text[CELL_SEND], size, "%llu",
		  (unsigned long long)end->send_q);
	addr_text(&end->local, cells->text[CELL_ADDR], size);
	port_text(&end->local, cells->text[CELL_PORT], size);
	addr_text(&end->remote, cells->text[CELL_PEER_ADDR], size);
	port_text(&end->remote, cells->text[CELL_PEER_PORT], size);
}

static void
measure(struct job *job, struct ss_job *ss, const struct ss_end *end)
{
	struct ss_cells cells;
	struct out_buf tail;
	char nothing[1];

	cells_text(end, &cells);
	for (unsigned int i = 0; i < CELL_TAIL; i++)
		ss->width[i] = max_of(ss->width[i], (int)strlen(cells.text[i]));
	out_buf_init(&tail, nothing, sizeof(nothing));
	tail_text(job, end, &tail.out);
	ss->width[CELL_TAIL] =
		max_of(ss->width[CELL_TAIL], (int)(tail.len + tail.cut_len));
}

static void
row(struct job *job, const struct ss_job *ss, const char *netid,
    const struct ss_cells *cells)
{
	const int *w = ss->width;

	if (ss->netid)
		out_printf(job->out, "%-5s ", netid);
	/* Of one state there is no need to speak. */
	if (ss->states & (ss->states - 1))
		out_printf(job->out, "%-*s ", w[CELL_STATE],
			   cells->text[CELL_STATE]);
	out_printf(job->out, "%-*s %-*s %*s:%-*s %*s:%-*s", w[CELL_RECV],
		   cells->text[CELL_RECV], w[CELL_SEND], cells->text[CELL_SEND],
		   w[CELL_ADDR], cells->text[CELL_ADDR], w[CELL_PORT],
		   cells->text[CELL_PORT], w[CELL_PEER_ADDR],
		   cells->text[CELL_PEER_ADDR], w[CELL_PEER_PORT],
		   cells->text[CELL_PEER_PORT]);
}

static void
show(struct job *job, const struct ss_job *ss, const struct ss_end *end)
{
	bool udp = end->sock != NULL && end->sock->proto == IPPROTO_UDP;
	struct ss_cells cells;
	struct out_buf tail;
	char text[1024];

	cells_text(end, &cells);
	row(job, ss, udp ? "udp" : "tcp", &cells);
	out_buf_init(&tail, text, sizeof(text));
	tail_text(job, end, &tail.out);
	out_printf(job->out, "%-*s\n", ss->pad ? ss->width[CELL_TAIL] : 0,
		   text);
	if (job->arg[SS_KILL].count > 0 && end->sock != NULL && !udp)
		(void)tcp_kill(end->sock);
}

/* ---- all of them -------------------------------------------------------- */

static void
visit_end(struct job *job, const struct ss_end *end)
{
	struct ss_job *ss = job_state(job, struct ss_job);

	if (!(ss->states & 1u << end->state) ||
	    !ss_filter_matches(&ss->filter, end))
		return;
	if (ss->measured)
		show(job, ss, end);
	else
		measure(job, ss, end);
}

static void
visit_udp(struct job *job, struct sock *sock)
{
	const struct ss_end end = {
		.sock = sock,
		.local = sock->local,
		.remote = sock->remote,
		.state = sock->remote.addr != 0 ? TCP_ESTABLISHED : TCP_CLOSED,
	};

	visit_end(job, &end);
}

static void
visit_tcp(void *ctx, struct sock *sock)
{
	struct ss_end end = {
		.sock = sock,
		.local = sock->local,
		.remote = sock->remote,
	};

	tcp_get_info(sock, &end.info);
	end.state = end.info.state;
	end.recv_q = end.info.recv_q_len + end.info.recv_shut;
	end.send_q = end.info.send_q_len;
	if (end.state == TCP_LISTEN) {
		end.recv_q = end.info.half_open;
		end.send_q = end.info.backlog;
	}
	visit_end(ctx, &end);
}

static void
visit_timewait(void *ctx, const struct tcp_timewait_info *tw)
{
	const struct ss_end end = {
		.local = tw->local,
		.remote = tw->remote,
		.state = TCP_TIME_WAIT,
		.due_ns = tw->due_ns,
	};

	visit_end(ctx, &end);
}

/* Some more of them; false behind the last. */
static bool
walk(struct job *job, struct ss_job *ss)
{
	static const struct tcp_visitor visitor = { visit_tcp, visit_timewait };
	struct sock *sock, *after;

	if (ss->udp && job->position < UDP_BUCKETS) {
		list_for_each_safe(sock, after,
				   &job->net->udp.bucket[job->position],
				   hash_link)
			visit_udp(job, sock);
		job->position++;
		return true;
	}
	return ss->tcp &&
	       tcp_walk(job->net, &ss->tcp_place, ENDS_A_STEP, &visitor, job);
}

static void
show_header(struct job *job, const struct ss_job *ss)
{
	static const struct ss_cells titles = { {
		"State",
		"Recv-Q",
		"Send-Q",
		"Local Address",
		"Port",
		"Peer Address",
		"Port",
	} };

	row(job, ss, "Netid", &titles);
	out_printf(job->out, "%-*s\n", ss->pad ? ss->width[CELL_TAIL] : 0,
		   "Process");
}

/* ---- as it happens ------------------------------------------------------ */

#define EVENTS_A_STEP 16u
#define EVENTS_NS     100000000ull /* between two looks */

/* Seconds since boot, the ends, what happened. */
static void
show_event(struct job *job, const struct tcp_trace_event *e)
{
	struct out *out = job->out;
	uint32_t mss = max_of(e->mss, (uint16_t)1);

	out_printf(out, "%llu.%06llu %pI4:%u %pI4:%u ",
		   (unsigned long long)(e->when_ns / 1000000000),
		   (unsigned long long)(e->when_ns / 1000 % 1000000),
		   &e->local.addr, e->local.port, &e->remote.addr,
		   e->remote.port);
	switch (e->kind) {
	case TCP_TRACE_STATE:
		out_printf(out, "%s -> %s\n", tcp_state_name(e->from),
			   tcp_state_name(e->to));
		return;
	case TCP_TRACE_CA:
		out_printf(out, "%s -> %s", tcp_ca_name(e->from),
			   tcp_ca_name(e->to));
		break;
	case TCP_TRACE_TIMEOUT:
		out_printf(out, "timeout %u rto:%u", e->to, e->rto_us / 1000);
		break;
	case TCP_TRACE_PROBE: out_puts(out, "loss probe"); break;
	default: out_printf(out, "cwnd %u ->", e->before / mss); break;
	}
	out_printf(out, e->kind == TCP_TRACE_CWND ? " %u" : " cwnd:%u",
		   e->cwnd / mss);
	if (e->ssthresh < INT32_MAX)
		out_printf(out, " ssthresh:%u", e->ssthresh / mss);
	if (e->srtt_us != 0)
		out_printf(out, " rtt:%u.%03u", e->srtt_us / 1000,
			   e->srtt_us % 1000);
	out_puts(out, "\n");
}

static enum step
events_start(struct job *job, struct ss_job *ss)
{
	if (job->shell->face == SHELL_CONFIG ||
	    job->shell->face == SHELL_CHECK) {
		out_puts(job->err, "ss: -E does not end by itself\n");
		return job_exit(job, 1);
	}
	if (tcp_trace_start(job->net, &ss->next_event) != OK) {
		out_puts(job->err, "ss: Cannot allocate memory\n");
		return job_exit(job, 1);
	}
	ss->watching = true;
	return STEP_MORE;
}

static enum step
events_step(struct job *job, struct ss_job *ss)
{
	const struct tcp_trace_event *e;
	uint64_t lost = 0;

	if (job->interrupted)
		return STEP_DONE;
	for (unsigned int i = 0; i < EVENTS_A_STEP; i++) {
		struct ss_end end = { 0 };

		e = tcp_trace_read(job->net, &ss->next_event, &lost);
		if (lost > 0)
			out_printf(job->out, "%llu events were not seen\n",
				   (unsigned long long)lost);
		lost = 0;
		if (e == NULL) {
			job->wake_ns = job->now_ns + EVENTS_NS;
			return STEP_WAIT;
		}
		end.local = e->local;
		end.remote = e->remote;
		if (ss_filter_matches(&ss->filter, &end))
			show_event(job, e);
	}
	return STEP_MORE;
}

void
ss_finish(struct job *job)
{
	if (job_state(job, struct ss_job)->watching)
		tcp_trace_stop(job->net);
}

/* ---- the command -------------------------------------------------------- */

static enum step
summary(struct job *job)
{
	const struct net *net = job->net;
	uint32_t udp = net->udp.pool.used_count, tcp = net->tcp.pool.used_count;
	uint32_t tw = net->tcp.tw_pool.used_count, frag;

	frag = net->frag.datagram_count;
	out_printf(job->out,
		   "Total: %u\n"
		   "TCP:   %u (estab %u, closed %u, orphaned %u, timewait %u)\n"
		   "\n"
		   "Transport Total     IP        IPv6\n"
		   "RAW\t  %-9u %-9u %-9u\n"
		   "UDP\t  %-9u %-9u %-9u\n"
		   "TCP\t  %-9u %-9u %-9u\n"
		   "INET\t  %-9u %-9u %-9u\n"
		   "FRAG\t  %-9u %-9u %-9u\n\n",
		   udp + tcp, tcp + tw, net->tcp.established_count, tw,
		   net->tcp.orphan_count, tw, 0u, 0u, 0u, udp, udp, 0u, tcp,
		   tcp, 0u, udp + tcp, udp + tcp, 0u, frag, frag, 0u);
	return job_exit(job, 0);
}

static bool
parse_filter(struct job *job, struct ss_job *ss)
{
	char *word[JOB_WORDS_MAX], text[160];
	const char *wrong;
	unsigned int count = 0;
	int status;

	for (unsigned int i = job->first_arg; i < job->word_count; i++) {
		if (job->word[i][0] != '-')
			word[count++] = job->word[i];
	}
	wrong = ss_filter_parse(&ss->filter, word, count, text, sizeof(text),
				&status);
	if (wrong == NULL)
		return true;
	out_puts(job->err, wrong);
	job->status = status;
	return false;
}

enum step
ss_start(struct job *job)
{
	static const int title_width[CELLS] = { 5, 6, 6, 13, 4, 12, 4, 7 };
	struct ss_job *ss = job_state(job, struct ss_job);
	const struct arg *arg = job->arg;

	if (arg[SS_SUMMARY].count > 0)
		return summary(job);
	if (!parse_filter(job, ss))
		return STEP_DONE;
	if (arg[SS_EVENTS].count > 0)
		return events_start(job, ss);
	ss->udp = arg[SS_UDP].count > 0 || arg[SS_TCP].count == 0;
	ss->tcp = arg[SS_TCP].count > 0 || arg[SS_UDP].count == 0;
	ss->netid = ss->udp && ss->tcp;
	ss->pad = job->shell->face != SHELL_TERMINAL;
	ss->states = SS_STATES_ALL &
		     (uint16_t) ~(1u << TCP_LISTEN | 1u << TCP_CLOSED |
				  1u << TCP_TIME_WAIT | 1u << TCP_SYN_RECEIVED);
	if (arg[SS_LISTEN].count > 0)
		ss->states = 1u << TCP_LISTEN | 1u << TCP_CLOSED;
	if (arg[SS_ALL].count > 0)
		ss->states = SS_STATES_ALL;
	if (ss->filter.states != 0)
		ss->states = ss->filter.states;
	if (arg[SS_HEADER].count == 0)
		memcpy(ss->width, title_width, sizeof(ss->width));
	return STEP_MORE;
}

enum step
ss_step(struct job *job)
{
	struct ss_job *ss = job_state(job, struct ss_job);

	if (ss->watching)
		return events_step(job, ss);
	if (walk(job, ss))
		return STEP_MORE;
	if (ss->measured)
		return job_exit(job, 0);
	ss->measured = true;
	ss->tcp_place = job->position = 0;
	if (job->arg[SS_HEADER].count == 0)
		show_header(job, ss);
	return STEP_MORE;
}
