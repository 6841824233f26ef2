/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys by name: interfaces with dots, Linux's two separators, what is refused,
 * what an interface inherits. The console's words are tested with it. */
#include "net/sysctl.h"

#include <string.h>

#include "net/net.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

static int
setup(void **state)
{
	*state = testnet_new(2);
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

static void
is(struct net *net, const char *name, const char *expected)
{
	char text[SYSCTL_TEXT_MAX];
	struct sysctl_key key;

	assert_int_equal(sysctl_find(net, name, &key), SYSCTL_OK);
	sysctl_text(&key, text);
	assert_string_equal(text, expected);
}

static enum sysctl_error
set(struct net *net, const char *name, const char *text)
{
	struct sysctl_key key;

	assert_int_equal(sysctl_find(net, name, &key), SYSCTL_OK);
	return sysctl_set(net, &key, text);
}

static void
unknown_names_are_refused(void **state)
{
	static const char *const names[] = {
		"",
		"net.ipv4",
		"net.ipv4.no_such_key",
		"net.ipv4.conf.",
		"net.ipv4.conf.rp_filter",
		"net.ipv4.conf..rp_filter",
		"net.ipv4.conf.eth0.no_such_key",
		"net.ipv4.conf.eth9.rp_filter",
		"net.ipv4.conf.a-name-that-is-far-too-long.rp_filter",
		"net.ipv4.neigh.eth9.retrans_time_ms",
		"net.ipv4.neigh.eth0.gc_thresh3",
		"net-ipv4.ip_forward",
	};
	struct testnet *t = *state;
	struct sysctl_key key;

	for (size_t i = 0; i < array_len(names); i++)
		if (sysctl_find(&t->net, names[i], &key) != SYSCTL_NO_KEY)
			fail_msg("found: %s", names[i]);
}

/* The interface's own dots stay, if slashes separate the rest. (Linux) */
static void
interfaces_may_have_dots(void **state)
{
	struct testnet *t = *state;
	struct net *net = &t->net;

	netdev_down(&t->port[0].dev);
	assert_int_equal(netdev_rename(&t->port[0].dev, "eth0.7"), OK);
	assert_int_equal(set(net, "net.ipv4.conf.eth0.7.rp_filter", "2"),
			 SYSCTL_OK);
	is(net, "net/ipv4/conf/eth0.7/rp_filter", "2");
	is(net, "net.ipv4.conf.eth1.rp_filter", "0");
}

static void
numbers_have_limits_and_an_order(void **state)
{
	struct testnet *t = *state;
	struct net *net = &t->net;
	const char *name = "net.ipv4.tcp_rmem";

	assert_int_equal(set(net, name, " 4096\t10000 \t 20000 "), SYSCTL_OK);
	is(net, name, "4096\t10000\t20000");
	assert_int_equal(set(net, name, "4096 10000"), SYSCTL_INVALID);
	assert_int_equal(set(net, name, "4096 10000 9999"), SYSCTL_INVALID);
	assert_int_equal(set(net, name, "1 2 3 4"), SYSCTL_INVALID);
	assert_int_equal(set(net, name, "4096 10000 00000000000020000"),
			 SYSCTL_INVALID);
	assert_int_equal(set(net, name, "4096 x 20000"), SYSCTL_INVALID);
	is(net, name, "4096\t10000\t20000");
	assert_int_equal(set(net, "net.ipv4.ip_default_ttl", "0"),
			 SYSCTL_INVALID);
	assert_int_equal(set(net, "net.ipv4.ip_default_ttl", "256"),
			 SYSCTL_INVALID);
	assert_int_equal(set(net, "net.ipv4.ip_default_ttl", "255"), SYSCTL_OK);
}

/* Until it has a value of its own, an interface follows the default. */
static void
neighbour_timers_are_inherited(void **state)
{
	struct testnet *t = *state;
	struct net *net = &t->net;

	assert_int_equal(set(net, "net.ipv4.neigh.default.retrans_time_ms",
			     "700"),
			 SYSCTL_OK);
	is(net, "net.ipv4.neigh.eth0.retrans_time_ms", "700");
	assert_int_equal(set(net, "net.ipv4.neigh.eth0.retrans_time_ms", "900"),
			 SYSCTL_OK);
	assert_int_equal(set(net, "net.ipv4.neigh.default.retrans_time_ms",
			     "800"),
			 SYSCTL_OK);
	is(net, "net.ipv4.neigh.eth0.retrans_time_ms", "900");
	is(net, "net.ipv4.neigh.eth1.retrans_time_ms", "800");
}

/* Every key has a name by which it is found, a value that it takes back, and a
 * sentence. */
static void
every_key_can_be_read_and_written_back(void **state)
{
	char name[SYSCTL_NAME_MAX], text[SYSCTL_TEXT_MAX];
	static struct sysctl_snapshot snapshot;
	struct testnet *t = *state;
	struct net *net = &t->net;
	struct sysctl_key key, found;
	uint32_t i;

	sysctl_snapshot(net, &snapshot);
	for (i = 0; sysctl_at(net, i, &key, name); i++) {
		assert_int_equal(sysctl_find(net, name, &found), SYSCTL_OK);
		assert_ptr_equal(found.entry, key.entry);
		assert_ptr_equal(found.field, key.field);
		assert_true(strlen(sysctl_help(&key)) > 5);
		sysctl_text(&key, text);
		if (sysctl_set(net, &key, text) != SYSCTL_OK &&
		    !strstr(name, "available"))
			fail_msg("%s does not take its own \"%s\"", name, text);
	}
	assert_true(i > 100);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(unknown_names_are_refused),
		TEST(interfaces_may_have_dots),
		TEST(numbers_have_limits_and_an_order),
		TEST(neighbour_timers_are_inherited),
		TEST(every_key_can_be_read_and_written_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
