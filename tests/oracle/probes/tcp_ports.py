# SPDX-License-Identifier: BSD-2-Clause
"""TCP: handshakes, options, resets, closed ports"""
from words import *


def shake(b, dport=7, sport=2048, options=(("MSS", 1460),), told=False):
    """A connection; the next sequence number of each side."""
    got = b.send(0, tcp(dst=ETH0, dport=dport, sport=sport, options=options),
                 told=told)
    isn = [struct.unpack(">I", f[38:42])[0] for _, f in got
           if f[12:14] == b"\x08\0" and f[23] == 6]
    if not isn:
        b.say("no answer")
        return 1001, 1
    b.send(0, tcp(dst=ETH0, dport=dport, sport=sport, flags="A", seq=1001,
                  ack=isn[0] + 1), told=told)
    return 1001, (isn[0] + 1) & 0xffffffff


def seg(b, seq, ack, flags="A", data=b"", dport=7, sport=2048, **how):
    return b.send(0, tcp(dst=ETH0, dport=dport, sport=sport, flags=flags,
                         seq=seq & 0xffffffff, ack=ack & 0xffffffff, data=data),
                  **how)


@probe
def closed_port_syn(b):
    """A SYN to a closed port: RST, ACK of it [RFC9293 3.10.7.1]."""
    b.send(0, tcp(dst=ETH0, dport=81))


@probe
def closed_port_ack(b):
    """An ACK to a closed port: RST with its number [RFC9293 3.10.7.1]."""
    b.send(0, tcp(dst=ETH0, dport=81, flags="A", ack=777))


@probe
def closed_port_data(b):
    """Data, FIN, and SYN with data to a closed port [RFC9293 3.10.7.1]."""
    b.send(0, tcp(dst=ETH0, dport=81, flags="", data=b"abcd"))
    b.send(0, tcp(dst=ETH0, dport=81, flags="F"))
    b.send(0, tcp(dst=ETH0, dport=81, flags="S", data=b"abcd"))
    b.send(0, tcp(dst=ETH0, dport=81, flags="FPU"))


@probe
def closed_port_rst(b):
    """A RST draws no RST [RFC9293 3.10.7.1]."""
    b.send(0, tcp(dst=ETH0, dport=81, flags="R"))
    b.send(0, tcp(dst=ETH0, dport=81, flags="RA", ack=5))


@probe
def closed_port_bad_checksum(b):
    """A wrong checksum draws nothing [RFC9293 3.1]."""
    p = tcp(dst=ETH0, dport=81)
    p["TCP"].chksum = 0x1234
    b.send(0, p)


@probe
def closed_port_tos(b):
    """A RST's service and time to live [RFC9293 3.9.2]."""
    b.send(0, tcp(dst=ETH0, dport=81, tos=0x48, ttl=9))


@probe
def plain_handshake(b):
    """A SYN without options: the SYN-ACK has none but its MSS
    [RFC9293 3.7.1]."""
    shake(b, options=(), told=True)


@probe
def full_handshake(b):
    """MSS, window scale, timestamps and SACK are agreed [RFC7323 1.3]."""
    shake(b, options=(("MSS", 1460), ("SAckOK", b""), ("Timestamp", (77, 0)),
                      ("NOP", None), ("WScale", 7)), told=True)


@probe
def window_of_the_handshake(b):
    """The window and scale that the SYN-ACK offers [RFC7323 2.2]."""
    b.describe.show_window = True
    b.send(0, tcp(dst=ETH0, dport=7, options=[("MSS", 1460), ("WScale", 7)]))


@probe
def each_option_alone(b):
    """One option at a time [RFC9293 3.2]."""
    for i, o in enumerate((("MSS", 536), ("WScale", 0), ("SAckOK", b""),
                           ("Timestamp", (5, 0)))):
        b.send(0, tcp(dst=ETH0, dport=7, sport=3000 + i, options=[o]),
               quiet=0.2)


@probe
def unknown_option(b):
    """An option that nobody knows [RFC9293 3.2]."""
    b.send(0, tcp(dst=ETH0, dport=7, options=[(200, b"abcd"), ("MSS", 1400)]))


@probe
def bad_option_length(b):
    """An option of length 1, and one beyond the header [RFC9293 3.2]."""
    for i, raw in enumerate((b"\x09\x01\0\0", b"\x02\x28\x05\xb4")):
        h = struct.pack(">HHIIBBHHH", 3000 + i, 7, 1000, 0, 0x60, 2, 8192, 0, 0)
        p = bytes(ip(dst=ETH0, proto=6) / Raw(h + raw))
        b.send(0, TCP_sum(p), quiet=0.2)


