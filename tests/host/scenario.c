/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs TCP scenarios; see scenario.h. State: one struct scenario a run. */
#include "tests/host/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/checksum.h"
#include "lib/str.h"
#include "net/icmp.h"
#include "net/tcp/cc.h"
#include "net/tcp/tcp.h"
#include "net/wire/tcp.h"
#include "tests/host/testnet.h"

#define WORDS_MAX   40
#define PEER_ISN    1000000000u
#define SERVER_PORT 80u
#define PEER_PORT   1234u

struct scenario {
	struct testnet *t;
	struct route_metrics metrics;
	struct sock *listener, *sock;
	struct sock_addr local;
	uint16_t peer_port;
	uint32_t peer_isn, our_isn;
	bool isn_known;
	uint32_t last_tsval, first_tsval, payload_seed, read_len;
	bool tsval_known;
	uint32_t events; /* bits of event_names */
	enum status closed_why, error_why;
	struct tcp h; /* the last segment of ours */
	struct ipv4 ip;
	size_t len;
	char *word[WORDS_MAX];
	int words;
	char why[400];
	uint32_t rcvbuf, backlog;
};

static const char *const event_names[] = {
	"established", "readable", "writable", "urgent", "closed", "error",
};

static bool
wrong(struct scenario *s, const char *what, long got, long expected)
{
	snprintf(s->why, sizeof(s->why), "%s is %ld, expected %ld", what, got,
		 expected);
	return false;
}

static bool
say(struct scenario *s, const char *what)
{
	snprintf(s->why, sizeof(s->why), "%s", what);
	return false;
}

/* ---- the application ---------------------------------------------------- */

static void
on_established(struct sock *sock)
{
	struct scenario *s = sock->ctx;

	s->sock = sock;
	s->events |= 1u << 0;
}

static void
on_readable(struct sock *sock)
{
	((struct scenario *)sock->ctx)->events |= 1u << 1;
}

static void
on_writable(struct sock *sock)
{
	((struct scenario *)sock->ctx)->events |= 1u << 2;
}

static void
on_urgent(struct sock *sock)
{
	((struct scenario *)sock->ctx)->events |= 1u << 3;
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct scenario *s = sock->ctx;

	s->events |= 1u << 4;
	s->closed_why = why;
	if (s->sock == sock)
		s->sock = NULL;
}

static void
on_error(struct sock *sock, enum status error)
{
	struct scenario *s = sock->ctx;

	s->events |= 1u << 5;
	s->error_why = error;
}

static const struct sock_ops ops = {
	.established = on_established,
	.readable = on_readable,
	.writable = on_writable,
	.urgent = on_urgent,
	.closed = on_closed,
	.error = on_error,
};

/* ---- segments ----------------------------------------------------------- */

static const struct {
	char letter;
	uint8_t flag;
} letters[] = {
	{ 'F', TCP_FIN }, { 'S', TCP_SYN }, { 'R', TCP_RST }, { 'P', TCP_PSH },
	{ 'A', TCP_ACK }, { 'U', TCP_URG }, { 'E', TCP_ECE }, { 'C', TCP_CWR },
};

static uint8_t
flags_of(const char *text)
{
	uint8_t flags = 0;

	for (; *text; text++)
		for (size_t i = 0; i < array_len(letters); i++)
			if (letters[i].letter == *text)
				flags |= letters[i].flag;
	return flags;
}

static const char *
value_of(const struct scenario *s, const char *name)
{
	for (int i = 1; i + 1 < s->words; i++)
		if (strcmp(s->word[i], name) == 0)
			return s->word[i + 1];
	return NULL;
}

static bool
has_word(const struct scenario *s, const char *name)
{
	for (int i = 1; i < s->words; i++)
		if (strcmp(s->word[i], name) == 0)
			return true;
	return false;
}

static uint32_t
number(const char *text)
{
	return (uint32_t)strtoll(text, NULL, 0);
}

/* "start:end" or "start" alone: no bytes. */
static void
range_of(const char *text, uint32_t *start, uint32_t *len)
{
	const char *colon = strchr(text, ':');

	*start = number(text);
	*len = colon ? number(colon + 1) - *start : 0;
}

/* "a-b,c-d" relative to isn. */
static uint8_t
blocks_of(const char *text, uint32_t isn, struct tcp_range *blocks)
{
	uint8_t count = 0;

	while (*text && count < TCP_SACK_MAX) {
		char *end;

		blocks[count].start = isn + (uint32_t)strtoul(text, &end, 0);
		blocks[count].end = isn + (uint32_t)strtoul(end + 1, &end, 0);
		count++;
		text = *end == ',' ? end + 1 : end;
	}
	return count;
}

