/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next-hop objects, see nexthop.h. They are kept by id in the FIB's memory; who
 * changes one has the routes that refer to it changed, too, in place: their
 * next hops are copies. Changes come from the core that routes packets, between
 * two of them. Observed on Linux 6.18 with iproute2 6.1.
 */

#include "net/ipv4/nexthop.h"

#include "net/ipv4/fib_internal.h"
#include "net/ipv4/resilient.h"

/* Linux's. */
#define IDLE_TIMER_S 120u

struct entry {
	uint32_t room;		 /* members it has memory for */
	struct resilient *table; /* of a resilient group */
	struct nexthop_object object;
};

static size_t
entry_len(uint32_t room)
{
	return sizeof(struct entry) + room * sizeof(struct nexthop_member);
}

static struct entry *
entry_at(const struct fib *fib, const struct fib_cursor *cursor)
{
	return fib_mem_at(&fib->mem, *fib_cursor_ref(cursor));
}

static struct entry *
find(struct fib *fib, uint32_t id)
{
	struct fib_cursor cursor;

	return fib_tree_find(&fib->nexthops, id, 0, &cursor)
		       ? entry_at(fib, &cursor)
		       : NULL;
}

const struct nexthop_object *
nexthop_find(struct net *net, uint32_t id)
{
	const struct entry *entry = find(net->fib, id);

	return entry ? &entry->object : NULL;
}

/* The entry with the least id above this one. */
static struct entry *
after(struct fib *fib, uint32_t id)
{
	struct fib_cursor cursor;

	fib_tree_seek(&fib->nexthops, id, 1, &cursor);
	return fib_cursor_settle(&cursor) ? entry_at(fib, &cursor) : NULL;
}

const struct nexthop_object *
nexthop_after(struct net *net, uint32_t id)
{
	const struct entry *entry = after(net->fib, id);

	return entry ? &entry->object : NULL;
}

#define for_each_entry(it, fib)                                                \
	for (it = after(fib, 0); it; it = after(fib, it->object.id))

static bool
has_member(const struct nexthop_object *group, uint32_t id)
{
	for (uint32_t i = 0; i < group->member_count; i++)
		if (group->member[i].id == id)
			return true;
	return false;
}

/* ---- routes ------------------------------------------------------------- */

/* The next hops of an object; true if it is a blackhole. */
static bool
resolve(struct fib *fib, const struct nexthop_object *object,
	struct route *route)
{
	const struct entry *member;
	bool blackhole = object->blackhole;

	route->nexthop_count = 0;
	if (!object->member_count && !blackhole)
		route->nexthop[route->nexthop_count++] = object->hop;
	for (uint32_t i = 0; i < object->member_count; i++) {
		member = find(fib, object->member[i].id);
		blackhole |= member->object.blackhole;
		if (member->object.blackhole)
			continue;
		route->nexthop[route->nexthop_count] = member->object.hop;
		route->nexthop[route->nexthop_count++].weight =
			object->member[i].weight;
	}
	return blackhole;
}

/* What is known of the ways of a route by an object. */
static void
note_gateways(struct fib *fib, struct route *route)
{
	for (uint32_t i = 0; i < route->nexthop_count; i++)
		fib_gateway_note(fib, &route->nexthop[i]);
}

/* A group's members have changed, or whether they carry packets. */
static void
table_follow(struct fib *fib, const struct entry *entry)
{
	union fib_route_room room;

	if (!entry->table)
		return;
	room.route.nhid = entry->object.id;
	(void)resolve(fib, &entry->object, &room.route);
	note_gateways(fib, &room.route);
	resilient_follow(entry->table, &entry->object,
			 fib_live_set(&room.route));
}

void
nexthop_tables_follow(struct fib *fib)
{
	const struct entry *it;

	for_each_entry(it, fib) table_follow(fib, it);
}

