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

/* How many of the entries from index first on are less than the key. */
static uint32_t
count_less(const struct fib_tree_node *node, uint32_t first, uint64_t key)
{
	uint32_t low = first, high = node->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (key_at(node, middle) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low - first;
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

void
fib_tree_seek(struct fib_tree *tree, uint32_t dst, uint8_t len,
	      struct fib_cursor *cursor)
{
	struct fib_tree_node *node = tree->root;
	uint64_t key = key_of(dst, len);
	uint32_t i;

	cursor->tree = tree;
	if (!node)
		return;
	for (; node->height > 0; node = child(tree, node, i)) {
		i = count_less(node, 1, key);
		cursor->node[node->height] = node;
		cursor->at[node->height] = (uint8_t)i;
	}
	cursor->node[0] = node;
	cursor->at[0] = (uint8_t)count_less(node, 0, key);
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

/* ---- insertion --------------------------------------------------------- */

/* Moves count entries within a node or to another. */
static void
move(struct fib_tree_node *to, uint32_t to_at, const struct fib_tree_node *from,
     uint32_t from_at, uint32_t count)
{
	memmove(to->dst + to_at, from->dst + from_at, count * 4);
	memmove(to->ref + to_at, from->ref + from_at, count * 4);
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
	tree->count++;
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

	take(cursor->node[0], cursor->at[0]);
	tree->count--;
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
}

/* ---- for tests --------------------------------------------------------- */

struct check {
	const struct fib_tree *tree;
	uint64_t least, count, node_count;
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
	return check.node_count * sizeof(struct fib_tree_node);
}