/* Byte number n of a stream: what either side sends there. */
static uint8_t
byte_at(uint32_t n)
{
	return (uint8_t)(n * 7 + n / 251);
}

/* "10.0.0.1" */
static uint32_t
address_of(const char *text)
{
	unsigned int a = 0, b = 0, c = 0, d = 0;

	sscanf(text, "%u.%u.%u.%u", &a, &b, &c, &d);
	return a << 24 | b << 16 | c << 8 | d;
}

/* Options byte by byte, in hexadecimal, to *bytes; how many, with zeros up to a
 * whole word. */
static uint8_t
raw_options(const char *text, uint8_t *bytes)
{
	uint8_t len = 0;
	unsigned int byte;

	for (; text && sscanf(text, "%2x", &byte) == 1; text += 2)
		bytes[len++] = (uint8_t)byte;
	return (uint8_t)((len + 3) / 4 * 4);
}

static void
inject(struct scenario *s, struct tcp *h, uint32_t relative, uint32_t len,
       uint8_t tos, bool bad_checksum)
{
	uint8_t *bytes = calloc(1, TCP_HEADER_LEN_MAX + 40 + len);
	const char *text;
	size_t total;
	uint32_t sum;
	struct ipv4 ip = {
		.src = TESTNET_HOST(0),
		.dst = TESTNET_ROUTER(0),
		.header_len = IPV4_HEADER_LEN,
		.ttl = 64,
		.tos = tos,
		.proto = IPPROTO_TCP,
	};

	if ((text = value_of(s, "from")))
		ip.src = address_of(text);
	if ((text = value_of(s, "to")))
		ip.dst = address_of(text);
	h->header_len = (uint8_t)(TCP_HEADER_LEN + tcp_options_len(h));
	h->header_len +=
		raw_options(value_of(s, "opts"), bytes + h->header_len);
	total = h->header_len + len;
	h->checksum = 0;
	tcp_emit(h, bytes);
	if (h->flags & TCP_SYN)
		relative++; /* it comes before the first byte */
	for (uint32_t i = 0; i < len; i++)
		bytes[h->header_len + i] = byte_at(relative + i);
	sum = checksum_pseudo(ip.src, ip.dst, IPPROTO_TCP, (uint16_t)total);
	h->checksum = checksum_fold(checksum_add(sum, bytes, total));
	if (bad_checksum)
		h->checksum ^= 1;
	tcp_emit(h, bytes);
	ip.total_len = (uint16_t)(IPV4_HEADER_LEN + total);
	testnet_inject_ipv4(s->t, 0, &ip, bytes, total);
	free(bytes);
}

static bool no_output(struct scenario *s);

/* < FLAGS seq[:end] [ack N] [win N] [mss N] [ws N] [sackok] [ts VAL ECR|last]
 *   [sack a-b,..] [urg N] [ce] [csum] */
static bool
peer_sends(struct scenario *s)
{
	uint32_t relative, len;
	const char *text;
	struct tcp h = {
		.sport = s->peer_port,
		.dport = s->local.port,
		.window = 65535,
	};

	if (s->words < 3)
		return say(s, "< needs flags and a sequence number");
	if (!no_output(s))
		return false;
	h.flags = flags_of(s->word[1]);
	range_of(s->word[2], &relative, &len);
	h.seq = s->peer_isn + relative;
	if ((text = value_of(s, "ack")))
		h.ack = s->our_isn + number(text);
	if ((text = value_of(s, "win")))
		h.window = (uint16_t)number(text);
	if ((text = value_of(s, "mss"))) {
		h.have |= TCP_HAVE_MSS;
		h.mss = (uint16_t)number(text);
	}
	if ((text = value_of(s, "ws"))) {
		h.have |= TCP_HAVE_WSCALE;
		h.wscale = (uint8_t)number(text);
	}
	if (has_word(s, "sackok"))
		h.have |= TCP_HAVE_SACKOK;
	for (int i = 1; i + 2 < s->words; i++) {
		if (strcmp(s->word[i], "ts") != 0)
			continue;
		h.have |= TCP_HAVE_TS;
		h.tsval = number(s->word[i + 1]);
		h.tsecr = strcmp(s->word[i + 2], "last") == 0 ? s->last_tsval
			  : s->word[i + 2][0] == '@'
				  ? s->first_tsval + number(s->word[i + 2] + 1)
				  : number(s->word[i + 2]);
	}
	if ((text = value_of(s, "sack")))
		h.sack_count = blocks_of(text, s->our_isn, h.sack);
	if ((text = value_of(s, "urg")))
		h.urgent = (uint16_t)number(text);
	inject(s, &h, relative, len, has_word(s, "ce") ? 3 : 0,
	       has_word(s, "csum"));
	return true;
}

