# SPDX-License-Identifier: BSD-2-Clause
"""The appliance's TCP against Linux's, and against the tools people have.

    host a 10.0.1.2 ---- eth0 10.0.1.1 [fairlead] eth1 10.0.2.1 ---- host b 10.0.2.2
"""
import json
import os
import re
import time

import pytest

import lab
from impair import BadWire
from test_router import CONFIG, drops, law, net

BOX = "10.0.1.1"
PEER = os.path.join(os.path.dirname(__file__), "peer.py")
# FAIRLEAD_LONG=4 make boot-test K=tcp_peers: four times as much.
LONG = float(os.environ.get("FAIRLEAD_LONG", "1"))


def peer(host, what, timeout=100, **how):
    """peer.py in the host's namespace; the last line it said."""
    p = host.run("/usr/bin/python3", PEER, what, BOX,
                 *(f"{k}={v}" for k, v in how.items()), timeout=timeout)
    return json.loads(p.stdout.splitlines()[-1])


def start_peer(host, what, **how):
    """The same, for one that says a line and waits for one."""
    import subprocess
    p = host.start("/usr/bin/python3", PEER, what, BOX,
                   *(f"{k}={v}" for k, v in how.items()),
                   stdin=subprocess.PIPE)
    line = p.stdout.readline()
    try:
        return p, json.loads(line)
    except ValueError:
        raise RuntimeError(line + p.communicate()[0])


def pools(machine):
    """{pool: things in use}, and the packet buffers by holder."""
    text = machine.cmd("show pools")
    used = {m.group(1): int(m.group(2)) for m in
            re.finditer(r"^(\w+) +\d+ +(\d+) +\d+ +\d+ +\d+$", text, re.M)}
    m = re.search(r"packets: (\d+) lent to devices, (\d+) with TCP, (\d+) "
                  r"waiting for neighbours, (\d+) bytes in reassembly", text)
    used.update(zip(("lent", "with_tcp", "parked", "reassembly_len"),
                    map(int, m.groups())))
    return used


def settles(machine, wanted, seconds=5.0):
    """Waits until wanted(pools) holds; the pools that it held for."""
    end = time.time() + seconds * max(1.0, lab.PATIENCE / 5)
    while not wanted(used := pools(machine)):
        assert time.time() < end, used
        time.sleep(0.1)
    return used


def idle(used):
    """Only listeners are left, and no packet is held."""
    return used["tcp"] == 3 and used["with_tcp"] == 0 and \
        used["packets"] == used["lent"]


def counters(host, name, group):
    """Linux's own, from /proc/net/NAME."""
    names, values = [line.split()[1:] for line in
                     host.run("cat", f"/proc/net/{name}").stdout.splitlines()
                     if line.startswith(group)]
    return dict(zip(names, map(int, values)))


@pytest.fixture
def bad_net(boot, host, directory, stack):
    """One Linux host behind a bad wire."""
    def make(**how):
        a = host("a", "10.0.1.2/24", "10.0.1.1")
        wire = BadWire(directory, a, **how)
        stack.append(wire)
        m = boot(ports=[wire], config="ip addr add 10.0.1.1/24 dev eth0\n"
                 "ip link set eth0 up\nservice echo on\n")
        m.ready()
        return m, a, wire
    return make


# ---- bulk -------------------------------------------------------------------

def test_bulk_both_ways_on_one_connection(net):
    m, a, b = net()
    peer(a, "exchange", size=int(8e6 * LONG))               # echo: both at once
    peer(a, "exchange", port=9, size=int(8e6 * LONG))       # discard
    peer(a, "chargen", size=int(8e6 * LONG))
    settles(m, idle)
    law(m)


def test_bulk_on_a_hundred_connections(net):
    m, a, b = net()
    peer(a, "exchange", size=int(1e5 * LONG), count=100)
    peer(a, "exchange", port=9, size=int(1e5 * LONG), count=100)
    # Read one after the other: the others fill all memory there is, and the
    # one whose turn it is must get its share all the same. How soon each has
    # its turn is the reader's affair: none is ended for being late.
    assert m.rc("sysctl -w net.ipv4.tcp_stall_abort=100")[1] == 0
    peer(a, "chargen", size=int(2e5 * LONG), count=100)
    settles(m, idle)
    law(m)


