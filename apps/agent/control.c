/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The byte stream's framing and its requests; see control.h. Requests come from
 * control_input()'s buffer, become struct call, and their results go to
 * control_output()'s. State: struct control, whoever owns the stream. [CONTROL]
 */

#include "apps/agent/control.h"

#include "apps/agent/linux.h"
#include "lib/pages.h"
#include "lib/timer.h"
#include "net/net.h"

#define IN_LEN	  (CONTROL_REQUEST_LEN + CONTROL_PAYLOAD_MAX)
#define OUT_LEN	  ((size_t)2 * CONTROL_PAYLOAD_MAX)
#define SHORT_MAX 4096u /* payload of those that have little to say */
#define TEXT_MAX  16384u

static uint16_t
le16_get(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t
le32_get(const uint8_t *bytes)
{
	return (uint32_t)le16_get(bytes) | (uint32_t)le16_get(bytes + 2) << 16;
}

static void
le32_put(uint8_t *bytes, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
}

static void
addr_get(const uint8_t *bytes, struct sock_addr *addr, int32_t *family)
{
	*family = le16_get(bytes);
	addr->port = le16_get(bytes + 2);
	addr->addr = (uint32_t)bytes[4] << 24 | (uint32_t)bytes[5] << 16 |
		     (uint32_t)bytes[6] << 8 | bytes[7];
}

static void
addr_put(uint8_t *bytes, const struct sock_addr *addr)
{
	le32_put(bytes, LX_AF_INET | (uint32_t)addr->port << 16);
	for (unsigned int i = 0; i < 4; i++)
		bytes[4 + i] = (uint8_t)(addr->addr >> (24 - 8 * i));
}

/* ---- coming and going -------------------------------------------------- */

enum status
control_init(struct control *control, struct net *net,
	     const struct control_host *host, void *host_ctx, const char *name)
{
	memset(control, 0, sizeof(*control));
	control->net = net;
	control->host = host;
	control->host_ctx = host_ctx;
	control->name = name;
	files_init(&control->files, net);
	control->in = pages_alloc(net->pages, pages_order(IN_LEN));
	if (!control->in)
		return ERR_NOMEM;
	control->out = pages_alloc(net->pages, pages_order(OUT_LEN));
	if (control->out)
		return OK;
	pages_free(net->pages, control->in, pages_order(IN_LEN));
	return ERR_NOMEM;
}

static void
unpark(struct control *control, struct control_parked *parked)
{
	if (parked->call.buf)
		pages_free(control->net->pages, parked->call.buf,
			   parked->order);
	parked->used = false;
}

void
control_fini(struct control *control)
{
	files_reset(&control->files);
	for (unsigned int i = 0; i < CONTROL_PARKED_MAX; i++)
		if (control->parked[i].used)
			unpark(control, &control->parked[i]);
	pages_free(control->net->pages, control->in, pages_order(IN_LEN));
	pages_free(control->net->pages, control->out, pages_order(OUT_LEN));
}

/* ---- the stream -------------------------------------------------------- */

size_t
control_input_room(const struct control *control)
{
	return IN_LEN - control->in_len;
}

size_t
control_input(struct control *control, const void *bytes, size_t len,
	      uint64_t now_ns)
{
	size_t take = min_of(len, IN_LEN - control->in_len);

	if (!take)
		return 0;
	memcpy(control->in + control->in_len, bytes, take);
	control->in_len += take;
	control->input_ns = now_ns;
	return take;
}

size_t
control_output(struct control *control, void *bytes, size_t room)
{
	size_t len = min_of(control->out_len, room);

	memcpy(bytes, control->out + control->out_start, len);
	control->out_start += len;
	control->out_len -= len;
	if (!control->out_len)
		control->out_start = 0;
	return len;
}

static size_t
out_room(const struct control *control)
{
	return OUT_LEN - control->out_len;
}

/* Where len more bytes go; NULL: no room for them. */
static uint8_t *
out_put(struct control *control, size_t len)
{
	if (len > out_room(control)) {
		control->out_lost++;
		return NULL;
	}
	if (control->out_start + control->out_len + len > OUT_LEN) {
		memmove(control->out, control->out + control->out_start,
			control->out_len);
		control->out_start = 0;
	}
	control->out_len += len;
	return control->out + control->out_start + control->out_len - len;
}

/* The header of a reply with len bytes of payload; where they go. */
static uint8_t *
reply(struct control *control, uint16_t op, uint16_t tag, int32_t ret,
      size_t len)
{
	uint8_t *bytes = out_put(control, CONTROL_REPLY_LEN + len);

	if (!bytes)
		return NULL;
	le32_put(bytes, CONTROL_MAGIC);
	le32_put(bytes + 4, (uint32_t)(CONTROL_REPLY_LEN - 8 + len));
	le32_put(bytes + 8, op | 0x8000u | (uint32_t)tag << 16);
	le32_put(bytes + 12, (uint32_t)(ret < 0 ? -1 : ret));
	le32_put(bytes + 16, (uint32_t)(ret < 0 ? -ret : 0));
	return bytes + CONTROL_REPLY_LEN;
}

void
control_packet(struct control *control, uint64_t us, const void *bytes,
	       size_t len)
{
	uint8_t *payload = reply(control, CTL_PKT, 0, 0, 8 + len);

	if (!payload)
		return;
	le32_put(payload, (uint32_t)us);
	le32_put(payload + 4, (uint32_t)(us >> 32));
	memcpy(payload + 8, bytes, len);
}

/* ---- framing ----------------------------------------------------------- */

static void
in_skip(struct control *control, size_t len)
{
	control->in_len -= len;
	memmove(control->in, control->in + len, control->in_len);
}

/* Up to where a magic begins, or may begin. */
static void
in_sync(struct control *control)
{
	uint8_t magic[4];
	size_t at = 0;

	le32_put(magic, CONTROL_MAGIC);
	while (at < control->in_len &&
	       memcmp(control->in + at, magic,
		      min_of(control->in_len - at, sizeof(magic))) != 0)
		at++;
	control->skipped_len += at;
	if (at)
		in_skip(control, at);
}

static bool
is_plausible(uint16_t op, uint32_t len)
{
	uint32_t most = op == CTL_SEND || op == CTL_SENDTO || op == CTL_PKT
				? CONTROL_PAYLOAD_MAX
				: SHORT_MAX;

	return len >= CONTROL_REQUEST_LEN - 8 &&
	       len - (CONTROL_REQUEST_LEN - 8) <= most;
}

/* The request at the front of the buffer; false: not all of it is here. */
static bool
in_request(struct control *control, struct control_request *request)
{
	const uint8_t *in = control->in;
	uint32_t len;

	for (;;) {
		in_sync(control);
		if (control->in_len < 10)
			return false;
		len = le32_get(in + 4);
		if (is_plausible(le16_get(in + 8), len))
			break;
		control->skipped_len += 4;
		in_skip(control, 4);
	}
	if (control->in_len < 8 + len)
		return false;
	*request = (struct control_request){
		.op = le16_get(in + 8),
		.tag = le16_get(in + 10),
		.fd = (int32_t)le32_get(in + 12),
		.a = (int32_t)le32_get(in + 16),
		.b = (int32_t)le32_get(in + 20),
		.payload = in + CONTROL_REQUEST_LEN,
		.len = len - (CONTROL_REQUEST_LEN - 8),
	};
	return true;
}

/* ---- socket calls ------------------------------------------------------ */

/* What the call of a request is, but for its buffer; a negative errno. */
static int32_t
call_of(const struct control_request *r, struct call *call)
{
	static const uint8_t ops[] = {
		[CTL_SOCKET] = CALL_SOCKET,
		[CTL_BIND] = CALL_BIND,
		[CTL_LISTEN] = CALL_LISTEN,
		[CTL_ACCEPT] = CALL_ACCEPT,
		[CTL_CONNECT] = CALL_CONNECT,
		[CTL_RECV] = CALL_RECV,
		[CTL_SEND] = CALL_SEND,
		[CTL_SENDTO] = CALL_SEND,
		[CTL_CLOSE] = CALL_CLOSE,
		[CTL_SHUTDOWN] = CALL_SHUTDOWN,
		[CTL_GETSOCKOPT] = CALL_GETSOCKOPT,
		[CTL_SETSOCKOPT] = CALL_SETSOCKOPT,
		[CTL_FCNTL] = CALL_FCNTL,
		[CTL_IOCTL] = CALL_IOCTL,
		[CTL_POLL] = CALL_POLL,
	};
	bool has_addr = r->op == CTL_BIND || r->op == CTL_CONNECT ||
			r->op == CTL_SENDTO;
	int32_t family;

	*call = (struct call){
		.op = ops[r->op],
		.fd = r->fd,
		.a = r->a,
		.b = r->b,
		.has_addr = has_addr,
	};
	if (r->op == CTL_SOCKET) {
		call->a = LX_AF_INET;
		call->b = r->a;
		call->c = r->b;
	}
	if (r->op == CTL_ACCEPT)
		call->b = 0;
	if (!has_addr)
		return 0;
	if (r->len < CONTROL_ADDR_LEN)
		return -LX_EINVAL;
	addr_get(r->payload, &call->addr, &family);
	if (r->op == CTL_CONNECT)
		call->a = family;
	if (family != LX_AF_INET &&
	    (r->op != CTL_CONNECT || family != LX_AF_UNSPEC))
		return -LX_EAFNOSUPPORT;
	return 0;
}

/* Memory that the call has for itself, with what came along. */
static int32_t
give_buffer(struct control *control, const struct control_request *r,
	    struct control_parked *parked)
{
	struct call *call = &parked->call;
	const uint8_t *from = r->payload;
	size_t copy = 0;

	switch (r->op) {
	case CTL_RECV:
		if (r->a < 0)
			return -LX_EINVAL;
		call->len = min_of((uint32_t)r->a,
				   CONTROL_PAYLOAD_MAX - CONTROL_ADDR_LEN);
		break;
	case CTL_GETSOCKOPT:
		call->len = r->len >= 4 ? le32_get(r->payload) : SHORT_MAX;
		call->len = min_of(call->len, (size_t)SHORT_MAX);
		break;
	case CTL_SEND:
	case CTL_SETSOCKOPT: copy = call->len = r->len; break;
	case CTL_SENDTO:
		copy = call->len = r->len - CONTROL_ADDR_LEN;
		from += CONTROL_ADDR_LEN;
		break;
	default: return 0;
	}
	parked->order = pages_order(max_of(call->len, (size_t)1));
	call->buf = pages_alloc(control->net->pages, parked->order);
	if (!call->buf)
		return -LX_ENOMEM;
	memcpy(call->buf, from, copy);
	return 0;
}

/* The call is done: its reply. */
static void
answer(struct control *control, struct control_parked *parked)
{
	struct call *call = &parked->call;
	uint8_t *payload, value[4];
	const uint8_t *data = call->buf;
	size_t addr_len = 0, len = 0;

	if (call->ret >= 0) {
		if (parked->op == CTL_ACCEPT || parked->op == CTL_RECV)
			addr_len = CONTROL_ADDR_LEN;
		if (parked->op == CTL_RECV)
			len = call->done;
		if (parked->op == CTL_GETSOCKOPT)
			len = call->out_len;
		if (parked->op == CTL_IOCTL) {
			le32_put(value, (uint32_t)call->value);
			data = value;
			len = sizeof(value);
		}
	}
	payload = reply(control, parked->op, parked->tag, call->ret,
			addr_len + len);
	if (payload && addr_len)
		addr_put(payload, &call->addr);
	if (payload && len)
		memcpy(payload + addr_len, data, len);
	unpark(control, parked);
}

static struct control_parked *
find_place(struct control *control)
{
	for (unsigned int i = 0; i < CONTROL_PARKED_MAX; i++)
		if (!control->parked[i].used)
			return &control->parked[i];
	return NULL;
}

static void
begin_call(struct control *control, const struct control_request *r)
{
	struct control_parked *parked = find_place(control);
	int32_t ret;

	if (!parked) {
		reply(control, r->op, r->tag, -LX_ENOBUFS, 0);
		return;
	}
	parked->op = r->op;
	parked->tag = r->tag;
	ret = call_of(r, &parked->call);
	if (ret == 0)
		ret = give_buffer(control, r, parked);
	if (ret < 0) {
		reply(control, r->op, r->tag, ret, 0);
		return;
	}
	parked->used = true;
	if (call_step(&control->files, &parked->call))
		answer(control, parked);
}

/* ---- the other requests ------------------------------------------------- */

static int32_t
reset(struct control *control)
{
	files_reset(&control->files);
	for (unsigned int i = 0; i < CONTROL_PARKED_MAX; i++) {
		struct control_parked *parked = &control->parked[i];

		if (!parked->used)
			continue;
		parked->call.ret = -LX_ECONNABORTED;
		answer(control, parked);
	}
	tcp_reset_all(control->net);
	return 0;
}

static int32_t
config(struct control *control, const struct control_request *r)
{
	char text[256];
	size_t len = min_of(r->len, sizeof(text) - 1);

	if (r->len >= sizeof(text))
		return -LX_EINVAL;
	memcpy(text, r->payload, len);
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\0' ||
			   text[len - 1] == '\r' || text[len - 1] == ' '))
		len--;
	text[len] = '\0';
	return files_config(control->net, text);
}

