/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial driver against a register-level model of a 16550 with its FIFOs,
 * its interrupt line (an edge, as on ISA) and its ways to die.
 */
#include "tests/host/test.h"

#include "drivers/uart.h"
#include "tests/host/mmio.h"

#define FIFO_LEN 16u
#define WIRE_LEN 65536u

/* Line status bits, and what may come with a received byte. */
#define OVERRUN 0x02u
#define PARITY	0x04u
#define FRAMING 0x08u
#define BREAK	0x10u

struct model {
	bool is_dead;	     /* reads give all ones */
	bool has_no_scratch; /* reads give zero: no 16550 at all */
	bool has_no_fifo;    /* an 8250 */
	bool is_blocked;     /* nothing leaves the transmitter */
	bool is_eager;	     /* every byte leaves at once */
	uint8_t ier, lcr, mcr, fcr, scratch, dll, dlm;
	uint8_t rx[FIFO_LEN], rx_error[FIFO_LEN];
	unsigned int rx_count;
	uint8_t overrun;
	unsigned int tx_count; /* in the transmitter */
	unsigned int tx_lost;  /* written while it was full */
	bool thre_pending;
	uint8_t wire[WIRE_LEN]; /* what left it */
	size_t wire_len;
	bool line;		 /* the interrupt line's level */
	unsigned int edge_count; /* rises that nobody has handled */
	unsigned int endless;	 /* received bytes that never end */
};

static struct model model;
static struct uart uart;

static unsigned int
tx_room(void)
{
	unsigned int len = model.has_no_fifo ? 1 : FIFO_LEN;

	return len - model.tx_count;
}

static uint8_t
line_status(void)
{
	uint8_t lsr = model.overrun;

	if (model.rx_count > 0)
		lsr |= 1u | model.rx_error[0];
	if (model.tx_count == 0)
		lsr |= 0x60u;
	return lsr;
}

static uint8_t
cause(void)
{
	uint8_t lsr = line_status();

	if (model.ier & 4 && lsr & (OVERRUN | PARITY | FRAMING | BREAK))
		return 6;
	if (model.ier & 1 && model.rx_count > 0)
		return 4;
	if (model.ier & 2 && model.thre_pending)
		return 2;
	return 1;
}

static void
line_update(void)
{
	bool line = cause() != 1 && model.mcr & 8;

	if (line && !model.line)
		model.edge_count++;
	model.line = line;
}

static void
transmitter_run(void)
{
	if (model.is_blocked || model.tx_count == 0)
		return;
	model.tx_count = 0;
	model.thre_pending = true;
	line_update();
}

static void
receive(uint8_t byte, uint8_t error)
{
	if (model.rx_count == FIFO_LEN) {
		model.overrun = OVERRUN;
	} else {
		model.rx[model.rx_count] = byte;
		model.rx_error[model.rx_count++] = error;
	}
	line_update();
}

static uint8_t
receive_take(void)
{
	uint8_t byte = model.rx[0];

	if (model.rx_count == 0)
		return 0;
	model.rx_count--;
	memmove(model.rx, model.rx + 1, model.rx_count);
	memmove(model.rx_error, model.rx_error + 1, model.rx_count);
	if (model.endless > 0) {
		model.endless--;
		receive('e', 0);
	}
	return byte;
}

static uint32_t
model_read(void *ctx, uint16_t offset, unsigned int len)
{
	uint8_t value = 0;

	assert_int_equal(len, 1);
	if (model.is_dead)
		return 0xff;
	if (model.has_no_scratch)
		return 0;
	switch (offset) {
	case 0: value = model.lcr & 0x80 ? model.dll : receive_take(); break;
	case 1: value = model.lcr & 0x80 ? model.dlm : model.ier; break;
	case 2:
		value = cause();
		if (value == 2)
			model.thre_pending = false;
		if (model.fcr & 1 && !model.has_no_fifo)
			value |= 0xc0;
		break;
	case 3: value = model.lcr; break;
	case 4: value = model.mcr; break;
	case 5:
		value = line_status();
		model.overrun = 0;
		model.rx_error[0] = 0;
		break;
	case 7: value = model.scratch; break;
	default: break;
	}
	line_update();
	return value;
}

static void
transmit(uint8_t byte)
{
	if (tx_room() == 0) {
		model.tx_lost++;
		return;
	}
	assert_true(model.wire_len < WIRE_LEN);
	model.wire[model.wire_len++] = byte;
	model.tx_count++;
	model.thre_pending = false;
	if (model.is_eager)
		transmitter_run();
}

