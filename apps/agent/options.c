/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getsockopt(), setsockopt(), ioctl(): which options there are, by Linux's
 * numbers, each with an effect. A file keeps them for the sock it will have.
 * [CONTROL]
 */

#include "apps/agent/internal.h"
#include "lib/str.h"
#include "net/net.h"

/* Those that the stack knows by itself. */
static const struct {
	uint8_t level, name, option;
} stack_options[] = {
	{ LX_SOL_SOCKET, LX_SO_KEEPALIVE, TCP_OPT_KEEPALIVE },
	{ LX_SOL_SOCKET, LX_SO_SNDBUF, TCP_OPT_SNDBUF },
	{ LX_SOL_SOCKET, LX_SO_RCVBUF, TCP_OPT_RCVBUF },
	{ LX_SOL_TCP, LX_TCP_NODELAY, TCP_OPT_NODELAY },
	{ LX_SOL_TCP, LX_TCP_CORK, TCP_OPT_CORK },
	{ LX_SOL_TCP, LX_TCP_MAXSEG, TCP_OPT_MAXSEG },
	{ LX_SOL_TCP, LX_TCP_KEEPIDLE, TCP_OPT_KEEPIDLE },
	{ LX_SOL_TCP, LX_TCP_KEEPINTVL, TCP_OPT_KEEPINTVL },
	{ LX_SOL_TCP, LX_TCP_KEEPCNT, TCP_OPT_KEEPCNT },
	{ LX_SOL_TCP, LX_TCP_USER_TIMEOUT, TCP_OPT_USER_TIMEOUT },
};

void
file_apply_options(struct file *file)
{
	struct sock *sock = file->sock;

	sock->tos = file->tos;
	sock->ttl = file->ttl;
	sock->dont_fragment = file->mtu_discover != LX_IP_PMTUDISC_DONT;
	if (file->kind != FILE_TCP)
		return;
	for (uint32_t i = 0; i < FILE_OPTIONS; i++)
		if (file->option_set & 1u << i)
			tcp_set_option(sock, (enum tcp_option_name)i,
				       file->option[i]);
	if (file->congestion[0])
		tcp_set_congestion(sock, file->congestion);
}

/* ---- values ------------------------------------------------------------ */

static int32_t
give(struct call *call, const void *value, size_t len)
{
	call->out_len = min_of(call->len, len);
	memcpy(call->buf, value, call->out_len);
	return 0;
}

static int32_t
give_int(struct call *call, int32_t value)
{
	return give(call, &value, sizeof(value));
}

/* An int, however much of it was given; false: too little. */
static bool
take_int(const struct call *call, int32_t *value)
{
	if (call->len < sizeof(*value))
		return false;
	memcpy(value, call->buf, sizeof(*value));
	return true;
}

/* struct timeval and struct linger of x86-64. */
struct linux_timeval {
	int64_t s, us;
};

struct linux_linger {
	int32_t on, s;
};

static int32_t
give_time(struct call *call, uint64_t ns)
{
	const struct linux_timeval value = {
		.s = (int64_t)(ns / 1000000000),
		.us = (int64_t)(ns % 1000000000 / 1000),
	};

	return give(call, &value, sizeof(value));
}

static int32_t
take_time(const struct call *call, uint64_t *ns)
{
	struct linux_timeval value;

	if (call->len < sizeof(value))
		return -LX_EINVAL;
	memcpy(&value, call->buf, sizeof(value));
	if (value.s < 0 || value.s > INT32_MAX || value.us < 0 ||
	    value.us >= 1000000)
		return -LX_EINVAL;
	*ns = (uint64_t)value.s * 1000000000 + (uint64_t)value.us * 1000;
	return 0;
}

/* ---- get --------------------------------------------------------------- */

static int32_t
get_socket(struct file *file, struct call *call)
{
	const struct linux_linger linger = { file->linger,
					     (int32_t)file->linger_s };
	bool stream = file->kind == FILE_TCP;

	switch (call->b) {
	case LX_SO_REUSEADDR: return give_int(call, file->reuse_addr);
	case LX_SO_REUSEPORT: return give_int(call, file->reuse_port);
	case LX_SO_BROADCAST: return give_int(call, file->broadcast);
	case LX_SO_TYPE:
		return give_int(call, stream ? LX_SOCK_STREAM : LX_SOCK_DGRAM);
	case LX_SO_ERROR: return give_int(call, -file_take_error(file));
	case LX_SO_LINGER: return give(call, &linger, sizeof(linger));
	case LX_SO_RCVLOWAT: return give_int(call, (int32_t)file->rcvlowat);
	case LX_SO_RCVTIMEO: return give_time(call, file->rcvtimeo_ns);
	case LX_SO_SNDTIMEO: return give_time(call, file->sndtimeo_ns);
	case LX_SO_ACCEPTCONN: return give_int(call, file->listening);
	case LX_SO_DOMAIN: return give_int(call, LX_AF_INET);
	case LX_SO_PROTOCOL:
		return give_int(call, stream ? LX_IPPROTO_TCP : LX_IPPROTO_UDP);
	default: return -LX_ENOPROTOOPT;
	}
}

