/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which endpoints `ss` shows: states, then tests on addresses and ports joined
 * by and, or, not and parentheses, all of one rank and from the left, as
 * iproute2 6.1 has it. The operands lie in one array in the order of the line;
 * a group or a negation knows where its last one ends.
 */
#include "apps/commands/ss.h"

#include "lib/port.h"
#include "lib/str.h"

/* ---- states ------------------------------------------------------------- */

#define BIT(state) (1u << (state))

/* As /proc/net/tcp numbers them, then groups of them. */
static const struct {
	const char *name;
	uint16_t states;
} state_name[] = {
	{ "established", BIT(TCP_ESTABLISHED) },
	{ "syn-sent", BIT(TCP_SYN_SENT) },
	{ "syn-recv", BIT(TCP_SYN_RECEIVED) },
	{ "syn-rcv", BIT(TCP_SYN_RECEIVED) },
	{ "fin-wait-1", BIT(TCP_FIN_WAIT_1) },
	{ "fin-wait-2", BIT(TCP_FIN_WAIT_2) },
	{ "time-wait", BIT(TCP_TIME_WAIT) },
	{ "unconnected", BIT(TCP_CLOSED) },
	{ "close", BIT(TCP_CLOSED) },
	{ "closed", BIT(TCP_CLOSED) },
	{ "close-wait", BIT(TCP_CLOSE_WAIT) },
	{ "last-ack", BIT(TCP_LAST_ACK) },
	{ "listening", BIT(TCP_LISTEN) },
	{ "closing", BIT(TCP_CLOSING) },
	{ "all", SS_STATES_ALL },
	{ "connected", SS_STATES_ALL & ~(BIT(TCP_CLOSED) | BIT(TCP_LISTEN)) },
	{ "synchronized", SS_STATES_ALL & ~(BIT(TCP_CLOSED) | BIT(TCP_LISTEN) |
					    BIT(TCP_SYN_SENT)) },
	{ "bucket", BIT(TCP_SYN_RECEIVED) | BIT(TCP_TIME_WAIT) },
	{ "big",
	  SS_STATES_ALL & ~(BIT(TCP_SYN_RECEIVED) | BIT(TCP_TIME_WAIT)) },
};

static uint16_t
states_of(const char *name)
{
	for (unsigned int i = 0; i < array_len(state_name); i++) {
		if (strcmp(state_name[i].name, name) == 0)
			return state_name[i].states;
	}
	return 0;
}

/* ---- words -------------------------------------------------------------- */

struct parser {
	char *const *word;
	unsigned int count, at; /* the next word */
	const char *rest;	/* of the word before it */
	char token[40];
	struct ss_filter *filter;
	unsigned int depth;
	char *text; /* what to say */
	size_t size;
	bool refused;
};

static bool
is_operator(char c)
{
	return c != '\0' && strchr("()!=<>&|", c) != NULL;
}

/* Parentheses stand alone, other operators in a run. False at the end. */
static bool
next_token(struct parser *p)
{
	size_t len = 0;
	bool operator;

	while (p->rest == NULL || *p->rest == '\0') {
		if (p->at >= p->count)
			return false;
		p->rest = p->word[p->at++];
		while (*p->rest == ' ')
			p->rest++;
	}
	operator= is_operator(*p->rest);
	do {
		if (len < sizeof(p->token) - 1)
			p->token[len++] = *p->rest;
		p->rest++;
	} while (*p->rest != '\0' && *p->rest != ' ' &&
		 is_operator(*p->rest) == operator&& * p->rest !=
					  '(' && * p->rest != ')' &&
					  p->token[0] != '(' &&
					  p->token[0] != ')');
	p->token[len] = '\0';
	while (*p->rest == ' ')
		p->rest++;
	return true;
}

/* The same, but the token is not taken. */
static bool
peek_token(struct parser *p)
{
	struct parser saved = *p;
	char token[sizeof(p->token)];
	bool found = next_token(p);

	memcpy(token, p->token, sizeof(token));
	*p = saved;
	memcpy(p->token, token, sizeof(token));
	return found;
}