static void
model_write(void *ctx, uint16_t offset, unsigned int len, uint32_t value)
{
	uint8_t old = model.ier;

	assert_int_equal(len, 1);
	if (model.is_dead || model.has_no_scratch)
		return;
	switch (offset) {
	case 0:
		if (model.lcr & 0x80)
			model.dll = (uint8_t)value;
		else
			transmit((uint8_t)value);
		break;
	case 1:
		if (model.lcr & 0x80) {
			model.dlm = (uint8_t)value;
			break;
		}
		model.ier = value & 0xf;
		/* Asking, and not only keeping on asking, makes it tell. */
		if ((old ^ model.ier) & 2)
			model.thre_pending =
				model.ier & 2 && model.tx_count == 0;
		break;
	case 2: model.fcr = (uint8_t)value; break;
	case 3: model.lcr = (uint8_t)value; break;
	case 4: model.mcr = (uint8_t)value; break;
	case 7: model.scratch = (uint8_t)value; break;
	default: break;
	}
	line_update();
}

static const struct ioport_ops model_ops = { model_read, model_write };

static int
setup(void **state)
{
	memset(&model, 0, sizeof(model));
	ioport_claim(UART_COM1, 8, &model_ops, &model);
	return 0;
}

static int
teardown(void **state)
{
	assert_int_equal(model.tx_lost, 0);
	mmio_release(&model);
	return 0;
}

/* As an edge would: the handler runs once per rise of the line. */
static void
interrupts_run(void)
{
	for (unsigned int i = 0; model.edge_count > 0; i++) {
		assert_true(i < 10000);
		model.edge_count--;
		uart_irq(&uart);
	}
}

/* Until nothing moves any more. */
static void
settle(void)
{
	for (unsigned int i = 0; i < 2000; i++) {
		transmitter_run();
		interrupts_run();
	}
}

static void
start(void)
{
	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, UART_COM1_IRQ,
				   115200),
			 OK);
	uart_irq_enable(&uart);
	interrupts_run();
}

static void
expect_wire(const char *text)
{
	assert_int_equal(model.wire_len, strlen(text));
	assert_memory_equal(model.wire, text, model.wire_len);
}

/* ---- Bring-up ----------------------------------------------------------- */

static void
init_programs_the_line(void **state)
{
	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, UART_COM1_IRQ,
				   115200),
			 OK);
	assert_int_equal(model.dll, 1);
	assert_int_equal(model.dlm, 0);
	assert_int_equal(model.lcr, 3);
	assert_int_equal(model.mcr, 0xb);
	assert_int_equal(model.fcr & 1, 1);
	assert_int_equal(model.ier, 0);
	assert_int_equal(uart.fifo_len, 16);
	uart_irq_enable(&uart);
	assert_int_equal(model.ier & 5, 5);
}

static void
init_sets_the_rate(void **state)
{
	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, 4, 300), OK);
	assert_int_equal(model.dll | model.dlm << 8, 384);
	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, 4, 12345),
			 ERR_INVAL);
	assert_int_equal(model.dll | model.dlm << 8, 1);
	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, 4, 0), ERR_INVAL);
	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, 4, 230400),
			 ERR_INVAL);
	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, 4, 1), ERR_INVAL);
}

static void
expect_null_console(void)
{
	uint64_t accesses;
	char byte;

	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, 4, 115200),
			 ERR_NODEV);
	accesses = mmio_counts()->port_reads + mmio_counts()->port_writes;
	uart_irq_enable(&uart);
	assert_int_equal(uart_write(&uart, "hello", 5), 5);
	assert_int_equal(uart_read(&uart, &byte, 1), 0);
	uart_write_sync(&uart, "hello", 5);
	uart_poll(&uart);
	uart_irq(&uart);
	out_printf(&uart.out, "hello\n");
	assert_int_equal(uart_tx_pending(&uart), 0);
	assert_int_equal(uart_tx_room(&uart), PARAM_UART_TX_LEN);
	assert_int_equal(mmio_counts()->port_reads + mmio_counts()->port_writes,
			 accesses);
}

static void
no_device_is_a_null_console(void **state)
{
	model.is_dead = true;
	expect_null_console();
	model.is_dead = false;
	model.has_no_scratch = true;
	expect_null_console();
}

/* ---- Sending ------------------------------------------------------------ */

