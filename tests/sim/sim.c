/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fairlead-sim [--seed FIRST] [--seeds N] [--scenario NAME] [--results FILE]
 * [--without FAULT,...] [-v]: seeded runs of whole networks. Every run ends
 * with its invariants checked; one that breaks one is shrunk: played again
 * without this and that fault, and the command that repeats it with the fewest
 * is printed.
 * fairlead-sim --goodput [GOLDEN]: see goodput.h. --soak MINUTES: see soak.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/checksum.h"
#include "tests/host/testnet.h"
#include "tests/sim/goodput.h"
#include "tests/sim/mesh.h"
#include "tests/sim/network.h"
#include "tests/sim/soak.h"
#include "tests/sim/tcp_scenarios.h"

#define PORT 4000u

struct traffic {
	struct sock *client, *server;
	uint32_t server_addr;
	uint32_t sent, answered, repeated, bad;
	uint8_t *seen; /* a flag for each datagram */
	uint32_t count;
};

struct run {
	uint64_t seed;
	struct network network;
	struct traffic traffic;
	bool verbose;
};

/* ---- traffic: datagrams that say what they are -------------------------- */

static uint8_t
pattern(uint32_t number, uint32_t i)
{
	return (uint8_t)(number * 31 + i * 7);
}

/* The echo: gives every datagram back as it came. */
static void
server_datagram(struct sock *sock, struct skb *skb,
		const struct sock_addr *from, const struct sock_addr *to)
{
	struct skb *answer = skb_copy(skb);

	skb_consume(skb);
	if (!answer)
		return;
	udp_send(sock, answer, from, to);
}

/*
 * Is it what was sent, but for damage that cannot be seen? Two flipped bits may
 * cancel out in a sum of 16 bits (seed 5028 of faulty-chain has them), and then
 * nobody below the application can know.
 */
static bool
is_intact(const struct skb *skb, uint32_t number)
{
	uint8_t got[4096], want[4096];

	if (skb->len > sizeof(got))
		return false;
	skb_copy_out(skb, 0, got, skb->len);
	memcpy(want, &number, 4);
	for (uint32_t i = 4; i < skb->len; i++)
		want[i] = pattern(number, i);
	return checksum_fold(checksum_add(0, got, skb->len)) ==
	       checksum_fold(checksum_add(0, want, skb->len));
}

static void
client_datagram(struct sock *sock, struct skb *skb,
		const struct sock_addr *from, const struct sock_addr *to)
{
	struct traffic *t = sock->ctx;
	uint32_t number = UINT32_MAX;

	if (skb->len >= 4)
		skb_copy_out(skb, 0, &number, 4);
	if (number >= t->count || from->addr != t->server_addr ||
	    !is_intact(skb, number)) {
		t->bad++;
	} else {
		t->answered += !t->seen[number];
		t->repeated += t->seen[number];
		t->seen[number] = 1;
	}
	skb_consume(skb);
}

static const struct sock_ops server_ops = { .datagram = server_datagram };
static const struct sock_ops client_ops = { .datagram = client_datagram };

static void
traffic_start(struct run *run, unsigned int client, unsigned int server,
	      uint32_t server_addr, uint32_t count)
{
	struct traffic *t = &run->traffic;
	struct sock_addr local = { 0, PORT };
	enum status error;

	t->server_addr = server_addr;
	t->count = count;
	t->seen = calloc(count, 1);
	t->server = udp_open(&run->network.node[server]->net, &local,
			     &server_ops, t, "sim", &error);
	local.port = 0;
	t->client = udp_open(&run->network.node[client]->net, &local,
			     &client_ops, t, "sim", &error);
	assert(t->server && t->client);
}

static void
traffic_send(struct run *run, uint32_t len)
{
	struct traffic *t = &run->traffic;
	struct sock_addr to = { t->server_addr, PORT };
	struct net *net = t->client->net;
	struct skb *skb = skb_alloc(&net->core[0].skb_pool);
	uint32_t number = t->sent;
	uint8_t byte;
	bool ok;

	assert(skb);
	skb_reserve(skb, 64);
	ok = skb_copy_in(skb, &number, 4);
	for (uint32_t i = 4; i < len && ok; i++) {
		byte = pattern(number, i);
		ok = skb_copy_in(skb, &byte, 1);
	}
	assert(ok);
	udp_send(t->client, skb, &to, NULL);
	t->sent++;
}

static void
traffic_stop(struct run *run)
{
	if (!run->traffic.client)
		return;
	udp_close(run->traffic.client);
	udp_close(run->traffic.server);
	free(run->traffic.seen);
}

/* ---- what must hold whatever happened ----------------------------------- */

