/* SPDX-License-Identifier: BSD-2-Clause */
/* libfairlead-packetdrill.so, loaded and driven as packetdrill does it: one
 * thread brings packets and lets time pass, another blocks in calls. */
#include "tests/host/agent/packetdrill.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "lib/be.h"
#include "lib/checksum.h"
#include "lib/port.h"
#include "net/wire/ipv4.h"
#include "net/wire/tcp.h"
#include "tests/host/test.h"

#define US   IPV4_ADDR(192, 168, 44, 5)
#define PEER IPV4_ADDR(192, 0, 2, 1)

struct lab {
	struct packetdrill_interface api;
	void *handle;
};

static int
set_up(void **state)
{
	void (*init)(const char *, struct packetdrill_interface *);
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->handle = dlopen("out/host/libfairlead-packetdrill.so",
			     RTLD_NOW | RTLD_LOCAL);
	if (!lab->handle)
		fail_msg("%s", dlerror());
	init = (__typeof__(init))dlsym(lab->handle,
				       "packetdrill_interface_init");
	assert_non_null(init);
	init("seed=3,tcp_rcvbuf_fixed=65535", &lab->api);
	/* Nothing is left out: 32 functions behind userdata. */
	for (size_t i = 0; i < sizeof(lab->api) / sizeof(void *); i++)
		assert_non_null(((void **)&lab->api)[i]);
	assert_int_equal(sizeof(lab->api) / sizeof(void *), 33);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	struct lab *lab = *state;

	lab->api.free(lab->api.userdata);
	dlclose(lab->handle);
	free(lab);
	return 0;
}

static void
send_segment(struct lab *lab, uint8_t flags, uint32_t seq, uint32_t ack,
	     const char *text)
{
	uint8_t bytes[200] = { 0 };
	size_t len = strlen(text);
	struct tcp h = {
		.sport = 1234,
		.dport = 8080,
		.seq = seq,
		.ack = ack,
		.flags = flags,
		.window = 32767,
		.header_len = TCP_HEADER_LEN,
	};
	struct ipv4 ip = {
		.src = PEER,
		.dst = US,
		.proto = 6,
		.ttl = 64,
		.header_len = 20,
		.total_len = (uint16_t)(40 + len),
	};
	uint32_t sum;

	memcpy(bytes + 40, text, len);
	tcp_emit(&h, bytes + 20);
	sum = checksum_pseudo(PEER, US, 6, (uint16_t)(20 + len));
	h.checksum = checksum_fold(checksum_add(sum, bytes + 20, 20 + len));
	tcp_emit(&h, bytes + 20);
	ipv4_emit(&ip, bytes);
	assert_int_equal(lab->api.netdev_send(lab->api.userdata, bytes,
					      40 + len),
			 0);
}

static long long
receive(struct lab *lab, struct tcp *h)
{
	uint8_t bytes[2000];
	size_t len = sizeof(bytes);
	long long us;

	assert_int_equal(lab->api.netdev_receive(lab->api.userdata, bytes, &len,
						 &us),
			 0);
	assert_true(len >= 40 && bytes[0] == 0x45 && bytes[9] == 6);
	assert_int_equal(tcp_parse(bytes + 20, (uint32_t)len - 20, h), 0);
	return us;
}

static long long
now_us(struct lab *lab)
{
	struct timeval tv;

	lab->api.gettimeofday(lab->api.userdata, &tv, NULL);
	return tv.tv_sec * 1000000ll + tv.tv_usec;
}

static int
listening(struct lab *lab)
{
	const uint8_t addr[16] = {
		2, 0, 8080 >> 8, 8080 & 255, 192, 168, 44, 5
	};
	void *u = lab->api.userdata;
	int fd = lab->api.socket(u, AF_INET, SOCK_STREAM, 6);

	assert_true(fd > 2);
	/* A descriptor of the process, so that its close() does no harm. */
	assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(lab->api.bind(u, fd, (const void *)addr, 16), 0);
	assert_int_equal(lab->api.listen(u, fd, 1), 0);
	return fd;
}

