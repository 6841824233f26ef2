/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours against a model: the same random events for a few hosts happen to
 * the stack and to plain arrays that know the rules and nothing of hashes,
 * ranks, queues and wheels. After each event both agree on every state, on what
 * was sent and on what was dropped.
 */
#include "tests/unit/net/neigh/lab.h"

#define HOSTS	8u
#define STEPS	40000
#define QLEN	2u
#define LOCK_NS (1 * S_NS)
#define ASK_NS	(1 * S_NS)

struct host {
	bool there;
	enum neigh_state state;
	uint8_t mac;					  /* last byte */
	uint64_t used, confirmed, updated, asked_at, due; /* due 0: no timer */
	bool asked;
	unsigned int probes, parked;
};

struct model {
	struct host host[HOSTS];
	uint64_t now, reachable_ns;
	/* What all of it came to. */
	uint32_t asks_all, asks_him, data, answers, unresolved;
	uint32_t queue_full, failed, locked, contradicted, unsolicited, dead;
};

/* ---- the model's rules -------------------------------------------------- */

static bool
valid(enum neigh_state s)
{
	return s != NEIGH_NONE && s != NEIGH_INCOMPLETE && s != NEIGH_FAILED;
}

static void
m_enter(struct model *m, struct host *h, enum neigh_state s)
{
	h->state = s;
	h->updated = m->now;
	h->probes = 0;
	if (s == NEIGH_REACHABLE)
		h->due = h->confirmed + m->reachable_ns;
	else if (s == NEIGH_DELAY)
		h->due = m->now + 5 * S_NS;
	else if (s != NEIGH_INCOMPLETE && s != NEIGH_PROBE)
		h->due = 0;
}

static void
m_ask(struct model *m, struct host *h)
{
	if (h->asked && m->now - h->asked_at < ASK_NS) {
		h->due = h->asked_at + ASK_NS;
		return;
	}
	if (h->state == NEIGH_PROBE)
		m->asks_him++;
	else
		m->asks_all++;
	h->asked = true;
	h->asked_at = m->now;
	h->probes++;
	h->due = m->now + ASK_NS;
}

static void
m_fail(struct model *m, struct host *h)
{
	m->unresolved += h->parked;
	m->failed += h->parked;
	h->parked = 0;
	m_enter(m, h, NEIGH_FAILED);
}

static void
m_timer(struct model *m, struct host *h)
{
	h->due = 0;
	if (h->state == NEIGH_REACHABLE) {
		if (m->now < h->confirmed + m->reachable_ns)
			h->due = h->confirmed + m->reachable_ns;
		else if (m->now - h->used <= 5 * S_NS)
			m_enter(m, h, NEIGH_DELAY);
		else
			m_enter(m, h, NEIGH_STALE);
	} else if (h->state == NEIGH_DELAY) {
		if (h->confirmed >= h->updated) {
			m_enter(m, h, NEIGH_REACHABLE);
		} else {
			m_enter(m, h, NEIGH_PROBE);
			m_ask(m, h);
		}
	} else if (h->probes >= 3) {
		m_fail(m, h);
	} else {
		m_ask(m, h);
	}
}

/* When a timer that is due then fires: at the wheel's next tick. */
static uint64_t
fires_at(uint64_t due)
{
	return (due + TIMER_TICK_NS - 1) / TIMER_TICK_NS * TIMER_TICK_NS;
}

static void
m_advance(struct model *m, uint64_t ns)
{
	uint64_t end = m->now + ns, at;
	struct host *next;

	for (;;) {
		next = NULL;
		for (unsigned int i = 0; i < HOSTS; i++)
			if (m->host[i].there && m->host[i].due != 0 &&
			    (!next || m->host[i].due < next->due))
				next = &m->host[i];
		if (!next || (at = fires_at(next->due)) > end)
			break;
		m->now = max_of(m->now, at);
		m_timer(m, next);
	}
	m->now = end;
}

static void
m_update(struct model *m, struct host *h, uint8_t mac, enum neigh_state s)
{
	bool sure = s == NEIGH_REACHABLE || s == NEIGH_PERMANENT;

	if (sure)
		h->confirmed = m->now;
	if (!valid(h->state) || h->mac != mac) {
		h->mac = mac;
		h->updated = m->now;
		if (!sure)
			h->confirmed = m->now - 60 * S_NS;
	}
	if (h->state != s)
		m_enter(m, h, s);
	if (h->parked > 0) {
		h->used = m->now;
		if (s == NEIGH_STALE)
			m_enter(m, h, NEIGH_DELAY);
	}
	m->data += h->parked;
	h->parked = 0;
}

