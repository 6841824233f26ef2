/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends the same packet twice. */
#include "net/skb.h"
#include "tests/boot/panic_main.h"

static struct skb_pool pool;
static struct skb_account account;

void
misdeed(struct pages *pages)
{
	struct skb *skb;

	assert(skb_pool_init(&pool, pages, &account, 64) == OK);
	skb = skb_alloc(&pool);
	assert(skb);
	skb_consume(skb);
	skb_consume(skb);
}
