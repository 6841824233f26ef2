# SPDX-License-Identifier: BSD-2-Clause
"""Sources: martians, reverse paths, loopback and the box's own addresses"""
from words import *


def spoofs(b, *sources, dst=B):
    for s in sources:
        b.send(0, udp(s, dst), quiet=0.25)


@probe
def martian_sources(b):
    """Sources that cannot be on a wire [RFC1812 5.3.7]."""
    spoofs(b, "0.0.0.0", "0.1.2.3", "127.0.0.1", "127.8.8.8", "224.0.0.1",
           "239.1.1.1", "240.0.0.1", "255.255.255.255")


@probe
def broadcast_source(b):
    """The subnet's broadcast address as a source [RFC1812 4.2.3.1]."""
    spoofs(b, "10.0.1.255", "10.0.2.255")


@probe
def network_source(b):
    """The subnet's own address as a source [RFC1812 4.2.3.1]."""
    spoofs(b, "10.0.1.0")


@probe
def own_address_as_source(b):
    """A source that is the box's own [RFC1812 5.3.7]."""
    spoofs(b, ETH0, ETH1)
    spoofs(b, ETH0, ETH1, dst=ETH0)


@probe
def own_address_accepted(b):
    """With accept_local and rp_filter off [RFC1812 5.3.7]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.accept_local=1")
    spoofs(b, ETH1)


@probe
def rp_filter_off(b):
    """Without a reverse path check anything else passes [RFC3704 2]."""
    spoofs(b, "10.0.2.77", "99.0.0.1", "10.0.1.9")


@probe
def rp_filter_strict(b):
    """Strict: only who is routed by that very port [RFC3704 2.2]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.rp_filter=1",
          "ip route add 20.0.0.0/8 via 10.0.1.3",
          "ip route add 21.0.0.0/8 via 10.0.2.3")
    spoofs(b, A, "20.0.0.1", "21.0.0.1", "10.0.2.77", "99.0.0.1")


@probe
def rp_filter_loose(b):
    """Loose: who is routed at all [RFC3704 2.4]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.rp_filter=2",
          "ip route add 21.0.0.0/8 via 10.0.2.3")
    spoofs(b, A, "21.0.0.1", "10.0.2.77", "99.0.0.1")


@probe
def rp_filter_loose_default(b):
    """Loose, with a default route by the other port [RFC3704 2.4]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.rp_filter=2",
          "ip route add default via 10.0.2.3")
    spoofs(b, "99.0.0.1")


@probe
def rp_filter_strict_default(b):
    """Strict, with the default route by this port [RFC3704 2.2]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.rp_filter=1",
          "ip route add default via 10.0.1.3")
    spoofs(b, "99.0.0.1")


@probe
def rp_filter_greater_counts(b):
    """Of conf.all and the port's the greater one [RFC3704 2]."""
    b.cmd("sysctl -w net.ipv4.conf.all.rp_filter=1",
          "sysctl -w net.ipv4.conf.eth0.rp_filter=2",
          "ip route add 21.0.0.0/8 via 10.0.2.3")
    spoofs(b, "21.0.0.1", "99.0.0.1")


@probe
def rp_filter_multipath(b):
    """Strict, and one of two next hops is that port [RFC3704 2.3]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.rp_filter=1",
          "ip route add 20.0.0.0/8 nexthop via 10.0.1.3 nexthop via 10.0.2.3")
    spoofs(b, "20.0.0.1")


@probe
def rp_filter_types(b):
    """Strict, and the way back is a blackhole or unreachable [RFC3704 2.2]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.rp_filter=1",
          "ip route add blackhole 20.0.0.0/8",
          "ip route add unreachable 21.0.0.0/8")
    spoofs(b, "20.0.0.1", "21.0.0.1")


@probe
def loose_and_types(b):
    """Without a check, and the way back is a blackhole [RFC3704 2]."""
    b.cmd("ip route add blackhole 20.0.0.0/8",
          "ip route add unreachable 21.0.0.0/8")
    spoofs(b, "20.0.0.1", "21.0.0.1")


@probe
def rp_filter_and_local(b):
    """Strict is for what the box takes itself, too [RFC3704 2.2]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.rp_filter=1")
    b.send(0, ping("10.0.2.2", ETH0), ping(A, ETH1))


@probe
def loopback_destination(b):
    """route_localnet 0: 127/8 is not for the wire [RFC1122 3.2.1.3]."""
    b.send(0, udp(A, "127.0.0.1", dport=7))


@probe
def route_localnet(b):
    """route_localnet 1 [RFC1122 3.2.1.3]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.route_localnet=1")
    b.send(0, udp(A, "127.0.0.1", dport=7), quiet=0.5)


@probe
def link_local(b):
    """Link-local addresses are not routed [RFC3927 2.7]."""
    b.cmd("ip route add 169.254.0.0/16 dev eth1")
    b.send(0, udp("169.254.1.1", B), quiet=0.4)
    b.send(0, udp(A, "169.254.1.1"), quiet=0.4)
