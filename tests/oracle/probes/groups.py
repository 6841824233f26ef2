# SPDX-License-Identifier: BSD-2-Clause
"""Broadcasts and groups: directed broadcasts, IGMP, multicast routes"""
from words import *
import frames

ALL_HOSTS = "01:00:5e:00:00:01"


def igmp(kind, code, group, dst="224.0.0.1", src=A, more=b"", alert=True):
    g = bytes(int(x) for x in group.split("."))
    m = bytes([kind, code, 0, 0]) + g + more
    m = m[:2] + struct.pack(">H", frames.checksum(m)) + m[4:]
    return ip(src, dst, proto=2, ttl=1, tos=0xc0,
              options=[Raw(b"\x94\x04\0\0")] if alert else []) / Raw(m)


def mac(group):
    a = [int(x) for x in group.split(".")]
    return f"01:00:5e:{a[1] & 127:02x}:{a[2]:02x}:{a[3]:02x}"


@probe
def directed_broadcast(b):
    """To another subnet's broadcast address: not sent by default
    [RFC2644 2]."""
    b.send(0, udp(dst="10.0.2.255"), ping(dst="10.0.2.255"))


@probe
def directed_broadcast_allowed(b):
    """With bc_forwarding 1 on the port it comes by [RFC1812 5.3.5.2]."""
    b.cmd("sysctl -w net.ipv4.conf.all.bc_forwarding=1",
          "sysctl -w net.ipv4.conf.eth0.bc_forwarding=1")
    b.send(0, udp(dst="10.0.2.255"))


@probe
def limited_broadcast(b):
    """To 255.255.255.255: never forwarded [RFC1812 5.3.5.1]."""
    b.send(0, udp(dst="255.255.255.255"), dst=ALL)
    b.send(0, udp(dst="255.255.255.255", dport=7), dst=ALL)


@probe
def echo_service_and_broadcast(b):
    """A UDP service and a datagram to all [RFC1122 4.1.3.5]."""
    b.send(0, udp(dst="10.0.1.255", dport=7), dst=ALL)


@probe
def all_hosts(b):
    """A datagram to all hosts' group, for a port that is closed [RFC1112 4]."""
    b.send(0, udp(dst="224.0.0.1", dport=9998), dst=ALL_HOSTS)


@probe
def multicast_is_not_forwarded(b):
    """Without a route for it a group's datagram stays [RFC1812 5.2.1.3]."""
    b.cmd("ip route add default via 10.0.2.2")
    b.send(0, udp(dst="239.1.1.1", ttl=9), dst=mac("239.1.1.1"))


@probe
def groups_that_are_joined(b):
    """What the box is a member of at first [RFC1112 7.2]."""
    b.show("ip maddr show dev eth0", "inet ")


@probe
def general_query(b):
    """A v3 general query: nothing but all hosts is there to report
    [RFC3376 5.2]."""
    b.send(0, igmp(0x11, 10, "0.0.0.0", more=b"\x02\x7d\0\0"),
           dst=ALL_HOSTS, least=2.5)


@probe
def router_groups_query(b):
    """A query for all routers' group [RFC3376 5.2]."""
    b.send(0, igmp(0x11, 10, "224.0.0.2", more=b"\x02\x7d\0\0"),
           dst=ALL_HOSTS, least=2.5)


@probe
def own_multicast_needs_a_route(b):
    """The box's own ping of a group: by which port, how far [RFC1112 6.1]."""
    b.ping("224.0.0.9")
    b.wait(0.4)
    b.cmd("ip route add 224.0.0.0/4 dev eth1")
    b.ping("239.2.3.4")
    b.wait(0.4)


@probe
def ping_all_hosts_allowed(b):
    """Echo requests to all hosts, when broadcasts are answered
    [RFC1122 3.2.2.6]."""
    b.cmd("sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0")
    b.send(0, ping(dst="224.0.0.1"), dst=ALL_HOSTS)
    b.send(0, ping(dst="224.0.0.2"), dst="01:00:5e:00:00:02")


@probe
def multicast_and_tcp(b):
    """A SYN to a group or to all: silence [RFC1122 4.2.3.10]."""
    b.send(0, tcp(dst="224.0.0.1", dport=7), dst=ALL_HOSTS)
    b.send(0, tcp(dst="10.0.1.255", dport=7), dst=ALL)


@probe
def max_groups_in_frame(b):
    """A group's datagram in a unicast frame to the box [RFC1112 6.4]."""
    b.send(0, udp(dst="224.0.0.1", dport=9998), udp(dst="239.9.9.9"))


