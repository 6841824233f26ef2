# SPDX-License-Identifier: BSD-2-Clause
"""Neighbours: states, timers, what waits for them"""
from words import *

N = "10.0.2.50"
N_MAC = "02:00:00:00:02:32"


def quick(b, dev="eth1"):
    """Timers that a test can wait for."""
    b.cmd(f"sysctl -w net.ipv4.neigh.{dev}.base_reachable_time_ms=2000",
          f"sysctl -w net.ipv4.neigh.{dev}.delay_first_probe_time=1",
          f"sysctl -w net.ipv4.neigh.{dev}.gc_stale_time=2")


@probe
def resolved(b):
    """The first datagram waits for the answer and follows it [RFC1122 2.3.2.2]."""
    b.host(1, N)
    b.send(0, udp(dst=N), quiet=0.6)
    b.show(f"ip neigh show {N}")


@probe
def asks_thrice(b):
    """A silent neighbour is asked three times, a second apart
    [RFC1122 2.3.2.1]."""
    b.send(0, udp(dst=N), least=5, limit=5)
    b.show(f"ip neigh show {N}")


@probe
def incomplete_is_shown(b):
    """While nobody has answered the state is INCOMPLETE [RFC4861 7.3.2]."""
    b.send(0, udp(dst=N), quiet=0.4)
    b.show(f"ip neigh show {N}")


@probe
def waiting_datagrams_leave(b):
    """Three datagrams that wait leave in their order [RFC1812 3.3.2]."""
    b.send(0, *[udp(dst=N, id=0x4300 + i) for i in range(3)], quiet=0.2)
    b.send(1, arp("is-at", N, ETH1, N_MAC, BOX_MAC[1], dst=BOX_MAC[1]))


@probe
def many_waiting_datagrams(b):
    """How many of 200 that wait leave, and which [RFC1122 2.3.2.2]."""
    b.send(0, *[udp(dst=N, id=0x4300 + i) for i in range(200)], quiet=0.3,
           told=False)
    got = b.send(1, arp("is-at", N, ETH1, N_MAC, BOX_MAC[1], dst=BOX_MAC[1]),
                 told=False)
    ids = [struct.unpack(">H", f[18:20])[0] - 0x4300
           for p, f in got if f[12:14] == b"\x08\0" and p == 1]
    b.say(f"{len(ids)} leave, {ids[0]} to {ids[-1]}" if ids else "none")


@probe
def reply_of_another(b):
    """An answer for another address does not help [RFC826]."""
    b.send(0, udp(dst=N), quiet=0.2)
    b.send(1, arp("is-at", "10.0.2.51", ETH1, N_MAC, BOX_MAC[1],
                  dst=BOX_MAC[1]), quiet=0.2)
    b.show(f"ip neigh show {N}")


@probe
def request_resolves(b):
    """A request from the one we wait for is as good as its answer [RFC826]."""
    b.send(0, udp(dst=N), quiet=0.2)
    b.send(1, arp("who-has", N, ETH1, N_MAC), quiet=0.3)
    b.show(f"ip neigh show {N}")


@probe
def reply_by_broadcast(b):
    """An answer that is sent to all [RFC826]."""
    b.send(0, udp(dst=N), quiet=0.2)
    b.send(1, arp("is-at", N, ETH1, N_MAC, BOX_MAC[1]), quiet=0.3)
    b.show(f"ip neigh show {N}")


@probe
def reachable_becomes_stale(b):
    """Unused, REACHABLE is STALE after the reachable time [RFC4861 7.3.2]."""
    quick(b)
    b.host(1, N)
    b.send(0, udp(dst=N), quiet=0.4)
    b.show(f"ip neigh show {N}")
    b.wait(5)
    b.show(f"ip neigh show {N}")


@probe
def stale_is_used_and_probed(b):
    """A stale one is used at once (DELAY) and asked by unicast after the delay
    [RFC1122 2.3.2.1]."""
    quick(b)
    b.send(1, arp("who-has", N, ETH1, N_MAC), quiet=0.2)
    b.show(f"ip neigh show {N}")
    b.send(0, udp(dst=N), quiet=0.2)
    b.show(f"ip neigh show {N}")
    b.wait(1.7)
    b.show(f"ip neigh show {N}")


@probe
def probe_answered(b):
    """The answer to the unicast question makes it REACHABLE [RFC4861 7.3.2]."""
    quick(b)
    b.send(1, arp("who-has", N, ETH1, N_MAC), quiet=0.2)
    b.host(1, N)
    b.send(0, udp(dst=N), quiet=0.2)
    b.wait(1.9)
    b.show(f"ip neigh show {N}")


