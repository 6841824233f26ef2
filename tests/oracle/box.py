# SPDX-License-Identifier: BSD-2-Clause
"""A box under test, whichever it is: two e1000e ports with wires, and a console.

    host a 10.0.1.2 ---- eth0 10.0.1.1 [box] eth1 10.0.2.1 ---- host b 10.0.2.2

Booted and told the same lines once, then snapped: each probe begins with that
very state, which QEMU restores.
"""
import os
import re
import select
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../boot")
import lab  # noqa: E402
from scapy.all import ARP, Ether, Raw, conf  # noqa: E402
import frames  # noqa: E402

conf.verb = 0
BASE = ["ip link set eth0 up", "ip link set eth1 up",
        "ip addr add 10.0.1.1/24 dev eth0", "ip addr add 10.0.2.1/24 dev eth1",
        "sysctl -w net.ipv4.ip_forward=1",
        "sysctl -w net.ipv4.conf.all.arp_notify=0",
        "sysctl -w net.ipv4.conf.default.arp_notify=0",
        "sysctl -w net.ipv4.conf.eth0.arp_notify=0",
        "sysctl -w net.ipv4.conf.eth1.arp_notify=0",
        "ip neigh add 10.0.1.2 lladdr 02:00:00:00:01:02 dev eth0",
        "ip neigh add 10.0.1.3 lladdr 02:00:00:00:01:03 dev eth0",
        "ip neigh add 10.0.2.2 lladdr 02:00:00:00:02:02 dev eth1",
        "ip neigh add 10.0.2.3 lladdr 02:00:00:00:02:03 dev eth1",
        "ip neigh add 10.0.2.4 lladdr 02:00:00:00:02:04 dev eth1"]
BOX_MAC = [lab.mac_of(0), lab.mac_of(1)]
HOST_MAC = ["02:00:00:00:01:02", "02:00:00:00:02:02"]
PATIENCE = float(os.environ.get("ORACLE_PATIENCE", "1"))


class LinuxMachine(lab.Machine):
    def ready(self, timeout=120):
        self.console.expect(rb"reference guest ready", timeout=timeout)
        self.console.expect(lab.PROMPT)

    def cmd(self, line, timeout=3 * lab.PATIENCE):
        # Its ping is called by its path.
        return super().cmd(line, timeout).replace("/ping: ", "ping: ")


def fairlead(directory, wires, disk):
    machine = lab.Machine(directory, ports=wires, mem="64M", config="service"
                          " echo on\nservice discard on\nservice chargen on\n",
                          log_name="fairlead", extra=disk)
    machine.ready()
    return machine


def linux(directory, wires, disk):
    base = f"{lab.OUT}/linux"
    kernel = next(f"{base}/boot/{f}" for f in os.listdir(f"{base}/boot")
                  if f.startswith("vmlinuz-"))
    machine = LinuxMachine(
        directory, ports=wires, mem="192M", log_name="linux", extra=disk,
        boot=["-kernel", kernel, "-initrd", f"{lab.OUT}/oracle/ird.gz"],
        append="console=ttyS0 quiet ipv6.disable=1 "
        # The clock that a snapshot restores.
        "tsc=unstable clocksource=hpet")
    machine.ready()
    return machine


class Box:
    """The rig: one machine that lives for many probes."""

    def __init__(self, name, directory):
        self.name = name
        self.wires = [lab.Wire(directory, f"{name}{i}") for i in range(2)]
        image = f"{directory}/{name}.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "1G"],
                       check=True)
        start = {"fairlead": fairlead, "linux": linux}[name]
        self.machine = start(directory, self.wires,
                             ["-drive", f"if=none,id=snap,format=qcow2,"
                              f"file={image}"])
        for line in BASE:
            said = self.machine.cmd(line)
            if "=" not in line and said.strip():
                raise RuntimeError(f"{name}: {line}: {said}")
        # Carriers come up, and what is announced then is announced.
        for dev in ("eth0", "eth1"):
            while "LOWER_UP" not in self.machine.cmd(f"ip link show {dev}"):
                time.sleep(0.1)
        time.sleep(4)
        self.monitor("savevm base")

    def monitor(self, line):
        said = self.machine.monitor(line)
        if "Error" in said or "not " in said:
            raise RuntimeError(f"{self.name}: {line}: {said}")

    def reset(self):
        self.monitor("loadvm base")
        for wire in self.wires:
            wire.drain()
        self.machine.console.buffer = b""
        while select.select([self.machine.console.child_fd], [], [], 0)[0]:
            os.read(self.machine.console.child_fd, 65536)

    def close(self):
        self.machine.close()
        for wire in self.wires:
            wire.close()