static struct host *
m_make(struct model *m, struct host *h)
{
	*h = (struct host){ .there = true };
	h->used = h->confirmed = h->updated = m->now;
	return h;
}

static void
m_learn(struct model *m, struct host *h, uint8_t mac, enum neigh_state s,
	bool create, bool override, uint32_t *unsolicited)
{
	if (!h->there) {
		if (create)
			m_update(m, m_make(m, h), mac, NEIGH_STALE);
		else
			(*unsolicited)++;
	} else if (h->state == NEIGH_PERMANENT) {
		m->contradicted += h->mac != mac && unsolicited;
	} else if (valid(h->state) && h->mac != mac && !override &&
		   m->now - h->updated <= LOCK_NS) {
		m->locked++;
	} else if (!(valid(h->state) && h->mac == mac && s == NEIGH_STALE)) {
		m_update(m, h, mac, s);
	}
}

static void
m_packet(struct model *m, struct host *h)
{
	if (!h->there)
		m_make(m, h);
	h->used = m->now;
	if (valid(h->state)) {
		m->data++;
		if (h->state == NEIGH_STALE)
			m_enter(m, h, NEIGH_DELAY);
		return;
	}
	if (h->parked == QLEN)
		m->queue_full++;
	else
		h->parked++;
	if (h->state == NEIGH_INCOMPLETE)
		return;
	m_enter(m, h, NEIGH_INCOMPLETE);
	m_ask(m, h);
}

/* ---- events for both ---------------------------------------------------- */

static uint32_t
addr_of(unsigned int i)
{
	return TESTNET_ADDR(0, 10 + i);
}

static void
mac_of(unsigned int i, uint8_t which, uint8_t mac[6])
{
	lab_mac(0, addr_of(i), mac);
	mac[0] = 2;
	mac[1] = (uint8_t)(10 + i);
	mac[5] = which;
}

static void
hear(struct testnet *t, struct model *m, unsigned int i, uint8_t which,
     unsigned int kind)
{
	struct host *h = &m->host[i];
	struct arp arp = { .op = ARP_REPLY,
			   .sender = addr_of(i),
			   .target = TESTNET_ROUTER(0) };
	uint32_t ignored = 0;

	mac_of(i, which, arp.sender_lladdr);
	switch (kind) {
	case 0: /* an answer */
		lab_arp(t, 0, &arp, lab_dev(t, 0)->addr);
		m_learn(m, h, which, NEIGH_REACHABLE, false, false,
			&m->unsolicited);
		break;
	case 1: /* an answer to all */
		lab_arp(t, 0, &arp, lab_all);
		m_learn(m, h, which, NEIGH_STALE, false, false,
			&m->unsolicited);
		break;
	case 2: /* a question for us */
		arp.op = ARP_REQUEST;
		lab_arp(t, 0, &arp, lab_all);
		m_learn(m, h, which, NEIGH_STALE, true, true, NULL);
		m->answers++;
		break;
	case 3: /* an announcement */
		arp.op = ARP_REQUEST;
		arp.target = addr_of(i);
		lab_arp(t, 0, &arp, lab_all);
		m_learn(m, h, which, NEIGH_STALE, false, true, &ignored);
		break;
	}
}

static void
operate(struct testnet *t, struct model *m, unsigned int i, uint8_t which,
	unsigned int kind)
{
	struct netdev *dev = lab_dev(t, 0);
	struct host *h = &m->host[i];
	uint8_t mac[6];
	enum neigh_state s;

	mac_of(i, which, mac);
	if (kind <= 1) {
		assert_int_equal(neigh_delete(&t->net, dev, addr_of(i)),
				 h->there ? OK : ERR_NOENT);
		m->dead += h->there ? h->parked : 0;
		h->there = false;
		return;
	}
	s = kind == 2	? NEIGH_PERMANENT
	    : kind == 3 ? NEIGH_STALE
			: NEIGH_REACHABLE;
	assert_int_equal(neigh_set(&t->net, dev, addr_of(i), mac, s, true,
				   false),
			 OK);
	if (!h->there)
		m_make(m, h);
	m_update(m, h, which, s);
}