@probe
def probe_unanswered(b):
    """Unanswered: three by unicast, three to all, then FAILED
    [RFC1122 2.3.2.1]."""
    quick(b)
    b.send(1, arp("who-has", N, ETH1, N_MAC), quiet=0.2)
    b.send(0, udp(dst=N), quiet=0.2)
    b.wait(9)
    b.show(f"ip neigh show {N}")
    b.send(0, udp(dst=N), quiet=0.3)


@probe
def failed_then_there(b):
    """A neighbour that failed is asked anew when it is needed
    [RFC1812 3.3.2]."""
    b.send(0, udp(dst=N), least=4, limit=4, told=False)
    b.host(1, N)
    b.send(0, udp(dst=N), quiet=0.5)
    b.show(f"ip neigh show {N}")


@probe
def stale_is_forgotten(b):
    """An entry that nobody uses goes, if there are many; with few it stays
    [RFC1122 2.3.2.1]."""
    quick(b)
    b.send(1, arp("who-has", N, ETH1, N_MAC), quiet=0.2)
    b.wait(6)
    b.show(f"ip neigh show {N}")


@probe
def added_states(b):
    """Entries that are added with each state [RFC4861 7.3.2]."""
    for i, nud in enumerate(("permanent", "noarp", "stale", "reachable",
                             "delay", "probe", "failed", "incomplete")):
        b.cmd(f"ip neigh add 10.0.2.{60 + i} lladdr 02:00:00:00:02:{60 + i:02x}"
              f" dev eth1 nud {nud}")
    b.show("ip neigh show dev eth1 nud all to 10.0.2.60/30", order=False)


@probe
def noarp_is_used(b):
    """A NOARP entry is used and never asked about [RFC4861 7.3.2]."""
    b.cmd(f"ip neigh add {N} lladdr {N_MAC} dev eth1 nud noarp")
    b.send(0, udp(dst=N))
    b.show(f"ip neigh show {N}")


@probe
def changed_entry(b):
    """`ip neigh change` and `replace` [RFC826]."""
    b.cmd(f"ip neigh change {N} lladdr {N_MAC} dev eth1",
          f"ip neigh replace {N} lladdr {N_MAC} dev eth1 nud reachable",
          f"ip neigh change {N} lladdr 02:00:00:00:02:33 dev eth1 nud permanent")
    b.show(f"ip neigh show {N}")
    b.send(0, udp(dst=N))


@probe
def errors_of_neigh(b):
    """What `ip neigh` refuses, in which words [RFC826]."""
    b.cmd(f"ip neigh add {A} lladdr {N_MAC} dev eth0",
          "ip neigh del 10.0.1.77 dev eth0",
          "ip neigh add 10.0.1.77 dev eth0",
          "ip neigh add 10.0.1.77 lladdr zz dev eth0",
          "ip neigh add 10.0.1.77 lladdr 02:00:00:00:00:01",
          "ip neigh add 224.0.0.9 lladdr 02:00:00:00:00:01 dev eth0",
          "ip neigh get 10.0.1.78 dev eth0",
          "ip neigh get 10.0.1.2 dev eth0")


@probe
def flushed(b):
    """`ip neigh flush` spares permanent entries [RFC826]."""
    b.send(1, arp("who-has", N, ETH1, N_MAC), quiet=0.2)
    b.cmd("ip neigh flush dev eth1")
    b.show("ip neigh show dev eth1", order=False)


@probe
def gateway_is_asked_not_the_target(b):
    """Through a gateway it is the gateway that is asked for [RFC1812 5.2.4.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.50")
    b.host(1, N)
    b.send(0, udp(dst="20.1.1.1"), quiet=0.5)


@probe
def tcp_confirms(b):
    """A TCP that goes forward keeps its neighbour REACHABLE
    [RFC1122 2.3.2.1]."""
    b.cmd("sysctl -w net.ipv4.neigh.eth0.base_reachable_time_ms=4000",
          "sysctl -w net.ipv4.neigh.eth0.delay_first_probe_time=1")
    strip(b, A)
    b.host(0, A)
    got = b.send(0, tcp(dst=ETH0, dport=7, seq=1000), quiet=0.6, told=False)
    isn = next(struct.unpack(">I", f[38:42])[0] for _, f in got
               if f[12:14] == b"\x08\0")
    b.send(0, tcp(dst=ETH0, dport=7, flags="A", seq=1001, ack=isn + 1),
           told=False)
    told = 0
    for i in range(10):
        got = b.send(0, tcp(dst=ETH0, dport=7, flags="PA", seq=1001 + 4 * i,
                            ack=isn + 1 + 4 * i, data=b"abcd"), told=False)
        b.wait(0.4, told=False)
        told += sum(f[12:14] == b"\x08\x06" for _, f in got)
    b.say(f"asked meanwhile: {told}")
    b.show(f"ip neigh show {A}")
