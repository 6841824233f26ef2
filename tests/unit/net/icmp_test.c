/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP messages for us: what is answered, what is passed on, what is
 * ignored. */
#include "net/icmp.h"

#include "net/net.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define HOST TESTNET_HOST(0)
#define US   TESTNET_ROUTER(0)

static int
setup(void **state)
{
	*state = testnet_new(2);
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

/* A message from eth0's host. */
static void
send_to(struct testnet *t, uint32_t dst, uint8_t type, uint8_t code,
	uint32_t info, const void *data, size_t len)
{
	uint8_t bytes[2048];
	size_t bytes_len = packet_icmp(bytes, type, code, info, data, len);
	struct ipv4 ip = packet_header(HOST, dst, IPPROTO_ICMP, bytes_len);

	testnet_inject_ipv4(t, 0, &ip, bytes, bytes_len);
}

static void
assert_silence(struct testnet *t)
{
	for (unsigned int i = 0; i < t->port_count; i++)
		assert_int_equal(testnet_count(t, i), 0);
}

/* ---- echo --------------------------------------------------------------- */

/* All of it comes back, from the address that was asked. [RFC1122 3.2.2.6] */
/* covers: R1812-054, R1812-077, R1812-081, R1812-082, H1122-012, H1122-049,
 * X792-002, R1812-056, R1812-061 */
static void
echo_returns_every_size(void **state)
{
	struct testnet *t = *state;
	uint8_t *data = malloc(65536);
	const uint8_t *back;
	struct ipv4 ip, out;
	size_t len, n, at;

	for (size_t size = 0; size <= 65507;
	     size = size < 64 ? size + 1 : size * 2 - 1) {
		len = packet_icmp(data, ICMP_ECHO, 0, 0x12340000 + size, NULL,
				  size);
		for (at = 0; at < len; at += n) {
			n = min_of(len - at, (size_t)1480);
			ip = packet_header(HOST, US, IPPROTO_ICMP, n);
			ip.tos = 0xa8;
			ip.ttl = 3;
			ip.frag_offset = (uint16_t)at;
			ip.flags = at + n < len ? IPV4_MF : 0;
			testnet_inject_ipv4(t, 0, &ip, data + at, n);
		}
		/* What is returned differs in type and checksum. */
		packet_icmp(data, ICMP_ECHO_REPLY, 0, 0x12340000 + size, NULL,
			    size);
		for (at = 0; at < len; at += n) {
			assert_non_null(
				testnet_next_ipv4(t, 0, &out, &back, &n));
			assert_int_equal(out.src, US);
			assert_int_equal(out.dst, HOST);
			assert_int_equal(out.tos, 0xa8);
			assert_int_equal(out.ttl, 64);
			assert_int_equal(out.frag_offset, at);
			assert_memory_equal(back, data + at, n);
		}
		assert_int_equal(at, len);
	}
	free(data);
	assert_silence(t);
	assert_int_equal(testnet_drops_all(t), 0);
}

/* The reply's checksum is changed, not summed: right for all values. */
/* covers: X792-001 */
static void
echo_checksums_are_right_for_all_values(void **state)
{
	struct testnet *t = *state;
	const uint8_t *back;
	struct ipv4 ip;
	size_t len;

	for (uint32_t info = 0; info <= 0xffff; info += 7) {
		send_to(t, US, ICMP_ECHO, 0, info, NULL, 0);
		assert_non_null(testnet_next_ipv4(t, 0, &ip, &back, &len));
		assert_int_equal(checksum_fold(checksum_add(0, back, len)), 0);
	}
}

struct keeping_tap {
	struct netdev_tap tap;
	struct skb *kept;
};

static void
keep_clone(struct netdev_tap *tap, const struct skb *skb, bool outgoing)
{
	struct keeping_tap *k = (struct keeping_tap *)tap;

	if (!outgoing)
		k->kept = skb_clone((struct skb *)(uintptr_t)skb);
}

static void
a_captured_request_stays_a_request(void **state)
{
	struct testnet *t = *state;
	struct keeping_tap tap = { .tap.frame = keep_clone };

	netdev_tap_add(&t->port[0].dev, &tap.tap);
	send_to(t, US, ICMP_ECHO, 0, 0, NULL, 8);
	netdev_tap_remove(&t->port[0].dev, &tap.tap);
	assert_int_equal(testnet_flush(t, 0), 1);
	assert_int_equal(tap.kept->data[34], ICMP_ECHO);
	skb_consume(tap.kept);
	netdev_tap_add(&t->port[0].dev, &tap.tap);
	t->net.core[0].skb_pool.fail_after = 3;
	send_to(t, US, ICMP_ECHO, 0, 0, NULL, 8);
	netdev_tap_remove(&t->port[0].dev, &tap.tap);
	assert_int_equal(testnet_drops(t, DROP_NOMEM), 1);
	skb_consume(tap.kept);
	assert_silence(t);
}

/* covers: R1812-079 */
static void
the_operator_may_silence_echo(void **state)
{
	struct testnet *t = *state;

	t->net.icmp_param.icmp_echo_ignore_all = 1;
	send_to(t, US, ICMP_ECHO, 0, 0, NULL, 8);
	assert_int_equal(testnet_drops(t, DROP_ICMP_ECHO_IGNORED), 1);
	assert_silence(t);
}

/* [RFC1122 3.2.2.6]: smurf. */
static void
echo_to_everybody_is_ignored_by_default(void **state)
{
	struct testnet *t = *state;
	const uint32_t many[] = { TESTNET_BROADCAST(0), IPV4_BROADCAST,
				  IPV4_ADDR(224, 0, 0, 1) };
	const uint8_t *back;
	struct ipv4 ip;
	size_t len;

	for (size_t i = 0; i < array_len(many); i++) {
		send_to(t, many[i], ICMP_ECHO, 0, 0, NULL, 8);
		assert_int_equal(testnet_drops(t, DROP_ICMP_ECHO_BROADCAST),
				 i + 1);
		assert_silence(t);
	}
	t->net.icmp_param.icmp_echo_ignore_broadcasts = 0;
	for (size_t i = 0; i < array_len(many); i++) {
		send_to(t, many[i], ICMP_ECHO, 0, 0, NULL, 8);
		assert_non_null(testnet_next_ipv4(t, 0, &ip, &back, &len));
		assert_int_equal(ip.src, US);
	}
}

static void
replies_can_be_rate_limited(void **state)
{
	struct testnet *t = *state;

	t->net.icmp_param.icmp_ratemask |= 1u << ICMP_ECHO_REPLY;
	for (unsigned int i = 0; i < 10; i++)
		send_to(t, US, ICMP_ECHO, 0, 0, NULL, 8);
	assert_int_equal(testnet_flush(t, 0), 6);
	assert_int_equal(testnet_drops(t, DROP_ICMP_RATE), 4);
}

/* ---- timestamp ---------------------------------------------------------- */

/* covers: R1812-086, H1122-053 */
static void
timestamps_are_answered(void **state)
{
	struct testnet *t = *state;
	uint8_t times[16] = { 1, 2, 3, 4, 9, 9, 9, 9, 9, 9, 9, 9, 5, 5, 5, 5 };
	uint32_t now = (uint32_t)(t->net.now_ns / MS_NS) | 0x80000000u;
	const uint8_t *back;
	struct ipv4 ip;
	size_t len;

	send_to(t, US, ICMP_TIMESTAMP, 0, 0xabcd0001, times, 16);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &back, &len));
	assert_int_equal(len, 20);
	assert_int_equal(checksum_fold(checksum_add(0, back, len)), 0);
	assert_int_equal(back[0], ICMP_TIMESTAMP_REPLY);
	assert_memory_equal(back + 4, "\xab\xcd\x00\x01", 4);
	assert_memory_equal(back + 8, times, 4);
	for (size_t i = 12; i < 20; i += 4)
		assert_int_equal((uint32_t)back[i] << 24 | back[i + 1] << 16 |
					 back[i + 2] << 8 | back[i + 3],
				 now);
	send_to(t, US, ICMP_TIMESTAMP, 0, 0, times, 11);
	assert_int_equal(testnet_drops(t, DROP_ICMP_TIMESTAMP_LENGTH), 1);
	send_to(t, IPV4_BROADCAST, ICMP_TIMESTAMP, 0, 0, times, 12);
	assert_int_equal(testnet_drops(t, DROP_ICMP_BROADCAST), 1);
	t->net.icmp_param.icmp_ratemask |= 1u << ICMP_TIMESTAMP_REPLY;
	for (unsigned int i = 0; i < 7; i++)
		send_to(t, US, ICMP_TIMESTAMP, 0, 0, times, 12);
	assert_int_equal(testnet_drops(t, DROP_ICMP_RATE), 1);
}

