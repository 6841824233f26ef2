# SPDX-License-Identifier: BSD-2-Clause
"""ARP: what is answered, asked, announced and believed"""
from words import *

NEW = "10.0.1.99"
NEW_MAC = "02:00:00:00:01:63"


@probe
def request_is_answered(b):
    """A request for our address is answered to who asked [RFC826]."""
    b.send(0, arp())


@probe
def request_by_unicast(b):
    """A request in a unicast frame, too [RFC1122 2.3.2.1]."""
    b.send(0, arp(dst=BOX_MAC[0]))


@probe
def request_for_others(b):
    """A request for somebody else's address: silence [RFC826]."""
    b.send(0, arp(pdst="10.0.1.50"), arp(pdst="10.0.2.2"), arp(pdst="99.0.0.1"))


@probe
def request_for_other_ports_address(b):
    """A request for the address of the other port: answered, by default
    [RFC1122 3.3.4.2]."""
    b.send(0, arp(pdst=ETH1))


@probe
def request_for_loopback(b):
    """A request for 127.0.0.1 [RFC1122 3.2.1.3]."""
    b.send(0, arp(pdst="127.0.0.1"))


@probe
def request_for_broadcast(b):
    """A request for the broadcast address, a group, 0.0.0.0 [RFC826]."""
    b.send(0, arp(pdst="10.0.1.255"), arp(pdst="255.255.255.255"),
           arp(pdst="224.0.0.1"), arp(pdst="0.0.0.0"))


@probe
def request_teaches(b):
    """Who asks us is learned [RFC826]."""
    b.send(0, arp(psrc=NEW, hwsrc=NEW_MAC))
    b.show("ip neigh show 10.0.1.99")
    b.send(1, udp(B, NEW), quiet=0.5)


@probe
def request_for_others_does_not_teach(b):
    """Who asks somebody else is not learned [RFC826]."""
    b.send(0, arp(psrc=NEW, hwsrc=NEW_MAC, pdst="10.0.1.50"))
    b.show("ip neigh show 10.0.1.99")


@probe
def request_for_others_updates(b):
    """But a known one's new address is believed [RFC826]."""
    b.send(0, arp(psrc=NEW, hwsrc=NEW_MAC))
    b.wait(1.5)
    b.send(0, arp(psrc=NEW, hwsrc="02:00:00:00:01:64", pdst="10.0.1.50"))
    b.show("ip neigh show 10.0.1.99")


@probe
def reply_unasked(b):
    """A reply that nobody waits for teaches nothing new [RFC826]."""
    b.send(0, arp("is-at", NEW, ETH0, NEW_MAC, BOX_MAC[0], dst=BOX_MAC[0]))
    b.show("ip neigh show 10.0.1.99")


@probe
def reply_unasked_accepted(b):
    """With arp_accept 1 a gratuitous ARP makes an entry [RFC5227 3]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.arp_accept=1")
    b.send(0, arp("who-has", NEW, NEW, NEW_MAC))
    b.show("ip neigh show 10.0.1.99")


@probe
def gratuitous_request(b):
    """A gratuitous request makes no entry by default [RFC5227 3]."""
    b.send(0, arp("who-has", NEW, NEW, NEW_MAC))
    b.show("ip neigh show 10.0.1.99")


@probe
def gratuitous_updates(b):
    """But updates one that is there [RFC5227 3]."""
    b.send(0, arp(psrc=NEW, hwsrc=NEW_MAC))
    b.wait(1.5)
    b.send(0, arp("who-has", NEW, NEW, "02:00:00:00:01:64"))
    b.show("ip neigh show 10.0.1.99")
    b.wait(1.5)
    b.send(0, arp("is-at", NEW, NEW, "02:00:00:00:01:65", ALL))
    b.show("ip neigh show 10.0.1.99")


@probe
def permanent_is_kept(b):
    """A permanent entry does not follow what the wire says [RFC1122 2.3.2.1]."""
    b.send(0, arp(psrc=A, hwsrc="02:00:00:00:09:09"))
    b.show("ip neigh show 10.0.1.2")


@probe
def flapping_is_locked(b):
    """Two answers within a second: the first counts (locktime) [RFC826]."""
    strip(b, A)
    b.send(1, udp(B, A))
    b.send(0, arp("is-at", A, ETH0, HOST_MAC[0], BOX_MAC[0], dst=BOX_MAC[0]),
           arp("is-at", A, ETH0, "02:00:00:00:09:09", BOX_MAC[0],
               dst=BOX_MAC[0]))
    b.show("ip neigh show 10.0.1.2")


@probe
def probe_is_answered(b):
    """An address probe (sender 0.0.0.0) for our address is answered
    [RFC5227 2.1.1]."""
    b.send(0, arp(psrc="0.0.0.0"))
    b.show("ip neigh show dev eth0 to 0.0.0.0/32")


@probe
def probe_for_others(b):
    """A probe for somebody else's: silence [RFC5227 2.1.1]."""
    b.send(0, arp(psrc="0.0.0.0", pdst="10.0.1.50"))


