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
                       IPOption_SSRR, Raw, checksum, in4_chksum)

from test_boot_paths import PEER, answers_ping
from test_drops import CONFIG, ETH, FAR, TO_ALL, UDP_X, US, arp, ip, patched
from test_router import drops, law

BOX = "10.0.0.1"
EVIL = "02:00:00:00:00:66"


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


def igmp(*body):
    """A query for all hosts, with a right checksum."""
    bytes_ = bytearray((0x11, 100, 0, 0) + body)
    bytes_[2:4] = checksum(bytes(bytes_)).to_bytes(2, "big")
    return Ether(dst="01:00:5e:00:00:01", src=PEER) / \
        ip(dst="224.0.0.1", ttl=1, proto=2) / Raw(bytes(bytes_))


def too_big(mtu, about):
    """"Fragmentation needed", about a packet that the box has not sent."""
    return ETH / ip() / ICMP(type=3, code=4, nexthopmtu=mtu) / \
        ip(src=BOX, dst="10.0.0.2", flags="DF") / about


PLAIN = ETH / ip() / UDP_X

# Attack -> frames, the reason they die of. docs/assurance.md has a row of each,
# under the words before the first comma or CVE.
ATTACKS = {
    # Fragments.
    "teardrop CVE-1999-0015, the second inside the first":
        (fragments((0, 48, True), (24, 16, False)), "FRAG_LENGTH"),
    "teardrop CVE-1999-0015, the second over the first's end":
        (fragments((0, 48, True), (24, 48, False), ident=4712),
         "FRAG_OVERLAP"),
    "teardrop CVE-1999-0258 (bonk), a fragment behind the end":
        (fragments((64, 16, False), (88, 16, False), ident=4713),
         "FRAG_LENGTH"),
    "ping of death CVE-1999-0128":
        (fragments((65528, 400, False), proto=1), "FRAG_OVERSIZE"),
    "ping of death CVE-2000-0305 (jolt2), the same for ever":
        (fragments((65520, 29, False), ident=1109, proto=1) * 9,
         "FRAG_OVERSIZE"),
    "FragmentSmack RFC 1858, tiny fragments":
        (fragments((0, 8, True), proto=6), "FRAG_TINY"),
    # Sources that are not.
    "LAND CVE-1999-0016":
        ([ETH / ip(src=BOX) / TCP(sport=7, dport=7, flags="S")],
         "IP_LOCAL_SOURCE"),
    "LAND CVE-1999-0016, from the other port's address":
        ([ETH / ip(src="10.0.1.1") / TCP(sport=7, dport=7, flags="S")],
         "IP_LOCAL_SOURCE"),
    # Reflection and amplification.
    "directed-broadcast and reflection amplification CVE-1999-0513 (smurf)":
        ([TO_ALL / ip(dst="10.0.0.255") / ICMP() / Raw(b"s" * 32)],
         "ICMP_ECHO_BROADCAST"),
    "directed-broadcast and reflection amplification, fraggle":
        ([TO_ALL / ip(dst="10.0.0.255") / UDP(sport=9, dport=7)
          / Raw(b"f" * 32)], "ECHO_BROADCAST"),
    "directed-broadcast and reflection amplification, a SYN to everybody":
        ([TO_ALL / ip(dst="10.0.0.255") / TCP(sport=4000, dport=7)],
         "TCP_BROADCAST"),
    "directed-broadcast and reflection amplification CVE-1999-0103, "
    "echo against chargen":
        ([ETH / ip() / UDP(sport=19, dport=7) / Raw(b"l" * 32)], "ECHO_LOOP"),
    # Source routing.
    "source routing CVE-1999-0510, loose":
        ([ETH / ip(dst=FAR, options=[IPOption_LSRR(routers=["10.0.1.7"])])
          / UDP_X], "IP_OPT_SOURCE_ROUTE"),
    "source routing CVE-1999-0510, strict":
        ([ETH / ip(dst=FAR, options=[IPOption_SSRR(routers=["10.0.1.7"])])
          / UDP_X], "IP_OPT_SOURCE_ROUTE"),
    # ICMP.
    "ICMP redirect and PMTU abuse CVE-1999-0265, a redirect":
        ([ETH / ip() / ICMP(type=5, code=1, gw="10.0.0.66")
          / ip(src=BOX, dst="8.8.8.8") / UDP_X], "ICMP_REDIRECT"),
    "ICMP redirect and PMTU abuse CVE-2004-0791, source quench":
        ([ETH / ip() / ICMP(type=4) / ip(src=BOX, dst="10.0.0.2") / UDP_X],
         "ICMP_SOURCE_QUENCH"),
    "ICMP redirect and PMTU abuse CVE-2004-1060, about what was not sent":
        ([too_big(68, UDP_X)], "ICMP_QUOTE_UNSENT"),
    "ICMP redirect and PMTU abuse CVE-2004-1060, about others' packets":
        ([ETH / ip() / ICMP(type=3, code=4, nexthopmtu=68)
          / ip(src="10.0.0.77", dst="10.0.0.2") / UDP_X],
         "ICMP_QUOTE_SOURCE"),
    "ICMP redirect and PMTU abuse, router discovery":
        ([ETH / ip() / ICMP(type=9) / Raw(b"\1\2\0\x0a" + b"\0" * 8)],
         "ICMP_ROUTER_DISCOVERY"),
    # ARP.
    "ARP poisoning limits, an answer that nobody asked for":
        ([arp(op=2, hwsrc=EVIL, psrc="10.0.0.77", pdst=BOX)],
         "ARP_UNSOLICITED"),
    "ARP poisoning limits, the box's own address":
        ([arp(hwsrc=EVIL, psrc=BOX, pdst=BOX)], "ARP_CONFLICT"),
    "ARP poisoning limits, everybody's hardware address":
        ([arp(op=2, hwsrc="ff:ff:ff:ff:ff:ff", psrc="10.0.0.77")],
         "ARP_SENDER_LLADDR"),
    "ARP poisoning limits, an address of another link":
        ([arp(hwsrc=EVIL, psrc="10.0.1.77")], "ARP_SENDER_OFFLINK"),
    "ARP poisoning limits, what the operator set":
        ([arp(op=2, hwsrc=EVIL, psrc="10.0.0.2")], "ARP_STATIC"),
    # Ripple20: Treck.
    "Ripple20 CVE-2020-11896, IP in IP":
        ([ETH / ip(proto=4) / ip(src="10.0.0.9", len=24) / UDP_X],
         "IP_NOPROTO"),
    "Ripple20 CVE-2020-11896, IP in IP in fragments":
        (fragments((0, 32, True), (32, 16, False), ident=4720, proto=4),
         "IP_NOPROTO"),
    "Ripple20 CVE-2020-11898, lengths that disagree":
        ([patched(PLAIN, 16, 5, 0, fix=True)], "IP_SHORT"),
    "Ripple20 CVE-2020-11900, a tunnel's packet cut short":
        ([ETH / ip(proto=4) / Raw(b"\x45")], "IP_NOPROTO"),
    "Ripple20 CVE-2020-11902, IPv6 in IPv4":
        ([ETH / ip(proto=41) / Raw(b"\x60" + b"\0" * 39)], "IP_NOPROTO"),
    "Ripple20 CVE-2020-11907, a TCP header longer than its segment":
        ([ETH / ip() / TCP(sport=4000, dport=7, dataofs=15)],
         "TCP_HEADER_LONG"),
    "Ripple20 CVE-2020-11909, a header of four words":
        ([patched(PLAIN, 14, 0x44, fix=True)], "IP_IHL"),
    "Ripple20 CVE-2020-11910, an ICMP error that quotes nothing":
        ([ETH / ip() / ICMP(type=3, code=1)], "ICMP_QUOTE_TRUNCATED"),
    "Ripple20 CVE-2020-11911, a forced address mask":
        ([ETH / ip() / ICMP(type=18) / Raw(b"\xff\0\0\0")],
         "ICMP_DEPRECATED"),
    "Ripple20 CVE-2020-11912, a SACK option without its blocks":
        ([syn(b"\x01\x01\x05\x0a")], "TCP_OPT_ROOM"),
    "Ripple20 CVE-2020-11914, ARP with addresses of 255 bytes":
        ([patched(arp(), 18, 255)], "ARP_HLEN"),
    # AMNESIA:33: uIP, picoTCP, FNET, Nut/Net.
    "AMNESIA:33 CVE-2020-13987, a checksum over more than there is":
        ([ETH / ip() / UDP(sport=4000, dport=9, len=1400) / Raw(b"x")],
         "UDP_SHORT"),
    "AMNESIA:33 CVE-2020-13988, an MSS option of length 0":
        ([syn(b"\x02\x00\x05\xb4")], "TCP_OPT_LENGTH"),
    "AMNESIA:33 CVE-2020-17438, a datagram longer than any buffer":
        (fragments((65520, 64, False), ident=4721), "FRAG_OVERSIZE"),
    "AMNESIA:33 CVE-2020-24337, a TCP option of length 0":
        ([syn(b"\x08\x00\x01\x01")], "TCP_OPT_LENGTH"),
    "AMNESIA:33 CVE-2020-24341, a segment shorter than its header":
        ([ETH / ip(proto=6) / Raw(b"\x0f\xa0\0\7\0\0\0\0")],
         "TCP_TRUNCATED"),
    "AMNESIA:33 CVE-2020-17441 CVE-2020-17468 CVE-2020-13984, IPv6 headers":
        ([Ether(dst=US, src=PEER, type=0x86dd)
          / Raw(b"\x60\0\0\0\xff\xff\0\x40" + b"\0" * 40)], "ETH_PROTO"),
    # NAME:WRECK and the other parsers of names: there is none.
    "NAME:WRECK class parsers CVE-2020-24338 CVE-2020-11901, DNS":
        ([ETH / ip() / UDP(sport=53, dport=53) / Raw(b"\xc0" * 64)],
         "NO_SOCKET"),
    "NAME:WRECK class parsers CVE-2020-17467, LLMNR":
        ([ETH / ip() / UDP(sport=5355, dport=5355) / Raw(b"\xc0" * 64)],
         "NO_SOCKET"),
    "NAME:WRECK class parsers CVE-2020-11903 CVE-2019-12257, DHCP":
        ([ETH / ip() / UDP(sport=67, dport=68) / Raw(b"\x02\x01\x06" * 90)],
         "NO_SOCKET"),
    # URGENT/11: IPnet.
    "URGENT/11 CVE-2019-12256, malformed IP options":
        ([patched(ETH / ip(options=[IPOption_LSRR(routers=["10.0.1.7"])])
                  / UDP_X, 34, 7, 39, fix=True)], "IP_OPT_LENGTH"),
    "URGENT/11 CVE-2019-12258, a window scale option of length 2":
        ([syn(b"\x03\x02\x01\x01")], "TCP_OPT_WSCALE"),
    "URGENT/11 CVE-2019-12260, an authentication option of length 1":
        ([syn(b"\x1d\x01\x01\x01")], "TCP_OPT_LENGTH"),
    "URGENT/11 CVE-2019-12259, an IGMP query of eleven bytes":
        ([igmp(0, 0, 0, 0, 0, 0, 0)], "IGMP_LENGTH"),
    "URGENT/11 CVE-2019-12265, an IGMPv3 query with more sources than bytes":
        ([igmp(0, 0, 0, 0, 2, 125, 0x40, 0)], "IGMP_LENGTH"),
    "URGENT/11 CVE-2019-12262, RARP that nobody asked for":
        ([Ether(dst=US, src=PEER, type=0x8035) / Raw(b"\0" * 46)],
         "ETH_PROTO"),
    # INFRA:HALT: NicheStack.
    "INFRA:HALT CVE-2020-35683, an ICMP checksum beyond the packet":
        ([patched(ETH / ip() / ICMP() / Raw(b"y" * 32), 16, 5, 0, fix=True)],
         "IP_SHORT"),
    "INFRA:HALT CVE-2020-35684, a total length below the header's":
        ([patched(PLAIN, 16, 0, 10, fix=True)], "IP_TOTAL_LEN"),
    "INFRA:HALT CVE-2021-31401, a total length that cuts the TCP header":
        ([patched(ETH / ip() / TCP(sport=4000, dport=7), 16, 0, 28,
                  fix=True)], "TCP_TRUNCATED"),
    "INFRA:HALT CVE-2020-25928 CVE-2021-36762, DNS and TFTP":
        ([ETH / ip() / UDP(sport=53, dport=69) / Raw(b"\0\1" * 60)],
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
    """The answer's bytes; to a port, for an older one's may come again."""
    port = getattr(Ether(bytes(frame))[wanted], "sport", None)
    w.drain()
    w.send(frame)
    raw = w.expect(lambda f: wanted in (frame := Ether(f))
                   and getattr(frame[wanted], "dport", None) == port)
    assert raw, "no answer"
    return raw


def test_padding_says_nothing(box):
    """Etherleak, CVE-2003-0001: a long frame, then a short one. This card pads
    by itself, in QEMU not at all; what there is is zero."""
    m, w = box
    answer(w, ETH / ip() / ICMP(id=3) / Raw(b"secret! " * 100), ICMP)
    raw = answer(w, ETH / ip() / ICMP(id=4) / Raw(b"x"), ICMP)
    assert raw[42:43] == b"x" and not any(raw[43:]), raw


def test_sequence_numbers_cannot_be_guessed(box):
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


def test_identifications_tell_nothing(box):
    """Idle scans and the off-path inference that follows a shared counter: TCP
    carries none at all, and what else is answered has one that does not
    count."""
    m, w = box
    closed = Ether(answer(w, ETH / ip() / TCP(sport=5000, dport=4444), TCP))
    opened = Ether(answer(w, syn(sport=5001, seq=1), TCP))
    for reply in (closed, opened):
        assert reply[IP].id == 0 and "DF" in reply[IP].flags
    ids = [Ether(answer(w, ETH / ip() / UDP(sport=4000, dport=7)
                        / Raw(b"%d" % i), UDP))[IP].id for i in range(24)]
    steps = [(b - a) % (1 << 16) for a, b in zip(ids, ids[1:])]
    assert len(set(ids)) == 24 and len(set(steps)) > 20
    assert sum(step < 16 for step in steps) < 3
