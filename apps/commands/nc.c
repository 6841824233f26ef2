/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `nc` in the words of OpenBSD's: what is typed goes to the other end, what
 * comes from there is printed. A job: callbacks note what happened and wake it;
 * it reads only while the console has room, so the window holds a fast peer.
 */
#include "apps/commands/commands.h"
#include "apps/commands/ip.h"
#include "apps/commands/tool.h"
#include "apps/shell/shell.h"
#include "lib/port.h"
#include "lib/str.h"
#include "lib/timer.h"
#include "net/net.h"

enum {
	NC_UDP,
	NC_LISTEN,
	NC_SCAN,
	NC_VERBOSE,
	NC_NUMERIC,
	NC_LOCAL_PORT,
	NC_SOURCE,
	NC_TIMEOUT,
	NC_WORDS,
};

/* clang-format off */
#define FLAG(w, h) { .word = w, .kind = ARG_FLAG, .flags = ARG_OPTION, \
	.help = h }
const struct arg_spec nc_args[] = {
	[NC_UDP] = FLAG("-u", "UDP, not TCP"),
	[NC_LISTEN] = FLAG("-l", "wait for whoever comes, once"),
	[NC_SCAN] = FLAG("-z", "only see whether somebody listens"),
	[NC_VERBOSE] = FLAG("-v", "say what happens"),
	[NC_NUMERIC] = { .word = "-n", .also = "-4|-N", .kind = ARG_FLAG,
		.flags = ARG_OPTION | ARG_HIDDEN, .help = "no names, of which there are none" },
	[NC_LOCAL_PORT] = { .word = "-p", .kind = ARG_NUMBER, .flags = ARG_OPTION,
		.what = "PORT", .min = 1, .max = 65535, .help = "of this end" },
	[NC_SOURCE] = { .word = "-s", .kind = ARG_ADDR, .flags = ARG_OPTION,
		.what = "ADDR", .help = "of this end" },
	[NC_TIMEOUT] = { .word = "-w", .kind = ARG_TEXT, .flags = ARG_OPTION,
		.what = "SECONDS", .help = "end after so long a silence" },
	[NC_WORDS] = { .word = "", .kind = ARG_TEXT, .what = "HOST PORT",
		.flags = ARG_POSITIONAL | ARG_MANY, .help = "whom to talk to" },
	{ .kind = ARG_END },
};
/* clang-format on */

#define LINE_LEN  256u
#define QUEUE_MAX 8u /* datagrams not printed yet */
#define READ_MAX  1024u
#define PROBE_NS  NS_PER_S /* how long an unreachable may take to come back */
#define EOT	  0x04

struct nc_job {
	struct job *job;
	struct sock *sock, *listener;
	struct sock_addr remote; /* UDP that listens: the first that came */
	struct skb_queue queue;	 /* of datagrams */
	uint64_t timeout_ns, quiet_ns;
	bool udp, up, told, over, sent_eof, scan;
	enum status why;
	char line[LINE_LEN];
	uint32_t line_len;
	uint8_t last; /* typed */
};

/* ---- what happens ------------------------------------------------------- */

static void
wake(struct nc_job *nc)
{
	nc->quiet_ns = nc->job->net->now_ns;
	job_wake(nc->job);
}

static void
established(struct sock *sock)
{
	struct nc_job *nc = sock->ctx;

	if (nc->listener != NULL) {
		tcp_close(nc->listener);
		nc->listener = NULL;
	} else if (nc->sock != sock) {
		return tcp_abort(sock); /* two came at once */
	}
	nc->sock = sock;
	nc->up = true;
	wake(nc);
}

static void
something(struct sock *sock)
{
	struct nc_job *nc = sock->ctx;

	if (nc->sock == sock)
		wake(nc);
}

static void
closed(struct sock *sock, enum status why)
{
	struct nc_job *nc = sock->ctx;

	if (nc->sock != sock)
		return;
	nc->sock = NULL;
	nc->over = true;
	nc->why = why;
	wake(nc);
}

static void
udp_error(struct sock *sock, enum status error)
{
	struct nc_job *nc = sock->ctx;

	if (nc->udp) {
		nc->over = true;
		nc->why = error;
	}
	wake(nc);
}

