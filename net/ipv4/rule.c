/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeping the list of policy rules, see rule.h; what they decide is decided in
 * fib_find.c. Linux's ways: a rule without a priority goes before the second
 * one of the list; a goto leads ahead; a rule whose interface is not there
 * stays and matches nothing. Rules live in the FIB's memory.
 */

#include "net/ipv4/rule.h"

#include "net/ipv4/fib_internal.h"

static const struct rule default_rules[] = {
	{
		.priority = 0,
		.action = RULE_TABLE,
		.table = TABLE_LOCAL,
		.proto = ROUTE_PROTO_KERNEL,
		.suppress_prefix_len = RULE_PREFIX_KEEP,
	},
	{
		.priority = 32766,
		.action = RULE_TABLE,
		.table = TABLE_MAIN,
		.proto = ROUTE_PROTO_KERNEL,
		.suppress_prefix_len = RULE_PREFIX_KEEP,
	},
	{
		.priority = 32767,
		.action = RULE_TABLE,
		.table = TABLE_DEFAULT,
		.proto = ROUTE_PROTO_KERNEL,
		.suppress_prefix_len = RULE_PREFIX_KEEP,
	},
};

/* ---- comparing ---------------------------------------------------------- */

static bool
same_match(const struct rule *a, const struct rule *b)
{
	return a->invert == b->invert && a->src == b->src &&
	       a->src_len == b->src_len && a->dst == b->dst &&
	       a->dst_len == b->dst_len && !strcmp(a->iif, b->iif) &&
	       !strcmp(a->oif, b->oif) && a->tos == b->tos &&
	       a->ipproto == b->ipproto && a->sport_first == b->sport_first &&
	       a->sport_last == b->sport_last &&
	       a->dport_first == b->dport_first &&
	       a->dport_last == b->dport_last && a->mark == b->mark &&
	       a->mark_mask == b->mark_mask;
}

/*
 * Is the one as good as the other? Linux compares prefixes and the TOS only if
 * the new one gives them, and does not compare not and the target at all.
 */
static bool
is_known(const struct rule *old, const struct rule *new)
{
	return old->priority == new->priority && old->action == new->action &&
	       old->table == new->table && old->proto == new->proto &&
	       old->suppress_prefix_len == new->suppress_prefix_len &&
	       !strcmp(old->iif, new->iif) && !strcmp(old->oif, new->oif) &&
	       old->mark == new->mark && old->mark_mask == new->mark_mask &&
	       old->ipproto == new->ipproto &&
	       old->sport_first == new->sport_first &&
	       old->sport_last == new->sport_last &&
	       old->dport_first == new->dport_first &&
	       old->dport_last == new->dport_last &&
	       (!new->tos || old->tos == new->tos) &&
	       (!new->src_len ||
		(old->src_len == new->src_len && old->src == new->src)) &&
	       (!new->dst_len ||
		(old->dst_len == new->dst_len && old->dst == new->dst));
}

/* Every field that *like sets, but not and the target of a goto. (Linux) */
static bool
is_like(const struct rule *rule, const struct rule *like)
{
	return (like->priority == RULE_PRIORITY_AUTO ||
		like->priority == rule->priority) &&
	       (!like->action || like->action == rule->action) &&
	       (!like->table || like->table == rule->table) &&
	       (!like->src_len ||
		(like->src_len == rule->src_len && like->src == rule->src)) &&
	       (!like->dst_len ||
		(like->dst_len == rule->dst_len && like->dst == rule->dst)) &&
	       (!like->iif[0] || !strcmp(like->iif, rule->iif)) &&
	       (!like->oif[0] || !strcmp(like->oif, rule->oif)) &&
	       (!like->tos || like->tos == rule->tos) &&
	       (!like->ipproto || like->ipproto == rule->ipproto) &&
	       (!like->proto || like->proto == rule->proto) &&
	       (!like->sport_first || (like->sport_first == rule->sport_first &&
				       like->sport_last == rule->sport_last)) &&
	       (!like->dport_first || (like->dport_first == rule->dport_first &&
				       like->dport_last == rule->dport_last)) &&
	       (!like->mark || like->mark == rule->mark) &&
	       (!like->mark_mask || like->mark_mask == rule->mark_mask) &&
	       (like->suppress_prefix_len == RULE_PREFIX_KEEP ||
		like->suppress_prefix_len == rule->suppress_prefix_len);
}

/* ---- the list ----------------------------------------------------------- */

