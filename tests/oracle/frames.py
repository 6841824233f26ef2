# SPDX-License-Identifier: BSD-2-Clause
"""A frame as a line of text, such that two boxes which behave alike have the same
line. Everything is said but what is legitimately random: identifications that the
box chose, its initial sequence numbers, its timestamps' clock.
"""
import struct
import zlib

FLAGS = "FSRPAUEC"
BROADCAST = "ff:ff:ff:ff:ff:ff"


def mac(b):
    return ":".join(f"{x:02x}" for x in b)


def addr(b):
    return ".".join(str(x) for x in b)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def digest(data):
    """Short data in hexadecimal, long data by its sum."""
    if len(data) <= 16:
        return data.hex() or "-"
    return f"{len(data)} bytes crc {zlib.crc32(data):08x}"


class Describer:
    """One for each probe and box: it knows which identifications are the
    tester's, and which sequence number a connection began with."""

    def __init__(self):
        self.own_ids = set()
        self.isn = {}
        self.show_window = False

    def learn(self, frame):
        """A frame that the tester sends."""
        if len(frame) >= 34 and frame[12:14] == b"\x08\x00":
            self.own_ids.add(struct.unpack(">H", frame[18:20])[0])

    def line(self, frame):
        dst, src, kind = frame[:6], frame[6:12], frame[12:14]
        to = "all" if mac(dst) == BROADCAST else mac(dst)
        head = f"{mac(src)} > {to} "
        if kind == b"\x08\x06":
            return head + self.arp(frame[14:])
        if kind == b"\x08\x00":
            return head + self.ip(frame[14:])
        return head + f"type {kind.hex()} {digest(frame[14:])}"

    def arp(self, b):
        if len(b) < 28:
            return f"ARP cut {b.hex()}"
        op = struct.unpack(">H", b[6:8])[0]
        verb = {1: "who-has", 2: "is-at"}.get(op, f"op {op}")
        odd = "" if b[:6].hex() == "000108000604" else f" head {b[:6].hex()}"
        pad = " PAD" if any(b[28:]) else ""
        return (f"ARP {verb} {addr(b[14:18])} ({mac(b[8:14])}) to "
                f"{addr(b[24:28])} ({mac(b[18:24])}){odd}{pad}")

    def ip(self, b, quoted=False):
        if len(b) < 20 or b[0] >> 4 != 4:
            return f"IP cut {b.hex()}"
        hlen = (b[0] & 15) * 4
        tos, total, ident, frag, ttl, proto = struct.unpack(">BHHHBB", b[1:10])
        words = [f"{addr(b[12:16])} > {addr(b[16:20])}", f"ttl {ttl}"]
        if tos:
            words.append(f"tos {tos:02x}")
        if frag & 0x4000:
            words.append("DF")
        if frag & 0x8000:
            words.append("EVIL")
        if frag & 0x3fff:
            words.append(f"frag {(frag & 0x1fff) * 8}"
                         + ("+" if frag & 0x2000 else ""))
        if ident in self.own_ids:
            words.append(f"id {ident:x}")
        if hlen > 20:
            words.append(f"options {b[20:hlen].hex()}")
        if not quoted and checksum(b[:hlen]):
            words.append("BADSUM")
        words.append(f"len {total}")
        data = b[hlen:] if quoted else b[hlen:total]
        if not quoted and any(b[total:]):
            words.append("PAD")
        if frag & 0x1fff:
            words.append(f"proto {proto} data {digest(data)}")
        else:
            upper = {1: self.icmp, 2: self.igmp, 6: self.tcp,
                     17: self.udp}.get(proto)
            words.append(upper(b[:20], data, quoted or bool(frag & 0x2000))
                         if upper and data else
                         f"proto {proto} data {digest(data)}")
        return " ".join(words)

    def icmp(self, head, b, quoted):
        if len(b) < 8:
            return f"icmp cut {b.hex()}"
        bad = " BADSUM" if not quoted and checksum(b) else ""
        text = f"icmp {b[0]}/{b[1]}{bad} word {b[4:8].hex()}"
        if b[0] in (3, 4, 5, 11, 12) and not quoted:
            return (f"{text} quotes {len(b) - 8}: [" +
                    self.ip(b[8:], True) + "]")
        if b[0] == 14 and not quoted:
            return f"{text} originate {b[8:12].hex()} and times"
        # The box's own pings have an identifier of its choice.
        if b[0] == 8 and not quoted and b[4:6] != b"\0\7":
            return f"{text[:-8]}....{text[-4:]} data of {len(b) - 8}"
        return f"{text} data {digest(b[8:])}"

    def igmp(self, head, b, quoted):
        bad = " BADSUM" if not quoted and checksum(b) else ""
        return f"igmp {b[:2].hex()}{bad} {b[4:].hex()}"

    def upper_sum(self, head, proto, b):
        return checksum(head[12:20] + struct.pack(">HH", proto, len(b)) + b)

    def udp(self, head, b, quoted):
        if len(b) < 8:
            return f"udp cut {b.hex()}"
        sport, dport, size, total = struct.unpack(">HHHH", b[:8])
        bad = (" BADSUM" if not quoted and total
               and self.upper_sum(head, 17, b) else "")
        return (f"udp {sport} > {dport} len {size}{bad}"
                f"{' NOSUM' if not total else ''} data {digest(b[8:])}")

    @staticmethod
    def relative(number, start):
        """By the initial sequence number; what is far from it keeps its own."""
        if start is None:
            return str(number)
        d = (number - start + (1 << 31)) % (1 << 32) - (1 << 31)
        return f"s{d:+}" if abs(d) < 1 << 24 else str(number)

    def tcp(self, head, b, quoted):
        if quoted and 8 <= len(b) < 20:
            return "tcp {} > {} cut".format(*struct.unpack(">HH", b[:4]))
        if len(b) < 20:
            return f"tcp cut {b.hex()}"
        sport, dport, seq, ack = struct.unpack(">HHII", b[:12])
        hlen = (b[12] >> 4) * 4
        flags = "".join(f for i, f in enumerate(FLAGS) if b[13] >> i & 1)
        flow = (head[12:20], sport, dport)
        if "S" in flags and not quoted:
            self.isn.setdefault(flow, seq)
        where = "seq " + self.relative(seq, self.isn.get(flow))
        back = self.isn.get((head[16:20] + head[12:16], dport, sport))
        acks = " ack " + self.relative(ack, None if quoted else back)
        window = struct.unpack(">H", b[14:16])[0]
        win = f" win {window}" if self.show_window or not window else ""
        bad = (" BADSUM" if not quoted and self.upper_sum(head, 6, b) else "")
        opts = self.tcp_options(b[20:hlen])
        return (f"tcp {sport} > {dport} {flags or '-'} {where}"
                f"{acks if 'A' in flags else ''}{win}{bad}"
                f"{' <' + opts + '>' if opts else ''}"
                f" data {digest(b[hlen:])}")

    def tcp_options(self, b):
        out = []
        while b:
            kind = b[0]
            if kind in (0, 1):
                out.append(("eol", "nop")[kind])
                b = b[1:]
                continue
            size = b[1] if len(b) > 1 else 0
            if size < 2 or size > len(b):
                out.append(f"cut {b.hex()}")
                break
            body = b[2:size]
            if kind == 2:
                out.append(f"mss {int.from_bytes(body, 'big')}")
            elif kind == 3:
                out.append("wscale" + (f" {body[0]}" if self.show_window
                                       else ""))
            elif kind == 4:
                out.append("sackok")
            elif kind == 8:
                echoed = int.from_bytes(body[4:], "big")
                # The tester's clock begins at a few thousand.
                out.append(f"ts ecr {echoed if echoed < 1 << 16 else '*'}")
            else:
                out.append(f"opt {kind} {body.hex()}")
            b = b[size:]
        return " ".join(out)
