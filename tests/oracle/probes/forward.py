# SPDX-License-Identifier: BSD-2-Clause
"""Forwarding: time to live, service, sound headers"""
from words import *


@probe
def datagram_passes(b):
    """A UDP datagram is passed on, its time to live one less [RFC1812 5.3.1]."""
    b.send(0, udp())


@probe
def other_way(b):
    """The same from the second port to the first [RFC1812 5.3.1]."""
    b.send(1, udp(B, A))


@probe
def tcp_and_unknown_protocols_pass(b):
    """TCP, ESP, OSPF and a protocol without a number pass alike [RFC1812 5.2]."""
    b.send(0, tcp(dport=80), ip(proto=50) / Raw(DATA), ip(proto=89) / Raw(DATA),
           ip(proto=253) / Raw(DATA))


@probe
def empty_datagram_passes(b):
    """A header without data is a datagram, too [RFC791 3.1]."""
    b.send(0, ip(proto=253))


@probe
def ping_is_answered(b):
    """An echo request to either address of the box [RFC1122 3.2.2.6]."""
    b.send(0, ping(dst=ETH0))
    b.send(0, ping(dst=ETH1, tos=0x10))


@probe
def ping_keeps_df_and_service(b):
    """Echo replies take over the type of service; what of DF [RFC1122 3.2.2.6]."""
    b.send(0, ping(dst=ETH0, flags="DF", tos=0x28))


@probe
def empty_ping(b):
    """An echo request without data, and one of 1472 bytes [RFC1122 3.2.2.6]."""
    b.send(0, ping(dst=ETH0, data=b""), ping(dst=ETH0, data=b"x" * 1472))


@probe
def ttl_one_to_us(b):
    """What is for the box is taken with a time to live of 1 [RFC1122 3.2.1.7]."""
    b.send(0, ping(dst=ETH0, ttl=1))


@probe
def ttl_zero_to_us(b):
    """And with one of 0 [RFC1122 3.2.1.7]."""
    b.send(0, ping(dst=ETH0, ttl=0))


@probe
def ttl_one_to_forward(b):
    """A time to live of 1 ends at a router: 11/0 [RFC1812 5.3.1]."""
    b.send(0, udp(ttl=1))


@probe
def ttl_zero_to_forward(b):
    """So does one of 0 [RFC1812 5.3.1]."""
    b.send(0, udp(ttl=0))


@probe
def ttl_two_passes(b):
    """A time to live of 2 goes on as 1 [RFC1812 5.3.1]."""
    b.send(0, udp(ttl=2))


@probe
def ttl_255_passes(b):
    """The greatest time to live: its byte and checksum [RFC1624]."""
    b.send(0, udp(ttl=255))


@probe
def checksum_corners(b):
    """Headers whose checksum wraps when the time to live sinks [RFC1624]."""
    for ident in (0, 0x1234, 0xfeff, 0xffff, 0x8d8e, 0x8e8e):
        b.send(0, udp(id=ident), quiet=0.1)


@probe
def service_passes_unchanged(b):
    """Each precedence and DSCP passes as it came [RFC1812 5.3.2]."""
    b.send(0, *[udp(tos=t) for t in (0x02, 0x10, 0x1c, 0x20, 0xb8, 0xc0, 0xe0,
                                     0xff)])


@probe
def ecn_passes_unchanged(b):
    """ECT and CE are no business of a router that does not queue [RFC3168 5]."""
    b.send(0, *[udp(tos=t) for t in (1, 2, 3)])


@probe
def version_5(b):
    """A header that says version 5 [RFC1812 5.2.2]."""
    b.send(0, udp(version=5))


@probe
def version_0(b):
    """A header that says version 0 [RFC1812 5.2.2]."""
    b.send(0, udp(version=0))


@probe
def short_header(b):
    """A header length of four words [RFC1812 5.2.2]."""
    b.send(0, udp(ihl=4))


@probe
def header_longer_than_packet(b):
    """A header length beyond the packet's end [RFC1812 5.2.2]."""
    b.send(0, ip(proto=253, ihl=15))


@probe
def bad_header_checksum(b):
    """A wrong header checksum: nothing, and no error [RFC1812 5.2.2]."""
    b.send(0, udp(chksum=0x1234), ping(dst=ETH0, chksum=0x1234))


@probe
def length_beyond_frame(b):
    """A total length greater than what arrived [RFC1812 5.2.2]."""
    b.send(0, udp(len=1000), ping(dst=ETH0, len=1000))


@probe
def length_below_header(b):
    """A total length smaller than the header [RFC1812 5.2.2]."""
    b.send(0, udp(len=19), udp(len=0))


@probe
def trailer_is_cut(b):
    """What follows the datagram in its frame is not passed on [RFC1812 5.2.2]."""
    b.send(0, Raw(bytes(udp()) + b"T" * 40))
    b.send(0, Raw(bytes(udp(data=b"")) + b"T" * 18))