/* What no segment of ours may hold: an option without a right length, one that
 * belongs on a SYN elsewhere, anything behind the end. [RFC9293 3.1 MUST-68,
 * MUST-69, 3.7.1 MUST-65] [RFC2018 2] */
static bool
options_are_strict(const struct scenario *s, const uint8_t *at, size_t left)
{
	bool syn = s->h.flags & TCP_SYN;

	while (left > 0) {
		size_t len = *at == TCP_OPTION_NOP ? 1 : left > 1 ? at[1] : 0;

		if (*at == TCP_OPTION_END) {
			while (left-- > 0)
				if (*at++ != 0)
					return false;
			return true;
		}
		if (len == 0 || len > left)
			return false;
		if (!syn &&
		    (*at == TCP_OPTION_MSS || *at == TCP_OPTION_SACKOK ||
		     *at == TCP_OPTION_WSCALE))
			return false;
		at += len;
		left -= len;
	}
	return true;
}

/* The next segment of ours into s->h; false: none, or a bad one. */
static bool
next_segment(struct scenario *s)
{
	const uint8_t *data;
	size_t total;
	uint32_t sum;

	if (!testnet_next_ipv4(s->t, 0, &s->ip, &data, &total))
		return false;
	if (s->ip.proto != IPPROTO_TCP ||
	    tcp_parse(data, total, &s->h) != DROP_NONE)
		return say(s, "sent something malformed");
	sum = checksum_pseudo(s->ip.src, s->ip.dst, IPPROTO_TCP,
			      (uint16_t)total);
	if (checksum_fold(checksum_add(sum, data, total)) != 0)
		return say(s, "sent a wrong checksum");
	if (!options_are_strict(s, data + TCP_HEADER_LEN,
				s->h.header_len - TCP_HEADER_LEN))
		return say(s, "sent options that are not right");
	s->len = total - s->h.header_len;
	if ((s->h.flags & TCP_SYN) && !s->isn_known) {
		s->our_isn = s->h.seq;
		s->isn_known = true;
		s->local.port = s->h.sport;
	}
	if ((s->h.have & TCP_HAVE_TS) && !s->tsval_known) {
		s->first_tsval = s->h.tsval;
		s->tsval_known = true;
	}
	if (s->h.have & TCP_HAVE_TS)
		s->last_tsval = s->h.tsval;
	for (uint32_t i = 0; i < s->len; i++)
		if (data[s->h.header_len + i] !=
		    byte_at(s->h.seq - s->our_isn + i))
			return say(s, "sent other bytes than were written");
	return true;
}

static void
describe(const struct scenario *s, char *out, size_t len)
{
	char flags[9] = "";
	size_t n = 0;

	for (size_t i = 0; i < array_len(letters); i++)
		if (s->h.flags & letters[i].flag)
			flags[n++] = letters[i].letter;
	flags[n] = '\0';
	n = (size_t)snprintf(out, len, "%s %u:%u ack %u win %u", flags,
			     s->h.seq - s->our_isn,
			     s->h.seq - s->our_isn + (uint32_t)s->len,
			     s->h.ack - s->peer_isn, s->h.window);
	for (unsigned int i = 0; i < s->h.sack_count && n < len; i++)
		n += (size_t)snprintf(out + n, len - n, "%s%u-%u",
				      i ? "," : " sack ",
				      s->h.sack[i].start - s->peer_isn,
				      s->h.sack[i].end - s->peer_isn);
}

static bool
no_output(struct scenario *s)
{
	char text[200];

	if (testnet_count(s->t, 0) == 0)
		return true;
	if (!next_segment(s))
		return s->why[0] ? false : say(s, "sent something strange");
	describe(s, text, sizeof(text));
	snprintf(s->why, sizeof(s->why), "was silent, but for: %s", text);
	return false;
}

