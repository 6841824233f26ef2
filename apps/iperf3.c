/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's half of iperf3: connections are told apart by their cookies, the
 * control connection walks through the steps of a test, data flows meanwhile.
 * The streams are iperf3_stream.c's. State: struct iperf3, its starter's.
 */
#include "apps/iperf3.h"

#include "apps/iperf3_internal.h"
#include "lib/be.h"
#include "lib/fmt.h"
#include "lib/hash.h"
#include "lib/json.h"
#include "lib/str.h"
#include "net/net.h"

/* What is sent over the control connection. */
enum {
	TEST_START = 1,
	TEST_RUNNING = 2,
	TEST_END = 4,
	PARAM_EXCHANGE = 9,
	CREATE_STREAMS = 10,
	CLIENT_TERMINATE = 12,
	EXCHANGE_RESULTS = 13,
	DISPLAY_RESULTS = 14,
	IPERF_DONE = 16,
	ACCESS_DENIED = 0xff,
	SERVER_ERROR = 0xfe,
};

/* iperf3's own numbers for what it cannot do. */
#define IE_PARAMS  115u
#define IE_STREAMS 11u

#define PATIENCE_NS	    (30 * NS)
#define PENDING_PATIENCE_NS (10 * NS)
#define TICK_NS		    (NS / 1000)
#define WATCH_NS	    (5 * NS)

/* ---- the end of a test -------------------------------------------------- */

static void
arm(struct iperf3 *s, uint64_t after_ns)
{
	timer_arm(&net_this_core(s->net)->timers, &s->timer,
		  s->net->now_ns + after_ns);
}

/* Ready for the next one. */
static void
reset(struct iperf3 *s)
{
	iperf3_streams_close(s, true);
	if (s->control.sock != NULL)
		tcp_close(s->control.sock);
	s->control.sock = NULL;
	s->step = STEP_IDLE;
	s->stream_count = 0;
}

static void
give_up(struct iperf3 *s)
{
	if (s->control.sock != NULL)
		tcp_abort(s->control.sock);
	s->control.sock = NULL;
	reset(s);
}

/* A control connection has room for a few bytes, or is not worth having. */
static void
say(struct iperf3 *s, uint8_t state)
{
	if (tcp_write(s->control.sock, &state, 1) != 1)
		give_up(s);
}

static void
refuse(struct iperf3 *s, uint32_t why)
{
	uint8_t bytes[9] = { SERVER_ERROR };
	be32 number = be32_from(why);

	memcpy(&bytes[1], &number, sizeof(number));
	(void)tcp_write(s->control.sock, bytes, sizeof(bytes));
	reset(s);
}

/* ---- parameters --------------------------------------------------------- */

static uint64_t
number(const struct iperf3 *s, const char *name, uint64_t most)
{
	struct json value;
	uint64_t n = 0;

	if (!json_member(s->json, s->json_len, name, &value) ||
	    !json_u64(&value, &n))
		return 0;
	return min_of(n, most);
}

static bool
truth(const struct iperf3 *s, const char *name)
{
	struct json value;

	return json_member(s->json, s->json_len, name, &value) &&
	       (value.kind == JSON_TRUE ||
		(value.kind == JSON_NUMBER && value.text[0] != '0'));
}

static bool
take_params(struct iperf3 *s)
{
	struct iperf3_params *p = &s->params;
	struct json value;

	*p = (struct iperf3_params){
		.udp = truth(s, "udp"),
		.reverse = truth(s, "reverse"),
		.both = truth(s, "bidirectional"),
		.nodelay = truth(s, "nodelay"),
		.wide_counters = truth(s, "udp_counters_64bit"),
		.parallel = (uint32_t)number(s, "parallel", UINT32_MAX),
		.omit_s = (uint32_t)number(s, "omit", 600),
		.time_s = (uint32_t)number(s, "time", 86400),
		.block_len = (uint32_t)number(s, "len", 1u << 20),
		.window = (uint32_t)number(s, "window", 1u << 24),
		.tos = (uint32_t)number(s, "TOS", 255),
		.rate_bps = number(s, "bandwidth", 1000000000000ull),
	};
	if (json_member(s->json, s->json_len, "congestion", &value) &&
	    value.kind == JSON_STRING && value.len < sizeof(p->congestion))
		str_copy(p->congestion, value.text, value.len + 1);
	p->parallel = max_of(p->parallel, 1u);
	return json_valid(s->json, s->json_len) && !truth(s, "sctp") &&
	       p->parallel <= IPERF3_STREAMS_MAX / (p->both ? 2 : 1);
}

