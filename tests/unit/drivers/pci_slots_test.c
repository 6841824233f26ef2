/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots whose cards come and go: letting go, switching on, finding, placing. */
#include "tests/host/test.h"

#include "drivers/pci.h"
#include "tests/host/host.h"
#include "tests/host/mmio.h"
#include "tests/host/pci_model.h"

#define MIB	    0x100000u
#define EXPRESS	    0x40u
#define CONTROL	    (EXPRESS + 0x18u)
#define POWER_OFF   (1u << 10)
#define LAMP_MASK   (3u << 8)
#define WINDOW_FROM 0xfe200000u

static struct pci pci;
static struct pci_model model;

static int
setup(void **state)
{
	memset(&pci, 0, sizeof(pci));
	pci_model_init(&model);
	return 0;
}

static int
teardown(void **state)
{
	pci_model_fini(&model);
	return 0;
}

/* As nobody placed it: all BARs are 0. */
static struct pci_model_function *
add_nic(uint8_t bus, uint8_t slot)
{
	struct pci_model_function *f =
		pci_model_add(&model, bus, slot, 0, 0x8086, 0x10d3, 0x0200);

	pci_model_bar(f, 0, 0, 0x20000, 0);
	pci_model_bar(f, 1, 0, 0x20000, 0);
	pci_model_bar(f, 2, 0, 0x20, 1);
	pci_model_bar(f, 3, 0, 0x4000, 0);
	return f;
}

static struct pci_model_function *
add_port(uint8_t slot, uint8_t bus, uint32_t from, uint32_t mib)
{
	struct pci_model_function *f =
		pci_model_add_bridge(&model, 0, slot, bus, bus);

	f->config[PCI_MEMORY_WINDOW / 4] =
		((from + (mib - 1) * MIB) & 0xfff00000) | from >> 16;
	f->config[PCI_PREFETCH_WINDOW / 4] = 0x0000fff0; /* shut */
	return f;
}

static void
add_host(uint16_t device)
{
	struct pci_model_function *f =
		pci_model_add(&model, 0, 0, 0, 0x8086, device, 0x0600);

	f->config[PCI_SUBSYSTEM / 4] = 0x11001af4;
}

static struct pci_device *
find(uint8_t bus, uint8_t slot)
{
	for (unsigned int i = 0; i < pci.device_count; i++)
		if (pci.device[i].at.bus == bus &&
		    pci.device[i].at.slot == slot)
			return &pci.device[i];
	return NULL;
}

static uint32_t
bar_of(const struct pci_model_function *f, unsigned int i)
{
	return f->config[PCI_BAR0 / 4 + i];
}

/* ---- QEMU's ACPI hot plug ------------------------------------------------ */

static void
what_is_wanted_out_is_let_go(void **state)
{
	static const struct {
		uint16_t host, port;
	} machines[] = { { 0x1237, 0xae00 }, { 0x29c0, 0xcc0 } };

	for (unsigned int i = 0; i < array_len(machines); i++) {
		struct pci_model_function *nic[3];

		setup(NULL);
		add_host(machines[i].host);
		add_port(1, 1, WINDOW_FROM, 2);
		nic[0] = add_nic(0, 5);
		nic[1] = add_nic(0, 9);
		nic[2] = add_nic(1, 0);
		pci_scan(&pci, &model.access);
		pci_model_claim_slots(&model, machines[i].port);
		model.slots[1].bus = 1;
		pci_eject_wanted(&pci);
		assert_false(nic[0]->absent || nic[1]->absent);
		model.slots[0].down = 1u << 5 | 1u << 9;
		pci_eject_wanted(&pci);
		assert_true(nic[0]->absent && nic[1]->absent);
		assert_false(nic[2]->absent);
		model.slots[1].down = 1;
		pci_eject_wanted(&pci);
		assert_true(nic[2]->absent);
		assert_int_equal(model.slots[0].down | model.slots[1].down, 0);
		/* Native hot plug instead: the ports are nobody's. */
		model.slots_off = true;
		pci_eject_wanted(&pci);
		teardown(NULL);
	}
}

