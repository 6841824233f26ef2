/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `trace`: what would become of a packet, or what became of real ones, in
 * words. `trace in` and `trace out` push a made-up packet through the live code
 * in a dry run that changes nothing (net/explain/dry.h); `trace live` shows
 * stories of real packets (net/explain/live.h). Here are the grammar and, for
 * every kind of value in a sentence of net/explain/explain.def, how it is
 * shown.
 */
#include "apps/commands/commands.h"
#include "apps/commands/ip.h"
#include "apps/commands/tool.h"
#include "apps/commands/trace.h"
#include "lib/port.h"
#include "net/explain/dry.h"
#include "net/explain/live.h"
#include "net/net.h"

#define SENTENCE_MAX 256u

/* ---- arguments ---------------------------------------------------------- */

enum { TRACE_JSON, TRACE_PRETTY };

/* What says of a packet how it is, the same for in and out. */
enum {
	PACKET_DEV, /* not for out */
	PACKET_SRC,
	PACKET_ARROW,
	PACKET_DST,
	PACKET_TCP,
	PACKET_UDP,
	PACKET_ICMP,
	PACKET_PROTO,
	PACKET_SPORT,
	PACKET_DPORT,
	PACKET_FLAGS,
	PACKET_TYPE,
	PACKET_CODE,
	PACKET_TTL,
	PACKET_TOS,
	PACKET_DF,
	PACKET_LEN,
	PACKET_FRAG, /* from here on not for out */
	PACKET_MF,
	PACKET_ID,
	PACKET_MAC,
	PACKET_FROM,
};

enum {
	LIVE_COUNT,
	LIVE_IN,
	LIVE_SRC,
	LIVE_DST,
	LIVE_HOST,
	LIVE_TCP,
	LIVE_UDP,
	LIVE_ICMP,
	LIVE_PROTO,
	LIVE_PORT,
	LIVE_SPORT,
	LIVE_DPORT,
	LIVE_DROPS,
};

/* clang-format off */
#define VALUE(w, k, wh, h) .word = w, .kind = k, .what = wh, .help = h
#define FLAG(w, h) { .word = w, .kind = ARG_FLAG, .help = h }
#define NUMBER(w, m, wh, h) { VALUE(w, ARG_NUMBER, wh, h), .max = m }

const struct arg_spec trace_args[] = {
	[TRACE_JSON] = { .word = "-j", .also = "-json", .kind = ARG_FLAG,
		.flags = ARG_OPTION, .help = "JSON" },
	[TRACE_PRETTY] = { .word = "-p", .also = "-pretty", .kind = ARG_FLAG,
		.flags = ARG_OPTION, .help = "JSON with line breaks" },
	{ .kind = ARG_END },
};

#define PACKET_ARGS(source) \
	[PACKET_SRC] = { .word = "", .kind = ARG_PREFIX, .what = "SOURCE", \
		.flags = ARG_POSITIONAL | ARG_REQUIRED, .help = source }, \
	[PACKET_ARROW] = { .word = "->", .also = "to", .kind = ARG_FLAG, \
		.help = "between the two addresses" }, \
	[PACKET_DST] = { .word = "", .kind = ARG_ADDR, .what = "DESTINATION", \
		.flags = ARG_POSITIONAL | ARG_REQUIRED, .help = "where it is to go" }, \
	[PACKET_TCP] = FLAG("tcp", "TCP, a SYN unless told"), \
	[PACKET_UDP] = FLAG("udp", "UDP"), \
	[PACKET_ICMP] = FLAG("icmp", "ICMP, an echo request unless told: this is the default"), \
	[PACKET_PROTO] = NUMBER("proto", 255, "NUMBER", "another IP protocol"), \
	[PACKET_SPORT] = NUMBER("sport", 65535, "PORT", "source port; 49152 unless told"), \
	[PACKET_DPORT] = NUMBER("dport", 65535, "PORT", "destination port; 7 unless told"), \
	[PACKET_FLAGS] = { VALUE("flags", ARG_TEXT, "LETTERS", "of TCP: S A F R P U, as in SA") }, \
	[PACKET_TYPE] = NUMBER("type", 255, "NUMBER", "of ICMP"), \
	[PACKET_CODE] = NUMBER("code", 255, "NUMBER", "of ICMP"), \
	[PACKET_TTL] = { VALUE("ttl", ARG_NUMBER, "HOPS", "time to live; 64 unless told"), .min = 1, .max = 255 }, \
	[PACKET_TOS] = { VALUE("tos", ARG_NUMBER, "BYTE", "type of service"), .max = 255 }, \
	[PACKET_DF] = FLAG("df", "do not fragment"), \
	[PACKET_LEN] = { VALUE("len", ARG_NUMBER, "BYTES", "of the IP packet; as few as can be unless told"), \
		.min = 20, .max = 65535 }

