"""What of a capture is the recorder's own: by its marks, and in recordings without marks by what it is known to do."""

from __future__ import annotations

import io
import struct
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest

from nlsniff.file.write import open_writer
from nlsniff.follow.own import Own
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.wire.comments import OWN, device_comment, device_in, is_own, process_comment, process_in
from nlsniff.wire.constants import NETLINK_GENERIC, NETLINK_ROUTE, NETLINK_SOCK_DIAG
from nlsniff.wire.cooked import cooked_header
from tests.conftest import ROOT
from tests.follow.talk import attr, nlmsg

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nlsniff.decode.node import Node
    from nlsniff.file.sniff import Format

RECORDED = sorted((ROOT / "captures").glob("*.pcapng*"))
# What programs were told of the recorder's device and sockets, counted by hand in each recording.
TOLD = {
    "at-once": {"RTM_NEWLINK": 53, "SOCK_DIAG_BY_FAMILY": 40},
    "at-once-smp": {"RTM_NEWLINK": 25, "SOCK_DIAG_BY_FAMILY": 16},
    "basics": {"RTM_NEWLINK": 1},
    "bridge-life": {"RTM_NEWLINK": 4, "RTM_NEWSTATS": 4},
    "charon-at-once": {"RTM_NEWLINK": 1},
    "conversations": {"RTM_NEWLINK": 11},
    "events": {"RTM_NEWLINK": 3},
    "link-kinds": {"RTM_NEWLINK": 1, "RTM_NEWSTATS": 2},
    "link-kinds-new": {"RTM_NEWLINK": 1, "RTM_NEWSTATS": 2},
    "link-life": {"RTM_NEWLINK": 3},
    "managers": {"RTM_NEWLINK": 4, "RTM_NEWQDISC": 1},
    "mptcp": {"RTM_NEWLINK": 8},
    "nft-firewall": {"RTM_NEWLINK": 3},
    "nft-firewall-61": {"RTM_NEWLINK": 3},
    "nft-types": {"RTM_NEWLINK": 2},
    "packets-new": {"RTM_NEWLINK": 1},
    "netdev": {"NETDEV_CMD_1": 1},
    "nl80211": {"RTM_NEWLINK": 1},
    "referee-bridge": {"RTM_NEWLINK": 7},
    "referee-ip": {"RTM_NEWLINK": 6, "RTM_NEWNETCONF": 3, "RTM_NEWNEIGHTBL": 2},
    "referee-tc": {"RTM_NEWLINK": 5, "RTM_NEWQDISC": 1},
    "route-more": {"RTM_NEWLINK": 8, "RTM_NEWNETCONF": 4, "RTM_NEWNEIGHTBL": 2},
    "routes": {"RTM_NEWLINK": 1},
    "routes-new": {"RTM_NEWLINK": 5},
    "rules-neighbours": {"RTM_NEWLINK": 18, "RTM_NEWNEIGHTBL": 2, "RTM_NEWNETCONF": 2},
    "strongswan": {"RTM_NEWLINK": 1},
    "tc-actions": {"RTM_NEWLINK": 2},
    "tc-classes": {"RTM_NEWLINK": 2, "RTM_NEWQDISC": 1},
    "tc-filters": {"RTM_NEWLINK": 2, "RTM_NEWQDISC": 2},
    "tc-qdiscs": {"RTM_NEWLINK": 2, "RTM_NEWQDISC": 33},
    "team": {"RTM_NEWLINK": 5},
    "wireguard": {"RTM_NEWLINK": 1},
    "xfrm": {"RTM_NEWLINK": 1},
    "xfrm-options": {"RTM_NEWLINK": 2},
    "zebra": {"RTM_NEWLINK": 2, "RTM_NEWNETCONF": 2},
}


class Frame(NamedTuple):
    """A frame to be: its protocol, its message, and its comment."""

    protocol: int
    message: bytes
    comment: str = ""


def families(port: int, comment: str = "") -> Frame:
    return Frame(NETLINK_GENERIC, nlmsg(16, 0x301, 1, port, b"\3\2\0\0"), comment)


