/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSS clamping of SYNs that are forwarded: which, to what, and that the
 * checksum still holds, wherever the option stands. [RFC9293 3.2] [RFC1624 3]
 */
#include "tests/host/test.h"

#include "net/sysctl.h"
#include "net/wire/tcp.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

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

static void
set(struct testnet *t, const char *name, const char *value)
{
	struct sysctl_key key;

	assert_int_equal(sysctl_find(&t->net, name, &key), SYSCTL_OK);
	assert_int_equal(sysctl_set(&t->net, &key, value), SYSCTL_OK);
}

struct segment {
	uint8_t bytes[80];
	size_t len;
};

/* options_len a multiple of 4. */
static struct segment
segment(uint8_t flags, const void *options, size_t options_len)
{
	const struct ipv4 ip =
		packet_header(TESTNET_HOST(0), TESTNET_HOST(1), IPPROTO_TCP, 0);
	struct segment s = { .len = TCP_HEADER_LEN + options_len };
	struct wire_tcp *wire = (void *)s.bytes;
	uint32_t sum;

	wire->sport = be16_from(1234);
	wire->dport = be16_from(80);
	s.bytes[12] = (uint8_t)(s.len / 4 << 4);
	s.bytes[13] = flags;
	memcpy(s.bytes + TCP_HEADER_LEN, options, options_len);
	sum = checksum_pseudo(ip.src, ip.dst, IPPROTO_TCP, (uint16_t)s.len);
	wire->checksum =
		be16_from(checksum_fold(checksum_add(sum, s.bytes, s.len)));
	return s;
}

/* Through the box; what comes out must have a good checksum. */
static struct segment
forwarded(struct testnet *t, const struct segment *s)
{
	const struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_HOST(1),
					     IPPROTO_TCP, s->len);
	struct segment out = { 0 };
	const uint8_t *data;
	struct ipv4 seen;
	uint32_t sum;

	assert_true(testnet_inject_ipv4(t, 0, &ip, s->bytes, s->len));
	assert_non_null(testnet_next_ipv4(t, 1, &seen, &data, &out.len));
	assert_int_equal(seen.ttl, 63);
	memcpy(out.bytes, data, out.len);
	sum = checksum_pseudo(seen.src, seen.dst, IPPROTO_TCP,
			      (uint16_t)out.len);
	assert_int_equal(checksum_fold(checksum_add(sum, out.bytes, out.len)),
			 0);
	return out;
}

/* An MSS option behind `before` NOPs; the value that leaves. */
static unsigned int
clamped(struct testnet *t, uint8_t flags, unsigned int before, uint16_t mss)
{
	uint8_t options[12];
	struct segment s, out;

	memset(options, 1, sizeof(options));
	options[before] = 2;
	options[before + 1] = 4;
	options[before + 2] = (uint8_t)(mss >> 8);
	options[before + 3] = (uint8_t)mss;
	s = segment(flags, options, sizeof(options));
	out = forwarded(t, &s);
	return (unsigned int)(out.bytes[20 + before + 2] << 8 |
			      out.bytes[20 + before + 3]);
}

static void
off_by_default(void **state)
{
	assert_int_equal(clamped(*state, TCP_SYN, 0, 60000), 60000);
}

static void
to_what_both_links_take(void **state)
{
	struct testnet *t = *state;

	set(t, "net.ipv4.conf.eth1.mss_clamp", "1");
	assert_int_equal(clamped(t, TCP_SYN, 0, 9000), 1460);
	assert_int_equal(clamped(t, TCP_SYN, 0, 1460), 1460);
	assert_int_equal(clamped(t, TCP_SYN, 0, 1000), 1000);
	assert_int_equal(netdev_set_mtu(&t->port[1].dev, 1400), OK);
	assert_int_equal(clamped(t, TCP_SYN | TCP_ACK, 0, 1460), 1360);
	assert_int_equal(netdev_set_mtu(&t->port[0].dev, 1300), OK);
	assert_int_equal(clamped(t, TCP_SYN, 0, 1460), 1260);
	/* The knob of the other side is as good. */
	set(t, "net.ipv4.conf.eth1.mss_clamp", "0");
	assert_int_equal(clamped(t, TCP_SYN, 0, 1460), 1460);
	set(t, "net.ipv4.conf.eth0.mss_clamp", "1");
	assert_int_equal(clamped(t, TCP_SYN, 0, 1460), 1260);
	set(t, "net.ipv4.conf.eth0.mss_clamp", "0");
	set(t, "net.ipv4.conf.all.mss_clamp", "1");
	assert_int_equal(clamped(t, TCP_SYN, 0, 1460), 1260);
	assert_int_equal(t->net.ipv4_stats.mss_clamped, 5);
}

static void
to_a_number(void **state)
{
	struct testnet *t = *state;

	set(t, "net.ipv4.conf.eth1.mss_clamp", "1200");
	assert_int_equal(clamped(t, TCP_SYN, 0, 1460), 1200);
	set(t, "net.ipv4.conf.eth0.mss_clamp", "1100");
	assert_int_equal(clamped(t, TCP_SYN, 0, 1460), 1100);
	set(t, "net.ipv4.conf.eth0.mss_clamp", "2000");
	set(t, "net.ipv4.conf.eth1.mss_clamp", "0");
	assert_int_equal(clamped(t, TCP_SYN, 0, 9000), 1460);
	/* Never so small that nothing but headers would be sent. */
	set(t, "net.ipv4.conf.eth0.mss_clamp", "2");
	assert_int_equal(clamped(t, TCP_SYN, 0, 1460), 88);
}