static int32_t
get_ip(struct file *file, struct call *call)
{
	struct net *net = file->files->net;
	struct ipv4_out how = { .dst = file->remote.addr };
	uint32_t src, mtu;

	switch (call->b) {
	case LX_IP_TOS: return give_int(call, file->tos);
	case LX_IP_TTL:
		return give_int(call, file->ttl ? file->ttl
						: (int32_t)net->ipv4_param
							  .ip_default_ttl);
	case LX_IP_MTU_DISCOVER:
		return give_int(call, (int32_t)file->mtu_discover);
	case LX_IP_MTU:
		if (!file->connected ||
		    ipv4_route_info(net, &how, &src, &mtu) != OK)
			return -LX_ENOTCONN;
		return give_int(call, (int32_t)mtu);
	default: return -LX_ENOPROTOOPT;
	}
}

static void
info_of(const struct file *file, struct tcp_info *info)
{
	*info = file->last;
	info->state = TCP_CLOSED;
	if (file->sock)
		tcp_get_info(file->sock, info);
}

/* What the stack would do if nobody had said anything. */
static int32_t
default_of(const struct file *file, enum tcp_option_name option)
{
	const struct tcp_param *param = &file->files->net->tcp.param;

	switch (option) {
	case TCP_OPT_KEEPIDLE: return (int32_t)param->tcp_keepalive_time;
	case TCP_OPT_KEEPINTVL: return (int32_t)param->tcp_keepalive_intvl;
	case TCP_OPT_KEEPCNT: return (int32_t)param->tcp_keepalive_probes;
	case TCP_OPT_SNDBUF: return (int32_t)param->tcp_wmem[1];
	case TCP_OPT_RCVBUF: return (int32_t)param->tcp_rmem[1];
	default: return 0;
	}
}

static int32_t
get_stack(struct file *file, struct call *call, enum tcp_option_name option)
{
	int32_t value = (int32_t)file->option[option];
	bool is_set = file->option_set & 1u << option;
	struct tcp_info info;

	if (option == TCP_OPT_MAXSEG && (file->connected || !is_set)) {
		info_of(file, &info);
		return give_int(call, info.mss ? (int32_t)info.mss : 536);
	}
	if (!is_set)
		return give_int(call, default_of(file, option));
	/* Linux keeps twice what was asked for, for its own needs. */
	if (option == TCP_OPT_SNDBUF || option == TCP_OPT_RCVBUF)
		value *= 2;
	return give_int(call, value);
}

static int32_t
get_tcp(struct file *file, struct call *call)
{
	uint8_t bytes[256];
	struct tcp_info info;
	const char *name;

	info_of(file, &info);
	switch (call->b) {
	case LX_TCP_INFO:
		return give(call, bytes,
			    tcp_info_emit(&info, bytes, sizeof(bytes)));
	case LX_TCP_CONGESTION:
		name = file->sock ? info.congestion : file->congestion;
		return give(call, name, strlen(name) + 1);
	default: return -LX_ENOPROTOOPT;
	}
}

/* ---- set --------------------------------------------------------------- */

static int32_t
set_linger(struct file *file, const struct call *call)
{
	struct linux_linger linger;

	if (call->len < sizeof(linger))
		return -LX_EINVAL;
	memcpy(&linger, call->buf, sizeof(linger));
	file->linger = linger.on != 0;
	file->linger_s = linger.s < 0 ? INT32_MAX : (uint32_t)linger.s;
	return 0;
}

static int32_t
set_socket(struct file *file, const struct call *call)
{
	int32_t value;

	switch (call->b) {
	case LX_SO_LINGER: return set_linger(file, call);
	case LX_SO_RCVTIMEO: return take_time(call, &file->rcvtimeo_ns);
	case LX_SO_SNDTIMEO: return take_time(call, &file->sndtimeo_ns);
	default: break;
	}
	if (!take_int(call, &value))
		return -LX_EINVAL;
	switch (call->b) {
	case LX_SO_REUSEADDR: file->reuse_addr = value != 0; return 0;
	case LX_SO_REUSEPORT: file->reuse_port = value != 0; return 0;
	case LX_SO_BROADCAST: file->broadcast = value != 0; return 0;
	case LX_SO_RCVLOWAT:
		file->rcvlowat = value < 1 ? 1 : (uint32_t)value;
		return 0;
	default: return -LX_ENOPROTOOPT;
	}
}

