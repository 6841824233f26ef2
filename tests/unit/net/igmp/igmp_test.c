/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Membership as routers see it: joining, leaving and answering in the version
 * that the link speaks; the hardware filter; what is dropped.
 */
#include "tests/host/test.h"

#include "net/igmp/internal.h"
#include "net/wire/eth.h"
#include "net/wire/igmp.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

#define GROUP  0xef010203u /* 239.1.2.3 */
#define OTHER  0xef010204u
#define ROUTER TESTNET_HOST(0)

/* What the box said by IGMP, the next one. */
struct said {
	uint8_t type;
	uint32_t to, group;
	unsigned int record_type, record_count, source_count;
};

static bool
heard(struct testnet *t, struct said *said)
{
	const struct testnet_frame *frame;
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	*said = (struct said){ 0 };
	/* Past ARP's announcements. */
	do {
		frame = testnet_next(t, 0);
		if (!frame)
			return false;
	} while (frame->bytes[12] != 8 || frame->bytes[13] != 0 ||
		 ipv4_parse(frame->bytes + ETH_HEADER_LEN,
			    frame->len - ETH_HEADER_LEN, &ip) != DROP_NONE ||
		 ip.proto != IPPROTO_IGMP);
	data = frame->bytes + ETH_HEADER_LEN + ip.header_len;
	len = ip.total_len - ip.header_len;
	/* One hop, and routers are told to look. [RFC3376 4] */
	assert_int_equal(ip.ttl, 1);
	assert_int_equal(ip.header_len, 24);
	assert_int_equal(ip.options[0], 148);
	assert_int_equal(checksum_fold(checksum_add(0, data, len)), 0);
	said->type = data[0];
	said->to = ip.dst;
	if (data[0] == IGMP_REPORT3) {
		const struct wire_igmp_record *record =
			(const void *)(data + 8);

		said->record_count = data[7];
		said->record_type = record->type;
		said->source_count = be16_get(record->source_count);
		said->group = be32_get(record->group);
	} else {
		said->group = be32_get(((const struct wire_igmp *)data)->group);
	}
	return true;
}

/* Says nothing more for a while. */
static void
silent(struct testnet *t)
{
	struct said said;

	testnet_advance(t, 30 * S_NS);
	assert_false(heard(t, &said));
}

static void
message(struct testnet *t, uint32_t to, uint8_t ttl, const uint8_t *bytes,
	size_t len)
{
	struct ipv4 ip = packet_header(ROUTER, to, IPPROTO_IGMP, len);

	ip.ttl = ttl;
	testnet_inject_ipv4(t, 0, &ip, bytes, len);
}

/* A query of version 1, 2 or 3 with a limit in tenths of seconds. */
static void
query(struct testnet *t, unsigned int version, uint32_t group, uint8_t code)
{
	uint8_t bytes[12] = { 0 };

	igmp_emit(IGMP_QUERY, group, bytes);
	bytes[1] = version == 1 ? 0 : code;
	bytes[8] = 2;
	bytes[9] = 125;
	bytes[2] = bytes[3] = 0;
	((struct wire_igmp *)bytes)->checksum = be16_from(
		checksum_fold(checksum_add(0, bytes, version == 3 ? 12 : 8)));
	message(t, group ? group : IGMP_ALL_HOSTS, 1, bytes,
		version == 3 ? 12 : 8);
}

static void
record(struct testnet *t, enum igmp_record_type type, uint32_t group)
{
	struct said said;

	assert_true(heard(t, &said));
	assert_int_equal(said.type, IGMP_REPORT3);
	assert_int_equal(said.to, IGMP_ROUTERS3);
	assert_int_equal(said.record_count, 1);
	assert_int_equal(said.record_type, type);
	assert_int_equal(said.source_count, 0);
	assert_int_equal(said.group, group);
}

