/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ordered routes of a table, see fib_tree.h. Every key of child i lies
 * between the separators i and i + 1, both included, since equal keys may span
 * leaves; a seek therefore goes to the leftmost leaf that may hold its key.
 */

#include "net/ipv4/fib_tree.h"

#define FANOUT FIB_TREE_FANOUT
#define MERGE_MAX                                                              \
	(FANOUT * 3 / 4) /* entries that two nodes may have to merge */

static uint64_t
key_of(uint32_t dst, uint8_t len)
{
	return (uint64_t)dst << 8 | len;
}

static uint64_t
key_at(const struct fib_tree_node *node, uint32_t i)
{
	return key_of(node->dst[i], node->len[i]);
}

/*
 * How many entries of a node are less than the key. Halves without a branch
 * that could be guessed wrong: addresses come in any order.
 */
static uint32_t
count_less(const struct fib_tree_node *node, uint32_t dst, uint8_t len)
{
	const uint32_t *low = node->dst;
	uint32_t count = node->count, half, i;

	while (count > 1) {
		half = count / 2;
		low = low[half - 1] < dst ? low + half : low;
		count -= half;
	}
	i = (uint32_t)(low - node->dst) + (count == 1 && *low < dst);
	while (i < node->count && node->dst[i] == dst && node->len[i] < len)
		i++;
	return i;
}

static struct fib_tree_node *
child(const struct fib_tree *tree, const struct fib_tree_node *node, uint32_t i)
{
	return fib_mem_at(tree->mem, node->ref[i]);
}

static uint32_t
tree_height(const struct fib_cursor *cursor)
{
	return cursor->tree->root->height;
}

/* All that a search reads of a node at once, rather than line by line. */
static void
fetch(const struct fib_tree_node *node)
{
	for (uint32_t i = 0; i < FANOUT; i += CACHE_LINE / sizeof(uint32_t))
		__builtin_prefetch(&node->dst[i]);
	__builtin_prefetch(node->len);
}

/* Is the place in the leaf that was searched last? */
static bool
seek_last(const struct fib_tree *tree, uint32_t dst, uint8_t len,
	  struct fib_cursor *cursor)
{
	const struct fib_tree_node *leaf = tree->last[0];
	uint64_t key = key_of(dst, len);

	if (!leaf || key <= key_at(leaf, 0) ||
	    key > key_at(leaf, leaf->count - 1u))
		return false;
	memcpy(cursor->node, tree->last, sizeof(tree->last));
	memcpy(cursor->at, tree->last_at, sizeof(tree->last_at));
	cursor->at[0] = (uint8_t)count_less(leaf, dst, len);
	return true;
}

void
fib_tree_seek(struct fib_tree *tree, uint32_t dst, uint8_t len,
	      struct fib_cursor *cursor)
{
	struct fib_tree_node *node = tree->root;
	uint32_t i;

	cursor->tree = tree;
	if (!node || seek_last(tree, dst, len, cursor))
		return;
	for (; node->height > 0; node = child(tree, node, i)) {
		/* Separator 0 says nothing: child 0 begins at the start. */
		i = count_less(node, dst, len);
		i -= i > 0;
		cursor->node[node->height] = node;
		cursor->at[node->height] = (uint8_t)i;
		fetch(child(tree, node, i));
	}
	cursor->node[0] = node;
	cursor->at[0] = (uint8_t)count_less(node, dst, len);
	memcpy(tree->last, cursor->node, sizeof(tree->last));
	memcpy(tree->last_at, cursor->at, sizeof(tree->last_at));
}

/* Down from the child under the cursor at height: to its first or last leaf. */
static void
descend(struct fib_cursor *cursor, uint32_t height, bool to_last)
{
	struct fib_tree_node *node;

	for (; height > 0; height--) {
		node = child(cursor->tree, cursor->node[height],
			     cursor->at[height]);
		cursor->node[height - 1] = node;
		cursor->at[height - 1] =
			to_last ? (uint8_t)(node->count - 1) : 0;
	}
}

