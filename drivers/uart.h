/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 16550 serial port [16550] [HARDWARE 4.9]. Bytes in come by interrupt into a
 * ring that uart_read() empties; uart_write() fills a ring that the interrupt
 * drains. Nobody waits, except in a panic. Where no interrupt can be had,
 * uart_poll() does its work.
 *
 * Both rings have one producer and one consumer, the main loop and the
 * interrupt handler of the same core; they need no lock. A port that is not
 * there, or dies, becomes a null console: writes are accepted and lost, reads
 * find nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fmt.h"
#include "lib/param.h"
#include "lib/port.h"

#define UART_COM1     0x3f8u
#define UART_COM1_IRQ 4u
#define UART_COM2     0x2f8u
#define UART_COM2_IRQ 3u

struct uart_counts {
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	uint64_t rx_overrun;   /* the device lost bytes: nobody emptied it */
	uint64_t rx_ring_full; /* we lost them: nobody called uart_read() */
	uint64_t rx_framing;
	uint64_t rx_parity;
	uint64_t rx_break;
	uint64_t tx_ring_full; /* bytes that uart_write() did not accept */
	uint64_t interrupts;
};

struct uart {
	const char *name; /* "ttyS0" */
	uint16_t port;	  /* first of eight; 0: no device */
	uint8_t isa_irq;
	uint8_t fifo_len; /* bytes the transmitter takes at once */
	bool has_irq;	  /* uart_irq() is called by interrupts */
	bool tx_irq_on;	  /* the device will say when it has room */
	bool is_stuck;	  /* it stopped taking bytes: wait no more */
	bool is_patient;  /* with a full ring the sender waits; its owner's */
	bool rx_stopped;  /* it does */
	struct uart_counts counts;

	/* Free-running: index % length is the place, prod - cons the fill. */
	uint32_t rx_prod, rx_cons;
	uint32_t tx_prod, tx_cons;
	uint8_t rx[PARAM_UART_RX_LEN];
	uint8_t tx[PARAM_UART_TX_LEN];

	struct out out;	     /* text through uart_write(); \n as \r\n */
	struct out out_sync; /* text through uart_write_sync(), likewise */
};

/*
 * Finds and sets up the port, 8N1. ERR_NODEV: nothing answers there; *uart is a
 * null console then. ERR_INVAL: no divisor gives that rate (115200 is used).
 * Interrupts stay off until uart_irq_enable().
 */
enum status uart_init(struct uart *uart, const char *name, uint16_t port,
		      uint8_t isa_irq, uint32_t bps) must_use;

/*
 * The value of console=: "ttyS0", "ttyS1", "ttyS0,9600", with anything Linux
 * allows after the rate ("115200n8") but other than 8N1. false: not that.
 */
struct uart_choice {
	const char *name;
	uint16_t port;
	uint8_t isa_irq;
	uint32_t bps;
};
bool uart_choose(struct uart_choice *choice, const char *text);

/* The interrupt handler, for irq_alloc_gsi(); arg is the struct uart. */
void uart_irq(void *arg);

/* Once the handler is installed. */
void uart_irq_enable(struct uart *uart);

/* Does what the interrupt would, for a machine where it never comes. */
void uart_poll(struct uart *uart);

/* At most max received bytes; returns how many. */
size_t uart_read(struct uart *uart, void *bytes, size_t max);

/* Queues what there is room for and counts the rest; returns how much. */
size_t uart_write(struct uart *uart, const void *bytes, size_t len);
size_t uart_tx_room(const struct uart *uart);

/* Bytes that uart_write() took and the device has not. */
size_t uart_tx_pending(const struct uart *uart);

/*
 * For a panic: first what is queued, then bytes, waiting for the device, which
 * is given up on when it does not move. Interrupts masked.
 */
void uart_write_sync(struct uart *uart, const void *bytes, size_t len);
