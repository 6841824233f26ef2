# SPDX-License-Identifier: BSD-2-Clause
"""`trace` on the real image: what it says of a packet is what then happens.

    host a 10.0.1.2 ---- eth0 10.0.1.1 [fairlead] eth1 10.0.2.1 ---- host b 10.0.2.2
"""
import json

import lab
from test_router import law, net  # noqa: F401, a fixture


def test_trace_in_says_what_the_wire_does(net):
    m, a, b = net()
    text, rc = m.rc("trace in eth0 10.0.1.2 -> 10.0.2.2 tcp dport 80")
    assert rc == 0
    assert "10.0.2.2: unicast route 10.0.2.0/24 of table main" in text
    assert "neighbour 10.0.2.2 is not known: asks who has it" in text
    assert "=> parked: waits for the MAC address of 10.0.2.2 on eth1" in text
    # It was a dry run: nobody was asked for.
    assert "10.0.2.2" not in m.cmd("ip neigh")
    assert a.ping("10.0.2.2") == (3, 3)
    text, rc = m.rc("trace in eth0 10.0.1.2 -> 10.0.2.2 tcp dport 80")
    mac = json.loads(b.run("ip", "-j", "link", "show", "eth0").stdout)
    assert rc == 0
    assert (f"=> forwarded: leaves by eth1 to {mac[0]['address']} with "
            "ttl 63") in text
    law(m)


def test_trace_changes_nothing(net):
    m, a, b = net()
    a.ping("10.0.2.2")
    before = m.cmd("show drops"), m.cmd("cat /proc/net/snmp")
    for what in ("10.0.1.2 -> 10.0.2.9 ttl 1", "10.0.1.2 -> 10.77.0.1",
                 "10.0.1.2 -> 10.0.1.1 udp dport 7", "10.0.1.2 -> 10.0.1.1",
                 "10.0.1.2 -> 10.0.2.2 udp len 1500 mf id 3"):
        m.cmd(f"trace in eth0 {what}")
    m.cmd("trace out any -> 10.0.2.2 udp len 9000")
    assert (m.cmd("show drops"), m.cmd("cat /proc/net/snmp")) == before
    law(m)


def test_trace_json_names_the_drop(net):
    m, a, b = net()
    story = m.json("trace -j in eth0 10.0.1.2 -> 10.0.2.2 ttl 1")[0]
    assert story["packet"]["ttl"] == 1
    assert story["verdict"] == "dropped" and story["drop"] == "IP_TTL"
    notes = {n["note"]: n for n in story["notes"]}
    assert notes["ICMP_ERROR"]["dst"] == "10.0.1.2"
    assert notes["ICMP_ERROR"]["what"] == "time exceeded"


def test_trace_live_tells_of_real_packets(net):
    m, a, b = net()
    a.ping("10.0.2.2")
    m.console.send(b"trace live -c 4 icmp\r")
    m.console.expect(rb"trace live -c 4 icmp\r*\n")
    a.run("ping", "-n", "-c", "2", "-i", "0.2", "-W", "5", "10.0.2.2")
    m.console.expect(lab.PROMPT)
    text = m.console.before.decode().replace("\r", "")
    assert "icmp 10.0.1.2 -> 10.0.2.2, echo request, 84 bytes" in text
    assert "icmp 10.0.2.2 -> 10.0.1.2, echo reply, 84 bytes" in text
    assert text.count("=> forwarded: leaves by eth") == 4, text
    assert "4 packets told, 0 without room" in text
    law(m)


def test_trace_live_ends_at_ctrl_c(net):
    m, a, b = net()
    m.console.send(b"trace live drops\r")
    m.console.expect(rb"trace live drops\r*\n")
    assert a.ping("10.0.2.2", "-t", "1", count=1) == (1, 0)
    m.console.expect(rb"=> dropped, IP_TTL")
    m.console.send(b"\x03")
    m.console.expect(lab.PROMPT)
    assert b"packets told, 0 without room" in m.console.before
    assert a.ping("10.0.2.2") == (3, 3)
    law(m)