void
nexthop_fill(struct fib *fib, struct route_info *info)
{
	struct route *route = &info->route;
	const struct entry *entry = find(fib, route->nhid);

	net_ways_changed(fib->net);
	if (!entry) {
		info->dead = true;
		return;
	}
	route->type = info->asked_type;
	if (resolve(fib, &entry->object, route) && route->type == ROUTE_UNICAST)
		route->type = ROUTE_BLACKHOLE;
	note_gateways(fib, route);
	route->resilient = entry->table != NULL;
	if (!entry->table)
		return;
	*fib_resilient_of(route) = entry->table;
	if (route->nexthop_count == 1)
		route->nexthop[0].flags |= NEXTHOP_COUNTS;
	table_follow(fib, entry);
}

/* An object has changed or gone: its routes and those of its groups follow. */
static bool
routes_follow(struct fib *fib, uint32_t id)
{
	const struct entry *it;
	bool dead = false;

	for_each_entry(it, fib)
	{
		if (it->object.id != id && !has_member(&it->object, id))
			continue;
		table_follow(fib, it);
		dead |= fib_infos_follow(fib, it->object.id);
	}
	return dead;
}

/* ---- adding ------------------------------------------------------------- */

static enum fib_error
check_member(struct fib *fib, const struct nexthop_object *group,
	     const struct nexthop_member *member)
{
	const struct entry *entry = find(fib, member->id);

	if (!entry)
		return FIB_NH_MEMBER;
	if (entry->object.member_count)
		return entry->table ? FIB_NH_NESTED_RES : FIB_NH_NESTED;
	if (entry->object.blackhole && group->member_count > 1)
		return FIB_NH_BLACKHOLE;
	if (member->weight < 1 || member->weight > 256)
		return FIB_INVALID;
	return FIB_OK;
}

