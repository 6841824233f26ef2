/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 9 core_add.0:12 */
/* Any interrupt controller table with up to 14 bytes of entries: the walk ends,
 * reads nothing behind the table, and fills no array beyond its end. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "drivers/acpi.c"

void
port_log(enum log_level level, const char *fmt, ...)
{
}

int
main(void)
{
	static struct acpi acpi;
	struct table table;

	table.len = nondet_size();
	assume(table.len <= MADT_ENTRIES + 14);
	table.bytes = any_bytes(table.len);
	/* Those that are there already: few, to look through. */
	acpi.machine.core_count = nondet_u8() & 3;
	madt_parse(&acpi, &table);
	prove(acpi.machine.core_count <= PARAM_CORES_MAX);
	prove(acpi.machine.ioapic_count <= MACHINE_IOAPICS_MAX);
	return 0;
}