static const struct arg_spec in_args[] = {
	[PACKET_DEV] = { .word = "", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_POSITIONAL | ARG_REQUIRED, .help = "where it comes in" },
	PACKET_ARGS("who sends it"),
	[PACKET_FRAG] = { VALUE("frag", ARG_NUMBER, "OFFSET", "a fragment: where its data belongs"), .max = 65528 },
	[PACKET_MF] = FLAG("mf", "a fragment that others follow"),
	[PACKET_ID] = NUMBER("id", 65535, "NUMBER", "which datagram it is a fragment of"),
	[PACKET_MAC] = { VALUE("mac", ARG_MAC, "MAC", "whom the frame is for; the interface unless told") },
	[PACKET_FROM] = { VALUE("from", ARG_MAC, "MAC", "whom the frame is from") },
	{ .kind = ARG_END },
};

static const struct arg_spec out_args[] = {
	[PACKET_DEV] = { .word = "any-device", .kind = ARG_FLAG, .flags = ARG_HIDDEN,
		.help = "no effect" },
	PACKET_ARGS("our address, or any: the route chooses"),
	{ .kind = ARG_END },
};

static const struct arg_spec live_args[] = {
	[LIVE_COUNT] = { .word = "-c", .kind = ARG_NUMBER, .what = "COUNT", .flags = ARG_OPTION,
		.help = "stop after so many packets", .min = 1, .max = 0x7fffffff },
	[LIVE_IN] = { VALUE("in", ARG_NETDEV, "DEVICE", "that come in there") },
	[LIVE_SRC] = { VALUE("src", ARG_PREFIX, "PREFIX", "from there") },
	[LIVE_DST] = { VALUE("dst", ARG_PREFIX, "PREFIX", "to there") },
	[LIVE_HOST] = { VALUE("host", ARG_PREFIX, "PREFIX", "from or to there") },
	[LIVE_TCP] = FLAG("tcp", "TCP"),
	[LIVE_UDP] = FLAG("udp", "UDP"),
	[LIVE_ICMP] = FLAG("icmp", "ICMP"),
	[LIVE_PROTO] = NUMBER("proto", 255, "NUMBER", "another IP protocol"),
	[LIVE_PORT] = NUMBER("port", 65535, "PORT", "from or to this port"),
	[LIVE_SPORT] = NUMBER("sport", 65535, "PORT", "from this port"),
	[LIVE_DPORT] = NUMBER("dport", 65535, "PORT", "to this port"),
	[LIVE_DROPS] = FLAG("drops", "that are dropped"),
	{ .kind = ARG_END },
};
/* clang-format on */

/* ---- values ------------------------------------------------------------- */

static const struct arg_name protocols[] = {
	{ "icmp", IPPROTO_ICMP },
	{ "igmp", IPPROTO_IGMP },
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ NULL, 0 },
};