static void
datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	 const struct sock_addr *to)
{
	struct nc_job *nc = sock->ctx;

	if (nc->remote.port == 0) {
		nc->remote = *from;
		nc->up = true;
	}
	if (from->addr != nc->remote.addr || from->port != nc->remote.port ||
	    nc->queue.count == QUEUE_MAX)
		return skb_drop(skb, DROP_NC_BEHIND);
	skb_queue_push(&nc->queue, skb);
	wake(nc);
}

static const struct sock_ops nc_ops = {
	.datagram = datagram,
	.error = udp_error,
	.established = established,
	.readable = something,
	.writable = something,
	.closed = closed,
};

/* ---- arguments ---------------------------------------------------------- */

static enum step
refuse(struct job *job, const char *text)
{
	out_printf(job->err, "nc: %s\n", text);
	return job_exit(job, 1);
}

/* The positional words: [HOST] PORT. */
static bool
parse_ends(struct job *job, struct sock_addr *local, struct sock_addr *remote)
{
	const struct arg *arg = job->arg;
	bool listen = arg[NC_LISTEN].count > 0;
	const char *word[2] = { NULL, NULL };
	struct sock_addr *named = listen ? local : remote;
	unsigned int count = arg[NC_WORDS].count;
	uint32_t port = 0;

	local->addr = arg[NC_SOURCE].addr;
	local->port = (uint16_t)arg[NC_LOCAL_PORT].number;
	if (count > 2 || count < (listen ? 0u : 2u)) {
		job->status = job->command->style->usage(job);
		return false;
	}
	/* They are the last of the line, since options come first. */
	for (unsigned int i = 0; i < count; i++)
		word[i] = job->word[arg[NC_WORDS].word + 1 - count + i];
	if (count == 2 && !str_ipv4(word[0], &named->addr)) {
		out_printf(job->err,
			   "nc: getaddrinfo for host \"%s\" port %s: Name or "
			   "service not known\n",
			   word[0], word[1]);
		job->status = 1;
		return false;
	}
	if (count > 0 &&
	    (!str_u32(word[count - 1], &port) || port == 0 || port > 65535)) {
		out_printf(job->err, "nc: port number invalid: %s\n",
			   word[count - 1]);
		job->status = 1;
		return false;
	}
	if (count > 0)
		named->port = (uint16_t)port;
	return true;
}

static const char *
why_text(enum status status)
{
	switch (status) {
	case ERR_EXIST: return "Address already in use";
	case ERR_INVAL: return "Cannot assign requested address";
	case ERR_REFUSED: return "Connection refused";
	case ERR_TIMEOUT: return "Connection timed out";
	case ERR_RESET: return "Connection reset by peer";
	case ERR_NETUNREACH: return "Network is unreachable";
	default: return status_text(status);
	}
}

static enum step
cannot_connect(struct job *job, struct nc_job *nc, enum status why)
{
	out_printf(job->err, "nc: connect to %pI4 port %u (%s) failed: %s\n",
		   &nc->remote.addr, nc->remote.port, nc->udp ? "udp" : "tcp",
		   why_text(why));
	return job_exit(job, 1);
}

static enum step
begin(struct job *job, struct nc_job *nc, const struct sock_addr *local)
{
	bool listen = job->arg[NC_LISTEN].count > 0;
	enum status status = OK;

	if (nc->udp) {
		nc->sock =
			udp_open(job->net, local, &nc_ops, nc, "nc", &status);
		nc->up = !listen;
		if (nc->sock != NULL && !listen)
			status = udp_connect(nc->sock, &nc->remote);
	} else if (listen) {
		nc->listener = tcp_listen(job->net, local, 1, &nc_ops, nc, "nc",
					  &status);
	} else {
		nc->sock = tcp_connect(job->net, local, &nc->remote, &nc_ops,
				       nc, "nc", &status);
	}
	if (status != OK)
		return listen ? refuse(job, why_text(status))
			      : cannot_connect(job, nc, status);
	if (listen && job->arg[NC_VERBOSE].count > 0)
		out_printf(job->err, "Listening on %pI4 %u\n", &local->addr,
			   local->port);
	return STEP_MORE;
}

