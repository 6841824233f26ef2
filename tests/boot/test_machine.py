# SPDX-License-Identifier: BSD-2-Clause
"""The machine under the stack: page rights, cores, clocks, panic's aftermath."""
import re
import subprocess

import pytest

import lab
from test_boot_paths import iso

DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]


def settled(boot, **how):
    """A machine that has been up for a second and said so in its log."""
    m = boot(append="loglevel=8", **how)
    m.console.expect(rb"smp: (\d+) of (\d+) cores have come",
                     timeout=6 * lab.PATIENCE)
    m.cores = tuple(int(n) for n in m.console.match.groups())
    return m


def page_table(machine):
    """{address: flags} of every page that is mapped, as QEMU sees it."""
    rows = re.findall(r"([0-9a-f]{16}): ([0-9a-f]{16}) ([-XGPDACTUW]{9})",
                      machine.monitor("info tlb"))
    assert all(virtual == physical for virtual, physical, _ in rows)
    return {int(virtual, 16): flags for virtual, _, flags in rows}


def symbols():
    out = subprocess.run(["nm", f"{lab.OUT}/fairlead.debug"], check=True,
                         capture_output=True, text=True).stdout
    return {name: int(addr, 16) for addr, _, name in
            (line.split() for line in out.splitlines())}


@pytest.mark.parametrize("machine,cpu,smp,mem", [
    ("q35", "qemu64", 4, "64M"), ("pc", "qemu64", 1, "8M"),
    ("q35", "max", 2, "6G")])
def test_every_page_has_only_the_rights_it_needs(boot, machine, cpu, smp, mem):
    m = settled(boot, machine=machine, cpu=cpu, smp=smp, mem=mem)
    pages, at = page_table(m), symbols()
    assert len(pages) > 100
    # "X" is QEMU's letter for the NX bit.
    executable = {a for a, f in pages.items() if "X" not in f}
    writable = {a for a, f in pages.items() if "W" in f}
    assert not executable & writable
    text = set(range(at["__text_start"], at["__text_end"], 4096))
    # The other cores' first instructions are the one page beside the text.
    assert text <= executable and len(executable - text) <= (smp > 1)
    rodata = range(at["__rodata_start"], at["__rodata_end"], 4096)
    assert not writable & set(rodata) and set(rodata) <= pages.keys()
    assert set(range(at["__data_start"], at["__data_end"], 4096)) <= writable
    assert 0 not in pages
    assert at["boot_stack_guard"] not in pages
    assert at["boot_stack_bottom"] in writable
    # Device registers are not cached.
    assert all("C" in f for a, f in pages.items()
               if 0xfec00000 <= a < 0xff000000)


def test_memory_above_4_gib_is_mapped_in_large_pages(boot):
    pages = page_table(settled(boot, mem="6G", cpu="max"))
    assert any(a >= 1 << 32 and "P" in f for a, f in pages.items())


@pytest.mark.parametrize("machine", ["pc", "q35"])
@pytest.mark.parametrize("smp", [1, 2, 4])
def test_all_cores_come(boot, machine, smp):
    assert settled(boot, machine=machine, smp=smp).cores == (smp, smp)


@pytest.mark.parametrize("extra,source", [
    ([], "hpet"), (["-no-hpet"], "acpi_pm"),
    (["-machine", "acpi=off"], "pit")])
def test_each_clock_measures_the_same_rate(boot, extra, source):
    how = {"machine": "pc"} if source == "pit" else {}
    m = settled(boot, extra=extra, **how)
    # The first measurement, of milliseconds, and one over a second.
    found = re.findall(r"clock: TSC ([\d.]+) MHz \+- (\d+) ppm, from (\w+)",
                       m.log())
    first = found[0]
    assert first[2] == source
    m.console.expect(rb"clock: TSC ([\d.]+) MHz \+- (\d+) ppm",
                     timeout=6 * lab.PATIENCE)
    rate, error = float(m.console.match.group(1)), m.console.match.group(2)
    assert int(error) < 20
    assert abs(float(first[0]) - rate) / rate < 0.005


def test_nmi_shows_where_the_boot_core_is(boot):
    m = settled(boot, smp=4, extra=DEBUG_EXIT)
    m.monitor("nmi")
    assert m.wait() == 3
    assert re.search(r"panic: non-maskable interrupt, in \w+\+0x", m.log())
    assert "core 0 of 4" in m.log()


def panics(boot, action, extra=()):
    return boot(boot=["-kernel", f"{lab.OUT}/panic/assert.elf"], mem="16M",
                append=f"panic={action}", extra=list(extra))


@pytest.mark.parametrize("action", ["reboot", "exit", "1"])
def test_panic_leaves_qemu_through_the_debug_port(boot, action):
    assert panics(boot, action, DEBUG_EXIT).wait() == 3


def test_panic_reboots_after_its_delay(boot):
    m = panics(boot, "1")
    # -no-reboot: QEMU ends instead.
    assert m.wait() == 0
    assert "rebooting in 1 s" in m.log()


def test_panic_halts_if_told_to(boot):
    m = panics(boot, "halt", DEBUG_EXIT)
    m.console.expect(rb"about to do something wrong\r?\n")
    assert m.wait(2) is None
    before = m.cpu_seconds()
    assert m.wait(2) is None
    assert m.cpu_seconds() - before < 0.2


def kernel(_directory):
    return {"mem": "16M"}


def small(_directory):
    return {"mem": "8M"}


def bios(directory):
    return {"mem": "64M", "boot": ["-cdrom", iso(directory), "-boot", "d"]}


def uefi(directory):
    return {"mem": "256M",
            "boot": ["-bios", lab.OVMF, "-cdrom", iso(directory)]}


# covers: R1812-173
@pytest.mark.parametrize("path", [kernel, small, bios, uefi])
def test_the_next_boot_shows_how_this_one_ended(boot, wire, directory, path):
    """A panic's report outlives the restart; so does a log cut by a reset."""
    m = boot(ports=[wire()], reboots=True,
             **({"append": "panic=1"} if path in (kernel, small) else {}),
             **path(directory))
    m.ready()
    assert "no log of the boot before" in m.cmd("dmesg --previous")
    assert m.rc("dmesg --previous")[1] == 1

    m.monitor("nmi")
    m.ready(timeout=10 * lab.PATIENCE)
    last = m.cmd("dmesg --previous")
    assert re.search(r"\] panic: non-maskable interrupt, in \w+\+0x", last)
    assert re.search(r"\] +rax [0-9a-f]{16} rbx", last)
    assert re.search(r"\] +[0-9a-f]{16} kernel_main\+0x", last)
    assert re.search(r"\] rebooting in \d s", last)
    assert "panic:" not in m.cmd("dmesg")

    m.monitor("system_reset")
    m.ready(timeout=10 * lab.PATIENCE)
    last = m.cmd("dmesg -P")
    assert "network: " in last and "panic:" not in last
    assert m.poweroff() == 0
