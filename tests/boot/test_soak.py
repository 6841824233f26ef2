# SPDX-License-Identifier: BSD-2-Clause
"""The real image under everything at once, for as long as one likes.

    make soak MINUTES=60 SEED=7

One machine between two Linux hosts. Over and over a seeded choice: traffic of
every kind, orders on the console, faults in its cards, a cable pulled, garbage.
After each round the law of conservation must hold; at the end nothing may be
left of it all, in pools or in memory, and the box still be quick.
"""
import os
import random
import re
import time

import pytest

import lab
from test_router import drops, law, net   # noqa: F401 (a fixture)
from test_tcp_peers import BOX, idle, peer, pools, settles

MINUTES = float(os.environ.get("FAIRLEAD_SOAK_MINUTES", "0.3"))
# `make soak` chooses another each time, `make test` has always this one.
SEED = int(os.environ.get("FAIRLEAD_SOAK_SEED", "1"))
FAR = "10.0.2.2"
GARBAGE = "import os, random, socket; r = random.Random({seed}); " \
    "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); " \
    "s.bind(('eth0', 0)); " \
    "[s.send(bytes.fromhex('{mac}') + bytes(6) + {kind} + " \
    "r.randbytes(r.randrange(10, 1400))) for _ in range({count})]"


class Soak:
    def __init__(self, machine, a, b, rng):
        self.machine, self.a, self.b, self.rng = machine, a, b, rng

    # -- traffic ------------------------------------------------------------

    def pings_through(self):
        size = str(self.rng.choice([0, 56, 1472, 4000]))
        self.a.run("ping", "-n", "-q", "-i", "0.01", "-c", "50", "-W", "1",
                   "-s", size, FAR, check=False)

    def tcp_to_the_box(self):
        peer(self.a, "exchange", size=self.rng.randrange(1000, 2000000),
             count=self.rng.choice([1, 1, 10]))

    def characters_from_the_box(self):
        peer(self.b, "chargen", size=self.rng.randrange(1000, 1000000))

    def half_closes_and_resets(self):
        peer(self.a, "half_close")
        peer(self.a, "abort", count=20)

    def tcp_through(self):
        server = self.b.start("socat", "-u", "TCP4-LISTEN:9000,reuseaddr",
                              "OPEN:/dev/null")
        time.sleep(0.2)
        self.a.run("timeout", "10", "sh", "-c", "head -c 2000000 /dev/zero | "
                   f"socat -u - TCP4:{FAR}:9000", check=False)
        server.terminate()
        server.wait()

    def udp_flood(self):
        self.a.run("timeout", "0.5", "sh", "-c", "cat /dev/zero | socat -u - "
                   f"UDP4-SENDTO:{self.rng.choice([BOX, FAR])}:9999",
                   check=False)

    def garbage(self):
        kind = self.rng.choice(["b'\\x08\\x00\\x45'", "b'\\x08\\x06'",
                                "r.randbytes(2)"])
        self.a.run("/usr/bin/python3", "-c", GARBAGE.format(
            seed=self.rng.randrange(1 << 30), kind=kind, count=300,
            mac=lab.mac_of(0).replace(":", "")))

    # -- orders ----------------------------------------------------------------

    def questions(self):
        for line in self.rng.sample([
                "ip -s -s link", "ip route show table all", "ip neigh",
                "ethtool -S eth0", "ss -uan", "cat /proc/net/snmp",
                "show drops", "sysctl -a", "dmesg", "free", "ip rule",
                "ip route get 10.0.2.2", "nonsense", "help"], 4):
            self.machine.cmd(line)

    def routes_come_and_go(self):
        nets = [f"10.{self.rng.randrange(16, 250)}.{i}.0/24"
                for i in range(20)]
        for prefix in nets:
            self.machine.cmd(f"ip route replace {prefix} via {FAR}")
        for prefix in nets:
            self.machine.cmd(f"ip route del {prefix}")

    def sizes_change(self):
        for order in (f"ethtool -G eth0 rx {self.rng.choice([64, 512])}",
                      f"ip link set eth1 mtu {self.rng.choice([576, 1280])}",
                      "ethtool -G eth0 rx 256", "ip link set eth1 mtu 1500"):
            assert self.machine.rc(order)[1] == 0

    # -- trouble ---------------------------------------------------------------

    def fault(self):
        port = self.rng.choice(["eth0", "eth1"])
        names = re.findall(r"^([a-z-]+)  ",
                           self.machine.cmd(f"debug inject {port}"), re.M)
        assert names
        self.machine.cmd(f"debug inject {port} {self.rng.choice(names)}")
        time.sleep(1.2)

    def cable(self):
        self.machine.monitor("set_link n1 off")
        time.sleep(0.3)
        self.machine.monitor("set_link n1 on")

    def reloads(self):
        self.machine.cmd("ip link set eth1 down; ip link set eth1 up")

    def works(self):
        """As good as at the beginning: both ways, and to itself."""
        end = time.time() + lab.PATIENCE
        while self.a.ping(FAR, count=1) != (1, 1):
            assert time.time() < end, "nothing passes any more"
        assert self.b.ping("10.0.1.2") == (3, 3)
        assert peer(self.a, "exchange", size=50000)


ACTIONS = [f for name, f in vars(Soak).items()
           if callable(f) and name not in ("__init__", "works")]


def used_kib(machine):
    return int(re.search(r"Mem:\s+\d+\s+(\d+)", machine.cmd("free")).group(1))


@pytest.mark.timeout(0)
def test_soak(net):   # noqa: F811
    rng = random.Random(SEED)
    m, a, b = net(append="loglevel=2")
    soak = Soak(m, a, b, rng)
    soak.works()
    settles(m, idle)
    m.cmd("ip neigh flush all")
    before, used = pools(m), used_kib(m)
    counts = dict.fromkeys((f.__name__ for f in ACTIONS), 0)
    start = shown = time.time()
    print(f"soak: seed {SEED}, {MINUTES:g} minutes", flush=True)
    while time.time() < start + 60 * MINUTES:
        action = rng.choice(ACTIONS)
        try:
            action(soak)
            law(m)
        except Exception:
            print(f"soak: seed {SEED}: {action.__name__} after {counts}")
            raise
        counts[action.__name__] += 1
        if time.time() > shown + 10:
            shown = time.time()
            print(f"soak: {(shown - start) / 60:.1f} min, "
                  f"{sum(counts.values())} actions", flush=True)
    soak.works()
    # Timers run out: resets, TIME-WAIT, reassembly, neighbours.
    settles(m, idle, 70)
    m.cmd("ip neigh flush all")
    after = pools(m)
    assert all(after[pool] <= before[pool] + (pool == "tcp_timewait") * 100
               for pool in before), (before, after)
    assert used_kib(m) <= used, "memory grew"
    assert m.timed("ip -br link")[1] < 0.5 * lab.PATIENCE / 10
    assert drops(m)
    print(f"soak: {sum(counts.values())} actions: {counts}")
    assert m.poweroff() == 0
    assert "panic:" not in m.log()
