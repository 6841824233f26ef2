#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two-port testbed and benchmark for network guests under QEMU TCG.

    netns TAG-a <-tap-> e1000e port 0 | guest | e1000e port 1 <-tap-> netns TAG-b

A guest is anything that answers at 10.0.1.1 and 10.0.2.1: the Linux reference,
a multiboot or PVH kernel, or a bootable ISO.  Several guests run side by side
and take turns, so that speed ratios come from one run on one machine; the ones
that wait are stopped.  Every result is one JSON line; show.py summarises.

    bench.py run  --vm name=linux,guest=linux --vm name=app,guest=elf:app.elf \\
                  --tests flood64,ndr64,tcp_rx1 --reps 5 --out results.jsonl
    bench.py insn --vm ...            guest instructions per packet, byte, request
    bench.py boot --vm ...            time from starting QEMU to the first ARP reply
    bench.py minram --vm ... --mems 64,32,16
    bench.py hold --vm ...            start the guests and wait, for work by hand

Keys of --vm: name, guest (linux | elf:PATH | iso:PATH), append, initrd, smp, mem, cpu,
machine, thread, nic, backend (tap | dgram), vnet (0 | 1), nports, extra, ready (what its
serial console says once it is, within limit seconds), gwmac (for guests that do not answer ARP: no resolution, boot is over when READY
appears on the serial console).
"""
import argparse
import json
import os
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.abspath(os.environ.get("BENCH_BIN", f"{HERE}/../../../out/bench"))
LX = os.environ.get("LX", f"{BIN}/../linux")
KVER = os.environ.get("KVER") or (os.listdir(f"{LX}/lib/modules") or [""])[0] if os.path.isdir(f"{LX}/lib/modules") else ""
VM_DEFAULTS = dict(name="vm", guest="linux", append="", smp="1", mem="256", cpu="qemu64",
                   initrd="", machine="q35", thread="multi", nic="e1000e", backend="tap", vnet="0",
                   nports="2", gwmac="", extra="", settle="1.0", ready="", limit="")


def sh(*cmd, check=True, **kw):
    return subprocess.run(cmd, check=check, text=True, capture_output=True, **kw)


def boot_args(vm):
    """How to boot a guest: (QEMU arguments, seconds it may take)."""
    kind, _, arg = vm.guest.partition(":")
    if kind == "linux":
        return (["-kernel", f"{LX}/boot/vmlinuz-{KVER}",
                 "-initrd", vm.initrd or f"{BIN}/ird.gz",
                 "-append", f"console=ttyS0 quiet {vm.append}".strip()], 90)
    if kind == "elf":
        return (["-kernel", arg] + (["-append", vm.append] if vm.append else [])
                + (["-initrd", vm.initrd] if vm.initrd else [])), 10
    if kind == "iso":
        return ["-cdrom", arg, "-boot", "d"], 90
    sys.exit(f"unknown guest {vm.guest}")


class Testbed:
    """Two namespaces, two taps and one QEMU process."""

    def __init__(self, o, spec="", plugin=None, **over):
        d = dict(VM_DEFAULTS)
        for item in filter(None, spec.split(",")):
            k, _, v = item.partition("=")
            if k not in d:
                sys.exit(f"--vm: unknown key {k}")
            d[k] = v
        d.update(over)
        self.o, self.vm = o, argparse.Namespace(**d)
        self.vm.smp, self.vm.nports = int(self.vm.smp), int(self.vm.nports)
        self.tag = f"{o.tag}-{self.vm.name}"
        self.dir = f"{BIN}/run/{self.tag}"
        os.makedirs(self.dir, exist_ok=True)
        self.plugin = plugin
        self.proc = None
        self.ports = [f"packet:{self.tag}-a/tap-a", f"packet:{self.tag}-b/tap-b"]
        if self.vm.backend == "dgram":
            self.ports = [f"dgram:{self.dir}/{x}.gen:{self.dir}/{x}.vm" for x in "ab"]

    # -- namespaces --------------------------------------------------------
    def ns(self, side, *cmd, **kw):
        return sh("ip", "netns", "exec", f"{self.tag}-{side}", *cmd, **kw)

    def make_ns(self):
        for side in "ab":
            name = f"{self.tag}-{side}"
            if not os.path.exists(f"/run/netns/{name}"):
                sh("ip", "netns", "add", name)
            self.ns(side, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                    "net.ipv6.conf.default.disable_ipv6=1", "net.ipv4.tcp_tw_reuse=1",
                    "net.ipv4.ip_local_port_range=1024 65535")
            sh("ip", "-n", name, "link", "set", "lo", "up")

    def drop_ns(self):
        for side in "ab":
            sh("ip", "netns", "del", f"{self.tag}-{side}", check=False)

    def addresses(self):
        for side, net in (("a", 1), ("b", 2)):
            n = f"{self.tag}-{side}"
            sh("ip", "-n", n, "addr", "add", f"10.0.{net}.2/24", "dev", f"tap-{side}")
            sh("ip", "-n", n, "route", "add", "default", "via", f"10.0.{net}.1")

    # -- QEMU --------------------------------------------------------------
    def qemu_args(self):
        v = self.vm
        a = ["qemu-system-x86_64", "-name", f"{self.tag},debug-threads=on", "-M", v.machine,
             "-accel", f"tcg,thread={v.thread}", "-cpu", v.cpu, "-m", v.mem,
             "-smp", str(v.smp), "-nodefaults", "-no-user-config", "-display", "none",
             "-no-reboot", "-serial",
             f"unix:{self.dir}/serial.sock,server=on,wait=off,logfile={self.dir}/serial.log"]
        for i, side in enumerate("ab"[:v.nports]):
            if v.backend == "tap":
                a += ["-netdev", f"tap,id=n{i},fd={10 + i}"]
            else:
                a += ["-netdev", f"dgram,id=n{i},local.type=unix,local.path={self.dir}/{side}.vm,"
                      f"remote.type=unix,remote.path={self.dir}/{side}.gen"]
            a += ["-device", f"{v.nic},netdev=n{i},mac=52:54:00:00:0{i + 1}:01"]
        if self.plugin is not None:
            a += ["-plugin", f"{BIN}/insncount.so,out={self.dir}/insn{self.plugin}"]
        args, self.boot_limit = boot_args(v)
        self.boot_limit = float(v.limit or self.boot_limit)
        a += args + v.extra.split()
        if v.backend == "tap":
            opt = ":vnet" if v.vnet == "1" else ""
            taps = [f"{10 + i}:{self.tag}-{s}:tap-{s}{opt}" for i, s in enumerate("ab"[:v.nports])]
            a = [f"{BIN}/nsexec", *taps, "--", *a]
        return a

    def start(self):
        if self.vm.backend == "tap":
            self.make_ns()
        for f in ("serial.log", "serial.sock", "a.vm", "b.vm", "a.gen", "b.gen"):
            if os.path.exists(f"{self.dir}/{f}"):
                os.unlink(f"{self.dir}/{f}")
        t0 = time.time()
        # its own session: a stopped process would get SIGHUP when our group is orphaned
        self.proc = subprocess.Popen(self.qemu_args(), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, start_new_session=True,
                                     stderr=open(f"{self.dir}/qemu.err", "w"))
        path = f"{self.dir}/a.vm" if self.vm.backend == "dgram" else f"{self.dir}/serial.sock"
        while not os.path.exists(path):
            if self.proc.poll() is not None:
                sys.exit("QEMU ended: " + open(f"{self.dir}/qemu.err").read())
            time.sleep(0.002)
        up = self.wait_serial if self.vm.gwmac else self.wait_arp
        if not up(self.boot_limit):
            self.stop()
            raise RuntimeError("guest did not come up")
        if self.vm.ready and not self.wait_serial(self.boot_limit, self.vm.ready):
            self.stop()
            raise RuntimeError("guest did not become ready")
        self.boot_s = time.time() - t0
        if self.vm.backend == "tap" and not self.vm.gwmac:
            self.addresses()
        time.sleep(float(self.vm.settle))
        self.pin()
        return self

    def wait_arp(self, secs):
        for _ in range(200):
            p = sh(f"{BIN}/gen", "-t", self.ports[0], "-A", str(secs), check=False)
            if p.stdout:
                return json.loads(p.stdout)["arp"]
            time.sleep(0.005)           # the tap is not there yet
        raise RuntimeError(p.stderr)

    def wait_serial(self, secs, text="READY"):
        end = time.time() + secs
        while time.time() < end:
            if text in open(f"{self.dir}/serial.log", errors="replace").read():
                return True
            time.sleep(0.005)
        return False

    def stop(self):
        if self.proc and self.proc.poll() is None:
            self.proc.send_signal(signal.SIGCONT)
            self.proc.send_signal(signal.SIGTERM)
            try:
                self.proc.wait(5)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        self.proc = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    def pause(self, yes):
        self.proc.send_signal(signal.SIGSTOP if yes else signal.SIGCONT)

    # -- threads, CPU time and noise -----------------------------------------
    def threads(self):
        d = f"/proc/{self.proc.pid}/task"
        return {t: open(f"{d}/{t}/comm").read().strip() for t in os.listdir(d)}

    def pin(self):
        """The load generator on CPU 0 (and 2), QEMU's main loop on 1, vCPUs on 3 (and 2)."""
        self.txcpu, self.rxcpu = (0, 2) if self.vm.smp == 1 else (0, 0)
        if not self.o.pin or os.cpu_count() < 4:
            self.txcpu = self.rxcpu = -1
            return
        for t, name in self.threads().items():
            m = re.match(r"CPU (\d+)", name)
            cpu = 3 - int(m[1]) % 2 if m else 3 if "ALL CPUs" in name else 1
            os.sched_setaffinity(int(t), {cpu})

    def cpu_ns(self):
        """Host CPU time used so far: (main loop, vCPUs)."""
        ns = [0, 0]
        for t, name in self.threads().items():
            f = open(f"/proc/{self.proc.pid}/task/{t}/schedstat").read().split()
            ns["CPU" in name] += int(f[0])
        return ns

    def waited_ns(self):
        """Time QEMU's threads were runnable but had no CPU: noise from other work."""
        d = f"/proc/{self.proc.pid}/task"
        return sum(int(open(f"{d}/{t}/schedstat").read().split()[1]) for t in os.listdir(d))

    def quiet(self, secs=60):
        """Wait for the rest of the machine to be idle; returns the CPUs others use."""
        def busy():
            v = [int(x) for x in open("/proc/stat").readline().split()[1:9]]
            return (sum(v) - v[3] - v[4]) / os.sysconf("SC_CLK_TCK"), sum(self.cpu_ns()) * 1e-9
        end = time.time() + secs
        while True:
            a, t0 = busy(), time.time()
            time.sleep(0.2)
            b, t1 = busy(), time.time()
            other = (b[0] - a[0] - (b[1] - a[1])) / (t1 - t0)
            if other <= self.o.quiet or time.time() > end:
                return other

    def clean(self, fn):
        """Run fn, again if other work on the machine kept QEMU's threads waiting.

        Adds "starved" (share of the time that a QEMU thread was runnable without
        a CPU) and the host CPU time used by QEMU's main loop and by its vCPUs.
        """
        best = None
        for _ in range(self.o.retries):
            others = self.quiet()
            c0, w0, t0 = self.cpu_ns(), self.waited_ns(), time.time_ns()
            r = fn()
            c1, w1, t1 = self.cpu_ns(), self.waited_ns(), time.time_ns()
            r.update(starved=round((w1 - w0) / (t1 - t0), 4), others=round(others, 2),
                     main_s=(c1[0] - c0[0]) * 1e-9, vcpu_s=(c1[1] - c0[1]) * 1e-9)
            if best is None or r["starved"] < best["starved"]:
                best = r
            if r["starved"] <= self.o.starve:
                break
        return best

    def counters(self):
        v = struct.unpack("32Q", open(f"{self.dir}/insn", "rb").read(256))
        return sum(v[:16]), sum(v[16:])

    def console(self, line, timeout=10):
        """Run a line on the Linux guest's serial console, return its output."""
        s = socket.socket(socket.AF_UNIX)
        s.connect(f"{self.dir}/serial.sock")
        s.settimeout(timeout)
        s.sendall(line.encode() + b"\n")
        out = b""
        while not re.search(rb"DONE \d+", out):
            out += s.recv(4096)
        s.close()
        return out.decode().replace("\r", "")

    # -- load ----------------------------------------------------------------
    def gen(self, size=64, pps=0, secs=2.0, echo=False, **kw):
        cmd = [f"{BIN}/gen", "-t", self.ports[0], "-l", str(size), "-p", str(pps),
               "-n", str(secs), "-x", str(self.txcpu), "-y", str(self.rxcpu)]
        cmd += ["-P", "7"] if echo else ["-r", self.ports[1]]
        for k, v in kw.items():
            cmd += [f"-{k}", str(v)]
        if self.vm.gwmac:
            cmd += ["-m", self.vm.gwmac]
        p = sh(*cmd, check=False)
        if p.returncode:
            raise RuntimeError(p.stderr)
        r = json.loads(p.stdout)
        r["got_pps"] = r["received"] / r["secs"]
        return r

    def tcp(self, mode, port, secs=4, conns=1, size=1, host="10.0.1.1"):
        p = sh(f"{BIN}/tcpload", "-N", f"{self.tag}-a", "-c", str(conns), "-l", str(size),
               "-n", str(secs), *(["-x", "0"] if self.o.pin else []), mode, f"{host}:{port}",
               check=False)
        if p.returncode:
            raise RuntimeError(p.stderr)
        return json.loads(p.stdout)


