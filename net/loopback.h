/* SPDX-License-Identifier: BSD-2-Clause */
/* The loopback interface, lo. */
#pragma once

#include <stdbool.h>

#include "lib/port.h"

struct net;

/* Registers lo, up, without addresses. Undoes itself on an error. */
enum status loopback_init(struct net *net) must_use;
void loopback_fini(struct net *net);

/* Has the queue no room for one more packet? */
bool loopback_is_full(const struct net *net);