enum step
nc_start(struct job *job)
{
	struct nc_job *nc = job_state(job, struct nc_job);
	const struct arg *arg = job->arg;
	struct sock_addr local = { 0 };

	skb_queue_init(&nc->queue);
	nc->job = job;
	nc->udp = arg[NC_UDP].count > 0;
	nc->scan = arg[NC_SCAN].count > 0;
	nc->quiet_ns = job->now_ns;
	if (!parse_ends(job, &local, &nc->remote))
		return STEP_DONE;
	if (nc->scan && arg[NC_LISTEN].count > 0)
		return refuse(job, "cannot use -z and -l");
	if (arg[NC_LISTEN].count > 0 && local.port == 0)
		return refuse(job, "missing port with option -l");
	if (arg[NC_TIMEOUT].count > 0 &&
	    !seconds_parse(arg[NC_TIMEOUT].text, &nc->timeout_ns)) {
		out_printf(job->err, "nc: timeout cannot be: %s\n",
			   arg[NC_TIMEOUT].text);
		return job_exit(job, 1);
	}
	return begin(job, nc, &local);
}

/* ---- from here to there ------------------------------------------------- */

static void
send_line(struct nc_job *nc, const char *text, size_t len)
{
	struct skb *skb;

	if (nc->sock == NULL || !nc->up || nc->sent_eof)
		return;
	nc->quiet_ns = nc->job->net->now_ns;
	if (!nc->udp) {
		/* A line that finds no room is lost with a word. */
		if (tcp_write(nc->sock, text, len) != len)
			out_puts(nc->job->err, "nc: write: No buffer space "
					       "available\n");
		return;
	}
	skb = skb_alloc(&net_this_core(nc->job->net)->skb_pool);
	if (skb == NULL)
		return;
	memcpy(skb_put(skb, len), text, len);
	udp_send(nc->sock, skb, &nc->remote, NULL);
}

/* Lines as a terminal makes them: echoed, with erase; ^D ends what we send. */
static void
typed(struct job *job, struct nc_job *nc, uint8_t byte)
{
	char c = (char)byte;

	if (byte == EOT && nc->line_len == 0) {
		if (!nc->udp && nc->up && nc->sock != NULL)
			(void)tcp_shutdown(nc->sock);
		nc->sent_eof = true;
	} else if (byte == 0x7f || byte == '\b') {
		if (nc->line_len > 0) {
			nc->line_len--;
			out_puts(job->out, "\b \b");
		}
	} else if (byte == '\n' && nc->last == '\r') {
		/* one key, two bytes */
	} else if (byte == '\r' || byte == '\n') {
		out_puts(job->out, "\n");
		nc->line[nc->line_len++] = '\n';
		send_line(nc, nc->line, nc->line_len);
		nc->line_len = 0;
	} else if (byte >= ' ' && nc->line_len < LINE_LEN - 1) {
		nc->line[nc->line_len++] = c;
		out_write(job->out, &c, 1);
	}
	nc->last = byte;
}

static void
take_typed(struct job *job, struct nc_job *nc)
{
	const struct shell_terminal *terminal = job->shell->terminal;
	uint8_t bytes[64];
	size_t len;

	if (!nc->up || terminal == NULL || terminal->typed == NULL)
		return;
	len = terminal->typed(job->shell, bytes, sizeof(bytes));
	for (size_t i = 0; i < len; i++)
		typed(job, nc, bytes[i]);
}

/* ---- from there to here ------------------------------------------------- */

/* A stranger's bytes do not steer the operator's terminal. */
static void
print(struct job *job, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; job->shell->face == SHELL_TERMINAL && i < len; i++) {
		if ((bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\t' &&
		     bytes[i] != '\r') ||
		    bytes[i] == 0x7f)
			bytes[i] = '.';
	}
	out_write(job->out, (const char *)bytes, len);
}