/* ---- all other types ---------------------------------------------------- */

static enum drop
expected_for(unsigned int type)
{
	switch (type) {
	case 0:
	case 14: return DROP_ICMP_UNWANTED;
	case 4: return DROP_ICMP_SOURCE_QUENCH;
	case 5: return DROP_ICMP_REDIRECT;
	case 9:
	case 10: return DROP_ICMP_ROUTER_DISCOVERY;
	case 3:
	case 11:
	case 12: return DROP_ICMP_QUOTE_HEADER;
	case 6:
	case 15:
	case 16:
	case 17:
	case 18: return DROP_ICMP_DEPRECATED;
	default:
		return type >= 30 && type <= 39 ? DROP_ICMP_DEPRECATED
						: DROP_ICMP_UNKNOWN_TYPE;
	}
}

/* [RFC1122 3.2.2] [RFC1812 4.3.2.1] [RFC6633] [RFC6918] */
/* covers: R1812-055, R1812-085, R1812-088, H1122-033, H1122-045, H1122-052,
 * H1122-055, X6918-001 */
static void
every_type_we_do_not_answer_has_its_reason(void **state)
{
	struct testnet *t = *state;
	uint8_t zeros[28] = { 0 };

	for (unsigned int type = 0; type < 256; type++)
		for (unsigned int code = 0; code < 16; code++) {
			uint64_t before = testnet_drops(t, expected_for(type));

			if (type == ICMP_ECHO || type == ICMP_TIMESTAMP)
				continue;
			send_to(t, US, (uint8_t)type, (uint8_t)code, 0, zeros,
				sizeof(zeros));
			if (testnet_drops(t, expected_for(type)) != before + 1)
				fail_msg("type %u code %u", type, code);
		}
	assert_silence(t);
}

