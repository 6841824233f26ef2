# SPDX-License-Identifier: BSD-2-Clause
"""IP options: record route, timestamp, source routes, router alert, bad ones"""
from words import *

REACHES = "20.0.0.9"


def opts(raw, src=A, dst=B, **how):
    raw += b"\0" * (-len(raw) % 4)
    return ip(src, dst, options=[Raw(raw)], **how) / UDP(
        sport=1024, dport=9999) / Raw(DATA)


def ping_opts(raw, dst=ETH0, **how):
    raw += b"\0" * (-len(raw) % 4)
    return ip(A, dst, options=[Raw(raw)], **how) / ICMP(
        id=7, seq=1) / Raw(DATA)


def rr(slots, used=b""):
    return bytes([7, 3 + 4 * slots, 4 + len(used)]) + used.ljust(4 * slots, b"\0")


def ts(flag, body, pointer=5, overflow=0):
    return bytes([68, 4 + len(body), pointer, overflow << 4 | flag]) + body


def lsrr(*hops, kind=131, pointer=4):
    data = b"".join(bytes(int(x) for x in h.split(".")) for h in hops)
    return bytes([kind, 3 + len(data), pointer]) + data


@probe
def record_route_forwarded(b):
    """The address of the port it leaves by is recorded [RFC1812 5.3.13.4]."""
    b.send(0, opts(rr(3)))


@probe
def record_route_second_slot(b):
    """What others recorded stays [RFC1812 5.3.13.4]."""
    b.send(0, opts(rr(3, b"\x01\x02\x03\x04")))


@probe
def record_route_full(b):
    """A full one passes unchanged [RFC1812 5.3.13.4]."""
    b.send(0, opts(rr(1, b"\x01\x02\x03\x04")))


@probe
def record_route_of_a_ping(b):
    """An echo reply records the way back [RFC1122 3.2.2.6]."""
    b.send(0, ping_opts(rr(4)))


@probe
def record_route_ping_full(b):
    """An echo request whose list is full already [RFC1122 3.2.2.6]."""
    b.send(0, ping_opts(rr(1, b"\x01\x02\x03\x04")))


@probe
def record_route_pointer_inside(b):
    """A pointer below 4: parameter problem 12/0 [RFC1812 4.3.3.5]."""
    b.send(0, opts(b"\x07\x07\x03\0\0\0\0"))


@probe
def record_route_room_for_half(b):
    """Room for half an address: parameter problem [RFC791 3.1]."""
    b.send(0, opts(b"\x07\x09\x08\x01\x02\x03\x04\0\0"))


@probe
def record_route_too_short(b):
    """A record route option of two bytes [RFC1812 4.3.3.5]."""
    b.send(0, opts(b"\x07\x02"))


@probe
def record_route_twice(b):
    """Two of them [RFC1122 3.2.1.8]."""
    b.send(0, opts(rr(1) + rr(1)))


@probe
def option_beyond_header(b):
    """An option longer than the header has room [RFC1812 4.3.3.5]."""
    b.send(0, opts(b"\x07\x0b\x04\0\0\0\0"))


@probe
def option_length_zero(b):
    """A length of 0 [RFC1812 4.3.3.5]."""
    b.send(0, opts(b"\x99\0\0\0"))


@probe
def option_length_one(b):
    """A length of 1 [RFC1812 4.3.3.5]."""
    b.send(0, opts(b"\x99\x01\0\0"))


@probe
def unknown_option_passes(b):
    """An option that nobody knows passes unchanged [RFC1812 4.2.2.1]."""
    b.send(0, opts(b"\x99\x04\xab\xcd"))


@probe
def unknown_option_in_a_ping(b):
    """In an echo request: what the reply has [RFC1122 3.2.1.8]."""
    b.send(0, ping_opts(b"\x99\x04\xab\xcd"))


@probe
def nops_and_end(b):
    """No-operations and the end of the list pass unchanged [RFC791 3.1]."""
    b.send(0, opts(b"\x01\x01\x01\0"))
    b.send(0, opts(b"\0\xaa\xbb\xcc"))


@probe
def router_alert(b):
    """A router alert passes on [RFC2113]."""
    b.send(0, opts(b"\x94\x04\0\0"))


@probe
def router_alert_odd_value(b):
    """A router alert with a value that is reserved [RFC2113]."""
    b.send(0, opts(b"\x94\x04\x12\x34"))


@probe
def stream_id(b):
    """The obsolete stream identifier passes [RFC1812 5.3.13.2]."""
    b.send(0, opts(b"\x88\x04\x12\x34"))


@probe
def security(b):
    """A security option passes [RFC1812 5.3.13.1]."""
    b.send(0, opts(b"\x82\x0b" + b"\xab" * 9))


@probe
def timestamp_alone(b):
    """Flag 0: a time is written [RFC1812 5.3.13.5]."""
    got = b.send(0, opts(ts(0, b"\0" * 8)), told=False)
    for _, f in got:
        o = f[34:48]
        b.say(f"{o[:4].hex()} first {'set' if any(o[4:8]) else 'unset'} "
              f"second {'set' if any(o[8:12]) else 'unset'}")


@probe
def timestamp_with_address(b):
    """Flag 1: address and time [RFC1812 5.3.13.5]."""
    got = b.send(0, opts(ts(1, b"\0" * 16)), told=False)
    for _, f in got:
        o = f[34:56]
        b.say(f"{o[:8].hex()} time {'set' if any(o[8:12]) else 'unset'} "
              f"second {o[12:20].hex()}")