def test_ten_thousand_connections_at_once(net):
    """Held open, each used at both ends of the wait; one more is welcome;
    afterwards nothing of them is left."""
    m, a, b = net(mem="256M")
    before = settles(m, idle)
    holder, said = start_peer(a, "hold", count=10000)
    try:
        assert said["held"] == 10000
        assert pools(m)["tcp"] == before["tcp"] + 10000
        # Silent connections hold no packets.
        assert settles(m, lambda p: p["with_tcp"] == 0)
        assert peer(a, "exchange", size=100000)
        assert a.ping(BOX, count=1) == (1, 1)
        out, _ = holder.communicate("go\n", timeout=100)
    finally:
        holder.kill()
        holder.wait()
    assert json.loads(out) == {"closed": 10000}
    after = settles(m, idle)
    assert {k: after[k] for k in ("tcp", "tcp_timewait", "packets")} == \
           {k: before[k] for k in ("tcp", "tcp_timewait", "packets")}
    law(m)


# ---- one connection's life --------------------------------------------------------

def test_each_side_ends_in_its_own_way(net):
    m, a, b = net()
    peer(a, "half_close")
    peer(a, "abort", count=50)          # resets of Linux's
    peer(a, "refused")                  # and of ours
    peer(a, "stranger")
    before = drops(m)
    peer(a, "half_open")
    # Its new first number counts time: soon it is beyond the window.
    assert [reason for reason, count in drops(m).items()
            if count > before.get(reason, 0)] in (
                ["TCP_SYN_CHALLENGE"], ["TCP_INVALID_SEQUENCE"])
    settles(m, idle)
    law(m)


def test_a_silent_connection_is_kept_alive(net):
    m, a, b = net()
    peer(a, "silent", seconds=2.5)
    settles(m, idle)


def test_many_short_connections(net):
    """The ports come round again while Linux still has them in TIME-WAIT."""
    m, a, b = net()
    a.run("sysctl", "-qw", "net.ipv4.tcp_tw_reuse=1",
          "net.ipv4.ip_local_port_range=40000 40199")
    result = peer(a, "short", count=int(500 * LONG))
    assert result["rate"] > 10
    settles(m, idle)
    law(m)


# ---- small windows, small packets ------------------------------------------------

def test_tiny_windows(net):
    m, a, b = net()
    # 2304 is the least that Linux gives.
    peer(a, "exchange", size=200000, rcvbuf=2304)
    peer(a, "exchange", size=200000, sndbuf=4608)
    peer(a, "chargen", size=50000, rcvbuf=2304, pause=0.001)
    settles(m, idle)
    law(m)


def test_tiny_segments(net):
    m, a, b = net()
    # 88 is the least that Linux announces.
    peer(a, "exchange", size=100000, mss=88)
    a.run("ip", "link", "set", "eth0", "mtu", "300")
    peer(a, "exchange", size=100000)
    peer(a, "chargen", size=100000)
    # The appliance's own MTU clamps what it announces.
    a.run("ip", "link", "set", "eth0", "mtu", "1500")
    m.cmd("ip link set eth0 mtu 576")
    assert peer(a, "exchange", size=100000)
    settles(m, idle)
    law(m)


def test_a_smaller_mtu_on_the_way_is_found(net, host):
    """c is behind a, and the link between them takes 1280 bytes; c announces
    more, so the appliance must learn from a's ICMP. [RFC1191]"""
    m, a, b = net()
    c = host("c")
    a.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1",
          "netns", str(c.holder.pid))
    a.run("ip", "addr", "add", "10.0.9.1/24", "dev", "v0")
    a.run("ip", "link", "set", "v0", "mtu", "1280", "up")
    a.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    c.run("ip", "addr", "add", "10.0.9.2/24", "dev", "v1")
    c.run("ip", "link", "set", "v1", "up")
    # c itself sends no more than the link takes.
    c.run("ip", "route", "add", "default", "via", "10.0.9.1", "advmss",
          "1460", "mtu", "lock", "1280")
    c.run("ethtool", "-K", "v1", "tx", "off", "tso", "off", check=False)
    assert m.rc("ip route add 10.0.9.0/24 via 10.0.1.2")[1] == 0
    peer(c, "chargen", size=500000)
    peer(c, "exchange", size=500000)
    told = counters(a, "snmp", "Icmp:")["OutDestUnreachs"]
    assert 1 <= told < 20
    settles(m, idle)
    law(m)


