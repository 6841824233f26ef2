# SPDX-License-Identifier: BSD-2-Clause
"""Redirects: sent, held back, obeyed, refused"""
from words import *
import frames

FAR = "20.0.0.1"


def redirect(gateway, inner, code=1, src="10.0.1.3", dst=ETH0):
    g = bytes(int(x) for x in gateway.split("."))
    m = bytes([5, code, 0, 0]) + g + bytes(inner)[:28]
    m = m[:2] + struct.pack(">H", frames.checksum(m)) + m[4:]
    return ip(src, dst, proto=1) / Raw(m)


@probe
def sent(b):
    """Its sender should have used another gateway of its link: 5/1
    [RFC1812 5.2.7.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3")
    b.send(0, udp(dst=FAR))


@probe
def sent_for_a_neighbour(b):
    """Its target is on the sender's own link [RFC1812 5.2.7.2]."""
    b.send(0, udp(A, A2))


@probe
def not_across_ports(b):
    """In by one port, out by another: none [RFC1812 5.2.7.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.3")
    b.send(0, udp(dst=FAR))


@probe
def not_to_strangers(b):
    """The sender is not of that link: none [RFC1812 5.2.7.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3",
          "ip route add 30.0.0.0/8 via 10.0.1.2")
    b.send(0, udp("30.0.0.1", FAR))


@probe
def not_to_strangers_unshared(b):
    """The same with shared_media 0 [RFC1812 5.2.7.2]."""
    b.cmd("sysctl -w net.ipv4.conf.all.shared_media=0",
          "sysctl -w net.ipv4.conf.eth0.shared_media=0",
          "ip route add 20.0.0.0/8 via 10.0.1.3",
          "ip route add 30.0.0.0/8 via 10.0.1.2")
    b.send(0, udp("30.0.0.1", FAR), quiet=0.5)
    b.send(0, udp(A, FAR), quiet=0.5)


@probe
def switched_off(b):
    """With send_redirects 0 none [RFC1812 5.2.7.2]."""
    b.cmd("sysctl -w net.ipv4.conf.all.send_redirects=0",
          "sysctl -w net.ipv4.conf.eth0.send_redirects=0",
          "ip route add 20.0.0.0/8 via 10.0.1.3")
    b.send(0, udp(dst=FAR))


@probe
def switched_off_in_one(b):
    """Either switch is enough to have them sent [RFC1812 5.2.7.2]."""
    b.cmd("sysctl -w net.ipv4.conf.all.send_redirects=0",
          "ip route add 20.0.0.0/8 via 10.0.1.3")
    b.send(0, udp(dst=FAR))


@probe
def not_for_source_routes(b):
    """None for a source-routed datagram [RFC1812 5.2.7.2]."""
    b.cmd("sysctl -w net.ipv4.conf.all.accept_source_route=1",
          "sysctl -w net.ipv4.conf.eth0.accept_source_route=1",
          "ip route add 20.0.0.0/8 via 10.0.1.3")
    b.send(0, ip(A, ETH0, options=[Raw(b"\x83\x07\x04\x14\0\0\1\0")]) /
           UDP(sport=1, dport=2) / Raw(DATA))


@probe
def fewer_and_fewer(b):
    """Many datagrams draw few of them [RFC1812 4.3.2.8]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3")
    got = b.send(0, *[udp(dst=FAR, id=0x4300 + i) for i in range(30)],
                 told=False)
    b.say(f"at once: {sum(f[34] == 5 for _, f in got if f[23] == 1)}")
    b.wait(3)
    got = b.send(0, udp(dst=FAR), told=False)
    b.say(f"3 s later: {sum(f[34] == 5 for _, f in got if f[23] == 1)}")


def may(b, value=1):
    for where in ("all", "eth0"):
        b.cmd(f"sysctl -w net.ipv4.conf.{where}.accept_redirects={value}",
              f"sysctl -w net.ipv4.conf.{where}.secure_redirects=0")


def told(b, gateway, code=1, src="10.0.1.3", forwarding=0, stale=False):
    """A host afar talks to the box's echo; the box hears the redirect about
    an answer (stale: about one that was acknowledged), and answers again."""
    b.cmd(f"sysctl -w net.ipv4.ip_forward={forwarding}")
    who = "02:00:00:00:01:03"
    got = b.send(0, tcp(FAR, ETH0, dport=7, options=[("MSS", 1460)]), src=who,
                 told=False)
    first = got[0][1]
    isn = struct.unpack(">I", first[38:42])[0]
    b.send(0, tcp(FAR, ETH0, dport=7, flags="A", seq=1001, ack=isn + 1),
           src=who, told=False)
    for i in range(3):
        got = b.send(0, tcp(FAR, ETH0, dport=7, flags="PA", seq=1001 + 4 * i,
                            ack=isn + 1 + 4 * i, data=b"abcd"), src=who,
                     told=False)
        answers = [f for _, f in got
                   if f[12:14] == b"\x08\0" and len(f) > 54
                   and any(f[54:58])]
        b.say(*(f"to {f[:6].hex()}" for f in answers))
        if i == 0:
            about = first if stale else answers[0]
            b.send(0, redirect(gateway, Raw(about[14:]), code, src),
                   told=False, quiet=0.05, limit=0.1)
    b.cmd("ip route get 20.0.0.1")


@probe
def router_refuses(b):
    """A router does not obey by default [RFC1812 5.2.7.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3")
    told(b, A, forwarding=1)


@probe
def host_obeys(b):
    """A host does, if it may [RFC1122 3.3.1.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3")
    b.cmd("sysctl -w net.ipv4.ip_forward=0")
    may(b)
    told(b, A)


@probe
def not_from_others(b):
    """Not from somebody who is not its gateway [RFC1122 3.2.2.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3")
    b.cmd("sysctl -w net.ipv4.ip_forward=0")
    may(b)
    told(b, A, src="10.0.1.44")


@probe
def not_to_others(b):
    """Not to a gateway that is not of the link [RFC1122 3.2.2.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3")
    b.cmd("sysctl -w net.ipv4.ip_forward=0")
    may(b)
    told(b, "10.0.2.2")


@probe
def net_redirect(b):
    """A redirect for a network is taken as one for the host
    [RFC1122 3.2.2.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3")
    b.cmd("sysctl -w net.ipv4.ip_forward=0")
    may(b)
    told(b, A, code=0)
    b.cmd("ip route get 20.0.0.2")


@probe
def about_what_is_no_longer_in_flight(b):
    """A redirect that quotes a segment which was acknowledged long ago: whoever
    saw one could send it later [RFC5927 4]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3")
    b.cmd("sysctl -w net.ipv4.ip_forward=0")
    may(b)
    told(b, A, stale=True)
