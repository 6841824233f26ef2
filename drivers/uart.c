/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 16550 of uart.h. Bytes go between the console and two rings here, and
 * between the rings and the device by interrupt. No state but struct uart.
 *
 * The ISA interrupt is an edge: one that comes while another cause is pending
 * makes none. So the handler looks until the device says that nothing is left.
 */
#include "drivers/uart.h"

#include <arch/cpu.h>
#include <arch/io.h>

#include "lib/str.h"

/* Registers [16550 8.0], offsets from the first port. */
#define UART_RBR 0u /* read */
#define UART_THR 0u /* write */
#define UART_DLL 0u /* with LCR_DLAB */
#define UART_DLM 1u /* with LCR_DLAB */
#define UART_IER 1u
#define UART_IIR 2u /* read */
#define UART_FCR 2u /* write */
#define UART_LCR 3u
#define UART_MCR 4u
#define UART_LSR 5u
#define UART_SCR 7u

#define IER_RX	     0x01u
#define IER_THRE     0x02u
#define IER_LINE     0x04u
#define IIR_NONE     0x01u
#define IIR_FIFOS    0xc0u
#define FCR_ENABLE   0x01u
#define FCR_CLEAR    0x06u
#define FCR_TRIGGER8 0x80u /* leaves 0.7 ms at 115200 until it overruns */
#define LCR_8N1	     0x03u
#define LCR_DLAB     0x80u
#define MCR_DTR_RTS  0x03u
#define MCR_OUT2     0x08u /* gates the interrupt on a PC */
#define LSR_READY    0x01u
#define LSR_OVERRUN  0x02u
#define LSR_PARITY   0x04u
#define LSR_FRAMING  0x08u
#define LSR_BREAK    0x10u
#define LSR_THRE     0x20u
#define LSR_IDLE     0x40u
#define LSR_ABSENT   0xffu

#define CLOCK_BPS   115200u
#define FIFO_LEN    16u
#define IRQ_ROUNDS  64u	     /* a device that never falls silent is left */
#define RX_BURST    64u	     /* bytes a round; more than its FIFO holds */
#define SYNC_READS  2000000u /* some 2 s: QEMU waits for who reads it */
#define STUCK_READS 32u
#define IDLE_READS  20000u /* 20 ms: 16 bytes at 9600 */
#define POLL_ROUNDS (PARAM_UART_TX_LEN / FIFO_LEN)

_Static_assert((PARAM_UART_RX_LEN & (PARAM_UART_RX_LEN - 1)) == 0, "mask");
_Static_assert((PARAM_UART_TX_LEN & (PARAM_UART_TX_LEN - 1)) == 0, "mask");

static uint8_t
reg_read(const struct uart *uart, uint16_t reg)
{
	return port_in8((uint16_t)(uart->port + reg));
}

static void
reg_write(const struct uart *uart, uint16_t reg, uint8_t value)
{
	port_out8((uint16_t)(uart->port + reg), value);
}

/* ---- Bring-up ----------------------------------------------------------- */

/* Text has \n at the ends of its lines, terminals want \r\n. */
static void
text_write(struct uart *uart, const char *text, size_t len,
	   void (*put)(struct uart *uart, const char *text, size_t len))
{
	size_t start = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n')
			continue;
		put(uart, text + start, i - start);
		put(uart, "\r\n", 2);
		start = i + 1;
	}
	put(uart, text + start, len - start);
}

static void
put_queued(struct uart *uart, const char *text, size_t len)
{
	uart_write(uart, text, len);
}

static void
put_sync(struct uart *uart, const char *text, size_t len)
{
	uart_write_sync(uart, text, len);
}

static void
out_queued(struct out *out, const char *text, size_t len)
{
	text_write(container_of(out, struct uart, out), text, len, put_queued);
}

static void
out_sync(struct out *out, const char *text, size_t len)
{
	text_write(container_of(out, struct uart, out_sync), text, len,
		   put_sync);
}

/* The scratch register keeps what is written; ports without a device do not. */
static bool
is_present(const struct uart *uart)
{
	static const uint8_t pattern[] = { 0x5a, 0xa5 };

	for (size_t i = 0; i < array_len(pattern); i++) {
		reg_write(uart, UART_SCR, pattern[i]);
		if (reg_read(uart, UART_SCR) != pattern[i])
			return false;
	}
	return reg_read(uart, UART_LSR) != LSR_ABSENT;
}

/* What the firmware or a loader still has to say goes out first. */
static void
wait_idle(const struct uart *uart)
{
	for (unsigned int i = 0; i < IDLE_READS; i++)
		if (reg_read(uart, UART_LSR) & LSR_IDLE)
			return;
}

