# SPDX-License-Identifier: BSD-2-Clause
"""Several next hops: spread, stability, objects and groups"""
from words import *


def spread(b, flows=64, **how):
    """How many flows took each next hop."""
    got = b.send(0, *[udp(A, "20.0.0.1", sport=2000 + i, id=0x5000 + i, **how)
                      for i in range(flows)], told=False)
    count = {}
    for port, f in got:
        if f[12:14] == b"\x08\0":
            sport = struct.unpack(">H", f[34:36])[0]
            count.setdefault(f[:6].hex(), set()).add(sport)
    return count


def l4(b):
    b.cmd("sysctl -w net.ipv4.fib_multipath_hash_policy=1")


@probe
def both_are_used(b):
    """Of 64 flows each of two next hops gets its share [RFC2992]."""
    l4(b)
    b.cmd("ip route add 20.0.0.0/8 nexthop via 10.0.2.2 nexthop via 10.0.2.3")
    b.show("ip route show 20.0.0.0/8")
    count = spread(b)
    b.say(f"{len(count)} used, each a fair part: "
          f"{all(18 <= len(v) <= 46 for v in count.values())}")


@probe
def a_flow_stays(b):
    """Each of a flow's datagrams takes the same one [RFC2992]."""
    l4(b)
    b.cmd("ip route add 20.0.0.0/8 nexthop via 10.0.2.2 nexthop via 10.0.2.3")
    b.say(f"the same: {spread(b) == spread(b)}")


@probe
def hash_by_addresses(b):
    """Policy 0: ports do not matter, one pair of hosts is one flow
    [RFC2992]."""
    b.cmd("sysctl -w net.ipv4.fib_multipath_hash_policy=0",
          "ip route add 20.0.0.0/8 nexthop via 10.0.2.2 nexthop via 10.0.2.3")
    b.say(f"{len(spread(b))} used")


@probe
def weights(b):
    """Weight 3 gets three times as much [RFC2992]."""
    l4(b)
    b.cmd("ip route add 20.0.0.0/8 nexthop via 10.0.2.2 weight 3 "
          "nexthop via 10.0.2.3 weight 1")
    b.show("ip route show 20.0.0.0/8")
    count = {k: len(v) for k, v in spread(b, 256).items()}
    share = count.get("020000000202", 0) / sum(count.values())
    b.say(f"three quarters: {0.62 < share < 0.88}")


@probe
def fragments_stay_together(b):
    """All fragments of a datagram take the same way [RFC1812 5.2.4.3]."""
    l4(b)
    b.cmd("ip route add 20.0.0.0/8 nexthop via 10.0.2.2 nexthop via 10.0.2.3")
    ways = set()
    for i in range(8):
        got = b.send(0, *[ip(A, f"20.0.0.{i}", id=0x5100 + i, proto=17,
                             flags="MF" if o < 4 else 0, frag=o) /
                          Raw(struct.pack(">HHHH", 2000 + i, 9, 96, 0)
                              + b"z" * 8) for o in (0, 2, 4)],
                     told=False, quiet=0.15)
        ways.add(len({f[:6] for _, f in got}))
    b.say(f"ways of a datagram: {sorted(ways)}")


@probe
def dead_one_is_left(b):
    """A next hop whose port goes down gets nothing more [RFC1812 5.3.12.3]."""
    l4(b)
    b.cmd("ip route add 20.0.0.0/8 nexthop via 10.0.2.2 nexthop via 10.0.1.3",
          "sysctl -w net.ipv4.conf.all.send_redirects=0",
          "sysctl -w net.ipv4.conf.eth0.send_redirects=0")
    b.say(f"{len(spread(b))} used")
    b.cmd("ip link set eth1 down")
    b.say(f"{len(spread(b))} used")
    b.show("ip route show 20.0.0.0/8")


@probe
def failed_neighbour_is_left(b):
    """With fib_multipath_use_neigh a next hop that does not answer is passed
    over [RFC1812 5.2.4.3]."""
    l4(b)
    b.cmd("sysctl -w net.ipv4.fib_multipath_use_neigh=1",
          "ip route add 20.0.0.0/8 nexthop via 10.0.2.2 nexthop via 10.0.2.77")
    b.ask("ping -c 1 -W 4 10.0.2.77")
    b.wait(1.5, told=False)
    b.show("ip neigh show 10.0.2.77")
    b.say(f"{len(spread(b, 32))} used")


@probe
def object_used(b):
    """A next hop as an object, and a route that names it [RFC1812 5.2.4.2]."""
    b.cmd("ip nexthop add id 1 via 10.0.2.2 dev eth1",
          "ip route add 20.0.0.0/8 nhid 1")
    b.show("ip nexthop show")
    b.show("ip route show 20.0.0.0/8")
    b.send(0, udp(dst="20.0.0.1"))