static enum fib_error
check_group(struct fib *fib, struct nexthop_object *draft)
{
	enum fib_error error = FIB_OK;

	draft->hop = (struct nexthop){ 0 };
	draft->blackhole = false;
	if (draft->resilient && draft->bucket_count == 0)
		return FIB_NH_BUCKETS;
	for (uint32_t i = 0; i < draft->member_count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (draft->member[i].id == draft->member[j].id)
				return FIB_NH_TWICE;
	for (uint32_t i = 0; i < draft->member_count && !error; i++)
		error = check_member(fib, draft, &draft->member[i]);
	return error;
}

static enum fib_error
check_single(struct fib *fib, struct nexthop_object *draft)
{
	enum fib_error error;

	if (draft->blackhole) {
		draft->hop = (struct nexthop){ 0 };
		return FIB_OK;
	}
	if (!draft->hop.dev)
		return FIB_NH_DEVICE;
	if (!netdev_is_up(draft->hop.dev))
		return FIB_ONLINK_DOWN;
	draft->hop.weight = 1;
	draft->hop.flags &= NEXTHOP_ONLINK;
	error = fib_check_nexthop(fib, SCOPE_GLOBAL, &draft->hop);
	/* That is noted where routes have it. */
	draft->hop.flags &= (uint8_t)~NEXTHOP_SILENT;
	return error;
}

/* Would a single one that becomes a blackhole spoil a group? */
static bool
shares_a_group(struct fib *fib, uint32_t id)
{
	const struct entry *it;

	for_each_entry(it, fib) if (it->object.member_count > 1 &&
				    has_member(&it->object, id)) return true;
	return false;
}

static enum fib_error
check_replace(struct fib *fib, const struct nexthop_object *old,
	      const struct nexthop_object *new)
{
	if (old->member_count && !new->member_count)
		return FIB_NH_GROUP;
	if (!old->member_count && new->member_count)
		return FIB_NH_SINGLE;
	if (old->resilient != new->resilient)
		return FIB_NH_TYPE;
	if (new->resilient &&new->bucket_count !=
	    NEXTHOP_UNSAID &&new->bucket_count != old->bucket_count)
		return FIB_NH_BUCKETS_SET;
	if (new->blackhole && shares_a_group(fib, new->id))
		return FIB_NH_MEMBER_HOLE;
	return FIB_OK;
}

/* The first that is free above the last one chosen. */
static uint32_t
choose_id(struct fib *fib)
{
	do
		fib->nexthop_id++;
	while (!fib->nexthop_id || find(fib, fib->nexthop_id));
	return fib->nexthop_id;
}

static void
entry_free(struct fib *fib, struct entry *entry)
{
	if (entry->table)
		resilient_free(entry->table);
	fib_mem_free(&fib->mem, entry, entry_len(entry->room));
}

/* In the place of the old one, or as a new one. */
static enum fib_error
enter(struct fib *fib, struct entry *new, struct entry *old)
{
	uint32_t handle = fib_mem_handle(&fib->mem, new);
	struct fib_cursor cursor;

	fib_tree_seek(&fib->nexthops, new->object.id, 0, &cursor);
	if (!old) {
		if (fib_tree_insert(&cursor, new->object.id, 0, handle) != OK)
			return FIB_FULL;
		table_follow(fib, new);
		return FIB_OK;
	}
	(void)fib_cursor_settle(&cursor);
	*fib_cursor_ref(&cursor) = handle;
	new->table = old->table;
	old->table = NULL;
	entry_free(fib, old);
	if (routes_follow(fib, new->object.id))
		fib_flush(fib);
	return FIB_OK;
}

/* Is it sound, and may it take the place of the old one? */
static enum fib_error
check(struct fib *fib, struct nexthop_object *draft, const struct entry *old,
      enum nexthop_op op)
{
	enum fib_error error = draft->member_count ? check_group(fib, draft)
						   : check_single(fib, draft);

	if (error)
		return error;
	if (old)
		return op == NEXTHOP_ADD
			       ? FIB_EXISTS
			       : check_replace(fib, &old->object, draft);
	return draft->resilient && draft->bucket_count == NEXTHOP_UNSAID
		       ? FIB_NH_NO_BUCKETS
		       : FIB_OK;
}

static uint32_t
said(uint32_t value, uint32_t otherwise)
{
	return value != NEXTHOP_UNSAID ? value : otherwise;
}

/* What is not said of a resilient group, and the table of a new one. */
static enum fib_error
complete(struct fib *fib, struct entry *new, const struct entry *old)
{
	struct nexthop_object *draft = &new->object;

	if (!draft->resilient)
		return FIB_OK;
	if (old)
		draft->bucket_count = old->object.bucket_count;
	draft->idle_timer_s =
		said(draft->idle_timer_s,
		     old ? old->object.idle_timer_s : IDLE_TIMER_S);
	draft->unbalanced_timer_s =
		said(draft->unbalanced_timer_s,
		     old ? old->object.unbalanced_timer_s : 0);
	if (!old)
		new->table = resilient_new(fib, draft);
	return old || new->table ? FIB_OK : FIB_FULL;
}

enum fib_error
nexthop_add(struct net *net, const struct nexthop_object *want,
	    enum nexthop_op op, uint32_t *id)
{
	struct fib *fib = net->fib;
	struct entry *old = want->id ? find(fib, want->id) : NULL, *new;
	enum fib_error error;

	if (want->member_count > ROUTE_NEXTHOPS_MAX)
		return FIB_INVALID;
	new = fib_mem_alloc(&fib->mem, entry_len(want->member_count));
	if (!new)
		return FIB_FULL;
	new->room = want->member_count;
	new->table = NULL;
	memcpy(&new->object, want,
	       sizeof(*want) +
		       want->member_count * sizeof(struct nexthop_member));
	error = check(fib, &new->object, old, op);
	if (!error && !want->id)
		new->object.id = choose_id(fib);
	if (!error)
		error = complete(fib, new, old);
	if (id)
		*id = new->object.id;
	if (!error)
		error = enter(fib, new, old);
	if (error)
		entry_free(fib, new);
	else
		watch_nexthop(net, &new->object, false);
	return error;
}

/* ---- deleting ----------------------------------------------------------- */

static void
take_out(struct fib *fib, struct entry *entry)
{
	struct fib_cursor cursor;

	if (fib_tree_find(&fib->nexthops, entry->object.id, 0, &cursor))
		fib_tree_remove(&cursor);
	entry_free(fib, entry);
}

static void
member_remove(struct nexthop_object *group, uint32_t id)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < group->member_count; i++)
		if (group->member[i].id != id)
			group->member[left++] = group->member[i];
	group->member_count = left;
}