static void
written_bytes_leave_in_order(void **state)
{
	start();
	assert_int_equal(uart_write(&uart, "hello, ", 7), 7);
	assert_int_equal(uart_write(&uart, "world; this is longer than a FIFO",
				    33),
			 33);
	settle();
	expect_wire("hello, world; this is longer than a FIFO");
	assert_int_equal(uart_tx_pending(&uart), 0);
	assert_int_equal(uart.counts.tx_bytes, 40);
	/* The device is not asked any more once there is nothing to send. */
	assert_int_equal(model.ier & 2, 0);
	assert_false(model.line);
}

static void
write_does_not_wait(void **state)
{
	uint8_t bytes[PARAM_UART_TX_LEN + 100];
	uint64_t reads;

	memset(bytes, 'x', sizeof(bytes));
	start();
	model.is_blocked = true;
	assert_int_equal(uart_write(&uart, "0123456789abcdef", 16), 16);
	interrupts_run();
	assert_int_equal(uart_tx_room(&uart), PARAM_UART_TX_LEN);
	reads = mmio_counts()->port_reads;
	assert_int_equal(uart_write(&uart, bytes, sizeof(bytes)),
			 PARAM_UART_TX_LEN);
	assert_int_equal(uart.counts.tx_ring_full, 100);
	assert_int_equal(uart_write(&uart, bytes, 1), 0);
	assert_int_equal(uart.counts.tx_ring_full, 101);
	assert_int_equal(uart_tx_room(&uart), 0);
	assert_int_equal(mmio_counts()->port_reads, reads);
	model.is_blocked = false;
	settle();
	assert_int_equal(model.wire_len, 16 + PARAM_UART_TX_LEN);
	assert_int_equal(uart_tx_room(&uart), PARAM_UART_TX_LEN);
}

/* Pieces of random length while the device runs at random: none is lost. */
static void
stream_survives_the_rings_end(void **state)
{
	struct random random = test_random();
	uint8_t sent = 0;
	size_t total = 0;

	start();
	while (total < 5 * PARAM_UART_TX_LEN) {
		uint8_t piece[300];
		size_t len = random_below(&random, sizeof(piece)), took;

		for (size_t i = 0; i < len; i++)
			piece[i] = (uint8_t)(sent + i);
		took = uart_write(&uart, piece, len);
		sent = (uint8_t)(sent + took);
		total += took;
		for (uint32_t i = random_below(&random, 20); i > 0; i--) {
			transmitter_run();
			interrupts_run();
		}
	}
	settle();
	assert_int_equal(model.wire_len, total);
	for (size_t i = 0; i < total; i++)
		assert_int_equal(model.wire[i], (uint8_t)i);
}

static void
eager_device_gets_everything(void **state)
{
	char text[3000];

	memset(text, 'y', sizeof(text));
	model.is_eager = true;
	start();
	assert_int_equal(uart_write(&uart, text, sizeof(text)), sizeof(text));
	/* No help but interrupts: more rounds than one of them may take. */
	interrupts_run();
	assert_int_equal(model.wire_len, sizeof(text));
}

static void
device_without_fifo_gets_single_bytes(void **state)
{
	model.has_no_fifo = true;
	start();
	assert_int_equal(uart.fifo_len, 1);
	uart_write(&uart, "one by one", 10);
	settle();
	expect_wire("one by one");
}

static void
text_gets_carriage_returns(void **state)
{
	start();
	out_printf(&uart.out, "a\n\nb%d\n", 7);
	settle();
	expect_wire("a\r\n\r\nb7\r\n");
}

static void
before_interrupts_writing_polls(void **state)
{
	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, 4, 115200), OK);
	model.is_eager = true;
	uart_write(&uart, "early words, more than one FIFO of them", 39);
	expect_wire("early words, more than one FIFO of them");
	/* A slow one gets the rest when interrupts are there. */
	model.is_eager = false;
	model.wire_len = 0;
	uart_write(&uart, "early words, more than one FIFO of them", 39);
	assert_int_equal(model.wire_len, 16);
	uart_irq_enable(&uart);
	settle();
	expect_wire("early words, more than one FIFO of them");
}

/* ---- Receiving ---------------------------------------------------------- */

static void
received_bytes_are_read_in_order(void **state)
{
	char bytes[8];

	start();
	for (const char *c = "console"; *c; c++)
		receive((uint8_t)*c, 0);
	interrupts_run();
	assert_int_equal(uart_read(&uart, bytes, 3), 3);
	assert_memory_equal(bytes, "con", 3);
	assert_int_equal(uart_read(&uart, bytes, sizeof(bytes)), 4);
	assert_memory_equal(bytes, "sole", 4);
	assert_int_equal(uart_read(&uart, bytes, sizeof(bytes)), 0);
	assert_int_equal(uart.counts.rx_bytes, 7);
}

