# SPDX-License-Identifier: BSD-2-Clause
"""Each way a frame can die on the wire side moves exactly its own counter."""
from scapy.all import (ARP, ICMP, IP, UDP, Ether, IPOption_LSRR, Raw,
                       checksum)

import lab
from test_boot_paths import PEER, answers_ping
from test_router import drops

CONFIG = """
ip addr add 10.0.0.1/24 dev eth0
ip addr add 10.0.1.1/24 dev eth1
ip link set eth0 up promisc on
ip link set eth1 up mtu 1280
ip route add blackhole 203.0.113.0/24
ip route add prohibit 198.51.100.0/24
ip route add unreachable 192.0.2.0/24
ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:aa dev eth0 nud permanent
sysctl -w net.ipv4.icmp_ratelimit=0
sysctl -w net.ipv4.icmp_msgs_per_sec=100000
sysctl -w net.ipv4.icmp_msgs_burst=1000
service echo on
"""
US = lab.mac_of(0)
ETH = Ether(dst=US, src=PEER)
TO_ALL = Ether(dst="ff:ff:ff:ff:ff:ff", src=PEER)


def ip(**kw):
    return IP(**{"src": "10.0.0.2", "dst": "10.0.0.1", **kw})


def patched(packet, offset, *values, fix=False):
    """The frame with some bytes changed behind its checksums' back; fix: the IP
    header's is made right again."""
    frame = bytearray(bytes(packet))
    frame[offset:offset + len(values)] = bytes(values)
    if fix:
        length = (frame[14] & 15) * 4
        frame[24:26] = b"\0\0"
        frame[24:26] = checksum(bytes(frame[14:14 + length])).to_bytes(2,
                                                                      "big")
    return bytes(frame)


def arp(**kw):
    return TO_ALL / ARP(**{"op": 1, "hwsrc": PEER, "psrc": "10.0.0.2",
                           "pdst": "10.0.0.1", **kw}) / Raw(b"\0" * 18)


UDP_X = UDP(sport=4000, dport=9) / Raw(b"x" * 20)
PING = ICMP(id=1, seq=1) / Raw(b"y" * 32)
FAR = "10.0.1.9"