static void
plain(struct testnet *t, uint8_t type, uint32_t to, uint32_t group)
{
	struct said said;

	assert_true(heard(t, &said));
	assert_int_equal(said.type, type);
	assert_int_equal(said.to, to);
	assert_int_equal(said.group, group);
}

static struct testnet *
member(void)
{
	struct testnet *t = testnet_new(2);

	assert_int_equal(igmp_join(&t->port[0].dev, GROUP), OK);
	testnet_advance(t, 30 * S_NS);
	testnet_flush(t, 0);
	return t;
}

/* ---- changes ------------------------------------------------------------ */

/* At once, and once more within a second. [RFC3376 5.1] */
/* covers: R1812-050, R1812-090, H1122-076 */
static void
joining_and_leaving_is_told_twice(void **state)
{
	struct testnet *t = testnet_new(1);
	struct netdev *dev = &t->port[0].dev;

	assert_int_equal(igmp_join(dev, GROUP), OK);
	testnet_run(t);
	record(t, IGMP_TO_EXCLUDE, GROUP);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_TO_EXCLUDE, GROUP);
	silent(t);
	/* The second user changes nothing. */
	assert_int_equal(igmp_join(dev, GROUP), OK);
	assert_int_equal(igmp_users(dev, GROUP), 2);
	assert_int_equal(igmp_leave(dev, GROUP), OK);
	silent(t);
	assert_int_equal(igmp_leave(dev, GROUP), OK);
	assert_int_equal(igmp_users(dev, GROUP), 0);
	testnet_run(t);
	record(t, IGMP_TO_INCLUDE, GROUP);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_TO_INCLUDE, GROUP);
	silent(t);
	assert_int_equal(t->net.igmp.pool.used_count,
			 2); /* 224.0.0.1, lo too */
	assert_int_equal(igmp_leave(dev, GROUP), ERR_NOENT);
	testnet_free(t);
}

/* The last word counts: nobody hears of a leave after that. */
static void
coming_back_ends_the_farewell(void **state)
{
	struct testnet *t = member();
	struct netdev *dev = &t->port[0].dev;

	assert_int_equal(igmp_leave(dev, GROUP), OK);
	testnet_run(t);
	record(t, IGMP_TO_INCLUDE, GROUP);
	assert_int_equal(igmp_join(dev, GROUP), OK);
	testnet_run(t);
	record(t, IGMP_TO_EXCLUDE, GROUP);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_TO_EXCLUDE, GROUP);
	silent(t);
	testnet_free(t);
}

/* covers: H1122-076 */
static void
all_hosts_is_never_reported(void **state)
{
	struct testnet *t = testnet_new(1);

	assert_int_equal(igmp_users(&t->port[0].dev, IGMP_ALL_HOSTS), 1);
	query(t, 3, 0, 10);
	silent(t);
	query(t, 2, 0, 10);
	silent(t);
	testnet_free(t);
}

static void
what_cannot_be_joined(void **state)
{
	struct testnet *t = testnet_new(1);
	struct netdev *dev = &t->port[0].dev;
	uint32_t n = 0;

	assert_int_equal(igmp_join(dev, ROUTER), ERR_INVAL);
	while (igmp_join(dev, GROUP + n) == OK)
		n++;
	assert_in_range(n, 200, 256);
	assert_int_equal(igmp_users(dev, GROUP + n), 0);
	testnet_advance(t, 5 * S_NS);
	testnet_free(t);
}

/* ---- queries ------------------------------------------------------------ */

static void
general_query_is_answered_in_time(void **state)
{
	struct testnet *t = member();
	struct said said;
	unsigned int early = 0;

	assert_int_equal(igmp_join(&t->port[0].dev, OTHER), OK);
	testnet_advance(t, 30 * S_NS);
	testnet_flush(t, 0);
	for (unsigned int i = 0; i < 20; i++) {
		query(t, 3, 0, 100);
		testnet_advance(t, 5 * S_NS);
		early += testnet_count(t, 0);
		testnet_advance(t, 5100 * MS_NS);
		assert_true(heard(t, &said));
		assert_int_equal(said.type, IGMP_REPORT3);
		assert_int_equal(said.record_count, 2);
		assert_int_equal(said.record_type, IGMP_IS_EXCLUDE);
		silent(t);
	}
	/* Spread over the ten seconds. */
	assert_in_range(early, 3, 17);
	testnet_free(t);
}