@probe
def conflict(b):
    """Somebody announces our address [RFC5227 2.4]."""
    b.send(0, arp("who-has", ETH0, ETH0, "02:00:00:00:06:66"), least=1)
    b.send(0, arp("is-at", ETH0, ETH0, "02:00:00:00:06:66", ALL), least=1)


@probe
def our_address_as_sender(b):
    """Somebody asks with our address as its own [RFC5227 2.4]."""
    b.send(0, arp("who-has", ETH0, A, "02:00:00:00:06:66"), least=1)


@probe
def sender_of_another_net(b):
    """A request from an address that is not of this link [RFC1812 3.3.2]."""
    b.send(0, arp(psrc="99.0.0.9", hwsrc=NEW_MAC))
    b.show("ip neigh show 99.0.0.9")


@probe
def sender_of_the_other_port(b):
    """A request from an address that belongs behind the other port
    [RFC1812 3.3.2]."""
    b.send(0, arp(psrc="10.0.2.2", hwsrc=NEW_MAC))
    b.show("ip neigh show dev eth0 to 10.0.2.2/32")


@probe
def sender_is_multicast(b):
    """A sender whose hardware address is a group's [RFC1812 3.3.2]."""
    b.send(0, arp(psrc=NEW, hwsrc="01:00:5e:00:00:09", src=NEW_MAC))
    b.show("ip neigh show 10.0.1.99")


@probe
def sender_is_broadcast(b):
    """A sender whose IP address is the broadcast address [RFC1812 3.3.2]."""
    b.send(0, arp(psrc="10.0.1.255", hwsrc=NEW_MAC),
           arp(psrc="255.255.255.255", hwsrc=NEW_MAC),
           arp(psrc="224.0.0.1", hwsrc=NEW_MAC))
    b.show("ip neigh show dev eth0 to 10.0.1.255/32")


@probe
def other_hardware_type(b):
    """Hardware types 6 (IEEE 802) and 15 (frame relay) [RFC826]."""
    b.send(0, arp(hwtype=6))
    b.send(0, arp(hwtype=15))


@probe
def other_protocol_type(b):
    """ARP for something that is not IP [RFC826]."""
    b.send(0, arp(ptype=0x86dd), arp(plen=6))


@probe
def other_operations(b):
    """Reverse ARP, inverse ARP, operation 0 and 77: silence [RFC826]."""
    b.send(0, arp(op=3), arp(op=8), arp(op=0), arp(op=77))


@probe
def cut_request(b):
    """A request that ends too early [RFC826]."""
    f = bytes(arp())
    b.send(0, Ether(f[:40]))


@probe
def ignore_1(b):
    """arp_ignore 1: only addresses of that very port [RFC1122 3.3.4.2]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.arp_ignore=1")
    b.send(0, arp(pdst=ETH1), arp(pdst=ETH0))


@probe
def ignore_2(b):
    """arp_ignore 2: and only who is of the same subnet [RFC1122 3.3.4.2]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.arp_ignore=2")
    b.send(0, arp(psrc="10.0.9.9"), arp(pdst=ETH1), arp(psrc=A2))


@probe
def ignore_3(b):
    """arp_ignore 3: no addresses of scope host [RFC1122 3.3.4.2]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.arp_ignore=3")
    b.address("10.0.1.60/32 dev eth0 scope host")
    b.address("10.0.1.61/32 dev eth0 scope link")
    b.send(0, arp(pdst="10.0.1.60"), arp(pdst="10.0.1.61"), arp(pdst=ETH0))


@probe
def ignore_8(b):
    """arp_ignore 8: none at all [RFC1122 3.3.4.2]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.arp_ignore=8")
    b.send(0, arp())


@probe
def ignore_all_and_port(b):
    """Of conf.all and the port's the greater value counts [RFC1122 3.3.4.2]."""
    b.cmd("sysctl -w net.ipv4.conf.all.arp_ignore=1")
    b.send(0, arp(pdst=ETH1), arp(pdst=ETH0))


@probe
def filter(b):
    """arp_filter: only if the asker is routed by that port [RFC1122 3.3.4.2]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.arp_filter=1")
    b.send(0, arp(pdst=ETH1), arp(psrc="10.0.2.2", hwsrc=NEW_MAC),
           arp(psrc="99.0.0.9", hwsrc=NEW_MAC))


@probe
def announce_0(b):
    """arp_announce 0: any address of the box may ask [RFC826]."""
    strip(b, B)
    b.ping(B, "-M dont -s 8 -I 10.0.1.1")
    b.wait(0.5)


@probe
def announce_1(b):
    """arp_announce 1: preferably one of the target's subnet [RFC826]."""
    strip(b, B)
    b.cmd("sysctl -w net.ipv4.conf.eth1.arp_announce=1")
    b.ping(B, "-M dont -s 8 -I 10.0.1.1")
    b.wait(0.5)


