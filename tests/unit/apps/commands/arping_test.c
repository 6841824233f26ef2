/* SPDX-License-Identifier: BSD-2-Clause */
/* arping: what it asks, hears and says. Texts are those of iputils 20221126. */
#include "tests/host/test.h"

#include "apps/commands/commands.h"
#include "tests/unit/apps/commands/golden.h"

/* A station that answers requests for 10.0.0.7 after half a millisecond. */
static const uint8_t station[6] = { 2, 0, 0, 0xab, 0xcd, 7 };

static int
setup(void **state)
{
	struct testbox *b = testbox_new(1, false);

	testnet_advance(b->net, 10 * S_NS); /* announcements are over */
	testnet_flush(b->net, 0);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	testbox_free(*state);
	return 0;
}

static void
answer(struct testbox *b, const struct testnet_frame *request)
{
	uint8_t bytes[60] = { 0 };

	memcpy(bytes, request->bytes + 6, 6);
	memcpy(bytes + 6, station, 6);
	memcpy(bytes + 12, request->bytes + 12, 8);
	bytes[21] = 2;
	memcpy(bytes + 22, station, 6);
	memcpy(bytes + 28, request->bytes + 38, 4);
	memcpy(bytes + 32, request->bytes + 22, 10);
	testnet_advance(b->net, MS_NS / 2);
	testnet_inject(b->net, 0, bytes, sizeof(bytes));
	testnet_run(b->net);
}

/* Runs a line; every request for .7 is answered. How many went to all. */
static unsigned int
run(struct testbox *b, const char *line, const char *wanted, int status)
{
	const struct testnet_frame *frame;
	unsigned int broadcasts = 0;
	bool more;

	out_buf_init(&b->out, b->out_text, TESTBOX_TEXT_LEN);
	out_buf_init(&b->err, b->err_text, TESTBOX_TEXT_LEN);
	assert_true(shell_run(&b->shell, line));
	for (int i = 0; shell_busy(&b->shell); i++) {
		assert_true(i < 10000);
		do
			more = shell_poll(&b->shell, b->net->net.now_ns);
		while (more);
		frame = testnet_next(b->net, 0);
		if (frame)
			broadcasts += frame->bytes[0] & 1;
		if (frame && frame->bytes[41] == 7)
			answer(b, frame);
		else if (!frame && shell_busy(&b->shell))
			testnet_advance(b->net, 10 * MS_NS);
	}
	assert_string_equal(b->err.text, "");
	if (strcmp(b->out.text, wanted) != 0)
		fail_msg("%s\nwanted:\n%sgot:\n%s", line, wanted, b->out.text);
	assert_int_equal(b->shell.status, status);
	return broadcasts;
}

#define HEAD  "ARPING 10.0.0.7 from 10.0.0.1 eth0\n"
#define REPLY "Unicast reply from 10.0.0.7 [02:00:00:AB:CD:07]  0.500ms\n"

static void
test_somebody_answers(void **state)
{
	struct testbox *b = *state;

	/* The second request goes to who answered the first. */
	assert_int_equal(run(b, "arping -c 2 10.0.0.7",
			     HEAD REPLY REPLY "Sent 2 probes (1 broadcast(s))\n"
					      "Received 2 response(s)\n",
			     0),
			 1);
	assert_int_equal(run(b, "arping -b -c 2 -I eth0 10.0.0.7",
			     HEAD REPLY REPLY "Sent 2 probes (2 broadcast(s))\n"
					      "Received 2 response(s)\n",
			     0),
			 2);
	run(b, "arping -f 10.0.0.7",
	    HEAD REPLY "Sent 1 probes (1 broadcast(s))\n"
		       "Received 1 response(s)\n",
	    0);
	run(b, "arping -q -c 1 10.0.0.7", "", 0);
	/* Nobody learned from it. */
	assert_null(neigh_find(&b->net->net, &b->net->port[0].dev,
			       TESTNET_ADDR(0, 7)));
}

static void
test_nobody_answers(void **state)
{
	struct testbox *b = *state;

	run(b, "arping -c 1 10.0.0.9",
	    "ARPING 10.0.0.9 from 10.0.0.1 eth0\n"
	    "Sent 1 probes (1 broadcast(s))\n"
	    "Received 0 response(s)\n",
	    1);
	run(b, "arping -w 1 10.0.0.9",
	    "ARPING 10.0.0.9 from 10.0.0.1 eth0\n"
	    "Sent 2 probes (2 broadcast(s))\n"
	    "Received 0 response(s)\n",
	    1);
}

static void
test_is_it_free(void **state)
{
	struct testbox *b = *state;

	run(b, "arping -D -c 2 10.0.0.7",
	    "ARPING 10.0.0.7 from 0.0.0.0 eth0\n" REPLY
	    "Sent 1 probes (1 broadcast(s))\n"
	    "Received 1 response(s)\n",
	    1);
	run(b, "arping -D -c 2 -w 2 10.0.0.9",
	    "ARPING 10.0.0.9 from 0.0.0.0 eth0\n"
	    "Sent 2 probes (2 broadcast(s))\n"
	    "Received 0 response(s)\n",
	    0);
}

static void
test_telling(void **state)
{
	struct testbox *b = *state;
	uint64_t told = b->net->net.neigh.arp.stats.tx_announcements;

	run(b, "arping -U -c 2 10.0.0.1",
	    "ARPING 10.0.0.1 from 10.0.0.1 eth0\n"
	    "Sent 2 probes (2 broadcast(s))\n"
	    "Received 0 response(s)\n",
	    0);
	run(b, "arping -A -c 1 10.0.0.1",
	    "ARPING 10.0.0.1 from 10.0.0.1 eth0\n"
	    "Sent 1 probes (1 broadcast(s))\n"
	    "Received 0 response(s)\n",
	    0);
	assert_int_equal(b->net->net.neigh.arp.stats.tx_announcements,
			 told + 3);
}

static void
test_mistakes(void **state)
{
	struct testbox *b = *state;

	golden_run(b, "$ arping -I nope 10.0.0.7\n"
		      "! arping: Device nope not available.\n"
		      "[rc 2]\n"
		      "$ arping 192.0.2.1\n"
		      "! arping: Suitable device could not be determined. "
		      "Please, use option -I.\n"
		      "[rc 2]\n"
		      "$ arping foo\n"
		      "! arping: foo: Name or service not known\n"
		      "[rc 2]\n"
		      "$ arping -s 10.0.0.77 10.0.0.7\n"
		      "! arping: bind: Cannot assign requested address\n"
		      "[rc 2]\n"
		      "$ arping -U 10.0.0.7\n"
		      "! arping: bind: Cannot assign requested address\n"
		      "[rc 2]\n"
		      "$ arping -w 0 10.0.0.7\n"
		      "! arping: invalid argument: 0\n"
		      "[rc 2]\n"
		      "$ arping -I lo 127.0.0.1\n"
		      "! Interface \"lo\" is not ARPable\n"
		      "[rc 2]\n");
	netdev_down(&b->net->port[0].dev);
	golden_run(b, "$ arping -I eth0 10.0.0.7\n"
		      "! Interface \"eth0\" is down\n"
		      "[rc 2]\n");
	assert_int_equal(netdev_up(&b->net->port[0].dev), OK);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_somebody_answers), T(test_nobody_answers),
		T(test_is_it_free),	  T(test_telling),
		T(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
