# SPDX-License-Identifier: BSD-2-Clause
"""ICMP: which errors, from whom, quoting what, and when not"""
from words import *


def error(kind, code, inner, word=b"\0\0\0\0"):
    """An ICMP error's bytes about a datagram."""
    import frames
    body = bytes([kind, code, 0, 0]) + word + bytes(inner)[:28]
    body = body[:2] + struct.pack(">H", frames.checksum(body)) + body[4:]
    return Raw(body)


@probe
def no_route(b):
    """No route: 3/0 [RFC1812 5.2.7.1]."""
    b.send(0, udp(dst="99.0.0.1"))


@probe
def unreachable_route(b):
    """A route of type unreachable: 3/1 [RFC1812 5.2.7.1]."""
    b.cmd("ip route add unreachable 20.0.0.0/8")
    b.send(0, udp(dst="20.0.0.1"))


@probe
def prohibit_route(b):
    """A route of type prohibit: 3/13 [RFC1812 5.2.7.1]."""
    b.cmd("ip route add prohibit 20.0.0.0/8")
    b.send(0, udp(dst="20.0.0.1"))


@probe
def blackhole_route(b):
    """A route of type blackhole: silence [RFC1812 5.2.7.1]."""
    b.cmd("ip route add blackhole 20.0.0.0/8")
    b.send(0, udp(dst="20.0.0.1"))


@probe
def throw_route(b):
    """A route of type throw in the last table: as if there were none
    [RFC1812 5.2.7.1]."""
    b.cmd("ip route add throw 20.0.0.0/8")
    b.send(0, udp(dst="20.0.0.1"))


@probe
def port_unreachable(b):
    """A UDP port that nobody listens on: 3/3 [RFC1122 4.1.3.1]."""
    b.send(0, udp(dst=ETH0, dport=9998))


@probe
def port_unreachable_of_other_address(b):
    """The same on the address of the other port: which is the error's source
    [RFC1812 4.3.2.4]."""
    b.send(0, udp(dst=ETH1, dport=9998))


@probe
def protocol_unreachable(b):
    """A protocol that the box does not have: 3/2 [RFC1122 3.2.2.1]."""
    b.send(0, ip(dst=ETH0, proto=253) / Raw(DATA))


@probe
def host_unreachable_after_arp(b):
    """A neighbour that does not answer ARP: 3/1, later [RFC1812 4.3.3.1]."""
    b.send(0, udp(dst="10.0.2.77"), least=6, limit=6)


@probe
def host_unreachable_once_per_packet(b):
    """Five datagrams wait for the same silent neighbour [RFC1812 3.3.2]."""
    b.send(0, *[udp(dst="10.0.2.77", id=0x4300 + i) for i in range(5)],
           least=6, limit=6)


@probe
def quoted_length_short(b):
    """How much of a short datagram an error quotes [RFC1812 4.3.2.3]."""
    b.send(0, udp(dst="99.0.0.1", data=b"abc"), ip(dst="99.0.0.1", proto=253))


@probe
def quoted_length_long(b):
    """And of a long one: at most 576 bytes in all [RFC1812 4.3.2.3]."""
    b.send(0, udp(dst="99.0.0.1", data=b"q" * 1200))


@probe
def quoted_length_with_options(b):
    """The quoted header includes its options [RFC1812 4.3.2.3]."""
    b.send(0, udp(dst="99.0.0.1", data=b"q" * 1200,
                  options=[Raw(b"\x94\x04\0\0")]))


@probe
def error_has_sound_precedence(b):
    """Errors have precedence 6 or 7 and the datagram's service
    [RFC1812 4.3.2.5]."""
    for tos in (0x00, 0x10, 0x20, 0xb8, 0xe0, 0x03):
        b.send(0, udp(ttl=1, tos=tos), quiet=0.2)
        b.wait(1.3, told=False)


@probe
def error_ttl(b):
    """An error's own time to live, whatever the datagram's [RFC1812 4.3.2.1]."""
    b.send(0, udp(dst="99.0.0.1", ttl=3))


@probe
def error_source_address(b):
    """The source of an error is the address of the port it leaves by
    [RFC1812 4.3.2.4]."""
    b.address("10.0.7.1/24 dev eth0")
    b.cmd("ip route add 30.0.0.0/8 via 10.0.2.2")
    b.send(0, udp(src="30.0.0.9", dst="99.0.0.1"))
    b.send(0, udp(src="10.0.7.9", dst="10.0.2.2", ttl=1), least=1.5)


@probe
def error_source_is_the_inbound_ports(b):
    """With icmp_errors_use_inbound_ifaddr the port it came by
    [RFC1812 4.3.2.4]."""
    b.cmd("sysctl -w net.ipv4.icmp_errors_use_inbound_ifaddr=1",
          "ip route add 30.0.0.0/8 via 10.0.2.2")
    b.send(0, udp(src="30.0.0.9", dst="99.0.0.1"))