# ---- tests: name -> function of a testbed giving a record with "value" ---------

def flood(size, load=0):
    """Offer load times the rate delivered under a flood (0: as much as possible)."""
    def test(tb):
        key = ("full", size)
        if load and key not in tb.__dict__.setdefault("memo", {}):
            tb.memo[key] = statistics.median(
                tb.clean(lambda: tb.gen(size, 0, 1))["got_pps"] for _ in range(3))
        r = tb.clean(lambda: tb.gen(size, tb.memo[key] * load if load else 0, 1.2))
        n = max(r["received"], 1)
        return {"value": r["got_pps"], "unit": "pps", "offered_pps": r["offered_pps"],
                "p50": r["lat_us"]["p50"], "p99": r["lat_us"]["p99"], "max": r["lat_us"]["max"],
                "reordered": r["reordered"], "bad": r["bad"], "starved": r["starved"],
                "main_ns": r["main_s"] * 1e9 / n, "vcpu_ns": r["vcpu_s"] * 1e9 / n}
    return test


def ndr(size, echo=False, limit=0.001, secs=1.5, steps=7):
    """Highest rate with loss below limit, by binary search (RFC 2544 in small)."""
    def test(tb):
        full = tb.clean(lambda: tb.gen(size, 0, 1.0, echo))
        hi, lo, best, starved = full["got_pps"] * 1.5, 0.0, None, 0
        for _ in range(steps):
            mid = (lo + hi) / 2
            r = tb.clean(lambda: tb.gen(size, mid, secs, echo))
            starved = max(starved, r["starved"])
            if r["loss"] < limit and not r["bad"]:
                lo, best = mid, r
            else:
                hi = mid
        lat = best["lat_us"] if best else {}
        return {"value": lo, "unit": "pps", "starved": starved, "p50": lat.get("p50"),
                "p99": lat.get("p99")}
    return test


