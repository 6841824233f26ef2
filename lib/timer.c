/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hierarchical timing wheels [Varghese87]. Owners arm timers; the main loop
 * runs the wheel and asks it how long the processor may halt. A wheel and its
 * timers belong to one core.
 *
 * A tick number is read as digits of 6 bits, one a level. A timer sits at the
 * level of the highest digit in which its tick differs from the wheel's, in the
 * slot of its own digit there. So the slots that matter at a level lie ahead of
 * the wheel's digit, everything at a level comes before everything at the next,
 * and a timer moves down only when the wheel's digit reaches its slot: at most
 * TIMER_LEVELS - 1 times in its life. Only the top level wraps around.
 */
#include "lib/timer.h"

#include "lib/port.h"

#define DIGIT_BITS 6u
#define TOP	   (TIMER_LEVELS - 1)

_Static_assert(TIMER_SLOTS == 1u << DIGIT_BITS, "a digit selects a slot");

static unsigned int
digit(uint64_t tick, unsigned int level)
{
	return tick >> (level * DIGIT_BITS) & (TIMER_SLOTS - 1);
}

/* The first tick that is not before the time: a timer never fires early. */
static uint64_t
due_tick(uint64_t due_ns)
{
	return due_ns / TIMER_TICK_NS + (due_ns % TIMER_TICK_NS != 0);
}

void
timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ns)
{
	unsigned int level, slot;

	memset(wheel, 0, sizeof(*wheel));
	wheel->now_tick = now_ns / TIMER_TICK_NS;
	wheel->next_tick = UINT64_MAX;
	list_init(&wheel->due);
	for (level = 0; level < TIMER_LEVELS; level++)
		for (slot = 0; slot < TIMER_SLOTS; slot++)
			list_init(&wheel->slot[level][slot]);
}

void
timer_init(struct timer *timer, timer_fn *fn)
{
	*timer = (struct timer){ .fn = fn };
}

/* Puts a timer where its due time belongs, as seen from now_tick. */
static void
place(struct timer_wheel *wheel, struct timer *timer)
{
	uint64_t now = wheel->now_tick;
	uint64_t tick = max_of(due_tick(timer->due_ns), now);
	uint64_t differ = tick ^ now, first;
	unsigned int level = 0, slot;

	if (differ != 0)
		level = (63u - (unsigned int)__builtin_clzll(differ)) /
			DIGIT_BITS;
	if (likely(level <= TOP)) {
		slot = digit(tick, level);
		first = tick >> level * DIGIT_BITS << level * DIGIT_BITS;
	} else {
		/*
		 * Beyond the top level's last digit: into this turn of the top
		 * level if it comes round within one, else into the slot that
		 * comes last, to be placed again from there.
		 */
		level = TOP;
		slot = digit(tick, TOP);
		if ((tick >> TOP * DIGIT_BITS) - (now >> TOP * DIGIT_BITS) >=
		    TIMER_SLOTS)
			slot = (digit(now, TOP) - 1) & (TIMER_SLOTS - 1);
		first = now; /* looked at anew */
	}
	list_add_last(&wheel->slot[level][slot], &timer->link);
	wheel->occupied[level] |= (uint64_t)1 << slot;
	wheel->next_tick = min_of(wheel->next_tick, first);
}

/* Takes an armed timer out of its list; an emptied slot loses its bit. */
static void
unlink_timer(struct timer_wheel *wheel, struct timer *timer)
{
	struct list *head = timer->link.next;
	size_t index;

	list_remove(&timer->link);
	if (!list_empty(head) || head == &wheel->due)
		return;
	/* Nothing else is left in the circle: that was the slot's own link. */
	index = (size_t)(head - &wheel->slot[0][0]);
	wheel->occupied[index / TIMER_SLOTS] &=
		~((uint64_t)1 << index % TIMER_SLOTS);
}

void
timer_arm(struct timer_wheel *wheel, struct timer *timer, uint64_t due_ns)
{
	if (timer->armed) {
		/* Often the new time falls into the same tick. */
		if (due_tick(due_ns) == due_tick(timer->due_ns) &&
		    due_tick(due_ns) > wheel->now_tick) {
			timer->due_ns = due_ns;
			return;
		}
		unlink_timer(wheel, timer);
	} else {
		timer->armed = true;
		wheel->armed_count++;
	}
	timer->due_ns = due_ns;
	place(wheel, timer);
}

void
timer_cancel(struct timer_wheel *wheel, struct timer *timer)
{
	if (!timer->armed)
		return;
	unlink_timer(wheel, timer);
	timer->armed = false;
	wheel->armed_count--;
}

/*
 * The slot that the wheel must deal with next and the tick at which it must:
 * now for the slots at the wheel's own digits, else the nearest one ahead.
 */
