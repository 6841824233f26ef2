/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP and TCP in tcpdump's words, see show.h. */

#include "lib/checksum.h"
#include "net/capture/show_internal.h"
#include "net/ipv4/ipv4.h"
#include "net/wire/tcp.h"

static uint32_t
pseudo_sum(const uint8_t *ip, uint32_t proto, const struct view *v)
{
	uint8_t pseudo[12];

	memcpy(pseudo, ip + 12, 8);
	pseudo[8] = 0;
	pseudo[9] = (uint8_t)proto;
	pseudo[10] = (uint8_t)(v->len >> 8);
	pseudo[11] = (uint8_t)v->len;
	return checksum_fold(
		checksum_add(checksum_add(0, pseudo, 12), v->p, v->len));
}

static void
show_ends(struct show *show, const uint8_t *ip, const struct view *v)
{
	show_addr(show->out, ip + 12);
	out_printf(show->out, ".%u > ", get16(v->p));
	show_addr(show->out, ip + 16);
	out_printf(show->out, ".%u: ", get16(v->p + 2));
}

void
show_udp(struct show *show, const uint8_t *ip, const struct view *v)
{
	struct out *out = show->out;
	uint32_t len;

	if (v->have < 4 || (v->have < UDP_LEAST && v->len > v->have)) {
		out_puts(out, " [|udp]");
		return;
	}
	show_ends(show, ip, v);
	if (v->len < UDP_LEAST) {
		out_printf(out, "truncated-udp %u", v->len);
		return;
	}
	len = get16(v->p + 4);
	if (len < UDP_LEAST) {
		out_printf(out, "truncated-udplength %u", len);
		return;
	}
	if (show->style->loud > 1 && get16(v->p + 6) == 0)
		out_puts(out, "[no cksum] ");
	else if (show->style->loud > 1 && v->have == v->len && len == v->len)
		out_puts(out, pseudo_sum(ip, IPPROTO_UDP, v) == 0
				      ? "[udp sum ok] "
				      : "[bad udp cksum!] ");
	/* More than there is, unless it is a fragment's, which has less. */
	if (len > v->len && !(get16(ip + 6) & 0x2000))
		out_printf(out, "UDP, bad length %u > %u", len - UDP_LEAST,
			   v->len - UDP_LEAST);
	else
		out_printf(out, "UDP, length %u", len - UDP_LEAST);
}

/* Makes the numbers start at the conversation's; *seq and *ack. */
static void
relate(struct show *show, const uint8_t *ip, const struct tcp *h, uint32_t *seq,
       uint32_t *ack)
{
	struct capture_flows *flows = show->flows;
	uint32_t src = get32(ip + 12), dst = get32(ip + 16);
	uint32_t count = min_of(flows->next, CAPTURE_FLOWS);
	struct capture_flow *flow = NULL;
	bool back = false;

	if (show->style->absolute || !(h->flags & TCP_ACK))
		return;
	for (uint32_t i = 0; i < count && !flow; i++) {
		struct capture_flow *f = &flows->flow[i];

		back = f->src == dst && f->dst == src && f->sport == h->dport &&
		       f->dport == h->sport;
		if (back || (f->src == src && f->dst == dst &&
			     f->sport == h->sport && f->dport == h->dport))
			flow = f;
	}
	if (flow && !(h->flags & TCP_SYN)) {
		*seq -= back ? flow->ack : flow->seq;
		*ack -= back ? flow->seq : flow->ack;
		return;
	}
	if (!flow) {
		flow = &flows->flow[flows->next++ % CAPTURE_FLOWS];
		if (flows->next == 2 * CAPTURE_FLOWS)
			flows->next = CAPTURE_FLOWS; /* it stays full */
	}
	*flow = (struct capture_flow){ src,	   dst,	     h->seq,
				       h->ack - 1, h->sport, h->dport };
}

static void
show_flags(struct out *out, uint8_t flags)
{
	static const char letter[] = "FSRP.UEW";

	if (flags == 0)
		out_puts(out, "none");
	for (unsigned int i = 0; i < 8; i++)
		if (flags & 1u << i)
			out_write(out, &letter[i], 1);
}

static void
show_sack(struct show *show, const uint8_t *option, uint32_t len, uint32_t base)
{
	out_printf(show->out, "sack %u ", (len - 2) / 8);
	for (uint32_t at = 2; at + 8 <= len; at += 8)
		out_printf(show->out, "{%u:%u}", get32(option + at) - base,
			   get32(option + at + 4) - base);
}