/* covers: X792-001 */
static void
malformed_messages_end_in_silence(void **state)
{
	struct testnet *t = *state;
	uint8_t bytes[16];
	size_t len = packet_icmp(bytes, ICMP_ECHO, 0, 0, NULL, 8);
	struct ipv4 ip = packet_header(HOST, US, IPPROTO_ICMP, 7);

	testnet_inject_ipv4(t, 0, &ip, bytes, 7);
	assert_int_equal(testnet_drops(t, DROP_ICMP_TRUNCATED), 1);
	ip = packet_header(HOST, US, IPPROTO_ICMP, 0);
	testnet_inject_ipv4(t, 0, &ip, bytes, 0);
	assert_int_equal(testnet_drops(t, DROP_ICMP_TRUNCATED), 2);
	ip = packet_header(HOST, US, IPPROTO_ICMP, len);
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 0x40;
		testnet_inject_ipv4(t, 0, &ip, bytes, len);
		assert_int_equal(testnet_drops(t, DROP_ICMP_CSUM), i + 1);
		bytes[i] ^= 0x40;
	}
	assert_int_equal(t->net.icmp_stats.in_csum_errors, len);
	assert_int_equal(t->net.icmp_stats.in_errors, len + 2);
	assert_int_equal(t->net.icmp_stats.in_msgs, len + 2);
	assert_silence(t);
}

/* ---- ping --------------------------------------------------------------- */

struct pinger {
	struct icmp_listener listener;
	unsigned int replies, errors;
	uint32_t from, data_len, info;
	uint16_t seq;
	uint8_t ttl, type, code;
};

static void
note_reply(struct icmp_listener *l, uint32_t from, uint8_t ttl, uint16_t seq,
	   uint32_t data_len)
{
	struct pinger *p = container_of(l, struct pinger, listener);

	p->replies++;
	p->from = from;
	p->ttl = ttl;
	p->seq = seq;
	p->data_len = data_len;
}

static void
note_error(struct icmp_listener *l, uint32_t from, uint16_t seq, uint8_t type,
	   uint8_t code, uint32_t info)
{
	struct pinger *p = container_of(l, struct pinger, listener);

	p->errors++;
	p->from = from;
	p->seq = seq;
	p->type = type;
	p->code = code;
	p->info = info;
}

static void
listen(struct testnet *t, struct pinger *p, uint16_t id)
{
	*p = (struct pinger){
		.listener = {
			.id = id,
			.reply = note_reply,
			.error = note_error,
		},
	};
	icmp_listen(&t->net, &p->listener);
}

