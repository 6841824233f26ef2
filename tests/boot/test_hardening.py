# SPDX-License-Identifier: BSD-2-Clause
"""What stands between a mistake and whoever would make use of it, in the real
image: secrets that differ from boot to boot, rights that the processor holds.

Rights of every page are in test_machine.py; images that must be stopped, by the
canary, a guard page, a red zone or junk in freed memory, in test_faults.py.
"""
import re

import pytest

from test_machine import page_table, settled, symbols

# Bits of control registers and of EFER [SDM 3 2.5, 2.2.1].
CR0_WP, EFER_NX = 1 << 16, 1 << 11
CR4_UMIP, CR4_SMEP, CR4_SMAP = 1 << 11, 1 << 20, 1 << 21


def quad(machine, addr):
    text = machine.monitor(f"xp /1gx {addr:#x}")
    return int(re.search(r": 0x([0-9a-f]{16})", text).group(1), 16)


def registers(machine):
    """Of each core, {name: value}."""
    cores = machine.monitor("info registers -a").split("CPU#")[1:]
    return [{name: int(value, 16) for name, value in
             re.findall(r"\b(RSP|CR0|CR4|EFER)\s?=([0-9a-f]+)", text)}
            for text in cores]


@pytest.mark.parametrize("cpu", ["qemu64", "max"])
def test_no_two_boots_have_a_secret_in_common(boot, cpu):
    """With the same clock on the wall; qemu64 has no RDRAND: timing differs."""
    at, canaries, pools = symbols(), set(), set()
    for _ in range(3):
        m = boot(cpu=cpu, append="loglevel=8",
                 extra=["-rtc", "base=2026-01-01T00:00:00,clock=vm"])
        m.ready()
        canary = quad(m, at["__stack_chk_guard"])
        assert canary & 0xff == 0       # it ends strings that overflow
        assert canary >> 8 != 0x6b9f3ad1c25e7400 >> 8
        canaries.add(canary)
        pools.add((quad(m, at["pool"]), quad(m, at["pool"] + 8)))
        assert ("no RDRAND" in m.log()) == (cpu == "qemu64")
        assert m.poweroff() == 0
    assert len(canaries) == len(pools) == 3
    # Not a bit that is the same in all of them by rule: of 56 some 14 may be.
    first, *others = canaries
    changing = 0
    for other in others:
        changing |= first ^ other
    assert bin(changing).count("1") > 24


@pytest.mark.parametrize("cpu,more", [
    ("qemu64", 0), ("max", CR4_SMEP | CR4_SMAP | CR4_UMIP)])
def test_every_core_has_the_protection_it_can_have(boot, cpu, more):
    cores = registers(settled(boot, cpu=cpu, smp=4))
    assert len(cores) == 4
    for core in cores:
        assert core["CR0"] & CR0_WP and core["EFER"] & EFER_NX, core
        assert core["CR4"] & (CR4_SMEP | CR4_SMAP | CR4_UMIP) == more, core


def test_every_stack_of_every_core_has_a_guard_page(boot):
    m = settled(boot, smp=4)
    pages, at = page_table(m), symbols()
    # Of a parked core, all stacks lie in one block of 16 pages: a guard and
    # three pages, then a guard and two for each of four exceptions.
    blocks = [core["RSP"] & ~0xffff for core in registers(m)[1:]]
    assert len(set(blocks)) == 3
    for block in blocks:
        absent = {i for i in range(16) if block + 4096 * i not in pages}
        assert absent == {0, 4, 7, 10, 13}, hex(block)
    first = at["boot_exception_stack"]
    absent = {i for i in range(12) if first + 4096 * i not in pages}
    assert absent == {0, 3, 6, 9}
    assert at["boot_stack_guard"] not in pages
