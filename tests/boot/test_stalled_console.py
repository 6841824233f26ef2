# SPDX-License-Identifier: BSD-2-Clause
"""A serial line that nobody reads, or that is slow, stops nothing but what is
written to it.

    host a 10.0.1.2 ---- eth0 10.0.1.1 [fairlead] eth1 10.0.2.1 ---- host b 10.0.2.2
"""
import json
import os
import time

import pytest

import lab
from test_exhaustion import FLOOD
from test_overload import counted
from test_router import CONFIG, law, net
from test_tcp_peers import peer


def serves(m, a, b):
    """Forwards, answers, and talks TCP, as at any time."""
    # On a busy machine a wire waits for QEMU; it shall not drop meanwhile.
    a.run("ip", "link", "set", "eth0", "txqueuelen", "10000")
    assert a.ping("10.0.2.2", count=3) == (3, 3)
    assert b.ping("10.0.2.1", count=3) == (3, 3)
    peer(b, "exchange", size=200000)
    before = counted(b)
    p = a.start(FLOOD, "-i", "eth0", "-m", lab.mac_of(0), "-k", "udp", "-d",
                "10.0.2.2", "-s", "10.0.1.2", "-n", "0.5", "-p", "4000")
    out = json.loads(p.communicate(timeout=60)[0])
    lab.until(lambda: counted(b) - before > 0.95 * out["sent"])


def stands_still(m):
    """Waits until nothing comes any more although there is more to say."""
    end = time.time() + 6 * lab.PATIENCE
    size, since = -1, 0
    while since < 5:
        assert time.time() < end
        last, size = size, os.path.getsize(m.log_path)
        since = since + 1 if size == last else 0
        time.sleep(0.2)
    return size


@pytest.fixture
def talking(net):
    """The box prints without end: chargen, by its own console."""
    m, a, b = net(config=CONFIG, append="loglevel=7")
    m.console.send(b"nc 10.0.1.1 19\r")
    m.console.expect_exact("!\"#$%&'()*")
    return m, a, b


def stop_talking(m):
    m.read_on()
    m.console.send(b"\x03")
    m.console.expect(lab.PROMPT, timeout=3 * lab.PATIENCE)
    assert m.cmd("echo alive") == "alive"
    law(m)


def test_a_line_that_nobody_reads(talking):
    m, a, b = talking
    m.stop_reading()
    size = stands_still(m)
    serves(m, a, b)
    # The log finds no room there, either, and is none the worse.
    for state in ("off", "on"):
        m.monitor(f"set_link n1 {state}")
        time.sleep(0.3)
    end = time.time() + lab.PATIENCE
    while a.ping("10.0.2.2", count=1) != (1, 1):
        assert time.time() < end, "the link does not come back"
    serves(m, a, b)
    assert os.path.getsize(m.log_path) == size
    stop_talking(m)
    assert "eth1: link is down" in m.cmd("dmesg")


def test_a_line_that_is_slow(talking):
    m, a, b = talking
    m.stop_reading()
    stands_still(m)
    end = time.time() + 1
    taken = 0
    while time.time() < end:
        taken += len(m.serial.recv(100))
        time.sleep(0.01)
    assert taken > 1000
    serves(m, a, b)
    stop_talking(m)
