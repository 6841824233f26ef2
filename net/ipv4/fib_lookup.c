/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building the lookup structure from the trees, see fib_lookup.h. A sweep walks
 * the trees of all layers side by side through a range of addresses and keeps,
 * for each, the prefixes that cover the place where it is; wherever the answer
 * changes a run begins, and where a prefix is longer than a place is wide a
 * node is built for that place. Whoever changes routes calls it, one at a time.
 */

#include "net/ipv4/fib_lookup.h"

#include "net/ipv4/fib.h"

#define ADDRS_END (1ull << 32) /* behind the last address */

/* clang-format off */
#define UP_TO_16                                                              \
	0x0000, 0x0002, 0x0006, 0x000e, 0x001e, 0x003e, 0x007e, 0x00fe,       \
	0x01fe, 0x03fe, 0x07fe, 0x0ffe, 0x1ffe, 0x3ffe, 0x7ffe, 0xfffe
#define UP_TO_64 UP_TO_16, UP_TO_16, UP_TO_16, UP_TO_16

const uint32_t fib_up_to[256] = { UP_TO_64, UP_TO_64, UP_TO_64, UP_TO_64 };
/* clang-format on */

const uint64_t fib_copies = 0x200040008001, fib_fours = 0x1111111111111111,
	       fib_sum = 0x1111111111111111;

const struct fib_node fib_no_node = { .value = { 0 } };

static uint64_t
size_of(uint32_t len)
{
	return 1ull << (32 - len);
}

/* ---- the sweep --------------------------------------------------------- */

static const struct route *
ref_route(const struct fib_sweep *sweep, uint32_t ref)
{
	return fib_mem_at(sweep->lookup->mem, ref & ~FIB_REF_SPECIAL);
}

static bool
is_throw(const struct fib_sweep *sweep, uint32_t ref)
{
	return (ref & FIB_REF_SPECIAL) && !ref_route(sweep, ref)->tos;
}

/* Notes which prefix comes next: the one under the cursor, if there is more. */
static void
layer_note(struct fib_sweep_layer *layer, bool more)
{
	layer->next = ADDRS_END;
	if (!more)
		return;
	layer->next = fib_cursor_dst(&layer->cursor);
	layer->next_len = fib_cursor_len(&layer->cursor);
}

/* The next prefix begins here: it covers what follows. */
static void
layer_enter(struct fib_sweep_layer *layer)
{
	uint32_t dst = (uint32_t)layer->next;
	uint8_t len = layer->next_len;
	struct fib_cover *cover;
	bool more;

	if (len > 0 || !layer->floats) {
		cover = &layer->cover[++layer->depth];
		cover->end = dst + size_of(len);
		cover->ref = *fib_cursor_ref(&layer->cursor);
	}
	do
		more = fib_cursor_next(&layer->cursor);
	while (more && fib_cursor_is(&layer->cursor, dst, len));
	layer_note(layer, more);
}

static void
layer_begin(struct fib_sweep_layer *layer, const struct fib_layer *from,
	    uint32_t start, uint32_t len)
{
	struct fib_cursor outer;
	bool covered;

	layer->floats = from->floats;
	layer->has_default = false;
	layer->depth = 0;
	layer->cover[0] = (struct fib_cover){ .end = UINT64_MAX };
	fib_tree_seek(from->tree, start, 0, &layer->cursor);
	layer_note(layer, fib_cursor_settle(&layer->cursor));
	/* What begins before start and covers it: one, the longest, decides;
	 * but not if there is a longer one that begins here and reaches over
	 * all that is swept. */
	if (!start || (layer->next == start && layer->next_len <= len))
		return;
	covered = fib_tree_cover(from->tree, start, 31 - __builtin_ctz(start),
				 &outer);
	if (!covered && layer->next > start)
		fib_tree_note_gap(from->tree, start, layer->next);
	if (!covered || (!fib_cursor_len(&outer) && layer->floats))
		return;
	layer->cover[++layer->depth] = (struct fib_cover){
		.end = fib_cursor_dst(&outer) + size_of(fib_cursor_len(&outer)),
		.ref = *fib_cursor_ref(&outer),
	};
}

/* Is there a default route of the layer, and does it decide? */
static bool
has_default(const struct fib_sweep *sweep, const struct fib_layer *layer)
{
	struct fib_cursor cursor;

	return layer->floats && fib_tree_find(layer->tree, 0, 0, &cursor) &&
	       !is_throw(sweep, *fib_cursor_ref(&cursor));
}

