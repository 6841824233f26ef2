# SPDX-License-Identifier: BSD-2-Clause
"""The lab: the appliance in QEMU, with wires to whatever the test wants.

    Machine     one QEMU with the image, its serial console and its monitor
    Host        a real Linux host: a network namespace with a tap as its eth0
    Wire        a socket that gives and takes raw frames, for scapy
    Queueing    what the machine under the lab took from it

Nothing here needs names in the system: namespaces live as long as the process
that holds them, sockets lie in the test's own directory.
"""
import ctypes
import fcntl
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pexpect
import pexpect.fdpexpect

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
OUT = os.environ.get("FAIRLEAD_OUT", f"{ROOT}/out")
ELF = f"{OUT}/fairlead.elf"
ISO = f"{OUT}/fairlead.iso"
OVMF = "/usr/share/ovmf/OVMF.fd"
PROMPT = re.compile(rb"(?:^|[\r\n])([\w.-]+)(?:\[\d+\])?# $")
# A loaded machine is ten times slower than an idle one.
PATIENCE = float(os.environ.get("FAIRLEAD_PATIENCE", "10"))

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 2, 0x1000
F_SETPIPE_SZ = 1031


def until(condition, seconds=3 * PATIENCE):
    """Waits until condition() is true; what it was. Much longer than it takes:
    only what never comes has to wait for the end of it."""
    end = time.time() + seconds
    while not (found := condition()):
        assert time.time() < end, "it does not come"
        time.sleep(0.05)
    return found


class Queueing:
    """How long threads have stood in line for a processor, in all: what this
    machine took, and not the box. Takes those that a process has now; own
    threads by their ids."""

    def __init__(self, pid, *threads):
        paths = [f"/proc/{pid}/task/{thread}" for thread in
                 os.listdir(f"/proc/{pid}/task")]
        paths += [f"/proc/self/task/{thread}" for thread in threads]
        self.last = {open(f"{path}/schedstat", encoding="ascii"): 0
                     for path in paths}

    def seconds(self):
        for file in self.last:
            try:
                # Time on a processor, time in line, turns; in ns.
                text = os.pread(file.fileno(), 64, 0)
                self.last[file] = int(text.split()[1])
            except ProcessLookupError:
                pass    # it has ended
        return sum(self.last.values()) * 1e-9

    def close(self):
        for file in self.last:
            file.close()