static const struct arg_name icmp_names[] = {
	{ "echo reply", 0 << 8 },
	{ "net unreachable", 3 << 8 },
	{ "host unreachable", 3 << 8 | 1 },
	{ "protocol unreachable", 3 << 8 | 2 },
	{ "port unreachable", 3 << 8 | 3 },
	{ "fragmentation needed", 3 << 8 | 4 },
	{ "source route failed", 3 << 8 | 5 },
	{ "administratively prohibited", 3 << 8 | 13 },
	{ "redirect", 5 << 8 | 1 },
	{ "echo request", 8 << 8 },
	{ "time exceeded", 11 << 8 },
	{ "reassembly time exceeded", 11 << 8 | 1 },
	{ "parameter problem", 12 << 8 },
	{ "timestamp request", 13 << 8 },
	{ "timestamp reply", 14 << 8 },
	{ NULL, 0 },
};

static const struct arg_name frames[] = {
	{ "for our MAC address", PKT_HOST },
	{ "a broadcast", PKT_BROADCAST },
	{ "a multicast", PKT_MULTICAST },
	{ "for another station", PKT_OTHERHOST },
	{ NULL, 0 },
};

static void
named(struct out *out, const struct arg_name *names, uint32_t number)
{
	const char *name = arg_number_name(names, number);

	if (name != NULL)
		out_puts(out, name);
	else
		out_printf(out, "%u", number);
}

static void
show_icmp(struct out *out, const uint32_t *arg)
{
	const char *name = arg_number_name(icmp_names, arg[0] << 8 | arg[1]);

	if (name != NULL)
		out_puts(out, name);
	else
		out_printf(out, "type %u code %u", arg[0], arg[1]);
}

static void
show_mac(struct out *out, const uint32_t *arg)
{
	const uint8_t mac[6] = {
		(uint8_t)(arg[0] >> 8),	 (uint8_t)arg[0],
		(uint8_t)(arg[1] >> 24), (uint8_t)(arg[1] >> 16),
		(uint8_t)(arg[1] >> 8),	 (uint8_t)arg[1],
	};

	out_printf(out, "%pM", mac);
}

static const char *
device_name(struct net *net, uint32_t ifindex)
{
	const struct netdev *dev = netdev_by_index(net, ifindex);

	return dev != NULL ? dev->name : "an interface that has gone";
}

static const char *
text_of(const uint32_t *arg)
{
	const char *text = (const char *)((uintptr_t)arg[0] << 32 | arg[1]);

	return text != NULL ? text : "?";
}

static bool
is(const char *kind, size_t len, const char *name)
{
	return strlen(name) == len && strncmp(kind, name, len) == 0;
}

/* Is a value of this kind a number in JSON? */
static bool
is_number(const char *kind, size_t len)
{
	return is(kind, len, "u");
}

/* Shows the value of a kind; how many arguments it took. */
static uint32_t
show_value(struct out *out, struct net *net, const char *kind, size_t len,
	   const uint32_t *arg)
{
	if (is(kind, len, "addr"))
		out_printf(out, "%pI4", &arg[0]);
	else if (is(kind, len, "dev"))
		out_puts(out, device_name(net, arg[0]));
	else if (is(kind, len, "proto"))
		named(out, protocols, arg[0]);
	else if (is(kind, len, "route"))
		named(out, route_types, arg[0]);
	else if (is(kind, len, "rtproto"))
		named(out, route_protocols, arg[0]);
	else if (is(kind, len, "table"))
		named(out, route_tables, arg[0]);
	else if (is(kind, len, "frame"))
		named(out, frames, arg[0]);
	else if (is(kind, len, "state"))
		out_puts(out, neigh_state_name(arg[0]));
	else if (is(kind, len, "tcp"))
		out_puts(out, tcp_state_name(arg[0]));
	else if (is(kind, len, "drop"))
		out_puts(out, drop_text(arg[0])->name);
	else if (is(kind, len, "u"))
		out_printf(out, "%u", arg[0]);
	else
		goto two;
	return 1;
two:
	if (is(kind, len, "prefix"))
		out_printf(out, "%pI4/%u", &arg[0], arg[1]);
	else if (is(kind, len, "mac"))
		show_mac(out, arg);
	else if (is(kind, len, "icmp"))
		show_icmp(out, arg);
	else
		out_puts(out, text_of(arg));
	return 2;
}

/* ---- sentences ---------------------------------------------------------- */