def latency(size, pps, echo=False):
    def test(tb):
        r = tb.clean(lambda: tb.gen(size, pps, 2, echo))
        return {"value": r["lat_us"]["p50"], "unit": "us", "loss": r["loss"],
                "starved": r["starved"], **r["lat_us"]}
    return test


def udp_rr(size, window):
    def test(tb):
        r = tb.clean(lambda: tb.gen(size, 0, 2, True, w=window))
        return {"value": r["got_pps"], "unit": "req/s", "starved": r["starved"],
                "lost": r["offered"] - r["received"], "p50": r["lat_us"]["p50"],
                "p99": r["lat_us"]["p99"], "max": r["lat_us"]["max"]}
    return test


def tcp(mode, port, conns=1, size=1):
    def test(tb):
        r = tb.clean(lambda: tb.tcp(mode, port, 3, conns, size))
        bulk = mode in ("send", "recv")
        return {"value": r["mbps"] if bulk else r["tps"], "unit": "Mbit/s" if bulk else "req/s",
                "starved": r["starved"], "fails": r["fails"], "retrans": r["retrans"],
                "p50": r["lat_us"]["p50"], "p99": r["lat_us"]["p99"],
                "main_s": r["main_s"], "vcpu_s": r["vcpu_s"]}
    return test


