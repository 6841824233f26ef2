/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpdump's expressions to trees, see filter.h. The text is the operator's, or
 * of whoever may type on the console: the tree has a fixed number of nodes, and
 * parentheses a bounded depth.
 */

#include "lib/str.h"
#include "net/capture/internal.h"
#include "net/eth.h"
#include "net/ipv4/ipv4.h"
#include "net/wire/icmp.h"
#include "net/wire/tcp.h"

enum type { T_NONE, T_HOST, T_NET, T_PORT, T_PORTRANGE, T_PROTO };

/* ---- words -------------------------------------------------------------- */

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_ADDR, /* dotted: value, and how many parts */
	TOKEN_MAC,
	TOKEN_SIGN, /* one or two characters: value */
	TOKEN_BAD,
};

#define SIGN2(a, b) ((uint32_t)(a) << 8 | (uint32_t)(b))

struct parser {
	struct capture_filter *filter;
	struct capture_error *error;
	const char *text, *at; /* at: behind the token */
	/* The token. */
	enum token token;
	const char *start;
	char word[24];
	uint32_t value;
	unsigned int parts;
	uint8_t mac[6];
	/* Of the primitive before, for "port 80 or 443". */
	enum header header;
	enum end end;
	enum type type;
	unsigned int depth;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The length of a MAC address at text, 0: there is none. */
static size_t
mac_len(const char *text, uint8_t mac[6])
{
	char copy[18];
	size_t len = 0;

	while (len < sizeof(copy) - 1 &&
	       (is_hex(text[len]) || text[len] == ':')) {
		copy[len] = text[len];
		len++;
	}
	copy[len] = '\0';
	return str_mac(copy, mac) ? len : 0;
}

/* 80, 0x50, 10.1, 10.0.0.1. */
static void
lex_number(struct parser *p)
{
	char part[12];
	size_t len;
	uint32_t number;

	p->value = 0;
	p->parts = 0;
	p->token = TOKEN_BAD;
	for (;;) {
		for (len = 0; len < sizeof(part) - 1 &&
			      (is_hex(p->at[len]) || p->at[len] == 'x');
		     len++)
			part[len] = p->at[len];
		part[len] = '\0';
		p->at += len;
		if (!str_u32(part, &number))
			return;
		p->parts++;
		if (p->parts == 1 && *p->at != '.') {
			p->value = number;
			p->token = TOKEN_NUMBER;
			return;
		}
		if (number > 255 || p->parts > 4)
			return;
		p->value = p->value << 8 | number;
		if (*p->at != '.')
			break;
		p->at++;
	}
	p->value <<= 8 * (4 - p->parts);
	p->token = TOKEN_ADDR;
}

static void
lex_sign(struct parser *p)
{
	static const char *const two[] = { "&&", "||", "<<", ">>",
					   "<=", ">=", "!=", "==" };

	p->token = TOKEN_SIGN;
	for (size_t i = 0; i < array_len(two); i++) {
		if (!str_starts(p->at, two[i]))
			continue;
		p->value = SIGN2(p->at[0], p->at[1]);
		p->at += 2;
		return;
	}
	p->value = (uint8_t)*p->at;
	if (!strchr("()[]:!=<>&|^+-*/%", *p->at))
		p->token = TOKEN_BAD;
	p->at++;
}

static void
next(struct parser *p)
{
	size_t len = 0;

	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
	p->start = p->at;
	p->word[0] = '\0';
	if (*p->at == '\0') {
		p->token = TOKEN_END;
	} else if ((len = mac_len(p->at, p->mac)) > 0) {
		p->token = TOKEN_MAC;
		p->at += len;
	} else if (is_digit(*p->at)) {
		lex_number(p);
	} else if (*p->at == '\\' && is_letter(p->at[1])) {
		/* ether proto \ip: a name and no keyword; either will do */
		p->at++;
		next(p);
	} else if (is_letter(*p->at)) {
		while (is_letter(p->at[len]) || is_digit(p->at[len]) ||
		       (p->at[len] == '-' && is_letter(p->at[len + 1])))
			len++;
		p->token = len < sizeof(p->word) ? TOKEN_WORD : TOKEN_BAD;
		str_copy(p->word, p->at, min_of(len + 1, sizeof(p->word)));
		p->at += len;
	} else {
		lex_sign(p);
	}
}

static bool
at_word(const struct parser *p, const char *word)
{
	return p->token == TOKEN_WORD && !strcmp(p->word, word);
}

static bool
take_word(struct parser *p, const char *word)
{
	if (!at_word(p, word))
		return false;
	next(p);
	return true;
}

static bool
at_sign(const struct parser *p, uint32_t sign)
{
	return p->token == TOKEN_SIGN && p->value == sign;
}

static bool
take_sign(struct parser *p, uint32_t sign)
{
	if (!at_sign(p, sign))
		return false;
	next(p);
	return true;
}

/* Of several tries what got farthest counts, of these the last one. */
static bool
fail(struct parser *p, const char *text)
{
	size_t at = (size_t)(p->start - p->text);

	if (!p->error->text || at >= p->error->at)
		*p->error = (struct capture_error){ .text = text, .at = at };
	return false;
}

static bool
add(struct parser *p, const struct capture_node *node, uint8_t *index)
{
	struct capture_filter *filter = p->filter;

	if (filter->count == CAPTURE_NODES_MAX)
		return fail(p, "the expression is too long");
	*index = filter->count;
	filter->node[filter->count++] = *node;
	return true;
}

/* ---- numbers and comparisons -------------------------------------------- */

static const struct name {
	const char *name;
	uint32_t value;
} numbers[] = {
	{ "tcpflags", 13 },
	{ "icmptype", 0 },
	{ "icmpcode", 1 },
	{ "tcp-fin", TCP_FIN },
	{ "tcp-syn", TCP_SYN },
	{ "tcp-rst", TCP_RST },
	{ "tcp-push", TCP_PSH },
	{ "tcp-ack", TCP_ACK },
	{ "tcp-urg", TCP_URG },
	{ "tcp-ece", TCP_ECE },
	{ "tcp-cwr", TCP_CWR },
	{ "icmp-echoreply", ICMP_ECHO_REPLY },
	{ "icmp-unreach", ICMP_UNREACHABLE },
	{ "icmp-sourcequench", ICMP_SOURCE_QUENCH },
	{ "icmp-redirect", ICMP_REDIRECT },
	{ "icmp-echo", ICMP_ECHO },
	{ "icmp-routeradvert", ICMP_ROUTER_ADVERT },
	{ "icmp-routersolicit", ICMP_ROUTER_SOLICIT },
	{ "icmp-timxceed", ICMP_TIME_EXCEEDED },
	{ "icmp-paramprob", ICMP_PARAMETER_PROBLEM },
	{ "icmp-tstamp", ICMP_TIMESTAMP },
	{ "icmp-tstampreply", ICMP_TIMESTAMP_REPLY },
	{ "icmp-ireq", ICMP_INFO },
	{ "icmp-ireqreply", ICMP_INFO_REPLY },
	{ "icmp-maskreq", ICMP_ADDRESS_MASK },
	{ "icmp-maskreply", ICMP_ADDRESS_MASK_REPLY },
}, headers[] = {
	{ "ether", H_ETHER }, { "ip", H_IP },	  { "arp", H_ARP },
	{ "rarp", H_RARP },   { "tcp", H_TCP },	  { "udp", H_UDP },
	{ "icmp", H_ICMP },   { "igmp", H_IGMP },
}, protocols[] = {
	{ "icmp", IPPROTO_ICMP }, { "igmp", IPPROTO_IGMP },  { "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },	  { "gre", 47 },  { "esp", 50 },
	{ "ah", 51 },		  { "ospf", 89 }, { "pim", 103 },
	{ "vrrp", 112 },	  { "sctp", 132 },
}, ethertypes[] = {
	{ "ip", ETHERTYPE_IPV4 },
	{ "arp", ETHERTYPE_ARP },
	{ "rarp", ETHERTYPE_RARP },
	{ "ip6", ETHERTYPE_IPV6 },
};

static const struct name *
name_find(const struct name *names, size_t count, const struct parser *p)
{
	for (size_t i = 0; i < count; i++)
		if (at_word(p, names[i].name))
			return &names[i];
	return NULL;
}

#define named(names, p) name_find(names, array_len(names), p)

static bool parse_number(struct parser *p, unsigned int level, uint8_t *out);

/* tcp[13], ip[2:2], ether[0]: the header's name is the token before. */
static bool
parse_load(struct parser *p, enum header header, uint8_t *out)
{
	struct capture_node node = { .op = OP_LOAD, .value = 1 };

	node.how = (uint8_t)header;
	if (++p->depth > CAPTURE_DEPTH_MAX)
		return fail(p, "too many parentheses");
	next(p); /* [ */
	if (!parse_number(p, 0, &node.left))
		return false;
	p->depth--;
	if (take_sign(p, ':')) {
		if (p->token != TOKEN_NUMBER ||
		    (p->value != 1 && p->value != 2 && p->value != 4))
			return fail(p, "1, 2 or 4 bytes can be looked at");
		node.value = p->value;
		next(p);
	}
	if (!take_sign(p, ']'))
		return fail(p, "] is missing");
	return add(p, &node, out);
}

static bool
parse_operand(struct parser *p, uint8_t *out)
{
	const struct name *name;
	bool ok;

	if (p->token == TOKEN_NUMBER) {
		ok = add(p,
			 &(struct capture_node){ .op = OP_NUMBER,
						 .value = p->value },
			 out);
		next(p);
		return ok;
	}
	if (take_sign(p, '(')) {
		if (++p->depth > CAPTURE_DEPTH_MAX)
			return fail(p, "too many parentheses");
		ok = parse_number(p, 0, out) &&
		     (take_sign(p, ')') || fail(p, ") is missing"));
		p->depth--;
		return ok;
	}
	if (take_word(p, "len"))
		return add(p, &(struct capture_node){ .op = OP_LEN }, out);
	name = named(numbers, p);
	if (name) {
		next(p);
		return add(p,
			   &(struct capture_node){ .op = OP_NUMBER,
						   .value = name->value },
			   out);
	}
	name = named(headers, p);
	if (name) {
		next(p);
		if (at_sign(p, '['))
			return parse_load(p, (enum header)name->value, out);
	}
	return fail(p, "a number is expected here");
}

/* From the loosest to the tightest, as in C. */
static const struct binary {
	uint32_t sign;
	uint8_t op, level;
} binaries[] = {
	{ '|', OP_BIT_OR, 0 },
	{ '^', OP_XOR, 1 },
	{ '&', OP_BIT_AND, 2 },
	{ SIGN2('<', '<'), OP_SHL, 3 },
	{ SIGN2('>', '>'), OP_SHR, 3 },
	{ '+', OP_ADD, 4 },
	{ '-', OP_SUB, 4 },
	{ '*', OP_MUL, 5 },
	{ '/', OP_DIV, 5 },
	{ '%', OP_MOD, 5 },
};
#define LEVELS 6u

static const struct binary *
binary_at(const struct parser *p, unsigned int level)
{
	for (size_t i = 0; i < array_len(binaries); i++)
		if (binaries[i].level == level && at_sign(p, binaries[i].sign))
			return &binaries[i];
	return NULL;
}

static bool
parse_number(struct parser *p, unsigned int level, uint8_t *out)
{
	const struct binary *binary;
	struct capture_node node;

	if (level == LEVELS)
		return parse_operand(p, out);
	if (!parse_number(p, level + 1, out))
		return false;
	while ((binary = binary_at(p, level))) {
		node = (struct capture_node){ .op = binary->op, .left = *out };
		next(p);
		if (!parse_number(p, level + 1, &node.right) ||
		    !add(p, &node, out))
			return false;
	}
	return true;
}

static bool
parse_relation(struct parser *p, uint8_t *out)
{
	static const struct binary relations[] = {
		{ '=', OP_EQ, 0 },
		{ SIGN2('=', '='), OP_EQ, 0 },
		{ SIGN2('!', '='), OP_NE, 0 },
		{ '<', OP_LT, 0 },
		{ SIGN2('<', '='), OP_LE, 0 },
		{ '>', OP_GT, 0 },
		{ SIGN2('>', '='), OP_GE, 0 },
	};
	struct capture_node node = { 0 };

	if (!parse_number(p, 0, &node.left))
		return false;
	for (size_t i = 0; i < array_len(relations); i++) {
		if (!at_sign(p, relations[i].sign))
			continue;
		node.op = relations[i].op;
		next(p);
		return parse_number(p, 0, &node.right) && add(p, &node, out);
	}
	return fail(p, "a comparison is expected here");
}

/* A relation, or else nothing was taken: "(" may begin either. */
static bool
try_relation(struct parser *p, uint8_t *out)
{
	struct parser before = *p;
	uint8_t count = p->filter->count;

	if (parse_relation(p, out))
		return true;
	*p = before;
	p->filter->count = count;
	return false;
}

/* ---- primitives --------------------------------------------------------- */

static uint32_t
prefix_mask(uint32_t len)
{
	return len ? ~0u << (32 - len) : 0;
}

/* What follows a network's number: /LEN, or mask M; else by its parts. */
static bool
parse_mask(struct parser *p, enum type type, uint32_t *mask)
{
	*mask = type == T_NET ? prefix_mask(8 * p->parts) : ~0u;
	next(p);
	if (take_sign(p, '/')) {
		if (p->token != TOKEN_NUMBER || p->value > 32)
			return fail(p, "a length from 0 to 32 is expected");
		*mask = prefix_mask(p->value);
		next(p);
	} else if (type == T_NET && take_word(p, "mask")) {
		if (p->token != TOKEN_ADDR)
			return fail(p, "a mask like 255.255.0.0 is expected");
		*mask = p->value;
		next(p);
	}
	return true;
}

static bool
parse_addr(struct parser *p, uint8_t *out)
{
	struct capture_node node = { .op = OP_ADDR, .how = (uint8_t)p->end };

	switch (p->header) {
	case H_NONE: node.left = OF(H_IP) | OF(H_ARP) | OF(H_RARP); break;
	case H_IP:
	case H_ARP:
	case H_RARP: node.left = (uint8_t)OF(p->header); break;
	default: return fail(p, "this protocol has no IPv4 addresses");
	}
	if (p->token == TOKEN_NUMBER && p->type == T_NET && p->value <= 255) {
		p->value <<= 24; /* net 10 */
		p->parts = 1;
	} else if (p->token != TOKEN_ADDR ||
		   (p->type != T_NET && p->parts < 4 && *p->at != '/')) {
		return fail(p, "an address is expected here");
	}
	node.value = p->value;
	if (!parse_mask(p, p->type, &node.mask))
		return false;
	if (node.value & ~node.mask)
		return fail(p, "bits beyond the mask are set");
	return add(p, &node, out);
}

static bool
parse_mac(struct parser *p, uint8_t *out)
{
	struct capture_node node = { .op = OP_MAC, .how = (uint8_t)p->end };

	if (p->token != TOKEN_MAC)
		return fail(p, "a MAC address is expected here");
	node.value = (uint32_t)(p->mac[0] << 8 | p->mac[1]);
	node.mask = (uint32_t)p->mac[2] << 24 | (uint32_t)p->mac[3] << 16 |
		    (uint32_t)p->mac[4] << 8 | p->mac[5];
	next(p);
	return add(p, &node, out);
}

static bool
parse_port(struct parser *p, uint8_t *out)
{
	struct capture_node node = { .op = OP_PORT, .how = (uint8_t)p->end };

	switch (p->header) {
	case H_NONE: node.left = OF(0) | OF(1); break;
	case H_TCP: node.left = OF(0); break;
	case H_UDP: node.left = OF(1); break;
	default: return fail(p, "this protocol has no ports");
	}
	if (p->token != TOKEN_NUMBER || p->value > 65535)
		return fail(p, "a port from 0 to 65535 is expected");
	node.value = node.mask = p->value;
	next(p);
	if (p->type == T_PORTRANGE && take_sign(p, '-')) {
		if (p->token != TOKEN_NUMBER || p->value > 65535 ||
		    p->value < node.value)
			return fail(p, "a later port is expected here");
		node.mask = p->value;
		next(p);
	}
	return add(p, &node, out);
}

/* ether proto 0x800, ip proto 17, proto udp. */
static bool
parse_proto(struct parser *p, uint8_t *out)
{
	bool ether = p->header == H_ETHER;
	struct capture_node node = { .op = ether ? OP_ETHERTYPE : OP_PROTO };
	const struct name *name =
		ether ? named(ethertypes, p) : named(protocols, p);

	if (p->header != H_NONE && p->header != H_ETHER && p->header != H_IP)
		return fail(p, "only ether and ip carry protocols");
	if (name)
		node.value = name->value;
	else if (p->token == TOKEN_NUMBER &&
		 p->value <= (ether ? 0xffffu : 0xffu))
		node.value = p->value;
	else
		return fail(p, "a protocol's name or number is expected");
	next(p);
	return add(p, &node, out);
}

/* What the words before it make of a value. */
static bool
parse_value(struct parser *p, uint8_t *out)
{
	switch (p->type) {
	case T_PORT:
	case T_PORTRANGE: return parse_port(p, out);
	case T_PROTO: return parse_proto(p, out);
	case T_NONE:
	case T_HOST:
		if (p->header == H_ETHER || p->token == TOKEN_MAC)
			return parse_mac(p, out);
		return parse_addr(p, out);
	case T_NET: break;
	}
	return parse_addr(p, out);
}

/* A protocol alone. */
static bool
header_alone(struct parser *p, uint8_t *out)
{
	struct capture_node node = { .op = OP_PROTO };

	switch (p->header) {
	case H_IP: node.value = ETHERTYPE_IPV4; break;
	case H_ARP: node.value = ETHERTYPE_ARP; break;
	case H_RARP: node.value = ETHERTYPE_RARP; break;
	case H_TCP: node.value = IPPROTO_TCP; break;
	case H_UDP: node.value = IPPROTO_UDP; break;
	case H_ICMP: node.value = IPPROTO_ICMP; break;
	case H_IGMP: node.value = IPPROTO_IGMP; break;
	default:
		return fail(p,
			    "host, proto, broadcast or multicast must follow");
	}
	if (node.value > 255)
		node.op = OP_ETHERTYPE;
	return add(p, &node, out);
}

/* broadcast, multicast. True: it was one, and *ok tells whether all is well. */
static bool
group_alone(struct parser *p, uint8_t *out, bool *ok)
{
	struct capture_node node = { .op = OP_GROUP };

	if (at_word(p, "broadcast")) {
		if (p->header == H_IP) {
			*ok = fail(p, "write host 255.255.255.255, or ether "
				      "broadcast");
			return true;
		}
		node = (struct capture_node){ .op = OP_MAC,
					      .how = END_DST,
					      .value = 0xffff,
					      .mask = ~0u };
	} else if (!at_word(p, "multicast")) {
		return false;
	} else if (p->header == H_IP) {
		node.op = OP_IP_GROUP;
	}
	next(p);
	*ok = add(p, &node, out);
	return true;
}

static enum end
parse_end(struct parser *p)
{
	static const char *const name[] = { "src", "dst" };
	struct parser before;

	for (unsigned int i = 0; i < 2; i++) {
		if (!take_word(p, name[i]))
			continue;
		before = *p;
		if (take_word(p, "or") && take_word(p, name[!i]))
			return END_ANY;
		*p = before;
		if (take_word(p, "and") && take_word(p, name[!i]))
			return END_BOTH;
		*p = before;
		return i == 0 ? END_SRC : END_DST;
	}
	return END_ANY;
}

static enum type
parse_type(struct parser *p)
{
	static const char *const name[] = {
		[T_HOST] = "host",   [T_NET] = "net",
		[T_PORT] = "port",   [T_PORTRANGE] = "portrange",
		[T_PROTO] = "proto",
	};

	for (unsigned int i = T_HOST; i < array_len(name); i++)
		if (take_word(p, name[i]))
			return (enum type)i;
	return T_NONE;
}

/* less N, greater N: the frame's length. */
static bool
parse_len(struct parser *p, uint8_t op, uint8_t *out)
{
	struct capture_node node = { .op = op };

	if (p->token != TOKEN_NUMBER)
		return fail(p, "a length is expected here");
	if (!add(p, &(struct capture_node){ .op = OP_LEN }, &node.left) ||
	    !add(p,
		 &(struct capture_node){ .op = OP_NUMBER, .value = p->value },
		 &node.right))
		return false;
	next(p);
	return add(p, &node, out);
}

static bool
is_value(const struct parser *p)
{
	return p->token == TOKEN_NUMBER || p->token == TOKEN_ADDR ||
	       p->token == TOKEN_MAC;
}

static bool
parse_primitive(struct parser *p, uint8_t *out)
{
	const struct name *name;
	const char *start;
	bool ok;

	if (try_relation(p, out))
		return true;
	if (is_value(p)) /* as the one before, or a host */
		return parse_value(p, out);
	if (take_word(p, "less"))
		return parse_len(p, OP_LE, out);
	if (take_word(p, "greater"))
		return parse_len(p, OP_GE, out);
	if (take_word(p, "ip6"))
		return add(p,
			   &(struct capture_node){ .op = OP_ETHERTYPE,
						   .value = ETHERTYPE_IPV6 },
			   out);
	start = p->start;
	p->header = H_NONE;
	name = named(headers, p);
	if (name) {
		p->header = (enum header)name->value;
		next(p);
	}
	if (group_alone(p, out, &ok))
		return ok;
	p->end = parse_end(p);
	p->type = parse_type(p);
	if (is_value(p) || p->type != T_NONE || p->end != END_ANY)
		return parse_value(p, out);
	if (p->start == start)
		return fail(p, "no word of the filter language");
	return header_alone(p, out);
}

/* ---- and, or, not ------------------------------------------------------- */

static bool parse_or(struct parser *p, uint8_t *out);

/* (...), unless that is a number's. */
static bool
parse_parentheses(struct parser *p, uint8_t *out)
{
	if (try_relation(p, out))
		return true;
	next(p);
	return parse_or(p, out) &&
	       (take_sign(p, ')') || fail(p, ") is missing"));
}

static bool
parse_not(struct parser *p, uint8_t *out)
{
	struct capture_node node = { .op = OP_NOT };
	bool ok;

	if (++p->depth > CAPTURE_DEPTH_MAX)
		return fail(p, "too many parentheses");
	if (take_sign(p, '!') || take_word(p, "not"))
		ok = parse_not(p, &node.left) && add(p, &node, out);
	else if (at_sign(p, '('))
		ok = parse_parentheses(p, out);
	else
		ok = parse_primitive(p, out);
	p->depth--;
	return ok;
}

/* Of equal rank, from the left, as libpcap has it. */
static bool
parse_or(struct parser *p, uint8_t *out)
{
	struct capture_node node;

	if (!parse_not(p, out))
		return false;
	for (;;) {
		node = (struct capture_node){ .op = OP_AND, .left = *out };
		if (take_sign(p, SIGN2('|', '|')) || take_word(p, "or"))
			node.op = OP_OR;
		else if (!take_sign(p, SIGN2('&', '&')) && !take_word(p, "and"))
			return true;
		if (!parse_not(p, &node.right) || !add(p, &node, out))
			return false;
	}
}

bool
capture_filter_parse(struct capture_filter *filter, const char *text,
		     struct capture_error *error)
{
	struct parser parser = {
		.filter = filter, .error = error, .text = text, .at = text
	};

	*error = (struct capture_error){ 0 };
	filter->count = 0;
	next(&parser);
	if (parser.token == TOKEN_END)
		return true;
	return parse_or(&parser, &filter->root) &&
	       (parser.token == TOKEN_END ||
		fail(&parser, "and, or, or the end is expected here"));
}
