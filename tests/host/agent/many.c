/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for several descriptors at once: poll and epoll of
 * libfairlead-packetdrill.so; see packetdrill.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "tests/host/agent/drill.h"

/* ---- waiting for several ------------------------------------------------ */

struct many {
	struct pollfd *fds;
	nfds_t count;
	struct epoll *epoll;
	struct epoll_event *events;
	int ready, room;
	uint64_t due_ns;
};

static bool
step_poll(struct drill *drill, struct waiting *w)
{
	struct many *many = w->arg;

	many->ready = 0;
	for (nfds_t i = 0; i < many->count; i++) {
		struct pollfd *fd = &many->fds[i];

		fd->revents = (short)files_poll(&drill->files, fd->fd,
						(uint16_t)fd->events);
		many->ready += fd->revents != 0;
	}
	return many->ready ||
	       (many->due_ns && drill->iface->net.now_ns >= many->due_ns);
}

static bool
step_epoll(struct drill *drill, struct waiting *w)
{
	struct many *many = w->arg;

	many->ready = 0;
	for (int i = 0; i < ITEMS_MAX && many->ready < many->room; i++) {
		struct epoll_item *item = &many->epoll->item[i];
		struct file *file = files_find(&drill->files, item->fd);
		uint32_t events;

		if (!item->used || !file || item->event.events == 0)
			continue;
		events =
			files_poll(&drill->files, item->fd, item->event.events);
		if (!events || ((item->event.events & EPOLLET) && item->fired &&
				item->activity == file->activity))
			continue;
		item->fired = true;
		item->activity = file->activity;
		many->events[many->ready].events = events;
		many->events[many->ready++].data = item->event.data;
		if (item->event.events & EPOLLONESHOT)
			item->event.events = 0;
	}
	return many->ready ||
	       (many->due_ns && drill->iface->net.now_ns >= many->due_ns);
}

static int
run_many(struct drill *drill, struct many *many, int timeout,
	 bool (*try)(struct drill *drill, struct waiting *w))
{
	struct waiting w = { .step = try,
			     .arg = many,
			     .due_ns = &many->due_ns };

	if (timeout > 0)
		many->due_ns =
			drill->iface->net.now_ns + (uint64_t)timeout * 1000000;
	if (!try(drill, &w) && timeout != 0)
		drill_wait(drill, &w);
	drill_leave(drill);
	return many->ready;
}

static int
drill_poll(void *userdata, struct pollfd *fds, nfds_t count, int timeout)
{
	struct many many = { .fds = fds, .count = count };

	drill_enter(userdata);
	return run_many(userdata, &many, timeout, step_poll);
}

struct epoll *
drill_find_epoll(struct drill *drill, int fd)
{
	for (int i = 0; i < EPOLLS_MAX; i++)
		if (drill->epoll[i].fd == fd && fd > 0)
			return &drill->epoll[i];
	return NULL;
}

static int
drill_epoll_create(void *userdata, int size)
{
	struct drill *drill = userdata;
	int fd = -1;

	drill_enter(drill);
	for (int i = 0; i < EPOLLS_MAX && fd < 0; i++)
		if (!drill->epoll[i].fd) {
			fd = open("/dev/null", O_RDWR | O_CLOEXEC);
			memset(&drill->epoll[i], 0, sizeof(drill->epoll[i]));
			drill->epoll[i].fd = fd < 0 ? 0 : fd;
		}
	drill_leave(drill);
	return fd;
}

static int
control_epoll(struct drill *drill, int epfd, int op, int fd,
	      const struct epoll_event *event)
{
	struct epoll *epoll = drill_find_epoll(drill, epfd);
	struct epoll_item *item = NULL, *empty = NULL;

	if (!epoll || !files_find(&drill->files, fd))
		return EBADF;
	for (int i = 0; i < ITEMS_MAX; i++) {
		if (epoll->item[i].used && epoll->item[i].fd == fd)
			item = &epoll->item[i];
		else if (!epoll->item[i].used)
			empty = &epoll->item[i];
	}
	if (op == EPOLL_CTL_ADD ? item != NULL : item == NULL)
		return item ? EEXIST : ENOENT;
	if (op == EPOLL_CTL_ADD)
		item = empty;
	if (!item)
		return ENOSPC;
	if (op == EPOLL_CTL_DEL) {
		item->used = false;
		return 0;
	}
	*item = (struct epoll_item){ .used = true, .fd = fd, .event = *event };
	return 0;
}

static int
drill_epoll_ctl(void *userdata, int epfd, int op, int fd,
		struct epoll_event *event)
{
	int error;

	drill_enter(userdata);
	error = control_epoll(userdata, epfd, op, fd, event);
	drill_leave(userdata);
	errno = error;
	return error ? -1 : 0;
}

static int
drill_epoll_wait(void *userdata, int epfd, struct epoll_event *events, int room,
		 int timeout)
{
	struct many many = { .events = events, .room = room };

	drill_enter(userdata);
	many.epoll = drill_find_epoll(userdata, epfd);
	if (!many.epoll || room <= 0) {
		drill_leave(userdata);
		errno = EINVAL;
		return -1;
	}
	return run_many(userdata, &many, timeout, step_epoll);
}

/* There is nothing but sockets here. */
static int
drill_pipe(void *userdata, int fds[2])
{
	errno = ENOSYS;
	return -1;
}

static int
drill_splice(void *userdata, int fd_in, loff_t *off_in, int fd_out,
	     loff_t *off_out, size_t len, unsigned int flags)
{
	errno = ENOSYS;
	return -1;
}

void
drill_add_many(struct packetdrill_interface *out)
{
	out->poll = drill_poll;
	out->epoll_create = drill_epoll_create;
	out->epoll_ctl = drill_epoll_ctl;
	out->epoll_wait = drill_epoll_wait;
	out->pipe = drill_pipe;
	out->splice = drill_splice;
}
