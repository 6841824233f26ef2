/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/net/{snmp,netstat,sockstat,tcp,udp}: counters and endpoints in Linux's
 * columns. What Linux prints and this box has not (users, inodes, pointers) is
 * 0, so that every field stands where a parser looks for it.
 */
#include "apps/commands/counters.h"
#include "apps/commands/proc.h"
#include "apps/shell/shell.h"
#include "lib/port.h"
#include "net/net.h"

enum step
proc_snmp_show(struct job *job)
{
	for (unsigned int i = 0; i < COUNTERS_TCP_EXT; i++)
		counters_show(job->net, (enum counters_group)i, job->out);
	return STEP_DONE;
}

enum step
proc_netstat_show(struct job *job)
{
	counters_show(job->net, COUNTERS_TCP_EXT, job->out);
	counters_show(job->net, COUNTERS_IP_EXT, job->out);
	return STEP_DONE;
}

/* mem: packet buffers that wait in TCP's queues, each less than a page. */
enum step
proc_sockstat_show(struct job *job)
{
	const struct net *net = job->net;
	uint32_t udp = net->udp.pool.used_count;
	uint32_t tcp = net->tcp.pool.used_count;

	out_printf(job->out,
		   "sockets: used %u\n"
		   "TCP: inuse %u orphan %u tw %u alloc %u mem %u\n"
		   "UDP: inuse %u mem %u\nUDPLITE: inuse 0\nRAW: inuse 0\n"
		   "FRAG: inuse %u memory %llu\n",
		   udp + tcp, tcp, net->tcp.orphan_count,
		   net->tcp.tw_pool.used_count, tcp, net->tcp.buffers, udp, 0u,
		   net->frag.datagram_count,
		   (unsigned long long)net->frag.memory_len);
	return STEP_DONE;
}

/* ---- /proc/net/udp ------------------------------------------------------ */

enum step
proc_udp_show(struct job *job)
{
	const struct sock *sock;
	char line[128];

	if (job->position == 0)
		out_printf(job->out, "%-127s\n",
			   "   sl  local_address rem_address   st tx_queue "
			   "rx_queue tr tm->when retrnsmt   uid  timeout "
			   "inode ref pointer drops");
	if (job->position == UDP_BUCKETS)
		return STEP_DONE;
	list_for_each(sock, &job->net->udp.bucket[job->position], hash_link) {
		fmt_print(line, sizeof(line),
			  "%5u: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08X "
			  "%08X %5u %8d %u %d %016x %llu",
			  job->position, proc_addr(sock->local.addr),
			  sock->local.port, proc_addr(sock->remote.addr),
			  sock->remote.port, sock->remote.addr != 0 ? 1 : 7, 0,
			  0, 0, 0, 0, 0, 0, 0, 2, 0,
			  (unsigned long long)udp_sock_of_const(sock)->drops);
		out_printf(job->out, "%-127s\n", line);
	}
	job->position++;
	return STEP_MORE;
}

/* ---- /proc/net/tcp ------------------------------------------------------ */

#define CENTISECOND_NS 10000000ull /* USER_HZ is 100 */
#define LINES_A_STEP   8u

static uint32_t
centiseconds(const struct net *net, uint64_t due_ns)
{
	return due_ns > net->now_ns
		       ? (uint32_t)((due_ns - net->now_ns) / CENTISECOND_NS)
		       : 0;
}

/* What the line begins with, up to the queues. */
static void
ends_text(struct job *job, char *line, size_t size,
	  const struct sock_addr *local, const struct sock_addr *remote,
	  enum tcp_state state)
{
	struct cat *cat = job_state(job, struct cat);

	fmt_print(line, size, "%4u: %08X:%04X %08X:%04X %02X",
		  cat->walk.tcp.line++, proc_addr(local->addr), local->port,
		  proc_addr(remote->addr), remote->port, state);
}

static void
sock_line(void *ctx, struct sock *sock)
{
	struct job *job = ctx;
	struct tcp_info info;
	char line[150], ends[48];
	uint32_t mss, timer = 0;

	tcp_get_info(sock, &info);
	ends_text(job, ends, sizeof(ends), &sock->local, &sock->remote,
		  info.state);
	mss = max_of(info.mss, 1u);
	if (info.timer_due_ns != 0)
		timer = info.timer[0] == 'k' ? 2 : info.timer[0] == 'p' ? 4 : 1;
	fmt_print(line, sizeof(line),
		  "%s %08X:%08X %02X:%08X %08X %5u %8u 0 1 %016x %u %u %u %u "
		  "%d",
		  ends, info.send_q_len,
		  info.state == TCP_LISTEN ? info.half_open : info.recv_q_len,
		  timer, timer ? centiseconds(job->net, info.timer_due_ns) : 0,
		  info.retries, 0u, info.keep_count, 0u, info.rto_us / 10000,
		  info.ato_us / 10000, 0u, info.cwnd / mss,
		  info.state == TCP_LISTEN    ? 0
		  : info.ssthresh > INT32_MAX ? -1
					      : (int)(info.ssthresh / mss));
	out_printf(job->out, "%-149s\n", line);
}

static void
timewait_line(void *ctx, const struct tcp_timewait_info *tw)
{
	struct job *job = ctx;
	char line[150], ends[48];

	ends_text(job, ends, sizeof(ends), &tw->local, &tw->remote,
		  TCP_TIME_WAIT);
	fmt_print(line, sizeof(line),
		  "%s 00000000:00000000 03:%08X 00000000     0        0 0 3 "
		  "%016x",
		  ends, centiseconds(job->net, tw->due_ns), 0u);
	out_printf(job->out, "%-149s\n", line);
}

enum step
proc_tcp_show(struct job *job)
{
	static const struct tcp_visitor visitor = { sock_line, timewait_line };
	struct cat *cat = job_state(job, struct cat);

	if (cat->walk.tcp.place == 0)
		out_printf(job->out, "%-149s\n",
			   "  sl  local_address rem_address   st tx_queue "
			   "rx_queue tr tm->when retrnsmt   uid  timeout "
			   "inode");
	return tcp_walk(job->net, &cat->walk.tcp.place, LINES_A_STEP, &visitor,
			job)
		       ? STEP_MORE
		       : STEP_DONE;
}