def iperf(streams):
    """TCP through the router, between the namespaces."""
    def once(tb):
        srv = subprocess.Popen(["ip", "netns", "exec", f"{tb.tag}-b", "iperf3", "-s", "-1", "-B",
                                "10.0.2.2"], stdout=subprocess.DEVNULL)
        try:
            time.sleep(0.3)
            p = tb.ns("a", "iperf3", "-c", "10.0.2.2", "-t", "4", "-O", "1", "-P",
                      str(streams), "-J", check=False)
        finally:
            srv.terminate()
            srv.wait()
        e = json.loads(p.stdout).get("end", {})
        if "sum_received" not in e:
            raise RuntimeError(p.stdout[-300:])
        return {"value": e["sum_received"]["bits_per_second"] / 1e6, "unit": "Mbit/s",
                "retrans": e["sum_sent"].get("retransmits")}
    return lambda tb: tb.clean(lambda: once(tb))


# The gateways of the table of routes: see fib_table.c.
GATEWAYS = {"d": "10.0.2.2", "D": 120}


def table(size):
    """Flood destinations all over a table of routes (--addresses)."""
    def test(tb):
        def once():
            return tb.gen(size, 0, 1.2, F=tb.o.addresses, **GATEWAYS)
        if "memo" not in tb.__dict__:
            tb.memo = once()            # gateways are resolved
        r = tb.clean(once)
        n = max(r["received"], 1)
        return {"value": r["got_pps"], "unit": "pps", "offered_pps": r["offered_pps"],
                "bad": r["bad"], "starved": r["starved"], "vcpu_ns": r["vcpu_s"] * 1e9 / n}
    return test