/* Before addr/len, which is to be swept as a whole. */
static void
sweep_begin(struct fib_sweep *sweep, uint32_t addr, uint32_t len)
{
	const struct fib_lookup *lookup = sweep->lookup;
	struct fib_sweep_layer *layer = NULL;
	const struct fib_layer *from = NULL;

	sweep->layer_count = 0;
	for (uint32_t i = 0; i < lookup->layer_count; i++) {
		if (!lookup->layer[i].tree->count ||
		    (!lookup->layer[i].floats &&
		     fib_tree_is_gap(lookup->layer[i].tree, addr,
				     addr + size_of(len))))
			continue;
		/* It only matters if somebody else could be asked. */
		if (layer)
			layer->has_default = has_default(sweep, from);
		from = &lookup->layer[i];
		layer = &sweep->layer[sweep->layer_count++];
		layer_begin(layer, from, addr, len);
	}
}

/* Steps to addr, the start of a place that len bits reach. False if prefixes
 * longer than that begin inside the place. */
static bool
sweep_to(struct fib_sweep *sweep, uint32_t addr, uint32_t len)
{
	uint64_t end = addr + size_of(len);
	bool plain = true;

	for (uint32_t i = 0; i < sweep->layer_count; i++) {
		struct fib_sweep_layer *layer = &sweep->layer[i];

		while (layer->cover[layer->depth].end <= addr)
			layer->depth--;
		while (layer->next == addr && layer->next_len <= len)
			layer_enter(layer);
		if (layer->next < end)
			plain = false;
	}
	return plain;
}

/* How far the answer at addr holds, in whole places of len bits. */
static uint64_t
sweep_reach(const struct fib_sweep *sweep, uint32_t len, uint64_t limit)
{
	uint64_t place = ~(size_of(len) - 1);

	for (uint32_t i = 0; i < sweep->layer_count; i++) {
		const struct fib_sweep_layer *layer = &sweep->layer[i];

		limit = min_of(limit, layer->cover[layer->depth].end);
		limit = min_of(limit, layer->next & place);
	}
	return limit;
}

/*
 * The answer where the sweep is: the first layer's that has one. A throw sends
 * on to the next layer; then the default route that floats is not the answer
 * any more, which takes a closer look.
 */
static uint32_t
sweep_answer(const struct fib_sweep *sweep)
{
	bool thrown = false;

	for (uint32_t i = 0; i < sweep->layer_count; i++) {
		const struct fib_sweep_layer *layer = &sweep->layer[i];
		uint32_t ref = layer->cover[layer->depth].ref;

		if (!ref && layer->has_default)
			return thrown ? FIB_ASK : 0;
		if (!ref)
			continue;
		if (!(ref & FIB_REF_SPECIAL))
			return ref;
		if (!is_throw(sweep, ref))
			return FIB_ASK;
		/* A table on its own says throw to whoever asked it. */
		if (sweep->lookup->layer_count == 1)
			return ref & ~FIB_REF_SPECIAL;
		thrown |= layer->floats;
	}
	return thrown ? FIB_ASK : 0;
}

/* ---- runs and nodes ---------------------------------------------------- */

static void
runs_add(struct fib_runs *runs, uint32_t place, uint32_t value)
{
	/* A node belongs to one place, so it is never joined. */
	if (runs->count && runs->value[runs->count - 1] == value)
		return;
	runs->first[runs->count] = (uint8_t)place;
	runs->value[runs->count++] = value;
}

static size_t
node_len(uint32_t run_count)
{
	return sizeof(struct fib_node) + run_count * sizeof(uint32_t);
}

static uint32_t
node_count(const struct fib_node *node)
{
	return fib_node_index(node, 255) + 1;
}

/* Says how many runs begin before each 16 places of a node: before those from
 * number first to last, where as many as before begin before the first. */
static void
node_index(struct fib_node *node, uint32_t first, uint32_t last,
	   uint32_t before)
{
	for (uint32_t i = first; i <= last; i++) {
		before += node->begins[i] & 1;
		node->before[i] = (uint8_t)(before - 1);
		before += fib_count_bits(node->begins[i] & 0xfffeu);
	}
}

/* The value that stands for the runs: a new node, or the only run's own. */
static uint32_t
node_encode(struct fib_lookup *lookup, const struct fib_runs *runs,
	    struct fib_change *change)
{
	struct fib_node *node;