@probe
def timestamp_prespecified_ours(b):
    """Flag 3, our address asked: the time is written [RFC1812 5.3.13.5]."""
    got = b.send(0, opts(ts(3, bytes((10, 0, 2, 1)) + b"\0" * 4)), told=False)
    for _, f in got:
        o = f[34:46]
        b.say(f"{o[:8].hex()} time {'set' if any(o[8:12]) else 'unset'}")


@probe
def timestamp_prespecified_inbound(b):
    """Flag 3, the address of the port it came by [RFC1812 5.3.13.5]."""
    got = b.send(0, opts(ts(3, bytes((10, 0, 1, 1)) + b"\0" * 4)), told=False)
    for _, f in got:
        o = f[34:46]
        b.say(f"{o[:8].hex()} time {'set' if any(o[8:12]) else 'unset'}")


@probe
def timestamp_prespecified_others(b):
    """Flag 3, another's address: unchanged [RFC791 3.1]."""
    b.send(0, opts(ts(3, bytes((9, 9, 9, 9)) + b"\0" * 4)))


@probe
def timestamp_full(b):
    """No room: the overflow counter goes up [RFC791 3.1]."""
    b.send(0, opts(ts(0, b"\1\2\3\4", pointer=9)))


@probe
def timestamp_overflow_full(b):
    """The overflow counter itself is at its end: 12/0 [RFC791 3.1]."""
    b.send(0, opts(ts(0, b"\1\2\3\4", pointer=9, overflow=15)))


@probe
def timestamp_odd_flag(b):
    """A flag that does not exist [RFC1812 4.3.3.5]."""
    b.send(0, opts(ts(5, b"\0" * 8)))


@probe
def timestamp_too_short(b):
    """A timestamp option of three bytes [RFC1812 4.3.3.5]."""
    b.send(0, opts(b"\x44\x03\x05"))


@probe
def timestamp_pointer_low(b):
    """A pointer below 5 [RFC1812 4.3.3.5]."""
    b.send(0, opts(ts(0, b"\0" * 8, pointer=4)))


@probe
def timestamp_in_a_ping(b):
    """An echo request with timestamps: what the reply has [RFC1122 3.2.2.6]."""
    got = b.send(0, ping_opts(ts(0, b"\0" * 12)), told=False)
    for _, f in got:
        o = f[34:50]
        b.say(f"{o[:4].hex()} " + " ".join(
            "set" if any(o[i:i + 4]) else "unset" for i in (4, 8, 12)))


@probe
def source_route_refused(b):
    """A loose source route through the box, by default [RFC1812 5.3.13.3]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2")
    b.send(0, opts(lsrr(REACHES), dst=ETH0))


@probe
def strict_source_route_refused(b):
    """A strict one [RFC1812 5.3.13.3]."""
    b.send(0, opts(lsrr("10.0.2.2", kind=137), dst=ETH0))


@probe
def source_route_in_transit(b):
    """A loose source route whose next stop is elsewhere [RFC1812 5.3.13.3]."""
    b.send(0, opts(lsrr(REACHES), dst=B))


@probe
def strict_source_route_in_transit(b):
    """A strict one that is not for us [RFC1812 5.3.13.3]."""
    b.send(0, opts(lsrr(REACHES, kind=137), dst=B))


@probe
def source_route_used_up(b):
    """A source route that ends here [RFC1812 5.3.13.3]."""
    b.send(0, ping_opts(lsrr("10.0.9.9", pointer=8)))


def allow(b):
    b.cmd("sysctl -w net.ipv4.conf.all.accept_source_route=1",
          "sysctl -w net.ipv4.conf.eth0.accept_source_route=1",
          "sysctl -w net.ipv4.conf.eth1.accept_source_route=1")


@probe
def source_route_allowed(b):
    """With accept_source_route 1 it is followed, and our address recorded
    [RFC1812 5.3.13.3]."""
    allow(b)
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2")
    b.send(0, opts(lsrr(REACHES), dst=ETH0))


@probe
def strict_source_route_allowed(b):
    """A strict one whose next stop is a neighbour [RFC1812 5.3.13.3]."""
    allow(b)
    b.send(0, opts(lsrr("10.0.2.2", kind=137), dst=ETH0))


@probe
def strict_source_route_too_far(b):
    """A strict one whose next stop is none: 3/5 [RFC1812 5.3.13.3]."""
    allow(b)
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2")
    b.send(0, opts(lsrr(REACHES, kind=137), dst=ETH0))


@probe
def source_route_without_route(b):
    """The next stop cannot be reached: which code [RFC1812 5.2.7.1]."""
    allow(b)
    b.send(0, opts(lsrr("99.0.0.1"), dst=ETH0))


@probe
def source_route_of_a_ping(b):
    """The reply to a source-routed echo request goes back the same way
    [RFC1122 3.2.2.6]."""
    allow(b)
    b.send(0, ping_opts(lsrr("10.0.1.3", pointer=8)))


@probe
def source_routes_twice(b):
    """Two source routes [RFC1812 5.3.13.3]."""
    allow(b)
    b.send(0, opts(lsrr("10.0.2.2") + lsrr("10.0.2.3"), dst=ETH0))


@probe
def source_route_bad_pointer(b):
    """A source route's pointer below 4 [RFC1812 4.3.3.5]."""
    allow(b)
    b.send(0, opts(lsrr("10.0.2.2", pointer=3), dst=ETH0))


@probe
def options_and_ttl(b):
    """Options in a datagram whose time runs out: quoted as they came
    [RFC1812 4.3.2.3]."""
    b.send(0, opts(rr(3), ttl=1))


@probe
def error_with_source_route(b):
    """An error about a source-routed datagram goes back along it
    [RFC1812 4.3.2.6]."""
    allow(b)
    b.send(0, opts(lsrr("10.0.1.3", pointer=8), dst=ETH0))
