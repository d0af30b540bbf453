"""What is offered while a filter is typed, and what each value means beside each kind of field: golden text.

In tests/filter/golden; NLSNIFF_UPDATE=1 writes it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.node import Node
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.complete import complete
from nlsniff.filter.errors import FilterError
from nlsniff.filter.field_types import FieldType, FieldTypes
from nlsniff.filter.fields import Found, catalog
from nlsniff.filter.header import HEADER
from nlsniff.filter.literals import TypeMismatch, operand_of
from nlsniff.filter.nodes import elements, text_of
from nlsniff.filter.syntax import Literal
from tests.filter.test_filter_errors import TOLD
from tests.golden import check_golden
from tests.spec.make import attr, bench, raw_family
from tests.support import REGISTRY, messages_of

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parent / "golden"

TYPED = (
    "", "f", "FL", "flags.", "flags.du", "genl", "genl.", "genl.n", "genl.nlctrl.", "rout", "route.", "route.rtm-s",
    "route.tm-s", "route.metrics.", "xfrm.sel.d", "link.linkinfo.", "link.address ", "link.mtu ", "link.mtu i",
    "route.dst c", "time ", "latency ", "marked ", "flags ", "summary m", "route.rtm-scope == ", "route.rtm-scope == U",
    "route.rtm-scope == ink", "status == ", "direction == k", "type == RTM_NEWR", "type == newlink", "type == a_new",
    "flags contains d", "errno == EN", "seq == 5 ", "seq == 5 a", "not ", "not s", "(", "(seq == 1 o", "seq in {",
    "zzz", "link.ifname == ", "seq == 1 )", "== 3", 'process == "x', "protocol == g", "genl.nl80211.iftype == ",
    "route.dst in ", "neigh.state contains ", "core.", "extack", "xfrm.family == ",
)  # fmt: skip

FIELDS = (
    "seq", "time", "latency", "flags", "status", "marked", "errno", "route.dst", "link.address", "link.ifname",
    "route.metrics", "route.rtm-scope", "route.oif", "neigh.probes", "genl.nl80211.ssid", "xfrm.alg-auth.alg-key",
    "connector.timestamp-ns", "genl.nl80211.sta-info.rx-duration", "link.linkinfo.data.arp-interval",
)  # fmt: skip
LITERALS = (
    "0", "5", "-5", "+7", "0x1f", "-0x1F", "0x", "1.5", "1.", "1" * 40, "1" * 41, "10ms", "1.5s", "-2us", "3µs", "7ns",
    "1min", "2h", "2.0005ms", "3days", "0a1b", "0x0a1b", "0a:1b", "0A-1b", "0a:1", "02:00:5e:10:00:01", "10.0.0.1",
    "10.0.0.0/8", "10.1.2.3/8", "10.0.0.0/0", "10.0.0.0/32", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "2001:db8::1",
    "2001:db8::/32", "::/128", "::/129", "2026-11-21", "2026-11-21T19:08:35.25+01:00", "2026-13-01", "20261121", "link",
    "LINK", "lnik", "up", "dump", "NLM_F_DUMP", "route", "NETLINK_ROUTE", "true", "No", "maybe", "EPERM", "eagain", "",
    "ok",
)  # fmt: skip
QUOTED = ("5", "10.0.0.1", "link", "0a1b", "2026-11-21 19:08:35", "2026-11-21 19:08:35.5", "ü", "")
OPERATORS = ("==", "<", "contains")


def check(name: str, lines: Iterator[str]) -> None:
    text = "\n".join(lines) + "\n"
    path = GOLDEN / name
    check_golden(path, text)


def test_golden_completions() -> None:
    def lines() -> Iterator[str]:
        for text in TYPED:
            found = complete(text, len(text), REGISTRY)
            yield f"{text!r}: {len(found)}"
            yield from (f"    {item.text} from {item.start}  {item.doc}".rstrip() for item in found[:5])
        # In the middle of a text, and nowhere in it.
        for cursor in (-1, 0, 3, 6, 99):
            found = complete("rou and link.mtu == 3", cursor, REGISTRY)
            yield f"at {cursor}: {', '.join(item.text for item in found[:5])}"

    check("completions.txt", lines())


def test_golden_errors() -> None:
    def lines() -> Iterator[str]:
        for text, _, _ in TOLD:
            with pytest.raises(FilterError) as caught:
                compile_filter(text, REGISTRY)
            yield f"{text}: {caught.value}"

    check("errors.txt", lines())


def field_type(name: str) -> FieldType:
    if name in HEADER:
        return HEADER[name].field_type
    found = catalog(REGISTRY).find(name)
    assert isinstance(found, Found), name
    return found.field_types[0]


def meaning(literal: Literal, leaf: FieldType, operator: str) -> str:
    try:
        found = operand_of(literal, leaf, operator)
    except TypeMismatch as reason:
        return f"no, {reason}".replace(f'"{literal.text}"', "it")
    given = zip(found._fields, found, strict=True)
    return ", ".join(_part(name, value, literal) for name, value in given if value is not None and value is not False)


def _part(name: str, value: object, literal: Literal) -> str:
    match value:
        case str():
            return name if value == literal.text else f"{name} {value!r}"
        case bytes():
            return f"{name} {value.hex()}"
        case frozenset():
            return f"{name} {sorted(value)}" if value else "no names"
        case tuple():
            return f"{name} {tuple(value)}"
    return f"{name} {value}"


def test_golden_values() -> None:
    literals = [Literal(text, 1) for text in LITERALS] + [Literal(text, 1, quoted=True) for text in QUOTED]

    def lines() -> Iterator[str]:
        for name in FIELDS:
            leaf = field_type(name)
            yield f"{name}: {leaf.kind}{', closed' if leaf.closed else ''} {leaf.unit}".rstrip()
            said: dict[str, dict[str, list[str]]] = {}
            for literal in literals:
                shown = repr(literal.text) if literal.quoted else literal.text
                for operator in OPERATORS:
                    said.setdefault(meaning(literal, leaf, operator), {}).setdefault(shown, []).append(operator)
            for what, texts in said.items():
                of_some = (f"{' '.join(signs)} {text}" if len(signs) < 3 else text for text, signs in texts.items())
                yield f"    {what}: {', '.join(of_some)}"

    check("values.txt", lines())


def test_at_most_two_names_are_near() -> None:
    def near(name: str) -> tuple[str, ...]:
        found = catalog(REGISTRY).find(name)
        assert not isinstance(found, Found)
        return found.near

    assert near("xfrm.sel.port") == ("xfrm.sel.sport", "xfrm.sel.dport")
    assert near("linl.ifname") == ("link.ifname",)
    assert near("route.rtm-xxx") == ()
    assert max(len(near(f"link.{letter}tx-queue")) for letter in "abcdefgh") == 2


@pytest.mark.parametrize("count", [1, 2, 6, 7, 8])
def test_a_wrong_name_is_told_some_that_are_right(count: int) -> None:
    names = tuple(["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh"][:count])
    with pytest.raises(TypeMismatch) as caught:
        operand_of(Literal("zzz", 1), FieldType("text", {name: name for name in names}, {}, names), "==")
    shown = ", ".join(names[:6]) + (", ..." if count > 6 else "")
    assert str(caught.value) == f'has no value "zzz": expected {shown}'


def test_a_value_may_be_given_by_the_constant_of_c(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family(
        "- {name: color, type: u8, enum: color}",
        definitions="- {name: color, type: enum, entries: [{name: red, c-name: MADE_RED}, green]}",
    ))  # fmt: skip
    message = made.message(20, 16200, attr(1, bytes([0])))
    for text, holds in (("red", True), ("MADE_RED", True), ("green", False), ("made_color_green", False)):
        assert compile_filter(f"made.color == {text}", made.registry).matches(message) == holds


def test_a_message_is_found_by_its_conversation() -> None:
    (message,) = messages_of(bytes.fromhex("14000000120001000100000000000000") + bytes(4), 0)
    for number in (0, 7):
        message.conversation = number
        assert compile_filter("conversation", REGISTRY).matches(message) == bool(number)
        assert compile_filter("conversation == 7", REGISTRY).matches(message) == bool(number)
        assert not compile_filter("conversation == 0", REGISTRY).matches(message)


def test_types_of_fields_are_made_once() -> None:
    types = FieldTypes()
    found = catalog(REGISTRY).find("route.rtm-scope")
    assert isinstance(found, Found)
    family = REGISTRY.family("rt-route")
    assert types.of(family, found.entries[0]).names is types.of(family, found.entries[0]).names


def leaf(raw: object, value: object, text: str) -> Node:
    node = Node("x", 0, 4, value=value, text=text)
    node.raw = raw
    return node


def test_the_text_of_a_value_is_without_escapes_but_of_a_number_as_it_is_shown() -> None:
    assert text_of(leaf(b"a\n", "a\n", "a\\n")) == "a\n"
    assert text_of(leaf(3, "link", "link (3)")) == "link (3)"
    assert text_of(leaf(b"\1\2", b"\1\2", "0102")) == "0102"
    assert text_of(leaf(["a"], ["a"], "a,b")) == "a,b"


def test_the_values_of_a_list_are_its_elements_at_any_depth_but_for_what_has_no_name() -> None:
    inner, outer = Node("inner", 0, 8, "list"), Node("outer", 0, 20, "list")
    first, second, third = leaf(1, 1, "1"), leaf(2, 2, "2"), Node("unknown-7", 0, 4, "unknown")
    inner.add(first, Node("padding", 4, 8, "padding"), second)
    outer.add(inner, Node("unknown-bytes", 8, 12, "unknown"), third)
    assert list(elements(outer)) == [first, second, third]
    assert list(elements(first)) == [first]