def links(port: int, comment: str = "") -> Frame:
    body = bytes(16) + attr(29, struct.pack("=I", 8))
    return Frame(NETLINK_ROUTE, nlmsg(18, 0x301, 2, port, body), comment)


def link(index: int, name: str, seq: int = 2, port: int = 713, alias: str = "", comment: str = "") -> Frame:
    body = struct.pack("=HHiII", 0, 824, index, 0, 0) + attr(3, name.encode() + b"\0")
    body += attr(20, alias.encode() + b"\0") if alias else b""
    return Frame(NETLINK_ROUTE, nlmsg(16, 2 if seq else 0, seq, port, body), comment)


class Captured:
    """A capture of some frames, and what of it is the recorder's: conversations by id, messages by number."""

    def __init__(
        self, frames: Iterable[Frame], interface: str = "", form: Format = "pcapng", about: tuple[str, ...] = ()
    ) -> None:
        stream = io.BytesIO()
        with open_writer(stream, form, interface=interface) as writer:
            for number, frame in enumerate(frames):
                writer.write(number + 1, cooked_header(frame.protocol) + frame.message, comment=frame.comment)
        stream.seek(0)
        self.capture = IndexedCapture(stream, make_decoder()).load()
        for told in about:
            self.capture.interfaces[0].comments.append(told)
        self.own = Own(self.capture.follower, self.capture.interfaces)

    @property
    def conversations(self) -> list[int]:
        return [view.id for view in self.capture.follower.conversations if self.own.conversation(view)]

    @property
    def messages(self) -> list[int]:
        return [message.number for message in self.capture if self.own.message(message)]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.partition(".")[0])
def test_recordings_without_marks_are_recognised(path: Path) -> None:
    with IndexedCapture(path, make_decoder()) as capture:
        own = Own(capture.load().follower, capture.interfaces)
        assert [view.id for view in capture.follower.conversations if own.conversation(view)] == [1, 2]
        told: Counter[str] = Counter()
        device = capture.interfaces[0].name.encode()
        for message in capture:
            if message.conversation in {1, 2}:
                continue
            found = own.message(message)
            if found:
                told[message.type_name] += 1
                assert capture.conversation(message.number).kind == "dump"
            # The other way round, by all that is decoded. nft asks for the hooks of every device: its own doing.
            if device and message.direction != "to-kernel" and device in message.data[message.start : message.end]:
                assert found, message
        assert told == TOLD.get(path.name.partition(".")[0], {})


@pytest.mark.parametrize("name", ["referee-ip", "referee-tc", "rules-neighbours", "bridge-life", "route-more"])
def test_no_entry_of_the_device_is_left(name: str) -> None:
    with IndexedCapture(ROOT / "captures" / f"{name}.pcapng", make_decoder()) as capture:
        own = Own(capture.load().follower, capture.interfaces)
        device = capture.interfaces[0].name
        for message in capture:
            if message.conversation not in {1, 2}:
                assert own.message(message) == (device in set(_names(message.root))), message


def _names(root: Node) -> Iterable[str]:
    return (word for node in root.walk() for word in (node.resolved, node.text))


ASKS = Frame(NETLINK_ROUTE, nlmsg(18, 0x301, 9, 0, bytes(16)))
NOBODY = process_comment("")
FIRST = process_comment("nlsniff[713]")
OTHER = process_comment("nlsniff[720]")


def test_another_nlsniff_that_was_recorded_is_a_program() -> None:
    nested = [ASKS, families(720, OTHER), links(720, OTHER)]  # it looks for what was left over first
    own = Captured([families(713, FIRST), links(713), *nested], "nlmon713")
    assert own.conversations == [1, 2]
    # Nor is it where the recorder itself did not describe the capture.
    assert Captured(nested, "nlmon713").conversations == []


def test_the_device_of_another_nlsniff_is_a_program_s() -> None:
    entries = [link(4, "nlmon713"), link(5, "nlmon720")]
    own = Captured([families(713, FIRST), links(713), *entries], "nlmon713")
    assert own.messages == [3]


