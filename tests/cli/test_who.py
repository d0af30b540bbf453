"""`nlsniff who` against what others know: programs' system calls (`*.truth.json`, by strace), and the scenes' scripts.

The truth says which process's socket sent and received each frame. The requests about an object are found there by
their bytes, with nothing of nlsniff but its reader of files.
"""

from __future__ import annotations

import errno
import json
import struct
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import nlsniff
from nlsniff.cli import PROGRAM, told
from nlsniff.reader import Stream, make_decoder
from tests.cli.invoke import Result, invoke
from tests.conftest import ROOT
from tests.follow.sockets import Truth

if TYPE_CHECKING:
    from pathlib import Path

LINK, ADDR, ROUTE, NEIGH, RULE, NEXTHOP = 16, 20, 24, 28, 32, 104  # the first type of each four
CAPTURES = ROOT / "captures"


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("<HH", 4 + len(payload), kind) + payload


def name(text: str) -> bytes:
    return attribute(3, text.encode() + b"\0")  # IFLA_IFNAME


def to(address: str) -> bytes:
    return attribute(1, ip_address(address).packed)  # RTA_DST, NDA_DST


def local(address: str) -> bytes:
    return attribute(2, ip_address(address).packed)  # IFA_LOCAL


def number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("<I", value))  # FRA_PRIORITY, NHA_ID


ND, NM = "systemd-network", "NetworkManager"
# Words, the program that the scene has do it, and how its requests are known: type of the message, an attribute.
MANAGERS: list[tuple[str, str, int, bytes]] = [
    ("203.0.113.1/24", ND, ADDR, local("203.0.113.1")),
    ("address 2001:db8:1::1", ND, ADDR, local("2001:db8:1::1")),
    ("198.51.100.1/24", ND, ADDR, local("198.51.100.1")),
    ("192.0.2.65/26", NM, ADDR, local("192.0.2.65")),
    ("address 2001:db8:2::1/64", NM, ADDR, local("2001:db8:2::1")),
    ("192.0.2.129/26 dev nmdummy", NM, ADDR, local("192.0.2.129")),
    ("10.9.0.0/16 table 1000", ND, ROUTE, to("10.9.0.0")),
    ("route 10.10.0.0/16", ND, ROUTE, to("10.10.0.0")),
    ("route 10.20.0.0/16 table 77 metric 50", NM, ROUTE, to("10.20.0.0")),
    ("10.21.0.0/16 dev nm0", NM, ROUTE, to("10.21.0.0")),
    ("rule 1000", ND, RULE, number(6, 1000)),
    ("rule 900", NM, RULE, number(6, 900)),
    ("from 10.20.0.0/16 table 77".removeprefix("from "), NM, RULE, number(6, 900)),
    ("nexthop 70", ND, NEXTHOP, number(1, 70)),
    ("neighbour 203.0.113.9", ND, NEIGH, to("203.0.113.9")),
    *((f"dev {link}", ND, LINK, name(link)) for link in ("nd0.7", "br7", "ndmacvlan", "ndvxlan", "ndgre")),
    *((f"interface {link}", ND, LINK, name(link)) for link in ("ndbond", "ndvrf")),
    *((f"link {link}", NM, LINK, name(link)) for link in ("nmbr", "nm0.9", "nmdummy", "nmbond", "nmvxlan", "nmgre")),
    *((f"temporary{i}", "ip", LINK, name(f"temporary{i}")) for i in range(1, 7)),
    *((f"192.0.2.{i}/32 dev temporary{i}", "ip", ADDR, local(f"192.0.2.{i}")) for i in range(1, 7)),
    *((f"10.77.{i}.0/24", "ip", ROUTE, to(f"10.77.{i}.0")) for i in range(1, 7)),
]  # fmt: skip
ZEBRA: list[tuple[str, str, int, bytes]] = [
    *((f"10.100.{i}.0/24", "ip", ROUTE, to(f"10.100.{i}.0")) for i in range(1, 7)),
    *((f"10.0.{i}.0/24", "ip", ROUTE, to(f"10.0.{i}.0")) for i in range(1, 7)),
    *((f"nexthop 900{i}", "ip", NEXTHOP, number(1, 9000 + i)) for i in range(1, 7)),
    *((f"10.200.{i}.0/24", "zebra", ROUTE, to(f"10.200.{i}.0")) for i in range(5)),
    *((f"route 10.201.{i}.0/24", "zebra", ROUTE, to(f"10.201.{i}.0")) for i in range(5)),
    *((f"2001:db8:{i}::/48", "zebra", ROUTE, to(f"2001:db8:{i}::")) for i in range(5)),
]


class Asked(NamedTuple):
    """A request as its program saw it: its frame, and the error number that the same socket was answered with."""

    process: str
    frame: int
    errno: str | None


