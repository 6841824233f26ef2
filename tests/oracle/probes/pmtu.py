# SPDX-License-Identifier: BSD-2-Clause
"""Path MTU and MSS: learned, believed, forgotten"""
from words import *
import frames

FAR = "20.0.0.1"


def too_big(mtu, inner, src="10.0.2.77", dst=ETH1):
    m = bytes([3, 4, 0, 0, 0, 0]) + struct.pack(">H", mtu) + bytes(inner)[:28]
    m = m[:2] + struct.pack(">H", frames.checksum(m)) + m[4:]
    return ip(src, dst, proto=1) / Raw(m)


def bulk(b):
    """A connection from afar to the box's chargen: it has sent a lot, with DF,
    that nobody acknowledges. The first segment."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2")
    got = b.send(1, tcp(FAR, ETH1, dport=19, options=[("MSS", 1460)],
                        window=60000), told=False)
    isn = struct.unpack(">I", got[0][1][38:42])[0]
    got = b.send(1, tcp(FAR, ETH1, dport=19, flags="A", seq=1001, ack=isn + 1,
                        window=60000), told=False, quiet=0.1, limit=0.5)
    return got[0][1][14:]


def longest(b, got):
    sizes = [struct.unpack(">H", f[16:18])[0] for _, f in got
             if f[12:14] == b"\x08\0" and f[23] == 6]
    b.say(f"longest then: {max(sizes, default=0)}")


def learn(b, mtu):
    first = bulk(b)
    longest(b, b.send(1, too_big(mtu, first), told=False, least=1.5, limit=2))


@probe
def learned(b):
    """3/4 lowers what goes to that host, for it alone [RFC1191 3]."""
    learn(b, 1000)
    b.show(f"ip route get {FAR}")
    b.show("ip route get 20.0.0.2")
    for how in ("dont", "want"):
        b.ping(FAR, f"-M {how} -s 1400")
        got = b.wait(0.4, told=False)
        b.say(*(f"frag {(struct.unpack('>H', f[20:22])[0] & 0x1fff) * 8} of "
                f"{len(f) - 14}" for _, f in got if f[23] == 1))


@probe
def local_error_then(b):
    """A longer one with DF is then refused here [RFC1191 6.1]."""
    learn(b, 1000)
    b.show(f"ping -c 1 -W 1 -s 1400 -M do {FAR}", "too long|MTU|mtu")


@probe
def below_the_least(b):
    """An MTU below min_pmtu (552) [RFC1191 3]."""
    learn(b, 300)
    b.show(f"ip route get {FAR}")


@probe
def above_our_own(b):
    """An MTU above the link's [RFC1191 3]."""
    learn(b, 9000)
    b.show(f"ip route get {FAR}")


@probe
def old_router_without_mtu(b):
    """An MTU of 0, of a router that does not know RFC 1191: the next plateau
    [RFC1191 5]."""
    learn(b, 0)
    b.show(f"ip route get {FAR}")


@probe
def forgotten(b):
    """After mtu_expires the old MTU is tried again [RFC1191 6.3]."""
    b.cmd("sysctl -w net.ipv4.route.mtu_expires=2")
    learn(b, 1000)
    b.wait(3, told=False)
    b.show(f"ip route get {FAR}")


@probe
def forged_about_nothing(b):
    """3/4 about a datagram that the box never sent [RFC1191 8]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2")
    inner = udp(ETH1, FAR, sport=7, dport=5555, data=b"f" * 1400, flags="DF")
    b.send(1, too_big(700, inner))
    b.show(f"ip route get {FAR}")


@probe
def forged_about_a_connection(b):
    """3/4 about a connection, with a sequence number that is not in flight
    [RFC5927 7.2]."""
    first = bytearray(bulk(b))
    first[24:28] = b"\x12\x34\x56\x78"
    longest(b, b.send(1, too_big(700, first), told=False, least=1.5, limit=2))
    b.show(f"ip route get {FAR}")


@probe
def forwarded_are_not_affected(b):
    """What is learned does not hold for what is forwarded [RFC1812 5.2.6]."""
    learn(b, 1000)
    got = b.send(0, udp(dst=FAR, data=b"f" * 1400), told=False)
    b.say_frames([(p, f) for p, f in got if f[23] == 17])


@probe
def flushed(b):
    """`ip route flush cache` forgets [RFC1191 6.3]."""
    learn(b, 1000)
    b.cmd("ip route flush cache")
    b.show(f"ip route get {FAR}")


@probe
def mss_of_the_link(b):
    """The MSS that a SYN-ACK offers is of the port's MTU [RFC1122 4.2.2.6]."""
    b.send(0, tcp(dst=ETH0, dport=7, options=[("MSS", 1460)]))
    b.link(0, "mtu 1000")
    b.send(0, tcp(dst=ETH0, dport=7, sport=2049, options=[("MSS", 1460)]))


@probe
def mss_of_the_route(b):
    """advmss of a route, and its MTU [RFC1122 4.2.2.6]."""
    b.cmd("ip route add 30.0.0.0/8 via 10.0.1.3 advmss 700",
          "ip route add 31.0.0.0/8 via 10.0.1.3 mtu 900")
    b.send(0, tcp("30.0.0.1", ETH0, dport=7, options=[("MSS", 1460)]))
    b.send(0, tcp("31.0.0.1", ETH0, dport=7, options=[("MSS", 1460)]))


@probe
def syn_passes_unclamped(b):
    """A forwarded SYN keeps its MSS by default [RFC1812 5.2]."""
    b.link(1, "mtu 1000")
    b.send(0, tcp(options=[("MSS", 1460)]))
