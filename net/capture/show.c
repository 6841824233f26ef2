/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet, ARP, IPv4, ICMP and IGMP in tcpdump's words, see show.h. */

#include "lib/checksum.h"
#include "net/capture/show_internal.h"
#include "net/eth.h"
#include "net/ipv4/ipv4.h"
#include "net/wire/arp.h"
#include "net/wire/icmp.h"
#include "net/wire/igmp.h"

#define QUOTES_MAX 4u /* errors within an error that are shown */

static void show_ipv4(struct show *show, const struct view *v, bool quoted);

/* ---- ARP ---------------------------------------------------------------- */

static void
show_arp_pair(struct show *show, const uint8_t *lladdr, const uint8_t *addr)
{
	show_addr(show->out, addr);
	for (unsigned int i = 0; i < 6; i++) {
		if (lladdr[i] == 0 || lladdr[i] == 0xff)
			continue;
		out_printf(show->out, " (%pM)", lladdr);
		return;
	}
}

static void
show_arp(struct show *show, const struct view *v)
{
	struct out *out = show->out;
	const uint8_t *p = v->p;

	if (v->have < ARP_LEN) {
		out_puts(out, " [|arp]");
		return;
	}
	out_puts(out, show->style->ethernet ? "" : "ARP, ");
	if (get16(p) != ARP_HTYPE_ETH || get16(p + 2) != ARP_PTYPE_IP ||
	    p[4] != 6 || p[5] != 4) {
		out_printf(out, "hardware %u, protocol 0x%04x, length %u",
			   get16(p), get16(p + 2), v->len);
		return;
	}
	if (show->style->loud)
		out_puts(out, "Ethernet (len 6), IPv4 (len 4), ");
	switch (get16(p + 6)) {
	case ARP_REQUEST:
		out_puts(out, "Request who-has ");
		show_arp_pair(show, p + 18, p + 24);
		out_puts(out, " tell ");
		show_addr(out, p + 14);
		break;
	case ARP_REPLY:
		out_puts(out, "Reply ");
		show_addr(out, p + 14);
		out_printf(out, " is-at %pM", p + 8);
		break;
	default: out_printf(out, "Op %u", get16(p + 6)); break;
	}
	out_printf(out, ", length %u", v->len);
}

/* ---- ICMP --------------------------------------------------------------- */

/* The words around the destination of the packet that an error is about. */
static const struct {
	const char *before, *after;
} unreachable[] = {
	{ "net ", " unreachable" },
	{ "host ", " unreachable" },
	{ NULL, NULL }, /* protocol */
	{ NULL, NULL }, /* port */
	{ "", " unreachable - need to frag" },
	{ "", " unreachable - source route failed" },
	{ "net ", " unreachable - unknown" },
	{ "host ", " unreachable - unknown" },
	{ "", " unreachable - source host isolated" },
	{ "net ", " unreachable - admin prohibited" },
	{ "host ", " unreachable - admin prohibited" },
	{ "net ", " unreachable - tos prohibited" },
	{ "host ", " unreachable - tos prohibited" },
	{ "host ", " unreachable - admin prohibited filter" },
	{ "host ", " unreachable - host precedence violation" },
	{ "host ", " unreachable - precedence cutoff" },
};

static void
show_unreachable_port(struct show *show, const uint8_t *quoted, uint32_t have)
{
	uint32_t header_len = (quoted[0] & 0xf) * 4u;
	uint32_t proto = quoted[9];

	if (have < header_len + 4) {
		out_puts(show->out, " [|icmp]");
		return;
	}
	show_addr(show->out, quoted + 16);
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP)
		out_printf(show->out, " %s port %u unreachable",
			   proto == IPPROTO_TCP ? "tcp" : "udp",
			   get16(quoted + header_len + 2));
	else
		out_printf(show->out, " protocol %u port %u unreachable", proto,
			   get16(quoted + header_len + 2));
}

/* p: the ICMP message; its quoted packet's first 20 bytes are there. */
static void
show_unreachable(struct show *show, const uint8_t *p, uint32_t have)
{
	const uint8_t *quoted = p + ICMP_HEADER_LEN;
	struct out *out = show->out;
	uint32_t code = p[1];

	if (code == ICMP_PROTO_UNREACHABLE) {
		show_addr(out, quoted + 16);
		out_printf(out, " protocol %u unreachable", quoted[9]);
	} else if (code == ICMP_PORT_UNREACHABLE) {
		show_unreachable_port(show, quoted, have - ICMP_HEADER_LEN);
	} else if (code < array_len(unreachable)) {
		out_puts(out, unreachable[code].before);
		show_addr(out, quoted + 16);
		out_puts(out, unreachable[code].after);
		if (code == ICMP_FRAG_NEEDED && get16(p + 6) != 0)
			out_printf(out, " (mtu %u)", get16(p + 6));
	} else {
		show_addr(out, quoted + 16);
		out_printf(out, " unreachable - #%u", code);
	}
}

