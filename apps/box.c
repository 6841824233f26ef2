/* SPDX-License-Identifier: BSD-2-Clause */
/* The appliance's own state: a name, a role, services. */
#include "apps/box.h"

#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

void
box_init(struct box *box, struct net *net, const struct platform *platform)
{
	memset(box, 0, sizeof(*box));
	box->net = net;
	box->platform = platform;
	box->app = "router";
	sysctl_snapshot(net, &box->sysctls);
	str_copy(box->hostname, "fairlead", sizeof(box->hostname));
}

enum status
box_add_service(struct box *box, const struct box_service *service)
{
	if (box->service_count == BOX_SERVICES_MAX)
		return ERR_RANGE;
	box->service[box->service_count] = *service;
	box->service[box->service_count++].on = false;
	return OK;
}

struct box_service *
box_service(struct box *box, const char *name)
{
	for (unsigned int i = 0; i < box->service_count; i++) {
		if (strcmp(box->service[i].name, name) == 0)
			return &box->service[i];
	}
	return NULL;
}

enum status
box_switch(struct box *box, struct box_service *service, bool on)
{
	enum status status;

	if (service->on == on)
		return OK;
	if (on) {
		status = service->start(box->net, service->ctx);
		if (status != OK)
			return status;
	} else {
		service->stop(service->ctx);
	}
	service->on = on;
	return OK;
}

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* Letters, digits, dots and hyphens, which are not at the ends [RFC952]. */
bool
box_set_hostname(struct box *box, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= sizeof(box->hostname))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (is_letter_or_digit(text[i]))
			continue;
		if ((text[i] != '-' && text[i] != '.') || i == 0 ||
		    i == len - 1)
			return false;
	}
	str_copy(box->hostname, text, sizeof(box->hostname));
	return true;
}

/* As sysctl does, with all that hangs on it. */
static void
set_forwarding(struct net *net, const char *value)
{
	struct sysctl_key key;

	if (sysctl_find(net, "net.ipv4.ip_forward", &key) != SYSCTL_OK ||
	    sysctl_set(net, &key, value) != SYSCTL_OK)
		panic("no net.ipv4.ip_forward");
}

bool
box_set_app(struct box *box, const char *app)
{
	if (strcmp(app, "router") == 0) {
		box->app = "router";
		set_forwarding(box->net, "1");
		return true;
	}
	if (strcmp(app, "echo") == 0 || strcmp(app, "agent") == 0) {
		box->app = app[0] == 'e' ? "echo" : "agent";
		set_forwarding(box->net, "0");
		for (unsigned int i = 0; i < box->service_count; i++) {
			if (box_switch(box, &box->service[i], true) != OK)
				log_warn("service %s could not start",
					 box->service[i].name);
		}
		return true;
	}
	return false;
}
