/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of goodput; see goodput.h. */
#include "tests/sim/goodput.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tcp/tcp.h"
#include "tests/sim/network.h"

#define PORT	   4002u
#define RATE_BPS   20000000u
#define SECONDS	   30u
#define SEEDS	   4u /* runs that a cell is the mean of, if it has loss */
#define RTTS	   5u
#define LOSSES	   7u
#define QUEUE_NS   (100 * MS_NS)
#define MEMORY_LEN (32u << 20)

static const uint32_t rtt_ms[RTTS] = { 1, 10, 50, 100, 200 };
static const uint32_t loss[LOSSES] = { 0, 10, 20, 50, 100, 200, 300 };

struct transfer {
	uint64_t received;
};

static void
on_writable(struct sock *sock)
{
	static const uint8_t zeros[16384];

	while (tcp_write(sock, zeros, sizeof(zeros)) == sizeof(zeros))
		continue;
}

static void
on_readable(struct sock *sock)
{
	struct transfer *transfer = sock->ctx;
	struct skb *skb;

	while ((skb = tcp_recv(sock))) {
		transfer->received += skb->len;
		skb_consume(skb);
	}
}

static const struct sock_ops sender = {
	.established = on_writable,
	.writable = on_writable,
};

static const struct sock_ops receiver = { .readable = on_readable };

/* Bytes that arrived. */
static uint64_t
run(uint32_t per_mille, uint32_t rtt, uint64_t seed)
{
	const struct sock_addr any = { 0, PORT };
	const struct sock_addr to = { TESTNET_ADDR(0, 2), PORT };
	const struct wire_faults faults = {
		.loss = per_mille,
		.delay_ns = rtt * MS_NS / 2,
		.rate_bps = RATE_BPS,
		.queue_ns = QUEUE_NS,
	};
	struct network *w = calloc(1, sizeof(*w));
	struct transfer transfer = { 0 };
	struct sock *listener, *client;
	enum status status;

	network_init(w, seed);
	w->memory_len = MEMORY_LEN;
	network_add_node(w, 1);
	network_add_node(w, 1);
	network_add_wire(w, 0, 0, 1, 0, 1500, &faults);
	testnet_address(w->node[0], 0, TESTNET_ADDR(0, 1), 24);
	testnet_address(w->node[1], 0, TESTNET_ADDR(0, 2), 24);
	listener = tcp_listen(&w->node[1]->net, &any, 8, &receiver, &transfer,
			      "goodput", &status);
	client = tcp_connect(&w->node[0]->net, NULL, &to, &sender, &transfer,
			     "goodput", &status);
	if (!listener || !client)
		panic("goodput: cannot begin");
	network_run(w, w->now_ns + SECONDS * S_NS);
	network_fini(w);
	free(w);
	return transfer.received;
}

static uint32_t
cell_kbps(uint32_t per_mille, uint32_t rtt)
{
	uint32_t seeds = per_mille ? SEEDS : 1;
	uint64_t sum = 0;

	for (uint64_t seed = 1; seed <= seeds; seed++)
		sum += run(per_mille, rtt, seed);
	return (uint32_t)(sum / seeds * 8 / SECONDS / 1000);
}

static void
print_table(uint32_t (*cell)[RTTS])
{
	printf("# Goodput in kbit/s over a wire of %u Mbit/s in %u s; rows: "
	       "loss each way,\n# columns: round-trip time. "
	       "Written by: make tests/sim/goodput.golden\n",
	       RATE_BPS / 1000000, SECONDS);
	printf("%-6s", "loss");
	for (unsigned int r = 0; r < RTTS; r++)
		printf(" %5u ms", rtt_ms[r]);
	for (unsigned int l = 0; l < LOSSES; l++) {
		printf("\n%3u %% ", loss[l] / 10);
		for (unsigned int r = 0; r < RTTS; r++)
			printf(" %8u", cell[l][r]);
	}
	printf("\n");
}

static bool
read_table(const char *name, uint32_t (*cell)[RTTS])
{
	FILE *file = fopen(name, "r");
	char line[200];
	unsigned int l = 0;

	if (!file)
		return false;
	while (l < LOSSES && fgets(line, sizeof(line), file)) {
		unsigned int percent;
		uint32_t *c = cell[l];

		if (sscanf(line, "%u %% %u %u %u %u %u", &percent, &c[0], &c[1],
			   &c[2], &c[3], &c[4]) == 6)
			l += percent == loss[l] / 10;
	}
	fclose(file);
	return l == LOSSES;
}

static int
compare(const char *golden, uint32_t (*cell)[RTTS])
{
	uint32_t want[LOSSES][RTTS], bad = 0;
	double ratios = 0;

	if (!read_table(golden, want)) {
		printf("%s: cannot be read\ngoodput: 0 passed, 1 failed\n",
		       golden);
		return 1;
	}
	for (unsigned int l = 0; l < LOSSES; l++)
		for (unsigned int r = 0; r < RTTS; r++) {
			ratios += (double)cell[l][r] / want[l][r];
			if (cell[l][r] >= want[l][r] * 4 / 5)
				continue;
			bad++;
			printf("%u %% loss, %u ms: %u kbit/s, golden %u\n",
			       loss[l] / 10, rtt_ms[r], cell[l][r], want[l][r]);
		}
	ratios /= LOSSES * RTTS;
	bad += ratios < 0.98;
	printf("goodput: %.3f of the golden; %u passed, %u failed\n", ratios,
	       !bad, !!bad);
	if (bad)
		print_table(cell);
	return bad != 0;
}

int
goodput_main(const char *golden)
{
	uint32_t cell[LOSSES][RTTS];

	for (unsigned int l = 0; l < LOSSES; l++)
		for (unsigned int r = 0; r < RTTS; r++)
			cell[l][r] = cell_kbps(loss[l], rtt_ms[r]);
	if (golden)
		return compare(golden, cell);
	print_table(cell);
	return 0;
}
