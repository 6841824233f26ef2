# SPDX-License-Identifier: BSD-2-Clause
"""Known attacks, each by its name: what it sends dies of a reason of its own,
is not answered, and the box lives on.

Attacks on connections are conversations in tests/scenario: SACK Panic
(tiny_mss), SegmentSmack (segment_smack), blind resets, SYNs, data and ACKs (rst,
syn_in_window, blind_ack), the challenge ACK side channel (challenge_limit).
Floods, FragmentSmack among them, are in test_exhaustion.py.
"""
import struct

import pytest
from scapy.all import (ICMP, IP, TCP, UDP, Ether, IPOption_LSRR,
                       IPOption_SSRR, Raw, in4_chksum)

from test_boot_paths import answers_ping
from test_drops import CONFIG, ETH, FAR, TO_ALL, UDP_X, ip, patched
from test_router import drops, law

BOX = "10.0.0.1"


def fragments(*pieces, proto=17, ident=4711):
    """(offset, length, more) of one datagram."""
    return [ETH / ip(id=ident, proto=proto, frag=offset // 8,
                     flags="MF" if more else 0) / Raw(b"f" * length)
            for offset, length, more in pieces]


def syn(options=b"", **kw):
    """To the echo service, with the bytes of its options as they are."""
    fields = {"sport": 4000, "seq": 0, **kw}
    tcp = struct.pack("!HHIIBBHHH", fields["sport"], 7, fields["seq"], 0,
                      (20 + len(options)) << 2, 2, 65535, 0, 0) + options
    header = ip(proto=6)
    tcp = tcp[:16] + struct.pack("!H", in4_chksum(6, header, tcp)) + tcp[18:]
    return ETH / header / Raw(tcp)


# Attack -> frames, the reason they die of.
ATTACKS = {
    "teardrop CVE-1999-0015, the second inside the first":
        (fragments((0, 48, True), (24, 16, False)), "FRAG_LENGTH"),
    "teardrop CVE-1999-0015, the second over the first's end":
        (fragments((0, 48, True), (24, 48, False), ident=4712),
         "FRAG_OVERLAP"),
    "ping of death CVE-1999-0128":
        (fragments((65528, 400, False), proto=1), "FRAG_OVERSIZE"),
    "tiny fragments RFC 1858":
        (fragments((0, 8, True), proto=6), "FRAG_TINY"),
    "LAND CVE-1999-0016":
        ([ETH / ip(src=BOX) / TCP(sport=7, dport=7, flags="S")],
         "IP_LOCAL_SOURCE"),
    "smurf CVE-1999-0513":
        ([TO_ALL / ip(dst="10.0.0.255") / ICMP() / Raw(b"s" * 32)],
         "ICMP_ECHO_BROADCAST"),
    "fraggle": ([TO_ALL / ip(dst="10.0.0.255") / UDP(sport=9, dport=7)
                 / Raw(b"f" * 32)], "ECHO_BROADCAST"),
    "echo against chargen CVE-1999-0103":
        ([ETH / ip() / UDP(sport=19, dport=7) / Raw(b"l" * 32)], "ECHO_LOOP"),
    "loose source route":
        ([ETH / ip(dst=FAR, options=[IPOption_LSRR(routers=["10.0.1.7"])])
          / UDP_X], "IP_OPT_SOURCE_ROUTE"),
    "strict source route":
        ([ETH / ip(dst=FAR, options=[IPOption_SSRR(routers=["10.0.1.7"])])
          / UDP_X], "IP_OPT_SOURCE_ROUTE"),
    "redirect CVE-1999-0265":
        ([ETH / ip() / ICMP(type=5, code=1, gw="10.0.0.66")
          / ip(src=BOX, dst="8.8.8.8") / UDP_X], "ICMP_REDIRECT"),
    "source quench":
        ([ETH / ip() / ICMP(type=4) / ip(src=BOX, dst="10.0.0.2") / UDP_X],
         "ICMP_SOURCE_QUENCH"),
    "Ripple20 CVE-2020-11896, IP in IP":
        ([ETH / ip(proto=4) / ip(src="10.0.0.9", len=24) / UDP_X],
         "IP_NOPROTO"),
    "Ripple20 CVE-2020-11898, lengths that disagree":
        ([patched(ETH / ip() / UDP_X, 16, 5, 0, fix=True)], "IP_SHORT"),
    "INFRA:HALT CVE-2020-35684, a total length below the header's":
        ([patched(ETH / ip() / UDP_X, 16, 0, 10, fix=True)], "IP_TOTAL_LEN"),
    "URGENT/11 CVE-2019-12256, malformed IP options":
        ([patched(ETH / ip(options=[IPOption_LSRR(routers=["10.0.1.7"])])
                  / UDP_X, 34, 7, 39, fix=True)], "IP_OPT_LENGTH"),
    "AMNESIA:33 CVE-2020-24337, a TCP option of length 0":
        ([syn(b"\x08\x00\x01\x01")], "TCP_OPT_LENGTH"),
    "AMNESIA:33 CVE-2020-17441, a payload longer than the frame":
        ([ETH / ip() / UDP(sport=4000, dport=9, len=1400) / Raw(b"x")],
         "UDP_SHORT"),
    "URGENT/11 CVE-2019-12258, a window scale option of length 2":
        ([syn(b"\x03\x02\x01\x01")], "TCP_OPT_WSCALE"),
    "NAME:WRECK, no DNS parser listens":
        ([ETH / ip() / UDP(sport=53, dport=53) / Raw(b"\xc0" * 64)],
         "NO_SOCKET"),
}


@pytest.fixture
def box(boot, wire):
    w = wire()
    m = boot(ports=[w, wire("w1")], config=CONFIG)
    m.ready()
    answers_ping(w)
    return m, w


def test_each_attack_dies_of_its_reason(box):
    m, w = box
    wrong = {}
    for name, (frames, reason) in ATTACKS.items():
        before = drops(m).get(reason, 0)
        for frame in frames:
            w.send(frame)
        m.cmd("echo settle")
        if drops(m).get(reason, 0) <= before:
            wrong[name] = drops(m)
    answers_ping(w)
    assert not wrong
    law(m)


def answer(w, frame, wanted):
    w.drain()
    w.send(frame)
    raw = w.expect(lambda f: wanted in Ether(f))
    assert raw, "no answer"
    return raw


def test_padding_says_nothing(box):
    """Etherleak, CVE-2003-0001: a long frame, then a short one. This card pads
    by itself, in QEMU not at all; what there is is zero."""
    m, w = box
    answer(w, ETH / ip() / ICMP(id=3) / Raw(b"secret! " * 100), ICMP)
    raw = answer(w, ETH / ip() / ICMP(id=4) / Raw(b"x"), ICMP)
    assert raw[42:43] == b"x" and not any(raw[43:]), raw


def test_sequence_numbers_and_ids_cannot_be_guessed(box):
    """INFRA:HALT CVE-2020-35685, NUMBER:JACK: what the box chose for others
    says nothing of what it chooses next."""
    m, w = box
    isns = [Ether(answer(w, syn(sport=5000 + i, seq=1), TCP))[TCP].seq
            for i in range(24)]
    steps = {(b - a) % (1 << 32) for a, b in zip(isns, isns[1:])}
    assert len(steps) == 23
    # As uniform as 23 draws are: a counter's steps would be of a kind.
    assert max(steps) - min(steps) > 1 << 31
    assert sum(step < 1 << 28 for step in steps) < 10
