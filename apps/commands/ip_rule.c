/* SPDX-License-Identifier: BSD-2-Clause */
/* `ip rule`: which tables a packet asks, in which order. */
#include "apps/commands/ip.h"
#include "apps/commands/ip_route.h"

#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/fib.h"
#include "net/ipv4/rule.h"
#include "net/net.h"

static const struct arg_name rule_types[] = {
	{ "unicast", RULE_TABLE },
	{ "blackhole", RULE_BLACKHOLE },
	{ "unreachable", RULE_UNREACHABLE },
	{ "prohibit", RULE_PROHIBIT },
	{ NULL, 0 },
};

/* clang-format off */
static const struct arg_name rule_tables[] = {
	{ "local", TABLE_LOCAL }, { "main", TABLE_MAIN },
	{ "default", TABLE_DEFAULT }, { NULL, 0 },
};
static const struct arg_name rule_protocols[] = {
	{ "icmp", IPPROTO_ICMP }, { "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP }, { NULL, 0 },
};

enum { SHOW_TABLE };
static const struct arg_spec show_args[] = {
	[SHOW_TABLE] = { .word = "table", .also = "~lookup", .kind = ARG_NAME,
		.names = rule_tables, .max = 0xffffffff, .flags = ARG_ABBREV,
		.what = "TABLE", .help = "only those that ask this table",
		.wrong = "invalid table ID\n" },
	{ .kind = ARG_END },
};

enum {
	ADD_NOT, ADD_FROM, ADD_TO, ADD_PRIORITY, ADD_TOS, ADD_MARK, ADD_IIF,
	ADD_OIF, ADD_IPPROTO, ADD_SPORT, ADD_DPORT, ADD_PROTO, ADD_TABLE,
	ADD_SUPPRESS, ADD_GOTO, ADD_NOP, ADD_OTHER, ADD_BLACKHOLE,
	ADD_UNREACHABLE, ADD_PROHIBIT, ADD_TYPE,
};

static const struct arg_spec add_args[] = {
	[ADD_NOT] = { .word = "not", .kind = ARG_FLAG,
		.help = "every packet that does not match" },
	[ADD_FROM] = { .word = "from", .kind = ARG_PREFIX, .what = "PREFIX",
		.help = "with such a source" },
	[ADD_TO] = { .word = "to", .kind = ARG_PREFIX, .what = "PREFIX",
		.help = "with such a destination" },
	[ADD_PRIORITY] = { .word = "preference", .also = "~order|~priority",
		.kind = ARG_NUMBER, .max = 0xffffffff, .flags = ARG_ABBREV,
		.what = "N", .help = "its place: smaller ones are asked first",
		.wrong = "preference value is invalid\n" },
	[ADD_TOS] = { .word = "tos", .also = "dsfield", .kind = ARG_TEXT,
		.what = "TOS", .help = "with this type of service, hexadecimal" },
	[ADD_MARK] = { .word = "fwmark", .kind = ARG_TEXT, .what = "MARK[/MASK]",
		.help = "with this mark" },
	[ADD_IIF] = { .word = "iif", .also = "dev", .kind = ARG_NETDEV,
		.what = "DEVICE", .help = "that arrived there; lo: ours" },
	[ADD_OIF] = { .word = "oif", .kind = ARG_NETDEV, .what = "DEVICE",
		.help = "of ours, bound to leave there" },
	[ADD_IPPROTO] = { .word = "ipproto", .kind = ARG_NAME,
		.names = rule_protocols, .max = 255, .what = "PROTO",
		.help = "of this protocol", .wrong = "Invalid \"ipproto\" value\n" },
	[ADD_SPORT] = { .word = "sport", .kind = ARG_TEXT, .what = "PORT[-PORT]",
		.help = "from these ports" },
	[ADD_DPORT] = { .word = "dport", .kind = ARG_TEXT, .what = "PORT[-PORT]",
		.help = "to these ports" },
	[ADD_PROTO] = { .word = "protocol", .kind = ARG_NAME,
		.names = route_protocols, .max = 255, .flags = ARG_ABBREV,
		.what = "PROTO", .help = "who made the rule",
		.wrong = "\"protocol\" value is invalid\n" },
	[ADD_TABLE] = { .word = "table", .also = "~lookup", .kind = ARG_NAME,
		.names = rule_tables, .max = 0xffffffff, .flags = ARG_ABBREV,
		.what = "TABLE", .help = "asks this table",
		.wrong = "invalid table ID\n" },
	[ADD_SUPPRESS] = { .word = "suppress_prefixlength", .also = "sup_pl",
		.kind = ARG_NUMBER, .max = 32, .flags = ARG_ABBREV,
		.what = "LEN", .help = "takes no answer with a prefix that short",
		.wrong = "suppress_prefixlength value is invalid\n" },
	[ADD_GOTO] = { .word = "goto", .kind = ARG_NUMBER, .max = 0xffffffff,
		.what = "N", .help = "goes on at this priority",
		.wrong = "invalid target\n" },
	[ADD_NOP] = { .word = "nop", .kind = ARG_FLAG, .help = "does nothing" },
	[ADD_OTHER] = { .word = "realms", .kind = ARG_TEXT, .flags = ARG_HIDDEN,
		.also = "nat|map-to|l3mdev|uidrange|tun_id|suppress_ifgroup|sup_group",
		.help = "refused" },
	[ADD_BLACKHOLE] = { .word = "blackhole", .kind = ARG_FLAG,
		.flags = ARG_ABBREV, .help = "drops in silence" },
	[ADD_UNREACHABLE] = { .word = "unreachable", .kind = ARG_FLAG,
		.flags = ARG_ABBREV, .help = "refuses by ICMP: host unreachable" },
	[ADD_PROHIBIT] = { .word = "prohibit", .kind = ARG_FLAG,
		.flags = ARG_ABBREV, .help = "refuses by ICMP: prohibited" },
	[ADD_TYPE] = { .word = "type", .kind = ARG_NAME, .names = rule_types,
		.flags = ARG_HIDDEN, .help = "may stand before these",
		.wrong = "Failed to parse rule type" },
	{ .kind = ARG_END },
};
/* clang-format on */

/* ---- show --------------------------------------------------------------- */

struct rule_show {
	struct emit emit;
	struct job *job;
	uint32_t skip, at;
	bool found;
	bool config; /* as a line of configuration */
};

static void
emit_prefix(struct emit *emit, const char *key, const char *len_key,
	    const char *before, uint32_t addr, uint8_t len)
{
	if (len == 0) {
		emit_string(emit, key, before, "all", " ");
		return;
	}
	emit_addr(emit, key, before, addr, len == 32 ? " " : "");
	if (len != 32)
		emit_number(emit, len_key, "/", len, " ");
}

static void
emit_ports(struct emit *emit, const char *name, uint16_t first, uint16_t last)
{
	char before[8], start[16], end[16];

	if (first == 0 && last == 0)
		return;
	fmt_print(before, sizeof(before), "%s ", name);
	fmt_print(start, sizeof(start), "%s_start", name);
	fmt_print(end, sizeof(end), "%s_end", name);
	if (first == last) {
		emit_number(emit, name, before, first, " ");
		return;
	}
	emit_number(emit, start, before, first, "");
	emit_number(emit, end, "-", last, " ");
}

/* As iproute2: of every rule; a prefix length only beside a table. */
static bool
emit_table(struct rule_show *show, const struct rule *rule)
{
	struct emit *emit = &show->emit;
	bool shown = rule->table != 0;
	char text[12];

	if (shown)
		emit_string(emit, "table", "lookup ",
			    ip_name(show->job, rule_tables, rule->table, text,
				    sizeof(text)),
			    "");
	if (rule->suppress_prefix_len == RULE_PREFIX_KEEP ||
	    (!shown && !show->config))
		return shown;
	if (shown)
		emit_text(emit, " ");
	emit_number(emit, "suppress_prefixlen", "suppress_prefixlength ",
		    (uint64_t)rule->suppress_prefix_len, "");
	return true;
}

static void
emit_action(struct rule_show *show, const struct rule *rule)
{
	struct emit *emit = &show->emit;
	char text[12];

	if (emit_table(show, rule) && rule->action != RULE_TABLE)
		emit_text(emit, " ");
	switch (rule->action) {
	case RULE_TABLE: break;
	case RULE_GOTO:
		emit_number(emit, "goto", "goto ", rule->target, "");
		if (!show->config && rule_is_unresolved(rule))
			emit_null(emit, "unresolved", " [unresolved]");
		break;
	case RULE_NOP: emit_null(emit, "nop", "nop"); break;
	default:
		emit_string(emit, "action", "",
			    arg_number_name(route_types, rule->action), "");
	}
	if (ip_option(show->job, IP_DETAILS) ||
	    (rule->proto != 0 &&
	     (show->config || rule->proto != ROUTE_PROTO_KERNEL)))
		emit_string(emit, "protocol", " proto ",
			    ip_name(show->job, route_protocols, rule->proto,
				    text, sizeof(text)),
			    "");
}

static void
emit_interface(struct rule_show *show, const char *key, const char *detached,
	       const char *name)
{
	char before[8];

	if (name[0] == '\0')
		return;
	fmt_print(before, sizeof(before), "%s ", key);
	emit_string(&show->emit, key, before, name, " ");
	if (!show->config && rule_is_detached(show->job->net, name))
		emit_null(&show->emit, detached, "[detached] ");
}

static void
emit_rule(struct rule_show *show, const struct rule *rule)
{
	struct emit *emit = &show->emit;
	char text[24];

	emit_object(emit, NULL);
	if (show->config)
		emit_number(emit, NULL, "ip rule add priority ", rule->priority,
			    " ");
	else
		emit_number(emit, "priority", "", rule->priority, ":\t");
	if (rule->invert)
		emit_null(emit, "not", "not ");
	emit_prefix(emit, "src", "srclen", "from ", rule->src, rule->src_len);
	if (rule->dst_len > 0)
		emit_prefix(emit, "dst", "dstlen", "to ", rule->dst,
			    rule->dst_len);
	if (rule->tos != 0) {
		fmt_print(text, sizeof(text), "0x%02x", rule->tos);
		emit_string(emit, "tos", "tos ", text, " ");
	}
	if (rule->mark != 0 || rule->mark_mask != 0) {
		fmt_print(text, sizeof(text), "0x%x", rule->mark);
		emit_string(emit, "fwmark", "fwmark ", text,
			    rule->mark_mask == 0xffffffff ? " " : "");
		fmt_print(text, sizeof(text), "0x%x", rule->mark_mask);
		if (rule->mark_mask != 0xffffffff)
			emit_string(emit, "fwmask", "/", text, " ");
	}
	emit_interface(show, "iif", "iif_detached", rule->iif);
	emit_interface(show, "oif", "oif_detached", rule->oif);
	if (rule->ipproto != 0) {
		fmt_print(text, sizeof(text), "%u", rule->ipproto);
		emit_string(emit, "ipproto", "ipproto ",
			    arg_number_name(rule_protocols, rule->ipproto)
				    ? arg_number_name(rule_protocols,
						      rule->ipproto)
				    : text,
			    " ");
	}
	emit_ports(emit, "sport", rule->sport_first, rule->sport_last);
	emit_ports(emit, "dport", rule->dport_first, rule->dport_last);
	emit_action(show, rule);
	emit_line(emit);
	emit_object_end(emit);
}

void
rule_emit(struct job *job, const struct emit *emit, const struct rule *rule)
{
	struct rule_show show = { .emit = *emit, .job = job };

	emit_rule(&show, rule);
}

static bool
show_visit(void *ctx, const struct rule *rule)
{
	struct rule_show *show = ctx;
	const struct arg *table = &show->job->arg[SHOW_TABLE];

	if (show->at++ < show->skip)
		return true;
	show->skip++;
	if (table->count > 0 && rule->table != table->number)
		return true;
	emit_rule(show, rule);
	show->found = true;
	return false;
}

static enum step
show_start(struct job *job)
{
	struct rule_show *show = job_state(job, struct rule_show);

	show->job = job;
	ip_emit(job, &show->emit);
	emit_begin(&show->emit);
	return STEP_MORE;
}

static enum step
show_step(struct job *job)
{
	struct rule_show *show = job_state(job, struct rule_show);

	show->at = 0;
	show->found = false;
	if (ip_family(job) != 6)
		rule_for_each(job->net, show_visit, show);
	if (show->found)
		return STEP_MORE;
	emit_end(&show->emit);
	return job_exit(job, 0);
}

static bool
config_visit(void *ctx, const struct rule *rule)
{
	struct rule_show *show = ctx;

	if (show->at++ < show->skip)
		return true;
	show->found = true;
	if (rule != rule_initial(show->job->net, rule->priority))
		emit_rule(show, rule);
	return false;
}

/* First those go that a box begins with and that this one has no more. */
bool
rule_show_config(struct job *job, uint32_t place)
{
	static const uint32_t initial[] = { 0, 32766, 32767 };
	struct rule_show show = {
		.emit = { .out = job->out },
		.job = job,
		.skip = place,
		.config = true,
	};

	for (uint32_t i = 0; place == 0 && i < array_len(initial); i++) {
		if (!rule_initial(job->net, initial[i]))
			out_printf(job->out, "ip rule del priority %u\n",
				   initial[i]);
	}
	rule_for_each(job->net, config_visit, &show);
	return show.found;
}

/* ---- add, delete -------------------------------------------------------- */

static enum step
wrong(struct job *job, unsigned int index, const char *text)
{
	job->error = (struct args_error){
		.problem = ARGS_WRONG,
		.spec = &add_args[index],
		.word = job->arg[index].word,
		.text = job->arg[index].text,
	};
	out_printf(job->err, "Error: argument \"%s\" is wrong: %s\n\n",
		   job->arg[index].text, text);
	return job_exit(job, 255);
}

/* "80" or "80-90". */
static bool
parse_ports(const struct arg *arg, uint16_t *first, uint16_t *last)
{
	char text[16];
	char *dash;
	uint32_t value[2];

	if (arg->count == 0)
		return true;
	if (str_copy(text, arg->text, sizeof(text)) >= sizeof(text))
		return false;
	dash = strchr(text, '-');
	if (dash != NULL)
		*dash = '\0';
	if (!str_u32(text, &value[0]) ||
	    !str_u32(dash != NULL ? dash + 1 : text, &value[1]) ||
	    value[0] == 0 || value[1] > 65535 || value[0] > value[1])
		return false;
	*first = (uint16_t)value[0];
	*last = (uint16_t)value[1];
	return true;
}

/* "0x10" or "0x10/0xff". */
static bool
parse_mark(const struct arg *arg, struct rule *rule)
{
	char text[32];
	char *slash;

	if (arg->count == 0)
		return true;
	if (str_copy(text, arg->text, sizeof(text)) >= sizeof(text))
		return false;
	rule->mark_mask = 0xffffffff;
	slash = strchr(text, '/');
	if (slash != NULL) {
		*slash = '\0';
		if (!str_u32(slash + 1, &rule->mark_mask))
			return false;
	}
	return str_u32(text, &rule->mark);
}

static uint8_t
action_of(const struct arg *arg)
{
	if (arg[ADD_BLACKHOLE].count > 0)
		return RULE_BLACKHOLE;
	if (arg[ADD_UNREACHABLE].count > 0)
		return RULE_UNREACHABLE;
	if (arg[ADD_PROHIBIT].count > 0)
		return RULE_PROHIBIT;
	if (arg[ADD_GOTO].count > 0)
		return RULE_GOTO;
	if (arg[ADD_NOP].count > 0)
		return RULE_NOP;
	return arg[ADD_TYPE].count > 0 ? (uint8_t)arg[ADD_TYPE].number
				       : RULE_TABLE;
}

static enum step
parse_rule(struct job *job, struct rule *rule)
{
	const struct arg *arg = job->arg;
	const char *tos = arg[ADD_TOS].text;
	char hex[8] = "0x";
	uint32_t value;

	rule->invert = arg[ADD_NOT].count > 0;
	rule->src = arg[ADD_FROM].addr;
	rule->src_len = arg[ADD_FROM].prefix_len;
	rule->dst = arg[ADD_TO].addr;
	rule->dst_len = arg[ADD_TO].prefix_len;
	rule->priority = arg[ADD_PRIORITY].count > 0
				 ? (uint32_t)arg[ADD_PRIORITY].number
				 : RULE_PRIORITY_AUTO;
	rule->ipproto = (uint8_t)arg[ADD_IPPROTO].number;
	rule->proto = (uint8_t)arg[ADD_PROTO].number;
	rule->table = (uint32_t)arg[ADD_TABLE].number;
	rule->target = (uint32_t)arg[ADD_GOTO].number;
	rule->suppress_prefix_len = arg[ADD_SUPPRESS].count > 0
					    ? (int16_t)arg[ADD_SUPPRESS].number
					    : RULE_PREFIX_KEEP;
	rule->action = action_of(arg);
	if (arg[ADD_TOS].count > 0) {
		str_copy(hex + 2, str_starts(tos, "0x") ? tos + 2 : tos,
			 sizeof(hex) - 2);
		if (strlen(tos) > 4 || !str_u32(hex, &value) || value > 255)
			return wrong(job, ADD_TOS, "TOS value is invalid");
		rule->tos = (uint8_t)value;
	}
	if (!parse_mark(&arg[ADD_MARK], rule))
		return wrong(job, ADD_MARK, "fwmark value is invalid");
	if (!parse_ports(&arg[ADD_SPORT], &rule->sport_first,
			 &rule->sport_last))
		return wrong(job, ADD_SPORT, "invalid sport");
	if (!parse_ports(&arg[ADD_DPORT], &rule->dport_first,
			 &rule->dport_last))
		return wrong(job, ADD_DPORT, "invalid dport");
	/* Of an interface that may come later. */
	if (arg[ADD_IIF].count > 0 && !netdev_name_valid(arg[ADD_IIF].text))
		return wrong(job, ADD_IIF,
			     "\"iif\"/\"dev\" not a valid ifname");
	if (arg[ADD_OIF].count > 0 && !netdev_name_valid(arg[ADD_OIF].text))
		return wrong(job, ADD_OIF, "\"oif\" not a valid ifname");
	if (arg[ADD_IIF].count > 0)
		str_copy(rule->iif, arg[ADD_IIF].text, sizeof(rule->iif));
	if (arg[ADD_OIF].count > 0)
		str_copy(rule->oif, arg[ADD_OIF].text, sizeof(rule->oif));
	if (arg[ADD_OTHER].count > 0)
		return ip_answers(job, "Operation not supported");
	return STEP_MORE;
}

static enum step
answer(struct job *job, enum rule_error error)
{
	if (error == RULE_OK)
		return job_exit(job, 0);
	out_printf(job->err, "%s\n", rule_error_text(error));
	return job_exit(job, 2);
}

static enum step
change(struct job *job, bool add)
{
	struct rule rule = { 0 };

	if (job->word_count == job->first_arg) {
		out_printf(job->err, "\"ip rule %s\" requires arguments.\n",
			   add ? "add" : "del");
		return job_exit(job, 1);
	}
	if (parse_rule(job, &rule) == STEP_DONE)
		return STEP_DONE;
	/* Without a table it is the main one that is asked. */
	if (add && rule.action == RULE_TABLE && rule.table == 0)
		rule.table = TABLE_MAIN;
	if (!add) {
		if (rule.action == RULE_TABLE && job->arg[ADD_TABLE].count == 0)
			rule.action = 0;
	}
	return answer(job, add ? rule_add(job->net, &rule)
			       : rule_delete(job->net, &rule));
}

static enum step
add_start(struct job *job)
{
	return change(job, true);
}

static enum step
delete_start(struct job *job)
{
	return change(job, false);
}

static enum step
flush_start(struct job *job)
{
	return answer(job, rule_flush(job->net));
}

const struct command ip_rule_commands[] = {
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows the rules in the order in which they are asked",
	  .flags = COMMAND_DEFAULT,
	  .args = show_args,
	  .start = show_start,
	  .step = show_step },
	{ .name = "add",
	  .summary = "adds a rule",
	  .args = add_args,
	  .start = add_start },
	{ .name = "delete",
	  .summary = "deletes the first rule that is like this",
	  .args = add_args,
	  .start = delete_start },
	{ .name = "flush",
	  .summary = "deletes all rules but the first",
	  .start = flush_start },
	{ .name = NULL },
};