	if (runs->count == 1 && !(runs->value[0] & FIB_NODE))
		return runs->value[0];
	node = fib_change_build(change, node_len(runs->count));
	if (!node)
		return 0;
	change->lookup_len += (int64_t)node_len(runs->count);
	memset(node, 0, sizeof(*node));
	for (uint32_t i = 0; i < runs->count; i++)
		node->begins[runs->first[i] / 16] |=
			(uint16_t)(1u << runs->first[i] % 16);
	node_index(node, 0, 15, 0);
	memcpy(node->value, runs->value, runs->count * sizeof(uint32_t));
	return fib_mem_handle(lookup->mem, node) | FIB_NODE;
}

static void
node_retire(struct fib_node *node, struct fib_change *change)
{
	fib_change_retire(change, node, node_len(node_count(node)));
	change->lookup_len -= (int64_t)node_len(node_count(node));
}

/* A value is replaced: its nodes, if any, go. */
static void
value_retire(struct fib_lookup *lookup, uint32_t value,
	     struct fib_change *change)
{
	struct fib_node *node;
	uint32_t count;

	if (!(value & FIB_NODE))
		return;
	node = fib_lookup_node(lookup, value);
	count = node_count(node);
	for (uint32_t i = 0; i < count; i++)
		value_retire(lookup, node->value[i], change);
	node_retire(node, change);
}

static void sweep_runs(struct fib_sweep *sweep, uint32_t addr, uint64_t end,
		       uint32_t len, struct fib_runs *runs);

/*
 * The value at addr, where a place of len bits begins, and how far it reaches.
 * At most three levels deep: a place of 32 bits has nothing longer inside.
 */
static uint32_t
sweep_value(struct fib_sweep *sweep, uint32_t addr, uint64_t end, uint32_t len,
	    uint64_t *reach)
{
	struct fib_runs *inner = &sweep->inner[len / 8 - 1];

	if (sweep_to(sweep, addr, len)) {
		*reach = sweep_reach(sweep, len, end);
		return sweep_answer(sweep);
	}
	*reach = addr + size_of(len);
	inner->count = 0;
	sweep_runs(sweep, addr, *reach, len + 8, inner);
	return node_encode(sweep->lookup, inner, sweep->change);
}

/* Adds the runs of the addresses from addr to end, in places of len bits,
 * all in one node. */
static void
sweep_runs(struct fib_sweep *sweep, uint32_t addr, uint64_t end, uint32_t len,
	   struct fib_runs *runs)
{
	uint64_t at = addr, reach;
	uint32_t value;

	for (; at < end; at = reach) {
		value = sweep_value(sweep, (uint32_t)at, end, len, &reach);
		runs_add(runs, (uint32_t)at >> (32 - len) & 0xff, value);
	}
}

/* ---- updates ----------------------------------------------------------- */

/* Where the runs of a node are cut to put others in. */
struct cut {
	uint32_t head_count;  /* runs before the first place; then, of the */
	uint32_t skip;	      /* new ones, perhaps one that goes on with them */
	uint32_t tail, count; /* runs behind: from this one on, so many */
	uint32_t after;	      /* what begins behind the last place... */
	bool resumes;	      /* ...unless the new ones end with it */
	uint64_t begins[4];
};

static void
set_place(uint64_t begins[4], uint32_t place)
{
	begins[place / 64] |= 1ull << (place % 64);
}

/* Places first to last of a node are to be sweep->middle. */
static void
cut_node(const struct fib_node *node, const struct fib_runs *middle,
	 uint32_t first, uint32_t last, struct cut *cut)
{
	uint32_t end = min_of(last + 1, 255u);

	memcpy(cut->begins, node->begins, sizeof(cut->begins));
	cut->count = node_count(node);
	cut->head_count = fib_node_index(node, first) +
			  !(cut->begins[first / 64] >> (first % 64) & 1);
	cut->skip = cut->head_count > 0 &&
		    node->value[cut->head_count - 1] == middle->value[0];
	cut->tail = fib_node_index(node, end) + 1;
	cut->after = node->value[cut->tail - 1];
	cut->resumes =
		last < 255 && cut->after != middle->value[middle->count - 1];
	for (uint32_t place = first; place <= end; place++)
		cut->begins[place / 64] &= ~(1ull << (place % 64));
	for (uint32_t i = cut->skip; i < middle->count; i++)
		set_place(cut->begins, middle->first[i]);
	if (cut->resumes)
		set_place(cut->begins, end);
	cut->count -= cut->tail;
}

