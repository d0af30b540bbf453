"""Which values may be placeholders: what dissectors say of fields, and which values mean something by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.names import Names
from nlsniff.regress.kinds import is_special, kind_of
from nlsniff.regress.model import Placeholder
from nlsniff.regress.origin import Origins
from nlsniff.spec import keys
from nlsniff.spec.model import Field
from tests.conftest import ROOT
from tests.spec.make import attr, raw_family, said, u16, u32

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (Field("x", "u32", handle="spi"), "spi"),
        (Field("x", "u32", handle="link"), "if"),
        (Field("x", "u32", refers_to="link"), "if"),
        (Field("x", "u16", refers_to="genl"), "genl"),
        (Field("x", "u32", refers_to="table"), ""),
        (Field("x", "binary", hint="mac"), "mac"),
        (Field("x", "u32", hint="tc-handle"), "tc"),
        (Field("x", "u32", hint="hex"), ""),
    ],
)
def test_a_dissector_says_of_which_kind_a_field_is(field: Field, kind: str) -> None:
    assert kind_of(field) == kind


def test_every_kind_of_handle_is_used() -> None:
    texts = "".join(path.read_text() for path in (ROOT / "dissectors").rglob("*.yaml"))
    assert [kind for kind in sorted(keys.HANDLES) if f"handle: {kind}" not in texts] == []


@pytest.mark.parametrize(
    ("handle", "number", "special"),
    [("port", 443, True), ("port", 32767, True), ("port", 32768, False), ("port", 60999, False), ("spi", 443, False)],
)
def test_a_known_port_is_no_choice_of_the_kernel(tmp_path: Path, handle: str, number: int, special: bool) -> None:
    message = said(tmp_path, raw_family(f"- {{name: x, type: u16, handle: {handle}}}"), attr(1, u16(number)))
    node = message.root.get("x")
    assert node is not None
    assert is_special(node, handle) is special


@pytest.mark.parametrize(
    ("number", "special"),
    [(0x80010000, False), (0x80010002, False), (0x00100000, True), (0xFFFFFFF1, True), (0xFFFFFFFF, True)],
)
def test_a_handle_with_an_upper_half_from_8000_is_the_kernels(tmp_path: Path, number: int, special: bool) -> None:
    message = said(tmp_path, raw_family("- {name: x, type: u32, display-hint: tc-handle}"), attr(1, u32(number)))
    node = message.root.get("x")
    assert node is not None
    assert is_special(node, "tc") is special


ADDRESS = bytes.fromhex("20010db8000000000000000000000077")
GROUP = bytes.fromhex("ff0200000000000000000001ff000077")


@pytest.mark.parametrize("asked", [False, True])
def test_whose_the_group_of_an_address_is(tmp_path: Path, asked: bool) -> None:
    spec = raw_family("- {name: x, type: binary, display-hint: ipv6}")
    origins = Origins(Names())
    address, group = (said(tmp_path, spec, attr(1, data)).root.get("x") for data in (ADDRESS, GROUP))
    assert address is not None
    assert group is not None
    origins.hear(address, kernel=not asked)
    origins.hear(group, kernel=True)
    assert origins.text(group) == ("ff02::1:ff00:77" if asked else Placeholder("snm", "1"))
