/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip` itself: its options, its words about mistakes, and what its objects have
 * in common. The objects are in ip_link.c, ip_addr.c, ip_route.c, ...
 */
#include "apps/commands/ip.h"

#include "apps/box.h"
#include "apps/platform.h"
#include "apps/shell/help.h"
#include "apps/shell/shell.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/addr.h"
#include "net/ipv4/fib.h"
#include "net/net.h"

static const struct arg_name families[] = {
	{ "inet", 4 },
	{ "inet6", 6 },
	{ "link", 0 },
	{ NULL, 0 },
};

/* clang-format off */
#define OPTION(w, k, f, wh, h) \
	{ .word = w, .kind = k, .flags = ARG_OPTION | ARG_ABBREV | (f), \
	  .what = wh, .help = h }
const struct arg_spec ip_options[] = {
	[IP_LOOPS] = { .word = "-loops", .kind = ARG_NUMBER, .max = 1000,
		.flags = ARG_OPTION | ARG_ABBREV | ARG_HIDDEN, .what = "N",
		.help = "no effect: a flush is complete in one round" },
	[IP_FAMILY] = { .word = "-family", .kind = ARG_NAME, .names = families,
		.flags = ARG_OPTION | ARG_ABBREV, .what = "FAMILY",
		.help = "inet, inet6 or link",
		.wrong = "invalid protocol family" },
	[IP_4] = OPTION("-4", ARG_FLAG, 0, NULL, "IPv4 only"),
	[IP_6] = OPTION("-6", ARG_FLAG, 0, NULL, "IPv6 only, of which there is none"),
	[IP_HUMAN] = { .word = "-human", .also = "~-human-readable",
		.kind = ARG_FLAG, .flags = ARG_OPTION | ARG_ABBREV,
		.help = "counters with k, M, G" },
	[IP_IEC] = OPTION("-iec", ARG_FLAG, 0, NULL, "counters with Ki, Mi, Gi"),
	[IP_STATS] = { .word = "-stats", .also = "~-statistics",
		.kind = ARG_FLAG, .flags = ARG_OPTION | ARG_ABBREV,
		.help = "counters; twice: errors in detail" },
	[IP_DETAILS] = OPTION("-details", ARG_FLAG, 0, NULL, "everything there is to know"),
	[IP_RESOLVE] = OPTION("-resolve", ARG_FLAG, ARG_HIDDEN, NULL, "no effect: there are no names to resolve"),
	[IP_ONELINE] = OPTION("-oneline", ARG_FLAG, 0, NULL, "one line an object"),
	[IP_TIMESTAMP] = OPTION("-timestamp", ARG_FLAG, ARG_HIDDEN, NULL, "no effect"),
	[IP_TSHORT] = OPTION("-tshort", ARG_FLAG, ARG_HIDDEN, NULL, "no effect"),
	[IP_VERSION] = OPTION("-Version", ARG_FLAG, 0, NULL, "the version"),
	[IP_FORCE] = OPTION("-force", ARG_FLAG, ARG_HIDDEN, NULL, "no effect"),
	[IP_BATCH] = OPTION("-batch", ARG_TEXT, ARG_HIDDEN, "FILE", "refused: there are no files"),
	[IP_BRIEF] = OPTION("-brief", ARG_FLAG, 0, NULL, "the essentials in columns"),
	[IP_JSON] = OPTION("-json", ARG_FLAG, 0, NULL, "JSON"),
	[IP_PRETTY] = OPTION("-pretty", ARG_FLAG, 0, NULL, "JSON with line breaks"),
	[IP_RCVBUF] = OPTION("-rcvbuf", ARG_TEXT, ARG_HIDDEN, "BYTES", "no effect"),
	[IP_COLOUR] = OPTION("-color", ARG_FLAG, ARG_EQUALS, "always|auto|never", "colours, on a terminal that has them"),
	[IP_HELP] = OPTION("-help", ARG_FLAG, ARG_HIDDEN, NULL, "this text"),
	[IP_NETNS] = OPTION("-netns", ARG_TEXT, ARG_HIDDEN, "NAME", "refused: there is one stack"),
	[IP_NUMERIC] = OPTION("-Numeric", ARG_FLAG, 0, NULL, "numbers instead of names"),
	[IP_ALL] = OPTION("-all", ARG_FLAG, ARG_HIDDEN, NULL, "no effect: there is one stack"),
	{ .kind = ARG_END },
};

const struct arg_name route_scopes[] = {
	{ "global", SCOPE_GLOBAL }, { "site", SCOPE_SITE },
	{ "link", SCOPE_LINK }, { "host", SCOPE_HOST },
	{ "nowhere", SCOPE_NOWHERE }, { NULL, 0 },
};

/* /etc/iproute2/rt_protos of iproute2 6.1. */
const struct arg_name route_protocols[] = {
	{ "unspec", 0 }, { "redirect", 1 }, { "kernel", 2 }, { "boot", 3 },
	{ "static", 4 }, { "gated", 8 }, { "ra", 9 }, { "mrt", 10 },
	{ "zebra", 11 }, { "bird", 12 }, { "dnrouted", 13 }, { "xorp", 14 },
	{ "ntk", 15 }, { "dhcp", 16 }, { "keepalived", 18 }, { "babel", 42 },
	{ "openr", 99 }, { "bgp", 186 }, { "isis", 187 }, { "ospf", 188 },
	{ "rip", 189 }, { "eigrp", 192 }, { NULL, 0 },
};

const struct arg_name route_types[] = {
	{ "unicast", ROUTE_UNICAST }, { "local", ROUTE_LOCAL },
	{ "broadcast", ROUTE_BROADCAST }, { "multicast", ROUTE_MULTICAST },
	{ "blackhole", ROUTE_BLACKHOLE }, { "unreachable", ROUTE_UNREACHABLE },
	{ "prohibit", ROUTE_PROHIBIT }, { "throw", ROUTE_THROW }, { NULL, 0 },
};

const struct arg_name route_tables[] = {
	{ "local", TABLE_LOCAL }, { "main", TABLE_MAIN },
	{ "default", TABLE_DEFAULT }, { NULL, 0 },
};
/* clang-format on */

void
ip_emit(struct job *job, struct emit *emit)
{
	const struct arg *colour = &job->option[IP_COLOUR];

	*emit = (struct emit){
		.out = job->out,
		.json = ip_option(job, IP_JSON),
		.pretty = ip_option(job, IP_PRETTY),
		.oneline = ip_option(job, IP_ONELINE),
		/* Never on a dumb terminal, whatever was asked for. */
		.colour = colour->count > 0 && !job->shell->plain &&
			  strcmp(colour->text, "never") != 0,
	};
}

unsigned int
ip_family(const struct job *job)
{
	if (ip_option(job, IP_6))
		return 6;
	if (ip_option(job, IP_4))
		return 4;
	return (unsigned int)job->option[IP_FAMILY].number;
}

/* Options that mean something, but nothing here. */
bool
ip_check(struct job *job)
{
	const struct arg *colour = &job->option[IP_COLOUR];

	if (ip_option(job, IP_NETNS))
		out_printf(job->err,
			   "Cannot open network namespace \"%s\": "
			   "No such file or directory\n",
			   job->option[IP_NETNS].text);
	else if (ip_option(job, IP_BATCH))
		out_printf(job->err,
			   "Cannot open file \"%s\" for reading: "
			   "No such file or directory\n",
			   job->option[IP_BATCH].text);
	else if (colour->count > 0 && colour->text[0] != '\0' &&
		 !args_names("always|auto|never", colour->text, false))
		out_printf(job->err,
			   "Option \"%s\" is unknown, try \"ip -help\".\n",
			   job->word[colour->word]);
	else
		return true;
	job->status = 255;
	return false;
}

/* `ip` with nothing behind its options. */
enum step
ip_start(struct job *job)
{
	if (!ip_option(job, IP_VERSION)) {
		help_usage(job, job->err);
		return job_exit(job, 255);
	}
	out_printf(job->out, "ip utility, iproute2-6.1.0 (fairlead %s)\n",
		   job->box->platform->version);
	return job_exit(job, 0);
}

/* ---- mistakes ----------------------------------------------------------- */

/* Is it about an object, not about a command of one? */
static bool
is_top(const struct job *job)
{
	return job->command == command_implied(job->shell->world);
}

/* What iproute2 calls a command's path: "ip route". */
static void
command_path(struct job *job, struct out *out)
{
	out_puts(out, "ip");
	if (!is_top(job))
		out_printf(out, " %s", job->command->name);
}

static int
wrong_value(struct job *job, const struct args_error *error)
{
	const struct arg_spec *spec = error->spec;

	switch (spec->kind) {
	case ARG_ON_OFF:
		out_printf(job->err,
			   "Error: argument of \"%s\" must be \"on\" or "
			   "\"off\", not \"%s\"\n",
			   spec->word, error->text);
		return 1;
	case ARG_ADDR:
	case ARG_PREFIX:
		out_printf(job->err,
			   "Error: %s %s is expected rather than "
			   "\"%s\".\n",
			   spec->wrong != NULL ? spec->wrong : "any valid",
			   spec->kind == ARG_ADDR ? "address" : "prefix",
			   error->text);
		return 1;
	default:
		out_printf(job->err, "Error: argument \"%s\" is wrong: %s\n",
			   error->text,
			   spec->wrong != NULL ? spec->wrong : "invalid value");
		return 255;
	}
}

static int
ip_refuse(struct job *job, const struct args_error *error)
{
	const struct arg_spec *spec = error->spec;
	const char *name = spec == NULL		? ""
			   : spec->name != NULL ? spec->name
						: spec->word;

	switch (error->problem) {
	case ARGS_OPTION:
		out_printf(job->err,
			   "Option \"%s\" is unknown, try \"ip -help\".\n",
			   error->text);
		return 255;
	case ARGS_UNKNOWN:
		if (strcmp(error->text, "help") == 0)
			return ip_style.usage(job);
		out_printf(job->err, "%s \"%s\" is unknown, try \"",
			   is_top(job) ? "Object" : "Command", error->text);
		command_path(job, job->err);
		out_puts(job->err, " help\".\n");
		return is_top(job) ? 1 : 255;
	case ARGS_STRAY:
		if (spec == NULL) {
			out_printf(job->err, "Error: \"%s\" is a garbage.\n",
				   error->text);
			return 255;
		}
		out_printf(job->err,
			   "Error: either \"%s\" is duplicate, or \"%s\" is a "
			   "garbage.\n",
			   name, error->text);
		return 255;
	case ARGS_TWICE:
		out_printf(job->err,
			   "Error: duplicate \"%s\": \"%s\" is the second "
			   "value.\n",
			   name, error->text);
		return 255;
	case ARGS_MISSING:
		out_puts(job->err,
			 "Command line is not complete. Try option \"help\"\n");
		return 255;
	case ARGS_WRONG:
	case ARGS_RANGE: return wrong_value(job, error);
	default: return ip_style.usage(job);
	}
}

static int
ip_usage(struct job *job)
{
	help_usage(job, job->err);
	return 255;
}

const struct command_style ip_style = {
	.refuse = ip_refuse,
	.usage = ip_usage,
};

enum step
ip_error(struct job *job, const char *text)
{
	out_printf(job->err, "Error: %s\n", text);
	return job_exit(job, 2);
}

enum step
ip_answers(struct job *job, const char *text)
{
	out_printf(job->err, "RTNETLINK answers: %s\n", text);
	return job_exit(job, 2);
}

enum step
ip_no_device(struct job *job, const char *name)
{
	out_printf(job->err, "Cannot find device \"%s\"\n", name);
	return job_exit(job, 1);
}

const char *
status_text(enum status status)
{
	switch (status) {
	case OK: return "Success";
	case ERR_NOMEM: return "Cannot allocate memory";
	case ERR_INVAL: return "Invalid argument";
	case ERR_NOENT: return "No such file or directory";
	case ERR_EXIST: return "File exists";
	case ERR_NODEV: return "No such device";
	case ERR_RANGE: return "Numerical result out of range";
	case ERR_UNSUPPORTED: return "Operation not supported";
	case ERR_TIMEOUT: return "Connection timed out";
	case ERR_BUSY: return "Device or resource busy";
	case ERR_IO: return "Input/output error";
	case ERR_NETUNREACH: return "Network is unreachable";
	case ERR_MSGSIZE: return "Message too long";
	default: return "Unknown error";
	}
}

/* ---- names and addresses ------------------------------------------------ */

/* "0000:00:02.0" and "enp0s2", or "enp0s2f1" for function 1. */
static bool
is_place(const struct netdev *dev, const char *name)
{
	const char *at = dev->bus_info;
	char text[24];
	uint32_t part[3];

	/* domain:bus:slot.function, hexadecimal */
	if (strlen(at) != 12 || at[4] != ':' || at[7] != ':' || at[10] != '.')
		return false;
	for (unsigned int i = 0; i < 3; i++) {
		text[0] = '0';
		text[1] = 'x';
		text[2] = at[5 + 3 * i];
		text[3] = i < 2 ? at[6 + 3 * i] : '\0';
		text[4] = '\0';
		if (!str_u32(text, &part[i]))
			return false;
	}
	fmt_print(text, sizeof(text), "enp%us%u", part[0], part[1]);
	if (strcmp(text, name) == 0 && part[2] == 0)
		return true;
	fmt_print(text, sizeof(text), "enp%us%uf%u", part[0], part[1], part[2]);
	return strcmp(text, name) == 0;
}

bool
netdev_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= NETDEV_NAME_MAX || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return false;
	for (; *name != '\0'; name++) {
		if (*name <= ' ' || *name >= 0x7f ||
		    strchr("/:#;|&>\"'\\$", *name) != NULL)
			return false;
	}
	return true;
}

struct netdev *
netdev_lookup(struct net *net, const char *name)
{
	struct netdev *dev = netdev_find(net, name);

	if (dev != NULL || !str_starts(name, "enp"))
		return dev;
	for (uint32_t i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		dev = netdev_by_index(net, i);
		if (dev != NULL && is_place(dev, name))
			return dev;
	}
	return NULL;
}

const char *
ip_name(const struct job *job, const struct arg_name *names, uint32_t number,
	char *text, size_t size)
{
	const char *name = arg_number_name(names, number);

	if (name != NULL && !ip_option(job, IP_NUMERIC))
		return name;
	fmt_print(text, size, "%u", number);
	return text;
}

bool
lladdr_parse(const char *text, uint8_t out[6], const char **bad,
	     unsigned int *len)
{
	uint32_t value, digit;

	*bad = NULL;
	for (*len = 0; *len < 20; text++) {
		*bad = text;
		for (value = 0; *text != ':' && *text != '\0'; text++) {
			digit = *text >= '0' && *text <= '9' ? *text - '0'
				: *text >= 'a' && *text <= 'f'
					? *text - 'a' + 10
				: *text >= 'A' && *text <= 'F'
					? *text - 'A' + 10
					: 256;
			value = value * 16 + digit;
			if (value > 255)
				return false;
		}
		if (*len < 6)
			out[*len] = (uint8_t)value;
		*len += 1;
		*bad = NULL;
		if (*text == '\0')
			return *len == 6;
	}
	return false;
}

size_t
lladdr_part_len(const char *part)
{
	const char *colon = strchr(part, ':');

	return colon != NULL ? (size_t)(colon - part) : strlen(part);
}
