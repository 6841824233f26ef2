/* SPDX-License-Identifier: BSD-2-Clause */
/* Pushes more headers than there is headroom for. */
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
	for (int i = 0; i < 100; i++)
		skb_push(skb, 20);
}
