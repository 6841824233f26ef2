/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The metrics of a route as words: what TCP is to assume of a way, the TTL and
 * the sizes of what goes there. Shown as iproute2 6.1 shows them.
 */
#include "apps/commands/ip_route.h"

#include "lib/port.h"
#include "net/tcp/cc.h"

static bool
is_unit(const char *text, const char *unit)
{
	while (*unit != '\0' && (*text | 0x20) == *unit) {
		text++;
		unit++;
	}
	return *text == *unit;
}

bool
route_time_parse(const char *text, uint64_t *ms, bool *raw)
{
	static const char *const units[] = { "s",  "sec",  "secs",
					     "ms", "msec", "msecs" };
	uint64_t value = 0, scale = 1, unit = 1;
	bool point = false, digits = false;
	uint32_t i = 0;

	for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point);
	     text++) {
		point |= *text == '.';
		if (*text == '.')
			continue;
		digits = true;
		if (value > UINT32_MAX || scale > 100000)
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
		scale *= point ? 10 : 1;
	}
	*raw = *text == '\0';
	while (!*raw && i < array_len(units) && !is_unit(text, units[i]))
		i++;
	if (!digits || i == array_len(units))
		return false;
	unit = !*raw && i < 3 ? 1000 : 1;
	*ms = (value * unit + scale - 1) / scale;
	return *ms <= UINT32_MAX;
}

/* A metric's name, and whether it is locked. */
static void
emit_metric_name(struct emit *emit, const char *name, bool locked)
{
	emit_text(emit, locked ? "%s lock " : "%s ", name);
}

static void
emit_time(struct emit *emit, const char *key, uint32_t ms)
{
	char text[24];

	if (emit->json)
		emit_number(emit, key, NULL, ms, NULL);
	if (ms < 1000)
		return emit_text(emit, "%ums ", ms);
	fmt_print(text, sizeof(text), "%u.%03u", ms / 1000, ms % 1000);
	for (char *end = text + strlen(text); *--end == '0' || *end == '.';) {
		bool point = *end == '.';

		*end = '\0';
		if (point)
			break;
	}
	emit_text(emit, "%ss ", text);
}

static void
emit_metric(struct emit *emit, enum route_metric metric, uint32_t value,
	    bool locked, bool save)
{
	static const char *const names[METRICS] = {
		[METRIC_WINDOW] = "window",
		[METRIC_RTT] = "rtt",
		[METRIC_SSTHRESH] = "ssthresh",
		[METRIC_CWND] = "cwnd",
		[METRIC_REORDERING] = "reordering",
		[METRIC_HOPLIMIT] = "hoplimit",
		[METRIC_INITCWND] = "initcwnd",
		[METRIC_FEATURES] = "features",
		[METRIC_RTO_MIN] = "rto_min",
		[METRIC_INITRWND] = "initrwnd",
		[METRIC_QUICKACK] = "quickack",
		[METRIC_CONGCTL] = "congctl",
	};
	const char *name = names[metric];
	bool is_time = metric == METRIC_RTT || metric == METRIC_RTO_MIN;
	const struct tcp_cc *cc;

	if (value == 0 && !locked)
		return;
	/* rto_min takes no "lock": it always is. A bare time is exact. */
	emit_metric_name(emit, name,
			 locked && !(save && metric == METRIC_RTO_MIN));
	if (metric == METRIC_FEATURES)
		return emit_null(emit, "ecn", "ecn ");
	if (metric == METRIC_CONGCTL) {
		cc = tcp_cc_at(value - 1);
		return emit_string(emit, "congestion", "", cc ? cc->name : "",
				   " ");
	}
	if (is_time && !save)
		return emit_time(emit, name,
				 metric == METRIC_RTT ? value / 8 : value);
	emit_number(emit, name, "", value, " ");
}

void
route_emit_metrics(struct emit *emit, const struct route *route, bool save)
{
	static const struct route_metrics none;
	const struct route_metrics *metrics =
		route->metrics ? route->metrics : &none;
	const bool lock_mtu = route->locks & ROUTE_LOCK_MTU,
		   lock_advmss = route->locks & ROUTE_LOCK_ADVMSS;

	if (route->mtu == 0 && route->advmss == 0 && !lock_mtu &&
	    !lock_advmss && metrics == &none)
		return;
	emit_array(emit, "metrics", "");
	emit_object(emit, NULL);
	if (route->mtu != 0 || lock_mtu)
		emit_number(emit, "mtu", lock_mtu ? "mtu lock " : "mtu ",
			    route->mtu, " ");
	for (unsigned int i = 0; i < METRICS; i++) {
		if (i == METRIC_REORDERING &&
		    (route->advmss != 0 || lock_advmss))
			emit_number(emit, "advmss",
				    lock_advmss ? "advmss lock " : "advmss ",
				    route->advmss, " ");
		emit_metric(emit, (enum route_metric)i, metrics->value[i],
			    metrics->locks >> i & 1, save);
	}
	emit_object_end(emit);
	emit_array_end(emit, "");
}