/* One {field:kind} of a sentence. */
struct field {
	const char *name, *kind, *end; /* end: behind the brace */
	size_t name_len, kind_len;
};

static bool
next_field(const char *sentence, struct field *field)
{
	const char *open = strchr(sentence, '{');
	const char *colon = open != NULL ? strchr(open, ':') : NULL;
	const char *close = colon != NULL ? strchr(colon, '}') : NULL;

	if (close == NULL)
		return false;
	*field = (struct field){
		.name = open + 1,
		.name_len = (size_t)(colon - open) - 1,
		.kind = colon + 1,
		.kind_len = (size_t)(close - colon) - 1,
		.end = close + 1,
	};
	return true;
}

static void
show_sentence(struct out *out, struct net *net, const struct explain_note *note)
{
	const char *at = explain_text(note->kind)->sentence;
	struct field field;
	uint32_t used = 0;

	while (next_field(at, &field)) {
		out_write(out, at, (size_t)(field.name - 1 - at));
		used += show_value(out, net, field.kind, field.kind_len,
				   &note->arg[used]);
		at = field.end;
	}
	out_puts(out, at);
}

/* The same as members of an object. */
static void
emit_fields(struct emit *emit, struct net *net, const struct explain_note *note)
{
	const char *at = explain_text(note->kind)->sentence;
	char name[16], text[64];
	struct out_buf buf;
	struct field field;
	uint32_t used = 0;

	while (next_field(at, &field)) {
		fmt_print(name, sizeof(name), "%.*s", (int)field.name_len,
			  field.name);
		out_buf_init(&buf, text, sizeof(text));
		if (is_number(field.kind, field.kind_len))
			emit_number(emit, name, NULL, note->arg[used], NULL);
		used += show_value(&buf.out, net, field.kind, field.kind_len,
				   &note->arg[used]);
		if (!is_number(field.kind, field.kind_len))
			emit_string(emit, name, NULL, text, NULL);
		at = field.end;
	}
}

static void
emit_note(struct emit *emit, struct net *net, const struct explain_note *note)
{
	const struct explain_text *words = explain_text(note->kind);
	char text[SENTENCE_MAX];
	struct out_buf buf;

	out_buf_init(&buf, text, sizeof(text));
	show_sentence(&buf.out, net, note);
	if (!emit->json) {
		for (unsigned int i = 0; i <= note->depth; i++)
			out_puts(emit->out, "  ");
		out_printf(emit->out, "%s%s%s%s\n", text,
			   words->citation[0] ? " [" : "", words->citation,
			   words->citation[0] ? "]" : "");
		return;
	}
	emit_object(emit, NULL);
	emit_string(emit, "note", NULL, words->name, NULL);
	emit_number(emit, "depth", NULL, note->depth, NULL);
	emit_fields(emit, net, note);
	emit_string(emit, "text", NULL, text, NULL);
	if (words->citation[0])
		emit_string(emit, "citation", NULL, words->citation, NULL);
	emit_object_end(emit);
}

/* ---- the packet and its end --------------------------------------------- */

static bool
has_ports(const struct explain_packet *packet)
{
	return (packet->proto == IPPROTO_TCP || packet->proto == IPPROTO_UDP) &&
	       packet->frag_offset == 0;
}

static void
emit_end_of(struct emit *emit, const char *key, const char *port_key,
	    uint32_t addr, bool ports, uint16_t port)
{
	emit_addr(emit, key, "", addr, "");
	if (ports)
		emit_number(emit, port_key, ":", port, "");
}

static void
emit_ports_and_flags(struct emit *emit, const struct explain_packet *packet)
{
	char text[48];
	struct out_buf buf;

	if (packet->proto == IPPROTO_ICMP && packet->frag_offset == 0) {
		out_buf_init(&buf, text, sizeof(text));
		show_icmp(&buf.out, (const uint32_t[]){ packet->icmp_type,
							packet->icmp_code });
		emit_string(emit, "icmp", ", ", text, "");
	}
	emit_number(emit, "len", ", ", packet->len, " bytes");
	emit_number(emit, "ttl", ", ttl ", packet->ttl, "");
	if (packet->tos)
		emit_number(emit, "tos", ", tos ", packet->tos, "");
	if (packet->dont_fragment)
		emit_true(emit, "df", ", df");
	if (packet->frag_offset || packet->more_fragments)
		emit_number(emit, "frag", ", fragment at ", packet->frag_offset,
			    "");
}