/* At an odd place the value lies across two words of the sum. */
static void
the_checksum_holds_wherever_the_option_stands(void **state)
{
	struct testnet *t = *state;

	set(t, "net.ipv4.conf.eth1.mss_clamp", "1");
	for (unsigned int before = 0; before <= 8; before++)
		for (unsigned int mss = 0; mss < 65536; mss += 911)
			assert_int_equal(clamped(t, TCP_SYN, before,
						 (uint16_t)mss),
					 mss > 1460 ? 1460 : mss);
}

/* Other segments, and options that lie about their length. */
static void
what_is_left_alone(void **state)
{
	static const uint8_t option[][8] = {
		{ 3, 0, 2, 4, 0xff, 0xff, 0, 0 }, /* length 0: no end */
		{ 3, 1, 2, 4, 0xff, 0xff, 0, 0 }, /* length 1 */
		{ 3, 9, 2, 4, 0xff, 0xff, 0, 0 }, /* beyond the header */
		{ 0, 0, 2, 4, 0xff, 0xff, 0, 0 }, /* behind the end */
		{ 2, 3, 0xff, 2, 4, 0xff, 0xff }, /* not of its length */
		{ 1, 1, 1, 1, 1, 1, 1, 2 },	  /* cut off */
		{ 1, 1, 1, 1, 1, 2, 4, 0xff },	  /* in the middle */
		{ 8, 8, 2, 4, 0xff, 0xff, 0, 0 }, /* inside another one */
	};
	struct testnet *t = *state;
	struct segment s, out;

	set(t, "net.ipv4.conf.eth1.mss_clamp", "1");
	assert_int_equal(clamped(t, TCP_ACK, 0, 60000), 60000);
	assert_int_equal(clamped(t, TCP_RST, 0, 60000), 60000);
	for (size_t i = 0; i < array_len(option); i++) {
		s = segment(TCP_SYN, option[i], sizeof(option[i]));
		out = forwarded(t, &s);
		/* What stands behind a bad option, or in none, is not read;
		 * the fifth row's second option is sound. */
		if (i != 4)
			assert_memory_equal(out.bytes, s.bytes, s.len);
	}
	s = segment(TCP_SYN, "", 0);
	out = forwarded(t, &s);
	assert_memory_equal(out.bytes, s.bytes, s.len);
	/* A header that says it is longer than the packet. */
	s.bytes[12] = 15 << 4;
	((struct wire_tcp *)s.bytes)->checksum = be16_from(0);
	assert_true(testnet_inject_ipv4(t, 0,
					&(struct ipv4){ .src = TESTNET_HOST(0),
							.dst = TESTNET_HOST(1),
							.total_len = 40,
							.header_len = 20,
							.ttl = 9,
							.proto = IPPROTO_TCP },
					s.bytes, 20));
	assert_int_equal(testnet_flush(t, 1), 1);
	assert_int_equal(t->net.ipv4_stats.mss_clamped, 1);
}

/* Without the knob the short way of forwarding is taken again. */
static void
new_interfaces_and_switching_off(void **state)
{
	struct testnet *t = *state;

	set(t, "net.ipv4.conf.eth1.mss_clamp", "1");
	assert_true(t->net.ipv4_param.mss_clamps);
	set(t, "net.ipv4.conf.eth1.mss_clamp", "0");
	assert_false(t->net.ipv4_param.mss_clamps);
	set(t, "net.ipv4.conf.default.mss_clamp", "1");
	assert_false(t->net.ipv4_param.mss_clamps);
	netdev_unregister(&t->port[1].dev);
	assert_int_equal(netdev_register(&t->net, &t->port[1].dev), OK);
	assert_true(t->net.ipv4_param.mss_clamps);
}

/* Whatever else is forwarded passes as it is: other protocols, fragments, what
 * is too short to hold an option, and segments without one. */
static void
nothing_else_is_touched(void **state)
{
	static const uint8_t option[] = { 2, 4, 0xea, 0x60 };
	struct segment s = segment(TCP_SYN, option, sizeof(option)), out;
	struct testnet *t = *state;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_HOST(1),
				       IPPROTO_UDP, s.len),
		    seen;
	const uint8_t *data;
	size_t len;

	set(t, "net.ipv4.conf.all.mss_clamp", "500");
	testnet_inject_ipv4(t, 0, &ip, s.bytes, s.len);
	assert_non_null(testnet_next_ipv4(t, 1, &seen, &data, &len));
	assert_memory_equal(data, s.bytes, s.len);
	ip.proto = IPPROTO_TCP;
	ip.flags = IPV4_MF;
	testnet_inject_ipv4(t, 0, &ip, s.bytes, s.len);
	assert_non_null(testnet_next_ipv4(t, 1, &seen, &data, &len));
	assert_memory_equal(data, s.bytes, s.len);
	ip.flags = 0;
	ip.total_len = 20 + 12;
	testnet_inject_ipv4(t, 0, &ip, s.bytes, 12);
	assert_non_null(testnet_next_ipv4(t, 1, &seen, &data, &len));
	assert_memory_equal(data, s.bytes, 12);
	s = segment(TCP_SYN, "", 0);
	out = forwarded(t, &s);
	assert_memory_equal(out.bytes, s.bytes, s.len);
	assert_int_equal(t->net.ipv4_stats.mss_clamped, 0);
	/* One interface's knob does not concern others. */
	set(t, "net.ipv4.conf.all.mss_clamp", "0");
	set(t, "net.ipv4.conf.lo.mss_clamp", "500");
	assert_int_equal(clamped(t, TCP_SYN, 0, 60000), 60000);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(off_by_default),
		TEST(to_what_both_links_take),
		TEST(to_a_number),
		TEST(the_checksum_holds_wherever_the_option_stands),
		TEST(what_is_left_alone),
		TEST(new_interfaces_and_switching_off),
		TEST(nothing_else_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