static bool
check_options(struct scenario *s)
{
	const char *text;
	struct tcp_range blocks[TCP_SACK_MAX];
	uint8_t count;

	if ((text = value_of(s, "mss")) &&
	    (!(s->h.have & TCP_HAVE_MSS) || s->h.mss != number(text)))
		return wrong(s, "mss", s->h.mss, number(text));
	if ((text = value_of(s, "ws")) &&
	    (!(s->h.have & TCP_HAVE_WSCALE) || s->h.wscale != number(text)))
		return wrong(s, "wscale", s->h.wscale, number(text));
	if (has_word(s, "nows") && (s->h.have & TCP_HAVE_WSCALE))
		return say(s, "has a window scale");
	if (has_word(s, "sackok") && !(s->h.have & TCP_HAVE_SACKOK))
		return say(s, "does not permit SACK");
	if (has_word(s, "nosackok") && (s->h.have & TCP_HAVE_SACKOK))
		return say(s, "permits SACK");
	if (has_word(s, "ts") && !(s->h.have & TCP_HAVE_TS))
		return say(s, "has no timestamps");
	if (has_word(s, "nots") && (s->h.have & TCP_HAVE_TS))
		return say(s, "has timestamps");
	if ((text = value_of(s, "ecr")) && s->h.tsecr != number(text))
		return wrong(s, "TSecr", s->h.tsecr, number(text));
	if ((text = value_of(s, "tsval")) &&
	    s->h.tsval - s->first_tsval != number(text))
		return wrong(s, "TSval", s->h.tsval - s->first_tsval,
			     number(text));
	if (has_word(s, "nosack") && s->h.sack_count)
		return say(s, "has SACK blocks");
	if (!(text = value_of(s, "sack")))
		return true;
	count = blocks_of(text, s->peer_isn, blocks);
	if (count != s->h.sack_count ||
	    memcmp(blocks, s->h.sack, count * sizeof(blocks[0])) != 0)
		return say(s, "has other SACK blocks");
	return true;
}

/* > FLAGS seq[:end] [ack N] [win N] and options as above */
static bool
check_segment(struct scenario *s)
{
	uint32_t relative, len;
	const char *text;

	range_of(s->word[2], &relative, &len);
	if ((s->h.flags & ~TCP_PSH) != (flags_of(s->word[1]) & ~TCP_PSH))
		return wrong(s, "flags", s->h.flags, flags_of(s->word[1]));
	if (strchr(s->word[1], 'P') && !(s->h.flags & TCP_PSH))
		return say(s, "has no PSH");
	if (s->h.dport != s->peer_port)
		return wrong(s, "port", s->h.dport, s->peer_port);
	if (s->isn_known && s->h.seq - s->our_isn != relative)
		return wrong(s, "seq", (int32_t)(s->h.seq - s->our_isn),
			     (int32_t)relative);
	if (s->len != len)
		return wrong(s, "length", (long)s->len, (long)len);
	if ((text = value_of(s, "ack")) &&
	    s->h.ack - s->peer_isn != number(text))
		return wrong(s, "ack", (int32_t)(s->h.ack - s->peer_isn),
			     (int32_t)number(text));
	if ((text = value_of(s, "win")) && s->h.window != number(text))
		return wrong(s, "win", s->h.window, number(text));
	if ((text = value_of(s, "urg")) && s->h.urgent != number(text))
		return wrong(s, "urgent", s->h.urgent, number(text));
	if ((text = value_of(s, "tos")) && s->ip.tos != number(text))
		return wrong(s, "tos", s->ip.tos, number(text));
	if ((text = value_of(s, "ttl")) && s->ip.ttl != number(text))
		return wrong(s, "ttl", s->ip.ttl, number(text));
	if ((text = value_of(s, "len")) && s->ip.total_len != number(text))
		return wrong(s, "len", s->ip.total_len, number(text));
	if (has_word(s, "df") && !(s->ip.flags & IPV4_DF))
		return say(s, "may be fragmented");
	return check_options(s);
}

static bool
we_send(struct scenario *s)
{
	char got[200], why[200];

	if (s->words < 3)
		return say(s, "> needs flags and a sequence number");
	if (!next_segment(s))
		return s->why[0] ? false : say(s, "sent nothing");
	if (check_segment(s))
		return true;
	memcpy(why, s->why, sizeof(why));
	why[sizeof(why) - 1] = '\0';
	describe(s, got, sizeof(got));
	snprintf(s->why, sizeof(s->why), "%.190s, in: %.190s", why, got);
	return false;
}

/* ---- commands ----------------------------------------------------------- */

