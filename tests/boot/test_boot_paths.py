# SPDX-License-Identifier: BSD-2-Clause
"""Every way in: each boots to the prompt, answers a ping, switches off."""
import os
import re
import shutil

import pytest
from scapy.all import ARP, ICMP, IP, Ether, Raw

import lab

CONFIG = "ip addr add 10.0.0.1/24 dev eth0\nip link set eth0 up\n"
PEER = "02:00:00:00:00:aa"


def routes(count, first=20):
    """A table as text, some 40 bytes a route."""
    return "".join(f"ip route add {first + (n >> 16)}.{n >> 8 & 255}.{n & 255}"
                   ".0/24 via 10.0.0.2\n" for n in range(count))


def answers_ping(wire, addr="10.0.0.1", peer="10.0.0.2"):
    """Resolves addr and pings it once, as a bare station would."""
    wire.drain()
    wire.send(Ether(dst="ff:ff:ff:ff:ff:ff", src=PEER)
              / ARP(op=1, hwsrc=PEER, psrc=peer, pdst=addr) / Raw(b"\0" * 18))
    reply = wire.expect(lambda f: Ether(f).haslayer(ARP)
                        and Ether(f)[ARP].op == 2
                        and Ether(f)[ARP].psrc == addr)
    assert reply, "no answer to ARP"
    mac = Ether(reply)[ARP].hwsrc
    wire.send(Ether(dst=mac, src=PEER) / IP(src=peer, dst=addr)
              / ICMP(id=7, seq=1) / Raw(b"fairlead" * 7))
    echo = wire.expect(lambda f: Ether(f).haslayer(ICMP)
                       and Ether(f)[ICMP].type == 0)
    assert echo, "no answer to ping"
    assert bytes(Ether(echo)[ICMP].payload)[:56] == b"fairlead" * 7
    return mac


def through(machine, wire, last_route=None):
    line = machine.ready()
    assert re.match(r"fairlead: ready .*\b\d+ ms", line), line
    assert answers_ping(wire) == lab.mac_of(0)
    assert "eth0" in machine.cmd("ip -br link")
    if last_route:
        assert (f"{last_route} via 10.0.0.2 dev eth0"
                in machine.cmd(f"ip route show {last_route}"))
    assert machine.poweroff() == 0
    assert "panic" not in machine.log()


IN_ISO = "20.15.159.0/24"


def iso(directory):
    """The image with this test's configuration on it, and a table too large
    to be copied before there is an allocator."""
    path = f"{directory}/test.iso"
    conf = f"{directory}/test.conf"
    with open(conf, "w") as f:
        f.write(CONFIG + routes(4000))
    import subprocess
    subprocess.run(["make", "-s", "-C", lab.ROOT, "iso", f"CONFIG={conf}",
                    f"ISO_OUT={path}", f"O={lab.OUT}"], check=True,
                   capture_output=True, timeout=120)
    return path


@pytest.mark.parametrize("smp", [1, 2, 4])
@pytest.mark.parametrize("cpu", ["qemu64", "max"])
@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_kernel_pvh(boot, wire, machine, cpu, smp):
    w = wire()
    through(boot(ports=[w], machine=machine, cpu=cpu, smp=smp,
                 config=CONFIG), w)


@pytest.mark.parametrize("mem", ["8M", "16M", "512M", "6G"])
def test_memory_sizes(boot, wire, mem):
    w = wire()
    m = boot(ports=[w], mem=mem, config=CONFIG)
    m.ready()
    answers_ping(w)
    total = int(re.search(r"Mem:\s+(\d+)", m.cmd("free")).group(1))
    installed = {"8M": 8 << 10, "16M": 16 << 10, "512M": 512 << 10,
                 "6G": 6 << 20}[mem]
    # What is above 4 GiB counts; what the firmware and the image keep does not.
    assert installed * 0.70 < total <= installed
    assert m.poweroff() == 0


def test_four_mebibytes_end_in_a_clear_message(boot, wire):
    """Up without all it wants, and saying so; or not up, and saying why."""
    m = boot(mem="4M", ports=[wire("w0"), wire("w1")], config=CONFIG)
    m.ready()
    assert re.search(r"memory is short|too little", m.cmd("dmesg"))
    assert m.poweroff() == 0


def test_three_mebibytes_end_in_a_clear_message(boot):
    """The image alone takes all of two."""
    m = boot(mem="3M")
    lab.until(lambda: re.search(r"panic: .*memory|too little (RAM|memory)",
                                m.log()))


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_iso_bios_cd(boot, wire, directory, machine):
    w = wire()
    through(boot(ports=[w], machine=machine,
                 boot=["-cdrom", iso(directory), "-boot", "d"]), w, IN_ISO)


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_iso_bios_disk(boot, wire, directory, machine):
    w = wire()
    drive = f"file={iso(directory)},format=raw,if=none,id=d,snapshot=on"
    device = "ide-hd,drive=d"
    through(boot(ports=[w], machine=machine,
                 boot=["-drive", drive, "-device", device]), w, IN_ISO)


def test_iso_uefi_cd(boot, wire, directory):
    w = wire()
    through(boot(ports=[w], mem="256M",
                 boot=["-bios", lab.OVMF, "-cdrom", iso(directory)]), w,
            IN_ISO)