/* Into the reply itself, whose length is known afterwards. */
static void
stats(struct control *control, const struct control_request *r)
{
	unsigned int order = pages_order(TEXT_MAX);
	char *text = pages_alloc(control->net->pages, order);
	struct out_buf buf;
	uint8_t *payload;

	if (!text) {
		reply(control, r->op, r->tag, -LX_ENOMEM, 0);
		return;
	}
	out_buf_init(&buf, text, TEXT_MAX);
	control_stats(control, &buf.out);
	payload = reply(control, r->op, r->tag, 0, buf.len);
	if (payload)
		memcpy(payload, text, buf.len);
	pages_free(control->net->pages, text, order);
}

static void
serve(struct control *control, const struct control_request *r)
{
	size_t len = strlen(control->name);
	uint8_t *payload;
	int32_t ret = 0;

	if (r->op >= CTL_SOCKET && r->op <= CTL_POLL)
		return begin_call(control, r);
	switch (r->op) {
	case CTL_HELLO:
		payload = reply(control, r->op, r->tag, 0, len);
		if (payload)
			memcpy(payload, control->name, len);
		return;
	case CTL_STATS: return stats(control, r);
	case CTL_RESET: ret = reset(control); break;
	case CTL_CONFIG: ret = config(control, r); break;
	case CTL_PKT:
		if (control->host)
			control->host->packet(control->host_ctx, r->payload,
					      r->len);
		else
			ret = -LX_ENOSYS;
		break;
	case CTL_ADVANCE:
		if (control->host)
			control->host->advance(control->host_ctx,
					       (uint32_t)r->a |
						       (uint64_t)(uint32_t)r->b
							       << 32);
		else
			ret = -LX_ENOSYS;
		break;
	default: ret = -LX_ENOSYS; break;
	}
	reply(control, r->op, r->tag, ret, 0);
}