/* True if there is more. */
static bool
take_received(struct job *job, struct nc_job *nc)
{
	uint8_t bytes[READ_MAX];
	struct skb *skb;
	size_t len = 0;

	if (nc->udp) {
		skb = skb_queue_pop(&nc->queue);
		for (size_t at = 0; skb != NULL && at < skb->len; at += len) {
			len = min_of((size_t)skb->len - at, sizeof(bytes));
			skb_copy_out(skb, at, bytes, len);
			print(job, bytes, len);
			if (at + len >= (size_t)3 * READ_MAX)
				break; /* as much as a step may print */
		}
		if (skb != NULL)
			skb_consume(skb);
		return nc->queue.count > 0;
	}
	if (nc->sock == NULL || !nc->up)
		return false;
	len = tcp_read(nc->sock, bytes, sizeof(bytes));
	print(job, bytes, len);
	return len == sizeof(bytes);
}

/* ---- running ------------------------------------------------------------ */

/* Once there is a connection. */
static void
tell(struct job *job, struct nc_job *nc)
{
	const struct sock_addr *remote = &nc->sock->remote;

	nc->told = true;
	if (nc->remote.port != 0)
		remote = &nc->remote;
	if (job->arg[NC_VERBOSE].count == 0)
		return;
	if (job->arg[NC_LISTEN].count > 0)
		out_printf(job->err, "Connection received on %pI4 %u\n",
			   &remote->addr, remote->port);
	else
		out_printf(job->err,
			   "Connection to %pI4 %u port [%s/*] succeeded!\n",
			   &remote->addr, remote->port,
			   nc->udp ? "udp" : "tcp");
}

/* UDP says nothing when all is well: nobody has refused it in time. */
static enum step
probe(struct job *job, struct nc_job *nc)
{
	uint64_t due_ns;

	if (nc->over)
		return cannot_connect(job, nc, nc->why);
	if (!nc->sent_eof)
		send_line(nc, "X", 1);
	nc->sent_eof = true;
	due_ns = nc->quiet_ns + (nc->timeout_ns ? nc->timeout_ns : PROBE_NS);
	if (job->now_ns >= due_ns) {
		tell(job, nc);
		return job_exit(job, 0);
	}
	job->wake_ns = due_ns;
	return STEP_WAIT;
}

static bool
is_finished(struct job *job, struct nc_job *nc)
{
	if (nc->over && nc->why != OK && !nc->up) {
		cannot_connect(job, nc, nc->why);
	} else if (nc->over && nc->why != OK) {
		out_printf(job->err, "nc: read: %s\n", why_text(nc->why));
		job->status = 1;
	} else if (nc->timeout_ns != 0 &&
		   job->now_ns >= nc->quiet_ns + nc->timeout_ns) {
		if (!nc->up && nc->listener == NULL)
			cannot_connect(job, nc, ERR_TIMEOUT);
	} else if (nc->sock == NULL ||
		   (!nc->udp && nc->up && tcp_eof(nc->sock))) {
		return nc->listener == NULL;
	} else {
		return false;
	}
	return true;
}

enum step
nc_step(struct job *job)
{
	struct nc_job *nc = job_state(job, struct nc_job);

	if (job->interrupted)
		return STEP_DONE;
	if (nc->udp && nc->scan)
		return probe(job, nc);
	if (nc->up && !nc->told && nc->sock != NULL)
		tell(job, nc);
	if (nc->up && nc->scan)
		return job_exit(job, 0);
	take_typed(job, nc);
	if (take_received(job, nc))
		return STEP_MORE;
	if (is_finished(job, nc))
		return STEP_DONE;
	job->wake_ns = nc->timeout_ns != 0 ? nc->quiet_ns + nc->timeout_ns
					   : TIMER_NEVER;
	return STEP_WAIT;
}

void
nc_end(struct job *job)
{
	struct nc_job *nc = job_state(job, struct nc_job);
	struct skb *skb;

	if (nc->job == NULL)
		return;
	if (nc->listener != NULL)
		tcp_close(nc->listener);
	if (nc->sock != NULL && nc->udp)
		udp_close(nc->sock);
	else if (nc->sock != NULL)
		tcp_close(nc->sock);
	while ((skb = skb_queue_pop(&nc->queue)) != NULL)
		skb_consume(skb);
}