/* An access to a port that nobody claimed would panic. */
static void
other_machines_have_no_such_ports(void **state)
{
	add_host(0x1234);
	pci_scan(&pci, &model.access);
	pci_eject_wanted(&pci);
	assert_int_equal(pci_machine(&pci), PCI_MACHINE_OTHER);
}

/* ---- the button ---------------------------------------------------------- */

static void
button_means_out_and_in(void **state)
{
	struct pci_model_function *port = add_port(1, 1, WINDOW_FROM, 2);
	struct pci_model_function *nic = add_nic(1, 0);
	struct pci_device *bridge;

	pci_model_slot(&model, port, EXPRESS);
	pci_scan(&pci, &model.access);
	bridge = find(0, 1);
	assert_false(pci_slot_release(bridge));
	pci_model_slot_press(port);
	assert_true(pci_slot_release(bridge));
	assert_false(nic->absent);		/* until it is out of service */
	assert_false(pci_slot_release(bridge)); /* one press, one answer */
	pci_slot_off(bridge);
	assert_true(nic->absent);
	assert_int_equal(port->config[CONTROL / 4] & (POWER_OFF | LAMP_MASK),
			 POWER_OFF | LAMP_MASK);
	/* That it is empty now is an event, too, but nothing to do. */
	assert_false(pci_slot_release(bridge));
	assert_true(port->config[CONTROL / 4] & POWER_OFF);
	pci_model_slot_press(port);
	assert_false(pci_slot_release(bridge));

	pci_model_slot_put(&model, port, nic);
	assert_true(nic->absent); /* there is no power yet */
	assert_false(pci_slot_release(bridge));
	assert_false(nic->absent);
	assert_int_equal(port->config[CONTROL / 4] & (POWER_OFF | LAMP_MASK),
			 1u << 8);
	assert_false(pci_slot_release(bridge));
}

static void
slots_that_are_none_are_left_alone(void **state)
{
	struct pci_model_function *port = add_port(1, 1, WINDOW_FROM, 2);
	struct pci_model_function *nic = add_nic(1, 0);
	uint32_t was;

	pci_model_slot(&model, port, EXPRESS);
	pci_scan(&pci, &model.access);
	assert_false(pci_slot_release(find(1, 0)));
	for (unsigned int bit = 0; bit < 7; bit++) {
		/* No button, no power control, no hot plug. */
		if (bit != 0 && bit != 1 && bit != 6)
			continue;
		port->config[(EXPRESS + 0x14) / 4] ^= 1u << bit;
		pci_model_slot_press(port);
		was = port->config[CONTROL / 4];
		assert_false(pci_slot_release(find(0, 1)));
		pci_slot_off(find(0, 1));
		assert_int_equal(port->config[CONTROL / 4], was);
		port->config[(EXPRESS + 0x14) / 4] ^= 1u << bit;
	}
	port->config[EXPRESS / 4] &= ~(1u << 24); /* no slot */
	assert_false(pci_slot_release(find(0, 1)));
	port->absent = true;
	assert_false(pci_slot_release(find(0, 1)));
	assert_false(nic->absent);
}

/* ---- what is new --------------------------------------------------------- */

static void
new_card_is_placed_in_its_ports_window(void **state)
{
	struct pci_model_function *nic;
	struct pci_device *dev;
	uint32_t a, b, c;

	pci_model_slot(&model, add_port(1, 1, WINDOW_FROM, 2), EXPRESS);
	pci_scan(&pci, &model.access);
	assert_null(pci_find_new(&pci));
	nic = add_nic(1, 0);
	dev = pci_find_new(&pci);
	assert_non_null(dev);
	assert_ptr_equal(dev->bridge, find(0, 1));
	assert_int_equal(dev->device, 0x10d3);
	assert_true(dev->is_kept);
	a = bar_of(nic, 0), b = bar_of(nic, 1), c = bar_of(nic, 3);
	for (unsigned int i = 0; i < 4; i++)
		if (i != 2)
			assert_in_range(bar_of(nic, i), WINDOW_FROM,
					WINDOW_FROM + 2 * MIB - 0x4000);
	assert_int_equal((a | b) % 0x20000, 0);
	assert_int_equal(c % 0x4000, 0);
	assert_true(a >= b + 0x20000 || b >= a + 0x20000);
	assert_true((c >= a + 0x20000 || a >= c + 0x4000) &&
		    (c >= b + 0x20000 || b >= c + 0x4000));
	assert_int_equal(bar_of(nic, 2), 1);
	/* The device decoded nothing while its BARs moved. */
	assert_int_equal(model.decode_on_writes, 0);
	assert_null(pci_find_new(&pci));
}

