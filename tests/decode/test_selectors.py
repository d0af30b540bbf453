"""What tells the layout of something else is read as it is shown."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.spec.make import attr, bench, raw_family, shown, u32

if TYPE_CHECKING:
    from pathlib import Path

NET_ORDER = 0x4000
KINDS = """sub-messages:
  - {name: kinds, formats: [{value: "1", type: string}, {value: "16777216", type: u32}]}
"""
SPEC = raw_family(
    "- {name: kind, type: u32}\n- {name: data, type: sub-message, sub-message: kinds, selector: kind}\n"
    "- {name: family, type: u16}\n- {name: where, type: binary, family-from: family}\n"
    "- {name: fixed, type: u32, byte-order: big-endian}\n"
    "- {name: other, type: sub-message, sub-message: kinds, selector: fixed}\n",
).replace("operations:\n", KINDS + "operations:\n")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("flag", "said"), [(0, None), (NET_ORDER, ">")])
def test_a_selector_has_the_byte_order_of_its_value(tmp_path: Path, order: str, flag: int, said: str | None) -> None:
    made = bench(tmp_path, SPEC)
    selects = attr(1 | flag, struct.pack((said or order) + "I", 1), order)  # type: ignore[arg-type]  # one of the two
    family = attr(3 | flag, struct.pack((said or order) + "H", 10), order)  # type: ignore[arg-type]
    where = attr(4, bytes(15) + b"\1", order)  # type: ignore[arg-type]
    message = made.message(20, 16200, selects + attr(2, b"abc\0", order) + family + where, order=order)  # type: ignore[arg-type]
    assert shown(message) == {"kind": 1, "data": "abc", "family": 10, "where": "::1"}
    assert not message.problems


def test_a_selector_of_a_fixed_order_keeps_it(tmp_path: Path) -> None:
    made = bench(tmp_path, SPEC)
    for flag in (0, NET_ORDER):
        message = made.message(20, 16200, attr(5 | flag, b"\0\0\0\1") + attr(6, b"abc\0"))
        assert shown(message) == {"fixed": 1, "other": "abc"}
    assert shown(made.message(20, 16200, attr(5, u32(1)) + attr(6, u32(7)))) == {"fixed": 1 << 24, "other": 7}