/* Do the rules say no more than the merged lookup does? */
static bool
are_default(const struct fib *fib)
{
	const struct rule_entry *entry;
	uint32_t i = 0;

	list_for_each(entry, &fib->rules, rule.link) {
		if (i == array_len(default_rules) ||
		    entry->rule.table != default_rules[i].table ||
		    entry->rule.action != RULE_TABLE ||
		    entry->rule.suppress_prefix_len != RULE_PREFIX_KEEP ||
		    !same_match(&entry->rule, &default_rules[i]))
			return false;
		i++;
	}
	return i == array_len(default_rules);
}

/* As Linux: just before the second rule, so after the one for table local. */
static uint32_t
choose_priority(const struct fib *fib)
{
	const struct list *second = fib->rules.next->next;
	const struct rule_entry *entry =
		list_entry(second, struct rule_entry, rule.link);

	if (list_empty(&fib->rules) || second == &fib->rules ||
	    !entry->rule.priority)
		return 0;
	return entry->rule.priority - 1;
}

static void
find_interfaces(struct net *net, struct rule_entry *entry)
{
	const struct netdev *in = netdev_find(net, entry->rule.iif);
	const struct netdev *out = netdev_find(net, entry->rule.oif);

	entry->iif = in ? in->ifindex : 0;
	entry->oif = out ? out->ifindex : 0;
}

static void
find_targets(struct fib *fib)
{
	struct rule_entry *entry, *it;

	list_for_each(entry, &fib->rules, rule.link) {
		entry->target = NULL;
		if (entry->rule.action != RULE_GOTO)
			continue;
		list_for_each(it, &fib->rules, rule.link) {
			if (it->rule.priority != entry->rule.target)
				continue;
			entry->target = it;
			break;
		}
	}
}

static void
link_in(struct fib *fib, struct rule_entry *entry)
{
	struct list *at = &fib->rules;
	struct rule_entry *it;

	list_for_each(it, &fib->rules, rule.link)
		if (it->rule.priority <= entry->rule.priority)
			at = &it->rule.link;
	list_add_after(at, &entry->rule.link);
	find_targets(fib);
}

static void
unlink_free(struct fib *fib, struct rule_entry *entry)
{
	list_remove(&entry->rule.link);
	fib_mem_free(&fib->mem, entry, sizeof(*entry));
	find_targets(fib);
}

/* ---- changing ----------------------------------------------------------- */

static enum rule_error
check(const struct rule *want)
{
	switch (want->action) {
	case RULE_TABLE:
		if (!want->table)
			return RULE_INVALID;
		break;
	case RULE_GOTO:
		if (want->target <= want->priority)
			return RULE_BACKWARDS;
		break;
	case RULE_NOP:
	case RULE_BLACKHOLE:
	case RULE_UNREACHABLE:
	case RULE_PROHIBIT: break;
	default: return RULE_INVALID;
	}
	if (want->tos & 3)
		return RULE_BAD_TOS;
	if (want->src_len > 32 || want->dst_len > 32 ||
	    want->sport_first > want->sport_last ||
	    want->dport_first > want->dport_last)
		return RULE_INVALID;
	return RULE_OK;
}

/* The list has changed: do packets have to look at it? */
static enum status
settle(struct fib *fib)
{
	bool ruled = !are_default(fib);

	if (ruled && !fib->ruled && fib_tables_separate(fib) != OK)
		return ERR_NOMEM;
	fib_mode(fib, ruled, fib->stale);
	return OK;
}

static struct rule_entry *
add_entry(struct fib *fib, const struct rule *rule)
{
	struct fib_table *table = NULL;
	struct rule_entry *entry;

	if (rule->action == RULE_TABLE) {
		table = fib_table_get(fib, rule->table);
		if (!table)
			return NULL;
	}
	entry = fib_mem_alloc(&fib->mem, sizeof(*entry));
	if (!entry)
		return NULL;
	*entry = (struct rule_entry){ .rule = *rule, .table = table };
	find_interfaces(fib->net, entry);
	link_in(fib, entry);
	return entry;
}

enum rule_error
rule_add(struct net *net, const struct rule *want)
{
	struct fib *fib = net->fib;
	struct rule rule = *want;
	struct rule_entry *entry;
	enum rule_error error;

	if (rule.priority == RULE_PRIORITY_AUTO)
		rule.priority = choose_priority(fib);
	/* A mark without a mask is compared as a whole. */
	if (rule.mark && !rule.mark_mask)
		rule.mark_mask = UINT32_MAX;
	error = check(&rule);
	if (error != RULE_OK)
		return error;
	list_for_each(entry, &fib->rules, rule.link)
		if (is_known(&entry->rule, &rule))
			return RULE_EXISTS;
	entry = add_entry(fib, &rule);
	if (!entry)
		return RULE_FULL;
	if (settle(fib) != OK) {
		unlink_free(fib, entry);
		return RULE_FULL;
	}
	watch_rule(net, &entry->rule, false);
	return RULE_OK;
}

