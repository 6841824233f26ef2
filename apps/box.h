/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The appliance as its consoles see it: one stack, one machine, a name,
 * services that can be switched on and off. One instance; main.c owns it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fmt.h"
#include "lib/port.h"
#include "net/sysctl.h"

#define BOX_HOSTNAME_MAX 64u /* bytes with the NUL [RFC1123 2.1] */
#define BOX_SERVICES_MAX 8u
#define BOX_SOURCES_MAX	 8u
#define BOX_NSTAT_MAX	 128u

struct net;
struct platform;
struct box;

/* Something that listens, switched by `service NAME on|off`. */
struct box_service {
	const char *name, *help;
	/* ERR_EXIST: its port is taken. ctx is the service's own state. */
	enum status (*start)(struct net *net, void *ctx);
	void (*stop)(void *ctx);
	void *ctx;
	bool on;
};

/* Where configuration came from, for `show config source`. */
struct box_source {
	const char *name;
	uint32_t line_count, error_count;
};

struct box {
	struct net *net;
	const struct platform *platform;
	char hostname[BOX_HOSTNAME_MAX];
	struct box_service service[BOX_SERVICES_MAX];
	unsigned int service_count;
	struct box_source source[BOX_SOURCES_MAX];
	unsigned int source_count;
	const char *app;		/* "router", "echo", "agent" */
	struct sysctl_snapshot sysctls; /* as the stack came up */
	uint64_t nstat[BOX_NSTAT_MAX];	/* counters as nstat last showed them */
};

void box_init(struct box *box, struct net *net,
	      const struct platform *platform);

/* Offers a service, switched off. *service is copied. ERR_RANGE: too many. */
enum status box_add_service(struct box *box,
			    const struct box_service *service) must_use;
struct box_service *box_service(struct box *box, const char *name);
/* OK if it is so already. */
enum status box_switch(struct box *box, struct box_service *service,
		       bool on) must_use;

/* False, and nothing changes, if text is no host name [RFC952] [RFC1123]. */
bool box_set_hostname(struct box *box, const char *text) must_use;

/*
 * What the box is: "router" forwards, "echo" does not and answers on every
 * service, "agent" is that and serves test suites on the second serial port
 * (apps/agent); false if there is no such application.
 */
bool box_set_app(struct box *box, const char *app) must_use;
