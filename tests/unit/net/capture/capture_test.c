/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames into the ring of a capture, and out of it again. */
#include "tests/host/test.h"

#include "net/capture/capture.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

static unsigned int wakes;

static void
wake(void *ctx)
{
	wakes++;
}

static struct capture *
start(struct testnet *t, struct capture_config config, const char *expression)
{
	struct capture_filter filter;
	struct capture_error error;
	struct capture *capture;

	config.wake = wake;
	if (config.snap_len == 0)
		config.snap_len = 65535;
	assert_true(capture_filter_parse(&filter, expression, &error));
	assert_int_equal(capture_start(&t->net, &config, &filter, &capture),
			 OK);
	return capture;
}

/* A datagram of len bytes from port's host to another's. */
static void
send(struct testnet *t, unsigned int port, uint32_t dst, uint16_t sport,
     size_t len)
{
	struct ipv4 ip = packet_header(TESTNET_HOST(port), dst, 17,
				       UDP_HEADER_LEN + len);
	uint8_t bytes[2000];

	packet_udp(bytes, &ip, sport, 7777, NULL, len, true);
	assert_true(testnet_inject_ipv4(t, port, &ip, bytes, len + 8));
	testnet_run(t);
}

/* Both ways of a routed packet, in order, with their interfaces. */
static void
test_all_interfaces(void **state)
{
	struct testnet *t = testnet_new(2);
	struct capture *capture =
		start(t, (struct capture_config){ 0 }, "udp port 7777");
	const struct captured *frame;

	wakes = 0;
	send(t, 0, TESTNET_HOST(1), 5, 10);
	assert_int_equal(wakes, 2);
	frame = capture_first(capture);
	assert_int_equal(frame->ifindex, t->port[0].dev.ifindex);
	assert_false(frame->outgoing);
	assert_int_equal(frame->len, 14 + 20 + 8 + 10);
	assert_int_equal(frame->have, frame->len);
	assert_int_equal(frame->bytes[14 + 8], 64);
	assert_int_equal(frame->time_ns, t->net.now_ns);
	capture_next(capture);
	frame = capture_first(capture);
	assert_int_equal(frame->ifindex, t->port[1].dev.ifindex);
	assert_true(frame->outgoing);
	assert_int_equal(frame->bytes[14 + 8], 63); /* TTL */
	capture_next(capture);
	assert_null(capture_first(capture));
	capture_stop(capture);
	send(t, 0, TESTNET_HOST(1), 5, 10);
	assert_int_equal(wakes, 2);
	testnet_free(t);
}

static void
test_direction_and_length(void **state)
{
	struct testnet *t = testnet_new(2);
	uint8_t eth0 = t->port[0].dev.ifindex;
	struct capture *in =
		start(t,
		      (struct capture_config){ .ifindex = eth0,
					       .direction = CAPTURE_IN,
					       .snap_len = 20 },
		      "udp");
	struct capture *out =
		start(t,
		      (struct capture_config){ .ifindex = eth0,
					       .direction = CAPTURE_OUT },
		      "udp");

	send(t, 0, TESTNET_HOST(1), 5, 100);
	assert_int_equal(in->count, 1);
	assert_int_equal(capture_first(in)->have, 20);
	assert_int_equal(capture_first(in)->len, 142);
	assert_int_equal(out->count, 0);
	send(t, 1, TESTNET_HOST(0), 5, 100);
	assert_int_equal(in->count, 1);
	assert_int_equal(out->count, 1);
	capture_stop(in);
	capture_stop(out);
	testnet_free(t);
}

/* What finds no room is counted, and what is there stays in order. */
static void
test_full_ring_loses_the_newest(void **state)
{
	struct testnet *t = testnet_new(1);
	struct capture *capture =
		start(t, (struct capture_config){ .direction = CAPTURE_IN },
		      "udp");
	uint64_t kept;

	for (uint16_t i = 0; i < 200; i++)
		send(t, 0, TESTNET_ROUTER(0), i, 1000);
	kept = capture->received - capture->lost;
	assert_int_equal(capture->received, 200);
	assert_in_range(kept, 60, 64); /* 64 KiB of them */
	for (uint16_t i = 0; i < kept; i++) {
		assert_int_equal(capture_first(capture)->bytes[35], i);
		capture_next(capture);
	}
	assert_null(capture_first(capture));
	capture_stop(capture);
	testnet_free(t);
}

