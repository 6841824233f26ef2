/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside `ss`: what an endpoint looks like to its parts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/fmt.h"
#include "net/sock.h"
#include "net/tcp/tcp.h"

/* One line: a TCP or UDP sock, or, with sock NULL, a record in TIME-WAIT. */
struct ss_end {
	struct sock *sock;
	struct sock_addr local, remote;
	enum tcp_state state;
	uint64_t due_ns;      /* of TIME-WAIT */
	struct tcp_info info; /* of a TCP sock */
	uint64_t recv_q, send_q;
};

/* ---- ss_filter.c -------------------------------------------------------- */

#define SS_OPS_MAX 24u

enum ss_test {
	SS_SRC,
	SS_DST,
	SS_SPORT,
	SS_DPORT,
	SS_NOT, /* of what follows, to end */
	SS_GROUP,
};

enum ss_join { SS_FIRST, SS_AND, SS_OR };

struct ss_op {
	uint8_t test, join;
	uint8_t end;	/* index behind this operand */
	uint8_t orders; /* of ports: bit 0 less, 1 equal, 2 greater */
	uint8_t prefix_len;
	uint16_t port; /* of an address; 0: any */
	uint32_t addr;
	uint32_t wide_port; /* as typed; may be no port at all */
};

struct ss_filter {
	uint16_t states; /* bits of enum tcp_state; 0: nothing said */
	uint8_t count;
	struct ss_op op[SS_OPS_MAX];
};

#define SS_STATES_ALL 0xfffu

/*
 * "state established", "exclude listening", then an expression. NULL, or what
 * to say; *status the exit code; text is used for the words of it.
 */
const char *ss_filter_parse(struct ss_filter *filter, char *const *word,
			    unsigned int count, char *text, size_t size,
			    int *status);
bool ss_filter_matches(const struct ss_filter *filter,
		       const struct ss_end *end);

/* ---- ss_text.c ---------------------------------------------------------- */

/* " timer:(on,200ms,0)" */
void ss_timer_text(struct out *out, const struct ss_end *end, uint64_t now_ns);
/* " ino:0 sk:7 <->" */
void ss_extended_text(struct out *out, const struct ss_end *end);
/* " skmem:(...)" */
void ss_memory_text(struct out *out, const struct ss_end *end);
/* " cubic wscale:7,7 rto:..."; numeric: rates as bare numbers. */
void ss_info_text(struct out *out, const struct ss_end *end, bool options,
		  bool numeric, uint64_t now_ns);