TESTS = {
    "table64": table(64),
    "flood64": flood(64), "flood512": flood(512), "flood1518": flood(1518),
    "over64_0.5": flood(64, .5), "over64_0.9": flood(64, .9), "over64_1.5": flood(64, 1.5),
    "over64_2": flood(64, 2), "over64_4": flood(64, 4), "over1518_2": flood(1518, 2),
    "ndr64": ndr(64), "ndr1518": ndr(1518),
    "lat64": latency(64, 1000), "lat1518": latency(1518, 1000), "lat64_20k": latency(64, 20000),
    "udp_rr1": udp_rr(64, 1), "udp_rr64": udp_rr(64, 64), "udp_rr1_1k": udp_rr(1066, 1),
    "udp_ndr64": ndr(64, True), "udp_ndr1518": ndr(1518, True),
    "tcp_rx1": tcp("send", 9), "tcp_rx8": tcp("send", 9, 8),
    "tcp_tx1": tcp("recv", 19), "tcp_tx8": tcp("recv", 19, 8),
    "tcp_rr1": tcp("rr", 7), "tcp_rr100": tcp("rr", 7, 100),
    "tcp_rr100_1k": tcp("rr", 7, 100, 1024),
    "tcp_crr1": tcp("crr", 7), "tcp_crr32": tcp("crr", 7, 32),
    "iperf1": iperf(1), "iperf4": iperf(4),
}
GROUPS = {
    "fwd": "flood64,flood1518,over64_0.5,over64_0.9,over64_1.5,over64_2,over64_4,over1518_2,"
           "ndr64,ndr1518,lat64,lat1518,lat64_20k",
    "udp": "udp_rr1,udp_rr64,udp_rr1_1k,udp_ndr64,udp_ndr1518",
    "tcp": "tcp_rx1,tcp_rx8,tcp_tx1,tcp_tx8,tcp_rr1,tcp_rr100,tcp_rr100_1k,tcp_crr1,tcp_crr32",
    "iperf": "iperf1,iperf4",
}