/* ---- results ------------------------------------------------------------ */

static void
seconds(struct out *out, const char *name, uint64_t us)
{
	out_printf(out, "\"%s\":%llu.%06llu", name,
		   (unsigned long long)(us / 1000000),
		   (unsigned long long)(us % 1000000));
}

/* The i-th piece of the JSON: a head, one for each stream, a tail. */
static void
result_piece(const struct iperf3 *s, uint32_t i, struct out *out)
{
	const struct iperf3_stream *st;
	bool sender = s->params.reverse || s->params.both;

	if (i == 0) {
		out_printf(
			out,
			"{\"cpu_util_total\":0,\"cpu_util_user\":0,"
			"\"cpu_util_system\":0,\"sender_has_retransmits\":%d,"
			"\"congestion_used\":\"%s\",\"streams\":[",
			!sender		? -1
			: s->params.udp ? 0
					: 1,
			s->params.congestion);
		return;
	}
	if (i > s->stream_count) {
		out_puts(out, "]}");
		return;
	}
	/* iperf3 counts 1, 3, 4, 5. */
	st = &s->stream[i - 1];
	out_printf(out,
		   "%s{\"id\":%u,\"bytes\":%llu,\"retransmits\":%lld,"
		   "\"errors\":%llu,\"packets\":%llu,\"start_time\":0,",
		   i > 1 ? "," : "", i > 1 ? i + 1 : 1,
		   (unsigned long long)st->bytes,
		   st->sends && !s->params.udp
			   ? (long long)(st->retransmits -
					 st->begin_retransmits)
			   : -1ll,
		   (unsigned long long)st->lost,
		   (unsigned long long)(st->packets - st->begin_packets));
	seconds(out, "jitter", (uint64_t)st->jitter_16us / 16);
	out_puts(out, ",");
	seconds(out, "end_time", (s->end_ns - s->begin_ns) / 1000);
	out_puts(out, "}");
}

#define PIECE_MAX 320u

/* As far as there is room; goes on when there is more. */
static void
write_results(struct iperf3 *s)
{
	char text[PIECE_MAX];
	struct out_buf piece;

	while (s->result_next <= s->stream_count + 1) {
		if (tcp_room(s->control.sock) < PIECE_MAX)
			return;
		out_buf_init(&piece, text, sizeof(text));
		result_piece(s, s->result_next, &piece.out);
		if (tcp_write(s->control.sock, text, piece.len) != piece.len)
			return give_up(s);
		s->result_next++;
	}
	s->step = STEP_DISPLAY;
	say(s, DISPLAY_RESULTS);
}

static void
begin_results(struct iperf3 *s)
{
	struct out_buf piece;
	char nothing[1];
	uint32_t len = 0;
	be32 len_be;

	for (uint32_t i = 0; i <= s->stream_count + 1; i++) {
		out_buf_init(&piece, nothing, sizeof(nothing));
		result_piece(s, i, &piece.out);
		len += (uint32_t)(piece.len + piece.cut_len);
	}
	len_be = be32_from(len);
	if (tcp_write(s->control.sock, &len_be, sizeof(len_be)) !=
	    sizeof(len_be))
		return give_up(s);
	s->step = STEP_SEND_RESULTS;
	s->result_next = 0;
	write_results(s);
}

/* ---- control ------------------------------------------------------------ */

void
iperf3_run(struct iperf3 *s)
{
	say(s, TEST_START);
	if (s->step != STEP_STREAMS)
		return;
	s->step = STEP_RUNNING;
	say(s, TEST_RUNNING);
	if (s->step != STEP_RUNNING)
		return;
	s->begin_ns = s->paced_ns = s->net->now_ns;
	s->omit_ns = s->begin_ns + s->params.omit_s * NS;
	if (s->params.udp)
		arm(s, TICK_NS);
	iperf3_streams_begin(s);
}

static void
end_test(struct iperf3 *s)
{
	s->end_ns = s->net->now_ns;
	iperf3_streams_close(s, false);
	s->step = STEP_RESULT_LEN;
	s->tests++;
	say(s, EXCHANGE_RESULTS);
}

