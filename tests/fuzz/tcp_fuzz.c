/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP under peers that do anything at all, see tcp_lab.h, and a mutator that
 * knows what an input is: it changes, moves and repeats whole steps, and often
 * plays the input so far to append what makes sense in the state that it leads
 * to. So connections get through handshakes, losses, closing and TIME-WAIT
 * instead of being refused at the first check.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tcp_lab.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max,
			       unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len,
				 const uint8_t *b, size_t b_len, uint8_t *out,
				 size_t max, unsigned int seed);

/* libFuzzer knows what is compared with what. */
static void
mutate_bytes(uint8_t *bytes, size_t len)
{
	(void)LLVMFuzzerMutate(bytes, len, len);
	msan_written(bytes, len);
}

/* ---- steps that make sense ---------------------------------------------- */

struct dice {
	uint64_t state;
};

static uint32_t
roll(struct dice *dice, uint32_t below)
{
	dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((dice->state >> 33) % below);
}

/* What may come next; a row is chosen by weight. */
struct likely {
	uint8_t weight, op, what; /* of a segment or call: its kind */
	uint8_t how;		  /* byte 2 of a segment; 0xff: anything */
};

#define SEQ(x) (x)
#define ACK(x) ((x) << 3)
#define ANY    0xffu

static const struct likely when_closed[] = {
	{ 10, LAB_SEGMENT, LAB_SYN, 0 }, { 4, LAB_CALL, CALL_WRITE, 0 },
	{ 2, LAB_SEGMENT, LAB_ACK, 0 },	 { 2, LAB_SEGMENT, LAB_SYN_ECN, 0 },
	{ 1, LAB_SHAKE, 4, ANY },
};
static const struct likely when_syn_sent[] = {
	{ 10, LAB_SEGMENT, LAB_SYN_ACK, 0 },
	{ 3, LAB_SEGMENT, LAB_SYN, 0 },
	{ 1, LAB_SEGMENT, LAB_RST_ACK, 0 },
	{ 1, LAB_SEGMENT, LAB_SYN_ACK, ACK(LAB_ACK_BEYOND) },
	{ 2, LAB_TIME, 0, ANY },
	{ 1, LAB_ICMP, 0, ANY },
};
static const struct likely when_syn_received[] = {
	{ 10, LAB_SEGMENT, LAB_ACK, 0 },
	{ 4, LAB_SEGMENT, LAB_DATA, 0 },
	{ 2, LAB_SEGMENT, LAB_SYN, SEQ(LAB_SEQ_AGAIN) },
	{ 1, LAB_SEGMENT, LAB_FIN, 0 },
	{ 1, LAB_SEGMENT, LAB_RST, 0 },
	{ 2, LAB_TIME, 0, ANY },
};
static const struct likely when_open[] = {
	{ 6, LAB_SEGMENT, LAB_DATA, 0 },
	{ 4, LAB_SEGMENT, LAB_DATA, SEQ(LAB_SEQ_HOLE) },
	{ 3, LAB_SEGMENT, LAB_DATA_PUSH, SEQ(LAB_SEQ_AGAIN) },
	{ 6, LAB_SEGMENT, LAB_ACK, 0 },
	{ 4, LAB_SEGMENT, LAB_ACK, ACK(LAB_ACK_PART) },
	{ 6, LAB_SEGMENT, LAB_DUP_ACK, 0 },
	{ 2, LAB_SEGMENT, LAB_FIN, 0 },
	{ 1, LAB_SEGMENT, LAB_DATA_FIN, SEQ(LAB_SEQ_HOLE) },
	{ 2, LAB_SEGMENT, LAB_ECE, 0 },
	{ 1, LAB_SEGMENT, LAB_CWR, 0 },
	{ 1, LAB_SEGMENT, LAB_URGENT, 0 },
	{ 1, LAB_SEGMENT, LAB_RST, SEQ(LAB_SEQ_NEAR) },
	{ 1, LAB_SEGMENT, LAB_SYN, SEQ(LAB_SEQ_NEAR) },
	{ 1, LAB_SEGMENT, LAB_PROBE, SEQ(LAB_SEQ_AGAIN) },
	{ 8, LAB_CALL, CALL_WRITE, 0 },
	{ 4, LAB_CALL, CALL_READ, 0 },
	{ 2, LAB_CALL, CALL_RECV, 0 },
	{ 1, LAB_CALL, CALL_SHUTDOWN, 0 },
	{ 1, LAB_CALL, CALL_CLOSE, 0 },
	{ 2, LAB_CALL, CALL_OPTION, ANY },
	{ 1, LAB_CALL, CALL_URGENT, 0 },
	{ 1, LAB_CALL, CALL_PEEK, 0 },
	{ 5, LAB_TIME, 0, ANY },
	{ 1, LAB_ICMP, 0, ANY },
	{ 2, LAB_SHAKE, 0, ANY },
};
static const struct likely when_closing[] = {
	{ 6, LAB_SEGMENT, LAB_ACK, 0 },
	{ 2, LAB_SEGMENT, LAB_ACK, ACK(LAB_ACK_PART) },
	{ 5, LAB_SEGMENT, LAB_FIN, 0 },
	{ 3, LAB_SEGMENT, LAB_FIN, ACK(LAB_ACK_SAME) },
	{ 2, LAB_SEGMENT, LAB_DATA_FIN, 0 },
	{ 2, LAB_SEGMENT, LAB_DATA, 0 },
	{ 2, LAB_SEGMENT, LAB_DATA, SEQ(LAB_SEQ_HOLE) },
	{ 2, LAB_SEGMENT, LAB_DUP_ACK, 0 },
	{ 1, LAB_SEGMENT, LAB_RST, 0 },
	{ 2, LAB_CALL, CALL_READ, 0 },
	{ 2, LAB_CALL, CALL_SHUTDOWN, 0 },
	{ 2, LAB_CALL, CALL_CLOSE, 0 },
	{ 4, LAB_TIME, 0, ANY },
};
static const struct likely when_waiting[] = {
	{ 4, LAB_SEGMENT, LAB_SYN, SEQ(LAB_SEQ_HOLE) },
	{ 2, LAB_SEGMENT, LAB_SYN, SEQ(LAB_SEQ_OLD) },
	{ 3, LAB_SEGMENT, LAB_FIN, SEQ(LAB_SEQ_AGAIN) },
	{ 2, LAB_SEGMENT, LAB_ACK, 0 },
	{ 2, LAB_SEGMENT, LAB_DATA, 0 },
	{ 2, LAB_SEGMENT, LAB_RST, 0 },
	{ 2, LAB_CALL, CALL_WRITE, 0 },
	{ 3, LAB_TIME, 0, ANY },
};