def TCP_sum(raw):
    """The datagram with its TCP checksum set."""
    import frames
    seg = raw[20:]
    s = frames.checksum(raw[12:20] + struct.pack(">HH", 6, len(seg)) + seg)
    return Raw(raw[:36] + struct.pack(">H", s) + raw[38:])


@probe
def syn_retransmitted(b):
    """The SYN comes twice: the same answer [RFC9293 3.10.7.4]."""
    s = tcp(dst=ETH0, dport=7, options=[("MSS", 1460)])
    b.send(0, s, quiet=0.2)
    b.send(0, s, quiet=0.2)


@probe
def syn_ack_is_repeated(b):
    """Nobody answers the SYN-ACK: when it comes again [RFC6298 2]."""
    b.send(0, tcp(dst=ETH0, dport=7, options=[("MSS", 1460)]), least=7.5,
           limit=7.6)


@probe
def syn_with_fin(b):
    """SYN and FIN, SYN and RST at once, to an open port [RFC9293 3.10.7.2]."""
    b.send(0, tcp(dst=ETH0, dport=7, flags="SF", sport=3000))
    b.send(0, tcp(dst=ETH0, dport=7, flags="SR", sport=3001))
    b.send(0, tcp(dst=ETH0, dport=7, flags="SA", sport=3002, ack=5))
    b.send(0, tcp(dst=ETH0, dport=7, flags="A", sport=3003, ack=5))
    b.send(0, tcp(dst=ETH0, dport=7, flags="", sport=3004))


@probe
def ecn_setup(b):
    """A SYN that asks for ECN [RFC3168 6.1.1]."""
    b.send(0, tcp(dst=ETH0, dport=7, flags="SEC", options=[("MSS", 1460)]))


@probe
def echo(b):
    """Data comes back, is acknowledged, and both sides close
    [RFC9293 3.6]."""
    s, a = shake(b)
    seg(b, s, a, "PA", b"hello")
    seg(b, s + 5, a + 5, "A")
    seg(b, s + 5, a + 5, "FA")
    seg(b, s + 6, a + 6, "A")


@probe
def fin_with_data(b):
    """Data and FIN in one segment [RFC9293 3.10.7.4]."""
    s, a = shake(b)
    seg(b, s, a, "FPA", b"hello")


@probe
def old_data(b):
    """A segment that was had already is acknowledged again
    [RFC9293 3.10.7.4]."""
    s, a = shake(b, dport=9)
    seg(b, s, a, "PA", b"hello", dport=9)
    seg(b, s, a, "PA", b"hello", dport=9)


@probe
def beyond_the_window(b):
    """A segment far beyond the window: an ACK [RFC9293 3.10.7.4]."""
    s, a = shake(b, dport=9)
    seg(b, s + 10000000, a, "PA", b"hello", dport=9)


@probe
def gap(b):
    """A segment ahead of a gap: a duplicate ACK, then all [RFC5681 4.2]."""
    s, a = shake(b, dport=9)
    seg(b, s + 5, a, "PA", b"world", dport=9)
    seg(b, s, a, "PA", b"hello", dport=9)


@probe
def gap_with_sack(b):
    """With SACK the duplicate ACK says what is there [RFC2018 4]."""
    s, a = shake(b, dport=9, options=(("MSS", 1460), ("SAckOK", b"")))
    seg(b, s + 5, a, "PA", b"world", dport=9)
    seg(b, s + 15, a, "PA", b"again", dport=9)
    seg(b, s, a, "PA", b"hello", dport=9)


@probe
def rst_exact(b):
    """A RST with the exact number ends it [RFC5961 3.2]."""
    s, a = shake(b, dport=9)
    seg(b, s, a, "R", dport=9)
    seg(b, s, a, "PA", b"there?", dport=9)


@probe
def rst_in_window(b):
    """A RST inside the window draws a challenge ACK [RFC5961 3.2]."""
    s, a = shake(b, dport=9)
    seg(b, s + 100, a, "R", dport=9)
    seg(b, s, a, "PA", b"there?", dport=9)


@probe
def rst_outside(b):
    """A RST outside the window: silence [RFC9293 3.10.7.4]."""
    s, a = shake(b, dport=9)
    seg(b, s - 100000, a, "R", dport=9)
    seg(b, s, a, "PA", b"there?", dport=9)