static void
emit_packet(struct emit *emit, struct net *net, const struct explain *story)
{
	struct explain_packet packet;
	char text[16];
	struct out_buf buf;

	emit_object(emit, "packet");
	if (explain_packet(story, &packet)) {
		out_buf_init(&buf, text, sizeof(text));
		named(&buf.out, protocols, packet.proto);
		emit_string(emit, "proto", "", text, " ");
		emit_end_of(emit, "src", "sport", packet.src,
			    has_ports(&packet), packet.sport);
		emit_text(emit, " -> ");
		emit_end_of(emit, "dst", "dport", packet.dst,
			    has_ports(&packet), packet.dport);
		emit_ports_and_flags(emit, &packet);
	} else {
		emit_number(emit, "len", "no IPv4 packet, ", story->len,
			    " bytes");
	}
	if (story->in)
		emit_string(emit, "in", ", by ", device_name(net, story->in),
			    "");
	else
		emit_text(emit, ", of this box");
	emit_line(emit);
	emit_object_end(emit);
}

static void
emit_dropped(struct emit *emit, enum drop reason)
{
	const struct drop_text *why = drop_text(reason);

	emit_string(emit, "verdict", NULL, "dropped", NULL);
	emit_string(emit, "drop", "=> dropped, ", why->name, ": ");
	emit_string(emit, "sentence", "", why->sentence, "");
	if (why->citation[0])
		emit_string(emit, "citation", " [", why->citation, "]");
}

static void
emit_sent(struct emit *emit, struct net *net, const struct explain *story)
{
	const struct explain_verdict *verdict = &story->verdict;

	emit_string(emit, "verdict", "=> ", story->in ? "forwarded" : "sent",
		    "");
	emit_string(emit, "dev", ": leaves by ", device_name(net, verdict->dev),
		    "");
	emit_mac(emit, "mac", " to ", verdict->mac, "");
	emit_number(emit, "ttl", " with ttl ", verdict->ttl, "");
	if (verdict->frames != 1)
		emit_number(emit, "frames", ", in ", verdict->frames,
			    " fragments");
}

static void
emit_verdict(struct emit *emit, struct net *net, const struct explain *story)
{
	const struct explain_verdict *verdict = &story->verdict;
	const char *dev = device_name(net, verdict->dev);

	switch ((enum explain_end)verdict->end) {
	case EXPLAIN_END_DROPPED: emit_dropped(emit, verdict->drop); break;
	case EXPLAIN_END_SENT: emit_sent(emit, net, story); break;
	case EXPLAIN_END_QUEUED:
		emit_string(emit, "verdict", "=> ", "queued", "");
		emit_string(emit, "dev", ": waits for room in the ring of ",
			    dev, "");
		break;
	case EXPLAIN_END_PARKED:
		emit_string(emit, "verdict", "=> ", "parked", "");
		emit_addr(emit, "hop", ": waits for the MAC address of ",
			  verdict->hop, "");
		emit_string(emit, "dev", " on ", dev, "");
		break;
	case EXPLAIN_END_HELD:
		emit_string(emit, "verdict", "=> ", "held",
			    ": waits for the rest of its datagram");
		break;
	case EXPLAIN_END_DELIVERED:
		emit_string(emit, "verdict", "=> ", "delivered",
			    " in this box");
		break;
	case EXPLAIN_END_NONE: break;
	}
	emit_line(emit);
}

/* ---- a story, piece by piece -------------------------------------------- */

struct teller {
	struct emit emit;
	uint32_t next; /* 0: the packet; then notes; then the end */
};