static void
full_receive_ring_is_counted(void **state)
{
	uint8_t bytes[PARAM_UART_RX_LEN + 1];

	start();
	for (unsigned int i = 0; i < PARAM_UART_RX_LEN + 7; i++) {
		receive((uint8_t)i, 0);
		interrupts_run();
	}
	assert_int_equal(uart.counts.rx_ring_full, 7);
	assert_int_equal(uart_read(&uart, bytes, sizeof(bytes)),
			 PARAM_UART_RX_LEN);
	for (unsigned int i = 0; i < PARAM_UART_RX_LEN; i++)
		assert_int_equal(bytes[i], (uint8_t)i);
	receive('z', 0);
	interrupts_run();
	assert_int_equal(uart_read(&uart, bytes, sizeof(bytes)), 1);
	assert_int_equal(bytes[0], 'z');
}

/* Who must not lose any leaves them in the device, and asks for no more
 * interrupts until there is room. */
static void
a_patient_ring_makes_the_sender_wait(void **state)
{
	uint8_t bytes[PARAM_UART_RX_LEN + 1];

	start();
	uart.is_patient = true;
	for (unsigned int i = 0; i < PARAM_UART_RX_LEN + 7; i++) {
		receive((uint8_t)i, 0);
		interrupts_run();
	}
	assert_int_equal(uart.counts.rx_ring_full, 0);
	assert_true(uart.rx_stopped);
	assert_int_equal(uart_read(&uart, bytes, sizeof(bytes)),
			 PARAM_UART_RX_LEN);
	assert_false(uart.rx_stopped);
	interrupts_run();
	assert_int_equal(uart_read(&uart, bytes, sizeof(bytes)), 7);
	for (unsigned int i = 0; i < 7; i++)
		assert_int_equal(bytes[i], (uint8_t)(PARAM_UART_RX_LEN + i));
}

static void
line_errors_are_counted_and_their_bytes_dropped(void **state)
{
	char bytes[32];

	start();
	receive('a', 0);
	receive('b', PARITY);
	receive('c', FRAMING);
	receive(0, BREAK | FRAMING);
	receive('d', 0);
	interrupts_run();
	assert_int_equal(uart_read(&uart, bytes, sizeof(bytes)), 2);
	assert_memory_equal(bytes, "ad", 2);
	assert_int_equal(uart.counts.rx_parity, 1);
	assert_int_equal(uart.counts.rx_framing, 1);
	assert_int_equal(uart.counts.rx_break, 1);
	for (unsigned int i = 0; i < FIFO_LEN + 3; i++)
		receive('o', 0);
	interrupts_run();
	assert_int_equal(uart.counts.rx_overrun, 1);
	assert_int_equal(uart_read(&uart, bytes, sizeof(bytes)), FIFO_LEN);
	assert_false(model.line);
}

static void
both_directions_at_once(void **state)
{
	struct random random = test_random();
	uint8_t bytes[64], expect = 0, next = 0;

	start();
	for (unsigned int i = 0; i < 3000; i++) {
		size_t count;

		if (model.rx_count < FIFO_LEN)
			receive(next++, 0);
		uart_write(&uart, &(uint8_t){ (uint8_t)i }, 1);
		if (random_below(&random, 3))
			transmitter_run();
		if (random_below(&random, 3))
			interrupts_run();
		count = uart_read(&uart, bytes, sizeof(bytes));
		for (size_t k = 0; k < count; k++)
			assert_int_equal(bytes[k], expect++);
	}
	settle();
	assert_int_equal(model.wire_len, 3000);
	for (size_t i = 0; i < 3000; i++)
		assert_int_equal(model.wire[i], (uint8_t)i);
}

static void
endless_input_does_not_hold_the_core(void **state)
{
	char byte;

	start();
	model.endless = 100000;
	receive('e', 0);
	/* Each handler run ends, and leaves an edge for what is left. */
	for (unsigned int i = 0; i < 10; i++) {
		assert_int_equal(model.edge_count, 1);
		model.edge_count--;
		uart_irq(&uart);
	}
	model.endless = 0;
	interrupts_run();
	assert_false(model.line);
	assert_int_equal(uart_read(&uart, &byte, 1), 1);
}