@cache
def frames(capture: str) -> list[bytes]:
    """The datagrams, that of frame N at N."""
    found: dict[int, bytes] = {}
    for message in Stream(str(CAPTURES / f"{capture}.pcapng.zst"), make_decoder()):
        found.setdefault(message.frame, message.data[16:])
    return [found.get(at, b"") for at in range(max(found) + 1)]


@cache
def requests(capture: str) -> list[tuple[str, int, int, bytes, str | None]]:
    """All requests of rtnetlink as strace knows them: process, frame, type, message, and the error they got."""
    data, found = frames(capture), []
    for owner in Truth.load(CAPTURES / f"{capture}.truth.json").owners:
        if owner.protocol != 0:
            continue
        path, _, pid = owner.process.partition("[")
        process = f"{path[:15]}[{pid}"  # the kernel's name of a process (TASK_COMM_LEN)
        errors = {}
        for frame in owner.received:
            for kind, sequence, body in messages(data[frame]):
                if kind == 2 and (code := struct.unpack_from("<i", body, 16)[0]):
                    errors[sequence, struct.unpack_from("<H", body, 24)[0]] = errno.errorcode[-code]
        found += [
            (process, frame, kind, body, errors.get((sequence, kind)))
            for frame in owner.sent
            for kind, sequence, body in messages(data[frame])
        ]
    return found


def messages(data: bytes) -> list[tuple[int, int, bytes]]:
    """Type, sequence number and bytes of each message of a datagram."""
    found, at = [], 0
    while at + 16 <= len(data):
        length, kind, _, sequence = struct.unpack_from("<IHHI", data, at)
        found.append((kind, sequence, data[at : at + length]))
        at += max(length + 3 & ~3, 16)
    return found


@cache
def opened(capture: str) -> nlsniff.Capture:
    return nlsniff.Capture(next(CAPTURES.glob(f"{capture}.pcapng*")))


def asked_in(capture: str, steps: list[dict[str, Any]]) -> set[Asked]:
    """The requests that `who` names, of what was asked for itself."""
    return {
        Asked(step["process"], opened(capture)[step["request"]["message"]].frame, step["errno"])
        for step in steps
        if step["request"] is not None and step["cause"] is None
    }


@pytest.mark.parametrize(("capture", "table"), [("managers", MANAGERS), ("zebra", ZEBRA)])
def test_who_names_what_the_system_calls_say(capture: str, table: list[tuple[str, str, int, bytes]]) -> None:
    owners = {(frame, process) for process, frame, *_ in requests(capture)}
    for words, program, kind, needle in table:
        steps = opened(capture).who(words)
        wanted = {
            Asked(process, frame, error)
            for process, frame, type_, body, error in requests(capture)
            if type_ in {kind, kind + 1} and needle in body
        }
        found = asked_in(capture, steps)
        assert wanted, words
        assert wanted <= found, (words, wanted - found)
        assert {(one.frame, one.process) for one in found} <= owners, words
        assert {one.process.partition("[")[0] for one in wanted} == {program}, words
        for step in steps:
            assert step["result"] == ("refused" if step["errno"] else step["result"])
            assert bool(step["reason"]) == (step["result"] == "refused"), words


def test_there_are_fifty_objects() -> None:
    assert len({words for words, *_ in (*MANAGERS, *ZEBRA)}) >= 70


# What the script of the scene `events` does, command by command, and what must be told of it.
EVENTS = [
    ("link dummy0", "make", "RTM_NEWLINK"), ("dev dummy0", "set", "RTM_NEWLINK"),
    ("192.0.2.1/24", "add", "RTM_NEWADDR"), ("198.51.100.0/24", "add", "RTM_NEWROUTE"),
    ("198.51.100.0/24", "delete", "RTM_DELROUTE"), ("192.0.2.1/24", "delete", "RTM_DELADDR"),
    ("dummy0", "delete", "RTM_DELLINK"),
]  # fmt: skip


def test_a_script_is_told_as_it_was_written() -> None:
    capture = opened("events")
    times = []
    for words, verb, kind in EVENTS:
        (step,) = [
            one for one in capture.who(words)
            if one["verb"] == verb and one["request"] is not None and one["request"]["type"] == kind
        ]  # fmt: skip
        assert (step["result"], step["process"]) == ("ok", None)
        assert len(step["notifications"]) > 1, "three listeners"
        times.append(step["time_ns"])
    assert times == sorted(times), "in the order of the script"
    # `echo 1400 > mtu` is no request.
    (mtu,) = [step for step in capture.who("dummy0") if step["text"] == "mtu 1500 -> 1400"]
    assert (mtu["request"], mtu["result"], mtu["answer"]) == (None, "notified", None)