static void
happen(struct testnet *t, struct model *m, struct random *random)
{
	unsigned int i = random_below(random, HOSTS);
	uint8_t which = (uint8_t)random_below(random, 4) == 0;
	uint64_t ns;

	switch (random_below(random, 16)) {
	case 0 ... 4:
		for (uint32_t n = random_below(random, 4); n > 0; n--) {
			lab_send(t, 0, addr_of(i), 1);
			m_packet(m, &m->host[i]);
		}
		break;
	case 5 ... 8: hear(t, m, i, which, random_below(random, 4)); break;
	case 9:
		neigh_confirm(&t->net, lab_dev(t, 0), addr_of(i));
		if (m->host[i].there && valid(m->host[i].state))
			m->host[i].confirmed = m->now;
		break;
	case 10:
		if (random_below(random, 3) == 0)
			operate(t, m, i, which, random_below(random, 5));
		break;
	case 11 ... 14:
		ns = random_below(random, 900) * MS_NS;
		testnet_advance(t, ns);
		m_advance(m, ns);
		break;
	case 15:
		ns = random_below(random, 20) * S_NS;
		testnet_advance(t, ns);
		m_advance(m, ns);
		break;
	}
}

/* ---- agreement ---------------------------------------------------------- */

static void
compare_sent(struct testnet *t, struct model *m)
{
	uint32_t sent[UNKNOWN_KIND + 1] = { 0 };
	enum lab_kind kind;

	while ((kind = lab_next_kind(t, 0)) != NOTHING)
		sent[kind]++;
	assert_int_equal(sent[ASKS_ALL], m->asks_all);
	assert_int_equal(sent[ASKS_HIM], m->asks_him);
	assert_int_equal(sent[DATA], m->data);
	assert_int_equal(sent[ANSWERS], m->answers);
	m->asks_all = m->asks_him = m->data = m->answers = 0;
}

static void
compare(struct testnet *t, struct model *m)
{
	const struct neigh *n;
	const struct host *h;
	uint8_t mac[6];

	for (unsigned int i = 0; i < HOSTS; i++) {
		h = &m->host[i];
		n = lab_find(t, 0, addr_of(i));
		assert_int_equal(n != NULL, h->there);
		if (!n)
			continue;
		assert_string_equal(neigh_state_name(n->state),
				    neigh_state_name(h->state));
		assert_int_equal(n->parked.count, h->parked);
		mac_of(i, h->mac, mac);
		if (valid(h->state))
			assert_memory_equal(n->lladdr, mac, 6);
	}
	compare_sent(t, m);
	assert_int_equal(lab_unresolved.count, m->unresolved);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_QUEUEFULL), m->queue_full);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), m->failed);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_DEAD), m->dead);
	assert_int_equal(testnet_drops(t, DROP_ARP_LOCKED), m->locked);
	assert_int_equal(testnet_drops(t, DROP_ARP_STATIC), m->contradicted);
	assert_int_equal(testnet_drops(t, DROP_ARP_UNSOLICITED),
			 m->unsolicited);
}

static void
test_random_events_agree_with_the_model(void **state)
{
	struct random random = test_random();
	struct testnet *t = lab_new(1);
	struct model m = { .now = t->net.now_ns };

	t->net.neigh.param.unres_qlen = QLEN;
	t->net.neigh.reachable_draw = 0x40000000; /* 22.5 s */
	m.reachable_ns = lab_reachable_ns(t);
	for (int i = 0; i < STEPS; i++) {
		t->net.neigh.reachable_drawn_ns = t->net.now_ns;
		happen(t, &m, &random);
		assert_int_equal(t->net.now_ns, m.now);
		compare(t, &m);
		if (i % 16 == 0)
			lab_check(t);
	}
	/* All of it did happen. */
	printf("%u unresolved, %u locked, %u contradicted, %u overflows, "
	       "%u died, %u unsolicited\n",
	       m.unresolved, m.locked, m.contradicted, m.queue_full, m.dead,
	       m.unsolicited);
	assert_true(m.unresolved > 5 && m.locked > 5 && m.contradicted > 5);
	assert_true(m.queue_full > 5 && m.dead > 5 && m.unsolicited > 5);
	lab_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_events_agree_with_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