@probe
def no_error_about_an_error(b):
    """An ICMP error that cannot be delivered draws none [RFC1812 4.3.2.7]."""
    inner = udp(dst=A, src="99.0.0.1")
    b.send(0, *[ip(dst="99.0.0.1", proto=1) / error(k, c, inner)
                for k, c in ((3, 1), (4, 0), (5, 1), (11, 0), (12, 0))])


@probe
def error_about_a_query(b):
    """An echo request that cannot be delivered does [RFC1812 4.3.2.7]."""
    b.send(0, ping(dst="99.0.0.1"))


@probe
def error_about_an_unknown_icmp(b):
    """An ICMP message of an unknown type that cannot be delivered
    [RFC1812 4.3.2.7]."""
    b.send(0, ip(dst="99.0.0.1", proto=1) / error(44, 0, b"x" * 28))


@probe
def error_about_an_echo_reply(b):
    """An echo reply that cannot be delivered [RFC1812 4.3.2.7]."""
    b.send(0, ip(dst="99.0.0.1") / ICMP(type=0, id=7, seq=1) / Raw(DATA))


@probe
def no_error_about_later_fragments(b):
    """Only the first fragment draws an error [RFC1812 4.3.2.7]."""
    b.send(0, udp(dst="99.0.0.1", frag=10), udp(dst="99.0.0.1", frag=10, ttl=1))
    b.send(0, udp(dst="99.0.0.1", flags="MF"))


@probe
def no_error_to_broadcast(b):
    """A datagram to a broadcast address draws none [RFC1812 4.3.2.7]."""
    b.send(0, udp(dst="10.0.1.255", dport=9998),
           udp(dst="255.255.255.255", dport=9998), dst=ALL)


@probe
def no_error_to_multicast(b):
    """A datagram to a group draws none [RFC1812 4.3.2.7]."""
    b.send(0, udp(dst="224.0.0.1", dport=9998), dst="01:00:5e:00:00:01")


@probe
def no_error_for_broadcast_frames(b):
    """Nor does one that came in a broadcast frame [RFC1812 4.3.2.7]."""
    b.send(0, udp(dst=ETH0, dport=9998), udp(dst="99.0.0.1"), dst=ALL)


@probe
def no_error_to_odd_sources(b):
    """Sources that are no single host's: 0/0, loopback, broadcast, a group
    [RFC1812 4.3.2.7]."""
    b.send(0, *[udp(src=s, dst="99.0.0.1") for s in (
        "0.0.0.0", "127.0.0.1", "255.255.255.255", "10.0.1.255", "224.0.0.1",
        "10.0.1.0", "240.0.0.1")])


@probe
def source_quench_is_not_sent(b):
    """A burst draws no source quench [RFC1812 4.3.3.3]."""
    got = b.send(0, *[udp(id=0x4300 + i) for i in range(200)], told=False)
    b.say(f"type 4: {sum(f[23] == 1 and f[34] == 4 for _, f in got)}")


@probe
def echo_reply_is_not_answered(b):
    """A reply that nobody asked for is silence [RFC1122 3.2.2.6]."""
    b.send(0, ip(dst=ETH0) / ICMP(type=0, id=7, seq=1) / Raw(DATA))


@probe
def echo_with_bad_checksum(b):
    """An echo request with a wrong ICMP checksum [RFC1122 3.2.2]."""
    b.send(0, ip(dst=ETH0) / ICMP(id=7, seq=1, chksum=0x1111) / Raw(DATA))


@probe
def echo_with_a_code(b):
    """An echo request whose code is not 0 [RFC1122 3.2.2.6]."""
    b.send(0, ip(dst=ETH0) / ICMP(id=7, seq=1, code=5) / Raw(DATA))


@probe
def echo_too_short(b):
    """An echo request of four bytes [RFC792]."""
    b.send(0, ip(dst=ETH0, proto=1) / Raw(b"\x08\0\xf7\xff"))


@probe
def unknown_icmp_type(b):
    """An ICMP type that nobody knows: silence [RFC1122 3.2.2]."""
    b.send(0, ip(dst=ETH0) / ICMP(type=44) / Raw(DATA),
           ip(dst=ETH0) / ICMP(type=255) / Raw(DATA))


@probe
def echo_ignored(b):
    """With icmp_echo_ignore_all no ping is answered [RFC1812 4.3.3.6]."""
    b.cmd("sysctl -w net.ipv4.icmp_echo_ignore_all=1")
    b.send(0, ping(dst=ETH0))


@probe
def timestamp(b):
    """A timestamp request is answered [RFC1812 4.3.3.8]."""
    b.send(0, ip(dst=ETH0) / ICMP(type=13, id=9, seq=2, ts_ori=0x12345,
                                  ts_rx=0, ts_tx=0))


@probe
def timestamp_to_broadcast(b):
    """A timestamp request to all [RFC1122 3.2.2.8]."""
    b.send(0, ip(dst="10.0.1.255") / ICMP(type=13, id=9, seq=2, ts_ori=1,
                                          ts_rx=0, ts_tx=0), dst=ALL)


@probe
def information_request(b):
    """An information request, obsolete [RFC1812 4.3.3.7]."""
    b.send(0, ip(dst=ETH0, proto=1) / error(15, 0, b""))


