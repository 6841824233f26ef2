/* SPDX-License-Identifier: BSD-2-Clause */
/* The TCP half of the services of echo.h; started and stopped by it. */
#pragma once

#include "lib/port.h"

struct echo;

/* Listens on the three ports. On an error (as tcp_listen() says) on none. */
enum status echo_tcp_start(struct echo *echo) must_use;

/* No new connections; those that are open go on to their ends. */
void echo_tcp_stop(struct echo *echo);
