/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks a tree of a frame, see filter.h. The frame is anybody's: every byte is
 * asked for with its place checked.
 */

#include "net/capture/internal.h"
#include "net/eth.h"
#include "net/ipv4/ipv4.h"
#include "net/skb.h"
#include "net/wire/eth.h"

/* ---- the frame ---------------------------------------------------------- */

struct view {
	const struct capture_filter *filter;
	const struct skb *skb;
	bool is_short; /* a byte that was asked for is not there */
};

/* size bytes at offset, as a number. */
static uint32_t
load(struct view *view, uint32_t offset, uint32_t size)
{
	uint8_t bytes[4];
	uint32_t value = 0;

	if (offset > view->skb->len || size > view->skb->len - offset) {
		view->is_short = true;
		return 0;
	}
	skb_copy_out(view->skb, offset, bytes, size);
	for (uint32_t i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static bool
has_ethertype(struct view *view, uint32_t type)
{
	return load(view, 12, 2) == type;
}

static bool
has_proto(struct view *view, uint32_t proto)
{
	return has_ethertype(view, ETHERTYPE_IPV4) &&
	       load(view, ETH_HEADER_LEN + 9, 1) == proto;
}

/* Where the transport's header begins; of a packet that is IPv4. */
static uint32_t
transport_at(struct view *view)
{
	return ETH_HEADER_LEN + (load(view, ETH_HEADER_LEN, 1) & 0xf) * 4;
}

static bool
is_later_fragment(struct view *view)
{
	return load(view, ETH_HEADER_LEN + 6, 2) & 0x1fff;
}

/* Is there such a header, and where? */
static bool
header_find(struct view *view, enum header header, uint32_t *at)
{
	static const uint8_t proto[] = {
		[H_TCP] = IPPROTO_TCP,
		[H_UDP] = IPPROTO_UDP,
		[H_ICMP] = IPPROTO_ICMP,
		[H_IGMP] = IPPROTO_IGMP,
	};

	*at = ETH_HEADER_LEN;
	switch (header) {
	case H_NONE:
	case H_ETHER: *at = 0; return true;
	case H_IP: return has_ethertype(view, ETHERTYPE_IPV4);
	case H_ARP: return has_ethertype(view, ETHERTYPE_ARP);
	case H_RARP: return has_ethertype(view, ETHERTYPE_RARP);
	case H_TCP:
	case H_UDP:
	case H_ICMP:
	case H_IGMP: break;
	}
	if (!has_proto(view, proto[header]) || is_later_fragment(view))
		return false;
	*at = transport_at(view);
	return true;
}

static bool
ends_suit(const struct capture_node *node, bool src, bool dst)
{
	switch ((enum end)node->how) {
	case END_ANY: return src || dst;
	case END_SRC: return src;
	case END_DST: return dst;
	case END_BOTH: return src && dst;
	}
	return false;
}

static bool
addr_suits(struct view *view, const struct capture_node *node)
{
	uint32_t src = ETH_HEADER_LEN + 12, dst = ETH_HEADER_LEN + 16;

	if ((node->left & OF(H_IP)) && has_ethertype(view, ETHERTYPE_IPV4)) {
		/* as they are */
	} else if (((node->left & OF(H_ARP)) &&
		    has_ethertype(view, ETHERTYPE_ARP)) ||
		   ((node->left & OF(H_RARP)) &&
		    has_ethertype(view, ETHERTYPE_RARP))) {
		src = ETH_HEADER_LEN + 14;
		dst = ETH_HEADER_LEN + 24;
	} else {
		return false;
	}
	return ends_suit(node, (load(view, src, 4) & node->mask) == node->value,
			 (load(view, dst, 4) & node->mask) == node->value);
}

static bool
port_suits(struct view *view, const struct capture_node *node)
{
	uint32_t at, src, dst;

	if (!((node->left & OF(0)) && has_proto(view, IPPROTO_TCP)) &&
	    !((node->left & OF(1)) && has_proto(view, IPPROTO_UDP)))
		return false;
	if (is_later_fragment(view))
		return false;
	at = transport_at(view);
	src = load(view, at, 2);
	dst = load(view, at + 2, 2);
	return ends_suit(node, src >= node->value && src <= node->mask,
			 dst >= node->value && dst <= node->mask);
}

static bool
mac_suits(struct view *view, const struct capture_node *node)
{
	return ends_suit(node,
			 load(view, 6, 2) == node->value &&
				 load(view, 8, 4) == node->mask,
			 load(view, 0, 2) == node->value &&
				 load(view, 2, 4) == node->mask);
}

/* ---- the tree ----------------------------------------------------------- */

/* False: the frame has no such header. Division by zero is 0. */
static bool
number(struct view *view, uint8_t index, uint32_t *out)
{
	const struct capture_node *node = &view->filter->node[index];
	uint32_t a, b;

	switch ((enum capture_op)node->op) {
	case OP_NUMBER: *out = node->value; return true;
	case OP_LEN: *out = view->skb->len; return true;
	case OP_LOAD:
		if (!number(view, node->left, &a) ||
		    !header_find(view, (enum header)node->how, &b))
			return false;
		/* No offset beyond the frame may come round by adding. */
		if (a <= view->skb->len)
			a += b;
		*out = load(view, a, node->value);
		return true;
	default: break;
	}
	if (!number(view, node->left, &a) || !number(view, node->right, &b))
		return false;
	switch ((enum capture_op)node->op) {
	case OP_ADD: *out = a + b; break;
	case OP_SUB: *out = a - b; break;
	case OP_MUL: *out = a * b; break;
	case OP_DIV: *out = b ? a / b : 0; break;
	case OP_MOD: *out = b ? a % b : 0; break;
	case OP_BIT_AND: *out = a & b; break;
	case OP_BIT_OR: *out = a | b; break;
	case OP_XOR: *out = a ^ b; break;
	case OP_SHL: *out = b < 32 ? a << b : 0; break;
	default: *out = b < 32 ? a >> b : 0; break;
	}
	return true;
}

static bool
relation_holds(struct view *view, const struct capture_node *node)
{
	uint32_t a, b;

	if (!number(view, node->left, &a) || !number(view, node->right, &b))
		return false;
	switch ((enum capture_op)node->op) {
	case OP_EQ: return a == b;
	case OP_NE: return a != b;
	case OP_LT: return a < b;
	case OP_LE: return a <= b;
	case OP_GT: return a > b;
	default: return a >= b;
	}
}

static bool
suits(struct view *view, uint8_t index)
{
	const struct capture_node *node = &view->filter->node[index];

	switch ((enum capture_op)node->op) {
	case OP_AND: return suits(view, node->left) && suits(view, node->right);
	case OP_OR: return suits(view, node->left) || suits(view, node->right);
	case OP_NOT: return !suits(view, node->left);
	case OP_ETHERTYPE: return has_ethertype(view, node->value);
	case OP_PROTO: return has_proto(view, node->value);
	case OP_ADDR: return addr_suits(view, node);
	case OP_PORT: return port_suits(view, node);
	case OP_MAC: return mac_suits(view, node);
	case OP_GROUP: return load(view, 0, 1) & 1;
	case OP_IP_GROUP:
		return has_ethertype(view, ETHERTYPE_IPV4) &&
		       load(view, ETH_HEADER_LEN + 16, 1) >= 224;
	default: return relation_holds(view, node);
	}
}

bool
capture_filter_match(const struct capture_filter *filter, const struct skb *skb)
{
	struct view view = { .filter = filter, .skb = skb };

	if (filter->count == 0)
		return true;
	return suits(&view, filter->root) && !view.is_short;
}