/* Leaves its groups; one that has nobody left goes, too. */
static bool
leave_groups(struct fib *fib, uint32_t id)
{
	uint32_t group_id = 0;
	struct entry *group;
	bool dead = false;

	while ((group = after(fib, group_id))) {
		group_id = group->object.id;
		if (!has_member(&group->object, id))
			continue;
		member_remove(&group->object, id);
		watch_nexthop(fib->net, &group->object,
			      !group->object.member_count);
		if (!group->object.member_count)
			take_out(fib, group);
		else
			table_follow(fib, group);
		dead |= fib_infos_follow(fib, group_id);
	}
	return dead;
}

/* True if routes died of it: they are to be flushed. */
static bool
remove_entry(struct fib *fib, struct entry *entry)
{
	uint32_t id = entry->object.id;
	bool dead;

	watch_nexthop(fib->net, &entry->object, true);
	take_out(fib, entry);
	dead = leave_groups(fib, id);
	return fib_infos_follow(fib, id) || dead;
}

enum fib_error
nexthop_delete(struct net *net, uint32_t id)
{
	struct entry *entry = find(net->fib, id);

	if (!entry)
		return FIB_NO_ENTRY;
	if (remove_entry(net->fib, entry))
		fib_flush(net->fib);
	return FIB_OK;
}

uint32_t
nexthop_flush(struct net *net, const struct netdev *dev)
{
	uint32_t id = 0, before = net->fib->nexthops.count;
	struct entry *entry;
	bool dead = false;

	while ((entry = after(net->fib, id))) {
		id = entry->object.id;
		if (!dev || entry->object.hop.dev == dev)
			dead |= remove_entry(net->fib, entry);
	}
	if (dead)
		fib_flush(net->fib);
	return before - net->fib->nexthops.count;
}

void
nexthop_netdev_event(struct netdev *dev, enum netdev_event event)
{
	struct fib *fib = dev->net->fib;
	struct entry *it;

	if (event == NETDEV_EVENT_DOWN || event == NETDEV_EVENT_UNREGISTER)
		(void)nexthop_flush(dev->net, dev);
	if (event != NETDEV_EVENT_CARRIER)
		return;
	/* Their routes' copies are told by fib_nexthops_down() and _up(). */
	for_each_entry(it, fib)
	{
		if (it->object.hop.dev != dev)
			continue;
		it->object.hop.flags &=
			(uint8_t) ~(NEXTHOP_LINKDOWN | NEXTHOP_RESTS);
		it->object.hop.flags |= fib_link_flags(dev);
	}
	nexthop_tables_follow(fib);
}

/* ---- buckets ------------------------------------------------------------ */

static const struct resilient *
table_of(const struct nexthop_object *object)
{
	return container_of(object, const struct entry, object)->table;
}

bool
nexthop_bucket(struct net *net, const struct nexthop_object *group,
	       uint32_t index, struct nexthop_bucket *bucket)
{
	const struct resilient *table = table_of(group);
	uint32_t now = (uint32_t)(net->now_ns >> RESILIENT_TICK_SHIFT);

	if (!table || index >= table->bucket_count)
		return false;
	*bucket = (struct nexthop_bucket){
		.nhid = table->member_id[table->bucket[index].owner],
		.idle_ns = (uint64_t)(now - table->bucket[index].used)
			   << RESILIENT_TICK_SHIFT,
	};
	return true;
}

uint64_t
nexthop_unbalanced_ns(struct net *net, const struct nexthop_object *group)
{
	const struct resilient *table = table_of(group);

	return table && table->unbalanced_ns
		       ? net->now_ns - table->unbalanced_ns
		       : 0;
}

void
nexthop_check(struct fib *fib)
{
	const struct entry *it;

	for_each_entry(it, fib) if (it->table) resilient_check(it->table);
}

void
nexthop_fini(struct fib *fib)
{
	const struct entry *it;

	for_each_entry(it, fib) if (it->table) resilient_free(it->table);
}
