"""Overlays, what is included, and which of several files of one name is used."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from nlsniff.spec.overlay import merge
from nlsniff.spec.registry import Registry
from tests.spec.make import Bench, attr, shown, u8, u32, u64

if TYPE_CHECKING:
    from pathlib import Path

# A mistake of a kind that the kernel's specs have: C leaves a gap behind `cell-log`.
SHAPER = """
name: shaper
protocol: netlink-raw
protonum: 20
doc: A spec with a mistake.
definitions:
  - name: rate
    type: struct
    members:
      - {name: cell-log, type: u8}
      - {name: overhead, type: u16}
      - {name: rate, type: u32}
  - name: mode
    type: enum
    entries: [slow, fast]
attribute-sets:
  - name: attrs
    attributes:
      - {name: rate, type: binary, struct: rate}
      - {name: mode, type: u8}
      - {name: ceil, type: u64}
operations:
  enum-model: directional
  list:
    - name: set
      attribute-set: attrs
      do: {request: {value: 16200}}
"""
RATE = u8(7) + b"\0" + b"\x05\x00" + u32(125000)


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / name
    path.write_text(text)
    return path


def test_an_overlay_corrects_a_struct_and_adds_a_summary(tmp_path: Path) -> None:
    write(tmp_path, "shaper.yaml", SHAPER)
    before = Bench(tmp_path).message(20, 16200, attr(1, RATE))
    assert shown(before)["rate"]["rate"] != 125000
    write(
        tmp_path,
        "zz-shaper-fixed.yaml",
        """
name: shaper
overlay: true
definitions:
  - {name: rate, layout: c}
attribute-sets:
  - name: attrs
    attributes:
      - {name: mode, enum: mode}
operations:
  list:
    - {name: set, summary: "rate {rate.rate}[ mode {mode}]"}
""",
    )
    made = Bench(tmp_path)
    after = made.message(20, 16200, attr(1, RATE) + attr(2, u8(1)) + attr(3, u64(9)))
    assert made.complaints == []
    assert shown(after) == {"rate": {"cell-log": 7, "overhead": 5, "rate": 125000}, "mode": "fast", "ceil": 9}
    assert after.summary == "rate 125000 mode fast"


def test_items_are_matched_by_name_at_any_depth() -> None:
    under = {
        "definitions": [{"name": "e", "type": "enum", "entries": ["a", {"name": "b", "value": 5}, "c"]}],
        "operations": {"list": [{"name": "x", "do": {"request": {"value": 3}}}]},
        "sub-messages": [{"name": "s", "formats": [{"value": "k", "attribute-set": "one"}]}],
    }
    over = {
        "definitions": [{"name": "e", "entries": [{"name": "a", "doc": "first"}, {"name": "d"}]}, {"name": "new"}],
        "operations": {"list": [{"name": "x", "do": {"request": {"summary": "hello"}}}]},
        "sub-messages": [{"name": "s", "formats": [{"value": "k", "attribute-set": "two"}]}],
    }
    assert merge(under, over) == {
        "definitions": [
            {"name": "e", "type": "enum",
             "entries": [{"name": "a", "doc": "first"}, {"name": "b", "value": 5}, "c", {"name": "d"}]},
            {"name": "new"},
        ],
        "operations": {"list": [{"name": "x", "do": {"request": {"value": 3, "summary": "hello"}}}]},
        "sub-messages": [{"name": "s", "formats": [{"value": "k", "attribute-set": "two"}]}],
    }  # fmt: skip


def test_members_can_be_put_between_and_taken_away() -> None:
    under = {"members": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
    over = {"members": [{"name": "pad", "after": "a"}, {"name": "b", "remove": True}, {"name": "c", "after": ""}]}
    assert merge(under, over) == {"members": [{"name": "c"}, {"name": "a"}, {"name": "pad"}]}
    assert under == {"members": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}


def test_the_user_wins_over_the_shipped_one_and_that_over_the_kernels(tmp_path: Path) -> None:
    kernel = tmp_path / "netlink" / "specs"
    write(tmp_path / "netlink", "genetlink.yaml", "title: the schema\n")
    shipped, user = tmp_path / "shipped", tmp_path / "user"
    for folder in (kernel, shipped, user):
        write(folder, "shaper.yaml", SHAPER)

    def path(*folders: Path) -> str:
        return Registry(folders, shipped=shipped).path("shaper")

    assert path() == str(shipped / "shaper.yaml")
    assert path(kernel) == str(shipped / "shaper.yaml")
    assert path(kernel, user) == path(user, kernel) == str(user / "shaper.yaml")
    assert path(kernel / "shaper.yaml") == str(kernel / "shaper.yaml")  # whoever names the file wants it
    (shipped / "shaper.yaml").unlink()
    assert path(kernel) == str(kernel / "shaper.yaml")


def test_an_overlay_without_its_dissector_is_a_mistake_only_of_a_user(tmp_path: Path) -> None:
    text = "name: nowhere\noverlay: true\n"
    shipped, user = write(tmp_path / "shipped", "over.yaml", text), write(tmp_path / "user", "over.yaml", text)
    assert Registry((), shipped=shipped.parent).complaints == []
    assert Registry([user.parent], shipped=shipped.parent).complaints == [
        f"{user}:1: an overlay of nowhere, but there is no dissector of that name"
    ]


def test_a_mistake_in_an_overlay_is_said_of_the_overlay(tmp_path: Path) -> None:
    write(tmp_path, "shaper.yaml", SHAPER)
    over = write(
        tmp_path,
        "zz.yaml",
        "name: shaper\noverlay: true\nattribute-sets:\n  - name: attrs\n    attributes:\n"
        "      - {name: mode, type: nest, nested-attributes: nothing}\n",
    )
    registry = Registry([tmp_path])
    assert registry.family("shaper") is None
    assert registry.complaints == [f"{over}:6: no attribute set 'nothing': nothing here has a name like it"]


def test_definitions_can_be_shared(tmp_path: Path) -> None:
    write(tmp_path / "common", "modes.yaml", "definitions:\n  - {name: mode, type: enum, entries: [off, on]}\n")
    text = SHAPER.replace("name: shaper", "name: shaper\ninclude: [common/modes.yaml]", 1)
    text = text.replace("{name: mode, type: u8}", "{name: mode, type: u8, enum: mode}")
    text = text.replace("  - name: mode\n    type: enum\n    entries: [slow, fast]\n", "")
    write(tmp_path, "shaper.yaml", text)
    assert shown(Bench(tmp_path).message(20, 16200, attr(2, u8(1))))["mode"] == "on"
    changed = tmp_path / "common" / "modes.yaml"
    changed.write_text("definitions:\n  - {name: mode, type: enum, entries: [off, full]}\n")
    assert shown(Bench(tmp_path).message(20, 16200, attr(2, u8(1))))["mode"] == "full"


@pytest.mark.parametrize("age", [0, 100], ids=["young", "old"])
def test_a_changed_file_is_seen_also_when_its_size_is_the_same(tmp_path: Path, age: int) -> None:
    path = write(tmp_path, "shaper.yaml", SHAPER)
    if age:
        os.utime(path, (1, 1))
    assert shown(Bench(tmp_path).message(20, 16200, attr(3, u64(1)))) == {"ceil": 1}
    path.write_text(SHAPER.replace("name: ceil", "name: roof"))
    if age:
        os.utime(path, (1, 1))  # a copy that keeps the time stamp
    assert shown(Bench(tmp_path).message(20, 16200, attr(3, u64(1)))) == {"roof": 1}