static void
query_about_a_group_is_answered_for_it_alone(void **state)
{
	struct testnet *t = member();

	assert_int_equal(igmp_join(&t->port[0].dev, OTHER), OK);
	testnet_advance(t, 30 * S_NS);
	testnet_flush(t, 0);
	query(t, 3, GROUP, 10);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_IS_EXCLUDE, GROUP);
	silent(t);
	query(t, 3, 0xef7f7f7f, 10); /* not ours: not even received */
	assert_int_equal(testnet_drops(t, DROP_IP_MULTICAST), 1);
	silent(t);
	testnet_free(t);
}

/* We take every source: those that are asked for, we take. */
static void
query_about_sources_names_them(void **state)
{
	struct testnet *t = member();
	uint8_t bytes[20] = { IGMP_QUERY, 10, 0,  0, 239, 1, 2,	 3, 2, 125,
			      0,	  2,  10, 0, 9,	  1, 10, 0, 9, 2 };
	struct said said;

	((struct wire_igmp *)bytes)->checksum =
		be16_from(checksum_fold(checksum_add(0, bytes, 20)));
	message(t, GROUP, 1, bytes, 20);
	testnet_advance(t, 1100 * MS_NS);
	assert_true(heard(t, &said));
	assert_int_equal(said.record_type, IGMP_IS_INCLUDE);
	assert_int_equal(said.source_count, 2);
	/* About all of it: that includes the sources. */
	message(t, GROUP, 1, bytes, 20);
	query(t, 3, GROUP, 10);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_IS_EXCLUDE, GROUP);
	silent(t);
	testnet_free(t);
}

/* ---- older routers ------------------------------------------------------ */

/* [RFC3376 7.2.1] */
static void
an_older_router_makes_us_speak_its_version(void **state)
{
	struct testnet *t = member();
	struct netdev *dev = &t->port[0].dev;

	assert_int_equal(igmp_version(dev), 3);
	query(t, 2, 0, 10);
	assert_int_equal(igmp_version(dev), 2);
	testnet_advance(t, 1100 * MS_NS);
	plain(t, IGMP_REPORT2, GROUP, GROUP);
	silent(t);
	assert_int_equal(igmp_leave(dev, GROUP), OK);
	testnet_run(t);
	plain(t, IGMP_LEAVE2, IGMP_ALL_ROUTERS, GROUP);
	silent(t);
	query(t, 1, 0, 0);
	assert_int_equal(igmp_version(dev), 1);
	assert_int_equal(igmp_join(dev, GROUP), OK);
	testnet_run(t);
	plain(t, IGMP_REPORT1, GROUP, GROUP);
	testnet_advance(t, 10 * S_NS);
	plain(t, IGMP_REPORT1, GROUP, GROUP);
	silent(t);
	/* A version 1 router has no ear for farewells. */
	assert_int_equal(igmp_leave(dev, GROUP), OK);
	silent(t);
	testnet_advance(t, 400 * S_NS);
	assert_int_equal(igmp_version(dev), 3);
	dev->net->conf_all.force_igmp_version = 2;
	assert_int_equal(igmp_version(dev), 2);
	testnet_free(t);
}

/* In version 2 one report is enough for the link. [RFC2236 3] */
static void
anothers_report_silences_ours(void **state)
{
	struct testnet *t = member();
	uint8_t bytes[8];

	query(t, 2, 0, 100);
	igmp_emit(IGMP_REPORT2, GROUP, bytes);
	message(t, GROUP, 1, bytes, 8);
	silent(t);
	/* And who leaves another behind needs no farewell. */
	assert_int_equal(igmp_leave(&t->port[0].dev, GROUP), OK);
	silent(t);
	testnet_free(t);
}

