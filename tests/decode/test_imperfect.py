"""Real messages meet imperfect specs: each shows what it can, keeps its bytes, and says what differs."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest

from tests.spec.make import attr, be32, bench, raw_family, shown, u8, u16, u32, u64

if TYPE_CHECKING:
    from pathlib import Path

SPEC = raw_family(
    """
- {name: number, type: u32}
- {name: text, type: string}
- {name: list, type: binary, sub-type: u32}
- {name: box, type: binary, struct: box}
- {name: boxes, type: binary, array-of: box}
- {name: nest, type: nest, nested-attributes: inner}
- {name: array, type: indexed-array, sub-type: u16}
- {name: kind, type: string}
- {name: data, type: sub-message, sub-message: by-kind, selector: kind}
- {name: color, type: u8, enum: color}
- {name: marks, type: u16, enum: marks}
- {name: address, type: binary, display-hint: ipv4-or-v6}
- {name: here, type: flag}
- {name: bits, type: bitfield32}
- {name: any, type: uint}
- {name: sized, type: binary, struct: sized}
- {name: rows, type: nest-type-value, type-value: [row], nested-attributes: inner}
- {name: opaque, type: binary}
- {name: uuid, type: binary, display-hint: uuid}
- {name: pair, type: binary, struct: pair}
- {name: runs, type: binary, array-of: run, element-length: n}
""",
    definitions="""
- {name: box, type: struct, members: [{name: a, type: u16}, {name: b, type: u16}, {name: c, type: u32}]}
- {name: color, type: enum, entries: [red, green]}
- {name: marks, type: flags, entries: [one, two]}
- {name: sized, type: struct, members: [{name: n, type: u8}, {name: rest, type: string, length-from: n}]}
- {name: run, type: struct, members: [{name: a, type: u16}, {name: n, type: u16}]}
- name: pair
  type: struct
  members:
    - {name: n, type: u8}
    - {name: m, type: u8}
    - {name: one, type: string, length-from: n}
    - {name: other, type: string, length-from: m}
