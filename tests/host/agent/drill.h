/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside libfairlead-packetdrill.so: a stack, its clock and who waits for what.
 * Everything is guarded by drill->lock, between enter and leave.
 */
#pragma once

#include <pthread.h>

#include "apps/agent/files.h"
#include "tests/host/agent/packetdrill.h"
#include "tests/host/iface.h"

#define EPOLLS_MAX 8
#define ITEMS_MAX  32

struct packet {
	struct packet *next;
	uint64_t us;
	size_t len;
	uint8_t bytes[];
};

struct epoll {
	int fd; /* 0: not in use */
	struct epoll_item {
		bool used, fired; /* fired: EPOLLONESHOT, or an edge */
		int fd;
		struct epoll_event event;
		uint32_t activity;
	} item[ITEMS_MAX];
};

/* A thread that waits for its call. */
struct waiting {
	struct waiting *next;
	bool (*step)(struct drill *drill, struct waiting *waiting);
	void *arg;
	uint64_t *due_ns; /* 0: none */
	pthread_t thread;
	bool done;
};

struct drill {
	struct iface *iface;
	struct files files;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t driver; /* packetdrill's main thread */
	pthread_t woken;
	bool is_woken; /* it has not read the clock since its call */
	pthread_t asker;
	bool asked; /* it, for the time, and nobody for anything since */
	struct waiting *waiting;
	struct packet *first, **last;
	struct epoll epoll[EPOLLS_MAX];
};

void drill_enter(struct drill *drill);
void drill_leave(struct drill *drill);
/* Lets the stack run, and finishes the calls that can be. */
void drill_settle(struct drill *drill);
/* Puts w among those that wait, until its step says that it is done. Called by
 * packetdrill's main thread it moves time itself: nobody else would. */
void drill_wait(struct drill *drill, struct waiting *w);
/* Whatever the script calls its own address is ours. */
void drill_learn_address(struct drill *drill, uint32_t addr);

/* time.c: the rest of the interface, and the calls by which time moves. */
int drill_usleep(void *userdata, useconds_t us);
int drill_gettimeofday(void *userdata, struct timeval *tv, struct timezone *tz);
int drill_netdev_send(void *userdata, const void *buf, size_t count);
int drill_netdev_receive(void *userdata, void *buf, size_t *count,
			 long long *time_usecs);
void drill_on_emit(void *ctx, uint64_t now_us, const uint8_t *bytes,
		   size_t len);

/* calls.c, many.c: fill in what they have. */
void drill_add_calls(struct packetdrill_interface *out);
void drill_add_many(struct packetdrill_interface *out);
struct epoll *drill_find_epoll(struct drill *drill, int fd);
