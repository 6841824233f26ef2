# SPDX-License-Identifier: BSD-2-Clause
"""Each way a frame can die on the wire side moves exactly its own counter."""
import re

import pytest
from scapy.all import ARP, ICMP, IP, TCP, UDP, Ether, Raw, fragment

import lab
from test_boot_paths import PEER, answers_ping

CONFIG = """
ip addr add 10.0.0.1/24 dev eth0
ip addr add 10.0.1.1/24 dev eth1
ip link set eth0 up
ip link set eth1 up
ip route add blackhole 203.0.113.0/24
ip route add prohibit 198.51.100.0/24
ip route add unreachable 192.0.2.0/24
ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:aa dev eth0 nud permanent
"""
US = lab.mac_of(0)
ETH = Ether(dst=US, src=PEER)
PAD = Raw(b"\0" * 26)


def ip(**kw):
    return ETH / IP(**{"src": "10.0.0.2", "dst": "10.0.0.1", **kw})


def patched(packet, offset, *values):
    """The frame's bytes with some of them changed (behind the checksums)."""
    frame = bytearray(bytes(packet))
    frame[offset:offset + len(values)] = bytes(values)
    return bytes(frame)


UDP9 = UDP(sport=4000, dport=9) / Raw(b"x" * 20)

FRAMES = {
    "OTHERHOST": Ether(dst="02:00:00:00:00:77", src=PEER)
    / IP(src="10.0.0.2", dst="10.0.0.1") / UDP9,
    "ETH_SOURCE": Ether(dst=US, src="01:00:5e:00:00:01")
    / IP(src="10.0.0.2", dst="10.0.0.1") / UDP9,
    "ETH_PROTO": Ether(dst=US, src=PEER, type=0x88b5) / Raw(b"\0" * 50),
    "ETH_LLC": Ether(dst=US, src=PEER, type=0x0100) / Raw(b"\0" * 50),
    "IP_CSUM": ip(chksum=0x1234) / UDP9,
    "IP_VERSION": patched(ip() / UDP9, 14, 0x65),
    "IP_TTL": ip(dst="10.0.1.9", ttl=1) / UDP9,
    "BLACKHOLE": ip(dst="203.0.113.5") / UDP9,
    "PROHIBIT": ip(dst="198.51.100.5") / UDP9,
    "UNREACHABLE": ip(dst="192.0.2.5") / UDP9,
    "IP_INNOROUTES": ip(dst="8.8.8.8") / UDP9,
}


def counts(machine):
    return {m.group(1): int(m.group(2)) for m in
            re.finditer(r"^(\w+)\s+(\d+)\s", machine.cmd("show drops"), re.M)}


def test_each_frame_moves_its_own_counter(boot, wire):
    w = wire()
    # OTHERHOST is filtered by the card unless it is promiscuous.
    m = boot(ports=[w, wire("w1")], config=CONFIG
             + "ip link set eth0 promisc on\n")
    m.ready()
    answers_ping(w)
    for name, frame in FRAMES.items():
        before = counts(m)
        w.send(frame)
        m.cmd("echo settle")
        after = counts(m)
        moved = {k: after[k] - before.get(k, 0) for k in after
                 if after[k] != before.get(k, 0)}
        assert moved == {name: 1}, (name, moved)
    assert "law holds" in m.cmd("show stats")