@probe
def mask_request(b):
    """An address mask request [RFC1812 4.3.3.9]."""
    b.send(0, ip(dst=ETH0, proto=1) / error(17, 0, b"\0" * 4))


@probe
def router_solicitation(b):
    """A router solicitation [RFC1812 4.3.3.10]."""
    b.send(0, ip(dst="224.0.0.2", proto=1, ttl=1) / error(10, 0, b""),
           dst="01:00:5e:00:00:02")


@probe
def ping_of_broadcast(b):
    """Echo requests to the subnet and to all ones, by default
    [RFC1122 3.2.2.6]."""
    b.send(0, ping(dst="10.0.1.255"), ping(dst="255.255.255.255"), dst=ALL)


@probe
def ping_of_broadcast_allowed(b):
    """The same with icmp_echo_ignore_broadcasts 0: who answers
    [RFC1122 3.2.2.6]."""
    b.cmd("sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0")
    b.send(0, ping(dst="10.0.1.255"), dst=ALL)
    b.send(0, ping(dst="255.255.255.255"), dst=ALL)
    b.send(0, ping(dst="224.0.0.1"), dst="01:00:5e:00:00:01")


@probe
def rate_limit_per_sender(b):
    """How many of forty errors to one host go out at once, and after a while
    [RFC1812 4.3.2.8]."""
    got = b.send(0, *[udp(ttl=1, id=0x4300 + i) for i in range(40)],
                 told=False)
    b.say(f"at once: {len(got)}")
    b.wait(3.2)
    got = b.send(0, *[udp(ttl=1, id=0x4300 + i) for i in range(40)],
                 told=False)
    b.say(f"after 3 s: {len(got)}")


@probe
def rate_limit_of_no_route(b):
    """The same for 3/0, which Linux limits twice [RFC1812 4.3.2.8]."""
    got = b.send(0, *[udp(dst="99.0.0.1", id=0x4300 + i) for i in range(40)],
                 told=False)
    b.say(f"at once: {len(got)}")


@probe
def rate_limit_is_for_each_host(b):
    """One host's limit is not another's [RFC1812 4.3.2.8]."""
    b.send(0, *[udp(ttl=1) for i in range(40)], told=False)
    b.send(0, udp(A2, ttl=1))


@probe
def rate_limit_off(b):
    """With icmp_ratelimit 0 each of thirty errors goes out
    [RFC1812 4.3.2.8]."""
    b.cmd("sysctl -w net.ipv4.icmp_ratelimit=0")
    got = b.send(0, *[udp(ttl=1, id=0x4300 + i) for i in range(30)],
                 told=False)
    b.say(f"at once: {len(got)}")


@probe
def rate_limit_of_queries(b):
    """Echo replies are not limited by default [RFC1812 4.3.2.8]."""
    got = b.send(0, *[ping(dst=ETH0, seq=i) for i in range(45)], told=False)
    b.say(f"replies: {len(got)}")


@probe
def rate_mask(b):
    """icmp_ratemask chooses what is limited: here echo replies, too
    [RFC1812 4.3.2.8]."""
    b.cmd("sysctl -w net.ipv4.icmp_ratemask=6169")
    got = b.send(0, *[ping(dst=ETH0, seq=i) for i in range(40)], told=False)
    b.say(f"replies: {len(got)}")


@probe
def rate_limit_global(b):
    """icmp_msgs_per_sec and icmp_msgs_burst bound all errors together
    [RFC1812 4.3.2.8]."""
    b.cmd("sysctl -w net.ipv4.icmp_msgs_per_sec=10",
          "sysctl -w net.ipv4.icmp_msgs_burst=4")
    b.wait(1)
    b.cmd("ip route add 30.0.0.0/8 via 10.0.1.2")
    got = b.send(0, *[udp(src=f"30.0.0.{i}", dst="99.0.0.1")
                      for i in range(1, 41)], told=False)
    b.say("at most 8" if len(got) <= 8 else f"{len(got)}")


@probe
def bogus_error_is_not_answered(b):
    """Errors about datagrams that the box never sent: silence
    [RFC1122 3.2.2]."""
    inner = udp(src=ETH0, dst=A, sport=7)
    b.send(0, *[ip(dst=ETH0, proto=1) / error(k, c, inner)
                for k, c in ((3, 0), (3, 3), (3, 4), (11, 0), (12, 0), (5, 1))])


@probe
def destination_for_this_network(b):
    """To 0.0.0.0 and 0.1.2.3: no destination of a forwarded datagram
    [RFC1812 5.3.7]."""
    b.send(0, udp(dst="0.0.0.0"))
    b.send(0, udp(dst="0.1.2.3"))


@probe
def destination_loopback(b):
    """To 127.0.0.1 from outside [RFC1812 5.3.7]."""
    b.send(0, udp(dst="127.0.0.1", dport=7), ping(dst="127.0.0.1"))


@probe
def destination_class_e(b):
    """To 240.0.0.1, with a default route [RFC1812 5.3.7]."""
    b.cmd("ip route add default via 10.0.2.2")
    b.send(0, udp(dst="240.0.0.1"))