static void
card_without_room_stays_unplaced(void **state)
{
	struct pci_model_function *shut = add_port(1, 1, WINDOW_FROM, 2), *nic;
	struct pci_device *dev;

	shut->config[PCI_MEMORY_WINDOW / 4] = 0x0000fff0;
	add_port(2, 2, WINDOW_FROM, 1);
	pci_scan(&pci, &model.access);
	nic = add_nic(1, 0);
	dev = pci_find_new(&pci);
	assert_non_null(dev);
	assert_int_equal(bar_of(nic, 0), 0);
	assert_int_equal(nic->config[PCI_COMMAND / 4] & PCI_COMMAND_MEMORY, 0);
	/* Larger than the window, larger than anything, and of strange bits. */
	nic = add_nic(2, 0);
	pci_model_bar(nic, 0, 0, 2 * MIB, 0);
	assert_non_null(pci_find_new(&pci));
	assert_int_equal(bar_of(nic, 0), 0);
	nic->absent = true;
	find(2, 0)->left = true;
	assert_false(pci_renew(find(2, 0)));
	nic->absent = false;
	pci_model_bar(nic, 0, 0, 1ull << 40, 4);
	assert_true(pci_renew(find(2, 0)));
	nic->writable[PCI_BAR0 / 4] = 0x00f0f0f0;
	nic->writable[PCI_BAR0 / 4 + 1] = 0;
	assert_true(pci_renew(find(2, 0)));
	assert_null(pci_find_new(&pci));
}

static void
another_kind_takes_the_place_of_one_that_left(void **state)
{
	struct pci_model_function *nic, *other;
	struct pci_device *dev;

	add_port(1, 1, WINDOW_FROM, 2);
	nic = add_nic(1, 0);
	pci_model_bar(nic, 0, WINDOW_FROM, 0x20000, 0);
	pci_scan(&pci, &model.access);
	dev = find(1, 0);
	pci_keep(dev);
	nic->absent = true;
	dev->left = true;
	other = pci_model_add(&model, 1, 0, 0, 0x8086, 0x100e, 0x0200);
	pci_model_bar(other, 0, 0, 0x20000, 4);
	assert_false(pci_restore(dev));
	assert_true(pci_renew(dev));
	assert_int_equal(dev->device, 0x100e);
	assert_false(dev->left);
	assert_in_range(bar_of(other, 0) & ~0xfu, WINDOW_FROM,
			WINDOW_FROM + 2 * MIB - 1);
	assert_int_equal(bar_of(other, 1), 0);
	assert_int_equal(pci.device_count, 2);
}

static bool
apart(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
	return a >= b + b_len || b >= a + a_len;
}

/* Where firmware packed them: one in service, one that left but may come back,
 * one that no driver knows. */
static void
cards_on_one_bus_do_not_meet(void **state)
{
	struct pci_model_function *other[3], *nic, *bridge;

	bridge = add_port(1, 1, WINDOW_FROM, 1);
	for (uint8_t i = 0; i < 3; i++) {
		other[i] = pci_model_add(&model, 1, i, 0, 0x8086, 0x1234, 0);
		pci_model_bar(other[i], 0, WINDOW_FROM + i * 0x40000u, 0x20000,
			      0);
		pci_model_bar(other[i], 1, 0x100000000, 0x1000, 4);
	}
	pci_scan(&pci, &model.access);
	pci_keep(find(1, 0));
	pci_keep(find(1, 1));
	other[1]->absent = true;
	find(1, 1)->left = true;
	nic = add_nic(1, 9);
	assert_non_null(pci_find_new(&pci));
	for (unsigned int i = 0; i < 4; i++) {
		if (i == 2)
			continue;
		assert_in_range(bar_of(nic, i), WINDOW_FROM,
				WINDOW_FROM + MIB - 0x4000);
		for (unsigned int j = 0; j < 3; j++)
			assert_true(apart(bar_of(nic, i), 0x20000,
					  WINDOW_FROM + j * 0x40000u, 0x20000));
	}
	/* The gaps are full now, and what is left is too small. */
	assert_non_null(add_nic(1, 10));
	assert_non_null(pci_find_new(&pci));
	nic = add_nic(1, 11);
	assert_non_null(pci_find_new(&pci));
	assert_int_equal(bar_of(nic, 0), 0);
	assert_int_equal(bridge->config[PCI_COMMAND / 4], 0);
}