bool
fib_cursor_settle(struct fib_cursor *cursor)
{
	uint32_t height = 0;

	if (!cursor->tree->root)
		return false;
	if (likely(cursor->at[0] < cursor->node[0]->count))
		return true;
	do
		if (++height > tree_height(cursor))
			return false;
	while (cursor->at[height] + 1u == cursor->node[height]->count);
	cursor->at[height]++;
	descend(cursor, height, false);
	return true;
}

bool
fib_cursor_next(struct fib_cursor *cursor)
{
	cursor->at[0]++;
	if (fib_cursor_settle(cursor))
		return true;
	cursor->at[0]--;
	return false;
}

bool
fib_cursor_prev(struct fib_cursor *cursor)
{
	uint32_t height = 0;

	if (!cursor->tree->root)
		return false;
	while (cursor->at[height] == 0)
		if (++height > tree_height(cursor))
			return false;
	cursor->at[height]--;
	descend(cursor, height, true);
	return true;
}

bool
fib_tree_find(struct fib_tree *tree, uint32_t dst, uint8_t len,
	      struct fib_cursor *cursor)
{
	if (!(tree->lengths >> len & 1))
		return false;
	fib_tree_seek(tree, dst, len, cursor);
	return fib_cursor_settle(cursor) && fib_cursor_is(cursor, dst, len);
}

static uint32_t
mask_of(uint32_t len)
{
	return len ? ~0u << (32 - len) : 0;
}

/* Back to the first of the entries with the prefix under the cursor. */
static void
to_first(struct fib_cursor *cursor)
{
	struct fib_cursor before = *cursor;
	uint32_t dst = fib_cursor_dst(cursor);
	uint8_t len = fib_cursor_len(cursor);

	if (!fib_cursor_prev(&before) || !fib_cursor_is(&before, dst, len))
		return;
	fib_tree_seek(cursor->tree, dst, len, cursor);
	(void)fib_cursor_settle(cursor);
}

/*
 * A prefix that contains addr begins at or before it and contains everything in
 * between. So if the last prefix before addr does not contain it, those that do
 * contain that one, and have at most the bits that both have in common.
 */
bool
fib_tree_cover(struct fib_tree *tree, uint32_t addr, int max_len,
	       struct fib_cursor *cursor)
{
	uint64_t lengths = tree->lengths & ((1ull << (max_len + 1)) - 1);
	uint32_t len, differ;

	while (lengths) {
		len = 63u - (uint32_t)__builtin_clzll(lengths);
		fib_tree_seek(tree, addr & mask_of(len), (uint8_t)(len + 1),
			      cursor);
		if (!fib_cursor_prev(cursor))
			return false;
		differ = fib_cursor_dst(cursor) ^ addr;
		if (!(differ & mask_of(fib_cursor_len(cursor)))) {
			to_first(cursor);
			return true;
		}
		lengths &= (2ull << __builtin_clz(differ)) - 1;
	}
	return false;
}

/* ---- insertion --------------------------------------------------------- */

/* Moves count entries within a node or to another. */
static void
move(struct fib_tree_node *to, uint32_t to_at, const struct fib_tree_node *from,
     uint32_t from_at, uint32_t count)
{
	memmove(to->dst + to_at, from->dst + from_at,
		count * sizeof(to->dst[0]));
	memmove(to->ref + to_at, from->ref + from_at,
		count * sizeof(to->ref[0]));
	memmove(to->len + to_at, from->len + from_at, count);
}

static void
put(struct fib_tree_node *node, uint32_t at, uint64_t key, uint32_t ref)
{
	move(node, at + 1, node, at, node->count - at);
	node->dst[at] = (uint32_t)(key >> 8);
	node->len[at] = (uint8_t)key;
	node->ref[at] = ref;
	node->count++;
}

/*
 * Halves a full node and puts the entry in. What comes at the end goes into a
 * node of its own: routes that arrive in order leave full nodes behind.
 */
