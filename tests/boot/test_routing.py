# SPDX-License-Identifier: BSD-2-Clause
"""Routes, next hops and what is told of them, in the real image.

    host a 10.0.1.2 ---- eth0 [fairlead] eth1 ---- host b 10.0.2.2
                                         eth2 ---- host c 10.0.3.2
"""
import time

import pytest

import lab

CONFIG = """
ip addr add 10.0.1.1/24 dev eth0
ip addr add 10.0.2.1/24 dev eth1
ip addr add 10.0.3.1/24 dev eth2
ip link set eth0 up
ip link set eth1 up
ip link set eth2 up
ip route add 20.0.0.0/24 via 10.0.2.2
ip route add 20.0.0.0/24 via 10.0.3.2 metric 50
"""


@pytest.fixture
def net(boot, host):
    a = host("a", "10.0.1.2/24", "10.0.1.1")
    b = host("b", "10.0.2.2/24", "10.0.2.1")
    c = host("c", "10.0.3.2/24", "10.0.3.1")
    for far in b, c:
        far.run("ip", "addr", "add", "20.0.0.9/32", "dev", "lo")
        far.run("ip", "link", "set", "lo", "up")
    m = boot(ports=[a, b, c], config=CONFIG)
    m.ready()
    return m, a, b, c


def within(seconds, done):
    end = time.time() + seconds
    while not done():
        assert time.time() < end
        time.sleep(0.1)


# covers: R1812-010, R1812-012, R1812-151, R1812-152, R1812-154
def test_a_lost_link_hands_over_to_the_next_route_and_takes_back(net):
    m, a, b, c = net
    assert a.ping("20.0.0.9", count=2) == (2, 2)
    assert "via 10.0.2.2 dev eth1" in m.cmd("ip route get 20.0.0.9")
    m.monitor("set_link nic1 off")
    within(lab.PATIENCE, lambda: "NO-CARRIER" in m.cmd("ip link show eth1"))
    assert a.ping("20.0.0.9", count=2) == (2, 2)
    assert "via 10.0.3.2 dev eth2" in m.cmd("ip route get 20.0.0.9")
    assert "dead linkdown" in m.cmd("ip route show 20.0.0.0/24")
    m.monitor("set_link nic1 on")
    within(3 * lab.PATIENCE,
           lambda: "via 10.0.2.2" in m.cmd("ip route get 20.0.0.9"))
    within(3 * lab.PATIENCE, lambda: a.ping("20.0.0.9", count=1) == (1, 1))


# covers: H1122-059, H1122-061
def test_a_silent_gateway_behind_a_live_link_is_left(net):
    m, a, b, c = net
    for key, value in (("base_reachable_time_ms", 500),
                       ("delay_first_probe_time", 1)):
        m.cmd(f"sysctl -w net.ipv4.neigh.eth1.{key}={value}")
    assert a.ping("20.0.0.9", count=1) == (1, 1)
    assert "via 10.0.2.2 dev eth1" in m.cmd("ip route get 20.0.0.9")
    b.run("ip", "link", "set", "eth0", "arp", "off")
    within(3 * lab.PATIENCE, lambda: a.ping("20.0.0.9", count=1)[1] == 1 and
           "via 10.0.3.2" in m.cmd("ip route get 20.0.0.9"))
    assert "10.0.2.2 dev eth1" in m.cmd("ip neigh show nud failed")
    assert a.ping("20.0.0.9", count=3) == (3, 3)
    assert "does not answer" in m.cmd("trace in eth0 10.0.1.2 -> 20.0.0.9")
    b.run("ip", "link", "set", "eth0", "arp", "on")
    b.ping("10.0.2.1", count=1)
    within(lab.PATIENCE,
           lambda: "via 10.0.2.2" in m.cmd("ip route get 20.0.0.9"))
    within(lab.PATIENCE, lambda: a.ping("20.0.0.9", count=1) == (1, 1))


def test_next_hop_groups_shrink_and_grow(net):
    m, a, b, c = net
    for line in ("ip nexthop add id 1 via 10.0.2.2 dev eth1",
                 "ip nexthop add id 2 via 10.0.3.2 dev eth2",
                 "ip nexthop add id 9 group 1/2",
                 "ip route flush 20.0.0.0/24",
                 "ip route add 20.0.0.0/24 nhid 9"):
        m.cmd(line)
    assert a.ping("20.0.0.9", count=1) == (1, 1)
    for nic, other in (("nic1", "eth2"), ("nic2", "eth1")):
        dev = "eth" + nic[-1]
        m.monitor(f"set_link {nic} off")
        within(lab.PATIENCE,
               lambda: "NO-CARRIER" in m.cmd(f"ip link show {dev}"))
        assert f"dev {other}" in m.cmd("ip route get 20.0.0.9")
        assert a.ping("20.0.0.9", count=1) == (1, 1)
        m.monitor(f"set_link {nic} on")
        within(3 * lab.PATIENCE,
               lambda: "NO-CARRIER" not in m.cmd(f"ip link show {dev}"))


def test_monitor_is_live_until_ctrl_c(net):
    m, a, b, c = net
    m.console.send(b"ip monitor link neigh\r")
    m.console.expect(rb"ip monitor link neigh\r*\n")
    m.monitor("set_link nic1 off")
    m.console.expect(rb"3: eth1: <NO-CARRIER,BROADCAST,MULTICAST,UP>",
                     timeout=3 * lab.PATIENCE)
    m.monitor("set_link nic1 on")
    m.console.expect(rb"3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP>",
                     timeout=6 * lab.PATIENCE)
    assert a.ping("10.0.3.2", count=1) == (1, 1)
    m.console.expect(rb"10\.0\.3\.2 dev eth2 lladdr [0-9a-f:]+ REACHABLE",
                     timeout=3 * lab.PATIENCE)
    m.console.send(b"\x03")
    m.console.expect(lab.PROMPT, timeout=lab.PATIENCE)
    assert m.cmd("echo alive").strip() == "alive"