@probe
def object_replaced(b):
    """Its replacement moves the route [RFC1812 5.2.4.2]."""
    b.cmd("ip nexthop add id 1 via 10.0.2.2 dev eth1",
          "ip route add 20.0.0.0/8 nhid 1",
          "ip nexthop replace id 1 via 10.0.2.3 dev eth1")
    b.send(0, udp(dst="20.0.0.1"))
    b.show("ip route show 20.0.0.0/8")


@probe
def object_deleted(b):
    """Its end is the route's [RFC1812 5.2.4.2]."""
    b.cmd("ip nexthop add id 1 via 10.0.2.2 dev eth1",
          "ip route add 20.0.0.0/8 nhid 1", "ip nexthop del id 1")
    b.show("ip route show")
    b.show("ip nexthop show")


@probe
def blackhole_object(b):
    """An object that swallows [RFC1812 5.2.7.1]."""
    b.cmd("ip nexthop add id 1 blackhole", "ip route add 20.0.0.0/8 nhid 1")
    b.show("ip nexthop show")
    b.show("ip route show")
    b.send(0, udp(dst="20.0.0.1"))


@probe
def group(b):
    """A group of objects, weighted [RFC2992]."""
    l4(b)
    b.cmd("ip nexthop add id 1 via 10.0.2.2 dev eth1",
          "ip nexthop add id 2 via 10.0.2.3 dev eth1",
          "ip nexthop add id 10 group 1,3/2", "ip route add 20.0.0.0/8 nhid 10")
    b.show("ip nexthop show")
    b.show("ip route show 20.0.0.0/8")
    count = {k: len(v) for k, v in spread(b, 256).items()}
    share = count.get("020000000202", 0) / sum(count.values())
    b.say(f"three quarters: {0.62 < share < 0.88}")


@probe
def group_loses_a_member(b):
    """A member that is deleted leaves its groups [RFC2992]."""
    l4(b)
    b.cmd("ip nexthop add id 1 via 10.0.2.2 dev eth1",
          "ip nexthop add id 2 via 10.0.2.3 dev eth1",
          "ip nexthop add id 10 group 1/2", "ip route add 20.0.0.0/8 nhid 10")
    before = spread(b)
    b.cmd("ip nexthop del id 2")
    after = spread(b)
    b.say(f"{len(before)} used, then {len(after)}")
    b.show("ip nexthop show")


@probe
def group_keeps_flows(b):
    """Flows of the member that stays do not move [RFC2992]."""
    l4(b)
    for i, g in ((1, B), (2, B2)):
        b.cmd(f"ip nexthop add id {i} via {g} dev eth1")
    b.cmd("ip nexthop add id 10 group 1/2", "ip route add 20.0.0.0/8 nhid 10")
    before = spread(b)
    b.cmd("ip nexthop del id 2")
    after = spread(b)
    mac = "020000000202"
    b.say(f"kept: {before.get(mac, set()) <= after.get(mac, set())}")


@probe
def object_and_carrier(b):
    """An object whose port loses its carrier [RFC1812 5.3.12.3]."""
    b.cmd("ip nexthop add id 1 via 10.0.2.2 dev eth1",
          "ip route add 20.0.0.0/8 nhid 1")
    b.carrier(1, False)
    b.wait(1)
    b.show("ip nexthop show")
    b.show("ip route show 20.0.0.0/8")


@probe
def errors_of_nexthop(b):
    """What `ip nexthop` refuses, in which words [RFC1812 10.1]."""
    b.cmd("ip nexthop add id 1 via 10.0.2.2 dev eth1",
          "ip nexthop add id 1 via 10.0.2.3 dev eth1", "ip nexthop del id 9",
          "ip nexthop add id 2 via 10.0.2.2", "ip nexthop add id 2 via 99.0.0.1"
          " dev eth1", "ip nexthop add id 10 group 1/7",
          "ip nexthop add id 10 group 1/1", "ip route add 20.0.0.0/8 nhid 9",
          "ip nexthop add id 11 group 10", "ip nexthop get id 1",
          "ip nexthop get id 9", "ip nexthop frob")


@probe
def multipath_shown(b):
    """A route with three next hops, as text and JSON [RFC1812 10.1]."""
    b.cmd("ip route add 20.0.0.0/8 metric 7 nexthop via 10.0.2.2 weight 2 "
          "nexthop via 10.0.2.3 nexthop via 10.0.1.3 weight 5")
    b.show("ip route show")
    b.show("ip -j route show 20.0.0.0/8")
    b.cmd("ip route del 20.0.0.0/8 nexthop via 10.0.2.2 nexthop via 10.0.1.3")
    b.show("ip route show 20.0.0.0/8")