static int32_t
set_ip(struct file *file, const struct call *call)
{
	int32_t value;

	if (!take_int(call, &value))
		return -LX_EINVAL;
	switch (call->b) {
	case LX_IP_TOS: file->tos = (uint8_t)value; break;
	case LX_IP_TTL:
		if (value != -1 && (value < 1 || value > 255))
			return -LX_EINVAL;
		file->ttl = value == -1 ? 0 : (uint8_t)value;
		break;
	case LX_IP_MTU_DISCOVER:
		if (value < LX_IP_PMTUDISC_DONT || value > LX_IP_PMTUDISC_PROBE)
			return -LX_EINVAL;
		file->mtu_discover = (uint32_t)value;
		break;
	default: return -LX_ENOPROTOOPT;
	}
	if (file->sock)
		file_apply_options(file);
	return 0;
}

static int32_t
set_stack(struct file *file, const struct call *call,
	  enum tcp_option_name option)
{
	uint32_t value;
	int32_t given;

	if (!take_int(call, &given))
		return -LX_EINVAL;
	value = (uint32_t)given;
	/* What Linux does not refuse it makes fit. */
	if (option == TCP_OPT_SNDBUF || option == TCP_OPT_RCVBUF) {
		value = max_of(value, 2304u);
		value = min_of(value, 1u << 26);
	}
	if (option == TCP_OPT_KEEPALIVE || option == TCP_OPT_NODELAY ||
	    option == TCP_OPT_CORK)
		value = value != 0;
	if (option == TCP_OPT_USER_TIMEOUT && given < 0)
		return -LX_EINVAL;
	if (file->kind == FILE_TCP && file->sock &&
	    tcp_set_option(file->sock, option, value) != OK)
		return -LX_EINVAL;
	file->option[option] = value;
	file->option_set |= 1u << option;
	if (option == TCP_OPT_CORK)
		file->cork_more = false;
	return 0;
}

static int32_t
set_tcp(struct file *file, const struct call *call)
{
	char name[16];
	size_t len = min_of(call->len, sizeof(name) - 1);

	if (call->b != LX_TCP_CONGESTION)
		return -LX_ENOPROTOOPT;
	memcpy(name, call->buf, len);
	name[len] = '\0';
	if (file->sock && tcp_set_congestion(file->sock, name) != OK)
		return -LX_ENOENT;
	str_copy(file->congestion, name, sizeof(file->congestion));
	return 0;
}

/* ---- the calls ---------------------------------------------------------- */

/* The stack's own option, or FILE_OPTIONS. */
static uint32_t
find_stack_option(const struct file *file, const struct call *call)
{
	for (unsigned int i = 0; i < array_len(stack_options); i++)
		if (call->a == stack_options[i].level &&
		    call->b == stack_options[i].name)
			return stack_options[i].option;
	return FILE_OPTIONS;
}

int32_t
file_getsockopt(struct file *file, struct call *call)
{
	uint32_t option = find_stack_option(file, call);

	if (call->a == LX_SOL_TCP && file->kind != FILE_TCP)
		return -LX_EOPNOTSUPP;
	if (option != FILE_OPTIONS)
		return get_stack(file, call, (enum tcp_option_name)option);
	switch (call->a) {
	case LX_SOL_SOCKET: return get_socket(file, call);
	case LX_SOL_IP: return get_ip(file, call);
	case LX_SOL_TCP: return get_tcp(file, call);
	default: return -LX_EOPNOTSUPP;
	}
}

int32_t
file_setsockopt(struct file *file, struct call *call)
{
	uint32_t option = find_stack_option(file, call);

	if (call->a == LX_SOL_TCP && file->kind != FILE_TCP)
		return -LX_ENOPROTOOPT;
	if (option != FILE_OPTIONS)
		return set_stack(file, call, (enum tcp_option_name)option);
	switch (call->a) {
	case LX_SOL_SOCKET: return set_socket(file, call);
	case LX_SOL_IP: return set_ip(file, call);
	case LX_SOL_TCP: return set_tcp(file, call);
	default: return -LX_ENOPROTOOPT;
	}
}

int32_t
file_ioctl(struct file *file, struct call *call)
{
	struct tcp_info info;

	info_of(file, &info);
	switch ((uint32_t)call->a) {
	case LX_FIONBIO: file->nonblock = call->b != 0; return 0;
	case LX_FIONREAD:
		if (file->listening)
			return -LX_EINVAL;
		call->value =
			file->kind == FILE_UDP
				? (file->datagrams.first
					   ? (int32_t)file->datagrams.first->len
					   : 0)
				: (int32_t)info.recv_q_len;
		return 0;
	case LX_SIOCOUTQ:
		if (file->listening)
			return -LX_EINVAL;
		call->value = (int32_t)info.send_q_len;
		return 0;
	case LX_SIOCOUTQNSD: call->value = (int32_t)info.unsent_len; return 0;
	case LX_SIOCATMARK:
		call->value = file->sock && file->kind == FILE_TCP &&
			      tcp_urgent_len(file->sock) == 0;
		return 0;
	default: return -LX_ENOTTY;
	}
}