/* Prints the next piece; true: that was the last. */
static bool
tell(struct teller *teller, struct net *net, const struct explain *story)
{
	struct emit *emit = &teller->emit;
	uint32_t at = teller->next++;

	if (at == 0) {
		emit_object(emit, NULL);
		emit_packet(emit, net, story);
		emit_array(emit, "notes", "");
		return false;
	}
	if (at <= story->note_count) {
		emit_note(emit, net, &story->note[at - 1]);
		return false;
	}
	emit_array_end(emit, "");
	if (story->note_lost > 0)
		emit_number(emit, "lost_notes", "  and ", story->note_lost,
			    " decisions more\n");
	emit_verdict(emit, net, story);
	emit_object_end(emit);
	teller->next = 0;
	return true;
}

static void
teller_init(struct teller *teller, struct job *job)
{
	*teller = (struct teller){
		.emit = {
			.out = job->out,
			.json = job->option[TRACE_JSON].count > 0,
			.pretty = job->option[TRACE_PRETTY].count > 0,
		},
	};
}

/* ---- trace in, trace out ------------------------------------------------ */

struct dry_job {
	struct explain_dry *dry;
	const struct explain *story;
	struct teller teller;
};

static enum step
misused(struct job *job, const char *text)
{
	out_printf(job->err, "trace: %s\n", text);
	return job_exit(job, 1);
}

/* "SA" as bits of the TCP header; 0: no such letter. */
static uint8_t
tcp_flags(const char *text)
{
	static const char letters[] = "FSRPAU";
	const char *letter;
	uint8_t flags = 0;

	for (; *text != '\0'; text++) {
		letter = strchr(letters, *text);
		if (letter == NULL)
			return 0;
		flags |= (uint8_t)(1u << (letter - letters));
	}
	return flags;
}

static uint32_t
number_or(const struct arg *arg, uint32_t otherwise)
{
	return arg->count > 0 ? (uint32_t)arg->number : otherwise;
}

static void
packet_of(const struct arg *arg, struct explain_packet *packet)
{
	*packet = (struct explain_packet){
		.src = arg[PACKET_SRC].addr,
		.dst = arg[PACKET_DST].addr,
		.proto = (uint8_t)(arg[PACKET_TCP].count ? IPPROTO_TCP
				   : arg[PACKET_UDP].count
					   ? IPPROTO_UDP
					   : number_or(&arg[PACKET_PROTO],
						       IPPROTO_ICMP)),
		.sport = (uint16_t)number_or(&arg[PACKET_SPORT], 49152),
		.dport = (uint16_t)number_or(&arg[PACKET_DPORT], 7),
		.icmp_type = (uint8_t)number_or(&arg[PACKET_TYPE], 8),
		.icmp_code = (uint8_t)arg[PACKET_CODE].number,
		.ttl = (uint8_t)arg[PACKET_TTL].number,
		.tos = (uint8_t)arg[PACKET_TOS].number,
		.dont_fragment = arg[PACKET_DF].count > 0,
		.len = (uint32_t)arg[PACKET_LEN].number,
	};
	if (arg[PACKET_FLAGS].count > 0)
		packet->tcp_flags = tcp_flags(arg[PACKET_FLAGS].text);
}

static void
frame_of(const struct arg *arg, struct explain_packet *packet)
{
	packet->frag_offset = (uint16_t)arg[PACKET_FRAG].number;
	packet->more_fragments = arg[PACKET_MF].count > 0;
	packet->id = (uint16_t)arg[PACKET_ID].number;
	memcpy(packet->dst_mac, arg[PACKET_MAC].mac, ETH_ADDR_LEN);
	memcpy(packet->src_mac, arg[PACKET_FROM].mac, ETH_ADDR_LEN);
	/* Some station's, where nobody says whose. */
	if (arg[PACKET_FROM].count == 0)
		memcpy(packet->src_mac, (const uint8_t[]){ 2, 0, 0, 0, 0, 1 },
		       ETH_ADDR_LEN);
}

