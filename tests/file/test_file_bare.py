"""Netlink without a cooked header: named where nothing was said of it, read where its protocol was."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.file.messages import DatagramReader
from nlsniff.file.read import FrameReader
from nlsniff.wire.constants import PROTOCOL_NAMES
from nlsniff.wire.cooked import BARE, bare_linktype, parse_cooked
from tests.file import made
from tests.file.damage import damaged_file, sizes
from tests.file.test_file_meaning import EACH, ORDERS, Meaning, check
from tests.shared_cases import case

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

ROUTE = bare_linktype("route")
LINKTYPES = [253, 113, 276, 1, 147, 0]


def chain(at: int, order: Order = "<") -> bytes:
    """A bare datagram of two messages."""
    return made.datagram(made.message(17 + at, order, seq=at), made.message(20, order, seq=at))[len(made.COOKED) :]


def records(count: int = 6, order: Order = "<") -> list[made.Record]:
    return [made.Record(10**18 + at, chain(at, order)) for at in range(count)]


def file(form: str, frames: list[made.Record], order: Order = "<", linktype: int = 253) -> bytes:
    if form == "pcap":
        return made.pcap(frames, order, linktype=linktype)
    head = made.section(order) + made.interface(order, linktype)
    return head + b"".join(made.packet(frame, order) for frame in frames)


def refusal(data: bytes) -> str:
    datagrams = DatagramReader(FrameReader(io.BytesIO(data)))
    assert not list(datagrams)
    with pytest.raises(NlsniffError) as refused:
        datagrams.refuse_if_no_netlink()
    return str(refused.value)


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("linktype", LINKTYPES)
def test_whatever_link_type_the_file_says(form: str, order: Order, linktype: int) -> None:
    frames = records(order=order)
    data = file(form, frames, order, linktype)
    text = refusal(data)
    assert "bare netlink, messages without the cooked header" in text
    assert "--linktype route" in text
    for endian in (order, None):
        found = check(data, endian, EACH, bare_linktype("generic"))
        assert [frame.data for frame in found.frames] == [frame.data for frame in frames]
        assert [(frame, protocol, start) for frame, protocol, _, (start, *_) in found.messages] == [
            (number, 16, start) for number in range(1, 7) for start in (0, (16 + number + 3) & ~3)
        ]
        assert {each for _, _, each, _ in found.messages} == {order}
        assert (found.problems, found.others, found.netlink) == ([], {}, 6)


def test_what_is_no_netlink_is_not_taken_for_it() -> None:
    frames = [made.Record(10**18 + at, made.ETHERNET) for at in range(3)]
    assert "holds Ethernet frames, no netlink; record with" in refusal(made.pcap(frames, linktype=1))
    assert "holds ARPHRD 65535 frames" in refusal(made.pcap(frames))


def test_a_header_that_is_there_all_the_same_is_told() -> None:
    headed = [made.Record(10**18 + at, each.data) for at, each in enumerate(made.records(3))]
    for form in ("pcap", "pcapng"):
        found = check(file(form, [*records(2), *headed]), "<", EACH, ROUTE)
        (problem,) = found.problems
        assert (problem.severity, problem.offset) == ("warning", found.frames[2].offset)
        assert problem.text.startswith("frame 3 has a cooked header of its own")
        assert problem.text.endswith("leave out --linktype")


def test_text_without_headers() -> None:
    frames = [made.Record(10**18, b"add@/devices\0ACTION=add\0"), made.Record(10**18 + 1, bytes(9)), *records(1)]
    found = check(made.pcap(frames), "<", EACH, bare_linktype("NETLINK_KOBJECT_UEVENT"))
    assert [(frame, protocol, start, end) for frame, protocol, _, (start, end, *_) in found.messages] == [
        (1, 15, 0, 24), (3, 15, 0, 40),
    ]  # fmt: skip


def test_a_file_of_no_frames_is_no_mistake() -> None:
    for linktype in LINKTYPES:
        datagrams = DatagramReader(FrameReader(io.BytesIO(made.pcap([], linktype=linktype)), linktype=ROUTE))
        assert not list(datagrams)
        datagrams.refuse_if_no_netlink()


def test_interfaces_that_the_file_does_not_describe() -> None:
    frames = records(3)
    data = made.section() + b"".join(made.packet(frame, number=at) for at, frame in enumerate(frames))
    found = check(data, "<", EACH, ROUTE)
    assert len(found.messages) == 6
    assert found.netlink == 3


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("by", [-12, -4, -1, 1, 4, 8, 16, 17, 20, 36])
def test_a_wrong_length_of_a_record_costs_no_other(order: Order, by: int) -> None:
    """The numbers of a message look like a record header; only where the messages end tells."""
    frames = records(8, order)
    pieces = [bytearray(made.pcap([frame], order)[24:]) for frame in frames]
    true = len(frames[2].data)
    struct.pack_into(order + "II", pieces[2], 8, true + by, true + by)
    found = check(made.pcap([], order) + b"".join(pieces), order, EACH, ROUTE)
    assert [frame.data for frame in found.frames] == [frame.data for frame in frames[:2] + frames[3:]]
    (problem,) = found.problems
    assert f"{len(pieces[2])} bytes are no record" in problem.text


def test_frames_that_do_not_end_with_a_message_stay() -> None:
    """Cut by a snap length, with zeros or garbage behind; and a clock that was set meanwhile."""
    odd = [chain(3)[:25], chain(4) + bytes(30), bytes(12), chain(5) + b"\x07", chain(6)[:6]]
    frames = [made.Record(10**18 + at, data) for at, data in enumerate([chain(1), *odd, chain(2), chain(2)])]
    frames += [made.Record(1_795_282_243_000_000_000 + at, chain(at)) for at in range(3)]
    frames.insert(0, made.Record(5, chain(9)))
    for form in ("pcap", "pcapng"):
        found = check(file(form, frames), "<", EACH, ROUTE)
        assert [frame.data for frame in found.frames] == [frame.data for frame in frames]


def test_a_file_that_ends_in_a_frame() -> None:
    for form in ("pcap", "pcapng"):
        found = check(file(form, records())[:-12], "<", EACH, ROUTE)
        assert len(found.messages) == 12
        assert found.messages[-1][3].broken
        assert "truncated" in found.problems[0].text


@pytest.mark.parametrize("tens", range(3))
def test_damage_means_the_same_to_all_who_read(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the cooked header taken off, and with it: then it is read as a message, which no length of it allows."""
    monkeypatch.setattr("nlsniff.file.order.VOTERS", 1)
    for seed in range(tens * 50, tens * 50 + 50):
        for taken in (made.COOKED[:14], b""):
            damaged = damaged_file(seed)
            check(damaged.data.replace(taken, b""), damaged.order, sizes(seed), ROUTE)
            undamaged(seed, damaged.order)