class Out:
    def __init__(self, path):
        self.path = path

    def put(self, tb, test, **kw):
        v = tb.vm
        r = {"test": test, "vm": v.name, "guest": v.guest, "append": v.append, "smp": v.smp,
             "cpu": v.cpu, "backend": v.backend, "vnet": v.vnet, **kw}
        print(json.dumps(r), flush=True)
        if self.path:
            with open(self.path, "a") as f:
                f.write(json.dumps(r) + "\n")


def do_run(o, out):
    names = []
    for t in o.tests.split(","):
        names += GROUPS.get(t, t).split(",")
    beds = [Testbed(o, v) for v in o.vm]
    try:
        for tb in beds:
            tb.start()
            tb.pause(True)
        for rep in range(o.reps):
            for name in names:
                for tb in beds:
                    tb.pause(False)
                    time.sleep(0.1)
                    try:
                        out.put(tb, name, rep=rep, **TESTS[name](tb))
                    except RuntimeError as e:
                        out.put(tb, name, rep=rep, error=str(e)[-300:])
                    tb.pause(True)
    finally:
        for tb in beds:
            tb.stop()


def do_insn(o, out):
    """Guest instructions (and device register accesses) per unit of work."""
    opts = ",mmio=on" if o.mmio else ",exact=on" if o.exact else ""
    for spec in o.vm:
        with Testbed(o, spec, plugin=opts) as tb:
            tb.start()
            time.sleep(2)
            c0, t0 = tb.counters(), time.time()
            time.sleep(4)
            c1, t1 = tb.counters(), time.time()
            idle = [(b - a) / (t1 - t0) for a, b in zip(c0, c1)]
            out.put(tb, "insn_idle", insn_per_s=idle[0], mmio_per_s=idle[1])

            def measure(name, fn, units, **kw):
                def once():
                    a, ta = tb.counters(), time.time()
                    r = fn()
                    b, tb_ = tb.counters(), time.time()
                    n, dt = max(units(r), 1), tb_ - ta
                    return {"units": n, "insn": (b[0] - a[0] - idle[0] * dt) / n,
                            "mmio": (b[1] - a[1] - idle[1] * dt) / n}
                for rep in range(o.reps):
                    out.put(tb, name, rep=rep, **kw, **tb.clean(once))

            def got(r):
                return r["received"]

            def scale(key):     # tcpload counts after 0.5 s of warm-up
                return lambda r: r[key] * (r["secs"] + .5) / r["secs"]

            for size in o.sizes if "fwd" in o.tests else []:
                for pps in (500, 2000, 10000, 0):
                    measure("insn_fwd", lambda: tb.gen(size, pps, 2), got, size=size, pps=pps)
            if "table" in o.tests:
                tb.gen(64, 0, 1, F=o.addresses, **GATEWAYS)
                measure("insn_table64",
                        lambda: tb.gen(64, 0, 2, F=o.addresses, **GATEWAYS), got)
            for size in o.sizes if "udp" in o.tests else []:
                measure("insn_udp_rr1", lambda: tb.gen(size, 0, 2, True, w=1), got, size=size)
                measure("insn_udp_rr64", lambda: tb.gen(size, 0, 2, True, w=64), got, size=size)
                measure("insn_udp_flood", lambda: tb.gen(size, 0, 2, True), got, size=size)
            if "tcp" in o.tests:
                measure("insn_tcp_rx_byte", lambda: tb.tcp("send", 9), scale("bytes"))
                measure("insn_tcp_tx_byte", lambda: tb.tcp("recv", 19), scale("bytes"))
                measure("insn_tcp_rr1", lambda: tb.tcp("rr", 7), scale("trans"))
                measure("insn_tcp_rr100", lambda: tb.tcp("rr", 7, conns=100), scale("trans"))
                measure("insn_tcp_crr1", lambda: tb.tcp("crr", 7), scale("trans"))
                measure("insn_tcp_crr32", lambda: tb.tcp("crr", 7, conns=32), scale("trans"))