enum status
uart_init(struct uart *uart, const char *name, uint16_t port, uint8_t isa_irq,
	  uint32_t bps)
{
	bool has_rate = bps > 0 && bps <= CLOCK_BPS && CLOCK_BPS % bps == 0 &&
			CLOCK_BPS / bps <= 0xffff;
	uint32_t divisor = has_rate ? CLOCK_BPS / bps : 1;

	*uart = (struct uart){
		.name = name,
		.port = port,
		.isa_irq = isa_irq,
		.out = { out_queued },
		.out_sync = { out_sync },
	};
	if (!is_present(uart)) {
		uart->port = 0;
		return ERR_NODEV;
	}
	wait_idle(uart);
	reg_write(uart, UART_IER, 0);
	reg_write(uart, UART_LCR, LCR_DLAB);
	reg_write(uart, UART_DLL, (uint8_t)divisor);
	reg_write(uart, UART_DLM, (uint8_t)(divisor >> 8));
	reg_write(uart, UART_LCR, LCR_8N1);
	reg_write(uart, UART_FCR, FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER8);
	/* An 8250 or 16450 shows no FIFOs, and takes byte by byte. */
	uart->fifo_len = (reg_read(uart, UART_IIR) & IIR_FIFOS) == IIR_FIFOS
				 ? FIFO_LEN
				 : 1;
	reg_write(uart, UART_MCR, MCR_DTR_RTS | MCR_OUT2);
	return has_rate ? OK : ERR_INVAL;
}

/* ",9600", ",9600n8"; nothing is the usual rate. */
static bool
rate_parse(const char *text, uint32_t *bps)
{
	uint64_t value = 0;

	*bps = CLOCK_BPS;
	if (*text == '\0')
		return true;
	if (*text++ != ',')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		value = min_of(value * 10 + (uint64_t)(*text - '0'),
			       (uint64_t)UINT32_MAX);
	*bps = (uint32_t)value;
	return value > 0 && (*text == '\0' || strcmp(text, "n") == 0 ||
			     strcmp(text, "n8") == 0);
}

bool
uart_choose(struct uart_choice *choice, const char *text)
{
	static const struct uart_choice known[] = {
		{ "ttyS0", UART_COM1, UART_COM1_IRQ, CLOCK_BPS },
		{ "ttyS1", UART_COM2, UART_COM2_IRQ, CLOCK_BPS },
	};

	for (size_t i = 0; i < array_len(known); i++) {
		uint32_t bps;

		if (!str_starts(text, known[i].name))
			continue;
		if (!rate_parse(text + strlen(known[i].name), &bps))
			return false;
		*choice = known[i];
		choice->bps = bps;
		return true;
	}
	return false;
}

/* ---- Between rings and device ------------------------------------------- */

/* Asks to be told when the transmitter has room, or not to be. */
static void
tx_irq_set(struct uart *uart, bool on)
{
	uart->tx_irq_on = on;
	reg_write(uart, UART_IER,
		  (uart->rx_stopped ? 0 : IER_RX | IER_LINE) |
			  (on ? IER_THRE : 0));
}

static bool
rx_is_full(const struct uart *uart)
{
	return uart->rx_prod - uart->rx_cons == PARAM_UART_RX_LEN;
}

/* What is not taken stays in the device, which makes the sender wait if there
 * is flow control; uart_read() goes on. */
static void
rx_stop(struct uart *uart)
{
	uart->rx_stopped = true;
	if (uart->has_irq)
		tx_irq_set(uart, uart->tx_irq_on);
}

static void
rx_keep(struct uart *uart, uint8_t byte)
{
	if (rx_is_full(uart)) {
		uart->counts.rx_ring_full++;
		return;
	}
	uart->rx[uart->rx_prod % PARAM_UART_RX_LEN] = byte;
	/* The byte before the index that shows it to uart_read(). */
	__atomic_store_n(&uart->rx_prod, uart->rx_prod + 1, __ATOMIC_RELEASE);
	uart->counts.rx_bytes++;
}

/*
 * Takes what has arrived, and returns the last line status. A read of LSR
 * clears its error bits, so each read counts them; they belong to the byte on
 * top. A break arrives as a zero byte that nobody sent.
 */
static uint8_t
rx_take(struct uart *uart)
{
	uint8_t lsr = reg_read(uart, UART_LSR);

	for (unsigned int i = 0; i < RX_BURST && lsr != LSR_ABSENT; i++) {
		uint8_t byte;

		if (lsr & LSR_OVERRUN)
			uart->counts.rx_overrun++;
		if (!(lsr & LSR_READY))
			break;
		if (uart->is_patient && rx_is_full(uart)) {
			rx_stop(uart);
			break;
		}
		byte = reg_read(uart, UART_RBR);
		if (lsr & LSR_BREAK)
			uart->counts.rx_break++;
		else if (lsr & LSR_FRAMING)
			uart->counts.rx_framing++;
		else if (lsr & LSR_PARITY)
			uart->counts.rx_parity++;
		else
			rx_keep(uart, byte);
		lsr = reg_read(uart, UART_LSR);
	}
	return lsr;
}

