# SPDX-License-Identifier: BSD-2-Clause
"""Images that must die, each in its own way and with its reason."""
import glob
import os
import re

import pytest

import lab

REASONS = {
    "null_read": r"panic: .*(null|page fault|address 0x0)",
    "text_write": r"panic: .*(read-only|protection|write)",
    "data_exec": r"panic: .*(execut|instruction fetch)",
    "stack_overflow": r"panic: .*(stack)",
    "double_free": r"panic: .*double free",
    "assert": r"panic: .*assert",
    "skb_use_after_free": r"panic: .*(null|page fault|address 0x)",
    "skb_overrun": r"panic: .*red zone overrun",
    "page_write_after_free": r"panic: .*written after its free",
    "page_use_after_free": r"panic: .*(general protection|non-canonical)",
    "pool_write_after_free": r"panic: .*victims: .*written after its free",
    "stack_smash": r"panic: .*stack smashed",
    "divide": r"panic: .*divide",
}


def images():
    return sorted(os.path.basename(p)[:-2] for p in
                  glob.glob(f"{lab.ROOT}/tests/boot/panic/*.c"))


@pytest.mark.parametrize("name", images())
def test_it_panics_and_says_why(boot, name):
    m = boot(boot=["-kernel", f"{lab.OUT}/panic/{name}.elf"], mem="16M", listen=True,
             extra=["-device", "isa-debug-exit,iobase=0xf4,iosize=4"])
    assert m.wait(lab.PATIENCE * 2) == 3, m.log()
    log = m.log()
    assert re.search(REASONS.get(name, r"panic:"), log, re.I), log
    assert "rip" in log.lower() and "rsp" in log.lower()
    # A backtrace with names in it.
    assert re.search(r"\b[a-z_]+\+0x[0-9a-f]+", log), log


def test_the_list_is_complete():
    assert {"null_read", "text_write", "data_exec", "stack_overflow",
            "double_free"} <= set(images())