def join(b, group="239.1.2.3", dev="eth0"):
    b.cmd(f"ip maddr add {group} dev {dev}")


def reports(b, got):
    """Reports come at random moments, some twice: which there are."""
    b.say(*sorted({b.describe.line(f) for _, f in got}))


@probe
def join_is_reported(b):
    """A group that is joined: IGMPv3 reports, to whom, how [RFC3376 5.1]."""
    join(b)
    reports(b, b.wait(3, told=False))
    b.show("ip maddr show dev eth0", "inet ")


@probe
def joined_group_is_heard(b):
    """Datagrams for it come in, an echo request is answered if all are
    [RFC1112 7.2]."""
    b.cmd("sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0")
    join(b)
    b.wait(3, told=False)
    b.send(0, ping(dst="239.1.2.3", ttl=1), dst=mac("239.1.2.3"))
    b.send(0, ping(dst="239.1.2.4", ttl=1), dst=mac("239.1.2.4"))
    b.send(1, ping(B, "239.1.2.3", ttl=1), dst=mac("239.1.2.3"))


@probe
def leave_is_reported(b):
    """Its end is reported, too [RFC3376 5.1]."""
    join(b)
    b.wait(3, told=False)
    b.cmd("ip maddr del 239.1.2.3 dev eth0")
    reports(b, b.wait(3, told=False))


@probe
def general_query_is_answered(b):
    """A v3 general query: the groups of that port, once [RFC3376 5.2]."""
    join(b)
    join(b, "239.1.2.4")
    join(b, "239.1.2.5", "eth1")
    b.wait(3, told=False)
    reports(b, b.send(0, igmp(0x11, 10, "0.0.0.0", more=b"\x02\x7d\0\0"),
                      dst=ALL_HOSTS, least=2, told=False))


@probe
def group_query_is_answered(b):
    """A v3 query for one group, by those who are in it [RFC3376 5.2]."""
    join(b)
    b.wait(3, told=False)
    for g in ("239.1.2.3", "239.1.2.9"):
        reports(b, b.send(0, igmp(0x11, 10, g, g, more=b"\x02\x7d\0\0"),
                          dst=mac(g), least=2, told=False))


@probe
def older_querier(b):
    """A v2 querier: v2 reports from then on, and a leave to all routers
    [RFC3376 7.2.1]."""
    join(b)
    b.wait(3, told=False)
    reports(b, b.send(0, igmp(0x11, 10, "0.0.0.0"), dst=ALL_HOSTS, least=2,
                      told=False))
    b.cmd("ip maddr del 239.1.2.3 dev eth0")
    reports(b, b.wait(2, told=False))


@probe
def oldest_querier(b):
    """A v1 querier: v1 reports, and no leave [RFC3376 7.2.1]."""
    join(b)
    b.wait(3, told=False)
    got = b.send(0, igmp(0x11, 0, "0.0.0.0", alert=False), dst=ALL_HOSTS,
                 least=11, limit=11, told=False)
    reports(b, got)
    b.cmd("ip maddr del 239.1.2.3 dev eth0")
    reports(b, b.wait(2, told=False))


@probe
def forced_version(b):
    """force_igmp_version 2 [RFC3376 7.2.1]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.force_igmp_version=2")
    join(b)
    reports(b, b.wait(3, told=False))


@probe
def another_member_reports(b):
    """v2: whoever hears another's report keeps silent [RFC2236 3]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.force_igmp_version=2")
    join(b)
    b.wait(11, told=False)
    got = b.send(0, igmp(0x11, 20, "0.0.0.0"),
                 told=False, dst=ALL_HOSTS, quiet=0.01, limit=0.02)
    got += b.send(0, igmp(0x16, 0, "239.1.2.3", "239.1.2.3"), told=False,
                  dst=mac("239.1.2.3"), least=3, limit=3)
    b.say(f"{min(len(got), 1)} reports")


@probe
def bad_queries(b):
    """Queries with a wrong checksum, not to all hosts, too short
    [RFC3376 4]."""
    join(b)
    b.wait(3, told=False)
    bad = bytearray(bytes(igmp(0x11, 10, "0.0.0.0", more=b"\x02\x7d\0\0")))
    bad[26] ^= 0xff
    got = b.send(0, Raw(bytes(bad)), dst=ALL_HOSTS, least=1.5, told=False)
    got += b.send(0, ip(dst="224.0.0.1", proto=2, ttl=1) / Raw(b"\x11\x0a"),
                  dst=ALL_HOSTS, least=1.5, told=False)
    reports(b, got)