/* The state that the client sent. */
static void
hear(struct iperf3 *s, uint8_t state)
{
	if (s->step == STEP_RUNNING && state == TEST_END)
		return end_test(s);
	if (s->step == STEP_DISPLAY && state == IPERF_DONE)
		return reset(s);
	give_up(s); /* CLIENT_TERMINATE, or nonsense */
}

/* len more bytes of what has a length in front; true when it is whole. */
static bool
take_json(struct iperf3 *s)
{
	char waste[256];
	size_t want = s->json_len - s->json_got, got;
	bool keep = s->step == STEP_PARAMS;

	while (want > 0) {
		got = keep ? tcp_read(s->control.sock, s->json + s->json_got,
				      want)
			   : tcp_read(s->control.sock, waste,
				      min_of(want, sizeof(waste)));
		if (got == 0)
			return false;
		s->json_got += (uint32_t)got;
		want -= got;
	}
	return true;
}

static bool
take_len(struct iperf3 *s)
{
	be32 len;

	if (tcp_readable_len(s->control.sock) < sizeof(len))
		return false;
	tcp_read(s->control.sock, &len, sizeof(len));
	s->json_len = be32_get(len);
	s->json_got = 0;
	return true;
}

/* One thing that has come; false: wait for more. */
static bool
control_step(struct iperf3 *s)
{
	uint8_t state;

	switch (s->step) {
	case STEP_PARAMS_LEN:
		if (!take_len(s))
			return false;
		s->step = STEP_PARAMS;
		if (s->json_len <= sizeof(s->json))
			return true;
		refuse(s, IE_PARAMS);
		return false;
	case STEP_PARAMS:
		if (!take_json(s))
			return false;
		if (!take_params(s)) {
			refuse(s, IE_PARAMS);
			return false;
		}
		s->step = STEP_STREAMS;
		say(s, CREATE_STREAMS);
		return true;
	case STEP_RESULT_LEN:
		if (!take_len(s))
			return false;
		s->step = STEP_RESULTS;
		return true;
	case STEP_RESULTS:
		if (!take_json(s))
			return false;
		begin_results(s);
		return true;
	default:
		if (tcp_read(s->control.sock, &state, 1) != 1)
			return false;
		hear(s, state);
		return true;
	}
}

static void
control_readable(struct iperf3 *s)
{
	s->alive_ns = s->net->now_ns;
	while (s->control.sock != NULL && control_step(s))
		continue;
	if (s->control.sock != NULL && tcp_eof(s->control.sock))
		give_up(s);
}

/* ---- connections -------------------------------------------------------- */

/* The first is control; those with its cookie are streams. */
static void
classify(struct iperf3 *s, struct iperf3_conn *pending)
{
	struct sock *sock = pending->sock;
	char cookie[IPERF3_COOKIE_LEN];
	uint8_t denied = ACCESS_DENIED;

	if (tcp_readable_len(sock) < sizeof(cookie)) {
		if (tcp_eof(sock)) {
			pending->sock = NULL;
			tcp_close(sock);
		}
		return;
	}
	pending->sock = NULL;
	tcp_read(sock, cookie, sizeof(cookie));
	if (s->step == STEP_IDLE) {
		memcpy(s->cookie, cookie, sizeof(cookie));
		s->control.sock = sock;
		sock->ctx = &s->control;
		s->step = STEP_PARAMS_LEN;
		s->alive_ns = s->net->now_ns;
		(void)tcp_set_option(sock, TCP_OPT_KEEPIDLE, 10);
		(void)tcp_set_option(sock, TCP_OPT_KEEPINTVL, 5);
		(void)tcp_set_option(sock, TCP_OPT_KEEPCNT, 4);
		(void)tcp_set_option(sock, TCP_OPT_KEEPALIVE, 1);
		(void)tcp_set_option(sock, TCP_OPT_NODELAY, 1);
		say(s, PARAM_EXCHANGE);
		return control_readable(s);
	}
	if (s->step == STEP_STREAMS && !s->params.udp &&
	    secret_same(cookie, s->cookie, sizeof(cookie)))
		return iperf3_stream_add(s, sock);
	(void)tcp_write(sock, &denied, 1);
	tcp_close(sock);
}

