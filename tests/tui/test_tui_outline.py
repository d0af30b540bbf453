"""The tree: every byte of a frame belongs to something, and lines, paths and bytes name the same nodes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.node import Node
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.copy_screen import code, hex_text
from nlsniff.tui.outline import Outline, cooked_node, node_text
from nlsniff.tui.rejection import judge
from tests.tui.screens import CAPTURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORDINGS = sorted(CAPTURES.glob("*.pcapng"))
MESSAGES = 400  # of each


def outlines(path: Path) -> Iterator[Outline]:
    with IndexedCapture(str(path), make_decoder()).load() as capture:
        for message in islice(capture, MESSAGES):
            yield Outline.of(capture, message.number)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_byte_belongs_to_one_outline_of_its_frame(path: Path) -> None:
    frames: dict[int, list[Outline]] = {}
    for outline in outlines(path):
        frames.setdefault(outline.message.frame, []).append(outline)
    frames.popitem()  # the last may have been cut off by the limit
    for found in frames.values():
        at = 16
        for outline in found:
            tops = outline.tops[outline.tops.index(outline.head) + 1 :]  # what the file says of it has no bytes
            for top in tops:
                assert top.start == at
                at = top.end
        assert at == len(found[0].message.data)


def test_a_byte_leads_to_the_smallest_node_and_its_path_back() -> None:
    for outline in outlines(CAPTURES / "rejected.pcapng"):
        lines = {line.path: line.node for line in outline.lines(dict.fromkeys(outline.branches(), True))}
        for at in range(outline.message.start, outline.message.end):
            found = outline.at(at)
            assert found is not None
            node, path = found
            assert node.start <= at < node.end
            # An untyped blob says its bytes once, so its part has no line of its own.
            assert lines.get(path) is node or lines[path[:-1]].text == node.text


def test_every_line_of_a_closed_tree_is_a_top() -> None:
    for outline in outlines(CAPTURES / "rejected.pcapng"):
        closed = dict.fromkeys(outline.branches(), False)
        assert [line.node for line in outline.lines(closed) if line.problem is None] == outline.tops


def test_what_is_wrong_is_open_at_first() -> None:
    with IndexedCapture(str(CAPTURES / "rejected.pcapng"), make_decoder()).load() as capture:
        for message in capture:
            outline = Outline(message, 253)
            shown = [line.problem for line in outline.lines({}) if line.problem is not None]
            wanted = [problem for problem in message.problems if problem.severity != "note"]
            assert [problem for problem in shown if problem.severity != "note"] == wanted


@pytest.mark.parametrize(("linktype", "size"), [(253, 16), (113, 16), (276, 20)])
def test_the_cooked_header_is_tiled(linktype: int, size: int) -> None:
    for length in range(size + 4):
        node = cooked_node(bytes(range(length)), linktype, size)
        at = 0
        for part in node.children:
            assert part.start == at
            at = part.end
        assert at == node.end == min(length, size)


def test_the_rejected_attribute_is_found_in_request_and_copy() -> None:
    with IndexedCapture(str(CAPTURES / "rejected.pcapng"), make_decoder()).load() as capture:
        found = {}
        for message in capture:
            _, rejected = judge(capture, message)
            if rejected is not None and rejected.exact:
                found[message.type_name, message.number] = (_path(capture, message.number), rejected.text)
    assert found == {
        ("RTM_NEWLINK", 30): ("RTM_NEWLINK.linkinfo.data.port-range", "Invalid source port range"),
        ("NLMSG_ERROR", 31): ("NLMSG_ERROR.request.linkinfo.data.port-range", "Invalid source port range"),
        ("RTM_NEWROUTE", 32): (
            "RTM_NEWROUTE.priority",
            "Attribute failed policy validation; expects u32",
        ),
        ("NLMSG_ERROR", 33): (
            "NLMSG_ERROR.request.priority",
            "Attribute failed policy validation; expects u32",
        ),
        ("RTM_NEWROUTE", 34): ("RTM_NEWROUTE.metrics.mtu", "Invalid attribute in metrics"),
        ("NLMSG_ERROR", 35): ("NLMSG_ERROR.request.metrics.mtu", "Invalid attribute in metrics"),
    }


def _path(capture: IndexedCapture, number: int) -> str:
    _, rejected = judge(capture, capture.message(number))
    assert rejected is not None
    path = Outline(capture.message(number), 253).path_of(rejected.start, rejected.end)
    assert path is not None
    return ".".join(name for name, _ in path)


def test_nothing_is_rejected_in_what_went_well() -> None:
    with IndexedCapture(str(CAPTURES / "route-dump.pcapng"), make_decoder()).load() as capture:
        assert all(judge(capture, message)[1] is None for message in list(capture)[:200])


@pytest.mark.parametrize("show_secrets", [False, True])
def test_secrets_are_masked_in_text_and_in_copied_hex(show_secrets: bool) -> None:
    key = "00112233445566778899aabbccddeeff"
    shown = 0
    with IndexedCapture(str(CAPTURES / "rejected.pcapng"), make_decoder(show_secrets=show_secrets)).load() as capture:
        for message in capture:
            words = " ".join(node_text(node, message) for node in message.root.walk())
            hexed = hex_text(message, show_secrets=show_secrets)
            assert len(hexed) == 2 * (message.end - message.start)
            assert (key in words) == (key in hexed)
            shown += key in hexed
    assert bool(shown) == show_secrets


def test_a_note_on_a_value_names_its_number() -> None:
    with IndexedCapture(str(CAPTURES / "rejected.pcapng"), make_decoder()).load() as capture:
        message = capture.message(26)
        node = message.root.get("rtm-table")
        assert isinstance(node, Node)
        assert node_text(node, message) == "main (254)"


def test_bytes_are_copied_as_code() -> None:
    with IndexedCapture(str(CAPTURES / "xfrm.pcapng"), make_decoder()).load() as capture:
        message = next(message for message in capture if any(node.secret for node in message.root.walk()))
    masked = eval(code(message, "python", show_secrets=False).removeprefix("message = "))  # noqa: S307  our own
    whole = eval(code(message, "python", show_secrets=True).removeprefix("message = "))  # noqa: S307
    assert whole == message.data[message.start : message.end]
    secret = {at for node in message.root.walk() if node.secret for at in range(node.payload, node.end)}
    at = message.start
    assert masked == bytes(0 if at + place in secret else byte for place, byte in enumerate(whole))
    assert masked != whole
    size = len(whole)
    first = ", ".join(f"0x{byte:02x}" for byte in whole[:12])
    for language, head, indent, tail in (
        ("c", "static const unsigned char message[] = {", "\t", "};"),
        ("go", "var message = []byte{", "\t", "}"),
        ("rust", f"const MESSAGE: [u8; {size}] = [", "    ", "];"),
    ):
        rows = code(message, language, show_secrets=True).split("\n")
        assert (rows[0], rows[1], rows[-1]) == (head, f"{indent}{first},", tail)
        assert sum(row.count("0x") for row in rows) == size