static void
split(struct fib_tree_node *node, struct fib_tree_node *right, uint32_t at,
      uint64_t key, uint32_t ref)
{
	uint32_t keep = at == FANOUT ? FANOUT : FANOUT / 2;

	right->height = node->height;
	right->unused = 0;
	right->count = (uint16_t)(FANOUT - keep);
	move(right, 0, node, keep, right->count);
	node->count = (uint16_t)keep;
	if (at > keep || at == FANOUT)
		put(right, at - keep, key, ref);
	else
		put(node, at, key, ref);
}

struct new_nodes {
	uint32_t count;
	struct fib_tree_node *node[FIB_TREE_HEIGHT_MAX + 1];
};

static void
new_nodes_free(struct fib_tree *tree, struct new_nodes *new)
{
	while (new->count > 0)
		fib_mem_free(tree->mem, new->node[--new->count],
			     sizeof(struct fib_tree_node));
}

/* One for each node on the path that will split, one for a new root. */
static enum status
new_nodes_get(const struct fib_cursor *cursor, struct new_nodes *new)
{
	struct fib_tree *tree = cursor->tree;
	uint32_t height = 0, wanted = 0;

	if (!tree->root) {
		wanted = 1;
	} else {
		while (height <= tree_height(cursor) &&
		       cursor->node[height]->count == FANOUT)
			height++;
		wanted = height + (height > tree_height(cursor));
	}
	assert(wanted <= FIB_TREE_HEIGHT_MAX);
	for (new->count = 0; new->count < wanted; new->count++) {
		new->node[new->count] =
			fib_mem_alloc(tree->mem, sizeof(struct fib_tree_node));
		if (!new->node[new->count]) {
			new_nodes_free(tree, new);
			return ERR_NOMEM;
		}
	}
	return OK;
}

static void
root_over(struct fib_tree *tree, struct fib_tree_node *root,
	  struct fib_tree_node *left)
{
	root->height = left->height + 1;
	root->count = 1;
	root->unused = 0;
	root->dst[0] = 0;
	root->len[0] = 0;
	root->ref[0] = fib_mem_handle(tree->mem, left);
	tree->root = root;
}

enum status
fib_tree_insert(struct fib_cursor *cursor, uint32_t dst, uint8_t len,
		uint32_t ref)
{
	struct fib_tree *tree = cursor->tree;
	uint64_t key = key_of(dst, len);
	struct fib_tree_node *node, *right;
	struct new_nodes new;
	uint32_t height = 0, at;

	if (new_nodes_get(cursor, &new) != OK)
		return ERR_NOMEM;
	tree->gap_end = 0;
	tree->count++;
	tree->len_count[len]++;
	tree->lengths |= 1ull << len;
	if (!tree->root) {
		tree->root = new.node[0];
		tree->root->count = tree->root->height = 0;
		tree->root->unused = 0;
		put(tree->root, 0, key, ref);
		return OK;
	}
	node = cursor->node[0];
	at = cursor->at[0];
	while (node->count == FANOUT) {
		tree->last[0] = NULL;
		right = new.node[--new.count];
		split(node, right, at, key, ref);
		key = key_at(right, 0);
		ref = fib_mem_handle(tree->mem, right);
		if (node == tree->root) {
			root_over(tree, new.node[--new.count], node);
			node = tree->root;
			at = 1;
			break;
		}
		node = cursor->node[++height];
		at = cursor->at[height] + 1u;
	}
	put(node, at, key, ref);
	return OK;
}

/* ---- removal ----------------------------------------------------------- */

static void
take(struct fib_tree_node *node, uint32_t at)
{
	node->count--;
	move(node, at, node, at + 1, node->count - at);
}

static void
node_free(struct fib_tree *tree, struct fib_tree_node *node)
{
	tree->last[0] = NULL;
	fib_mem_free(tree->mem, node, sizeof(*node));
}

