/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the bytes of a packet that has ended. */
#include "net/skb.h"
#include "tests/boot/panic_main.h"

static struct skb_pool pool;
static struct skb_account account;

void
misdeed(struct pages *pages)
{
	struct skb *volatile skb;

	assert(skb_pool_init(&pool, pages, &account, 64) == OK);
	skb = skb_alloc(&pool);
	assert(skb);
	skb_put(skb, 60);
	skb_consume(skb);
	log_info("%u", skb->data[14]);
}
