"""What the kernel may change by itself, or choose, is compared where a program decides it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.regress.build import Builder
from nlsniff.regress.comparison import compare
from nlsniff.regress.kinds import is_special, kind_of
from tests.conftest import ROOT
from tests.golden import check_golden
from tests.regress.changes import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node

GOLDEN = Path(__file__).with_name("golden") / "volatile.txt"
OWN = {"fd", "pid", "portid"}  # of the program's own process: another one each time


class Said(NamedTuple):
    """A volatile field in a request: where a program says it for the first time."""

    message: int
    start: int


def fields(recording: Recording) -> dict[tuple[str, str], Said]:
    """The first place of each type and path that the kernel did not say before."""
    found: dict[tuple[str, str], Said] = {}
    kernels: set[tuple[str, str]] = set()
    for message in map(recording.capture.message, range(1, len(recording.capture) + 1)):
        for path, node in _leaves(message.root):
            if node.spec is None or not node.raw or not _changes(node):
                continue
            if message.direction != "to-kernel":
                kernels.add((node.name, repr(node.raw)))
            elif (node.name, repr(node.raw)) not in kernels and kind_of(node.spec) not in OWN:
                found.setdefault((message.type_name, path), Said(message.number, node.payload))
    return found


def test_volatile_fields_of_requests_are_compared() -> None:
    said: list[str] = []
    for path in sorted((ROOT / "captures").glob("*.pcapng")):
        recording = Recording(path)
        places = fields(recording)
        usual = Builder(recording.capture).build() if places else None
        for (type_, name), place in sorted(places.items()):
            line = f"{type_} {name}"
            if line in said or usual is None:
                continue
            said.append(line)
            changed = recording.rewritten(partial(_other, place))
            found = compare(usual, Builder(changed).build()).differences
            assert any(item.type == type_ and "request" in item.kind for item in found), (path.name, line, found[:3])
    check_golden(GOLDEN, "".join(f"{line}\n" for line in sorted(said)))


def _changes(node: Node) -> bool:
    """Whether the kernel would say another value each time."""
    kind = kind_of(node.spec)
    return node.volatile or (kind != "" and not is_special(node, kind))


def _other(place: Said, message: NetlinkMessage, node: Node) -> bytes | None:
    """Another value for the one field."""
    if (message.number, node.payload) != place:
        return None
    data = message.data[node.payload : node.end]
    return bytes([data[0] ^ 0x55]) + data[1:]


def _leaves(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    for child in node.parts():
        name = f"{path}.{child.name}" if path else child.name
        if child.name == "nlmsghdr":
            continue
        if child.kind == "value":
            yield name, child
        else:
            yield from _leaves(child, name)