static bool
next_slot(const struct timer_wheel *wheel, unsigned int *level,
	  unsigned int *slot, uint64_t *tick)
{
	uint64_t now = wheel->now_tick, ahead, turn;
	unsigned int l, d;

	for (l = TIMER_LEVELS; l-- > 0;) {
		*level = l;
		*slot = digit(now, l);
		*tick = now;
		if (wheel->occupied[l] >> *slot & 1)
			return true;
	}
	for (l = 0; l < TIMER_LEVELS; l++) {
		d = digit(now, l);
		/* Bits above d; shifting twice, for d may be 63. */
		ahead = wheel->occupied[l] >> d >> 1;
		turn = now >> (l * DIGIT_BITS);
		*level = l;
		if (ahead != 0) {
			turn += 1u + (unsigned int)__builtin_ctzll(ahead);
		} else if (l == TOP && wheel->occupied[l] != 0) {
			turn = (turn | (TIMER_SLOTS - 1)) + 1 +
			       (unsigned int)__builtin_ctzll(
				       wheel->occupied[l]);
		} else {
			continue;
		}
		*slot = turn & (TIMER_SLOTS - 1);
		*tick = turn << (l * DIGIT_BITS);
		return true;
	}
	return false;
}

/* Moves all of one list, which is not empty, to the end of another. */
static void
splice(struct list *from, struct list *to)
{
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

/*
 * Turns the wheel to target; what falls due joins wheel->due, in order. Every
 * slot visited and every timer moved down costs one unit of work; false if it
 * ran out before target was reached.
 */
static bool
turn_to(struct timer_wheel *wheel, uint64_t target, uint64_t work)
{
	unsigned int level, slot;
	struct timer *timer;
	struct list *head;
	uint64_t tick, next = UINT64_MAX;

	/* Where it stops, if work runs out. */
	wheel->next_tick = 0;
	while (next_slot(wheel, &level, &slot, &tick)) {
		if (tick > target) {
			next = tick;
			break;
		}
		if (work-- == 0)
			return false;
		wheel->now_tick = tick;
		head = &wheel->slot[level][slot];
		if (level == 0) {
			splice(head, &wheel->due);
			wheel->occupied[0] &= ~((uint64_t)1 << slot);
			continue;
		}
		for (; !list_empty(head); work--) {
			if (work == 0)
				return false;
			timer = list_entry(head->next, struct timer, link);
			unlink_timer(wheel, timer);
			place(wheel, timer);
		}
	}
	wheel->now_tick = max_of(wheel->now_tick, target);
	wheel->next_tick = next;
	return true;
}

bool
timer_wheel_run(struct timer_wheel *wheel, uint64_t now_ns, uint32_t budget)
{
	/* What budget timers need if each comes down from the top alone. */
	uint64_t work = (uint64_t)budget * 2 * TIMER_LEVELS;
	struct timer *timer;
	bool turned;

	if (timer_wheel_pass(wheel, now_ns))
		return false;
	turned = turn_to(wheel, now_ns / TIMER_TICK_NS, work);
	for (; budget > 0 && !list_empty(&wheel->due); budget--) {
		timer = list_entry(wheel->due.next, struct timer, link);
		list_remove(&timer->link);
		timer->armed = false;
		wheel->armed_count--;
		wheel->fired_count++;
		timer->fn(timer, now_ns);
	}
	return !turned || !list_empty(&wheel->due);
}

uint64_t
timer_wheel_next_ns(const struct timer_wheel *wheel)
{
	unsigned int level, slot;
	uint64_t tick;

	if (!list_empty(&wheel->due))
		return wheel->now_tick * TIMER_TICK_NS;
	if (!next_slot(wheel, &level, &slot, &tick))
		return TIMER_NEVER;
	if (tick > UINT64_MAX / TIMER_TICK_NS)
		return TIMER_NEVER - 1;
	return tick * TIMER_TICK_NS;
}

/* Walks one list of timers; returns how many it holds. */
static uint64_t
check_list(const struct timer_wheel *wheel, const struct list *head,
	   bool may_be_past)
{
	const struct list *link;
	const struct timer *timer;
	uint64_t count = 0;

	for (link = head->next; link != head; link = link->next) {
		timer = list_entry(link, const struct timer, link);
		assert(link->next->prev == link);
		assert(timer->armed);
		assert(may_be_past ||
		       due_tick(timer->due_ns) > wheel->now_tick);
		count++;
		assert(count <= wheel->armed_count);
	}
	return count;
}

void
timer_wheel_check(const struct timer_wheel *wheel)
{
	uint64_t count = check_list(wheel, &wheel->due, true);
	const struct list *head;
	unsigned int level, slot;
	bool here;

	for (level = 0; level < TIMER_LEVELS; level++) {
		for (slot = 0; slot < TIMER_SLOTS; slot++) {
			head = &wheel->slot[level][slot];
			here = slot == digit(wheel->now_tick, level);
			count += check_list(wheel, head, here);
			assert(list_empty(head) ==
			       !(wheel->occupied[level] >> slot & 1));
			/* Below the top nothing waits behind the wheel. */
			assert(level == TOP || list_empty(head) ||
			       slot >= digit(wheel->now_tick, level));
		}
	}
	assert(count == wheel->armed_count);
}