enum rule_error
rule_delete(struct net *net, const struct rule *like)
{
	struct fib *fib = net->fib;
	struct rule_entry *entry;

	if (like->action == RULE_GOTO && like->priority != RULE_PRIORITY_AUTO &&
	    like->target <= like->priority)
		return RULE_BACKWARDS;
	list_for_each(entry, &fib->rules, rule.link) {
		if (!is_like(&entry->rule, like))
			continue;
		/* Whatever is left, it may be other than the default. */
		if (fib_tables_separate(fib) != OK)
			return RULE_FULL;
		watch_rule(net, &entry->rule, true);
		unlink_free(fib, entry);
		fib_mode(fib, !are_default(fib), fib->stale);
		return RULE_OK;
	}
	return RULE_NOT_FOUND;
}

enum rule_error
rule_flush(struct net *net)
{
	struct fib *fib = net->fib;
	struct rule_entry *entry, *after;

	if (fib_tables_separate(fib) != OK)
		return RULE_FULL;
	list_for_each_safe(entry, after, &fib->rules, rule.link) {
		if (!entry->rule.priority)
			continue;
		watch_rule(net, &entry->rule, true);
		unlink_free(fib, entry);
	}
	fib_mode(fib, !are_default(fib), fib->stale);
	return RULE_OK;
}

enum status
rule_init(struct net *net)
{
	struct fib *fib = net->fib;

	list_init(&fib->rules);
	for (uint32_t i = 0; i < array_len(default_rules); i++)
		if (!add_entry(fib, &default_rules[i]))
			return ERR_NOMEM;
	return OK;
}

/* ---- interfaces, showing ------------------------------------------------ */

void
rule_netdev_event(struct netdev *dev, enum netdev_event event)
{
	struct fib *fib = dev->net->fib;
	struct rule_entry *entry;

	if (event != NETDEV_EVENT_REGISTER && event != NETDEV_EVENT_RENAME &&
	    event != NETDEV_EVENT_UNREGISTER)
		return;
	list_for_each(entry, &fib->rules, rule.link) {
		find_interfaces(dev->net, entry);
		/* It is still listed while it says that it leaves. */
		if (event != NETDEV_EVENT_UNREGISTER)
			continue;
		if (entry->iif == dev->ifindex)
			entry->iif = 0;
		if (entry->oif == dev->ifindex)
			entry->oif = 0;
	}
}

void
rule_for_each(struct net *net,
	      bool (*visit)(void *ctx, const struct rule *rule), void *ctx)
{
	const struct rule_entry *entry;

	list_for_each(entry, &net->fib->rules, rule.link)
		if (!visit(ctx, &entry->rule))
			return;
}

static bool
is_same(const struct rule *a, const struct rule *b)
{
	return a->priority == b->priority && a->action == b->action &&
	       a->table == b->table && a->proto == b->proto &&
	       a->suppress_prefix_len == b->suppress_prefix_len &&
	       same_match(a, b);
}

const struct rule *
rule_initial(struct net *net, uint32_t priority)
{
	const struct rule_entry *entry;

	list_for_each(entry, &net->fib->rules, rule.link) {
		if (entry->rule.priority != priority)
			continue;
		for (uint32_t i = 0; i < array_len(default_rules); i++)
			if (is_same(&entry->rule, &default_rules[i]))
				return &entry->rule;
		return NULL;
	}
	return NULL;
}

bool
rule_is_detached(struct net *net, const char *ifname)
{
	return ifname[0] && !netdev_find(net, ifname);
}

bool
rule_is_unresolved(const struct rule *rule)
{
	const struct rule_entry *entry =
		container_of(rule, struct rule_entry, rule);

	return rule->action == RULE_GOTO && !entry->target;
}

const char *
rule_error_text(enum rule_error error)
{
	static const char *const text[] = {
		[RULE_OK] = "",
		[RULE_EXISTS] = "RTNETLINK answers: File exists",
		[RULE_NOT_FOUND] =
			"RTNETLINK answers: No such file or directory",
		[RULE_INVALID] = "RTNETLINK answers: Invalid argument",
		[RULE_BAD_TOS] =
			"Error: Invalid dsfield (tos): ECN bits must be 0.",
		[RULE_BACKWARDS] = "Error: Backward goto not supported.",
		[RULE_FULL] = "RTNETLINK answers: Cannot allocate memory",
	};

	return text[error];
}