/* Joins child i of the parent and the next one, if both fit well into one. */
static bool
merge(struct fib_tree *tree, struct fib_tree_node *parent, uint32_t i)
{
	struct fib_tree_node *left, *right;

	if (i + 1 >= parent->count)
		return false;
	left = child(tree, parent, i);
	right = child(tree, parent, i + 1);
	if (left->count + right->count > MERGE_MAX)
		return false;
	/* The right node's first separator may be out of date if it is inner:
	 * its parent's is the one that holds. */
	if (right->height > 0) {
		right->dst[0] = parent->dst[i + 1];
		right->len[0] = parent->len[i + 1];
	}
	move(left, left->count, right, 0, right->count);
	left->count += right->count;
	node_free(tree, right);
	take(parent, i + 1);
	return true;
}

static void
shrink_root(struct fib_tree *tree)
{
	struct fib_tree_node *root = tree->root;

	while (root->height > 0 && root->count == 1) {
		tree->root = child(tree, root, 0);
		node_free(tree, root);
		root = tree->root;
	}
	if (root->count == 0) {
		node_free(tree, root);
		tree->root = NULL;
	}
}

void
fib_tree_remove(struct fib_cursor *cursor)
{
	struct fib_tree *tree = cursor->tree;
	uint32_t top = tree_height(cursor), height, i;
	struct fib_tree_node *node, *parent;
	uint8_t len = fib_cursor_len(cursor);

	tree->gap_end = 0;
	take(cursor->node[0], cursor->at[0]);
	tree->count--;
	if (--tree->len_count[len] == 0)
		tree->lengths &= ~(1ull << len);
	for (height = 0; height < top; height++) {
		node = cursor->node[height];
		parent = cursor->node[height + 1];
		i = cursor->at[height + 1];
		if (node->count == 0) {
			node_free(tree, node);
			take(parent, i);
		} else if (node->count > FANOUT / 4 ||
			   (!merge(tree, parent, i) &&
			    (i == 0 || !merge(tree, parent, i - 1)))) {
			break;
		}
	}
	shrink_root(tree);
}

static void
subtree_free(struct fib_tree *tree, struct fib_tree_node *node)
{
	if (node->height > 0)
		for (uint32_t i = 0; i < node->count; i++)
			subtree_free(tree, child(tree, node, i));
	node_free(tree, node);
}

void
fib_tree_clear(struct fib_tree *tree)
{
	if (tree->root)
		subtree_free(tree, tree->root);
	tree->root = NULL;
	tree->count = 0;
	tree->lengths = 0;
	tree->gap_end = 0;
	memset(tree->len_count, 0, sizeof(tree->len_count));
}

/* ---- for tests --------------------------------------------------------- */

struct check {
	const struct fib_tree *tree;
	uint64_t least, count, node_count;
	uint32_t len_count[33];
};

static void
subtree_check(struct check *check, const struct fib_tree_node *node,
	      uint64_t high)
{
	assert(node->count > 0 && node->count <= FANOUT);
	check->node_count++;
	for (uint32_t i = 0; i < node->count; i++) {
		uint64_t limit = i + 1u < node->count && node->height > 0
					 ? key_at(node, i + 1)
					 : high;

		if (node->height == 0) {
			assert(key_at(node, i) >= check->least);
			assert(key_at(node, i) <= limit);
			check->least = key_at(node, i);
			check->count++;
			check->len_count[node->len[i]]++;
			continue;
		}
		/* Separator 0 says nothing: the parent's does. */
		assert(i == 0 || key_at(node, i) >= check->least);
		if (i > 0)
			check->least = key_at(node, i);
		assert(child(check->tree, node, i)->height == node->height - 1);
		subtree_check(check, child(check->tree, node, i), limit);
	}
}

uint64_t
fib_tree_check(const struct fib_tree *tree)
{
	struct check check = { .tree = tree };

	if (tree->root)
		subtree_check(&check, tree->root, UINT64_MAX);
	assert(check.count == tree->count);
	for (uint32_t len = 0; len <= 32; len++)
		assert(check.len_count[len] == tree->len_count[len] &&
		       (tree->lengths >> len & 1) == !!tree->len_count[len]);
	return check.node_count * sizeof(struct fib_tree_node);
}