class Host:
    """A Linux host on one wire of the appliance."""

    def __init__(self, name, addr=None, gateway=None, mac=None, mtu=1500):
        self.name = name
        self.holder = subprocess.Popen(
            ["unshare", "-n", "sleep", "infinity"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self._wait_unshared()
        self.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                 "net.ipv6.conf.default.disable_ipv6=1")
        self.run("ip", "link", "set", "lo", "up")
        self.fd = self._make_tap()
        if mac:
            self.run("ip", "link", "set", "eth0", "address", mac)
        self.run("ip", "link", "set", "eth0", "mtu", str(mtu), "up")
        # The tap's peer computes no checksums for us.
        self.run("ethtool", "-K", "eth0", "tx", "off", check=False)
        if addr:
            self.run("ip", "addr", "add", addr, "dev", "eth0")
        if gateway:
            self.run("ip", "route", "add", "default", "via", gateway)

    def _wait_unshared(self):
        ours = os.readlink("/proc/self/ns/net")
        end = time.time() + 10
        while time.time() < end:
            try:
                if os.readlink(f"/proc/{self.holder.pid}/ns/net") != ours:
                    return
            except OSError:
                pass
            time.sleep(0.002)
        raise RuntimeError("no network namespace: are we root (in a user "
                           "namespace)?")

    def _make_tap(self):
        """Opens a tap inside the namespace; the descriptor works anywhere."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY)
        try:
            if _libc.setns(there, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            fd = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"eth0",
                                                   IFF_TAP | IFF_NO_PI))
        finally:
            _libc.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)
        os.set_inheritable(fd, True)
        return fd

    def _command(self, cmd):
        return ["nsenter", "-t", str(self.holder.pid), "-n", "--", *cmd]

    def run(self, *cmd, check=True, timeout=60, **kw):
        p = subprocess.run(self._command(cmd), text=True, timeout=timeout,
                           capture_output=True, **kw)
        if check and p.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(cmd)}: exit "
                               f"{p.returncode}\n{p.stdout}{p.stderr}")
        return p

    def start(self, *cmd, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        kw.setdefault("stdout", subprocess.PIPE)
        kw.setdefault("stderr", subprocess.STDOUT)
        return subprocess.Popen(self._command(cmd), text=True, **kw)

    def ping(self, addr, *options, count=3):
        """(sent, received) of Linux's ping. Of an answer that must not come,
        "-W", "1" sees enough."""
        p = self.run("ping", "-n", "-c", str(count), "-i", "0.2", "-W", "5",
                     *options, addr, check=False)
        m = re.search(r"(\d+) packets transmitted, (\d+) received", p.stdout)
        if not m:
            raise RuntimeError(p.stdout + p.stderr)
        return int(m.group(1)), int(m.group(2))

    def listens(self, port, kind="-t"):
        """Waits for somebody who listens on the port."""
        until(lambda: f":{port} " in self.run("ss", "-lnH", kind).stdout)

    def netdev(self):
        return ["-netdev", f"tap,id={{id}},fd={self.fd}"]

    def close(self):
        os.close(self.fd)
        self.holder.kill()
        self.holder.wait()


class Wire:
    """Raw frames to and from one port of the appliance."""

    def __init__(self, directory, name):
        self.vm_path = f"{directory}/{name}.vm"
        self.own_path = f"{directory}/{name}.test"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        self.sock.bind(self.own_path)

    def netdev(self):
        return ["-netdev", f"dgram,id={{id}},local.type=unix,"
                f"local.path={self.vm_path},remote.type=unix,"
                f"remote.path={self.own_path}"]

    def send(self, frame):
        self.sock.sendto(bytes(frame), self.vm_path)

    def receive(self, timeout=2.0):
        """The next frame's bytes, None after timeout seconds."""
        ready, _, _ = select.select([self.sock], [], [], timeout)
        return self.sock.recv(70000) if ready else None

    def drain(self):
        while self.receive(0) is not None:
            pass

    def expect(self, wanted, timeout=1.5 * PATIENCE):
        """The first frame for which wanted(frame) is true; None."""
        end = time.time() + timeout
        while time.time() < end:
            frame = self.receive(max(0.0, end - time.time()))
            if frame is not None and wanted(frame):
                return frame
        return None

    def close(self):
        self.sock.close()


class Machine:
    """The appliance, from power-on to power-off."""

    def __init__(self, directory, ports=(), boot=None, machine="q35",
                 cpu="qemu64", smp=1, mem="64M", nic="e1000e", config=None,
                 append=None, fw_cfg=None, extra=(), nic_options="",
                 reboots=False, listen=False, log_name="machine"):
        """listen: nobody types, and what the serial line says goes straight
        to the log, which never makes the machine wait."""
        self.directory = directory
        self.log_path = f"{directory}/{log_name}.log"
        self.args = ["qemu-system-x86_64", "-M", machine, "-accel", "tcg",
                     "-cpu", cpu, "-smp", str(smp), "-m", str(mem),
                     "-nodefaults", "-no-user-config", "-display", "none"]
        if not reboots:
            self.args += ["-no-reboot"]
        self.fds = []
        self.monitor_path = f"{directory}/{os.urandom(4).hex()}.mon"
        self.args += ["-monitor",
                      f"unix:{self.monitor_path},server=on,wait=off"]
        if listen:
            self.args += ["-serial", f"file:{self.log_path}"]
        else:
            self._add_serial()
        self._add_boot(boot or ["-kernel", ELF], config, append)
        if fw_cfg is not None:
            path = self._write("fw_cfg.conf", fw_cfg)
            self.args += ["-fw_cfg",
                          f"name=opt/org.fairlead/config,file={path}"]
        for i, port in enumerate(ports):
            self._add_port(i, port, nic, nic_options)
        self.args += extra
        self.started = time.time()
        self.proc = subprocess.Popen(
            self.args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(f"{directory}/{log_name}.err", "w"),
            pass_fds=self.fds, start_new_session=True)
        self.console = None if listen else self._connect(self.serial_path)
        self._monitor = None

    def _write(self, name, text):
        path = f"{self.directory}/{name}"
        with open(path, "w") as f:
            f.write(text)
        return path

    def _add_serial(self):
        self.serial_path = f"{self.directory}/{os.urandom(4).hex()}.serial"
        self.args += [
            "-chardev", f"socket,id=com1,path={self.serial_path},server=on,"
            f"wait=on,logfile={self.log_path}", "-serial", "chardev:com1"]

    def _add_boot(self, boot, config, append):
        self.args += boot
        if config is not None:
            self.args += ["-initrd", self._write("boot.conf", config)]
        if append is not None:
            self.args += ["-append", append]

    def _add_port(self, i, port, nic, options):
        if port is not None:
            self.args += [a.format(id=f"n{i}") for a in port.netdev()]
            if isinstance(port, Host):
                self.fds.append(port.fd)
        self.args += ["-device", f"{nic},id=nic{i},"
                      f"mac={mac_of(i)},romfile="
                      + (f",netdev=n{i}" if port is not None else "")
                      + options]

    def _connect(self, path):
        end = time.time() + 30
        sock = socket.socket(socket.AF_UNIX)
        while True:
            try:
                sock.connect(path)
                break
            except OSError:
                if time.time() > end or self.proc.poll() is not None:
                    raise RuntimeError(self.errors())
                time.sleep(0.001)
        self.serial = sock
        # Always drained, whether the test looks or not: a socket takes only
        # some hundred of QEMU's small writes before the UART stalls.
        reader, writer = os.pipe()
        fcntl.fcntl(writer, F_SETPIPE_SZ, 1 << 20)
        self._reads = threading.Event()
        self._reads.set()
        threading.Thread(target=self._drain, args=(sock, writer, self._reads),
                         daemon=True).start()
        console = pexpect.fdpexpect.fdspawn(reader, timeout=3 * PATIENCE)
        console.delaybeforesend = None
        console.send = sock.sendall
        return console

    @staticmethod
    def _drain(sock, writer, reads):
        try:
            while reads.wait() and (data := sock.recv(65536)):
                os.write(writer, data)
        except OSError:
            pass
        os.close(writer)

    def stop_reading(self):
        """The serial line stands still, but for what is under way already."""
        self._reads.clear()

    def read_on(self):
        self._reads.set()

    def errors(self):
        path = self.log_path[:-4] + ".err"
        return open(path).read() if os.path.exists(path) else ""

    def log(self):
        """Everything the serial console has said, as text."""
        if not os.path.exists(self.log_path):
            return ""
        return open(self.log_path, errors="replace").read()

    # -- the console -----------------------------------------------------------

    def ready(self, timeout=6 * PATIENCE):
        """Waits for the line `fairlead: ready ...` and the prompt; the line."""
        self.console.expect(rb"(fairlead: ready[^\r\n]*)\r?\n",
                            timeout=timeout)
        line = self.console.match.group(1).decode()
        self.ready_s = time.time() - self.started
        self.console.expect(PROMPT)
        return line

    def cmd(self, line, timeout=3 * PATIENCE):
        """Types a line; what it printed, without echo and prompt."""
        self.console.send(line.encode() + b"\r")
        self.console.expect(re.compile(re.escape(line.encode())
                                       + rb"\r*\n"), timeout=timeout)
        self.console.expect(PROMPT, timeout=timeout)
        return self.console.before.decode(errors="replace").replace("\r", "")

    def timed(self, line):
        """(output, seconds) of a line; without those in which we or QEMU stood
        in line for a processor."""
        queueing = Queueing(self.proc.pid, *os.listdir("/proc/self/task"))
        start = time.monotonic() - queueing.seconds()
        text = self.cmd(line)
        seconds = time.monotonic() - queueing.seconds() - start
        queueing.close()
        return text, seconds

    def rc(self, line):
        """(output, exit code) of a line."""
        text = self.cmd(line)
        return text, int(self.cmd("echo $?").split()[-1])

    def json(self, line):
        return json.loads(self.cmd(line))

    # -- QEMU --------------------------------------------------------------------

    def monitor(self, line):
        """A line for QEMU's monitor; its answer."""
        if not self._monitor:
            self._monitor = socket.socket(socket.AF_UNIX)
            self._monitor.connect(self.monitor_path)
            self._monitor_answer()
        self._monitor.sendall(line.encode() + b"\n")
        return self._monitor_answer()

    def _monitor_answer(self):
        text = b""
        while not text.endswith(b"(qemu) "):
            piece = self._monitor.recv(4096)
            if not piece:
                break
            text += piece
        return text.decode(errors="replace")

    def cpu_seconds(self):
        with open(f"/proc/{self.proc.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait(self, timeout=3 * PATIENCE):
        """QEMU's exit status once it has ended by itself."""
        try:
            return self.proc.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def poweroff(self):
        """Asks the appliance to switch itself off; QEMU's exit status."""
        self.console.send(b"poweroff\r")
        return self.wait()

    def close(self):
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
            try:
                self.proc.wait(5)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        if self.console:
            self.serial.close()
            os.close(self.console.child_fd)
        if self._monitor:
            self._monitor.close()


def mac_of(port):
    return f"52:54:00:00:{port:02x}:01"


def have(*programs):
    """Those that are missing."""
    return [p for p in programs if not shutil.which(p)]