static void
established(struct sock *sock)
{
	struct iperf3 *s = sock->ctx;

	for (unsigned int i = 0; i < IPERF3_PENDING_MAX; i++) {
		if (s->pending[i].sock != NULL)
			continue;
		s->pending[i].sock = sock;
		s->pending_ns[i] = s->net->now_ns;
		sock->ctx = &s->pending[i];
		if (!s->timer.armed)
			arm(s, WATCH_NS);
		return;
	}
	tcp_abort(sock);
}

static void
readable(struct sock *sock)
{
	struct iperf3_conn *conn = sock->ctx;
	struct iperf3 *s = conn->server;

	if (conn == &s->control)
		control_readable(s);
	else if (conn >= s->pending && conn < s->pending + IPERF3_PENDING_MAX)
		classify(s, conn);
	else
		iperf3_stream_readable((struct iperf3_stream *)(void *)conn);
}

static void
writable(struct sock *sock)
{
	struct iperf3_conn *conn = sock->ctx;
	struct iperf3 *s = conn->server;

	if (conn == &s->control) {
		if (s->step == STEP_SEND_RESULTS)
			write_results(s);
	} else if (conn < s->pending ||
		   conn >= s->pending + IPERF3_PENDING_MAX) {
		iperf3_stream_writable((struct iperf3_stream *)(void *)conn);
	}
}

static void
closed(struct sock *sock, enum status why)
{
	struct iperf3_conn *conn = sock->ctx;

	conn->sock = NULL;
	if (conn == &conn->server->control)
		reset(conn->server);
}

static const struct sock_ops tcp_ops = {
	.established = established,
	.readable = readable,
	.writable = writable,
	.closed = closed,
};

/* ---- time --------------------------------------------------------------- */

static bool
is_overdue(const struct iperf3 *s)
{
	uint64_t now_ns = s->net->now_ns, limit_ns = s->alive_ns + PATIENCE_NS;

	/* While data flows nothing need be said. */
	if (s->step == STEP_RUNNING && s->params.time_s != 0)
		limit_ns +=
			(uint64_t)(s->params.time_s + s->params.omit_s) * NS;
	return s->step != STEP_IDLE && now_ns > limit_ns;
}

static void
tick(struct timer *timer, uint64_t now_ns)
{
	struct iperf3 *s = container_of(timer, struct iperf3, timer);
	bool waiting = false;

	for (unsigned int i = 0; i < IPERF3_PENDING_MAX; i++) {
		if (s->pending[i].sock == NULL)
			continue;
		if (now_ns - s->pending_ns[i] > PENDING_PATIENCE_NS) {
			tcp_abort(s->pending[i].sock);
			s->pending[i].sock = NULL;
		}
		waiting = true;
	}
	if (is_overdue(s))
		give_up(s);
	if (s->step == STEP_RUNNING && s->params.udp) {
		iperf3_udp_pace(s);
		return arm(s, TICK_NS);
	}
	if (s->step != STEP_IDLE || waiting)
		arm(s, WATCH_NS);
}

/* ---- on and off --------------------------------------------------------- */

enum status
iperf3_start(struct iperf3 *s, struct net *net)
{
	const struct sock_addr any = { .port = IPERF3_PORT };
	enum status status;

	memset(s, 0, sizeof(*s));
	s->net = net;
	s->control.server = s;
	for (unsigned int i = 0; i < IPERF3_PENDING_MAX; i++)
		s->pending[i].server = s;
	for (unsigned int i = 0; i < IPERF3_STREAMS_MAX; i++)
		s->stream[i].conn.server = s;
	timer_init(&s->timer, tick);
	s->listener = tcp_listen(net, &any, 64, &tcp_ops, s, "iperf3", &status);
	if (status == OK)
		s->udp = udp_open(net, &any, &iperf3_udp_ops, s, "iperf3",
				  &status);
	if (status != OK)
		iperf3_stop(s);
	return status;
}

void
iperf3_stop(struct iperf3 *s)
{
	give_up(s);
	for (unsigned int i = 0; i < IPERF3_PENDING_MAX; i++) {
		if (s->pending[i].sock != NULL)
			tcp_abort(s->pending[i].sock);
		s->pending[i].sock = NULL;
	}
	if (s->listener != NULL)
		tcp_close(s->listener);
	if (s->udp != NULL)
		udp_close(s->udp);
	s->listener = s->udp = NULL;
	timer_cancel(&net_this_core(s->net)->timers, &s->timer);
}