/* ---- the link ----------------------------------------------------------- */

static void
a_new_link_is_told_of_all_groups(void **state)
{
	struct testnet *t = member();
	struct netdev *dev = &t->port[0].dev;

	query(t, 2, 0, 10);
	testnet_carrier(t, 0, false);
	silent(t);
	assert_int_equal(igmp_version(dev), 3);
	testnet_carrier(t, 0, true);
	testnet_run(t);
	record(t, IGMP_TO_EXCLUDE, GROUP);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_TO_EXCLUDE, GROUP);
	testnet_free(t);
}

static void
forged_and_damaged_messages_are_dropped(void **state)
{
	struct testnet *t = member();
	uint8_t bytes[8];

	igmp_emit(IGMP_QUERY, 0, bytes);
	message(t, IGMP_ALL_HOSTS, 64, bytes, 8);
	assert_int_equal(testnet_drops(t, DROP_IGMP_TTL), 1);
	message(t, IGMP_ALL_HOSTS, 1, bytes, 7);
	assert_int_equal(testnet_drops(t, DROP_IGMP_LENGTH), 1);
	bytes[7] ^= 1;
	message(t, IGMP_ALL_HOSTS, 1, bytes, 8);
	assert_int_equal(testnet_drops(t, DROP_IGMP_CSUM), 1);
	igmp_emit(0x77, 0, bytes);
	message(t, IGMP_ALL_HOSTS, 1, bytes, 8);
	assert_int_equal(testnet_drops(t, DROP_IGMP_TYPE), 1);
	silent(t);
	assert_int_equal(igmp_version(&t->port[0].dev), 3);
	testnet_free(t);
}

/* 32 groups share a link-layer address; membership is of the group itself. */
static void
a_group_that_shares_its_frame_address_is_not_joined(void **state)
{
	struct testnet *t = member();
	const struct ipv4 ip = packet_header(ROUTER, GROUP - 0x01000000, 17, 8);

	testnet_inject_ipv4(t, 0, &ip, "12345678", 8);
	assert_int_equal(testnet_drops(t, DROP_IP_MULTICAST), 1);
	testnet_free(t);
}

/* A query of version 3 as it is, with a checksum. */
static void
raw_query(struct testnet *t, uint8_t *bytes, size_t len)
{
	struct wire_igmp *wire = (struct wire_igmp *)bytes;

	wire->checksum = be16_from(0);
	wire->checksum = be16_from(checksum_fold(checksum_add(0, bytes, len)));
	message(t,
		be32_get(wire->group) ? be32_get(wire->group) : IGMP_ALL_HOSTS,
		1, bytes, len);
}

/* More sources than are kept, or sources of a group that is asked for as a
 * whole already: the whole group. [RFC3376 5.2] */
static void
too_many_sources_mean_the_group(void **state)
{
	uint8_t bytes[12 + 4 * (IGMP_SOURCES_MAX + 1)] = {
		IGMP_QUERY, 10, 0, 0, 239, 1, 2, 3, 2, 125, 0,
	};
	struct testnet *t = member();
	struct said said;

	for (unsigned int i = 0; i <= IGMP_SOURCES_MAX; i++)
		bytes[12 + 4 * i] = (uint8_t)(i + 1);
	bytes[11] = IGMP_SOURCES_MAX + 1;
	raw_query(t, bytes, sizeof(bytes));
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_IS_EXCLUDE, GROUP);
	/* As many as are kept are named, in the end; one more is too many. */
	bytes[11] = IGMP_SOURCES_MAX;
	raw_query(t, bytes, sizeof(bytes) - 4);
	testnet_advance(t, 1100 * MS_NS);
	assert_true(heard(t, &said));
	assert_int_equal(said.record_type, IGMP_IS_INCLUDE);
	assert_int_equal(said.source_count, IGMP_SOURCES_MAX);
	raw_query(t, bytes, sizeof(bytes) - 4);
	bytes[11] = 1;
	raw_query(t, bytes, 16);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_IS_EXCLUDE, GROUP);
	query(t, 3, GROUP, 10);
	raw_query(t, bytes, 16);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_IS_EXCLUDE, GROUP);
	silent(t);
	testnet_free(t);
}