/* On the 440FX's own bus, with the interrupt that its router gives it. */
static void
new_card_on_the_first_bus_of_a_pc(void **state)
{
	struct pci_model_function *router, *old, *nic[2];
	struct pci_device *dev;

	add_host(0x1237);
	router = pci_model_add(&model, 0, 1, 0, 0x8086, 0x7000, 0x0601);
	router->config[0x60 / 4] = 0x0b800a05;
	old = add_nic(0, 3);
	pci_model_bar(old, 0, 0xe0000000, 0x20000, 0);
	add_port(4, 1, 0xe0100000, 2);
	pci_scan(&pci, &model.access);
	pci_keep(find(0, 3));
	for (uint8_t i = 0; i < 2; i++) {
		nic[i] = add_nic(0, 9 + 2 * i);
		nic[i]->config[PCI_INTERRUPT / 4] = 0x0100; /* INTA */
		dev = pci_find_new(&pci);
		assert_non_null(dev);
		assert_null(dev->bridge);
		assert_in_range(bar_of(nic[i], 0), 0xe0000000, 0xfebfffff);
		assert_true(
			apart(bar_of(nic[i], 0), 0x20000, 0xe0000000, 0x20000));
		assert_true(
			apart(bar_of(nic[i], 1), 0x20000, 0xe0100000, 2 * MIB));
		/* Slot 9 begins with the first wire, (9 - 1) % 4; the one of
		 * slot 11 is cut. */
		assert_int_equal(dev->irq_line, i == 0 ? 5 : 255);
	}
	assert_true(
		apart(bar_of(nic[0], 0), 0x20000, bar_of(nic[1], 0), 0x20000));
}

/* A q35's first bus takes no cards, nor does a board's: nothing is placed on
 * it by guessing. */
static void
first_bus_of_other_machines_is_not_looked_at(void **state)
{
	add_host(0x29c0);
	pci_scan(&pci, &model.access);
	add_nic(0, 9);
	assert_null(pci_find_new(&pci));
}

static void
hostile_bridges_end_the_search(void **state)
{
	unsigned int count = 0;

	for (uint8_t slot = 1; slot < 9; slot++)
		add_port(slot, 1, WINDOW_FROM, 2); /* all lead to one bus */
	model.function[7]->config[PCI_BUSES / 4] = 0;
	pci_scan(&pci, &model.access);
	for (unsigned int i = 0; i < 32; i++)
		add_nic(1, (uint8_t)i);
	while (pci_find_new(&pci))
		count++;
	assert_int_equal(count, 32);
	/* With the table full there is no end of cards to be found. */
	while (pci.device_count < PCI_DEVICES_MAX)
		assert_non_null(pci_device_add(
			&pci, &model.access,
			(struct pci_address){
				.bus = 9, .slot = (uint8_t)pci.device_count },
			NULL));
	model.function[0]->config[PCI_BUSES / 4] = 0x00020200;
	add_nic(2, 0);
	assert_null(pci_find_new(&pci));
	assert_int_equal(pci.excess_count, 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wanted_out_is_let_go),
		T(other_machines_have_no_such_ports),
		T(button_means_out_and_in),
		T(slots_that_are_none_are_left_alone),
		T(new_card_is_placed_in_its_ports_window),
		T(card_without_room_stays_unplaced),
		T(another_kind_takes_the_place_of_one_that_left),
		T(cards_on_one_bus_do_not_meet),
		T(new_card_on_the_first_bus_of_a_pc),
		T(first_bus_of_other_machines_is_not_looked_at),
		T(hostile_bridges_end_the_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
