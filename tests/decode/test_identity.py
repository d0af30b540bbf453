"""What a message is about, by the `identity:` of its dissector: on bytes made by hand, and in every dump there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.spec import command
from nlsniff.decode.identity import identity_of
from nlsniff.follow.store import Store
from nlsniff.reader import Stream, make_decoder
from nlsniff.wire.constants import NETLINK_ROUTE
from tests.cli.invoke import invoke
from tests.conftest import CAPTURES, COMPRESSED
from tests.golden import check_golden
from tests.spec.make import attr, bench, raw_family, said, u8, u32
from tests.support import message_of

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node

GOLDEN = Path(__file__).with_name("golden")

HEAD = "- {name: head, type: struct, members: [{name: family, type: u8}, {name: small, type: u8}]}"
FIELDS = "- {name: large, type: u32}\n- {name: name, type: string}\n- {name: via, type: u32}"


def parts(message: NetlinkMessage, *, apart: bool = False) -> list[tuple[str, str]] | None:
    found = identity_of(message, apart=apart)
    return None if found is None else [(part.name, part.node.text) for part in found]


def about(folder: Path, identity: str, payload: bytes) -> NetlinkMessage:
    spec = raw_family(FIELDS, definitions=HEAD, header="head", extra=f"identity: {identity}")
    return said(folder, spec, payload)


def test_the_first_path_that_is_there_is_the_part_and_the_first_one_its_name(tmp_path: Path) -> None:
    identity = "[family, large|small, name, (via)]"
    head = u8(2) + u8(7) + bytes(2)
    assert parts(about(tmp_path, identity, head)) == [("family", "2"), ("large", "7")]
    more = head + attr(1, u32(700)) + attr(3, u32(5))
    assert parts(about(tmp_path, identity, more)) == [("family", "2"), ("large", "700")]
    assert parts(about(tmp_path, identity, more), apart=True) == [("family", "2"), ("large", "700"), ("via", "5")]


def test_a_part_that_is_empty_is_there(tmp_path: Path) -> None:
    head = u8(0) + u8(0) + bytes(2)
    assert parts(about(tmp_path, "[name, large]", head)) == []
    assert parts(about(tmp_path, "[name, large]", head + attr(2, b"\0"))) == [("name", "")]


@pytest.mark.parametrize("identity", ["none", "null"])
def test_there_may_be_no_object(tmp_path: Path, identity: str) -> None:
    assert parts(about(tmp_path, identity, bytes(4))) is None


def test_a_message_that_nothing_describes_is_about_nothing() -> None:
    assert identity_of(message_of("10000000 0003 0100 00000000 00000000", NETLINK_ROUTE)) is None
    assert identity_of(message_of("14000000 0200 0000 01000000 00000000 00000000", NETLINK_ROUTE)) is None


OPERATIONS = """\
name: made
protocol: genetlink
attribute-sets:
  - {name: main, attributes: [{name: id, type: u32}, {name: key, type: u32}]}
operations:
  identity: [id]
  list:
    - {name: get, attribute-set: main, do: {request: {identity: none}, reply: {}}}
    - {name: set, attribute-set: main, identity: [key], do: {request: {}}}
    - {name: told, notify: set}
"""


def test_an_operation_has_that_of_all_unless_it_says_one(tmp_path: Path) -> None:
    family = bench(tmp_path, OPERATIONS).family("made")
    told = {
        (item.name, side): form.identity
        for item in family.operations
        for side, form in (("asks", item.request), ("tells", item.reply))
        if form is not None
    }
    assert told["get", "asks"] == ()
    assert told["get", "tells"] == ("id",)
    assert told["set", "asks"] == told["told", "tells"] == ("key",)


WRONG = [
    ("[famly]", "error: the identity names 'famly': did you mean family?"),
    ("[family, (large|nmae)]", "error: the identity names 'nmae': did you mean name?"),
    ("[family.deep]", "error: the identity names 'deep': nothing here has a name like it"),
    ("family", "error: identity is 'family': expected a list of paths, or `none`"),
    ("[]", "error: identity is a list: expected a list of paths, or `none`"),
    ("[family|]", "error: 'family|' is no part of an identity: expected `NAME`, `NAME|NAME` or `(NAME)`"),
    ("[(family]", "error: '(family' is no part of an identity: expected `NAME`, `NAME|NAME` or `(NAME)`"),
    ("[7]", "error: 7 is no part of an identity: expected `NAME`, `NAME|NAME` or `(NAME)`"),
]


@pytest.mark.parametrize(("identity", "expected"), WRONG, ids=[identity for identity, _ in WRONG])
def test_spec_check_refuses_what_nothing_has(tmp_path: Path, identity: str, expected: str) -> None:
    path = tmp_path / "made.yaml"
    path.write_text(raw_family(FIELDS, definitions=HEAD, header="head", extra=f"identity: {identity}"))
    line = path.read_text().split("identity:")[0].count("\n") + 1
    result = invoke(command, ["check", str(path)])
    assert result.output.splitlines()[0] == f"{path}:{line}: {expected}"
    assert result.exit_code == 1


def test_what_messages_of_each_type_are_about() -> None:
    """The first message of the kernel's of each type; in brackets what only tells apart."""
    lines: dict[tuple[str, str], str] = {}
    for capture in CAPTURES:
        for message in Stream(capture, make_decoder()):
            family = message.layout.family
            if message.direction == "to-kernel" or family is None or (family.name, message.type_name) in lines:
                continue
            whole, main = identity_of(message, apart=True), identity_of(message)
            if whole is None or main is None:
                continue
            named = [f"{part.name} {_text(part.node)}" for part in main]
            more = [f"({part.name} {_text(part.node)})" for part in whole if part not in main]
            lines[family.name, message.type_name] = ", ".join([*named, *more])
    text = "".join(f"{name} {type_}: {line}\n" for (name, type_), line in sorted(lines.items()))
    check_golden(GOLDEN / "identities.txt", text)


def _text(node: Node) -> str:
    """A value, or the bytes of a nest in short."""
    return node.resolved or node.text or f"{node.end - node.payload} bytes"


@pytest.mark.parametrize("capture", [*CAPTURES, *COMPRESSED], ids=lambda path: path.name)
def test_no_two_entries_of_a_dump_have_one_identity(capture: Path) -> None:
    stream = Stream(capture, make_decoder(), store=Store())
    seen: dict[int, dict[object, tuple[int, bytes]]] = {}
    twice: list[tuple[int, int, int]] = []
    silent: set[str] = set()
    for message in stream:
        form = message.layout.form
        if message.direction == "to-kernel" or form is None:
            continue
        if form.identity is None:
            silent.add(message.type_name)
        identity = identity_of(message, apart=True)
        if identity is None:
            continue
        assert [part.name for part in identity_of(message) or () if part.node.volatile] == []
        name = (message.type_name, *((part.name, message.data[part.node.payload : part.node.end]) for part in identity))
        body = message.data[message.body : message.end]
        number, before = seen.setdefault(message.conversation, {}).setdefault(name, (message.number, body))
        if before != body:  # the kernel lists a netlink socket that hears multicast groups twice
            twice.append((message.conversation, number, message.number))
    dumps = {number for number in seen if stream.follower.conversation(number).kind == "dump"}
    assert [found for found in twice if found[0] in dumps] == []
    assert silent == set()