#define must(run, what)                                                        \
	((what) ? (void)0                                                      \
		: panic("seed %llu: %s", (unsigned long long)(run)->seed,      \
			#what))

static void
settle_and_check(struct run *run)
{
	struct network *w = &run->network;

	/* Longer than any reassembly, resolution or rate limit takes. */
	network_run(w, w->now_ns + 90 * S_NS);
	must(run, network_held(w) == 0);
	for (unsigned int i = 0; i < w->node_count; i++)
		net_check(&w->node[i]->net);
	must(run, run->traffic.bad == 0);
}

static uint32_t
draw(struct run *run, uint32_t from, uint32_t to)
{
	return from + random_below(&run->network.random, to - from + 1);
}

static struct wire_faults
draw_faults(struct run *run, bool clean)
{
	struct wire_faults faults = { .delay_ns = draw(run, 0, 5) * MS_NS };

	if (clean)
		return faults;
	faults.loss = draw(run, 0, 300);
	faults.repeat = draw(run, 0, 200);
	faults.reorder = draw(run, 0, 300);
	faults.damage = draw(run, 0, 200);
	return faults;
}

/* ---- scenarios ---------------------------------------------------------- */

/*
 * host - router - ... - router - host, 10.0.i.0/24 on wire i: node i is .1 on
 * the wire to its right and .2 on the wire to its left.
 */
static void
build_chain(struct run *run, unsigned int routers, bool clean)
{
	struct network *w = &run->network;
	unsigned int last = routers + 1;
	struct wire_faults faults;

	for (unsigned int i = 0; i <= last; i++)
		network_add_node(w, i == 0 || i == last ? 1 : 2);
	for (unsigned int i = 0; i < last; i++) {
		unsigned int right = i == 0 ? 0 : 1;

		faults = draw_faults(run, clean);
		network_add_wire(w, i, right, i + 1, 0, draw(run, 576, 1500),
				 &faults);
		testnet_address(w->node[i], right, TESTNET_ADDR(i, 1), 24);
		testnet_address(w->node[i + 1], 0, TESTNET_ADDR(i, 2), 24);
	}
	for (unsigned int i = 0; i <= last; i++)
		for (unsigned int net = 0; net < last; net++) {
			if (net + 1 < i)
				testnet_route(w->node[i], TESTNET_ADDR(net, 0),
					      24, TESTNET_ADDR(i - 1, 1), 0);
			if (net > i)
				testnet_route(w->node[i], TESTNET_ADDR(net, 0),
					      24, TESTNET_ADDR(i, 2),
					      i == 0 ? 0 : 1);
		}
}

static void
chain(struct run *run, bool clean)
{
	unsigned int routers = draw(run, 1, 4);
	uint32_t count = draw(run, 20, 60);
	struct network *w = &run->network;

	build_chain(run, routers, clean);
	traffic_start(run, 0, routers + 1, TESTNET_ADDR(routers, 2), count);
	for (uint32_t i = 0; i < count; i++) {
		traffic_send(run, draw(run, 4, 3000));
		network_run(w, w->now_ns + draw(run, 0, 30) * MS_NS);
	}
	settle_and_check(run);
	if (clean)
		must(run, run->traffic.answered == count);
	must(run, run->traffic.answered <= count);
	if (clean)
		must(run, run->traffic.repeated == 0);
}

static void
clean_chain(struct run *run)
{
	chain(run, true);
}

static void
faulty_chain(struct run *run)
{
	chain(run, false);
}

/* Wires are cut and mended under traffic; in the end everything works again. */
static void
flapping_chain(struct run *run)
{
	unsigned int routers = draw(run, 1, 4), wire;
	struct network *w = &run->network;
	uint32_t count = 80, before;

	build_chain(run, routers, true);
	traffic_start(run, 0, routers + 1, TESTNET_ADDR(routers, 2), count);
	for (uint32_t i = 0; i < 60; i++) {
		wire = draw(run, 0, routers);
		if (draw(run, 0, 3) == 0)
			network_cut(w, wire, !w->wire[wire].down);
		traffic_send(run, draw(run, 4, 2000));
		network_run(w, w->now_ns + draw(run, 1, 400) * MS_NS);
	}
	for (wire = 0; wire <= routers; wire++)
		if (w->wire[wire].down)
			network_cut(w, wire, false);
	network_run(w, w->now_ns + 20 * S_NS);
	before = run->traffic.answered;
	for (uint32_t i = 60; i < count; i++) {
		traffic_send(run, draw(run, 4, 2000));
		network_run(w, w->now_ns + 20 * MS_NS);
	}
	settle_and_check(run);
	must(run, run->traffic.answered == before + 20);
}

/* Two routers that send everything unknown to each other. */
static void
routing_loop(struct run *run)
{
	struct network *w = &run->network;
	struct wire_faults faults = { 0 };
	uint64_t frames;

	build_chain(run, 2, true);
	testnet_route(w->node[0], 0, 0, TESTNET_ADDR(0, 2), 0);
	testnet_route(w->node[1], 0, 0, TESTNET_ADDR(1, 2), 1);
	testnet_route(w->node[2], 0, 0, TESTNET_ADDR(1, 1), 0);
	w->wire[1].faults = faults;
	traffic_start(run, 0, 3, 0xc0000201, 8);
	network_run(w, w->now_ns + S_NS);
	frames = w->wire[1].carried;
	traffic_send(run, 100);
	network_run(w, w->now_ns + 5 * S_NS);
	frames = w->wire[1].carried - frames;
	/* A TTL of 64 crosses the looping wire at most so often; ARP, and the
	 * answer that the packet's death draws, come on top. */
	must(run, frames <= 64 + 6);
	must(run, testnet_drops(w->node[1], DROP_IP_TTL) +
				  testnet_drops(w->node[2], DROP_IP_TTL) ==
			  1);
	settle_and_check(run);
}

/* TCP over one wire: clean, bad, very bad. */
static void
tcp_clean(struct run *run)
{
	const struct tcp_sim_faults none = { 0 };

	tcp_sim_transfer(&run->network, run->seed, true, &none, run->verbose);
}

static void
tcp_faulty(struct run *run)
{
	const struct tcp_sim_faults most = { 100, 100, 300, 50 };

	tcp_sim_transfer(&run->network, run->seed, true, &most, run->verbose);
}

static void
tcp_awful(struct run *run)
{
	const struct tcp_sim_faults most = { 300, 300, 300, 100 };

	tcp_sim_transfer(&run->network, run->seed, false, &most, run->verbose);
}

/* Hosts with TCP across whole networks. */
static void
mesh_chain(struct run *run)
{
	mesh_play(&run->network, run->seed, MESH_CHAIN, MESH_BAD, run->verbose);
}

static void
mesh_diamond(struct run *run)
{
	mesh_play(&run->network, run->seed, MESH_DIAMOND,
		  run->seed % 2 ? MESH_CALM : MESH_BAD, run->verbose);
}

static void
mesh_flapping(struct run *run)
{
	mesh_play(&run->network, run->seed,
		  run->seed % 3 ? MESH_DIAMOND : MESH_CHAIN, MESH_FLAPPING,
		  run->verbose);
}

static void
mesh_parted(struct run *run)
{
	mesh_play(&run->network, run->seed,
		  run->seed % 3 ? MESH_DIAMOND : MESH_CHAIN, MESH_PARTED,
		  run->verbose);
}

static const struct scenario {
	const char *name;
	void (*play)(struct run *run);
} scenarios[] = {
	{ "clean-chain", clean_chain },
	{ "faulty-chain", faulty_chain },
	{ "flapping-chain", flapping_chain },
	{ "routing-loop", routing_loop },
	{ "tcp-clean", tcp_clean },
	{ "tcp-faulty", tcp_faulty },
	{ "tcp-awful", tcp_awful },
	{ "mesh-chain", mesh_chain },
	{ "mesh-diamond", mesh_diamond },
	{ "mesh-flapping", mesh_flapping },
	{ "mesh-parted", mesh_parted },
};

/* How far a process came, and what it saw; shared with its parent. */
static struct {
	uint64_t seed, played, frames, steps;
} * progress;

static void
play(const struct scenario *scenario, uint64_t seed, uint32_t without,
     bool verbose)
{
	struct run *run = calloc(1, sizeof(*run));

	run->seed = seed;
	run->verbose = verbose;
	network_init(&run->network, seed);
	run->network.without = without;
	scenario->play(run);
	if (verbose)
		printf("%s seed %llu: %u sent, %u answered, %u repeated, "
		       "%llu frames, %llu steps\n",
		       scenario->name, (unsigned long long)seed,
		       run->traffic.sent, run->traffic.answered,
		       run->traffic.repeated,
		       (unsigned long long)run->network.frames,
		       (unsigned long long)run->network.steps);
	progress->frames += run->network.frames;
	progress->steps += run->network.steps;
	traffic_stop(run);
	network_fini(&run->network);
	free(run);
}

/* Where `passed FILE:FUNCTION` goes for each scenario; NULL: nowhere. */
static FILE *results;

static void
say_result(const struct scenario *scenario, bool passed)
{
	if (!results)
		return;
	fprintf(results, "%s tests/sim/sim.c:", passed ? "passed" : "failed");
	for (const char *c = scenario->name; *c; c++)
		fputc(*c == '-' ? '_' : *c, results);
	fputc('\n', results);
	fflush(results);
}

/* ---- many runs, and what to do with one that fails ---------------------- */

static const struct {
	const char *name;
	uint32_t bit;
} faults[] = {
	{ "loss", WITHOUT_LOSS },	{ "repeat", WITHOUT_REPEAT },
	{ "reorder", WITHOUT_REORDER }, { "damage", WITHOUT_DAMAGE },
	{ "delay", WITHOUT_DELAY },	{ "cuts", WITHOUT_CUTS },
};

struct job {
	uint64_t first, count;
	uint32_t without;
	bool verbose;
};

/* Plays the runs in a process of its own; the exit status, 0 if all is well. */
static int
play_apart(const struct scenario *scenario, const struct job *job, bool quiet)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (quiet && (!freopen("/dev/null", "w", stderr) ||
			      !freopen("/dev/null", "w", stdout)))
			_exit(2);
		for (uint64_t i = 0; i < job->count; i++) {
			progress->seed = job->first + i;
			play(scenario, job->first + i, job->without,
			     job->verbose);
			progress->played++;
		}
		/* Leaks are looked for here, too. */
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

/* Leaves out of a failing run every kind of fault that it fails without. */
static void
shrink(const struct scenario *scenario, struct job job, const char *program)
{
	char names[80] = "";
	struct job less = job;

	for (size_t i = 0; i < array_len(faults); i++) {
		less.without = job.without | faults[i].bit;
		if (play_apart(scenario, &less, true) == 0)
			continue;
		job.without = less.without;
		strcat(names, names[0] ? "," : "");
		strcat(names, faults[i].name);
	}
	fprintf(stderr,
		"repeat it with: %s --scenario %s --seed %llu --seeds "
		"1 -v%s%s\n",
		program, scenario->name, (unsigned long long)job.first,
		names[0] ? " --without " : "", names);
}

static uint32_t
without_of(char *list)
{
	uint32_t bits = 0;

	for (char *name = strtok(list, ","); name; name = strtok(NULL, ","))
		for (size_t i = 0; i < array_len(faults); i++)
			if (!strcmp(name, faults[i].name))
				bits |= faults[i].bit;
	return bits;
}

/* For docs/assurance.md: what was tried, by name and number. */
static void
say_figures(const char *path, unsigned int failed)
{
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "runs %llu\nframes %llu\nsteps %llu\nfailed %u\n",
		(unsigned long long)progress->played,
		(unsigned long long)progress->frames,
		(unsigned long long)progress->steps, failed);
	fclose(file);
}

static int
usage(const char *program)
{
	fprintf(stderr,
		"usage: %s [--seed FIRST] [--seeds COUNT] [--scenario NAME] "
		"[--without FAULT,..] [--results FILE] [-v]\n",
		program);
	return 2;
}

int
main(int argc, char **argv)
{
	struct job job = { .first = 1, .count = 250 };
	const char *only = NULL;
	unsigned int failed = 0;

	if (argc > 1 && !strcmp(argv[1], "--goodput"))
		return goodput_main(argc > 2 ? argv[2] : NULL);
	if (argc > 2 && !strcmp(argv[1], "--soak"))
		return soak_main((unsigned int)atoi(argv[2]));
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			job.verbose = true;
		else if (i + 1 < argc && !strcmp(argv[i], "--seed"))
			job.first = strtoull(argv[++i], NULL, 0);
		else if (i + 1 < argc && !strcmp(argv[i], "--seeds"))
			job.count = strtoull(argv[++i], NULL, 0);
		else if (i + 1 < argc && !strcmp(argv[i], "--scenario"))
			only = argv[++i];
		else if (i + 1 < argc && !strcmp(argv[i], "--without"))
			job.without = without_of(argv[++i]);
		else if (i + 1 < argc && !strcmp(argv[i], "--results"))
			results = fopen(argv[++i], "w");
		else
			return usage(argv[0]);
	}
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t s = 0; s < array_len(scenarios); s++) {
		if (only && strcmp(only, scenarios[s].name))
			continue;
		if (play_apart(&scenarios[s], &job, false) == 0) {
			say_result(&scenarios[s], true);
			continue;
		}
		failed++;
		say_result(&scenarios[s], false);
		shrink(&scenarios[s],
		       (struct job){ progress->seed, 1, job.without, false },
		       argv[0]);
	}
	say_figures(getenv("FAIRLEAD_FIGURES"), failed);
	printf("%llu frames in %llu steps\n",
	       (unsigned long long)progress->frames,
	       (unsigned long long)progress->steps);
	printf("sim: %llu passed, %u failed\n",
	       (unsigned long long)progress->played, failed);
	return failed || !progress->played;
}