static void
a_ping_of_ourselves_comes_back(void **state)
{
	struct testnet *t = *state;
	const uint32_t ours[] = { US, TESTNET_ROUTER(1),
				  IPV4_ADDR(127, 0, 0, 1) };
	struct pinger p, other;

	listen(t, &p, 7);
	listen(t, &other, 8);
	for (uint16_t i = 0; i < array_len(ours); i++) {
		const struct icmp_ping ping = {
			.dst = ours[i], .id = 7, .seq = i, .data_len = 65507
		};

		assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
		testnet_run(t);
		assert_int_equal(p.replies, i + 1);
		assert_int_equal(p.from, ours[i]);
		assert_int_equal(p.seq, i);
		assert_int_equal(p.data_len, 65507);
		assert_int_equal(t->net.icmp_stats.out_msgs, 2 * (i + 1));
		assert_int_equal(t->net.icmp_stats.out_type[ICMP_ECHO], i + 1);
		assert_int_equal(t->net.icmp_stats.in_type[ICMP_ECHO], i + 1);
	}
	assert_int_equal(other.replies, 0);
	icmp_unlisten(&p.listener);
	icmp_unlisten(&other.listener);
	assert_silence(t);
}

static void
a_ping_shows_what_was_asked_for(void **state)
{
	struct testnet *t = *state;
	const struct icmp_ping ping = {
		.dst = HOST,
		.src = TESTNET_ROUTER(1),
		.id = 7,
		.seq = 0xffff,
		.data_len = 300,
		.ttl = 9,
		.tos = 0x10,
		.df = DF_ALWAYS,
	};
	uint8_t reply[64];
	size_t reply_len, len;
	const uint8_t *data;
	struct pinger p;
	struct ipv4 ip;

	assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(ip.src, TESTNET_ROUTER(1));
	assert_int_equal(ip.ttl, 9);
	assert_int_equal(ip.tos, 0x10);
	assert_int_equal(ip.flags, IPV4_DF);
	assert_int_equal(len, 308);
	assert_int_equal(checksum_fold(checksum_add(0, data, len)), 0);
	assert_memory_equal(data + 4, "\x00\x07\xff\xff", 4);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(data[8 + i], (uint8_t)i);
	listen(t, &p, 7);
	reply_len = packet_icmp(reply, ICMP_ECHO_REPLY, 0, 0x7ffff, NULL, 30);
	ip = packet_header(HOST, TESTNET_ROUTER(1), IPPROTO_ICMP, reply_len);
	ip.ttl = 55;
	testnet_inject_ipv4(t, 0, &ip, reply, reply_len);
	assert_int_equal(p.replies, 1);
	assert_int_equal(p.ttl, 55);
	assert_int_equal(p.seq, 0xffff);
	icmp_unlisten(&p.listener);
	testnet_inject_ipv4(t, 0, &ip, reply, reply_len);
	assert_int_equal(testnet_drops(t, DROP_ICMP_UNWANTED), 1);
}

/* Pings find the path's MTU, but nothing is lost for it. [RFC1191 6.1] */
static void
a_ping_has_df_unless_it_is_cut_here(void **state)
{
	struct testnet *t = *state;
	struct icmp_ping ping = { .dst = HOST, .id = 7, .data_len = 1472 };
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(ip.flags, IPV4_DF);
	ping.data_len = 1473;
	assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(ip.flags, IPV4_MF);
	assert_int_equal(testnet_flush(t, 0), 1);
	ping.data_len = 100;
	t->net.ipv4_param.ip_no_pmtu_disc = 1;
	assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(ip.flags, 0);
	ping.df = DF_NEVER;
	t->net.ipv4_param.ip_no_pmtu_disc = 0;
	assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(ip.flags, 0);
}

