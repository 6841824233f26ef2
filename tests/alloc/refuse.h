/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every allocation fails once. A piece of work (a unit test, a scenario, a
 * simulated run) is done once to count what it asks memory for, then again and
 * again in processes of their own, each with another request refused. Whatever
 * the work makes of it, nothing may crash, no invariant may break, and when its
 * stacks are taken down all memory must come back.
 *
 * Nothing of this is in the product: the linker puts us between pages, pools
 * and the packet pool and those who ask them (--wrap), and each packet pool is
 * told to refuse every request, which takes it to skb_element_may(), which
 * is ours. See alloc.mk.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct refuse_totals {
	uint64_t works, asked; /* pieces of work; requests that they make */
	uint64_t refused;      /* runs in which one was refused */
	uint64_t survived;     /* and the work was done all the same */
	uint64_t ended;	       /* and it gave up; all memory came back */
	uint64_t nested;   /* and it gave up in a callback: not taken down */
	uint64_t left_out; /* runs that there was no time for */
	uint64_t failed;   /* something broke */
};

/*
 * Does work(ctx) again with every request refused in turn, or, with FAIRLEAD_
 * ALLOC=paths in the environment, one request of each way through the product
 * that leads to one. What broke is told on stdout, with the command to see it:
 * FAIRLEAD_ALLOC=n FAIRLEAD_WORK=name refuses the n-th of one piece alone.
 */
void refuse_each(const char *name, void (*work)(void *ctx), void *ctx,
		 struct refuse_totals *totals);

/* Panics of files whose names begin so are verdicts: they know that a request
 * may have been refused, by refuse_happened(). */
void refuse_trusts(const char *files);

/* The last line: totals, and whether all is well. Writes them to the file that
 * FAIRLEAD_RESULT names, too. The exit status. */
int refuse_report(const char *name, const struct refuse_totals *totals);

/* True once a request was refused: what needs every packet may not be asked
 * for any more. */
bool refuse_happened(void);

/* The work cannot go on (an expectation of its own is not met). If a request
 * was refused that is its right: what it set up is taken down, checked, and the
 * process ends. Else this returns. */
void refuse_gives_up(void);