# ---- congestion signals and bad wires --------------------------------------------

ECE, CWR = 0x40, 0x80


def test_ecn_is_agreed_and_obeyed(bad_net):
    m, a, wire = bad_net(mark=0.02, seed=7, delay=0.001)
    a.run("sysctl", "-qw", "net.ipv4.tcp_ecn=1")
    peer(a, "exchange", size=2000000)
    # Marks on the way in make the appliance say so, and Linux obey; marks on
    # the way out the other way round. No packet was lost for it.
    assert wire.done["marked"] > 10, wire.done
    for direction in ("in", "out"):
        assert wire.seen[direction] & ECE and wire.seen[direction] & CWR
    assert counters(a, "netstat", "IpExt:")["InECT0Pkts"] > 100
    settles(m, idle)
    law(m)


BAD_WIRES = {
    "loss_1%": dict(loss=0.01),
    "loss_5%": dict(loss=0.05),
    "reorder_5%": dict(late=0.05, late_by=0.003),
    "double_5%": dict(double=0.05),
    "damage_1%": dict(damage=0.01),
    "all_of_it": dict(loss=0.01, late=0.02, double=0.01, damage=0.005,
                      delay=0.002),
}


@pytest.mark.parametrize("wire", BAD_WIRES)
@pytest.mark.parametrize("seed", range(1, 2 + (LONG > 1) * 10))
def test_every_byte_arrives_over_a_bad_wire(bad_net, wire, seed):
    m, a, bad = bad_net(seed=seed, **BAD_WIRES[wire])
    peer(a, "exchange", size=600000, count=2, seed=seed, limit=90)
    peer(a, "chargen", size=400000)
    assert bad.done["passed"] > 500
    assert any(v for k, v in bad.done.items() if k != "passed"), bad.done
    if bad.done["damaged"]:
        assert any(name.endswith("_CSUM") for name in drops(m))
    # The last FIN or reset may be among what was lost: the law must hold, and
    # no more than what was under way be left.
    bad.loss = bad.late = bad.double = bad.damage = 0.0
    settles(m, idle, 60)
    law(m)


def test_a_cut_wire_is_survived_if_it_is_mended(bad_net):
    import threading
    m, a, wire = bad_net(delay=0.002)
    timer = threading.Timer(0.15, lambda: setattr(wire, "cut", True))
    mender = threading.Timer(1.5, lambda: setattr(wire, "cut", False))
    timer.start()
    mender.start()
    peer(a, "exchange", size=6000000)
    mender.join()
    settles(m, idle, 60)
    law(m)


# ---- the tools people have -----------------------------------------------------------

def test_nc_socat_and_curl(net):
    m, a, b = net()
    text = "".join(f"line {i}\n" for i in range(3000))
    for tool in (["nc.openbsd", "-N", BOX, "7"],
                 ["socat", "-t", "20", "-", f"TCP4:{BOX}:7"]):
        assert a.run(*tool, input=text).stdout == text, tool
    # curl leaves when its input ends; the appliance has the rest to itself.
    p = a.run("timeout", "3", "curl", "-sN", f"telnet://{BOX}:19", check=False)
    assert p.stdout.startswith(" !\"#$%&'()*+,-./0123456789")
    assert len(p.stdout) > 10000
    settles(m, idle)
    law(m)


@pytest.mark.parametrize("way", [
    ["-n", "4M"], ["-R", "-n", "4M"], ["-P", "8", "-n", "4M"],
    ["-u", "-b", "5M", "-n", "600K"]], ids=["there", "back", "eight", "udp"])
def test_iperf3_through_the_router(net, way):
    m, a, b = net()
    server = b.start("iperf3", "-s", "-1")
    b.listens(5201)
    try:
        p = a.run("iperf3", "-c", "10.0.2.2", "-J", *way, timeout=90)
    finally:
        server.terminate()
        server.wait()
    end = json.loads(p.stdout)["end"]
    total = end.get("sum_received") or end["sum"]
    if "-u" not in way:
        # The client may be done before all of it was read.
        assert total["bytes"] > 1e6
    else:
        assert end["sum"]["packets"] > 400, end["sum"]
        # But for what its reader was too slow for.
        assert end["sum"]["lost_packets"] <= \
            counters(b, "snmp", "Udp:")["RcvbufErrors"]
    law(m)