static void
a_ping_that_cannot_leave_says_why(void **state)
{
	struct testnet *t = *state;
	struct icmp_ping ping = { .dst = IPV4_ADDR(203, 0, 113, 1), .id = 7 };
	struct skb_pool *pool = &t->net.core[0].skb_pool;
	struct pinger p;

	assert_int_equal(icmp_ping_send(&t->net, &ping), ERR_NETUNREACH);
	ping.dst = HOST;
	ping.data_len = 1473;
	ping.df = DF_ALWAYS;
	assert_int_equal(icmp_ping_send(&t->net, &ping), ERR_MSGSIZE);
	ping.df = DF_NEVER;
	ping.data_len = 65508;
	assert_int_equal(icmp_ping_send(&t->net, &ping), ERR_MSGSIZE);
	ping.data_len = 5000;
	pool->fail_after = 1;
	assert_int_equal(icmp_ping_send(&t->net, &ping), ERR_NOMEM);
	pool->fail_after = 2;
	assert_int_equal(icmp_ping_send(&t->net, &ping), ERR_NOMEM);
	assert_int_equal(testnet_drops(t, DROP_NOMEM), 1);
	assert_silence(t);
	/* Nobody answers for the address: we hear it from ourselves. */
	listen(t, &p, 7);
	ping = (struct icmp_ping){ .dst = TESTNET_ADDR(0, 88),
				   .id = 7,
				   .seq = 3 };
	assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
	testnet_advance(t, 10 * S_NS);
	assert_int_equal(p.errors, 1);
	assert_int_equal(p.from, US);
	assert_int_equal(p.seq, 3);
	assert_int_equal(p.type, ICMP_UNREACHABLE);
	assert_int_equal(p.code, ICMP_HOST_UNREACHABLE);
	icmp_unlisten(&p.listener);
}

/* ---- errors about our packets ------------------------------------------- */

/* A quote of a packet from src, payload_len bytes of it behind the header. */
static size_t
quote(uint8_t *out, uint32_t src, uint8_t proto, size_t payload_len)
{
	struct ipv4 ip = packet_header(src, HOST, proto, 1000);

	ip.ttl = 1;
	ipv4_emit(&ip, out);
	memset(out + 20, 0, payload_len);
	return 20 + payload_len;
}

/* As if it had been sent, with DF. */
static void
note_sent(struct testnet *t, const uint8_t *quoted)
{
	struct ipv4 ip;

	assert_int_equal(ipv4_parse_quoted(quoted, 28, &ip), DROP_NONE);
	ip.total_len = 1500;
	path_note_sent(&t->net, &ip, quoted + IPV4_HEADER_LEN, 8);
}

static void
errors_reach_whoever_pings(void **state)
{
	struct testnet *t = *state;
	static const struct {
		uint8_t type, code;
		uint32_t info, heard;
	} rows[] = {
		{ ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, 99, 0 },
		{ ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, 0xabcd0578, 0x578 },
		{ ICMP_TIME_EXCEEDED, 0, 0, 0 },
		{ ICMP_PARAMETER_PROBLEM, 0, 0x14000000, 0x14 },
	};
	uint8_t quoted[64];
	struct pinger p;

	listen(t, &p, 7);
	for (unsigned int i = 0; i < array_len(rows); i++) {
		size_t len = quote(quoted, US, IPPROTO_ICMP, 8);

		quoted[20] = ICMP_ECHO;
		quoted[25] = 7;
		quoted[27] = (uint8_t)(i + 1);
		note_sent(t, quoted);
		send_to(t, US, rows[i].type, rows[i].code, rows[i].info, quoted,
			len);
		assert_int_equal(p.errors, i + 1);
		assert_int_equal(p.type, rows[i].type);
		assert_int_equal(p.code, rows[i].code);
		assert_int_equal(p.info, rows[i].heard);
		assert_int_equal(p.seq, i + 1);
		assert_int_equal(p.from, HOST);
	}
	/* With as many options as fit, it still shows what it is about. */
	{
		struct ipv4 long_header =
			packet_header(US, HOST, IPPROTO_ICMP, 8);
		static const uint8_t options[40] = { 1 };
		uint8_t longest[68] = { 0 };

		packet_add_options(&long_header, options, sizeof(options));
		ipv4_emit(&long_header, longest);
		longest[60] = ICMP_ECHO;
		longest[65] = 7;
		longest[67] = 99;
		send_to(t, US, ICMP_UNREACHABLE, 1, 0, longest, 68);
		assert_int_equal(p.errors, array_len(rows) + 1);
		assert_int_equal(p.seq, 99);
	}
	/* About a reply of ours: nobody's business, but no harm. */
	quote(quoted, US, IPPROTO_ICMP, 8);
	send_to(t, US, ICMP_UNREACHABLE, 1, 0, quoted, 28);
	assert_int_equal(p.errors, array_len(rows) + 1);
	assert_int_equal(testnet_drops_all(t), 0);
	icmp_unlisten(&p.listener);
}

