/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose segment is it: connections in a hash table over both ends, keyed so
 * that nobody can aim at a bucket; listeners, which are few, in a list. Also
 * which ports are free. State: net->tcp. [RFC9293 3.10.7] [RFC6056]
 */

#include "net/tcp/internal.h"

enum status
tcp_table_init(struct net *net, uint32_t sock_count_max)
{
	struct tcp_table *tcp = &net->tcp;
	uint32_t count = 64;

	while (count < sock_count_max)
		count *= 2;
	tcp->bucket_mask = count - 1;
	tcp->bucket_order = pages_order(count * sizeof(struct list));
	tcp->bucket = pages_alloc(net->pages, tcp->bucket_order);
	if (!tcp->bucket)
		return ERR_NOMEM;
	tcp->tw_order = pages_order(count * sizeof(struct tcp_timewait *));
	tcp->tw_bucket = pages_alloc(net->pages, tcp->tw_order);
	if (!tcp->tw_bucket)
		goto undo_bucket;
	if (pool_init(&tcp->tw_pool, net->pages, "tcp_timewait", 64, CACHE_LINE,
		      sock_count_max) != OK)
		goto undo_tw_bucket;
	memset(tcp->tw_bucket, 0, count * sizeof(struct tcp_timewait *));
	for (uint32_t i = 0; i < count; i++)
		list_init(&tcp->bucket[i]);
	return OK;

undo_tw_bucket:
	pages_free(net->pages, tcp->tw_bucket, tcp->tw_order);
undo_bucket:
	pages_free(net->pages, tcp->bucket, tcp->bucket_order);
	return ERR_NOMEM;
}

void
tcp_table_fini(struct net *net)
{
	struct tcp_table *tcp = &net->tcp;

	pool_fini(&tcp->tw_pool);
	pages_free(net->pages, tcp->tw_bucket, tcp->tw_order);
	pages_free(net->pages, tcp->bucket, tcp->bucket_order);
}

uint64_t
tcp_hash(const struct net *net, const struct sock_addr *local,
	 const struct sock_addr *remote)
{
	return hash_2u64(&net->secret,
			 (uint64_t)local->addr << 32 | remote->addr,
			 (uint64_t)local->port << 16 | remote->port);
}

static struct list *
bucket_of(struct net *net, const struct sock_addr *local,
	  const struct sock_addr *remote)
{
	return &net->tcp.bucket[tcp_hash(net, local, remote) &
				net->tcp.bucket_mask];
}

void
tcp_hash_add(struct tcp_sock *ts)
{
	struct net *net = ts->sock->net;

	if (ts->state == TCP_LISTEN)
		return list_add_last(&net->tcp.listeners, &ts->sock->hash_link);
	list_add_first(bucket_of(net, &ts->sock->local, &ts->sock->remote),
		       &ts->sock->hash_link);
}

void
tcp_hash_remove(struct sock *sock)
{
	struct tcp_table *tcp = &sock->net->tcp;

	list_remove(&sock->hash_link);
	if (tcp->found == sock)
		tcp->found = NULL;
}

struct sock *
tcp_find_anew(struct net *net, const struct sock_addr *local,
	      const struct sock_addr *remote)
{
	struct list *bucket = bucket_of(net, local, remote);
	struct sock *sock;

	list_for_each(sock, bucket, hash_link)
		if (tcp_is_between(sock, local, remote))
			return net->tcp.found = sock;
	return NULL;
}

/* The one for this very address goes before the one for any. */
struct tcp_sock *
tcp_find_listener(struct net *net, const struct sock_addr *local)
{
	struct sock *sock, *any = NULL;

	list_for_each(sock, &net->tcp.listeners, hash_link) {
		if (sock->local.port != local->port)
			continue;
		if (sock->local.addr == local->addr)
			return tcp_of(sock);
		if (!sock->local.addr)
			any = sock;
	}
	return any ? tcp_of(any) : NULL;
}

bool
tcp_listener_collides(struct net *net, const struct sock_addr *local)
{
	struct sock *sock;

	list_for_each(sock, &net->tcp.listeners, hash_link)
		if (sock_addr_same(&sock->local, local))
			return true;
	return false;
}

/* Is the pair of ends free? What is in TIME-WAIT is not. */
static bool
is_free(struct net *net, const struct sock_addr *local,
	const struct sock_addr *remote)
{
	return !tcp_find(net, local, remote) &&
	       !tcp_timewait_find(net, local, remote) &&
	       !tcp_find_listener(net, local);
}

/*
 * From a random port on, the first whose pair is free: nobody can guess it, and
 * it is found quickly in a crowd. [RFC6056 3.3.1]
 */
uint16_t
tcp_choose_port(struct net *net, uint32_t addr, const struct sock_addr *remote)
{
	const struct ipv4_param *param = &net->ipv4_param;
	uint32_t first = max_of(param->ip_local_port_first, 1u);
	uint32_t last = min_of(param->ip_local_port_last, 65535u);
	uint32_t count = last >= first ? last - first + 1 : 0, start;
	struct sock_addr local = { .addr = addr };

	if (count == 0)
		return 0;
	start = random_below(&net->random, count);
	for (uint32_t i = 0; i < count; i++) {
		local.port = (uint16_t)(first + (start + i) % count);
		if (is_free(net, &local, remote))
			return local.port;
	}
	return 0;
}

void
tcp_for_each(struct net *net, void (*visit)(void *, struct sock *), void *ctx)
{
	struct tcp_table *tcp = &net->tcp;
	struct sock *sock, *after;

	list_for_each_safe(sock, after, &tcp->listeners, hash_link)
		visit(ctx, sock);
	for (uint32_t i = 0; i <= tcp->bucket_mask; i++)
		list_for_each_safe(sock, after, &tcp->bucket[i], hash_link)
			visit(ctx, sock);
}

#define WALK_BUCKETS 1024u /* looked at in one go, at most */

bool
tcp_walk(struct net *net, uint32_t *place, uint32_t most,
	 const struct tcp_visitor *visitor, void *ctx)
{
	struct tcp_table *tcp = &net->tcp;
	struct sock *sock, *after;
	uint32_t seen = 0;

	if (*place == 0) {
		list_for_each_safe(sock, after, &tcp->listeners, hash_link)
			visitor->sock(ctx, sock);
		*place = 1;
		return true;
	}
	for (uint32_t i = 0; i < WALK_BUCKETS && seen < most; i++) {
		if (*place - 1 > tcp->bucket_mask)
			return false;
		list_for_each_safe(sock, after, &tcp->bucket[*place - 1],
				   hash_link) {
			visitor->sock(ctx, sock);
			seen++;
		}
		seen += tcp_timewait_visit(net, *place - 1, visitor->timewait,
					   ctx);
		++*place;
	}
	return true;
}