static const struct {
	const struct likely *rows;
	size_t count;
} by_state[] = {
#define ROWS(rows)                                                             \
	{                                                                      \
		rows, array_len(rows)                                          \
	}
	[0] = ROWS(when_closed),
	[TCP_ESTABLISHED] = ROWS(when_open),
	[TCP_SYN_SENT] = ROWS(when_syn_sent),
	[TCP_SYN_RECEIVED] = ROWS(when_syn_received),
	[TCP_FIN_WAIT_1] = ROWS(when_closing),
	[TCP_FIN_WAIT_2] = ROWS(when_closing),
	[TCP_TIME_WAIT] = ROWS(when_waiting),
	[TCP_CLOSED] = ROWS(when_closed),
	[TCP_CLOSE_WAIT] = ROWS(when_open),
	[TCP_LAST_ACK] = ROWS(when_closing),
	[TCP_LISTEN] = ROWS(when_closed),
	[TCP_CLOSING] = ROWS(when_closing),
#undef ROWS
};

static void
make_step(struct dice *dice, uint8_t state, unsigned int peer, uint8_t *step)
{
	const struct likely *row = by_state[state].rows;
	uint32_t sum = 0;

	for (size_t i = 0; i < by_state[state].count; i++)
		sum += row[i].weight;
	sum = roll(dice, sum);
	while (sum >= row->weight)
		sum -= row++->weight;
	for (unsigned int i = 0; i < TCP_LAB_STEP; i++)
		step[i] = (uint8_t)roll(dice, 256);
	step[0] = (uint8_t)(row->op | peer << 3);
	if (row->op == LAB_SEGMENT) {
		/* Timestamps, marks and window as they should be, mostly. */
		step[1] = (uint8_t)(row->what |
				    (roll(dice, 8) ? 0 : roll(dice, 16) << 4));
		step[2] = (uint8_t)(row->how | (roll(dice, 8) ? 0 : 0x80));
		if (roll(dice, 4))
			step[6] = 0xff;
		if (roll(dice, 2))
			step[7] &= 0xfc;
		step[0] |= roll(dice, 8) ? 0 : LAB_HOLD;
	} else if (row->op == LAB_CALL) {
		step[2] = row->what;
	} else if (row->op == LAB_SHAKE && row->what) {
		step[1] = row->what;
	} else if (row->op == LAB_TIME) {
		step[1] = (uint8_t)roll(dice, roll(dice, 4) ? 6 : 16);
	}
}