""",
    more="- {name: inner, attributes: [{name: id, type: u32}, {name: more, type: nest, nested-attributes: inner}]}",
)
SPEC += "sub-messages:\n  - {name: by-kind, formats: [{value: known, attribute-set: inner}]}\n"
(
    NUMBER,
    TEXT,
    LIST,
    BOX,
    BOXES,
    NEST,
    ARRAY,
    KIND,
    DATA,
    COLOR,
    MARKS,
    ADDRESS,
    HERE,
    BITS,
    ANY,
    SIZED,
    ROWS,
    OPAQUE,
    UUID,
    PAIR,
    RUNS,
) = range(1, 22)
NET_ORDER = 0x4000


def cut(length: int, type_: int, payload: bytes = b"") -> bytes:
    """An attribute that says another length than it has."""
    return struct.pack("<HH", length, type_) + payload


BOX_BYTES = u16(1) + u16(2) + u32(3)
# What is sent, what is shown, how many bytes are unknown, what is said of it.
CASES: dict[str, tuple[bytes, dict[str, Any], int, list[tuple[str, str, str]]]] = {
    "struct of a newer kernel": (
        attr(BOX, BOX_BYTES + u32(9)), {"box": {"a": 1, "b": 2, "c": 3, "unknown-bytes": "09000000"}}, 4,
        [("note", "longer", "box has 4 bytes more than the dissector knows")]),
    "struct of an older kernel": (attr(BOX, BOX_BYTES[:4]), {"box": {"a": 1, "b": 2}}, 0, []),
    "struct cut in a member": (
        attr(BOX, BOX_BYTES[:6]), {"box": {"a": 1, "b": 2, "unknown-bytes": "0300"}}, 2,
        [("note", "short-struct", "c needs 4 bytes, 2 remain")]),
    "struct of no bytes": (attr(BOX), {"box": {}}, 0, []),
    "array that ends in the middle": (
        attr(BOXES, BOX_BYTES + b"\1\2"), {"boxes": [{"a": 1, "b": 2, "c": 3}, "0102"]}, 2,
        [("warning", "length", "box needs 8, 2 remain")]),
    "element that ends before its own length": (
        attr(RUNS, b"\1\0\4"), {"runs": ["010004"]}, 3,
        [("warning", "length", "an element of runs says 0 bytes, 3 remain")]),
    "element that is shorter than its struct": (
        attr(RUNS, u16(1) + u16(3)), {"runs": ["01000300"]}, 4,
        [("warning", "length", "an element of runs says 3 bytes, 4 remain")]),
    "text": (attr(TEXT, b"eth0\0"), {"text": "eth0"}, 0, []),
    "text without its NUL": (
        attr(TEXT, b"eth0"), {"text": "eth0"}, 0, [("note", "no-nul", "text has no NUL at its end")]),
    "text of no bytes": (attr(TEXT), {"text": ""}, 0, [("note", "no-nul", "text has no NUL at its end")]),
    "text with zeros behind it": (
        attr(TEXT, b"eth0\0\0\0\0"), {"text": "eth0"}, 0,
        [("note", "nuls", "text has more than one NUL at its end: 4")]),
    "text with something behind it": (
        attr(TEXT, b"ab\0xy"), {"text": "ab", "text-unknown-bytes": "7879"}, 2,
        [("note", "after-nul", "text has 2 bytes behind its NUL: 7879")]),
    "text that is no UTF-8": (attr(TEXT, b"\xff\xfe\0"), {"text": "\\xff\\xfe"}, 0, []),
    "number too short": (
        attr(NUMBER, u16(5)), {"number": 5}, 0,
        [("warning", "length", "number has 2 bytes, a u32 has 4")]),
    "number of three bytes": (
        attr(NUMBER, b"\1\2\3"), {"number": "010203"}, 3, [("warning", "length", "number: 3 bytes hold no u32")]),
    "number of no bytes": (attr(NUMBER), {"number": ""}, 0, [("warning", "length", "number: 0 bytes hold no u32")]),
    "number too long": (
        attr(NUMBER, u64(7)), {"number": 7, "number-unknown-bytes": "00000000"}, 4,
        [("warning", "length", "number has 8 bytes, a u32 has 4")]),
    "uint of a strange width": (
        attr(ANY, b"\1\2\3"), {"any": "010203"}, 3,
        [("warning", "length", "any: 3 bytes hold no uint")]),
    "list with a rest": (
        attr(LIST, u32(1) + b"\2"), {"list": [1], "list-unknown-bytes": "02"}, 1,
        [("warning", "length", "list: 1 bytes are left of an array of u32")]),
    "list of nothing": (attr(LIST), {"list": []}, 0, []),
    "enum of a newer kernel": (attr(COLOR, u8(9)), {"color": 9}, 0, []),
    "flags of a newer kernel": (attr(MARKS, u16(0x8001)), {"marks": ["one", "0x8000"]}, 0, []),
    "address of no known length": (
        attr(ADDRESS, b"\1\2\3"), {"address": "010203"}, 3,
        [("warning", "length", "address: 3 bytes are no IP address")]),
    "address of no bytes": (attr(ADDRESS), {"address": ""}, 0, []),
    "uuid": (attr(UUID, bytes(range(16))), {"uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f"}, 0, []),
    "uuid of another length": (attr(UUID, b"\1\2"), {"uuid": "0102"}, 0, []),
    "uuid that lacks a byte": (attr(UUID, bytes(15)), {"uuid": "00" * 15}, 0, []),
    "flag with a payload": (
        attr(HERE, u8(1)), {"here": True}, 1, [("warning", "length", "here has 1 bytes, a flag has none")]),
    "bitfield of four bytes": (
        attr(BITS, u32(1)), {"bits": "01000000"}, 4, [("warning", "length", "bits: 4 bytes hold no bitfield32")]),
    "nest of no bytes": (attr(NEST), {"nest": {}}, 0, []),
    "nest without its flag": (attr(NEST, attr(1, u32(5))), {"nest": {"id": 5}}, 0, []),
    "nest that holds a number": (
        attr(NEST, u32(5)), {"nest": {"unknown-bytes": "05000000"}}, 4,
        [("error", "attribute-length", "attribute 0 says 5 bytes, 4 remain")]),
    "nest with a stray byte": (
        attr(NEST, attr(1, u32(5)) + b"\7"), {"nest": {"id": 5, "unknown-bytes": "07"}}, 1,
        [("error", "attribute-length", "1 bytes are too few for an attribute header")]),
    "rows of nothing": (attr(ROWS), {"rows": {}}, 0, []),
    "array of nothing": (attr(ARRAY), {"array": []}, 0, []),
    "element too short": (
        attr(ARRAY, attr(1, u8(5))), {"array": [5]}, 0, [("warning", "length", "1 has 1 bytes, a u16 has 2")]),
    "kind that nobody knows": (
        attr(KIND, b"new\0") + attr(DATA, u32(5)), {"kind": "new", "data": "05000000"}, 4,
        [("note", "selector", "data: no layout is known for kind new")]),
    "kind that is missing": (
        attr(DATA, u32(5)), {"data": "05000000"}, 4,
        [("note", "selector", "data: no layout is known for kind nothing")]),
    "attribute that nobody knows": (attr(77, u32(5)), {"unknown-77": "05000000"}, 8, []),
    "nest that nobody knows": (attr(77 | 0x8000, attr(1, u8(5))), {"unknown-77": "0500010005000000"}, 12, []),
    "blob that nobody describes": (attr(OPAQUE, b"\1\2"), {"opaque": "0102"}, 2, []),
    "member longer than what is there": (
        attr(SIZED, b"\x09ab"), {"sized": {"n": 9, "unknown-bytes": "6162"}}, 2,
        [("warning", "short-struct", "rest needs 9 bytes, 2 remain")]),
    "member of no bytes behind the last that must be there": (attr(SIZED, u8(0)), {"sized": {"n": 0}}, 0, []),
    "members of no bytes at the end": (attr(PAIR, b"\0\0"), {"pair": {"n": 0, "m": 0}}, 0, []),
    "member of no bytes behind one that has some": (
        attr(PAIR, b"\1\0a"), {"pair": {"n": 1, "m": 0, "one": "a", "other": ""}}, 0, []),
    "member of no bytes before one that has some": (
        attr(PAIR, b"\0\1a"), {"pair": {"n": 0, "m": 1, "one": "", "other": "a"}}, 0, []),
    "nla_len 0": (cut(0, 0), {"unknown-bytes": "00000000"}, 4,
        [("note", "attribute-length", "attribute 0 says 0 bytes, less than its own header of 4")]),
    "nla_len 1": (cut(1, NUMBER), {"unknown-bytes": "01000100"}, 4,
                  [("error", "attribute-length", "attribute 1 says 1 bytes, less than its own header of 4")]),
    "nla_len 2": (cut(2, NUMBER, u32(1)), {"unknown-bytes": "0200010001000000"}, 8,
                  [("error", "attribute-length", "attribute 1 says 2 bytes, less than its own header of 4")]),
    "nla_len 3": (cut(3, NUMBER), {"unknown-bytes": "03000100"}, 4,
                  [("error", "attribute-length", "attribute 1 says 3 bytes, less than its own header of 4")]),
    "nla_len beyond the end": (cut(60, NUMBER, u32(1)), {"number": "3c00010001000000"}, 8,
                               [("error", "attribute-length", "number says 60 bytes, 8 remain")]),
    "what comes before the mistake is shown": (
        attr(COLOR, u8(1)) + cut(60, NUMBER), {"color": "green", "number": "3c000100"}, 4,
        [("error", "attribute-length", "number says 60 bytes, 4 remain")]),
    "number in network order": (attr(NUMBER | NET_ORDER, be32(5)), {"number": 5}, 0, []),
    "list in network order": (attr(LIST | NET_ORDER, be32(5)), {"list": [5]}, 0, []),
    "nest that says network order": (attr(NEST | NET_ORDER, attr(1, u32(5))), {"nest": {"id": 5}}, 0, []),
    "struct that says network order": (attr(BOX | NET_ORDER, BOX_BYTES), {"box": {"a": 1, "b": 2, "c": 3}}, 0, []),
    "structs that say network order": (
        attr(BOXES | NET_ORDER, BOX_BYTES), {"boxes": [{"a": 1, "b": 2, "c": 3}]}, 0, []),
    "array that says network order": (attr(ARRAY | NET_ORDER, attr(1, u16(5))), {"array": [5]}, 0, []),
    "rows that say network order": (
        attr(ROWS | NET_ORDER, attr(3, attr(1, u32(5)))), {"rows": {"row": [{"id": 5, "row": 3}]}}, 0, []),
    "sub-message that says network order": (
        attr(KIND, b"known\0") + attr(DATA | NET_ORDER, attr(1, u32(5))), {"kind": "known", "data": {"id": 5}}, 0, []),
    "the same attribute twice": (attr(NUMBER, u32(1)) + attr(NUMBER, u32(2)), {"number": [1, 2]}, 0, []),
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_what_is_sent_is_shown_kept_and_said(tmp_path: Path, case: str) -> None:
    payload, value, unknown, said = CASES[case]
    message = bench(tmp_path, SPEC).message(20, 16200, payload)
    assert shown(message) == value
    assert message.counts.unknown == unknown
    assert [(item.severity, item.code, item.text) for item in message.problems] == said
