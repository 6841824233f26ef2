# SPDX-License-Identifier: BSD-2-Clause
"""A hundred thousand peers that begin a connection and never say a word: half
of the handshake, or all of it. Boxes with 8 and 16 MiB; others are served
meanwhile on the same port, and five seconds later nothing is left of it.

    host a 10.0.1.2, and 12.0.0.0/16 behind it ---- eth0 [fairlead] eth1 ---- host b
"""
import json
import time

import pytest

import lab
from test_exhaustion import back_to, fate_of_refused
from test_router import CONFIG, drops, law, net
from test_tcp_peers import LONG, peer, pools, start_peer

SILENT = f"{lab.OUT}/tools/silent"
CROWD = "12.0.0.0/16"
COUNT = int(1e5 * LONG)
ECHO, CHARGEN = 7, 19


@pytest.fixture
def crowd_net(net):
    def make(mem):
        m, a, b = net(config=f"{CONFIG}\nip route add {CROWD} via 10.0.1.2\n",
                      mem=mem)
        # Nobody answers for them.
        a.run("ip", "route", "add", "blackhole", CROWD)
        peer(b, "exchange", size=1000)
        peer(a, "exchange", size=1000)
        return m, a, b, back_to(m, None)
    return make


def crowd(host, *options, port=ECHO, count=COUNT):
    return host.start(SILENT, "-i", "eth0", "-m", lab.mac_of(0), "-s", CROWD,
                      "-P", str(port), "-c", str(count), "-n", "200", *options)


def ended(machine, why):
    return int(machine.cmd(f"nstat -az TcpExtTCPAbortOn{why}").split()[-2])


def serve_meanwhile(machine, storm, hosts):
    """Each of the hosts, again and again; how the storm ended, and the most
    connections that there were."""
    most, slowest = 0, 0.0
    while storm.poll() is None:
        for host in hosts:
            start = time.monotonic()
            peer(host, "exchange", size=20000)
            slowest = max(slowest, time.monotonic() - start)
        most = max(most, pools(machine)["tcp"])
    out = json.loads(storm.communicate()[0])
    print(f"{out}, at most {most} connections, others served in at most "
          f"{slowest:.2f} s")
    return out, most


@pytest.mark.parametrize("mem", ["8M", "16M"])
@pytest.mark.parametrize("kind", ["half-open", "silent"])
def test_a_hundred_thousand_of_them(crowd_net, kind, mem):
    m, a, b, before = crowd_net(mem)
    room = int(m.cmd("show pools | include tcp ").split()[4])
    storm = crowd(a, *(["-o"] if kind == "half-open" else []))
    out, most = serve_meanwhile(m, storm, (a, b))
    assert out["answered"] == COUNT
    assert most < room / 2
    back_to(m, before)
    refused = fate_of_refused(m)
    if kind == "silent":
        # All have proved to be there, few of them were let in.
        assert out["acks"] >= COUNT
        assert refused["TCP_STRANGERS"] > COUNT - 2 * room
        assert ended(m, "Silence") > 0
    else:
        assert int(m.cmd("nstat -az TcpExtSyncookiesSent").split()[-2]) > \
            COUNT - 2 * room
    peer(b, "exchange", size=20000)
    law(m)


def test_where_the_box_speaks_first_the_refused_are_told(crowd_net):
    """And it is not their silence that keeps others from other services: each
    of them has data that it never acknowledges."""
    m, a, b, before = crowd_net("8M")
    storm = crowd(a, port=CHARGEN, count=COUNT // 5)
    out, most = serve_meanwhile(m, storm, (a, b))
    assert out["answered"] == COUNT // 5
    assert out["resets"] > COUNT // 10
    back_to(m, before)
    assert drops(m)["TCP_STRANGERS"] > 0
    peer(b, "chargen", size=20000)
    law(m)


def test_idle_connections_make_room(crowd_net):
    """They have all been served, and then they stay."""
    m, a, b, before = crowd_net("8M")
    room = int(m.cmd("show pools | include tcp ").split()[4])
    holder, said = start_peer(a, "hold", count=room - before["tcp"], step=50)
    try:
        assert pools(m)["tcp"] == room
        # Only now: who had come first was idle before the last had come.
        assert m.rc("sysctl -w net.ipv4.tcp_idle_abort=1")[1] == 0
        time.sleep(1.5)
        for _ in range(5):
            peer(b, "exchange", size=20000)
        assert 0 < ended(m, "Idle") < 100
    finally:
        holder.kill()
        holder.wait()
    back_to(m, before)
    law(m)