/* ---- the mutator -------------------------------------------------------- */

static size_t
step_count(size_t len)
{
	return len < TCP_LAB_HEAD ? 0 : (len - TCP_LAB_HEAD) / TCP_LAB_STEP;
}

static uint8_t *
step_at(uint8_t *data, size_t index)
{
	return data + TCP_LAB_HEAD + index * TCP_LAB_STEP;
}

/* Makes room for count steps at index, if there is any; the new number. */
static size_t
open_gap(uint8_t *data, size_t steps, size_t most, size_t index, size_t count)
{
	if (steps + count > most)
		return steps;
	memmove(step_at(data, index + count), step_at(data, index),
		(steps - index) * TCP_LAB_STEP);
	return steps + count;
}

static size_t
insert_sensible(struct dice *dice, uint8_t *data, size_t steps, size_t most)
{
	size_t index = roll(dice, (uint32_t)steps + 1);
	size_t now = open_gap(data, steps, most, index, 1);

	if (now != steps)
		make_step(dice, (uint8_t)roll(dice, array_len(by_state)),
			  roll(dice, TCP_LAB_PEERS), step_at(data, index));
	return now;
}

/* Some of what the state at the end asks for. */
static size_t
append_by_state(struct dice *dice, uint8_t *data, size_t steps, size_t most)
{
	uint8_t state[TCP_LAB_PEERS] = { 0 };
	unsigned int peer = roll(dice, 2) ? 0 : roll(dice, TCP_LAB_PEERS);
	size_t count = 1 + roll(dice, 4);

	if (steps + count > most)
		return steps;
	tcp_lab_play(data, TCP_LAB_HEAD + steps * TCP_LAB_STEP, state);
	for (size_t i = 0; i < count; i++)
		make_step(dice, state[peer], peer, step_at(data, steps++));
	return steps;
}

static size_t
repeat_steps(struct dice *dice, uint8_t *data, size_t steps, size_t most)
{
	size_t from = roll(dice, (uint32_t)steps), to, now;
	size_t count =
		1 + roll(dice, (uint32_t)min_of(steps - from, (size_t)8));
	uint8_t copy[8 * TCP_LAB_STEP];

	memcpy(copy, step_at(data, from), count * TCP_LAB_STEP);
	to = roll(dice, (uint32_t)steps + 1);
	now = open_gap(data, steps, most, to, count);
	if (now != steps)
		memcpy(step_at(data, to), copy, count * TCP_LAB_STEP);
	return now;
}