static const struct {
	const char *name;
	size_t at;
} sysctls[] = {
#define SYSCTL(name)                                                           \
	{                                                                      \
#name, offsetof(struct tcp_param, name)                        \
	}
	SYSCTL(tcp_timestamps),
	SYSCTL(tcp_sack),
	SYSCTL(tcp_window_scaling),
	SYSCTL(tcp_ecn),
	SYSCTL(tcp_syncookies),
	SYSCTL(tcp_max_syn_backlog),
	SYSCTL(tcp_invalid_ratelimit),
	SYSCTL(tcp_retries1),
	SYSCTL(tcp_retries2),
	SYSCTL(tcp_fin_timeout),
	SYSCTL(tcp_early_retrans),
	SYSCTL(tcp_frto),
	SYSCTL(tcp_mtu_probing),
	SYSCTL(tcp_delack_min),
	SYSCTL(tcp_rfc1337),
	SYSCTL(tcp_syn_retries),
	SYSCTL(tcp_dsack),
	SYSCTL(tcp_buffers_max),
	SYSCTL(tcp_stall_abort),
	SYSCTL(tcp_silent_abort),
	SYSCTL(tcp_idle_abort),
	SYSCTL(tcp_challenge_ack_limit),
	SYSCTL(tcp_window_clamp),
	SYSCTL(tcp_orphan_retries),
	SYSCTL(tcp_slow_start_after_idle),
#undef SYSCTL
};

static bool
do_sysctl(struct scenario *s)
{
	char *equals = s->words > 1 ? strchr(s->word[1], '=') : NULL;

	if (!equals)
		return say(s, "sysctl NAME=VALUE");
	*equals = '\0';
	if (strcmp(s->word[1], "congestion") == 0) {
		s->t->net.tcp.param.tcp_congestion_control =
			strcmp(equals + 1, "reno") == 0 ? &tcp_cc_reno
							: &tcp_cc_cubic;
		return true;
	}
	for (size_t i = 0; i < array_len(sysctls); i++) {
		uint8_t *param = (uint8_t *)&s->t->net.tcp.param;

		if (strcmp(sysctls[i].name, s->word[1]) != 0)
			continue;
		*(uint32_t *)(void *)(param + sysctls[i].at) =
			number(equals + 1);
		return true;
	}
	return say(s, "no such sysctl");
}

static bool
do_listen(struct scenario *s)
{
	const struct sock_addr any = { .port = SERVER_PORT };
	const char *backlog = value_of(s, "backlog");
	enum status status;

	s->local.port = SERVER_PORT;
	s->listener =
		tcp_listen(&s->t->net, &any, backlog ? number(backlog) : 128,
			   &ops, s, "test", &status);
	return status == OK || wrong(s, "status", status, OK);
}

static bool
do_connect(struct scenario *s)
{
	const struct sock_addr peer = { TESTNET_HOST(0), s->peer_port };
	enum status status;

	s->sock =
		tcp_connect(&s->t->net, NULL, &peer, &ops, s, "test", &status);
	testnet_run(s->t);
	return status == OK || wrong(s, "status", status, OK);
}

static bool
do_write(struct scenario *s)
{
	uint32_t len = number(s->word[1]);
	uint8_t *bytes = malloc(len + 1);
	size_t done;

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = byte_at(1 + s->payload_seed + i);
	done = tcp_write(s->sock, bytes, len);
	free(bytes);
	s->payload_seed += (uint32_t)done;
	if (has_word(s, "urgent"))
		tcp_send_urgent(s->sock);
	testnet_run(s->t);
	if (value_of(s, "got"))
		len = number(value_of(s, "got"));
	return done == len || wrong(s, "written", (long)done, len);
}

static bool
do_read(struct scenario *s)
{
	uint32_t len = number(s->word[1]);
	uint8_t *bytes = malloc(len + 1);
	size_t done = tcp_read(s->sock, bytes, len);
	bool right = true;

	for (size_t i = 0; i < done; i++)
		right &= bytes[i] == byte_at(1 + s->read_len++);
	free(bytes);
	testnet_run(s->t);
	if (!right)
		return say(s, "read other bytes than were sent");
	return done == len || wrong(s, "read", (long)done, len);
}

static bool
do_close(struct scenario *s)
{
	struct sock *sock = s->sock;

	if (strcmp(s->word[0], "shutdown") == 0) {
		tcp_shutdown(sock);
	} else {
		s->sock = NULL;
		if (strcmp(s->word[0], "abort") == 0)
			tcp_abort(sock);
		else
			tcp_close(sock);
	}
	testnet_run(s->t);
	return true;
}

static const struct {
	const char *name;
	enum tcp_option_name option;
} options[] = {
	{ "nodelay", TCP_OPT_NODELAY },
	{ "cork", TCP_OPT_CORK },
	{ "keepalive", TCP_OPT_KEEPALIVE },
	{ "keepidle", TCP_OPT_KEEPIDLE },
	{ "keepintvl", TCP_OPT_KEEPINTVL },
	{ "keepcnt", TCP_OPT_KEEPCNT },
	{ "user_timeout", TCP_OPT_USER_TIMEOUT },
	{ "maxseg", TCP_OPT_MAXSEG },
	{ "sndbuf", TCP_OPT_SNDBUF },
	{ "rcvbuf", TCP_OPT_RCVBUF },
	{ "linger_rst", TCP_OPT_LINGER_RST },
};

