# SPDX-License-Identifier: BSD-2-Clause
"""Known attacks and the tests that stand for them; for assurance.py."""
import ast
import sys

# Known attacks, by the names that they are known under, and what stands for
# each: (what, file, function). The frames of tests/boot/test_attacks.py and
# the storms of test_exhaustion.py join them by name.
BOOT = "tests/boot/test_attacks.py"
SCN = "tests/scenario"
UNIT = "tests/unit/net"
ATTACKS = {
    "Ripple20": [
        ("CVE-2020-11906: a frame shorter than its header",
         f"{UNIT}/wire/eth_test.c", "short_frames_are_truncated"),
        ("all of the family's ARP fields", f"{UNIT}/wire/arp_test.c",
         "test_each_malformed_field_has_its_reason"),
    ],
    "AMNESIA:33": [
        ("CVE-2020-17437: urgent data beyond the text",
         f"{SCN}/urgent_receive.scn", None),
        ("every length of every TCP option", f"{SCN}/options_malformed.scn",
         None),
        ("options cut anywhere", f"{UNIT}/wire/tcp_test.c",
         "what_is_cut_short_is_not_read"),
    ],
    "NAME:WRECK class parsers": [],
    "URGENT/11": [
        ("CVE-2019-12255, CVE-2019-12263: urgent pointers of 0, in a hole, "
         "beyond everything", f"{SCN}/urgent_attacks.scn", None),
        ("CVE-2019-12261: an urgent pointer in the handshake",
         f"{SCN}/urgent_in_handshake.scn", None),
        ("CVE-2019-12256: every malformed IP option",
         f"{UNIT}/wire/ipv4_options_test.c",
         "malformed_options_are_refused_and_pointed_to"),
        ("CVE-2019-12265: forged and damaged IGMP",
         f"{UNIT}/igmp/igmp_test.c", "forged_and_damaged_messages_are_dropped"),
    ],
    "INFRA:HALT": [
        ("CVE-2020-35685: sequence numbers that can be guessed", BOOT,
         "test_sequence_numbers_cannot_be_guessed"),
        ("CVE-2021-31400: urgent data out of all bounds",
         f"{SCN}/urgent_attacks.scn", None),
    ],
    "SACK Panic": [
        ("CVE-2019-11477: the least MSS, and holes between all segments",
         f"{SCN}/sack_panic.scn", None),
        ("CVE-2019-11478: slivers acknowledged", f"{SCN}/sack_slivers.scn",
         None),
        ("CVE-2019-11479: an MSS of 1", f"{SCN}/tiny_mss.scn", None),
        ("reneging peers", f"{SCN}/sack_reneging.scn", None),
    ],
    "SegmentSmack": [
        ("CVE-2018-5390: bytes out of order", f"{SCN}/segment_smack.scn",
         None),
        ("what waits out of order gives way", f"{SCN}/ofo_pruned.scn", None),
    ],
    "FragmentSmack": [
        ("CVE-2018-5391: a source has a share", f"{UNIT}/ipv4/frag_in_test.c",
         "a_source_has_a_share"),
        ("memory is bounded", f"{UNIT}/ipv4/frag_in_test.c",
         "memory_is_bounded_and_the_oldest_goes_first"),
        ("a flood is forgotten", f"{UNIT}/ipv4/frag_in_test.c",
         "a_flood_is_forgotten_within_seconds"),
    ],
    "teardrop": [
        ("overlaps of every kind", f"{UNIT}/ipv4/frag_in_test.c",
         "contradicting_fragments_are_refused_for_good"),
        ("random fragments", f"{UNIT}/ipv4/frag_in_test.c", "noise_is_bounded"),
    ],
    "ping of death": [
        ("with options in its header", f"{UNIT}/ipv4/frag_in_test.c",
         "a_long_header_cannot_exceed_the_limit"),
    ],
    "LAND": [
        ("CVE-1999-0016: where accept_local lets it in",
         f"{UNIT}/tcp/socket_test.c", "land_is_dropped"),
    ],
    "Etherleak padding": [
        ("CVE-2003-0001: what is sent is padded with zeros", BOOT,
         "test_padding_says_nothing"),
        ("padding received is no data", f"{UNIT}/ipv4/input_test.c",
         "padding_is_cut_off"),
        ("short frames", "tests/unit/drivers/e1000e/ring_test.c",
         "short_frames_are_padded"),
    ],
    "blind reset and injection (RFC 5961)": [
        ("CVE-2004-0230: resets", f"{SCN}/rst.scn", None),
        ("SYNs", f"{SCN}/syn_in_window.scn", None),
        ("data", f"{SCN}/blind_ack.scn", None),
        ("CVE-2004-0790: ICMP errors", f"{SCN}/icmp_hard.scn", None),
        ("TIME-WAIT assassination", f"{SCN}/time_wait_rst.scn", None),
    ],
    "challenge-ACK side channel": [
        ("CVE-2016-5696: each connection has its own limit",
         f"{SCN}/challenge_limit.scn", None),
    ],
    "predictable ISN": [
        ("RFC 6528", f"{UNIT}/tcp/isn_test.c",
         "other_ends_and_other_boots_tell_nothing"),
        ("timestamps", f"{UNIT}/tcp/isn_test.c",
         "timestamps_begin_anywhere_and_tick_by_the_millisecond"),
        ("SYN cookies", f"{SCN}/cookies.scn", None),
    ],
    "ports and IP-ID": [
        ("RFC 6056: ports of TCP", f"{UNIT}/tcp/isn_test.c",
         "ports_are_spread_over_the_whole_range"),
        ("RFC 6056: ports of UDP", f"{UNIT}/udp_test.c",
         "chosen_ports_cannot_be_guessed"),
        ("RFC 6864: identifications do not count",
         f"{UNIT}/ipv4/output_test.c",
         "identifications_do_not_repeat_and_do_not_count"),
        ("RFC 7739: off-path inference from a record of them",
         f"{UNIT}/ipv4/output_test.c",
         "a_record_of_identifications_is_worth_nothing"),
        ("idle scan", BOOT, "test_identifications_tell_nothing"),
    ],
    "ARP poisoning limits": [
        ("a second answer within locktime", f"{UNIT}/neigh/nud_test.c",
         "test_second_answer_within_locktime_is_dropped_by_name"),
        ("a flood of forged stations", f"{UNIT}/neigh/table_test.c",
         "test_spoof_flood_evicts_only_its_own_kind"),
        ("a host that was forged is found again",
         "tests/boot/test_exhaustion.py", "test_a_spoofed_neighbour_is_found_again"),
    ],
    "ICMP redirect and PMTU abuse": [
        ("redirects that must not be obeyed", f"{UNIT}/ipv4/path_test.c",
         "what_must_not_be_obeyed"),
        ("a router obeys none", f"{UNIT}/ipv4/path_test.c",
         "a_router_does_not_obey_unless_told_twice"),
        ("CVE-2004-1060: MTUs of a connection", f"{SCN}/pmtu.scn", None),
        ("tiny MTUs", f"{UNIT}/ipv4/path_test.c", "tiny_mtus_are_not_believed"),
        ("the table of paths is bounded", f"{UNIT}/ipv4/path_test.c",
         "the_table_is_bounded"),
    ],
    "source routing": [
        ("refused by default", f"{UNIT}/ipv4/options_test.c",
         "source_routes_are_refused_by_default"),
        ("where allowed, to no odd address", f"{UNIT}/ipv4/options_test.c",
         "a_source_route_cannot_smuggle_odd_addresses"),
    ],
    "directed-broadcast and reflection amplification": [
        ("RFC 2644: directed broadcasts", f"{UNIT}/ipv4/forward_test.c",
         "directed_broadcasts_are_forwarded_only_on_request"),
        ("answers to broadcasts", "tests/unit/apps/echo_test.c",
         "broadcasts_are_not_answered"),
        ("chargen", "tests/unit/apps/echo_test.c", "chargen_is_no_amplifier"),
        ("ICMP errors have a rate", f"{UNIT}/icmp_error_test.c",
         "all_hosts_together_hear_no_more_than_the_global_rate"),
        ("SYN-ACKs to who did not ask", f"{SCN}/syn_flood_forgotten.scn",
         None),
    ],
    "console-output stalls": [
        ("a serial line that nobody reads",
         "tests/boot/test_stalled_console.py", "test_a_line_that_nobody_reads"),
        ("one that is slow", "tests/boot/test_stalled_console.py",
         "test_a_line_that_is_slow"),
        ("a command whose output nobody takes",
         "tests/unit/apps/console/console_test.c",
         "test_a_stuck_terminal_stalls_nothing"),
        ("a log that nobody takes",
         "tests/unit/apps/console/console_test.c",
         "test_a_log_that_nobody_reads_is_bounded"),
    ],
    "overload and exhaustion": [
        ("1, 2, 5, 10 times what the box carries",
         "tests/boot/test_overload.py",
         "test_what_is_delivered_does_not_fall_under_overload"),
        ("console, ARP, ICMP, TCP meanwhile", "tests/boot/test_overload.py",
         "test_others_are_served_under_overload"),
        ("the flooded port itself", "tests/boot/test_overload.py",
         "test_the_flooded_port_answers_for_itself"),
        ("early drop", "tests/unit/drivers/e1000e/early_test.c",
         "an_overloaded_box_looks_for_who_speaks_to_it"),
        ("a reserve of packet buffers",
         "tests/unit/drivers/e1000e/early_test.c",
         "the_last_buffers_are_for_the_vital"),
        ("SYN flood: connections are made", "tests/boot/test_exhaustion.py",
         "test_connections_are_made_through_a_syn_flood"),
        ("slow readers", "tests/boot/test_exhaustion.py",
         "test_slow_readers_hold_no_more_than_tcp_may"),
        ("slow read, a little now and then", f"{UNIT}/tcp/relief_test.c",
         "a_little_now_and_then_does_not_save"),
        ("silent connections", "tests/boot/test_exhaustion.py",
         "test_silent_connections_fill_their_pool_and_nothing_else"),
        ("100 000 half-open or silent connections",
         "tests/boot/test_crowds.py", "test_a_hundred_thousand_of_them"),
        ("the same where the box speaks first", "tests/boot/test_crowds.py",
         "test_where_the_box_speaks_first_the_refused_are_told"),
        ("idle connections, and no room", "tests/boot/test_crowds.py",
         "test_idle_connections_make_room"),
        ("who forges a SYN ends no idle connection",
         f"{UNIT}/tcp/crowd_test.c", "an_idle_one_makes_room"),
    ],
}


def dictionary(path, name):
    """The keys of a dict that a test file defines, without running it."""
    with open(path, encoding="utf-8") as f:
        tree = ast.parse(f.read())
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return [ast.literal_eval(key) for key in node.value.keys]
    sys.exit(f"assurance.py: {path} has no {name}")


def join_frames():
    """Each attack of the boot test under the name that it begins with."""
    for key in dictionary(BOOT, "ATTACKS"):
        names = [n for n in ATTACKS if key.startswith(n)]
        if not names:
            sys.exit(f"assurance.py: {BOOT}: {key}: of no family")
        what = key[len(names[0]):].strip(" ,")
        ATTACKS[names[0]].append((what or "as it was", BOOT,
                                  "test_each_attack_dies_of_its_reason"))
    for storm in dictionary("tests/boot/test_exhaustion.py", "STORMS"):
        ATTACKS["overload and exhaustion"].append(
            (f"storm: {storm.replace('_', ' ')}",
             "tests/boot/test_exhaustion.py", "test_a_storm_passes"))
