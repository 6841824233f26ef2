# SPDX-License-Identifier: BSD-2-Clause
"""`tcpdump` beside the real one: the same expressions choose the same frames,
the same frames give the same lines. First hosted (out/host/fairlead-tcpdump),
then on the image, as text and as a pcap stream.

    host a 10.0.1.2 ---- eth0 10.0.1.1 [fairlead] eth1 10.0.2.1 ---- host b 10.0.2.2
"""
import re
import subprocess

import lab
import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw
from scapy.utils import wrpcap
from test_router import law, net  # noqa: F401, a fixture

TOOL = f"{lab.OUT}/host/fairlead-tcpdump"
A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"
BROADCAST = "ff:ff:ff:ff:ff:ff"


def arp_frames():
    ask = dict(op=1, hwsrc=A, psrc="10.0.0.1")
    yield Ether(src=A, dst=BROADCAST) / ARP(pdst="10.0.0.2", **ask)
    yield Ether(src=A, dst=B) / ARP(pdst="10.0.0.2", hwdst=B, **ask)
    yield Ether(src=A, dst=BROADCAST) / ARP(pdst="10.0.0.1", **ask)
    yield Ether(src=B, dst=A) / ARP(op=2, hwsrc=B, psrc="10.0.0.2",
                                    pdst="10.0.0.1", hwdst=A)


def icmp_frames(to):
    quoted = IP(src="10.0.0.2", dst="10.9.9.9") / UDP(sport=5, dport=33434) / b"x"
    yield to / ICMP(type=8, id=5, seq=1) / (b"x" * 56)
    yield to / ICMP(type=0, id=5, seq=1) / (b"x" * 56)
    for code in range(16):
        yield to / ICMP(type=3, code=code, nexthopmtu=1400) / quoted
    yield to / ICMP(type=3, code=3) / IP(dst="10.9.9.9") / TCP(dport=80)
    yield to / ICMP(type=3, code=3) / IP(dst="10.9.9.9", proto=99) / b"12345678"
    yield to / ICMP(type=4) / quoted
    for code in range(5):
        yield to / ICMP(type=5, code=code, gw="10.0.0.9") / quoted
    for code in range(3):
        yield to / ICMP(type=11, code=code) / quoted
    yield to / ICMP(type=12, code=0, ptr=20) / quoted
    yield to / ICMP(type=12, code=1) / quoted
    yield to / ICMP(type=13, id=5, seq=1, ts_ori=1000, ts_rx=0, ts_tx=0)
    yield to / ICMP(type=14, id=5, seq=1, ts_ori=1000, ts_rx=2000, ts_tx=3000)
    yield to / ICMP(type=17, id=1, seq=2, addr_mask="0.0.0.0")
    yield to / ICMP(type=18, id=1, seq=2, addr_mask="255.255.255.0")
    for kind in (10, 15, 16, 44):
        yield to / ICMP(type=kind)


def tcp_frames(there, back):
    ports, ports_back = (dict(sport=7777, dport=8888),
                         dict(sport=8888, dport=7777))
    yield there / TCP(flags="S", seq=1000, window=64240, options=[
        ("MSS", 1460), ("SAckOK", b""), ("Timestamp", (5, 0)), ("NOP", None),
        ("WScale", 7)], **ports)
    yield back / TCP(flags="SA", seq=5000, ack=1001, window=65160, options=[
        ("MSS", 1460), ("NOP", None), ("NOP", None), ("Timestamp", (9, 5))],
        **ports_back)
    yield there / TCP(flags="A", seq=1001, ack=5001, window=502, **ports)
    yield there / TCP(flags="PA", seq=1001, ack=5001, **ports) / b"hello"
    yield back / TCP(flags="A", seq=5001, ack=1006, options=[
        ("NOP", None), ("NOP", None), ("SAck", (1010, 1020))], **ports_back)
    yield there / TCP(flags="FPAU", seq=1006, ack=5001, urgptr=3,
                      **ports) / b"hello"
    yield there / TCP(flags="R", seq=1006, ack=0, window=0, **ports)
    yield there / TCP(flags="RA", seq=1006, ack=5001, **ports)
    yield there / TCP(flags="AEC", seq=1006, ack=5001, **ports)
    yield there / TCP(flags="", seq=1006, ack=5001, **ports)
    yield there / TCP(flags="PA", seq=77, ack=99, sport=1, dport=2) / b"abc"
    yield there / TCP(flags="A", seq=80, ack=100, sport=1, dport=2)
    yield there / TCP(flags="A", seq=70, ack=90, sport=1, dport=2) / b"ab"
    yield there / TCP(flags="S", seq=1, options=[(77, b"abc"), ("EOL", None)],
                      **ports)