/* The same places begin runs: some of their values change. */
static void
values_store(struct fib_sweep *sweep, struct fib_node *node,
	     const struct cut *cut)
{
	const struct fib_runs *middle = &sweep->middle;
	uint32_t *value = &node->value[cut->head_count];

	for (uint32_t i = cut->skip; i < middle->count; i++, value++)
		if (*value != middle->value[i])
			fib_change_store(sweep->change, value,
					 middle->value[i]);
}

/* Of a node with so many runs that begins like another, but in these parts. */
static void
node_reindex(struct fib_node *node, const struct fib_node *old, uint32_t first,
	     uint32_t last, uint32_t count)
{
	uint8_t more = (uint8_t)(count - node_count(old));
	uint32_t before = old->before[first] + 1u - (old->begins[first] & 1);

	memcpy(node->before, old->before, sizeof(node->before));
	/* Before place 0 nothing begins, and 255 stands for one less. */
	node_index(node, first, last, (uint8_t)before);
	while (++last < 16)
		node->before[last] = (uint8_t)(node->before[last] + more);
}

/*
 * Puts sweep->middle in the place of a node's places first to last. Returns
 * the value that is to follow it: the same if stores in it will do.
 */
static uint32_t
node_splice(struct fib_sweep *sweep, uint32_t value, uint32_t first,
	    uint32_t last)
{
	struct fib_node *old = fib_lookup_node(sweep->lookup, value), *node;
	const struct fib_runs *middle = &sweep->middle;
	uint32_t added, count, *to;
	struct cut cut;

	cut_node(old, middle, first, last, &cut);
	if (!memcmp(cut.begins, old->begins, sizeof(cut.begins))) {
		values_store(sweep, old, &cut);
		return value;
	}
	node_retire(old, sweep->change);
	added = middle->count - cut.skip;
	count = cut.head_count + added + cut.resumes + cut.count;
	/* One run: the new one, or what was before it and is behind it. */
	if (count == 1 && !(middle->value[0] & FIB_NODE))
		return middle->value[0];
	node = fib_change_build(sweep->change, node_len(count));
	if (!node)
		return 0;
	sweep->change->lookup_len += (int64_t)node_len(count);
	memcpy(node->begins, cut.begins, sizeof(node->begins));
	node_reindex(node, old, first / 16, min_of(last + 1, 255u) / 16, count);
	to = node->value;
	memcpy(to, old->value, cut.head_count * sizeof(*to));
	to += cut.head_count;
	memcpy(to, &middle->value[cut.skip], added * sizeof(*to));
	to += added;
	if (cut.resumes)
		*to++ = cut.after;
	memcpy(to, &old->value[cut.tail], cut.count * sizeof(*to));
	return fib_mem_handle(sweep->lookup->mem, node) | FIB_NODE;
}

/* The same for any value: one that is no node becomes one. */
static uint32_t
splice(struct fib_sweep *sweep, uint32_t value, uint32_t first, uint32_t last)
{
	struct fib_runs *middle = &sweep->middle, *new = &sweep->new;

	if (value & FIB_NODE)
		return node_splice(sweep, value, first, last);
	new->count = 0;
	if (first > 0)
		runs_add(new, 0, value);
	for (uint32_t i = 0; i < middle->count; i++)
		runs_add(new, middle->first[i], middle->value[i]);
	if (last < 255)
		runs_add(new, last + 1, value);
	return node_encode(sweep->lookup, new, sweep->change);
}

/* The values of a node's places first to last are replaced. */
static void
places_retire(struct fib_sweep *sweep, const struct fib_node *node,
	      uint32_t first, uint32_t last)
{
	uint32_t from = fib_node_index(node, first);
	uint32_t to = fib_node_index(node, last);

	/* A value that also stands for other places is no node. */
	for (uint32_t i = from; i <= to; i++)
		value_retire(sweep->lookup, node->value[i], sweep->change);
}

/*
 * A place of len bits has this value, and addr/addr_len inside it is out of
 * date. Returns the value that the place is to have.
 */
