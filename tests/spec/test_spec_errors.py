"""Broken dissectors: each says file, line and what was expected, and the rest still loads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlsniff.spec import keys
from nlsniff.spec.check import check
from nlsniff.spec.lint import lint
from nlsniff.spec.load import SpecError, parse_yaml
from nlsniff.spec.registry import Registry
from tests.spec.make import DATA, raw_family

if TYPE_CHECKING:
    from pathlib import Path

ENUM = "- {name: color, type: enum, entries: [red]}"
STRUCT = "- {name: box, type: struct, members: [{name: x, type: u8}]}"


def spec(attribute: str, definitions: str = "", **keys: str) -> str:
    return raw_family(f"- {{name: one, type: u8}}\n- {attribute}", definitions=definitions, **keys)


# A dissector, and what is said of it: line, words. Line 11 of `spec` is the attribute that is given, 7 the definition.
BROKEN = [
    ("name: [unclosed\n", "2: not YAML: did not find expected ',' or ']'"),
    ("just words\n", "1: expected a mapping with name, protocol, attribute-sets and operations"),
    ("name: x\n\tdoc: y\n", "2: not YAML: a tab before the first word, where YAML wants blanks"),
    (spec("{name: two, display-hint: hex}"),
     "11: attribute 'two' has no `type:`, and corrects no other: nothing here has a name like it"),
    ("doc: nameless\n", "1: expected a family name: `name: rt-route`"),
    ("nam: thermo\n", "1: expected a family name: `name: rt-route` (did you mean name by 'nam'?)"),
    ("name: x\nname: y\n", "2: not YAML: key 'name' comes twice"),
    ("name: x\nprotocol: netlink-raw\n",
     "1: expected `protonum:`, the netlink protocol number of a netlink-raw family"),
    ("name: x\nprotocol: carrier-pigeon\n",
     "2: 'carrier-pigeon' is no protocol: expected netlink-raw, genetlink or genetlink-legacy"),
    ("name: x\ninclude: [y.yaml]\n", "1: no file 'y.yaml' to include: expected it beside this one"),
    (spec("{name: two, type: u9}"),
     ("11: type 'u9' is no attribute type: expected array-nest, binary, bitfield32, flag, indexed-array, nest,"
      " nest-type-value, pad, pairs, s16, s32, s64, s8, sint, string, sub-message, u16, u32, u64, u8, uint, unused")),
    (spec("{name: two, type: nest, nested-attributes: mian}"), "11: no attribute set 'mian': did you mean main?"),
    (spec("{name: two, type: binary, struct: bax}", STRUCT), "12: no struct 'bax': did you mean box?"),
    (spec("{name: two, type: binary, struct: color}", ENUM), "12: no struct 'color': nothing here has a name like it"),
    (spec("{name: two, type: u8}", "- {name: bits, type: flags, entries: [{name: a, value: -1}]}"),
     "7: value is -1: expected the number of a bit, from 0 to 63"),
    (spec("{name: two, type: u8}", "- {name: bits, type: flags, value-start: 99, entries: [a]}"),
     "7: value-start is 99: expected the number of a bit, from 0 to 63"),
    (spec("{name: two, type: sub-message}"), "11: two needs `sub-message:`, the name of one"),
    (spec("{name: two, type: sub-message, sub-message: no}"),
     "11: no sub-message 'no': nothing here has a name like it"),
    (spec("{name: two, type: u32, refers-to: lnik}"),
     "11: 'lnik' is no refers-to: expected genl, link, netns, nexthop, table"),
    (spec("{name: two, type: u32, handle: spy}"),
     f"11: 'spy' is no handle: expected {', '.join(sorted(keys.HANDLES))}"),
    (spec("{name: two, type: u32, hook: magic}"),
     f"11: 'magic' is no hook: expected {', '.join(sorted(keys.HOOKS))}"),
    (spec("{name: two, type: u16, byte-order: middle}"),
     "11: 'middle' is no byte-order: expected big-endian, host, little-endian"),
    (spec("{name: two, type: u16, value: many}"), "11: value is 'many': expected a number"),
    (spec("{name: two, type: u16, multi-attr: 1}"), "11: multi-attr is 1: expected true or false"),
    (spec("{name: two, type: u16, special: [1]}"), "11: special is a list: expected a mapping"),
    (spec("{name: two, type: u16, special: {big: 1}}"), "11: 'big' is no number: expected `NUMBER: TEXT`"),
    (spec("{name: null, type: u16}"), "11: expected a mapping with a name"),
    (spec("{name: true, type: u16}"), "11: expected a name in words: YAML reads True, so put it in quotes"),
    (spec("two"), "11: expected a mapping with a name"),
    (spec("{name: two, type: u8}", "- {name: e, type: enum, entries: [a, {value: 3}]}"),
     "7: expected a mapping with a name"),
    (spec("{name: two, type: u8}", "- {name: e, type: union}"),
     "7: type 'union' is no definition: expected const, enum, flags or struct"),
    (spec("{name: two, type: u8}", "- {name: s, type: struct}"), "7: expected `members:`, a list"),
    (spec("{name: two, type: u8}", "- {name: s, type: struct, members: [{name: m, type: nest}]}"),
     ("7: type 'nest' is no member type: expected binary, bitfield32, pad, pairs, s16, s32, s64, s8, string,"
      " sub-message, u16, u32, u64, u8")),
    (spec("{name: two, type: u8}", "- {name: s, type: struct, members: [{name: m, type: binary}]}"),
     "7: m needs a len"),
    (spec("{name: two, type: u8}", "- {name: s, type: struct, members: "
          "[{name: n, type: u8}, {name: m, type: string, len: 4, count-from: n}]}"),
     "7: only numbers and structs are counted by another member"),
    (spec("{name: two, type: u8}", "- {name: s, type: struct, members: [{name: m, type: binary, len: big}]}"),
     "7: 'big' is no length: expected a number or the name of a const"),
    (spec("{name: two, type: u8}", "- {name: s, type: struct, members: [{name: m, struct: t}]}\n"
          "- {name: t, type: struct, members: [{name: m, struct: s}]}"), "7: s holds itself (and 1 more)"),
    (spec("{name: two, type: u8}",
          "- {name: s, type: struct, members: [{name: m, type: u8, bits: [{name: a, bits: 9}]}]}"),
     "7: 9 bits do not fit into a u8"),
    (spec("{name: two, type: u8}", "- {name: s, type: struct, layout: packed, members: []}"),
     "7: expected `c`, or no layout for members without gaps"),
    (spec("{name: two, type: u8}", more="- {name: part, subset-of: mean, attributes: []}"),
     "12: no attribute set 'mean': did you mean main?"),
    (spec("{name: two, type: u8}", more="- {name: part, subset-of: main, attributes: [{name: three}]}"),
     "12: main has no attribute 'three'"),
    (spec("{name: two, type: u8}",
          more="- {name: a, subset-of: b, attributes: []}\n- {name: b, subset-of: a, attributes: []}"),
     "12: a is a part of itself (and 1 more)"),
    (spec("{name: two, type: u8}", extra="replies: [sya]"), "18: no operation 'sya': did you mean say?"),
    (spec("{name: two, type: u8}", extra="notify: syy"), "18: no operation 'syy': did you mean say?"),
    (spec("{name: two, type: u8}", extra="payload: box"), "18: no struct 'box': nothing here has a name like it"),
    (spec("{name: two, type: u8}", extra="dump: {request: 5}"), "18: request is 5: expected a mapping"),
    ("name: x\nprotocol: netlink-raw\nprotonum: 20\noperations: [get]\n", "4: expected a mapping with `list:`"),
    ("name: x\ndefinitions:\n  y: {type: enum}\n", "2: definitions is a mapping: expected a list"),
    ("name: x\nattribute-sets: {y: {}}\nsub-messages: 3\n",
     "2: attribute-sets is a mapping: expected a list (and 1 more)"),
    (spec("{name: two, type: u8}", "- {name: s, type: struct, members: [{name: m, type: u8, bits: 3}]}"),
     "7: bits is 3: expected a list"),
    ("name: x\nprotocol: netlink-raw\nprotonum: 20\noperations:\n  enum-model: diagonal\n",
     "5: expected `unified` or `directional`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BROKEN, ids=[said.partition(": ")[2][:40] for _, said in BROKEN])
def test_a_broken_dissector_says_where_and_what(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    (tmp_path / "fine.yaml").write_text("name: fine\nprotocol: genetlink\n")
    registry = Registry([tmp_path])
    for name in registry.names:
        registry.family(name)
    assert registry.complaints == [f"{path}:{expected}"]
    assert registry.family("fine") is not None


def test_keys_of_a_newer_kernel_do_not_keep_a_spec_from_loading(tmp_path: Path) -> None:
    text = spec("{name: two, type: u8, sparkle: true, display-hint: hologram, enum: elsewhere}")
    (tmp_path / "newer.yaml").write_text(text + "wishes: 3\n")
    registry = Registry([tmp_path])
    assert registry.family("made") is not None
    assert registry.complaints == []


def test_keys_that_do_not_belong_there_say_nothing(tmp_path: Path) -> None:
    # Of a member's keys an attribute has no use, whatever they say.
    text = spec("{name: two, type: u8, bits: x, until: true}", STRUCT, extra="enum: [1]")
    (tmp_path / "misplaced.yaml").write_text(text)
    registry = Registry([tmp_path])
    family = registry.family("made")
    assert family is not None
    attribute = family.attribute_set("main").by_number[2]
    assert (attribute.name, attribute.bits, attribute.until) == ("two", (), "")
    assert registry.complaints == []


def test_a_bound_that_only_a_header_knows_is_none(tmp_path: Path) -> None:
    text = (
        "name: made\nattribute-sets:\n- {name: main, attributes: [{name: a, type: string, checks: {max-len: IFX}}]}\n"
    )
    (tmp_path / "bound.yaml").write_text(text)
    family = Registry([tmp_path]).family("made")
    assert family is not None
    assert family.attribute_set("main").by_number[1].nul_within == sys.maxsize


def test_a_broken_file_makes_way_for_the_one_below(tmp_path: Path) -> None:
    (tmp_path / "wireguard.yaml").write_text(
        "name: wireguard\nprotocol: genetlink\nattribute-sets: [{name: x, subset-of: y}]\n"
    )
    registry = Registry([tmp_path])
    family = registry.family("wireguard")
    assert family is not None
    assert len(family.operations) == 2
    assert registry.complaints == [
        f"{tmp_path}/wireguard.yaml:3: no attribute set 'y': nothing here has a name like it"
    ]
    assert registry.path("wireguard").endswith("dissectors/wireguard.yaml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["main", "color", "u8", "nest"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
EVERY = parse_yaml((DATA / "every.yaml").read_bytes(), "every.yaml")


def _places(doc: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    found = [path] if path else []
    if isinstance(doc, dict):
        for key, value in doc.items():
            found += _places(value, (*path, key))
    elif isinstance(doc, list):
        for at, value in enumerate(doc):
            found += _places(value, (*path, at))
    return found


PLACES = _places(EVERY)


def _replaced(doc: object, path: tuple[object, ...], value: object) -> object:
    if not path:
        return value
    step, *rest = path
    if isinstance(doc, dict):
        return {key: _replaced(item, tuple(rest), value) if key == step else item for key, item in doc.items()}
    assert isinstance(doc, list)
    return [_replaced(item, tuple(rest), value) if at == step else item for at, item in enumerate(doc)]


@settings(max_examples=300)
@given(st.sampled_from(PLACES), VALUES)
def test_no_document_is_too_strange_to_be_checked(path: tuple[object, ...], value: object) -> None:
    """And what passes can be resolved to the last attribute."""
    from nlsniff.spec.family import Family

    doc = _replaced(EVERY, path, value)
    if any(complaint.fatal for complaint in check(doc)):
        return
    assert isinstance(doc, dict)
    lint(doc)
    family = Family(doc)
    for name in family.sets:
        assert family.attribute_set(name).by_number is not None
    for name in family.struct_names:
        family.struct(name)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_yaml_or_an_error(text: bytes) -> None:
    try:
        check(parse_yaml(text, "any.yaml"))
    except SpecError as error:
        assert str(error).startswith("any.yaml")  # noqa: PT017  it need not be raised