static bool
do_option(struct scenario *s)
{
	struct sock *sock = s->sock ? s->sock : s->listener;

	if (strcmp(s->word[1], "tos") == 0 && s->words > 2) {
		sock->tos = (uint8_t)number(s->word[2]);
		return true;
	}
	if (strcmp(s->word[1], "ttl") == 0 && s->words > 2) {
		sock->ttl = (uint8_t)number(s->word[2]);
		return true;
	}
	for (size_t i = 0; s->words > 2 && i < array_len(options); i++)
		if (strcmp(options[i].name, s->word[1]) == 0 &&
		    tcp_set_option(sock, options[i].option,
				   number(s->word[2])) == OK) {
			testnet_run(s->t);
			return true;
		}
	return say(s, "option refused");
}

static const struct {
	const char *name;
	enum status status;
} statuses[] = {
	{ "ok", OK },
	{ "nomem", ERR_NOMEM },
	{ "reset", ERR_RESET },
	{ "refused", ERR_REFUSED },
	{ "timeout", ERR_TIMEOUT },
	{ "unreach", ERR_NETUNREACH },
	{ "hostunreach", ERR_HOSTUNREACH },
};

static enum status
status_of(const char *name)
{
	for (size_t i = 0; i < array_len(statuses); i++)
		if (strcmp(statuses[i].name, name) == 0)
			return statuses[i].status;
	return ERR_IO;
}

/* expect EVENT [status]; "no EVENT" the opposite. */
static bool
do_expect(struct scenario *s)
{
	bool wanted = strcmp(s->word[0], "expect") == 0;
	const char *status = s->words > 2 ? s->word[2] : NULL;

	for (unsigned int i = 0; i < array_len(event_names); i++) {
		bool is = s->events & 1u << i;

		if (strcmp(event_names[i], s->word[1]) != 0)
			continue;
		s->events &= ~(1u << i);
		if (is != wanted)
			return say(s, wanted ? "was not told" : "was told");
		if (status && i == 4 && s->closed_why != status_of(status))
			return wrong(s, "why", s->closed_why,
				     status_of(status));
		if (status && i == 5 && s->error_why != status_of(status))
			return wrong(s, "why", s->error_why, status_of(status));
		return true;
	}
	return say(s, "no such event");
}

/* state NAME, of the sock; "none" if there is no connection at all. */
static bool
do_state(struct scenario *s)
{
	const struct sock_addr local = { TESTNET_ROUTER(0), s->local.port };
	const char *is = "none";

	(void)local;
	if (s->sock)
		is = tcp_state_name(tcp_state(s->sock));
	if (strcmp(is, s->word[1]) == 0)
		return true;
	snprintf(s->why, sizeof(s->why), "state is %s", is);
	return false;
}

static bool
do_drop(struct scenario *s)
{
	for (unsigned int i = 1; i < DROP_COUNT; i++)
		if (strcmp(drop_text(i)->name, s->word[1]) == 0) {
			uint64_t got = testnet_drops(s->t, i);
			uint32_t want = s->words > 2 ? number(s->word[2]) : 1;

			return got == want ||
			       wrong(s, s->word[1], (long)got, want);
		}
	return say(s, "no such drop reason");
}

/* icmp TYPE CODE [mtu N] [seq N]: about a segment of ours at seq. */
static bool
do_icmp(struct scenario *s)
{
	const char *mtu = value_of(s, "mtu"), *seq = value_of(s, "seq");
	uint8_t bytes[8 + 20 + 8] = { 0 };
	struct ipv4 ip = {
		.src = TESTNET_HOST(0),
		.dst = TESTNET_ROUTER(0),
		.header_len = 20,
		.ttl = 64,
		.proto = IPPROTO_ICMP,
		.total_len = 20 + sizeof(bytes),
	};
	struct ipv4 quoted = {
		.src = TESTNET_ROUTER(0),
		.dst = TESTNET_HOST(0),
		.header_len = 20,
		.ttl = 64,
		.flags = IPV4_DF,
		.proto = IPPROTO_TCP,
		.total_len = 1500,
	};
	be16 sum;

	bytes[0] = (uint8_t)number(s->word[1]);
	bytes[1] = (uint8_t)number(s->word[2]);
	tcp_put32(bytes + 4, mtu ? number(mtu) : 0);
	ipv4_emit(&quoted, bytes + 8);
	tcp_put32(bytes + 28, (uint32_t)s->local.port << 16 | s->peer_port);
	tcp_put32(bytes + 32, s->our_isn + (seq ? number(seq) : 0));
	sum = be16_from(checksum_fold(checksum_add(0, bytes, sizeof(bytes))));
	memcpy(bytes + 2, &sum, 2);
	testnet_inject_ipv4(s->t, 0, &ip, bytes, sizeof(bytes));
	return true;
}