static size_t
remove_steps(struct dice *dice, uint8_t *data, size_t steps)
{
	size_t from = roll(dice, (uint32_t)steps);
	size_t count =
		1 + roll(dice, (uint32_t)min_of(steps - from, (size_t)4));

	memmove(step_at(data, from), step_at(data, from + count),
		(steps - from - count) * TCP_LAB_STEP);
	return steps - count;
}

static void
swap_steps(struct dice *dice, uint8_t *data, size_t steps)
{
	uint8_t *a = step_at(data, roll(dice, (uint32_t)steps));
	uint8_t *b = step_at(data, roll(dice, (uint32_t)steps));
	uint8_t copy[TCP_LAB_STEP];

	memcpy(copy, a, TCP_LAB_STEP);
	memmove(a, b, TCP_LAB_STEP);
	memcpy(b, copy, TCP_LAB_STEP);
}

static size_t
mutate(struct dice *dice, uint8_t *data, size_t steps, size_t most)
{
	uint8_t *step;

	if (steps == 0)
		return append_by_state(dice, data, steps, most);
	step = step_at(data, roll(dice, (uint32_t)steps));
	switch (roll(dice, 12)) {
	case 0:
	case 1: return append_by_state(dice, data, steps, most);
	case 2:
	case 3: return insert_sensible(dice, data, steps, most);
	case 4: return repeat_steps(dice, data, steps, most);
	case 5: return remove_steps(dice, data, steps);
	case 6: swap_steps(dice, data, steps); return steps;
	case 7:
		step[roll(dice, TCP_LAB_STEP)] = (uint8_t)roll(dice, 256);
		return steps;
	case 8:
		step[roll(dice, TCP_LAB_STEP)] ^= (uint8_t)(1 << roll(dice, 8));
		return steps;
	case 9: mutate_bytes(step, TCP_LAB_STEP); return steps;
	case 10: mutate_bytes(data, TCP_LAB_HEAD); return steps;
	default: /* another peer does it */
		step[0] = (uint8_t)((step[0] & ~0x18u) | roll(dice, 4) << 3);
		return steps;
	}
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max,
			unsigned int seed)
{
	struct dice dice = { seed * 0x9e3779b97f4a7c15u + 1 };
	size_t steps, most = step_count(max);

	msan_written(data, max);
	if (max < TCP_LAB_HEAD + 4 * TCP_LAB_STEP)
		return LLVMFuzzerMutate(data, len, max);
	if (len < TCP_LAB_HEAD)
		memset(data + len, 0, TCP_LAB_HEAD - len);
	steps = step_count(len);
	most = min_of(most, (size_t)TCP_LAB_STEPS);
	steps = min_of(steps, most);
	for (unsigned int i = 1 + roll(&dice, 3); i > 0; i--)
		steps = mutate(&dice, data, steps, most);
	return TCP_LAB_HEAD + steps * TCP_LAB_STEP;
}

/* The beginning of one, then the end of the other. */
size_t
LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b,
			  size_t b_len, uint8_t *out, size_t max,
			  unsigned int seed)
{
	struct dice dice = { seed * 0x9e3779b97f4a7c15u + 1 };
	size_t a_steps = roll(&dice, (uint32_t)step_count(a_len) + 1);
	size_t from = roll(&dice, (uint32_t)step_count(b_len) + 1);
	size_t b_steps = step_count(b_len) - from, len;

	len = TCP_LAB_HEAD + (a_steps + b_steps) * TCP_LAB_STEP;
	if (a_len < TCP_LAB_HEAD || len > max)
		return 0;
	memcpy(out, a, TCP_LAB_HEAD + a_steps * TCP_LAB_STEP);
	if (b_steps)
		memcpy(out + TCP_LAB_HEAD + a_steps * TCP_LAB_STEP,
		       b + TCP_LAB_HEAD + from * TCP_LAB_STEP,
		       b_steps * TCP_LAB_STEP);
	return len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	tcp_lab_play(data, len, NULL);
	return 0;
}