/* ---- the turn ---------------------------------------------------------- */

static bool
has_room(const struct control *control)
{
	return out_room(control) >= CONTROL_REPLY_LEN + CONTROL_PAYLOAD_MAX;
}

bool
control_retry(struct control *control)
{
	bool any = false;

	for (unsigned int i = 0; i < CONTROL_PARKED_MAX; i++) {
		struct control_parked *parked = &control->parked[i];

		if (!parked->used || !has_room(control) ||
		    !call_step(&control->files, &parked->call))
			continue;
		answer(control, parked);
		any = true;
	}
	return any;
}

bool
control_poll(struct control *control, uint64_t now_ns)
{
	struct control_request request;
	bool any = control_retry(control);

	if (!has_room(control) || !control->in_len)
		return any;
	if (in_request(control, &request)) {
		control->requests++;
		serve(control, &request);
		in_skip(control, CONTROL_REQUEST_LEN + request.len);
		return true;
	}
	if (control->in_len && now_ns - control->input_ns > CONTROL_STALL_NS) {
		control->skipped_len++;
		in_skip(control, 1);
		return true;
	}
	return any;
}

uint64_t
control_deadline(const struct control *control)
{
	uint64_t due_ns = TIMER_NEVER;

	for (unsigned int i = 0; i < CONTROL_PARKED_MAX; i++) {
		const struct control_parked *parked = &control->parked[i];

		if (parked->used && parked->call.due_ns)
			due_ns = min_of(due_ns, parked->call.due_ns);
	}
	return due_ns;
}