/* What no packet can be, though each word by itself is good; NULL: nothing. */
static const char *
complaint(const struct arg *arg, bool may_be_any)
{
	if (arg[PACKET_SRC].count == 0 || arg[PACKET_DST].count == 0)
		return "it takes SOURCE -> DESTINATION";
	if (arg[PACKET_SRC].prefix_len != 32 &&
	    !(may_be_any && arg[PACKET_SRC].prefix_len == 0))
		return "the source is one address";
	if (arg[PACKET_TCP].count + arg[PACKET_UDP].count +
		    arg[PACKET_ICMP].count + arg[PACKET_PROTO].count >
	    1)
		return "a packet has one protocol";
	if (arg[PACKET_FLAGS].count > 0 && !tcp_flags(arg[PACKET_FLAGS].text))
		return "flags are letters of S A F R P U";
	if (arg[PACKET_FRAG].number % 8 != 0)
		return "a fragment's offset is a multiple of 8";
	return NULL;
}

static enum step
dry_begin(struct job *job, uint32_t len)
{
	struct dry_job *state = job_state(job, struct dry_job);

	teller_init(&state->teller, job);
	state->dry = explain_dry_new(job->net, len);
	if (state->dry == NULL)
		return misused(job, "Cannot allocate memory");
	return STEP_MORE;
}

static enum step
dry_told(struct job *job)
{
	struct dry_job *state = job_state(job, struct dry_job);

	if (state->story->starved)
		return misused(job, "too few packet buffers for this packet");
	emit_begin(&state->teller.emit);
	return STEP_MORE;
}

static enum step
in_start(struct job *job)
{
	struct dry_job *state = job_state(job, struct dry_job);
	const struct arg *arg = job->arg;
	const char *wrong = complaint(arg, false);
	struct explain_packet packet;
	struct netdev *dev;

	if (arg[PACKET_DEV].count == 0)
		wrong = "it takes DEVICE SOURCE -> DESTINATION";
	if (wrong != NULL)
		return misused(job, wrong);
	dev = netdev_lookup(job->net, arg[PACKET_DEV].text);
	if (dev == NULL)
		return ip_no_device(job, arg[PACKET_DEV].text);
	packet_of(arg, &packet);
	frame_of(arg, &packet);
	if (packet.len > dev->mtu_max)
		return misused(job, "no such long packet comes in there");
	if (dry_begin(job, packet.len) == STEP_DONE)
		return STEP_DONE;
	state->story = explain_dry_in(state->dry, dev, &packet);
	return dry_told(job);
}

static enum step
out_start(struct job *job)
{
	struct dry_job *state = job_state(job, struct dry_job);
	const char *wrong = complaint(job->arg, true);
	struct explain_packet packet;

	if (wrong != NULL)
		return misused(job, wrong);
	packet_of(job->arg, &packet);
	if (dry_begin(job, packet.len) == STEP_DONE)
		return STEP_DONE;
	state->story = explain_dry_out(state->dry, &packet);
	return dry_told(job);
}

static enum step
dry_step(struct job *job)
{
	struct dry_job *state = job_state(job, struct dry_job);

	state->teller.emit.out = job->out;
	if (!tell(&state->teller, job->net, state->story))
		return STEP_MORE;
	emit_end(&state->teller.emit);
	return job_exit(job, state->story->verdict.end == EXPLAIN_END_DROPPED);
}

static void
dry_end(struct job *job)
{
	struct dry_job *state = job_state(job, struct dry_job);

	if (state->dry != NULL)
		explain_dry_free(state->dry);
}

/* ---- trace live --------------------------------------------------------- */

struct live_job {
	struct explain_live *live;
	struct teller teller;
	uint64_t left; /* packets to tell of; UINT64_MAX: until Ctrl-C */
	uint64_t told;
};

static void
wake(void *ctx)
{
	job_wake(ctx);
}

static void
prefix_filter(const struct arg *arg, uint32_t *addr, uint32_t *len)
{
	*addr = arg->addr;
	*len = arg->count > 0 ? arg->prefix_len : 0;
}

