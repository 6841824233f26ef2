/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes one byte too many into a packet; its neighbour tells. */
#include "net/skb.h"
#include "tests/boot/panic_main.h"

static struct skb_pool pool;
static struct skb_account account;

void
misdeed(struct pages *pages)
{
	struct skb *first, *second;

	assert(skb_pool_init(&pool, pages, &account, 64) == OK);
	second = skb_alloc(&pool);
	first = skb_alloc(&pool);
	assert(first && second && first->end == (uint8_t *)second);
	first->end[0] ^= 0x55;
	skb_consume(second);
}