def odd_frames(to):
    eth, pair = Ether(src=A, dst=B), dict(src="10.0.0.1", dst="10.0.0.2")
    yield to / UDP(sport=7777, dport=8888) / b"hello"
    yield to / UDP(sport=7777, dport=8888)
    yield eth / IP(flags="MF", **pair) / UDP(sport=7777, dport=8888,
                                             len=2000) / (b"y" * 64)
    for proto in (17, 6, 1):
        yield eth / IP(frag=9, proto=proto, **pair) / (b"y" * 64)
    yield eth / IP(proto=99, **pair) / (b"y" * 10)
    for kind, rest in ((0x11, bytes(4)), (0x11, b""), (0x12, b""), (0x16, b""),
                       (0x17, b""), (0x22, b""), (0x22, bytes(8))):
        yield eth / IP(src="10.0.0.1", dst="224.0.0.1", proto=2, ttl=1) / (
            bytes([kind, 100, 0, 0, 224, 1, 2, 3]) + rest)
    yield Ether(src=A, dst=B, type=0x88b5) / (b"abcdefghijklmnopqrstuvwxyz" * 3)
    yield eth / Dot1Q(vlan=5) / IP(**pair) / ICMP()
    for header in (dict(len=9), dict(len=900)):
        yield Ether(src=A, dst=B) / Raw(bytes(IP(**pair, **header) /
                                              UDP(sport=1, dport=2) / b"abc"))
    yield Ether(src=A, dst=B, type=0x800) / Raw(b"\x43\0\0\x14" + bytes(30))
    for proto, raw in ((6, b"\0\1\0\2"), (17, b"\0\1\0\2\0\0"),
                       (6, b"\0\1\0\2\0\0\0\1\0\0\0\2\x30\x10\0\1\0\0\0\0"),
                       (6, b"\0\1\0\2\0\0\0\1\0\0\0\2\xf0\x10\0\1\0\0\0\0")):
        yield eth / IP(proto=proto, **pair) / Raw(raw)
    yield eth / IP(**pair) / UDP(sport=1, dport=2, len=4) / b"abc"
    yield eth / IP(**pair) / UDP(sport=1, dport=2, len=400) / b"abc"
    yield eth / IP(tos=0x12, ttl=3, **pair) / ICMP()


def frames():
    there = Ether(src=A, dst=B) / IP(src="10.0.0.1", dst="10.0.0.2", id=7)
    back = Ether(src=B, dst=A) / IP(src="10.0.0.2", dst="10.0.0.1", id=9)
    for group in (arp_frames(), icmp_frames(there), tcp_frames(there, back),
                  odd_frames(there)):
        yield from group


@pytest.fixture(scope="module")
def pcap(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("capture") / "frames.pcap")
    # As bytes: raw payloads keep the EtherType of IPv4.
    all_of_them = []
    for frame in frames():
        if frame[Ether].type == 0x9000:
            frame[Ether].type = 0x800
        all_of_them.append(Ether(bytes(frame)))
    wrpcap(path, all_of_them)
    return path


def theirs(path, *args):
    return subprocess.run(["tcpdump", "-n", "-t", "-r", path, *args],
                          text=True, capture_output=True, check=True).stdout


def ours(path, options, *expression):
    return subprocess.run([TOOL, *options, path, *expression], text=True,
                          capture_output=True, check=True).stdout