class Run:
    """One probe on one box: what a probe is written with. The transcript is what
    is compared."""

    def __init__(self, box):
        self.box = box
        self.describe = frames.Describer()
        self.transcript = []
        self.hosts = [{}, {}]
        self.silent = False
        box.reset()

    # -- the console -------------------------------------------------------------

    def cmd(self, *lines):
        """Lines that change something; what they say is in the transcript."""
        for line in lines:
            said = self.box.machine.cmd(line).strip()
            if line.startswith("sysctl") and not said.startswith("sysctl:"):
                said = ""
            self.say(f"# {line}")
            self.say(*said.splitlines())

    def show(self, line, only=None, order=True):
        """A line that shows something; `only` lines that match."""
        text = self.box.machine.cmd(line)
        lines = [w.rstrip() for w in text.splitlines() if w.strip()]
        if only:
            lines = [w for w in lines if re.search(only, w)]
        self.say(f"# {line}")
        self.say(*(lines if order else sorted(lines)))

    def ask(self, line):
        """The same, for the probe's own use."""
        return self.box.machine.cmd(line)

    def ping(self, target, *options):
        """The box's own ping, told nothing of what comes back."""
        words = " ".join(options) or "-M dont -s 8"
        self.say(f"# ping {words} {target}")
        self.ask(f"ping -c 1 -W 1 {words} {target}")

    def say(self, *lines):
        # How long something lives on depends on the moment.
        self.transcript += [re.sub(r"expires \d+sec", "expires Nsec", line)
                            for line in lines]

    # -- the wires ---------------------------------------------------------------

    def host(self, port, ip, mac=None):
        """From now on somebody on that wire answers for this address."""
        mac = mac or "02:00:00:00:%02x:%02x" % tuple(
            int(x) for x in ip.split(".")[2:])
        self.hosts[port][ip] = mac

    def _answer(self, port, frame):
        if frame[12:14] != b"\x08\x06" or frame[20:22] != b"\0\1":
            return
        target = frames.addr(frame[38:42])
        mac = self.hosts[port].get(target)
        if mac:
            self.wire(port, Ether(src=mac, dst=frame[6:12]) / ARP(
                op=2, hwsrc=mac, psrc=target, hwdst=frame[22:28],
                pdst=frames.addr(frame[28:32])))

    def wire(self, port, frame):
        data = bytes(frame)
        self.describe.learn(data)
        self.box.wires[port].send(data.ljust(60, b"\0"))

    def collect(self, quiet=0.3, limit=4.0, least=0.0):
        """Everything that comes out until it has been quiet for a while:
        [(port, bytes)]."""
        got = []
        now = time.monotonic()
        end, floor = now + limit * PATIENCE, now + least * PATIENCE
        last = now
        socks = {w.sock: i for i, w in enumerate(self.box.wires)}
        while now < end and (now < floor or now - last < quiet * PATIENCE):
            ready, _, _ = select.select(socks, [], [], 0.02)
            now = time.monotonic()
            for sock in ready:
                frame = sock.recv(70000)
                got.append((socks[sock], frame))
                # What it learns does not depend on what is told.
                self.describe.line(frame)
                self._answer(socks[sock], frame)
                last = now
        return got

    def say_frames(self, got):
        """Each wire's frames in their order; across wires there is none."""
        for port in (0, 1):
            self.say(*(f"eth{port}: {self.describe.line(f)}"
                       for p, f in got if p == port))

    def send(self, port, *packets, src=None, dst=None, quiet=0.3, least=0.0,
             limit=4.0, told=True):
        """IP packets from the wire's host (or whole frames) into a port; what
        comes out goes into the transcript, and is returned."""
        sent = []
        for p in packets:
            if not isinstance(p, Ether):
                p = Ether(src=src or HOST_MAC[port],
                          dst=dst or BOX_MAC[port], type=0x0800) / p
            self.wire(port, p)
            sent.append(self.describe.line(bytes(p)))
        if len(packets) > 3:
            sent = [sent[0], f"and {len(packets) - 1} more"]
        self.say(*(f"-> eth{port}: {line}" for line in sent))
        got = self.collect(quiet, limit, least)
        if told:
            self.say_frames(got)
        return got

    def wait(self, seconds, told=True):
        got = self.collect(quiet=0, least=seconds, limit=seconds)
        self.say(f"-- {seconds} s")
        if told:
            self.say_frames(got)
        return got

    def carrier(self, port, up):
        self.box.machine.monitor(f"set_link nic{port} {'on' if up else 'off'}")
        self.say(f"-- eth{port}'s carrier {'on' if up else 'off'}")
        state = " state UP " if up else " state DOWN "
        end = time.monotonic() + 10
        while state not in self.ask(f"ip link show eth{port}") and \
                time.monotonic() < end:
            time.sleep(0.1)
        self.wait(2.2 if up else 0.5)

    def link(self, port, *words):
        """`ip link set`, and the time it takes a card to be back."""
        dev = f"eth{port}"
        self.cmd(" ".join(("ip link set", dev) + words))
        end = time.monotonic() + 10
        while " state UP " not in self.ask(f"ip link show {dev}") and \
                time.monotonic() < end:
            time.sleep(0.1)
        # Announcements of ours are not what is asked here.
        self.wait(2.2, told=False)

    def address(self, *words):
        """`ip addr add`, and the time in which it is announced."""
        self.cmd(" ".join(("ip addr add",) + words))
        self.wait(2.2, told=False)


__all__ = ["Box", "Run", "BOX_MAC", "HOST_MAC", "Ether", "Raw", "struct"]
