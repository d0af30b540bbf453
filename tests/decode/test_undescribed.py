"""Generic netlink of which a dissector says little or nothing: attributes by number, and every byte kept."""

from __future__ import annotations

import json
import struct
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.learn import learn
from nlsniff.decode.names import Names
from nlsniff.output.json import body
from nlsniff.printer.printer import Printer
from nlsniff.reader import Stream, make_decoder
from nlsniff.spec.registry import Registry
from nlsniff.wire.attr import walk_attrs
from nlsniff.wire.constants import NETLINK_GENERIC, NLA_F_NESTED
from tests.conftest import CAPTURES
from tests.support import REGISTRY, check_tree, messages_of, undescribed

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage

FAMILY = 40
CAPTURED = {
    "devlink": "devlink",
    "ethtool": "ethtool",
    "mptcp": "tcp_metrics",
    "netdev": "netdev net-shaper",
    "openvswitch": "ovs_datapath ovs_vport ovs_flow ovs_packet ovs_meter ovs_ct_limit",
}


def attribute(type_: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), type_) + payload + bytes(-len(payload) % 4)


def message(
    command: bytes, content: bytes, *, names: Names | None = None, decoder: Decoder | None = None
) -> NetlinkMessage:
    data = struct.pack("=IHHII", 16 + len(command + content), FAMILY, 1, 1, 0) + command + content
    (found,) = messages_of(data, NETLINK_GENERIC, names=names, decoder=decoder)
    check_tree(found)
    return found


def told() -> Names:
    names = Names()
    names.learn("genl", FAMILY, "thing", 0)
    return names


def test_attributes_of_a_family_without_a_name() -> None:
    # It may be one with keys: types and lengths are shown, and nothing else.
    found = message(b"\5\1\0\0", attribute(1, b"abc") + attribute(3 | NLA_F_NESTED, attribute(1, b"\1\0\0\0")))
    assert (found.type_name, found.problems) == ("GENL_40_CMD_5", [])
    assert body(found.root) == {"unknown-1": "<secret>", "unknown-3": "<secret>"}
    assert [(node.type, node.end - node.start) for node in found.root.walk() if node.type] == [(1, 7), (3, 12), (1, 8)]


def test_what_nobody_describes_has_no_summary() -> None:
    assert message(b"\5\1\0\0", attribute(1, b"abc"), names=told()).summary == ""


def test_families_without_a_name_are_told_apart_by_their_number() -> None:
    decoder = Decoder(REGISTRY)
    data = [struct.pack("=IHHII", 20, type_, 1, 1, 0) + b"\5\1\0\0" for type_ in (40, 41, 40)]
    found = [item for each in data for item in messages_of(each, NETLINK_GENERIC, decoder=decoder)]
    assert [item.type_name for item in found] == ["GENL_40_CMD_5", "GENL_41_CMD_5", "GENL_40_CMD_5"]


def test_attributes_by_number() -> None:
    nested = attribute(3 | NLA_F_NESTED, attribute(1, b"\1\0\0\0"))
    found = message(b"\5\1\0\0", attribute(1, b"abc") + nested, names=told())
    assert (found.type_name, found.problems) == ("THING_CMD_5", [])
    assert body(found.root) == {"unknown-1": "616263", "unknown-3": "0800010001000000"}
    assert [child.type for child in found.root.children if child.kind == "unknown"] == [1, 3]
    inner = next(node for node in found.root.walk() if node.type == 3).children
    assert [(node.type, node.value) for node in inner] == [(1, "01000000")]
    assert found.counts.unknown == 7 + 12


@pytest.mark.parametrize("content", [b"\1\2\3\4\5\6\7\10", b"\0\0\0\0", attribute(1, b"abcd")[:-1]])
def test_what_is_no_chain_of_attributes_is_left_whole(content: bytes) -> None:
    found = message(b"\5\1\0\0", content, names=told())
    assert (body(found.root), found.problems) == ({"unknown-bytes": content.hex()}, [])


def test_attributes_behind_a_header_whose_size_the_kernel_told() -> None:
    """CTRL_CMD_NEWFAMILY says it as CTRL_ATTR_HDRSIZE (linux/genetlink.h); Open vSwitch's is the datapath's number."""
    names = Names()

    def tell(number: int, name: bytes, *more: bytes) -> None:
        content = attribute(2, name + b"\0") + attribute(1, struct.pack("=H", FAMILY)) + b"".join(more)
        data = struct.pack("=IHHII", 20 + len(content), 16, 0, 1, 0) + b"\1\2\0\0" + content
        (told,) = messages_of(data, NETLINK_GENERIC)
        told.number = number
        learn(names, [told])

    tell(1, b"ovs_thing", attribute(4, struct.pack("=I", 4)))
    found = message(b"\1\1\0\0", b"\7\0\0\0" + attribute(2, b"xy"), names=names)
    assert found.type_name == "OVS_THING_CMD_1"
    assert body(found.root) == {"unknown-bytes": "07000000", "unknown-2": "7879"}
    short = message(b"\1\1\0\0", b"\7\0", names=names)
    assert body(short.root) == {"unknown-bytes": "0700"}
    tell(1, b"thing")  # the number was given to another
    assert body(message(b"\1\1\0\0", attribute(2, b"xy"), names=names).root) == {"unknown-2": "7879"}