static bool
token_is(const struct parser *p, const char *names)
{
	size_t len = strlen(p->token);
	const char *found = strstr(names, p->token);

	/* names are set off by blanks: " and & && " */
	return len > 0 && found != NULL && found > names && found[-1] == ' ' &&
	       found[len] == ' ';
}

/* ---- operands ----------------------------------------------------------- */

static bool
refuse_port(struct parser *p, const char *text)
{
	p->refused = true;
	fmt_print(p->text, p->size,
		  "Error: \"%s\" does not look like a port.\n"
		  "Cannot parse dst/src address.\n",
		  text);
	return false;
}

static bool
port_value(struct parser *p, const char *text, uint32_t *port)
{
	return str_u32(text, port) ? true : refuse_port(p, text);
}

/* "10.0.0.0/8", "10.0.0.1:80", ":80", "*:80", "*" */
static bool
host_value(struct parser *p, struct ss_op *op)
{
	char *colon = strchr(p->token, ':');
	uint32_t port = 0;

	if (colon != NULL) {
		*colon = '\0';
		if (strcmp(colon + 1, "*") != 0 &&
		    !port_value(p, colon + 1, &port))
			return false;
	}
	op->port = (uint16_t)port;
	if (p->token[0] == '\0' || strcmp(p->token, "*") == 0)
		return true;
	if (str_prefix(p->token, &op->addr, &op->prefix_len))
		return true;
	p->refused = true;
	fmt_print(p->text, p->size,
		  "Error: an inet prefix is expected rather than \"%s\".\n"
		  "Cannot parse dst/src address.\n",
		  p->token);
	return false;
}

static uint8_t
orders_of(const struct parser *p)
{
	return token_is(p, " = == eq ")	    ? 2
	       : token_is(p, " != ne neq ") ? 5
	       : token_is(p, " >= ge geq ") ? 6
	       : token_is(p, " <= le leq ") ? 3
	       : token_is(p, " > gt ")	    ? 4
	       : token_is(p, " < lt ")	    ? 1
					    : 0;
}

static bool expression(struct parser *p, bool grouped);

static struct ss_op *
new_op(struct parser *p, enum ss_test test, enum ss_join join)
{
	struct ss_op *op;

	if (p->filter->count == SS_OPS_MAX)
		return NULL;
	op = &p->filter->op[p->filter->count++];
	*op = (struct ss_op){ .test = (uint8_t)test, .join = (uint8_t)join };
	return op;
}

static bool
port_operand(struct parser *p, struct ss_op *op)
{
	const char *text;

	op->orders = peek_token(p) ? orders_of(p) : 0;
	if (op->orders != 0)
		next_token(p);
	else
		op->orders = 2;
	if (!next_token(p))
		return false;
	text = strrchr(p->token, ':');
	return port_value(p, text != NULL ? text + 1 : p->token,
			  &op->wide_port);
}

static bool operand(struct parser *p, enum ss_join join);

/* What has operands of its own. */
static bool
compound(struct parser *p, enum ss_test test, enum ss_join join)
{
	struct ss_op *op = new_op(p, test, join);
	bool good;

	if (op == NULL || p->depth == SS_OPS_MAX)
		return false;
	p->depth++;
	good = test == SS_NOT ? operand(p, SS_FIRST) : expression(p, true);
	p->depth--;
	op->end = p->filter->count;
	return good;
}