/* info NAME [<=|>=] VALUE */
static bool
do_info(struct scenario *s)
{
	const char *how = s->words > 3 ? s->word[2] : "";
	long want = (long)number(s->word[s->words - 1]), got;
	struct tcp_info info;

	tcp_get_info(s->sock, &info);
	if (strcmp(s->word[1], "cwnd") == 0)
		got = info.cwnd;
	else if (strcmp(s->word[1], "ssthresh") == 0)
		got = info.ssthresh;
	else if (strcmp(s->word[1], "mss") == 0)
		got = info.mss;
	else if (strcmp(s->word[1], "rto_ms") == 0)
		got = info.rto_us / 1000;
	else if (strcmp(s->word[1], "srtt_us") == 0)
		got = info.srtt_us;
	else if (strcmp(s->word[1], "reordering") == 0)
		got = info.reordering;
	else if (strcmp(s->word[1], "cubic") == 0)
		got = strcmp(info.congestion, "cubic") == 0;
	else if (strcmp(s->word[1], "snd_wnd") == 0)
		got = (long)info.snd_wnd;
	else if (strcmp(s->word[1], "unacked") == 0)
		got = info.unacked_len;
	else if (strcmp(s->word[1], "retries") == 0)
		got = info.retries;
	else if (strcmp(s->word[1], "pmtu") == 0)
		got = info.pmtu;
	else if (strcmp(s->word[1], "urgent") == 0)
		got = tcp_urgent_len(s->sock);
	else if (strcmp(s->word[1], "readable") == 0)
		got = (long)tcp_readable_len(s->sock);
	else if (strcmp(s->word[1], "pacing_rate") == 0)
		got = (long)info.pacing_rate;
	else if (strcmp(s->word[1], "delivery_rate") == 0)
		got = (long)info.delivery_rate;
	else if (strcmp(s->word[1], "eof") == 0)
		got = tcp_eof(s->sock);
	else
		return say(s, "no such number");
	if (strcmp(how, "<=") == 0   ? got <= want
	    : strcmp(how, ">=") == 0 ? got >= want
				     : got == want)
		return true;
	return wrong(s, s->word[1], got, want);
}

/* metric NAME [lock] N: the route to the peer says so. */
static bool
do_metric(struct scenario *s)
{
	static const char *const names[METRICS] = {
		[METRIC_WINDOW] = "window",
		[METRIC_RTT] = "rtt",
		[METRIC_SSTHRESH] = "ssthresh",
		[METRIC_CWND] = "cwnd",
		[METRIC_REORDERING] = "reordering",
		[METRIC_HOPLIMIT] = "hoplimit",
		[METRIC_INITCWND] = "initcwnd",
		[METRIC_FEATURES] = "features",
		[METRIC_RTO_MIN] = "rto_min",
		[METRIC_INITRWND] = "initrwnd",
		[METRIC_QUICKACK] = "quickack",
		[METRIC_CONGCTL] = "congctl",
	};
	struct {
		struct route route;
		struct nexthop nexthop;
	} want = {
		.route = {
			.dst = TESTNET_HOST(0),
			.prefix_len = 32,
			.type = ROUTE_UNICAST,
			.scope = SCOPE_LINK,
			.proto = ROUTE_PROTO_BOOT,
			.nexthop_count = 1,
			.metrics = &s->metrics,
		},
		.nexthop = { .dev = &s->t->port[0].dev, .weight = 1 },
	};
	unsigned int i = 0;

	while (i < METRICS && strcmp(names[i], s->word[1]) != 0)
		i++;
	if (i == METRICS)
		return say(s, "no such metric");
	s->metrics.value[i] = (uint32_t)number(s->word[s->words - 1]);
	if (s->words > 3)
		s->metrics.locks |= 1u << i;
	return fib_insert(&s->t->net, &want.route, FIB_REPLACE) == FIB_OK ||
	       say(s, "the route is refused");
}

/* mtu N: what the interface takes. */
static bool
do_mtu(struct scenario *s)
{
	enum status status =
		netdev_set_mtu(&s->t->port[0].dev, number(s->word[1]));

	return status == OK || wrong(s, "status", status, OK);
}