@pytest.mark.parametrize("name", [b"w\0reguard\0", b"wireguard", b"", b"\0", b"wireguard\0\0"])
def test_a_damaged_name_of_a_family_is_not_believed(name: bytes) -> None:
    """It would decide who reads the keys of that family."""
    names = Names()
    content = attribute(2, name) + attribute(1, struct.pack("=H", FAMILY))
    data = struct.pack("=IHHII", 20 + len(content), 16, 0, 1, 0) + b"\1\2\0\0" + content
    learn(names, messages_of(data, NETLINK_GENERIC))
    assert names.resolve("genl", FAMILY, 1) == ""


SPEC = """
name: made
protocol: genetlink
attribute-sets:
  - name: all
    attributes: [{name: number, type: u32}, {name: name, type: string}]
  - name: other
    attributes: [{name: thing, type: u16}]
operations:
  list:
    - {name: get, attribute-set: all, do: {request: {}, reply: {}}}
    - {name: del, attribute-set: SECOND, do: {request: {}}}
"""


@pytest.mark.parametrize(("second", "named"), [("all", True), ("other", False)])
def test_a_command_that_is_not_listed_looks_as_all_others_do(tmp_path: Path, second: str, named: bool) -> None:
    (tmp_path / "made.yaml").write_text(SPEC.replace("SECOND", second))
    names = Names()
    names.learn("genl", FAMILY, "made", 1)
    decoder = Decoder(Registry([tmp_path]), names)
    found = message(b"\11\1\0\0", attribute(1, b"\7\0\0\0") + attribute(2, b"x\0"), decoder=decoder)
    assert found.type_name == "MADE_CMD_9"
    expected = {"number": 7, "name": "x"} if named else {"unknown-1": "07000000", "unknown-2": "7800"}
    assert body(found.root) == expected


EVENTS = """
name: made
protocol: genetlink
attribute-sets:
  - name: answer
    attributes: [{name: limit, type: u32}]
  - name: news
    attributes: [{name: token, type: u32}]
operations:
  list:
    - {name: get, value: 1, attribute-set: answer, do: {request: {}, reply: {}}}
    - {name: came, value: 1, attribute-set: news, event: {}}
"""


def test_news_with_the_number_of_an_answer_go_to_no_port(tmp_path: Path) -> None:
    """As Multipath TCP numbers its events; an answer has the port id of who asked. Patterns tell them apart, too."""
    (tmp_path / "made.yaml").write_text(EVENTS)
    names = Names()
    names.learn("genl", FAMILY, "made", 1)
    decoder = Decoder(Registry([tmp_path]), names)
    printer = Printer(decoder, "json")
    for _ in range(3):
        for port, name in ((4711, "MADE_CMD_GET"), (0, "MADE_CMD_CAME")):
            data = struct.pack("=IHHIIBBxxHHI", 28, FAMILY, 0, 0, port, 1, 1, 8, 1, 9)
            (found,) = messages_of(data, NETLINK_GENERIC, decoder=decoder)
            shown = json.loads(printer([found]))
            assert (shown["type"], shown["body"]) == (name, {"limit" if port else "token": 9})


def test_an_ack_that_is_cut_before_the_command_names_the_family_only() -> None:
    """WireGuard's GET_DEVICE is 0, which is no reason to take every ACK for its."""
    names = Names()
    names.learn("genl", FAMILY, "wireguard", 1)
    copy = struct.pack("=IHHII", 52, FAMILY, 5, 7, 0)
    data = struct.pack("=IHHIIi", 36, 2, 0x100, 7, 0, 0) + copy
    (found,) = messages_of(data, NETLINK_GENERIC, names=names)
    assert (found.summary, found.problems) == ("ACK wireguard", [])


@pytest.mark.parametrize("name", CAPTURED)
def test_families_without_a_dissector_keep_every_attribute(name: str) -> None:
    """Recorded on a newer kernel; `tests/spec/kernel_specs.py` dissects the same with the kernel's own specs."""
    (path,) = (path for path in CAPTURES if path.stem == name)
    decoder = make_decoder()
    seen: Counter[str] = Counter()
    for found in Stream(path, decoder):
        family = undescribed(found)
        if not family:
            continue
        seen[family] += 1
        assert found.problems == []
        root = found.root.get("request") or found.root
        behind = root.start + 20 + (4 if family.startswith("ovs_") else 0)  # nlmsghdr, genlmsghdr, family's header
        spans = list(walk_attrs(found.data, min(behind, root.end), root.end, found.order))
        shown = [(node.type, node.raw) for node in root.children if node.type is not None]
        assert shown == [(span.type & 0x3FFF, found.data[span.start + 4 : span.end]) for span in spans]
        tree = Printer(decoder, "tree")([found]).decode()
        line = json.loads(Printer(decoder, "json")([found]))
        for span in spans:
            payload = found.data[span.start + 4 : span.end].hex()
            mark = " [nested]" if span.type & NLA_F_NESTED else ""
            assert f"unknown-{span.type & 0x3FFF}{mark}: {payload}" in tree
            assert payload in json.dumps(line)
    assert set(seen) == set(CAPTURED[name].split())