static bool
operand(struct parser *p, enum ss_join join)
{
	struct ss_op *op;
	bool good, port;

	if (!next_token(p))
		return false;
	if (token_is(p, " ( "))
		return compound(p, SS_GROUP, join);
	if (token_is(p, " ! not "))
		return compound(p, SS_NOT, join);
	port = token_is(p, " sport dport ");
	op = new_op(p,
		    port ? p->token[0] == 's' ? SS_SPORT : SS_DPORT
		    : token_is(p, " src ") ? SS_SRC
					   : SS_DST,
		    join);
	if (op == NULL || is_operator(p->token[0]))
		return false;
	if (port) {
		good = port_operand(p, op);
	} else {
		/* An address alone is a destination. */
		good = !token_is(p, " src dst ") || next_token(p);
		if (good && token_is(p, " = == eq "))
			good = next_token(p);
		good = good && !is_operator(p->token[0]) && host_value(p, op);
	}
	op->end = p->filter->count;
	return good;
}

static bool
expression(struct parser *p, bool grouped)
{
	enum ss_join join = SS_FIRST;

	for (;;) {
		if (!operand(p, join))
			return false;
		if (!peek_token(p))
			return !grouped;
		if (token_is(p, " ) ")) {
			next_token(p);
			return grouped;
		}
		join = token_is(p, " or | || ") ? SS_OR : SS_AND;
		if (token_is(p, " or | || and & && "))
			next_token(p);
	}
}

const char *
ss_filter_parse(struct ss_filter *filter, char *const *word, unsigned int count,
		char *text, size_t size, int *status)
{
	struct parser p = { .word = word,
			    .count = count,
			    .filter = filter,
			    .text = text,
			    .size = size };
	bool state;
	uint16_t states;

	*filter = (struct ss_filter){ 0 };
	*status = 255;
	for (; p.at < count; p.at += 2) {
		state = strcmp(word[p.at], "state") == 0;
		if (!state && strcmp(word[p.at], "exclude") != 0 &&
		    strcmp(word[p.at], "excl") != 0)
			break;
		if (p.at + 1 == count)
			return "Command line is not complete. Try option "
			       "\"help\"\n";
		states = states_of(word[p.at + 1]);
		if (states == 0) {
			fmt_print(text, size, "ss: wrong state name: %s\n",
				  word[p.at + 1]);
			return text;
		}
		if (state)
			filter->states |= states;
		else
			filter->states = (filter->states ? filter->states
							 : SS_STATES_ALL) &
					 (uint16_t)~states;
	}
	if (p.at == count || expression(&p, false))
		return NULL;
	if (p.refused) {
		*status = 1;
		return text;
	}
	return "ss: bison bellows (while parsing filter): \"syntax error!\" "
	       "Sorry.\n";
}

/* ---- matching ----------------------------------------------------------- */

static bool
host_matches(const struct ss_op *op, const struct sock_addr *addr)
{
	uint32_t mask = op->prefix_len == 0 ? 0 : ~0u << (32 - op->prefix_len);

	return ((addr->addr ^ op->addr) & mask) == 0 &&
	       (op->port == 0 || op->port == addr->port);
}

static bool
port_matches(const struct ss_op *op, uint16_t port)
{
	uint8_t order = port < op->wide_port	? 1
			: port == op->wide_port ? 2
						: 4;

	return op->orders & order;
}

/* Operands from at to end; nested no deeper than the parser went. */
static bool
evaluate(const struct ss_filter *filter, unsigned int at, unsigned int end,
	 const struct ss_end *e)
{
	const struct ss_op *op;
	bool result = true, value;

	for (; at < end; at = op->end) {
		op = &filter->op[at];
		switch (op->test) {
		case SS_SRC: value = host_matches(op, &e->local); break;
		case SS_DST: value = host_matches(op, &e->remote); break;
		case SS_SPORT: value = port_matches(op, e->local.port); break;
		case SS_DPORT: value = port_matches(op, e->remote.port); break;
		case SS_NOT:
			value = !evaluate(filter, at + 1, op->end, e);
			break;
		default: value = evaluate(filter, at + 1, op->end, e); break;
		}
		result = op->join == SS_OR    ? result || value
			 : op->join == SS_AND ? result && value
					      : value;
	}
	return result;
}

bool
ss_filter_matches(const struct ss_filter *filter, const struct ss_end *end)
{
	return evaluate(filter, 0, filter->count, end);
}