/* The general answer, when it comes first, is the only one; a second query does
 * not put it off. [RFC3376 5.2] */
static void
one_answer_serves_all_who_asked(void **state)
{
	struct testnet *t = member();
	struct said said;

	query(t, 3, 0, 1);
	query(t, 3, 0, 100);
	query(t, 3, GROUP, 100);
	testnet_advance(t, 110 * MS_NS);
	assert_true(heard(t, &said));
	assert_int_equal(said.record_type, IGMP_IS_EXCLUDE);
	assert_int_equal(said.record_count, 1);
	silent(t);
	testnet_free(t);
}

/* What a router leaves open stays as it was. [RFC3376 8.1, 8.2] */
static void
a_query_may_leave_robustness_and_interval_open(void **state)
{
	uint8_t bytes[12] = { IGMP_QUERY, 10, [8] = 5, [9] = 60 };
	struct testnet *t = member();
	struct igmp_link *link = &t->net.igmp.link[t->port[0].dev.ifindex];

	raw_query(t, bytes, sizeof(bytes));
	assert_int_equal(link->robustness, 5);
	assert_int_equal(link->interval_s, 60);
	bytes[8] = bytes[9] = 0;
	raw_query(t, bytes, sizeof(bytes));
	assert_int_equal(link->robustness, 5);
	assert_int_equal(link->interval_s, 60);
	testnet_free(t);
}

/* Reports and farewells of others are counted; those of version 3, or about a
 * group that is not ours, change nothing. */
static void
what_others_say_is_counted(void **state)
{
	struct testnet *t = member();
	struct igmp_stats *stats = &t->net.igmp.stats;
	uint8_t bytes[8];

	query(t, 3, GROUP, 10);
	igmp_emit(IGMP_REPORT1, GROUP, bytes);
	message(t, GROUP, 1, bytes, 8);
	igmp_emit(IGMP_REPORT2, OTHER, bytes);
	message(t, IGMP_ALL_HOSTS, 1, bytes, 8);
	igmp_emit(IGMP_REPORT3, 0, bytes);
	message(t, IGMP_ALL_HOSTS, 1, bytes, 8);
	igmp_emit(IGMP_LEAVE2, OTHER, bytes);
	message(t, IGMP_ALL_HOSTS, 1, bytes, 8);
	assert_int_equal(stats->in_queries, 1);
	assert_int_equal(stats->in_reports, 3);
	assert_int_equal(stats->in_leaves, 1);
	assert_int_equal(testnet_drops_all(t), 0);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_IS_EXCLUDE, GROUP);
	silent(t);
	testnet_free(t);
}

/* A group that was left is no answer to a query; its farewell goes on. */
static void
a_group_that_was_left_is_not_reported(void **state)
{
	struct testnet *t = member();
	struct netdev *dev = &t->port[0].dev;
	struct said said;

	assert_int_equal(igmp_join(dev, OTHER), OK);
	testnet_advance(t, 30 * S_NS);
	testnet_flush(t, 0);
	assert_int_equal(igmp_leave(dev, GROUP), OK);
	testnet_run(t);
	record(t, IGMP_TO_INCLUDE, GROUP);
	assert_int_equal(igmp_leave(dev, GROUP), ERR_NOENT);
	query(t, 3, GROUP, 1);
	query(t, 3, 0, 1);
	testnet_advance(t, 1100 * MS_NS);
	for (unsigned int includes = 0, i = 0; i < 2; i++) {
		assert_true(heard(t, &said));
		assert_int_equal(said.record_count, 1);
		includes += said.record_type == IGMP_TO_INCLUDE;
		assert_int_equal(said.group, said.record_type == IGMP_TO_INCLUDE
						     ? GROUP
						     : OTHER);
		assert_int_not_equal(includes, 2);
	}
	silent(t);
	testnet_free(t);
}

