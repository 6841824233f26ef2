/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doubly linked circular list with the links inside the objects. The head is a
 * link of its own. The list owns nothing; who put an object in takes it out.
 */
#pragma once

#include <stdbool.h>

#include "lib/port.h"

struct list {
	struct list *next, *prev;
};

#define list_entry(ptr, type, member) container_of(ptr, type, member)

/* Walks type *it over the list; it must not be removed inside the loop. */
#define list_for_each(it, head, member)                                        \
	for (it = list_entry((head)->next, __typeof__(*it), member);           \
	     &it->member != (head);                                            \
	     it = list_entry(it->member.next, __typeof__(*it), member))

/* The same, but it may be removed (and freed) inside the loop. */
#define list_for_each_safe(it, after, head, member)                            \
	for (it = list_entry((head)->next, __typeof__(*it), member),           \
	    after = list_entry(it->member.next, __typeof__(*it), member);      \
	     &it->member != (head); it = after,                                \
	    after = list_entry(after->member.next, __typeof__(*it), member))

static inline void
list_init(struct list *head)
{
	head->next = head->prev = head;
}

static inline bool
list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void
list_add_after(struct list *where, struct list *link)
{
	link->next = where->next;
	link->prev = where;
	where->next->prev = link;
	where->next = link;
}

static inline void
list_add_first(struct list *head, struct list *link)
{
	list_add_after(head, link);
}

static inline void
list_add_last(struct list *head, struct list *link)
{
	list_add_after(head->prev, link);
}

/* Afterwards link is an empty list, so removing it twice is harmless. */
static inline void
list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}
