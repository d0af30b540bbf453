"""Options and ports of a team device: a value whose type another attribute tells."""

from __future__ import annotations

from typing import Any

from nlsniff.decode.names import Names
from nlsniff.output.json import body
from tests.spec.make import attr, nest, u8, u32
from tests.support import check_tree, messages_of

TEAM = 0x20


def told(command: int, payload: bytes) -> tuple[str, str, dict[str, Any]]:
    names = Names()
    names.learn("genl", TEAM, "team", 0)
    names.learn("link", 5, "team0", 0)
    names.learn("link", 6, "eth0", 0)
    data = bytes([command, 1, 0, 0]) + payload
    (message,) = messages_of(u32(16 + len(data)) + TEAM.to_bytes(2, "little") + bytes(10) + data, 16, names=names)
    check_tree(message)
    assert (message.counts.unknown, message.problems) == (0, [])
    return message.type_name, message.summary, body(message.root)


def option(name: bytes, kind: int, *data: bytes) -> bytes:
    return nest(1, attr(1, name + b"\0"), attr(2), attr(3, u8(kind)), *data)


def test_each_option_has_a_value_of_its_type() -> None:
    options = (
        option(b"mode", 5, attr(4, b"activebackup\0")),
        option(b"activeport", 3, attr(4, u32(6))),
        option(b"priority", 14, attr(4, b"\xff" * 4), attr(6, u32(6))),
        option(b"enabled", 6, attr(4), attr(6, u32(6))),
    )
    name, summary, found = told(2, attr(1, u32(5)) + nest(2, *options))
    assert name == "TEAM_CMD_OPTIONS_GET"
    assert summary == "dev team0 mode = activebackup, activeport = 6, priority port eth0 = -1, enabled port eth0 = yes"
    assert [item["data"] for item in found["list-option"]["option"]] == ["activebackup", 6, -1, True]


def test_ports() -> None:
    ports = nest(1, attr(1, u32(6)), attr(3), attr(4, u32(1000)), attr(5, u8(1))), nest(1, attr(1, u32(7)), attr(6))
    name, summary, found = told(3, attr(1, u32(5)) + nest(3, *ports))
    assert (name, summary) == ("TEAM_CMD_PORT_LIST_GET", "dev team0 eth0 up 1000 Mbit/s, 7 removed")
    assert found["list-port"]["port"][0] == {
        "ifindex": 6,
        "ifindex-name": "eth0",
        "linkup": True,
        "speed": 1000,
        "duplex": 1,
    }