@probe
def syn_in_connection(b):
    """A SYN in a connection draws a challenge ACK [RFC5961 4.2]."""
    s, a = shake(b, dport=9)
    seg(b, s + 10, a, "S", dport=9)
    seg(b, s, a, "PA", b"there?", dport=9)


@probe
def ack_of_the_future(b):
    """An ACK of what was never sent [RFC5961 5.2]."""
    s, a = shake(b, dport=9)
    seg(b, s, a + 100000, "A", dport=9)


@probe
def ack_of_the_past(b):
    """An ACK that is far too old [RFC5961 5.2]."""
    s, a = shake(b, dport=9)
    seg(b, s, a - 10000000, "PA", b"old", dport=9)


@probe
def no_flags(b):
    """A segment without any flag in a connection: silence
    [RFC9293 3.10.7.4]."""
    s, a = shake(b, dport=9)
    seg(b, s, 0, "", b"hello", dport=9)


@probe
def bad_ack_in_syn_received(b):
    """A wrong ACK for our SYN-ACK: RST [RFC9293 3.10.7.4]."""
    b.send(0, tcp(dst=ETH0, dport=7, options=[("MSS", 1460)]), told=False)
    b.send(0, tcp(dst=ETH0, dport=7, flags="A", seq=1001, ack=12345))


@probe
def rst_in_syn_received(b):
    """A RST for our SYN-ACK: nothing more comes [RFC9293 3.10.7.4]."""
    b.send(0, tcp(dst=ETH0, dport=7, options=[("MSS", 1460)]), told=False)
    b.send(0, tcp(dst=ETH0, dport=7, flags="R", seq=1001), least=3)


@probe
def keepalive_probe(b):
    """A keepalive (one byte before the window) is answered [RFC9293 3.8.4]."""
    s, a = shake(b, dport=9)
    seg(b, s - 1, a, "A", dport=9)


@probe
def fin_then_data(b):
    """Data after our FIN: what comes [RFC9293 3.10.7.4]."""
    s, a = shake(b)
    seg(b, s, a, "FA")
    seg(b, s + 1, a + 1, "A")
    seg(b, s + 1, a + 1, "PA", b"late")


@probe
def time_wait_of_the_peer(b):
    """A new SYN from the same port after both have closed
    [RFC9293 3.6.1]."""
    s, a = shake(b)
    seg(b, s, a, "FA", told=False)
    seg(b, s + 1, a + 1, "A", told=False)
    b.describe.isn.clear()
    b.send(0, tcp(dst=ETH0, dport=7, seq=500000, options=[("MSS", 1460)]))


@probe
def timestamps_echoed(b):
    """TSecr is what came [RFC7323 3.2]."""
    got = b.send(0, tcp(dst=ETH0, dport=7, options=[
        ("MSS", 1460), ("Timestamp", (4711, 0))]), told=False)
    isn, val = struct.unpack(">I", got[0][1][38:42])[0], None
    opts = got[0][1][54:]
    at = opts.index(b"\x08\x0a")
    val = struct.unpack(">I", opts[at + 2:at + 6])[0]
    for i, data in enumerate((b"", b"abcd")):
        b.send(0, tcp(dst=ETH0, dport=7, flags="PA" if data else "A", seq=1001,
                      ack=isn + 1, data=data,
                      options=[("NOP", None), ("NOP", None),
                               ("Timestamp", (4712 + i, val))]))


@probe
def timestamp_missing(b):
    """A segment without the timestamp that was agreed [RFC7323 3.2]."""
    got = b.send(0, tcp(dst=ETH0, dport=9, options=[
        ("MSS", 1460), ("Timestamp", (4711, 0))]), told=False)
    isn = struct.unpack(">I", got[0][1][38:42])[0]
    seg(b, 1001, isn + 1, "A", dport=9)
    seg(b, 1001, isn + 1, "PA", b"abcd", dport=9, least=0.5)


@probe
def half_closed_service(b):
    """What the service still sends after the peer's FIN [RFC9293 3.6]."""
    s, a = shake(b)
    seg(b, s, a, "PA", b"one", told=False)
    seg(b, s + 3, a, "FPA", b"two")


@probe
def source_port_zero(b):
    """A SYN from port 0 [RFC9293 3.1]."""
    b.send(0, tcp(dst=ETH0, dport=7, sport=0))


@probe
def syn_with_data(b):
    """A SYN with data: what is acknowledged [RFC9293 3.10.7.2]."""
    b.send(0, tcp(dst=ETH0, dport=7, options=[("MSS", 1460)], data=b"early"))
