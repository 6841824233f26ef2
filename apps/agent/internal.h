/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the socket layer offer each other. Each function of a call
 * returns its result, a negative errno, or CALL_WAITS. */
#pragma once

#include "apps/agent/files.h"
#include "apps/agent/linux.h"

#define CALL_WAITS INT32_MIN

/* files.c */
struct file *files_new(struct files *files, enum file_kind kind);
int32_t files_give_fd(struct files *files, struct file *file);
void files_free(struct file *file);
int files_errno(enum status status);
/* -EAGAIN if the call may not wait or has waited timeout_ns, else CALL_WAITS.
 */
int32_t call_wait(struct file *file, struct call *call, int32_t flags,
		  uint64_t timeout_ns);
/* The pending error, once, negative; 0: none. */
int32_t file_take_error(struct file *file);
uint32_t file_poll(struct file *file, uint32_t events);

/* stream.c */
extern const struct sock_ops file_tcp_ops;
int32_t stream_open(struct file *file);
int32_t stream_listen(struct file *file, struct call *call);
int32_t stream_accept(struct file *file, struct call *call);
int32_t stream_connect(struct file *file, struct call *call);
int32_t stream_recv(struct file *file, struct call *call);
int32_t stream_send(struct file *file, struct call *call);
int32_t stream_shutdown(struct file *file, int32_t how);
int32_t stream_close(struct file *file, struct call *call);
uint32_t stream_poll(struct file *file);
/* Is there something that keeps others from this port? */
bool stream_port_taken(struct file *file, const struct sock_addr *local);
/* A port for file->local.addr that nobody has; 0: there is none. [RFC6056] */
uint16_t stream_choose_port(struct file *file);

/* datagram.c */
void datagram_close(struct file *file);
int32_t datagram_bind(struct file *file, const struct sock_addr *local);
int32_t datagram_connect(struct file *file, struct call *call);
int32_t datagram_recv(struct file *file, struct call *call);
int32_t datagram_send(struct file *file, struct call *call);
uint32_t datagram_poll(struct file *file);

/* options.c */
int32_t file_getsockopt(struct file *file, struct call *call);
int32_t file_setsockopt(struct file *file, struct call *call);
int32_t file_ioctl(struct file *file, struct call *call);
/* To a new sock. */
void file_apply_options(struct file *file);

/* tcp_info.c: Linux's struct; how many bytes were written. */
size_t tcp_info_emit(const struct tcp_info *info, uint8_t *bytes, size_t room);