# Reason -> the frame that dies of it. IP header at byte 14, what follows at 34.
FRAMES = {
    "OTHERHOST": Ether(dst="02:00:00:00:00:77", src=PEER) / ip() / UDP_X,
    "ETH_SOURCE": Ether(dst=US, src="01:00:5e:00:00:01") / ip() / UDP_X,
    "ETH_PROTO": Ether(dst=US, src=PEER, type=0x88b5) / Raw(b"\0" * 50),
    "ETH_LLC": Ether(dst=US, src=PEER, type=0x0100) / Raw(b"\0" * 50),
    "ARP_HTYPE": arp(hwtype=6),
    "ARP_PTYPE": arp(ptype=0x86dd),
    "ARP_HLEN": patched(arp(), 18, 8),
    "ARP_PLEN": patched(arp(), 19, 16),
    "ARP_OP": arp(op=9),
    "ARP_SENDER_LLADDR": arp(hwsrc="ff:ff:ff:ff:ff:ff"),
    "ARP_SENDER_ADDR": arp(psrc="224.0.0.5"),
    "ARP_STATIC": arp(op=2, hwsrc="02:00:00:00:00:bb"),
    "IP_VERSION": patched(ETH / ip() / UDP_X, 14, 0x65),
    "IP_IHL": patched(ETH / ip() / UDP_X, 14, 0x43),
    "IP_CSUM": ETH / ip(chksum=0x1234) / UDP_X,
    "IP_TOTAL_LEN": patched(ETH / ip() / UDP_X, 16, 0, 12, fix=True),
    "IP_SHORT": patched(ETH / ip() / UDP_X, 16, 5, 0, fix=True),
    "IP_SRC_ZERO": ETH / ip(src="0.0.0.9") / UDP_X,
    "IP_SRC_LOOPBACK": ETH / ip(src="127.0.0.1") / UDP_X,
    "IP_SRC_MULTICAST": ETH / ip(src="224.0.0.9") / UDP_X,
    "IP_SRC_RESERVED": ETH / ip(src="240.0.0.9") / UDP_X,
    "IP_SRC_BROADCAST": ETH / ip(src="255.255.255.255") / UDP_X,
    "IP_SRC_SUBNET_BROADCAST": ETH / ip(src="10.0.0.255") / UDP_X,
    "IP_LOCAL_SOURCE": ETH / ip(src="10.0.1.1") / UDP_X,
    "IP_DST_ZERO": ETH / ip(dst="0.0.0.9") / UDP_X,
    "IP_DST_LOOPBACK": ETH / ip(dst="127.0.0.1") / UDP_X,
    "IP_DST_RESERVED": ETH / ip(dst="240.0.0.9") / UDP_X,
    "IP_MULTICAST": ETH / ip(dst="239.1.2.3") / UDP_X,
    "UNICAST_IN_L2_MULTICAST": TO_ALL / ip() / UDP_X,
    "IP_OPT_SOURCE_ROUTE": ETH / ip(dst=FAR, options=[
        IPOption_LSRR(routers=["10.0.1.7"])]) / UDP_X,
    "IP_TTL": ETH / ip(dst=FAR, ttl=1) / UDP_X,
    "IP_LINK_LOCAL": ETH / ip(src="169.254.0.9", dst=FAR) / UDP_X,
    "PKT_TOO_BIG": ETH / ip(dst=FAR, flags="DF") / UDP() / Raw(b"z" * 1400),
    "IP_BLACKHOLE": ETH / ip(dst="203.0.113.5") / UDP_X,
    "IP_PROHIBIT": ETH / ip(dst="198.51.100.5") / UDP_X,
    "IP_UNREACHABLE": ETH / ip(dst="192.0.2.5") / UDP_X,
    "IP_INNOROUTES": ETH / ip(dst="8.8.8.8") / UDP_X,
    "IP_NOPROTO": ETH / ip(proto=200) / Raw(b"x" * 30),
    "FRAG_ALIGN": ETH / ip(flags="MF", proto=17) / Raw(b"x" * 21),
    "FRAG_OVERSIZE": ETH / ip(frag=8189, proto=17) / Raw(b"x" * 40),
    "ICMP_CSUM": ETH / ip() / ICMP(chksum=0x1234) / Raw(b"y" * 32),
    "ICMP_ECHO_BROADCAST": TO_ALL / ip(dst="10.0.0.255") / PING,
    "ICMP_SOURCE_QUENCH": ETH / ip() / ICMP(type=4) / ip(
        src="10.0.0.1", dst="10.0.0.2") / UDP_X,
    "ICMP_UNKNOWN_TYPE": ETH / ip() / ICMP(type=200) / Raw(b"y" * 32),
    "UDP_PORT_ZERO": ETH / ip() / UDP(sport=4000, dport=0) / Raw(b"x" * 9),
    "UDP_LENGTH": ETH / ip() / UDP(sport=4000, dport=9, len=3) / Raw(b"x"),
    "UDP_SHORT": ETH / ip() / UDP(sport=4000, dport=9, len=300) / Raw(b"x"),
    "UDP_CSUM": ETH / ip() / UDP(sport=4000, dport=9, chksum=0x1234)
    / Raw(b"x" * 20),
    "NO_SOCKET": ETH / ip() / UDP(sport=4000, dport=4444) / Raw(b"x" * 20),
    "UDP_IGNORED_MULTI": TO_ALL / ip(dst="10.0.0.255")
    / UDP(sport=4000, dport=4444) / Raw(b"x" * 20),
    "ECHO_BROADCAST": TO_ALL / ip(dst="10.0.0.255")
    / UDP(sport=4000, dport=7) / Raw(b"x" * 20),
    "ECHO_LOOP": ETH / ip() / UDP(sport=19, dport=7) / Raw(b"x" * 20),
}


# covers: R1812-014, R1812-180, H1122-015
def test_each_frame_moves_its_own_counter(boot, wire):
    w = wire()
    m = boot(ports=[w, wire("w1")], config=CONFIG)
    m.ready()
    answers_ping(w)
    wrong = {}
    for name, frame in FRAMES.items():
        before = drops(m)
        w.send(frame)
        m.cmd("echo settle")
        after = drops(m)
        moved = {k: after[k] - before.get(k, 0) for k in after
                 if after[k] != before.get(k, 0)}
        if moved != {name: 1}:
            wrong[name] = moved
    assert not wrong
    assert "law holds" in m.cmd("show stats")
