/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent tells of the stack, as "name value" lines, and how it changes
 * it: every drop reason, the terms of the conservation law, buffers, and the
 * counters of SNMP under the names that nstat gives them; any sysctl. [CONTROL]
 */

#include "apps/agent/control.h"
#include "apps/agent/linux.h"
#include "apps/commands/proc.h"
#include "apps/shell/command.h"
#include "lib/pages.h"
#include "lib/str.h"
#include "net/drop.h"
#include "net/net.h"
#include "net/sysctl.h"

#define SCRATCH_LEN 16384u

static void
show(struct out *out, const char *name, uint64_t value)
{
	out_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

/* ---- counters ---------------------------------------------------------- */

/* The word of a line up to the next blank; moves on. */
static bool
next_word(const char **at, char *word, size_t size)
{
	size_t len = 0;

	while (**at == ' ')
		(*at)++;
	for (; **at && **at != ' ' && **at != '\n'; (*at)++)
		if (len + 1 < size)
			word[len++] = **at;
	word[len] = '\0';
	return len > 0;
}

/* "Ip: A B" over "Ip: 1 2": IpA 1, IpB 2. */
static void
show_pairs(struct out *out, const char *text)
{
	const char *names = text, *values;
	char group[16], name[48], value[24];

	while (*names && (values = strchr(names, '\n')) && *++values) {
		next_word(&names, group, sizeof(group));
		next_word(&values, value, sizeof(value));
		group[max_of(strlen(group), (size_t)1) - 1] = '\0';
		while (next_word(&names, name, sizeof(name)) &&
		       next_word(&values, value, sizeof(value)))
			out_printf(out, "%s%s %s\n", group, name, value);
		names = strchr(values, '\n');
		if (!names)
			return;
		names++;
	}
}

/* What a file below /proc says, without a shell. */
static void
show_file(struct net *net, struct out *out, const char *path, void *scratch)
{
	struct job *job = scratch;
	struct out_buf buf;

	for (const struct proc_file *f = proc_files; f->path; f++) {
		if (strcmp(f->path, path) != 0)
			continue;
		memset(job, 0, sizeof(*job));
		out_buf_init(&buf, (char *)(job + 1),
			     SCRATCH_LEN - sizeof(*job));
		job->net = net;
		job->out = job->err = &buf.out;
		while (f->show(job) == STEP_MORE)
			continue;
		show_pairs(out, buf.text);
	}
}

static void
show_law(struct net *net, struct out *out)
{
	const struct skb_pool *pool = &net_this_core(net)->skb_pool;
	struct skb_fate sum;

	net_fates(net, &sum);
	show(out, "law.born", sum.born);
	show(out, "law.sent", sum.sent);
	show(out, "law.delivered", sum.delivered);
	show(out, "law.replaced", sum.replaced);
	show(out, "law.dropped", sum.dropped);
	show(out, "law.held", skb_pool_held(pool));
	show(out, "buffers.total", pool->total_count);
	show(out, "buffers.free", pool->free_count);
	show(out, "buffers.used", pool->total_count - pool->free_count);
	show(out, "buffers.rx_posted", pool->account->rx_posted);
	show(out, "buffers.refused", pool->fail_count);
	show(out, "tcp.buffers", net->tcp.buffers);
	show(out, "tcp.socks", net->tcp.pool.used_count);
	show(out, "tcp.established", net->tcp.established_count);
	show(out, "tcp.orphans", net->tcp.orphan_count);
	show(out, "tcp.timewait", net->tcp.tw_pool.used_count);
	show(out, "udp.socks", net->udp.pool.used_count);
}

void
control_stats(struct control *control, struct out *out)
{
	struct net *net = control->net;
	const struct skb_account *account = &net_this_core(net)->account;
	unsigned int order = pages_order(SCRATCH_LEN);
	void *scratch = pages_alloc(net->pages, order);
	char name[64];

	_Static_assert(sizeof(struct job) < SCRATCH_LEN / 2, "room for text");
	show_law(net, out);
	for (unsigned int i = 1; i < DROP_COUNT; i++) {
		fmt_print(name, sizeof(name), "drop.%s",
			  drop_text((enum drop)i)->name);
		show(out, name, account->drop[i]);
	}
	show(out, "agent.requests", control->requests);
	show(out, "agent.skipped", control->skipped_len);
	show(out, "agent.lost", control->out_lost);
	show(out, "agent.accept_overflows", control->files.accept_overflows);
	if (!scratch)
		return;
	show_file(net, out, "/proc/net/snmp", scratch);
	show_file(net, out, "/proc/net/netstat", scratch);
	pages_free(net->pages, scratch, order);
}

/* ---- configuration ----------------------------------------------------- */

static int32_t
set_sysctl(struct net *net, const char *name, const char *value)
{
	struct sysctl_key key;
	char full[SYSCTL_NAME_MAX + 16];

	if (sysctl_find(net, name, &key) != SYSCTL_OK) {
		fmt_print(full, sizeof(full), "net.ipv4.%s", name);
		if (sysctl_find(net, full, &key) != SYSCTL_OK)
			return -LX_ENOENT;
	}
	return sysctl_set(net, &key, value) == SYSCTL_OK ? 0 : -LX_EINVAL;
}

/* Exactly this window, which needs no scale: with a segment more of room behind
 * it than anybody fills, so that it does not shrink with each byte. */
static int32_t
set_rcvbuf(struct net *net, const char *value)
{
	struct tcp_param *param = &net->tcp.param;
	uint32_t len;

	if (!str_u32(value, &len) || len < 256 || len > 65535)
		return -LX_EINVAL;
	param->tcp_window_clamp = len;
	param->tcp_rmem[1] = param->tcp_rmem[2] = 4 * len;
	return 0;
}

static int32_t
set_seed(struct net *net, const char *value)
{
	uint8_t seed[32] = { 0 };
	uint64_t number;

	if (!str_u64(value, &number))
		return -LX_EINVAL;
	memcpy(seed, &number, sizeof(number));
	random_init(&net->random, seed);
	return 0;
}

int32_t
files_config(struct net *net, const char *text)
{
	const char *value = strchr(text, '=');
	char name[SYSCTL_NAME_MAX];
	size_t len;

	if (!value)
		return -LX_EINVAL;
	len = (size_t)(value++ - text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	while (*value == ' ')
		value++;
	if (len >= sizeof(name))
		return -LX_ENOENT;
	str_copy(name, text, len + 1);
	if (strcmp(name, "tcp_rcvbuf_fixed") == 0)
		return set_rcvbuf(net, value);
	if (strcmp(name, "random_seed") == 0)
		return set_seed(net, value);
	return set_sysctl(net, name, value);
}