static uint32_t
place_update(struct fib_sweep *sweep, uint32_t value, uint32_t len,
	     uint32_t addr, uint32_t addr_len)
{
	struct fib_node *node = fib_lookup_node(sweep->lookup, value);
	uint32_t first = addr >> (24 - len) & 0xff, last = first;
	uint32_t inner = value, new, index = 0;

	len += 8;
	if (addr_len <= len) {
		last += (1u << (len - addr_len)) - 1;
		if (value & FIB_NODE)
			places_retire(sweep, node, first, last);
		sweep_begin(sweep, addr, addr_len);
		sweep->middle.count = 0;
		sweep_runs(sweep, addr, addr + size_of(addr_len), len,
			   &sweep->middle);
		return splice(sweep, value, first, last);
	}
	if (value & FIB_NODE) {
		index = fib_node_index(node, first);
		inner = node->value[index];
	}
	new = place_update(sweep, inner, len, addr, addr_len);
	if (new == inner)
		return value;
	if (new &inner & FIB_NODE) {
		fib_change_store(sweep->change, &node->value[index], new);
		return value;
	}
	sweep->middle.count = 0;
	runs_add(&sweep->middle, first, new);
	return splice(sweep, value, first, last);
}

static void
root_update(struct fib_sweep *sweep, uint32_t addr, uint32_t addr_len)
{
	const struct fib_lookup *lookup = sweep->lookup;
	uint64_t at = addr, end = addr + size_of(addr_len), reach;
	uint32_t value, *place;

	sweep_begin(sweep, addr, addr_len);
	for (; at < end && !sweep->change->failed; at = reach) {
		value = sweep_value(sweep, (uint32_t)at, end, lookup->bits,
				    &reach);
		for (; at < reach; at += size_of(lookup->bits)) {
			place = &lookup->root[at >> (32 - lookup->bits)];
			if (*place == value)
				continue;
			value_retire(sweep->lookup, *place, sweep->change);
			fib_change_store(sweep->change, place, value);
		}
	}
}

/* What an address gets that no longer prefix of any layer contains. */
static uint32_t
otherwise(struct fib_sweep *sweep)
{
	struct fib_lookup *lookup = sweep->lookup;
	struct fib_cursor cursor;
	uint32_t ref;

	for (uint32_t i = 0; i < lookup->layer_count; i++) {
		if (!lookup->layer[i].floats ||
		    !fib_tree_find(lookup->layer[i].tree, 0, 0, &cursor))
			continue;
		ref = *fib_cursor_ref(&cursor);
		if (!(ref & FIB_REF_SPECIAL))
			return ref;
		if (!is_throw(sweep, ref))
			return FIB_ASK;
		if (lookup->layer_count == 1)
			return ref & ~FIB_REF_SPECIAL;
	}
	return 0;
}

void
fib_lookup_update_default(struct fib_sweep *sweep, struct fib_lookup *lookup,
			  struct fib_change *change)
{
	uint32_t value;

	sweep->lookup = lookup;
	value = otherwise(sweep);
	if (value != lookup->otherwise)
		fib_change_store(change, &lookup->otherwise, value);
}

/* One that floats is painted nowhere, but decides if later layers are asked. */
bool
fib_lookup_default_matters(const struct fib_lookup *lookup,
			   const struct fib_tree *tree)
{
	bool matters = false;
	uint32_t i = 0;

	while (lookup->layer[i].tree != tree)
		i++;
	if (!lookup->layer[i].floats)
		return true;
	while (++i < lookup->layer_count)
		matters |= lookup->layer[i].tree->count > 0;
	return matters;
}

void
fib_lookup_update_block(struct fib_sweep *sweep, struct fib_lookup *lookup,
			uint32_t addr, uint8_t len, struct fib_change *change)
{
	uint32_t *place = &lookup->root[addr >> (32 - lookup->bits)], value;

	sweep->lookup = lookup;
	sweep->change = change;
	if (len <= lookup->bits) {
		root_update(sweep, addr, len);
		return;
	}
	value = place_update(sweep, *place, lookup->bits, addr, len);
	if (value != *place)
		fib_change_store(change, place, value);
}

void
fib_lookup_update(struct fib_sweep *sweep, struct fib_lookup *lookup,
		  const struct fib_tree *tree, uint32_t addr, uint8_t len,
		  struct fib_change *change)
{
	if (len == 0)
		fib_lookup_update_default(sweep, lookup, change);
	if (len > 0 || fib_lookup_default_matters(lookup, tree))
		fib_lookup_update_block(sweep, lookup, addr, len, change);
}

/* ---- as a whole -------------------------------------------------------- */

static size_t
root_len(const struct fib_lookup *lookup)
{
	return sizeof(uint32_t) << lookup->bits;
}

void
fib_lookup_init(struct fib_lookup *lookup, uint32_t bits,
		struct fib_change *change)
{
	size_t len = sizeof(uint32_t) << bits;

