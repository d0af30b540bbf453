"""Packets in queues and logs, fingerprints and hooks: recorded on Linux 6.1 and 7.2, and what no recording has."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.output.json import body
from nlsniff.reader import Stream, make_decoder
from tests.conftest import ROOT
from tests.follow.talk import NETFILTER, nlmsg
from tests.golden import check_golden
from tests.spec.make import attr, be16, be32, nest, u8
from tests.support import check_tree, messages_of

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage

GOLDEN = Path(__file__).parent / "golden"
RECORDED = ("packets", "packets-new")
OWN = ("nfqueue", "nflog", "nfosf", "nfhook")
PACKET, VERDICT, CONFIG = 0x300, 0x301, 0x302
LOGGED = 0x400
OSF_ADD = 0x500
HOOK_GET = 0xC00
MULTI = 0x002
IP, BRIDGE, NETDEV, ARP = 2, 7, 5, 3


def recorded(name: str) -> list[NetlinkMessage]:
    stream = Stream(ROOT / "captures" / f"{name}.pcapng", make_decoder())
    return list(stream)


def ours(message: NetlinkMessage) -> bool:
    family = message.layout.family
    return family is not None and family.name in OWN


@pytest.mark.parametrize("name", RECORDED)
def test_every_byte_of_a_recording_has_a_name(name: str) -> None:
    messages = [message for message in recorded(name) if ours(message)]
    assert len(messages) > 40
    for message in messages:
        check_tree(message)
        assert (message.counts.unknown, message.problems) == (0, []), message.summary


def test_what_is_said_of_packets() -> None:
    lines = [f"{message.type_name} {message.summary}" for message in recorded("packets-new") if ours(message)]
    check_golden(GOLDEN / "packets.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("name", RECORDED)
def test_verdicts_are_about_packets_that_were_queued(name: str) -> None:
    queued, judged = set(), set()
    for message in recorded(name):
        if message.type == PACKET:
            queued.add((message.get("queue"), message.get("packet-hdr.packet-id")))
        elif message.type == VERDICT and message.get("queue") != 9:
            judged.add((message.get("queue"), message.get("verdict-hdr.id")))
    assert judged <= queued
    assert len(judged) == len(queued) - 2  # two that went with a batch


def test_the_payload_is_what_was_sent() -> None:
    """By the length in its own IPv4 header, which is in network order like all around it."""
    found = 0
    for message in recorded("packets-new"):
        if message.type == PACKET and message.get("queue") != 2:
            payload = message.root.get("payload")
            assert payload is not None
            assert int.from_bytes(payload.raw[2:4], "big") == len(payload.raw)
            found += 1
    assert found == 9


def test_a_queued_packet_has_its_connection_and_its_owner() -> None:
    packet = next(
        message for message in recorded("packets-new") if message.type == PACKET and message.get("queue") == 3
    )
    assert packet.get("ct.tuple-orig.tuple-proto.proto-dst-port") == 1005
    assert (packet.get("ct-info"), packet.get("uid"), packet.get("gid")) == ("new", 0, 0)
    assert packet.get("skb-info") == ["csumnotready"]


# ---- hooks, as nft prints them ---------------------------------------------------------------------------------------


def printed_hooks() -> list[tuple[str, ...]]:
    """Family, hook, device, priority, what is called and its module, a line of `nft list hooks` each."""
    found: list[tuple[str, ...]] = []
    family = hook = device = ""
    for line in (ROOT / "captures" / "packets-new.tool.txt").read_text().splitlines():
        if match := re.fullmatch(r"family (\w+) {", line):
            family = match[1]
        elif match := re.fullmatch(r"\thook (\w+)(?: device (\w+))? {", line):
            hook, device = match[1], match[2] or ""
        elif match := re.fullmatch(r"\t\t([ +-]\d{10}) (.*?)(?: \[(\w+)])?", line):
            found.append((family, hook, device, str(int(match[1])), match[2], match[3] or ""))
    return found


def told_hooks() -> list[tuple[str, ...]]:
    """The same by the messages that nft was answered with."""
    found: list[tuple[str, ...]] = []
    device = ""
    messages = recorded("packets-new")
    began = next(at for at, message in enumerate(messages) if message.type == 0xA10)  # NFT_MSG_GETGEN
    for message in messages[began:]:
        if message.type != HOOK_GET:
            continue
        said = body(message.root)
        if message.direction == "to-kernel":
            device = said.get("dev", "")
            continue
        of = said.get("chain-info", {}).get("desc", {})
        kind = {"nftables": "chain", "nft-flowtable": "flowtable"}.get(said.get("chain-info", {}).get("type", ""))
        what = f"{kind} {of['family']} {of['table']} {of['name']}" if kind else said["function-name"]
        found.append(
            (said["nfgen-family"], said["hooknum"], device, str(said["priority"]), what, said.get("module-name", ""))
        )
    return found


def test_hooks_are_as_nft_lists_them() -> None:
    printed = printed_hooks()
    assert sorted(told_hooks()) == sorted(printed)
    assert len(printed) == 15


# ---- what no recording has -------------------------------------------------------------------------------------------


def told(type_: int, payload: bytes, family: int = IP, number: int = 0, flags: int = 0) -> NetlinkMessage:
    (message,) = messages_of(nlmsg(type_, flags, 0, 0, u8(family) + b"\0" + be16(number) + payload), NETFILTER)
    check_tree(message)
    return message


@pytest.mark.parametrize(
    ("family", "number", "hook"),
    [(IP, 4, "postrouting"), (BRIDGE, 5, "brouting"), (ARP, 1, "output"), (NETDEV, 0, "ingress"), (IP, 9, 9)],
)
def test_a_hook_is_named_by_its_family(family: int, number: int, hook: str | int) -> None:
    packet = told(PACKET, attr(1, be32(7) + be16(0x806) + u8(number)), family, 300)
    assert packet.get("packet-hdr.hook") == hook
    assert packet.summary == f"queue 300 packet 7 {hook}"
    assert packet.get("packet-hdr.hw-protocol") == "arp"


def test_a_packet_of_a_bridge() -> None:
    frame = bytes.fromhex("0200000000020200000000010800")
    body_of = attr(1, be32(1) + be16(0x800) + u8(2)) + attr(7, be32(5)) + attr(5, be32(9))
    body_of += attr(9, be16(6) + bytes(2) + frame[6:12] + bytes(2)) + nest(
        19, attr(2, be16(0x2064)), attr(1, be16(0x8100))
    )
    body_of += (
        attr(20, frame) + attr(18, b"system_u\0") + attr(13, be32(1500)) + attr(14, be32(5)) + attr(22, be32(0x10001))
    )
    packet = told(PACKET, body_of, BRIDGE, 1)
    assert (packet.counts.unknown, packet.problems) == (0, [])
    said = body(packet.root)
    assert said["hwaddr"] == {"hw-addrlen": 6, "hw-addr": "02:00:00:00:00:01"}
    assert said["vlan"] == {"tci": 0x2064, "proto": "8021q"}
    assert (said["l2hdr"], said["secctx"], said["cap-len"]) == (frame.hex(), "system_u", 1500)
    assert said["skb-info"] == ["csumnotready", "csum-notverified"]


def test_a_verdict_that_expects_a_connection() -> None:
    tuple_of = nest(1, attr(1, bytes([192, 0, 2, 1])), attr(2, bytes([192, 0, 2, 2])))
    tuple_of += nest(2, attr(1, u8(6)), attr(3, be16(20)))
    verdict = told(VERDICT, attr(2, be32(1) + be32(5)) + nest(15, nest(2, tuple_of), attr(4, be32(60))), number=4)
    assert (verdict.counts.unknown, verdict.problems) == (0, [])
    assert verdict.get("exp.tuple.tuple-proto.proto-dst-port") == 20
    assert verdict.get("exp.timeout") == 60
    assert verdict.summary == "queue 4 packet 5 accept"


@given(st.integers(0, 5), st.integers(0, 0xFFFF), st.booleans(), st.integers(0, 0xFFFFFFFF))
def test_the_parts_of_a_verdict(kind: int, queue: int, bypass: bool, packet: int) -> None:
    number = queue << 16 | bypass << 15 | kind
    said = body(told(VERDICT, attr(2, be32(number) + be32(packet))).root)["verdict-hdr"]
    names = ("drop", "accept", "stolen", "queue", "repeat", "stop")
    assert said == {"queue": queue, "flags": ["bypass"] * bypass, "verdict": names[kind], "id": packet}


def test_what_ends_a_datagram_of_logged_packets() -> None:
    end = told(3, b"", 0, 513)
    assert (end.counts.unknown, end.problems, end.summary) == (0, [], "group 513")
    of_a_dump = told(3, b"", 0, 0, MULTI)
    assert (of_a_dump.root.get("group"), of_a_dump.get("error")) == (None, 0)


def test_a_logged_packet_has_the_header_of_its_hardware() -> None:
    body_of = attr(1, be16(0x86DD) + u8(1) + b"\0") + attr(15, be16(1)) + attr(17, be16(14)) + attr(16, bytes(14))
    logged = told(LOGGED, body_of + attr(3, struct.pack(">QQ", 1700000000, 250)) + attr(12, be32(3)), 10, 2)
    assert (logged.counts.unknown, logged.problems) == (0, [])
    assert (logged.get("hwtype"), logged.get("hwlen"), logged.get("seq")) == ("ether", 14, 3)
    assert logged.get("timestamp.usec") == 250
    assert logged.summary == "group 2 input"


def finger(count: int, rest: bytes = b"") -> NetlinkMessage:
    options = struct.pack("=HHII", 2, 4, 1, 1460) * min(count, 40)
    head = struct.pack("=IIBBHHH32s32s32s", 1, 4, 64, 1, 60, 1460, count, b"Linux", b"2.6", b"old")
    return told(OSF_ADD, attr(1, head + (options + rest).ljust(480, b"\0")))


@pytest.mark.parametrize("count", [0, 1, 39, 40, 41])
def test_a_fingerprint_has_as_many_options_as_it_says(count: int) -> None:
    message = finger(count)
    assert (message.counts.unknown, message.problems) == (0, [])
    assert message.summary == "Linux 2.6 old"
    said: Any = body(message.root)["finger"]
    assert [option["kind"] for option in said["opt"]] == ["mss"] * min(count, 40)


def test_what_stands_behind_the_options_is_unknown() -> None:
    message = finger(3, b"\1")
    assert message.counts.unknown == 480 - 3 * 12


def test_a_program_of_bpf_is_called_by_a_hook() -> None:
    chain = nest(6, attr(2, be32(2)), nest(1, attr(1, be32(77))))
    hook = told(
        HOOK_GET, attr(1, be32(0)) + attr(2, be32(0xFFFFFF38)) + attr(4, b"bpf_prog\0") + chain, IP, flags=MULTI
    )
    assert (hook.counts.unknown, hook.problems) == (0, [])
    assert hook.summary == "ip prerouting -200 bpf_prog bpf 77"