@probe
def announce_2(b):
    """arp_announce 2: always the best one for the target [RFC826]."""
    strip(b, B)
    b.cmd("sysctl -w net.ipv4.conf.eth1.arp_announce=2")
    b.ping(B, "-M dont -s 8 -I 10.0.1.1")
    b.wait(0.5)


@probe
def proxy(b):
    """proxy_arp: the box answers for who is routed by another port
    [RFC1027]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.proxy_arp=1",
          "sysctl -w net.ipv4.neigh.eth0.proxy_delay=0")
    b.send(0, arp(pdst=B), arp(pdst="10.0.1.50"), arp(pdst="99.0.0.1"),
           arp(pdst=ETH0), quiet=1.2)


@probe
def proxy_late(b):
    """A proxy waits a while before it answers a broadcast [RFC1027]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.proxy_arp=1")
    b.send(0, arp(pdst=B), quiet=1.5)


@probe
def proxy_default_route(b):
    """And for who is routed by the default route [RFC1027]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.proxy_arp=1",
          "ip route add default via 10.0.2.2",
          "sysctl -w net.ipv4.neigh.eth0.proxy_delay=0")
    b.send(0, arp(pdst="99.0.0.1"), quiet=1.2)


@probe
def proxy_of_one_address(b):
    """`ip neigh add proxy`: for that address alone [RFC1027]."""
    b.cmd("ip neigh add proxy 10.0.1.88 dev eth0")
    b.show("ip neigh show proxy")
    b.send(0, arp(pdst="10.0.1.88"), arp(pdst="10.0.1.89"), quiet=1.5)


@probe
def proxy_pvlan(b):
    """proxy_arp_pvlan: also for who is on the same port [RFC3069]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.proxy_arp_pvlan=1",
          "sysctl -w net.ipv4.neigh.eth0.proxy_delay=0")
    b.send(0, arp(pdst="10.0.1.50"), quiet=1.2)


@probe
def proxy_answers_no_probe(b):
    """A proxy does not contest an address probe by itself [RFC5227 2.1.1]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.proxy_arp=1",
          "sysctl -w net.ipv4.neigh.eth0.proxy_delay=0")
    b.send(0, arp(psrc="0.0.0.0", pdst=B), quiet=1.2)


@probe
def arp_off(b):
    """`ip link set arp off`: neither asks nor answers [RFC826]."""
    b.cmd("ip link set eth0 arp off")
    b.send(0, arp())
    b.send(1, udp(B, "10.0.1.50"), quiet=0.5)
    b.say("NOARP" if "NOARP" in b.ask("ip link show eth0") else "ARP")


@probe
def notify_on_address(b):
    """With arp_notify 1 a port that comes up is announced [RFC5227 2.3]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.arp_notify=1", "ip link set eth0 down",
          "ip link set eth0 up")
    b.wait(4)


@probe
def notify_on_mac(b):
    """And one whose hardware address changes [RFC5227 2.3]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.arp_notify=1", "ip link set eth0 down",
          "ip link set eth0 address 02:00:00:00:00:aa", "ip link set eth0 up")
    b.wait(4)
    b.send(0, arp(), quiet=0.5)


@probe
def new_mac_is_used(b):
    """A hardware address that was changed in service [RFC826]."""
    b.cmd("ip link set eth0 address 02:00:00:00:00:aa")
    b.wait(3)
    b.send(0, arp(), quiet=0.5)
    b.send(0, ping(dst=ETH0), quiet=0.5)
    b.send(0, ping(dst=ETH0), dst="02:00:00:00:00:aa", quiet=0.5)


@probe
def evict_nocarrier(b):
    """What is left of neighbours when the wire goes out [RFC1122 2.3.2.1]."""
    b.send(0, arp(psrc=NEW, hwsrc=NEW_MAC))
    b.carrier(0, False)
    b.show("ip neigh show dev eth0", order=False)


@probe
def neighbours_go_with_the_port(b):
    """What is left of them when the port is switched off [RFC1122 2.3.2.1]."""
    b.send(0, arp(psrc=NEW, hwsrc=NEW_MAC))
    b.cmd("ip link set eth0 down")
    b.show("ip neigh show dev eth0", order=False)


@probe
def new_address_is_announced(b):
    """An address that is added: is the link told [RFC5227 2.3]."""
    b.cmd("ip addr add 10.0.1.70/24 dev eth0")
    b.wait(2.5)