	*lookup = (struct fib_lookup){
		.mem = change->mem,
		.node_base =
			change->mem->base - (uintptr_t)FIB_NODE * FIB_GRAIN,
		.bits = bits,
	};
	lookup->root =
		len > FIB_PIECE_MAX
			? fib_change_build_pages(change, pages_order(len))
			: fib_change_build(change, len);
	if (!lookup->root)
		return;
	change->lookup_len += (int64_t)len;
	memset(lookup->root, 0, len);
}

void
fib_lookup_fini(struct fib_lookup *lookup)
{
	if (root_len(lookup) > FIB_PIECE_MAX)
		pages_free(lookup->mem->pages, lookup->root,
			   pages_order(root_len(lookup)));
}

void
fib_lookup_build(struct fib_sweep *sweep, struct fib_lookup *lookup,
		 struct fib_change *change)
{
	uint64_t at, reach;
	uint32_t value;

	if (change->failed)
		return;
	sweep->lookup = lookup;
	sweep->change = change;
	sweep_begin(sweep, 0, 0);
	for (at = 0; at < ADDRS_END && !change->failed; at = reach) {
		value = sweep_value(sweep, (uint32_t)at, ADDRS_END,
				    lookup->bits, &reach);
		for (; at < reach; at += size_of(lookup->bits))
			lookup->root[at >> (32 - lookup->bits)] = value;
	}
	lookup->otherwise = otherwise(sweep);
}

void
fib_lookup_retire(struct fib_lookup *lookup, struct fib_change *change)
{
	size_t len = root_len(lookup);

	for (uint32_t i = 0; i < 1u << lookup->bits; i++)
		value_retire(lookup, lookup->root[i], change);
	change->lookup_len -= (int64_t)len;
	/* A root is only ever replaced by a larger one. */
	assert(len <= FIB_PIECE_MAX);
	fib_change_retire(change, lookup->root, len);
}

/* ---- for tests --------------------------------------------------------- */

struct walk {
	const struct fib_lookup *lookup;
	void (*visit)(void *ctx, uint32_t first, uint32_t last, uint32_t value);
	void *ctx;
	uint64_t len;
	/* What was met last and may go on: [first, end). */
	uint64_t first, end;
	uint32_t value;
};

static void
walk_run(struct walk *walk, uint32_t first, uint64_t end, uint32_t value)
{
	assert(first == walk->end && end > first);
	if (value != walk->value && walk->end > walk->first) {
		walk->visit(walk->ctx, (uint32_t)walk->first,
			    (uint32_t)(walk->end - 1), walk->value);
		walk->first = first;
	}
	walk->value = value;
	walk->end = end;
}

static void
walk_value(struct walk *walk, uint32_t value, uint32_t first, uint32_t last,
	   uint32_t len)
{
	struct fib_node *node;
	uint32_t count, from, place, index;

	if (!(value & FIB_NODE)) {
		walk_run(walk, first, last + 1ull, value);
		return;
	}
	/* One place, and something to tell apart in it. */
	assert(last - first == (uint32_t)(size_of(len) - 1));
	node = fib_lookup_node(walk->lookup, value);
	count = node_count(node);
	assert(len < 32 && (node->begins[0] & 1));
	assert(count > 1 || (node->value[0] & FIB_NODE));
	walk->len += node_len(count);
	for (from = place = 0; place < 256; place++) {
		index = fib_node_index(node, place);
		if (place < 255 && index == fib_node_index(node, place + 1))
			continue;
		assert(index == 0 ||
		       node->value[index - 1] != node->value[index]);
		walk_value(walk, node->value[index],
			   first + (uint32_t)(from * size_of(len + 8)),
			   first + (uint32_t)((place + 1) * size_of(len + 8) -
					      1),
			   len + 8);
		from = place + 1;
	}
}

uint64_t
fib_lookup_walk(const struct fib_lookup *lookup,
		void (*visit)(void *ctx, uint32_t first, uint32_t last,
			      uint32_t value),
		void *ctx)
{
	struct walk walk = { .lookup = lookup, .visit = visit, .ctx = ctx };

	walk.len = root_len(lookup);
	for (uint32_t i = 0; i < 1u << lookup->bits; i++)
		walk_value(&walk, lookup->root[i],
			   (uint32_t)(i * size_of(lookup->bits)),
			   (uint32_t)((i + 1) * size_of(lookup->bits) - 1),
			   lookup->bits);
	assert(walk.end == ADDRS_END);
	visit(ctx, (uint32_t)walk.first, UINT32_MAX, walk.value);
	return walk.len;
}