def test_iso_uefi_usb(boot, wire, directory):
    w = wire()
    drive = f"file={iso(directory)},format=raw,if=none,id=d,snapshot=on"
    through(boot(ports=[w], mem="256M", smp=2,
                 boot=["-bios", lab.OVMF, "-device", "qemu-xhci", "-drive",
                       drive, "-device", "usb-storage,drive=d,bootindex=0"]),
            w, IN_ISO)


UEFI = ["-bios", lab.OVMF]
# Without a ROM: the firmware's own PXE client, not iPXE's.
BARE = "virtio-net-pci,romfile="


@pytest.mark.parametrize("firmware,card,file,own", [
    pytest.param([], "e1000e", "fairlead.0", True, id="bios-own"),
    pytest.param([], "e1000e", "fairlead.0", False, id="bios-common"),
    pytest.param(UEFI, "e1000e", "BOOTX64.EFI", False, id="uefi-ipxe-common"),
    pytest.param(UEFI, BARE, "BOOTX64.EFI", True, id="uefi-edk2-own"),
])
def test_network(boot, wire, directory, firmware, card, file, own):
    """PXE, from a directory of the server's; with the configuration of this
    machine alone, or of all."""
    root = f"{directory}/tftp/far/away"
    shutil.copytree(f"{lab.OUT}/pxe", root)
    name = "fairlead-52-54-00-50-58-45" if own else "fairlead"
    with open(f"{root}/fairlead.conf", "w") as f:
        f.write("hostname common\n")
    with open(f"{root}/{name}.conf", "w") as f:
        f.write(CONFIG + routes(4000))
    net = f"user,id=pxe,tftp={directory}/tftp,bootfile=far/away/{file}"
    w = wire()
    through(boot(ports=[w], mem="256M", boot=[*firmware, "-boot", "n"],
                 extra=["-netdev", net, "-device",
                        f"{card},netdev=pxe,mac=52:54:00:50:58:45,"
                        "bootindex=0"]), w, IN_ISO)


def test_sizes():
    assert os.path.getsize(lab.ELF) < 768 << 10
    assert os.path.getsize(lab.ISO) < 4 << 20


def test_built_in_default_serves_echo(boot, wire):
    """What `make run` boots when it is given nothing."""
    w = wire()
    m = boot(ports=[w])
    m.ready()
    answers_ping(w, "10.0.2.15", "10.0.2.2")
    assert "default via 10.0.2.2 dev eth0" in m.cmd("ip route")


def test_a_table_of_routes(boot, wire):
    """100 000 routes as a module, some more through fw_cfg; what held the text
    is memory like any other afterwards."""
    w = wire()
    m = boot(ports=[w], config=CONFIG + routes(100000),
             fw_cfg=routes(3000, 40))
    m.ready()
    answers_ping(w)
    assert re.search(r"Routes: 1030\d\d of", m.cmd("cat /proc/net/fib_triestat"))
    for last in ("21.134.159.0/24", "40.11.183.0/24"):
        assert f"{last} via 10.0.0.2" in m.cmd(f"ip route show {last}")
    total, used = re.search(r"Mem:\s+(\d+)\s+(\d+)", m.cmd("free")).groups()
    without = boot(ports=[wire("w1")], config=CONFIG)
    without.ready()
    bare, bare_used = re.search(r"Mem:\s+(\d+)\s+(\d+)",
                                without.cmd("free")).groups()
    assert int(total) >= int(bare) - 64
    # At most 32 bytes a route, and a lookup structure.
    assert int(used) - int(bare_used) < 103000 * 40 / 1024 + 1024


# covers: R1812-168
def test_configuration_order(boot, wire, directory):
    """The command line wins over fw_cfg, fw_cfg over the boot module."""
    m = boot(ports=[wire()], config=CONFIG + "hostname module\n",
             fw_cfg="hostname fwcfg\nip addr add 10.0.9.1/24 dev eth0\n",
             append="hostname=cmdline")
    m.ready()
    assert m.console.match.group(1) == b"cmdline"
    text = m.cmd("ip -4 addr show dev eth0")
    assert "10.0.0.1/24" in text and "10.0.9.1/24" in text


# covers: H1122-062
def test_ip_on_the_command_line(boot, wire):
    w = wire()
    m = boot(ports=[w], append="ip=10.7.0.1::10.7.0.254:255.255.255.0::eth0")
    m.ready()
    answers_ping(w, "10.7.0.1", "10.7.0.2")
    assert "default via 10.7.0.254 dev eth0" in m.cmd("ip route")


# covers: R1812-175
def test_a_broken_configuration_names_file_line_and_column(boot, wire):
    w = wire()
    m = boot(ports=[w], config="# comment\nip addr add 10.0.0.1/24 dev eth0\n"
             "ip link set eth0 up\nip adr frob\n"
             "ip route add 10.0.0.300/24 dev eth0\n")
    m.ready()
    answers_ping(w)
    errors = re.findall(r"(\S+):(\d+):(\d+): error: (.+)", m.log())
    assert [int(e[1]) for e in errors] == [4, 5], errors
    assert 'unknown' in errors[0][3]
    assert "10.0.0.300/24" in errors[1][3]