static void
show_redirect(struct show *show, const uint8_t *p)
{
	static const char *const word[] = { "redirect ", "redirect ",
					    "redirect-tos ", "redirect-tos " };
	static const char *const to[] = { " to net ", " to host " };
	struct out *out = show->out;

	if (p[1] < array_len(word))
		out_puts(out, word[p[1]]);
	else
		out_printf(out, "redirect-#%u ", p[1]);
	show_addr(out, p + ICMP_HEADER_LEN + 16);
	out_puts(out, p[1] < array_len(word) ? to[p[1] % 2] : " to ");
	show_addr(out, p + 4);
}

static void
show_time(struct out *out, const char *before, const uint8_t *p)
{
	uint32_t ms = get32(p);

	out_printf(out, "%s%02u:%02u:%02u.%03u", before, ms / 3600000,
		   ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

/* Errors, which quote a packet. */
static void
show_icmp_error(struct show *show, const struct view *v)
{
	const uint8_t *p = v->p;
	struct view quoted = beyond(v, ICMP_HEADER_LEN);

	if (quoted.have < IPV4_LEAST) {
		out_puts(show->out, " [|icmp]");
		return;
	}
	if (p[0] == ICMP_UNREACHABLE)
		show_unreachable(show, p, v->have);
	else if (p[0] == ICMP_REDIRECT)
		show_redirect(show, p);
	else if (p[0] == ICMP_SOURCE_QUENCH)
		out_puts(show->out, "source quench");
	else if (p[0] == ICMP_PARAMETER_PROBLEM && p[1] == 0)
		out_printf(show->out, "parameter problem - octet %u", p[4]);
	else if (p[0] == ICMP_PARAMETER_PROBLEM)
		out_printf(show->out, "parameter problem - code %u", p[1]);
	else if (p[1] == ICMP_TTL_EXCEEDED)
		out_puts(show->out, "time exceeded in-transit");
	else if (p[1] == ICMP_REASSEMBLY_EXCEEDED)
		out_puts(show->out, "ip reassembly time exceeded");
	else
		out_printf(show->out, "time exceeded-#%u", p[1]);
	out_printf(show->out, ", length %u", v->len);
	if (!show->style->loud)
		return;
	/* Nobody sends errors about errors [RFC1122 3.2.2], but a frame may
	 * hold as many as it has room for. */
	if (show->quotes == QUOTES_MAX) {
		out_puts(show->out, " [...]");
		return;
	}
	show->quotes++;
	out_puts(show->out, show->style->ethernet ? "\n\t" : "\n\tIP ");
	show_ipv4(show, &quoted, true);
}

static void
show_icmp(struct show *show, const struct view *v)
{
	struct out *out = show->out;
	const uint8_t *p = v->p;

	out_puts(out, "ICMP ");
	if (v->have < ICMP_HEADER_LEN) {
		out_puts(out, "[|icmp]");
		return;
	}
	switch (p[0]) {
	case ICMP_UNREACHABLE:
	case ICMP_SOURCE_QUENCH:
	case ICMP_REDIRECT:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER_PROBLEM: return show_icmp_error(show, v);
	case ICMP_ECHO:
	case ICMP_ECHO_REPLY:
		out_printf(out, "echo %s, id %u, seq %u",
			   p[0] == ICMP_ECHO ? "request" : "reply",
			   get16(p + 4), get16(p + 6));
		break;
	case ICMP_TIMESTAMP:
		out_printf(out, "time stamp query id %u seq %u", get16(p + 4),
			   get16(p + 6));
		break;
	case ICMP_TIMESTAMP_REPLY:
		out_printf(out, "time stamp reply id %u seq %u", get16(p + 4),
			   get16(p + 6));
		if (v->have < 20)
			break;
		show_time(out, ": org ", p + 8);
		show_time(out, ", recv ", p + 12);
		show_time(out, ", xmit ", p + 16);
		break;
	case ICMP_ADDRESS_MASK: out_puts(out, "address mask request"); break;
	case ICMP_ADDRESS_MASK_REPLY:
		out_puts(out, "address mask");
		if (v->have >= 12)
			out_printf(out, " is 0x%08x", get32(p + 8));
		break;
	case ICMP_ROUTER_SOLICIT: out_puts(out, "router solicitation"); break;
	case ICMP_INFO: out_puts(out, "information request"); break;
	case ICMP_INFO_REPLY: out_puts(out, "information reply"); break;
	default: out_printf(out, "type-#%u", p[0]); break;
	}
	out_printf(out, ", length %u", v->len);
}

/* ---- IGMP --------------------------------------------------------------- */

static void
show_igmp(struct show *show, const struct view *v)
{
	struct out *out = show->out;
	const uint8_t *p = v->p;

	out_puts(out, "igmp ");
	if (v->have < IGMP_LEN) {
		out_puts(out, "[|igmp]");
		return;
	}
	switch (p[0]) {
	case 0x11:
		out_printf(out, "query v%u", v->len >= 12 ? 3 : p[1] ? 2 : 1);
		if (get32(p + 4) != 0) {
			out_puts(out, " [gaddr ");
			show_addr(out, p + 4);
			out_puts(out, "]");
		}
		return;
	case 0x12: out_puts(out, "v1 report "); break;
	case 0x16: out_puts(out, "v2 report "); break;
	case 0x17: out_puts(out, "leave "); break;
	case 0x22:
		out_puts(out, "v3 report");
		if (v->len < 16)
			out_printf(out, " [invalid len %u]", v->len);
		else
			out_printf(out, ", %u group record(s)", get16(p + 6));
		return;
	default: out_printf(out, "type-#%u", p[0]); return;
	}
	show_addr(out, p + 4);
}

/* ---- IPv4 --------------------------------------------------------------- */

static const char *
proto_name(uint32_t proto)
{
	switch (proto) {
	case IPPROTO_ICMP: return "ICMP";
	case IPPROTO_IGMP: return "IGMP";
	case IPPROTO_TCP: return "TCP";
	case IPPROTO_UDP: return "UDP";
	case 4: return "IPIP";
	case 47: return "GRE";
	case 50: return "ESP";
	case 89: return "OSPF";
	default: return "unknown";
	}
}

/* (tos 0x0, ttl 64, ...), the line of -v. */
static void
show_ipv4_header(struct show *show, const uint8_t *p, uint32_t header_len)
{
	static const char *const flags[] = { "none",	 "+",
					     "DF",	 "+, DF",
					     "rsvd",	 "+, rsvd",
					     "DF, rsvd", "+, DF, rsvd" };
	struct out *out = show->out;

	out_printf(out, "(tos 0x%x", p[1]);
	if (p[1] & 3)
		out_printf(out, ",%s",
			   (p[1] & 3) == 1   ? "ECT(1)"
			   : (p[1] & 3) == 2 ? "ECT(0)"
					     : "CE");
	out_printf(out,
		   ", ttl %u, id %u, offset %u, flags [%s], proto %s (%u), "
		   "length %u",
		   p[8], get16(p + 4), (get16(p + 6) & 0x1fff) * 8,
		   flags[p[6] >> 5], proto_name(p[9]), p[9], get16(p + 2));
	if (header_len > IPV4_LEAST)
		out_printf(out, ", options (%u bytes)",
			   header_len - IPV4_LEAST);
	if (checksum_fold(checksum_add(0, p, header_len)) != 0)
		out_printf(out, ", bad cksum %x!", get16(p + 10));
	out_puts(out, ")\n    ");
}

static void
show_addrs(struct show *show, const uint8_t *ip)
{
	show_addr(show->out, ip + 12);
	out_puts(show->out, " > ");
	show_addr(show->out, ip + 16);
	out_puts(show->out, ": ");
}

static void
show_payload(struct show *show, const uint8_t *ip, const struct view *v)
{
	uint32_t proto = ip[9];

	if (get16(ip + 6) & 0x1fff) {
		show_addrs(show, ip);
		out_printf(show->out, "ip-proto-%u", proto);
		return;
	}
	if (proto == IPPROTO_UDP)
		return show_udp(show, ip, v);
	if (proto == IPPROTO_TCP)
		return show_tcp(show, ip, v);
	show_addrs(show, ip);
	if (proto == IPPROTO_ICMP)
		return show_icmp(show, v);
	if (proto == IPPROTO_IGMP)
		return show_igmp(show, v);
	out_printf(show->out, " ip-proto-%u %u", proto, v->len);
}

static void
show_ipv4(struct show *show, const struct view *v, bool quoted)
{
	struct out *out = show->out;
	uint32_t header_len, total_len;
	struct view rest = *v;

	if (v->have < IPV4_LEAST) {
		out_puts(out, " [|ip]");
		return;
	}
	if (v->p[0] >> 4 != 4) {
		out_printf(out, "version %u, wrong link-layer encapsulation",
			   v->p[0] >> 4);
		return;
	}
	header_len = (v->p[0] & 0xf) * 4u;
	total_len = get16(v->p + 2);
	if (header_len < IPV4_LEAST) {
		out_printf(out, "bad-hlen %u", header_len);
		return;
	}
	if (v->have < header_len) {
		out_puts(out, " [|ip]");
		return;
	}
	if (total_len < header_len) {
		out_printf(out, "bad-len %u", total_len);
		return;
	}
	/* An error need not quote all of it. */
	if (total_len > v->len && !quoted)
		out_printf(out, "truncated-ip - %u bytes missing! ",
			   total_len - v->len);
	if (show->style->loud)
		show_ipv4_header(show, v->p, header_len);
	rest.len = min_of(rest.len, total_len);
	rest.have = min_of(rest.have, total_len);
	rest = beyond(&rest, header_len);
	show_payload(show, v->p, &rest);
}

/* ---- Ethernet ----------------------------------------------------------- */

static void
show_dump(struct out *out, const uint8_t *p, uint32_t len, bool ascii)
{
	char text[17];

	for (uint32_t at = 0; at < len; at += 16) {
		uint32_t count = min_of(len - at, 16u);

		out_printf(out, "\n\t0x%04x: ", at);
		for (uint32_t i = 0; i < (ascii ? 16u : count); i++) {
			out_puts(out, i % 2 ? "" : " ");
			if (i < count)
				out_printf(out, "%02x", p[at + i]);
			else
				out_puts(out, "  ");
		}
		if (!ascii)
			continue;
		for (uint32_t i = 0; i < count; i++)
			text[i] = p[at + i] > ' ' && p[at + i] < 0x7f
					  ? (char)p[at + i]
					  : '.';
		text[count] = '\0';
		out_printf(out, "  %s", text);
	}
}

static const char *
ethertype_name(uint32_t type)
{
	switch (type) {
	case ETHERTYPE_IPV4: return "IPv4";
	case ETHERTYPE_ARP: return "ARP";
	case 0x86dd: return "IPv6";
	case 0x8100: return "802.1Q";
	case 0x8035: return "Reverse ARP";
	case 0x88cc: return "LLDP";
	default: return "Unknown";
	}
}

static void
show_ethernet(struct show *show, const uint8_t *p, uint32_t len)
{
	uint32_t type = get16(p + 12);

	out_printf(show->out, "%pM > %pM, ", p + 6, p);
	if (type < 0x600)
		out_printf(show->out, "802.3, length %u: ", type);
	else
		out_printf(show->out, "ethertype %s (0x%04x), length %u: ",
			   ethertype_name(type), type, len);
}

/* Skips VLAN tags; the EtherType behind them. */
static uint32_t
skip_tags(struct show *show, struct view *v)
{
	uint32_t type = get16(v->p + 12);

	*v = beyond(v, ETH_HEADER_LEN);
	while (type == 0x8100 && v->have >= 4) {
		type = get16(v->p + 2);
		if (show->style->ethernet)
			out_printf(show->out,
				   "vlan %u, p %u, ethertype %s (0x%04x), ",
				   get16(v->p) & 0xfff, v->p[0] >> 5,
				   ethertype_name(type), type);
		*v = beyond(v, 4);
	}
	return type;
}

/* Of a protocol that is not taken apart: its bytes, in any case. */
static void
show_unknown(struct show *show, const uint8_t *bytes, const struct view *v,
	     uint32_t len)
{
	if (!show->style->ethernet)
		show_ethernet(show, bytes, len);
	if (!show->style->hex)
		show_dump(show->out, v->p, v->have, true);
}

void
capture_show(struct out *out, const struct capture_style *style,
	     struct capture_flows *flows, const uint8_t *bytes, uint32_t have,
	     uint32_t len)
{
	struct show show = { out, style, flows, 0 };
	struct view v = { bytes, have, len };
	uint32_t type;

	if (have < ETH_HEADER_LEN) {
		out_puts(out, "[|ether]\n");
		return;
	}
	if (style->ethernet)
		show_ethernet(&show, bytes, len);
	type = skip_tags(&show, &v);
	if (type == ETHERTYPE_IPV4) {
		out_puts(out, style->ethernet ? "" : "IP ");
		show_ipv4(&show, &v, false);
	} else if (type == ETHERTYPE_ARP) {
		show_arp(&show, &v);
	} else {
		show_unknown(&show, bytes, &v, len);
	}
	if (style->hex > 1)
		show_dump(out, bytes, have, style->ascii);
	else if (style->hex)
		show_dump(out, v.p, v.have, style->ascii);
	out_puts(out, "\n");
}