def do_boot(o, out):
    for rep in range(o.reps):
        for spec in o.vm:
            with Testbed(o, spec, settle="0") as tb:
                tb.start()
                out.put(tb, "boot", rep=rep, value=tb.boot_s, unit="s",
                        cpu_s=sum(tb.cpu_ns()) * 1e-9,
                        starved=tb.waited_ns() * 1e-9 / tb.boot_s)


def do_minram(o, out):
    for spec in o.vm:
        for mem in o.mems:
            with Testbed(o, spec, mem=str(mem)) as tb:
                try:
                    tb.start()
                    r = tb.gen(64, 1000, 1)
                    out.put(tb, "minram", mem=mem, ok=r["loss"] < 0.01, boot=tb.boot_s,
                            loss=r["loss"])
                except RuntimeError as e:
                    out.put(tb, "minram", mem=mem, ok=False, error=str(e)[:200])


def do_hold(o, out):
    beds = [Testbed(o, v, plugin=o.plugin) for v in o.vm]
    try:
        for tb in beds:
            tb.start()
            print(f"{tb.tag}: pid {tb.proc.pid} boot {tb.boot_s:.2f}s ports {' '.join(tb.ports)}",
                  flush=True)
        while True:
            time.sleep(1)
    finally:
        for tb in beds:
            tb.stop()


def do_clean(o, out):
    for v in o.vm:
        Testbed(o, v).drop_ns()


def main():
    def ints(s):
        return [int(x) for x in s.split(",")]
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["run", "insn", "boot", "minram", "hold", "clean"])
    p.add_argument("--vm", action="append", default=[])
    p.add_argument("--tests", default="fwd,udp,tcp", help="names or groups: "
                   + ", ".join(GROUPS) + ", " + ", ".join(TESTS))
    p.add_argument("--tag", default="perf", help="prefix of namespaces and work folders")
    p.add_argument("--reps", type=int, default=5)
    p.add_argument("--sizes", type=ints, default=[64, 1518], help="insn: frame sizes")
    p.add_argument("--mems", type=ints, default=[256, 128, 96, 80, 72, 64, 56, 48])
    p.add_argument("--exact", action="store_true", help="insn: count each instruction")
    p.add_argument("--mmio", action="store_true", help="insn: also count register accesses")
    p.add_argument("--plugin", help="hold: options for the instruction counter")
    p.add_argument("--no-pin", dest="pin", action="store_false")
    p.add_argument("--quiet", type=float, default=0.35,
                   help="wait until other work uses at most this many CPUs")
    p.add_argument("--retries", type=int, default=4)
    p.add_argument("--starve", type=float, default=0.05,
                   help="repeat a measurement in which QEMU waited longer than this share")
    p.add_argument("--nice", type=int, default=0, help="priority for QEMU and the generator")
    p.add_argument("--addresses", help="destinations of the table tests")
    p.add_argument("--out", default="")
    o = p.parse_args()
    o.vm = o.vm or ["name=linux"]
    signal.signal(signal.SIGTERM, lambda *a: sys.exit(1))
    if o.nice:
        os.setpriority(os.PRIO_PROCESS, 0, o.nice)
    globals()["do_" + o.what](o, Out(o.out))


if __name__ == "__main__":
    main()