/* hold: what the peer sends from here on arrives as one burst at release. */
static bool
do_hold(struct scenario *s)
{
	s->t->hold = strcmp(s->word[0], "hold") == 0;
	testnet_run(s->t);
	return true;
}

/* flood N: SYNs from N other ports; what is answered is thrown away. */
static bool
do_flood(struct scenario *s)
{
	for (uint32_t i = 0; i < number(s->word[1]); i++) {
		struct tcp h = {
			.sport = (uint16_t)(20000 + i),
			.dport = s->local.port,
			.seq = i * 100000,
			.flags = TCP_SYN,
			.window = 1000,
		};

		inject(s, &h, 0, 0, 0, false);
	}
	testnet_flush(s->t, 0);
	return true;
}

static bool
do_port(struct scenario *s)
{
	s->peer_port = (uint16_t)number(s->word[1]);
	s->isn_known = false;
	s->payload_seed = s->read_len = 0;
	return true;
}

static bool
do_isn(struct scenario *s)
{
	s->peer_isn = PEER_ISN + number(s->word[1]);
	s->isn_known = false;
	s->payload_seed = s->read_len = 0;
	return true;
}

/* skip [N]: so many segments. */
static bool
do_skip(struct scenario *s)
{
	uint32_t count = 0;

	if (s->words < 2) {
		testnet_flush(s->t, 0);
		return true;
	}
	while (next_segment(s))
		count++;
	return !s->why[0] && (count == number(s->word[1]) ||
			      wrong(s, "count", count, number(s->word[1])));
}

static const struct {
	const char *name;
	int words;
	bool (*run)(struct scenario *s);
} commands[] = {
	{ "<", 3, peer_sends },	      { ">", 3, we_send },
	{ "sysctl", 2, do_sysctl },   { "listen", 1, do_listen },
	{ "connect", 1, do_connect }, { "write", 2, do_write },
	{ "read", 2, do_read },	      { "close", 1, do_close },
	{ "shutdown", 1, do_close },  { "abort", 1, do_close },
	{ "option", 3, do_option },   { "expect", 2, do_expect },
	{ "no", 2, do_expect },	      { "state", 2, do_state },
	{ "drop", 2, do_drop },	      { "icmp", 3, do_icmp },
	{ "info", 3, do_info },	      { "flood", 2, do_flood },
	{ "port", 2, do_port },	      { "silence", 1, no_output },
	{ "isn", 2, do_isn },	      { "skip", 1, do_skip },
	{ "metric", 3, do_metric },   { "mtu", 2, do_mtu },
	{ "hold", 1, do_hold },	      { "release", 1, do_hold },
};

static bool
run_line(struct scenario *s)
{
	const char *name = s->word[0];

	if (name[0] == '+') {
		if (!no_output(s))
			return false;
		testnet_advance(s->t, (uint64_t)(strtod(name + 1, NULL) * 1e9));
		return true;
	}
	for (size_t i = 0; i < array_len(commands); i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		if (s->words < commands[i].words)
			return say(s, "words are missing");
		if (!s->sock &&
		    (commands[i].run == do_write ||
		     commands[i].run == do_read ||
		     commands[i].run == do_close || commands[i].run == do_info))
			return say(s, "there is no connection");
		return commands[i].run(s);
	}
	return say(s, "unknown command");
}

static void
split(struct scenario *s, char *line)
{
	char *hash = strchr(line, '#'), *save = NULL, *word;

	if (hash)
		*hash = '\0';
	s->words = 0;
	for (word = strtok_r(line, " \t\n", &save);
	     word && s->words < WORDS_MAX;
	     word = strtok_r(NULL, " \t\n", &save))
		s->word[s->words++] = word;
}

bool
scenario_run(const char *path, char *why, size_t why_len)
{
	struct scenario s = {
		.peer_port = PEER_PORT,
		.peer_isn = PEER_ISN,
		.local.port = SERVER_PORT,
	};
	FILE *file = fopen(path, "r");
	char line[400], text[400];
	bool ok = true;
	int n = 0;

	if (!file) {
		snprintf(why, why_len, "%s: cannot be read", path);
		return false;
	}
	s.t = testnet_new(1);
	while (ok && fgets(line, sizeof(line), file)) {
		n++;
		memcpy(text, line, sizeof(text));
		split(&s, line);
		if (s.words)
			ok = run_line(&s);
	}
	if (ok && (ok = no_output(&s)) == false)
		snprintf(text, sizeof(text), "the end\n");
	if (!ok)
		snprintf(why, why_len, "%s:%d: %.*s: %s", path, n,
			 (int)strcspn(text, "\n"), text, s.why);
	fclose(file);
	testnet_free(s.t);
	return ok;
}