static void
filter_of(const struct arg *arg, struct explain_filter *filter)
{
	*filter = (struct explain_filter){
		.proto = (uint8_t)(arg[LIVE_TCP].count	 ? IPPROTO_TCP
				   : arg[LIVE_UDP].count ? IPPROTO_UDP
				   : arg[LIVE_ICMP].count
					   ? IPPROTO_ICMP
					   : arg[LIVE_PROTO].number),
		.port = (uint16_t)arg[LIVE_PORT].number,
		.sport = (uint16_t)arg[LIVE_SPORT].number,
		.dport = (uint16_t)arg[LIVE_DPORT].number,
		.drops = arg[LIVE_DROPS].count > 0,
	};
	prefix_filter(&arg[LIVE_SRC], &filter->src, &filter->src_len);
	prefix_filter(&arg[LIVE_DST], &filter->dst, &filter->dst_len);
	prefix_filter(&arg[LIVE_HOST], &filter->host, &filter->host_len);
}

static enum step
live_start(struct job *job)
{
	struct live_job *state = job_state(job, struct live_job);
	const struct arg *arg = job->arg;
	struct explain_filter filter;
	struct netdev *dev = NULL;
	enum status status;

	filter_of(arg, &filter);
	if (arg[LIVE_IN].count > 0) {
		dev = netdev_lookup(job->net, arg[LIVE_IN].text);
		if (dev == NULL)
			return ip_no_device(job, arg[LIVE_IN].text);
		filter.dev = dev->ifindex;
	}
	teller_init(&state->teller, job);
	state->left =
		arg[LIVE_COUNT].count > 0 ? arg[LIVE_COUNT].number : UINT64_MAX;
	status = explain_live_start(job->net, &filter, wake, job, &state->live);
	if (status != OK)
		return misused(job, status == ERR_BUSY
					    ? "another trace live is running"
					    : "Cannot allocate memory");
	emit_begin(&state->teller.emit);
	return STEP_MORE;
}

static enum step
live_finish(struct job *job, struct live_job *state)
{
	if (state->teller.next != 0) /* in the middle of one */
		while (!tell(&state->teller, job->net,
			     explain_live_first(state->live)))
			continue;
	emit_end(&state->teller.emit);
	emit_text(&state->teller.emit, "%llu packets told, %llu without room\n",
		  (unsigned long long)state->told,
		  (unsigned long long)state->live->lost);
	return job_exit(job, 0);
}

static enum step
live_step(struct job *job)
{
	struct live_job *state = job_state(job, struct live_job);
	const struct explain *story = explain_live_first(state->live);

	state->teller.emit.out = job->out;
	if (job->interrupted || state->left == 0)
		return live_finish(job, state);
	if (story == NULL) {
		job->wake_ns = TIMER_NEVER;
		return STEP_WAIT;
	}
	if (tell(&state->teller, job->net, story)) {
		explain_live_next(state->live);
		state->told++;
		state->left--;
	}
	return STEP_MORE;
}

static void
live_end(struct job *job)
{
	struct live_job *state = job_state(job, struct live_job);

	if (state->live != NULL)
		explain_live_stop(state->live);
}

/* ---- the table ---------------------------------------------------------- */

const struct command trace_commands[] = {
	{ .name = "in",
	  .summary = "says what would become of a packet that comes in",
	  .text = "The packet goes through the code that real ones go through, "
		  "and nothing changes. The exit code is 1 if it is dropped.",
	  .args = in_args,
	  .start = in_start,
	  .step = dry_step,
	  .end = dry_end },
	{ .name = "out",
	  .summary = "says what would become of a packet that this box sends",
	  .args = out_args,
	  .start = out_start,
	  .step = dry_step,
	  .end = dry_end },
	{ .name = "live",
	  .summary = "says of real packets what becomes of them",
	  .text = "Until Ctrl-C. Packets that come while too many wait to be "
		  "shown are counted, not shown; none is delayed.",
	  .flags = COMMAND_WAITS | COMMAND_GETOPT,
	  .room = 16384,
	  .args = live_args,
	  .start = live_start,
	  .step = live_step,
	  .end = live_end },
	{ .name = NULL },
};