@pytest.mark.parametrize("options", [
    [], ["-e"], ["-q", "arp or icmp or udp or port 7777"], ["-S"], ["-x"], ["-X"], ["-xx"],
    ["-v", "not igmp"], ["-v", "-e", "-XX", "not igmp"]],
    ids=lambda options: " ".join(options) or "plain")
def test_lines_are_tcpdumps(pcap, options):
    flags = [o for o in options if o.startswith("-")]
    words = [" ".join(o for o in options if not o.startswith("-"))]
    expected = theirs(pcap, *options)
    # It names the right checksum, we only that it is wrong.
    expected = re.sub(r"\(incorrect -> 0x[0-9a-f]+\)", "(incorrect)", expected)
    assert ours(pcap, flags, *words).splitlines() == expected.splitlines()


EXPRESSIONS = """
icmp | arp | ip | tcp | udp | igmp | not ip | ip6 | rarp
host 10.0.0.1 | src host 10.0.0.2 | dst host 10.0.0.1
src or dst host 10.0.0.2 | src and dst host 10.0.0.1 | src 10.0.0.2
net 10 | net 10.0.0.0/24 | net 224.0.0.0/4 | dst net 10.0
src net 10.0.0.0 mask 255.0.0.0
port 7777 | tcp port 7777 | udp port 7777 | src port 7777
tcp dst port 8888 | portrange 1-100 | tcp portrange 7000-8000
port 1 or 7777 | tcp port 1 and not port 2
ether host 02:00:00:00:00:01 | ether src 02:00:00:00:00:02
ether dst ff:ff:ff:ff:ff:ff | ether broadcast | broadcast | ether multicast
multicast | ip multicast | ether proto 0x88b5 | ether proto \\arp
ip proto 17 | ip proto 99 | ip proto \\icmp | proto 2
less 60 | greater 60 | len > 80 | len = 42 | len + 0 >= 42
ip[8] = 1 | ip[0] & 0xf != 5 | ip[6:2] & 0x1fff != 0 | ip[6] & 0x20 != 0
tcp[13] & 2 != 0 | tcp[tcpflags] == tcp-syn
tcp[tcpflags] & (tcp-syn or tcp-ack) == (tcp-syn or tcp-ack)
icmp[icmptype] = icmp-unreach and icmp[icmpcode] = 3
icmp[icmptype] == icmp-echo or icmp[0] == icmp-echoreply
udp[4:2] > 10 | ether[0] & 1 = 1 | ether[12:2] = 0x806 | ip[2:2] - 20 > 40
(ip[2:2] - ((ip[0]&0xf)<<2)) > 40
not (tcp or udp) | ! tcp and ! udp | not tcp and not udp or port 1
tcp or udp and host 10.0.0.1 | (tcp or udp) and src port 8888
arp host 10.0.0.2 | ip host 10.0.0.2 | arp src host 10.0.0.2
ip src 10.0.0.2 and icmp | ip and not host 10.0.0.2
not tcp[13] & 2 != 0 | ether[90] = 0 | not ether[90] = 0
ether[90] = 0 or arp | arp or ether[90] = 0 | 1 = 1 | 2 > 3 or arp
src host 10.0.0.1 and dst host 10.0.0.2 and (port 1 or 2)
ip[9] * 2 = 12 | ip[9] % 4 = 2 | ip[9] / 6 = 1 | ip[9] ^ 6 = 0 | ip[9] << 1 = 12
"""


def expressions():
    for line in EXPRESSIONS.strip().splitlines():
        for text in line.split(" | "):
            # " or " inside brackets of numbers stands for the bar.
            yield re.sub(r"\((tcp-\w+) or (tcp-\w+)\)", r"(\1|\2)", text.strip())


@pytest.mark.parametrize("expression", expressions())
def test_expressions_choose_what_tcpdumps_do(pcap, expression):
    def dumps(text):
        return [line for line in text.splitlines() if line.startswith("\t0x")]

    assert (dumps(ours(pcap, ["-xx"], expression)) ==
            dumps(theirs(pcap, "-xx", expression)))