@pytest.mark.parametrize("form", ["pcapng", "pcap"])
def test_without_names_of_processes_and_interfaces_the_first_message_tells(form: Format) -> None:
    described = [families(713), links(713)]
    assert Captured(described, form=form).conversations == [1, 2]
    assert Captured([ASKS, *described], form=form).conversations == []


def test_a_device_that_was_there_before_is_not_the_recorder_s() -> None:
    own = Captured([families(713, FIRST), links(713), link(4, "nlmon0"), link(4, "nlmon0", 0, 0)], "nlmon0")
    assert own.conversations == [1, 2]
    assert own.messages == []


def test_a_copy_that_lost_its_interface_has_the_alias() -> None:
    entries = [
        link(4, "nlmon713b", alias="nlsniff pid=713 started=395 pidns=4026531836"),
        link(5, "nlmon720", alias="nlsniff pid=720 started=401 pidns=4026531836"),
        Frame(NETLINK_ROUTE, nlmsg(3, 2, 2, 713, bytes(4))),
        link(4, "nlmon713b", 0, 0),
        link(5, "nlmon720", 0, 0),
    ]
    own = Captured([families(713, FIRST), links(713), *entries])
    assert own.messages == [3, 6]
    assert own.conversations == [1, 2, 3]


def test_sockets_of_the_recorder_in_a_program_s_dump() -> None:
    def entry(protocol: int, port: int) -> Frame:
        body = struct.pack("=BBBBIII", 16, 3, protocol, 7, port, 0, 0)
        return Frame(NETLINK_SOCK_DIAG, nlmsg(20, 2, 5, 800, body))

    packet = nlmsg(20, 2, 6, 800, struct.pack("=BBHI8x", 17, 3, 3, 1) + attr(0, struct.pack("=IIIIII", 4, *[0] * 5)))
    frames = [
        *[families(713, FIRST), links(713), link(4, "nlmon713")],
        *[entry(NETLINK_ROUTE, 713), entry(NETLINK_GENERIC, 713), entry(6, 713), entry(NETLINK_ROUTE, 714)],
        Frame(NETLINK_SOCK_DIAG, packet),
    ]
    assert Captured(frames, "nlmon713").messages == [3, 4, 5, 8]


def test_marks_say_it_all() -> None:
    marked = f"{FIRST}\n{OWN}"
    frames = [
        families(713, marked),
        links(713, OWN),
        families(713, process_comment("mine[713]")),  # not marked, so it is not the recorder's
        link(4, "nlsniff0", 0, 0, comment=OWN),
        link(4, "nlsniff0", 0, 0, alias="mine"),
        link(5, "nlmon713", 0, 0),
    ]
    own = Captured(frames, "nlsniff0", about=(device_comment(4),))
    assert own.conversations == [1, 2, 4, 5]
    assert own.messages == [1, 2, 4, 5]


def test_marks_in_a_copy_that_lost_its_interface() -> None:
    frames = [families(713, f"{FIRST}\n{OWN}"), links(713, OWN), link(2, "nlsniff0", alias="nlsniff", comment=OWN)]
    own = Captured([*frames, link(2, "nlsniff0", 0, 0), link(3, "nlsniff1", 0, 0)])
    assert own.messages == [1, 2, 3, 4]


def test_a_program_s_words_on_the_device_are_the_program_s() -> None:
    asked = Frame(NETLINK_ROUTE, nlmsg(18, 1, 7, 0, struct.pack("=HHiII", 0, 0, 4, 0, 0)))
    own = Captured([families(713, FIRST), links(713), asked, link(4, "nlmon713", 7, 900)], "nlmon713")
    assert own.conversations == [1, 2]
    assert own.messages == [4]


def test_comments_are_lines() -> None:
    both = f"{process_comment('ip[412]')}\n{OWN}"
    assert process_in(both) == "ip[412]"
    assert is_own(both)
    assert is_own(OWN)
    assert not is_own(process_comment(OWN))
    assert not is_own(f"{OWN}ed")
    assert process_in(NOBODY) == ""
    assert process_in(OWN) is None
    assert device_in(["a comment", device_comment(4)]) == 4
    assert device_in(["nlsniff: device x", "nlsniff: device 99999999999", "nlsniff: device "]) == 0