static void
polling_serves_a_machine_without_interrupts(void **state)
{
	char bytes[8];

	assert_int_equal(uart_init(&uart, "ttyS0", UART_COM1, 4, 115200), OK);
	receive('p', 0);
	uart_write(&uart, "twenty bytes of text", 20);
	uart_poll(&uart);
	assert_int_equal(uart_read(&uart, bytes, sizeof(bytes)), 1);
	transmitter_run();
	uart_poll(&uart);
	expect_wire("twenty bytes of text");
}

/* ---- Trouble ------------------------------------------------------------ */

static void
device_that_goes_away(void **state)
{
	char byte;

	start();
	uart_write(&uart, "x", 1);
	model.is_dead = true;
	uart_irq(&uart);
	uart_poll(&uart);
	assert_int_equal(uart_read(&uart, &byte, 1), 0);
	uart_write_sync(&uart, "y", 1);
	assert_int_equal(uart.counts.rx_bytes, 0);
}

static void
panic_text_comes_after_what_was_queued(void **state)
{
	start();
	model.is_blocked = true;
	uart_write(&uart, "0123456789abcdefQUEUED ", 23);
	interrupts_run();
	model.is_blocked = false;
	model.tx_count = 0;
	model.is_eager = true;
	out_printf(&uart.out_sync, "panic\n");
	expect_wire("0123456789abcdefQUEUED panic\r\n");
}

static void
panic_gives_up_on_a_stuck_device(void **state)
{
	uint64_t reads;

	start();
	model.is_blocked = true;
	uart_write_sync(&uart, "a", 1);
	uart_write_sync(&uart, "b", 1);
	reads = mmio_counts()->port_reads;
	for (int i = 0; i < 1000; i++)
		uart_write_sync(&uart, "c", 1);
	assert_true(mmio_counts()->port_reads - reads < 100000);
	/* And finds it again should it wake up. */
	model.is_blocked = false;
	transmitter_run();
	model.wire_len = 0;
	uart_write_sync(&uart, "d", 1);
	expect_wire("d");
}

static void
console_words(void **state)
{
	static const struct {
		const char *text, *name;
		uint16_t port;
		uint32_t bps;
	} good[] = {
		{ "ttyS0", "ttyS0", 0x3f8, 115200 },
		{ "ttyS1", "ttyS1", 0x2f8, 115200 },
		{ "ttyS0,9600", "ttyS0", 0x3f8, 9600 },
		{ "ttyS1,57600n8", "ttyS1", 0x2f8, 57600 },
		{ "ttyS0,115200n", "ttyS0", 0x3f8, 115200 },
		{ "ttyS0,99999999999999999999", "ttyS0", 0x3f8, UINT32_MAX },
	};
	static const char *const bad[] = {
		"",
		"tty",
		"tty0",
		"ttyS",
		"ttyS2",
		"ttyS0,",
		"ttyS0,fast",
		"ttyS0,0",
		"ttyS01",
		"ttyS0,9600e",
		"ttyS0,9600n7",
		"hvc0",
		"ttyS0 9600",
		"ttyS0,9600n8r8",
	};
	struct uart_choice choice = { "before", 1, 2, 3 };

	for (size_t i = 0; i < array_len(good); i++) {
		assert_true(uart_choose(&choice, good[i].text));
		assert_string_equal(choice.name, good[i].name);
		assert_int_equal(choice.port, good[i].port);
		assert_int_equal(choice.bps, good[i].bps);
	}
	choice = (struct uart_choice){ "before", 1, 2, 3 };
	for (size_t i = 0; i < array_len(bad); i++)
		if (uart_choose(&choice, bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
	assert_string_equal(choice.name, "before");
}

#define uart_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		uart_test(init_programs_the_line),
		uart_test(init_sets_the_rate),
		uart_test(no_device_is_a_null_console),
		uart_test(written_bytes_leave_in_order),
		uart_test(write_does_not_wait),
		uart_test(stream_survives_the_rings_end),
		uart_test(eager_device_gets_everything),
		uart_test(device_without_fifo_gets_single_bytes),
		uart_test(text_gets_carriage_returns),
		uart_test(before_interrupts_writing_polls),
		uart_test(received_bytes_are_read_in_order),
		uart_test(full_receive_ring_is_counted),
		uart_test(a_patient_ring_makes_the_sender_wait),
		uart_test(line_errors_are_counted_and_their_bytes_dropped),
		uart_test(both_directions_at_once),
		uart_test(endless_input_does_not_hold_the_core),
		uart_test(polling_serves_a_machine_without_interrupts),
		uart_test(device_that_goes_away),
		uart_test(panic_text_comes_after_what_was_queued),
		uart_test(panic_gives_up_on_a_stuck_device),
		uart_test(console_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