@pytest.mark.parametrize("expression, at", [
    ("tcp port x", 9), ("foo", 0), ("host", 4), ("(tcp", 4), ("tcp and", 7),
    ("port 70000", 5), ("net 10.0.0.1/8", 14), ("ip[0:3] = 1", 5),
    ("icmp port 7", 10), ("tcp)", 3), ("ether", 5), ("ip broadcast", 3)])
def test_what_is_wrong_is_told_with_its_place(pcap, expression, at):
    p = subprocess.run([TOOL, pcap, expression], text=True, capture_output=True)
    assert p.returncode == 1
    assert re.search(rf" at {at}: \S+", p.stderr), p.stderr


# ---- the image --------------------------------------------------------------

def capture(m, command, traffic):
    """What the command prints until it ends by itself."""
    m.console.send(command.encode() + b"\r")
    m.console.expect(rb"listening on [^\r\n]*\r*\n")
    traffic()
    m.console.expect(lab.PROMPT)
    return m.console.before.decode().replace("\r", "")


def test_tcpdump_shows_what_is_routed(net):
    m, a, b = net()
    assert a.ping("10.0.2.2") == (3, 3)
    text = capture(m, "tcpdump -t -c 4 -i any icmp and host 10.0.2.2",
                   lambda: a.ping("10.0.2.2", count=1))
    lines = re.sub(r"id \d+", "id N", text).splitlines()
    echo = "IP 10.0.1.2 > 10.0.2.2: ICMP echo request, id N, seq 1, length 64"
    reply = "IP 10.0.2.2 > 10.0.1.2: ICMP echo reply, id N, seq 1, length 64"
    assert lines[:4] == [f"eth0  In  {echo}", f"eth1  Out {echo}",
                         f"eth1  In  {reply}", f"eth0  Out {reply}"]
    assert lines[4:7] == ["4 packets captured", "4 packets received by filter",
                          "0 packets dropped by kernel"]
    law(m)


def test_tcpdump_is_promiscuous_only_meanwhile(net):
    m, a, b = net()

    def is_promiscuous():
        return int(re.search(r"promiscuity (\d+)",
                             m.cmd("ip -d link show eth0")).group(1))

    assert is_promiscuous() == 0
    m.console.send(b"tcpdump -i eth0 port 9999\r")
    m.console.expect(rb"listening on eth0")
    stranger = "02:12:34:56:78:9a"
    a.run("ip", "neigh", "replace", "10.0.1.77", "lladdr", stranger, "dev",
          "eth0", "nud", "permanent")
    a.run("bash", "-c", "echo hello >/dev/udp/10.0.1.77/9999")
    m.console.expect(rb"10\.0\.1\.2\.\d+ > 10\.0\.1\.77\.9999: UDP, length 6")
    m.console.send(b"\x03")
    m.console.expect(lab.PROMPT)
    assert b"1 packet captured" in m.console.before
    assert is_promiscuous() == 0
    law(m)


def test_tcpdump_streams_to_who_connects(net):
    m, a, b = net()
    assert a.ping("10.0.2.2") == (3, 3)
    m.console.send(b"tcpdump -i any -c 4 -w tcp:19000 icmp\r")
    m.console.expect(rb"listening on any")
    reader = a.start("bash", "-c", "nc -d -w 60 10.0.1.1 19000 | "
                     "timeout 60 tcpdump -n -t -r - 2>&1")
    # The file's header has come: the box has noticed, too.
    assert "reading from file -" in reader.stdout.readline()
    a.ping("10.0.2.2", count=1)
    m.console.expect(lab.PROMPT)
    assert b"4 packets captured" in m.console.before
    text = reader.communicate(timeout=30)[0]
    shown = [line for line in text.splitlines() if line.startswith("IP ")]
    assert len(shown) == 4 and all("ICMP echo" in line for line in shown), text
    law(m)