@probe
def reserved_flag(b):
    """The flag that must be 0 is 1 [RFC791 3.1]."""
    b.send(0, udp(flags=4))


@probe
def df_passes_when_it_fits(b):
    """DF is kept [RFC791 3.1]."""
    b.send(0, udp(flags="DF"))


@probe
def not_our_mac(b):
    """A frame to another station's address is not routed [RFC1812 5.2]."""
    b.send(0, udp(), dst="52:54:00:99:99:99")


@probe
def unicast_in_broadcast_frame(b):
    """A unicast datagram in a broadcast frame is not forwarded
    [RFC1812 5.3.4]."""
    b.send(0, udp(), dst=ALL)


@probe
def ping_in_broadcast_frame(b):
    """A datagram for us in a broadcast frame is dropped [RFC1122 3.3.6]."""
    b.send(0, ping(dst=ETH0), dst=ALL)


@probe
def unicast_in_multicast_frame(b):
    """A unicast datagram in a frame for all hosts' group [RFC1812 5.3.4]."""
    b.send(0, udp(), ping(dst=ETH0), dst="01:00:5e:00:00:01")


@probe
def unknown_ethertype(b):
    """A type that nobody here knows [RFC1122 2.3.3]."""
    b.send(0, Ether(src=HOST_MAC[0], dst=BOX_MAC[0], type=0x88b5) / Raw(DATA))


@probe
def length_frame(b):
    """An IEEE 802.3 frame with a length, LLC and SNAP [IEEE802.3]."""
    b.send(0, Ether(src=HOST_MAC[0], dst=BOX_MAC[0], type=40)
           / Raw(b"\xaa\xaa\x03\0\0\0\x08\0" + bytes(udp(data=b"abcd"))))


@probe
def vlan_tag(b):
    """A frame with a VLAN tag of an unknown VLAN [RFC1812 3.3]."""
    b.send(0, Ether(src=HOST_MAC[0], dst=BOX_MAC[0], type=0x8100)
           / Raw(b"\0\5\x08\0" + bytes(udp())))


@probe
def priority_tag(b):
    """A frame with VLAN 0, which is a priority alone [RFC1812 3.3]."""
    b.send(0, Ether(src=HOST_MAC[0], dst=BOX_MAC[0], type=0x8100)
           / Raw(b"\0\0\x08\0" + bytes(udp())))


@probe
def forwarding_off(b):
    """A host does not forward [RFC1122 3.3.4]."""
    b.cmd("sysctl -w net.ipv4.ip_forward=0")
    b.send(0, udp(), ping(dst=ETH0))


@probe
def weak_host(b):
    """A host answers for its other port's address: the weak model
    [RFC1122 3.3.4.2]."""
    b.cmd("sysctl -w net.ipv4.ip_forward=0")
    b.send(0, ping(dst=ETH1))


@probe
def forwarding_off_on_a_port(b):
    """Forwarding is a switch of each port, too [RFC1812 5.3.11]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.forwarding=0")
    b.send(0, udp())
    b.send(1, udp(B, A))


@probe
def port_that_is_down(b):
    """To a network whose port is down [RFC1812 5.3.12.3]."""
    b.cmd("ip link set eth1 down")
    b.send(0, udp(), quiet=0.5)
    b.link(1, "up")
    b.cmd("ip neigh replace 10.0.2.2 lladdr 02:00:00:00:02:02 dev eth1")
    b.send(0, udp())


@probe
def port_without_carrier(b):
    """To a network whose wire is out [RFC1812 5.3.12.3]."""
    b.carrier(1, False)
    b.send(0, udp(), quiet=0.5)
    b.carrier(1, True)
    b.send(0, udp())


@probe
def same_port_out(b):
    """In and out by the same port: forwarded all the same [RFC1812 5.2.7.2]."""
    b.cmd("sysctl -w net.ipv4.conf.all.send_redirects=0",
          "sysctl -w net.ipv4.conf.eth0.send_redirects=0")
    b.send(0, udp(A, A2))


@probe
def order_is_kept(b):
    """Forty datagrams of a flow leave in the order they came [RFC1812 5.3]."""
    b.send(0, *[udp(id=0x4300 + i) for i in range(40)])


@probe
def fifteen_hundred_bytes(b):
    """A datagram that fills the MTU [RFC1812 5.2.6]."""
    b.send(0, udp(data=b"z" * 1472))


@probe
def giant_frame(b):
    """A datagram longer than the port's own MTU [RFC1122 3.3.3]."""
    b.send(0, udp(data=b"z" * 1500))


@probe
def own_source_mac(b):
    """A frame whose source is the box's own address [RFC1812 5.3.7]."""
    b.send(0, udp(), src=BOX_MAC[0])