RULESET = "captures/ruleset-life.pcapng"
# What is typed behind `who`, the exit status, and what is printed somewhere on stdout or stderr.
TYPED = [
    ("10.77.3.0/24 captures/managers.pcapng.zst", 0, "by ip[868]: message 358, RTM_NEWROUTE 10.77.3.0/24 dev"),
    ("10.77.3.0/24 captures/managers.pcapng.zst", 0, "gone with its link\n      by ip[870]: because of message 429, "),
    # It refuses a route of that metric, which is gone, and not the one of metric 100.
    ("default captures/managers.pcapng.zst", 0, "after 0.268 ms\n  2026-11-21 22:54:15.335058  refused: deleted: via "),
    ("chain c captures/batches.pcapng.zst", 0, "jump nowhere; nlsniff: what it names is not there, or "),
    (f"bridge shop input handle 12 {RULESET}", 0, "rule 12 replaced: "),
    (f"{RULESET} chain input", 0, "chain bridge shop input\n"),  # as tshark has it, the file first
    (f"table {RULESET}", 2, f"which table? Name it before the file: `nlsniff who table NAME {RULESET}`"),
    (f"chain input {RULESET}", 0, "chain bridge shop input\n"),
    (f"chain common {RULESET}", 0, "renamed from common to usual"),
    (f"table shop {RULESET}", 0, "table bridge shop\n"),
    (f"table bridge shop {RULESET}", 0, "refused: rejected: name shop; nlsniff: there is a table of this name"),
    (f"nowhere {RULESET}", 0, "refused: rejected: chain nowhere; nlsniff: the table has no such chain (ENOENT), "),
    (f"10.0.1.7 {RULESET}", 0, "1 element deleted: 10.0.1.7"),
    (f"192.0.2.0/28 {RULESET}", 0, "by nft[774]: message 106, "),
    (f"shopp {RULESET}", 1, "nlsniff: nothing about shopp; table bridge shop was added by nft[773] (message 43)"),
    ("spi 0x101 captures/xfrm.pcapng", 0, "by not known (port 816): message 20, XFRM_MSG_NEWSA ah"),
    ("policy 10.1.0.0/16 captures/xfrm.pcapng", 0, "refused: nlsniff: there is no such policy (ENOENT)"),
    ("10/8 captures/referee-ipset.pcapng", 0, "ipset net4\n"),
    ("127.0.0.9 captures/referee-conntrack.pcapng", 0, "connection gre 127.0.0.1:0 -> 127.0.0.9:1"),
    ("rule 2000 captures/rules-neighbours.pcapng", 0, "refused: Backward goto not supported (EINVAL), answered by "),
    ("0.0.0.0/0 captures/routes.pcapng", 0, "route default of inet\n"),
    ("10.4.0.0/15 captures/routes.pcapng", 1, "route 10.4.0.0/16 was added (message 53)"),
    ("10.4.7.7 captures/routes.pcapng", 1, "nothing about 10.4.7.7; route 10.4.0.0/16 was added"),
    ("192.0.2.1 captures/events.pcapng captures/first-route.pcapng", 0, "address 192.0.2.1/24 dev dummy0\n"),
    ("10.0.0.0/8 -i nlmon7777", 2, "leave out -i, and nlsniff makes its own; or --groups link,ipv4-route"),
    ("10.0.0.0/8 nosuch.pcap", 2, "nosuch.pcap: no such file"),
    ("captures/routes.pcapng", 2, "Name an object before the file"),
    ("dev", 2, "dev which? For example `dev eth0`"),
    ("spi many captures/xfrm.pcapng", 2, "an SPI is a number"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "status", "said"), TYPED)
def test_what_is_typed(typed: str, status: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    try:
        done = invoke(PROGRAM, ["who", *typed.split()])
    except nlsniff.NlsniffError as error:
        status_told, words = told(error)
        done = Result(status_told, "", words)
    assert done.exit_code == status, done
    assert said in done.output


def test_json_is_an_object_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    _, out, _ = invoke(PROGRAM, ["who", "198.51.100.0/24", "captures/events.pcapng", "--json"])
    added, deleted = map(json.loads, out.splitlines())
    assert added == opened("events").who("198.51.100.0/24")[0]
    assert (added["verb"], added["answer"], deleted["verb"]) == ("add", 71, "delete")
    assert added["request"] == {
        "message": 68, "type": "RTM_NEWROUTE", "summary": "198.51.100.0/24 via 192.0.2.254",
    }  # fmt: skip


def test_a_ring_of_files_is_one(tmp_path: Path) -> None:
    """As `capture -b` leaves it: what one file begins another ends."""
    capture = opened("events")
    parts = []
    for at, (start, stop) in enumerate(((1, 72), (72, len(capture) + 1))):
        parts.append(str(tmp_path / f"ring_{at:05}.pcapng"))
        nlsniff.write(parts[-1], capture[start:stop])
    status, out, _ = invoke(PROGRAM, ["who", "198.51.100.0/24", *reversed(parts), "--json"])
    assert status == 0
    assert [json.loads(line)["verb"] for line in out.splitlines()] == ["add", "delete"]