static void
quotes_that_say_nothing_are_dropped(void **state)
{
	struct testnet *t = *state;
	uint8_t quoted[64];
	size_t len;

	for (len = 0; len < 28; len++) {
		quote(quoted, US, IPPROTO_UDP, 8);
		send_to(t, US, ICMP_UNREACHABLE, 3, 0, quoted, len);
		assert_int_equal(testnet_drops(t, DROP_ICMP_QUOTE_TRUNCATED),
				 len + 1);
	}
	quote(quoted, US, IPPROTO_UDP, 8);
	quoted[0] = 0x65;
	send_to(t, US, ICMP_UNREACHABLE, 3, 0, quoted, 28);
	assert_int_equal(testnet_drops(t, DROP_ICMP_QUOTE_HEADER), 1);
	quote(quoted, US, IPPROTO_UDP, 8);
	quoted[7] = 1;
	send_to(t, US, ICMP_UNREACHABLE, 3, 0, quoted, 28);
	assert_int_equal(testnet_drops(t, DROP_ICMP_QUOTE_FRAGMENT), 1);
	quote(quoted, IPV4_ADDR(203, 0, 113, 1), IPPROTO_UDP, 8);
	send_to(t, US, ICMP_UNREACHABLE, 3, 0, quoted, 28);
	assert_int_equal(testnet_drops(t, DROP_ICMP_QUOTE_SOURCE), 1);
	quote(quoted, US, 250, 8);
	send_to(t, US, ICMP_UNREACHABLE, 3, 0, quoted, 28);
	assert_int_equal(testnet_drops(t, DROP_ICMP_QUOTE_PROTO), 1);
	quote(quoted, US, IPPROTO_UDP, 8);
	send_to(t, TESTNET_BROADCAST(0), ICMP_UNREACHABLE, 3, 0, quoted, 28);
	assert_int_equal(testnet_drops(t, DROP_ICMP_BROADCAST), 1);
	assert_silence(t);
}

/* Cut off anywhere behind 8 bytes, or whole: accepted all the same. */
static void
quotes_of_any_length_are_understood(void **state)
{
	struct testnet *t = *state;
	uint8_t quoted[1020];
	struct pinger p;

	listen(t, &p, 7);
	quote(quoted, US, IPPROTO_ICMP, 1000);
	quoted[20] = ICMP_ECHO;
	quoted[25] = 7;
	for (size_t len = 28; len <= 1020; len += 31)
		send_to(t, US, ICMP_UNREACHABLE, 1, 0, quoted, len);
	assert_int_equal(p.errors, 33);
	icmp_unlisten(&p.listener);
}

/* A listener may leave from inside its callback. */
static void
unlisten_in_reply(struct icmp_listener *l, uint32_t from, uint8_t ttl,
		  uint16_t seq, uint32_t data_len)
{
	note_reply(l, from, ttl, seq, data_len);
	icmp_unlisten(l);
}

static void
listeners_may_leave_when_called(void **state)
{
	struct testnet *t = *state;
	struct pinger a, b;

	listen(t, &a, 7);
	listen(t, &b, 7);
	a.listener.reply = unlisten_in_reply;
	send_to(t, US, ICMP_ECHO_REPLY, 0, 0x70001, NULL, 0);
	send_to(t, US, ICMP_ECHO_REPLY, 0, 0x70002, NULL, 0);
	assert_int_equal(a.replies, 1);
	assert_int_equal(b.replies, 2);
	icmp_unlisten(&b.listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(echo_returns_every_size),
		TEST(echo_checksums_are_right_for_all_values),
		TEST(a_captured_request_stays_a_request),
		TEST(the_operator_may_silence_echo),
		TEST(echo_to_everybody_is_ignored_by_default),
		TEST(replies_can_be_rate_limited),
		TEST(timestamps_are_answered),
		TEST(every_type_we_do_not_answer_has_its_reason),
		TEST(malformed_messages_end_in_silence),
		TEST(a_ping_of_ourselves_comes_back),
		TEST(a_ping_shows_what_was_asked_for),
		TEST(a_ping_has_df_unless_it_is_cut_here),
		TEST(a_ping_that_cannot_leave_says_why),
		TEST(errors_reach_whoever_pings),
		TEST(quotes_that_say_nothing_are_dropped),
		TEST(quotes_of_any_length_are_understood),
		TEST(listeners_may_leave_when_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
