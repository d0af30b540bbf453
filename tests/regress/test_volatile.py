"""What the kernel may change by itself, or choose, is compared where a program decides it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.regress.kinds import is_special, kind_of
from tests.conftest import ROOT
from tests.golden import check_golden
from tests.regress.changes import Recording
from tests.regress.every_byte import flipped, requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.node import Node

GOLDEN = Path(__file__).with_name("golden") / "volatile.txt"
OWN = {"fd", "pid", "portid"}  # of the program's own process: another one each time


def test_volatile_fields_of_requests_are_compared() -> None:
    told: list[str] = []
    for path in sorted((ROOT / "captures").glob("*.pcapng")):
        recording = Recording(path)
        first = _first(recording)  # where a program says each, and the kernel did not before
        for asked in requests(recording):
            for name, node in first.get(asked.message.number, ()):
                line = f"{asked.message.type_name} {name}"
                if line not in told:
                    told.append(line)
                    assert asked.is_told(flipped(asked.message, node.payload, 0x55)), (path.name, line)
    check_golden(GOLDEN, "".join(f"{line}\n" for line in sorted(told)))


def _first(recording: Recording) -> dict[int, list[tuple[str, Node]]]:
    """Path and place of each field that changes, in the first request that says it, by the number of the message."""
    found: dict[int, list[tuple[str, Node]]] = {}
    known: set[tuple[str, str]] = set()
    kernels: set[tuple[str, str]] = set()
    for message in recording.capture:
        for path, node in _leaves(message.root):
            if node.spec is None or not node.raw or not _changes(node):
                continue
            value, place = (node.name, repr(node.raw)), (message.type_name, path)
            if message.direction != "to-kernel":
                kernels.add(value)
            elif value not in kernels and place not in known and kind_of(node.spec) not in OWN:
                known.add(place)
                found.setdefault(message.number, []).append((path, node))
    return found


def _changes(node: Node) -> bool:
    """Whether the kernel would say another value each time."""
    kind = kind_of(node.spec)
    return node.volatile or (kind != "" and not is_special(node, kind))


def _leaves(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    for child in node.parts():
        name = f"{path}.{child.name}" if path else child.name
        if child.name == "nlmsghdr":
            continue
        if child.kind == "value":
            yield name, child
        else:
            yield from _leaves(child, name)