/* More groups than fit a packet: in several. [RFC3376 4.2.16] */
static void
a_long_report_is_split(void **state)
{
	struct testnet *t = testnet_new(1);
	struct netdev *dev = &t->port[0].dev;
	unsigned int records = 0, reports = 0;
	struct said said;

	assert_int_equal(netdev_set_mtu(dev, 100), OK);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(igmp_join(dev, GROUP + i), OK);
	testnet_advance(t, 30 * S_NS);
	testnet_flush(t, 0);
	query(t, 3, 0, 1);
	testnet_advance(t, S_NS);
	for (; heard(t, &said); reports++) {
		assert_true(said.record_count <= 8);
		records += said.record_count;
	}
	assert_int_equal(records, 20);
	assert_int_equal(reports, 3);
	testnet_free(t);
}

/* Without a buffer nothing is said now; the repetition says it. */
static void
a_report_that_found_no_memory_is_counted(void **state)
{
	struct testnet *t = member();

	t->net.core[0].skb_pool.fail_after = 1;
	igmp_report_link(&t->net.igmp.link[t->port[0].dev.ifindex]);
	assert_int_equal(t->net.igmp.stats.out_nomem, 1);
	t->net.core[0].skb_pool.fail_after = 1;
	assert_int_equal(igmp_leave(&t->port[0].dev, GROUP), OK);
	testnet_run(t);
	assert_int_equal(t->net.igmp.stats.out_nomem, 2);
	testnet_advance(t, 1100 * MS_NS);
	record(t, IGMP_TO_INCLUDE, GROUP);
	silent(t);
	testnet_free(t);
}

/* The second query of an older router tells nothing new. */
static void
an_older_router_again_keeps_what_is_to_be_said(void **state)
{
	struct testnet *t = member();

	query(t, 1, 0, 0);
	testnet_advance(t, 11 * S_NS);
	plain(t, IGMP_REPORT1, GROUP, GROUP);
	query(t, 1, 0, 0);
	query(t, 1, 0, 0);
	testnet_advance(t, 11 * S_NS);
	plain(t, IGMP_REPORT1, GROUP, GROUP);
	silent(t);
	/* No memory for what version 1 would say. */
	query(t, 1, 0, 0);
	t->net.core[0].skb_pool.fail_after = 1;
	silent(t);
	assert_int_equal(t->net.igmp.stats.out_nomem, 1);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joining_and_leaving_is_told_twice),
		cmocka_unit_test(coming_back_ends_the_farewell),
		cmocka_unit_test(all_hosts_is_never_reported),
		cmocka_unit_test(what_cannot_be_joined),
		cmocka_unit_test(general_query_is_answered_in_time),
		cmocka_unit_test(query_about_a_group_is_answered_for_it_alone),
		cmocka_unit_test(query_about_sources_names_them),
		cmocka_unit_test(an_older_router_makes_us_speak_its_version),
		cmocka_unit_test(anothers_report_silences_ours),
		cmocka_unit_test(a_new_link_is_told_of_all_groups),
		cmocka_unit_test(forged_and_damaged_messages_are_dropped),
		cmocka_unit_test(
			a_group_that_shares_its_frame_address_is_not_joined),
		cmocka_unit_test(too_many_sources_mean_the_group),
		cmocka_unit_test(one_answer_serves_all_who_asked),
		cmocka_unit_test(
			a_query_may_leave_robustness_and_interval_open),
		cmocka_unit_test(what_others_say_is_counted),
		cmocka_unit_test(a_group_that_was_left_is_not_reported),
		cmocka_unit_test(a_long_report_is_split),
		cmocka_unit_test(a_report_that_found_no_memory_is_counted),
		cmocka_unit_test(
			an_older_router_again_keeps_what_is_to_be_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
