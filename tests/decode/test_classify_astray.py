"""What may be a key, where a message is read as another, or a part of one as its header."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.spec.registry import Registry
from nlsniff.wire.constants import NETLINK_AUDIT, NETLINK_GENERIC, NETLINK_XFRM
from tests.decode.test_classify import FAMILY, IFNAME, KEY, attribute, decoder, generic, hidden, message, read, refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("family", "grades"), [("nobody-knows", ["suspect"]), ("SEG6", ["suspect"]), ("mptcp_pm", ["suspect"])]
)
def test_an_error_whose_type_is_damaged_is_no_message_of_a_family(family: str, grades: list[str]) -> None:
    """Its error number is read as command, version and reserved bytes: -22 as 234, 255 and 0xffff."""
    error = refused(generic(1, IFNAME, attribute(3, KEY)))
    found = hidden(error[:4] + struct.pack("<H", FAMILY) + error[6:], NETLINK_GENERIC, decoder(family))
    assert [grade for grade, _ in found] == grades
    assert KEY in found[0][1]


def test_attributes_of_which_none_has_a_name_may_be_those_of_another_family() -> None:
    """WG_CMD_SET_DEVICE as it would be were the type that of MPTCP: there the command adds an address."""
    found = hidden(generic(1, IFNAME, attribute(3, KEY)), NETLINK_GENERIC, decoder("mptcp_pm"))
    assert [(grade, KEY in piece) for grade, piece in found] == [("suspect", False), ("suspect", True)]
    address = attribute(0x8000 | 1, attribute(1, b"\2\0"))
    assert hidden(generic(1, address, attribute(99, KEY)), NETLINK_GENERIC, decoder("mptcp_pm")) == []  # a newer kernel


MADE = """
name: made
protocol: genetlink
attribute-sets:
  - {name: one, attributes: [{name: number, type: u32}]}
  - {name: two, attributes: [{name: number, type: u64}]}
operations:
  list:
    - {name: get, value: 1, attribute-set: one, do: {request: {}}}
    - {name: set, value: 2, attribute-set: two, do: {request: {}}}
"""


@pytest.mark.parametrize("command", [1, 99])
def test_what_a_shipped_family_does_not_list_may_be_of_another(command: int, tmp_path: Path) -> None:
    data = generic(command, attribute(2, KEY))
    assert "suspect" in {grade for grade, _ in hidden(data, NETLINK_GENERIC, decoder("mptcp_pm"))}
    path = tmp_path / "made.yaml"
    path.write_text(MADE)  # of somebody who has just begun
    found = hidden(data, NETLINK_GENERIC, decoder("made", registry=Registry([path])))
    assert [grade for grade, _ in found] == ["unread"] * (command == 99)


@pytest.mark.parametrize(("length", "mark", "doubted"), [(0, b"(", False), (152, b"(", True), (0, b",", True)])
def test_a_damaged_record_of_audit_may_be_of_another_type(length: int, mark: bytes, doubted: bool) -> None:
    """What was typed at a terminal (AUDIT_TTY), read as AUDIT_OBJ_PID, which has no `data`."""
    typed = message(
        1318, b"audit" + mark + b"1795313227.720:9): tty pid=263 uid=0 data=" + KEY.hex().encode(), length=length
    )
    found = hidden(typed, NETLINK_AUDIT, decoder())
    assert any(grade == "suspect" and KEY.hex().encode() in piece for grade, piece in found) is doubted


@pytest.mark.parametrize("number", [17, 18])  # of VFS_DQUOT and pmcraid
def test_a_family_that_nobody_needs_to_name_is_not_trusted(number: int) -> None:
    data = generic(1, IFNAME, attribute(3, KEY))
    data = data[:4] + struct.pack("<H", number) + data[6:]
    assert [grade for grade, _ in hidden(data, NETLINK_GENERIC, decoder())] == ["suspect"]
    assert [grade for grade, _ in hidden(refused(data), NETLINK_GENERIC, decoder())] == ["suspect"]


TYPED = message(1124, b"open sesame\0\0\0\0\0", port=4321)  # AUDIT_USER_TTY


@pytest.mark.parametrize("gone", range(4, 16, 4))
@pytest.mark.parametrize("told", [False, True])
def test_an_error_that_lacks_bytes_before_its_copy(gone: int, told: bool) -> None:
    """What is read as the copy's header is the text of the request, or may be."""
    data = refused(TYPED)
    data = data[:16] + data[16 + gone :]
    data = struct.pack("<I", len(data)) + data[4:] if told else data
    (item,) = read(data, NETLINK_AUDIT, decoder())
    shown = repr([(node.name, node.text, node.value, node.raw) for node in item.root.walk()])
    parts = [struct.unpack("<I", TYPED[at : at + 4])[0] for at in range(16, 28, 4)]
    assert [part for part in parts if str(part) in shown] == []
    assert "NLMSG_" not in item.summary


@pytest.mark.parametrize(
    "whole",
    [
        refused(TYPED),
        refused(TYPED, attribute(1, b"no.\0"), flags=0x200),
        refused(TYPED[:16], flags=0x100),
        refused(TYPED[:16], attribute(1, b"no.\0"), flags=0x300),
        refused(TYPED)[:16] + struct.pack("<i", 22) + TYPED,  # a module's own, sent as a positive number
        refused(TYPED)[:60],
    ],
)
def test_the_header_of_a_copy_stays(whole: bytes) -> None:
    (item,) = read(whole, NETLINK_AUDIT, decoder())
    assert item.get("request.nlmsghdr.pid") == 4321
    assert item.answered_type == "AUDIT_USER_TTY"


def test_a_struct_that_ends_early_is_not_trusted_beside_damage() -> None:
    """An algorithm with its key that is read as a policy: a whole number of members, as of an older kernel."""
    algorithm = attribute(7, struct.pack("<64sII", b"hmac(sha384)", 384, 192) + KEY + bytes(16))
    found = hidden(message(0x10, bytes(224) + algorithm + attribute(17, bytes(88))), NETLINK_XFRM, decoder())
    assert any(KEY in piece for _, piece in found)
    assert hidden(message(0x10, bytes(224) + algorithm), NETLINK_XFRM, decoder()) == []  # nobody can notice