def undamaged(seed: int, order: Order) -> Meaning:
    frames = records(1 + seed % 5, order)
    found = check(file("pcap" if seed % 2 else "pcapng", frames, order), order, sizes(seed), ROUTE)
    assert len(found.messages) == 2 * len(frames)
    return found


@pytest.mark.parametrize("text", ["route", "NETLINK_ROUTE", "netlink-route", "0", " Route "])
def test_names_of_a_protocol(text: str) -> None:
    assert bare_linktype(text) == ROUTE == BARE


def test_every_protocol_has_a_link_type() -> None:
    for number, name in PROTOCOL_NAMES.items():
        for text in (name, f"NETLINK_{name.upper().replace('-', '_')}", str(number)):
            cooked = parse_cooked(bare_linktype(text), b"")
            assert cooked is not None
            assert (cooked.size, cooked.protocol) == (0, number)
    assert parse_cooked(bare_linktype("31"), bytes(40)) is not None


@pytest.mark.parametrize("text", ["", "253", "32", "-1", "netlink", "en10mb", "rout", "0x0", "\u0661", "x" * 500])
def test_what_is_no_protocol_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is no netlink protocol: give route, .*generic, .*or a number below 32"
    ) as told:
        bare_linktype(text)
    assert len(str(told.value)) < 400


def test_the_shared_case() -> None:
    data = case("no-cooked-header.pcap").read_bytes()
    assert "--linktype route" in refusal(data)
    found = check(data, None, EACH, ROUTE)
    assert [span.type for _, _, _, span in found.messages] == [18, 16, 3]
