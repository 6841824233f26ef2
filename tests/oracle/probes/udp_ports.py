# SPDX-License-Identifier: BSD-2-Clause
"""UDP: services, closed ports, checksums"""
from words import *


@probe
def echo(b):
    """The echo service answers from the address that was asked [RFC862]."""
    b.send(0, udp(dst=ETH0, dport=7))
    b.send(0, udp(dst=ETH1, dport=7))


@probe
def closed_port(b):
    """A closed port: 3/3 [RFC1122 4.1.3.1]."""
    b.send(0, udp(dst=ETH0, dport=1))


@probe
def empty(b):
    """A datagram without data comes back [RFC768]."""
    b.send(0, udp(dst=ETH0, dport=7, data=b""))


@probe
def no_checksum(b):
    """Without a checksum it is taken; the answer has one [RFC1122 4.1.3.4]."""
    d = struct.pack(">HHHH", 1024, 7, 16, 0) + b"nochksum"
    b.send(0, ip(dst=ETH0, proto=17) / Raw(d))


@probe
def bad_checksum(b):
    """A wrong checksum: silence [RFC1122 4.1.3.4]."""
    d = struct.pack(">HHHH", 1024, 7, 16, 0x1234) + b"badchksm"
    b.send(0, ip(dst=ETH0, proto=17) / Raw(d))


@probe
def bad_checksum_on_closed_port(b):
    """And no error either [RFC1122 4.1.3.4]."""
    d = struct.pack(">HHHH", 1024, 9998, 16, 0x1234) + b"badchksm"
    b.send(0, ip(dst=ETH0, proto=17) / Raw(d))


@probe
def length_beyond(b):
    """A UDP length greater than the datagram [RFC768]."""
    d = struct.pack(">HHHH", 1024, 7, 100, 0) + b"toolong!"
    b.send(0, ip(dst=ETH0, proto=17) / Raw(d))


@probe
def length_below_data(b):
    """A UDP length smaller than the datagram: the rest is no data [RFC768]."""
    d = struct.pack(">HHHH", 1024, 7, 12, 0) + b"someREST"
    b.send(0, ip(dst=ETH0, proto=17) / Raw(d))


@probe
def length_below_header(b):
    """A UDP length of 7, and of 0 [RFC768]."""
    for n in (7, 0):
        d = struct.pack(">HHHH", 1024, 7, n, 0) + b"tooshort"
        b.send(0, ip(dst=ETH0, proto=17) / Raw(d))


@probe
def port_zero(b):
    """From port 0, and to port 0 [RFC768]."""
    b.send(0, udp(dst=ETH0, sport=0, dport=7))
    b.send(0, udp(dst=ETH0, dport=0))


@probe
def service_from_service(b):
    """From port 7 to port 7: a loop that must not begin [RFC862]."""
    b.send(0, udp(dst=ETH0, sport=7, dport=7))


@probe
def tos_and_ttl_of_answers(b):
    """What an answer has of its question's service and time
    [RFC1122 4.1.4]."""
    b.send(0, udp(dst=ETH0, dport=7, tos=0x10, ttl=3, flags="DF"))


@probe
def long_echo(b):
    """An answer that must be cut [RFC1122 3.3.3]."""
    b.link(0, "mtu 600")
    b.send(1, udp(B, ETH0, dport=7, data=b"e" * 1400))
    b.send(0, udp(dst=ETH0, dport=7, data=b"e" * 1400))


@probe
def options_of_answers(b):
    """A datagram with record route: does its answer have one
    [RFC1122 4.1.3.2]."""
    b.send(0, ip(A, ETH0, options=[Raw(b"\x07\x07\x04\0\0\0\0\0")])
           / UDP(sport=1024, dport=7) / Raw(DATA))