static void
show_tcp_option(struct show *show, const uint8_t *option, uint32_t len,
		uint32_t base)
{
	struct out *out = show->out;

	if (option[0] == TCP_OPTION_MSS && len == 4)
		out_printf(out, "mss %u", get16(option + 2));
	else if (option[0] == TCP_OPTION_WSCALE && len == 3)
		out_printf(out, "wscale %u", option[2]);
	else if (option[0] == TCP_OPTION_SACKOK && len == 2)
		out_puts(out, "sackOK");
	else if (option[0] == TCP_OPTION_SACK && len >= 10)
		show_sack(show, option, len, base);
	else if (option[0] == TCP_OPTION_TS && len == 10)
		out_printf(out, "TS val %u ecr %u", get32(option + 2),
			   get32(option + 6));
	else {
		out_printf(out, "unknown-%u", option[0]);
		for (uint32_t i = 2; i < len; i++)
			out_printf(out, "%s%02x", i == 2 ? " 0x" : "",
				   option[i]);
	}
}

static void
show_tcp_options(struct show *show, const uint8_t *option, uint32_t len,
		 uint32_t base)
{
	struct out *out = show->out;
	uint32_t at = 0, option_len;

	out_puts(out, ", options [");
	while (at < len) {
		out_puts(out, at > 0 ? "," : "");
		if (option[at] == TCP_OPTION_END) {
			out_puts(out, "eol");
			break;
		}
		if (option[at] == TCP_OPTION_NOP) {
			out_puts(out, "nop");
			at++;
			continue;
		}
		option_len = at + 1 < len ? option[at + 1] : 0;
		if (option_len < 2 || option_len > len - at) {
			out_puts(out, "[bad opt]");
			break;
		}
		show_tcp_option(show, option + at, option_len, base);
		at += option_len;
	}
	out_puts(out, "]");
}

static void
show_tcp_numbers(struct show *show, const uint8_t *ip, const struct view *v,
		 const struct tcp *h)
{
	uint32_t seq = h->seq, ack = h->ack, len = v->len - h->header_len;
	uint32_t base, sum;
	struct out *out = show->out;

	relate(show, ip, h, &seq, &ack);
	base = h->ack - ack;
	if (show->style->loud && v->have == v->len) {
		sum = pseudo_sum(ip, IPPROTO_TCP, v);
		out_printf(out, ", cksum 0x%04x (%s)", h->checksum,
			   sum == 0 ? "correct" : "incorrect");
	}
	if (len > 0 || show->style->loud > 1 ||
	    (h->flags & (TCP_SYN | TCP_FIN | TCP_RST)))
		out_printf(out, ", seq %u", seq);
	if (len > 0)
		out_printf(out, ":%u", seq + len);
	if (h->flags & TCP_ACK)
		out_printf(out, ", ack %u", ack);
	out_printf(out, ", win %u", h->window);
	if (h->flags & TCP_URG)
		out_printf(out, ", urg %u", h->urgent);
	if (h->header_len > TCP_HEADER_LEN && v->have >= h->header_len)
		show_tcp_options(show, v->p + TCP_HEADER_LEN,
				 h->header_len - TCP_HEADER_LEN, base);
	out_printf(out, ", length %u", len);
}

void
show_tcp(struct show *show, const uint8_t *ip, const struct view *v)
{
	struct out *out = show->out;
	const uint8_t *p = v->p;
	struct tcp h;

	if (v->have < 4) {
		out_puts(out, " [|tcp]");
		return;
	}
	show_ends(show, ip, v);
	if (v->have < TCP_HEADER_LEN) {
		out_puts(out, " [|tcp]");
		return;
	}
	h = (struct tcp){
		.sport = (uint16_t)get16(p),
		.dport = (uint16_t)get16(p + 2),
		.seq = get32(p + 4),
		.ack = get32(p + 8),
		.header_len = (uint8_t)((p[12] >> 4) * 4),
		.flags = p[13],
		.window = (uint16_t)get16(p + 14),
		.checksum = (uint16_t)get16(p + 16),
		.urgent = (uint16_t)get16(p + 18),
	};
	if (h.header_len < TCP_HEADER_LEN) {
		out_printf(out, " tcp %u [bad hdr length %u - too short, < 20]",
			   v->len - h.header_len, h.header_len);
		return;
	}
	if (show->style->quick && h.header_len <= v->len) {
		out_printf(out, "tcp %u", v->len - h.header_len);
		return;
	}
	out_puts(out, "Flags [");
	show_flags(out, h.flags);
	out_puts(out, "]");
	if (h.header_len > v->len)
		out_printf(out, " [bad hdr length %u - too long, > %u]",
			   h.header_len, v->len);
	else
		show_tcp_numbers(show, ip, v, &h);
}
