# SPDX-License-Identifier: BSD-2-Clause
"""What probes are written with. A probe is a function of a Run (box.py); its
docstring says what it asks, and by whose rule."""
import struct

from scapy.all import (ARP, ICMP, IP, TCP, UDP, Ether, IPOption, Raw)

# The two hosts of each wire that the box knows from the start, and its own.
A, A2, B, B2 = "10.0.1.2", "10.0.1.3", "10.0.2.2", "10.0.2.3"
ETH0, ETH1 = "10.0.1.1", "10.0.2.1"
HOST_MAC = ["02:00:00:00:01:02", "02:00:00:00:02:02"]
BOX_MAC = ["52:54:00:00:00:01", "52:54:00:00:01:01"]
ALL = "ff:ff:ff:ff:ff:ff"
ID = 0x4242
DATA = b"abcdefghijklmnopqrstuvwxyz012345"


def probe(function):
    function.is_probe = True
    return function


def ip(src=A, dst=B, **how):
    how.setdefault("id", ID)
    return IP(src=src, dst=dst, **how)


def udp(src=A, dst=B, sport=1024, dport=9999, data=DATA, **how):
    return ip(src, dst, **how) / UDP(sport=sport, dport=dport) / Raw(data)


def ping(src=A, dst=B, ident=7, seq=1, data=DATA, **how):
    return ip(src, dst, **how) / ICMP(id=ident, seq=seq) / Raw(data)


def tcp(src=A, dst=B, sport=2048, dport=80, flags="S", seq=1000, ack=0,
        options=(), data=b"", window=8192, **how):
    segment = TCP(sport=sport, dport=dport, flags=flags, seq=seq, ack=ack,
                  options=list(options), window=window)
    return ip(src, dst, **how) / segment / Raw(data)


def arp(op="who-has", psrc=A, pdst=ETH0, hwsrc=None, hwdst="00:00:00:00:00:00",
        src=None, dst=ALL, **how):
    hwsrc = hwsrc or HOST_MAC[0]
    return Ether(src=src or hwsrc, dst=dst) / ARP(
        op=op, psrc=psrc, pdst=pdst, hwsrc=hwsrc, hwdst=hwdst, **how)


def strip(b, *hosts):
    """The box must find its neighbours itself."""
    for host in hosts or (A, A2, B, B2):
        dev = "eth0" if host.startswith("10.0.1.") else "eth1"
        b.cmd(f"ip neigh del {host} dev {dev}")


__all__ = ["A", "A2", "B", "B2", "ETH0", "ETH1", "HOST_MAC", "BOX_MAC", "ALL",
           "ID", "DATA", "probe", "ip", "udp", "ping", "tcp", "arp", "strip",
           "ARP", "ICMP", "IP", "TCP", "UDP", "Ether", "IPOption", "Raw",
           "struct"]