/* Round the ring many times, with lengths that never fit its end alike. */
static void
test_ring_goes_round(void **state)
{
	struct testnet *t = testnet_new(1);
	struct capture *capture =
		start(t, (struct capture_config){ .direction = CAPTURE_IN },
		      "udp");
	uint32_t sent = 0, read = 0, draw = 1;

	for (int round = 0; round < 3000; round++) {
		draw = draw * 1103515245u + 12345u;
		if (draw >> 16 & 1 || sent - read > 40) {
			if (!capture_first(capture))
				continue;
			assert_int_equal(
				capture_first(capture)->bytes[34] << 8 |
					capture_first(capture)->bytes[35],
				read & 0xffff);
			capture_next(capture);
			read++;
		} else {
			send(t, 0, TESTNET_ROUTER(0), (uint16_t)sent,
			     1 + (draw >> 8) % 1400);
			sent++;
		}
	}
	assert_true(read > 1000); /* some 12 times round */
	assert_int_equal(capture->lost, 0);
	assert_int_equal(capture->count, sent - read);
	capture_stop(capture);
	testnet_free(t);
}

/* 64 records that fill the ring to its last byte. */
static void
test_ring_filled_to_the_byte(void **state)
{
	struct testnet *t = testnet_new(1);
	struct capture *capture =
		start(t, (struct capture_config){ .direction = CAPTURE_IN },
		      "udp");
	const uint32_t frame_len =
		CAPTURE_RING_LEN / 64 - sizeof(struct captured);

	for (uint16_t i = 0; i < 64; i++)
		send(t, 0, TESTNET_ROUTER(0), i, frame_len - 14 - 20 - 8);
	assert_int_equal(capture->count, 64);
	assert_int_equal(capture->head, 0);
	for (uint16_t i = 0; i < 64; i++) {
		assert_int_equal(capture_first(capture)->len, frame_len);
		assert_int_equal(capture_first(capture)->bytes[35], i);
		capture_next(capture);
	}
	assert_null(capture_first(capture));
	assert_int_equal(capture->lost, 0);
	capture_stop(capture);
	testnet_free(t);
}

/* The connection that takes the frames away is no news. */
static void
test_own_connection_is_left_out(void **state)
{
	struct testnet *t = testnet_new(1);
	struct capture *capture = start(t, (struct capture_config){ 0 }, "tcp");
	struct ipv4 ip =
		packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0), 6, 20);
	const uint8_t ack[20] = { 0x12, 0x34, 0x43, 0x21, [12] = 0x50, 0x10 };
	const uint8_t other[20] = { 0x12, 0x35, 0x43, 0x21, [12] = 0x50, 0x10 };

	capture->own_local = (struct sock_addr){ TESTNET_ROUTER(0), 0x4321 };
	capture->own_remote = (struct sock_addr){ TESTNET_HOST(0), 0x1234 };
	testnet_inject_ipv4(t, 0, &ip, ack, sizeof(ack));
	testnet_run(t);
	assert_int_equal(capture->received, 0);
	testnet_inject_ipv4(t, 0, &ip, other, sizeof(other));
	testnet_run(t);
	assert_true(capture->received > 0);
	capture_stop(capture);
	testnet_free(t);
}

/* An interface leaves, and another comes, while captures run. */
static void
test_interfaces_come_and_go(void **state)
{
	struct testnet *t = testnet_new(2);
	struct netdev *dev = &t->port[1].dev;
	struct capture *one =
		start(t,
		      (struct capture_config){ .ifindex = dev->ifindex,
					       .promiscuous = true },
		      "");
	struct capture *all = start(t, (struct capture_config){ 0 }, "");

	assert_int_equal(dev->promiscuity, 1);
	wakes = 0;
	netdev_unregister(dev);
	assert_true(one->gone);
	assert_false(all->gone);
	assert_true(wakes > 0);
	assert_int_equal(dev->promiscuity, 0);
	assert_int_equal(netdev_register(&t->net, dev), OK);
	assert_int_equal(netdev_up(dev), OK);
	assert_null(one->tap[dev->ifindex].dev);
	assert_ptr_equal(all->tap[dev->ifindex].dev, dev);
	capture_stop(one);
	capture_stop(all);
	testnet_free(t);
}

static void
test_there_is_no_such_interface(void **state)
{
	struct testnet *t = testnet_new(1);
	const struct capture_config config = { .ifindex = 9, .wake = wake };
	struct capture_filter filter = { 0 };
	struct capture *capture;

	assert_int_equal(capture_start(&t->net, &config, &filter, &capture),
			 ERR_NODEV);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_interfaces),
		cmocka_unit_test(test_direction_and_length),
		cmocka_unit_test(test_full_ring_loses_the_newest),
		cmocka_unit_test(test_ring_goes_round),
		cmocka_unit_test(test_ring_filled_to_the_byte),
		cmocka_unit_test(test_own_connection_is_left_out),
		cmocka_unit_test(test_interfaces_come_and_go),
		cmocka_unit_test(test_there_is_no_such_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
