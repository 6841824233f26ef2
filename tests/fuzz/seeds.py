#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the first inputs of the fuzz targets: seeds.py [DIR].

Small and few: something well-formed of each kind, in the form each target reads
(see the target's source), from which a fuzzer finds the rest. Run it after a
target's form has changed, and commit what it writes.
"""
import os
import struct
import sys

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(
    os.path.dirname(os.path.realpath(__file__)), "corpus")


def write(target, name, data):
    os.makedirs(os.path.join(OUT, target), exist_ok=True)
    with open(os.path.join(OUT, target, name), "wb") as f:
        f.write(data)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16:
        s = (s >> 16) + (s & 0xffff)
    return ~s & 0xffff


def addr(text):
    return bytes(int(x) for x in text.split("."))


def ipv4(src, dst, proto, payload, options=b"", flags=0, offset=0, ttl=64):
    header_len = 20 + len(options)
    head = struct.pack("!BBHHHBBH", 0x40 | header_len // 4, 0,
                       header_len + len(payload), 0x1234,
                       flags << 13 | offset // 8, ttl, proto, 0)
    head += addr(src) + addr(dst) + options
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return head + payload


def udp(sport, dport, data):
    # No checksum: allowed, and the targets repair it anyway.
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def icmp(kind, code, info, data=b""):
    m = struct.pack("!BBHI", kind, code, 0, info) + data
    return m[:2] + struct.pack("!H", checksum(m)) + m[4:]


HOST, ROUTER, FAR = "10.0.0.2", "10.0.0.1", "10.0.1.2"
OPTIONS = {
    "record_route": bytes((7, 11, 4)) + bytes(9),
    "timestamp": bytes((68, 12, 5, 1)) + bytes(8),
    "prespecified": bytes((68, 12, 5, 3)) + addr(FAR) + bytes(4),
    "full_timestamp": bytes((68, 8, 9, 0x10)) + bytes(4),
    "loose_route": bytes((131, 7, 4)) + addr(FAR) + b"\0",
    "strict_route": bytes((137, 7, 4)) + addr(FAR) + b"\1",
    "router_alert": bytes((148, 4, 0, 0)),
    "two": bytes((7, 7, 4)) + bytes(4) + bytes((68, 8, 5, 0)) + bytes(5),
}
QUOTE = ipv4(ROUTER, HOST, 17, udp(4000, 9, b""))
PING = ipv4(ROUTER, HOST, 1, icmp(8, 0, 7 << 16))


def ipv4_parse():
    write("ipv4_parse", "plain", ipv4(HOST, FAR, 17, udp(1, 2, b"x")))
    for name, options in OPTIONS.items():
        write("ipv4_parse", name, ipv4(HOST, FAR, 17, b"", options))
    write("ipv4_parse", "quote", QUOTE)


def icmp_messages():
    def one(name, message, how=0, options=b""):
        head = bytes((how | 0x40,)) + bytes((len(options) // 4,)) + options
        write("icmp", name, head + struct.pack("!H", len(message)) +
              message + b"\1\5")
    one("echo", icmp(8, 0, 1, b"hello"))
    one("echo_broadcast", icmp(8, 0, 1, b"hello"), 2)
    one("reply", icmp(0, 0, 7 << 16, b"hello"))
    one("timestamp", icmp(13, 0, 1, bytes(12)))
    for code in (1, 3, 4):
        one(f"unreachable{code}", icmp(3, code, 576, QUOTE))
    one("time_exceeded", icmp(11, 0, 0, PING))
    one("parameter_problem", icmp(12, 0, 20 << 24, PING))
    one("redirect", icmp(5, 1, 0x0a000005, QUOTE))
    one("expiring", icmp(8, 0, 1, b"hello"), 3 | 4)
    for name, options in OPTIONS.items():
        one(f"echo_{name}", icmp(8, 0, 1, b"x"), 0, options)


def udp_datagrams():
    for port in (7, 9, 19, 4000):
        d = udp(40000, port, b"hello")
        write("udp", f"port{port}",
              bytes((8,)) + struct.pack("!H", len(d)) + d)
    d = udp(19, 7, b"loop")
    write("udp", "loop", bytes((8,)) + struct.pack("!H", len(d)) + d)
    d = udp(40000, 7, b"x")
    write("udp", "broadcast", bytes((10,)) + struct.pack("!H", len(d)) + d)
    write("udp", "short", bytes((0,)) + struct.pack("!H", 3) + b"\0\1\0")


def fragments():
    def piece(offset, length, more, ident=0):
        # Offset and length in units of 8 bytes, in one byte each.
        return bytes((0, ident << 5 | (8 if more else 0), offset, length))
    write("frag", "in_order", piece(0, 8, 1) + piece(8, 8, 1) +
          piece(16, 4, 0))
    write("frag", "reversed", piece(16, 4, 0) + piece(8, 8, 1) +
          piece(0, 8, 1))
    write("frag", "duplicate", piece(0, 8, 1) * 2 + piece(8, 1, 0))
    write("frag", "overlap", piece(0, 8, 1) + piece(4, 8, 1))
    write("frag", "teardrop", piece(0, 8, 1) + piece(4, 2, 0))
    write("frag", "two_ends", piece(8, 4, 0) + piece(8, 5, 0))
    write("frag", "timeout", piece(0, 8, 1) + bytes((15, 200)))
    write("frag", "several", b"".join(piece(0, 4, 1, i) for i in range(6)))


def stack():
    def frame(payload, ethertype=0x0800, dst=b"\2\0\0\0\0\0"):
        f = dst + b"\2\0\0\1\0\2" + struct.pack("!H", ethertype) + payload
        return bytes((0, 7)) + struct.pack("!H", len(f)) + f
    wait = bytes((7, 50))
    arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + b"\2\0\0\1\0\5" + \
        addr("10.0.0.5") + bytes(6) + addr(ROUTER)
    arp_frame = b"\xff" * 6 + b"\2\0\0\1\0\5\x08\x06" + arp
    write("stack", "arp", bytes((0, 0)) +
          struct.pack("!H", len(arp_frame)) + arp_frame)
    write("stack", "forward", frame(ipv4(HOST, FAR, 17, udp(1, 2, b"x"))))
    write("stack", "unresolved", frame(
        ipv4(HOST, "10.0.1.99", 17, udp(1, 2, b"x"))) + wait)
    write("stack", "expired", frame(
        ipv4(HOST, FAR, 17, udp(1, 2, b"x"), ttl=1)))
    write("stack", "echo", frame(ipv4(HOST, ROUTER, 1, icmp(8, 0, 1))))
    write("stack", "closed_port", frame(
        ipv4(HOST, ROUTER, 17, udp(1, 2, b"x"))))
    write("stack", "udp_echo", frame(
        ipv4(HOST, ROUTER, 17, udp(40000, 7, b"x"))))
    for name, options in OPTIONS.items():
        write("stack", name, frame(ipv4(HOST, FAR, 17, b"x", options)))
    write("stack", "fragments", frame(
        ipv4(HOST, ROUTER, 17, bytes(16), flags=1)) + wait + frame(
        ipv4(HOST, ROUTER, 17, bytes(4), offset=16)))
    # Port 1's MTU to 576, then a packet of 1500 bytes from few addresses.
    write("stack", "too_big", bytes((0x86, 0x40)) +
          bytes((3, 0xc8, 1 | 4)) + struct.pack("!H", 1480))
    write("stack", "cut", bytes((0x86, 0x40)) +
          bytes((3, 0xc8, 1)) + struct.pack("!H", 1480))
    write("stack", "no_memory", bytes((6, 5 | 1 << 3)) + frame(
        ipv4(HOST, ROUTER, 1, icmp(8, 0, 1))))
    write("stack", "down_up", bytes((6, 2)) + frame(
        ipv4(HOST, ROUTER, 1, icmp(8, 0, 1))) + bytes((6, 3)) + wait)


def iperf3():
    """Operations of iperf3_fuzz.c: control is connection 0, data 1 and 2."""
    def op(what, who=0, arg=0):
        return bytes((what | who << 3 | arg << 5,))

    def raw(who, data):
        return op(2, who) + bytes((len(data),)) + data

    def json(text):
        return op(3) + bytes((len(text),)) + text

    begin, wait = op(0), op(6, arg=7)
    end = raw(0, b"\x04") + json(b'{"streams":[]}') + raw(0, b"\x10")
    write("iperf3", "forward", begin + json(
        b'{"tcp":true,"time":1,"parallel":2,"len":131072}') + op(0, 1) +
        op(0, 2) + raw(1, bytes(100)) + wait + end)
    write("iperf3", "reverse", begin + json(
        b'{"tcp":true,"omit":1,"time":1,"parallel":1,"reverse":true,'
        b'"window":65536,"nodelay":true,"congestion":"reno","TOS":4}') +
        op(0, 1) + wait + end)
    write("iperf3", "both", begin + json(
        b'{"tcp":true,"time":1,"parallel":1,"bidirectional":true}') +
        op(0, 1) + op(0, 2) + wait + op(4, 1) + end)
    hello = op(7) + bytes((4,)) + struct.pack("<I", 0x36373839)
    for name, more in (("udp", b""), ("udp_reverse", b',"reverse":true')):
        write("iperf3", name, begin + json(
            b'{"udp":true,"time":1,"parallel":1,"len":1000,"bandwidth":800000'
            + more + b'}') + hello + b"".join(
            op(7) + bytes((16,)) + struct.pack("!IIII", 0, n, n, n)
            for n in (1, 3, 2)) + wait + end)
    write("iperf3", "busy", begin + op(1, 1) + raw(1, b"x" * 37) +
          json(b'{"parallel":1}') + op(5) + wait)
    write("iperf3", "bad", begin + json(b'{"parallel":129}') + wait)
    write("iperf3", "json", b'{"a":[1,{"b":null}],"parallel":1e3,'
          b'"s":"\\u0041\\n"}')


def capture():
    frame = b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0"
    for name, expression, how, packet in (
            ("udp", b"udp port 7 or 9", 0x19, ipv4(HOST, FAR, 17, udp(1, 7, b"x"))),
            ("icmp", b"icmp[icmptype] = icmp-unreach", 8,
             ipv4(HOST, FAR, 1, icmp(3, 3, 0) + ipv4(FAR, HOST, 17, udp(7, 1, b"")))),
            ("numbers", b"(ip[2:2] - ((ip[0]&0xf)<<2)) > 40", 0x20,
             ipv4(HOST, FAR, 6, bytes(12) + b"\x80\x12" + bytes(6) +
                  b"\2\4\5\xb4\1\1\4\2\1\3\3\7")),
            ("words", b"not (src net 10.0.0.0 mask 255.0.0.0 and tcp portrange"
             b" 1-7) && ether host 02:00:00:00:00:01 || less 60", 0x41,
             ipv4(HOST, "224.0.0.22", 2, b"\x22\0\0\0\0\0\0\1" + bytes(8)))):
        write("capture", name, expression + b"\0" + bytes((how,)) + frame + packet)
    write("capture", "arp", b"arp host 10.0.0.1 or broadcast\0\0" + b"\xff" * 6 +
          b"\2\0\0\0\0\1\x08\x06\0\1\x08\0\6\4\0\1" + bytes(20))


if __name__ == "__main__":
    for make in (ipv4_parse, icmp_messages, udp_datagrams, fragments, stack,
                 iperf3, capture):
        make()