/* The transmitter is empty: it takes a FIFO's worth. */
static void
tx_give(struct uart *uart)
{
	uint32_t prod = __atomic_load_n(&uart->tx_prod, __ATOMIC_ACQUIRE);

	for (unsigned int i = 0; i < uart->fifo_len; i++) {
		if (uart->tx_cons == prod)
			return;
		reg_write(uart, UART_THR,
			  uart->tx[uart->tx_cons % PARAM_UART_TX_LEN]);
		uart->counts.tx_bytes++;
		/* The byte is read before its place is given back. */
		__atomic_store_n(&uart->tx_cons, uart->tx_cons + 1,
				 __ATOMIC_RELEASE);
	}
}

/* One look at the device; true if it had room for more to send. */
static bool
service(struct uart *uart)
{
	uint8_t lsr = rx_take(uart);

	if (!(lsr & LSR_THRE) || lsr == LSR_ABSENT)
		return false;
	tx_give(uart);
	return true;
}

void
uart_irq(void *arg)
{
	struct uart *uart = arg;

	if (uart->port == 0)
		return;
	uart->counts.interrupts++;
	for (unsigned int i = 0; i < IRQ_ROUNDS; i++) {
		if (reg_read(uart, UART_IIR) & IIR_NONE)
			return;
		service(uart);
		if (uart->tx_irq_on && uart_tx_pending(uart) == 0)
			tx_irq_set(uart, false);
	}
	/* Others want to run too. Off and on makes a new edge for the rest. */
	reg_write(uart, UART_IER, 0);
	tx_irq_set(uart, uart->tx_irq_on);
}

void
uart_irq_enable(struct uart *uart)
{
	if (uart->port == 0)
		return;
	uart->has_irq = true;
	tx_irq_set(uart, uart_tx_pending(uart) > 0);
}

void
uart_poll(struct uart *uart)
{
	if (uart->port == 0)
		return;
	for (unsigned int i = 0; i < POLL_ROUNDS; i++)
		if (!service(uart) || uart_tx_pending(uart) == 0)
			return;
}

/* ---- Between rings and console ------------------------------------------ */

size_t
uart_read(struct uart *uart, void *bytes, size_t max)
{
	uint32_t prod = __atomic_load_n(&uart->rx_prod, __ATOMIC_ACQUIRE);
	uint8_t *to = bytes;
	size_t count = 0;

	while (count < max && uart->rx_cons != prod) {
		to[count++] = uart->rx[uart->rx_cons % PARAM_UART_RX_LEN];
		__atomic_store_n(&uart->rx_cons, uart->rx_cons + 1,
				 __ATOMIC_RELEASE);
	}
	if (uart->rx_stopped && count > 0) {
		uint64_t flags = cpu_irq_save();

		uart->rx_stopped = false;
		if (uart->has_irq)
			tx_irq_set(uart, uart->tx_irq_on);
		cpu_irq_restore(flags);
	}
	return count;
}

size_t
uart_tx_pending(const struct uart *uart)
{
	return __atomic_load_n(&uart->tx_prod, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(&uart->tx_cons, __ATOMIC_ACQUIRE);
}

size_t
uart_tx_room(const struct uart *uart)
{
	return PARAM_UART_TX_LEN - uart_tx_pending(uart);
}

size_t
uart_write(struct uart *uart, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;
	uint64_t flags;
	size_t count;

	if (uart->port == 0)
		return len;
	/*
	 * Masked: a handler may log, and so write in between; and the handler
	 * of this device must not turn its request off while we turn it on, or
	 * what the device does and tx_irq_on are no longer the same thing.
	 */
	flags = cpu_irq_save();
	count = min_of(len, uart_tx_room(uart));
	for (size_t i = 0; i < count; i++)
		uart->tx[(uart->tx_prod + i) % PARAM_UART_TX_LEN] = from[i];
	__atomic_store_n(&uart->tx_prod, uart->tx_prod + (uint32_t)count,
			 __ATOMIC_RELEASE);
	uart->counts.tx_ring_full += len - count;
	/* If the transmitter is empty, asking makes an interrupt at once. */
	if (!uart->has_irq)
		uart_poll(uart);
	else if (!uart->tx_irq_on && uart_tx_pending(uart) > 0)
		tx_irq_set(uart, true);
	cpu_irq_restore(flags);
	return count;
}

static bool
sync_wait(struct uart *uart)
{
	unsigned int reads = uart->is_stuck ? STUCK_READS : SYNC_READS;

	for (unsigned int i = 0; i < reads; i++) {
		uint8_t lsr = reg_read(uart, UART_LSR);

		if (lsr == LSR_ABSENT)
			break;
		if (lsr & LSR_THRE) {
			uart->is_stuck = false;
			return true;
		}
	}
	uart->is_stuck = true;
	return false;
}

void
uart_write_sync(struct uart *uart, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	if (uart->port == 0)
		return;
	while (uart_tx_pending(uart) > 0) {
		if (!sync_wait(uart))
			return;
		tx_give(uart);
	}
	for (size_t i = 0; i < len; i++)
		if (sync_wait(uart))
			reg_write(uart, UART_THR, from[i]);
}
