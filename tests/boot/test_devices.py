# SPDX-License-Identifier: BSD-2-Clause
"""Odd machines: bridges, missing cards, missing cables, missing consoles."""
import re
import time

import pytest

import lab
from test_boot_paths import CONFIG, answers_ping


def test_behind_a_pcie_root_port(boot, wire):
    w = wire()
    m = boot(config=CONFIG, extra=[
        "-device", "pcie-root-port,id=rp0,chassis=1",
        *[a.format(id="n0") for a in w.netdev()],
        "-device", f"e1000e,netdev=n0,bus=rp0,mac={lab.mac_of(0)},romfile="])
    m.ready()
    answers_ping(w)
    assert re.search(r"01:00\.0 Ethernet controller", m.cmd("lspci"))


def test_four_ports_in_bus_order(boot, wire):
    wires = [wire(f"w{i}") for i in range(4)]
    m = boot(ports=wires, config=CONFIG)
    m.ready()
    text = m.cmd("ip -br link")
    for i in range(4):
        assert re.search(rf"^eth{i} .*{lab.mac_of(i)}", text, re.M), text


def test_no_card_at_all(boot):
    m = boot(config=CONFIG)
    line = m.ready()
    assert "lo" in m.cmd("ip -br link")
    assert 'eth0' not in m.cmd("ip -br link")
    assert re.search(r"no (network )?(interface|card|port|NIC)", m.log(), re.I)
    assert m.cmd("ping -c 1 127.0.0.1").count("1 received") == 1
    assert m.poweroff() == 0, line


def test_a_card_without_a_cable(boot):
    m = boot(ports=[None], config=CONFIG)
    m.ready()
    m.monitor("set_link nic0 off")
    lab.until(lambda: "NO-CARRIER" in m.cmd("ip link show eth0"))
    text = m.cmd("ip link show eth0")
    assert "NO-CARRIER" in text and "state DOWN" in text
    text, rc = m.rc("ping -c 1 -W 1 10.0.0.2")
    assert rc != 0
    assert m.poweroff() == 0


def test_interrupts_are_named_as_on_linux(boot, wire):
    w = wire()
    m = boot(ports=[w], config=CONFIG)
    m.ready()
    answers_ping(w)
    text = m.cmd("cat /proc/interrupts")
    for name in ("eth0-rx-0", "eth0-tx-0", "eth0"):
        assert re.search(rf"\b{name}$", text, re.M), text


def test_lspci_knows_the_card(boot, wire):
    m = boot(ports=[wire()], config=CONFIG)
    m.ready()
    assert re.search(r"Ethernet controller( \[0200\])?: Intel Corporation "
                     r"82574L Gigabit Network Connection",
                     m.cmd("lspci -nn"))


@pytest.mark.parametrize("smp", [1, 4])
def test_idle_costs_next_to_nothing(boot, wire, smp):
    m = boot(ports=[wire()], config=CONFIG, smp=smp)
    m.ready()
    time.sleep(1.5)
    c0, t0 = m.cpu_seconds(), time.time()
    time.sleep(4)
    share = (m.cpu_seconds() - c0) / (time.time() - t0)
    assert share < 0.02, f"{share:.1%} of a core while idle"


# covers: R1812-171
def test_reboot_comes_back(boot, wire):
    m = boot(ports=[wire()], config=CONFIG, reboots=True)
    m.ready()
    m.console.send(b"reboot\r")
    m.ready()
    assert "10.0.0.1/24" in m.cmd("ip addr")


def test_hot_unplug_leaves_the_rest_alone(boot, wire):
    w0, w1 = wire("w0"), wire("w1")
    m = boot(config=CONFIG, extra=[
        "-device", "pcie-root-port,id=rp0,chassis=1",
        "-device", "pcie-root-port,id=rp1,chassis=2,slot=2",
        *[a.format(id="n0") for a in w0.netdev()],
        "-device", f"e1000e,netdev=n0,bus=rp0,id=nic0,"
                   f"mac={lab.mac_of(0)},romfile=",
        *[a.format(id="n1") for a in w1.netdev()],
        "-device", f"e1000e,netdev=n1,bus=rp1,id=nic1,"
                   f"mac={lab.mac_of(1)},romfile="])
    m.ready()
    answers_ping(w0)
    m.monitor("device_del nic1")
    lab.until(lambda: "eth1" not in m.cmd("ip -br link"))
    answers_ping(w0)
    assert "law holds" in m.cmd("show stats")
