# SPDX-License-Identifier: BSD-2-Clause
"""Fragments: cut on the way, put together at the end, refused when odd"""
from words import *


def small(b, mtu=600):
    b.link(1, f"mtu {mtu}")


def pieces(data, cuts, src=A, dst=ETH0, proto=1, ident=0x4777, **how):
    """A payload's fragments: cuts are (from, to, more)."""
    return [ip(src, dst, id=ident, proto=proto, frag=a // 8,
               flags="MF" if more else 0, **how) / Raw(data[a:z])
            for a, z, more in cuts]


def echo(size=64):
    """An echo request's ICMP message."""
    return bytes(ICMP(id=7, seq=1) / Raw(bytes(range(256)) * (size // 256 + 1)
                                         ))[:size]


def whole(size=64):
    import frames
    m = echo(size)
    m = m[:2] + b"\0\0" + m[4:]
    return m[:2] + struct.pack(">H", frames.checksum(m)) + m[4:]


@probe
def cut_to_fit(b):
    """1400 bytes through 600: offsets, lengths, flags [RFC1812 5.2.6]."""
    small(b)
    b.send(0, udp(data=b"f" * 1400))


@probe
def cut_at_odd_mtu(b):
    """An MTU that is no multiple of eight [RFC791 3.2]."""
    small(b, 577)
    b.send(0, udp(data=b"f" * 1400))


@probe
def df_is_not_cut(b):
    """DF: 3/4 with the MTU of the next link [RFC1191 4]."""
    small(b)
    b.send(0, udp(data=b"f" * 1400, flags="DF"))


@probe
def fragment_is_cut_again(b):
    """A middle fragment is cut; its pieces say so [RFC791 3.2]."""
    small(b)
    b.send(0, udp(data=b"f" * 1392, flags="MF"),
           ip(proto=17, frag=175, flags="MF") / Raw(b"g" * 1400),
           ip(proto=17, frag=350) / Raw(b"h" * 1400))


@probe
def options_copied(b):
    """Options with the copy bit go into every fragment, others into the first
    [RFC791 3.1]."""
    small(b)
    b.send(0, ip(options=[Raw(b"\x94\x04\0\0" + b"\x07\x07\x04\0\0\0\0\0")])
           / UDP(sport=1024, dport=9999) / Raw(b"f" * 1300))


@probe
def options_copied_odd(b):
    """Copied ones among others, of odd sizes [RFC791 3.1]."""
    small(b)
    b.send(0, ip(options=[Raw(b"\x19\x03\xaa\x99\x05\1\2\3\x1a\x04\xbb\xcc")])
           / UDP(sport=1024, dport=9999) / Raw(b"f" * 1300))


@probe
def smallest_mtu(b):
    """An MTU of 68: eight bytes of data and the longest header
    [RFC791 3.1]."""
    small(b, 68)
    b.send(0, udp(data=b"f" * 100), ip(options=[Raw(b"\x99\x28" + b"o" * 38)])
           / UDP(sport=1, dport=2) / Raw(b"f" * 24))


@probe
def mtu_refused(b):
    """MTUs that are too small or too great [RFC791 3.1]."""
    b.cmd("ip link set eth1 mtu 67", "ip link set eth1 mtu 99999")
    b.link(1, "mtu 68")
    b.show("ip addr show dev eth1", "inet")


@probe
def ttl_and_df(b):
    """Too big, DF, and its time is up: which error [RFC1812 5.3.1]."""
    small(b)
    b.send(0, udp(data=b"f" * 1400, flags="DF", ttl=1))


@probe
def reply_is_cut(b):
    """A long echo reply is cut as its request was [RFC1122 3.3.5]."""
    small(b, 800)
    m = whole(1600)
    b.send(1, *pieces(m, ((0, 776, 1), (776, 1552, 1), (1552, 1600, 0)), B,
                      ETH1))


@probe
def put_together(b):
    """Two fragments of an echo request [RFC791 3.2]."""
    m = whole(64)
    b.send(0, *pieces(m, ((0, 32, 1), (32, 64, 0))))


@probe
def put_together_backwards(b):
    """The last one first [RFC791 3.2]."""
    m = whole(96)
    b.send(0, *reversed(pieces(m, ((0, 32, 1), (32, 64, 1), (64, 96, 0)))))


@probe
def passing_fragments_are_left(b):
    """A router does not put together what is not for it [RFC1812 4.2.2.7]."""
    b.send(0, *pieces(b"x" * 64, ((0, 32, 1), (32, 64, 0)), A, B, 17))


@probe
def exact_duplicate(b):
    """A fragment that comes twice [RFC791 3.2]."""
    m = whole(96)
    f = pieces(m, ((0, 32, 1), (32, 64, 1), (64, 96, 0)))
    b.send(0, f[0], f[1], f[1], f[2])


@probe
def overlap(b):
    """Fragments that overlap: the datagram is refused [RFC1858 3]."""
    m = whole(96)
    b.send(0, *pieces(m, ((0, 40, 1), (32, 64, 1), (64, 96, 0))))


@probe
def overlap_contained(b):
    """One within another [RFC1858 3]."""
    m = whole(96)
    b.send(0, *pieces(m, ((0, 64, 1), (32, 48, 1), (64, 96, 0))))


@probe
def overlap_of_the_header(b):
    """A second fragment at offset 0 with other bytes [RFC1858 4]."""
    m = whole(96)
    f = pieces(m, ((0, 32, 1), (32, 64, 1), (64, 96, 0)))
    other = ip(A, ETH0, id=0x4777, proto=1, flags="MF") / Raw(b"Z" * 32)
    b.send(0, f[0], other, f[1], f[2])


@probe
def teardrop(b):
    """A second fragment inside the first [RFC1858 3]."""
    b.send(0, *pieces(b"t" * 64, ((0, 40, 1), (24, 28, 0)), proto=17))
    b.send(0, ping(dst=ETH0))


@probe
def ping_of_death(b):
    """A last fragment that ends beyond 65535 [RFC791 3.2]."""
    big = b"d" * 1480
    b.send(0, ip(A, ETH0, id=0x4777, proto=1, frag=8190) / Raw(big),
           ip(A, ETH0, id=0x4777, proto=1, flags="MF") / Raw(big))
    b.send(0, ping(dst=ETH0))


@probe
def odd_length_in_the_middle(b):
    """A fragment with more to come whose length is no multiple of eight
    [RFC791 3.2]."""
    m = whole(64)
    b.send(0, *pieces(m, ((0, 33, 1), (40, 64, 0))), quiet=0.5)


@probe
def empty_fragment(b):
    """A fragment without data [RFC791 3.2]."""
    b.send(0, ip(A, ETH0, id=0x4777, proto=1, flags="MF"),
           ip(A, ETH0, id=0x4777, proto=1, frag=4))
    b.send(0, ping(dst=ETH0))


@probe
def two_ends(b):
    """Two last fragments that disagree about the end [RFC791 3.2]."""
    m = whole(96)
    f = pieces(m, ((0, 32, 1), (32, 64, 1), (64, 96, 0), (64, 80, 0)))
    b.send(0, f[0], f[3], f[2], f[1])


@probe
def beyond_the_end(b):
    """A fragment beyond the end that was seen [RFC791 3.2]."""
    m = whole(96)
    f = pieces(m + b"x" * 32, ((0, 32, 1), (32, 64, 0), (96, 128, 1)))
    b.send(0, f[1], f[2], f[0])


@probe
def keys_are_kept_apart(b):
    """Same identification, other protocol or sender: other datagrams
    [RFC791 3.2]."""
    m = whole(64)
    first = pieces(m, ((0, 32, 1), (32, 64, 0)))
    other = pieces(b"u" * 64, ((0, 32, 1), (32, 64, 0)), proto=253)
    third = pieces(m, ((0, 32, 1), (32, 64, 0)), A2)
    b.send(0, first[0], other[1], third[1], first[1])
    b.send(0, third[0])


@probe
def time_exceeded(b):
    """The first fragment alone: 11/1 after ipfrag_time [RFC1122 3.3.2]."""
    b.cmd("sysctl -w net.ipv4.ipfrag_time=2")
    b.send(0, *pieces(whole(64), ((0, 32, 1),)), least=3.5, limit=4)


@probe
def time_exceeded_without_first(b):
    """Without the first fragment: silence [RFC1122 3.3.2]."""
    b.cmd("sysctl -w net.ipv4.ipfrag_time=2")
    b.send(0, *pieces(whole(64), ((32, 64, 0),)), least=3.5, limit=4)


@probe
def late_fragment(b):
    """The rest comes after the time [RFC1122 3.3.2]."""
    b.cmd("sysctl -w net.ipv4.ipfrag_time=2")
    f = pieces(whole(64), ((0, 32, 1), (32, 64, 0)))
    b.send(0, f[0], least=3.5, limit=4)
    b.send(0, f[1], quiet=0.5)


@probe
def tiny_fragments(b):
    """Fragments of eight bytes [RFC1858 3]."""
    m = whole(64)
    b.send(0, *pieces(m, [(i, i + 8, i < 56) for i in range(0, 64, 8)]))


@probe
def many_fragments(b):
    """A datagram of 100 pieces of 16 bytes, out of order [RFC791 3.2]."""
    m = whole(1600)
    f = pieces(m, [(i, i + 16, i < 1584) for i in range(0, 1600, 16)])
    got = b.send(0, *(f[1::2] + f[0::2]), told=False)
    b.say(f"bytes of the answer: {sum(len(g) - 34 for _, g in got)}")


@probe
def whole_64k(b):
    """The longest datagram there is: 65535 bytes [RFC1122 3.3.2]."""
    m = whole(65515)
    cuts = [(i, min(i + 1480, 65515), i + 1480 < 65515)
            for i in range(0, 65515, 1480)]
    got = b.send(0, *pieces(m, cuts), told=False, quiet=0.6)
    b.say(f"bytes of the answer: {sum(len(g) - 34 for _, g in got)}")


@probe
def options_of_the_first(b):
    """A reassembled datagram has the first fragment's options [RFC791 3.2]."""
    m = whole(64)
    a = ip(A, ETH0, id=0x4777, proto=1, flags="MF",
           options=[Raw(b"\x07\x0b\x04" + b"\0" * 9)]) / Raw(m[:32])
    z = ip(A, ETH0, id=0x4777, proto=1, frag=4) / Raw(m[32:])
    b.send(0, a, z)


@probe
def df_fragment(b):
    """Fragments that say DF [RFC791 3.2]."""
    m = whole(64)
    b.send(0, *[f for f in (
        ip(A, ETH0, id=0x4777, proto=1, flags="MF+DF") / Raw(m[:32]),
        ip(A, ETH0, id=0x4777, proto=1, flags="DF", frag=4) / Raw(m[32:]))])


@probe
def service_of_fragments(b):
    """ECN of a reassembled datagram: CE of one is CE of all [RFC3168 5.3]."""
    m = whole(64)
    b.send(0, ip(A, ETH0, id=0x4777, proto=1, flags="MF", tos=2) / Raw(m[:32]),
           ip(A, ETH0, id=0x4777, proto=1, frag=4, tos=3) / Raw(m[32:]))


@probe
def ecn_that_cannot_be(b):
    """Not-ECT and CE among one datagram's fragments [RFC3168 5.3]."""
    m = whole(64)
    b.send(0, ip(A, ETH0, id=0x4777, proto=1, flags="MF", tos=0) / Raw(m[:32]),
           ip(A, ETH0, id=0x4777, proto=1, frag=4, tos=3) / Raw(m[32:]))


@probe
def port_unreachable_of_fragments(b):
    """An error about a reassembled datagram: what it quotes
    [RFC1122 3.2.2.1]."""
    d = struct.pack(">HHHH", 1024, 9998, 64, 0) + b"u" * 56
    b.send(0, *pieces(d, ((0, 32, 1), (32, 64, 0)), proto=17))
