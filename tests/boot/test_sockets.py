# SPDX-License-Identifier: BSD-2-Clause
"""What the box says of its connections, held against Linux's own tools at the
other end of the same connections; and the services that measure and move data.

    host a 10.0.1.2 ---- eth0 10.0.1.1 [fairlead]
"""
import json
import re

import pytest

CONFIG = """
ip addr add 10.0.1.1/24 dev eth0
ip link set eth0 up
service echo on
service iperf3 on
"""
BOX = "10.0.1.1"


@pytest.fixture
def net(boot, host):
    def make(config=CONFIG, **how):
        a = host("a", "10.0.1.2/24", "10.0.1.1")
        m = boot(ports=[a], config=config, **how)
        m.ready()
        return m, a
    return make


# ---- iperf3 ------------------------------------------------------------------

def iperf(a, *options, check=True):
    p = a.run("iperf3", "-c", BOX, "-t", "2", "-J", *options, timeout=120,
              check=False)
    if check:
        assert p.returncode == 0, p.stdout + p.stderr
    return json.loads(p.stdout)


@pytest.mark.parametrize("options", [
    [], ["-R"], ["-P", "4"], ["-P", "3", "-R"], ["--bidir"],
    ["-n", "2M"], ["-R", "-n", "2M", "-t", "0"], ["-O", "1"],
    ["-C", "reno", "-R", "-N"]], ids=" ".join)
def test_iperf3_tcp(net, options):
    m, a = net()
    if "-n" in options:
        options = [o for o in options if o not in ("-t", "0")]
        p = a.run("iperf3", "-c", BOX, "-J", *options, timeout=120)
        result = json.loads(p.stdout)
    else:
        result = iperf(a, *options)
    assert "error" not in result
    sent = result["end"]["sum_sent"]["bytes"]
    got = result["end"]["sum_received"]["bytes"]
    assert got > 1e6, result["end"]
    # What is on its way when the clock stops is in one of them alone.
    assert abs(sent - got) < 0.5 * sent + 4e6, (sent, got)
    if options == ["-R"]:
        assert result["end"]["sum_sent"]["retransmits"] >= 0
    text = m.cmd("show stats")
    assert "law holds" in text, text


@pytest.mark.parametrize("options", [[], ["-R"], ["-P", "2"],
                                     ["--bidir"]], ids=" ".join)
def test_iperf3_udp(net, options):
    m, a = net()
    result = iperf(a, "-u", "-b", "2M", *options)
    end = result["end"]["sum"]
    assert end["packets"] > 100, end
    assert end["lost_packets"] <= end["packets"] * 0.05, end
    assert 0 <= end["jitter_ms"] < 100, end
    rate = end["bytes"] * 8 / end["seconds"] / ("-P" in options and 2 or 1)
    assert 1.5e6 < rate < 2.5e6, end


def test_iperf3_counts_what_udp_lost(net):
    """More is sent than the wire takes: what arrived and what iperf3 says was
    lost are all that was sent."""
    m, a = net()
    a.run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate",
          "1500kbit", "burst", "4kb", "limit", "4kb")
    before = int(m.cmd("nstat -az UdpInDatagrams").split()[-2])
    end = iperf(a, "-u", "-b", "2M")["end"]["sum"]
    arrived = int(m.cmd("nstat -az UdpInDatagrams").split()[-2]) - before
    assert 10 < end["lost_percent"] < 45, end
    # The greeting is one more, and what came last is known to nobody.
    assert abs(arrived - 1 + end["lost_packets"] - end["packets"]) <= 20, \
        (arrived, end)


def test_iperf3_is_busy_and_free_again(net):
    m, a = net()
    first = a.start("iperf3", "-c", BOX, "-t", "4")
    for _ in range(50):
        if "iperf3" in m.cmd("ss -tnpH state established"):
            break
    second = a.run("iperf3", "-c", BOX, "-t", "1", check=False)
    assert "busy" in second.stdout + second.stderr
    assert first.wait(60) == 0
    # One that is killed leaves nothing behind.
    third = a.start("iperf3", "-c", BOX, "-t", "60", "-P", "3")
    for _ in range(50):
        if m.cmd("ss -tnpH state established").count("iperf3") >= 4:
            break
    third.kill()
    third.wait()
    iperf(a)
    assert "iperf3" in m.cmd("ss -tulpn")
    m.cmd("service iperf3 off")
    assert "5201" not in m.cmd("ss -tuln")