static void
a_handshake_is_played(void **state)
{
	struct lab *lab = *state;
	void *u = lab->api.userdata;
	int at = listening(lab), fd;
	uint8_t peer[16], text[100];
	socklen_t peer_len = sizeof(peer);
	struct tcp h;

	assert_int_equal(lab->api.fcntl(u, at, F_SETFL, O_RDWR | O_NONBLOCK),
			 0);
	assert_int_equal(lab->api.accept(u, at, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	send_segment(lab, TCP_SYN, 100, 0, "");
	receive(lab, &h);
	assert_int_equal(h.flags, TCP_SYN | TCP_ACK);
	assert_int_equal(h.ack, 101);
	assert_int_equal(h.window, 65535);
	send_segment(lab, TCP_ACK, 101, h.seq + 1, "");
	fd = lab->api.accept(u, at, (void *)peer, &peer_len);
	assert_true(fd > at);
	assert_int_equal(peer[2] << 8 | peer[3], 1234);
	send_segment(lab, TCP_ACK | TCP_PSH, 101, h.seq + 1, "hello");
	assert_int_equal(lab->api.read(u, fd, text, sizeof(text)), 5);
	assert_memory_equal(text, "hello", 5);
	assert_int_equal(lab->api.write(u, fd, "answer", 6), 6);
	receive(lab, &h);
	assert_int_equal(h.ack, 106);
	assert_int_equal(lab->api.close(u, fd), 0);
	assert_int_equal(lab->api.close(u, at), 0);
	assert_int_equal(lab->api.close(u, at), -1);
	assert_int_equal(errno, EBADF);
}

struct blocked {
	struct lab *lab;
	int at, fd;
	long long us;
};

static void *
accept_and_look(void *arg)
{
	struct blocked *blocked = arg;

	blocked->fd = blocked->lab->api.accept(blocked->lab->api.userdata,
					       blocked->at, NULL, NULL);
	blocked->us = now_us(blocked->lab);
	return NULL;
}

/* The thread that blocks sees the time at which its call returned, although the
 * other one sleeps on. */
static void
a_second_thread_blocks(void **state)
{
	struct lab *lab = *state;
	struct blocked blocked = { .lab = lab, .at = listening(lab) };
	long long start = now_us(lab), done;
	pthread_t thread;
	struct tcp h;

	assert_int_equal(pthread_create(&thread, NULL, accept_and_look,
					&blocked),
			 0);
	usleep(20000); /* by then it waits; if not, it does not wait at all */
	lab->api.usleep(lab->api.userdata, 500000);
	send_segment(lab, TCP_SYN, 100, 0, "");
	receive(lab, &h);
	lab->api.usleep(lab->api.userdata, 250000);
	send_segment(lab, TCP_ACK, 101, h.seq + 1, "");
	done = now_us(lab);
	lab->api.usleep(lab->api.userdata, 3000000);
	pthread_join(thread, NULL);
	assert_true(blocked.fd > blocked.at);
	assert_true(blocked.us - start >= 750000);
	assert_true(blocked.us <= done + 10);
	assert_true(now_us(lab) - done >= 3000000);
}

static void
time_is_ours(void **state)
{
	struct lab *lab = *state;
	const uint8_t addr[16] = { 2, 0, 0, 80, 192, 0, 2, 1 };
	void *u = lab->api.userdata;
	int fd = lab->api.socket(u, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	long long first, again;
	struct tcp h;

	assert_int_equal(lab->api.connect(u, fd, (const void *)addr, 16), -1);
	assert_int_equal(errno, EINPROGRESS);
	first = receive(lab, &h);
	assert_int_equal(h.flags, TCP_SYN);
	/* Waiting for a packet takes us to when it is sent. */
	again = receive(lab, &h);
	assert_int_equal(h.flags, TCP_SYN);
	assert_in_range(again - first, 1000000, 1010000);
	assert_true(now_us(lab) >= again);
	/* Who asks again and again is not left waiting. */
	first = now_us(lab);
	for (int i = 0; i < 30; i++)
		again = now_us(lab);
	assert_in_range(again - first, 20, 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_handshake_is_played, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_second_thread_blocks, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(time_is_ours, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
