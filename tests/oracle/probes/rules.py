# SPDX-License-Identifier: BSD-2-Clause
"""Policy rules: which table is asked, and what a rule can say itself"""
from words import *


def two_ways(b):
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2",
          "ip route add 20.0.0.0/8 via 10.0.2.3 table 100")


@probe
def default_rules(b):
    """The three that are there [RFC1812 5.2.4]."""
    b.show("ip rule show")


@probe
def from_rule(b):
    """By source [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip rule add from 10.0.1.3 table 100")
    b.send(0, udp(A, "20.0.0.1"), udp(A2, "20.0.0.1"))
    b.show("ip rule show")


@probe
def to_rule(b):
    """By target [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip rule add to 20.7.0.0/16 table 100")
    b.send(0, udp(A, "20.0.0.1"), udp(A, "20.7.0.1"))


@probe
def iif_rule(b):
    """By the port it came by; our own packets come from lo [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip rule add iif eth0 table 100")
    b.send(0, udp(A, "20.0.0.1"))
    b.cmd("ip route get 20.0.0.1", "ip route get 20.0.0.1 from 10.0.1.2 iif eth0")


@probe
def tos_rule(b):
    """By type of service [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip rule add tos 0x10 table 100")
    b.send(0, udp(A, "20.0.0.1", tos=0x10), udp(A, "20.0.0.1", tos=0x08),
           udp(A, "20.0.0.1", tos=0xb0))


@probe
def port_rules(b):
    """By protocol and ports [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip rule add ipproto udp dport 5000-5010 table 100",
          "ip rule add ipproto tcp sport 4000 table 100")
    b.send(0, udp(A, "20.0.0.1", dport=5005), udp(A, "20.0.0.1", dport=5011),
           tcp(A, "20.0.0.1", sport=4000), tcp(A, "20.0.0.1", dport=5005))
    b.show("ip rule show")


@probe
def fragments_and_port_rules(b):
    """A later fragment has no ports [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip rule add ipproto udp dport 5005 table 100")
    b.send(0, udp(A, "20.0.0.1", dport=5005, flags="MF"),
           ip(A, "20.0.0.1", frag=8, proto=17) / Raw(DATA))


@probe
def not_rule(b):
    """A rule's opposite [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip rule add not from 10.0.1.2 table 100")
    b.send(0, udp(A, "20.0.0.1"), udp(A2, "20.0.0.1"))
    b.show("ip rule show")


@probe
def rule_types(b):
    """Rules that refuse: blackhole, unreachable, prohibit [RFC1812 5.2.7.1]."""
    two_ways(b)
    b.cmd("ip rule add to 20.1.0.0/16 blackhole",
          "ip rule add to 20.2.0.0/16 unreachable",
          "ip rule add to 20.3.0.0/16 prohibit")
    for i in (1, 2, 3):
        b.send(0, udp(A, f"20.{i}.0.1"))
        b.wait(1.2, told=False)
    b.show("ip rule show")


@probe
def rule_goto(b):
    """A rule that jumps [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip rule add pref 10 from 10.0.1.3 goto 30",
          "ip rule add pref 20 table 100", "ip rule add pref 30 nop")
    b.send(0, udp(A, "20.0.0.1"), udp(A2, "20.0.0.1"))
    b.show("ip rule show")


@probe
def rule_order(b):
    """The lowest preference first; equal ones in their order
    [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.4 table 200",
          "ip rule add pref 50 table 200", "ip rule add pref 40 table 100",
          "ip rule add table 200")
    b.show("ip rule show")
    b.send(0, udp(A, "20.0.0.1"))


@probe
def suppressed_default(b):
    """suppress_prefixlength 0: table main without its default route
    [RFC1812 5.2.4.3]."""
    b.cmd("ip route add default via 10.0.2.2",
          "ip route add default via 10.0.2.3 table 100",
          "ip rule add pref 10 table main suppress_prefixlength 0",
          "ip rule add pref 20 table 100")
    b.send(0, udp(A, "99.0.0.1"), udp(A, "10.0.2.2"))
    b.show("ip rule show")


@probe
def rule_of_unknown_table(b):
    """A rule that leads to an empty table is passed over [RFC1812 5.2.4.3]."""
    two_ways(b)
    b.cmd("ip rule add table 777")
    b.send(0, udp(A, "20.0.0.1"))


@probe
def rules_deleted(b):
    """Without any rule nothing is routed [RFC1812 5.2.4]."""
    two_ways(b)
    b.cmd("ip rule del pref 32766", "ip rule del pref 32767",
          "ip rule del pref 4711")
    b.send(0, udp(A, "20.0.0.1"))
    b.show("ip rule show")


@probe
def errors_of_rule(b):
    """What `ip rule` refuses, in which words [RFC1812 10.1]."""
    b.cmd("ip rule add from 10.0.1.2 table 100",
          "ip rule add from 10.0.1.2 table 100", "ip rule del from 9.9.9.9",
          "ip rule add from zz table 100", "ip rule add goto 5",
          "ip rule add pref 10 goto 5", "ip rule frob")


@probe
def own_packets_and_rules(b):
    """Rules by source for the box's own answers [RFC1122 3.3.4.3]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.3",
          "ip route add 20.0.0.0/8 via 10.0.2.2 table 100",
          "ip rule add from 10.0.2.1 table 100")
    b.send(0, ping("20.0.0.9", ETH0), ping("20.0.0.9", ETH1))
